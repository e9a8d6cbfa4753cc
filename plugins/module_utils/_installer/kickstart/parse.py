# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""A ks.cfg as the installer reads it, without losing a byte of it. Pure.

Lines end with a newline only. A script section runs to the next line that begins with the name of a section. If that line is the last
one of the file, the installer skips it. All sizes are bounded: no file makes this use more than a few times its own size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lex import Word, split
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.table import COMMANDS, SCRIPT_ENDS

# Far beyond the 256 commands that the installer takes, and any line that somebody wrote.
MAX_ITEMS = 10_000
MAX_LINE = 1 << 16
_SIGNIFICANT = re.compile(rb"^[ \t\r]*[^ \t\r\n#]", re.MULTILINE)
_SCRIPT_END = re.compile(b"^(?:" + b"|".join(re.escape(name.encode()) for name in SCRIPT_ENDS) + b")", re.MULTILINE)
# gap: blank lines and comments. lost: a line that the installer skips. rest: what comes after MAX_ITEMS.
GAP, COMMAND, SCRIPT, LOST, REST = "gap", "command", "script", "lost", "rest"


@dataclass(frozen=True)
class Item:
    """A part of a file. C(raw) is the line, or all lines of a gap; C(body) the lines of a script. C(line) counts from 1."""

    kind: str
    raw: bytes
    line: int
    words: tuple[Word, ...] = ()
    error: str | None = None
    body: bytes = b""

    @property
    def name(self) -> str:
        """The first word, or nothing."""
        return self.words[0].text if self.words else ""


@dataclass(frozen=True)
class Document:
    """A whole file."""

    items: tuple[Item, ...]

    def commands(self) -> Iterator[Item]:
        """What the installer acts on."""
        return (item for item in self.items if item.kind in (COMMAND, SCRIPT))


def parse(data: bytes) -> Document:
    """Any bytes at all: there is nothing that can't be parsed."""
    items: list[Item] = []
    at, line = 0, 1
    while at < len(data) and len(items) < MAX_ITEMS:
        new = _next(data, at, line)
        items += new
        end = at + sum(len(item.raw) + len(item.body) for item in new)
        line += data.count(b"\n", at, end)
        at = end
    if at < len(data):
        items.append(Item(REST, data[at:], line))
    return Document(tuple(items))


def _next(data: bytes, at: int, line: int) -> list[Item]:
    found = _SIGNIFICANT.search(data, at)
    start = found.start() if found else len(data)
    if start > at:
        return [Item(GAP, data[at:start], line)]
    end = data.find(b"\n", start) + 1 or len(data)
    words, error = _read(data[start:end])
    if error or not words or words[0].text not in COMMANDS or not COMMANDS[words[0].text].script:
        return [Item(COMMAND, data[start:end], line, words, error)]
    return _script(data, (start, end), Item(SCRIPT, data[start:end], line, words, error))


def _script(data: bytes, head: tuple[int, int], item: Item) -> list[Item]:
    found = _SCRIPT_END.search(data, head[1])
    stop = found.start() if found else len(data)
    whole = replace(item, body=data[head[1] : stop])
    if found and data.find(b"\n", stop) in (-1, len(data) - 1):
        return [whole, Item(LOST, data[stop:], item.line + data.count(b"\n", head[0], stop))]
    return [whole]


def _read(raw: bytes) -> tuple[tuple[Word, ...], str | None]:
    if len(raw) > MAX_LINE:
        return (), f"the line has {len(raw)} bytes; only {MAX_LINE} are read here"
    try:
        words, error = split(raw.replace(b"\r\n", b"\n").decode("utf-8"))
    except UnicodeDecodeError:
        return (), "the line is not UTF-8"
    return tuple(words), error


def render(document: Document) -> bytes:
    """The bytes of the file."""
    return b"".join(item.raw + item.body for item in document.items)
