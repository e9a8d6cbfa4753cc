# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""esxi_switch_policy_info: what it tells, against govc, and what the audits find in it."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from .conftest import FIELDS, POLICIES, World
from .test_policy import HOSTS, PATH, REJECT, distributed, override

INFO = "esxi_switch_policy_info"
GROUPS = ("pg01", "pg02", "VM Network")


def words(values: dict[str, Any], unset: str = "inherit") -> dict[str, str]:
    """The API's booleans."""
    return {policy: unset if values.get(field) is None else "accept" if values[field] else "reject" for policy, field in zip(POLICIES, FIELDS)}


def objects(result: dict[str, Any], kind: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Of a kind, by host or switch and name."""
    return {(each["host"] or each["switch"], each["port"] or each["port_group"] or each["switch"]): each for each in result["objects"] if each["kind"] == kind}


def prepare(world: World) -> None:
    """The first host's switch rejects, the second's accepts; on each one group inherits, one rejects and one accepts by itself."""
    for host, accepts in zip(HOSTS, (False, True)):
        word = "accept" if accepts else "reject"
        world.ok("esxi_vswitch", esxi_hostname=host, name="vSwitch0", security=dict.fromkeys(POLICIES, word))
        override(world, host, "pg02", **dict.fromkeys(FIELDS, False))
        override(world, host, "VM Network", **dict.fromkeys(FIELDS, True))
        # Of the groups only the three that are looked at may inherit.
        override(world, host, "Management Network", **dict.fromkeys(FIELDS, False))
    world.take_bpdus()


def test_configured_and_effective_are_what_govc_says(world: World) -> None:
    """Of every switch and group, with the machines on it."""
    prepare(world)
    result = world.ok(INFO, all_hosts=True)
    assert "findings" not in result and result["not_looked_at"] == [] and not result["changed"]
    for host in HOSTS:
        network = world.network(PATH.format(host))
        for each in network["vswitch"]:
            found = objects(result, "vswitch")[host, each["name"]]
            assert found["configured"] == found["effective"] == words(each["spec"]["policy"]["security"])
        for each in network["portgroup"]:
            found = objects(result, "portgroup")[host, each["spec"]["name"]]
            assert found["configured"] == words(each["spec"]["policy"].get("security", {})), found
            assert found["effective"] == words(each["computedPolicy"]["security"]) and found["vlan"] == str(each["spec"]["vlanId"])
            own = f"port group {each['spec']['name']} of vSwitch0 on {host}"
            assert found["source"] == {policy: f"vSwitch vSwitch0 on {host}" if value == "inherit" else own for policy, value in found["configured"].items()}
    assert objects(result, "portgroup")[HOSTS[0], "pg01"]["vms"] == ["vm01-1"] and objects(result, "portgroup")[HOSTS[0], "pg02"]["vms"] == []
    assert objects(result, "vds_portgroup")["vds1", "dvpg01"]["vms"] == ["vm01-1", "vm02-1"]
    assert result["hosts"][HOSTS[0]]["options"] == {"Net.BlockGuestBPDU": 0} and result["distributed_switches"]["vds1"]["version"] == "8.0.3"


# As docs/vsphere-audit.md says: of the switch, of the group; per audit.
TRUTH = {
    ("reject", "pg01"): ("", ""),
    ("reject", "pg02"): ("", "stig"),
    ("reject", "VM Network"): ("", "effective stig scg"),
    ("accept", "pg01"): ("effective stig scg", "effective stig scg"),
    ("accept", "pg02"): ("stig scg", "stig"),
    ("accept", "VM Network"): ("stig scg", "effective stig scg"),
}


@pytest.mark.parametrize("audit", ["effective", "stig", "scg"])
def test_the_audits_differ_as_documented(world: World, audit: str) -> None:
    """All six states of a switch and a group, each policy, on hosts whose state govc can show."""
    prepare(world)
    result = world.ok(INFO, all_hosts=True, audit=audit)
    found: dict[tuple[str, str], set[str]] = {}
    for each in result["findings"]:
        if each["kind"] in ("vswitch", "portgroup") and each["field"] in POLICIES:
            found.setdefault((each["host"], each["object"]), set()).add(each["field"])
    wanted: dict[tuple[str, str], set[str]] = {}
    for (above, name), (_switch, of_group) in TRUTH.items():
        if audit in of_group.split():
            wanted[HOSTS[above == "accept"], name] = set(POLICIES)
    # One group that inherits makes the switch a finding in every audit.
    wanted[HOSTS[1], "vSwitch0"] = set(POLICIES)
    for host in HOSTS if audit == "stig" else ():
        wanted[host, "Management Network"] = set(POLICIES)
    assert found == wanted
    # Without it the switch is one only where its own value counts.
    override(world, HOSTS[1], "pg01", **dict.fromkeys(FIELDS, False))
    again = {(each["host"], each["object"]) for each in world.ok(INFO, all_hosts=True, audit=audit)["findings"]}
    assert ((HOSTS[1], "vSwitch0") in again) is (audit != "effective")


def test_the_answer_is_a_document(world: World) -> None:
    """What is told of a host changes nothing there, and brings another host to the same."""
    prepare(world)
    world.ok("esxi_switch_policy", esxi_hostname=HOSTS[1], switches=[{"name": "vSwitch0", "guards": {"bpdu": "reject"}}])
    result = world.ok(INFO, all_hosts=True)
    documents = {host: result["hosts"][host]["switches"] for host in HOSTS}
    for host in HOSTS:
        same = world.ok("esxi_switch_policy", esxi_hostname=host, switches=documents[host] + result["distributed_switches"]["vds1"]["switches"])
        assert not same["changed"]
    assert world.ok("esxi_switch_policy", esxi_hostname=HOSTS[0], switches=documents[HOSTS[1]])["changed"]
    after = world.ok(INFO, all_hosts=True)
    assert after["hosts"][HOSTS[0]]["switches"] == documents[HOSTS[1]] == after["hosts"][HOSTS[1]]["switches"]


def test_ports_and_flags_of_a_distributed_switch(world: World) -> None:
    """A port that overrides is told and found; what it may override is a finding of its group in stig and scg."""
    world.ok("vds_portgroup", vds="vds1", name="dvpg01", port_policy={"mac_management_override": True, "block_override": True})
    keys = _ports(world, "dvpg01")
    world.ok("vds_port", vds="vds1", keys=[keys[0]], security={**REJECT, "promiscuous": "accept"})
    for ports, told in (("none", []), ("overriding", keys[:1]), ("all", keys)):
        result = world.ok(INFO, all_hosts=True, audit="stig", ports=ports)
        assert sorted(key for _switch, key in objects(result, "vds_port") if key in keys) == sorted(told)
    port = objects(result, "vds_port")["vds1", keys[0]]
    assert port["configured"]["promiscuous"] == port["effective"]["promiscuous"] == "accept"
    found = {audit: _rules(world, audit) for audit in ("effective", "stig", "scg")}
    assert found["effective"] == [("dv_promiscuous", keys[0])]
    assert found["stig"] == found["scg"] == [("dv_override", keys[0]), ("dv_override_allowed", "dvpg01"), ("dv_promiscuous", keys[0])]


def _ports(world: World, group: str) -> list[str]:
    """Keys of the ports of a group, as govc tells them."""
    return sorted((str(key) for key in world.vsphere.collect(f"/dc1/network/{group}", "portKeys")), key=int)


def _rules(world: World, audit: str) -> list[tuple[str, str]]:
    found = world.ok(INFO, all_hosts=True, audit=audit, ports="all")["findings"]
    return sorted((each["rule"], each["object"]) for each in found if each["rule"].startswith("dv_"))


def test_guest_tagging_learning_and_options(world_of: Callable[..., World]) -> None:
    """What else lets a guest hear or forge, each with its identifiers; NSX and uplinks have none."""
    world = world_of("--hosts", "1", "--nsx")
    world.take_bpdus()
    world.ok("esxi_vswitch", all_hosts=True, name="vSwitch0", security=REJECT)
    world.ok("esxi_portgroup", all_hosts=True, name="pg01", vlan_id=4095)
    world.ok("vds_portgroup", vds="vds1", name="dvpg01", security=REJECT, mac_learning={"enabled": True})
    world.ok("vds_portgroup", vds="vds1", name="dvpg02", vlan={"trunk": ["0-4094"]})
    found = {each["rule"]: each for each in world.ok(INFO, all_hosts=True, audit="scg")["findings"]}
    assert set(found) == {"guest_tagging", "dv_guest_tagging", "dv_mac_learning", "bpdu", "reverse_path"}
    assert found["guest_tagging"]["object"] == "pg01" and found["dv_guest_tagging"]["object"] == "dvpg02"
    stig = {each["rule"]: each["ids"] for each in world.ok(INFO, all_hosts=True, audit="stig")["findings"]}
    assert stig["bpdu"] == ["ESXI-80-000215", "VCFE-9X-000218"] and stig["dv_mac_learning"] == ["VCFA-9X-000345"] and "reverse_path" not in stig
    exempt = {each["port_group"]: each["exempt"] for each in world.ok(INFO, all_hosts=True)["objects"] if each.get("exempt")}
    assert exempt["nsx-segment1"] == "nsx" and sorted(exempt.values()) == ["nsx", "uplink"]
    assert [each["name"] for each in world.ok(INFO, all_hosts=True)["distributed_switches"]["vds1"]["switches"][0]["port_groups"]] == ["dvpg01", "dvpg02"]


def test_a_document_hardens_and_the_audits_agree(world: World) -> None:
    """From what the remedies say: afterwards no audit finds anything but what is no policy."""
    prepare(world)
    assert world.ok(INFO, all_hosts=True, audit="stig")["findings"]
    groups = [{"name": name, "security": dict.fromkeys(POLICIES, "inherit")} for name in (*GROUPS, "Management Network")]
    document = [{"name": "vSwitch0", "kind": "vswitch", "security": REJECT, "guards": {"bpdu": "reject"}, "port_groups": groups}, *distributed(security=REJECT)]
    world.ok("esxi_switch_policy", all_hosts=True, switches=document)
    assert [world.ok(INFO, all_hosts=True, audit=audit)["findings"] for audit in ("effective", "stig")] == [[], []]
    assert {each["rule"] for each in world.ok(INFO, all_hosts=True, audit="scg")["findings"]} == {"reverse_path"}


def test_refused(world: World) -> None:
    """Hosts that are not there."""
    world.refused(INFO, "invalid", "there is no host esxi1", "close to it: esxi0", esxi_hostname="esxi1.lab.example")
    world.refused(INFO, "invalid", "No hosts are chosen")


def test_a_standalone_host(world_of: Callable[..., World]) -> None:
    """Without distributed switches."""
    world = world_of("--kind", "esxi")
    result = world.ok(INFO, all_hosts=True, audit="effective")
    assert result["distributed_switches"] == {} and {each["field"] for each in result["findings"]} >= {"mac_changes", "forged_transmits"}
