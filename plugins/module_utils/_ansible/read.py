# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The adapter to AnsibleModule for tasks that change nothing on their host: nothing of plans and ways back is sent with them."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, NoReturn

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.answer import fail
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.module import Module
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import FAILURES

Spec = Dict[str, Any]


def answer(spec: Spec, ask: Callable[[Mapping[str, Any], Any], dict[str, Any]], open_backend: Callable[[], Any]) -> NoReturn:
    """The whole of a module that only reads."""
    module = Module(argument_spec=spec, supports_check_mode=True)
    try:
        backend = open_backend()
        try:
            result = ask(module.params, backend)
        finally:
            backend.close()
    except FAILURES as error:
        fail(module, error)
    module.exit_json(changed=False, **result)


def act(spec: Spec, job_of: Callable[[Mapping[str, Any]], Any], **rules: Any) -> NoReturn:
    """The whole of a module that acts without changing its host: the job refuses when it is made, and in check mode only foretells."""
    module = Module(argument_spec=spec, supports_check_mode=True, **rules)
    try:
        job = job_of(module.params)
        result = job.foretell() if module.check_mode else job.run()
    except FAILURES as error:
        fail(module, error)
    module.exit_json(changed=False, **result)
