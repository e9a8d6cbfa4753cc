# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy modules disturbed at every message to the kernel and at every transaction of nft."""

from __future__ import annotations

import os
import shutil
import signal
from typing import Any, Iterator

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, ChangeError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import reconcile
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import port_security, switch_policy
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.safety import Orphans, Watchdog
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.quirks import kernel_hz
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.backend import HardeningBackend
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.client import Nft

from ..oracle import iproute2
from .conftest import fresh_namespace, ip, learned, snapshot
from .test_faults import FaultyClient, params_of

pytestmark = [
    pytest.mark.own_code,
    pytest.mark.skipif(shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin") is None, reason="SKIPPED: there is no nft(8); install nftables"),
]


class FaultyNft(Nft):
    """Answers the Nth transaction with an error, drops it, or ends the process."""

    def __init__(self, fail_at: int = 0, ignore_at: int = 0, kill_at: int = 0) -> None:
        super().__init__()
        self.fail_at, self.ignore_at, self.kill_at, self.count = fail_at, ignore_at, kill_at, 0

    def write(self, commands: str) -> str | None:
        self.count += 1
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.count == self.fail_at:
            return "injected"
        return None if self.count == self.ignore_at else super().write(commands)


GUEST = {"profile": "guest", "macs": ["52:54:00:00:00:01"], "addresses": ["192.0.2.1"]}


def intents() -> dict[str, Any]:
    """Changes of every kind of object that a policy writes."""
    ports = [{"name": "v0", **GUEST}, {"name": "v2", **GUEST, "macs": ["52:54:00:00:00:02"]}]
    group = {"name": "g", "match": ["v1", "w*"], "quarantine": True, "ports": [{"name": "v1", **GUEST, "macs": ["52:54:00:00:00:03"]}]}
    switches = [{"name": "br0", "security": {"promiscuous": "reject"}, "port_groups": [group]}]
    virtual = {"address": "00:00:5e:00:01:07", "shared": True}
    shared = [{**port, "macs": [*port["macs"], virtual]} for port in ports]
    return {
        "shared": lambda: port_security.PortSecurityIntent(params_of(port_security.spec(), bridge="br0", ports=shared)),
        "ports": lambda: port_security.PortSecurityIntent(params_of(port_security.spec(), bridge="br0", ports=ports)),
        "document": lambda: switch_policy.SwitchPolicyIntent(params_of(switch_policy.spec(), switches=switches, purge=["ports"])),
        "absent": lambda: port_security.PortSecurityIntent(params_of(port_security.spec(), bridge="br0", ports=[{"name": "v1"}], state="absent")),
    }


@pytest.fixture(autouse=True)
def _host(namespace: None) -> None:
    make_host()


def make_host() -> None:
    """v0 open with an address that it learned, v1 hardened before, v2 not in the bridge yet, and a device of which nothing is known."""
    ip(
        "link add br0 address 52:54:00:00:01:00 type bridge",
        "link set br0 up",
        *(f"link add v{number} type veth peer name p{number}" for number in range(3)),
        *(f"link set {end}{number} up" for number in range(3) for end in "vp"),
        "link set v0 master br0",
        "link set v1 master br0",
        "link add b0 type ifb",
        "link set b0 master br0 up",
    )
    before = [{"name": "v1", **GUEST, "macs": ["52:54:00:00:00:09"], "isolated": True}]
    run(port_security.PortSecurityIntent(params_of(port_security.spec(), bridge="br0", ports=before)), Client(), Nft())
    learned("52:54:00:00:00:66", "v0")


def run(intent: Any, client: Client, nft: Nft) -> Any:
    """One real run."""
    return reconcile(intent, HardeningBackend(client, kernel_hz(), {}, nft), False)


def places(name: str) -> Iterator[dict[str, int]]:
    """Every message and every transaction, each in a fresh host."""
    client, nft = FaultyClient(), FaultyNft()
    run(intents()[name](), client, nft)
    assert client.count > 1 and nft.count >= 1
    for kind, count in (("client", client.count), ("nft", nft.count)):
        for at in range(1, count + 1):
            fresh_namespace()
            make_host()
            yield {kind: at}


def pair(place: dict[str, int], fault: str) -> Any:
    """Client and nft of which one is faulty."""
    return FaultyClient(**({fault: place["client"]} if "client" in place else {})), FaultyNft(**({fault: place["nft"]} if "nft" in place else {}))


@pytest.mark.parametrize("name", sorted(intents()))
def test_an_error_anywhere_leaves_the_state_before(name: str) -> None:
    """All of it is undone: flags, entries, elements, rules, the port that joined."""
    for place in places(name):
        before = snapshot()
        with pytest.raises(ChangeError) as caught:
            run(intents()[name](), *pair(place, "fail_at"))
        assert caught.value.details["not_undone"] == [], (place, caught.value.message)
        assert "injected" in caught.value.message and snapshot() == before, place


class DyingNft(FaultyNft):
    """From one transaction on neither writes nor reads, as after its package was removed."""

    def read(self) -> Any:
        if self.fail_at and self.count >= self.fail_at:
            raise BackendError("nft is gone.")
        return super().read()

    def write(self, commands: str) -> str | None:
        self.count += 1
        return "nft is gone" if self.fail_at and self.count >= self.fail_at else Nft.write(self, commands)


@pytest.mark.parametrize("name", sorted(intents()))
def test_an_nft_that_dies_does_not_keep_ports_from_coming_back(name: str) -> None:
    """What netlink did is undone; of the table it is said that it could not be."""
    for place in places(name):
        if "nft" not in place:
            continue
        before = snapshot()
        with pytest.raises(ChangeError) as caught:
            run(intents()[name](), Client(), DyingNft(fail_at=place["nft"]))
        assert snapshot()[:3] == before[:3], (place, caught.value.details)
        told = caught.value.details["not_undone"]
        assert (told == []) == (snapshot() == before) or all("could not be compared" in each for each in told), told
        assert not any("could not be compared" in each and ("port " in each or "bridge " in each) for each in told), told


@pytest.mark.parametrize("name", sorted(intents()))
def test_an_ignored_write_is_found_by_reading_back(name: str) -> None:
    """The kernel or nft said that it is done, and it is not."""
    for place in places(name):
        before = snapshot()
        try:
            run(intents()[name](), *pair(place, "ignore_at"))
        except ChangeError as error:
            assert error.details["not_undone"] == [], (place, error.message)
            assert snapshot() == before, place
        else:
            assert not run(intents()[name](), Client(), Nft()).plan.steps, place


@pytest.mark.parametrize("name", sorted(intents()))
def test_killed_anywhere_the_next_run_converges(name: str) -> None:
    """And no port that was up stays down."""
    for place in places(name):
        child = os.fork()
        if child == 0:
            intent = intents()[name]()
            client, nft = pair(place, "kill_at")
            reconcile(intent, HardeningBackend(client, kernel_hz(), {}, nft), False, net=Watchdog(HardeningBackend.open, intent.scope, None, 60))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        orphans = Orphans()
        intent = intents()[name]()
        given_back = intent.recover(orphans.held)
        run(intent, Client(), Nft())
        orphans.settle(given_back)
        assert not run(intents()[name](), Client(), Nft()).plan.steps, place
        assert all(iproute2.link(device)["up"] for device in ("v0", "v1", "v2")), place
        assert not Orphans().held
