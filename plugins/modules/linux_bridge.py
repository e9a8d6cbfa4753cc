#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_bridge
short_description: Manage a Linux bridge and all of its options
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Makes, changes or removes a bridge of the Linux kernel.
  - >-
    Every value that is written is read back, as the kernel accepts attributes that it does not know without an error and ignores them.
    When a step fails or does not take effect, the steps before it are undone.
  - The ports of a bridge are the business of M(virtnet.hardening.linux_bridge_port).
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._attributes.control_node
  - virtnet.hardening._management
  - virtnet.hardening._pyroute2
attributes:
  idempotent:
    details:
      - >-
        Times that the kernel rounds to its clock are compared as rounded: V(2.07) is stored as 2.06 s by a kernel with C(CONFIG_HZ=250)
        and is no change on the second run.
options:
  name:
    description:
      - The bridge's name, 1 to 15 bytes.
      - A device of this name that is no bridge is left alone, and the task fails.
    type: str
    required: true
  state:
    description:
      - V(present) makes the bridge where there is none, and sets the given options.
      - V(absent) removes it. A bridge that still has ports is only removed with O(detach_ports=true). Other options have no effect then.
    type: str
    choices: [present, absent]
    default: present
  mtu:
    description:
      - Largest packet in bytes, 68 to 65535.
      - >-
        As long as nobody sets it, the kernel keeps it at the smallest MTU of the ports. Whether somebody did, it does not tell: the value of a bridge that
        this module made or changed stays, one that a bridge has by chance is taken for the value asked for.
    type: int
  address:
    description:
      - The bridge's MAC address, unicast, as in V(52:54:00:12:34:56).
      - Put it in quotes, as YAML reads an address of decimal digits only as a number.
      - >-
        As long as nobody sets it, the kernel takes the lowest address of the ports, so that the host's own address may change when a guest
        starts or stops. Set it on every bridge that the host itself uses. An address that the bridge has by chance is pinned too, which is a
        change (C(addr_assign_type) in sysfs tells them apart).
    type: str
  up:
    description:
      - Whether the bridge is up. A new bridge is down unless this is V(true).
      - It goes up after all of its other options hold.
    type: bool
  promiscuous:
    description:
      - The bridge's own promiscuous mode, as C(ip link set br0 promisc on) sets it. The host then receives every frame on the bridge.
      - A sniffer's promiscuous mode is another one; it is neither shown nor changed here.
    type: bool
  stp:
    description:
      - Whether the bridge takes part in the spanning tree protocol (STP).
      - With STP off, O(virtnet.hardening.linux_bridge_port#module:guard) and O(virtnet.hardening.linux_bridge_port#module:root_block) have no effect.
      - When it goes on, O(forward_delay) must be 2 to 30 s; a value outside, also one that the bridge already has, is refused.
    type: bool
  stp_mode:
    description:
      - >-
        Who runs STP: V(kernel), V(user) for a daemon, or V(auto) for the daemon where C(/sbin/bridge-stp) starts one and else the kernel.
      - Refused while STP is on. Since kernel 7.1.
    type: str
    choices: [auto, user, kernel]
  forward_delay:
    description:
      - >-
        Seconds that a port spends in each of the states listening and learning before it forwards, with STP on. 0 to 42949672.95, and 2 to 30 with STP on.
      - >-
        While another bridge is the root of the tree, its O(forward_delay), O(hello_time) and O(max_age) are in effect and shown by C(ip) and by sysfs.
        What is compared and written here is what this bridge is set to, which takes effect once it is the root.
    type: float
  hello_time:
    description: Seconds between two hello packets of the root bridge, 1 to 10.
    type: float
  max_age:
    description: Seconds after which what another bridge said of the spanning tree is forgotten, 6 to 40.
    type: float
  priority:
    description: The bridge's STP priority, 0 to 65535. The bridge with the lowest one becomes root.
    type: int
  ageing_time:
    description:
      - Seconds after which a learned address that was not seen again is forgotten, 0 to 42949672.95. The kernel starts with 300.
      - >-
        V(0) turns the bridge into a hub, on which every guest receives every frame once there are more than two ports; it is refused without O(allow_hub=true).
      - >-
        While the topology of the spanning tree changes, the kernel shows and uses twice the O(forward_delay) in its place. What is set is not known
        then, so that a value is written, and the one that is shown is refused.
    type: float
  allow_hub:
    description: Allow O(ageing_time=0).
    type: bool
    default: false
  no_linklocal_learn:
    description:
      - Whether addresses are B(not) learned from link-local frames, those to 01:80:c2:00:00:00 up to 0F such as LLDP and EAPOL.
      - >-
        Set it to V(true) wherever a port is O(virtnet.hardening.linux_bridge_port#module:locked) and learns: link-local frames pass by the lock, so
        that without it one LLDP frame teaches the bridge a forged address, and all later frames from it pass the lock
        (C(br_handle_frame) in C(net/bridge/br_input.c), C(locked) in bridge(8)).
      - Since kernel 5.0.
    type: bool
  fdb_max_learned:
    description:
      - Most addresses that the bridge learns, 0 to 4294967295; V(0) is no limit. Static entries do not count.
      - >-
        The limit is one for the whole bridge and not per port: one guest can use it up, and frames to others that could not be learned are
        then flooded. It bounds memory; to bind addresses to ports use M(virtnet.hardening.linux_bridge_fdb).
      - Since kernel 6.7.
    type: int
  fdb_local_vlan_0:
    description: Whether the addresses of the bridge and its ports stand in the forwarding database only once, and not once for each VLAN. Since kernel 6.18.
    type: bool
  group_fwd_mask:
    description:
      - >-
        Which link-local frames are forwarded instead of being kept: bit X, 0 to 65535 in all, stands for the address 01:80:c2:00:00:0X. For example
        V(16384) for LLDP.
      - The bits 0, 1 and 2 (STP, MAC pause and LACP) are refused, as by the kernel. With guests keep it V(0).
    type: int
  group_address:
    description:
      - The address to which the bridge sends its STP frames, 01:80:c2:00:00:0X with X one of 0 and 4 to f.
      - >-
        As long as nobody sets it, the kernel takes X for 0, or for 8 with O(vlan_filtering=true) and O(vlan_protocol=802.1ad). Whether somebody did, it does
        not tell (C(BROPT_GROUP_ADDR_SET), recalculate_group_addr in C(net/bridge/br_vlan.c)): ask for it in the task that sets those two.
    type: str
  vlan_filtering:
    description:
      - Whether VLANs are kept apart. If not, a guest's tags pass unchecked, on every port.
      - Needs a kernel with C(CONFIG_BRIDGE_VLAN_FILTERING). The VLANs of the ports are set by M(virtnet.hardening.linux_bridge_vlan).
    type: bool
  vlan_protocol:
    description: The tag that is filtered.
    type: str
    choices: ['802.1Q', '802.1ad']
  vlan_default_pvid:
    description:
      - The VLAN that a new port gets, untagged and as its PVID, 0 to 4094. The kernel starts with 1.
      - >-
        V(0) gives none. With O(vlan_filtering=true) a port that joins then passes nothing until it gets a VLAN, which is the one way in which a bridge
        is closed to new ports by itself.
    type: int
  vlan_stats_enabled:
    description: Whether frames are counted per VLAN.
    type: bool
  vlan_stats_per_port:
    description: Whether frames are counted per VLAN and port. The kernel takes a change only while no port has a VLAN.
    type: bool
  mst_enabled:
    description:
      - Whether VLANs have spanning tree states of their own (MST). Needs VLAN filtering in the kernel, which takes a change only while there are no VLANs.
      - Since kernel 5.18.
    type: bool
  mcast_snooping:
    description: >-
      Whether multicast frames go only to ports that asked for them by IGMP or MLD. Without a querier in the network nobody asks twice; set
      O(mcast_querier=true) then, or leave O(virtnet.hardening.linux_bridge_port#module:multicast_flood) on.
    type: bool
  mcast_querier:
    description: Whether the bridge itself sends IGMP and MLD queries, so that snooping works without a multicast router.
    type: bool
  mcast_query_use_ifaddr:
    description: Whether IGMP queries carry the bridge's own IP address as their source, and not 0.0.0.0.
    type: bool
  mcast_router:
    description: Whether multicast routers are behind the bridge device, which is the host. V(0) none, V(1) find out from what they send, V(2) always.
    type: int
    choices: [0, 1, 2]
  mcast_vlan_snooping:
    description: Whether multicast snooping is done per VLAN. Needs VLAN filtering. Since kernel 5.15.
    type: bool
  mcast_hash_max:
    description:
      - Most multicast groups that the bridge keeps, 1 to 4294967295. The kernel starts with 4096.
      - >-
        When a port asks for one more, the kernel turns O(mcast_snooping) off (C(br_multicast_new_group)), so a guest can force flooding; bound each guest by
        O(virtnet.hardening.linux_bridge_port#module:mcast_max_groups).
    type: int
  mcast_igmp_version:
    description: The version of IGMP queries.
    type: int
    choices: [2, 3]
  mcast_mld_version:
    description: The version of MLD queries.
    type: int
    choices: [1, 2]
  mcast_stats_enabled:
    description: Whether IGMP and MLD messages are counted.
    type: bool
  mcast_last_member_count:
    description: Number of queries, 0 to 4294967295, that are sent after a listener said that it leaves, before the group is given up.
    type: int
  mcast_last_member_interval:
    description: Seconds between these queries, 0 to 1099511627776.
    type: float
  mcast_membership_interval:
    description: Seconds without a report, 0 to 1099511627776, after which a group has no listeners any more.
    type: float
  mcast_querier_interval:
    description: Seconds without a query, 0 to 1099511627776, after which another querier is taken for gone.
    type: float
  mcast_query_interval:
    description: Seconds between two of the bridge's own queries, 1 to 86400.
    type: float
  mcast_query_response_interval:
    description: Seconds that listeners have to answer a query, 0 to 1099511627776.
    type: float
  mcast_startup_query_count:
    description: Number of queries that the bridge sends in quick succession when it starts, 0 to 4294967295.
    type: int
  mcast_startup_query_interval:
    description: Seconds between these queries, 1 to 86400.
    type: float
  nf_call_iptables:
    description:
      - >-
        Whether bridged IPv4 packets pass through iptables, and through the chains of nftables in the families C(ip) and C(inet). It needs the kernel
        module C(br_netfilter); without it the task warns that V(true) has no effect.
      - >-
        The sysctl C(net.bridge.bridge-nf-call-iptables) of the network namespace makes it so for all bridges, whatever they say themselves. V(false) is
        refused while that is 1.
    type: bool
  nf_call_ip6tables:
    description: The same for IPv6 and ip6tables, and C(net.bridge.bridge-nf-call-ip6tables).
    type: bool
  nf_call_arptables:
    description: The same for ARP and arptables, and C(net.bridge.bridge-nf-call-arptables).
    type: bool
  detach_ports:
    description:
      - With O(state=absent), remove a bridge that still has ports. The ports become devices of their own again, without their bridge options, VLANs
        and entries.
    type: bool
    default: false
notes:
  - >-
    Of a bridge itself these changes can cut the connection that manages the host, and are refused on a protected bridge without O(allow_management=true):
    removal, O(mtu), O(address), O(up), O(stp), O(vlan_filtering), O(vlan_protocol) and O(vlan_default_pvid).
  - >-
    Times are in seconds with at most two decimals, as the kernel counts hundredths of a second.
seealso:
  - module: virtnet.hardening.linux_bridge_port
  - module: virtnet.hardening.linux_bridge_vlan
  - module: virtnet.hardening.linux_bridge_fdb
  - module: virtnet.hardening.linux_bridge_info
  - name: ip-link(8)
    description: The options of a bridge, under "BRIDGE Type Support".
    link: https://man7.org/linux/man-pages/man8/ip-link.8.html
  - name: Ethernet bridging
    description: The kernel's own description of its bridge.
    link: https://docs.kernel.org/networking/bridge.html
"""

EXAMPLES = r"""
---
- name: Make a bridge for guests
  virtnet.hardening.linux_bridge:
    name: br0
    address: "52:54:00:00:00:fe"
    stp: false
    no_linklocal_learn: true
    fdb_max_learned: 4096
    up: true

- name: Forget learned addresses after two minutes, and send multicast only to those who asked
  virtnet.hardening.linux_bridge:
    name: br0
    ageing_time: 120
    mcast_snooping: true
    mcast_querier: true

- name: Remove a bridge and let its ports go
  virtnet.hardening.linux_bridge:
    name: br-old
    state: absent
    detach_ports: true

# Needs a kernel with CONFIG_BRIDGE_VLAN_FILTERING.
- name: Keep VLANs apart, and let a new port pass nothing until it gets one
  virtnet.hardening.linux_bridge:
    name: br-vlan
    vlan_filtering: true
    vlan_default_pvid: 0
    up: true
"""

RETURN = r"""
---
before:  # generated from docs/words/kernel_results.yml
  description: The fields that the task manages, before it, by kind and name of object; of objects that are deleted, all fields.
  returned: success
  type: dict
  sample: {"bridge": {"br0": {"ageing_time": 300.0, "stp": false}}}
after:  # generated from docs/words/results.yml
  description: The same fields after the task. In check mode it is predicted; after a run it is what was read back.
  returned: success
  type: dict
  sample: {"bridge": {"br0": {"ageing_time": 120.5, "stp": false}}}
actions:  # generated from docs/words/kernel_results.yml
  description: The steps in words, in the order in which they run.
  returned: success
  type: list
  elements: str
  sample: ["set bridge br0: ageing_time 300.0 -> 120.5"]
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
option:  # generated from docs/words/kernel_results.yml
  description: The option that the kernel can't store.
  returned: when RV(error_code) is V(unsupported)
  type: str
  sample: stp_mode
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
  sample: ["set bridge br0: mtu 1500 -> 1400"]
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.linux import run
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.bridge import BridgeIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend


def main() -> None:
    """Run the module."""
    run(spec(), BridgeIntent, NetlinkBackend.open)


if __name__ == "__main__":
    main()
