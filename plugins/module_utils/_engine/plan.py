# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The plan: what has to be done so that what is becomes what is asked for. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping, NamedTuple, Protocol

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE, UPDATE, Order
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Fields, Hold, Key, Kind, State, Value

NOTHING: Fields = {}


class Step(NamedTuple):
    """One write. C(before) and C(after) have the same fields, save for create and delete."""

    verb: str
    key: Key
    before: Fields
    after: Fields
    rank: int


class Traits(Protocol):
    """What the planner must know of a backend."""

    kinds: Mapping[str, Kind]
    order: Order

    def settle(self, kind: str, fields: Fields) -> Fields:
        """The values as the backend will store them, after its rounding."""

    def unsupported(self, kind: str, name: str, value: Value) -> str | None:
        """Why the backend can't store this value, with how that was found out; None if it can."""


@dataclass(frozen=True)
class Plan:
    """Steps in order, and the managed fields before and after them."""

    steps: tuple[Step, ...]
    before: State
    after: State
    # How many objects the wish is about, whether they are there or not.
    looked_at: int


def make_plan(desired: Desired, observed: State, traits: Traits) -> Plan:
    """Compare and order. Raises UnsupportedError for a change that the backend can't store."""
    planner = _Planner(observed, traits)
    for key, asked in desired.present.items():
        planner.present(key, asked)
    for key in desired.absent:
        planner.absent(key)
    for hold in desired.holds:
        planner.hold(hold)
    planner.steps.sort(key=_rank_of)
    return Plan(tuple(planner.steps), planner.before, planner.after, len({*desired.present, *desired.absent, *desired.seen}))


def _rank_of(step: Step) -> int:
    return step.rank


class _Planner:
    """Collects the steps of one plan."""

    def __init__(self, observed: State, traits: Traits) -> None:
        self.observed = observed
        self.traits = traits
        self.steps: list[Step] = []
        self.before: State = {}
        self.after: State = {}
        # A thousand ports share one mapping of wishes: settle each mapping once. The mapping is
        # kept beside its result, so its id can't be taken by another one meanwhile.
        self._settled: dict[tuple[str, int], tuple[Fields, Fields]] = {}
        self._asked_support: dict[tuple[str, str, Value], str | None] = {}

    def present(self, key: Key, asked: Fields) -> None:
        kind = str(key[0])
        want = self._settle(kind, asked)
        self.after[key] = dict(want)
        have = self.observed.get(key)
        if have is None:
            self._require(key, want)
            self._create(key, kind, want)
            return
        self.before[key] = {name: have.get(name) for name in want}
        delta = {name: value for name, value in want.items() if have.get(name) != value}
        if not delta:
            return
        fields = self.traits.kinds[kind].fields
        if any(fields[name].needs_new_object(have.get(name), value) for name, value in delta.items()):
            self._require(key, want)
            self._delete(key, have)
            self._create(key, kind, want)
        else:
            self._require(key, delta)
            self._update(key, kind, have, delta)

    def absent(self, key: Key) -> None:
        have = self.observed.get(key)
        if have is not None:
            self.before[key] = dict(have)
            self._delete(key, have)

    def hold(self, hold: Hold) -> None:
        have = self.observed.get(hold.key)
        touched = {step.key for step in self.steps}
        if have is None or have.get(hold.field) == hold.during or touched.isdisjoint(hold.because):
            return
        kind = str(hold.key[0])
        field = self.traits.kinds[kind].fields[hold.field]
        was = {hold.field: have[hold.field]}
        now = {hold.field: hold.during}
        for before, after in ((was, now), (now, was)):
            rank = self.traits.order.get(UPDATE, kind, field.group_for(after[hold.field]))
            self.steps.append(Step(UPDATE, hold.key, before, after, rank))

    def _settle(self, kind: str, asked: Fields) -> Fields:
        memo = (kind, id(asked))
        if memo not in self._settled:
            self._settled[memo] = (asked, self.traits.settle(kind, asked))
        return self._settled[memo][1]

    def _require(self, key: Key, fields: Fields) -> None:
        kind = str(key[0])
        for name, value in fields.items():
            question = (kind, name, value)
            if question not in self._asked_support:
                self._asked_support[question] = self.traits.unsupported(kind, name, value)
            reason = self._asked_support[question]
            if reason is not None:
                raise UnsupportedError(f"{label(key)}: {name} can't be {value!r}: {reason}.", option=name)

    def _create(self, key: Key, kind: str, want: Fields) -> None:
        order = self.traits.order
        with_create: dict[str, Value] = {}
        later: dict[str, Value] = {}
        ranks = []
        for name, value in want.items():
            group = self.traits.kinds[kind].fields[name].group_for(value)
            rank = order.find(CREATE, kind, group)
            if rank is None:
                later[name] = value
            else:
                ranks.append(rank)
                with_create[name] = value
        rank = min(ranks) if ranks else order.first(CREATE, kind)
        self.steps.append(Step(CREATE, key, NOTHING, with_create, rank))
        self._update(key, kind, NOTHING, later)

    def _delete(self, key: Key, have: Fields) -> None:
        self.steps.append(Step(DELETE, key, have, NOTHING, self.traits.order.get(DELETE, str(key[0]))))

    def _update(self, key: Key, kind: str, have: Fields, delta: Fields) -> None:
        fields = self.traits.kinds[kind].fields
        find = self.traits.order.get
        by_rank: dict[int, dict[str, Value]] = {}
        for name, value in delta.items():
            rank = find(UPDATE, kind, fields[name].group_for(value))
            by_rank.setdefault(rank, {})[name] = value
        whole = self.traits.kinds[kind].whole and have
        for rank, after in by_rank.items():
            if whole:
                after = {**have, **after}
            before = {name: have.get(name) for name in after}
            self.steps.append(Step(UPDATE, key, before, after, rank))


def label(key: Key) -> str:
    """The object in words: C(port vnet0). A part of 0 stands for none, as the VLAN of an entry without one."""
    return " ".join(str(part) for part in key if part != 0)
