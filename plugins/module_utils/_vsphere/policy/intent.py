# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module esxi_switch_policy wants: the policy document on the virtual switches of many hosts, and on distributed ones. Pure."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import document
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.document import Switch
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BPDU_OPTION
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import PORTGROUP, VDS, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, REJECT, Desired, Fields, Key, Observed, State, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import rules
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.choice import unknown
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import SwitchFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.flatten import in_effect
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.effects import uncertain
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.intent import HostIntent
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.machines import Machines
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import HostSelection, close
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import spec as selection_spec
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.words import WITHOUT, Compiled, Said, bpdu_of, compile_switch, refuse

PURGE = ("overrides",)
OPTION = "option"


def spec() -> dict[str, Any]:
    """The module's own options; those of the connection are added by the adapter."""
    return {
        "switches": document.spec(),
        "purge": {"type": "list", "elements": "str", "choices": list(PURGE), "default": []},
        "allow_unenforced": {"type": "list", "elements": "str", "choices": list(WITHOUT), "default": []},
        **selection_spec(),
    }


class CompiledSwitch(NamedTuple):
    """A switch of the document, compiled for the kinds that it may be."""

    switch: Switch
    compiled: Mapping[str, Compiled]


class PolicyScope(NamedTuple):
    """What is to be read."""

    selection: HostSelection
    # The distributed switches that the document may mean, and those of them that it says are such.
    distributed: tuple[str, ...]
    only_distributed: tuple[str, ...]
    # Whether BPDUs are spoken of, so that the hosts' option must be read.
    bpdu: bool
    # The groups that the document names of each distributed switch; a switch that is not in here concerns all of its groups.
    groups: Mapping[str, tuple[str, ...]]


class PolicyIntent(HostIntent):
    """The whole document. What is wrong with it for whichever host is refused here."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        # Policies and options cut no connections.
        super().__init__(params, cuts=False)
        switches, self.others = document.read(params["switches"], (VSWITCH, VDS))
        without: frozenset[str] = frozenset(params["allow_unenforced"])
        self.purge: frozenset[str] = frozenset(params["purge"])
        self.items = [_item(switch) for switch in switches]
        self.unenforced = _unenforced(self.items)
        refuse(self.unenforced, without)
        self.bpdu, self.bpdu_from = bpdu_of([next(iter(item.compiled.values())) for item in self.items])
        distributed = tuple(item.switch.name for item in self.items if VDS in item.compiled)
        only = tuple(item.switch.name for item in self.items if item.switch.kind == VDS)
        self.scope: Any = PolicyScope(HostSelection(params), distributed, only, self.bpdu is not None, self._named())
        self._switches: dict[str, SwitchFacts] = {}
        self._refused: dict[str, VirtnetError] = {}

    def _named(self) -> dict[str, tuple[str, ...]]:
        """A policy of the switch, and a purge, concern groups that nobody names."""
        found = {item.switch.name: item.compiled[VDS] for item in self.items if VDS in item.compiled}
        return {name: tuple(compiled.groups) for name, compiled in found.items() if not compiled.security and not self.purge}

    def resolve(self, name: str, observed: Observed) -> Resolved:
        """The wish for a host, or for a distributed switch."""
        self.seen(name, observed.state)
        facts: SwitchFacts | None = observed.facts.get("switch")
        if facts is not None:
            self._switches.setdefault(name, facts)
        try:
            return self._host(observed) if facts is None else self._distributed(facts, observed)
        except VirtnetError as error:
            self._refused[name] = error
            raise

    def questions(self, plans: Mapping[str, Plan]) -> Mapping[str, list[str]]:
        """The groups on which promiscuous mode is in effect differently afterwards.

        A document that does not fit a distributed switch, or no host, is wrong in itself: the first error is raised, before anything is written.
        """
        hosts = [name for name in self._states if name not in self._switches]
        wrong = [self._refused[name] for name in self._switches if name in self._refused]
        if not wrong and self._switches and hosts and all(name in self._refused for name in hosts):
            wrong = [self._refused[hosts[0]]]
        if wrong:
            raise wrong[0]
        found = dict(super().questions({name: plan for name, plan in plans.items() if name not in self._switches}))
        for name, facts in self._switches.items():
            groups = _dv_switched(facts, self._states[name], plans[name]) if name in plans and plans[name].steps else []
            if groups:
                found[name] = groups
        return found

    def notes(self, name: str, plan: Plan, answer: Any) -> Mapping[str, Any]:
        """A running machine keeps the promiscuous mode that its adapter got when it was connected."""
        if name not in self._switches:
            return super().notes(name, plan, answer)
        found: Machines = answer or Machines({})
        warnings = [*_dv_opened(self._switches[name], plan), *uncertain(found.unknown)]
        return {"reconnect_needed": {group: vms for group, vms in found.by_group.items() if vms}, "warnings": warnings}

    def told(self) -> dict[str, Any]:
        """What is said of the document as a whole, whichever host it meets."""
        enforcement: dict[str, Mapping[str, str]] = {}
        for item in self.items:
            for kind, compiled in item.compiled.items():
                # A switch without a kind may be both, on one host and another; where that makes a difference, both are told.
                for where, words in compiled.enforcement.items():
                    enforcement[where if enforcement.get(where, words) == words else f"{where} ({kind})"] = words
        return {
            "other_switches": self.others,
            "unenforced": [each.told() for each in self.unenforced],
            "enforcement": enforcement,
            "warnings": list(self._warnings()),
        }

    def _warnings(self) -> Iterator[str]:
        for tolerated, why in ((False, "as allow_unenforced says"), (True, "though a profile asks for it")):
            found = [each for each in self.unenforced if each.tolerated is tolerated]
            words = ", ".join(dict.fromkeys(each.word for each in found))
            places = list(dict.fromkeys(each.where for each in found))
            if found:
                yield f"Not enforced on ESXi, {why}: {words} of {few(places, 5)}."
        asking = {where for where in self.bpdu_from if where.startswith("switch ")}
        if not self.items:
            yield f"The document has no switch of ESXi{f', only others: {few(self.others, 5)}' if self.others else ''}; nothing was looked at."
        yield from self._not_reached()
        if self.bpdu is not None and len(asking) < len(self.items):
            yield f"{BPDU_OPTION} holds for all guests of a host, though only {few(self.bpdu_from, 5)} asks for bpdu {self.bpdu}."

    def _not_reached(self) -> Iterator[str]:
        """Switches that no host has that was looked at. Where there are such hosts, that is an error of theirs."""
        there = {str(key[1]) for name, state in self._states.items() if name not in self._switches for key in state if key[0] == VSWITCH}
        there |= {facts.name for facts in self._switches.values()}
        for item in self.items:
            if item.switch.name not in there and not self._refused:
                yield f"switch {item.switch.name}: it was not looked at, as no host could be looked at that has it."

    def _host(self, observed: Observed) -> Resolved:
        wishes: dict[Key, dict[str, Value]] = {}
        groups: dict[str, Any] = {}
        asked = False
        for item in self.items:
            kind = _kind_here(item, observed)
            asked = asked or kind is not None and bool(item.compiled[kind].bpdu)
            if kind == VSWITCH:
                _wish_vswitch(item, observed, wishes, "overrides" in self.purge)
                groups.update(_groups_of(item.switch.name, observed, wishes))
        if asked:
            if observed.facts["options"].get(BPDU_OPTION) is None:
                raise InputError(f"guards: bpdu can't be {self.bpdu}, as the host has no option {BPDU_OPTION}; leave it out for this host.")
            wishes[OPTION, BPDU_OPTION] = {"value": int(self.bpdu == REJECT)}
        return Resolved(Desired({key: wish for key, wish in wishes.items() if wish}), {}, (), {"groups": groups})

    def _distributed(self, facts: SwitchFacts, observed: Observed) -> Resolved:
        item = next(item for item in self.items if item.switch.name == facts.name)
        compiled = item.compiled[VDS]
        wishes: dict[Key, Fields] = {}
        if compiled.security:
            # They are one policy where there is macManagementPolicy.
            asked = SECURITY if facts.mac_management else tuple(compiled.security)
            rules.must_be_told(f"switch {facts.name}", asked, facts.effective)
            wishes[VDS, facts.name] = dict(compiled.security)
        above = {**facts.effective, **compiled.security}
        enforcement: dict[str, str] = {}
        for name, security in self._groups_wanted(compiled, facts, observed.state):
            label = f"port group {name} of {facts.name}"
            have = observed.state[facts.group_key(name)]
            wish, written = _without_mixture(security, have, above, facts.mac_management)
            rules.must_be_told(f"switch {facts.name}", written, above)
            if written:
                enforcement[label] = f"approximate: {' and '.join(written)} inherit, written as the value of the switch, as its other policies don't inherit"
            effective = {**facts.groups[name].effective, **{each: above.get(each) for each in SECURITY if have.get(each) == INHERIT}}
            wishes[facts.group_key(name)] = rules.complete(label, wish, have, effective, facts)
        present = {key: wish for key, wish in wishes.items() if wish}
        notes = {"datacenter": facts.datacenter, "approximate": enforcement}
        return Resolved(Desired(present), notes, (), {"groups": _dv_groups(facts, observed, present, above)})

    def _groups_wanted(self, compiled: Compiled, facts: SwitchFacts, state: State) -> Iterator[tuple[str, Mapping[str, str]]]:
        for name, security in compiled.groups.items():
            facts.must_be_read(name)
            if name not in facts.groups:
                raise InputError(f"{unknown(name, facts)}.")
            reason = facts.special(name)
            if reason:
                raise InputError(f"port group {name} of {facts.name}: {reason}; leave it out.")
            yield name, security
        if "overrides" in self.purge:
            facts.must_be_all("purge")
        for name in facts.groups if "overrides" in self.purge else ():
            if name not in compiled.groups and not facts.special(name):
                facts.must_be_read(name)
                have = state[facts.group_key(name)]
                # What is not told may be an override.
                yield name, {policy: INHERIT for policy in SECURITY if have[policy] != INHERIT}


def _item(switch: Switch) -> CompiledSwitch:
    kinds = (VSWITCH, VDS) if switch.kind is None else (switch.kind,)
    for name, value in switch.level.security.items():
        if value == INHERIT:
            raise InputError(f"switch {switch.name}: {name} can't be inherit, as a virtual switch has nothing to inherit from; give accept or reject.")
    return CompiledSwitch(switch, {kind: compile_switch(switch, kind) for kind in kinds})


def _unenforced(items: list[CompiledSwitch]) -> list[Said]:
    """Once, where a switch may be of two kinds."""
    found: dict[tuple[str, str], Said] = {}
    for item in items:
        for compiled in item.compiled.values():
            for said in compiled.unenforced:
                found.setdefault((said.where, said.word), said)
    return list(found.values())


def _kind_here(item: CompiledSwitch, observed: Observed) -> str | None:
    """What the switch is on this host; None for a distributed one of which the host is no member. Refuses a name that means nothing, or two things."""
    name = item.switch.name
    standard = VSWITCH in item.compiled and (VSWITCH, name) in observed.state
    member = VDS in item.compiled and name in observed.facts["member_of"]
    if standard and member:
        raise InputError(f"switch {name}: the host has a standard and a distributed switch of that name; say with kind (vswitch or vds) which is meant.")
    if standard:
        return VSWITCH
    if member or item.switch.kind == VDS or (VDS in item.compiled and name in observed.facts["distributed"]):
        return VDS if member else None
    there = [str(key[1]) for key in observed.state if key[0] == VSWITCH] + sorted(observed.facts["member_of"] if VDS in item.compiled else ())
    what = "standard switch" if item.switch.kind == VSWITCH else "standard or distributed switch"
    raise InputError(f"switch {name}: the host has no {what} of that name{close(name, there)}. A Linux bridge is told by kind: bridge.")


def _wish_vswitch(item: CompiledSwitch, observed: Observed, wishes: dict[Key, dict[str, Value]], purge: bool) -> None:
    switch, compiled = item.switch.name, item.compiled[VSWITCH]
    wishes[VSWITCH, switch] = dict(compiled.security)
    there = [str(key[1]) for key, fields in observed.state.items() if key[0] == PORTGROUP and fields.get("vswitch") == switch]
    for name, security in compiled.groups.items():
        if name not in there:
            raise InputError(_no_group(name, switch, there, observed))
        wishes[PORTGROUP, name] = dict(security)
    for name in there if purge else ():
        if name not in compiled.groups:
            wishes[PORTGROUP, name] = _purged(observed.state[PORTGROUP, name])


def _purged(have: Fields) -> dict[str, Value]:
    """Only what the group has of its own: a host without a policy has nothing to take away."""
    return {name: INHERIT for name in SECURITY if have.get(name) not in (None, INHERIT)}


def _no_group(name: str, switch: str, there: list[str], observed: Observed) -> str:
    other = observed.state.get((PORTGROUP, name))
    if other is not None:
        return f"port group {name} of {switch}: the host has it on {other.get('vswitch')}; name it under that switch."
    return f"port group {name} of {switch}: the switch has no port group of that name{close(name, there)}."


def _groups_of(switch: str, observed: Observed, wishes: Mapping[Key, Fields]) -> dict[str, Any]:
    """What each group of the switch has, with the wish carried out."""
    above = {**observed.state[VSWITCH, switch], **wishes[VSWITCH, switch]}
    found: dict[str, Any] = {}
    for key, fields in observed.state.items():
        if key[0] == PORTGROUP and fields.get("vswitch") == switch:
            own = {**fields, **wishes.get(key, {})}
            found[str(key[1])] = _policies(switch, own, above, f"port group {key[1]}", f"switch {switch}")
    return found


def _policies(switch: str, own: Fields, above: Fields, here: str, there: str) -> dict[str, Any]:
    inherits = {name: own.get(name) == INHERIT for name in SECURITY if own.get(name) is not None}
    return {
        "switch": switch,
        "configured": {name: own[name] for name in inherits},
        "effective": {name: above.get(name) if inherited else own[name] for name, inherited in inherits.items()},
        "source": {name: there if inherited else here for name, inherited in inherits.items()},
    }


def _dv_groups(facts: SwitchFacts, observed: Observed, wishes: Mapping[Key, Fields], above: Fields) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in facts.groups:
        key = facts.group_key(name)
        if key in observed.state and not facts.special(name):
            own = {**observed.state[key], **wishes.get(key, {})}
            found[name] = _policies(facts.name, own, above, f"port group {name}", f"switch {facts.name}")
    return found


def _without_mixture(security: Mapping[str, str], have: Fields, above: Fields, one_flag: bool) -> tuple[dict[str, Value], list[str]]:
    """Where one flag says of all three whether they inherit: policies that would inherit beside others that don't get the switch's value."""
    wish: dict[str, Value] = dict(security)
    own = {name: wish.get(name, have.get(name, INHERIT)) for name in SECURITY}
    inherited = [name for name in SECURITY if own[name] == INHERIT]
    if not wish or not one_flag or len(inherited) in (0, len(SECURITY)):
        return wish, []
    written = [name for name in inherited if name in security]
    wish.update({name: above.get(name) for name in written})
    return wish, written


def _dv_switched(facts: SwitchFacts, state: State, plan: Plan) -> list[str]:
    """Groups on which promiscuous mode is in effect differently after the plan."""
    above = {**facts.effective, **plan.after.get((VDS, facts.name), {})}
    changed = []
    for name, group in facts.groups.items():
        if facts.group_key(name) not in state or facts.special(name):
            continue
        own = {**state[facts.group_key(name)], **plan.after.get(facts.group_key(name), {})}
        after = in_effect({"promiscuous": own["promiscuous"]}, above)["promiscuous"]
        if after != group.effective["promiscuous"]:
            changed.append(name)
    return changed


def _dv_opened(facts: SwitchFacts, plan: Plan) -> list[str]:
    """Least privilege, as for standard switches."""
    for step in plan.steps:
        opened = [name for name in SECURITY if step.after.get(name) == ACCEPT and step.before.get(name) != ACCEPT]
        if step.key[0] == VDS and opened:
            return [
                f"{', '.join(opened)}: accept on {facts.name} opens every port group that inherits it; if one guest needs it, leave the switch closed and "
                "open the guest's port group."
            ]
    return []
