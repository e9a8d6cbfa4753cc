# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Versions of VIBs and components, and on which releases of ESXi a VIB says that it runs. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Sequence, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion

YES, NO, UNKNOWN = "yes", "no", "unknown"
# The driver interface that a release brought: VIBs of drivers depend on vmkapi_2_N_0_0, which later releases have too.
VMKAPI: dict[tuple[int, int], EsxiVersion] = {
    (2, 0): EsxiVersion(5, 0),
    (2, 1): EsxiVersion(5, 1),
    (2, 2): EsxiVersion(5, 5),
    (2, 3): EsxiVersion(6, 0),
    (2, 4): EsxiVersion(6, 5),
    (2, 5): EsxiVersion(6, 7),
    (2, 6): EsxiVersion(7, 0),
    (2, 11): EsxiVersion(8, 0, 1),
}
_VMKAPI = re.compile(r"vmkapi_(incompat_)?(\d{1,3})_(\d{1,3})(?:_\d{1,3}){0,2}", re.ASCII)
_PIECE = re.compile(r"[0-9]+|[a-z]+", re.IGNORECASE | re.ASCII)
# The packages whose version is that of ESXi.
_BASE = ("esx-version", "esx-base", "esx-update")
_RELEASE = re.compile(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{1,2}))?", re.ASCII)
# The SDK that a VIB was built with: 1OEM.700.1.0.15843807, 1vmw.670.0.0.8169922
_SDK = re.compile(r"(?:vmw|oem|emu)\.(\d{3})\.", re.IGNORECASE | re.ASCII)

Key = Tuple[Tuple[Tuple[int, int, str], ...], ...]


def key(version: str) -> Key:
    """Orders versions: by the parts before and after the first dash, piece by piece, numbers as numbers."""
    head, _dash, tail = version.strip().partition("-")
    return _pieces(head), _pieces(tail)


def _pieces(text: str) -> tuple[tuple[int, int, str], ...]:
    # A number is later than a word in its place: 1.0.1 comes after 1.0.beta. Of numbers the longer one is larger: Python refuses to read very long ones.
    pieces = [piece.lstrip("0") if piece.isdigit() else piece.lower() for piece in _PIECE.findall(text)]
    return tuple((0, 0, piece) if piece[:1].isalpha() else (1, len(piece), piece) for piece in pieces)


def compare(one: str, other: str) -> int:
    """-1, 0 or 1 where the first is older, the same or newer."""
    first, second = key(one), key(other)
    return (first > second) - (first < second)


@dataclass(frozen=True)
class Constraint:
    """A relation to another package, as in C(esx-version >= 7.0.0)."""

    name: str
    relation: str = ""
    version: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.relation} {self.version}".strip()


@dataclass(frozen=True)
class Needs:
    """What a VIB says of the ESXi that it needs."""

    constraints: Sequence[Constraint] = field(default_factory=tuple)
    platforms: Sequence[str] = field(default_factory=tuple)
    version: str = ""

    @property
    def says(self) -> bool:
        """Whether it says anything of releases."""
        return any(self.platforms) or any(_relevant(each) for each in self.constraints)

    def answer(self, release: EsxiVersion) -> tuple[str, str]:
        """Whether it runs on a release, and by which of its words."""
        unknown = []
        for each in self.constraints:
            verdict = _constraint(each, release)
            if verdict == NO:
                return NO, f"it needs {each}"
            if verdict == UNKNOWN:
                unknown.append(str(each))
        versions = [each for each in self.platforms if each]
        if versions and not any(_platform(each, release) for each in versions):
            return NO, f"it is for ESXi {', '.join(versions)}"
        if unknown:
            return UNKNOWN, f"which release has {', '.join(unknown)} is not known here"
        needed = [str(each) for each in self.constraints if _relevant(each)]
        said = [f"it needs {', '.join(needed)}"] * bool(needed) + [f"it is for ESXi {', '.join(versions)}"] * bool(versions)
        return (YES, " and ".join(said)) if said else (UNKNOWN, "it does not say what it needs")

    def least(self) -> str | None:
        """The oldest release that it allows, as far as it says so."""
        found = [release for release in (_least(each) for each in self.constraints) if release is not None]
        found += [release for release in [self._oldest_platform()] if release is not None]
        return str(max(found)) if found else None

    def _oldest_platform(self) -> EsxiVersion | None:
        releases = [release for release in map(_release, self.platforms) if release is not None]
        return min(releases) if releases and len(releases) == len(self.platforms) else None

    def sdk(self) -> str | None:
        """The release whose kit it was built with, by the custom of version strings."""
        found = _SDK.search(self.version)
        return f"{found.group(1)[0]}.{found.group(1)[1]}" if found else None


def _relevant(each: Constraint) -> bool:
    return each.name in _BASE and bool(each.version) or _VMKAPI.fullmatch(each.name) is not None


def _release(text: str) -> EsxiVersion | None:
    found = _RELEASE.match(text)
    return EsxiVersion(int(found.group(1)), int(found.group(2)), int(found.group(3) or 0)) if found else None


def _least(each: Constraint) -> EsxiVersion | None:
    found = _VMKAPI.fullmatch(each.name)
    if found is not None:
        return VMKAPI.get((int(found.group(2)), int(found.group(3))))
    return _release(each.version) if each.name in _BASE and each.relation in (">=", ">", "=", "==") else None


def _constraint(each: Constraint, release: EsxiVersion) -> str:
    found = _VMKAPI.fullmatch(each.name)
    if found is not None:
        first = VMKAPI.get((int(found.group(2)), int(found.group(3))))
        if first is None:
            return UNKNOWN
        same = (first.major, first.minor) == (release.major, release.minor)
        return YES if release >= first and (same or not found.group(1)) else NO
    wanted = _release(each.version) if each.name in _BASE else None
    if wanted is None:
        return YES
    mine = (release.major, release.minor, release.update)
    theirs = (wanted.major, wanted.minor, wanted.update)
    # A build of the same release can't be told apart here.
    relations = {">=": mine >= theirs, ">": mine >= theirs, "<=": mine <= theirs, "<": mine < theirs, "=": mine == theirs, "==": mine == theirs}
    return YES if relations.get(each.relation, True) else NO


def _platform(text: str, release: EsxiVersion) -> bool:
    """7.*, 7.0*, 7.0.0: a release of the same number, as far as it is given; the update does not count, as patches keep 7.0.0."""
    numbers = [each.lstrip("0") or "0" for each in re.findall(r"[0-9]+", text.split("*", 1)[0])[:2]]
    return numbers == [str(release.major), str(release.minor)][: len(numbers)]


def names(items: Sequence[Constraint]) -> list[str]:
    """As results carry them."""
    return [str(each) for each in items]
