# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""AnsibleModule, which every adapter makes, with a hint where an argument bears the name that another tool has for it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, NoReturn

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import foreign
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError


class Module(AnsibleModule):  # type: ignore[misc]  # Ansible tells no types.
    """Arguments are checked while it is made, so what is wrong with them is told by its own fail_json and by nobody else."""

    _given: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """See AnsibleModule."""
        try:
            super().__init__(*args, **kwargs)
        except (AttributeError, TypeError):
            # It looks into the value of an option that has options as if it were a dictionary, after it has found that it is none.
            if not self._hints():
                raise
            self.fail_json(msg=" ".join(self._hints()), error_code=InputError.code)

    def _load_params(self) -> None:
        """As they were given: the check makes text of booleans, and drops what it can't read."""
        super()._load_params()
        self._given = deepcopy(self.params)

    def _hints(self) -> list[str]:
        return foreign.hints(self._given, self.argument_spec)

    def fail_json(self, msg: str, **kwargs: Any) -> NoReturn:
        """See AnsibleModule."""
        checked = getattr(self, "validation_result", None)
        if checked is not None and checked.errors:
            msg = " ".join([*self._hints(), msg])
            kwargs.setdefault("error_code", InputError.code)
        super().fail_json(msg=msg, **kwargs)
        raise AssertionError("fail_json ends the process")

    def exit_json(self, **kwargs: Any) -> NoReturn:
        """See AnsibleModule."""
        super().exit_json(**kwargs)
        raise AssertionError("exit_json ends the process")
