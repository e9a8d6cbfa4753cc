# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks of routers, multicast routers and DHCP servers that are none.

Beside the plain frames the known ways round guards, see shape.py, RFC 7113 and RFC 7112 (RA guard), RFC 5722 (overlaps), RFC 7610 (DHCPv6 shield).
"""

from __future__ import annotations

from typing import Any, Callable

from . import frames as f
from . import shape as s
from .ring import Case, Ring
from .shape import Build, case, changed, frame, to_victim

# Routers


def _ra(ring: Ring) -> f.Packet:
    return f.over6(f.link_local(ring.a.mac), "ff02::1", f.router(f.link_local(ring.a.mac), ring.a.mac))


def _ra_behind(*headers: f.Packet) -> Build:
    return frame(s.behind(_ra, *headers))


def _ra_pieces(first: int, *headers: f.Packet) -> Build:
    """Cut so that the first fragment does not show the message, or shows it only behind a header."""
    return s.in_pieces(s.behind(_ra, *headers), first)


def _ra_overlap(ring: Ring, token: bytes) -> list[bytes]:
    """RFC 5722: the first fragment shows an echo behind a header, the second writes an advertisement over it."""
    head: dict[str, Any] = {"src": f.link_local(ring.a.mac), "dst": "ff02::1", "hlim": 255}
    inner = bytes(_ra(ring).payload)
    innocent = bytes(f.IPv6ExtHdrDestOpt(nh=58, options=[f.PadN(optdata=b"\0" * 4)])) + bytes([128, 0, 0, 0]) + b"\0" * 12
    parts = [
        f.IPv6(**head) / f.IPv6ExtHdrFragment(nh=60, offset=0, m=1, id=0x77) / f.Raw(innocent),
        f.IPv6(**head) / f.IPv6ExtHdrFragment(nh=60, offset=1, m=0, id=0x77) / f.Raw(inner),
    ]
    return [f.ether(ring.a.mac, f.ALL_NODES, part, token + bytes([number])) for number, part in enumerate(parts)]


def _raw_header(kind: int, header: bytes) -> Build:
    """A header that scapy or a guard can't walk, before the advertisement."""

    def packet_of(ring: Ring) -> f.Packet:
        return f.IPv6(src=f.link_local(ring.a.mac), dst="ff02::1", hlim=255, nh=kind) / f.Raw(header + bytes(_ra(ring).payload))

    return frame(packet_of)


def _in_fragments(kind: int, header: bytes) -> Build:
    def packet_of(ring: Ring) -> f.Packet:
        return f.IPv6(src=f.link_local(ring.a.mac), dst="ff02::1", hlim=255, nh=kind) / f.Raw(header + bytes(_ra(ring).payload))

    return s.in_pieces(packet_of, 24)


def _router4(ring: Ring) -> f.Packet:
    return f.IP(src=ring.a.ip4, dst="224.0.0.1", ttl=1) / f.ICMP(type=9)


# Multicast routers

# Milliseconds. A bridge counts on a querier once the time for answers to its first query is over, and then withholds IPv6 multicast, neighbour
# discovery among it, from hosts that have joined nothing. One that never asks again shall not do that to what is tried afterwards.
_LATE = 65_000


def _mld(message: Callable[[], f.Packet]) -> s.PacketOf:
    return lambda ring: f.IPv6(src=f.link_local(ring.a.mac), dst="ff02::1", hlim=1) / f.IPv6ExtHdrHopByHop(options=[f.RouterAlert()]) / message()


def _query6() -> f.Packet:
    return f.ICMPv6MLQuery(mrd=_LATE)


def _igmp(kind: int, dst: str, **more: Any) -> Build:
    return frame(lambda ring: f.igmp(ring.a.ip4, kind, "0.0.0.0", dst, **more), f.group_mac(dst))


def _igmp_later(kind: int, dst: str) -> Build:
    """As the last fragment of a packet, which bridges read like a whole one (ip_mc_check_igmp)."""

    def packet_of(ring: Ring) -> f.Packet:
        packet = f.igmp(ring.a.ip4, kind, "0.0.0.0", dst)
        packet.frag = 1
        return packet

    return frame(packet_of, f.group_mac(dst))


def _query3(ring: Ring) -> f.Packet:
    body = f.Raw(b"\x11\x64\xee\x9b" + b"\0" * 8)
    return f.IP(src=ring.a.ip4, dst="224.0.0.1", proto=2, ttl=1, options=[b"\x94\4\0\0"] * 5) / body


# DHCP servers and clients


def _offer(sport: int = 67, dport: int = 68, dst: str = "255.255.255.255") -> s.PacketOf:
    def packet_of(ring: Ring) -> f.Packet:
        packet = f.offer(ring.a.ip4, ring.v.mac, "10.66.66.66", sport, dport)
        packet.dst = dst or ring.v.ip4
        return packet

    return packet_of


def _offer_frame(sport: int = 67, dport: int = 68) -> Build:
    return frame(_offer(sport, dport), f.BROADCAST)


def _reply_to_relay(sport: int) -> Build:
    """A relay sends it on to the client, whatever port it comes from."""
    return to_victim(lambda ring: f.request4(ring.t.mac, "ack", ring.a.ip4, ring.v.ip4, (sport, 67), op=2))


def _advertise6(sport: int = 547, dport: int = 546) -> s.PacketOf:
    return lambda ring: f.advertise6(f.link_local(ring.a.mac), f.link_local(ring.v.mac), sport, dport)


def _reply6_to_relay(sport: int) -> Build:
    return to_victim(lambda ring: f.relay_reply6(f.link_local(ring.a.mac), f.link_local(ring.v.mac), f.link_local(ring.t.mac), sport))


def _shim6(ring: Ring) -> f.Packet:
    """Shim6 (140), RFC 5533, before UDP."""
    whole = _advertise6()(ring)
    return f.IPv6(src=whole.src, dst=whole.dst, nh=140) / f.Raw(b"\x11\0\0\0\0\0\0\0" + bytes(whole.payload))


def _ra_of_another_protocol(ring: Ring, token: bytes) -> list[bytes]:
    """The first fragment says UDP, the last ICMPv6: which of the two counts is up to the receiver (RFC 8200 says the first)."""
    head: dict[str, Any] = {"src": f.link_local(ring.a.mac), "dst": "ff02::1", "hlim": 255}
    body = bytes(_ra(ring).payload)
    parts = [(17, 0, body[:24], 1), (58, 3, body[24:], 0)]
    packets = [f.IPv6(**head) / f.IPv6ExtHdrFragment(nh=kind, offset=at, m=more, id=0x78) / f.Raw(data) for kind, at, data, more in parts]
    return [f.ether(ring.a.mac, f.ALL_NODES, packet, token + bytes([number])) for number, packet in enumerate(packets)]


def _release_overlapping(ring: Ring, token: bytes) -> list[bytes]:
    """The first fragment bears the own hardware address, one that overlaps it the neighbour's (RFC 3128's kind)."""
    bodies = [bytes(f.request4(mac, "release", ring.a.ip4, ring.v.ip4).payload) for mac in (ring.a.mac, ring.t.mac)]
    parts = [(0, bodies[0][:64], 1), (4, bodies[1][32:64], 1), (8, bodies[0][64:], 0)]
    frames = []
    for number, (offset, data, more) in enumerate(parts):
        packet = f.IP(src=ring.a.ip4, dst=ring.v.ip4, proto=17, id=0x79, flags=more, frag=offset) / f.Raw(data)
        frames.append(f.ether(ring.a.mac, ring.v.mac, packet, token + bytes([number])))
    return frames


def _ask4(kind: str = "discover", **fields: Any) -> Build:
    """Of the attacker's own address and hardware address, but for the fields that are given."""

    def packet_of(ring: Ring) -> f.Packet:
        given = {name: value(ring) if callable(value) else value for name, value in fields.items()}
        return f.request4(ring.a.mac, kind, ring.a.ip4, ring.v.ip4, **given)

    return to_victim(packet_of)


def _pppoe(code: int) -> Build:
    """What access concentrators say to those who look for one."""
    return lambda ring, token: f.raw(f.control(ring.a.mac, ring.v.mac, 0x8863, f.pppoe(code)), token)


_FRAGMENT = f.IPv6ExtHdrFragment(id=7)

CASES: list[Case] = [
    case("ICMP router advertisement", frame(_router4, "01:00:5e:00:00:01"), "RFC 1256"),
    case("ICMP router advertisement with IP options", frame(s.with_options(_router4), "01:00:5e:00:00:01"), "RFC 1256"),
    case("RA", frame(_ra)),
    case("RA: to one host", to_victim(_ra)),
    case("RA: behind a hop-by-hop option", _ra_behind(s.hop_by_hop()), "RFC 7113"),
    case("RA: behind a destination option", _ra_behind(s.padding()), "RFC 7113"),
    case("RA: behind two destination options", _ra_behind(s.padding(), s.padding()), "RFC 7113"),
    case("RA: behind a dozen of headers", _ra_behind(s.hop_by_hop(), *(s.padding() for _number in range(11))), "RFC 7113"),
    case("RA: behind a routing header", _ra_behind(f.IPv6ExtHdrRouting(addresses=[], segleft=0)), "RFC 7113"),
    case("RA: behind an authentication header", _raw_header(51, b"\x3a\x04" + b"\0" * 22), "RFC 7113"),
    case("RA: behind an authentication header in fragments", _in_fragments(51, b"\x3a\x04" + b"\0" * 22), "RFC 7113"),
    case("RA: behind two authentication headers", _raw_header(51, b"\x33\x04" + b"\0" * 22 + b"\x3a\x04" + b"\0" * 22), "RFC 7113"),
    case("RA: behind a mobility header", _raw_header(135, b"\x3a\0" + b"\0" * 6), "RFC 7113"),
    case("RA: in an atomic fragment", _ra_behind(_FRAGMENT), "RFC 6980"),
    case("RA: in two atomic fragments", _ra_behind(_FRAGMENT, f.IPv6ExtHdrFragment(id=10)), "RFC 6980"),
    case("RA: behind an option and a fragment header", _ra_behind(s.padding(), f.IPv6ExtHdrFragment(id=8)), "RFC 6980"),
    case("RA: in the second fragment", _ra_pieces(8, s.padding()), "RFC 7113"),
    case("RA: in the third header of fragments", _ra_pieces(16, s.padding(), s.padding()), "RFC 7112"),
    case("RA: its options in a second fragment", s.in_pieces(_ra, 16), "RFC 6980"),
    case("RA: by overlapping fragments", _ra_overlap, "RFC 5722"),
    case("RA: its fragments name two protocols", _ra_of_another_protocol, "RFC 8200"),
    case("RA: behind a header that is not known", _raw_header(140, b"\x3a\0\0\0\0\0\0\0"), "RFC 7113"),
    case("RA: in LLC/SNAP", changed(frame(_ra), f.snapped), "CVE-2021-27854"),
    case("RA: in LLC/SNAP with a wrong length", changed(frame(_ra), s.in_lying_snap), "CVE-2021-27861"),
    case("RA: in LLC/SNAP behind an EtherType", changed(frame(_ra), f.in_llc_type), "IEEE 802.1AC-2016/Cor 1"),
    case("RA: in VLAN 0", changed(frame(_ra), s.in_vlan_0), "CVE-2021-27853"),
    case("RA: in VLAN 0 twice", changed(frame(_ra), s.in_vlan_0_twice), "CVE-2021-27853"),
    case("RA: in VLAN 0 of 802.1ad", changed(frame(_ra), s.in_provider_vlan_0), "CVE-2021-27853"),
    case("RA: in VLAN 0 and LLC/SNAP", changed(frame(_ra), s.in_vlan_0_and_snap), "CVE-2021-27862"),
    case("IGMP query", _igmp(0x11, "224.0.0.1", code=100), "RFC 4541"),
    case("IGMP query without router alert", _igmp(0x11, "224.0.0.1", code=100, router_alert=False), "RFC 4541"),
    case("IGMP query in VLAN 0", changed(_igmp(0x11, "224.0.0.1"), s.in_vlan_0), "RFC 4541"),
    case("IGMP query in a later fragment", _igmp_later(0x11, "224.0.0.1"), "RFC 4541"),
    case("multicast router advertisement in a later fragment", _igmp_later(0x30, "224.0.0.106"), "RFC 4286"),
    case("IGMP query of version 3 with many options", frame(_query3, "01:00:5e:00:00:01"), "RFC 3376"),
    case("DVMRP probe", _igmp(0x13, "224.0.0.4"), "RFC 1075"),
    case("multicast router advertisement", _igmp(0x30, "224.0.0.106"), "RFC 4286"),
    case("multicast router advertisement over IPv6", frame(_mld(f.ICMPv6MRD_Advertisement)), "RFC 4286"),
    case("RGMP hello", _igmp(0xFF, "224.0.0.25"), "RFC 3488"),
    case("PIM hello", frame(lambda ring: f.pim_hello(ring.a.ip4), "01:00:5e:00:00:0d"), "RFC 7761"),
    case("PIM hello over IPv6", frame(lambda ring: f.pim_hello6(f.link_local(ring.a.mac)), "33:33:00:00:00:0d"), "RFC 7761"),
    case("MLD query", frame(_mld(_query6)), "RFC 4541"),
    case("MLD query of version 2", frame(_mld(lambda: f.ICMPv6MLQuery2(mrd=_LATE))), "RFC 4541"),
    case("MLD query in an atomic fragment", frame(s.behind(_mld(_query6), _FRAGMENT)), "RFC 4541"),
    case("DHCP offer", _offer_frame()),
    case("DHCP offer to one host", to_victim(_offer(dst=""))),
    case("DHCP offer from another port", _offer_frame(6767)),
    case(
        "DHCP reply of BOOTP, without options",
        to_victim(lambda ring: f.IP(src=ring.a.ip4, dst=ring.v.ip4) / f.UDP(sport=1067, dport=68) / f.Raw(b"\2\1\6\0" + b"\0" * 232)),
        "RFC 951",
    ),
    case("DHCP reply cut within its ports", to_victim(lambda ring: f.IP(src=ring.a.ip4, dst=ring.v.ip4, proto=17) / f.Raw(b"\0\x43\0"))),
    case("DHCP offer from a client's port", _offer_frame(68)),
    case("DHCP offer with IP options", frame(s.with_options(_offer()), f.BROADCAST)),
    case("DHCP offer in fragments", s.in_pieces4(_offer())),
    case("DHCP offer in LLC/SNAP", changed(_offer_frame(), f.snapped), "CVE-2021-27854"),
    case("DHCP offer in VLAN 0", changed(_offer_frame(), s.in_vlan_0), "CVE-2021-27853"),
    case("DHCP offer in VLAN 0 of 802.1ad", changed(_offer_frame(), s.in_provider_vlan_0), "CVE-2021-27853"),
    case("DHCP reply through a relay's port", _offer_frame(67, 67)),
    case("DHCP reply to a relay", _reply_to_relay(67), "RFC 1542"),
    case("DHCP reply to a relay from a client's port", _reply_to_relay(68), "RFC 1542"),
    case("DHCP reply to a relay in fragments", s.in_pieces4(lambda ring: f.request4(ring.t.mac, "ack", ring.a.ip4, ring.v.ip4, op=2)), "RFC 1542"),
    case("DHCP discover for a neighbour's MAC", frame(lambda ring: f.request4(ring.t.mac), f.BROADCAST), "RFC 2131"),
    case("DHCP release of a neighbour's lease", to_victim(lambda ring: f.request4(ring.t.mac, "release", ring.a.ip4, ring.v.ip4)), "RFC 2131"),
    case("DHCP discover through a forged relay", _ask4(giaddr=lambda ring: ring.t.ip4), "RFC 1542"),
    case("DHCP discover through a relay of another subnet", _ask4(giaddr="10.66.66.1"), "RFC 1542"),
    case("DHCP request with a short hardware address", _ask4("request", hlen=5), "RFC 2131"),
    case("DHCP request with a long hardware address", _ask4("request", hlen=16), "RFC 2131"),
    case("DHCP request of another kind of hardware", _ask4("request", htype=6), "RFC 2131"),
    case("DHCP request after many relays", _ask4("request", hops=3), "RFC 1542"),
    case("DHCP release of a neighbour's address", _ask4("release", ciaddr=lambda ring: ring.t.ip4), "RFC 2131"),
    case("DHCP release in overlapping fragments", _release_overlapping, "RFC 5722"),
    *(
        case(f"PPPoE: {name}", _pppoe(code), source)
        for name, code, source in (
            ("an offer", 0x07, "RFC 2516"),
            ("the confirmation of a session", 0x65, "RFC 2516"),
            ("a message to hosts", 0xD3, "RFC 4937"),
        )
    ),
    case("DHCPv6 advertise", to_victim(_advertise6())),
    case("DHCPv6 advertise from another port", to_victim(_advertise6(5470))),
    case("DHCPv6 advertise from a client's port", to_victim(_advertise6(546))),
    case("DHCPv6 reconfigure", to_victim(lambda ring: f.reconfigure6(f.link_local(ring.a.mac), f.link_local(ring.v.mac))), "RFC 8415"),
    case("DHCPv6 reply to a relay", _reply6_to_relay(547), "RFC 8415"),
    case("DHCPv6 reply to a relay from a client's port", _reply6_to_relay(546), "RFC 8415"),
    case("DHCPv6 advertise behind a destination option", to_victim(s.behind(_advertise6(), s.padding())), "RFC 7610"),
    case("DHCPv6 advertise behind a hop-by-hop option", to_victim(s.behind(_advertise6(), s.hop_by_hop())), "RFC 7610"),
    case("DHCPv6 advertise behind a header that is not known", to_victim(_shim6), "RFC 7610"),
    case("DHCPv6 advertise in an atomic fragment", to_victim(s.behind(_advertise6(), _FRAGMENT)), "RFC 7610"),
    case("DHCPv6 advertise in fragments", s.in_pieces(s.behind(_advertise6(), s.padding()), 8), "RFC 7610"),
    case("DHCPv6 advertise in LLC/SNAP", changed(to_victim(_advertise6()), f.snapped), "CVE-2021-27854"),
    case("DHCPv6 advertise in VLAN 0", changed(to_victim(_advertise6()), s.in_vlan_0), "CVE-2021-27853"),
]
