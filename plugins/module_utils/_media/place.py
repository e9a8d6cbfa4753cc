# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Where files are written: never to where a link of another user leads, nor into a file that another user may have put there.

The kernel's fs.protected_symlinks and protected_regular do this for folders with the sticky bit only, and may be off.
"""

from __future__ import annotations

import contextlib
import errno
import grp
import os
import pwd
import stat
import tempfile
from typing import Callable, Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

_MOST_LINKS = 40
_OTHERS_WRITE = 0o002


def _ours(uid: int) -> bool:
    return uid in (0, os.geteuid())


def user(uid: int) -> str:
    """By name, if there is one."""
    with contextlib.suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def resolve(option: str, path: str) -> str:
    """The path without links, those before its last part too. InputError for a link that neither root nor this user made."""
    todo: list[str] = os.path.join(os.getcwd(), path).split("/")[::-1]
    at, links = "/", 0
    while todo:
        name = todo.pop()
        place = os.path.join(at, name)
        if name in ("", "."):
            continue
        if name == "..":
            at = os.path.dirname(at)
            continue
        try:
            found = os.lstat(place)
        except OSError:
            return os.path.join(place, *todo[::-1])
        if not stat.S_ISLNK(found.st_mode):
            at = place
            continue
        links += 1
        if links > _MOST_LINKS:
            raise InputError(f"{option}: {path} has more links than {_MOST_LINKS}; give the path of a file.")
        target = os.readlink(place)
        if not _ours(found.st_uid):
            whose = f"{place} is a symbolic link that user {user(found.st_uid)} made, and leads to {target}"
            raise InputError(f"{option}: {whose}; remove it, or give another path.")
        at = "/" if target.startswith("/") else at
        todo += target.split("/")[::-1]
    return at


def planted(path: str, found: os.stat_result) -> bool:
    """Whether another user may have put it there: it is neither root's nor this user's, and everybody may write in its folder."""
    return not _ours(found.st_uid) and bool(os.stat(os.path.dirname(path) or ".").st_mode & _OTHERS_WRITE)


def check_owner(option: str, path: str, owner: str | None = None) -> None:
    """InputError for a file that another user may have put there, or a folder on the way to it. C(owner) is who it is to belong to."""
    for place in _upwards(resolve(option, path)):
        try:
            found = os.lstat(place)
        except OSError:
            continue
        if planted(place, found) and owner not in (user(found.st_uid), str(found.st_uid)):
            raise InputError(
                f"{option}: {place} belongs to user {user(found.st_uid)}, who may have put it there to read or change what is written, as everybody may"
                " write in its folder; remove it, or give a folder that only you may write."
            )


def _upwards(path: str) -> Iterator[str]:
    while path != "/":
        yield path
        path = os.path.dirname(path)


def check_users(owner: str | None, group: str | None) -> None:
    """InputError for who is not known here, which would only be found when the file is written."""
    for option, name, known in (("owner", owner, pwd.getpwnam), ("group", group, grp.getgrnam)):
        if not name or (name.isascii() and name.isdigit()):
            continue
        try:
            known(name)
        except KeyError:
            raise InputError(f"{option}: {name} is not known on this host; give a name that is, or a number.") from None


def write(path: str, data: bytes, private: bool, ready: Callable[[str], None], in_place: bool = False) -> None:
    """A whole file at once, or OSError. It has the owner and mode of the old one, but is never readable by others if it is C(private).

    C(ready) is called with the path of the new file before it takes its place. C(in_place) allows to write into a file that can't be replaced, as one
    that is mounted.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(path)}.", dir=os.path.dirname(path) or ".")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            like(file.fileno(), path, private)
            os.fsync(file.fileno())
        ready(temporary)
        os.replace(temporary, path)
    except OSError as error:
        os.unlink(temporary)
        if not in_place or error.errno not in (errno.EBUSY, errno.ETXTBSY, errno.EPERM):
            raise
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW), "wb") as file:
            file.write(data)
    except BaseException:
        os.unlink(temporary)
        raise


def copy(path: str, source: str, data: bytes, private: bool) -> None:
    """A new file with the owner and mode of another one. OSError if there is one of that name."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        like(file.fileno(), source, private)


def like(handle: int, path: str, private: bool) -> None:
    """Give a new file the owner and mode of the one whose place it takes, unless another user may have put that there, a moment ago perhaps."""
    mask = os.umask(0)
    os.umask(mask)
    mode = 0o666 & ~mask
    with contextlib.suppress(FileNotFoundError):
        old = os.lstat(path)
        if stat.S_ISREG(old.st_mode) and not planted(path, old):
            mode = stat.S_IMODE(old.st_mode)
            # Who is not root can't give a file away, and then it is the user's own.
            with contextlib.suppress(PermissionError):
                os.fchown(handle, old.st_uid, old.st_gid)
    os.fchmod(handle, mode & 0o600 | 0o600 if private else mode)
