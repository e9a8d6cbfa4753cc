# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge with three guests and a host beyond its uplink, each in a namespace that is made here and ends here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Sequence

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "lab"))

from attacks import matrix  # noqa: E402
from attacks.arena import MARK, Arena, Ear, Station, namespace_of  # noqa: E402
from attacks.ring import ATTACKER, OUTSIDE, SHARED_IP4, SHARED_MAC, THIRD, VICTIM, Ring  # noqa: E402

GUESTS = {ATTACKER: "vnet0", VICTIM: "vnet1", THIRD: "vnet2"}
BRIDGE_MAC = "52:54:00:fd:00:01"
__all__ = ("GUESTS", "World", "matrix")
_MODULES = "ansible_collections.virtnet.hardening.plugins.modules."


class World:
    """The host's namespace, and one for each station."""

    def __init__(self) -> None:
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.stations: dict[str, Station] = {}
        for name in ("host", *GUESTS, OUTSIDE):
            self._start(name)
        # An attacker's MLD query is believed after 65 s (see lab/attacks) if it was not forgotten before, and these stations join no group.
        self.ip("host", "link add br0 type bridge mcast_querier_interval 3000", f"link set br0 address {BRIDGE_MAC}", "link set br0 up")
        for number, (name, port) in enumerate({**GUESTS, OUTSIDE: "uplink"}.items(), 1):
            self.plug(name, port, number)
        # What the router behind it asks is forgotten after that time, too, and while the bridge counts on the attacker as the one who asks, reports would go
        # nowhere: on a slow machine in the midst of a run.
        self.ip("host", "link set uplink type bridge_slave mcast_router 2")

    def plug(self, name: str, port: str, number: int) -> None:
        """A port of the bridge, and the station behind it; an earlier pair of that name goes."""
        station = Station(name, namespace_of(self.pid(name)), "eth0", f"52:54:00:00:00:{number:02x}", f"192.0.2.{number}", f"2001:db8::{number:x}")
        subprocess.run(self.enter("host", "ip", "link", "del", port), capture_output=True, check=False)
        self.ip("host", f"link add {port} type veth peer name eth0 netns {self.pid(name)}", f"link set {port} master br0 up")
        self.ip(name, f"link set eth0 address {station.mac} alias {MARK} up")
        self.stations[name] = station

    def _start(self, name: str) -> None:
        script = (
            "mount -t tmpfs none /run && for each in all default; do echo 1 > /proc/sys/net/ipv6/conf/$each/disable_ipv6; done; "
            "ip link set lo up && echo r && exec sleep 3600"
        )
        process = subprocess.Popen(
            ["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c", script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        self._processes[name] = process
        assert process.stdout is not None and process.stdout.read(1) == b"r", f"{name} did not start"

    def pid(self, name: str) -> int:
        """The process that holds the namespace."""
        return self._processes[name].pid

    def close(self) -> None:
        """By their process ids."""
        for process in self._processes.values():
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()

    def enter(self, name: str, *command: str) -> list[str]:
        """A command inside."""
        return ["nsenter", "--target", str(self.pid(name)), "--net", "--mount", *command]

    def ip(self, name: str, *commands: str) -> None:
        """Lines of ip -batch."""
        subprocess.run(self.enter(name, "ip", "-batch", "-"), input="\n".join(commands) + "\n", text=True, check=True)

    def bridge(self, *commands: str) -> None:
        """Lines of bridge -batch on the host."""
        subprocess.run(self.enter("host", "bridge", "-batch", "-"), input="\n".join(commands) + "\n", text=True, check=True)

    def output(self, *command: str) -> str:
        """What a command says on the host."""
        return subprocess.run(self.enter("host", *command), capture_output=True, text=True, check=True).stdout

    def module(self, module: str, ok: bool = True, /, **params: Any) -> dict[str, Any]:
        """Run a module on the host as Ansible does, and return what it prints."""
        return self.script(f"from {_MODULES}{module} import main", ok, **params)

    def script(self, prelude: str, ok: bool = True, /, **params: Any) -> dict[str, Any]:
        """The same for lines that import C(main) and may change something first, such as what the kernel seems to know."""
        given = json.dumps({"ANSIBLE_MODULE_ARGS": {**params, "_ansible_diff": True}})
        command = self.enter("host", sys.executable, "-c", f"{prelude}\nmain()")
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
        assert done.stdout, done.stderr
        result: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        assert bool(result.get("failed")) is not ok, result.get("msg")
        return result

    def ring(self) -> Opened:
        """The arena with its roles."""
        return Opened(self)

    def policy(self, names: Sequence[str] = tuple(GUESTS), shared: bool = False, **more: Any) -> list[dict[str, Any]]:
        """C(ports) for the guests, as a user would write it; with C(shared) the victim and the third are one virtual router."""
        ports = []
        for name in names:
            station = self.stations[name]
            virtual = [SHARED_MAC, SHARED_IP4] if shared and name != ATTACKER else []
            macs, addresses = ([{"address": each, "shared": True}] for each in virtual) if virtual else ([], [])
            ports.append({"name": GUESTS[name], "profile": "guest", "macs": [station.mac, *macs], "addresses": [station.ip4, station.ip6, *addresses], **more})
        return ports

    def uplink(self) -> dict[str, Any]:
        """The port behind which a master may be too. By what the kernel says of it, it is a container's."""
        return {"name": "uplink", "macs": [{"address": SHARED_MAC, "shared": True}]}


class Opened:
    """A ring for the length of a with statement."""

    def __init__(self, world: World) -> None:
        self._arena = Arena(world.stations, Ear(namespace_of(world.pid("host")), GUESTS[ATTACKER], GUESTS[VICTIM]))

    def __enter__(self) -> Ring:
        return Ring(self._arena, BRIDGE_MAC)

    def __exit__(self, *exception: object) -> None:
        self._arena.__exit__()
