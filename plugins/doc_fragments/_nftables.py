# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This doc fragment is PRIVATE to the collection.
"""What the modules that enforce policies on Linux bridges need beside pyroute2, and what their rules are."""

from __future__ import annotations


class ModuleDocFragment:
    """Requirements and notes of the modules that write rules of nftables."""

    DOCUMENTATION = r"""
options: {}
requirements:
  - nft(8) (package C(nftables), 1.0.2 or later seen) on the target, for guards, for quarantine and on kernels without locked ports
notes:
  - >-
    Rules are in the table C(virtnet_hardening) of the nftables family C(bridge), which belongs to this collection; br_netfilter is not needed. A program that
    flushes all rules (C(nft flush ruleset), a restart of C(nftables.service)) removes it: the next run, in check mode too, shows that.
  - >-
    Rules know a port by its interface index, so a tap that is made again under the old name inherits nothing: neither guards nor entries nor flags.
    Until the next run it is as open as any new port, unless its name is quarantined, see M(virtnet.hardening.linux_switch_policy).
  - >-
    Tunnels that the guest builds (VXLAN, GRE) are not looked into. Multicast and broadcast reach every port, as on a vSwitch. C(docs/policy.md) of the
    collection lists what else is out of scope.
"""
