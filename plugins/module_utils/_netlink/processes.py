# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Which processes hold which sockets, by /proc. Reads names and owners only: a command line may hold a password."""

from __future__ import annotations

import os
import pwd
from typing import Iterator, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import Process

_SOCKET = "socket:["
# A process or thread that is gone meanwhile has no sockets; whatever else can't be read may have.
_ENDED = (FileNotFoundError, ProcessLookupError, NotADirectoryError)


class Holders(NamedTuple):
    """The processes by socket inode, and how many processes could not be looked into."""

    by_inode: dict[int, tuple[Process, ...]]
    denied: int


def find_holders(inodes: frozenset[int], proc: str = "/proc") -> Holders:
    """Look through all processes that /proc shows; a thread with file descriptors of its own only if sockets are left without a holder."""
    pids = sorted(int(name) for name in os.listdir(proc) if name.isdigit())
    found: dict[int, list[int]] = {}
    denied = 0
    for pid in pids if inodes else ():
        try:
            for inode in _sockets(f"{proc}/{pid}/fd") & inodes:
                found.setdefault(inode, []).append(pid)
        except PermissionError:
            denied += 1
        except _ENDED:
            continue
    for pid in pids if inodes - found.keys() else ():
        for inode in _thread_sockets(f"{proc}/{pid}/task") & (inodes - found.keys()):
            found.setdefault(inode, []).append(pid)
    known = {pid: _process(proc, pid) for pid in {pid for each in found.values() for pid in each}}
    return Holders({inode: tuple(known[pid] for pid in each) for inode, each in found.items()}, denied)


def _sockets(folder: str) -> set[int]:
    return set(_inodes(folder))


def _inodes(folder: str) -> Iterator[int]:
    for name in os.listdir(folder):
        try:
            target = os.readlink(f"{folder}/{name}")
        except FileNotFoundError:
            continue
        if target.startswith(_SOCKET):
            yield int(target[len(_SOCKET) : -1])


def _thread_sockets(folder: str) -> set[int]:
    found: set[int] = set()
    try:
        for thread in os.listdir(folder):
            found |= _sockets(f"{folder}/{thread}/fd")
    except (*_ENDED, PermissionError):
        return found
    return found


def _process(proc: str, pid: int) -> Process:
    """What is left of a process that ended meanwhile is its number."""
    command = executable = user = ""
    try:
        with open(f"{proc}/{pid}/comm", encoding="utf-8", errors="replace") as file:
            command = _printable(file.read().rstrip("\n"))
        user = user_name(os.stat(f"{proc}/{pid}").st_uid)
        executable = _printable(os.readlink(f"{proc}/{pid}/exe"))
    except OSError:
        pass
    return Process(pid, command, executable, user)


def other_namespaces(proc: str = "/proc", named: str = "/run/netns") -> int | None:
    """How many network namespaces processes or names hold beside that of this process; None where it may not be asked."""
    found: set[tuple[int, int]] = set()
    try:
        own = os.stat(f"{proc}/self/ns/net")
        for pid in os.listdir(proc):
            if pid.isdigit():
                found |= _namespace(f"{proc}/{pid}/ns/net")
        for name in os.listdir(named) if os.path.isdir(named) else ():
            found |= _namespace(f"{named}/{name}")
    except OSError:
        return None
    # A name whose namespace is gone is a plain file of another file system.
    return len({each for each in found if each[0] == own.st_dev} - {(own.st_dev, own.st_ino)})


def _namespace(path: str) -> set[tuple[int, int]]:
    """Nothing for a process that has ended meanwhile."""
    try:
        found = os.stat(path)
    except (FileNotFoundError, ProcessLookupError):
        return set()
    return {(found.st_dev, found.st_ino)}


def _printable(text: str) -> str:
    """A process chooses its name, so a line feed or escape sequence in it must not reach a report."""
    return "".join(each if each.isprintable() else "?" for each in text)


def user_name(uid: int) -> str:
    """The name, or the number where nobody has it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
