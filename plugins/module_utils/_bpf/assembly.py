# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From the kernel's notation of eBPF instructions to their bytes. Pure.

The notation is that of the verifier's log, of "bpftool prog dump xlated" and of LLVM, and a small part of it. Encoding: RFC 9669.
"""

from __future__ import annotations

import re
import sys
from struct import pack
from typing import Callable, List, Match, NamedTuple, Pattern, Union

# By name, of enum bpf_func_id (include/uapi/linux/bpf.h).
HELPERS = {"map_lookup_elem": 1, "map_update_elem": 2, "skb_load_bytes": 26, "probe_read_kernel": 113}

_ALU = {"+=": 0x00, "-=": 0x10, "|=": 0x40, "&=": 0x50, "<<=": 0x60, ">>=": 0x70, "=": 0xB0}
_JUMPS = {"==": 0x10, ">": 0x20, ">=": 0x30, "!=": 0x50, "s>": 0x60, "s>=": 0x70, "<": 0xA0, "<=": 0xB0, "s<": 0xC0, "s<=": 0xD0}
_SIZES = {"u8": 0x10, "u16": 0x08, "u32": 0x00, "u64": 0x18}
_ALU64, _JMP, _LDX, _STX, _REGISTER = 0x07, 0x05, 0x61, 0x63, 0x08
_MAP = 1


class AssemblyError(ValueError):
    """A line that is none of the notation: a mistake in the program."""


class Instruction(NamedTuple):
    """struct bpf_insn; target is the label to which it jumps."""

    code: int
    dst: int = 0
    src: int = 0
    off: int = 0
    imm: int = 0
    target: str = ""

    def encode(self) -> bytes:
        """As this machine's kernel takes it: the two registers share a byte, the first one in its lower bits only on a little-endian machine."""
        registers = self.dst | self.src << 4 if sys.byteorder == "little" else self.dst << 4 | self.src
        return pack("=BBhI", self.code, registers, self.off, self.imm & 0xFFFFFFFF)


def assemble(source: str) -> bytes:
    """The program. Raises AssemblyError, with the line. Behind a C(;) stands a comment; C(name:) is a label."""
    found: list[Instruction] = []
    labels: dict[str, int] = {}
    for line in source.splitlines():
        words = line.partition(";")[0].strip()
        if words.endswith(":"):
            if words[:-1] in labels:
                raise AssemblyError(f"two labels {words}")
            labels[words[:-1]] = len(found)
        elif words:
            found += _read(words)
    return b"".join(_aim(place, each, labels).encode() for place, each in enumerate(found))


def _aim(place: int, each: Instruction, labels: dict[str, int]) -> Instruction:
    if not each.target:
        return each
    if each.target not in labels:
        raise AssemblyError(f"no label {each.target}")
    return each._replace(off=labels[each.target] - place - 1)


def _read(words: str) -> list[Instruction]:
    for pattern, make in _FORMS:
        match = pattern.fullmatch(words)
        if match:
            made = make(match)
            return made if isinstance(made, list) else [made]
    raise AssemblyError(f"not understood: {words}")


def _number(text: str) -> int:
    return int(text, 0)


def _alu(match: Match[str]) -> Instruction:
    dst, operation, register, number = match.groups()
    code = _ALU[operation] | _ALU64
    if register is not None:
        return Instruction(code | _REGISTER, int(dst), int(register))
    return Instruction(code, int(dst), imm=_number(number))


def _jump(match: Match[str]) -> Instruction:
    dst, comparison, register, number, target = match.groups()
    code = _JUMPS[comparison] | _JMP
    if register is not None:
        return Instruction(code | _REGISTER, int(dst), int(register), target=target)
    return Instruction(code, int(dst), imm=_number(number), target=target)


def _offset(sign: str, number: str) -> int:
    return -_number(number) if sign == "-" else _number(number)


def _load(match: Match[str]) -> Instruction:
    dst, size, src, sign, number = match.groups()
    return Instruction(_LDX | _SIZES[size], int(dst), int(src), _offset(sign, number))


def _store(match: Match[str]) -> Instruction:
    size, dst, sign, number, src = match.groups()
    return Instruction(_STX | _SIZES[size], int(dst), int(src), _offset(sign, number))


def _add_atomically(match: Match[str]) -> Instruction:
    dst, sign, number, src = match.groups()
    return Instruction(0xDB, int(dst), int(src), _offset(sign, number))


def _call(match: Match[str]) -> Instruction:
    if match.group(1) not in HELPERS:
        raise AssemblyError(f"no helper {match.group(1)}")
    return Instruction(0x85, imm=HELPERS[match.group(1)])


_VALUE = r"(?:r(\d+)|(-?(?:0x[0-9a-f]+|\d+)))"
_PLACE = r"\(r(\d+) ([+-]) (\d+)\)"
_Make = Callable[[Match[str]], Union[Instruction, List[Instruction]]]
_FORMS: tuple[tuple[Pattern[str], _Make], ...] = (
    (re.compile(rf"r(\d+) (\+=|-=|\|=|&=|<<=|>>=|=) {_VALUE}"), _alu),
    (re.compile(r"r(\d+) = be16 r\1"), lambda match: Instruction(0xDC, int(match.group(1)), imm=16)),
    (re.compile(rf"if r(\d+) (==|!=|s?[<>]=?) {_VALUE} goto (\w+)"), _jump),
    (re.compile(r"goto (\w+)"), lambda match: Instruction(0x05, target=match.group(1))),
    (re.compile(rf"r(\d+) = \*\((u8|u16|u32|u64) \*\){_PLACE}"), _load),
    (re.compile(rf"\*\((u8|u16|u32|u64) \*\){_PLACE} = r(\d+)"), _store),
    (re.compile(rf"lock \*\(u64 \*\){_PLACE} \+= r(\d+)"), _add_atomically),
    # Two instructions wide: the descriptor of a map, of which the kernel makes its address.
    (re.compile(r"r(\d+) = map (\d+)"), lambda match: [Instruction(0x18, int(match.group(1)), _MAP, imm=int(match.group(2))), Instruction(0)]),
    (re.compile(r"call (\w+)"), _call),
    (re.compile(r"exit"), lambda match: Instruction(0x95)),
)
