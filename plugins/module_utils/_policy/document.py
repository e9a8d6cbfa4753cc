# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The policy document: switches, their port groups and ports. One form for every backend. Pure."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import VDS, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.level import LEVEL
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import Level

BRIDGE = "bridge"
KINDS = (BRIDGE, VSWITCH, VDS)


class PortItem(NamedTuple):
    """A port that is named."""

    name: str
    level: Level
    # Each is text, or a dictionary of address and shared.
    macs: Sequence[Any] | None
    addresses: Sequence[Any] | None


class GuestItem(NamedTuple):
    """One network adapter of a guest, wherever it is plugged in."""

    # Of the guest, to tell it by.
    name: str
    level: Level
    # As those of a port.
    macs: Sequence[Any] | None
    addresses: Sequence[Any] | None
    # The device that the adapter is given each time it starts; None where its address tells the device.
    port: str | None = None


class Group(NamedTuple):
    """A port group. The ports that a switch names itself are in one without a name."""

    name: str
    level: Level
    match: tuple[str, ...]
    quarantine: bool | None
    ports: tuple[PortItem, ...]
    guests: tuple[GuestItem, ...] = ()


class Switch(NamedTuple):
    """One switch of the document."""

    name: str
    level: Level
    groups: tuple[Group, ...]
    # One of KINDS; None where each backend decides by what is there.
    kind: str | None = None


def spec() -> dict[str, Any]:
    """The option C(switches)."""
    port: dict[str, Any] = {
        "name": {"type": "str", "required": True},
        "macs": {"type": "list", "elements": "raw"},
        "addresses": {"type": "list", "elements": "raw"},
        **LEVEL,
    }
    ports = {"type": "list", "elements": "dict", "options": port}
    guest = {**port, "port": {"type": "str"}}
    group: dict[str, Any] = {
        "name": {"type": "str", "required": True},
        "match": {"type": "list", "elements": "str"},
        "quarantine": {"type": "bool"},
        "ports": ports,
        "guests": {"type": "list", "elements": "dict", "options": guest, "required_one_of": [["macs", "port"]]},
        **LEVEL,
    }
    switch: dict[str, Any] = {
        "name": {"type": "str", "required": True},
        "kind": {"type": "str", "choices": list(KINDS)},
        "port_groups": {"type": "list", "elements": "dict", "options": group},
        "ports": ports,
        **LEVEL,
    }
    return {"type": "list", "elements": "dict", "required": True, "options": switch}


def read(items: Sequence[Mapping[str, Any]], kinds: Sequence[str]) -> tuple[list[Switch], list[str]]:
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
    _once([guest.name for group in groups for guest in group.guests], f"switch {name}", "the guest")
    return Switch(name, Level.of(f"switch {name}", item), tuple(groups), item.get("kind"))


def _group(item: Mapping[str, Any], switch: str) -> Group:
    name = str(item["name"])
    level = Level.of(f"port group {name} of {switch}", item)
    ports, guests = tuple(map(_port, item.get("ports") or [])), tuple(map(_guest, item.get("guests") or []))
    return Group(name, level, tuple(item.get("match") or ()), item.get("quarantine"), ports, guests)


def _port(item: Mapping[str, Any]) -> PortItem:
    return PortItem(*_addressed("port", item))


def _guest(item: Mapping[str, Any]) -> GuestItem:
    name, level, macs, addresses = _addressed("guest", item)
    if not macs and not item.get("port"):
        raise InputError(f"guest {name}: nothing tells its port; add macs, by which the tap of a libvirt guest is known, or port.")
    return GuestItem(name, level, macs, addresses, item.get("port") or None)


def _addressed(kind: str, item: Mapping[str, Any]) -> tuple[str, Level, Sequence[Any] | None, Sequence[Any] | None]:
    label = f"{kind} {item['name']}"
    for word in ("macs", "addresses"):
        for each in item.get(word) or ():
            normalize.address_item(each, f"{label}: {word}")
    return str(item["name"]), Level.of(label, item), item.get("macs"), item.get("addresses")


def _once(names: Sequence[str], where: str, what: str) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise InputError(f"{where}: {what} {name} stands there twice; leave one out.")
