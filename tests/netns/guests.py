# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests as network namespaces of their own, behind veth devices, as containers are."""

from __future__ import annotations

import os
import subprocess
import time
from types import TracebackType

from .conftest import ip

_SECONDS = 10.0


class Guests:
    """Each is a process that holds a namespace; they end with the block."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Guests:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in self._processes.values():
            process.kill()
            process.wait()

    def plug(self, port: str, bridge: str, address: str = "", mac: str = "") -> None:
        """A guest of its own behind a new port of the bridge, both ends up. Without IPv6, by which it would send before anybody asks it to."""
        process = subprocess.Popen(["unshare", "--net", "sleep", "600"])
        self._processes[port] = process
        own = os.stat("/proc/self/ns/net").st_ino
        deadline = time.monotonic() + _SECONDS
        while os.stat(f"/proc/{process.pid}/ns/net").st_ino == own:
            assert time.monotonic() < deadline, "unshare did not make a namespace"
            time.sleep(0.01)
        ip(f"link add {port} type veth peer name eth0 netns {process.pid}", *([f"link set {port} master {bridge}"] if bridge else []), f"link set {port} up")
        self.run(port, "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/eth0/disable_ipv6")
        if mac:
            self.run(port, "ip", "link", "set", "eth0", "address", mac)
        self.run(port, "ip", "link", "set", "eth0", "up")
        if address:
            self.run(port, "ip", "address", "add", address, "dev", "eth0")

    def pid(self, port: str) -> int:
        """The process that holds a guest's namespace."""
        return self._processes[port].pid

    def run(self, port: str, *command: str) -> int:
        """Run a command in a guest; returns its code."""
        inside = ["nsenter", "--net", "--target", str(self._processes[port].pid), *command]
        return subprocess.run(inside, check=False, capture_output=True).returncode

    def reaches(self, port: str, address: str) -> bool:
        """Whether a ping is answered."""
        return self.run(port, "ping", "-c", "1", "-w", "2", address) == 0
