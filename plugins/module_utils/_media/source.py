# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The installer's medium: an ISO, or a folder in which one is mounted or unpacked."""

from __future__ import annotations

import json
import os
import stat
from typing import Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import BIOS, UEFI, Installer
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.task import MAX_BYTES
from ansible_collections.virtnet.hardening.plugins.module_utils._media import xorriso
from ansible_collections.virtnet.hardening.plugins.module_utils._media.record import Digests, Stamp, blocks, digest, stamp
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# The system area and the volume descriptors are within these bytes.
_HEAD = 64 << 10


class Source(Installer):
    """An installer whose files can be streamed. C(digests) remembers what was read."""

    digests: Digests

    def stream(self, member: str) -> Iterator[memoryview]:
        """The content of a file."""
        raise NotImplementedError

    def sha256(self, member: str) -> str:
        """Of a file."""
        raise NotImplementedError

    def known(self, member: str) -> str | None:
        """The same without reading, None if it must be read."""
        raise NotImplementedError

    def note(self, member: str, sha256: str) -> None:
        """Somebody has read the file."""
        raise NotImplementedError

    def structure(self) -> str:
        """A digest of all but the contents of the files."""
        raise NotImplementedError

    def stamps(self) -> object:
        """What differs after any change."""
        raise NotImplementedError

    def read(self, path: str) -> bytes:
        """The content of a small file."""
        if self.sizes[path] > MAX_BYTES:
            raise InputError(f"src: {path} of {self.where} has {self.sizes[path]} bytes, too many for a file of text; give the vendor's medium.")
        data = b"".join(bytes(block) for block in self.stream(path))
        if len(data) != self.sizes[path]:
            raise InputError(f"src: {self.where} is cut off within {path}; copy it again.")
        return data


class IsoSource(Source):
    """An ISO image."""

    def __init__(self, path: str, digests: Digests) -> None:
        self.kind = xorriso.kind(path)
        self.image = xorriso.look(path)
        super().__init__(path, self.image.sizes())
        self.digests = digests
        self.stamp = _stamp(path)
        if self.image.end() > self.stamp[2]:
            raise InputError(f"src: {path} is cut off: it has {self.stamp[2]} bytes, and its files need {self.image.end()}; copy it again.")

    def stream(self, member: str) -> Iterator[memoryview]:
        """From where the image has it."""
        for start, size in self.image.extents[member]:
            yield from blocks(self.where, start, size)

    def _name(self, member: str) -> str:
        return f"{self.where}:{member}"

    def sha256(self, member: str) -> str:
        """Of a file; unchanged while the image is."""
        return self.digests.of(self._name(member), self.stamp, lambda: self.stream(member))

    def known(self, member: str) -> str | None:
        """From the record."""
        return self.digests.known(self._name(member), self.stamp)

    def note(self, member: str, sha256: str) -> None:
        """For the record."""
        self.digests.note(self._name(member), self.stamp, sha256)

    def starts(self) -> frozenset[str]:
        """By its boot records."""
        words = {word for line in self.image.boot if line.startswith("El Torito boot img") for word in line.split()}
        return frozenset({BIOS, UEFI} & words)

    def structure(self) -> str:
        """System area, descriptors and where each file is."""
        return digest(iter([*(memoryview(bytes(block)) for block in blocks(self.where, 0, _HEAD)), _json(self.image.extents)]))

    def stamps(self) -> object:
        """Of the image."""
        return self.stamp


class FolderSource(Source):
    """A folder."""

    def __init__(self, path: str, digests: Digests) -> None:
        self.stamps_of: dict[str, Stamp] = dict(_walk(path))
        super().__init__(path, {name: found[2] for name, found in self.stamps_of.items()})
        self.digests = digests

    def place(self, member: str) -> str:
        """Where a file is."""
        return self.where.rstrip("/") + member

    def stream(self, member: str) -> Iterator[memoryview]:
        """From the folder."""
        return blocks(self.place(member))

    def sha256(self, member: str) -> str:
        """Of a file; unchanged while its stamp is."""
        return self.digests.of(self.place(member), self.stamps_of[member], lambda: self.stream(member))

    def known(self, member: str) -> str | None:
        """From the record."""
        return self.digests.known(self.place(member), self.stamps_of[member])

    def note(self, member: str, sha256: str) -> None:
        """For the record."""
        self.digests.note(self.place(member), self.stamps_of[member], sha256)

    def structure(self) -> str:
        """Names and sizes."""
        return digest(iter([_json(dict(self.sizes))]))

    def stamps(self) -> object:
        """Of each file."""
        return self.stamps_of


def open_source(path: str, digests: Digests) -> Source:
    """InputError for what is neither an ISO nor a folder, and where it can't be read."""
    try:
        if os.path.isdir(path):
            return FolderSource(path, digests)
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise InputError(f"src: {path} is neither a file nor a folder; give the vendor's ISO or its unpacked tree.")
        return IsoSource(path, digests)
    except FileNotFoundError:
        raise InputError(f"src: {path} is not on this host; give the vendor's ISO or its unpacked tree.") from None
    except OSError as error:
        raise InputError(f"src: {path} can't be read: {error.strerror}; give one that user {os.geteuid()} may read.") from error


def _json(value: object) -> memoryview:
    return memoryview(json.dumps(value, sort_keys=True).encode())


def _stamp(path: str) -> Stamp:
    found = stamp(os.path.realpath(path))
    if found is None:
        raise InputError(f"src: {path} is no longer there; give the vendor's ISO.")
    return found


def _walk(top: str) -> Iterator[tuple[str, Stamp]]:
    for folder, folders, names in os.walk(top, onerror=_refuse):
        folders.sort()
        for name in sorted(names):
            path = os.path.join(folder, name)
            found = stamp(path)
            if found is None or not stat.S_ISREG(os.lstat(path).st_mode):
                raise InputError(f"src: {path} is no regular file, which no medium of an installer has; remove it.")
            yield "/" + os.path.relpath(path, top), found


def _refuse(error: OSError) -> None:
    raise error
