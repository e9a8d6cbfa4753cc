# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What can go wrong, each kind with a code that a playbook can test and the details it needs."""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError, VirtnetError

__all__ = (
    "FAILURES",
    "BackendError",
    "BusyError",
    "ChangeError",
    "DependencyError",
    "GuardError",
    "InputError",
    "OvertakenError",
    "RightsError",
    "UnreachableError",
    "UnreadableError",
    "UnsupportedError",
    "VerifyError",
    "VirtnetError",
    "as_ours",
)


class UnsupportedError(VirtnetError):
    """The kernel or server can't do what is asked for; nothing was written."""

    code = "unsupported"


class GuardError(VirtnetError):
    """The change could cut the connection that manages the host; nothing was written."""

    code = "management"


class DependencyError(VirtnetError):
    """A library is missing or unusable."""

    code = "dependency"


class BackendError(VirtnetError):
    """The backend did not answer, or not in a form that can be read."""

    code = "backend"


class RightsError(BackendError):
    """The user of the task may not do what it takes; nothing was written. See rights.py."""

    code = "rights"


class BusyError(BackendError):
    """Somebody else is at it, and did not end in time; nothing was written."""

    code = "busy"


class OvertakenError(VirtnetError):
    """Somebody else changed what was to be changed since it had been read; nothing was written."""

    code = "concurrent_access"


class UnreachableError(VirtnetError):
    """A target of several can't be reached now, which the user may forgive; nothing was written to it."""

    code = "unreachable"


class UnreadableError(BackendError):
    """The backend answered, and did not tell what has to be known; nothing was written."""

    code = "unreadable"


# What a backend may raise: its own errors, and what the system says where there is no room for more files or memory.
FAILURES = (VirtnetError, OSError)


def as_ours(error: Exception) -> VirtnetError:
    """An error of the system as one of the collection's."""
    if isinstance(error, VirtnetError):
        return error
    name = getattr(error, "filename", None)
    return BackendError(f"The system refuses{f' {name}' if name else ''}: {getattr(error, 'strerror', None) or error}.")


class ChangeError(VirtnetError):
    """A change failed on the way or did not hold; C(undone) and C(not_undone) say what is now."""

    code = "change_failed"

    def __init__(self, message: str, failed_step: str, undone: list[str], not_undone: list[str], cause: str = "") -> None:
        """C(cause) is the backend's own code for why the step failed."""
        super().__init__(message, failed_step=failed_step, undone=undone, not_undone=not_undone, **({"cause": cause} if cause else {}))
        self.not_undone = not_undone


class VerifyError(ChangeError):
    """The write was acknowledged, but reading back shows another value."""

    code = "not_in_effect"
