# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What is there: all hosts with their places by one read, and the network of those that are meant by another, whatever their number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import PORTGROUP, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Key, State
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere import dep, flatten
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.client import Client, Hop
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.select import Place, Selection

_SYSTEM = "configManager.networkSystem"
# The kinds of objects of a host, and where they are.
NETWORK = {"vswitch": "config.network.vswitch", "portgroup": "config.network.portgroup"}
_STATE = ("name", "runtime.connectionState", "runtime.inMaintenanceMode")
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
    cluster: Optional[str]
    # connected, disconnected or notResponding, as HostSystemConnectionState.
    connection: str = "connected"
    maintenance: bool = False
    # Whether the rest was read too.
    read: bool = False
    network_system: Any = None
    # ("vswitch", NAME) and ("portgroup", NAME) with the fields of the table.
    state: State = field(default_factory=dict)
    # The specifications from which C(state) was made, by the same keys, to be sent back with changes.
    specs: Dict[Key, Any] = field(default_factory=dict)
    # The policies in effect of each port group, as the host says: {"VM Network": {"promiscuous": "reject", ...}}.
    computed: Dict[str, Dict[str, Optional[str]]] = field(default_factory=dict)
    # The ports that are in use of each port group, counted by kind (virtualMachine, host, systemManagement, unknown).
    ports: Dict[str, Dict[str, int]] = field(default_factory=dict)
    # What else was asked for, by property path, as objects of the API; a path that is not set is not there.
    extra: Dict[str, Any] = field(default_factory=dict)

    @property
    def why_unreachable(self) -> str:
        """A sentence's end that says why its network can't be read or written now; empty if it was read."""
        if self.connection == "disconnected":
            return "it is disconnected from vCenter; connect it and run the task again"
        if self.connection == "notResponding":
            return "it does not respond to vCenter; bring it back and run the task again"
        if not self.read:
            return "it is not in the inventory any more"
        if self.network_system is None:
            return "vCenter knows no network configuration of it; reconnect it and run the task again"
        return ""


class Inventory:
    """Reads hosts through a Client. C(extra) are further property paths of HostSystem to read with the network."""

    def __init__(self, client: Client, extra: Sequence[str] = ()) -> None:
        self._client = client
        self._extra = tuple(extra)

    def select(self, selection: Selection) -> List[Host]:
        """The hosts meant, in the order of the selection, with their places and state but without their network: one read of the whole
        inventory's names. Raises InputError for unknown and ambiguous names."""
        hosts = self.everywhere()
        places = [Place(host.name, host.datacenter, host.cluster) for host in hosts]
        return [hosts[number] for number in selection.choose(places)]

    def everywhere(self) -> List[Host]:
        """All hosts, sorted by name, with their places and state: one read."""
        vim, root = dep.vim, self._client.content.rootFolder
        paths = {
            vim.HostSystem: [*_STATE, "parent"], vim.Folder: ["name", "parent"], vim.Datacenter: ["name", "parent"],
            vim.ComputeResource: ["name", "parent"],
        }
        below = ("childEntity", "hostFolder", "host")
        hops = [Hop(vim.Folder, "childEntity", below), Hop(vim.Datacenter, "hostFolder", below), Hop(vim.ComputeResource, "host")]
        found = {each.ref: each.props for each in self._client.retrieve([root], paths, hops, what="reading the hosts", page=1000)}
        hosts = [self._placed(ref, found) for ref in found if isinstance(ref, vim.HostSystem) and "name" in found[ref]]
        return sorted(hosts, key=lambda host: (host.name, host.datacenter))

    def networks(self, hosts: Sequence[Host], kinds: Sequence[str] = tuple(NETWORK)) -> List[Host]:
        """The same hosts, read anew with their standard switches and port groups: one read for all of them. A host that has gone is left out, and a
        host that is not connected has none. With C(kinds) only these kinds of objects are read.
        """
        if not hosts:
            return []
        paths = {dep.vim.HostSystem: [*_STATE, _SYSTEM, *(NETWORK[kind] for kind in kinds), *self._extra]}
        places = {host.ref: host for host in hosts}
        read: Dict[Any, Host] = {}
        for each in self._client.retrieve([host.ref for host in hosts], paths, what="reading the networks of the hosts"):
            if each.props:
                read[each.ref] = _with_network(places[each.ref], each.props, self._extra)
        return [read[host.ref] for host in hosts if host.ref in read]

    def machines(self, hosts: Mapping[str, Host], running: bool = False) -> Dict[str, Dict[str, List[str]]]:
        """The virtual machines on each standard port group of each host, one read for all: {name: {group: [machine, ...]}}, by the names given.

        With C(running) only those that are powered on.
        """
        vim = dep.vim
        paths = {vim.HostSystem: ["name"], vim.Network: ["name"], vim.VirtualMachine: ["name", "network", "runtime.host", "runtime.powerState"]}
        hops = [Hop(vim.HostSystem, "vm"), Hop(vim.HostSystem, "network")]
        found = list(self._client.retrieve([host.ref for host in hosts.values()], paths, hops, what="reading the machines of the hosts", page=1000))
        # Groups of distributed switches and of NSX are networks too, of classes that follow from it.
        others = (vim.dvs.DistributedVirtualPortgroup, vim.OpaqueNetwork)
        standard = [each for each in found if isinstance(each.ref, vim.Network) and not isinstance(each.ref, others)]
        groups = {each.ref: plain_name(each.props.get("name", "")) for each in standard}
        names = {host.ref: name for name, host in hosts.items()}
        result: Dict[str, Dict[str, List[str]]] = {name: {} for name in hosts}
        for each in found:
            wanted = isinstance(each.ref, vim.VirtualMachine) and (not running or str(each.props.get("runtime.powerState")) == "poweredOn")
            host = names.get(each.props.get("runtime.host")) if wanted else None
            for network in each.props.get("network", ()) if host is not None else ():
                if network in groups:
                    result[str(host)].setdefault(groups[network], []).append(plain_name(each.props["name"]))
        return {host: {group: sorted(machines) for group, machines in by_group.items()} for host, by_group in result.items()}

    def _placed(self, ref: Any, found: Mapping[Any, Mapping[str, Any]]) -> Host:
        vim, props = dep.vim, found[ref]
        datacenter, cluster = "", None
        parent = props.get("parent")
        while parent is not None and parent in found:
            if isinstance(parent, vim.ClusterComputeResource):
                cluster = plain_name(found[parent]["name"])
            elif isinstance(parent, vim.Datacenter):
                datacenter = plain_name(found[parent]["name"])
            parent = found[parent].get("parent")
        return Host(ref, plain_name(props["name"]), datacenter, cluster, *_health(props))


def _health(props: Mapping[str, Any]) -> Tuple[str, bool]:
    return str(props.get("runtime.connectionState", "connected")), bool(props.get("runtime.inMaintenanceMode"))


def _with_network(place: Host, props: Mapping[str, Any], extra: Sequence[str]) -> Host:
    connection, maintenance = _health(props)
    host = Host(place.ref, place.name, place.datacenter, place.cluster, connection, maintenance, True, props.get(_SYSTEM))
    for name, item in flatten.by_name(props.get(NETWORK["vswitch"], ()), VSWITCH).items():
        host.state["vswitch", name] = flatten.vswitch(item)
        host.specs["vswitch", name] = item.spec
    for name, item in flatten.by_name(props.get(NETWORK["portgroup"], ()), PORTGROUP).items():
        host.state["portgroup", name] = flatten.portgroup(item)
        host.specs["portgroup", name] = item.spec
        host.computed[name] = flatten.computed(item)
        host.ports[name] = dict(Counter(str(port.type) for port in item.port or ()))
    host.extra = {path: props[path] for path in extra if path in props}
    return host


def plain_name(name: str) -> str:
    """The inventory escapes three characters in the names of its entities (ManagedEntity.name); users write them plainly."""
    for code, character in (("%2f", "/"), ("%2F", "/"), ("%5c", "\\"), ("%5C", "\\"), ("%25", "%")):
        name = name.replace(code, character)
    return name
