# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""esxi_portgroup: four values a field, on switches of every kind, and all else left alone."""

from __future__ import annotations

import json
from itertools import product
from typing import Any, Callable

import pytest

from .conftest import FIELDS, POLICIES, REAL_ONLY, World, group, vswitch
from .test_vswitch import HOST, NAME, furnish, without_security

VALUES = (None, "inherit", "accept", "reject")


def native(values: list[str]) -> dict[str, bool]:
    """As the API shows them: what inherits is not set."""
    return {key: value == "accept" for key, value in zip(FIELDS, values) if value != "inherit"}


def groups(world: World, name: str) -> dict[str, dict[str, Any]]:
    """A group on every host, by the host's name, read by govc at once."""
    shown = world.vsphere.govc("object.collect", "-json", "-type", "h", "/", "name", "config.network.portgroup")
    found, decoder, place = {}, json.JSONDecoder(), 0
    while place < len(shown.rstrip()):
        each, place = decoder.raw_decode(shown, place)
        place += len(shown[place:]) - len(shown[place:].lstrip())
        values = {change["name"]: change["val"] for change in each["changeSet"]}
        found[values["name"]] = group({"portgroup": values["config.network.portgroup"]["_value"]}, name)
    return found


def _checked(world: World, asked: dict[str, Any]) -> dict[str, Any]:
    """The check run, which must not write."""
    world.control("POST", "calls/reset")
    checked = world.ok("esxi_portgroup", True, all_hosts=True, name="pg01", security=asked)
    assert not world.writes(), "the check run wrote"
    return checked


def test_every_combination_on_every_switch(world_of: Callable[..., World]) -> None:
    """4^3 wishes for a group times the 2^3 policies of its switch: eight hosts with a switch each, and one wish after the other."""
    world = world_of("--hosts", "8", "--groups", "1", "--vms", "0", "--dv-groups", "0")
    parents = {}
    for path, parent in zip(world.hosts(), product(("reject", "accept"), repeat=3)):
        world.ok("esxi_vswitch", esxi_hostname=path.rsplit("/", 1)[1], name="vSwitch0", security=dict(zip(POLICIES, parent)))
        parents[path.rsplit("/", 1)[1]] = list(parent)
    own = ["inherit", "inherit", "inherit"]
    for wish in product(VALUES, repeat=3):
        asked = {policy: value for policy, value in zip(POLICIES, wish) if value is not None}
        # The check run plans by the same code whatever is left out.
        checked = _checked(world, asked) if None not in wish else {}
        real = world.ok("esxi_portgroup", all_hosts=True, name="pg01", security=asked)
        assert not world.ok("esxi_portgroup", all_hosts=True, name="pg01", security=asked)["changed"]
        assert real["changed"] is any(value not in (None, old) for value, old in zip(wish, own))
        for host, foretold in checked.get("hosts", {}).items():
            assert {**foretold, **REAL_ONLY} == {**real["hosts"][host], **REAL_ONLY}
        own = [old if value is None else value for value, old in zip(wish, own)]
        seen = groups(world, "pg01")
        assert len(seen) == 8
        for host, found in seen.items():
            assert found["spec"]["policy"]["security"] == native(own), (host, wish)
            effective = [above if mine == "inherit" else mine for mine, above in zip(own, parents[host])]
            assert found["computedPolicy"]["security"] == native(effective), (host, wish)
            assert found["spec"]["vlanId"] == 101
    assert [native(list(each)) for each in parents.values()] == [vswitch(world.network(path))["spec"]["policy"]["security"] for path in world.hosts()]


def test_all_else_stays(world: World) -> None:
    """Overrides, teaming, shaping and VLAN of the group, and its switch."""
    furnish(world)
    before = world.networks()
    world.cycle("esxi_portgroup", esxi_hostname=NAME, name="pg01", security={"promiscuous": "accept"})
    after = world.networks()
    assert group(after[NAME], "pg01")["spec"]["policy"]["security"] == {"allowPromiscuous": True, "macChanges": False}
    assert {**after, NAME: without_security(after[NAME])} == {**before, NAME: without_security(before[NAME])}
    world.cycle("esxi_portgroup", esxi_hostname=NAME, name="pg01", vlan_id=4095)
    last = world.network(HOST)
    assert group(last, "pg01")["spec"] == {**group(after[NAME], "pg01")["spec"], "vlanId": 4095}


def test_nothing_given_changes_nothing(world: World) -> None:
    """Also not the inheritance."""
    world.cycle("esxi_portgroup", changed=False, all_hosts=True, name="pg01")
    world.cycle("esxi_portgroup", changed=False, all_hosts=True, name="pg01", security={}, vswitch="vSwitch0")
    assert not world.writes()


def test_a_group_comes_and_goes(world: World) -> None:
    """Made with all policies in one call, so that it is never open."""
    world.control("POST", "calls/reset")
    security = {"promiscuous": "reject", "forged_transmits": "reject"}
    result = world.cycle("esxi_portgroup", cluster_name="cluster1", name="guests", vswitch="vSwitch0", vlan_id=42, security=security)
    assert world.control("GET", "calls")["methods"]["AddPortGroup"] == 2 and "UpdatePortGroup" not in world.control("GET", "calls")["methods"]
    assert result["hosts"][NAME]["actions"] == ["create portgroup guests (vswitch vSwitch0, vlan_id 42, promiscuous reject, forged_transmits reject)"]
    for path in world.hosts():
        spec = group(world.network(path), "guests")["spec"]
        assert (spec["vswitchName"], spec["vlanId"]) == ("vSwitch0", 42)
        assert spec["policy"]["security"] == {"allowPromiscuous": False, "forgedTransmits": False}
    world.cycle("esxi_portgroup", cluster_name="cluster1", name="guests", state="absent")
    world.cycle("esxi_portgroup", changed=False, cluster_name="cluster1", name="guests", state="absent")
    world.cycle("esxi_portgroup", esxi_hostnames=[NAME], name="plain", vswitch="vSwitch0")
    assert group(world.network(HOST), "plain")["spec"]["policy"]["security"] == {}


def test_who_has_to_reconnect(world: World) -> None:
    """Machines on the group for which promiscuous mode is another one then; not where an override says what the switch says."""
    result = world.cycle("esxi_portgroup", all_hosts=True, name="pg01", security={"promiscuous": "reject", "mac_changes": "reject"})
    assert result["hosts"][NAME]["reconnect_needed"] == {}
    result = world.cycle("esxi_portgroup", all_hosts=True, name="pg01", security={"promiscuous": "accept"})
    assert {name: host["reconnect_needed"] for name, host in result["hosts"].items()} == {
        NAME: {"pg01": ["vm01-1"]},
        "esxi02.lab.example": {"pg01": ["vm02-1"]},
    }
    world.vsphere.govc("vm.power", "-off", "/dc1/vm/vm01-1")
    result = world.cycle("esxi_portgroup", all_hosts=True, name="pg01", security={"promiscuous": "inherit"})
    assert result["hosts"][NAME]["reconnect_needed"] == {}


@pytest.mark.parametrize(
    ("words", "params"),
    [
        (("vlan_id: 4096 is outside 0 to 4095",), {"vlan_id": 4096}),
        (("vlan_id: -1 is outside",), {"vlan_id": -1}),
        (("port group pg1: the host has none of that name", "close to it: pg0", "Set vswitch"), {"name": "pg1"}),
        (("no standard switch vswitch0", "close to it: vSwitch0"), {"name": "new", "vswitch": "vswitch0"}),
        (("it is on vSwitch0, not on vSwitch1", "can't move"), {"vswitch": "vSwitch1"}),
        (("there is no host esxi1.lab.example", "close to it: esxi01.lab.example"), {"esxi_hostname": "esxi1.lab.example"}),
        (("there is no cluster with hosts Cluster1", "close to it: cluster1"), {"esxi_hostname": None, "cluster_name": "Cluster1"}),
        (("there is no datacenter with hosts dc7", "close to it: dc1"), {"datacenter": "dc7"}),
        (("exclude each other",), {"all_hosts": True}),
        (("No hosts are chosen", "all_hosts: true"), {"esxi_hostname": None}),
        (("the list is empty",), {"esxi_hostname": None, "esxi_hostnames": []}),
        (("used by 1 port(s) of virtual machines",), {"state": "absent"}),
        (("used by the host's own vmk0",), {"name": "Management Network", "state": "absent"}),
        (("parallel: 0",), {"parallel": 0}),
        (("timeout: 0 s",), {"timeout": 0}),
        (("port: 70000 is outside",), {"port": 70000}),
        (("proxy_port: it is not given",), {"proxy_host": "proxy.lab.example"}),
        (("hostname: it is not given", "VMWARE_HOST"), {"hostname": None}),
    ],
)
def test_refused(world: World, words: Any, params: dict[str, Any]) -> None:
    """In check mode with the same words, and nothing is written."""
    given = {"esxi_hostname": NAME, "name": "pg01", **params}
    world.refused("esxi_portgroup", "invalid", *words, **{name: value for name, value in given.items() if value is not None or name == "hostname"})


def test_the_vlan_of_the_management_group(world: World) -> None:
    """It would cut the host off; its policies would not."""
    chosen = {"esxi_hostname": NAME, "name": "Management Network"}
    world.refused("esxi_portgroup", "management", "portgroup Management Network carries vmk0 (management", **chosen, vlan_id=7)
    world.cycle("esxi_portgroup", **chosen, security={"forged_transmits": "reject"})
    world.cycle("esxi_portgroup", **chosen, vlan_id=7, allow_management=True)


def test_names_in_two_datacenters(world_of: Callable[..., World]) -> None:
    """A cluster's name may be there twice; the datacenter decides."""
    world = world_of("--hosts", "4", "--datacenters", "2", "--same-names")
    world.refused("esxi_portgroup", "invalid", "there is a cluster cluster1 in dc1 and in dc2", "set datacenter too", cluster_name="cluster1", name="pg01")
    result = world.cycle("esxi_portgroup", cluster_name="cluster1", datacenter="dc2", name="pg01", security={"promiscuous": "accept"})
    assert len(result["hosts"]) == 2
    changed = {path for path in world.hosts() if group(world.network(path), "pg01")["computedPolicy"]["security"]["allowPromiscuous"]}
    assert len(changed) == 2 and all(path.startswith("/dc2/") for path in changed)
    assert len(world.ok("esxi_portgroup", True, datacenter="dc1", name="pg01")["hosts"]) == 2
    wrong = world.refused("esxi_portgroup", "invalid", "there is no host", datacenter="dc1", esxi_hostname=next(iter(result["hosts"])), name="pg01")
    assert "hosts" not in wrong
