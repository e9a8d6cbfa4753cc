# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The way back: from steps that were tried to the wish that restores what was before them. Pure."""

from __future__ import annotations

from typing import Iterable, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step, label
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Fields, Hold, Key, Kind, Value


def invert(steps: Iterable[Step], kinds: Mapping[str, Kind], holds: tuple[Hold, ...] = ()) -> tuple[Desired, list[str]]:
    """The wish for the state before C(steps), and in words what no wish can bring back.

    A wish and not a list of inverse steps: it is compared with what is really there, so steps that
    never ran, or ran unnoticed, are handled by the planner like any other difference.
    """
    present: dict[Key, dict[str, Value]] = {}
    created: set[Key] = set()
    # Made anew or deleted: what came after the first such step was never there before.
    closed: set[Key] = set()
    lost: list[str] = []
    for step in steps:
        if step.key in closed:
            continue
        if step.verb in (CREATE, DELETE):
            closed.add(step.key)
        if step.verb == CREATE:
            created.add(step.key)
            continue
        was = present.setdefault(step.key, {})
        fields = kinds[str(step.key[0])].fields
        for name, value in _restorable(step, fields).items():
            was.setdefault(name, value)
        lost.extend(f"{label(step.key)}: {name}" for name in _lost(step))
    asked: dict[Key, Fields] = {key: fields for key, fields in present.items() if fields}
    return Desired(asked, tuple(created), holds), lost


def _restorable(step: Step, fields: Mapping[str, object]) -> Fields:
    """What the way back writes. What follows carrier or protocol state comes back by itself."""
    known = {name: value for name, value in step.before.items() if value is not None and name in fields}
    if step.verb != DELETE:
        return known
    return {name: value for name, value in known.items() if not getattr(fields[name], "volatile", False)}


def _lost(step: Step) -> list[str]:
    if step.verb == DELETE:
        return []
    return [name for name, value in step.before.items() if value is None]
