# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The call of xorriso that writes an image, and the look at what it wrote."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Callable, List, Mapping, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media_types import Entry, Medium
from ansible_collections.virtnet.hardening.plugins.module_utils._media import xorriso
from ansible_collections.virtnet.hardening.plugins.module_utils._media.errors import MediaError
from ansible_collections.virtnet.hardening.plugins.module_utils._media.progress import Progress
from ansible_collections.virtnet.hardening.plugins.module_utils._media.record import BLOCK
from ansible_collections.virtnet.hardening.plugins.module_utils._media.source import FolderSource, IsoSource, Source
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# All files that are added get one date, so that the same inputs give the same bytes.
_DATE = "2000010100000000"
_SECONDS = 946684800
# fcntl.F_SETPIPE_SZ is there from Python 3.10 on.
_SET_PIPE_SIZE = 1031
_WRITE_BACK = 32 << 20
DEFAULT_VOLUME = "ESXI"
Options = Callable[[int], List[str]]
_PLAIN = re.compile(r"[A-Z0-9_./]*")


def write(medium: Medium, source: Source, folder: str, handle: int, total: int, progress: Progress) -> Tuple[str, int]:
    """Into the open file; its SHA-256 and size."""
    options = (_from_iso if isinstance(source, IsoSource) else _from_folder)(medium, source)
    added = _added(medium.entries, folder)
    read_end, write_end = os.pipe()
    with contextlib.suppress(OSError):
        fcntl.fcntl(read_end, _SET_PIPE_SIZE, BLOCK)
    command = xorriso.command([*options(write_end), *added])
    # Of its own session, so that a signal for all of a terminal's programs leaves the end of it to us.
    with open(os.path.join(folder, "messages"), "w+b") as messages, ThreadPoolExecutor(1) as pool:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=messages, pass_fds=(write_end,), env=xorriso.environment(),
            start_new_session=True,
        )
        os.close(write_end)
        # The installer is read by xorriso at the same time, so its digest costs no second reading of the disk.
        known = pool.submit(source.whole)
        try:
            made = _pump(read_end, handle, total, progress)
            process.wait()
            known.result()
        finally:
            os.close(read_end)
            if process.poll() is None:
                process.kill()
                process.wait()
        messages.seek(0)
        if process.returncode != 0:
            raise MediaError(f"xorriso failed: {xorriso.complaint(messages.read())}")
    return made


def _pump(read_end: int, handle: int, total: int, progress: Progress) -> Tuple[str, int]:
    sha256, done, flushed = hashlib.sha256(), 0, 0
    buffer = memoryview(bytearray(BLOCK))
    while True:
        count = os.readv(read_end, [buffer])
        if not count:
            return sha256.hexdigest(), done
        block = buffer[:count]
        at = 0
        while at < count:
            try:
                at += os.write(handle, block[at:])
            except OSError as error:
                raise MediaError(f"dest: the disk took {done >> 20} MiB and no more: {error.strerror}; make room.") from error
        sha256.update(block)
        done += count
        if done - flushed >= _WRITE_BACK:
            # Starts to write to the disk, which the fsync at the end would otherwise do all at once.
            os.posix_fadvise(handle, flushed, done - flushed, os.POSIX_FADV_DONTNEED)
            flushed = done
        progress.step(done, total)


def _from_iso(medium: Medium, source: Source) -> Options:
    assert isinstance(source, IsoSource)
    options = [*xorriso.NAMES, "-rockridge", _switch(source.kind.rock_ridge), "-joliet", _switch(source.kind.joliet)]
    options += ["-compliance", _rules(source.sizes, source.kind.rock_ridge), "-indev", f"stdio:{source.where}"]
    volume = ["-volid", medium.volume_id] if medium.volume_id else []
    return lambda out: [*options, "-outdev", f"stdio:/dev/fd/{out}", *volume, "-boot_image", "any", "replay", "-iso_nowtime", _DATE]


def _from_folder(medium: Medium, source: Source) -> Options:
    bios, uefi, catalog = (source.find(name) for name in ("/isolinux.bin", "/efiboot.img", "/boot.cat"))
    if bios is None and uefi is None:
        raise InputError(f"src: {source.where} has neither isolinux.bin nor efiboot.img, from which a CD starts; give a whole tree or the ISO.")
    options = ["-rockridge", "off", "-joliet", "off", "-compliance", _rules({path.upper(): 0 for path in source.sizes}, False)]
    boot: List[str] = ["-rm", catalog, "--"] if catalog else []
    boot += ["-boot_image", "any", "cat_path=/BOOT.CAT"]
    if bios:
        boot += ["-boot_image", "isolinux", f"bin_path={bios}", "-boot_image", "any", "load_size=2048", "-boot_image", "any", "boot_info_table=on"]
    if bios and uefi:
        boot += ["-boot_image", "any", "next"]
    if uefi:
        boot += ["-boot_image", "any", f"efi_path={uefi}", "-boot_image", "any", "platform_id=0xef", "-boot_image", "any", "emul_type=no_emulation"]
    volume = ["-volid", medium.volume_id or DEFAULT_VOLUME]
    return lambda out: [*options, "-outdev", f"stdio:/dev/fd/{out}", *volume, "-iso_nowtime", _DATE, "-map", source.where, "/", *boot]


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


def _added(entries: List[Entry], folder: str) -> List[str]:
    options: List[str] = []
    for number, entry in enumerate(entries):
        path = os.path.realpath(entry.file)
        if entry.data is not None:
            path = os.path.join(folder, str(number))
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(entry.data)
            os.utime(path, (_SECONDS, _SECONDS))
        options += ["-map", path, entry.path]
        options += _attributes(entry.path)
    parents = sorted({os.path.dirname(entry.path) for entry in entries if entry.file})
    return [*options, *(word for parent in parents for word in _attributes(parent))]


def _attributes(path: str) -> List[str]:
    changes = (("-chown", "0"), ("-chgrp", "0"), ("-chmod", "a+rX,a-w"), ("-alter_date", "b", _DATE), ("-alter_date", "c", _DATE))
    return [word for change in changes for word in (*change, path, "--")]


def verify(medium: Medium, source: Source, path: str, size: int) -> None:
    """MediaError unless the image has every file, and what it starts from is as it was."""
    image = xorriso.look(path)
    found = image.sizes()
    wanted = dict(source.sizes)
    wanted.update({entry.path: len(entry.data) if entry.data is not None else os.path.getsize(entry.file) for entry in medium.entries})
    if isinstance(source, FolderSource):
        wanted = {name.upper(): length for name, length in wanted.items() if name.upper() != "/BOOT.CAT"}
    wrong = sorted(name for name in {*wanted, *found} if wanted.get(name) != found.get(name))
    if wrong:
        raise MediaError(f"The image that xorriso made has {len(wrong)} files otherwise than it should, the first is {wrong[0]}; nothing was changed.")
    if isinstance(source, IsoSource) and image.boot != source.image.boot:
        line = next(iter(sorted({*image.boot} ^ {*source.image.boot})), "the order")
        raise MediaError(f"The image that xorriso made does not start as the vendor's does ({line}); nothing was changed.")
    if max(start + length for parts in image.extents.values() for start, length in parts) > size:
        raise MediaError("The image that xorriso made is cut off; nothing was changed.")
    for entry in medium.entries:
        if entry.data is not None and _content(path, image, entry.path, source) != entry.data:
            raise MediaError(f"The image that xorriso made has another {entry.path} than it was given; nothing was changed.")


def _content(path: str, image: xorriso.Image, name: str, source: Source) -> bytes:
    parts = image.extents[name.upper() if isinstance(source, FolderSource) else name]
    data = b""
    with open(path, "rb") as file:
        for start, length in parts:
            file.seek(start)
            data += file.read(length)
    return data
