# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From netlink messages of nf_tables to where frames are dropped: tables, base chains, verdicts. Pure. All numbers are in network order."""

from __future__ import annotations

from struct import Struct
from typing import Any, Iterator, Mapping, NamedTuple, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.decode import Span, index_attributes, text, walk
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.decode_evidence import hook_devices

_BE32 = Struct(">I").unpack_from
_SBE32 = Struct(">i").unpack_from

# Family and name of a table; with the name of a chain or set behind it.
TableKey = Tuple[int, str]
Key = Tuple[int, str, str]
_Found = Mapping[int, Span]


class NftTable(NamedTuple):
    """A table. Of a dormant one no chain is hooked up, though all are listed."""

    key: TableKey
    dormant: bool


class NftBase(NamedTuple):
    """A base chain: its hook by number and the devices of an ingress, and whether what no rule decides is dropped."""

    key: Key
    hook: int
    drops: bool
    devices: tuple[str, ...]


class NftVerdicts(NamedTuple):
    """What a rule may come to: it drops, refuses or leaves the frame to a program (queue), it goes on in other chains, or a map of this name decides."""

    chain: Key
    drops: bool
    jumps: tuple[str, ...]
    maps: tuple[str, ...]


def table(data: Any, start: int, end: int) -> NftTable:
    """NFT_MSG_NEWTABLE, behind struct nfgenmsg."""
    found = index_attributes(data, start + 4, end)
    return NftTable((data[start], _name(data, found, c.NFTA_TABLE_NAME)), bool(_number(data, found, c.NFTA_TABLE_FLAGS) & c.NFT_TABLE_F_DORMANT))


def base_chain(data: Any, start: int, end: int) -> Iterator[NftBase]:
    """NFT_MSG_NEWCHAIN: nothing for a chain that others jump to."""
    found = index_attributes(data, start + 4, end)
    if c.NFTA_CHAIN_HOOK not in found:
        return
    hook = index_attributes(data, *found[c.NFTA_CHAIN_HOOK])
    drops = c.NFTA_CHAIN_POLICY in found and _number(data, found, c.NFTA_CHAIN_POLICY) == c.NF_DROP
    key = (data[start], _name(data, found, c.NFTA_CHAIN_TABLE), _name(data, found, c.NFTA_CHAIN_NAME))
    yield NftBase(key, _number(data, hook, c.NFTA_HOOK_HOOKNUM), drops, hook_devices(data, hook))


def rule(data: Any, start: int, end: int) -> NftVerdicts:
    """NFT_MSG_NEWRULE. iptables-nft writes REJECT as a target of xtables, and DROP as a verdict."""
    found = index_attributes(data, start + 4, end)
    drops = False
    jumps: list[str] = []
    maps: list[str] = []
    span = found.get(c.NFTA_RULE_EXPRESSIONS, Span(0, 0))
    for number, first, last in walk(data, span.start, span.end):
        inner = index_attributes(data, first, last)
        name = _name(data, inner, c.NFTA_EXPR_NAME)
        options = index_attributes(data, *inner.get(c.NFTA_EXPR_DATA, Span(0, 0)))
        if name == "immediate":
            dropped, target = _verdict(data, options.get(c.NFTA_IMMEDIATE_DATA, Span(0, 0)))
            drops, jumps = drops or dropped, jumps + target
        elif name in ("reject", "queue") or (name == "target" and _name(data, options, c.NFTA_TARGET_NAME) in ("REJECT", "DROP", "NFQUEUE")):
            drops = True
        elif name == "lookup" and c.NFTA_LOOKUP_DREG in options and _number(data, options, c.NFTA_LOOKUP_DREG) == c.NFT_REG_VERDICT:
            maps.append(_name(data, options, c.NFTA_LOOKUP_SET))
    chain = (data[start], _name(data, found, c.NFTA_RULE_TABLE), _name(data, found, c.NFTA_RULE_CHAIN))
    return NftVerdicts(chain, drops, tuple(jumps), tuple(maps))


def map_verdicts(data: Any, start: int, end: int) -> tuple[bool, list[str]]:
    """NFT_MSG_NEWSETELEM of a map of verdicts: whether an element drops, and the chains to which they lead."""
    found = index_attributes(data, start + 4, end)
    drops = False
    jumps: list[str] = []
    span = found.get(c.NFTA_SET_ELEM_LIST_ELEMENTS, Span(0, 0))
    for number, first, last in walk(data, span.start, span.end):
        dropped, target = _verdict(data, index_attributes(data, first, last).get(c.NFTA_SET_ELEM_DATA, Span(0, 0)))
        drops, jumps = drops or dropped, jumps + target
    return drops, jumps


def _verdict(data: Any, nest: Span) -> tuple[bool, list[str]]:
    span = index_attributes(data, *nest).get(c.NFTA_DATA_VERDICT)
    if span is None:
        return False, []
    found: dict[int, Span] = index_attributes(data, *span)
    code = _SBE32(data, found[c.NFTA_VERDICT_CODE].start)[0] if c.NFTA_VERDICT_CODE in found else 1
    return code in (c.NF_DROP, c.NF_QUEUE), [_name(data, found, c.NFTA_VERDICT_CHAIN)] if c.NFTA_VERDICT_CHAIN in found else []


def _name(data: Any, found: _Found, number: int) -> str:
    return text(data, found[number]) if number in found else ""


def _number(data: Any, found: _Found, number: int) -> int:
    span = found.get(number)
    return int(_BE32(data, span.start)[0]) if span else 0
