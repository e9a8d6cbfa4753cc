# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How fast linux_bridge_port is beside its peers, as ratios of one run.

Makes a network namespace with thousands of veth ports, changes eight options of every port and reads
all options back, with the module's own code and with iproute2 and pyroute2. The module's time is its
whole work, from the parameters to the result that is read back and verified; Ansible's own start is
not in it. Usage: python benchmarks/linux_ports.py [--ports 100 1000 5000] [--rounds 5]; needs root or user namespaces.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from typing import Callable

BRIDGE_PORTS = 1000
OPTIONS: dict[str, tuple[str, str]] = {
    # option of the module: (word of bridge(8), attribute of pyroute2)
    "isolated": ("isolated", "isolated"),
    "learning": ("learning", "learning"),
    "unicast_flood": ("flood", "unicast_flood"),
    "multicast_flood": ("mcast_flood", "mcast_flood"),
    "broadcast_flood": ("bcast_flood", "bcast_flood"),
    "hairpin": ("hairpin", "mode"),
    "guard": ("guard", "guard"),
    "root_block": ("root_block", "protect"),
}
FORKED = 100


def enter_namespace() -> None:
    """Start again in a network namespace of our own, as root of a user namespace where we are not root."""
    if os.environ.get("VIRTNET_BENCH_NS"):
        return
    command = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    environ = dict(os.environ, VIRTNET_BENCH_NS="1")
    os.execvpe(command[0], [*command, sys.executable, *sys.argv], environ)


def bridges_of(count: int) -> list[tuple[str, list[str]]]:
    """Bridge names and their ports: a bridge takes at most 1,023, so every thousand gets its own."""
    names = [f"vnet{number}" for number in range(count)]
    return [(f"br{start // BRIDGE_PORTS}", names[start : start + BRIDGE_PORTS]) for start in range(0, count, BRIDGE_PORTS)]


def build(layout: list[tuple[str, list[str]]]) -> None:
    """Make bridges and ports with iproute2."""
    lines = []
    for bridge, ports in layout:
        lines.append(f"link add {bridge} type bridge")
        for port in ports:
            lines.append(f"link add {port} type veth peer name p{port}")
            lines.append(f"link set {port} master {bridge}")
    batch("ip", lines)


def teardown(layout: list[tuple[str, list[str]]]) -> None:
    """Delete what build made."""
    batch("ip", [line for bridge, ports in layout for line in [*(f"link del {port}" for port in ports), f"link del {bridge}"]])


def batch(tool: str, lines: list[str]) -> None:
    """Feed one batch to ip or bridge."""
    subprocess.run([tool, "-batch", "-"], input="\n".join(lines) + "\n", text=True, check=True)


def timed(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


class Module:
    """The module's own work, from parameters to result."""

    def __init__(self, layout: list[tuple[str, list[str]]]) -> None:
        from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import reconcile
        from ansible_collections.virtnet.hardening.plugins.module_utils._linux import port
        from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend

        self.layout = layout
        self.reconcile, self.port, self.backend = reconcile, port, NetlinkBackend

    def params(self, bridge: str, ports: list[str], value: bool) -> dict[str, object]:
        """Parameters as Ansible hands them over."""
        params: dict[str, object] = {name: option.get("default") for name, option in self.port.spec().items()}
        return {**params, "bridge": bridge, "ports": ports, **{name: value for name in OPTIONS}}

    def write(self, value: bool) -> int:
        """Run one task a bridge; returns the number of steps."""
        steps = 0
        for bridge, ports in self.layout:
            backend = self.backend.open()
            outcome = self.reconcile(self.port.PortIntent(self.params(bridge, ports, value)), backend, False)
            outcome.result()
            steps += len(outcome.plan.steps)
            backend.close()
        return steps

    def read(self) -> None:
        """Read all options of all ports."""
        for bridge, ports in self.layout:
            backend = self.backend.open()
            backend.observe(self.port.Scope(bridge=bridge, ports=True))
            backend.close()


def bridge_batch(layout: list[tuple[str, list[str]]], value: bool) -> None:
    """The same change by bridge -batch."""
    words = " ".join(f"{word} {'on' if value else 'off'}" for word, attribute in OPTIONS.values())
    for bridge, ports in layout:
        batch("bridge", [f"link set dev {port} {words}" for port in ports])


def bridge_show(layout: list[tuple[str, list[str]]]) -> None:
    """The same reading by bridge -d -j link show, once a bridge as a task reads."""
    for bridge, ports in layout:
        subprocess.run(["bridge", "-d", "-j", "link", "show", "master", bridge], stdout=subprocess.DEVNULL, check=True)


def bridge_forks(ports: list[str], value: bool) -> None:
    """A process a port."""
    words = [item for word, attribute in OPTIONS.values() for item in (word, "on" if value else "off")]
    for port in ports:
        subprocess.run(["bridge", "link", "set", "dev", port, *words], check=True)


def pyroute2_calls(ports: list[str], value: bool) -> None:
    """pyroute2's own call, a port at a time."""
    from pyroute2 import IPRoute

    with IPRoute() as ipr:
        for port in ports:
            ipr.brport("set", index=ipr.link_lookup(ifname=port)[0], **{attribute: int(value) for word, attribute in OPTIONS.values()})


def measure(count: int, rounds: int) -> dict[str, float]:
    """Best of some rounds, each way in turn, so that all see the same machine."""
    layout = bridges_of(count)
    build(layout)
    module = Module(layout)
    best: dict[str, float] = {}

    def note(name: str, action: Callable[[], object]) -> None:
        best[name] = min(best.get(name, float("inf")), timed(action))

    sample = [port for bridge, ports in layout for port in ports][:FORKED]
    for number in range(rounds):
        note("module", lambda: _changed(module, True, count))
        note("module, no change", lambda: _changed(module, True, 0))
        note("bridge -batch", lambda: bridge_batch(layout, False))
        note("module read", module.read)
        note("bridge show", lambda: bridge_show(layout))
    note("pyroute2 brport", lambda: pyroute2_calls(sample, True))
    note("fork per port", lambda: bridge_forks(sample, False))
    for name in ("pyroute2 brport", "fork per port"):
        best[name] *= count / len(sample)
    teardown(layout)
    return best


def _changed(module: Module, value: bool, expected: int) -> None:
    steps = module.write(value)
    if steps != expected:
        raise SystemExit(f"expected {expected} steps, the module planned {steps}")


def report(count: int, best: dict[str, float]) -> None:
    """One block a size: milliseconds, and ratios to iproute2."""
    print(f"\n{count} ports, {len(OPTIONS)} options each" + (f" ({(count - 1) // BRIDGE_PORTS + 1} bridges)" if count > BRIDGE_PORTS else ""))
    for name, base in (
        ("module", "bridge -batch"),
        ("module, no change", "bridge -batch"),
        ("pyroute2 brport", "bridge -batch"),
        ("fork per port", "bridge -batch"),
        ("module read", "bridge show"),
    ):
        note = f", from {FORKED} ports" if name in ("pyroute2 brport", "fork per port") and count > FORKED else ""
        print(f"  {name:18} {best[name] * 1e3:10.2f} ms   {best[name] / count * 1e6:8.1f} us/port   {best[name] / best[base]:7.2f} x {base}{note}")
    for name in ("bridge -batch", "bridge show"):
        print(f"  {name:18} {best[name] * 1e3:10.2f} ms   {best[name] / count * 1e6:8.1f} us/port")


def main() -> None:
    """Measure each size in a process of its own, so that peak memory is that size's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ports", type=int, nargs="+", default=[100, 1000, 5000])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    enter_namespace()
    for count in arguments.ports:
        child = os.fork()
        if child == 0:
            report(count, measure(count, arguments.rounds))
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"  peak memory        {peak:10.1f} MiB", flush=True)
            os._exit(0)
        if os.waitpid(child, 0)[1] != 0:
            raise SystemExit(f"measuring {count} ports failed")


if __name__ == "__main__":
    main()
