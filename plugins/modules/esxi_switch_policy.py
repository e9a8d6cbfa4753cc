#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: esxi_switch_policy
short_description: Enforce a policy document on the virtual switches of ESXi hosts
version_added: 0.3.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Takes a document of switches and port groups with VMware's three policies, the same that M(virtnet.hardening.linux_switch_policy) takes for Linux bridges,
    and enforces it on the standard switches of all selected hosts and on the distributed switches of which they are members, in one task.
  - >-
    All hosts are read at once, only what differs is written, so many hosts at a time, and what was changed is read back. A host that fails does not stop the
    others; it is brought back to what it was, and named in the end.
  - >-
    Port groups are told by their names. A policy that is not named stays as it is; V(inherit) takes the group's own value away, so that it follows its switch.
    On a host a group's own values are written before those of the switch, and those that inherit after it, so that no group is open for a moment.
  - >-
    What a virtual switch can't enforce is refused before the first write, unless O(allow_unenforced) names it; then it is told in RV(unenforced) and in a
    warning. C(docs/policy.md) of the collection has the table of what each word becomes on each side, and whether that is exact.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._vsphere
  - virtnet.hardening._vsphere.hosts
  - virtnet.hardening._vsphere.fleet
attributes:
  platform:
    description: The servers that the module works with.
    support: full
    platforms: vCenter Server and ESXi 6.5 or later
options:
  switches:
    description: The switches. The same list is taken by M(virtnet.hardening.linux_switch_policy).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - The standard switch, on each selected host, or the distributed switch of which at least one of them is a member.
          - >-
            The groups of a distributed switch are those of all its member hosts, so that a task that selects one of these hosts changes them for all.
        type: str
        required: true
      kind:
        description: >-
          What the switch is. V(bridge) is left to M(virtnet.hardening.linux_switch_policy) and named in RV(other_switches). If not given, it is the standard
          or distributed switch of that name, whichever a host has; a host that has both, or neither, is refused.
        type: str
        choices: [bridge, vswitch, vds]
      profile: &profile  # generated from docs/words/port_policy.yml#esxi_profile
        description:
          - Values for every policy and guard that this level does not name itself.
          - V(guest) rejects all, as is right for a guest that has addresses of its own and nothing behind it.
          - V(router) rejects all but the guards C(ip_source), C(router_advertisement) and C(dhcp_server).
          - V(nested_hypervisor) accepts all three policies, and rejects the guards C(router_advertisement), C(dhcp_server), C(bpdu) and C(partial_checksum).
          - All profiles reject guards that ESXi can't enforce, see O(allow_unenforced).
        type: str
        choices: [guest, router, nested_hypervisor]
      security: &security
        description:
          - The three policies. One that is not given stays as it is. V(inherit) is refused on a switch, which has nothing above it.
          - >-
            A distributed group has one flag of inheritance for all three. One that is to inherit beside others that don't is written as the value that the
            switch has now, which RV(distributed_switches.approximate) tells.
        type: dict
        suboptions:
          promiscuous:
            description: Whether a guest hears the frames of all others in its VLAN.
            type: str
            choices: [accept, reject, inherit]
          mac_changes:
            description: Whether a guest receives on another MAC address than its adapter's first one.
            type: str
            choices: [accept, reject, inherit]
          forged_transmits:
            description: Whether a guest sends from another MAC address than its adapter's.
            type: str
            choices: [accept, reject, inherit]
      guards: &guards  # generated from docs/words/port_policy.yml#esxi_guards
        description:
          - What else is checked of the frames that guests send. V(accept) of all but O(switches[].guards.bpdu) changes nothing, as ESXi looks at none of these.
        type: dict
        suboptions:
          arp: &arp
            description: V(reject) can't be enforced on ESXi, see O(allow_unenforced).
            type: str
            choices: [accept, reject]
          neighbor: *arp
          ip_source: *arp
          router_advertisement: *arp
          dhcp_server: *arp
          bpdu:
            description: >-
              Whether guests may send BPDUs. It is the advanced option C(Net.BlockGuestBPDU) of every selected host that has one of the switches, and holds for
              all guests of the host; a warning says so where not all switches of the document ask for it. Two that contradict are refused.
            type: str
            choices: [accept, reject]
          vlan_tags: *arp
          partial_checksum: *arp
      isolated: &isolated
        description: V(true) can't be enforced here, see O(allow_unenforced). An isolated private VLAN does it on a distributed group.
        type: bool
      multicast_flood: &multicast_flood
        description: V(false) can't be enforced on ESXi, see O(allow_unenforced).
        type: bool
      port_groups:
        description: The port groups. A host that has the switch and lacks one of its groups is refused.
        type: list
        elements: dict
        suboptions:
          name:
            description: The name of the port group.
            type: str
            required: true
          match:
            description: For Linux. On ESXi a guest belongs to the group that its adapter is connected to.
            type: list
            elements: str
          quarantine:
            description: For Linux. On ESXi a new adapter has the policy of its group from its first frame on.
            type: bool
          profile: *profile
          security: *security
          guards: *guards
          isolated: *isolated
          multicast_flood: *multicast_flood
          ports: &ports
            description: >-
              For Linux. Items that have only a name and addresses change nothing, as hosts know the addresses of adapters. An item with policies or guards of
              its own can't be enforced here, see O(allow_unenforced).
            type: list
            elements: dict
            suboptions:
              name:
                description: The port.
                type: str
                required: true
              macs: &macs
                description:
                  - The guest's MAC addresses. An adapter has one on ESXi; further ones count as changed or forged.
                  - Each is text, or a dictionary of C(address) and C(shared), as on a Linux bridge.
                type: list
                elements: raw
              addresses: &addresses
                description: The guest's IP addresses, in either form. Not looked at.
                type: list
                elements: raw
              profile: *profile
              security: *security
              guards: *guards
              isolated: *isolated
              multicast_flood: *multicast_flood
          guests:
            description: >-
              For Linux. Items that have only a name, a port and addresses change nothing: a guest is in the group that its adapter is connected to. One with
              policies or guards of its own is treated as one of O(switches[].port_groups[].ports).
            type: list
            elements: dict
            suboptions:
              name:
                description: The guest.
                type: str
                required: true
              port:
                description: The device of the guest's adapter on a Linux host. Not looked at.
                type: str
              macs: *macs
              addresses: *addresses
              profile: *profile
              security: *security
              guards: *guards
              isolated: *isolated
              multicast_flood: *multicast_flood
      ports: *ports
  purge:
    description:
      - What is taken away where the document does not name it any more.
      - >-
        V(overrides) makes every port group of the named switches that the document does not name inherit all three policies. Uplink groups and groups that NSX
        backs stay as they are.
    type: list
    elements: str
    choices: [overrides]
    default: []
  allow_unenforced:  # generated from docs/words/port_policy.yml
    description:
      - >-
        The words of the document that ESXi can't enforce and that you do without there. Each use of them is told in RV(unenforced) and in a warning; one that
        is not in the list is refused.
      - V(partial_checksum) of a profile is told and refuses nothing; written out it needs to be in the list as the others do.
      - V(ports) stands for policies and guards of single ports and guests.
    type: list
    elements: str
    choices: [arp, neighbor, ip_source, router_advertisement, dhcp_server, vlan_tags, partial_checksum, isolated, multicast_flood, ports]
    default: []
notes:
  - >-
    One document serves both sides. With C(kind) each side takes its own switches; a switch without a kind is for both.
  - >-
    A guest that runs keeps the promiscuous mode that its adapter got when it was connected; RV(hosts.reconnect_needed) names those.
seealso:
  - module: virtnet.hardening.linux_switch_policy
  - module: virtnet.hardening.esxi_switch_policy_info
  - module: virtnet.hardening.esxi_portgroup
  - module: virtnet.hardening.vds_portgroup
"""

EXAMPLES = r"""
---
- name: The policy of all hosts of a cluster
  virtnet.hardening.esxi_switch_policy:
    cluster_name: cluster1
    switches:
      - name: br0
        kind: bridge
        security:
          promiscuous: reject
      - name: vSwitch0
        kind: vswitch
        security:
          promiscuous: reject
          mac_changes: reject
          forged_transmits: reject
        guards:
          bpdu: reject
        port_groups:
          - name: VM Network
            security:
              promiscuous: inherit
              mac_changes: inherit
              forged_transmits: inherit

- name: A profile, without the guards that ESXi can't enforce, and no override left on other groups
  virtnet.hardening.esxi_switch_policy:
    all_hosts: true
    switches:
      - name: vSwitch0
        kind: vswitch
        profile: guest
      - name: vds1
        kind: vds
        port_groups:
          - name: dvpg01
            profile: guest
    allow_unenforced: [arp, neighbor, ip_source, router_advertisement, dhcp_server, vlan_tags, partial_checksum]
    purge: [overrides]
"""

RETURN = r"""
---
hosts:  # generated from docs/words/host_results.yml#policy_hosts
  description: >-
    What became of each host, by its name. Of one that neither failed nor changed, RV(hosts.changed), RV(hosts.failed), RV(hosts.unreachable),
    RV(hosts.verified) and RV(hosts.msg) are all, unless O(details=all).
  returned: always, unless the task was refused as a whole
  type: dict
  contains:
    changed:
      description: Whether the host is another one than before, or would be in check mode. True after a failure only if something could not be undone.
      returned: always
      type: bool
    failed: {description: Whether the host could not be brought to what is asked for., returned: always, type: bool}
    unreachable: {description: Whether the host is disconnected from vCenter or doesn't respond to it., returned: always, type: bool}
    verified:
      description: Whether the host was read back after a change and was as asked for. False in check mode and where nothing had to be done.
      returned: always
      type: bool
    window:
      description: >-
        Seconds between the read of the host right before its first write and the end of the last write. Standard switches have no version by which a host could
        refuse a write that comes too late, so what somebody else changes of the same switch or group in that time is overwritten. What they changed between the
        first read of the task and this one makes the host fail with V(concurrent_access), and stays.
      returned: when switches or groups of the host were written to
      type: float
    msg: {description: "What was done, or why the host failed, in a sentence.", returned: always, type: str}
    error_code: {description: See RV(error_code)., returned: when the host has failed, type: str}
    before:
      description: The fields that the task manages, before it, by kind and name of object; of objects that are deleted, all fields.
      returned: when the host could be read and the task not refused for it
      type: dict
    after:
      description: The same fields after the task. In check mode it is predicted; after a run it is what was read back.
      returned: when the host has not failed
      type: dict
    actions:
      description: The steps in words, in the order in which they run.
      returned: when the host could be read and the task not refused for it
      type: list
      elements: str
    groups:
      description: >-
        The policies of each port group of the switches, after the task: C(configured) (its own values), C(effective) (in effect) and C(source) (from where each
        in effect comes).
      returned: when it did not fail
      type: dict
    reconnect_needed:
      description: >-
        The running virtual machines, by port group, for which promiscuous mode is in effect differently after the task: they notice only when their adapter is
        connected anew, or they are restarted or moved to another host.
      returned: when the host could be read and the task not refused for it
      type: dict
    cause:
      description: >-
        Why a step failed: V(permission), V(host_config), V(host_unreachable), V(session_expired), V(deadline), V(in_use), V(not_found), V(invalid_argument),
        V(unreachable) and others.
      returned: when RV(hosts.error_code) is V(change_failed)
      type: str
    failed_step: {description: "The step that failed, in words.", returned: when RV(hosts.error_code) is V(change_failed) or V(not_in_effect), type: str}
    undone:
      description: The steps that brought back the state before.
      returned: when RV(hosts.error_code) is V(change_failed) or V(not_in_effect)
      type: list
      elements: str
    not_undone:
      description:
        - What could not be brought back, or not be compared, with the reason. Empty when the state before is restored.
        - >-
          A write that got no answer, as O(timeout) was over or the connection ended, is listed too unless it shows when the host is read again: it may still
          take effect.
      returned: when RV(hosts.error_code) is V(change_failed) or V(not_in_effect)
      type: list
      elements: str
  sample:
    esxi01.lab.example:
      actions: ["set portgroup pg01: mac_changes inherit -> reject, forged_transmits inherit -> reject",
        "set vswitch vSwitch0: mac_changes accept -> reject, forged_transmits accept -> reject", "set option Net.BlockGuestBPDU: value 0 -> 1"]
      after:
        option: {"Net.BlockGuestBPDU": {"value": 1}}
        portgroup: {"pg01": {"forged_transmits": "reject", "mac_changes": "reject", "promiscuous": "inherit"}}
        vswitch: {"vSwitch0": {"forged_transmits": "reject", "mac_changes": "reject", "promiscuous": "reject"}}
      before:
        option: {"Net.BlockGuestBPDU": {"value": 0}}
        portgroup: {"pg01": {"forged_transmits": "inherit", "mac_changes": "inherit", "promiscuous": "inherit"}}
        vswitch: {"vSwitch0": {"forged_transmits": "accept", "mac_changes": "accept", "promiscuous": "reject"}}
      changed: true
      failed: false
      groups:
        pg01:
          configured: {"forged_transmits": "reject", "mac_changes": "reject", "promiscuous": "inherit"}
          effective: {"forged_transmits": "reject", "mac_changes": "reject", "promiscuous": "reject"}
          source: {"forged_transmits": "port group pg01", "mac_changes": "port group pg01", "promiscuous": "switch vSwitch0"}
          switch: vSwitch0
      msg: 3 steps done and read back.
      reconnect_needed: {}
      unreachable: false
      verified: true
      window: 0.021
distributed_switches:
  description: >-
    What became of each distributed switch, by its name; the same as of a host, with C(datacenter), and C(approximate), which tells what was written
    instead of V(inherit).
  returned: always, unless the task was refused as a whole
  type: dict
  contains:
    approximate:
      description: Groups in which a policy that is to inherit was written as the switch's value, in words.
      returned: when the document fits it
      type: dict
    datacenter:
      description: Where the switch is.
      returned: when the document fits it
      type: str
  sample: {}
failed_hosts:
  description: The hosts and distributed switches that failed.
  returned: always, unless the task was refused as a whole
  type: list
  elements: str
  sample: []
unreachable_hosts:
  description: The hosts that are disconnected or don't respond.
  returned: always, unless the task was refused as a whole
  type: list
  elements: str
  sample: []
other_switches:
  description: The switches of the document that are Linux bridges.
  returned: always, unless the task was refused as a whole
  type: list
  elements: str
  sample: ["br0"]
unenforced:
  description: What the document asks for and ESXi does not enforce, as O(allow_unenforced) allows; or, if RV(error_code) is V(unsupported), what
    it would have to allow.
  returned: always, unless the task was refused as a whole for another reason
  type: list
  elements: dict
  contains:
    where:
      description: The switch, port group or port, in words.
      returned: always
      type: str
    word:
      description: As in O(allow_unenforced).
      returned: always
      type: str
    value:
      description: What was asked for.
      returned: always
      type: str
    reason:
      description: Why it can't be enforced.
      returned: always
      type: str
  sample: []
enforcement:
  description: For each switch and port group of the document each word with V(exact), or V(approximate) or V(unsupported) with the reason.
  returned: always, unless the task was refused as a whole
  type: dict
  sample: {"switch vSwitch0": {"promiscuous": "exact"}}
option:
  description: The first word that can't be enforced.
  returned: when RV(error_code) is V(unsupported)
  type: str
  sample: arp
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: "4 of 4 hosts changed and read back."
error_code:  # generated from docs/words/vsphere_error_codes.yml#policy
  description:
    - >-
      Of the session: V(login) for a wrong user or password, V(unreachable) for a server that can't be reached, V(certificate) for one that is not trusted,
      V(deadline) for one that does not answer in O(timeout), V(session_expired) for one that ended twice, V(permission) for a missing privilege, V(dependency)
      when pyVmomi is missing or unusable, V(backend) and V(fault) for other failures while reading: nothing was changed.
    - V(invalid) for a value that can't be right or a name that is not there, V(unsupported) for a word that can't be enforced.
    - >-
      V(unreadable) where the server does not tell what has to be known of a host or object, as the user may not read it or a property is not set: nothing was
      changed there.
    - Of a host V(unreachable) too if it is disconnected or does not respond.
    - >-
      V(concurrent_access) where somebody else changed a switch or group between the plan and the write: nothing was written to that host. Run the task again.
    - >-
      V(change_failed) when a step failed and V(not_in_effect) when the read-back shows that a write was ignored or could not be read back: the steps were
      undone as far as RV(hosts.undone) and RV(hosts.not_undone) say.
    - V(hosts_failed) if hosts or distributed switches failed for more than one of these reasons.
  returned: failure
  type: str
  sample: unsupported
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.fleet import run_fleet
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.fleet import SWITCHES, PolicyFleet
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.intent import PolicyIntent, spec


def main() -> None:
    """Run the module."""
    run_fleet(spec(), PolicyIntent, PolicyFleet, groups=(SWITCHES,), told=PolicyIntent.told)


if __name__ == "__main__":
    main()
