# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host gets of an install profile."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: install_profile
short_description: Plans the unattended installation of a host by a profile
version_added: 0.4.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Takes what a host wants, and returns what M(virtnet.hardening.esxi_kickstart) and M(virtnet.hardening.esxi_install_media) are to be given for it, or
    the reasons why it must not be installed so. The role P(virtnet.hardening.esxi_install_profile#role) uses it.
  - >-
    All rules that can be asked without a file are asked here: those of the release, of systemMediaSize, of the script and of the policy document. Each
    that is broken is a sentence in C(problems), so that of many hosts all can be told at once.
options:
  _input:
    description: >-
      The host, with C(host) (its name), C(profile) (the name of a profile), C(variables) (keys of a profile, C(accepteula), C(disk), C(vmfs) and
      C(firstboot) as the variables of the role that end so), C(overrides) (keys of a profile that are different for this host, null to take one away),
      C(address) (the IPv4 address that a static network has unless it says another), C(driver_dir) and C(catalogue).
    type: dict
    required: true
  profiles:
    description: >-
      The profiles by name, in the form of the variable C(esxi_install_profile_profiles) of the role P(virtnet.hardening.esxi_install_profile#role).
    type: dict
    required: true
  root_password_hash:
    description: The hash of the password of root. It is checked, and is not part of the answer.
    type: str
    default: ""
  serialnum:
    description: The licence key. It is checked, and is not part of the answer.
    type: str
    default: ""
  bundles:
    description: What M(virtnet.hardening.offline_bundle_info) answers of the drivers of the host, or nothing before it was asked.
    type: dict
    default: {}
  base_urls:
    description: The URLs of trees, whose folder C(drivers) has the drivers.
    type: list
    elements: str
    default: []
seealso:
  - plugin: virtnet.hardening.install_conflicts
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show why a host with 1 TB of memory can't have the least system
  vars:
    profiles:
      least:
        esxi_version: "8.0 U3"
        system_media_size: min
        kickstart: {accepteula: true, install: {firstdisk: [local], overwritevmfs: true}, reboot: true}
    wish: {host: esx1, profile: least, overrides: {memory: 1TB}}
  ansible.builtin.debug:
    msg: "{{ (wish | virtnet.hardening.install_profile(profiles)).problems }}"
"""

RETURN = r"""
_value:
  description:
    - >-
      C(host); C(kickstart), the options of M(virtnet.hardening.esxi_kickstart) without secrets; C(media), the options of a host of
      M(virtnet.hardening.esxi_install_media) and of its medium; C(drivers), the files; C(system_media), what ESXi takes and what is left for a datastore,
      in bytes; C(policy_script) and C(driver_script), what runs at the first start; C(left_out), switches of the policy that it does not set;
      C(problems) and C(warnings), sentences; C(summary), a line for people; C(preview), the script with a made-up hash.
  type: dict
"""


def install_profile(
    wish: t.Any, profiles: t.Any, root_password_hash: t.Any = "", serialnum: t.Any = "", bundles: t.Any = None, base_urls: t.Any = ()
) -> dict[str, t.Any]:
    """See DOCUMENTATION."""
    from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile.build import Given
    from ansible_collections.virtnet.hardening.plugins.plugin_utils._install_profile import host_plan

    for value, what in ((wish, "a host"), (profiles, "profiles")):
        if not isinstance(value, t.Mapping):
            raise AnsibleFilterError(f"install_profile takes {what} as a dictionary, not {type(value).__name__}.")
    answer = bundles if isinstance(bundles, t.Mapping) else {}
    given = Given(
        address=str(wish.get("address") or ""),
        root_password_hash=str(root_password_hash or ""),
        serialnum=str(serialnum or ""),
        bundles=answer.get("bundles"),
        driver_dir=str(wish.get("driver_dir") or ""),
        catalogue=wish.get("catalogue") or (),
        base_urls=base_urls or (),
    )
    return host_plan(wish, profiles, given).as_dict()


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by name."""
        return {"install_profile": install_profile}
