# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Which devices carry the host's management: its default routes and the SSH session that runs us."""

from __future__ import annotations

import os
import socket
from typing import Iterator, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import decode, encode
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import Client

_RTN_UNICAST = 1
_RT_TABLE_LOCAL = 255
_RTMSG = b"\0" * 11
# Guests hang on these; a physical device, bond or VLAN is the likelier way out.
_GUEST_KINDS = frozenset({"veth", "tap", "tun", "macvtap"})
_MAX_DEPTH = 8


class Way(NamedTuple):
    """A way out of the host: the device, the next hop on it, and why it matters."""

    oif: int
    hop: bytes
    reason: str


ADDRESS = "address "


def protected_devices(client: Client, environ: dict[str, str] | None = None) -> dict[str, str]:
    """Device names, down to the bridge ports, each with the reason in words. The MAC addresses of next hops behind bridges
    are among them as C(address MAC): an entry for one on another port takes the host's own way."""
    finder = _Finder(client)
    for way in _ways(client, environ):
        finder.follow(way.oif, way, 0)
    return finder.found


def ssh_peer(environ: dict[str, str] | None = None) -> str:
    """The client's address of the SSH session that this process, or one that started it, runs in."""
    if environ is not None:
        return environ.get("SSH_CONNECTION", "").split(" ")[0]
    for text in _environments():
        # sudo drops the variable, so the processes above are asked too.
        for item in text.split(b"\0"):
            if item.startswith(b"SSH_CONNECTION="):
                return item[15:].decode("ascii", "replace").split(" ")[0]
    return ""


def _environments() -> Iterator[bytes]:
    pid = os.getpid()
    while pid > 1:
        try:
            with open(f"/proc/{pid}/environ", "rb") as handle:
                yield handle.read()
            with open(f"/proc/{pid}/stat", "rb") as handle:
                pid = int(handle.read().rsplit(b")", 1)[1].split()[1])
        except (OSError, ValueError, IndexError):
            return


def _ways(client: Client, environ: dict[str, str] | None) -> list[Way]:
    ways = []
    for family in (socket.AF_INET, socket.AF_INET6):
        for part in client.dump(c.RTM_GETROUTE, bytes([family]) + _RTMSG):
            for hop in decode.route(part.data, part.start, part.end):
                if hop.prefix == 0 and hop.kind == _RTN_UNICAST and hop.table != _RT_TABLE_LOCAL and hop.oif:
                    ways.append(Way(hop.oif, hop.gateway, "the default route"))
    peer = ssh_peer(environ)
    if peer:
        ways.extend(_way_to(client, peer))
    return ways


def _way_to(client: Client, address: str) -> list[Way]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        raw = socket.inet_pton(family, address.split("%")[0])
    except OSError:
        return []
    body = bytes([family, len(raw) * 8]) + b"\0" * 10 + encode.attribute(c.RTA_DST, raw)
    part, answer = client.get(c.RTM_GETROUTE, body)
    if part is None:
        return []
    hops = decode.route(part.data, part.start, part.end)
    return [Way(hop.oif, hop.gateway or raw, f"the SSH session from {address}") for hop in hops if hop.oif]


class _Finder:
    """Goes down from a device to what carries its frames."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.found: dict[str, str] = {}

    def follow(self, index: int, way: Way, depth: int) -> None:
        link = self._link(index)
        if link is None or depth > _MAX_DEPTH:
            return
        self.found.setdefault(link.name, f"{link.name} carries {way.reason}")
        for below in self._below(link, way):
            self.follow(below, way, depth + 1)

    def _below(self, link: decode.Link, way: Way) -> list[int]:
        kind = decode.link_kind(link)
        if kind == "bridge":
            return self._bridge_ports(link.ifindex, way)
        below = [member.ifindex for member in self._members(link.ifindex)]
        lower = link.u32(c.IFLA_LINK)
        # A veth's link is its other end, and one in another namespace is not ours.
        if lower not in (0, link.ifindex) and c.IFLA_LINK_NETNSID not in link.attributes and kind != "veth":
            below.append(lower)
        return below

    def _link(self, index: int) -> decode.Link | None:
        part, answer = self.client.get(c.RTM_GETLINK, encode.ifinfomsg(index))
        return decode.link(part.data, part.start, part.end) if part else None

    def _members(self, master: int) -> list[decode.Link]:
        parts = self.client.dump(c.RTM_GETLINK, encode.get_links(0, c.RTEXT_FILTER_SKIP_STATS, master))
        links = (decode.link(part.data, part.start, part.end) for part in parts)
        return [link for link in links if link.u32(c.IFLA_MASTER) == master]

    def _bridge_ports(self, bridge: int, way: Way) -> list[int]:
        """The port behind which the next hop is, or every port that is not a guest's where nobody knows."""
        known = self._ports_of_hop(bridge, way)
        if known:
            return sorted(known)
        members = self._members(bridge)
        ways_out = [link.ifindex for link in members if decode.link_kind(link) not in _GUEST_KINDS]
        # A bridge with virtual ports only: any of them may be the way out.
        return ways_out or [link.ifindex for link in members]

    def _ports_of_hop(self, bridge: int, way: Way) -> set[int]:
        macs = {mac for index, address, mac in self._neighbours(way.hop) if mac and address == way.hop and index == way.oif}
        if not macs:
            return set()
        for mac in macs:
            self.found.setdefault(ADDRESS + mac, f"{mac} is the next hop of {way.reason}")
        parts = self.client.dump(c.RTM_GETNEIGH, encode.get_fdb(bridge))
        entries = (decode.fdb_entry(part.data, part.start, part.end) for part in parts)
        return {
            entry.ifindex
            for entry in entries
            if entry and entry.master == bridge and entry.address in macs and entry.ifindex != bridge and entry.kind != "local"
        }

    def _neighbours(self, hop: bytes) -> list[tuple[int, bytes, str]]:
        if not hop:
            return []
        family = socket.AF_INET6 if len(hop) == 16 else socket.AF_INET
        parts = self.client.dump(c.RTM_GETNEIGH, bytes([family]) + b"\0" * 11)
        return [decode.neighbour(part.data, part.start, part.end) for part in parts]
