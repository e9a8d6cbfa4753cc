# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The options of a session with a vCenter or a host, and the adapter to AnsibleModule for tasks that only read there."""

from __future__ import annotations

from typing import Any, Callable, Dict, Mapping, NoReturn

from ansible.module_utils.basic import env_fallback
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.answer import fail
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.module import Module
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import InputError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Login

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


def calls_at_a_time(params: Mapping[str, Any]) -> int:
    """The option C(parallel) of what works on many targets; InputError for none."""
    number: int = params["parallel"]
    if number < 1:
        raise InputError(f"parallel: {number} is no number of calls at a time; give at least 1.")
    return number


def answer_vsphere(spec: Spec, ask: Callable[[Mapping[str, Any], Client], dict[str, Any]], **rules: Any) -> NoReturn:
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
