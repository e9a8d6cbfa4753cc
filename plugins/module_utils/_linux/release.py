# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Takes a policy away again: exactly its own guards, entries and flags. Pure."""

from __future__ import annotations

from typing import Iterable, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._linux import recipes
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.hardening import FLAGS, Wishes
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.record import JOINED, PortRecord, SwitchRecord
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.elements import split
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.ruleset import RULESET
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields, Key, Observed, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import Level, resolve


def release_port(wishes: Wishes, observed: Observed, bridge: str, name: str, level: Level | None = None, macs: Sequence[str] | None = None) -> None:
    """With the record of what was there before; without one, as without nftables, by what C(level) and C(macs) would have written."""
    have = observed.state.get(("filter", name))
    port = observed.state.get(("port", name))
    known = split(have.get("macs")) if have is not None else []
    wishes.absent += _entries(observed, bridge, name, [*known, *(macs or ())])
    if have is not None:
        wishes.absent.append(("filter", name))
    wishes.absent += [key for key in (("ingress", name),) if key in observed.state]
    if port is None or port.get("bridge") != bridge:
        return
    wishes.seen.append(("port", name))
    flags = _before(have) if have is not None else _undone(level, port, macs)
    if flags:
        wishes.present[("port", name)] = {"bridge": bridge, **flags}


def _before(have: Fields) -> dict[str, Value]:
    return dict(PortRecord.read(have.get("record")).before)


def _undone(level: Level | None, port: Fields, macs: Sequence[str] | None) -> dict[str, Value]:
    """Only options that still are as the policy would have set them."""
    if level is None:
        return {}
    known = recipes.Port("", tuple(macs or ()) or ("",), "")
    compiled = recipes.compile_port(known, resolve((level,)), lambda *question: None)
    flags = {**compiled.flags, **recipes.fallback_flags(resolve((level,)))}
    return {name: JOINED[name] for name, value in flags.items() if name in FLAGS and port.get(name) == value != JOINED[name]}


def _entries(observed: Observed, bridge: str, name: str, macs: Iterable[str]) -> set[Key]:
    wanted = set(macs)
    return {
        key
        for key, entry in observed.state.items()
        if key[0] == "fdb" and key[1] == bridge and key[2] in wanted and entry.get("port") == name and entry.get("kind") == "static" and entry.get("sticky")
    }


def leave_nothing(wishes: Wishes, observed: Observed) -> None:
    """Options of a bridge whose last port was released go back; the table goes when nothing is left in it."""
    gone = set(wishes.absent) - set(wishes.present)
    kept = {str(key[1]) for key in [*observed.state, *wishes.present] if key[0] == "filter" and key not in gone}
    bridges = {fields.get("bridge") for key, fields in [*observed.state.items(), *wishes.present.items()] if key[0] == "port" and key[1] in kept}
    for key in [key for key in observed.state if key[0] == "switch"]:
        if key[1] not in bridges and not _stands(wishes, observed, key):
            _give_back(wishes, observed, key)
    gone = set(wishes.absent) - set(wishes.present)
    left = [key for key in [*observed.state, *wishes.present] if key[0] in ("filter", "switch", "quarantine") and key not in gone]
    if not left:
        wishes.present.pop(RULESET, None)
        wishes.absent += [RULESET] if RULESET in observed.state else []


def _stands(wishes: Wishes, observed: Observed, key: Key) -> bool:
    """Whether a document asks for the options, as a quarantine does, and not only for its guests."""
    return SwitchRecord.read(wishes.present.get(key, observed.state[key]).get("record")).standing


def _give_back(wishes: Wishes, observed: Observed, key: Key) -> None:
    """What a policy switched on goes off; what was asked for stays."""
    have = SwitchRecord.read(observed.state[key].get("record"))
    bridge: Key = ("bridge", key[1])
    if have.owned and bridge in observed.state:
        wishes.present[bridge] = {name: False for name in have.owned}
    record = have if key not in wishes.present and key not in wishes.absent else SwitchRecord.read(wishes.present.get(key, {}).get("record"))
    record.owned = []
    wishes.present.pop(key, None)
    if record.text():
        wishes.present[key] = {"record": record.text()}
    else:
        wishes.absent.append(key)
