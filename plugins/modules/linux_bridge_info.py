#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_bridge_info
short_description: Read Linux bridges with ports, VLANs, addresses and what protects their guests
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Returns all bridges of the host, or those that are named, in the words of the modules that would write them: each part of an answer is valid
    input of its module.
  - Options that the kernel does not have are not in the answer.
  - >-
    What can't be read, as nft(8) is missing or the task does not run as root, is no failure. It is named in RV(not_looked_at), and values that
    depend on it are V(unknown); only an empty list there means that all was looked at.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._pyroute2
attributes:
  check_mode:
    details:
      - The module changes nothing.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing.
  idempotent:
    details:
      - The module changes nothing.
options:
  names:
    description:
      - The bridges, in the order of the answer. One that does not exist is an error.
      - Not given, all bridges are returned, sorted by name. An empty list returns none.
    type: list
    elements: str
  guest_patterns:
    description:
      - >-
        Shell patterns of names of ports on which guests hang. A name can make a port a guest's and never an uplink; what the ports are whose names
        match none of these is found by what the kernel says of them, see RV(bridges[].status.roles).
      - A pattern that is given here and matches no port is named in RV(not_looked_at).
    type: list
    elements: str
    default: ["vnet*", "tap*", "macvtap*", "fwpr*"]
  uplink_patterns:
    description: >-
      Shell patterns of names of ports that lead to the network outside and can't be told from guests, such as a veth device to a container that
      routes, or the uplink of a KVM host that is itself in a network namespace. They go before O(guest_patterns).
    type: list
    elements: str
    default: []
seealso:
  - module: virtnet.hardening.linux_bridge
  - module: virtnet.hardening.linux_bridge_port
  - module: virtnet.hardening.linux_bridge_vlan
  - module: virtnet.hardening.linux_bridge_fdb
  - module: virtnet.hardening.virtual_link
  - module: virtnet.hardening.promiscuity_info
"""

EXAMPLES = r"""
---
- name: Read all bridges
  virtnet.hardening.linux_bridge_info:
  register: found

- name: Say which ports would let a guest send with a forged address
  ansible.builtin.debug:
    msg: "{{ found.bridges | map(attribute='ports') | flatten | rejectattr('locked', 'true') | map(attribute='ports') | flatten }}"

- name: Refuse a hub
  ansible.builtin.assert:
    that: not item.status.hub
    quiet: true
    fail_msg: "{{ item.name }} is a hub, every guest receives every frame."
  loop: "{{ found.bridges }}"
  loop_control:
    label: "{{ item.name }}"

- name: Say what was not looked at, and which ports are not judged as guests'
  ansible.builtin.debug:
    msg:
      - "{{ found.not_looked_at }}"
      - "{{ item.status.roles | dict2items | rejectattr('value.role', 'equalto', 'guest') | list }}"
  loop: "{{ found.bridges }}"
  loop_control:
    label: "{{ item.name }}"

- name: Refuse a host on which a guest's guards are not those that were asked for
  ansible.builtin.assert:
    that: found.table.state == 'intact' and not found.not_looked_at
    fail_msg: "The guards of nftables are {{ found.table.state }}; not looked at: {{ found.not_looked_at }}."

- name: Keep what was found as variables of the role kvm_bridge_host
  ansible.builtin.set_fact:
    kvm_bridge_host_bridges: "{{ found.bridges | map(attribute='bridge') }}"
    kvm_bridge_host_ports: "{{ found.bridges | map(attribute='ports') | flatten }}"
    kvm_bridge_host_vlans: "{{ found.bridges | map(attribute='vlans') | flatten }}"
    kvm_bridge_host_fdb: "{{ found.bridges | map(attribute='fdb') | selectattr('entries') }}"
    kvm_bridge_host_policy: "{{ found.bridges | map(attribute='policy') | selectattr('ports') }}"
"""

RETURN = r"""
---
bridges:
  description: The bridges.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The bridge's name.
      returned: always
      type: str
      sample: br0
    bridge:
      description: >-
        The bridge and its options, input of M(virtnet.hardening.linux_bridge). An C(nf_call_*) that is off while the host-wide switch makes it on
        all the same is left out, as the module refuses it; RV(bridges[].status.netfilter) tells of all of them.
      returned: always
      type: dict
      sample: {"name": "br0", "mtu": 1500, "address": "52:54:00:00:00:fe", "up": true, "ageing_time": 300.0, "stp": false, "no_linklocal_learn": true}
    ports:
      description: >-
        One item a port, input of M(virtnet.hardening.linux_bridge_port). What follows carrier and speed stands in RV(bridges[].status.port_states).
      returned: always
      type: list
      elements: dict
      sample: [{"bridge": "br0", "ports": ["vnet0"], "isolated": true, "locked": true, "learning": false, "unicast_flood": false, "multicast_flood": true}]
    vlans:
      description: >-
        One item for the bridge itself and for each port that has VLANs, input of M(virtnet.hardening.linux_bridge_vlan). Ranges are as long as possible.
        Empty on a kernel without VLAN filtering.
      returned: always
      type: list
      elements: dict
      sample: []
    fdb:
      description: >-
        The entries that somebody wrote, input of M(virtnet.hardening.linux_bridge_fdb) where there is at least one. Learned entries and those that the kernel
        makes for the addresses of the bridge and its ports are left out.
      returned: always
      type: dict
      sample: {"bridge": "br0", "entries": [{"address": "52:54:00:12:34:56", "port": "vnet0", "kind": "static", "sticky": true}]}
    links:
      description: The ports that are veth, tap, macvtap or VLAN devices, one item each, input of M(virtnet.hardening.virtual_link).
      returned: always
      type: list
      elements: dict
      sample: [{"name": "vnet0", "kind": "veth", "mtu": 1500, "address": "12:f9:0b:8a:9e:59", "up": true, "peer": "g0"}]
    policy:
      description: >-
        What the policies of this collection are for the bridge and for each port that has one: an item of
        O(virtnet.hardening.linux_switch_policy#module:switches), which changes nothing where RV(table.state) and C(entry) of each port are V(intact). Isolation
        and flooding stand in RV(bridges[].ports), quarantined names in RV(quarantine).
      returned: always
      type: dict
      sample:
        name: br0
        kind: bridge
        security: {"promiscuous": "reject", "mac_changes": "reject", "forged_transmits": "reject"}
        ports:
          - name: vnet0
            macs: ["52:54:00:12:34:56"]
            addresses: ["192.0.2.7"]
            security: {"promiscuous": "inherit", "mac_changes": "reject", "forged_transmits": "reject"}
            guards: {arp: reject, neighbor: reject, ip_source: reject, router_advertisement: reject, dhcp_server: reject, bpdu: reject, vlan_tags: reject,
              partial_checksum: reject}
    status:
      description: What can't be set, and what is in effect.
      returned: always
      type: dict
      contains:
        address:
          description: The bridge's MAC address. Where nobody set it, it is no part of RV(bridges[].bridge), as a task with it would pin it.
          returned: always
          type: str
        address_pinned:
          description: >-
            Whether somebody set the bridge's MAC address; one that nobody set is the lowest of the ports'. V(null) where sysfs is another network namespace's.
          returned: always
          type: bool
        hub:
          description: >-
            Whether the bridge is a hub now, on which every guest receives every frame: its ageing time is 0 and it has more than two ports. With two
            ports there is nobody else to receive.
          returned: always
          type: bool
        running:
          description: Whether the bridge is up and has a carrier.
          returned: always
          type: bool
        ports:
          description: The number of ports.
          returned: always
          type: int
        dynamic_entries:
          description: The number of addresses that are learned now.
          returned: always
          type: int
        learned:
          description: >-
            The addresses that are learned now at ports of guests, by port, at most 32 of each. Who sends chooses them, so they prove nothing.
          returned: always
          type: dict
        port_states:
          description: The STP state and the path cost of each port.
          returned: always
          type: dict
        roles:
          description: "By port: what hangs on it, and how that is known."
          returned: always
          type: dict
          contains:
            role:
              description: >-
                V(guest); V(uplink), which leads to the network outside; V(coupling), which leads to another switch of this host; V(host), which ends
                in the host itself; V(unknown), which is judged like a guest.
              returned: always
              type: str
            reason:
              description: What the kernel or the user says of the port.
              returned: always
              type: str
        protection:
          description: "By port: what holds for it, whoever wrote it."
          returned: always
          type: dict
          contains:
            security:
              description: >-
                For C(promiscuous), C(mac_changes) and C(forged_transmits), C(configured) is what a task asked for, null where none did, and
                C(effective) what holds now, by the port's options, its entries and the rules: V(reject), V(accept), or V(unknown) where that
                depends on rules that could not be read.
              returned: always
              type: dict
            drift:
              description: Policies that a task set to V(reject) and that are not in effect any more.
              returned: always
              type: list
              elements: str
            guards:
              description: Each guard is V(reject) where something enforces it now, V(accept) where nothing does, V(unknown) where the rules could not be read.
              returned: always
              type: dict
            macs:
              description: The guest's MAC addresses that the rules compare with.
              returned: always
              type: list
              elements: str
            addresses:
              description: The guest's IP addresses and prefixes that the rules compare with, without the link-local ones that follow from MAC addresses.
              returned: always
              type: list
              elements: str
            shared:
              description: Those of C(macs) and C(addresses) that may move to other ports.
              returned: always
              type: list
              elements: str
            pinned:
              description: The addresses of the port's static, sticky entries.
              returned: always
              type: list
              elements: str
            entry:
              description: >-
                Whether the table knows the port: V(intact), V(altered) where somebody changed what belongs together, V(none), or V(unknown) where it
                could not be read.
              returned: always
              type: str
            quarantined:
              description: Whether the port is shut, as its name is in the quarantine and no policy knows the device.
              returned: always
              type: bool
        netfilter:
          description: >-
            Whether frames on the bridge are handed to iptables, ip6tables and arptables, to the chains of nftables in the families C(ip), C(ip6),
            C(inet) and C(arp) too: C(own) is the bridge's option, C(host_wide) the switch C(net.bridge.bridge-nf-call-*) of this network namespace,
            null where br_netfilter is not loaded or could not be read, C(effective) what follows, null where that is not known.
          returned: always
          type: dict
      sample:
        hub: false
        running: false
        ports: 2
        dynamic_entries: 0
        learned: {}
        port_states: {"uplink": {"cost": 2, "port_state": "disabled"}, "vnet0": {"cost": 2, "port_state": "disabled"}}
        roles:
          uplink:
            role: uplink
            reason: declared by uplink in uplink_patterns; veth device whose other end is in another network namespace, as a container's is
          vnet0: {"role": "guest", "reason": "veth device whose other end is in another network namespace, as a container's is"}
        protection:
          vnet0:
            security:
              promiscuous: {"configured": "inherit", "effective": "reject"}
              mac_changes: {"configured": "reject", "effective": "reject"}
              forged_transmits: {"configured": "reject", "effective": "reject"}
            drift: []
            guards: {arp: reject, neighbor: reject, ip_source: reject, router_advertisement: reject, dhcp_server: reject, bpdu: reject, vlan_tags: reject,
              partial_checksum: reject}
            macs: ["52:54:00:12:34:56"]
            addresses: ["192.0.2.7"]
            shared: []
            pinned: ["52:54:00:12:34:56"]
            entry: intact
            quarantined: false
        netfilter:
          nf_call_iptables: {"own": false, "host_wide": true, "effective": true}
          nf_call_ip6tables: {"own": false, "host_wide": false, "effective": false}
          nf_call_arptables: {"own": false, "host_wide": false, "effective": false}
table:
  description: The table C(virtnet_hardening) of the nftables family C(bridge), which holds guards and quarantine.
  returned: success
  type: dict
  contains:
    state:
      description: >-
        V(intact); V(altered), as it is of another version of this collection or somebody changed it, so that nobody knows what it enforces;
        V(missing); V(unreadable), with the reason in RV(not_looked_at).
      returned: always
      type: str
    differences:
      description: What is not as it should be.
      returned: always
      type: list
      elements: str
    stale:
      description: Devices that are gone and of which the table still holds entries, by their interface index.
      returned: always
      type: list
      elements: str
  sample: {"state": "intact", "differences": [], "stale": []}
quarantine:
  description: >-
    Names and patterns of ports that pass nothing until a policy knows them, the ports of bridges that are shut by them now, and whether the names
    are those that a task left (C(intact), true also of a quarantine of an older version, which left no trace of its names).
  returned: success
  type: dict
  sample: {"patterns": ["vnet*"], "shut": [], "intact": true}
counters:
  description: >-
    Frames and bytes that were dropped since the table was made, by guard, and by C(partial_checksum) since its program is at the ports. C(source_mac) belongs
    to C(forged_transmits), C(destination_mac) to C(promiscuous), C(inspection) counts what no guard could look into, C(quarantine) what ports sent or would
    have heard while they were shut. Empty where there are none to be read.
  returned: success
  type: dict
  sample: {"arp": {"frames": 3, "bytes": 138}}
forward:
  description: >-
    The chains of other tables through which frames on a bridge go where RV(bridges[].status.netfilter) is in effect, those of legacy iptables too: all
    of the hook forward, and of the hooks around it those that can drop. C(drops) says whether one of their rules, or of the chains that they jump
    to, drops or refuses frames, or gives them to a program.
  returned: success
  type: list
  elements: dict
  sample: [{"by": "nftables", "family": "ip", "table": "filter", "chain": "FORWARD", "hook": "forward", "policy": "drop", "drops": false}]
not_looked_at:
  description: >-
    What could not be read or judged in this network namespace, and why; bridges that O(names) leaves out, and guests that hang on no bridge, are
    among it. Only if it is empty has all been looked at there.
  returned: success
  type: list
  elements: dict
  sample:
    - what: guards and quarantine (table bridge virtnet_hardening of nftables)
      reason: The table bridge virtnet_hardening is there, and can't be read, as nft(8) is not on this host; install nftables
looked_at:
  description: >-
    How many bridges and ports were looked at, how many of the ports were judged as guests' (what is in quarantine is not), and how many other
    network namespaces there are on the host, into which nobody looked; null where that is not known.
  returned: success
  type: dict
  sample: {"bridges": 1, "ports": 2, "guests": 1, "other_namespaces": 0}
msg:
  description: Why the task failed, in a sentence.
  returned: failure
  type: str
  sample: "names: there is no bridge br7; the bridges are br0."
error_code:
  description: >-
    V(invalid) for a bridge that does not exist, V(dependency) when pyroute2 is missing or unusable, V(rights) when the user of the task may not read
    it and needs C(become), V(backend) when the kernel could not be read.
  returned: failure
  type: str
  sample: invalid
"""

from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.read import answer
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.info import InfoRequest, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.survey import SurveyBackend


def ask(params: Mapping[str, Any], backend: SurveyBackend) -> dict[str, Any]:
    """Read all once and put it in the words of the other modules."""
    request = InfoRequest(params)
    return request.answer(backend.observe(request.scope))


def main() -> None:
    """Run the module."""
    answer(spec(), ask, SurveyBackend.open)


if __name__ == "__main__":
    main()
