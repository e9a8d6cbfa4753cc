# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks the guests of one lab host from another of its guests, and shows the matrix.

Needs scapy, so it runs with the project's own Python: lab/lab.py run -- .venv/bin/python lab/attack.py kvm1 --save before.json
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from attacks import matrix  # noqa: E402
from attacks.arena import Arena, ArenaError, Ear, Station, namespace_of  # noqa: E402
from attacks.ring import ATTACKER, OUTSIDE, THIRD, VICTIM, Ring  # noqa: E402
from virtlab import hosts, topology  # noqa: E402
from virtlab.hosts import LabError  # noqa: E402
from virtlab.state import State  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Returns the exit code: 1 if the lab can't be attacked, or if --expect-safe is not so."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("host", help="the KVM host; it needs three guests or more")
    parser.add_argument("--state", type=Path, default=Path(os.environ.get("VIRTNET_LAB_STATE", ROOT / ".lab")), help="folder of the lab's state")
    parser.add_argument("--save", type=Path, help="write what came of it to this file")
    parser.add_argument("--before", type=Path, help="a file of an earlier run, to show both")
    arguments = parser.parse_args()
    try:
        outcome = attack(State(arguments.state), arguments.host)
    except (LabError, ArenaError) as error:
        print(f"attack: {error}", file=sys.stderr)
        return 1
    if arguments.save:
        arguments.save.write_text(json.dumps(outcome), encoding="utf-8")
    if arguments.before:
        print("\n".join(matrix.show(json.loads(arguments.before.read_text(encoding="utf-8")), outcome)))
    else:
        print(f"{sum(value is True for value in outcome['attacks'].values())} of {len(outcome['attacks'])} attacks got through.")
    return 0


def attack(state: State, host: str) -> dict[str, matrix.Outcome]:
    """All attacks and honest flows between the first three guests of the host and the controller beyond its uplink."""
    if not state.data["hosts"]:
        raise LabError("the lab is down; start it with 'make lab-up'.")
    plan = topology.make(*state.data["size"])
    guests = [name for name, values in plan.groups["guests"].items() if values["guest_host"] == host][:3]
    if len(guests) < 3:
        raise LabError(f"{host} has {len(guests)} guests, and an attacker, a victim and a third are needed; start the lab with 3 or more.")
    ends = {wire.far_host: wire for wire in plan.wires}
    stations: dict[str, Station] = {}
    for role, name in zip((ATTACKER, VICTIM, THIRD, OUTSIDE), (*guests, topology.CONTROLLER)):
        wire, pid = ends[name], state.pid(name)
        if pid is None:
            raise LabError(f"{name} does not run; start the lab anew.")
        four, six = (address.split("/")[0] for address in wire.far_addresses)
        stations[role] = Station(role, namespace_of(pid), wire.far, wire.far_mac, four, six)
    pid = state.pid(host)
    if pid is None:
        raise LabError(f"{host} does not run; start the lab anew.")
    with Arena(stations, Ear(namespace_of(pid), ends[guests[0]].near, ends[guests[1]].near)) as arena:
        return matrix.run_all(Ring(arena, _bridge_mac(state, host)))


def _bridge_mac(state: State, host: str) -> str:
    command = [*hosts.enter(state, host, ("--net",)), "ip", "-j", "link", "show", "type", "bridge"]
    bridges: Any = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    if not bridges:
        raise LabError(f"{host} has no bridge; harden it, or make one.")
    return str(bridges[0]["address"])


if __name__ == "__main__":
    sys.exit(main())
