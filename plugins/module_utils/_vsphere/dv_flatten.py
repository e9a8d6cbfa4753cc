# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From the API's objects of distributed switches to fields; the twin of dv_expand. Pure: attributes are read, no type is needed.

A field's value is what is configured: its own value, or C(inherit). In a configuration that is read, "the values of the
properties in the subclass are the effective values" (InheritablePolicy), so what is in effect stands beside it.
"""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import (
    BINDINGS, MAC_LEARNING, PORT_POLICY, VDS_SECURITY, VSPHERE,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, REJECT, Field, Fields, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.dv_vlan import PVLAN, trunk_text

SECURITY_NAMES = tuple(field.name for field in VDS_SECURITY)
LEARNING_NAMES = tuple(field.name for field in MAC_LEARNING)
_BINDING_OF = {native: name for name, native in BINDINGS.items()}
# Policies of a port setting that are not managed here; an override of one is reported.
OTHER_POLICIES = (
    "inShapingPolicy", "outShapingPolicy", "vendorSpecificConfig", "networkResourcePoolKey", "filterPolicy", "qosTag", "uplinkTeamingPolicy",
    "ipfixEnabled", "txUplink", "lacpPolicy", "vmDirectPathGen2Allowed",
)


def native(field: Field) -> str:
    """What the API calls the field."""
    return field.natives[VSPHERE].key


def word(value: Any) -> Optional[str]:
    """A policy's bool in the words of the collection; None where the server does not tell it, which is neither."""
    return None if value is None else ACCEPT if value else REJECT


def has_mac_management(setting: Any) -> bool:
    """Whether the object has macManagementPolicy, which replaced securityPolicy in vSphere API 6.7 and goes with version 6.6.0 of a switch."""
    return getattr(setting, "macManagementPolicy", None) is not None


def security(setting: Any) -> Dict[str, Value]:
    """The three policies as they are configured."""
    effective = effective_security(setting)
    if has_mac_management(setting):
        inherited = dict.fromkeys(SECURITY_NAMES, bool(setting.macManagementPolicy.inherited))
    else:
        inherited = {field.name: _inherits(setting, native(field)) for field in VDS_SECURITY}
    return {name: INHERIT if inherited[name] else value for name, value in effective.items()}


def effective_security(setting: Any) -> Dict[str, Value]:
    """The three policies in effect."""
    if has_mac_management(setting):
        return {field.name: word(getattr(setting.macManagementPolicy, native(field), None)) for field in VDS_SECURITY}
    legacy = getattr(setting, "securityPolicy", None)
    return {field.name: word(getattr(getattr(legacy, native(field), None), "value", None)) for field in VDS_SECURITY}


def _inherits(setting: Any, key: str) -> bool:
    """The deprecated policy has a flag of its own and one for each field; the field's says more."""
    legacy = getattr(setting, "securityPolicy", None)
    policy = getattr(legacy, key, None)
    return bool(getattr(legacy if policy is None else policy, "inherited", True))


def learning(setting: Any) -> Dict[str, Value]:
    """MAC learning as it is configured. Empty where the switch has none."""
    policy = getattr(getattr(setting, "macManagementPolicy", None), "macLearningPolicy", None)
    if policy is None:
        return {}
    # "Any set property in the subclass will be ignored" where the whole of the MAC management is inherited.
    inherited = policy.inherited or setting.macManagementPolicy.inherited
    return dict.fromkeys(LEARNING_NAMES, INHERIT) if inherited else effective_learning(setting)


def effective_learning(setting: Any) -> Dict[str, Value]:
    """MAC learning in effect. Empty where the switch has none."""
    policy = getattr(getattr(setting, "macManagementPolicy", None), "macLearningPolicy", None)
    if policy is None:
        return {}
    found: Dict[str, Value] = {}
    for field in MAC_LEARNING:
        value = getattr(policy, native(field), None)
        if value is None or value == "":
            found[field.name] = None
        else:
            # Read back as DROP or drop, by version and by who wrote it.
            found[field.name] = str(value).lower() if field.type == "enum" else bool(value) if field.type == "bool" else int(value)
    return found


def vlan(setting: Any) -> str:
    """The VLAN as it is configured."""
    spec = getattr(setting, "vlan", None)
    return INHERIT if spec is None or spec.inherited else effective_vlan(setting)


def effective_vlan(setting: Any) -> str:
    """The VLAN in effect. The three types of the API are told apart by their attributes."""
    spec = getattr(setting, "vlan", None)
    pvlan = getattr(spec, "pvlanId", None)
    if pvlan is not None:
        return f"{PVLAN} {int(pvlan)}"
    ids = getattr(spec, "vlanId", None)
    if isinstance(ids, (list, tuple)):
        return trunk_text((int(each.start), int(each.end)) for each in ids)
    return str(int(ids or 0))


def setting_fields(setting: Any) -> Dict[str, Value]:
    """What a group's default setting and a port's setting have in common."""
    return {"vlan": vlan(setting), **security(setting), **learning(setting)}


def effective_fields(setting: Any) -> Dict[str, Value]:
    """The same, in effect."""
    return {"vlan": effective_vlan(setting), **effective_security(setting), **effective_learning(setting)}


def group(config: Any) -> Dict[str, Value]:
    """The fields of a group, from its C(config)."""
    return {
        **setting_fields(config.defaultPortConfig),
        "ports": int(config.numPorts),
        "binding": _BINDING_OF.get(str(config.type), str(config.type)),
        "auto_expand": bool(config.autoExpand),
        **{field.name: bool(getattr(config.policy, native(field), None)) for field in PORT_POLICY},
    }


def port(config: Any) -> Dict[str, Value]:
    """The fields of a port, from its C(config)."""
    blocked: Any = getattr(config.setting, "blocked", None)
    inherited = blocked is None or blocked.inherited
    return {**setting_fields(config.setting), "blocked": INHERIT if inherited else bool(blocked.value)}


def effective_port(config: Any) -> Dict[str, Value]:
    """What is in effect at a port, from its C(config)."""
    return {**effective_fields(config.setting), "blocked": bool(getattr(getattr(config.setting, "blocked", None), "value", None))}


def other_overrides(setting: Any) -> List[str]:
    """What else a port overrides, in the API's words."""
    return [name for name in OTHER_POLICIES if not getattr(getattr(setting, name, None), "inherited", True)]


def switch(config: Any) -> Dict[str, Value]:
    """The fields of a switch. There is nothing above it, so that nothing is inherited."""
    return {**effective_security(config.defaultPortConfig), **effective_learning(config.defaultPortConfig)}


def in_effect(configured: Fields, parent: Mapping[str, Value]) -> Dict[str, Value]:
    """What is in effect where C(configured) holds below C(parent)."""
    return {name: parent.get(name) if value == INHERIT else value for name, value in configured.items()}
