# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Steps of which nobody says what became of them: they are looked up, and what stays open is told."""

from __future__ import annotations

from typing import Sequence

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import apply as applying
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import PENDING, REFUSED, Fault
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step, make_plan
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Fields, Key, Observed, State

from ..fakes.backend import FakeBackend

S0: Key = ("switch", "s0")
G0: Key = ("group", "g0")
G1: Key = ("group", "g1")


def state() -> State:
    """A switch with two groups."""
    group = {"switch": "s0", "promiscuous": "accept", "vlan": 5}
    return {S0: {"promiscuous": "accept", "forged_transmits": "accept", "mtu": 1500, "up": True}, G0: dict(group), G1: dict(group)}


class Slow(FakeBackend):
    """The steps on some objects get no answer; they are done when the state has been read so often, or never."""

    batches = False

    def __init__(self, reads: dict[Key, int], refused: Sequence[Key] = ()) -> None:
        super().__init__(state())
        self.reads_until = reads
        self.refused = refused
        self.open: list[Step] = []
        self.blind = False

    def observe(self, scope: object) -> Observed:
        """What is due becomes true first."""
        if self.blind:
            raise BackendError("it can't be read now.")
        for step in list(self.open):
            self.reads_until[step.key] -= 1
            if self.reads_until[step.key] == 0:
                self.open.remove(step)
                self._write(step)
        return super().observe(scope)

    def execute(self, steps: Sequence[Step]) -> list[Fault | None]:
        """Once without an answer; what comes later, such as the way back, is done."""
        step = steps[0]
        if step.key in self.refused:
            return [Fault(REFUSED, "no")]
        if step.key in self.reads_until and step not in self.open and self.reads_until[step.key] != 0:
            self.open.append(step)
            return [Fault(PENDING, "no answer", "deadline")]
        return super().execute(steps)


def run(backend: Slow, wish: dict[Key, Fields], absent: Sequence[Key] = ()) -> applying.ChangeError | None:
    """The error with which it ends, if any."""
    desired = Desired(wish, tuple(absent))
    journal = applying.Journal()
    try:
        applying.apply_plan(make_plan(desired, backend.observe(None).state, backend), backend, journal, None)
    except applying.StepFailed as failure:
        return applying.failed(failure, journal, backend, None, ())
    return None


def test_what_shows_in_time_has_succeeded() -> None:
    """The rest of the plan is done too."""
    backend = Slow({G0: 3})
    backend.patience = 5.0
    assert run(backend, {G0: {"vlan": 7}, G1: {"vlan": 8}}) is None
    assert backend.state[G0]["vlan"] == 7 and backend.state[G1]["vlan"] == 8


def test_without_patience_one_look_is_taken() -> None:
    """As for tasks, for whose end was waited already."""
    assert run(Slow({G0: 1}), {G0: {"vlan": 7}}) is None


def test_what_does_not_show_is_told() -> None:
    """What was done before is taken back; what may still come true is not undone, whatever shows now."""
    backend = Slow({G1: -1})
    error = run(backend, {G0: {"vlan": 7}, G1: {"vlan": 8}})
    assert error is not None and error.details["cause"] == "deadline" and error.details["undone"] == ["set group g0: vlan 7 -> 5"]
    assert error.not_undone == ["set group g1: vlan 5 -> 8: the server has not said what became of it, and it may still take effect"]
    assert "the state before is restored" not in error.message and backend.state[G0]["vlan"] == backend.state[G1]["vlan"] == 5


def test_what_came_true_on_the_way_back_is_settled() -> None:
    """It was taken back with the rest, so nothing of it is to come."""
    backend = Slow({G0: 2})
    error = run(backend, {G0: {"vlan": 7}})
    assert error is not None and error.not_undone == [] and error.details["undone"] == ["set group g0: vlan 7 -> 5"] and backend.state[G0]["vlan"] == 5


@pytest.mark.parametrize(
    ("wish", "absent", "words"), [({("group", "new"): {"switch": "s0"}}, (), "create group new (switch s0)"), ({}, (G0,), "delete group g0")]
)
def test_objects_that_are_made_or_go(wish: dict[Key, Fields], absent: Sequence[Key], words: str) -> None:
    """Look for the object, then for its fields."""
    key = next(iter(wish), G0)
    assert run(Slow({key: 1}), wish, absent) is None
    error = run(Slow({key: -1}), wish, absent)
    assert error is not None and error.not_undone == [f"{words}: the server has not said what became of it, and it may still take effect"]
    settled = run(Slow({key: 2}), wish, absent)
    assert settled is not None and settled.not_undone == []


def test_who_can_not_look_does_not_know() -> None:
    """Neither whether it is done nor what there is now."""
    backend = Slow({G0: 1})
    plan = make_plan(Desired({G0: {"vlan": 7}}), backend.observe(None).state, backend)
    backend.blind = True
    journal = applying.Journal()
    with pytest.raises(applying.StepFailed) as failed:
        applying.apply_plan(plan, backend, journal, None)
    error = applying.failed(failed.value, journal, backend, None, ())
    assert len(error.not_undone) == 2 and "could not be compared" in error.not_undone[0] and "may still take effect" in error.not_undone[1]


def test_a_way_back_without_an_answer() -> None:
    """Is looked up too, and what shows is undone."""
    backend = Slow({G0: 1}, refused=[G1])
    backend.reads_until = {}
    plan = make_plan(Desired({G0: {"vlan": 7}, G1: {"vlan": 8}}), backend.observe(None).state, backend)
    journal = applying.Journal()
    with pytest.raises(applying.StepFailed) as failed:
        applying.apply_plan(plan, backend, journal, None)
    backend.reads_until = {G0: 2}
    backend.patience = 5.0
    error = applying.failed(failed.value, journal, backend, None, ())
    assert error.not_undone == [] and error.details["undone"] == ["set group g0: vlan 7 -> 5"] and backend.state[G0]["vlan"] == 5
