# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes that get no answer: those that have come true count, and of the others nobody says that the state before is restored."""

from __future__ import annotations

import time
from typing import Any, Callable, NamedTuple

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.rules import ORDER

from .conftest import World, group, vswitch
from .test_policy import HOSTS, PATH, REJECT, option

NAME, SECOND = HOSTS
ONE: dict[str, Any] = {"esxi_hostname": NAME}
OPEN = dict.fromkeys(REJECT, "accept")
OPEN_TWO = {"all_hosts": True, "name": "pg01", "security": {"promiscuous": "accept"}}
FLEET = "ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.backend.HostFleet.__init__.__defaults__"
MAY = "the server has not said what became of it, and it may still take effect"


class Write(NamedTuple):
    """A call, a task that makes it, and whether it has been carried out, as govc sees it."""

    method: str
    module: str
    params: dict[str, Any]
    done: Callable[[World], bool]


def network(world: World) -> dict[str, Any]:
    """Of the first host."""
    return world.network(PATH.format(NAME))


def names(world: World, kind: str) -> list[str]:
    """Its switches or groups."""
    return [each["name"] if kind == "vswitch" else each["spec"]["name"] for each in network(world)[kind]]


def opened(config: dict[str, Any]) -> bool:
    """Whether a group accepts promiscuous mode by itself."""
    return bool(group(config, "pg01")["spec"]["policy"]["security"].get("allowPromiscuous"))


WRITES = [
    Write("UpdatePortGroup", "esxi_portgroup", {"name": "pg01", "security": {"promiscuous": "accept"}}, lambda world: opened(network(world))),
    Write("AddPortGroup", "esxi_portgroup", {"name": "new", "vswitch": "vSwitch0"}, lambda world: "new" in names(world, "portgroup")),
    Write("RemovePortGroup", "esxi_portgroup", {"name": "pg02", "state": "absent"}, lambda world: "pg02" not in names(world, "portgroup")),
    Write(
        "UpdateVirtualSwitch",
        "esxi_vswitch",
        {"name": "vSwitch0", "security": {"promiscuous": "accept"}},
        lambda world: bool(vswitch(network(world))["spec"]["policy"]["security"]["allowPromiscuous"]),
    ),
    Write("AddVirtualSwitch", "esxi_vswitch", {"name": "vSwitch7", "uplinks": []}, lambda world: "vSwitch7" in names(world, "vswitch")),
    Write(
        "UpdateOptions",
        "esxi_switch_policy",
        {"switches": [{"name": "vSwitch0", "kind": "vswitch", "guards": {"bpdu": "accept"}}]},
        lambda world: option(world, NAME) == 0,
    ),
]


def eventually(holds: Callable[[], bool], seconds: float = 15.0) -> bool:
    """Whether it becomes true in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@pytest.mark.own_code
def test_writes_that_outlast_the_timeout(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows then what comes of them, which is said; govc sees them come true later. They wait together, as they are about different objects."""
    monkeypatch.setattr(FLEET, (ORDER, 0.0))
    # Until the end of its run none is there, however busy this machine is.
    world.control("POST", "latency", {"methods": {write.method: 6000 for write in WRITES}})
    for write in WRITES:
        result = world.run(write.module, False, **ONE, **write.params, timeout=1)
        host = result["hosts"][NAME]
        assert result["failed"] and host["cause"] == "deadline" and host["changed"] and result["changed"], result
        assert len(host["not_undone"]) == 1 and host["not_undone"][0].endswith(MAY) and host["undone"] == [], host
        assert "the state before is restored" not in host["msg"] and host["not_undone"][0] in host["msg"]
        assert not write.done(world), write.method
    for write in WRITES:
        assert eventually(lambda write=write: write.done(world)), write.method  # type: ignore[misc]


@pytest.mark.parametrize("rule", [{"action": "lose"}, {"action": "lose", "status": 504}], ids=["closed", "proxy"])
@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.method)
def test_an_answer_that_is_lost(world: World, write: Write, rule: dict[str, Any]) -> None:
    """The connection ends, or a proxy gives up: what is done counts, and is not done twice."""
    world.control("POST", "faults", {"method": write.method, **rule})
    result = world.ok(write.module, False, **ONE, **write.params)
    assert result["changed"] and result["hosts"][NAME]["verified"] and write.done(world)
    assert world.control("GET", "calls")["methods"][write.method] == 1


def test_it_shows_while_the_host_is_given_time(world: World) -> None:
    """A little after the timeout: no failure, as it is done."""
    world.control("POST", "latency", {"methods": {"UpdatePortGroup": 2500}})
    assert world.ok("esxi_portgroup", False, **OPEN_TWO, timeout=1)["changed"]
    assert all(opened(config) for config in world.networks().values())


@pytest.mark.own_code
def test_what_was_done_before_is_taken_back(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a document with a group and its switch, on one of two hosts: the group's own change comes back, the switch's may come."""
    monkeypatch.setattr(FLEET, (ORDER, 0.0))
    world.control("POST", "faults", {"method": "UpdateVirtualSwitch", "host": SECOND, "action": "close"})
    document = [{"name": "vSwitch0", "security": OPEN, "port_groups": [{"name": "pg01", "security": REJECT}]}]
    result = world.run("esxi_switch_policy", False, all_hosts=True, switches=document)
    first, second = (result["hosts"][name] for name in HOSTS)
    assert not first["failed"] and second["failed"] and second["cause"] == "unreachable" and len(second["undone"]) == 1, second
    assert "portgroup pg01" in second["undone"][0] and len(second["not_undone"]) == 1 and second["not_undone"][0].startswith("set vswitch vSwitch0")
    groups = {name: group(config, "pg01")["spec"]["policy"]["security"] for name, config in world.networks().items()}
    assert "allowPromiscuous" in groups[NAME] and "allowPromiscuous" not in groups[SECOND]


@pytest.mark.own_code
def test_a_distributed_group_without_an_answer(world: World) -> None:
    """Lost when it was done, it counts; lost before, it may come."""
    security = {"vds": "vds1", "name": "dvpg01", "security": REJECT}
    world.control("POST", "faults", {"method": "ReconfigureDVPortgroup_Task", "action": "lose"})
    assert world.ok("vds_portgroup", False, **security)["verified"]
    world.control("POST", "faults", {"method": "ReconfigureDVPortgroup_Task", "action": "close"})
    result = world.run("vds_portgroup", False, **{**security, "security": OPEN})
    assert result["failed"] and result["cause"] == "unreachable" and result["changed"] and [each.endswith(MAY) for each in result["not_undone"]] == [True]


@pytest.mark.own_code
def test_a_task_that_the_server_gave_up_waiting_for(world: World) -> None:
    """Timedout, of the task as of a call: it may come true."""
    world.control("POST", "faults", {"method": "ReconfigureDVPortgroup_Task", "in": "task", "fault": "Timedout"})
    result = world.run("vds_portgroup", False, vds="vds1", name="dvpg01", security=OPEN)
    assert result["failed"] and result["cause"] == "deadline" and [each.endswith(MAY) for each in result["not_undone"]] == [True], result


@pytest.mark.own_code
def test_a_task_whose_end_nobody_sees(world: World) -> None:
    """It was started, so it may come true, whatever keeps this side from reading on."""
    world.control("POST", "latency", {"tasks_ms": 6000})
    world.control("POST", "faults", {"method": "Fetch", "action": "close", "times": -1})
    result = world.run("vds_portgroup", False, vds="vds1", name="dvpg01", security=OPEN)
    assert result["failed"] and [each.endswith(MAY) for each in result["not_undone"]] == [True], result

    def done() -> bool:
        policy = world.vsphere.collect("/dc1/network/dvpg01", "config.defaultPortConfig")["macManagementPolicy"]
        return policy["allowPromiscuous"] is True and policy["inherited"] is False

    assert not done() and eventually(done)


@pytest.mark.own_code
def test_what_never_left_is_as_it_was(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no connection could be made for the write, nothing can come of it."""
    from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Connection

    change, tried = Client.change, []

    def refused(self: Connection) -> None:
        tried.append(type(self))
        raise ConnectionRefusedError(111, "Connection refused")

    def cut(self: Client, *args: Any, **named: Any) -> Any:
        self._stub.DropConnections()
        with monkeypatch.context() as patch:
            patch.setattr("http.client.HTTPSConnection.connect", refused)
            return change(self, *args, **named)

    monkeypatch.setattr(Client, "change", cut)
    result = world.run("esxi_portgroup", False, **OPEN_TWO, parallel=1)
    # Each write, and no try again; by the class that tells what was not sent from what got no answer.
    assert tried == [Connection] * 2 and result["failed"] and not result["changed"]
    for host in result["hosts"].values():
        assert host["cause"] == "unreachable" and host["not_undone"] == [] and "the state before is restored" in host["msg"]
    assert not any(opened(config) for config in world.networks().values())
