# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The one place that imports pyVmomi. Must be kept in sync with the doc fragment C(vsphere)."""

from __future__ import annotations

import sys
import traceback
from typing import Any, Optional

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import DependencyError

LIBRARY = "pyVmomi >= 8.0.0.1"
URL = "https://pypi.org/project/pyvmomi/"

_missing = False
_failure: Optional[str] = None
_reason = ""
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
except ImportError as error:
    # A missing module of pyVmomi's own is a broken installation, not a missing one.
    _missing = (error.name or "") == "pyVmomi"
    _failure, _reason = traceback.format_exc(), str(error)
except Exception as error:  # pylint: disable=broad-except
    _failure, _reason = traceback.format_exc(), f"{type(error).__name__}: {error}"


def require() -> None:
    """Raise DependencyError, with what the user can do, unless pyVmomi can be used."""
    if _failure is None:
        return
    if _missing:
        raise DependencyError(f"{LIBRARY} is missing", library=LIBRARY, url=URL, exception=_failure)
    version = "%d.%d" % sys.version_info[:2]
    raise DependencyError(
        f"pyVmomi was found but is unusable on Python {version} ({sys.executable}): {_reason}; install a version from 8.0.0.1 on.",
        exception=_failure,
    )
