# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The one place where text that others chose becomes a part of a line of Markdown: a reader shows what it is, and takes nothing of it for a sign. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.commented import printable

# CommonMark's signs within a line, and those of GitHub's tables, struck text, mathematics, names of people and numbers of issues.
_SIGNS = re.compile(r"[\\`*\[\]<>&|~$#@]")
# An underscore between letters is none; beside anything else it may begin or end emphasis.
_EDGES = re.compile(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
# What would be a link though nobody wrote one: http://..., www.
_LINKS = re.compile(r"(?<=:)/(?=/)|(?<=www)\.", re.IGNORECASE)
# At the beginning of an item it would be one of another list, or a line below a heading.
_BEGINNING = re.compile(r"^([-+=])|^(\d+)([.)])")
# A reader takes away blanks at the ends, and makes one of several.
_BLANKS = re.compile(r"^ | $|(?<= ) ")


def inline(value: t.Any) -> str:
    """Of anything, as one line; what can't be printed is shown as in C(\\x1b)."""
    text = _BLANKS.sub(r"\\x20", printable(str(value)))
    text = _SIGNS.sub(r"\\\g<0>", text)
    text = _EDGES.sub(r"\\_", text)
    text = _LINKS.sub(r"\\\g<0>", text)
    return _BEGINNING.sub(lambda match: f"\\{match[1]}" if match[1] else f"{match[2]}\\{match[3]}", text)
