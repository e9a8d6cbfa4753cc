# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a folder that looks like the medium of an ESXi installer, and holds nothing of the vendor's: names, a boot.cfg and made-up bytes.

Usage: installer_tree.py FOLDER [BUILD]. It can't start a machine. It shows what media are made of it.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

MODULES = ("jumpstrt.gz", "useropts.gz", "features.gz", "k.b00", "s.v00", "weaselin.v00", "imgdb.tgz")
BUILD = "8.0.3-0.0.24022510"
BOOT_CFG = (
    "bootstate=0\ntitle=Loading ESXi installer\ntimeout=5\nprefix=\nkernel=/b.b00\nkernelopt=runweasel cdromBoot\nmodules={modules}\nbuild={build}\nupdated=0\n"
)
SECTOR = 512


def fat12(sectors: int = 2880) -> bytes:
    """An empty file system of a floppy, as the image from which UEFI starts a CD has one."""
    boot = b"\xeb\x3c\x90" + b"MADE-UP " + struct.pack("<HBHBHHBHHHII", SECTOR, 1, 1, 2, 224, sectors, 0xF0, 9, 18, 2, 0, 0)
    boot += struct.pack("<BBBI", 0, 0, 0x29, 1) + b"NO NAME    " + b"FAT12   "
    image = bytearray(sectors * SECTOR)
    image[: len(boot)] = boot
    image[510:512] = b"\x55\xaa"
    for table in (1, 10):
        image[table * SECTOR : table * SECTOR + 3] = b"\xf0\xff\xff"
    return bytes(image)


def files(build: str) -> dict[str, bytes]:
    """Paths as on the medium, which has them in upper case."""
    text = BOOT_CFG.format(modules=" --- ".join(f"/{name}" for name in MODULES), build=build).encode()
    made = {name: f"{name}: made up\n".encode() * 64 for name in ("b.b00", *MODULES)}
    made.update(
        {
            "boot.cfg": text,
            "efi/boot/boot.cfg": text,
            "efi/boot/bootx64.efi": b"MZ made up\n" * 64,
            "efi/boot/crypto64.efi": b"MZ made up\n" * 8,
            "mboot.c32": b"made up\n" * 64,
            "isolinux.bin": b"made up".ljust(4 * SECTOR, b"\x00"),
            "isolinux.cfg": b"DEFAULT menu.c32\n",
            "efiboot.img": fat12(),
            "upgrade/metadata.zip": b"made up\n",
        }
    )
    return {name.upper(): data for name, data in made.items()}


def main() -> None:
    """Write the folder."""
    folder, build = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else BUILD
    for name, data in files(build).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main()
