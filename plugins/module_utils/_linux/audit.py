# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Judges what linux_bridge_info tells by the table of rules. Pure, and all that it needs is in the answer: it runs on the control node."""

from __future__ import annotations

from typing import Any, Iterator, Mapping, NamedTuple, Sequence, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._linux.audit_rules import RULES, guard_rule
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.recipes import CLOSED, SPANNING_TREE
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.roles import GUEST_NAMES, JUDGED, UNKNOWN, Role, settle
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.findings import Finding, worst_first
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, REJECT

Answer = Mapping[str, Any]
# The name of a rule, and what was found in words.
Found = Tuple[str, str]


class Names(NamedTuple):
    """What the user says of names of ports beside what the module was told."""

    guests: Sequence[str] | None = None
    uplinks: Sequence[str] = ()

    def is_judged(self, port: str, status: Answer) -> bool:
        """Whether the port is a guest's or may be one. An answer without roles is one of names only."""
        told = status.get("roles", {}).get(port)
        role = Role(told["role"], told["reason"]) if told else Role(UNKNOWN, "")
        guests = self.guests if self.guests is not None else () if told else GUEST_NAMES
        return settle(port, role, guests, self.uplinks).role in JUDGED


_AS_TOLD = Names()


def judge(answer: Answer, names: Names = _AS_TOLD) -> list[dict[str, Any]]:
    """All findings, the most severe first. C(answer) is the result of the module, or at least its bridges."""
    found = [_finding("", "", each) for each in _of_table(answer)]
    for bridge in answer["bridges"]:
        found += _of_bridge(bridge, answer, names)
    return worst_first(found)


def _finding(bridge: str, port: str, found: Found) -> Finding:
    name, words = found
    return Finding(RULES[name], {"bridge": bridge, "port": port}, words)


def _of_table(answer: Answer) -> Iterator[Found]:
    table = answer.get("table", {})
    if table.get("state") == "altered":
        yield "table_altered", f"the guards of nftables are not as they should be: {'; '.join(table['differences'])}"
        patterns = answer["quarantine"]["patterns"]
        if patterns:
            yield "quarantine_open", f"the quarantine of {', '.join(patterns)} may be open"
    if not answer.get("quarantine", {}).get("intact", True):
        yield "quarantine_open", f"the quarantine is not what a task left; its names are now {', '.join(answer['quarantine']['patterns']) or 'none'}"
    stopped = {guard: count["frames"] for guard, count in answer.get("counters", {}).items() if count["frames"] and guard != "quarantine"}
    if stopped:
        yield "dropped", f"frames were dropped: {', '.join(f'{frames} by {guard}' for guard, frames in sorted(stopped.items()))}"
    if table.get("stale"):
        yield "table_stale", f"nftables holds guards of devices that are no ports any more: {', '.join(table['stale'])}"


def _of_bridge(each: Answer, answer: Answer, names: Names) -> Iterator[Finding]:
    bridge, status = each["bridge"], each["status"]
    for found in (*_bridge_rules(bridge, status), *_netfilter_rules(status, answer.get("forward", ()))):
        yield _finding(each["name"], "", found)
    for port in each["ports"]:
        name = port["ports"][0]
        protection = status.get("protection", {}).get(name, {})
        # What is shut sends and hears nothing.
        guest = names.is_judged(name, status) and not protection.get("quarantined")
        for found in (*(_guest_rules(port, bridge, protection) if guest else ()), *_port_rules(port, bridge, protection)):
            yield _finding(each["name"], name, found)
    for entry in each["fdb"]["entries"]:
        if entry["port"] != each["name"] and names.is_judged(entry["port"], status):
            for found in _entry_rules(entry):
                yield _finding(each["name"], entry["port"], found)


def _bridge_rules(bridge: Answer, status: Answer) -> Iterator[Found]:
    if status["hub"]:
        yield "hub", "ageing_time is 0, so the bridge is a hub"
    elif bridge.get("ageing_time") == 0:
        yield "hub_of_two", "ageing_time is 0, on a bridge of two ports at most"
    if bridge.get("promiscuous"):
        yield "bridge_promiscuous", "the bridge device is promiscuous"
    if bridge.get("mcast_snooping") and not bridge.get("mcast_querier"):
        yield "no_querier", "multicast snooping without a querier of its own"


_SEES = {"nf_call_iptables": ("iptables", ("ip", "inet")), "nf_call_ip6tables": ("ip6tables", ("ip6", "inet")), "nf_call_arptables": ("arptables", ("arp",))}


def _netfilter_rules(status: Answer, chains: Sequence[Answer]) -> Iterator[Found]:
    """One finding for the three switches of a bridge."""
    on = [option for option, state in status.get("netfilter", {}).items() if state["effective"]]
    if not on:
        return
    families = {family for option in on for family in _SEES[option][1]}
    why = "the host-wide switch" if any(status["netfilter"][option]["host_wide"] for option in on) else "the bridge's own option"
    words = f"frames on the bridge go through {', '.join(_SEES[option][0] for option in on)} (by {why})"
    dropping = [_chain(chain) for chain in chains if chain["family"] in families and chain["policy"] == "drop"]
    can_drop = [_chain(chain) for chain in chains if chain["family"] in families and chain["drops"] and chain["policy"] != "drop"]
    if dropping:
        yield "netfilter_drops", f"{words}, and the policy of {', '.join(dropping)} is drop"
    else:
        yield "netfilter", words + (f", and rules of {', '.join(can_drop)} can drop them" if can_drop else "")


def _chain(chain: Answer) -> str:
    return f"{chain['chain']} ({chain['by']}, {chain['family']} {chain['table']})"


def _guest_rules(port: Answer, bridge: Answer, protection: Answer) -> Iterator[Found]:
    """By options first: whoever set them."""
    yield from _lock_rule(port, protection)
    if protection:
        yield from _protection_rules(port, protection)
    locked, learning = port.get("locked", False), port.get("learning", True)
    if locked and learning and not bridge.get("no_linklocal_learn"):
        yield "learns_linklocal", "locked, but the port learns from link-local frames"
    if learning and not locked:
        yield _learning_rule(bridge, protection)
    if port.get("unicast_flood", True):
        yield "floods", "frames to unknown addresses are flooded to the guest"
    if not port.get("isolated", False):
        yield "not_isolated", "not isolated" if "isolated" in port else "not isolated, which this kernel can't"
    if not port.get("multicast_flood", True) and bridge.get("mcast_snooping") and not bridge.get("mcast_querier"):
        yield "no_neighbor_discovery", "no multicast flood and no querier"


def _learning_rule(bridge: Answer, protection: Answer) -> Found:
    """A port that shares an address learns where that is, and nothing else while its sources are compared."""
    moving = [each for each in protection.get("macs", ()) if each in protection.get("shared", ())] if protection else []
    compared = moving and protection["entry"] == "intact" and protection["security"]["forged_transmits"]["effective"] == REJECT
    if compared and bridge.get("no_linklocal_learn"):
        return "shares", f"the port shares {', '.join(moving)}, so it learns and is not locked"
    return "learns", "the port learns"


def _lock_rule(port: Answer, protection: Answer) -> Iterator[Found]:
    """An answer without protection is judged by the lock alone, which is only one of the ways."""
    effective = protection["security"]["forged_transmits"]["effective"] if protection else REJECT if port.get("locked") else ACCEPT
    if effective == REJECT:
        return
    doubt = "" if effective == ACCEPT else ", and whether nftables compares its addresses is not known"
    if "locked" in port:
        yield "not_locked", f"not locked{doubt}"
    else:
        yield "cannot_lock", f"this kernel can't lock ports{doubt}"


def _protection_rules(port: Answer, protection: Answer) -> Iterator[Found]:
    """What is enforced, by whatever means."""
    if protection["entry"] == "altered":
        yield "entry_altered", "somebody changed the elements of the port in nftables"
    if protection["drift"]:
        yield "drift", f"{', '.join(protection['drift'])}: reject was asked for and is not in effect"
    closed = port.get("locked") and not port.get("learning") and not port.get("unicast_flood") and protection["pinned"]
    # The guard router_advertisement takes the part of a multicast router from a port, which hardly anybody does by hand.
    if protection["entry"] == "none" and port.get("mcast_router") == 0:
        yield "flushed", "the port has options of a policy (mcast_router 0), and nftables has no rules for it: they were flushed"
    elif protection["entry"] == "none" and closed and ACCEPT in protection["guards"].values():
        yield "unguarded", "locked with its addresses pinned, and nftables has no rules for it"
    for name, value in protection["guards"].items():
        if value == ACCEPT:
            yield guard_rule(name), f"nothing enforces the guard {name}"


def _port_rules(port: Answer, bridge: Answer, protection: Answer) -> Iterator[Found]:
    if port.get("guard") and not bridge.get("stp"):
        yield "guard_without_stp", "guard has no effect while STP is off"
    if (port.get("group_fwd_mask") or 0) & ~_dropped(protection):
        yield "forwards_linklocal", f"link-local frames are forwarded (group_fwd_mask {port['group_fwd_mask']:#x})"


def _dropped(protection: Answer) -> int:
    """Of what a policy has forwarded to the table so that the host's stack does not get it, what the table drops."""
    guards = list(protection["guards"].values()) if protection else []
    # What could not be read is told as that.
    if guards and (protection["quarantined"] or "unknown" in guards):
        return CLOSED
    if REJECT not in guards or protection["entry"] != "intact":
        return 0
    return CLOSED if protection["guards"]["bpdu"] == REJECT else CLOSED & ~SPANNING_TREE


def _entry_rules(entry: Answer) -> Iterator[Found]:
    if entry["kind"] == "static" and not entry.get("sticky"):
        yield "entry_not_sticky", f"the static entry {entry['address']} is not sticky"
    if entry["kind"] == "local":
        yield "entry_local", f"the entry {entry['address']} is local"
