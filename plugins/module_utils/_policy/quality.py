# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""How well a word of the policy document is kept. Pure."""

from __future__ import annotations

from typing import NamedTuple

EXACT, APPROXIMATE, UNSUPPORTED = "exact", "approximate", "unsupported"


class Word(NamedTuple):
    """How one word is kept by one kind of switch."""

    quality: str
    note: str
    sets: str = ""


NOT_LOOKED_AT = Word(EXACT, "not looked at")
