# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The chain that keeps ports from MAC addresses that others of their bridge share (VRRP, CARP). Pure.

A port whose sources are compared can't send from them anyway. The others, most of which have no policy, may have any rule of the table behind them or
none, so the chain has a hook of its own, which is only there while anything is in its set: every frame of the host meets it.
"""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.rule import Chain, Rule, mark_of
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.ruleset import FAMILY, PRIORITY, TABLE

KEPT = "kept_from"
NAME = "sharing"
CHAIN = Chain("prerouting", (Rule("an address that others share", f"iif . ether saddr @{KEPT} drop", "source_mac"),))


def commands(needed: bool) -> list[str]:
    """Make the chain anew, or take it away: adding what is there does nothing, and what is not there can't be deleted."""
    place = f"chain {FAMILY} {TABLE} {NAME}"
    hook = f"add {place} {{ type filter hook {CHAIN.hook} priority {PRIORITY}; policy accept; }}"
    lines = [hook, f"flush {place}"]
    if not needed:
        return [*lines, f"delete {place}"]
    return lines + [f'add rule {FAMILY} {TABLE} {NAME} {rule.body()} comment "{mark_of(rule)}"' for rule in CHAIN.rules]


def guards_by_mark() -> dict[tuple[str, str], str]:
    """As of the other chains: for which guard the rule counts."""
    return {(NAME, mark_of(rule)): rule.guard for rule in CHAIN.rules}
