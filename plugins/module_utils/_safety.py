# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What survives the process: notes for the run after a crash, and the watchdog that reverts a change of the
management path unless the control node confirms it over a new connection."""

from __future__ import annotations

import json
import os
import time
from typing import Any, Callable, Dict, FrozenSet, Iterator, List, Optional, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.restore import restore
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Key

# Must be kept in sync with plugins/plugin_utils/_confirm.py.
DIRECTORY = "/run/virtnet-hardening"
_POLL = 0.1


def _start_time(pid: int) -> str:
    """Tells a process from a later one of the same number; empty if there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as handle:
            return handle.read().rsplit(b")", 1)[1].split()[19].decode()
    except (OSError, IndexError):
        return ""


def _namespace() -> int:
    return os.stat("/proc/self/ns/net").st_ino


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

    def orphans(self) -> Iterator[Tuple[str, List[Key]]]:
        """Notes of runs in this network namespace that ended without cleaning up: name and what they held."""
        try:
            names = sorted(os.listdir(self.directory))
        except OSError:
            return
        for name in names:
            if not name.endswith(".held"):
                continue
            try:
                with open(self.path(name), encoding="utf-8") as handle:
                    note = json.load(handle)
            except (OSError, ValueError):
                continue
            if note["namespace"] == _namespace() and _start_time(note["pid"]) != note["started"]:
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


class Watchdog:
    """The engine's safety net on a Linux host."""

    def __init__(
        self, open_backend: Callable[[], Any], scope: Any, rollback_id: Optional[str], timeout: int, store: Optional[Store] = None
    ) -> None:
        self._open_backend = open_backend
        self._scope = scope
        self._id = rollback_id
        self._timeout = timeout
        self._store = store or Store()
        self._note = f"{os.getpid()}-{time.monotonic_ns()}.held"
        self.armed = False

    def arm(self, wish: Desired, management: bool, held: Tuple[Key, ...]) -> None:
        """Note what is held; with C(management) start the clock of a process that reverts to C(wish)."""
        if held:
            note = {"pid": os.getpid(), "started": _start_time(os.getpid()), "namespace": _namespace(), "held": held}
            self._store.write(self._note, note)
        if management and self._id is not None:
            self._store.write(f"{self._id}.pending", {"pid": os.getpid(), "timeout": self._timeout, "wish": _plain(wish)})
            self.armed = True
            _detach(lambda: self._wait(wish))

    def disarm(self) -> None:
        """The run came to a defined end. The clock of a management change goes on: only a confirmation stops it."""
        self._store.remove(self._note)

    def cancel(self) -> None:
        """The change failed and was undone: there is nothing to revert."""
        if self.armed and self._store.rename(f"{self._id}.pending", f"{self._id}.cancelled"):
            self._store.remove(f"{self._id}.cancelled")
            self.armed = False

    def describe(self) -> Dict[str, Any]:
        """For the action plugin on the control node."""
        return {"id": self._id, "timeout": self._timeout}

    def _wait(self, wish: Desired) -> None:
        pending = f"{self._id}.pending"
        deadline = time.monotonic() + self._timeout
        while time.monotonic() < deadline:
            if not os.path.exists(self._store.path(pending)):
                self._store.remove(f"{self._id}.confirmed")
                return
            time.sleep(_POLL)
        if self._store.rename(pending, f"{self._id}.reverting"):
            self._revert(wish)

    def _revert(self, wish: Desired) -> None:
        report: Dict[str, Any] = {"undone": [], "not_undone": []}
        try:
            backend = self._open_backend()
            try:
                report["undone"], report["not_undone"], _steps = restore(wish, backend, self._scope)
            finally:
                backend.close()
        except VirtnetError as error:
            report["not_undone"] = [error.message]
        self._store.write(f"{self._id}.reverted", report)
        self._store.remove(f"{self._id}.reverting")
        self._store.remove(self._note)


def _plain(wish: Desired) -> Dict[str, Any]:
    return {"present": [[key, dict(fields)] for key, fields in wish.present.items()], "absent": list(wish.absent)}


def _detach(work: Callable[[], None]) -> None:
    """Run C(work) in a process that outlives this one, its session and its connection."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    status = 1
    try:
        os.setsid()
        if os.fork() == 0:
            _close_descriptors()
            work()
        status = 0
    finally:
        # Neither the module's cleanup nor its output may run twice.
        os._exit(status)


def _close_descriptors() -> None:
    """The connection ends only when nobody holds the ends of its pipes any more."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(3, 1024)
    os.chdir("/")
