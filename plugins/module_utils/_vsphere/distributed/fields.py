# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The table of fields of distributed switches, their groups and ports.

Names and types are those of the vSphere Web Services API. A wire says where a field is, see flatten.py and expand.py: "vlan" and "bool_policy" are
policies of a port setting (VMwareDVSPortSetting), "mac_management" and "mac_learning" parts of one, "flag" is of VMwareDVSPortgroupPolicy, "config" of
the group itself.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.virtnet.hardening.plugins.module_utils._policy import kinds
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import VSPHERE
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Field, Kind, Native


def _vds(name: str, kind: str, key: str, wire: str, **more: Any) -> Field:
    return Field(name, kind, {VSPHERE: Native(key, wire=wire)}, **{"group": "config", **more})


def _mac(name: str, kind: str, key: str, wire: str = "mac_learning", **more: Any) -> Field:
    return _vds(name, kind, key, wire, override="mac_management_override", **more)


MAC_LIMIT = 4096
VDS_SECURITY = tuple(
    _mac(name, "policy", key, "mac_management", group="override/inherit")
    for name, key in (("promiscuous", "allowPromiscuous"), ("mac_changes", "macChanges"), ("forged_transmits", "forgedTransmits"))
)
# DVSMacLearningPolicy has one flag of inheritance: all of these are "inherit" or none is. The limit per port
# is that of the vSphere 8 documentation (MAC Learning, default and maximum).
MAC_LEARNING = (
    _mac("mac_learning_enabled", "bool", "enabled"),
    _mac("mac_learning_allow_unicast_flooding", "bool", "allowUnicastFlooding"),
    _mac("mac_learning_limit", "int", "limit", low=0, high=MAC_LIMIT),
    _mac("mac_learning_limit_policy", "enum", "limitPolicy", choices=("allow", "drop")),
)
# What a group's default setting and a port's setting have in common.
_SETTING = (
    # As one text, since the API has three types of it: "inherit", "10", "trunk 1-20,30" or "pvlan 100".
    _vds("vlan", "str", "vlan", "vlan", override="vlan_override", cuts=True),
    _vds("netflow", "bool", "ipfixEnabled", "bool_policy", override="ipfix_override", inherits=True),
    *VDS_SECURITY,
    *MAC_LEARNING,
)
BINDINGS = {"static": "earlyBinding", "dynamic": "lateBinding", "ephemeral": "ephemeral"}


def _flag(name: str, key: str, **more: Any) -> Field:
    return _vds(name, "bool", key, "flag", **more)


PORT_POLICY = (
    _flag("block_override", "blockOverrideAllowed"),
    _flag("shaping_override", "shapingOverrideAllowed"),
    _flag("vendor_config_override", "vendorConfigOverrideAllowed"),
    _flag("live_port_move", "livePortMovingAllowed"),
    _flag("port_config_reset_at_disconnect", "portConfigResetAtDisconnect"),
    _flag("network_rp_override", "networkResourcePoolOverrideAllowed"),
    _flag("traffic_filter_override", "trafficFilterOverrideAllowed"),
    _flag("vlan_override", "vlanOverrideAllowed"),
    _flag("uplink_teaming_override", "uplinkTeamingOverrideAllowed"),
    _flag("security_override", "securityPolicyOverrideAllowed"),
    _flag("ipfix_override", "ipfixOverrideAllowed", since="5.1"),
    _flag("mac_management_override", "macManagementOverrideAllowed", since="6.7.1"),
)
VDS = Kind.of(kinds.VDS, *VDS_SECURITY, *MAC_LEARNING, stands_alone=True)
VDS_PORTGROUP = Kind.of(
    kinds.VDS_PORTGROUP,
    *_SETTING,
    _vds("ports", "int", "numPorts", "config", low=0),
    _vds("binding", "enum", "type", "config", choices=tuple(BINDINGS)),
    _vds("auto_expand", "bool", "autoExpand", "config"),
    *PORT_POLICY,
    stands_alone=True,
)
VDS_PORT = Kind.of(kinds.VDS_PORT, *_SETTING, _vds("blocked", "bool", "blocked", "bool_policy", override="block_override", cuts=True))
VDS_KINDS = {kind.name: kind for kind in (VDS, VDS_PORTGROUP, VDS_PORT)}
