#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_bridge_vlan
short_description: Manage the VLANs of a Linux bridge
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Adds and removes VLANs of the ports of a Linux bridge and of the bridge itself.
  - A kernel without CONFIG_BRIDGE_VLAN_FILTERING refuses VLANs; the module says so before it writes anything.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._pyroute2
  - virtnet.hardening._management
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  bridge:
    description:
      - Name of the bridge.
    type: str
    required: true
  ports:
    description:
      - Names of ports of the bridge, patterns that choose among them, or the bridge's own name for the bridge itself.
    type: list
    elements: str
    required: true
  vlans:
    description:
      - The VLANs. What is not named is left as it is, unless O(purge=true).
    type: list
    elements: dict
    required: true
    suboptions:
      vid:
        description:
          - A VLAN, V(1) to V(4094), or a range such as V(10-20).
        type: str
        required: true
      pvid:
        description:
          - Whether untagged frames that arrive belong to this VLAN. A port has one PVID; the former one keeps its VLAN and loses the mark.
        type: bool
      untagged:
        description:
          - Whether frames of the VLAN leave without a tag.
        type: bool
  state:
    description:
      - Whether the VLANs are to be there.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Remove the VLANs that O(vlans) does not name from the ports that O(ports) names.
    type: bool
    default: false
notes:
  - The state is that of the running kernel. It is gone after a restart of the host.
seealso:
  - module: virtnet.hardening.linux_bridge
  - module: virtnet.hardening.linux_bridge_fdb
  - module: virtnet.hardening.linux_bridge_info
  - module: virtnet.hardening.linux_bridge_port
  - module: virtnet.hardening.virtual_link
  - name: bridge(8)
    description: iproute2's manual page of bridges, whose words the options are.
    link: https://man7.org/linux/man-pages/man8/bridge.8.html
"""

EXAMPLES = r"""
- name: A trunk to the switch outside
  virtnet.hardening.linux_bridge_vlan:
    bridge: br0
    ports: [eth1]
    vlans:
      - vid: 10-20

- name: A guest's access port, in VLAN 10 and no other
  virtnet.hardening.linux_bridge_vlan:
    bridge: br0
    ports: [vnet0]
    vlans:
      - vid: "10"
        pvid: true
        untagged: true
    purge: true

- name: The host itself takes part in VLAN 10
  virtnet.hardening.linux_bridge_vlan:
    bridge: br0
    ports: [br0]
    vlans:
      - vid: "10"
"""

RETURN = r"""
before:
  description: The managed options before, by kind and name. What the task does not ask for is not in it.
  returned: success
  type: dict
  sample: {}
after:
  description: The same afterwards, predicted in check mode and read back otherwise. Times are as the kernel's clock rounds them.
  returned: success
  type: dict
  sample: {vlan: {vnet0 10: {pvid: true, untagged: true}}}
actions:
  description: The steps in words, in the order in which they run.
  returned: success
  type: list
  elements: str
  sample: ["create vlan vnet0 10 (pvid true, untagged true)"]
verified:
  description: Whether something was written and reading back showed what was asked for.
  returned: success
  type: bool
  sample: true
vanished:
  description: What disappeared while the task ran, a stopped guest's port for one, and was left out.
  returned: success
  type: list
  elements: str
  sample: []
unmatched:
  description: The patterns that no port of the bridge matched.
  returned: success
  type: list
  elements: str
  sample: ["tap*"]
rollback:
  description: When the management path was changed, the id of the rollback that was armed and whether it was called off.
  returned: when the management path was changed
  type: dict
  sample: {confirmed: true, id: 5b0f6a0e8d5e4c0f9a8f3e6b9a1d2c3e, timeout: 60}
error_code:
  description:
    - The kind of failure.
    - V(invalid) and V(unsupported) are found before anything is written, V(management) asks for O(allow_management).
    - V(change_failed) and V(not_in_effect) come with RV(undone) and RV(not_undone).
  returned: failure
  type: str
  sample: invalid
failed_step:
  description: The step that failed.
  returned: when a change failed
  type: str
  sample: "set bridge br0: mtu 1500 -> 9000"
undone:
  description: The steps that brought the state before back.
  returned: when a change failed
  type: list
  elements: str
  sample: ["set bridge br0: up true -> false"]
not_undone:
  description: What could not be brought back.
  returned: when a change failed
  type: list
  elements: str
  sample: []
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible import run
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.vlan import VlanIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend


def main() -> None:
    """Run the module."""
    run(spec(), VlanIntent, NetlinkBackend.open)


if __name__ == "__main__":
    main()
