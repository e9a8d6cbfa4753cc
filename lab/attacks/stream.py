# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks that look like what most frames are: unicast TCP and UDP, and protocols of which no guard asks. A guard that lets these through early must
not let through what is beside them: another's address, a tag, an address of bridges, DHCP, a header between."""

from __future__ import annotations

from typing import Any

from . import frames as f
from . import shape as s
from .ring import Case, Ring
from .shape import Build, PacketOf, case, changed, frame, to_victim

_PVST = "01:00:0c:cc:cc:cd"


def _tcp(port: int = 443) -> f.Packet:
    return f.TCP(sport=40000, dport=port, flags="A", seq=1, ack=1)


def _udp(port: int = 443) -> f.Packet:
    return f.UDP(sport=40000, dport=port) / f.Raw(b"x" * 40)


def _own4(upper: f.Packet) -> PacketOf:
    return lambda ring: f.IP(src=ring.a.ip4, dst=ring.v.ip4) / upper


def _group4(upper: f.Packet) -> PacketOf:
    """To a group that a bridge floods, as it does not know who listens."""
    return lambda ring: f.IP(src=ring.a.ip4, dst="224.0.0.251", ttl=1) / upper


def _own6(upper: f.Packet) -> PacketOf:
    return lambda ring: f.IPv6(src=ring.a.ip6, dst=ring.v.ip6) / upper


def _anothers4(upper: f.Packet) -> PacketOf:
    return lambda ring: f.IP(src=ring.t.ip4, dst=ring.v.ip4) / upper


def _anothers6(upper: f.Packet) -> PacketOf:
    return lambda ring: f.IPv6(src=ring.t.ip6, dst=ring.v.ip6) / upper


def _from_neighbour(packet_of: PacketOf) -> Build:
    """From the third guest's MAC address."""
    return lambda ring, token: f.ether(ring.t.mac, ring.v.mac, packet_of(ring), token)


def _in_tag(kind: int, vid: int, packet_of: PacketOf) -> Build:
    return changed(to_victim(packet_of), lambda whole: f.tagged(whole, (kind, vid)))


def _other_to(mac: str) -> Build:
    return lambda ring, token: f.plain(ring.a.mac, mac, token)


def _offer_to_one(ring: Ring) -> f.Packet:
    """A DHCP offer to the victim alone."""
    packet = f.offer(ring.a.ip4, ring.v.mac, "10.66.66.66")
    packet.dst = ring.v.ip4
    return packet


def _offer_in_pieces(ring: Ring, token: bytes) -> list[bytes]:
    return list(s.in_pieces4(_offer_to_one, ring.v.mac, 16)(ring, token))  # type: ignore[arg-type]


def _advertisement_of_another_protocol(ring: Ring, token: bytes) -> list[bytes]:
    """The first fragment says TCP, the last ICMPv6."""
    head: dict[str, Any] = {"src": ring.a.ip6, "dst": ring.v.ip6, "hlim": 255}
    body = bytes(f.advertisement(ring.a.ip6, ring.t.ip6, ring.a.mac, ring.v.ip6).payload)
    parts = [(6, 0, body[:24], 1), (58, 3, body[24:], 0)]
    packets = [f.IPv6(**head) / f.IPv6ExtHdrFragment(nh=kind, offset=at, m=more, id=0x7A) / f.Raw(data) for kind, at, data, more in parts]
    return [f.ether(ring.a.mac, ring.v.mac, packet, token + bytes([number])) for number, packet in enumerate(packets)]


# What a locked port stops by itself.
FORGED: list[Case] = [
    case("stream: TCP from a neighbour's MAC", _from_neighbour(_own4(_tcp()))),
    case("stream: TCP from a neighbour's MAC and IPv4 address", _from_neighbour(_anothers4(_tcp()))),
    case("stream: UDP from a neighbour's MAC and IPv4 address", _from_neighbour(_anothers4(_udp()))),
    case("stream: UDP over IPv6 from a neighbour's MAC", _from_neighbour(_own6(_udp()))),
    case("stream: TCP over IPv6 from a neighbour's MAC and address", _from_neighbour(_anothers6(_tcp()))),
]
CASES: list[Case] = [
    *FORGED,
    case("stream: TCP from a neighbour's IPv4 address", to_victim(_anothers4(_tcp()))),
    case("stream: UDP from a neighbour's IPv4 address", to_victim(_anothers4(_udp()))),
    case("stream: UDP from a neighbour's IPv4 address, with IP options", to_victim(s.with_options(_anothers4(_udp())))),
    case("stream: TCP from a neighbour's IPv6 address", to_victim(_anothers6(_tcp()))),
    case("stream: UDP from a neighbour's IPv6 address", to_victim(_anothers6(_udp()))),
    case("stream: TCP in a VLAN tag", _in_tag(0x8100, 10, _own4(_tcp()))),
    case("stream: TCP in VLAN 0", _in_tag(0x8100, 0, _own4(_tcp())), "CVE-2021-27853"),
    case("stream: UDP in a VLAN tag of 802.1ad", _in_tag(0x88A8, 10, _own4(_udp()))),
    case("stream: TCP over IPv6 in a VLAN tag", _in_tag(0x8100, 10, _own6(_tcp()))),
    case("stream: UDP over IPv6 in VLAN 0 of 802.1ad", _in_tag(0x88A8, 0, _own6(_udp())), "CVE-2021-27853"),
    case("stream: TCP to the address of BPDUs", frame(_group4(_tcp()), "01:80:c2:00:00:00"), "IEEE 802.1Q clause 8.13"),
    case("stream: UDP to the address of PVST+", frame(_group4(_udp()), _PVST)),
    case("stream: TCP over IPv6 to the address of PVST+", frame(_own6(_tcp()), _PVST)),
    case("stream: UDP over IPv6 to the address of MMRP", frame(_own6(_udp()), "01:80:c2:00:00:20"), "IEEE 802.1Q clause 10.12"),
    case("stream: another protocol to the address of BPDUs", _other_to("01:80:c2:00:00:00"), "IEEE 802.1Q clause 8.13"),
    case("stream: another protocol to the address of PVST+", _other_to(_PVST)),
    case("stream: DHCP offer to one host, with IP options", to_victim(s.with_options(_offer_to_one))),
    case("stream: DHCP offer to one host, in fragments", _offer_in_pieces),
    case("stream: DHCPv6 advertise from the own address", to_victim(lambda ring: f.advertise6(ring.a.ip6, ring.v.ip6)), "RFC 8415"),
    case("stream: DHCPv6 advertise from the own address and another port", to_victim(lambda ring: f.advertise6(ring.a.ip6, ring.v.ip6, 5470))),
    case(
        "stream: DHCPv6 reply to a relay from the own address",
        to_victim(lambda ring: f.relay_reply6(ring.a.ip6, ring.v.ip6, f.link_local(ring.t.mac), 5470)),
        "RFC 8415",
    ),
    case("stream: its fragments name TCP and ICMPv6", _advertisement_of_another_protocol, "RFC 8200"),
]
