# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The one place that imports pyroute2. Must be kept in sync with the doc fragment C(pyroute2)."""

from __future__ import annotations

import traceback
from typing import Any, Optional

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import library

LIBRARY = library.Library(
    name="pyroute2",
    pypi="pyroute2",
    oldest="0.7.2",
    otherwise=(
        "install the package python3-pyroute2 (its name in Debian, Ubuntu and Fedora), let the role virtnet.hardening.kvm_bridge_host do it "
        "(tasks_from: packages), or "
    ),
    where="",
    fitting="install a version that supports this Python (0.8.1 is the last one for 3.8)",
)

_failure: Optional[library.Failure] = None
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
except Exception as error:  # pylint: disable=broad-except
    _failure = library.Failure.of(error, "pyroute2", traceback.format_exc())


def require() -> None:
    """Raise DependencyError, with what the user can do, unless pyroute2 can be used."""
    library.require(LIBRARY, _failure)
