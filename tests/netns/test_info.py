# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""linux_bridge_info: what it tells is true, and valid input of the modules that would write it."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ..oracle import iproute2
from .conftest import bridge, ip, run_module


@pytest.fixture(autouse=True)
def host(namespace: None) -> None:
    """Two bridges, a hub among them, ports of several kinds and entries."""
    ip(
        "link add br0 type bridge priority 4096 no_linklocal_learn 1", "link set br0 up",
        "link add hub0 type bridge ageing_time 0",
        *(f"link add v{number} type veth peer name p{number}" for number in range(4)),
        "link add low0 type veth peer name far0", "link add link low0 name mt0 type macvtap mode bridge",
        "tuntap add tap0 mode tap", "link set v0 master br0", *(f"link set v{number} master hub0" for number in range(1, 4)), "link set tap0 master br0",
        "link set v0 up", "link set p0 up",
    )
    bridge(
        "link set dev v0 isolated on learning off locked on flood off", "fdb add 52:54:00:00:00:01 dev v0 master static sticky",
        "fdb add 52:54:00:00:00:02 dev tap0 master permanent", "fdb add 52:54:00:00:00:03 dev tap0 master extern_learn",
    )


def told(name: str, **params: Any) -> Any:
    """One bridge of the answer."""
    return next(each for each in run_module("linux_bridge_info", **params)["bridges"] if each["name"] == name)


def test_it_is_true() -> None:
    """Against iproute2, option by option."""
    answer, seen = told("br0"), iproute2.bridge("br0")
    compared = {option: value for option, value in answer["bridge"].items() if option in seen}
    assert len(compared) > 20 and {option: seen[option] for option in compared} == compared
    ports = {each["ports"][0]: each for each in answer["ports"]}
    assert sorted(ports) == ["tap0", "v0"]
    port = iproute2.port("v0")
    compared = {option: value for option, value in ports["v0"].items() if option in port}
    assert len(compared) > 15 and {option: port[option] for option in compared} == compared
    assert [(each["address"], each["kind"], each["port"], each["sticky"]) for each in answer["fdb"]["entries"]] == [
        ("52:54:00:00:00:01", "static", "v0", True), ("52:54:00:00:00:02", "local", "tap0", False),
        ("52:54:00:00:00:03", "extern_learn", "tap0", False),
    ]
    assert {each["name"]: each["kind"] for each in answer["links"]} == {"tap0": "tap", "v0": "veth"}
    assert answer["status"]["hub"] is False and told("hub0")["status"]["hub"] is True


def test_it_is_valid_input() -> None:
    """Every part, given back to its module, changes nothing."""
    parts = 0
    for each in run_module("linux_bridge_info")["bridges"]:
        calls = [("linux_bridge", each["bridge"])]
        calls += [("linux_bridge_port", part) for part in each["ports"]]
        calls += [("linux_bridge_vlan", part) for part in each["vlans"]]
        calls += [("virtual_link", part) for part in each["links"]]
        calls.append(("linux_bridge_fdb", each["fdb"]))
        for module, params in calls:
            result = run_module(module, **params)
            assert not result.get("failed") and not result["changed"], (module, params, result)
            parts += 1
    assert parts >= 9


def test_names() -> None:
    """Only those asked for; an unknown one is an error that lists what there is."""
    assert [each["name"] for each in run_module("linux_bridge_info", names=["hub0"])["bridges"]] == ["hub0"]
    result = run_module("linux_bridge_info", names=["br0", "nosuch"])
    assert result["failed"] and "nosuch" in result["msg"] and "br0, hub0" in result["msg"]


def test_a_host_without_bridges(run: Callable[..., Any]) -> None:
    """Is no error."""
    ip("link del br0", "link del hub0")
    assert run("linux_bridge_info")["bridges"] == []
