# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Where the members of a structure of the running kernel lie, out of the kernel's own description of its types. Pure.

Format: Documentation/bpf/btf.rst and include/uapi/linux/btf.h of the kernel.
"""

from __future__ import annotations

import sys
from struct import Struct, error
from typing import Iterable, Iterator, NamedTuple, Sequence

_MAGIC = 0xEB9F
# What is behind struct btf_type, as a fixed size and one for each of its vlen, by kind (btf_kind_meta_size of tools/lib/bpf/btf.c).
_BEHIND: dict[int, tuple[int, int]] = {
    1: (4, 0),
    2: (0, 0),
    3: (12, 0),
    4: (0, 12),
    5: (0, 12),
    6: (0, 8),
    7: (0, 0),
    8: (0, 0),
    9: (0, 0),
    10: (0, 0),
    11: (0, 0),
    12: (0, 0),
    13: (0, 8),
    14: (4, 0),
    15: (0, 12),
    16: (0, 0),
    17: (4, 0),
    18: (0, 0),
    19: (0, 12),
}
_STRUCT, _UNION = 4, 5


class BtfError(Exception):
    """What was read is no BTF, or tells nothing of what was asked for; in words."""


class Member(NamedTuple):
    """Where a member lies. Bits are counted as the C compiler counts them; width is 0 for what is no bit field."""

    bit: int
    width: int


def members(blob: bytes, structure: str, names: Iterable[str]) -> dict[str, Member]:
    """By name, also of members that lie in structures and unions without a name. Raises BtfError."""
    try:
        found = _Types(blob).members(structure)
    except error as short:
        raise BtfError(f"the description of the kernel's types ends early ({short})") from short
    lacking = [name for name in names if name not in found]
    if lacking:
        raise BtfError(f"struct {structure} has no {', '.join(lacking)} in this kernel")
    return {name: found[name] for name in names}


class _Types:
    """The types by their numbers: where each begins."""

    def __init__(self, blob: bytes) -> None:
        order = "<" if sys.byteorder == "little" else ">"
        magic, _version, _flags, header, types, size, strings, length = Struct(order + "HBBIIIII").unpack_from(blob, 0)
        if magic != _MAGIC:
            raise BtfError("it is no description of types (BTF) of this machine's byte order")
        self._blob = blob
        self._type, self._member = Struct(order + "III").unpack_from, Struct(order + "III").unpack_from
        self._strings = blob[header + strings : header + strings + length]
        self._starts: list[int] = [0]
        self._index(header + types, header + types + size)

    def _index(self, at: int, end: int) -> None:
        unpack, blob, add = self._type, self._blob, self._starts.append
        behind = [_BEHIND.get(kind, (-1, 0)) for kind in range(32)]
        while at < end:
            add(at)
            info = unpack(blob, at)[1]
            fixed, each = behind[info >> 24 & 31]
            if fixed < 0:
                raise BtfError(f"it has a kind of type that is not known here ({info >> 24 & 31})")
            at += 12 + fixed + each * (info & 0xFFFF)

    def members(self, structure: str) -> dict[str, Member]:
        place = self._strings.find(b"\0" + structure.encode() + b"\0") + 1
        if place:
            for start in self._starts[1:]:
                name, info, _size = self._type(self._blob, start)
                if name == place and info >> 24 & 31 == _STRUCT:
                    return dict(self._members_of(start, 0))
        raise BtfError(f"it knows no struct {structure}")

    def _members_of(self, start: int, base: int) -> Iterator[tuple[str, Member]]:
        info = self._type(self._blob, start)[1]
        for number in range(info & 0xFFFF):
            name, kind, offset = self._member(self._blob, start + 12 + 12 * number)
            # With kind_flag the upper eight bits are the width of a bit field.
            width, bit = (offset >> 24, offset & 0xFFFFFF) if info >> 31 else (0, offset)
            if name:
                yield self._word(name), Member(base + bit, width)
            else:
                yield from self._unnamed(kind, base + bit)

    def _unnamed(self, kind: int, base: int) -> Iterator[tuple[str, Member]]:
        start = self._starts[kind]
        if self._type(self._blob, start)[1] >> 24 & 31 in (_STRUCT, _UNION):
            yield from self._members_of(start, base)

    def _word(self, place: int) -> str:
        return self._strings[place : self._strings.index(b"\0", place)].decode(errors="replace")


def bytes_of(found: dict[str, Member], names: Sequence[str]) -> list[int]:
    """The offsets of members that are no bit fields, in bytes. Raises BtfError for one that is."""
    for name in names:
        if found[name].width or found[name].bit % 8:
            raise BtfError(f"{name} is a bit field in this kernel")
    return [found[name].bit // 8 for name in names]
