#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: vds_portgroup
short_description: Manage port groups of a distributed switch
version_added: 0.3.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Creates, changes and deletes one or many port groups of one distributed switch in one task.
  - >-
    What is not given stays exactly as it is: VLAN, teaming, shaping, number of ports and flags of a group whose security is set are not sent at all,
    and of a policy that changes only in part the rest is sent back as it was observed.
  - >-
    Each group is changed with the configuration version that was read. Where somebody else was faster, one new plan is made from a new read. When a
    group can't be changed, those that were changed before get back what they had.
  - >-
    A port that overrides its group does not follow it, see M(virtnet.hardening.vds_port).
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._vsphere
  - virtnet.hardening._vds
options:
  name:
    description: The name of one port group, taken literally. Exactly one of O(name) and O(names) is given.
    type: str
  names:
    description:
      - >-
        Names and patterns (C(*), C(?), C([abc])) of port groups, at least one. A pattern selects among the groups that there are; one that matches
        nothing is warned about, see RV(unmatched).
      - >-
        What equals the name of a group is that group, though it would mean others as a pattern. With O(state=absent) brackets alone make no pattern, as a
        second run would take others for the group that is gone. Groups for uplinks and those that NSX backs are refused if they are named, and left out if a
        pattern matches them, see RV(left_out).
    type: list
    elements: str
  state:
    description:
      - >-
        V(present) sets what is given on each group. A group that is not there is made if O(vlan) is given, with what is not given inherited from the
        switch; without O(vlan) it is an error, so that a mistyped name is.
      - >-
        V(absent) deletes the groups. One on which virtual machines are, running or not, is refused with their names. A name that is not there is told in
        a warning. Other options have no effect then.
    type: str
    choices: [present, absent]
    default: present
  ports:
    description:
      - The number of ports, 0 or more.
      - >-
        With O(auto_expand=true), given or as it is, it is the least number: ports that the server has added are not taken away. Refused with
        O(binding=ephemeral).
    type: int
  binding:
    description: >-
      When a port is assigned to a machine: V(static) when it is connected, V(ephemeral) while it runs, without vCenter too. V(dynamic), when it is
      started, is deprecated by VMware.
    type: str
    choices: [static, dynamic, ephemeral]
  auto_expand:
    description: Whether the server adds ports when all are in use.
    type: bool
  port_policy:
    description:
      - What a single port may override, and how ports behave. Each flag is set by itself; those that are not given stay as they are.
      - A new group for which none is given has the flags that vCenter gives it; if some are given, O(port_policy.block_override) and
        O(port_policy.port_config_reset_at_disconnect) are true and all others false unless they are among them.
    type: dict
    suboptions:
      block_override:
        description: Whether a port may be blocked or opened by itself (C(blockOverrideAllowed)).
        type: bool
      shaping_override:
        description: Whether a port may have its own traffic shaping (C(shapingOverrideAllowed)).
        type: bool
      vendor_config_override:
        description: Whether a port may have its own vendor configuration (C(vendorConfigOverrideAllowed)).
        type: bool
      live_port_move:
        description: Whether a port that is in use may be moved in or out of the group (C(livePortMovingAllowed)).
        type: bool
      port_config_reset_at_disconnect:
        description: Whether overrides of a port end when what is connected to it is disconnected (C(portConfigResetAtDisconnect)).
        type: bool
      network_rp_override:
        description: Whether a port may have its own network resource pool (C(networkResourcePoolOverrideAllowed)).
        type: bool
      traffic_filter_override:
        description: Whether a port may have its own traffic filters (C(trafficFilterOverrideAllowed)).
        type: bool
      vlan_override:
        description: Whether a port may have its own VLAN (C(vlanOverrideAllowed)).
        type: bool
      uplink_teaming_override:
        description: Whether a port may have its own teaming (C(uplinkTeamingOverrideAllowed)).
        type: bool
      security_override:
        description:
          - Whether a port may override the deprecated C(securityPolicy) (C(securityPolicyOverrideAllowed)), which counts on switches before version 6.6.0.
        type: bool
      ipfix_override:
        description: Whether IPFIX may be set for a port by itself (C(ipfixOverrideAllowed)).
        type: bool
      mac_management_override:
        description: >-
          Whether a port may override O(security) and O(mac_learning) (C(macManagementOverrideAllowed)). Refused on switches before version 6.6.0;
          use O(port_policy.security_override) there.
        type: bool
notes:
  - >-
    Running machines notice another promiscuous mode only when their adapter is connected anew, or they are restarted or moved to another host, see
    RV(reconnect_needed).
  - A warning is given when a policy is accepted on all port groups of the switch, where one group or port would do.
  - >-
    The user needs the privileges C(DVPortgroup.Modify), C(DVPortgroup.PolicyOp) for O(port_policy), C(DVPortgroup.Create) and
    C(DVPortgroup.Delete), as far as used.
seealso:
  - module: virtnet.hardening.vds_port
  - module: virtnet.hardening.esxi_portgroup
  - name: vSphere Web Services API, DVSMacManagementPolicy
    description: What can be inherited, and what not.
    link: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.dvs.VmwareDistributedVirtualSwitch.MacManagementPolicy.html
"""

EXAMPLES = r"""
---
# VMWARE_HOST, VMWARE_USER and VMWARE_PASSWORD, or module_defaults, say how to connect.
- name: Close a port group
  virtnet.hardening.vds_portgroup:
    vds: vds1
    name: dvpg01
    security:
      promiscuous: reject
      mac_changes: reject
      forged_transmits: reject

- name: Let all port groups follow the switch, in one task
  virtnet.hardening.vds_portgroup:
    vds: vds1
    names:
      - "*"
    security:
      promiscuous: inherit
      mac_changes: inherit
      forged_transmits: inherit
    mac_learning:
      inherit: true

- name: Make a port group for nested hypervisors, with MAC learning in place of promiscuous mode
  virtnet.hardening.vds_portgroup:
    vds: vds1
    name: nested
    vlan:
      trunk:
        - 100-199
    security:
      promiscuous: reject
      mac_changes: accept
      forged_transmits: accept
    mac_learning:
      enabled: true
      allow_unicast_flooding: false
      limit: 64
      limit_policy: drop

- name: Take back that single ports may override the policies
  virtnet.hardening.vds_portgroup:
    vds: vds1
    names:
      - "dvpg*"
    port_policy:
      mac_management_override: false
      vlan_override: false

- name: Delete a port group that no machine is on
  virtnet.hardening.vds_portgroup:
    vds: vds1
    name: nested
    state: absent
"""

RETURN = r"""
---
before:  # generated from docs/words/switch_results.yml
  description: The fields that the task manages, before it, by kind and name of object; of objects that are deleted, all fields.
  returned: when the switch could be read and the task was not refused
  type: dict
  sample: {"vds_portgroup": {"vds1 dvpg01": {"forged_transmits": "inherit", "mac_changes": "inherit", "promiscuous": "inherit"}}}
after:  # generated from docs/words/results.yml
  description: The same fields after the task. In check mode it is predicted; after a run it is what was read back.
  returned: success
  type: dict
  sample: {"vds_portgroup": {"vds1 dvpg01": {"forged_transmits": "reject", "mac_changes": "reject", "promiscuous": "reject"}}}
actions:  # generated from docs/words/switch_results.yml
  description: The steps in words, in the order in which they run.
  returned: when the switch could be read and the task was not refused
  type: list
  elements: str
  sample: ["set vds_portgroup vds1 dvpg01: promiscuous inherit -> reject, mac_changes inherit -> reject, forged_transmits inherit -> reject"]
verified:  # generated from docs/words/switch_results.yml
  description: Whether the switch was read back after a change and was as asked for. False in check mode and where nothing had to be done.
  returned: when the switch could be read
  type: bool
  sample: true
effective:
  description: What is in effect for each group after the task, its own or inherited. Ports that override their group may differ.
  returned: success, with O(state=present)
  type: dict
  sample:
    dvpg01:
      forged_transmits: reject
      mac_changes: reject
      mac_learning_allow_unicast_flooding: null
      mac_learning_enabled: false
      mac_learning_limit: null
      mac_learning_limit_policy: null
      netflow: false
      promiscuous: reject
      vlan: "201"
reconnect_needed:
  description: The running virtual machines, by port group, for which promiscuous mode is in effect differently after the task.
  returned: when the switch could be read and the task was not refused
  type: dict
  sample: {"dvpg01": ["vm01-1", "vm02-1"]}
left_out:
  description: Groups that a pattern in O(names) matches and that can't be changed, each with the reason.
  returned: when the switch could be read and the task was not refused
  type: dict
  sample: {"vds1-DVUplinks-25": "it is the uplink group of the switch, through which the hosts reach the network"}
unmatched:
  description: The patterns in O(names) that no port group matches.
  returned: when the switch could be read and the task was not refused
  type: list
  elements: str
  sample: ["web*"]
vds:  # generated from docs/words/switch_results.yml
  description: The switch.
  returned: when the switch could be read and the task was not refused
  type: str
  sample: vds1
datacenter:  # generated from docs/words/switch_results.yml
  description: Its datacenter.
  returned: when the switch could be read and the task was not refused
  type: str
  sample: dc1
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: "1 step done and read back."
error_code:  # generated from docs/words/vsphere_error_codes.yml#group
  description:
    - >-
      V(invalid) for a value that can't be right or a name that is unknown or ambiguous, V(unsupported) for what the switch can't store, such as MAC learning
      before its version 6.6.0, V(management) for a change that needs O(allow_management=true): nothing was changed.
    - >-
      Of the session: V(login) for a wrong user or password, V(unreachable) for a server that can't be reached, V(certificate) for one that is not trusted,
      V(deadline) for one that does not answer in O(timeout), V(session_expired) for one that ended twice, V(permission) for a missing privilege, V(dependency)
      when pyVmomi is missing or unusable, V(backend) and V(fault) for other failures while reading: nothing was changed.
    - >-
      V(unreadable) where the server does not tell what has to be known of the switch, a group or a port, as the user may not read it: nothing was changed.
    - V(concurrent_access) when somebody else changed a group between reading and writing, and again after a new plan had been made from a new read.
    - >-
      V(change_failed) when a step failed for another reason; V(not_in_effect) when the read-back shows that a write was ignored. What the task had changed by
      then was undone as far as RV(undone) and RV(not_undone) say.
  returned: failure
  type: str
  sample: concurrent_access
cause:  # generated from docs/words/switch_results.yml
  description: Why a step failed, such as V(permission), V(in_use), V(deadline), V(invalid_argument) or V(fault).
  returned: when a step failed
  type: str
  sample: in_use
failed_step:  # generated from docs/words/switch_results.yml
  description: The step that failed, in words.
  returned: when a step failed, or RV(error_code) is V(not_in_effect)
  type: str
undone:  # generated from docs/words/switch_results.yml
  description: The steps that brought back the state before.
  returned: when a step failed, or RV(error_code) is V(not_in_effect)
  type: list
  elements: str
  sample: ["set vds_portgroup vds1 dvpg02: promiscuous reject -> inherit, mac_changes reject -> inherit, forged_transmits reject -> inherit"]
not_undone:  # generated from docs/words/switch_results.yml
  description:
    - What could not be brought back, with the reason. Empty when the state before is restored.
    - >-
      A task of the server that had not ended in O(timeout), or whose end could not be seen, is listed too unless it shows when the switch is read again: it may
      still take effect.
  returned: when a step failed, or RV(error_code) is V(not_in_effect)
  type: list
  elements: str
  sample: []
option:  # generated from docs/words/switch_results.yml
  description: The option that the switch can't store.
  returned: when RV(error_code) is V(unsupported)
  type: str
  sample: mac_learning
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.fleet import run_one
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.backend import SwitchFleet
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.groups import GroupsIntent, spec


def main() -> None:
    """Run the module."""
    run_one(spec(), GroupsIntent, SwitchFleet)


if __name__ == "__main__":
    main()
