# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From rtnetlink messages to fields. Pure; the twin of encode."""

from __future__ import annotations

from struct import Struct
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.values import Unpack, mac_from_bytes, unpacker
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import BRIDGE, LINUX, MACVTAP_MODES, PORT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Kind, Value

_RTATTR = Struct("=HH").unpack_from
_U16 = Struct("=H").unpack_from
_U32 = Struct("=I").unpack_from
_S32 = Struct("=i").unpack_from
_BOOLOPT = Struct("=II").unpack_from
_IFINFOMSG = Struct("=BxHiII").unpack_from
_NDMSG = Struct("=BxHiHBB").unpack_from

# What the kernel leaves out while it is unset.
UNSET: Mapping[str, Value] = {"backup_port": "", "backup_nhid": 0}

Readers = Mapping[int, Tuple[str, Unpack]]


class Span(NamedTuple):
    """Where an attribute's payload lies."""

    start: int
    end: int


def walk(data: Any, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(type, start, end) of each attribute's payload. What is cut short ends the walk."""
    at = start
    while at + 4 <= end:
        size, number = _RTATTR(data, at)
        if size < 4 or at + size > end:
            return
        yield number & c.NLA_TYPE_MASK, at + 4, at + size
        at += (size + 3) & ~3


def index_attributes(data: Any, start: int, end: int) -> dict[int, Span]:
    """All attributes by type; of one that repeats, the last."""
    return {number: Span(first, last) for number, first, last in walk(data, start, end)}


def readers(kind: Kind, prefix: str, wanted: frozenset[str] | None = None) -> Readers:
    """What to read of a nest: attribute number to field name and function."""
    table = {}
    for field in kind.fields.values():
        native = field.natives.get(LINUX)
        if native and native.key.startswith(prefix) and native.bit is None:
            if wanted is None or field.name in wanted:
                table[native.number] = (field.name, unpacker(field))
    return table


class _Layout(NamedTuple):
    """Where the attributes of one shape of nest lie."""

    headers: Struct
    expected: tuple[int, ...]
    fields: tuple[tuple[str, Unpack, int], ...]


class NestReader:
    """Reads the wanted fields of nests that look alike: a kernel lists the same forty attributes for each of
    a thousand ports, so the walk is done once and afterwards only checked, all headers in one call."""

    def __init__(self, table: Readers) -> None:
        self._table = table
        self._layouts: dict[int, _Layout] = {}

    def read(self, data: Any, start: int, end: int) -> dict[str, Value]:
        """The wanted fields that the nest has."""
        layout = self._layouts.get(end - start)
        if layout is None or layout.headers.unpack_from(data, start) != layout.expected:
            layout = self._layouts[end - start] = self._layout(data, start, end)
        return {name: read(data, start + offset) for name, read, offset in layout.fields}

    def _layout(self, data: Any, start: int, end: int) -> _Layout:
        pattern, at = "=", start
        expected: list[int] = []
        fields: list[tuple[str, Unpack, int]] = []
        for number, first, last in walk(data, start, end):
            pattern += f"{first - 4 - at}xHH"
            expected += _RTATTR(data, first - 4)
            at = first
            if number in self._table:
                name, read = self._table[number]
                fields.append((name, read, first - start))
        return _Layout(Struct(pattern), tuple(expected), tuple(fields))


class Link(NamedTuple):
    """A network device, as far as the collection cares."""

    ifindex: int
    name: str
    flags: int
    attributes: dict[int, Span]
    data: Any
    # ARPHRD_*: what a bridge takes is Ethernet.
    hardware: int = c.ARPHRD_ETHER

    def u32(self, number: int) -> int:
        """An attribute of four bytes, 0 if it is not there."""
        span = self.attributes.get(number)
        return _U32(self.data, span.start)[0] if span else 0

    def text(self, number: int) -> str:
        """An attribute that is text, "" if it is not there."""
        span = self.attributes.get(number)
        return text(self.data, span) if span else ""

    def switch(self, number: int) -> bool:
        """A switch of one byte in IFLA_INFO_DATA."""
        span = self.info()[1].get(number)
        return bool(span and self.data[span.start])

    def address(self) -> str:
        """The MAC address; empty where the device has none."""
        span = self.attributes.get(c.IFLA_ADDRESS)
        return mac_from_bytes(bytes(self.data[span.start : span.end])) if span else ""

    def has_xdp(self) -> bool:
        """Whether an XDP program gets its frames first (IFLA_XDP_ATTACHED)."""
        span = self.attributes.get(c.IFLA_XDP)
        found = index_attributes(self.data, span.start, span.end) if span else {}
        return c.IFLA_XDP_ATTACHED in found and self.data[found[c.IFLA_XDP_ATTACHED].start] != 0

    def port_options(self) -> Span | None:
        """The nest of IFLA_BRPORT_*, if the device is a port of a bridge."""
        span = self.attributes.get(c.IFLA_LINKINFO)
        inner = index_attributes(self.data, span.start, span.end) if span else {}
        if c.IFLA_INFO_SLAVE_KIND not in inner or text(self.data, inner[c.IFLA_INFO_SLAVE_KIND]) != "bridge":
            return None
        return inner.get(c.IFLA_INFO_SLAVE_DATA)

    def info(self) -> tuple[str, dict[int, Span]]:
        """Kind ("" for a physical device) and the attributes of IFLA_INFO_DATA."""
        span = self.attributes.get(c.IFLA_LINKINFO)
        if not span:
            return "", {}
        inner = index_attributes(self.data, span.start, span.end)
        kind = text(self.data, inner[c.IFLA_INFO_KIND]) if c.IFLA_INFO_KIND in inner else ""
        data = inner.get(c.IFLA_INFO_DATA)
        return kind, index_attributes(self.data, data.start, data.end) if data else {}


def text(data: Any, span: Span) -> str:
    """A string attribute without its terminator."""
    return bytes(data[span.start : span.end]).split(b"\0", 1)[0].decode("utf-8", "replace")


def link(data: Any, start: int, end: int) -> Link:
    """RTM_NEWLINK from behind its header."""
    family, hardware, index, flags, change = _IFINFOMSG(data, start)
    found = index_attributes(data, start + 16, end)
    name = text(data, found[c.IFLA_IFNAME]) if c.IFLA_IFNAME in found else ""
    return Link(index, name, flags, found, data, hardware)


def link_kind(each: Link) -> str:
    """The kind in the user's words: the kernel calls a tap and a tun device alike."""
    kind, data = each.info()
    if kind == "tun":
        span = data.get(c.IFLA_TUN_TYPE)
        return "tap" if span and each.data[span.start] == c.TUN_TYPE_TAP else "tun"
    return kind


def device_fields(each: Link) -> dict[str, Value]:
    """What every device has."""
    return {"mtu": each.u32(c.IFLA_MTU), "address": each.address(), "up": bool(each.flags & c.IFF_UP)}


def macvtap_mode(each: Link) -> str:
    """IFLA_MACVLAN_MODE is one bit a mode, in the order of MACVTAP_MODES."""
    span = each.info()[1].get(c.IFLA_MACVLAN_MODE)
    bits = _U32(each.data, span.start)[0] if span else 0
    return MACVTAP_MODES[bits.bit_length() - 1] if 0 < bits < 1 << len(MACVTAP_MODES) else ""


_BRIDGE_READERS = readers(BRIDGE, "IFLA_BR_")
_BOOLOPTS = {field.name: field.natives[LINUX].bit for field in BRIDGE.fields.values() if field.natives[LINUX].bit is not None}


def bridge_fields(each: Link) -> tuple[dict[str, Value], frozenset[int], int]:
    """Fields of a bridge, the attribute numbers seen, and the mask of the switches that the kernel knows."""
    info = each.info()[1]
    fields = device_fields(each)
    fields["promiscuous"] = bool(each.flags & c.IFF_PROMISC)
    for number, span in info.items():
        if number in _BRIDGE_READERS:
            name, read = _BRIDGE_READERS[number]
            fields[name] = read(each.data, span.start)
    mask = 0
    if c.IFLA_BR_MULTI_BOOLOPT in info:
        values, mask = _BOOLOPT(each.data, info[c.IFLA_BR_MULTI_BOOLOPT].start)
        fields.update({name: bool(values >> bit & 1) for name, bit in _BOOLOPTS.items() if bit is not None and mask >> bit & 1})
    return fields, frozenset(info), mask


class Port(NamedTuple):
    """A port as the AF_BRIDGE dump tells of it."""

    ifindex: int
    name: str
    master: int
    flags: int
    address: str
    fields: dict[str, Value]


class PortReader:
    """Reads AF_BRIDGE messages, only of one bridge unless C(master) is None, and only the wanted fields."""

    def __init__(self, master: int | None, wanted: frozenset[str] | None, addresses: bool = False) -> None:
        self.master = master
        self.addresses = addresses
        self._nests = NestReader(readers(PORT, "IFLA_BRPORT_", wanted))
        self._unset = {name: value for name, value in UNSET.items() if wanted is None or name in wanted}
        self.seen: set[int] = set()

    def port(self, data: Any, start: int, end: int) -> Port | None:
        """The port, or None for another bridge's and for what is none: the bridge's own entry."""
        if self.master is not None and self._is_foreign(data, start + 16, end):
            return None
        family, hardware, index, flags, change = _IFINFOMSG(data, start)
        master, name, address, options = 0, "", "", None
        for number, first, last in walk(data, start + 16, end):
            if number == c.IFLA_MASTER:
                master = _U32(data, first)[0]
            elif number == c.IFLA_IFNAME:
                name = bytes(data[first : last - 1]).decode("utf-8", "replace")
            elif number == c.IFLA_ADDRESS and self.addresses:
                address = mac_from_bytes(data[first:last])
            elif number == c.IFLA_PROTINFO:
                options = (first, last)
        if options is None or not master or master == index:
            return None
        return Port(index, name, master, flags, address, self.options(data, *options))

    def _is_foreign(self, data: Any, start: int, end: int) -> bool:
        """Name and master come first (br_fill_ifinfo), so thousands of other bridges' ports cost next to nothing."""
        size, number = _RTATTR(data, start)
        at = start + ((size + 3) & ~3)
        if number == c.IFLA_IFNAME and at + 8 <= end and _RTATTR(data, at)[1] == c.IFLA_MASTER:
            return bool(_U32(data, at + 4)[0] != self.master)
        return all(number != c.IFLA_MASTER or _U32(data, first)[0] != self.master for number, first, last in walk(data, start, end))

    def options(self, data: Any, start: int, end: int) -> dict[str, Value]:
        """The options of a port from its nest of IFLA_BRPORT_*."""
        if not self.seen:
            self.seen.update(number for number, first, last in walk(data, start, end))
        return {**self._unset, **self._nests.read(data, start, end)}


def vlans(data: Any, start: int, end: int) -> tuple[int, int, dict[int, dict[str, Value]]]:
    """Index, master and VLANs of one AF_BRIDGE message that was asked for with RTEXT_FILTER_BRVLAN_COMPRESSED."""
    index = _IFINFOMSG(data, start)[2]
    found = index_attributes(data, start + 16, end)
    master = _U32(data, found[c.IFLA_MASTER].start)[0] if c.IFLA_MASTER in found else index
    span = found.get(c.IFLA_AF_SPEC)
    infos = [] if span is None else _vlan_infos(data, span)
    return index, master, expand_vlans(infos)


def _vlan_infos(data: Any, span: Span) -> list[tuple[int, int]]:
    return [(_U16(data, first)[0], _U16(data, first + 2)[0]) for number, first, last in walk(data, span.start, span.end) if number == c.IFLA_BRIDGE_VLAN_INFO]


def expand_vlans(infos: Iterable[tuple[int, int]]) -> dict[int, dict[str, Value]]:
    """(flags, vid) pairs with range marks to one mapping a VLAN."""
    table: dict[int, dict[str, Value]] = {}
    begin = None
    for flags, vid in infos:
        if flags & c.BRIDGE_VLAN_INFO_RANGE_BEGIN:
            begin = vid
            continue
        first = begin if flags & c.BRIDGE_VLAN_INFO_RANGE_END and begin is not None else vid
        begin = None
        for each in range(first, vid + 1):
            table[each] = {"pvid": bool(flags & c.BRIDGE_VLAN_INFO_PVID), "untagged": bool(flags & c.BRIDGE_VLAN_INFO_UNTAGGED)}
    return table


class FdbEntry(NamedTuple):
    """One entry of the forwarding database."""

    ifindex: int
    master: int
    address: str
    vlan: int
    kind: str
    sticky: bool


def fdb_entry(data: Any, start: int, end: int) -> FdbEntry | None:
    """An entry of a bridge; None for addresses of a device's own filter list, which have no master."""
    family, pad, index, state, flags, kind = _NDMSG(data, start)
    found = index_attributes(data, start + 12, end)
    if c.NDA_MASTER not in found or c.NDA_LLADDR not in found:
        return None
    lladdr = found[c.NDA_LLADDR]
    vlan = _U16(data, found[c.NDA_VLAN].start)[0] if c.NDA_VLAN in found else 0
    return FdbEntry(
        index,
        _U32(data, found[c.NDA_MASTER].start)[0],
        mac_from_bytes(bytes(data[lladdr.start : lladdr.end])),
        vlan,
        _fdb_kind(state, flags),
        bool(flags & c.NTF_STICKY),
    )


def _fdb_kind(state: int, flags: int) -> str:
    if flags & c.NTF_EXT_LEARNED:
        return "extern_learn"
    if state & c.NUD_PERMANENT:
        return "local"
    return "static" if state & c.NUD_NOARP else "dynamic"


class Route(NamedTuple):
    """A route as the guard needs it."""

    prefix: int
    oif: int
    gateway: bytes
    table: int
    kind: int


def route(data: Any, start: int, end: int) -> list[Route]:
    """A route, one item for each next hop."""
    prefix, table, kind = data[start + 1], data[start + 4], data[start + 7]
    found = index_attributes(data, start + 12, end)
    if c.RTA_MULTIPATH in found:
        return _next_hops(data, found[c.RTA_MULTIPATH], prefix, table, kind)
    return [_hop(data, found, prefix, table, kind, 0)]


def _hop(data: Any, found: Mapping[int, Span], prefix: int, table: int, kind: int, oif: int) -> Route:
    gateway = found.get(c.RTA_GATEWAY)
    if c.RTA_OIF in found:
        oif = _U32(data, found[c.RTA_OIF].start)[0]
    return Route(prefix, oif, bytes(data[gateway.start : gateway.end]) if gateway else b"", table, kind)


def _next_hops(data: Any, span: Span, prefix: int, table: int, kind: int) -> list[Route]:
    hops = []
    at = span.start
    while at + 8 <= span.end:
        size = _U16(data, at)[0]
        if size < 8:
            break
        inner = index_attributes(data, at + 8, at + size)
        hops.append(_hop(data, inner, prefix, table, kind, _S32(data, at + 4)[0]))
        at += (size + 3) & ~3
    return hops


def neighbour(data: Any, start: int, end: int) -> tuple[int, bytes, str]:
    """Interface index, address and MAC of an ARP or ND entry; an empty MAC if it is not resolved."""
    index = _NDMSG(data, start)[2]
    found = index_attributes(data, start + 12, end)
    address = found.get(c.NDA_DST)
    lladdr = found.get(c.NDA_LLADDR)
    return (index, bytes(data[address.start : address.end]) if address else b"", mac_from_bytes(bytes(data[lladdr.start : lladdr.end])) if lladdr else "")
