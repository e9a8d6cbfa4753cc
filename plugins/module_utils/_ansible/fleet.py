# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The adapter to AnsibleModule for settings on vSphere: of many targets, or of one such as a distributed switch."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, NoReturn, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.answer import fail
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.many import finish, reached_nothing
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.module import Module
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.session import CONNECTION, calls_at_a_time
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.fleet import Fleet, FleetIntent, reconcile_fleet
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.target import Target
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.management import REMEDY
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Login
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import CONCURRENT

Spec = Dict[str, Any]

# Of every module that writes to many targets. Doc fragment: _vsphere.fleet.
FLEET: Spec = {
    "parallel": {"type": "int", "default": 8},
    "ignore_unreachable_hosts": {"type": "bool", "default": False},
    "allow_management": {"type": "bool", "default": False},
    "details": {"type": "str", "choices": ["changed", "all"], "default": "changed"},
}


def run_fleet(
    spec: Spec,
    intent_of: Callable[[Mapping[str, Any]], FleetIntent],
    fleet_of: Callable[[Client], Fleet],
    unit: str = "hosts",
    groups: Sequence[str] = (),
    told: Callable[[Any], Mapping[str, Any]] = lambda intent: {},
    **rules: Any,
) -> NoReturn:
    """The whole of a module that changes many targets.

    C(spec) has the module's own options, to which CONNECTION and FLEET are added. C(unit) is the word for the targets: the results are
    returned under it, and C(failed_UNIT) and C(unreachable_UNIT) name those. The results of targets of other kinds are returned under
    their words, which C(groups) has. C(told) says of an intent what the result tells of the task as a whole, whatever became of the
    targets; a list C(warnings) in it becomes warnings.
    """
    module = Module(argument_spec={**CONNECTION, **FLEET, **spec}, supports_check_mode=True, **rules)
    intent, targets = _reconcile(module, intent_of, fleet_of)
    finish(module, targets, unit, groups, dict(told(intent)))


def run_one(spec: Spec, intent_of: Callable[[Mapping[str, Any]], FleetIntent], fleet_of: Callable[[Client], Fleet], **rules: Any) -> NoReturn:
    """The whole of a module that changes one target, such as a distributed switch: its outcome is the module's result."""
    options = {**CONNECTION, "parallel": FLEET["parallel"], "allow_management": FLEET["allow_management"], **spec}
    module = Module(argument_spec=options, supports_check_mode=True, **rules)
    target = _reconcile(module, intent_of, fleet_of)[1][0]
    if target.error is not None:
        # What a playbook reacts to by running the task again is told apart from other failures.
        code = target.error.details.get("cause") if target.error.details.get("cause") == CONCURRENT else target.error.code
        module.fail_json(**{**_shown(target), "error_code": code})
    for text in (*target.warnings, *reached_nothing([target])):
        module.warn(text)
    result = _shown(target)
    if module._diff and target.outlook is not None:
        result["diff"] = target.outlook.difference()
    module.exit_json(**result)


def _shown(target: Target) -> dict[str, Any]:
    return {name: value for name, value in target.result().items() if name not in ("failed", "unreachable")}


def _reconcile(module: Module, intent_of: Callable[[Mapping[str, Any]], FleetIntent], fleet_of: Callable[[Client], Fleet]) -> tuple[FleetIntent, list[Target]]:
    params = module.params
    try:
        parallel = calls_at_a_time(params)
        intent = intent_of(params)
        with Client(Login.of(params), parallel) as client:
            return intent, reconcile_fleet(intent, fleet_of(client), module.check_mode, params["allow_management"], parallel, REMEDY)
    except VirtnetError as error:
        fail(module, error)
