# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The vSphere backend for distributed switches: a fleet of one switch, and the switch as the engine's backend."""

from __future__ import annotations

from typing import Any, Callable, Collection, Iterator, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import PENDING, REFUSED, STALE, Fault
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.diff import sentence
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.fleet import Sight
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE, UPDATE, Order, OrderRule
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step, label
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import VDS, VDS_PORT, VDS_PORTGROUP
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import INHERIT, Desired, Fields, Key, Kind, Observed, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import expand, flatten
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import DvScope
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.fields import VDS_KINDS
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.inventory import DvInventory, ReadSwitch, SwitchPlace
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.machines import Machines, of_groups
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import CONCURRENT, PendingError, VsphereError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import moid

_ALL = ("config", "override", "inherit")
_LAST = (OrderRule(UPDATE, VDS_PORT, _ALL, "a port is reset when its group is as it should be"), OrderRule(DELETE, VDS_PORTGROUP, (), "what goes comes last"))

# One task for each object.
ORDER = Order(
    OrderRule(CREATE, VDS_PORTGROUP, _ALL, "a group is made with all that it has: none is open for a moment"),
    OrderRule(UPDATE, VDS_PORTGROUP, _ALL, "a group's own change"),
    OrderRule(UPDATE, VDS, _ALL, "a switch's own change"),
    *_LAST,
)

# For documents that change a switch and its groups together, as rules.NO_WINDOW does for standard switches.
NO_WINDOW = Order(
    OrderRule(CREATE, VDS_PORTGROUP, _ALL, "a group is made with all that it has: none is open for a moment"),
    OrderRule(UPDATE, VDS_PORTGROUP, ("config", "override"), "a group's own values hold before the switch changes"),
    OrderRule(UPDATE, VDS, _ALL, "then the values that the others inherit"),
    OrderRule(UPDATE, VDS_PORTGROUP, ("inherit",), "a group inherits what is in effect already"),
    *_LAST,
)


class SwitchFleet:
    """The engine's Fleet: the one switch of a scope. An Observed has its SwitchFacts as C(facts["switch"])."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._inventory = DvInventory(client)
        self._backend: SwitchBackend | None = None

    def look(self, scope: DvScope, names: Collection[str] | None = None) -> Mapping[str, Sight]:
        """Two reads, or one if the switch is known; one or two more for ports."""
        if names is None or self._backend is None:
            place, doubt = self._inventory.find(scope)
            self._backend = SwitchBackend(self._client, self._inventory, place)
            self._backend.doubt = doubt
        return {self._backend.place.name: Sight(self._backend.observe(scope), self._backend, remarks=tuple(self._backend.remarks))}

    def ask(self, questions: Mapping[str, Any]) -> Mapping[str, Machines]:
        """The running machines on the groups that are asked for, by group."""
        backend = self._backend
        return {} if backend is None else {name: backend.running(groups) for name, groups in questions.items()}


class SwitchBackend:
    """The engine's Backend for one distributed switch."""

    kinds: Mapping[str, Kind] = VDS_KINDS
    order = ORDER
    batches = True
    # A task has ended when its change shows.
    patience = 0.0

    def __init__(self, client: Client, inventory: DvInventory, place: SwitchPlace) -> None:
        self.place = place
        self.switch: ReadSwitch | None = None
        # What may hide another switch of the same name, in words.
        self.doubt = ""
        self._client = client
        self._inventory = inventory
        # Groups that this run deleted, to make them again as they were.
        self._former: dict[Key, Any] = {}
        self._deleted: dict[Key, Any] = {}
        self._scope = DvScope(place.name)
        # MAC learning that this run switched off: vCenter keeps nothing of it but that it is off.
        self._learned: dict[Key, Fields] = {}
        # What was written since the last read, so that its configuration version is another one now.
        self._written: set[Key] = set()

    @property
    def _now(self) -> ReadSwitch:
        if self.switch is None:
            raise LookupError("the switch has not been read yet")
        return self.switch

    @property
    def remarks(self) -> Iterator[str]:
        """What is not known and does not matter for what is written, in sentences."""
        adapters = self._now.adapters
        if self.doubt:
            yield f"Whether another datacenter has a distributed switch {self.place.name} too is not known, so set datacenter: {self.doubt}."
        if adapters.unknown or adapters.remark:
            yield f"Which of its groups carry connections of hosts is not known for certain: {adapters.unknown or adapters.remark}."
        if self._scope.globs:
            for name, reason in self._now.unread().items():
                yield f"The port group {name} was not looked at: {reason}."

    def running(self, groups: Sequence[str]) -> Machines:
        """The running machines on some of its groups."""
        found = of_groups(self._client, [self._now.groups[self._now.facts.group_key(group)] for group in groups])
        names: dict[str, list[str]] = {}
        unknown = []
        for group in groups:
            machines = found.get(self._now.groups[self._now.facts.group_key(group)])
            if machines is None or machines.unknown:
                unknown.append(f"the port group {group} is not there any more" if machines is None else machines.unknown)
            names[group] = list(machines.running) if machines is not None else []
        return Machines(names, "; ".join(dict.fromkeys(unknown)))

    def observe(self, scope: DvScope) -> Observed:
        """Read the switch anew. UnreadableError where a group that this run deletes may still be there."""
        self._scope = scope
        self._read()
        for key, ref in self._deleted.items():
            self._now.facts.must_be_gone(str(key[2]), moid(ref))
        return Observed(self._now.state, {"switch": self._now.facts})

    def _read(self) -> None:
        self.switch = self._inventory.read(self.place, self._scope)
        self._written.clear()

    def cover(self, scope: DvScope, wish: Desired) -> DvScope:
        """A read always has all groups, and the scope's ports."""
        return scope

    def settle(self, kind: str, fields: Fields) -> Fields:
        """A vCenter stores what it is given."""
        return fields

    def unsupported(self, kind: str, name: str, value: Value) -> str | None:
        """What depends on the switch's version is refused by the intents, which know it."""
        return "there is nothing above a switch to inherit from" if kind == VDS and value == INHERIT else None

    def protected(self) -> Mapping[str, str]:
        """The groups on which hosts have adapters of their own, or may have."""
        found, facts = self._now.adapters, self._now.facts
        may = {label(facts.group_key(group)): f"on the group there may be adapters by which hosts are connected: {found.unknown}" for group in facts.groups}
        return {
            **(may if found.unknown else {}),
            **{
                label(facts.group_key(group)): f"on the group {'is' if len(adapters) == 1 else 'are'} {few(adapters, 3)}, by which hosts are connected"
                for group, adapters in found.by_group.items()
            },
        }

    def cuts(self, step: Step) -> str | None:
        """The label of the group on which connections of hosts can be cut: by its end, another VLAN or a blocked port."""
        fields = VDS_KINDS[str(step.key[0])].fields
        # A port that is opened is cut from nothing.
        cut = any(fields[name].cuts and value is not False for name, value in step.after.items())
        if step.key[0] == VDS_PORT:
            port = self._now.facts.ports[str(step.key[2])]
            return label(self._now.facts.group_key(port.group)) if cut and port.host is not False else None
        return label(step.key) if step.key[0] == VDS_PORTGROUP and (step.verb == DELETE or step.verb == UPDATE and cut) else None

    def gone(self, step: Step) -> bool:
        """Neither groups nor ports go by themselves."""
        return False

    def execute(self, steps: Sequence[Step]) -> list[Fault | None]:
        """New groups in one task, ports in one task, and a task for each other object, so many at a time."""
        verb, kind = steps[0].verb, str(steps[0].key[0])
        if not self._written.isdisjoint(step.key for step in steps):
            self._read()
        self._written.update(step.key for step in steps)
        if verb == CREATE:
            return self._together(steps, self._create)
        if kind == VDS_PORT:
            return self._together(steps, self._ports)
        job = self._delete if verb == DELETE else self._group if kind == VDS_PORTGROUP else self._default
        return self._client.each(lambda step: _fault(lambda: job(step)), steps)

    def _together(self, steps: Sequence[Step], job: Callable[[Sequence[Step]], None]) -> list[Fault | None]:
        return [_fault(lambda: job(steps))] * len(steps)

    def _create(self, steps: Sequence[Step]) -> None:
        specs = [self._new(step) for step in steps]
        self._client.task(self.place.ref.AddDVPortgroup_Task, specs, what=self._what(steps))

    def _new(self, step: Step) -> Any:
        name = str(step.key[2])
        if step.key in self._former:
            return expand.former_group(dep.vim, self._former[step.key], expand.has_lags(self._now.config))
        return expand.new_group(dep.vim, name, self._now.config.defaultPortConfig, step.after)

    def _group(self, step: Step) -> None:
        group, config = self._now.groups[step.key], self._now.configs[step.key]
        changes = self._changes(step, config.defaultPortConfig)
        self._client.task(group.ReconfigureDVPortgroup_Task, expand.group_spec(dep.vim, config, changes), what=self._what([step]))

    def _default(self, step: Step) -> None:
        changes = self._changes(step, self._now.config.defaultPortConfig)
        self._client.task(self.place.ref.ReconfigureDvs_Task, expand.switch_spec(dep.vim, self._now.config, changes), what=self._what([step]))

    def _ports(self, steps: Sequence[Step]) -> None:
        ports = self._now.ports
        specs = [expand.port_spec(dep.vim, ports[step.key], self._changes(step, ports[step.key].config.setting)) for step in steps]
        self._client.task(self.place.ref.ReconfigureDVPort_Task, specs, what=self._what(steps))

    def _changes(self, step: Step, setting: Any) -> Fields:
        """What the step changes, and on its way back what went with MAC learning that this run switched off."""
        enabled = step.after.get("mac_learning_enabled")
        if enabled is False:
            self._learned.setdefault(step.key, flatten.effective_learning(setting))
        if enabled is not True or step.key not in self._learned:
            return step.after
        return {**{name: value for name, value in self._learned[step.key].items() if value is not None}, **step.after}

    def _delete(self, step: Step) -> None:
        self._former[step.key], self._deleted[step.key] = self._now.configs[step.key], self._now.groups[step.key]
        self._client.task(self._now.groups[step.key].Destroy_Task, what=self._what([step]))

    def _what(self, steps: Sequence[Step]) -> str:
        return f"'{sentence(steps[0])}'" + (f" and {len(steps) - 1} more in one task" if len(steps) > 1 else "")


def _fault(job: Callable[[], None]) -> Fault | None:
    try:
        job()
    except VsphereError as error:
        kind = PENDING if isinstance(error, PendingError) else STALE if error.code == CONCURRENT else REFUSED
        return Fault(kind, error.message, error.code)
    return None
