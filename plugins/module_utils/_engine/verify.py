# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Reads back: a kernel or server that acknowledges a write and ignores it must not count as success."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any, Collection

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import Backend
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step, make_plan
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Key, State

_PAUSE = 0.2
IGNORED = "the write was acknowledged, but reading back shows that it did not take effect"


def residual(desired: Desired, backend: Backend, scope: Any, vanished: set[Key]) -> tuple[Step, ...]:
    """The steps that are still needed after the write; none means that it holds.

    Objects that are gone are added to C(vanished): nothing is needed on them any more.
    """
    deadline = time.monotonic() + backend.patience
    while True:
        left = needed(desired, backend.observe(scope).state, backend, vanished)
        if not left or time.monotonic() >= deadline:
            return left
        time.sleep(_PAUSE)


def needed(desired: Desired, state: State, backend: Backend, vanished: set[Key]) -> tuple[Step, ...]:
    """The same for a state that was just read."""
    left = make_plan(without(desired, vanished), state, backend).steps
    gone = {step.key for step in left if backend.gone(step)}
    vanished |= gone
    return tuple(step for step in left if step.key not in gone)


def without(desired: Desired, vanished: Collection[Key]) -> Desired:
    """The wish less the objects that are gone."""
    if not vanished:
        return desired
    kept = {key: fields for key, fields in desired.present.items() if key not in vanished}
    return replace(desired, present=kept)
