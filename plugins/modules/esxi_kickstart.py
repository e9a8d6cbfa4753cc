#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: esxi_kickstart
short_description: Write or check the ks.cfg of an unattended installation of ESXi
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Writes a ks.cfg from options, checks an existing one, or takes an existing one over and writes it anew with other options.
  - >-
    The installer itself only warns about most mistakes and then installs something else: it leaves out commands and options that it does not know,
    cuts words off at an unquoted C(#), and lets C(--preservevmfs) win over C(--overwritevmfs). This module finds all of that, with line and remedy, and
    does not write a file that has an error.
  - >-
    The rules are those of the vendor's documentation and of the installers of ESXi 6.7 and 7.0. C(docs/kickstart.md) of the collection lists every
    command, option and rule.
extends_documentation_fragment:
  - ansible.builtin.files
  - virtnet.hardening._attributes
attributes:
  diff_mode:
    details:
      - Passwords, hashes, keys and licence keys are replaced by asterisks. Where only a hash differs, the diff says C(another one).
  idempotent:
    details:
      - A hash with another salt is another hash. Make it once and keep it in a vault.
options:
  path:  # generated from docs/words/file_options.yml#kickstart
    description:
      - The ks.cfg to write. Its folder must exist.
      - >-
        A symbolic link is followed if root or the user of the task made it. That of another user is refused, and so is a file of another user, or a folder on
        the way to it, in a folder where everybody may write, unless O(owner) is that user.
      - Without it nothing is written, and O(src) is checked.
    type: path
    aliases: [dest]
  src:
    description:
      - An existing ks.cfg on the same host, up to 16 MiB.
      - >-
        With O(path), every command that is not given as an option is taken from it; an option replaces all commands of its name. Unknown and deprecated
        commands and comments are not taken over; RV(dropped) has their lines.
      - A root password that is not a C($6$) hash is not taken over either. Give O(root_password_hash) then.
    type: path
  esxi_version:
    description:
      - The release that is installed, from 6.5 to 9.x, as in V(7.0 U1c), V(8.0.3) or V(9.0.1.0). Put it in quotes.
      - With it, options that the release does not have are errors.
    type: str
  secure_boot:
    description:
      - Whether the hosts start with UEFI Secure Boot, with which O(firstboot) does not run.
      - With V(true) O(firstboot) is an error, without an answer it is a warning.
    type: bool
  fail_on:
    description: From which severity on a finding makes the task fail, before anything is written.
    type: str
    choices: [error, warning, never]
    default: error
  backup:
    description: Keep a copy of the file that was there, with its time in its name. It is readable by its owner only.
    type: bool
    default: false
  accepteula:
    description: V(true) accepts the vendor's licence agreement. The installer needs it, for O(upgrade) too.
    type: bool
  root_password_hash:
    description:
      - >-
        The password of root as a SHA-512 crypt hash: C($6$), a salt of at most 16 characters, and 86 characters, as C(openssl passwd -6) makes it. Plain
        text is refused.
      - >-
        C(rounds=) is refused, by the installer too. Ansible's filter writes it with passlib unless told V(rounds=5000):
        C({{ password | password_hash('sha512', salt, rounds=5000) }}).
      - It is never shown in a log, diff or result. A file that has it gets mode V(0600).
    type: str
  install:
    description:
      - A fresh installation. Needs O(install.disk) or O(install.firstdisk).
      - O(install), O(installorupgrade) and O(upgrade) exclude each other.
    type: dict
    suboptions:
      disk: &disk
        description: >-
          The disk by its name, which begins with C(naa.), C(eui.), C(t10.), C(uuid.), C(mpx.) or C(vml.), or by its path below C(/vmfs/devices/disks/). What
          is neither is refused: the installer would stop there.
        type: str
      firstdisk: &firstdisk
        description:
          - >-
            The first disk that fits one of these filters, tried in order. A filter is V(local), V(localesx), V(remote), V(remoteesx), V(esx), V(usb), or
            exactly the vendor, model or driver of a disk, without regard to case. There are no patterns.
          - An empty list leaves the filters to the installer, which takes local disks, then those of the network.
        type: list
        elements: str
      ignoressd:
        description: Leave out SSDs. Only with O(install.firstdisk).
        type: bool
      overwritevmfs:
        description: Overwrite a VMFS datastore on the disk; all in it is lost. With one there and without this or O(install.preservevmfs), the installer stops.
        type: bool
      preservevmfs:
        description: >-
          Keep a VMFS datastore on the disk. Excludes O(install.overwritevmfs) and O(install.novmfsondisk), which the installer itself does not check.
        type: bool
      novmfsondisk:
        description: Make no VMFS datastore on the disk. With one there, O(install.overwritevmfs) is needed too.
        type: bool
      overwritevsan: &overwritevsan
        description: Needed if the disk is in a vSAN disk group, whose data is lost. If it is in none, the installer stops.
        type: bool
      ignoreprereqwarnings: &ignoreprereqwarnings
        description: Go on after warnings of the checks of the hardware.
        type: bool
      ignoreprereqerrors: &ignoreprereqerrors
        description: Go on after errors of the checks of the hardware.
        type: bool
      systemdisk:
        description: With a USB or SD device to start from, the local disk for ESX-OSData. Documented for 7.0 and later.
        type: str
      repartitionsystemdisk:
        description: Overwrite O(install.systemdisk) if it is not empty. Documented for 7.0 and later.
        type: bool
      forceunsupportedinstall:
        description: Install on a CPU that the release no longer supports. Documented for 7.0 and later.
        type: bool
      dpupcislots:
        description: PCI slots of the DPUs on which ESXi is installed too. Since 8.0.
        type: list
        elements: str
  installorupgrade:
    description: An upgrade where there is an ESXi on the disk, otherwise an installation. O(clearpart) and O(part) can't be used with it.
    type: dict
    suboptions:
      disk: *disk
      firstdisk: *firstdisk
      overwritevmfs:
        description: As in O(install.overwritevmfs).
        type: bool
      overwritevsan: *overwritevsan
      ignoreprereqwarnings: *ignoreprereqwarnings
      ignoreprereqerrors: *ignoreprereqerrors
      forcemigrate: &forcemigrate
        description: Upgrade although installed packages have no successor.
        type: bool
  upgrade:
    description: >-
      An upgrade of the ESXi on the disk, 6.0 or later. The commands for O(root_password_hash), O(network), O(keyboard), O(serialnum), O(clearpart) and
      O(part) are void with it.
    type: dict
    suboptions:
      disk: *disk
      firstdisk: *firstdisk
      diskbootedfrom:
        description: The disk from which the host was started (C(--diskBootedFrom)).
        type: bool
      savebootbank:
        description: The UUID of the boot bank to save.
        type: str
      deletecosvmdk:
        description: Delete the disk of the service console of ESX 4.
        type: bool
      ignoreprereqwarnings: *ignoreprereqwarnings
      ignoreprereqerrors: *ignoreprereqerrors
      forcemigrate: *forcemigrate
  clearpart:
    description: Remove the partitions of disks, before O(install). Each entry names disks in one way.
    type: list
    elements: dict
    suboptions:
      drives:
        description: These disks, each as in O(install.disk).
        type: list
        elements: str
      alldrives:
        description: Every disk that the host sees, those of the network too.
        type: bool
      ignoredrives:
        description: Every disk but these, each as in O(install.disk).
        type: list
        elements: str
      firstdisk: *firstdisk
      overwritevmfs:
        description: VMFS datastores on the disks are lost. Without it, the installer stops at a disk with one.
        type: bool
  part:
    description: Make a VMFS datastore on another disk than that of O(install), which must be empty or cleared.
    type: list
    elements: dict
    suboptions:
      name:
        description: The name of the datastore.
        type: str
        required: true
      ondisk:
        description: The disk, as in O(install.disk).
        type: str
      onfirstdisk:
        description: The first disk that fits, with filters as in O(install.firstdisk).
        type: list
        elements: str
  network:
    description: The network of the installed host. Without it, the host takes DHCP on the NIC that it started from.
    type: dict
    suboptions:
      bootproto:
        description: Whether the address comes by DHCP. The installer takes V(dhcp) if it is not given.
        type: str
        choices: [dhcp, static]
      device:
        description: The NIC, as V(vmnic0) or by its MAC address.
        type: str
      ip:
        description: The IPv4 address. Needed with V(static), and an error with V(dhcp), as are O(network.netmask) and O(network.gateway).
        type: str
      netmask:
        description: The netmask, as V(255.255.255.0). If it is missing, the installer guesses it from the class of the address.
        type: str
      gateway:
        description: The gateway, in the network of O(network.ip). If it is missing, the installer guesses it.
        type: str
      nameserver:
        description: One or two addresses. Ignored with V(dhcp).
        type: list
        elements: str
      hostname:
        description: The name of the host. Ignored with V(dhcp).
        type: str
      vlanid:
        description: The VLAN of the management network, 0 to 4095.
        type: int
      addvmportgroup:
        description: Whether the port group C(VM Network) is made. The installer makes it unless this is V(false).
        type: bool
  keyboard:
    description: The layout, as V(US Default) or V(Swiss German).
    type: str
  serialnum:
    description: The licence key. Without effect from 9.0 on. It is never shown.
    type: str
  paranoid:
    description: A warning stops the installer.
    type: bool
  dryrun:
    description: The installer checks the script and installs nothing.
    type: bool
  reboot:
    description: Restart the host at the end. Without it, the installer waits for somebody to press a key.
    type: bool
  noeject:
    description: With O(reboot=true), leave the CD in its drive.
    type: bool
  include:
    description: Other scripts that the installer reads, each as a URL or a path on the installer. Certificates of https are not checked.
    type: list
    elements: str
  pre:
    description: Scripts that run before the rest of the file is read. An exit code other than 0 stops the installer.
    type: list
    elements: dict
    suboptions:
      interpreter: &interpreter
        description: What runs the script, V(busybox) if it is not given.
        type: str
        choices: [busybox, python]
      script: &script
        description:
          - >-
            The script. No line of it may begin with C(%pre), C(%post), C(%firstboot), C(%packages), C(%vmlicense_text), C(%include) or C(include), whatever
            follows, as the installer would end the script there; indent such a line.
          - >-
            Put no secrets into it: everybody reads them who can read the file. What looks like one is a finding and hidden. As some that nobody knows may be
            among them, Ansible shows no script among the options (C(no_log)); the diff and RV(options) have scripts without what looks like a secret.
        type: str
        required: true
  post:
    description: Scripts that run after the installation.
    type: list
    elements: dict
    suboptions:
      interpreter: *interpreter
      timeout:
        description: Seconds after which the script is ended.
        type: int
      ignorefailure:
        description: Whether the installation counts as done when the script fails.
        type: bool
      script: *script
  firstboot:
    description: Scripts that run at the first start of the installed host. They do not with UEFI Secure Boot.
    type: list
    elements: dict
    suboptions:
      interpreter: *interpreter
      script: *script
notes:
  - >-
    O(mode) is V(0600) unless given where the file holds a hash, a password or a licence key, and one that lets the group or others read it is refused
    then. Let O(owner) be the user of the server that hands the file out.
  - >-
    A ks.cfg that is read over the network is not protected: the installer does not check the certificate of https, so that anybody on the
    way can read the hash and replace the script. Install in a network that you trust, or put the file on the medium.
  - Python 3.8 or later on the target; nothing else is needed.
seealso:
  - module: virtnet.hardening.esxi_boot_cfg
  - name: Installation and upgrade script commands
    description: The vendor's list of the commands.
    link: https://docs.vmware.com/en/VMware-vSphere/8.0/vsphere-esxi-installation/GUID-51BD0186-50BF-4D0D-8410-79F165918B16.html
"""

EXAMPLES = r"""
---
- name: Write a ks.cfg that installs on the first local disk
  virtnet.hardening.esxi_kickstart:
    path: /var/tmp/ks.cfg
    esxi_version: "8.0 U3"
    accepteula: true
    # Made with: openssl passwd -6. Keep yours in a vault.
    root_password_hash: "$6$vt.example$zLoioh89ARg1mToSVx8PcOhFK2pZRhGyTemUFLma.ukv9B23eKR79ceVFDHR7dDZtpbU/XyzyR6k3/.C5GsOK1"
    install:
      firstdisk: [local]
      overwritevmfs: true
    network:
      bootproto: static
      device: vmnic0
      ip: 192.0.2.11
      netmask: 255.255.255.0
      gateway: 192.0.2.1
      nameserver: [192.0.2.53]
      hostname: esx1.example.org
      vlanid: 10
      addvmportgroup: false
    keyboard: US Default
    reboot: true

- name: Make of it the script of another host
  virtnet.hardening.esxi_kickstart:
    src: /var/tmp/ks.cfg
    path: /var/tmp/ks-esx2.cfg
    network:
      bootproto: static
      device: vmnic0
      ip: 192.0.2.12
      netmask: 255.255.255.0
      gateway: 192.0.2.1
      nameserver: [192.0.2.53]
      hostname: esx2.example.org

- name: Check a ks.cfg for hosts with Secure Boot, and list what is wrong with it
  virtnet.hardening.esxi_kickstart:
    src: /var/tmp/ks.cfg
    esxi_version: "8.0 U3"
    secure_boot: true
    fail_on: never
  register: checked
"""

RETURN = r"""
---
path:
  description: The file.
  returned: success, with O(path)
  type: str
  sample: /var/tmp/ks.cfg
sha256:
  description: The SHA-256 of the file, in check mode of the one that would be written.
  returned: success, with O(path)
  type: str
  sample: a0b3954527f2f7f8630cb6a97231bf01d24610a878beccd05601367284e45ac5
findings:
  description: What is wrong with the file, by line. Of the written file with O(path), otherwise of O(src).
  returned: success, and when findings make the task fail
  type: list
  elements: dict
  contains:
    line:  # generated from docs/words/file_results.yml
      description: The line, from 1. 0 is the file as a whole.
      type: int
    severity:  # generated from docs/words/file_results.yml
      description: V(error), V(warning) or V(info).
      type: str
    rule:
      description: The name of the rule, as in C(docs/kickstart.md).
      type: str
    message:  # generated from docs/words/file_results.yml
      description: What is wrong.
      type: str
    remedy:  # generated from docs/words/file_results.yml
      description: What to do.
      type: str
    installer:
      description: What the installer itself does about it, V(stops), V(warns) or V(silent).
      type: str
  sample:
    - line: 4
      severity: error
      rule: unquoted-hash
      message: "an unquoted # cuts a word off, and all that follows is a comment"
      remedy: Put the word in quotes.
      installer: silent
options:
  description: What the file says, as options of this module, without O(root_password_hash) and O(serialnum). Passwords in scripts and URLs are asterisks.
  returned: success
  type: dict
  sample: {"accepteula": true, "install": {"firstdisk": ["local"], "overwritevmfs": true}, "reboot": true}
dropped:
  description: Lines of O(src) that RV(options) does not hold, as the installer does not know them or something else replaces them.
  returned: success
  type: list
  elements: int
  sample: [4]
backup_file:
  description: The copy of the file that was there.
  returned: with O(backup=true), when the file changed
  type: str
  sample: /var/tmp/ks.cfg.3607.2026-11-24@05:12:01~
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: /var/tmp/ks.cfg written.
error_code:  # generated from docs/words/file_results.yml
  description: V(invalid) for what can't be right. Nothing was written then.
  returned: failure
  type: str
  sample: invalid
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.file import run_on_files
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.task import EXCLUSIVE, ONE_OF, spec, work


def main() -> None:
    """Run the module."""
    run_on_files(spec(), work, mutually_exclusive=EXCLUSIVE, required_one_of=ONE_OF)


if __name__ == "__main__":
    main()
