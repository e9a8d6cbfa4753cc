# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy costs, as ratios of one run.

First the time to give every port of a bridge the profile "guest", changed and unchanged, beside the same entries, options and
elements written by bridge -batch and nft -f, which neither read nor verify. Then the time in which a guest's frames reach another guest,
without a policy and with one, for one port and for all. Usage: python benchmarks/linux_policy.py [--ports 1000] [--rounds 3]; needs root
or user namespaces.
"""

from __future__ import annotations

import argparse
import json
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Dict, List

from linux_ports import batch, enter_namespace, timed

FRAMES = 20_000
# The best of them counts, as other work on the machine only ever slows one down.
TRIES = 5
SECONDS = 20.0
ETH_P_IP = 0x0800
BRIDGE = "br0"


def mac_of(number: int) -> str:
    """Of the guest behind a port."""
    return f"52:54:00:00:{number >> 8:02x}:{number & 255:02x}"


def address_of(number: int) -> str:
    """A test network big enough (RFC 2544)."""
    return f"198.18.{number >> 8}.{(number & 255)}"


def build(count: int) -> None:
    """Guests' ports and a bridge, all up."""
    # What a thousand interfaces of this host tell each other by themselves would be most of the traffic.
    for scope in ("all", "default"):
        Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1", encoding="ascii")
    lines = [f"link add {BRIDGE} type bridge", f"link set {BRIDGE} up"]
    for number in range(1, count + 1):
        lines += [f"link add v{number} type veth peer name p{number}", f"link set v{number} master {BRIDGE} up", f"link set p{number} up"]
    batch("ip", lines)


class Policy:
    """The module's own work, from parameters to a result that is read back."""

    def __init__(self) -> None:
        from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import reconcile
        from ansible_collections.virtnet.hardening.plugins.module_utils._linux import port_security
        from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.backend import HardeningBackend

        self.reconcile, self.port_security, self.backend = reconcile, port_security, HardeningBackend

    def run(self, numbers: List[int], state: str = "present") -> int:
        """One task; returns the number of steps."""
        ports = [{"name": f"v{number}", "profile": "guest", "macs": [mac_of(number)], "addresses": [address_of(number)]} for number in numbers]
        spec = self.port_security.spec()
        params: Dict[str, Any] = {name: option.get("default") for name, option in spec.items()}
        backend = self.backend.open()
        intent = self.port_security.PortSecurityIntent({**params, "bridge": BRIDGE, "ports": ports, "state": state})
        outcome = self.reconcile(intent, backend, False)
        outcome.result()
        backend.close()
        return len(outcome.plan.steps)


def peers(numbers: List[int]) -> None:
    """The same state by iproute2 and nft, without reading or verifying anything."""
    from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.elements import elements_of
    from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.table import Transaction
    from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import FILTER_GUARDS

    index = {name: number for number, name in socket.if_nameindex()}
    transaction = Transaction()
    transaction.make_table()
    for number in numbers:
        fields = {"macs": mac_of(number), "addresses": address_of(number), **dict.fromkeys(FILTER_GUARDS, "reject")}
        transaction.add(index[f"v{number}"], elements_of(fields), RECORD)
    text = transaction.text()
    lines = [f"fdb replace {mac_of(number)} dev v{number} master static sticky" for number in numbers]
    lines += [f"link set dev v{number} learning off flood off locked on mcast_router 0" for number in numbers]
    PEER["seconds"] = timed(lambda: (batch("bridge", lines), subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)))


PEER: Dict[str, float] = {}
# As a task notes it, so that state: absent gives the ports back as they were.
RECORD = "promiscuous=reject mac_changes=reject forged_transmits=reject was=Lkr1U"


def _frame(source: int, destination: int) -> bytes:
    """UDP in IPv4, with a checksum of the header: a bridge that calls iptables drops a packet with a wrong one."""
    head = bytearray.fromhex("4500002e0000000040110000") + socket.inet_aton(address_of(source)) + socket.inet_aton(address_of(destination))
    total = sum(int.from_bytes(head[place:place + 2], "big") for place in range(0, len(head), 2))
    head[10:12] = (~(total + (total >> 16)) & 0xFFFF).to_bytes(2, "big")
    addresses = bytes.fromhex((mac_of(destination) + mac_of(source)).replace(":", ""))
    return addresses + b"\x08\x00" + bytes(head) + bytes.fromhex("13881388001a0000") + b"x" * 18


def _arrived() -> int:
    """What guest 2 has received so far, by iproute2."""
    output = subprocess.run(["ip", "-s", "-j", "link", "show", "dev", "p2"], capture_output=True, text=True, check=True).stdout
    count: int = json.loads(output)[0]["stats64"]["rx"]["packets"]
    return count


def _meet(first: socket.socket) -> None:
    """Until carriers are up (the kernel looks once a second) and a bridge that learns knows where both guests are, so that it need not flood."""
    frame, deadline = _frame(1, 2), time.monotonic() + SECONDS
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IP)) as second:
        second.bind(("p2", ETH_P_IP))
        second.settimeout(0.05)
        while time.monotonic() < deadline:
            second.send(_frame(2, 1))
            first.send(frame)
            try:
                if second.recv(2048) == frame:
                    return
            except socket.timeout:
                pass
    raise SystemExit(f"no frame arrived within {SECONDS:g} s")


def forward() -> float:
    """Seconds for frames from guest 1 to guest 2, which the bridge forwards in the sender's own call."""
    frame = _frame(1, 2)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as channel:
        channel.bind(("p1", 0))
        _meet(channel)
        before = _arrived()
        seconds = min(timed(lambda: [channel.send(frame) for _number in range(FRAMES)]) for _try in range(TRIES))
    arrived = _arrived() - before
    if arrived < FRAMES * TRIES * 0.99:
        raise SystemExit(f"only {arrived} of {FRAMES * TRIES} frames arrived, so nothing was measured")
    return seconds


def main() -> None:
    """Prints two blocks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ports", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    enter_namespace()
    build(arguments.ports)
    numbers, policy, best = list(range(1, arguments.ports + 1)), Policy(), {}

    def note(name: str, seconds: float) -> None:
        best[name] = min(best.get(name, float("inf")), seconds)

    for _round in range(arguments.rounds):
        for name, chosen in (("none", []), ("1 port", [1]), (f"{len(numbers)} ports", numbers)):
            if chosen:
                note(f"write {name}", timed(lambda chosen=chosen: policy.run(chosen)))
                assert policy.run(chosen) == 0
                note(f"unchanged {name}", timed(lambda chosen=chosen: policy.run(chosen)))
            note(f"forward {name}", forward())
            if chosen:
                policy.run(chosen, "absent")
        peers(numbers)
        note("bridge -batch and nft -f", PEER["seconds"])
        policy.run(numbers, "absent")
        assert policy.run(numbers, "absent") == 0
    report(best, len(numbers))


def report(best: Dict[str, float], count: int) -> None:
    """Milliseconds and ratios."""
    base = best["bridge -batch and nft -f"]
    print(f"\nprofile guest on {count} ports")
    for name in (f"write {count} ports", f"unchanged {count} ports", "bridge -batch and nft -f"):
        print(f"  {name:26} {best[name] * 1e3:10.1f} ms   {best[name] / base:6.2f} x bridge -batch and nft -f")
    print(f"\nforwarding of {FRAMES} frames from one guest to another")
    for name in ("none", "1 port", f"{count} ports"):
        seconds = best[f"forward {name}"]
        rate = f"{seconds / FRAMES * 1e6:8.2f} us a frame, {FRAMES / seconds / 1e3:6.0f} thousand a second"
        print(f"  policy on {name:16} {rate}   {seconds / best['forward none']:6.2f} x without a policy")


if __name__ == "__main__":
    main()
