# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Writes a tree for hosts that start over the network: every changed file beside its place, then all of them into their places."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
from typing import Any, Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import Medium, MediumFile
from ansible_collections.virtnet.hardening.plugins.module_utils._media import place as places
from ansible_collections.virtnet.hardening.plugins.module_utils._media.errors import BusyError, MediaError
from ansible_collections.virtnet.hardening.plugins.module_utils._media.iso_job import check_space, sha_of, shown_diff, texts
from ansible_collections.virtnet.hardening.plugins.module_utils._media.progress import Progress
from ansible_collections.virtnet.hardening.plugins.module_utils._media.record import Digests, blocks, digest, load, part, save, stamp, sync_folder
from ansible_collections.virtnet.hardening.plugins.module_utils._media.source import Source
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

MANIFEST = ".virtnet-media.json"
_PART = ".virtnet-part"
PUBLIC, PRIVATE, FOLDER = 0o644, 0o600, 0o755


def check_place(dest: str, src: str, owner: str | None = None) -> None:
    """Where a tree can't be written. C(owner) is whom its files are to belong to."""
    parent = os.path.dirname(dest.rstrip("/")) or "."
    if not os.path.isdir(parent):
        raise InputError(f"dest: the folder {parent} of {dest} is missing; make it first.")
    if os.path.lexists(dest) and not os.path.isdir(dest):
        raise InputError(f"dest: {dest} is no folder; give the folder that the server serves.")
    places.check_owner("dest", dest, owner)
    inside, outside = os.path.realpath(dest), os.path.realpath(src)
    if inside == outside or inside.startswith(f"{outside}/") or outside.startswith(f"{inside}/") and os.path.isdir(src):
        raise InputError(f"dest: {dest} and src {src} are within each other; give a folder apart.")


def open_record(dest: str) -> tuple[dict[str, Any], Digests]:
    """What the last run left."""
    record = load(os.path.join(dest, MANIFEST))
    return record, Digests(record.get("digests"))


class TreeJob:
    """What is to be done about a tree. Nothing is written before C(write)."""

    def __init__(self, medium: Medium, source: Source, dest: str, record: dict[str, Any], owner: str | None = None) -> None:
        self.medium, self.source, self.dest, self.record = medium, source, dest.rstrip("/") or "/", record
        self.owner = owner
        self.old = part(record, "files")
        self.entries = {entry.path: entry for entry in medium.entries}
        self.warnings: list[str] = []
        self.written = [entry for entry in medium.entries if not self._current(entry)]
        self.removed = [path for path in sorted(self.old) if path not in self.entries and self._ours(path)]
        self._warn_of_unreadable()
        self.changed = bool(self.written or self.removed or set(self.old) != set(self.entries))
        self.result: dict[str, Any] = {"written": sorted(entry.path for entry in self.written), "removed": self.removed}

    @property
    def paths(self) -> list[tuple[str, bool]]:
        """What file attributes are set for, and whether it holds a secret."""
        return [(self._place(path), entry.private) for path, entry in sorted(self.entries.items())]

    def _warn_of_unreadable(self) -> None:
        """A web server seldom runs as the user who makes the tree, and then the installer gets no script."""
        private = [] if self.owner else [entry.path for entry in self.medium.entries if entry.private and self._is_mine(entry)]
        if private:
            more = f" and {len(private) - 1} more" if len(private) > 1 else ""
            self.warnings.append(
                f"{private[0]}{more} of the tree can be read by user {places.user(os.geteuid())} only, as it holds a secret: a web server of another user"
                " refuses it to the installer. Give the server's user as owner (www-data on Debian, nginx on others)."
            )

    def _is_mine(self, entry: MediumFile) -> bool:
        place = self._place(entry.path)
        return entry in self.written or not os.path.lexists(place) or os.lstat(place).st_uid == os.geteuid()

    def _place(self, path: str) -> str:
        return f"{self.dest.rstrip('/')}/{path}"

    def _link_before(self, path: str) -> str | None:
        """The folder on the way to a file that leads out of the tree."""
        return next((place for place in map(self._place, _parents(path)) if os.path.islink(place)), None)

    def _wanted(self, entry: MediumFile) -> str:
        if entry.link:
            return self._wanted(self.entries[entry.link])
        if entry.data is not None:
            return sha_of(entry.data)
        return self.source.digests.of_file(entry.file) if entry.file else self.source.sha256(entry.member)

    def _current(self, entry: MediumFile) -> bool:
        place, kept, link = self._place(entry.path), self.old.get(entry.path), self._link_before(entry.path)
        if link:
            raise InputError(f"dest: {link} is a symbolic link, and what is written to it would be elsewhere; remove it.")
        if not os.path.lexists(place):
            return False
        places.check_owner("dest", place, self.owner)
        mode = os.lstat(place).st_mode
        if not stat.S_ISREG(mode):
            raise InputError(f"dest: {place} is no regular file; remove it, or give a folder that is not used for something else.")
        same = self._actual(place, kept) == self._wanted(entry)
        if not same and not isinstance(kept, dict):
            raise InputError(f"dest: {place} is not of this module, and differs from what it would write; remove it, or give a folder of its own.")
        return same and not (entry.private and mode & 0o077)

    def _actual(self, place: str, kept: Any) -> str | None:
        now = stamp(place)
        if isinstance(kept, dict) and kept.get("stamp") == now:
            return kept.get("sha256")
        return digest(blocks(place))

    def _ours(self, path: str) -> bool:
        """Whether a file that is no longer wanted may go."""
        place, kept = self._place(path), self.old[path]
        # A manifest is a file that somebody may have written: it must not lead out of the folder.
        out = os.path.isabs(path) or ".." in path.split("/") or self._link_before(path)
        if out or not isinstance(kept, dict) or not os.path.lexists(place):
            return False
        if not stat.S_ISREG(os.lstat(place).st_mode) or self._actual(place, kept) != kept.get("sha256"):
            self.warnings.append(f"{place} is no longer needed, but was changed by somebody else; it is kept.")
            return False
        return True

    def diff(self) -> list[dict[str, str]]:
        """What people may see of the difference."""
        secret_only = [entry.path for entry in self.written if entry.data is not None]
        touched = {entry.path for entry in self.written} | set(self.removed)
        after = texts(self.medium.entries, self.source.digests)
        before = {path: text for path, text in part(self.record, "shown").items() if path in touched and os.path.lexists(self._place(path))}
        return shown_diff(before, {path: text for path, text in after.items() if path in touched}, self.dest, secret_only)

    def check_room(self) -> None:
        """NoSpaceError if what is to be written has no room."""
        check_space(self.dest if os.path.isdir(self.dest) else os.path.dirname(self.dest) or ".", self._total(), self.dest)

    def _total(self) -> int:
        return sum(self._length(entry) for entry in self.written)

    def write(self, progress: Progress) -> None:
        """Make the tree. On an error before all files are ready nothing is changed."""
        with contextlib.ExitStack() as stack:
            made = _Folders()
            stack.callback(made.undo)
            made.make(self.dest)
            stack.enter_context(_locked(self.dest))
            total = self._total()
            parts = stack.enter_context(_Parts())
            done = 0
            for entry in self.written:
                if not entry.link:
                    made.make(os.path.dirname(self._place(entry.path)))
                    done = self._stage(entry, parts, progress, done, total)
            # Before the files get their places: a run that ends in between must know them as its own afterwards.
            made.keep()
            save(self._place(MANIFEST), self._new_record({**self.old, **self._files(parts)}))
            try:
                self._publish(parts)
            except OSError as error:
                raise MediaError(f"dest: {error.filename} can't be written: {error.strerror}; {self.dest} is partly new. Mend that and run again.") from error
            self.remember(parts.sha256)
        progress.say("done")

    def _length(self, entry: MediumFile) -> int:
        if entry.link:
            return 0
        if entry.data is not None:
            return len(entry.data)
        return os.path.getsize(entry.file) if entry.file else self.source.sizes[entry.member]

    def _stage(self, entry: MediumFile, parts: _Parts, progress: Progress, done: int, total: int) -> int:
        content = iter([memoryview(entry.data)]) if entry.data is not None else blocks(entry.file) if entry.file else self.source.stream(entry.member)
        place, sha256, before = self._place(entry.path), hashlib.sha256(), done
        try:
            with parts.open(place, PRIVATE if entry.private else PUBLIC) as file:
                for block in content:
                    file.write(block)
                    sha256.update(block)
                    done += len(block)
                    progress.step(done, total)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise MediaError(f"dest: {place} can't be written: {error.strerror}; nothing was changed.") from error
        if done - before != self._length(entry):
            raise MediaError(f"src: {entry.member or entry.file} is cut off after {done - before} bytes; nothing was changed. Copy it again.")
        parts.sha256[entry.path] = sha256.hexdigest()
        if entry.member:
            self.source.note(entry.member, parts.sha256[entry.path])
        return done

    def _files(self, parts: _Parts) -> dict[str, Any]:
        return {path: {"sha256": sha256, "stamp": None} for path, sha256 in parts.sha256.items()}

    def _publish(self, parts: _Parts) -> None:
        for entry in self.written:
            place = self._place(entry.path)
            if entry.link:
                _link(self._place(entry.link), place)
            else:
                parts.publish(place)
        for path in self.removed:
            os.unlink(self._place(path))
            for folder in _parents(path):
                with contextlib.suppress(OSError):
                    os.rmdir(self._place(folder))
        for folder in sorted({os.path.dirname(self._place(entry.path)) for entry in self.written}):
            sync_folder(folder)

    def remember(self, fresh: dict[str, str] | None = None) -> None:
        """Write the manifest; without an argument that of a tree that did not change."""
        files = {}
        for path, entry in self.entries.items():
            target = entry.link or path
            sha256 = (fresh or {}).get(target) or self._wanted(entry)
            files[path] = {"sha256": sha256, "stamp": stamp(self._place(path))}
        new = self._new_record(files)
        if new != self.record:
            save(self._place(MANIFEST), new)

    def _new_record(self, files: dict[str, Any]) -> dict[str, Any]:
        return {"files": files, "shown": texts(self.medium.entries, self.source.digests), "digests": self.source.digests.used}


class _Folders:
    """Folders that a run makes; they go again if it fails."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def make(self, path: str) -> None:
        missing = []
        while path and not os.path.isdir(path):
            missing.append(path)
            path = os.path.dirname(path)
        for each in reversed(missing):
            try:
                os.mkdir(each)
                os.chmod(each, FOLDER)
            except OSError as error:
                raise MediaError(f"dest: the folder {each} can't be made: {error.strerror}; nothing was changed.") from error
            self.made.append(each)

    def keep(self) -> None:
        self.made = []

    def undo(self) -> None:
        for each in reversed(self.made):
            with contextlib.suppress(OSError):
                os.rmdir(each)


class _Parts:
    """Files beside their places, which vanish unless they are published."""

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self.sha256: dict[str, str] = {}

    def __enter__(self) -> _Parts:
        return self

    def __exit__(self, *_error: object) -> None:
        for place in self.waiting:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(place + _PART)

    def open(self, place: str, mode: int) -> Any:
        with contextlib.suppress(FileNotFoundError):
            # Of a run that was killed.
            os.unlink(place + _PART)
        handle = os.open(place + _PART, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        self.waiting.append(place)
        os.fchmod(handle, mode)
        return os.fdopen(handle, "wb", buffering=0)

    def publish(self, place: str) -> None:
        os.replace(place + _PART, place)
        self.waiting.remove(place)


@contextlib.contextmanager
def _locked(dest: str) -> Iterator[None]:
    handle = os.open(dest, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BusyError(f"dest: another run writes {dest} now; wait for it.") from None
    finally:
        os.close(handle)


def _link(target: str, place: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(place + _PART)
    try:
        os.link(target, place + _PART)
    except OSError:
        # Not every file system has hard links.
        made = os.open(place + _PART, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PUBLIC)
        with open(target, "rb") as source, os.fdopen(made, "wb") as copy:
            for block in iter(lambda: source.read(1 << 20), b""):
                copy.write(block)
        os.chmod(place + _PART, PUBLIC)
    os.replace(place + _PART, place)


def _parents(path: str) -> list[str]:
    folder = os.path.dirname(path)
    return [folder, *_parents(folder)] if folder else []
