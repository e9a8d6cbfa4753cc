# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a check of a file found, and what no result may show. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Iterable, List, Tuple

# In rising order. error: the installer stops, or does something else than the file says. warning: it works, but not for everybody.
SEVERITIES = ("info", "warning", "error")
# What the installer or boot loader itself does about it: it stops, it logs a line and goes on, or it says nothing.
STOPS, WARNS, SILENT = "stops", "warns", "silent"
HIDDEN = "********"
_LONGEST = 300


@dataclass(frozen=True, order=True)
class Finding:
    """One mistake in a file. C(line) counts from 1; 0 is the file as a whole. No text of it carries a secret."""

    line: int
    severity: str
    rule: str
    message: str
    remedy: str
    installer: str = SILENT

    def as_dict(self) -> Dict[str, Any]:
        """As results carry it."""
        return {
            "line": self.line, "severity": self.severity, "rule": self.rule, "message": self.message, "remedy": self.remedy, "installer": self.installer,
        }


def worst(findings: Iterable[Finding]) -> int:
    """The index in SEVERITIES of the worst one, -1 without any."""
    return max((SEVERITIES.index(finding.severity) for finding in findings), default=-1)


# Crypt hashes of any scheme; user:password@ of a URL; what tools take as a password on their command line.
# Repeats are bounded so that no text takes quadratic time.
_SECRETS = (
    re.compile(r"\$(?:1|2[abxy]?|5|6|7|y|gy)\$[^\s'\";:|]{8,}"),
    re.compile(r"(?<=://)[^\s/@:'\"]{0,64}:[^\s/@'\"]{1,128}(?=@)"),
)
# esxcli system account set -p Secret; echo Secret | passwd; rootpw Secret in a comment or a script; PASSWORD=Secret. What is a variable of the
# shell is none.
_AFTER = (
    re.compile(r"(account\s+(?:set|add)\b[^\n]{0,300}?\s(?:-p|-c|--password|--password-confirmation)[ =]?)([^\s'\"$][^\s'\"]*|'[^'\n]*'|\"[^\"$\n]*\")"),
    re.compile(r"(echo\s{1,8}(?:-\w{1,8}\s{1,8}){0,4})([^|\n]{1,200})(?=\|\s{0,8}(?:/[\w/]{0,64}/)?passwd\b)"),
    re.compile(r"(rootpw[ \t]{1,64}(?:--iscrypted[ \t]{1,64})?)([^\s$-]\S*)"),
    re.compile(r"(?i)((?:password|passwd|pwd) {0,4}= {0,4}['\"]?)([^\s'\"$&*\\][^\s'\"&]*)"),
)


def secret_spans(text: str) -> List[Tuple[int, int]]:
    """Where a script or a URL carries what looks like a password or a hash, in order and without overlap."""
    spans = [found.span() for pattern in _SECRETS for found in pattern.finditer(text)]
    spans += [found.span(2) for pattern in _AFTER for found in pattern.finditer(text)]
    merged: List[Tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif end > start:
            merged.append((start, end))
    return merged


def blot(text: str, spans: Iterable[Tuple[int, int]], mark: str = HIDDEN) -> str:
    """The text with each span replaced."""
    parts, at = [], 0
    for start, end in spans:
        parts += [text[at:start], mark]
        at = end
    return "".join([*parts, text[at:]])


def hide(text: str, mark: str = HIDDEN) -> str:
    """The text without what looks like a secret."""
    return blot(text, secret_spans(text), mark)


def message(text: str) -> str:
    """What a finding may say: no secret that a line has in an odd place, and no more than people read."""
    hidden = hide(text)
    return hidden if len(hidden) <= _LONGEST else hidden[:_LONGEST] + "..."
