# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Advanced options of hosts: numbers that are read and set by name."""

from __future__ import annotations

from typing import Any, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreadableError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import VsphereError

# The reference of a host's OptionManager, to be read with the host.
PATH = "configManager.advancedOption"
_UNKNOWN = "InvalidName"


def query(client: Client, host: Host, names: Sequence[str]) -> dict[str, Any]:
    """The values of a host, each of the API's own type; None for an option that it says it does not have. One call for each. VsphereError, or
    UnreadableError, where that can't be known.

    C(config.option) would be one read for all hosts, but of more than a thousand options each.
    """
    return {name: _value(client, host, name) for name in names}


def _value(client: Client, host: Host, name: str) -> Any | None:
    manager = host.extra.get(PATH)
    if manager is None:
        raise UnreadableError(f"{host.name}: {host.why_unreadable(PATH) or f'its {PATH} was not read'}.")
    try:
        found = client.call(manager.QueryOptions, name, what=f"{host.name}: reading the option {name}")
    except VsphereError as error:
        if error.details.get("fault") == _UNKNOWN:
            return None
        raise
    value = next((each.value for each in found or () if each.key == name), None)
    if value is None:
        # Of a name that does not exist QueryOptions says InvalidName; an answer without it says nothing.
        raise UnreadableError(f"{host.name}: the server does not tell the value of its option {name}; run the task again.")
    return value


def update(client: Client, host: Host, name: str, value: int, current: Any) -> None:
    """Set one option. The value must be of the type that the host has for it: a long is refused where an int stands."""
    changed = dep.vim.option.OptionValue(key=name, value=type(current)(value))
    client.change(host.extra[PATH].UpdateOptions, [changed], what=f"{host.name}: setting the option {name} to {value}")
