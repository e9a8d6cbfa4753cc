# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Writes an ISO: xorriso makes it from the vendor's, and it takes the place of the old one when it is whole and was looked at."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import stat
import tempfile
from typing import Any

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import Medium, MediumFile
from ansible_collections.virtnet.hardening.plugins.module_utils._media import iso_verify, iso_write, place
from ansible_collections.virtnet.hardening.plugins.module_utils._media.errors import BusyError, MediaError, NoSpaceError
from ansible_collections.virtnet.hardening.plugins.module_utils._media.progress import Progress
from ansible_collections.virtnet.hardening.plugins.module_utils._media.record import Digests, digest, load, part, save, stamp, stamp_of, sync_folder
from ansible_collections.virtnet.hardening.plugins.module_utils._media.source import IsoSource, Source
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# Counts up when the same inputs give other bytes.
RECIPE = 1
# Beyond the files themselves: folders, descriptors and the padding at the end.
_MARGIN = 4 << 20


def record_path(dest: str) -> str:
    """Beside the image."""
    folder, name = os.path.split(dest)
    return os.path.join(folder, f".{name}.virtnet.json")


def check_place(dest: str, src: str, owner: str | None = None) -> None:
    """Where the image can't be written. C(owner) is whom it is to belong to."""
    folder = os.path.dirname(dest) or "."
    if not os.path.isdir(folder):
        raise InputError(f"dest: the folder {folder} of {dest} is missing; make it first.")
    if os.path.isdir(dest):
        raise InputError(f"dest: {dest} is a folder; give the path of the ISO to write.")
    if os.path.islink(dest):
        raise InputError(f"dest: {dest} is a symbolic link, whose mode protects nothing; give {os.path.realpath(dest)}, or remove the link.")
    place.check_owner("dest", dest, owner)
    if os.path.exists(dest) and os.path.exists(src) and os.path.samefile(dest, src):
        raise InputError(f"dest: {dest} is src itself, from which the ISO is made again whenever something changes; give another path.")


class IsoJob:
    """What is to be done about an image. Nothing is written before C(write)."""

    def __init__(self, medium: Medium, source: Source, dest: str, record: dict[str, Any]) -> None:
        self.medium, self.source, self.dest, self.record = medium, source, dest, record
        self.warnings: list[str] = []
        self.inputs = self._inputs()
        self.changed = not self._is_so()
        self.result: dict[str, Any] = {}

    @property
    def paths(self) -> list[tuple[str, bool]]:
        """What file attributes are set for, and whether it holds a secret."""
        return [(self.dest, bool(self.medium.result.get("private")))]

    def diff(self) -> list[dict[str, str]]:
        """What people may see of the difference."""
        return shown_diff(part(self.record, "shown"), texts(self.medium.entries, self.source.digests), self.dest, self._secret_only())

    def _secret_only(self) -> list[str]:
        known = part(self.record, "contents")
        return [entry.path for entry in self.medium.entries if entry.data is not None and known.get(entry.path) not in (None, sha_of(entry.data))]

    def _is_so(self) -> bool:
        now = stamp(self.dest)
        if now is None or self.record.get("inputs") != self.inputs:
            return False
        if self.record.get("result") == now and self.record.get("source") == json.loads(json.dumps(self.source.stamps())):
            return True
        # Somebody touched or copied one of them, perhaps: the content counts.
        return iso_verify.same(self.medium, self.source, self.dest)

    def _inputs(self) -> str:
        """Of everything that goes in but the contents of the vendor's files, for which their stamps stand."""
        files = {entry.path: sha_of(entry.data) if entry.data is not None else self.source.digests.of_file(entry.file) for entry in self.medium.entries}
        listed = {"recipe": RECIPE, "source": self.source.structure(), "volume_id": self.medium.volume_id, "files": files}
        return sha_of(json.dumps(listed, sort_keys=True).encode())

    def check_room(self) -> None:
        """NoSpaceError if the image has no room."""
        check_space(os.path.dirname(self.dest) or ".", self._size(), self.dest)

    def write(self, progress: Progress) -> None:
        """Make the image. On any error the old one is as it was and nothing else remains."""
        temporary = record_path(self.dest)[: -len(".virtnet.json")] + ".part"
        need = self._size()
        handle = _lock(temporary, self.dest)
        try:
            with tempfile.TemporaryDirectory(prefix="virtnet-") as folder:
                iso_write.write(self.medium, self.source, folder, iso_write.NewImage(temporary, handle, need), progress)
            progress.say("looking at it")
            iso_verify.verify(self.medium, self.source, temporary)
            os.fsync(handle)
            progress.step(need, need)
            place.like(handle, self.dest, bool(self.medium.result.get("private")))
            os.replace(temporary, self.dest)
        except BaseException:
            os.unlink(temporary)
            raise
        finally:
            os.close(handle)
        sync_folder(os.path.dirname(self.dest) or ".")
        self.remember()
        progress.say("done")

    def _size(self) -> int:
        """Bytes at most."""
        files = sum(len(entry.data or b"") + (os.path.getsize(entry.file) if entry.file else 0) for entry in self.medium.entries)
        installer = os.path.getsize(self.source.where) if isinstance(self.source, IsoSource) else 0
        return max(installer, sum(self.source.sizes.values())) + files + _MARGIN

    def remember(self) -> None:
        """Write the record."""
        contents = {entry.path: sha_of(entry.data) for entry in self.medium.entries if entry.data is not None}
        new = {"inputs": self.inputs, "source": self.source.stamps(), "result": stamp(self.dest), "contents": contents}
        new.update(shown=texts(self.medium.entries, self.source.digests), digests=self.source.digests.used)
        if json.loads(json.dumps(new)) != self.record:
            save(record_path(self.dest), new)


def sha_of(data: bytes) -> str:
    """SHA-256."""
    return digest(iter([memoryview(data)]))


def check_space(folder: str, need: int, dest: str) -> None:
    """NoSpaceError before anything is written."""
    free = shutil.disk_usage(folder).free
    if free < need:
        raise NoSpaceError(f"dest: {dest} needs {-(-need >> 20)} MiB, and {folder} has {free >> 20} MiB free; make room or give another folder.")


def texts(entries: list[MediumFile], digests: Digests) -> dict[str, str]:
    """What people may see of each file that does not come from the installer."""
    shown = {entry.path: entry.shown for entry in entries if entry.data is not None}
    return {**shown, **{entry.path: f"SHA-256 {digests.of_file(entry.file)}\n" for entry in entries if entry.file}}


def shown_diff(before: dict[str, Any], after: dict[str, str], top: str, secret_only: list[str]) -> list[dict[str, str]]:
    """By file. Where only a secret differs, it says so."""
    old = {key: value for key, value in before.items() if isinstance(value, str)}
    diffs = []
    for path in sorted({*old, *after}):
        was, becomes = old.get(path, ""), after.get(path, "")
        if was == becomes and path in secret_only:
            becomes = becomes.replace("********", "******** (another one)")
        if was != becomes:
            header = f"{top.rstrip('/')}/{path.lstrip('/')}"
            diffs.append({"before_header": header, "after_header": header, "before": was, "after": becomes})
    return diffs


def _lock(temporary: str, dest: str) -> int:
    """The temporary file, which belongs to this run while it is open. One that a killed run left is taken over."""
    while True:
        try:
            handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise MediaError(f"dest: {dest} can't be written: {error.strerror}; give a path that user {os.geteuid()} may write.") from error
        found = os.fstat(handle)
        # Whoever owns it or has another name for it could read what is written to it, a hash perhaps.
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink > 1:
            os.close(handle)
            raise MediaError(f"dest: {temporary} is in the way, and is no file that user {os.geteuid()} alone has; remove it.")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise BusyError(f"dest: another run writes {dest} now; wait for it.") from None
        if stamp(temporary) == stamp_of(os.fstat(handle)):
            os.ftruncate(handle, 0)
            os.fchmod(handle, 0o600)
            return handle
        os.close(handle)


def open_record(dest: str) -> tuple[dict[str, Any], Digests]:
    """What the last run left."""
    record = load(record_path(dest))
    return record, Digests(record.get("digests"))
