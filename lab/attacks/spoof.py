# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks from the guest's own MAC address on who has which address: ARP, RARP, IP sources, redirects, neighbour discovery.

Beside the plain frames the known ways round guards, see shape.py, RFC 5227 (ARP probes), RFC 6980 (fragments), RFC 7039 (SAVI).
"""

from __future__ import annotations

from . import frames as f
from . import shape as s
from .ring import Case, Ring
from .shape import Build, case, changed, frame, to_victim

NOBODY = "00:00:00:00:00:00"


# ARP


def _arp(ring: Ring, token: bytes, op: int = 2, mac: str = "", ip: str = "", to: str = "") -> bytes:
    body = f.arp(op, mac or ring.a.mac, ip or ring.t.ip4, to or ring.v.mac, ring.v.ip4)
    return f.ether(ring.a.mac, ring.v.mac, body, token)


def _arp_for_all(op: int) -> Build:
    """Gratuitous: sender and target are the address that is claimed."""
    return lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.arp(op, ring.a.mac, ring.t.ip4, NOBODY, ring.t.ip4), token)


def _arp_probe(ring: Ring, token: bytes) -> bytes:
    """RFC 5227: whoever is probing for the same address gives it up."""
    return f.ether(ring.a.mac, f.BROADCAST, f.arp(1, ring.a.mac, "0.0.0.0", NOBODY, ring.v.ip4), token)


def _arp_odd(**fields: int) -> Build:
    """Hardware type 6 (IEEE 802) Linux takes like Ethernet (arp_process, net/ipv4/arp.c)."""

    def build(ring: Ring, token: bytes) -> bytes:
        body = f.arp(2, ring.a.mac, ring.t.ip4, ring.v.mac, ring.v.ip4)
        for name, value in fields.items():
            setattr(body, name, value)
        return f.ether(ring.a.mac, ring.v.mac, body, token)

    return build


def _rarp_forged(ring: Ring, token: bytes) -> bytes:
    made = f.rarp(ring.t.mac)
    return (made[:6] + bytes.fromhex(ring.a.mac.replace(":", "")) + made[12:]).ljust(60, b"\0") + token


def _rarp_reply(ring: Ring, token: bytes) -> bytes:
    return f.rarp(ring.a.mac, 4).ljust(60, b"\0") + token


# IP sources


def _ip4(ring: Ring) -> f.Packet:
    return f.IP(src=ring.t.ip4, dst=ring.v.ip4) / f.ICMP()


def _ip6(ring: Ring) -> f.Packet:
    return f.IPv6(src=ring.t.ip6, dst=ring.v.ip6) / f.ICMPv6EchoRequest()


def _echo6_from(address: str) -> s.PacketOf:
    return lambda ring: f.IPv6(src=address, dst=ring.v.ip6) / f.ICMPv6EchoRequest()


def _udp4_from_nobody(dst: str, sport: int, dport: int) -> s.PacketOf:
    return lambda ring: f.IP(src="0.0.0.0", dst=dst or ring.v.ip4) / f.UDP(sport=sport, dport=dport) / f.Raw(b"x" * 40)


def _redirect4(ring: Ring) -> f.Packet:
    return f.IP(src=ring.a.ip4, dst=ring.v.ip4) / f.ICMP(type=5, code=1, gw=ring.a.ip4) / f.Raw(b"\x45" + b"\0" * 27)


# Neighbour discovery


def _advertise(ring: Ring) -> f.Packet:
    return f.advertisement(ring.a.ip6, ring.t.ip6, ring.a.mac)


def _solicit(ring: Ring) -> f.Packet:
    return f.solicitation(ring.a.ip6, ring.v.ip6, ring.t.mac)


def _second_option(ring: Ring) -> f.Packet:
    """The first link-layer address is honest, the second is another's: receivers differ in which one they believe."""
    return f.solicitation(ring.a.ip6, ring.v.ip6, ring.a.mac) / f.ICMPv6NDOptSrcLLAddr(lladdr=ring.t.mac)


def _hidden_option(ring: Ring) -> f.Packet:
    """A nonce before the link-layer address moves it."""
    packet = f.solicitation(ring.a.ip6, ring.v.ip6, None) / f.Raw(b"\x0e\x01nonce!")
    return packet / f.Raw(b"\x01\x01" + bytes.fromhex(ring.t.mac.replace(":", "")))


def _redirect6(ring: Ring) -> f.Packet:
    return f.over6(f.link_local(ring.a.mac), ring.v.ip6, f.ICMPv6ND_Redirect(tgt=f.link_local(ring.a.mac), dst=ring.t.ip6))


_FRAGMENT = f.IPv6ExtHdrFragment(id=9)

CASES: list[Case] = [
    case("ARP: reply for a neighbour's address", _arp),
    case("ARP: reply for the router's address", lambda ring, token: _arp(ring, token, ip=ring.o.ip4)),
    case("ARP: request from a neighbour's address", lambda ring, token: _arp(ring, token, op=1)),
    case("ARP: forged sender MAC", lambda ring, token: _arp(ring, token, mac=ring.t.mac, ip=ring.a.ip4)),
    case("ARP: forged sender MAC and address", lambda ring, token: _arp(ring, token, mac=ring.t.mac)),
    case("ARP: gratuitous request for a neighbour's address", _arp_for_all(1), "RFC 5227"),
    case("ARP: gratuitous reply for a neighbour's address", _arp_for_all(2), "RFC 5227"),
    case("ARP: probe for a neighbour's address", _arp_probe, "RFC 5227"),
    case("ARP: inverse request", lambda ring, token: _arp(ring, token, op=8), "RFC 2390"),
    case("ARP: inverse reply", lambda ring, token: _arp(ring, token, op=9), "RFC 2390"),
    case("ARP: of another hardware type", _arp_odd(hwtype=6)),
    case("ARP: of another protocol type", _arp_odd(ptype=0x86DD)),
    case("ARP: of another address length", _arp_odd(hwlen=8)),
    case("ARP: in LLC/SNAP", changed(_arp, f.snapped), "CVE-2021-27854"),
    case("ARP: in LLC with a SAP of its own", changed(_arp, lambda whole: f.in_llc(whole, 0x98)), "CVE-2021-27854"),
    case("ARP: in LLC/SNAP behind an EtherType", changed(_arp, f.in_llc_type), "IEEE 802.1AC-2016/Cor 1"),
    case("ARP: in VLAN 0", changed(_arp, s.in_vlan_0), "CVE-2021-27853"),
    case("ARP: in VLAN 0 of 802.1ad", changed(_arp, s.in_provider_vlan_0), "CVE-2021-27853"),
    case("ARP: in VLAN 0 and LLC/SNAP", changed(_arp, s.in_vlan_0_and_snap), "CVE-2021-27862"),
    case("RARP: for a neighbour's MAC", _rarp_forged),
    case("RARP: reply", _rarp_reply, "RFC 903"),
    case("IP source: a neighbour's IPv4 address", to_victim(_ip4)),
    case("IP source: the same with IP options", to_victim(s.with_options(_ip4)), "RFC 7126"),
    case("IP source: a later fragment", to_victim(lambda ring: f.IP(src=ring.t.ip4, dst=ring.v.ip4, frag=100, proto=17) / f.Raw(b"x" * 16))),
    case("IP source: 0.0.0.0 to a neighbour", to_victim(_udp4_from_nobody("", 68, 67))),
    case("IP source: 0.0.0.0 to all, but not for DHCP", frame(_udp4_from_nobody("255.255.255.255", 5000, 5001), f.BROADCAST)),
    case("IP source: 0.0.0.0 to a group, but not IGMP", frame(_udp4_from_nobody("224.0.0.251", 5353, 5353), "01:00:5e:00:00:fb")),
    case("IP source: IPv4 in LLC/SNAP", changed(to_victim(_ip4), f.snapped), "CVE-2021-27854"),
    case("IP source: IPv4 in LLC with a SAP of its own", changed(to_victim(_ip4), lambda whole: f.in_llc(whole, 6)), "RFC 948"),
    case("IP source: IPv4 in LLC/SNAP behind an EtherType", changed(to_victim(_ip4), f.in_llc_type), "IEEE 802.1AC-2016/Cor 1"),
    case("IP source: IPv4 in IEEE 802.3 without LLC", changed(to_victim(_ip4), f.in_raw_802_3)),
    case("IP source: IPv4 in VLAN 0", changed(to_victim(_ip4), s.in_vlan_0), "CVE-2021-27853"),
    case("IP source: a neighbour's IPv6 address", to_victim(_ip6)),
    case("IP source: a neighbour's link-local address", to_victim(lambda ring: f.IPv6(src=f.link_local(ring.t.mac), dst=ring.v.ip6) / f.ICMPv6EchoRequest())),
    case("IP source: IPv6 behind a hop-by-hop option", to_victim(s.behind(_ip6, s.hop_by_hop())), "RFC 7039"),
    case("IP source: IPv6 in fragments", s.in_pieces(_ip6, 8), "RFC 7039"),
    case("IP source: :: in an echo", to_victim(_echo6_from("::")), "RFC 7039"),
    case("IP source: IPv6 in VLAN 0", changed(to_victim(_ip6), s.in_vlan_0), "CVE-2021-27853"),
    case("ICMP redirect", to_victim(_redirect4)),
    case("ICMP redirect with IP options", to_victim(s.with_options(_redirect4))),
    case("ICMP redirect in fragments", s.in_pieces4(_redirect4)),
    case("NA: for a neighbour", frame(_advertise)),
    case("NA: for a neighbour, solicited", to_victim(lambda ring: f.advertisement(ring.a.ip6, ring.t.ip6, ring.a.mac, ring.v.ip6))),
    case("NA: for a neighbour, without an option", frame(lambda ring: f.advertisement(ring.a.ip6, ring.t.ip6, None))),
    case("NA: for a neighbour, from its address", frame(lambda ring: f.advertisement(ring.t.ip6, ring.t.ip6, ring.a.mac))),
    case("NA: own address, foreign MAC", frame(lambda ring: f.advertisement(ring.a.ip6, ring.a.ip6, ring.t.mac))),
    case("NA: own address, from a neighbour's", frame(lambda ring: f.advertisement(ring.t.ip6, ring.a.ip6, ring.a.mac))),
    case("NA: behind a destination option", frame(s.behind(_advertise, s.padding())), "RFC 6980"),
    case("NA: in an atomic fragment", frame(s.behind(_advertise, _FRAGMENT)), "RFC 6980"),
    case("NA: in fragments", s.in_pieces(_advertise, 8), "RFC 6980"),
    case("NA: in LLC/SNAP", changed(frame(_advertise), f.snapped), "CVE-2021-27854"),
    case("NA: in VLAN 0", changed(frame(_advertise), s.in_vlan_0), "CVE-2021-27853"),
    case("NS: from a neighbour's address", frame(lambda ring: f.solicitation(ring.t.ip6, ring.v.ip6, ring.a.mac))),
    case("NS: with a foreign MAC", frame(_solicit)),
    case("NS: with a second, foreign MAC", frame(_second_option)),
    case("NS: with a foreign MAC behind a nonce", frame(_hidden_option)),
    case("NS: with a foreign MAC behind a hop-by-hop option", frame(s.behind(_solicit, s.hop_by_hop())), "RFC 6980"),
    case("NS: with a foreign MAC, in fragments", s.in_pieces(_solicit, 24), "RFC 6980"),
    case("NS: detection for a neighbour's address", frame(lambda ring: f.solicitation("::", ring.v.ip6, None)), "RFC 4862"),
    case("NS: detection for a neighbour's address, with a nonce", frame(lambda ring: f.solicitation("::", ring.v.ip6, None, nonce=True)), "RFC 7527"),
    case(
        "RS: with a foreign MAC", frame(lambda ring: f.over6(ring.a.ip6, "ff02::2", f.ICMPv6ND_RS(), f.ICMPv6NDOptSrcLLAddr(lladdr=ring.t.mac)), f.ALL_ROUTERS)
    ),
    case(
        "inverse neighbour discovery",
        frame(lambda ring: f.over6(ring.a.ip6, "ff02::1", f.ICMPv6ND_INDSol(), f.ICMPv6NDOptSrcLLAddr(lladdr=ring.t.mac))),
        "RFC 3122",
    ),
    case("ICMPv6 redirect", frame(_redirect6)),
    case("ICMPv6 redirect behind a hop-by-hop option", frame(s.behind(_redirect6, s.hop_by_hop())), "RFC 6980"),
    case("ICMPv6 redirect in an atomic fragment", frame(s.behind(_redirect6, _FRAGMENT)), "RFC 6980"),
]
