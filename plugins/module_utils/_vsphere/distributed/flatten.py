# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From the API's objects of distributed switches to fields; the twin of expand.py. Pure: attributes are read, no type is needed.

A field's value is what is configured: its own value, C(inherit), or None for what the server does not tell, which is neither. In a
configuration that is read, "the values of the properties in the subclass are the effective values" (InheritablePolicy), so what is in effect
stands beside it.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import VSPHERE
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, REJECT, Field, Fields, Kind, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.fields import (
    BINDINGS,
    MAC_LEARNING,
    PORT_POLICY,
    VDS_PORT,
    VDS_PORTGROUP,
    VDS_SECURITY,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.vlan import PVLAN, trunk_text

SECURITY_NAMES = tuple(field.name for field in VDS_SECURITY)
LEARNING_NAMES = tuple(field.name for field in MAC_LEARNING)
_BINDING_OF = {native: name for name, native in BINDINGS.items()}
# Policies of a port setting; an override of one that no row of the table manages is reported.
_POLICIES = (
    "inShapingPolicy",
    "outShapingPolicy",
    "vendorSpecificConfig",
    "networkResourcePoolKey",
    "filterPolicy",
    "qosTag",
    "uplinkTeamingPolicy",
    "ipfixEnabled",
    "txUplink",
    "lacpPolicy",
    "vmDirectPathGen2Allowed",
    "VNI",
)


def native(field: Field) -> str:
    """What the API calls the field."""
    return field.natives[VSPHERE].key


def wire(field: Field) -> str:
    """How the API stores the field."""
    return field.natives[VSPHERE].wire


def word(value: Any) -> str | None:
    """A policy's bool in the words of the collection; None where the server does not tell it, which is neither."""
    return None if value is None else ACCEPT if value else REJECT


def has_mac_management(setting: Any) -> bool:
    """Whether the object has macManagementPolicy, which replaced securityPolicy in vSphere API 6.7 and goes with version 6.6.0 of a switch."""
    return getattr(setting, "macManagementPolicy", None) is not None


def security(setting: Any, modern: bool = False) -> dict[str, Value]:
    """The three policies as they are configured. With C(modern) the switch has macManagementPolicy, so that nothing is known where that is not told."""
    if has_mac_management(setting):
        inherited = dict.fromkeys(SECURITY_NAMES, setting.macManagementPolicy.inherited)
    else:
        inherited = {field.name: None if modern else _inherits(setting, native(field)) for field in VDS_SECURITY}
    return {name: _configured(inherited[name], value) for name, value in effective_security(setting, modern).items()}


def effective_security(setting: Any, modern: bool = False) -> dict[str, Value]:
    """The three policies in effect."""
    if has_mac_management(setting):
        return {field.name: word(getattr(setting.macManagementPolicy, native(field), None)) for field in VDS_SECURITY}
    legacy = None if modern else getattr(setting, "securityPolicy", None)
    return {field.name: word(getattr(getattr(legacy, native(field), None), "value", None)) for field in VDS_SECURITY}


def _configured(inherited: bool | None, value: Value) -> Value:
    """None where the server does not tell whether it is inherited, or its own value."""
    return None if inherited is None else INHERIT if inherited else value


def _inherits(setting: Any, key: str) -> bool | None:
    """The deprecated policy has a flag of its own and one for each field; the field's says more."""
    legacy = getattr(setting, "securityPolicy", None)
    policy = getattr(legacy, key, None)
    inherited: bool | None = getattr(legacy if policy is None else policy, "inherited", None)
    return inherited


def learning(setting: Any, modern: bool = False) -> dict[str, Value]:
    """MAC learning as it is configured. Empty where the switch has none; None for what the server does not tell.

    Learning that is off is told without the rest: vCenter 8.0.1 leaves C(limit) and the others unset then.
    """
    policy, whole = _learning_of(setting), getattr(setting, "macManagementPolicy", None)
    if policy is None and not modern:
        return {}
    # "Any set property in the subclass will be ignored" where the whole of the MAC management is inherited.
    flags = [getattr(each, "inherited", None) for each in (whole, policy)]
    if True in flags:
        return dict.fromkeys(LEARNING_NAMES, INHERIT)
    return dict.fromkeys(LEARNING_NAMES) if None in flags else effective_learning(setting, modern)


def effective_learning(setting: Any, modern: bool = False) -> dict[str, Value]:
    """MAC learning in effect. Empty where the switch has none; None for what the server does not tell."""
    policy = _learning_of(setting)
    if policy is None and not modern:
        return {}
    found: dict[str, Value] = {}
    for field in MAC_LEARNING:
        value = getattr(policy, native(field), None)
        if value is None or value == "":
            found[field.name] = None
        else:
            # Read back as DROP or drop, by version and by who wrote it.
            found[field.name] = str(value).lower() if field.type == "enum" else bool(value) if field.type == "bool" else int(value)
    return found


def _learning_of(setting: Any) -> Any:
    return getattr(getattr(setting, "macManagementPolicy", None), "macLearningPolicy", None)


def _vlan(spec: Any) -> str | None:
    """The three types of the API are told apart by their attributes."""
    pvlan = getattr(spec, "pvlanId", None)
    if pvlan is not None:
        return f"{PVLAN} {int(pvlan)}"
    ids = getattr(spec, "vlanId", None)
    if isinstance(ids, (list, tuple)):
        # A trunk has at least one range; an array that is not told comes without elements.
        return trunk_text((int(each.start), int(each.end)) for each in ids) if ids else None
    return None if ids is None else str(int(ids))


# The twin is expand.WIRES. What has a flag of inheritance for several fields is no row of these: security and MAC learning.
WIRES: Mapping[str, Callable[[Any], Value]] = {"vlan": _vlan, "bool_policy": lambda policy: getattr(policy, "value", None)}


def policies(*kinds: Kind) -> list[Field]:
    """The fields, of some kinds or of groups and ports, each of which is a policy of a port setting by itself; without security and MAC learning."""
    found = {field.name: field for kind in kinds or (VDS_PORTGROUP, VDS_PORT) for field in kind.fields.values() if wire(field) in WIRES}
    return list(found.values())


def setting_fields(setting: Any, modern: bool = False, kind: Kind = VDS_PORTGROUP) -> dict[str, Value]:
    """What a group's default setting or a port's setting has."""
    found: dict[str, Value] = {}
    for field in policies(kind):
        policy = getattr(setting, native(field), None)
        found[field.name] = _configured(getattr(policy, "inherited", None), WIRES[wire(field)](policy))
    return {**found, **security(setting, modern), **learning(setting, modern)}


def effective_fields(setting: Any, modern: bool = False) -> dict[str, Value]:
    """What is in effect by a setting, of a port or of what is above it."""
    found = {field.name: WIRES[wire(field)](getattr(setting, native(field), None)) for field in policies()}
    return {**found, **effective_security(setting, modern), **effective_learning(setting, modern)}


def group(config: Any, modern: bool = False) -> dict[str, Value]:
    """The fields of a group, from its C(config)."""
    flags = config.policy
    return {
        **setting_fields(config.defaultPortConfig, modern),
        "ports": None if config.numPorts is None else int(config.numPorts),
        "binding": None if config.type is None else _BINDING_OF.get(str(config.type), str(config.type)),
        "auto_expand": bool(config.autoExpand),
        # Older versions lack some of them.
        **{field.name: None if flags is None else bool(getattr(flags, native(field), None)) for field in PORT_POLICY},
    }


def port(config: Any, modern: bool = False) -> dict[str, Value]:
    """The fields of a port, from its C(config)."""
    return setting_fields(config.setting, modern, VDS_PORT)


def other_overrides(setting: Any) -> list[str]:
    """What else a port overrides, in the API's words."""
    managed = [native(field) for field in policies()]
    return [name for name in _POLICIES if name not in managed and not getattr(getattr(setting, name, None), "inherited", True)]


def switch(config: Any, modern: bool = False) -> dict[str, Value]:
    """The fields of a switch. There is nothing above it, so that nothing is inherited."""
    return {**effective_security(config.defaultPortConfig, modern), **effective_learning(config.defaultPortConfig, modern)}


def in_effect(configured: Fields, parent: Mapping[str, Value]) -> dict[str, Value]:
    """What is in effect where C(configured) holds below C(parent)."""
    return {name: parent.get(name) if value == INHERIT else value for name, value in configured.items()}
