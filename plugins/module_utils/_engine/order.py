# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""In which order steps run. A backend states its rules, first to last, each with its reason."""

from __future__ import annotations

from typing import NamedTuple

CREATE = "create"
UPDATE = "update"
DELETE = "delete"


class OrderRule(NamedTuple):
    """All steps of one rule run together, after those of the rules before it."""

    verb: str
    kind: str
    groups: tuple[str, ...]
    reason: str


class Order:
    """Looks up the position of a step; a rule that contradicts another is refused."""

    def __init__(self, *rules: OrderRule) -> None:
        self.rules = rules
        self._rank: dict[tuple[str, str, str], int] = {}
        for rank, rule in enumerate(rules):
            if rule.verb == DELETE and rule.groups:
                raise ValueError(f"{rule.kind}: an object is deleted as a whole, without groups")
            for group in rule.groups or ("",):
                place = (rule.verb, rule.kind, group)
                if place in self._rank:
                    raise ValueError(f"two rules for {' '.join(place)}")
                self._rank[place] = rank

    def find(self, verb: str, kind: str, group: str = "") -> int | None:
        """The position, or None where no rule speaks of it."""
        return self._rank.get((verb, kind, group))

    def first(self, verb: str, kind: str) -> int:
        """The first position at which the verb is done to objects of the kind, whatever the group."""
        ranks = [rank for (each_verb, each_kind, group), rank in self._rank.items() if (each_verb, each_kind) == (verb, kind)]
        if not ranks:
            raise LookupError(f"no rule says when to {verb} {kind}")
        return min(ranks)

    def get(self, verb: str, kind: str, group: str = "") -> int:
        """The position; a missing rule is a mistake in the backend."""
        rank = self.find(verb, kind, group)
        if rank is None:
            raise LookupError(f"no rule says when to {verb} {kind} {group}".rstrip())
        return rank
