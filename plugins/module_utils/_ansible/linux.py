# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The adapter to AnsibleModule for tasks on the kernel: parameters in, results and errors out."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, NoReturn

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.answer import fail
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.module import Module
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import words
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.diff import make_diff
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import FAILURES, InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Intent, Outcome, reconcile
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.safety import Orphans, Unconfirmed, Watchdog
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.store import DIRECTORY
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.turn import Turn

Spec = Dict[str, Any]


def run(spec: Spec, intent_of: Callable[[Mapping[str, Any]], Intent], open_backend: Callable[[], Any]) -> NoReturn:
    """The whole of a module that writes."""
    module = Module(argument_spec=spec, supports_check_mode=True)
    try:
        result = _reconcile(module, intent_of, open_backend)
    except FAILURES as error:
        fail(module, error)
    module.exit_json(**result)


def _reconcile(module: Module, intent_of: Callable[[Mapping[str, Any]], Intent], open_backend: Callable[[], Any]) -> dict[str, Any]:
    intent = intent_of(module.params)
    unconfirmed = Unconfirmed()
    if module.check_mode:
        outcome, net = _observe_and_act(module, intent, open_backend, None)
    else:
        with Turn(DIRECTORY, module._name, awaited=unconfirmed.awaited) as turn:
            unconfirmed.sweep()
            outcome, net = _observe_and_act(module, intent, open_backend, turn)
    for text in (*unconfirmed.warnings(), *outcome.resolved.warnings):
        module.warn(text)
    if outcome.vanished:
        module.warn(f"Gone while the task ran, so left out: {', '.join(outcome.vanished)}.")
    result = outcome.result()
    if not outcome.plan.looked_at and not outcome.resolved.warnings:
        module.warn(words.NOTHING_REACHED)
    result["msg"] = _summary(outcome.plan, module.check_mode)
    if module._diff:
        result["diff"] = make_diff(outcome.plan)
    if net is not None and net.armed:
        result["rollback"] = net.describe()
        for text in net.remarks:
            module.warn(text)
    return result


def _observe_and_act(module: Module, intent: Intent, open_backend: Callable[[], Any], turn: Turn | None) -> tuple[Outcome, Watchdog | None]:
    orphans = Orphans()
    given_back = intent.recover(orphans.held)
    backend = open_backend()
    try:
        net = _net(module, open_backend, intent.scope, turn)
        outcome = reconcile(intent, backend, module.check_mode, bool(module.params.get("allow_management")), net)
    finally:
        backend.close()
    if not module.check_mode:
        orphans.settle(given_back)
    return outcome, net


def _net(module: Module, open_backend: Callable[[], Any], scope: Any, turn: Turn | None) -> Watchdog | None:
    params = module.params
    timeout = params.get("rollback_timeout")
    if timeout is not None and timeout < 1:
        raise InputError(f"rollback_timeout: {timeout} s leaves no time to confirm; give at least 1.")
    if module.check_mode:
        return None
    return Watchdog(open_backend, scope, params.get("_rollback_id"), timeout or 0, turn=turn)


def _summary(plan: Plan, check_mode: bool) -> str:
    return words.steps(len(plan.steps), not check_mode) if plan.steps else words.nothing_to_do(plan.looked_at)
