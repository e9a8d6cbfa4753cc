# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bridge takes to forward a frame of each kind: the frames, who sends them, and the time that they take.

A frame is forwarded in the sender's own call, so its time is that of the sender. The stream of TCP is between sockets of guests 1 and 3, whose
packets are cut when they leave the host, if at all (GSO); its time is that of sending and reading a piece, with the acknowledgements.
"""

from __future__ import annotations

import ctypes
import json
import os
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path
from typing import Callable, NamedTuple, TypeVar

from linux_ports import batch, timed

T = TypeVar("T")

# Few frames at a time, and many times: the least of them counts, as other work on the machine only ever slows one down.
FRAMES = 500
TRIES = 20
# Of a stream, in pieces that TCP hands over whole (GSO).
PIECE = 250_000
PIECES = 10
SECONDS = 20.0
_CLONE_NEWNET = 0x40000000
UPLINK = "uplink"
# An EtherType for experiments.
_OTHER = b"\x88\xb5"
_PORT = 5201


def mac_of(number: int) -> str:
    """Of the guest behind a port; 0 is beyond the uplink."""
    return f"52:54:00:00:{number >> 8:02x}:{number & 255:02x}"


def address_of(number: int) -> str:
    """A test network big enough (RFC 2544)."""
    return f"198.18.{number >> 8}.{(number & 255)}"


def address6_of(number: int) -> str:
    """The prefix for documentation (RFC 3849)."""
    return f"2001:db8::{number:x}"


def _udp(size: int) -> bytes:
    return struct.pack("!HHHH", 5000, 5001, 8 + size, 0) + b"x" * size


def _tcp(size: int) -> bytes:
    return struct.pack("!HHIIBBHHH", 5000, 5001, 1, 1, 5 << 4, 0x10, 512, 0, 0) + b"x" * size


def _ether(source: int, target: int, kind: bytes, body: bytes) -> bytes:
    return (bytes.fromhex((mac_of(target) + mac_of(source)).replace(":", "")) + kind + body).ljust(60, b"\0")


def _ip4(source: int, target: int, protocol: int, body: bytes) -> bytes:
    """With a checksum of the header: a bridge that calls iptables drops a packet with a wrong one."""
    addresses = socket.inet_aton(address_of(source)) + socket.inet_aton(address_of(target))
    head = bytearray(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0) + addresses)
    total = sum(int.from_bytes(head[place : place + 2], "big") for place in range(0, len(head), 2))
    head[10:12] = (~(total + (total >> 16)) & 0xFFFF).to_bytes(2, "big")
    return _ether(source, target, b"\x08\x00", bytes(head) + body)


def _ip6(source: int, target: int, protocol: int, body: bytes) -> bytes:
    addresses = b"".join(socket.inet_pton(socket.AF_INET6, address6_of(number)) for number in (source, target))
    return _ether(source, target, b"\x86\xdd", struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + addresses + body)


class Kind(NamedTuple):
    """Who sends what to guest 2."""

    sender: str
    frame: bytes


KINDS: dict[str, Kind] = {
    "UDP, IPv4": Kind("p1", _ip4(1, 2, socket.IPPROTO_UDP, _udp(18))),
    "TCP, IPv4": Kind("p1", _ip4(1, 2, socket.IPPROTO_TCP, _tcp(0))),
    "UDP, IPv6": Kind("p1", _ip6(1, 2, socket.IPPROTO_UDP, _udp(18))),
    "TCP, IPv6": Kind("p1", _ip6(1, 2, socket.IPPROTO_TCP, _tcp(0))),
    "ICMP, IPv4": Kind("p1", _ip4(1, 2, socket.IPPROTO_ICMP, b"\x08\0" + b"x" * 24)),
    "other EtherType": Kind("p1", _ether(1, 2, _OTHER, b"x" * 46)),
    "uplink, UDP, IPv4": Kind(f"p{UPLINK}", _ip4(0, 2, socket.IPPROTO_UDP, _udp(18))),
    "uplink, UDP, IPv6": Kind(f"p{UPLINK}", _ip6(0, 2, socket.IPPROTO_UDP, _udp(18))),
}


STREAM = "TCP, IPv4, GSO"


class Network:
    """A bridge with an uplink and the ports of guests, all up; guest 3 has a stack of its own."""

    def __init__(self, bridge: str, count: int) -> None:
        # What a thousand interfaces of this host tell each other by themselves would be most of the traffic.
        for scope in ("all", "default"):
            Path(f"/proc/sys/net/ipv6/conf/{scope}/disable_ipv6").write_text("1", encoding="ascii")
        lines = [f"link add {bridge} type bridge", f"link set {bridge} up"]
        for name, peer in ((UPLINK, f"p{UPLINK}"), *((f"v{number}", f"p{number}") for number in range(1, count + 1))):
            lines += [f"link add {name} type veth peer name {peer}", f"link set {name} master {bridge} up", f"link set {peer} up"]
        batch("ip", lines)
        self._listener = _elsewhere(self._settle)
        batch("ip", _stack(1))
        self._sender = socket.create_connection((address_of(3), _PORT), SECONDS)
        self._receiver = self._listener.accept()[0]

    @staticmethod
    def _settle(home: int) -> socket.socket:
        """In the namespace of guest 3."""
        subprocess.run(
            ["nsenter", f"--net=/proc/self/fd/{home}", "ip", "link", "set", "p3", "netns", str(threading.get_native_id())], check=True, pass_fds=(home,)
        )
        batch("ip", _stack(3))
        return socket.create_server((address_of(3), _PORT))

    def stream(self) -> float:
        """Seconds a piece from guest 1 to guest 3."""
        piece, room = memoryview(bytes(PIECE)), bytearray(PIECE)

        def work() -> None:
            for _number in range(PIECES):
                unsent = unread = PIECE
                while unread:
                    # A socket with a timeout takes as much as there is room for.
                    unsent -= self._sender.send(piece[:unsent]) if unsent else 0
                    unread -= self._receiver.recv_into(room, unread)

        return min(timed(work) for _try in range(TRIES)) / PIECES

    def measure(self) -> dict[str, float]:
        """Seconds a frame, or a piece, by kind. Ends the program where frames are lost, as nothing was measured then."""
        cores = os.sched_getaffinity(0)
        # A task that moves between cores measures them.
        os.sched_setaffinity(0, {max(cores)})
        try:
            return {**self._frames(), STREAM: self.stream()}
        finally:
            os.sched_setaffinity(0, cores)

    @staticmethod
    def _frames() -> dict[str, float]:
        _meet()
        found = {}
        for name, kind in KINDS.items():
            before = _received("p2")
            found[name] = _send(kind)
            arrived = _received("p2") - before
            if arrived < FRAMES * TRIES * 0.99:
                raise SystemExit(f"{name}: only {arrived} of {FRAMES * TRIES} frames arrived, so nothing was measured")
        return found


def _stack(number: int) -> list[str]:
    """Addresses of a guest, and its neighbour's, which is not asked for."""
    other = 4 - number
    return [
        f"link set p{number} address {mac_of(number)} up",
        f"addr add {address_of(number)}/24 dev p{number}",
        f"neigh replace {address_of(other)} lladdr {mac_of(other)} dev p{number}",
    ]


def _elsewhere(work: Callable[[int], T]) -> T:
    """The work in a network namespace of its own, which lives as long as the sockets that it makes."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    found: list[T] = []

    def go() -> None:
        if libc.unshare(_CLONE_NEWNET) == 0:
            found.append(work(home))

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    os.close(home)
    if not found:
        raise SystemExit("guest 3 could not be made")
    return found[0]


def _channel(device: str) -> socket.socket:
    channel = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    channel.bind((device, 0))
    return channel


def _received(device: str) -> int:
    """What a guest has received so far, by iproute2."""
    output = subprocess.run(["ip", "-s", "-j", "link", "show", "dev", device], capture_output=True, text=True, check=True).stdout
    count: int = json.loads(output)[0]["stats64"]["rx"]["packets"]
    return count


def _meet() -> None:
    """Until carriers are up (the kernel looks once a second) and a bridge that learns knows where all are, so that it need not flood."""
    deadline = time.monotonic() + SECONDS
    waiting = {kind.sender: kind.frame for kind in KINDS.values()}
    with _channel("p2") as second:
        hello = _ether(2, 1, _OTHER, b"hello")
        while waiting and time.monotonic() < deadline:
            second.send(hello)
            for sender, frame in list(waiting.items()):
                before = _received("p2")
                with _channel(sender) as channel:
                    channel.send(frame)
                if _received("p2") > before:
                    del waiting[sender]
    if waiting:
        raise SystemExit(f"no frame from {', '.join(waiting)} arrived within {SECONDS:g} s")


def _send(kind: Kind) -> float:
    """Seconds a frame, the least of many tries."""
    with _channel(kind.sender) as channel:
        send, frame = channel.send, kind.frame
        return min(timed(lambda: [send(frame) for _number in range(FRAMES)]) for _try in range(TRIES)) / FRAMES
