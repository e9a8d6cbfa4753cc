# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a rule and a chain of the table are. Pure."""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

DROP = "drop"


class Rule(NamedTuple):
    """One rule, and what it is for: the comment by which it is recognised when it is read back."""

    comment: str
    text: str
    # For which guard it drops; "" for a rule that does not. What passes is not counted, so it costs nothing.
    guard: str = ""

    def body(self) -> str:
        """As nft reads it."""
        return self.text[: -len(DROP)] + f"counter {DROP}" if self.guard else self.text


class Chain(NamedTuple):
    """C(hook) is empty for a chain that others jump to."""

    hook: str
    rules: tuple[Rule, ...]


def mark_of(rule: Rule) -> str:
    """The comment of a rule: what it is for, and a digest of its text, by which a rule of another version is told."""
    return f"{rule.comment} [{sha256(rule.body().encode()).hexdigest()[:8]}]"
