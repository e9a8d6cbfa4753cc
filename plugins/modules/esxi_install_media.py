#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: esxi_install_media
short_description: Make media for an unattended installation of ESXi
version_added: 0.4.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Makes an ISO that installs without questions, or a tree from which hosts start over the network, of the vendor's ISO or of a folder in which it is
    mounted or unpacked.
  - >-
    In an ISO, all but the added files and both copies of boot.cfg stays as it was. What it starts from (the El Torito records for BIOS and UEFI, and the
    system area with MBR and GPT) is compared with the vendor's before the new file takes its place.
  - >-
    Every path that a boot.cfg loads is looked up, scripts and boot.cfg are checked, and what can't work is refused before anything is written.
    C(docs/install-media.md) of the collection tells how hosts start from each medium.
extends_documentation_fragment:
  - ansible.builtin.files
  - virtnet.hardening._attributes
attributes:
  diff_mode:
    details:
      - Shows the texts (boot.cfg, ks.cfg, menus) and the digests of drivers, against those of the last run. Passwords, hashes and licence keys are asterisks.
  idempotent:
    details:
      - >-
        Unchanged input leaves the medium as it is. What went in and what came out is kept beside it, in C(.NAME.virtnet.json) for an ISO and in
        C(.virtnet-media.json) in a tree, readable by its owner only. Without that file an ISO is made again; the same input gives the same bytes.
options:
  src:
    description: The vendor's ISO, or a folder in which it is mounted or unpacked.
    type: path
    required: true
  dest:
    description:
      - >-
        With O(format=iso) the ISO to write, otherwise the folder that the server serves, which is made if it is missing. The folder around it must exist.
      - A file in the folder that this module did not write is never replaced or removed. The task fails if one is in the way.
      - >-
        A symbolic link that neither root nor the user of the task made is refused on the way to it, and so is what another user owns in a folder where
        everybody may write, a folder on the way too, unless O(owner) is that user.
    type: path
    required: true
  format:
    description:
      - V(iso) for a CD, virtual media or a datastore.
      - V(pxe) for TFTP, with UEFI and with BIOS; V(ipxe) for iPXE over http, with a script C(boot.ipxe); V(http) for the HTTP boot of UEFI.
    type: str
    choices: [iso, pxe, ipxe, http]
    default: iso
  hosts:
    description:
      - >-
        The hosts that are installed. On media of the network each gets C(01-MAC/boot.cfg), and a host that nobody named gets a C(boot.cfg) that asks
        questions, so that it is not installed by mistake.
      - With O(format=iso) one at most.
    type: list
    elements: dict
    suboptions:
      name:
        description: Its name, of letters, digits and C(._-), which becomes the name of its script.
        type: str
        required: true
      mac:
        description: The MAC address of the NIC from which it starts. Needed on media of the network.
        type: str
      kickstart:
        description: As O(kickstart), for this host. A script of the host replaces the common one, in whatever way either is given.
        type: path
      kickstart_content:
        description: As O(kickstart_content), for this host.
        type: str
      ks_url:
        description: As O(ks_url), for this host.
        type: str
      kernel_options:
        description: As O(kernel_options), for this host. The names of both are merged; this one wins.
        type: dict
        aliases: [kernelopt]
      kernel_options_absent:
        description: As O(kernel_options_absent), for this host. The names of both are merged; this one wins.
        type: list
        elements: str
      system_media_size:
        description: As O(system_media_size), for this host.
        type: str
        choices: [min, small, default, max]
      memory:
        description: As O(memory), for this host.
        type: bytes
      disk_size:
        description: As O(disk_size), for this host.
        type: bytes
      title:
        description: As O(title), for this host.
        type: str
      timeout:
        description: As O(timeout), for this host.
        type: int
  kickstart:
    description:
      - The ks.cfg on the same host, up to 16 MiB, as M(virtnet.hardening.esxi_kickstart) writes it. It is checked as that module does.
      - >-
        With O(format=iso) it is put at C(/KS.CFG) and C(ks=cdrom:/KS.CFG) replaces C(cdromBoot). On other media it is put at C(ks/NAME.cfg), and C(ks=)
        is its URL below O(base_url), unless O(ks_url) says otherwise.
      - On media of the network it is for O(hosts) that have no script of their own, and without O(hosts) for whatever starts from the medium.
    type: path
  kickstart_content:
    description: The same as text. Excludes O(kickstart).
    type: str
  ks_url:
    description:
      - >-
        The URL by which the installer reads the script (C(ks=)), in place of the one that follows from O(format) and O(base_url): http, https, ftp, nfs,
        C(usb:/PATH), C(file:///PATH) or C(cdrom:/PATH).
      - The installer does not check certificates of https.
    type: str
  kernel_options:
    description: Options of the kernel as in M(virtnet.hardening.esxi_boot_cfg). C(ks) and, on media of the network, C(cdromBoot) are refused.
    type: dict
    aliases: [kernelopt]
  kernel_options_absent:
    description: Names of options of the kernel that are to be gone.
    type: list
    elements: str
  system_media_size:
    description: How much of the boot disk ESXi takes for itself, with the rules of M(virtnet.hardening.esxi_boot_cfg).
    type: str
    choices: [min, small, default, max]
  memory:
    description:
      - The host's memory, for the rules of O(system_media_size), in bytes or as in V(512GB). Less than ESXi runs with, as 1024 without a unit, is refused.
    type: bytes
  disk_size:
    description: The size of the boot disk, for what remains for a datastore, in bytes or as in V(80GB). At least 32 GB.
    type: bytes
  title:
    description: What the boot loader shows.
    type: str
  timeout:
    description: Seconds that the boot loader waits for a key, 0 to 2147483647.
    type: int
  base_url:
    description:
      - The http or https URL under which O(dest) is served, in ASCII and without user and password. Needed with V(http) and V(ipxe).
      - >-
        With V(pxe) it is needed for scripts without O(ks_url), as the installer does not read them by TFTP, and for O(drivers). Let a web server serve the
        same folder.
    type: str
  tftp_path:
    description: The path of O(dest) below the folder of the TFTP server, with O(format=pxe). Empty if it is that folder itself.
    type: str
  pxelinux:
    description:
      - >-
        The C(pxelinux.0) of SYSLINUX 3.86, for the BIOS, with V(pxe) and V(ipxe). The vendor supports this release only; from 5.00 on it is refused. Not on
        the vendor's medium.
      - Without it, the tree starts hosts by UEFI only, until you put the file there. Of a medium of ESX 9, files for the BIOS are made with it only, and
        warned about, as hosts of 9 are to start by UEFI.
    type: path
  drivers:
    description:
      - Offline bundles or VIBs on the same host that are put onto the medium, for C(%post) and C(%firstboot).
      - >-
        On an ISO they are C(/DRIVERS/01.ZIP), C(/DRIVERS/02.ZIP) and so on in this order, as plain ISO 9660 has no long names, otherwise
        C(drivers/) and their own name.
      - A driver without which the installer finds no disk or no NIC does not help there; it must be in the vendor's image itself.
    type: list
    elements: path
    default: []
  volume_id:
    description: >-
      The name of the ISO's volume, 1 to 32 letters, digits and C(_.-). That of the vendor's ISO if it is not given, V(ESXI) if O(src) is a folder.
    type: str
  esxi_version:
    description: >-
      The release, as in V(7.0 U1c), V(8.0) or V(9.0.1.0). Put it in quotes. Without it the medium tells it: C(build=) of the vendor's boot.cfg, or where that
      is empty, as up to 6.7, C(upgrade/metadata.xml). With both they must be the same, as far as it is said: V(8.0) is any of its updates, V(8.0 U3) is one.
    type: str
  secure_boot:
    description: Whether the hosts start with UEFI Secure Boot, with which C(%firstboot) does not run.
    type: bool
  fail_on:
    description: From which severity on a finding in a script or boot.cfg makes the task fail, before anything is written.
    type: str
    choices: [error, warning, never]
    default: error
  log_path:
    description: >-
      A file to which lines about the progress are appended, one a second at most: a task has no output before it ends. Look at it with C(tail -f).
    type: path
notes:
  - xorriso is needed for ISOs, those of O(src) included (Debian, Ubuntu, Fedora and RHEL have it as C(xorriso)).
  - >-
    What holds a secret gets mode V(0600): the ISO with a hash in its script, and scripts in a tree, for which O(owner) is to be the user of the web server.
    Without it, a warning says that no web server can read them. O(mode) is that of the other files of a tree.
  - >-
    A medium that starts by the BIOS alone is warned about, and refused where hosts would start by UEFI only.
  - >-
    Media of the network are not protected: certificates of https are not checked by the installer, so that anybody on the way can read the hash and
    replace the script. Install in a network that you trust, or by an ISO.
  - A run that is interrupted leaves the old ISO, and nothing else. A new one takes its place only when it is whole.
  - Python 3.8 or later on the target.
seealso:
  - module: virtnet.hardening.esxi_kickstart
  - module: virtnet.hardening.esxi_boot_cfg
  - name: Create an installer ISO image with a custom installation or upgrade script
    description: The vendor's way to do it by hand.
    link: https://docs.vmware.com/en/VMware-vSphere/8.0/vsphere-esxi-installation/GUID-C03EADEA-A192-4AB4-9B71-9256A9CB1F9C.html
"""

EXAMPLES = r"""
---
- name: An ISO that installs one host without questions
  virtnet.hardening.esxi_install_media:
    src: /var/tmp/esxi.iso
    dest: /var/tmp/esx1.iso
    kickstart: /var/tmp/ks.cfg
    system_media_size: min
    memory: 128GB
    disk_size: 80GB
    log_path: /var/tmp/esx1.iso.log

- name: A tree for three hosts that start by the HTTP boot of UEFI
  virtnet.hardening.esxi_install_media:
    src: /var/tmp/esxi.iso
    dest: /var/tmp/http
    format: http
    base_url: http://192.0.2.1/esxi-8.0u3
    kickstart: /var/tmp/ks.cfg
    hosts:
      - name: esx1
        mac: "52:54:00:00:00:01"
      - name: esx2
        mac: "52:54:00:00:00:02"
        kernel_options:
          vlanid: 7
      - name: esx3
        mac: "52:54:00:00:00:03"
        system_media_size: small

- name: A tree for TFTP, with the script of the host on a web server
  virtnet.hardening.esxi_install_media:
    src: /var/tmp/esxi.iso
    dest: /var/tmp/tftp
    format: pxe
    hosts:
      - name: esx1
        mac: "52:54:00:00:00:01"
        ks_url: http://192.0.2.1/ks/esx1.cfg
"""

RETURN = r"""
---
dest:
  description: The ISO or folder.
  returned: success
  type: str
  sample: /var/tmp/esx1.iso
format:
  description: As given.
  returned: success
  type: str
  sample: iso
esxi_version:
  description: The release of the installer, null if the medium does not tell it.
  returned: success
  type: str
  sample: 8.0 U3
hosts:
  description: The hosts, on media of the network with one at the end, without a name, for all others.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: As given, or null.
      type: str
    boot_cfg:
      description: The paths of its boot.cfg on the medium.
      type: list
      elements: str
    ks:
      description: What C(ks=) says, null for an installation with questions.
      type: str
    kernel_options:
      description: All options of the kernel, in order.
      type: list
      elements: str
    system_media:
      description: What O(system_media_size) means, as M(virtnet.hardening.esxi_boot_cfg) returns it. Null without it.
      type: dict
  sample:
    - name: null
      boot_cfg: [/BOOT.CFG, /EFI/BOOT/BOOT.CFG]
      ks: cdrom:/KS.CFG
      kernel_options: [runweasel, "ks=cdrom:/KS.CFG", systemMediaSize=min]
      system_media: {"size": "min", "system_bytes": 34628173824, "datastore_bytes": 51271172096}
drivers:
  description: The bundles, in order.
  returned: success
  type: list
  elements: dict
  contains:
    src:
      description: The file that was given.
      type: str
    path:
      description: Where it is on the medium.
      type: str
    url:
      description: Its URL, null on an ISO or without O(base_url).
      type: str
    sha256:
      description: Its SHA-256.
      type: str
  sample:
    - src: /var/tmp/Net-Community-Driver_1.2.7.0-1vmw.700.1.0.15843807_19480755.zip
      path: /DRIVERS/01.ZIP
      url: null
      sha256: 58cdd0283cc04bdc12f23567b1b4eaaa48f6e0e8c1357e5343ba7ce01a87d981
uefi:
  description: The boot loader for UEFI, null if the vendor's medium has none.
  returned: success, with media of the network
  type: str
  sample: mboot.efi
bios:
  description: The boot loader for the BIOS, null without O(pxelinux).
  returned: success, with media of the network
  type: str
  sample: pxelinux.0
ipxe:
  description: The script for iPXE, null with other formats.
  returned: success, with media of the network
  type: str
  sample: boot.ipxe
written:
  description: The files of the tree that are new or changed.
  returned: success, with media of the network
  type: list
  elements: str
  sample: [01-52-54-00-00-00-01/boot.cfg, ks/esx1.cfg]
removed:
  description: The files of the tree that were removed, as no host needs them any more.
  returned: success, with media of the network
  type: list
  elements: str
  sample: [01-52-54-00-00-00-02/boot.cfg, ks/esx2.cfg]
findings:
  description: What the installer or boot loader takes otherwise than it was meant, by file and line.
  returned: success, and when findings make the task fail
  type: list
  elements: dict
  contains:
    path:
      description: The script, or the boot.cfg on the medium. Missing when the task fails.
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
      description: What the installer or boot loader does about it, V(stops), V(warns) or V(silent).
      type: str
  sample:
    - path: 01-52-54-00-00-00-01/boot.cfg
      line: 6
      severity: warning
      rule: ks-unprotected
      message: "ks= is read over http: anybody on the way can read and replace the script and the hash in it"
      remedy: Use it in a network that you trust, or put the script on the medium.
      installer: silent
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: /var/tmp/esx1.iso written.
error_code:
  description: >-
    V(invalid) for what can't be right, V(missing_tool), V(no_space), V(busy) if another run writes the same medium, V(interrupted), or V(failed). Nothing was
    changed then, unless RV(msg) says otherwise.
  returned: failure
  type: str
  sample: invalid
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.media import run_on_media


def main() -> None:
    """Run the module."""
    run_on_media()


if __name__ == "__main__":
    main()
