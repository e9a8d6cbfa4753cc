# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML as people write it in documentation: sentences folded at the widest line that yamllint takes, what is short on one line, anchors with names."""

from __future__ import annotations

import json
import textwrap
from functools import lru_cache
from typing import Any

import yaml

WIDTH = 160
# They differ in what they take without quotes: that in C, where PyYAML has it, takes a question mark in a list.
_LOADERS = {yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)}
# What is never shown on one line with its neighbours, as readers look for it.
_ALWAYS_BELOW = ("options", "suboptions", "contains")


class Writer:
    """Writes mappings. A mapping that stands at several places is written at the first of them, and named at the others."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._names: dict[int, str] = {}
        self._written: set[int] = set()

    def lines(self, mapping: dict[str, Any], indent: int) -> list[str]:
        """The keys of a mapping, below the key that it belongs to."""
        self._count(mapping)
        return self._mapping(mapping, indent, "")

    def _count(self, value: Any) -> None:
        if isinstance(value, dict) and value:
            self._seen[id(value)] = self._seen.get(id(value), 0) + 1
            if self._seen[id(value)] > 1:
                return
            for each in value.values():
                self._count(each)

    def _mapping(self, mapping: dict[str, Any], indent: int, around: str) -> list[str]:
        return [line for key, value in mapping.items() for line in self._entry(key, value, indent, around)]

    def _entry(self, key: str, value: Any, indent: int, around: str) -> list[str]:
        head = f"{' ' * indent}{_flow(key)}:"
        if not isinstance(value, dict) or not value:
            return _leaf(head, key, value, indent)
        mark = self._anchor(around if key in _ALWAYS_BELOW else key, value)
        if id(value) in self._written:
            return [f"{head} *{self._names[id(value)]}"]
        self._written.add(id(value))
        if not mark and (key == "sample" or _is_flat(value)):
            short = _example(head, value, indent)
            if key == "sample" or len(short) == 1:
                return short
        return [head + mark, *self._mapping(value, indent + 2, key)]

    def _anchor(self, key: str, value: dict[str, Any]) -> str:
        if self._seen.get(id(value), 0) < 2:
            return ""
        if id(value) not in self._names:
            taken = set(self._names.values())
            self._names[id(value)] = next(name for name in (key, *(f"{key}_{number}" for number in range(2, 99))) if name not in taken)
        return f" &{self._names[id(value)]}"


def _is_flat(mapping: dict[str, Any]) -> bool:
    """Whether it is a sentence with a few words on it."""
    return "description" in mapping and all(key not in _ALWAYS_BELOW and not isinstance(value, dict) for key, value in mapping.items())


def _example(head: str, value: Any, indent: int) -> list[str]:
    """As much of it on one line as goes there."""
    short = f"{head} {_flow(value)}"
    if len(short) <= WIDTH or not isinstance(value, dict):
        return [short]
    return [head, *(line for key, each in value.items() for line in _example(f"{' ' * (indent + 2)}{_flow(key)}:", each, indent + 2))]


def _leaf(head: str, key: str, value: Any, indent: int) -> list[str]:
    if key == "description":
        if isinstance(value, str):
            return _sentence(head, value, indent)
        return [head, *(line for each in value for line in _sentence(" " * (indent + 2) + "-", each, indent + 2))]
    short = f"{head} {_scalar(value) if isinstance(value, str) else _flow(value)}"
    if isinstance(value, list) and len(short) > WIDTH:
        return [head, *(f"{' ' * (indent + 2)}- {_scalar(each)}" for each in value)]
    return [short]


def _sentence(head: str, value: str, indent: int) -> list[str]:
    """On its line, or folded where it is too long or would need quotes."""
    line = f"{head} {value}"
    if len(line) <= WIDTH and _scalar(value) == value:
        return [line]
    folded = textwrap.wrap(value, WIDTH - indent - 2, break_long_words=False, break_on_hyphens=False)
    if " ".join(folded) != value:
        raise SystemExit(f"'{value}' has blanks that folding would lose; write it with single ones")
    return [f"{head} >-", *(f"{' ' * (indent + 2)}{part}" for part in folded)]


def _scalar(value: Any) -> str:
    """Without quotes where YAML reads the same."""
    if not isinstance(value, str):
        return json.dumps(value)
    return value if _is_read(f"- {value}\n- k: {value}", value) else _quoted(value)


def _quoted(value: str) -> str:
    return f"'{value}'" if '"' in value and "'" not in value else json.dumps(value, ensure_ascii=False)


def _flow(value: Any) -> str:
    """On one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(key)}: {_flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    return value if _is_read(f"[{value}, {{k: {value}}}]", value) else _quoted(value)


@lru_cache(maxsize=None)
def _is_read(text: str, value: str) -> bool:
    """Whether both readers of YAML find the value in a list and in a mapping."""
    try:
        return all(yaml.load(text, loader) == [value, {"k": value}] for loader in _LOADERS)
    except yaml.YAMLError:
        return False
