# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role passes on every option that its modules have: none is forgotten, none is left over."""

from __future__ import annotations

from typing import Any, Dict

import pytest
import yaml
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import bridge, fdb, link, port, vlan

from .conftest import ROOT

ROLE = ROOT / "roles" / "kvm_bridge_host"
MODULES: Dict[str, Any] = {
    "links": ("virtual_link", link), "bridges": ("linux_bridge", bridge), "ports": ("linux_bridge_port", port), "vlans": ("linux_bridge_vlan", vlan),
    "fdb": ("linux_bridge_fdb", fdb),
}
OF_ALL_ITEMS = ("allow_management", "rollback_timeout")
# What the role itself knows, from its other variables.
OF_THE_ROLE = {"pinned_later": "{{ kvm_bridge_host_pinned_ports }}"}


def public(spec: Dict[str, Any]) -> Dict[str, Any]:
    """What a user may write: type, elements, choices and options; the modules' defaults stay the modules'."""
    wanted = ("type", "elements", "choices", "required")
    table: Dict[str, Any] = {}
    for name, each in spec.items():
        if name.startswith("_") or name in OF_THE_ROLE:
            continue
        table[name] = {word: each[word] for word in wanted if each.get(word) not in (None, False)}
        if "options" in each:
            table[name]["options"] = public(each["options"])
    return table


@pytest.mark.parametrize("variable", MODULES)
def test_argument_specs(variable: str) -> None:
    """As the module itself declares them."""
    content = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())
    items = content["argument_specs"]["main.yml"]["options"][f"kvm_bridge_host_{variable}"]
    assert public(items["options"]) == public(MODULES[variable][1].spec())


@pytest.mark.parametrize("variable", MODULES)
def test_tasks(variable: str) -> None:
    """Each option from the item of the same name."""
    name, module = MODULES[variable]
    listed = yaml.safe_load((ROLE / "tasks" / "manage.yml").read_text())
    tasks = {task["loop"]: task for task in listed if "loop" in task and task["name"].startswith("Manage ")}
    passed = tasks["{{ kvm_bridge_host_given." + variable + " }}"][f"virtnet.hardening.{name}"]
    for option, spec in public(module.spec()).items():
        default = f"kvm_bridge_host_given.{option}" if option in OF_ALL_ITEMS else "omit"
        expected = "{{ item." + option + ("" if spec.get("required") else f" | default({default})") + " }}"
        assert passed.pop(option) == expected
    assert passed == {option: value for option, value in OF_THE_ROLE.items() if option in module.spec()}


def test_defaults_are_documented() -> None:
    """The same variables and values in defaults, argument_specs and README."""
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    options = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main.yml"]["options"]
    assert {name: option["default"] for name, option in options.items()} == defaults
    readme = (ROLE / "README.md").read_text()
    assert [name for name in defaults if f"| `{name}` |" not in readme] == []
