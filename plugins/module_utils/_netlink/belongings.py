# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""IP addresses and routes of a device, which the kernel takes from it when it goes down: kept before, and given back should it not become a port.

A device that goes down loses its IPv6 addresses (addrconf_ifdown, net/ipv6/addrconf.c) and all routes but those that the kernel makes of addresses
(fib_sync_down_dev, net/ipv4/fib_semantics.c).
"""

from __future__ import annotations

import errno
import socket
from struct import Struct
from typing import Any, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import encode
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import Answer
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.decode import Span, index_attributes

_IFADDRMSG = Struct("=BBBBI")
_U32 = Struct("=I")
_FAMILIES = (socket.AF_INET, socket.AF_INET6)
_LINK_LOCAL = b"\xfe\x80"
# What the kernel makes itself, of addresses and of router advertisements, it makes again.
_MADE_AGAIN = (c.RTPROT_KERNEL, c.RTPROT_RA)
_ROUTE_FLAGS = c.RTNH_F_PERVASIVE | c.RTNH_F_ONLINK
_FINE = (0, errno.EEXIST)


class Belonging(NamedTuple):
    """One address or route: in words, and the message that makes it."""

    words: str
    message: encode.Message
    # Routes with longer prefixes first, as others lead through them.
    order: int


def of_device(client: Any, index: int) -> list[Belonging]:
    """Addresses, then routes."""
    return [*_addresses(client, index), *sorted(_routes(client, index), key=lambda each: each.order)]


def give_back(client: Any, belongings: list[Belonging]) -> list[str]:
    """In words, what did not come back."""
    lost = []
    for each in belongings:
        answer: Answer = client.batch([each.message])[0]
        if answer.errno not in _FINE:
            lost.append(f"{each.words} ({answer.words()})")
    return lost


def addresses_by_index(client: Any) -> dict[int, list[str]]:
    """The addresses of all devices, less the link-local ones of IPv6, which every device has."""
    found: dict[int, list[str]] = {}
    for part in client.dump(c.RTM_GETADDR, bytes(_IFADDRMSG.size)):
        family, prefix, flags, scope, index = _IFADDRMSG.unpack_from(part.data, part.start)
        raw = _address_of(part)
        if family in _FAMILIES and not (family == socket.AF_INET6 and raw.startswith(_LINK_LOCAL)):
            found.setdefault(index, []).append(f"{socket.inet_ntop(family, raw)}/{prefix}")
    return found


def _address_of(part: Any) -> bytes:
    attributes = index_attributes(part.data, part.start + _IFADDRMSG.size, part.end)
    return _raw(part.data, attributes.get(c.IFA_LOCAL) or attributes.get(c.IFA_ADDRESS))


def _raw(data: Any, span: Any) -> bytes:
    return bytes(data[span.start : span.end]) if isinstance(span, Span) else b""


def _addresses(client: Any, index: int) -> list[Belonging]:
    found = []
    for part in client.dump(c.RTM_GETADDR, bytes(_IFADDRMSG.size)):
        family, prefix, _flags, _scope, owner = _IFADDRMSG.unpack_from(part.data, part.start)
        if owner == index and family in _FAMILIES:
            words = f"address {socket.inet_ntop(family, _address_of(part))}/{prefix}"
            found.append(Belonging(words, encode.Message(c.RTM_NEWADDR, c.NLM_F_CREATE | c.NLM_F_EXCL, bytes(part.data[part.start : part.end])), 0))
    return found


def _routes(client: Any, index: int) -> list[Belonging]:
    found = []
    for family in _FAMILIES:
        # With strict checking the kernel picks the routes of the device itself; a host may have a million.
        body = bytes([family]) + bytes(11) + (encode.attribute(c.RTA_OIF, _U32.pack(index)) if client.strict else b"")
        for part in client.dump(c.RTM_GETROUTE, body):
            if part.data[part.start + 4] != c.RT_TABLE_LOCAL and part.data[part.start + 5] not in _MADE_AGAIN:
                found += _route(part, family, index)
    return found


def _route(part: Any, family: int, index: int) -> list[Belonging]:
    body = bytearray(part.data[part.start : part.end])
    attributes = index_attributes(body, 12, len(body))
    flags = _U32.unpack_from(body, 8)[0]
    if _raw(body, attributes.get(c.RTA_OIF)) != _U32.pack(index) or flags & c.RTM_F_CLONED:
        return []
    _U32.pack_into(body, 8, flags & _ROUTE_FLAGS)
    prefix, target = body[1], _raw(body, attributes.get(c.RTA_DST))
    to = f"{socket.inet_ntop(family, target)}/{prefix}" if target else "default"
    gateway = _raw(body, attributes.get(c.RTA_GATEWAY))
    via = f" via {socket.inet_ntop(family, gateway)}" if gateway else ""
    return [Belonging(f"route {to}{via}", encode.Message(c.RTM_NEWROUTE, c.NLM_F_CREATE | c.NLM_F_EXCL, bytes(body)), (256 if gateway else 0) - prefix)]
