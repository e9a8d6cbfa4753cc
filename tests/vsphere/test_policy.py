# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""esxi_switch_policy: one document for many hosts and their distributed switch, judged by govc."""

from __future__ import annotations

import copy
from typing import Any, Callable, Dict, List

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BY_PROGRAM, GUARDS

from .conftest import FIELDS, REAL_ONLY, World, group, vswitch

HOSTS = ["esxi01.lab.example", "esxi02.lab.example"]
PATH = "/dc1/host/cluster1/{}"
REJECT = {"promiscuous": "reject", "mac_changes": "reject", "forged_transmits": "reject"}
INHERIT = dict.fromkeys(REJECT, "inherit")
# The guards for which a profile is refused.
WITHOUT = [name for name in GUARDS if name not in ("bpdu", BY_PROGRAM)]
CLOSED = dict.fromkeys(FIELDS, False)
Document = List[Dict[str, Any]]


def standard(*groups: dict[str, Any], **level: Any) -> Document:
    """vSwitch0 of a document."""
    return [{"name": "vSwitch0", "kind": "vswitch", "port_groups": list(groups), **level}]


def distributed(*groups: dict[str, Any], **level: Any) -> Document:
    """vds1."""
    return [{"name": "vds1", "kind": "vds", "port_groups": list(groups), **level}]


def dv_setting(world: World, name: str = "dvpg01") -> dict[str, Any]:
    """The MAC management of a distributed group or switch."""
    return world.vsphere.collect(f"/dc1/network/{name}", "config")["defaultPortConfig"]["macManagementPolicy"]


def option(world: World, host: str, name: str = "Net.BlockGuestBPDU") -> int:
    """As govc tells it."""
    return next(each["value"] for each in world.vsphere.collect(PATH.format(host), "config.option") if each["key"] == name)


def security(world: World, host: str, name: str) -> dict[str, bool]:
    """What a port group has of its own."""
    return group(world.network(PATH.format(host)), name)["spec"]["policy"].get("security", {})


def override(world: World, host: str, name: str, **values: bool) -> None:
    """Give a port group values of its own, by a hand-made message."""
    path = PATH.format(host)
    spec = copy.deepcopy(group(world.network(path), name)["spec"])
    spec["policy"]["security"] = {field: values[field] for field in FIELDS if field in values}
    world.vsphere.soap(
        "UpdatePortGroup",
        world.system(path),
        pgName=name,
        portgrp={"name": name, "vlanId": spec["vlanId"], "vswitchName": spec["vswitchName"], "policy": spec["policy"]},
    )


def everything(world: World) -> dict[str, Any]:
    """Hosts, their options, and the distributed switch."""
    switch = {name: world.vsphere.collect(f"/dc1/network/{name}", "config") for name in ("vds1", "dvpg01", "dvpg02")}
    return {"hosts": world.networks(), "options": [option(world, host) for host in HOSTS], "vds": switch}


def cycle(world: World, switches: Document, **params: Any) -> dict[str, Any]:
    """Check, run, run again, check again; returns the real run's result."""
    before = everything(world)
    arguments = {"all_hosts": True, "switches": switches, **params}
    checked = world.ok("esxi_switch_policy", True, **arguments)
    assert everything(world) == before, "the check run changed something"
    real = world.ok("esxi_switch_policy", False, **arguments)
    assert checked["changed"] and real["changed"] and _comparable(checked) == _comparable(real)
    for mode in (False, True):
        again = world.ok("esxi_switch_policy", mode, **arguments)
        assert not again["changed"] and not any(each["actions"] for kind in ("hosts", "distributed_switches") for each in again[kind].values()), again
    return real


def _comparable(result: dict[str, Any]) -> dict[str, Any]:
    kinds = {kind: {name: {**each, **REAL_ONLY} for name, each in result[kind].items()} for kind in ("hosts", "distributed_switches")}
    return {**result, **kinds, "msg": None}


def test_hosts_options_and_a_distributed_switch_in_one_task(world: World) -> None:
    """And nothing else of them."""
    world.take_bpdus()
    before = everything(world)
    override(world, HOSTS[0], "pg02", allowPromiscuous=True)
    groups = {"name": "pg01", "security": REJECT}, {"name": "pg02", "security": {"promiscuous": "inherit"}}
    document = standard(*groups, security=REJECT, guards={"bpdu": "reject"})
    result = cycle(world, [{"name": "br0", "kind": "bridge"}, *document, *distributed({"name": "dvpg01", "security": REJECT})])
    assert result["other_switches"] == ["br0"] and result["msg"] == "3 of 3 hosts and distributed switches changed and read back."
    assert result["unenforced"] == [] and result["enforcement"]["switch vSwitch0"]["bpdu"].startswith("approximate: of all guests of the host")
    after = everything(world)
    for host in HOSTS:
        network = after["hosts"][host]
        assert vswitch(network)["spec"]["policy"]["security"] == CLOSED
        assert security(world, host, "pg01") == CLOSED and security(world, host, "pg02") == {}
        assert {field: group(network, "pg02")["computedPolicy"]["security"][field] for field in FIELDS} == CLOSED
        assert option(world, host) == 1
        own = result["hosts"][host]["groups"]["pg02"]
        assert own["effective"] == REJECT and own["configured"] == INHERIT and set(own["source"].values()) == {"switch vSwitch0"}
        for each in (before, after):
            _without_security(each["hosts"][host])
    assert after["hosts"] == before["hosts"]
    found = dv_setting(world)
    assert not found["inherited"] and {field: found[field] for field in FIELDS} == CLOSED
    assert after["vds"]["dvpg02"] == before["vds"]["dvpg02"] and after["vds"]["vds1"]["defaultPortConfig"] == before["vds"]["vds1"]["defaultPortConfig"]
    assert result["distributed_switches"]["vds1"]["verified"] and not result["distributed_switches"]["vds1"]["approximate"]


def _without_security(network: dict[str, Any]) -> None:
    for each in network["vswitch"]:
        each["spec"]["policy"].pop("security")
    for each in network["portgroup"]:
        each["spec"]["policy"].pop("security", None)
        each["computedPolicy"].pop("security")


def test_own_values_before_the_switch_and_inherit_after_it(world: World) -> None:
    """So that no group is open for a moment: the log has the order."""
    override(world, HOSTS[0], "pg02", allowPromiscuous=False, macChanges=False, forgedTransmits=False)
    world.control("POST", "calls/reset")
    document = standard({"name": "pg02", "security": INHERIT}, {"name": "pg01", "security": {"forged_transmits": "accept"}}, security=REJECT)
    world.ok("esxi_switch_policy", esxi_hostname=HOSTS[0], switches=document)
    written = [each["method"] for each in world.control("GET", "calls?log=1")["log"] if each["method"].startswith("Update")]
    assert written == ["UpdatePortGroup", "UpdateVirtualSwitch", "UpdatePortGroup"]
    assert security(world, HOSTS[0], "pg01") == {"forgedTransmits": True} and security(world, HOSTS[0], "pg02") == {}


def test_the_same_order_on_a_distributed_switch(world_of: Callable[..., World]) -> None:
    """Also on one of a version whose policies inherit one by one, where a group is then written twice."""
    for version, written in (("8.0.3", ["ReconfigureDVPortgroup_Task", "ReconfigureDvs_Task", "ReconfigureDVPortgroup_Task"]), ("6.5.0", None)):
        world = world_of("--hosts", "1", "--dvs-version", version)
        world.ok("esxi_switch_policy", all_hosts=True, switches=distributed({"name": "dvpg01", "security": REJECT}, security=dict.fromkeys(REJECT, "accept")))
        world.control("POST", "calls/reset")
        mixed = {**INHERIT, "promiscuous": "accept"} if written is None else INHERIT
        document = distributed({"name": "dvpg01", "security": mixed}, {"name": "dvpg02", "security": dict.fromkeys(REJECT, "accept")}, security=REJECT)
        result = world.ok("esxi_switch_policy", all_hosts=True, switches=document)
        log = [each["method"] for each in world.control("GET", "calls?log=1")["log"] if each["method"].startswith("Reconfigure")]
        assert written is None or log == written
        effective = {**REJECT, "promiscuous": "accept"} if written is None else REJECT
        assert result["distributed_switches"]["vds1"]["groups"]["dvpg01"]["effective"] == effective
        told = {each["port_group"]: each for each in world.ok("esxi_switch_policy_info", all_hosts=True)["objects"] if each["kind"] == "vds_portgroup"}
        assert told["dvpg01"]["configured"] == mixed and told["dvpg01"]["effective"] == effective
        assert not world.ok("esxi_switch_policy", all_hosts=True, switches=document)["changed"]


def test_profiles_need_the_word_of_the_user(world: World) -> None:
    """Refused before a write with what is missing; then done, and told each time."""
    document = [*standard({"name": "pg01", "profile": "guest", "isolated": True}), *distributed({"name": "dvpg01", "profile": "guest"})]
    refusal = world.refused("esxi_switch_policy", "unsupported", "arp", "isolated", "allow_unenforced: [arp,", all_hosts=True, switches=document)
    assert {each["word"] for each in refusal["unenforced"]} == {*WITHOUT, "isolated"}
    world.refused("esxi_switch_policy", "unsupported", "allow_unenforced: [isolated]", all_hosts=True, switches=document, allow_unenforced=WITHOUT)
    result = cycle(world, document, allow_unenforced=[*WITHOUT, "isolated"])
    assert {(each["where"], each["word"]) for each in result["unenforced"]} == {
        *(("port group pg01 of vSwitch0", word) for word in [*WITHOUT, "isolated"]),
        *(("port group dvpg01 of vds1", word) for word in WITHOUT),
        *((place, "partial_checksum") for place in ("port group pg01 of vSwitch0", "port group dvpg01 of vds1")),
    }
    again = world.ok("esxi_switch_policy", all_hosts=True, switches=document, allow_unenforced=[*WITHOUT, "isolated"])
    for each in (result, again):
        assert "Not enforced on ESXi, as allow_unenforced says: arp, neighbor" in str(each["warnings"])
        assert "Not enforced on ESXi, though a profile asks for it: partial_checksum of port group pg01 of vSwitch0, port group dvpg01" in str(each["warnings"])
        assert "holds for all guests of a host, though only port group pg01 of vSwitch0" in str(each["warnings"])
    assert security(world, HOSTS[1], "pg01") == CLOSED and option(world, HOSTS[1]) == 1


@pytest.mark.parametrize(
    ("words", "switches"),
    [
        (("switch vswitch0: ", "no standard switch", "close to it: vSwitch0"), [{"name": "vswitch0", "kind": "vswitch"}]),
        (("switch br0: ", "no standard or distributed switch", "kind: bridge"), [{"name": "br0"}]),
        (("switch vds2: ", "no distributed switch", "close to it: vds1"), [{"name": "vds2", "kind": "vds"}]),
        (("port group pg1 of vSwitch0", "close to it: pg0"), standard({"name": "pg1"})),
        (("port group dvpg1: vds1 has none", "close to it: dvpg0"), [*standard(security=REJECT), *distributed({"name": "dvpg1"})]),
        (("switch vSwitch7: the host has no",), [{"name": "vSwitch7", "kind": "vswitch"}, *distributed({"name": "dvpg01", "security": REJECT})]),
        (("nsx-segment1", "NSX"), distributed({"name": "nsx-segment1", "security": REJECT})),
        (("switch vSwitch0: promiscuous can't be inherit",), standard(security={"promiscuous": "inherit"})),
        (("promiscuous and", "one flag of inheritance"), distributed({"name": "dvpg01", "security": {"mac_changes": "accept"}})),
        (("switches: the list is empty",), []),
        (("the port group pg01 stands there twice",), standard({"name": "pg01"}, {"name": "pg01"})),
    ],
    ids=lambda value: value[0][:30].strip() if isinstance(value, tuple) else "",
)
def test_refused(world_of: Callable[..., World], words: Any, switches: Document) -> None:
    """In check mode with the same words, and nothing is written anywhere."""
    world_of("--hosts", "2", "--nsx").refused("esxi_switch_policy", "invalid", *words, all_hosts=True, switches=switches)


def test_uplinks_are_no_group_of_guests(world: World) -> None:
    """Refused by name, and no purge touches them."""
    uplinks = next(path.rsplit("/", 1)[1] for path in world.vsphere.govc("find", "/", "-type", "g").split() if "Uplinks" in path)
    world.refused("esxi_switch_policy", "invalid", uplinks, "uplink group", all_hosts=True, switches=distributed({"name": uplinks, "security": REJECT}))
    before = world.vsphere.collect(f"/dc1/network/{uplinks}", "config")
    world.ok("esxi_switch_policy", all_hosts=True, switches=distributed(), purge=["overrides"])
    assert world.vsphere.collect(f"/dc1/network/{uplinks}", "config") == before


def test_contradictory_bpdu(world: World) -> None:
    """One setting of a host can't be two."""
    document = standard({"name": "pg01", "guards": {"bpdu": "accept"}}, guards={"bpdu": "reject"})
    world.refused("esxi_switch_policy", "unsupported", "one setting of the host (Net.BlockGuestBPDU)", all_hosts=True, switches=document)
    cycle(world, standard(guards={"bpdu": "accept"}))
    assert [option(world, host) for host in HOSTS] == [0, 0]
    cycle(world, standard(guards={"bpdu": "reject"}))
    assert [option(world, host) for host in HOSTS] == [1, 1]


def test_a_switch_without_a_kind(world: World) -> None:
    """What is there decides; two of one name are refused."""
    result = cycle(world, [{"name": "vSwitch0", "security": REJECT}, {"name": "vds1", "port_groups": [{"name": "dvpg01", "security": REJECT}]}])
    assert set(result["hosts"]) == set(HOSTS) and set(result["distributed_switches"]) == {"vds1"}
    assert vswitch(world.networks()[HOSTS[0]])["spec"]["policy"]["security"] == CLOSED and not dv_setting(world)["inherited"]
    world.vsphere.soap("AddVirtualSwitch", world.system(PATH.format(HOSTS[0])), vswitchName="vds1", spec={"numPorts": 64})
    failed = world.run("esxi_switch_policy", all_hosts=True, switches=[{"name": "vds1", "security": {"promiscuous": "reject"}}])
    assert failed["failed_hosts"] == [HOSTS[0]] and "say with kind (vswitch or vds)" in failed["msg"]
    told = world.ok("esxi_switch_policy", esxi_hostname=HOSTS[0], switches=[{"name": "vds1", "kind": "vswitch", "security": REJECT}])
    assert told["changed"] and told["distributed_switches"] == {}


def test_a_host_that_lacks_a_group_is_its_own_outcome(world: World) -> None:
    """The others are done, and the task says which is not."""
    world.vsphere.soap("RemovePortGroup", world.system(PATH.format(HOSTS[0])), pgName="pg02")
    failed = world.run("esxi_switch_policy", all_hosts=True, switches=standard({"name": "pg02", "security": REJECT}, security=REJECT))
    assert failed["failed"] and failed["failed_hosts"] == [HOSTS[0]] and failed["error_code"] == "invalid"
    said = f"1 of 2 hosts failed, 1 changed and read back. {HOSTS[0]}: port group pg02 of vSwitch0: the switch has no port group of that name"
    assert f"{said}; close to it: pg01." in failed["msg"]
    assert security(world, HOSTS[1], "pg02") == CLOSED
    untouched = vswitch(world.networks()[HOSTS[0]])["spec"]["policy"]["security"]
    assert untouched != CLOSED, "the host that can't have the whole document got a part of it"


@pytest.mark.parametrize("method", ["UpdatePortGroup", "UpdateVirtualSwitch", "UpdateOptions"])
def test_a_fault_takes_one_host_back(world: World, method: str) -> None:
    """Whichever step it is; the other host and the distributed switch are done."""
    world.take_bpdus()
    before = everything(world)
    world.control("POST", "faults", {"method": method, "host": HOSTS[0], "fault": "HostConfigFault", "message": "the disk is full"})
    closed = {"security": REJECT}
    document = [*standard({"name": "pg01", **closed}, **closed, guards={"bpdu": "reject"}), *distributed({"name": "dvpg01", **closed})]
    failed = world.run("esxi_switch_policy", all_hosts=True, switches=document)
    host = failed["hosts"][HOSTS[0]]
    assert failed["failed_hosts"] == [HOSTS[0]] and host["error_code"] == "change_failed" and not host["changed"] and host["not_undone"] == []
    assert "the disk is full" in failed["msg"] and "the state before is restored" in failed["msg"]
    after = everything(world)
    assert after["hosts"][HOSTS[0]] == before["hosts"][HOSTS[0]] and after["options"] == [0, 1]
    assert vswitch(after["hosts"][HOSTS[1]])["spec"]["policy"]["security"] == CLOSED and not dv_setting(world)["inherited"]


def test_a_distributed_switch_that_fails_does_not_stop_the_hosts(world: World) -> None:
    """It is named beside them."""
    world.control("POST", "faults", {"method": "ReconfigureDVPortgroup_Task", "fault": "DvsFault", "message": "not today", "times": -1})
    failed = world.run("esxi_switch_policy", all_hosts=True, switches=[*standard(security=REJECT), *distributed({"name": "dvpg01", "security": REJECT})])
    assert failed["failed_hosts"] == ["vds1"] and failed["distributed_switches"]["vds1"]["failed"] and "not today" in failed["msg"]
    assert all(vswitch(network)["spec"]["policy"]["security"] == CLOSED for network in world.networks().values())
    assert dv_setting(world)["inherited"]


def test_unreachable_hosts(world: World) -> None:
    """They fail the task unless the user says otherwise; the others are done either way."""
    world.control("POST", "host", {"host": HOSTS[0], "state": "notResponding"})
    failed = world.run("esxi_switch_policy", all_hosts=True, switches=standard(security=REJECT, guards={"bpdu": "reject"}))
    assert failed["unreachable_hosts"] == failed["failed_hosts"] == [HOSTS[0]] and failed["error_code"] == "unreachable"
    again = world.ok("esxi_switch_policy", all_hosts=True, switches=standard(security=REJECT), ignore_unreachable_hosts=True)
    assert not again["changed"] and again["unreachable_hosts"] == [HOSTS[0]]
    told = world.ok("esxi_switch_policy_info", all_hosts=True, audit="effective")
    reason = "it does not respond to vCenter; bring it back and run the task again"
    assert told["not_looked_at"] == [{"what": HOSTS[0], "reason": reason, "unreachable": True}]
    assert told["summary"].startswith(f"Not all was looked at, and nothing is known of this: {HOSTS[0]}. Of the rest, 1 host and 1 distributed switch")
    assert list(told["hosts"]) == [HOSTS[1]] and HOSTS[0] in str(told["warnings"])


def test_a_missing_privilege_is_not_forgiven(world: World) -> None:
    """Who may not read the options of a host has not found out that they are as they should be: the host is there."""
    world.take_bpdus()
    world.control("POST", "faults", {"method": "QueryOptions", "fault": "NoPermission", "host": HOSTS[0], "times": -1})
    for check in (True, False):
        result = world.run(
            "esxi_switch_policy", check, all_hosts=True, switches=standard(security=REJECT, guards={"bpdu": "reject"}), ignore_unreachable_hosts=True
        )
        assert result["failed"] and result["failed_hosts"] == [HOSTS[0]] and result["unreachable_hosts"] == [] and result["error_code"] == "unreadable"
        assert "NoPermission" in result["msg"] and not result["hosts"][HOSTS[0]]["unreachable"]
    assert option(world, HOSTS[0]) == 0 and option(world, HOSTS[1]) == 1


def test_a_host_that_goes_away_while_it_is_read(world: World) -> None:
    """Its state decides and not the fault: one that is there again, or never was away, has failed."""
    document = standard(security=REJECT, guards={"bpdu": "reject"})
    world.control("POST", "faults", {"method": "QueryOptions", "host": HOSTS[0], "action": "host", "state": "notResponding"})
    left = world.ok("esxi_switch_policy", True, all_hosts=True, switches=document, ignore_unreachable_hosts=True)
    assert left["unreachable_hosts"] == [HOSTS[0]] and left["failed_hosts"] == [] and "Left out" in str(left["warnings"])
    world.control("POST", "host", {"host": HOSTS[0], "state": "connected"})
    for fault in ("HostCommunication", "HostNotConnected", "HostNotReachable"):
        world.control("POST", "faults", {"method": "QueryOptions", "host": HOSTS[0], "fault": fault})
        failed = world.run("esxi_switch_policy", True, all_hosts=True, switches=document, ignore_unreachable_hosts=True)
        assert failed["failed_hosts"] == [HOSTS[0]] and failed["unreachable_hosts"] == [] and fault in failed["msg"], failed


def test_a_document_that_reaches_nothing(world: World) -> None:
    """Switches of hosts that are all away, and documents for others: a warning, and nothing is said to be so."""
    for host in HOSTS:
        world.control("POST", "host", {"host": host, "state": "disconnected"})
    document = [*standard(security=REJECT), *distributed(security=REJECT)]
    for check in (True, False):
        result = world.ok("esxi_switch_policy", check, all_hosts=True, switches=document, ignore_unreachable_hosts=True)
        assert "already so" not in str(result) and "Nothing was looked at" in result["msg"] and not result["changed"]
        for name in ("vSwitch0", "vds1"):
            assert f"switch {name}: it was not looked at, as no host could be looked at that has it" in str(result["warnings"])
    for host in HOSTS:
        world.control("POST", "host", {"host": host, "state": "connected"})
    others = world.ok("esxi_switch_policy", True, all_hosts=True, switches=[{"name": "br0", "kind": "bridge", "security": REJECT}])
    assert "already so" not in str(others) and "The document has no switch of ESXi, only others: br0" in str(others["warnings"])


def test_how_much_was_looked_at(world: World) -> None:
    """Is said of a run that changes nothing, by target and in all."""
    result = world.ok("esxi_switch_policy", all_hosts=True, switches=[*standard({"name": "pg01", "security": INHERIT}), *distributed(security=REJECT)])
    assert not result["changed"] and "3 objects on 3 hosts and distributed switches were looked at" in result["msg"], result["msg"]
    assert "1 object was looked at" in result["distributed_switches"]["vds1"]["msg"]
    one = world.ok("esxi_switch_policy", esxi_hostname=HOSTS[0], switches=standard({"name": "pg01", "security": INHERIT}))
    assert "1 object on 1 host was looked at" in one["msg"]


def test_purge_takes_overrides_of_groups_that_are_not_named(world: World) -> None:
    """On both kinds of switch; only where it is asked for, and only on switches of the document."""
    for name in ("pg01", "VM Network"):
        override(world, HOSTS[0], name, allowPromiscuous=True, forgedTransmits=False)
    world.ok("esxi_switch_policy", all_hosts=True, switches=distributed({"name": "dvpg02", "security": REJECT}))
    document = [*standard({"name": "pg01"}), *distributed()]
    assert not world.ok("esxi_switch_policy", all_hosts=True, switches=document)["changed"]
    cycle(world, document, purge=["overrides"])
    assert security(world, HOSTS[0], "VM Network") == {} and security(world, HOSTS[0], "pg01") == {"allowPromiscuous": True, "forgedTransmits": False}
    assert dv_setting(world, "dvpg02")["inherited"]


def test_a_mixture_on_a_distributed_group(world: World) -> None:
    """One flag for three: what inherits beside others that don't is written as the value of the switch, and follows it at the next run."""
    mixed = {"promiscuous": "inherit", "mac_changes": "reject", "forged_transmits": "reject"}
    result = cycle(world, distributed({"name": "dvpg01", "security": mixed}))
    assert "promiscuous inherit, written as the value of the switch" in result["distributed_switches"]["vds1"]["approximate"]["port group dvpg01 of vds1"]
    found = dv_setting(world)
    assert not found["inherited"] and {field: found[field] for field in FIELDS} == CLOSED
    opened = cycle(world, distributed({"name": "dvpg01", "security": mixed}, security={"promiscuous": "accept"}))
    assert dv_setting(world)["allowPromiscuous"] is True and dv_setting(world, "vds1")["allowPromiscuous"] is True
    assert "accept on vds1 opens every port group that inherits it" in str(opened["warnings"])
    assert opened["distributed_switches"]["vds1"]["reconnect_needed"] == {"dvpg01": ["vm01-1", "vm02-1"]}
    cycle(world, distributed({"name": "dvpg01", "security": INHERIT}, security={"promiscuous": "reject"}))
    assert dv_setting(world)["inherited"]


def test_machines_that_don_t_notice_and_a_switch_that_opens(world: World) -> None:
    """Told by group."""
    result = cycle(world, standard(security={"promiscuous": "accept"}))
    assert result["hosts"][HOSTS[0]]["reconnect_needed"] == {"pg01": ["vm01-1"]}
    assert "promiscuous: accept on vSwitch0 opens all 4 port group(s)" in str(result["warnings"])


def test_a_distributed_switch_of_none_of_the_hosts(world_of: Callable[..., World]) -> None:
    """A document for the hosts of one datacenter does not change the switch of another."""
    world = world_of("--hosts", "2", "--datacenters", "2", "--clusters", "1")
    names = [path.rsplit("/", 1)[1] for path in world.hosts() if path.startswith("/dc1/")]
    switches = [{"name": "vds1-dc2", "kind": "vds", "security": REJECT}]
    world.refused("esxi_switch_policy", "invalid", "none of the selected hosts that can be read is a member", esxi_hostnames=names, switches=switches)
    words = ("switch vds1-dc2: the host has no standard or distributed switch of that name", "close to it: vds1-dc1")
    world.refused("esxi_switch_policy", "invalid", *words, esxi_hostnames=names, switches=[{"name": "vds1-dc2", "security": REJECT}])


def test_a_standalone_host(world_of: Callable[..., World]) -> None:
    """Its standard switches and its option; a distributed switch is not its own to change."""
    world = world_of("--kind", "esxi")
    path = world.hosts()[0]
    for changed in (True, False):
        document = standard({"name": "pg01", "security": INHERIT}, security=REJECT, guards={"bpdu": "reject"})
        result = world.ok("esxi_switch_policy", all_hosts=True, switches=document)
        assert result["changed"] is changed
    assert vswitch(world.network(path))["spec"]["policy"]["security"] == CLOSED
    world.refused("esxi_switch_policy", "invalid", "is changed through its vCenter", all_hosts=True, switches=distributed())


def test_few_calls(world_of: Callable[..., World]) -> None:
    """However many hosts: two reads of hosts before the first write, one back, and for each that is changed one right before its writes, eight at a time."""
    world = world_of("--hosts", "12", "--dv-groups", "0")
    world.control("POST", "calls/reset")
    world.ok("esxi_switch_policy", all_hosts=True, switches=standard({"name": "pg01", "security": REJECT}, security=REJECT))
    log: list[dict[str, Any]] = world.control("GET", "calls?log=1")["log"]
    first: int | None = next(number for number, each in enumerate(log) if each["method"].startswith("Update"))
    assert first is not None and first <= 6 + 8, [each["method"] for each in log[:first]]
    assert sum(each["method"].startswith("Update") for each in log) == 24
    assert sum(each["method"].startswith("Retrieve") for each in log) <= 6 + 12, [each["method"] for each in log]
    world.control("POST", "calls/reset")
    world.ok("esxi_switch_policy", all_hosts=True, switches=standard({"name": "pg01", "security": REJECT}, security=REJECT))
    assert world.control("GET", "calls")["total"] <= 6
