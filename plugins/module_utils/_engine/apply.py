# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Executes a plan rule by rule, and takes back what was done when a step fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Iterator, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import pending
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import PENDING, REFUSED, STALE, VANISHED, Backend, Fault
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.diff import sentence
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import FAILURES, ChangeError, VerifyError, as_ours
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.invert import invert
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan, Step
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.restore import Report, restore
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Hold, Key


@dataclass
class Journal:
    """What was tried so far: enough to go back, whatever came of it."""

    tried: list[Step] = field(default_factory=list)
    vanished: set[Key] = field(default_factory=set)
    # Tried, and still under way on the server when this side gave up waiting.
    pending: list[Step] = field(default_factory=list)


class StepFailed(Exception):
    """A step failed; the journal has all that was tried, the failed step included."""

    def __init__(self, step: Step, message: str, kind: str = REFUSED, code: str = "") -> None:
        super().__init__(message)
        self.step = step
        self.kind = kind
        self.code = code


def apply_plan(plan: Plan, backend: Backend, journal: Journal, scope: Any) -> None:
    """Run the steps; a step on an object that vanished is noted, any other failure raises StepFailed. One that got no answer is looked up first."""
    kinds = backend.kinds
    made = {step.key for step in plan.steps if step.verb == CREATE and kinds[str(step.key[0])].stands_alone}
    for group in _batches(plan.steps, backend):
        batch = [step for step in group if step.key not in journal.vanished]
        journal.tried.extend(batch)
        try:
            faults = pending.looked_up(batch, backend.execute(batch), backend, scope)
        except FAILURES as problem:
            error = as_ours(problem)
            raise StepFailed(batch[0], error.message, code=error.code) from problem
        _account(batch, faults, journal)
        for step, fault in zip(batch, faults):
            if fault is not None and fault.kind == VANISHED and step.key not in made:
                journal.vanished.add(step.key)
            elif fault is not None:
                raise StepFailed(step, fault.message, fault.kind, fault.code)


def _account(batch: Sequence[Step], faults: Sequence[Fault | None], journal: Journal) -> None:
    """What was refused because somebody else was faster is theirs: to go back must not touch it."""
    kinds = {id(step): fault.kind for step, fault in zip(batch, faults) if fault is not None}
    journal.tried = [step for step in journal.tried if kinds.get(id(step)) != STALE]
    journal.pending.extend(step for step in batch if kinds.get(id(step)) == PENDING)


def _batches(steps: tuple[Step, ...], backend: Backend) -> Iterator[list[Step]]:
    if not backend.batches:
        return iter([step] for step in steps)
    return (list(group) for rank, group in groupby(steps, key=lambda step: step.rank))


def undo(journal: Journal, backend: Backend, scope: Any, holds: tuple[Hold, ...]) -> Report:
    """Go back to the state before the journal. Returns what was undone and what could not be, in words."""
    wish, lost = invert(journal.tried, backend.kinds, holds)
    report = restore(wish, backend, scope)
    return report._replace(not_undone=lost + report.not_undone + pending.told(journal.pending, report.steps))


def failed(error: StepFailed, journal: Journal, backend: Backend, scope: Any, holds: tuple[Hold, ...]) -> ChangeError:
    """Go back after a step that failed; the error says what came of it."""
    undone, not_undone, _steps = undo(journal, backend, scope, holds)
    step = sentence(error.step)
    return ChangeError(f"'{step}' failed: {_clause(str(error))}; {_ending(not_undone)}.", step, undone, not_undone, error.code)


def not_in_effect(step: str, why: str, journal: Journal, backend: Backend, scope: Any, holds: tuple[Hold, ...]) -> VerifyError:
    """Go back after a change that does not show, or can't be read back; the error says what came of it."""
    undone, not_undone, _steps = undo(journal, backend, scope, holds)
    return VerifyError(f"'{step}': {_clause(why)}; {_ending(not_undone)}.", step, undone, not_undone)


def _clause(text: str) -> str:
    return text[:-1] if text.endswith(".") else text


def _ending(not_undone: list[str]) -> str:
    return "the state before is restored" if not not_undone else "not undone: " + "; ".join(_clause(text) for text in not_undone)
