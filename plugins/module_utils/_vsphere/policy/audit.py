# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Judges virtual switches by the table of rules. Pure.

Three audits, as the published ones contradict each other. C(effective): a policy counts where it is in effect, so a group that rejects by an
override is fine, and so is a switch that accepts where every group overrides it. C(stig): the switch and the group must reject, and an override of
a standard group is a finding in itself, C(reject) too. C(scg): the switch and the group must reject, however they come to it.
"""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.findings import Finding, worst_first
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import PORTGROUP, VDS_PORT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.audit_rules import EFFECTIVE, FREE_FLAGS, OPTIONS, RULES, STIG
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.subjects import HostOptions, Subject, by_key


def judge(audit: str, subjects: Iterable[Subject], hosts: Iterable[HostOptions] = ()) -> list[dict[str, Any]]:
    """All findings, the most severe first. What is exempt (uplinks, NSX) has none."""
    judged = tuple(subject for subject in subjects if not subject.exempt)
    auditor = _Auditor(audit, judged)
    found = [finding for subject in judged for finding in auditor.of_subject(subject)]
    found += [finding for host in hosts for finding in auditor.of_host(host)]
    return worst_first(found, "host", "object", "field")


def unjudged(audit: str, host: HostOptions) -> list[str]:
    """The options that the audit looks for and the host does not have."""
    return [option for name, (option, _wanted) in OPTIONS.items() if RULES[name].applies(audit) and option in host.values and host.values[option] is None]


class _Auditor:
    """One audit of one answer."""

    def __init__(self, audit: str, subjects: tuple[Subject, ...]) -> None:
        self.audit = audit
        self.levels = by_key(subjects)
        # Policies that at least one group takes from its switch, or a port from its group.
        self.handed_down = {
            (subject.parent, policy) for subject in subjects if not subject.is_switch for policy in SECURITY if subject.configured.get(policy) == INHERIT
        }

    def of_subject(self, subject: Subject) -> Iterator[Finding]:
        """In the order of the fields."""
        for policy in SECURITY:
            yield from self._of_policy(subject, policy)
        if subject.kind == VDS_PORT:
            yield from self._of_port(subject)
            return
        if subject.mac_learning and not subject.is_switch:
            yield from self._find("dv_mac_learning", subject, "mac_learning", "enabled", "MAC learning is enabled")
        if subject.trunk and not subject.is_switch:
            rule = "guest_tagging" if subject.standard else "dv_guest_tagging"
            yield from self._find(rule, subject, "vlan", subject.vlan or "", f"the guests tag their frames themselves (VLAN {subject.vlan})")
        yield from self._of_flags(subject)

    def of_host(self, host: HostOptions) -> Iterator[Finding]:
        """Options that a host lacks can't be judged, and are none of the findings: see unjudged."""
        for name, (option, wanted) in OPTIONS.items():
            value = host.values.get(option)
            if value is None or value == wanted:
                continue
            place = {"host": host.host, "kind": "host", "object": host.host, "switch": "", "field": option, "value": str(value)}
            yield from self._make(name, place, f"{host.host}: {option} is {value}")

    def _of_policy(self, subject: Subject, policy: str) -> Iterator[Finding]:
        """Accepted and overridden is the worst state: both reasons are in one finding."""
        accepts = subject.effective.get(policy) == ACCEPT
        own = subject.configured.get(policy)
        if subject.kind == VDS_PORT and own == INHERIT:
            # As its group, which has the finding.
            return
        in_effect = not subject.is_switch or (subject.key, policy) in self.handed_down
        overrides = self.audit == STIG and subject.kind == PORTGROUP and own is not None and own != INHERIT
        if not overrides and (not accepts or self.audit == EFFECTIVE and not in_effect):
            return
        source = subject.source(policy, self.levels)
        reasons = []
        if accepts:
            reasons.append(f"{policy} is accept" + ("" if source is subject else f", from {source.label}"))
        if overrides:
            reasons.append(f"it overrides its switch with {own}")
        rule = policy if subject.standard else f"dv_{policy}"
        value = subject.effective.get(policy, "")
        yield from self._find(rule, subject, policy, value, " and ".join(reasons), _remedy(subject, policy, source, overrides))

    def _of_port(self, subject: Subject) -> Iterator[Finding]:
        own = {policy: value for policy, value in subject.configured.items() if value != INHERIT}
        if own:
            words = "the port overrides its group: " + ", ".join(f"{policy} {value}" for policy, value in own.items())
            yield from self._find("dv_override", subject, "override", ", ".join(own.values()), words)

    def _of_flags(self, subject: Subject) -> Iterator[Finding]:
        flags = [flag for flag in subject.allowed if flag not in FREE_FLAGS]
        if flags:
            words = f"ports may override {', '.join(flags)}"
            yield from self._find("dv_override_allowed", subject, "override_allowed", ", ".join(flags), words)

    def _find(self, name: str, subject: Subject, field: str, value: str, words: str, remedy: str = "") -> Iterator[Finding]:
        place = {
            "host": subject.place if subject.standard else "",
            "kind": subject.kind,
            "object": subject.name,
            "switch": subject.switch,
            "field": field,
            "value": value,
        }
        yield from self._make(name, place, f"{subject.label}: {words}", remedy)

    def _make(self, name: str, place: Mapping[str, str], words: str, remedy: str = "") -> Iterator[Finding]:
        rule = RULES[name]
        if rule.applies(self.audit):
            yield Finding(rule, {"ids": list(rule.identifiers(self.audit)), **place}, words, rule.severity_in(self.audit), remedy)


def _remedy(subject: Subject, policy: str, source: Subject, overrides: bool) -> str:
    """At the object where the value is set, and in the form that the audit wants."""
    if source.is_switch:
        return f"set security.{policy}: reject on the switch {source.switch}"
    if subject.kind == VDS_PORT:
        return f"take the port's override back with vds_port, and reject {policy} on the group {subject.group}"
    if overrides:
        return f"set security.{policy}: inherit on the group {subject.group}, and reject on the switch {subject.switch}"
    return f"set security.{policy}: reject on the group {subject.group}, or inherit it from a switch that rejects"
