#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: esxi_vm_registration
short_description: Register the virtual machines that lie on datastores of ESXi hosts
version_added: 0.4.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    A fresh installation of ESXi that preserves its datastores (C(--preservevmfs)) has the files of all machines, and knows none of them. This
    module searches the datastores of one or many hosts for configuration files (C(.vmx)) and registers those that nobody has registered, through
    vCenter or on a standalone host.
  - >-
    Machines that are registered, templates, copies in hidden folders, files of which a folder has several, and datastores that can't be searched
    are left alone and reported with the reason.
  - Nothing is powered on, moved or written to the datastores.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._vsphere
  - virtnet.hardening._vsphere.hosts
  - virtnet.hardening._esxi_jobs
attributes:
  check_mode:
    details:
      - The names of machines are in their files, which are not read; whether a name is taken shows when it is registered.
  platform:
    description: The servers that the module works with.
    support: full
    platforms: vCenter Server and ESXi 6.5 or later
options:
  state:
    description:
      - >-
        V(present) registers what is found. V(absent) unregisters the host's machines that lie on O(datastores) and match O(names), but none that is not powered
        off; their files stay.
      - A host whose datastores can't all be read fails. Names and patterns that mean nothing on any host are told in a warning.
    type: str
    choices: [present, absent]
    default: present
  datastores:
    description:
      - >-
        Names or shell patterns of the datastores. A name that no chosen host has is an error. What equals the name of one is that one, though it would mean
        others as a pattern. Not given, all are searched.
      - A datastore that several of the chosen hosts have is searched by the first of them only.
    type: list
    elements: str
  names:
    description: >-
      Names or shell patterns of the configuration files without C(.vmx), which are the names that the machines were made with. Not given, all are
      registered. Needed for O(state=absent). What equals the name of one that any chosen host has is that one, though it would mean others as a pattern.
    type: list
    elements: str
  folder:
    description: >-
      The folder for machines that they are registered in, as a path below that of the datacenter, as in V(restored/lab). Not given, it is the datacenter's own.
    type: str
  resource_pool:
    description: The resource pool of the host or its cluster, by its name. Not given, it is the topmost.
    type: str
  search_timeout:
    description: Seconds within which one datastore must have been searched.
    type: int
    default: 600
notes:
  - A machine gets the name in its file (C(displayName)). If that is taken, the server refuses it, and it is reported.
  - >-
    When a machine is first powered on, ESXi may ask whether it was moved or copied. Moved is right after a new installation: its UUID and MAC addresses stay.
  - Datastores that a host sees but has not mounted, as copies of VMFS volumes, are not searched. Encrypted machines need their keys.
seealso:
  - module: virtnet.hardening.esxi_kickstart
  - name: RegisterVM_Task
    description: The call of the vSphere Web Services API that is used.
    link: https://developer.broadcom.com/xapis/vsphere-web-services-api/latest/vim.Folder.html#registerVm
"""

EXAMPLES = r"""
---
- name: See which machines would be registered on a host that was installed anew
  virtnet.hardening.esxi_vm_registration:
    esxi_hostname: esxi01.lab.example
  check_mode: true
  register: found

- name: Show what is left alone, and why
  ansible.builtin.debug:
    msg: "{{ found.hosts['esxi01.lab.example'].skipped }}"

- name: Register the machines on all local datastores of a cluster's hosts
  virtnet.hardening.esxi_vm_registration:
    cluster_name: cluster1
    datastores: ["datastore*", "local-*"]

- name: Take the machines of a test out of the inventory; their files stay
  virtnet.hardening.esxi_vm_registration:
    esxi_hostname: esxi01.lab.example
    state: absent
    datastores: ["datastore*"]
    names: ["test-*"]
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
      description: What was done and stays, and what got no answer and may still take effect. Only with RV(hosts.failed_step).
      type: list
      elements: str
    datastores:
      description: The datastores that were looked at by this host.
      type: list
      elements: str
    found:
      description: The configuration files that were found, as in C([datastore1] web/web.vmx).
      type: list
      elements: str
    skipped:
      description: >-
        What was left alone, with C(path), C(reason) (V(registered), V(duplicate), V(template), V(hidden), V(inaccessible), V(running) or V(unreadable), if it
        is not known whether it is meant or runs) and C(detail).
      type: list
      elements: dict
  sample:
    esxi01.lab.example:
      actions:
        - register [datastore1] web/web.vmx
      after:
        machines:
          '[datastore1] web/web.vmx': registered
      before:
        machines:
          '[datastore1] web/web.vmx': unregistered
      changed: true
      datastores:
        - datastore1
      failed: false
      found:
        - '[datastore1] vm01-1/vm01-1.vmx'
        - '[datastore1] web/web.vmx'
      msg: 1 step done and read back.
      skipped:
        - detail: it is registered as vm01-1
          path: '[datastore1] vm01-1/vm01-1.vmx'
          reason: registered
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
error_code:  # generated from docs/words/vsphere_error_codes.yml#registration
  description:
    - >-
      Of the session: V(login) for a wrong user or password, V(unreachable) for a server that can't be reached, V(certificate) for one that is not trusted,
      V(deadline) for one that does not answer in O(timeout), V(session_expired) for one that ended twice, V(permission) for a missing privilege, V(dependency)
      when pyVmomi is missing or unusable, V(backend) and V(fault) for other failures while reading: nothing was changed.
    - V(invalid) for what can't be right, or only in a way that was not allowed; nothing was changed on that host.
    - >-
      V(unreadable) where the server does not tell what has to be known of a host or object, as the user may not read it or a property is not set: nothing was
      changed there.
    - Of a host V(unreachable) too if it is disconnected or does not respond.
    - >-
      V(change_failed) when a step failed, with RV(hosts.cause), and V(not_in_effect) when the read-back shows something else than was asked for; what is to be
      known about the host then is in RV(hosts.undone) and RV(hosts.not_undone).
    - V(hosts_failed) if hosts failed for more than one of these reasons.
  returned: failure
  type: str
  sample: invalid
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.jobs import run_on_hosts
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.registration import jobs, request, spec


def main() -> None:
    """Run the module."""
    run_on_hosts(spec(), request, jobs)


if __name__ == "__main__":
    main()
