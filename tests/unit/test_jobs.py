# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The driver for jobs that are no settings, and what a task says of them: the same as of settings."""

from __future__ import annotations

from typing import Any, Sequence

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.answer import fail
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.many import finish
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, ChangeError, InputError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.fleet import run_jobs
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.target import Outlook, Target

from .test_fleet_result import End, Task


class FakeJob:
    """Of a host on which one package is to be installed, or whatever the test makes of it."""

    def __init__(self, name: str, **given: Any) -> None:
        self.name = name
        self.unreachable: str = given.get("unreachable", "")
        self.unreadable: str = given.get("unreadable", "")
        self.remarks: Sequence[str] = ("Its datacenter is not known.",) if given.get("remark") else ()
        self._refusal: Any = given.get("refusal")
        self._failure: Any = given.get("failure")
        self._steps: list[str] = [] if given.get("there") else ["install net"]
        self.acted = False

    def look(self) -> Outlook:
        """Refuse or foretell."""
        if self._refusal is not None:
            raise self._refusal
        packages = (None, "1.0") if self._steps else ("1.0", "1.0")
        before, after = ({"vibs": {"net": version}} for version in packages)
        return Outlook(before, after, list(self._steps), {"release": "8.0"}, ["A restart is due."], 1, "package", ["disk"], ["net"])

    def act(self, outlook: Outlook) -> None:
        """Do it, and add to the report."""
        self.acted = True
        if self._failure is not None:
            raise self._failure
        outlook.report["restarted"] = True

    def went_away(self, error: VirtnetError) -> bool:
        """By its word."""
        return "went away" in error.message


def left_behind(*names: str) -> ChangeError:
    """The failure of a job that leaves these."""
    return ChangeError("m3: installing net failed.", "install net", [], list(names))


def answer(targets: list[Target], check: bool = False, **params: Any) -> dict[str, Any]:
    """The result of the task, with the warnings."""
    task = Task(**params)
    task.check_mode = check
    warnings: list[str] = []
    task.warn = warnings.append  # type: ignore[method-assign]
    with pytest.raises(End):
        finish(task, targets, "hosts", (), {})  # type: ignore[arg-type]
    return {**task.result, "warnings": warnings}


@pytest.mark.parametrize("check", [True, False])
def test_each_is_its_own_outcome(check: bool) -> None:
    """Who can't be reached or read is not looked at, who has nothing to do is not touched, and a check touches nobody."""
    jobs = [
        FakeJob("m0"),
        FakeJob("m1", there=True),
        FakeJob("m2", unreachable="it is disconnected"),
        FakeJob("m3", unreadable="m3: its name can't be read"),
        FakeJob("m4", refusal=InputError("m4: no.")),
        FakeJob("m5", refusal=BackendError("m5: it went away.")),
    ]
    found = {target.name: target.result() for target in run_jobs(jobs, check, 3)}
    assert [job.name for job in jobs if job.acted] == ([] if check else ["m0"])
    assert {name for name, each in found.items() if each["unreachable"]} == {"m2", "m5"}
    assert {name: each["msg"] for name, each in found.items()} == {
        "m0": f"1 step {'would be done' if check else 'done and read back'}.",
        "m1": "Nothing to do: all that is asked for is already so; 1 package was looked at.",
        "m2": "m2: it is disconnected.",
        "m3": "m3: its name can't be read.",
        "m4": "m4: no.",
        "m5": "m5: it went away.",
    }
    assert found["m0"]["verified"] is found["m0"].get("restarted", False) is not check and found["m0"]["release"] == "8.0"
    assert {found[name]["error_code"] for name in ("m2", "m3")} == {"unreachable", "unreadable"} and found["m2"]["actions"] == []


@pytest.mark.parametrize(("left", "changed"), [((), False), (("install net",), True)])
def test_what_a_failure_leaves_is_a_change(left: Sequence[str], changed: bool) -> None:
    """Of a job as of a setting, of one host as of the task, and of a task on a single host."""
    targets = run_jobs([FakeJob("m0", there=True), FakeJob("m3", failure=left_behind(*left))], False)
    result = answer(targets)
    assert result["changed"] is result["hosts"]["m3"]["changed"] is changed and result["failed_hosts"] == ["m3"]
    task = Task()
    with pytest.raises(End):
        fail(task, left_behind(*left))  # type: ignore[arg-type]
    assert task.result["changed"] is changed and task.result["not_undone"] == list(left)


def test_a_failure_names_what_became_of_the_others() -> None:
    """As in a task on settings."""
    result = answer(run_jobs([FakeJob("m0"), FakeJob("m1"), FakeJob("m3", failure=left_behind())], False))
    assert result["msg"] == "1 of 3 hosts failed, 2 changed and read back. m3: installing net failed." and result["error_code"] == "change_failed"


def test_what_is_said_of_all() -> None:
    """What several hosts have in common is said once, and so is a name that none of them has."""
    jobs = [FakeJob("m0", remark=True), FakeJob("m1", there=True), FakeJob("m2", unreachable="it is disconnected")]
    result = answer(run_jobs(jobs, True), True, ignore_unreachable_hosts=True)
    assert result["warnings"] == [
        "m0, m1: A restart is due.",
        "m0: Its datacenter is not known.",
        "names: no host that was looked at has disk; there is net.",
        "Left out, as nothing can be changed there now: m2.",
    ]
    assert result["msg"] == "1 of 3 hosts would be changed." and result["unreachable_hosts"] == ["m2"] and result["failed_hosts"] == []


def test_the_difference_is_what_changes() -> None:
    """Under the name of each host where something does."""
    task = Task()
    task._diff = True
    with pytest.raises(End):
        finish(task, run_jobs([FakeJob("m0"), FakeJob("m1", there=True)], True), "hosts", (), {})  # type: ignore[arg-type]
    assert task.result["diff"] == [{"before_header": "m0", "after_header": "m0", "before": {"vibs": {"net": None}}, "after": {"vibs": {"net": "1.0"}}}]
