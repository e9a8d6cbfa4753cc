# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Why a bundle is refused, by name, and how much one may have. Pure."""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

MIB = 1 << 20
# A whole depot of ESXi has about 600 MiB in 200 files. What is far beyond that is no bundle.
MAX_ENTRIES = 20_000
MAX_EXPANDED = 8 << 30
MAX_XML = 32 * MIB
MAX_METADATA = 256 * MIB
# VIBs are compressed already, text of XML packs 10 to 30 to 1, and deflate can't do more than 1032 to 1. Small files may be anything.
MAX_RATIO = 100
FREE_RATIO = 16 * MIB
CHUNK = 1 << 18
AGAIN = "get the file again, from a source that you trust"


class BundleError(InputError):
    """A bundle that is not what it should be. C(reason) is its name for programs."""

    def __init__(self, where: str, reason: str, text: str, remedy: str = AGAIN) -> None:
        super().__init__(f"{where}: {text} ({reason}); {remedy}.", reason=reason, where=where)
        self.reason = reason
