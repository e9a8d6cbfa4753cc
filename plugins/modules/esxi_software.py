#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: esxi_software
short_description: Manage components, VIBs and the acceptance level of ESXi hosts
version_added: 0.4.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Tells what is installed on one or many running hosts and their acceptance level, installs a bundle or VIB, and removes components and VIBs,
    through vCenter or on a standalone ESXi host.
  - >-
    The bundle is read and checked before anything else: its digests, its acceptance level, the releases that it is for, and whether it needs maintenance mode
    or a restart. What the host could not take, or only in a way that was not allowed, is refused before the first change, in check mode too.
  - >-
    A bundle with components is applied as such on 7.0 and later (C(esxcli software component apply)), else its VIBs are installed (C(esxcli
    software vib install)). Versions are compared; what is installed in the same or a newer version stays.
  - >-
    Maintenance mode is entered and left, and a host restarted, only where that was allowed; a host that was in maintenance mode stays there. The
    acceptance level is changed only by O(acceptance_level).
  - It is for drivers and tools. A bundle that has ESXi itself is refused, as is the removal of ESXi's own packages.
  - When a step fails, maintenance mode and acceptance level are taken back. ESXi itself installs a bundle wholly or not at all.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._vsphere
  - virtnet.hardening._vsphere.hosts
  - virtnet.hardening._esxi_jobs
attributes:
  check_mode:
    details:
      - Foretold from what the bundle and the host say of themselves. The host may still find that a package is missing that another one depends on.
  platform:
    description: The servers that the module works with.
    support: full
    platforms: vCenter Server and ESXi 6.5 or later
options:
  state:
    description:
      - V(present) installs O(bundle) if it is given. V(absent) removes O(names), or what O(bundle) has, in whatever version. A name that none of the hosts
        has is told in a warning.
      - Without O(bundle) and O(names) the module only tells what is there, and does what O(acceptance_level) and O(reboot) say.
    type: str
    choices: [present, absent]
    default: present
  bundle:
    description: >-
      An offline bundle (C(.zip)) or VIB (C(.vib)) on the host that runs the module, usually the control node. It is what
      M(virtnet.hardening.offline_bundle_info) reads.
    type: path
  location:
    description: >-
      Where each ESXi host finds the same file: an absolute path on the host, as in V(/vmfs/volumes/datastore1/driver.zip), or an http or https URL
      without a user. It must be there already. To install O(bundle), either this or O(datastore) is needed.
    type: str
  datastore:
    description:
      - >-
        Name or shell pattern of a datastore of each host that O(bundle) is uploaded to, if something is to be installed, and from which it is deleted again.
        The first that matches and is accessible is taken; what equals the name of one is that one. The user needs the privilege C(Datastore.FileManagement).
      - On vSAN files can't lie at the top of a datastore; use O(location) there.
    type: str
  checksum:
    description: The digest that O(bundle) must have, as in V(sha256:623a44...) with all digits; sha512, sha256, sha1 or md5.
    type: str
  catalogue:
    description: >-
      Entries for the catalogue of community drivers, as in M(virtnet.hardening.offline_bundle_info). A bundle with the name of an entry and
      another sha256 is refused.
    type: list
    elements: dict
    default: []
  names:
    description: Names of the components or VIBs that are to be removed, without versions. What is not there is no error. ESXi itself is not removed.
    type: list
    elements: str
    default: []
  acceptance_level:
    description:
      - The acceptance level that the host is to have. Not given, it stays as it is, and a bundle below it is refused.
      - >-
        V(community) lets packages be installed that nobody has signed, and breaks the rule ESXI-80-000133 of the STIG. None of the bundles of the
        catalogue needs it.
      - It is lowered before the installation and raised after it. A level above that of a package that stays is refused.
    type: str
    choices: [community, partner, vmware_accepted, vmware_certified]
  maintenance_mode:
    description: >-
      Allow the host to be put into maintenance mode where the change needs it, or where a package asks for it. It is taken out again. Machines
      that run must be moved by DRS or by you.
    type: bool
    default: false
  evacuate_powered_off_vms:
    description: Have vCenter move machines that are powered off too when the host enters maintenance mode.
    type: bool
    default: false
  reboot:
    description:
      - >-
        Allow the host to be restarted where the change needs it, or where a restart is due from before, and wait until it is back. It must be in
        maintenance mode, or O(maintenance_mode=true).
      - Without it, a change that needs a restart waits for one, and RV(hosts.reboot_required) is true.
    type: bool
    default: false
  maintenance_timeout:
    description: Seconds within which the host must have entered, or left, maintenance mode. After it, the attempt is taken back.
    type: int
    default: 1800
  install_timeout:
    description: Seconds that one command of esxcli may take.
    type: int
    default: 900
  reboot_timeout:
    description: Seconds within which a host that restarts must be back.
    type: int
    default: 1800
notes:
  - >-
    The typed calls of the API tell the packages and the acceptance level. None installs an offline bundle or knows components, so that is done by esxcli over
    the API, without SSH. This part of the API is not documented; it is what VMware's own tools use, and the user needs the privilege C(Host.Config.Settings).
  - >-
    Where a cluster is managed by one image (vSphere Lifecycle Manager), vCenter takes packages away again that the image does not have. Add the
    component to the image there.
  - >-
    The module trusts that the file at O(location) is that of O(bundle). ESXi checks the signatures of the packages, but those of the acceptance level
    V(community) have none.
seealso:
  - module: virtnet.hardening.offline_bundle_info
  - plugin: virtnet.hardening.driver_bundle
    plugin_type: lookup
  - name: HostImageConfigManager
    description: The calls of the vSphere Web Services API that are used.
    link: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.host.ImageConfigManager.html
"""

EXAMPLES = r"""
---
- name: See what is installed
  virtnet.hardening.esxi_software:
    all_hosts: true
  register: software

- name: Show the drivers that are no certified ones
  ansible.builtin.debug:
    msg: "{{ item.value.vibs | rejectattr('acceptance_level', 'equalto', 'vmware_certified') | map(attribute='name') }}"
  loop: "{{ software.hosts | dict2items }}"
  loop_control:
    label: "{{ item.key }}"

- name: Install a driver on all hosts of a cluster, with a restart if it needs one
  virtnet.hardening.esxi_software:
    cluster_name: cluster1
    bundle: /var/tmp/bundles/driver.zip
    datastore: "datastore*"
    maintenance_mode: true
    reboot: true

- name: Have a driver from where all hosts find it; a restart can wait
  virtnet.hardening.esxi_software:
    cluster_name: cluster1
    bundle: /var/tmp/bundles/driver.zip
    location: /vmfs/volumes/datastore1/drivers/driver.zip

- name: Remove it from one host
  virtnet.hardening.esxi_software:
    esxi_hostname: esxi01.lab.example
    state: absent
    bundle: /var/tmp/bundles/driver.zip
    maintenance_mode: true
    reboot: true

- name: Remove by name, and take no package below VMware's own levels any more
  virtnet.hardening.esxi_software:
    esxi_hostname: esxi01.lab.example
    state: absent
    names: [Partner-tool]
    acceptance_level: vmware_accepted
    maintenance_mode: true
"""

RETURN = r"""
---
hosts:
  description: What became of each host, by name.
  returned: when the hosts could be read
  type: dict
  contains:
    changed:  # generated from docs/words/job_results.yml
      description: Whether the host was changed, or would be in check mode; after a failure whether it is another one than before.
      type: bool
    failed:  # generated from docs/words/job_results.yml
      description: Whether the host failed.
      type: bool
    unreachable:  # generated from docs/words/job_results.yml
      description: Whether it is disconnected from vCenter or does not respond.
      type: bool
    verified:  # generated from docs/words/job_results.yml
      description: Whether the host was read again after a change, and is as it should be. False in check mode, and where nothing was to be done.
      type: bool
    actions:  # generated from docs/words/job_results.yml
      description: The steps in words, in their order; after a failure those that were planned.
      type: list
      elements: str
    before:  # generated from docs/words/job_results.yml
      description: What differs from RV(hosts.after) now.
      type: dict
    after:  # generated from docs/words/job_results.yml
      description: What it will be, the same in check mode. Missing after a failure.
      type: dict
    msg:  # generated from docs/words/job_results.yml
      description: What was done, or why it failed, in a sentence.
      type: str
    error_code:  # generated from docs/words/job_results.yml
      description: See RV(error_code). Only after a failure.
      type: str
    failed_step:  # generated from docs/words/job_results.yml
      description: The step that failed. Only with RV(hosts.error_code=change_failed) or RV(hosts.error_code=not_in_effect).
      type: str
    cause:  # generated from docs/words/job_results.yml
      description: The code of why it failed. Only with RV(hosts.error_code=change_failed).
      type: str
    undone:  # generated from docs/words/job_results.yml
      description: What was taken back. Only with RV(hosts.failed_step).
      type: list
      elements: str
    not_undone:
      description: >-
        What was done and stays, and a step of which the host has not said what became of it; after an installation without an answer nothing is taken back.
        Only with RV(hosts.failed_step).
      type: list
      elements: str
    esxi_version:
      description: The release of the host.
      type: str
    acceptance_level:
      description: The acceptance level, in check mode as it would be.
      type: str
    maintenance_mode:
      description: Whether the host is in maintenance mode.
      type: bool
    reboot_required:
      description: Whether a restart is due before all is in effect.
      type: bool
    vibs:
      description: The VIBs of the running system, with C(name), C(version), C(vendor) and C(acceptance_level). Only without O(bundle) and O(names).
      type: list
      elements: dict
    pending_vibs:
      description: The VIBs after a restart that is due, null if none is or it is not known. Only without O(bundle) and O(names).
      type: list
      elements: dict
    components:
      description: The components, with C(name) and C(version); null before 7.0 or if it is not known. Only without O(bundle) and O(names).
      type: list
      elements: dict
  sample:
    esxi01.lab.example:
      acceptance_level: partner
      actions:
        - enter maintenance mode
        - apply component VMware-igc-community 1.2.7.0-1vmw.700.1.0.15843807 (VMW_bootbank_igc-community_1.2.7.0-1vmw.700.1.0.15843807)
        - restart
        - leave maintenance mode
      after:
        vibs:
          igc-community: 1.2.7.0-1vmw.700.1.0.15843807
      before:
        vibs:
          igc-community: null
      changed: true
      esxi_version: 8.0 U2
      failed: false
      maintenance_mode: false
      msg: 4 steps done and read back.
      reboot_required: false
      unreachable: false
      verified: true
failed_hosts:  # generated from docs/words/host_results.yml
  description: The hosts that make the task fail.
  returned: with RV(hosts)
  type: list
  elements: str
  sample: []
unreachable_hosts:  # generated from docs/words/host_results.yml
  description: The hosts that are disconnected from vCenter or don't respond to it.
  returned: with RV(hosts)
  type: list
  elements: str
  sample: []
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: "1 of 2 hosts changed and read back."
error_code:  # generated from docs/words/vsphere_error_codes.yml#software
  description:
    - >-
      Of the session: V(login) for a wrong user or password, V(unreachable) for a server that can't be reached, V(certificate) for one that is not trusted,
      V(deadline) for one that does not answer in O(timeout), V(session_expired) for one that ended twice, V(permission) for a missing privilege, V(dependency)
      when pyVmomi is missing or unusable, V(backend) and V(fault) for other failures while reading: nothing was changed.
    - V(invalid) for what can't be right, or only in a way that was not allowed; nothing was changed on that host.
    - >-
      V(unreadable) where the server does not tell what has to be known of a host or object, as the user may not read it or a property is not set: nothing was
      changed there.
    - Of a host V(unreachable) too if it is disconnected or does not respond, V(esxcli) as RV(hosts.cause) where esxcli refused, with its words.
    - >-
      V(change_failed) when a step failed, with RV(hosts.cause), and V(not_in_effect) when the read-back shows something else than was asked for; what is to be
      known about the host then is in RV(hosts.undone) and RV(hosts.not_undone).
    - V(hosts_failed) if hosts failed for more than one of these reasons.
  returned: failure
  type: str
  sample: invalid
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.file import Disk
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.jobs import run_on_hosts
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.software import jobs, request, spec


def main() -> None:
    """Run the module."""
    run_on_hosts(spec(), lambda params: request(params, Disk().open), jobs)


if __name__ == "__main__":
    main()
