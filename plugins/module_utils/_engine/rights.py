# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What to say where the system refuses the user of the task something: which right it takes, who asked, and what to do."""

from __future__ import annotations

import errno
import os
import pwd

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import RightsError

NET_ADMIN = "CAP_NET_ADMIN"
# What the kernel answers to a user without the right.
DENIED = (errno.EPERM, errno.EACCES)


def lacking(what: str, capability: str = NET_ADMIN) -> RightsError:
    """The error for something that takes a capability. C(what) begins the sentence."""
    root = "" if os.geteuid() == 0 else "root, or "
    return RightsError(f"{what} needs {root}the capability {capability}; {remedy()}.")


def remedy() -> str:
    """The clause behind what was refused, without its full stop."""
    if os.geteuid() == 0:
        return "root may not do it here, as in an unprivileged container: give the container the right, or run the task on its host"
    return f"the task runs as {_user()}: set become: true on the task or its play"


def hint(code: object) -> str:
    """That clause, to be put behind the words of an error, if the errno is one for a missing right."""
    return f"; {remedy()}" if code in DENIED else ""


def _user() -> str:
    uid = os.geteuid()
    try:
        return f"{pwd.getpwuid(uid).pw_name} (UID {uid})"
    except KeyError:
        return f"UID {uid}"
