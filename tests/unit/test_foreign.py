# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that other tools have for our options: a module that refuses one says how it is called here."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, Dict, Iterator, Set

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import bridge, fdb, link, port, port_security, switch_policy, vlan
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import foreign
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere import dv_groups, dv_ports, policy, portgroup, vswitch

from ..netns.conftest import run_module

ROOT = Path(__file__).resolve().parent.parent.parent
SPECS: Dict[str, Dict[str, Any]] = {
    "linux_bridge": bridge.spec(), "linux_bridge_fdb": fdb.spec(), "linux_bridge_port": port.spec(), "linux_bridge_vlan": vlan.spec(),
    "virtual_link": link.spec(), "linux_port_security": port_security.spec(), "linux_switch_policy": switch_policy.spec(),
    "esxi_vswitch": vswitch.spec(), "esxi_portgroup": portgroup.spec(), "vds_portgroup": dv_groups.spec(), "vds_port": dv_ports.spec(),
    "esxi_switch_policy": policy.spec(),
}
VSPHERE = {"hostname": "192.0.2.1", "username": "u", "password": "secret-word"}


def places(spec: Dict[str, Any]) -> Iterator[Dict[str, Any]]:
    """Of options: the module's own, and those in others."""
    yield spec
    for option in spec.values():
        if option.get("options"):
            yield from places(option["options"])


def names(spec: Dict[str, Any]) -> Set[str]:
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


CASES = [
    ("esxi_vswitch", {"name": "s", "all_hosts": True, "network_policy": {"promiscuous_mode": False}}, ["network_policy is community.vmware's word; here it is security."]),
    ("esxi_vswitch", {"name": "s", "all_hosts": True, "security": {"promiscuous_mode": False}}, ["here it is promiscuous, with accept for true and reject for false."]),
    ("esxi_vswitch", {"name": "s", "esxi_hostname": "h", "nics": ["vmnic0"], "number_of_ports": 128}, ["here it is uplinks.", "here it is num_ports."]),
    ("esxi_portgroup", {"name": "g", "vswitch": "s", "hosts": ["h"]}, ["hosts is community.vmware's word; here it is esxi_hostnames."]),
    ("esxi_portgroup", {"name": "g", "hosts": ["h"], "security": {"mac_changes": False}}, ["security.mac_changes: true is written accept here, and false reject."]),
    ("vds_portgroup", {"portgroup_name": "g", "switch_name": "s", "vlan_id": "5"}, ["here it is name.", "here it is vds.", "here it is vlan, as in vlan: {id: 101}."]),
    ("vds_portgroup", {"name": "g", "vds": "s", "vlan": 5}, ["vlan is written vlan: {id: 101}"]),
    ("vds_portgroup", {"name": "g", "vds": "s", "mac_learning": True}, ["mac_learning holds other options here: allow_unicast_flooding, enabled,"]),
    ("esxi_vswitch", {"name": "s", "all_hosts": True, "security": "reject"}, ["security names each policy here, as in security: {promiscuous: reject}."]),
    ("linux_switch_policy", {"switches": ["br0"]}, ["switches holds other options here: "]),
    ("vds_portgroup", {"name": "g", "vds": "s", "security": {"inherited": True}}, ["write inherit as the value of each policy"]),
    ("vds_port", {"vds": "s", "keys": ["1"], "security": {"forged_transmits": "no"}}, ["security.forged_transmits: true is written accept here"]),
    ("esxi_switch_policy", {"all_hosts": True, "switches": [{"switch": "s", "port_groups": [{"name": "g", "security": {"allowPromiscuous": True}}]}]},
     ["switch is community.vmware's word; here it is name.", "allowPromiscuous is vSphere's API's word; here it is promiscuous"]),
    ("linux_switch_policy", {"switches": [{"name": "br0", "security": {"promiscuous": False}, "ports": [{"name": "v0", "mac": "x", "ip": "y"}]}]},
     ["switches.security.promiscuous: true is written accept here, and false reject.", "here it is macs.", "here it is addresses."]),
    ("linux_port_security", {"bridge": "br0", "ports": [{"name": "v0", "guards": {"bpdu": True}}]}, ["ports.guards.bpdu: true is written accept here"]),
    ("linux_bridge", {"name": "br0", "stp_state": 0, "ageingtime": 300}, ["stp_state is iproute2's word; here it is stp", "ageingtime is nmcli's word"]),
    ("linux_bridge", {"name": "br0", "bridge-vlan-aware": True}, ["bridge-vlan-aware is ifupdown2's word; here it is vlan_filtering."]),
    ("linux_bridge_port", {"bridge": "br0", "interfaces": ["v0"], "flood": False}, ["here it is ports.", "here it is unicast_flood."]),
    ("linux_bridge_port", {"bridge": "br0", "ports": ["v0"], "bridge_learning": False}, ["bridge_learning is ifupdown2's word; here it is learning."]),
    ("esxi_software", {"hosts": ["h"]}, ["hosts is community.vmware's word; here it is esxi_hostnames."]),
]


@pytest.mark.parametrize("module, params, wanted", CASES, ids=lambda value: value if isinstance(value, str) else "")
def test_a_module_says_so(module: str, params: Dict[str, Any], wanted: Any) -> None:
    """Beside what Ansible itself says, in check mode too, with the code of wrong input."""
    given = params if module.startswith("linux") else {**VSPHERE, **params}
    for check in (True, False):
        result = run_module(module, check, **given)
        assert result["failed"] and result["error_code"] == "invalid", result
        for words in wanted:
            assert words in result["msg"], result["msg"]


def test_what_nobody_knows_has_no_hint() -> None:
    """Ansible's own words stand alone."""
    result = run_module("linux_bridge", name="br0", colour="blue")
    assert result["msg"].startswith("Unsupported parameters for")


def test_all_adapters_make_the_module_that_gives_hints() -> None:
    """AnsibleModule itself is made by nobody else."""
    made = set()
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("AnsibleModule", "Module"):
                made.add((path.name, node.func.id))  # type: ignore[attr-defined]
    assert {name for _path, name in made} == {"Module"} and len(made) == 5
