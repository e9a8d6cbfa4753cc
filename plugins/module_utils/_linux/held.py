# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""For intents that hold ports down while they join: what a killed run left down comes up in the next one. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, MutableMapping

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Key, Observed


class HoldingIntent:
    """An intent that names ports."""

    scope: Scope
    # The ports that are named; those of a killed run that are not stay noted for a task that names them.
    names: frozenset[str]
    held: frozenset[Key] = frozenset()

    def recover(self, held: frozenset[Key]) -> frozenset[Key]:
        """Take over what a killed run left down; returns what this one will give back."""
        self.held = frozenset(key for key in held if key[0] == "link" and key[1] in self.names)
        self.scope = replace(self.scope, link_state=self.scope.link_state | {str(key[1]) for key in self.held})
        return self.held

    def give_back(self, present: MutableMapping[Key, Any], observed: Observed) -> None:
        """They come up once their options hold."""
        present.update({key: {"up": True} for key in self.held if key in observed.state})
