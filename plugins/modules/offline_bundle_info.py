#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: offline_bundle_info
short_description: Tell what is in an offline bundle or VIB of ESXi
version_added: 0.4.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Reads offline bundles (zip files with C(index.xml)) and single VIBs: names, versions, components, acceptance levels, PCI identifiers and the releases
    of ESXi that they are for. It needs no PowerCLI and no ESXi.
  - >-
    Every VIB of a bundle is compared with the digests in the bundle's metadata, every payload with those of its descriptor. What does not agree is
    refused, and so is what is truncated, expands without measure, leaves its folder or has an XML document type.
  - PCI identifiers are those of the driver maps within the payloads and of the software tags.
  - >-
    Signatures are not checked here; ESXi does so when it installs. An acceptance level is what the descriptor claims.
extends_documentation_fragment:
  - virtnet.hardening._attributes
attributes:
  check_mode:
    details:
      - The module changes nothing.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing.
  idempotent:
    details:
      - The module changes nothing.
  platform:
    details:
      - Any host with the file; the control node is one, by C(delegate_to) C(localhost).
options:
  paths:
    description: The files, each an offline bundle or a VIB.
    type: list
    elements: path
    required: true
    aliases: [path]
  pci_ids:
    description:
      - The devices that are to be served, for RV(bundles[].serves) and RV(unserved).
      - >-
        A list of identifiers as in V(8086:15f3), or the output of C(lspci -n), C(lspci -nn) or C(esxcli hardware pci list), as text or as a list of such
        texts. A subsystem or class may follow an identifier, as in V(15b3:101d 15b3:0016) or V(144d:a808 class 010802). Put identifiers in quotes.
      - Drivers for NVMe name a class, so the identifier alone does not find them.
    type: raw
  esxi_version:
    description: The release for RV(bundles[].fits), as in V(7.0 U3) or V(8.0). Put it in quotes.
    type: str
  checksums:
    description: >-
      The digest that a file must have, by its path or by its name without folders, as in V(sha256:623a44...) with all digits. The kind is sha512,
      sha256, sha1 or md5, and can be left out. Another digest makes the task fail.
    type: dict
    default: {}
  catalogue:
    description:
      - >-
        Entries for the catalogue of community drivers, which the page C(docs/drivers.md) shows. One with the name of a known entry takes its place. The
        fields are those of the same option of the lookup P(virtnet.hardening.driver_bundle#lookup).
      - A file with the name of an entry and another sha256 is refused.
    type: list
    elements: dict
    default: []
notes:
  - >-
    Payloads of ESXi 9 are compressed by zstd. The Python library C(zstandard), or Python 3.14, reads them; without, RV(bundles[].findings) says what
    could not be read. The digests of the compressed bytes are checked in any case.
  - Python 3.8 or later on the target; nothing else is needed.
  - Memory is bounded; the time is that of reading the file about twice.
seealso:
  - plugin: virtnet.hardening.driver_bundle
    plugin_type: lookup
  - module: virtnet.hardening.esxi_software
"""

EXAMPLES = r"""
---
- name: Make a file that is no bundle, for the last example
  ansible.builtin.copy:
    dest: /var/tmp/not-a-bundle.zip
    content: "This is no bundle.\n"
    mode: "0644"

- name: Look into the bundles that are there
  virtnet.hardening.offline_bundle_info:
    paths: "{{ query('ansible.builtin.fileglob', '/var/tmp/bundles/*.zip') }}"
  register: found

- name: Show what each bundle has
  ansible.builtin.debug:
    msg: "{{ item.path }}: {{ item.components | default(item.vibs, true) | map(attribute='name') | join(', ') }}, {{ item.acceptance_level }}"
  loop: "{{ found.bundles }}"
  loop_control:
    label: "{{ item.path }}"

- name: Ask whether they serve the devices of this host on ESXi 7.0
  virtnet.hardening.offline_bundle_info:
    paths: "{{ query('ansible.builtin.fileglob', '/var/tmp/bundles/*.zip') }}"
    pci_ids: |
      01:00.0 0108: 144d:a808 (rev 01) (prog-if 02)
      02:00.0 0200: 8086:15f3 (rev 03)
    esxi_version: "7.0 U3"

- name: See that a file is refused that is no bundle
  virtnet.hardening.offline_bundle_info:
    paths: [/var/tmp/not-a-bundle.zip]
    checksums:
      not-a-bundle.zip: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
  register: refused
  failed_when: "'not-a-bundle.zip' not in refused.msg"
"""

RETURN = r"""
---
bundles:
  description: Each file, in the order of O(paths).
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
    kind:
      description: V(offline_bundle) or V(vib).
      type: str
    size:
      description: Its bytes.
      type: int
    sha256:
      description: Its SHA-256.
      type: str
    md5:
      description: Its MD5, null on a host that forbids MD5.
      type: str
    catalogue:
      description: The name of the entry of the catalogue that it is, or null.
      type: str
    vendors:
      description: The vendors of the bundle, with C(name) and C(code).
      type: list
      elements: dict
    acceptance_level:
      description: The weakest acceptance level of its VIBs, V(community), V(partner), V(vmware_accepted) or V(vmware_certified).
      type: str
    vibs:
      description: The VIBs.
      type: list
      elements: dict
      contains:
        id:
          description: Vendor, type, name and version, as C(esxcli) shows it.
          type: str
        name:
          description: Its name.
          type: str
        version:
          description: Its version.
          type: str
        vendor:
          description: Its vendor.
          type: str
        type:
          description: V(bootbank), V(locker) or V(meta).
          type: str
        acceptance_level:
          description: The acceptance level that it claims.
          type: str
        signature:
          description: Whether it has a signature. It is not checked here.
          type: bool
        summary:
          description: What it is, in the words of its vendor.
          type: str
        release_date:
          description: When it was released.
          type: str
        depends:
          description: What it needs, as in C(vmkapi_2_6_0_0) or C(esx-version >= 7.0.0).
          type: list
          elements: str
        conflicts:
          description: What it can't be installed with.
          type: list
          elements: str
        replaces:
          description: What it takes the place of.
          type: list
          elements: str
        provides:
          description: What it provides.
          type: list
          elements: str
        platforms:
          description: The releases that it names, as in V(7.*).
          type: list
          elements: str
        esxi_least:
          description: The oldest release that its words allow, null if they don't say.
          type: str
        esxi_sdk:
          description: The release whose development kit it was built with, by the custom of version strings, or null.
          type: str
        tags:
          description: Its software tags.
          type: list
          elements: str
        maintenance_mode:
          description: Whether its installation needs maintenance mode.
          type: bool
        live_install:
          description: Whether it can be installed without a restart.
          type: bool
        live_remove:
          description: Whether it can be removed without a restart.
          type: bool
        payloads:
          description: >-
            Its payloads, with C(name), C(type), C(size) in bytes, C(encoding) (V(gzip), V(zstd) or empty), and the digests that were C(verified) and
            those that could not be (C(unverified)).
          type: list
          elements: dict
        drivers:
          description: The lines of its driver maps, with C(bus), C(id) and C(driver).
          type: list
          elements: dict
    bulletins:
      description: >-
        The bulletins, with C(id), C(component) (the name of the component that it is, or null), C(version), C(display_name), C(vendor), C(summary),
        C(vibs) and C(platforms).
      type: list
      elements: dict
    components:
      description: The components, with C(name) and C(version).
      type: list
      elements: dict
    profiles:
      description: The image profiles, with C(name), C(vendor) and C(acceptance_level).
      type: list
      elements: dict
    pci_ids:
      description: All PCI identifiers of its drivers.
      type: list
      elements: str
    fits:
      description: Whether it is for O(esxi_version), V(yes), V(no) or V(unknown). Null without it.
      type: str
    because:
      description: By which of its words. Null without O(esxi_version).
      type: str
    serves:
      description: >-
        The devices of O(pci_ids) that it has drivers for, with C(slot), C(pci_id), C(by) (the identifier in the driver map), C(driver), C(vib) and
        C(sure). That is false where it hangs on something that was not given, as a class without the programming interface.
      type: list
      elements: dict
    findings:
      description: What could not be read or checked, with C(vib), C(rule) and C(message).
      type: list
      elements: dict
  sample:
    - path: /var/tmp/bundles/bundle.zip
      kind: offline_bundle
      size: 3797
      sha256: 00ea4bc6c27bbc566582ea9937603151bc6dc482671772d71ed8983ae5e6560b
      md5: 8f9907bb6df31ec7ba680a33e606cc93
      catalogue: null
      vendors: [{name: "VMware, Inc.", code: VMW}]
      acceptance_level: vmware_certified
      vibs:
        - id: VMW_bootbank_igc-community_1.2.7.0-1vmw.700.1.0.15843807
          name: igc-community
          version: 1.2.7.0-1vmw.700.1.0.15843807
          vendor: VMW
          type: bootbank
          acceptance_level: vmware_certified
          signature: true
          summary: "igc-community: made up"
          release_date: "2022-03-01T00:00:00+00:00"
          depends: [vmkapi_2_6_0_0]
          conflicts: []
          replaces: []
          provides: []
          platforms: []
          esxi_least: "7.0"
          esxi_sdk: "7.0"
          tags: [driver, module]
          maintenance_mode: true
          live_install: false
          live_remove: false
          payloads:
            - {name: igccommu, type: vgz, size: 263, encoding: gzip, verified: [sha256 after gunzip, sha1 after gunzip, sha256], unverified: []}
          drivers:
            - {bus: pci, id: "8086:15f3", driver: igc-community}
            - {bus: pci, id: class 010802, driver: nvme_pcie}
            - {bus: pci, id: "15b3:101d 15b3:0016", driver: nmlx5_core}
      bulletins:
        - id: VMware-igc-community_1.2.7.0-1vmw.700.1.0.15843807
          component: VMware-igc-community
          version: 1.2.7.0-1vmw.700.1.0.15843807
          display_name: VMware-igc-community, made up
          vendor: VMW
          summary: Made up
          vibs: [VMW_bootbank_igc-community_1.2.7.0-1vmw.700.1.0.15843807]
          platforms: ["7.*"]
      components: [{name: VMware-igc-community, version: 1.2.7.0-1vmw.700.1.0.15843807}]
      profiles: []
      pci_ids: ["15b3:101d 15b3:0016", "8086:15f3", class 010802]
      fits: "yes"
      because: it is for ESXi 7.* and it needs vmkapi_2_6_0_0
      serves:
        - slot: "01:00.0"
          pci_id: "144d:a808"
          by: class 010802
          driver: nvme_pcie
          vib: VMW_bootbank_igc-community_1.2.7.0-1vmw.700.1.0.15843807
          sure: true
        - slot: "02:00.0"
          pci_id: "8086:15f3"
          by: "8086:15f3"
          driver: igc-community
          vib: VMW_bootbank_igc-community_1.2.7.0-1vmw.700.1.0.15843807
          sure: true
      findings: []
unserved:
  description: The devices of O(pci_ids) that no file serves, or only one that does not fit O(esxi_version). With C(slot) and C(pci_id).
  returned: success
  type: list
  elements: dict
  sample:
    - slot: "03:00.0"
      pci_id: "10ec:8168"
msg:
  description: What was found, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: 1 file with 1 VIB read, all digests right. 2 of 3 devices are served.
reason:
  description: >-
    The name of what is wrong with a file, one of V(acceptance-level), V(ar-header), V(compressed), V(descriptor), V(digest), V(duplicate), V(encrypted),
    V(incomplete), V(mismatch), V(no-index), V(no-vibs), V(not-ar), V(not-zip), V(path-traversal), V(size), V(too-large), V(truncated), V(undeclared),
    V(unknown), V(unreadable), V(xml), V(xml-depth), V(xml-entities) and V(zip-bomb).
  returned: when a file is refused
  type: str
  sample: digest
error_code:
  description: V(invalid) for a file that is refused and for options that can't be right.
  returned: failure
  type: str
  sample: invalid
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.file import answer_on_files
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.task import spec, work


def main() -> None:
    """Run the module."""
    answer_on_files(spec(), work)


if __name__ == "__main__":
    main()
