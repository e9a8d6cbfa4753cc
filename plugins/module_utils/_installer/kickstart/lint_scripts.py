# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Checks of a ks.cfg: the scripts. Pure."""

from __future__ import annotations

import re
from typing import Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import Finding
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.call import finding
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import COMMAND, SCRIPT, Document, Item
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.table import COMMANDS, SECTIONS
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import secret_spans
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.task import MAX_BYTES

# No shell has these: whoever wrote them meant the installer.
_ONLY_KICKSTART = re.compile(
    ("^(?:" + "|".join(re.escape(name) + row.in_script for name, row in COMMANDS.items() if row.in_script is not None) + ")").encode(), re.MULTILINE
)
_SECTION_END = re.compile(rb"^%end\b", re.MULTILINE)
_PYTHON = re.compile(rb"^(?:import|from)[ \t]+\w", re.MULTILINE)
# Of one script, after which it is enough to say how many there are.
_MOST_LINES = 20


def check(document: Document, secure_boot: bool | None) -> Iterator[Finding]:
    """The findings of all scripts."""
    before: Item | None = None
    for item in document.items:
        if before is not None and before.kind == SCRIPT and item.kind == COMMAND and item.name not in SECTIONS:
            yield finding("script-cut", item.line, f"the script of {before.name} in line {before.line} ends here")
        if item.kind == SCRIPT:
            yield from _script(item)
            if item.name == "%firstboot" and secure_boot is not False:
                yield finding("firstboot-secure-boot" if secure_boot else "firstboot-maybe", item.line, "%firstboot does not run with UEFI Secure Boot")
        before = item


def _script(item: Item) -> Iterator[Finding]:
    body = item.body[:MAX_BYTES]
    python = any(word.text == "--interpreter=python" for word in item.words)
    if not item.body.strip():
        yield finding("empty-script", item.line, f"{item.name} has no script")
        return
    for pattern, rule, message in (
        (_SECTION_END, "section-end", "%end is a line of the script"),
        (None if python else _ONLY_KICKSTART, "command-in-script", f"the command belongs to the script of {item.name}"),
        (None if python else _PYTHON, "interpreter", f"Python in a script of {item.name} that busybox runs"),
    ):
        found = pattern.search(body) if pattern else None
        if found:
            yield finding(rule, _line(item, body, found.start()), message)
    lines = list(_secret_lines(item, body))
    for line in lines[:_MOST_LINES]:
        yield finding("script-secret", line, f"the script of {item.name} carries a password, a hash or a key")
    if len(lines) > _MOST_LINES:
        yield finding("script-secret", lines[_MOST_LINES], f"{len(lines) - _MOST_LINES} more lines of the script of {item.name} carry one, from this one on")


def _secret_lines(item: Item, body: bytes) -> Iterator[int]:
    """Each once, and counted on from the one before: a script may be of megabytes and have a secret in each line."""
    at, line, told = 0, _line(item, body, 0), 0
    for start, _end in secret_spans(body.decode("latin-1")):
        line += body.count(b"\n", at, start)
        at = start
        if line != told:
            yield line
        told = line


def _line(item: Item, body: bytes, at: int) -> int:
    return item.line + 1 + body.count(b"\n", 0, at)
