# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver for many targets, on backends that have nothing to do with vSphere."""

from __future__ import annotations

import threading
from typing import Any, Callable, Collection, Mapping, Sequence

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import STALE, Fault
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, InputError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.fleet import BaseFleetIntent, Sight, reconcile_fleet
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan, Step
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.target import Target
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Fields, Key, Observed, State

from ..fakes.backend import FakeBackend

S0: Key = ("switch", "s0")
G0: Key = ("group", "g0")
WISH: dict[Key, Fields] = {S0: {"promiscuous": "reject"}, G0: {"promiscuous": "inherit"}}


def host() -> State:
    """A switch and a group, both open."""
    return {S0: {"promiscuous": "accept", "forged_transmits": "accept", "mtu": 1500, "up": True}, G0: {"switch": "s0", "promiscuous": "accept", "vlan": 5}}


class Machine(FakeBackend):
    """One target; it counts who is at work at the same time."""

    batches = False
    peak = working = 0
    lock = threading.Lock()
    meeting: threading.Barrier | None = None

    def __init__(self) -> None:
        super().__init__(host())
        self.stale = 0
        self.before_write: Callable[[], None] = lambda: None

    def execute(self, steps: Sequence[Step]) -> list[Fault | None]:
        """One step; as many as meet at the barrier are under way at the same time."""
        assert len(steps) == 1
        with Machine.lock:
            Machine.working += 1
            Machine.peak = max(Machine.peak, Machine.working)
        try:
            if Machine.meeting is not None:
                Machine.meeting.wait(timeout=30)
            self.before_write()
            if self.stale:
                self.stale -= 1
                return [Fault(STALE, "somebody else changed it", "concurrent_access")]
            return super().execute(steps)
        finally:
            with Machine.lock:
                Machine.working -= 1


class FakeFleet:
    """So many of them."""

    def __init__(self, count: int) -> None:
        self.machines = {f"m{number}": Machine() for number in range(count)}
        self.unreachable: dict[str, str] = {}
        self.unreadable: dict[str, str] = {}
        self.looks: list[list[str] | None] = []
        self.asked: list[Mapping[str, Any]] = []
        self.broken = False
        Machine.peak = Machine.working = 0
        Machine.meeting = None

    def look(self, scope: Any, names: Collection[str] | None = None) -> dict[str, Sight]:
        """All, or some."""
        if self.broken and names is not None:
            raise BackendError("the server is gone.")
        self.looks.append(None if names is None else list(names))
        return {
            name: Sight(machine.observe(scope), machine, self.unreachable.get(name, ""), self.unreadable.get(name, ""), ("seen dimly",))
            for name, machine in self.machines.items()
            if names is None or name in names
        }

    def ask(self, questions: Mapping[str, Any]) -> Mapping[str, Any]:
        """Each answer is the question."""
        self.asked.append(questions)
        return questions


class Intent(BaseFleetIntent):
    """The same wish for all."""

    scope = None

    def __init__(self, refused: str = "") -> None:
        self.refused = refused
        self.resolved: list[str] = []

    def resolve(self, name: str, observed: Observed) -> Resolved:
        """Refuses one of them, maybe."""
        self.resolved.append(name)
        if name == self.refused:
            raise InputError(f"{name}: not here.")
        return Resolved(Desired(WISH), {"note": name}, ("look out",), {"closed": True})

    def questions(self, plans: Mapping[str, Plan]) -> Mapping[str, Any]:
        """Of the second only."""
        return {"m1": "why?"} if "m1" in plans else {}

    def notes(self, name: str, plan: Plan, answer: Any) -> Mapping[str, Any]:
        """What was answered."""
        return {"answer": answer, "warnings": ["opened"]}


def by_name(targets: list[Target]) -> dict[str, dict[str, Any]]:
    """The results."""
    return {target.name: target.result() for target in targets}


def done(machine: Machine) -> bool:
    """Whether the wish is there."""
    return machine.state[S0]["promiscuous"] == "reject" and machine.state[G0]["promiscuous"] == "inherit"


def test_all_in_one_read_each_way() -> None:
    """One look before, one after; nobody is looked at who was not changed."""
    fleet = FakeFleet(5)
    fleet.machines["m3"].state = {**host(), S0: {**host()[S0], "promiscuous": "reject"}, G0: {**host()[G0], "promiscuous": "inherit"}}
    checked = by_name(reconcile_fleet(Intent(), fleet, True))
    assert fleet.looks == [None] and not any(done(machine) for name, machine in fleet.machines.items() if name != "m3")
    real = by_name(reconcile_fleet(Intent(), fleet, False))
    assert fleet.looks[1:] == [None, ["m0", "m1", "m2", "m4"]] and all(done(machine) for machine in fleet.machines.values())
    assert fleet.asked == [{"m1": "why?"}, {"m1": "why?"}]
    for name, each in real.items():
        assert {**each, "verified": 0, "msg": 0} == {**checked[name], "verified": 0, "msg": 0}
        assert each["verified"] is each["changed"] is (name != "m3") and each["note"] == name
    assert real["m1"]["answer"] == "why?" and real["m0"]["answer"] is None and "warnings" not in real["m0"]
    again = by_name(reconcile_fleet(Intent(), fleet, False))
    assert not any(each["changed"] or each["verified"] for each in again.values()) and len(fleet.looks) == 4


@pytest.mark.parametrize("check", [True, False])
def test_what_can_not_be_read_has_failed(check: bool) -> None:
    """It is no target that is away, nothing is written there, and remarks are warnings of all."""
    fleet = FakeFleet(3)
    fleet.unreadable.update(m0="its colour can't be read", m1="m1: its name can't be read")
    targets = reconcile_fleet(Intent(), fleet, check)
    found = by_name(targets)
    assert [each["failed"] for each in found.values()] == [True, True, False] and not any(each["unreachable"] for each in found.values())
    assert [found[name]["msg"] for name in ("m0", "m1")] == ["m0: its colour can't be read.", "m1: its name can't be read."]
    assert {found[name]["error_code"] for name in ("m0", "m1")} == {"unreadable"} and done(fleet.machines["m2"]) is not check
    assert not done(fleet.machines["m0"]) and targets[2].warnings == ["look out", "seen dimly", "opened"]
    assert targets[2].looked_at == 2 and targets[0].looked_at == 0


def test_a_read_back_that_does_not_tell() -> None:
    """Proves nothing: the target goes back."""
    fleet = FakeFleet(1)
    look = fleet.look

    def second(scope: Any, names: Collection[str] | None = None) -> dict[str, Sight]:
        if names is not None:
            fleet.unreadable["m0"] = "its colour can't be read"
        return look(scope, names)

    fleet.look = second  # type: ignore[method-assign]
    found = by_name(reconcile_fleet(Intent(), fleet, False))["m0"]
    assert found["error_code"] == "not_in_effect" and "its colour can't be read" in found["msg"] and not done(fleet.machines["m0"])


def test_so_many_at_a_time() -> None:
    """All of them, and no more."""
    fleet = FakeFleet(8)
    Machine.meeting = threading.Barrier(4)
    assert not any(target.error for target in reconcile_fleet(Intent(), fleet, False, parallel=4))
    assert Machine.peak == 4


@pytest.mark.parametrize("check", [True, False])
def test_each_is_its_own_outcome(check: bool) -> None:
    """One is refused, one can't be reached, one is guarded: the others don't mind, in check mode too."""
    fleet = FakeFleet(5)
    fleet.unreachable["m2"] = "it is switched off"
    fleet.machines["m3"].guarded = {"s0": "s0 carries the host"}
    intent = Intent(refused="m1")
    results = by_name(reconcile_fleet(intent, fleet, check, remedy="say so"))
    assert "m2" not in intent.resolved
    assert [name for name, each in results.items() if each["changed"]] == ["m0", "m4"]
    assert [each.get("error_code") for each in results.values()] == [None, "invalid", "unreachable", "management", None]
    assert results["m2"]["unreachable"] and results["m2"]["msg"] == "m2: it is switched off."
    assert results["m3"]["msg"].endswith("s0 carries the host; say so.") and results["m3"]["steps"]
    assert [done(machine) for machine in fleet.machines.values()] == [not check, False, False, False, not check]
    assert not reconcile_fleet(Intent(), FakeFleet(1), check, allow_management=True)[0].error


def test_the_second_step_fails() -> None:
    """The first is taken back, on that target only; later steps are not tried."""
    fleet = FakeFleet(3)
    fleet.machines["m1"].fail_at = 2
    result = by_name(reconcile_fleet(Intent(), fleet, False))["m1"]
    assert result["error_code"] == "change_failed" and result["undone"] and result["not_undone"] == [] and not result["changed"] and not result["verified"]
    assert "after" not in result and result["before"] and "the state before is restored" in result["msg"]
    assert result["note"] == "m1" and "closed" not in result, "what did not come about is told"
    assert fleet.machines["m1"].state == host() and done(fleet.machines["m0"]) and done(fleet.machines["m2"])
    assert fleet.looks[-1] == ["m0", "m2"]


def test_a_write_that_is_ignored() -> None:
    """Acknowledged, but not there: it is found, and what was done is taken back."""
    fleet = FakeFleet(2)
    fleet.machines["m1"].ignore_at = 2
    result = by_name(reconcile_fleet(Intent(), fleet, False))
    assert result["m1"]["error_code"] == "not_in_effect" and not result["m1"]["changed"] and fleet.machines["m1"].state == host()
    assert result["m0"]["verified"]


def test_a_write_that_shows_late() -> None:
    """Is waited for."""
    fleet = FakeFleet(2)
    late = fleet.machines["m1"]
    late.patience = 30.0
    looks = fleet.look

    def look(scope: Any, names: Collection[str] | None = None) -> dict[str, Sight]:
        sights = looks(scope, names)
        if names is not None and len(fleet.looks) == 2:
            sights["m1"] = Sight(Observed(host()), late)
        return sights

    fleet.look = look  # type: ignore[method-assign]
    results = by_name(reconcile_fleet(Intent(), fleet, False))
    assert all(each["verified"] for each in results.values()) and fleet.looks == [None, ["m0", "m1"], ["m1"]]


def test_the_read_back_fails() -> None:
    """Nothing is claimed: each target is taken back by itself."""
    fleet = FakeFleet(2)
    fleet.broken = True
    results = by_name(reconcile_fleet(Intent(), fleet, False))
    assert {each["error_code"] for each in results.values()} == {"not_in_effect"} and "the server is gone" in results["m0"]["msg"]
    assert all(machine.state == host() for machine in fleet.machines.values())


def test_a_target_is_gone_at_the_read_back() -> None:
    """It says so."""
    fleet = FakeFleet(2)
    fleet.machines["m1"].before_write = lambda: fleet.unreachable.update(m1="it is switched off")
    results = by_name(reconcile_fleet(Intent(), fleet, False))
    assert "it is switched off" in results["m1"]["msg"] and not results["m1"]["unreachable"] and results["m0"]["verified"]


def test_somebody_else_was_faster_once() -> None:
    """One new plan; what the other did is kept."""
    fleet = FakeFleet(1)
    machine = fleet.machines["m0"]
    machine.stale = 1
    machine.before_write = lambda: machine.state[G0].update(vlan=77)
    intent = Intent()
    result = by_name(reconcile_fleet(intent, fleet, False))["m0"]
    assert result["verified"] and done(machine) and machine.state[G0]["vlan"] == 77 and intent.resolved == ["m0", "m0"]


def test_somebody_else_was_faster_twice() -> None:
    """Then it is a failure with its cause."""
    fleet = FakeFleet(1)
    fleet.machines["m0"].stale = 2
    result = by_name(reconcile_fleet(Intent(), fleet, False))["m0"]
    assert result["error_code"] == "change_failed" and result["cause"] == "concurrent_access" and not result["changed"]
    assert fleet.machines["m0"].state == host()


def test_what_is_refused_on_the_second_thought() -> None:
    """The other one has taken the group away: the failure says that."""
    fleet = FakeFleet(1)
    fleet.machines["m0"].stale = 1
    intent = Intent()
    fleet.machines["m0"].before_write = lambda: setattr(intent, "refused", "m0")
    result = by_name(reconcile_fleet(intent, fleet, False))["m0"]
    assert result["cause"] == "invalid" and "not here" in result["msg"] and fleet.machines["m0"].state == host()


def test_a_mistake_of_ours_is_not_swallowed() -> None:
    """What is no VirtnetError is raised."""
    fleet = FakeFleet(3)
    fleet.machines["m1"].stop_at = 1
    with pytest.raises(KeyboardInterrupt):
        reconcile_fleet(Intent(), fleet, False)


class Unversioned(Machine):
    """One whose server takes any write. It is looked at once more, and may be another one then."""

    def __init__(self, what: str | None = "", error: VirtnetError | None = None) -> None:
        super().__init__()
        self.what, self.error = what, error
        self.seen: list[Sequence[Step]] = []
        self.carries: dict[str, str] = {}

    def overtaken(self, steps: Sequence[Step]) -> str | None:
        """As it was made to."""
        self.seen.append(steps)
        if self.error is not None:
            raise self.error
        self.guarded = self.carries
        return self.what

    def cuts(self, step: Step) -> str | None:
        """Any change of the switch does."""
        return "switch s0" if step.key == S0 else None


def test_somebody_else_was_faster() -> None:
    """Nothing is written and nothing taken back; the others are done. Nobody is looked at again in check mode, or where nothing is to be done."""
    fleet = FakeFleet(1)
    machines = {
        "same": Unversioned(),
        "other": Unversioned("group g0 was changed"),
        "blind": Unversioned(error=BackendError("blind: it is gone.")),
        "not asked": Unversioned(None),
        "as wished": Unversioned(),
        "managed": Unversioned(),
    }
    machines["as wished"].state = {**host(), S0: {**host()[S0], "promiscuous": "reject"}, G0: {**host()[G0], "promiscuous": "inherit"}}
    machines["managed"].carries = {"switch s0": "switch s0 carries it"}
    fleet.machines.update(machines)
    reconcile_fleet(Intent(), fleet, True)
    assert not any(machine.seen for machine in machines.values())
    real = by_name(reconcile_fleet(Intent(), fleet, False))
    assert [len(machine.seen) for machine in machines.values()] == [1, 1, 1, 1, 0, 1]
    assert done(machines["same"]) and done(machines["not asked"]) and done(fleet.machines["m0"])
    assert real["same"]["window"] >= 0 and not any("window" in each for name, each in real.items() if name != "same")
    for name, code in (("other", "concurrent_access"), ("blind", "backend"), ("managed", "management")):
        each = real[name]
        assert each["error_code"] == code and not each["changed"] and machines[name].state == host(), each
    assert real["other"]["msg"] == ("other: group g0 was changed by somebody else after it had been read, so nothing was written there; run the task again.")
