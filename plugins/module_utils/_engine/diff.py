# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""A plan for people: before and after, the steps in words, the diff. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan, Step, label
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields, Key, State, Value


def show(state: State) -> dict[str, dict[str, dict[str, Value]]]:
    """Nested by kind and name, as results carry it: C({port: {vnet0: {isolated: true}}})."""
    shown: dict[str, dict[str, dict[str, Value]]] = {}
    for key, fields in state.items():
        shown.setdefault(str(key[0]), {})[label(key[1:])] = fields
    return shown


def make_diff(plan: Plan) -> dict[str, Any]:
    """What Ansible prints for C(--diff): only the objects that a step touches."""
    touched: set[Key] = {step.key for step in plan.steps}
    return {
        "before": show({key: fields for key, fields in plan.before.items() if key in touched}),
        "after": show({key: fields for key, fields in plan.after.items() if key in touched}),
    }


def actions(plan: Plan) -> list[str]:
    """The steps in words, in the order in which they run."""
    return [sentence(step) for step in plan.steps]


def sentence(step: Step) -> str:
    """One step in words."""
    name = label(step.key)
    if step.verb == DELETE:
        return f"delete {name}"
    if step.verb == CREATE:
        return f"create {name}{_listed(step.after)}"
    changes = ", ".join(f"{field} {word(step.before.get(field))} -> {word(value)}" for field, value in step.after.items() if step.before.get(field) != value)
    return f"set {name}: {changes}"


def word(value: Value) -> str:
    """A value as YAML would write it; what was never read is C(unset)."""
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value != "" else '""'


def _listed(fields: Fields) -> str:
    if not fields:
        return ""
    return " (" + ", ".join(f"{name} {word(value)}" for name, value in fields.items()) + ")"
