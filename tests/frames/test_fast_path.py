# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The look-up before the guards lets through what these would, and nothing else: the same odd frames, with it and without."""

from __future__ import annotations

import random
import struct
import time
from ipaddress import ip_address
from typing import Iterator

import pytest
from attacks import frames as f
from attacks.ring import ATTACKER, OUTSIDE, VICTIM, Ring

from .world import World

_FRAMES, _AT_ONCE = 3000, 50
_END = b"end of these"
# Of a whole batch, on a machine that does other work.
_PATIENCE = 2.0
_PORTS = (0, 63, 64, 66, 67, 68, 69, 71, 72, 443, 545, 546, 547, 548, 5000, 65535)
_MESSAGES = (3, 5, 8, 9, 128, 130, 131, 133, 134, 135, 136, 137, 143, 151)
_EXTENSIONS = (0, 43, 44, 51, 60, 135, 139, 140)
_TYPES = (0x5DD, 0x5FF, 0x600, 0x6558, 0x8035, 0x8808, 0x8847, 0x8863, 0x8864, 0x8870, 0x8902, 0x88A8, 0x88B5, 0x892F, 0x9100)
_BODIES = (b"\x42\x42\3", b"\xaa\xaa\3\0\0\0\x08\0", b"\xfe\xfe\3", b"\xff\xff", b"\x45\0", b"\x11\7")
_GROUPS = (f.BROADCAST, "01:00:5e:00:00:fb", "33:33:00:00:00:01", "01:80:c2:00:00:00", "01:80:c2:00:00:21", "01:00:0c:cc:cc:cd")


class Odd:
    """Frames that are nearly honest: what a guard compares is now and then another's, a length lies, a header or a tag is between."""

    def __init__(self, ring: Ring, seed: int) -> None:
        self.ring, self.random = ring, random.Random(seed)

    def often(self, usual: str, *others: str) -> str:
        """The first in three of four cases."""
        return usual if self.random.random() < 0.75 else self.random.choice(others)

    def number(self, usual: int, *others: int) -> int:
        """The same for numbers."""
        return usual if self.random.random() < 0.8 else self.random.choice(others)

    def upper(self, icmp: int) -> tuple[int, bytes]:
        """A protocol of IP, and what it may bear."""
        some, noise = self.random, self.random.randbytes(self.random.randrange(60))
        kind = some.choice(("tcp", "udp", "udp", "icmp", "other", "short"))
        ports = struct.pack("!HH", some.choice(_PORTS), some.choice(_PORTS))
        if kind == "tcp":
            return 6, ports + bytes(16) + noise
        if kind == "udp":
            return 17, ports + struct.pack("!HHB", some.choice((0, 7, 8, 40, 300)), 0, some.choice((1, 2, 7, 12, 13))) + bytes(len(noise))
        if kind == "icmp":
            return icmp, bytes((some.choice(_MESSAGES), 0)) + bytes(2 + len(noise))
        if kind == "short":
            return some.choice((6, 17)), noise[:12]
        return some.choice((0, 4, 41, 44, 47, 50, 51, 59, 60, 89, 103, 112, 132, 136, 255)), noise

    def ipv4(self) -> bytes:
        """A packet."""
        ring, (protocol, body) = self.ring, self.upper(1)
        options = self.random.choice((b"", b"", b"\1" * 4, b"\1" * 40, b"\x94\4\0\0"))
        size = 20 + len(options) + len(body)
        words = self.number(5 + len(options) // 4, 0, 4, 5, 15)
        head = struct.pack(
            "!BBHHHBBH", self.number(4, 6) << 4 | words, 0, self.number(size, 0, 19, 20, 65535), 7, self.number(0, 0x2000, 0x4000, 1, 0x2001), 64, protocol, 0
        )
        source = self.often(ring.a.ip4, ring.t.ip4, "0.0.0.0", "127.0.0.1")
        target = self.often(ring.v.ip4, "255.255.255.255", "224.0.0.251")
        return head + ip_address(source).packed + ip_address(target).packed + options + body

    def ipv6(self) -> bytes:
        """A packet, with up to two extension headers."""
        ring, (protocol, body) = self.ring, self.upper(58)
        for _number in range(self.random.choice((0, 0, 0, 1, 2))):
            header = self.random.choice(_EXTENSIONS)
            rest = struct.pack("!HI", self.random.choice((0, 1, 8, 9)), 5) if header == 44 else bytes(22 if header == 51 else 6)
            body, protocol = bytes((protocol, 4 if header == 51 else 0)) + rest + body, header
        head = struct.pack("!IHBB", self.number(6, 4) << 28, self.number(len(body), 0, 4, 65535), protocol, self.number(255, 64))
        source = self.often(ring.a.ip6, ring.t.ip6, "::", f.link_local(ring.a.mac), f.link_local(ring.t.mac))
        target = self.often(ring.v.ip6, "ff02::1", "ff02::16", f.link_local(ring.v.mac))
        return head + ip_address(source).packed + ip_address(target).packed + body

    def other(self) -> tuple[int, bytes]:
        """An EtherType and a body that may be LLC."""
        return self.random.choice((*_TYPES, self.random.randrange(65536))), self.random.choice(_BODIES) + bytes(30)

    def frame(self, mark: bytes) -> bytes:
        """The next one."""
        ring, some = self.ring, self.random
        to = self.often(ring.v.mac, ring.o.mac, *_GROUPS)
        source = self.often(ring.a.mac, ring.a.mac, ring.a.mac, ring.t.mac)
        kind, body = some.choice(((0x0800, self.ipv4()), (0x0800, self.ipv4()), (0x86DD, self.ipv6()), (0x86DD, self.ipv6()), self.other()))
        tags = b"".join(struct.pack("!HH", some.choice((0x8100, 0x88A8, 0x9100)), some.choice((0, 10))) for _number in range(some.choice((0,) * 9 + (1, 1, 2))))
        whole = bytes.fromhex((to + source).replace(":", "")) + tags + kind.to_bytes(2, "big") + body
        return whole[: some.randrange(14, len(whole) + 1)] if some.random() < 0.05 else whole.ljust(60, b"\0") + mark


def heard(ring: Ring, frames: list[bytes]) -> set[tuple[str, bytes]]:
    """What of them reaches the victim and the outside, as it arrives."""
    found: set[tuple[str, bytes]] = set()
    for at in range(0, len(frames), _AT_ONCE):
        ring.arena.drain()
        ring.arena.send(ATTACKER, *frames[at : at + _AT_ONCE], f.plain(ring.a.mac, f.BROADCAST, _END))
        for name in (VICTIM, OUTSIDE):
            some: list[bytes] = []
            deadline = time.monotonic() + _PATIENCE
            while not any(_END in frame for frame in some):
                assert time.monotonic() < deadline, "an honest broadcast is lost"
                some += ring.arena.received(name)
            found.update((name, frame) for frame in some if _END not in frame)
    return found


@pytest.fixture(name="worlds")
def _worlds() -> Iterator[tuple[World, World]]:
    """One as it is, and one without the look-up."""
    worlds = World(), World()
    try:
        for world in worlds:
            world.module("linux_port_security", bridge="br0", ports=world.policy())
        rules = worlds[1].output("nft", "-a", "list", "chain", "bridge", "virtnet_hardening", "ingress").splitlines()
        handles = [rule.rpartition(" ")[2] for rule in rules if " accept comment " in rule]
        assert len(handles) == 5
        for handle in handles:
            worlds[1].output("nft", "delete", "rule", "bridge", "virtnet_hardening", "ingress", "handle", handle)
        yield worlds
    finally:
        for world in worlds:
            world.close()


def test_with_and_without_it(worlds: tuple[World, World]) -> None:
    """And one that lets a little more through is found out."""
    with worlds[0].ring() as fast, worlds[1].ring() as slow:
        odd = Odd(fast, 1)
        frames = [odd.frame(struct.pack("!I", number)) for number in range(_FRAMES)]
        for ring in (fast, slow):
            ring.settle()
        first, second = heard(fast, frames), heard(slow, frames)
        assert first == second
        assert _FRAMES / 10 < len(first) < 2 * _FRAMES * 0.9, "too few or too many pass to prove anything"
        worlds[0].output("nft", "insert", "rule", "bridge", "virtnet_hardening", "ingress", "udp", "sport", "67", "accept")
        assert heard(fast, frames) > second
