# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""linux_bridge on the real kernel, judged by ip -d -j."""

from __future__ import annotations

import time
from typing import Any, Callable

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import BRIDGE

from ..oracle import iproute2
from .conftest import ip, run_module
from .needs import has_vlan_filtering, known_bridge_options, needs_vlan_filtering

# Every option with a value that is not the kernel's default.
VALUES = {
    "mtu": 1400,
    "address": "52:54:00:00:00:01",
    "up": True,
    "promiscuous": True,
    "forward_delay": 4.0,
    "hello_time": 1.0,
    "max_age": 12.0,
    "ageing_time": 120.0,
    "stp": True,
    "priority": 4096,
    "group_fwd_mask": 8,
    "group_address": "01:80:c2:00:00:04",
    "vlan_stats_enabled": True,
    "vlan_stats_per_port": True,
    "vlan_protocol": "802.1ad",
    "vlan_default_pvid": 7,
    "mcast_router": 2,
    "mcast_snooping": False,
    "mcast_query_use_ifaddr": True,
    "mcast_querier": True,
    "mcast_hash_max": 8192,
    "mcast_last_member_count": 3,
    "mcast_startup_query_count": 4,
    "mcast_last_member_interval": 2.0,
    "mcast_membership_interval": 100.0,
    "mcast_querier_interval": 200.0,
    "mcast_query_interval": 60.0,
    "mcast_query_response_interval": 5.0,
    "mcast_startup_query_interval": 15.0,
    "nf_call_iptables": True,
    "nf_call_ip6tables": True,
    "nf_call_arptables": True,
    "mcast_stats_enabled": True,
    "mcast_igmp_version": 3,
    "mcast_mld_version": 2,
    "no_linklocal_learn": True,
    "fdb_local_vlan_0": True,
    "mst_enabled": True,
    "fdb_max_learned": 100,
    "stp_mode": "user",
}
# Options that change nothing alone, with what sets them here.
ELSEWHERE = {"vlan_filtering": "test_vlan_filtering", "mcast_vlan_snooping": "test_snooping_per_vlan"}


def test_no_option_is_left_out() -> None:
    """A row of the table without a value here was never seen on a kernel."""
    assert VALUES.keys().isdisjoint(ELSEWHERE) and VALUES.keys() | ELSEWHERE == BRIDGE.fields.keys()
    assert all(test in globals() for test in ELSEWHERE.values())


@pytest.mark.own_code
@pytest.mark.parametrize("option", sorted(VALUES))
def test_each_option(option: str, cycle: Callable[..., Any], refused: Callable[..., Any]) -> None:
    """Set alone, judged, and given back by a second change; what the kernel lacks is refused by name."""
    ip("link add br0 type bridge")
    if option not in known_bridge_options():
        result = refused("linux_bridge", name="br0", **{option: VALUES[option]})
        assert result["error_code"] == "unsupported" and option in result["msg"] and "IFLA_BR_" in result["msg"]
        return
    was = iproute2.bridge("br0")
    cycle("linux_bridge", name="br0", **{option: VALUES[option]})
    now = iproute2.bridge("br0")
    assert now[option] == VALUES[option]
    side_effects = {"running", "promiscuity"} | ({"address"} if option == "address" else set())
    assert {name: value for name, value in now.items() if name != option and name not in side_effects} == {
        name: value for name, value in was.items() if name != option and name not in side_effects
    }
    cycle("linux_bridge", name="br0", **{option: was[option]})
    assert iproute2.bridge("br0")[option] == was[option]


def test_all_options_at_once(cycle: Callable[..., Any]) -> None:
    """One task makes a bridge with everything that this kernel has."""
    wanted = {option: value for option, value in VALUES.items() if option in known_bridge_options()}
    result = cycle("linux_bridge", name="br0", **wanted)
    seen = iproute2.bridge("br0")
    assert {option: seen[option] for option in wanted} == wanted
    assert result["diff"]["before"] == {} and result["diff"]["after"]["bridge"]["br0"] == wanted


@pytest.mark.parametrize("options", [{}, {"up": True}, {"up": False}])
def test_new_without_options(options: Any, cycle: Callable[..., Any]) -> None:
    """The least that can be asked."""
    cycle("linux_bridge", name="br0", **options)
    assert iproute2.bridge("br0")["up"] is options.get("up", False)


def test_absent(cycle: Callable[..., Any]) -> None:
    """A bridge without ports goes; one that is not there is no change."""
    ip("link add br0 type bridge")
    cycle("linux_bridge", name="br0", state="absent")
    assert iproute2.link("br0") is None


def test_absent_with_ports(cycle: Callable[..., Any], refused: Callable[..., Any]) -> None:
    """Ports are not detached unless that is said."""
    ip("link add br0 type bridge", "link add v0 type veth peer name p0", "link set v0 master br0")
    assert "v0" in refused("linux_bridge", name="br0", state="absent")["msg"]
    cycle("linux_bridge", name="br0", state="absent", detach_ports=True)
    assert iproute2.link("br0") is None and iproute2.port("v0") is None and iproute2.link("v0") is not None


def test_timers_that_the_kernel_rounds(cycle: Callable[..., Any]) -> None:
    """Every hundredth of a second from 2.00 to 2.19 converges in one run."""
    for hundredths in range(200, 220):
        run_module("linux_bridge", name="br0", ageing_time=hundredths / 100)
        again = run_module("linux_bridge", name="br0", ageing_time=hundredths / 100)
        assert not again["changed"], again
    assert abs(iproute2.bridge("br0")["ageing_time"] - 2.19) <= 0.01


def test_stp_goes_off_before_its_timers(cycle: Callable[..., Any]) -> None:
    """A running STP refuses forward_delay 0, so the order matters."""
    ip("link add br0 type bridge stp_state 1")
    cycle("linux_bridge", name="br0", stp=False, forward_delay=0)
    assert iproute2.bridge("br0")["forward_delay"] == 0
    cycle("linux_bridge", name="br0", stp=True, forward_delay=2)
    assert iproute2.bridge("br0")["stp"] is True


@needs_vlan_filtering
def test_vlan_filtering(cycle: Callable[..., Any]) -> None:
    """On and off."""
    cycle("linux_bridge", name="br0", vlan_filtering=True, vlan_default_pvid=0)
    assert iproute2.bridge("br0")["vlan_filtering"] is True
    cycle("linux_bridge", name="br0", vlan_filtering=False)


def test_snooping_per_vlan(cycle: Callable[..., Any], refused: Callable[..., Any]) -> None:
    """Only where VLANs are filtered."""
    ip("link add br0 type bridge")
    assert refused("linux_bridge", name="br0", mcast_vlan_snooping=True)["error_code"] in ("unsupported", "invalid_input")
    if has_vlan_filtering():
        cycle("linux_bridge", name="br0", vlan_filtering=True, mcast_vlan_snooping=True)
        assert iproute2.bridge("br0")["mcast_vlan_snooping"] is True


@pytest.mark.own_code
@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"name": "a23456789012345x"}, "16 bytes"),
        ({"name": "br/0"}, "br/0"),
        ({"name": "v0"}, "taken by a veth"),
        ({"address": "01:00:5e:00:00:01"}, "multicast"),
        ({"address": "52:54"}, "52:54"),
        ({"ageing_time": 0}, "allow_hub"),
        ({"ageing_time": 42949673}, "42949673"),
        ({"ageing_time": -1}, "-1"),
        ({"ageing_time": 2.075}, "2.075"),
        ({"stp": True, "forward_delay": 31}, "31"),
        ({"stp": True, "forward_delay": 1}, "1 s"),
        ({"hello_time": 11}, "11"),
        ({"max_age": 5}, "5"),
        ({"priority": 65536}, "65536"),
        ({"vlan_default_pvid": 4095}, "4095"),
        ({"group_address": "01:80:c2:00:00:02"}, "01:80:c2:00:00:02"),
        ({"group_fwd_mask": 1}, "0x1"),
        ({"mcast_query_interval": 0.5}, "0.5"),
        ({"rollback_timeout": 0}, "rollback_timeout"),
    ],
)
def test_refused_before_any_write(params: Any, words: str, refused: Callable[..., Any]) -> None:
    """Each with a sentence that names the value."""
    ip("link add v0 type veth peer name p0", "link add br0 type bridge")
    result = refused("linux_bridge", **{"name": "br0", **params})
    assert words in result["msg"] and result["error_code"] == "invalid"


def test_hub_when_allowed(cycle: Callable[..., Any]) -> None:
    """allow_hub says that it is meant."""
    cycle("linux_bridge", name="br0", ageing_time=0, allow_hub=True)
    assert iproute2.bridge("br0")["ageing_time"] == 0


def test_default_route_over_the_bridge_is_guarded(refused: Callable[..., Any], run: Callable[..., Any]) -> None:
    """What can cut the way out needs allow_management; what can't does not."""
    ip(
        "link add br0 type bridge",
        "link set br0 up",
        "link add up0 type veth peer name far",
        "link set up0 master br0",
        "link set up0 up",
        "link set far up",
        "address add 192.0.2.2/24 dev br0",
        "route add default via 192.0.2.1",
    )
    result = refused("linux_bridge", name="br0", up=False)
    assert result["error_code"] == "management" and "br0 carries the default route" in result["msg"]
    run("linux_bridge", name="br0", no_linklocal_learn=True)
    run("linux_bridge", name="br0", mtu=1400, allow_management=True)


TIMERS = {"forward_delay": 10.0, "hello_time": 3.0, "max_age": 14.0}


def _under_another_root() -> None:
    """br0 takes part in a tree whose root is root0, with timers of its own."""
    ip(
        "link add br0 type bridge stp_state 1 priority 40000 forward_delay 1500",
        "link add root0 type bridge stp_state 1 priority 4096 forward_delay 2000 hello_time 400 max_age 3000",
        "link add v0 type veth peer name v1",
        "link set v0 master br0",
        "link set v1 master root0",
        *(f"link set {name} up" for name in ("br0", "root0", "v0", "v1")),
    )
    _wait(lambda: iproute2.bridge("br0")["max_age"] == 30)


def _wait(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("stp", [True, False])
def test_timers_while_another_bridge_is_the_root(stp: bool, cycle: Callable[..., Any], run: Callable[..., Any]) -> None:
    """The kernel shows the root's timers in place of the own ones, which hold once the bridge is the root itself."""
    _under_another_root()
    if not stp:
        ip("link set br0 type bridge stp_state 0")
    cycle("linux_bridge", name="br0", **TIMERS)
    (told,) = run("linux_bridge_info", names=["br0"])["bridges"]
    assert {option: told["bridge"][option] for option in TIMERS} == TIMERS
    ip("link set br0 type bridge stp_state 1", "link set v0 down")
    _wait(lambda: iproute2.bridge("br0")["max_age"] != 30)
    assert {option: iproute2.bridge("br0")[option] for option in TIMERS} == TIMERS


def test_the_roots_timers_are_not_the_own_ones(cycle: Callable[..., Any]) -> None:
    """What is right by chance, as the root has it, is not so."""
    _under_another_root()
    cycle("linux_bridge", name="br0", forward_delay=20)
    ip("link set v0 down")
    _wait(lambda: iproute2.bridge("br0")["max_age"] != 30)
    assert iproute2.bridge("br0")["forward_delay"] == 20


def test_ageing_time_while_the_topology_changes(cycle: Callable[..., Any], refused: Callable[..., Any], run: Callable[..., Any]) -> None:
    """The kernel shows twice the forward delay: neither "already so" nor what the bridge is set to."""
    ip("link add br0 type bridge stp_state 1 forward_delay 200", "link set br0 up", "link add v0 type veth peer name p0", "link set v0 master br0")
    ip("link set p0 up", "link set v0 up")
    _wait(lambda: iproute2.bridge("br0")["ageing_time"] == 4)
    result = refused("linux_bridge", name="br0", ageing_time=4)
    assert result["error_code"] == "unsupported" and "topology" in result["msg"]
    told = run("linux_bridge_info", names=["br0"])
    assert "ageing_time" not in told["bridges"][0]["bridge"]
    assert any("ageing_time of br0" in each["what"] for each in told["not_looked_at"])
    cycle("linux_bridge", name="br0", ageing_time=120)
    assert iproute2.bridge("br0")["ageing_time"] == 120


def test_an_address_that_is_right_by_chance(cycle: Callable[..., Any], run: Callable[..., Any], own_sysfs: None) -> None:
    """It is the lowest of the ports', and the next lower port would take its place."""
    ip("link add br0 type bridge", "link add v0 address 52:54:00:00:00:09 type veth peer name p0", "link set v0 master br0")
    assert iproute2.bridge("br0")["address"] == "52:54:00:00:00:09"
    assert run("linux_bridge_info")["bridges"][0]["status"]["address_pinned"] is False
    assert "own_address" in cycle("linux_bridge", name="br0", address="52:54:00:00:00:09")["actions"][0]
    ip("link add v1 address 52:54:00:00:00:01 type veth peer name p1", "link set v1 master br0", "link set v0 nomaster")
    assert iproute2.bridge("br0")["address"] == "52:54:00:00:00:09"
    assert run("linux_bridge_info")["bridges"][0]["status"]["address_pinned"] is True


@pytest.mark.parametrize("mtu", [68, 1400, 1500, 9000, 65535])
def test_the_mtu_of_a_new_bridge_stays(cycle: Callable[..., Any], mtu: int) -> None:
    """One that it is only made with goes with the ports'."""
    cycle("linux_bridge", name="br0", mtu=mtu)
    assert iproute2.bridge("br0")["mtu"] == mtu
    ip("link add v0 mtu 1300 type veth peer name p0", "link set v0 master br0", "link set v0 mtu 1280")
    assert iproute2.bridge("br0")["mtu"] == mtu
