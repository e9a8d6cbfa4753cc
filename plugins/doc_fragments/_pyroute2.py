# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This doc fragment is PRIVATE to the collection. Must be kept in sync with plugins/module_utils/_netlink/dep.py.
"""What the netlink modules need on the target."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation fragment."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - Python 3.8 or later on the target
  - pyroute2 0.7.2 or later on the target (C(python3-pyroute2) of Debian 12 is enough; 0.8.1 is the last one for Python 3.8)
  - CAP_NET_ADMIN, as root has it, to change anything
"""
