# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A world in which each thing in turn can't be read, is unknown or is hidden: nobody says that nothing is found there, or that all is so already.

What the modules ask for is recorded, so that a new property is tested without a word here.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any, Callable, Iterator, NamedTuple

import pytest
from ansible.module_utils.common import warnings
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Inventory
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client as Session
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Login

from tests.oracle.bundles import VibSpec, make_bundle
from tests.oracle.vsphere import Client

from ..lab.conftest import _lab
from ..netns.conftest import warnings_of
from .conftest import World
from .test_pending import FLEET, ORDER
from .test_policy import HOSTS, REJECT

INFO = "esxi_switch_policy_info"
ALL: dict[str, Any] = {"all_hosts": True}
# What the API's reference marks as "Need not be set", of all that is asked for and is no array.
OPTIONAL = {"config.backingType", "config.uplink", "runtime.bootTime"}
INHERIT = dict.fromkeys(REJECT, "inherit")
OPEN = dict.fromkeys(REJECT, "accept")
FIRST, SECOND = HOSTS


class Case(NamedTuple):
    """A task. With C(check) it would change something; without it changes nothing, so that it can be run for real."""

    module: str
    params: dict[str, Any]
    check: bool = False


POLICY = [
    {"name": "vSwitch0", "kind": "vswitch", "security": REJECT, "guards": {"bpdu": "reject"}, "port_groups": [{"name": "pg01", "security": INHERIT}]},
    {"name": "vds1", "kind": "vds", "security": REJECT, "port_groups": [{"name": "dvpg01", "security": INHERIT}]},
]
CASES = {
    "audit of all": Case(INFO, {**ALL, "audit": "stig", "ports": "all"}),
    "audit of a cluster": Case(INFO, {"cluster_name": "cluster1", "datacenter": "dc1", "audit": "effective"}),
    "vswitch with uplinks": Case("esxi_vswitch", {"datacenter": "dc1", "name": "vSwitch0", "uplinks": ["vmnic0", "vmnic1", "vmnic3"], "security": OPEN}, True),
    "vswitch to go": Case("esxi_vswitch", {"esxi_hostname": FIRST, "name": "vSwitch9", "state": "absent", "remove_port_groups": True}, True),
    "vswitch gone": Case("esxi_vswitch", {**ALL, "name": "gone", "state": "absent"}),
    "group as it is": Case("esxi_portgroup", {**ALL, "name": "pg01", "vlan_id": 101, "security": INHERIT}),
    "group that opens": Case("esxi_portgroup", {"cluster_name": "cluster1", "name": "pg01", "security": OPEN}, True),
    "group to go": Case("esxi_portgroup", {**ALL, "name": "pg02", "state": "absent"}, True),
    "group gone": Case("esxi_portgroup", {**ALL, "name": "gone", "state": "absent"}),
    "dv group as it is": Case("vds_portgroup", {"vds": "vds1", "datacenter": "dc1", "names": ["dvpg*"], "security": INHERIT}),
    "dv group that opens": Case("vds_portgroup", {"vds": "vds1", "name": "dvpg01", "security": OPEN, "vlan": {"id": 7}}, True),
    "dv group to go": Case("vds_portgroup", {"vds": "vds1", "name": "dvpg02", "state": "absent"}, True),
    "dv group gone": Case("vds_portgroup", {"vds": "vds1", "names": ["gone", "gone*"], "state": "absent"}),
    "port as its group": Case("vds_port", {"vds": "vds1", "port_group": "dvpg01", "state": "inherited", "reset": ["security", "vlan", "blocked"]}),
    "port of a machine": Case("vds_port", {"vds": "vds1", "vm": "vm01-1", "blocked": True}, True),
    "policy": Case("esxi_switch_policy", {**ALL, "switches": POLICY, "purge": ["overrides"]}, True),
    "policy on switches alone": Case(
        "esxi_switch_policy", {**ALL, "switches": [{"name": "vds1", "security": OPEN}, {"name": "vSwitch0", "security": OPEN}]}, True
    ),
    "machines to register": Case("esxi_vm_registration", {**ALL, "folder": "found", "names": ["lost*"]}, True),
    "machines to unregister": Case("esxi_vm_registration", {**ALL, "names": ["off*"], "state": "absent"}, True),
    "software": Case("esxi_software", {"esxi_hostname": FIRST}),
    "software gone": Case("esxi_software", {"esxi_hostname": FIRST, "names": ["gone"], "state": "absent"}),
    "software to come": Case("esxi_software", {"esxi_hostname": FIRST, "bundle": "BUNDLE", "datastore": "datastore1", "maintenance_mode": True}, True),
}


@pytest.fixture(name="site", scope="module")
def _site(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One server for all cases, none of which changes it, with something that each of them is about."""
    folder = tmp_path_factory.mktemp("vsphere")
    _lab(folder, "up", "--parent", str(os.getpid()), "--hosts", "2")
    with pytest.MonkeyPatch.context() as patch:
        world = World(Client(folder), patch)
        govc, path = world.vsphere.govc, "/dc1/host/cluster1/"
        govc("host.vswitch.add", "-host", path + FIRST, "vSwitch9")
        govc("host.portgroup.add", "-host", path + FIRST, "-vswitch", "vSwitch9", "old")
        for name in ("off1", "lost1"):
            govc("vm.create", "-host", path + FIRST, "-ds", "datastore1", "-on=false", "-net", "VM Network", name)
        govc("vm.unregister", "lost1")
        govc("folder.create", "/dc1/vm/found")
        # The host has one datastore for both, so that names tell which it is.
        bundle = make_bundle(tmp_path_factory.mktemp("bundle"), [VibSpec(live=True, maintenance=False)], "Driver", "1.0-1", ("8.*",))
        CASES["software to come"].params["bundle"] = str(bundle)
        yield world
    _lab(folder, "down")


def run(world: World, case: Case) -> dict[str, Any]:
    """Its result; what is raised is no answer."""
    warnings._global_warnings.clear()
    result = world.run(case.module, case.check, **case.params)
    # Later versions of ansible-core say more of a warning than its text.
    result["warnings"] = [each["event"]["msg"] if isinstance(each, dict) else str(each) for each in result.get("warnings", ())]
    return result


@contextlib.contextmanager
def bent(world: World, *rules: dict[str, Any]) -> Iterator[None]:
    """While properties or objects come back otherwise."""
    for rule in rules:
        world.control("POST", "properties", rule)
    try:
        yield
    finally:
        world.control("DELETE", "properties")


def asked(world: World, case: Case, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, Any], set[tuple[str, str]]]:
    """The result where all can be read, and the properties that the module asked for, by type and path."""
    seen: set[tuple[str, str]] = set()
    original = Session.retrieve

    def retrieve(self: Session, roots: Any, paths: Any, *args: Any, **named: Any) -> Any:
        seen.update((kind._wsdlName, path) for kind, names in paths.items() for path in names)
        return original(self, roots, paths, *args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Session, "retrieve", retrieve)
        result = run(world, case)
    assert not result.get("failed") and bool(result["changed"]) is case.check, result
    assert not result.get("not_looked_at") and "can't be read" not in str(result), result
    return result, seen


def blame(result: dict[str, Any], *words: str) -> str:
    """What is wrong about an answer that has to say these words as something can't be read; empty if it does."""
    if result.get("failed"):
        told = [result["msg"]]
    else:
        told = result["warnings"] + [each["reason"] for each in result.get("not_looked_at", ())]
    if not any(all(word in text for word in words) for text in told):
        return f"is not named in {told or result.get('msg') or result['summary']}"
    if result.get("not_looked_at") and not result["summary"].startswith("Not all was looked at"):
        return f"looks complete: {result['summary']}"
    return ""


@pytest.mark.own_code
@pytest.mark.parametrize("name", CASES)
def test_no_property_is_taken_for_none(site: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each that the module asks for, denied and in neither set, of all objects that have it: the task fails, the audit lists it, or a warning names it."""
    case = CASES[name]
    clean, seen = asked(site, case, monkeypatch)
    wrong: list[str] = []
    for kind, path in sorted(seen):
        for rule in ({"as": "missing"}, {"as": "unset"}):
            if rule["as"] == "unset" and path in OPTIONAL:
                continue
            with bent(site, {"type": kind, "path": path, **rule}):
                try:
                    problem = blame(run(site, case), path, "can't be read")
                except Exception as error:  # pylint: disable=broad-except
                    problem = f"raises {type(error).__name__}: {error}"
                hits = sum(each["hits"] for each in site.control("GET", "properties"))
            # What nothing in this world has can't be missed.
            if problem and hits:
                wrong.append(f"{rule} {kind}.{path} {problem}")
    assert not wrong, "\n".join(wrong)
    assert run(site, case)["msg" if "msg" in clean else "summary"] == clean["msg" if "msg" in clean else "summary"]


@contextlib.contextmanager
def cut(world: World, element: str) -> Iterator[None]:
    """While all answers lack what is inside a property, or what a call tells."""
    for method in ("RetrievePropertiesEx", "ContinueRetrievePropertiesEx", "FetchDVPorts", "Fetch"):
        world.control("POST", "faults", {"method": method, "action": "cut", "element": element, "times": -1})
    try:
        yield
    finally:
        world.control("DELETE", "faults")


AUDIT, DV_SAME, DV_OPEN, PORTS = "audit of all", "dv group as it is", "dv group that opens", "port as its group"
# What is not told inside of what is, and the tasks that are about it. A required bool that is not there is false for pyVmomi.
INSIDE = {
    "defaultPortConfig/vlan": (AUDIT, DV_OPEN),
    "defaultPortConfig/macManagementPolicy": (AUDIT, DV_SAME, DV_OPEN, "policy", "policy on switches alone"),
    "macManagementPolicy/allowPromiscuous": (AUDIT, "policy", "policy on switches alone"),
    "macManagementPolicy/macLearningPolicy": (AUDIT,),
    "val/policy": (AUDIT,),
    "setting/vlan": (PORTS,),
    "setting/blocked": (PORTS, "port of a machine"),
    "setting/macManagementPolicy": (AUDIT, PORTS),
    # The port is not empty.
    "connectee/connectedEntity": (AUDIT, "port of a machine"),
    # What a task that has succeeded has found.
    "returnval/result": ("machines to register",),
}


@pytest.mark.own_code
@pytest.mark.parametrize("element", INSIDE)
def test_nothing_inside_is_taken_for_none(site: World, element: str) -> None:
    """A field that the server leaves out is neither inherited nor off, and no sign of an old version."""
    wrong = []
    for name in INSIDE[element]:
        with cut(site, element):
            result = run(site, CASES[name])
        # Who is on a port is no part of what an audit judges: it is in the remarks, which are warnings too.
        problem = blame(result, "the server does not tell")
        wrong += [f"{name} {problem}"] if problem else []
    assert not wrong, "\n".join(wrong)


# What a module may call to read, beside properties.
READS = (
    "QueryOptions",
    "FetchDVPorts",
    "RetrieveManagedMethodExecuter",
    "ExecuteSoap",
    "fetchSoftwarePackages",
    "HostImageConfigGetAcceptance",
    "SearchDatastoreSubFolders_Task",
)


@pytest.mark.own_code
@pytest.mark.parametrize("name", CASES)
def test_no_call_is_taken_for_an_answer(site: World, name: str) -> None:
    """Each by which the module reads, refused; and answered with nothing, where nothing is no answer."""
    case = CASES[name]
    site.control("POST", "calls/reset")
    clean = run(site, case)
    methods = [method for method in READS if method in site.control("GET", "calls")["methods"]]
    wrong = []
    for method in methods:
        site.control("POST", "faults", {"method": method, "fault": "NoPermission", "times": -1})
        problem = blame(run(site, case), "NoPermission")
        site.control("DELETE", "faults")
        wrong += [f"{method} {problem}"] if problem else []
        site.control("POST", "faults", {"method": method, "action": "empty", "times": -1})
        result = run(site, case)
        site.control("DELETE", "faults")
        if not (result.get("failed") or result.get("not_looked_at") or set(result["warnings"]) - set(clean["warnings"])):
            wrong += [f"{method} that is empty looks complete: {result.get('msg') or result['summary']}"]
    assert not wrong, "\n".join(wrong)


@pytest.mark.own_code
def test_options_that_a_host_lacks(site: World) -> None:
    """It says so, which is known; but no audit has judged them. Without an audit, or with one that does not look for them, that is none of its blanks."""
    site.control("POST", "faults", {"method": "QueryOptions", "host": FIRST, "fault": "InvalidName", "times": -1})
    results = {audit: run(site, Case(INFO, {**ALL, **({"audit": audit} if audit else {})})) for audit in ("", "effective", "scg")}
    document = run(site, Case("esxi_switch_policy", {"esxi_hostname": FIRST, "switches": POLICY[:1]}))
    site.control("DELETE", "faults")
    bpdu, reverse = "Net.BlockGuestBPDU", "Net.ReversePathFwdCheckPromisc"
    assert {result["hosts"][FIRST]["options"][bpdu] for result in results.values()} == {None}
    assert {audit: [each["what"] for each in result["not_looked_at"]] for audit, result in results.items()} == {
        "": [],
        "effective": [f"{FIRST}: option {bpdu}"],
        "scg": [f"{FIRST}: option {bpdu}", f"{FIRST}: option {reverse}"],
    }
    assert document["failed"] and f"has no option {bpdu}" in document["msg"]


# Objects, and whether lists still name them: a cluster says how many hosts it has, and a host of which distributed switches it is a member.
HIDDEN = [
    ({"object": SECOND}, True),
    ({"object": SECOND}, False),
    ({"object": "vds1"}, True),
    ({"object": "vds1"}, False),
    ({"object": "network", "type": "Folder"}, True),
    ({"object": "network", "type": "Folder"}, False),
    ({"object": "dvpg01"}, True),
    ({"object": "cluster1"}, True),
    ({"object": "dc1"}, True),
    ({"object": "vm01-1"}, True),
    ({"object": "pg01", "type": "Network"}, True),
]


@pytest.mark.own_code
@pytest.mark.parametrize(("hidden", "listed"), HIDDEN)
def test_objects_that_are_hidden(site: World, hidden: dict[str, str], listed: bool) -> None:
    """Where anything that can be read tells of them they are missed."""
    case = CASES["audit of all"]
    whole = run(site, case)
    with bent(site, {**hidden, "as": "hidden", "keep_references": listed}):
        result = run(site, case)
    assert result.get("failed") or result["not_looked_at"] or result["remarks"], result
    if not result.get("failed"):
        assert len(result["objects"]) <= len(whole["objects"])
        assert bool(result["not_looked_at"]) is result["summary"].startswith("Not all was looked at")


@pytest.mark.own_code
def test_a_datacenter_that_is_hidden_may_have_switches(world_of: Callable[..., World]) -> None:
    """Of the same name, too."""
    world = world_of("--hosts", "2", "--datacenters", "2")
    with bent(world, {"object": "dc2", "as": "hidden", "keep_references": True}):
        result = world.ok("vds_portgroup", True, vds="vds1-dc1", names=["*"], security=INHERIT)
        other = world.run("vds_portgroup", True, vds="other", names=["*"], security=INHERIT)
    assert other["error_code"] == "unreadable" and any("the user can't see it" in each for each in warnings_of(result)), result


def _reference(world: World, path: str) -> str:
    """The server's own name of an object."""
    return world.vsphere.govc("find", "-i", path, "-maxdepth", "0").strip().partition(":")[2]


@pytest.mark.own_code
def test_one_of_two_switches_of_a_name_that_is_hidden(world_of: Callable[..., World]) -> None:
    """The other datacenter's is not taken for it."""
    twins = world_of("--hosts", "2", "--datacenters", "2", "--same-names")
    wish = {**ALL, "switches": [{"name": "vds1", "security": OPEN}]}
    assert len(twins.ok("esxi_switch_policy", True, **wish)["distributed_switches"]) == 2
    for listed in (True, False):
        with bent(twins, {"object": _reference(twins, "/dc2/network/vds1"), "as": "hidden", "keep_references": listed}):
            result = twins.run("esxi_switch_policy", True, **wish)
            audit = twins.ok(INFO, **ALL, audit="stig")
        assert result["failed"] and result["error_code"] == "unreadable", result
        assert "switch vds1" in result["msg"] and "user can't see it" in result["msg"]
        assert [each["what"] for each in audit["not_looked_at"]] == ["distributed switch vds1"]


@pytest.mark.own_code
def test_an_empty_array_means_none(site: World) -> None:
    """Of groups, proxies and options: that is known."""
    empty = {"object": FIRST, "as": "empty"}
    with bent(site, {**empty, "path": "config.network.portgroup"}, {**empty, "path": "config.network.proxySwitch"}):
        result = run(site, CASES["audit of all"])
        gone = run(site, CASES["group gone"])
    assert result["not_looked_at"] == [] and not gone.get("failed"), result
    assert {each["host"] for each in result["objects"] if each["kind"] == "portgroup"} == {SECOND}


@pytest.mark.own_code
def test_further_pages(site: World) -> None:
    """What is not known on them is told as on the first."""
    connection = site.connection
    login = Login(connection["hostname"], connection["username"], connection["password"], connection["port"])
    with Session(login) as session:
        host = dep.vim.HostSystem
        roots = [each.ref for each in Inventory(session).everywhere()]

        def read() -> dict[str, dict[str, str]]:
            found = session.retrieve(roots, {host: ["name", "config.network.vnic"]}, page=1)
            return {each.name: {path: gap.code for path, gap in each.gaps.items()} for each in found}

        assert read() == {FIRST: {}, SECOND: {}}
        for rule, code in (({"as": "unset"}, "unset"), ({"fault": "NoPermission"}, "permission"), ({"fault": "NotAuthenticated"}, "session_expired")):
            with bent(site, {"path": "config.network.vnic", **rule}):
                assert read() == {name: {"config.network.vnic": code} for name in HOSTS}


class Change(NamedTuple):
    """A task, the call by which it writes, and what is not told any more from then on: properties, or answers to calls."""

    module: str
    params: dict[str, Any]
    method: str
    properties: tuple[dict[str, Any], ...] = ()
    calls: tuple[dict[str, Any], ...] = ()


GROUPS, SWITCHES = ({"type": "HostSystem", "path": f"config.network.{kind}"} for kind in ("portgroup", "vswitch"))
DV_GROUP = {"type": "DistributedVirtualPortgroup", "object": "dvpg02"}
UNSET: dict[str, Any] = {"as": "unset"}
CHANGES = {
    "group": Change("esxi_portgroup", {**ALL, "name": "pg01", "security": OPEN}, "UpdatePortGroup", (GROUPS, {**GROUPS, **UNSET})),
    "group that goes": Change("esxi_portgroup", {**ALL, "name": "pg02", "state": "absent"}, "RemovePortGroup", (GROUPS, {**GROUPS, **UNSET})),
    "vswitch": Change("esxi_vswitch", {**ALL, "name": "vSwitch0", "security": OPEN}, "UpdateVirtualSwitch", (SWITCHES, {**SWITCHES, **UNSET})),
    "vswitch that comes": Change("esxi_vswitch", {**ALL, "name": "vSwitch1", "uplinks": []}, "AddVirtualSwitch", (SWITCHES, {**SWITCHES, "path": "config"})),
    "option": Change(
        "esxi_switch_policy",
        {**ALL, "switches": [{"name": "vSwitch0", "kind": "vswitch", "guards": {"bpdu": "accept"}}]},
        "UpdateOptions",
        (),
        ({"method": "QueryOptions", "fault": "NoPermission"}, {"method": "QueryOptions", "action": "empty"}),
    ),
    "dv group": Change(
        "vds_portgroup",
        {"vds": "vds1", "name": "dvpg02", "security": OPEN},
        "ReconfigureDVPortgroup_Task",
        ({**DV_GROUP, "path": "config"}, {**DV_GROUP, "path": "name"}, {**DV_GROUP, "as": "hidden", "keep_references": True}),
    ),
    "dv group that goes": Change(
        "vds_portgroup",
        {"vds": "vds1", "name": "dvpg02", "state": "absent"},
        "Destroy_Task",
        (
            {"type": "DistributedVirtualSwitch", "path": "portgroup"},
            {**DV_GROUP, "path": "config", **UNSET},
            {**DV_GROUP, "path": "name"},
            {**DV_GROUP, "as": "hidden", "keep_references": True},
        ),
    ),
    "dv switch": Change(
        "esxi_switch_policy",
        {**ALL, "switches": [{"name": "vds1", "security": OPEN}]},
        "ReconfigureDvs_Task",
        ({"type": "DistributedVirtualSwitch", "path": "config"}, {"object": "vds1", "as": "hidden", "keep_references": True}),
        ({"method": "RetrievePropertiesEx", "action": "cut", "element": "defaultPortConfig/macManagementPolicy"},),
    ),
    "dv port": Change(
        "vds_port",
        {"vds": "vds1", "vm": "vm01-1", "blocked": True},
        "ReconfigureDVPort_Task",
        (),
        ({"method": "FetchDVPorts", "fault": "NoPermission"}, {"method": "FetchDVPorts", "action": "cut", "element": "setting/blocked"}),
    ),
    "software": Change(
        "esxi_software",
        {**ALL, "acceptance_level": "community"},
        "UpdateHostImageAcceptanceLevel",
        (),
        ({"method": "HostImageConfigGetAcceptance", "fault": "NoPermission"}, {"method": "HostImageConfigGetAcceptance", "action": "empty"}),
    ),
}


@pytest.mark.own_code
@pytest.mark.parametrize("name", CHANGES)
def test_what_is_not_told_any_more_after_the_write(world_of: Callable[..., World], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lost on the way to the server, or done by it: nobody says that it holds, or that nothing is changed."""
    monkeypatch.setattr(FLEET, (ORDER, 0.0))
    monkeypatch.setattr("ansible_collections.virtnet.hardening.plugins.module_utils._esxi.software._SHOWS", 0.0)
    world, change = world_of("--hosts", "1"), CHANGES[name]
    rules = [("properties", rule) for rule in change.properties] + [("faults", {**rule, "times": -1}) for rule in change.calls]
    wrong = []
    for lost in (True, False):
        # What is done must be so once only; what is lost changes nothing.
        for kind, rule in rules if lost else rules[:1]:
            world.control("POST", kind, {**rule, "after": change.method})
            if lost:
                world.control("POST", "faults", {"method": change.method, "action": "close"})
            result = world.run(change.module, False, **change.params)
            for each in ("faults", "properties"):
                world.control("DELETE", each)
            targets = {**result.get("distributed_switches", {}), **result.get("hosts", {})}
            target = next(iter(targets.values()), result)
            if not result.get("failed") or target.get("verified") or not (target["changed"] and target["not_undone"]):
                wrong.append(f"{'lost' if lost else 'done'}, {rule}: {target}")
    assert not wrong, "\n".join(wrong)


# Objects that lists still name, and the tasks of modules that write which are about them.
CONCERNED = {
    "vds1": ("policy", "policy on switches alone", DV_SAME, "dv group gone", PORTS),
    "network": ("policy", DV_SAME, PORTS),
    "dvpg01": ("policy", DV_SAME, "dv group gone", PORTS),
    "dvpg02": ("dv group gone", "dv group to go"),
    "vm01-1": (DV_OPEN, "port of a machine"),
    "cluster1": ("group gone", "vswitch gone", "group as it is"),
    "dc1": ("group gone", "dv group gone", "machines to unregister"),
    SECOND: ("group gone", "group as it is", "policy", "machines to unregister"),
    "pg01": ("group that opens",),
    "off1": ("machines to unregister",),
    "datastore1": ("machines to register", "machines to unregister", "software to come"),
}


@pytest.mark.own_code
@pytest.mark.parametrize("hidden", CONCERNED)
def test_nothing_hidden_is_taken_for_none(site: World, hidden: str) -> None:
    """The task is refused, or a warning says what the user can't see."""
    wrong = []
    for name in CONCERNED[hidden]:
        with bent(site, {"object": hidden, "as": "hidden", "keep_references": True}):
            result = run(site, CASES[name])
        told = [result["msg"]] if result.get("failed") else result["warnings"]
        wrong += [] if any("user can't see" in text for text in told) else [f"{name}: {told or result['msg']}"]
    assert not wrong, "\n".join(wrong)
