# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module tells AnsibleModule: its argument spec, of whatever parts it is put together."""

from __future__ import annotations

import importlib
from typing import Any
from unittest import mock

from ansible.module_utils.basic import AnsibleModule


class _Told(BaseException):
    """Carries the spec out of the module's main."""


def declared(name: str) -> dict[str, Any]:
    """The argument spec of a module of the collection."""

    def take(_self: Any, argument_spec: dict[str, Any], **_rules: Any) -> None:
        raise _Told(argument_spec)

    module = importlib.import_module(f"ansible_collections.virtnet.hardening.plugins.modules.{name}")
    with mock.patch.object(AnsibleModule, "__init__", take):
        try:
            module.main()
        except _Told as told:
            return dict(told.args[0])
    raise AssertionError(f"{name} makes no AnsibleModule")
