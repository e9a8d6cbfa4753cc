# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What an audit of Linux bridges looks for: one table, from which the documentation is made. Pure."""

from __future__ import annotations

from typing import Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.findings import Rule, table
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import ROWS

# What a rule is about: the rules of nftables, a bridge, a port on which a guest hangs, any port, an entry of the forwarding database.
TABLE, BRIDGE, GUEST, PORT, ENTRY = "table", "bridge", "guest", "port", "entry"


def guard_rule(name: str) -> str:
    """The rule about a guard that is missing."""
    return f"guard_{name}"


_RUN_AGAIN = "run the task with the policy again (linux_switch_policy or linux_port_security), and find out who wrote to the rules"
_NETFILTER = (
    "set net.bridge.bridge-nf-call-iptables, -ip6tables and -arptables to 0 by sysctl unless container networks of this host need them, and nf_call_*: false"
    " of the bridge with linux_bridge; else have these chains accept what is bridged"
)
RULES: Mapping[str, Rule] = table(
    Rule(
        "table_altered",
        TABLE,
        "high",
        "Nobody knows what the guards still stop: rules are missing, changed or of another version of this collection",
        _RUN_AGAIN,
    ),
    Rule(
        "table_stale",
        TABLE,
        "low",
        "They do nothing, as a device that comes has another number; what they were meant for is open or gone",
        "run the task with the policy again, which takes them away",
    ),
    Rule(
        "dropped",
        TABLE,
        "low",
        "A guest sent what its policy forbids, or the policy lacks one of its addresses; what is counted is since the table was made",
        "see with tcpdump on the guests' ports who sends it; mend the guest, or add the address that is missing to its policy",
    ),
    Rule(
        "quarantine_open",
        TABLE,
        "high",
        "A port whose name is in the quarantine may send and hear, as the rules that shut it are not as they should be",
        _RUN_AGAIN,
    ),
    Rule("hub", BRIDGE, "high", "The bridge forgets every address at once and floods every frame to every guest", "set ageing_time: 300 with linux_bridge"),
    Rule(
        "hub_of_two",
        BRIDGE,
        "low",
        "With two ports at most there is nobody else to receive; a third one would receive every frame of both",
        "set ageing_time: 300 with linux_bridge unless somebody counts on it, as OpenStack's hybrid plug (qbr bridges) does",
    ),
    Rule("bridge_promiscuous", BRIDGE, "high", "The host, or a switch that has bridged it, receives all frames", "set promiscuous: false, or find who set it"),
    Rule("no_querier", BRIDGE, "low", "Groups are lost unless the network has a querier", "set mcast_querier: true or mcast_snooping: false"),
    Rule(
        "netfilter_drops",
        BRIDGE,
        "medium",
        "What no rule of that chain accepts is dropped, frames from guest to guest among it, and every frame costs connection tracking",
        _NETFILTER,
    ),
    Rule(
        "netfilter",
        BRIDGE,
        "low",
        "Rules that are meant for what the host routes apply to frames from guest to guest too, and every frame costs connection tracking",
        _NETFILTER,
    ),
    Rule(
        "flushed",
        GUEST,
        "high",
        "Options are as a policy left them, and its rules are gone (nft flush ruleset, a restart of nftables.service): all that the guards stopped passes",
        _RUN_AGAIN,
    ),
    Rule(
        "unguarded",
        GUEST,
        "medium",
        "Either somebody flushed the rules (nft flush ruleset, a restart of nftables.service), or the port was closed by hand and never had any",
        "give the port a policy with linux_switch_policy or linux_port_security",
    ),
    Rule("entry_altered", GUEST, "high", "Nobody knows what the guards let through: what the table holds for the port does not belong together", _RUN_AGAIN),
    Rule("drift", GUEST, "high", "Somebody changed the port since a task gave it its policy", _RUN_AGAIN),
    Rule(
        "learns_linklocal",
        GUEST,
        "high",
        "One LLDP or EAPOL frame of the guest authorises any address",
        "set learning: false on the port or no_linklocal_learn: true on the bridge",
    ),
    Rule(
        "cannot_lock",
        GUEST,
        "high",
        "The guest can send from any address",
        "use kernel 5.18 or later, or let nftables compare source addresses (forged_transmits: reject)",
    ),
    Rule(
        "not_locked",
        GUEST,
        "high",
        "The guest can send from any address",
        "set forged_transmits: reject with linux_port_security; or pin the guest's address by linux_bridge_fdb and set locked: true, learning: false",
    ),
    Rule("learns", GUEST, "medium", "The guest can draw the frames of another to itself, and fill the bridge's table", "set learning: false"),
    Rule(
        "shares",
        GUEST,
        "low",
        "Only nftables compares from which address the guest sends: where somebody flushes its rules, the guest can send from any, and draw the "
        "frames of others to itself",
        "nothing, if guests are to share the address (VRRP, CARP); else name it without shared: true at one port",
    ),
    Rule(
        "floods",
        GUEST,
        "medium",
        "The guest hears frames for addresses that the bridge does not know",
        "set promiscuous: reject with linux_port_security; or pin the guest's address by linux_bridge_fdb and set unicast_flood: false",
    ),
    Rule(
        "not_isolated", GUEST, "low", "The guest reaches the other guests of the bridge directly", "set isolated: true if guests need not talk to one another"
    ),
    Rule("no_neighbor_discovery", GUEST, "medium", "IPv6 neighbour discovery fails", "set multicast_flood: true, or mcast_querier: true on the bridge"),
    *(
        Rule(
            guard_rule(row.name),
            GUEST,
            "medium",
            row.danger,
            f"set guards.{row.name}: reject with linux_switch_policy or linux_port_security, or a profile that does{row.unless}",
        )
        for row in ROWS
    ),
    Rule("guard_without_stp", PORT, "low", "The option guard does nothing", "set guards.bpdu: reject with linux_port_security, or stp: true on the bridge"),
    Rule("forwards_linklocal", PORT, "medium", "Frames that no bridge passes on by default go through it", "set group_fwd_mask: 0"),
    Rule("entry_not_sticky", ENTRY, "medium", "A port that learns can take the address", "set sticky: true"),
    Rule("entry_local", ENTRY, "low", "Frames for the address go to the host and not to the guest", "set kind: static unless that is meant"),
)

# The table of the documentation: what rules are about, in words.
ABOUT: dict[str, str] = {TABLE: "the rules of nftables", BRIDGE: "a bridge", GUEST: "a guest's port", PORT: "any port", ENTRY: "an entry on a guest's port"}
