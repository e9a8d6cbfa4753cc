# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Single ports of distributed switches on the simulated vSphere; messages written by hand say what came of it."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from tests.oracle.distributed import GROUP, MAC, allow, move_adapter, override, ports, reconfigure
from tests.oracle.vsphere import Client

from .distributed import Switches

NAMES = ("promiscuous", "mac_changes", "forged_transmits")
CLOSED = dict.fromkeys(NAMES, "reject")
SNIFFER = {**CLOSED, "promiscuous": "accept"}
OPEN = {"inherited": False, **dict.fromkeys(MAC, True)}


def of_group(vsphere: Client, path: str = GROUP) -> list[dict[str, Any]]:
    """The ports of a group."""
    return ports(vsphere, portgroupKey=vsphere.collect(path, "key"), inside=True)


def mac(vsphere: Client, key: str) -> dict[str, Any]:
    """The port's macManagementPolicy."""
    found: dict[str, Any] = ports(vsphere, portKey=[key])[0]["config"]["setting"]["macManagementPolicy"]
    return found


def connected(vsphere: Client, machine: str) -> str:
    """The key of the port of a machine."""
    reference = vsphere.collect(f"/dc1/vm/{machine}", "name") and vsphere.govc("find", "-i", "/dc1/vm", "-name", machine).strip().split(":")[1]
    return next(str(port["key"]) for port in ports(vsphere, connected=True) if port["connectee"]["connectedEntity"] == reference)


def test_life_of_an_override(vcenter: Switches) -> None:
    """By the name of a machine and by key: set, changed, reset; the other ports stay byte for byte what they were."""
    vsphere = vcenter.vsphere
    key = connected(vsphere, "vm01-1")
    one: dict[str, Any] = {"vds": "vds1", "vm": "vm01-1"}
    words = f"port {key} of vds1", "port_policy.mac_management_override: true"
    assert vcenter.refused("vds_port", "unsupported", *words, **one, security=SNIFFER)["flag"] == "macManagementOverrideAllowed"
    allow(vsphere, macManagementOverrideAllowed=True)
    others = [port for port in ports(vsphere) if port["key"] != key]
    vcenter.refused("vds_port", "invalid", "one flag of inheritance", **one, security={"promiscuous": "accept"})
    result = vcenter.cycle("vds_port", **one, security=SNIFFER)
    assert result["reconnect_needed"] == {key: ["vm01-1"]}
    assert result["ports"][key]["connected"] == "vm01-1" and result["ports"][key]["effective"]["promiscuous"] == "accept"
    assert [mac(vsphere, key)[name] for name in MAC] == ["true", "false", "false"] and mac(vsphere, key)["inherited"] == "false"
    assert mac(vsphere, key)["macLearningPolicy"]["inherited"] == "true"
    vcenter.cycle("vds_port", vds="vds1", keys=[key], security={"promiscuous": "reject"}, mac_learning={"enabled": True, "limit": 3})
    assert mac(vsphere, key)["macLearningPolicy"]["limit"] == "3" and mac(vsphere, key)["allowPromiscuous"] == "false"
    # The flag is taken back: what is overridden stays, can't be changed, and can be reset.
    allow(vsphere, macManagementOverrideAllowed=False)
    vcenter.refused("vds_port", "unsupported", "macManagementOverrideAllowed", **one, security=SNIFFER)
    vcenter.cycle("vds_port", False, **one, security={"promiscuous": "reject"})
    vcenter.cycle("vds_port", vds="vds1", keys=[key], state="inherited")
    assert mac(vsphere, key)["inherited"] == "true" and mac(vsphere, key)["macLearningPolicy"]["inherited"] == "true"
    assert [port for port in ports(vsphere) if port["key"] != key] == others


def test_all_ports_of_a_group_that_differ(vcenter: Switches) -> None:
    """Reset in one task of the server, each with its own version; those that follow the group are not written to."""
    vsphere = vcenter.vsphere
    allow(vsphere, macManagementOverrideAllowed=True, blockOverrideAllowed=True)
    mine = of_group(vsphere)
    override(vsphere, mine[0], macManagementPolicy=OPEN)
    override(vsphere, ports(vsphere, portKey=[mine[0]["key"]])[0], macManagementPolicy={**OPEN, "macChanges": False})
    override(vsphere, mine[2], macManagementPolicy=OPEN, blocked={"inherited": False, "value": True})
    before = {port["key"]: port for port in of_group(vsphere)}
    vsphere.control("POST", "calls/reset")
    result = vcenter.cycle("vds_port", vds="vds1", port_group="dvpg01", state="inherited")
    assert vsphere.control("GET", "calls")["methods"]["ReconfigureDVPort_Task"] == 1
    assert set(result["ports"]) == {mine[0]["key"], mine[2]["key"]} and len(result["actions"]) == 2
    after = {port["key"]: port for port in of_group(vsphere)}
    changed = {key for key in before if after[key] != before[key]}
    assert changed == {mine[0]["key"], mine[2]["key"]}
    assert all(after[key]["config"]["setting"]["macManagementPolicy"]["inherited"] == "true" for key in after)
    assert after[mine[2]["key"]]["config"]["setting"]["blocked"] == {"inherited": "false", "value": "true"}, "it was not asked for"
    vcenter.cycle("vds_port", vds="vds1", port_group="dvpg01", state="inherited", reset=["security", "blocked"])
    assert {port["config"]["setting"]["blocked"]["inherited"] for port in of_group(vsphere)} == {"true"}


def test_blocked_and_vlan(vcenter: Switches) -> None:
    """Each with its own flag."""
    vsphere = vcenter.vsphere
    key = of_group(vsphere)[1]["key"]
    one: dict[str, Any] = {"vds": "vds1", "port_group": "dvpg01", "keys": [key]}
    vcenter.cycle("vds_port", **one, blocked=True)
    vcenter.refused("vds_port", "unsupported", "vlanOverrideAllowed", **one, vlan={"id": 9})
    allow(vsphere, vlanOverrideAllowed=True, blockOverrideAllowed=False)
    vcenter.cycle("vds_port", **one, vlan={"trunk": ["1-5"]})
    found = ports(vsphere, portKey=[key])[0]["config"]["setting"]
    assert found["vlan"] == {"inherited": "false", "vlanId": {"start": "1", "end": "5"}} and found["blocked"]["value"] == "true"
    vcenter.refused("vds_port", "unsupported", "blockOverrideAllowed", **one, blocked=False)
    vcenter.cycle("vds_port", **one, vlan={"inherit": True})
    vcenter.cycle("vds_port", **one, state="inherited", reset=["blocked"])
    found = ports(vsphere, portKey=[key])[0]["config"]["setting"]
    assert found["vlan"] == {"inherited": "true", "vlanId": "201"} and found["blocked"] == {"inherited": "true", "value": "false"}


def test_other_overrides_are_told(vcenter: Switches) -> None:
    """And left alone."""
    vsphere = vcenter.vsphere
    allow(vsphere, shapingOverrideAllowed=True)
    port = of_group(vsphere)[0]
    override(vsphere, port, inShapingPolicy={"inherited": False, "enabled": {"inherited": False, "value": True}}, VNI={"inherited": False, "value": 5})
    result = vcenter.cycle("vds_port", False, vds="vds1", port_group="dvpg01", state="inherited", reset=["security", "vlan", "blocked"])
    assert result["ports"][port["key"]]["other_overrides"] == ["inShapingPolicy", "VNI"] and list(result["ports"]) == [port["key"]]


def test_switches_without_mac_management(lab: Callable[..., Switches]) -> None:
    """6.5.0: each field by itself, and the deprecated flag."""
    old = lab("--hosts", "1", "--dvs-version", "6.5.0")
    one: dict[str, Any] = {"vds": "vds1", "vm": "vm01-1"}
    old.refused("vds_port", "unsupported", "securityPolicyOverrideAllowed", **one, security={"promiscuous": "accept"})
    old.cycle("vds_portgroup", vds="vds1", name="dvpg01", port_policy={"security_override": True})
    old.cycle("vds_port", **one, security={"promiscuous": "accept"})
    key = connected(old.vsphere, "vm01-1")
    policy = ports(old.vsphere, portKey=[key])[0]["config"]["setting"]["securityPolicy"]
    assert policy["allowPromiscuous"] == {"inherited": "false", "value": "true"} and policy["macChanges"]["inherited"] == "true"
    old.refused("vds_port", "unsupported", "version 6.5.0", **one, mac_learning={"enabled": True})
    old.cycle("vds_port", vds="vds1", port_group="dvpg01", state="inherited")
    policy = ports(old.vsphere, portKey=[key])[0]["config"]["setting"]["securityPolicy"]
    assert {policy[name]["inherited"] for name in MAC} == {"true"}


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"keys": ["999"], "blocked": True}, "vds1 has no port 999"),
        ({"port_group": "dvpg02", "keys": ["5"], "blocked": True}, "port group dvpg02 of vds1 has no port 5"),
        ({"port_group": "dvpg1", "state": "inherited"}, "close to it: dvpg01"),
        ({"port_group": "nsx-segment1", "state": "inherited"}, "NSX backs it"),
        ({"keys": ["0"], "blocked": True}, "uplink group"),
        ({"vm": "vm09-1", "blocked": True}, "no adapter of a machine vm09-1"),
        # Its adapter is on a port too, and it is no machine.
        ({"vm": "esxi01.lab.example", "blocked": True}, "no adapter of a machine esxi01.lab.example"),
        ({"vm": "", "blocked": True}, "vm: it is empty"),
        ({"port_group": "dvpg01", "blocked": True}, "change it with vds_portgroup"),
        ({"keys": ["5"]}, "Nothing is asked for"),
        ({"keys": [], "blocked": True}, "keys: the list is empty"),
        ({"blocked": True}, "No ports are chosen"),
        ({"keys": ["5"], "vm": "vm01-1", "blocked": True}, "exclude each other"),
        ({"keys": ["5"], "state": "inherited", "blocked": True}, "leave it out, or use reset"),
        ({"keys": ["5"], "blocked": True, "reset": ["vlan"]}, "goes with state: inherited"),
        ({"vds": "vds9", "keys": ["5"], "blocked": True}, "no distributed switch vds9"),
        ({"keys": ["5"], "mac_learning": {"limit": 5000}}, "mac_learning.limit: 5000"),
    ],
)
def test_refused_before_any_write(vcenter: Switches, params: dict[str, Any], words: str) -> None:
    """With the object, the value and what to do; in check mode too."""
    vcenter.refused("vds_port", "invalid", words, **{"vds": "vds1", **params})


def test_ports_that_nsx_made(vcenter: Switches) -> None:
    """Their keys are UUIDs. They are refused, alone and as one adapter of a machine; the machine's others can be chosen."""
    vsphere, nsx = vcenter.vsphere, "/dc1/network/nsx-segment1"
    own = connected(vsphere, "vm01-1")
    vsphere.govc("vm.network.add", "-vm", "/dc1/vm/vm01-1", "-net", nsx)
    key = of_group(vsphere, nsx)[0]["key"]
    assert len(key) == 36
    vcenter.refused("vds_port", "invalid", "nsx-segment1", "NSX backs it", vds="vds1", keys=[key], blocked=True)
    words = "NSX backs it", "choose others with port_group or keys"
    vcenter.refused("vds_port", "invalid", *words, vds="vds1", vm="vm01-1", blocked=True)
    assert list(vcenter.cycle("vds_port", vds="vds1", vm="vm01-1", port_group="dvpg01", blocked=True)["ports"]) == [own]
    blocked = {port["key"]: port["config"]["setting"]["blocked"] for port in of_group(vsphere)}
    assert blocked[own] == {"inherited": "false", "value": "true"}
    told = vcenter.ok("esxi_switch_policy_info", all_hosts=True, audit="stig", ports="all")
    group = next(each for each in told["objects"] if each["port_group"] == "nsx-segment1")
    assert group["exempt"] == "nsx" and group["vms"] == ["vm01-1"] and set(group["effective"].values()) == {"reject"}
    assert told["not_looked_at"] == [] and not [each for each in told["objects"] if each["port"] == key]


def test_adapters_of_hosts_are_no_machines(vcenter: Switches) -> None:
    """A machine that has a host's name, as a nested ESXi may; the ports of that host stay as they are, and no audit takes it for a guest."""
    vsphere, host = vcenter.vsphere, "esxi01.lab.example"
    vsphere.govc("vm.change", "-vm", "/dc1/vm/vm02-1", "-name", host)
    key = connected(vsphere, host)
    move_adapter(vsphere, f"/dc1/host/cluster1/{host}")
    kinds = {port["key"]: port["connectee"]["type"] for port in ports(vsphere, connected=True)}
    assert sorted(kinds.values()) == ["hostVmkVnic", "pnic", "pnic", "vmVnic", "vmVnic"] and kinds[key] == "vmVnic"
    assert list(vcenter.cycle("vds_port", vds="vds1", vm=host, blocked=True)["ports"]) == [key]
    assert [port["key"] for port in ports(vsphere, uplinkPort=False) if port["config"]["setting"]["blocked"]["inherited"] == "false"] == [key]
    told = vcenter.ok("esxi_switch_policy_info", all_hosts=True, ports="all")["objects"]
    assert {each["port"]: each["vms"] for each in told if each["kind"] == "vds_port" and each["port"] in kinds and each["vms"]} == {
        key: [host],
        connected(vsphere, "vm01-1"): ["vm01-1"],
    }
    uses = {key for key, kind in kinds.items() if kind == "hostVmkVnic"}
    assert "management" in vcenter.run("vds_port", True, vds="vds1", keys=list(uses), blocked=True)["msg"]


def test_somebody_else_is_faster(vcenter: Switches) -> None:
    """The port's own version: stale once is a new plan, twice is a failure after which nothing has changed."""
    vsphere = vcenter.vsphere
    allow(vsphere, macManagementOverrideAllowed=True)
    keys = [port["key"] for port in of_group(vsphere)[:3]]
    vsphere.control("POST", "bump", {"object": f"port {keys[1]}", "times": 1})
    assert vcenter.ok("vds_port", False, vds="vds1", keys=keys, security=SNIFFER)["verified"]
    before = of_group(vsphere)
    vsphere.control("POST", "bump", {"object": f"port {keys[1]}", "times": 2})
    result = vcenter.run("vds_port", False, vds="vds1", port_group="dvpg01", state="inherited")
    assert result["failed"] and result["error_code"] == "concurrent_access" and not result["changed"]
    assert result["undone"] == [] and result["not_undone"] == [] and "changed it twice" in result["msg"]
    for port in [*before, *(after := of_group(vsphere))]:
        port["config"].pop("configVersion")
    assert after == before


def test_one_port_that_fails_fails_all(vcenter: Switches) -> None:
    """The server does them all or none; what it says is told."""
    vsphere = vcenter.vsphere
    keys = [port["key"] for port in of_group(vsphere)[:3]]
    before = of_group(vsphere)
    vsphere.control("POST", "faults", {"method": "ReconfigureDVPort_Task", "fault": "DvsFault", "in": "task", "message": "no", "times": 1})
    result = vcenter.run("vds_port", False, vds="vds1", keys=keys, blocked=True)
    assert result["failed"] and result["error_code"] == "change_failed" and result["not_undone"] == [] and not result["changed"]
    assert of_group(vsphere) == before


def test_what_the_group_changed_meanwhile(vcenter: Switches) -> None:
    """A port that inherits shows the group's value of now."""
    vsphere = vcenter.vsphere
    reconfigure(vsphere, defaultPortConfig={"macManagementPolicy": {**OPEN, "macChanges": False}})
    result = vcenter.cycle("vds_port", False, vds="vds1", vm="vm01-1", state="inherited")
    key = connected(vsphere, "vm01-1")
    assert result["ports"][key]["effective"]["promiscuous"] == "accept" and result["ports"][key]["effective"]["mac_changes"] == "reject"
