# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy costs, as ratios of one run.

First the time to give every port of a bridge the profile "guest", changed and unchanged, beside the same entries, options and
elements written by bridge -batch and nft -f, which neither read nor verify. Then the time in which frames of each kind reach a guest,
without a policy and with one, for three ports and for all. Usage: python benchmarks/linux_policy.py [--ports 1000] [--rounds 3]; needs root
or user namespaces.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
from typing import Any

from forwarding import KINDS, STREAM, Network, address6_of, address_of, mac_of
from linux_ports import batch, enter_namespace, timed

BRIDGE = "br0"
FEW = 3
# The frames again so often while a policy is there, which is slower to write than they are.
MEASURES = 8


def addresses_of(number: int) -> list[str]:
    """Of the guest behind a port."""
    return [address_of(number), address6_of(number)]


class Policy:
    """The module's own work, from parameters to a result that is read back."""

    def __init__(self) -> None:
        from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import reconcile
        from ansible_collections.virtnet.hardening.plugins.module_utils._linux import port_security
        from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.backend import HardeningBackend

        self.reconcile, self.port_security, self.backend = reconcile, port_security, HardeningBackend

    def run(self, numbers: list[int], state: str = "present") -> int:
        """One task; returns the number of steps."""
        ports = [{"name": f"v{number}", "profile": "guest", "macs": [mac_of(number)], "addresses": addresses_of(number)} for number in numbers]
        spec = self.port_security.spec()
        params: dict[str, Any] = {name: option.get("default") for name, option in spec.items()}
        backend = self.backend.open()
        intent = self.port_security.PortSecurityIntent({**params, "bridge": BRIDGE, "ports": ports, "state": state})
        outcome = self.reconcile(intent, backend, False)
        outcome.result()
        backend.close()
        return len(outcome.plan.steps)


def peers(numbers: list[int]) -> None:
    """The same state by iproute2 and nft, without reading or verifying anything."""
    from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.elements import elements_of
    from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.table import Transaction
    from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import FILTER_GUARDS

    index = {name: number for number, name in socket.if_nameindex()}
    transaction = Transaction()
    transaction.make_table()
    for number in numbers:
        fields = {"macs": mac_of(number), "addresses": ",".join(addresses_of(number)), **dict.fromkeys(FILTER_GUARDS, "reject")}
        transaction.add(index[f"v{number}"], elements_of(fields), RECORD)
    text = transaction.text()
    lines = [f"fdb replace {mac_of(number)} dev v{number} master static sticky" for number in numbers]
    lines += [f"link set dev v{number} learning off flood off locked on mcast_router 0" for number in numbers]
    PEER["seconds"] = timed(lambda: (batch("bridge", lines), subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)))


PEER: dict[str, float] = {}
# As a task notes it, so that state: absent gives the ports back as they were.
RECORD = "promiscuous=reject mac_changes=reject forged_transmits=reject was=Lkr1U"


def main() -> None:
    """Prints two blocks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ports", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    enter_namespace()
    network = Network(BRIDGE, arguments.ports)
    numbers, policy, best = list(range(1, arguments.ports + 1)), Policy(), {}

    def note(name: str, seconds: float) -> None:
        best[name] = min(best.get(name, float("inf")), seconds)

    for _round in range(arguments.rounds):
        for name, chosen in (("none", []), (f"{FEW} ports", numbers[:FEW]), (f"{len(numbers)} ports", numbers)):
            if chosen:
                note(f"write {name}", timed(lambda chosen=chosen: policy.run(chosen)))
                assert policy.run(chosen) == 0
                note(f"unchanged {name}", timed(lambda chosen=chosen: policy.run(chosen)))
            for _measure in range(MEASURES):
                for kind, seconds in network.measure().items():
                    note(f"{kind}, {name}", seconds)
            if chosen:
                policy.run(chosen, "absent")
        peers(numbers)
        note("bridge -batch and nft -f", PEER["seconds"])
        policy.run(numbers, "absent")
        assert policy.run(numbers, "absent") == 0
    report(best, len(numbers))


def report(best: dict[str, float], count: int) -> None:
    """Milliseconds and ratios."""
    base = best["bridge -batch and nft -f"]
    print(f"\nprofile guest on {count} ports")
    for name in (f"write {count} ports", f"unchanged {count} ports", "bridge -batch and nft -f"):
        print(f"  {name:26} {best[name] * 1e3:10.1f} ms   {best[name] / base:6.2f} x bridge -batch and nft -f")
    some = f"{FEW} ports", f"{count} ports"
    print(f"\n{'ns a frame (of a stream: a piece)':34} {'no policy':>10} {some[0]:>18} {some[1]:>18}")
    for kind in (*KINDS, STREAM):
        none = best[f"{kind}, none"]
        cells = [f"{best[f'{kind}, {name}'] * 1e9:9.0f}  x {best[f'{kind}, {name}'] / none:5.2f}" for name in some]
        print(f"  {kind:32} {none * 1e9:10.0f} {cells[0]:>18} {cells[1]:>18}")


if __name__ == "__main__":
    main()
