# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks on the bridge itself: sniffing, forged and stolen MAC addresses, the forwarding database, control frames and tags."""

from __future__ import annotations

import time
from typing import Callable

from . import frames as f
from .ring import ATTACKER, OUTSIDE, THIRD, VICTIM, Case, Ring

_FOREIGN = "02:00:5e:66:66:66"
# As many as the settings that bound the database allow, and some more.
_FLOOD = 600
# A group that the victim joins and nobody else.
_GROUP = "239.192.7.7"
# A bridge believes a querier a tenth of a second after its first query; one that has not by then floods multicast to everybody.
_SECONDS = 2.0


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


def _steal_router(ring: Ring) -> bool:
    """The same with the address of the router beyond the uplink, for the victim's frames to it."""
    ring.arena.send(ATTACKER, f.plain(ring.o.mac, f.BROADCAST, ring.arena.token()))
    return ring.carry(VICTIM, ATTACKER, lambda token: f.plain(ring.v.mac, ring.o.mac, token))


def hears_group(ring: Ring, name: str) -> bool:
    """Whether a station hears what is sent to the group that the victim has joined."""
    packet = f.IP(src=ring.o.ip4, dst=_GROUP, ttl=1) / f.UDP(sport=7000, dport=7000)
    return ring.carry(OUTSIDE, name, lambda token: f.ether(ring.o.mac, f.group_mac(_GROUP), packet, token))


def snoop(ring: Ring) -> None:
    """A querier outside and a member let a bridge that snoops send the group to the member only."""
    deadline = time.monotonic() + (_SECONDS if ring.snoops else 0)
    while ring.snoops:
        for sender, packet in ((OUTSIDE, f.igmp(ring.o.ip4, 0x11, "0.0.0.0", "224.0.0.1", code=1)), (VICTIM, f.igmp(ring.v.ip4, 0x16, _GROUP))):
            ring.arena.send(sender, f.ether(ring.arena[sender].mac, f.group_mac(str(packet.dst)), packet, ring.arena.token()))
        if not hears_group(ring, THIRD):
            return
        ring.snoops = time.monotonic() < deadline


def claim_router(ring: Ring, hello: f.Packet) -> None:
    """Says that there is a multicast router behind the attacker's port."""
    ring.arena.send(ATTACKER, f.ether(ring.a.mac, f.group_mac(str(hello.dst)), hello, ring.arena.token()))


def _sniff_group(hello_of: Callable[[Ring], f.Packet]) -> Callable[[Ring], bool]:
    """The port of a multicast router hears every group. Where everybody does, as the bridge does not snoop, nothing is gained."""

    def run(ring: Ring) -> bool:
        snoop(ring)
        claim_router(ring, hello_of(ring))
        return hears_group(ring, ATTACKER) and not hears_group(ring, THIRD)

    return run


HELLOS: dict[str, Callable[[Ring], f.Packet]] = {
    "PIM hello": lambda ring: f.pim_hello(ring.a.ip4),
    "multicast router advertisement": lambda ring: f.igmp(ring.a.ip4, 0x30, "0.0.0.0", "224.0.0.106"),
    "IGMP query": lambda ring: f.igmp(ring.a.ip4, 0x11, "0.0.0.0", "224.0.0.1", code=1),
}


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


def _bpdu_in_type(ring: Ring) -> bool:
    """To the address of a neighbour, as all that takes LLC out of this type looks at is LLC."""
    return ring.strike(lambda token: f.in_llc_type(f.raw(f.bpdu(ring.a.mac, ring.v.mac), token)))


def _pvst(ring: Ring) -> bool:
    return ring.strike(lambda token: f.raw(f.pvst(ring.a.mac), token))


def _bpdu_tunnelled(ring: Ring) -> bool:
    """A switch takes it out again where the tunnel ends."""
    return ring.strike(lambda token: f.raw(f.bpdu(ring.a.mac, "01:00:0c:cd:cd:d0"), token))


def _gvrp(ring: Ring) -> bool:
    packet = f.Dot3(src=ring.a.mac, dst="01:80:c2:00:00:21") / f.LLC(dsap=0x42, ssap=0x42, ctrl=3) / f.Raw(b"\0\x01\x01\x04\x02\0\x14\0\0")
    return ring.strike(lambda token: f.raw(packet, token))


def _mvrp(ring: Ring) -> bool:
    packet = f.Ether(src=ring.a.mac, dst="01:80:c2:00:00:21", type=0x88F5) / f.Raw(b"\0\x01\x02\0\x01\0\x14\x24\0\0\0\0")
    return ring.strike(lambda token: f.raw(packet, token))


def _cisco(protocol: int, dst: str = "01:00:0c:cc:cc:cc") -> Callable[[Ring], bool]:
    return lambda ring: ring.strike(lambda token: f.raw(f.cisco(ring.a.mac, dst, protocol, b"\x01\0\x02\0\x05\x03"), token))


# Who decides over ports, rings and paths beside STP: destination and EtherType.
_CONTROL = {
    "ring control: G.8032": ("01:19:a7:00:00:01", 0x8902, "ITU-T G.8032"),
    "ring control: MRP": ("01:15:4e:00:00:01", 0x88E3, "IEC 62439-2"),
    "ring control: PRP and HSR supervision": ("01:15:4e:00:01:00", 0x88FB, "IEC 62439-3"),
    "ring control: DLR": ("01:21:6c:00:00:01", 0x80E1, "ODVA DLR"),
    "path control: TRILL hello": ("01:80:c2:00:00:41", 0x22F4, "RFC 6325"),
    "path control: TRILL data": ("01:80:c2:00:00:40", 0x22F3, "RFC 6325"),
    "path control: connectivity fault management": ("01:80:c2:00:00:30", 0x8902, "IEEE 802.1Q clause 20"),
}
# What is between two ends of one cable, under its EtherType to a neighbour's own address: receivers go by the type (bond_3ad_lacpdu_recv of Linux).
_CABLE = {
    "pause": (0x8808, "IEEE 802.3 annex 31B"),
    "LACP": (0x8809, "bond_3ad_lacpdu_recv"),
    "LLDP": (0x88CC, "IEEE 802.1AB"),
    "EAPOL": (0x888E, "IEEE 802.1X"),
    "edge control": (0x8940, "IEEE 802.1Q clause 43"),
    "stream reservation": (0x22EA, "IEEE 802.1Q clause 35"),
    "FabricPath": (0x8903, "Cisco"),
    "Realtek's remote control": (0x8899, "RRCP"),
    "configuration test": (0x9000, "Ethernet 2.0 section 8"),
    "MVRP": (0x88F5, "IEEE 802.1Q clause 11"),
    "MMRP": (0x88F6, "IEEE 802.1Q clause 10.12"),
    "MIRP": (0x8929, "IEEE 802.1Qbe"),
    "congestion notification": (0x22E7, "IEEE 802.1Q clause 33"),
}


def _on_cable(kind: int) -> Callable[[Ring], bool]:
    return lambda ring: ring.strike(lambda token: f.raw(f.control(ring.a.mac, ring.v.mac, kind), token))


def _controls(dst: str, kind: int) -> Callable[[Ring], bool]:
    return lambda ring: ring.strike(lambda token: f.raw(f.control(ring.a.mac, dst, kind), token))


def _mmrp(ring: Ring) -> bool:
    return ring.strike(lambda token: f.raw(f.control(ring.a.mac, "01:80:c2:00:00:20", 0x88F6), token))


def _shim(kind: int, header: bytes) -> Callable[[Ring], bool]:
    """Around an ARP reply for the third guest: whoever takes the shim off takes that, too."""

    def run(ring: Ring) -> bool:
        packet = f.arp(2, ring.a.mac, ring.t.ip4, ring.v.mac, ring.v.ip4)
        return ring.strike(lambda token: f.shimmed(f.ether(ring.a.mac, ring.v.mac, packet, token), kind, header))

    return run


def _into_host(last: int) -> Callable[[Ring], bool]:
    """The bridge forwards none of these addresses (IEEE 802.1Q table 8-1), and leaves them to the stack of the host behind the port."""
    return lambda ring: ring.enter(lambda token: f.plain(ring.a.mac, f"01:80:c2:00:00:{last:02x}", token))


def _tagged(*tags: tuple[int, int]) -> Callable[[Ring], bool]:
    return lambda ring: ring.strike(lambda token: f.tagged(f.plain(ring.a.mac, ring.v.mac, token), *tags))


CASES: list[Case] = [
    Case("sniff: unknown unicast", _sniff_unknown),
    Case("sniff: known unicast from outside", _sniff_known, "hub"),
    Case("sniff: known unicast between guests", _sniff_between_guests, "hub"),
    Case("sniff: after flooding the FDB", _flood_database, "limited"),
    *(Case(f"sniff: a group after {name}", _sniff_group(hello), source="RFC 4541") for name, hello in HELLOS.items()),
    Case("forge: random MAC", _forge(lambda ring: _FOREIGN)),
    Case("forge: random MAC to the outside", _forge_outside),
    Case("forge: a neighbour's MAC", _forge(lambda ring: ring.t.mac)),
    Case("forge: the bridge's MAC", _forge(lambda ring: ring.bridge_mac)),
    Case("forge: after LLDP", _authorise("01:80:c2:00:00:0e", 0x88CC), "locked", "bridge(8)"),
    Case("forge: after EAPOL", _authorise("01:80:c2:00:00:03", 0x888E), "locked", "bridge(8)"),
    Case("steal: a neighbour's MAC", _steal),
    Case("steal: the router's MAC", _steal_router),
    Case("receive on a changed MAC", _changed),
    Case("BPDU", _bpdu),
    Case("BPDU to all guests", _bpdu_to_guest),
    Case("BPDU of PVST+", _pvst),
    Case("BPDU through a tunnel of Cisco", _bpdu_tunnelled),
    Case("BPDU in LLC behind an EtherType", _bpdu_in_type, source="IEEE 802.1AC-2016/Cor 1"),
    Case("VLAN registration: GVRP", _gvrp),
    Case("VLAN registration: MVRP", _mvrp),
    Case("registration of groups: MMRP", _mmrp, source="IEEE 802.1Q clause 10.12"),
    *(Case(name, _controls(dst, kind), source=source) for name, (dst, kind, source) in _CONTROL.items()),
    *(Case(f"link control to a neighbour: {name}", _on_cable(kind), source=source) for name, (kind, source) in _CABLE.items()),
    Case(
        "link control to a neighbour: LACP in LLC/SNAP",
        lambda ring: ring.strike(lambda token: f.snapped(f.raw(f.control(ring.a.mac, ring.v.mac, 0x8809), token))),
        source="CVE-2021-27854",
    ),
    Case(
        "link control to a neighbour: LACP in VLAN 0",
        lambda ring: ring.strike(lambda token: f.tagged(f.raw(f.control(ring.a.mac, ring.v.mac, 0x8809), token), (0x8100, 0))),
        source="CVE-2021-27853",
    ),
    Case("VLAN trunk: DTP", _cisco(0x2004)),
    Case("VLAN trunk: VTP", _cisco(0x2003)),
    *(Case(f"into the host's stack: 01:80:c2:00:00:{last:02x}", _into_host(last), source="br_handle_frame") for last in (0x02, 0x03, 0x0D, 0x0E, 0x0F)),
    Case("VLAN tag", _tagged((0x8100, 10))),
    Case("VLAN tag of 802.1ad", _tagged((0x88A8, 10))),
    Case("VLAN tag 0", _tagged((0x8100, 0))),
    Case("two VLAN tags", _tagged((0x8100, 1), (0x8100, 20))),
    Case("two VLAN tags of 802.1ad", _tagged((0x88A8, 1), (0x8100, 20))),
    Case("VLAN tag 0x9100", _tagged((0x9100, 10))),
    Case("VLAN tag of 802.1ah", _tagged((0x88E7, 10))),
    Case("VLAN tag of 802.1BR", _tagged((0x893F, 10))),
    Case("tag of 802.1CB", _shim(0xF1C1, b"\0" * 4), source="IEEE 802.1CB clause 7.8"),
    Case("tag of HSR", _shim(0x892F, b"\0" * 4), source="IEC 62439-3"),
    Case("tag of TrustSec", _shim(0x8909, b"\1\1\0\1\0\0"), source="Cisco meta data"),
    Case("tag of congestion notification", _shim(0x22E9, b"\0\1"), source="IEEE 802.1Q clause 33"),
    Case("label of MPLS", _shim(0x8847, b"\0\0\x21\x40"), source="RFC 3032"),
    Case("label of MPLS for multicast", _shim(0x8848, b"\0\0\x21\x40"), source="RFC 5332"),
    Case("header of NSH", _shim(0x894F, b"\x0f\xc2\2\1\0\0\0\xff"), source="RFC 8300"),
    Case("Ethernet in Ethernet", _shim(0x6558, b""), source="RFC 1701"),
]
