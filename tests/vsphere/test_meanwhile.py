# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody else changes a standard switch between the plan and the write: theirs stays, and the run says so."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import fleet

from .conftest import World, group, vswitch
from .test_faults import OPEN
from .test_policy import HOSTS, PATH, REJECT

FIRST, SECOND = HOSTS
ALL: dict[str, Any] = {"all_hosts": True}


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Do it when all plans are made, and nothing has been written yet."""
    note = fleet._note

    def noted(*args: Any) -> None:
        note(*args)
        act()

    monkeypatch.setattr(fleet, "_note", noted)


def writer(world: World, host: str = SECOND) -> Callable[..., Any]:
    """Calls of somebody else, who has not heard of this collection."""
    system = world.system(PATH.format(host))
    return lambda method, **arguments: world.vsphere.soap(method, system, **arguments)


class Other(NamedTuple):
    """What somebody else does, a task that would overwrite or take it, and what is said."""

    method: str
    arguments: dict[str, Any]
    module: str
    params: dict[str, Any]
    words: str


TEAMED = {"nicTeaming": {"policy": "loadbalance_ip", "notifySwitches": True, "nicOrder": {"activeNic": ["vmnic0"]}}}
UPLINK = {"@type": "HostVirtualSwitchBondBridge", "nicDevice": ["vmnic3"]}
OTHERS = {
    "a group's VLAN": Other(
        "UpdatePortGroup",
        {"pgName": "pg01", "portgrp": {"name": "pg01", "vlanId": 77, "vswitchName": "vSwitch0", "policy": {}}},
        "esxi_portgroup",
        {"name": "pg01", "security": {"promiscuous": "accept"}},
        "portgroup pg01 was changed by somebody else",
    ),
    "a group's end": Other(
        "RemovePortGroup",
        {"pgName": "own"},
        "esxi_portgroup",
        {"name": "own", "security": {"promiscuous": "accept"}},
        "portgroup own was deleted by somebody else",
    ),
    "a group of that name": Other(
        "AddPortGroup",
        {"portgrp": {"name": "new", "vlanId": 5, "vswitchName": "vSwitch0", "policy": {}}},
        "esxi_portgroup",
        {"name": "new", "vswitch": "vSwitch0", "vlan_id": 6},
        "portgroup new was created by somebody else",
    ),
    "what the task says nothing of": Other(
        "UpdateVirtualSwitch",
        {"vswitchName": "vSwitch9", "spec": {"numPorts": 64, "mtu": 9000}},
        "esxi_vswitch",
        {"name": "vSwitch9", "security": {"promiscuous": "accept"}},
        "vswitch vSwitch9 was changed by somebody else",
    ),
    "a group of a switch that goes": Other(
        "AddPortGroup",
        {"portgrp": {"name": "late", "vlanId": 0, "vswitchName": "vSwitch9", "policy": {}}},
        "esxi_vswitch",
        {"name": "vSwitch9", "state": "absent", "remove_port_groups": True},
        "portgroup late was created by somebody else",
    ),
    "an uplink that was free": Other(
        "UpdateVirtualSwitch",
        {"vswitchName": "vSwitch8", "spec": {"numPorts": 64, "bridge": UPLINK}},
        "esxi_vswitch",
        {"name": "vSwitch9", "uplinks": ["vmnic3"]},
        "vmnic3 was made an uplink of vswitch vSwitch8 by somebody else",
    ),
    "the switch to inherit from": Other(
        "UpdateVirtualSwitch",
        {
            "vswitchName": "vSwitch9",
            "spec": {"numPorts": 64, "policy": {"security": dict.fromkeys(("allowPromiscuous", "macChanges", "forgedTransmits"), True)}},
        },
        "esxi_portgroup",
        {"name": "own", "security": dict.fromkeys(REJECT, "inherit")},
        "vswitch vSwitch9 was changed by somebody else",
    ),
    "by a document": Other(
        "UpdatePortGroup",
        {"pgName": "pg01", "portgrp": {"name": "pg01", "vlanId": 101, "vswitchName": "vSwitch0", "policy": TEAMED}},
        "esxi_switch_policy",
        {"switches": [{"name": "vSwitch0", "kind": "vswitch", "port_groups": [{"name": "pg01", "security": REJECT}]}]},
        "portgroup pg01 was changed by somebody else",
    ),
}


@pytest.fixture(name="furnished")
def _furnished(world: World) -> World:
    """Both hosts with two more switches, and a group that has values of its own."""
    for host in HOSTS:
        add = writer(world, host)
        for name in ("vSwitch8", "vSwitch9"):
            add("AddVirtualSwitch", vswitchName=name, spec={"numPorts": 64})
        security = dict.fromkeys(("allowPromiscuous", "macChanges", "forgedTransmits"), False)
        add("AddPortGroup", portgrp={"name": "own", "vlanId": 0, "vswitchName": "vSwitch9", "policy": {"security": security}})
    return world


@pytest.mark.own_code
@pytest.mark.parametrize("name", OTHERS)
def test_what_somebody_else_did_stays(furnished: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the host where they were faster nothing is written, and the other one is done."""
    world, other = furnished, OTHERS[name]
    write = writer(world)
    theirs: list[Any] = []

    def act() -> None:
        write(other.method, **other.arguments)
        theirs.append(world.network(PATH.format(SECOND)))

    meanwhile(monkeypatch, act)
    result = world.run(other.module, False, **ALL, **other.params)
    first, second = (result["hosts"][host] for host in HOSTS)
    assert result["failed"] and result["failed_hosts"] == [SECOND] and result["error_code"] == second["error_code"] == "concurrent_access", result
    assert second["msg"] == f"{SECOND}: {other.words} after it had been read, so nothing was written there; run the task again.", second["msg"]
    assert not second["changed"] and not second["verified"] and "window" not in second and second["actions"]
    assert world.network(PATH.format(SECOND)) == theirs[0]
    assert first["changed"] and first["verified"] and 0 < first["window"] < 60
    monkeypatch.undo()


@pytest.mark.own_code
def test_what_is_not_concerned_is_no_reason(furnished: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another group of the same switch, and another switch."""
    world, write = furnished, writer(furnished)

    def act() -> None:
        write("UpdatePortGroup", pgName="pg02", portgrp={"name": "pg02", "vlanId": 77, "vswitchName": "vSwitch0", "policy": {}})
        write("UpdateVirtualSwitch", vswitchName="vSwitch9", spec={"numPorts": 64, "mtu": 9000})

    meanwhile(monkeypatch, act)
    result = world.ok("esxi_portgroup", False, **OPEN)
    assert all(host["verified"] for host in result["hosts"].values())
    config = world.network(PATH.format(SECOND))
    assert group(config, "pg02")["spec"]["vlanId"] == 77 and vswitch(config, "vSwitch9")["spec"]["mtu"] == 9000


@pytest.mark.own_code
def test_a_host_that_is_gone_by_then(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was written there, and nothing may still come."""
    meanwhile(monkeypatch, lambda: world.control("POST", "host", {"host": SECOND, "state": "notResponding"}))
    result = world.run("esxi_portgroup", False, **OPEN)
    host = result["hosts"][SECOND]
    assert result["failed_hosts"] == [SECOND] and host["error_code"] == "host_unreachable" and not host["changed"], host
    assert "does not respond" in host["msg"] and "window" not in host


@pytest.mark.own_code
def test_one_call_more_for_what_changes(world_of: Callable[..., World]) -> None:
    """And none for a host where nothing is to be done, nor in check mode; the window is told of those that were written to."""
    world = world_of("--hosts", "5")
    world.ok("esxi_portgroup", False, **{**OPEN, "all_hosts": False}, esxi_hostnames=["esxi01.lab.example", "esxi02.lab.example"])
    reads = {}
    for check in (True, False):
        world.control("POST", "calls/reset")
        result = world.ok("esxi_portgroup", check, **OPEN)
        reads[check] = world.control("GET", "calls")["methods"]["RetrievePropertiesEx"]
        written = [name for name, host in result["hosts"].items() if "window" in host]
        assert written == ([] if check else [name for name, host in result["hosts"].items() if host["changed"]])
    # The places, the networks and the machines; for the three of five that differ one each, and one for all of them afterwards.
    assert (reads[True], reads[False]) == (3, 3 + 3 + 1)
