# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans for distributed switches, without a server: every combination, what cuts hosts off, and the way back when others write too."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Sequence

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import apply as applying
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import PENDING, REFUSED, STALE, Fault
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import InputError, UnreadableError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import DELETE, UPDATE
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step, make_plan
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Key, Observed, State
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import backend as dv_backend
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.adapters import Adapters
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.choice import Groups
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import DvScope, GroupFacts, PortFacts, SwitchFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.fields import VDS_KINDS
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.flatten import LEARNING_NAMES, SECURITY_NAMES
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.groups import GroupsIntent
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.intent import PolicyIntent

from ...fakes.backend import FakeBackend

WORDS = ("accept", "reject", "inherit", None)
LEARNED = dict(zip(LEARNING_NAMES, (False, True, 4096, "drop")))


def world(parent: Sequence[str], own: Sequence[str], modern: bool = True) -> Observed:
    """A switch with the group g, whose policies are as given."""
    values = dict(zip(SECURITY_NAMES, parent))
    configured = dict(zip(SECURITY_NAMES, own))
    below = {name: values[name] if word == "inherit" else word for name, word in configured.items()}
    more: dict[str, Any] = LEARNED if modern else {}
    group = GroupFacts("g", False, False, {**below, **more, "vlan": "7"})
    facts = SwitchFacts("vds1", "dc1", "8.0.3" if modern else "6.5.0", modern, {**values, **more, "vlan": "0"}, (), {"g": group})
    state: State = {("vds_portgroup", "vds1", "g"): {**configured, **dict.fromkeys(more, "inherit"), "vlan": "7", "ports": 8, "auto_expand": False}}
    return Observed(state, {"switch": facts})


def intent(**params: Any) -> GroupsIntent:
    """For the group g."""
    return GroupsIntent({"vds": "vds1", "name": "g", "state": "present", **params})


@pytest.mark.parametrize("modern", [True, False])
@pytest.mark.parametrize("own", [("inherit",) * 3, ("accept", "reject", "accept")])
def test_every_wish_on_every_switch(modern: bool, own: Any) -> None:
    """4^3 wishes, 2^3 switches: configured and effective are right or the wish is refused, what is not asked for stays, and then nothing is left to do."""
    for parent, wish in itertools.product(itertools.product(("accept", "reject"), repeat=3), itertools.product(WORDS, repeat=3)):
        observed = world(parent, own, modern)
        wanted = intent(security=dict(zip(SECURITY_NAMES, wish)))
        should = [old if new is None else new for old, new in zip(own, wish)]
        if modern and 0 < should.count("inherit") < 3:
            with pytest.raises(InputError, match="one flag of inheritance"):
                wanted.resolve("vds1", observed)
            continue
        resolved = wanted.resolve("vds1", observed)
        plan = make_plan(resolved.desired, observed.state, backend())
        assert bool(plan.steps) is (list(own) != should)
        effective = resolved.outcome["effective"]["g"]
        assert [effective[name] for name in SECURITY_NAMES] == [above if word == "inherit" else word for above, word in zip(parent, should)]
        after = world(parent, should, modern)
        assert not make_plan(intent(security=dict(zip(SECURITY_NAMES, wish))).resolve("vds1", after).desired, after.state, backend()).steps


@pytest.mark.parametrize(
    "more", [{"purge": ["overrides"]}, {"switches": [{"name": "vds1", "port_groups": [{"name": "g", "security": {"promiscuous": "reject"}}]}]}]
)
def test_a_group_that_may_not_be_read(more: dict[str, Any]) -> None:
    """A document that names it, or purges, is refused with a sentence."""
    document = {"switches": [{"name": "vds1", "security": {"promiscuous": "reject"}}], "purge": [], "allow_unenforced": [], "all_hosts": True, **more}
    facts = world(("reject",) * 3, ("inherit",) * 3).facts
    switch: SwitchFacts = facts["switch"]
    switch.groups.update({name: replace(group, unread="its config can't be read: why") for name, group in switch.groups.items()})
    with pytest.raises(UnreadableError) as refused:
        PolicyIntent(document).resolve("vds1", Observed({("vds", "vds1"): {}}, facts))
    assert refused.value.message == "port group g of vds1: its config can't be read: why."


def test_a_group_whose_name_is_not_known() -> None:
    """It may be any that is not found, and any that a pattern means; not one that is there."""
    observed = world(("reject",) * 3, ("inherit",) * 3)
    switch: SwitchFacts = observed.facts["switch"]
    switch.nameless["dvportgroup-9"] = "its name can't be read: why"
    assert intent(security=dict.fromkeys(SECURITY_NAMES, "reject")).resolve("vds1", observed)
    for state, names in itertools.product(("present", "absent"), ({"names": ["*"]}, {"names": ["g", "x*"]}, {"name": "other"})):
        with pytest.raises(UnreadableError, match="dvportgroup-9 of vds1 is not known: its name can't be read: why"):
            GroupsIntent({"vds": "vds1", **names, "state": state, "vlan": {"id": 3} if state == "present" else None}).resolve("vds1", observed)


def test_what_equals_a_name_is_that_name() -> None:
    """[100]Net is a group's name, and as a pattern it would mean 1Net, which nobody named; of names that are not there it is a pattern."""
    switch: SwitchFacts = world(("reject",) * 3, ("inherit",) * 3).facts["switch"]
    for name in ("[100]Net", "1Net", "0Net", "a*", "ab"):
        switch.groups[name] = switch.groups["g"]
    choose = {names: Groups({"names": list(names)}).choose(switch).found for names in (("[100]Net",), ("a*",), ("[10]Net",), ("?Net", "[100]Net"))}
    assert choose == {("[100]Net",): ["[100]Net"], ("a*",): ["a*"], ("[10]Net",): ["1Net", "0Net"], ("?Net", "[100]Net"): ["[100]Net", "1Net", "0Net"]}
    gone = Groups({"names": ["[100]Web"], "state": "absent"})
    assert gone.globs == () and Groups({"names": ["[10]Net*"], "state": "absent"}).choose(switch).found == ["1Net", "0Net"]
    scope = DvScope("vds1", names=(), globs=("[100]Net",))
    assert scope.means("[100]Net") and not scope.means("ab")


def test_machines_that_are_not_known_keep_a_group() -> None:
    """From being deleted."""
    observed = world(("reject",) * 3, ("inherit",) * 3)
    switch: SwitchFacts = observed.facts["switch"]
    switch.groups["g"] = replace(switch.groups["g"], vms_unknown="its vm can't be read: why")
    with pytest.raises(UnreadableError, match="which virtual machines are on it is not known: its vm can't be read: why"):
        intent(state="absent").resolve("vds1", observed)


def backend(adapters: Adapters | None = None, ports: dict[str, PortFacts] | None = None) -> Any:
    """Without a session."""
    made = dv_backend.SwitchBackend(SimpleNamespace(), SimpleNamespace(), SimpleNamespace(name="vds1"))  # type: ignore[arg-type]
    facts = SwitchFacts("vds1", "dc1", "8.0.3", True, {}, (), {}, ports or {})
    made.switch = SimpleNamespace(facts=facts, adapters=adapters or Adapters({}))  # type: ignore[assignment]
    return made


def test_what_cuts_hosts_off() -> None:
    """Another VLAN, the end of the group, a port of a host that is blocked: but not policies, and not what is done to machines."""
    key: Key = ("vds_portgroup", "vds1", "g")
    on_it = ["vmk0 of esxi01 (management)", "vmk0 of esxi02 (management)"]
    ports = {"1": PortFacts("1", "g", {}, "esxi01", host=True), "2": PortFacts("2", "g", {}, "vm1"), "3": PortFacts("3", "g", {}, host=None)}
    guarded = backend(Adapters({"g": on_it}), ports)
    assert guarded.protected() == {"vds_portgroup vds1 g": f"on the group are {', '.join(on_it)}, by which hosts are connected"}

    blind = backend(Adapters({"g": on_it}, "esxi03: why"))
    blind.switch.facts.groups.update({name: GroupFacts(name, False, False, {}) for name in ("g", "h")})
    assert blind.protected() == {**guarded.protected(), "vds_portgroup vds1 h": "on the group there may be adapters by which hosts are connected: esxi03: why"}

    def cut(verb: str, of: Key, **after: Any) -> str | None:
        found: str | None = guarded.cuts(Step(verb, of, {}, after, 0))
        return found

    assert cut(UPDATE, key, vlan="5") == cut(DELETE, key) == next(iter(guarded.protected()))
    assert cut(UPDATE, key, promiscuous="accept", mac_changes="reject") is None
    # What is connected there is not known, and may be one of them.
    assert cut(UPDATE, ("vds_port", "vds1", "3"), blocked=True) == next(iter(guarded.protected()))
    assert cut(UPDATE, ("vds_port", "vds1", "1"), blocked=True) == cut(UPDATE, key, vlan="5") == cut(UPDATE, ("vds_port", "vds1", "1"), vlan="inherit")
    assert cut(UPDATE, ("vds_port", "vds1", "1"), blocked="inherit") is not None, "the group may block its ports"
    assert cut(UPDATE, ("vds_port", "vds1", "1"), blocked=False) is None and cut(UPDATE, ("vds_port", "vds1", "2"), blocked=True) is None


def test_all_kinds_have_an_order() -> None:
    """Each field of each kind can be written, with each of its values."""
    for order, kind in itertools.product((dv_backend.ORDER, dv_backend.NO_WINDOW), VDS_KINDS.values()):
        for field in kind.fields.values():
            for group in field.group.split("/"):
                assert order.get(UPDATE, kind.name, group) >= 0


def test_what_is_read() -> None:
    """Only the groups that are meant."""
    scope = DvScope("vds1", None, ("a", "b*"), ("web*", "db[12]"), port_group="p")
    assert [name for name in ("a", "b", "b*", "web1", "db1", "db3", "p") if scope.means(name)] == ["a", "b*", "web1", "db1", "p"]


class Shared(FakeBackend):
    """Some of its objects belong to others, or take their time."""

    def __init__(self, state: State, faults: dict[Key, str]) -> None:
        super().__init__(state)
        self.faults = faults
        self.written: list[Key] = []

    def execute(self, steps: Sequence[Step]) -> list[Fault | None]:
        """The faults of objects; the rest is done."""
        self.written += [step.key for step in steps]
        return [Fault(self.faults[step.key], "as told", "a_code") if step.key in self.faults else self._one(step) for step in steps]


@pytest.mark.parametrize(("kind", "left"), [(STALE, []), (REFUSED, []), (PENDING, ["set group g1: vlan 0 -> 9: the server has not said what became of it"])])
def test_the_way_back_leaves_to_others_what_is_theirs(kind: str, left: list[str]) -> None:
    """What was refused because somebody else was faster is not touched; what the server still works on is named."""
    g0: Key = ("group", "g0")
    g1: Key = ("group", "g1")
    state: State = {("switch", "s"): {"up": True}, g0: {"switch": "s", "vlan": 0}, g1: {"switch": "s", "vlan": 0}}
    shared = Shared(state, {g1: kind})
    plan = make_plan(Desired({g0: {"vlan": 9}, g1: {"vlan": 9}}), state, shared)
    journal = applying.Journal()
    with pytest.raises(applying.StepFailed) as failed:
        applying.apply_plan(plan, shared, journal, None)
    # Meanwhile the other one has set it.
    shared.state[g1]["vlan"] = 5
    shared.faults.clear()
    shared.written.clear()
    error = applying.failed(failed.value, journal, shared, None, ())
    assert shared.state[g0]["vlan"] == 0 and error.details["cause"] == "a_code"
    assert (g1 in shared.written) is (kind != STALE)
    assert [text.split(", and it may")[0] for text in error.details["not_undone"]] == left


def test_a_reason_with_a_colon_is_told_once() -> None:
    """In the list of what was not undone."""
    g0: Key = ("group", "g0")
    g1: Key = ("group", "g1")
    state: State = {("switch", "s"): {"up": True}, g0: {"switch": "s", "vlan": 0}, g1: {"switch": "s", "vlan": 0}}
    shared = Shared(state, {g1: REFUSED})
    journal = applying.Journal()
    with pytest.raises(applying.StepFailed) as failed:
        applying.apply_plan(make_plan(Desired({g0: {"vlan": 9}, g1: {"vlan": 9}}), state, shared), shared, journal, None)
    shared.execute = lambda steps: [Fault(REFUSED, "the server said: no: never") for step in steps]  # type: ignore[method-assign]
    error = applying.failed(failed.value, journal, shared, None, ())
    assert error.details["not_undone"] == ["set group g0: vlan 9 -> 0: the server said: no: never"]
