# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What holds for a port now, whoever wrote it: policies and guards by the options, entries and rules that enforce them. Pure."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._linux.recipes import FALLBACKS, RECIPES, SHARING, SPANNING_TREE, Recipe
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.record import PortRecord, SwitchRecord
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.elements import shared_macs, split
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BY_PROGRAM, COMPARING, FILTER_GUARDS, GUARDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, REJECT, Fields
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY

# Nobody could look, so nobody knows.
UNKNOWN = "unknown"
INTACT, ALTERED, NONE = "intact", "altered", "none"


class PortFacts(NamedTuple):
    """One port with what belongs to it."""

    name: str
    port: Fields
    bridge: Fields
    # The table's entry, None where it has none; and whether the table can be believed at all.
    entry: Fields | None
    table_known: bool
    # Of static, sticky entries.
    pinned: Sequence[str]
    # Whether its name is in the quarantine.
    named_shut: bool
    # Whether the program of partial_checksum is at its ingress; None where that could not be read.
    program: bool | None = None


def protection(facts: PortFacts) -> dict[str, Any]:
    """In the form in which linux_bridge_info tells it."""
    guards = _guards(facts)
    entry = facts.entry or {}
    record = PortRecord.read(entry.get("record"))
    effective = {name: _policy(name, facts, guards) for name in SECURITY}
    state = NONE if facts.entry is None else INTACT if entry.get("intact") else ALTERED
    return {
        "security": {name: {"configured": record.configured.get(name), "effective": effective[name]} for name in SECURITY},
        "drift": [name for name in SECURITY if record.effective.get(name) == REJECT and effective[name] == ACCEPT],
        "guards": {name: _guard(name, facts, guards) for name in GUARDS},
        "macs": split(entry.get("macs")),
        "addresses": split(entry.get("addresses")),
        "shared": split(entry.get("shared")),
        "pinned": sorted(facts.pinned),
        "entry": state if facts.table_known else UNKNOWN,
        "quarantined": facts.named_shut and facts.entry is None and facts.table_known,
    }


def _guards(facts: PortFacts) -> dict[str, str]:
    """What nftables checks. Elements that don't belong together may let anything pass."""
    if not facts.table_known:
        return dict.fromkeys(FILTER_GUARDS, UNKNOWN)
    if facts.entry is None:
        return dict.fromkeys(FILTER_GUARDS, ACCEPT)
    return {name: str(facts.entry[name]) if facts.entry["intact"] else UNKNOWN for name in FILTER_GUARDS}


def _policy(name: str, facts: PortFacts, guards: Mapping[str, str]) -> str:
    """By any of the ways to enforce it. A second lock is not needed for it, and neither are pins: without them nothing of the guest passes."""
    ways = [RECIPES[name, REJECT], *(recipe for place, (_instead, recipe) in FALLBACKS.items() if place == (name, REJECT))]
    sharing = SHARING.get((name, REJECT))
    if sharing is not None and shared_macs(facts.entry or {}) and all(facts.bridge.get(option) == value for option, value in sharing.bridge.items()):
        # The port learns, so what it must not learn from matters.
        ways.append(sharing)
    return _best([_holds(way, facts, guards) for way in ways])


def _guard(name: str, facts: PortFacts, guards: Mapping[str, str]) -> str:
    if name == BY_PROGRAM:
        return UNKNOWN if facts.program is None else REJECT if facts.program else ACCEPT
    found = [guards[name]]
    if name == "bpdu" and facts.bridge.get("stp"):
        if guards[name] == REJECT and not int(facts.port.get("group_fwd_mask") or 0) & SPANNING_TREE:
            # The bridge takes them before any rule sees them.
            found = [ACCEPT]
        found.append(_holds(FALLBACKS["bpdu", REJECT][1], facts, guards))
    # VLAN filtering is none for vlan_tags: "untagged" is about what leaves, and a tag of the own VLAN, one of 802.1ad (br_allowed_ingress,
    # net/bridge/br_vlan.c, looks at tags of the bridge's protocol alone) and a second tag behind it pass.
    return _best(found)


def _holds(way: Recipe, facts: PortFacts, guards: Mapping[str, str]) -> str:
    if any(facts.port.get(option) != value for option, value in way.flags.items()):
        return ACCEPT
    wanted = [guards[name] for name in way.guards]
    return UNKNOWN if UNKNOWN in wanted else ACCEPT if ACCEPT in wanted else REJECT


def _best(found: list[str]) -> str:
    return next(value for value in (REJECT, UNKNOWN, ACCEPT) if value in found)


def policy(bridge: str, record: Any, entries: Mapping[str, Fields], programs: Mapping[str, bool | None]) -> dict[str, Any]:
    """An item of the document that asks for what is recorded and enforced for the bridge and its ports."""
    defaults = SwitchRecord.read(record).configured
    ports = [_document(name, fields, programs.get(name)) for name, fields in sorted(entries.items())]
    return {"name": bridge, "kind": "bridge", **({"security": defaults} if defaults else {}), "ports": ports}


def _document(name: str, fields: Fields, program: bool | None) -> dict[str, Any]:
    """A guest without an IP address has an empty list; of one without a policy about addresses nothing is said."""
    item: dict[str, Any] = {"name": name}
    shared = split(fields.get("shared"))
    macs, addresses = ([{"address": each, "shared": True} if each in shared else each for each in split(fields.get(word))] for word in ("macs", "addresses"))
    if macs:
        item["macs"] = macs
    # They are known where a guard compares with them, if only that there are none.
    if addresses or any(fields.get(guard) == REJECT for guard in COMPARING):
        item["addresses"] = addresses
    configured = PortRecord.read(fields.get("record")).configured
    guards = {guard: fields[guard] for guard in GUARDS if guard != BY_PROGRAM}
    by_program = {} if program is None else {BY_PROGRAM: REJECT if program else ACCEPT}
    return {**item, **({"security": configured} if configured else {}), "guards": {**guards, **by_program}}
