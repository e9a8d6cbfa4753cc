# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""linux_port_security and linux_switch_policy on the real kernel: judged by bridge(8) and nft(8). What frames do is in tests/frames."""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables import client as nft_client

from ..oracle import iproute2
from .conftest import Result, bridge, ip, learned, run_module, snapshot, warnings_of, without_file
from .needs import in_user_namespace, lacks_port_option, needs_vlan_filtering

pytestmark = pytest.mark.skipif(shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin") is None, reason="SKIPPED: there is no nft(8); install nftables")
GUEST = {"profile": "guest", "macs": ["52:54:00:00:00:01"], "addresses": ["192.0.2.1", "2001:db8::/64"]}
REJECT_ALL = {"promiscuous": "reject", "mac_changes": "reject", "forged_transmits": "reject"}


@pytest.fixture(autouse=True)
def _host(namespace: None) -> None:
    ip(
        "link add br0 address 52:54:00:00:ff:00 type bridge",
        "link set br0 up",
        *(f"link add v{number} type veth peer name p{number}" for number in range(4)),
        *(f"link set v{number} master br0 up" for number in range(3)),
        *(f"link set p{number} up" for number in range(4)),
    )


def table(name: str) -> list[Any]:
    """The elements of a set of the collection's table, as nft prints them."""
    done = subprocess.run(["nft", "-j", "list", "set", "bridge", "virtnet_hardening", name], capture_output=True, text=True, check=True)
    return [item["set"].get("elem", []) for item in json.loads(done.stdout)["nftables"] if "set" in item][0]


def pinned() -> dict[str, str]:
    """Address to port of the static, sticky entries."""
    return {each["address"]: each["port"] for each in iproute2.fdb("br0") if each["kind"] == "static" and each["sticky"]}


def test_a_guest_is_hardened_and_released(cycle: Callable[..., Result]) -> None:
    """Twelve steps; what was there before is there again, and nothing else is left."""
    ip("link set v0 type bridge_slave isolated on")
    before = snapshot()
    result = cycle("linux_port_security", bridge="br0", ports=[{"name": "v0", **GUEST}])
    port = iproute2.port("v0")
    assert not port["learning"] and not port["unicast_flood"] and port["isolated"]
    assert lacks_port_option("locked") or port["locked"]
    assert pinned() == {"52:54:00:00:00:01": "v0"}
    for name in ("arp_guard", "neighbor_guard", "ip_source_guard", "router_advertisement_guard", "dhcp_server_guard", "bpdu_guard", "vlan_tags_guard"):
        assert table(name) == ["v0"], name
    assert table("macs") == [{"concat": ["v0", "52:54:00:00:00:01"]}]
    enforcement = result["ports"]["v0"]["enforcement"]
    # Of a user namespace the kernel takes no program.
    assert enforcement.pop("partial_checksum").partition(":")[0] == ("unsupported" if in_user_namespace() else "exact")
    assert result["ports"]["v0"]["effective"] == REJECT_ALL and set(enforcement.values()) == {"exact"}
    assert iproute2.port("v1")["learning"]
    changed = cycle("linux_port_security", bridge="br0", ports=[{"name": "v0", "macs": ["52:54:00:00:00:02"], "guards": {"bpdu": "accept"}}])
    assert pinned() == {"52:54:00:00:00:02": "v0"} and table("bpdu_guard") == [] and table("arp_guard") == ["v0"]
    assert changed["ports"]["v0"]["configured"] == REJECT_ALL, "what is not said again stays"
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v0"}], state="absent")
    assert snapshot() == before


def test_absent_is_exactly_its_own(run: Callable[..., Result]) -> None:
    """Entries of others, options that were so before, other ports, other tables."""
    bridge("fdb add 52:54:00:00:00:99 dev v1 master static", "fdb add 52:54:00:00:00:98 dev v1 master static sticky", "link set dev v0 flood off hairpin on")
    subprocess.run(["nft", "add table bridge others"], check=True)
    before = snapshot()
    run("linux_port_security", bridge="br0", ports=[{"name": "v0", **GUEST}, {"name": "v1", "guards": {"bpdu": "reject"}}])
    run("linux_port_security", bridge="br0", ports=[{"name": "v0"}], state="absent")
    # Without a policy there is no record, but the seal.
    (entry,) = table("ports")
    assert entry["elem"]["val"] == "v1" and re.fullmatch("was=f0 sum=[0-9a-f]{8}:v1", entry["elem"]["comment"])
    run("linux_port_security", bridge="br0", ports=[{"match": "v*"}], state="absent")
    assert snapshot() == before
    assert "table bridge others" in subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout
    assert not run("linux_port_security", bridge="br0", ports=[{"name": "v0"}], state="absent")["changed"]


def test_nothing_of_others_is_on_a_hardened_port(run: Callable[..., Result], cycle: Callable[..., Result]) -> None:
    """The entry of a guest that was there before the rules were flushed, entries that somebody wrote, and a port that takes the frames over."""
    run("linux_port_security", bridge="br0", ports=[{"name": "v0", **GUEST}])
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    bridge("fdb add 52:54:00:00:00:99 dev v0 master static", "fdb add 52:54:00:00:00:98 dev v0 master static sticky")
    bridge("fdb add 52:54:00:00:00:97 dev v1 master static")
    subprocess.run(["ip", "link", "set", "v0", "type", "bridge_slave", "backup_port", "v1"], check=True)
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v0", **GUEST, "macs": ["52:54:00:00:00:02"]}])
    there = json.loads(subprocess.run(["bridge", "-j", "fdb", "show", "br", "br0"], capture_output=True, text=True, check=True).stdout)
    assert {each["mac"]: each["ifname"] for each in there if each.get("state") == "static"} == {"52:54:00:00:00:02": "v0", "52:54:00:00:00:97": "v1"}
    assert not iproute2.port("v0").get("backup_port")


def test_a_bridge_that_was_made_again(run: Callable[..., Result]) -> None:
    """What the rules know of the one that is gone goes once, on the first run."""
    document = [{"name": "br0", "security": {"promiscuous": "reject"}, "port_groups": [{"name": "guests", "ports": [{"name": "v0", **GUEST}]}]}]
    run("linux_switch_policy", switches=document)
    ip("link del br0", "link add br0 type bridge", "link set v0 master br0", "link set br0 up")
    assert run("linux_switch_policy", switches=document)["changed"] and not run("linux_switch_policy", switches=document)["changed"]
    assert len(table("switches")) == 1 and iproute2.port("v0")["locked"]


@pytest.mark.own_code
@pytest.mark.parametrize("was", [0, 1, 2])
def test_a_port_of_a_multicast_router_is_one_again(cycle: Callable[..., Result], run: Callable[..., Result], was: int) -> None:
    """After the policy, after the guard alone, and not once somebody has decided otherwise since."""
    bridge(f"link set dev v0 mcast_router {was}")
    before = snapshot()
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v0", **GUEST}])
    assert iproute2.port("v0")["mcast_router"] == 0
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v0", "guards": {"router_advertisement": "accept"}}])
    assert iproute2.port("v0")["mcast_router"] == was
    bridge("link set dev v0 mcast_router 2")
    assert not run("linux_port_security", bridge="br0", ports=[{"name": "v0", "guards": {"router_advertisement": "accept"}}])["changed"]
    bridge(f"link set dev v0 mcast_router {was}")
    run("linux_port_security", bridge="br0", ports=[{"name": "v0", "guards": {"router_advertisement": "reject"}}])
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v0"}], state="absent")
    assert snapshot() == before


def test_a_guard_that_is_not_named_again_keeps_what_it_took(run: Callable[..., Result]) -> None:
    """Its options of the port come back with the last guard that needs them, and not with the next task that speaks of something else."""

    def now() -> tuple[int, int]:
        port = iproute2.port("v0")
        return port["mcast_router"], port["group_fwd_mask"]

    run("linux_port_security", bridge="br0", ports=[{"name": "v0", **GUEST}])
    assert now() == (0, 0x4001)
    for said in ({"isolated": False}, {"guards": {"ip_source": "reject"}}, {"security": {"promiscuous": "reject"}}):
        run("linux_port_security", bridge="br0", ports=[{"name": "v0", **said}])
        assert now() == (0, 0x4001), said
    run("linux_port_security", bridge="br0", ports=[{"name": "v0", "guards": {"bpdu": "accept"}}])
    assert now() == (0, 0x4000)
    run("linux_port_security", bridge="br0", ports=[{"name": "v0", "guards": {"router_advertisement": "accept"}}])
    assert now() == (1, 0x4000)
    run("linux_port_security", bridge="br0", ports=[{"name": "v0"}], state="absent")
    assert now() == (1, 0)


@pytest.mark.skipif(lacks_port_option("mab"), reason="SKIPPED: this kernel has no MAC authentication bypass on bridge ports")
def test_authentication_by_mac_address_is_given_back(cycle: Callable[..., Result], run: Callable[..., Result]) -> None:
    """The lock takes it away, as it lets in whoever sends."""
    ip("link set br0 type bridge no_linklocal_learn 1")
    run("linux_bridge_port", bridge="br0", ports=["v0"], locked=True, learning=True, mab=True)
    before, port = snapshot(), iproute2.port("v0")
    assert port["mab"]
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v0", **GUEST}])
    assert not iproute2.port("v0")["mab"]
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v0"}], state="absent")
    assert snapshot() == before and iproute2.port("v0") == port


COMBINATIONS = list(itertools.product((None, "accept", "reject"), repeat=3))


@pytest.mark.own_code
@pytest.mark.parametrize("values", COMBINATIONS, ids=str)
def test_every_combination_of_policies(run: Callable[..., Result], values: Any) -> None:
    """The second run changes nothing, and the way back leads to where it began."""
    security = {name: value for name, value in zip(REJECT_ALL, values) if value}
    before = snapshot()
    ports = [{"name": "v0", "macs": GUEST["macs"], "security": security}]
    first = run("linux_port_security", bridge="br0", ports=ports)
    assert first["ports"]["v0"]["effective"] == security
    assert not run("linux_port_security", True, bridge="br0", ports=ports)["changed"]
    port = iproute2.port("v0")
    assert port["unicast_flood"] is (security.get("promiscuous") != "reject")
    if "reject" in (security.get("mac_changes"), security.get("forged_transmits")):
        assert not port["learning"] and pinned() == {"52:54:00:00:00:01": "v0"}
    if not lacks_port_option("locked"):
        assert port["locked"] is (security.get("forged_transmits") == "reject")
    run("linux_port_security", bridge="br0", ports=[{"name": "v0"}], state="absent")
    assert snapshot() == before


@pytest.mark.own_code
def test_rules_that_somebody_changed_come_back(run: Callable[..., Result]) -> None:
    """A rule less, an element less, the whole table less: each is noticed, in check mode too, and mended."""
    ports = [{"name": "v0", **GUEST}, {"name": "v1", "macs": ["52:54:00:00:00:07"], "security": REJECT_ALL}]
    run("linux_port_security", bridge="br0", ports=ports)
    good = snapshot()
    for damage in (
        "flush chain bridge virtnet_hardening arp_frame",
        "flush set bridge virtnet_hardening link_layer",
        "delete table bridge virtnet_hardening",
        "delete element bridge virtnet_hardening ip6_ranges { v0 . 2001:db8::/64 }",
        "flush set bridge virtnet_hardening ports",
        "add element bridge virtnet_hardening ip4_addresses { v0 . 192.0.2.200 }",
        "insert rule bridge virtnet_hardening port accept",
    ):
        subprocess.run(["nft", damage], check=True)
        assert snapshot() != good
        assert run("linux_port_security", True, bridge="br0", ports=ports)["changed"], damage
        run("linux_port_security", bridge="br0", ports=ports)
        assert _without_owner(snapshot()) == _without_owner(good), damage


@pytest.mark.own_code
@pytest.mark.parametrize("script", ["", "echo broken >&2; exit 1"])
def test_rules_that_can_t_be_read_are_not_taken_for_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    """Without nft, or with one that fails, nothing is said to be so of what the kernel has; and where it has none, nft is not needed for that."""
    ports = [{"name": "v0", **GUEST}]
    run_module("linux_port_security", bridge="br0", ports=ports)
    before = snapshot()
    if script:
        (tmp_path / "nft").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "nft").chmod(0o755)
    with monkeypatch.context() as patch:
        patch.setattr(nft_client, "_FOLDERS", ())
        patch.setenv("PATH", str(tmp_path))
        for check in (True, False):
            for state in ("absent", "present"):
                result = run_module("linux_port_security", check, bridge="br0", ports=ports, state=state)
                assert result["failed"] and result["error_code"] == "backend" and "can't be read" in result["msg"], result
    assert snapshot() == before
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    monkeypatch.setattr(nft_client, "_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run_module("linux_port_security", bridge="br0", ports=[{"name": "v1"}], state="absent")
    assert not result.get("failed") and result["msg"].startswith("Nothing to do"), result


@pytest.mark.own_code
@pytest.mark.parametrize("state", ["absent", "present"])
def test_an_nft_that_dies_is_told_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, state: str) -> None:
    """As nft 1.0.6 does by a segmentation fault where a newer one has written a table of anybody: by name, with the way out; nothing is changed."""
    ports = [{"name": "v0", **GUEST}]
    for written in (False, True):
        if written:
            run_module("linux_port_security", bridge="br0", ports=ports)
        before = snapshot()
        (tmp_path / "nft").write_text("#!/bin/sh\nkill -SEGV $$\n")
        (tmp_path / "nft").chmod(0o755)
        with monkeypatch.context() as patch:
            patch.setattr(nft_client, "_FOLDERS", ())
            patch.setenv("PATH", str(tmp_path))
            results = [run_module("linux_port_security", check, bridge="br0", ports=ports, state=state) for check in (True, False)]
        assert snapshot() == before
        if state == "absent" and not written:
            assert not any(result.get("failed") for result in results), "the kernel has no table, so nft is not asked"
            continue
        for result in results:
            assert result["failed"] and result["error_code"] == "backend" and f"{tmp_path}/nft" in result["msg"], result
            assert "was ended by signal 11" in result["msg"] and "install the package nftables" in result["msg"], result


@pytest.mark.own_code
def test_a_host_that_has_no_names_of_protocols(run: Callable[..., Result]) -> None:
    """A minimal Debian has no /etc/protocols (package netbase): nft then prints numbers where it is given names. It may come later."""
    ports = [{"name": "v0", **GUEST}]
    with without_file("/etc/protocols"), without_file("/etc/services"):
        assert run("linux_port_security", bridge="br0", ports=ports)["changed"]
        assert "ip protocol 2" in snapshot()[3] and "ip protocol igmp" not in snapshot()[3]
        assert not run("linux_port_security", bridge="br0", ports=ports)["changed"]
        subprocess.run(["nft", "insert rule bridge virtnet_hardening dhcp4 meta l4proto 6 return"], check=True)
        assert run("linux_port_security", bridge="br0", ports=ports)["changed"]
    assert not run("linux_port_security", True, bridge="br0", ports=ports)["changed"]


@pytest.mark.own_code
def test_a_dormant_table_is_no_table_in_effect(refused: Callable[..., Result]) -> None:
    """nft 1.0.6 prints no JSON of it; that nothing of it is in effect is said, with what to do, and that helps."""
    ports = [{"name": "v0", **GUEST}]
    run_module("linux_port_security", bridge="br0", ports=ports)
    subprocess.run(["nft", "add table bridge virtnet_hardening { flags dormant; }"], check=True)
    assert "is dormant" in refused("linux_port_security", bridge="br0", ports=ports)["msg"]
    subprocess.run(["nft", "add", "table", "bridge", "virtnet_hardening"], check=True)
    result = run_module("linux_port_security", bridge="br0", ports=ports)
    assert not result.get("failed") and not result["changed"], result


def _without_owner(state: Any) -> Any:
    """Who set no_linklocal_learn goes with the table; it then stays as it is, which is the safe side."""
    return (*state[:3], state[3].replace('\t\telements = { "br0" comment "set=no_linklocal_learn sum=:br0" }\n', ""))


def test_entries_learned_before_are_flushed(run: Callable[..., Result]) -> None:
    """A locked port lets in whom it knows; entries that somebody wrote stay."""
    learned("52:54:00:00:00:66", "v0")
    learned("52:54:00:00:00:67", "v1")
    result = run("linux_port_security", bridge="br0", ports=[{"name": "v0", **GUEST}])
    assert "delete learned v0" in result["actions"]
    addresses = {each["address"] for each in iproute2.fdb("br0")}
    assert "52:54:00:00:00:66" not in addresses and "52:54:00:00:00:67" in addresses


def test_a_named_port_joins_hardened(cycle: Callable[..., Result]) -> None:
    """It is down until all holds."""
    ip("link set v3 up")
    actions = cycle("linux_port_security", bridge="br0", ports=[{"name": "v3", **GUEST}])["actions"]
    order = ("set link v3: up true -> false", "create port v3", "create fdb br0 52:54", "set port v3: ", "create filter v3", "set link v3: up false -> true")
    places = [next(place for place, action in enumerate(actions) if action.startswith(start)) for start in order]
    assert places == sorted(places)


REFUSED = {
    "mac_changes without macs": ([{"name": "v0", "security": {"mac_changes": "reject"}}], "no MAC address of the guest is known"),
    "ip_source without macs": ([{"name": "v0", "addresses": ["192.0.2.1"], "guards": {"ip_source": "reject"}}], "no MAC address of the guest is known"),
    "arp without addresses": ([{"name": "v0", "macs": GUEST["macs"], "guards": {"arp": "reject"}}], "addresses"),
    "inherit from nobody": ([{"name": "v0", "security": {"promiscuous": "inherit"}}], "nothing to inherit"),
    "multicast flood off": ([{"name": "v0", "multicast_flood": False}], "querier"),
    "a pattern with macs": ([{"match": "v*", "macs": GUEST["macs"]}], "can't have macs"),
    "a name twice": ([{"name": "v0"}, {"name": "v0"}], "twice"),
    "a name that is a pattern": ([{"name": "v*"}], "match"),
    "one address for two ports": ([{"name": "v0", **GUEST}, {"name": "v1", **GUEST}], "named for v0 too"),
    "the bridge's own address": ([{"name": "v0", **GUEST, "macs": ["52:54:00:00:ff:00"]}], "local (permanent)"),
    "a multicast MAC": ([{"name": "v0", **GUEST, "macs": ["01:00:5e:00:00:01"]}], "multicast"),
    "a prefix with host bits": ([{"name": "v0", **GUEST, "addresses": ["192.0.2.1/24"]}], "host bits"),
    "no such interface": ([{"name": "nope", **GUEST}], "no such interface"),
    "nothing": ([], "empty"),
}


@pytest.mark.own_code
@pytest.mark.parametrize("case", sorted(REFUSED))
def test_refused_before_anything_is_written(refused: Callable[..., Result], case: str) -> None:
    """In check mode with the same words."""
    ports, words = REFUSED[case]
    result = refused("linux_port_security", bridge="br0", ports=ports)
    assert words in result["msg"] and result["error_code"] == "invalid", result["msg"]


@pytest.mark.own_code
def test_refused_for_what_the_bridge_is(refused: Callable[..., Result]) -> None:
    """A hub, a permanent entry, an address that another port holds, a port of another bridge."""
    ports = [{"name": "v0", **GUEST}]
    bridge("fdb add 52:54:00:00:00:01 dev v0 master permanent")
    assert "permanent" in refused("linux_port_security", bridge="br0", ports=ports)["msg"]
    bridge("fdb del 52:54:00:00:00:01 dev v0 master", "fdb add 52:54:00:00:00:01 dev v1 master static")
    assert "pinned to v1 already" in refused("linux_port_security", bridge="br0", ports=ports)["msg"]
    bridge("fdb del 52:54:00:00:00:01 dev v1 master")
    ip("link add br9 type bridge", "link set v3 master br9")
    assert "belongs to br9" in refused("linux_port_security", bridge="br0", ports=[{"name": "v3", **GUEST}])["msg"]
    ip("link set br0 type bridge ageing_time 0")
    assert "hub" in refused("linux_port_security", bridge="br0", ports=ports)["msg"]


def test_multicast_flood_with_a_querier(cycle: Callable[..., Result]) -> None:
    """Then it is allowed."""
    ip("link set br0 type bridge mcast_querier 1")
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v0", **GUEST, "multicast_flood": False}])
    assert not iproute2.port("v0")["multicast_flood"]


def test_the_management_port_is_guarded(refused: Callable[..., Result], run: Callable[..., Result]) -> None:
    """By a pattern that selects the uplink, and by an address that is the gateway's."""
    ip("address add 192.0.2.9/24 dev br0", "route add default via 192.0.2.254", "neigh add 192.0.2.254 lladdr 52:54:00:00:00:fe dev br0")
    learned("52:54:00:00:00:fe", "v2")
    result = refused("linux_port_security", bridge="br0", ports=[{"match": "v*", "guards": {"bpdu": "reject"}}])
    assert result["error_code"] == "management" and "v2 carries the default route" in result["msg"]
    result = refused("linux_port_security", bridge="br0", ports=[{"name": "v0", **GUEST, "macs": ["52:54:00:00:00:fe"]}])
    assert result["error_code"] == "management" and "52:54:00:00:00:fe is the next hop" in result["msg"]
    entry = {"address": "52:54:00:00:00:fe", "port": "v0"}
    assert refused("linux_bridge_fdb", bridge="br0", entries=[entry])["error_code"] == "management"
    run("linux_bridge_fdb", bridge="br0", entries=[{**entry, "port": "v2"}])
    assert pinned() == {"52:54:00:00:00:fe": "v2"}


def document(**more: Any) -> dict[str, Any]:
    """A switch with a group and a port of its own."""
    group = {
        "name": "guests",
        "match": ["v*"],
        "profile": "guest",
        "security": {"promiscuous": "inherit"},
        "ports": [
            {"name": "v0", **{name: GUEST[name] for name in ("macs", "addresses")}},
            {"name": "v1", "macs": ["52:54:00:00:00:07"], "addresses": [], "isolated": True},
        ],
    }
    own = [{"name": "v2", "guards": {"bpdu": "reject"}}]
    return {"name": "br0", "security": REJECT_ALL, "port_groups": [{**group, **more}], "ports": own}


def test_a_document(cycle: Callable[..., Result]) -> None:
    """Inheritance, exceptions, defaults of the switch, and purge."""
    before = snapshot()
    own = {"v2": {"security": {name: "accept" for name in REJECT_ALL}}}
    items = document()
    items["ports"][0].update(own["v2"])
    result = cycle("linux_switch_policy", switches=[items, {"name": "vSwitch0", "kind": "vswitch"}])
    assert result["other_switches"] == ["vSwitch0"] and set(result["ports"]) == {"v0", "v1", "v2"}
    assert result["ports"]["v0"]["source"]["promiscuous"] == "switch br0" and result["ports"]["v0"]["configured"]["promiscuous"] == "inherit"
    assert [iproute2.port(name)["isolated"] for name in ("v0", "v1", "v2")] == [False, True, False]
    assert iproute2.port("v2")["learning"] and table("bpdu_guard") == ["v0", "v1", "v2"]
    later = {"name": "br0", "security": {"promiscuous": "accept"}, "port_groups": items["port_groups"], "ports": items["ports"]}
    result = cycle("linux_switch_policy", switches=[later])
    assert result["ports"]["v0"]["effective"] == {**REJECT_ALL, "promiscuous": "accept"}, "the group inherits, and what the switch does not say stays"
    assert iproute2.port("v0")["unicast_flood"]
    result = cycle("linux_switch_policy", switches=[{"name": "br0"}], purge=["ports", "defaults"])
    assert snapshot() == before


def test_inherit_from_what_the_switch_was_told(run: Callable[..., Result]) -> None:
    """linux_port_security knows the defaults of linux_switch_policy."""
    run("linux_switch_policy", switches=[{"name": "br0", "security": {"promiscuous": "reject"}}])
    result = run("linux_port_security", bridge="br0", ports=[{"name": "v0", "macs": GUEST["macs"], "security": {"promiscuous": "inherit"}}])
    assert result["ports"]["v0"]["effective"] == {"promiscuous": "reject"} and not iproute2.port("v0")["unicast_flood"]


@pytest.mark.own_code
def test_an_address_moves_between_ports_of_one_document(run: Callable[..., Result]) -> None:
    """Without a moment in which it is nobody's, as the entry is changed in place."""
    items = document()
    items["ports"] = []
    items["port_groups"][0]["match"] = []
    run("linux_switch_policy", switches=[items])
    first, second = items["port_groups"][0]["ports"]
    first["macs"], second["macs"] = second["macs"], first["macs"]
    result = run("linux_switch_policy", switches=[items])
    assert pinned() == {"52:54:00:00:00:01": "v1", "52:54:00:00:00:07": "v0"}
    assert not [action for action in result["actions"] if action.startswith("delete fdb")]
    assert not run("linux_switch_policy", switches=[items])["changed"]


@pytest.mark.own_code
def test_documents_that_are_refused(refused: Callable[..., Result]) -> None:
    """Each with what to do."""
    cases = [
        ([document(match=["v[01]*"], quarantine=True)], "quarantine can't take the pattern"),
        ([document(match=["*"], quarantine=True)], "quarantine"),
        ([document(match=['x" } ; add table ip pwned ; add element bridge virtnet_hardening quarantine { "y*'], quarantine=True)], "quotation mark"),
        ([document(match=["a b*"], quarantine=True)], "no interface name"),
        ([document(match=["abcdefghijklmno*"], quarantine=True)], "no name is longer"),
        ([document(match=["x\\*"], quarantine=True)], "backslash"),
        ([document(match=[], quarantine=True)], "add match"),
        ([document(match=["\udc80*"], quarantine=True)], "it is no text"),
        ([document(match=["\udc80"])], "no interface name"),
        ([{"name": "br7"}], "no such interface"),
        ([document(), document()], "twice"),
        ([document(ports=[{**GUEST, "name": "v0", "addresses": ["fe80::1%p0"]}])], "behind the %"),
        ([document(ports=[])], "no MAC address of the guest is known"),
        ([{"name": "v0"}], "it is no bridge"),
    ]
    for switches, words in cases:
        result = refused("linux_switch_policy", switches=switches)
        assert words in result["msg"], result["msg"]
    two = document()
    two["port_groups"].append({"name": "more", "match": ["v2"]})
    two["ports"] = []
    assert "matched by the group guests too" in refused("linux_switch_policy", switches=[two])["msg"]


@pytest.mark.own_code
def test_quarantine_patterns(run: Callable[..., Result]) -> None:
    """Wider ones take the place of narrower ones, what another document asked for stays, false and purge open again."""

    def names() -> list[str]:
        return sorted(table("quarantine"))

    def ask(*groups: Any, **more: Any) -> None:
        items = [{"name": f"g{number}", "match": [match], "quarantine": value} for number, (match, value) in enumerate(groups)]
        switches = [{"name": "br0", "port_groups": items}]
        run("linux_switch_policy", switches=switches, **more)
        assert not run("linux_switch_policy", switches=switches, **more)["changed"]

    ask(("vnet1*", True))
    ask(("tap9", True))
    assert names() == ["tap9", "vnet1*"]
    ask(("vnet*", True))
    assert names() == ["tap9", "vnet*"]
    ask(("tap9", False))
    assert names() == ["vnet*"]
    ask(("w*", True), purge=["quarantine"])
    assert names() == ["w*"]


def test_bpdu_guard_of_the_bridge_where_there_is_no_nft(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only where STP runs, and it says that it is only approximate."""
    from ansible_collections.virtnet.hardening.plugins.module_utils._nftables import client

    monkeypatch.setattr(client.shutil, "which", lambda name, path: None)
    ports = [{"name": "v0", "guards": {"bpdu": "reject"}}]
    assert "runs no STP" in run_module("linux_port_security", False, bridge="br0", ports=ports)["msg"]
    ip("link set br0 type bridge stp_state 1")
    result = run_module("linux_port_security", False, bridge="br0", ports=ports)
    assert result["ports"]["v0"]["enforcement"]["bpdu"].startswith("approximate") and iproute2.port("v0")["guard"]
    assert not run_module("linux_port_security", False, bridge="br0", ports=ports)["changed"]
    run_module("linux_port_security", False, bridge="br0", ports=ports, state="absent")
    assert not iproute2.port("v0")["guard"]


@needs_vlan_filtering
def test_a_bridge_that_filters_vlans(cycle: Callable[..., Result]) -> None:
    """An address is pinned in every VLAN of its port."""
    ip("link set br0 type bridge vlan_filtering 1")
    bridge("vlan add vid 10 dev v0", "vlan add vid 20-21 dev v0")
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v0", **GUEST, "guards": {"vlan_tags": "accept"}}])
    entries = {(each["vlan"], each["port"]) for each in iproute2.fdb("br0") if each["address"] == "52:54:00:00:00:01" and each["kind"] == "static"}
    assert entries == {(vlan, "v0") for vlan in (1, 10, 20, 21)}
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v0"}], state="absent")
    assert not [each for each in iproute2.fdb("br0") if each["address"] == "52:54:00:00:00:01"]


@pytest.mark.parametrize("check", [True, False])
def test_the_same_ip_address_at_two_ports(run: Callable[..., Result], check: bool) -> None:
    """Each could take it from the other, whether one task names both or an earlier one named the other."""

    def ask(check: bool, **ports: dict[str, Any]) -> list[str]:
        items = [{"name": name, "profile": "guest", **more} for name, more in ports.items()]
        told = warnings_of(run("linux_port_security", check, bridge="br0", ports=items))
        document = warnings_of(run("linux_switch_policy", check, switches=[{"name": "br0", "ports": items}]))
        assert told == document
        return told

    one, two = ({"macs": [f"52:54:00:00:00:0{number}"], "addresses": ["192.0.2.1", f"192.0.2.1{number}"]} for number in (1, 2))
    told = ask(check, v0=one, v1=two)
    assert len(told) == 1 and "ports v0, v1 of br0" in told[0] and "192.0.2.1," in told[0] and "192.0.2.11" not in told[0]
    assert not ask(False, v0=one)[1:]
    assert "ports v0, v1 of br0" in ask(check, v1=two)[0]
    assert not ask(check, v1={**two, "addresses": ["192.0.2.12"]})
