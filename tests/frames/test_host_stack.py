# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest can do to the host itself by frames that its bridge does not bridge, judged by the host's routes, neighbours and spanning tree."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from attacks import frames as f
from attacks.ring import ATTACKER, Ring

from .world import GUESTS, World

PORT = GUESTS[ATTACKER]
NEAREST = "01:80:c2:00:00:0e"


def _open_stack(world: World) -> None:
    """As a host is by default: it takes advertisements and answers on every interface."""
    for name, value in (("disable_ipv6", 0), ("accept_ra", 2), ("accept_ra_defrtr", 1)):
        world.output("sh", "-c", f"echo {value} > /proc/sys/net/ipv6/conf/{PORT}/{name}")
    world.ip("host", "address add 198.51.100.1/24 dev br0")


def _advertise(ring: Ring, to: str = NEAREST) -> None:
    address = f.link_local(ring.a.mac)
    ring.arena.send(ATTACKER, f.ether(ring.a.mac, to, f.over6(address, "ff02::1", f.router(address, ring.a.mac)), ring.arena.token()))


def _ask(ring: Ring, to: str = NEAREST) -> None:
    ring.arena.send(ATTACKER, f.ether(ring.a.mac, to, f.arp(1, ring.a.mac, ring.a.ip4, "00:00:00:00:00:00", "198.51.100.1"), ring.arena.token()))


def _taken(world: World) -> dict[str, Any]:
    """What the host believes of the guest now, on the port and not on the bridge."""
    seconds = time.monotonic() + 0.5
    while True:
        routes = json.loads(world.output("ip", "-6", "-j", "route", "show", "default"))
        neighbours = json.loads(world.output("ip", "-j", "neigh", "show", "dev", PORT))
        if (routes and neighbours) or time.monotonic() > seconds:
            return {"routes": [each["dev"] for each in routes], "neighbours": [each["dst"] for each in neighbours if "." in each["dst"]]}
        time.sleep(0.05)


def _strike(world: World) -> dict[str, Any]:
    with world.ring() as ring:
        _advertise(ring)
        _ask(ring)
    return _taken(world)


def test_the_host_believes_a_guest(world: World) -> None:
    """On an open port, and on none that a policy knows."""
    _open_stack(world)
    assert _strike(world) == {"routes": [PORT], "neighbours": [world.stations[ATTACKER].ip4]}
    world.output("ip", "-6", "route", "flush", "dev", PORT)
    world.output("ip", "neigh", "flush", "dev", PORT)
    world.module("linux_port_security", bridge="br0", ports=world.policy())
    assert _strike(world) == {"routes": [], "neighbours": []}


def test_nor_one_that_is_shut(world: World) -> None:
    """A port whose name is in the quarantine, and one of which a policy asks for a single guard."""
    _open_stack(world)
    group = {"name": "guests", "match": ["vnet*"], "quarantine": True}
    first = world.module("linux_switch_policy", switches=[{"name": "br0", "port_groups": [group]}])
    assert first["changed"] and _strike(world) == {"routes": [], "neighbours": []}
    assert not world.module("linux_switch_policy", switches=[{"name": "br0", "port_groups": [group]}])["changed"]
    world.module("linux_switch_policy", switches=[{"name": "br0", "port_groups": [{**group, "quarantine": False}]}])
    assert _masks(world) == [0, 0, 0]
    for guards in ({"bpdu": "reject"}, {"vlan_tags": "reject", "bpdu": "reject"}):
        world.module("linux_port_security", bridge="br0", ports=[{"name": PORT, "guards": guards}])
        assert _strike(world) == {"routes": [], "neighbours": []}, guards
    world.module("linux_port_security", bridge="br0", ports=[{"name": PORT, "guards": {"bpdu": "accept", "vlan_tags": "accept"}}])
    assert _masks(world) == [0, 0, 0] and _strike(world)["routes"] == [PORT]


def _masks(world: World) -> list[int]:
    links = json.loads(world.output("ip", "-d", "-j", "link", "show", "master", "br0"))
    masks = {each["ifname"]: int(each["linkinfo"]["info_slave_data"]["group_fwd_mask"], 16) for each in links}
    return [masks[port] for port in GUESTS.values()]


@pytest.mark.parametrize("more", [{"guards": {"vlan_tags": "reject"}}, {"security": {"promiscuous": "reject"}}, {"security": {"forged_transmits": "reject"}}])
def test_what_the_host_does_not_get_nobody_gets(world: World, more: dict[str, Any]) -> None:
    """No bridge forwards these frames: one that is kept from the host's stack must not come to the other guests instead."""
    world.module("linux_port_security", bridge="br0", ports=[{"name": PORT, "macs": [world.stations[ATTACKER].mac], **more}])
    with world.ring() as ring:
        for last in (2, 3, 14, 15):
            assert not ring.strike(lambda token, to=f"01:80:c2:00:00:{last:02x}": f.plain(ring.a.mac, to, token)), last  # type: ignore[misc]
        # Of one whose frames nobody looks at the host hears as before.
        assert ring.enter(lambda token: f.plain(ring.a.mac, NEAREST, token)) is ("promiscuous" in more.get("security", {}))


@pytest.mark.parametrize("release", [False, True])
def test_what_was_there_comes_back(world: World, release: bool) -> None:
    """The mask of the port is as it was, from a quarantine or from its owner."""
    world.ip("host", f"link set {PORT} type bridge_slave group_fwd_mask 8")
    group = {"name": "guests", "match": ["vnet1", "vnet2"], "quarantine": True}
    world.module("linux_switch_policy", switches=[{"name": "br0", "port_groups": [group]}])
    world.module("linux_port_security", bridge="br0", ports=world.policy())
    assert _masks(world) == [0x4001] * 3
    if release:
        world.module("linux_port_security", bridge="br0", ports=[{"name": port} for port in GUESTS.values()], state="absent")
        assert _masks(world) == [8, 0, 0]


@pytest.mark.parametrize("mask", [0x8, 0x4009])
@pytest.mark.parametrize("then", ["open", "named", "without guards", "shut again"])
def test_what_was_there_before_the_quarantine(world: World, mask: int, then: str) -> None:
    """Comes back with its end, and with that of a policy that came between, also after a run that changes nothing and one that makes the table anew."""
    world.ip("host", f"link set {PORT} type bridge_slave group_fwd_mask {mask}")
    group: dict[str, Any] = {"name": "guests", "match": ["vnet*"], "quarantine": True}

    def run(**more: Any) -> dict[str, Any]:
        return world.module("linux_switch_policy", switches=[{"name": "br0", "port_groups": [{**group, **more}]}])

    run()
    assert _masks(world) == [0x4001] * 3 and not run()["changed"]
    world.output("nft", "delete", "chain", "bridge", "virtnet_hardening", "egress")
    assert run()["changed"] and not run()["changed"]
    if then in ("named", "shut again"):
        mine = [{key: value for key, value in item.items() if key != "profile"} for item in world.policy()[:1]]
        run(profile="guest", ports=mine)
        assert _masks(world) == [0x4001] * 3
        if then == "shut again":
            run()
        else:
            known = [{"name": "guests", "profile": "guest", "ports": mine}]
            world.module("linux_switch_policy", switches=[{"name": "br0", "port_groups": known}], purge=["quarantine"])
        assert _masks(world) == ([0x4001] * 3 if then == "shut again" else [0x4001, 0, 0])
    elif then == "without guards":
        run(ports=[{"name": PORT, "security": {"promiscuous": "accept"}}])
        assert _masks(world) == [mask, 0x4001, 0x4001]
    if then == "named":
        world.module("linux_port_security", bridge="br0", ports=[{"name": PORT}], state="absent")
    else:
        run(quarantine=False)
    assert _masks(world) == [mask, 0, 0] and (then == "named" or not run(quarantine=False)["changed"])


def _root_port(world: World) -> int:
    """0 where the bridge is the root itself. The root's own address is not to be had: iproute2 prints the bridge's in its place."""
    links = json.loads(world.output("ip", "-d", "-j", "link", "show", "br0"))
    return int(links[0]["linkinfo"]["info_data"]["root_port"])


def _claim_root(world: World) -> int:
    """A better bridge than any, for as long as the host needs to believe it."""
    with world.ring() as ring:
        for _number in range(3):
            ring.arena.send(ATTACKER, f.raw(f.bpdu(ring.a.mac), ring.arena.token()))
            time.sleep(0.05)
    return _root_port(world)


def test_no_guest_takes_the_root(world: World) -> None:
    """Of a bridge that runs STP: it takes BPDUs before any hook of the bridge."""
    world.ip("host", "link set br0 type bridge stp_state 1 forward_delay 200")
    assert _root_port(world) == 0 and _claim_root(world) == 1, "it does not work on an open port, so it proves nothing"
    world.ip("host", f"link set {PORT} down", f"link set {PORT} up")
    assert _root_port(world) == 0
    world.module("linux_port_security", bridge="br0", ports=world.policy())
    assert _claim_root(world) == 0
    answer = world.module("linux_bridge_info", names=["br0"])
    found = next(each for each in answer["bridges"] if each["name"] == "br0")
    assert found["status"]["protection"][PORT]["guards"]["bpdu"] == "reject"
    world.ip("host", f"link set {PORT} type bridge_slave group_fwd_mask 0")
    answer = world.module("linux_bridge_info", names=["br0"])
    found = next(each for each in answer["bridges"] if each["name"] == "br0")
    assert found["status"]["protection"][PORT]["guards"]["bpdu"] == "accept"


def test_the_neighbours_of_the_uplink_are_heard(world: World) -> None:
    """No guest's business, and so as it was: what comes from beyond the uplink reaches the host's stack there."""
    world.module("linux_port_security", bridge="br0", ports=world.policy())
    masks = json.loads(world.output("ip", "-d", "-j", "link", "show", "uplink"))
    assert masks[0]["linkinfo"]["info_slave_data"]["group_fwd_mask"] in ("0", "0x0")
