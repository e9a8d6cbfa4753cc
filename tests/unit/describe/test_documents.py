# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Descriptions of hosts whose names others chose: what is read from the text is what was found, in whatever order it was told."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.filter.foreign_words import foreign_words
from ansible_collections.virtnet.hardening.plugins.filter.policy_document import policy_document
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .test_commented import NASTY, STRINGS, load

SOME = settings(max_examples=60, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
VALUES = ("accept", "reject", "inherit")
POLICIES = ("promiscuous", "mac_changes", "forged_transmits")
NAMES = st.lists(STRINGS.filter(bool), min_size=1, max_size=4, unique=True)


def vsphere(groups: list[str], machines: list[str], reason: str, switch: str = "vSwitch0") -> dict[str, Any]:
    """What esxi_switch_policy_info tells of one host and one distributed switch with these names."""
    inherits = dict.fromkeys(POLICIES, "inherit")
    level = {"security": dict.fromkeys(POLICIES, "accept"), "port_groups": [{"name": name, "security": inherits} for name in groups]}
    told = {"configured": inherits, "effective": dict.fromkeys(POLICIES, "accept"), "vlan": "7", "vms": machines, "port": "", "exempt": ""}
    objects = [{**told, "kind": "portgroup", "host": "h1", "datacenter": "", "switch": switch, "port_group": name} for name in groups]
    objects += [{**told, "kind": "vds_portgroup", "host": "", "datacenter": reason, "switch": switch, "port_group": name} for name in groups]
    return {
        "hosts": {"h1": {"datacenter": reason, "cluster": None, "options": {}, "switches": [{"name": switch, "kind": "vswitch", **level}]}},
        "distributed_switches": {switch: {"datacenter": reason, "version": "8", "switches": [{"name": switch, "kind": "vds", **level}]}},
        "objects": objects,
        "not_looked_at": [{"what": machines[0] if machines else "", "reason": reason}],
    }


def linux(ports: list[str], reason: str, **bridge: Any) -> dict[str, Any]:
    """What linux_bridge_info tells of one bridge."""
    protection = {"security": {name: {"configured": None, "effective": "accept"} for name in POLICIES}, "guards": {}, "pinned": [], "entry": "none"}
    status = {
        "hub": False,
        "netfilter": {},
        "learned": {},
        "roles": {name: {"role": "guest", "reason": reason} for name in ports},
        "protection": {name: {**protection, "quarantined": False} for name in ports},
    }
    found = {
        "name": "br0",
        "bridge": {"name": "br0", "stp": False, **bridge},
        "ports": [{"ports": [name]} for name in ports],
        "fdb": {"entries": []},
        "links": [],
        "policy": {"name": "br0", "ports": []},
        "status": status,
    }
    return {"bridges": [found], "table": {"state": "missing", "differences": []}, "quarantine": {"patterns": [], "shut": []}, "not_looked_at": []}


def shuffled(value: Any, dice: random.Random) -> Any:
    """The same, told in another order."""
    if isinstance(value, dict):
        items = [(name, shuffled(each, dice)) for name, each in value.items()]
        return dict(dice.sample(items, len(items)))
    return [shuffled(each, dice) for each in value] if isinstance(value, list) else value


@SOME
@given(NAMES, st.lists(STRINGS, max_size=3), STRINGS.filter(bool), st.sampled_from([None, "guest"]))
def test_any_names_of_a_vsphere(groups: list[str], machines: list[str], reason: str, profile: Any) -> None:
    """Groups, machines, datacenters and reasons."""
    info = vsphere(groups, machines, reason)
    described = policy_document(info, "vcenter", "x.yml", profile)
    data = load(described["text"])
    assert data == described["data"]
    document = data["virtnet_policy_documents"][0]
    assert [group["name"] for group in document["switches"][0]["port_groups"]] == sorted(groups) and document["datacenter"] == reason
    assert document["switches"][0]["security"]["promiscuous"] == ("reject" if profile else "accept")
    # Lists keep their order here: that of policies in a mapping, and of groups, is the document's own.
    again = {**info, "objects": list(reversed(info["objects"])), "hosts": shuffled(info["hosts"], random.Random(1))}
    assert policy_document(again, "vcenter", "x.yml", profile)["text"] == described["text"]


@SOME
@given(st.lists(st.sampled_from([*NASTY, "vnet0", "a b", "x" * 16, "\udc80"]), max_size=5, unique=True), STRINGS)
def test_any_names_of_ports(ports: list[str], reason: str) -> None:
    """Those that no document can name are comments."""
    info = linux(ports, reason)
    for profile in (None, "guest"):
        described = policy_document(info, "kvm1", "x.yml", profile)
        data = load(described["text"])
        assert data == described["data"] and described["text"].encode()
        named = [port["name"] for port in data["kvm_bridge_host_policy"][0].get("ports", [])]
        assert named == sorted(named) and set(named) <= set(ports)
        for name in set(ports) - set(named):
            assert name.isdigit() or set(name) & set("*?[/: \t\n\r\x85\u2028\u2029\x00\udc80") or len(name.encode()) > 15 or name in (".", "..", ""), name


def test_the_order_in_which_a_host_tells_means_nothing() -> None:
    """Neither of bridges nor of ports."""
    info = linux(["vnet0", "vnet1", "tap3"], "tap device")
    info["bridges"].append(json.loads(json.dumps(info["bridges"][0]).replace('"br0"', '"br1"')))
    text = policy_document(info, "kvm1", "x.yml")["text"]
    for seed in range(5):
        dice = random.Random(seed)
        other = shuffled(info, dice)
        dice.shuffle(other["bridges"])
        for each in other["bridges"]:
            dice.shuffle(each["ports"])
        assert policy_document(other, "kvm1", "x.yml")["text"] == text


def test_what_is_off_announces_nothing() -> None:
    """Neither a change nor what is missing for one: it is as it was until somebody switches it on."""
    info, refused = vsphere(["g"], [], "dc"), {"failed": True, "error_code": "unsupported", "msg": "It can't."}
    assert len(policy_document(info, "vcenter", "x.yml", "guest")["changes"]) == 6
    off = policy_document(info, "vcenter", "x.yml", "guest", [refused, refused])
    assert off["changes"] == [] and "0 changes" in off["text"] and off["data"] == {"virtnet_policy_documents": []}
    half = policy_document(info, "vcenter", "x.yml", "guest", [{}, refused])
    assert len(half["changes"]) == 3 and all(change.startswith("vSwitch ") for change in half["changes"])
    info = linux(["vnet0", "vnet1"], "tap device")
    info["bridges"][0]["status"]["protection"]["vnet1"]["pinned"] = ["52:54:00:00:00:01"]
    info["bridges"][0]["policy"]["ports"] = [{"name": "vnet1", "addresses": []}]
    told = policy_document(info, "kvm1", "x.yml", "guest")
    assert len(told["missing"]) == 1 and told["changes"]
    off = policy_document(info, "kvm1", "x.yml", "guest", refused)
    assert off["changes"] == off["missing"] == [] and "TODO." not in off["text"].split("---")[0]
    shut = linux(["vnet0"], "tap device")
    shut["bridges"][0]["status"]["protection"]["vnet0"]["quarantined"] = True
    assert policy_document(shut, "kvm1", "x.yml", "guest")["missing"] == []


@pytest.mark.parametrize("info", [None, {}, [], {"bridges": []}, {"distributed_switches": {}}])
def test_what_is_no_answer_is_refused(info: Any) -> None:
    """With the module that it should be of."""
    with pytest.raises(AnsibleFilterError, match="policy_document takes what (linux_bridge_info|esxi_switch_policy_info) returned"):
        policy_document(info, "kvm1", "x.yml")


def test_other_words_are_refused() -> None:
    """A profile and a module that there are not."""
    with pytest.raises(AnsibleFilterError, match="profile 'router' is not guest"):
        policy_document(linux([], ""), "kvm1", "x.yml", "router")
    with pytest.raises(AnsibleFilterError, match="community.vmware.vmware_vswitch is none of"):
        foreign_words([], "community.vmware.vmware_vswitch")
    assert foreign_words({"name": "br0", "mac": "x"}, "linux_bridge") == ["mac is nmcli's word; here it is address."]
    assert foreign_words(["no mapping"], "linux_bridge") == []
