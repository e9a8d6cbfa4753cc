# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a quarantine shuts, when it opens, and what belongs to it: judged by bridge(8) and nft(8) between the steps of a run."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from typing import Any, Callable

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.backend import HardeningBackend

from ..oracle import iproute2
from .conftest import Result, ip, learned, warnings_of

pytestmark = pytest.mark.skipif(shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin") is None, reason="SKIPPED: there is no nft(8); install nftables")
MAC = "52:54:00:00:00:01"
KNOWN = {"name": "vnet0", "macs": [MAC], "addresses": ["192.0.2.1"]}


@pytest.fixture(autouse=True)
def _host(namespace: None) -> None:
    ip(
        "link add br0 address 52:54:00:00:ff:00 type bridge",
        "link set br0 up",
        *(f"link add vnet{number} type veth peer name p{number}" for number in range(2)),
        *(f"link set vnet{number} master br0 up" for number in range(2)),
        *(f"link set p{number} up" for number in range(2)),
    )


def document(*ports: Any, **more: Any) -> list[dict[str, Any]]:
    """br0 with one group in quarantine."""
    group = {"name": "guests", "match": ["vnet*"], "quarantine": True, "profile": "guest", "ports": list(ports), **more}
    return [{"name": "br0", "port_groups": [{name: value for name, value in group.items() if value is not None}]}]


def entries() -> list[str]:
    """The ports that the table lets through."""
    done = subprocess.run(["nft", "-j", "list", "set", "bridge", "virtnet_hardening", "ports"], capture_output=True, text=True, check=False)
    found = [item["set"].get("elem", []) for item in json.loads(done.stdout or '{"nftables": []}')["nftables"] if "set" in item]
    return [each["elem"]["val"] if isinstance(each, dict) else each for each in (found[0] if found else [])]


@pytest.fixture(name="watched")
def _watched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, bool]]:
    """After each batch of steps: whether vnet0 is let through, and whether it is closed to what is not its own."""
    seen: list[tuple[bool, bool]] = []
    execute = HardeningBackend.execute

    def watch(self: HardeningBackend, steps: Any) -> Any:
        faults = execute(self, steps)
        port = iproute2.port("vnet0")
        assert port is not None
        knows = any(each["kind"] == "dynamic" for each in iproute2.fdb("br0") if each["port"] == "vnet0")
        seen.append(("vnet0" in entries(), not port["learning"] and not port["unicast_flood"] and not knows))
        return faults

    monkeypatch.setattr(HardeningBackend, "execute", watch)
    return seen


def test_a_port_leaves_the_quarantine_last(run: Callable[..., Result], watched: list[tuple[bool, bool]]) -> None:
    """Its options and the flush of what it learned hold before the element that opens it."""
    assert run("linux_switch_policy", switches=document())["quarantined"] == ["vnet0", "vnet1"]
    learned("52:54:00:00:00:66", "vnet0")
    watched.clear()
    run("linux_switch_policy", switches=document(KNOWN))
    assert (True, True) in watched and (True, False) not in watched


def test_a_port_is_shut_before_its_options_go(run: Callable[..., Result], watched: list[tuple[bool, bool]]) -> None:
    """The way back into the quarantine, where the document does not name the guest any more."""
    run("linux_switch_policy", switches=document(KNOWN))
    watched.clear()
    run("linux_switch_policy", switches=document())
    assert (False, False) in watched and (True, False) not in watched


def teaches(port: str, address: str) -> bool:
    """Whether the bridge takes an address from an LLDP frame of the guest."""
    frame = bytes.fromhex("0180c200000e" + address.replace(":", "") + "88cc") + bytes(46)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((port.replace("vnet", "p"), 0))
        for _attempt in range(20):
            sender.send(frame)
            time.sleep(0.01)
    return any(each["address"] == address for each in iproute2.fdb("br0"))


def test_a_shut_port_teaches_the_bridge_nothing(cycle: Callable[..., Result]) -> None:
    """Link-local frames pass by the lock of the table, and are learned from unless the bridge is told not to."""
    assert teaches("vnet1", "52:54:00:00:00:99")
    cycle("linux_switch_policy", switches=document())
    assert iproute2.bridge("br0")["no_linklocal_learn"] is True
    assert not teaches("vnet0", "52:54:00:00:00:98")


def test_the_option_of_the_bridge_stays_with_the_quarantine(cycle: Callable[..., Result], run: Callable[..., Result]) -> None:
    """Whatever guests come and go; it goes back with the quarantine, unless it was so before."""
    cycle("linux_switch_policy", switches=document(KNOWN))
    cycle("linux_port_security", bridge="br0", ports=[{"name": "vnet0"}], state="absent")
    assert iproute2.bridge("br0")["no_linklocal_learn"] is True
    ip("link del vnet0", "link del vnet1")
    run("linux_switch_policy", switches=document())
    assert iproute2.bridge("br0")["no_linklocal_learn"] is True
    cycle("linux_switch_policy", switches=document(quarantine=False, profile=None))
    assert iproute2.bridge("br0")["no_linklocal_learn"] is False


def test_an_option_that_was_so_before_stays(cycle: Callable[..., Result]) -> None:
    """What a quarantine did not switch on, it does not switch off."""
    ip("link set br0 type bridge no_linklocal_learn 1")
    cycle("linux_switch_policy", switches=document())
    cycle("linux_switch_policy", switches=document(quarantine=False, profile=None))
    assert iproute2.bridge("br0")["no_linklocal_learn"] is True


def test_a_document_speaks_of_guests_that_are_to_come(cycle: Callable[..., Result], run: Callable[..., Result]) -> None:
    """Without a quarantine too: what rejects forged frames asks it of the bridge."""
    ip("link del vnet0", "link del vnet1")
    group = {"name": "guests", "match": ["vnet*"], "security": {"forged_transmits": "inherit"}}
    cycle("linux_switch_policy", switches=[{"name": "br0", "security": {"forged_transmits": "reject"}, "port_groups": [group]}])
    assert iproute2.bridge("br0")["no_linklocal_learn"] is True
    cycle("linux_switch_policy", switches=[{"name": "br0", "security": {"forged_transmits": "accept"}, "port_groups": [group]}])
    assert iproute2.bridge("br0")["no_linklocal_learn"] is False


def own(name: str) -> list[str]:
    """The elements of a set, as text."""
    done = subprocess.run(["nft", "-j", "list", "set", "bridge", "virtnet_hardening", name], capture_output=True, text=True, check=True)
    return [json.dumps(each) for item in json.loads(done.stdout)["nftables"] if "set" in item for each in item["set"].get("elem", [])]


@pytest.mark.parametrize("rebuilt", [False, True])
@pytest.mark.parametrize("again", ["a document", "its own policy", "a policy of another port"])
def test_an_index_that_is_used_again(cycle: Callable[..., Result], run: Callable[..., Result], again: str, rebuilt: bool) -> None:
    """What a gone device was allowed is nothing to the stranger that has its number, and is not told of it."""
    ip("link add vnet7 index 777 type veth peer name p7", "link set vnet7 master br0", "link set vnet7 up")
    run("linux_switch_policy", switches=document({**KNOWN, "name": "vnet7"}))
    ip("link del vnet7", "link add vnet8 index 777 type veth peer name p8", "link set vnet8 master br0", "link set vnet8 up")
    if rebuilt:
        subprocess.run(["nft", "add", "chain", "bridge", "virtnet_hardening", "mine"], check=True)
    told = run("linux_bridge_info")
    assert told["table"]["stale"] == ["ifindex 777"] and not told["bridges"][0]["status"]["protection"]["vnet8"]["macs"]
    assert "vnet8" not in told["quarantine"]["shut"]
    if again == "a document":
        assert "vnet8" in cycle("linux_switch_policy", switches=document())["quarantined"]
    elif again == "its own policy":
        cycle("linux_port_security", bridge="br0", ports=[{"name": "vnet8", "profile": "guest", "macs": ["52:54:00:00:00:08"], "addresses": ["192.0.2.8"]}])
    else:
        cycle("linux_port_security", bridge="br0", ports=[KNOWN])
    strange = ["vnet8", "777"]
    assert not [each for each in own("macs") if json.loads(each)["concat"][0] in strange and MAC in each]
    assert ("vnet8" in entries()) is (again == "its own policy")
    assert run("linux_bridge_info")["table"]["stale"] == []


def test_a_number_of_a_gone_bridge_that_is_used_again(cycle: Callable[..., Result], run: Callable[..., Result]) -> None:
    """Another bridge does not get its default policies."""
    ip("link add br7 index 777 type bridge")
    run("linux_switch_policy", switches=[{"name": "br7", "security": {"promiscuous": "reject"}}])
    ip("link del br7", "link add br8 index 777 type bridge")
    assert "security" not in run("linux_bridge_info", names=["br8"])["bridges"][0]["policy"]
    cycle("linux_port_security", bridge="br0", ports=[{"name": "vnet0", "guards": {"bpdu": "reject"}}])
    assert not [each for each in own("switches") if "promiscuous" in each]


def test_the_longest_comment(cycle: Callable[..., Result]) -> None:
    """What is kept of a port and its name fits into what the kernel takes."""
    name = "v" * 15
    ip("link set vnet0 down", f"link set vnet0 name {name}", f"link set {name} up")
    inherit = {policy: "inherit" for policy in ("promiscuous", "mac_changes", "forged_transmits")}
    port = {**KNOWN, "name": name, "profile": "guest", "security": inherit, "isolated": True}
    ip(f"link set {name} type bridge_slave mcast_router 2 guard on")
    cycle("linux_switch_policy", switches=[{"name": "br0", "security": {policy: "reject" for policy in inherit}, "ports": [port]}])
    assert f":{name}" in own("ports")[0]


def _another_bridge() -> None:
    ip("link add virbr0 type bridge", "link add vnet5 type veth peer name p5", "link set vnet5 master virbr0", "link set virbr0 up", "link set vnet5 up")


def test_guests_of_another_bridge_are_not_cut_off(refused: Callable[..., Result], cycle: Callable[..., Result]) -> None:
    """A name is shut on every bridge: nobody loses a guest that the document does not speak of."""
    _another_bridge()
    told = refused("linux_switch_policy", switches=document())["msg"]
    assert "would cut off vnet5 of virbr0" in told
    ask = {"name": "virbr0", "port_groups": [{"name": "theirs", "match": ["vnet*"], "quarantine": True}]}
    assert cycle("linux_switch_policy", switches=[*document(), ask])["quarantined"] == ["vnet0", "vnet1", "vnet5"]
    hardened = {"name": "virbr0", "ports": [{**KNOWN, "name": "vnet5", "profile": "guest"}]}
    assert cycle("linux_switch_policy", switches=[*document(), hardened])["quarantined"] == ["vnet0", "vnet1"]


@pytest.mark.parametrize("check", [True, False])
def test_guests_of_another_bridge_that_are_cut_off_are_told(run: Callable[..., Result], check: bool) -> None:
    """One that came since."""
    run("linux_switch_policy", switches=document())
    _another_bridge()
    warnings = warnings_of(run("linux_switch_policy", check, switches=document()))
    assert [each for each in warnings if "cuts off vnet5 of virbr0" in each]


@pytest.mark.parametrize("check", [True, False])
def test_a_pattern_that_takes_the_uplink(run: Callable[..., Result], check: bool) -> None:
    """It is told; whoever names a port means it."""
    ip("link add va type veth peer name vb", "link add br1 type bridge", "link set va master br0", "link set vb master br1")
    rule = {"guards": {"bpdu": "reject"}}
    group = {"name": "all", "match": ["*"], **rule}
    for module, options in (
        ("linux_switch_policy", {"switches": [{"name": "br0", "port_groups": [group]}]}),
        ("linux_port_security", {"bridge": "br0", "ports": [{"match": "*", **rule}]}),
        ("linux_bridge_port", {"bridge": "br0", "ports": ["*"], "isolated": True}),
        ("linux_bridge_port", {"bridge": "br0", "ports": ["vnet0", "v*"], "cost": 7}),
    ):
        warnings = warnings_of(run(module, check, **options))
        assert [each for each in warnings if "* takes va (" in each and "vnet" not in each], warnings
    for module, options in (
        ("linux_switch_policy", {"switches": [{"name": "br0", "port_groups": [{**group, "match": ["vnet*"], "ports": [{"name": "va"}]}]}]}),
        ("linux_port_security", {"bridge": "br0", "ports": [{"name": "va", **rule}]}),
        ("linux_bridge_port", {"bridge": "br0", "ports": ["va", "vnet*"], "isolated": True}),
    ):
        assert not warnings_of(run(module, check, **options))
    assert [each for each in warnings_of(run("linux_bridge_port", check, bridge="br0", ports=["v*"], state="absent")) if "ports: v* takes va (" in each]


def test_what_equals_the_uplink_s_name_is_its_name(run: Callable[..., Result]) -> None:
    """Though it is written as a pattern."""
    ip("link add v[a] type veth peer name vb", "link add br1 type bridge", "link set v[a] master br0", "link set vb master br1")
    for module, options in (
        ("linux_bridge_port", {"ports": ["v[a]"], "isolated": True}),
        ("linux_port_security", {"ports": [{"match": "v[a]", "guards": {"bpdu": "reject"}}]}),
    ):
        assert not warnings_of(run(module, True, bridge="br0", **options)), module
