# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a port had itself before it was shut, which comes back with the end of its quarantine. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.virtnet.hardening.plugins.module_utils._linux.record import JOINED
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Key, Observed


def own_mask(observed: Observed, name: str) -> int:
    """Of one of which nothing was noted, what a new port has. So has one with a note that nobody can read, as only somebody else can have written it."""
    text = str(observed.state.get(("door", name), {}).get("record", ""))
    return int(text) if text.isdigit() and int(text) <= 0xFFFF else int(JOINED["group_fwd_mask"] or 0)


def forget(wishes: Any, observed: Observed, name: str) -> None:
    """It is where it belongs again, or in the record of the port."""
    key: Key = ("door", name)
    wishes.absent += [key] if key in observed.state else []
