# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What survives the process: notes for the run after a crash, and the watchdog that reverts a change of the
management path unless the control node confirms it over a new connection."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Optional, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import FAILURES, BackendError, as_ours
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.restore import restore
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Key
from ansible_collections.virtnet.hardening.plugins.module_utils._turn import Turn, namespace

# Must be kept in sync with plugins/plugin_utils/_confirm.py.
DIRECTORY = "/run/virtnet-hardening"
_POLL = 0.1
# Seconds that a way back waits for its turn; then it goes without, as the host may be cut off.
_PATIENCE = 10.0
# A change of the management path that nobody has confirmed, and one that is being undone.
_OPEN = (".pending", ".reverting")
# What stops the clock, and nothing else does.
_SAID = ("confirmed", "cancelled")


def _start_time(pid: int) -> str:
    """Tells a process from a later one of the same number; empty if there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as handle:
            return handle.read().rsplit(b")", 1)[1].split()[19].decode()
    except (OSError, IndexError):
        return ""


class Store:
    """Files below /run: a restart of the host takes them with it, as it does the bridges."""

    def __init__(self, directory: str = DIRECTORY) -> None:
        self.directory = directory

    def path(self, name: str) -> str:
        """The path of a file."""
        return os.path.join(self.directory, name)

    def write(self, name: str, content: Dict[str, Any]) -> None:
        """Write a file whole or not at all, readable by root only."""
        temporary = self.path(f".{name}.{os.getpid()}")
        try:
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
                json.dump(content, handle)
            os.replace(temporary, self.path(name))
        except OSError as error:
            raise BackendError(
                f"The journal {self.path(name)} can't be written: {error.strerror}; nothing was changed, as a crash could not be mended"
                f"{rights.hint(error.errno)}."
            ) from error

    def remove(self, name: str) -> None:
        """Remove a file if it is there."""
        try:
            os.unlink(self.path(name))
        except OSError:
            return

    def rename(self, old: str, new: str) -> bool:
        """Rename; False if somebody else was first. rename(2) has one winner."""
        try:
            os.rename(self.path(old), self.path(new))
        except OSError:
            return False
        return True

    def read(self, name: str) -> Dict[str, Any]:
        """The content of a file; empty if it can't be read."""
        try:
            with open(self.path(name), encoding="utf-8") as handle:
                content: Dict[str, Any] = json.load(handle)
        except (OSError, ValueError):
            return {}
        return content

    def names(self, *ends: str) -> List[str]:
        """The files whose names end so."""
        try:
            return sorted(name for name in os.listdir(self.directory) if name.endswith(ends))
        except OSError:
            return []

    def hold(self, name: str) -> int:
        """A descriptor of the file with a lock on it, which lasts as long as a process has it, whatever the file is called meanwhile."""
        descriptor = os.open(self.path(name), os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        return descriptor

    def is_held(self, name: str) -> bool:
        """Whether a process has that lock."""
        try:
            with open(self.path(name), encoding="utf-8") as handle:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return False

    def orphans(self) -> Iterator[Tuple[str, List[Key]]]:
        """Notes of runs in this network namespace that ended without cleaning up: name and what they held."""
        for name in self.names(".held"):
            note = self.read(name)
            if note.get("namespace") == namespace() and _start_time(note["pid"]) != note["started"]:
                yield name, [tuple(key) for key in note["held"]]


class Orphans:
    """What runs that were killed left held, for the next run to give back."""

    def __init__(self, store: Optional[Store] = None) -> None:
        self._store = store or Store()
        self._notes = list(self._store.orphans())
        self.held: FrozenSet[Key] = frozenset(key for name, keys in self._notes for key in keys)

    def settle(self, given_back: FrozenSet[Key]) -> None:
        """Drop the notes of which everything was given back."""
        for name, keys in self._notes:
            if given_back.issuperset(keys):
                self._store.remove(name)


class Unconfirmed:
    """Changes of the management path of this network namespace that nobody has confirmed, and that are not undone."""

    def __init__(self, store: Optional[Store] = None) -> None:
        self._store = store or Store()

    def awaited(self) -> str:
        """The one whose clock runs, in words; empty if there is none. What would be built on it could go with it."""
        for name, note in self._notes():
            if self._store.is_held(name):
                return f"A change of the management path ({note.get('who')}, process {note.get('pid')}) awaits its confirmation or its way back"
        return ""

    def warnings(self) -> Iterator[str]:
        """Those whose watchdog is gone, so that nothing will undo them."""
        for name, note in self._notes():
            if not self._store.is_held(name):
                yield (
                    f"A change of the management path ({note.get('who')}, process {note.get('pid')}) was neither confirmed nor undone, "
                    "as its watchdog is gone: what it did may still be so. "
                    f"Compare the host with what is meant, then remove {self._store.path(name)}."
                )

    def sweep(self) -> None:
        """Take away words that no watchdog is left to hear."""
        for name in self._store.names(*(f".{word}" for word in _SAID)):
            if not self._store.is_held(name):
                self._store.remove(name)

    def _notes(self) -> Iterator[Tuple[str, Dict[str, Any]]]:
        for name in self._store.names(*_OPEN):
            note = self._store.read(name)
            if note.get("namespace") == namespace():
                yield name, note


class Watchdog:
    """The engine's safety net on a Linux host."""

    def __init__(
        self, open_backend: Callable[[], Any], scope: Any, rollback_id: Optional[str], timeout: int, store: Optional[Store] = None,
        turn: Optional[Turn] = None,
    ) -> None:
        self._open_backend = open_backend
        self._scope = scope
        self._id = rollback_id
        self._timeout = timeout
        self._store = store or Store()
        self._turn = turn
        self._note = f"{os.getpid()}-{time.monotonic_ns()}.held"
        self.armed = False

    def arm(self, wish: Desired, management: bool, held: Tuple[Key, ...]) -> None:
        """Note what is held; with C(management) start the clock of a process that reverts to C(wish)."""
        if self._turn is not None:
            self._turn.require()
        if held:
            note = {"pid": os.getpid(), "started": _start_time(os.getpid()), "namespace": namespace(), "held": held}
            self._store.write(self._note, note)
        if management and self._id is not None:
            who = self._turn.who if self._turn is not None else ""
            note = {"pid": os.getpid(), "who": who, "namespace": namespace(), "timeout": self._timeout, "wish": _plain(wish)}
            self._store.write(f"{self._id}.pending", note)
            alive = self._store.hold(f"{self._id}.pending")
            try:
                _detach(lambda: self._wait(wish), alive)
            finally:
                os.close(alive)
            self.armed = True

    def disarm(self) -> None:
        """The run came to a defined end. The clock of a management change goes on: only a confirmation stops it."""
        self._store.remove(self._note)

    def cancel(self) -> None:
        """The change failed and was undone: there is nothing to revert. The watchdog takes the word for it away when it has seen it."""
        if self.armed and self._store.rename(f"{self._id}.pending", f"{self._id}.cancelled"):
            self.armed = False

    def describe(self) -> Dict[str, Any]:
        """For the action plugin on the control node."""
        return {"id": self._id, "timeout": self._timeout}

    def _wait(self, wish: Desired) -> None:
        """A note that is gone without a word is none that says that the change is confirmed."""
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline and os.path.exists(self._store.path(f"{self._id}.pending")):
            time.sleep(_POLL)
        if self._store.rename(f"{self._id}.pending", f"{self._id}.reverting") or not self._said():
            self._revert(wish)

    def _said(self) -> bool:
        for word in _SAID:
            if os.path.exists(self._store.path(f"{self._id}.{word}")):
                self._store.remove(f"{self._id}.{word}")
                return True
        return False

    def _revert(self, wish: Desired) -> None:
        report: Dict[str, Any] = {"undone": [], "not_undone": []}
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


def _plain(wish: Desired) -> Dict[str, Any]:
    return {"present": [[key, dict(fields)] for key, fields in wish.present.items()], "absent": list(wish.absent)}


def _detach(work: Callable[[], None], kept: int) -> None:
    """Run C(work) in a process that outlives this one, its session and its connection, and keeps one descriptor."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    status = 1
    try:
        os.setsid()
        if os.fork() == 0:
            _close_descriptors(kept)
            work()
        status = 0
    finally:
        # Neither the module's cleanup nor its output may run twice.
        os._exit(status)


def _close_descriptors(kept: int) -> None:
    """The connection ends only when nobody holds the ends of its pipes any more."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(3, kept)
    os.closerange(kept + 1, 1024)
    os.chdir("/")
