#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: vds_port
short_description: Override or reset the policies of single ports of a distributed switch
version_added: 0.3.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    A port of a distributed switch follows its port group unless it overrides it. This module sets overrides of single ports, and takes them back: of
    single ports, or of all ports of a group that differ from it.
  - >-
    All ports of a task are changed by one task of the server, which does them all or none, each with the configuration version of the port that was
    read. Where somebody else was faster, one new plan is made from a new read.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._vsphere
  - virtnet.hardening._vds
options:
  keys:
    description:
      - The keys of the ports, at least one. vCenter shows them in the list of ports of the switch or group.
      - Exactly one of O(keys) and O(vm) chooses the ports, or O(port_group) alone with O(state=inherited).
    type: list
    elements: str
  vm:
    description:
      - The ports of the switch to which adapters of this virtual machine are connected. One at least must be.
      - Refused if machines of that name in several folders are connected to the switch.
    type: str
  port_group:
    description:
      - The port group of the ports. With O(keys) and O(vm) it narrows the choice; alone it means all its ports.
      - Groups for uplinks and those that NSX backs are refused, whichever way their ports are chosen.
    type: str
  state:
    description:
      - >-
        V(present) sets O(security), O(mac_learning), O(vlan), O(netflow) and O(blocked) of the ports, as far as they are given. An override that the
        group does not allow is refused with the name of the flag that is missing, unless the port has it already.
      - V(inherited) takes back the overrides that O(reset) names. That needs no flag.
    type: str
    choices: [present, inherited]
    default: present
  reset:
    description: >-
      What O(state=inherited) takes back: V(security) is O(security) and O(mac_learning). If it is not given, V(security) alone. A port that is
      blocked stays so unless V(blocked) is named.
    type: list
    elements: str
    choices: [security, vlan, netflow, blocked]
  blocked:
    description: Whether the port is shut.
    type: bool
notes:
  - >-
    Where O(virtnet.hardening.vds_portgroup#module:port_policy.port_config_reset_at_disconnect) of the group is true, as it is by default, an override
    lasts until the machine is disconnected from the port.
  - Running machines notice another promiscuous mode only when their adapter is connected anew, see RV(reconnect_needed).
  - The user needs the privilege C(DVSwitch.PortSetting).
seealso:
  - module: virtnet.hardening.vds_portgroup
  - name: vSphere Web Services API, DVPortConfigSpec
    description: How a port is changed.
    link: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.dvs.DistributedVirtualPort.ConfigSpec.html
"""

EXAMPLES = r"""
---
# VMWARE_HOST, VMWARE_USER and VMWARE_PASSWORD, or module_defaults, say how to connect.
- name: Allow single ports of a group their own policies
  virtnet.hardening.vds_portgroup:
    vds: vds1
    name: dvpg01
    port_policy:
      mac_management_override: true

- name: Let one machine receive the frames of others, and no other one
  virtnet.hardening.vds_port:
    vds: vds1
    vm: vm01-1
    security:
      promiscuous: accept
      mac_changes: reject
      forged_transmits: reject

- name: Shut a port that no machine is to use
  virtnet.hardening.vds_port:
    vds: vds1
    keys:
      - "14"
    blocked: true

- name: Take back all overrides of a group's ports, and open those that are shut
  virtnet.hardening.vds_port:
    vds: vds1
    port_group: dvpg01
    state: inherited
    reset:
      - security
      - vlan
      - blocked
"""

RETURN = r"""
---
before:  # generated from docs/words/switch_results.yml
  description: The fields that the task manages, before it, by kind and name of object; of objects that are deleted, all fields.
  returned: when the switch could be read and the task was not refused
  type: dict
  sample: {"vds_port": {"vds1 4": {"forged_transmits": "inherit", "mac_changes": "inherit", "promiscuous": "inherit"}}}
after:  # generated from docs/words/results.yml
  description: The same fields after the task. In check mode it is predicted; after a run it is what was read back.
  returned: success
  type: dict
  sample: {"vds_port": {"vds1 4": {"forged_transmits": "reject", "mac_changes": "reject", "promiscuous": "accept"}}}
actions:  # generated from docs/words/switch_results.yml
  description: The steps in words, in the order in which they run.
  returned: when the switch could be read and the task was not refused
  type: list
  elements: str
  sample: ["set vds_port vds1 4: promiscuous inherit -> accept, mac_changes inherit -> reject, forged_transmits inherit -> reject"]
verified:  # generated from docs/words/switch_results.yml
  description: Whether the switch was read back after a change and was as asked for. False in check mode and where nothing had to be done.
  returned: when the switch could be read
  type: bool
  sample: true
ports:
  description: >-
    The ports that were chosen, by key; of a whole group those that differed, and those with overrides that this module does not manage.
  returned: success
  type: dict
  contains:
    port_group:
      description: The group of the port.
      returned: always
      type: str
    connected:
      description: The virtual machine or host whose adapter is connected to the port. Empty if none is.
      returned: always
      type: str
    effective:
      description: What is in effect after the task, the port's own or inherited.
      returned: always
      type: dict
    other_overrides:
      description: What else the port overrides, as the API calls it. It is left as it is.
      returned: always
      type: list
      elements: str
  sample:
    "4":
      connected: vm01-1
      effective:
        blocked: false
        forged_transmits: reject
        mac_changes: reject
        mac_learning_allow_unicast_flooding: null
        mac_learning_enabled: false
        mac_learning_limit: null
        mac_learning_limit_policy: null
        netflow: false
        promiscuous: accept
        vlan: "201"
      other_overrides: []
      port_group: dvpg01
reconnect_needed:
  description: The running virtual machines, by port, for which promiscuous mode is in effect differently after the task.
  returned: when the switch could be read and the task was not refused
  type: dict
  sample: {"4": ["vm01-1"]}
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
error_code:  # generated from docs/words/vsphere_error_codes.yml#port
  description:
    - >-
      V(invalid) for a value that can't be right or a name that is unknown or ambiguous, V(unsupported) for what the switch can't store or the group does not
      allow, V(management) for a change that needs O(allow_management=true): nothing was changed.
    - >-
      Of the session: V(login) for a wrong user or password, V(unreachable) for a server that can't be reached, V(certificate) for one that is not trusted,
      V(deadline) for one that does not answer in O(timeout), V(session_expired) for one that ended twice, V(permission) for a missing privilege, V(dependency)
      when pyVmomi is missing or unusable, V(backend) and V(fault) for other failures while reading: nothing was changed.
    - >-
      V(unreadable) where the server does not tell what has to be known of the switch, a group or a port, as the user may not read it: nothing was changed.
    - V(concurrent_access) when somebody else changed a port between reading and writing, and again after a new plan had been made from a new read.
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
  sample: []
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
flag:
  description: The flag of the port group that does not allow the override, as the API calls it.
  returned: when an override is refused for it
  type: str
  sample: macManagementOverrideAllowed
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.fleet import run_one
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.backend import SwitchFleet
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.ports import PortsIntent, spec


def main() -> None:
    """Run the module."""
    run_one(spec(), PortsIntent, SwitchFleet)


if __name__ == "__main__":
    main()
