# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps several hosts from being installed in one run."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: install_conflicts
short_description: Tells what keeps hosts from being installed in one run
version_added: 0.4.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Takes the plans of P(virtnet.hardening.install_profile#filter), and returns their problems, those of two hosts with the same address, name or MAC
    address, and those of the media that are to be made.
options:
  _input:
    description: The plans.
    type: list
    elements: dict
    required: true
  hosts:
    description: The names of all hosts that are to be installed. One without a plan is a problem.
    type: list
    elements: str
    required: true
  active:
    description: Those that have not failed. One that has is a problem.
    type: list
    elements: str
    required: true
  outputs:
    description: >-
      C(formats), a list of V(iso), V(pxe), V(ipxe) and V(http); C(src), C(dest), C(base_url), C(tftp_path), C(pxelinux) and C(volume_id), as the options of
      M(virtnet.hardening.esxi_install_media).
    type: dict
    required: true
  prefix:
    description: How the names of variables begin that give the plans and outputs, for sentences that name them.
    type: str
    default: ""
  variables:
    description: How they go on; keys that are none of these are named as they are. Used with O(prefix) only.
    type: list
    elements: str
    default: []
seealso:
  - plugin: virtnet.hardening.install_profile
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what is wrong
  vars:
    plans:
      - {host: esx1, esxi_version: "8.0", problems: [], kickstart: {network: {ip: 192.0.2.11}}, media: {name: esx1, mac: "52:54:00:00:00:01"}}
      - {host: esx2, esxi_version: "8.0", problems: [], kickstart: {network: {ip: 192.0.2.11}}, media: {name: esx2}}
  ansible.builtin.debug:
    msg: "{{ plans | virtnet.hardening.install_conflicts(['esx1', 'esx2'], ['esx1', 'esx2'], {'formats': ['http'], 'src': '/srv/esxi', 'dest': '/srv/www'}) }}"
"""

RETURN = r"""
_value:
  description: Sentences; none of them means that media can be made.
  type: list
  elements: str
"""


def install_conflicts(plans: t.Any, hosts: t.Any, active: t.Any, outputs: t.Any, prefix: str = "", variables: t.Any = ()) -> list[str]:
    """See DOCUMENTATION."""
    from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile.build import conflicts
    from ansible_collections.virtnet.hardening.plugins.plugin_utils._install_profile import by_variable, media_problems, missing

    if not isinstance(outputs, t.Mapping) or not isinstance(plans, t.Sequence) or not all(isinstance(each, t.Mapping) for each in plans):
        raise AnsibleFilterError("install_conflicts takes a list of plans, and a dictionary as outputs.")
    problems = [*missing(list(hosts), list(active), plans), *(text for each in plans for text in each["problems"])]
    problems = problems or [*conflicts(plans), *media_problems(plans, outputs)]
    return [by_variable(each, prefix, list(variables)) for each in problems] if prefix else problems


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by name."""
        return {"install_conflicts": install_conflicts}
