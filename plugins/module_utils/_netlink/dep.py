# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The one place that imports pyroute2. Must be kept in sync with the doc fragment C(pyroute2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.library import Lazy, Library


def _load() -> Any:
    import pyroute2

    return pyroute2


_LIBRARY = Lazy(
    Library(
        name="pyroute2",
        pypi="pyroute2",
        oldest="0.7.2",
        otherwise=(
            "install the package python3-pyroute2 (its name in Debian, Ubuntu and Fedora), let the role virtnet.hardening.kvm_bridge_host do it "
            "(tasks_from: packages), or "
        ),
        where="",
        fitting="install a version that supports this Python (0.8.1 is the last one for 3.8)",
    ),
    _load,
)

if TYPE_CHECKING:
    IPRoute: Any
    DiagSocket: Any
    NFTSocket: Any
# All are there in all versions from 0.7.2 to 0.9.7.
_NAMES = ("IPRoute", "DiagSocket", "NFTSocket")


def __getattr__(name: str) -> Any:
    """What is used of it (PEP 562)."""
    if name not in _NAMES:
        raise AttributeError(name)
    return getattr(_LIBRARY.require(), name)


def require() -> None:
    """Raise DependencyError, with what the user can do, unless pyroute2 can be used."""
    _LIBRARY.require()
