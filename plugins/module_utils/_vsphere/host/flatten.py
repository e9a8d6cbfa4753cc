# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From objects of the API to the collection's own model. Pure: it reads attributes and knows no class of pyVmomi.

Its twin is expand.py: what the one reads the other writes, by the same table of fields.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import PORTGROUP, VSPHERE, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, REJECT, Field, Kind, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY


def vswitch(item: Any) -> dict[str, Value]:
    """The fields of a HostVirtualSwitch."""
    fields = vswitch_fields(item.spec)
    if fields["mtu"] is None:
        # The spec may leave it to the host; the switch itself tells what came of it.
        fields["mtu"] = getattr(item, "mtu", None)
    return fields


def vswitch_fields(spec: Any) -> dict[str, Value]:
    """The fields of a HostVirtualSwitchSpec."""
    return _fields(VSWITCH, spec)


def portgroup(item: Any) -> dict[str, Value]:
    """The fields of a HostPortGroup, as configured."""
    return _fields(PORTGROUP, item.spec)


def computed(item: Any) -> dict[str, str | None]:
    """The policies in effect on a HostPortGroup, as the host computed them; None where it says nothing."""
    security = getattr(item.computedPolicy, "security", None)
    own = {name: PORTGROUP.fields[name].natives[VSPHERE].key.rsplit(".", 1)[1] for name in SECURITY}
    return {name: _word(getattr(security, key, None), None) for name, key in own.items()}


def uplinks(bridge: Any) -> str:
    """The physical adapters of a switch as one value: C(vmnic0,vmnic1). A simple or automatic bridge has one adapter."""
    device = getattr(bridge, "nicDevice", None)
    names = [device] if isinstance(device, str) else list(device or ())
    return join(names)


def join(names: Sequence[str]) -> str:
    """Names of adapters in canonical order, each once: vmnic2 before vmnic10."""
    return ",".join(sorted(dict.fromkeys(names), key=_natural))


def split(value: Value) -> list[str]:
    """The other way."""
    return str(value).split(",") if value else []


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name))


def _fields(kind: Kind, spec: Any) -> dict[str, Value]:
    return {name: _value(field, spec, kind) for name, field in kind.fields.items()}


def _value(field: Field, spec: Any, kind: Kind) -> Value:
    native = field.natives[VSPHERE]
    parent, value = None, spec
    for step in native.key.split("."):
        parent, value = value, getattr(value, step, None)
    if native.wire == "bridge":
        return uplinks(value)
    if native.wire == "policy":
        # Without the group of policies the host does not have the feature; with it, unset is inherited.
        return _word(value, INHERIT if parent is not None and kind is PORTGROUP else None)
    checked: Value = value
    return checked


def _word(value: bool | None, unset: str | None) -> str | None:
    if value is None:
        return unset
    return ACCEPT if value else REJECT


def by_name(items: Sequence[Any], kind: Kind) -> Mapping[str, Any]:
    """The objects of a host by their names."""
    return {(item.name if kind is VSWITCH else item.spec.name): item for item in items or ()}
