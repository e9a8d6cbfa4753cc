#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_bridge_port
short_description: Manage the ports of a Linux bridge
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Attaches and detaches ports of a Linux bridge and sets their options, thousands in one task.
  - Ports that the task does not name are never detached or changed. An option that is absent is left exactly as it is.
  - A port that is up joins the bridge while it is down for a moment, gets its options and comes up again, so that no frame passes before
    they hold.
  - Options of a port are gone when it leaves the bridge or when its device is made anew, as a VM's tap is at each start.
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
      - Names of ports, and patterns of the shell (C(*), C(?), C([...])).
      - "A name is attached to the bridge if it is not a port of it yet. A pattern never attaches: it chooses among the ports that the
        bridge has, as the tap of another bridge's guest may match it too. A pattern without a match is no error and is returned in
        RV(unmatched)."
    type: list
    elements: str
    required: true
  state:
    description:
      - With V(present), the ports belong to the bridge and have the options that are given.
      - With V(absent), they don't belong to this bridge; a name that is no port of it, or no interface at all, is no change.
    type: str
    choices: [present, absent]
    default: present
  move:
    description:
      - Allow to take a port that belongs to another bridge. Its options, VLANs and FDB entries there are lost, as the kernel drops them.
    type: bool
    default: false
  isolated:
    description:
      - Whether the port exchanges no frames with other isolated ports. Leave it V(false) on the uplink.
    type: bool
  locked:
    description:
      - Whether only frames with a source address that the FDB has on this port are accepted.
      - "Alone it is open: with O(learning=true) and the bridge's O(virtnet.hardening.linux_bridge#module:no_linklocal_learn=false), one
        LLDP frame authorises any address."
    type: bool
  mab:
    description:
      - Whether unknown senders on a locked port are noted as locked entries (MAC authentication bypass). Needs O(locked=true) and
        O(learning=true).
    type: bool
  learning:
    description:
      - Whether addresses are learned from frames that arrive.
    type: bool
  unicast_flood:
    description:
      - Whether frames to addresses that the FDB does not have are sent to the port. With V(false), write the guest's entry first.
    type: bool
  multicast_flood:
    description:
      - Whether multicast frames without a known member are sent to the port.
      - With V(false) and no querier, IPv6 neighbour discovery fails.
    type: bool
  broadcast_flood:
    description:
      - Whether broadcast frames are sent to the port. With V(false) a guest gets no ARP requests of others.
    type: bool
  hairpin:
    description:
      - Whether frames may leave by the port on which they came.
    type: bool
  guard:
    description:
      - Whether the port is shut when a BPDU arrives. It has no effect while STP is off.
    type: bool
  root_block:
    description:
      - Whether the port can't become STP's root port.
    type: bool
  fast_leave:
    description:
      - Whether a group is given up at once when a leave message arrives.
    type: bool
  mcast_router:
    description:
      - Whether a multicast router is behind the port. V(0) is never, V(1) is as learned, V(2) is always, V(3) is for a while. A guest's
        port must not be V(2).
    type: int
    choices: [0, 1, 2, 3]
  mcast_to_unicast:
    description:
      - Whether multicast is sent to each member as unicast.
    type: bool
  mcast_max_groups:
    description:
      - Largest number of multicast groups on the port, 0 for no limit.
    type: int
  mcast_eht_hosts_limit:
    description:
      - Largest number of tracked multicast hosts, at least 1.
    type: int
  neigh_suppress:
    description:
      - Whether ARP and ND requests are answered from the bridge's neighbour table instead of being sent to the port.
    type: bool
  neigh_vlan_suppress:
    description:
      - Whether O(neigh_suppress) goes by VLAN.
    type: bool
  proxy_arp:
    description:
      - Whether the bridge answers ARP requests on behalf of other ports.
    type: bool
  proxy_arp_wifi:
    description:
      - As O(proxy_arp), with the extra rules of IEEE 802.11 and Hotspot 2.0.
    type: bool
  vlan_tunnel:
    description:
      - Whether VLANs are mapped to tunnel ids on the port.
    type: bool
  backup_port:
    description:
      - Port of the same bridge that takes the traffic when this one loses its carrier. An empty string for none.
    type: str
  backup_nhid:
    description:
      - Id of the nexthop object used when traffic goes to the backup port, 0 for none.
    type: int
  group_fwd_mask:
    description:
      - Which link-local frames (01:80:c2:00:00:0X) the port forwards, a mask of 16 bits without bit 1. Keep it 0 for guests.
    type: int
  priority:
    description:
      - Port priority of STP, 0 to 63.
    type: int
  cost:
    description:
      - Path cost of STP, 1 to 65535. Unless set, it follows the link's speed.
    type: int
  port_state:
    description:
      - State of the port. Can be set while the device is up and the kernel's STP is off.
      - With STP off the kernel keeps only V(disabled) and V(forwarding), so the others are refused then.
    type: str
    choices: [disabled, listening, learning, forwarding, blocking]
notes:
  - The state is that of the running kernel. It is gone after a restart of the host.
seealso:
  - module: virtnet.hardening.linux_bridge
  - module: virtnet.hardening.linux_bridge_fdb
  - module: virtnet.hardening.linux_bridge_info
  - module: virtnet.hardening.linux_bridge_vlan
  - module: virtnet.hardening.virtual_link
  - name: bridge(8)
    description: iproute2's manual page of bridges, whose words the options are.
    link: https://man7.org/linux/man-pages/man8/bridge.8.html
"""

EXAMPLES = r"""
- name: The uplink joins
  virtnet.hardening.linux_bridge_port:
    bridge: br0
    ports: [eth1]

- name: Every guest's port that the bridge has now is closed but for what the FDB pins to it
  virtnet.hardening.linux_bridge_port:
    bridge: br0
    ports: ["vnet*", "tap*"]
    isolated: true
    locked: true
    learning: false
    unicast_flood: false

- name: One port leaves
  virtnet.hardening.linux_bridge_port:
    bridge: br0
    ports: [vnet7]
    state: absent
"""

RETURN = r"""
before:
  description: The managed options before, by kind and name. What the task does not ask for is not in it.
  returned: success
  type: dict
  sample: {port: {vnet0: {bridge: br0, isolated: false, learning: true}}}
after:
  description: The same afterwards, predicted in check mode and read back otherwise. Times are as the kernel's clock rounds them.
  returned: success
  type: dict
  sample: {port: {vnet0: {bridge: br0, isolated: true, learning: false}}}
actions:
  description: The steps in words, in the order in which they run.
  returned: success
  type: list
  elements: str
  sample: ["set port vnet0: isolated false -> true, learning true -> false"]
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
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.port import PortIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend


def main() -> None:
    """Run the module."""
    run(spec(), PortIntent, NetlinkBackend.open)


if __name__ == "__main__":
    main()
