# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""On which distributed groups hosts have virtual adapters of their own, for the management guard. Pure but for the classes of pyVmomi."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import Found, cant_see, unseen

_VNIC, _USES = "config.network.vnic", "config.virtualNicManagerInfo.netConfig"
# Which of a host's own adapters are on which group, and what they are for.
HOST_PATHS = ("name", _VNIC, _USES)


class Adapters(NamedTuple):
    """The adapters in words by group: C(vmk0 of esxi01 (management)). C(unknown) says in words which others there may be, and C(remark) what is
    not known of those."""

    by_group: Mapping[str, Sequence[str]]
    unknown: str = ""
    remark: str = ""


def adapters_of(found: Sequence[Found], groups: Mapping[str, str]) -> Adapters:
    """From groups with C(host) and hosts with HOST_PATHS; C(groups) has names by key."""
    adapters: dict[str, list[str]] = {}
    hosts = [each for each in found if isinstance(each.ref, dep.vim.HostSystem)]
    for host in hosts:
        for group, words in _of_host(host, groups):
            adapters.setdefault(group, []).append(words)
    listed = [ref for each in found if not isinstance(each.ref, dep.vim.HostSystem) for ref in each.either("host", ())]
    hidden = unseen(set(listed), [host.ref for host in hosts])
    blind = [cant_see(hidden)] if hidden else []
    blind += [f"{each.name}: {each.why('host', _VNIC)}" for each in found if each.why("host", _VNIC)]
    remarks = [f"{host.name}: {host.why('name', _USES)}" for host in hosts if host.why("name", _USES)]
    return Adapters(adapters, "; ".join(blind), "; ".join(remarks))


def _of_host(host: Found, groups: Mapping[str, str]) -> list[tuple[str, str]]:
    uses: dict[str, list[str]] = {}
    for config in host.either(_USES, ()):
        for vnic in config.candidateVnic or ():
            if vnic.key in (config.selectedVnic or ()):
                uses.setdefault(vnic.device, []).append(str(config.nicType))
    found = []
    for vnic in host.either(_VNIC, ()):
        group = groups.get(str(getattr(vnic.spec.distributedVirtualPort, "portgroupKey", None)))
        if group is not None:
            what = f" ({', '.join(uses[vnic.device])})" if vnic.device in uses else ""
            found.append((group, f"{vnic.device} of {host.name}{what}"))
    return found
