# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook describe on a vCenter: what it writes changes nothing, and what profile guest would tighten is what a check run says."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ..lab.conftest import Start, _built, _start
from ..oracle import distributed
from ..oracle.vsphere import Client
from .conftest import changed, results
from .test_vsphere_playbooks import NAME, Playbook, _play

__all__ = ("_built", "_play", "_start")
FIELDS = ("allowPromiscuous", "macChanges", "forgedTransmits")
NASTY = ["x: [}", "# no comment", "yes", "1e3", "{{ 7 * 7 }}", "é {% raw %} \"'\\"]


@pytest.fixture(name="vsphere")
def _vsphere(start: Start) -> Client:
    """Three hosts, a distributed switch and a group that NSX backs."""
    return start("--hosts", "3", "--nsx", "--dv-groups", "3")


def path(host: int) -> str:
    """In the inventory."""
    return f"/dc1/host/cluster1/esxi0{host}.lab.example"


def override(vsphere: Client, host: int, name: str, **values: bool) -> None:
    """Values of a standard group's own, by a hand-made message."""
    groups = vsphere.collect(path(host), "config.network")["portgroup"]
    spec = copy.deepcopy(next(each["spec"] for each in groups if each["spec"]["name"] == name))
    spec["policy"]["security"] = values
    system = vsphere.collect(path(host), "configManager.networkSystem")
    vsphere.soap(
        "UpdatePortGroup",
        (system["type"], system["value"]),
        pgName=name,
        portgrp={"name": name, "vlanId": spec["vlanId"], "vswitchName": spec["vswitchName"], "policy": spec["policy"]},
    )


def messy(vsphere: Client) -> None:
    """Hosts that differ, overrides of some and of all policies, a trunk, names that YAML and Ansible would take for something else."""
    for host in (1, 2, 3):
        for name in NASTY:
            vsphere.govc("host.portgroup.add", "-host", path(host), "-vswitch", "vSwitch0", "-vlan", "4095", name)
        override(vsphere, host, NASTY[0], allowPromiscuous=True)
        override(vsphere, host, "pg01", allowPromiscuous=True, macChanges=False, forgedTransmits=True)
    vsphere.govc("host.vswitch.add", "-host", path(3), "other")
    vsphere.govc("host.option.set", "-host", path(3), "Net.BlockGuestBPDU", "1")
    vsphere.govc("dvs.portgroup.change", "-vlan-mode", "trunking", "-vlan-range", "0-4094", "/dc1/network/dvpg02")
    distributed.reconfigure_switch(vsphere, macManagementPolicy={"inherited": False, "forgedTransmits": True})
    opened = {"inherited": False, "allowPromiscuous": True, "forgedTransmits": False, "macChanges": False}
    distributed.reconfigure(vsphere, "/dc1/network/dvpg03", defaultPortConfig={"macManagementPolicy": opened})
    distributed.allow(vsphere, macManagementOverrideAllowed=True)
    port = distributed.ports(vsphere, portgroupKey=[distributed.reference(vsphere)[1]], inside=True)[0]
    distributed.override(vsphere, port, macManagementPolicy=opened)


def state(vsphere: Client) -> Any:
    """All that govc and the server's own words say of hosts and distributed switches."""
    hosts = [vsphere.collect(path(host), "config.network") for host in (1, 2, 3)]
    options = [[each for each in vsphere.collect(path(host), "config.option") if each["key"].startswith("Net.")] for host in (1, 2, 3)]
    return hosts, options, distributed.everything(vsphere)


class Loader(yaml.SafeLoader):
    """Knows Ansible's tag for what is no template."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def test_a_vcenter(vsphere: Client, play: Playbook, tmp_path: Path) -> None:
    """Described, applied without a change; then what would be tightened, foretold, done, and described again."""
    messy(vsphere)
    before = state(vsphere)
    told = play("describe", "-e", f"virtnet_describe_dir={tmp_path}", "--check")
    assert state(vsphere) == before
    text = (tmp_path / f"{NAME}.yml").read_text()
    documents = yaml.load(text, Loader)["virtnet_policy_documents"]
    assert [each["esxi_hostnames"] for each in documents[:2]] == [["esxi01.lab.example", "esxi02.lab.example"], ["esxi03.lab.example"]]
    assert [each["switches"][0]["kind"] for each in documents] == ["vswitch", "vswitch", "vds"]
    names = [group["name"] for group in documents[0]["switches"][0]["port_groups"]]
    assert set(NASTY) < set(names) and names == sorted(names)
    assert "# Left out: nsx-segment1, which NSX backs." in text and "a group of uplinks." in text and "# VLAN trunk 0-4094." in text
    assert "# Machines: vm01-1, vm02-1, vm03-1." in text and "has values of its own, promiscuous accept," in text
    assert changed(play("harden_esxi", "-e", f"@{tmp_path / f'{NAME}.yml'}")) == 0 and state(vsphere) == before
    _tighten(vsphere, play, tmp_path, results(told, "Say what would be tightened", NAME)["msg"])


def _tighten(vsphere: Client, play: Playbook, folder: Path, told: list[str]) -> None:
    document = ("-e", f"@{folder / f'{NAME}.guest.yml'}")
    # With the tag of the role it is the same, and no run that does nothing.
    foretold = play("harden_esxi", *document, "--check", "--diff", "--tags", "policy")
    assert _changes(foretold) == {_object(each) for each in told}
    assert (folder / f"{NAME}.guest.yml").read_text().count("# accept -> reject") >= len(told) > 5
    assert changed(play("harden_esxi", *document)) > 0
    for host in (1, 2, 3):
        network = vsphere.collect(path(host), "config.network")
        assert not any(value for each in network["portgroup"] for value in each["computedPolicy"]["security"].values())
    again = play("describe", "-e", f"virtnet_describe_dir={folder}")
    assert results(again, "Say what would be tightened", NAME)["msg"] == []


def _object(told: str) -> str:
    """A change in the words of the module's result."""
    label, change = re.fullmatch(r"(.*?)(?: on esxi[^:]*)?: ([a-z_]+ accept -> reject)", told).groups()  # type: ignore[union-attr]
    if label.startswith("option"):
        return "option"
    kind, name = re.fullmatch(r"(vSwitch|distributed switch|port group) (.*?)(?: of (?:vSwitch0|other|vds1))?", label).groups()  # type: ignore[union-attr]
    return f"{name}: {change}" if kind == "port group" else f"switch {name}: {change}"


def _changes(answer: dict[str, Any]) -> set[str]:
    """Of the check run, in the words of the document's comments."""
    found = set()
    for play in answer["plays"]:
        for task in play["tasks"]:
            result = task["hosts"].get(NAME, {})
            if not task["task"]["name"].endswith("Enforce the policy") or result.get("skipped"):
                continue
            for target in [*result["hosts"].values(), *result.get("distributed_switches", {}).values()]:
                for kind, objects in target.get("after", {}).items():
                    for name, fields in objects.items():
                        for field, value in fields.items():
                            was = target["before"][kind][name].get(field)
                            if was == value:
                                continue
                            word = "switch " if kind in ("vswitch", "vds") else ""
                            found.add("option" if kind == "option" else f"{word}{name.removeprefix('vds1 ')}: {field} {was} -> {value}")
    return found


def test_what_differs_since_is_off(vsphere: Client, play: Playbook, tmp_path: Path) -> None:
    """A host that is not connected stands in the header, a document with a word that nobody knows is refused."""
    vsphere.control("POST", "host", {"host": "esxi02.lab.example", "state": "disconnected"})
    play("describe", "-e", f"virtnet_describe_dir={tmp_path}")
    text = (tmp_path / f"{NAME}.yml").read_text()
    assert "# NOT LOOKED AT" in text and "# - esxi02.lab.example: " in text
    document = yaml.load(text, Loader)["virtnet_policy_documents"][0]
    assert document["esxi_hostnames"] == ["esxi01.lab.example", "esxi03.lab.example"]
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(yaml.safe_dump({"virtnet_policy_documents": [{**document, "hosts": ["esxi01.lab.example"]}]}))
    refused = play("harden_esxi", "-e", f"@{wrong}", "--tags", "audit", ok=False)
    assert "hosts is none of" in results(refused, "Refuse documents with words that nobody reads", NAME)["msg"]
