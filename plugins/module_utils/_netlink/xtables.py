# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Reads the tables of iptables, ip6tables and arptables that are no part of nf_tables ("legacy"), by the socket options that these programs use.

A table is asked for only if the kernel lists it: asking for another one would make it, and load its module.
"""

from __future__ import annotations

import ctypes
import os
import socket
from struct import Struct
from typing import Iterator, List, NamedTuple, Sequence, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import FilterChain

_NAME = 32
_TABLE = b"filter"
_FORWARD = 2


class Family(NamedTuple):
    """One of the three, as include/uapi/linux/netfilter_{ipv4,ipv6,arp} has it."""

    name: str
    # Where the kernel lists the tables in use, to root only.
    listed: str
    domain: int
    level: int
    # xT_SO_GET_INFO; xT_SO_GET_ENTRIES is the next number. The number of hooks.
    option: int
    hooks: int
    # The size of struct xT_entry, and where its target_offset and next_offset lie.
    entry: int
    offsets: int


FAMILIES = (
    Family("ip", "/proc/net/ip_tables_names", socket.AF_INET, socket.SOL_IP, 64, 5, 112, 88),
    Family("ip6", "/proc/net/ip6_tables_names", socket.AF_INET6, socket.IPPROTO_IPV6, 64, 5, 168, 140),
    Family("arp", "/proc/net/arp_tables_names", socket.AF_INET, socket.SOL_IP, 96, 3, 192, 164),
)
_OFFSETS = Struct("=HH").unpack_from
_VERDICT = Struct("=i").unpack_from
# struct xt_entry_target: its size, name and revision, then the verdict of the standard target, whose name is empty.
_TARGET_NAME = slice(2, 31)
_TARGET = 32
# -NF_DROP - 1
_DROP = -1


def ebtables(folder: str = "/sys/module") -> List[str]:
    """The legacy tables of ebtables that may be in use. Their modules are looked for, as asking for a table makes it."""
    return [name for name in ("filter", "nat", "broute") if os.path.isdir(f"{folder}/ebtable_{name}")]


def forward_chains() -> Tuple[List[FilterChain], List[str]]:
    """The chains FORWARD of the tables that are in use, and why some can't be read."""
    found: List[FilterChain] = []
    failures: List[str] = []
    for family in FAMILIES:
        try:
            with open(family.listed, encoding="ascii") as file:
                names = file.read().split()
            if "filter" in names:
                found.append(_forward(family))
        except FileNotFoundError:
            continue
        except OSError as error:
            failures.append(f"{family.listed}: {error.strerror}")
        except BackendError as error:
            failures.append(f"the legacy table filter of {family.name}: {error}")
    return found, failures


def _forward(family: Family) -> FilterChain:
    layout = Struct(f"={_NAME}sI{family.hooks}I{family.hooks}III")
    # A raw socket: any other lets only some options through.
    with socket.socket(family.domain, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        info = layout.unpack(_ask(raw, family.level, family.option, layout.pack(_TABLE, *([0] * (2 * family.hooks + 3)))))
        valid, size = info[1], info[-1]
        starts, ends = ([place if valid >> hook & 1 else -1 for hook, place in enumerate(info[first:first + family.hooks])] for first in (2, 2 + family.hooks))
        head = Struct(f"={_NAME}sI4x")
        blob = _ask(raw, family.level, family.option + 1, head.pack(_TABLE, size) + bytes(size))[head.size:]
    return _judge(family, blob, starts[_FORWARD], ends)


def _judge(family: Family, blob: bytes, start: int, ends: Sequence[int]) -> FilterChain:
    """The policy of a hook is its last entry; chains of users come behind those of the hooks."""
    end = ends[_FORWARD]
    policy, drops = "accept", False
    for at, dropped in _entries(family, blob):
        if at == end:
            policy = "drop" if dropped else "accept"
        elif start <= at < end or at > max(ends):
            drops = drops or dropped
    return FilterChain("iptables", family.name, "filter", "FORWARD", "forward", policy, drops)


def _entries(family: Family, blob: bytes) -> Iterator[Tuple[int, bool]]:
    """Where each entry is, and whether its target drops or refuses."""
    at = 0
    while at + family.entry <= len(blob):
        target, after = _OFFSETS(blob, at + family.offsets)
        if after < family.entry:
            return
        name = blob[at + target:][_TARGET_NAME].split(b"\0", 1)[0]
        yield at, name == b"REJECT" or (name == b"" and _VERDICT(blob, at + target + _TARGET)[0] == _DROP)
        at += after


def _ask(raw: socket.socket, level: int, option: int, question: bytes) -> bytes:
    """getsockopt(2) with a question in the buffer, which Python's own can't put there."""
    buffer = ctypes.create_string_buffer(question, len(question))
    size = ctypes.c_uint32(len(question))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.getsockopt(raw.fileno(), level, option, buffer, ctypes.byref(size)) != 0:
        raise BackendError(f"getsockopt answers {os.strerror(ctypes.get_errno())}")
    return buffer.raw
