# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Reads what esxi_switch_policy_info answers: hosts with their machines and options, and the distributed switches that they are members of."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere import options
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.dv_facts import DvScope
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.dv_inventory import DvInventory
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.fault import VsphereError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.inventory import Host, Inventory
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy_fleet import MEMBERSHIP, memberships
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy_info import NO_PORTS, HostSeen, InfoRequest, SwitchSeen


def ask(params: Mapping[str, Any], client: Client) -> Dict[str, Any]:
    """Three reads for all hosts and their machines, calls for options so many at a time, and two to four for each distributed switch."""
    request = InfoRequest(params)
    inventory = Inventory(client, (options.PATH, MEMBERSHIP))
    selected = inventory.select(request.selection)
    connected = [host for host in selected if host.connection == "connected"]
    whole = {host.ref: host for host in inventory.networks(connected)}
    names = _names(selected)
    found = {names[number]: whole.get(host.ref, host) for number, host in enumerate(selected)}
    unseen = {name: host.why_unreachable for name, host in found.items() if host.why_unreachable}
    hosts = _hosts(client, inventory, request, {name: host for name, host in found.items() if name not in unseen}, unseen)
    return request.answer(hosts, _switches(client, request, hosts), unseen)


def _names(hosts: List[Host]) -> List[str]:
    """Unique: as for the modules that write."""
    names = [host.name for host in hosts]
    return [host.name if names.count(host.name) == 1 else f"{host.datacenter}/{host.name}" for host in hosts]


def _hosts(client: Client, inventory: Inventory, request: InfoRequest, hosts: Dict[str, Host], unseen: Dict[str, str]) -> List[HostSeen]:
    machines = inventory.machines(hosts) if hosts else {}

    def read(name: str) -> Tuple[Mapping[str, Any], str]:
        try:
            return options.query(client, hosts[name], request.options), ""
        except VsphereError as error:
            return {}, error.message.rstrip(".")

    seen = []
    for name, (values, problem) in zip(hosts, client.each(read, list(hosts))):
        if problem:
            # Its switches were read all the same.
            unseen[f"{name}: options"] = problem
        seen.append(HostSeen(name, hosts[name], machines.get(name, {}), values))
    return seen


def _switches(client: Client, request: InfoRequest, hosts: List[HostSeen]) -> List[SwitchSeen]:
    members = {(switch, each.host.datacenter) for each in hosts for switch in memberships(each.host)}
    if not members or not client.is_vcenter:
        return []
    inventory = DvInventory(client)
    places = [place for place in inventory.switches() if (place.name, place.datacenter) in members]
    names = [place.name for place in places]
    seen = []
    for place in places:
        switch = inventory.read(place, DvScope(place.name, place.datacenter, globs=("*",), machines=True, all_ports=request.ports != NO_PORTS))
        seen.append(SwitchSeen(place.name if names.count(place.name) == 1 else f"{place.datacenter}/{place.name}", switch.facts, switch.state))
    return seen
