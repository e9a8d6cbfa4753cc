# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module linux_bridge_port wants. Pure."""

from __future__ import annotations

from typing import Any, Iterable, Iterator, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import pinned
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.dependents import of_ports
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.held import HoldingIntent
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.record import JOINED
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.roles import ports_of_others
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.select import (
    Selection,
    check_joining,
    dead_addresses,
    nothing_reached,
    require_bridge,
    select,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.constants import MAX_PORTS
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import LinkFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import argspec, normalize, validate
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import PORT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Fields, Hold, Key, Observed, Value

OPTIONS = tuple(name for name in PORT.fields if name != "bridge")


def spec() -> dict[str, Any]:
    """The module's argument specification."""
    return {
        "bridge": {"type": "str", "required": True},
        "ports": {"type": "list", "elements": "str", "required": True},
        "state": argspec.STATE,
        "move": {"type": "bool", "default": False},
        "pinned_later": {"type": "list", "elements": "str", "default": []},
        **argspec.options(PORT, OPTIONS),
        **argspec.GUARD,
    }


class PortIntent(HoldingIntent):
    """Ports of one bridge, all with the same options, or off the bridge."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.bridge = normalize.device_name(params["bridge"], "bridge")
        self.absent = params["state"] == "absent"
        self.move: bool = params["move"]
        self.selection = Selection(params["ports"], "ports")
        self.names = frozenset(self.selection.names)
        self.options = normalize.fields_from(params, PORT, OPTIONS)
        self.pinned_later = frozenset(normalize.device_name(name, "pinned_later") for name in params["pinned_later"])
        leaving = self.absent or self.move
        self.scope = Scope(
            bridge=self.bridge,
            links=frozenset(self.selection.names) | self._backup(),
            ports=True,
            # What a port loses when it leaves must be known in full to bring it back.
            port_fields=None if leaving else frozenset(self.options) | _validated(self.options),
            fdb=leaving or _relies_on_entries(self.options),
            vlans=leaving,
            joining=not self.absent,
            # What hangs on the ports that patterns select.
            all_links=bool(self.selection.globs),
        )

    def _backup(self) -> set[str]:
        return {str(self.options["backup_port"])} if self.options.get("backup_port") else set()

    def recover(self, held: frozenset[Key]) -> frozenset[Key]:
        """Ports that a killed run left down come up once their options hold."""
        return frozenset() if self.absent else super().recover(held)

    def resolve(self, observed: Observed) -> Resolved:
        """Find the ports and check each against what it is now."""
        selected = select(self.selection, self.bridge, observed)
        notes = {"unmatched": selected.unmatched}
        taking = ports_of_others("ports", self.selection.globs, [name for name in selected.names if name not in self.names], observed)
        if self.absent:
            missing = [name for name in self.selection.names if name not in observed.facts["links"]]
            warnings = nothing_reached("ports", [*missing, *selected.unmatched], self.bridge, observed)
            return Resolved(self._absent(observed, selected.names), {**notes, "unpinned": []}, (*warnings, *taking, *self._elsewhere(observed)))
        require_bridge(self.bridge, observed)
        joining = self._joining(observed, selected.names)
        self._check_room(observed, joining)
        self._check_options(observed, selected.names)
        # All ports share one mapping, which the planner settles once.
        asked: Fields = {"bridge": self.bridge, **self.options}
        present: dict[Key, Fields] = {("port", name): asked for name in selected.names}
        self.give_back(present, observed)
        desired = Desired(present, self._left_behind(observed, joining), self._holds(joining))
        bare = self._unpinned(observed, selected.names)
        bridge = observed.state[("bridge", self.bridge)]
        warnings = (*nothing_reached("ports", selected.unmatched, self.bridge, observed), *bare.warnings(self.bridge, bridge))
        warnings += (*taking, *dead_addresses(joining, self.bridge, observed))
        return Resolved(desired, {**notes, "unpinned": bare.names()}, warnings)

    def _elsewhere(self, observed: Observed) -> Iterator[str]:
        """Nobody asked for another bridge's ports, so they stay where they are."""
        for name in self.selection.names:
            other = observed.state.get(("port", name), {}).get("bridge", self.bridge)
            if other != self.bridge:
                yield f"ports: {name} is a port of {other} and not of {self.bridge}, so it stays there."

    def _absent(self, observed: Observed, names: Iterable[str]) -> Desired:
        own = frozenset(name for name in names if observed.state.get(("port", name), {}).get("bridge") == self.bridge)
        ports: tuple[Key, ...] = tuple(("port", name) for name in names if name in own)
        seen: tuple[Key, ...] = tuple(("link", name) for name in names if name not in own and name in observed.facts["links"])
        return Desired({}, of_ports(observed, self.bridge, own) + ports, seen=seen)

    def _joining(self, observed: Observed, names: Iterable[str]) -> list[str]:
        state, links = observed.state, observed.facts["links"]
        joining = [name for name in names if state.get(("port", name), {}).get("bridge") != self.bridge]
        for name in joining:
            self._check_joining(name, links.get(name), observed)
        return joining

    def _check_joining(self, name: str, facts: Any, observed: Observed) -> None:
        if facts is None:
            raise InputError(f"port {name}: there is no such interface; create it first, or name it by a pattern to take it when it comes.")
        if name == self.bridge or facts.kind == "bridge":
            raise InputError(f"port {name}: it is a bridge, and a bridge can't be a port of a bridge; connect the two with a veth pair.")
        if facts.master and not self.move:
            raise InputError(f"port {name}: it belongs to {facts.master}; set move: true to take it from there to {self.bridge}.")
        check_joining(name, observed)

    def _check_room(self, observed: Observed, joining: list[str]) -> None:
        taken = sum(1 for key, fields in observed.state.items() if key[0] == "port" and fields.get("bridge") == self.bridge)
        if taken + len(joining) > MAX_PORTS:
            raise InputError(f"bridge {self.bridge}: {taken} ports and {len(joining)} new ones are more than the {MAX_PORTS} that a bridge takes; use another.")

    def _check_options(self, observed: Observed, names: Iterable[str]) -> None:
        if not self.options.keys() & {"mab", "locked", "learning", "group_fwd_mask", "port_state", "backup_port"}:
            return
        bridge = observed.state[("bridge", self.bridge)]
        for name in names:
            have = self._known(observed, name)
            validate.port(name, self.options, have, bool(bridge.get("no_linklocal_learn")))
            wanted = self.options.get("port_state")
            if wanted is not None and wanted != have.get("port_state"):
                facts: LinkFacts = observed.facts["links"][name]
                validate.port_state(name, wanted, {"stp": bridge.get("stp"), "up": facts.up, "bridge": self.bridge})
        self._check_backup(observed, names)

    def _check_backup(self, observed: Observed, names: Iterable[str]) -> None:
        backup = str(self.options.get("backup_port") or "")
        if not backup:
            return
        if backup in names:
            raise InputError(f"port {backup}: it can't be its own backup_port; name another port of {self.bridge}.")
        if observed.state.get(("port", backup), {}).get("bridge") != self.bridge:
            raise InputError(f"backup_port: {backup} is no port of {self.bridge}; let it join first.")

    def _unpinned(self, observed: Observed, names: Iterable[str]) -> pinned.Unpinned:
        """Ports that the wish leaves, or finds, in need of an address that nobody pinned."""
        if not _relies_on_entries(self.options):
            return pinned.Unpinned([], [])
        ports = {name: {**self._known(observed, name), **self.options} for name in names}
        return pinned.judge(ports, pinned.pins(observed.state, self.bridge).keys() | self.pinned_later)

    def _known(self, observed: Observed, name: str) -> Fields:
        """The options that a port has, or will have once it has joined."""
        known: Fields = observed.state.get(("port", name), {})
        return known if known.get("bridge") == self.bridge else JOINED

    def _left_behind(self, observed: Observed, joining: list[str]) -> tuple[Key, ...]:
        """Entries and VLANs on the bridges that moving ports leave."""
        found: tuple[Key, ...] = ()
        moving: dict[str, set[str]] = {}
        for name in joining:
            old = observed.facts["links"][name].master
            if old:
                moving.setdefault(old, set()).add(name)
        for old, names in moving.items():
            found += of_ports(observed, old, frozenset(names))
        return found

    def _holds(self, joining: list[str]) -> tuple[Hold, ...]:
        """Without options there is nothing to be raced for."""
        if not self.options:
            return ()
        return tuple(Hold(("link", name), "up", False, (("port", name),)) for name in joining)


def _validated(options: Mapping[str, Value]) -> set[str]:
    """What must be read beside the asked fields to judge them."""
    return set(pinned.FIELDS) if options.keys() & pinned.FIELDS else set()


def _relies_on_entries(options: Mapping[str, Value]) -> bool:
    """Whether the wish can make a port need a pinned address."""
    return bool(options.get("locked")) or options.get("learning") is False or options.get("unicast_flood") is False
