# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The adapter to AnsibleModule for jobs on many hosts."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, NoReturn, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.answer import fail
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.many import finish
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.module import Module
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.session import CONNECTION, calls_at_a_time
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.fleet import Job, run_jobs
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host import select
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Login

Spec = Dict[str, Any]
# Doc fragment: _esxi_jobs.
JOBS: Spec = {"parallel": {"type": "int", "default": 8}, "ignore_unreachable_hosts": {"type": "bool", "default": False}}


def run_on_hosts(spec: Spec, request_of: Callable[[Mapping[str, Any]], Any], jobs_of: Callable[[Any, Client, Login], Sequence[Job]], **rules: Any) -> NoReturn:
    """The whole of a module: C(request_of) refuses what can't be right before there is a session."""
    module = Module(argument_spec={**CONNECTION, **select.spec(), **JOBS, **spec}, supports_check_mode=True, **rules)
    params = module.params
    try:
        parallel = calls_at_a_time(params)
        request = request_of(params)
        login = Login.of(params)
        with Client(login, parallel) as client:
            targets = run_jobs(jobs_of(request, client, login), module.check_mode, parallel)
    except VirtnetError as error:
        fail(module, error)
    finish(module, targets, "hosts", (), {})
