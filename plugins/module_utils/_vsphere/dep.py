# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The one place that imports pyVmomi. Must be kept in sync with the doc fragment C(vsphere)."""

from __future__ import annotations

import traceback
from typing import Any, Optional

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

_failure: Optional[library.Failure] = None
vim: Any = None
vmodl: Any = None
SoapStubAdapter: Any = None
GetServiceVersions: Any = None
versionIdMap: Any = None
VmomiSupport: Any = None

# Not only ImportError: a pyVmomi that is older than its Python raises what it likes.
try:
    import pyVmomi

    vim = pyVmomi.vim
    vmodl = pyVmomi.vmodl
    SoapStubAdapter = pyVmomi.SoapStubAdapter
    GetServiceVersions = pyVmomi.VmomiSupport.GetServiceVersions
    versionIdMap = pyVmomi.VmomiSupport.versionIdMap
    VmomiSupport = pyVmomi.VmomiSupport
except Exception as error:  # pylint: disable=broad-except
    _failure = library.Failure.of(error, "pyVmomi", traceback.format_exc())


def require() -> None:
    """Raise DependencyError, with what the user can do, unless pyVmomi can be used."""
    library.require(LIBRARY, _failure)
