# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The base of all errors, and the one for values that can't be right."""

from __future__ import annotations

from typing import Any


class VirtnetError(Exception):
    """Base of all errors of the collection: one sentence, a code and details."""

    code = "failed"

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = details


class InputError(VirtnetError):
    """What is asked for is wrong; nothing was written."""

    code = "invalid"
