#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_bridge_info
short_description: Read Linux bridges with ports, VLANs and addresses
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Returns all bridges of the host, or those that are named, in the words of the modules that would write them: each part of an answer is valid
    input of its module.
  - Options that the kernel does not have are not in the answer.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._pyroute2
attributes:
  check_mode:
    support: full
    details:
      - The module changes nothing.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing.
  idempotent:
    support: full
    details:
      - The module changes nothing.
  platform:
    support: full
options:
  names:
    description:
      - The bridges, in the order of the answer. One that does not exist is an error.
      - Not given, all bridges are returned, sorted by name. An empty list returns none.
    type: list
    elements: str
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

- name: Keep what was found as variables of the role kvm_bridge_host
  ansible.builtin.set_fact:
    kvm_bridge_host_bridges: "{{ found.bridges | map(attribute='bridge') }}"
    kvm_bridge_host_ports: "{{ found.bridges | map(attribute='ports') | flatten }}"
    kvm_bridge_host_vlans: "{{ found.bridges | map(attribute='vlans') | flatten }}"
    kvm_bridge_host_fdb: "{{ found.bridges | map(attribute='fdb') | selectattr('entries') }}"
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
      description: The bridge and its options, input of M(virtnet.hardening.linux_bridge).
      returned: always
      type: dict
      sample: {"name": "br0", "mtu": 1500, "address": "52:54:00:00:00:fe", "up": true, "ageing_time": 300.0, "stp": false, "no_linklocal_learn": true}
    ports:
      description:
        - >-
          One item a port, input of M(virtnet.hardening.linux_bridge_port). What follows carrier and speed stands in RV(bridges[].status.port_states).
      returned: always
      type: list
      elements: dict
      sample: [{"bridge": "br0", "ports": ["vnet0"], "isolated": true, "locked": true, "learning": false, "unicast_flood": false, "multicast_flood": true}]
    vlans:
      description:
        - >-
          One item for the bridge itself and for each port that has VLANs, input of M(virtnet.hardening.linux_bridge_vlan). Ranges are as long as
          possible. Empty on a kernel
          without VLAN filtering.
      returned: always
      type: list
      elements: dict
      sample: []
    fdb:
      description:
        - >-
          The entries that somebody wrote, input of M(virtnet.hardening.linux_bridge_fdb) where there is at least one. Learned entries and those that
          the kernel makes for the
          addresses of the bridge and its ports are left out.
      returned: always
      type: dict
      sample: {"bridge": "br0", "entries": [{"address": "52:54:00:12:34:56", "port": "vnet0", "kind": "static", "sticky": true}]}
    links:
      description: The ports that are veth, tap or macvtap devices, one item each, input of M(virtnet.hardening.virtual_link).
      returned: always
      type: list
      elements: dict
      sample: [{"name": "vnet0", "kind": "veth", "mtu": 1500, "address": "12:f9:0b:8a:9e:59", "up": true, "peer": "g0"}]
    status:
      description: What can't be set.
      returned: always
      type: dict
      contains:
        hub:
          description: Whether the bridge is a hub (ageing time 0), on which every guest receives every frame.
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
        port_states:
          description: The STP state and the path cost of each port.
          returned: always
          type: dict
      sample: {"hub": false, "running": false, "ports": 1, "dynamic_entries": 0, "port_states": {"vnet0": {"cost": 2, "port_state": "disabled"}}}
msg:
  description: Why the task failed, in a sentence.
  returned: failure
  type: str
  sample: "names: there is no bridge br7; the bridges are br0."
error_code:
  description:
    - >-
      V(invalid) for a bridge that does not exist, V(dependency) when pyroute2 is missing or unusable, V(rights) when the user of the task may not read
      it and needs C(become), V(backend) when the kernel could not be read.
  returned: failure
  type: str
  sample: invalid
"""

from typing import Any, Dict, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible import answer
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.info import InfoRequest, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend


def ask(params: Mapping[str, Any], backend: NetlinkBackend) -> Dict[str, Any]:
    """Read all once and put it in the words of the other modules."""
    request = InfoRequest(params)
    return request.answer(backend.observe(request.scope))


def main() -> None:
    """Run the module."""
    answer(spec(), ask, NetlinkBackend.open)


if __name__ == "__main__":
    main()
