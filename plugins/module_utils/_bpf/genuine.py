# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Whether a program that hangs somewhere is the one that this version loads. A name proves nothing: who may load programs may call them anything."""

from __future__ import annotations

from functools import lru_cache

from ansible_collections.virtnet.hardening.plugins.module_utils._bpf import btf, partial_checksum
from ansible_collections.virtnet.hardening.plugins.module_utils._bpf.call import ProgramInfo

TYPES = "/sys/kernel/btf/vmlinux"


class UnknownTypes(Exception):
    """The kernel's description of its types is not there, or has not what the program needs; the reason is a clause."""


@lru_cache(maxsize=1)
def layout() -> partial_checksum.Layout:
    """Of the running kernel's struct sk_buff. Raises UnknownTypes."""
    try:
        with open(TYPES, "rb") as types:
            return partial_checksum.layout(types.read())
    except btf.BtfError as error:
        raise UnknownTypes(f"{TYPES}: {error}") from error
    except OSError as error:
        raise UnknownTypes(f"the kernel's description of its types, {TYPES} (CONFIG_DEBUG_INFO_BTF), can't be read: {error.strerror}") from error


def is_guard(about: ProgramInfo) -> bool:
    """By its name and the kernel's digest of its instructions; of another version, whose text is not known, by the name. Raises UnknownTypes."""
    if about.name != partial_checksum.NAME:
        # Each version counts in a map.
        return bool(about.maps) and partial_checksum.is_ours(about.name)
    return about.tag in partial_checksum.tags(layout())
