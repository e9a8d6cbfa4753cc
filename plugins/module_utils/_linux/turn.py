# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Whose turn it is: one process at a time changes what is in a network namespace, from its first look to its read-back, and others wait.

flock(2) on a file below /run. The kernel takes the lock of a process that ends, however it ends, so that a killed run leaves none.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import time
from typing import Any, Callable

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, BusyError

# Seconds; a run on a thousand ports takes two.
PATIENCE = 60.0
_POLL = 0.02


def namespace() -> int:
    """Tells the network namespace of this process from others."""
    return os.stat("/proc/self/ns/net").st_ino


class Turn:
    """The right to act in this network namespace. Whoever may not make the file goes on without, as long as nothing is to be written."""

    def __init__(self, directory: str, who: str, patience: float = PATIENCE, awaited: Callable[[], str] = str) -> None:
        """C(awaited) names what else must have ended first; empty if there is nothing."""
        self._path = os.path.join(directory, f"namespace-{namespace()}.lock")
        self.who = who
        self._patience = patience
        self._awaited = awaited
        self._descriptor: int | None = None
        self._failure: OSError | None = None

    def __enter__(self) -> Turn:
        self.take()
        return self

    def __exit__(self, *problem: Any) -> None:
        self.give_back()

    def take(self) -> None:
        """Wait for it. Raises BusyError that names who has it, once patience is over."""
        deadline = time.monotonic() + self._patience
        while True:
            taken = self._taken()
            # Looked for only by who has the lock, so that nothing of the kind can begin meanwhile.
            reason = self._awaited() if taken else f"{self._holder()} works on the bridges of this network namespace"
            if not reason:
                return
            self.give_back()
            if time.monotonic() >= deadline:
                raise BusyError(f"{reason}, and did not end within {self._patience:g} s; nothing was changed. Run again when it is done.")
            time.sleep(_POLL)

    def require(self) -> None:
        """Before the first write: raises BackendError if the lock could not be had."""
        if self._failure is not None:
            raise BackendError(
                f"The lock {self._path} can't be taken: {self._failure.strerror}; nothing was changed, as another run could change the same at the same time"
                f"{rights.hint(self._failure.errno)}."
            )

    def give_back(self) -> None:
        """The next one may. The file goes as long as nobody else can have it."""
        if self._descriptor is not None:
            if self._is_there(self._descriptor):
                os.unlink(self._path)
            # A process that was forked meanwhile has the same lock, and does not keep it.
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            os.close(self._descriptor)
            self._descriptor = None

    def _taken(self) -> bool:
        try:
            os.makedirs(os.path.dirname(self._path), mode=0o700, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            self._failure = error
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._is_there(descriptor):
                self._sign(descriptor)
                self._descriptor, descriptor = descriptor, -1
                return True
        except OSError as error:
            if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                raise BackendError(f"The lock {self._path} can't be taken: {error.strerror}; nothing was changed.") from error
        finally:
            if descriptor >= 0:
                os.close(descriptor)
        return False

    def _is_there(self, descriptor: int) -> bool:
        """Whether the file is still the one of that name: whoever had it took it away."""
        try:
            return os.path.samestat(os.fstat(descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False

    def _sign(self, descriptor: int) -> None:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps({"pid": os.getpid(), "who": self.who}).encode())

    def _holder(self) -> str:
        try:
            with open(self._path, encoding="utf-8") as handle:
                note: dict[str, Any] = json.load(handle)
            return f"{note['who']} (process {note['pid']})"
        except (OSError, ValueError, KeyError):
            return "Another run"
