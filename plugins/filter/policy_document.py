# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is there now, as a policy document with comments."""

from __future__ import annotations

import functools
import json
import pathlib
import typing as t

import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import VirtnetError

DOCUMENTATION = r"""
name: policy_document
short_description: Makes a policy document with comments of what is there now
version_added: 0.5.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    Takes what M(virtnet.hardening.linux_bridge_info) or M(virtnet.hardening.esxi_switch_policy_info) returned and makes a YAML file of variables that
    describes it, so that applying it changes nothing. What is in effect, what a port is, which machines are on a group and what could not be read
    stands in comments.
  - The same state always gives the same text, whose lines are sorted by name and have no time in them, so that it can be kept in a repository.
  - >-
    A name that Ansible would take for a template is tagged C(!unsafe), which Ansible reads and other readers of YAML may not know.
  - The playbook C(virtnet.hardening.describe) writes both documents of each host.
options:
  _input:
    description: What one of the two modules returned.
    type: dict
    required: true
  host:
    description: The name of the host, or of the vCenter, in the inventory.
    type: str
    required: true
  path:
    description: The file to which the text goes, for the command in its header.
    type: str
    required: true
  profile:
    description:
      - Not given, the document says what there is.
      - >-
        V(guest) is what the profile of this name would tighten: the same document with a comment at each change. On ESXi the three policies and
        C(guards.bpdu) reject where they accept now. On Linux each port of a guest whose MAC and IP addresses are known gets the profile, and the others
        stand in comments that say what is missing.
    type: str
    choices: [guest]
  foreseen:
    description:
      - >-
        What a check run foretold that was made with C(data) of the document: of M(virtnet.hardening.linux_switch_policy) its result, of
        M(virtnet.hardening.esxi_switch_policy) the list of the results for each document. What would be changed is off in the text, as a comment that says
        why: a port that somebody has reset since it was hardened, for instance.
    type: raw
seealso:
  - module: virtnet.hardening.linux_bridge_info
  - module: virtnet.hardening.esxi_switch_policy_info
  - plugin: virtnet.hardening.bridge_findings
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read the bridges
  virtnet.hardening.linux_bridge_info:
  register: result

- name: Show them as a policy document
  ansible.builtin.debug:
    msg: "{{ (result | virtnet.hardening.policy_document(host=inventory_hostname, path='policy.yml')).text.splitlines() }}"
"""

RETURN = r"""
_value:
  description:
    - >-
      C(text), the document; C(data), what is read from it; C(changes), what O(profile) tightens, in words; C(missing), the ports that it would tighten
      if their addresses were known.
  type: dict
"""

_ROOT = pathlib.Path(__file__).resolve().parents[2]


@functools.lru_cache(maxsize=1)
def _version() -> str:
    """Of the collection: an installed one has MANIFEST.json, its source galaxy.yml."""
    manifest = _ROOT / "MANIFEST.json"
    if manifest.exists():
        return str(json.loads(manifest.read_text(encoding="utf-8"))["collection_info"]["version"])
    return str(yaml.safe_load((_ROOT / "galaxy.yml").read_text(encoding="utf-8"))["version"])


def policy_document(info: t.Any, host: str, path: str, profile: str | None = None, foreseen: t.Any = None) -> dict[str, t.Any]:
    """See DOCUMENTATION."""
    from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe import linux, vsphere
    from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.foreseen import Foreseen
    from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.words import Asked

    if profile not in (None, "guest"):
        raise AnsibleFilterError(f"policy_document: profile {profile!r} is not guest; leave it out, or give guest.")
    asked = Asked(str(host), _version(), str(path), profile is not None)
    try:
        if isinstance(info, t.Mapping) and "distributed_switches" in info:
            return vsphere.describe(info, asked, foreseen or ())._asdict()
        return linux.describe(info, asked, Foreseen(foreseen))._asdict()
    except VirtnetError as error:
        raise AnsibleFilterError(error.message) from error


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by name."""
        return {"policy_document": policy_document}
