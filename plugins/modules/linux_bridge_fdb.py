#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_bridge_fdb
short_description: Pin addresses to the ports of a Linux bridge
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Manages entries of a bridge's forwarding database (FDB), which says behind which port an address is.
  - >-
    New entries are of kind V(static) and sticky, so that no other port can take the address: this is what a port needs that does not learn,
    is not flooded or is locked.
  - Entries that the task does not name stay, unless O(purge) selects them. Learned (dynamic) entries are never removed; one becomes static when the
    task names its address.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._management
  - virtnet.hardening._pyroute2
options:
  bridge:
    description: The bridge. It must exist.
    type: str
    required: true
  entries:
    description:
      - The entries. An address may be named once in each VLAN.
      - May be empty only together with O(purge).
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description:
          - The MAC address, unicast, as in V(52:54:00:12:34:56).
          - Put it in quotes, as YAML reads an address of decimal digits only as a number.
        type: str
        required: true
      port:
        description:
          - The port of O(bridge) behind which the address is. The name of the bridge means the bridge itself, which is the host.
          - Needed for a new entry.
        type: str
      vlan:
        description:
          - The VLAN of the entry, 1 to 4094.
          - >-
            Needed for a new entry on a bridge with O(virtnet.hardening.linux_bridge#module:vlan_filtering=true): without one the kernel would write
            an entry for every VLAN of the port.
        type: int
      kind:
        description:
          - >-
            V(static) sends frames for the address to the port. V(extern_learn) does so too, for addresses that a control plane manages.
          - >-
            V(local) (C(permanent) of bridge(8)) says that the address is the host's own: frames for it are B(not) sent to the port, and a locked port drops the
            frames from it. Never use it for a guest.
          - A new entry is V(static), or V(local) where O(entries[].port) is the bridge itself. An existing one keeps its kind unless another is given.
        type: str
        choices: [static, local, extern_learn]
      sticky:
        description:
          - >-
            Whether the entry stays where it is when a frame from the address comes in on another port. Without it a port that learns takes over even a static
            entry, and with it the traffic of the guest.
          - >-
            A new static entry is sticky unless V(false) is given. An existing one, which another program may have written, stays as it is unless V(true) is
            given. The kernel refuses it for V(local).
          - Remove a sticky entry when its guest leaves for another host, as it would keep the traffic here.
        type: bool
  state:
    description:
      - V(present) writes the entries.
      - >-
        V(absent) removes them, each only if all that is given of it (port, kind, sticky) is as it is.
    type: str
    choices: [present, absent]
    default: present
  purge:
    description:
      - Remove entries that O(entries) does not name, where they are of the given ports and kinds. Only with O(state=present).
      - The entries that the kernel made itself for the bridge's and the ports' own addresses always stay.
    type: dict
    suboptions:
      ports:
        description:
          - Names of ports, and patterns (C(*), C(?), C([abc])) that select among the ports of the bridge. The name of the bridge means the bridge itself.
        type: list
        elements: str
        required: true
      kinds:
        description: The kinds of entries that are removed.
        type: list
        elements: str
        choices: [static, local, extern_learn]
        default: [static]
notes:
  - >-
    Write the entries first and close the port then: a guest with O(virtnet.hardening.linux_bridge_port#module:learning=false),
    O(virtnet.hardening.linux_bridge_port#module:unicast_flood=false) or O(virtnet.hardening.linux_bridge_port#module:locked=true) and no entry can't be
    reached.
  - An entry goes when its port leaves the bridge, as a tap does with its guest.
  - >-
    Guests that send with more than one address, such as nested hypervisors, containers with macvlan or hosts with VRRP, need an entry for each.
seealso:
  - module: virtnet.hardening.linux_bridge_port
  - module: virtnet.hardening.linux_bridge
  - module: virtnet.hardening.linux_bridge_info
  - name: bridge(8)
    description: The kinds of entries, under "bridge fdb add".
    link: https://man7.org/linux/man-pages/man8/bridge.8.html
"""

EXAMPLES = r"""
---
- name: Pin the addresses of two guests to their ports
  virtnet.hardening.linux_bridge_fdb:
    bridge: br0
    entries:
      - address: "52:54:00:12:34:56"
        port: vnet0
      - address: "52:54:00:12:34:57"
        port: vnet1

- name: Make sure that no other address is pinned to a guest's port
  virtnet.hardening.linux_bridge_fdb:
    bridge: br0
    entries:
      - address: "52:54:00:12:34:56"
        port: vnet0
      - address: "52:54:00:12:34:57"
        port: vnet1
    purge:
      ports:
        - "vnet*"

- name: Let an address go when its guest was moved to another host
  virtnet.hardening.linux_bridge_fdb:
    bridge: br0
    entries:
      - address: "52:54:00:12:34:57"
    state: absent
"""

RETURN = r"""
---
before:  # generated from docs/words/kernel_results.yml
  description: The fields that the task manages, before it, by kind and name of object; of objects that are deleted, all fields.
  returned: success
  type: dict
  sample: {}
after:  # generated from docs/words/results.yml
  description: The same fields after the task. In check mode it is predicted; after a run it is what was read back.
  returned: success
  type: dict
  sample: {"fdb": {"br0 52:54:00:00:00:01": {"port": "vnet0", "kind": "static", "sticky": true}}}
actions:  # generated from docs/words/kernel_results.yml
  description: The steps in words, in the order in which they run.
  returned: success
  type: list
  elements: str
  sample: ["create fdb br0 52:54:00:00:00:01 (port vnet0, kind static, sticky true)"]
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
unmatched:
  description: The patterns in O(purge.ports) that no port of the bridge matches.
  returned: success, with O(state=present)
  type: list
  elements: str
  sample: ["tap*"]
unpinned:
  description: >-
    Ports from which the task takes the last pinned address (kinds V(static) and V(extern_learn)) though they need one, as they are locked, or have
    learning and unicast_flood off. Their guests are cut off once what the bridge learned ages out; the task warns of them.
  returned: success
  type: list
  elements: str
  sample: []
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: "1 step done and read back."
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
failed_step:  # generated from docs/words/results.yml
  description: The step that failed, in words.
  returned: when RV(error_code) is V(change_failed) or V(not_in_effect)
  type: str
  sample: "set fdb br0 52:54:00:00:00:02: kind static -> local"
undone:  # generated from docs/words/kernel_results.yml
  description: The steps that brought back the state before.
  returned: when RV(error_code) is V(change_failed), V(not_in_effect) or V(rolled_back)
  type: list
  elements: str
  sample: ["delete fdb br0 52:54:00:00:00:01"]
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
  sample: ["set fdb br0 52:54:00:00:00:fe: port uplink -> vnet0"]
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.linux import run
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.fdb import FdbIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend


def main() -> None:
    """Run the module."""
    run(spec(), FdbIntent, NetlinkBackend.open)


if __name__ == "__main__":
    main()
