# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port of which nothing is asked stays exactly as it is: no entry in the table, and no table for it alone."""

from __future__ import annotations

import subprocess
from typing import Any, Callable

import pytest

from .conftest import Result, bridge, ip, snapshot
from .test_security import GUEST, table
from .test_security import pytestmark as needs_nft

pytestmark = [needs_nft, pytest.mark.own_code]
LISTED = {"bridge": "br0", "ports": [{"name": "v0"}, {"name": "v1", "isolated": True}]}


@pytest.fixture(autouse=True)
def _host(namespace: None) -> None:
    ip(
        "link add br0 address 52:54:00:00:ff:00 type bridge",
        "link set br0 up",
        *(f"link add v{number} type veth peer name p{number}" for number in range(4)),
        *(f"link set v{number} master br0 up" for number in range(3)),
        "link set v1 type bridge_slave isolated on",
    )
    bridge("link set dev v2 locked on learning off", "fdb add 52:54:00:00:00:09 dev v2 master static")


def tables() -> str:
    return subprocess.run(["nft", "list", "tables"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("module", ["linux_switch_policy", "linux_port_security"])
def test_nothing_is_asked(run: Callable[..., Result], module: str) -> None:
    """Of ports that nobody hardened, or that somebody hardened by hand, and of one that is isolated already."""
    before = snapshot()
    ports: Any = [*LISTED["ports"], {"name": "v2"}]
    params = {"bridge": "br0", "ports": ports} if module == "linux_port_security" else {"switches": [{"name": "br0", "ports": ports}]}
    for check in (True, False):
        result = run(module, check, **params)
        assert not result["changed"] and not result["actions"] and set(result["ports"]) == {"v0", "v1", "v2"}
    assert snapshot() == before and tables() == ""


def test_beside_a_port_that_is_hardened(cycle: Callable[..., Result], run: Callable[..., Result]) -> None:
    """Its neighbours have no entry; one that is asked for more later has."""
    ports: Any = [{"name": "v0", **GUEST}, {"name": "v1", "isolated": True}, {"name": "v2"}]
    cycle("linux_port_security", bridge="br0", ports=ports)
    assert [each if isinstance(each, str) else each["elem"]["val"] for each in table("ports")] == ["v0"]
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v1", "isolated": False}])
    assert [each if isinstance(each, str) else each["elem"]["val"] for each in table("ports")] == ["v0", "v1"], "how it was is noted"
    run("linux_port_security", bridge="br0", ports=[{"match": "v*"}], state="absent")
    assert tables() == ""


def test_in_quarantine_a_name_is_a_word(cycle: Callable[..., Result]) -> None:
    """There a port that the document names is known, and opened, whatever is asked of it."""
    group = {"name": "guests", "match": ["v*"], "quarantine": True, "ports": [{"name": "v0"}]}
    result = cycle("linux_switch_policy", switches=[{"name": "br0", "port_groups": [group]}])
    assert result["quarantined"] == ["v1", "v2"]
    assert [each if isinstance(each, str) else each["elem"]["val"] for each in table("ports")] == ["v0"]
    cycle("linux_port_security", bridge="br0", ports=[{"name": "v1"}])
    assert len(table("ports")) == 2


def test_a_port_joins_as_it_is(cycle: Callable[..., Result]) -> None:
    """To be named is to be a port of the bridge."""
    cycle("linux_switch_policy", switches=[{"name": "br0", "ports": [{"name": "v3"}]}])
    assert tables() == ""
