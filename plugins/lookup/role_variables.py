# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the variables of a role of the collection mean."""

from __future__ import annotations

DOCUMENTATION = r"""
name: role_variables
short_description: Tells what the variables of a role of this collection mean
version_added: 0.5.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    The roles ask it first. A variable that is null or an empty text is not given, as AWX sends that for a question of a survey that nobody answered, and
    has the default of the role. V(false), 0 and an empty list are values.
  - A mapping or a list of mappings may come as text, YAML or JSON, as from a text area of a survey. It is read once, on the control node.
  - What is given is then judged by the role's documentation, C(ansible-doc -t role).
options:
  _terms:
    description: The name of the role, without that of the collection.
    type: list
    elements: str
    required: true
  entry_point:
    description: The file of tasks of the role that asks.
    type: str
    default: main
notes:
  - Variables that hold secrets are judged and are not in the answer, as a role keeps it as a fact, and facts are shown.
seealso:
  - plugin: virtnet.hardening.foreign_words
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show for how long changes of the management path wait for a confirmation
  ansible.builtin.debug:
    msg: "{{ lookup('virtnet.hardening.role_variables', 'kvm_bridge_host').given.rollback_timeout }}"
  vars:
    kvm_bridge_host_rollback_timeout: ""
"""

RETURN = r"""
_raw:
  description:
    - >-
      One mapping for each role. C(given) has the variables that have a value, by their names without that of the role; C(problems) has a sentence for each
      that the role can't take.
  type: list
  elements: dict
  sample: [{given: {rollback_timeout: 60}, problems: []}]
"""

import functools
import pathlib
import typing as t

from ansible.errors import AnsibleError
from ansible.module_utils.common.yaml import yaml_load
from ansible.plugins.lookup import LookupBase
from ansible_collections.virtnet.hardening.plugins.plugin_utils import _role_variables as role_variables

try:
    from ansible.template import trust_as_template
except ImportError:  # ansible-core 2.17 and 2.18, which trust what a loader reads.

    def trust_as_template(value: str) -> str:
        """As it is."""
        return value


_ROLES = pathlib.Path(__file__).resolve().parents[2] / "roles"


@functools.lru_cache(maxsize=None)
def _spec(role: str, entry_point: str) -> t.Any:
    path = _ROLES / role / "meta" / "argument_specs.yml"
    if not path.is_file():
        raise AnsibleError(f"role_variables: {role} is no role of virtnet.hardening; name one of {', '.join(sorted(each.name for each in _ROLES.iterdir()))}.")
    entries = yaml_load(path.read_text(encoding="utf-8"))["argument_specs"]
    name = f"{entry_point}.yml"
    if name not in entries:
        raise AnsibleError(f"role_variables: {role} has no entry point {entry_point}.")
    return entries[name]["options"]


@functools.lru_cache(maxsize=None)
def _defaults(role: str) -> t.Any:
    return yaml_load((_ROLES / role / "defaults" / "main.yml").read_text(encoding="utf-8")) or {}


class LookupModule(LookupBase):
    """Ansible's entry point."""

    def run(self, terms: t.Any, variables: t.Any = None, **kwargs: t.Any) -> t.Any:
        """See DOCUMENTATION."""
        self.set_options(var_options=variables, direct=kwargs)
        return [self._of(str(role), str(self.get_option("entry_point")), variables or {}) for role in terms]

    def _of(self, role: str, entry_point: str, variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        spec = _spec(role, entry_point)
        defaults = {name: value for name, value in _defaults(role).items() if name in spec}
        wanted = self._values({name: trust_as_template(value) if isinstance(value, str) else value for name, value in defaults.items()}, variables)
        meaning = role_variables.resolve(self._values({name: variables[name] for name in spec if name in variables}, variables), wanted, spec)
        shown = {name[len(role) + 1 :]: value for name, value in meaning.values.items() if not spec[name].get("no_log")}
        return {"given": shown, "problems": meaning.problems}

    def _values(self, raw: dict[str, t.Any], variables: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        # From ansible-core 2.19 on a mapping loses what is omitted; before, omit is a text that nobody writes.
        omit = variables.get("omit")
        values = self._templar.template(raw)
        return {name: value for name, value in values.items() if not isinstance(value, str) or value != omit}
