# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The adapter to AnsibleModule for tasks on vSphere: the session's options in, outcomes of many targets and errors out."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NoReturn, Optional, Sequence, Tuple

from ansible.module_utils.basic import AnsibleModule, env_fallback
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.linux import fail
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.module import Module
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import words
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.diff import make_diff
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import InputError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.fleet import Fleet, FleetIntent, Target, reconcile_fleet
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.management import REMEDY
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Login
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import CONCURRENT

Spec = Dict[str, Any]

# The names, aliases and variables of community.vmware, so that a credential made for it works. Doc fragment: _vsphere.
CONNECTION: Spec = {
    "hostname": {"type": "str", "fallback": (env_fallback, ["VMWARE_HOST"])},
    "username": {"type": "str", "aliases": ["admin", "user"], "fallback": (env_fallback, ["VMWARE_USER"])},
    "password": {"type": "str", "aliases": ["pass", "pwd"], "no_log": True, "fallback": (env_fallback, ["VMWARE_PASSWORD"])},
    "validate_certs": {"type": "bool", "default": True, "fallback": (env_fallback, ["VMWARE_VALIDATE_CERTS"])},
    "port": {"type": "int", "default": 443, "fallback": (env_fallback, ["VMWARE_PORT"])},
    "proxy_host": {"type": "str", "fallback": (env_fallback, ["VMWARE_PROXY_HOST"])},
    "proxy_port": {"type": "int", "fallback": (env_fallback, ["VMWARE_PROXY_PORT"])},
    "timeout": {"type": "int", "default": 60},
}
# Of every module that writes to many targets. Doc fragment: _vsphere.fleet.
FLEET: Spec = {
    "parallel": {"type": "int", "default": 8},
    "ignore_unreachable_hosts": {"type": "bool", "default": False},
    "allow_management": {"type": "bool", "default": False},
    "details": {"type": "str", "choices": ["changed", "all"], "default": "changed"},
}


def run_fleet(
    spec: Spec, intent_of: Callable[[Mapping[str, Any]], FleetIntent], fleet_of: Callable[[Client], Fleet], unit: str = "hosts",
    groups: Optional[Mapping[str, Callable[[Target], bool]]] = None, told: Callable[[Any], Mapping[str, Any]] = lambda intent: {}, **rules: Any
) -> NoReturn:
    """The whole of a module that changes many targets.

    C(spec) has the module's own options, to which CONNECTION and FLEET are added. C(unit) is the word for the targets: the results are
    returned under it, and C(failed_UNIT) and C(unreachable_UNIT) name those. The results of targets of another kind are returned under
    the word in C(groups) whose test they pass. C(told) says of an intent what the result tells of the task as a whole, whatever became of the
    targets; a list C(warnings) in it becomes warnings.
    """
    module = Module(argument_spec={**CONNECTION, **FLEET, **spec}, supports_check_mode=True, **rules)
    intent, targets = _reconcile(module, intent_of, fleet_of)
    _finish(module, targets, unit, groups or {}, dict(told(intent)))


def answer_vsphere(spec: Spec, ask: Callable[[Mapping[str, Any], Client], Dict[str, Any]], **rules: Any) -> NoReturn:
    """The whole of a module that only reads. A C(warnings) list in the answer becomes warnings."""
    module = Module(argument_spec={**CONNECTION, **spec}, supports_check_mode=True, **rules)
    try:
        with Client(Login.of(module.params)) as client:
            result = ask(module.params, client)
    except VirtnetError as error:
        fail(module, error)
    for text in result.pop("warnings", ()):
        module.warn(text)
    module.exit_json(changed=False, **result)


def run_one(
    spec: Spec, intent_of: Callable[[Mapping[str, Any]], FleetIntent], fleet_of: Callable[[Client], Fleet], **rules: Any
) -> NoReturn:
    """The whole of a module that changes one target, such as a distributed switch: its outcome is the module's result."""
    options = {**CONNECTION, "parallel": FLEET["parallel"], "allow_management": FLEET["allow_management"], **spec}
    module = Module(argument_spec=options, supports_check_mode=True, **rules)
    target = _reconcile(module, intent_of, fleet_of)[1][0]
    if target.error is not None:
        # What a playbook reacts to by running the task again is told apart from other failures.
        code = target.error.details.get("cause") if target.error.details.get("cause") == CONCURRENT else target.error.code
        module.fail_json(**{**_shown(target), "error_code": code})
    for text in (*(target.resolved.warnings if target.resolved is not None else ()), *target.warnings, *_reached_nothing([target])):
        module.warn(text)
    result = _shown(target)
    if module._diff and target.plan is not None:
        result["diff"] = make_diff(target.plan)
    module.exit_json(**result)


def _told_of(target: Target, details: str) -> Dict[str, Any]:
    """All of what failed or changed, and of the rest what became of it: a failure of one among many is to be found in what a task prints."""
    result = target.result()
    if details == "all" or target.changed or target.error is not None:
        return result
    return {name: result[name] for name in ("changed", "failed", "unreachable", "verified", "msg")}


def _shown(target: Target) -> Dict[str, Any]:
    return {name: value for name, value in target.result().items() if name not in ("failed", "unreachable")}


def _reconcile(
    module: AnsibleModule, intent_of: Callable[[Mapping[str, Any]], FleetIntent], fleet_of: Callable[[Client], Fleet]
) -> Tuple[FleetIntent, List[Target]]:
    params = module.params
    try:
        if params["parallel"] < 1:
            raise InputError(f"parallel: {params['parallel']} is no number of calls at a time; give at least 1.")
        intent = intent_of(params)
        with Client(Login.of(params), params["parallel"]) as client:
            return intent, reconcile_fleet(intent, fleet_of(client), module.check_mode, params["allow_management"], params["parallel"], REMEDY)
    except VirtnetError as error:
        fail(module, error)


def _finish(module: AnsibleModule, targets: Sequence[Target], unit: str, groups: Mapping[str, Callable[[Target], bool]], told: Dict[str, Any]) -> NoReturn:
    forgiven = module.params["ignore_unreachable_hosts"]
    failed = [target for target in targets if target.error is not None and not (forgiven and target.unreachable)]
    unreachable = [target.name for target in targets if target.unreachable]
    for text in told.pop("warnings", ()):
        module.warn(text)
    _warn(module, targets, forgiven)
    shown: Dict[str, Dict[str, Any]] = {word: {} for word in (unit, *groups)}
    for target in targets:
        shown[next((word for word, test in groups.items() if test(target)), unit)][target.name] = _told_of(target, module.params["details"])
    kinds = " and ".join(word.replace("_", " ") for word, those in shown.items() if those or word == unit)
    result: Dict[str, Any] = {
        **told,
        "changed": any(target.changed for target in targets),
        **shown,
        f"failed_{unit}": [target.name for target in failed],
        f"unreachable_{unit}": unreachable,
    }
    if module._diff:
        result["diff"] = [
            {"before_header": target.name, "after_header": target.name, **make_diff(target.plan)}
            for target in targets if target.error is None and target.plan is not None and target.plan.steps
        ]
    if failed:
        codes = {target.error.code for target in failed if target.error is not None}
        reasons = [(target.name, target.error.message) for target in failed if target.error is not None]
        changed = sum(target.changed for target in targets if target.error is None)
        others = f", {changed} {_changed(module.check_mode)}" if changed else ""
        text = words.failures(reasons, len(targets), kinds, f"failed_{unit}", others)
        module.fail_json(msg=text, error_code=codes.pop() if len(codes) == 1 else f"{unit}_failed", **result)
    for text in _reached_nothing(targets):
        module.warn(text)
    module.exit_json(msg=_summary(targets, kinds, module.check_mode), **result)


def _reached_nothing(targets: Sequence[Target]) -> Sequence[str]:
    return () if any(target.looked_at for target in targets) else (words.NOTHING_REACHED,)


def _warn(module: AnsibleModule, targets: Sequence[Target], forgiven: bool) -> None:
    told: List[Tuple[str, str]] = []
    for target in targets:
        own = target.resolved.warnings if target.resolved is not None else ()
        told += [(target.name, text) for text in (*own, *target.warnings)] if target.error is None else []
    for text in words.in_common(told):
        module.warn(text)
    left_out = [target.name for target in targets if target.unreachable]
    if left_out and forgiven:
        module.warn(words.left_out(left_out))


def _summary(targets: Sequence[Target], kinds: str, check_mode: bool) -> str:
    changed = sum(target.changed for target in targets)
    if not changed:
        seen = [target for target in targets if target.looked_at]
        return words.nothing_to_do(sum(target.looked_at for target in seen), words.on(len(seen), len(targets), _singular(kinds), kinds))
    return f"{changed} of {words.count(len(targets), _singular(kinds), kinds)} {_changed(check_mode)}."


def _changed(check_mode: bool) -> str:
    return "would be changed" if check_mode else "changed and read back"


def _singular(kinds: str) -> str:
    """C(host) for C(hosts); several kinds are plural anyway."""
    return {"hosts": "host"}.get(kinds, kinds)
