# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames as bytes. Each ends with its token, behind the packet where the packet has no room: receivers cut that off."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from scapy.config import conf
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dhcp6 import (
    DUID_LL,
    DHCP6_Advertise,
    DHCP6_Confirm,
    DHCP6_Decline,
    DHCP6_InfoRequest,
    DHCP6_Rebind,
    DHCP6_Reconf,
    DHCP6_RelayReply,
    DHCP6_Release,
    DHCP6_Renew,
    DHCP6_Request,
    DHCP6_Solicit,
    DHCP6OptClientId,
)
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    ICMPv6EchoRequest,
    ICMPv6MLDone,
    ICMPv6MLQuery,
    ICMPv6MLQuery2,
    ICMPv6MLReport,
    ICMPv6MLReport2,
    ICMPv6MRD_Advertisement,
    ICMPv6ND_INDSol,
    ICMPv6ND_NA,
    ICMPv6ND_NS,
    ICMPv6ND_RA,
    ICMPv6ND_Redirect,
    ICMPv6ND_RS,
    ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptPrefixInfo,
    ICMPv6NDOptSrcLLAddr,
    ICMPv6PacketTooBig,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    Pad1,
    PadN,
    RouterAlert,
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


def tagged(frame: bytes, *tags: tuple[int, int]) -> bytes:
    """The frame with tags, outermost first: EtherType and VLAN."""
    words = b"".join(kind.to_bytes(2, "big") + vid.to_bytes(2, "big") for kind, vid in tags)
    return frame[:12] + words + frame[12:]


def snapped(frame: bytes, length: int | None = None) -> bytes:
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


def solicited(address: str) -> tuple[str, str]:
    """Multicast MAC and IPv6 address of a solicited node."""
    low = ip_address(address).packed[-3:]
    return "33:33:ff:" + ":".join(f"{byte:02x}" for byte in low), f"ff02::1:ff{low[0]:02x}:{low[1]:02x}{low[2]:02x}"


def link_local(mac: str) -> str:
    """Of modified EUI-64."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    return f"fe80::{octets[0]:02x}{octets[1]:02x}:{octets[2]:02x}ff:fe{octets[3]:02x}:{octets[4]:02x}{octets[5]:02x}"


def advertisement(src: str, target: str, mac: str | None, dst: str = "ff02::1", flags: int = 1) -> Packet:
    """A neighbour advertisement."""
    return over6(src, dst, ICMPv6ND_NA(tgt=target, R=0, S=0, O=flags), *([ICMPv6NDOptDstLLAddr(lladdr=mac)] if mac else []))


def solicitation(src: str, target: str, mac: str | None, nonce: bool = False) -> Packet:
    """A neighbour solicitation; from :: it detects duplicates."""
    return over6(
        src,
        solicited(target)[1],
        ICMPv6ND_NS(tgt=target),
        *([ICMPv6NDOptSrcLLAddr(lladdr=mac)] if mac else []),
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


def in_fragments(packet: Packet, first: int) -> list[Packet]:
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
        options=[("message-type", "offer"), ("server_id", server), ("router", server), "end"]
    )
    return IP(src=server, dst="255.255.255.255") / UDP(sport=sport, dport=dport) / message


def request4(
    mac: str, kind: str = "discover", src: str = "0.0.0.0", dst: str = "255.255.255.255", ports: tuple[int, int] = (68, 67), op: int = 1, **fields: Any
) -> Packet:
    """What a DHCPv4 client sends, without an address as it stands; C(op) 2 makes a reply of it, C(fields) are those of BOOTP."""
    chaddr = bytes.fromhex(mac.replace(":", "")) + b"\0" * 10
    given = {"op": op, "ciaddr": src, "chaddr": chaddr, "xid": 0x76686E, "flags": 0x8000 if src == "0.0.0.0" else 0, **fields}
    message = BOOTP(**given) / DHCP(options=[("message-type", kind), "end"])
    return IP(src=src, dst=dst) / UDP(sport=ports[0], dport=ports[1]) / message


def advertise6(src: str, dst: str, sport: int = 547, dport: int = 546) -> Packet:
    """A DHCPv6 advertise."""
    return IPv6(src=src, dst=dst) / UDP(sport=sport, dport=dport) / DHCP6_Advertise(trid=0x7668)


REQUESTS6 = {
    "solicit": DHCP6_Solicit,
    "request": DHCP6_Request,
    "confirm": DHCP6_Confirm,
    "renew": DHCP6_Renew,
    "rebind": DHCP6_Rebind,
    "release": DHCP6_Release,
    "decline": DHCP6_Decline,
    "information-request": DHCP6_InfoRequest,
}


def request6(src: str, mac: str, kind: str = "solicit") -> Packet:
    """What a DHCPv6 client sends."""
    message = REQUESTS6[kind](trid=0x7668)
    return IPv6(src=src, dst="ff02::1:2") / UDP(sport=546, dport=547) / message / DHCP6OptClientId(duid=DUID_LL(lladdr=mac))


def relay_reply6(src: str, dst: str, client: str, sport: int = 547) -> Packet:
    """What a server tells a relay to pass on to a client."""
    return IPv6(src=src, dst=dst) / UDP(sport=sport, dport=547) / DHCP6_RelayReply(linkaddr=dst, peeraddr=client)


def reconfigure6(src: str, dst: str) -> Packet:
    """What makes a client ask again."""
    return IPv6(src=src, dst=dst) / UDP(sport=547, dport=546) / DHCP6_Reconf(trid=0)


def igmp(src: str, kind: int, group: str, dst: str = "", code: int = 0, router_alert: bool = True) -> Packet:
    """IGMP version 2; a query with C(code) in tenths of a second."""
    body = bytes([kind, code, 0, 0]) + ip_address(group).packed
    total = sum(int.from_bytes(body[place : place + 2], "big") for place in range(0, 8, 2))
    check = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    options = [b"\x94\x04\0\0"] if router_alert else []
    return IP(src=src, dst=dst or group, proto=2, ttl=1, options=options) / Raw(body[:2] + check.to_bytes(2, "big") + body[4:])


def group_mac(group: str) -> str:
    """The Ethernet address of an IPv4 group."""
    low = ip_address(group).packed
    return f"01:00:5e:{low[1] & 127:02x}:{low[2]:02x}:{low[3]:02x}"


def pim_hello(src: str) -> Packet:
    """Version 2, with a hold time (RFC 7761)."""
    body = b"\x20\x00" + b"\0\0" + b"\0\x01\0\x02\0\x69"
    total = sum(int.from_bytes(body[place : place + 2], "big") for place in range(0, len(body), 2))
    return IP(src=src, dst="224.0.0.13", proto=103, ttl=1) / Raw(body[:2] + (~total & 0xFFFF).to_bytes(2, "big") + body[4:])


def pim_hello6(src: str) -> Packet:
    """The same over IPv6; the checksum is nobody's concern here."""
    return IPv6(src=src, dst="ff02::d", nh=103, hlim=1) / Raw(b"\x20\0\0\0\0\x01\0\x02\0\x69")


def in_llc(frame: bytes, sap: int) -> bytes:
    """The frame's packet behind LLC with a service access point instead of an EtherType."""
    body = bytes([sap, sap, 3]) + frame[14:]
    return frame[:12] + min(len(body), 1500).to_bytes(2, "big") + body


def in_llc_type(frame: bytes) -> bytes:
    """LLC behind an EtherType instead of a length (IEEE 802.1AC-2016/Cor 1): what has LLC already, or the packet in LLC/SNAP."""
    llc = frame[14:] if int.from_bytes(frame[12:14], "big") < 0x600 else b"\xaa\xaa\x03\x00\x00\x00" + frame[12:]
    return frame[:12] + b"\x88\x70" + llc


def pppoe(code: int, tags: bytes = b"\x01\x01\0\0") -> bytes:
    """A message of discovery (RFC 2516): any service, if nothing else is said."""
    return bytes((0x11, code, 0, 0)) + len(tags).to_bytes(2, "big") + tags


def in_raw_802_3(frame: bytes) -> bytes:
    """As Novell had it: a length, and no LLC."""
    return frame[:12] + min(len(frame) - 12, 1500).to_bytes(2, "big") + b"\xff\xff" + frame[14:]


def bpdu(src: str, dst: str = "01:80:c2:00:00:00") -> Packet:
    """A configuration BPDU that claims to be the root."""
    return Dot3(src=src, dst=dst) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / STP(rootid=0, bridgeid=0, rootmac=src, bridgemac=src)


def pvst(src: str) -> Packet:
    """The same as a Cisco switch sends it for a VLAN."""
    return Dot3(src=src, dst="01:00:0c:cc:cc:cd") / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0x0C, code=0x010B) / STP(rootmac=src, bridgemac=src)


def lldp(src: str, dst: str = "01:80:c2:00:00:0e", kind: int = 0x88CC) -> Packet:
    """A frame that a bridge takes for itself: LLDP, or EAPOL by address and type."""
    return Ether(src=src, dst=dst, type=kind) / Raw(b"\x02\x07\x04" + b"\0" * 6 + b"\0\0")


def control(src: str, dst: str, kind: int, body: bytes = b"\0" * 20) -> Packet:
    """What switches say to one another under an EtherType of their own."""
    return Ether(src=src, dst=dst, type=kind) / Raw(body)


def shimmed(frame: bytes, kind: int, header: bytes) -> bytes:
    """The frame with a header of that EtherType before its own."""
    return frame[:12] + kind.to_bytes(2, "big") + header + frame[12:]


def cisco(src: str, dst: str, protocol: int, body: bytes) -> Packet:
    """SNAP with Cisco's OUI: DTP (0x2004), VTP (0x2003)."""
    return Dot3(src=src, dst=dst) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0x0C, code=protocol) / Raw(body)


__all__ = [
    "ALL_NODES",
    "ALL_ROUTERS",
    "BROADCAST",
    "ICMP",
    "IP",
    "LLC",
    "REQUESTS6",
    "TCP",
    "UDP",
    "Dot1Q",
    "Dot3",
    "Ether",
    "ICMPv6EchoRequest",
    "ICMPv6MLDone",
    "ICMPv6MLQuery",
    "ICMPv6MLQuery2",
    "ICMPv6MLReport",
    "ICMPv6MLReport2",
    "ICMPv6MRD_Advertisement",
    "ICMPv6ND_INDSol",
    "ICMPv6ND_RS",
    "ICMPv6ND_Redirect",
    "ICMPv6NDOptSrcLLAddr",
    "ICMPv6PacketTooBig",
    "IPv6",
    "IPv6ExtHdrDestOpt",
    "IPv6ExtHdrFragment",
    "IPv6ExtHdrHopByHop",
    "IPv6ExtHdrRouting",
    "Pad1",
    "PadN",
    "Packet",
    "Raw",
    "RouterAlert",
    "advertise6",
    "advertisement",
    "arp",
    "bpdu",
    "cisco",
    "control",
    "ether",
    "group_mac",
    "igmp",
    "in_fragments",
    "in_llc",
    "in_llc_type",
    "in_raw_802_3",
    "link_local",
    "lldp",
    "offer",
    "over6",
    "pim_hello",
    "pim_hello6",
    "plain",
    "pppoe",
    "pvst",
    "rarp",
    "raw",
    "shimmed",
    "reconfigure6",
    "relay_reply6",
    "request4",
    "request6",
    "router",
    "snapped",
    "solicitation",
    "solicited",
    "tagged",
]
