# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A wish, or a part of one, that reached nothing is never told as being so already: a warning names it, in check mode too."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import bridge, ip, run_module, snapshot, warnings_of

pytestmark = pytest.mark.own_code
VLANS = [{"vid": "7"}]


@pytest.fixture(autouse=True)
def _host(namespace: None) -> None:
    ip(
        "link add br0 type bridge",
        "link add br1 type bridge",
        *(f"link add vnet{number} type veth peer name p{number}" for number in range(4)),
        "link set vnet0 master br0",
        "link set vnet1 master br0",
        "link set vnet2 master br1",
    )
    bridge("fdb add 52:54:00:00:00:01 dev vnet0 master static sticky")


def document(**group: Any) -> dict[str, Any]:
    """One switch with one group."""
    return {"switches": [{"name": "br0", "port_groups": [{"name": "guests", **group}]}]}


BPDU = {"guards": {"bpdu": "reject"}}
# By case: module, options, and words of the warning beside the ports that there are.
NOTHING: dict[str, Any] = {
    "linux_bridge_port": ("linux_bridge_port", {"bridge": "br0", "ports": ["tap*"], "isolated": True}, "ports: tap* reaches no port of br0"),
    "linux_bridge_port absent": ("linux_bridge_port", {"bridge": "br0", "ports": ["tap*"], "state": "absent"}, "ports: tap* reaches no port of br0"),
    "linux_bridge_port absent name": ("linux_bridge_port", {"bridge": "br0", "ports": ["nosuch"], "state": "absent"}, "ports: nosuch reaches no port of br0"),
    "linux_bridge_vlan": ("linux_bridge_vlan", {"bridge": "br0", "ports": ["tap*"], "vlans": VLANS}, "ports: tap* reaches no port of br0"),
    "linux_bridge_vlan absent": (
        "linux_bridge_vlan",
        {"bridge": "br0", "ports": ["tap*"], "vlans": VLANS, "state": "absent"},
        "ports: tap* reaches no port of br0",
    ),
    "linux_bridge_fdb purge": ("linux_bridge_fdb", {"bridge": "br0", "purge": {"ports": ["tap*"]}}, "purge.ports: tap* reaches no port of br0"),
    "linux_bridge_fdb purge name": (
        "linux_bridge_fdb",
        {"bridge": "br0", "purge": {"ports": ["vnet2", "nosuch"]}},
        "purge.ports: vnet2, nosuch reach no port of br0",
    ),
    "linux_port_security": ("linux_port_security", {"bridge": "br0", "ports": [{"match": "tap*", **BPDU}]}, "ports: tap* reaches no port of br0"),
    "linux_port_security absent": (
        "linux_port_security",
        {"bridge": "br0", "ports": [{"match": "tap*"}, {"name": "nosuch"}], "state": "absent"},
        "ports: nosuch, tap* reach no port of br0",
    ),
    "linux_switch_policy": ("linux_switch_policy", document(match=["tap*"], **BPDU), "port group guests: match: tap* reaches no port of br0"),
    "linux_switch_policy name": ("linux_switch_policy", document(match=["vnet2"], **BPDU), "port group guests: match: vnet2 reaches no port of br0"),
}


@pytest.mark.parametrize("case", NOTHING)
@pytest.mark.parametrize("check", [True, False])
def test_nothing_reached(case: str, check: bool) -> None:
    """It names what reached nothing and what there is, and nothing is said to be so already."""
    module, params, words = NOTHING[case]
    before = snapshot()
    result = run_module(module, check, **params)
    assert not result.get("failed") and not result["changed"] and snapshot() == before, result
    assert warnings_of(result) == [f"{words}; its ports are vnet0, vnet1."]
    assert result["msg"].startswith("Nothing was looked at"), result["msg"]


@pytest.mark.parametrize("check", [True, False])
def test_a_part_reached_nothing(check: bool) -> None:
    """One pattern of several, and one group of two."""
    result = run_module("linux_bridge_port", check, bridge="br0", ports=["vnet*", "tap*"], isolated=True)
    assert result["changed"] and warnings_of(result) == ["ports: tap* reaches no port of br0; its ports are vnet0, vnet1."]
    groups = [{"name": "a", "match": ["vnet*"], **BPDU}, {"name": "b", "match": ["web*", "tap*"]}, {"name": "c"}]
    result = run_module("linux_switch_policy", check, switches=[{"name": "br0", "port_groups": groups}])
    assert result["changed"] and warnings_of(result) == [
        "port group b: match: web*, tap* reach no port of br0; its ports are vnet0, vnet1.",
        "port group c: it has neither match nor guests nor ports, so it reaches no port of br0.",
    ]


@pytest.mark.parametrize("check", [True, False])
def test_patterns_that_are_meant_for_later(check: bool) -> None:
    """A quarantined name is told to the table, and ports that are named join in the same task."""
    ip("link set vnet0 nomaster", "link set vnet1 nomaster")
    result = run_module("linux_switch_policy", check, **document(match=["tap*"], quarantine=True))
    assert result["changed"] and warnings_of(result) == [] and result["unmatched"] == ["tap*"]
    ip("link set vnet0 master br0", "link set vnet1 master br0")
    result = run_module("linux_switch_policy", check, **document(match=["vnet3*"], **BPDU, ports=[{"name": "vnet3"}]))
    assert warnings_of(result) == [] and result["unmatched"] == ["vnet3*"]


@pytest.mark.parametrize("check", [True, False])
def test_a_quarantine_of_other_names_than_the_guests_have(check: bool) -> None:
    """Whoever writes tap* where guests are called vnet0 thinks that they are protected."""
    result = run_module("linux_switch_policy", check, **document(match=["tap*", "web1"], quarantine=True, profile="guest"))
    assert result["changed"] and warnings_of(result) == [
        "port group guests: match: no port of br0 is called tap* or web1, so the quarantine shuts none of those that are there, and nothing is done "
        "for what may be guests' ports that the document does not name: vnet0, vnet1."
    ]
    named = document(match=["tap*"], quarantine=True, ports=[{"name": "vnet0", **BPDU}, {"name": "vnet1"}])
    assert warnings_of(run_module("linux_switch_policy", check, **named)) == []


# What is gone already, or was never there, and has a name.
SO_ALREADY: dict[str, Any] = {
    "linux_bridge": ("linux_bridge", {"name": "br7", "state": "absent"}),
    "linux_bridge_port": ("linux_bridge_port", {"bridge": "br0", "ports": ["vnet3"], "state": "absent"}),
    "linux_bridge_fdb": ("linux_bridge_fdb", {"bridge": "br0", "entries": [{"address": "52:54:00:00:00:77", "port": "vnet0"}], "state": "absent"}),
    "linux_port_security": ("linux_port_security", {"bridge": "br0", "ports": [{"name": "vnet0"}], "state": "absent"}),
    "virtual_link": ("virtual_link", {"name": "nosuch", "kind": "tap", "state": "absent"}),
}


@pytest.mark.parametrize("case", SO_ALREADY)
@pytest.mark.parametrize("check", [True, False])
def test_what_was_looked_at_and_is_so(case: str, check: bool) -> None:
    """A second run of what takes something away finds nothing and says so, without a warning."""
    module, params = SO_ALREADY[case]
    result = run_module(module, check, **params)
    assert not result.get("failed") and not result["changed"] and warnings_of(result) == [], result
    assert result["msg"].startswith("Nothing to do") and "looked at" in result["msg"], result["msg"]


def test_what_is_another_s_stays_and_is_told() -> None:
    """A port of another bridge, and an entry that is not the one described."""
    result = run_module("linux_bridge_port", bridge="br0", ports=["vnet2"], state="absent")
    assert not result["changed"] and warnings_of(result) == ["ports: vnet2 is a port of br1 and not of br0, so it stays there."]
    entry = {"address": "52:54:00:00:00:01", "port": "vnet1"}
    result = run_module("linux_bridge_fdb", bridge="br0", entries=[entry], state="absent")
    assert not result["changed"] and warnings_of(result) == [
        "entries: 52:54:00:00:00:01 is there with port vnet0, which is not what is described, so it stays."
    ]
