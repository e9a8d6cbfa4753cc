# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This doc fragment is PRIVATE to the collection.
"""The attributes of every module."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation fragment."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check_mode and return the changed status prediction without modifying the target.
  diff_mode:
    description: Returns what has changed, or would change, when in diff mode.
  idempotent:
    description: When run twice in a row with the same arguments, the second run changes nothing.
  platform:
    description: The systems on which it runs.
    support: full
    platforms: linux
"""
