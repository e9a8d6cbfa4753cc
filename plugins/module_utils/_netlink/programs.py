# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Programs that hang at an interface by tcx (kernel 6.6), which no dump of tc filters lists: asked for by bpf(2)."""

from __future__ import annotations

import ctypes
import errno
import os
from struct import pack_into, unpack_from
from typing import List, Optional

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import Program

# __NR_bpf by os.uname().machine; the generic table of system calls has 280.
_CALLS = {
    "x86_64": 321, "aarch64": 280, "riscv64": 280, "loongarch64": 280, "ppc64le": 361, "ppc64": 361, "s390x": 351, "armv7l": 386, "armv6l": 386, "i686": 357,
}
_PLACES = ((c.BPF_TCX_INGRESS, "tcx ingress"), (c.BPF_TCX_EGRESS, "tcx egress"))
_ROOM = 64
# The prefix of union bpf_attr that BPF_PROG_QUERY reads, up to its revision.
_ATTR_SIZE = 64


class TcxReader:
    """Asks for each interface in turn; on a kernel without tcx the answer is always none."""

    def __init__(self) -> None:
        machine = os.uname().machine
        # A 32-bit Python on a 64-bit kernel would use other numbers.
        if machine not in _CALLS or (machine.endswith("64") and ctypes.sizeof(ctypes.c_void_p) != 8):
            raise BackendError(f"The number of the system call bpf is not known for {machine}.")
        self._number = _CALLS[machine]
        self._call = ctypes.CDLL(None, use_errno=True).syscall
        self._lacking = False

    def read(self, ifindex: int) -> List[Program]:
        """The programs of an interface; BackendError if the kernel does not let us ask."""
        found: List[Program] = []
        for kind, place in _PLACES:
            numbers = None if self._lacking else self._query(ifindex, kind)
            found += [Program(place, number, "") for number in numbers or ()]
        return found

    def _query(self, ifindex: int, kind: int) -> Optional[List[int]]:
        numbers = (ctypes.c_uint32 * _ROOM)()
        attr = ctypes.create_string_buffer(_ATTR_SIZE)
        pack_into("=IIIIQI", attr, 0, ifindex, kind, 0, 0, ctypes.addressof(numbers), _ROOM)
        if self._call(self._number, c.BPF_PROG_QUERY, attr, _ATTR_SIZE) == 0:
            return list(numbers[:unpack_from("=I", attr, 24)[0]])
        code = ctypes.get_errno()
        if code in (errno.EINVAL, errno.ENOSYS):
            self._lacking = True
            return None
        if code in (errno.ENODEV, errno.ENOENT):
            return None
        raise BackendError(f"bpf(BPF_PROG_QUERY) failed: {errno.errorcode.get(code, code)} ({os.strerror(code)}){rights.hint(code)}.")
