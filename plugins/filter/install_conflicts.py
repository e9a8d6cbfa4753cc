# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps several hosts from being installed in one run."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile import conflicts
from ansible_collections.virtnet.hardening.plugins.plugin_utils._install_profile import media_problems

DOCUMENTATION = r"""
name: install_conflicts
short_description: Tells what keeps hosts from being installed in one run
version_added: 0.4.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Takes the plans of P(virtnet.hardening.install_profile#filter) by host, and returns their problems, those of two hosts with the same address, name or
    MAC address, and those of the media that are to be made.
options:
  _input:
    description: The plans by the name of the host.
    type: dict
    required: true
  formats:
    description: The formats of media, of V(iso), V(pxe), V(ipxe) and V(http).
    type: list
    elements: str
    required: true
  outputs:
    description: >-
      C(base_url), C(tftp_path), C(pxelinux) and C(volume_id), as the options of M(virtnet.hardening.esxi_install_media).
    type: dict
    default: {}
seealso:
  - plugin: virtnet.hardening.install_profile
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what is wrong
  vars:
    plans:
      esx1: {host: esx1, problems: [], kickstart: {network: {ip: 192.0.2.11}}, media: {mac: "52:54:00:00:00:01"}}
      esx2: {host: esx2, problems: [], kickstart: {network: {ip: 192.0.2.11}}, media: {}}
  ansible.builtin.debug:
    msg: "{{ plans | virtnet.hardening.install_conflicts(['http']) }}"
"""

RETURN = r"""
_value:
  description: Sentences; none of them means that media can be made.
  type: list
  elements: str
"""


def install_conflicts(plans: t.Any, formats: t.Any, outputs: t.Any = None) -> list[str]:
    """See DOCUMENTATION."""
    if not isinstance(plans, t.Mapping) or isinstance(formats, str):
        raise AnsibleFilterError("install_conflicts takes a dictionary of plans and a list of formats.")
    problems = [text for each in plans.values() for text in each["problems"]]
    return problems or [*conflicts(plans), *media_problems(list(formats), plans, outputs or {})]


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by name."""
        return {"install_conflicts": install_conflicts}
