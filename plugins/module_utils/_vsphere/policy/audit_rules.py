# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What an audit of virtual switches looks for: one table, from which the documentation is made. Pure.

Identifiers and severities are those of DISA's STIGs for ESXi and vCenter 8.0 (ESXI-80, VCSA-80) and of VMware's STIG
readiness guides for VCF 9 (VCFE-9X, VCFA-9X), as VMware's dod-compliance-and-automation has them, and the controls of
VMware's Security Configuration Guides 8 and 9. The guides have priorities and no severities: there and in C(effective) ours is used.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.findings import SEVERITIES, Rule, table
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BPDU_OPTION

EFFECTIVE, STIG, SCG = "effective", "stig", "scg"
AUDITS = (EFFECTIVE, STIG, SCG)

# Which objects a rule is about.
STANDARD, DISTRIBUTED, HOST = "standard", "distributed", "host"
ABOUT: dict[str, str] = {STANDARD: "a standard switch or its group", DISTRIBUTED: "a distributed switch, its group or port", HOST: "a host"}
REVERSE_PATH_OPTION = "Net.ReversePathFwdCheckPromisc"


@dataclass(frozen=True)
class PublishedRule(Rule):
    """A rule, and what each audit calls it. An audit without identifiers does not look for it. The severity is that of the audits effective and scg."""

    # As published, by identifier; the worst counts.
    stig: Mapping[str, str] = field(default_factory=dict)
    scg: tuple[str, ...] = ()
    # Whether the audit effective looks for it: only what is in effect counts there.
    effective: bool = True

    def identifiers(self, audit: str) -> tuple[str, ...]:
        """As the findings of an audit cite them. C(effective) cites the STIG's, as it judges what these are about."""
        return self.scg if audit == SCG else tuple(self.stig)

    def severity_in(self, audit: str) -> str:
        """One of SEVERITIES."""
        if audit == STIG and self.stig:
            return min(self.stig.values(), key=SEVERITIES.index)
        return self.severity

    def applies(self, audit: str) -> bool:
        """Whether an audit looks for it."""
        return self.effective if audit == EFFECTIVE else bool(self.identifiers(audit))


_PROMISCUOUS = "The guests hear every frame of the group's VLANs on the switch"
_MAC_CHANGES = "A guest can give its adapter another's MAC address and receive its frames"
_FORGED = "A guest can send frames from MAC addresses that aren't its own"


def _standard(policy: str, title: str, meaning: str, number: int, severity: str) -> PublishedRule:
    return PublishedRule(
        policy,
        STANDARD,
        "high",
        meaning,
        f"set security.{policy}: reject on the group, or on the switch that it inherits from",
        stig={f"ESXI-80-{number:06}": severity, f"VCFE-9X-{number + 3:06}": "medium"},
        scg=(f"esxi-8.network-reject-{title}-standardswitch", f"esxi-8.network-reject-{title}-portgroup", f"esx-9.network-standard-reject-{title}"),
    )


def _distributed(policy: str, title: str, meaning: str, number: int) -> PublishedRule:
    return PublishedRule(
        f"dv_{policy}",
        DISTRIBUTED,
        "high",
        meaning,
        f"set security.{policy}: reject on the group, or on the switch that it inherits from; take the override of a port back with vds_port",
        stig={f"VCSA-80-{number:06}": "medium", f"VCFA-9X-{number + 55:06}": "medium"},
        scg=(f"vcenter-9.network-reject-{title}-dvportgroup",),
    )


RULES: Mapping[str, PublishedRule] = table(
    _standard("promiscuous", "promiscuous-mode", _PROMISCUOUS, 218, "medium"),
    _standard("mac_changes", "mac-changes", _MAC_CHANGES, 217, "high"),
    _standard("forged_transmits", "forged-transmit", _FORGED, 216, "medium"),
    _distributed("promiscuous", "promiscuous-mode", _PROMISCUOUS, 270),
    _distributed("mac_changes", "mac-changes", _MAC_CHANGES, 269),
    _distributed("forged_transmits", "forged-transmit", _FORGED, 268),
    PublishedRule(
        "dv_override_allowed",
        DISTRIBUTED,
        "low",
        "Whoever may edit a port can give one guest another policy than its group has",
        "set these flags to false with vds_portgroup",
        stig={"VCSA-80-000301": "medium", "VCFA-9X-000341": "medium"},
        scg=("vcenter-9.network-restrict-port-level-overrides",),
        effective=False,
    ),
    PublishedRule(
        "dv_override",
        DISTRIBUTED,
        "low",
        "The port does not follow its group, whose settings don't show what this guest may do",
        "take it back with vds_port, and give the guest a group of its own",
        stig={"VCSA-80-000301": "medium", "VCFA-9X-000341": "medium"},
        scg=("vcenter-9.network-restrict-port-level-overrides",),
        effective=False,
    ),
    PublishedRule(
        "dv_mac_learning",
        DISTRIBUTED,
        "medium",
        "The switch learns addresses behind a guest's adapter, and by default floods unknown unicast to all such ports",
        "set mac_learning.enabled: false with vds_portgroup unless a workload needs it",
        stig={"VCFA-9X-000345": "medium"},
        scg=("vcenter-9.network-mac-learning",),
    ),
    PublishedRule(
        "guest_tagging",
        STANDARD,
        "medium",
        "VLAN 4095 hands all VLANs of the switch to the guests, which choose by their tags where they belong",
        "give the group one VLAN with esxi_portgroup unless its guests are meant to tag",
        stig={"ESXI-80-000220": "medium", "VCFE-9X-000223": "medium"},
        scg=("esx-9.network-vgt",),
    ),
    PublishedRule(
        "dv_guest_tagging",
        DISTRIBUTED,
        "medium",
        "A VLAN trunk lets the guests choose by their tags to which VLAN they belong",
        "give the group one VLAN with vds_portgroup unless its guests are meant to tag",
        stig={"VCFA-9X-000327": "medium"},
        scg=("vcenter-9.network-vgt",),
    ),
    PublishedRule(
        "bpdu",
        HOST,
        "medium",
        "A guest that sends a BPDU can have the physical switch shut the host's uplinks",
        "set guards.bpdu: reject with esxi_switch_policy",
        stig={"ESXI-80-000215": "medium", "VCFE-9X-000218": "medium"},
        scg=("esx-9.network-bpdu",),
    ),
    PublishedRule(
        "reverse_path",
        HOST,
        "low",
        "With two uplinks, promiscuous guests get frames a second time from the physical switch",
        f"set the host's advanced option {REVERSE_PATH_OPTION} to 1",
        scg=("esx-9.network-rpf-promisc",),
        effective=False,
    ),
)

# Options of a host, each with the value that the rule of that name wants.
OPTIONS: dict[str, tuple[str, int]] = {"bpdu": (BPDU_OPTION, 1), "reverse_path": (REVERSE_PATH_OPTION, 1)}

# All but the blocking of single ports, which VCSA-80-000301 allows, and the reset at disconnect, which it wants.
FREE_FLAGS = ("block_override", "port_config_reset_at_disconnect")
