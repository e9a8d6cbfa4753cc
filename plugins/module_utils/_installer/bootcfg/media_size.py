# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""systemMediaSize: how much of the boot disk ESXi takes for itself, who may use which size, and what is left for a datastore. Pure.

Sources: VMware KB 81166, the storage chapters of the 7.0 and 8.0 installation guides. What remains was measured by others on 8.0: a disk of
80 GiB with min has a datastore of 47.75 GiB, one of 48 or 96 GiB without the option has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

GIB = 1 << 30
SINCE = EsxiVersion(7, 0, 1, 3)
_OS_DATA_SINCE = EsxiVersion(7, 0)
_DOUBTFUL_SINCE = EsxiVersion(9, 0)
# In GiB; the documentation names them 33, 69 and 138 GB.
SIZES: dict[str, int | None] = {"min": 32, "small": 64, "default": 128, "max": None}
# Boot partition, alignment and the end of the table.
_EXTRA = GIB // 4
# 142 GB is documented for default: 138 GB and about 4 GB, less than that goes to ESX-OSData.
_LEAST_DATASTORE = 4 * GIB
_LEAST_DISK = 32 * GIB
# ESXi 6.5 to 9 need 4 GB at least (hardware requirements of the installation guides); less than 3 is a number whose unit is missing.
_LEAST_MEMORY = 3 * 1000**3
# The vendor's GB and TB, so that a host whose memory was measured, and that has kept some for itself, counts with its kind.
_SMALL_FROM = 1000**4
_DOUBT_FROM = 512 * 1000**3


@dataclass(frozen=True)
class MediaPlan:
    """What a size means for a disk. Bytes are None where the size of the disk is not known."""

    size: str
    system_bytes: int | None
    datastore_bytes: int | None
    warnings: list[str]

    def as_dict(self) -> dict[str, Any]:
        """As results carry it."""
        return {"size": self.size, "system_bytes": self.system_bytes, "datastore_bytes": self.datastore_bytes}


def plan(size: str, version: EsxiVersion, memory: int | None = None, disk: int | None = None) -> MediaPlan:
    """What C(systemMediaSize=size) does; C(memory) and C(disk) in bytes. InputError where it must not be used."""
    _known(size, version)
    check_host(memory, disk)
    warnings = _release_warnings(size, version) + _memory_warnings(size, memory)
    if disk is None:
        return MediaPlan(size, None, None, warnings)
    if disk < _LEAST_DISK:
        raise InputError(f"systemMediaSize={size}: a disk of {gib(disk)} is too small for ESXi {version}, which needs {gib(_LEAST_DISK)}.")
    limit = SIZES[size]
    left = 0 if limit is None else disk - limit * GIB - _EXTRA
    if left < _LEAST_DATASTORE:
        if size != "max":
            warnings.append(f"systemMediaSize={size} on a disk of {gib(disk)}: ESXi takes the whole disk, nothing is left for a datastore.")
        left = 0
    return MediaPlan(size, disk - left, left, warnings)


def check_host(memory: int | None, disk: int | None) -> None:
    """InputError for a size that no host has, as 1024 for 1024GB: no rule would hold for it."""
    if memory is not None and memory < _LEAST_MEMORY:
        raise InputError(f"memory: {memory} bytes are less than ESXi runs with; give it with its unit, as in 512GB.")
    if disk is not None and disk < GIB:
        raise InputError(f"disk_size: {disk} bytes are less than any boot disk has; give it with its unit, as in 80GB.")


def gib(number: int) -> str:
    """For messages."""
    return f"{number / GIB:g} GiB" if number % GIB == 0 else f"{number / GIB:.2f} GiB"


def _known(size: str, version: EsxiVersion) -> None:
    if size not in SIZES:
        raise InputError(f"systemMediaSize={size}: it is none of {', '.join(SIZES)}.")
    if version >= SINCE:
        return
    if version >= _OS_DATA_SINCE:
        raise InputError(
            f"systemMediaSize={size}: ESXi {version} does not know it, it is since {SINCE}; use the kernel option autoPartitionOSDataSize=<MB> (4096 or"
            " more, not supported by the vendor), or install a later release."
        )
    raise InputError(
        f"systemMediaSize={size}: ESXi {version} has no ESX-OSData partition, so nothing is to be bounded; leave it out. It is since {SINCE}, and"
        " autoPartitionOSDataSize since 7.0."
    )


def _release_warnings(size: str, version: EsxiVersion) -> list[str]:
    if version >= _DOUBTFUL_SINCE and size in ("min", "small"):
        return [f"systemMediaSize={size}: the documentation of ESX {version} names only default and max; look at the datastore after the installation."]
    return []


def _memory_warnings(size: str, memory: int | None) -> list[str]:
    if memory is None or size not in ("min", "max"):
        return []
    if size == "max":
        return [] if memory >= _SMALL_FROM else ["systemMediaSize=max takes the whole disk; it is meant for hosts with terabytes of memory."]
    if memory >= _SMALL_FROM:
        raise InputError(f"systemMediaSize=min: a host with {gib(memory)} of memory, 1 TB or more, must use at least small (69 GB).")
    if memory >= _DOUBT_FROM:
        return [f"systemMediaSize=min: small is meant for hosts with 512 GB of memory or more, and this one has {gib(memory)}."]
    return []
