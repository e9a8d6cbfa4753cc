# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong: each time a sentence, a code, and the truth about what was changed."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.rules import ORDER

from .conftest import World, group, vswitch
from .test_vswitch import HOST, NAME, furnish

ROOT = Path(__file__).resolve().parent.parent.parent
OPEN: dict[str, Any] = {"all_hosts": True, "name": "pg01", "security": {"promiscuous": "accept"}}


def opened(world: World) -> dict[str, bool]:
    """On which hosts the group is open, as govc sees it."""
    return {name: "allowPromiscuous" in group(config, "pg01")["spec"]["policy"]["security"] for name, config in world.networks().items()}


def test_wrong_password(world: World) -> None:
    """The sentence names the user, and no password."""
    result = world.refused("esxi_portgroup", "login", f"logging in as {world.data['user']}", "the user name or password is wrong", **OPEN, password="s3cret")
    assert "s3cret" not in str(result)


def test_certificate(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not trusted unless its authority is, or it is asked not to look."""
    monkeypatch.delenv("SSL_CERT_FILE")
    world.refused("esxi_portgroup", "certificate", "is not trusted", "validate_certs: false", **OPEN)
    world.cycle("esxi_portgroup", **OPEN, validate_certs=False)


def test_another_name_than_the_certificates(world: World) -> None:
    """The address is 127.0.0.1, which the certificate names, written in a way that it does not."""
    world.refused("esxi_portgroup", "certificate", "127.1", **OPEN, hostname="127.1")


def test_unreachable(world: World) -> None:
    """Nothing listens there, and there is no such name."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        world.refused("esxi_portgroup", "unreachable", "can't be reached", "check hostname and port", **OPEN, port=held.getsockname()[1])
    world.refused("esxi_portgroup", "unreachable", "nowhere.invalid", **OPEN, hostname="nowhere.invalid")


def test_no_answer_in_time(world: World) -> None:
    """It takes connections and says nothing."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        world.refused("esxi_portgroup", "deadline", "did not answer in time", **OPEN, port=silent.getsockname()[1], timeout=1)


def test_fault_on_the_third_of_ten(world_of: Callable[..., World]) -> None:
    """The nine others are done; the third is as it was."""
    world = world_of("--hosts", "10")
    third = "esxi03.lab.example"
    before = world.networks()[third]
    world.control("POST", "faults", {"method": "UpdatePortGroup", "host": third, "fault": "HostConfigFault", "message": "no memory left"})
    result = world.run("esxi_portgroup", **OPEN)
    assert result["failed"] and result["changed"] and result["failed_hosts"] == [third] and result["error_code"] == "change_failed"
    assert "1 of 10 hosts failed, 9 changed and read back." in result["msg"] and third in result["msg"]
    host = result["hosts"][third]
    assert host["cause"] == "host_config" and "no memory left" in host["msg"] and "the state before is restored" in host["msg"]
    assert not host["changed"] and host["not_undone"] == [] and "after" not in host
    assert opened(world) == {name: name != third for name in result["hosts"]}
    assert world.networks()[third] == before
    again = world.ok("esxi_portgroup", **OPEN)
    assert [name for name, each in again["hosts"].items() if each["changed"]] == [third]


def test_a_change_of_two_steps_is_taken_back(world: World) -> None:
    """The group that was deleted first is there again, with its teaming and shaping."""
    this = world.system(HOST)
    world.vsphere.soap("AddVirtualSwitch", this, vswitchName="vSwitch1", spec={"numPorts": 64})
    world.vsphere.soap(
        "AddPortGroup",
        this,
        portgrp={
            "name": "old",
            "vlanId": 9,
            "vswitchName": "vSwitch1",
            "policy": {"security": {"macChanges": False}, "nicTeaming": {"policy": "loadbalance_ip"}, "shapingPolicy": {"enabled": False}},
        },
    )
    before = world.networks()
    world.control("POST", "faults", {"method": "RemoveVirtualSwitch", "fault": "HostConfigFault"})
    result = world.run("esxi_vswitch", esxi_hostname=NAME, name="vSwitch1", state="absent", remove_port_groups=True)
    host = result["hosts"][NAME]
    assert host["failed_step"] == "delete vswitch vSwitch1" and host["not_undone"] == [] and not host["changed"], host
    assert host["undone"] == ["create portgroup old (vswitch vSwitch1, vlan_id 9, promiscuous inherit, mac_changes reject, forged_transmits inherit)"]
    assert world.networks() == before


def test_uplinks_come_back_to_their_places(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Standby stays standby, on the switch and in the order of a group, from which the host had taken the uplink."""
    furnish(world)
    before = world.networks()
    # The fourth read is the one after the write.
    world.control("POST", "faults", {"method": "RetrievePropertiesEx", "call": 4, "fault": "HostCommunication"})
    monkeypatch.setattr("ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.backend.HostFleet.__init__.__defaults__", (ORDER, 0.0))
    world.control("POST", "calls/reset")
    result = world.run("esxi_vswitch", esxi_hostname=NAME, name="vSwitch0", uplinks=["vmnic1"], allow_management=True)
    assert world.control("GET", "calls")["methods"]["UpdateVirtualSwitch"] == 2
    host = result["hosts"][NAME]
    assert host["error_code"] == "not_in_effect" and host["undone"] == ["set vswitch vSwitch0: uplinks vmnic1 -> vmnic0,vmnic1"], host
    assert host["not_undone"] == [] and world.networks() == before


def test_what_can_not_be_undone_is_said(world: World) -> None:
    """The way back fails too."""
    this = world.system(HOST)
    world.vsphere.soap("AddVirtualSwitch", this, vswitchName="vSwitch1", spec={"numPorts": 64})
    world.vsphere.soap("AddPortGroup", this, portgrp={"name": "old", "vlanId": 9, "vswitchName": "vSwitch1", "policy": {}})
    world.control("POST", "faults", {"method": "RemoveVirtualSwitch", "fault": "HostConfigFault"})
    world.control("POST", "faults", {"method": "AddPortGroup", "fault": "NoPermission"})
    result = world.run("esxi_vswitch", esxi_hostname=NAME, name="vSwitch1", state="absent", remove_port_groups=True)
    host = result["hosts"][NAME]
    assert host["changed"] and result["changed"] and "create portgroup old" in host["not_undone"][0] and "NoPermission" in host["not_undone"][0], host
    assert [each["spec"]["name"] for each in world.network(HOST)["portgroup"] if each["spec"]["vswitchName"] == "vSwitch1"] == []
    assert vswitch(world.network(HOST), "vSwitch1")


@pytest.mark.parametrize("state", ["disconnected", "notResponding"])
def test_hosts_that_are_not_there(world_of: Callable[..., World], state: str) -> None:
    """They fail the task, and are forgiven only if that is said."""
    world = world_of("--hosts", "3")
    gone = "esxi02.lab.example"
    world.control("POST", "host", {"host": gone, "state": state})
    checked, result = (world.run("esxi_portgroup", check, **OPEN) for check in (True, False))
    assert checked["failed"] and result["failed"] and result["error_code"] == checked["error_code"] == "unreachable"
    assert checked["msg"].replace("2 would be changed", "2 changed and read back") == result["msg"]
    assert result["failed_hosts"] == result["unreachable_hosts"] == [gone] and gone in result["msg"]
    assert result["hosts"][gone]["unreachable"] and not result["hosts"][gone]["changed"]
    assert opened(world) == {"esxi01.lab.example": True, gone: False, "esxi03.lab.example": True}
    forgiven = world.ok("esxi_portgroup", **OPEN, ignore_unreachable_hosts=True)
    assert not forgiven["changed"] and forgiven["unreachable_hosts"] == [gone] and not forgiven["failed_hosts"]
    assert "Left out" in str(forgiven["warnings"]) and gone in str(forgiven["warnings"])


def test_host_gone_in_the_middle(world_of: Callable[..., World]) -> None:
    """Not forgiven, as nobody knows what it did."""
    world = world_of("--hosts", "3")
    lost = "esxi02.lab.example"
    world.control("POST", "faults", {"method": "UpdatePortGroup", "host": lost, "action": "host", "state": "notResponding"})
    result = world.run("esxi_portgroup", **OPEN, ignore_unreachable_hosts=True)
    host = result["hosts"][lost]
    assert result["failed_hosts"] == [lost] and host["cause"] == "host_unreachable" and host["not_undone"] and host["changed"], host
    assert "does not respond" in str(host["not_undone"])
    world.control("POST", "host", {"host": lost, "state": "connected"})
    assert opened(world) == {"esxi01.lab.example": True, lost: False, "esxi03.lab.example": True}


def test_connection_lost_in_the_middle(world_of: Callable[..., World]) -> None:
    """The server may have done it or not, or do it yet: that is looked up, and said."""
    world = world_of("--hosts", "3")
    lost = "esxi02.lab.example"
    world.control("POST", "faults", {"method": "UpdatePortGroup", "host": lost, "action": "close"})
    result = world.run("esxi_portgroup", **OPEN)
    host = result["hosts"][lost]
    assert result["failed_hosts"] == [lost] and host["cause"] == "unreachable" and host["changed"], host
    assert [each.endswith("it may still take effect") for each in host["not_undone"]] == [True] and not opened(world)[lost]


def test_maintenance_does_not_matter(world: World) -> None:
    """A host in maintenance mode takes changes of its network, and this is when one makes them."""
    world.control("POST", "host", {"host": NAME, "state": "maintenance"})
    world.cycle("esxi_portgroup", **OPEN)


def test_a_host_lacks_the_group(world_of: Callable[..., World]) -> None:
    """Its own failure, in check mode too; the others are done."""
    world = world_of("--hosts", "3")
    lacking = "esxi02.lab.example"
    world.vsphere.govc("host.portgroup.remove", "-host", f"/dc1/host/cluster1/{lacking}", "pg02")
    params = {**OPEN, "name": "pg02"}
    for check in (True, False):
        result = world.run("esxi_portgroup", check, **params)
        assert result["failed_hosts"] == [lacking] and result["error_code"] == "invalid" and "close to it: pg01" in result["msg"]
        assert [host["changed"] for host in result["hosts"].values()] == [True, False, True]
    assert "ignore" not in result["msg"]


def test_calls(world_of: Callable[..., World]) -> None:
    """Fifty hosts: six calls at most before the first is looked at again, then eight at a time; one look and one write each, and one read back."""
    world = world_of("--hosts", "50")
    world.control("POST", "latency", {"ms": 20})
    world.control("POST", "calls/reset")
    world.ok("esxi_portgroup", **OPEN)
    calls = world.control("GET", "calls?log=1")
    methods = [call["method"] for call in sorted(calls["log"], key=lambda call: call["start_ms"])]
    assert methods.index("UpdatePortGroup") <= 6 + 8, methods[:20]
    assert calls["methods"]["UpdatePortGroup"] == 50 and calls["peak"] == 8, calls["peak_methods"]
    assert methods[-2:] == ["RetrievePropertiesEx", "Logout"] and calls["methods"]["RetrievePropertiesEx"] == 4 + 50
    world.control("POST", "calls/reset")
    assert not world.ok("esxi_portgroup", **OPEN)["changed"]
    assert world.control("GET", "calls")["total"] <= 6
    world.control("POST", "calls/reset")
    world.ok("esxi_portgroup", **{**OPEN, "security": {"promiscuous": "reject"}}, parallel=3)
    assert world.control("GET", "calls")["peak"] == 3


def test_secrets_and_defaults_in_a_playbook(world: World, tmp_path: Path) -> None:
    """With everything that Ansible tells at -vvvv: variables of AWX's credential, and defaults by the action group."""
    playbook = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "connection": "local",
            "vars": {"ansible_python_interpreter": sys.executable},
            "module_defaults": {"group/virtnet.hardening.vsphere": {"cluster_name": "cluster1", "parallel": 4}},
            "tasks": [
                {"virtnet.hardening.esxi_portgroup": {"name": "pg01", "security": {"promiscuous": "accept"}}},
                {"virtnet.hardening.esxi_vswitch": {"name": "vSwitch0", "security": {"mac_changes": "reject"}}},
                {"virtnet.hardening.esxi_vswitch": {"name": "vSwitch0", "password": "an0ther-s3cret"}},
            ],
        }
    ]
    (tmp_path / "play.yml").write_text(json.dumps(playbook))
    variables = {
        "VMWARE_HOST": world.connection["hostname"],
        "VMWARE_PORT": str(world.connection["port"]),
        "VMWARE_USER": world.data["user"],
        "VMWARE_PASSWORD": world.data["password"],
        "VMWARE_VALIDATE_CERTS": "true",
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "tmp"),
    }
    command = [str(ROOT / "scripts" / "in-env"), "ansible-playbook", "-vvvv", "--diff", "-i", "localhost,", "play.yml"]
    done = subprocess.run(command, env={**os.environ, **variables}, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "changed=2" in done.stdout and "failed=1" in done.stdout, done.stdout + done.stderr
    assert '"error_code": "login"' in done.stdout
    for secret in (world.data["password"], "an0ther-s3cret"):
        assert secret not in done.stdout and secret not in done.stderr
    assert all(opened(world).values())


def test_pages(world_of: Callable[..., World]) -> None:
    """More hosts than a page holds: every one is read, written and read back."""
    world = world_of("--hosts", "105", "--groups", "1", "--vms", "0", "--dv-groups", "0")
    world.control("POST", "calls/reset")
    result = world.ok("esxi_portgroup", all_hosts=True, name="pg01", security={"mac_changes": "reject"})
    assert len(result["hosts"]) == 105 and all(host["verified"] for host in result["hosts"].values())
    calls = world.control("GET", "calls")["methods"]
    # The inventory; then two pieces of its hosts, before and after, and each host by itself before it is written to.
    assert (calls["RetrievePropertiesEx"], calls.get("ContinueRetrievePropertiesEx", 0), calls["UpdatePortGroup"]) == (5 + 105, 0, 105), calls


def test_sessions_are_closed(world: World) -> None:
    """After success, after a refusal, after a fault while reading and while writing."""
    world.control("POST", "calls/reset")
    world.ok("esxi_portgroup", **OPEN)
    world.run("esxi_portgroup", **{**OPEN, "name": "missing"})
    assert world.run("esxi_portgroup", esxi_hostname="missing", name="pg01")["error_code"] == "invalid"
    world.control("POST", "faults", {"method": "RetrievePropertiesEx", "fault": "HostCommunication"})
    assert world.run("esxi_portgroup", **OPEN)["error_code"] == "host_unreachable"
    world.control("POST", "faults", {"method": "UpdatePortGroup", "fault": "HostConfigFault", "times": -1})
    assert world.run("esxi_portgroup", **{**OPEN, "security": {"promiscuous": "reject"}})["error_code"] == "change_failed"
    calls = world.control("GET", "calls")["methods"]
    assert (calls["Login"], calls["Logout"]) == (5, 5)
