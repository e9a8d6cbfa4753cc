# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The Linux backend with the nftables table beside the bridges: filters of ports, records of switches, quarantined names."""

from __future__ import annotations

import errno
import socket
from dataclasses import replace
from typing import Any, Callable, Mapping, Sequence, TypeVar

from ansible_collections.virtnet.hardening.plugins.module_utils._bpf.call import BpfError
from ansible_collections.virtnet.hardening.plugins.module_utils._bpf.ingress import Held, Ingress
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import REFUSED, VANISHED, Fault
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, RightsError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import netfilter, quirks
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.backend import NetlinkBackend
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables import ruleset
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.client import Nft, unreadable
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.elements import elements_of, fields_of, seal, shared_macs, split
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.ruleset import FAMILY, RULESET, STALE, TABLE
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.table import Table, Transaction
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import REJECT, Observed, State, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.table_kinds import TABLE_KINDS

# The table as nf_tables knows it.
OWN = (c.NFPROTO_BRIDGE, TABLE)
# Sets whose elements are there for their comments.
_RECORDS = {"switch": "switches", "door": "doors"}
_OWN_KINDS = frozenset((*TABLE_KINDS, "learned", "strays"))
_ATTEMPTS = 5
_T = TypeVar("_T")


class DormantTable(BackendError):
    """It is there, and nothing of it is in effect. nft 1.0.6 can't print it."""


class HardeningBackend(NetlinkBackend):
    """What the policy modules write to."""

    kinds = {**NetlinkBackend.kinds, **TABLE_KINDS}

    def __init__(self, client: Any, hz: int | None = None, environ: dict[str, str] | None = None, nft: Nft | None = None) -> None:
        super().__init__(client, hz, environ)
        self._nft = nft or Nft()
        self._table = Table(None, {})
        self._ingress = Ingress()
        self._held: dict[str, Held] = {}
        self._indexes: dict[str, int] = {}

    @classmethod
    def open(cls) -> HardeningBackend:
        """A backend for the namespace of the process."""
        return cls(Client(), quirks.kernel_hz())

    def observe(self, scope: Scope) -> Observed:
        """The bridges, then the table: an entry of a tap that came in between is one of a number without a name."""
        observed = super().observe(scope)
        if scope.programs:
            observed.state.update(self._programs(observed, scope))
        if not scope.filters:
            return observed
        self._table = self._read_table()
        names = dict(socket.if_nameindex())
        table = self._table_state(names)
        state: State = {**observed.state, **_learned(observed.state, table), **table}
        facts = {**observed.facts, "can": self._can, "strangers": self._strangers(names), "programs_unread": self._ingress.unread}
        return Observed(state, facts)

    def _programs(self, observed: Observed, scope: Scope) -> State:
        """Of ports, and of devices that may become ports."""
        names = {str(key[1]) for key in observed.state if key[0] == "port"} | (scope.links & observed.facts["links"].keys())
        indexes = {name: self._observer.index_of(name) for name in names}
        self._indexes = {name: index for name, index in indexes.items() if index is not None}
        self._held = self._ingress.read(self._indexes)
        return {("ingress", name): {"program": held.words} for name, held in self._held.items()}

    def stopped_by_programs(self) -> dict[str, tuple[int, int]]:
        """Frames and bytes that were dropped, by port, since its program is there. Raises BpfError."""
        return self._ingress.stopped(self._held, self._indexes)

    def close(self) -> None:
        """The programs stay at their ports."""
        self._ingress.close()
        super().close()

    def _can(self, kind: str, name: str = "", value: Value = True) -> str | None:
        """Why something can't be enforced here; None if it can."""
        return self.unsupported(kind, name, value)

    def _read_table(self) -> Table:
        """The kernel says whether the table is there: an nft that is missing or fails must not be taken for a table that is."""
        dormant = self._asleep()
        if dormant is None:
            return Table(None, {})
        if dormant:
            raise DormantTable(
                f"The table {FAMILY} {TABLE} is dormant, so none of its rules is in effect; wake it by 'nft add table {FAMILY} {TABLE}', or delete it."
            )
        return self._print_table()

    def _asleep(self) -> bool | None:
        """Whether the table is dormant; None where there is none."""
        try:
            tables = self._over_nftables(netfilter.tables)
        except RightsError as error:
            raise rights.lacking(f"Reading the table {FAMILY} {TABLE} of nftables") from error
        except BackendError as error:
            # A kernel without netfilter's netlink has no table either.
            if getattr(error.__cause__, "errno", None) not in netfilter.LACKING:
                raise
            tables = None
        return (tables or {}).get(OWN)

    def _over_nftables(self, reader: Callable[[Any], _T]) -> _T:
        with Client("NFTSocket") as client:
            return reader(client)

    def _print_table(self) -> Table:
        """nft resolves names as it prints; a name that moved to another device meanwhile would be misread."""
        for _attempt in range(_ATTEMPTS):
            before = socket.if_nameindex()
            objects = self._nft.read()
            if before == socket.if_nameindex():
                return _table(objects, _as_printed({name: index for index, name in before}))
        raise BackendError("The interfaces of this host kept changing while the nftables table was read; run again when fewer guests come and go.")

    def _table_state(self, names: Mapping[int, str]) -> State:
        if not self._table.present:
            return {}
        state: State = {RULESET: {"version": self._table.version(), "quarantine": self._table.keeps_quarantine()}}
        for index, entry in self._table.entries.items():
            state[("filter", self._named("ports", index, names))] = entry
        for index, macs in self._table.kept.items():
            state[("kept", self._named("kept_from", index, names))] = {"macs": ",".join(sorted(macs))}
        for kind, place in _RECORDS.items():
            for index, record in self._table.records[place].items():
                state[(kind, self._named(place, index, names))] = {"record": record}
        for pattern in self._table.quarantine:
            state[("quarantine", pattern)] = {}
        return state

    def _named(self, kind: str, index: int, names: Mapping[int, str]) -> str:
        """By its number where the device is gone, also where another one has the number now."""
        name = names.get(index, "")
        return f"{STALE}{index}" if not name or self._table.is_strange(kind, index, name) else name

    def _strangers(self, names: Mapping[int, str]) -> frozenset[str]:
        """Ports that have the number, and so the elements, of a device that is gone."""
        return frozenset(name for index, name in names.items() if index in self._table.ports and self._table.is_strange("ports", index, name))

    def unsupported(self, kind: str, name: str, value: Value) -> str | None:
        """Of what nftables does, all or nothing."""
        if kind == "ingress":
            return self._ingress.unusable()
        return self._nft.unusable() if kind in TABLE_KINDS else super().unsupported(kind, name, value)

    def execute(self, steps: Sequence[Step]) -> list[Fault | None]:
        """Steps on the table are one transaction."""
        if steps and steps[0].key[0] == "ingress":
            return [self._program(step) for step in steps]
        if not steps or steps[0].key[0] not in TABLE_KINDS:
            return super().execute(steps)
        transaction, faults = Transaction(), []
        for step in steps:
            faults.append(self._queue(step, transaction))
        refusal = self._nft.write(transaction.text())
        if refusal is not None:
            return [fault or Fault(REFUSED, refusal) for fault in faults]
        return faults

    def _program(self, step: Step) -> Fault | None:
        index = self._observer.index_of(str(step.key[1]))
        gone = None if step.verb == DELETE else Fault(VANISHED, f"{step.key[1]} does not exist any more")
        if index is None:
            return gone
        try:
            if step.verb == DELETE:
                self._ingress.detach(index)
            else:
                self._ingress.attach(index, str(step.after["program"]))
        except BpfError as error:
            return gone if error.errno == errno.ENODEV else Fault(REFUSED, f"the kernel does not take the program: {error.strerror}")
        return None

    def _queue(self, step: Step, transaction: Transaction) -> Fault | None:
        writers: dict[str, Callable[[Step, Transaction], bool]] = {
            "filter": self._queue_filter,
            "kept": self._queue_kept,
            "quarantine": self._queue_quarantine,
            "ruleset": self._queue_ruleset,
            **dict.fromkeys(_RECORDS, self._queue_record),
        }
        if writers[str(step.key[0])](step, transaction):
            return None
        return Fault(VANISHED, f"{step.key[1]} does not exist any more")

    def _queue_filter(self, step: Step, transaction: Transaction) -> bool:
        index = self._table_index(str(step.key[1]))
        if index is None:
            return step.verb == DELETE
        if step.verb != CREATE:
            transaction.delete(index, self._table.ports.get(index, {}))
        if step.verb != DELETE:
            fields = {**step.before, **step.after}
            self._table.ports[index] = elements_of(fields)
            self._table.records["ports"][index] = str(fields.get("record", ""))
            self._table.seals[index] = seal(self._table.ports[index])
            self._table.devices["ports"][index] = str(step.key[1])
            transaction.add(index, self._table.ports[index], self._table.records["ports"][index], str(step.key[1]), self._table.seals[index])
        else:
            self._table.ports.pop(index, None)
            self._table.devices["ports"].pop(index, None)
        return True

    def _queue_kept(self, step: Step, transaction: Transaction) -> bool:
        index = self._table_index(str(step.key[1]))
        if index is None:
            return step.verb == DELETE
        self._table.kept.pop(index, None)
        self._table.devices["kept_from"].pop(index, None)
        if step.verb != DELETE:
            self._table.kept[index] = set(split(step.after.get("macs")))
            self._table.devices["kept_from"][index] = str(step.key[1])
        transaction.keep(self._table.kept, self._table.devices["kept_from"])
        return True

    def _queue_record(self, step: Step, transaction: Transaction) -> bool:
        index, place = self._table_index(str(step.key[1])), _RECORDS[str(step.key[0])]
        if index is None:
            return step.verb == DELETE
        if step.verb != CREATE:
            transaction.record("delete", place, index)
        if step.verb != DELETE:
            transaction.record("add", place, index, str(step.after["record"]), str(step.key[1]))
        return True

    def _queue_quarantine(self, step: Step, transaction: Transaction) -> bool:
        if step.verb == DELETE:
            self._table.quarantine.discard(str(step.key[1]))
        else:
            self._table.quarantine.add(str(step.key[1]))
        transaction.quarantine(self._table.quarantine)
        return True

    def _queue_ruleset(self, step: Step, transaction: Transaction) -> bool:
        if step.verb == DELETE:
            transaction.delete_table()
            return True
        transaction.make_table()
        names = dict(socket.if_nameindex())
        devices = {kind: {**names, **told} for kind, told in self._table.devices.items()}
        for index, elements in self._table.ports.items():
            record, sealed = self._table.records["ports"].get(index, ""), self._table.seals.get(index, "")
            known: Mapping[str, Any] = {name: values for name, values in elements.items() if name in ruleset.SETS}
            if sealed and sealed == seal(elements):
                # As another version wrote it, whose rules needed other sets of the same words.
                known = elements_of(fields_of(elements, record))
                sealed = seal(known)
            # What was taken away meanwhile stays told of ports that this run is not about.
            transaction.add(index, known, record, devices["ports"].get(index, ""), sealed)
        for place in _RECORDS.values():
            for index, record in self._table.records[place].items():
                transaction.record("add", place, index, record, devices[place].get(index, ""))
        if self._table.kept:
            transaction.keep(self._table.kept, {**names, **self._table.devices["kept_from"]})
        if self._table.quarantine or self._table.quarantine_seal:
            transaction.quarantine(self._table.quarantine, "" if step.after.get("quarantine") else self._table.quarantine_seal)
        return True

    def _table_index(self, name: str) -> int | None:
        if name.startswith(STALE):
            return int(name[len(STALE) :])
        return self._observer.index_of(name)

    def parts(self, scope: Scope) -> Sequence[tuple[frozenset[str], Scope]]:
        """Links and bridges come back by netlink, whatever nft says."""
        return (frozenset(self.kinds) - _OWN_KINDS, replace(scope, filters=False)), (_OWN_KINDS, scope)

    def cuts(self, step: Step) -> str | None:
        """A filter or a quarantined name can shut the port that carries the host's way out."""
        if step.key[0] == "filter":
            return str(step.key[1])
        return super().cuts(step)

    def gone(self, step: Step) -> bool:
        """The table itself, names and the devices that are gone already are never awaited."""
        if step.key[0] in ("ruleset", "quarantine") or str(step.key[1]).startswith(STALE):
            return False
        return super().gone(step)


def _as_printed(index_of: dict[str, int]) -> dict[str, int]:
    """nft ends a name at its first double quote. An entry of such a device can be one of a gone device that had its index."""
    cut = {name: name.partition('"')[0] for name in index_of if '"' in name}
    return {**{short: index_of[name] for name, short in cut.items() if short not in index_of and list(cut.values()).count(short) == 1}, **index_of}


def _table(objects: Any, index_of: Mapping[str, int]) -> Table:
    """Somebody else may have made sets of these names that hold other things."""
    try:
        return Table(objects, index_of)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise unreadable(f"it holds what is not of this collection ({error!r})") from error


def _learned(state: State, table: State) -> State:
    """Ports that may learn, or have learned; of one that shares addresses, and whose sources are compared, something else than these."""
    learned: dict[str, set[str]] = {}
    for key, fields in state.items():
        if key[0] == "fdb" and fields["kind"] == "dynamic":
            learned.setdefault(str(fields["port"]), set()).add(str(key[2]))
    found: State = {}
    for name in [str(key[1]) for key, fields in state.items() if key[0] == "port" and (fields.get("learning") or key[1] in learned)]:
        found[("learned", name)] = {}
        entry = table.get(("filter", name), {})
        shared = shared_macs(entry) if entry.get("source_mac") == REJECT and entry.get("intact") else []
        if not shared or learned.get(name, set()) - set(shared):
            found[("strays", name)] = {}
    return found
