# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Whether a file is what ESXi installs software from."""

from __future__ import annotations

import os
import stat
import zipfile

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError


def check_bundle(path: str) -> None:
    """InputError for what is neither an offline bundle nor a VIB."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise InputError(f"drivers: {path} is no regular file; give an offline bundle or a VIB.")
        with open(path, "rb") as file:
            is_vib = file.read(8) == b"!<arch>\n"
        if is_vib:
            return
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except OSError as error:
        raise InputError(f"drivers: {path} can't be read: {error.strerror}; give an offline bundle or a VIB.") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise InputError(f"drivers: {path} is neither a zip archive nor a VIB ({error}); give an offline bundle or a VIB.") from error
    if "index.xml" not in names:
        raise InputError(f"drivers: {path} has no index.xml, so it is no offline bundle; give one, not the archive in which a vendor packed it.")
