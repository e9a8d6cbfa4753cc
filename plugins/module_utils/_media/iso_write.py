# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The calls of xorriso that write an image."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import select
import subprocess
import tempfile
from typing import Callable, Mapping, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import Medium, MediumFile
from ansible_collections.virtnet.hardening.plugins.module_utils._media import xorriso
from ansible_collections.virtnet.hardening.plugins.module_utils._media.errors import MediaError
from ansible_collections.virtnet.hardening.plugins.module_utils._media.progress import Progress
from ansible_collections.virtnet.hardening.plugins.module_utils._media.record import BLOCK, blocks
from ansible_collections.virtnet.hardening.plugins.module_utils._media.source import FolderSource, IsoSource, Source
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# All files that are added get one date, so that the same inputs give the same bytes.
_DATE = "2000010100000000"
_SECONDS = 946684800
# fcntl.F_SETPIPE_SZ is there from Python 3.10 on.
_SET_PIPE_SIZE = 1031
# From linux/fs.h.
_FICLONE = 0x40049409
_WRITE_BACK = 32 << 20
# What the kernel copies between two looks at signals.
_CHUNK = 32 << 20
# Seconds without data after which to look whether a signal came.
_LOOK = 0.2
DEFAULT_VOLUME = "ESXI"
_PLAIN = re.compile(r"[A-Z0-9_./]*")


class NewImage(NamedTuple):
    """The file to write: its path, the descriptor that locks it, and the bytes that it has at most."""

    path: str
    handle: int
    total: int


def write(medium: Medium, source: Source, folder: str, target: NewImage, progress: Progress) -> None:
    """The whole image. In C(folder) is room for small files."""
    added = _added(medium.entries, folder)
    if isinstance(source, FolderSource):
        _stream(lambda out: [*_from_folder(medium, source, out), *added], target, progress)
    elif isinstance(source, IsoSource) and source.image.has_system_area:
        # The partition tables of the system area hold the size of the image, and xorriso brings them up to date only when it writes all of it.
        _stream(lambda out: [*_anew(medium, source, out), *added], target, progress)
    elif isinstance(source, IsoSource):
        # A copy that keeps every file where it is; only the descriptors are written over, and what is new is put behind.
        _copy(source.where, target, progress)
        _run([*_onto(medium, source, target.path), *added], (target.handle,), lambda: progress.step(target.total, target.total))


def _copy(path: str, target: NewImage, progress: Progress) -> None:
    with open(path, "rb") as file, contextlib.suppress(OSError):
        # Where the file system can share blocks, there is nothing to copy.
        fcntl.ioctl(target.handle, _FICLONE, file.fileno())
        os.lseek(target.handle, 0, os.SEEK_END)
        return
    writer = _Writer(target, progress, _in_kernel(path, target, progress))
    for block in blocks(path, writer.done):
        writer.write(block)


def _in_kernel(path: str, target: NewImage, progress: Progress) -> int:
    """How much of it the kernel copied by itself. It does all, or with some file systems nothing (copy_file_range(2))."""
    done = 0
    with open(path, "rb") as file, contextlib.suppress(OSError):
        while True:
            count = os.copy_file_range(file.fileno(), target.handle, _CHUNK, done, done)
            if not count:
                break
            done += count
            progress.step(done, target.total)
    os.lseek(target.handle, done, os.SEEK_SET)
    return done


class _Writer:
    """Writes blocks, and tells how far it is. C(done) bytes are there."""

    def __init__(self, target: NewImage, progress: Progress, done: int = 0) -> None:
        self.target, self.progress = target, progress
        self.done = self.flushed = done

    def write(self, block: memoryview) -> None:
        """All of a block."""
        while block:
            try:
                count = os.write(self.target.handle, block)
            except OSError as error:
                raise MediaError(f"dest: the disk took {self.done >> 20} MiB and no more: {error.strerror}; nothing was changed. Make room.") from error
            block = block[count:]
            self.done += count
        if self.done - self.flushed >= _WRITE_BACK:
            # Starts to write to the disk, which the fsync at the end would otherwise do all at once.
            os.posix_fadvise(self.target.handle, self.flushed, self.done - self.flushed, os.POSIX_FADV_DONTNEED)
            self.flushed = self.done
        self.progress.step(self.done, self.target.total)


def _stream(options: Callable[[int], list[str]], target: NewImage, progress: Progress) -> None:
    """What xorriso writes to a pipe, into the file."""
    read_end, write_end = os.pipe()
    writer, buffer = _Writer(target, progress), memoryview(bytearray(BLOCK))
    with contextlib.suppress(OSError):
        fcntl.fcntl(read_end, _SET_PIPE_SIZE, BLOCK)

    def pump() -> None:
        while select.select([read_end], [], [], 0)[0]:
            count = os.readv(read_end, [buffer])
            if not count:
                return
            writer.write(buffer[:count])
        progress.step(writer.done, target.total)

    try:
        _run(options(write_end), (write_end,), pump, read_end)
    finally:
        os.close(read_end)


def _run(options: list[str], handles: tuple[int, ...], step: Callable[[], None], read_end: int = -1) -> None:
    """xorriso, with a look at what goes on meanwhile. It is ended if that raises."""
    with tempfile.TemporaryFile() as messages:
        # Of its own session, so that a signal for all of a terminal's programs leaves the end of it to us.
        process = subprocess.Popen(
            xorriso.command(options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=messages,
            pass_fds=handles,
            env=xorriso.environment(),
            start_new_session=True,
        )
        try:
            if read_end >= 0:
                os.close(handles[0])
            while process.poll() is None:
                if read_end >= 0:
                    select.select([read_end], [], [], _LOOK)
                else:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(_LOOK)
                step()
            step()
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        messages.seek(0)
        if process.returncode != 0:
            raise MediaError(f"xorriso failed: {xorriso.complaint(messages.read())}; nothing was changed.")


def _trees(source: IsoSource) -> list[str]:
    """Read and written as the vendor's."""
    rules = ["-compliance", _rules(source.sizes, source.kind.rock_ridge)]
    return [*xorriso.NAMES, "-rockridge", _switch(source.kind.rock_ridge), "-joliet", _switch(source.kind.joliet), *rules]


def _volume(medium: Medium, source: IsoSource) -> list[str]:
    dates = [word for kind in ("c", "m") if source.image.created.isdigit() for word in ("-volume_date", kind, source.image.created)]
    return [*(["-volid", medium.volume_id] if medium.volume_id else []), *dates, "-iso_nowtime", _DATE]


def _onto(medium: Medium, source: IsoSource, path: str) -> list[str]:
    return [*_trees(source), "-dev", f"stdio:{path}", "-boot_image", "any", "keep", *_volume(medium, source)]


def _anew(medium: Medium, source: IsoSource, out: int) -> list[str]:
    options = [*_trees(source), "-indev", f"stdio:{source.where}", "-outdev", f"stdio:/dev/fd/{out}", "-boot_image", "any", "replay"]
    # xorriso would make a new one, at random.
    guid = ["-boot_image", "any", f"gpt_disk_guid={source.image.disk_guid}"] if source.image.disk_guid else []
    return [*options, *guid, *_volume(medium, source)]


def _from_folder(medium: Medium, source: FolderSource, out: int) -> list[str]:
    bios, uefi, catalog = (source.find(name) for name in ("/isolinux.bin", "/efiboot.img", "/boot.cat"))
    if bios is None and uefi is None:
        raise InputError(f"src: {source.where} has neither isolinux.bin nor efiboot.img, from which a CD starts; give a whole tree or the ISO.")
    options = ["-rockridge", "off", "-joliet", "off", "-compliance", _rules({path.upper(): 0 for path in source.sizes}, False)]
    boot: list[str] = ["-rm", catalog, "--"] if catalog else []
    boot += ["-boot_image", "any", "cat_path=/BOOT.CAT"]
    if bios:
        boot += ["-boot_image", "isolinux", f"bin_path={bios}", "-boot_image", "any", "load_size=2048", "-boot_image", "any", "boot_info_table=on"]
    if bios and uefi:
        boot += ["-boot_image", "any", "next"]
    if uefi:
        boot += ["-boot_image", "any", f"efi_path={uefi}", "-boot_image", "any", "platform_id=0xef", "-boot_image", "any", "emul_type=no_emulation"]
    volume = ["-volid", medium.volume_id or DEFAULT_VOLUME]
    return [*options, "-outdev", f"stdio:/dev/fd/{out}", *volume, "-iso_nowtime", _DATE, "-map", os.path.abspath(source.where), "/", *boot]


def _switch(is_on: bool) -> str:
    return "on" if is_on else "off"


def _rules(sizes: Mapping[str, int], rock_ridge: bool) -> str:
    """So that names that break the strict rules of ISO 9660 stay as the vendor wrote them."""
    rules, text = ["no_emul_toc", "iso_9660_level=3"], "".join(sizes)
    if not rock_ridge:
        rules += ["lowercase"] if text != text.upper() else []
        rules += [] if _PLAIN.fullmatch(text.upper()) else ["7bit_ascii"]
        rules += ["allow_dir_id_ext"] if any("." in os.path.dirname(path) for path in sizes) else []
    return ":".join(rules)


def _added(entries: list[MediumFile], folder: str) -> list[str]:
    options: list[str] = []
    for number, entry in enumerate(entries):
        path = os.path.realpath(entry.file)
        if entry.data is not None:
            path = os.path.join(folder, str(number))
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(entry.data)
            os.utime(path, (_SECONDS, _SECONDS))
        options += ["-map", path, entry.path]
        options += _attributes(entry.path, "0444")
    parents = sorted({os.path.dirname(entry.path) for entry in entries if entry.file})
    return [*options, *(word for parent in parents for word in _attributes(parent, "0555"))]


def _attributes(path: str, mode: str) -> list[str]:
    changes = (("-chown", "0"), ("-chgrp", "0"), ("-chmod", mode), ("-alter_date", "b", _DATE), ("-alter_date", "c", _DATE))
    return [word for change in changes for word in (*change, path, "--")]
