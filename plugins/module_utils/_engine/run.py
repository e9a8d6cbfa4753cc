# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The one driver: observe, plan, guard, apply, verify. Only here check mode makes a difference."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Iterator, Mapping, Protocol

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import apply as applying
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import diff, guard, verify
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import Backend, LocalBackend
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import FAILURES, ChangeError, as_ours
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.invert import invert
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan, label, make_plan
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Key, Observed


@dataclass(frozen=True)
class Resolved:
    """A wish made concrete against what was observed, and what the user should hear about it."""

    desired: Desired
    notes: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    # Notes of what will be so once the wish holds; not told of what failed.
    outcome: Mapping[str, Any] = field(default_factory=dict)
    # How many objects were looked at beside those of the wish, and are as they should be.
    seen: int = 0


class Intent(Protocol):
    """What one module wants, before anything was read."""

    scope: Any

    def recover(self, held: frozenset[Key]) -> frozenset[Key]:
        """Take over what a killed run left held; returns what this one will give back."""

    def resolve(self, observed: Observed) -> Resolved:
        """Find the objects and refuse, with InputError, what can't be right. Pure."""


class BaseIntent:
    """For intents that never hold anything."""

    def recover(self, held: frozenset[Key]) -> frozenset[Key]:
        """Nothing of what a killed run left concerns this one."""
        return frozenset()


class SafetyNet(Protocol):
    """Survives this process: reverts to a wish unless somebody confirms in time, and after a crash."""

    def arm(self, wish: Desired, management: bool, held: tuple[Key, ...]) -> None:
        """Note what is held, for the run after a crash; with C(management) start the clock that reverts to C(wish)."""

    def disarm(self) -> None:
        """The run came to a defined end: nothing is left to recover after a crash."""

    def cancel(self) -> None:
        """The change was undone: stop the clock."""


@dataclass
class Outcome:
    """What a run did, or would do."""

    plan: Plan
    resolved: Resolved
    verified: bool = False
    vanished: list[str] = field(default_factory=list)

    def result(self) -> dict[str, Any]:
        """In the form in which modules return it."""
        return {
            "changed": bool(self.plan.steps),
            "before": diff.show(self.plan.before),
            "after": diff.show(self.plan.after),
            "actions": diff.actions(self.plan),
            "verified": self.verified,
            "vanished": self.vanished,
            **self.resolved.notes,
            **self.resolved.outcome,
        }


def reconcile(intent: Intent, backend: LocalBackend, check_mode: bool, allow_management: bool = False, net: SafetyNet | None = None) -> Outcome:
    """Bring what is to what is asked for, or say what that would take."""
    with _no_search_for_cycles():
        return _reconcile(intent, backend, check_mode, allow_management, net)


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """A run makes very many objects and hardly a cycle; to search them for some took a fifth of the time for a thousand ports."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _reconcile(intent: Intent, backend: LocalBackend, check_mode: bool, allow_management: bool, net: SafetyNet | None) -> Outcome:
    observed = backend.observe(intent.scope)
    resolved = intent.resolve(observed)
    plan = make_plan(resolved.desired, observed.state, backend)
    outcome = Outcome(plan, resolved)
    if plan.steps:
        # In check mode too, as a real run would end here.
        backend.authorize()
        management = guard.check(plan, backend.protected(), backend.cuts, allow_management)
        if not check_mode:
            _change(outcome, intent.scope, backend, management, net)
    return outcome


def _change(outcome: Outcome, scope: Any, backend: Backend, management: bool, net: SafetyNet | None) -> None:
    desired = outcome.resolved.desired
    if net is not None:
        changed = {step.key for step in outcome.plan.steps}
        held = tuple(hold.key for hold in desired.holds if hold.key in changed)
        net.arm(invert(outcome.plan.steps, backend.kinds, desired.holds)[0], management, held)
    journal = applying.Journal()
    try:
        _apply_and_verify(outcome.plan, desired, scope, backend, journal)
    except ChangeError as error:
        if net is not None and not error.not_undone:
            net.disarm()
            net.cancel()
        raise
    outcome.verified = True
    outcome.vanished = sorted(label(key) for key in journal.vanished)
    if net is not None:
        net.disarm()


def _apply_and_verify(plan: Plan, desired: Desired, scope: Any, backend: Backend, journal: applying.Journal) -> None:
    """Raises ChangeError, after going back, when a step fails or the read-back differs from the wish."""
    try:
        applying.apply_plan(plan, backend, journal, scope)
    except applying.StepFailed as error:
        raise applying.failed(error, journal, backend, scope, desired.holds) from error
    try:
        left = verify.residual(desired, backend, scope, journal.vanished)
    except FAILURES as error:
        raise applying.not_in_effect("read back", as_ours(error).message, journal, backend, scope, desired.holds) from error
    if left:
        raise applying.not_in_effect(diff.sentence(left[0]), verify.IGNORED, journal, backend, scope, desired.holds)
