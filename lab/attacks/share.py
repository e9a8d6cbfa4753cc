# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual address that the victim and the third guest share, as VRRP (RFC 5798) and CARP have it: it moves between them, and nobody else has it."""

from __future__ import annotations

from typing import Any

from . import frames as f
from . import shape as s
from .ring import ATTACKER, OUTSIDE, SHARED_IP4, SHARED_MAC, THIRD, VICTIM, Case, Ring
from .shape import case, frame

_NOBODY = "00:00:00:00:00:00"
# Version 3, type advertisement; virtual router 7, priority 100, one address, every second. And CARP, whose third byte is what a master fears less of.
_VERSION3 = b"\x31\x07\x64\x01\x00\x64"
_CARP = b"\x21\x07\x00\x07\x00\x01"


def advertisement(ring: Ring, name: str, token: bytes) -> bytes:
    """Of a master: from the virtual MAC address and its own IP address."""
    packet = f.IP(src=ring.arena[name].ip4, dst="224.0.0.18", ttl=255, proto=112) / f.Raw(_VERSION3 + b"\0\0" + bytes(map(int, SHARED_IP4.split("."))))
    return f.ether(SHARED_MAC, f.group_mac("224.0.0.18"), packet, token)


def _depose(ring: Ring, name: str, head: bytes = _VERSION3.replace(b"\x64\x01", b"\xff\x01"), **fields: Any) -> f.Packet:
    """From the own address: the master steps back for it, though nobody can reach the virtual address there."""
    body = f.Raw(head + b"\0\0" + bytes(map(int, SHARED_IP4.split("."))))
    return f.IP(src=ring.arena[name].ip4, dst="224.0.0.18", ttl=255, proto=112, **fields) / body


def _depose6(behind: int) -> s.PacketOf:
    """Over IPv6, behind so many destination options."""
    return lambda ring: _behind(ring, behind)


def _behind(ring: Ring, behind: int) -> f.Packet:
    packet = f.IPv6(src=f.link_local(ring.a.mac), dst="ff02::12", hlim=255, nh=60 if behind else 112)
    for number in range(behind):
        packet /= f.IPv6ExtHdrDestOpt(nh=112 if number == behind - 1 else 60, options=[f.PadN(optdata=b"\0" * 4)])
    return packet / f.Raw(b"\x31\x07\xff\x01\x00\x64\0\0" + bytes(16))


def announcement(token: bytes) -> bytes:
    """The gratuitous ARP of a new master (RFC 5798 section 8.1.2)."""
    return f.ether(SHARED_MAC, f.BROADCAST, f.arp(1, SHARED_MAC, SHARED_IP4, _NOBODY, SHARED_IP4), token)


def take_over(ring: Ring, name: str) -> None:
    """A station becomes the master."""
    ring.arena.send(name, announcement(ring.arena.token()), advertisement(ring, name, ring.arena.token()))


def reaches(ring: Ring, sender: str, receiver: str) -> bool:
    """Whether what a station sends to the virtual address is heard by another one."""
    return ring.carry(sender, receiver, lambda token: f.plain(ring.arena[sender].mac, SHARED_MAC, token))


def _steal(ring: Ring) -> bool:
    take_over(ring, VICTIM)
    ring.arena.send(ATTACKER, f.plain(SHARED_MAC, f.BROADCAST, ring.arena.token()))
    return reaches(ring, OUTSIDE, ATTACKER)


def _steal_by_link_local(ring: Ring) -> bool:
    """What a bridge learns before any rule sees it."""
    take_over(ring, VICTIM)
    ring.arena.send(ATTACKER, f.raw(f.lldp(SHARED_MAC, "01:80:c2:00:00:0e", 0x88CC), ring.arena.token()))
    return reaches(ring, OUTSIDE, ATTACKER)


def _claim(ring: Ring) -> bool:
    """The virtual IP address at the attacker's own MAC address."""
    return ring.strike(lambda token: f.ether(ring.a.mac, f.BROADCAST, f.arp(1, ring.a.mac, SHARED_IP4, _NOBODY, SHARED_IP4), token))


def _serve(ring: Ring, name: str, *senders: str) -> bool:
    take_over(ring, name)
    return all(reaches(ring, sender, name) for sender in senders)


def _fail_over(ring: Ring) -> bool:
    """Back and forth."""
    return all(_serve(ring, name, ATTACKER, OUTSIDE) for name in (VICTIM, THIRD, VICTIM))


CASES: list[Case] = [
    Case("shared address: forged", lambda ring: ring.strike(lambda token: f.plain(SHARED_MAC, ring.v.mac, token)), source="RFC 5798"),
    Case("shared address: stolen", _steal, source="RFC 5798"),
    Case("shared address: an advertisement of a master", lambda ring: ring.strike(lambda token: advertisement(ring, ATTACKER, token)), source="RFC 5798"),
    Case("shared address: claimed by ARP", _claim, source="RFC 5227"),
    *(
        case(f"shared address: its master deposed {how}", frame(packet_of, f.group_mac("224.0.0.18")), "RFC 5798")
        for how, packet_of in (
            ("from an own address", lambda ring: _depose(ring, ATTACKER)),
            ("by CARP", lambda ring: _depose(ring, ATTACKER, _CARP)),
            ("with IP options", s.with_options(lambda ring: _depose(ring, ATTACKER))),
            ("in a later fragment", lambda ring: _depose(ring, ATTACKER, frag=1)),
        )
    ),
    *(
        case(f"shared address: its master deposed over IPv6{how}", frame(_depose6(behind), "33:33:00:00:00:12"), "RFC 5798")
        for how, behind in (("", 0), (" behind an option", 1), (" behind two", 2))
    ),
    # Last, as a locked port that learns lets the address in from then on.
    Case("shared address: stolen by LLDP", _steal_by_link_local, source="bridge(8)"),
]
HONEST: list[Case] = [
    Case("VRRP: advertisement", lambda ring: ring.carry(VICTIM, OUTSIDE, lambda token: advertisement(ring, VICTIM, token))),
    Case("VRRP: advertisement to the standby", lambda ring: ring.carry(VICTIM, THIRD, lambda token: advertisement(ring, VICTIM, token))),
    Case(
        "VRRP: advertisement from the own address",
        lambda ring: ring.carry(VICTIM, THIRD, lambda token: f.ether(ring.v.mac, f.group_mac("224.0.0.18"), _depose(ring, VICTIM), token)),
    ),
    Case("VRRP: announcement of a new master", lambda ring: ring.carry(VICTIM, ATTACKER, announcement)),
    Case(
        "VRRP: from the virtual address",
        lambda ring: ring.carry(VICTIM, OUTSIDE, lambda token: f.ether(SHARED_MAC, ring.o.mac, f.IP(src=SHARED_IP4, dst=ring.o.ip4) / f.ICMP(), token)),
    ),
    Case("VRRP: fail-over", _fail_over),
    Case("VRRP: master beyond the uplink", lambda ring: _serve(ring, OUTSIDE, ATTACKER, VICTIM, THIRD)),
]
