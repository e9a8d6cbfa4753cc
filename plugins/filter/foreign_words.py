# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that other tools have for options, in variables that a role gives to modules."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import foreign

DOCUMENTATION = r"""
name: foreign_words
short_description: Tells what options of other tools are called here
version_added: 0.5.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    The modules give such a hint themselves. A role's own check of its variables comes before them and knows no hints, so that the playbooks ask this
    filter first. C(docs/migration.md) of the collection has all words.
options:
  _input:
    description: The options of a module, or a list of such.
    type: raw
    required: true
  module:
    description: The module that is to take them.
    type: str
    choices: [linux_bridge, linux_bridge_fdb, linux_bridge_port, linux_bridge_vlan, virtual_link, linux_switch_policy, esxi_switch_policy]
    required: true
seealso:
  - plugin: virtnet.hardening.policy_document
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Ask before the role does
  ansible.builtin.debug:
    msg: "{{ [{'name': 'br0', 'ageingtime': 300}] | virtnet.hardening.foreign_words('linux_bridge') }}"
"""

RETURN = r"""
_value:
  description: A sentence for each such word, and for each boolean in place of a policy.
  type: list
  elements: str
  sample: ["ageingtime is nmcli's word; here it is ageing_time."]
"""

_MODULES = ("linux_bridge", "linux_bridge_fdb", "linux_bridge_port", "linux_bridge_vlan", "virtual_link", "linux_switch_policy", "esxi_switch_policy")


def _spec(module: str) -> dict[str, t.Any]:
    """The options that the module has."""
    # Imported when they are asked for: each worker of Ansible reads all filters of a collection for the one that it needs.
    from ansible_collections.virtnet.hardening.plugins.module_utils._linux import bridge, fdb, link, port, switch_policy, vlan
    from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy import intent as policy

    return dict(zip(_MODULES, (bridge.spec, fdb.spec, port.spec, vlan.spec, link.spec, switch_policy.spec, policy.spec)))[module]()


def foreign_words(items: t.Any, module: str) -> list[str]:
    """See DOCUMENTATION."""
    if module not in _MODULES:
        raise AnsibleFilterError(f"foreign_words: {module} is none of {', '.join(_MODULES)}.")
    spec = _spec(module)
    found = [hint for each in (items if isinstance(items, list) else [items]) if isinstance(each, t.Mapping) for hint in foreign.hints(each, spec)]
    return list(dict.fromkeys(found))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by name."""
        return {"foreign_words": foreign_words}
