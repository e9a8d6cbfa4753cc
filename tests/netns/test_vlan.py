# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""linux_bridge_vlan on the real kernel, judged by bridge -j vlan."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ..oracle import iproute2
from .conftest import ip, warnings_of
from .needs import has_vlan_filtering, needs_vlan_filtering

PLAIN = {"pvid": False, "untagged": False}


@pytest.fixture(autouse=True)
def two_ports(namespace: None) -> None:
    """br0 with v0 and v1."""
    ip(
        "link add br0 type bridge" + (" vlan_filtering 1" if has_vlan_filtering() else ""),
        "link set br0 up",
        *(f"link add v{number} type veth peer name p{number}" for number in (0, 1, 2)),
        "link set v0 master br0",
        "link set v1 master br0",
    )


@pytest.mark.skipif(has_vlan_filtering(), reason="this kernel has bridge VLAN filtering")
def test_a_kernel_without_vlans_refuses(refused: Callable[..., Any]) -> None:
    """While planning, naming what is missing and how that was found."""
    result = refused("linux_bridge_vlan", bridge="br0", ports=["v0"], vlans=[{"vid": "10"}])
    assert result["error_code"] == "unsupported"
    assert "CONFIG_BRIDGE_VLAN_FILTERING" in result["msg"] and "probe namespace" in result["msg"]


def test_a_pattern_that_takes_the_uplink(run: Callable[..., Any]) -> None:
    """It is told; whoever names a port means it."""
    ip("link add br1 type bridge", "link set p1 master br1")
    nothing = {"bridge": "br0", "vlans": [], "purge": True}
    (told,) = warnings_of(run("linux_bridge_vlan", True, ports=["v*"], **nothing))
    assert "ports: v* takes v1 (" in told and "v0" not in told
    assert "takes" not in str(warnings_of(run("linux_bridge_vlan", True, ports=["v1", "v*"], **nothing)))


@needs_vlan_filtering
def test_ranges_on_ports_and_on_the_bridge(cycle: Callable[..., Any]) -> None:
    """A whole range in one message; the default VLAN stays as it is."""
    cycle("linux_bridge_vlan", bridge="br0", ports=["v*", "br0"], vlans=[{"vid": "10-300"}, {"vid": "400", "untagged": True}])
    for device in ("v0", "v1", "br0"):
        vlans = iproute2.vlans(device)
        assert set(vlans) == {1, 400, *range(10, 301)}
        assert vlans[10] == PLAIN and vlans[400] == {"pvid": False, "untagged": True} and vlans[1]["pvid"]


@needs_vlan_filtering
def test_pvid_moves(cycle: Callable[..., Any]) -> None:
    """The former holder keeps its VLAN and loses the PVID, and the result says so."""
    result = cycle("linux_bridge_vlan", bridge="br0", ports=["v0"], vlans=[{"vid": "20", "pvid": True, "untagged": True}])
    assert iproute2.vlans("v0") == {1: {"pvid": False, "untagged": True}, 20: {"pvid": True, "untagged": True}}
    assert result["after"]["vlan"]["br0 v0 1"] == {"pvid": False}
    assert iproute2.vlans("v1")[1]["pvid"]


@needs_vlan_filtering
def test_flags_change(cycle: Callable[..., Any]) -> None:
    """What is not named keeps its value."""
    cycle("linux_bridge_vlan", bridge="br0", ports=["v0"], vlans=[{"vid": "30", "untagged": True}])
    cycle("linux_bridge_vlan", changed=False, bridge="br0", ports=["v0"], vlans=[{"vid": "30"}])
    cycle("linux_bridge_vlan", bridge="br0", ports=["v0"], vlans=[{"vid": "30", "untagged": False}])
    assert iproute2.vlans("v0")[30] == PLAIN


@needs_vlan_filtering
def test_absent_and_purge(cycle: Callable[..., Any]) -> None:
    """Explicit, and only on the ports that are named."""
    cycle("linux_bridge_vlan", bridge="br0", ports=["v0", "v1"], vlans=[{"vid": "10-20"}])
    cycle("linux_bridge_vlan", bridge="br0", ports=["v0"], vlans=[{"vid": "12-14"}], state="absent")
    assert {12, 13, 14}.isdisjoint(iproute2.vlans("v0"))
    cycle("linux_bridge_vlan", bridge="br0", ports=["v0"], vlans=[{"vid": "10"}], purge=True)
    assert set(iproute2.vlans("v0")) == {10} and set(iproute2.vlans("v1")) == {1, *range(10, 21)}


@needs_vlan_filtering
def test_four_thousand(cycle: Callable[..., Any]) -> None:
    """All VLANs there are."""
    cycle("linux_bridge_vlan", bridge="br0", ports=["v0"], vlans=[{"vid": "2-4094"}])
    assert set(iproute2.vlans("v0")) == set(range(1, 4095))


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"vlans": []}, "empty"),
        ({"vlans": [{"vid": "0"}]}, "VLAN 0"),
        ({"vlans": [{"vid": "4095"}]}, "VLAN 4095"),
        ({"vlans": [{"vid": "20-10"}]}, "reversed"),
        ({"vlans": [{"vid": "ten"}]}, "ten"),
        ({"vlans": [{"vid": "10-20", "pvid": True}]}, "one PVID"),
        ({"vlans": [{"vid": "10", "pvid": True}, {"vid": "11", "pvid": True}]}, "10 and 11"),
        ({"vlans": [{"vid": "10"}, {"vid": "5-15"}]}, "twice"),
        ({"ports": ["v2"]}, "v2"),
        ({"ports": ["nosuch"]}, "nosuch"),
        ({"bridge": "br7"}, "br7"),
        ({"state": "absent", "purge": True}, "purge"),
    ],
)
def test_refused_before_any_write(params: Any, words: str, refused: Callable[..., Any]) -> None:
    """Each with a sentence that names the value."""
    result = refused("linux_bridge_vlan", **{"bridge": "br0", "ports": ["v0"], "vlans": [{"vid": "10"}], **params})
    assert words in result["msg"] and result["error_code"] == "invalid"
