# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real kernel with faults put between it and the backend: at every message, and by SIGKILL."""

from __future__ import annotations

import os
import signal
from typing import Any, Iterator, Sequence

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import ChangeError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import reconcile
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import bridge as linux_bridge
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import fdb, port
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.safety import Orphans, Watchdog
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import OK, Answer, Client
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.quirks import kernel_hz

from ..oracle import iproute2
from .conftest import bridge, fresh_namespace, ip, run_module, snapshot

EIO = 5


class FaultyClient(Client):
    """Passes messages on, but answers the Nth of a batch with an error, drops it, or ends the process."""

    def __init__(self, fail_at: int = 0, ignore_at: int = 0, kill_at: int = 0, before: Any = None) -> None:
        super().__init__()
        self.fail_at, self.ignore_at, self.kill_at, self.before = fail_at, ignore_at, kill_at, before
        self.count = 0

    def batch(self, messages: Sequence[Any]) -> list[Answer]:
        answers = []
        for message in messages:
            self.count += 1
            if self.before is not None:
                self.before(self.count)
            if self.count == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
            if self.count == self.fail_at:
                answers.append(Answer(EIO, "injected"))
            elif self.count == self.ignore_at:
                answers.append(OK)
            else:
                answers.extend(super().batch([message]))
        return answers


def params_of(spec: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Parameters as AnsibleModule would complete them."""
    return {**{name: option.get("default") for name, option in spec.items()}, **given}


def intents() -> dict[str, Any]:
    """Changes of several steps, one a kind."""
    entries = [{"address": f"52:54:00:00:00:0{n}", "port": "v0", "vlan": None, "kind": None, "sticky": None} for n in (1, 2, 3)]
    return {
        "new bridge": lambda: linux_bridge.BridgeIntent(params_of(linux_bridge.spec(), name="br7", up=True, stp=True, priority=9, promiscuous=True)),
        "bridge options": lambda: linux_bridge.BridgeIntent(params_of(linux_bridge.spec(), name="br0", up=False, stp=False, forward_delay=1, mtu=1400)),
        "ports": lambda: port.PortIntent(params_of(port.spec(), bridge="br0", ports=["v0", "v1", "v2"], isolated=True, learning=False, locked=True)),
        "move": lambda: port.PortIntent(params_of(port.spec(), bridge="br0", ports=["v9"], move=True, isolated=True)),
        "leave": lambda: port.PortIntent(params_of(port.spec(), bridge="br9", ports=["v9"], state="absent")),
        "no bridge": lambda: linux_bridge.BridgeIntent(params_of(linux_bridge.spec(), name="br9", state="absent", detach_ports=True)),
        "fdb": lambda: fdb.FdbIntent(params_of(fdb.spec(), bridge="br0", entries=entries)),
    }


@pytest.fixture(autouse=True)
def _host(namespace: None) -> None:
    make_host()


def make_host() -> None:
    """br0 with STP and two ports, br9 with one that has options and an entry, v2 free."""
    ip(
        "link add br0 address 52:54:00:00:01:00 type bridge stp_state 1",
        "link set br0 up",
        "link add br9 address 52:54:00:00:09:00 type bridge ageing_time 6000",
        "link set br9 up",
        *(f"link add v{number} type veth peer name p{number}" for number in (0, 1, 2, 9)),
        *(f"link set {end}{number} up" for number in (1, 2, 9) for end in "vp"),
        "link set v0 master br0",
        "link set v1 master br0",
        "link set v9 master br9",
    )
    bridge("link set dev v9 isolated on learning off hairpin on cost 77 priority 9", "fdb add 52:54:00:00:00:99 dev v9 master static sticky")


def run(intent: Any, client: Client) -> Any:
    """One real run over a client."""
    return reconcile(intent, NetlinkBackend(client, kernel_hz(), {}), False)


def each_message(name: str) -> Iterator[int]:
    """Every place at which the change can be disturbed, each in a fresh host; how many there are depends on the kernel."""
    client = FaultyClient()
    run(intents()[name](), client)
    assert client.count > 1
    for at in range(1, client.count + 1):
        fresh_namespace()
        make_host()
        yield at


@pytest.mark.parametrize("name", sorted(intents()))
def test_an_error_at_any_message_leaves_the_state_before(name: str) -> None:
    """Or says exactly what it could not undo; here everything can be."""
    for at in each_message(name):
        before = snapshot()
        with pytest.raises(ChangeError) as caught:
            run(intents()[name](), FaultyClient(fail_at=at))
        assert caught.value.details["not_undone"] == [], (at, caught.value.message)
        assert "injected" in caught.value.message and "the state before is restored" in caught.value.message
        assert snapshot() == before, at


@pytest.mark.own_code
@pytest.mark.parametrize("name", sorted(intents()))
def test_an_ignored_message_is_found_by_reading_back(name: str) -> None:
    """The kernel acknowledged and did nothing."""
    for at in each_message(name):
        before = snapshot()
        try:
            run(intents()[name](), FaultyClient(ignore_at=at))
        except ChangeError as error:
            assert error.details["not_undone"] == [], (at, error.message)
            assert snapshot() == before, at
        else:
            # Nothing was lost by it: an entry that goes with its port, a port that goes with its bridge, a hold.
            assert not run(intents()[name](), Client()).plan.steps, at


@pytest.mark.own_code
@pytest.mark.parametrize("name", sorted(intents()))
def test_killed_between_any_two_messages_the_next_run_converges(name: str) -> None:
    """To the same state that an undisturbed run reaches."""
    for at in each_message(name):
        child = os.fork()
        if child == 0:
            intent = intents()[name]()
            backend = NetlinkBackend(FaultyClient(kill_at=at), kernel_hz(), {})
            reconcile(intent, backend, False, net=Watchdog(NetlinkBackend.open, intent.scope, None, 60))
            os._exit(0)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL
        orphans = Orphans()
        intent = intents()[name]()
        given_back = intent.recover(orphans.held)
        run(intent, Client())
        orphans.settle(given_back)
        assert not run(intents()[name](), Client()).plan.steps, at
        assert [device for device in ("v1", "v2", "v9", "p1", "p2", "p9") if not iproute2.link(device)["up"]] == [], at
        assert not Orphans().held


def test_a_tap_that_vanishes_is_reported_and_the_rest_is_done() -> None:
    """At whatever message it goes."""
    for at in (1, 2, 3):

        def vanish(count: int, at: int = at) -> None:
            if count == at:
                ip(f"link del v{at - 1}")

        names = [f"v{number}" for number in range(4)]
        ip(*(f"link add {name} type veth peer name q{name}" for name in names if iproute2.link(name) is None))
        ip(*(f"link set {name} master br0" for name in names))
        intent = port.PortIntent(params_of(port.spec(), bridge="br0", ports=names, isolated=True))
        outcome = run(intent, FaultyClient(before=vanish))
        assert outcome.vanished == [f"port v{at - 1}"]
        assert all(iproute2.port(name)["isolated"] for name in names if name != f"v{at - 1}")
        run(port.PortIntent(params_of(port.spec(), bridge="br0", ports=["v*"], isolated=False)), Client())


def test_a_run_without_a_change_sends_nothing() -> None:
    """Not a single message that writes."""
    params: tuple[Any, ...] = ({"bridge": "br0", "ports": ["v0", "v1"], "isolated": True},)
    run_module("linux_bridge_port", **params[0])
    client = FaultyClient()
    assert not run(port.PortIntent(params_of(port.spec(), **params[0])), client).plan.steps
    assert client.count == 0
