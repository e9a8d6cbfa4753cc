# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""YAML with comments, of values that others chose: what is written is read back as it was, and no comment ends before its line does. Pure.

No YAML library is asked: PyYAML writes no comments. A name is in double quotes unless it is plainly a word, so that C(yes), C(null) and C(1e3) stay
strings; one with the marks of a template is tagged C(!unsafe), as Ansible would run it otherwise.
"""

from __future__ import annotations

import dataclasses
import re
import textwrap
import typing as t

WIDTH = 120
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
# YAML 1.1 and 1.2 take these for booleans and null, in any mixture of cases to be sure.
_RESERVED = frozenset("y n yes no on off true false null".split())
_TEMPLATE = ("{{", "{%", "{#")
_NAMED = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}

Scalar = t.Union[str, bool, int, None]


@dataclasses.dataclass(frozen=True)
class Commented:
    """A value with comments above it. One that is off is a comment itself, ready to be switched on."""

    value: Node
    notes: tuple[str, ...] = ()
    off: bool = False


@dataclasses.dataclass(frozen=True)
class Map:
    """In the order given."""

    entries: t.Mapping[str, Commented] = dataclasses.field(default_factory=dict)
    # What stands below the last entry.
    after: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Seq:
    """In the order given."""

    entries: tuple[Commented, ...] = ()
    after: tuple[str, ...] = ()


Node = t.Union[Map, Seq, Scalar]


def tree(value: t.Any) -> Node:
    """Plain data without comments."""
    if isinstance(value, t.Mapping):
        return Map({str(name): Commented(tree(each)) for name, each in value.items()})
    if isinstance(value, (list, tuple)):
        return Seq(tuple(Commented(tree(each)) for each in value))
    return t.cast(Scalar, value)


def data(node: Node) -> t.Any:
    """What a reader of the text gets."""
    if isinstance(node, Map):
        return {name: data(each.value) for name, each in node.entries.items() if not each.off}
    if isinstance(node, Seq):
        return [data(each.value) for each in node.entries if not each.off]
    return node


def document(node: Map, header: t.Sequence[str]) -> str:
    """The whole text, with C(header) as comments in its first lines."""
    return "\n".join([*comment(header), "---", *_map(node), ""])


def comment(notes: t.Sequence[str], indent: int = 0) -> list[str]:
    """Lines of comment. An empty note is an empty line of comment, and one that begins with two blanks, a command, stays whole."""
    lines = []
    for note in notes:
        text = printable(note)
        if text.startswith("  "):
            lines.append(text)
            continue
        hanging = "  " if text.startswith("- ") else ""
        lines += textwrap.wrap(text, max(WIDTH - indent - 2, 40), subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False) or [""]
    return [f"{' ' * indent}# {line}".rstrip() for line in lines]


def printable(text: str) -> str:
    """One line, without anything that a reader could take for its end, that turns text round, or that YAML does not allow."""
    return "".join(each if each == " " or each.isprintable() else _escape(each) for each in text)


def scalar(value: Scalar) -> str:
    """As YAML has it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if _WORD.match(value) and value.lower() not in _RESERVED:
        return value
    quoted = '"' + "".join(_NAMED.get(each) or (each if each == " " or each.isprintable() else _escape(each)) for each in value) + '"'
    return f"!unsafe {quoted}" if any(mark in value for mark in _TEMPLATE) else quoted


def _escape(each: str) -> str:
    number = ord(each)
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _map(node: Map, indent: int = 0) -> list[str]:
    lines: list[str] = []
    for name, entry in node.entries.items():
        lines += _switched(entry, [*comment(entry.notes, indent), *_pair(scalar(name), entry.value, indent)], indent)
    return [*lines, *comment(node.after, indent)]


def _pair(name: str, value: Node, indent: int) -> list[str]:
    pad = " " * indent
    flow = _flow(value)
    if flow is not None:
        return [f"{pad}{name}: {flow}"]
    # Without an entry that is on there is no block to read.
    empty = isinstance(value, (Map, Seq)) and not _any_on(value)
    nothing = " {}" if isinstance(value, Map) else " []"
    first = f"{pad}{name}:" + (nothing if empty else "")
    # A block may not follow the sign for nothing.
    told = comment([f"Whoever takes the marks off an entry below takes the{nothing} off here."], indent) if empty and _entries(value) else []
    return [*told, first, *(_map(value, indent + 2) if isinstance(value, Map) else _seq(t.cast(Seq, value), indent + 2))]


def _seq(node: Seq, indent: int) -> list[str]:
    lines: list[str] = []
    for entry in node.entries:
        lines += _switched(entry, [*comment(entry.notes, indent), *_item(entry.value, indent)], indent)
    return [*lines, *comment(node.after, indent)]


def _item(value: Node, indent: int) -> list[str]:
    pad = " " * indent
    flow = _flow(value)
    if flow is not None:
        return [f"{pad}- {flow}"]
    if not isinstance(value, Map) or not _any_on(value):
        raise ValueError("an item is a scalar, a list of scalars or a mapping with at least one entry")
    lines = _map(value, indent + 2)
    # The dash stands in the first line that is no comment.
    place = next(number for number, line in enumerate(lines) if not line.lstrip().startswith("#"))
    return [*lines[:place], f"{pad}- {lines[place][indent + 2 :]}", *lines[place + 1 :]]


def _switched(entry: Commented, lines: list[str], indent: int) -> list[str]:
    """What is off: the same lines as comments, at the place where they would be."""
    if not entry.off:
        return lines
    pad = " " * indent
    return [line if line.startswith(f"{pad}#") else f"{pad}# {line[indent:]}" for line in lines]


def _flow(value: Node) -> str | None:
    """In one line, if it is a scalar, or a short list of scalars."""
    if not isinstance(value, (Map, Seq)):
        return scalar(value)
    if not value.entries and not value.after:
        return "{}" if isinstance(value, Map) else "[]"
    if isinstance(value, Map) or value.after or any(each.notes or each.off or isinstance(each.value, (Map, Seq)) for each in value.entries):
        return None
    text = f"[{', '.join(scalar(t.cast(Scalar, each.value)) for each in value.entries)}]"
    return text if len(text) <= WIDTH * 2 // 3 else None


def _entries(value: Node) -> tuple[Commented, ...]:
    return tuple(value.entries.values()) if isinstance(value, Map) else value.entries if isinstance(value, Seq) else ()


def _any_on(value: Map | Seq) -> bool:
    return any(not each.off for each in _entries(value))
