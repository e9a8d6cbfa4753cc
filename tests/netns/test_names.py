# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of devices that are not as one thinks: alternative names, and what nft can't take."""

from __future__ import annotations

import socket
import subprocess
from typing import Any, Callable

import pytest

from .conftest import ip, run_module

MAC = "52:54:00:00:00:01"
ALTERNATIVE = "enx525400000009"
BRIDGE = "uplinkbridge"
# Each names a port or a bridge by an alternative name.
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "a port that leaves": ("linux_bridge_port", {"bridge": "br0", "ports": [ALTERNATIVE], "state": "absent"}),
    "a port's option": ("linux_bridge_port", {"bridge": "br0", "ports": [ALTERNATIVE], "isolated": True}),
    "a port's bridge": ("linux_bridge_port", {"bridge": BRIDGE, "ports": ["v0"], "isolated": True}),
    "a backup port": ("linux_bridge_port", {"bridge": "br0", "ports": ["v1"], "backup_port": ALTERNATIVE}),
    "a bridge": ("linux_bridge", {"name": BRIDGE, "ageing_time": 100}),
    "a bridge that goes": ("linux_bridge", {"name": BRIDGE, "state": "absent"}),
    "an entry": ("linux_bridge_fdb", {"bridge": "br0", "entries": [{"address": MAC, "port": ALTERNATIVE}]}),
    "an entry that goes": ("linux_bridge_fdb", {"bridge": "br0", "entries": [{"address": MAC, "port": ALTERNATIVE}], "state": "absent"}),
    "entries that go": ("linux_bridge_fdb", {"bridge": "br0", "purge": {"ports": [ALTERNATIVE]}}),
    "a VLAN": ("linux_bridge_vlan", {"bridge": "br0", "ports": [ALTERNATIVE], "vlans": [{"vid": "7"}], "state": "absent"}),
    "a policy": ("linux_port_security", {"bridge": "br0", "ports": [{"name": ALTERNATIVE, "guards": {"bpdu": "reject"}}]}),
    "a policy that goes": ("linux_port_security", {"bridge": "br0", "ports": [{"name": ALTERNATIVE}], "state": "absent"}),
    "a document": ("linux_switch_policy", {"switches": [{"name": "br0", "ports": [{"name": ALTERNATIVE, "guards": {"bpdu": "reject"}}]}]}),
    "a document's switch": ("linux_switch_policy", {"switches": [{"name": BRIDGE}]}),
    "a device": ("virtual_link", {"name": ALTERNATIVE, "kind": "tap"}),
    "a device that goes": ("virtual_link", {"name": ALTERNATIVE, "state": "absent"}),
    "a device below": ("virtual_link", {"name": "mt0", "kind": "macvtap", "lower": ALTERNATIVE}),
    "what there is": ("linux_bridge_info", {"names": [BRIDGE]}),
}


@pytest.mark.parametrize("task", sorted(TASKS))
def test_alternative_names(refused: Callable[..., Any], task: str) -> None:
    """The kernel finds a device by them and tells of it by its own name: the sentence says which to write."""
    ip(
        "link add br0 type bridge",
        f"link property add dev br0 altname {BRIDGE}",
        "link add v0 type veth peer name v1",
        "link set v0 master br0",
        "link set v1 master br0",
        f"link property add dev v0 altname {ALTERNATIVE}",
    )
    module, options = TASKS[task]
    name, own = (BRIDGE, "br0") if BRIDGE in repr(options) else (ALTERNATIVE, "v0")
    assert refused(module, **options)["msg"] == f"{name}: it is an alternative name of {own}; write {own}."


def test_a_name_that_reads_as_a_pattern_stays_a_name(run: Callable[..., Any]) -> None:
    """Also once its device is a port no longer: a second run must not take the port that the pattern would mean."""
    ip("link add br0 type bridge", "link add p[1] type veth peer name p1", "link set p[1] master br0", "link set p1 master br0")
    gone = {"bridge": "br0", "ports": ["p[1]"], "state": "absent"}
    assert run("linux_bridge_port", **gone)["changed"]
    again = run("linux_bridge_port", **gone)
    assert not again["changed"] and again["unmatched"] == ["p[1]"]
    run("linux_bridge_fdb", bridge="br0", entries=[{"address": MAC, "port": "p1"}])
    assert not run("linux_bridge_fdb", bridge="br0", entries=[], purge={"ports": ["p[1]"]})["changed"]
    members = subprocess.run(["ip", "-o", "link", "show", "master", "br0"], check=True, capture_output=True, text=True).stdout
    assert "p1@" in members and "p[1]@" not in members.replace("p1@p[1]", "p1@"), members


@pytest.mark.parametrize("name", ["v\\0", "v'0", "v{0", "v}0", "v,0", "v;0", "v#0", "v$0", "v\u00e90", "v\x01", "-v", "v@0"])
def test_what_a_port_is_called_does_not_matter_to_the_table(run: Callable[..., Any], name: str) -> None:
    """It is known there by its index."""
    _two_ports(name)
    assert run("linux_port_security", bridge="br0", ports=[{"name": name, **GUEST}])["changed"]
    assert not run("linux_port_security", bridge="br0", ports=[{"name": name, **GUEST}])["changed"]
    told = run("linux_bridge_info")["bridges"][0]["status"]["protection"][name]
    assert told["entry"] == "intact" and told["macs"] == [MAC]
    run("linux_port_security", bridge="br0", ports=[{"name": name}], state="absent")


@pytest.mark.parametrize("name", ['v"0', '"', '""', 'v0"', 'v1"'])
def test_names_that_nft_can_t_print(run: Callable[..., Any], name: str) -> None:
    """They are refused by name, before anything is written, and other ports go on."""
    _two_ports(name)
    document = [{"name": "br0", "ports": [{"name": name, **GUEST}]}]
    for module, options in (("linux_port_security", {"bridge": "br0", "ports": [{"name": name, **GUEST}]}), ("linux_switch_policy", {"switches": document})):
        for check in (True, False):
            result = run_module(module, check, **options)
            assert result["failed"] and result["error_code"] == "invalid" and result["msg"].startswith(f"port {name}: nft can't print"), result
    assert subprocess.run(["nft", "list", "table", "bridge", "virtnet_hardening"], check=False, capture_output=True).returncode
    run("linux_port_security", bridge="br0", ports=[{"name": "v1", **GUEST}])
    assert not run("linux_port_security", bridge="br0", ports=[{"name": "v1", **GUEST}])["changed"]


@pytest.mark.parametrize("name", ['v"0', '"'])
def test_an_entry_of_a_device_whose_name_nft_can_t_print(run: Callable[..., Any], name: str) -> None:
    """As an index is used again: the table can be read all the same."""
    _two_ports(name)
    run("linux_port_security", bridge="br0", ports=[{"name": "v1", **GUEST}])
    index = socket.if_nametoindex(name)
    subprocess.run(["nft", "add", "element", "bridge", "virtnet_hardening", "ports", f"{{ {index} }}"], check=True)
    # The first run seals the entry that somebody else made.
    run("linux_port_security", bridge="br0", ports=[{"name": "v1", **GUEST}])
    assert not run("linux_port_security", bridge="br0", ports=[{"name": "v1", **GUEST}])["changed"]


GUEST = {"profile": "guest", "macs": [MAC], "addresses": ["192.0.2.1"]}


def _two_ports(name: str) -> None:
    ip("link add br0 type bridge", *(f"link add v{number} type veth peer name p{number}" for number in range(2)))
    ip(*(f"link set v{number} master br0" for number in range(2)))
    subprocess.run(["ip", "link", "set", "dev", "v0", "name", name], check=True)
