# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The driver for many targets at once: hosts, or distributed switches. Settings: one read for all, writes only where there is drift and so many at a
time, one read back for all that were changed. Jobs: each looks for itself, and acts only then. Each target is its own outcome and its own way back.
Beside run.py the only part that knows check mode.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Callable, Collection, Mapping, Protocol, Sequence, TypeVar

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import apply as applying
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import diff, guard, verify
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import STALE, Backend, Unversioned
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import OvertakenError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan, make_plan
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.target import Outlook, Seen, Target
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Observed

_PAUSE = 0.5
_Item = TypeVar("_Item")


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
    remarks: tuple[str, ...] = ()
    # The word for targets of its kind, where a fleet has several.
    group: str = ""


class Fleet(Protocol):
    """What the driver asks of many targets together. Raises VirtnetError only for what concerns all of them."""

    def look(self, scope: Any, names: Collection[str] | None = None) -> Mapping[str, Sight]:
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


class Job(Seen, Protocol):
    """What is to be done to one target that is no setting, such as to install a driver. VirtnetError is that target's failure."""

    name: str

    def look(self) -> Outlook:
        """Read, refuse what can't be, and foretell. Changes nothing."""

    def act(self, outlook: Outlook) -> None:
        """Do it and read it back; on failure undo what can be undone. May change report and warnings."""

    def went_away(self, error: VirtnetError) -> bool:
        """Whether C(error), by which the look failed, comes of a target that can't be reached any more."""


@dataclass
class _Work:
    """A target whose settings are compared with a wish, and what the driver has to know of it."""

    target: Target
    sight: Sight
    resolved: Resolved | None = None
    plan: Plan | None = None
    notes: dict[str, Any] = field(default_factory=dict)
    journal: applying.Journal = field(default_factory=applying.Journal)

    @property
    def desired(self) -> Desired:
        """The wish, if it came to one."""
        return self.resolved.desired if self.resolved is not None else Desired({})

    def tell(self) -> None:
        """What the result says, as far as it is known by now."""
        target, notes = self.target, dict(self.notes)
        resolved = self.resolved or Resolved(Desired({}))
        target.warnings = [*resolved.warnings, *self.sight.remarks, *notes.pop("warnings", ())]
        target.report, target.outcome = {**resolved.notes, **notes}, dict(resolved.outcome)
        if self.plan is not None:
            target.outlook = Outlook(
                diff.show(self.plan.before),
                diff.show(self.plan.after),
                diff.actions(self.plan),
                touched=diff.make_diff(self.plan),
                looked_at=self.plan.looked_at + resolved.seen,
            )


def reconcile_fleet(
    intent: FleetIntent, fleet: Fleet, check_mode: bool, allow_management: bool = False, parallel: int = 8, remedy: str = guard.WITH_ROLLBACK
) -> list[Target]:
    """Bring each target to what is asked for, or say what that would take. Raises VirtnetError only before the first write."""
    whole = [_Work(Target(name, sight.group), sight) for name, sight in fleet.look(intent.scope).items()]
    for work in whole:
        _plan(work, intent, work.sight.observed, allow_management, remedy)
    _note(whole, intent, fleet)
    if not check_mode:
        written = [work for work in whole if work.target.error is None and work.plan is not None and work.plan.steps]

        def write(work: _Work) -> None:
            _write(work, intent, allow_management, remedy)

        _each(write, written, parallel)
        _verify([work for work in written if work.target.error is None], intent, fleet, parallel)
    for work in whole:
        work.tell()
    return [work.target for work in whole]


def run_jobs(jobs: Sequence[Job], check_mode: bool, parallel: int = 8) -> list[Target]:
    """Look at all targets; then, unless it is a check, change those where there is something to do."""
    whole = [(job, Target(job.name)) for job in jobs]

    def look(work: tuple[Job, Target]) -> None:
        job, target = work
        # What is not known of one that could not be looked at is none of its results.
        outlook = target.outlook = Outlook()
        if not target.can_be_looked_at(job):
            return
        try:
            outlook = target.outlook = job.look()
            outlook.warnings += job.remarks
        except VirtnetError as error:
            target.unreachable, target.error = job.went_away(error), error
        target.report, target.warnings = outlook.report, outlook.warnings

    def act(work: tuple[Job, Target]) -> None:
        job, target = work
        try:
            job.act(target.outlook or Outlook())
            target.verified = True
        except VirtnetError as error:
            target.error = error

    _each(look, whole, parallel)
    if not check_mode:
        _each(act, [work for work in whole if work[1].error is None and work[1].outlook is not None and work[1].outlook.actions], parallel)
    return [target for _job, target in whole]


def _plan(work: _Work, intent: FleetIntent, observed: Observed, allow_management: bool, remedy: str) -> None:
    if not work.target.can_be_looked_at(work.sight):
        return
    try:
        work.resolved = intent.resolve(work.target.name, observed)
        work.plan = _guarded_plan(work.desired, observed, work.sight.backend, allow_management, remedy)
    except VirtnetError as error:
        work.target.error = error


def _guarded_plan(desired: Desired, observed: Observed, backend: Backend, allow_management: bool, remedy: str) -> Plan:
    plan = make_plan(desired, observed.state, backend)
    if plan.steps:
        guard.check(plan, backend.protected(), backend.cuts, allow_management, remedy)
    return plan


def _note(whole: Sequence[_Work], intent: FleetIntent, fleet: Fleet) -> None:
    plans = {work.target.name: work.plan for work in whole if work.plan is not None and work.target.error is None}
    questions = intent.questions(plans)
    answers = fleet.ask(questions) if questions else {}
    for work in whole:
        name = work.target.name
        if name in plans:
            work.notes = dict(intent.notes(name, plans[name], answers.get(name)))


def _write(work: _Work, intent: FleetIntent, allow_management: bool, remedy: str) -> None:
    """Carry out the plan of one target. Where somebody else changed it meanwhile, one new plan is made; then it has failed."""
    if work.plan is None:
        return
    target, backend, scope, journal = work.target, work.sight.backend, intent.scope, work.journal
    started = time.monotonic()
    try:
        guarded = _look_again(work, work.plan, allow_management, remedy)
    except VirtnetError as error:
        target.error = error
        return
    try:
        try:
            applying.apply_plan(work.plan, backend, journal, scope)
        except applying.StepFailed as error:
            if error.kind != STALE:
                raise
            applying.apply_plan(_new_plan(work, intent, error, allow_management, remedy), backend, journal, scope)
    except applying.StepFailed as error:
        if error.kind == STALE:
            error = applying.StepFailed(error.step, f"somebody else changed it twice, also after a new plan had been made: {error}", STALE, error.code)
        target.error = applying.failed(error, journal, backend, scope, work.desired.holds)
    finally:
        target.window = time.monotonic() - started if guarded else None


def _look_again(work: _Work, plan: Plan, allow_management: bool, remedy: str) -> bool:
    """Right before the first write, where the server refuses none that comes too late: a fleet's first read is old when the last of it is written. Whether
    there was something to look at. No new plan is made, as nobody would know then which of the two was meant to be last."""
    backend = work.sight.backend
    what = backend.overtaken(plan.steps) if isinstance(backend, Unversioned) else None
    if what is None:
        return False
    if what:
        raise OvertakenError(f"{work.target.name}: {what} by somebody else after it had been read, so nothing was written there; run the task again.")
    guard.check(plan, backend.protected(), backend.cuts, allow_management, remedy)
    return True


def _new_plan(work: _Work, intent: FleetIntent, stale: applying.StepFailed, allow_management: bool, remedy: str) -> Plan:
    try:
        observed = work.sight.backend.observe(intent.scope)
        work.resolved = intent.resolve(work.target.name, observed)
        return _guarded_plan(work.desired, observed, work.sight.backend, allow_management, remedy)
    except VirtnetError as error:
        raise applying.StepFailed(stale.step, error.message, code=error.code) from error


def _verify(whole: Sequence[_Work], intent: FleetIntent, fleet: Fleet, parallel: int) -> None:
    """Read all targets that were written at once; those that don't show the change yet are read again until their patience ends."""
    started = time.monotonic()
    waiting = list(whole)
    doubts: dict[str, tuple[str, str]] = {}
    while waiting:
        doubts = {name: doubt for name, doubt in doubts.items() if name not in {work.target.name for work in waiting}}
        doubts.update(_doubts(waiting, intent, fleet))
        waiting = [work for work in waiting if work.target.name in doubts and time.monotonic() - started < work.sight.backend.patience]
        if waiting:
            time.sleep(_PAUSE)
    for work in whole:
        work.target.verified = work.target.name not in doubts

    def go_back(work: _Work) -> None:
        step, why = doubts[work.target.name]
        work.target.error = applying.not_in_effect(step, why, work.journal, work.sight.backend, intent.scope, work.desired.holds)

    _each(go_back, [work for work in whole if not work.target.verified], parallel)


def _doubts(whole: Sequence[_Work], intent: FleetIntent, fleet: Fleet) -> dict[str, tuple[str, str]]:
    """The targets whose change does not show: the step in question and why."""
    try:
        sights = fleet.look(intent.scope, [work.target.name for work in whole])
    except VirtnetError as error:
        return {work.target.name: ("read back", error.message) for work in whole}
    doubts: dict[str, tuple[str, str]] = {}
    for work in whole:
        sight = sights.get(work.target.name)
        blind = "it is not there any more" if sight is None else sight.unreachable or sight.unreadable
        if sight is None or blind:
            doubts[work.target.name] = ("read back", blind)
            continue
        left = verify.needed(work.desired, sight.observed.state, work.sight.backend, work.journal.vanished)
        if left:
            doubts[work.target.name] = (diff.sentence(left[0]), verify.IGNORED)
    return doubts


def _each(do: Callable[[_Item], None], those: Sequence[_Item], parallel: int) -> None:
    """So many at a time. What is raised beside the errors that are handled is a mistake, and is raised when all have ended."""
    if not those:
        return
    with ThreadPoolExecutor(max_workers=min(parallel, len(those))) as pool:
        for done in [pool.submit(do, each) for each in those]:
            done.result()
