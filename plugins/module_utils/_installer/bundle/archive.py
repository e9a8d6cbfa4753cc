# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The two containers of bundles, read in one pass and in bounded memory: ar archives (VIBs) and zip files. Pure but for the file given."""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from typing import IO, Any, Callable, Iterator, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.errors import (
    CHUNK,
    FREE_RATIO,
    MAX_ENTRIES,
    MAX_EXPANDED,
    MAX_RATIO,
    BundleError,
)

AR_MAGIC = b"!<arch>\n"
ZIP_MAGIC = b"PK"
_HEADER = 60
_LOCAL = 30
_MAX_NAME = 4096
_ZSTD_BYTES = 1024
_DRIVE = re.compile(r"[A-Za-z]:")


class Stream:
    """A part of a file that is read forwards: C(left) bytes of it at most."""

    def __init__(self, source: Callable[[int], bytes], size: int, where: str) -> None:
        self._source = source
        self._where = where
        self.left = size

    def read(self, size: int) -> bytes:
        """The next bytes, empty at the end; BundleError where the file ends before."""
        data = self._source(min(size, self.left))
        if not data and self.left and size:
            raise BundleError(self._where, "truncated", f"it ends {self.left} bytes before its end")
        self.left -= len(data)
        return data

    def exactly(self, size: int) -> bytes:
        """So many bytes."""
        parts = []
        while size:
            part = self.read(size)
            if not part:
                raise BundleError(self._where, "truncated", f"it ends {size} bytes before its end")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def chunks(self) -> Iterator[bytes]:
        """The rest."""
        while self.left:
            yield self.read(CHUNK)


class Member(NamedTuple):
    """A file in an ar archive. It must be read before the next one is asked for; what is left unread is skipped."""

    name: str
    stream: Stream


def ar_members(whole: Stream, where: str) -> Iterator[Member]:
    """The files of an ar archive, in the forms of GNU, BSD and System V, in order."""
    if whole.left < len(AR_MAGIC) or whole.exactly(len(AR_MAGIC)) != AR_MAGIC:
        raise BundleError(where, "not-ar", "it is no ar archive, which every VIB is")
    table = b""
    seen: set[str] = set()
    while whole.left:
        header = whole.exactly(_HEADER) if whole.left >= _HEADER else b""
        if len(header) != _HEADER or header[58:] != b"`\n":
            raise BundleError(where, "ar-header", f"the header {whole.left} bytes before its end is broken")
        size = _number(header[48:58], where)
        if size > whole.left:
            raise BundleError(where, "truncated", f"it ends {size - whole.left} bytes before the end of one of its files")
        raw = header[:16].rstrip(b" ")
        body = Stream(whole.read, size, where)
        if raw == b"//":
            table = body.exactly(size) if size <= CHUNK else b""
        elif raw not in (b"/", b"/SYM64/", b"__.SYMDEF"):
            name = _ar_name(raw, table, body, where)
            if name in seen or len(seen) >= MAX_ENTRIES:
                raise BundleError(where, "duplicate", f"it has {name!r} twice, or more than {MAX_ENTRIES} files")
            seen.add(name)
            yield Member(name, body)
        for _unread in body.chunks():
            pass
        if size % 2 and whole.left:
            whole.exactly(1)


def _number(field: bytes, where: str) -> int:
    digits = field.strip(b" ")
    if not digits.isdigit():
        raise BundleError(where, "ar-header", f"{field!r} is no size of a file in an ar archive")
    return int(digits)


def _ar_name(raw: bytes, table: bytes, body: Stream, where: str) -> str:
    if raw.startswith(b"#1/"):
        length = _number(raw[3:], where)
        if length > min(body.left, _MAX_NAME):
            raise BundleError(where, "ar-header", f"a name of {length} bytes is longer than its file")
        raw = body.exactly(length).rstrip(b"\x00")
    elif raw.startswith(b"/") and raw[1:].isdigit():
        at = int(raw[1:])
        if at >= len(table):
            raise BundleError(where, "ar-header", f"it has no long name {at}")
        raw = table[at:].split(b"\n", 1)[0]
    name = raw.rstrip(b"/").decode("utf-8", "backslashreplace")
    check_name(name, where)
    if "/" in name:
        raise BundleError(where, "path-traversal", f"{name!r} has a folder in its name, which no file of a VIB has")
    return name


def check_name(name: str, where: str) -> None:
    """Refuses what would leave the folder that it is unpacked to."""
    parts = name.replace("\\", "/").split("/")
    if not name or len(name) > _MAX_NAME or "\x00" in name or "\\" in name or name.startswith("/") or ".." in parts or _DRIVE.match(name):
        raise BundleError(where, "path-traversal", f"{name[:100]!r} is no name of a file below a folder, and would be written elsewhere when unpacked")


class Zip:
    """A zip file whose directory has been checked: C(infos) by name, folders left out."""

    def __init__(self, file: IO[bytes], where: str) -> None:
        self.where = where
        try:
            self._zip = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, struct.error, IndexError, NotImplementedError, EOFError, OverflowError) as error:
            raise BundleError(where, "not-zip", f"it is no complete zip file ({error})") from error
        self.infos: dict[str, zipfile.ZipInfo] = {}
        self._check()

    def _check(self) -> None:
        listed = self._zip.infolist()
        if len(listed) > MAX_ENTRIES:
            raise BundleError(self.where, "zip-bomb", f"it has {len(listed)} files, no bundle has more than {MAX_ENTRIES}")
        for info in listed:
            check_name(info.orig_filename.rstrip("/") or info.orig_filename, self.where)
            if info.is_dir():
                continue
            if info.filename in self.infos:
                raise BundleError(self.where, "duplicate", f"it has {info.filename!r} twice, and which one ESXi reads is open")
            self._check_entry(info)
            self.infos[info.filename] = info
        if sum(info.file_size for info in listed) > MAX_EXPANDED:
            raise BundleError(self.where, "zip-bomb", f"its files have more than {MAX_EXPANDED} bytes in all, no bundle has")
        # Entries that share their compressed bytes expand without a bound (a file of 42 KB to 5 GB).
        end, before = 0, ""
        for info in sorted(listed, key=lambda each: each.header_offset):
            if info.header_offset < end:
                raise BundleError(self.where, "zip-bomb", f"{info.filename!r} lies within {before!r}, as in bombs")
            end, before = info.header_offset + _LOCAL + info.compress_size, info.filename

    def _check_entry(self, info: zipfile.ZipInfo) -> None:
        if info.flag_bits & 1:
            raise BundleError(self.where, "encrypted", f"{info.filename!r} is encrypted, which no bundle is")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise BundleError(self.where, "path-traversal", f"{info.filename!r} is a symbolic link, which no bundle has")
        if info.file_size > FREE_RATIO and info.file_size > MAX_RATIO * max(info.compress_size, 1):
            raise BundleError(self.where, "zip-bomb", f"{info.filename!r} would expand {info.file_size // max(info.compress_size, 1)} times")

    def stream(self, name: str) -> Stream:
        """A file of it."""
        info = self.infos[name]
        inner = f"{self.where}: {name}"
        try:
            file = self._zip.open(info)
        except _BROKEN as error:
            raise BundleError(inner, "truncated", f"it can't be read ({error})") from error

        def read(size: int) -> bytes:
            try:
                return file.read(size)
            except _BROKEN as error:
                raise BundleError(inner, "truncated", f"it can't be read ({error})") from error

        return Stream(read, info.file_size, inner)

    def read(self, name: str, most: int) -> bytes:
        """The whole of a file that is to have so many bytes at most."""
        stream = self.stream(name)
        if stream.left > most:
            raise BundleError(f"{self.where}: {name}", "too-large", f"it has {stream.left} bytes, no bundle has more than {most} there")
        return stream.exactly(stream.left)


_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, struct.error, OverflowError, IndexError)


def expanded(chunks: Iterator[bytes], decompressor: Callable[[], Decompressor], where: str) -> Iterator[bytes]:
    """The content of a compressed stream, several members one after the other included, as long as it is no bomb."""
    current: Decompressor | None = None
    taken = given = 0
    for chunk in chunks:
        taken += len(chunk)
        # Some writers pad the stream with zeros to full blocks.
        while chunk and (current or not given or chunk.strip(b"\x00")):
            current = current or decompressor()
            for part in _expand(current, chunk, where):
                given += len(part)
                if given > MAX_EXPANDED or given > FREE_RATIO and given > MAX_RATIO * taken:
                    raise BundleError(where, "zip-bomb", f"it expands {given // taken} times and more")
                yield part
            chunk = current.unused_data if current.eof else b""
            if current.eof:
                current = None
    if current is not None:
        raise BundleError(where, "truncated", "its compressed content ends in the middle")


class Decompressor:
    """One compressed member."""

    eof = False
    unused_data = b""

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """What comes of more bytes."""
        raise NotImplementedError


class Gunzip(Decompressor):
    """By zlib, in bounded pieces."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(16 + zlib.MAX_WBITS)

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """See Decompressor."""
        while data and not self._inner.eof:
            yield self._inner.decompress(data, CHUNK * 4)
            data = self._inner.unconsumed_tail
        self.eof, self.unused_data = self._inner.eof, self._inner.unused_data


class Unzstd(Decompressor):
    """By whatever library there is. Four bytes of zstd make up to 128 KiB, so few are given at a time."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def pieces(self, data: bytes) -> Iterator[bytes]:
        """See Decompressor."""
        while data and not self._inner.eof:
            head, data = data[:_ZSTD_BYTES], data[_ZSTD_BYTES:]
            yield self._inner.decompress(head)
        self.eof = self._inner.eof
        self.unused_data = self._inner.unused_data + data if self.eof else b""


def _expand(current: Decompressor, chunk: bytes, where: str) -> Iterator[bytes]:
    try:
        yield from current.pieces(chunk)
    except BundleError:
        raise
    # The errors of other libraries have classes of their own.
    except Exception as error:
        raise BundleError(where, "compressed", f"its compressed content is broken ({error})") from error
