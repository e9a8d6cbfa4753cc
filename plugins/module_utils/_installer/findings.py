# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a check of a file found. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import hide

# A scale of its own, and no high, medium or low of _policy/findings.py: those say what a guest can do to others, these whether the file will do what it says.
# Users set from which on a file is refused by these words, and an error of a file is no danger to anybody.
# In rising order. error: the installer stops, or does something else than the file says. warning: it works, but not for everybody.
SEVERITIES = ("info", "warning", "error")
# What the installer or boot loader itself does about it: it stops, it logs a line and goes on, or it says nothing.
STOPS, WARNS, SILENT = "stops", "warns", "silent"
_LONGEST = 300
# More than anybody reads; a file with more has one mistake many times, or is none of the installer's.
MOST_FINDINGS = 200


@dataclass(frozen=True, order=True)
class Finding:
    """One mistake in a file. C(line) counts from 1; 0 is the file as a whole. No text of it carries a secret."""

    line: int
    severity: str
    rule: str
    message: str
    remedy: str
    installer: str = SILENT

    def as_dict(self) -> dict[str, Any]:
        """As results carry it."""
        return {"line": self.line, "severity": self.severity, "rule": self.rule, "message": self.message, "remedy": self.remedy, "installer": self.installer}


def worst(findings: Iterable[Finding]) -> int:
    """The index in SEVERITIES of the worst one, -1 without any."""
    return max((SEVERITIES.index(finding.severity) for finding in findings), default=-1)


def capped(findings: Iterable[Finding]) -> list[Finding]:
    """In order, each once, and of very many only the worst ones, with a line that says how many there are."""
    found = sorted(set(findings))
    if len(found) <= MOST_FINDINGS:
        return found
    kept = sorted(found, key=lambda each: (-SEVERITIES.index(each.severity), each))[:MOST_FINDINGS]
    left = len(found) - MOST_FINDINGS
    said = f"{left} more findings are not listed, none of them worse than these"
    return sorted([*kept, Finding(0, "info", "more-findings", said, "Correct these and check again.")])


def message(text: str) -> str:
    """What a finding may say: no secret that a line has in an odd place, and no more than people read."""
    hidden = hide(text)
    return hidden if len(hidden) <= _LONGEST else hidden[:_LONGEST] + "..."
