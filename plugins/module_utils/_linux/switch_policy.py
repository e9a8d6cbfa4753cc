# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module linux_switch_policy wants: the policy document on the bridges of one host. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import guests, quarantine, release
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.addresses import Network, addresses_of, macs_of, shared_of
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.hardening import FLAGS, BridgeHardener, Wanted, Wishes, policy_of, tidy, without_programs
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.held import HoldingIntent
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.roles import JUDGED, Roles, ports_of_others
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
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.ruleset import RULESET
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import argspec, document, normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.document import Group, Switch
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Observed
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import Level

PURGE = ("ports", "quarantine", "defaults")


def spec() -> dict[str, Any]:
    """The module's argument specification."""
    purge = {"type": "list", "elements": "str", "choices": list(PURGE), "default": []}
    missing = {"type": "str", "choices": [guests.PENDING, guests.FAIL], "default": guests.PENDING}
    return {"switches": document.spec(), "purge": purge, "missing": missing, **argspec.GUARD}


class Member(NamedTuple):
    """A port and the group through which it got into the document."""

    name: str
    group: Group
    level: Level | None
    macs: tuple[str, ...] | None
    addresses: list[Network] | None
    shared: frozenset[str] = frozenset()

    def unknown(self) -> bool:
        """Whether its name alone brought it into a group whose names are shut."""
        return bool(self.group.quarantine) and self.level is None

    def wanted(self) -> Wanted:
        """What its own level and its group's say."""
        levels = (self.level, self.group.level) if self.level is not None else (self.group.level,)
        return Wanted(self.name, levels, self.macs, self.addresses, self.shared)


class SwitchPolicyIntent(HoldingIntent):
    """The whole document in one transaction."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.switches, self.others = document.read(params["switches"], (document.BRIDGE,))
        self.purge: frozenset[str] = frozenset(params["purge"])
        self.missing: str = params["missing"]
        for switch in self.switches:
            normalize.device_name(switch.name, "switches.name")
            for group in switch.groups:
                _check_group(group)
        self.names = frozenset(port.name for switch in self.switches for group in switch.groups for port in group.ports)
        named = self.names | {switch.name for switch in self.switches}
        self.scope = Scope(
            bridge=None, links=named, all_links=True, ports=True, port_fields=FLAGS, fdb=True, vlans=True, filters=True, programs=True, joining=True
        )

    def resolve(self, observed: Observed) -> Resolved:
        """Who belongs to which group, what each needs, and what nobody names any more."""
        wishes = Wishes()
        shut: list[str] = []
        unmatched: list[str] = []
        warnings: list[str] = []
        for switch in self.switches:
            require_bridge(switch.name, observed)
        found = {switch.name: guests.find(switch, observed) for switch in self.switches}
        guests.settle(found, self.missing)
        for switch in self.switches:
            members = [*self._members(switch, found[switch.name], observed, unmatched, warnings)]
            shut += self._harden(switch, members, observed, wishes)
            joining = [str(hold.key[1]) for hold in wishes.holds if wishes.ports[str(hold.key[1])]["bridge"] == switch.name]
            warnings += dead_addresses(joining, switch.name, observed)
        warnings += guests.warnings(self.switches, found, observed)
        self._let_go(wishes, observed, set(shut))
        quarantine.wish(wishes, observed, self.switches, "quarantine" in self.purge)
        quarantine.close_doors(wishes, observed, shut)
        warnings += keep_from_others(wishes, observed)
        warnings += of_two_ports(wishes, observed) + without_programs(wishes, observed)
        warnings += quarantine.elsewhere(wishes, observed, self.switches)
        tidy(wishes, observed)
        if RULESET in wishes.present:
            # The document tells all names that are meant, as no policy of ports does.
            wishes.present[RULESET] = {**wishes.present[RULESET], "quarantine": True}
        release.leave_nothing(wishes, observed)
        self.give_back(wishes.present, observed)
        notes = {"unmatched": unmatched, "ports": policy_of(wishes), "quarantined": sorted(shut), "other_switches": self.others, **guests.notes(found)}
        return Resolved(wishes.desired(), notes, tuple(warnings))

    def _harden(self, switch: Switch, members: Sequence[Member], observed: Observed, wishes: Wishes) -> list[str]:
        """What the switch and each member needs. Returns the ports of which nobody wrote down who is behind them: they are shut until somebody does."""
        hardener = BridgeHardener(switch.name, observed, wishes, switch.level, "defaults" in self.purge)
        hardener.stand(switch.groups, bool(self.purge))
        hardener.harden_all([member.wanted() for member in members if not member.unknown()])
        hardener.finish()
        return [member.name for member in members if member.unknown()]

    def _members(self, switch: Switch, found: guests.Found, observed: Observed, unmatched: list[str], warnings: list[str]) -> Iterator[Member]:
        """Ports that are named anywhere in the switch, themselves or by their guest, are in their group only; patterns take what is left."""
        named = {port.name for group in switch.groups for port in group.ports} | set(found.ports.values())
        taken: dict[str, str] = {}
        idle: list[Group] = []
        for group in switch.groups:
            for port in group.ports:
                label = f"port {port.name}"
                shared = shared_of(port.macs, port.addresses, label)
                yield Member(port.name, group, port.level, macs_of(port.macs, label), addresses_of(port.addresses, label), shared)
            yield from self._guests(group, found)
            if not group.match:
                if not group.ports and not group.guests:
                    warnings.append(f"port group {group.name}: it has neither match nor guests nor ports, so it reaches no port of {switch.name}.")
                continue
            selected = select(Selection(list(group.match), f"port group {group.name}: match"), switch.name, observed)
            there = [name for name in selected.names if observed.state.get(("port", name), {}).get("bridge") == switch.name]
            missing = [*selected.unmatched, *(name for name in selected.names if name not in there)]
            unmatched += missing
            warnings += _nothing_reached(group, missing, named, switch.name, observed)
            idle += [group] if group.quarantine and not there else []
            warnings += ports_of_others(f"port group {group.name}: match", group.match, [name for name in there if name not in named], observed)
            for name in there:
                if name not in named:
                    yield self._matched(name, group, taken)
        for group in idle:
            warnings += _others_are_there(group, named | taken.keys(), switch.name, observed)

    @staticmethod
    def _guests(group: Group, found: guests.Found) -> Iterator[Member]:
        for guest in group.guests:
            if guest.name in found.ports:
                label = f"guest {guest.name}"
                shared = shared_of(guest.macs, guest.addresses, label)
                macs, addresses = macs_of(guest.macs, label), addresses_of(guest.addresses, label)
                yield Member(found.ports[guest.name], group, guest.level, macs, addresses, shared)

    @staticmethod
    def _matched(name: str, group: Group, taken: dict[str, str]) -> Member:
        other = taken.setdefault(name, group.name)
        if other != group.name:
            raise InputError(f"port group {group.name}: {name} is matched by the group {other} too; make match narrower, or name it in ports of one.")
        return Member(name, group, None, None, None)

    def _let_go(self, wishes: Wishes, observed: Observed, shut: set[str]) -> None:
        """With purge, ports of these bridges that the document does not name; and always those that are shut now."""
        for name in sorted({str(key[1]) for key in observed.state if key[0] in ("filter", "ingress")}):
            bridge = observed.state.get(("port", name), {}).get("bridge")
            named = name in wishes.ports or bridge not in {switch.name for switch in self.switches}
            if name in shut or ("ports" in self.purge and not named):
                release.release_port(wishes, observed, str(bridge), name)


def _nothing_reached(group: Group, missing: list[str], named: set[str], bridge: str, observed: Observed) -> tuple[str, ...]:
    """A pattern of ports that are named too may be there for those to come, and one with quarantine is told to the table."""
    idle = [each for each in missing if not group.quarantine and not any(fnmatchcase(name, each) for name in named)]
    return nothing_reached(f"port group {group.name}: match", idle, bridge, observed)


def _others_are_there(group: Group, known: set[str], bridge: str, observed: Observed) -> tuple[str, ...]:
    """A quarantine may be there before any guest is. Guests that are called otherwise show that it will shut none of them."""
    roles = Roles(observed.facts["links"])
    others = [name for name in ports_of(bridge, observed) if name not in known and roles.of(name).role in JUDGED]
    if not others:
        return ()
    return (
        f"port group {group.name}: match: no port of {bridge} is called {' or '.join(group.match)}, so the quarantine shuts none of those that are there, "
        f"and nothing is done for what may be guests' ports that the document does not name: {few(others)}.",
    )


def _check_group(group: Group) -> None:
    for pattern in group.match:
        if not normalize.is_glob(pattern):
            normalize.device_name(pattern, f"port group {group.name}: match")
    if group.quarantine and not group.match:
        raise InputError(f"port group {group.name}: quarantine shuts the names that match selects, and there is none; add match.")
    for pattern in group.match if group.quarantine else ():
        quarantine.check(pattern, group.name)
    for guest in group.guests:
        guests.check(guest)
    for port in group.ports:
        if normalize.is_glob(port.name):
            raise InputError(f"port {port.name}: it is a pattern; give it in match of a port group.")
        normalize.device_name(port.name, "ports.name")
