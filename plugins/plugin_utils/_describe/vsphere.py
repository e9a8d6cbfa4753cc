# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From what esxi_switch_policy_info tells to policy documents for the playbook harden_esxi: one for all hosts that are configured alike. Pure."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import VDS, VDS_PORT, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, REJECT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY
from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.commented import Commented, Map, tree
from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.words import (
    Asked,
    Described,
    Facts,
    described,
    named,
    not_looked_at,
    part,
    policies,
    seq,
)

VARIABLE = "virtnet_policy_documents"
_MODULE = "esxi_switch_policy_info"
_BPDU = "Net.BlockGuestBPDU"


class Alike(t.NamedTuple):
    """Hosts of one datacenter that are configured alike, or all that may be members of a distributed switch."""

    datacenter: str
    hosts: tuple[str, ...]
    switches: tuple[Facts, ...]
    objects: tuple[Facts, ...]


def describe(info: t.Any, asked: Asked, foreseen: t.Sequence[Facts] = ()) -> Described:
    """C(foreseen) is what check runs with its documents foretold, in their order. InputError for what is no answer of the module."""
    hosts, distributed = part(info, "hosts", dict, _MODULE), part(info, "distributed_switches", dict, _MODULE)
    objects = part(info, "objects", list, _MODULE)
    changes: list[str] = []
    parts = [*_standard(hosts, objects), *_distributed(hosts, distributed, objects)]
    would = [_would_change(each) for each in foreseen] or [""] * len(parts)
    certain = not info.get("remarks")
    entries = [_Writer(each, asked.tighten, changes, certain).entry(why) for each, why in zip(parts, would)]
    bare = sorted(name for name, host in hosts.items() if not host["switches"])
    notes = ["Of the guards a virtual switch keeps bpdu alone, so the others are not in here."] if asked.tighten else []
    notes += [f"Without a standard switch: {named(bare)}."] if bare else []
    node = Map({VARIABLE: Commented(seq(entries))})
    return described(asked, "harden_esxi", node, changes, [], [*notes, *(info.get("remarks") or ()), *not_looked_at(info)])


def _standard(hosts: Facts, objects: t.Sequence[Facts]) -> list[Alike]:
    """The first host's name decides the order."""
    alike: dict[str, list[str]] = {}
    for name in sorted(hosts):
        if hosts[name]["switches"]:
            alike.setdefault(json.dumps([hosts[name]["datacenter"], _sorted(hosts[name]["switches"])], sort_keys=True), []).append(name)
    return [
        Alike(hosts[names[0]]["datacenter"], tuple(names), tuple(_sorted(hosts[names[0]]["switches"])), _of(objects, "host", names)) for names in alike.values()
    ]


def _distributed(hosts: Facts, switches: Facts, objects: t.Sequence[Facts]) -> list[Alike]:
    """A switch is told of all hosts of its datacenter; those that are no members have nothing to do with it."""
    found = []
    for name in sorted(switches):
        where = switches[name]["datacenter"]
        here = tuple(sorted(each for each in hosts if hosts[each]["datacenter"] == where))
        own = [each for each in objects if each["datacenter"] == where and each["switch"] in {switch["name"] for switch in switches[name]["switches"]}]
        found.append(Alike(where, here, tuple(_sorted(switches[name]["switches"])), tuple(own)))
    return found


def _of(objects: t.Sequence[Facts], place: str, names: t.Sequence[str]) -> tuple[Facts, ...]:
    wanted = set(names)
    return tuple(each for each in objects if each[place] in wanted)


def _sorted(switches: t.Sequence[Facts]) -> list[Facts]:
    """The order in which a host tells them means nothing."""
    return [
        {**switch, "port_groups": sorted(switch.get("port_groups") or [], key=lambda group: str(group["name"]))}
        for switch in sorted(switches, key=lambda switch: str(switch["name"]))
    ]


class _Writer:
    """Of one document."""

    def __init__(self, alike: Alike, tighten: bool, changes: list[str], certain: bool) -> None:
        self.alike = alike
        # Whether all machines could be read.
        self.certain = certain
        self.tighten = tighten
        self.changes = changes
        self.objects: dict[tuple[str, str], list[Facts]] = {}
        for each in alike.objects:
            if not each["port"]:
                self.objects.setdefault((each["switch"], each["port_group"]), []).append(each)
        self.where = "" if alike.switches[0]["kind"] == VDS else f" on {few(alike.hosts, 1)}"

    def entry(self, would_change: str) -> Commented:
        """An item of the variable, off where applying it would change something; then it announces nothing."""
        if would_change:
            self.changes = []
        switches = [Commented(self._switch(switch), tuple(self._switch_notes(switch))) for switch in self.alike.switches]
        # Where two datacenters have a host of one name, the module tells them apart so.
        prefix = f"{self.alike.datacenter}/"
        names = [name[len(prefix) :] if name.startswith(prefix) else name for name in self.alike.hosts]
        return Commented(
            Map({"datacenter": Commented(self.alike.datacenter), "esxi_hostnames": Commented(tree(names)), "switches": Commented(seq(switches))}),
            (f"OFF, as applying it would change something: {would_change}",) if would_change else (),
            off=bool(would_change),
        )

    def _switch(self, switch: Facts) -> Map:
        name = str(switch["name"])
        label = f"{'distributed switch' if switch['kind'] == 'vds' else 'vSwitch'} {name}"
        fields: dict[str, Commented] = {"name": Commented(name), "kind": Commented(switch["kind"]), **self._security(label, switch)}
        blocked = (switch.get("guards") or {}).get("bpdu")
        if blocked is not None:
            fields["guards"] = Commented(Map({"bpdu": self._value(f"option {_BPDU}", "bpdu", blocked)}), (f"{_BPDU} of the host, for all its guests.",))
        groups = [Commented(self._group(name, group), tuple(self._group_notes(name, group))) for group in switch["port_groups"]]
        if groups:
            fields["port_groups"] = Commented(seq(groups))
        return Map(fields)

    def _group(self, switch: str, group: Facts) -> Map:
        return Map({"name": Commented(str(group["name"])), **self._security(f"port group {group['name']} of {switch}", group)})

    def _security(self, label: str, level: Facts) -> dict[str, Commented]:
        own = level.get("security") or {}
        values = {name: self._value(label, name, own[name]) for name in SECURITY if own.get(name)}
        return {"security": Commented(Map(values))} if values else {}

    def _value(self, label: str, word: str, now: str) -> Commented:
        """C(reject) where it is accept, in the document that tightens."""
        if not self.tighten or now != ACCEPT:
            return Commented(now)
        change = f"{label}{self.where}: {word} {ACCEPT} -> {REJECT}"
        if change not in self.changes:
            self.changes.append(change)
        return Commented(REJECT, (f"{ACCEPT} -> {REJECT}",))

    def _switch_notes(self, switch: Facts) -> t.Iterator[str]:
        name = str(switch["name"])
        yield from _unknown(switch)
        if switch["kind"] == VSWITCH and not switch.get("guards"):
            yield f"Whether {_BPDU} is set is not known, so guards.bpdu is not said."
        if any(each.get("mac_learning") for each in self.objects.get((name, ""), [])):
            yield "MAC learning is on, see vds_portgroup."
        exempt = {each["port_group"]: each["exempt"] for each in self.alike.objects if each["switch"] == name and each.get("exempt")}
        for group in sorted(exempt):
            yield f"Left out: {group}, " + ("a group of uplinks." if exempt[group] == "uplink" else "which NSX backs.")
        ports = [each for each in self.alike.objects if each["kind"] == VDS_PORT and each["switch"] == name]
        for each in sorted(ports, key=lambda each: (each["port_group"], len(each["port"]), each["port"])):
            # They are none of the document's.
            if any(value != INHERIT for value in each["configured"].values()):
                on = f" ({named(each['vms'])})" if each.get("vms") else ""
                yield f"Port {each['port']} of {each['port_group']}{on} has values of its own, {policies(each['effective'])}: see vds_port."

    def _group_notes(self, switch: str, group: Facts) -> t.Iterator[str]:
        found = self.objects.get((switch, str(group["name"])), [])
        own = group.get("security") or {}
        effective = found[0]["effective"] if found else {}
        yield from _unknown(group)
        inherited = [policy for policy in SECURITY if own.get(policy) == INHERIT]
        if inherited:
            yield f"From {switch} it has " + ", ".join(f"{policy} {effective.get(policy) or 'not known'}" for policy in inherited) + "."
        apart = [policy for policy in SECURITY if own.get(policy) not in (None, INHERIT)]
        if apart:
            yield f"It does not follow {switch} in {', '.join(apart)}."
        opened = [policy for policy in inherited if effective.get(policy) == ACCEPT] if self.tighten else []
        if opened:
            yield f"With its switch, {', '.join(opened)} {ACCEPT} -> {REJECT}."
        vlans = {str(each["vlan"]) for each in found if each.get("vlan") not in (None, "", "0", "None")}
        if vlans:
            yield f"VLAN {named(vlans)}."
        machines = {machine for each in found for machine in each.get("vms") or []}
        yield f"Machines: {named(machines)}." if machines else "No machines." if self.certain else "No machines that are known of."
        if {"security_override", "mac_management_override"} & {flag for each in found for flag in each.get("override_allowed") or []}:
            yield "Its ports may have values of their own."


def _would_change(result: Facts) -> str:
    """Of a check run of esxi_switch_policy, in words."""
    # A playbook goes on with what failed, and then it is not said to have.
    if result.get("error_code"):
        return str(result.get("msg") or "it failed")
    targets = {**(result.get("hosts") or {}), **(result.get("distributed_switches") or {})}
    return "; ".join(f"{name}: {', '.join(each['actions'])}" for name, each in sorted(targets.items()) if each.get("actions"))


def _unknown(level: Facts) -> t.Iterator[str]:
    missing = [policy for policy in SECURITY if policy not in (level.get("security") or {})]
    if missing:
        yield f"Not known, so not said: {', '.join(missing)}."
