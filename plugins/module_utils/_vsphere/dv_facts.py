# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What is known of a distributed switch beside the fields of its objects, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Dict, Mapping, Optional, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields, Key, Value

VDS, GROUP, PORT = "vds", "vds_portgroup", "vds_port"


@dataclass(frozen=True)
class DvScope:
    """What is to be read: one switch, the names of its groups, and all of the groups that are meant."""

    vds: str
    datacenter: Optional[str] = None
    # Names and patterns of the groups that are meant. Those of the ports that are meant are read too.
    names: Tuple[str, ...] = ()
    globs: Tuple[str, ...] = ()
    # The machines on each group too.
    machines: bool = False
    # The hosts' own adapters too, for the management guard.
    adapters: bool = False
    # The ports of this group, those with these keys, or those of both; None: no ports.
    port_group: Optional[str] = None
    port_keys: Optional[Tuple[str, ...]] = None
    # All ports, or those of the group, to which something is connected.
    connected: bool = False
    # All ports, whatever is connected to them.
    all_ports: bool = False

    def means(self, group: str) -> bool:
        """Whether all of the group is to be read."""
        return group in self.names or group == self.port_group or any(fnmatchcase(group, glob) for glob in self.globs)

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
    # Names of the machines on it, and of those among them that run.
    vms: Tuple[str, ...] = ()
    running: Tuple[str, ...] = ()


@dataclass(frozen=True)
class PortFacts:
    """A port. C(connected) is the name of the machine or host whose adapter is on it, C(entity) the server's own name for that."""

    key: str
    group: str
    effective: Mapping[str, Value]
    connected: str = ""
    entity: str = ""
    running: bool = False
    # Whether what is connected is an adapter of a host itself.
    host: bool = False
    # Overrides that this collection does not manage, in the API's words.
    other_overrides: Tuple[str, ...] = ()


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
    pvlans: Tuple[int, ...] = ()
    groups: Dict[str, GroupFacts] = field(default_factory=dict)
    ports: Dict[str, PortFacts] = field(default_factory=dict)

    def group_key(self, name: str) -> Key:
        """The key of a group's state."""
        return (GROUP, self.name, name)

    def port_key(self, key: str) -> Key:
        """The key of a port's state."""
        return (PORT, self.name, key)

    def special(self, name: str) -> Optional[str]:
        """Why a group is none that is managed here."""
        facts = self.groups[name]
        if facts.uplink:
            return "it is the uplink group of the switch, through which the hosts reach the network"
        return "NSX backs it, and NSX alone sets its policies" if facts.nsx else None
