# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who stands where, and what an attack or an honest flow is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Sequence, Union

from . import frames as f
from .arena import HOST, Arena, Station

# Frames with a token; more than one where a packet is cut.
Build = Callable[[bytes], Union[bytes, Sequence[bytes]]]
ATTACKER, VICTIM, THIRD, OUTSIDE = "attacker", "victim", "third", "outside"
# Of virtual router 7, which the victim and the third guest are (RFC 5798 section 7.3).
SHARED_MAC, SHARED_IP4 = "00:00:5e:00:01:07", "203.0.113.7"


class Ring:
    """An arena with roles: three guests of one bridge and a host beyond its uplink."""

    def __init__(self, arena: Arena, bridge_mac: str) -> None:
        self.arena = arena
        self.bridge_mac = bridge_mac
        # Until a bridge is seen to flood groups that somebody has joined.
        self.snoops = True

    @property
    def a(self) -> Station:
        """The attacker, or the guest whose honest traffic is looked at."""
        return self.arena[ATTACKER]

    @property
    def v(self) -> Station:
        """The victim."""
        return self.arena[VICTIM]

    @property
    def t(self) -> Station:
        """A third guest, whose addresses are borrowed."""
        return self.arena[THIRD]

    @property
    def o(self) -> Station:
        """The host beyond the uplink: router and DHCP server."""
        return self.arena[OUTSIDE]

    def settle(self) -> None:
        """Everybody says something, so that a bridge that learns knows where everybody is."""
        for name in (ATTACKER, VICTIM, THIRD, OUTSIDE):
            station = self.arena[name]
            self.arena.send(name, f.plain(station.mac, f.BROADCAST, self.arena.token()))

    def carry(self, sender: str, receiver: str, build: Build) -> bool:
        """Whether the frames that C(build) makes with a token all arrive."""
        token = self.arena.token()
        made = build(token)
        return self.arena.passes(sender, receiver, [made] if isinstance(made, bytes) else list(made), token)

    def enter(self, build: Build) -> bool:
        """From the attacker into the host's own stack."""
        return self.carry(ATTACKER, HOST, build)

    def strike(self, build: Build) -> bool:
        """From the attacker to the victim."""
        return self.carry(ATTACKER, VICTIM, build)


@dataclass(frozen=True)
class Case:
    """One attack, true if it gets through, or one honest flow, true if it works."""

    name: str
    run: Callable[[Ring], bool]
    # The setting (see matrix.SETTINGS) in which an attack is shown to get through; the first that it needs.
    shown_in: str = "default"
    source: str = ""
