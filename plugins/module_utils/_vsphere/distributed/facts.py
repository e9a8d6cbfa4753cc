# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What is known of a distributed switch beside the fields of its objects, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreadableError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import VDS_PORT, VDS_PORTGROUP
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields, Key, Value


@dataclass(frozen=True)
class DvScope:
    """What is to be read: one switch, the names of its groups, and all of the groups that are meant."""

    vds: str
    datacenter: str | None = None
    # Names and patterns of the groups that are meant. Those of the ports that are meant are read too.
    names: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    # The machines on each group too.
    machines: bool = False
    # The hosts' own adapters too, for the management guard.
    adapters: bool = False
    # The ports of this group, those with these keys, or those of both; None: no ports.
    port_group: str | None = None
    port_keys: tuple[str, ...] | None = None
    # All ports, or those of the group, to which something is connected.
    connected: bool = False
    # All ports, whatever is connected to them.
    all_ports: bool = False

    def means(self, group: str) -> bool:
        """Whether all of the group is to be read."""
        return group in self.names or group == self.port_group or group in self.globs or any(fnmatchcase(group, glob) for glob in self.globs)

    @property
    def ports(self) -> bool:
        """Whether ports are to be read."""
        return self.port_group is not None or self.port_keys is not None or self.connected or self.all_ports


@dataclass(frozen=True)
class GroupFacts:
    """A port group."""

    name: str
    uplink: bool
    nsx: bool
    # In effect, whether its own or inherited; empty if the group is none that is meant.
    effective: Mapping[str, Value]
    # Names of the machines on it, of those among them that run, and in words what is not known of them.
    vms: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    vms_unknown: str = ""
    # Why its configuration is not known, as the end of a sentence; what it is is not known then.
    unread: str = ""


@dataclass(frozen=True)
class PortFacts:
    """A port. C(connected) is the name of the machine or host whose adapter is on it, C(entity) the server's own name for that."""

    key: str
    group: str
    effective: Mapping[str, Value]
    connected: str = ""
    entity: str = ""
    running: bool = False
    # Whether what is connected is an adapter of a host itself; None if that is not known.
    host: bool | None = False
    # Overrides that this collection does not manage, in the API's words.
    other_overrides: tuple[str, ...] = ()
    # What of the one that is connected is not known, in words.
    doubt: str = ""


@dataclass(frozen=True)
class SwitchFacts:
    """A distributed switch with its groups, by name, and the ports that were asked for, by key."""

    name: str
    datacenter: str
    version: str
    # Whether it has macManagementPolicy, and MAC learning with it.
    mac_management: bool
    effective: Fields
    # Secondary identifiers that its private VLANs have.
    pvlans: tuple[int, ...] = ()
    groups: dict[str, GroupFacts] = field(default_factory=dict)
    ports: dict[str, PortFacts] = field(default_factory=dict)
    # Groups whose names are not known, by the server's own name for them, and ports that can't be read, by key, each with the reason.
    nameless: dict[str, str] = field(default_factory=dict)
    unread_ports: dict[str, str] = field(default_factory=dict)

    def group_key(self, name: str) -> Key:
        """The key of a group's state."""
        return (VDS_PORTGROUP, self.name, name)

    def port_key(self, key: str) -> Key:
        """The key of a port's state."""
        return (VDS_PORT, self.name, key)

    def special(self, name: str) -> str | None:
        """Why a group is none that is managed here."""
        facts = self.groups[name]
        if facts.unread:
            return None
        if facts.uplink:
            return "it is the uplink group of the switch, through which the hosts reach the network"
        return "NSX backs it, and NSX alone sets its policies" if facts.nsx else None

    def must_be_read(self, name: str) -> None:
        """UnreadableError unless all is known of a group that is there, or that is not there."""
        unread = self.groups[name].unread if name in self.groups else ""
        if unread:
            raise UnreadableError(f"port group {name} of {self.name}: {unread}.")
        if name not in self.groups:
            self.must_be_all(f"port group {name}")

    def must_be_gone(self, name: str, moid: str) -> None:
        """UnreadableError where a group that was deleted is listed, and it is not known what of it is there."""
        unread = self.nameless.get(moid, "") or (self.groups[name].unread if name in self.groups else "")
        if unread:
            raise UnreadableError(f"port group {name} of {self.name}: whether it is gone is not known: {unread}.")

    @property
    def first_unread(self) -> str:
        """Why groups are not known: of the first one of them, as C(NAME: reason); empty if all are."""
        reasons = {**{name: group.unread for name, group in self.groups.items() if group.unread}, **self.nameless}
        return next((f"{name}: {reason}" for name, reason in reasons.items()), "")

    def must_be_all(self, what: str) -> None:
        """UnreadableError if there are groups of which it is not known whether C(what) means them."""
        for moid, reason in self.nameless.items():
            raise UnreadableError(f"{what}: whether it means the port group {moid} of {self.name} is not known: {reason}.")
