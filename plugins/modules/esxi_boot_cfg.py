#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: esxi_boot_cfg
short_description: Manage the boot.cfg of ESXi and its installer
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Changes options of the kernel, modules, prefix, title and timeout in an existing boot.cfg, or in both copies of an installer's tree.
  - >-
    The file is read as the boot loader reads it: keys match by their beginning and in any case, the last line of a key counts, a blank before C(=) makes a key
    unknown, and a C(---) splits modules even within a name. Everything that is not to be changed keeps every byte, line ends too.
  - What the boot loader would read otherwise than it was meant is reported, and errors make the task fail before anything is written.
extends_documentation_fragment:
  - ansible.builtin.files
  - virtnet.hardening._attributes
attributes:
  diff_mode:
    details:
      - Passwords in URLs are replaced by asterisks.
options:
  path:  # generated from docs/words/file_options.yml#boot_cfg
    description:
      - A boot.cfg, or the top folder of an installer's tree.
      - In a folder, C(boot.cfg) (for the BIOS) and C(efi/boot/boot.cfg) (for UEFI) are both changed, in whatever case they are written.
      - >-
        A symbolic link is followed if root or the user of the task made it. That of another user is refused, and so is a file of another user, or a folder on
        the way to it, in a folder where everybody may write, unless O(owner) is that user.
    type: path
    required: true
  kernel_options:
    description:
      - Options of the kernel (C(kernelopt=)) that are to be there, as names and values. A name without a value, or with V(true), is a word of its own.
      - One that is there keeps its place and gets the value; a new one goes to the end. Names are compared with their case, as by ESXi.
      - Values have no blanks or quotes.
      - >-
        C(ks) with a password in its URL is refused, and hidden wherever Ansible shows the options. Other values are shown: put no secrets into them, as
        everybody reads them who can read the file.
    type: dict
    default: {}
  kernel_options_absent:
    description: Names of options of the kernel that are to be gone, with whatever value.
    type: list
    elements: str
    default: []
  modules_present:
    description: Modules that are to be loaded, each as a path, which options of the module may follow. New ones go to the end.
    type: list
    elements: str
    default: []
  modules_absent:
    description: Paths of modules that are not to be loaded.
    type: list
    elements: str
    default: []
  relative_paths:
    description: >-
      Remove the slash before the path of the kernel and of each module, so that O(prefix) counts. This is needed for booting over the network.
    type: bool
    default: false
  prefix:
    description:
      - The folder or URL that goes before every path that has no slash at its beginning. A slash at its end is left out. Empty for none.
      - >-
        It has no blanks, which the boot loader removes. With it, the path and the options of each module must stay below 256 bytes, those of the kernel below
        4096, and paths that begin with a slash don't get it, see O(relative_paths).
    type: str
  title:
    description: What the boot loader shows. Repeated blanks count as one.
    type: str
  timeout:
    description: Seconds that the boot loader waits for a key, 0 to 2147483647. It waits for 5 if the file does not say.
    type: int
  system_media_size:
    description:
      - >-
        How much of the boot disk ESXi takes for itself (C(systemMediaSize=)). V(min) is 33 GB, V(small) 69 GB, V(default) 138 GB, V(max) the whole disk.
      - >-
        Since 7.0 U1c; refused for an earlier release, for which the error names the alternative. ESX 9 documents V(default) and V(max) only, so the
        others are warned about there.
      - A host with 1 TB of memory or more must not use V(min), with 512 GB or more it is warned about; see O(memory).
    type: str
    choices: [min, small, default, max]
  esxi_version:
    description:
      - The release, for O(system_media_size), as in V(7.0 U1c), V(8.0) or V(9.0.1.0). Put it in quotes.
      - >-
        Without it, C(build=) of the file tells it, which installers of the vendor have since 7.0, and otherwise C(upgrade/metadata.xml) of its tree. With both
        they must be the same, as far as it is said: V(8.0) is any of its updates, V(8.0 U3) is one.
    type: str
  memory:
    description: >-
      The host's memory, for the rules of O(system_media_size), in bytes or as in V(512GB). 1 GB counts 1073741824 bytes. Less than ESXi runs with, as 1024
      without a unit, is refused.
    type: bytes
  disk_size:
    description: >-
      The size of the boot disk, for what remains for a datastore with O(system_media_size), in bytes or as in V(80GB). 1 GB counts 1073741824
      bytes. At least 32 GB.
    type: bytes
  fail_on:
    description: From which severity on a finding in the changed file makes the task fail, before anything is written.
    type: str
    choices: [error, warning, never]
    default: error
  backup:
    description: Keep a copy of each file that changes, with its time in its name.
    type: bool
    default: false
notes:
  - The boot loader loads all modules before it starts the kernel, and a path that is missing stops it. Paths are not looked up here.
  - >-
    A script that C(ks=) names by https is not protected: the installer does not check the certificate.
  - Python 3.8 or later on the target; nothing else is needed.
seealso:
  - module: virtnet.hardening.esxi_kickstart
  - name: About the boot.cfg file
    description: The vendor's description of the keys.
    link: https://docs.vmware.com/en/VMware-vSphere/8.0/vsphere-esxi-upgrade/GUID-341A83E4-2A6C-4FB9-BE30-F1E19D12947F.html
"""

EXAMPLES = r"""
---
- name: Have a boot.cfg, as it is on the vendor's medium
  ansible.builtin.copy:
    dest: /var/tmp/boot.cfg
    mode: "0644"
    force: false
    content: |
      bootstate=0
      title=Loading ESXi installer
      timeout=5
      prefix=
      kernel=/b.b00
      kernelopt=runweasel cdromBoot
      modules=/jumpstrt.gz --- /useropts.gz --- /k.b00
      build=8.0.3-0.0.24022510
      updated=0

- name: Install from the network with a script, and leave room for a datastore
  virtnet.hardening.esxi_boot_cfg:
    path: /var/tmp/boot.cfg
    kernel_options:
      ks: http://192.0.2.1/esx1/ks.cfg
      netdevice: "52:54:00:12:34:56"
    kernel_options_absent: [cdromBoot]
    relative_paths: true
    prefix: http://192.0.2.1/esxi-8.0u3
    system_media_size: min
    memory: 128GB
    disk_size: 80GB

- name: Start without waiting
  virtnet.hardening.esxi_boot_cfg:
    path: /var/tmp/boot.cfg
    timeout: 0
"""

RETURN = r"""
---
files:
  description: Each file as the boot loader reads it, in check mode as it would be.
  returned: success
  type: list
  elements: dict
  contains:
    path:
      description: The file.
      type: str
    changed:
      description: Whether its content changed.
      type: bool
    sha256:
      description: The SHA-256 of its content.
      type: str
    title:
      description: What the boot loader shows.
      type: str
    prefix:
      description: The prefix, empty for none.
      type: str
    timeout:
      description: Seconds, or null if the file is invalid.
      type: int
    kernel:
      description: The path of the kernel.
      type: str
    kernel_options:
      description: The options of the kernel, in order.
      type: list
      elements: str
    modules:
      description: The modules, in order.
      type: list
      elements: str
    esxi_version:
      description: The release that C(build=) tells, or null.
      type: str
  sample:
    - path: /var/tmp/boot.cfg
      changed: true
      sha256: 0368b499a17f4869c93442cf573df188d66f1328864589dd6ac194c71b226afa
      title: Loading ESXi installer
      prefix: http://192.0.2.1/esxi-8.0u3
      timeout: 0
      kernel: b.b00
      kernel_options: [runweasel, "ks=http://192.0.2.1/esx1/ks.cfg", "netdevice=52:54:00:12:34:56", systemMediaSize=min]
      modules: [jumpstrt.gz, useropts.gz, k.b00]
      esxi_version: 8.0 U3
findings:
  description: What the boot loader or the installer takes otherwise than it was meant, by file and line.
  returned: success, and when findings make the task fail
  type: list
  elements: dict
  contains:
    path:
      description: The file. Missing when the task fails.
      type: str
    line:  # generated from docs/words/file_results.yml
      description: The line, from 1. 0 is the file as a whole.
      type: int
    severity:  # generated from docs/words/file_results.yml
      description: V(error), V(warning) or V(info).
      type: str
    rule:  # generated from docs/words/file_results.yml
      description: The name of the rule.
      type: str
    message:  # generated from docs/words/file_results.yml
      description: What is wrong.
      type: str
    remedy:  # generated from docs/words/file_results.yml
      description: What to do.
      type: str
    installer:
      description: What the boot loader does about it, V(stops) or V(silent).
      type: str
  sample:
    - path: /var/tmp/boot.cfg
      line: 6
      severity: warning
      rule: ks-unprotected
      message: "ks= is read over http: anybody on the way can read and replace the script and the hash in it"
      remedy: Use it in a network that you trust, or put the script on the medium.
      installer: silent
system_media:
  description: What O(system_media_size) means. Null without it. The bytes are null without O(disk_size).
  returned: success
  type: dict
  contains:
    size:
      description: The size by its name.
      type: str
    system_bytes:
      description: Bytes of the disk that ESXi takes.
      type: int
    datastore_bytes:
      description: Bytes that remain for a datastore, 0 if there will be none.
      type: int
  sample: {"size": "min", "system_bytes": 34628173824, "datastore_bytes": 51271172096}
backup_file:
  description: The copy of the file that was there, a list if there are two.
  returned: with O(backup=true), when a file changed
  type: raw
  sample: /var/tmp/boot.cfg.3641.2026-11-24@05:12:02~
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: /var/tmp/boot.cfg written. 1 finding.
error_code:  # generated from docs/words/file_results.yml
  description: V(invalid) for what can't be right. Nothing was written then.
  returned: failure
  type: str
  sample: invalid
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.file import run_on_files
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.task import spec, work


def main() -> None:
    """Run the module."""
    run_on_files(spec(), work)


if __name__ == "__main__":
    main()
