# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributed port groups on the simulated vSphere. govc, and messages written by hand, say what came of it."""

from __future__ import annotations

import itertools
from typing import Any, Callable

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import UPDATE
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.backend import SwitchBackend
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import DvScope
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.inventory import DvInventory
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client as Session
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Login

from tests.oracle.distributed import GROUP, MAC, SWITCH, reconfigure, reconfigure_switch, reference, setting, settings, version
from tests.oracle.vsphere import Client

from .distributed import Switches
from .fields import FLAGS

NAMES = ("promiscuous", "mac_changes", "forged_transmits")
ONE: dict[str, Any] = {"vds": "vds1", "name": "dvpg01"}
CLOSED = dict.fromkeys(NAMES, "reject")
WORDS = ("accept", "reject", "inherit", None)
NETWORK = "/dc1/network/"


def mac(vsphere: Client, group: str = "dvpg01") -> dict[str, Any]:
    """The group's macManagementPolicy."""
    found: dict[str, Any] = setting(vsphere, NETWORK + group)["macManagementPolicy"]
    return found


def words(policy: dict[str, Any]) -> list[str]:
    """What a macManagementPolicy has in effect."""
    return ["accept" if policy[name] else "reject" for name in MAC]


@pytest.mark.parametrize("number", range(8))
def test_all_combinations(lab: Callable[..., Switches], number: int) -> None:
    """4^3 wishes for groups that inherit, eight on each of the 2^3 switches: one flag is for all three policies, so the wish is for all or none."""
    many = lab("--hosts", "1", "--dv-groups", "8")
    parent = list(itertools.product((True, False), repeat=3))[number]
    reconfigure_switch(many.vsphere, macManagementPolicy={"inherited": False, **dict(zip(MAC, parent))})
    below = ["accept" if value else "reject" for value in parent]
    # Each eighth, shifted, so that each switch gets wishes of all kinds.
    wishes = {f"dvpg{place + 1:02}": wish for place, wish in enumerate(list(itertools.product(WORDS, repeat=3))[(number * 3) % 8 :: 8])}
    for group, wish in wishes.items():
        params = {"vds": "vds1", "name": group, "security": {name: word for name, word in zip(NAMES, wish) if word}}
        if mixed(wish):
            refused = many.run("vds_portgroup", False, **params)
            assert refused["error_code"] == "invalid" and "one flag of inheritance" in refused["msg"], refused
            continue
        checked, real, again = (many.ok("vds_portgroup", check, **params) for check in (True, False, True))
        assert checked["changed"] is real["changed"] is explicit(wish) and not again["changed"]
        assert {**checked, "verified": 0, "msg": 0} == {**real, "verified": 0, "msg": 0}
        assert [real["effective"][group][name] for name in NAMES] == (list(wish) if explicit(wish) else below)
    found = settings(many.vsphere)
    for group, wish in wishes.items():
        policy = found[group]["macManagementPolicy"]
        assert policy["inherited"] == text(not explicit(wish)) and policy["macLearningPolicy"]["inherited"] == "true"
        assert [policy[name] for name in MAC] == [text(word == "accept") for word in (wish if explicit(wish) else below)]


def explicit(wish: Any) -> bool:
    """Whether it gives all three a value."""
    return set(wish) <= {"accept", "reject"}


def mixed(wish: Any) -> bool:
    """Whether some would inherit and some not, where all inherit before."""
    return not explicit(wish) and bool({"accept", "reject"} & set(wish))


def text(value: bool) -> str:
    """As XML has it."""
    return "true" if value else "false"


def test_from_explicit_values(vcenter: Switches) -> None:
    """What is not given stays, all three can inherit again, and some of them can't."""
    vsphere = vcenter.vsphere
    vcenter.cycle("vds_portgroup", **ONE, security={**CLOSED, "forged_transmits": "accept"})
    vcenter.cycle("vds_portgroup", **ONE, security={"mac_changes": "accept"})
    assert mac(vsphere)["inherited"] is False and words(mac(vsphere)) == ["reject", "accept", "accept"]
    words_ = "promiscuous would be inherited and mac_changes and forged_transmits not"
    vcenter.refused("vds_portgroup", "invalid", words_, **ONE, security={"promiscuous": "inherit"})
    result = vcenter.cycle("vds_portgroup", **ONE, security=dict.fromkeys(NAMES, "inherit"))
    assert mac(vsphere)["inherited"] is True and words(mac(vsphere)) == ["reject", "reject", "reject"]
    assert result["effective"]["dvpg01"]["mac_changes"] == "reject"
    vcenter.cycle("vds_portgroup", False, **ONE, security=dict.fromkeys(NAMES, "inherit"))


def test_nothing_else_changes(vcenter: Switches) -> None:
    """VLAN, teaming, shaping, ports, flags and description are byte for byte what they were."""
    vsphere = vcenter.vsphere
    reconfigure(
        vsphere,
        description="guests of the web team",
        defaultPortConfig={
            "uplinkTeamingPolicy": {"inherited": False, "notifySwitches": {"inherited": False, "value": False}},
            "inShapingPolicy": {"inherited": False, "enabled": {"inherited": False, "value": True}},
        },
    )
    before = vsphere.collect(GROUP, "config")
    vcenter.cycle("vds_portgroup", **ONE, security={**CLOSED, "promiscuous": "accept"}, mac_learning={"enabled": True, "limit": 7})
    after = vsphere.collect(GROUP, "config")
    assert int(after.pop("configVersion")) == int(before.pop("configVersion")) + 1
    policy = after["defaultPortConfig"].pop("macManagementPolicy")
    assert policy["macLearningPolicy"] == {"inherited": False, "enabled": True, "allowUnicastFlooding": True, "limit": 7, "limitPolicy": "DROP"}
    for each in (before, after):
        each["defaultPortConfig"].pop("macManagementPolicy", None)
        # The deprecated policy shows the same values.
        each["defaultPortConfig"].pop("securityPolicy")
    assert before == after


def test_mac_learning(vcenter: Switches) -> None:
    """Alone it leaves the inheritance of security as it is: explicit stays explicit; under inherited security vSphere ignores it, so it is refused."""
    vsphere = vcenter.vsphere
    vcenter.refused("vds_portgroup", "invalid", "ignores it there", "promiscuous reject", **ONE, mac_learning={"enabled": True})
    assert mac(vsphere)["inherited"] is True
    vcenter.cycle("vds_portgroup", **ONE, security={**CLOSED, "forged_transmits": "accept"})
    assert mac(vsphere)["macLearningPolicy"]["inherited"] is True, "security alone un-inherits MAC learning"
    vcenter.cycle("vds_portgroup", **ONE, mac_learning={"enabled": True, "allow_unicast_flooding": False, "limit": 0, "limit_policy": "allow"})
    assert mac(vsphere) == {
        "inherited": False,
        **dict(zip(MAC, (False, False, True))),
        "macLearningPolicy": {"inherited": False, "enabled": True, "allowUnicastFlooding": False, "limit": 0, "limitPolicy": "ALLOW"},
    }
    vcenter.cycle("vds_portgroup", **ONE, mac_learning={"enabled": False})
    found = mac(vsphere)["macLearningPolicy"]
    assert found == {"inherited": False, "enabled": False}, "false is taken for absent"
    vcenter.refused("vds_portgroup", "invalid", "mac_learning.limit can't be held where MAC learning is off", **ONE, mac_learning={"limit": 9})
    vcenter.refused("vds_portgroup", "invalid", "set mac_learning.inherit: true too", **ONE, security=dict.fromkeys(NAMES, "inherit"))
    result = vcenter.cycle("vds_portgroup", **ONE, mac_learning={"inherit": True})
    assert mac(vsphere)["macLearningPolicy"]["inherited"] is True and mac(vsphere)["inherited"] is False
    assert result["effective"]["dvpg01"]["mac_learning_enabled"] is False and result["effective"]["dvpg01"]["mac_learning_limit"] is None
    vcenter.cycle("vds_portgroup", **ONE, mac_learning={"inherit": False})
    assert mac(vsphere)["macLearningPolicy"] == {"inherited": False, "enabled": False}
    vcenter.cycle("vds_portgroup", **ONE, mac_learning={"enabled": True})
    assert mac(vsphere)["macLearningPolicy"] == {"inherited": False, "enabled": True, "allowUnicastFlooding": True, "limit": 4096, "limitPolicy": "DROP"}


def test_learning_that_goes_comes_back(vcenter: Switches) -> None:
    """vCenter keeps nothing of learning that is off, so the way back carries what it was."""
    learned = {"enabled": True, "allow_unicast_flooding": False, "limit": 7, "limit_policy": "allow"}
    for name in ("dvpg01", "dvpg02"):
        vcenter.cycle("vds_portgroup", vds="vds1", name=name, security=CLOSED, mac_learning=learned)
    before = mac(vcenter.vsphere)
    vcenter.control("POST", "faults", {"method": "ReconfigureDVPortgroup_Task", "object": "dvpg02", "fault": "NotSupported", "in": "task"})
    result = vcenter.run("vds_portgroup", vds="vds1", names=["dvpg01", "dvpg02"], mac_learning={"enabled": False})
    assert result["failed"] and not result["not_undone"], result
    assert mac(vcenter.vsphere) == before


@pytest.mark.parametrize("spelling", ["allow", "ALLOW", "Allow"])
def test_limit_policy_in_any_case(vcenter: Switches, spelling: str) -> None:
    """The server reads back what was written, in the writer's spelling."""
    learning = {"inherited": False, "enabled": True, "limitPolicy": spelling}
    reconfigure(vcenter.vsphere, defaultPortConfig={"macManagementPolicy": {"inherited": False, "macLearningPolicy": learning}})
    vcenter.cycle("vds_portgroup", False, **ONE, mac_learning={"limit_policy": "ALLOW"})
    vcenter.cycle("vds_portgroup", **ONE, mac_learning={"limit": 9, "limit_policy": "allow"})
    assert mac(vcenter.vsphere)["macLearningPolicy"]["limitPolicy"] == spelling


def test_switches_without_mac_management(lab: Callable[..., Switches]) -> None:
    """All 4^3 wishes on a switch of version 6.5.0, whose policy inherits each field; a field that is not given keeps its flag."""
    old = lab("--hosts", "1", "--dvs-version", "6.5.0", "--dv-groups", "64")
    vsphere = old.vsphere
    reconfigure_switch(vsphere, securityPolicy={"inherited": False, "macChanges": {"inherited": False, "value": True}})
    wishes = {f"dvpg{place + 1:02}": wish for place, wish in enumerate(itertools.product(WORDS, repeat=3))}
    for group, wish in wishes.items():
        params = {"vds": "vds1", "name": group, "security": {name: word for name, word in zip(NAMES, wish) if word}}
        assert old.ok("vds_portgroup", False, **params)["changed"] is bool({"accept", "reject"} & set(wish))
    found = settings(vsphere)
    for group, wish in wishes.items():
        policy = found[group]["securityPolicy"]
        for name, word, default in zip(MAC, wish, (False, True, False)):
            own = word in ("accept", "reject")
            assert policy[name] == {"inherited": text(not own), "value": text(word == "accept" if own else default)}, (wish, policy)
    old.cycle("vds_portgroup", **ONE, security={"promiscuous": "inherit", "mac_changes": "reject"})
    old.refused("vds_portgroup", "unsupported", "version 6.5.0, and MAC learning needs 6.6.0", **ONE, mac_learning={"enabled": False})
    old.refused("vds_portgroup", "unsupported", "security_override", **ONE, port_policy={"mac_management_override": True})


def test_the_first_version_with_mac_management(lab: Callable[..., Switches]) -> None:
    """6.6.0."""
    first = lab("--hosts", "1", "--dvs-version", "6.6.0")
    first.cycle("vds_portgroup", **ONE, security={**CLOSED, "forged_transmits": "accept"}, mac_learning={"enabled": True})
    assert mac(first.vsphere)["macLearningPolicy"]["enabled"] is True and words(mac(first.vsphere)) == ["reject", "reject", "accept"]


def test_life_of_a_group(vcenter: Switches) -> None:
    """Made with all that it has, changed and deleted; each kind of VLAN that the API has."""
    vsphere, new = vcenter.vsphere, {"vds": "vds1", "name": "guests"}
    vcenter.cycle(
        "vds_portgroup",
        **new,
        vlan={"trunk": ["20", "1-9", "5-12"]},
        ports=4,
        auto_expand=False,
        security={**CLOSED, "mac_changes": "accept"},
        mac_learning={"enabled": True},
        port_policy={"vlan_override": True, "block_override": False},
    )
    found = vsphere.collect(NETWORK + "guests", "config")
    assert (found["numPorts"], found["type"], found["autoExpand"]) == (4, "earlyBinding", False)
    assert found["defaultPortConfig"]["vlan"] == {"inherited": False, "vlanId": [{"start": 1, "end": 12}, {"start": 20, "end": 20}]}
    assert words(found["defaultPortConfig"]["macManagementPolicy"]) == ["reject", "accept", "reject"]
    flags = {name for name, value in found["policy"].items() if value is True}
    assert flags == {"vlanOverrideAllowed", "portConfigResetAtDisconnect"}
    assert found["defaultPortConfig"]["uplinkTeamingPolicy"]["inherited"] is True
    vcenter.cycle("vds_portgroup", **new, vlan={"id": 0})
    assert setting(vsphere, NETWORK + "guests")["vlan"] == {"inherited": False, "vlanId": 0}
    vcenter.cycle("vds_portgroup", **new, vlan={"inherit": True})
    assert setting(vsphere, NETWORK + "guests")["vlan"]["inherited"] is True
    vcenter.cycle("vds_portgroup", **new, ports=6)
    assert vsphere.collect(NETWORK + "guests", "config.numPorts") == 6
    vcenter.cycle("vds_portgroup", **new, auto_expand=True, ports=3)
    assert vsphere.collect(NETWORK + "guests", "config.numPorts") == 6, "ports of a group that expands by itself were taken away"
    vcenter.cycle("vds_portgroup", **new, binding="ephemeral")
    assert vsphere.collect(NETWORK + "guests", "config.type") == "ephemeral"
    vcenter.refused("vds_portgroup", "invalid", "come and go", **new, ports=9)
    vcenter.cycle("vds_portgroup", **new, state="absent")
    assert "guests" not in vsphere.govc("find", "/", "-type", "g")


def test_each_flag(vcenter: Switches) -> None:
    """Alone, on and off; the others stay."""
    vsphere = vcenter.vsphere
    for option, native in FLAGS.items():
        policy = vsphere.collect(GROUP, "config.policy")
        for value in (not policy[native], policy[native]):
            result = vcenter.ok("vds_portgroup", False, **ONE, port_policy={option: value})
            assert result["changed"] and result["verified"]
            assert vsphere.collect(GROUP, "config.policy") == {**policy, native: value}
            assert not vcenter.ok("vds_portgroup", True, **ONE, port_policy={option: value})["changed"]


def test_many_groups_in_one_task(lab: Callable[..., Switches]) -> None:
    """Names and patterns; uplink and NSX groups are skipped by a pattern and refused by name. Reads don't grow with the groups."""
    many = lab("--hosts", "1", "--dv-groups", "40", "--nsx")
    vsphere = many.vsphere
    vsphere.control("POST", "calls/reset")
    # Long enough that calls meet on a busy machine too.
    vsphere.control("POST", "latency", {"ms": 30, "tasks_ms": 20})
    result = many.ok("vds_portgroup", False, vds="vds1", names=["*", "none*"], security=CLOSED, parallel=4)
    calls = vsphere.control("GET", "calls")
    assert calls["methods"]["ReconfigureDVPortgroup_Task"] == 40 and calls["methods"]["RetrievePropertiesEx"] <= 3 + 40 * 20, calls
    assert len(result["actions"]) == 40 and result["unmatched"] == ["none*"]
    assert [str(each) for each in result["warnings"] if "none*" in str(each)], result["warnings"]
    assert set(result["left_out"]) == {"nsx-segment1", "vds1-DVUplinks-" + uplink(vsphere)}
    assert "NSX backs it" in result["left_out"]["nsx-segment1"]
    assert 1 < calls["peak"] <= 4
    vsphere.control("POST", "calls/reset")
    again = many.ok("vds_portgroup", False, vds="vds1", names=["*"], security=CLOSED)
    calls = vsphere.control("GET", "calls")["methods"]
    assert not again["changed"] and sum(calls.values()) <= 6, calls
    for name, words_ in (("nsx-segment1", "NSX backs it"), ("vds1-DVUplinks-" + uplink(vsphere), "uplink group")):
        many.refused("vds_portgroup", "invalid", words_, name, vds="vds1", names=["dvpg01", name], security=dict.fromkeys(NAMES, "accept"))


def uplink(vsphere: Client) -> str:
    """The number in the name of the uplink group."""
    names = vsphere.govc("find", "/", "-type", "g").split()
    return next(name.rpartition("-")[2] for name in names if "DVUplinks" in name)


def test_new_groups_in_one_task(vcenter: Switches) -> None:
    """One call makes them all; names are taken literally where one is meant."""
    vcenter.vsphere.control("POST", "calls/reset")
    vcenter.cycle("vds_portgroup", vds="vds1", names=["a", "b", "c"], vlan={"id": 7})
    assert vcenter.vsphere.control("GET", "calls")["methods"]["AddDVPortgroup_Task"] == 1
    vcenter.cycle("vds_portgroup", vds="vds1", name="web [blue] 1/2 50%25", vlan={"id": 7})
    vcenter.cycle("vds_portgroup", vds="vds1", name="web [blue] 1/2 50%25", security=CLOSED)
    # As the inventory of a vCenter has it.
    assert "web [blue] 1%2f2 50%2525" in settings(vcenter.vsphere)
    vcenter.cycle("vds_portgroup", vds="vds1", names=["?", "web*"], state="absent")
    assert len(vcenter.vsphere.govc("find", "/", "-type", "g").split()) == 4


@pytest.mark.parametrize(
    ("params", "code", "words_"),
    [
        ({"vds": "vds2", "name": "dvpg01", "security": CLOSED}, "invalid", "no distributed switch vds2; close to it: vds1"),
        ({"vds": "vds1", "name": "dvpg1", "security": CLOSED}, "invalid", "none of that name; close to it: dvpg01"),
        ({"vds": "vds1", "name": "dvpg01", "datacenter": "dc9", "security": CLOSED}, "invalid", "no datacenter dc9"),
        ({**ONE, "vlan": {"id": 4095}}, "invalid", "4095 is outside 0 to 4094"),
        ({**ONE, "vlan": {"trunk": ["1-4095"]}}, "invalid", "outside 0 to 4094"),
        ({**ONE, "vlan": {"pvlan": 300}}, "invalid", "no private VLAN 300"),
        ({**ONE, "mac_learning": {"limit": 4097}}, "invalid", "mac_learning.limit: 4097 is outside 0 to 4096"),
        ({**ONE, "mac_learning": {"limit_policy": "deny"}}, "invalid", "none of allow, drop"),
        ({**ONE, "mac_learning": {"inherit": True, "enabled": False}}, "invalid", "leave out one"),
        ({**ONE, "ports": -1}, "invalid", "ports: -1"),
        ({"vds": "vds1", "security": CLOSED}, "invalid", "name and names"),
        ({"vds": "vds1", "names": [], "security": CLOSED}, "invalid", "names: the list is empty"),
        ({**ONE, "state": "absent"}, "invalid", "2 virtual machine(s) are on it, vm01-1, vm02-1"),
        ({"vds": "vds1", "name": "new", "vlan": {"id": 5}, "security": {"promiscuous": "reject"}}, "invalid", "one flag of inheritance"),
    ],
)
def test_refused_before_any_write(vcenter: Switches, params: dict[str, Any], code: str, words_: str) -> None:
    """With the object, the value and what to do; in check mode too."""
    vcenter.refused("vds_portgroup", code, words_, **params)


def test_names_in_two_datacenters(lab: Callable[..., Switches]) -> None:
    """Refused until the datacenter is said; then only its group changes."""
    both = lab("--hosts", "2", "--datacenters", "2", "--same-names")
    both.refused("vds_portgroup", "invalid", "in dc1 and in dc2; set datacenter too", **ONE, security=CLOSED)
    result = both.cycle("vds_portgroup", **ONE, datacenter="dc2", security={**CLOSED, "promiscuous": "accept"})
    assert result["datacenter"] == "dc2"
    assert setting(both.vsphere, "/dc2/network/dvpg01")["macManagementPolicy"]["allowPromiscuous"] is True
    assert setting(both.vsphere, GROUP)["macManagementPolicy"]["inherited"] is True


def test_who_must_reconnect(vcenter: Switches) -> None:
    """Only running machines, and only where promiscuous mode is in effect differently."""
    vcenter.vsphere.govc("vm.power", "-off", "/dc1/vm/vm01-1")
    result = vcenter.cycle("vds_portgroup", **ONE, security={**CLOSED, "mac_changes": "accept"})
    assert result["reconnect_needed"] == {}, "promiscuous is reject before and after"
    result = vcenter.ok("vds_portgroup", True, **ONE, security={"promiscuous": "accept"})
    assert result["reconnect_needed"] == {"dvpg01": ["vm02-1"]}
    assert result == {**vcenter.ok("vds_portgroup", False, **ONE, security={"promiscuous": "accept"}), "verified": False, "msg": result["msg"]}


def test_least_privilege(vcenter: Switches) -> None:
    """Opening every group of a switch is warned about; closing them, or opening one of them, is not."""

    def warned(**params: Any) -> list[str]:
        found: list[str] = [str(each) for each in vcenter.ok("vds_portgroup", True, vds="vds1", **params).get("warnings", [])]
        return found

    opened = warned(names=["dvpg*"], security={**CLOSED, "promiscuous": "accept"})
    assert any("promiscuous is accepted on all 2 port groups of vds1" in each for each in opened), opened
    assert not warned(names=["dvpg*"], security=CLOSED) and not warned(name="dvpg01", security=dict.fromkeys(NAMES, "accept"))


def test_somebody_else_is_faster_once(vcenter: Switches) -> None:
    """One new plan from a new read."""
    vcenter.vsphere.control("POST", "bump", {"object": "dvpg01", "times": 1})
    result = vcenter.ok("vds_portgroup", False, vds="vds1", names=["dvpg*"], security=CLOSED)
    assert result["changed"] and result["verified"] and len(result["actions"]) == 2
    assert mac(vcenter.vsphere)["inherited"] is False and version(vcenter.vsphere) == "2"
    assert mac(vcenter.vsphere, "dvpg02")["inherited"] is False and version(vcenter.vsphere, NETWORK + "dvpg02") == "1"


def test_somebody_else_is_faster_twice(vcenter: Switches) -> None:
    """A sentence and a code of its own; the group that was changed is as before, the other's is left to whoever changes it."""
    before = mac(vcenter.vsphere), mac(vcenter.vsphere, "dvpg02")
    vcenter.vsphere.control("POST", "bump", {"object": "dvpg01", "times": 2})
    result = vcenter.run("vds_portgroup", False, vds="vds1", names=["dvpg*"], security=CLOSED)
    assert result["failed"] and result["error_code"] == "concurrent_access" and not result["changed"]
    assert "somebody else changed it twice, also after a new plan had been made" in result["msg"], result["msg"]
    assert "effective" not in result and result["vds"] == "vds1"
    assert (mac(vcenter.vsphere), mac(vcenter.vsphere, "dvpg02")) == before
    assert [each.split(":")[0] for each in result["undone"]] == ["set vds_portgroup vds1 dvpg02"] and result["not_undone"] == []
    assert version(vcenter.vsphere) == "2", "the group of the others was written to"


def test_two_steps_on_one_group(vcenter: Switches) -> None:
    """The second one has the version that the first one made: it is not taken for somebody else's change."""
    with Session(Login(**vcenter.connection)) as session:
        inventory, scope = DvInventory(session), DvScope("vds1", names=("dvpg01",))
        backend = SwitchBackend(session, inventory, inventory.find(scope)[0])
        backend.observe(scope)
        for field, value in (("vlan", "9"), ("auto_expand", True)):
            assert backend.execute([Step(UPDATE, ("vds_portgroup", "vds1", "dvpg01"), {}, {field: value}, 0)]) == [None]
    assert setting(vcenter.vsphere)["vlan"]["vlanId"] == 9 and vcenter.vsphere.collect(GROUP, "config.autoExpand") is True


def test_a_task_fails_in_the_middle(vcenter: Switches) -> None:
    """The groups that were changed get back what they had; and if one can't, that is said."""
    vsphere = vcenter.vsphere
    vcenter.ok("vds_portgroup", False, vds="vds1", names=[f"g{number}" for number in range(6)], vlan={"id": 3})
    before = {name: setting(vsphere, NETWORK + name) for name in ("g0", "g1", "g2", "g3", "g4", "g5")}
    rule = {"method": "ReconfigureDVPortgroup_Task", "fault": "DvsFault", "in": "task", "message": "the host has no room"}
    vsphere.control("POST", "faults", {**rule, "object": "g3", "times": 1})
    result = vcenter.run("vds_portgroup", False, vds="vds1", names=["g*"], security=CLOSED, vlan={"id": 9}, parallel=2)
    assert result["failed"] and result["error_code"] == "change_failed" and not result["changed"] and "the host has no room" in result["msg"]
    assert "g3" in result["failed_step"] and result["not_undone"] == [] and len(result["undone"]) == 5, result
    assert {name: setting(vsphere, NETWORK + name) for name in before} == before
    vsphere.control("DELETE", "faults")
    vsphere.control("POST", "faults", {**rule, "object": "g3", "times": -1})
    vsphere.control("POST", "faults", {**rule, "object": "g1", "call": 2, "times": -1})
    result = vcenter.run("vds_portgroup", False, vds="vds1", names=["g*"], security=CLOSED)
    assert result["changed"] and len(result["not_undone"]) == 1 and "g1" in result["not_undone"][0] and len(result["undone"]) == 4, result
    assert mac(vsphere, "g1")["inherited"] is False and mac(vsphere, "g2")["inherited"] is True
    assert "not undone" in result["msg"]


def test_the_server_leaves_in_the_middle(vcenter: Switches) -> None:
    """Without an answer: what was changed is taken back over a new connection, and what may still come is said."""
    vcenter.ok("vds_portgroup", False, vds="vds1", names=["g0", "g1", "g2"], vlan={"id": 3})
    before = settings(vcenter.vsphere)
    vcenter.control("POST", "faults", {"method": "ReconfigureDVPortgroup_Task", "call": 2, "times": 1, "action": "close"})
    result = vcenter.run("vds_portgroup", False, vds="vds1", names=["g*"], security=CLOSED, parallel=1)
    assert result["failed"] and (result["error_code"], result["cause"]) == ("change_failed", "unreachable"), result
    assert result["changed"] and result["undone"], result
    assert [each.split()[3].rstrip(":") for each in result["not_undone"]] == ["g1"]
    vcenter.vsphere.cookie = None
    assert settings(vcenter.vsphere) == before


def test_a_host_has_no_distributed_switches_of_its_own(lab: Callable[..., Switches]) -> None:
    """It is a member of its vCenter's."""
    alone = lab("--kind", "esxi")
    refused = alone.run("vds_portgroup", True, **ONE, security=CLOSED)
    assert refused["error_code"] == "invalid" and "connect to the vCenter" in refused["msg"]


def test_groups_that_are_deleted_come_back(vcenter: Switches) -> None:
    """With all that they had, teaming and description too, when the next one can't be deleted."""
    vsphere = vcenter.vsphere
    vcenter.ok("vds_portgroup", False, vds="vds1", names=["g1", "g2"], vlan={"trunk": ["5-9"]}, ports=3, security=CLOSED)
    reconfigure(
        vsphere,
        NETWORK + "g1",
        description="kept",
        defaultPortConfig={"uplinkTeamingPolicy": {"inherited": False, "notifySwitches": {"inherited": False, "value": False}}},
    )
    before = vsphere.collect(NETWORK + "g1", "config")
    vsphere.control("POST", "faults", {"method": "Destroy_Task", "object": "g2", "times": -1, "fault": "ResourceInUse"})
    result = vcenter.run("vds_portgroup", False, vds="vds1", names=["g1", "g2"], state="absent")
    assert result["failed"] and result["cause"] == "in_use" and result["not_undone"] == [], result
    after = vsphere.collect(NETWORK + "g1", "config")
    for each in (before, after):
        each.pop("key"), each.pop("configVersion")
    assert before == after


def test_a_group_with_lacp_of_its_own_comes_back(vcenter: Switches) -> None:
    """It is from before the switch had link aggregation groups; a specification with it is refused since ("the objects are in conflict")."""
    vsphere = vcenter.vsphere
    vcenter.ok("vds_portgroup", False, vds="vds1", names=["g1", "g2"], vlan={"id": 5}, security=CLOSED)
    _lacp(vsphere, "singleLag")
    reconfigure(vsphere, NETWORK + "g1", defaultPortConfig={"lacpPolicy": {"inherited": False, "enable": {"inherited": False, "value": False}}})
    for kind, inherits in (("singleLag", False), ("multipleLag", True)):
        _lacp(vsphere, kind)
        before = setting(vsphere, NETWORK + "g1")
        assert before["lacpPolicy"]["inherited"] is False
        vsphere.control("DELETE", "faults")
        vsphere.control("POST", "faults", {"method": "Destroy_Task", "object": "g2", "times": -1, "fault": "ResourceInUse"})
        result = vcenter.run("vds_portgroup", False, vds="vds1", names=["g1", "g2"], state="absent")
        assert result["failed"] and result["cause"] == "in_use" and result["not_undone"] == [], result
        after = setting(vsphere, NETWORK + "g1")
        assert after.pop("lacpPolicy")["inherited"] is inherits and before.pop("lacpPolicy") and after == before


def _lacp(vsphere: Client, kind: str) -> None:
    vsphere.task(
        "ReconfigureDvs_Task",
        reference(vsphere, SWITCH),
        spec={"@type": "VMwareDVSConfigSpec", "configVersion": version(vsphere, SWITCH), "lacpApiVersion": kind},
    )


def test_a_task_that_does_not_end(vcenter: Switches) -> None:
    """Nobody knows then what comes of it, and that is what is said."""
    vcenter.vsphere.control("POST", "latency", {"tasks_ms": 3000})
    result = vcenter.run("vds_portgroup", False, **ONE, security=CLOSED, timeout=1)
    assert result["failed"] and result["cause"] == "deadline" and result["changed"]
    assert "has not ended after 1 s and goes on running" in result["msg"]
    assert any("may still take effect" in each for each in result["not_undone"]), result
