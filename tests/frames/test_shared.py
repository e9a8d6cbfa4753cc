# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual address that two guests share: who gets its frames, who may send from it, and what a port that so has to learn can be made to learn."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest
from attacks import frames as f
from attacks import share
from attacks.ring import ATTACKER, OUTSIDE, SHARED_MAC, THIRD, VICTIM, Ring

from .world import GUESTS, World

EVERYBODY = (ATTACKER, VICTIM, THIRD, OUTSIDE)


def harden(world: World, *more: dict[str, Any]) -> dict[str, Any]:
    """All guests, and what else is given."""
    return world.module("linux_port_security", bridge="br0", ports=[*world.policy(shared=True), *more])


def place(world: World, mac: str) -> list[str]:
    """The ports behind which the bridge has the address, by bridge(8)."""
    return [each["ifname"] for each in json.loads(world.output("bridge", "-j", "fdb", "show", "br", "br0")) if each["mac"] == mac]


def hearers(ring: Ring, sender: str) -> list[str]:
    """Who hears what a station sends to the shared address."""
    return [name for name in EVERYBODY if name != sender and share.reaches(ring, sender, name)]


def test_the_master_moves(world: World) -> None:
    """Frames of a third guest, of the standby and from beyond the uplink reach the new master and nobody else."""
    harden(world)
    with world.ring() as ring:
        for master, standby in ((VICTIM, THIRD), (THIRD, VICTIM), (VICTIM, THIRD)):
            share.take_over(ring, master)
            assert [hearers(ring, sender) for sender in (ATTACKER, OUTSIDE, standby)] == [[master]] * 3
            assert place(world, SHARED_MAC) == [GUESTS[master]]
        assert not harden(world)["changed"]


def test_the_master_is_beyond_the_uplink(world: World) -> None:
    """Guests on both sides of a standby reach it, and the standby takes over. Its own frames leave by the uplink."""
    first, standby, _third = world.policy(shared=True)
    del standby["macs"][0]
    standby["macs"].insert(0, world.stations[VICTIM].mac)
    world.module("linux_port_security", bridge="br0", ports=[first, standby, world.uplink()])
    with world.ring() as ring:
        share.take_over(ring, OUTSIDE)
        assert hearers(ring, ATTACKER) == hearers(ring, VICTIM) == [OUTSIDE]
        share.take_over(ring, VICTIM)
        assert hearers(ring, ATTACKER) == hearers(ring, OUTSIDE) == [VICTIM]
        share.take_over(ring, OUTSIDE)
        assert hearers(ring, ATTACKER) == [OUTSIDE]


def test_what_is_pinned_keeps_the_frames(world: World) -> None:
    """What the word is for: without it a standby has the address for good."""
    first, standby, _third = world.policy(shared=True)
    standby["macs"][1] = SHARED_MAC
    world.module("linux_port_security", bridge="br0", ports=[first, standby])
    with world.ring() as ring:
        share.take_over(ring, OUTSIDE)
        assert OUTSIDE not in hearers(ring, ATTACKER)


@pytest.mark.parametrize(
    "more",
    [{}, {"profile": "nested_hypervisor"}, {"security": {"promiscuous": "reject"}}, {"guards": {"arp": "accept"}, "security": {"forged_transmits": "accept"}}],
    ids=["unnamed", "nested", "promiscuous", "accepted"],
)
def test_nobody_else_sends_from_it(world: World, more: dict[str, Any]) -> None:
    """From a port without a policy, and from one whose policy compares no sources: neither to take it, nor to speak in its name."""
    own = [{"name": GUESTS[ATTACKER], **more}] if more else []
    world.module("linux_port_security", bridge="br0", ports=[*world.policy((VICTIM, THIRD), shared=True), *own])
    with world.ring() as ring:
        share.take_over(ring, VICTIM)
        assert ring.carry(ATTACKER, OUTSIDE, lambda token: f.plain("52:54:00:00:00:77", ring.o.mac, token)), "another address it may have"
        # What a guest says from its own address, by ARP or to masters, is a matter of guards that these ports don't have, but for one.
        others = ("ARP",) if "profile" in more else ("ARP", "deposed")
        for case in share.CASES:
            assert any(word in case.name for word in others) or not case.run(ring), case.name
        assert hearers(ring, OUTSIDE) == [VICTIM]
    assert place(world, SHARED_MAC) == [GUESTS[VICTIM]]


def test_what_a_port_that_learns_may_not_learn(world: World) -> None:
    """Addresses of neighbours, of the router, of the bridge and of nobody, in frames to everybody and to every link-local address."""
    ports = world.policy(shared=True)
    ports[0]["macs"].append({"address": "00:00:5e:00:01:08", "shared": True})
    world.module("linux_port_security", bridge="br0", ports=ports)
    with world.ring() as ring:
        ring.settle()
        before = {mac: place(world, mac) for mac in (ring.v.mac, ring.t.mac, ring.o.mac, ring.bridge_mac, "02:00:5e:66:66:66", SHARED_MAC)}
        for forged in before:
            for to in (f.BROADCAST, ring.o.mac, *(f"01:80:c2:00:00:{last:02x}" for last in range(16)), "01:80:c2:00:00:21"):
                ring.arena.send(ATTACKER, f.plain(forged, to, ring.arena.token()), f.tagged(f.plain(forged, to, ring.arena.token()), (0x8100, 0)))
        assert {mac: place(world, mac) for mac in before} == before
        assert place(world, "00:00:5e:00:01:08") == []
        ring.arena.send(ATTACKER, f.plain("00:00:5e:00:01:08", f.BROADCAST, ring.arena.token()))
        assert place(world, "00:00:5e:00:01:08") == [GUESTS[ATTACKER]], "its own it may"


def test_link_local_frames_teach_nothing(world: World) -> None:
    """By either of two locks; without both the nearest bridge's address does, or the test proves nothing (__br_handle_local_finish, net/bridge/br_input.c)."""
    ports = world.policy(shared=True)
    ports[0]["macs"].append({"address": "00:00:5e:00:01:08", "shared": True})
    world.module("linux_port_security", bridge="br0", ports=ports)
    quiet, mask = ("link set br0 type bridge no_linklocal_learn {}", "link set vnet0 type bridge_slave group_fwd_mask {}")
    for number, (lines, taught) in enumerate((([], []), ([mask.format(0)], []), ([mask.format(0x4001), quiet.format(0)], []), ([mask.format(0)], [0x0E]))):
        world.ip("host", *lines)
        with world.ring() as ring:
            forged = {last: f"02:00:5e:77:{number:02x}:{last:02x}" for last in range(16)}
            for last, mac in forged.items():
                ring.arena.send(ATTACKER, f.plain(mac, f"01:80:c2:00:00:{last:02x}", ring.arena.token()))
            assert [last for last, mac in forged.items() if place(world, mac)] == taught, lines


def test_while_somebody_forges(world: World) -> None:
    """A port that was open learns forged addresses until it is hardened; nothing of that is left, and the run ends well."""
    stop = threading.Event()

    def forge(ring: Ring) -> None:
        number = 0
        while not stop.is_set() and number < 20_000:
            number += 1
            ring.arena.send(VICTIM, f.plain(ring.o.mac, f.BROADCAST, b""), f.plain(f"02:00:5f:00:{number >> 8 & 255:02x}:{number & 255:02x}", f.BROADCAST, b""))
            time.sleep(0.0005)

    with world.ring() as ring:
        thread = threading.Thread(target=forge, args=(ring,))
        thread.start()
        try:
            time.sleep(0.1)
            result = harden(world)
            stolen = [place(world, ring.o.mac) for _number in range(5)]
        finally:
            stop.set()
            thread.join()
        assert result["verified"] and GUESTS[VICTIM] not in sum(stolen, [])
        mine = [each["mac"] for each in json.loads(world.output("bridge", "-j", "fdb", "show", "br", "br0")) if each["ifname"] == GUESTS[VICTIM]]
        assert not [mac for mac in mine if mac.startswith("02:00:5f:")]
        assert not harden(world)["changed"]


def test_shared_no_more(world: World) -> None:
    """Pinned to the one that still has it, whoever claims it."""
    harden(world)
    attacker, victim, third = world.policy(shared=True)
    victim["macs"][1] = SHARED_MAC
    del third["macs"][1]
    world.module("linux_port_security", bridge="br0", ports=[attacker, victim, third])
    with world.ring() as ring:
        for name in (VICTIM, THIRD, OUTSIDE, ATTACKER):
            share.take_over(ring, name)
        assert hearers(ring, OUTSIDE) == hearers(ring, ATTACKER) == [VICTIM]
        assert not ring.carry(THIRD, OUTSIDE, share.announcement)
