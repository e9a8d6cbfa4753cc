# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From fields to the API's objects of distributed switches; the twin of flatten.py. Pure: C(vim) is the namespace of the types.

A specification has only the policies that change, each built from a copy of what is. A required bool that is not set is sent as
false, so that a policy made of the changed fields alone would stop inheriting the others.
"""

from __future__ import annotations

from copy import copy, deepcopy
from typing import Any, Callable, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, Fields, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import flatten
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.fields import (
    BINDINGS,
    MAC_LEARNING,
    PORT_POLICY,
    VDS_PORTGROUP,
    VDS_SECURITY,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.flatten import LEARNING_NAMES, SECURITY_NAMES, native, policies, wire
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.vlan import TRUNK, pvlan_of, ranges_of

_EDIT = "edit"


def setting(vim: Any, current: Any, changes: Fields) -> Any | None:
    """The port setting that brings C(changes) about where C(current) is; None if they are about nothing in it."""
    wanted = vim.dvs.VmwareDistributedVirtualSwitch.VmwarePortConfigPolicy()
    touched = False
    for field in policies():
        if field.name in changes:
            made = WIRES[wire(field)](vim, getattr(current, native(field), None), changes[field.name])
            setattr(wanted, native(field), made)
            touched = True
    if changes.keys() & {*SECURITY_NAMES, *LEARNING_NAMES}:
        touched = True
        if flatten.has_mac_management(current):
            wanted.macManagementPolicy = _mac_management(vim, current, changes)
        else:
            wanted.securityPolicy = _legacy_security(vim, current, changes)
    return wanted if touched else None


def _mac_management(vim: Any, current: Any, changes: Fields) -> Any:
    """One flag for the three policies, and a second for MAC learning."""
    policy = deepcopy(current.macManagementPolicy)
    own = {**flatten.security(current), **changes}
    policy.inherited = _all_inherit(own, SECURITY_NAMES)
    for field in VDS_SECURITY:
        # What is not known goes back as it came.
        if own[field.name] not in (INHERIT, None):
            setattr(policy, native(field), own[field.name] == ACCEPT)
    own = _own_learning(flatten.learning(current), changes)
    if policy.macLearningPolicy is None and any(name in changes for name in LEARNING_NAMES):
        policy.macLearningPolicy = vim.dvs.VmwareDistributedVirtualSwitch.MacLearningPolicy(enabled=False)
    if policy.macLearningPolicy is not None:
        _learning(policy.macLearningPolicy, own)
    return policy


def _own_learning(have: dict[str, Value], changes: Fields) -> dict[str, Value]:
    """All of MAC learning, which is inherited as a whole: the rest goes where the changes go, and what has no value there is left to the server.

    Learning that is off is told without its other fields, so that a change may name one of them alone.
    """
    asked = {name: changes[name] for name in LEARNING_NAMES if name in changes}
    if not asked:
        return have
    if all(value == INHERIT for value in asked.values()):
        return dict.fromkeys(LEARNING_NAMES, INHERIT)
    return {name: asked.get(name, None if value == INHERIT else value) for name, value in {**dict.fromkeys(LEARNING_NAMES), **have}.items()}


def _learning(policy: Any, own: Mapping[str, Value]) -> None:
    policy.inherited = _all_inherit(own, LEARNING_NAMES)
    for field in MAC_LEARNING:
        value = own.get(field.name)
        if value is None or value == INHERIT:
            continue
        # What says the same in another spelling is sent back as it was read.
        kept = getattr(policy, native(field), None)
        if field.type != "enum" or str(kept).lower() != value:
            setattr(policy, native(field), str(value).upper() if field.type == "enum" else value)


def _all_inherit(own: Mapping[str, Value], names: Any) -> bool:
    """The API has no way to say "some of them"; whoever plans refuses that before."""
    inherited = [own.get(name) == INHERIT for name in names]
    if any(inherited) and not all(inherited):
        raise ValueError("one flag of inheritance, and the fields differ")
    return all(inherited)


def _legacy_security(vim: Any, current: Any, changes: Fields) -> Any:
    """The deprecated policy inherits each field by itself."""
    policy = deepcopy(getattr(current, "securityPolicy", None)) or vim.dvs.VmwareDistributedVirtualSwitch.SecurityPolicy()
    own = {**flatten.security(current), **changes}
    policy.inherited = all(own[name] == INHERIT for name in SECURITY_NAMES)
    for field in VDS_SECURITY:
        value = own[field.name]
        if value is None:
            continue
        setattr(policy, native(field), _bool_policy(vim, getattr(policy, native(field)), value if value == INHERIT else value == ACCEPT))
    return policy


def _bool_policy(vim: Any, current: Any, value: Value) -> Any:
    policy = deepcopy(current) or vim.BoolPolicy()
    policy.inherited = value == INHERIT
    if not policy.inherited:
        policy.value = bool(value)
    return policy


def _vlan(vim: Any, current: Any, value: Value) -> Any:
    types, text = vim.dvs.VmwareDistributedVirtualSwitch, str(value)
    if text == INHERIT:
        policy = deepcopy(current) or types.VlanIdSpec(vlanId=0)
        policy.inherited = True
        return policy
    pvlan = pvlan_of(text)
    if pvlan is not None:
        return types.PvlanSpec(inherited=False, pvlanId=pvlan)
    if text.startswith(TRUNK):
        return types.TrunkVlanSpec(inherited=False, vlanId=[vim.NumericRange(start=first, end=last) for first, last in ranges_of(text)])
    return types.VlanIdSpec(inherited=False, vlanId=int(text))


# How a policy is made of the one that there is; the twin is flatten.WIRES.
WIRES: Mapping[str, Callable[[Any, Any, Value], Any]] = {"vlan": _vlan, "bool_policy": _bool_policy}


def group_spec(vim: Any, config: Any, changes: Fields) -> Any:
    """What ReconfigureDVPortgroup_Task is to be given; C(config) is the group's as it was observed, its version included."""
    spec = vim.dvs.DistributedVirtualPortgroup.ConfigSpec(configVersion=config.configVersion)
    spec.defaultPortConfig = setting(vim, config.defaultPortConfig, changes)
    spec.policy = _port_policy(deepcopy(config.policy), changes)
    return _plain(spec, changes)


def new_group(vim: Any, name: str, parent: Any, fields: Fields) -> Any:
    """What AddDVPortgroup_Task is to be given; C(parent) is the default setting of the switch, from which the rest is inherited."""
    spec = vim.dvs.DistributedVirtualPortgroup.ConfigSpec(name=escaped(name), type=BINDINGS["static"])
    spec.defaultPortConfig = setting(vim, inheriting(parent), fields)
    # As a vCenter has it for a group without a policy of its own: port states may be blocked one by one, and nothing else.
    fresh = vim.dvs.VmwareDistributedVirtualSwitch.VMwarePortgroupPolicy(
        blockOverrideAllowed=True,
        portConfigResetAtDisconnect=True,
        shapingOverrideAllowed=False,
        vendorConfigOverrideAllowed=False,
        livePortMovingAllowed=False,
        vlanOverrideAllowed=False,
        uplinkTeamingOverrideAllowed=False,
        securityPolicyOverrideAllowed=False,
    )
    spec.policy = _port_policy(fresh, fields)
    return _plain(spec, fields)


def escaped(name: str) -> str:
    """As the inventory wants the name of an entity: "Any % (percent) character [...] must be escaped", and it escapes slashes itself."""
    return name.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")


def former_group(vim: Any, config: Any, lags: bool = False) -> Any:
    """What AddDVPortgroup_Task is to be given to make a group again that was deleted, with all that it had but its key.

    Where the switch has link aggregation groups (C(lags)) a group may show LACP of its own from before, which has no effect, and "the configurations
    of the objects are in conflict" if a specification has it.
    """
    spec = vim.dvs.DistributedVirtualPortgroup.ConfigSpec()
    for name in (
        "name",
        "numPorts",
        "portNameFormat",
        "defaultPortConfig",
        "description",
        "type",
        "scope",
        "policy",
        "vendorSpecificConfig",
        "autoExpand",
        "vmVnicNetworkResourcePoolKey",
    ):
        # Not copied: references in it hold the session, and nothing in it is changed.
        setattr(spec, name, getattr(config, name, None))
    if lags and getattr(spec.defaultPortConfig, "lacpPolicy", None) is not None:
        spec.defaultPortConfig = copy(spec.defaultPortConfig)
        spec.defaultPortConfig.lacpPolicy = None
    return spec


def has_lags(config: Any) -> bool:
    """Whether link aggregation groups have the LACP of a switch, and not its uplink ports (VMwareDVSConfigInfo.lacpApiVersion)."""
    return str(getattr(config, "lacpApiVersion", None)) == "multipleLag"


def inheriting(parent: Any) -> Any:
    """The setting of a group that has nothing of its own."""
    copied = deepcopy(parent)
    for name in (*(native(field) for field in policies()), "macManagementPolicy", "securityPolicy"):
        policy = getattr(copied, name, None)
        if policy is not None:
            policy.inherited = True
    legacy = getattr(copied, "securityPolicy", None)
    for field in VDS_SECURITY if legacy is not None else ():
        policy = getattr(legacy, native(field), None)
        if policy is not None:
            policy.inherited = True
    learning = getattr(getattr(copied, "macManagementPolicy", None), "macLearningPolicy", None)
    if learning is not None:
        learning.inherited = True
    return copied


def _port_policy(policy: Any, changes: Fields) -> Any | None:
    asked = [field for field in PORT_POLICY if field.name in changes]
    for field in asked:
        setattr(policy, native(field), changes[field.name])
    return policy if asked else None


def _plain(spec: Any, changes: Fields) -> Any:
    for field in VDS_PORTGROUP.fields.values():
        if wire(field) == "config" and field.name in changes:
            value = changes[field.name]
            setattr(spec, native(field), BINDINGS[str(value)] if field.type == "enum" else value)
    return spec


def port_spec(vim: Any, port: Any, changes: Fields) -> Any:
    """One element for ReconfigureDVPort_Task; the version is the port's own, not the switch's."""
    return vim.dvs.DistributedVirtualPort.ConfigSpec(
        operation=_EDIT, key=port.key, configVersion=port.config.configVersion, setting=setting(vim, port.config.setting, changes)
    )


def switch_spec(vim: Any, config: Any, changes: Fields) -> Any:
    """What ReconfigureDvs_Task is to be given for the default setting of a switch."""
    return vim.dvs.VmwareDistributedVirtualSwitch.ConfigSpec(
        configVersion=config.configVersion, defaultPortConfig=setting(vim, config.defaultPortConfig, changes)
    )
