# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What goes onto a medium, and what an installer's medium has, without knowing how either is read or written. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.task import Files
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

ISO, PXE, IPXE, HTTP = "iso", "pxe", "ipxe", "http"
FORMATS = (ISO, PXE, IPXE, HTTP)
BIOS, UEFI = "BIOS", "UEFI"


class Installer:
    """The files of an installer's medium, by their paths as on the medium, which begin with a slash."""

    def __init__(self, where: str, sizes: Mapping[str, int]) -> None:
        self.where = where
        self.sizes = sizes
        self._by_lower: dict[str, list[str]] = {}
        for path in sorted(sizes):
            self._by_lower.setdefault(path.lower(), []).append(path)

    def find(self, path: str) -> str | None:
        """The file of this path in whatever case; None if there is none. InputError if there are two."""
        found = self._by_lower.get("/" + path.lower().lstrip("/"), [])
        if len(found) > 1:
            raise InputError(f"src: {self.where} has {' and '.join(found)}, which differ in case only; remove one.")
        return found[0] if found else None

    def starts(self) -> frozenset[str]:
        """By which firmware a CD of these files starts: BIOS, UEFI."""
        return frozenset(firmware for firmware, path in ((BIOS, "/isolinux.bin"), (UEFI, "/efiboot.img")) if self.find(path) is not None)

    def read(self, path: str) -> bytes:
        """The content of a small file."""
        raise NotImplementedError


class Memory(Files):
    """Files that are at hand."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def read(self, path: str) -> bytes | None:
        """The content."""
        return self.files.get(path)

    def names(self, path: str) -> list[str] | None:
        """There are no folders."""
        return None


@dataclass(frozen=True)
class MediumFile:
    """A file on the new medium. Its content is C(data), or a C(member) of the installer's medium, or a C(file) of the host, or that of the entry C(link).

    C(shown) is the text as people may see it, C(private) tells that it holds a secret.
    """

    path: str
    data: bytes | None = None
    member: str = ""
    file: str = ""
    link: str = ""
    shown: str = ""
    private: bool = False


@dataclass
class Medium:
    """All that is to be on a medium, and what the task answers."""

    format: str
    entries: list[MediumFile] = field(default_factory=list)
    volume_id: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
