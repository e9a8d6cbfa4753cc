# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a role's variables mean: null and an empty text are not given, and documents may be text."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.virtnet.hardening.plugins.plugin_utils import _document_text as document_text

Spec = t.Mapping[str, t.Mapping[str, t.Any]]


class Meaning(t.NamedTuple):
    """The variables that have a value, by their whole names, and a sentence on each that has none of those it may have."""

    values: dict[str, t.Any]
    problems: list[str]


def is_given(value: t.Any, spec: t.Mapping[str, t.Any]) -> bool:
    """Whether it says anything: C(false), 0 and an empty list do, null and an empty text don't, nor do blanks where no text is asked for."""
    if value is None:
        return False
    return not isinstance(value, str) or bool(value if spec.get("type", "str") in ("str", "path") else value.strip())


def resolve(given: t.Mapping[str, t.Any], defaults: t.Mapping[str, t.Any], spec: Spec) -> Meaning:
    """Each variable of C(spec) as it is given, or its default, judged by C(spec)."""
    values: dict[str, t.Any] = {}
    problems: list[str] = []
    for name, each in spec.items():
        if not is_given(given.get(name), each):
            if name in defaults:
                values[name] = defaults[name]
            continue
        try:
            values[name] = _read(name, given[name], each)
        except document_text.TextError as error:
            problems.append(str(error))
    # The validator takes a null for a value.
    judged = {name: value for name, value in values.items() if value is not None}
    return Meaning(values, problems + list(ArgumentSpecValidator(dict(spec)).validate(judged, validate_role_argument_spec=True).error_messages))


def _read(name: str, value: t.Any, spec: t.Mapping[str, t.Any]) -> t.Any:
    if not isinstance(value, str):
        # The validator ends in a TypeError where a mapping that has a table of its keys is a number.
        if spec.get("type") == "dict" and not isinstance(value, t.Mapping):
            raise document_text.TextError(f"{name}: {value} is not a mapping; write it as YAML or JSON.")
        return value
    if spec.get("type") == "dict":
        return document_text.parse(value, name, document_text.MAPPING)
    if spec.get("type") == "list" and spec.get("elements") == "dict":
        return document_text.parse(value, name, document_text.LIST, "switches" if name.endswith(("_policy", "_switches")) else "")
    return value
