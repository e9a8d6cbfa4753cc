# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The fleet of a policy document: the selected hosts with their standard switches and options, and the distributed switches that they are members of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Collection, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import Fault
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, InputError, UnreadableError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.fleet import Sight
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import UPDATE, Order, OrderRule
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import HOST_OPTION, VSPHERE_KINDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BPDU_OPTION
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Kind, Observed, State
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.backend import NO_WINDOW as NO_DV_WINDOW
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.backend import SwitchBackend
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import DvScope
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.inventory import DvInventory, SwitchPlace
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host import options
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.backend import HostBackend, HostFleet, HostScope, fault_of, sight_of, why_away
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host, Inventory
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.machines import Machines
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.rules import NO_WINDOW
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import close
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.intent import PolicyScope
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import VsphereError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import HIDDEN

MEMBERSHIP = "config.network.proxySwitch"
# The word under which results of distributed switches are returned.
SWITCHES = "distributed_switches"
_ORDER = Order(*NO_WINDOW.rules, OrderRule(UPDATE, HOST_OPTION.name, ("options",), "the host's own option"))


def memberships(host: Host) -> set[str]:
    """The names of the distributed switches of which the host is a member."""
    return {str(each.dvsName) for each in host.extra.get(MEMBERSHIP, ())}


class PolicyHostBackend(HostBackend):
    """One host, with the option that the document speaks of."""

    kinds: Mapping[str, Kind] = {**VSPHERE_KINDS, HOST_OPTION.name: HOST_OPTION}
    # The distributed switches of the host's datacenter that the document means, as other hosts are members.
    distributed: tuple[str, ...] = ()
    wanted: tuple[str, ...] = ()
    values: Mapping[str, Any] = {}

    @property
    def observed(self) -> Observed:
        """With the options as further objects."""
        found: State = {(HOST_OPTION.name, name): {"value": int(value)} for name, value in self.values.items() if value is not None}
        facts = {"host": self.host, "options": self.values, "member_of": memberships(self.host), "distributed": self.distributed}
        return Observed({**self.host.state, **found}, facts)

    def observe(self, scope: Any) -> Observed:
        """Read this one host and its options anew."""
        super().observe(scope)
        self.query()
        return self.observed

    def query(self) -> None:
        """Read the options."""
        self.values = options.query(self._client, self.host, self.wanted)

    def _one(self, step: Step) -> Fault | None:
        if step.key[0] != HOST_OPTION.name:
            return super()._one(step)
        name = str(step.key[1])
        try:
            options.update(self._client, self.host, name, int(step.after["value"] or 0), self.values[name])
        except VsphereError as error:
            return fault_of(error)
        return None


class PolicySwitchBackend(SwitchBackend):
    """One distributed switch of a document."""

    order = NO_DV_WINDOW

    def observe(self, scope: Any) -> Observed:
        """The switch and the groups that it concerns."""
        named = scope.groups.get(self.place.name)
        return super().observe(DvScope(self.place.name, self.place.datacenter, names=named or (), globs=("*",) if named is None else ()))


class _Hosts(HostFleet):
    """Hosts as this document needs them."""

    wanted: tuple[str, ...] = ()

    def _sight(self, inventory: Inventory, host: Host) -> Sight:
        backend = PolicyHostBackend(self._client, inventory, host, self._order, self._patience)
        backend.wanted = self.wanted
        return sight_of(backend)


class PolicyFleet:
    """The engine's Fleet. A distributed switch is a target beside the hosts; its Observed has C(facts["switch"])."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._hosts = _Hosts(client, _ORDER)
        self._inventory = DvInventory(client)
        self._switches: dict[str, PolicySwitchBackend] = {}

    def look(self, scope: PolicyScope, names: Collection[str] | None = None) -> Mapping[str, Sight]:
        """Two reads for all hosts; with distributed switches one for their names and one each; with options a call for each host."""
        self._hosts.wanted = (BPDU_OPTION,) if scope.bpdu else ()
        extra = (*((options.PATH,) if scope.bpdu else ()), *((MEMBERSHIP,) if scope.distributed else ()))
        hosts = self._hosts.look(HostScope(scope.selection, extra=extra), names)
        if names is None and scope.distributed and self._client.is_vcenter:
            self._find(scope, hosts)
        elif scope.only_distributed and not self._client.is_vcenter:
            name, server = scope.only_distributed[0], self._client.server
            raise InputError(f"switch {name}: a distributed switch is changed through its vCenter, and {server} is an ESXi host.")
        sights = self._complete(hosts)
        for name, backend in self._switches.items():
            if names is None or name in names:
                sights[name] = _switch_sight(backend, scope)
        return sights

    def ask(self, questions: Mapping[str, Any]) -> Mapping[str, Machines]:
        """The running machines on the groups whose promiscuous mode changes, by target and group."""
        hosts = {name: groups for name, groups in questions.items() if name not in self._switches}
        found = dict(self._hosts.ask(hosts)) if hosts else {}
        for name, groups in questions.items():
            if name in self._switches:
                found[name] = self._switches[name].running(groups)
        return found

    def _find(self, scope: PolicyScope, hosts: Mapping[str, Sight]) -> None:
        """The distributed switches of the document of which at least one of the hosts is a member."""
        backends = [
            sight.backend for sight in hosts.values() if isinstance(sight.backend, PolicyHostBackend) and not sight.unreachable and not sight.unreadable
        ]
        places, doubts = self._inventory.switches()
        members = {(name, backend.host.center) for backend in backends for name in memberships(backend.host)}
        meant = [place for place in places if place.name in scope.distributed and (place.name, place.center) in members]
        _refuse_unseen(scope, members - {(place.name, place.center) for place in meant}, doubts)
        _refuse_others(scope, places, meant, bool(backends))
        for backend in backends:
            backend.distributed = tuple(place.name for place in meant if place.center == backend.host.center)
        for place in meant:
            alone = [each.name for each in meant].count(place.name) == 1 and place.name not in hosts
            name = place.name if alone else f"{place.datacenter}/{place.name}"
            self._switches[name] = PolicySwitchBackend(self._client, self._inventory, place)

    def _complete(self, hosts: Mapping[str, Sight]) -> dict[str, Sight]:
        """With their options, so many at a time; a host that does not answer is unreachable."""
        names = list(hosts)
        return dict(zip(names, self._client.each(lambda name: _with_options(self._client, hosts[name]), names)))


def _switch_sight(backend: PolicySwitchBackend, scope: PolicyScope) -> Sight:
    try:
        observed = backend.observe(scope)
    except UnreadableError as error:
        return Sight(Observed({}), backend, unreadable=error.message.rstrip("."), group=SWITCHES)
    return Sight(observed, backend, remarks=tuple(backend.remarks), group=SWITCHES)


def _with_options(client: Client, sight: Sight) -> Sight:
    backend = sight.backend
    if sight.unreachable or sight.unreadable or not isinstance(backend, PolicyHostBackend):
        return sight
    try:
        backend.query()
    except BackendError as error:
        away = why_away(client, backend.host, error) if isinstance(error, VsphereError) else ""
        return replace(sight, unreachable=away, unreadable="" if away else error.message.rstrip("."))
    return replace(sight, observed=backend.observed)


def _refuse_unseen(scope: PolicyScope, unseen: Collection[tuple[str, Any]], doubts: Sequence[str]) -> None:
    """Hosts say of which distributed switches they are members, by name; datacenters may have others of that name. One that the document means and that
    can't be found is not to be passed over."""
    for name in scope.distributed:
        if name in {each for each, _center in unseen}:
            why = doubts[0] if doubts else HIDDEN
            raise UnreadableError(f"switch {name}: hosts are members of this distributed switch, and it is not among those that can be read: {why}.")


def _refuse_others(scope: PolicyScope, places: list[SwitchPlace], meant: list[SwitchPlace], any_host: bool) -> None:
    """A distributed switch that is asked for as such and is not there, or none of the hosts' own."""
    for name in scope.only_distributed if any_host else ():
        if name in [place.name for place in meant]:
            continue
        if name in [place.name for place in places]:
            raise InputError(f"switch {name}: none of the selected hosts that can be read is a member of this distributed switch; select one that is.")
        raise InputError(f"switch {name}: there is no distributed switch of that name{close(name, [place.name for place in places])}.")
