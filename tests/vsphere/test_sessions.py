# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session that ends in the middle: nothing of the call that was denied has been done, so that a new login is all that it costs."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client

from .conftest import World, group
from .test_blind import CASES, _site, run
from .test_faults import OPEN, opened
from .test_pending import ONE, WRITES, Write
from .test_policy import REJECT

__all__ = ("_site",)

# Calls that belong to no session.
WITHOUT = ("RetrieveServiceContent", "Login", "Logout")


_retrieve = Client.retrieve


def small_pages(self: Client, roots: Any, paths: Any, hops: Any = (), what: str = "reading", page: int = 2) -> Any:
    """With two objects on a page, however many are asked for."""
    return _retrieve(self, roots, paths, hops, what, min(page, 2))


def calls(world: World) -> dict[str, int]:
    """How often each method was called since the counters were reset."""
    return dict(world.control("GET", "calls")["methods"])


@pytest.mark.own_code
@pytest.mark.parametrize("name", CASES)
def test_wherever_it_ends_while_reading(site: World, name: str) -> None:
    """Before the first and the last call of each method by which a module reads: the answer is the same, after one new login."""
    case = CASES[name]
    site.control("POST", "calls/reset")
    clean = run(site, case)
    for method, count in calls(site).items():
        for number in {1, count} if method not in WITHOUT else ():
            site.control("POST", "calls/reset")
            site.control("POST", "faults", {"method": method, "call": number, "action": "drop_sessions"})
            result = run(site, case)
            site.control("DELETE", "faults")
            assert result == clean, (method, number, result)
            assert calls(site)["Login"] == 2, (method, number)


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.method)
def test_it_ends_while_writing(world: World, write: Write) -> None:
    """The write is made once more, and done once."""
    world.control("POST", "faults", {"method": write.method, "action": "drop_sessions"})
    world.control("POST", "calls/reset")
    result = world.ok(write.module, False, **ONE, **write.params)
    made = calls(world)
    assert result["changed"] and write.done(world) and made[write.method] == made["Login"] == 2
    assert not world.vsphere.govc("session.ls").count("pyvmomi"), "a session was left open"


def test_a_distributed_group(world: World) -> None:
    """And the look at its task."""
    for method, promiscuous in (("ReconfigureDVPortgroup_Task", "accept"), ("Fetch", "reject")):
        world.control("POST", "faults", {"method": method, "action": "drop_sessions"})
        security = {**REJECT, "promiscuous": promiscuous}
        result = world.ok("vds_portgroup", False, vds="vds1", name="dvpg01", security=security)
        assert result["changed"] and result["verified"]


@pytest.mark.parametrize(("parallel", "ends"), [(1, (2, 7, 11)), (8, (10,))])
def test_many_at_once(world_of: Callable[..., World], parallel: int, ends: tuple[int, ...]) -> None:
    """Threads whose calls are denied share one new login, and no host is lost, however often that happens in one run."""
    world = world_of("--hosts", "20")
    for number in ends:
        world.control("POST", "faults", {"method": "UpdatePortGroup", "call": number, "action": "drop_sessions"})
    world.control("POST", "latency", {"ms": 10})
    world.control("POST", "calls/reset")
    result = world.ok("esxi_portgroup", **OPEN, parallel=parallel)
    assert calls(world)["Login"] == 1 + len(ends)
    assert all(opened(world).values()) and all(host["verified"] for host in result["hosts"].values())
    assert not world.vsphere.govc("session.ls").count("pyvmomi"), "a session was left open"


@pytest.mark.own_code
@pytest.mark.parametrize("name", CASES)
def test_a_second_page_in_another_session(site: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token is its session's own: what it stands for is read from the start, and each object is there once."""
    clean = run(site, CASES[name])
    monkeypatch.setattr(Client, "retrieve", small_pages)
    site.control("POST", "calls/reset")
    site.control("POST", "faults", {"method": "ContinueRetrievePropertiesEx", "call": 2, "action": "drop_sessions"})
    result = run(site, CASES[name])
    site.control("DELETE", "faults")
    assert result == clean and calls(site)["Login"] == 2


@pytest.mark.own_code
@pytest.mark.parametrize("name", CASES)
def test_no_second_page(site: World, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a user without System.Read on the root folder some versions have none: all is found all the same."""
    clean = run(site, CASES[name])
    monkeypatch.setattr(Client, "retrieve", small_pages)
    site.control("POST", "faults", {"method": "ContinueRetrievePropertiesEx", "fault": "NoPermission", "times": -1})
    result = run(site, CASES[name])
    refused = site.control("GET", "faults")[0]["hits"]
    site.control("DELETE", "faults")
    assert result == clean and refused


def test_a_hundred_hosts_and_no_second_page(world_of: Callable[..., World]) -> None:
    """All are read, changed and read back, by calls whose answers have one page."""
    world = world_of("--hosts", "105", "--groups", "1", "--vms", "0", "--dv-groups", "0")
    world.control("POST", "faults", {"method": "ContinueRetrievePropertiesEx", "fault": "NoPermission", "times": -1})
    result = world.ok("esxi_portgroup", **OPEN)
    assert len(result["hosts"]) == 105 and all(host["verified"] for host in result["hosts"].values())
    assert group(world.network(world.hosts()[-1]), "pg01")["spec"]["policy"]["security"]["allowPromiscuous"] is True
    audit = world.ok("esxi_switch_policy_info", all_hosts=True, audit="stig")
    assert len({each["host"] for each in audit["objects"] if each["kind"] == "vswitch"}) == 105 and audit["not_looked_at"] == []


def test_it_ends_again_and_again(world_of: Callable[..., World]) -> None:
    """A call is made twice at most. The host whose call was denied twice is told apart from those that were changed."""
    world = world_of("--hosts", "3")
    world.control("POST", "faults", {"method": "UpdatePortGroup", "host": "esxi02.lab.example", "fault": "NotAuthenticated", "times": -1})
    world.control("POST", "calls/reset")
    result = world.run("esxi_portgroup", **OPEN, parallel=1)
    made = calls(world)
    states = opened(world)
    for name, host in result["hosts"].items():
        assert host["changed"] is states[name] is (not host["failed"]), (name, host)
    host = result["hosts"]["esxi02.lab.example"]
    assert result["failed_hosts"] == ["esxi02.lab.example"] and host["cause"] == "session_expired" and host["not_undone"] == []
    for words in ("the session has ended on the server, also after a new login", "NotAuthenticated", "the state before is restored"):
        assert words in host["msg"], host
    # The one after the second denial is for the way back.
    assert made["UpdatePortGroup"] == 4 and made["Login"] == 3
    world.control("DELETE", "faults")
    world.control("POST", "faults", {"method": "RetrievePropertiesEx", "call": 2, "fault": "NotAuthenticated", "times": 2})
    result = world.run("esxi_portgroup", **OPEN)
    assert result["error_code"] == "session_expired" and "also after a new login" in result["msg"], result


def test_session_ended_for_good(world_of: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> None:
    """The password was changed meanwhile. What can't be found out is not claimed, and the user is not locked out by many wrong logins."""
    world = world_of("--hosts", "5")
    world.control("POST", "faults", {"method": "UpdatePortGroup", "call": 2, "action": "drop_sessions"})
    world.control("POST", "calls/reset")
    original = Client._log_in

    def log_in(client: Client) -> None:
        original(client)
        client.login = client.login._replace(password="changed")

    monkeypatch.setattr(Client, "_log_in", log_in)
    result = world.run("esxi_portgroup", **OPEN, parallel=1)
    first, *others = result["hosts"].values()
    assert result["failed"] and len(result["failed_hosts"]) == 5
    assert first["error_code"] == "not_in_effect" and first["changed"] and first["not_undone"], first
    assert "could not be compared" in str(others[0]["not_undone"]) and "the user name or password is wrong" in others[0]["msg"], others[0]
    for host in others[1:]:
        # They are not even looked at again.
        assert host["error_code"] == "login" and not host["changed"] and "the user name or password is wrong" in host["msg"], host
    assert world.control("GET", "calls")["methods"]["Login"] == 2
    assert list(opened(world).values()) == [True, False, False, False, False]
