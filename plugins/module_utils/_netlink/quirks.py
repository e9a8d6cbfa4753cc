# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the kernel makes of a value: known deviations between written and read, as functions."""

from __future__ import annotations

import os
import time

_USER_HZ = 100
_NSEC = 1_000_000_000
# CLOCK_MONOTONIC_COARSE ticks once a jiffy, so its resolution is the kernel's 1/HZ (clock_getres(2)).
_CLOCK_MONOTONIC_COARSE = 6
_NET_ADDR_SET = 3


def kernel_hz() -> int | None:
    """The kernel's CONFIG_HZ, or None where the clock does not tell."""
    try:
        resolution = time.clock_getres(_CLOCK_MONOTONIC_COARSE)
    except (OSError, AttributeError):
        return None
    hz = round(1 / resolution) if resolution > 0 else 0
    return hz if 10 <= hz <= 10_000 else None


def through_jiffies(hundredths: int, hz: int) -> int:
    """What is read back after C(hundredths) of a second were written.

    clock_t_to_jiffies and jiffies_to_clock_t (kernel/time/time.c) both round down: with HZ=250,
    207 comes back as 206, and 206 as 206.
    """
    return to_hundredths(hundredths * hz // _USER_HZ, hz)


def to_hundredths(jiffies: int, hz: int) -> int:
    """jiffies_to_clock_t (kernel/time/time.c)."""
    tick = (_NSEC + hz // 2) // hz
    if tick % (_NSEC // _USER_HZ) == 0:
        return jiffies * (_USER_HZ // hz) if hz < _USER_HZ else jiffies // (hz // _USER_HZ)
    return jiffies * tick // (_NSEC // _USER_HZ)


def hardware_bus(name: str, ifindex: int, folder: str = "/sys/class/net") -> str:
    """For kernels before 5.14, which have no IFLA_PARENT_DEV_BUS_NAME: the bus of a device's hardware, "" where it has none.

    sysfs may be another network namespace's, where the name is another device's; the index tells.
    """
    try:
        return os.path.basename(os.readlink(f"{folder}/{name}/device/subsystem")) if _number(f"{folder}/{name}/ifindex") == ifindex else ""
    except (OSError, ValueError):
        return ""


def address_pinned(name: str, ifindex: int, folder: str = "/sys/class/net") -> bool | None:
    """Whether a device's MAC address was set by somebody (NET_ADDR_SET, include/uapi/linux/netdevice.h), which rtnetlink does not tell.

    None where sysfs is another network namespace's.
    """
    try:
        kind = _number(f"{folder}/{name}/addr_assign_type")
        return kind == _NET_ADDR_SET if _number(f"{folder}/{name}/ifindex") == ifindex else None
    except (OSError, ValueError):
        return None


def virtual_functions(name: str, ifindex: int, folder: str = "/sys/class/net") -> int:
    """How many of them a network card has been told to have (SR-IOV); a dump of links tells it only with all that is set of each."""
    try:
        return _number(f"{folder}/{name}/device/sriov_numvfs") if _number(f"{folder}/{name}/ifindex") == ifindex else 0
    except (OSError, ValueError):
        return 0


def _number(path: str) -> int:
    with open(path, encoding="ascii") as file:
        return int(file.read())
