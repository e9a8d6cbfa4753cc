# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Reads distributed switches, their groups, ports and who is on them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreadableError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import VDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Key, State
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import flatten
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.adapters import HOST_PATHS, Adapters, adapters_of
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import DvScope, GroupFacts, PortFacts, SwitchFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.machines import POWER, OnGroup, on_groups, runs
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import close
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Hop
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import HIDDEN, Found, moid, unseen

_PAGE = 1000
_NSX = "nsx"
# DistributedVirtualSwitchPortConnectee.type of what hosts have themselves.
_HOST_KINDS = ("hostConsoleVnic", "hostVmkVnic", "pnic")
_WHAT_PATHS = ("config.key", "config.uplink", "config.backingType")


class SwitchPlace(NamedTuple):
    """A switch and where it is: the name and the reference of its datacenter."""

    ref: Any
    name: str
    datacenter: str
    center: Any = None


@dataclass
class ReadSwitch:
    """One switch as read. Nothing here is changed later; a new read makes new objects."""

    place: SwitchPlace
    config: Any
    facts: SwitchFacts
    state: State = field(default_factory=dict)
    # All groups whose names are known, by reference; and their keys, by name.
    names: dict[Any, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    # The objects of the API by the keys of the state: the groups that were read whole, and ports.
    groups: dict[Key, Any] = field(default_factory=dict)
    configs: dict[Key, Any] = field(default_factory=dict)
    ports: dict[Key, Any] = field(default_factory=dict)
    # Groups on which adapters of hosts are.
    adapters: Adapters = Adapters({})

    def unread(self) -> dict[str, str]:
        """All groups of which not all is known, by name or the server's own, with the reason."""
        return {**{name: group.unread for name, group in self.facts.groups.items() if group.unread}, **self.facts.nameless}


class DvInventory:
    """Reads through a Client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, scope: DvScope) -> tuple[SwitchPlace, str]:
        """The switch of that name; and in words, what may hide another one of the same name. InputError for an unknown name, with close ones, and for one
        that two datacenters have; UnreadableError for one that is not found where not all can be seen."""
        if not self._client.is_vcenter:
            raise InputError(f"vds: distributed switches are changed through their vCenter, and {self._client.server} is an ESXi host; connect to the vCenter.")
        places, doubts = self.switches()
        try:
            return _one(scope, places), doubts[0] if doubts and scope.datacenter is None else ""
        except InputError as error:
            if not doubts:
                raise
            raise UnreadableError(f"{error.message.rstrip('.')}, among what can be read: {doubts[0]}.") from error

    def switches(self) -> tuple[list[SwitchPlace], list[str]]:
        """All distributed switches, by one read; and in words, what may hide others."""
        vim, root = dep.vim, self._client.content.rootFolder
        paths = {vim.Folder: ["childEntity"], vim.Datacenter: ["name", "networkFolder"], vim.DistributedVirtualSwitch: ["name"]}
        below = ("childEntity", "networkFolder")
        hops = [Hop(vim.Folder, "childEntity", below), Hop(vim.Datacenter, "networkFolder", below)]
        found = {each.ref: each for each in self._client.retrieve([root], paths, hops, what="reading the distributed switches", page=_PAGE)}
        above = {child: each for each in found.values() for child in _children(each)}
        places, doubts = [], []
        for each in found.values():
            if isinstance(each.ref, vim.DistributedVirtualSwitch) and "name" not in each.gaps:
                center = _datacenter(each, above)
                places.append(SwitchPlace(each.ref, each.name, center.name if center else "", center.ref if center else None))
            doubts += [f"{each.name}: {each.why()}"] if each.gaps else []
        kinds = (vim.DistributedVirtualSwitch, vim.Folder, vim.Datacenter)
        hidden = [ref for each in found.values() for ref in _children(each) if isinstance(ref, kinds) and ref not in found]
        doubts += [f"{moid(ref)}: {HIDDEN}" for ref in hidden]
        return sorted(places, key=lambda place: (place.name, place.datacenter)), doubts

    def read(self, place: SwitchPlace, scope: DvScope) -> ReadSwitch:
        """The switch and the names of its groups, by one read; the ports of the scope, by a second; the groups that are meant, by one more.

        A group takes some milliseconds to read, and a switch may have thousands. UnreadableError if the switch itself can't be read; of groups and
        ports that can't be the facts say why.
        """
        vim, group = dep.vim, dep.vim.dvs.DistributedVirtualPortgroup
        paths = {vim.DistributedVirtualSwitch: ("config", "capability", "portgroup"), group: ("name", *_WHAT_PATHS)}
        what = f"reading the distributed switch {place.name}"
        found = list(self._client.retrieve([place.ref], paths, [Hop(vim.DistributedVirtualSwitch, "portgroup")], what=what, page=_PAGE))
        switch = _assemble(place, found)
        ports = self._fetch(switch, scope)
        keys = {str(port.portgroupKey) for port in ports}
        meant = {ref: name for ref, name in switch.names.items() if scope.means(name) or switch.keys.get(name) in keys}
        if meant:
            self._groups(switch, meant, scope)
        self._ports(switch, ports)
        return switch

    def _groups(self, switch: ReadSwitch, meant: Mapping[Any, str], scope: DvScope) -> None:
        vim, group = dep.vim, dep.vim.dvs.DistributedVirtualPortgroup
        paths: dict[Any, Sequence[str]] = {group: ("config", *(("vm",) if scope.machines else ()), *(("host",) if scope.adapters else ()))}
        hops = []
        if scope.machines:
            paths[vim.VirtualMachine] = ("name", POWER)
            hops.append(Hop(group, "vm"))
        if scope.adapters:
            paths[vim.HostSystem] = HOST_PATHS
            hops.append(Hop(group, "host"))
        found = {each.ref: each for each in self._client.retrieve(list(meant), paths, hops, what=f"reading the port groups of {switch.place.name}", page=_PAGE)}
        machines = on_groups(found.values()) if scope.machines else {}
        for ref, name in meant.items():
            _take(switch, name, found.get(ref), machines.get(ref, OnGroup()))
        if scope.adapters:
            switch.adapters = adapters_of(list(found.values()), {key: name for name, key in switch.keys.items()})

    def _fetch(self, switch: ReadSwitch, scope: DvScope) -> list[Any]:
        criteria = dep.vim.dvs.PortCriteria()
        if scope.port_group is not None:
            if not switch.keys.get(scope.port_group):
                return []
            criteria.portgroupKey, criteria.inside = [switch.keys[scope.port_group]], True
        if scope.port_keys is not None:
            criteria.portKey = list(scope.port_keys)
        if scope.connected:
            criteria.connected = True
        if not scope.ports:
            return []
        return list(self._client.call(switch.place.ref.FetchDVPorts, criteria, what=f"reading the ports of {switch.place.name}") or ())

    def _ports(self, switch: ReadSwitch, ports: Sequence[Any]) -> None:
        found = self._connected({entity for entity in (getattr(port.connectee, "connectedEntity", None) for port in ports) if entity is not None})
        groups, modern = {key: name for name, key in switch.keys.items() if key}, switch.facts.mac_management
        for port in ports:
            if getattr(port.config, "setting", None) is None:
                switch.facts.unread_ports[str(port.key)] = "the server does not tell its setting; run the task again"
                continue
            key = switch.facts.port_key(str(port.key))
            switch.ports[key] = port
            switch.state[key] = flatten.port(port.config, modern)
            who = _who(port.connectee, found)
            switch.facts.ports[str(port.key)] = PortFacts(
                str(port.key),
                groups.get(str(port.portgroupKey), ""),
                flatten.effective_fields(port.config.setting, modern),
                who.name,
                who.entity,
                who.running,
                who.host,
                tuple(flatten.other_overrides(port.config.setting)),
                who.doubt,
            )

    def _connected(self, refs: Iterable[Any]) -> dict[Any, Found]:
        entities = list(refs)
        if not entities:
            return {}
        paths = {dep.vim.VirtualMachine: ["name", POWER], dep.vim.HostSystem: ["name"]}
        return {each.ref: each for each in self._client.retrieve(entities, paths, what="reading what is connected to the ports", page=_PAGE)}


def _one(scope: DvScope, places: Sequence[SwitchPlace]) -> SwitchPlace:
    within = [place for place in places if scope.datacenter in (None, place.datacenter)]
    if scope.datacenter is not None and not within:
        where = {place.datacenter for place in places}
        raise InputError(f"datacenter: there is no datacenter {scope.datacenter} with a distributed switch{close(scope.datacenter, where)}.")
    found = [place for place in within if place.name == scope.vds]
    if not found:
        raise InputError(f"vds: there is no distributed switch {scope.vds}{close(scope.vds, [place.name for place in within])}.")
    if len(found) > 1:
        where_all = " and in ".join(sorted(place.datacenter for place in found))
        raise InputError(f"vds: there is a distributed switch {scope.vds} in {where_all}; set datacenter too.")
    return found[0]


def _children(each: Found) -> list[Any]:
    folder = each.either("networkFolder", None)
    return [*each.either("childEntity", ()), *(() if folder is None else (folder,))]


def _datacenter(each: Found, above: Mapping[Any, Found]) -> Found | None:
    up: Found | None = each
    while up is not None and not isinstance(up.ref, dep.vim.Datacenter):
        up = above.get(up.ref)
    return up


def _assemble(place: SwitchPlace, found: Sequence[Found]) -> ReadSwitch:
    vim = dep.vim
    own = next((each for each in found if isinstance(each.ref, vim.DistributedVirtualSwitch)), None)
    if own is None:
        raise UnreadableError(f"{place.name}: it is not there any more, or {HIDDEN}.")
    if own.gaps:
        raise UnreadableError(f"{place.name}: {own.why()}.")
    config = own.value("config")
    modern = _mac_management(config, own.value("capability"))
    facts = SwitchFacts(
        place.name,
        place.datacenter,
        str(getattr(config.productInfo, "version", "")),
        modern,
        flatten.effective_fields(config.defaultPortConfig, modern),
        tuple(sorted(int(each.secondaryVlanId) for each in getattr(config, "pvlanConfig", None) or ())),
        {},
        {},
    )
    switch = ReadSwitch(place, config, facts, {(VDS, place.name): flatten.switch(config, modern)})
    for each in found:
        if isinstance(each.ref, vim.dvs.DistributedVirtualPortgroup):
            _name(switch, each)
    facts.nameless.update({name: HIDDEN for name in unseen(own.value("portgroup"), [each.ref for each in found])})
    return switch


def _name(switch: ReadSwitch, group: Found) -> None:
    """Its name, and what kind of group it is."""
    if "name" in group.gaps:
        switch.facts.nameless[moid(group.ref)] = group.why("name")
        return
    name = group.name
    switch.names[group.ref], switch.keys[name] = name, str(group.either("config.key", ""))
    nsx = str(group.either("config.backingType", "")) == _NSX
    switch.facts.groups[name] = GroupFacts(name, _uplink(group, switch.config), nsx, {}, unread=group.why())


def _take(switch: ReadSwitch, name: str, found: Found | None, machines: OnGroup) -> None:
    """A group that was read whole, or why it was not."""
    facts = switch.facts.groups[name]
    unread = facts.unread or ("it is not there any more" if found is None else found.why("config"))
    config: Any = found.either("config", None) if found is not None else None
    if config is not None and config.defaultPortConfig is None:
        unread = unread or "the server does not tell its config.defaultPortConfig; run the task again"
    if found is None or unread:
        switch.facts.groups[name] = replace(facts, unread=unread)
        return
    key, modern = switch.facts.group_key(name), switch.facts.mac_management
    switch.groups[key], switch.configs[key], switch.state[key] = found.ref, config, flatten.group(config, modern)
    switch.facts.groups[name] = replace(
        facts, effective=flatten.effective_fields(config.defaultPortConfig, modern), vms=machines.names, running=machines.running, vms_unknown=machines.unknown
    )


class Who(NamedTuple):
    """What is connected to a port, as PortFacts has it: what is not known may run."""

    name: str = ""
    entity: str = ""
    running: bool = False
    host: bool | None = False
    doubt: str = ""


def _who(connectee: Any, found: Mapping[Any, Found]) -> Who:
    """A port without a connectee is empty; with one that the server does not name, something is there all the same."""
    if connectee is None:
        return Who()
    entity, kind = getattr(connectee, "connectedEntity", None), str(getattr(connectee, "type", None) or "")
    host = True if kind in _HOST_KINDS or isinstance(entity, dep.vim.HostSystem) else False if kind or entity is not None else None
    if entity is None:
        return Who(running=True, host=host, doubt="the server does not tell what it is; run the task again")
    if entity not in found:
        return Who("", str(entity), True, host, f"{moid(entity)}: {HIDDEN}")
    each = found[entity]
    doubt = f"{each.name}: {each.why()}" if each.gaps else ""
    return Who("" if "name" in each.gaps else each.name, str(entity), runs(each) or POWER in each.gaps, host, doubt)


def _mac_management(config: Any, capability: Any) -> bool:
    """DVSFeatureCapability.macLearningSupported, which is of vSphere API 6.7 as the policy itself: a server that says so does not lack the policy where it
    shows none. One that says nothing has it if it shows it."""
    supported = getattr(getattr(capability, "featuresSupported", None), "macLearningSupported", None)
    return flatten.has_mac_management(config.defaultPortConfig) if supported is None else bool(supported)


def _uplink(group: Found, config: Any) -> bool:
    """C(config.uplink) is not set by every version, but the switch always knows its uplink groups."""
    return bool(group.either("config.uplink", None)) or group.ref in (getattr(config, "uplinkPortgroup", None) or ())
