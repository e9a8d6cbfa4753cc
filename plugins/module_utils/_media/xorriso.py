# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What is asked of xorriso, and its answers."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._media.errors import MediaError, MissingToolError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

SECTOR = 2048
# Names from Rock Ridge where it is there, and otherwise as ISO 9660 has them.
NAMES = ("-read_fs", "nojoliet")
# The first volume descriptor, and what each begins with.
_DESCRIPTORS, _MAGIC = 16, b"CD001"
_JOLIET = (b"%/@", b"%/C", b"%/E")
# "File data lba:  extent , first block , blocks , size in bytes , 'path'"
_LBA = re.compile(r"File data lba: +(\d+) , +(\d+) , +(\d+) , +(\d+) , (.+)")
_EQUIPMENT = ("El Torito", "System area", "MBR", "GPT", "APM", "ISO image size/512", "Partition offset", "PReP", "MIPS", "DEC", "SUN", "HP-PA")
_TORITO_IMAGE = re.compile(r"(El Torito boot img : .+\S) +\d+$")
# Addresses and sizes, which differ whenever a file is added; the rest of these lines must not.
_NUMBERS = (
    (re.compile(r"^(El Torito catalog  :).*"), r"\1"),
    (re.compile(r"^(ISO image size/512 :).*"), r"\1"),
    (re.compile(r"^(MBR partition +: +\d+ +0x\w+ +0x\w+) .*"), r"\1"),
    (re.compile(r"^(GPT (?:start and size|lba range|backup problems) *:(?: +\d+(?= +\d+ +\d+$))?).*"), r"\1"),
    (re.compile(r"^(APM (?:start and size) *: +\d+).*"), r"\1"),
    (re.compile(r"^(MBR heads per cyl  :).*"), r"\1"),
)


@dataclass(frozen=True)
class Kind:
    """Which trees of names an image has besides that of ISO 9660."""

    rock_ridge: bool
    joliet: bool


@dataclass
class Image:
    """What an image has: the extents (first byte, bytes) of each file, what it starts from, its name."""

    extents: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    boot: list[str] = field(default_factory=list)
    volume_id: str = ""
    disk_guid: str = ""
    created: str = ""

    @property
    def has_system_area(self) -> bool:
        """Whether it starts as a disk, too."""
        return any(line.startswith("System area summary") for line in self.boot)

    def boot_images(self) -> list[str]:
        """The files that it starts from."""
        return [line.split()[-1] for line in self.boot if line.startswith("El Torito img path")]

    def sizes(self) -> dict[str, int]:
        """Bytes, by path."""
        return {path: sum(size for _start, size in parts) for path, parts in self.extents.items()}

    def end(self) -> int:
        """The byte after the last one of all files."""
        return max((start + size for parts in self.extents.values() for start, size in parts), default=0)


def find() -> str:
    """The program; MissingToolError without it."""
    command = shutil.which("xorriso", path=os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin")))
    if command is None:
        raise MissingToolError(f"xorriso is not on {os.uname().nodename}, where the media are made; install the package xorriso there.")
    return command


def kind(path: str) -> Kind:
    """Looks at the volume descriptors. InputError for what is no ISO 9660 image."""
    rock_ridge = joliet = False
    with open(path, "rb") as file:
        for number in range(_DESCRIPTORS, _DESCRIPTORS + 32):
            file.seek(number * SECTOR)
            data = file.read(SECTOR)
            if data[1:6] != _MAGIC or len(data) < SECTOR:
                break
            if data[0] == 1:
                # The entry of the root folder in itself; with Rock Ridge, SUSP's mark "SP" is the first thing after it (ECMA-119 9.1, IEEE P1281).
                file.seek(int.from_bytes(data[158:162], "little") * SECTOR)
                rock_ridge = file.read(40)[34:36] == b"SP"
            joliet = joliet or data[0] == 2 and data[88:91] in _JOLIET
            if data[0] == 255:
                return Kind(rock_ridge, joliet)
    raise InputError(f"src: {path} is no ISO 9660 image, or is cut off; give the vendor's ISO or its unpacked tree.")


def look(path: str) -> Image:
    """Reads the structure of an image, not its files."""
    options = [*NAMES, "-indev", f"stdio:{path}", "-report_el_torito", "plain", "-report_system_area", "plain", "-pvd_info"]
    done = run([*options, "-find", "/", "-type", "f", "-exec", "report_lba", "--"])
    image = Image()
    for line in done.splitlines():
        match = _LBA.match(line)
        if match:
            _number, start, _count, size, name = match.groups()
            image.extents.setdefault(shlex.split(name)[0], []).append((int(start) * SECTOR, int(size)))
        elif line.startswith("Volume Id    :"):
            image.volume_id = line.partition(":")[2].strip()
        elif line.startswith("Creation Time:"):
            image.created = line.partition(":")[2].strip()
        elif line.startswith(_EQUIPMENT):
            image.boot.append(_without_addresses(line))
            if line.startswith("GPT disk GUID"):
                image.disk_guid = line.split()[-1]
    return image


def _without_addresses(line: str) -> str:
    match = _TORITO_IMAGE.match(line)
    if match:
        return match.group(1)
    for pattern, kept in _NUMBERS:
        line = pattern.sub(kept, line)
    return line


def environment() -> dict[str, str]:
    """Messages in English and times that do not depend on the host."""
    kept = {key: value for key, value in os.environ.items() if key not in ("SOURCE_DATE_EPOCH", "LANGUAGE")}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def command(options: Sequence[str]) -> list[str]:
    """Without the user's start-up files, which change results, and ended by the first failure."""
    # The result is synced by us, once. Where its writer has not ended at the first look, xorriso waits for an interval.
    quick = ["-stdio_sync", "off", "-pacifier", "interval=0.1"]
    return [find(), "-no_rc", *quick, "-report_about", "WARNING", "-return_with", "FAILURE", "32", "-abort_on", "FAILURE", *options]


def run(options: Sequence[str]) -> str:
    """The output of a call; MediaError with xorriso's words if it fails."""
    done = subprocess.run(command(options), capture_output=True, check=False, env=environment(), stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise MediaError(f"xorriso failed: {complaint(done.stderr)}")
    return done.stdout.decode("utf-8", "surrogateescape")


def complaint(errors: bytes) -> str:
    """The last of its messages that tells what is wrong."""
    lines = [line.strip() for line in errors.decode("utf-8", "replace").splitlines() if re.search(r": (?:FAILURE|FATAL|ABORT|SORRY|MISHAP) :", line)]
    return lines[0] if lines else "it gave no reason"
