# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the intents for standard switches have in common: the choice of hosts, the three policies, and what is told of their change."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.fleet import BaseFleetIntent
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import INHERIT, POLICY_VALUES, State
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host import effects
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.backend import HostScope
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import NETWORK, Host
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.machines import Machines
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.management import interfaces
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import HostSelection, close

# The option C(security).
SECURITY_SPEC: dict[str, Any] = {"type": "dict", "options": {name: {"type": "str", "choices": list(POLICY_VALUES)} for name in SECURITY}}


def security(params: Mapping[str, Any], may_inherit: bool) -> dict[str, str]:
    """The policies that the user gave. What is not given stays as it is."""
    given = {name: str(value) for name, value in (params.get("security") or {}).items() if value is not None}
    for name, value in given.items():
        if value == INHERIT and not may_inherit:
            raise InputError(f"security.{name}: a switch has nothing to inherit from; give accept or reject.")
    return given


def why_in_use(host: Host, group: str) -> str | None:
    """What keeps a port group from being deleted, in words."""
    own = [vnic.device for vnic in interfaces(host).get(group, ())]
    machines = host.ports.get(group, {}).get("virtualMachine", 0)
    parts = ([f"the host's own {', '.join(own)}"] if own else []) + ([f"{machines} port(s) of virtual machines"] if machines else [])
    return " and ".join(parts) or None


class HostIntent(BaseFleetIntent):
    """Base of the intents for the standard switches of hosts."""

    def __init__(self, params: Mapping[str, Any], writes: tuple[str, ...] = tuple(NETWORK), cuts: bool = False, uplinks: bool = False) -> None:
        """The latter as in HostScope."""
        self.scope = HostScope(HostSelection(params), cuts=cuts, uplinks=uplinks, writes=writes)
        self._states: dict[str, State] = {}

    def told(self) -> dict[str, Any]:
        """What is said of the task as a whole; a list C(warnings) in it becomes warnings."""
        return {}

    def nowhere(self, kind: str, name: str, words: str) -> list[str]:
        """A warning where none of the hosts that were read has what is to go: a mistyped name would leave the one that is meant."""
        there = {str(key[1]) for state in self._states.values() for key in state if key[0] == kind}
        if name in there or not self._states:
            return []
        return [f"name: no host that was looked at has a {words} {name}{close(name, there)}."]

    def seen(self, name: str, state: State) -> None:
        """To be called by C(resolve): what a target was like, for the notes."""
        self._states.setdefault(name, state)

    def questions(self, plans: Mapping[str, Plan]) -> Mapping[str, list[str]]:
        """The groups of each host whose machines must notice that promiscuous mode is in effect differently."""
        found = {name: effects.switched(self._states[name], plan) for name, plan in plans.items() if plan.steps}
        return {name: groups for name, groups in found.items() if groups}

    def notes(self, name: str, plan: Plan, answer: Any) -> Mapping[str, Any]:
        """A running machine keeps the promiscuous mode that its adapter got when it was connected."""
        groups = effects.switched(self._states[name], plan) if plan.steps else []
        found: Machines = answer or Machines({})
        warnings = [*effects.opened_switches(self._states[name], plan), *effects.uncertain(found.unknown)]
        return {"reconnect_needed": effects.reconnect(groups, found.by_group), "warnings": warnings}
