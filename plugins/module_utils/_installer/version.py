# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Releases of ESXi, comparable as the vendor counts them: 6.5 .. 7.0 U1b < 7.0 U1c < 7.0 U2 .. 9.0 < 9.0.0.0100 < 9.0.1.0. Pure.

Up to 8.0 a release has updates and letters, from 9.0 on four numbers, the last of which is an express or hot patch (KB 395110).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

_WRITTEN = re.compile(r"(?:esxi?\s+)?(\d{1,2})\.(\d{1,2})(?:\.(\d{1,2}))?(?:\s*u(?:pdate)?\s*(\d{1,2}))?([a-z])?", re.IGNORECASE | re.ASCII)
_FOUR = re.compile(r"(?:esxi?\s+)?(\d{1,2})\.(\d{1,2})\.(\d{1,2})\.(0|\d{4})", re.IGNORECASE | re.ASCII)
# As boot.cfg says it: build=7.0.1-0.25.17325551, and from 9.0 on build=9.1.0-0.25370933. Up to 6.7 the update comes behind the dash: 6.7.0-3.73.14320388.
_BUILD = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{1,2})-(\d{1,6})\.\d{1,6}\.(\d{1,12})", re.ASCII)
_BUILD_OF_FOUR = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{1,2})[-.](0|\d{4})[-.]\d{1,12}", re.ASCII)
# What a medium has for an upgrade, from 5.0 on; up to 6.7 its boot.cfg has an empty build=.
METADATA = ("upgrade", "metadata.xml")
_ESX_VERSION = re.compile(rb"<esxVersion>\s{0,20}(\d{1,2}\.\d{1,2}\.\d{1,2}(?:\.\d{1,4})?)\s{0,20}</esxVersion>")
_BUILD_NUMBER = re.compile(rb"<build>\s{0,20}(\d{1,12})\s{0,20}</build>")
_FOUR_SINCE, _THREE_SINCE = 9, 7


class EsxiVersion(NamedTuple):
    """A release: C(EsxiVersion(7, 0, 1, 3)) is 7.0 U1c. A release without a letter comes before the one with C(a). From 9.0 on it is the patch."""

    major: int
    minor: int
    update: int = 0
    letter: int = 0

    @classmethod
    def parse(cls, text: str) -> EsxiVersion:
        """From C(7.0), C(7.0 U1c), C(7.0 Update 1c), C(7.0.1), C(ESXi 8.0b) or C(9.0.1.0); InputError for anything else."""
        version = cls(*_said(text))
        if not OLDEST <= version < BEYOND:
            raise InputError(f"esxi_version: {text!r} is not known here; {OLDEST} to 9.x are.")
        return version

    @classmethod
    def of_build(cls, build: str) -> EsxiVersion | None:
        """From the value of C(build=) in a boot.cfg, or None where it is not of the vendor's form."""
        found = _BUILD_OF_FOUR.fullmatch(build.strip())
        if found is not None and int(found.group(1)) >= _FOUR_SINCE:
            return cls(*(int(part) for part in found.groups()))
        found = _BUILD.fullmatch(build.strip())
        if found is None:
            return None
        major, minor, update, behind, number = (int(part) for part in found.groups())
        update = behind if major < _THREE_SINCE and not update else update
        letters = [letter for first, letter in _LETTERS.get((major, minor, update), ()) if number >= first]
        return cls(major, minor, update, max(letters, default=0))

    @classmethod
    def of_metadata(cls, data: bytes) -> EsxiVersion | None:
        """From upgrade/metadata.xml of a medium, or None where it does not tell. Of 6.x it tells no update."""
        version, number = _ESX_VERSION.search(data), _BUILD_NUMBER.search(data)
        if version is None:
            return None
        three, build = version.group(1).decode(), number.group(1).decode() if number is not None else "0"
        return cls.of_build(f"{three}-0.{build}") or cls.of_build(f"{three}.{build}") or cls.of_build(f"{three}-0.0.{build}")

    def __str__(self) -> str:
        if self.major >= _FOUR_SINCE:
            patch = f"{self.letter:04d}" if self.letter else "0"
            return f"{self.major}.{self.minor}" + (f".{self.update}.{patch}" if self.update or self.letter else "")
        name = f"{self.major}.{self.minor}" + (f" U{self.update}" if self.update else "")
        return name + (chr(96 + self.letter) if self.letter else "")


def _said(text: str) -> tuple[int, ...]:
    """Two to four numbers, as many as the text names: C(8.0) leaves open which update it is."""
    four = _FOUR.fullmatch(text.strip())
    if four is not None and int(four.group(1)) >= _FOUR_SINCE:
        return tuple(int(part) for part in four.groups())
    found = _WRITTEN.fullmatch(text.strip())
    if found is None:
        raise InputError(f"esxi_version: {text!r} is no release of ESXi; write it as in 7.0 U1c, 8.0 or 9.0.1.0.")
    major, minor, third, update, letter = found.groups()
    if third and update and int(third) not in (0, int(update)):
        raise InputError(f"esxi_version: {text!r} names two updates, {third} and {update}; write it as in 7.0 U1c.")
    if letter and int(major) >= _FOUR_SINCE:
        raise InputError(f"esxi_version: {text!r} has a letter, which no release has since 9.0; write it as in 9.0.1.0.")
    last = int(update or third or 0)
    if letter:
        return int(major), int(minor), last, ord(letter.lower()) - 96
    return (int(major), int(minor), last) if update or third else (int(major), int(minor))


def of_medium(given: str, medium: EsxiVersion | None, where: str) -> EsxiVersion | None:
    """The release that a medium installs: its own, which what is C(given) must be as far as it says; where it does not tell, what is given.

    InputError where they differ: rules of another release would let options pass that the installer leaves out without a word.
    """
    if not given:
        return medium
    wanted = EsxiVersion.parse(given)
    if medium is None:
        return wanted
    said = _said(given)
    # build= does not tell the letter, but where it is in the table.
    last_letter = max((letter for _first, letter in _LETTERS.get(tuple(medium[:3]), ())), default=0)
    told = len(said) if medium.major >= _FOUR_SINCE or (len(said) == 4 and said[3] <= last_letter) else min(len(said), 3)
    if medium.major < _THREE_SINCE and not medium.update:
        told = min(told, 2)
    if said[:told] != tuple(medium)[:told]:
        raise InputError(f"esxi_version: {given} is given, and {where} is of {medium}; give the medium of that release, or {medium} as esxi_version.")
    return wanted if len(said) > told else medium


OLDEST = EsxiVersion(6, 5)
BEYOND = EsxiVersion(10, 0)
# boot.cfg does not carry the letter; where one matters here, the number of the build tells it (VMware KB 2143832).
_LETTERS: dict[tuple[int, ...], tuple[tuple[int, int], ...]] = {(7, 0, 1): ((17119627, 1), (17168206, 2), (17325020, 3), (17551050, 4))}
