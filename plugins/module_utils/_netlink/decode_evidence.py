# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From netlink messages to what tells who hears frames: devices, packet sockets, tc filters, nftables rules. Pure."""

from __future__ import annotations

import sys
from struct import Struct
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import decode
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.decode import Span, index_attributes, text, walk
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import Device, Program
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.values import mac_from_bytes

_U32 = Struct("=I").unpack_from
_S32 = Struct("=i").unpack_from
_NDMSG = Struct("=BxHiHBB").unpack_from
_TCMSG = Struct("=BxHiIII").unpack_from
_PACKET_DIAG = Struct("=BBHI8x").unpack_from
_PACKET_INFO = Struct("=6I").unpack_from
_PACKET_MEMBER = Struct("=IIHH32x")

_XDP_PLACES = ((c.IFLA_XDP_DRV_PROG_ID, "xdp driver"), (c.IFLA_XDP_SKB_PROG_ID, "xdp generic"), (c.IFLA_XDP_HW_PROG_ID, "xdp hardware"))
# IFLA_XDP_ATTACHED, for kernels before 4.19 that list only IFLA_XDP_PROG_ID.
_XDP_MODES = {1: "xdp driver", 2: "xdp generic", 3: "xdp hardware"}
# These hang on a lower device of this namespace; IFLA_LINK of others means another thing.
_UPPERS = frozenset(("macvlan", "macvtap", "vlan", "macsec"))
# BOND_MODE_ACTIVEBACKUP, _TLB and _ALB: only the active member follows the bond (bond_set_promiscuity, drivers/net/bonding/bond_main.c).
_BOND_PRIMARY = frozenset((1, 5, 6))


def device(link: decode.Link, names: Mapping[int, str]) -> Device:
    """A device from RTM_NEWLINK, but for its filter list."""
    kind, data = decode.link_kind(link), link.info()[1]
    upper = kind in _UPPERS and c.IFLA_LINK_NETNSID not in link.attributes
    macvlan = kind in ("macvlan", "macvtap")
    mode = data.get(c.IFLA_BOND_MODE) if kind == "bond" else None
    active = names.get(_number(link, data, c.IFLA_BOND_ACTIVE_SLAVE, 4), "") if mode else ""
    bridge = kind == "bridge"
    return Device(
        ifindex=link.ifindex,
        name=link.name,
        kind=kind,
        up=bool(link.flags & c.IFF_UP),
        running=bool(link.flags & c.IFF_RUNNING),
        address=link.address(),
        counter=link.u32(c.IFLA_PROMISCUITY),
        administrator=bool(link.flags & c.IFF_PROMISC),
        master=names.get(link.u32(c.IFLA_MASTER), ""),
        lower=names.get(link.u32(c.IFLA_LINK), "") if upper else "",
        mode=decode.macvtap_mode(link) if macvlan else "",
        nopromisc=macvlan and bool(_number(link, data, c.IFLA_MACVLAN_FLAGS, 2) & c.MACVLAN_FLAG_NOPROMISC),
        hub=bridge and c.IFLA_BR_AGEING_TIME in data and _number(link, data, c.IFLA_BR_AGEING_TIME, 4) == 0,
        vlan_filtering=bridge and bool(_number(link, data, c.IFLA_BR_VLAN_FILTERING, 1)),
        auto=_is_auto_port(link),
        active=frozenset((active,)) if active else frozenset(),
        all_members=not (mode and link.data[mode.start] in _BOND_PRIMARY),
        xdp=tuple(_xdp(link)),
    )


def _number(link: decode.Link, found: Mapping[int, Span], attribute: int, size: int) -> int:
    span = found.get(attribute)
    if span is None:
        return 0
    return int.from_bytes(link.data[span.start : span.start + size], sys.byteorder)


def _is_auto_port(link: decode.Link) -> bool:
    options = link.port_options()
    found = index_attributes(link.data, options.start, options.end) if options else {}
    return any(_number(link, found, number, 1) for number in (c.IFLA_BRPORT_LEARNING, c.IFLA_BRPORT_UNICAST_FLOOD))


def _xdp(link: decode.Link) -> Iterator[Program]:
    span = link.attributes.get(c.IFLA_XDP)
    found = index_attributes(link.data, span.start, span.end) if span else {}
    listed = [Program(place, _number(link, found, number, 4), "") for number, place in _XDP_PLACES if number in found]
    if not listed and c.IFLA_XDP_PROG_ID in found:
        mode = _XDP_MODES.get(_number(link, found, c.IFLA_XDP_ATTACHED, 1), "xdp")
        listed = [Program(mode, _number(link, found, c.IFLA_XDP_PROG_ID, 4), "")]
    yield from listed


def filter_entry(data: Any, start: int, end: int) -> tuple[int, str] | None:
    """Index and unicast address of an entry of a device's own filter list (dev->uc); None for any other FDB entry."""
    flags = _NDMSG(data, start)[4]
    if not flags & c.NTF_SELF:
        return None
    found = index_attributes(data, start + 12, end)
    span = found.get(c.NDA_LLADDR)
    if span is None or c.NDA_MASTER in found or span.end - span.start != 6 or data[span.start] & 1:
        return None
    return _NDMSG(data, start)[2], mac_from_bytes(bytes(data[span.start : span.end]))


class Membership(NamedTuple):
    """A packet socket as packet_diag tells of it; interfaces by index."""

    inode: int
    protocol: int
    running: bool
    bound: int
    uid: int | None
    promiscuous: Mapping[int, int]


def packet_socket(data: Any, start: int, end: int) -> Membership:
    """struct packet_diag_msg with its attributes. Each promiscuous membership counts once, however often it was asked for (packet_mc_add,
    net/packet/af_packet.c)."""
    family, kind, protocol, inode = _PACKET_DIAG(data, start)
    found = index_attributes(data, start + 16, end)
    info = _PACKET_INFO(data, found[c.PACKET_DIAG_INFO].start) if c.PACKET_DIAG_INFO in found else (0,) * 6
    members: dict[int, int] = {}
    span = found.get(c.PACKET_DIAG_MCLIST, Span(0, 0))
    for at in range(span.start, span.end - _PACKET_MEMBER.size + 1, _PACKET_MEMBER.size):
        index, count, what, size = _PACKET_MEMBER.unpack_from(data, at)
        if what == c.PACKET_MR_PROMISC:
            members[index] = members.get(index, 0) + 1
    uid = _U32(data, found[c.PACKET_DIAG_UID].start)[0] if c.PACKET_DIAG_UID in found else None
    return Membership(inode, protocol, bool(info[5] & c.PDI_RUNNING), info[0], uid, members)


class Queue(NamedTuple):
    """A queueing discipline or class: where filters can hang."""

    ifindex: int
    handle: int
    kind: str


def queue(data: Any, start: int, end: int) -> Queue:
    """RTM_NEWQDISC or RTM_NEWTCLASS."""
    family, pad, index, handle, parent, info = _TCMSG(data, start)
    found = index_attributes(data, start + 20, end)
    return Queue(index, handle, text(data, found[c.TCA_KIND]) if c.TCA_KIND in found else "")


class Filter(NamedTuple):
    """What a tc filter does, as far as it copies, redirects or runs programs."""

    kind: str
    # (verb, index of the target or 0)
    mirrors: tuple[tuple[str, int], ...]
    programs: tuple[tuple[int, str], ...]
    # Actions can't be looked for in a filter of this kind.
    unknown: bool


# The attribute that holds the list of actions, by kind of filter (TCA_U32_ACT and so on, include/uapi/linux/pkt_cls.h).
_ACTIONS = {"u32": 7, "matchall": 2, "flower": 3, "basic": 3, "fw": 4, "bpf": 1, "cgroup": 1, "flow": 9, "route": 6}
# tc_mirred.eaction
_MIRRED = {1: "redirect", 2: "mirror", 3: "redirect", 4: "mirror"}


def tc_filter(data: Any, start: int, end: int) -> Filter:
    """RTM_NEWTFILTER."""
    found = index_attributes(data, start + 20, end)
    kind = text(data, found[c.TCA_KIND]) if c.TCA_KIND in found else ""
    span = found.get(c.TCA_OPTIONS)
    if span is None:
        return Filter(kind, (), (), False)
    options = index_attributes(data, span.start, span.end)
    programs: list[tuple[int, str]] = []
    if kind == "bpf":
        name = options.get(c.TCA_BPF_NAME)
        number = options.get(c.TCA_BPF_ID)
        programs.append((_U32(data, number.start)[0] if number else 0, text(data, name) if name else ""))
    mirrors: list[tuple[str, int]] = []
    for verb, action in _actions(data, options.get(_ACTIONS.get(kind, 0))):
        if verb == "mirred":
            mirrors.extend(_mirred(data, action))
        elif verb == "sample":
            mirrors.append(("sample", 0))
        elif verb == "bpf":
            programs.append((0, "an action"))
    return Filter(kind, tuple(mirrors), tuple(programs), kind not in _ACTIONS)


def _actions(data: Any, span: Span | None) -> Iterator[tuple[str, dict[int, Span]]]:
    for number, first, last in walk(data, span.start, span.end) if span else ():
        inner = index_attributes(data, first, last)
        options = inner.get(c.TCA_ACT_OPTIONS)
        if c.TCA_ACT_KIND in inner:
            yield text(data, inner[c.TCA_ACT_KIND]), index_attributes(data, options.start, options.end) if options else {}


def _mirred(data: Any, action: Mapping[int, Span]) -> Iterator[tuple[str, int]]:
    """struct tc_mirred: tc_gen (5 words), eaction, ifindex."""
    parms = action.get(c.TCA_MIRRED_PARMS)
    if parms is not None:
        yield _MIRRED.get(_S32(data, parms.start + 20)[0], "mirror"), _U32(data, parms.start + 24)[0]


Chain = Tuple[int, str, str]


class NftChain(NamedTuple):
    """A chain: its key and, of a base chain, the devices that it is hooked to."""

    key: Chain
    base: bool
    devices: tuple[str, ...]


class NftRule(NamedTuple):
    """A rule that copies or redirects: its chain and (verb, index of the target or 0)."""

    chain: Chain
    verb: str
    target: int


def nft_chain(data: Any, start: int, end: int) -> NftChain:
    """NFT_MSG_NEWCHAIN, behind struct nfgenmsg."""
    found = index_attributes(data, start + 4, end)
    key = (data[start], _name(data, found, c.NFTA_CHAIN_TABLE), _name(data, found, c.NFTA_CHAIN_NAME))
    hook = found.get(c.NFTA_CHAIN_HOOK)
    return NftChain(key, hook is not None, hook_devices(data, index_attributes(data, hook.start, hook.end)) if hook else ())


def hook_devices(data: Any, hook: Mapping[int, Span]) -> tuple[str, ...]:
    """The devices of NFTA_CHAIN_HOOK; none for a hook that is of no device."""
    names = [text(data, hook[c.NFTA_HOOK_DEV])] if c.NFTA_HOOK_DEV in hook else []
    listed = hook.get(c.NFTA_HOOK_DEVS, Span(0, 0))
    names += [text(data, Span(first, last)) for number, first, last in walk(data, listed.start, listed.end)]
    return tuple(dict.fromkeys(names))


def _name(data: Any, found: Mapping[int, Span], number: int) -> str:
    return text(data, found[number]) if number in found else ""


def nft_rules(data: Any, start: int, end: int) -> Iterable[NftRule]:
    """NFT_MSG_NEWRULE: its dup and fwd expressions, and iptables' TEE. The target stands in a register that an expression before them loads."""
    found = index_attributes(data, start + 4, end)
    chain = (data[start], _name(data, found, c.NFTA_RULE_TABLE), _name(data, found, c.NFTA_RULE_CHAIN))
    span = found.get(c.NFTA_RULE_EXPRESSIONS, Span(0, 0))
    registers: dict[bytes, int] = {}
    for number, first, last in walk(data, span.start, span.end):
        inner = index_attributes(data, first, last)
        name, nest = _name(data, inner, c.NFTA_EXPR_NAME), inner.get(c.NFTA_EXPR_DATA)
        options = index_attributes(data, nest.start, nest.end) if nest else {}
        if name == "immediate":
            _load(data, options, registers)
        elif name in ("dup", "fwd"):
            source = options.get(c.NFTA_DUP_SREG_DEV if name == "dup" else c.NFTA_FWD_SREG_DEV)
            yield NftRule(chain, "mirror" if name == "dup" else "redirect", registers.get(_raw(data, source), 0))
        elif name == "target" and _name(data, options, c.NFTA_TARGET_NAME) == "TEE":
            yield NftRule(chain, "mirror", 0)


def _raw(data: Any, span: Span | None) -> bytes:
    return bytes(data[span.start : span.end]) if span else b""


def _load(data: Any, options: Mapping[int, Span], registers: dict[bytes, int]) -> None:
    nest = options.get(c.NFTA_IMMEDIATE_DATA, Span(0, 0))
    value = _raw(data, index_attributes(data, nest.start, nest.end).get(c.NFTA_DATA_VALUE))
    # An interface index is stored in host order, unlike all else of nf_tables.
    registers[_raw(data, options.get(c.NFTA_IMMEDIATE_DREG))] = _U32(value, 0)[0] if len(value) == 4 else 0
