# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The management guard: no step may cut the way by which the host is managed unless that is allowed. Pure."""

from __future__ import annotations

from typing import Callable, Mapping, Optional

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.diff import sentence
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import GuardError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan, Step

Cuts = Callable[[Step], Optional[str]]


def risky_steps(plan: Plan, protected: Mapping[str, str], cuts: Cuts) -> list[tuple[Step, str]]:
    """The steps that touch a protected device, each with why the device is protected."""
    found = []
    for step in plan.steps:
        device = cuts(step)
        if device is not None and device in protected:
            found.append((step, protected[device]))
    return found


WITH_ROLLBACK = "set allow_management: true to do it with an automatic rollback"


def check(plan: Plan, protected: Mapping[str, str], cuts: Cuts, allowed: bool, remedy: str = WITH_ROLLBACK) -> bool:
    """True if the plan touches the management path and that is allowed; raises GuardError, with the remedy, if it is not."""
    risky = risky_steps(plan, protected, cuts)
    if risky and not allowed:
        step, why = risky[0]
        raise GuardError(f"'{sentence(step)}' is refused: {why}; {remedy}.", steps=[sentence(each) for each, reason in risky])
    return bool(risky)
