# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The backend of what only reads: bridges, the table beside them, and what else stops frames. What can't be read becomes a gap, never nothing."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, TypeVar

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import netfilter, xtables
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import FilterChain, Gap, Switches
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.netfilter import Chains
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.processes import other_namespaces
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.backend import OWN, DormantTable, HardeningBackend
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.ruleset import FAMILY, TABLE
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.table import Table
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BY_PROGRAM
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Observed

INTACT, ALTERED, MISSING, UNREADABLE = "intact", "altered", "missing", "unreadable"
_T = TypeVar("_T")


class Survey(NamedTuple):
    """What was seen beside the state of bridges."""

    table: str
    differences: tuple[str, ...]
    counters: Mapping[str, Mapping[str, int]]
    switches: Switches
    chains: tuple[FilterChain, ...]
    namespaces: int | None
    gaps: tuple[Gap, ...]
    # Why it is not known which ports have the program of partial_checksum; empty where it is.
    programs_unread: str = ""


class SurveyBackend(HardeningBackend):
    """Observes with the fact C(survey)."""

    def observe(self, scope: Scope) -> Observed:
        """All of it."""
        self._gaps: list[Gap] = []
        self._state = MISSING
        self._differences: tuple[str, ...] = ()
        observed = super().observe(scope)
        self._ports = {str(key[1]) for key in observed.state if key[0] == "port"}
        survey = self._survey()
        return Observed(observed.state, {**observed.facts, "survey": survey})

    def _read_table(self) -> Table:
        try:
            table = super()._read_table()
        except DormantTable as error:
            self._state, self._differences = ALTERED, (str(error).rstrip("."),)
            return Table(None, {})
        except (BackendError, OSError) as error:
            self._state = UNREADABLE
            self._gap(f"guards and quarantine (table {FAMILY} {TABLE} of nftables)", error)
            return Table(None, {})
        if table.present:
            self._differences = tuple(table.differences())
            self._state = ALTERED if self._differences else INTACT
        return table

    def _survey(self) -> Survey:
        switches = netfilter.switches()
        if switches.reason:
            self._gaps.append(Gap("the switches of br_netfilter", switches.reason))
        chains, others = self._try("the chains of nftables that see frames of bridges", self._chains) or ([], [])
        legacy, failures = xtables.chains()
        self._gaps += [Gap("the chains of legacy iptables, ip6tables and arptables", "; ".join(failures))] if failures else []
        bridged = xtables.ebtables()
        if bridged:
            self._gaps.append(Gap(f"the legacy tables {', '.join(bridged)} of ebtables", "their modules are loaded, and their rules are not read"))
        if others:
            reason = "what they check is not judged, so a guard that they enforce is told as missing"
            self._gaps.append(Gap(f"rules of others that drop frames of ports (table {', '.join(others)})", reason))
        counters = {**self._table.counters, **self._stopped()}
        return Survey(self._state, self._differences, counters, switches, (*chains, *legacy), other_namespaces(), tuple(self._gaps), self._ingress.unread)

    def _stopped(self) -> dict[str, dict[str, int]]:
        """What the programs at ports dropped, of ports that are there."""
        if self._ingress.unread:
            self._gaps.append(Gap(f"the guard {BY_PROGRAM}", self._ingress.unread))
            return {}
        found = self._try(f"what the guard {BY_PROGRAM} dropped", self.stopped_by_programs)
        return {BY_PROGRAM: {"frames": sum(each[0] for each in found.values()), "bytes": sum(each[1] for each in found.values())}} if found else {}

    def _chains(self) -> tuple[list[FilterChain], list[str]]:
        def ask(client: Any) -> tuple[list[FilterChain], list[str]]:
            found = Chains(client)
            return found.of_bridged_frames(), found.of_others(OWN, self._ports)

        return self._over_nftables(ask)

    def _try(self, what: str, reader: Callable[[], _T]) -> _T | None:
        try:
            return reader()
        except (BackendError, OSError) as error:
            self._gap(what, error)
            return None

    def _gap(self, what: str, error: Exception) -> None:
        self._gaps.append(Gap(what, str(error).rstrip(".")))
