# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The one place that imports pyVmomi. Must be kept in sync with the doc fragment C(vsphere)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.library import Lazy, Library


def _load() -> Any:
    import pyVmomi

    return pyVmomi


_LIBRARY = Lazy(
    Library(
        name="pyVmomi",
        pypi="pyvmomi",
        oldest="8.0.0.1",
        # Distributions have older ones, Debian 12 for one.
        otherwise="",
        where="Where this is not the host that was meant, let the task run on the control node: connection: local, or delegate_to: localhost. ",
        fitting="install another version from 8.0.0.1 on",
    ),
    _load,
)

if TYPE_CHECKING:
    vim: Any
    vmodl: Any
    SoapStubAdapter: Any
    GetServiceVersions: Any
    versionIdMap: Any
    VmomiSupport: Any
_NAMES = ("vim", "vmodl", "SoapStubAdapter", "VmomiSupport")
_OF_SUPPORT = ("GetServiceVersions", "versionIdMap")


def __getattr__(name: str) -> Any:
    """What is used of it (PEP 562)."""
    if name not in (*_NAMES, *_OF_SUPPORT):
        raise AttributeError(name)
    found = _LIBRARY.require()
    # The next time it is found without this function.
    globals()[name] = value = getattr(found.VmomiSupport if name in _OF_SUPPORT else found, name)
    return value


def require() -> None:
    """Raise DependencyError, with what the user can do, unless pyVmomi can be used."""
    _LIBRARY.require()
