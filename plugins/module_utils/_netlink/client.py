# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The transport: pyroute2 opens the socket and makes links, raw messages go over the same socket."""

from __future__ import annotations

import errno
import os
import select
import socket
from struct import Struct
from typing import Any, Iterator, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, RightsError
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import dep, encode
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.decode import index_attributes, text
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.encode import Message

_NLMSGHDR = Struct("=IHHII")
_S32 = Struct("=i")
_RECEIVE = 1 << 18
# 250 to 300 acknowledgements overrun the default receive buffer; only failures and the last message are answered.
CHUNK = 200
_DUMP_TRIES = 10
_TIMEOUT = 30.0
_NO_DEVICE = 0x7FFFFFFF


class Answer(NamedTuple):
    """The kernel's answer to one message: 0 and "" for success."""

    errno: int
    text: str

    def words(self) -> str:
        """The failure for people: the kernel's own words where it has some."""
        code = f"{errno.errorcode.get(self.errno, self.errno)} ({os.strerror(self.errno)})"
        return (f"{self.text} [{code}]" if self.text else code) + rights.hint(self.errno)


OK = Answer(0, "")


class Part(NamedTuple):
    """One message of an answer: its type and where its body lies."""

    type: int
    data: bytes
    start: int
    end: int


class RefusedDump(BackendError):
    """The kernel refused a dump, or broke it off."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.errno = number


class Client:
    """One socket in the namespace of the process: of rtnetlink, or of another protocol of netlink that dep has a class for."""

    def __init__(self, protocol: str = "IPRoute") -> None:
        dep.require()
        try:
            self._iproute: Any = getattr(dep, protocol)()
        except Exception as error:  # pyroute2 passes on whatever the socket says
            hint = rights.hint(getattr(error, "errno", None))
            raise BackendError(f"pyroute2 could not open a netlink socket: {error}{hint}.") from error
        # pyroute2 0.7 is a socket itself, 0.9 wraps one in asyncio: the descriptor is what both have.
        self._socket = socket.socket(fileno=os.dup(self._iproute.fileno()))
        self._sequence = 0
        self.strict = self._set(c.NETLINK_GET_STRICT_CHK)
        self._set(c.NETLINK_EXT_ACK)
        self._set(c.NETLINK_CAP_ACK)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
        self._iproute.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *unused: Any) -> None:
        self.close()

    def _set(self, option: int) -> bool:
        try:
            self._socket.setsockopt(c.SOL_NETLINK, option, 1)
        except OSError:
            return False
        return True

    def dump(self, request: int, body: bytes) -> list[Part]:
        """All parts of a dump; one that the kernel says changed under way is read again."""
        for attempt in range(_DUMP_TRIES):
            self._send(request, c.NLM_F_DUMP, body)
            parts, interrupted = self._read_dump()
            if not interrupted:
                return parts
        raise BackendError(f"The kernel's tables changed during each of {_DUMP_TRIES} reads; try again when the host is quieter.")

    def get(self, request: int, body: bytes) -> tuple[Part | None, Answer]:
        """The answer to a request for one object, or why there is none."""
        sequence = self._send(request, 0, body)
        while True:
            for number, flags, part in self._receive():
                if number == sequence:
                    if part.type == c.NLMSG_ERROR:
                        return None, _answer(part, flags)
                    return part, OK

    def may_write(self) -> bool:
        """Asks for a change of a device that no host has: rtnetlink looks at the right first (rtnetlink_rcv_msg, net/core/rtnetlink.c)."""
        sequence = self._send(c.RTM_SETLINK, c.NLM_F_ACK, encode.ifinfomsg(_NO_DEVICE))
        while True:
            for number, flags, part in self._receive():
                if number == sequence:
                    return _answer(part, flags).errno not in rights.DENIED

    def batch(self, messages: Sequence[Message]) -> list[Answer]:
        """Send all, in chunks; one answer a message."""
        answers: list[Answer] = []
        for start in range(0, len(messages), CHUNK):
            answers.extend(self._chunk(messages[start : start + CHUNK]))
        return answers

    def make_link(self, **spec: Any) -> Answer:
        """Make a link through pyroute2, which knows the ioctl of taps and the nest of veth peers."""
        try:
            # On a socket of its own: pyroute2 can't read errors from one with NETLINK_CAP_ACK.
            with dep.IPRoute() as iproute:
                iproute.link("add", **spec)
        except OSError as error:
            return Answer(error.errno or errno.EIO, "" if error.errno else str(error))
        except Exception as error:  # NetlinkError is no OSError
            return Answer(int(getattr(error, "code", 0)) or errno.EIO, str(error))
        return OK

    def _send(self, request: int, flags: int, body: bytes) -> int:
        self._sequence += 1
        header = _NLMSGHDR.pack(16 + len(body), request, flags | c.NLM_F_REQUEST, self._sequence, 0)
        self._socket.sendto(header + body, (0, 0))
        return self._sequence

    def _chunk(self, messages: Sequence[Message]) -> list[Answer]:
        first = self._sequence + 1
        last = self._sequence = self._sequence + len(messages)
        parts: list[bytes] = []
        for sequence, (request, flags, body) in enumerate(messages, first):
            flags |= c.NLM_F_REQUEST | (c.NLM_F_ACK if sequence == last else 0)
            parts.append(_NLMSGHDR.pack(16 + len(body), request, flags, sequence, 0))
            parts.append(body)
        self._socket.sendto(b"".join(parts), (0, 0))
        return self._answers(first, last)

    def _answers(self, first: int, last: int) -> list[Answer]:
        """Messages without NLM_F_ACK are answered only when they fail; the last one always is."""
        failed: dict[int, Answer] = {}
        while last not in failed:
            for number, flags, part in self._receive():
                if part.type == c.NLMSG_ERROR and first <= number <= last:
                    failed[number] = _answer(part, flags)
        return [failed.get(number, OK) for number in range(first, last + 1)]

    def _read_dump(self) -> tuple[list[Part], bool]:
        parts: list[Part] = []
        interrupted = 0
        unpack, sequence = _NLMSGHDR.unpack_from, self._sequence
        while True:
            data = self._read()
            at, end = 0, len(data)
            while at + 16 <= end:
                size, kind, flags, number, port = unpack(data, at)
                if size < 16:
                    break
                if number == sequence:
                    part = Part(kind, data, at + 16, at + size)
                    interrupted |= flags & c.NLM_F_DUMP_INTR
                    if kind == c.NLMSG_DONE:
                        _check_done(part)
                        return parts, bool(interrupted)
                    if kind == c.NLMSG_ERROR:
                        raise _refused_dump(_answer(part, flags))
                    parts.append(part)
                at += (size + 3) & ~3

    def _read(self) -> bytes:
        # asyncio set the shared descriptor to non-blocking.
        if not select.select([self._socket], [], [], _TIMEOUT)[0]:
            raise BackendError(f"The kernel did not answer within {_TIMEOUT:.0f} s.")
        try:
            return self._socket.recv(_RECEIVE)
        except OSError as error:
            raise BackendError(f"Reading the kernel's answer failed: {error}.") from error

    def _receive(self) -> Iterator[tuple[int, int, Part]]:
        data = self._read()
        at = 0
        while at + 16 <= len(data):
            size, kind, flags, number, port = _NLMSGHDR.unpack_from(data, at)
            if size < 16:
                break
            yield number, flags, Part(kind, data, at + 16, at + size)
            at += (size + 3) & ~3


def _refused_dump(answer: Answer) -> BackendError:
    words = f"The kernel refused a dump: {answer.words()}."
    return RightsError(words) if answer.errno in rights.DENIED else RefusedDump(words, answer.errno)


def _check_done(part: Part) -> None:
    """A dump that failed on its way ends like any other, with the error in its last message (netlink_dump, net/netlink/af_netlink.c)."""
    code = _S32.unpack_from(part.data, part.start)[0] if part.end - part.start >= 4 else 0
    if code < 0:
        raise RefusedDump(f"The kernel broke off a dump: {Answer(-code, '').words()}.", -code)


def _answer(part: Part, flags: int) -> Answer:
    """struct nlmsgerr, with the kernel's words behind it when NETLINK_EXT_ACK is on."""
    code = -_S32.unpack_from(part.data, part.start)[0]
    words = ""
    if flags & c.NLM_F_ACK_TLVS:
        # NETLINK_CAP_ACK: only the header of the request is echoed.
        found = index_attributes(part.data, part.start + 20, part.end)
        if c.NLMSGERR_ATTR_MSG in found:
            words = text(part.data, found[c.NLMSGERR_ATTR_MSG])
    return Answer(code, words)
