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
from typing import Iterator, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import FilterChain

_NAME = 32
# The hooks through which a bridged frame goes, by number, and the tables that may drop there; iptables(8) refuses that in nat.
_HOOKS = {0: ("PREROUTING", "prerouting"), 2: ("FORWARD", "forward"), 4: ("POSTROUTING", "postrouting")}
_TABLES = ("filter", "mangle", "raw", "security")


class Family(NamedTuple):
    """One of the three, as include/uapi/linux/netfilter_{ipv4,ipv6,arp} has it."""

    name: str
    # Where the kernel lists the tables in use, to root only.
    listed: str
    domain: int
    level: int
    # xT_SO_GET_INFO; xT_SO_GET_ENTRIES is the next number. The number of hooks, and those of bridged frames.
    option: int
    hooks: int
    bridged: tuple[int, ...]
    # The size of struct xT_entry, and where its target_offset and next_offset lie.
    entry: int
    offsets: int


FAMILIES = (
    Family("ip", "/proc/net/ip_tables_names", socket.AF_INET, socket.SOL_IP, 64, 5, (0, 2, 4), 112, 88),
    Family("ip6", "/proc/net/ip6_tables_names", socket.AF_INET6, socket.IPPROTO_IPV6, 64, 5, (0, 2, 4), 168, 140),
    Family("arp", "/proc/net/arp_tables_names", socket.AF_INET, socket.SOL_IP, 96, 3, (2,), 192, 164),
)
_OFFSETS = Struct("=HH").unpack_from
_VERDICT = Struct("=i").unpack_from
# struct xt_entry_target: its size, name and revision, then the verdict of the standard target, whose name is empty.
_TARGET_NAME = slice(2, 31)
_TARGET = 32
# -NF_DROP - 1 and -NF_QUEUE - 1: a program that gets the frames may drop them.
_DROPPING = (-1, -4)
_REFUSING = (b"REJECT", b"NFQUEUE")
# The target at the head of a user's chain, and behind the last one.
_ERROR = b"ERROR"


class Entry(NamedTuple):
    """One rule."""

    at: int
    # Of its target: the verdict of the standard one, which is the place of a chain if it is not negative.
    target: bytes
    verdict: int

    @property
    def drops(self) -> bool:
        """Or refuses, or may."""
        return self.target in _REFUSING or (self.target == b"" and self.verdict in _DROPPING)


def ebtables(folder: str = "/sys/module") -> list[str]:
    """The legacy tables of ebtables that may be in use. Their modules are looked for, as asking for a table makes it."""
    return [name for name in ("filter", "nat", "broute") if os.path.isdir(f"{folder}/ebtable_{name}")]


def chains() -> tuple[list[FilterChain], list[str]]:
    """Of the tables in use every chain FORWARD of filter, and of the others those that can drop; and why some can't be read."""
    found: list[FilterChain] = []
    failures: list[str] = []
    for family in FAMILIES:
        try:
            with open(family.listed, encoding="ascii") as file:
                names = file.read().split()
        except FileNotFoundError:
            continue
        except OSError as error:
            failures.append(f"{family.listed}: {error.strerror}")
            continue
        for table in _TABLES if names else ():
            try:
                found += _chains(family, table) if table in names else ()
            except (BackendError, OSError) as error:
                failures.append(f"the legacy table {table} of {family.name}: {error}")
    return found, failures


def _chains(family: Family, table: str) -> Iterator[FilterChain]:
    """Rules of users' chains stand behind those of the hooks, each chain below an entry of its own; the policy of a hook is its last entry."""
    starts, ends, blob = _read(family, table)
    entries = list(_entries(family, blob))
    for hook in family.bridged:
        start, end = starts[hook], ends[hook]
        if start < 0:
            continue
        policy = "drop" if any(each.drops for each in entries if each.at == end) else "accept"
        drops = _drops(entries, [each for each in entries if start <= each.at < end])
        name, word = _HOOKS[hook]
        if (table, word) == ("filter", "forward") or policy == "drop" or drops:
            yield FilterChain("iptables", family.name, table, name, word, policy, drops)


def _read(family: Family, table: str) -> tuple[list[int], list[int], bytes]:
    """Where the chains of the hooks begin and end, -1 for a hook that the table has not, and all entries."""
    layout = Struct(f"={_NAME}sI{family.hooks}I{family.hooks}III")
    name = table.encode()
    # A raw socket: any other lets only some options through.
    with socket.socket(family.domain, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        info = layout.unpack(_ask(raw, family.level, family.option, layout.pack(name, *([0] * (2 * family.hooks + 3)))))
        valid, size = info[1], info[-1]
        starts, ends = (
            [place if valid >> hook & 1 else -1 for hook, place in enumerate(info[first : first + family.hooks])] for first in (2, 2 + family.hooks)
        )
        head = Struct(f"={_NAME}sI4x")
        return starts, ends, _ask(raw, family.level, family.option + 1, head.pack(name, size) + bytes(size))[head.size :]


def _drops(entries: Sequence[Entry], rules: Sequence[Entry]) -> bool:
    """Whether one of the rules, or of the chains that they lead to, drops."""
    numbers = {each.at: number for number, each in enumerate(entries)}
    waiting, seen = list(rules), {each.at for each in rules}
    while waiting:
        rule = waiting.pop()
        if rule.drops:
            return True
        if rule.target or rule.verdict < 0:
            continue
        for each in entries[numbers.get(rule.verdict, len(entries)) :]:
            if each.target == _ERROR or each.at in seen:
                break
            seen.add(each.at)
            waiting.append(each)
    return False


def _entries(family: Family, blob: bytes) -> Iterator[Entry]:
    at = 0
    while at + family.entry <= len(blob):
        target, after = _OFFSETS(blob, at + family.offsets)
        if after < family.entry:
            return
        name = blob[at + target :][_TARGET_NAME].split(b"\0", 1)[0]
        yield Entry(at, name, _VERDICT(blob, at + target + _TARGET)[0] if name == b"" else 0)
        at += after


def _ask(raw: socket.socket, level: int, option: int, question: bytes) -> bytes:
    """getsockopt(2) with a question in the buffer, which Python's own can't put there."""
    buffer = ctypes.create_string_buffer(question, len(question))
    size = ctypes.c_uint32(len(question))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.getsockopt(raw.fileno(), level, option, buffer, ctypes.byref(size)) != 0:
        raise BackendError(f"getsockopt answers {os.strerror(ctypes.get_errno())}")
    return buffer.raw
