# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What each policy and guard becomes on a Linux bridge: one table, from which the documentation is made, and its use. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Callable, Mapping, NamedTuple, Optional

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import NFTABLES, PROGRAM, ROWS, Guard, port_options
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, REJECT, Fields, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.quality import APPROXIMATE, EXACT, NOT_LOOKED_AT, UNSUPPORTED
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import Resolution

# (kind, name, value) to why it can't be enforced here, or None.
Can = Callable[..., Optional[str]]


class Recipe(NamedTuple):
    """How one value is enforced."""

    # Port options that are set.
    flags: Fields = {}
    # A second lock: port options that are set too where the kernel has them.
    also: Fields = {}
    # What nftables checks for the port.
    guards: Mapping[str, str] = {}
    # The same for what nftables checks too where it is to be had.
    also_guards: Mapping[str, str] = {}
    # Options of the bridge that are set.
    bridge: Fields = {}
    # Whether the guest's addresses must be known, as they are pinned or compared.
    macs: bool = False
    addresses: bool = False
    # Whether a program at the port's ingress is to be there.
    program: bool | None = None
    quality: str = EXACT
    note: str = ""


def _of_guard(row: Guard, value: str) -> Recipe:
    """The table's rules for the port, or a program at its ingress."""
    rejects = value == REJECT
    return Recipe(
        also=row.port_options if rejects else {},
        guards={row.name: value} if row.checked_by == NFTABLES else {},
        macs=rejects and row.compares,
        addresses=rejects and row.compares,
        program=rejects if row.checked_by == PROGRAM else None,
        note=row.linux if rejects else NOT_LOOKED_AT.note,
    )


_PINNED = "its addresses are pinned as static, sticky entries"

RECIPES: dict[tuple[str, str], Recipe] = {
    ("promiscuous", REJECT): Recipe(
        {"unicast_flood": False},
        note=f"unknown unicast is not flooded to the port; with macs {_PINNED}, the port learns no others, has neither entries of "
        "others nor a backup_port (which don't come back with the policy's end), and nftables "
        "compares the destination of every unicast frame, as flags are gone for a while when a port leaves and returns",
    ),
    ("promiscuous", ACCEPT): Recipe(
        {"unicast_flood": True},
        quality=APPROXIMATE,
        note="unknown unicast is flooded to the port; no port of a Linux bridge hears known unicast of others, mirror with tc(8) for that",
    ),
    ("mac_changes", REJECT): Recipe(
        {"learning": False}, macs=True, note=f"{_PINNED} and the port learns no others, so frames for a changed address don't reach the guest"
    ),
    ("mac_changes", ACCEPT): Recipe(note="the port learns, unless forged_transmits is reject"),
    ("forged_transmits", REJECT): Recipe(
        {"locked": True, "learning": False},
        also_guards={"source_mac": REJECT},
        bridge={"no_linklocal_learn": True},
        macs=True,
        note=f"the port is locked, {_PINNED}, neither the port nor the bridge learns from link-local frames, and nftables compares the source "
        "address of every frame, as a lock lets in whatever address anybody has written to the port",
    ),
    ("forged_transmits", ACCEPT): Recipe({"locked": False}, guards={"source_mac": ACCEPT}, note="the port is not locked"),
    **{(row.name, REJECT): _of_guard(row, REJECT) for row in ROWS},
    **{(row.name, ACCEPT): _of_guard(row, ACCEPT) for row in ROWS},
}

# Where the first way is not to be had: instead of what, and by what.
FALLBACKS: dict[tuple[str, str], tuple[tuple[str, str], Recipe]] = {
    ("forged_transmits", REJECT): (
        ("port", "locked"),
        Recipe(
            {"learning": False},
            guards={"source_mac": REJECT},
            bridge={"no_linklocal_learn": True},
            macs=True,
            note="where the kernel has no locked ports (before 5.18), nftables compares the source address of every frame",
        ),
    ),
    ("bpdu", REJECT): (
        ("filter", ""),
        Recipe(
            {"guard": True},
            quality=APPROXIMATE,
            note="without nftables and only where the bridge runs STP: the first BPDU shuts the port until it goes down and up",
        ),
    ),
}

# Where a MAC address of the port is shared, and the bridge has to learn behind which port it is now: a locked port can't send from it, and a pinned address
# does not move. Only what nftables lets through is learned then, as it drops before the bridge looks (br_handle_frame, net/bridge/br_input.c).
SHARING: dict[tuple[str, str], Recipe] = {
    ("mac_changes", REJECT): Recipe(
        {"learning": True},
        guards={"source_mac": REJECT},
        bridge={"no_linklocal_learn": True},
        macs=True,
        note="where macs has a shared address: the others are pinned, and the port learns, from frames that nftables has compared, where the shared one is",
    ),
    ("forged_transmits", REJECT): Recipe(
        {"locked": False, "learning": True},
        guards={"source_mac": REJECT},
        bridge={"no_linklocal_learn": True},
        macs=True,
        note="where macs has a shared address: the port is not locked, and nftables alone compares the source address of every frame, so without its rules "
        "the guest can send from any",
    ),
}


@dataclass
class Compiled:
    """What one port needs."""

    flags: dict[str, Value] = field(default_factory=dict)
    guards: dict[str, str] = field(default_factory=dict)
    bridge: dict[str, Value] = field(default_factory=dict)
    pins: bool = False
    # Whether the program at the ingress is to be there; None where nothing is said of it.
    program: bool | None = None
    enforcement: dict[str, str] = field(default_factory=dict)


class Port(NamedTuple):
    """What is known of a port beside its policy."""

    name: str
    macs: tuple[str, ...] | None
    addresses: str | None
    stp: bool = False
    # Of both.
    shared: frozenset[str] = frozenset()

    def own(self) -> tuple[str, ...]:
        """MAC addresses that nobody else has."""
        return tuple(mac for mac in self.macs or () if mac not in self.shared)

    def moves(self) -> bool:
        """Whether a MAC address of the port may be behind another one."""
        return len(self.own()) < len(self.macs or ())


def compile_port(port: Port, resolution: Resolution, can: Can) -> Compiled:
    """Raises InputError for a policy that would cut the guest off, UnsupportedError for one that can't be enforced here."""
    result = Compiled()
    _check_sharing(port, resolution.effective, can)
    for name, value in [*resolution.effective.items(), *resolution.guards.items()]:
        recipe = _recipe(name, value, port, can)
        _require_known(name, recipe, port)
        result.flags.update({option: wanted for option, wanted in recipe.flags.items() if result.flags.get(option) is not False})
        result.flags.update({option: wanted for option, wanted in recipe.also.items() if can("port", option, wanted) is None})
        result.guards.update(recipe.guards)
        result.guards.update({} if can("filter") else recipe.also_guards)
        result.bridge.update(recipe.bridge)
        result.enforcement[name] = recipe.quality if recipe.quality == EXACT else f"{recipe.quality}: {recipe.note}"
        if recipe.program is not None:
            _settle_program(result, name, recipe.program, port, name in resolution.by_profile, can)
    _settle_learning(result, resolution.effective, port)
    if not can("filter"):
        _add_to_table(result, resolution.effective, port, can)
    _qualify(result, resolution.effective, port)
    if resolution.isolated is not None:
        result.flags["isolated"] = resolution.isolated
    if resolution.multicast_flood is not None:
        result.flags["multicast_flood"] = resolution.multicast_flood
    return result


class Compiler:
    """Compiles for the ports of one run, of which most have the same policy."""

    def __init__(self, can: Can) -> None:
        self._can = can
        self._known: dict[tuple[Any, ...], Compiled] = {}

    def of(self, port: Port, resolution: Resolution) -> Compiled:
        """As C(compile_port), whose result hangs on no name and on no address, but on whether there are any."""
        asked = (*resolution.effective.items(), None, *resolution.guards.items(), resolution.isolated, resolution.multicast_flood)
        key = (*asked, frozenset(resolution.by_profile), bool(port.macs), bool(port.own()), port.moves(), port.addresses is None, port.stp)
        if key not in self._known:
            self._known[key] = compile_port(port, resolution, self._can)
        found = self._known[key]
        # Whoever has one adds to it.
        return replace(found, flags=dict(found.flags), guards=dict(found.guards), bridge=dict(found.bridge), enforcement=dict(found.enforcement))


def _check_sharing(port: Port, effective: Mapping[str, str], can: Can) -> None:
    rejected = [name for name, value in effective.items() if port.moves() and (name, value) in SHARING]
    if not rejected:
        return
    if effective.get("forged_transmits") != REJECT:
        raise InputError(
            f"port {port.name}: it learns behind which port a shared MAC address is, and so any that the guest forges; "
            "set forged_transmits: reject too, or mac_changes: accept."
        )
    if not port.own():
        raise InputError(f"port {port.name}: all of macs are shared; name the guest's own MAC address too, or accept all three policies where no guest is.")
    reason = can("filter") or can("bridge", "no_linklocal_learn", True)
    if reason:
        raise UnsupportedError(f"port {port.name}: with a shared MAC address {' and '.join(rejected)} can't be reject: {reason}.", option=rejected[0])


def _recipe(name: str, value: str, port: Port, can: Can) -> Recipe:
    if port.moves() and (name, value) in SHARING:
        return SHARING[name, value]
    recipe = RECIPES[name, value]
    instead, fallback = FALLBACKS.get((name, value), (("", ""), None))
    if fallback is not None and can(*instead):
        if name != "bpdu" or port.stp:
            recipe = fallback
    if REJECT in recipe.guards.values():
        reason = can("filter")
        if reason is not None:
            raise UnsupportedError(f"port {port.name}: {_without_nft(name, reason, can)}", option=name)
    return recipe


# To whom a frame goes with offload never has anything written into it (see docs/policy.md).
SAFE = "guests on ports with checksum offload (virtio cards with guest_csum, veth) get such frames as they were checked, all others as they were rewritten"


def _settle_program(result: Compiled, name: str, wanted: bool, port: Port, by_profile: bool, can: Can) -> None:
    """A profile takes what the kernel can and tells of the rest; who asks by name is refused."""
    reason = can("ingress") if wanted else None
    if reason is None:
        result.program = wanted
    elif by_profile:
        result.enforcement[name] = f"{UNSUPPORTED}: {reason}; {SAFE}"
    else:
        raise UnsupportedError(f"port {port.name}: the guard {name} can't be reject: {reason}; set guards.{name}: accept if you do without it.", option=name)


def _without_nft(name: str, reason: str, can: Can) -> str:
    if name == "forged_transmits":
        return f"forged_transmits can't be reject: {can('port', 'locked')}, and {reason}."
    more = " (the bridge runs no STP, without which the port option guard does nothing)" if name == "bpdu" else ""
    return f"the guard {name} can't be reject: {reason}{more}; set guards.{name}: accept if you do without it."


def _require_known(name: str, recipe: Recipe, port: Port) -> None:
    if recipe.macs and not port.macs:
        raise InputError(
            f"port {port.name}: {name} is reject, and no MAC address of the guest is known, so nothing of it would pass; "
            f"name them in macs, or set {name}: accept."
        )
    if recipe.addresses and port.addresses is None:
        raise InputError(
            f"port {port.name}: the guard {name} compares with the guest's IP addresses, and none are known; name addresses or prefixes in "
            f"addresses ([] for a guest without IP), or set guards.{name}: accept."
        )


def _settle_learning(result: Compiled, effective: Mapping[str, str], port: Port) -> None:
    """A port that does not learn needs its addresses pinned; one that learns lets the guest take those of others."""
    if port.moves():
        result.flags["learning"] = True
        result.pins = effective.get("forged_transmits") == REJECT
        return
    if effective.get("promiscuous") == REJECT and port.macs and effective.get("mac_changes") != ACCEPT:
        result.flags["learning"] = False
    if "learning" not in result.flags and effective.get("mac_changes") == effective.get("forged_transmits") == ACCEPT:
        result.flags["learning"] = True
    result.pins = result.flags.get("learning") is False


# 01:80:c2:00:00:0e, and 01:80:c2:00:00:00.
_NEAREST, SPANNING_TREE = 0x4000, 0x0001
CLOSED = _NEAREST | SPANNING_TREE


def _add_to_table(result: Compiled, effective: Mapping[str, str], port: Port, can: Can) -> None:
    """A second look at who is addressed; and what a bridge leaves to the host's stack without a hook is forwarded instead, to where the table drops it."""
    if "promiscuous" in effective:
        result.guards["destination_mac"] = REJECT if effective["promiscuous"] == REJECT and result.pins else ACCEPT
    mask = taken_by(result.guards).get("group_fwd_mask", 0)
    if mask:
        reason = can("port", "group_fwd_mask", mask)
        if reason is None:
            result.flags["group_fwd_mask"] = mask
        elif port.stp and mask & SPANNING_TREE:
            result.enforcement["bpdu"] = f"{APPROXIMATE}: the bridge runs STP and takes BPDUs before any rule sees them, and {reason}"


def taken_by(guards: Mapping[str, str]) -> dict[str, int]:
    """The options that are taken from a port for guards, all that it has, with their values."""
    rejecting = {name for name, value in guards.items() if value == REJECT and name != "destination_mac"}
    found = {"group_fwd_mask": _NEAREST | (SPANNING_TREE if "bpdu" in rejecting else 0)} if rejecting else {}
    return {**found, **port_options(rejecting)}


def _qualify(result: Compiled, effective: Mapping[str, str], port: Port) -> None:
    """Where one policy weakens what another promises."""
    doubts: list[tuple[str, bool, str]] = [
        (
            "promiscuous",
            effective.get("promiscuous") == REJECT and not result.pins,
            "the port learns: a guest that is silent is not reached, and one that forges can take the address of another",
        ),
        (
            "mac_changes",
            effective.get("mac_changes") == REJECT and effective.get("promiscuous") == ACCEPT,
            "with promiscuous: accept, flooded frames for a changed address are heard",
        ),
        (
            "mac_changes",
            effective.get("mac_changes") == ACCEPT and effective.get("forged_transmits") == REJECT,
            "the host does not know a changed address, so forged_transmits: reject drops what is sent from it; name it in macs",
        ),
    ]
    for name, applies, note in doubts:
        if applies:
            result.enforcement[name] = f"{APPROXIMATE}: {note}"


def fallback_flags(resolution: Resolution) -> dict[str, Value]:
    """Port options that only the second ways set."""
    found: dict[str, Value] = {}
    for place in [*resolution.effective.items(), *resolution.guards.items()]:
        if place in FALLBACKS:
            found.update(FALLBACKS[place][1].flags)
    return found


def describe() -> list[dict[str, Any]]:
    """The table as rows, for the documentation."""
    rows = []
    for (name, value), recipe in RECIPES.items():
        rows.append({"name": name, "value": value, "recipe": recipe})
        if (name, value) in SHARING:
            rows.append({"name": name, "value": value, "recipe": SHARING[name, value]})
        if (name, value) in FALLBACKS:
            rows.append({"name": name, "value": value, "recipe": FALLBACKS[name, value][1]})
    return rows
