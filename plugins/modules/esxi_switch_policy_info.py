#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: esxi_switch_policy_info
short_description: Read and audit the policies of virtual switches
version_added: 0.3.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Reads VMware's three policies of every standard switch and port group of the selected hosts, and of every distributed switch of which they are members, its
    groups and ports; as configured and as in effect, from where each value in effect comes, and which machines have it.
  - >-
    What is read is given as a document too, which M(virtnet.hardening.esxi_switch_policy) takes and changes nothing with.
  - >-
    With O(audit) it is judged by one of three sets of rules, each finding with its identifiers, severity and remedy. C(docs/vsphere-audit.md) of the collection
    has the rules, and where the published ones contradict one another.
  - >-
    Nothing is said to be well that was not looked at: RV(not_looked_at) has what the user may not read and what the server does not tell, and
    RV(summary) begins with it.
  - Nothing is changed.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._vsphere
  - virtnet.hardening._vsphere.hosts
attributes:
  diff_mode:
    support: N/A
    details: Changes nothing.
  platform:
    description: The servers that the module works with.
    support: full
    platforms: vCenter Server and ESXi 6.5 or later
options:
  audit:
    description:
      - Judge what is read, and return RV(findings).
      - >-
        V(effective) judges what is in effect: a port group that rejects by a value of its own is fine, and a switch that accepts is a finding only if at least
        one of its groups inherits that.
      - >-
        V(stig) judges by DISA's STIGs for vSphere 8 and those that VMware drafted for VCF 9: the switch must reject, and a standard port group that has a value
        of its own is a finding in itself, V(reject) too.
      - V(scg) judges by VMware's Security Configuration Guides 8 and 9. The switch and the group must reject, whether the group inherits or not.
      - Uplink groups and groups that NSX backs are not judged.
    type: str
    choices: [effective, stig, scg]
  ports:
    description: >-
      Which ports of distributed switches are told. V(overriding) are those that have policies of their own, V(all) all ports, also without anything on them,
      and V(none) spares to read them, so that no override is found.
    type: str
    choices: [none, overriding, all]
    default: overriding
seealso:
  - module: virtnet.hardening.esxi_switch_policy
  - module: virtnet.hardening.linux_bridge_info
  - module: virtnet.hardening.vds_port
"""

EXAMPLES = r"""
---
- name: Audit all hosts by the STIG
  virtnet.hardening.esxi_switch_policy_info:
    all_hosts: true
    audit: stig
  register: result

- name: Show what is to be done
  ansible.builtin.debug:
    msg: "{{ result.findings | map(attribute='remedy') | unique }}"

- name: Write a host's policies to other hosts
  virtnet.hardening.esxi_switch_policy:
    esxi_hostnames: [esxi02.lab.example]
    switches: "{{ result.hosts['esxi01.lab.example'].switches }}"
"""

RETURN = r"""
---
hosts:
  description: The hosts that were read, by name.
  returned: success
  type: dict
  contains:
    datacenter:
      description: Its datacenter.
      returned: always
      type: str
    cluster:
      description: Its cluster, none for a host in no cluster.
      returned: always
      type: str
    options:
      description: Advanced options that concern guests' frames; none for one that the host does not have.
      returned: always
      type: dict
    switches:
      description: Its standard switches as configured, as O(virtnet.hardening.esxi_switch_policy#module:switches) takes them.
      returned: always
      type: list
      elements: dict
  sample: {"esxi01.lab.example": {"cluster": "cluster1", "datacenter": "dc1", "options": {"Net.BlockGuestBPDU": 1}, "switches": []}}
distributed_switches:
  description: The distributed switches of which a selected host is a member, by name.
  returned: success
  type: dict
  contains:
    datacenter:
      description: Its datacenter.
      returned: always
      type: str
    version:
      description: Its version.
      returned: always
      type: str
    switches:
      description: The switch as configured, as O(virtnet.hardening.esxi_switch_policy#module:switches) takes it. Uplink groups and groups that NSX
        backs are left out.
      returned: always
      type: list
      elements: dict
  sample: {"vds1": {"datacenter": "dc1", "version": "8.0.3", "switches": []}}
objects:
  description: Every switch, port group and, as O(ports) says, distributed port.
  returned: success
  type: list
  elements: dict
  contains:
    kind:
      description: V(vswitch), V(portgroup), V(vds), V(vds_portgroup) or V(vds_port).
      returned: always
      type: str
    host:
      description: The host of a standard switch, else empty.
      returned: always
      type: str
    datacenter:
      description: The datacenter of a distributed switch, else empty.
      returned: always
      type: str
    switch:
      description: The switch.
      returned: always
      type: str
    port_group:
      description: The port group, empty for a switch.
      returned: always
      type: str
    port:
      description: The key of a distributed port, else empty.
      returned: always
      type: str
    configured:
      description: The policies as they are set on the object itself; V(inherit) where it has none of its own. One that the host does not know is left out.
      returned: always
      type: dict
    effective:
      description: The policies in effect. Of a standard port group they are what the host itself computed.
      returned: always
      type: dict
    source:
      description: The object from which each policy in effect comes, in words.
      returned: always
      type: dict
    vlan:
      description: The VLAN in effect, none where the server does not tell it; a trunk and a private VLAN as V(trunk 1-20,30) and V(pvlan 100).
      returned: for port groups and ports
      type: str
    vms:
      description: The machines on it.
      returned: for port groups and ports
      type: list
      elements: str
    mac_learning:
      description: Whether MAC learning is enabled, none where the switch has no such feature or the server does not tell.
      returned: for distributed switches
      type: bool
    exempt:
      description: V(uplink) or V(nsx) for groups that are not judged, else empty.
      returned: for distributed switches
      type: str
    override_allowed:
      description: The flags of the group that let single ports differ from it, as M(virtnet.hardening.vds_portgroup) names them.
      returned: for distributed port groups
      type: list
      elements: str
  sample:
    - configured: {"forged_transmits": "inherit", "mac_changes": "inherit", "promiscuous": "reject"}
      datacenter: ""
      effective: {"forged_transmits": "accept", "mac_changes": "accept", "promiscuous": "reject"}
      host: esxi01.lab.example
      kind: portgroup
      port: ""
      port_group: pg01
      source:
        forged_transmits: vSwitch vSwitch0 on esxi01.lab.example
        mac_changes: vSwitch vSwitch0 on esxi01.lab.example
        promiscuous: port group pg01 of vSwitch0 on esxi01.lab.example
      switch: vSwitch0
      vlan: "101"
      vms: ["vm01-1"]
findings:
  description: What O(audit) finds, the most severe first.
  returned: when O(audit) is given
  type: list
  elements: dict
  contains:
    rule:
      description: The rule by its name in C(docs/vsphere-audit.md).
      returned: always
      type: str
    ids:
      description: Its identifiers in the STIGs, or with O(audit=scg) in the guides.
      returned: always
      type: list
      elements: str
    severity:
      description: V(high), V(medium) or V(low); with O(audit=stig) as published.
      returned: always
      type: str
    host:
      description: The host, empty for a distributed switch.
      returned: always
      type: str
    kind:
      description: As of RV(objects), or V(host).
      returned: always
      type: str
    object:
      description: The name of the object, or the key of a port.
      returned: always
      type: str
    switch:
      description: Its switch, empty for a host.
      returned: always
      type: str
    field:
      description: What is wrong about it.
      returned: always
      type: str
    value:
      description: The value in effect.
      returned: always
      type: str
    finding:
      description: The finding in words.
      returned: always
      type: str
    meaning:
      description: What it means.
      returned: always
      type: str
    remedy:
      description: What to do.
      returned: always
      type: str
  sample:
    - field: mac_changes
      finding: "vSwitch vSwitch0 on esxi01.lab.example: mac_changes is accept"
      host: esxi01.lab.example
      ids: [ESXI-80-000217, VCFE-9X-000220]
      kind: vswitch
      meaning: A guest can give its adapter another's MAC address and receive its frames
      object: vSwitch0
      remedy: "set security.mac_changes: reject on the switch vSwitch0"
      rule: mac_changes
      severity: high
      switch: vSwitch0
      value: accept
summary:
  description: What was looked at and what was found there, in sentences. It begins with what was not looked at, if there is any.
  returned: success
  type: str
  sample: >-
    Not all was looked at, and nothing is known of this: esxi01.lab.example, port group dvpg02 of vds1. Of the rest, 1 host and 1 distributed switch,
    16 objects in all: 11 findings (audit stig).
not_looked_at:
  description:
    - What could not be read, so that no finding about it means nothing. It is told as warnings too.
    - >-
      Hosts, distributed switches, port groups, ports and options of which the server tells a fault instead of a value, or neither; and hosts that may be
      there without being seen, as a cluster has more than are shown. With O(audit), options that it looks for and a host does not have, too.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: The host, switch, group or port, or a part of it.
      returned: always
      type: str
    reason:
      description: Why, with the properties by their paths in the API.
      returned: always
      type: str
    unreachable:
      description: Whether it is a host that is disconnected from vCenter or does not respond to it.
      returned: always
      type: bool
  sample:
    - reason: >-
        its config.network.vswitch and config.network.portgroup can't be read: the user lacks a privilege; give the role of the user that privilege on the
        object (NoPermission: privilegeId System.Read)
      unreachable: false
      what: esxi01.lab.example
remarks:
  description: What is not known and changes no finding, such as names of machines, in sentences. It is told as warnings too.
  returned: success
  type: list
  elements: str
  sample:
    - >-
      The machines on port group dvpg01 of vds1 are not known for certain: vm-48: its name can't be read: the user lacks a privilege; give the role of the
      user that privilege on the object (NoPermission: privilegeId System.Read).
msg:
  description: Why the task failed, in a sentence.
  returned: failure
  type: str
  sample: "cluster_name: there is no cluster with hosts cluster7; close to it: cluster1."
error_code:
  description: >-
    V(invalid) for a name that is not there, V(unreadable) for one that may be among those that can't be read, V(dependency) when pyVmomi is missing or
    unusable, V(login), V(certificate), V(permission), V(unreachable) and others when the server can't be asked or refuses.
  returned: failure
  type: str
  sample: invalid
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.session import answer_vsphere
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.info import spec
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.read import ask


def main() -> None:
    """Run the module."""
    answer_vsphere(spec(), ask)


if __name__ == "__main__":
    main()
