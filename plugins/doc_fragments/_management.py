# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This doc fragment is PRIVATE to the collection.
"""The management guard."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation fragment."""

    DOCUMENTATION = r"""
options:
  allow_management:
    description:
      - Allow changes to the device, port or bridge that carries the host's default route or the SSH session of Ansible.
      - Without it they are refused before anything is written. With it, the host reverts the change by itself unless the
        control node confirms it over a new connection within O(rollback_timeout).
      - It can't be combined with C(async).
    type: bool
    default: false
  rollback_timeout:
    description:
      - Seconds that the control node has to reach the host again after such a change, at least 1.
    type: int
    default: 60
  _rollback_id:
    description:
      - Private. The module's action plugin sets it; a task that names it is refused.
    type: str
"""
