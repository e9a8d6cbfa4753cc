# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Files by which runs tell later ones, and the watchdog, what they did."""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from typing import Any, Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.turn import namespace
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Key

# Must be kept in sync with plugins/plugin_utils/_confirm.py.
DIRECTORY = "/run/virtnet-hardening"
# For the one thing that is to be known after a restart of the host.
LASTING = "/var/lib/virtnet-hardening"


def start_time(pid: int) -> str:
    """Tells a process from a later one of the same number; empty if there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as handle:
            return handle.read().rsplit(b")", 1)[1].split()[19].decode()
    except (OSError, IndexError):
        return ""


def boot() -> str:
    """Tells this start of the host from others (random(4))."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as handle:
            return handle.read().strip()
    except OSError:
        return ""


class Store:
    """Files of one folder. A restart of the host takes those below /run with it, as it does the bridges."""

    def __init__(self, directory: str = DIRECTORY) -> None:
        self.directory = directory

    def path(self, name: str) -> str:
        """The path of a file."""
        return os.path.join(self.directory, name)

    def write(self, name: str, content: dict[str, Any]) -> None:
        """Write a file whole or not at all, readable by root only."""
        temporary = self.path(f".{name}.{os.getpid()}")
        try:
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as handle:
                json.dump(content, handle)
                handle.flush()
                os.fsync(handle.fileno())
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

    def clear(self, name: str) -> None:
        """Remove a file, and the folder with the last of them."""
        self.remove(name)
        with suppress(OSError):
            os.rmdir(self.directory)

    def rename(self, old: str, new: str) -> bool:
        """Rename; False if somebody else was first. rename(2) has one winner."""
        try:
            os.rename(self.path(old), self.path(new))
        except OSError:
            return False
        return True

    def read(self, name: str) -> dict[str, Any]:
        """The content of a file; empty if it can't be read."""
        try:
            with open(self.path(name), encoding="utf-8") as handle:
                content: dict[str, Any] = json.load(handle)
        except (OSError, ValueError):
            return {}
        return content

    def names(self, *ends: str) -> list[str]:
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

    def orphans(self) -> Iterator[tuple[str, list[Key]]]:
        """Notes of runs in this network namespace that ended without cleaning up: name and what they held."""
        for name in self.names(".held"):
            note = self.read(name)
            if note.get("namespace") == namespace() and start_time(note["pid"]) != note["started"]:
                yield name, [tuple(key) for key in note["held"]]
