#!/usr/bin/python
# -*- coding: utf-8 -*-
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: linux_bridge_info
short_description: Read Linux bridges
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Reads bridges, ports, VLANs, forwarding database entries and links in the words of the modules that would write them, so that every
    part is valid input of its module.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._pyroute2
attributes:
  check_mode:
    support: full
    details:
      - This module never changes anything.
  diff_mode:
    support: N/A
    details:
      - This module never changes anything.
  idempotent:
    support: full
options:
  names:
    description:
      - Bridges to tell about. All if absent; one that is not there is an error.
    type: list
    elements: str
notes:
  - FDB entries that the kernel made for its devices' own addresses, and entries that it learned, are not listed;
    RV(bridges[].status.dynamic_entries) counts the latter.
seealso:
  - module: virtnet.hardening.linux_bridge
  - module: virtnet.hardening.linux_bridge_fdb
  - module: virtnet.hardening.linux_bridge_port
  - module: virtnet.hardening.linux_bridge_vlan
  - module: virtnet.hardening.virtual_link
  - name: bridge(8)
    description: iproute2's manual page of bridges, whose words the options are.
    link: https://man7.org/linux/man-pages/man8/bridge.8.html
"""

EXAMPLES = r"""
- name: Read all bridges
  virtnet.hardening.linux_bridge_info:
  register: result

- name: Show the hubs
  ansible.builtin.debug:
    msg: "{{ result.bridges | selectattr('status.hub') | map(attribute='name') }}"

- name: Read one bridge
  virtnet.hardening.linux_bridge_info:
    names: [br0]
"""

RETURN = r"""
bridges:
  description: The bridges, in the order of their names or as they were asked for.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The bridge's name.
      type: str
      sample: br0
    bridge:
      description: Options of M(virtnet.hardening.linux_bridge); those that the kernel does not know are missing.
      type: dict
      sample: {name: br0, up: true, ageing_time: 300.0, stp: false, no_linklocal_learn: true}
    ports:
      description: For each port, options of M(virtnet.hardening.linux_bridge_port).
      type: list
      elements: dict
      sample: [{bridge: br0, ports: [vnet0], isolated: true, learning: false, locked: true}]
    vlans:
      description: For each port and the bridge itself, options of M(virtnet.hardening.linux_bridge_vlan).
      type: list
      elements: dict
      sample: [{bridge: br0, ports: [vnet0], vlans: [{vid: "10", pvid: true, untagged: true}]}]
    fdb:
      description: Options of M(virtnet.hardening.linux_bridge_fdb), with the entries that somebody wrote.
      type: dict
      sample: {bridge: br0, entries: [{address: "52:54:00:12:34:56", port: vnet0, kind: static, sticky: true}]}
    links:
      description: For each port that is a veth, tap or macvtap, options of M(virtnet.hardening.virtual_link).
      type: list
      elements: dict
      sample: [{name: vnet0, kind: tap, mtu: 1500, address: "fe:54:00:12:34:56", up: true}]
    status:
      description: What can be read but not set.
      type: dict
      contains:
        hub:
          description: Whether the bridge floods everything, as its ageing time is 0.
          type: bool
          sample: false
        running:
          description: Whether the bridge has a carrier.
          type: bool
          sample: true
        ports:
          description: The number of its ports.
          type: int
          sample: 4
        dynamic_entries:
          description: The number of addresses that it learned.
          type: int
          sample: 7
        port_states:
          description: State and cost of each port, which follow STP, carrier and speed.
          type: dict
          sample: {vnet0: {cost: 2, port_state: forwarding}}
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
