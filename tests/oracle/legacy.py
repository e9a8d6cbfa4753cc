# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes policies into the legacy table filter of the kernel, as iptables -P does, by include/uapi/linux/netfilter_ipv4/ip_tables.h and its twin."""

from __future__ import annotations

import ctypes
import os
import socket
import struct

FORWARD = 2
DROP, ACCEPT = -1, -2
_SO_SET_REPLACE, _SO_GET_INFO, _SO_GET_ENTRIES = 64, 64, 65
# The domain, the level of the options, and the size of struct ipt_entry and ip6t_entry, at the end of which the target's offsets stand.
_FAMILIES = {4: (socket.AF_INET, socket.SOL_IP, 88), 6: (socket.AF_INET6, socket.IPPROTO_IPV6, 140)}


def _call(name: str, raw: socket.socket, level: int, option: int, buffer: ctypes.Array[ctypes.c_char]) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    size = ctypes.c_uint32(len(buffer))
    length = ctypes.byref(size) if name == "getsockopt" else size
    if getattr(libc, name)(raw.fileno(), level, option, buffer, length) != 0:
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


def set_policy(version: int, verdict: int) -> None:
    """The policy of FORWARD; the kernel makes the table when it is asked for."""
    domain, level, offsets = _FAMILIES[version]
    with socket.socket(domain, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        info = ctypes.create_string_buffer(struct.pack("32s52x", b"filter"), 84)
        _call("getsockopt", raw, level, _SO_GET_INFO, info)
        hooks, *numbers = struct.unpack("=32xI12I", info.raw)
        starts, ends, entries, size = numbers[:5], numbers[5:10], numbers[10], numbers[11]
        found = ctypes.create_string_buffer(struct.pack("=32sI4x", b"filter", size), 40 + size)
        _call("getsockopt", raw, level, _SO_GET_ENTRIES, found)
        rules = bytearray(found.raw[40:])
        target = struct.unpack_from("=H", rules, ends[FORWARD] + offsets)[0]
        struct.pack_into("=i", rules, ends[FORWARD] + target + 32, verdict)
        counters = ctypes.create_string_buffer(16 * entries)
        head = struct.pack("=32s3I5I5IIQ", b"filter", hooks, entries, size, *starts, *ends, entries, ctypes.addressof(counters))
        _call("setsockopt", raw, level, _SO_SET_REPLACE, ctypes.create_string_buffer(head + bytes(rules), len(head) + size))
