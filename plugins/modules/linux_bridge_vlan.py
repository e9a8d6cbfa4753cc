#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_bridge_vlan
short_description: Manage the VLANs of the ports of a Linux bridge
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Sets the VLANs of ports and of the bridge itself, with PVID and untagged, or removes them.
  - VLANs that the task does not name stay, unless O(purge=true).
  - >-
    VLANs have an effect only with O(virtnet.hardening.linux_bridge#module:vlan_filtering=true).
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._attributes.control_node
  - virtnet.hardening._management
  - virtnet.hardening._pyroute2
options:
  bridge:
    description: The bridge. It must exist.
    type: str
    required: true
  ports:
    description:
      - >-
        Names of ports of the bridge, and patterns (C(*), C(?), C([abc])) that select among them, at least one. All get the same VLANs.
      - The name of the bridge means the bridge itself, which is the VLANs in which the host takes part.
      - A name that is no port of the bridge is an error; a pattern that matches nothing is a warning, see RV(unmatched).
      - A pattern that takes a port on which no guest hangs, such as the uplink, is told by a warning; name that port if it is meant.
    type: list
    elements: str
    required: true
  vlans:
    description: The VLANs. No VLAN may be named twice.
    type: list
    elements: dict
    required: true
    suboptions:
      vid:
        description: A VLAN, as in V(10), or a range, as in V(10-20), of 1 to 4094.
        type: str
        required: true
      pvid:
        description:
          - >-
            Whether frames that come in without a tag belong to this VLAN. A port has one PVID at most, so it goes with a single VLAN, and is taken
            from the VLAN that has it now.
          - Not given, it is off for a new VLAN and as it is for another.
        type: bool
      untagged:
        description:
          - Whether frames of this VLAN go out without a tag.
          - Not given, it is off for a new VLAN and as it is for another.
        type: bool
  state:
    description: V(present) sets the VLANs, V(absent) removes them from the ports.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description: >-
      Remove the VLANs that O(vlans) does not name from O(ports), the default VLAN 1 of a new port among them. Only with O(state=present).
    type: bool
    default: false
notes:
  - >-
    Needs a kernel with C(CONFIG_BRIDGE_VLAN_FILTERING), as distributions have it; without, a task that would set a VLAN fails with RV(error_code)
    V(unsupported).
  - A guest that shall not choose its VLAN gets one, as PVID and untagged, and no other; see the examples.
  - A port that leaves the bridge loses its VLANs.
seealso:
  - module: virtnet.hardening.linux_bridge
  - module: virtnet.hardening.linux_bridge_port
  - module: virtnet.hardening.linux_bridge_info
  - name: bridge(8)
    description: What VLANs, PVID and untagged mean, under "bridge vlan add".
    link: https://man7.org/linux/man-pages/man8/bridge.8.html
"""

EXAMPLES = r"""
---
- name: Put guests in VLAN 10 and in no other
  virtnet.hardening.linux_bridge_vlan:
    bridge: br0
    ports:
      - "vnet*"
    vlans:
      - vid: "10"
        pvid: true
        untagged: true
    purge: true

- name: Let the uplink carry a range of VLANs, tagged
  virtnet.hardening.linux_bridge_vlan:
    bridge: br0
    ports:
      - eth1
    vlans:
      - vid: 10-20

- name: Let the host itself take part in VLAN 10
  virtnet.hardening.linux_bridge_vlan:
    bridge: br0
    ports:
      - br0
    vlans:
      - vid: "10"

- name: Take the default VLAN from the uplink
  virtnet.hardening.linux_bridge_vlan:
    bridge: br0
    ports:
      - eth1
    vlans:
      - vid: "1"
    state: absent
"""

RETURN = r"""
---
before:  # generated from docs/words/kernel_results.yml
  description: The fields that the task manages, before it, by kind and name of object; of objects that are deleted, all fields.
  returned: success
  type: dict
  sample: {"vlan": {"vnet0 1": {"pvid": true, "untagged": true}}}
after:  # generated from docs/words/results.yml
  description: The same fields after the task. In check mode it is predicted; after a run it is what was read back.
  returned: success
  type: dict
  sample: {"vlan": {"br0 vnet0 10": {"pvid": true, "untagged": true}}}
actions:  # generated from docs/words/kernel_results.yml
  description: The steps in words, in the order in which they run.
  returned: success
  type: list
  elements: str
  sample: ["delete vlan br0 vnet0 1", "create vlan br0 vnet0 10 (pvid true, untagged true)"]
verified:  # generated from docs/words/kernel_results.yml
  description: Whether the state was read back after a change and was as asked for. False in check mode and where nothing had to be done.
  returned: success
  type: bool
  sample: true
vanished:  # generated from docs/words/kernel_results.yml
  description: Objects that disappeared while the task ran, such as the tap of a guest that stopped. The rest was done.
  returned: success
  type: list
  elements: str
  sample: []
unmatched:  # generated from docs/words/kernel_results.yml
  description: The patterns that no port of the bridge matches.
  returned: success
  type: list
  elements: str
  sample: ["tap*"]
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: "2 steps done and read back."
rollback:  # generated from docs/words/kernel_results.yml
  description: The confirmed change to the management path.
  returned: when O(allow_management=true) and the task changed a protected device
  type: dict
  contains:
    id: {description: Names the change in the journal on the target., returned: always, type: str}
    timeout: {description: Seconds within which it had to be confirmed., returned: always, type: int}
    confirmed: {description: Whether the control node confirmed it over a new connection., returned: always, type: bool}
  sample: {confirmed: true, id: 7b19459d7a554efb8b60e74e1ad16d1a, timeout: 60}
error_code:  # generated from docs/words/kernel_results.yml
  description:
    - >-
      V(invalid) for a value that can't be right, V(unsupported) for what the kernel can't store or this host can't enforce, V(management) for a change to the
      management path without O(allow_management=true), V(dependency) when pyroute2 is missing or unusable, V(rights) when the user of the task may not do it
      and needs C(become), V(busy) when another run was still changing the same network namespace after 60 s, V(backend) when the kernel or nft could not be
      read or the journal could not be written: nothing was changed.
    - >-
      V(change_failed) when a step failed and V(not_in_effect) when the read-back shows that a write was ignored: the steps were undone, see RV(undone) and
      RV(not_undone).
    - V(rolled_back) when the change was not confirmed in time and the target took it back, or did not answer any more.
  returned: failure
  type: str
  sample: unsupported
option:  # generated from docs/words/kernel_results.yml
  description: The option that the kernel can't store.
  returned: when RV(error_code) is V(unsupported)
  type: str
  sample: pvid
failed_step:  # generated from docs/words/results.yml
  description: The step that failed, in words.
  returned: when RV(error_code) is V(change_failed) or V(not_in_effect)
  type: str
undone:  # generated from docs/words/kernel_results.yml
  description: The steps that brought back the state before.
  returned: when RV(error_code) is V(change_failed), V(not_in_effect) or V(rolled_back)
  type: list
  elements: str
not_undone:  # generated from docs/words/kernel_results.yml
  description: What could not be brought back, with the reason. Empty when the state before is restored.
  returned: when RV(error_code) is V(change_failed), V(not_in_effect) or V(rolled_back)
  type: list
  elements: str
  sample: []
steps:  # generated from docs/words/kernel_results.yml
  description: All steps that would change the management path.
  returned: when RV(error_code) is V(management)
  type: list
  elements: str
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.linux import run
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.vlan import VlanIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend


def main() -> None:
    """Run the module."""
    run(spec(), VlanIntent, NetlinkBackend.open)


if __name__ == "__main__":
    main()
