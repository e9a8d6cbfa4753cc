# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The policy document: switches, their port groups and ports. One form for every backend. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._policy import argspec, normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import VDS, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import Level

BRIDGE = "bridge"
KINDS = (BRIDGE, VSWITCH.name, VDS.name)


class PortItem(NamedTuple):
    """A port that is named."""

    name: str
    level: Level
    # Each is text, or a dictionary of address and shared.
    macs: Optional[Sequence[Any]]
    addresses: Optional[Sequence[Any]]


class Group(NamedTuple):
    """A port group. The ports that a switch names itself are in one without a name."""

    name: str
    level: Level
    match: Tuple[str, ...]
    quarantine: Optional[bool]
    ports: Tuple[PortItem, ...]


class Switch(NamedTuple):
    """One switch of the document."""

    name: str
    level: Level
    groups: Tuple[Group, ...]
    # One of KINDS; None where each backend decides by what is there.
    kind: Optional[str] = None


def spec() -> Dict[str, Any]:
    """The option C(switches)."""
    port: Dict[str, Any] = {
        "name": {"type": "str", "required": True}, "macs": {"type": "list", "elements": "raw"}, "addresses": {"type": "list", "elements": "raw"},
        **argspec.LEVEL,
    }
    ports = {"type": "list", "elements": "dict", "options": port}
    group: Dict[str, Any] = {
        "name": {"type": "str", "required": True}, "match": {"type": "list", "elements": "str"}, "quarantine": {"type": "bool"}, "ports": ports,
        **argspec.LEVEL,
    }
    switch: Dict[str, Any] = {
        "name": {"type": "str", "required": True}, "kind": {"type": "str", "choices": list(KINDS)},
        "port_groups": {"type": "list", "elements": "dict", "options": group}, "ports": ports, **argspec.LEVEL,
    }
    return {"type": "list", "elements": "dict", "required": True, "options": switch}


def read(items: Sequence[Mapping[str, Any]], kinds: Sequence[str]) -> Tuple[List[Switch], List[str]]:
    """The switches of this backend's kinds, or without a kind; and the names of the others."""
    if not items:
        raise InputError("switches: the list is empty; name at least one switch.")
    mine = [item for item in items if item.get("kind") in (None, *kinds)]
    _once([str(item["name"]) for item in items], "switches", "the switch")
    return [_switch(item) for item in mine], [str(item["name"]) for item in items if item not in mine]


def _switch(item: Mapping[str, Any]) -> Switch:
    name = str(item["name"])
    groups = [_group(each, name) for each in item.get("port_groups") or []]
    _once([group.name for group in groups], f"switch {name}", "the port group")
    if item.get("ports"):
        own = tuple(_port(each) for each in item["ports"])
        groups.append(Group("", Level("", {}, {}), (), None, own))
    _once([port.name for group in groups for port in group.ports], f"switch {name}", "the port")
    return Switch(name, Level.of(f"switch {name}", item), tuple(groups), item.get("kind"))


def _group(item: Mapping[str, Any], switch: str) -> Group:
    name = str(item["name"])
    level = Level.of(f"port group {name} of {switch}", item)
    return Group(name, level, tuple(item.get("match") or ()), item.get("quarantine"), tuple(_port(each) for each in item.get("ports") or []))


def _port(item: Mapping[str, Any]) -> PortItem:
    name = str(item["name"])
    for word in ("macs", "addresses"):
        for each in item.get(word) or ():
            normalize.address_item(each, f"port {name}: {word}")
    return PortItem(name, Level.of(f"port {name}", item), item.get("macs"), item.get("addresses"))


def _once(names: Sequence[str], where: str, what: str) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError(f"{where}: {what} {name} stands there twice; leave one out.")
