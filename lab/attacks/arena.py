# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets in the namespaces of a lab: who sends, and who hears it."""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Callable, Iterator, Mapping, NamedTuple, Sequence, Tuple, TypeVar

# The interface alias that the lab and the tests give to what belongs to them.
MARK = "virtnet-lab"
_CLONE_NEWNET = 0x40000000
_ETH_P_ALL = 0x0003
_SOL_PACKET = 263
_PACKET_ADD_MEMBERSHIP = 1
_PACKET_MR_PROMISC = 1
_PACKET_OUTGOING = 4
# How long to wait where not even an honest frame arrives, as from a port that is shut. It bounds nothing else: see passes().
_PATIENCE = 0.2
# Of include/uapi/linux/if_packet.h, virtio_net.h, sockios.h and ethtool.h.
_PACKET_VNET_HDR, _NEEDS_CSUM, _SIOCETHTOOL, _ETHTOOL_STXCSUM = 15, 1, 0x8946, 0x17
_EXPERIMENTAL = b"\x88\xb5"
# The host's own stack behind a port of its bridge, which listens and never sends.
HOST = "host"
# The same port as everything comes in, also what the bridge takes then.
_DOOR = "door"
_MAX_FRAMES = 50_000
_LIBC = ctypes.CDLL(None, use_errno=True)

# Where a sum starts, and how far behind that it is written.
Place = Tuple[int, int]
# Datagrams of UDP that the host cuts off one packet (of virtio_net.h), and the number for none.
USO, _WHOLE = 5, 0
T = TypeVar("T")


class ArenaError(Exception):
    """What must not be, or can't be, attacked."""


class NotTakenError(ArenaError):
    """The kernel takes no such frame from a guest, so that nobody can send it: packets of UDP to be cut before 6.2."""


@dataclass(frozen=True)
class Station:
    """One end: a network namespace by the path of its file, an interface in it, and its addresses."""

    name: str
    netns: str
    interface: str
    mac: str
    ip4: str
    ip6: str


def within(netns: str, work: Callable[[], T]) -> T:
    """Run C(work) in a namespace. A thread of its own: setns(2) moves only the calling thread."""
    results: list[T] = []
    failures: list[BaseException] = []

    def go() -> None:
        try:
            descriptor = os.open(netns, os.O_RDONLY | os.O_CLOEXEC)
            try:
                if _LIBC.setns(descriptor, _CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            finally:
                os.close(descriptor)
            results.append(work())
        except BaseException as error:  # pylint: disable=broad-except
            failures.append(error)

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    if failures:
        raise failures[0]
    return results[0]


class Ear(NamedTuple):
    """A port of a bridge, in the host's namespace by the path of its file, and the port of a guest whose card leaves no checksum to others."""

    netns: str
    port: str
    finished: str


def _refuse_own(name: str, netns: str) -> None:
    """Never the namespace in which this machine lives."""
    theirs = os.stat(netns)
    for own in ("/proc/1/ns/net", f"/proc/{os.getppid()}/ns/net", "/proc/self/ns/net"):
        try:
            here = os.stat(own)
        except OSError:
            continue
        if (here.st_dev, here.st_ino) == (theirs.st_dev, theirs.st_ino):
            raise ArenaError(f"{name}: its namespace is one that the lab did not make; nothing is sent there.")


def _refuse_foreign(station: Station) -> None:
    """Only what the lab marked."""
    _refuse_own(station.name, station.netns)
    alias = within(station.netns, lambda: _alias(station.interface))
    if alias != MARK:
        raise ArenaError(f"{station.name}: {station.interface} does not bear the lab's mark; nothing is sent there.")


def _alias(interface: str) -> str:
    """IFLA_IFALIAS by plain netlink: /sys shows the namespace in which it was mounted."""
    label = interface.encode() + b"\0"
    attribute = struct.pack("=HH", 4 + len(label), 3) + label.ljust((len(label) + 3) & ~3, b"\0")
    body = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + attribute
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as channel:
        channel.bind((0, 0))
        channel.send(struct.pack("=IHHII", 16 + len(body), 18, 1, 1, 0) + body)
        answer = channel.recv(1 << 17)[32:]
    while len(answer) >= 4:
        size, number = struct.unpack_from("=HH", answer)
        if size < 4:
            break
        if number & 0x3FFF == 20:
            return answer[4:size].rstrip(b"\0").decode()
        answer = answer[(size + 3) & ~3 :]
    return ""


class Arena:
    """A socket for each station, promiscuous: what reaches its interface is heard."""

    def __init__(self, stations: Mapping[str, Station], ear: Ear | None = None) -> None:
        self.stations = dict(stations)
        self._sockets: dict[str, socket.socket] = {}
        self._tokens = count(1)
        self._sent = 0
        self._salt = os.urandom(4)
        for station in self.stations.values():
            _refuse_foreign(station)
        self._leaving: dict[str, socket.socket] = {}
        for name, station in self.stations.items():
            self._leaving[name] = within(station.netns, lambda station=station: _open_leaving(station.interface))  # type: ignore[misc]
            self._sockets[name] = within(station.netns, lambda station=station: _open(station.interface))  # type: ignore[misc]
        if ear is not None:
            _refuse_own(HOST, ear.netns)
            self._sockets[HOST] = within(ear.netns, lambda: _listen(ear.port, _EXPERIMENTAL))
            self._sockets[_DOOR] = within(ear.netns, lambda: _listen(ear.port))
            within(ear.netns, lambda: _finish_sums(ear.finished))

    def __enter__(self) -> Arena:
        return self

    def __exit__(self, *exception: object) -> None:
        for channel in (*self._sockets.values(), *self._leaving.values()):
            channel.close()

    def __getitem__(self, name: str) -> Station:
        return self.stations[name]

    def token(self) -> bytes:
        """Bytes that no other frame holds."""
        return b"vnh" + self._salt + struct.pack("!I", next(self._tokens))

    def send(self, name: str, *frames: bytes) -> None:
        """From a station's own interface, in the order in which the bridge gets them: what one core sends waits in one queue."""
        self._sent += len(frames)
        if self._sent > _MAX_FRAMES:
            raise ArenaError(f"more than {_MAX_FRAMES} frames were to be sent; an arena's load is bounded.")
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cores)})
        try:
            for frame in frames:
                self._sockets[name].send(frame)
        finally:
            os.sched_setaffinity(0, cores)

    def drain(self) -> None:
        """Forget what came in so far."""
        for name in self._sockets:
            for _frame in self._read(name):
                pass

    def passes(self, sender: str, receiver: str, frames: Sequence[bytes], token: bytes) -> bool:
        """Whether all of the frames arrive: a packet in fragments is whole or nothing.

        An honest broadcast of the sender follows them: when that one is heard, what is missing was dropped.
        """
        self.drain()
        follower = self.token()
        self.send(sender, *frames, _broadcast(self.stations[sender].mac, follower))
        missing, followed = list(frames), False
        deadline = time.monotonic() + _PATIENCE
        while True:
            if receiver == HOST:
                followed = any(follower in heard for heard in self._read(_DOOR))
            for heard in self._read(receiver):
                followed = followed or follower in heard
                missing = [frame for frame in missing if not _same(frame, heard, token)]
            left = deadline - time.monotonic()
            if not missing or followed or left <= 0:
                return not missing
            select.select([self._sockets[_DOOR if receiver == HOST else receiver]], [], [], left)

    def arrives_as(self, sender: str, receiver: str, frame: bytes, place: Place, wanted: bytes, size: int = 0) -> bool:
        """Whether the frame, whose checksum the sender leaves to the host, arrives as C(wanted). An honest broadcast follows it.

        With C(size) it is cut into datagrams of so many bytes, and C(wanted) is one of them.
        """
        self.drain()
        follower = self.token()
        try:
            self._leaving[sender].send(struct.pack("=BBHHHH", _NEEDS_CSUM, USO if size else _WHOLE, 0, size, *place) + frame)
        except OSError as error:
            if not size or error.errno != errno.EINVAL:
                raise
            raise NotTakenError("this kernel takes no packet of UDP to be cut from a guest") from error
        self.send(sender, _broadcast(self.stations[sender].mac, follower))
        deadline = time.monotonic() + _PATIENCE
        while True:
            found = list(self._read(receiver))
            if wanted in found:
                return True
            left = deadline - time.monotonic()
            if any(follower in heard for heard in found) or left <= 0:
                return False
            select.select([self._sockets[receiver]], [], [], left)

    def count(self, name: str, mark: bytes, seconds: float) -> int:
        """How many frames with the mark reach a station in that time."""
        found, deadline = 0, time.monotonic() + seconds
        while True:
            found += sum(mark in frame for frame in self._read(name))
            left = deadline - time.monotonic()
            if left <= 0:
                return found
            select.select([self._sockets[name]], [], [], left)

    def received(self, name: str) -> list[bytes]:
        """What came in at a station since somebody looked."""
        return list(self._read(name))

    def _read(self, name: str) -> Iterator[bytes]:
        while True:
            try:
                frame, address = self._sockets[name].recvfrom(65_536)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno != errno.ENETDOWN:
                    raise
                # Said once, by the socket at a port that went down.
                continue
            if address[2] != _PACKET_OUTGOING:
                yield frame


def _same(sent: bytes, heard: bytes, token: bytes) -> bool:
    """The kernel takes the outer tag off, and a bridge that calls iptables cuts what is behind an IP packet."""
    if token in heard:
        return heard[-1:] == sent[-1:]
    return any(len(heard) >= 34 and form.startswith(heard) for form in (sent, sent[:12] + sent[16:]))


def _broadcast(mac: str, token: bytes) -> bytes:
    return (b"\xff" * 6 + bytes.fromhex(mac.replace(":", "")) + _EXPERIMENTAL).ljust(60, b"\0") + token


def _open(interface: str) -> socket.socket:
    channel = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
    channel.bind((interface, _ETH_P_ALL))
    index = socket.if_nametoindex(interface)
    channel.setsockopt(_SOL_PACKET, _PACKET_ADD_MEMBERSHIP, struct.pack("=iHH8s", index, _PACKET_MR_PROMISC, 0, b""))
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    channel.setblocking(False)
    return channel


def _open_leaving(interface: str) -> socket.socket:
    """Its frames bear the header of a virtio card. It hears nothing."""
    channel = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    channel.bind((interface, 0))
    channel.setsockopt(_SOL_PACKET, _PACKET_VNET_HDR, 1)
    return channel


def _finish_sums(port: str) -> None:
    """As C(ethtool -K PORT tx off): the host writes the sums that were left to it into what it sends there, as it does for an emulated card."""
    value = ctypes.create_string_buffer(struct.pack("=II", _ETHTOOL_STXCSUM, 0), 8)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        # struct ifreq, whose second half is a pointer here.
        fcntl.ioctl(channel, _SIOCETHTOOL, struct.pack("@16sP16x", port.encode(), ctypes.addressof(value)))


def _listen(port: str, kind: bytes = b"\0\3") -> socket.socket:
    """A socket of one EtherType gets what the bridge leaves to the host's stack, and nothing that it takes; one of all (ETH_P_ALL) gets both."""
    number = int.from_bytes(kind, "big")
    channel = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(number))
    channel.bind((port, number))
    channel.setblocking(False)
    return channel


def namespace_of(pid: int) -> str:
    """The path of a process's network namespace."""
    return str(Path("/proc") / str(pid) / "ns" / "net")
