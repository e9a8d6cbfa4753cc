# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Reads what esxi_switch_policy_info answers: hosts with their machines and options, and the distributed switches that they are members of."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import DvScope
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.inventory import DvInventory, SwitchPlace
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host import options
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.backend import why_away
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host, Inventory
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.machines import on_hosts
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.fleet import MEMBERSHIP, memberships
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.info import NO_PORTS, Blanks, HostSeen, PolicyInfoRequest, SwitchSeen, Unseen
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import VsphereError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import HIDDEN


def ask(params: Mapping[str, Any], client: Client) -> dict[str, Any]:
    """Three reads for all hosts and their machines, calls for options so many at a time, and two to four for each distributed switch."""
    return _Reader(client, PolicyInfoRequest(params)).answer()


class _Reader:
    """One answer; what can't be read is noted, and the rest is read all the same."""

    def __init__(self, client: Client, request: PolicyInfoRequest) -> None:
        self._client = client
        self._request = request
        self._blanks = Blanks([], [])

    def answer(self) -> dict[str, Any]:
        """See InfoRequest."""
        inventory = Inventory(self._client, (options.PATH, MEMBERSHIP), writes=False)
        selected, doubts = inventory.survey(self._request.selection)
        self._blanks.unseen.extend(Unseen("other hosts", doubt) for doubt in doubts)
        whole = {host.ref: host for host in inventory.networks([host for host in selected if host.connection == "connected"])}
        found = {name: whole.get(host.ref, host) for name, host in zip(_names(selected), selected)}
        hosts = self._hosts({name: host for name, host in found.items() if self._can_be_read(name, host)})
        return self._request.answer(hosts, self._switches(hosts), self._blanks)

    def _unseen(self, what: str, reason: str, unreachable: bool = False) -> None:
        self._blanks.unseen.append(Unseen(what, reason.rstrip("."), unreachable))

    def _can_be_read(self, name: str, host: Host) -> bool:
        """Its switches and groups; without one of them the other can't be judged. What else is not known of it is noted."""
        if host.why_unreachable:
            self._unseen(name, host.why_unreachable, True)
            return False
        needed = [path for path in host.gaps if path not in (options.PATH, MEMBERSHIP)]
        if not host.read or needed:
            self._unseen(name, host.why_unreadable(*needed))
            return False
        if MEMBERSHIP in host.gaps:
            self._unseen(f"{name}: distributed switches", host.why_unreadable(MEMBERSHIP))
        self._blanks.remarks.extend(f"{name}: {remark}." for remark in host.remarks)
        return True

    def _hosts(self, hosts: dict[str, Host]) -> list[HostSeen]:
        machines = on_hosts(self._client, hosts) if hosts else {}
        seen = []
        for name, (values, problem, away) in zip(hosts, self._client.each(lambda name: self._options(hosts[name]), list(hosts))):
            if problem:
                # Its switches were read all the same.
                self._unseen(f"{name}: options", problem, away)
            if machines[name].unknown:
                self._blanks.remarks.append(f"{name}: which machines are on its port groups is not known for certain: {machines[name].unknown}.")
            seen.append(HostSeen(name, hosts[name], machines[name].by_group, values))
        return seen

    def _options(self, host: Host) -> tuple[Mapping[str, Any], str, bool]:
        try:
            return options.query(self._client, host, self._request.options), "", False
        except VsphereError as error:
            away = why_away(self._client, host, error)
            return {}, away or error.message, bool(away)
        except VirtnetError as error:
            return {}, error.message, False

    def _switches(self, hosts: list[HostSeen]) -> list[SwitchSeen]:
        members = {(switch, each.host.center): each.name for each in hosts for switch in memberships(each.host)}
        if members and not self._client.is_vcenter:
            for name, _center in members:
                self._unseen(f"distributed switch {name}", "it can be read through its vCenter only; ask that for it")
            return []
        if not members:
            return []
        inventory = DvInventory(self._client)
        places, doubts = inventory.switches()
        found = {(place.name, place.center) for place in places}
        for (name, center), host in members.items():
            if (name, center) not in found:
                why = doubts[0] if doubts else HIDDEN
                self._unseen(f"distributed switch {name}", f"{host} is a member of it, and it is not among those that can be read: {why}")
        return self._read(inventory, [place for place in places if (place.name, place.center) in members])

    def _read(self, inventory: DvInventory, places: list[SwitchPlace]) -> list[SwitchSeen]:
        names = [place.name for place in places]
        seen = []
        for place in places:
            name = place.name if names.count(place.name) == 1 else f"{place.datacenter}/{place.name}"
            scope = DvScope(place.name, place.datacenter, globs=("*",), machines=True, all_ports=self._request.ports != NO_PORTS)
            try:
                switch = inventory.read(place, scope)
            except VirtnetError as error:
                self._unseen(f"distributed switch {name}", error.message)
                continue
            seen.append(SwitchSeen(name, switch.facts, switch.state))
        return seen


def _names(hosts: list[Host]) -> list[str]:
    """Unique: as for the modules that write."""
    names = [host.name for host in hosts]
    return [host.name if names.count(host.name) == 1 else f"{host.datacenter}/{host.name}" for host in hosts]
