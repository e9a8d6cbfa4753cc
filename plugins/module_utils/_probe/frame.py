# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The frames of the isolation probe: what they look like on the wire, and which ones there are at all. Pure.

A frame that can't be built here can't be sent: the EtherType is a constant, the source is the sender's own address or
a test address of this run, and never a group address.
"""

from __future__ import annotations

import hashlib
import re
import struct
from typing import NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# IEEE Std 802, local experimental EtherType 1: for use within an administration, forwarded as any other, in no product's way.
ETHERTYPE = 0x88B5
# Locally administered (second bit of the first byte), so that no vendor's device has it. Three bytes follow from the run.
TEST_PREFIX = "02:88:b5"
BROADCAST = "ff:ff:ff:ff:ff:ff"
CLAIMS = ("broadcast", "unicast", "unknown_unicast", "forged_source")
# Claims that are about one other host, and go to its own address.
ADDRESSED = ("unicast", "forged_source")
RUN = re.compile(r"[0-9a-z]{8,32}")
NAME = re.compile(r"[A-Za-z0-9._:@%+-]{1,128}")
# Without the four bytes of the checksum (IEEE Std 802.3, 64 bytes in all).
_SHORTEST = 60
_HEADER = struct.Struct("!6s6sH")
_TEXT = "virtnet.hardening isolation_probe 1 run={} sequence={} claim={} from={} to={}\n"
_PATTERN = re.compile(
    _TEXT.replace(".", r"\.").format(f"({RUN.pattern})", r"(\d{1,4})", f"({'|'.join(CLAIMS)})", f"({NAME.pattern})", f"({NAME.pattern}|)").encode("ascii")
    + rb"\0*"
)


class Mark(NamedTuple):
    """What a frame says of itself. C(to) is empty for what is meant for no host in particular."""

    run: str
    sequence: int
    claim: str
    sender: str
    to: str = ""


class Heard(NamedTuple):
    """A frame as it arrived."""

    mark: Mark
    source: str
    destination: str


def test_mac(run: str, claim: str, sender: str) -> str:
    """The test address of one sender in one run. The last bit tells addresses that are used as source (0) from those
    that are only sent to (1), so that no switch has learned where an unknown address is."""
    digest = bytearray(hashlib.sha256(f"{run} {claim} {sender}".encode("ascii")).digest()[:3])
    digest[2] = digest[2] & 0xFE | (claim == "unknown_unicast")
    return ":".join([TEST_PREFIX, *(f"{byte:02x}" for byte in digest)])


def is_test_mac(address: str) -> bool:
    """Whether an address is of the range that only probes use."""
    return address.startswith(TEST_PREFIX + ":")


def addresses(mark: Mark, own: str, target: str = "") -> tuple[str, str]:
    """Destination and source of a frame: C(own) is the sender's address, C(target) that of the host it is meant for."""
    source = test_mac(mark.run, mark.claim, mark.sender) if mark.claim == "forged_source" else own
    if mark.claim == "broadcast":
        return BROADCAST, source
    if mark.claim == "unknown_unicast":
        return test_mac(mark.run, mark.claim, mark.sender), source
    return target, source


def encode(mark: Mark, destination: str, source: str) -> bytes:
    """The bytes to send. Refuses a group address as source, as no station may send from one (IEEE Std 802, 8.2)."""
    raw_source = _bytes(source)
    if raw_source[0] & 1 or not any(raw_source):
        raise InputError(f"A frame from {source} is refused: a source is never a multicast, the broadcast or the zero address.")
    text = _TEXT.format(mark.run, mark.sequence, mark.claim, mark.sender, mark.to).encode("ascii")
    frame = _HEADER.pack(_bytes(destination), raw_source, ETHERTYPE) + text
    return frame.ljust(_SHORTEST, b"\0")


def decode(frame: bytes) -> Heard | None:
    """What arrived; None for a frame that is no probe, or whose addresses are not those that it claims to have."""
    if len(frame) < _HEADER.size:
        return None
    destination, source, ethertype = _HEADER.unpack_from(frame)
    match = _PATTERN.fullmatch(frame[_HEADER.size :])
    if ethertype != ETHERTYPE or match is None:
        return None
    run, sequence, claim, sender, to = (part.decode("ascii") for part in match.groups())
    heard = Heard(Mark(run, int(sequence), claim, sender, to), _text(source), _text(destination))
    return heard if _is_as_claimed(heard) else None


def _is_as_claimed(heard: Heard) -> bool:
    """A switch that rewrites a forged source, as Wi-Fi bridges do, did not let the forgery pass."""
    mark = heard.mark
    forged = test_mac(mark.run, mark.claim, mark.sender) == heard.source
    if mark.claim == "broadcast":
        return heard.destination == BROADCAST and not mark.to
    if mark.claim == "unknown_unicast":
        return heard.destination == test_mac(mark.run, mark.claim, mark.sender) and not mark.to
    return bool(mark.to) and forged is (mark.claim == "forged_source") and not int(heard.destination[:2], 16) & 1


def _bytes(address: str) -> bytes:
    return bytes(int(part, 16) for part in address.split(":"))


def _text(raw: bytes) -> str:
    return ":".join(f"{byte:02x}" for byte in raw)
