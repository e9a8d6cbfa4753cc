# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads attributes that this machine's iproute2 does not print, by plain netlink.

It MUST NOT use any code of the collection, pyroute2 or pyVmomi. Standard library only, so that it can be
run as a script inside a namespace: rawlink.py NAME prints {"bridge": {number: hex}, "port": {number: hex}}.
"""

from __future__ import annotations

import ctypes
import fcntl
import functools
import json
import socket
import struct
import subprocess
import sys
from typing import Dict, Iterator

_RTM_GETLINK = 18
_IFLA_IFNAME, _IFLA_LINKINFO = 3, 18
_INFO_DATA, _INFO_SLAVE_DATA = 2, 5
_MULTI_BOOLOPT = "46"

Nests = Dict[str, Dict[str, str]]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:
        size, number = struct.unpack_from("=HH", data)
        if size < 4:
            return
        yield number & 0x3FFF, data[4:size]
        data = data[(size + 3) & ~3 :]


def set_speed(name: str, mbit: int) -> None:
    """Let a tap say that its link has this speed, as ethtool(8) does (ETHTOOL_GSET, ETHTOOL_SSET, include/uapi/linux/ethtool.h)."""
    command = ctypes.create_string_buffer(44)
    request = struct.pack("=16sQ16x", name.encode(), ctypes.addressof(command))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        for number in (1, 2):
            struct.pack_into("=I", command, 0, number)
            if number == 2:
                struct.pack_into("=H", command, 12, mbit)
            fcntl.ioctl(handle, 0x8946, request)


def read(name: str) -> Nests:
    """The raw attributes of a bridge and of a bridge port, by number."""
    label = name.encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(label), _IFLA_IFNAME) + label.ljust((len(label) + 3) & ~3, b"\0")
    body = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + attribute
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as channel:
        channel.bind((0, 0))
        channel.send(struct.pack("=IHHII", 16 + len(body), _RTM_GETLINK, 1, 1, 0) + body)
        answer = channel.recv(1 << 17)
    if struct.unpack_from("=H", answer, 4)[0] != 16:
        return {"bridge": {}, "port": {}}
    info = dict(_attributes(dict(_attributes(answer[32:])).get(_IFLA_LINKINFO, b"")))
    nests = (("bridge", _INFO_DATA), ("port", _INFO_SLAVE_DATA))
    return {kind: {str(number): raw.hex() for number, raw in _attributes(info.get(place, b""))} for kind, place in nests}


def read_in(name: str, prefix: list[str]) -> Nests:
    """The same in the namespace that a command prefix enters."""
    if not prefix:
        return read(name)
    done = subprocess.run([*prefix, sys.executable, __file__, name], capture_output=True, text=True, check=True)
    nests: Nests = json.loads(done.stdout)
    return nests


@functools.lru_cache(maxsize=None)
def bridge_capabilities() -> tuple[frozenset[int], int]:
    """Attribute numbers that a new bridge lists, and the mask of its boolean options."""
    script = f"ip link add brprobe type bridge && exec {sys.executable} {__file__} brprobe"
    done = subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, check=True)
    seen = json.loads(done.stdout)["bridge"]
    mask = int.from_bytes(bytes.fromhex(seen.get(_MULTI_BOOLOPT, ""))[4:8], sys.byteorder)
    return frozenset(int(number) for number in seen), mask


@functools.lru_cache(maxsize=None)
def port_capabilities() -> frozenset[int]:
    """Attribute numbers that a new bridge port lists."""
    script = "ip link add brprobe type bridge && ip link add prprobe type veth peer name prpeer && ip link set prprobe master brprobe"
    command = ["unshare", "--net", "sh", "-c", f"{script} && exec {sys.executable} {__file__} prprobe"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return frozenset(int(number) for number in json.loads(done.stdout)["port"])


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1])))
