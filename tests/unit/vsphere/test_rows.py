# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each row of the table for distributed groups and ports: that the API has it, that it is written and read, tried and documented."""

from __future__ import annotations

import ast
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Iterator

import pytest
import yaml
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import VSPHERE
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import INHERIT, Field
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import expand, flatten, groups, ports
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.fields import VDS_PORT, VDS_PORTGROUP

from tests.vsphere import fields as tried

pytest.importorskip("pyVmomi", reason="pyVmomi is not installed")
from pyVmomi import vim  # noqa: E402

ROOT = Path(__file__).resolve().parents[3] / "plugins"
TYPES = vim.dvs.VmwareDistributedVirtualSwitch
ROWS = {**VDS_PORTGROUP.fields, **VDS_PORT.fields}
SPECS = {"vds_portgroup": groups.spec(), "vds_port": ports.spec()}
KINDS = {"vds_portgroup": VDS_PORTGROUP, "vds_port": VDS_PORT}
# Where the API has what is on a wire, and of what type, if it is always the same.
HOLDERS: dict[str, tuple[Any, Any]] = {
    "vlan": (TYPES.VmwarePortConfigPolicy, TYPES.VlanSpec),
    "bool_policy": (TYPES.VmwarePortConfigPolicy, vim.BoolPolicy),
    "mac_management": (TYPES.MacManagementPolicy, bool),
    "mac_learning": (TYPES.MacLearningPolicy, None),
    "flag": (TYPES.VMwarePortgroupPolicy, bool),
    "config": (vim.dvs.DistributedVirtualPortgroup.ConfigSpec, None),
}
# Values of each row, its own ones first; typed here, as what the table says of itself proves nothing.
VALUES: dict[str, tuple[Any, ...]] = {
    "vlan": ("7", "trunk 1-9", INHERIT),
    "netflow": (True, False, INHERIT),
    "blocked": (True, False, INHERIT),
    **dict.fromkeys(("promiscuous", "mac_changes", "forged_transmits"), ("accept", "reject", INHERIT)),
    "mac_learning_enabled": (True, False),
    "mac_learning_allow_unicast_flooding": (True, False),
    "mac_learning_limit": (0, 4096),
    "mac_learning_limit_policy": ("allow", "drop"),
    "ports": (0, 9),
    "binding": ("static", "ephemeral"),
    "auto_expand": (True, False),
    **{name: (True, False) for name in tried.FLAGS},
}


def none_of(sentence: str, names: set[str]) -> None:
    """Fails with the names."""
    assert not names, f"{sentence} {', '.join(sorted(names))}"


def test_each_row_has_values() -> None:
    """Without them nothing below, and nothing on the simulator, tries it."""
    none_of("only one of flatten.WIRES and expand.WIRES has", set(flatten.WIRES) ^ set(expand.WIRES))
    none_of("HOLDERS of this file has no wire", {flatten.wire(field) for field in ROWS.values()} - set(HOLDERS))
    none_of("VALUES of this file has no values of", set(ROWS) - set(VALUES))
    none_of("the table has no row of", set(VALUES) - set(ROWS))
    single = {field.name for field in flatten.policies() if flatten.wire(field) == "bool_policy"}
    none_of("SWITCHED of tests/vsphere/fields.py, by which the simulator is tried, has no", single - set(tried.SWITCHED))
    flags = {name for name, field in ROWS.items() if flatten.wire(field) == "flag"}
    none_of("FLAGS of tests/vsphere/fields.py, by which the simulator is tried, has no", flags - set(tried.FLAGS))


@pytest.mark.parametrize("name", sorted(ROWS))
def test_the_api_has_it(name: str) -> None:
    """Under the name and with the type of its wire, by the types of pyVmomi, and its flag among those of a group."""
    field = ROWS[name]
    holder, kind = HOLDERS[flatten.wire(field)]
    known = {each.name: each.type for each in holder._GetPropertyList()}
    assert field.natives[VSPHERE].key in known, f"{holder.__name__} has no {field.natives[VSPHERE].key}"
    assert kind in (None, known[field.natives[VSPHERE].key]), known[field.natives[VSPHERE].key]
    if name in VDS_PORT.fields:
        assert field.override in VDS_PORTGROUP.fields and flatten.wire(VDS_PORTGROUP.fields[field.override]) == "flag", f"{name} needs no flag of the group"


def blank() -> Any:
    """A setting in which all is inherited."""
    no = vim.BoolPolicy(inherited=True, value=False)
    learning = TYPES.MacLearningPolicy(inherited=False, enabled=False)
    return TYPES.VmwarePortConfigPolicy(
        vlan=TYPES.VlanIdSpec(inherited=True, vlanId=0),
        macManagementPolicy=TYPES.MacManagementPolicy(
            inherited=False, allowPromiscuous=False, macChanges=False, forgedTransmits=False, macLearningPolicy=learning
        ),
        **{flatten.native(field): no for field in flatten.policies() if flatten.wire(field) == "bool_policy"},
    )


def changes(field: Field, value: Any) -> dict[str, Any]:
    """The row's value, with what one flag of inheritance needs beside it."""
    return dict.fromkeys(flatten.SECURITY_NAMES, value) if value == INHERIT and flatten.wire(field) == "mac_management" else {field.name: value}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in sorted(VALUES) for value in VALUES[name]])
def test_what_is_written_is_read(name: str, value: Any) -> None:
    """Each value, in the one place of the API; and it is what is told as in effect, where it is the object's own."""
    field = ROWS[name]
    asked = changes(field, value)
    if flatten.wire(field) in ("flag", "config"):
        config = SimpleNamespace(
            configVersion="1", defaultPortConfig=blank(), policy=TYPES.VMwarePortgroupPolicy(), numPorts=3, type="lateBinding", autoExpand=None
        )
        spec = expand.group_spec(vim, config, asked)
        written = SimpleNamespace(
            **{**vars(config), **{key: getattr(spec, key) for key in ("policy", "numPorts", "type", "autoExpand") if getattr(spec, key) is not None}}
        )
        assert flatten.group(written, True)[name] == value and spec.defaultPortConfig is None
        return
    made = expand.setting(vim, blank(), asked)
    for kind in (kind for kind in KINDS.values() if name in kind.fields):
        assert flatten.setting_fields(made, True, kind)[name] == value
    if value != INHERIT:
        assert flatten.effective_fields(made, True)[name] == value
    sent = {each.name for each in made._GetPropertyList() if getattr(made, each.name, None)}
    assert len(sent) == 1, f"{name} sends {sent}"


@pytest.mark.parametrize("name", sorted(field.name for field in flatten.policies()))
def test_a_new_group_inherits_it(name: str) -> None:
    """What is not given of a group that is made is the switch's."""
    current = blank()
    for field in flatten.policies():
        getattr(current, flatten.native(field)).inherited = False
    made = expand.inheriting(current)
    assert getattr(made, flatten.native(ROWS[name])).inherited is True


def documented(module: str) -> dict[str, Any]:
    """The options of a module, those of its fragments too."""
    texts = [ROOT / "modules" / f"{module}.py", ROOT / "doc_fragments" / "_vds.py"]
    found: dict[str, Any] = {}
    for text in texts:
        for node in ast.walk(ast.parse(text.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
                found.update(yaml.safe_load(ast.literal_eval(node.value))["options"])
    return found


def leaves(options: dict[str, Any], below: str, above: str = "") -> Iterator[tuple[str, Any]]:
    """Each option with those that it consists of."""
    for name, option in options.items():
        yield above + name, option
        yield from leaves(option.get(below) or {}, below, f"{above}{name}.")


@pytest.mark.parametrize("module", sorted(SPECS))
def test_each_row_is_an_option_and_documented(module: str) -> None:
    """With the choices and the type that the row has; what can be reset is told where that is."""
    wanted, told = dict(leaves(SPECS[module], "options")), dict(leaves(documented(module), "suboptions"))
    none_of(f"the documentation of {module} and _vds has no option", set(wanted) - set(told))
    for name, option in wanted.items():
        assert told[name]["type"] == option["type"], name
        assert set(told[name].get("choices", ())) == set(option.get("choices", ())), name
    last: set[str] = {name.split(".")[-1] for name in wanted} | {name.replace("mac_learning.", "mac_learning_") for name in wanted}
    none_of(f"{module} has no option for", set(KINDS[module].fields) - last)
