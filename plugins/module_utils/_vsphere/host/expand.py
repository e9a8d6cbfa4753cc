# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From the collection's own model to specifications of the API. Pure but for the classes of pyVmomi, which are passed in as C(vim).

A specification is always the observed one with the fields changed that were asked for. What the collection does not know (teaming, shaping,
offload, properties of later versions) goes back as it came: an UpdateVirtualSwitch without C(bridge) unlinks the uplinks, and an UpdatePortGroup
without a policy inherits it.
"""

from __future__ import annotations

import copy
from typing import Any, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import PORTGROUP, VSPHERE, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, Fields, Kind, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.flatten import split

DEFAULT_PORTS = 128
DEFAULT_MTU = 1500
# What vSphere's own clients ask for: a beacon each second.
_BEACON_SECONDS = 1


def vswitch(vim: Any, spec: Any, changes: Fields, mtu: Any = None) -> Any:
    """A HostVirtualSwitchSpec: C(spec) as observed, or None for a new switch, with the changes.

    C(mtu) is the one in effect, sent where the observed spec has none, as that of ESXi 6.7 and 8.0.3: left out, a host may fall back to its
    default. What is the default stays left out.
    """
    # A shallow copy, whose parts are copied before they are changed: what was observed stays as it was.
    new = copy.copy(spec) if spec is not None else vim.host.VirtualSwitch.Specification(numPorts=DEFAULT_PORTS)
    if new.mtu is None and mtu != DEFAULT_MTU:
        new.mtu = mtu
    before = split_bridge(new.bridge)
    _write(vim, VSWITCH, new, changes)
    if "uplinks" in changes and new.policy is not None:
        _order_uplinks(new, before, split(changes["uplinks"]))
    return new


def portgroup(vim: Any, spec: Any, name: str, changes: Fields) -> Any:
    """A HostPortGroupSpec: C(spec) as observed, or None for a new group, with the changes."""
    if spec is None:
        new = vim.host.PortGroup.Specification(name=name, vlanId=0, vswitchName="", policy=vim.host.NetworkPolicy())
    else:
        new = copy.copy(spec)
    _write(vim, PORTGROUP, new, changes)
    return new


def split_bridge(bridge: Any) -> list[str]:
    """The adapters in the order in which the host has them."""
    device = getattr(bridge, "nicDevice", None)
    return [device] if isinstance(device, str) else list(device or ())


def _write(vim: Any, kind: Kind, spec: Any, changes: Fields) -> None:
    for name, value in changes.items():
        native = kind.fields[name].natives[VSPHERE]
        if native.wire == "bridge":
            spec.bridge = _bridge(vim, spec.bridge, split(value))
        elif native.wire == "policy":
            _write_policy(vim, spec, native.key.rsplit(".", 1)[1], value)
        else:
            setattr(spec, native.key, value)


def _write_policy(vim: Any, spec: Any, key: str, value: Value) -> None:
    spec.policy = copy.copy(spec.policy) if spec.policy is not None else vim.host.NetworkPolicy()
    own = spec.policy.security
    spec.policy.security = copy.copy(own) if own is not None else vim.host.NetworkPolicy.SecurityPolicy()
    setattr(spec.policy.security, key, None if value == INHERIT else value == ACCEPT)


def _bridge(vim: Any, bridge: Any, wanted: Sequence[str]) -> Any:
    """The same bridge with other adapters, which keep their order; beacon and link discovery stay."""
    if not wanted:
        return None
    have = split_bridge(bridge)
    names = [name for name in have if name in wanted] + [name for name in wanted if name not in have]
    bond = vim.host.VirtualSwitch.BondBridge
    if isinstance(bridge, bond):
        new = copy.copy(bridge)
        new.nicDevice = names
        return new
    # Simple and automatic bridges hold one adapter; a bond holds any number.
    return bond(nicDevice=names, beacon=vim.host.VirtualSwitch.BeaconConfig(interval=_BEACON_SECONDS))


def _order_uplinks(spec: Any, before: Sequence[str], wanted: Sequence[str]) -> None:
    """In the failover order too: adapters that leave go, and those that join become active, as in vSphere's own client."""
    teaming = spec.policy.nicTeaming
    order = getattr(teaming, "nicOrder", None)
    if order is None:
        return
    spec.policy, teaming, order = copy.copy(spec.policy), copy.copy(teaming), copy.copy(order)
    joining = [name for name in wanted if name not in before]
    order.activeNic = [name for name in order.activeNic or () if name in wanted and name not in joining] + joining
    order.standbyNic = [name for name in order.standbyNic or () if name in wanted and name not in joining]
    teaming.nicOrder, spec.policy.nicTeaming = order, teaming
