# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames as bytes. Each ends with its token, behind the packet where the packet has no room: receivers cut that off."""

from __future__ import annotations

from ipaddress import ip_address
from typing import List, Optional

from scapy.config import conf
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dhcp6 import DHCP6_Advertise, DHCP6_Solicit, DHCP6OptClientId, DUID_LL
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.inet6 import (
    ICMPv6EchoRequest, ICMPv6MLReport2, ICMPv6MLQuery, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_Redirect, ICMPv6ND_RS,
    ICMPv6NDOptDstLLAddr, ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
    Pad1, PadN, RouterAlert,
)
from scapy.layers.l2 import ARP, LLC, SNAP, STP, Dot1Q, Dot3, Ether
from scapy.packet import Packet, Raw

conf.verb = 0
BROADCAST = "ff:ff:ff:ff:ff:ff"
ALL_NODES = "33:33:00:00:00:01"
ALL_ROUTERS = "33:33:00:00:00:02"
EXPERIMENTAL = 0x88B5


def raw(packet: Packet, token: bytes) -> bytes:
    """The packet and its token, long enough for Ethernet."""
    return bytes(packet).ljust(60, b"\0") + token


def plain(src: str, dst: str, token: bytes) -> bytes:
    """A frame of the EtherType for experiments."""
    return raw(Ether(src=src, dst=dst, type=EXPERIMENTAL) / Raw(b"virtnet"), token)


def ether(src: str, dst: str, payload: Packet, token: bytes) -> bytes:
    """A frame around a packet."""
    return raw(Ether(src=src, dst=dst) / payload, token)


def tagged(frame: bytes, *tags: "tuple[int, int]") -> bytes:
    """The frame with tags, outermost first: EtherType and VLAN."""
    words = b"".join(kind.to_bytes(2, "big") + vid.to_bytes(2, "big") for kind, vid in tags)
    return frame[:12] + words + frame[12:]


def snapped(frame: bytes, length: Optional[int] = None) -> bytes:
    """The frame in LLC/SNAP: a length, AA AA 03 00 00 00, the EtherType. C(length) to lie about it."""
    body = b"\xaa\xaa\x03\x00\x00\x00" + frame[12:]
    size = length if length is not None else min(len(body), 1500)
    return frame[:12] + size.to_bytes(2, "big") + body


def arp(op: int, mac: str, ip: str, target_mac: str, target_ip: str) -> ARP:
    """Request (1) or reply (2)."""
    return ARP(op=op, hwsrc=mac, psrc=ip, hwdst=target_mac, pdst=target_ip)


def rarp(mac: str, op: int = 3) -> bytes:
    """As QEMU announces a guest that has moved (net/announce.c)."""
    body = bytes(ARP(op=op, hwsrc=mac, psrc="0.0.0.0", hwdst=mac, pdst="0.0.0.0"))
    return bytes(Ether(src=mac, dst=BROADCAST, type=0x8035)) + body


def solicited(address: str) -> "tuple[str, str]":
    """Multicast MAC and IPv6 address of a solicited node."""
    low = ip_address(address).packed[-3:]
    return "33:33:ff:" + ":".join(f"{byte:02x}" for byte in low), f"ff02::1:ff{low[0]:02x}:{low[1]:02x}{low[2]:02x}"


def link_local(mac: str) -> str:
    """Of modified EUI-64."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    return f"fe80::{octets[0]:02x}{octets[1]:02x}:{octets[2]:02x}ff:fe{octets[3]:02x}:{octets[4]:02x}{octets[5]:02x}"


def advertisement(src: str, target: str, mac: Optional[str], dst: str = "ff02::1", flags: int = 1) -> Packet:
    """A neighbour advertisement."""
    return over6(src, dst, ICMPv6ND_NA(tgt=target, R=0, S=0, O=flags), *([ICMPv6NDOptDstLLAddr(lladdr=mac)] if mac else []))


def solicitation(src: str, target: str, mac: Optional[str], nonce: bool = False) -> Packet:
    """A neighbour solicitation; from :: it detects duplicates."""
    return over6(
        src, solicited(target)[1], ICMPv6ND_NS(tgt=target), *([ICMPv6NDOptSrcLLAddr(lladdr=mac)] if mac else []),
        *([Raw(b"\x0e\x01" + b"nonce!")] if nonce else []),
    )


def router(src: str, mac: str) -> Packet:
    """A router advertisement without its IPv6 header."""
    return ICMPv6ND_RA(routerlifetime=1800, prf=1) / ICMPv6NDOptSrcLLAddr(lladdr=mac) / ICMPv6NDOptPrefixInfo(prefix="2001:db8:bad::", prefixlen=64)


def over6(src: str, dst: str, *layers: Packet) -> Packet:
    """Layers in IPv6 with the hop limit of neighbour discovery, checksum computed over them."""
    packet: Packet = IPv6(src=src, dst=dst, hlim=255)
    for layer in layers:
        packet /= layer
    return packet


def in_fragments(packet: Packet, first: int) -> List[Packet]:
    """An IPv6 packet cut behind C(first) bytes of what follows its header, all headers there counted as payload."""
    whole = IPv6(bytes(packet))
    body, kind = bytes(whole.payload), whole.nh
    head = {"src": whole.src, "dst": whole.dst, "hlim": whole.hlim}
    parts = [(0, body[:first], 1), (first // 8, body[first:], 0)]
    return [IPv6(**head) / IPv6ExtHdrFragment(nh=kind, offset=offset, m=more, id=0x76) / Raw(data) for offset, data, more in parts]


def offer(server: str, client_mac: str, address: str, sport: int = 67, dport: int = 68) -> Packet:
    """A DHCPv4 offer."""
    chaddr = bytes.fromhex(client_mac.replace(":", "")) + b"\0" * 10
    message = BOOTP(op=2, yiaddr=address, siaddr=server, chaddr=chaddr, xid=0x76686E) / DHCP(
        options=[("message-type", "offer"), ("server_id", server), ("router", server), "end"])
    return IP(src=server, dst="255.255.255.255") / UDP(sport=sport, dport=dport) / message


def discover(mac: str) -> Packet:
    """A DHCPv4 discover of a client without an address."""
    chaddr = bytes.fromhex(mac.replace(":", "")) + b"\0" * 10
    message = BOOTP(op=1, chaddr=chaddr, xid=0x76686E, flags=0x8000) / DHCP(options=[("message-type", "discover"), "end"])
    return IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67) / message


def advertise6(src: str, dst: str, sport: int = 547, dport: int = 546) -> Packet:
    """A DHCPv6 advertise."""
    return IPv6(src=src, dst=dst) / UDP(sport=sport, dport=dport) / DHCP6_Advertise(trid=0x7668)


def solicit6(src: str, mac: str) -> Packet:
    """A DHCPv6 solicit."""
    return IPv6(src=src, dst="ff02::1:2") / UDP(sport=546, dport=547) / DHCP6_Solicit(trid=0x7668) / DHCP6OptClientId(duid=DUID_LL(lladdr=mac))


def bpdu(src: str, dst: str = "01:80:c2:00:00:00") -> Packet:
    """A configuration BPDU that claims to be the root."""
    return Dot3(src=src, dst=dst) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / STP(rootid=0, bridgeid=0, rootmac=src, bridgemac=src)


def pvst(src: str) -> Packet:
    """The same as a Cisco switch sends it for a VLAN."""
    return Dot3(src=src, dst="01:00:0c:cc:cc:cd") / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0x0C, code=0x010B) / STP(rootmac=src, bridgemac=src)


def lldp(src: str, dst: str = "01:80:c2:00:00:0e", kind: int = 0x88CC) -> Packet:
    """A frame that a bridge takes for itself: LLDP, or EAPOL by address and type."""
    return Ether(src=src, dst=dst, type=kind) / Raw(b"\x02\x07\x04" + b"\0" * 6 + b"\0\0")


__all__ = [
    "ALL_NODES", "ALL_ROUTERS", "BROADCAST", "ICMP", "IP", "UDP", "Dot1Q", "ICMPv6EchoRequest", "ICMPv6MLQuery", "ICMPv6MLReport2",
    "ICMPv6ND_RS", "ICMPv6ND_Redirect", "ICMPv6NDOptSrcLLAddr", "IPv6", "IPv6ExtHdrDestOpt", "IPv6ExtHdrFragment", "IPv6ExtHdrHopByHop",
    "Pad1", "PadN", "Packet", "Raw", "RouterAlert", "advertise6", "advertisement", "arp", "bpdu", "discover", "ether", "in_fragments",
    "link_local", "lldp", "offer", "over6", "plain", "pvst", "rarp", "raw", "router", "snapped", "solicit6", "solicitation", "solicited",
    "tagged",
]
