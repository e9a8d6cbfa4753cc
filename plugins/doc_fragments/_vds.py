# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This doc fragment is PRIVATE to the collection. Must be kept in sync with plugins/module_utils/_vsphere/distributed/{groups,vlan,rules}.py.
"""The options that the modules for distributed switches share."""

from __future__ import annotations


class ModuleDocFragment:
    """One distributed switch, and the policies of its groups and ports."""

    DOCUMENTATION = r"""
options:
  vds:
    description:
      - The name of the distributed switch. It must exist.
      - With switches of that name in two datacenters O(datacenter) is needed too.
    type: str
    required: true
  datacenter:
    description: The datacenter of O(vds).
    type: str
    aliases: [datacenter_name]
  vlan:
    description: The VLAN. Exactly one of its suboptions is given. Not given, it stays as it is.
    type: dict
    suboptions:
      id:
        description: The VLAN that is tagged for the guest, 1 to 4094; V(0) for none.
        type: int
      trunk:
        description: VLANs and ranges whose tags the guest sees, such as V(10) and V(20-29), 0 to 4094. V(0-4094) is all of them.
        type: list
        elements: str
      pvlan:
        description: The secondary identifier of a private VLAN that O(vds) has, 1 to 4094.
        type: int
      inherit:
        description: V(true) takes the VLAN of the level above.
        type: bool
  netflow:
    description:
      - >-
        Whether flows are reported to the collector of the switch (IPFIX, C(ipfixEnabled)). V(inherit) takes the value of the level above. Not given, it
        stays as it is.
      - vSphere wants the collector and its port set on the switch before flows are reported anywhere.
    type: str
    choices: ["true", "false", inherit]
  security:
    description:
      - >-
        The three policies. V(inherit) takes the value of the level above. What is not given stays as it is: a value of its own remains one, and what
        is inherited remains inherited.
      - >-
        Since version 6.6.0 of a switch vSphere has one flag of inheritance for all three (C(macManagementPolicy)). A wish after which some would be
        inherited and others not is refused there; the error says what is in effect. Older switches inherit each by itself (C(securityPolicy)).
    type: dict
    suboptions:
      promiscuous:
        description: Whether a guest receives the frames of others when its adapter asks for them.
        type: str
        choices: [accept, reject, inherit]
      mac_changes:
        description: Whether a guest receives frames at another MAC address than that of its configuration.
        type: str
        choices: [accept, reject, inherit]
      forged_transmits:
        description: Whether a guest sends frames with another source address than that of its adapter.
        type: str
        choices: [accept, reject, inherit]
  mac_learning:
    description:
      - >-
        MAC learning: the switch learns the addresses behind a port, so that guests in a guest need no promiscuous mode. Since version 6.6.0 of a
        switch, refused on older ones.
      - >-
        vSphere has one flag of inheritance for all of it: once one suboption is given, those that are not given keep the values that are in effect.
        The inheritance of O(security) is not touched.
      - >-
        Of learning that is off vCenter keeps and tells nothing but that, so the other suboptions are refused where it is or is to be off.
      - >-
        By the documentation of the API it is ignored where O(security) is inherited. There it is refused, and the error says what is in effect; give
        all three values of O(security) too.
    type: dict
    suboptions:
      enabled:
        description: Whether addresses are learned.
        type: bool
      allow_unicast_flooding:
        description: Whether frames to an address that is not known yet are sent to the port.
        type: bool
      limit:
        description: Most addresses that are learned at a port, 0 to 4096.
        type: int
      limit_policy:
        description: >-
          What becomes of frames from further addresses when the limit is reached, V(allow) or V(drop), in upper or lower case.
        type: str
      inherit:
        description: V(true) takes all of it from the level above. V(false) makes what is in effect the object's own.
        type: bool
  parallel:
    description: How many changes may be under way on the server at the same time, at least 1.
    type: int
    default: 8
  allow_management:
    description:
      - >-
        Allow a change that can cut connections of hosts themselves: another VLAN for a port group or port with one of their virtual adapters (vmk0
        and so on), blocking such a port, or deleting such a group.
      - Without it such a change is refused before anything is written, in check mode too, with the RV(error_code) V(management).
      - There is no automatic way back, other than what vCenter itself does when it loses a host (network rollback).
    type: bool
    default: false
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
  platform:
    description: The servers that the module works with.
    support: full
    platforms: vCenter Server 6.5 or later
"""
