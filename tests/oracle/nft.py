# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nft(8) prints as JSON, for comparisons."""

from __future__ import annotations

from typing import Any


def lasting(objects: list[Any]) -> list[Any]:
    """Without the elements that the kernel keeps in a set itself, for a while: the groups that guests have joined. nft 1.1.7 counts them, too."""
    found = []
    for each in objects:
        body = each.get("set")
        kept = body is not None and "timeout" in body.get("flags", ())
        found.append({"set": {name: value for name, value in body.items() if name not in ("elem", "count")}} if kept else each)
    return found
