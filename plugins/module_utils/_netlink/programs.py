# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Programs that hang at an interface by tcx (kernel 6.6), which no dump of tc filters lists: asked for by bpf(2)."""

from __future__ import annotations

import errno
from typing import Dict, List, Optional

from ansible_collections.virtnet.hardening.plugins.module_utils._bpf import call
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import Program

_PLACES = ((call.TCX_INGRESS, "tcx ingress"), (call.TCX_EGRESS, "tcx egress"))


class TcxReader:
    """Asks for each interface in turn; on a kernel without tcx the answer is always none."""

    def __init__(self) -> None:
        reason = call.unknown_machine()
        if reason:
            raise BackendError(f"{reason[0].upper()}{reason[1:]}.")
        self._lacking = False
        self._names: Dict[int, str] = {}

    def read(self, ifindex: int) -> List[Program]:
        """The programs of an interface; BackendError if the kernel does not let us ask."""
        found: List[Program] = []
        for kind, place in _PLACES:
            numbers = None if self._lacking else self._query(ifindex, kind)
            found += [Program(place, number, self._name(number)) for number in numbers or ()]
        return found

    def _query(self, ifindex: int, kind: int) -> Optional[List[int]]:
        try:
            return call.tcx_programs(ifindex, kind)
        except call.BpfError as error:
            if error.errno in (errno.EINVAL, errno.ENOSYS):
                self._lacking = True
                return None
            if error.errno in (errno.ENODEV, errno.ENOENT):
                return None
            code = errno.errorcode.get(error.errno or 0, error.errno)
            raise BackendError(f"bpf(BPF_PROG_QUERY) failed: {code} ({error.strerror}){rights.hint(error.errno)}.") from error

    def _name(self, number: int) -> str:
        """Empty for a program that has none, that is gone, or that the kernel does not tell of."""
        if number not in self._names:
            try:
                self._names[number] = call.info_by_id(number).name
            except call.BpfError:
                self._names[number] = ""
        return self._names[number]
