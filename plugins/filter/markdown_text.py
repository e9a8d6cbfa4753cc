# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that others chose, for a page in Markdown."""

from __future__ import annotations

import typing as t

from ansible_collections.virtnet.hardening.plugins.plugin_utils._markdown import inline

DOCUMENTATION = r"""
name: markdown_text
short_description: Writes text so that a reader of Markdown shows it as it is
version_added: 0.5.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Names of guests, ports and port groups are chosen by others. In a page they must not add a cell to a table, a link or HTML: every sign of CommonMark, and
    of GitHub's tables, struck text and mathematics, gets a backslash, and what can't be printed, a line feed too, is shown as in C(\x0a).
  - For a part of a line, a cell or an item of a list. Give it each value, and not the line that holds them.
options:
  _input:
    description: The text, or anything that has one.
    type: raw
    required: true
seealso:
  - plugin: virtnet.hardening.bridge_findings
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show a name in a table
  ansible.builtin.debug:
    msg: "| {{ 'web1 | **reject** <b>' | virtnet.hardening.markdown_text }} |"
"""

RETURN = r"""
_value:
  description: The text with backslashes, in one line.
  type: str
  sample: web1 \| \*\*reject\*\* \<b\>
"""


def markdown_text(value: t.Any) -> str:
    """See DOCUMENTATION."""
    return inline(value)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """By name."""
        return {"markdown_text": markdown_text}
