# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles pass on every option that their modules have: none is forgotten, none is left over."""

from __future__ import annotations

from typing import Any, Iterator

import pytest
import yaml

from tests.argument_specs import declared

from .conftest import ROOT

KVM, ESXI = "kvm_bridge_host", "esxi_network_policy"
# A list of items with the options of a module, by the variable.
ITEMS = {"links": "virtual_link", "bridges": "linux_bridge", "ports": "linux_bridge_port", "vlans": "linux_bridge_vlan", "fdb": "linux_bridge_fdb"}
OF_ALL_ITEMS = ("allow_management", "rollback_timeout")
# What the role itself knows, from its other variables.
OF_THE_ROLE = {"pinned_later": "{{ kvm_bridge_host_pinned_ports }}"}
# Modules of which each option is a variable, by role and name of the task; and the options whose variable is not named after them.
WHOLE = {(KVM, "Manage policy"): "linux_switch_policy", (ESXI, "Enforce the policy"): "esxi_switch_policy"}
NAMED = {(KVM, "switches"): "policy", (KVM, "purge"): "policy_purge", (KVM, "missing"): "policy_missing"}
# A policy deletes nothing and changes no VLAN, MTU or uplink, so there is nothing to allow (_vsphere, management).
LEFT_OUT = {(ESXI, "allow_management")}
# The task takes it from a fact that the role works out of the variable.
WORKED_OUT = {(KVM, "switches"): "{{ kvm_bridge_host_policy_now }}"}


def public(spec: dict[str, Any]) -> dict[str, Any]:
    """What a user may write: type, elements, choices and options; the modules' defaults stay the modules'."""
    wanted = ("type", "elements", "choices", "required")
    table: dict[str, Any] = {}
    for name, each in spec.items():
        if name.startswith("_") or name in OF_THE_ROLE:
            continue
        table[name] = {"type": "str", **{word: each[word] for word in wanted if each.get(word) not in (None, False)}}
        if "options" in each:
            table[name]["options"] = public(each["options"])
    return table


def variables(role: str) -> dict[str, Any]:
    """The argument spec of a role."""
    content = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())
    return dict(content["argument_specs"]["main.yml"]["options"])


def tasks(role: str, file: str) -> list[dict[str, Any]]:
    """The tasks of a role."""
    return list(yaml.safe_load((ROOT / "roles" / role / "tasks" / file).read_text()))


@pytest.mark.parametrize("variable", ITEMS)
def test_argument_specs(variable: str) -> None:
    """As the module itself declares them."""
    assert public(variables(KVM)[f"{KVM}_{variable}"]["options"]) == public(declared(ITEMS[variable]))


@pytest.mark.parametrize("variable", ITEMS)
def test_tasks(variable: str) -> None:
    """Each option from the item of the same name."""
    found = {task["loop"]: task for task in tasks(KVM, "manage.yml") if "loop" in task and task["name"].startswith("Manage ")}
    passed = found["{{ kvm_bridge_host_given." + variable + " }}"][f"virtnet.hardening.{ITEMS[variable]}"]
    spec = declared(ITEMS[variable])
    for option, each in public(spec).items():
        default = f"kvm_bridge_host_given.{option}" if option in OF_ALL_ITEMS else "omit"
        expected = "{{ item." + option + ("" if each.get("required") else f" | default({default})") + " }}"
        assert passed.pop(option, "nothing") == expected
    assert passed == {option: value for option, value in OF_THE_ROLE.items() if option in spec}


def options_of(role: str, module: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each option of a module that is a variable of a role, with the name of that without the role's."""
    for option, each in public(declared(module)).items():
        if (role, option) not in LEFT_OUT:
            yield option, NAMED.get((role, option), option), each


@pytest.mark.parametrize(("role", "task"), WHOLE)
def test_a_variable_for_each_option(role: str, task: str) -> None:
    """Of the same type, with the same choices and options below it, and passed on."""
    file = "manage.yml" if role == KVM else "main.yml"
    passed = next(each for each in tasks(role, file) if each["name"] == task)[f"virtnet.hardening.{WHOLE[role, task]}"]
    known = variables(role)
    for option, variable, each in options_of(role, WHOLE[role, task]):
        assert f"{role}_{variable}" in known, f"{role} has no variable for the option {option} of {WHOLE[role, task]}"
        said = public({variable: known[f"{role}_{variable}"]})[variable]
        assert said == {word: value for word, value in each.items() if word != "required"}, option
        value = passed.pop(option, "nothing")
        wanted = [WORKED_OUT.get((role, option), "{{ " + f"{role}_given.{variable}" + " }}"), "{{ " + f"{role}_given.{variable} | default(omit)" + " }}"]
        # A secret is in no fact.
        wanted += ["{{ " + f"{role}_{variable} | default(omit, true)" + " }}"] if known[f"{role}_{variable}"].get("no_log") else []
        assert value in wanted, option
    assert passed == {}


def test_defaults_are_documented() -> None:
    """The same variables and values in defaults, argument_specs and README."""
    defaults = yaml.safe_load((ROOT / "roles" / KVM / "defaults" / "main.yml").read_text())
    assert {name: option["default"] for name, option in variables(KVM).items()} == defaults
    readme = (ROOT / "roles" / KVM / "README.md").read_text()
    assert [name for name in defaults if f"| `{name}` |" not in readme] == []
