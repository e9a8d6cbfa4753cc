# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy document as commands of esxcli."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import VirtnetError

DOCUMENTATION = r"""
name: esxcli_policy
short_description: Makes a script of esxcli from a policy document
version_added: 0.4.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Takes the switches of a policy document, as M(virtnet.hardening.linux_switch_policy) has them, and returns a script that sets the policies of standard
    switches and their port groups at the first start of an ESXi host, for O(virtnet.hardening.esxi_kickstart#module:firstboot).
  - >-
    esxcli can let all three policies of a port group inherit, not one of them, so C(inherit) beside a policy that is not named is refused: it would lose
    its value. What a standard switch can't keep at all is refused unless O(without) names it. Linux bridges and distributed switches are left out and told.
  - >-
    %firstboot does not run with UEFI Secure Boot, and nothing tells whether a script succeeded but the log of the host, so check the policy with
    vSphere's API afterwards.
options:
  _input:
    description: The list of switches. C(kind) is V(vswitch) or absent for those that are set.
    type: list
    elements: dict
    required: true
  made:
    description:
      - >-
        Switches that scripts of your own have made by then, with the names of their port groups. C(vSwitch0) with C(Management Network) and
        C(VM Network) is made by the installer.
    type: dict
    default: {}
  without:
    description:
      - >-
        What need not be enforced: V(arp), V(neighbor), V(ip_source), V(router_advertisement), V(dhcp_server), V(vlan_tags),
        V(partial_checksum), V(isolated),
        V(multicast_flood), V(ports).
    type: list
    elements: str
    default: []
seealso:
  - plugin: virtnet.hardening.install_profile
    plugin_type: filter
  - module: virtnet.hardening.esxi_kickstart
"""

EXAMPLES = r"""
- name: Show the commands
  vars:
    switches:
      - name: vSwitch0
        security: {promiscuous: reject, mac_changes: reject, forged_transmits: reject}
        guards: {bpdu: reject}
        port_groups:
          - name: VM Network
            security: {promiscuous: inherit, mac_changes: inherit, forged_transmits: inherit}
  ansible.builtin.debug:
    msg: "{{ (switches | virtnet.hardening.esxcli_policy).commands }}"
"""

RETURN = r"""
_value:
  description:
    - >-
      C(script), for busybox, empty if there is nothing to set; C(commands), its commands, each a list of words; C(left_out), the switches that are not in
      it, with the reason; C(warnings), what is kept otherwise than it is said.
  type: dict
"""


def esxcli_policy(switches: t.Any, made: t.Any = None, without: t.Any = ()) -> dict[str, t.Any]:
    """See DOCUMENTATION."""
    from ansible_collections.virtnet.hardening.plugins.plugin_utils._install_profile import policy_script

    try:
        first = policy_script(switches, made, without or ())
    except VirtnetError as error:
        raise AnsibleFilterError(f"esxcli_policy: {error.message}") from error
    commands = [list(words) for words in first.commands]
    return {"script": first.script, "commands": commands, "left_out": dict(first.left_out), "warnings": list(first.warnings)}


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by name."""
        return {"esxcli_policy": esxcli_policy}
