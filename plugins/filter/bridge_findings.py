# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is weak about bridges, from what linux_bridge_info tells."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: bridge_findings
short_description: Lists what is weak about Linux bridges
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Takes what M(virtnet.hardening.linux_bridge_info) returns and lists what lets a guest sniff, forge or steal, by the rules of C(docs/findings.md).
  - >-
    A list without a finding says nothing of what was not looked at: show RV(virtnet.hardening.linux_bridge_info#module:not_looked_at) beside it, as the
    playbook C(audit) does.
  - >-
    Ports that are uplinks, lead to other switches of the host or end in the host itself are not judged, as learning and flooding are needed there;
    RV(virtnet.hardening.linux_bridge_info#module:bridges[].status.roles) lists them with the reason.
options:
  _input:
    description:
      - >-
        The result of M(virtnet.hardening.linux_bridge_info). Its RV(virtnet.hardening.linux_bridge_info#module:bridges) alone will do too, and is then
        judged without what is about the whole host.
    type: raw
    required: true
  guest_patterns:
    description: Shell patterns of the names of ports on which guests hang, whatever the module was told or found of them.
    type: list
    elements: str
  uplink_patterns:
    description: Shell patterns of the names of ports that are no guests', beside those that the module was told. They go before O(guest_patterns).
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Read the bridges
  virtnet.hardening.linux_bridge_info:
  register: result

- name: Show what is weak
  ansible.builtin.debug:
    msg: "{{ result | virtnet.hardening.bridge_findings }}"
"""

RETURN = r"""
_value:
  description:
    - A dictionary for each finding, the most severe first, with C(rule), C(severity) (C(high), C(medium) or C(low)), C(bridge) (empty for what is
      about the whole host), C(port) (empty for the bridge itself), C(finding), C(meaning) and C(remedy).
  type: list
  elements: dict
"""


def bridge_findings(answer: t.Any, guest_patterns: t.Sequence[str] | None = None, uplink_patterns: t.Sequence[str] | None = None) -> list[dict[str, t.Any]]:
    """See DOCUMENTATION."""
    from ansible_collections.virtnet.hardening.plugins.module_utils._linux import audit

    whole = answer if isinstance(answer, dict) else {"bridges": answer}
    if not isinstance(whole.get("bridges"), list) or (whole is answer and "table" not in whole):
        raise AnsibleFilterError(f"bridge_findings takes the result of linux_bridge_info or its list 'bridges', not {type(answer).__name__}.")
    try:
        return audit.judge(whole, audit.Names(guest_patterns, uplink_patterns or ()))
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(f"bridge_findings takes what linux_bridge_info returned; this lacks {error}.") from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by name."""
        return {"bridge_findings": bridge_findings}
