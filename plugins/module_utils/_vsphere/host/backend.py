# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The vSphere backend for the standard switches of hosts: a fleet of hosts, and each host as the engine's backend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Collection, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import PENDING, REFUSED, Fault
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreadableError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.fleet import Sight
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE, Order
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import kinds
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import VSPHERE_KINDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import INHERIT, Desired, Fields, Kind, Observed, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host import expand, flatten, management, meanwhile
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import ADAPTERS, INTERFACES, NETWORK, Host, Inventory
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.machines import Machines, on_hosts
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.rules import ORDER
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import HostSelection
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import HOST_UNREACHABLE, NOT_FOUND, PendingError, VsphereError

# vCenter shows a change of a host when the host has told it; it does so before the call returns, as far as is known.
_PATIENCE = 5.0


@dataclass(frozen=True)
class HostScope:
    """Which hosts, and what of them must be read beside their standard switches and groups.

    What is read costs time on hundreds of hosts, so the management guard's part is read only for an intent that says that it may cut:
    one that deletes, or writes a field of the table with C(cuts). Without it the guard protects nothing.
    """

    selection: HostSelection
    # Further property paths of HostSystem, to be found in Host.extra.
    extra: tuple[str, ...] = ()
    # May delete, or write a VLAN, an MTU or uplinks: read the virtual adapters of the host.
    cuts: bool = False
    # May write uplinks: read the physical adapters too.
    uplinks: bool = False
    # The kinds of objects that may be written, which are those that are read back.
    writes: tuple[str, ...] = tuple(NETWORK)

    @property
    def paths(self) -> tuple[str, ...]:
        """All property paths beside the network."""
        return (*(INTERFACES if self.cuts or self.uplinks else ()), *(ADAPTERS if self.uplinks else ()), *self.extra)


# Where these are not known the management guard takes the host's connections to be everywhere; the rest must be known.
_GUARD = frozenset(INTERFACES)


class HostFleet:
    """The engine's Fleet of hosts. An Observed has the state of the standard switches and groups, and the Host as C(facts["host"])."""

    def __init__(self, client: Client, order: Order = ORDER, patience: float = _PATIENCE) -> None:
        self._client = client
        self._order = order
        self._patience = patience
        self._places: dict[str, Host] = {}

    def look(self, scope: HostScope, names: Collection[str] | None = None) -> Mapping[str, Sight]:
        """Two reads for all hosts of the selection, or one for the hosts named, which has no more than what may be written."""
        inventory = Inventory(self._client, scope.paths if names is None else scope.extra)
        if names is None:
            self._places = _by_name(inventory.select(scope.selection))
        places = {name: host for name, host in self._places.items() if names is None or name in names}
        wanted = [host for host in places.values() if host.connection == "connected" or names is not None]
        whole = {host.ref: host for host in inventory.networks(wanted, tuple(NETWORK) if names is None else scope.writes)}
        return {name: self._sight(inventory, whole.get(place.ref, place)) for name, place in places.items()}

    def ask(self, questions: Mapping[str, Any]) -> Mapping[str, Machines]:
        """The running machines by standard port group of each host that is a key of C(questions), by one read."""
        return on_hosts(self._client, {name: self._places[name] for name in questions}, running=True)

    def _sight(self, inventory: Inventory, host: Host) -> Sight:
        return sight_of(HostBackend(self._client, inventory, host, self._order, self._patience))


def sight_of(backend: HostBackend) -> Sight:
    """What became of the read of a host."""
    host = backend.host
    unreachable = host.why_unreachable
    return Sight(backend.observed, backend, unreachable, "" if unreachable else why_unwritable(host), () if unreachable else tuple(remarks(host)))


def why_unwritable(host: Host) -> str:
    """A sentence's end that says why nothing can be planned for a host that can be reached; empty if that can be done."""
    needed = [path for path in host.gaps if path not in _GUARD]
    return host.why_unreadable(*needed) if needed or not host.read else ""


def why_away(client: Client, host: Host, error: VsphereError) -> str:
    """Whether a host that was connected went away meanwhile: as why_unreachable, by its state now. What else C(error) may be is no such reason."""
    if error.code != HOST_UNREACHABLE:
        return ""
    try:
        now = Inventory(client, writes=False).networks([host], ())
    except VsphereError:
        return ""
    return now[0].why_unreachable if now else ""


def remarks(host: Host) -> list[str]:
    """What is not known of a host and does not keep it from being written."""
    blind = host.why_unreadable(*_GUARD) if host.read and _GUARD & set(host.gaps) else ""
    told = [f"Which of its groups carry the host's own connections is not known for certain: {blind}."] if blind else []
    return told + [f"{text[0].upper()}{text[1:]}." for text in host.remarks]


def _by_name(hosts: Sequence[Host]) -> dict[str, Host]:
    """Names are unique in a vCenter; should they not be, the datacenter tells them apart."""
    names = [host.name for host in hosts]
    return {(host.name if names.count(host.name) == 1 else f"{host.datacenter}/{host.name}"): host for host in hosts}


class HostBackend:
    """The engine's Backend for the standard switches of one host."""

    kinds: Mapping[str, Kind] = VSPHERE_KINDS
    batches = False

    def __init__(self, client: Client, inventory: Inventory, host: Host, order: Order = ORDER, patience: float = _PATIENCE) -> None:
        self.order = order
        self.patience = patience
        self.host = host
        self._client = client
        self._inventory = inventory
        # As the host was before this run: what has to come back comes back whole.
        self._first = host.specs.copy()
        # Whether the host may have changed other specifications than the one that was written.
        self._outdated = False

    @property
    def observed(self) -> Observed:
        """As the host was read last."""
        return Observed(self.host.state, {"host": self.host})

    def observe(self, scope: Any) -> Observed:
        """Read this one host anew."""
        self._read()
        return self.observed

    def _read(self) -> None:
        read = self._inventory.networks([self.host])
        if not read:
            raise VsphereError(NOT_FOUND, f"{self.host.name}: it is not in the inventory any more.")
        if read[0].why_unreachable:
            raise VsphereError(HOST_UNREACHABLE, f"{self.host.name}: {read[0].why_unreachable}.")
        if why_unwritable(read[0]):
            raise UnreadableError(f"{self.host.name}: {why_unwritable(read[0])}.")
        self.host = read[0]
        self._outdated = False

    def overtaken(self, steps: Sequence[Step]) -> str | None:
        """One read of the host; none where the steps are about neither switches nor groups, but about options, which are written whole."""
        if not meanwhile.concerned(steps):
            return None
        then = self.host
        self._read()
        self._first = self.host.specs.copy()
        return meanwhile.told(then, self.host, steps)

    def cover(self, scope: Any, wish: Desired) -> Any:
        """A read always has all switches and groups of the host."""
        return scope

    def settle(self, kind: str, fields: Fields) -> Fields:
        """Hosts store what they are given."""
        return fields

    def unsupported(self, kind: str, name: str, value: Value) -> str | None:
        """A switch has nothing to inherit from."""
        return "a switch has nothing to inherit from" if kind == kinds.VSWITCH and value == INHERIT else None

    def protected(self) -> Mapping[str, str]:
        """The groups and switches that carry the host's own connections."""
        return management.protected(self.host)

    def cuts(self, step: Step) -> str | None:
        """See management.cuts."""
        return management.cuts(self.host, step)

    def gone(self, step: Step) -> bool:
        """Switches and groups don't go by themselves."""
        return False

    def execute(self, steps: Sequence[Step]) -> list[Fault | None]:
        """One call for each step."""
        return [self._one(step) for step in steps]

    def _one(self, step: Step) -> Fault | None:
        try:
            if self._outdated:
                self.observe(None)
            write = self._vswitch if step.key[0] == kinds.VSWITCH else self._portgroup
            write(step, str(step.key[1]))
        except VsphereError as error:
            return fault_of(error)
        return None

    def _vswitch(self, step: Step, name: str) -> None:
        system, specs = self.host.network_system, self.host.specs
        if step.verb == DELETE:
            self._call(system.RemoveVirtualSwitch, name)
            specs.pop(step.key, None)
            return
        first = self._first.get(step.key)
        spec = expand.vswitch(dep.vim, specs.get(step.key, first), step.after, self.host.state.get(step.key, {}).get("mtu"))
        if first is not None and flatten.vswitch_fields(spec) == flatten.vswitch_fields(first):
            spec = first
        self._call(system.AddVirtualSwitch if step.verb == CREATE else system.UpdateVirtualSwitch, name, spec)
        specs[step.key] = spec
        # An uplink that leaves is taken out of the groups' failover orders too.
        self._outdated = step.verb == CREATE or "uplinks" in step.after
        if self._outdated and spec is first:
            self._give_back_orders(name)

    def _give_back_orders(self, switch: str) -> None:
        """The uplinks are again those of before this run, and the groups' own failover orders have to be so too."""
        self.observe(None)
        for key, first in self._first.items():
            now = self.host.specs.get(key) if key[0] == kinds.PORTGROUP and first.vswitchName == switch else None
            if now is not None and management.order(now.policy) != management.order(first.policy):
                self._call(self.host.network_system.UpdatePortGroup, str(key[1]), first)
                self.host.specs[key] = first

    def _portgroup(self, step: Step, name: str) -> None:
        system, specs = self.host.network_system, self.host.specs
        if step.verb == DELETE:
            self._call(system.RemovePortGroup, name)
            specs.pop(step.key, None)
            return
        spec = expand.portgroup(dep.vim, specs.get(step.key, self._first.get(step.key)), name, step.after)
        if step.verb == CREATE:
            self._call(system.AddPortGroup, spec)
        else:
            self._call(system.UpdatePortGroup, name, spec)
        specs[step.key] = spec

    def _call(self, method: Callable[..., Any], *args: Any) -> None:
        self._client.change(method, *args, what=self.host.name)


def fault_of(error: VsphereError) -> Fault:
    """Why a step failed, and whether it may still come true."""
    return Fault(PENDING if isinstance(error, PendingError) else REFUSED, error.message, error.code)
