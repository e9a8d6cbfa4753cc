#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: virtual_link
short_description: Manage veth, tap and macvtap devices
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Makes, changes and removes the virtual devices on which guests hang.
  - What a device is made as (kind, peer, lower device, mode) can't be changed; asking for it is refused.
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
  name:
    description:
      - Name of the device, 1 to 15 bytes.
    type: str
    required: true
  kind:
    description:
      - What it is. Required unless O(state=absent). A device that exists as something else is refused.
    type: str
    choices: [veth, tap, macvtap]
  state:
    description:
      - Whether the device is to be there. Only veth, tap and macvtap devices are ever deleted.
    type: str
    choices: [present, absent]
    default: present
  peer:
    description:
      - Name of the other end of a veth pair. Required for O(kind=veth).
    type: str
  peer_netns:
    description:
      - Network namespace in which the peer is, by its name below C(/run/netns) or by path. Absent for the same one.
    type: str
  lower:
    description:
      - Device on which a macvtap sits. Required for O(kind=macvtap).
    type: str
  mode:
    description:
      - Mode of a macvtap. The kernel's default is V(vepa).
    type: str
    choices: [private, vepa, bridge, passthru, source]
  mtu:
    description:
      - Largest packet in bytes, 68 to 65535.
    type: int
  address:
    description:
      - MAC address, unicast.
    type: str
  up:
    description:
      - Whether the device is administratively up.
    type: bool
notes:
  - The state is that of the running kernel. It is gone after a restart of the host.
seealso:
  - module: virtnet.hardening.linux_bridge
  - module: virtnet.hardening.linux_bridge_fdb
  - module: virtnet.hardening.linux_bridge_info
  - module: virtnet.hardening.linux_bridge_port
  - module: virtnet.hardening.linux_bridge_vlan
  - name: bridge(8)
    description: iproute2's manual page of bridges, whose words the options are.
    link: https://man7.org/linux/man-pages/man8/bridge.8.html
"""

EXAMPLES = r"""
- name: A tap for a guest that QEMU attaches to
  virtnet.hardening.virtual_link:
    name: tap0
    kind: tap
    up: true

- name: A pair of devices that couples two bridges
  virtnet.hardening.virtual_link:
    name: couple0
    kind: veth
    peer: couple1
    up: true

- name: A guest's device directly on a network card
  virtnet.hardening.virtual_link:
    name: macvtap0
    kind: macvtap
    lower: eth1
    mode: bridge

- name: No tap
  virtnet.hardening.virtual_link:
    name: tap0
    state: absent
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
  sample: {link: {tap0: {kind: tap, up: true}}}
actions:
  description: The steps in words, in the order in which they run.
  returned: success
  type: list
  elements: str
  sample: ["create link tap0 (kind tap)", "set link tap0: up unset -> true"]
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
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.link import LinkIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend


def main() -> None:
    """Run the module."""
    run(spec(), LinkIntent, NetlinkBackend.open)


if __name__ == "__main__":
    main()
