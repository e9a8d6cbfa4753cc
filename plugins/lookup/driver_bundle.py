# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which bundle of the catalogue makes a device work on a release of ESXi."""

from __future__ import annotations

DOCUMENTATION = r"""
name: driver_bundle
short_description: Tells which community driver bundle makes a device work on ESXi
version_added: 0.4.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Looks PCI devices up in the collection's catalogue of community drivers, and in entries of your own.
  - >-
    The catalogue, with versions, identifiers and digests, is the page C(docs/drivers.md). All its bundles are of the acceptance level
    V(vmware_certified), so none needs a host that is lowered to community.
  - Nothing is downloaded, and no host is asked. Whether ESXi has a driver of its own for a device that the catalogue does not name is not known here.
options:
  _terms:
    description:
      - >-
        PCI identifiers as in V(8086:15f3), the output of C(lspci -n), C(lspci -nn) or C(esxcli hardware pci list), or one of the kinds V(nvme),
        V(network) and V(usb_network). Put identifiers in quotes. Bundles for NVMe name a class, so give it, as in V(144d:a808 class 010802), or the line
        that C(lspci -n) prints.
    type: list
    elements: str
    required: true
  esxi_version:
    description:
      - The release, as in V(7.0 U3) or V(8.0). Put it in quotes.
    type: str
    required: true
  catalogue:
    description:
      - Entries of your own. One with the O(catalogue[].name) of a known entry takes its place.
    type: list
    elements: dict
    default: []
    vars:
      - name: virtnet_driver_catalogue
    suboptions:
      name:
        description: What the entry is called.
        type: str
        required: true
      file:
        description: The name of the bundle's file, without a folder.
        type: str
        required: true
      kind:
        description: What the devices are.
        type: str
        choices: [nvme, network, usb_network]
        required: true
      version:
        description: The version of the driver.
        type: str
        default: ""
      pci_ids:
        description: >-
          Identifiers as in V(8086:15f3), ranges of devices as in V(8086:15f2-15f8), classes as in V(class:010802).
        type: list
        elements: str
        default: []
      since:
        description: The first release that the bundle is for.
        type: str
        required: true
      before:
        description: The first release that the bundle is not for any more. Empty for none.
        type: str
        default: ""
      inbox_from:
        description: The first release that has the driver itself. Empty for none.
        type: str
        default: ""
      install:
        description: Whether it is installed as VIBs, as up to 6.7, or as a component, as from 7.0 on.
        type: str
        choices: [vib, component]
        required: true
      names:
        description: The VIBs or components that it brings.
        type: list
        elements: str
        default: []
      sha256:
        description: The SHA-256 of the file, in lower case.
        type: str
        required: true
      md5:
        description: The MD5 of the file, in lower case.
        type: str
        default: ""
      maintenance_mode:
        description: Whether the installation needs maintenance mode.
        type: bool
        default: true
      reboot:
        description: Whether the driver works only after a restart.
        type: bool
        default: true
      acceptance_level:
        description: The acceptance level of its VIBs.
        type: str
        default: vmware_certified
      note:
        description: What else is to be known.
        type: str
        default: ""
seealso:
  - module: virtnet.hardening.offline_bundle_info
"""

EXAMPLES = r"""
---
- name: Tell what an I225 network adapter needs on ESXi 7.0
  ansible.builtin.debug:
    msg: "{{ lookup('virtnet.hardening.driver_bundle', '8086:15f3', esxi_version='7.0 U3').msg }}"

- name: List the files for all devices of a host
  ansible.builtin.debug:
    msg: "{{ query('virtnet.hardening.driver_bundle', lspci, esxi_version='7.0') | map(attribute='bundles') | flatten | map(attribute='file') | unique }}"
  vars:
    lspci: |
      01:00.0 0108: 144d:a808 (rev 01) (prog-if 02)
      02:00.0 0200: 8086:15f3 (rev 03)

- name: Use a bundle that the catalogue does not have
  ansible.builtin.debug:
    msg: "{{ query('virtnet.hardening.driver_bundle', '1d6a:07b1', esxi_version='6.7') }}"
  vars:
    virtnet_driver_catalogue:
      - name: aquantia-6.7
        file: aquantia-offline_bundle.zip
        kind: network
        pci_ids: ["1d6a:07b1", "1d6a:00b1-00b2"]
        since: "6.7"
        before: "7.0"
        install: vib
        sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
"""

RETURN = r"""
_raw:
  description:
    - >-
      A dictionary for each device. C(pci_id) and C(slot) say which it is (null where it has none), C(esxi_version) for which release.
    - >-
      C(answer) is V(bundle) if the catalogue has one, V(inbox) if the release has the driver itself, V(other_release) if there are bundles for other
      releases only, V(unknown) if no entry names the device. C(msg) says it in a sentence.
    - >-
      C(bundles) are the entries, with C(name), C(file), C(kind), C(version), C(names), C(pci_ids), C(since), C(before), C(inbox_from), C(install),
      C(acceptance_level), C(maintenance_mode), C(reboot), C(sha256), C(md5) and C(note).
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.catalogue import answers
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError


class LookupModule(LookupBase):
    """Ansible's entry point."""

    def run(self, terms: list[t.Any], variables: dict[str, t.Any] | None = None, **kwargs: t.Any) -> list[dict[str, t.Any]]:
        """See DOCUMENTATION."""
        self.set_options(var_options=variables, direct=kwargs)
        try:
            return answers(terms, self.get_option("esxi_version"), self.get_option("catalogue"))
        except InputError as error:
            raise AnsibleLookupError(f"driver_bundle: {error.message.replace('pci_ids: ', '')}") from error
