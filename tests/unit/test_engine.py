# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine on a backend that has nothing to do with Linux: plan, order, undo, verify, guard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.diff import actions, make_diff
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import ChangeError, GuardError, UnsupportedError, VerifyError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.invert import invert
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import UPDATE, Order, OrderRule
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import make_plan
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import BaseIntent, Outcome, Resolved, reconcile
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Hold, Key, Observed, State, effective

from ..fakes.backend import FakeBackend

S0: Key = ("switch", "s0")
S1: Key = ("switch", "s1")
G0: Key = ("group", "g0")
G1: Key = ("group", "g1")
R0: Key = ("record", "r0")


def host() -> State:
    """Two switches, two groups, a record."""
    return {
        S0: {"promiscuous": "reject", "forged_transmits": "accept", "mtu": 1500, "up": True},
        S1: {"promiscuous": "accept", "forged_transmits": "accept", "mtu": 1500, "up": True},
        G0: {"switch": "s0", "promiscuous": "inherit", "vlan": 5},
        G1: {"switch": "s0", "promiscuous": "accept", "vlan": 0},
        R0: {"where": "g1", "pinned": True},
    }


@dataclass
class Intent(BaseIntent):
    """A fixed wish."""

    desired: Desired
    scope: Any = None

    def resolve(self, observed: Observed) -> Resolved:
        return Resolved(self.desired)


WISHES: dict[str, Desired] = {
    "two fields of a switch": Desired({S0: {"promiscuous": "accept", "mtu": 9000}}),
    "a new switch": Desired({("switch", "s2"): {"forged_transmits": "reject", "mtu": 1600, "up": True}}),
    "a group's policy": Desired({G0: {"promiscuous": "reject"}, G1: {"promiscuous": "inherit", "vlan": 7}}),
    "a group moves": Desired({G1: {"switch": "s1", "promiscuous": "reject"}}, (R0,)),
    "a group moves while the switch is down": Desired({G1: {"switch": "s1", "vlan": 3}}, (), (Hold(S1, "up", False, (G1,)),)),
    "a record": Desired({R0: {"where": "g0"}}),
    "everything goes": Desired({}, (R0, G0, G1, S0, S1)),
    "a lot": Desired({S0: {"up": False, "forged_transmits": "reject"}, ("group", "g2"): {"switch": "s1", "promiscuous": "reject", "vlan": 9}}, (G0,)),
}


def steps_of(name: str) -> int:
    """How many steps the wish takes."""
    return len(make_plan(WISHES[name], host(), FakeBackend({})).steps)


EACH = [(name, at) for name in WISHES for at in range(1, steps_of(name) + 1)]


def run(name: str, backend: FakeBackend, check: bool = False, **more: Any) -> Outcome:
    """One run."""
    return reconcile(Intent(WISHES[name]), backend, check, **more)


@pytest.mark.parametrize("name", sorted(WISHES))
def test_check_run_and_run_again(name: str) -> None:
    """Check writes nothing and predicts the run; the second run has nothing to do."""
    backend = FakeBackend(host())
    checked = run(name, backend, check=True)
    assert backend.state == host() and backend.count == 0 and checked.plan.steps
    real = run(name, backend)
    assert {**real.result(), "verified": 0} == {**checked.result(), "verified": 0}
    assert real.verified and not checked.verified
    for key, fields in real.plan.after.items():
        assert {field: backend.state[key][field] for field in fields} == fields
    before = backend.count
    again = run(name, backend)
    assert not again.plan.steps and not again.verified and backend.count == before


@pytest.mark.parametrize("name", sorted(WISHES))
def test_what_is_not_asked_for_never_changes(name: str) -> None:
    """Objects and fields."""
    backend = FakeBackend(host())
    run(name, backend)
    wish = WISHES[name]
    for key, fields in host().items():
        if key in wish.absent:
            continue
        replaced = "switch" in wish.present.get(key, {})
        for field, value in fields.items():
            if field not in wish.present.get(key, {}) and not replaced:
                assert backend.state[key][field] == value, (key, field)


@pytest.mark.parametrize(("name", "at"), EACH)
@pytest.mark.parametrize("how", ["fail_at", "raise_at"])
def test_a_failure_at_any_step_restores(name: str, at: int, how: str) -> None:
    """And says that it did."""
    backend = FakeBackend(host())
    setattr(backend, how, at)
    with pytest.raises(ChangeError) as caught:
        run(name, backend)
    assert backend.state == host() and caught.value.details["not_undone"] == []
    assert caught.value.details["failed_step"]


@pytest.mark.parametrize(("name", "at"), EACH)
def test_an_ignored_write_is_found_and_restored(name: str, at: int) -> None:
    """Acknowledged is not done."""
    backend = FakeBackend(host())
    backend.ignore_at = at
    try:
        run(name, backend)
    except (VerifyError, ChangeError) as error:
        assert backend.state == host() and error.details["not_undone"] == []
    else:
        # Only a hold can be ignored without an effect on what was asked for.
        assert WISHES[name].holds and not run(name, backend).plan.steps


@pytest.mark.parametrize(("name", "at"), EACH)
def test_stopped_at_any_step_the_next_run_converges(name: str, at: int) -> None:
    """To the same state, but for what a hold left, which the safety net notes."""
    undisturbed = FakeBackend(host())
    run(name, undisturbed)
    backend = FakeBackend(host())
    backend.stop_at = at
    with pytest.raises(KeyboardInterrupt):
        run(name, backend)
    backend.stop_at = 0
    run(name, backend)
    for hold in WISHES[name].holds:
        backend.state[hold.key][hold.field] = undisturbed.state[hold.key][hold.field]
    for key, fields in undisturbed.state.items():
        asked = WISHES[name].present.get(key, {})
        assert {field: backend.state[key][field] for field in asked} == {field: fields[field] for field in asked}
    assert not run(name, backend).plan.steps


def test_what_can_not_be_undone_is_named() -> None:
    """The way back fails too."""
    backend = FakeBackend(host())

    class Stubborn(FakeBackend):
        def _one(self, step: Any) -> Any:
            fault = super()._one(step)
            self.fail_at = self.count + 1 if self.count >= 2 else self.fail_at
            return fault

    backend = Stubborn(host())
    backend.fail_at = 2
    with pytest.raises(ChangeError) as caught:
        reconcile(Intent(Desired({S0: {"mtu": 9000}, G0: {"vlan": 6}})), backend, False)
    assert any("switch s0" in text and "mtu" in text for text in caught.value.not_undone), caught.value.not_undone
    assert "not undone" in caught.value.message and backend.state[S0]["mtu"] == 9000


def test_what_vanishes_is_reported_and_the_rest_done() -> None:
    """By name."""
    wish = Desired({G0: {"vlan": 1}, G1: {"vlan": 2}})
    for at in (1, 2):
        backend = FakeBackend(host())
        backend.vanish_at = at
        outcome = reconcile(Intent(wish), backend, False)
        lost, kept = (("g0", G1), ("g1", G0))[at - 1]
        assert outcome.vanished == [f"group {lost}"] and backend.state[kept]["vlan"] in (1, 2)


def test_a_new_object_that_is_not_there_is_no_vanished_one() -> None:
    """A switch that could not be made is a failure."""
    backend = FakeBackend(host())
    backend.vanish_at = 1
    with pytest.raises(ChangeError):
        run("a new switch", backend)


def test_order_has_reasons_and_no_contradictions() -> None:
    """The first rule comes first; two rules for one thing are refused."""
    plan = make_plan(WISHES["a lot"], host(), FakeBackend({}))
    assert [step.verb for step in plan.steps] == ["update", "update", "delete", "create", "update"]
    assert all(rule.reason for rule in FakeBackend.order.rules)
    with pytest.raises(ValueError, match="two rules"):
        Order(OrderRule(UPDATE, "switch", ("a",), "x"), OrderRule(UPDATE, "switch", ("a",), "y"))
    with pytest.raises(LookupError, match="no rule"):
        FakeBackend.order.get(UPDATE, "switch", "nosuch")


def test_what_the_backend_lacks_fails_while_planning() -> None:
    """In check mode too; what is already so needs no support."""
    backend = FakeBackend(host())
    backend.lacking = {"forged_transmits"}
    with pytest.raises(UnsupportedError, match="forged_transmits.*no such thing"):
        reconcile(Intent(Desired({S0: {"forged_transmits": "reject"}})), backend, True)
    assert not reconcile(Intent(Desired({S0: {"forged_transmits": "accept"}})), backend, False).plan.steps


def test_rounding_is_predicted() -> None:
    """What the backend makes of a value is what is compared and shown."""
    backend = FakeBackend(host())
    outcome = reconcile(Intent(Desired({S0: {"mtu": 1601}})), backend, False)
    assert outcome.plan.after[S0] == {"mtu": 1600}
    assert not reconcile(Intent(Desired({S0: {"mtu": 1601}})), backend, False).plan.steps


class Net:
    """Writes down what the engine asks of a safety net."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    def arm(self, wish: Desired, management: bool, held: tuple[Key, ...]) -> None:
        self.calls.append(("arm", dict(wish.present), management, held))

    def disarm(self) -> None:
        self.calls.append(("disarm",))

    def cancel(self) -> None:
        self.calls.append(("cancel",))


def test_guard_and_safety_net() -> None:
    """Refused by default; allowed, the way back is laid before the first write."""
    wish = Intent(Desired({S0: {"mtu": 9000}}))
    backend = FakeBackend(host(), {"s0": "s0 carries the default route"})
    with pytest.raises(GuardError, match="s0 carries the default route.*allow_management"):
        reconcile(wish, backend, True)
    assert backend.count == 0
    net = Net()
    reconcile(wish, backend, False, allow_management=True, net=net)
    assert net.calls == [("arm", {S0: {"mtu": 1500}}, True, ()), ("disarm",)]
    failing = FakeBackend(host(), {"s0": "it does"})
    failing.fail_at = 1
    net = Net()
    with pytest.raises(ChangeError):
        reconcile(wish, failing, False, allow_management=True, net=net)
    assert [call[0] for call in net.calls] == ["arm", "disarm", "cancel"]


def test_a_hold_is_noted_for_the_run_after_a_crash() -> None:
    """Before it is written."""
    net = Net()
    run("a group moves while the switch is down", FakeBackend(host()), net=net)
    assert net.calls[0][2:] == (False, (S1,))


def test_words() -> None:
    """Steps and diff as people read them."""
    plan = make_plan(WISHES["a group moves"], host(), FakeBackend({}))
    assert actions(plan) == ["delete record r0", "delete group g1", "create group g1 (switch s1)", "set group g1: promiscuous unset -> reject"]
    assert make_diff(plan)["after"] == {"group": {"g1": {"switch": "s1", "promiscuous": "reject"}}}
    wish, lost = invert(plan.steps, FakeBackend.kinds)
    assert wish.present[G1] == host()[G1] and wish.absent == () and lost == []


def test_four_different_things() -> None:
    """accept, reject, inherit and absent."""
    assert effective("accept", "reject") == "accept" and effective("reject", "accept") == "reject"
    assert effective("inherit", "accept") == "accept" and effective("inherit", None) is None
    assert effective(None, "accept") is None
    with pytest.raises(ValueError, match="maybe"):
        effective("maybe", "accept")
    plan = make_plan(Desired({G0: {"promiscuous": "reject"}, G1: {}}), host(), FakeBackend({}))
    assert [step.key for step in plan.steps] == [G0]


def test_recover_of_intents_without_holds() -> None:
    """Nothing is given back that was never taken."""
    held: frozenset[Key] = frozenset({S0})
    assert Intent(Desired({})).recover(held) == frozenset()
