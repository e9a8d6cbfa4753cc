# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module linux_port_security wants. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import release
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.addresses import addresses_of, macs_of, shared_of
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.hardening import FLAGS, BridgeHardener, Wanted, Wishes, policy_of, tidy, without_programs
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.held import HoldingIntent
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.roles import ports_of_others
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.select import (
    Selection,
    dead_addresses,
    nothing_reached,
    ports_of,
    require_bridge,
    select,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.shared import keep_from_others, of_two_ports
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import argspec, normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.level import LEVEL
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Observed
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import Level


def port_spec() -> dict[str, Any]:
    """The options of one port or of the ports that a pattern selects."""
    return {
        "name": {"type": "str"},
        "match": {"type": "str"},
        "macs": {"type": "list", "elements": "raw"},
        "addresses": {"type": "list", "elements": "raw"},
        **LEVEL,
    }


def spec() -> dict[str, Any]:
    """The module's argument specification."""
    port = {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": port_spec(),
        "mutually_exclusive": [("name", "match")],
        "required_one_of": [("name", "match")],
    }
    return {"bridge": {"type": "str", "required": True}, "ports": port, "state": argspec.STATE, **argspec.GUARD}


class PortSecurityIntent(HoldingIntent):
    """The policies of ports of one bridge."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.bridge = normalize.device_name(params["bridge"], "bridge")
        self.absent = params["state"] == "absent"
        self.items = [Item(item) for item in params["ports"]]
        if not self.items:
            raise InputError("ports: the list is empty; name at least one port or pattern.")
        self.names = frozenset(name for item in self.items for name in item.selection.names)
        # All links: what hangs on the ports that patterns select, and on those that must not send from an address that others share.
        self.scope = Scope(
            bridge=self.bridge, links=self.names, all_links=True, ports=True, port_fields=FLAGS, fdb=True, vlans=True, filters=True, programs=True, joining=True
        )

    def resolve(self, observed: Observed) -> Resolved:
        """Find the ports, and what each needs."""
        require_bridge(self.bridge, observed)
        wishes = Wishes()
        unmatched: list[str] = []
        taken: set[str] = set()
        wanted: list[Wanted] = []
        taking: list[str] = []
        hardener = None if self.absent else BridgeHardener(self.bridge, observed, wishes)
        for item in self.items:
            selected = select(item.selection, self.bridge, observed)
            unmatched += selected.unmatched
            for name in _each_once(selected.names, taken, item):
                if hardener is None:
                    release.release_port(wishes, observed, self.bridge, name, item.level, item.macs)
                else:
                    taking += [name] if item.selection.globs else []
                    wanted.append(Wanted(name, (item.level,), item.macs, item.addresses, item.shared))
        if hardener is not None:
            hardener.harden_all(wanted)
            hardener.finish()
        kept = keep_from_others(wishes, observed)
        if hardener is None:
            release.leave_nothing(wishes, observed)
        else:
            tidy(wishes, observed)
        self.give_back(wishes.present, observed)
        there = ports_of(self.bridge, observed) if self.absent else self.names
        missing = [name for item in self.items for name in item.selection.names if name not in there]
        patterns = [glob for item in self.items for glob in item.selection.globs]
        warnings = nothing_reached("ports", [*missing, *unmatched], self.bridge, observed) + ports_of_others("ports", patterns, taking, observed)
        warnings += of_two_ports(wishes, observed) + without_programs(wishes, observed) + kept
        warnings += dead_addresses((str(hold.key[1]) for hold in wishes.holds), self.bridge, observed)
        return Resolved(wishes.desired(), {"unmatched": unmatched, "ports": policy_of(wishes)}, warnings)


class Item:
    """One entry of the list as the user wrote it."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        name = item["name"] if item.get("name") is not None else item["match"]
        if item.get("name") is not None and normalize.is_glob(name):
            raise InputError(f"ports: the name {name!r} is a pattern; give it as match.")
        self.label = f"port {name}"
        self.selection = Selection([name], "ports")
        self.macs = macs_of(item.get("macs"), self.label)
        self.addresses = addresses_of(item.get("addresses"), self.label)
        self.shared = shared_of(item.get("macs"), item.get("addresses"), self.label)
        self.level = Level.of(self.label, item)
        if item.get("name") is None and self.macs:
            raise InputError(f"ports: the pattern {name!r} can't have macs, as an address is behind one port; name the port.")


def _each_once(names: list[str], taken: set[str], item: Item) -> list[str]:
    """A name goes before a pattern that stands behind it in the list; two names are a mistake."""
    if item.selection.names and taken.intersection(names):
        raise InputError(f"ports: {names[0]} is named twice, or after a pattern that selects it; put the name first and once.")
    fresh = [name for name in names if name not in taken]
    taken.update(fresh)
    return fresh
