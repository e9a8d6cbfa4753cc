# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where hosts are, and who else may be there: from answers as a vCenter gives them, with holes."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.places import Places
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import HostSelection
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.audit_rules import EFFECTIVE
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.info import Unseen, summary
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import Found, Gap
from pyVmomi import vim

NO = Gap("permission", "no")
ROOT, DC1, DC2 = vim.Folder("group-d1"), vim.Datacenter("datacenter-1"), vim.Datacenter("datacenter-2")
FOLDER1, FOLDER2 = vim.Folder("group-h1"), vim.Folder("group-h2")
C1, C2, ALONE = vim.ClusterComputeResource("domain-c1"), vim.ClusterComputeResource("domain-c2"), vim.ComputeResource("domain-s1")
H1, H2, H3, H4 = (vim.HostSystem(f"host-{number}") for number in range(1, 5))


def inventory() -> dict[Any, dict[str, Any]]:
    """Two datacenters: dc1 with a cluster of two hosts and one host alone, dc2 with a cluster of one."""
    return {
        ROOT: {"childEntity": [DC1, DC2]},
        DC1: {"name": "dc1", "hostFolder": FOLDER1},
        DC2: {"name": "dc2", "hostFolder": FOLDER2},
        FOLDER1: {"childEntity": [C1, ALONE]},
        FOLDER2: {"childEntity": [C2]},
        C1: {"name": "c1", "host": [H1, H2], "summary.numHosts": 2},
        C2: {"name": "c2", "host": [H4], "summary.numHosts": 1},
        ALONE: {"name": "esxi03", "host": [H3], "summary.numHosts": 1},
        H1: {"name": "esxi01"},
        H2: {"name": "esxi02"},
        H3: {"name": "esxi03"},
        H4: {"name": "esxi04"},
    }


def places(change: Callable[[dict[Any, dict[str, Any]]], None] = lambda world: None) -> Places:
    """Of a world in which what a change takes away is denied."""
    whole, world = inventory(), inventory()
    change(world)
    return Places(ROOT, [Found(ref, props, {path: NO for path in whole[ref] if path not in props}) for ref, props in world.items()])


def choice(**given: Any) -> HostSelection:
    """As the user makes it."""
    return HostSelection({"esxi_hostname": None, "esxi_hostnames": None, "cluster_name": None, "datacenter": None, "all_hosts": False, **given})


CHOICES = {
    "names": choice(esxi_hostnames=["esxi01"]),
    "c1": choice(cluster_name="c1"),
    "c1 of dc1": choice(cluster_name="c1", datacenter="dc1"),
    "dc1": choice(datacenter="dc1"),
    "dc2": choice(datacenter="dc2"),
    "all": choice(all_hosts=True),
}


def test_all_is_known() -> None:
    """Each host with its place, and no doubt."""
    there = places()
    spots = {host.name: (spot.datacenter, spot.cluster, spot.remarks) for host, spot in there.hosts()}
    assert spots == {"esxi01": ("dc1", "c1", ()), "esxi02": ("dc1", "c1", ()), "esxi03": ("dc1", None, ()), "esxi04": ("dc2", "c2", ())}
    assert not list(there.doubts())


def drop(ref: Any, path: str | None = None) -> Callable[[dict[Any, dict[str, Any]]], None]:
    """A property that can't be read, or an object that is not in the answer."""
    return lambda world: world.pop(ref) if path is None else world[ref].pop(path)  # type: ignore[return-value]


def count(world: dict[Any, dict[str, Any]]) -> None:
    """A cluster has more hosts than it shows."""
    world[C1]["summary.numHosts"] = 3


@pytest.mark.parametrize(
    ("change", "words", "concerned"),
    [
        (count, "c1 has 3 hosts, and the user sees 2 of them", ["c1", "c1 of dc1", "dc1", "all"]),
        (drop(H2), "hosts of c1 may be missing: the user can't see host-2 below it", ["c1", "c1 of dc1", "dc1", "all"]),
        (drop(C1, "summary.numHosts"), "hosts of c1 may be missing: its summary.numHosts can't be read", ["c1", "c1 of dc1", "dc1", "all"]),
        (drop(ALONE, "host"), "hosts of esxi03 may be missing: its host can't be read", ["dc1", "all"]),
        (drop(C2), "hosts of group-h2 may be missing: the user can't see domain-c2 below it", ["dc2", "all"]),
        (drop(FOLDER2), "hosts of dc2 may be missing: the user can't see group-h2 below it", ["dc2", "all"]),
        (drop(DC2), "hosts of group-d1 may be missing: the user can't see datacenter-2 below it", ["all"]),
        (drop(DC2, "hostFolder"), "hosts of dc2 may be missing: its hostFolder can't be read", ["dc2", "all"]),
        (drop(ROOT, "childEntity"), "hosts of group-d1 may be missing: its childEntity can't be read", ["all"]),
        (drop(DC1, "name"), "the name of datacenter-1 can't be read", ["c1 of dc1", "dc1", "dc2"]),
        (drop(C2, "name"), "the name of domain-c2 can't be read", ["c1"]),
    ],
)
def test_who_else_may_be_there(change: Callable[[Any], None], words: str, concerned: list[str]) -> None:
    """And for which choices of hosts that matters: those who are named are there or are not."""
    doubts = [doubt for doubt in places(change).doubts() if words in doubt.text]
    assert len(doubts) == 1
    assert [name for name, selection in CHOICES.items() if doubts[0].concerns(selection)] == concerned


def test_a_host_that_nobody_lists() -> None:
    """It may belong to whichever cluster or datacenter is meant; and says why that is not known."""
    there = places(drop(C1, "host"))
    spots = {host.name: spot for host, spot in there.hosts()}
    assert spots["esxi01"].center is None and spots["esxi01"].remarks == ("where it is in the inventory is not known: c1: its host can't be read: no",)
    lost = next(doubt for doubt in there.doubts() if doubt.text.startswith("esxi01: "))
    assert [name for name, selection in CHOICES.items() if lost.concerns(selection)] == ["c1", "c1 of dc1", "dc1", "dc2"]


def test_names_that_are_no_matter() -> None:
    """They are shown as the server calls them, with a remark."""
    spots = {host.name: spot for host, spot in places(drop(DC2, "name")).hosts()}
    assert spots["esxi04"].datacenter == "datacenter-2" and spots["esxi04"].center == DC2
    assert spots["esxi04"].remarks == ("the name of its datacenter datacenter-2 can't be read: no",) and not spots["esxi01"].remarks


def test_a_summary_begins_with_what_is_not_known() -> None:
    """Numbers and 'nothing is found' are about the rest."""
    blind = [Unseen(f"esxi{number:02}", "no") for number in range(7)]
    assert summary(EFFECTIVE, 2, 1, 30, [], []) == "Looked at: 2 hosts and 1 distributed switch, 30 objects in all: nothing is found (audit effective)."
    assert summary(None, 1, 2, 1, None, []) == "Looked at: 1 host and 2 distributed switches, 1 object in all."
    told = summary(EFFECTIVE, 0, 0, 0, [], blind)
    assert told == "Not all was looked at, and nothing is known of this: esxi00, esxi01, esxi02, esxi03, esxi04 and 2 more. Nothing else was looked at."
    # Options are judged on hosts of which no switch was read.
    assert "Of the rest, 2 hosts and" in summary(EFFECTIVE, 2, 0, 0, [{}], blind[:1])
    one = summary(EFFECTIVE, 1, 0, 9, [{}], blind[:1])
    assert one.endswith("this: esxi00. Of the rest, 1 host and 0 distributed switches, 9 objects in all: 1 finding (audit effective).")
