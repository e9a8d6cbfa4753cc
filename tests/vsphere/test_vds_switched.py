# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of groups and ports that are on or off, each row of the table in fields.py: govc and messages written by hand say what came of it."""

from __future__ import annotations

from typing import Any, Dict

import pytest

from tests.oracle.distributed import GROUP, allow, override, ports, reconfigure, reconfigure_switch, setting, version
from tests.oracle.vsphere import Client

from .distributed import Switches
from .fields import SWITCHED

ONE: Dict[str, Any] = {"vds": "vds1", "name": "dvpg01"}
OF_GROUPS = sorted(name for name, row in SWITCHED.items() if row.group)
OF_PORTS = sorted(name for name, row in SWITCHED.items() if row.flag)


def of_port(vsphere: Client, key: str, native: str) -> Dict[str, Any]:
    """A policy of a port, in which all is text."""
    found: Dict[str, Any] = ports(vsphere, portKey=[key])[0]["config"]["setting"][native]
    return found


@pytest.mark.parametrize("name", OF_GROUPS)
def test_of_a_group(vcenter: Switches, name: str) -> None:
    """Its own value, on and off, and back to the switch's; nothing else of the group changes."""
    vsphere, native = vcenter.vsphere, SWITCHED[name].native
    before = setting(vsphere)
    assert before[native]["inherited"] is True
    for value in (True, False):
        result = vcenter.cycle("vds_portgroup", **ONE, **{name: value})
        assert setting(vsphere) == {**before, native: {"inherited": False, "value": value}}
        assert result["effective"]["dvpg01"][name] is value
    # Not the same as the switch's value: of its own it stays what it is.
    reconfigure_switch(vsphere, **{native: {"inherited": False, "value": True}})
    vcenter.cycle("vds_portgroup", False, **ONE, **{name: False})
    result = vcenter.cycle("vds_portgroup", **ONE, **{name: "inherit"})
    assert setting(vsphere)[native] == {"inherited": True, "value": True} and result["effective"]["dvpg01"][name] is True
    # Absent: whatever it is.
    vcenter.cycle("vds_portgroup", **ONE, vlan={"id": 7})
    assert setting(vsphere)[native] == {"inherited": True, "value": True}


@pytest.mark.parametrize("name", OF_GROUPS)
def test_of_a_new_group(vcenter: Switches, name: str) -> None:
    """Given or not."""
    vsphere, native = vcenter.vsphere, SWITCHED[name].native
    reconfigure_switch(vsphere, **{native: {"inherited": False, "value": True}})
    for group, options, wanted in (("a", {}, {"inherited": True, "value": True}), ("b", {name: False}, {"inherited": False, "value": False})):
        vcenter.cycle("vds_portgroup", vds="vds1", name=group, vlan={"id": 5}, **options)
        assert setting(vsphere, f"/dc1/network/{group}")[native] == wanted


@pytest.mark.parametrize("name", OF_PORTS)
def test_of_a_port(vcenter: Switches, name: str) -> None:
    """Refused without its flag, set and reset with it; reset needs none. What the group has is in effect where the port inherits."""
    vsphere, row = vcenter.vsphere, SWITCHED[name]
    port = ports(vsphere, portgroupKey=vsphere.collect(GROUP, "key"), inside=True)[1]
    one: Dict[str, Any] = {"vds": "vds1", "keys": [port["key"]]}
    allow(vsphere, **{row.flag: False})
    refused = vcenter.refused("vds_port", "unsupported", f"set port_policy.{row.option_of_flag}: true", **one, **{name: True})
    assert (refused["option"], refused["flag"]) == (name, row.flag)
    allow(vsphere, **{row.flag: True})
    seen = version(vsphere)
    for value in (True, False):
        result = vcenter.cycle("vds_port", **one, **{name: value})
        assert of_port(vsphere, port["key"], row.native) == {"inherited": "false", "value": str(value).lower()}
        assert result["ports"][port["key"]]["effective"][name] is value and result["ports"][port["key"]]["other_overrides"] == []
    vcenter.cycle("vds_port", False, **one, **{name: False})
    allow(vsphere, **{row.flag: False})
    reconfigure(vsphere, defaultPortConfig={row.native: {"inherited": False, "value": True}})
    assert int(version(vsphere)) == int(seen) + 2, "the module wrote to the group"
    result = vcenter.cycle("vds_port", vds="vds1", port_group="dvpg01", state="inherited", reset=[name])
    assert list(result["ports"]) == [port["key"]] and result["ports"][port["key"]]["effective"][name] is True
    assert of_port(vsphere, port["key"], row.native) == {"inherited": "true", "value": "true"}


@pytest.mark.parametrize("name", sorted({*OF_GROUPS} & {*OF_PORTS}))
def test_of_a_port_that_is_to_inherit(vcenter: Switches, name: str) -> None:
    """By the word, without its flag, as with state: inherited."""
    vsphere, row = vcenter.vsphere, SWITCHED[name]
    port = ports(vsphere, portgroupKey=vsphere.collect(GROUP, "key"), inside=True)[0]
    allow(vsphere, **{row.flag: True})
    override(vsphere, port, **{row.native: {"inherited": False, "value": True}})
    allow(vsphere, **{row.flag: False})
    vcenter.cycle("vds_port", vds="vds1", keys=[port["key"]], **{name: "inherit"})
    assert of_port(vsphere, port["key"], row.native) == {"inherited": "true", "value": "false"}


def test_words_that_are_none(vcenter: Switches) -> None:
    """Ansible itself refuses them, and takes the text that a template makes of a bool."""
    assert "value of netflow must be one of" in vcenter.run("vds_portgroup", True, **ONE, netflow="maybe")["msg"]
    assert vcenter.ok("vds_portgroup", True, **ONE, netflow="True")["changed"]
    plain = vcenter.ok("vds_portgroup", True, **ONE, netflow=True)
    assert plain["changed"] and not plain.get("warnings"), "a bool is warned about"
    assert not vcenter.ok("vds_portgroup", True, **ONE, netflow="inherit")["changed"]
