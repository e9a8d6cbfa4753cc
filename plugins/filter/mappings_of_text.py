# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents that come as text, in variables of playbooks."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.plugin_utils import _document_text as document_text

DOCUMENTATION = r"""
name: mappings_of_text
short_description: Reads a document that may come as text
version_added: 0.5.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    A text area of a survey of AWX gives text where a variable is a list of mappings, such as a policy document. This reads it, YAML or JSON, and says the
    line where it is neither. Lists are passed on as they are; null and an empty text are an empty list.
  - >-
    Other than C(from_yaml), it refuses a key that is there twice, and takes for text what YAML 1.1 has for numbers of base 60 and dates, as a MAC address
    can look like one.
  - The variables of roles are read so by themselves.
options:
  _input:
    description: A list of mappings, or text that holds one, alone or below the key O(within).
    type: raw
    required: true
  name:
    description: What the document is called where it is refused.
    type: str
    required: true
  within:
    description: The key below which a text may have the list.
    type: str
    default: ""
seealso:
  - plugin: virtnet.hardening.role_variables
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Show the names of the switches of a document that is text
  ansible.builtin.debug:
    msg: "{{ text | virtnet.hardening.mappings_of_text('text', within='switches') | map(attribute='name') }}"
  vars:
    text: |
      switches:
        - name: br0
          security: {promiscuous: reject}
"""

RETURN = r"""
_value:
  description: The list.
  type: list
  elements: dict
  sample: [{name: br0, security: {promiscuous: reject}}]
"""


def mappings_of_text(document: t.Any, name: str, within: str = "") -> t.Any:
    """See DOCUMENTATION."""
    if document is None:
        return []
    if not isinstance(document, str):
        return document
    try:
        return document_text.parse(document, name, document_text.LIST, within) if document.strip() else []
    except document_text.TextError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by name."""
        return {"mappings_of_text": mappings_of_text}
