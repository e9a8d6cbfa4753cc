# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This doc fragment is PRIVATE to the collection.
"""What every module says of itself."""

from __future__ import annotations


class ModuleDocFragment:
    """The attributes of the modules; a module says which of them it does not fully support."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Predicts what a run would do and changes nothing.
    support: full
  diff_mode:
    description: Tells the affected fields before and after when run with C(--diff).
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
  platform:
    description: The systems that the module works on.
    support: full
    platforms: linux
"""

    # For modules that have an action plugin, which confirms changes to the management path.
    CONTROL_NODE = r"""
options: {}
attributes:
  action:
    description: An action plugin of the same name does a part of the work on the control node.
    support: partial
    details:
      - It runs the module, and with O(allow_management=true) confirms the change over a new connection.
  async:
    description: Can be run in the background with C(async).
    support: partial
    details:
      - Refused together with O(allow_management=true), as the change must be confirmed at once.
"""
