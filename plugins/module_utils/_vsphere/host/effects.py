# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a change of policies does beyond the fields that it writes: which groups follow, which machines don't notice, what it opens. Pure."""

from __future__ import annotations

from typing import Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import kinds
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, Fields, State, effective
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY


def effective_policies(state: State, group: str) -> dict[str, str | None]:
    """The policies in effect on a standard port group: its own, or its switch's where it inherits."""
    own = state[(kinds.PORTGROUP, group)]
    switch = state.get((kinds.VSWITCH, str(own.get("vswitch"))), {})
    return {name: effective(_text(own, name), _text(switch, name)) for name in SECURITY}


def after(state: State, plan: Plan) -> State:
    """The state that the plan leads to."""
    merged: State = {key: dict(fields) for key, fields in state.items() if key not in plan.before or key in plan.after}
    for key, fields in plan.after.items():
        merged[key] = {**merged.get(key, {}), **fields}
    return merged


def switched(state: State, plan: Plan, policy: str = "promiscuous") -> list[str]:
    """The port groups that are there before and after, and on which the policy is in effect differently then."""
    later = after(state, plan)
    groups = [str(key[1]) for key in state if key[0] == kinds.PORTGROUP and key in later]
    return [group for group in groups if effective_policies(state, group)[policy] != effective_policies(later, group)[policy]]


def opened_switches(state: State, plan: Plan) -> list[str]:
    """Warnings for switches on which a policy is opened for all groups that inherit it, while one group might do."""
    warnings = []
    for step in plan.steps:
        opened = [name for name in SECURITY if step.after.get(name) == ACCEPT and step.before.get(name) != ACCEPT]
        if step.key[0] == kinds.VSWITCH and opened:
            followers = _followers(after(state, plan), str(step.key[1]), opened)
            shown = few(followers, 5)
            who = f"all {len(followers)} port group(s) that inherit it ({shown})" if followers else "every port group that will inherit it"
            warnings.append(
                f"{', '.join(opened)}: accept on {step.key[1]} opens {who}; "
                "if one guest needs it, leave the switch closed and open the guest's port group with esxi_portgroup."
            )
    return warnings


def _followers(state: State, switch: str, policies: list[str]) -> list[str]:
    groups = ((str(key[1]), fields) for key, fields in state.items() if key[0] == kinds.PORTGROUP and fields.get("vswitch") == switch)
    return sorted(name for name, fields in groups if any(fields.get(policy) == "inherit" for policy in policies))


def _text(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    return None if value is None else str(value)


def reconnect(groups: list[str], machines: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """The running machines by group, for the groups that have any."""
    return {group: machines[group] for group in groups if machines.get(group)}


def uncertain(unknown: str) -> list[str]:
    """A warning where not all is known of the machines."""
    return [f"Which machines must reconnect to notice is not known for certain: {unknown}."] if unknown else []
