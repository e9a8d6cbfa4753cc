# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""linux_bridge_info: what it tells is true, and valid input of the modules that would write it."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any, Callable

import pytest

from ..oracle import iproute2
from .conftest import bridge, ip, run_module, snapshot
from .guests import Guests


def needs_nft() -> None:
    """Skip where there is none."""
    if shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin") is None:
        pytest.skip("SKIPPED: there is no nft(8); install nftables")


@pytest.fixture(autouse=True)
def host(namespace: None) -> None:
    """Two bridges, a hub among them, ports of several kinds and entries."""
    ip(
        "link add br0 type bridge priority 4096 no_linklocal_learn 1",
        "link set br0 up",
        "link add hub0 type bridge ageing_time 0",
        *(f"link add v{number} type veth peer name p{number}" for number in range(4)),
        "link add low0 type veth peer name far0",
        "link add link low0 name mt0 type macvtap mode bridge",
        "tuntap add tap0 mode tap",
        "link set v0 master br0",
        *(f"link set v{number} master hub0" for number in range(1, 4)),
        "link set tap0 master br0",
        "link set v0 up",
        "link set p0 up",
    )
    bridge(
        "link set dev v0 isolated on learning off locked on flood off",
        "fdb add 52:54:00:00:00:01 dev v0 master static sticky",
        "fdb add 52:54:00:00:00:02 dev tap0 master permanent",
        "fdb add 52:54:00:00:00:03 dev tap0 master extern_learn",
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
        ("52:54:00:00:00:01", "static", "v0", True),
        ("52:54:00:00:00:02", "local", "tap0", False),
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
        calls.append(("linux_switch_policy", {"switches": [each["policy"]]}))
        calls.append(("linux_bridge_fdb", each["fdb"]))
        for module, params in calls:
            result = run_module(module, **params)
            assert not result.get("failed") and not result["changed"], (module, params, result)
            parts += 1
    assert parts >= 12


def test_the_policy_is_valid_input(run: Callable[..., Any]) -> None:
    """What was asked for by group, switch and port comes back as one document, which changes nothing and, on another host, makes the same."""
    needs_nft()
    group = {"name": "g", "match": ["v0"], "security": {"promiscuous": "inherit"}, "guards": {"bpdu": "reject"}}
    tap = {"name": "tap0", "profile": "guest", "macs": ["52:54:00:00:00:07"], "addresses": []}
    run("linux_switch_policy", switches=[{"name": "br0", "security": {"promiscuous": "reject"}, "port_groups": [group], "ports": [tap]}])
    policy = told("br0")["policy"]
    assert policy["security"] == {"promiscuous": "reject"} and policy["kind"] == "bridge"
    assert [(each["name"], each.get("macs"), each.get("addresses")) for each in policy["ports"]] == [("tap0", ["52:54:00:00:00:07"], []), ("v0", None, None)]
    assert policy["ports"][1]["security"] == {"promiscuous": "inherit"} and policy["ports"][1]["guards"]["bpdu"] == "reject"
    for check in (True, False):
        assert not run("linux_switch_policy", check, switches=[policy])["changed"]
    before = snapshot()
    run("linux_port_security", bridge="br0", ports=[{"match": "*"}], state="absent")
    # The record of the switch is the last that is left, and goes with the table.
    assert run("linux_switch_policy", switches=[{"name": "br0"}], purge=["defaults"])["actions"] == ["delete switch br0", "delete ruleset virtnet_hardening"]
    assert snapshot() != before
    run("linux_switch_policy", switches=[policy])
    # An option that was so already when the document came is not noted as changed by it.
    assert told("br0")["policy"] == policy and run_module("linux_bridge_info")["table"]["state"] == "intact"


def test_a_hub_needs_somebody_else_to_receive(run: Callable[..., Any]) -> None:
    """Two ports are none, and one of them may be hardened."""
    needs_nft()
    ip("link set v3 nomaster")
    assert told("hub0")["status"]["hub"] is False and told("hub0")["bridge"]["allow_hub"] is True
    assert run("linux_port_security", bridge="hub0", ports=[{"name": "v1", "guards": {"bpdu": "reject"}}])["changed"]
    result = run_module("linux_port_security", bridge="hub0", ports=[{"name": "v1"}, {"name": "v3"}])
    assert result["failed"] and "it is a hub" in result["msg"]


# What a port is made by, and what it is taken for; {0} is a process in another network namespace.
DEVICES: dict[str, Any] = {
    "tap": (["tuntap add x0 mode tap"], "guest", "tap device"),
    "a container's": (["link add veth100i0 type veth peer name far netns {0}"], "guest", "in another network namespace"),
    "Proxmox's firewall": (
        ["link add br7 type bridge", "link add fwln100i0 type veth peer name fwpr100p0", "link set fwln100i0 master br7"],
        "guest",
        "named fwpr*; veth device whose",
    ),
    "os-vif's": (["link add br7 type bridge", "link add qvb1 type veth peer name qvo1", "link set qvo1 master br7"], "coupling", "qvo1, is a port of br7"),
    "a macvtap at the other end": (
        ["link add x0 type veth peer name far7", "link add link far7 name mt7 type macvtap mode bridge"],
        "guest",
        "hangs a guest's card, mt7",
    ),
    "bridged by somebody else": (["link add x0 type veth peer name far7", "link set far7 promisc on"], "unknown", "is promiscuous"),
    "the host's own end": (["link add x0 type veth peer name far7"], "host", "far7, is the host's own"),
    "vxlan": (["link add vxlan100 type vxlan id 100 dstport 4789"], "uplink", "tunnel (vxlan)"),
    "gretap": (["link add gre7 type gretap local 192.0.2.1 remote 192.0.2.2"], "uplink", "tunnel (gretap)"),
    "dummy": (["link add x0 type dummy"], "host", "dummy"),
    "bond": (["link add bond7 type bond"], "uplink", "bond without members"),
    "vlan": (["link add low7 type veth peer name far7 netns {0}", "link add link low7 name low7.5 type vlan id 5"], "guest", "vlan device on low7"),
    "macvlan": (["link add low7 type veth peer name far7 netns {0}", "link add link low7 name x0 type macvlan mode bridge"], "guest", "macvlan device on low7"),
    "ifb": (["link add x0 type ifb"], "unknown", "kind ifb"),
    "a tap that keeps an address": (["tuntap add br9-nic mode tap", "link set br9-nic address 52:54:00:00:0a:0a"], "host", "only keeps for the bridge"),
    "a guest's before its start": (["tuntap add x0 mode tap", "link set x0 address 52:54:00:00:0a:0a"], "guest", "tap device"),
}


@pytest.mark.parametrize("case", DEVICES)
def test_what_a_port_is_taken_for(case: str) -> None:
    """Real devices, as far as this kernel makes them."""
    commands, role, reason = DEVICES[case]
    with Guests() as guests:
        guests.plug("other", "")
        name = next(word for word in reversed(" ".join(commands).split()) if word in PORTS)
        ip("link add br9 address 52:54:00:00:0a:0a type bridge")
        for command in commands:
            done = subprocess.run(["ip", *command.format(guests.pid("other")).split()], capture_output=True, text=True, check=False)
            if "Unknown device type" in done.stderr or "not supported" in done.stderr:
                pytest.skip(f"SKIPPED: this kernel makes no such device ({command}: {done.stderr.strip()})")
            assert done.returncode == 0, done.stderr
        ip(f"link set {name} master br9")
        found = told("br9")["status"]["roles"]
    assert list(found) == [name] and found[name]["role"] == role and reason in found[name]["reason"], found


PORTS = ("x0", "veth100i0", "fwpr100p0", "qvb1", "vxlan100", "gre7", "bond7", "low7.5", "br9-nic")


def test_names() -> None:
    """Only those asked for; an unknown one is an error that lists what there is."""
    assert [each["name"] for each in run_module("linux_bridge_info", names=["hub0"])["bridges"]] == ["hub0"]
    result = run_module("linux_bridge_info", names=["br0", "nosuch"])
    assert result["failed"] and "nosuch" in result["msg"] and "br0, hub0" in result["msg"]


def test_a_host_without_bridges(run: Callable[..., Any]) -> None:
    """Is no error."""
    ip("link del br0", "link del hub0")
    assert run("linux_bridge_info")["bridges"] == []
