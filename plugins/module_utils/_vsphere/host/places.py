# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Where hosts are, from one read of the inventory, and what of it the user can't see. Pure but for the classes of pyVmomi.

Places follow from the lists of what is below an object: they say what there is, also where the user may not see it. A cluster says beside that how
many hosts it has (ComputeResourceSummary.numHosts: "Total number of hosts").
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import HostSelection
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Hop
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import Found, cant_see, unseen

_COUNT = "summary.numHosts"
_BELOW = ("childEntity", "hostFolder", "host")
_NOWHERE = "where it is in the inventory is not known"

# What is not known: which hosts are below an object, the name of a datacenter or cluster, or where a host is.
BELOW, DATACENTER, CLUSTER, PLACE = "below", "datacenter", "cluster", "place"


class Doubt(NamedTuple):
    """Hosts may be there, or belong to what is chosen, without being known: the kind of doubt, the reason in words, and where."""

    kind: str
    text: str
    # Empty outside of all, None where that is not known.
    datacenter: str | None = None
    cluster: str = ""

    def concerns(self, selection: HostSelection) -> bool:
        """Whether such hosts may be meant. Those that are named are there or are not."""
        if selection.names:
            return False
        if self.kind == PLACE:
            return selection.datacenter is not None or selection.cluster is not None
        if self.kind == DATACENTER:
            return selection.datacenter is not None
        if selection.datacenter is not None and self.datacenter not in (None, selection.datacenter):
            return False
        if self.kind == CLUSTER:
            return selection.cluster is not None
        return selection.cluster in (None, self.cluster)


class Spot(NamedTuple):
    """Where a host is; C(remarks) say in words what of it is not known."""

    center: Any = None
    datacenter: str = ""
    cluster: str | None = None
    remarks: tuple[str, ...] = ()


def question(state: Sequence[str], count: bool) -> tuple[Mapping[Any, Sequence[str]], list[Hop]]:
    """What to retrieve from the root folder; C(state) are paths of the hosts. With C(count) clusters say how many hosts they have."""
    vim = dep.vim
    paths = {
        vim.HostSystem: list(state),
        vim.Folder: ["childEntity"],
        vim.Datacenter: ["name", "hostFolder"],
        vim.ComputeResource: ["name", "host", *((_COUNT,) if count else ())],
    }
    return paths, [Hop(vim.Folder, "childEntity", _BELOW), Hop(vim.Datacenter, "hostFolder", _BELOW), Hop(vim.ComputeResource, "host")]


class Places:
    """The inventory as it was read from its root folder."""

    def __init__(self, root: Any, found: Sequence[Found]) -> None:
        self._root = root
        self.found = {each.ref: each for each in found}
        self._above = {child: each for each in found for child in _children(each)}

    def hosts(self) -> Iterator[tuple[Found, Spot]]:
        """Each with its place."""
        for each in self.found.values():
            if isinstance(each.ref, dep.vim.HostSystem):
                yield each, self._spot(each)

    def _spot(self, host: Found) -> Spot:
        center, cluster = self._up(host, dep.vim.Datacenter), self._up(host, dep.vim.ClusterComputeResource)
        remarks = [
            f"the name of its {what} {each.name} can't be read: {each.gaps['name'].text}"
            for what, each in ((DATACENTER, center), (CLUSTER, cluster))
            if each is not None and "name" in each.gaps
        ]
        remarks += [self._nowhere()] if center is None or self._above.get(host.ref) is None else []
        return Spot(center.ref if center else None, center.name if center else "", cluster.name if cluster else None, tuple(remarks))

    def _up(self, each: Found, kind: Any) -> Found | None:
        above: Found | None = each
        while above is not None and not isinstance(above.ref, kind):
            above = self._above.get(above.ref)
        return above

    def doubts(self) -> Iterator[Doubt]:
        """All that is not known of who is where."""
        kinds = {dep.vim.Datacenter: DATACENTER, dep.vim.ClusterComputeResource: CLUSTER}
        for each in self.found.values():
            where = self._where(each)
            for text in _missing(each, self.found):
                yield Doubt(BELOW, text, where, each.name if isinstance(each.ref, dep.vim.ClusterComputeResource) else "")
            kind = next((word for of, word in kinds.items() if isinstance(each.ref, of)), "")
            if kind and "name" in each.gaps:
                yield Doubt(kind, f"the name of {each.name} can't be read: {each.gaps['name'].text}", where)
            if isinstance(each.ref, dep.vim.HostSystem) and where is None and self._up(each, dep.vim.Datacenter) is None:
                yield Doubt(PLACE, f"{each.name}: {self._nowhere()}")

    def _nowhere(self) -> str:
        """With the first reason that there is: objects that don't say what is below them."""
        reasons = [f": {each.name}: {each.why(*_BELOW)}" for each in self.found.values() if each.why(*_BELOW)]
        return f"{_NOWHERE}{reasons[0] if reasons else ''}"

    def _where(self, each: Found) -> str | None:
        center = self._up(each, dep.vim.Datacenter)
        if center is not None:
            return None if "name" in center.gaps else center.name
        top = each
        while top.ref in self._above:
            top = self._above[top.ref]
        return "" if top.ref == self._root else None


def _children(each: Found) -> list[Any]:
    listed = [ref for path in ("childEntity", "host") for ref in each.either(path, ())]
    return listed + [ref for ref in [each.either("hostFolder", None)] if ref is not None]


def _missing(each: Found, found: Mapping[Any, Found]) -> Iterator[str]:
    """In words, what may be below an object and was not seen."""
    gaps = each.why(*_BELOW, _COUNT)
    if gaps:
        yield f"hosts of {each.name} may be missing: {gaps}"
    hidden = unseen(_children(each), found)
    if hidden:
        yield f"hosts of {each.name} may be missing: {cant_see(hidden)} below it"
    count, seen = each.either(_COUNT, None), each.either("host", None)
    if count is not None and seen is not None and count > len(seen):
        yield f"{each.name} has {count} hosts, and the user sees {len(seen)} of them"


def refusal(selection: HostSelection, doubts: Sequence[str]) -> str:
    """For modules that write: not all hosts that are meant are known."""
    more = f" (and {len(doubts) - 1} more)" if len(doubts) > 1 else ""
    return f"{selection.option}: {doubts[0]}{more}; give the user the right to read all of it, or name hosts with esxi_hostnames."


def others(found: Mapping[Any, Found]) -> dict[str, str]:
    """Hosts whose names are not known, with the reason: where a name is not found, it may be theirs."""
    return {each.name: each.gaps["name"].text for each in found.values() if isinstance(each.ref, dep.vim.HostSystem) and "name" in each.gaps}
