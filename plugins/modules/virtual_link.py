#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: virtual_link
short_description: Make veth, tap, macvtap and VLAN devices
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Makes, changes or removes a virtual network device, as guests, containers and bridges are coupled with.
  - >-
    What a device is made as, which is its kind, peer, lower device and mode, can't be changed later: where they differ, the task fails and says so,
    as making the device anew would cut off whoever uses it.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._attributes.control_node
  - virtnet.hardening._management
  - virtnet.hardening._pyroute2
options:
  name:
    description: The device's name, 1 to 15 bytes.
    type: str
    required: true
  kind:
    description:
      - >-
        V(veth) is a pair of devices: what goes into one comes out of the other. V(tap) is for a hypervisor that opens it by its name; it stays when nobody has
        it open. V(macvtap) is a tap directly on another device, without a bridge. V(vlan) is what another device, a bond for one, has of one VLAN; make it a
        port to have the VLAN on a bridge.
      - Required with O(state=present). With O(state=absent), a device of another kind is refused.
    type: str
    choices: [veth, tap, macvtap, vlan]
  state:
    description:
      - >-
        V(present) makes the device where there is none, and sets O(mtu), O(address) and O(up).
      - >-
        V(absent) removes it, a veth together with its peer. Devices of kinds other than those of O(kind) are never removed.
    type: str
    choices: [present, absent]
    default: present
  peer:
    description: The name of a veth's other end. Required for O(kind=veth). The peer's own MTU, address and state are not touched; make it up on its side.
    type: str
  peer_netns:
    description: >-
      The network namespace of the peer: a name, as C(ip netns add) gives it, or a path such as V(/proc/1234/ns/net). It must exist. Not given, the peer of a
      new veth is in the namespace of the task.
    type: str
  lower:
    description: >-
      The device on which a macvtap or a VLAN interface sits. Required for O(kind=macvtap), for which it can't be a port of a bridge, and for O(kind=vlan).
    type: str
  mode:
    description:
      - >-
        How macvtaps on the same lower device see each other. V(private) not at all, V(vepa) by way of the switch outside, V(bridge) directly, V(passthru) is
        for a single one, which gets the lower device's address, V(source) takes frames from listed sources only.
      - A new macvtap is of mode V(vepa) unless another is given. See ip-link(8).
    type: str
    choices: [private, vepa, bridge, passthru, source]
  owner:
    description:
      - The user who may open the tap without C(CAP_NET_ADMIN), by name or number. Only for O(kind=tap). With O(group) too, it takes both.
      - >-
        Without both of them any local user may who may open C(/dev/net/tun), which is everybody on most systems; that is told as a warning. What is not
        given stays as it is.
      - The kernel lets nobody change it while a hypervisor has the tap open.
    type: str
  group:
    description: The group whose members may open the tap, by name or number. Only for O(kind=tap).
    type: str
  multi_queue:
    description: >-
      Whether the tap is made for several queues, which a hypervisor opens one by one (C(queues=) of QEMU). It must be as the hypervisor asks for, and can't
      be changed. Only for O(kind=tap).
    type: bool
  vlan_id:
    description: The VLAN, 1 to 4094. Required for O(kind=vlan). It can't be changed.
    type: int
  vlan_protocol:
    description: The kind of its tags. A new VLAN interface has V(802.1Q) unless another is given. It can't be changed. Only for O(kind=vlan).
    type: str
    choices: ["802.1Q", "802.1ad"]
  mtu:
    description: Largest packet in bytes, 68 to 65535. What the kind of device does not take, the kernel refuses.
    type: int
  address:
    description:
      - The device's MAC address, unicast, as in V(52:54:00:12:34:56). Not given, the kernel chooses one.
      - Put it in quotes, as YAML reads an address of decimal digits only as a number.
      - >-
        As long as nobody sets it, a VLAN has the address of its lower device, whatever that becomes. One that it has by chance is pinned too, which is
        a change.
      - Of a tap this is the host's side; the guest has its own.
    type: str
  up:
    description:
      - Whether the device is up. A new device is down unless this is V(true).
      - >-
        Leave a device down that shall join a bridge, join it with M(virtnet.hardening.linux_bridge_port), and set it up then.
    type: bool
seealso:
  - module: virtnet.hardening.linux_bridge_port
  - name: ip-link(8)
    description: The kinds of devices, under "ip link add".
    link: https://man7.org/linux/man-pages/man8/ip-link.8.html
"""

EXAMPLES = r"""
---
- name: Make a tap for a guest, which members of one group may open
  virtnet.hardening.virtual_link:
    name: tap7
    kind: tap
    group: kvm

- name: Make a pair of devices that couples two bridges
  virtnet.hardening.virtual_link:
    name: br0-to-br1
    kind: veth
    peer: br1-to-br0
    mtu: 9000
    up: true

- name: Make the interface of VLAN 20 on a bond, to be a port of a bridge
  virtnet.hardening.virtual_link:
    name: bond0.20
    kind: vlan
    lower: bond0
    vlan_id: 20

- name: Make a macvtap on a device without a bridge
  virtnet.hardening.virtual_link:
    name: macvtap0
    kind: macvtap
    lower: eth2
    mode: private
    address: "52:54:00:12:34:58"
    up: true

- name: Remove the tap
  virtnet.hardening.virtual_link:
    name: tap7
    kind: tap
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
  sample: {"link": {"tap7": {"kind": "tap", "mtu": 1500, "up": true}}}
actions:  # generated from docs/words/kernel_results.yml
  description: The steps in words, in the order in which they run.
  returned: success
  type: list
  elements: str
  sample: ["create link tap7 (kind tap)", "set link tap7: mtu unset -> 1500", "set link tap7: up unset -> true"]
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
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: "3 steps done and read back."
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
  sample: "set link tap7: mtu unset -> 65530"
undone:  # generated from docs/words/kernel_results.yml
  description: The steps that brought back the state before.
  returned: when RV(error_code) is V(change_failed), V(not_in_effect) or V(rolled_back)
  type: list
  elements: str
  sample: ["delete link tap7"]
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
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.link import LinkIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend


def main() -> None:
    """Run the module."""
    run(spec(), LinkIntent, NetlinkBackend.open)


if __name__ == "__main__":
    main()
