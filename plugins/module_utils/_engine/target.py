# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""One target of many: what a change would make of it, and what became of it, in the form in which modules return it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import words
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreachableError, UnreadableError, VirtnetError


@dataclass
class Outlook:
    """What is to be done to a target: the steps in words, and what would change. C(looked_at) counts the things that the wish is about, which C(noun) is
    the word for."""

    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    actions: list[str] = field(default_factory=list)
    # What the result says beside that.
    report: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    looked_at: int = 0
    noun: str = "object"
    # Names and patterns of the wish for which the target has nothing, and the names that it has.
    missed: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    # Where less than all that was read is to be shown of what changes.
    touched: dict[str, Any] | None = None

    def difference(self) -> dict[str, Any]:
        """What Ansible prints for C(--diff)."""
        return self.touched or {"before": self.before, "after": self.after}


class Seen(Protocol):
    """What a read says of a target before anything is planned."""

    @property
    def unreachable(self) -> str:
        """Why it can't be reached now, in words, which the user may forgive; else empty."""

    @property
    def unreadable(self) -> str:
        """What could not be read of one that can be reached, which nobody may; else empty."""

    @property
    def remarks(self) -> Sequence[str]:
        """Sentences on what is not known of it and does not matter for what is written."""


@dataclass
class Target:
    """What became of one target. After a failure C(outlook) is what should have been done, if it came to that."""

    name: str
    # The word for targets of its kind, where a task has several.
    group: str = ""
    outlook: Outlook | None = None
    error: VirtnetError | None = None
    unreachable: bool = False
    verified: bool = False
    # From the read right before the first write to the end of the last one, in seconds, where nothing but the read keeps two from overwriting each other.
    window: float | None = None
    # What the result says beside the changes, what of that only if they have not failed, and sentences without the target's name.
    report: dict[str, Any] = field(default_factory=dict)
    outcome: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether it is, or would be, another one than before."""
        if self.error is not None:
            return bool(self.error.details.get("not_undone"))
        return self.outlook is not None and bool(self.outlook.actions)

    @property
    def looked_at(self) -> int:
        """How many of its objects were compared with the wish."""
        return self.outlook.looked_at if self.outlook is not None and self.error is None else 0

    def can_be_looked_at(self, seen: Seen) -> bool:
        """Else it has failed, and says why."""
        if seen.unreachable:
            self.unreachable = True
            self.error = UnreachableError(self._told(seen.unreachable))
        elif seen.unreadable:
            self.error = UnreadableError(self._told(seen.unreadable))
        return self.error is None

    def _told(self, why: str) -> str:
        return f"{why}." if why.startswith(f"{self.name}: ") else f"{self.name}: {why}."

    def diff(self) -> dict[str, Any]:
        """What Ansible prints for C(--diff), among others; empty if nothing changes."""
        if self.outlook is None or not self.outlook.actions or self.error is not None:
            return {}
        return {"before_header": self.name, "after_header": self.name, **self.outlook.difference()}

    def result(self) -> dict[str, Any]:
        """In the form in which modules return it."""
        shown: dict[str, Any] = {"changed": self.changed, "failed": self.error is not None, "unreachable": self.unreachable, "verified": self.verified}
        if self.window is not None:
            shown["window"] = round(self.window, 3)
        if self.outlook is not None:
            shown.update(before=self.outlook.before, actions=self.outlook.actions)
        if self.error is not None:
            return {**self.report, **shown, **self.error.details, "msg": self.error.message, "error_code": self.error.code}
        if self.outlook is not None:
            shown["after"] = self.outlook.after
        return {**self.report, **self.outcome, **shown, "msg": self._sentence(self.outlook or Outlook())}

    def _sentence(self, outlook: Outlook) -> str:
        steps = len(outlook.actions)
        return words.steps(steps, self.verified) if steps else words.nothing_to_do(self.looked_at, noun=outlook.noun)
