#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_bridge_port
short_description: Attach ports to a Linux bridge and set their options
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Attaches devices to a bridge, sets the same options on all ports that one task names, or detaches them.
  - Ports that the task does not name are never changed or detached.
  - >-
    A device that is up when it joins with options is set down, joined, given its options and set up again, so that no frame passes before the options hold. A
    device that is down stays down.
  - >-
    Every value that is written is read back, as the kernel accepts attributes that it does not know without an error and ignores them.
    When a step fails or does not take effect, the steps before it are undone.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._attributes.control_node
  - virtnet.hardening._management
  - virtnet.hardening._pyroute2
options:
  bridge:
    description: The bridge. It must exist, unless O(state=absent).
    type: str
    required: true
  ports:
    description:
      - >-
        Names and patterns (C(*), C(?), C([abc])) of the ports, at least one. A thousand ports in one task cost little more than one.
      - A plain name is attached where it is no port of the bridge yet; the device must exist.
      - >-
        A pattern selects only among the ports that the bridge already has. It never attaches, as the tap of another bridge's guest may match it too. What
        equals the name of a device is no pattern, though it would mean others as one. One that matches nothing is no error but a warning that names the ports
        that there are, see RV(unmatched). One that takes a port on which no guest hangs, such as the uplink, is told by a warning too; name that port if it is
        meant.
      - A bridge can't be a port of a bridge, and a bridge takes at most 1,023 ports.
    type: list
    elements: str
    required: true
  state:
    description:
      - V(present) attaches the named devices and sets the given options on them and on the ports that patterns select.
      - >-
        V(absent) detaches them from O(bridge). What is not there, or belongs to another bridge, is left alone. Other options have no effect then.
    type: str
    choices: [present, absent]
    default: present
  move:
    description: Take a named device away from another bridge that it belongs to. Without this the task fails.
    type: bool
    default: false
  pinned_later:
    description: >-
      Names of ports to which a later task pins addresses, so that this one does not warn of them. A port has to join before an address can be pinned to it.
    type: list
    elements: str
    default: []
  isolated:
    description:
      - >-
        Whether the port exchanges frames only with ports that are not isolated. Isolate all guests and leave the uplink as it is: guests then reach the
        network and the host, but not each other.
      - It holds within one bridge and does not reach over to another host. Since kernel 4.18.
    type: bool
  locked:
    description:
      - >-
        Whether a frame is dropped unless its source address stands behind this port in the forwarding database. This stops forged source addresses
        (VMware's "forged transmits") and a guest that changes its address.
      - >-
        B(Alone it can be bypassed.) Link-local frames are not subject to the lock, so a single LLDP frame with a forged source makes a port that learns accept
        that source from then on. Set O(learning=false), or O(virtnet.hardening.linux_bridge#module:no_linklocal_learn=true) on the bridge; the open combination
        is refused.
      - >-
        Write the guest's address with M(virtnet.hardening.linux_bridge_fdb) first: without it the guest is cut off, DHCP included, once what the bridge has
        learned of it ages out. The task warns of such ports, see RV(unpinned). An entry of kind V(local) does not do, a locked port drops the frames of such a
        source.
      - It does not look into ARP, IP or neighbour discovery. Since kernel 5.18. See bridge(8).
    type: bool
  mab:
    description:
      - >-
        MAC authentication bypass: whether the bridge notes the unknown sources at a locked port, as entries that pass nothing, for a daemon to decide on.
      - Refused unless O(locked) and O(learning) are on, or set by the same task. Since kernel 6.2.
    type: bool
  learning:
    description:
      - Whether the bridge learns the source addresses of frames from this port.
      - >-
        With V(false) a guest can't draw another's frames to itself by sending with the other's address. It is then reached only by
        flooding, or better by an entry of M(virtnet.hardening.linux_bridge_fdb). Leave it on at the uplink.
    type: bool
  unicast_flood:
    description:
      - >-
        Whether frames to an unknown unicast address are sent to this port. V(false) keeps frames between others from the guest (VMware's "promiscuous mode").
      - Together with O(learning=false) a guest needs an entry of M(virtnet.hardening.linux_bridge_fdb), or unicast never reaches it; the task warns of
        such ports, see RV(unpinned). Leave it on at the uplink.
    type: bool
  multicast_flood:
    description:
      - Whether multicast frames of groups for which there is no entry are sent to this port.
      - >-
        V(false) breaks IPv6 neighbour discovery where no querier keeps the groups of the guests known: set
        O(virtnet.hardening.linux_bridge#module:mcast_querier=true) too, or leave this on.
      - Since kernel 4.9.
    type: bool
  broadcast_flood:
    description:
      - >-
        Whether broadcast frames from other ports are sent to this port. V(false) cuts the guest off from the ARP requests of others; those of the
        host itself still arrive.
      - Since kernel 4.12.
    type: bool
  hairpin:
    description: Whether frames may leave by the port on which they came. Keep it off for guests, but for those that need a reflective relay (VEPA).
    type: bool
  guard:
    description:
      - >-
        Whether the port is disabled when an STP frame (BPDU) arrives; it stays disabled until it goes down and up again.
      - Without O(virtnet.hardening.linux_bridge#module:stp=true) it B(has no effect), and BPDUs of guests are forwarded.
    type: bool
  root_block:
    description: Whether the port is kept from becoming the root port. It has no effect with STP off.
    type: bool
  fast_leave:
    description: Whether multicast to the port ends at once when an IGMP leave arrives. For ports with one listener only.
    type: bool
  mcast_router:
    description:
      - >-
        Whether a multicast router is behind the port, to which all multicast is sent. V(0) no, V(1) find out from what it sends, V(2) always, V(3) for a while.
      - A guest with V(2) receives all multicast, and with V(1) it can pose as a router; V(0) is the safe value for guests.
    type: int
    choices: [0, 1, 2, 3]
  mcast_to_unicast:
    description: Whether multicast is copied to each listener behind the port as unicast. Since kernel 4.11.
    type: bool
  mcast_max_groups:
    description: Most multicast groups of the port, 0 to 4294967295; V(0) is no limit. A bound for guests that would fill the bridge's table. Since kernel 6.3.
    type: int
  mcast_eht_hosts_limit:
    description: Most hosts whose wishes (IGMPv3, MLDv2) are followed one by one, 1 to 4294967295. The kernel starts with 512. Since kernel 5.12.
    type: int
  neigh_suppress:
    description: Whether the bridge answers ARP and neighbour solicitations itself where it can, and does not send them to this port. Since kernel 4.15.
    type: bool
  neigh_vlan_suppress:
    description: The same per VLAN; while it is on, O(neigh_suppress) of the port has no effect. Since kernel 6.4.
    type: bool
  proxy_arp:
    description: Whether the bridge answers ARP requests that came from this port for neighbours that it knows.
    type: bool
  proxy_arp_wifi:
    description: The same by the rules of 802.11 (Hotspot 2.0). Since kernel 4.1.
    type: bool
  vlan_tunnel:
    description: Whether VLANs are mapped to tunnels, such as those of VXLAN, on this port. Since kernel 4.11.
    type: bool
  backup_port:
    description: The port of the same bridge to which traffic goes while this one has no carrier. An empty string takes it away. Since kernel 4.19.
    type: str
  backup_nhid:
    description: The nexthop, 0 to 4294967295, for traffic to O(backup_port). V(0) takes it away. Since kernel 6.6.
    type: int
  group_fwd_mask:
    description:
      - >-
        Which link-local frames that arrive at this port are forwarded: bit X, 0 to 65535 in all, stands for 01:80:c2:00:00:0X. Bit 1 (V(2), MAC
        pause) is refused, as by the kernel.
      - Keep it V(0) for guests. Since kernel 4.15.
    type: int
  priority:
    description: The port's STP priority, 0 to 63.
    type: int
  cost:
    description:
      - The port's STP path cost, 1 to 65535. Unless it is set, it follows the speed of the link, so it is compared only where given.
      - >-
        Whether it was set, the kernel does not tell (C(BR_ADMIN_COST), br_port_carrier_check in C(net/bridge/br_if.c)): the value with which a port joins, or
        which this module changed, stays; one that a port has by chance is taken for the value asked for, and moves when the link comes up with another speed.
        To make sure of such a one, write another before it.
    type: int
  port_state:
    description:
      - >-
        The port's state. V(disabled) blocks a port without detaching it. It is compared only where given, as it follows carrier and STP.
      - Needs the device up and STP off; V(listening), V(learning) and V(blocking) are refused, as without STP the kernel makes such a port forward
        at once.
    type: str
    choices: [disabled, listening, learning, forwarding, blocking]
notes:
  - >-
    B(Nothing outlasts leaving the bridge): a port that is detached, or a tap that a guest's restart makes anew, starts with the kernel's options, without VLANs
    and entries. Run the task again after guests were started, or from the hypervisor's start hook.
  - A detached port stays up or down as it was.
seealso:
  - module: virtnet.hardening.linux_bridge
  - module: virtnet.hardening.linux_bridge_fdb
  - module: virtnet.hardening.linux_bridge_vlan
  - module: virtnet.hardening.virtual_link
  - name: bridge(8)
    description: What the options of a port do, under "bridge link set". There O(unicast_flood) is called C(flood).
    link: https://man7.org/linux/man-pages/man8/bridge.8.html
"""

EXAMPLES = r"""
---
- name: Attach the uplink
  virtnet.hardening.linux_bridge_port:
    bridge: br0
    ports:
      - eth1

- name: Attach two guests, closed from their first frame
  virtnet.hardening.linux_bridge_port:
    bridge: br0
    ports:
      - vnet0
      - vnet1
    isolated: true
    learning: false
    unicast_flood: false
    mcast_router: 0
    pinned_later: [vnet0, vnet1]

- name: Pin their addresses
  virtnet.hardening.linux_bridge_fdb:
    bridge: br0
    entries:
      - address: "52:54:00:12:34:56"
        port: vnet0
      - address: "52:54:00:12:34:57"
        port: vnet1

# A pattern would lock guests too whose addresses nobody pinned.
- name: Let the two send with their own address only
  virtnet.hardening.linux_bridge_port:
    bridge: br0
    ports:
      - vnet0
      - vnet1
    locked: true
    learning: false

- name: Move a port that carries the host's default route, and take it back unless the host can be reached afterwards
  virtnet.hardening.linux_bridge_port:
    bridge: br1
    ports:
      - eth1
    move: true
    allow_management: true
    rollback_timeout: 90

- name: Detach a guest
  virtnet.hardening.linux_bridge_port:
    bridge: br0
    ports:
      - vnet1
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
  sample: {"port": {"vnet0": {"bridge": "br0", "isolated": true, "locked": true, "learning": false, "unicast_flood": false}}}
actions:  # generated from docs/words/kernel_results.yml
  description: The steps in words, in the order in which they run.
  returned: success
  type: list
  elements: str
  sample: ["set link vnet0: up true -> false", "create port vnet0 (bridge br0)", "set port vnet0: isolated unset -> true, locked unset -> true,
    learning unset -> false, unicast_flood unset -> false", "set link vnet0: up false -> true"]
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
unpinned:
  description:
    - >-
      Ports that the task leaves, or finds, in need of a pinned address where there is none: locked without O(mab), or with O(learning) and
      O(unicast_flood) off. Their guests are cut off once what the bridge learned ages out; the task warns of them. Entries of kind V(static) and
      V(extern_learn) count, those of O(pinned_later) are left out.
    - Empty where the task sets none of these options.
  returned: success
  type: list
  elements: str
  sample: ["vnet2"]
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: "4 steps done and read back."
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
  sample: locked
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
  sample: ["set link uplink: up true -> false", "create port uplink (bridge br9)", "set port uplink: learning unset -> true", "set link uplink: up
    false -> true"]
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.linux import run
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.port import PortIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend


def main() -> None:
    """Run the module."""
    run(spec(), PortIntent, NetlinkBackend.open)


if __name__ == "__main__":
    main()
