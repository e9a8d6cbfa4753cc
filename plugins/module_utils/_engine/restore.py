# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Brings back a former state as far as that is possible, and says what came back and what did not."""

from __future__ import annotations

from itertools import groupby
from typing import Any, NamedTuple, cast

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import pending
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import Backend, Divided
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.diff import sentence
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import FAILURES, as_ours
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step, label, make_plan
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Key


class Report(NamedTuple):
    """What came of the way back, in words, and the steps that were undone."""

    undone: list[str]
    not_undone: list[str]
    steps: tuple[Step, ...] = ()


def restore(wish: Desired, backend: Backend, scope: Any) -> Report:
    """Work towards C(wish) without stopping at failures. Returns what was undone and what was not, in words."""
    scope = backend.cover(scope, wish)
    try:
        steps = make_plan(wish, backend.observe(scope).state, backend).steps
    except FAILURES as error:
        return _each_part(wish, backend, scope) if isinstance(backend, Divided) else _not_compared(wish, error)
    return _go_back(wish, steps, backend, scope)


def _each_part(wish: Desired, backend: Backend, scope: Any) -> Report:
    """What one system did is brought back though the other can't even be read."""
    done = Report([], [])
    for kinds, narrow in cast(Divided, backend).parts(scope):
        part = Desired({key: fields for key, fields in wish.present.items() if key[0] in kinds}, tuple(key for key in wish.absent if key[0] in kinds))
        if not part.present and not part.absent:
            continue
        try:
            steps = make_plan(part, backend.observe(narrow).state, backend).steps
        except FAILURES as error:
            report = _not_compared(part, error)
        else:
            report = _go_back(part, steps, backend, narrow)
        done = Report(done.undone + report.undone, done.not_undone + report.not_undone, done.steps + report.steps)
    return done


def _not_compared(wish: Desired, error: Exception) -> Report:
    names = sorted({label(key) for key in (*wish.present, *wish.absent)})
    return Report([], [f"{few(names)}: the state before could not be compared: {as_ours(error).message}"])


def _go_back(wish: Desired, steps: tuple[Step, ...], backend: Backend, scope: Any) -> Report:
    failures = _run(steps, backend, scope)
    try:
        left = make_plan(wish, backend.observe(scope).state, backend).steps
    except FAILURES as error:
        return Report([], failures + [f"reading back failed: {as_ours(error).message}"])
    return _audit(steps, left, failures, backend)


def _run(steps: tuple[Step, ...], backend: Backend, scope: Any) -> list[str]:
    failures: list[str] = []
    for rank, group in groupby(steps, key=lambda step: step.rank):
        batch = list(group)
        try:
            faults = pending.looked_up(batch, backend.execute(batch), backend, scope)
        except FAILURES as error:
            failures.extend(f"{sentence(step)}: {as_ours(error).message}" for step in batch)
            continue
        failures.extend(f"{sentence(step)}: {fault.message}" for step, fault in zip(batch, faults) if fault)
    return failures


def _audit(steps: tuple[Step, ...], left: tuple[Step, ...], failures: list[str], backend: Backend) -> Report:
    """Believe the read-back and not the acknowledgements."""
    # What is gone by itself can't come back and need not.
    left = tuple(step for step in left if not backend.gone(step))
    open_keys: set[Key] = {step.key for step in left}
    done = tuple(step for step in steps if step.key not in open_keys)
    reasons = [text for text in failures if any(text.startswith(sentence(step) + ":") for step in left)]
    silent = [sentence(step) for step in left if not any(text.startswith(sentence(step) + ":") for text in reasons)]
    return Report([sentence(step) for step in done], reasons + silent, done)
