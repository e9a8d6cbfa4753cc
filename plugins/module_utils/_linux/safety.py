# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What survives the process: notes for the run after a crash, and the watchdog that reverts a change of the
management path unless the control node confirms it over a new connection."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Any, Callable, Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import FAILURES, BackendError, as_ours
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import label
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.restore import restore
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.outlive import detach
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.store import LASTING, Store, boot, start_time
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.turn import Turn, namespace
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Key

_POLL = 0.1
# Seconds that a way back waits for its turn; then it goes without, as the host may be cut off.
_PATIENCE = 10.0
# A change of the management path that nobody has confirmed, and one that is being undone.
_OPEN = (".pending", ".reverting")
# What stops the clock, and nothing else does.
_SAID = ("confirmed", "cancelled")


class Orphans:
    """What runs that were killed left held, for the next run to give back."""

    def __init__(self, store: Store | None = None) -> None:
        self._store = store or Store()
        self._notes = list(self._store.orphans())
        self.held: frozenset[Key] = frozenset(key for name, keys in self._notes for key in keys)

    def settle(self, given_back: frozenset[Key]) -> None:
        """Drop the notes of which everything was given back."""
        for name, keys in self._notes:
            if given_back.issuperset(keys):
                self._store.remove(name)


class Unconfirmed:
    """Changes of the management path of this network namespace that nobody has confirmed, and that are not undone."""

    def __init__(self, store: Store | None = None, lasting: Store | None = None) -> None:
        self._store = store or Store()
        self._lasting = lasting or Store(LASTING)

    def awaited(self) -> str:
        """The one whose clock runs, in words; empty if there is none. What would be built on it could go with it."""
        for name, note in self._notes():
            if self._store.is_held(name):
                return f"A change of the management path ({_told(note)}) awaits its confirmation or its way back"
        return ""

    def warnings(self) -> Iterator[str]:
        """Those whose watchdog is gone, so that nothing will undo them, and those that a restart of the host has ended."""
        for name, note in self._notes():
            if not self._store.is_held(name):
                yield (
                    f"A change of the management path ({_told(note)}) was neither confirmed nor undone, "
                    "as its watchdog is gone: what it did may still be so. "
                    f"Compare the host with what is meant, then remove {self._store.path(name)}."
                )
        for name, note in self._lasting_notes():
            if note.get("boot") != boot():
                yield (
                    f"A change of the management path ({_told(note)}) was neither confirmed nor undone when the host was restarted: "
                    "what holds now is what the host itself sets up when it starts. "
                    f"Compare the host with what is meant, then remove {self._lasting.path(name)}."
                )

    def sweep(self) -> None:
        """Take away words that no watchdog is left to hear, and what was kept of changes that are settled."""
        for name in self._store.names(*(f".{word}" for word in _SAID)):
            if not self._store.is_held(name):
                self._store.remove(name)
        unsettled = {name.rpartition(".")[0] for name, _note in self._notes()}
        for name, note in self._lasting_notes():
            mine = note.get("boot") == boot() and note.get("namespace") == namespace()
            if mine and name.rpartition(".")[0] not in unsettled:
                self._lasting.clear(name)

    def _notes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name in self._store.names(*_OPEN):
            note = self._store.read(name)
            if note.get("namespace") == namespace():
                yield name, note

    def _lasting_notes(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name in self._lasting.names(_OPEN[0]):
            note = self._lasting.read(name)
            # What was cut off while it was written says nothing.
            if "boot" in note:
                yield name, note


class Watchdog:
    """The engine's safety net on a Linux host."""

    def __init__(
        self,
        open_backend: Callable[[], Any],
        scope: Any,
        rollback_id: str | None,
        timeout: int,
        store: Store | None = None,
        turn: Turn | None = None,
        lasting: Store | None = None,
    ) -> None:
        self._open_backend = open_backend
        self._scope = scope
        self._id = rollback_id
        self._timeout = timeout
        self._store = store or Store()
        self._turn = turn
        self._lasting = lasting or Store(LASTING)
        self.remarks: list[str] = []
        self._note = f"{os.getpid()}-{time.monotonic_ns()}.held"
        self.armed = False

    def arm(self, wish: Desired, management: bool, held: tuple[Key, ...]) -> None:
        """Note what is held; with C(management) start the clock of a process that reverts to C(wish)."""
        if self._turn is not None:
            self._turn.require()
        if held:
            note = {"pid": os.getpid(), "started": start_time(os.getpid()), "namespace": namespace(), "held": held}
            self._store.write(self._note, note)
        if management and self._id is not None:
            self._start_clock(wish, self._id)
            self.armed = True

    def _start_clock(self, wish: Desired, identity: str) -> None:
        who = self._turn.who if self._turn is not None else ""
        note = {"pid": os.getpid(), "who": who, "what": _objects(wish), "boot": boot(), "namespace": namespace(), "timeout": self._timeout}
        pending = f"{identity}.pending"
        self._store.write(pending, {**note, "wish": _plain(wish)})
        try:
            self._lasting.write(pending, note)
        except BackendError as error:
            self.remarks.append(f"Should the host be restarted before this change is confirmed, no run will tell of it. {error.message}")
        alive = self._store.hold(pending)
        try:
            stayed = detach(lambda: self._wait(wish), alive, f"virtnet-hardening-{identity}.scope")
        except BackendError:
            self._store.remove(pending)
            self._lasting.clear(pending)
            raise
        finally:
            os.close(alive)
        if stayed:
            self.remarks.append(
                "The process that takes this change back may end with the session or the service in which the task runs, "
                f"as it got no scope of systemd: {stayed}."
            )

    def disarm(self) -> None:
        """The run came to a defined end. The clock of a management change goes on: only a confirmation stops it."""
        self._store.remove(self._note)

    def cancel(self) -> None:
        """The change failed and was undone: there is nothing to revert. The watchdog takes the word for it away when it has seen it."""
        if self.armed and self._store.rename(f"{self._id}.pending", f"{self._id}.cancelled"):
            self.armed = False

    def describe(self) -> dict[str, Any]:
        """For the action plugin on the control node."""
        return {"id": self._id, "timeout": self._timeout}

    def _wait(self, wish: Desired) -> None:
        """A note that is gone without a word is none that says that the change is confirmed."""
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline and os.path.exists(self._store.path(f"{self._id}.pending")):
            time.sleep(_POLL)
        if self._store.rename(f"{self._id}.pending", f"{self._id}.reverting") or not self._said():
            self._revert(wish)
        self._lasting.clear(f"{self._id}.pending")

    def _said(self) -> bool:
        for word in _SAID:
            if os.path.exists(self._store.path(f"{self._id}.{word}")):
                self._store.remove(f"{self._id}.{word}")
                return True
        return False

    def _revert(self, wish: Desired) -> None:
        report: dict[str, Any] = {"undone": [], "not_undone": []}
        turn = Turn(self._store.directory, "the way back of a change of the management path", _PATIENCE)
        # Whoever has it may be the run that cut the host off, and hang; and a lock that can't be had keeps nobody cut off.
        with suppress(BackendError):
            turn.take()
        try:
            backend = self._open_backend()
            try:
                report["undone"], report["not_undone"], _steps = restore(wish, backend, self._scope)
            finally:
                backend.close()
        except FAILURES as error:
            report["not_undone"] = [as_ours(error).message]
        self._store.write(f"{self._id}.reverted", report)
        self._store.remove(f"{self._id}.reverting")
        self._store.remove(self._note)
        turn.give_back()


def _plain(wish: Desired) -> dict[str, Any]:
    return {"present": [[key, dict(fields)] for key, fields in wish.present.items()], "absent": list(wish.absent)}


def _objects(wish: Desired) -> list[str]:
    """What the way back speaks of: the objects that the change has touched."""
    return [label(key) for key in (*wish.present, *wish.absent)]


def _told(note: dict[str, Any]) -> str:
    return f"{note.get('who')}, process {note.get('pid')}: {few(note.get('what', []))}"
