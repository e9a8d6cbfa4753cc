# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Reads distributed switches, their groups, ports and who is on them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Sequence, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Key, State
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere import dep, dv_flatten
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.client import Client, Found, Hop
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.dv_facts import DvScope, GroupFacts, PortFacts, SwitchFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.inventory import plain_name
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.select import close

_PAGE = 1000
_NSX = "nsx"
_NAME_PATHS = ("name", "config.key", "config.uplink", "config.backingType")
# Which of a host's own adapters are on which group, and what they are for.
_HOST_PATHS = ("name", "config.network.vnic", "config.virtualNicManagerInfo.netConfig")


class Place(NamedTuple):
    """A switch and where it is."""

    ref: Any
    name: str
    datacenter: str


@dataclass
class Switch:
    """One switch as read. Nothing here is changed later; a new read makes new objects."""

    place: Place
    config: Any
    facts: SwitchFacts
    state: State = field(default_factory=dict)
    # All groups, by reference; and their keys, by name.
    names: Dict[Any, str] = field(default_factory=dict)
    keys: Dict[str, str] = field(default_factory=dict)
    # The objects of the API by the keys of the state: the groups that were read whole, and ports.
    groups: Dict[Key, Any] = field(default_factory=dict)
    configs: Dict[Key, Any] = field(default_factory=dict)
    ports: Dict[Key, Any] = field(default_factory=dict)
    # Groups on which adapters of hosts are, with the adapters in words.
    adapters: Dict[str, List[str]] = field(default_factory=dict)


class DvInventory:
    """Reads through a Client."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def find(self, scope: DvScope) -> Place:
        """The switch of that name. InputError for an unknown name, with close ones, and for one that two datacenters have."""
        if not self._client.is_vcenter:
            raise InputError(f"vds: distributed switches are changed through their vCenter, and {self._client.server} is an ESXi host; connect to the vCenter.")
        places = self.switches()
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

    def switches(self) -> List[Place]:
        """All distributed switches, by one read."""
        vim, root = dep.vim, self._client.content.rootFolder
        paths = {kind: ["name", "parent"] for kind in (vim.Folder, vim.Datacenter, vim.DistributedVirtualSwitch)}
        below = ("childEntity", "networkFolder")
        hops = [Hop(vim.Folder, "childEntity", below), Hop(vim.Datacenter, "networkFolder", below)]
        found = {each.ref: each.props for each in self._client.retrieve([root], paths, hops, what="reading the distributed switches", page=_PAGE)}
        places = [
            Place(ref, plain_name(props["name"]), self._datacenter(ref, found))
            for ref, props in found.items() if isinstance(ref, vim.DistributedVirtualSwitch) and "name" in props
        ]
        return sorted(places, key=lambda place: (place.name, place.datacenter))

    def _datacenter(self, ref: Any, found: Mapping[Any, Mapping[str, Any]]) -> str:
        while ref is not None and ref in found:
            if isinstance(ref, dep.vim.Datacenter):
                return plain_name(found[ref]["name"])
            ref = found[ref].get("parent")
        return ""

    def read(self, place: Place, scope: DvScope) -> Switch:
        """The switch and the names of its groups, by one read; the ports of the scope, by a second; the groups that are meant, by one more.

        A group takes some milliseconds to read, and a switch may have thousands.
        """
        vim, group = dep.vim, dep.vim.dvs.DistributedVirtualPortgroup
        paths = {vim.DistributedVirtualSwitch: ("config", "capability"), group: _NAME_PATHS}
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

    def _groups(self, switch: Switch, meant: Mapping[Any, str], scope: DvScope) -> None:
        vim, group = dep.vim, dep.vim.dvs.DistributedVirtualPortgroup
        paths: Dict[Any, Sequence[str]] = {group: ("config", "vm") if scope.machines else ("config",)}
        hops = []
        if scope.machines:
            paths[vim.VirtualMachine] = ("name", "runtime.powerState")
            hops.append(Hop(group, "vm"))
        if scope.adapters:
            paths[vim.HostSystem] = _HOST_PATHS
            hops.append(Hop(group, "host"))
        found = list(self._client.retrieve(list(meant), paths, hops, what=f"reading the port groups of {switch.place.name}", page=_PAGE))
        machines = _machines(found)
        for each in found:
            if each.ref not in meant or "config" not in each.props:
                continue
            name, config = meant[each.ref], each.props["config"]
            key = switch.facts.group_key(name)
            switch.groups[key], switch.configs[key], switch.state[key] = each.ref, config, dv_flatten.group(config)
            vms, running = machines.get(each.ref, ([], []))
            effective = dv_flatten.effective_fields(config.defaultPortConfig)
            switch.facts.groups[name] = replace(switch.facts.groups[name], effective=effective, vms=tuple(vms), running=tuple(running))
        _adapters(switch, found)

    def machines(self, refs: Sequence[Any]) -> Dict[Any, Tuple[List[str], List[str]]]:
        """The machines on each of the groups, and those among them that run: one read for all groups."""
        vim, group = dep.vim, dep.vim.dvs.DistributedVirtualPortgroup
        paths = {group: ["vm"], vim.VirtualMachine: ["name", "runtime.powerState"]}
        found = list(self._client.retrieve(refs, paths, [Hop(group, "vm")], what="reading the machines of the port groups", page=_PAGE))
        return _machines(found)

    def _fetch(self, switch: Switch, scope: DvScope) -> List[Any]:
        criteria = dep.vim.dvs.PortCriteria()
        if scope.port_group is not None:
            if scope.port_group not in switch.keys:
                return []
            criteria.portgroupKey, criteria.inside = [switch.keys[scope.port_group]], True
        if scope.port_keys is not None:
            criteria.portKey = list(scope.port_keys)
        if scope.connected:
            criteria.connected = True
        if not scope.ports:
            return []
        return list(self._client.call(switch.place.ref.FetchDVPorts, criteria, what=f"reading the ports of {switch.place.name}") or ())

    def _ports(self, switch: Switch, ports: Sequence[Any]) -> None:
        names = self._connected({port.connectee.connectedEntity for port in ports if port.connectee is not None and port.connectee.connectedEntity})
        groups = {key: name for name, key in switch.keys.items()}
        for port in ports:
            key = switch.facts.port_key(str(port.key))
            switch.ports[key] = port
            switch.state[key] = dv_flatten.port(port.config)
            entity = port.connectee.connectedEntity if port.connectee is not None else None
            name, running = names.get(entity, ("", False))
            switch.facts.ports[str(port.key)] = PortFacts(
                str(port.key), groups.get(str(port.portgroupKey), ""), dv_flatten.effective_port(port.config), name, str(entity or ""), running,
                isinstance(entity, dep.vim.HostSystem), tuple(dv_flatten.other_overrides(port.config.setting)),
            )

    def _connected(self, refs: Iterable[Any]) -> Dict[Any, Tuple[str, bool]]:
        entities = list(refs)
        if not entities:
            return {}
        paths = {dep.vim.VirtualMachine: ["name", "runtime.powerState"], dep.vim.HostSystem: ["name"]}
        found = self._client.retrieve(entities, paths, what="reading what is connected to the ports", page=_PAGE)
        return {each.ref: (plain_name(each.props["name"]), _runs(each.props)) for each in found if "name" in each.props}


def _assemble(place: Place, found: Sequence[Found]) -> Switch:
    vim = dep.vim
    own = next((each.props for each in found if isinstance(each.ref, vim.DistributedVirtualSwitch) and "config" in each.props), None)
    if own is None:
        raise InputError(f"vds: the user may not read the configuration of {place.name}; give the role of the user System.Read on it.")
    config = own["config"]
    facts = SwitchFacts(
        place.name, place.datacenter, str(getattr(config.productInfo, "version", "")), _mac_management(config, own.get("capability")),
        dv_flatten.effective_fields(config.defaultPortConfig), tuple(sorted(int(each.secondaryVlanId) for each in getattr(config, "pvlanConfig", None) or ())),
        {}, {},
    )
    switch = Switch(place, config, facts, {("vds", place.name): dv_flatten.switch(config)})
    for each in found:
        if isinstance(each.ref, vim.dvs.DistributedVirtualPortgroup) and "name" in each.props:
            name = plain_name(each.props["name"])
            switch.names[each.ref], switch.keys[name] = name, str(each.props.get("config.key", ""))
            nsx = str(each.props.get("config.backingType", "")) == _NSX
            facts.groups[name] = GroupFacts(name, _uplink(each, config), nsx, {})
    return switch


def _mac_management(config: Any, capability: Any) -> bool:
    """DVSFeatureCapability.macLearningSupported; the configuration says whether the server shows the policy at all."""
    features = getattr(capability, "featuresSupported", None)
    return bool(getattr(features, "macLearningSupported", None)) and dv_flatten.has_mac_management(config.defaultPortConfig)


def _uplink(group: Found, config: Any) -> bool:
    """C(config.uplink) is not set by every version, but the switch always knows its uplink groups."""
    return bool(group.props.get("config.uplink")) or group.ref in (getattr(config, "uplinkPortgroup", None) or ())


def _machines(found: Iterable[Found]) -> Dict[Any, Tuple[List[str], List[str]]]:
    vim, known = dep.vim, list(found)
    machines = {each.ref: each.props for each in known if isinstance(each.ref, vim.VirtualMachine) and "name" in each.props}
    result: Dict[Any, Tuple[List[str], List[str]]] = {}
    for each in known:
        if isinstance(each.ref, vim.dvs.DistributedVirtualPortgroup):
            on_it = [machines[ref] for ref in each.props.get("vm", ()) if ref in machines]
            names = sorted(plain_name(props["name"]) for props in on_it)
            result[each.ref] = names, sorted(plain_name(props["name"]) for props in on_it if _runs(props))
    return result


def _runs(props: Mapping[str, Any]) -> bool:
    return str(props.get("runtime.powerState")) == "poweredOn"


def _adapters(switch: Switch, found: Sequence[Found]) -> None:
    """The virtual adapters of hosts by group: vmk0 of esxi01 (management)."""
    by_key = {key: name for name, key in switch.keys.items()}
    for each in found:
        if not isinstance(each.ref, dep.vim.HostSystem):
            continue
        uses: Dict[str, List[str]] = {}
        for config in each.props.get("config.virtualNicManagerInfo.netConfig", ()):
            for vnic in config.candidateVnic or ():
                if vnic.key in (config.selectedVnic or ()):
                    uses.setdefault(vnic.device, []).append(str(config.nicType))
        for vnic in each.props.get("config.network.vnic", ()):
            group = by_key.get(str(getattr(vnic.spec.distributedVirtualPort, "portgroupKey", None)))
            if group is not None:
                what = f" ({', '.join(uses[vnic.device])})" if vnic.device in uses else ""
                switch.adapters.setdefault(group, []).append(f"{vnic.device} of {plain_name(each.props.get('name', '?'))}{what}")
