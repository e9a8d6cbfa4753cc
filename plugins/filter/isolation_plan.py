# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which frames a check of isolation sends."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

DOCUMENTATION = r"""
name: isolation_plan
short_description: Plans the frames of a check of isolation
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Takes what M(virtnet.hardening.isolation_probe) with O(virtnet.hardening.isolation_probe#module:action=inspect) tells of each host, and returns
    the probes that each host has to send so that P(virtnet.hardening.isolation_verdict#filter) can judge what is expected.
  - Only frames that somebody judges are planned. A check that could prove nothing is told as a problem.
options:
  _input:
    description: The results of the module by host name. A host without a result is one that failed.
    type: dict
    required: true
  hosts:
    description: The names of all hosts of the check, in the order in which they send.
    type: list
    elements: str
    required: true
  policy:
    description:
      - >-
        What is expected: C(expect), C(overrides), C(isolated), C(controls) and C(repeat), each as the variable of the role
        P(virtnet.hardening.isolation_check#role) whose name ends so.
    type: dict
    default: {}
seealso:
  - plugin: virtnet.hardening.isolation_verdict
    plugin_type: filter
  - module: virtnet.hardening.isolation_probe
"""

EXAMPLES = r"""
- name: Show what guest1 would send
  vars:
    seen:
      guest1: {interface: {name: eth0, mac: "52:54:00:01:00:01"}, listeners: 0}
      guest2: {interface: {name: eth0, mac: "52:54:00:01:00:02"}, listeners: 0}
  ansible.builtin.debug:
    msg: "{{ (seen | virtnet.hardening.isolation_plan(['guest1', 'guest2'], {'repeat': 2})).rounds.guest1 }}"
"""

RETURN = r"""
_value:
  description:
    - >-
      C(problems), sentences that say why the check can't be made; C(rounds), for each host two lists of
      O(virtnet.hardening.isolation_probe#module:probes), the first of which all hosts send before any sends the second; C(frames), the number of frames
      of all hosts.
  type: dict
"""


def isolation_plan(inspected: t.Any, hosts: t.Any, policy: t.Any = None) -> dict[str, t.Any]:
    """See DOCUMENTATION."""
    from ansible_collections.virtnet.hardening.plugins.plugin_utils._isolation import Policy, plan

    if not isinstance(inspected, t.Mapping):
        raise AnsibleFilterError(f"isolation_plan takes the results of isolation_probe by host, not {type(inspected).__name__}.")
    try:
        return plan(list(hosts), inspected, Policy(policy or {}))
    except InputError as error:
        raise AnsibleFilterError(f"isolation_plan: {error.message}") from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by name."""
        return {"isolation_plan": isolation_plan}
