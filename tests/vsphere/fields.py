# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API calls the fields of distributed groups and ports: typed a second time, as the oracle takes nothing from the product."""

from __future__ import annotations

from typing import NamedTuple


class Switched(NamedTuple):
    """A policy that is on or off: its name, the flag of a group that lets ports have their own, by both its names, and whether groups have it."""

    native: str
    # Empty where ports can't have their own.
    flag: str
    option_of_flag: str
    group: bool


SWITCHED: dict[str, Switched] = {
    "netflow": Switched("ipfixEnabled", "ipfixOverrideAllowed", "ipfix_override", True),
    "blocked": Switched("blocked", "blockOverrideAllowed", "block_override", False),
}
FLAGS: dict[str, str] = {
    "block_override": "blockOverrideAllowed",
    "shaping_override": "shapingOverrideAllowed",
    "vendor_config_override": "vendorConfigOverrideAllowed",
    "live_port_move": "livePortMovingAllowed",
    "port_config_reset_at_disconnect": "portConfigResetAtDisconnect",
    "network_rp_override": "networkResourcePoolOverrideAllowed",
    "traffic_filter_override": "trafficFilterOverrideAllowed",
    "vlan_override": "vlanOverrideAllowed",
    "uplink_teaming_override": "uplinkTeamingOverrideAllowed",
    "security_override": "securityPolicyOverrideAllowed",
    "ipfix_override": "ipfixOverrideAllowed",
    "mac_management_override": "macManagementOverrideAllowed",
}
