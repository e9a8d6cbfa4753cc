# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks on the bridge itself: sniffing, forged and stolen MAC addresses, the forwarding database, control frames and tags."""

from __future__ import annotations

import struct
from typing import Callable, List

from . import frames as f
from .ring import ATTACKER, OUTSIDE, THIRD, Case, Ring

_FOREIGN = "02:00:5e:66:66:66"
# As many as the settings that bound the database allow, and some more.
_FLOOD = 600


def _sniff_unknown(ring: Ring) -> bool:
    return ring.carry(OUTSIDE, ATTACKER, lambda token: f.plain(ring.o.mac, "02:00:5e:00:99:99", token))


def _sniff_known(ring: Ring) -> bool:
    return ring.carry(OUTSIDE, ATTACKER, lambda token: f.plain(ring.o.mac, ring.v.mac, token))


def _sniff_between_guests(ring: Ring) -> bool:
    return ring.carry(THIRD, ATTACKER, lambda token: f.plain(ring.t.mac, ring.v.mac, token))


def _forge(mac_of: Callable[[Ring], str]) -> Callable[[Ring], bool]:
    return lambda ring: ring.strike(lambda token: f.plain(mac_of(ring), ring.v.mac, token))


def _forge_outside(ring: Ring) -> bool:
    return ring.carry(ATTACKER, OUTSIDE, lambda token: f.plain(_FOREIGN, ring.o.mac, token))


def _steal(ring: Ring) -> bool:
    """A frame from the victim's address makes a bridge that learns send the victim's frames here."""
    ring.arena.send(ATTACKER, f.plain(ring.v.mac, f.BROADCAST, ring.arena.token()))
    return ring.carry(OUTSIDE, ATTACKER, lambda token: f.plain(ring.o.mac, ring.v.mac, token))


def _authorise(destination: str, kind: int) -> Callable[[Ring], bool]:
    """One frame to a link-local address, which a locked port lets in and may learn from, then the forged one."""
    def run(ring: Ring) -> bool:
        forged = f"02:00:5e:77:{destination[-2:]}:{kind & 0xFF:02x}"
        ring.arena.send(ATTACKER, f.raw(f.lldp(forged, destination, kind), ring.arena.token()))
        return ring.strike(lambda token: f.plain(forged, ring.v.mac, token))
    return run


def _changed(ring: Ring) -> bool:
    """The guest gives itself another address, tells everybody, and waits for frames to it."""
    ring.arena.send(ATTACKER, f.plain("02:00:5e:55:55:55", f.BROADCAST, ring.arena.token()))
    return ring.carry(OUTSIDE, ATTACKER, lambda token: f.plain(ring.o.mac, "02:00:5e:55:55:55", token))


def _flood_database(ring: Ring) -> bool:
    """A database that is full learns nobody who comes later: that one's frames go to all ports."""
    late = "02:00:5e:44:44:44"
    addresses = [f"02:00:5f:{number >> 16 & 255:02x}:{number >> 8 & 255:02x}:{number & 255:02x}" for number in range(_FLOOD)]
    ring.arena.send(ATTACKER, *(f.plain(address, f.BROADCAST, b"") for address in addresses))
    ring.arena.send(OUTSIDE, f.plain(late, f.BROADCAST, ring.arena.token()))
    heard_late = ring.carry(THIRD, ATTACKER, lambda token: f.plain(ring.t.mac, late, token))
    ring.settle()
    return heard_late


def _bpdu(ring: Ring) -> bool:
    return ring.strike(lambda token: f.raw(f.bpdu(ring.a.mac), token))


def _bpdu_to_guest(ring: Ring) -> bool:
    return ring.strike(lambda token: f.raw(f.bpdu(ring.a.mac, f.BROADCAST), token))


def _pvst(ring: Ring) -> bool:
    return ring.strike(lambda token: f.raw(f.pvst(ring.a.mac), token))


def _tagged(*tags: "tuple[int, int]") -> Callable[[Ring], bool]:
    return lambda ring: ring.strike(lambda token: f.tagged(f.plain(ring.a.mac, ring.v.mac, token), *tags))


def _igmp_query(ring: Ring) -> bool:
    """Whoever queries becomes the port of a multicast router, and hears all groups."""
    body = struct.pack("!BBH4s", 0x11, 100, 0x1164 ^ 0xFFFF, b"\0" * 4)
    packet = f.IP(src=ring.a.ip4, dst="224.0.0.1", proto=2, ttl=1) / f.Raw(body)
    return ring.strike(lambda token: f.ether(ring.a.mac, "01:00:5e:00:00:01", packet, token))


CASES: List[Case] = [
    Case("sniff: unknown unicast", _sniff_unknown),
    Case("sniff: known unicast from outside", _sniff_known, "hub"),
    Case("sniff: known unicast between guests", _sniff_between_guests, "hub"),
    Case("sniff: after flooding the FDB", _flood_database, "limited"),
    Case("forge: random MAC", _forge(lambda ring: _FOREIGN)),
    Case("forge: random MAC to the outside", _forge_outside),
    Case("forge: a neighbour's MAC", _forge(lambda ring: ring.t.mac)),
    Case("forge: the bridge's MAC", _forge(lambda ring: ring.bridge_mac)),
    Case("forge: after LLDP", _authorise("01:80:c2:00:00:0e", 0x88CC), "locked", "bridge(8)"),
    Case("forge: after EAPOL", _authorise("01:80:c2:00:00:03", 0x888E), "locked", "bridge(8)"),
    Case("steal: a neighbour's MAC", _steal),
    Case("receive on a changed MAC", _changed),
    Case("BPDU", _bpdu),
    Case("BPDU to all guests", _bpdu_to_guest),
    Case("BPDU of PVST+", _pvst),
    Case("VLAN tag", _tagged((0x8100, 10))),
    Case("VLAN tag of 802.1ad", _tagged((0x88A8, 10))),
    Case("VLAN tag 0", _tagged((0x8100, 0))),
    Case("two VLAN tags", _tagged((0x8100, 1), (0x8100, 20))),
    Case("two VLAN tags of 802.1ad", _tagged((0x88A8, 1), (0x8100, 20))),
    Case("VLAN tag 0x9100", _tagged((0x9100, 10))),
    Case("IGMP query", _igmp_query, source="RFC 4541"),
]
