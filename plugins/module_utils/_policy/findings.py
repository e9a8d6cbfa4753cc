# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What an audit can find and what it found: one type of each, and one scale, for bridges, promiscuous interfaces and switches of ESXi. Pure.

The checks of files for the installer have a scale of their own: see _installer/findings.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterable, Mapping, TypeVar

# The worst first.
SEVERITIES = ("high", "medium", "low")


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong. The sentences are without a full stop."""

    id: str
    # What it is about: a word of the audit, which has it in full in a table C(ABOUT).
    about: str
    severity: str
    meaning: str
    # A finding may say it for the very object.
    remedy: str
    # The severity where fewer are hurt (see the audit), empty for no finding there; None where that makes no difference.
    elsewhere: str | None = None


_Rule = TypeVar("_Rule", bound=Rule)


def table(*rules: _Rule) -> Mapping[str, _Rule]:
    """By identifier, in their order."""
    found = {rule.id: rule for rule in rules}
    if len(found) < len(rules):
        raise ValueError("two rules have one identifier")
    return found


@dataclass(frozen=True)
class Finding:
    """What was found, and where in the words of the audit."""

    rule: Rule
    place: Mapping[str, Any]
    text: str
    # Where they are not the rule's.
    severity: str = ""
    remedy: str = ""

    def told(self) -> dict[str, Any]:
        """In the form of results."""
        return {
            "rule": self.rule.id,
            "severity": self.severity or self.rule.severity,
            **self.place,
            "finding": self.text,
            "meaning": self.rule.meaning,
            "remedy": self.remedy or self.rule.remedy,
        }


def worst_first(findings: Iterable[Finding], *order: str) -> list[dict[str, Any]]:
    """As results tell them, those of one severity in the order of these words, else as they came."""
    told = [finding.told() for finding in findings]
    return sorted(told, key=lambda each: (SEVERITIES.index(each["severity"]), *(str(each[word]) for word in order)))
