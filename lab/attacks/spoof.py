# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks from the guest's own MAC address: ARP, IP sources, neighbour discovery, routers and DHCP servers that are none.

Beside the plain frames the known ways round guards: RFC 7113 (RA guard), RFC 6980 and RFC 7112 (fragments), RFC 5722 (overlaps),
RFC 7610 (DHCPv6 shield), CVE-2021-27853, -27854, -27861 and -27862 (VLAN 0 and LLC/SNAP).
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Sequence, Union

from . import frames as f
from .ring import Case, Ring

Build = Callable[[Ring, bytes], Union[bytes, Sequence[bytes]]]


def _case(name: str, build: Build, source: str = "") -> Case:
    return Case(name, lambda ring: ring.strike(lambda token: build(ring, token)), source=source)


# ARP

def _arp(ring: Ring, token: bytes, op: int = 2, mac: str = "", ip: str = "", to: str = "") -> bytes:
    body = f.arp(op, mac or ring.a.mac, ip or ring.t.ip4, to or ring.v.mac, ring.v.ip4)
    return f.ether(ring.a.mac, ring.v.mac, body, token)


def _arp_gratuitous(ring: Ring, token: bytes) -> bytes:
    return f.ether(ring.a.mac, f.BROADCAST, f.arp(1, ring.a.mac, ring.t.ip4, "00:00:00:00:00:00", ring.t.ip4), token)


def _arp_probe(ring: Ring, token: bytes) -> bytes:
    """RFC 5227: whoever is probing for the same address gives it up."""
    return f.ether(ring.a.mac, f.BROADCAST, f.arp(1, ring.a.mac, "0.0.0.0", "00:00:00:00:00:00", ring.v.ip4), token)


def _arp_odd(ring: Ring, token: bytes) -> bytes:
    """Hardware type 6 (IEEE 802), which Linux takes like Ethernet (arp_process, net/ipv4/arp.c)."""
    body = f.arp(2, ring.a.mac, ring.t.ip4, ring.v.mac, ring.v.ip4)
    body.hwtype = 6
    return f.ether(ring.a.mac, ring.v.mac, body, token)


def _rarp_forged(ring: Ring, token: bytes) -> bytes:
    frame = f.rarp(ring.t.mac)
    return (frame[:6] + bytes.fromhex(ring.a.mac.replace(":", "")) + frame[12:]).ljust(60, b"\0") + token


def _rarp_reply(ring: Ring, token: bytes) -> bytes:
    return f.rarp(ring.a.mac, 4).ljust(60, b"\0") + token


# IP sources

def _ip4(ring: Ring, token: bytes) -> bytes:
    return f.ether(ring.a.mac, ring.v.mac, f.IP(src=ring.t.ip4, dst=ring.v.ip4) / f.ICMP(), token)


def _ip4_unspecified(ring: Ring, token: bytes) -> bytes:
    return f.ether(ring.a.mac, ring.v.mac, f.IP(src="0.0.0.0", dst=ring.v.ip4) / f.UDP(sport=68, dport=67), token)


def _ip4_fragment(ring: Ring, token: bytes) -> bytes:
    return f.ether(ring.a.mac, ring.v.mac, f.IP(src=ring.t.ip4, dst=ring.v.ip4, frag=100, proto=17) / f.Raw(b"x" * 16), token)


def _ip6(ring: Ring, token: bytes) -> bytes:
    return f.ether(ring.a.mac, ring.v.mac, f.IPv6(src=ring.t.ip6, dst=ring.v.ip6) / f.ICMPv6EchoRequest(), token)


def _redirect4(ring: Ring, token: bytes) -> bytes:
    packet = f.IP(src=ring.a.ip4, dst=ring.v.ip4) / f.ICMP(type=5, code=1, gw=ring.a.ip4) / f.Raw(b"\x45" + b"\0" * 27)
    return f.ether(ring.a.mac, ring.v.mac, packet, token)


def _router4(ring: Ring, token: bytes) -> bytes:
    packet = f.IP(src=ring.a.ip4, dst="224.0.0.1", ttl=1) / f.ICMP(type=9)
    return f.ether(ring.a.mac, "01:00:5e:00:00:01", packet, token)


# Neighbour discovery

def _discovery(packet_of: Callable[[Ring], f.Packet], to: str = f.ALL_NODES) -> Build:
    return lambda ring, token: f.ether(ring.a.mac, to, packet_of(ring), token)


def _second_option(ring: Ring) -> f.Packet:
    """The first link-layer address is honest, the second is another's: receivers differ in which one they believe."""
    return f.solicitation(ring.a.ip6, ring.v.ip6, ring.a.mac) / f.ICMPv6NDOptSrcLLAddr(lladdr=ring.t.mac)


def _hidden_option(ring: Ring) -> f.Packet:
    """A nonce before the link-layer address moves it."""
    packet = f.solicitation(ring.a.ip6, ring.v.ip6, None) / f.Raw(b"\x0e\x01nonce!")
    return packet / f.Raw(b"\x01\x01" + bytes.fromhex(ring.t.mac.replace(":", "")))


def _advertise_behind(ring: Ring) -> f.Packet:
    return f.over6(ring.a.ip6, "ff02::1", f.IPv6ExtHdrDestOpt(options=[f.PadN(optdata=b"\0" * 4)]),
                   f.advertisement(ring.a.ip6, ring.t.ip6, ring.a.mac).payload)


# Routers

def _ra(ring: Ring, *headers: f.Packet) -> f.Packet:
    return f.over6(f.link_local(ring.a.mac), "ff02::1", *headers, f.router(f.link_local(ring.a.mac), ring.a.mac))


def _padding() -> f.Packet:
    return f.IPv6ExtHdrDestOpt(options=[f.PadN(optdata=b"\0" * 4)])


def _ra_frame(*headers: f.Packet) -> Build:
    return lambda ring, token: f.ether(ring.a.mac, f.ALL_NODES, _ra(ring, *headers), token)


def _ra_changed(change: Callable[[bytes], bytes]) -> Build:
    return lambda ring, token: change(f.ether(ring.a.mac, f.ALL_NODES, _ra(ring), token))


def _ra_fragments(first: int, *headers: f.Packet) -> Build:
    """Cut so that the first fragment does not show the message, or shows it only behind a header."""
    return lambda ring, token: [
        f.ether(ring.a.mac, f.ALL_NODES, part, token + bytes([number])) for number, part in enumerate(f.in_fragments(_ra(ring, *headers), first))
    ]


def _ra_overlap(ring: Ring, token: bytes) -> List[bytes]:
    """RFC 5722: the first fragment shows an echo behind a header, the second writes an advertisement over it."""
    head: Dict[str, Any] = {"src": f.link_local(ring.a.mac), "dst": "ff02::1", "hlim": 255}
    inner = bytes(_ra(ring).payload)
    innocent = bytes(f.IPv6ExtHdrDestOpt(nh=58, options=[f.PadN(optdata=b"\0" * 4)])) + bytes([128, 0, 0, 0]) + b"\0" * 12
    parts = [
        f.IPv6(**head) / f.IPv6ExtHdrFragment(nh=60, offset=0, m=1, id=0x77) / f.Raw(innocent),
        f.IPv6(**head) / f.IPv6ExtHdrFragment(nh=60, offset=1, m=0, id=0x77) / f.Raw(inner),
    ]
    return [f.ether(ring.a.mac, f.ALL_NODES, part, token + bytes([number])) for number, part in enumerate(parts)]


def _ra_unknown_header(ring: Ring, token: bytes) -> bytes:
    """A header that a guard can't walk: Shim6 (140), RFC 5533."""
    packet = f.IPv6(src=f.link_local(ring.a.mac), dst="ff02::1", hlim=255, nh=140) / f.Raw(b"\x3a\0\0\0\0\0\0\0" + bytes(_ra(ring).payload))
    return f.ether(ring.a.mac, f.ALL_NODES, packet, token)


def _redirect6(ring: Ring) -> f.Packet:
    return f.over6(f.link_local(ring.a.mac), ring.v.ip6, f.ICMPv6ND_Redirect(tgt=f.link_local(ring.a.mac), dst=ring.t.ip6))


def _mld_query(ring: Ring) -> f.Packet:
    return f.IPv6(src=f.link_local(ring.a.mac), dst="ff02::1", hlim=1) / f.IPv6ExtHdrHopByHop(options=[f.RouterAlert()]) / f.ICMPv6MLQuery()


# DHCP servers

def _offer(sport: int = 67, dport: int = 68) -> Build:
    return lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.offer(ring.a.ip4, ring.v.mac, "10.66.66.66", sport, dport), token)


def _offer_options(ring: Ring, token: bytes) -> bytes:
    """IP options move the UDP header."""
    packet = f.offer(ring.a.ip4, ring.v.mac, "10.66.66.66")
    packet.options = [b"\x01" * 8]
    return f.ether(ring.a.mac, f.BROADCAST, packet, token)


def _offer_fragments(ring: Ring, token: bytes) -> List[bytes]:
    """The ports are in the first eight bytes, all that it holds."""
    whole = bytes(f.offer(ring.a.ip4, ring.v.mac, "10.66.66.66"))
    head, body = whole[:20], whole[20:]
    parts = [(0, body[:8], 1), (1, body[8:], 0)]
    frames = []
    for number, (offset, data, more) in enumerate(parts):
        packet = f.IP(src=ring.a.ip4, dst="255.255.255.255", proto=head[9], id=0x76, flags=more, frag=offset) / f.Raw(data)
        frames.append(f.ether(ring.a.mac, f.BROADCAST, packet, token + bytes([number])))
    return frames


def _changed(build: Build, change: Callable[[bytes], bytes]) -> Build:
    def run(ring: Ring, token: bytes) -> bytes:
        frame = build(ring, token)
        assert isinstance(frame, bytes)
        return change(frame)
    return run


def _advertise6(sport: int = 547, dport: int = 546, *headers: f.Packet) -> Build:
    def build(ring: Ring, token: bytes) -> bytes:
        packet = f.advertise6(f.link_local(ring.a.mac), f.link_local(ring.v.mac), sport, dport)
        if headers:
            udp = packet.payload
            packet = f.IPv6(src=packet.src, dst=packet.dst)
            for header in headers:
                packet = packet / header
            packet = packet / udp
        return f.ether(ring.a.mac, ring.v.mac, packet, token)
    return build


def _advertise6_fragments(ring: Ring, token: bytes) -> List[bytes]:
    packet = f.IPv6(src=f.link_local(ring.a.mac), dst=f.link_local(ring.v.mac)) / _padding()
    packet = packet / f.advertise6(f.link_local(ring.a.mac), f.link_local(ring.v.mac)).payload
    return [f.ether(ring.a.mac, ring.v.mac, part, token + bytes([number])) for number, part in enumerate(f.in_fragments(packet, 8))]


def _as_vlan_0(frame: bytes) -> bytes:
    return f.tagged(frame, (0x8100, 0))


def _as_vlan_0_twice(frame: bytes) -> bytes:
    return f.tagged(frame, (0x8100, 0), (0x8100, 0))


def _as_provider_vlan_0(frame: bytes) -> bytes:
    return f.tagged(frame, (0x88A8, 0))


def _lying_snap(frame: bytes) -> bytes:
    """A length beyond the frame, and beyond what a length may be (CVE-2021-27861)."""
    return f.snapped(frame, 1530)


def _snap_in_vlan_0(frame: bytes) -> bytes:
    return f.tagged(f.snapped(frame), (0x8100, 0))


CASES: List[Case] = [
    _case("ARP: reply for a neighbour's address", _arp),
    _case("ARP: request from a neighbour's address", lambda ring, token: _arp(ring, token, op=1)),
    _case("ARP: forged sender MAC", lambda ring, token: _arp(ring, token, mac=ring.t.mac, ip=ring.a.ip4)),
    _case("ARP: forged sender MAC and address", lambda ring, token: _arp(ring, token, mac=ring.t.mac)),
    _case("ARP: gratuitous for a neighbour's address", _arp_gratuitous),
    _case("ARP: probe for a neighbour's address", _arp_probe, "RFC 5227"),
    _case("ARP: of another hardware type", _arp_odd),
    _case("ARP: in LLC/SNAP", _changed(_arp, f.snapped), "CVE-2021-27854"),
    _case("ARP: in VLAN 0", _changed(_arp, _as_vlan_0), "CVE-2021-27853"),
    _case("ARP: in VLAN 0 of 802.1ad", _changed(_arp, _as_provider_vlan_0), "CVE-2021-27853"),
    _case("RARP: for a neighbour's MAC", _rarp_forged),
    _case("RARP: reply", _rarp_reply, "RFC 903"),
    _case("IP source: a neighbour's IPv4 address", _ip4),
    _case("IP source: 0.0.0.0 to a neighbour", _ip4_unspecified),
    _case("IP source: a later fragment", _ip4_fragment),
    _case("IP source: a neighbour's IPv6 address", _ip6),
    _case("ICMP redirect", _redirect4),
    _case("ICMP router advertisement", _router4, "RFC 1256"),
    _case("NA: for a neighbour", _discovery(lambda ring: f.advertisement(ring.a.ip6, ring.t.ip6, ring.a.mac))),
    _case("NA: for a neighbour, from its address", _discovery(lambda ring: f.advertisement(ring.t.ip6, ring.t.ip6, ring.a.mac))),
    _case("NA: own address, foreign MAC", _discovery(lambda ring: f.advertisement(ring.a.ip6, ring.a.ip6, ring.t.mac))),
    _case("NA: behind a destination option", _discovery(_advertise_behind), "RFC 6980"),
    _case("NS: from a neighbour's address", _discovery(lambda ring: f.solicitation(ring.t.ip6, ring.v.ip6, ring.a.mac))),
    _case("NS: with a foreign MAC", _discovery(lambda ring: f.solicitation(ring.a.ip6, ring.v.ip6, ring.t.mac))),
    _case("NS: with a second, foreign MAC", _discovery(_second_option)),
    _case("NS: with a foreign MAC behind a nonce", _discovery(_hidden_option)),
    _case("NS: detection for a neighbour's address", _discovery(lambda ring: f.solicitation("::", ring.v.ip6, None)), "RFC 4862"),
    _case("RS: with a foreign MAC", _discovery(
        lambda ring: f.over6(ring.a.ip6, "ff02::2", f.ICMPv6ND_RS(), f.ICMPv6NDOptSrcLLAddr(lladdr=ring.t.mac)), f.ALL_ROUTERS)),
    _case("RA", _ra_frame()),
    _case("RA: behind a hop-by-hop option", _ra_frame(f.IPv6ExtHdrHopByHop(options=[f.PadN(optdata=b"\0" * 4)])), "RFC 7113"),
    _case("RA: behind a destination option", _ra_frame(_padding()), "RFC 7113"),
    _case("RA: behind two destination options", _ra_frame(_padding(), _padding()), "RFC 7113"),
    _case("RA: in an atomic fragment", _ra_frame(f.IPv6ExtHdrFragment(id=7)), "RFC 6980"),
    _case("RA: behind an option and a fragment header", _ra_frame(_padding(), f.IPv6ExtHdrFragment(id=8)), "RFC 6980"),
    _case("RA: in the second fragment", _ra_fragments(8, _padding()), "RFC 7113"),
    _case("RA: in the third header of fragments", _ra_fragments(16, _padding(), _padding()), "RFC 7112"),
    _case("RA: its options in a second fragment", _ra_fragments(16), "RFC 6980"),
    _case("RA: by overlapping fragments", _ra_overlap, "RFC 5722"),
    _case("RA: behind a header that is not known", _ra_unknown_header, "RFC 7113"),
    _case("RA: in LLC/SNAP", _ra_changed(f.snapped), "CVE-2021-27854"),
    _case("RA: in LLC/SNAP with a wrong length", _ra_changed(_lying_snap), "CVE-2021-27861"),
    _case("RA: in VLAN 0", _ra_changed(_as_vlan_0), "CVE-2021-27853"),
    _case("RA: in VLAN 0 twice", _ra_changed(_as_vlan_0_twice), "CVE-2021-27853"),
    _case("RA: in VLAN 0 of 802.1ad", _ra_changed(_as_provider_vlan_0), "CVE-2021-27853"),
    _case("RA: in VLAN 0 and LLC/SNAP", _ra_changed(_snap_in_vlan_0), "CVE-2021-27862"),
    _case("ICMPv6 redirect", _discovery(_redirect6)),
    _case("MLD query", _discovery(_mld_query), "RFC 4541"),
    _case("DHCP offer", _offer()),
    _case("DHCP offer from another port", _offer(6767)),
    _case("DHCP offer with IP options", _offer_options),
    _case("DHCP offer in fragments", _offer_fragments),
    _case("DHCP offer in LLC/SNAP", _changed(_offer(), f.snapped), "CVE-2021-27854"),
    _case("DHCP offer in VLAN 0", _changed(_offer(), _as_vlan_0), "CVE-2021-27853"),
    _case("DHCP reply through a relay's port", _offer(67, 67)),
    _case("DHCPv6 advertise", _advertise6()),
    _case("DHCPv6 advertise from another port", _advertise6(5470)),
    _case("DHCPv6 reply to a relay", _advertise6(547, 547)),
    _case("DHCPv6 advertise behind a destination option", _advertise6(547, 546, _padding()), "RFC 7610"),
    _case("DHCPv6 advertise in fragments", _advertise6_fragments, "RFC 7610"),
]
