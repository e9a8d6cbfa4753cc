# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checksums that a guest leaves to the host, to be written elsewhere than into its own header: two bytes of its choice behind all rules.

skb_partial_csum_set (net/core/skbuff.c) asks that the place lies in the frame, and skb_checksum_help (net/core/dev.c) writes there. And packets that the host
is to cut into datagrams, of which a rule sees the first (__udp_gso_segment, net/ipv4/udp_offload.c).
"""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import Callable, NamedTuple

from scapy.layers.inet import TCP

from . import frames as f
from .ring import ATTACKER, VICTIM, Case, Ring

_ETHERNET, _IP4, _IP6, _UDP = 14, 20, 40, 8
_SOURCE = "skb_checksum_help, net/core/dev.c"


class Rewritten(NamedTuple):
    """A frame that all guards let pass, and what two of its bytes are to become."""

    build: Callable[[Ring, bytes], bytes]
    place: int
    value: Callable[[Ring], bytes]


def _sum(data: bytes) -> int:
    total: int = sum(word for (word,) in struct.iter_unpack("!H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def _aimed(frame: bytes, start: int, value: int) -> bytes:
    """With last two bytes, which are 0 before, by which the sum from C(start) on becomes C(value)."""
    assert frame.endswith(b"\0\0") and (len(frame) - start) % 2 == 0
    return frame[:-2] + struct.pack("!H", (-value - _sum(frame[start:])) % 0xFFFF)


def _within(ring: Ring, packet: f.Packet, token: bytes) -> bytes:
    """The token within the packet: a bridge that calls iptables cuts what is behind it."""

    def made(tail: int) -> bytes:
        return bytes(f.Ether(src=ring.a.mac, dst=ring.v.mac) / packet / f.Raw(token + b"\0" * tail))

    return made(2 + len(made(2)) % 2)


def _attack(name: str, what: Rewritten) -> Case:
    def run(ring: Ring) -> bool:
        value = what.value(ring)
        frame = _aimed(what.build(ring, ring.arena.token()), what.place, int.from_bytes(value, "big"))
        return ring.arena.arrives_as(ATTACKER, VICTIM, frame, (what.place, 0), frame[: what.place] + value + frame[what.place + 2 :])

    return Case(f"rewritten: {name}", run, source=_SOURCE)


def _arp(ring: Ring, token: bytes) -> bytes:
    return _within(ring, f.arp(1, ring.a.mac, ring.a.ip4, "00:00:00:00:00:00", ring.v.ip4), token)


def _udp4(ring: Ring, token: bytes) -> bytes:
    return _within(ring, f.IP(src=ring.a.ip4, dst=ring.v.ip4) / f.UDP(sport=7000, dport=7001), token)


def _udp6(ring: Ring, token: bytes) -> bytes:
    return _within(ring, f.IPv6(src=ring.a.ip6, dst=ring.v.ip6) / f.UDP(sport=7000, dport=7001), token)


def _request(ring: Ring, token: bytes) -> bytes:
    return _within(ring, f.request4(ring.a.mac, "request", ring.a.ip4, ring.v.ip4), token)


def _echo6(ring: Ring, token: bytes) -> bytes:
    return _within(ring, f.IPv6(src=ring.a.ip6, dst=ring.v.ip6) / f.ICMPv6EchoRequest(), token)


def _last(address: Callable[[Ring], str]) -> Callable[[Ring], bytes]:
    """The last two bytes of an IPv4 address, and of one of IPv6 that ends in a number."""

    def run(ring: Ring) -> bytes:
        text = address(ring)
        return int(text.rpartition(":")[2], 16).to_bytes(2, "big") if ":" in text else bytes(int(part) for part in text.split(".")[2:])

    return run


def _port(number: int) -> Callable[[Ring], bytes]:
    return lambda ring: number.to_bytes(2, "big")


def _cut(name: str, head: Callable[[Ring], f.Packet], sport: int, dport: int, payloads: Callable[[Ring, bytes], list[bytes]]) -> Case:
    """Two datagrams in one packet: whether the second one arrives as a frame of its own. C(head) is IP."""

    def run(ring: Ring) -> bool:
        messages = payloads(ring, ring.arena.token())
        size = max(map(len, messages))
        first, second = (message.ljust(size, b"\0") for message in messages)
        link, packet = f.Ether(src=ring.a.mac, dst=ring.v.mac), head(ring)
        frame = bytes(link / packet / f.UDP(sport=sport, dport=dport, chksum=_of_addresses(packet, _UDP + 2 * size)) / f.Raw(first + second))
        if isinstance(packet, f.IP):
            # Each next one has the next number.
            packet.id += 1
        wanted = bytes(link / packet / f.UDP(sport=sport, dport=dport) / f.Raw(second))
        start = len(wanted) - size - _UDP
        return ring.arena.arrives_as(ATTACKER, VICTIM, frame, (start, 6), wanted, size)

    return Case(name, run, source="__udp_gso_segment, net/ipv4/udp_offload.c")


def _of_addresses(packet: f.Packet, size: int) -> int:
    """The part of a sum that stands for IP, which is there already in what is left to the host (RFC 768, RFC 8200 section 8.1)."""
    return _sum(b"".join(ip_address(each).packed for each in (packet.src, packet.dst)) + struct.pack("!HH", 17, size))


def _own4(ring: Ring) -> f.Packet:
    return f.IP(src=ring.a.ip4, dst=ring.v.ip4)


def _own6(ring: Ring) -> f.Packet:
    return f.IPv6(src=ring.a.ip6, dst=ring.v.ip6)


def _message(packet: f.Packet) -> bytes:
    return bytes(packet[f.UDP].payload)


def _two_requests(ring: Ring, token: bytes) -> list[bytes]:
    """The own one, and the neighbour's release."""
    own, other = f.request4(ring.a.mac, "request", ring.a.ip4, ring.v.ip4), f.request4(ring.t.mac, "release", ring.t.ip4, ring.v.ip4)
    return [_message(own), _message(other) + token]


def _request_and_reply(ring: Ring, token: bytes) -> list[bytes]:
    """What a client sends, and what a relay passes on to another one."""
    return [_message(f.request6(ring.a.ip6, ring.a.mac)), _message(f.relay_reply6(ring.a.ip6, ring.v.ip6, f.link_local(ring.t.mac))) + token]


CASES: list[Case] = [
    _attack("the sender of an ARP request", Rewritten(_arp, _ETHERNET + 16, _last(lambda ring: ring.t.ip4))),
    _attack("the sender's MAC in an ARP request", Rewritten(_arp, _ETHERNET + 12, lambda ring: bytes.fromhex(ring.t.mac.replace(":", ""))[4:])),
    _attack("an ARP request becomes a reply", Rewritten(_arp, _ETHERNET + 6, _port(2))),
    _attack("the source of an IPv4 packet", Rewritten(_udp4, _ETHERNET + 14, _last(lambda ring: ring.t.ip4))),
    _attack("the source of an IPv6 packet", Rewritten(_udp6, _ETHERNET + 22, _last(lambda ring: ring.t.ip6))),
    _attack("a port of UDP becomes a DHCP server's", Rewritten(_udp4, _ETHERNET + _IP4, _port(67))),
    _attack("a port of UDP becomes a DHCPv6 server's", Rewritten(_udp6, _ETHERNET + _IP6, _port(547))),
    _attack("the client of a DHCP request", Rewritten(_request, _ETHERNET + _IP4 + _UDP + 32, lambda ring: bytes.fromhex(ring.t.mac.replace(":", ""))[4:])),
    _attack("an echo of ICMPv6 becomes a router advertisement", Rewritten(_echo6, _ETHERNET + _IP6, lambda ring: b"\x86\0")),
    _cut("rewritten: a second DHCP request is cut off the first", _own4, 68, 67, _two_requests),
    _cut("rewritten: a DHCPv6 reply to a relay is cut off a request", _own6, 546, 547, _request_and_reply),
]


def _finished(name: str, packet_of: Callable[[Ring], f.Packet], start: int, offset: int) -> Case:
    """An honest sum, left to the host: the receiver finds it where it belongs."""

    def run(ring: Ring) -> bool:
        frame = _within(ring, packet_of(ring), ring.arena.token())
        wanted = struct.pack("!H", ~_sum(frame[start:]) & 0xFFFF)
        return ring.arena.arrives_as(ATTACKER, VICTIM, frame, (start, offset), frame[: start + offset] + wanted + frame[start + offset + 2 :])

    return Case(f"checksum left to the host: {name}", run)


def _vxlan(ring: Ring) -> f.Packet:
    inner = f.Ether(src=ring.a.mac, dst=ring.v.mac) / f.IP(src="198.51.100.1", dst="198.51.100.2") / TCP(sport=7000, dport=7001)
    return f.IP(src=ring.a.ip4, dst=ring.v.ip4) / f.UDP(sport=7000, dport=4789) / f.Raw(b"\x08\0\0\0\0\0\7\0" + bytes(inner))


HONEST: list[Case] = [
    _finished("TCP over IPv4", lambda ring: f.IP(src=ring.a.ip4, dst=ring.v.ip4) / TCP(sport=7000, dport=7001), _ETHERNET + _IP4, 16),
    _finished("UDP over IPv4", lambda ring: f.IP(src=ring.a.ip4, dst=ring.v.ip4) / f.UDP(sport=7000, dport=7001), _ETHERNET + _IP4, 6),
    _finished("TCP over IPv6", lambda ring: f.IPv6(src=ring.a.ip6, dst=ring.v.ip6) / TCP(sport=7000, dport=7001), _ETHERNET + _IP6, 16),
    _finished("TCP within VXLAN", _vxlan, 2 * (_ETHERNET + _IP4) + 2 * _UDP, 16),
    *(
        _cut(f"datagrams that the host cuts: UDP over {name}", head, 7000, 7001, lambda ring, token: [bytes(40), token + b"1"])
        for name, head in (("IPv4", _own4), ("IPv6", _own6))
    ),
]
