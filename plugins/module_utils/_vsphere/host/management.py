# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The management guard of a host: which switches and groups carry its own connections, and which steps can cut them. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step, label
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import kinds
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.expand import split_bridge
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.flatten import split
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host

_ADAPTERS = "config.network.vnic"
REMEDY = "set allow_management: true to do it all the same"


def interfaces(host: Host) -> dict[str, list[Any]]:
    """The host's own virtual adapters (vmk0, ...) by the standard port group that they are on."""
    found: dict[str, list[Any]] = {}
    for vnic in host.extra.get(_ADAPTERS, ()):
        if vnic.portgroup:
            found.setdefault(vnic.portgroup, []).append(vnic)
    return found


def services(host: Host) -> dict[str, list[str]]:
    """What each virtual adapter is used for: {"vmk0": ["management", "vmotion"]}."""
    found: dict[str, list[str]] = {}
    for config in host.extra.get("config.virtualNicManagerInfo.netConfig", ()):
        selected = set(config.selectedVnic or ())
        for vnic in config.candidateVnic or ():
            if vnic.key in selected:
                found.setdefault(vnic.device, []).append(str(config.nicType))
    return found


def protected(host: Host) -> dict[str, str]:
    """The labels of the groups and switches that carry virtual adapters of the host, each with the reason in words. Where it is not known which do, all
    may."""
    uses = services(host)
    blind = host.why_unreadable(_ADAPTERS) if _ADAPTERS in host.gaps else ""
    reasons = {label(key): f"{label(key)} may carry adapters by which the host itself is connected: {blind}" for key in host.state} if blind else {}
    for group, vnics in interfaces(host).items():
        names = ", ".join(f"{vnic.device} ({', '.join(uses[vnic.device])})" if vnic.device in uses else vnic.device for vnic in vnics)
        for key in ((kinds.PORTGROUP, group), (kinds.VSWITCH, _switch_of(host, group))):
            what = label(key)
            reasons[what] = f"{reasons[what]}, {names}" if what in reasons else f"{what} carries {names}, by which the host itself is connected"
    return reasons


def cuts(host: Host, step: Step) -> str | None:
    """The label of the step's object if the step can cut connections that run over it."""
    kind, name = str(step.key[0]), str(step.key[1])
    if step.verb == CREATE:
        return None
    if step.verb == DELETE or kind == kinds.PORTGROUP and "vlan_id" in step.after:
        return label(step.key)
    loses_uplinks = kind == kinds.VSWITCH and "uplinks" in step.after and _loses_link(host, name, set(split(step.after["uplinks"])))
    if kind == kinds.VSWITCH and _lowers_mtu(host, name, step.after) or loses_uplinks:
        return label(step.key)
    return None


def _switch_of(host: Host, group: str) -> str:
    return str(host.state.get((kinds.PORTGROUP, group), {}).get("vswitch"))


def _groups(host: Host, switch: str) -> list[str]:
    return [group for group in interfaces(host) if _switch_of(host, group) == switch]


def _lowers_mtu(host: Host, switch: str, after: Mapping[str, Any]) -> bool:
    """Below that of an adapter on it, whose large frames would be dropped then."""
    mtu = after.get("mtu")
    found = interfaces(host)
    used = [vnic.spec.mtu or 0 for group in _groups(host, switch) for vnic in found[group]]
    return mtu is not None and bool(used) and mtu < max(used)


def _loses_link(host: Host, switch: str, wanted: set[str]) -> bool:
    """Whether a group with adapters of the host is left without an uplink that it has now and whose link is up.

    An uplink that joins doesn't count: nobody knows yet where its cable ends.
    """
    spec = host.specs[kinds.VSWITCH, switch]
    alive = {pnic.device for pnic in host.extra.get("config.network.pnic", ()) if pnic.linkSpeed is not None}
    usable = set(split_bridge(spec.bridge)) & alive
    for group in _groups(host, switch):
        own = order(host.specs[kinds.PORTGROUP, group].policy) or order(spec.policy)
        mine = usable & own if own else usable
        if mine and not mine & wanted:
            return True
    return False


def order(policy: Any) -> set[str]:
    """The uplinks that a teaming policy uses, active or standby; none where it says nothing."""
    own = getattr(getattr(policy, "nicTeaming", None), "nicOrder", None)
    return {*(getattr(own, "activeNic", None) or ()), *(getattr(own, "standbyNic", None) or ())}
