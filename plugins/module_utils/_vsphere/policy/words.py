# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What each word of the policy document becomes on ESXi: one table, from which the documentation is made, and its use. Pure.

A word that ESXi can't enforce refuses the document, unless the user said that he does without it; then the result says so.
"""

from __future__ import annotations

from typing import Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.document import Group, GuestItem, PortItem, Switch
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BPDU_OPTION, BY_PROGRAM, ROWS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import VDS, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, REJECT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.quality import APPROXIMATE, EXACT, UNSUPPORTED, Word
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY, Level

BACKENDS = (VSWITCH, VDS)

# What the user may say that he does without.
WITHOUT = (*(row.name for row in ROWS if row.esxi[REJECT].quality == UNSUPPORTED), "isolated", "multicast_flood", "ports")


def _both(word: Word) -> dict[str, Word]:
    return dict.fromkeys(BACKENDS, word)


_NATIVE = {"promiscuous": "allowPromiscuous", "mac_changes": "macChanges", "forged_transmits": "forgedTransmits"}
_MEANS = {
    "promiscuous": ("guests hear all frames of the group's VLANs", "guests hear what is for them"),
    "mac_changes": ("a guest's changed address is heard", "a guest that changes its address is cut off"),
    "forged_transmits": ("guests send from any address", "frames from other addresses than the adapter's are dropped"),
}


def _policy(name: str, value: str) -> dict[str, Word]:
    means, key = _MEANS[name][value == REJECT], _NATIVE[name]
    flag = str(value == ACCEPT).lower()
    return {
        VSWITCH: Word(EXACT, means, f"`security.{key}: {flag}`"),
        VDS: Word(EXACT, means, f"`macManagementPolicy.{key}: {flag}` (before version 6.6.0 of the switch `securityPolicy`)"),
    }


_TABLE: dict[tuple[str, str], dict[str, Word]] = {
    **{(name, value): _policy(name, value) for name in SECURITY for value in (REJECT, ACCEPT)},
    ("security", INHERIT): {
        VSWITCH: Word(
            EXACT,
            "of a group: its own value is unset, and it follows the switch; a switch has nothing to inherit from, so there it is refused",
            "own value unset",
        ),
        VDS: Word(
            APPROXIMATE,
            "exact if all three inherit. There is one flag for the three: where they differ, an inherited one is written as the value"
            " that the switch has now, and follows it only at the next run",
            "`macManagementPolicy.inherited`",
        ),
    },
    **{(row.name, value): _both(row.esxi[value]) for value in (REJECT, ACCEPT) for row in ROWS},
    ("isolated", "true"): {
        VSWITCH: Word(UNSUPPORTED, "a standard switch has no private VLANs"),
        VDS: Word(UNSUPPORTED, "this module changes no VLANs; give the group an isolated private VLAN with vds_portgroup"),
    },
    ("isolated", "false"): {VSWITCH: Word(EXACT, "guests of a standard switch never are"), VDS: Word(APPROXIMATE, "private VLANs are left as they are")},
    ("multicast_flood", "true"): _both(Word(APPROXIMATE, "nothing is set: a guest gets the groups that its adapter asks for")),
    ("multicast_flood", "false"): _both(Word(UNSUPPORTED, "what multicast a guest gets is decided by its adapter's filter")),
    ("quarantine", "true"): _both(
        Word(
            APPROXIMATE,
            "a new adapter has the policy of its group from its first frame on, so there is no time to bridge;"
            " guests that the document doesn't name are not shut",
        )
    ),
    ("quarantine", "false"): _both(Word(EXACT, "nothing is shut")),
    ("match", ""): _both(Word(EXACT, "nothing to set: the adapters of a group are those that are connected to it")),
    ("macs", ""): _both(Word(EXACT, "nothing to set: hosts know the address of an adapter, its first")),
    ("macs", "more than one"): _both(Word(APPROXIMATE, "an adapter has one address; the others are treated as changed or forged")),
    ("addresses", ""): _both(Word(EXACT, "nothing to set: only the guards that are unsupported compare them")),
    ("guests", ""): _both(Word(EXACT, "nothing to set: a guest is in the group that its adapter is connected to")),
    ("ports", ""): {
        VSWITCH: Word(UNSUPPORTED, "policies, guards or isolation of a port's own: a standard switch has no policies of single ports; make a group for it"),
        VDS: Word(UNSUPPORTED, "policies, guards or isolation of a port's own: ports come and go with the machines; make a group for it, or use vds_port"),
    },
}


class Said(NamedTuple):
    """A word of the document, where it stands, and what it becomes."""

    where: str
    word: str
    value: str
    entry: Word
    # Of a profile, and nobody asked for it by name: told, and no reason to refuse (see recipes of _linux).
    tolerated: bool = False

    def told(self) -> dict[str, str]:
        """In the form of the result."""
        return {"where": self.where, "word": self.word, "value": self.value, "reason": self.entry.note}


class Compiled(NamedTuple):
    """What a switch of the document asks of ESXi. None of its policies is absent by mistake: what is not named is not in here."""

    security: Mapping[str, str]
    groups: Mapping[str, Mapping[str, str]]
    # By where it is said.
    bpdu: Mapping[str, str]
    unenforced: tuple[Said, ...]
    enforcement: Mapping[str, Mapping[str, str]]


def compile_switch(switch: Switch, backend: str) -> Compiled:
    """What is unenforced is for C(refuse) to judge, for all switches of a document at once."""
    said = list(_words(switch, backend))
    unsupported = [each for each in said if each.entry.quality == UNSUPPORTED]
    groups = {group.name: _named(group.level) for group in switch.groups if group.name}
    bpdu = {level.label: str(level.guards["bpdu"]) for level in _levels(switch) if level.guards.get("bpdu")}
    return Compiled(_named(switch.level), groups, bpdu, tuple(unsupported), _enforcement(said))


def describe() -> Iterator[tuple[str, str, Mapping[str, Word]]]:
    """The rows of the table, for the documentation."""
    for (name, value), words in _TABLE.items():
        yield name, value, words


def _named(level: Level) -> dict[str, str]:
    return {name: str(value) for name, value in level.security.items() if value}


def _levels(switch: Switch) -> list[Level]:
    return [switch.level, *(group.level for group in switch.groups if group.name)]


def _words(switch: Switch, backend: str) -> Iterator[Said]:
    for level in _levels(switch):
        yield from _of_level(level, backend)
    for group in switch.groups:
        yield from _of_group(group, switch.name, backend)


def _of_level(level: Level, backend: str) -> Iterator[Said]:
    for name, value in level.security.items():
        if value:
            yield _say(level.label, name, value, _entry("security" if value == INHERIT else name, value, backend))
    for name, value in level.guards.items():
        if value:
            yield _say(level.label, name, value, _entry(name, value, backend))._replace(tolerated=name == BY_PROGRAM and name in level.by_profile)
    for name in ("isolated", "multicast_flood"):
        given = getattr(level, name)
        if given is not None:
            yield _say(level.label, name, str(given).lower(), _entry(name, str(given).lower(), backend))


def _of_group(group: Group, switch: str, backend: str) -> Iterator[Said]:
    where = f"port group {group.name} of {switch}" if group.name else f"switch {switch}"
    if group.quarantine is not None:
        text = str(group.quarantine).lower()
        yield _say(where, "quarantine", text, _entry("quarantine", text, backend))
    items: Sequence[PortItem | GuestItem] = (*group.ports, *group.guests)
    for port in items:
        label = f"{'guest' if isinstance(port, GuestItem) else 'port'} {port.name} of {group.name or switch}"
        if len(port.macs or ()) > 1:
            yield _say(label, "macs", ", ".join(normalize.address_item(each, label)[0] for each in port.macs or ()), _entry("macs", "more than one", backend))
        own = [*_of_level(port.level, backend)]
        if own:
            yield _say(label, "ports", ", ".join(f"{each.word} {each.value}" for each in own), _entry("ports", "", backend))


def _entry(word: str, value: str, backend: str) -> Word:
    return _TABLE[word, value][backend]


def _say(where: str, word: str, value: str, entry: Word) -> Said:
    return Said(where, word, value, entry)


def refuse(unenforced: Sequence[Said], without: frozenset[str]) -> None:
    """Raises UnsupportedError that names all words that are not enforced and not in C(without)."""
    missing = [each for each in unenforced if each.word not in without and not each.tolerated]
    if not missing:
        return
    words = sorted({each.word for each in missing}, key=WITHOUT.index)
    first, places = missing[0], few(list(dict.fromkeys(each.where for each in missing)), 1)
    told = "; ".join(f"{word} ({next(each.entry.note for each in missing if each.word == word)})" for word in words)
    raise UnsupportedError(
        f"{places}: ESXi can't enforce {told}; take {'it' if len(words) == 1 else 'them'} out, or say that you do without: "
        f"allow_unenforced: [{', '.join(words)}].",
        option=first.word,
        unenforced=[each.told() for each in missing],
    )


def _enforcement(said: Sequence[Said]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for each in said:
        text = each.entry.quality if each.entry.quality == EXACT else f"{each.entry.quality}: {each.entry.note}"
        found.setdefault(each.where, {})[each.word] = text
    return found


def bpdu_of(compiled: Sequence[Compiled]) -> tuple[str | None, list[str]]:
    """The one value that a host can have, and who asked for it. Raises UnsupportedError where they contradict."""
    asked = {where: value for each in compiled for where, value in each.bpdu.items()}
    values = set(asked.values())
    if len(values) > 1:
        accepting = next(where for where, value in asked.items() if value == ACCEPT)
        rejecting = next(where for where, value in asked.items() if value == REJECT)
        raise UnsupportedError(
            f"{accepting} accepts bpdu and {rejecting} rejects it, but on ESXi it is one setting of the host ({BPDU_OPTION}); give both the same value.",
            option="bpdu",
        )
    return (values.pop() if values else None), list(asked)
