# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The packet socket. It is bound to the one EtherType of the probe, so other traffic of the host is never even delivered to it."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import time
from typing import Iterator, NamedTuple, NoReturn, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.rights import lacking
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.frame import ETHERTYPE, Heard, decode
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.links import Link
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.request import PAUSE, SEND_SECONDS

# include/uapi/linux/if_packet.h
_ADD_MEMBERSHIP, _MR_PROMISC, _STATISTICS, _OUTGOING = 1, 1, 6, 4
_SOL_PACKET = 263
_LONGEST = 2048
# How long a listener that is told to end goes on, for frames that are still on their way.
LINGER = 1.0
# Different frames that a listener keeps apart. A stranger who sends marked frames can't fill the memory.
_MOST = 10000


class Recorded(NamedTuple):
    """What a listener heard, and for how long: frames of its run, how often each; frames of the EtherType that were others'; frames that the kernel dropped."""

    promiscuous: bool
    seconds: float
    frames: dict[Heard, int]
    ignored: int
    dropped: int


def _open() -> socket.socket:
    """Protocol 0: nothing is received before bind()."""
    try:
        return socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except PermissionError as error:
        raise lacking("Opening a packet socket", "CAP_NET_RAW") from error
    except OSError as error:
        raise UnsupportedError(f"This kernel gives no packet socket ({error.strerror}); it needs CONFIG_PACKET.") from error


def require_rights() -> None:
    """Fail now if a socket could not be opened later. Nothing is bound, sent or received."""
    _open().close()


def listeners(link: Link) -> int:
    """Packet sockets of the probe's EtherType on the interface, as /proc/net/packet lists them: type, protocol and interface are columns 3 to 5."""
    try:
        with open("/proc/net/packet", encoding="ascii") as handle:
            rows = [line.split() for line in handle][1:]
    except OSError as error:
        raise BackendError(f"/proc/net/packet can't be read ({error.strerror}), so it can't be told who listens.") from error
    return sum(1 for row in rows if int(row[3], 16) == ETHERTYPE and int(row[4]) == link.ifindex)


def listen(link: Link, run: str, seconds: float) -> Recorded:
    """Record the frames of a run. Promiscuity is a membership of the socket: the kernel ends it with the socket, however that ends."""
    frames: dict[Heard, int] = {}
    ignored = 0
    start = time.monotonic()
    with _open() as channel, _ending(link, run) as ending:
        promiscuous = _promiscuous(channel, link)
        try:
            # Last, as /proc/net/packet shows the EtherType from here on: who sees it may rely on the rest.
            channel.bind((link.name, ETHERTYPE))
            for raw in _until(channel, ending, start + seconds):
                heard = decode(raw)
                if heard is None or heard.mark.run != run or (heard not in frames and len(frames) >= _MOST):
                    ignored += 1
                else:
                    frames[heard] = frames.get(heard, 0) + 1
            dropped = struct.unpack("=II", channel.getsockopt(_SOL_PACKET, _STATISTICS, 8))[1]
        except OSError as error:
            _lost(link, error)
    return Recorded(promiscuous, time.monotonic() - start, frames, ignored, dropped)


def _place(link: Link, run: str) -> str:
    """An abstract name (unix(7)): no file, seen in this network namespace only, gone with the listener."""
    return f"\0virtnet.hardening/isolation_probe/{link.ifindex}/{run}"


def _ending(link: Link, run: str) -> socket.socket:
    """Where the listener can be told to end. A second listener of a run has no such place and ends by its clock."""
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with contextlib.suppress(OSError):
        channel.bind(_place(link, run))
    return channel


def stop(link: Link, run: str) -> bool:
    """Tell the listener of a run to end. Returns whether there is one."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.settimeout(LINGER)
        try:
            channel.sendto(b"end", _place(link, run))
        except OSError:
            return False
    return True


def _promiscuous(channel: socket.socket, link: Link) -> bool:
    """Whether the driver let the interface hear frames for others. One that does not can still hear the rest."""
    try:
        channel.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, struct.pack("=iHH8s", link.ifindex, _MR_PROMISC, 0, b""))
    except OSError:
        return False
    return True


def _until(channel: socket.socket, ending: socket.socket, deadline: float) -> Iterator[bytes]:
    waited = [channel, ending]
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return
        ready = select.select(waited, [], [], left)[0]
        if ending in ready:
            waited, deadline = [channel], min(deadline, time.monotonic() + LINGER)
        if channel in ready:
            raw, origin = channel.recvfrom(_LONGEST)
            if origin[2] != _OUTGOING:
                yield raw


def send(link: Link, frames: Sequence[bytes]) -> float:
    """Send, with a pause between any two; returns the seconds that it took."""
    start = time.monotonic()
    with _open() as channel:
        try:
            channel.bind((link.name, 0))
            for number, frame in enumerate(frames):
                left = start + SEND_SECONDS - time.monotonic()
                if left <= 0:
                    raise BackendError(f"Only {number} of {len(frames)} frames left {link.name} within {SEND_SECONDS:g} s; the interface is stuck.")
                channel.settimeout(left)
                channel.send(frame)
                time.sleep(PAUSE)
        except OSError as error:
            _lost(link, error)
    return time.monotonic() - start


def _lost(link: Link, error: OSError) -> NoReturn:
    reason = os.strerror(error.errno) if error.errno else "timed out"
    raise BackendError(f"{link.name} failed while the probe ran: {reason}.") from error
