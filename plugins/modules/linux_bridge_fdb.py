#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_bridge_fdb
short_description: Manage the forwarding database of a Linux bridge
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Adds, changes and removes entries of a Linux bridge's forwarding database (FDB).
  - Pin a guest's address to its port by a static, sticky entry before the port is locked or stops learning.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._pyroute2
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
  entries:
    description:
      - The entries. What is not named is left as it is, unless O(purge) says so.
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description:
          - The MAC address, unicast.
        type: str
        required: true
      port:
        description:
          - The port behind which the address is, or the bridge's own name for the bridge itself.
          - Required for a new entry.
        type: str
      vlan:
        description:
          - The VLAN. Required for a new entry on a bridge that filters VLANs, where the kernel would write an entry without one to every
            VLAN of the port.
        type: int
      kind:
        description:
          - V(static) is forwarded to the port and does not age.
          - "V(local) (iproute2's C(permanent)) is delivered to the host itself and is not forwarded: never use it for a guest."
          - V(extern_learn) belongs to a control plane.
          - A new entry is V(static), or V(local) on the bridge itself.
        type: str
        choices: [static, local, extern_learn]
      sticky:
        description:
          - Whether the entry stays on its port when another one sends from the address. Without it, a port that learns takes it over.
          - A new static entry is sticky unless told otherwise.
        type: bool
  state:
    description:
      - Whether the entries are to be there. With V(absent), an entry goes only if it is as described.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Remove other entries.
    type: dict
    suboptions:
      ports:
        description:
          - Names of ports and patterns. Only entries on these go.
        type: list
        elements: str
        required: true
      kinds:
        description:
          - Kinds of entries that go. Entries that the kernel made for its own devices are never removed.
        type: list
        elements: str
        choices: [static, local, extern_learn]
        default: [static]
notes:
  - The state is that of the running kernel. It is gone after a restart of the host.
seealso:
  - module: virtnet.hardening.linux_bridge
  - module: virtnet.hardening.linux_bridge_info
  - module: virtnet.hardening.linux_bridge_port
  - module: virtnet.hardening.linux_bridge_vlan
  - module: virtnet.hardening.virtual_link
  - name: bridge(8)
    description: iproute2's manual page of bridges, whose words the options are.
    link: https://man7.org/linux/man-pages/man8/bridge.8.html
"""

EXAMPLES = r"""
- name: Pin the guests' addresses to their ports
  virtnet.hardening.linux_bridge_fdb:
    bridge: br0
    entries:
      - address: "52:54:00:12:34:56"
        port: vnet0
      - address: "52:54:00:12:34:57"
        port: vnet1

- name: One address on the port, and no other static one
  virtnet.hardening.linux_bridge_fdb:
    bridge: br0
    entries:
      - address: "52:54:00:12:34:56"
        port: vnet0
    purge:
      ports: [vnet0]

- name: The guest was migrated away
  virtnet.hardening.linux_bridge_fdb:
    bridge: br0
    entries:
      - address: "52:54:00:12:34:57"
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
  sample: {fdb: {"br0 52:54:00:12:34:56": {port: vnet0, kind: static, sticky: true}}}
actions:
  description: The steps in words, in the order in which they run.
  returned: success
  type: list
  elements: str
  sample: ["create fdb br0 52:54:00:12:34:56 (port vnet0, kind static, sticky true)"]
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
error_code:
  description:
    - The kind of failure.
    - V(invalid) and V(unsupported) are found before anything is written, V(management) asks for C(allow_management).
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
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.fdb import FdbIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend


def main() -> None:
    """Run the module."""
    run(spec(), FdbIntent, NetlinkBackend.open)


if __name__ == "__main__":
    main()
