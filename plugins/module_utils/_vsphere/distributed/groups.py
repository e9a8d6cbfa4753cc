# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module vds_portgroup wants. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreadableError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import argspec, kinds, normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, Desired, Fields, Key, Kind, Observed, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import rules
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import vlan as vlans
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.choice import GroupChoice, Groups, unknown
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import DvScope, SwitchFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.fields import MAC_LEARNING, PORT_POLICY, VDS_PORTGROUP, VDS_SECURITY
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.flatten import LEARNING_NAMES, SECURITY_NAMES, in_effect, policies, wire
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.effects import uncertain
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.machines import Machines
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import close

_PLAIN = tuple(field.name for field in VDS_PORTGROUP.fields.values() if wire(field) == "config")
_FLAGS = tuple(field.name for field in PORT_POLICY)
# Which fields' effect a result shows.
SHOWN = (*SECURITY_NAMES, *LEARNING_NAMES, *(field.name for field in policies(VDS_PORTGROUP)))


def _simple(kind: Kind) -> list[str]:
    """Fields of the setting whose option has their name and their value."""
    return [field.name for field in policies(kind) if wire(field) != "vlan"]


def setting_options(kind: Kind) -> dict[str, Any]:
    """The options of a setting, that of a group or of a port."""
    learning = {field.name[len(rules.PREFIX) :]: argspec.option(field) for field in MAC_LEARNING}
    # In any case, as field scripts write DROP.
    learning["limit_policy"] = {"type": "str"}
    return {
        "vlan": vlans.SPEC,
        **argspec.options(kind, _simple(kind)),
        "security": {"type": "dict", "options": {field.name: argspec.option(field) for field in VDS_SECURITY}},
        "mac_learning": {"type": "dict", "options": {**learning, "inherit": {"type": "bool"}}},
    }


def spec() -> dict[str, Any]:
    """The module's own options; those of the connection are added by the adapter."""
    return {
        "vds": {"type": "str", "required": True},
        "datacenter": {"type": "str", "aliases": ["datacenter_name"]},
        "name": {"type": "str"},
        "names": {"type": "list", "elements": "str"},
        "state": argspec.STATE,
        **argspec.options(VDS_PORTGROUP, _PLAIN),
        **setting_options(VDS_PORTGROUP),
        "port_policy": {"type": "dict", "options": argspec.options(VDS_PORTGROUP, _FLAGS)},
    }


def setting_wish(params: Mapping[str, Any], kind: Kind) -> dict[str, Value]:
    """What is asked for of a setting, checked."""
    wish = normalize.fields_from(params, kind, _simple(kind))
    vlan = vlans.from_option(params.get("vlan"))
    if vlan is not None:
        wish["vlan"] = vlan
    wish.update({name: value for name, value in (params.get("security") or {}).items() if value is not None})
    wish.update(rules.learning_wish(params.get("mac_learning")))
    return wish


def _unmatched(choice: GroupChoice, switch: SwitchFacts) -> tuple[str, ...]:
    """A mistyped pattern would harden nothing, quietly, and a mistyped name of a group that is to go would leave it."""
    there = [name for name in switch.groups if not switch.special(name)]
    globs = [f"names: no port group of {switch.name} matches {glob}{close(glob, there)}." for glob in choice.unmatched]
    left = [f"names: {glob} means no port group of {switch.name} that can be changed." for glob in choice.special]
    return (*globs, *left)


def _not_there(choice: GroupChoice, switch: SwitchFacts) -> tuple[str, ...]:
    return tuple(f"{unknown(name, switch)}." for name in choice.missing)


class GroupsIntent:
    """Groups of one switch, present with the same options, or absent."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.groups = Groups(params)
        self.absent = params["state"] == "absent"
        self.wish = setting_wish(params, VDS_PORTGROUP)
        self.wish.update(normalize.fields_from(params, VDS_PORTGROUP, _PLAIN))
        self.wish.update(normalize.fields_from(params.get("port_policy") or {}, VDS_PORTGROUP, _FLAGS))
        self._facts: SwitchFacts | None = None
        self._chosen: list[str] = []
        self.scope = DvScope(
            params["vds"],
            params.get("datacenter"),
            self.groups.literal,
            self.groups.globs,
            machines=self.absent,
            adapters=self.absent or any(VDS_PORTGROUP.fields[each].cuts for each in self.wish),
        )

    def resolve(self, name: str, observed: Observed) -> Resolved:
        """Find the groups and check each against what it is now."""
        switch: SwitchFacts = observed.facts["switch"]
        choice = self.groups.choose(switch)
        notes = {"vds": switch.name, "datacenter": switch.datacenter, "left_out": choice.skipped, "unmatched": choice.unmatched}
        self._facts = switch
        if self.absent:
            gone = tuple(switch.group_key(group) for group in choice.missing)
            warnings = (*_unmatched(choice, switch), *_not_there(choice, switch))
            return Resolved(Desired({}, self._absent(switch, choice.found) + gone), notes, warnings, {"effective": {}})
        self._chosen = choice.found + choice.missing
        wishes = {group: self._wish(group, observed, switch) for group in self._chosen}
        present: dict[Key, Fields] = {switch.group_key(group): wish for group, wish in wishes.items()}
        effective = {group: self._effective(group, wish, observed, switch) for group, wish in wishes.items()}
        warnings = (*_unmatched(choice, switch), *self._warnings(choice, effective, switch))
        return Resolved(Desired(present), notes, warnings, {"effective": effective})

    def _absent(self, switch: SwitchFacts, names: Sequence[str]) -> tuple[Key, ...]:
        for name in names:
            vms, unknown = switch.groups[name].vms, switch.groups[name].vms_unknown
            if unknown and not vms:
                raise UnreadableError(f"port group {name} of {switch.name}: which virtual machines are on it is not known: {unknown}.")
            if vms:
                raise InputError(
                    f"port group {name} of {switch.name}: {len(vms)} virtual machine(s) are on it, {few(vms, 5)}; move them to another group first."
                )
        return tuple(switch.group_key(name) for name in names)

    def _wish(self, group: str, observed: Observed, switch: SwitchFacts) -> dict[str, Value]:
        label = f"port group {group} of {switch.name}"
        have = observed.state.get(switch.group_key(group))
        if have is None and "vlan" not in self.wish:
            raise InputError(f"{unknown(group, switch)}; to make it, say with vlan which VLAN it is to have.")
        effective = switch.groups[group].effective if have is not None else switch.effective
        wish = rules.complete(label, self.wish, have or {}, effective, switch)
        merged = {**(have or {}), **wish}
        if "ports" in wish and merged.get("binding") == "ephemeral":
            raise InputError(f"{label}: ports can't be {wish['ports']}, as ports of an ephemeral group come and go with the machines; leave it out.")
        if have is not None and merged.get("auto_expand") and _number(wish.get("ports")) <= _number(have["ports"]):
            # The server adds ports as machines come; to take them away again would never end.
            wish.pop("ports", None)
        return wish

    def _effective(self, group: str, wish: Fields, observed: Observed, switch: SwitchFacts) -> dict[str, Value]:
        have = observed.state.get(switch.group_key(group))
        merged: dict[str, Value] = {**(dict.fromkeys(switch.effective, INHERIT) if have is None else have), **wish}
        return in_effect({field: merged[field] for field in SHOWN if field in merged}, switch.effective)

    def _warnings(self, choice: GroupChoice, effective: Mapping[str, Fields], switch: SwitchFacts) -> tuple[str, ...]:
        """Least privilege: a policy that is opened on all groups of a switch is open on all of the switch."""
        ordinary = [name for name in switch.groups if not switch.special(name)]
        if len(ordinary) < 2 or not set(ordinary) <= set(choice.found):
            return ()
        opened = [
            name
            for name in SECURITY_NAMES
            if all(effective[group][name] == ACCEPT for group in ordinary) and any(switch.groups[group].effective[name] != ACCEPT for group in ordinary)
        ]
        if not opened:
            return ()
        return (
            f"{' and '.join(opened)} {'is' if len(opened) == 1 else 'are'} accepted on all {len(ordinary)} port groups of {switch.name}, so for "
            "each machine on the switch; open only the group that needs it, or a single port with vds_port.",
        )

    def questions(self, plans: Mapping[str, Plan]) -> Mapping[str, Any]:
        """Which machines are on the groups whose promiscuous mode changes."""
        asked = {name: self._promiscuous_changes(plan) for name, plan in plans.items()}
        return {name: groups for name, groups in asked.items() if groups}

    def _promiscuous_changes(self, plan: Plan) -> list[str]:
        switch = self._facts
        if switch is None:
            return []
        changed = []
        for step in plan.steps:
            group = str(step.key[2])
            if step.key[0] != kinds.VDS_PORTGROUP or group not in switch.groups or "promiscuous" not in step.after:
                continue
            after = in_effect({"promiscuous": step.after["promiscuous"]}, switch.effective)["promiscuous"]
            if after != switch.groups[group].effective["promiscuous"]:
                changed.append(group)
        return changed

    def notes(self, name: str, plan: Plan, answer: Any) -> Mapping[str, Any]:
        """Machines that run notice another promiscuous mode only when their adapter connects anew."""
        found: Machines = answer or Machines({})
        return {"reconnect_needed": {group: vms for group, vms in found.by_group.items() if vms}, "warnings": uncertain(found.unknown)}


def _number(value: Value) -> float:
    return value if isinstance(value, (int, float)) else float("inf")
