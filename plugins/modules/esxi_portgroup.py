#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: esxi_portgroup
short_description: Manage standard port groups of ESXi hosts
version_added: 0.3.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Creates, changes and deletes a port group of a standard switch on one or many hosts in one task, through vCenter or on a standalone ESXi host.
  - >-
    Each of the three policies is V(accept), V(reject), V(inherit) or not given, and these are four different things: what is not given stays as it is, an
    override stays an override. VLAN, teaming and shaping are sent back exactly as they were observed.
  - >-
    All hosts are read at once, only those that differ are written to, and those that were changed are read back at once. A host that fails does not stop the
    others; it is brought back to what it was, and named in the end.
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
  name:
    description: The name of the port group.
    type: str
    required: true
    aliases: [portgroup, portgroup_name]
  state:
    description:
      - V(present) creates the group where it is missing, for which O(vswitch) is needed, and sets what is given; V(absent) deletes it.
      - A group that a virtual machine that runs or an adapter of the host is connected to is not deleted.
      - With V(absent) a name that none of the hosts has is told in a warning, with those that there are.
    type: str
    choices: [present, absent]
    default: present
  vswitch:
    description:
      - The standard switch on which the group is. It must exist.
      - Without it a group that is missing is an error, so that a mistyped name is. A group that is on another switch is refused, as groups can't move.
    type: str
    aliases: [switch, switch_name, vswitch_name]
  vlan_id:
    description:
      - The VLAN of the group's frames, 1 to 4094; V(0) for frames without a tag. With V(4095) guests see and send frames of all VLANs, with their tags.
      - A new group has V(0) unless it is given.
    type: int
  security:
    description: The policies of the group. A new group inherits what is not given.
    type: dict
    suboptions:
      promiscuous:
        description:
          - Whether a guest may receive the frames of all others on the port group.
          - V(inherit) takes the switch's value, now and when that changes.
        type: str
        choices: [accept, reject, inherit]
      mac_changes:
        description:
          - Whether a guest may receive on another MAC address than its adapter's first one.
          - V(inherit) takes the switch's value, now and when that changes.
        type: str
        choices: [accept, reject, inherit]
      forged_transmits:
        description:
          - Whether a guest may send from another MAC address than its adapter's.
          - V(inherit) takes the switch's value, now and when that changes.
        type: str
        choices: [accept, reject, inherit]
notes:
  - >-
    The STIG for ESXi counts any override of a group as a finding, whatever its value: V(inherit) with a switch that rejects is what passes there, and
    V(reject) is what holds if somebody opens the switch.
seealso:
  - module: virtnet.hardening.esxi_vswitch
  - name: HostNetworkSystem
    description: The calls of the vSphere Web Services API that are used.
    link: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.host.NetworkSystem.html
  - name: Securing vSphere standard switches
    description: What the three policies mean, in the vSphere documentation.
    link: https://techdocs.broadcom.com/us/en/vmware-cis/vsphere/vsphere/8-0/vsphere-security-8-0/securing-vsphere-networking-in-vsphere-security.html
"""

EXAMPLES = r"""
---
- name: Let a group inherit all three from its switch, on every host of a cluster
  virtnet.hardening.esxi_portgroup:
    cluster_name: cluster1
    name: pg01
    security:
      promiscuous: inherit
      mac_changes: inherit
      forged_transmits: inherit

- name: Open one group for a sniffer, and leave its other policies and its VLAN as they are
  virtnet.hardening.esxi_portgroup:
    esxi_hostname: esxi01.lab.example
    name: pg02
    security:
      promiscuous: accept

- name: A group for guests on all hosts, made where it is missing
  virtnet.hardening.esxi_portgroup:
    all_hosts: true
    name: guests
    vswitch: vSwitch0
    vlan_id: 42
    security:
      promiscuous: reject
      mac_changes: reject
      forged_transmits: reject

- name: Delete it again
  virtnet.hardening.esxi_portgroup:
    all_hosts: true
    name: guests
    state: absent
"""

RETURN = r"""
---
hosts:  # generated from docs/words/host_results.yml
  description: >-
    What became of each host, by its name. Of one that neither failed nor changed, RV(hosts.changed), RV(hosts.failed), RV(hosts.unreachable),
    RV(hosts.verified) and RV(hosts.msg) are all, unless O(details=all).
  returned: always, but where the session could not be opened or an option was refused
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
    reconnect_needed:
      description: >-
        The running virtual machines, by port group, for which promiscuous mode is in effect differently after the task: they notice only when their adapter is
        connected anew, or they are restarted or moved to another host.
      returned: when the host could be read and the task not refused for it
      type: dict
    error_code: {description: See RV(error_code)., returned: when the host has failed, type: str}
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
    steps: {description: All steps that could cut connections of the host., returned: when RV(hosts.error_code) is V(management), type: list, elements: str}
  sample:
    esxi01.lab.example:
      actions: ["set portgroup pg01: promiscuous inherit -> accept"]
      after: {"portgroup": {"pg01": {"promiscuous": "accept"}}}
      before: {"portgroup": {"pg01": {"promiscuous": "inherit"}}}
      changed: true
      failed: false
      msg: "1 step done and read back."
      reconnect_needed: {"pg01": ["vm01-1"]}
      unreachable: false
      verified: true
      window: 0.021
failed_hosts:  # generated from docs/words/host_results.yml
  description: The hosts that make the task fail.
  returned: with RV(hosts)
  type: list
  elements: str
  sample: []
unreachable_hosts:  # generated from docs/words/host_results.yml
  description: The hosts that are disconnected from vCenter or don't respond to it.
  returned: with RV(hosts)
  type: list
  elements: str
  sample: []
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: "4 of 4 hosts changed and read back."
error_code:  # generated from docs/words/vsphere_error_codes.yml#settings
  description:
    - >-
      Of the session: V(login) for a wrong user or password, V(unreachable) for a server that can't be reached, V(certificate) for one that is not trusted,
      V(deadline) for one that does not answer in O(timeout), V(session_expired) for one that ended twice, V(permission) for a missing privilege, V(dependency)
      when pyVmomi is missing or unusable, V(backend) and V(fault) for other failures while reading: nothing was changed.
    - V(invalid) for a value that can't be right or a name that is unknown or ambiguous, V(unsupported) for what the host can't store.
    - >-
      V(unreadable) where the server does not tell what has to be known of a host or object, as the user may not read it or a property is not set: nothing was
      changed there.
    - Of a host V(unreachable) too if it is disconnected or does not respond, and V(management) for a change that needs O(allow_management=true).
    - >-
      V(concurrent_access) where somebody else changed a switch or group between the plan and the write: nothing was written to that host. Run the task again.
    - >-
      V(change_failed) when a step failed and V(not_in_effect) when the read-back shows that a write was ignored or could not be read back: the steps were
      undone as far as RV(hosts.undone) and RV(hosts.not_undone) say.
    - V(hosts_failed) if hosts failed for more than one of these reasons.
  returned: failure
  type: str
  sample: unreachable
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.fleet import run_fleet
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.backend import HostFleet
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.portgroup import PortgroupIntent, spec


def main() -> None:
    """Run the module."""
    run_fleet(spec(), PortgroupIntent, HostFleet, told=PortgroupIntent.told)


if __name__ == "__main__":
    main()
