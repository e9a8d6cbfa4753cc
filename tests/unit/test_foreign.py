# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that other tools have for our options: a module that refuses one says how it is called here."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, Iterator

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.file import FileModule
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.module import Module
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import bridge, fdb, link, port, port_security, switch_policy, vlan
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import foreign
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import groups as dv_groups
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import ports as dv_ports
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host import portgroup, vswitch
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy import intent as policy

from ..netns.conftest import run_module

ROOT = Path(__file__).resolve().parent.parent.parent
SPECS: dict[str, dict[str, Any]] = {
    "linux_bridge": bridge.spec(),
    "linux_bridge_fdb": fdb.spec(),
    "linux_bridge_port": port.spec(),
    "linux_bridge_vlan": vlan.spec(),
    "virtual_link": link.spec(),
    "linux_port_security": port_security.spec(),
    "linux_switch_policy": switch_policy.spec(),
    "esxi_vswitch": vswitch.spec(),
    "esxi_portgroup": portgroup.spec(),
    "vds_portgroup": dv_groups.spec(),
    "vds_port": dv_ports.spec(),
    "esxi_switch_policy": policy.spec(),
}
VSPHERE = {"hostname": "192.0.2.1", "username": "u", "password": "secret-word"}


def places(spec: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Of options: the module's own, and those in others."""
    yield spec
    for option in spec.values():
        if option.get("options"):
            yield from places(option["options"])


def names(spec: dict[str, Any]) -> set[str]:
    """Options and their aliases."""
    return {alias for name, option in spec.items() for alias in (name, *option.get("aliases", ()))}


@pytest.mark.parametrize("word", sorted(foreign.WORDS))
def test_each_word_is_of_use(word: str) -> None:
    """There is a place where it is unknown and a hint is given, and what the hint names is there."""
    said = [(hint, spec) for root in SPECS.values() for spec in places(root) if word not in names(spec) for hint in foreign.hints({word: "x"}, spec)]
    assert said, "nobody would ever read it"
    for hint, spec in said:
        assert hint.startswith(f"{word} is ") and hint.endswith(".")
        if "here it is " in hint:
            assert hint.split("here it is ")[1].rstrip(".").split(",")[0] in spec
    for name in foreign.WORDS[word].ours:
        assert any(name in spec for root in SPECS.values() for spec in places(root)), f"no module has {name}"


def test_no_hint_for_a_word_of_ours() -> None:
    """A module's own options and aliases are never foreign to it."""
    for root in SPECS.values():
        for spec in places(root):
            assert foreign.hints(dict.fromkeys(names(spec)), spec) == []


THEIRS, BOOLEANS = " is community.vmware's word; here it is ", ": true is written accept here, and false reject."
GROUP, VDS = {"name": "g", "vswitch": "s", "all_hosts": True}, {"name": "g", "vds": "s"}
VSWITCH = {"name": "s", "all_hosts": True}
CASES = [
    ("esxi_vswitch", {**VSWITCH, "network_policy": {"promiscuous_mode": False}}, [f"network_policy{THEIRS}security."]),
    ("esxi_vswitch", {**VSWITCH, "security": {"promiscuous_mode": False}}, [f"promiscuous_mode{THEIRS}promiscuous, with accept for true and"]),
    ("esxi_vswitch", {**VSWITCH, "nics": ["vmnic0"], "number_of_ports": 128}, [f"nics{THEIRS}uplinks.", f"number_of_ports{THEIRS}num_ports."]),
    ("esxi_vswitch", {**VSWITCH, "security": "reject"}, ["security names each policy here, as in security: {promiscuous: reject}."]),
    ("esxi_portgroup", {**GROUP, "hosts": ["h"]}, [f"hosts{THEIRS}esxi_hostnames."]),
    ("esxi_portgroup", {**GROUP, "security": {"mac_changes": False}}, [f"security.mac_changes{BOOLEANS}"]),
    ("vds_portgroup", {"portgroup_name": "g", "switch_name": "s"}, [f"portgroup_name{THEIRS}name.", f"switch_name{THEIRS}vds."]),
    ("vds_portgroup", {**VDS, "vlan_id": "5"}, [f"vlan_id{THEIRS}vlan, as in vlan: {{id: 101}}."]),
    ("vds_portgroup", {**VDS, "vlan": 5}, ["vlan is written vlan: {id: 101}"]),
    ("vds_portgroup", {**VDS, "mac_learning": True}, ["mac_learning holds other options here: allow_unicast_flooding, enabled,"]),
    ("vds_portgroup", {**VDS, "security": {"inherited": True}}, ["inherited is community.vmware's word; write inherit as the value of each policy"]),
    ("vds_port", {"vds": "s", "keys": ["1"], "security": {"forged_transmits": "no"}}, [f"security.forged_transmits{BOOLEANS}"]),
    (
        "esxi_switch_policy",
        {"all_hosts": True, "switches": [{"switch": "s", "port_groups": [{"name": "g", "security": {"allowPromiscuous": True}}]}]},
        [f"switch{THEIRS}name.", "allowPromiscuous is vSphere's API's word; here it is promiscuous"],
    ),
    (
        "linux_switch_policy",
        {"switches": [{"name": "br0", "security": {"promiscuous": False}, "ports": [{"name": "v0", "mac": "x", "ip": "y"}]}]},
        [f"switches.security.promiscuous{BOOLEANS}", "here it is macs.", "here it is addresses."],
    ),
    ("linux_switch_policy", {"switches": ["br0"]}, ["switches holds other options here: "]),
    ("linux_port_security", {"bridge": "br0", "ports": [{"name": "v0", "guards": {"bpdu": True}}]}, [f"ports.guards.bpdu{BOOLEANS}"]),
    ("linux_bridge", {"name": "br0", "stp_state": 0, "ageingtime": 300}, ["stp_state is iproute2's word; here it is stp", "ageingtime is nmcli's word"]),
    ("linux_bridge", {"name": "br0", "bridge-vlan-aware": True}, ["bridge-vlan-aware is ifupdown2's word; here it is vlan_filtering."]),
    ("linux_bridge_port", {"bridge": "br0", "interfaces": ["v0"], "flood": False}, ["here it is ports.", "here it is unicast_flood."]),
    ("linux_bridge_port", {"bridge": "br0", "ports": ["v0"], "bridge_learning": False}, ["bridge_learning is ifupdown2's word; here it is learning."]),
    (
        "linux_bridge",
        {"name": "br0", "slavepriority": 8, "bridge-portprios": "v0=8"},
        ["slavepriority is nmcli's word; it is a port's, which linux_bridge_port writes.", "bridge-portprios is ifupdown2's word; it is a port's"],
    ),
    (
        "linux_bridge_port",
        {"bridge": "br0", "ports": ["v0"], "slavepriority": 8, "bridge-bridgeprio": 8},
        ["slavepriority is nmcli's word; here it is priority.", "bridge-bridgeprio is ifupdown2's word; it is the bridge's, which linux_bridge writes."],
    ),
    (
        "linux_bridge",
        {"name": "br0", "mstpctl-treeprio": 8, "ip4": "192.0.2.1/24"},
        ["mstpctl-treeprio is ifupdown2's word; here it is priority, for the kernel's STP.", "ip4 is nmcli's word; addresses of the host are left alone."],
    ),
    ("virtual_link", {"type": "veth"}, ["type is nmcli's word; here it is kind."]),
    ("esxi_vswitch", {**VSWITCH, "security": '{"promiscuous_mode": false}'}, [f"promiscuous_mode{THEIRS}promiscuous, with accept for true and"]),
    ("esxi_software", {"hosts": ["h"]}, [f"hosts{THEIRS}esxi_hostnames."]),
]


@pytest.mark.parametrize("module, params, wanted", CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_module_says_so(module: str, params: dict[str, Any], wanted: Any) -> None:
    """Beside what Ansible itself says, in check mode too, with the code of wrong input."""
    given = params if module.startswith("linux") else {**VSPHERE, **params}
    for check in (True, False):
        result = run_module(module, check, **given)
        assert result["failed"] and result["error_code"] == "invalid", result
        for words in wanted:
            assert words in result["msg"], result["msg"]


@pytest.mark.parametrize("given", ['{"promiscuous": "reject"}', "promiscuous=reject", "promiscuous=reject, mac_changes=inherit"])
def test_what_ansible_takes_for_a_mapping_is_one(given: str) -> None:
    """It is none of the faults of a task that has others."""
    result = run_module("esxi_vswitch", **{**VSPHERE, **VSWITCH, "nics": ["vmnic0"], "security": given})
    assert "uplinks" in result["msg"] and "security" not in result["msg"].split("Supported parameters")[0], result["msg"]


def test_what_nobody_knows_has_no_hint() -> None:
    """Ansible's own words stand alone."""
    result = run_module("linux_bridge", name="br0", colour="blue")
    assert result["msg"].startswith("Unsupported parameters for")


def test_all_adapters_make_the_module_that_gives_hints() -> None:
    """AnsibleModule itself is made by nobody else, and a module of files is one of those."""
    made = set()
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("AnsibleModule", "Module", "FileModule"):
                made.add((path.name, node.func.id))  # type: ignore[attr-defined]
    adapters = [("linux", "fleet", "jobs", "read", "session"), ("file", "media")]
    assert made == {(f"{name}.py", kind) for kind, names in zip(("Module", "FileModule"), adapters) for name in names} and issubclass(FileModule, Module)
