# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest needs to get, keep and announce its addresses and to talk. None of it may be lost to a guard."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any, Callable, Sequence, Union

from . import frames as f
from .ring import ATTACKER, OUTSIDE, THIRD, VICTIM, Case, Ring

Build = Callable[[Ring, bytes], Union[bytes, Sequence[bytes]]]


def _out(name: str, build: Build, receiver: str = OUTSIDE) -> Case:
    return Case(name, lambda ring: ring.carry(ATTACKER, receiver, lambda token: build(ring, token)))


def _in(name: str, build: Build, sender: str = OUTSIDE) -> Case:
    return Case(name, lambda ring: ring.carry(sender, ATTACKER, lambda token: build(ring, token)))


def _out6(name: str, packet_of: Callable[[Ring], f.Packet], to: str = f.ALL_NODES) -> Case:
    return _out(name, lambda ring, token: f.ether(ring.a.mac, to, packet_of(ring), token))


def _fragments4(ring: Ring, token: bytes) -> list[bytes]:
    head: dict[str, Any] = {"src": ring.a.ip4, "dst": ring.o.ip4, "proto": 17, "id": 5}
    datagram = bytes(f.UDP(sport=5000, dport=5001, len=40, chksum=0)) + b"x" * 32
    parts = [f.IP(**head, flags=1, frag=0) / f.Raw(datagram[:16]), f.IP(**head, frag=2) / f.Raw(datagram[16:])]
    return [f.ether(ring.a.mac, ring.o.mac, part, token + bytes([number])) for number, part in enumerate(parts)]


def _looks_like(kind: int) -> Build:
    """An echo whose second fragment begins as another message of ICMP does."""

    def build(ring: Ring, token: bytes) -> list[bytes]:
        head: dict[str, Any] = {"src": ring.a.ip4, "dst": ring.o.ip4, "proto": 1, "id": 6}
        body = bytes(f.ICMP()) + b"x" * 16 + bytes([kind]) * 16
        parts = [f.IP(**head, flags=1) / f.Raw(body[:24]), f.IP(**head, frag=3) / f.Raw(body[24:])]
        return [f.ether(ring.a.mac, ring.o.mac, part, token + bytes([number])) for number, part in enumerate(parts)]

    return build


def _looks_like6(kind: int) -> Build:
    def build(ring: Ring, token: bytes) -> list[bytes]:
        packet = f.IPv6(src=ring.a.ip6, dst=ring.o.ip6) / f.ICMPv6EchoRequest(data=b"x" * 16 + bytes([kind]) * 32)
        return [f.ether(ring.a.mac, ring.o.mac, part, token + bytes([number])) for number, part in enumerate(f.in_fragments(packet, 24))]

    return build


def _report_of(groups: int) -> Callable[[Ring], f.Packet]:
    """The answer to a general query of a guest with that many IPv6 addresses (RFC 3810 section 5.2)."""
    records = b"".join(b"\2\0\0\0" + ip_address(f"ff02::1:ff00:{number:x}").packed for number in range(groups))
    return lambda ring: (
        f.IPv6(src=f.link_local(ring.a.mac), dst="ff02::16", hlim=1)
        / f.IPv6ExtHdrHopByHop(options=[f.RouterAlert(), f.PadN(optdata=b"")])
        / f.ICMPv6MLReport2(records_number=groups)
        / f.Raw(records)
    )


def _fragments6(ring: Ring, token: bytes) -> list[bytes]:
    packet = f.IPv6(src=ring.a.ip6, dst=ring.o.ip6) / f.ICMPv6EchoRequest(data=b"x" * 64)
    return [f.ether(ring.a.mac, ring.o.mac, part, token + bytes([number])) for number, part in enumerate(f.in_fragments(packet, 32))]


def _report(source: Callable[[Ring], str]) -> Callable[[Ring], f.Packet]:
    return lambda ring: (
        f.IPv6(src=source(ring), dst="ff02::16", hlim=1) / f.IPv6ExtHdrHopByHop(options=[f.RouterAlert(), f.PadN(optdata=b"")]) / f.ICMPv6MLReport2()
    )


def _joins(source: Callable[[Ring], str]) -> Build:
    """IGMP version 3."""
    body = f.Raw(b"\x22\0\xf9\x02\0\0\0\x01\x04\0\0\0\xe0\0\0\xfb")
    options = [b"\x94\x04\0\0"]
    return lambda ring, token: f.ether(ring.a.mac, "01:00:5e:00:00:16", f.IP(src=source(ring), dst="224.0.0.22", proto=2, ttl=1, options=options) / body, token)


def _igmp2(kind: int, dst: str = "") -> Build:
    return lambda ring, token: f.ether(ring.a.mac, f.group_mac(dst or "239.1.2.3"), f.igmp(ring.a.ip4, kind, "239.1.2.3", dst), token)


def _mld1(message: Callable[..., f.Packet], dst: str) -> Callable[[Ring], f.Packet]:
    return lambda ring: f.IPv6(src=f.link_local(ring.a.mac), dst=dst, hlim=1) / f.IPv6ExtHdrHopByHop(options=[f.RouterAlert()]) / message(mladdr="ff12::7")


def _requests4(kind: str) -> Build:
    """As of a client that has its address: a renewal, an inform, a release."""
    return lambda ring, token: f.ether(ring.a.mac, ring.o.mac, f.request4(ring.a.mac, kind, ring.a.ip4, ring.o.ip4), token)


def _request6(kind: str) -> Callable[[Ring], f.Packet]:
    return lambda ring: f.request6(f.link_local(ring.a.mac), ring.a.mac, kind)


def _behind6(header: f.Packet) -> Callable[[Ring], f.Packet]:
    return lambda ring: f.IPv6(src=ring.a.ip6, dst=ring.o.ip6) / header / f.ICMPv6EchoRequest()


def _advertise_in(ring: Ring, token: bytes) -> bytes:
    packet = f.advertise6(f.link_local(ring.o.mac), f.link_local(ring.a.mac))
    return f.ether(ring.o.mac, ring.a.mac, packet, token)


def _router_in(ring: Ring, token: bytes) -> bytes:
    address = f.link_local(ring.o.mac)
    return f.ether(ring.o.mac, f.ALL_NODES, f.over6(address, "ff02::1", f.router(address, ring.o.mac)), token)


def _echo(ring: Ring, token: bytes) -> bytes:
    return f.ether(ring.a.mac, ring.o.mac, f.IP(src=ring.a.ip4, dst=ring.o.ip4) / f.ICMP(), token)


def _unreachable(ring: Ring, token: bytes) -> bytes:
    packet = f.IP(src=ring.a.ip4, dst=ring.o.ip4) / f.ICMP(type=3, code=4) / f.Raw(b"\x45" + b"\0" * 27)
    return f.ether(ring.a.mac, ring.o.mac, packet, token)


def _mdns(ring: Ring, token: bytes) -> bytes:
    packet = f.IP(src=ring.a.ip4, dst="224.0.0.251", ttl=255) / f.UDP(sport=5353, dport=5353) / f.Raw(b"\0" * 12)
    return f.ether(ring.a.mac, "01:00:5e:00:00:fb", packet, token)


def _stream(protocol: int, upper: f.Packet) -> Build:
    """To the outside, over one version of IP."""

    def build(ring: Ring, token: bytes) -> bytes:
        head = f.IP(src=ring.a.ip4, dst=ring.o.ip4) if protocol == 4 else f.IPv6(src=ring.a.ip6, dst=ring.o.ip6)
        return f.ether(ring.a.mac, ring.o.mac, head / upper, token)

    return build


def _stream_in(protocol: int, upper: f.Packet) -> Build:
    def build(ring: Ring, token: bytes) -> bytes:
        head = f.IP(src=ring.o.ip4, dst=ring.a.ip4) if protocol == 4 else f.IPv6(src=ring.o.ip6, dst=ring.a.ip6)
        return f.ether(ring.o.mac, ring.a.mac, head / upper, token)

    return build


def _datagram(sport: int, dport: int) -> f.Packet:
    return f.UDP(sport=sport, dport=dport) / f.Raw(b"x" * 24)


def _authenticated(body: bytes, upper: int, dst: str) -> Callable[[Ring], f.Packet]:
    """Behind an authentication header of 24 bytes (RFC 4302)."""
    header = bytes([upper, 4]) + b"\0" * 2 + b"\0\0\1\7" + b"\0\0\0\1" + b"\x5a" * 12
    return lambda ring: f.IPv6(src=f.link_local(ring.a.mac), dst=dst, hlim=1, nh=51) / f.Raw(header + body)


def _authenticated_fragments(ring: Ring, token: bytes) -> list[bytes]:
    packet = _authenticated(_HELLO * 4, 89, "ff02::5")(ring)
    return [f.ether(ring.a.mac, "33:33:00:00:00:05", part, token + bytes([number])) for number, part in enumerate(f.in_fragments(packet, 32))]


def _ends(kind: int) -> Callable[[Ring], f.Packet]:
    """A header after which nothing comes: its next header is 59."""
    return lambda ring: f.IPv6(src=ring.a.ip6, dst=ring.o.ip6, nh=kind) / f.Raw(b"\x3b\4\5" + b"\0" * 37)


# OSPFv3 (RFC 5340), version 3, type hello.
_HELLO = b"\3\1\0\x24" + b"\0" * 32

CASES: list[Case] = [
    _out("unicast to the outside", lambda ring, token: f.plain(ring.a.mac, ring.o.mac, token)),
    _in("unicast from the outside", lambda ring, token: f.plain(ring.o.mac, ring.a.mac, token)),
    _out("unicast to another guest", lambda ring, token: f.plain(ring.a.mac, ring.v.mac, token), VICTIM),
    _in("unicast from another guest", lambda ring, token: f.plain(ring.t.mac, ring.a.mac, token), THIRD),
    _out("broadcast", lambda ring, token: f.plain(ring.a.mac, f.BROADCAST, token)),
    _in("broadcast from another guest", lambda ring, token: f.plain(ring.v.mac, f.BROADCAST, token), VICTIM),
    _out("multicast: mDNS", _mdns, VICTIM),
    _in("multicast to the guest", lambda ring, token: f.plain(ring.o.mac, "33:33:00:00:00:fb", token)),
    _out("IPv4: echo", _echo),
    *(
        _out(f"IPv{version}: {name}", _stream(version, upper))
        for version in (4, 6)
        for name, upper in (
            ("TCP", f.TCP(sport=40000, dport=443, flags="S", options=[("MSS", 1460), ("Timestamp", (1, 0))])),
            ("UDP", _datagram(40000, 443)),
            ("DNS", _datagram(40000, 53)),
            ("TFTP", _datagram(40000, 69)),
            ("NTP", _datagram(123, 123)),
        )
    ),
    *(_in(f"IPv{version}: TCP from the outside", _stream_in(version, f.TCP(sport=443, dport=40000, flags="SA"))) for version in (4, 6)),
    _out(
        "IPv4: TCP to another guest",
        lambda ring, token: f.ether(ring.a.mac, ring.v.mac, f.IP(src=ring.a.ip4, dst=ring.v.ip4) / f.TCP(sport=40000, dport=22), token),
        VICTIM,
    ),
    _out(
        "IPv4: TCP with options of IP",
        lambda ring, token: f.ether(ring.a.mac, ring.o.mac, f.IP(src=ring.a.ip4, dst=ring.o.ip4, options=[b"\x01" * 4]) / f.TCP(sport=40000, dport=22), token),
    ),
    _out(
        "IPv6: TCP from the link-local address",
        lambda ring, token: f.ether(
            ring.a.mac, ring.o.mac, f.IPv6(src=f.link_local(ring.a.mac), dst=f.link_local(ring.o.mac)) / f.TCP(sport=40000, dport=22), token
        ),
    ),
    _out6(
        "IPv6: TCP behind a destination option",
        lambda ring: f.IPv6(src=ring.a.ip6, dst=ring.o.ip6) / f.IPv6ExtHdrDestOpt(options=[f.PadN(optdata=b"\0" * 4)]) / f.TCP(sport=40000, dport=22),
    ),
    _out("IPv4: UDP in fragments", _fragments4),
    _out("IPv4: echo whose second fragment looks like a redirect", _looks_like(5)),
    _out("IPv4: echo whose second fragment looks like a router's", _looks_like(9)),
    _out(
        "IPv4: with options", lambda ring, token: f.ether(ring.a.mac, ring.o.mac, f.IP(src=ring.a.ip4, dst=ring.o.ip4, options=[b"\x01" * 4]) / f.ICMP(), token)
    ),
    _out("IPv4: unreachable, fragmentation needed", _unreachable),
    _out6("IPv6: echo", lambda ring: f.IPv6(src=ring.a.ip6, dst=ring.o.ip6) / f.ICMPv6EchoRequest(), f.ALL_ROUTERS),
    _out("IPv6: echo in fragments", _fragments6),
    _out("IPv6: echo whose second fragment looks like a router's", _looks_like6(134)),
    _out("IPv6: echo whose second fragment looks like an advertisement", _looks_like6(136)),
    _out6("IPv6: echo behind a hop-by-hop option", _behind6(f.IPv6ExtHdrHopByHop(options=[f.PadN(optdata=b"\0" * 4)]))),
    _out6("IPv6: echo behind a destination option", _behind6(f.IPv6ExtHdrDestOpt(options=[f.PadN(optdata=b"\0" * 4)]))),
    _out6("IPv6: packet too big", lambda ring: f.IPv6(src=ring.a.ip6, dst=ring.o.ip6) / f.ICMPv6PacketTooBig() / f.Raw(b"\x60" + b"\0" * 47)),
    _out6("IPv6: authenticated OSPFv3", _authenticated(_HELLO, 89, "ff02::5"), "33:33:00:00:00:05"),
    _out("IPv6: authenticated OSPFv3 in fragments", _authenticated_fragments),
    _out6("IPv6: authenticated TCP", _authenticated(b"\0" * 20, 6, "2001:db8::7")),
    _out6("IPv6: Mobile IPv6", _ends(135)),
    _out6("IPv6: host identity protocol", _ends(139)),
    _out("ARP: request", lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.arp(1, ring.a.mac, ring.a.ip4, "00:00:00:00:00:00", ring.o.ip4), token)),
    _out("ARP: reply", lambda ring, token: f.ether(ring.a.mac, ring.o.mac, f.arp(2, ring.a.mac, ring.a.ip4, ring.o.mac, ring.o.ip4), token)),
    _out("ARP: probe", lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.arp(1, ring.a.mac, "0.0.0.0", "00:00:00:00:00:00", ring.a.ip4), token)),
    _out("ARP: announcement", lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.arp(1, ring.a.mac, ring.a.ip4, "00:00:00:00:00:00", ring.a.ip4), token)),
    _out("ARP: gratuitous reply", lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.arp(2, ring.a.mac, ring.a.ip4, f.BROADCAST, ring.a.ip4), token)),
    _in(
        "ARP: request for the guest",
        lambda ring, token: f.ether(ring.o.mac, f.BROADCAST, f.arp(1, ring.o.mac, ring.o.ip4, "00:00:00:00:00:00", ring.a.ip4), token),
    ),
    _out("RARP after a migration", lambda ring, token: f.rarp(ring.a.mac).ljust(60, b"\0") + token),
    _out6("ND: duplicate address detection", lambda ring: f.solicitation("::", f.link_local(ring.a.mac), None)),
    _out6("ND: detection with a nonce", lambda ring: f.solicitation("::", ring.a.ip6, None, nonce=True)),
    _out6("ND: solicitation", lambda ring: f.solicitation(ring.a.ip6, ring.o.ip6, ring.a.mac)),
    _out6("ND: solicitation without an option", lambda ring: f.solicitation(ring.a.ip6, ring.o.ip6, None)),
    _out6(
        "ND: unreachability detection",
        lambda ring: f.over6(f.link_local(ring.a.mac), f.link_local(ring.o.mac), f.solicitation(ring.a.ip6, f.link_local(ring.o.mac), None).payload),
    ),
    _out6("ND: advertisement without an option", lambda ring: f.advertisement(ring.a.ip6, ring.a.ip6, None, ring.o.ip6)),
    _out6("ND: solicited advertisement", lambda ring: f.advertisement(ring.a.ip6, ring.a.ip6, ring.a.mac, ring.o.ip6)),
    _out6("ND: unsolicited advertisement", lambda ring: f.advertisement(f.link_local(ring.a.mac), f.link_local(ring.a.mac), ring.a.mac)),
    _in(
        "ND: solicitation for the guest",
        lambda ring, token: f.ether(ring.o.mac, f.solicited(ring.a.ip6)[0], f.solicitation(ring.o.ip6, ring.a.ip6, ring.o.mac), token),
    ),
    _out6(
        "SLAAC: router solicitation",
        lambda ring: f.over6(f.link_local(ring.a.mac), "ff02::2", f.ICMPv6ND_RS(), f.ICMPv6NDOptSrcLLAddr(lladdr=ring.a.mac)),
        f.ALL_ROUTERS,
    ),
    _out6("SLAAC: router solicitation without an address", lambda ring: f.over6("::", "ff02::2", f.ICMPv6ND_RS()), f.ALL_ROUTERS),
    _in("SLAAC: advertisement of the router", _router_in),
    _out6("MLD: report without an address", _report(lambda ring: "::"), "33:33:00:00:00:16"),
    _out6("MLD: report", _report(lambda ring: f.link_local(ring.a.mac)), "33:33:00:00:00:16"),
    _out6("MLD: report of 70 groups", _report_of(70), "33:33:00:00:00:16"),
    _out6("MLD: report of version 1", _mld1(f.ICMPv6MLReport, "ff12::7"), "33:33:00:00:00:07"),
    _out6("MLD: done", _mld1(f.ICMPv6MLDone, "ff02::2"), f.ALL_ROUTERS),
    _out("IGMP: report", _joins(lambda ring: ring.a.ip4)),
    _out("IGMP: report without an address", _joins(lambda ring: "0.0.0.0")),
    _out("IGMP: report of version 2", _igmp2(0x16)),
    _out("IGMP: leave", _igmp2(0x17, "224.0.0.2")),
    _out("DHCP: discover", lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.request4(ring.a.mac), token)),
    _out("DHCP: request", lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.request4(ring.a.mac, "request"), token)),
    _out("DHCP: decline", lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.request4(ring.a.mac, "decline"), token)),
    _in("DHCP: offer by broadcast", lambda ring, token: f.ether(ring.o.mac, f.BROADCAST, f.offer(ring.o.ip4, ring.a.mac, ring.a.ip4), token)),
    _in("DHCP: offer by unicast", lambda ring, token: f.ether(ring.o.mac, ring.a.mac, f.offer(ring.o.ip4, ring.a.mac, ring.a.ip4), token)),
    _out("DHCP: renewal", _requests4("request")),
    _out("DHCP: rebinding", lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.request4(ring.a.mac, "request", ring.a.ip4), token)),
    _out("DHCP: inform", _requests4("inform")),
    _out("DHCP: release", _requests4("release")),
    _out("DHCP: discover of a firmware", lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.request4(ring.a.mac, secs=4), token)),
    _out("DHCP: answer by unicast asked for", lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.request4(ring.a.mac, flags=0, secs=0xFFFF), token)),
    _out(
        "DHCP: decline with its address",
        lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.request4(ring.a.mac, "decline", ring.a.ip4, ciaddr="0.0.0.0"), token),
    ),
    _out("DHCP: inform by broadcast", lambda ring, token: f.ether(ring.a.mac, f.BROADCAST, f.request4(ring.a.mac, "inform", ring.a.ip4), token)),
    _out(
        "DHCP: to a boot server",
        lambda ring, token: f.ether(ring.a.mac, ring.o.mac, f.request4(ring.a.mac, "request", ring.a.ip4, ring.o.ip4, (68, 4011)), token),
    ),
    *(
        _out(name, lambda ring, token, kind=kind: f.raw(f.control(ring.a.mac, ring.o.mac, kind), token))  # type: ignore[misc]
        for name, kind in (("PTP", 0x88F7), ("PPPoE: session", 0x8864), ("MACsec", 0x88E5), ("wake on LAN", 0x0842))
    ),
    *(
        _out(f"PPPoE: {name}", lambda ring, token, code=code: f.raw(f.control(ring.a.mac, f.BROADCAST, 0x8863, f.pppoe(code)), token))  # type: ignore[misc]
        for name, code in (("discovery", 0x09), ("request", 0x19), ("end", 0xA7))
    ),
    _in("PPPoE: offer", lambda ring, token: f.raw(f.control(ring.o.mac, ring.a.mac, 0x8863, f.pppoe(0x07)), token)),
    _out("IS-IS in a jumbo frame", lambda ring, token: f.raw(f.control(ring.a.mac, "09:00:2b:00:00:05", 0x8870, b"\xfe\xfe\3\x83"), token)),
    *(_out6(f"DHCPv6: {kind}", _request6(kind), "33:33:00:01:00:02") for kind in f.REQUESTS6),
    _in("DHCPv6: advertise", _advertise_in),
]
