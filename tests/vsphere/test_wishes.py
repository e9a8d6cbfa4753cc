# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wishes that reach nothing: a warning that names what there is, in check mode too, and no word of what was not looked at."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from .conftest import World
from .distributed import Switches
from .test_policy import HOSTS, REJECT

INHERIT = dict.fromkeys(REJECT, "inherit")


@pytest.fixture(name="site")
def _site(lab: Callable[..., Switches]) -> Switches:
    """A vCenter with two hosts, and a group on the first alone."""
    site = lab("--hosts", "2", "--nsx")
    site.vsphere.govc("host.portgroup.add", "-host", f"/dc1/host/cluster1/{HOSTS[0]}", "-vswitch", "vSwitch0", "old")
    return site


def told(world: World, module: str, **params: Any) -> list[str]:
    """The warnings of a check and of a real run, which are the same, of a task that changes nothing."""
    found = []
    for check in (True, False):
        result = world.ok(module, check, **params)
        assert not result["changed"], result
        found.append([each["event"]["msg"] if isinstance(each, dict) else str(each) for each in result.get("warnings", [])])
    assert found[0] == found[1]
    return found[0]


CASES: list[Any] = [
    (
        "esxi_portgroup",
        {"all_hosts": True, "name": "odl", "state": "absent"},
        ["name: no host that was looked at has a standard port group odl; close to it: old."],
    ),
    (
        "esxi_vswitch",
        {"all_hosts": True, "name": "vswitch1", "state": "absent"},
        ["name: no host that was looked at has a standard switch vswitch1; close to it: vSwitch0."],
    ),
    (
        "vds_portgroup",
        {"vds": "vds1", "names": ["gone", "web*"], "state": "absent"},
        ["names: no port group of vds1 matches web*; there are dvpg01, dvpg02.", "port group gone: vds1 has none of that name; there are dvpg01, dvpg02."],
    ),
    (
        "vds_portgroup",
        {"vds": "vds1", "names": ["web*", "dvpg01"], "security": INHERIT},
        ["names: no port group of vds1 matches web*; there are dvpg01, dvpg02."],
    ),
    (
        "vds_portgroup",
        {"vds": "vds1", "names": ["nsx-*"], "security": REJECT},
        ["names: nsx-* means no port group of vds1 that can be changed.", "Nothing was looked at: nothing that is there matches what is asked for."],
    ),
    (
        "esxi_vm_registration",
        {"all_hosts": True, "datastores": ["data*", "lun*"], "names": ["vm*", "web"], "state": "present"},
        [
            "esxi01.lab.example, esxi02.lab.example: datastores: no chosen host has one that matches lun*; there is datastore1.",
            "names: no host that was looked at has web; there are vm01-1, vm02-1.",
        ],
    ),
    (
        "esxi_vm_registration",
        {"all_hosts": True, "names": ["web*"], "state": "absent"},
        ["names: no host that was looked at has web*; there are vm01-1, vm02-1.", "Nothing was looked at: nothing that is there matches what is asked for."],
    ),
    (
        "esxi_software",
        {"all_hosts": True, "names": ["Partner-toll"], "state": "absent"},
        ["names: no host that was looked at has Partner-toll; close to it: Partner-tool, partner-tool."],
    ),
]


@pytest.mark.own_code
@pytest.mark.parametrize(("module", "params", "words"), CASES)
def test_what_means_nothing_is_a_warning(site: Switches, module: str, params: dict[str, Any], words: list[str]) -> None:
    """With what there is."""
    assert told(site, module, **params) == words


@pytest.mark.own_code
def test_one_host_is_enough(site: Switches) -> None:
    """What some of the hosts have is no mistyped name."""
    result = site.ok("esxi_portgroup", True, all_hosts=True, name="old", state="absent")
    assert result["changed"] and not result.get("warnings") and "1 object was looked at" in result["hosts"][HOSTS[1]]["msg"]


@pytest.mark.own_code
def test_ports_that_are_not_there(site: Switches) -> None:
    """A group without ports has none to reset."""
    site.ok("vds_portgroup", False, vds="vds1", name="empty", vlan={"id": 9}, ports=0, auto_expand=False)
    words = told(site, "vds_port", vds="vds1", port_group="empty", state="inherited")
    assert words[0] == "port_group: empty of vds1 has no ports, so nothing was looked at."
    counted = site.ok("vds_port", True, vds="vds1", port_group="dvpg01", state="inherited")
    assert "8 objects were looked at" in counted["msg"] and not counted.get("warnings")


@pytest.mark.own_code
@pytest.mark.parametrize(
    ("module", "params"), [("esxi_portgroup", {"name": "pg01", "security": INHERIT}), ("esxi_vm_registration", {"names": ["vm*"]}), ("esxi_software", {})]
)
def test_hosts_that_can_not_be_seen(site: Switches, module: str, params: dict[str, Any]) -> None:
    """All of a cluster or inventory are meant, and not all are there: nothing is done on a part of them. Who is named is there."""
    site.control("POST", "properties", {"object": HOSTS[1], "as": "hidden"})
    for choice in ({"all_hosts": True}, {"cluster_name": "cluster1"}, {"datacenter": "dc1"}):
        site.refused(module, "unreadable", "cluster1 has 2 hosts, and the user sees 1 of them", "name hosts with esxi_hostnames", **choice, **params)
    assert not site.ok(module, False, esxi_hostname=HOSTS[0], **params)["changed"]
    site.refused(module, "invalid", f"there is no host {HOSTS[1]}", esxi_hostname=HOSTS[1], **params)
