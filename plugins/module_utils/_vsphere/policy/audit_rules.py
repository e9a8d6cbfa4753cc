# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What an audit of virtual switches looks for: one table, from which the documentation is made. Pure.

Identifiers and severities are those of DISA's STIGs for ESXi and vCenter 8.0 (ESXI-80, VCSA-80) and of VMware's STIG
readiness guides for VCF 9 (VCFE-9X, VCFA-9X), as VMware's dod-compliance-and-automation has them, and the controls of
VMware's Security Configuration Guides 8 and 9. The guides have priorities and no severities: there and in C(effective) ours is used.
"""

from __future__ import annotations

from typing import Dict, Mapping, NamedTuple, Tuple

EFFECTIVE, STIG, SCG = "effective", "stig", "scg"
AUDITS = (EFFECTIVE, STIG, SCG)
SEVERITIES = ("high", "medium", "low")

# Which objects a rule is about.
STANDARD, DISTRIBUTED, HOST = "standard", "distributed", "host"


class Rule(NamedTuple):
    """One thing that can be wrong, and what each audit calls it. An audit without identifiers does not look for it."""

    about: str
    meaning: str
    # The severity in the audits effective and scg.
    severity: str
    # As published, by identifier; the worst counts.
    stig: Mapping[str, str]
    scg: Tuple[str, ...]
    # Whether the audit effective looks for it: only what is in effect counts there.
    effective: bool = True

    def identifiers(self, audit: str) -> Tuple[str, ...]:
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


def _standard(title: str, meaning: str, number: int, severity: str) -> Rule:
    return Rule(
        STANDARD, meaning, "high", {f"ESXI-80-{number:06}": severity, f"VCFE-9X-{number + 3:06}": "medium"},
        (f"esxi-8.network-reject-{title}-standardswitch", f"esxi-8.network-reject-{title}-portgroup", f"esx-9.network-standard-reject-{title}"),
    )


def _distributed(title: str, meaning: str, number: int) -> Rule:
    return Rule(
        DISTRIBUTED, meaning, "high", {f"VCSA-80-{number:06}": "medium", f"VCFA-9X-{number + 55:06}": "medium"},
        (f"vcenter-9.network-reject-{title}-dvportgroup",),
    )


RULES: Mapping[str, Rule] = {
    "promiscuous": _standard("promiscuous-mode", _PROMISCUOUS, 218, "medium"),
    "mac_changes": _standard("mac-changes", _MAC_CHANGES, 217, "high"),
    "forged_transmits": _standard("forged-transmit", _FORGED, 216, "medium"),
    "dv_promiscuous": _distributed("promiscuous-mode", _PROMISCUOUS, 270),
    "dv_mac_changes": _distributed("mac-changes", _MAC_CHANGES, 269),
    "dv_forged_transmits": _distributed("forged-transmit", _FORGED, 268),
    "dv_override_allowed": Rule(
        DISTRIBUTED, "Whoever may edit a port can give one guest another policy than its group has", "low",
        {"VCSA-80-000301": "medium", "VCFA-9X-000341": "medium"}, ("vcenter-9.network-restrict-port-level-overrides",), effective=False,
    ),
    "dv_override": Rule(
        DISTRIBUTED, "The port does not follow its group, whose settings don't show what this guest may do", "low",
        {"VCSA-80-000301": "medium", "VCFA-9X-000341": "medium"}, ("vcenter-9.network-restrict-port-level-overrides",), effective=False,
    ),
    "dv_mac_learning": Rule(
        DISTRIBUTED, "The switch learns addresses behind a guest's adapter, and by default floods unknown unicast to all such ports", "medium",
        {"VCFA-9X-000345": "medium"}, ("vcenter-9.network-mac-learning",),
    ),
    "guest_tagging": Rule(
        STANDARD, "VLAN 4095 hands all VLANs of the switch to the guests, which choose by their tags where they belong", "medium",
        {"ESXI-80-000220": "medium", "VCFE-9X-000223": "medium"}, ("esx-9.network-vgt",),
    ),
    "dv_guest_tagging": Rule(
        DISTRIBUTED, "A VLAN trunk lets the guests choose by their tags to which VLAN they belong", "medium",
        {"VCFA-9X-000327": "medium"}, ("vcenter-9.network-vgt",),
    ),
    "bpdu": Rule(
        HOST, "A guest that sends a BPDU can have the physical switch shut the host's uplinks", "medium",
        {"ESXI-80-000215": "medium", "VCFE-9X-000218": "medium"}, ("esx-9.network-bpdu",),
    ),
    "reverse_path": Rule(
        HOST, "With two uplinks, promiscuous guests get frames a second time from the physical switch", "low", {},
        ("esx-9.network-rpf-promisc",), effective=False,
    ),
}

# Options of a host, each with the value that the rule of that name wants.
OPTIONS: Dict[str, Tuple[str, int]] = {"bpdu": ("Net.BlockGuestBPDU", 1), "reverse_path": ("Net.ReversePathFwdCheckPromisc", 1)}

# All but the blocking of single ports, which VCSA-80-000301 allows, and the reset at disconnect, which it wants.
FREE_FLAGS = ("block_override", "port_config_reset_at_disconnect")
