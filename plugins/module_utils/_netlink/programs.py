# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Programs that hang at an interface by tcx (kernel 6.6), which no dump of tc filters lists: asked for by bpf(2)."""

from __future__ import annotations

import errno

from ansible_collections.virtnet.hardening.plugins.module_utils._bpf import call, genuine
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
        self._known: dict[int, tuple[str, bool]] = {}

    def read(self, ifindex: int) -> list[Program]:
        """The programs of an interface; BackendError if the kernel does not let us ask."""
        found: list[Program] = []
        for kind, place in _PLACES:
            numbers = None if self._lacking else self._query(ifindex, kind)
            found += [Program(place, number, *self._about(number)) for number in numbers or ()]
        return found

    def _query(self, ifindex: int, kind: int) -> list[int] | None:
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

    def _about(self, number: int) -> tuple[str, bool]:
        if number not in self._known:
            self._known[number] = about(number)
        return self._known[number]


def about(number: int) -> tuple[str, bool]:
    """A program's name, and whether it is a guard of ours. Of one that is gone, or that the kernel does not tell of, the name is empty."""
    try:
        told = call.info_by_id(number)
    except call.BpfError:
        return "", False
    try:
        return told.name, genuine.is_guard(told)
    except genuine.UnknownTypes:
        return told.name, False


def judged(program: Program) -> Program:
    """A program of a filter, whose name is the filter's."""
    if not program.id or call.unknown_machine():
        return program
    return program._replace(guard=about(program.id)[1])
