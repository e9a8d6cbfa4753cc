# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Standard switches of the simulated vSphere: what the API's documentation says (quoted at each test), seen through govc."""

from __future__ import annotations

import copy
from itertools import product
from typing import Any

import pytest

from tests.oracle.vsphere import Client, Fault

HOST = "/dc1/host/cluster1/esxi01.lab.example"
FIELDS = ("allowPromiscuous", "macChanges", "forgedTransmits")


def system(vsphere: Client, host: str = HOST) -> tuple[str, str]:
    """The HostNetworkSystem of a host."""
    reference = vsphere.collect(host, "configManager.networkSystem")
    return reference["type"], reference["value"]


def network(vsphere: Client, host: str = HOST) -> dict[str, Any]:
    """The whole network configuration; both places where the API shows it must agree."""
    config = vsphere.collect(host, "config.network")
    assert vsphere.collect(":".join(system(vsphere, host)), "networkInfo") == config
    return config


def vswitch(config: dict[str, Any], name: str = "vSwitch0") -> dict[str, Any]:
    """A switch."""
    return next(each for each in config["vswitch"] if each["name"] == name)


def group(config: dict[str, Any], name: str) -> dict[str, Any]:
    """A port group."""
    return next(each for each in config["portgroup"] if each["spec"]["name"] == name)


def security(values: list[bool | None]) -> dict[str, Any]:
    """None is left out."""
    return dict(zip(FIELDS, values))


def bond(*nics: str) -> dict[str, Any]:
    """A bridge with these adapters."""
    return {"@type": "HostVirtualSwitchBondBridge", "nicDevice": list(nics), "beacon": {"interval": 1}}


def test_a_fresh_host(vsphere: Client) -> None:
    """As ESXi 8.0.3 shows what its installer made (pyVmomi's fixture): the MTU is the switch's and not its specification's, and the group of the
    management overrides the teaming in part.
    """
    config = network(vsphere)
    made = vswitch(config)
    assert made["mtu"] == 1500 and "mtu" not in made["spec"] and made["numPorts"] != made["spec"]["numPorts"]
    assert made["spec"]["bridge"]["beacon"] == {"interval": 1}
    assert made["spec"]["bridge"]["linkDiscoveryProtocolConfig"] == {"protocol": "cdp", "operation": "listen"}
    assert group(config, "Management Network")["spec"]["policy"] == {
        "security": {},
        "offloadPolicy": {},
        "shapingPolicy": {},
        "nicTeaming": {
            "policy": "loadbalance_srcid",
            "notifySwitches": True,
            "rollingOrder": False,
            "failureCriteria": {"checkBeacon": False},
            "nicOrder": {"activeNic": ["vmnic0"]},
        },
    }
    assert group(config, "VM Network")["spec"]["policy"] == {"security": {}, "offloadPolicy": {}, "shapingPolicy": {}, "nicTeaming": {"failureCriteria": {}}}


def test_update_without_a_bridge_strips_the_uplinks(vsphere: Client) -> None:
    """UpdateVirtualSwitch: "If the bridge is NULL, the configuration will be unset. [...] If a network adapter is removed
    from the bridge configuration, then the network adapter is removed from the network adapter teaming order."
    """
    before = network(vsphere)
    assert vswitch(before)["spec"]["bridge"]["nicDevice"] == ["vmnic0", "vmnic1"]
    vsphere.soap("UpdateVirtualSwitch", system(vsphere), vswitchName="vSwitch0", spec={"numPorts": 128, "policy": {"security": security([True, None, None])}})
    config = network(vsphere)
    after = vswitch(config)
    assert "bridge" not in after["spec"] and "pnic" not in after
    assert after["spec"]["policy"]["nicTeaming"]["nicOrder"] == {}
    assert group(config, "Management Network")["spec"]["policy"]["nicTeaming"]["nicOrder"] == {}
    assert after["spec"]["policy"]["security"] == security([True, True, True])
    other = network(vsphere, HOST.replace("01", "02"))
    assert vswitch(other)["spec"] == vswitch(before)["spec"], "the other host has changed"


def test_update_with_everything_echoed_changes_only_security(vsphere: Client) -> None:
    """The way that keeps a host's connection: the observed spec, with one field changed."""
    before = network(vsphere)
    spec = copy.deepcopy(vswitch(before)["spec"])
    bridge, policy = spec["bridge"], spec["policy"]
    policy["security"]["macChanges"] = False
    wire = {"numPorts": spec["numPorts"], "bridge": {"@type": "HostVirtualSwitchBondBridge", **bridge}, "policy": policy}
    vsphere.soap("UpdateVirtualSwitch", system(vsphere), vswitchName="vSwitch0", spec=wire)
    after = network(vsphere)
    assert vswitch(after)["spec"]["policy"]["security"]["macChanges"] is False
    for config in (before, after):
        vswitch(config)["spec"]["policy"]["security"].pop("macChanges")
        for each in config["portgroup"]:
            each["computedPolicy"]["security"].pop("macChanges")
    assert before == after


def test_update_without_a_policy_leaves_it(vsphere: Client) -> None:
    """HostVirtualSwitchSpec.policy: "If the policy property is not set and you are updating a virtual switch, then the policy will be unchanged." """
    before = vswitch(network(vsphere))["spec"]
    vsphere.soap("UpdateVirtualSwitch", system(vsphere), vswitchName="vSwitch0", spec={"numPorts": 64, "bridge": bond("vmnic0", "vmnic1"), "mtu": 9000})
    after = vswitch(network(vsphere))
    assert after["spec"]["policy"] == before["policy"]
    assert (after["spec"]["numPorts"], after["spec"]["mtu"], after["mtu"]) == (64, 9000, 9000)


@pytest.mark.parametrize(
    ("name", "spec", "fault"),
    [
        ("vSwitch9", {"numPorts": 128}, "NotFound"),
        ("vSwitch0", {"numPorts": 5000}, "InvalidArgument"),
        ("vSwitch0", {"numPorts": 128, "mtu": 100}, "InvalidArgument"),
        ("vSwitch0", {"numPorts": 128, "bridge": bond("vmnic0", "vmnic9")}, "InvalidArgument"),
        ("vSwitch0", {"numPorts": 128, "bridge": {"@type": "HostVirtualSwitchSimpleBridge", "nicDevice": "vmnic0"}}, "InvalidArgument"),
        ("vSwitch0", {"numPorts": 128, "bridge": bond("vmnic2")}, "ResourceInUse"),  # belongs to the distributed switch
        ("vSwitch0", {"numPorts": 128, "bridge": bond("vmnic0"), "policy": {"nicTeaming": {"nicOrder": {"activeNic": ["vmnic3"]}}}}, "InvalidArgument"),
    ],
)
def test_a_refused_update_changes_nothing(vsphere: Client, name: str, spec: dict[str, Any], fault: str) -> None:
    """The faults of UpdateVirtualSwitch."""
    before = network(vsphere)
    with pytest.raises(Fault) as refused:
        vsphere.soap("UpdateVirtualSwitch", system(vsphere), vswitchName=name, spec=spec)
    assert refused.value.name == fault
    assert network(vsphere) == before


def test_what_a_group_leaves_unset_follows_the_switch(start: Any) -> None:
    """HostNetworkPolicy: "These policy settings are inherited if the settings on the port group are not set. Since every policy setting
    on a port group is optional, every individual policy setting can be inherited." All combinations, with the switch's before and after.
    """
    vsphere = start("--hosts", "1", "--dv-groups", "0", "--groups", "0", "--vms", "0")
    this = system(vsphere)
    combinations = [list(each) for each in product((None, False, True), repeat=3)]
    for number, own in enumerate(combinations):
        spec = {"name": f"pg{number}", "vlanId": number, "vswitchName": "vSwitch0", "policy": {"security": security(own)}}
        vsphere.soap("AddPortGroup", this, portgrp={**spec, "policy": {}})
        vsphere.soap("UpdatePortGroup", this, pgName=f"pg{number}", portgrp=spec)
    for parent in product((False, True), repeat=3):
        switch = {"numPorts": 128, "bridge": bond("vmnic0"), "policy": {"security": security(list(parent))}}
        vsphere.soap("UpdateVirtualSwitch", this, vswitchName="vSwitch0", spec=switch)
        config = network(vsphere)
        for number, own in enumerate(combinations):
            found = group(config, f"pg{number}")
            assert found["spec"]["policy"]["security"] == {name: value for name, value in security(own).items() if value is not None}
            assert found["computedPolicy"]["security"] == security([above if mine is None else mine for mine, above in zip(own, parent)])


def test_update_of_a_group_replaces_its_whole_policy(vsphere: Client) -> None:
    """Unset is inherited, for what was set before too; this is how a tool wipes overrides. govc itself is such a tool."""
    vsphere.govc("host.portgroup.change", "-host", HOST, "-allow-promiscuous", "-mac-changes=false", "pg01")
    assert group(network(vsphere), "pg01")["spec"]["policy"]["security"] == {"allowPromiscuous": True, "macChanges": False}
    vsphere.govc("host.portgroup.change", "-host", HOST, "-forged-transmits=false", "pg01")
    found = group(network(vsphere), "pg01")
    assert found["spec"]["policy"]["security"] == {"forgedTransmits": False}
    assert found["computedPolicy"]["security"] == {"allowPromiscuous": False, "macChanges": True, "forgedTransmits": False}
    assert found["spec"]["vlanId"] == 101


def test_switches_and_groups_come_and_go(vsphere: Client) -> None:
    """AddVirtualSwitch honours its spec; the faults of adding and removing."""
    this = system(vsphere)
    policy = {"security": security([False, False, False])}
    vsphere.soap("AddVirtualSwitch", this, vswitchName="vSwitch1", spec={"numPorts": 64, "bridge": bond("vmnic3"), "policy": policy, "mtu": 9000})
    made = vswitch(network(vsphere), "vSwitch1")
    assert (made["spec"]["numPorts"], made["spec"]["mtu"], made["spec"]["bridge"]["nicDevice"]) == (64, 9000, ["vmnic3"])
    assert made["spec"]["policy"]["security"] == security([False, False, False])
    assert made["spec"]["policy"]["nicTeaming"]["nicOrder"] == {"activeNic": ["vmnic3"]}
    for name, spec, fault in (
        ("vSwitch1", {"numPorts": 64}, "AlreadyExists"),
        ("v" * 33, {"numPorts": 64}, "InvalidArgument"),
        ("vSwitch2", {"numPorts": 64, "bridge": bond("vmnic3")}, "ResourceInUse"),
    ):
        with pytest.raises(Fault) as refused:
            vsphere.soap("AddVirtualSwitch", this, vswitchName=name, spec=spec)
        assert refused.value.name == fault
    vsphere.govc("host.portgroup.add", "-host", HOST, "-vswitch", "vSwitch1", "-vlan", "7", "new")
    assert vswitch(network(vsphere), "vSwitch1")["portgroup"] == ["key-vim.host.PortGroup-new"]
    assert "already exists" in vsphere.refused("host.portgroup.add", "-host", HOST, "-vswitch", "vSwitch0", "new")
    assert "not be found" in vsphere.refused("host.portgroup.add", "-host", HOST, "-vswitch", "vSwitch9", "other")
    assert "vlanId" in vsphere.refused("host.portgroup.add", "-host", HOST, "-vswitch", "vSwitch0", "-vlan", "4096", "other")
    vsphere.govc("host.portgroup.remove", "-host", HOST, "new")
    vsphere.govc("host.vswitch.remove", "-host", HOST, "vSwitch1")
    assert "not be found" in vsphere.refused("host.vswitch.remove", "-host", HOST, "vSwitch1")
    assert vswitch(network(vsphere))["name"] == "vSwitch0" and len(network(vsphere)["vswitch"]) == 1


def test_what_is_used_is_not_removed(vsphere: Client) -> None:
    """ResourceInUse "if there are virtual network adapters associated": the host's own, and those of running machines."""
    assert "is in use" in vsphere.refused("host.portgroup.remove", "-host", HOST, "Management Network")
    assert "is in use" in vsphere.refused("host.vswitch.remove", "-host", HOST, "vSwitch0")
    assert group(network(vsphere), "pg01")["port"][0]["type"] == "virtualMachine"
    assert "is in use" in vsphere.refused("host.portgroup.remove", "-host", HOST, "pg01")
    vsphere.govc("vm.power", "-off", "/dc1/vm/vm01-1")
    vsphere.govc("host.portgroup.remove", "-host", HOST, "pg01")


def test_networks_follow_the_groups_of_hosts(vsphere: Client) -> None:
    """Hosts of a datacenter share the Network object of a name; it knows their machines."""
    hosts, machines = vsphere.collect("/dc1/network/pg01", "host", "vm")
    assert len(hosts) == 2 and len(machines) == 2
    vsphere.govc("host.portgroup.remove", "-host", HOST, "pg02")
    assert vsphere.collect("/dc1/network/pg02", "host") == [vsphere.collect("/dc1/network/pg01", "host")[1]]
    vsphere.govc("host.portgroup.remove", "-host", HOST.replace("01", "02"), "pg02")
    assert "/dc1/network/pg02" not in vsphere.govc("find", "/dc1/network").split("\n")


def test_a_host_added_later_refuses(vsphere: Client) -> None:
    """It has none of what is tested here, and must not look as if it had."""
    cluster = vsphere.collect("/dc1/host/cluster1", "host")[0]
    parent = vsphere.collect(f"HostSystem:{cluster['value']}", "parent")
    spec = {"hostName": "later.lab.example", "force": True}
    vsphere.task("AddHost_Task", (parent["type"], parent["value"]), spec=spec, asConnected=True)
    later = "/dc1/host/cluster1/later.lab.example"
    assert "not supported" in vsphere.refused("host.portgroup.add", "-host", later, "-vswitch", "vSwitch0", "new")


def test_a_standalone_host(start: Any) -> None:
    """ESXi without vCenter has the same methods."""
    vsphere = start("--kind", "esxi")
    host = "/ha-datacenter/host/localhost.localdomain/localhost.localdomain"
    spec = {"numPorts": 128, "policy": {"security": security([True, True, True])}}
    vsphere.soap("UpdateVirtualSwitch", system(vsphere, host), vswitchName="vSwitch0", spec=spec)
    assert "bridge" not in vswitch(network(vsphere, host))["spec"]
    assert group(network(vsphere, host), "pg01")["computedPolicy"]["security"] == security([True, True, True])
    assert "HostAgent" in vsphere.govc("about")


def test_options(vsphere: Client) -> None:
    """OptionManager: one option or a subtree, typed and in its range; all of a call or nothing."""
    name = "Net.BlockGuestBPDU"
    assert vsphere.govc("host.option.ls", "-host", HOST, name).split() == [f"{name}:", "1"], "8.0.1 and 8.0.3 block them"
    vsphere.govc("host.option.set", "-host", HOST, name, "0")
    assert vsphere.govc("host.option.ls", "-host", HOST, name).split() == [f"{name}:", "0"]
    assert {"key": name, "value": 0} in vsphere.collect(HOST, "config.option")
    assert vsphere.govc("host.option.ls", "-host", HOST.replace("01", "02"), name).split() == [f"{name}:", "1"]
    assert "Net.FollowHardwareMac" in vsphere.govc("host.option.ls", "-host", HOST, "Net.")
    for unknown in ("Net.Block", "Net.Nothing", "Net"):
        assert "not valid" in vsphere.refused("host.option.ls", "-host", HOST, unknown)
    assert name in vsphere.refused("host.option.set", "-host", HOST, name, "2")
    manager = vsphere.collect(HOST, "configManager.advancedOption")
    for value in ('<value xsi:type="xsd:int">0</value>', '<value xsi:type="xsd:string">0</value>'):
        with pytest.raises(Fault) as refused:
            vsphere.raw(
                "UpdateOptions",
                (manager["type"], manager["value"]),
                (
                    '<changedValue xsi:type="OptionValue"><key>Net.FollowHardwareMac</key><value xsi:type="xsd:long">0</value></changedValue>'
                    f'<changedValue xsi:type="OptionValue"><key>{name}</key>{value}</changedValue>'
                ),
            )
        assert refused.value.name == "InvalidArgument"
    assert vsphere.govc("host.option.ls", "-host", HOST, "Net.FollowHardwareMac").split()[1] == "1", "half of a refused call was done"
