# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Which interface the probe uses. Reads links and routes by netlink, with the standard library only: guests need no other package."""

from __future__ import annotations

import os
import socket
import struct
from typing import Iterator, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.frame import TEST_PREFIX, is_test_mac

# include/uapi/linux/{netlink,rtnetlink,if_link,if,if_arp}.h
_ERROR, _DONE = 2, 3
_REQUEST_DUMP = 0x301
_GETLINK, _GETROUTE = 18, 26
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU, _IFLA_MASTER, _IFLA_LINKINFO = 1, 3, 4, 10, 18
_INFO_SLAVE_KIND = 4
_RTA_OIF, _RTA_MULTIPATH, _RTA_TABLE = 4, 9, 15
_TABLE_MAIN, _TYPE_UNICAST = 254, 1
_ETHER, _IFF_UP, _IFF_LOOPBACK, _IFF_RUNNING = 1, 0x1, 0x8, 0x40
_SECONDS = 10.0
_BY = "by the option interface, which is isolation_check_interface in the role isolation_check"


class Link(NamedTuple):
    """An interface."""

    ifindex: int
    name: str
    mac: str
    mtu: int
    usable: bool
    ethernet: bool
    master: int
    master_kind: str


class Chosen(NamedTuple):
    """The interface that is used, and why: C(option) or C(default_route)."""

    link: Link
    chosen_by: str


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    while len(data) >= 4:
        size, number = struct.unpack_from("=HH", data)
        if size < 4:
            return
        yield number & 0x3FFF, data[4:size]
        data = data[(size + 3) & ~3 :]


def _dump(kind: int, body: bytes) -> Iterator[bytes]:
    """The bodies of all answers to a dump request."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as channel:
        channel.settimeout(_SECONDS)
        channel.bind((0, 0))
        channel.send(struct.pack("=IHHII", 16 + len(body), kind, _REQUEST_DUMP, 1, 0) + body)
        while True:
            data = channel.recv(1 << 17)
            while len(data) >= 16:
                size, number = struct.unpack_from("=IH", data)
                if number == _DONE:
                    return
                if number == _ERROR:
                    raise OSError(-struct.unpack_from("=i", data, 16)[0], "netlink")
                yield data[16:size]
                data = data[(size + 3) & ~3 :]


def _link(body: bytes) -> Link:
    kind, index, flags = struct.unpack_from("=xxHiI", body)
    found = dict(_attributes(body[16:]))
    info = dict(_attributes(found.get(_IFLA_LINKINFO, b"")))
    up = _IFF_UP | _IFF_RUNNING
    return Link(
        index,
        found[_IFLA_IFNAME].rstrip(b"\0").decode(errors="replace"),
        ":".join(f"{byte:02x}" for byte in found.get(_IFLA_ADDRESS, b"")),
        struct.unpack("=I", found[_IFLA_MTU])[0],
        flags & up == up,
        kind == _ETHER and not flags & _IFF_LOOPBACK,
        struct.unpack("=I", found.get(_IFLA_MASTER, b"\0\0\0\0"))[0],
        info.get(_INFO_SLAVE_KIND, b"").rstrip(b"\0").decode(errors="replace"),
    )


def _default_route(body: bytes) -> list[int]:
    """The interfaces of a default route of the main table; none for other routes and for those that reject."""
    length, table, kind = struct.unpack_from("=xB2xB2xB", body)
    found = dict(_attributes(body[12:]))
    if _RTA_TABLE in found:
        table = struct.unpack("=I", found[_RTA_TABLE])[0]
    if length or table != _TABLE_MAIN or kind != _TYPE_UNICAST:
        return []
    indexes = [struct.unpack("=I", found[_RTA_OIF])[0]] if _RTA_OIF in found else []
    hops = found.get(_RTA_MULTIPATH, b"")
    while len(hops) >= 8:
        size, index = struct.unpack_from("=HxxI", hops)
        indexes.append(index)
        hops = hops[max((size + 3) & ~3, 8) :]
    return indexes


def read() -> tuple[dict[int, Link], list[int]]:
    """All interfaces by index, and those of the default routes, IPv4 and IPv6, each once."""
    try:
        links = {link.ifindex: link for link in map(_link, _dump(_GETLINK, struct.pack("=BxHiII", 0, 0, 0, 0, 0)))}
        families = (socket.AF_INET, socket.AF_INET6)
        routes = [index for family in families for body in _dump(_GETROUTE, struct.pack("=B11x", family)) for index in _default_route(body)]
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise BackendError(f"The interfaces of this host can't be read: {reason}.") from error
    return links, sorted(set(routes) & set(links))


def choose(links: dict[int, Link], routes: list[int], wanted: str | None) -> Chosen:
    """The interface that is named, else the one that carries the default route. Refuses what it can't be sure of. Pure."""
    by_name = {link.name: link for link in links.values()}
    known = ", ".join(sorted(link.name for link in links.values() if link.ethernet)) or "none"
    if wanted is not None:
        if wanted not in by_name:
            raise InputError(f"interface: there is no {wanted}; the Ethernet interfaces are {known}.")
        return Chosen(_checked(by_name[wanted], links), "option")
    if not routes:
        raise InputError(f"interface: this host has no default route to choose the interface by; name one of {known} {_BY}.")
    if len(routes) > 1:
        names = ", ".join(sorted(links[index].name for index in routes))
        raise InputError(f"interface: default routes lead through {names}; name the one that is meant {_BY}.")
    return Chosen(_checked(links[routes[0]], links), "default_route")


def _checked(link: Link, links: dict[int, Link]) -> Link:
    if not link.ethernet:
        raise InputError(f"interface: {link.name} is no Ethernet interface; the probe needs one.")
    # A switch, bond or team takes the frames of its members before a listener on the member sees them; a VRF does not.
    if link.master and link.master_kind != "vrf":
        master = f"{links[link.master].name}, which takes its frames; name that" if link.master in links else "a device of another namespace; name another one"
        raise InputError(f"interface: {link.name} belongs to {master}.")
    if not link.usable:
        raise InputError(f"interface: {link.name} is down or has no carrier; bring it up first.")
    if is_test_mac(link.mac):
        raise InputError(f"interface: {link.name} has the address {link.mac} of the range {TEST_PREFIX}:xx:xx:xx, which is for tests; give it another one.")
    return link
