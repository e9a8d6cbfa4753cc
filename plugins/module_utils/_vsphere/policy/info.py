# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module esxi_switch_policy_info answers: policies as configured and in effect, and what an audit finds in them. Pure."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import words
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BPDU_OPTION
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import PORTGROUP, VDS, VDS_PORT, VDS_PORTGROUP, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, REJECT, Fields, State
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import SwitchFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.fields import PORT_POLICY
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.vlan import TRUNK
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.effects import effective_policies
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import HostSelection
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import spec as selection_spec
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.audit import judge, unjudged
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.audit_rules import AUDITS, OPTIONS, SCG
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.subjects import HostOptions, Subject, by_key

_NAMED = 5
# What a port group hands to its guests as it is (virtual guest tagging).
_ALL_VLANS = 4095
NO_PORTS, OVERRIDING, ALL_PORTS = "none", "overriding", "all"


def spec() -> dict[str, Any]:
    """The module's own options; those of the connection are added by the adapter."""
    return {
        **selection_spec(),
        "audit": {"type": "str", "choices": list(AUDITS)},
        "ports": {"type": "str", "choices": [NO_PORTS, OVERRIDING, ALL_PORTS], "default": OVERRIDING},
    }


class HostSeen(NamedTuple):
    """A host that was read."""

    name: str
    host: Host
    machines: Mapping[str, Sequence[str]]
    options: Mapping[str, Any]


class SwitchSeen(NamedTuple):
    """A distributed switch that was read."""

    name: str
    facts: SwitchFacts
    state: State


class Unseen(NamedTuple):
    """What could not be looked at, and the reason as the end of a sentence; C(unreachable) is a host that vCenter can't reach now."""

    what: str
    reason: str
    unreachable: bool = False


class Blanks(NamedTuple):
    """All that is not known: C(unseen) was not audited, C(remarks) are sentences on what concerns no finding."""

    unseen: list[Unseen]
    remarks: list[str]


class PolicyInfoRequest:
    """The question as the user asks it."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.selection = HostSelection(params)
        self.audit: str | None = params.get("audit")
        self.ports: str = params["ports"]

    @property
    def options(self) -> tuple[str, ...]:
        """The options of hosts that the answer needs; each is a call for each host."""
        return tuple(option for option, _wanted in OPTIONS.values()) if self.audit == SCG else (BPDU_OPTION,)

    def answer(self, hosts: Sequence[HostSeen], switches: Sequence[SwitchSeen], blanks: Blanks) -> dict[str, Any]:
        """In the form in which the module returns it."""
        subjects = tuple(subject for each in hosts for subject in _of_host(each)) + tuple(subject for each in switches for subject in self._of_switch(each))
        levels = by_key(subjects)
        options = [HostOptions(each.name, _numbers(each.options)) for each in hosts]
        unseen = [*blanks.unseen, *(each for switch in switches for each in self._unread(switch)), *_untold(subjects), *self._lacking(options)]
        remarks = [*blanks.remarks, *(text for switch in switches for text in _remarks(switch))]
        result: dict[str, Any] = {
            "hosts": {
                each.name: {"datacenter": each.host.datacenter, "cluster": each.host.cluster, "options": _numbers(each.options), "switches": _document(each)}
                for each in hosts
            },
            "distributed_switches": {
                each.name: {"datacenter": each.facts.datacenter, "version": each.facts.version, "switches": _dv_document(each)} for each in switches
            },
            "objects": [_shown(subject, levels) for subject in subjects],
            "not_looked_at": [each._asdict() for each in unseen],
            "remarks": remarks,
            "warnings": [f"{each.what}: {each.reason}." for each in unseen] + remarks,
        }
        if self.audit is not None:
            result["findings"] = judge(self.audit, subjects, options)
        result["summary"] = summary(self.audit, len(hosts), len(switches), len(subjects), result.get("findings"), unseen)
        return result

    def _lacking(self, hosts: Sequence[HostOptions]) -> Iterator[Unseen]:
        for host in hosts:
            for option in unjudged(self.audit, host) if self.audit is not None else ():
                yield Unseen(f"{host.host}: option {option}", "the host has no such option, so what it does there is not known")

    def _unread(self, seen: SwitchSeen) -> Iterator[Unseen]:
        """The groups and ports of a switch that was read which were not."""
        yield from _unread(seen)
        facts = seen.facts
        told = {port.group for port in facts.ports.values()}
        for name, group in facts.groups.items() if self.ports != NO_PORTS and not facts.unread_ports else ():
            if not group.unread and not facts.special(name) and name not in told and seen.state[facts.group_key(name)]["ports"]:
                yield Unseen(f"ports of {name} of {seen.name}", "the server tells none of them, though the group has some; run the task again")

    def _of_switch(self, seen: SwitchSeen) -> Iterator[Subject]:
        facts = seen.facts
        own = _policies(facts.effective)
        yield Subject(VDS, facts.name, facts.datacenter, configured=own, effective=own, mac_learning=_learns(facts.effective))
        yield from self._of_groups(seen)
        yield from self._of_ports(seen)

    @staticmethod
    def _of_groups(seen: SwitchSeen) -> Iterator[Subject]:
        facts = seen.facts
        for name, group in facts.groups.items():
            if group.unread:
                continue
            fields = seen.state[facts.group_key(name)]
            vlan = _vlan(group.effective)
            yield Subject(
                VDS_PORTGROUP,
                facts.name,
                facts.datacenter,
                name,
                configured=_policies(fields),
                effective=_policies(group.effective),
                vlan=vlan,
                trunk=(vlan or "").startswith(TRUNK),
                mac_learning=_learns(group.effective),
                untold=_not_told(fields, group.effective),
                allowed=tuple(each.name for each in PORT_POLICY if fields.get(each.name)),
                exempt="uplink" if group.uplink else "nsx" if group.nsx else "",
                vms=tuple(group.vms),
            )

    def _of_ports(self, seen: SwitchSeen) -> Iterator[Subject]:
        facts = seen.facts
        for key, port in facts.ports.items():
            fields = seen.state[facts.port_key(key)]
            # One that is not told may be an override.
            overrides = any(fields[policy] != INHERIT for policy in SECURITY)
            known = port.group in facts.groups and not facts.groups[port.group].unread and not facts.special(port.group)
            if known and (self.ports == ALL_PORTS or overrides):
                yield Subject(
                    VDS_PORT,
                    facts.name,
                    facts.datacenter,
                    port.group,
                    key,
                    _policies(fields),
                    _policies(port.effective),
                    vlan=_vlan(port.effective),
                    mac_learning=_learns(port.effective),
                    untold=tuple(name for name in SECURITY if fields[name] is None),
                    vms=(port.connected,) if port.connected and not port.host else (),
                )


def summary(audit: str | None, hosts: int, switches: int, objects: int, findings: Sequence[Any] | None, unseen: Sequence[Unseen]) -> str:
    """What was looked at and what came of it, in sentences; what was not looked at comes first, as nothing is known of it."""
    looked = f"{words.count(hosts, 'host')} and {words.count(switches, 'distributed switch', 'distributed switches')}, {words.count(objects, 'object')} in all"
    judged = "" if findings is None else f": {words.count(len(findings), 'finding') if findings else 'nothing is found'} (audit {audit})"
    if not unseen:
        return f"Looked at: {looked}{judged}."
    named = words.few(list(dict.fromkeys(each.what for each in unseen)), _NAMED)
    rest = f"Of the rest, {looked}{judged}" if objects or hosts or switches or findings else "Nothing else was looked at"
    return f"Not all was looked at, and nothing is known of this: {named}. {rest}."


def _unread(seen: SwitchSeen) -> Iterator[Unseen]:
    facts = seen.facts
    for name, group in facts.groups.items():
        if group.unread:
            yield Unseen(f"port group {name} of {seen.name}", group.unread)
    for name, reason in facts.nameless.items():
        yield Unseen(f"port group {name} of {seen.name}", reason)
    for key, reason in facts.unread_ports.items():
        yield Unseen(f"port {key} of {seen.name}", reason)
    if not facts.first_unread:
        for key, port in facts.ports.items():
            if port.group not in facts.groups:
                yield Unseen(f"port {key} of {seen.name}", "its port group is not among those that can be read")


def _remarks(seen: SwitchSeen) -> Iterator[str]:
    """Who is on groups and ports is no finding."""
    for name, group in seen.facts.groups.items():
        if group.vms_unknown:
            yield f"The machines on port group {name} of {seen.name} are not known for certain: {group.vms_unknown}."
    for reason in dict.fromkeys(port.doubt for port in seen.facts.ports.values() if port.doubt):
        yield f"What is connected to ports of {seen.name} is not known for certain: {reason}."


def _untold(subjects: Sequence[Subject]) -> Iterator[Unseen]:
    """A policy of which it is not known whether it is in effect is not judged."""
    for subject in subjects:
        missing = dict.fromkeys([*(policy for policy in SECURITY if policy not in subject.effective), *subject.untold])
        if missing and not subject.exempt:
            yield Unseen(subject.label, f"the server does not tell its {', '.join(missing)}")


def _of_host(seen: HostSeen) -> Iterator[Subject]:
    host = seen.host
    for key, fields in host.state.items():
        if key[0] == VSWITCH:
            own = _policies(fields)
            yield Subject(VSWITCH, str(key[1]), seen.name, configured=own, effective=own)
    for key, fields in host.state.items():
        if key[0] == PORTGROUP:
            name = str(key[1])
            # The host's own word; where it says nothing, what follows from the switch.
            computed = {**effective_policies(host.state, name), **{policy: value for policy, value in host.computed.get(name, {}).items() if value}}
            yield Subject(
                PORTGROUP,
                str(fields.get("vswitch")),
                seen.name,
                name,
                configured=_policies(fields),
                effective=_policies(computed),
                vlan=str(fields.get("vlan_id")),
                trunk=fields.get("vlan_id") == _ALL_VLANS,
                vms=tuple(seen.machines.get(name, ())),
            )


def _policies(fields: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(fields[name]) for name in SECURITY if fields.get(name) is not None}


def _learns(fields: Fields) -> bool | None:
    value = fields.get("mac_learning_enabled")
    return value if isinstance(value, bool) else None


def _vlan(fields: Fields) -> str | None:
    value = fields.get("vlan")
    return None if value is None else str(value)


def _not_told(configured: Fields, effective: Fields) -> tuple[str, ...]:
    """Of a distributed group: what its audit looks at beside what is in effect of the three policies."""
    policies = [name for name in SECURITY if configured[name] is None]
    more = {"VLAN": effective["vlan"], "MAC learning": effective.get("mac_learning_enabled", False)}
    more["flags for overrides"] = configured[PORT_POLICY[0].name]
    return (*policies, *(words for words, value in more.items() if value is None))


def _numbers(values: Mapping[str, Any]) -> dict[str, int | None]:
    return {name: None if value is None else int(value) for name, value in values.items()}


def _shown(subject: Subject, levels: Mapping[str, Subject]) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "kind": subject.kind,
        "host": subject.place if subject.standard else "",
        "datacenter": "" if subject.standard else subject.place,
        "switch": subject.switch,
        "port_group": subject.group,
        "port": subject.port,
        "configured": subject.configured,
        "effective": subject.effective,
        "source": {policy: subject.source(policy, levels).label for policy in subject.effective},
    }
    if not subject.is_switch:
        shown.update(vlan=subject.vlan, vms=list(subject.vms))
    if not subject.standard:
        shown.update(mac_learning=subject.mac_learning, exempt=subject.exempt)
    if subject.kind == VDS_PORTGROUP:
        shown["override_allowed"] = list(subject.allowed)
    return shown


def _document(seen: HostSeen) -> list[dict[str, Any]]:
    """What esxi_switch_policy takes, and would change nothing with."""
    state, blocked = seen.host.state, seen.options.get(BPDU_OPTION)
    guards = {} if blocked is None else {"guards": {"bpdu": REJECT if int(blocked) == 1 else ACCEPT}}
    return [
        {
            "name": str(key[1]),
            "kind": VSWITCH,
            "security": _policies(fields),
            **guards,
            "port_groups": [
                {"name": str(group[1]), "security": _policies(own)} for group, own in state.items() if group[0] == PORTGROUP and own.get("vswitch") == key[1]
            ],
        }
        for key, fields in state.items()
        if key[0] == VSWITCH
    ]


def _dv_document(seen: SwitchSeen) -> list[dict[str, Any]]:
    facts = seen.facts
    there = [name for name, group in facts.groups.items() if not group.unread and not facts.special(name)]
    groups = [{"name": name, "security": _policies(seen.state[facts.group_key(name)])} for name in there]
    return [{"name": facts.name, "kind": VDS, "security": _policies(facts.effective), "port_groups": groups}]
