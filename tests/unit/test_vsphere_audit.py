# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit of virtual switches: each rule in each audit, and where the published scripts are wrong."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.findings import SEVERITIES
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import PORTGROUP, VDS, VDS_PORT, VDS_PORTGROUP, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.audit import judge
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.audit_rules import AUDITS, OPTIONS, RULES
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.subjects import HostOptions, Subject, by_key

POLICIES = ("promiscuous", "mac_changes", "forged_transmits")
REJECT = dict.fromkeys(POLICIES, "reject")
ACCEPT = dict.fromkeys(POLICIES, "accept")
INHERIT = dict.fromkeys(POLICIES, "inherit")


def vswitch(**values: str) -> Subject:
    """Rejects all but what is named."""
    policies = {**REJECT, **values}
    return Subject(VSWITCH, "vSwitch0", "esxi01", configured=policies, effective=policies)


def group(above: Subject, name: str = "pg", **values: str) -> Subject:
    """Inherits all but what is named."""
    configured = {**INHERIT, **values}
    effective = {policy: above.effective[policy] if value == "inherit" else value for policy, value in configured.items()}
    return Subject(PORTGROUP, "vSwitch0", "esxi01", name, configured=configured, effective=effective)


def found(audit: str, *subjects: Subject) -> set[tuple[str, str]]:
    """Objects and fields."""
    return {(str(each["object"]), str(each["field"])) for each in judge(audit, subjects)}


# The switch, the group's own value, and in which audits the switch and the group are findings.
TRUTH = [
    ("reject", "inherit", "", ""),
    ("reject", "reject", "", "stig"),
    ("reject", "accept", "", "effective stig scg"),
    ("accept", "inherit", "effective stig scg", "effective stig scg"),
    # Nobody takes the switch's value, so it is in effect nowhere.
    ("accept", "reject", "stig scg", "stig"),
    # The worst state, which the script for STIG 8.0 v2r3 calls compliant.
    ("accept", "accept", "stig scg", "effective stig scg"),
]


@pytest.mark.parametrize(("policy", "case"), list(product(POLICIES, TRUTH)))
def test_all_states_of_a_policy(policy: str, case: tuple[str, str, str, str]) -> None:
    """A switch and one group: the table of the documentation."""
    above = vswitch(**{policy: case[0]})
    below = group(above, **{policy: case[1]})
    for audit in AUDITS:
        wanted = {("vSwitch0", policy) for audits in [case[2]] if audit in audits.split()} | {("pg", policy) for audits in [case[3]] if audit in audits.split()}
        # Two policies of a group that inherits from a switch that rejects are never a finding.
        assert found(audit, above, below) == wanted, (audit, case)


def test_a_switch_is_in_effect_where_one_group_inherits() -> None:
    """Whatever the others do."""
    above = vswitch(promiscuous="accept")
    assert found("effective", above, group(above, "a", promiscuous="reject"), group(above, "b")) == {("vSwitch0", "promiscuous"), ("b", "promiscuous")}
    assert found("effective", above) == set()


def test_the_worst_state_says_both() -> None:
    """That it accepts, and that it overrides; the severities are the published ones."""
    above = vswitch()
    [one] = judge("stig", [above, group(above, mac_changes="accept")])
    assert one["ids"] == ["ESXI-80-000217", "VCFE-9X-000220"] and one["severity"] == "high" and one["value"] == "accept"
    assert one["finding"] == "port group pg of vSwitch0 on esxi01: mac_changes is accept and it overrides its switch with accept"
    assert one["remedy"] == "set security.mac_changes: inherit on the group pg, and reject on the switch vSwitch0"
    [other] = judge("stig", [above, group(above, forged_transmits="reject")])
    assert other["severity"] == "medium" and other["value"] == "reject" and "is accept" not in str(other["finding"])


def test_an_inherited_value_is_mended_at_the_switch() -> None:
    """Not by one more override."""
    above = vswitch(forged_transmits="accept")
    both = judge("effective", [above, group(above)])
    assert {each["remedy"] for each in both} == {"set security.forged_transmits: reject on the switch vSwitch0"}
    assert any("from vSwitch vSwitch0 on esxi01" in str(each["finding"]) for each in both)


def distributed(kind: str, configured: dict[str, str] | None = None, effective: dict[str, str] | None = None, **values: Any) -> Subject:
    """Of vds1; it inherits and rejects, unless told otherwise."""
    names = {VDS: {}, VDS_PORTGROUP: {"group": "dvpg"}, VDS_PORT: {"group": "dvpg", "port": "7"}}[kind]
    base: dict[str, Any] = {"configured": {**INHERIT, **(configured or {})}, "effective": {**REJECT, **(effective or {})}, "place": "dc1", **names}
    return Subject(kind, "vds1", **{**base, **values})


def rules(audit: str, *subjects: Subject) -> list[str]:
    """By name."""
    return sorted(str(each["rule"]) for each in judge(audit, subjects))


def test_an_override_of_a_distributed_group_is_no_finding() -> None:
    """The rules for distributed groups (VCSA-80-000268 to 270) are about the value."""
    switch = distributed(VDS, REJECT)
    assert [rules(audit, switch, distributed(VDS_PORTGROUP, REJECT)) for audit in AUDITS] == [[], [], []]
    opened = distributed(VDS_PORTGROUP, {**REJECT, "promiscuous": "accept"}, {"promiscuous": "accept"})
    assert [rules(audit, switch, opened) for audit in AUDITS] == [["dv_promiscuous"]] * 3


def test_ports() -> None:
    """One that overrides is a finding in stig and scg; in effective only if it accepts. One that inherits is as its group."""
    switch, above = distributed(VDS, REJECT), distributed(VDS_PORTGROUP, REJECT)
    assert [rules(audit, switch, above, distributed(VDS_PORT, REJECT)) for audit in AUDITS] == [[], ["dv_override"], ["dv_override"]]
    accepts = distributed(VDS_PORT, {**REJECT, "mac_changes": "accept"}, {"mac_changes": "accept"})
    assert [rules(audit, switch, above, accepts) for audit in AUDITS] == [["dv_mac_changes"], *[["dv_mac_changes", "dv_override"]] * 2]
    opened = distributed(VDS_PORTGROUP, {**REJECT, "promiscuous": "accept"}, {"promiscuous": "accept"})
    assert rules("effective", switch, opened, distributed(VDS_PORT, None, {"promiscuous": "accept"})) == ["dv_promiscuous"]


def test_flags_but_for_blocking() -> None:
    """VCSA-80-000301: Block Ports and Configure reset at disconnect are no finding."""
    fine = distributed(VDS_PORTGROUP, allowed=("block_override", "port_config_reset_at_disconnect"))
    assert [rules(audit, fine) for audit in AUDITS] == [[], [], []]
    [one] = judge("stig", [distributed(VDS_PORTGROUP, allowed=("block_override", "mac_management_override"))])
    assert one["ids"] == ["VCSA-80-000301", "VCFA-9X-000341"] and one["value"] == "mac_management_override"


def test_mac_learning_tags_and_options() -> None:
    """What else lets a guest hear or forge."""
    learning = distributed(VDS_PORTGROUP, mac_learning=True)
    assert [rules(audit, learning) for audit in AUDITS] == [["dv_mac_learning"]] * 3
    assert rules("stig", distributed(VDS, mac_learning=True)) == [], "the rule is about groups"
    above = vswitch()
    tags = Subject(PORTGROUP, "vSwitch0", "esxi01", "pg", "", INHERIT, REJECT, "4095", True)
    assert [rules(audit, above, tags) for audit in AUDITS] == [["guest_tagging"]] * 3
    assert [rules(audit, distributed(VDS_PORTGROUP, vlan="0-4094", trunk=True)) for audit in AUDITS] == [["dv_guest_tagging"]] * 3
    host = HostOptions("esxi01", {"Net.BlockGuestBPDU": 0, "Net.ReversePathFwdCheckPromisc": 0})
    assert [[each["rule"] for each in judge(audit, [], [host])] for audit in AUDITS] == [["bpdu"], ["bpdu"], ["bpdu", "reverse_path"]]
    unknown = HostOptions("esxi01", {"Net.BlockGuestBPDU": 1, "Net.ReversePathFwdCheckPromisc": None})
    assert [judge(audit, [], [unknown]) for audit in AUDITS] == [[], [], []]


def test_uplinks_and_nsx_are_out_of_scope() -> None:
    """As VCFA-9X-000345 says."""
    opened = {"configured": {**REJECT, "promiscuous": "accept"}, "effective": {"promiscuous": "accept"}}
    for reason in ("uplink", "nsx"):
        assert [rules(audit, distributed(VDS_PORTGROUP, exempt=reason, **opened)) for audit in AUDITS] == [[], [], []]


def test_policies_that_an_object_lacks_are_none() -> None:
    """Neither accept nor reject: the host has no such feature."""
    bare = Subject(PORTGROUP, "vSwitch0", "esxi01", "pg")
    assert [judge(audit, [bare]) for audit in AUDITS] == [[], [], []]


def test_the_order_and_the_table() -> None:
    """The most severe first; every rule is of some audit and has a severity that is one."""
    above = vswitch(promiscuous="accept", mac_changes="accept")
    severities = [SEVERITIES.index(str(each["severity"])) for each in judge("stig", [above, group(above)], [HostOptions("esxi01", {"Net.BlockGuestBPDU": 0})])]
    assert severities == sorted(severities) and len(set(severities)) == 2
    assert set(OPTIONS) < set(RULES)
    for rule in RULES.values():
        assert any(rule.applies(audit) for audit in AUDITS) and {rule.severity, *rule.stig.values()} <= set(SEVERITIES)


def test_switches_of_one_name_in_two_datacenters() -> None:
    """A group's switch is that of its own datacenter: only there the value is in effect, and only from there it comes."""
    first, second = (Subject(VDS, "vds1", place, configured=values, effective=values) for place, values in (("dc1", REJECT), ("dc2", ACCEPT)))
    below = [
        Subject(VDS_PORTGROUP, "vds1", "dc1", "pg", configured=INHERIT, effective=REJECT),
        Subject(VDS_PORTGROUP, "vds1", "dc2", "own", configured=REJECT, effective=REJECT),
    ]
    assert found("effective", first, second, *below) == set()
    levels = by_key((second, first, *below))
    assert len(levels) == 4 and below[0].source("promiscuous", levels) is first
