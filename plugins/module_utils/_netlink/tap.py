# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Makes taps, and says who may open them: by ioctl, as rtnetlink makes none (drivers/net/tun.c)."""

from __future__ import annotations

import fcntl
import os
import platform
from struct import Struct
from typing import Any

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import Answer
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields

_DEVICE = "/dev/net/tun"
# _IOW('T', ..., int), whose direction bits differ (arch/*/include/uapi/asm/ioctl.h).
_WRITE = 0x80040000 if platform.machine().startswith(("ppc", "mips", "sparc", "alpha")) else 0x40040000
_SETIFF, _SETPERSIST, _SETOWNER, _SETGROUP = (_WRITE | 0x5400 | number for number in (202, 203, 204, 206))
_IFF_TAP, _IFF_NO_PI, _IFF_MULTI_QUEUE, _IFF_VNET_HDR = 0x0002, 0x1000, 0x0100, 0x4000
_IFREQ = Struct("=16sH22x")
_OK = Answer(0, "")


def make(name: str, fields: Fields) -> Answer:
    """A persistent tap. Its owner and group hold before it is there for others: it is made persistent last."""
    return _with(name, bool(fields.get("multi_queue")), False, False, fields, keep=True)


def own(name: str, fields: Fields, shape: Fields) -> Answer:
    """Change who may open one. C(shape) is how it is, as attaching sets that anew; the kernel refuses it while a guest has it open."""
    return _with(name, bool(shape.get("multi_queue")), bool(shape.get("pi")), bool(shape.get("vnet_hdr")), fields, keep=None)


def _with(name: str, multi_queue: bool, info: bool, header: bool, fields: Fields, keep: bool | None) -> Answer:
    flags = _IFF_TAP | (0 if info else _IFF_NO_PI) | (_IFF_MULTI_QUEUE if multi_queue else 0) | (_IFF_VNET_HDR if header else 0)
    try:
        descriptor = os.open(_DEVICE, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        return Answer(error.errno or 0, f"opening {_DEVICE}: {error.strerror}")
    try:
        fcntl.ioctl(descriptor, _SETIFF, _IFREQ.pack(name.encode(), flags))
        for option, request in (("owner", _SETOWNER), ("group", _SETGROUP)):
            if option in fields:
                fcntl.ioctl(descriptor, request, _id(fields[option]))
        if keep:
            fcntl.ioctl(descriptor, _SETPERSIST, 1)
    except OSError as error:
        return Answer(error.errno or 0, "")
    finally:
        os.close(descriptor)
    return _OK


def _id(value: Any) -> int:
    """As the kernel takes it: all bits for nobody."""
    return int(value) & 0xFFFFFFFF
