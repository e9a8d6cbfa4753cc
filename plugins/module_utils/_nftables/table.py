# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What C(nft -j list table) says, by port; and transactions that change it, as text. Pure."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterable, Iterator, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._nftables import ruleset, shape, sharing
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.elements import Elements, fields_of, parse, seal
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.quoting import quoted
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.rule import Chain, mark_of
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.ruleset import CHAINS, FAMILY, MEMORIES, PRIORITY, SETS, TABLE, guards_by_mark
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Value

# Elements of these carry what was asked for as a comment; no rule reads it.
_RECORDED = ("ports", "switches", "doors")
# Of this one the comment is all that it says.
_POSITIONS = "shared"
# The last word of a port's comment.
_SEAL = "sum="
# No device has this index: its element among the switches bears the seal of the quarantine, whose own elements go with a flush.
_NOBODY = 0
_TYPES = {"iif": "iface_index", "iifname": "ifname"}
_Found = Dict[str, Any]


class Table:
    """The table as it is."""

    def __init__(self, objects: list[_Found] | None, index_of: Mapping[str, int]) -> None:
        self.present = objects is not None
        # By interface index.
        self.ports: dict[int, Elements] = {}
        self.records: dict[str, dict[int, str]] = {name: {} for name in _RECORDED}
        # What was written beside the records of ports, by index.
        self.seals: dict[int, str] = {}
        # And the name of the device then, by kind of record: the kernel gives the index of one that is gone to another in time.
        self.devices: dict[str, dict[int, str]] = {name: {} for name in (*_RECORDED, sharing.KEPT)}
        # MAC addresses by index.
        self.kept: dict[int, set[str]] = {}
        self.quarantine: set[str] = set()
        self.quarantine_seal = ""
        self._index_of = index_of
        self._sets: dict[str, _Found] = {}
        self._chains: dict[str, tuple[Any, ...]] = {}
        self._rules: dict[str, list[_Found]] = {}
        # Frames and bytes that were dropped, by guard.
        self.counters: dict[str, dict[str, int]] = {}
        self._guards = {**guards_by_mark(), **sharing.guards_by_mark()}
        for found in objects or ():
            self._take(found)
        # What the elements of a port come to, by index. Sets that somebody else filled are found here at the latest.
        self.entries: dict[int, dict[str, Value]] = {
            index: fields_of(elements, self.records["ports"].get(index, ""), self.seals.get(index, "")) for index, elements in self.ports.items()
        }

    def _take(self, found: _Found) -> None:
        if "set" in found:
            self._sets[found["set"]["name"]] = found["set"]
            self._take_elements(found["set"]["name"], found["set"].get("elem", []))
        elif "chain" in found:
            chain = found["chain"]
            self._chains[chain["name"]] = tuple(chain.get(part) for part in ("type", "hook", "prio", "policy"))
        elif "rule" in found:
            self._take_rule(found["rule"])

    def _take_rule(self, rule: _Found) -> None:
        """What its counter says belongs to the guard of the rule; the numbers themselves are no part of the rules."""
        chain, comment = rule["chain"], rule.get("comment", "")
        self._rules.setdefault(chain, []).append(rule)
        guard = self._guards.get((chain, comment))
        for expression in rule.get("expr", ()) if guard else ():
            if isinstance(expression, dict) and isinstance(expression.get("counter"), dict):
                total = self.counters.setdefault(str(guard), {"frames": 0, "bytes": 0})
                total["frames"] += int(expression["counter"].get("packets", 0))
                total["bytes"] += int(expression["counter"].get("bytes", 0))

    def _take_elements(self, name: str, items: list[Any]) -> None:
        if name not in SETS:
            return
        for item in items:
            comment = ""
            if isinstance(item, dict) and "elem" in item:
                comment, item = item["elem"].get("comment", ""), item["elem"]["val"]
            if name == "quarantine":
                if not isinstance(item, str):
                    raise ValueError(f"{item} is no name")
                self.quarantine.add(item)
            elif isinstance(item, dict) and "concat" in item:
                if name in _RECORDED:
                    raise ValueError(f"{item} is no interface")
                device, *values = item["concat"]
                text = " . ".join(parse(name, value) for value in values)
                if name == sharing.KEPT:
                    self._take_kept(self._index(device), text, comment)
                else:
                    self._of(self._index(device)).setdefault(name, set()).add(text)
            else:
                self._take_index(name, self._index(item), comment)

    def _take_kept(self, index: int, mac: str, comment: str) -> None:
        self.kept.setdefault(index, set()).add(mac)
        device = comment.partition(":")[2]
        if device:
            self.devices[sharing.KEPT][index] = device

    def _take_index(self, name: str, index: int, comment: str) -> None:
        if name in _RECORDED:
            if name == "switches" and index == _NOBODY:
                self.quarantine_seal = comment.rpartition(_SEAL)[2]
                return
            record, _word, tail = comment.rpartition(_SEAL) if _SEAL in comment else (comment, "", "")
            sealed, _colon, device = tail.partition(":")
            self.records[name][index] = record.rstrip()
            if sealed:
                self.seals[index] = sealed
            if device:
                self.devices[name][index] = device
        if name not in ("switches", "doors"):
            self._of(index).setdefault(name, set()).add(comment if name == _POSITIONS else "")

    def _of(self, index: int) -> Elements:
        return self.ports.setdefault(index, {})

    def _index(self, device: Any) -> int:
        """nft prints the name of a device that is there, and the number of one that is gone."""
        return self._index_of[device] if device in self._index_of else int(device)

    def is_strange(self, kind: str, index: int, name: str) -> bool:
        """Whether the element was written for a device of another name than that which has the index."""
        return self.devices[kind].get(index, name) != name

    def version(self) -> str:
        """The digest of the rules, or C(altered) where sets, chains or rules are not those of this version of the collection.

        C(unsealed) if an older version wrote the entry of a port: the table is made anew, which seals it.
        """
        if not self.present or self.differences():
            return "altered"
        return ruleset.digest() if all(index in self.seals for index in self.records["ports"]) else "unsealed"

    def keeps_quarantine(self) -> bool:
        """Whether its names are those that a task left. Older versions sealed nothing, of which no more is known."""
        return self.quarantine_seal == seal_of(self.quarantine) or not (self.quarantine_seal or self.seals)

    def differences(self) -> list[str]:
        """What is not as this version of the collection writes it."""
        own = {**SETS, **MEMORIES}
        found = [f"the set {name} is missing" for name in own if name not in self._sets]
        found += [f"the set {name} is not of this collection" for name in self._sets if name not in own]
        found += [f"the set {name} is not of the type or the flags that it should be" for name, found_set in self._sets.items() if not _fits(name, found_set)]
        chains = {**CHAINS, **({sharing.NAME: sharing.CHAIN} if self.kept else {})}
        for name, chain in chains.items():
            found += self._of_chain(name, chain)
        return found + [f"the chain {name} is not of this collection" for name in self._chains if name not in chains]

    def _of_chain(self, name: str, chain: Chain) -> Iterator[str]:
        if name not in self._chains:
            yield f"the chain {name} is missing"
            return
        if self._chains[name] != (("filter", chain.hook, PRIORITY, "accept") if chain.hook else (None,) * 4):
            yield f"the chain {name} is not hooked up as it should be"
        rules = self._rules.get(name, [])
        have, wanted = [rule.get("comment", "") for rule in rules], [mark_of(rule) for rule in chain.rules]
        if have != wanted:
            known = sum(comment in wanted for comment in have)
            yield f"the chain {name} has {known} of its {len(wanted)} rules" + (f" and {len(have) - known} of others" if len(have) > known else "")
            return
        for number, rule in enumerate(rules):
            if not shape.same(chain.rules[number].body(), rule.get("expr")):
                yield f"the rule {chain.rules[number].comment!r} of the chain {name} was changed"


def seal_of(patterns: Iterable[str]) -> str:
    """The seal of a quarantine; none of one without names."""
    names = set(patterns)
    return seal({"quarantine": names}) if names else ""


class Transaction:
    """Commands for one run of nft, elements of a set together."""

    def __init__(self) -> None:
        self._commands: list[str] = []
        self._elements: dict[tuple[str, str], list[str]] = {}
        self._quarantine_seal: str | None = None
        self._sharing: bool | None = None

    def make_table(self) -> None:
        """The table with empty sets; one that is there goes first."""
        self.delete_table()
        self._commands.append(ruleset.text().rstrip())

    def delete_table(self) -> None:
        """nft before 1.0.8 has no "destroy": adding what is there does nothing."""
        self._commands += [f"add table {FAMILY} {TABLE}", f"delete table {FAMILY} {TABLE}"]

    def add(self, index: int, elements: Mapping[str, Iterable[str]], record: str, device: str = "", sealed: str = "") -> None:
        """The elements of a port; C(ports) carries the record, the seal of what was asked for and the name."""
        words = f"{record} {_SEAL}{sealed or seal(elements)}{_told(device)}".lstrip()
        for name, values in elements.items():
            if name == _POSITIONS:
                self._queue("add", name, [f"{index} comment {quoted(value)}" for value in values])
                continue
            comment = f" comment {quoted(words)}" if name == "ports" else ""
            self._queue("add", name, [f"{_joined(index, value)}{comment}" for value in values])

    def delete(self, index: int, elements: Mapping[str, Iterable[str]]) -> None:
        """Every element of a port."""
        for name, values in elements.items():
            self._queue("delete", name, [_joined(index, "" if name == _POSITIONS else value) for value in values])

    def keep(self, kept: Mapping[int, Iterable[str]], devices: Mapping[int, str]) -> None:
        """What ports are kept from, all anew, and the chain that does it where there is anything."""
        flush = f"flush set {FAMILY} {TABLE} {sharing.KEPT}"
        if flush not in self._commands:
            self._commands.append(flush)
        elements = []
        for index, macs in kept.items():
            name = _told(devices.get(index, ""))
            elements += [f"{_joined(index, mac)}" + (f" comment {quoted(name)}" if name else "") for mac in macs]
        self._elements[("add", sharing.KEPT)] = elements
        self._sharing = bool(elements)

    def record(self, verb: str, name: str, index: int, record: str = "", device: str = "") -> None:
        """What a switch was asked for, or a port had before it was shut, and its name. C(name) is that of the set."""
        record += f" {_SEAL}{_told(device)}" if record and _told(device) else ""
        self._queue(verb, name, [f"{index} comment {quoted(record)}" if record else str(index)])

    def quarantine(self, patterns: Iterable[str], sealed: str = "") -> None:
        """All names and patterns anew: nft 1.0.6 does not find a pattern that it is to delete. C(sealed) keeps a seal that they don't fit."""
        patterns = sorted(patterns)
        self._quarantine_seal = sealed or seal_of(patterns)
        flush = f"flush set {FAMILY} {TABLE} quarantine"
        if flush not in self._commands:
            self._commands.append(flush)
        self._elements[("add", "quarantine")] = [quoted(pattern) for pattern in patterns]

    def text(self) -> str:
        """Deletions before additions: an element that is written anew has another comment."""
        lines = list(self._commands)
        for wanted in ("delete", "add"):
            for (verb, name), items in self._elements.items():
                if verb == wanted and items:
                    lines.append(f"{verb} element {FAMILY} {TABLE} {name} {{ {', '.join(sorted(items))} }}")
        if self._sharing is not None:
            lines += sharing.commands(self._sharing)
        if self._quarantine_seal is not None:
            # One that is there keeps its comment when it is added, and one that is not can't be deleted.
            element = f"element {FAMILY} {TABLE} switches {{ {_NOBODY}"
            lines += [f"add {element} }}", f"delete {element} }}"]
            lines += [f"add {element} comment {quoted(f'quarantine {_SEAL}{self._quarantine_seal}')} }}"] if self._quarantine_seal else []
        return "\n".join(lines) + "\n"

    def _queue(self, verb: str, name: str, items: list[str]) -> None:
        self._elements.setdefault((verb, name), []).extend(items)


def _told(device: str) -> str:
    """No name has a colon. One that nft would not take as it is is left out."""
    return f":{device}" if re.fullmatch(r'[^"\\*]+', device) and device.isprintable() else ""


def _joined(index: int, value: str) -> str:
    return f"{index} . {value}" if value else str(index)


def _fits(name: str, found: _Found) -> bool:
    """Of more than one field versions of nft print different things, of one they print its type or the field."""
    wanted, kind = {**SETS, **MEMORIES}.get(name, ""), found.get("type")
    field = wanted.partition(";")[0].rpartition("meta ")[2]
    plain = field not in _TYPES or kind in (_TYPES[field], {"typeof": {"meta": {"key": field}}})
    interval = "interval" in (found.get("flags") or ())
    return not wanted or (plain and interval == ("flags interval;" in wanted))
