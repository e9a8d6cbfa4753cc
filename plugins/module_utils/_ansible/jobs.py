# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The adapter to AnsibleModule for jobs on many hosts. The session's options are those of fleet.py."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NoReturn, Optional, Sequence, Tuple

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.fleet import CONNECTION
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.linux import fail
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.module import Module
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import words
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import InputError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.jobs import Job, Outlook, Target, run_jobs
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host import select
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Login

Spec = Dict[str, Any]
# Doc fragment: _esxi_jobs.
JOBS: Spec = {"parallel": {"type": "int", "default": 8}, "ignore_unreachable_hosts": {"type": "bool", "default": False}}


def run_on_hosts(
    spec: Spec, wish_of: Callable[[Mapping[str, Any]], Any], jobs_of: Callable[[Any, Client, Login], Sequence[Tuple[Host, Optional[Job]]]], **rules: Any
) -> NoReturn:
    """The whole of a module: C(wish_of) refuses what can't be right before there is a session."""
    module = Module(argument_spec={**CONNECTION, **select.spec(), **JOBS, **spec}, supports_check_mode=True, **rules)
    params = module.params
    try:
        if params["parallel"] < 1:
            raise InputError(f"parallel: {params['parallel']} is no number of calls at a time; give at least 1.")
        wish = wish_of(params)
        login = Login.of(params)
        with Client(login, params["parallel"]) as client:
            targets = run_jobs(jobs_of(wish, client, login), client, not module.check_mode)
    except VirtnetError as error:
        fail(module, error)
    _finish(module, targets)


def _finish(module: AnsibleModule, targets: Sequence[Target]) -> NoReturn:
    forgiven = module.params["ignore_unreachable_hosts"]
    failed = [target for target in targets if target.error is not None and not (forgiven and target.unreachable)]
    away = [target.name for target in targets if target.unreachable]
    for text in _warnings(targets):
        module.warn(text)
    if away and forgiven:
        module.warn(words.left_out(away))
    result: Dict[str, Any] = {
        "changed": any(target.changed for target in targets), "hosts": {target.name: target.result() for target in targets},
        "failed_hosts": [target.name for target in failed], "unreachable_hosts": away,
    }
    if module._diff:
        result["diff"] = [
            {"before_header": target.name, "after_header": target.name, "before": target.outlook.before, "after": target.outlook.after}
            for target in targets if target.error is None and target.outlook.actions
        ]
    if failed:
        codes = {target.error.code for target in failed if target.error is not None}
        told = [(target.name, target.error.message) for target in failed if target.error is not None]
        text = words.failures(told, len(targets), "hosts", "failed_hosts")
        module.fail_json(msg=text, error_code=codes.pop() if len(codes) == 1 else "hosts_failed", **result)
    module.exit_json(msg=_summary(module, targets), **result)


def _summary(module: AnsibleModule, targets: Sequence[Target]) -> str:
    changed = sum(target.changed for target in targets)
    if changed:
        return f"{changed} of {words.count(len(targets), 'host')} {'would be changed' if module.check_mode else 'changed and read back'}."
    seen = [target for target in targets if target.error is None and target.outlook.looked_at]
    total = sum(target.outlook.looked_at for target in seen)
    text = words.nothing_to_do(total, words.on(len(seen), len(targets), "host"), seen[0].outlook.noun if seen else "object")
    if not total:
        module.warn(text)
    return text


def _warnings(targets: Sequence[Target]) -> List[str]:
    seen = [target for target in targets if target.error is None]
    return words.in_common((target.name, text) for target in seen for text in target.outlook.warnings) + _missed([target.outlook for target in seen])


def _missed(outlooks: Sequence[Outlook]) -> List[str]:
    """Names and patterns of the wish that mean nothing on any of the hosts."""
    if not outlooks:
        return []
    there = {name for outlook in outlooks for name in outlook.there}
    return [
        f"names: no host that was looked at has {name}{select.close(name, there)}." for name in outlooks[0].missed
        if all(name in outlook.missed for outlook in outlooks)
    ]
