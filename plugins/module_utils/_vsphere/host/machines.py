# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Which virtual machines are on which port groups, standard and distributed, and what of that can't be known."""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Hop
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import Found, cant_see, unseen

_PAGE = 1000
_NAMED = 3
POWER = "runtime.powerState"


class Machines(NamedTuple):
    """The names of machines by port group; C(unknown) says in words what is not known of them, empty if all is."""

    by_group: dict[str, list[str]]
    unknown: str = ""


class OnGroup(NamedTuple):
    """Those on one distributed group, those of them that run, and in words what is not known."""

    names: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    unknown: str = ""


def on_hosts(client: Client, hosts: Mapping[str, Host], running: bool = False) -> dict[str, Machines]:
    """The virtual machines on each standard port group of each host, one read for all, by the names given. With C(running) only those that are
    powered on, or may be.
    """
    vim = dep.vim
    paths = {vim.HostSystem: ["vm", "network"], vim.Network: ["name"], vim.VirtualMachine: ["name", "network", POWER]}
    hops = [Hop(vim.HostSystem, "vm"), Hop(vim.HostSystem, "network")]
    found = {
        each.ref: each for each in client.retrieve([host.ref for host in hosts.values()], paths, hops, what="reading the machines of the hosts", page=_PAGE)
    }
    return {name: _on_host(found[host.ref], found, running) if host.ref in found else Machines({}) for name, host in hosts.items()}


def _on_host(host: Found, found: Mapping[Any, Found], running: bool) -> Machines:
    machines = [found[ref] for ref in host.either("vm", ()) if ref in found]
    # Groups of distributed switches and of NSX are networks too, of classes that follow from it.
    others = (dep.vim.dvs.DistributedVirtualPortgroup, dep.vim.OpaqueNetwork)
    networks = [found[ref] for ref in host.either("network", ()) if ref in found and not isinstance(ref, others)]
    groups = {each.ref: each.name for each in networks if "name" not in each.gaps}
    by_group: dict[str, list[str]] = {}
    for machine in machines:
        if running and not _may_run(machine):
            continue
        for network in machine.either("network", ()):
            if network in groups:
                by_group.setdefault(groups[network], []).append(machine.name)
    hidden = unseen([*host.either("vm", ()), *host.either("network", ())], found)
    reasons = [host.why(), cant_see(hidden), *_doubts(machines), *_doubts(networks)]
    return Machines({group: sorted(names) for group, names in by_group.items()}, _joined(reasons))


def on_groups(found: Iterable[Found]) -> dict[Any, OnGroup]:
    """Of an answer that has distributed groups with C(vm), and the machines there with C(name) and POWER: by the groups' references."""
    known = {each.ref: each for each in found}
    groups = [each for each in known.values() if isinstance(each.ref, dep.vim.dvs.DistributedVirtualPortgroup)]
    return {each.ref: _on_group(each, known) for each in groups}


def _on_group(group: Found, known: Mapping[Any, Found]) -> OnGroup:
    listed = group.either("vm", ())
    machines = [known[ref] for ref in listed if ref in known]
    reasons = [group.why("vm"), cant_see(unseen(listed, known)), *_doubts(machines)]
    names, running = (sorted(each.name for each in some) for some in (machines, filter(_may_run, machines)))
    return OnGroup(tuple(names), tuple(running), _joined(reasons))


def of_groups(client: Client, refs: Sequence[Any]) -> dict[Any, OnGroup]:
    """The machines on each of these distributed groups: one read for all."""
    group = dep.vim.dvs.DistributedVirtualPortgroup
    paths = {group: ["vm"], dep.vim.VirtualMachine: ["name", POWER]}
    return on_groups(client.retrieve(refs, paths, [Hop(group, "vm")], what="reading the machines of the port groups", page=_PAGE))


def runs(machine: Found) -> bool:
    """Whether it is known to run."""
    return str(machine.either(POWER, "")) == "poweredOn"


def _may_run(machine: Found) -> bool:
    return POWER in machine.gaps or runs(machine)


def _doubts(objects: Sequence[Found]) -> list[str]:
    """One for all of them with the same reason."""
    by_reason: dict[str, list[str]] = {}
    for each in objects:
        by_reason.setdefault(each.why(), []).append(each.name)
    return [f"{few(names, _NAMED)}: {reason}" for reason, names in by_reason.items() if reason]


def _joined(reasons: Sequence[str]) -> str:
    return "; ".join(reason for reason in reasons if reason)
