# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the descriptions of Linux hosts and of a vSphere have in common. Pure."""

from __future__ import annotations

import shlex
import typing as t

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY
from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.commented import Map, Seq, data, document

_NAMED = 8
Facts = t.Mapping[str, t.Any]


class Asked(t.NamedTuple):
    """What the descriptions are told of their place."""

    # The name in the inventory.
    host: str
    version: str
    # Where the document is written to, for the command in its header.
    path: str
    tighten: bool


class Described(t.NamedTuple):
    """A document, as text and as what a reader of the text gets."""

    text: str
    data: dict[str, t.Any]
    # What tightening changes, and what it would if more were known, in words.
    changes: list[str]
    missing: list[str]


def described(asked: Asked, playbook: str, node: Map, changes: t.Sequence[str], missing: t.Sequence[str], notes: t.Sequence[str]) -> Described:
    """With the header that tells what the document is and how it is applied."""
    command = f"ansible-playbook virtnet.hardening.{playbook} --limit {shlex.quote(asked.host)} -e @{shlex.quote(asked.path)}"
    if asked.tighten:
        first = f"What profile guest would tighten on {asked.host}, by virtnet.hardening {asked.version}: {counted(len(changes), 'change')}. Read each before."
        told = [f"Not active yet, as something is missing: {counted(len(missing), 'port')}. Look for TODO."] if missing else []
    else:
        first, told = f"The policy of {asked.host} as virtnet.hardening {asked.version} found it. Applying it changes nothing.", []
    how = [
        "Try it, with the inventory that it was made with:",
        f"  {command} --check --diff",
        f"Or keep it with the inventory, as host_vars/{asked.host}/policy.yml, and leave -e out.",
    ]
    return Described(document(node, [first, *told, *how, *notes]), data(node), list(changes), list(missing))


def not_looked_at(info: Facts) -> list[str]:
    """What could not be read stands in the document."""
    unseen = [f"- {each['what']}: {each['reason']}" for each in info.get("not_looked_at") or []]
    return ["", "NOT LOOKED AT, so that nothing is said of it here:", *sorted(unseen)] if unseen else []


def counted(number: int, word: str) -> str:
    """C(1 port), C(2 ports)."""
    return f"{number} {word}{'' if number == 1 else 's'}"


def named(names: t.Iterable[str]) -> str:
    """Some of them, in order."""
    found = sorted(set(names))
    return few(found, _NAMED)


def policies(values: Facts) -> str:
    """C(promiscuous reject, mac_changes accept, forged_transmits not known)."""
    return ", ".join(f"{name} {values.get(name) or 'not known'}" for name in SECURITY)


def seq(nodes: t.Iterable[t.Any]) -> Seq:
    """Of entries."""
    return Seq(tuple(nodes))


def part(info: t.Any, name: str, kind: type, module: str) -> t.Any:
    """InputError for what is no answer of C(module)."""
    found = info.get(name) if isinstance(info, t.Mapping) else None
    if not isinstance(found, kind):
        raise InputError(f"policy_document takes what {module} returned; this has no {name}.")
    return found
