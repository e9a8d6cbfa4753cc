#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_switch_policy
short_description: Enforce a policy document on the Linux bridges of a host
version_added: 0.2.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Takes a document of switches, port groups and ports with VMware's three policies and enforces it on the bridges of one host, in one transaction: it is done
    as a whole, or taken back.
  - >-
    A port takes each policy from the first of these that names it: its own item, its port group, what an earlier run was told, its switch. V(inherit) passes
    the question on, as a port group of a vSwitch does. The value that is said and the value in effect are kept apart and both reported.
  - What each value becomes is the same as with M(virtnet.hardening.linux_port_security).
  - >-
    A port of which nothing is asked, only its name, is left exactly as it is: it has no entry in the table, and none is made for it alone. In quarantine
    its name is a word, and opens it.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._management
  - virtnet.hardening._nftables
  - virtnet.hardening._pyroute2
options:
  switches:
    description: The switches. The same list is taken by the modules for ESXi.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The bridge. It must exist, and must not be a hub (ageing time 0).
        type: str
        required: true
      kind:
        description: What the switch is. One that is no V(bridge) is left to the modules for ESXi and named in RV(other_switches). If not given, it is a bridge.
        type: str
        choices: [bridge, vswitch, vds]
      profile: &profile  # generated from docs/words/port_policy.yml
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
      security: &security  # generated from docs/words/port_policy.yml
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
      guards: &guards  # generated from docs/words/port_policy.yml
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
      isolated: &isolated  # generated from docs/words/port_policy.yml
        description: Whether frames between this port and other isolated ports are dropped. The uplink is not one of these.
        type: bool
      multicast_flood: &multicast_flood  # generated from docs/words/port_policy.yml
        description: >-
          Whether multicast of groups that nobody is known to have joined reaches the port. V(false) is refused unless the bridge is a querier
          (O(virtnet.hardening.linux_bridge#module:mcast_querier)), as the guest would lose IPv6 neighbour discovery.
        type: bool
      port_groups:
        description: Groups of ports.
        type: list
        elements: dict
        suboptions:
          name:
            description: The name of the group, for reports and messages.
            type: str
            required: true
          match:
            description: >-
              Names and patterns (C(*), C(?), C([abc])) of ports of the bridge that belong to the group. A port that is named elsewhere in the switch belongs
              there; one that two groups match is refused.
            type: list
            elements: str
          quarantine:
            description:
              - >-
                V(true) shuts every port with a name of O(switches[].port_groups[].match) that no run has hardened yet: a new guest, or a tap that was made
                again. It neither sends nor hears anything until a run knows it. Ports that match and are neither named in
                O(switches[].port_groups[].ports) nor a guest's of O(switches[].port_groups[].guests) are shut too, and told in RV(quarantined).
              - >-
                A name is shut on every bridge of the host. Names that would cut off a port of a bridge whose own groups do not ask for that are refused,
                and one that came to another bridge since is told.
              - >-
                The bridge is set to learn nothing from link-local frames, which no table sees before it does
                (O(virtnet.hardening.linux_bridge#module:no_linklocal_learn)). That belongs to the document, as does a C(forged_transmits=reject) of the switch
                or a group, and stays whatever guests come and go.
              - The patterns may have one C(*), at their end. V(false) opens them again. If not given, it stays as it was.
            type: bool
          profile: *profile
          security: *security
          guards: *guards
          isolated: *isolated
          multicast_flood: *multicast_flood
          ports:
            description: >-
              The ports of the group that are known by name, with the addresses of their guests and their exceptions. libvirt gives a name like C(vnet0) once:
              name its guests in O(switches[].port_groups[].guests).
            type: list
            elements: dict
            suboptions: &port
              name:
                description: The port.
                type: str
                required: true
              macs: &macs  # generated from docs/words/port_policy.yml
                description:
                  - The guest's MAC addresses, its initial one first. Put them in quotes.
                  - >-
                    They are pinned to the port as static, sticky entries of the forwarding database: in every VLAN of the port if the bridge filters VLANs.
                    Addresses of an earlier run that are not named any more are let go. If not given, those of an earlier run stay.
                  - >-
                    An item may be a dictionary of C(address) and C(shared). With C(shared) true, at each of the ports that are meant, the address moves between
                    them (VRRP, CARP): it is pinned nowhere, and the bridge learns behind which of them, or beyond the uplink, it is now.
                  - >-
                    For that the port learns and is not locked: nftables alone compares its sources, so it is needed, and so is an address that is not shared.
                    Ports of the bridge on which guests hang, or may, and whose sources nobody compares, can't send from the address; name one that may, with
                    all three policies V(accept).
                type: list
                elements: raw
              addresses: &addresses  # generated from docs/words/port_policy.yml
                description:
                  - >-
                    The guest's IPv4 and IPv6 addresses, and prefixes out of which it takes addresses itself, as V(2001:db8:1::/64) for SLAAC. V([]) is a guest
                    without IP. If not given, those of an earlier run stay.
                  - >-
                    The link-local addresses that are made from C(macs) (modified EUI-64) need not be named. A guest that makes its link-local address otherwise
                    (RFC 7217, as NetworkManager and Windows do) needs it named.
                  - An item may be a dictionary of C(address) and C(shared). Without C(shared) true at each of them an address of two ports is a warning.
                type: list
                elements: raw
              profile: *profile
              security: *security
              guards: *guards
              isolated: *isolated
              multicast_flood: *multicast_flood
          guests:
            description:
              - >-
                The guests of the group, each with one network adapter, whatever their ports are called today. A guest that is off is told in RV(pending), and
                the others are hardened; see O(missing).
              - >-
                A guest is found among the ports of the bridge by the address of its tap, which libvirt makes of the guest's own (the first octet is FE), or
                by O(switches[].port_groups[].guests[].port). No device is taken into the bridge for it. Two ports for one guest, and two guests for one port,
                are refused.
            type: list
            elements: dict
            suboptions:
              name:
                description: The name of the guest, for reports and messages. If it has several adapters, give each a name, as in C(web1 eth0).
                type: str
                required: true
              port:
                description:
                  - >-
                    The device that the adapter is given each time the guest starts, where its address does not tell it: C(tap100i0) of Proxmox VE (for which
                    C(fwpr100p0) is taken where that one's firewall is on), a tap made by hand.
                  - If not given, O(switches[].port_groups[].guests[].macs) are needed.
                type: str
              macs: *macs
              addresses: *addresses
              profile: *profile
              security: *security
              guards: *guards
              isolated: *isolated
              multicast_flood: *multicast_flood
      ports:
        description: Ports without a group.
        type: list
        elements: dict
        suboptions: *port
  missing:
    description:
      - What to do about guests of O(switches[].port_groups[].guests) that have no port in the bridge.
      - V(pending) hardens the others and tells those in RV(pending). V(fail) changes nothing until all are there.
    type: str
    choices: [pending, fail]
    default: pending
  purge:
    description:
      - What is taken away where the document does not name it any more.
      - >-
        V(ports) takes the policy away from ports of the named bridges, V(defaults) forgets the default policies of those that have none in the document, and
        V(quarantine) opens quarantined names.
    type: list
    elements: str
    choices: [ports, quarantine, defaults]
    default: []
seealso:
  - module: virtnet.hardening.linux_port_security
  - module: virtnet.hardening.linux_bridge
  - module: virtnet.hardening.linux_bridge_info
"""

EXAMPLES = r"""
---
- name: The policy of this host
  virtnet.hardening.linux_switch_policy:
    switches:
      - name: br0
        security:
          promiscuous: reject
          mac_changes: reject
          forged_transmits: reject
        port_groups:
          - name: guests
            match: ["vnet*"]
            quarantine: true
            profile: guest
            security:
              promiscuous: inherit
            isolated: true
            guests:
              - name: web1
                macs: ["52:54:00:12:34:56"]
                addresses: ["192.0.2.10"]
              - name: db1
                macs: ["52:54:00:12:34:57"]
                addresses: ["192.0.2.11"]
                isolated: false

- name: The same host with one guest, and nothing left of others
  virtnet.hardening.linux_switch_policy:
    switches:
      - name: br0
        ports:
          - name: vnet0
            profile: guest
            macs: ["52:54:00:12:34:56"]
            addresses: ["192.0.2.10"]
    purge: [ports, quarantine, defaults]
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
guests:
  description: The guests that are there, in the order of the document.
  returned: success
  type: list
  elements: dict
  contains:
    switch:
      description: The bridge.
      returned: always
      type: str
    guest:
      description: The name of the guest.
      returned: always
      type: str
    port:
      description: Its port at the moment.
      returned: always
      type: str
  sample: [{switch: br0, guest: web1, port: vnet7}]
pending:
  description: The guests that have no port in the bridge, and why. A run after they have come hardens them.
  returned: success
  type: list
  elements: dict
  contains:
    switch:
      description: The bridge.
      returned: always
      type: str
    guest:
      description: The name of the guest.
      returned: always
      type: str
    reason:
      description: What was looked for, and what was found instead.
      returned: always
      type: str
  sample: [{switch: br0, guest: db1, reason: 'no port of br0 has the address fe:54:00:12:34:57'}]
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
quarantined:
  description: >-
    The ports that match a group with O(switches[].port_groups[].quarantine=true) and that the document does not name, so that they are shut.
  returned: success
  type: list
  elements: str
  sample: ["vnet2"]
other_switches:
  description: The switches of the document that are none of this host's kind.
  returned: success
  type: list
  elements: str
  sample: ["vSwitch0"]
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
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.switch_policy import SwitchPolicyIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.backend import HardeningBackend


def main() -> None:
    """Run the module."""
    run(spec(), SwitchPolicyIntent, HardeningBackend.open)


if __name__ == "__main__":
    main()
