# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The one place that imports pyroute2. Must be kept in sync with the doc fragment C(pyroute2)."""

from __future__ import annotations

import sys
import traceback
from typing import Any, Optional

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import DependencyError

LIBRARY = "pyroute2 >= 0.7.2"
URL = "https://docs.pyroute2.org/"

_missing = False
_failure: Optional[str] = None
_reason = ""
IPRoute: Any = None
DiagSocket: Any = None
NFTSocket: Any = None

# Not only ImportError: pyroute2 0.9 raises TypeError on Python 3.8.
try:
    import pyroute2

    IPRoute = pyroute2.IPRoute
    # Both are there in all versions from 0.7.2 to 0.9.7.
    DiagSocket = pyroute2.DiagSocket
    NFTSocket = pyroute2.NFTSocket
except ImportError as error:
    # A missing module of pyroute2's own is a broken installation, not a missing one.
    _missing = (error.name or "") == "pyroute2"
    _failure, _reason = traceback.format_exc(), str(error)
except Exception as error:  # pylint: disable=broad-except
    _failure, _reason = traceback.format_exc(), f"{type(error).__name__}: {error}"


def require() -> None:
    """Raise DependencyError, with what the user can do, unless pyroute2 can be used."""
    if _failure is None:
        return
    if _missing:
        raise DependencyError(f"{LIBRARY} is missing", library=LIBRARY, url=URL, exception=_failure)
    version = "%d.%d" % sys.version_info[:2]
    raise DependencyError(
        f"pyroute2 was found but is unusable on Python {version} ({sys.executable}): {_reason}; "
        "install a version that supports this Python (0.8.1 for 3.8).",
        exception=_failure,
    )
