# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""IP addresses that more than one port of a bridge may use: each can take them from the other, and no guard sees it. Pure."""

from __future__ import annotations

from typing import Dict, List, Set, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.hardening import Wishes
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.elements import split
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields, Key, Observed


def of_two_ports(wishes: Wishes, observed: Observed) -> Tuple[str, ...]:
    """A warning for each set of ports of a bridge that has addresses in common, as far as this task speaks of one of them."""
    gone = {key for key in wishes.absent if key not in wishes.present}
    entries: Dict[Key, Fields] = {key: fields for key, fields in observed.state.items() if key[0] == "filter" and key not in gone}
    entries.update({key: fields for key, fields in wishes.present.items() if key[0] == "filter"})
    holders: Dict[Tuple[str, str], Set[str]] = {}
    for key, fields in entries.items():
        bridge = str({**observed.state.get(("port", key[1]), {}), **wishes.present.get(("port", key[1]), {})}.get("bridge", ""))
        for address in split(fields.get("addresses")) if bridge else ():
            holders.setdefault((bridge, address), set()).add(str(key[1]))
    common: Dict[Tuple[str, Tuple[str, ...]], List[str]] = {}
    for (bridge, address), names in holders.items():
        if len(names) > 1 and any(("filter", name) in wishes.present for name in names):
            common.setdefault((bridge, tuple(sorted(names))), []).append(address)
    return tuple(
        f"ports {few(names)} of {bridge}: all of them may use {few(addresses)}, so that each can take it from the others; "
        "name an address at one port, unless they are meant to share it."
        for (bridge, names), addresses in common.items()
    )
