# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it means who heard the frames of a check of isolation."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

DOCUMENTATION = r"""
name: isolation_verdict
short_description: Judges what hosts heard of one another
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Takes what M(virtnet.hardening.isolation_probe) returned on each host and compares it with what is expected, for each sender, listener and flow.
  - Silence counts only where it proves something. A host that returned nothing, heard nothing that it must hear, or lost frames is a violation itself.
options:
  _input:
    description:
      - >-
        By host name, C(listened), the result with O(virtnet.hardening.isolation_probe#module:action=listen), and C(sent), the list of the results with
        O(virtnet.hardening.isolation_probe#module:action=send).
    type: dict
    required: true
  hosts:
    description: The names of all hosts of the check, also of those that failed.
    type: list
    elements: str
    required: true
  run:
    description: The run's O(virtnet.hardening.isolation_probe#module:run). Results of other runs don't count.
    type: str
    required: true
  policy:
    description: The same as for P(virtnet.hardening.isolation_plan#filter).
    type: dict
    default: {}
seealso:
  - plugin: virtnet.hardening.isolation_plan
    plugin_type: filter
  - module: virtnet.hardening.isolation_probe
"""

EXAMPLES = r"""
- name: Judge two hosts of which one heard nothing
  vars:
    eth0: {name: eth0, mac: "52:54:00:01:00:01"}
    results:
      guest1:
        listened: {run: 4f1c09ab77de, interface: "{{ eth0 }}", promiscuous: true, dropped: 0, heard: []}
        sent: []
  ansible.builtin.debug:
    msg: "{{ (results | virtnet.hardening.isolation_verdict(['guest1', 'guest2'], '4f1c09ab77de')).violations }}"
"""

RETURN = r"""
_value:
  description:
    - >-
      C(run); C(flows), a dictionary for each sender, listener and flow with C(from), C(to), C(flow), C(expect), C(sent) and C(heard) (numbers of
      frames) and C(passed) (none if it is not judged or not known); C(violations), a sentence for each; C(lines), the flows as a table for people.
  type: dict
"""


def isolation_verdict(results: t.Any, hosts: t.Any, run: str, policy: t.Any = None) -> dict[str, t.Any]:
    """See DOCUMENTATION."""
    from ansible_collections.virtnet.hardening.plugins.plugin_utils._isolation import Policy, verdict

    if not isinstance(results, t.Mapping):
        raise AnsibleFilterError(f"isolation_verdict takes the results of isolation_probe by host, not {type(results).__name__}.")
    try:
        return verdict(list(hosts), results, Policy(policy or {}), run)
    except InputError as error:
        raise AnsibleFilterError(f"isolation_verdict: {error.message}") from error
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(f"isolation_verdict takes what isolation_probe returned; this lacks {error}.") from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by name."""
        return {"isolation_verdict": isolation_verdict}
