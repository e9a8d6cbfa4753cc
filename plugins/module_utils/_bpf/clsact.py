# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""A program at an interface's ingress by a filter of tc(8), as kernels before 6.6 have it. Filters of others stay what they are.

On a socket of its own and without pyroute2, so that the same calls can be tried in a namespace that nobody uses.
"""

from __future__ import annotations

import errno
import os
import socket
from struct import pack, unpack_from
from typing import Callable, Iterator, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._bpf.call import BpfError
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.decode import index_attributes, text

# include/uapi/linux/rtnetlink.h, pkt_sched.h and pkt_cls.h.
_NEWQDISC, _DELQDISC, _GETQDISC, _NEWTFILTER, _DELTFILTER, _GETTFILTER = 36, 37, 38, 44, 45, 46
_ROOT, _INGRESS, _EGRESS = 0xFFFFFFF1, 0xFFFFFFF2, 0xFFFFFFF3
_HANDLE = 0xFFFF0000
_KIND, _OPTIONS = 1, 2
_BPF_FD, _BPF_NAME, _BPF_FLAGS, _BPF_ID = 6, 7, 8, 11
_DIRECT_ACTION = 1
# Before all others: what they let pass ends the chain. The number in the high half, ETH_P_ALL in the low one.
_PRIORITY = 1
_INFO = _PRIORITY << 16 | socket.htons(0x0003)
_REQUEST, _ACK, _EXCL, _CREATE, _DUMP = 0x1, 0x4, 0x200, 0x400, 0x300
_ERROR, _DONE = 2, 3
_RECEIVE = 1 << 18


class Filter(NamedTuple):
    """A filter that runs a program; of other filters the number is 0."""

    program: int
    name: str
    handle: int
    info: int


def _attribute(number: int, payload: bytes) -> bytes:
    return (pack("=HH", 4 + len(payload), number) + payload).ljust((4 + len(payload) + 3) & ~3, b"\0")


def _tcmsg(ifindex: int, handle: int, parent: int, info: int = 0) -> bytes:
    return pack("=BxHiIII", 0, 0, ifindex, handle, parent, info)


def _ask(kind: int, flags: int, body: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The parts of an answer. Raises BpfError for what the kernel refuses."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as channel:
        channel.bind((0, 0))
        channel.send(pack("=IHHII", 16 + len(body), kind, _REQUEST | flags, 1, 0) + body)
        while True:
            data, at = channel.recv(_RECEIVE), 0
            while at + 16 <= len(data):
                size, answer = unpack_from("=IH", data, at)
                if answer == _ERROR or size < 16:
                    code = -unpack_from("=i", data, at + 16)[0]
                    if code:
                        raise BpfError(code, os.strerror(code))
                    return
                if answer == _DONE:
                    return
                yield data, at + 16, at + size
                at += (size + 3) & ~3


def _tell(kind: int, flags: int, body: bytes) -> None:
    for _part in _ask(kind, _ACK | flags, body):
        pass


def _filters(ifindex: int, parent: int) -> Iterator[Filter]:
    for data, start, end in _ask(_GETTFILTER, _DUMP, _tcmsg(ifindex, 0, parent)):
        handle, _parent, info = unpack_from("=III", data, start + 8)
        found = index_attributes(data, start + 20, end)
        options = found.get(_OPTIONS)
        inner = index_attributes(data, options.start, options.end) if options else {}
        number = unpack_from("=I", data, inner[_BPF_ID].start)[0] if _BPF_ID in inner else 0
        # The first part of a filter's dump is about its priority alone.
        yield Filter(number, text(data, inner[_BPF_NAME]) if _BPF_NAME in inner else "", handle, info)


def queues() -> dict[int, str]:
    """The kind of the discipline at the ingress (clsact or ingress), by interface index."""
    found: dict[int, str] = {}
    for data, start, end in _ask(_GETQDISC, _DUMP, _tcmsg(0, 0, 0)):
        index, handle = unpack_from("=iI", data, start + 4)
        kind = index_attributes(data, start + 20, end).get(_KIND)
        if handle == _HANDLE and kind is not None:
            found[index] = text(data, kind)
    return found


def find(ifindex: int, ours: Callable[[int], bool]) -> Filter | None:
    """The filter with a program of ours, told by its number; None where there is none, or no place for one."""
    try:
        return next((each for each in _filters(ifindex, _INGRESS) if each.program and ours(each.program)), None)
    except BpfError as error:
        # No qdisc, or one without an ingress.
        if error.errno in (errno.EINVAL, errno.ENOENT, errno.EOPNOTSUPP):
            return None
        raise


def attach(ifindex: int, program: int, name: str, old: Filter | None = None) -> None:
    """In front of the filters of others. An ingress discipline that is there already, as libvirt makes one for a limit, is used.

    C(old) takes the program in place of its own, so that no frame passes between them (cls_bpf_change, net/sched/cls_bpf.c).
    """
    if old is None:
        _make_place(ifindex)
    handle, info, only_new = (old.handle, old.info, 0) if old else (0, _INFO, _EXCL)
    options = _attribute(_BPF_FD, pack("=I", program)) + _attribute(_BPF_NAME, name.encode() + b"\0") + _attribute(_BPF_FLAGS, pack("=I", _DIRECT_ACTION))
    body = _tcmsg(ifindex, handle, _INGRESS, info) + _attribute(_KIND, b"bpf\0") + _attribute(_OPTIONS, options)
    _tell(_NEWTFILTER, _CREATE | only_new, body)


def _make_place(ifindex: int) -> None:
    try:
        _tell(_NEWQDISC, _CREATE | _EXCL, _tcmsg(ifindex, _HANDLE, _ROOT) + _attribute(_KIND, b"clsact\0"))
    except BpfError as error:
        if error.errno != errno.EEXIST:
            raise


def detach(ifindex: int, ours: Callable[[int], bool]) -> None:
    """Our filter, and the discipline where nothing else hangs on it."""
    found = find(ifindex, ours)
    if found is None:
        return
    _tell(_DELTFILTER, 0, _tcmsg(ifindex, found.handle, _INGRESS, found.info) + _attribute(_KIND, b"bpf\0"))
    if queues().get(ifindex) == "clsact" and not [each for side in (_INGRESS, _EGRESS) for each in _filters(ifindex, side)]:
        _tell(_DELQDISC, 0, _tcmsg(ifindex, _HANDLE, _ROOT))
