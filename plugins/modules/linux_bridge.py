#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_bridge
short_description: Manage a Linux bridge
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Makes, changes and removes a Linux bridge with every option that the kernel has, over netlink and idempotently.
  - An option that is absent is left exactly as it is. An option that this kernel does not know is refused before anything is written.
  - Every write is read back. A failure takes back what was done, or says exactly what it could not take back.
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
      - Name of the bridge, 1 to 15 bytes.
    type: str
    required: true
  state:
    description:
      - Whether the bridge is to be there.
      - With V(absent), a bridge that has ports is refused unless O(detach_ports=true).
    type: str
    choices: [present, absent]
    default: present
  mtu:
    description:
      - Largest packet in bytes, 68 to 65535. Once set, the bridge no longer follows its ports.
    type: int
  address:
    description:
      - MAC address of the bridge device, unicast.
      - "Set it: without an address of its own the bridge takes the lowest of its ports', and the host's address changes when a guest's
        tap comes or goes."
    type: str
  up:
    description:
      - Whether the device is administratively up.
    type: bool
  promiscuous:
    description:
      - Whether the bridge device itself receives all frames (IFF_PROMISC of the administrator).
      - A promiscuous bridge hands every frame to the host and keeps all its ports promiscuous.
    type: bool
  forward_delay:
    description:
      - Seconds a port listens and learns before it forwards, in steps of 0.01.
      - With STP on, 2 to 30. When a bridge with another value starts STP, the kernel would change it unasked, so that is refused.
    type: float
  hello_time:
    description:
      - Seconds between hello packets of STP, 1 to 10.
    type: float
  max_age:
    description:
      - Seconds after which STP forgets a neighbour, 6 to 40.
    type: float
  ageing_time:
    description:
      - Seconds after which a learned address is forgotten, 0 to 42949672.95 in steps of 0.01.
      - 0 makes the bridge a hub, on which every guest receives every frame; it is refused without O(allow_hub=true).
    type: float
  stp:
    description:
      - Whether the spanning tree protocol runs.
    type: bool
  priority:
    description:
      - Bridge priority of STP, 0 to 65535; the lowest becomes root.
    type: int
  vlan_filtering:
    description:
      - Whether the bridge tells VLANs apart. Needs CONFIG_BRIDGE_VLAN_FILTERING.
    type: bool
  vlan_protocol:
    description:
      - Ethertype of the VLAN tags that count.
    type: str
    choices: [802.1Q, 802.1ad]
  group_fwd_mask:
    description:
      - Which link-local frames (01:80:c2:00:00:0X) are forwarded, a mask of 16 bits.
      - Bits 0 to 2 (STP, MAC pause, LACP) can't be set. Keep it 0 unless a protocol must pass.
    type: int
  group_address:
    description:
      - Group address of STP, 01:80:c2:00:00:0X with X one of 0 and 4 to f.
    type: str
  vlan_default_pvid:
    description:
      - VLAN that a port gets when it joins, 0 to 4094.
      - With 0 and O(vlan_filtering=true) a new port passes nothing until it is configured.
    type: int
  vlan_stats_enabled:
    description:
      - Whether traffic is counted by VLAN.
    type: bool
  vlan_stats_per_port:
    description:
      - Whether traffic is counted by VLAN and port. The kernel takes it only while no VLAN is configured.
    type: bool
  mcast_router:
    description:
      - Whether the bridge itself is a multicast router. V(0) is never, V(1) is as learned, V(2) is always.
    type: int
    choices: [0, 1, 2]
  mcast_snooping:
    description:
      - Whether multicast is sent only where a member was heard (IGMP and MLD snooping).
    type: bool
  mcast_query_use_ifaddr:
    description:
      - Whether queries carry the bridge's own address instead of 0.0.0.0.
    type: bool
  mcast_querier:
    description:
      - Whether the bridge asks for members.
      - Snooping without any querier in the network loses groups after a while, IPv6 neighbour discovery among them.
    type: bool
  mcast_hash_max:
    description:
      - Largest number of multicast groups.
    type: int
  mcast_last_member_count:
    description:
      - How many queries are sent before a group is given up.
    type: int
  mcast_startup_query_count:
    description:
      - How many queries are sent at start.
    type: int
  mcast_last_member_interval:
    description:
      - Seconds between queries to a group after a leave message, in steps of 0.01.
    type: float
  mcast_membership_interval:
    description:
      - Seconds after which a silent group is given up, in steps of 0.01.
    type: float
  mcast_querier_interval:
    description:
      - Seconds after which a silent other querier is taken for dead, in steps of 0.01.
    type: float
  mcast_query_interval:
    description:
      - Seconds between queries, 1 to 86400 in steps of 0.01.
    type: float
  mcast_query_response_interval:
    description:
      - Seconds in which members must answer, in steps of 0.01.
    type: float
  mcast_startup_query_interval:
    description:
      - Seconds between the queries at start, 1 to 86400 in steps of 0.01.
    type: float
  nf_call_iptables:
    description:
      - Whether bridged IPv4 packets pass the host's iptables, for this bridge.
    type: bool
  nf_call_ip6tables:
    description:
      - Whether bridged IPv6 packets pass the host's ip6tables, for this bridge.
    type: bool
  nf_call_arptables:
    description:
      - Whether bridged ARP packets pass the host's arptables, for this bridge.
    type: bool
  mcast_stats_enabled:
    description:
      - Whether IGMP and MLD messages are counted.
    type: bool
  mcast_igmp_version:
    description:
      - Version of IGMP that the bridge speaks.
    type: int
    choices: [2, 3]
  mcast_mld_version:
    description:
      - Version of MLD that the bridge speaks.
    type: int
    choices: [1, 2]
  no_linklocal_learn:
    description:
      - Whether addresses are not learned from link-local frames (01:80:c2:00:00:0X).
      - "Set it wherever ports are locked: with V(false), one LLDP or EAPOL frame of the guest on a port that learns authorises any
        address it likes (bridge(8), C(locked))."
    type: bool
  mcast_vlan_snooping:
    description:
      - Whether multicast is snooped by VLAN. Needs O(vlan_filtering=true).
    type: bool
  mst_enabled:
    description:
      - Whether spanning tree state is kept by MST instance. The kernel takes it only while no VLAN is configured on any port.
    type: bool
  fdb_local_vlan_0:
    description:
      - Whether the ports' own addresses are kept for VLAN 0 only.
    type: bool
  fdb_max_learned:
    description:
      - Largest number of learned addresses, 0 for no limit.
      - "It is one limit for the whole bridge: a guest that fills it makes the frames of all others flood. Static entries don't count."
    type: int
  stp_mode:
    description:
      - Who runs STP. It can only be changed while STP is off.
    type: str
    choices: [auto, user, kernel]
  allow_hub:
    description:
      - Allow O(ageing_time=0).
    type: bool
    default: false
  detach_ports:
    description:
      - With O(state=absent), detach the ports that the bridge still has.
    type: bool
    default: false
notes:
  - The state is that of the running kernel. It is gone after a restart of the host.
seealso:
  - module: virtnet.hardening.linux_bridge_fdb
  - module: virtnet.hardening.linux_bridge_info
  - module: virtnet.hardening.linux_bridge_port
  - module: virtnet.hardening.linux_bridge_vlan
  - module: virtnet.hardening.virtual_link
  - name: bridge(8)
    description: iproute2's manual page of bridges, whose words the options are.
    link: https://man7.org/linux/man-pages/man8/bridge.8.html
"""

EXAMPLES = r"""
- name: A bridge for guests, hardened
  virtnet.hardening.linux_bridge:
    name: br0
    address: "52:54:00:00:00:01"
    up: true
    stp: false
    ageing_time: 300
    no_linklocal_learn: true
    mcast_querier: true

- name: A quarantine, in which a new port passes nothing until it is configured
  virtnet.hardening.linux_bridge:
    name: br1
    vlan_filtering: true
    vlan_default_pvid: 0

- name: The bridge that carries the host's own address; reverted unless the host can be reached afterwards
  virtnet.hardening.linux_bridge:
    name: br0
    mtu: 9000
    allow_management: true
    rollback_timeout: 30

- name: No bridge
  virtnet.hardening.linux_bridge:
    name: br1
    state: absent
"""

RETURN = r"""
before:
  description: The managed options before, by kind and name. What the task does not ask for is not in it.
  returned: success
  type: dict
  sample: {bridge: {br0: {ageing_time: 300.0, no_linklocal_learn: false}}}
after:
  description: The same afterwards, predicted in check mode and read back otherwise. Times are as the kernel's clock rounds them.
  returned: success
  type: dict
  sample: {bridge: {br0: {ageing_time: 300.0, no_linklocal_learn: true}}}
actions:
  description: The steps in words, in the order in which they run.
  returned: success
  type: list
  elements: str
  sample: ["set bridge br0: no_linklocal_learn false -> true"]
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
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.bridge import BridgeIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend


def main() -> None:
    """Run the module."""
    run(spec(), BridgeIntent, NetlinkBackend.open)


if __name__ == "__main__":
    main()
