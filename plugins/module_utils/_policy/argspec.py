# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From the table of fields to Ansible's argument specification. Pure."""

from __future__ import annotations

from typing import Any, Iterable

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import INHERIT, POLICY_VALUES, Field, Kind

_TYPES = {"bool": "bool", "int": "int", "seconds": "float", "enum": "str", "mac": "str", "device": "str", "str": "str", "policy": "str"}

# Options of every module that writes: the management guard, and what its action plugin hands over.
GUARD: dict[str, Any] = {
    "allow_management": {"type": "bool", "default": False},
    "rollback_timeout": {"type": "int", "default": 60},
    "_rollback_id": {"type": "str"},
}
STATE: dict[str, Any] = {"type": "str", "choices": ["present", "absent"], "default": "present"}


def option(field: Field) -> dict[str, Any]:
    """The specification of one field. No default: absent means that nothing is asked for."""
    spec: dict[str, Any] = {"type": _TYPES[field.type]}
    if field.inherits:
        # Ansible finds a bool among these, and the text that a template makes of one.
        spec = {"type": "str", "choices": ["true", "false", INHERIT]}
    elif field.type == "policy":
        spec["choices"] = list(POLICY_VALUES)
    elif field.choices:
        spec["choices"] = list(field.choices)
    return spec


def options(kind: Kind, names: Iterable[str] | None = None) -> dict[str, Any]:
    """The specification of a kind's fields, or of some of them."""
    return {name: option(kind.fields[name]) for name in (kind.fields if names is None else names)}
