# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""virtual_link on the real kernel, judged by ip -d -j."""

from __future__ import annotations

import subprocess
from typing import Any, Callable, Iterator

import pytest

from ..oracle import iproute2
from .conftest import ip, run_module

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
