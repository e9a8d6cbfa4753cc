# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Names and patterns of distributed groups to the groups that they mean. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Mapping, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import SwitchFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import close


class GroupChoice(NamedTuple):
    """The groups meant, each once, and what became of the patterns."""

    # Those that are there, and those that are not.
    found: list[str]
    missing: list[str]
    # Matched by a pattern, but none that can be changed: name and reason.
    skipped: dict[str, str]
    unmatched: list[str]
    # Patterns that match, but none that can be changed.
    special: list[str]


class Groups:
    """The groups as the user wrote them: C(name), taken literally, or C(names), where patterns choose among what is there."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        name: str | None = params.get("name")
        names: list[str] | None = params.get("names")
        if (name is None) == (names is None):
            raise InputError("name and names: give one of them, to say which port groups are meant.")
        if names is not None and not names:
            raise InputError("names: the list is empty; name at least one port group or pattern.")
        absent = params.get("state") == "absent"
        self.literal: tuple[str, ...] = (name,) if name is not None else tuple(each for each in names or () if not _is_pattern(each, absent))
        self.globs = tuple(each for each in names or () if each not in self.literal)
        if "" in self.literal:
            raise InputError("name: it is empty; name a port group.")

    def choose(self, switch: SwitchFacts) -> GroupChoice:
        """Refuses, with InputError, uplink and NSX-backed groups that are named, and with UnreadableError those of which not all is known.

        What equals the name of a group is that group: as a pattern C([100]Net) means C(1Net), which nobody named.
        """
        names = (*self.literal, *(glob for glob in self.globs if glob in switch.groups))
        for name in names:
            switch.must_be_read(name)
            reason = switch.special(name) if name in switch.groups else None
            if reason:
                raise InputError(f"port group {name} of {switch.name}: {reason}; leave it out.")
        found = dict.fromkeys(name for name in names if name in switch.groups)
        skipped: dict[str, str] = {}
        unmatched, only_special = [], []
        for glob in self.globs:
            if glob in names:
                continue
            switch.must_be_all(f"names: {glob}")
            matched = [name for name in switch.groups if fnmatchcase(name, glob)]
            for name in matched:
                switch.must_be_read(name)
            special = {name: str(switch.special(name)) for name in matched if switch.special(name)}
            skipped.update(special)
            found.update(dict.fromkeys(name for name in matched if name not in special))
            if not matched:
                unmatched.append(glob)
            elif len(special) == len(matched):
                only_special.append(glob)
        return GroupChoice(list(found), [name for name in dict.fromkeys(self.literal) if name not in switch.groups], skipped, unmatched, only_special)


def _is_pattern(text: str, absent: bool) -> bool:
    """Where groups are deleted, brackets alone make none: the second run for C([100]Net), which is gone, would delete C(1Net)."""
    return "*" in text or "?" in text if absent else normalize.is_glob(text)


def unknown(name: str, switch: SwitchFacts) -> str:
    """The start of a sentence about a group that is not there."""
    ordinary = [each for each in switch.groups if not switch.special(each)]
    return f"port group {name}: {switch.name} has none of that name{close(name, ordinary)}"
