# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests and demo: keeps what Python compiles of the archive in which Ansible sends a module.

Python keeps nothing of archives, so each task compiles a hundred files anew, which is more than half of its time. What is run is the same; on users'
machines nothing of this is there. Python imports a module of this name by itself (see the module site). Where the archives' code is kept is a folder
beside that of other files (PYTHONPYCACHEPREFIX), by the digest of the source.
"""

from __future__ import annotations

import _imp
import hashlib
import marshal
import os
import sys
import zipimport
from types import CodeType
from typing import Callable


class Keeper:
    """Compiles as zipimport does, and remembers it."""

    def __init__(self, compile_source: Callable[[str, bytes], CodeType], folder: str) -> None:
        self._compile = compile_source
        self._folder = folder

    def __call__(self, path: str, source: bytes) -> CodeType:
        """The code of the source, which names the path."""
        kept = os.path.join(self._folder, hashlib.sha256(source).hexdigest())
        try:
            with open(kept, "rb") as file:
                code: CodeType = marshal.load(file)
        except (OSError, EOFError, ValueError, TypeError):
            code = self._compile(path, source)
            self._keep(kept, code)
            return code
        # As the import system does for a file that was moved; another archive has another path.
        _imp._fix_co_filename(code, path)
        return code

    def _keep(self, kept: str, code: CodeType) -> None:
        """For others too, which may be doing the same; without a folder to write to nothing is kept."""
        own = f"{kept}.{os.getpid()}"
        try:
            os.makedirs(self._folder, exist_ok=True)
            with open(own, "wb") as file:
                marshal.dump(code, file)
            os.replace(own, kept)
        except OSError:
            return


if sys.pycache_prefix and hasattr(zipimport, "_compile_source"):
    _folder = os.path.join(sys.pycache_prefix, "archives", sys.implementation.cache_tag or "")
    zipimport._compile_source = Keeper(zipimport._compile_source, _folder)
