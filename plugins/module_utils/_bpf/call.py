# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The system call bpf(2), as far as programs at interfaces need it. Layouts: union bpf_attr of include/uapi/linux/bpf.h."""

from __future__ import annotations

import ctypes
import errno
import os
import resource
from contextlib import contextmanager, suppress
from functools import lru_cache
from struct import pack, pack_into, unpack_from
from typing import Callable, Iterator, NamedTuple

# __NR_bpf by os.uname().machine; the generic table of system calls has 280.
_CALLS = {
    "x86_64": 321,
    "aarch64": 280,
    "riscv64": 280,
    "loongarch64": 280,
    "ppc64le": 361,
    "ppc64": 361,
    "s390x": 351,
    "armv7l": 386,
    "armv6l": 386,
    "i686": 357,
}
_MAP_CREATE, _MAP_LOOKUP, _MAP_DELETE, _PROG_LOAD, _ATTACH, _DETACH = 0, 1, 3, 5, 8, 9
_PROG_BY_ID, _MAP_BY_ID, _INFO, _QUERY = 13, 14, 15, 16
_LRU_HASH, _SCHED_CLS = 9, 3
TCX_INGRESS, TCX_EGRESS = 46, 47
_BEFORE = 1 << 3
_ATTR_SIZE = 128
_LOG_SIZE = 1 << 18
_ROOM = 64
# Interfaces whose dropped frames are counted at once.
_COUNTED = 4096


class BpfError(OSError):
    """The kernel refused a call; the verifier's last words are in C(strerror)."""


class ProgramInfo(NamedTuple):
    """Of struct bpf_prog_info."""

    number: int
    name: str
    maps: tuple[int, ...]
    # The kernel's digest of its instructions.
    tag: bytes = b""


def unknown_machine() -> str:
    """Why the call can't be made, in words; empty if it can."""
    machine = os.uname().machine
    # A 32-bit Python on a 64-bit kernel would use other numbers.
    if machine not in _CALLS or (machine.endswith("64") and ctypes.sizeof(ctypes.c_void_p) != 8):
        return f"the number of the system call bpf is not known for {machine}"
    return ""


@lru_cache(maxsize=None)
def _system() -> tuple[Callable[..., int], int]:
    return ctypes.CDLL(None, use_errno=True).syscall, _CALLS[os.uname().machine]


def _bpf(command: int, attr: ctypes.Array[ctypes.c_char]) -> int:
    syscall, number = _system()
    result: int = syscall(number, command, attr, _ATTR_SIZE)
    if result < 0:
        code = ctypes.get_errno()
        raise BpfError(code, os.strerror(code))
    return result


def _attr(form: str, *values: object) -> ctypes.Array[ctypes.c_char]:
    attr = ctypes.create_string_buffer(_ATTR_SIZE)
    pack_into(form, attr, 0, *values)
    return attr


@contextmanager
def _closing(descriptor: int) -> Iterator[int]:
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def make_counters(name: str) -> int:
    """The descriptor of a new map of frames and bytes by interface index, which forgets the ones that were used least where there is no room."""
    _lift_memlock()
    return _bpf(_MAP_CREATE, _attr("=7I16s", _LRU_HASH, 4, 16, _COUNTED, 0, 0, 0, name.encode()))


def _lift_memlock() -> None:
    """Before 5.11 the memory of maps and programs counts as locked by the process. If that is not allowed, the kernel says whether it is enough."""
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def load(code: bytes, name: str) -> int:
    """The descriptor of a loaded program. Raises BpfError."""
    instructions = ctypes.create_string_buffer(code, len(code))
    licence = ctypes.create_string_buffer(b"GPL")

    def attempt(log: int, size: int) -> int:
        return _bpf(
            _PROG_LOAD,
            _attr(
                "=IIQQIIQII16sII",
                _SCHED_CLS,
                len(code) // 8,
                ctypes.addressof(instructions),
                ctypes.addressof(licence),
                1 if log else 0,
                size,
                log,
                0,
                0,
                name.encode(),
                0,
                0,
            ),
        )

    try:
        return attempt(0, 0)
    except BpfError as error:
        if error.errno not in (errno.EACCES, errno.EINVAL):
            raise
        log = ctypes.create_string_buffer(_LOG_SIZE)
        try:
            return attempt(ctypes.addressof(log), _LOG_SIZE)
        except BpfError as again:
            lines = [line for line in log.value.decode(errors="replace").splitlines() if line and not line.startswith("processed ")]
            raise BpfError(again.errno, "; ".join([again.strerror or "", *lines[-1:]])) from error


def program_by_id(number: int) -> int:
    """A descriptor of a program that somebody else loaded."""
    return _bpf(_PROG_BY_ID, _attr("=III", number, 0, 0))


def info(descriptor: int) -> ProgramInfo:
    """Of a program."""
    maps = (ctypes.c_uint32 * _ROOM)()
    # Up to the name; a kernel fills in what is asked for.
    about = ctypes.create_string_buffer(80)
    pack_into("=IQ", about, 52, _ROOM, ctypes.addressof(maps))
    _bpf(_INFO, _attr("=IIQ", descriptor, len(about), ctypes.addressof(about)))
    count = min(unpack_from("=I", about, 52)[0], _ROOM)
    (number,) = unpack_from("=I", about, 4)
    return ProgramInfo(number, about.raw[64:80].rstrip(b"\0").decode(errors="replace"), tuple(maps[:count]), about.raw[8:16])


def info_by_id(number: int) -> ProgramInfo:
    """The same by the program's number."""
    with _closing(program_by_id(number)) as descriptor:
        return info(descriptor)


def counted(map_id: int, key: int) -> tuple[int, int]:
    """The frames and bytes of an interface; none for one that was never used."""
    with _closing(_bpf(_MAP_BY_ID, _attr("=III", map_id, 0, 0))) as descriptor:
        wanted, found = ctypes.create_string_buffer(pack("=I", key), 4), ctypes.create_string_buffer(16)
        try:
            _bpf(_MAP_LOOKUP, _attr("=IIQQQ", descriptor, 0, ctypes.addressof(wanted), ctypes.addressof(found), 0))
        except BpfError as error:
            if error.errno == errno.ENOENT:
                return 0, 0
            raise
        frames, size = unpack_from("=QQ", found)
        return int(frames), int(size)


def forget(map_id: int, key: int) -> None:
    """An interface's frames and bytes, which may be those of a device that had its index before."""
    with _closing(_bpf(_MAP_BY_ID, _attr("=III", map_id, 0, 0))) as descriptor:
        gone = ctypes.create_string_buffer(pack("=I", key), 4)
        try:
            _bpf(_MAP_DELETE, _attr("=IIQQQ", descriptor, 0, ctypes.addressof(gone), 0, 0))
        except BpfError as error:
            if error.errno != errno.ENOENT:
                raise


def tcx_programs(ifindex: int, place: int = TCX_INGRESS) -> list[int]:
    """The numbers of the programs at an interface's ingress or egress, in order. Raises BpfError, with EINVAL where the kernel has no tcx (before 6.6)."""
    numbers = (ctypes.c_uint32 * _ROOM)()
    attr = _attr("=IIIIQI", ifindex, place, 0, 0, ctypes.addressof(numbers), _ROOM)
    _bpf(_QUERY, attr)
    return list(numbers[: unpack_from("=I", attr, 24)[0]])


def tcx_attach(ifindex: int, program: int, first: bool = True) -> None:
    """In front of all others, whose verdict could end the chain; or behind them, as it was."""
    _bpf(_ATTACH, _attr("=IIIIIIQ", ifindex, program, TCX_INGRESS, _BEFORE if first else 0, 0, 0, 0))


def tcx_detach(ifindex: int, program: int) -> None:
    """Take it away again."""
    _bpf(_DETACH, _attr("=IIIIIIQ", ifindex, program, TCX_INGRESS, 0, 0, 0, 0))
