# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""esxi_vswitch: what it changes, and above all what it leaves alone."""

from __future__ import annotations

import copy
from typing import Any, Callable

import pytest

from .conftest import FIELDS, World, group, vswitch

HOST = "/dc1/host/cluster1/esxi01.lab.example"
NAME = "esxi01.lab.example"
REJECT = {"promiscuous": "reject", "mac_changes": "reject", "forged_transmits": "reject"}


def furnish(world: World, path: str = HOST) -> None:
    """Give vSwitch0 and a group settings that no default has, by hand-made messages."""
    spec = copy.deepcopy(vswitch(world.network(path))["spec"])
    spec["bridge"] = {"@type": "HostVirtualSwitchBondBridge", "nicDevice": ["vmnic1", "vmnic0"], "beacon": {"interval": 7}}
    policy = spec["policy"]
    policy["nicTeaming"].update(policy="failover_explicit", rollingOrder=True, nicOrder={"activeNic": ["vmnic1"], "standbyNic": ["vmnic0"]})
    policy["shapingPolicy"] = {"enabled": True, "averageBandwidth": 1000000, "peakBandwidth": 2000000, "burstSize": 300000}
    wire = {"numPorts": 64, "bridge": spec["bridge"], "policy": policy, "mtu": 9000}
    world.vsphere.soap("UpdateVirtualSwitch", world.system(path), vswitchName="vSwitch0", spec=wire)
    own = {
        "security": {"macChanges": False},
        "nicTeaming": {"policy": "loadbalance_ip", "nicOrder": {"activeNic": ["vmnic0"], "standbyNic": ["vmnic1"]}},
        "shapingPolicy": {"enabled": False},
    }
    world.vsphere.soap("UpdatePortGroup", world.system(path), pgName="pg01", portgrp={"name": "pg01", "vlanId": 77, "vswitchName": "vSwitch0", "policy": own})


def without_security(config: dict[str, Any]) -> dict[str, Any]:
    """A host's network less every value of the three policies."""
    rest = copy.deepcopy(config)
    for each in rest["vswitch"]:
        each["spec"]["policy"].pop("security")
    for each in rest["portgroup"]:
        each["spec"]["policy"].pop("security")
        each["computedPolicy"].pop("security")
    return rest


def test_security_alone_leaves_all_else(world: World) -> None:
    """Uplinks, beacon, MTU, ports, teaming, shaping, VLANs and the groups' own values, in the whole object as govc reads it."""
    furnish(world)
    before = world.networks()
    result = world.cycle("esxi_vswitch", esxi_hostname=NAME, name="vSwitch0", security=REJECT)
    after = world.networks()
    assert without_security(after[NAME]) == without_security(before[NAME])
    assert after["esxi02.lab.example"] == before["esxi02.lab.example"], "a host that was not chosen has changed"
    assert vswitch(after[NAME])["spec"]["policy"]["security"] == dict.fromkeys(FIELDS, False)
    assert group(after[NAME], "pg01")["spec"]["policy"]["security"] == {"macChanges": False}
    assert list(result["hosts"]) == [NAME]


def test_each_option_alone(world: World) -> None:
    """Nothing but that value changes."""
    furnish(world)
    before = world.network(HOST)
    for option, value, key in (("mtu", 1600, "mtu"), ("num_ports", 256, "numPorts")):
        world.cycle("esxi_vswitch", esxi_hostname=NAME, name="vSwitch0", **{option: value})
        after = world.network(HOST)
        assert vswitch(after)["spec"][key] == value
        vswitch(before)["spec"][key] = value
        vswitch(before)["mtu"] = vswitch(after)["mtu"]
        assert after == before
    world.cycle("esxi_vswitch", esxi_hostname=NAME, name="vSwitch0", security={"forged_transmits": "reject"})
    assert vswitch(world.network(HOST))["spec"]["policy"]["security"] == {"allowPromiscuous": False, "macChanges": True, "forgedTransmits": False}


def test_nothing_given_changes_nothing(world: World) -> None:
    """Nor is anything written."""
    world.cycle("esxi_vswitch", changed=False, all_hosts=True, name="vSwitch0")
    world.cycle("esxi_vswitch", changed=False, all_hosts=True, name="vSwitch0", security={})
    assert not world.writes()


def test_uplinks(world: World) -> None:
    """Adapters join and leave the bridge and the failover order; beacon and all else stay."""
    furnish(world)
    world.cycle("esxi_vswitch", esxi_hostname=NAME, name="vSwitch0", uplinks=["vmnic0", "vmnic1", "vmnic3"])
    spec = vswitch(world.network(HOST))["spec"]
    assert spec["bridge"] == {"nicDevice": ["vmnic1", "vmnic0", "vmnic3"], "beacon": {"interval": 7}}
    assert spec["policy"]["nicTeaming"]["nicOrder"] == {"activeNic": ["vmnic1", "vmnic3"], "standbyNic": ["vmnic0"]}
    assert spec["mtu"] == 9000 and spec["numPorts"] == 64
    world.cycle("esxi_vswitch", esxi_hostname=NAME, name="vSwitch0", uplinks=["vmnic0", "vmnic3"])
    config = world.network(HOST)
    assert vswitch(config)["spec"]["policy"]["nicTeaming"]["nicOrder"] == {"activeNic": ["vmnic3"], "standbyNic": ["vmnic0"]}
    assert group(config, "pg01")["spec"]["policy"]["nicTeaming"]["nicOrder"] == {"activeNic": ["vmnic0"]}


def test_a_switch_comes_and_goes(world: World) -> None:
    """Made with all that is given in one call, deleted with its groups only if that is said."""
    made = {"name": "vSwitch1", "uplinks": ["vmnic3"], "mtu": 9000, "num_ports": 64, "security": REJECT}
    result = world.cycle("esxi_vswitch", all_hosts=True, **made)
    assert result["hosts"][NAME]["before"] == {}
    for path in world.hosts():
        spec = vswitch(world.network(path), "vSwitch1")["spec"]
        assert spec["bridge"]["nicDevice"] == ["vmnic3"] and (spec["mtu"], spec["numPorts"]) == (9000, 64)
        assert spec["policy"]["security"] == dict.fromkeys(FIELDS, False)
    world.cycle("esxi_portgroup", all_hosts=True, name="guests", vswitch="vSwitch1", vlan_id=5)
    words = ("it still has 1 port group(s), guests", "remove_port_groups: true")
    world.refused("esxi_vswitch", "invalid", *words, all_hosts=True, name="vSwitch1", state="absent")
    result = world.cycle("esxi_vswitch", all_hosts=True, name="vSwitch1", state="absent", remove_port_groups=True)
    assert result["hosts"][NAME]["actions"] == ["delete portgroup guests", "delete vswitch vSwitch1"]
    assert [each["name"] for each in world.network(HOST)["vswitch"]] == ["vSwitch0"]
    world.ok("esxi_vswitch", esxi_hostname=NAME, name="inside", uplinks=[])
    assert "bridge" not in vswitch(world.network(HOST), "inside")["spec"]


@pytest.mark.parametrize(
    ("words", "params"),
    [
        (("security.mac_changes", "nothing to inherit from"), {"security": {"mac_changes": "inherit"}}),
        (("mtu: 1000 is outside 1280 to 9000",), {"mtu": 1000}),
        (("num_ports: 0 is outside",), {"num_ports": 0}),
        (("no physical adapter vmnic11", "close to it: vmnic1"), {"uplinks": ["vmnic11"]}),
        (("vmnic2 is an uplink of vds1",), {"uplinks": ["vmnic0", "vmnic1", "vmnic2"]}),
        (("pg01 is used by 1 port(s) of virtual machines",), {"state": "absent", "name": "vSwitch1"}),
        (("33 characters",), {"name": "v" * 33}),
        (("has none of that name; close to it: vSwitch0", "[] for none"), {"name": "vSwitch", "security": REJECT}),
    ],
)
def test_refused(world: World, words: Any, params: dict[str, Any]) -> None:
    """In check mode with the same words, and nothing is written."""
    if params.get("state") == "absent":
        # On vSwitch0 the host's own adapters come first.
        this = world.system(HOST)
        world.vsphere.soap("AddVirtualSwitch", this, vswitchName="vSwitch1", spec={"numPorts": 64})
        world.vsphere.soap("UpdatePortGroup", this, pgName="pg01", portgrp={"name": "pg01", "vlanId": 0, "vswitchName": "vSwitch1", "policy": {}})
    world.refused("esxi_vswitch", "invalid", *words, **{"esxi_hostname": NAME, "name": "vSwitch0", **params})


@pytest.mark.parametrize(
    ("words", "params"),
    [
        ("vSwitch0 carries vmk0 (management", {"uplinks": []}),
        ("vSwitch0 carries vmk0 (management", {"uplinks": ["vmnic3"]}),
        ("vSwitch0 carries vmk0 (management", {"mtu": 1400}),
    ],
)
def test_management_is_not_cut_unasked(world: World, words: str, params: dict[str, Any]) -> None:
    """The last uplink of the switch that carries vmk0, and an MTU below vmk0's."""
    world.refused("esxi_vswitch", "management", words, "allow_management: true", esxi_hostname=NAME, name="vSwitch0", **params)
    result = world.ok("esxi_vswitch", esxi_hostname=NAME, name="vSwitch0", allow_management=True, **params)
    assert result["hosts"][NAME]["verified"]


def test_the_last_uplink_by_link_and_by_order(world: World) -> None:
    """What is left must have a link, and be one that the management group uses."""
    this = world.system(HOST)
    own = {"nicTeaming": {"nicOrder": {"activeNic": ["vmnic0"]}}}
    world.vsphere.soap(
        "UpdatePortGroup", this, pgName="Management Network", portgrp={"name": "Management Network", "vlanId": 0, "vswitchName": "vSwitch0", "policy": own}
    )
    world.refused("esxi_vswitch", "management", "vmk0", esxi_hostname=NAME, name="vSwitch0", uplinks=["vmnic1"])
    world.cycle("esxi_vswitch", esxi_hostname=NAME, name="vSwitch0", uplinks=["vmnic0"])


def test_absent_with_the_host_on_it(world: World) -> None:
    """Nobody may delete it, as the API would refuse it too."""
    world.refused(
        "esxi_vswitch",
        "invalid",
        "Management Network is used by the host's own vmk0",
        esxi_hostname=NAME,
        name="vSwitch0",
        state="absent",
        remove_port_groups=True,
    )


def test_opening_a_switch_is_warned_about(world: World) -> None:
    """Least privilege: a group would do. Once, not for every run."""
    result = world.cycle("esxi_vswitch", all_hosts=True, name="vSwitch0", security={"promiscuous": "accept"})
    assert "promiscuous: accept on vSwitch0 opens all 4 port group(s) that inherit it" in str(result["warnings"])
    assert result["hosts"][NAME]["reconnect_needed"] == {"pg01": ["vm01-1"]}


def test_a_standalone_host(world_of: Callable[..., World]) -> None:
    """Without a vCenter."""
    world = world_of("--kind", "esxi")
    path = world.hosts()[0]
    before = world.network(path)
    world.cycle("esxi_vswitch", all_hosts=True, name="vSwitch0", security=REJECT)
    after = world.network(path)
    assert without_security(after) == without_security(before)
    assert vswitch(after)["spec"]["policy"]["security"] == dict.fromkeys(FIELDS, False)
    world.cycle("esxi_portgroup", esxi_hostname=path.rsplit("/", 1)[1], name="pg01", security={"promiscuous": "accept"})
    assert group(world.network(path), "pg01")["computedPolicy"]["security"]["allowPromiscuous"] is True
