# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Reads what else can stop frames on a bridge: the switches of br_netfilter, and the chains to which it hands the frames.

nf_tables is asked by netlink and not by nft(8): it is there without nft, and tells tables that nft 1.0.6 can't print (a dormant one).
"""

from __future__ import annotations

import errno
import os
from typing import Any, Collection, Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import decode_filter as read
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import encode
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import RefusedDump
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import SWITCHES, FilterChain, Switches

FOLDER = "/proc/sys/net/bridge"
MODULE = "/sys/module/br_netfilter"
FAMILIES = {c.NFPROTO_INET: "inet", c.NFPROTO_IPV4: "ip", c.NFPROTO_ARP: "arp", c.NFPROTO_NETDEV: "netdev", c.NFPROTO_BRIDGE: "bridge", c.NFPROTO_IPV6: "ip6"}
# The hooks through which a bridged frame goes, by number (enum nf_inet_hooks). The family arp has none of them (nft_chain_filter_arp,
# net/netfilter/nft_chain_filter.c): frames of ARP meet legacy arptables alone.
_HOOKS = {0: "prerouting", 2: "forward", 4: "postrouting"}
_ROUTED = (c.NFPROTO_INET, c.NFPROTO_IPV4, c.NFPROTO_IPV6)
# What a kernel without nf_tables, or without its netlink, answers.
LACKING = (errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPROTONOSUPPORT)


def switches() -> Switches:
    """The switches of this network namespace. Kernels before 5.3 have them in the first namespace only."""
    if not os.path.isdir(FOLDER):
        if os.path.isdir(MODULE):
            return Switches(None, dict.fromkeys(SWITCHES), f"br_netfilter is loaded, but {FOLDER} is not there")
        return Switches(False, dict.fromkeys(SWITCHES))
    values: dict[str, bool | None] = {}
    reason = ""
    for option, name in SWITCHES.items():
        try:
            with open(f"{FOLDER}/{name}", encoding="ascii") as file:
                values[option] = int(file.read()) != 0
        except (OSError, ValueError) as error:
            values[option], reason = None, f"{FOLDER}/{name}: {getattr(error, 'strerror', None) or error}"
    return Switches(True, values, reason)


def tables(client: Any) -> dict[read.TableKey, bool] | None:
    """The tables of nf_tables and whether each is dormant; None for a kernel without nf_tables. Raises BackendError where it may not be asked."""
    try:
        parts = client.dump(c.NFT_MSG_GETTABLE, bytes(4))
    except RefusedDump as refusal:
        if refusal.errno in LACKING:
            return None
        raise
    return dict(read.table(part.data, part.start, part.end) for part in parts)


class Chains:
    """The base chains of all tables that are awake, and what their rules may come to."""

    def __init__(self, client: Any) -> None:
        self._client = client
        known = tables(client)
        self._asleep = {key for key, dormant in (known or {}).items() if dormant}
        self._bases: list[read.NftBase] = []
        self._drops: set[read.Key] = set()
        self._jumps: dict[read.Key, set[str]] = {}
        if known is None:
            # A kernel without nf_tables refuses the next questions too.
            return
        for part in client.dump(c.NFT_MSG_GETCHAIN, bytes(4)):
            self._bases += [base for base in read.base_chain(part.data, part.start, part.end) if base.key[:2] not in self._asleep]
        for part in client.dump(c.NFT_MSG_GETRULE, bytes(4)):
            self._add(read.rule(part.data, part.start, part.end))
        self._spread()

    def _add(self, rule: read.NftVerdicts) -> None:
        drops, jumps = rule.drops, list(rule.jumps)
        for name in rule.maps:
            for dropped, targets in self._map(rule.chain, name):
                drops, jumps = drops or dropped, jumps + targets
        if drops:
            self._drops.add(rule.chain)
        self._jumps.setdefault(rule.chain, set()).update(jumps)

    def _map(self, chain: read.Key, name: str) -> Iterator[tuple[bool, list[str]]]:
        body = bytes([chain[0], 0, 0, 0])
        body += encode.attribute(c.NFTA_SET_ELEM_LIST_TABLE, chain[1].encode() + b"\0") + encode.attribute(c.NFTA_SET_ELEM_LIST_SET, name.encode() + b"\0")
        for part in self._client.dump(c.NFT_MSG_GETSETELEM, body):
            yield read.map_verdicts(part.data, part.start, part.end)

    def _spread(self) -> None:
        """A chain that leads to one that drops can drop too."""
        callers: dict[read.Key, list[read.Key]] = {}
        for chain, names in self._jumps.items():
            for name in names:
                callers.setdefault((*chain[:2], name), []).append(chain)
        waiting = list(self._drops)
        while waiting:
            fresh = [chain for chain in callers.get(waiting.pop(), ()) if chain not in self._drops]
            self._drops.update(fresh)
            waiting += fresh

    def of_bridged_frames(self) -> list[FilterChain]:
        """Where br_netfilter sends frames: every chain of the hook forward, and of the hooks around it those that can drop."""
        found = []
        for base in self._bases:
            hook = _HOOKS.get(base.hook) if base.key[0] in _ROUTED else None
            chain = FilterChain("nftables", FAMILIES[base.key[0]], *base.key[1:], hook or "", "drop" if base.drops else "accept", base.key in self._drops)
            if hook == "forward" or (hook and (chain.policy == "drop" or chain.drops)):
                found.append(chain)
        return sorted(found)

    def of_others(self, own: read.TableKey, ports: Collection[str]) -> list[str]:
        """Tables beside C(own) that can drop frames of these ports themselves."""
        names = {
            f"{FAMILIES[base.key[0]]} {base.key[1]}"
            for base in self._bases
            if _sees_frames(base, ports) and base.key[:2] != own and (base.drops or base.key in self._drops)
        }
        return sorted(names)


def _sees_frames(base: read.NftBase, ports: Collection[str]) -> bool:
    """Of a port itself. The ingress of the family inet (kernel 5.10) is that of a device, as in the family netdev."""
    if base.key[0] == c.NFPROTO_BRIDGE:
        return True
    of_device = base.key[0] == c.NFPROTO_NETDEV or (base.key[0] == c.NFPROTO_INET and base.hook == c.NF_INET_INGRESS)
    return of_device and any(device in ports for device in base.devices)
