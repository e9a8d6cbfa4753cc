# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests as whoever has a tap open, as QEMU has, and frames with the header of virtio that QEMU passes on from the guest."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import struct
import time
from types import TracebackType

import pytest

from .conftest import ip

# include/uapi/linux/if_tun.h and virtio_net.h.
_TUNSETIFF = 0x400454CA
_IFF_TAP, _IFF_NO_PI, _IFF_VNET_HDR = 0x0002, 0x1000, 0x4000
NEEDS_CSUM = 1
GSO_TCPV4, GSO_UDP, GSO_UDP_L4 = 1, 3, 5
_QUIET = 0.3


class Tap:
    """A port of the bridge, and the guest behind it. Without C(vnet_hdr), as many emulated cards have it, the host finishes every checksum."""

    def __init__(self, port: str, bridge: str, vnet_hdr: bool) -> None:
        self._vnet_hdr = vnet_hdr
        self._descriptor = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        flags = _IFF_TAP | _IFF_NO_PI | (_IFF_VNET_HDR if vnet_hdr else 0)
        fcntl.ioctl(self._descriptor, _TUNSETIFF, struct.pack("=16sH22x", port.encode(), flags))
        ip(f"link set {port} master {bridge} up")

    def __enter__(self) -> Tap:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        os.close(self._descriptor)

    def send(self, frame: bytes, start: int = -1, offset: int = 0, gso: int = 0, size: int = 0) -> None:
        """With a C(start) the sum is left to the host: from there on, and to be written C(offset) bytes behind it."""
        header = struct.pack("=BBHHHH", *((NEEDS_CSUM, gso, 54 if gso else 0, size, start, offset) if start >= 0 else (0, gso, 0, size, 0, 0)))
        try:
            os.write(self._descriptor, (header if self._vnet_hdr else b"") + frame)
        except OSError as error:
            if error.errno != errno.EINVAL or gso != GSO_UDP_L4:
                raise
            pytest.skip(f"SKIPPED: the kernel {os.uname().release} takes no packet of UDP to be cut from a guest, which is there since 6.2")

    def heard(self, mark: bytes) -> list[bytes]:
        """The frames that hold the mark, until it is quiet."""
        found: list[bytes] = []
        deadline = time.monotonic() + _QUIET
        while select.select([self._descriptor], [], [], max(0.0, deadline - time.monotonic()))[0]:
            frame = os.read(self._descriptor, 1 << 17)[10 if self._vnet_hdr else 0 :]
            found += [frame] if mark in frame else []
        return found
