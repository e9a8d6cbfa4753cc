# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a run wrote and what it read for that, kept beside the medium, so that the next one needs to read only what changed since."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from typing import Any, Callable, Iterator, List

from ansible_collections.virtnet.hardening.plugins.module_utils._media.place import planted
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

BLOCK = 1 << 20
Stamp = List[int]


def stamp(path: str) -> Stamp | None:
    """What differs after any change of a file: device, inode, size and both times. None without such a file."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return stamp_of(found)


def stamp_of(found: os.stat_result) -> Stamp:
    """The same of a file that was looked at."""
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def blocks(path: str, start: int = 0, size: int | None = None) -> Iterator[memoryview]:
    """The content of a file, or a part of it. A block is valid until the next one."""
    buffer = memoryview(bytearray(BLOCK))
    with open(path, "rb", buffering=0) as file:
        file.seek(start)
        left = size if size is not None else -1
        while left:
            count = file.readinto(buffer if left < 0 else buffer[: min(BLOCK, left)])
            if not count:
                break
            left -= count if left > 0 else 0
            yield buffer[:count]


def digest(content: Iterator[memoryview]) -> str:
    """SHA-256."""
    made = hashlib.sha256()
    for block in content:
        made.update(block)
    return made.hexdigest()


class Digests:
    """SHA-256 by a name and a stamp: what was known for the same stamp is not read again."""

    def __init__(self, known: Any) -> None:
        self._known: dict[str, Any] = known if isinstance(known, dict) else {}
        self.used: dict[str, Any] = {}

    def known(self, name: str, now: Stamp | None) -> str | None:
        """Without reading."""
        entry = self._known.get(name)
        if not isinstance(entry, dict) or now is None or entry.get("stamp") != now or not isinstance(entry.get("sha256"), str):
            return None
        self.note(name, now, entry["sha256"])
        return str(entry["sha256"])

    def note(self, name: str, now: Stamp, sha256: str) -> None:
        """Somebody has read it."""
        self.used[name] = self._known[name] = {"stamp": now, "sha256": sha256}

    def of(self, name: str, now: Stamp, read: Callable[[], Iterator[memoryview]]) -> str:
        """Read if it must be."""
        found = self.known(name, now)
        if found is None:
            found = digest(read())
            self.note(name, now, found)
        return found

    def of_file(self, path: str) -> str:
        """Of a file of the host."""
        now = stamp(path)
        if now is None:
            raise InputError(f"{path} is no file on this host.")
        return self.of(path, now, lambda: blocks(path))


def at_once(path: str, flags: int) -> int:
    """The opener of files that others name: a pipe without a writer would be waited for without end."""
    return os.open(path, flags | os.O_NONBLOCK)


def load(path: str) -> dict[str, Any]:
    """A record, empty if there is none or none that was written here."""
    try:
        with open(path, "rb", opener=at_once) as file:
            about = os.fstat(file.fileno())
            # What another user wrote would make a file of that user count as what is to be there.
            if not stat.S_ISREG(about.st_mode) or planted(path, about):
                return {}
            found = json.loads(file.read(64 << 20))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def part(record: dict[str, Any], key: str) -> dict[str, Any]:
    """A part of it that is a mapping, empty where it is none."""
    found = record.get(key)
    return found if isinstance(found, dict) else {}


def save(path: str, record: dict[str, Any]) -> None:
    """At once or not at all. Nobody else may read it."""
    temporary = f"{path}.part"
    with contextlib.suppress(FileNotFoundError):
        # Of a run that was killed, or a link that leads elsewhere.
        os.unlink(temporary)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(json.dumps(record, indent=1, sort_keys=True).encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def sync_folder(path: str) -> None:
    """So that a rename outlives a loss of power."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
