# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What can go wrong while a medium is read or written."""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import VirtnetError


class MediaError(VirtnetError):
    """Reading or writing failed. What the message does not say was left as it was."""


class MissingToolError(VirtnetError):
    """A program is not there."""

    code = "missing_tool"


class NoSpaceError(VirtnetError):
    """The disk is too small."""

    code = "no_space"


class BusyError(VirtnetError):
    """Another run writes the same medium."""

    code = "busy"


class InterruptedRunError(VirtnetError):
    """A signal ended the run."""

    code = "interrupted"
