# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Worlds for the tests, and the whole suite run once for each setting from which hardening starts."""

from __future__ import annotations

import functools
import os
import subprocess
from typing import Callable, Iterator, NamedTuple

import pytest

from ..netns.needs import has_vlan_filtering, lacks_bridge_option, lacks_port_option
from .world import GUESTS, World, matrix


def _hub(world: World) -> None:
    world.ip("host", "link set br0 type bridge ageing_time 0")


def _promiscuous(world: World) -> None:
    world.ip("host", "link set br0 promisc on", *(f"link set {port} promisc on" for port in GUESTS.values()))


def _limited(world: World) -> None:
    """A database with a bound, as is recommended against floods."""
    world.module("linux_bridge", name="br0", fdb_max_learned=200)


def _locked(world: World) -> None:
    """The usual recipe: locked ports and entries for the guests, with learning left on."""
    for name, port in GUESTS.items():
        world.bridge(f"link set dev {port} locked on", f"fdb replace {world.stations[name].mac} dev {port} master static")


def _vlans(world: World) -> None:
    """A bridge that keeps VLANs apart, all ports in one: the database has an entry for each VLAN then, and a locked port asks for that of the frame's."""
    world.ip("host", "link set br0 type bridge vlan_filtering 1")


# What another firewall leaves, before, at and behind the place of ours.
_FIREWALL = """
table bridge left_by_another {
  chain first { type filter hook prerouting priority -400; policy accept; iifname "vnet*" accept; }
  chain same { type filter hook prerouting priority -300; policy accept; iifname "vnet0" accept; }
  chain between { type filter hook forward priority -300; policy accept; meta mark set 1 accept; }
  chain last { type filter hook postrouting priority 300; policy accept; oifname "vnet*" accept; }
}
"""


def _leftovers(world: World) -> None:
    """A bridge that others have had: options and flags, entries of guests that are gone, another firewall's table."""
    world.ip("host", "link set br0 type bridge group_fwd_mask 0xfff8 mcast_router 2")
    for number, port in enumerate(GUESTS.values()):
        world.ip("host", f"link set {port} type bridge_slave group_fwd_mask 0x8 mcast_router 2 fastleave on")
        world.bridge(
            f"link set dev {port} hairpin on mcast_flood on bcast_flood on",
            f"fdb replace 52:54:00:99:00:0{number} dev {port} master static",
            f"fdb replace 52:54:00:99:01:0{number} dev {port} master static sticky",
            f"fdb replace 52:54:00:99:02:0{number} dev {port} master extern_learn",
        )
    subprocess.run(world.enter("host", "nft", "-f", "-"), input=_FIREWALL, text=True, check=True)


SETTINGS: dict[str, Callable[[World], None]] = {
    "default": lambda world: None,
    "hub": _hub,
    "promiscuous": _promiscuous,
    "limited": _limited,
    "locked": _locked,
    "leftovers": _leftovers,
    # As the first; here the attacker itself shares an address with the victim, so that its port is not locked and learns.
    "sharing": lambda world: None,
    "vlans": _vlans,
}
# What a setting is made of, where not every kernel has it.
LACKS: dict[str, Callable[[], bool]] = {
    "limited": lambda: lacks_bridge_option("fdb_max_learned"),
    "locked": lambda: lacks_port_option("locked"),
    "vlans": lambda: not has_vlan_filtering(),
}
_OTHER = {"address": "00:00:5e:00:01:08", "shared": True}


class Suite(NamedTuple):
    """What came of every case."""

    before: dict[str, matrix.Outcome]
    after: dict[str, matrix.Outcome]


@functools.lru_cache(maxsize=None)
def _is_lacking(setting: str) -> bool:
    return setting in LACKS and LACKS[setting]()


def run_suite(setting: str) -> Suite:
    """Attacks and honest flows before and after hardening, which starts from the setting."""
    if _is_lacking(setting):
        pytest.skip(f"SKIPPED: the kernel {os.uname().release} lacks what the setting {setting!r} is made of; run it on another one (make vm)")
    return _run_suite(setting)


@functools.lru_cache(maxsize=None)
def _run_suite(setting: str) -> Suite:
    world = World()
    try:
        SETTINGS[setting](world)
        with world.ring() as ring:
            before = matrix.run_all(ring)
        if setting == "hub":
            # The modules refuse a hub; this is what their message asks for.
            refusal = world.module("linux_port_security", False, bridge="br0", ports=world.policy())
            assert refusal["error_code"] == "invalid" and "ageing_time" in refusal["msg"]
            world.module("linux_bridge", name="br0", ageing_time=300)
        ports = world.policy(shared=True)
        for item in ports[:2] if setting == "sharing" else ():
            item["macs"].append(_OTHER)
        world.module("linux_port_security", bridge="br0", ports=[*ports, world.uplink()])
        with world.ring() as ring:
            return Suite(before, matrix.run_all(ring))
    finally:
        world.close()


@pytest.fixture(name="world")
def _world() -> Iterator[World]:
    world = World()
    yield world
    world.close()
