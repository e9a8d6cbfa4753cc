# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""linux_bridge_port on the real kernel, judged by bridge -d -j and raw netlink."""

from __future__ import annotations

import fcntl
import struct
import time
from contextlib import ExitStack, contextmanager
from typing import Any, Callable, Iterator

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import PORT

from ..oracle import iproute2, rawlink
from .conftest import bridge, ip, learned, run_module, warnings_of
from .needs import lacks_port_option

VALUES = {
    "isolated": True,
    "locked": True,
    "learning": False,
    "unicast_flood": False,
    "multicast_flood": False,
    "broadcast_flood": False,
    "hairpin": True,
    "guard": True,
    "root_block": True,
    "fast_leave": True,
    "mcast_router": 2,
    "mcast_to_unicast": True,
    "mcast_max_groups": 5,
    "mcast_eht_hosts_limit": 77,
    "neigh_suppress": True,
    "neigh_vlan_suppress": True,
    "proxy_arp": True,
    "proxy_arp_wifi": True,
    "vlan_tunnel": True,
    "backup_port": "v1",
    "backup_nhid": 9,
    "group_fwd_mask": 8,
    "cost": 50,
    "priority": 8,
    "port_state": "disabled",
}
# Options that are no change of a port alone, with what sets them here.
ELSEWHERE = {"bridge": "test_move", "mab": "test_mab"}


def test_no_option_is_left_out() -> None:
    """A row of the table without a value here was never seen on a kernel."""
    assert VALUES.keys().isdisjoint(ELSEWHERE) and VALUES.keys() | ELSEWHERE == PORT.fields.keys()
    assert all(test in globals() for test in ELSEWHERE.values())


@pytest.fixture(autouse=True)
def two_ports(namespace: None) -> None:
    """br0 with v0 and v1, all up; v2 is nowhere; br9 has v9."""
    ip(
        "link add br0 type bridge no_linklocal_learn 1",
        "link set br0 up",
        "link add br9 type bridge",
        "link set br9 up",
        *(f"link add v{number} type veth peer name p{number}" for number in (0, 1, 2, 9)),
        *(f"link set {end}{number} up" for number in (0, 1, 2, 9) for end in "vp"),
        "link set v0 master br0",
        "link set v1 master br0",
        "link set v9 master br9",
    )


@pytest.mark.own_code
@pytest.mark.parametrize("option", sorted(VALUES))
def test_each_option(option: str, cycle: Callable[..., Any], refused: Callable[..., Any]) -> None:
    """Set alone on one port: the option changes, nothing else, and the other port not at all. What the kernel lacks is refused."""
    if lacks_port_option(option):
        result = refused("linux_bridge_port", bridge="br0", ports=["v0"], **{option: VALUES[option]})
        assert result["error_code"] == "unsupported" and option in result["msg"] and "IFLA_BRPORT_" in result["msg"]
        return
    was, other = iproute2.port("v0"), iproute2.port("v1")
    cycle("linux_bridge_port", bridge="br0", ports=["v0"], **{option: VALUES[option]})
    now = iproute2.port("v0")
    assert now[option] == VALUES[option]
    assert {name: value for name, value in now.items() if name != option} == {name: value for name, value in was.items() if name != option}
    assert iproute2.port("v1") == other
    cycle("linux_bridge_port", bridge="br0", ports=["v0"], **{option: was[option]})
    assert iproute2.port("v0") == was


@pytest.mark.skipif(lacks_port_option("mab"), reason="SKIPPED: this kernel has no mab")
def test_mab(cycle: Callable[..., Any], refused: Callable[..., Any]) -> None:
    """mab goes with locked and learning only."""
    result = refused("linux_bridge_port", bridge="br0", ports=["v0"], mab=True)
    assert "locked" in result["msg"] and "v0" in result["msg"]
    cycle("linux_bridge_port", bridge="br0", ports=["v0"], mab=True, locked=True)
    assert iproute2.port("v0")["mab"] is True
    assert "mab" in refused("linux_bridge_port", bridge="br0", ports=["v0"], learning=False)["msg"]


def test_locked_never_goes_with_learning_from_link_local_frames(refused: Callable[..., Any], cycle: Callable[..., Any]) -> None:
    """One LLDP frame would authorise any address: refused from each of the three sides."""
    cycle("linux_bridge_port", bridge="br0", ports=["v0"], locked=True)
    assert "v0" in refused("linux_bridge", name="br0", no_linklocal_learn=False)["msg"]
    assert "LLDP" in refused("linux_bridge_port", bridge="br9", ports=["v9"], locked=True)["msg"]
    cycle("linux_bridge_port", bridge="br9", ports=["v9"], locked=True, learning=False)
    assert "LLDP" in refused("linux_bridge_port", bridge="br9", ports=["v9"], learning=True)["msg"]


def test_a_bridge_with_virtual_ports_only_is_guarded(refused: Callable[..., Any]) -> None:
    """Nobody knows behind which port the gateway is, so every port may be the way out."""
    ip("address add 192.0.2.2/24 dev br0", "route add default via 192.0.2.1")
    assert refused("linux_bridge_port", bridge="br0", ports=["v1"], state="absent")["error_code"] == "management"


def test_join_is_without_a_window(cycle: Callable[..., Any]) -> None:
    """A port that is up joins while down: the steps say so, and it is up afterwards."""
    result = cycle("linux_bridge_port", bridge="br0", ports=["v2"], isolated=True, learning=False)
    assert [step.split(":")[0] for step in result["actions"]] == ["set link v2", "create port v2 (bridge br0)", "set port v2", "set link v2"]
    assert "up true -> false" in result["actions"][0] and "up false -> true" in result["actions"][3]
    port = iproute2.port("v2")
    assert port["bridge"] == "br0" and port["isolated"] is True and iproute2.link("v2")["up"] is True


def test_globs_choose_among_the_ports_that_are_there(cycle: Callable[..., Any]) -> None:
    """v2 belongs to no bridge and v9 to another: a pattern takes neither."""
    result = cycle("linux_bridge_port", bridge="br0", ports=["v*", "tap*"], isolated=True)
    assert result["unmatched"] == ["tap*"]
    assert iproute2.port("v0")["isolated"] and iproute2.port("v1")["isolated"]
    assert iproute2.port("v2") is None and not iproute2.port("v9")["isolated"]


def test_what_equals_a_name_is_that_name(cycle: Callable[..., Any]) -> None:
    """As a pattern v[0] would mean v0, which nobody named."""
    ip("link set v1 down", "link set v1 name v[0]", "link set v[0] up")
    cycle("linux_bridge_port", bridge="br0", ports=["v[0]"], isolated=True)
    assert iproute2.port("v[0]")["isolated"] and not iproute2.port("v0")["isolated"]


def test_move(cycle: Callable[..., Any], refused: Callable[..., Any]) -> None:
    """From another bridge only when that is said."""
    assert "br9" in refused("linux_bridge_port", bridge="br0", ports=["v9"])["msg"]
    bridge("fdb add 52:54:00:00:00:09 dev v9 master static")
    result = cycle("linux_bridge_port", bridge="br0", ports=["v9"], move=True, isolated=True)
    assert "delete fdb br9 52:54:00:00:00:09" in result["actions"]
    assert iproute2.port("v9")["bridge"] == "br0" and iproute2.port("v9")["isolated"] is True


def test_absent(cycle: Callable[..., Any]) -> None:
    """Only what is named leaves, and only from this bridge; what does not exist is already off."""
    cycle("linux_bridge_port", bridge="br0", ports=["v0", "v9", "nosuch"], state="absent")
    assert iproute2.port("v0") is None and iproute2.port("v1") is not None and iproute2.port("v9")["bridge"] == "br9"


@pytest.mark.own_code
@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"ports": ["nosuch"]}, "nosuch"),
        ({"ports": []}, "empty"),
        ({"ports": ["a23456789012345x"]}, "16 bytes"),
        ({"ports": ["br9"]}, "bridge can't be a port of a bridge"),
        ({"ports": ["br0"]}, "bridge can't be a port of a bridge"),
        ({"ports": ["v9"]}, "move: true"),
        ({"bridge": "br7"}, "br7"),
        ({"bridge": "v2"}, "no bridge but a veth"),
        ({"priority": 64}, "64"),
        ({"cost": 0}, "0"),
        ({"backup_port": "v0"}, "its own backup_port"),
        ({"backup_port": "v9"}, "v9"),
        ({"group_fwd_mask": 2}, "0x2"),
        ({"port_state": "blocking"}, "blocking"),
        ({"mab": True}, "locked"),
    ],
)
def test_refused_before_any_write(params: Any, words: str, refused: Callable[..., Any]) -> None:
    """Each with a sentence that names the value."""
    result = refused("linux_bridge_port", **{"bridge": "br0", "ports": ["v0"], **params})
    assert words in result["msg"] and result["error_code"] == "invalid"


def test_a_bridge_takes_1023_ports(run: Callable[..., Any], refused: Callable[..., Any]) -> None:
    """The 1,024th is refused before the first write, and a thousand go in one task."""
    names = [f"tap{number}" for number in range(1022)]
    ip(*(f"link add {name} type veth peer name x{name}" for name in names))
    assert "1023" in refused("linux_bridge_port", bridge="br0", ports=names)["msg"]
    result = run("linux_bridge_port", bridge="br0", ports=names[:-1], isolated=True)
    assert len(result["actions"]) == 2 * 1021
    again = run("linux_bridge_port", bridge="br0", ports=names[:-1], isolated=True)
    assert not again["changed"]


def test_other_ports_are_never_touched(run: Callable[..., Any]) -> None:
    """Everything but the named port reads the same before and after."""
    before = [iproute2.port(name) for name in ("v1", "v9")]
    run("linux_bridge_port", bridge="br0", ports=["v0"], locked=True, learning=False)
    run("linux_bridge_port", bridge="br0", ports=["v0"], state="absent")
    assert [iproute2.port(name) for name in ("v1", "v9")] == before


def test_uplink_with_the_default_route_is_guarded(refused: Callable[..., Any], run: Callable[..., Any]) -> None:
    """The port behind which the gateway is may not be changed; a guest's port may."""
    ip("address add 192.0.2.2/24 dev br0", "route add default via 192.0.2.1", "neighbour add 192.0.2.1 lladdr 52:54:00:00:00:fe dev br0")
    bridge("fdb add 52:54:00:00:00:fe dev v1 master static")
    for params in ({"isolated": True}, {"state": "absent"}):
        result = refused("linux_bridge_port", bridge="br0", ports=["v1"], **params)
        assert result["error_code"] == "management" and "v1 carries the default route" in result["msg"]
    run("linux_bridge_port", bridge="br0", ports=["v0"], isolated=True)


def test_result_says_nothing_to_do() -> None:
    """A run without a change says so."""
    result = run_module("linux_bridge_port", bridge="br0", ports=["v0"])
    assert not result["changed"] and result["msg"].startswith("Nothing to do")


PIN = "52:54:00:00:00:01"


def warned(**params: Any) -> Any:
    """The same warnings of a check run, a real run and a second one, and the ports that the result names."""
    results = [run_module("linux_bridge_port", check, **{"bridge": "br0", "ports": ["v0"], **params}) for check in (True, False, False, True)]
    assert all(not result.get("failed") and warnings_of(result) == warnings_of(results[0]) for result in results), results
    assert all(result["unpinned"] == results[0]["unpinned"] for result in results)
    return warnings_of(results[0]), results[0]["unpinned"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"locked": True}, "locked, but no address is pinned there, so the guest is cut off, at the latest when what the bridge learned ages out"),
        ({"locked": True, "learning": False, "unicast_flood": False}, "locked, but no address is pinned there"),
        ({"learning": False, "unicast_flood": False}, "without learning and unicast_flood, but no address is pinned there, so unicast does not reach"),
    ],
)
def test_a_port_without_the_address_that_it_needs_is_told(options: Any, words: str) -> None:
    """Named, with the remedy, as long as it is so; a learned address and one of the host don't count."""
    learned(PIN, "v0")
    bridge("fdb add 52:54:00:00:00:02 dev v0 master permanent", f"fdb add {PIN[:-1]}3 dev v1 master static")
    warnings, unpinned = warned(**options)
    assert len(warnings) == 1 and words in warnings[0] and "port v0 of br0" in warnings[0] and unpinned == ["v0"]
    assert "(ageing_time, 300 s)" in warnings[0] and "linux_bridge_fdb" in warnings[0] and "linux_port_security" in warnings[0]
    for kind in ("static", "extern_learn"):
        bridge(f"fdb replace {PIN} dev v0 master {kind}")
        assert warned(**options) == ([], [])
        bridge(f"fdb del {PIN} dev v0 master")


@pytest.mark.parametrize(
    "options", [{"isolated": True}, {"locked": False}, {"learning": False}, {"unicast_flood": False}, {"pinned_later": ["v0"], "locked": True}]
)
def test_ports_that_need_no_address_are_not_told(options: Any) -> None:
    """What floods, learns or is not locked reaches its guest, and what a later task pins is not told."""
    assert warned(**options) == ([], [])


@pytest.mark.skipif(lacks_port_option("mab"), reason="SKIPPED: this kernel has no mab")
def test_with_mab_nothing_has_to_be_pinned() -> None:
    """A daemon decides."""
    assert warned(locked=True, mab=True) == ([], [])


def test_options_that_meet_are_told() -> None:
    """The half that is there already counts, on ports that patterns select, in one sentence for all; a port that joins has no entries yet."""
    bridge(*(f"link set dev v{number} learning off" for number in (0, 1)), f"fdb add {PIN} dev v1 master static")
    assert warned(ports=["v*"], unicast_flood=False)[1] == ["v0"]
    warnings, unpinned = warned(ports=["v*", "v2"], locked=True, learning=False)
    assert unpinned == ["v0", "v2"] and len(warnings) == 1 and warnings[0].startswith("ports v0, v2 of br0: locked")


def test_many_ports_are_told_in_one_sentence() -> None:
    """Five by name."""
    names = [f"tap{number}" for number in range(8)]
    ip(*(line for name in names for line in (f"link add {name} type veth peer name x{name}", f"link set {name} master br0")))
    warnings, unpinned = warned(ports=["tap*"], locked=True, learning=False)
    assert unpinned == names and warnings[0].startswith("ports tap0, tap1, tap2, tap3, tap4 and 3 more of br0: locked")


@contextmanager
def opened_taps(*names: str) -> Iterator[None]:
    """Taps that a hypervisor has open, so that they have a carrier."""
    with ExitStack() as stack:
        for name in names:
            tun = stack.enter_context(open("/dev/net/tun", "r+b", buffering=0))
            fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", name.encode(), 0x1002))
        yield


@pytest.mark.parametrize("asked", ["joins", "changed"])
def test_a_cost_that_is_asked_for_stays(cycle: Callable[..., Any], asked: str) -> None:
    """The kernel takes 2 for 10 Gbit/s by itself, and 19 when the link comes up with a tenth of a tenth; nobody can see whether it was asked for."""
    with opened_taps("t0", "t1"):
        ip("link set t0 up", "link set t1 master br0 up")
        if asked == "joins":
            cycle("linux_bridge_port", bridge="br0", ports=["t0"], cost=2)
        else:
            ip("link set t0 master br0")
            cycle("linux_bridge_port", bridge="br0", ports=["t0"], cost=3)
            cycle("linux_bridge_port", bridge="br0", ports=["t0"], cost=2)
        for name in ("t0", "t1"):
            rawlink.set_speed(name, 100)
            ip(f"link set {name} carrier off", f"link set {name} carrier on")
        deadline = time.monotonic() + 5
        while iproute2.port("t1")["cost"] != 19:
            assert time.monotonic() < deadline, "the kernel does not follow the link's speed"
            time.sleep(0.05)
        assert iproute2.port("t0")["cost"] == 2
