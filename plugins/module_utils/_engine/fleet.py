# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The driver for many targets at once: hosts, or distributed switches. One read for all, writes only where there is drift and so many at a
time, one read back for all that were changed; each target is its own outcome and its own way back. Beside run.py the only part that knows check mode.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Callable, Collection, Dict, List, Mapping, Optional, Protocol, Sequence, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import apply as applying
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import diff, guard, verify, words
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import STALE, Backend, Unversioned
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import OvertakenError, UnreachableError, UnreadableError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan, make_plan
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Observed

_PAUSE = 0.5


@dataclass(frozen=True)
class Sight:
    """One target as the fleet's read saw it. C(unreachable) says in words why it can't be reached now, which the user may forgive, and C(unreadable)
    what could not be read of one that can, which nobody may; the rest means nothing then."""

    observed: Observed
    # The engine's backend for this target alone: used to write, to go back and to read this one again. Called by one thread at a time.
    backend: Backend
    unreachable: str = ""
    unreadable: str = ""
    # Sentences on what is not known of it and does not matter for what is written.
    remarks: Tuple[str, ...] = ()


class Fleet(Protocol):
    """What the driver asks of many targets together. Raises VirtnetError only for what concerns all of them."""

    def look(self, scope: Any, names: Optional[Collection[str]] = None) -> Mapping[str, Sight]:
        """Read at once all targets that C(scope) means, by unique names in the order of the result; or with C(names) only these of them, anew."""

    def ask(self, questions: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answer what an intent wants to know of some targets beside their state, for all at once."""


class FleetIntent(Protocol):
    """What one module wants of each target, before anything was read. What concerns all targets is refused when it is made."""

    scope: Any

    def resolve(self, name: str, observed: Observed) -> Resolved:
        """The wish for one target. InputError refuses this target only. Warnings don't name the target: the adapter does. Pure."""

    def questions(self, plans: Mapping[str, Plan]) -> Mapping[str, Any]:
        """What must be asked of which target, now that the plans are known; in check mode too. Targets without a question are left out."""

    def notes(self, name: str, plan: Plan, answer: Any) -> Mapping[str, Any]:
        """What the target's result says beside the changes; C(answer) is None where nothing was asked. A list C(warnings) becomes warnings."""


class BaseFleetIntent:
    """For intents that ask and note nothing."""

    def questions(self, plans: Mapping[str, Plan]) -> Mapping[str, Any]:
        """None."""
        return {}

    def notes(self, name: str, plan: Plan, answer: Any) -> Mapping[str, Any]:
        """None."""
        return {}


@dataclass
class Target:
    """What became of one target. After a failure C(plan) is what should have been done, if it came to a plan."""

    name: str
    sight: Sight
    resolved: Optional[Resolved] = None
    desired: Desired = field(default_factory=lambda: Desired({}))
    plan: Optional[Plan] = None
    error: Optional[VirtnetError] = None
    unreachable: bool = False
    verified: bool = False
    # From the read right before the first write to the end of the last one, in seconds, where nothing but the read keeps two from overwriting each other.
    window: Optional[float] = None
    notes: Dict[str, Any] = field(default_factory=dict)
    warnings: Tuple[str, ...] = ()
    journal: applying.Journal = field(default_factory=applying.Journal)

    @property
    def changed(self) -> bool:
        """Whether it is, or would be, another one than before."""
        if self.error is not None:
            return bool(getattr(self.error, "not_undone", ()))
        return self.plan is not None and bool(self.plan.steps)

    @property
    def looked_at(self) -> int:
        """How many of its objects were compared with the wish."""
        if self.plan is None or self.resolved is None or self.error is not None:
            return 0
        return self.plan.looked_at + self.resolved.seen

    def result(self) -> Dict[str, Any]:
        """In the form in which modules return it."""
        shown: Dict[str, Any] = {"changed": self.changed, "failed": self.error is not None, "unreachable": self.unreachable, "verified": self.verified}
        if self.window is not None:
            shown["window"] = round(self.window, 3)
        if self.plan is not None:
            shown.update(before=diff.show(self.plan.before), actions=diff.actions(self.plan))
            if self.error is None:
                shown["after"] = diff.show(self.plan.after)
        if self.error is not None:
            shown.update(self.error.details, msg=self.error.message, error_code=self.error.code)
        else:
            steps = len(self.plan.steps) if self.plan is not None else 0
            done = "done and read back" if self.verified else "to do"
            shown["msg"] = f"{steps} step{'s' if steps > 1 else ''} {done}." if steps else words.nothing_to_do(self.looked_at)
        if self.resolved is None:
            return {**self.notes, **shown}
        return {**self.resolved.notes, **(self.resolved.outcome if self.error is None else {}), **self.notes, **shown}


def reconcile_fleet(
    intent: FleetIntent, fleet: Fleet, check_mode: bool, allow_management: bool = False, parallel: int = 8, remedy: str = guard.WITH_ROLLBACK
) -> List[Target]:
    """Bring each target to what is asked for, or say what that would take. Raises VirtnetError only before the first write."""
    targets = [Target(name, sight) for name, sight in fleet.look(intent.scope).items()]
    for target in targets:
        _plan(target, intent, target.sight.observed, allow_management, remedy)
    _note(targets, intent, fleet)
    if not check_mode:
        work = [target for target in targets if target.error is None and target.plan is not None and target.plan.steps]

        def write(target: Target) -> None:
            _write(target, intent, allow_management, remedy)

        _each(write, work, parallel)
        _verify([target for target in work if target.error is None], intent, fleet, parallel)
    return targets


def _plan(target: Target, intent: FleetIntent, observed: Observed, allow_management: bool, remedy: str) -> None:
    target.warnings = target.sight.remarks
    if target.sight.unreachable:
        target.unreachable = True
        target.error = UnreachableError(_told(target.name, target.sight.unreachable))
        return
    if target.sight.unreadable:
        target.error = UnreadableError(_told(target.name, target.sight.unreadable))
        return
    try:
        target.resolved = intent.resolve(target.name, observed)
        target.desired = target.resolved.desired
        target.plan = _guarded_plan(target.desired, observed, target.sight.backend, allow_management, remedy)
    except VirtnetError as error:
        target.error = error


def _told(name: str, why: str) -> str:
    return f"{why}." if why.startswith(f"{name}: ") else f"{name}: {why}."


def _guarded_plan(desired: Desired, observed: Observed, backend: Backend, allow_management: bool, remedy: str) -> Plan:
    plan = make_plan(desired, observed.state, backend)
    if plan.steps:
        guard.check(plan, backend.protected(), backend.cuts, allow_management, remedy)
    return plan


def _note(targets: Sequence[Target], intent: FleetIntent, fleet: Fleet) -> None:
    plans = {target.name: target.plan for target in targets if target.plan is not None and target.error is None}
    questions = intent.questions(plans)
    answers = fleet.ask(questions) if questions else {}
    for target in targets:
        if target.name in plans:
            notes = dict(intent.notes(target.name, plans[target.name], answers.get(target.name)))
            target.warnings += tuple(notes.pop("warnings", ()))
            target.notes.update(notes)


def _write(target: Target, intent: FleetIntent, allow_management: bool, remedy: str) -> None:
    """Carry out the plan of one target. Where somebody else changed it meanwhile, one new plan is made; then it has failed."""
    if target.plan is None:
        return
    backend, scope, journal = target.sight.backend, intent.scope, target.journal
    started = time.monotonic()
    try:
        guarded = _look_again(target, target.plan, allow_management, remedy)
    except VirtnetError as error:
        target.error = error
        return
    try:
        try:
            applying.apply_plan(target.plan, backend, journal, scope)
        except applying.StepFailed as error:
            if error.kind != STALE:
                raise
            applying.apply_plan(_new_plan(target, intent, error, allow_management, remedy), backend, journal, scope)
    except applying.StepFailed as error:
        if error.kind == STALE:
            error = applying.StepFailed(error.step, f"somebody else changed it twice, also after a new plan had been made: {error}", STALE, error.code)
        target.error = applying.failed(error, journal, backend, scope, target.desired.holds)
    finally:
        target.window = time.monotonic() - started if guarded else None


def _look_again(target: Target, plan: Plan, allow_management: bool, remedy: str) -> bool:
    """Right before the first write, where the server refuses none that comes too late: a fleet's first read is old when the last of it is written. Whether
    there was something to look at. No new plan is made, as nobody would know then which of the two was meant to be last."""
    backend = target.sight.backend
    what = backend.overtaken(plan.steps) if isinstance(backend, Unversioned) else None
    if what is None:
        return False
    if what:
        raise OvertakenError(f"{target.name}: {what} by somebody else after it had been read, so nothing was written there; run the task again.")
    guard.check(plan, backend.protected(), backend.cuts, allow_management, remedy)
    return True


def _new_plan(target: Target, intent: FleetIntent, stale: applying.StepFailed, allow_management: bool, remedy: str) -> Plan:
    try:
        observed = target.sight.backend.observe(intent.scope)
        target.resolved = intent.resolve(target.name, observed)
        target.desired = target.resolved.desired
        return _guarded_plan(target.desired, observed, target.sight.backend, allow_management, remedy)
    except VirtnetError as error:
        raise applying.StepFailed(stale.step, error.message, code=error.code) from error


def _verify(targets: Sequence[Target], intent: FleetIntent, fleet: Fleet, parallel: int) -> None:
    """Read all targets that were written at once; those that don't show the change yet are read again until their patience ends."""
    started = time.monotonic()
    waiting = list(targets)
    doubts: Dict[str, Tuple[str, str]] = {}
    while waiting:
        doubts = {name: doubt for name, doubt in doubts.items() if name not in {target.name for target in waiting}}
        doubts.update(_doubts(waiting, intent, fleet))
        waiting = [target for target in waiting if target.name in doubts and time.monotonic() - started < target.sight.backend.patience]
        if waiting:
            time.sleep(_PAUSE)
    for target in targets:
        target.verified = target.name not in doubts

    def go_back(target: Target) -> None:
        step, why = doubts[target.name]
        target.error = applying.not_in_effect(step, why, target.journal, target.sight.backend, intent.scope, target.desired.holds)

    _each(go_back, [target for target in targets if not target.verified], parallel)


def _doubts(targets: Sequence[Target], intent: FleetIntent, fleet: Fleet) -> Dict[str, Tuple[str, str]]:
    """The targets whose change does not show: the step in question and why."""
    try:
        sights = fleet.look(intent.scope, [target.name for target in targets])
    except VirtnetError as error:
        return {target.name: ("read back", error.message) for target in targets}
    doubts: Dict[str, Tuple[str, str]] = {}
    for target in targets:
        sight = sights.get(target.name)
        blind = "it is not there any more" if sight is None else sight.unreachable or sight.unreadable
        if sight is None or blind:
            doubts[target.name] = ("read back", blind)
            continue
        left = verify.needed(target.desired, sight.observed.state, target.sight.backend, target.journal.vanished)
        if left:
            doubts[target.name] = (diff.sentence(left[0]), verify.IGNORED)
    return doubts


def _each(job: Callable[[Target], None], targets: Sequence[Target], parallel: int) -> None:
    """So many at a time. What a job raises beside the errors it handles is a mistake, and is raised when all have ended."""
    if not targets:
        return
    with ThreadPoolExecutor(max_workers=min(parallel, len(targets))) as pool:
        for done in [pool.submit(job, target) for target in targets]:
            done.result()
