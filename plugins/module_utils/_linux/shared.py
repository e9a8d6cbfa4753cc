# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Addresses that more than one port of a bridge may use: IP addresses that each can take from the other, and MAC addresses from which nobody else may send.

Pure.
"""

from __future__ import annotations

from typing import Iterable, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.hardening import Wishes
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.roles import JUDGED, Roles
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.elements import shared_macs, split
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import REJECT, Fields, Key, Observed

_SILENT = ", as until then the guard router_advertisement drops their VRRP and CARP"


def _entries(wishes: Wishes, observed: Observed) -> dict[str, Fields]:
    """What holds for ports once the task is done, by port."""
    gone = {key for key in wishes.absent if key not in wishes.present}
    entries: dict[str, Fields] = {str(key[1]): fields for key, fields in observed.state.items() if key[0] == "filter" and key not in gone}
    entries.update({str(key[1]): fields for key, fields in wishes.present.items() if key[0] == "filter"})
    return entries


def _bridges(wishes: Wishes, observed: Observed) -> dict[str, str]:
    """The bridge of each port then."""
    found: dict[str, str] = {}
    for key, fields in [*observed.state.items(), *wishes.present.items()]:
        if key[0] == "port" and fields.get("bridge"):
            found[str(key[1])] = str(fields["bridge"])
    return found


def _silent(names: Iterable[str], entries: Mapping[str, Fields]) -> bool:
    return any(entries[name].get("router_advertisement") == REJECT for name in names)


def of_two_ports(wishes: Wishes, observed: Observed) -> tuple[str, ...]:
    """A warning for each set of ports of a bridge that has addresses in common, as far as this task speaks of one of them.

    There is none where all of these ports say that they share the address.
    """
    bridges, entries = _bridges(wishes, observed), _entries(wishes, observed)
    holders: dict[tuple[str, str], set[str]] = {}
    agreed: dict[tuple[str, str], bool] = {}
    for name, fields in entries.items():
        shared = split(fields.get("shared"))
        for address in split(fields.get("addresses")) if name in bridges else ():
            place = (bridges[name], address)
            holders.setdefault(place, set()).add(name)
            agreed[place] = agreed.get(place, True) and address in shared
    common: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (bridge, address), names in holders.items():
        if len(names) > 1 and not agreed[bridge, address] and any(("filter", name) in wishes.present for name in names):
            common.setdefault((bridge, tuple(sorted(names))), []).append(address)
    return tuple(
        f"ports {few(names)} of {bridge}: all of them may use {few(addresses)}, so that each can take it from the others; "
        f"name an address at one port, or with shared: true at each of them if they are meant to share it{_SILENT if _silent(names, entries) else ''}."
        for (bridge, names), addresses in common.items()
    )


def keep_from_others(wishes: Wishes, observed: Observed) -> tuple[str, ...]:
    """Ports of a bridge whose sources nobody compares are kept from the MAC addresses that others share there. A warning for each that newly is.

    Not so an uplink or a coupling: who has the address now may be beyond it. The host's own ends are the host's.
    """
    entries, bridges = _entries(wishes, observed), _bridges(wishes, observed)
    shared: dict[str, set[str]] = {}
    for name, fields in entries.items():
        if name in bridges:
            shared.setdefault(bridges[name], set()).update(shared_macs(fields))
    roles = Roles(observed.facts["links"])
    wanted: dict[Key, str] = {}
    for name, bridge in bridges.items():
        entry = entries.get(name, {})
        macs = shared.get(bridge, set()) - set(split(entry.get("macs")))
        if macs and entry.get("source_mac") != REJECT and roles.of(name).role in JUDGED:
            wanted["kept", name] = ",".join(sorted(macs))
    wishes.present.update({key: {"macs": macs} for key, macs in wanted.items()})
    wishes.absent += [key for key in observed.state if key[0] == "kept" and key not in wanted]
    newly = {key: set(split(macs)) - set(split(observed.state.get(key, {}).get("macs"))) for key, macs in wanted.items()}
    return tuple(
        f"port {key[1]} of {bridges[str(key[1])]}: it may not send from {few(sorted(macs))} any more, which other ports share; "
        "if it is meant to, name it with that address in macs and shared: true, and with all three policies accept."
        for key, macs in newly.items()
        if macs
    )
