# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Steps of which the backend does not know what became of them: whether they have come true, and what must be said if that stays open."""

from __future__ import annotations

import time
from typing import Any, Iterable, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import PENDING, Backend, Fault
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.diff import sentence
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import State

_PAUSE = 0.2


def looked_up(steps: Sequence[Step], faults: Sequence[Fault | None], backend: Backend, scope: Any) -> list[Fault | None]:
    """The faults less those of steps that show all the same, looked for until the backend's patience ends. They have succeeded."""
    waiting = {id(step): step for step, fault in zip(steps, faults) if fault is not None and fault.kind == PENDING}
    deadline = time.monotonic() + backend.patience
    while waiting:
        try:
            state = backend.observe(scope).state
        except VirtnetError:
            # Who can't look does not know.
            break
        waiting = {number: step for number, step in waiting.items() if not _shows(step, state)}
        if time.monotonic() >= deadline:
            break
        time.sleep(_PAUSE if waiting else 0)
    return [fault if fault is None or fault.kind != PENDING or id(step) in waiting else None for step, fault in zip(steps, faults)]


def _shows(step: Step, state: State) -> bool:
    have = state.get(step.key)
    if step.verb == DELETE or have is None:
        return step.verb == DELETE and have is None
    return all(have.get(name) == value for name, value in step.after.items())


def told(steps: Iterable[Step], taken_back: Sequence[Step]) -> list[str]:
    """What may still come true, in words. A step that did come true, and was taken back then, is settled."""
    return [
        f"{sentence(step)}: the server has not said what became of it, and it may still take effect"
        for step in steps
        if not any(_undoes(back, step) for back in taken_back)
    ]


def _undoes(back: Step, step: Step) -> bool:
    if back.key != step.key:
        return False
    if step.verb in (CREATE, DELETE):
        return back.verb == (DELETE if step.verb == CREATE else CREATE)
    changed = [name for name, value in step.after.items() if step.before.get(name) != value]
    return all(name in back.after and back.before.get(name) == step.after[name] for name in changed)
