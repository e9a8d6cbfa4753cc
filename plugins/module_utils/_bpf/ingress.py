# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The program of partial_checksum at the ingress of ports: which ports have it, what it stopped, and how it gets there and away again.

It runs before the bridge takes the frame (__netif_receive_skb_core, net/core/dev.c: tc before rx_handler). By tcx where the kernel has it (6.6), which no
queueing discipline disturbs that libvirt makes or deletes for a limit; else by a filter of clsact.
"""

from __future__ import annotations

import ctypes
import errno
import os
import socket
import threading
from typing import Callable, Mapping, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._bpf import call, clsact, genuine, partial_checksum
from ansible_collections.virtnet.hardening.plugins.module_utils._bpf.call import BpfError
from ansible_collections.virtnet.hardening.plugins.module_utils._bpf.genuine import UnknownTypes
from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights

_CLONE_NEWNET = 0x40000000
# Says nothing of the ports.
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
_BEHIND = " behind program "


class Held(NamedTuple):
    """A port's program: the kernel's number of it, and its name, which tells its version."""

    number: int
    name: str
    # Programs of others that see a frame first, and may let it by.
    behind: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        """Which program, and where it is wrong."""
        return f"{self.name}{_BEHIND}{', '.join(map(str, self.behind))}" if self.behind else self.name


class Ingress:
    """For the namespace of the process. What was found out of the kernel is kept for its lifetime."""

    def __init__(self) -> None:
        self._names: dict[int, call.ProgramInfo] = {}
        # By name: the number of a program that a port has, and descriptors of those that were loaded or taken away, for the way back.
        self._seen: dict[str, int] = {}
        self._held: dict[str, int] = {}
        self._tcx: bool | None = None
        self._refusal: str | None = None
        self._probed = False
        # Why ports could not be read; with that nothing is known of any.
        self.unread = ""

    def close(self) -> None:
        """The program stays at the ports that have it."""
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held = {}

    def read(self, ports: Mapping[str, int]) -> dict[str, Held]:
        """By name of the port, of those that have one of our programs, of whatever version. C(ports): index by name."""
        found: dict[str, Held] = {}
        self.unread = call.unknown_machine()
        try:
            for name, index in ports.items() if not self.unread else ():
                held = self._of(index)
                if held is not None:
                    found[name] = held
                    self._seen[held.name] = held.number
        except BpfError as error:
            if error.errno in _NO_ROOM:
                raise
            self.unread = _words("reading the programs at the ports", error)
            return {}
        except UnknownTypes as error:
            self.unread = str(error)
            return {}
        return found

    def _of(self, index: int) -> Held | None:
        try:
            if not self._has_tcx(index):
                found = clsact.find(index, self._ours)
                return Held(found.program, self._info(found.program).name) if found else None
            numbers = call.tcx_programs(index)
            for place, number in enumerate(numbers):
                if self._ours(number):
                    name = self._info(number).name
                    self._seen.setdefault(name, number)
                    return Held(number, name, tuple(numbers[:place]))
        except BpfError as error:
            if error.errno not in (errno.ENODEV, errno.ENOENT):
                raise
        return None

    def _ours(self, number: int) -> bool:
        return genuine.is_guard(self._info(number))

    def _info(self, number: int) -> call.ProgramInfo:
        if number not in self._names:
            self._names[number] = call.info_by_id(number)
        return self._names[number]

    def _has_tcx(self, index: int) -> bool:
        if self._tcx is None:
            try:
                call.tcx_programs(index)
                self._tcx = True
            except BpfError as error:
                if error.errno not in (errno.EINVAL, errno.ENOSYS):
                    raise
                self._tcx = False
        return self._tcx

    def unusable(self) -> str | None:
        """Why the program can't be had here, in words; None if it can. Tries it out, without a change of any port."""
        if not self._probed:
            self._probed = True
            self._refusal = self._probe()
        return self._refusal

    def _probe(self) -> str | None:
        reason = call.unknown_machine() or self.unread
        if reason:
            return reason
        try:
            self._load()
            if not self._has_tcx(socket.if_nametoindex("lo")):
                _elsewhere(self._try)
        except BpfError as error:
            return _words("the kernel does not take the program", error)
        except UnknownTypes as error:
            return str(error)
        return None

    def _try(self) -> None:
        """In a namespace of its own, on its loopback device."""
        index = socket.if_nametoindex("lo")
        clsact.attach(index, self._load(), partial_checksum.NAME)

    def _load(self, name: str = partial_checksum.NAME) -> int:
        """One program for all ports, also for those that a later run adds: it counts for each."""
        if name not in self._held and name in self._seen:
            self._held[name] = call.program_by_id(self._seen[name])
        if name not in self._held:
            where = genuine.layout()
            counters = call.make_counters(partial_checksum.NAME)
            try:
                self._held[name] = call.load(partial_checksum.program(where, counters), name)
            finally:
                os.close(counters)
            # To find it again takes no further file then.
            about = call.info(self._held[name])
            self._names[about.number] = about
        return self._held[name]

    def attach(self, index: int, words: str) -> None:
        """Raises BpfError. A program of another version goes once this one is there. C(words): of this version, or on the way back of what was there."""
        name, _found, behind = words.partition(_BEHIND)
        old = self._of(index)
        if old is not None:
            self._load(old.name)
        program = self._load(name)
        if old is None:
            call.forget(call.info(program).maps[0], index)
        if not self._has_tcx(index):
            clsact.attach(index, program, name, clsact.find(index, self._ours))
            return
        if old is not None and old.name == name:
            # At another place: the kernel refuses a program that is there already.
            call.tcx_detach(index, program)
            old = None
        call.tcx_attach(index, program, not behind)
        if old is not None:
            call.tcx_detach(index, self._load(old.name))

    def detach(self, index: int) -> None:
        """Raises BpfError. Where nothing of ours is, nothing is done."""
        found = self._of(index)
        if found is None:
            return
        descriptor = self._load(found.name)
        if self._has_tcx(index):
            call.tcx_detach(index, descriptor)
        else:
            clsact.detach(index, self._ours)

    def stopped(self, held: Mapping[str, Held], ports: Mapping[str, int]) -> dict[str, tuple[int, int]]:
        """The frames and bytes of each port that were dropped since its program is there. Raises BpfError."""
        return {name: call.counted(self._info(each.number).maps[0], ports[name]) for name, each in held.items()}


def _words(what: str, error: BpfError) -> str:
    code = errno.errorcode.get(error.errno or 0, str(error.errno))
    return f"{what}: bpf(2) answers {code} ({error.strerror}){rights.hint(error.errno)}"


def _elsewhere(work: Callable[[], None]) -> None:
    """In a network namespace that ends with the thread: unshare(2) moves only the thread that calls it."""
    failures: list[BaseException] = []

    def go() -> None:
        try:
            if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET) != 0:
                raise BpfError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            work()
        except BaseException as error:  # pylint: disable=broad-except
            failures.append(error)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
