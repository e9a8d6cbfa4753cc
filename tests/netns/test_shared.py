# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses that move between ports (VRRP, CARP): what is written for them, judged by bridge(8) and nft(8). What frames do is in tests/frames."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any, Callable

import pytest

from ..oracle import iproute2
from .conftest import Result, bridge, ip, learned, snapshot, warnings_of
from .guests import Guests

pytestmark = pytest.mark.skipif(shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin") is None, reason="SKIPPED: there is no nft(8); install nftables")
ONE, TWO = "52:54:00:00:00:01", "52:54:00:00:00:02"
VIRTUAL, OTHER = "00:00:5e:00:01:07", "00:00:5e:00:01:08"
SHARED = {"address": VIRTUAL, "shared": True}
SERVICE = {"address": "192.0.2.254", "shared": True}


@pytest.fixture(name="plugged", autouse=True)
def _plugged(namespace: None) -> Any:
    """Two guests that share, a third, and the host's own end of a pair, which is no guest's."""
    ip("link add br0 address 52:54:00:00:ff:00 type bridge", "link set br0 up")
    ip("link add host0 type veth peer name host1", "link set host0 master br0 up", "link set host1 up")
    with Guests() as guests:
        for port in ("v0", "v1", "v2"):
            guests.plug(port, "br0")
        yield guests


def guest(name: str, mac: str, address: str, *macs: Any, **more: Any) -> dict[str, Any]:
    """One port as a user writes it."""
    return {"name": name, "profile": "guest", "macs": [mac, *macs], "addresses": [address], **more}


def pair(*macs: Any) -> list[dict[str, Any]]:
    """The two that share."""
    return [guest("v0", ONE, "192.0.2.1", *(macs or (SHARED,))), guest("v1", TWO, "192.0.2.2", *(macs or (SHARED,)))]


def pinned() -> dict[str, str]:
    """Address to port of the static, sticky entries."""
    return {each["address"]: each["port"] for each in iproute2.fdb("br0") if each["kind"] == "static" and each["sticky"]}


def dynamic() -> list[str]:
    """What the bridge learned."""
    return [each["address"] for each in iproute2.fdb("br0") if each["kind"] == "dynamic"]


def members(name: str) -> list[str]:
    """The elements of a set, as text; none where there is no table."""
    done = subprocess.run(["nft", "-j", "list", "set", "bridge", "virtnet_hardening", name], capture_output=True, text=True, check=False)
    if done.returncode:
        return []
    found = [item["set"].get("elem", []) for item in json.loads(done.stdout)["nftables"] if "set" in item][0]
    values = [item["elem"]["val"] if isinstance(item, dict) and "elem" in item else item for item in found]
    return sorted(" ".join(value["concat"]) if isinstance(value, dict) else value for value in values)


def chains() -> list[str]:
    """The chains of the table."""
    done = subprocess.run(["nft", "-j", "list", "chains", "bridge"], capture_output=True, text=True, check=True)
    return [item["chain"]["name"] for item in json.loads(done.stdout)["nftables"] if "chain" in item]


def is_locked(name: str) -> bool:
    """Shut as the port of a guest that shares nothing, or learning as one that does; nothing in between."""
    port = iproute2.port(name)
    assert port["locked"] is not port["learning"] and not port["unicast_flood"]
    return bool(port["locked"])


def test_a_shared_address_is_never_pinned(cycle: Callable[..., Result], run: Callable[..., Result]) -> None:
    """The ports learn where it is, their own stay pinned, and ports without a guard are kept from it; all of that goes again."""
    before = snapshot()
    result = cycle("linux_port_security", bridge="br0", ports=pair())
    assert set(result["ports"]["v0"]["enforcement"].values()) == {"exact"}
    assert not is_locked("v0") and not is_locked("v1") and iproute2.bridge("br0")["no_linklocal_learn"]
    assert pinned() == {ONE: "v0", TWO: "v1"}
    assert members("macs") == sorted([f"v0 {ONE}", f"v0 {VIRTUAL}", f"v1 {TWO}", f"v1 {VIRTUAL}"])
    assert members("kept_from") == [f"v2 {VIRTUAL}"] and "sharing" in chains(), "the third guest is kept from it, the host's own end is not"
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v0", "guards": {"bpdu": "accept"}}])
    assert not is_locked("v0"), "what is not said again stays"
    cycle("linux_port_security", bridge="br0", ports=[{"match": "v*"}], state="absent")
    assert snapshot() == before


def test_without_the_word_it_is_pinned_and_locked_again(cycle: Callable[..., Result]) -> None:
    """One goes on to have it alone."""
    cycle("linux_port_security", bridge="br0", ports=pair())
    alone = [guest("v0", ONE, "192.0.2.1", VIRTUAL), guest("v1", TWO, "192.0.2.2")]
    cycle("linux_port_security", bridge="br0", ports=alone)
    assert is_locked("v0") and is_locked("v1") and pinned() == {ONE: "v0", VIRTUAL: "v0", TWO: "v1"}
    assert members("kept_from") == [] and members("shared") == [] and "sharing" not in chains()
    cycle("linux_port_security", bridge="br0", ports=pair())
    assert pinned() == {ONE: "v0", TWO: "v1"} and not is_locked("v0")


def test_the_document_and_what_it_is_read_as(cycle: Callable[..., Result], run: Callable[..., Result]) -> None:
    """linux_bridge_info gives it back as it was written, with nothing learned to be mended and no drift."""
    ports = [
        {"name": "v0", "macs": [ONE, SHARED, {"address": OTHER, "shared": "yes"}], "addresses": ["192.0.2.1", SERVICE]},
        {"name": "v1", "macs": [{"address": TWO}, SHARED], "addresses": ["192.0.2.2", SERVICE, "192.0.2.3"]},
    ]
    document = [{"name": "br0", "port_groups": [{"name": "guests", "match": ["v*"], "profile": "guest", "ports": ports[:2]}]}]
    document[0]["port_groups"][0]["match"] = ["w*"]  # type: ignore[index]
    result = cycle("linux_switch_policy", switches=document)
    assert not [each for each in warnings_of(result) if "take it" in each]
    policy = run("linux_bridge_info")["bridges"][0]
    told = {port["name"]: port for port in policy["policy"]["ports"]}
    assert told["v0"]["macs"] == [{"address": VIRTUAL, "shared": True}, {"address": OTHER, "shared": True}, ONE]
    assert told["v0"]["addresses"] == ["192.0.2.1", SERVICE] and told["v1"]["addresses"] == ["192.0.2.2", "192.0.2.3", SERVICE]
    shield = policy["status"]["protection"]["v0"]
    assert shield["drift"] == [] and shield["entry"] == "intact" and shield["shared"] == [VIRTUAL, OTHER, "192.0.2.254"]
    assert {each["effective"] for each in shield["security"].values()} == {"reject"}
    assert not run("linux_switch_policy", switches=[policy["policy"]])["changed"]


def test_an_ip_address_of_two_ports(run: Callable[..., Result]) -> None:
    """A warning unless both say that they share it."""
    shared, alone = [SERVICE], ["192.0.2.254"]
    for first, second, warned in ((alone, alone, True), (shared, alone, True), (shared, shared, False)):
        ports = [{**guest("v0", ONE, ""), "addresses": first}, {**guest("v1", TWO, ""), "addresses": second}]
        result = run("linux_port_security", bridge="br0", ports=ports)
        told = [each for each in warnings_of(result) if "192.0.2.254" in each and "shared: true at each" in each]
        assert bool(told) is warned and all("drops their VRRP and CARP" in each for each in told)
    # What one task does not name stays shared.
    again = run("linux_port_security", bridge="br0", ports=[{"name": "v0", "profile": "guest"}])
    assert again["actions"] == [] and not [each for each in warnings_of(again) if "192.0.2.254" in each]
    assert is_locked("v0"), "an IP address moves by ARP, whatever the port"


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [([VIRTUAL], [VIRTUAL], "is named for v0 too"), ([SHARED], [VIRTUAL], "is named for v0 too"), ([VIRTUAL], [SHARED], "shared: true")],
)
def test_both_must_say_it(run: Callable[..., Result], refused: Callable[..., Result], first: list[Any], second: list[Any], words: str) -> None:
    """In one task, and by another one than before."""
    ports = [guest("v0", ONE, "192.0.2.1", *first), guest("v1", TWO, "192.0.2.2", *second)]
    result = refused("linux_port_security", bridge="br0", ports=ports)
    assert words in result["msg"] and VIRTUAL in result["msg"]
    run("linux_port_security", bridge="br0", ports=ports[:1])
    result = refused("linux_port_security", bridge="br0", ports=ports[1:])
    assert VIRTUAL in result["msg"] and "v0" in result["msg"] and "v1" in result["msg"]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"macs": [SHARED]}, "all of macs are shared"),
        ({"macs": [ONE, SHARED], "security": {"forged_transmits": "accept"}}, "forged_transmits: reject too"),
        ({"macs": [ONE, {"address": VIRTUAL, "share": True}]}, "no 'share'"),
        ({"macs": [ONE, {"shared": True}]}, "has no address"),
        ({"macs": [ONE, {"address": VIRTUAL, "shared": "perhaps"}]}, "neither true nor false"),
        ({"macs": [ONE, {"address": "33:33:00:00:00:01", "shared": True}]}, "is a multicast address"),
        ({"macs": [ONE, [VIRTUAL]]}, "is no address"),
        ({"addresses": [{"address": "192.0.2.256", "shared": True}]}, "192.0.2.256"),
        ({"addresses": [None]}, "is no address"),
    ],
)
def test_what_can_t_be_right(refused: Callable[..., Result], item: dict[str, Any], words: str) -> None:
    """In a sentence, before anything is written."""
    result = refused("linux_port_security", bridge="br0", ports=[{**guest("v0", ONE, "192.0.2.1"), **item}])
    assert words in result["msg"] and result["error_code"] == "invalid", result["msg"]


def test_ports_that_come_and_go_are_kept_from_it(run: Callable[..., Result], plugged: Guests) -> None:
    """One without a policy, one whose sources nobody compares, one of another bridge, and one that shares too later."""
    ip("link add br1 type bridge", "link set br1 up", "link add gone type veth peer name gone1", "link set gone1 address 52:54:00:00:00:09")
    plugged.plug("v3", "br1")
    nested = {"name": "v2", "profile": "nested_hypervisor"}
    run("linux_port_security", bridge="br0", ports=[*pair(), nested])
    assert members("kept_from") == [f"v2 {VIRTUAL}"], "not the port of another bridge"
    ip("link set v3 master br0")
    run("linux_port_security", bridge="br0", ports=[{"name": "v0", "isolated": False}])
    assert members("kept_from") == [f"v2 {VIRTUAL}", f"v3 {VIRTUAL}"]
    run("linux_port_security", bridge="br0", ports=[guest("v2", "52:54:00:00:00:03", "192.0.2.3"), guest("v3", "52:54:00:00:00:04", "192.0.2.4", SHARED)])
    assert members("kept_from") == [] and "sharing" not in chains()
    run("linux_port_security", bridge="br0", ports=[{"name": "v2"}], state="absent")
    assert members("kept_from") == [f"v2 {VIRTUAL}"]
    ip("link del v2")
    (stale,) = run("linux_bridge_info")["table"]["stale"]
    assert stale.startswith("ifindex ")
    assert run("linux_port_security", bridge="br0", ports=pair())["changed"]
    assert members("kept_from") == [] and "sharing" not in chains()


def test_a_port_of_no_known_kind_may_be_named_as_one_that_shares(run: Callable[..., Result], cycle: Callable[..., Result]) -> None:
    """As an uplink that nobody can tell for one: no policy, nothing pinned, and not kept from the address."""
    cycle("linux_port_security", bridge="br0", ports=[*pair(), {"name": "v2", "macs": [SHARED]}])
    assert members("kept_from") == [] and pinned() == {ONE: "v0", TWO: "v1"}
    port = iproute2.port("v2")
    assert port["learning"] and not port["locked"] and port["unicast_flood"]


def test_what_somebody_changed_is_noticed(run: Callable[..., Result]) -> None:
    """The chain, its rule, and its elements."""
    run("linux_port_security", bridge="br0", ports=pair())
    for command in (
        "delete chain bridge virtnet_hardening sharing",
        "flush chain bridge virtnet_hardening sharing",
        "flush set bridge virtnet_hardening kept_from",
        "flush set bridge virtnet_hardening shared",
        "add rule bridge virtnet_hardening sharing accept",
    ):
        script = f"flush chain bridge virtnet_hardening sharing; {command}" if command.startswith("delete") else command
        subprocess.run(["nft", script], check=True)
        told = run("linux_bridge_info")
        altered = told["bridges"][0]["status"]["protection"]["v0"]["entry"] in ("altered", "unknown")
        assert told["table"]["state"] == "altered" or altered, command
        assert run("linux_port_security", bridge="br0", ports=pair())["changed"], command
        assert not run("linux_port_security", bridge="br0", ports=pair())["changed"], command
        assert members("kept_from") == [f"v2 {VIRTUAL}"] and "sharing" in chains() and len(members("shared")) == 2


def test_what_was_learned_before_goes(run: Callable[..., Result]) -> None:
    """A neighbour's address that the port took while it was open; the one that is shared may stay."""
    for address, port in (("52:54:00:00:00:99", "v0"), (VIRTUAL, "v0"), ("52:54:00:00:00:98", "v2")):
        learned(address, port)
    run("linux_port_security", bridge="br0", ports=pair())
    assert "52:54:00:00:00:99" not in dynamic() and "52:54:00:00:00:98" in dynamic()
    bridge(f"fdb replace {VIRTUAL} dev v1 master dynamic")
    assert not run("linux_port_security", bridge="br0", ports=pair())["changed"], "where it is now is nobody's drift"
    learned("52:54:00:00:00:99", "v1")
    assert run("linux_port_security", bridge="br0", ports=pair())["changed"] and "52:54:00:00:00:99" not in dynamic()


def test_an_address_that_others_pinned(run: Callable[..., Result], refused: Callable[..., Result]) -> None:
    """On a port of the task it is let go, on another one it is refused, as it could not move from there."""
    bridge(f"fdb add {VIRTUAL} dev v1 master static")
    run("linux_port_security", bridge="br0", ports=pair())
    assert VIRTUAL not in pinned() and VIRTUAL not in {each["address"] for each in iproute2.fdb("br0") if each["kind"] == "static"}
    run("linux_port_security", bridge="br0", ports=[{"match": "v*"}], state="absent")
    bridge(f"fdb add {VIRTUAL} dev v2 master static")
    assert "is pinned to v2" in refused("linux_port_security", bridge="br0", ports=pair())["msg"]
