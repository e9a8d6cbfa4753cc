# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network cards with addresses and routes that are to become ports: refused, given back or told. Judged by ip -j address and route."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import ChangeError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import reconcile
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import port, port_security
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.quirks import kernel_hz
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.backend import HardeningBackend

from ..oracle import iproute2
from .conftest import ip, warnings_of
from .test_faults import FaultyClient, params_of

GUEST = {"profile": "guest", "macs": ["52:54:00:00:00:01"], "addresses": ["192.0.2.1"]}
# Each takes v0 into br0.
TASKS: dict[str, Any] = {
    "linux_bridge_port": {"bridge": "br0", "ports": ["v0"], "isolated": True},
    "linux_port_security": {"bridge": "br0", "ports": [{"name": "v0", **GUEST}]},
    "linux_switch_policy": {"switches": [{"name": "br0", "ports": [{"name": "v0", **GUEST}]}]},
}


@pytest.fixture(autouse=True)
def _card(namespace: None) -> None:
    """v0 is a card with all that a host may have on one."""
    ip("link add br0 type bridge", "link set br0 up", "link add v0 type veth peer name p0", "link set p0 up")
    Path("/proc/sys/net/ipv6/conf/v0/disable_ipv6").write_text("0", encoding="ascii")
    ip(
        "link set v0 up",
        "address add 192.0.2.5/24 dev v0",
        "address add 2001:db8::5/64 dev v0 nodad",
        "address add fd00::5/64 dev v0 nodad valid_lft 9000 preferred_lft 900",
        "route add 198.51.100.0/24 via 192.0.2.1 metric 7",
        "route add 203.0.113.0/24 dev v0 scope link",
        "route add 2001:db8:1::/48 via 2001:db8::1",
        "route add 2001:db8:2::/48 via 2001:db8:1::1 dev v0 onlink",
        "route add 10.1.0.0/16 via 203.0.113.9 table 77",
    )


def belongings() -> list[str]:
    """Addresses without their lifetimes, and routes."""
    told = []
    for words in ("address show dev v0", "-4 route show table all dev v0", "-6 route show table all dev v0"):
        done = subprocess.run(["ip", "-j", *words.split()], capture_output=True, text=True, check=True)
        for each in json.loads(done.stdout):
            items = each.get("addr_info", [each])
            told += [json.dumps({name: value for name, value in item.items() if not name.endswith("life_time")}, sort_keys=True) for item in items]
    return sorted(each for each in told if "multicast" not in each and "fe80::" not in each and "ff00::" not in each)


@pytest.mark.parametrize("module", sorted(TASKS))
@pytest.mark.parametrize("kind", ["macvtap", "macvlan"])
def test_a_card_that_something_hangs_on(refused: Callable[..., Any], module: str, kind: str) -> None:
    """The kernel refuses it (EBUSY), after the card went down for it: so it is refused before."""
    ip(f"link add mt0 link v0 type {kind}")
    before = belongings()
    told = refused(module, **TASKS[module])["msg"]
    assert "port v0" in told and f"{kind} device mt0" in told
    assert belongings() == before


@pytest.mark.parametrize("module", sorted(TASKS))
def test_what_is_no_ethernet_device(refused: Callable[..., Any], module: str) -> None:
    """As the loopback device."""
    options = json.loads(json.dumps(TASKS[module]).replace('"v0"', '"lo"'))
    assert "port lo: it is no Ethernet device" in refused(module, **options)["msg"]


def _intent(name: str) -> Any:
    if name == "port":
        return port.PortIntent(params_of(port.spec(), bridge="br0", ports=["v0"], isolated=True))
    return port_security.PortSecurityIntent(params_of(port_security.spec(), bridge="br0", ports=[{"name": "v0", **GUEST}]))


@pytest.mark.parametrize("name", ["port", "policy"])
@pytest.mark.parametrize("at", range(1, 5))
def test_a_join_that_fails_costs_nothing(name: str, at: int) -> None:
    """At whatever message: addresses and routes are there again."""
    before = belongings()
    assert len(before) > 8
    with pytest.raises(ChangeError) as caught:
        reconcile(_intent(name), HardeningBackend(FaultyClient(fail_at=at), kernel_hz(), {}), False)
    assert caught.value.details["not_undone"] == []
    assert belongings() == before


def test_what_does_not_come_back_is_named() -> None:
    """As where somebody forbade IPv6 meanwhile."""

    def forbid(count: int) -> None:
        if count == 2:
            Path("/proc/sys/net/ipv6/conf/v0/disable_ipv6").write_text("1", encoding="ascii")

    with pytest.raises(ChangeError) as caught:
        reconcile(_intent("port"), HardeningBackend(FaultyClient(fail_at=2, before=forbid), kernel_hz(), {}), False)
    told = " ".join(caught.value.details["not_undone"])
    assert "address 2001:db8::5/64" in told and "route 2001:db8:1::/48 via 2001:db8::1" in told and "192.0.2.5" not in told


@pytest.mark.parametrize("module", sorted(TASKS))
def test_addresses_that_are_dead_on_a_port_are_told(cycle: Callable[..., Any], run: Callable[..., Any], module: str) -> None:
    """With the way out."""
    for check in (True, False):
        told = [each for each in warnings_of(run(module, check, **TASKS[module])) if "port v0: it bears" in each]
        assert told and "192.0.2.5/24" in told[0] and "2001:db8::5/64" in told[0] and "give br0 the addresses" in told[0]
    assert iproute2.port("v0") is not None
