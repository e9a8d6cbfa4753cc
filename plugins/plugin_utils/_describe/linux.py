# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From what linux_bridge_info tells to a policy document for the playbook harden_kvm_host. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.virtnet.hardening.plugins.module_utils._linux.select import covers
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import INHERIT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY
from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.commented import Commented, Map, Seq, tree
from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.foreseen import Foreseen
from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.linux_port import PortWriter, tightened
from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.words import (
    Asked,
    Described,
    Facts,
    counted,
    described,
    named,
    not_looked_at,
    part,
    seq,
)

VARIABLE = "kvm_bridge_host_policy"
_MODULE = "linux_bridge_info"
_QUARANTINE = "in quarantine"


def describe(info: t.Any, asked: Asked, foreseen: Foreseen) -> Described:
    """InputError for what is no answer of the module."""
    bridges = sorted(part(info, "bridges", list, _MODULE), key=lambda each: str(each["name"]))
    changes: list[str] = []
    missing: list[str] = []
    patterns = _places(bridges, part(info, "quarantine", dict, _MODULE)["patterns"])
    entries, left_out = [], []
    for each in bridges:
        reason = _left_out(each)
        if reason:
            left_out.append(f"- {each['name']}: {reason}.")
            continue
        writer = _BridgeWriter(each, patterns.get(each["name"], []), asked.tighten, foreseen)
        entries.append(writer.entry())
        changes += writer.changes
        missing += writer.missing
    notes = [*foreseen.notes(), *_table(info), *_forward(info), *(["", "Left out:", *left_out] if left_out else []), *not_looked_at(info)]
    variables = {
        VARIABLE: Commented(seq(entries)),
        # Whoever takes away what is not named would take what is off, or was made since.
        f"{VARIABLE}_purge": Commented(seq(()), ("Nothing is taken away of what is not named.",)),
    }
    return described(asked, "harden_kvm_host", Map(variables), changes, missing, notes)


def _left_out(bridge: Facts) -> str:
    """Why linux_switch_policy would refuse the bridge."""
    if bridge["status"]["hub"]:
        return "it is a hub (ageing_time 0), on which every guest receives every frame; set ageing_time: 300 by linux_bridge, then describe the host again"
    return _unwritable(bridge["name"])


def _unwritable(name: str) -> str:
    try:
        name.encode()
        normalize.device_name(name, "name")
    except (InputError, UnicodeEncodeError):
        return "its name can't be written down"
    return ""


def _places(bridges: t.Sequence[Facts], patterns: t.Sequence[str]) -> dict[str, list[str]]:
    """A pattern in quarantine holds for all bridges of the host: it stands at the first that has such a port, else at the first of all."""
    usable = [each for each in bridges if not _left_out(each)]
    found: dict[str, list[str]] = {}
    for pattern in sorted(patterns):
        having = [each for each in usable if any(covers(pattern, name) for name in each["status"]["roles"])]
        for each in (having or usable)[:1]:
            found.setdefault(each["name"], []).append(pattern)
    return found


def _table(info: Facts) -> t.Iterator[str]:
    table = part(info, "table", dict, _MODULE)
    if table["state"] == "altered":
        yield "The table virtnet_hardening was changed, or is of another version: " + "; ".join(table["differences"] or ["see nft list table"]) + "."


def _forward(info: Facts) -> t.Iterator[str]:
    """Rules of others that see bridged frames are nothing that a document can say."""
    for each in info.get("forward") or []:
        if each.get("drops"):
            yield (
                f"Not of this document: {each['by']} {each['family']} {each['table']} {each['chain']} (policy {each['policy']}) sees bridged frames "
                "and may drop them."
            )


class _BridgeWriter:
    """Of one bridge."""

    def __init__(self, bridge: Facts, patterns: t.Sequence[str], tighten: bool, foreseen: Foreseen) -> None:
        self.bridge = bridge
        self.name = str(bridge["name"])
        self.patterns = patterns
        self.tighten = tighten
        self.foreseen = foreseen
        self.defaults: Facts = bridge["policy"].get("security") or {}
        self.changes: list[str] = []
        self.missing: list[str] = []

    def entry(self) -> Commented:
        """An item of the variable. What changes something as a whole is off as a whole."""
        fields = {"name": Commented(self.name), "kind": Commented("bridge")}
        if self.defaults:
            fields["security"] = Commented(tree({name: self.defaults[name] for name in SECURITY if name in self.defaults}), ("What ports inherit.",))
        alone, groups = self._ports()
        groups = [*self._quarantine(self._off_and_known([*alone, *(entry for group in groups for entry in _members(group))])), *groups]
        if groups:
            fields["port_groups"] = Commented(seq(groups))
        if alone:
            fields["ports"] = Commented(seq(alone))
        why = self.foreseen.of_bridge(self.name)
        if why:
            self.changes.clear()
            self.missing.clear()
        return Commented(Map(fields), (*self._notes(), *([f"OFF, as applying it would change the bridge: {why}."] if why else [])), off=bool(why))

    def _off_and_known(self, entries: t.Sequence[Commented]) -> list[str]:
        """Ports that an earlier document opened and this one doesn't name: a group that matches them would shut them."""
        names = [str(t.cast(Map, entry.value).entries["name"].value) for entry in entries if entry.off]
        return [name for name in names if not self.bridge["status"]["protection"][name]["quarantined"]]

    def _quarantine(self, unnamed: t.Sequence[str]) -> list[Commented]:
        if not self.patterns:
            return []
        notes = ["No port with such a name passes anything until a document names it, on whichever bridge of the host."]
        shut = [name for name in unnamed if any(covers(pattern, name) for pattern in self.patterns)]
        if shut:
            notes.append(f"OFF, and so as it is: it would shut what is off below ({named(shut)}).")
        group = {"name": _QUARANTINE, "match": list(self.patterns), "quarantine": True}
        return [Commented(tree(group), tuple(notes), off=bool(shut))]

    def _ports(self) -> tuple[list[Commented], list[Commented]]:
        """Those that stand by themselves, and groups of those that inherit what their switch does not have."""
        recorded = {each["name"]: each for each in self.bridge["policy"]["ports"]}
        alone: list[Commented] = []
        groups: dict[tuple[tuple[str, str], ...], list[Commented]] = {}
        for options in sorted(self.bridge["ports"], key=lambda each: str(each["ports"][0])):
            name = str(options["ports"][0])
            writer = PortWriter(self.bridge, name, options, recorded.get(name, {}))
            entry = writer.entry(self.tighten, _unwritable_port(name), self.foreseen.of_port(name))
            self.changes += writer.changes
            self.missing += writer.missing
            inherited = () if tightened(entry) else self._inherited(recorded.get(name, {}), writer.effective)
            (groups.setdefault(inherited, []) if inherited else alone).append(entry)
        return alone, [self._group(inherited, entries) for inherited, entries in sorted(groups.items())]

    def _inherited(self, recorded: Facts, effective: Facts) -> tuple[tuple[str, str], ...]:
        own = recorded.get("security") or {}
        needed = [(policy, str(effective.get(policy))) for policy in SECURITY if own.get(policy) == INHERIT]
        return tuple((policy, value) for policy, value in needed if self.defaults.get(policy) != value)

    @staticmethod
    def _group(inherited: tuple[tuple[str, str], ...], entries: t.Sequence[Commented]) -> Commented:
        name = "inherits " + ", ".join(f"{policy} {value}" for policy, value in inherited)
        group = {"name": Commented(name), "security": Commented(tree(dict(inherited))), "ports": Commented(seq(entries))}
        return Commented(Map(group), ("These ports were told to inherit, and this is what they inherited.",))

    def _notes(self) -> t.Iterator[str]:
        bridge, status = self.bridge["bridge"], self.bridge["status"]
        told = ", ".join(f"{option} {_word(bridge.get(option))}" for option in ("stp", "vlan_filtering", "no_linklocal_learn"))
        yield f"{self.name}: {counted(len(self.bridge['ports']), 'port')}, {told}."
        if bridge.get("ageing_time") == 0:
            yield "It remembers no addresses (ageing_time 0), as a bridge between two ports such as os-vif's qbr does."
        called = [name for name, each in sorted((status.get("netfilter") or {}).items()) if each.get("effective")]
        if called:
            yield f"Its frames go through the host's IP firewall too: {', '.join(called)}."
        if any(change for change in self.changes) and bridge.get("no_linklocal_learn") is False:
            yield "With the first locked port, no_linklocal_learn false -> true."
        uplinks = [name for name, each in status["roles"].items() if each["role"] == "uplink"]
        if uplinks:
            yield f"Taken for uplinks: {named(uplinks)}."


def _members(group: Commented) -> tuple[Commented, ...]:
    return t.cast(Seq, t.cast(Map, group.value).entries["ports"].value).entries


def _unwritable_port(name: str) -> str:
    if normalize.is_glob(name):
        return "its name is a pattern too"
    # nft takes such a name for an index.
    return "its name is a number" if name.isdigit() else _unwritable(name)


def _word(value: t.Any) -> str:
    return "not known to this kernel" if value is None else str(value).lower()
