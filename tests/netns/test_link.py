# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""virtual_link on the real kernel, judged by ip -d -j."""

from __future__ import annotations

import fcntl
import json
import pwd
import struct
import subprocess
import sys
from typing import Any, Callable, Iterator

import pytest

from ..oracle import iproute2
from .conftest import ip, run_module, warnings_of
from .needs import has_vlan_devices, needs_users

MAC = "52:54:00:00:00:01"


@pytest.fixture(name="guest")
def _guest() -> Iterator[str]:
    """Another network namespace, by path."""
    process = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec sleep 60"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield f"/proc/{process.pid}/ns/net"
    process.kill()
    process.wait()


def test_veth(cycle: Callable[..., Any]) -> None:
    """With its peer beside it."""
    cycle("virtual_link", name="v0", kind="veth", peer="p0", mtu=1400, address=MAC, up=True)
    link = iproute2.link("v0")
    assert (link["kind"], link["peer"], link["mtu"], link["address"], link["up"]) == ("veth", "p0", 1400, MAC, True)
    cycle("virtual_link", name="v0", kind="veth", peer="p0", mtu=1500, up=False)
    assert iproute2.link("v0")["mtu"] == 1500 and iproute2.link("v0")["address"] == MAC
    cycle("virtual_link", name="v0", state="absent")
    assert iproute2.link("v0") is None and iproute2.link("p0") is None


def test_veth_into_a_namespace(guest: str, cycle: Callable[..., Any], refused: Callable[..., Any]) -> None:
    """The peer is made where it belongs, and found there again."""
    cycle("virtual_link", name="v0", kind="veth", peer="eth0", peer_netns=guest, up=True)
    enter = ["nsenter", f"--net={guest}"]
    assert iproute2.link("eth0", enter)["kind"] == "veth" and iproute2.link("eth0") is None
    assert "peer_netns" in refused("virtual_link", name="v0", kind="veth", peer="eth0", peer_netns="/proc/self/ns/net")["msg"]
    cycle("virtual_link", name="v2", kind="veth", peer="p2", peer_netns="/proc/self/ns/net")
    assert "nosuch" in refused("virtual_link", name="v1", kind="veth", peer="eth0", peer_netns="nosuch")["msg"]


def test_tap(cycle: Callable[..., Any]) -> None:
    """Persistent, without anybody attached."""
    cycle("virtual_link", name="tap0", kind="tap", address=MAC, up=True)
    assert iproute2.link("tap0")["kind"] == "tap" and iproute2.link("tap0")["address"] == MAC
    cycle("virtual_link", name="tap0", kind="tap", state="absent")


def test_the_kernels_reason_is_told() -> None:
    """What pyroute2 answers when the kernel refuses."""
    ip("link add br0 type bridge", "link add low0 type veth peer name far0", "link set low0 master br0")
    result = run_module("virtual_link", name="mt0", kind="macvtap", lower="low0")
    assert result["error_code"] == "change_failed" and "busy" in result["msg"].lower(), result["msg"]


@pytest.mark.parametrize("mode", ["private", "vepa", "bridge", "passthru", "source"])
def test_macvtap(mode: str, cycle: Callable[..., Any]) -> None:
    """Each mode."""
    ip("link add low0 type veth peer name far0")
    cycle("virtual_link", name="mt0", kind="macvtap", lower="low0", mode=mode)
    link = iproute2.link("mt0")
    assert (link["kind"], link["lower"], link["mode"]) == ("macvtap", "low0", mode)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"name": "v0"}, "kind is missing"),
        ({"name": "v0", "kind": "veth"}, "needs peer"),
        ({"name": "v0", "kind": "macvtap"}, "needs lower"),
        ({"name": "v0", "kind": "macvtap", "lower": "nosuch"}, "nosuch"),
        ({"name": "v0", "kind": "tap", "peer": "p0"}, "no peer"),
        ({"name": "a23456789012345x", "kind": "tap"}, "16 bytes"),
        ({"name": "v0", "kind": "tap", "mtu": 67}, "67"),
        ({"name": "v0", "kind": "tap", "address": "ff:ff:ff:ff:ff:ff"}, "multicast"),
        ({"name": "br0", "kind": "tap"}, "bridge"),
        ({"name": "br0", "state": "absent"}, "does not delete"),
        ({"name": "old0", "kind": "veth", "peer": "p1"}, "old1"),
    ],
)
def test_refused_before_any_write(params: Any, words: str, refused: Callable[..., Any]) -> None:
    """Each with a sentence that names the value."""
    ip("link add br0 type bridge", "link add old0 type veth peer name old1")
    result = refused("virtual_link", **params)
    assert words in result["msg"] and result["error_code"] == "invalid"


def opens(name: str, uid: int, gid: int, multi_queue: bool = False) -> bool:
    """Whether a user without rights may open a tap."""
    script = (
        "import fcntl, os, struct, sys; name, uid, gid, flags = sys.argv[1], *map(int, sys.argv[2:]); tun = os.open('/dev/net/tun', os.O_RDWR); "
        "os.setgroups([]); os.setgid(gid); os.setuid(uid); fcntl.ioctl(tun, 0x400454CA, struct.pack('16sH22x', name.encode(), flags))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, name, str(uid), str(gid), str(0x1102 if multi_queue else 0x1002)], check=False, capture_output=True, text=True
    )
    assert not done.returncode or "PermissionError" in done.stderr or "Invalid argument" in done.stderr, done.stderr
    return done.returncode == 0


def tap(name: str) -> Any:
    """As ip tells it."""
    done = subprocess.run(["ip", "-d", "-j", "link", "show", name], check=True, capture_output=True, text=True)
    return json.loads(done.stdout)[0]["linkinfo"]["info_data"]


@needs_users
def test_who_may_open_a_tap(cycle: Callable[..., Any], run: Callable[..., Any]) -> None:
    """Nobody but the owner, or but the group; anybody where neither is named, which is told."""
    told = warnings_of(run("virtual_link", name="tap0", kind="tap"))
    assert "any local user" in told[0] and opens("tap0", 1234, 1234)
    cycle("virtual_link", name="tap0", kind="tap", owner="daemon")
    assert tap("tap0")["user"] == "daemon" and not opens("tap0", 1234, 1234) and opens("tap0", pwd.getpwnam("daemon").pw_uid, 1234)
    cycle("virtual_link", name="tap1", kind="tap", group="4321")
    assert not warnings_of(run("virtual_link", name="tap1", kind="tap"))
    assert not opens("tap1", 1234, 1234) and opens("tap1", 1234, 4321)
    cycle("virtual_link", name="tap1", kind="tap", owner="1235", group="4322", up=True)
    assert not opens("tap1", 1234, 4322) and not opens("tap1", 1235, 4321) and opens("tap1", 1235, 4322)


def test_a_tap_of_several_queues(cycle: Callable[..., Any], refused: Callable[..., Any]) -> None:
    """That can't be changed, and who may open it can."""
    cycle("virtual_link", name="tap0", kind="tap", multi_queue=True, owner="0")
    assert tap("tap0")["multi_queue"] is True
    cycle("virtual_link", name="tap0", kind="tap", multi_queue=True, owner="1")
    assert tap("tap0")["multi_queue"] is True and tap("tap0")["user"] == "daemon"
    assert "multi_queue" in refused("virtual_link", name="tap0", kind="tap", multi_queue=False)["msg"]
    cycle("virtual_link", name="tap1", kind="tap", multi_queue=False)
    assert tap("tap1")["multi_queue"] is False


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": "veth", "peer": "p0", "owner": "root"}, "only a tap has owner"),
        ({"kind": "tap", "owner": "nosuchuser"}, "no user 'nosuchuser'"),
        ({"kind": "tap", "group": "nosuchgroup"}, "no group 'nosuchgroup'"),
        ({"kind": "macvtap", "lower": "lo", "multi_queue": True}, "has no multi_queue"),
        ({"kind": "tap", "owner": "4294967295"}, "owner"),
        ({"state": "absent", "group": "root"}, "only a tap has group"),
    ],
)
def test_owners_that_are_refused(refused: Callable[..., Any], options: Any, words: str) -> None:
    """By name, before anything is made."""
    assert words in refused("virtual_link", name="t0", **options)["msg"]


def test_a_tap_that_a_hypervisor_has_open(run: Callable[..., Any]) -> None:
    """The kernel changes nothing of it, and neither does the task."""
    run("virtual_link", name="tap0", kind="tap", owner="1")
    with open("/dev/net/tun", "r+b", buffering=0) as tun:
        fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"tap0", 0x5002))
        result = run_module("virtual_link", name="tap0", kind="tap", owner="2")
        assert result["failed"] and result["not_undone"] == [] and tap("tap0")["user"] == "daemon" and tap("tap0")["vnet_hdr"] is True
    run("virtual_link", name="tap0", kind="tap", owner="2")
    assert tap("tap0")["vnet_hdr"] is True


needs_vlan_devices = pytest.mark.skipif(
    not has_vlan_devices(), reason="SKIPPED: this kernel has no VLAN interfaces (CONFIG_VLAN_8021Q); run scripts/vm-test tests/netns/test_link.py"
)


@needs_vlan_devices
@pytest.mark.parametrize("protocol", [None, "802.1Q", "802.1ad"])
def test_vlan(cycle: Callable[..., Any], refused: Callable[..., Any], protocol: Any) -> None:
    """Made on its device, taken into a bridge, never changed into another one, and removed."""
    ip("link add v0 type veth peer name p0", "link add br0 type bridge", "link set v0 up")
    options = {"kind": "vlan", "lower": "v0", "vlan_id": 20, **({"vlan_protocol": protocol} if protocol else {})}
    cycle("virtual_link", name="v0.20", **options, mtu=1400, up=True)
    done = subprocess.run(["ip", "-d", "-j", "link", "show", "v0.20"], check=True, capture_output=True, text=True)
    seen = json.loads(done.stdout)[0]
    assert (seen["link"], seen["mtu"], seen["linkinfo"]["info_kind"]) == ("v0", 1400, "vlan")
    assert (seen["linkinfo"]["info_data"]["id"], seen["linkinfo"]["info_data"]["protocol"]) == (20, protocol or "802.1Q")
    assert "vlan_id 20" in refused("virtual_link", name="v0.20", kind="vlan", lower="v0", vlan_id=21)["msg"]
    cycle("linux_bridge_port", bridge="br0", ports=["v0.20"], isolated=True)
    cycle("virtual_link", name="v0.20", kind="vlan", state="absent")
    assert iproute2.link("v0.20") is None and iproute2.link("v0") is not None


@needs_vlan_devices
def test_an_address_that_a_vlan_has_by_chance(cycle: Callable[..., Any], own_sysfs: None) -> None:
    """It is its lower device's, and would go with that."""
    ip("link add v0 address 52:54:00:00:00:09 type veth peer name p0", "link add link v0 name v0.20 type vlan id 20")
    ask = {"name": "v0.20", "kind": "vlan", "lower": "v0", "vlan_id": 20, "address": "52:54:00:00:00:09"}
    assert "own_address" in cycle("virtual_link", **ask)["actions"][0]
    ip("link set v0 address 52:54:00:00:00:01")
    assert iproute2.link("v0.20")["address"] == "52:54:00:00:00:09"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"lower": "v0"}, "needs vlan_id"),
        ({"vlan_id": 5}, "needs lower"),
        ({"lower": "v0", "vlan_id": 4095}, "4095"),
        ({"lower": "nosuch", "vlan_id": 5}, "nosuch"),
        ({"lower": "v0", "vlan_id": 5, "up": True}, "v0, which is down"),
    ],
)
def test_vlans_that_are_refused(refused: Callable[..., Any], options: Any, words: str) -> None:
    """Before the kernel is asked."""
    ip("link add v0 type veth peer name p0")
    assert words in refused("virtual_link", name="v0.5", kind="vlan", **options)["msg"]
