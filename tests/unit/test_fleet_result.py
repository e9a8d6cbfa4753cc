# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task on many hosts prints: the failure of one of fifty can be found in it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.many import finish
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.fleet import BaseFleetIntent, reconcile_fleet
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.target import Target
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Fields, Key, Observed, State

from .test_fleet import FakeFleet

NAMES = [f"m{number}" for number in range(50)]
GROUPS: list[Key] = [("group", f"g{number}") for number in range(30)]


class Policy(BaseFleetIntent):
    """Thirty groups of each host."""

    scope = None

    def resolve(self, name: str, observed: Observed) -> Resolved:
        """The last host is another one."""
        if name == NAMES[-1]:
            raise InputError(f"{name}: there is no group g99.")
        wish: dict[Key, Fields] = {key: {"promiscuous": "inherit"} for key in GROUPS}
        groups = {key[1]: {"configured": fields, "effective": fields, "source": fields, "switch": "s0"} for key, fields in wish.items()}
        return Resolved(Desired(wish), {}, (), {"groups": groups})


class End(Exception):
    """A module ends."""


class Task:
    """The part of AnsibleModule that the end of a task uses."""

    _diff = False
    check_mode = False

    def __init__(self, **params: Any) -> None:
        self.params = {"ignore_unreachable_hosts": False, **params}
        self.result: dict[str, Any] = {}

    def warn(self, text: str) -> None:
        """Shown elsewhere."""

    def exit_json(self, **result: Any) -> None:
        """The end."""
        self.result = result
        raise End

    fail_json = exit_json


def state(setting: str) -> State:
    """A switch and thirty groups."""
    switch: State = {("switch", "s0"): {"promiscuous": "reject"}}
    return {**switch, **{key: {"switch": "s0", "promiscuous": setting, "vlan": 5} for key in GROUPS}}


def fleet(changed: int = 0) -> list[Target]:
    """So many of them are wrong, and the last one fails."""
    machines = FakeFleet(len(NAMES))
    for number, machine in enumerate(machines.machines.values()):
        machine.state = state("accept" if number < changed else "inherit")
    return reconcile_fleet(Policy(), machines, False)


def end(targets: list[Target], details: str) -> dict[str, Any]:
    """The result of the task."""
    task = Task(details=details)
    with pytest.raises(End):
        finish(task, targets, "hosts", (), {})  # type: ignore[arg-type]
    return task.result


def lines(result: dict[str, Any]) -> int:
    """As Ansible's default callback prints a failure when it is asked for readable ones."""
    return len(json.dumps(result, indent=4).splitlines())


def test_one_failure_of_fifty() -> None:
    """The rest is a line or so for each host, and everything only on request."""
    targets = fleet()
    short, whole = end(targets, "changed"), end(targets, "all")
    assert lines(whole) > 14000 and lines(short) < 500
    assert short["failed_hosts"] == [NAMES[-1]] and short["msg"].startswith("1 of 50 hosts failed. m49: there is no group g99.")
    assert set(short["hosts"]) == set(NAMES) and short["hosts"]["m49"] == whole["hosts"]["m49"]
    assert set(short["hosts"]["m0"]) == {"changed", "failed", "unreachable", "verified", "msg"}
    assert {name: whole["hosts"]["m0"][name] for name in short["hosts"]["m0"]} == short["hosts"]["m0"]


def test_what_changed_is_told_whole() -> None:
    """Beside the one that failed; the totals stand first."""
    targets = fleet(changed=2)
    short, whole = end(targets, "changed"), end(targets, "all")
    assert short["msg"].startswith("1 of 50 hosts failed, 2 changed and read back. m49: ")
    assert all(short["hosts"][name] == whole["hosts"][name] and short["hosts"][name]["groups"] for name in ("m0", "m1"))
    assert "groups" not in short["hosts"]["m2"] and "groups" in whole["hosts"]["m2"] and lines(short) < 2000


def test_success_is_short_too() -> None:
    """Nothing changed, nothing failed."""
    targets = [target for target in fleet() if target.error is None]
    assert lines(end(targets, "changed")) < 500 < 14000 < lines(end(targets, "all"))
