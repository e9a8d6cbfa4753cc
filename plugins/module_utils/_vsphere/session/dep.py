# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The one place that imports pyVmomi. Must be kept in sync with the doc fragment C(vsphere)."""

from __future__ import annotations

import traceback
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import library

LIBRARY = library.Library(
    name="pyVmomi",
    pypi="pyvmomi",
    oldest="8.0.0.1",
    # Distributions have older ones, Debian 12 for one.
    otherwise="",
    where="Where this is not the host that was meant, let the task run on the control node: connection: local, or delegate_to: localhost. ",
    fitting="install another version from 8.0.0.1 on",
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


@lru_cache(maxsize=None)
def _loaded() -> Any:
    """At the first use: who only reads what options there are waits for no library, as the control node does in every task of a role."""
    # Not only ImportError: a pyVmomi that is older than its Python raises what it likes.
    try:
        import pyVmomi
    except Exception as error:  # pylint: disable=broad-except
        return library.Failure.of(error, "pyVmomi", traceback.format_exc())
    return pyVmomi


def __getattr__(name: str) -> Any:
    """What is used of it (PEP 562)."""
    if name not in (*_NAMES, *_OF_SUPPORT):
        raise AttributeError(name)
    require()
    found = _loaded()
    # The next time it is found without this function.
    globals()[name] = value = getattr(found.VmomiSupport if name in _OF_SUPPORT else found, name)
    return value


def require() -> None:
    """Raise DependencyError, with what the user can do, unless pyVmomi can be used."""
    found = _loaded()
    library.require(LIBRARY, found if isinstance(found, library.Failure) else None)
