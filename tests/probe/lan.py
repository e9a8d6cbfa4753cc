# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge with guests, each in a namespace of its own, and a whole check on it as the role does it."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import time
import typing
from collections import Counter
from contextlib import ExitStack
from typing import Any, Dict, Tuple

from ansible_collections.virtnet.hardening.plugins.plugin_utils import _isolation

from ..netns.conftest import bridge, ip, run_module
from ..oracle.sniffer import Sniffer

RUN = "0123456789abcdef"
PROBE = 0x88B5
_CLONE_NEWNET = 0x40000000
_LIBC = ctypes.CDLL(None, use_errno=True)
_DEADLINE = 15.0

Result = Dict[str, Any]
# How often a frame came from a source to a destination.
Pairs = typing.Counter[Tuple[str, str]]


class Running:
    """The module in a process of its own, forked so that it starts at once."""

    def __init__(self, namespace: str, check: bool, params: Result) -> None:
        self._output, child_end = os.pipe()
        self.pid = os.fork()
        if self.pid:
            os.close(child_end)
            return
        try:
            with open(namespace, "rb") as handle:
                if _LIBC.setns(handle.fileno(), _CLONE_NEWNET) == 0:
                    os.write(child_end, json.dumps(run_module("isolation_probe", check, **params)).encode())
        finally:
            os._exit(0)

    def result(self) -> Result:
        """Its result, once it has ended."""
        with os.fdopen(self._output, "rb") as handle:
            text = handle.read()
        os.waitpid(self.pid, 0)
        result: Result = json.loads(text)
        return result

    def kill(self) -> None:
        """End it as the kernel would for want of memory."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self._output)


class Lan:
    """Guests g1, g2 ... behind the ports v1, v2 ... of br0."""

    def __init__(self, guests: int) -> None:
        self.macs = {f"g{number}": f"52:54:00:00:00:{number:02x}" for number in range(1, guests + 1)}
        ip("link add br0 type bridge mcast_snooping 0", "link set br0 up")
        for number, (name, mac) in enumerate(self.macs.items(), 1):
            subprocess.run(["ip", "netns", "add", name], check=True)
            self.call(name, "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
            ip(f"link add v{number} type veth peer name eth0 address {mac} netns {name}", f"link set v{number} master br0", f"link set v{number} up")
            self.call(name, "ip", "link", "set", "eth0", "up")

    def close(self) -> None:
        """Remove the guests; the bridge goes with its namespace."""
        for name in self.macs:
            subprocess.run(["ip", "netns", "delete", name], check=True)

    @staticmethod
    def inside(guest: str) -> list[str]:
        """What goes before a command to run it in a guest."""
        return ["nsenter", f"--net=/run/netns/{guest}"]

    def call(self, guest: str, *command: str) -> str:
        """Run a command in a guest; returns its output."""
        return subprocess.run([*self.inside(guest), *command], capture_output=True, text=True, check=True).stdout

    def start(self, guest: str, check: bool = False, /, **params: Any) -> Running:
        """Start the module in a guest."""
        return Running(f"/run/netns/{guest}", check, params)

    def module(self, guest: str, check: bool = False, /, **params: Any) -> Result:
        """Run the module in a guest to its end."""
        return self.start(guest, check, **params).result()

    def wait_for_listeners(self, guests: list[str]) -> None:
        """Until the kernel lists their sockets."""
        deadline = time.monotonic() + _DEADLINE
        while not all(self.sockets(guest) for guest in guests):
            assert time.monotonic() < deadline, "no listener came up"
            time.sleep(0.05)

    def sockets(self, guest: str) -> int:
        """Packet sockets of the probe's EtherType, as ss would count them."""
        return sum(line.split()[3].lower() == f"{PROBE:04x}" for line in self.call(guest, "cat", "/proc/net/packet").splitlines()[1:])

    def promiscuity(self, guest: str) -> int:
        """The kernel's counter."""
        found: int = json.loads(self.call(guest, "ip", "-d", "-j", "link", "show", "eth0"))[0]["promiscuity"]
        return found

    def harden(self, *guests: str, isolated: bool = False) -> None:
        """By iproute2, as linux-bridges documents it: pinned first, then closed."""
        for guest in guests:
            port = f"v{guest[1:]}"
            bridge(f"fdb replace {self.macs[guest]} dev {port} master static sticky")
            bridge(f"link set dev {port} learning off flood off locked on isolated {'on' if isolated else 'off'}")

    def check(self, policy: Result | None = None) -> tuple[Result, dict[str, Pairs], dict[str, Pairs]]:
        """All that the role does; returns the verdict, and by guest what the module heard and what the sniffer saw arrive."""
        names = list(self.macs)
        rules = _isolation.Policy(policy or {})
        plan = _isolation.plan(names, {name: self.module(name, action="inspect", interface="eth0") for name in names}, rules)
        assert not plan["problems"], plan["problems"]
        parts: dict[str, Result] = {name: {"sent": []} for name in names}
        with ExitStack() as stack:
            sniffers = {name: stack.enter_context(Sniffer("eth0", self.inside(name))) for name in names}
            listening = {name: self.start(name, action="listen", interface="eth0", run=RUN, duration=60) for name in names}
            self.wait_for_listeners(names)
            for number in (0, 1):
                for name in names:
                    sent = self.module(name, action="send", interface="eth0", run=RUN, name=name, probes=plan["rounds"][name][number])
                    assert not sent.get("failed"), sent
                    parts[name]["sent"].append(sent)
            assert all(self.sockets(name) for name in names), "the listeners ended too early for this machine"
            assert all(self.module(name, action="stop", interface="eth0", run=RUN)["stopped"] for name in names)
            for name, process in listening.items():
                parts[name]["listened"] = process.result()
        heard: dict[str, Pairs] = {name: Counter() for name in names}
        for name in names:
            for each in parts[name]["listened"]["heard"]:
                heard[name][each["source"], each["destination"]] += each["frames"]
        seen = {name: probes(sniffers[name].arrived()) for name in names}
        return _isolation.verdict(names, parts, rules, RUN), heard, seen


def probes(frames: list[Result]) -> Pairs:
    """How often each pair of addresses was on the wire in frames of the probe."""
    return Counter((frame["source"], frame["destination"]) for frame in frames if frame["ethertype"] == PROBE)


def flows(verdict: Result) -> dict[str, set]:
    """By flow, the pairs of guests that are not as expected."""
    wrong: dict[str, set] = {}
    for each in verdict["flows"]:
        if each["passed"] is False:
            wrong.setdefault(each["flow"], set()).add((each["from"], each["to"]))
    return wrong
