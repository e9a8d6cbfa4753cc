# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""linux_bridge_fdb on the real kernel, judged by bridge -d -j fdb."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from ..oracle import iproute2
from .conftest import bridge, ip, learned, run_module, warnings_of

MAC = "52:54:00:00:00:01"


@pytest.fixture(autouse=True)
def two_ports(namespace: None) -> None:
    """br0 with v0 and v1."""
    ip(
        "link add br0 type bridge",
        "link set br0 up",
        *(f"link add v{number} type veth peer name p{number}" for number in (0, 1, 2)),
        "link set v0 master br0",
        "link set v1 master br0",
    )


def entry(address: str = MAC) -> dict[str, Any]:
    """The one entry of an address as iproute2 tells it; empty if there is none. A kernel with VLANs copies it to VLAN 1."""
    found = [each for each in iproute2.fdb("br0") if each["address"] == address and each["vlan"] == 0]
    assert len(found) <= 1
    return found[0] if found else {}


def test_a_new_entry_is_static_and_sticky(cycle: Callable[..., Any]) -> None:
    """The safe kind is the default: local would blackhole the guest, without sticky another port takes it."""
    cycle("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC.upper(), "port": "v0"}])
    assert (entry()["port"], entry()["kind"], entry()["sticky"]) == ("v0", "static", True)


@pytest.mark.parametrize("kind", ["static", "local", "extern_learn"])
@pytest.mark.parametrize("to", ["static", "local", "extern_learn"])
def test_kinds(kind: str, to: str, cycle: Callable[..., Any], run: Callable[..., Any]) -> None:
    """Each kind as written, and each change between two."""
    run("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC, "port": "v0", "kind": kind, "sticky": False}])
    assert entry()["kind"] == kind and entry()["sticky"] is False
    cycle("linux_bridge_fdb", changed=kind != to, bridge="br0", entries=[{"address": MAC, "kind": to}])
    assert entry()["kind"] == to and entry()["port"] == "v0"


def test_moves_and_sticky(cycle: Callable[..., Any]) -> None:
    """In place."""
    bridge(f"fdb add {MAC} dev v0 master static")
    cycle("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC, "port": "v1"}])
    assert entry()["port"] == "v1" and entry()["sticky"] is False
    cycle("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC, "sticky": True}])
    assert entry()["sticky"] is True


def test_dynamic_becomes_static(cycle: Callable[..., Any]) -> None:
    """What the bridge learned is taken over."""
    ip("link set v0 up", "link set p0 up")
    learned(MAC, "v0")
    cycle("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC, "port": "v0"}])
    assert entry()["kind"] == "static" and entry()["sticky"] is True


def test_sticky_becomes_local(cycle: Callable[..., Any]) -> None:
    """The kernel refuses a sticky local entry, so it is sticky no more."""
    bridge(f"fdb add {MAC} dev v0 master static sticky")
    cycle("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC, "kind": "local"}])
    assert entry()["kind"] == "local" and entry()["sticky"] is False


def test_no_entries_is_no_change(cycle: Callable[..., Any]) -> None:
    """As linux_bridge_info tells of a bridge without any."""
    cycle("linux_bridge_fdb", changed=False, bridge="br0", entries=[])


def test_on_the_bridge_itself(cycle: Callable[..., Any]) -> None:
    """The bridge's own name as port."""
    cycle("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC, "port": "br0"}])
    assert entry()["port"] == "br0" and entry()["kind"] == "local"
    cycle("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC, "port": "br0"}], state="absent")
    assert entry() == {}


def test_absent_takes_only_what_it_describes(cycle: Callable[..., Any]) -> None:
    """An entry on another port is not the one that was named."""
    bridge(f"fdb add {MAC} dev v0 master static")
    cycle("linux_bridge_fdb", changed=False, bridge="br0", entries=[{"address": MAC, "port": "v1"}], state="absent")
    cycle("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC}], state="absent")
    assert entry() == {}


def test_purge_only_of_what_is_named(cycle: Callable[..., Any]) -> None:
    """Ports and kinds; never the kernel's own entries."""
    bridge(
        "fdb add 52:54:00:00:00:02 dev v0 master static", "fdb add 52:54:00:00:00:03 dev v1 master static", "fdb add 52:54:00:00:00:04 dev v0 master permanent"
    )
    own = iproute2.link("v0")["address"]
    cycle("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC, "port": "v0"}], purge={"ports": ["v0"]})
    assert entry("52:54:00:00:00:02") == {} and entry("52:54:00:00:00:03") and entry("52:54:00:00:00:04") and entry()
    cycle("linux_bridge_fdb", bridge="br0", purge={"ports": ["v*"], "kinds": ["static", "local"]})
    assert entry() == {} and entry("52:54:00:00:00:03") == {} and entry("52:54:00:00:00:04") == {}
    assert entry(own)["kind"] == "local"


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"entries": [{"address": "01:00:5e:00:00:01", "port": "v0"}]}, "multicast"),
        ({"entries": [{"address": 41135043601, "port": "v0"}]}, "in quotes"),
        ({"entries": [{"address": MAC, "port": "nosuch"}]}, "nosuch"),
        ({"entries": [{"address": MAC, "port": "v2"}]}, "v2"),
        ({"entries": [{"address": MAC}]}, "no port"),
        ({"entries": [{"address": MAC, "port": "v0", "vlan": 4095}]}, "4095"),
        ({"entries": [{"address": MAC, "port": "v0", "kind": "local", "sticky": True}]}, "sticky"),
        ({"entries": [{"address": MAC, "port": "br0", "kind": "static"}]}, "bridge br0 itself"),
        ({"entries": [{"address": MAC, "port": "v0"}, {"address": MAC, "port": "v1"}]}, "twice"),
        ({"entries": [{"address": MAC, "port": "v0", "vlan": 0}]}, "VLAN 0"),
        ({"bridge": "br5", "entries": [{"address": MAC, "port": "v0"}]}, "br5"),
    ],
)
def test_refused_before_any_write(params: Any, words: str, refused: Callable[..., Any]) -> None:
    """Each with a sentence that names the value."""
    result = refused("linux_bridge_fdb", **{"bridge": "br0", **params})
    assert words in result["msg"] and result["error_code"] == "invalid"


@pytest.mark.parametrize("how", ["absent", "purge", "move"])
@pytest.mark.parametrize(("flags", "words"), [("locked on", "locked, but"), ("flood off", "without learning and unicast_flood, but"), ("isolated on", "")])
def test_the_last_pinned_address_of_a_port_that_needs_one(how: str, flags: str, words: str) -> None:
    """Told where a task takes it, not before and not again."""
    bridge("link set dev v0 learning off", f"link set dev v0 {flags}", f"fdb add {MAC} dev v0 master static", f"fdb add {MAC[:-1]}2 dev v0 master static")
    items: dict[str, Any] = {"address": MAC}
    params: dict[str, Any] = {
        "absent": {"entries": [items], "state": "absent"},
        "purge": {"entries": [{"address": f"{MAC[:-1]}2"}], "purge": {"ports": ["v*"]}},
        "move": {"entries": [{**items, "port": "v1"}]},
    }[how]
    for check in (True, False):
        assert not warnings_of(run_module("linux_bridge_fdb", check, bridge="br0", **params))
    items["address"] = f"{MAC[:-1]}2"
    params["entries"] = [] if how == "purge" else params["entries"]
    for check in (True, False, False):
        result = run_module("linux_bridge_fdb", check, bridge="br0", **params)
        told = [each for each in warnings_of(result) if "v0" in each]
        assert not result.get("failed") and len(told) == (1 if words and result["changed"] else 0), result
        assert all(f"port v0 of br0: {words}" in each for each in told) and result["unpinned"] == (["v0"] if told else [])


GUESTS = {"learned": "learned", "pinned and locked": "locked", "libvirt": "libvirt"}


@pytest.mark.parametrize("how", sorted(GUESTS))
def test_a_permanent_entry_of_a_guest(how: str, refused: Callable[..., Any]) -> None:
    """It would send the guest's frames to the host, and have a locked port drop all that the guest sends."""
    if how == "learned":
        ip("link set v0 up", "link set p0 up")
        learned(MAC, "v0")
    elif how == "libvirt":
        ip("link set v0 address fe:54:00:00:00:01")
    else:
        bridge(f"fdb add {MAC} dev v0 master static sticky", "link set dev v0 locked on learning off")
    told = refused("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC, "port": "v0", "kind": "local"}])["msg"]
    assert "address of a guest" in told and GUESTS[how] in told and "kind: static" in told


def test_a_vlan_that_the_port_does_not_have(refused: Callable[..., Any]) -> None:
    """In check mode too, by name."""
    told = refused("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC, "port": "v0", "vlan": 77}])["msg"]
    assert "v0 has no VLAN 77" in told
