# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading many objects, against servers that answer as the simulator can't be told to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Callable

import pytest

pytest.importorskip("pyVmomi")
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.collector import Hop, Question, retrieve
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import VsphereError

vim, query = dep.vim, dep.vmodl.query.PropertyCollector
ENDED = vim.fault.NotAuthenticated(privilegeId="System.View", msg="")


def host(number: int) -> Any:
    """A reference."""
    return vim.HostSystem(f"host-{number}")


def content(ref: Any, *missing: str, **known: Any) -> Any:
    """What an answer tells of an object."""
    return SimpleNamespace(
        obj=ref,
        propSet=[SimpleNamespace(name=name, val=value) for name, value in known.items()],
        missingSet=[SimpleNamespace(path=path, fault=ENDED) for path in missing],
    )


class Server:
    """Answers one after the other, and notes the sessions that were found to have ended."""

    def __init__(self, *answers: tuple[list[Any], str]) -> None:
        self.answers = list(answers)
        self.session = 1
        self.gone: list[int] = []
        self.asked: list[Any] = []
        self.content = SimpleNamespace(propertyCollector=SimpleNamespace(RetrievePropertiesEx=self._first, ContinueRetrievePropertiesEx=self._next))

    def _first(self, specs: Any, _options: Any) -> Any:
        self.asked.append([each.obj for each in specs[0].objectSet])
        return self._next("")

    def _next(self, _token: str) -> Any:
        objects, token = self.answers.pop(0)
        return SimpleNamespace(objects=objects, token=token)

    def call(self, method: Callable[..., Any], *args: Any, what: str) -> Any:
        """The session's."""
        assert what == "reading"
        return method(*args)

    once = call

    def expired(self, session: int) -> None:
        """A new login would follow."""
        self.gone.append(session)
        self.session += 1


def read(server: Server, count: int = 2, page: int = 100) -> dict[str, dict[str, str]]:
    """The gaps of all hosts by their names, each once."""
    found = list(retrieve(server, Question([host(number) for number in range(count)], {vim.HostSystem: ["name"]}, (), "reading", page)))
    assert len({each.ref for each in found}) == len(found)
    return {each.name: {path: gap.code for path, gap in each.gaps.items()} for each in found}


def test_a_session_that_is_denied_each_property() -> None:
    """Some servers say so of the properties, and not of the call: it is no lack of a privilege, and read once more."""
    server = Server(([content(host(0), name="a"), content(host(1), "name")], ""), ([content(host(0), name="a"), content(host(1), name="b")], ""))
    assert read(server) == {"a": {}, "b": {}} and server.gone == [1]


def test_a_session_that_is_denied_each_property_again() -> None:
    """Is told as what it is, of that property."""
    denied = ([content(host(0), name="a"), content(host(1), "name")], "")
    server = Server(denied, denied)
    assert read(server) == {"a": {}, "host-1": {"name": "session_expired"}} and server.gone == [1]


def test_a_server_whose_own_page_is_smaller() -> None:
    """What it has not told of a piece is asked for anew, and nothing by a token; one that tells nothing is an error and no end."""
    last = [content(host(2), name="c"), content(host(3), name="d")]
    server = Server(([content(host(0), name="a")], "more"), ([content(host(1), name="b")], "more"), (last, ""))
    assert list(read(server, count=4, page=3)) == ["a", "b", "c", "d"]
    assert server.asked == [[host(0), host(1), host(2)], [host(1), host(2), host(3)], [host(2), host(3)]]
    with pytest.raises(VsphereError, match="tells nothing of 2 objects"):
        read(Server(([], "more")))


class Denied(Server):
    """A user who may have no second page."""

    def once(self, method: Callable[..., Any], *args: Any, what: str) -> Any:
        """vCenter 7.0.3.2 up to 8.0.2."""
        raise VsphereError("permission", f"{what}: no.")


def test_level_by_level() -> None:
    """Where the server may not go on: by what each level tells of the next, along the hops alone; what has gone meanwhile is not there."""
    root, folder, other = vim.Folder("group-d1"), vim.Folder("group-h1"), vim.Folder("group-v1")
    cluster, gone = vim.ClusterComputeResource("domain-c1"), host(9)
    lost = SimpleNamespace(path="name", fault=dep.vmodl.fault.ManagedObjectNotFound())
    server = Denied(
        ([content(root, childEntity=[folder, other])], "more"),
        ([content(root, childEntity=[folder, other])], ""),
        ([content(folder, childEntity=[cluster]), content(other, childEntity=[])], ""),
        ([content(cluster, host=[host(1), gone], name="c1")], ""),
        ([content(host(1), name="a", parent=cluster), SimpleNamespace(obj=gone, propSet=[], missingSet=[lost])], ""),
    )
    paths = {vim.HostSystem: ["name"], vim.Folder: ["childEntity"]}
    hops = (Hop(vim.Folder, "childEntity", ("childEntity", "host")), Hop(vim.ComputeResource, "host"), Hop(vim.HostSystem, "parent"))
    found = list(retrieve(server, Question([root], paths, hops, "reading", 100)))
    assert [each.ref for each in found] == [root, folder, other, host(1)]
    # Properties that show the way only are told of no object.
    assert found[-1].props == {"name": "a"} and not any(each.gaps for each in found)
    assert server.asked == [[root], [root], [folder, other], [cluster], [host(1), gone]]
