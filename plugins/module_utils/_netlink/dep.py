# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The one place that imports pyroute2. Must be kept in sync with the doc fragment C(pyroute2)."""

from __future__ import annotations

import traceback
from functools import lru_cache
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    IPRoute: Any
    DiagSocket: Any
    NFTSocket: Any
# All are there in all versions from 0.7.2 to 0.9.7.
_NAMES = ("IPRoute", "DiagSocket", "NFTSocket")


@lru_cache(maxsize=None)
def _loaded() -> Any:
    """At the first use: who only reads what options there are waits for no library, as the control node does in every task of a role."""
    # Not only ImportError: pyroute2 0.9 raises TypeError on Python 3.8.
    try:
        import pyroute2
    except Exception as error:  # pylint: disable=broad-except
        return library.Failure.of(error, "pyroute2", traceback.format_exc())
    return pyroute2


def __getattr__(name: str) -> Any:
    """What is used of it (PEP 562)."""
    if name not in _NAMES:
        raise AttributeError(name)
    require()
    return getattr(_loaded(), name)


def require() -> None:
    """Raise DependencyError, with what the user can do, unless pyroute2 can be used."""
    found = _loaded()
    library.require(LIBRARY, found if isinstance(found, library.Failure) else None)
