# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter policy_document on a messy host: applying what it writes changes nothing, and what is tightened is what it says."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any, Callable, Iterator

import pytest
import yaml
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import GUARDS, ROWS

from tests.control_node import policy_document

from ..oracle.nft import lasting
from . import messy
from .conftest import Result, bridge, ip, run_module, snapshot
from .test_security import pytestmark as needs_nft

pytestmark = [needs_nft, pytest.mark.own_code]
INFO, APPLY = "linux_bridge_info", "linux_switch_policy"


@pytest.fixture(autouse=True)
def _clear(namespace: None) -> Iterator[None]:
    yield
    messy.clear()


def everything() -> Any:
    """All that ip, bridge and nft say of the host, less what moves by itself, and each table of whoever has one."""
    rules = json.loads(subprocess.run(["nft", "-j", "list", "ruleset"], capture_output=True, text=True, check=True).stdout)
    addresses = json.loads(subprocess.run(["ip", "-j", "addr"], capture_output=True, text=True, check=True).stdout)
    devices, *others = snapshot()
    for nest in (nest for device in devices.values() for nest in device[-1]):
        # A change of topology shortens it for a while (__br_set_topology_change, net/bridge/br_stp.c).
        nest.pop("ageing_time" if nest.get("stp_state") else "", None)
    return devices, others[:-1], [_still(each) for each in lasting(rules["nftables"][1:])], [(each["ifname"], each["addr_info"]) for each in addresses]


def _still(value: Any) -> Any:
    """Without what counts frames."""
    if isinstance(value, dict):
        return {name: _still(each) for name, each in value.items() if name not in ("packets", "bytes")}
    return [_still(each) for each in value] if isinstance(value, list) else value


def unseen(text: str) -> str:
    """Without what the bridges learned meanwhile."""
    return re.sub(r"# Seen: .*?whose they are\.\n *", "", text, flags=re.DOTALL)


def described(**params: Any) -> dict[str, Any]:
    """This host, as the playbook describe does it: a check run foretells what would change all the same."""
    info = run_module(INFO)
    assert not info.get("failed"), info
    first = policy_document(info, "kvm1", "virtnet-policy/kvm1.yml")
    foreseen = run_module(APPLY, True, switches=switches(first)) if switches(first) else None
    return policy_document(info, "kvm1", "virtnet-policy/kvm1.yml", foreseen=foreseen, **params)


def switches(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Of the variable of the role."""
    found: list[dict[str, Any]] = document["data"]["kvm_bridge_host_policy"]
    return found


def ports(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All that are named, by name."""
    levels = [level for switch in switches(document) for level in (switch, *switch.get("port_groups", []))]
    return {port["name"]: port for level in levels for port in level.get("ports", [])}


def lines(text: str, start: str) -> list[str]:
    """Comments that begin so, without their marks."""
    return [line.strip()[2:] for line in text.splitlines() if line.strip().startswith(f"# {start}")]


def test_what_guests_share(run: Callable[..., Result]) -> None:
    """Written back as it was said, and nothing to tighten."""
    ip("link add br0 type bridge", "link set br0 up", *(f"link add {port} type veth peer name {port}p" for port in ("vnet0", "vnet1")))
    ip("link set vnet0 master br0 up", "link set vnet1 master br0 up")
    virtual, service = ({"address": address, "shared": True} for address in ("00:00:5e:00:01:07", "192.0.2.254"))
    named = [
        {"name": f"vnet{number}", "profile": "guest", "macs": [virtual, f"52:54:00:00:00:0{number}"], "addresses": [f"192.0.2.{number}", service]}
        for number in (0, 1)
    ]
    run("linux_port_security", bridge="br0", ports=named)
    before, document = everything(), described()
    found = ports(document)
    assert [found[port["name"]][word] for port in named for word in ("macs", "addresses")] == [port[word] for port in named for word in ("macs", "addresses")]
    assert yaml.safe_load(document["text"]) == document["data"]
    result = run(APPLY, switches=switches(document))
    assert not result["changed"] and everything() == before
    assert described(profile="guest")["changes"] == []


@pytest.mark.parametrize("hardened", [False, True], ids=["never", "before"])
def test_applying_it_changes_nothing(run: Callable[..., Result], hardened: bool) -> None:
    """On a host that never had a table, and on one that the collection hardened."""
    print("not on this kernel:", messy.make(run if hardened else None))
    before = everything()
    document = described()
    text = document["text"]
    assert everything() == before
    for check in (True, False):
        result = run(APPLY, check, switches=switches(document))
        assert not result["changed"] and not result["actions"], result["actions"]
        assert everything() == before
    assert hardened or before[2] == [], "no table of anybody"
    assert unseen(described()["text"]) == unseen(text), "the same state is the same text"
    named = ports(document)
    assert {"vnet0", "veth1a2b3c4", "tap100i0", "fwpr101p0", "s0", "h0", "1e3", "null", "{{7}}", "caf\u00e9"} <= set(named)
    assert {"u0", "777", "x#[}"} & set(named) == set() and "tapq1" in named and {"docker0", "empty0"} <= {each["name"] for each in switches(document)}
    for words in ("- hub0: it is a hub", "# It remembers no addresses (ageing_time 0)", "OFF: its name is a number", "OFF: its name is a pattern too"):
        assert words in text
    assert named["h0"] == {"name": "h0", "isolated": True} and "learns no addresses, gets no unknown unicast, isolated." in text


def test_what_a_person_needs_stands_in_comments(run: Callable[..., Result]) -> None:
    """Who it is, what is in effect, which addresses were seen, and how libvirt names a tap."""
    messy.make(run)
    document = described()
    text = document["text"]
    assert "# vnet0: guest (tap device)." in text and "# vx0: uplink (tunnel (vxlan))." in text
    assert "the guest's ends in\n" in text or "the guest's ends in 54:00:12:34:56." in " ".join(text.replace("#", " ").split())
    assert "# In effect: promiscuous accept, mac_changes accept, forged_transmits accept; guards: none." in text
    assert f"guards: {', '.join(GUARDS)}." in " ".join(text.replace("#", " ").split())
    assert "# Pinned: 52:54:00:0b:00:01." in text
    assert "# Static, but not sticky, so a port that learns can take it over: 52:54:00:0b:00:02." in text
    # Nobody hardened them: one is shut, and naming it would open it; the other would get what the switch says.
    assert "# - name: g5" in text and "# - name: up0" in text and not {"g5", "up0"} & set(ports(document))
    assert "OFF: no policy knows this port" in text and "OFF: no document has named it yet" in text


def test_learned_addresses_are_no_macs(run: Callable[..., Result]) -> None:
    """A guest's own frames prove nothing."""
    ip("link add br0 type bridge", "link set br0 up", *messy.veth("vnet0", "br0"))
    bridge("fdb add 52:54:00:0c:00:01 dev vnet0 master dynamic")
    document = described(profile="guest")
    assert lines(document["text"], "Seen:") == ["Seen: 52:54:00:0c:00:01, learned from frames that came in here, so no proof of whose they are."]
    assert ports(document)["vnet0"] == {"name": "vnet0"} and "# macs: [TODO]" in document["text"]


def test_what_profile_guest_tightens(run: Callable[..., Result]) -> None:
    """The second document: who is known gets the profile, at whom something is missing it is ready to be switched on."""
    messy.make(run)
    document = described(profile="guest")
    named = ports(document)
    assert named["g2"] == {"name": "g2", "profile": "guest", "macs": ["52:54:00:0a:00:03"], "addresses": ["192.0.2.3"], "isolated": True}
    assert "profile" not in named["g0"] and named["g0"]["guards"]["arp"] == "reject", "nothing to tighten"
    foretold = run(APPLY, True, switches=switches(document))
    changed = {name for kind in ("port", "filter") for name, fields in foretold["after"].get(kind, {}).items() if fields != foretold["before"][kind].get(name)}
    assert changed == {each.split()[1] for each in document["changes"]} == {"g2"}
    accepted = [row.name for row in ROWS if row.profiles["router"] == "accept"]
    assert [each.split(": ")[1] for each in document["changes"]] == [f"{name} accept -> reject" for name in accepted]
    run(APPLY, switches=switches(document))
    again = described(profile="guest")
    assert again["changes"] == [] and len(again["missing"]) == len(document["missing"]) > 5
    assert any(each.startswith("port vnet0 of virbr0: macs and addresses") for each in again["missing"])


def test_what_is_missing_can_be_filled_in(run: Callable[..., Result]) -> None:
    """The lines of comment are the document of the guest; as they stand, the module says what is wrong with them."""
    ip("link add br0 type bridge", "link set br0 up", *messy.tap("vnet0", "br0", "fe:54:00:12:34:56"))
    text = described(profile="guest")["text"]
    marks = ("# profile: guest", "# macs: [", "# addresses: [")
    active = "\n".join(line.replace("# ", "", 1) if line.strip().startswith(marks) else line for line in text.splitlines())
    data = yaml.safe_load(active)["kvm_bridge_host_policy"]
    assert data[0]["ports"] == [{"name": "vnet0", "profile": "guest", "macs": ["TODO"], "addresses": ["TODO"]}]
    result = run_module(APPLY, switches=data)
    assert result["failed"] and "TODO" in result["msg"] and "no MAC address" in result["msg"]
    data[0]["ports"][0].update(macs=["52:54:00:12:34:56"])
    assert "TODO" in run_module(APPLY, switches=data)["msg"]
    data[0]["ports"][0].update(addresses=["192.0.2.7"])
    assert run(APPLY, switches=data)["changed"]


@pytest.mark.parametrize(
    "damage",
    [
        "ip link set g0 type bridge_slave learning on",
        "nft delete element bridge virtnet_hardening bpdu_guard { g1 }",
        "bridge link set dev g2 locked off",
        "bridge fdb del 52:54:00:0a:00:01 dev g0 master",
        "nft insert rule bridge virtnet_hardening port accept",
        "nft flush ruleset",
    ],
)
def test_what_drifted_is_off(run: Callable[..., Result], damage: str) -> None:
    """What somebody changed since is not mended in passing; it stands in the document with the reason."""
    messy.make(run)
    subprocess.run(damage.split(" ", 5) if damage.startswith("nft delete") else damage.split(), check=True)
    before = everything()
    document = described()
    if switches(document):
        assert not run(APPLY, switches=switches(document))["actions"]
    assert everything() == before
    assert "flush" in damage or "# OFF" in document["text"]


def test_what_is_gone_is_told(run: Callable[..., Result]) -> None:
    """The one thing that any run does besides."""
    messy.make(run)
    ip("link del g0")
    document = described()
    assert "But for this: applying it removes what the table virtnet_hardening has of devices that are gone (ifindex" in " ".join(
        document["text"].replace("\n#", "").split()
    )
    result = run(APPLY, switches=switches(document))
    assert result["changed"] and all("ifindex" in each for each in result["actions"])


def test_what_could_not_be_read_is_told(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """Never left out in silence."""
    messy.make(run)
    info = run_module(INFO)
    info["not_looked_at"] = [{"what": "rules of nftables", "reason": "nft is not there\nkvm_bridge_host_policy: []"}]
    document = policy_document(info, "kvm1", "x.yml")
    assert lines(document["text"], "- rules")[0].startswith("- rules of nftables: nft is not there\\x0akvm_bridge_host_policy: []")
    assert switches(document)


def test_what_the_module_refuses_is_off(run: Callable[..., Result]) -> None:
    """With its words, as a playbook registers them that goes on."""
    ip("link add br0 type bridge", *messy.veth("v0", "br0"))
    refused = {"changed": False, "failed": False, "error_code": "invalid", "msg": "bridge br0: it can't be."}
    document = policy_document(run_module(INFO), "kvm1", "x.yml", foreseen=refused)
    assert switches(document) == [] and "# OFF, as applying it would change the bridge: bridge br0: it can't be." in document["text"]
    assert "# linux_switch_policy refuses to apply it: bridge br0: it can't be." in document["text"]
