#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_port_security
short_description: Enforce VMware's three port policies on the ports of a Linux bridge
version_added: 0.2.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Gives ports of a Linux bridge what a VMware port group calls promiscuous mode, MAC address changes and forged transmits, and guards against forged ARP,
    neighbour discovery, IP sources, router advertisements, DHCP servers, BPDUs and VLAN tags.
  - >-
    A port gets port options, static sticky entries of the forwarding database and, where a bridge can't check something, rules of nftables that are the same
    for all ports. Entries and rules are there before the options, and what the port learned while it was open is removed.
  - >-
    A port that is named and in no bridge yet joins while it is down and comes up once all of that holds. A pattern selects among the ports that the bridge has.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._management
  - virtnet.hardening._nftables
  - virtnet.hardening._pyroute2
options:
  bridge:
    description: The bridge. It must exist, and must not be a hub (ageing time 0).
    type: str
    required: true
  ports:
    description: The ports. A name goes before a pattern that selects it too.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The port. Either this or O(ports[].match) is needed.
        type: str
      match:
        description: A pattern (C(*), C(?), C([abc])) that selects ports of the bridge which no earlier item names. It can't have O(ports[].macs).
        type: str
      macs:  # generated from docs/words/port_policy.yml
        description:
          - The guest's MAC addresses, its initial one first. Put them in quotes.
          - >-
            They are pinned to the port as static, sticky entries of the forwarding database: in every VLAN of the port if the bridge filters VLANs. Addresses
            of an earlier run that are not named any more are let go. If not given, those of an earlier run stay.
          - >-
            An item may be a dictionary of C(address) and C(shared). With C(shared) true, at each of the ports that are meant, the address moves between them
            (VRRP, CARP): it is pinned nowhere, and the bridge learns behind which of them, or beyond the uplink, it is now.
          - >-
            For that the port learns and is not locked: nftables alone compares its sources, so it is needed, and so is an address that is not shared. Ports of
            the bridge on which guests hang, or may, and whose sources nobody compares, can't send from the address; name one that may, with all three policies
            V(accept).
        type: list
        elements: raw
      addresses:  # generated from docs/words/port_policy.yml
        description:
          - >-
            The guest's IPv4 and IPv6 addresses, and prefixes out of which it takes addresses itself, as V(2001:db8:1::/64) for SLAAC. V([]) is a guest without
            IP. If not given, those of an earlier run stay.
          - >-
            The link-local addresses that are made from C(macs) (modified EUI-64) need not be named. A guest that makes its link-local address otherwise (RFC
            7217, as NetworkManager and Windows do) needs it named.
          - An item may be a dictionary of C(address) and C(shared). Without C(shared) true at each of them an address of two ports is a warning.
        type: list
        elements: raw
      profile:  # generated from docs/words/port_policy.yml
        description:
          - Values for every policy and guard that this level does not name itself.
          - V(guest) rejects all, as is right for a guest that has addresses of its own and nothing behind it.
          - >-
            V(router) rejects all but the guards C(ip_source), C(router_advertisement) and C(dhcp_server): a guest that routes sends with its own MAC address,
            from foreign IP addresses.
          - >-
            V(nested_hypervisor) accepts all three policies, and rejects the guards C(router_advertisement), C(dhcp_server), C(bpdu) and C(partial_checksum):
            behind it are guests whose addresses nobody here knows.
        type: str
        choices: [guest, router, nested_hypervisor]
      security:  # generated from docs/words/port_policy.yml
        description:
          - The three policies of a VMware port group. One that is not given stays as it was; V(inherit) takes the value of the next level up.
          - C(docs/policy.md) of the collection has the table of what each value becomes on a Linux bridge, and whether that is exact.
        type: dict
        suboptions:
          promiscuous:
            description:
              - Whether frames for others reach the guest.
              - >-
                V(accept) is approximate on a Linux bridge: unknown unicast is flooded to the port, but no port hears known unicast of others.
            type: str
            choices: [accept, reject, inherit]
          mac_changes:
            description: Whether frames for an address that the guest gave itself reach it. V(reject) needs C(macs) of the port.
            type: str
            choices: [accept, reject, inherit]
          forged_transmits:
            description: >-
              Whether frames from other MAC addresses than the guest's pass. V(reject) needs C(macs) of the port. It locks the port, and nftables compares the
              address of each frame too; where the kernel can't lock (before 5.18), nftables does it alone.
            type: str
            choices: [accept, reject, inherit]
      guards:  # generated from docs/words/port_policy.yml
        description:
          - What else is checked of the frames that the guest sends, by nftables. A guard that is not given stays as it was.
          - >-
            A port on which any of C(arp), C(neighbor), C(ip_source), C(router_advertisement) and C(dhcp_server) is V(reject) also sends no frame that can't be
            looked into: IEEE 802.3 frames other than STP and OSI routing (so no LLC/SNAP), VLAN 0, two tags, and IPv6 with an unreadable chain of headers.
        type: dict
        suboptions:
          arp:
            description: >-
              V(reject) drops ARP from other sender addresses than C(macs) and C(addresses) of the port, probes for addresses of others, and RARP other than the
              announcement of the guest's own address.
            type: str
            choices: [accept, reject]
          neighbor:
            description: >-
              V(reject) drops IPv6 neighbour discovery with a target, a source or a link-layer address that is not the guest's, and every form of these messages
              that honest hosts do not send: with extension headers, in fragments, with further options.
            type: str
            choices: [accept, reject]
          ip_source:
            description: >-
              V(reject) drops IPv4 and IPv6 from other addresses than C(addresses) of the port and the link-local ones that are made from its C(macs), which it
              needs too. What a guest sends to get its first address passes.
            type: str
            choices: [accept, reject]
          router_advertisement:
            description: >-
              V(reject) drops router advertisements, redirects and router discovery of both IP versions, and what makes a switch take the port for that of a
              multicast router: queries (IGMP, MLD), PIM, DVMRP, RGMP and multicast router discovery; and VRRP and CARP of who shares no address. The port
              option C(mcast_router) becomes V(0).
            type: str
            choices: [accept, reject]
          dhcp_server:
            description: >-
              V(reject) drops what DHCP and DHCPv6 servers and relays send: UDP from port 67 or 547, to port 68 or 546, and to port 67 or 547 whatever is not
              the request of a client. With C(ip_source) V(reject) too, a DHCP request must bear a hardware address of the guest. Of PPPoE it drops what an
              access concentrator says to those who look for one (PADO, PADS).
            type: str
            choices: [accept, reject]
          bpdu:
            description: >-
              V(reject) drops STP, RSTP, MSTP, provider STP, PVST+ and tunnelled ones. Without nftables, and only on a bridge that runs STP, the port option
              C(guard) is used instead, which shuts the port at the first BPDU.
            type: str
            choices: [accept, reject]
          vlan_tags:
            description: V(reject) drops every tagged frame, those of VLAN 0 and stacked tags among them, and the registration of VLANs (GVRP, MVRP).
            type: str
            choices: [accept, reject]
          partial_checksum:
            description:
              - >-
                V(reject) drops frames whose checksum the guest leaves to the host (C(VIRTIO_NET_HDR_F_NEEDS_CSUM)) to be written elsewhere than into their own
                TCP or UDP header, by a program (eBPF) at the port's ingress: nftables can't see that, and where the receiver's port has no checksum offload two
                bytes of the guest's choice are written there behind all rules. What tunnels and SCTP need passes.
              - >-
                It needs a kernel that describes its types (C(/sys/kernel/btf/vmlinux)) and takes such programs. Where it does not, a profile goes on without
                this guard and the task says so, in RV(ports.enforcement) and a warning; V(reject) written out is refused.
            type: str
            choices: [accept, reject]
      isolated:  # generated from docs/words/port_policy.yml
        description: Whether frames between this port and other isolated ports are dropped. The uplink is not one of these.
        type: bool
      multicast_flood:  # generated from docs/words/port_policy.yml
        description: >-
          Whether multicast of groups that nobody is known to have joined reaches the port. V(false) is refused unless the bridge is a querier
          (O(virtnet.hardening.linux_bridge#module:mcast_querier)), as the guest would lose IPv6 neighbour discovery.
        type: bool
  state:
    description:
      - V(present) enforces what is given.
      - >-
        V(absent) takes the policy of these ports away: its guards, its entries, and the port options as they were before the first policy. What stands beside
        the name is then needed only where there is no nftables, and so no record of what was there before.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: virtnet.hardening.linux_switch_policy
  - module: virtnet.hardening.linux_bridge_port
  - module: virtnet.hardening.linux_bridge_info
  - name: bridge(8)
    description: The options of ports and entries.
    link: https://man7.org/linux/man-pages/man8/bridge.8.html
  - name: Securing vSphere Standard Switch Ports with Security Policies
    description: What the three policies mean on ESXi, in VMware's documentation under this title.
    link: https://techdocs.broadcom.com/us/en/vmware-cis/vsphere.html
"""

EXAMPLES = r"""
---
- name: Guests that can neither sniff, forge nor steal
  virtnet.hardening.linux_port_security:
    bridge: br0
    ports:
      - name: vnet0
        profile: guest
        macs: ["52:54:00:12:34:56"]
        addresses: ["192.0.2.10", "2001:db8:1::/64"]
      - name: vnet1
        profile: guest
        macs: ["52:54:00:12:34:57"]
        addresses: ["192.0.2.11"]
        isolated: true

- name: A virtual router, whose frames come from foreign addresses
  virtnet.hardening.linux_port_security:
    bridge: br0
    ports:
      - name: vnet2
        profile: router
        macs: ["52:54:00:12:34:58", "00:00:5e:00:01:07"]
        addresses: ["192.0.2.1", "fe80::1"]

- name: Two routers that are one virtual router (VRRP), whichever of them is the master
  virtnet.hardening.linux_port_security:
    bridge: br0
    ports:
      - name: vnet0
        profile: router
        macs: ["52:54:00:12:34:56", {address: "00:00:5e:00:01:08", shared: true}]
        addresses: ["192.0.2.10", {address: "192.0.2.254", shared: true}]
      - name: vnet1
        profile: router
        macs: ["52:54:00:12:34:57", {address: "00:00:5e:00:01:08", shared: true}]
        addresses: ["192.0.2.11", {address: "192.0.2.254", shared: true}]

- name: Only BPDUs are stopped, on all ports of guests
  virtnet.hardening.linux_port_security:
    bridge: br0
    ports:
      - match: "vnet*"
        guards:
          bpdu: reject

- name: Take the policy of one port away
  virtnet.hardening.linux_port_security:
    bridge: br0
    ports:
      - name: vnet1
    state: absent
"""

RETURN = r"""
---
before:  # generated from docs/words/policy_results.yml
  description: >-
    The fields that the task manages, before it, by kind and name of object. C(filter) is what nftables checks for a port, C(record) what was asked for and,
    behind C(was=), the port options before the first policy, capital where they were on.
  returned: success
  type: dict
  sample: {bridge: {br0: {no_linklocal_learn: false}}, port: {vnet0: {bridge: br0, learning: true, locked: false}}}
after:  # generated from docs/words/results.yml
  description: The same fields after the task. In check mode it is predicted; after a run it is what was read back.
  returned: success
  type: dict
  sample: {"fdb": {"br0 52:54:00:12:34:56": {"port": "vnet0", "kind": "static", "sticky": true}}}
actions:  # generated from docs/words/policy_results.yml
  description: The steps in words, in the order in which they run. C(delete learned vnet0) removes what the port learned while it was open.
  returned: success
  type: list
  elements: str
  sample: ["create fdb br0 52:54:00:12:34:56 (port vnet0, kind static, sticky true)", "set port vnet0: unicast_flood true -> false, learning true -> false,
    locked false -> true", "delete learned vnet0"]
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
ports:  # generated from docs/words/policy_results.yml
  description: What each port has, by name.
  returned: success
  type: dict
  contains:
    bridge: {description: Its bridge., returned: always, type: str}
    configured:
      description: The policies as they are said for the port or its group, V(inherit) among them. One that nobody ever named is left out.
      returned: always
      type: dict
    effective: {description: The policies in effect., returned: always, type: dict}
    source: {description: Where each policy in effect comes from., returned: always, type: dict}
    guards: {description: The guards that the task names., returned: always, type: dict}
    enforcement:
      description: For each policy and guard V(exact), or V(approximate) or V(unsupported) with the reason; the latter for C(partial_checksum) of a profile.
      returned: always
      type: dict
  sample:
    vnet0:
      bridge: br0
      configured: {promiscuous: inherit, mac_changes: reject, forged_transmits: reject}
      effective: {promiscuous: reject, mac_changes: reject, forged_transmits: reject}
      source: {promiscuous: switch br0, mac_changes: port group guests of br0, forged_transmits: port group guests of br0}
      guards: {bpdu: reject, vlan_tags: reject}
      enforcement: {promiscuous: exact, mac_changes: exact, forged_transmits: exact, bpdu: exact, vlan_tags: exact}
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: "5 steps done and read back."
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
option:  # generated from docs/words/policy_results.yml
  description: The policy, guard or option that can't be enforced here.
  returned: when RV(error_code) is V(unsupported)
  type: str
  sample: arp
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
  sample: ["set port uplink: unicast_flood true -> false, learning true -> false, locked false -> true"]
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.linux import run
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.port_security import PortSecurityIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.backend import HardeningBackend


def main() -> None:
    """Run the module."""
    run(spec(), PortSecurityIntent, HardeningBackend.open)


if __name__ == "__main__":
    main()
