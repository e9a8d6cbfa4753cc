# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a task answers, whichever adapter it came by."""

from __future__ import annotations

from typing import NoReturn

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.module import Module
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import as_ours


def fail(module: Module, problem: Exception) -> NoReturn:
    """One sentence, a code that a playbook can test, the details, and whether the host is another one now."""
    error = as_ours(problem)
    module.fail_json(msg=error.message, error_code=error.code, changed=bool(error.details.get("not_undone")), **error.details)
