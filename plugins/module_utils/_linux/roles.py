# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What hangs on a port, by what the kernel says of the device. Pure.

A name is chosen by whoever makes the device, so it can make a port a guest's and never an uplink. What nothing is known of is judged like a guest.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Callable, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import LinkFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Observed
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.normalize import is_glob

GUEST, UPLINK, COUPLING, HOST, UNKNOWN = "guest", "uplink", "coupling", "host", "unknown"
ROLES = (GUEST, UPLINK, COUPLING, HOST, UNKNOWN)
# Those that are judged like guests.
JUDGED = frozenset((GUEST, UNKNOWN))
# libvirt and QEMU, Proxmox's firewall bridges.
GUEST_NAMES = ("vnet*", "tap*", "macvtap*", "fwpr*")

_TUNNELS = frozenset(("vxlan", "geneve", "gretap", "ip6gretap", "erspan", "ip6erspan", "batadv", "bareudp"))
# Devices on one lower device, through which all of their frames go.
_STACKED = frozenset(("vlan", "macvlan", "ipvlan", "macsec", "hsr"))
# Cards of guests on a lower device (drivers/net/macvtap.c, drivers/net/ipvlan/ipvtap.c).
TAPS = ("macvtap", "ipvtap")
_BUNDLES = frozenset(("bond", "team"))
_PAIRS = frozenset(("veth", "netkit"))
_SWITCHES = frozenset(("bridge", "openvswitch"))
# netback, the host's end of a Xen guest's card.
_GUEST_BUSES = frozenset(("xen-backend",))
# How a card in switchdev mode names the host's ends of functions that guests have (devlink_port_fn_*, net/devlink/port.c).
_REPRESENTOR = re.compile(r"^(c\d+)?pf\d+(vf|sf)\d+")

Links = Mapping[str, LinkFacts]


class Role(NamedTuple):
    """What a port is taken for, and why."""

    role: str
    reason: str


class Roles:
    """The roles of the ports of a host."""

    def __init__(self, links: Links, guests: Sequence[str] = GUEST_NAMES, uplinks: Sequence[str] = ()) -> None:
        self._links = links
        self._guests = guests
        self._uplinks = uplinks
        # By lower device and by master, as a veth's other end may bear a macvtap device and a bond has members.
        self._above: dict[str, list[str]] = {}
        self._members: dict[str, list[str]] = {}
        for name, facts in sorted(links.items()):
            if facts.lower and facts.kind not in _PAIRS:
                self._above.setdefault(facts.lower, []).append(name)
            if facts.master:
                self._members.setdefault(facts.master, []).append(name)

    def of(self, name: str) -> Role:
        """What the user says goes before what the kernel says, and a name only adds guests."""
        return settle(name, self._told(name, frozenset()), self._guests, self._uplinks)

    def _told(self, name: str, seen: frozenset[str]) -> Role:
        facts = self._links.get(name)
        if facts is None or name in seen:
            return Role(UNKNOWN, "nothing is known of the device")
        ways: dict[str, Callable[[str, LinkFacts, frozenset[str]], Role]] = {
            "tap": self._tap,
            "": self._hardware,
            **dict.fromkeys(_PAIRS, self._pair),
            **dict.fromkeys(_STACKED, self._stacked),
            **dict.fromkeys(_BUNDLES, self._bundle),
        }
        if facts.kind in ways:
            return ways[facts.kind](name, facts, seen | {name})
        if facts.kind in ("tun", *TAPS):
            return Role(GUEST, f"{facts.kind} device")
        if facts.kind in _TUNNELS:
            return Role(UPLINK, f"tunnel ({facts.kind})")
        if facts.kind in _SWITCHES:
            return Role(COUPLING, f"device of another switch ({facts.kind})")
        if facts.kind == "dummy":
            return Role(HOST, "dummy device, which sends nothing and on which nobody hears")
        return Role(UNKNOWN, f"nothing is known of devices of the kind {facts.kind}")

    def _tap(self, name: str, facts: LinkFacts, seen: frozenset[str]) -> Role:
        """libvirt before 5.9 gave each of its bridges a tap, virbr0-nic, that is never up and only keeps the bridge's address.

        A guest's tap is down too before the guest starts, and a bridge without an address of its own bears the lowest of its ports'.
        """
        master = self._links.get(facts.master)
        idle = not facts.up and not facts.running
        if master is not None and idle and name == f"{facts.master}-nic" and facts.address and facts.address == master.address:
            return Role(HOST, f"tap device that is down and bears the address of {facts.master}, which it only keeps for the bridge")
        return Role(GUEST, "tap device")

    def _hardware(self, name: str, facts: LinkFacts, seen: frozenset[str]) -> Role:
        if facts.bus in _GUEST_BUSES:
            return Role(GUEST, f"the host's end of a guest's card ({facts.bus})")
        if _REPRESENTOR.match(facts.port_name):
            return Role(GUEST, f"stands for a function of the network card that a guest has ({facts.port_name})")
        if facts.bus:
            return Role(UPLINK, f"network card ({facts.bus})")
        return Role(UNKNOWN, "neither of a kind nor of hardware, as VMware's vmnet adapters are")

    def _pair(self, name: str, facts: LinkFacts, seen: frozenset[str]) -> Role:
        if facts.elsewhere:
            return Role(GUEST, f"{facts.kind} device whose other end is in another network namespace, as a container's is")
        peer = self._links.get(facts.lower)
        if peer is None:
            return Role(UNKNOWN, f"{facts.kind} device whose other end can't be seen")
        if peer.master:
            return Role(COUPLING, f"{facts.kind} device whose other end, {facts.lower}, is a port of {peer.master}")
        above = self._above.get(facts.lower, [])
        taps = [each for each in above if self._links[each].kind in TAPS]
        if taps:
            return Role(GUEST, f"{facts.kind} device on whose other end, {facts.lower}, hangs a guest's card, {', '.join(taps)}")
        if above:
            return Role(COUPLING, f"{facts.kind} device on whose other end, {facts.lower}, hangs {', '.join(above)}")
        if peer.counter:
            return Role(UNKNOWN, f"{facts.kind} device whose other end, {facts.lower}, is promiscuous: another switch has it, or somebody listens")
        return Role(HOST, f"{facts.kind} device whose other end, {facts.lower}, is the host's own")

    def _stacked(self, name: str, facts: LinkFacts, seen: frozenset[str]) -> Role:
        if not facts.lower:
            return Role(UNKNOWN, f"{facts.kind} device on a device of another network namespace")
        lower = self._links.get(facts.lower)
        if lower is not None and lower.kind in _SWITCHES:
            return Role(COUPLING, f"{facts.kind} device on the switch {facts.lower}")
        below = self._told(facts.lower, seen)
        return Role(below.role, f"{facts.kind} device on {facts.lower} ({below.reason})")

    def _bundle(self, name: str, facts: LinkFacts, seen: frozenset[str]) -> Role:
        """It is what the worst of its members is."""
        members = self._members.get(name, [])
        if not members:
            return Role(UPLINK, f"{facts.kind} without members")
        roles = {each: self._told(each, seen) for each in members}
        worst = min(members, key=lambda each: ROLES.index(roles[each].role) if roles[each].role != UNKNOWN else 0)
        return Role(roles[worst].role, f"{facts.kind} of {', '.join(members)} ({worst}: {roles[worst].reason})")


def ports_of_others(what: str, patterns: Sequence[str], names: Sequence[str], observed: Observed) -> tuple[str, ...]:
    """The warning for ports that a pattern selects and that are no guest's, whoever names them means it. C(what) is the option that has the patterns."""
    roles = Roles(observed.facts["links"])
    found = {name: roles.of(name) for name in names if name not in patterns}
    others = [f"{name} ({role.reason})" for name, role in found.items() if role.role in (UPLINK, COUPLING)]
    if not others:
        return ()
    globs = ", ".join(pattern for pattern in patterns if is_glob(pattern))
    return (f"{what}: {globs} takes {few(others)}, which no guest hangs on; make the pattern narrower, or name the port if it is meant.",)


def settle(name: str, told: Role, guests: Sequence[str], uplinks: Sequence[str]) -> Role:
    """The role with what the user says of names."""
    for pattern in uplinks:
        if fnmatchcase(name, pattern):
            return Role(UPLINK, f"declared by {pattern} in uplink_patterns; {told.reason}")
    for pattern in guests if told.role != GUEST else ():
        if fnmatchcase(name, pattern):
            return Role(GUEST, f"named {pattern}; {told.reason}")
    return told
