# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a task on many targets answers, be it their settings or a job on each that was asked for."""

from __future__ import annotations

from typing import Any, NoReturn, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.module import Module
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import words
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.target import Target
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import close


def finish(module: Module, targets: Sequence[Target], unit: str, groups: Sequence[str], told: dict[str, Any]) -> NoReturn:
    """The end of the task. See run_fleet for C(unit), C(groups) and C(told)."""
    forgiven = module.params["ignore_unreachable_hosts"]
    failed = [target for target in targets if target.error is not None and not (forgiven and target.unreachable)]
    away = [target.name for target in targets if target.unreachable]
    for text in (*told.pop("warnings", ()), *_warnings(targets), *([words.left_out(away)] if away and forgiven else [])):
        module.warn(text)
    shown: dict[str, dict[str, Any]] = {word: {} for word in (unit, *groups)}
    for target in targets:
        shown[target.group or unit][target.name] = _told_of(target, module.params.get("details", "all"))
    kinds = " and ".join(word.replace("_", " ") for word, those in shown.items() if those or word == unit)
    result: dict[str, Any] = {
        **told,
        "changed": any(target.changed for target in targets),
        **shown,
        f"failed_{unit}": [target.name for target in failed],
        f"unreachable_{unit}": away,
    }
    if module._diff:
        result["diff"] = [shown for shown in (target.diff() for target in targets) if shown]
    if failed:
        _fail(module, failed, targets, kinds, unit, result)
    for text in reached_nothing(targets):
        module.warn(text)
    module.exit_json(msg=_summary(targets, kinds, module.check_mode), **result)


def reached_nothing(targets: Sequence[Target]) -> Sequence[str]:
    """The warning of a task that compared nothing with its wish."""
    return () if any(target.looked_at for target in targets) else (words.NOTHING_REACHED,)


def _fail(module: Module, failed: Sequence[Target], targets: Sequence[Target], kinds: str, unit: str, result: dict[str, Any]) -> NoReturn:
    errors = [(target.name, target.error) for target in failed if target.error is not None]
    codes = {error.code for _name, error in errors}
    changed = sum(target.changed for target in targets if target.error is None)
    others = f", {changed} {_changed(module.check_mode)}" if changed else ""
    text = words.failures([(name, error.message) for name, error in errors], len(targets), kinds, f"failed_{unit}", others)
    module.fail_json(msg=text, error_code=codes.pop() if len(codes) == 1 else f"{unit}_failed", **result)


def _told_of(target: Target, details: str) -> dict[str, Any]:
    """All of what failed or changed, and of the rest what became of it: a failure of one among many is to be found in what a task prints."""
    result = target.result()
    if details == "all" or target.changed or target.error is not None:
        return result
    return {name: result[name] for name in ("changed", "failed", "unreachable", "verified", "msg")}


def _warnings(targets: Sequence[Target]) -> list[str]:
    seen = [target for target in targets if target.error is None]
    return words.in_common((target.name, text) for target in seen for text in target.warnings) + _missed(seen)


def _missed(seen: Sequence[Target]) -> list[str]:
    """Names and patterns of the wish that mean nothing on any of the hosts."""
    outlooks = [target.outlook for target in seen if target.outlook is not None]
    there = {name for outlook in outlooks for name in outlook.there}
    return [
        f"names: no host that was looked at has {name}{close(name, there)}."
        for name in (outlooks[0].missed if outlooks else ())
        if all(name in outlook.missed for outlook in outlooks)
    ]


def _summary(targets: Sequence[Target], kinds: str, check_mode: bool) -> str:
    changed = sum(target.changed for target in targets)
    if changed:
        return f"{changed} of {words.count(len(targets), _singular(kinds), kinds)} {_changed(check_mode)}."
    seen = [target for target in targets if target.looked_at]
    nouns = [target.outlook.noun for target in seen if target.outlook is not None]
    where = words.on(len(seen), len(targets), _singular(kinds), kinds)
    return words.nothing_to_do(sum(target.looked_at for target in seen), where, *nouns[:1])


def _changed(check_mode: bool) -> str:
    return "would be changed" if check_mode else "changed and read back"


def _singular(kinds: str) -> str:
    """C(host) for C(hosts); several kinds are plural anyway."""
    return {"hosts": "host"}.get(kinds, kinds)
