# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributed switches of the simulated vSphere: what the API's documentation says (quoted at each test), seen through govc."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.oracle.distributed import (
    GROUP,
    MAC,
    SWITCH,
    allow,
    guests,
    move_adapter,
    override,
    ports,
    reconfigure,
    reconfigure_switch,
    reference,
    setting,
    values,
    version,
)
from tests.oracle.vsphere import Client, Fault, parts


def test_reconfigure_merges(vsphere: Client) -> None:
    """What the specification leaves out stays: a description alone does not touch security, VLAN or the number of ports."""
    before = vsphere.collect(GROUP, "config")
    reconfigure(vsphere, description="guests")
    after = vsphere.collect(GROUP, "config")
    assert (before.pop("configVersion"), after.pop("configVersion")) == ("0", "1")
    assert after.pop("description") == "guests"
    assert before == after and after["defaultPortConfig"]["vlan"]["vlanId"] == 201


def test_stale_config_version(vsphere: Client) -> None:
    """DVPortgroupConfigSpec.configVersion: "This property is required in reconfiguring a portgroup and should be set to the same
    value as the DVPortgroupConfigInfo.configVersion." ConcurrentAccess: "another operation has modified the datastructure".
    """
    old = version(vsphere)
    reconfigure(vsphere, description="first")
    with pytest.raises(Fault) as refused:
        reconfigure(vsphere, seen=old, description="second")
    assert refused.value.name == "ConcurrentAccess"
    assert vsphere.collect(GROUP, "config.description") == "first"
    with pytest.raises(Fault) as refused:
        vsphere.task("ReconfigureDVPortgroup_Task", reference(vsphere), spec={"description": "third"})
    assert refused.value.name == "InvalidArgument"


def test_somebody_else_is_faster(vsphere: Client) -> None:
    """The control channel makes the observed version stale, as often as it is asked to."""
    vsphere.control("POST", "bump", {"object": "dvpg01", "times": 2})
    for attempt in range(2):
        with pytest.raises(Fault) as refused:
            reconfigure(vsphere, description="mine")
        assert refused.value.name == "ConcurrentAccess"
    reconfigure(vsphere, description="mine")
    assert (version(vsphere), vsphere.collect(GROUP, "config.description")) == ("3", "mine")


def test_mac_management_is_explicit_or_inherited_as_a_whole(vsphere: Client) -> None:
    """InheritablePolicy: inherited true means "to change the values of subclass's properties to the inherited values from the level above
    [...] any set property in the subclass will be ignored"; false "to explicitly set subclass's properties to user specified values".
    """
    assert setting(vsphere)["macManagementPolicy"]["inherited"] is True
    # Half-filled: what is not given keeps its value, but is explicit from now on.
    reconfigure(vsphere, defaultPortConfig={"macManagementPolicy": {"inherited": False, "forgedTransmits": True}})
    mac = setting(vsphere)["macManagementPolicy"]
    assert mac["inherited"] is False and values(mac) == [False, False, True] and mac["macLearningPolicy"]["inherited"] is True
    reconfigure_switch(vsphere, macManagementPolicy={"inherited": False, "allowPromiscuous": True, "macChanges": True, "forgedTransmits": True})
    assert values(setting(vsphere)["macManagementPolicy"]) == [False, False, True], "an explicit value follows the switch"
    assert values(setting(vsphere, "/dc1/network/dvpg02")["macManagementPolicy"]) == [True, True, True], "an inherited value does not follow the switch"
    reconfigure(vsphere, defaultPortConfig={"macManagementPolicy": {"inherited": True, "forgedTransmits": False}})
    mac = setting(vsphere)["macManagementPolicy"]
    assert mac["inherited"] is True and values(mac) == [True, True, True]


def test_the_deprecated_security_policy_shows_the_same_values(vsphere: Client) -> None:
    """VMwareDVSPortSetting.securityPolicy: "Deprecated as of vSphere API 6.7, use DVSMacManagementPolicy". It inherits each field."""
    explicit = {"inherited": False, "allowPromiscuous": True, "macChanges": False, "forgedTransmits": True}
    reconfigure(vsphere, defaultPortConfig={"macManagementPolicy": explicit})
    legacy = setting(vsphere)["securityPolicy"]
    assert [legacy[name] for name in MAC] == [{"inherited": False, "value": value} for value in (True, False, True)]
    fields = {"allowPromiscuous": {"inherited": True}, "macChanges": {"inherited": False, "value": True}}
    reconfigure(vsphere, defaultPortConfig={"securityPolicy": {"inherited": False, **fields}})
    found = setting(vsphere)
    assert [found["securityPolicy"][name]["inherited"] for name in MAC] == [True, False, False]
    assert found["macManagementPolicy"]["inherited"] is False and values(found["macManagementPolicy"]) == [False, True, True]
    reconfigure_switch(vsphere, securityPolicy={"inherited": False, "allowPromiscuous": {"inherited": False, "value": True}})
    found = setting(vsphere)
    assert values(found["macManagementPolicy"]) == [True, True, True] and found["securityPolicy"]["allowPromiscuous"] == {"inherited": True, "value": True}
    reconfigure(vsphere, defaultPortConfig={"securityPolicy": {"inherited": True}})
    found = setting(vsphere)
    assert found["macManagementPolicy"]["inherited"] is True and values(found["macManagementPolicy"]) == [True, False, False]


def test_mac_learning(vsphere: Client) -> None:
    """DVSMacLearningPolicy; up to 4096 addresses (vSphere 8 documentation), limitPolicy allow or drop."""

    def learn(**policy: Any) -> None:
        reconfigure(vsphere, defaultPortConfig={"macManagementPolicy": {"inherited": False, "macLearningPolicy": policy}})

    learning = {"inherited": False, "enabled": True, "allowUnicastFlooding": False, "limit": 100, "limitPolicy": "ALLOW"}
    learn(**learning)
    mac = setting(vsphere)["macManagementPolicy"]
    assert mac["macLearningPolicy"] == learning and mac["inherited"] is False
    learn(inherited=False, enabled=False)
    # All of MAC learning that is off, as vCenter 8.0.1 tells it (nri-vsphere's capture of a data center).
    assert setting(vsphere)["macManagementPolicy"]["macLearningPolicy"] == {"inherited": False, "enabled": False}
    wrong: list[dict[str, Any]] = [{"limit": 4097}, {"limitPolicy": "deny"}]
    for each in wrong:
        with pytest.raises(Fault) as refused:
            learn(inherited=False, enabled=True, **each)
        assert refused.value.name == "InvalidArgument"
    learn(inherited=True, enabled=False)
    mac = setting(vsphere)["macManagementPolicy"]
    assert mac["macLearningPolicy"] == {"inherited": True, "enabled": False} and mac["inherited"] is False


def test_teaming_and_shaping_merge_by_field(vsphere: Client) -> None:
    """Composite policies have inherited of their own and of each field."""
    reconfigure(vsphere, defaultPortConfig={"uplinkTeamingPolicy": {"inherited": False, "notifySwitches": {"inherited": False, "value": False}}})
    teaming = setting(vsphere)["uplinkTeamingPolicy"]
    assert teaming["inherited"] is False and teaming["notifySwitches"] == {"inherited": False, "value": False}
    assert teaming["policy"] == {"inherited": True, "value": "loadbalance_srcid"} and teaming["uplinkPortOrder"]["inherited"] is True
    reconfigure(vsphere, defaultPortConfig={"inShapingPolicy": {"inherited": False, "enabled": {"inherited": False, "value": True}}})
    found = setting(vsphere)
    assert found["inShapingPolicy"]["enabled"]["value"] is True and found["outShapingPolicy"]["inherited"] is True
    assert found["uplinkTeamingPolicy"] == teaming


def flags(node: Any) -> list[bool]:
    """All of inheritance in a setting."""
    below = [flag for each in (node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()) for flag in flags(each)]
    return ([node["inherited"]] if isinstance(node, dict) and "inherited" in node else []) + below


def test_the_uplink_group_inherits_nothing(vsphere: Client) -> None:
    """As vCenter 8.0.1 has it (nri-vsphere's capture of a data center): it lets pass what the guests forge, whatever the switch says."""
    uplink = vsphere.collect(SWITCH, "config.uplinkPortgroup")
    config, tags = vsphere.collect(f"DistributedVirtualPortgroup:{uplink[0]['value']}", "config", "tag")
    assert config["uplink"] is True and vsphere.collect(GROUP, "config.uplink") is False and tags[0]["key"] == "SYSTEM/DVS.UPLINKPG"
    own = config["defaultPortConfig"]
    assert set(flags(own)) == {False} and values(own["macManagementPolicy"]) == [False, False, True]
    assert own["securityPolicy"]["forgedTransmits"] == {"inherited": False, "value": True}
    assert own["macManagementPolicy"]["macLearningPolicy"]["enabled"] is False
    assert own["vlan"]["vlanId"] == [{"start": 0, "end": 4094}] and own["uplinkTeamingPolicy"]["uplinkPortOrder"] == {"inherited": False}
    assert (config["type"], config["backingType"], config["autoExpand"], config["configVersion"]) == ("earlyBinding", "standard", False, "0")
    assert config["numPorts"] == len(ports(vsphere, uplinkPort=True)) == 2 * 4, "four uplinks of each host"
    reconfigure_switch(vsphere, macManagementPolicy={"inherited": False, "allowPromiscuous": True, "macChanges": True, "forgedTransmits": False})
    assert setting(vsphere, f"DistributedVirtualPortgroup:{uplink[0]['value']}") == own
    nics = ports(vsphere, uplinkPort=True, connected=True)
    hosts = sorted(each["value"] for each in vsphere.collect(SWITCH, "summary.hostMember"))
    assert sorted(port["connectee"]["connectedEntity"] for port in nics) == sorted(port["proxyHost"] for port in nics) == hosts
    assert {(port["connectee"]["type"], port["connectee"]["nicKey"]) for port in nics} == {("pnic", "vmnic2")}


def test_an_adapter_of_a_host_on_a_distributed_group(vsphere: Client) -> None:
    """HostVirtualNic.portgroup is empty and not unset then, and the port names the host."""
    host = "/dc1/host/cluster1/esxi01.lab.example"
    move_adapter(vsphere, host)
    adapter = vsphere.collect(host, "config.network.vnic")[0]
    assert adapter["portgroup"] == "" and adapter["spec"]["distributedVirtualPort"]["portgroupKey"] == vsphere.collect(GROUP, "key")
    port = next(each for each in guests(vsphere) if each["connectee"]["type"] == "hostVmkVnic")
    assert port["connectee"]["nicKey"] == "vmk0" and port["portgroupKey"] == vsphere.collect(GROUP, "key")
    assert ("HostSystem", port["connectee"]["connectedEntity"]) == tuple(vsphere.govc("find", "-i", "-maxdepth", "0", host).strip().split(":"))
    assert port["proxyHost"] == port["connectee"]["connectedEntity"]


def test_what_a_switch_is_called(vsphere: Client) -> None:
    """By its own type, and by the one that it extends."""
    found = vsphere.collect(GROUP, "config.distributedVirtualSwitch")
    assert found["type"] == "VmwareDistributedVirtualSwitch"
    listed = vsphere.govc("find", "-i", "/", "-type", "w").split()
    assert listed == [f"VmwareDistributedVirtualSwitch:{found['value']}"]
    for kind in ("VmwareDistributedVirtualSwitch", "DistributedVirtualSwitch"):
        assert vsphere.soap("FetchDVPorts", (kind, found["value"])) is not None
        assert vsphere.collect(f"{kind}:{found['value']}", "name") == "vds1"


def test_what_a_switch_can(vsphere: Client) -> None:
    """The capability of version 8.0, and LACP: its policy of ports is not for a switch with link aggregation groups (yavijava's issue 148)."""
    found = vsphere.collect(SWITCH, "capability.featuresSupported")
    assert found["macLearningSupported"] and found["nsxSupported"] and "loadbalance_loadbased" in found["nicTeamingPolicy"]
    assert found["lacpCapability"] == {"lacpSupported": True, "multiLacpGroupSupported": True, "lacpFastModeSupported": True}
    assert found["mtuCapability"] == {"minMtuSupported": 1280, "maxMtuSupported": 9190}
    assert vsphere.collect("/dc1/host/cluster1/esxi01.lab.example", "config.network.proxySwitch")[0]["key"] == "DvsPortset-0"
    reconfigure(vsphere, defaultPortConfig={"lacpPolicy": {"inherited": True}})
    with pytest.raises(Fault) as refused:
        reconfigure(vsphere, defaultPortConfig={"lacpPolicy": {"inherited": False, "enable": {"inherited": False, "value": False}}})
    assert refused.value.name == "ConflictingConfiguration"


def test_special_groups(vsphere: Client) -> None:
    """What NSX backs is its own, with ports that come and go with the adapters, and is not changed here (nri-vsphere's capture)."""
    segment = "/dc1/network/nsx-segment1"
    config = vsphere.collect(segment, "config")
    assert config["backingType"] == "nsx" and config["logicalSwitchUuid"] and config["transportZoneUuid"] and config["transportZoneName"]
    own = config["defaultPortConfig"]
    assert set(flags(own)) == {False} and values(own["macManagementPolicy"]) == [False] * 3
    assert own["macManagementPolicy"]["macLearningPolicy"] == {"inherited": False, "enabled": False} and own["vlan"]["vlanId"] == 0
    assert (config["type"], config["numPorts"], config["configVersion"]) == ("ephemeral", 0, "0")
    vsphere.govc("vm.network.add", "-vm", "/dc1/vm/vm01-1", "-net", segment)
    key = ports(vsphere, nsxPort=True)[0]["key"]
    assert str(UUID(key)) == key and vsphere.collect(segment, "config.numPorts") == 1 and vsphere.collect(segment, "portKeys") == [key]
    vsphere.govc("vm.network.change", "-vm", "/dc1/vm/vm01-1", "-net", "/dc1/network/dvpg02", "ethernet-2")
    assert ports(vsphere, nsxPort=True) == [] and vsphere.collect(segment, "config.numPorts") == 0
    assert vsphere.collect(SWITCH, "config.productInfo.forwardingClass") == "cswitch"
    assert vsphere.collect("/dc1/host/cluster1/esxi01.lab.example", "config.network.proxySwitch")[0]["nsxtEnabled"] is True
    with pytest.raises(Fault) as refused:
        reconfigure(vsphere, "/dc1/network/nsx-segment1", description="mine")
    assert refused.value.name == "NotSupported"


def test_ports_are_found_by_criteria(vsphere: Client) -> None:
    """DistributedVirtualSwitchPortCriteria."""
    keys = {path: vsphere.collect(path, "key") for path in (GROUP, "/dc1/network/dvpg02")}
    everything = ports(vsphere)
    assert len({port["key"] for port in everything}) == len(everything) == 2 * 4 + 8 + 8
    assert {port["portgroupKey"] for port in ports(vsphere, portgroupKey=keys[GROUP], inside=True)} == {keys[GROUP]}
    assert keys[GROUP] not in {port["portgroupKey"] for port in ports(vsphere, portgroupKey=keys[GROUP], inside=False)}
    assert len(ports(vsphere, uplinkPort=True)) == 2 * 4 and ports(vsphere, nsxPort=True) == []
    connected = guests(vsphere)
    assert sorted(port["connectee"]["connectedEntity"] for port in connected) == sorted(each["value"] for each in vsphere.collect(GROUP, "vm"))
    assert len(ports(vsphere, active=True, uplinkPort=False)) == 2
    vsphere.govc("vm.power", "-off", "/dc1/vm/vm01-1")
    assert len(ports(vsphere, active=True, uplinkPort=False)) == 1 and len(guests(vsphere)) == 2
    assert [port["key"] for port in ports(vsphere, portKey=[everything[3]["key"]])] == [everything[3]["key"]]
    host = vsphere.collect("/dc1/vm/vm02-1", "runtime.host")
    assert sorted(port["connectee"]["type"] for port in ports(vsphere, host=[("HostSystem", host["value"])])) == ["pnic", "vmVnic"]


def test_a_port_overrides_only_where_its_group_allows(vsphere: Client) -> None:
    """VMwareDVSPortgroupPolicy.macManagementOverrideAllowed: "Allow the setting of macManagementPolicy for an individual port to
    override the setting in defaultPortConfig of a portgroup."
    """
    port = guests(vsphere)[0]
    open_policy = {"inherited": False, "allowPromiscuous": True, "macChanges": True, "forgedTransmits": True}
    with pytest.raises(Fault) as refused:
        override(vsphere, port, macManagementPolicy=open_policy)
    assert refused.value.name == "DvsFault" and "macManagementOverrideAllowed" in refused.value.text
    allow(vsphere, macManagementOverrideAllowed=True)
    override(vsphere, port, macManagementPolicy=open_policy)
    changed, other = (ports(vsphere, portKey=[each["key"]])[0] for each in guests(vsphere))
    assert changed["config"]["setting"]["macManagementPolicy"]["allowPromiscuous"] == "true"
    assert changed["config"]["setting"]["securityPolicy"]["allowPromiscuous"] == {"inherited": "false", "value": "true"}
    assert other["config"]["setting"]["macManagementPolicy"]["allowPromiscuous"] == "false"
    with pytest.raises(Fault) as refused:
        override(vsphere, port, seen="0", macManagementPolicy={"inherited": True})
    assert refused.value.name == "ConcurrentAccess"
    with pytest.raises(Fault) as refused:
        override(vsphere, changed, vlan={"@type": "VmwareDistributedVirtualSwitchVlanIdSpec", "inherited": False, "vlanId": 5})
    assert "vlanOverrideAllowed" in refused.value.text
    override(vsphere, changed, macManagementPolicy={"inherited": True})
    back = ports(vsphere, portKey=[port["key"]])[0]
    assert back["config"]["setting"]["macManagementPolicy"]["inherited"] == "true"
    assert back["config"]["setting"]["macManagementPolicy"]["allowPromiscuous"] == "false"


def test_ports_follow_their_group(vsphere: Client) -> None:
    """A port inherits from the group, which inherits from the switch."""
    reconfigure_switch(vsphere, macManagementPolicy={"inherited": False, "macChanges": True})
    port = guests(vsphere)[0]
    assert port["config"]["setting"]["macManagementPolicy"]["macChanges"] == "true"
    reconfigure(vsphere, defaultPortConfig={"macManagementPolicy": {"inherited": False, "macChanges": False}})
    port = guests(vsphere)[0]
    assert port["config"]["setting"]["macManagementPolicy"] == {**port["config"]["setting"]["macManagementPolicy"], "inherited": "true", "macChanges": "false"}


def test_a_batch_of_ports_is_done_whole_or_not_at_all(vsphere: Client) -> None:
    """And "if the array have different elements for the same port", InvalidArgument."""
    first, second = guests(vsphere)
    blocked = {"@type": "VMwareDVSPortSetting", "blocked": {"inherited": False, "value": True}}

    def spec(port: dict[str, Any], seen: str) -> dict[str, Any]:
        return {"operation": "edit", "key": port["key"], "setting": blocked, "configVersion": seen}

    for batch, fault in (
        ([spec(first, "0"), spec(second, "9")], "ConcurrentAccess"),
        ([spec(first, "0"), spec(first, "0")], "InvalidArgument"),
        ([spec(first, "0"), spec({"key": "999"}, "0")], "NotFound"),
    ):
        with pytest.raises(Fault) as refused:
            vsphere.task("ReconfigureDVPort_Task", reference(vsphere, SWITCH), port=batch)
        assert refused.value.name == fault
        assert ports(vsphere, portKey=[first["key"]])[0] == first
    vsphere.task("ReconfigureDVPort_Task", reference(vsphere, SWITCH), port=[spec(first, "0"), spec(second, "0")])
    assert [port["config"]["setting"]["blocked"]["value"] for port in guests(vsphere)] == ["true", "true"]


def test_versions(start: Any) -> None:
    """DVSFeatureCapability.macLearningSupported; macManagementPolicy is of vSphere API 6.7, which is version 6.6.0 of a switch."""
    old = start("--hosts", "1", "--dvs-version", "6.5.0")
    assert old.collect(SWITCH, "capability.featuresSupported")["macLearningSupported"] is False
    assert "macManagementPolicy" not in setting(old)
    with pytest.raises(Fault) as refused:
        reconfigure(old, defaultPortConfig={"macManagementPolicy": {"inherited": False, "macChanges": True}})
    assert refused.value.name == "NotSupported"
    reconfigure(old, defaultPortConfig={"securityPolicy": {"inherited": False, "macChanges": {"inherited": False, "value": True}}})
    assert setting(old)["securityPolicy"]["macChanges"] == {"inherited": False, "value": True}
    manager = ("DistributedVirtualSwitchManager", "DVSManager")
    available = parts(old.soap("QueryAvailableDvsSpec", manager))["returnval"]
    assert {"6.5.0", "8.0.3"} <= {each["version"] for each in available}
    assert parts(old.soap("QueryAvailableDvsSpec", manager, recommended=True))["returnval"]["version"] == "8.0.3"
    for number, supported in (("6.5.0", "false"), ("8.0.0", "true")):
        found = parts(old.soap("QueryDvsFeatureCapability", manager, switchProductSpec={"version": number}))
        assert found["returnval"]["macLearningSupported"] == supported


def test_govc_makes_switches_and_groups(vsphere: Client) -> None:
    """What a client makes later behaves as what was there from the start."""
    vsphere.govc("dvs.create", "-product-version", "7.0.0", "later")
    vsphere.govc("dvs.portgroup.add", "-dvs", "later", "-type", "earlyBinding", "-nports", "4", "-vlan", "9", "later-guests")
    path = "/dc1/network/later-guests"
    found = vsphere.collect(path, "config")
    assert (found["numPorts"], found["configVersion"], found["defaultPortConfig"]["vlan"]["vlanId"]) == (4, "0", 9)
    assert found["defaultPortConfig"]["macManagementPolicy"]["inherited"] is True
    reconfigure(vsphere, path, numPorts=6)
    assert vsphere.collect(path, "config.numPorts") == 6 and len(vsphere.collect(path, "portKeys")) == 6
    vsphere.govc("dvs.portgroup.change", "-vlan", "10", path)
    assert setting(vsphere, path)["vlan"] == {"inherited": False, "vlanId": 10}


def test_names_may_be_ambiguous(start: Any) -> None:
    """Two datacenters with the same names."""
    both = start("--hosts", "4", "--datacenters", "2", "--same-names")
    assert sorted(both.govc("find", "/", "-type", "g", "-name", "dvpg01").split()) == ["/dc1/network/dvpg01", "/dc2/network/dvpg01"]
    assert sorted(both.govc("find", "/", "-type", "c").split()) == ["/dc1/host/cluster1", "/dc2/host/cluster1"]
    reconfigure(both, "/dc2/network/dvpg01", description="second")
    assert both.collect(GROUP, "config.description") is None
    apart = start("--hosts", "4", "--datacenters", "2")
    assert apart.govc("find", "/", "-type", "g", "-name", "dvpg01*").split() == ["/dc1/network/dvpg01-dc1", "/dc2/network/dvpg01-dc2"]
