# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Words of a line of a ks.cfg as the installer reads them: shlex in POSIX mode with comments. Pure.

shlex itself is not used: it gives no positions, and adds each character to an attribute, so that a long line takes quadratic time.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_PIECE = re.compile(
    r"""(?P<blank>[ \t\r\n]+)|(?P<plain>[^ \t\r\n#'"\\]+)|'(?P<single>[^']*)'|"(?P<double>[^"\\]*(?:\\.[^"\\]*)*)"|\\(?P<escaped>.)|(?P<comment>\#)""",
    re.DOTALL,
)
# In double quotes a backslash counts only before itself and the quote.
_IN_DOUBLE = re.compile(r'\\([\\"])')
# What shlex takes as a blank. Nothing else is taken off the ends of a value: int() and strip() of Python know many more.
BLANKS = " \t\r\n"
# What somebody protects by a backslash. Before anything else it was meant as itself, and before a newline as a continuation.
_PROTECTED = " \t\r\n#'\"\\"
_SAFE = re.compile(r"[A-Za-z0-9_.,:=/@%+$~^!?*-]+")


class Word(NamedTuple):
    """A word, where it stands in the line, whether a C(#) right behind it cut it off, and whether a backslash vanished that protected nothing."""

    text: str
    start: int
    end: int
    cut: bool = False
    eaten: bool = False


def split(line: str) -> tuple[list[Word], str | None]:
    """The words of a line, and why it can't be read to its end (then the installer stops), if so."""
    words: list[Word] = []
    parts: list[str] = []
    start, at, eaten = -1, 0, False
    while at < len(line):
        piece = _PIECE.match(line, at)
        if piece is None:
            return words, "a backslash ends the file" if line[at] == "\\" else f"the quote {line[at]} is never closed"
        if piece.lastgroup in ("blank", "comment"):
            if start >= 0:
                words.append(Word("".join(parts), start, at, piece.lastgroup == "comment", eaten))
            if piece.lastgroup == "comment":
                return words, None
            parts, start, eaten = [], -1, False
        else:
            start = at if start < 0 else start
            parts.append(_content(piece))
            eaten = eaten or (piece.lastgroup == "escaped" and parts[-1] not in _PROTECTED)
        at = piece.end()
    if start >= 0:
        words.append(Word("".join(parts), start, at, False, eaten))
    return words, None


def _content(piece: re.Match[str]) -> str:
    name = piece.lastgroup or ""
    text = piece.group(name)
    return _IN_DOUBLE.sub(r"\1", text) if name == "double" else text


def quote(text: str) -> str:
    """The text as one word that the installer reads back unchanged. It must not contain a newline."""
    if _SAFE.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
