# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This doc fragment is PRIVATE to the collection. Must be kept in sync with plugins/module_utils/_netlink/dep.py.
"""What the modules need on the target, and what they change there."""

from __future__ import annotations


class ModuleDocFragment:
    """Requirements and notes of the modules that talk netlink."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - Python 3.8 or later on the target
  - >-
    pyroute2 0.7.2 or later on the target (package C(python3-pyroute2) in Debian, Ubuntu and Fedora; 0.8.1 is the last one for Python 3.8). The role
    P(virtnet.hardening.kvm_bridge_host#role) installs it, alone too (C(tasks_from=packages))
notes:
  - >-
    Read and written is the state of the running kernel, over netlink. The network configuration files of the distribution are neither
    read nor written, so nothing outlasts a restart of the host: run the playbook again then, for example with C(ansible-pull) from a systemd unit.
  - >-
    An option that is not given leaves the value as it is. What the kernel can't store is refused before anything is written;
    that is found by looking at what the kernel lists, never by its version.
  - >-
    Changes need root, or the capability C(CAP_NET_ADMIN) in the target's network namespace: set C(become=true) on the play. Without it they are refused
    before anything is written, in check mode too, and RV(error_code) is V(rights).
  - >-
    One run at a time changes what is in a network namespace, whichever of these modules it is: others wait for up to 60 s, and then fail with the
    RV(error_code) V(busy) and the name of the one that is at it. What a run that was killed had locked is free.
"""
