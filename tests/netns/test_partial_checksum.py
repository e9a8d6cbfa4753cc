# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard partial_checksum on the real kernel: what a guest can have written into its frames behind all rules, judged by who hears them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._bpf import call, clsact, genuine, ingress, partial_checksum
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables import client as nft

from .conftest import Result, ip, run_module, snapshot, warnings_of, without_file
from .needs import in_user_namespace
from .taps import GSO_TCPV4, GSO_UDP, GSO_UDP_L4, Tap

_TYPES = "/sys/kernel/btf/vmlinux"
pytestmark = [
    pytest.mark.skipif(shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin") is None, reason="SKIPPED: there is no nft(8); install nftables"),
    pytest.mark.skipif(in_user_namespace(), reason="SKIPPED: the kernel takes no such program of a user namespace; run it as root"),
    pytest.mark.skipif(not Path("/dev/net/tun").exists(), reason="SKIPPED: there is no /dev/net/tun"),
    pytest.mark.skipif(not Path(_TYPES).exists(), reason="SKIPPED: this kernel does not describe its types (CONFIG_DEBUG_INFO_BTF)"),
]
MAC, PEER = bytes.fromhex("525400000001"), bytes.fromhex("525400000002")
IP4, PEER4 = bytes((192, 0, 2, 1)), bytes((192, 0, 2, 2))
IP6, PEER6 = bytes.fromhex("20010db8000000000000000000000001"), bytes.fromhex("20010db8000000000000000000000002")
MARK = b"partial checksum"
GUEST = {"profile": "guest", "macs": ["52:54:00:00:00:01"], "addresses": ["192.0.2.1", "2001:db8::1"]}
# (protocol of IP, where its checksum is)
TCP, UDP = (6, 16), (17, 6)


@pytest.fixture(name="taps")
def _taps(namespace: None) -> Iterator[tuple[Tap, Tap]]:
    """The attacker with a virtio card, and a victim whose card leaves no checksum to others."""
    ip("link add br0 address 52:54:00:00:ff:00 type bridge", "link set br0 up")
    with Tap("vnet0", "br0", True) as attacker, Tap("vnet1", "br0", False) as victim:
        yield attacker, victim


@pytest.fixture(autouse=True)
def _another_task() -> Iterator[None]:
    """What one process found out of the kernel is not known to the next."""
    genuine.layout.cache_clear()
    yield
    genuine.layout.cache_clear()


@pytest.fixture(name="by_tc")
def _by_tc(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a kernel before 6.6."""
    monkeypatch.setattr(ingress.Ingress, "_has_tcx", lambda self, index: False)


@pytest.fixture(name="by_tcx")
def _by_tcx() -> None:
    try:
        call.tcx_programs(1)
    except call.BpfError as error:
        pytest.skip(f"SKIPPED: this kernel has no tcx, which is there since 6.6: {error.strerror}")


def _sum(data: bytes) -> int:
    total = sum(word for (word,) in struct.iter_unpack("!H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def aimed(frame: bytes, start: int, value: int) -> bytes:
    """The frame with last bytes by which the sum from C(start) on becomes C(value)."""
    body = frame + b"\0" * (2 + len(frame) % 2)
    return body[:-2] + struct.pack("!H", (-value - _sum(body[start:])) % 0xFFFF)


def arp() -> bytes:
    return b"\xff" * 6 + MAC + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + MAC + IP4 + bytes(6) + PEER4 + MARK


def transport(protocol: int, sport: int = 1234, dport: int = 4321, size: int = 0) -> bytes:
    """A header with the mark behind it."""
    data = MARK + bytes(size)
    if protocol == TCP[0]:
        return struct.pack("!HHIIBBHHH", sport, dport, 1, 0, 0x50, 0x10, 512, 0, 0) + data
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


def ipv4(protocol: int, payload: bytes, options: bytes = b"", fragment: int = 0) -> bytes:
    words = 5 + len(options) // 4
    head = struct.pack("!BBHHHBBH", 0x40 | words, 0, 4 * words + len(payload), 7, fragment, 64, protocol, 0) + IP4 + PEER4 + options
    return head[:10] + struct.pack("!H", ~_sum(head) & 0xFFFF) + head[12:] + payload


def ipv6(protocol: int, payload: bytes) -> bytes:
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + IP6 + PEER6 + payload


def frame(kind: int, packet: bytes, tags: bytes = b"") -> bytes:
    return PEER + MAC + tags + struct.pack("!H", kind) + packet


# What is rewritten: the frame, where the sum starts and is written, its value, and where the receiver finds it.
ATTACKS: dict[str, tuple[bytes, int, int]] = {
    "ARP: the sender's IP address": (arp(), 30, 0x0209),
    "ARP: the sender's hardware address": (arp(), 26, 0x0009),
    "ARP: a request becomes a reply": (arp(), 20, 2),
    "IPv4: the source": (frame(0x0800, ipv4(17, transport(17))), 28, 0x0209),
    "IPv4: a fragment's source": (frame(0x0800, ipv4(17, transport(17), fragment=0x2000)), 28, 0x0209),
    "IPv6: the source": (frame(0x86DD, ipv6(17, transport(17))), 36, 0x0009),
    "UDP: the port of a DHCP server": (frame(0x0800, ipv4(17, transport(17))), 34, 67),
    "UDP: the port of a DHCPv6 server": (frame(0x86DD, ipv6(17, transport(17))), 54, 547),
    "DHCP: what a client asks for": (frame(0x0800, ipv4(17, transport(17, 68, 67, 40))), 64, 0x0909),
    "ICMPv6: a router advertisement": (frame(0x86DD, ipv6(58, bytes((128, 0, 0, 0, 0, 0, 0, 0)) + MARK)), 54, 0x8600),
    "TCP: beside its checksum": (frame(0x0800, ipv4(6, transport(6))), 36, 0x0009),
}
# The whole profile without this guard.
OPEN = {"profile": "guest", "macs": GUEST["macs"], "addresses": GUEST["addresses"], "guards": {"partial_checksum": "accept"}}


def _strike(taps: tuple[Tap, Tap], name: str) -> bool:
    what, place, value = ATTACKS[name]
    if name.startswith("DHCP"):
        # Of a client, with its hardware address, as the guards ask for it.
        request = b"\1\1\6\0" + bytes(24) + MAC + bytes(10) + MARK
        what = frame(0x0800, ipv4(17, struct.pack("!HHHH", 68, 67, 8 + len(request), 0) + request))
        place = 54
    attacker, victim = taps
    victim.heard(MARK)
    attacker.send(aimed(what, place, value), place)
    return any(each[place : place + 2] == struct.pack("!H", value) for each in victim.heard(MARK))


@pytest.mark.parametrize("name", ATTACKS)
def test_what_is_rewritten_behind_the_rules(taps: tuple[Tap, Tap], run: Callable[..., Result], name: str) -> None:
    """Gets through the whole profile without this guard, and is held with it."""
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **OPEN}])
    assert _strike(taps, name), "it does not get through where it should, so it proves nothing"
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    assert not _strike(taps, name), "it gets through the hardened port"
    assert run("linux_bridge_info")["counters"]["partial_checksum"]["frames"] == 1


@pytest.mark.parametrize("place", [6, 10, 12])
def test_the_ethernet_header(taps: tuple[Tap, Tap], run: Callable[..., Result], place: int) -> None:
    """Newer kernels refuse a sum that starts in it at the tap; where they don't, the guard does."""
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    with contextlib.suppress(OSError):
        taps[0].send(aimed(frame(0x88B5, ipv4(17, transport(17))), place, 0x0800), place)
    assert not taps[1].heard(MARK)


_VXLAN = transport(17, 40000, 4789)[:8] + b"\x08\0\0\0\0\0\7\0" + bytes(12) + b"\x08\0" + ipv4(6, transport(6))
# The frame, where the sum starts, and how far behind that it is written.
HONEST: dict[str, tuple[bytes, int, int]] = {
    "TCP over IPv4": (frame(0x0800, ipv4(6, transport(6))), 34, 16),
    "UDP over IPv4": (frame(0x0800, ipv4(17, transport(17))), 34, 6),
    "TCP over IPv4 with options": (frame(0x0800, ipv4(6, transport(6), b"\1\1\1\0")), 38, 16),
    "TCP over IPv6": (frame(0x86DD, ipv6(6, transport(6))), 54, 16),
    "UDP over IPv6": (frame(0x86DD, ipv6(17, transport(17))), 54, 6),
    "UDP behind two extension headers": (frame(0x86DD, ipv6(0, b"\x3c\0\1\4\0\0\0\0" + b"\x11\0\1\4\0\0\0\0" + transport(17))), 70, 6),
    "a DHCP client": (frame(0x0800, ipv4(17, struct.pack("!HHHH", 68, 67, 60, 0) + b"\1\1\6\0" + bytes(24) + MAC + bytes(10) + MARK)), 34, 6),
    "TCP within VXLAN": (frame(0x0800, ipv4(17, _VXLAN)), 34 + 8 + 8 + 14 + 20, 16),
    "IPv4 within IPv4": (frame(0x0800, ipv4(4, ipv4(17, transport(17)))), 54, 6),
    "SCTP": (frame(0x0800, ipv4(132, bytes(12) + MARK)), 34, 8),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_sums_are_finished(taps: tuple[Tap, Tap], run: Callable[..., Result], name: str) -> None:
    """The receiver gets the frame with the sum that the guest left to the host."""
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    what, start, offset = HONEST[name]
    taps[0].send(what, start, offset)
    (heard,) = taps[1].heard(MARK)
    written = heard[start + offset : start + offset + 2]
    assert written == struct.pack("!H", ~_sum(what[start:]) & 0xFFFF)
    assert heard[: start + offset] + what[start + offset : start + offset + 2] + heard[start + offset + 2 :] == what
    assert run("linux_bridge_info")["counters"]["partial_checksum"]["frames"] == 0


@pytest.mark.parametrize("tags", [b"\x81\0\0\7", b"\x88\xa8\0\7\x81\0\0\x09"], ids=["one tag", "two tags"])
def test_behind_tags(taps: tuple[Tap, Tap], run: Callable[..., Result], tags: bytes) -> None:
    """Where tags are let through, what is behind them is looked at."""
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", "guards": {"partial_checksum": "reject"}}])
    start = 34 + len(tags)
    taps[0].send(frame(0x0800, ipv4(6, transport(6)), tags), start, 16)
    assert len(taps[1].heard(MARK)) == 1
    taps[0].send(frame(0x0800, ipv4(6, transport(6)), tags), start - 6, 0)
    assert not taps[1].heard(MARK)


def test_three_tags_and_frames_without_a_partial_sum(taps: tuple[Tap, Tap], run: Callable[..., Result]) -> None:
    """Nothing is written into these, so they are no business of this guard."""
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", "guards": {"partial_checksum": "reject"}}])
    for what in (arp(), frame(0x88B5, MARK), frame(0x0800, ipv4(17, transport(17), fragment=0x2000)), frame(0x0800, b"", b"\x81\0\0\7" * 3) + MARK):
        taps[0].send(what.ljust(60, b"\0"))
        assert len(taps[1].heard(MARK)) == 1


def test_segments(taps: tuple[Tap, Tap], run: Callable[..., Result]) -> None:
    """A large TCP packet that the host cuts arrives in pieces, and its header can't be said to be elsewhere."""
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    large = frame(0x0800, ipv4(6, transport(6, size=0) + MARK * 200))
    taps[0].send(large, 34, 16, GSO_TCPV4, 1400)
    assert [len(each) for each in taps[1].heard(MARK)] == [1454, 1454, len(large) - 2 * 1400]
    # On kernels that take such a thing at all: 6.18 refuses it at the tap.
    with contextlib.suppress(OSError):
        taps[0].send(large, 12, 16, GSO_TCPV4, 1400)
    assert not [each for each in taps[1].heard(MARK) if each[26:30] != IP4]


def dhcp(operation: int, hardware: bytes = MAC, own: bytes = bytes(4)) -> bytes:
    """A message up to its client's hardware address, which has 16 bytes, and some more."""
    return bytes((operation, 1, 6, 0)) + bytes(8) + own + bytes(16 - len(own)) + hardware.ljust(16, b"\0") + MARK.ljust(20, b"\0")


def over_udp(sport: int, dport: int, data: bytes) -> bytes:
    return struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data


# Of the neighbour, who has the last bytes of its own.
_NEIGHBOUR = MAC[:4] + b"\x0a\x0b"
_REQUESTS = dhcp(1) + dhcp(1, PEER)
_SOLICIT, _REPLY = bytes((1, 0, 0, 1)) + MARK, bytes((13, 0, 0, 1)) + MARK
# What the host cuts: the frame, the kind of cut and its size, whether the sum is left to it, and what the receiver must not hear.
CUT: dict[str, tuple[bytes, int, int, bool, bytes]] = {
    "a second DHCP request": (frame(0x0800, ipv4(17, over_udp(68, 67, _REQUESTS))), GSO_UDP_L4, len(_REQUESTS) // 2, True, dhcp(1, PEER)),
    "a second message of DHCPv6": (frame(0x86DD, ipv6(17, over_udp(546, 547, _SOLICIT + _REPLY))), GSO_UDP_L4, len(_REPLY), True, _REPLY),
    # Flags, offset 0, the hop limit and UDP of a piece.
    "a later fragment becomes the first": (frame(0x0800, ipv4(17, over_udp(67, 68, dhcp(2) * 2), fragment=1)), GSO_UDP, 80, False, bytes((0x20, 0, 64, 17))),
    # The first piece is 42 bytes, of which a receiver takes 40, and the next begins there with what stood behind the hardware address.
    "fragments that overlap": (frame(0x0800, ipv4(17, over_udp(68, 67, dhcp(1, MAC + _NEIGHBOUR[4:])))), GSO_UDP, 42, False, bytes((0x20, 0, 64, 17))),
}


@pytest.mark.parametrize("name", CUT)
def test_what_is_cut_behind_the_rules(taps: tuple[Tap, Tap], run: Callable[..., Result], name: str) -> None:
    """A packet that is honest as a whole, and whose pieces are not: each is made when it leaves, and no rule sees it."""
    what, kind, size, left, forbidden = CUT[name]
    start = 54 if what[12] == 0x86 else 34

    def hears() -> bool:
        taps[0].send(what, start if left else -1, 6 if left else 0, kind, size)
        return any(forbidden in each for each in taps[1].heard(b""))

    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **OPEN}])
    assert hears(), "it does not get through where it should, so it proves nothing"
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    assert not hears(), "it gets through the hardened port"
    assert run("linux_bridge_info")["counters"]["partial_checksum"]["frames"] == 1


@pytest.mark.parametrize(
    ("kind", "size", "left", "pieces"),
    [(GSO_UDP_L4, 500, True, [542, 542, 542]), (GSO_UDP_L4, 750, True, [792, 792]), (GSO_UDP, 1000, True, [1034, 542]), (GSO_UDP, 1000, False, [1034, 542])],
)
def test_datagrams_that_the_host_cuts(taps: tuple[Tap, Tap], run: Callable[..., Result], kind: int, size: int, left: bool, pieces: list[int]) -> None:
    """Of ports of which no guard asks further."""
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    taps[0].send(frame(0x0800, ipv4(17, over_udp(1234, 4321, MARK.ljust(20, b"\0") * 75))), 34 if left else -1, 6 if left else 0, kind, size)
    assert [len(each) for each in taps[1].heard(MARK)] == pieces
    assert run("linux_bridge_info")["counters"]["partial_checksum"]["frames"] == 0


def _programs(port: str) -> list[Any]:
    """As tc(8) shows them, of clsact alone."""
    shown = subprocess.run(["tc", "-j", "filter", "show", "dev", port, "ingress"], capture_output=True, text=True, check=True).stdout
    return [each["options"]["bpf_name"] for each in json.loads(shown or "[]") if "options" in each and "bpf_name" in each["options"]]


@pytest.mark.parametrize("way", ["tcx", "tc"])
def test_attached_once_and_taken_away(
    taps: tuple[Tap, Tap], run: Callable[..., Result], cycle: Callable[..., Result], request: pytest.FixtureRequest, way: str
) -> None:
    """Check mode shows it, a second run changes nothing, both ways hold, and nothing of it is left."""
    request.getfixturevalue("by_tc" if way == "tc" else "by_tcx")
    before, qdiscs = snapshot(), _qdiscs()
    result = cycle("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    assert f"create ingress vnet0 (program {partial_checksum.NAME})" in result["actions"]
    assert result["ports"]["vnet0"]["enforcement"]["partial_checksum"] == "exact"
    assert _programs("vnet0") == ([partial_checksum.NAME] if way == "tc" else [])
    assert not _strike(taps, "ARP: the sender's IP address")
    assert run("linux_bridge_info")["bridges"][0]["status"]["protection"]["vnet0"]["guards"]["partial_checksum"] == "reject"
    cycle("linux_port_security", bridge="br0", ports=[{"name": "vnet0", "guards": {"partial_checksum": "accept"}}])
    assert _strike(taps, "ARP: the sender's IP address")
    cycle("linux_port_security", bridge="br0", ports=[{"name": "vnet0", "guards": {"partial_checksum": "reject"}}])
    cycle("linux_port_security", bridge="br0", ports=[{"name": "vnet0"}], state="absent")
    assert snapshot() == before and _qdiscs() == qdiscs
    assert _strike(taps, "ARP: the sender's IP address")


def _qdiscs() -> str:
    return subprocess.run(["tc", "qdisc", "show"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("kind", ["clsact", "ingress"])
def test_filters_of_others_stay(taps: tuple[Tap, Tap], run: Callable[..., Result], by_tc: None, kind: str) -> None:
    """An ingress discipline of libvirt's and its filters, which let everything pass, are neither in the way nor taken away."""
    subprocess.run(["tc", "qdisc", "add", "dev", "vnet0", kind], check=True)
    parent = ["ingress"] if kind == "clsact" else ["parent", "ffff:"]
    subprocess.run(["tc", "filter", "add", "dev", "vnet0", *parent, "bpf", "da", "bytecode", "1,6 0 0 0"], check=True)
    shown = _qdiscs(), _filters()
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    assert not _strike(taps, "ARP: the sender's IP address"), "a filter of others lets the frame by"
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0"}], state="absent")
    assert (_qdiscs(), _filters()) == shown


def _filters() -> str:
    """Without the parent, which tc(8) prints or not by how the last filter was asked for."""
    shown = subprocess.run(["tc", "filter", "show", "dev", "vnet0", "ingress"], capture_output=True, text=True, check=True).stdout
    return shown.replace(" parent ffff:", "")


@contextlib.contextmanager
def _striking(taps: tuple[Tap, Tap]) -> Iterator[list[bytes]]:
    """The frames of a guest that goes on trying, as far as they get through."""
    what, place, value = ATTACKS["ARP: the sender's IP address"]
    stop, through = threading.Event(), []  # type: threading.Event, List[bytes]

    def strike() -> None:
        for _number in range(200_000):
            if stop.is_set():
                break
            taps[0].send(aimed(what, place, value), place)

    thread = threading.Thread(target=strike)
    thread.start()
    try:
        yield through
    finally:
        stop.set()
        thread.join()
    through += taps[1].heard(MARK)


@pytest.mark.parametrize("way", ["tcx", "tc"])
def test_another_version_is_replaced(taps: tuple[Tap, Tap], run: Callable[..., Result], request: pytest.FixtureRequest, way: str) -> None:
    """In place, with what is there told, and no frame passes meanwhile."""
    request.getfixturevalue("by_tc" if way == "tc" else "by_tcx")
    with pytest.MonkeyPatch.context() as older:
        older.setattr(partial_checksum, "NAME", "virtnet_0000000")
        older.setattr(ingress.Ingress._load, "__defaults__", ("virtnet_0000000",))
        run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    with _striking(taps) as through:
        result = run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    assert not through and (way == "tcx" or _programs("vnet0") == [partial_checksum.NAME])
    assert result["actions"] == [f"set ingress vnet0: program virtnet_0000000 -> {partial_checksum.NAME}"]
    assert not run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])["changed"]
    assert not _strike(taps, "ARP: the sender's IP address")


def test_one_program_for_all_ports(taps: tuple[Tap, Tap], run: Callable[..., Result], by_tcx: None) -> None:
    """Also for those that a later run adds; each port's frames are counted for it."""
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet1", "guards": {"partial_checksum": "reject"}}])
    numbers = {name: call.tcx_programs(index) for index, name in socket.if_nameindex() if name.startswith("vnet")}
    assert numbers["vnet0"] == numbers["vnet1"] != []


def test_a_kernel_that_can_not(taps: tuple[Tap, Tap], run: Callable[..., Result], refused: Callable[..., Result]) -> None:
    """The profile takes the rest and says so, with who is safe; who asks by name is refused before the first write."""
    with without_file(_TYPES):
        result = run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
        told = result["ports"]["vnet0"]["enforcement"]["partial_checksum"]
        assert told.startswith("unsupported: /sys/kernel/btf/vmlinux: ") and "offload" in told
        (warning,) = [each for each in warnings_of(result) if "partial_checksum" in each]
        assert warning.startswith("port vnet0: the guard partial_checksum of their profile can't be had here: /sys/kernel/btf/vmlinux: ")
        assert not run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])["changed"]
        refusal = refused("linux_port_security", bridge="br0", ports=[{"name": "vnet1", "guards": {"partial_checksum": "reject"}}])
        assert refusal["error_code"] == "unsupported" and "set guards.partial_checksum: accept" in refusal["msg"]
        run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **OPEN}])
    assert run_module("linux_bridge_info")["bridges"][0]["status"]["protection"]["vnet0"]["guards"]["partial_checksum"] == "accept"


def test_what_can_t_be_looked_for_is_not_said_to_be_gone(taps: tuple[Tap, Tap], run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    """The policy goes, and that a program may be left is told."""
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])

    def read(self: ingress.Ingress, ports: dict[str, int]) -> dict[str, ingress.Held]:
        self.unread = "bpf(2) answers EPERM"
        return {}

    monkeypatch.setattr(ingress.Ingress, "read", read)
    for check in (True, False):
        result = run_module("linux_port_security", check, bridge="br0", ports=[{"name": "vnet0"}], state="absent")
        assert result["changed"] and "vnet0: whether a program of the guard partial_checksum is still there is not known" in str(warnings_of(result)), result


def test_a_refusal_takes_everything_back(taps: tuple[Tap, Tap], monkeypatch: pytest.MonkeyPatch, by_tcx: None) -> None:
    """Of the second port's program: the first one's goes too."""
    before, attach = snapshot(), call.tcx_attach

    def refuse(index: int, program: int, first: bool) -> None:
        if index == socket.if_nametoindex("vnet1"):
            raise call.BpfError(12, "Cannot allocate memory")
        attach(index, program, first)

    monkeypatch.setattr(call, "tcx_attach", refuse)
    failed = run_module("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}, {"name": "vnet1", "guards": {"partial_checksum": "reject"}}])
    assert failed["failed"] and "create ingress vnet1" in failed["failed_step"] and not failed["not_undone"], failed
    assert snapshot() == before and not call.tcx_programs(socket.if_nametoindex("vnet0"))


def test_the_document(taps: tuple[Tap, Tap], cycle: Callable[..., Result], run: Callable[..., Result]) -> None:
    """Of a whole switch; what the document does not name any more goes with purge."""
    group: dict[str, Any] = {"name": "guests", "ports": [{"name": "vnet0", **GUEST}]}
    cycle("linux_switch_policy", switches=[{"name": "br0", "port_groups": [group]}])
    assert not _strike(taps, "IPv4: the source")
    run("linux_switch_policy", switches=[{"name": "br0", "port_groups": []}], purge=["ports"])
    assert _strike(taps, "IPv4: the source")


def test_the_filter_is_found_among_others(taps: tuple[Tap, Tap]) -> None:
    """And is none on an interface without an ingress discipline."""
    index = socket.if_nametoindex("vnet0")
    assert clsact.find(index, lambda number: True) is None
    clsact.detach(index, lambda number: True)


# r0 = TC_ACT_OK or TC_ACT_UNSPEC; exit: the frame goes on, to the bridge or to the next program (include/uapi/linux/bpf.h).
PASS, NEXT = (struct.pack("<BBhiBBhi", 0xB7, 0, 0, verdict, 0x95, 0, 0, 0) for verdict in (0, -1))


@pytest.mark.skipif(sys.byteorder != "little", reason="SKIPPED: the instructions of this test are for little-endian machines")
@pytest.mark.parametrize("way", ["tcx", "tc"])
def test_a_name_proves_nothing(taps: tuple[Tap, Tap], run: Callable[..., Result], request: pytest.FixtureRequest, way: str) -> None:
    """A program of others that is called as ours is: it is told, ours comes before it, and it stays when ours goes."""
    request.getfixturevalue("by_tc" if way == "tc" else "by_tcx")
    index, alien = socket.if_nametoindex("vnet0"), call.load(NEXT, partial_checksum.NAME)
    if way == "tc":
        clsact.attach(index, alien, partial_checksum.NAME)
    else:
        call.tcx_attach(index, alien)
    number = call.info(alien).number
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **OPEN}])
    assert _protected() == "accept" and _strike(taps, "IPv4: the source")
    assert [each["finding"] for each in _findings()] == [f"BPF program {number} {partial_checksum.NAME} is attached ({way} ingress)"]
    result = run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    assert f"create ingress vnet0 (program {partial_checksum.NAME})" in result["actions"]
    assert not run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])["changed"]
    assert _protected() == "reject" and not _strike(taps, "IPv4: the source") and len(_findings()) == 1
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0"}], state="absent")
    assert _numbers(index, way) == [number]
    os.close(alien)


def _protected() -> str:
    (bridge,) = run_module("linux_bridge_info")["bridges"]
    return str(bridge["status"]["protection"]["vnet0"]["guards"]["partial_checksum"])


def _findings() -> list[dict[str, Any]]:
    return [each for each in run_module("promiscuity_info")["findings"] if each["rule"] == "tc_bpf"]


def _numbers(index: int, way: str) -> list[int]:
    if way == "tcx":
        return call.tcx_programs(index)
    shown = subprocess.run(["tc", "-j", "filter", "show", "dev", "vnet0", "ingress"], capture_output=True, text=True, check=True).stdout
    return [each["options"]["prog"]["id"] for each in json.loads(shown) if "options" in each]


@pytest.mark.skipif(sys.byteorder != "little", reason="SKIPPED: the instructions of this test are for little-endian machines")
def test_who_came_first_lets_everything_by(taps: tuple[Tap, Tap], run: Callable[..., Result], by_tcx: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that another put before ours ends the chain: the guard is not there, the next run puts it in front again, and undo behind."""
    index = socket.if_nametoindex("vnet0")
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    alien = call.load(PASS, "before")
    call.tcx_attach(index, alien)
    number, ours = call.tcx_programs(index)
    assert _protected() == "accept" and _strike(taps, "IPv4: the source")
    moved = f"set ingress vnet0: program {partial_checksum.NAME} behind program {number} -> {partial_checksum.NAME}"
    with monkeypatch.context() as patch:
        # The table that comes after the program can't be written.
        patch.setattr(nft.Nft, "write", lambda self, text: "no")
        failed = run_module("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST, "addresses": ["192.0.2.7"]}])
        assert failed["failed"] and not failed["not_undone"] and call.tcx_programs(index) == [number, ours], failed
    assert run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])["actions"] == [moved]
    assert call.tcx_programs(index) == [ours, number] and _protected() == "reject" and not _strike(taps, "IPv4: the source")
    os.close(alien)


def test_the_drops_of_another_device_are_forgotten(taps: tuple[Tap, Tap], run: Callable[..., Result], by_tcx: None) -> None:
    """A program counts by index, which a new port may have from one that is gone: it starts at nothing."""
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}, {"name": "vnet1", "guards": {"partial_checksum": "reject"}}])
    index = socket.if_nametoindex("vnet0")
    _strike(taps, "IPv4: the source")
    counters = call.info_by_id(call.tcx_programs(index)[0]).maps[0]
    assert call.counted(counters, index)[0] == 1
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **OPEN}])
    assert not call.tcx_programs(index) and call.counted(counters, index)[0] == 1
    run("linux_port_security", bridge="br0", ports=[{"name": "vnet0", **GUEST}])
    assert call.counted(counters, index) == (0, 0)
