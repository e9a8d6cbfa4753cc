# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This doc fragment is PRIVATE to the collection. Must be kept in sync with plugins/module_utils/_ansible/jobs.py.
"""The options that the modules for jobs on many hosts share."""

from __future__ import annotations


class ModuleDocFragment:
    """How many hosts at a time."""

    DOCUMENTATION = r"""
options:
  parallel:
    description: How many hosts are worked on at the same time, at least 1.
    type: int
    default: 8
  ignore_unreachable_hosts:
    description: >-
      Whether hosts that are disconnected from vCenter or don't respond to it may be left out. They are named in a warning, and in RV(unreachable_hosts).
      vCenter's word for the state decides, when the task reads the host, also if it went away between two reads. Other failures make the task fail all
      the same, a missing privilege among them, as does a host that is lost while it is changed.
    type: bool
    default: false
notes:
  - This was tested on the simulator of the collection's lab, not on a real host; see C(docs/vsphere-simulator.md).
"""
