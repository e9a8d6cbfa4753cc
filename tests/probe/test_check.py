# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole checks on real bridges: the verdict is right, and the module heard what was on the wire."""

from __future__ import annotations

import itertools

from ..netns.conftest import bridge, ip
from .lan import Lan, flows

ALL = set(itertools.permutations(("g1", "g2", "g3"), 2))


def test_a_default_bridge(lan: Lan) -> None:
    """It floods what it does not know and lets anybody forge. That, and nothing else, is found."""
    verdict, heard, seen = lan.check()
    assert flows(verdict) == {"unknown_unicast": ALL, "forged_source": ALL}
    assert heard == seen and all(sum(pairs.values()) for pairs in heard.values())
    assert len(verdict["violations"]) == 12
    assert "g2 heard 3 of 3 frames that g1 sent to an address that nobody has: unknown unicast is flooded to it." in verdict["violations"]


def test_a_hub(lan: Lan) -> None:
    """Everybody hears everything."""
    ip("link set br0 type bridge ageing_time 0")
    verdict, heard, seen = lan.check()
    assert flows(verdict) == {"unicast_to_others": ALL, "unknown_unicast": ALL, "forged_source": ALL} and heard == seen


def test_a_hardened_bridge(lan: Lan) -> None:
    """Nothing is found, and what must pass did."""
    lan.harden("g1", "g2", "g3")
    verdict, heard, seen = lan.check()
    assert verdict["violations"] == [] and heard == seen
    for name, mac in lan.macs.items():
        others = {other for other in lan.macs.values() if other != mac}
        assert seen[name] == {(other, to): 3 for other in others for to in ("ff:ff:ff:ff:ff:ff", mac)}


def test_isolated_ports(lan: Lan) -> None:
    """Isolated guests hear a control host and nothing of each other; once one port is open, exactly that is found."""
    lan.harden("g1", "g2", isolated=True)
    policy = {"isolated": [["g1", "g2"]], "controls": ["g3"]}
    verdict, heard, seen = lan.check(policy)
    assert verdict["violations"] == [] and heard == seen
    assert not [pair for pair in seen["g1"] if pair[0] == lan.macs["g2"]] and seen["g1"][lan.macs["g3"], lan.macs["g1"]] == 3
    bridge("link set dev v1 isolated off")
    wrong = flows(lan.check(policy)[0])
    assert wrong == {"broadcast": {("g1", "g2"), ("g2", "g1")}, "own_unicast": {("g1", "g2"), ("g2", "g1")}}


def test_a_deaf_listener_is_no_success(lan: Lan) -> None:
    """A guest that is cut off hears nothing forbidden. That is told as what it is, also of what it sent."""
    lan.harden("g1", "g2", "g3")
    bridge("link set dev v2 state 0")
    verdict, heard, seen = lan.check()
    assert heard == seen and not heard["g2"]
    assert "g2 could not listen: none of the 12 frames that it must hear arrived, so its silence proves nothing." in verdict["violations"]
    assert not [text for text in verdict["violations"] if text.startswith("g2 heard")]
    assert {pair for pairs in flows(verdict).values() for pair in pairs} == {("g1", "g2"), ("g3", "g2"), ("g2", "g1"), ("g2", "g3")}


def test_one_open_port_among_closed_ones(lan: Lan) -> None:
    """The finding names the port's guest and no other."""
    lan.harden("g1", "g2", "g3")
    bridge("link set dev v3 locked off", "link set dev v1 flood on")
    wrong = flows(lan.check()[0])
    assert wrong == {"forged_source": {("g3", "g1"), ("g3", "g2")}, "unknown_unicast": {("g2", "g1"), ("g3", "g1")}}
