# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests of a policy document are found by the address of their tap or by their device, whatever they are called today; judged by bridge(8) and nft(8)."""

from __future__ import annotations

import shutil
from typing import Any, Callable

import pytest

from ..oracle import iproute2
from .conftest import Result, ip, run_module, warnings_of
from .test_quarantine import entries

pytestmark = pytest.mark.skipif(shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin") is None, reason="SKIPPED: there is no nft(8); install nftables")
WEB = {"name": "web1", "macs": ["52:54:00:00:00:01"], "addresses": ["192.0.2.1"]}
DB = {"name": "db1", "macs": ["52:54:00:00:00:02"], "addresses": ["192.0.2.2"]}


@pytest.fixture(autouse=True)
def _host(namespace: None) -> None:
    ip("link add br0 address 52:54:00:00:ff:00 type bridge", "link set br0 up")


def start(port: str, mac: str, bridge: str = "br0") -> None:
    """As libvirt does: the tap has the adapter's address with FE in front, and is up in the bridge before the guest runs."""
    ip(f"link add {port} address fe{mac[2:]} type veth peer name p-{port}", f"link set {port} master {bridge} up", f"link set p-{port} up")


def stop(port: str) -> None:
    """The device goes with the guest."""
    ip(f"link del {port}")


def document(*guests: Any, **more: Any) -> list[dict[str, Any]]:
    """br0 with one group of guests, whose names are shut until somebody is known behind them."""
    group = {"name": "guests", "match": ["vnet*"], "quarantine": True, "profile": "guest", "guests": list(guests), **more}
    return [{"name": "br0", "port_groups": [{name: value for name, value in group.items() if value is not None}]}]


def pinned() -> dict[str, str]:
    """The port of each sticky address."""
    return {each["address"]: each["port"] for each in iproute2.fdb("br0") if each.get("sticky")}


def test_a_guest_is_found_under_every_name(run: Callable[..., Result], cycle: Callable[..., Result]) -> None:
    """Off, on, and on again under another name: what is off is told and nobody else waits for it."""
    start("vnet1", DB["macs"][0])
    result = cycle("linux_switch_policy", switches=document(WEB, DB))
    assert result["guests"] == [{"switch": "br0", "guest": "db1", "port": "vnet1"}] and entries() == ["vnet1"]
    assert result["pending"] == [{"switch": "br0", "guest": "web1", "reason": "no port of br0 has the address fe:54:00:00:00:01"}]
    start("vnet0", WEB["macs"][0])
    assert run_module("linux_switch_policy", True, switches=document(WEB, DB))["changed"]
    assert not run("linux_switch_policy", switches=document(WEB, DB))["pending"] and sorted(entries()) == ["vnet0", "vnet1"]
    assert pinned() == {WEB["macs"][0]: "vnet0", DB["macs"][0]: "vnet1"}
    stop("vnet0")
    start("vnet7", WEB["macs"][0])
    assert "vnet7" not in entries()
    result = cycle("linux_switch_policy", switches=document(WEB, DB))
    assert {each["guest"]: each["port"] for each in result["guests"]} == {"web1": "vnet7", "db1": "vnet1"} and not result["pending"]
    assert pinned() == {WEB["macs"][0]: "vnet7", DB["macs"][0]: "vnet1"} and sorted(entries()) == ["vnet1", "vnet7"]


def test_names_of_others_change_hands(run: Callable[..., Result]) -> None:
    """Two guests restart and get each other's names: each has its own policy again."""
    start("vnet0", WEB["macs"][0])
    start("vnet1", DB["macs"][0])
    run("linux_switch_policy", switches=document(WEB, DB))
    stop("vnet0")
    stop("vnet1")
    start("vnet0", DB["macs"][0])
    start("vnet1", WEB["macs"][0])
    run("linux_switch_policy", switches=document(WEB, DB))
    assert pinned() == {WEB["macs"][0]: "vnet1", DB["macs"][0]: "vnet0"}
    assert not run("linux_switch_policy", switches=document(WEB, DB))["changed"]


def test_todays_way(refused: Callable[..., Result], run: Callable[..., Result]) -> None:
    """Who wants all guests to be there says so: nothing is written then."""
    start("vnet1", DB["macs"][0])
    message = refused("linux_switch_policy", switches=document(WEB, DB), missing="fail")["msg"]
    assert message.startswith("guests that are not there: web1 (no port of br0 has the address fe:54:00:00:00:01); start them")
    start("vnet0", WEB["macs"][0])
    run("linux_switch_policy", switches=document(WEB, DB), missing="fail")


@pytest.mark.parametrize("device", ["tap100i0", "veth100i0"])
def test_names_of_proxmox(run: Callable[..., Result], device: str) -> None:
    """The guest's device itself, or the one that its firewall puts between: what is in the bridge counts."""
    guest = {**WEB, "port": device}
    ip(f"link add {device} type veth peer name guest", "link add fwbr100i0 type bridge", f"link set {device} master fwbr100i0 up")
    result = run("linux_switch_policy", switches=document(guest, match=["fwpr*"]))
    assert result["pending"] == [{"switch": "br0", "guest": "web1", "reason": f"{device} is no port of br0, but belongs to fwbr100i0"}]
    ip("link add fwpr100p0 type veth peer name fwln100i0", "link set fwpr100p0 master br0 up", "link set fwln100i0 master fwbr100i0 up")
    assert run("linux_switch_policy", switches=document(guest, match=["fwpr*"]))["guests"][0]["port"] == "fwpr100p0"
    assert pinned() == {WEB["macs"][0]: "fwpr100p0"}
    ip("link del fwpr100p0", f"link set {device} nomaster", f"link set {device} master br0")
    assert run("linux_switch_policy", switches=document(guest, match=["tap*", "veth*"]))["guests"][0]["port"] == device


def test_who_has_a_guests_address(refused: Callable[..., Result]) -> None:
    """Two ports for one guest, one port for two, and a port that is named beside its guest."""
    start("vnet0", WEB["macs"][0])
    start("vnet1", WEB["macs"][0])
    assert "vnet0, vnet1 have its address" in refused("linux_switch_policy", switches=document(WEB))["msg"]
    stop("vnet1")
    twin = {**DB, "port": "vnet0"}
    assert "vnet0 is the port of web1 too" in refused("linux_switch_policy", switches=document(WEB, twin))["msg"]
    assert "vnet0 stands in ports too" in refused("linux_switch_policy", switches=document(WEB, ports=[{"name": "vnet0"}]))["msg"]


@pytest.mark.parametrize(
    ("guests", "words"),
    [
        ([{**WEB}, {**DB, "macs": WEB["macs"]}], "52:54:00:00:00:01 is named for web1 too"),
        ([WEB, WEB], "the guest web1 stands there twice"),
        ([{"name": "web1", "macs": ["fe:54:00:00:00:01"]}], "no address of its own tells its tap"),
        ([{"name": "web1", "macs": [{"address": "52:54:00:00:00:01", "shared": True}]}], "no address of its own tells its tap"),
        ([{"name": "web1", "macs": []}], "nothing tells its port"),
        ([{"name": "web1", "port": "a/b"}], "a/b"),
        ([{"name": "web1", "port": "tap*"}], "port tap* is a pattern"),
        ([{"name": "web1", "macs": ["52:54"]}], "52:54"),
    ],
)
def test_refused_before_any_write(guests: Any, words: str, refused: Callable[..., Result]) -> None:
    """Whether the guests are on or not."""
    assert words in refused("linux_switch_policy", switches=document(*guests))["msg"]


def test_a_shared_address_tells_nobody(run: Callable[..., Result]) -> None:
    """Two routers of one virtual address are known by their own ones."""
    both = {"address": "00:00:5e:00:01:01", "shared": True}
    start("vnet0", WEB["macs"][0])
    start("vnet1", DB["macs"][0])
    result = run("linux_switch_policy", switches=document({**WEB, "macs": [*WEB["macs"], both]}, {**DB, "macs": [*DB["macs"], both]}))
    assert {each["guest"]: each["port"] for each in result["guests"]} == {"web1": "vnet0", "db1": "vnet1"}


def test_what_is_told(run: Callable[..., Result]) -> None:
    """A guest to come that nothing holds; a name that libvirt gives once."""
    ip("tuntap add dev vnet0 mode tap", "link set vnet0 address fe:54:00:00:00:01 master br0 up")
    result = run("linux_switch_policy", switches=document(DB, ports=[{**WEB, "name": "vnet0"}], match=None, quarantine=None))
    assert any("db1 pending, and nothing holds what comes" in each for each in warnings_of(result))
    assert any("port vnet0: libvirt gives this name to no guest again" in each for each in warnings_of(result))
    assert not warnings_of(run("linux_switch_policy", switches=document(WEB, DB)))


def test_a_guest_elsewhere(run: Callable[..., Result]) -> None:
    """Its tap is never moved: who made it chose the bridge."""
    ip("link add br1 type bridge")
    start("vnet0", WEB["macs"][0], "br1")
    (pending,) = run("linux_switch_policy", switches=document(WEB, match=None, quarantine=None))["pending"]
    assert pending["reason"] == "vnet0 is no port of br0, but belongs to br1"
    port = iproute2.port("vnet0")
    assert port is not None and port["bridge"] == "br1" and not port["locked"]


def test_a_name_that_libvirt_gave_to_another(refused: Callable[..., Result], run: Callable[..., Result]) -> None:
    """The policy of one guest is not put upon the next who gets its name."""
    ip("tuntap add dev vnet0 mode tap", f"link set vnet0 address fe{DB['macs'][0][2:]} master br0 up")
    assert "libvirt makes of another guest's" in refused("linux_switch_policy", switches=document({**WEB, "port": "vnet0"}))["msg"]
    result = run("linux_switch_policy", switches=document({**DB, "port": "vnet0"}))
    assert any("port vnet0: libvirt gives this name to no guest again" in each for each in warnings_of(result))
