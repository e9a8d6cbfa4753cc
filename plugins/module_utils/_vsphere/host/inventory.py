# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What is there: all hosts with their places by one read, and the network of those that are meant by another, whatever their number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreadableError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import kinds
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import PORTGROUP, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Key, State
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host import flatten, places
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import HostPlace, HostSelection
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import Found, Gap, why

_SYSTEM = "configManager.networkSystem"
_CONNECTION = "runtime.connectionState"
# The kinds of objects of a host, and where they are.
NETWORK = {kinds.VSWITCH: "config.network.vswitch", kinds.PORTGROUP: "config.network.portgroup"}
_STATE = ("name", _CONNECTION)
# The host's own virtual adapters and what they carry, for whatever could cut them off.
INTERFACES = ("config.network.vnic", "config.virtualNicManagerInfo.netConfig")
# The physical adapters with their links, and the distributed switches that have some of them.
ADAPTERS = ("config.network.pnic", "config.network.proxySwitch")


@dataclass
class Host:
    """One host as read. Nothing here is changed later; a new read makes new objects."""

    ref: Any
    name: str
    datacenter: str
    cluster: str | None
    # connected, disconnected or notResponding, as HostSystemConnectionState; empty if it is not known.
    connection: str = "connected"
    # Whether the rest was read too.
    read: bool = False
    network_system: Any = None
    # ("vswitch", NAME) and ("portgroup", NAME) with the fields of the table.
    state: State = field(default_factory=dict)
    # The specifications from which C(state) was made, by the same keys, to be sent back with changes.
    specs: dict[Key, Any] = field(default_factory=dict)
    # The policies in effect of each port group, as the host says: {"VM Network": {"promiscuous": "reject", ...}}.
    computed: dict[str, dict[str, str | None]] = field(default_factory=dict)
    # The ports that are in use of each port group, counted by kind (virtualMachine, host, systemManagement, unknown).
    ports: dict[str, dict[str, int]] = field(default_factory=dict)
    # What else was asked for, by property path, as objects of the API; a path that is not known is not there.
    extra: dict[str, Any] = field(default_factory=dict)
    # Why properties that were asked for are not known.
    gaps: dict[str, Gap] = field(default_factory=dict)
    # The datacenter's reference, None where it is not known; and what of its place is not known, in words.
    center: Any = None
    remarks: tuple[str, ...] = ()

    @property
    def why_unreachable(self) -> str:
        """A sentence's end that says why vCenter can't reach it now; empty if it can."""
        return {
            "disconnected": "it is disconnected from vCenter; connect it and run the task again",
            "notResponding": "it does not respond to vCenter; bring it back and run the task again",
        }.get(self.connection, "")

    def why_unreadable(self, *paths: str) -> str:
        """A sentence's end that says what of a host that can be reached is not known: of these properties, or of all that were read."""
        if not self.read and self.connection == "connected":
            return "it is not in the inventory any more"
        return why(self.gaps, paths or list(self.gaps))


class Inventory:
    """Reads hosts through a Client. C(extra) are further property paths of HostSystem to read with the network."""

    def __init__(self, client: Client, extra: Sequence[str] = (), writes: bool = True) -> None:
        self._client = client
        self._paths = (*((_SYSTEM,) if writes else ()), *extra)

    def select(self, selection: HostSelection) -> list[Host]:
        """The hosts meant, for a module that writes: UnreadableError where others may be meant too that can't be seen. See C(survey)."""
        hosts, doubts = self.survey(selection)
        if doubts:
            raise UnreadableError(places.refusal(selection, doubts))
        return hosts

    def survey(self, selection: HostSelection) -> tuple[list[Host], list[str]]:
        """The hosts meant, in the order of the selection, with their places and state but without their network: one read of the whole
        inventory's names. And in words, who else may be meant and can't be seen. Raises InputError for unknown and ambiguous names."""
        hosts, there = self._everywhere(count=not selection.names)
        doubts = list(there.doubts())
        try:
            chosen = selection.choose([HostPlace(host.name, host.datacenter, host.cluster) for host in hosts])
        except InputError as error:
            reasons = [f"{name}: its name can't be read: {text}" for name, text in places.others(there.found).items()] + [doubt.text for doubt in doubts]
            if not reasons:
                raise
            raise UnreadableError(f"{error.message.rstrip('.')}, among what can be read: {reasons[0]}.") from error
        return [hosts[number] for number in chosen], [doubt.text for doubt in doubts if doubt.concerns(selection)]

    def everywhere(self) -> list[Host]:
        """All hosts, sorted by name, with their places and state: one read."""
        return self._everywhere(count=False)[0]

    def _everywhere(self, count: bool) -> tuple[list[Host], places.Places]:
        paths, hops = places.question(_STATE, count)
        root = self._client.content.rootFolder
        there = places.Places(root, list(self._client.retrieve([root], paths, hops, what="reading the hosts", page=1000)))
        hosts = [
            Host(each.ref, each.name, spot.datacenter, spot.cluster, _connection(each), gaps=dict(each.gaps), center=spot.center, remarks=spot.remarks)
            for each, spot in there.hosts()
        ]
        return sorted(hosts, key=lambda host: (host.name, host.datacenter)), there

    def networks(self, hosts: Sequence[Host], kinds: Sequence[str] = tuple(NETWORK)) -> list[Host]:
        """The same hosts, read anew with their standard switches and port groups: one read for all of them. A host that has gone is left out, and a
        host that is not connected has none. With C(kinds) only these kinds of objects are read.
        """
        if not hosts:
            return []
        paths = {dep.vim.HostSystem: [*_STATE, *(NETWORK[kind] for kind in kinds), *self._paths]}
        known = {host.ref: host for host in hosts}
        read: dict[Any, Host] = {}
        for each in self._client.retrieve([host.ref for host in hosts], paths, what="reading the networks of the hosts"):
            if not each.gone:
                read[each.ref] = _with_network(known[each.ref], each, self._paths)
        return [read[host.ref] for host in hosts if host.ref in read]


def _connection(host: Found) -> str:
    return str(host.either(_CONNECTION, ""))


def _with_network(place: Host, found: Found, extra: Sequence[str]) -> Host:
    host = Host(
        place.ref,
        place.name,
        place.datacenter,
        place.cluster,
        _connection(found),
        True,
        found.either(_SYSTEM, None),
        gaps=dict(found.gaps),
        center=place.center,
        remarks=place.remarks,
    )
    for name, item in flatten.by_name(found.either(NETWORK[kinds.VSWITCH], ()), VSWITCH).items():
        host.state[kinds.VSWITCH, name] = flatten.vswitch(item)
        host.specs[kinds.VSWITCH, name] = item.spec
    for name, item in flatten.by_name(found.either(NETWORK[kinds.PORTGROUP], ()), PORTGROUP).items():
        host.state[kinds.PORTGROUP, name] = flatten.portgroup(item)
        host.specs[kinds.PORTGROUP, name] = item.spec
        host.computed[name] = flatten.computed(item)
        host.ports[name] = dict(Counter(str(port.type) for port in item.port or ()))
    host.extra = {path: found.props[path] for path in extra if path in found.props}
    return host
