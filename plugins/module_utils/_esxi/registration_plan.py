# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Which machines that lie on datastores are to be registered, or not any more. Pure."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Collection, Mapping, Sequence

MACHINE, TEMPLATE = ".vmx", ".vmtx"
REGISTERED, DUPLICATE, IS_TEMPLATE, INACCESSIBLE, HIDDEN, RUNNING = "registered", "duplicate", "template", "inaccessible", "hidden", "running"
UNREADABLE = "unreadable"
# Names of datastores may have brackets of their own.
_PATH = re.compile(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\s*(.*)")


@dataclass(frozen=True)
class Skipped:
    """What is left alone, and why."""

    path: str
    reason: str
    detail: str

    def as_dict(self) -> dict[str, str]:
        """As results carry it."""
        return {"path": self.path, "reason": self.reason, "detail": self.detail}


@dataclass
class MachineChoice:
    """Paths as in C([datastore1] web/web.vmx)."""

    found: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    # All that patterns could choose among.
    there: list[str] = field(default_factory=list)


def taken(names: Collection[str], patterns: Sequence[str]) -> set[str]:
    """The names that are meant. What equals a name is that name, though it would mean others as a shell pattern: C([12]web) is no C(1web) then. C(*) is
    never one."""
    found: set[str] = set()
    for pattern in patterns:
        found.update([pattern] if pattern in names and pattern != "*" else [name for name in names if fnmatchcase(name, pattern)])
    return found


class Meant:
    """Names and patterns, and what they mean among all names that there are, on whichever host."""

    def __init__(self, names: Collection[str], patterns: Sequence[str]) -> None:
        self._by_pattern = {pattern: taken(names, [pattern]) for pattern in patterns}
        self._all = {name for names_ in self._by_pattern.values() for name in names_}

    def __contains__(self, path: str) -> bool:
        return name_of(path) in self._all

    def missed(self, there: Sequence[str]) -> list[str]:
        """Which of them take none of the machines that are there."""
        names = {name_of(path) for path in there}
        return [pattern for pattern, meant in self._by_pattern.items() if not meant & names]


def normal(path: str) -> str:
    """Servers write paths with and without a slash or blank where there need be none."""
    found = _PATH.fullmatch(path.strip())
    if found is None:
        return path.strip()
    rest = posixpath.normpath(found.group(2)).lstrip("/") if found.group(2).strip() else ""
    return f"[{found.group(1)}] {'' if rest == '.' else rest}".rstrip()


def store_of(path: str) -> str:
    """The name of the datastore that a path begins with; empty if there is none."""
    found = _PATH.fullmatch(path)
    return found.group(1) if found else ""


def joined(folder: str, name: str) -> str:
    """The path of a file that a search found in a folder."""
    base = normal(folder)
    return normal(f"{base}/{name}" if not base.endswith("]") else f"{base} {name}")


def name_of(path: str) -> str:
    """The file's name without its ending, which is the machine's name when it was made."""
    return posixpath.splitext(posixpath.basename(_within(path)))[0]


def _within(path: str) -> str:
    """A path without its datastore."""
    found = _PATH.fullmatch(path)
    return found.group(2) if found else ""


def to_register(paths: Sequence[str], registered: Mapping[str, str], meant: Meant) -> MachineChoice:
    """Of the files that were found those that are machines nobody has registered. C(registered) has names by path."""
    choice = MachineChoice(found=sorted(paths), there=sorted(paths))
    wanted = [path for path in choice.found if path in meant]
    known = {normal(path): name for path, name in registered.items()}
    folders: dict[str, list[str]] = {}
    for path in wanted:
        if path.endswith(MACHINE) and not _hidden(path):
            folders.setdefault(posixpath.dirname(path), []).append(path)
    for path in wanted:
        others = [each for each in folders.get(posixpath.dirname(path), ()) if each != path]
        reason, detail = _why_not(path, known, others)
        if reason:
            choice.skipped.append(Skipped(path, reason, detail))
        else:
            choice.chosen.append(path)
    return choice


def _why_not(path: str, known: Mapping[str, str], others: Sequence[str]) -> tuple[str, str]:
    if path in known:
        return REGISTERED, f"it is registered as {known[path]}"
    if path.endswith(TEMPLATE):
        return IS_TEMPLATE, "it is a template, which needs another way to be registered"
    if _hidden(path):
        return HIDDEN, "it is in a folder whose name begins with a dot, such as a snapshot of the storage, where copies of machines lie"
    if others:
        return DUPLICATE, f"in the same folder there is {posixpath.basename(others[0])}, and which of them is the machine is not known; name it in names"
    return "", ""


def _hidden(path: str) -> bool:
    folders = _within(path).split("/")[:-1]
    return any(folder.startswith(".") for folder in folders)


def to_unregister(machines: Sequence[Mapping[str, Any]], datastores: Collection[str], meant: Meant) -> MachineChoice:
    """Of the machines of a host those that lie on these datastores and don't run."""
    choice = MachineChoice()
    for machine in sorted(machines, key=lambda each: str(each["path"])):
        path = normal(str(machine["path"]))
        if store_of(path) not in datastores:
            continue
        choice.there.append(path)
        if path not in meant:
            continue
        choice.found.append(path)
        if machine["running"] is None:
            choice.skipped.append(Skipped(path, UNREADABLE, f"whether it runs is not known: {machine['unknown']}"))
        elif machine["running"]:
            choice.skipped.append(Skipped(path, RUNNING, f"{machine['name']} is not powered off"))
        else:
            choice.chosen.append(path)
    return choice
