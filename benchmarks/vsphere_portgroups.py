# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One port group's security on many hosts, beside community.vmware.vmware_portgroup, as ratios of one run.

A simulated vCenter answers each call after 20 ms. Both modules run as Ansible runs them, in a process of their own: first a change on all hosts of
a cluster, then the same task again. Told are calls of the API, seconds, those of a processor, peak memory,
and how many calls came before the first write; the best of some rounds counts. Other work on the machine lengthens what a processor does, ours the most, so
it must be idle. It is done with one port group on each host beside the two of a fresh ESXi, and with ten, of which both read all. Our module also sets all
ten, one task each. Usage: python benchmarks/vsphere_portgroups.py [--hosts 10 50 500] [--groups 1 10] [--ms 20] [--rounds 3] [--peer-hosts 500]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.oracle.vsphere import Client  # noqa: E402

OURS = "virtnet.hardening.esxi_portgroup"
PEER = "community.vmware.vmware_portgroup"


class Run(NamedTuple):
    """One module's run."""

    changed: bool
    seconds: float
    # Of those, in which a processor was at work for it: with others on the machine it waits for one.
    cpu: float
    calls: int
    before_write: int
    peak: int
    megabytes: float


class Lab:
    """A simulated vCenter with one cluster."""

    def __init__(self, folder: Path, hosts: int, groups: int) -> None:
        self.folder = folder
        self._lab("up", "--parent", str(os.getpid()), "--hosts", str(hosts), "--groups", str(groups), "--vms", "1")
        self.client = Client(folder)

    def _lab(self, *words: str) -> None:
        subprocess.run([sys.executable, str(ROOT / "lab" / "lab.py"), "--state", str(self.folder), "vsphere", *words], check=True, stdout=subprocess.DEVNULL)

    def stop(self) -> None:
        """End it."""
        self._lab("down")

    def run(self, name: str, /, **params: Any) -> Run:
        """Run a module as Ansible does, and ask the simulator what it has called."""
        url = urlsplit(self.client.data["url"])
        session = {"hostname": url.hostname, "port": url.port, "username": self.client.data["user"], "password": self.client.data["password"]}
        arguments = self.folder / "arguments.json"
        arguments.write_text(json.dumps({"ANSIBLE_MODULE_ARGS": {**session, "cluster_name": "cluster1", **params}}), encoding="utf-8")
        namespace, collection, module = name.split(".")
        self.client.control("POST", "calls/reset")
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", f"ansible_collections.{namespace}.{collection}.plugins.modules.{module}", str(arguments)],
            stdout=subprocess.PIPE,
            env={**os.environ, "SSL_CERT_FILE": self.client.data["ca"]},
        )
        assert process.stdout is not None
        output = process.stdout.read()
        usage = os.wait4(process.pid, 0)[2]
        seconds = time.perf_counter() - started
        process.returncode = 0
        result: dict[str, Any] = json.loads(output.decode().strip().splitlines()[-1])
        assert not result.get("failed"), result
        calls = self.client.control("GET", "calls?log=1")
        log = [call["method"] for call in sorted(calls["log"], key=lambda call: call["start_ms"])]
        write = log.index("UpdatePortGroup") if "UpdatePortGroup" in log else len(log)
        cpu = usage.ru_utime + usage.ru_stime
        return Run(result["changed"], seconds, cpu, calls["total"], write, calls["peak_methods"].get("UpdatePortGroup", 0), usage.ru_maxrss / 1024)


def ours(lab: Lab, group: str, value: str) -> Run:
    """Our task."""
    return lab.run(OURS, name=group, security={"promiscuous": value})


def peer(lab: Lab, group: str, value: bool) -> Run:
    """The peer's, which must be told the rest of the group too, or resets it."""
    number = int(group[2:])
    return lab.run(PEER, portgroup=group, switch="vSwitch0", vlan_id=100 + number, security={"promiscuous_mode": value})


def measure(count: int, groups: int, milliseconds: int, rounds: int, with_peer: bool) -> None:
    """Prints one block."""
    rows: dict[str, Run] = {}

    def note(name: str, run: Run, changed: bool) -> None:
        assert run.changed is changed, (name, run)
        rows[name] = min(run, rows.get(name, run), key=lambda each: each.seconds)

    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder) / "lab", count, groups)
        try:
            lab.client.control("POST", "latency", {"ms": milliseconds})
            for _round in range(rounds):
                note("ours, changed", ours(lab, "pg01", "accept"), True)
                note("ours, unchanged", ours(lab, "pg01", "accept"), False)
                if with_peer:
                    note("peer, changed", peer(lab, "pg01", False), True)
                    note("peer, unchanged", peer(lab, "pg01", False), False)
                else:
                    ours(lab, "pg01", "reject")
            rest = [ours(lab, f"pg{number:02d}", "accept") for number in range(1, groups + 1)]
        finally:
            lab.stop()
    report(count, groups, rows, rest)


def report(count: int, groups: int, rows: dict[str, Run], rest: list[Run]) -> None:
    """Calls, seconds, ratios."""
    print(f"\n{count} hosts with {groups + 2} port groups each, one group's security")
    for name, row in rows.items():
        first = f"{row.before_write} before the first write, then {row.peak} at a time" if row.peak else "no write"
        print(f"  {name:16} {row.seconds:8.2f} s ({row.cpu:.2f} s of a processor)  {row.calls:6} calls ({first})  {row.megabytes:6.0f} MB")
    for what in ("changed", "unchanged"):
        mine, theirs = rows[f"ours, {what}"], rows.get(f"peer, {what}")
        if theirs is not None:
            print(f"  {what:16} {theirs.seconds / mine.seconds:8.1f} x faster than {PEER}, with {theirs.calls / mine.calls:.1f} x fewer calls")
    if groups > 1:
        print(f"  all {groups} groups, one task each: {sum(row.seconds for row in rest):.2f} s, {sum(row.calls for row in rest)} calls", flush=True)


def main() -> None:
    """One block for each number of hosts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", type=int, nargs="+", default=[10, 50, 500])
    parser.add_argument("--groups", type=int, nargs="+", default=[1, 10])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--ms", type=int, default=20, help="milliseconds that each call takes at least")
    parser.add_argument("--peer-hosts", type=int, default=500, help="measure the peer with no more hosts than these")
    arguments = parser.parse_args()
    for count in arguments.hosts:
        for groups in arguments.groups:
            # A round with hundreds of hosts takes the peer minutes.
            measure(count, groups, arguments.ms, arguments.rounds if count <= 50 else 1, count <= arguments.peer_hosts)


if __name__ == "__main__":
    main()
