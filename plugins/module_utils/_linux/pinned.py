# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Ports whose guests are cut off sooner or later, as their options rely on a pinned address and none is there. Pure."""

from __future__ import annotations

from typing import Any, Collection, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields, Key, Observed, State

# What must be read of a port to judge it.
FIELDS = frozenset({"locked", "mab", "learning", "unicast_flood"})
# Kinds of entries that don't age and let their source pass a lock; one that is local does not (br_handle_frame_finish, net/bridge/br_input.c).
PINNING = ("static", "extern_learn")
_NAMED = 5
_REMEDY = "pin {address} with linux_bridge_fdb, or let linux_port_security do all of it"


class Unpinned(NamedTuple):
    """Ports that need a pinned address and have none, by why they need it."""

    locked: list[str]
    deaf: list[str]

    def names(self) -> list[str]:
        """All of them."""
        return sorted({*self.locked, *self.deaf})

    def warnings(self, bridge: str, fields: Fields) -> Iterator[str]:
        """A sentence for each reason. C(fields) are the bridge's."""
        ageing: Any = fields.get("ageing_time")
        end = "at the latest when what the bridge learned ages out (ageing_time" + (")" if ageing is None else f", {ageing:g} s)")
        if self.locked:
            yield _sentence(bridge, self.locked, "locked, but no address is pinned there", f"so the guest is cut off, {end}")
        if self.deaf:
            why = "without learning and unicast_flood, but no address is pinned there"
            yield _sentence(bridge, self.deaf, why, f"so unicast does not reach the guest, {end}")


def _sentence(bridge: str, ports: Sequence[str], state: str, effect: str) -> str:
    return f"port{'s' if len(ports) > 1 else ''} {few(ports, 5)} of {bridge}: {state}, {effect}; {_REMEDY.format(address='the address')}."


def pins(state: State, bridge: str) -> dict[str, set[Key]]:
    """The entries of the bridge that pin an address, by port."""
    found: dict[str, set[Key]] = {}
    for key, fields in state.items():
        if key[0] == "fdb" and key[1] == bridge and fields["kind"] in PINNING:
            found.setdefault(str(fields["port"]), set()).add(key)
    return found


def judge(ports: Mapping[str, Fields], pinned: Collection[str]) -> Unpinned:
    """C(ports) have the options that will hold. With mab a daemon decides which address passes, so nothing has to be pinned."""
    bare = [name for name in sorted(ports) if name not in pinned]
    locked = [name for name in bare if ports[name].get("locked") and not ports[name].get("mab")]
    deaf = [name for name in bare if name not in locked and ports[name].get("learning") is False and ports[name].get("unicast_flood") is False]
    return Unpinned(locked, deaf)


def left_without(observed: Observed, bridge: str, present: Mapping[Key, Fields], absent: Collection[Key]) -> Unpinned:
    """Ports from which a wish for entries takes the last one that is pinned."""
    before = pins(observed.state, bridge)
    state = {key: fields for key, fields in observed.state.items() if key[0] == "fdb" and key not in set(absent)}
    for key, fields in present.items():
        state[key] = {**state.get(key, {}), **fields}
    lost = before.keys() - pins(state, bridge).keys()
    members = {name: observed.state.get(("port", name), {}) for name in lost}
    return judge({name: fields for name, fields in members.items() if fields.get("bridge") == bridge}, ())
