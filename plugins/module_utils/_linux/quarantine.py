# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Names of ports that pass nothing until a policy knows the device that bears them. Pure."""

from __future__ import annotations

from typing import Iterable, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.doors import forget, own_mask
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.hardening import Wishes, require_table
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.recipes import CLOSED
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.record import JOINED
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.select import covers
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.quoting import refusal
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.document import Switch
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Key, Observed, Value

# Of a name of an interface (IFNAMSIZ, with the byte that ends it).
_NAME_BYTES = 15


def check(pattern: str, group: str) -> None:
    """nft knows a C(*) at the end of a name and nothing else, and C(*) alone would shut the uplink."""
    stem = pattern[:-1] if pattern.endswith("*") else pattern
    why = "nftables knows names and names with one * at their end" if not stem or normalize.is_glob(stem) else refusal(pattern)
    if why:
        raise InputError(f"port group {group}: quarantine can't take the pattern {pattern!r}, as {why}; write match so, or set quarantine: false.")
    normalize.device_name(stem, f"port group {group}: match")
    if len(pattern.encode()) > _NAME_BYTES:
        raise InputError(f"port group {group}: no name is longer than {stem!r}, so {pattern!r} stands for that one; write match without the *.")


def shuts(pattern: str, name: str) -> bool:
    """Whether nft takes the name for one of the pattern."""
    return covers(pattern, name)


def wish(wishes: Wishes, observed: Observed, switches: Sequence[Switch], purge: bool) -> None:
    """What is asked for; the rest stays unless C(purge), or unless a pattern takes its place."""
    wanted: set[str] = set()
    refused: set[str] = set()
    for switch in switches:
        for group in switch.groups:
            if group.quarantine is not None:
                (wanted if group.quarantine else refused).update(group.match)
    have = {str(key[1]) for key in observed.state if key[0] == "quarantine"}
    kept = _widest(wanted if purge else wanted | (have - refused))
    if kept - have:
        require_table(observed, "quarantine")
    for pattern in sorted(kept):
        wishes.present[("quarantine", pattern)] = {}
    gone: list[Key] = [("quarantine", pattern) for pattern in sorted(have - kept)]
    wishes.absent += gone


def close_doors(wishes: Wishes, observed: Observed, shut: Iterable[str]) -> None:
    """Ports that are shut leave nothing to the host's stack either (see recipes), and those that are no more get their option back."""
    can = observed.facts["can"]
    gone = [str(key[1]) for key in wishes.absent if key[0] == "quarantine" and key not in wishes.present]
    for key, fields in observed.state.items():
        if key[0] != "port" or can("filter") or can("port", "group_fwd_mask", CLOSED):
            continue
        name, mask = str(key[1]), fields.get("group_fwd_mask")
        if name in shut:
            port = wishes.present.setdefault(key, {"bridge": str(fields["bridge"])})
            _note(wishes, observed, name, port.get("group_fwd_mask", mask))
            port["group_fwd_mask"] = CLOSED
        elif ("filter", name) not in observed.state and any(shuts(pattern, name) for pattern in gone):
            if mask == CLOSED:
                wishes.present.setdefault(key, {"bridge": str(fields["bridge"])}).setdefault("group_fwd_mask", own_mask(observed, name))
            forget(wishes, observed, name)


def _note(wishes: Wishes, observed: Observed, name: str, mask: Value) -> None:
    """What the port had, beside the names. One that is shut already was noted then, if there was anything to note."""
    if mask not in (None, CLOSED, JOINED["group_fwd_mask"]):
        wishes.present["door", name] = {"record": str(mask)}
    elif mask != CLOSED:
        forget(wishes, observed, name)


def elsewhere(wishes: Wishes, observed: Observed, switches: Sequence[Switch]) -> list[str]:
    """Ports of bridges that nobody asked about: a name is shut on every bridge. Raises InputError where a pattern would newly cut them off, and
    tells of those that one cuts off already."""
    gone = {key for key in wishes.absent if key not in wishes.present}
    free = {key[1] for key in [*observed.state, *wishes.present] if key[0] == "filter" and key not in gone}
    told: dict[tuple[str, str, bool], list[str]] = {}
    patterns = sorted(str(key[1]) for key in wishes.present if key[0] == "quarantine")
    for key, fields in sorted((key, fields) for key, fields in observed.state.items() if key[0] == "port"):
        name, bridge = str(key[1]), str(fields.get("bridge"))
        pattern = next((each for each in patterns if shuts(each, name)), "")
        if pattern and name not in free and not _asked(name, bridge, switches):
            told.setdefault((pattern, bridge, ("quarantine", pattern) in observed.state), []).append(name)
    for (pattern, bridge, already), names in told.items():
        if not already:
            raise InputError(
                f"quarantine: {pattern} would cut off {few(names)} of {bridge} too, as a name is shut on every bridge of the host; make match narrower, "
                f"or give {bridge} in the document a port group with quarantine or with these ports."
            )
    return [
        f"quarantine: {pattern} cuts off {few(names)} of {bridge} too, as a name is shut on every bridge of the host; the document does not ask for that."
        for (pattern, bridge, _already), names in told.items()
    ]


def _asked(name: str, bridge: str, switches: Sequence[Switch]) -> bool:
    groups = [group for switch in switches if switch.name == bridge for group in switch.groups]
    return any(group.quarantine and any(shuts(pattern, name) for pattern in group.match) for group in groups)


def _widest(patterns: set[str]) -> set[str]:
    """nft refuses patterns that overlap."""
    return {each for each in patterns if not any(other != each and covers(other, each) for other in patterns)}
