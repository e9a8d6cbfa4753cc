# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Releases of ESXi, comparable as the vendor counts them: 6.5 .. 7.0 U1b < 7.0 U1c < 7.0 U2 .. 9.0. Pure."""

from __future__ import annotations

import re
from typing import Dict, NamedTuple, Optional, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

_WRITTEN = re.compile(r"(?:esxi?\s+)?(\d{1,2})\.(\d{1,2})(?:\.(\d{1,2}))?(?:\s*u(?:pdate)?\s*(\d{1,2}))?([a-z])?", re.IGNORECASE | re.ASCII)
# As boot.cfg says it: build=7.0.1-0.25.17325551
_BUILD = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{1,2})-\d{1,6}\.\d{1,6}\.(\d{1,12})", re.ASCII)


class EsxiVersion(NamedTuple):
    """A release: C(EsxiVersion(7, 0, 1, 3)) is 7.0 U1c. A release without a letter comes before the one with C(a)."""

    major: int
    minor: int
    update: int = 0
    letter: int = 0

    @classmethod
    def parse(cls, text: str) -> EsxiVersion:
        """From C(7.0), C(7.0 U1c), C(7.0 Update 1c), C(7.0.1) or C(ESXi 8.0b); InputError for anything else."""
        found = _WRITTEN.fullmatch(text.strip())
        if found is None:
            raise InputError(f"esxi_version: {text!r} is no release of ESXi; write it as in 7.0 U1c or 8.0.")
        major, minor, third, update, letter = found.groups()
        if third and update and int(third) not in (0, int(update)):
            raise InputError(f"esxi_version: {text!r} names two updates, {third} and {update}; write it as in 7.0 U1c.")
        version = cls(int(major), int(minor), int(update or third or 0), ord(letter.lower()) - 96 if letter else 0)
        if not OLDEST <= version < BEYOND:
            raise InputError(f"esxi_version: {text!r} is not known here; {OLDEST} to 9.x are.")
        return version

    @classmethod
    def of_build(cls, build: str) -> Optional[EsxiVersion]:
        """From the value of C(build=) in a boot.cfg, or None where it is not of the vendor's form."""
        found = _BUILD.fullmatch(build.strip())
        if found is None:
            return None
        major, minor, update, number = (int(part) for part in found.groups())
        letters = [letter for first, letter in _LETTERS.get((major, minor, update), ()) if number >= first]
        return cls(major, minor, update, max(letters, default=0))

    def __str__(self) -> str:
        name = f"{self.major}.{self.minor}" + (f" U{self.update}" if self.update else "")
        return name + (chr(96 + self.letter) if self.letter else "")


OLDEST = EsxiVersion(6, 5)
BEYOND = EsxiVersion(10, 0)
# boot.cfg does not carry the letter; where one matters here, the number of the build tells it (VMware KB 2143832).
_LETTERS: Dict[Tuple[int, int, int], Tuple[Tuple[int, int], ...]] = {
    (7, 0, 1): ((17119627, 1), (17168206, 2), (17325020, 3), (17551050, 4)),
}
