# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From fields to rtnetlink messages. Pure; the twin of decode."""

from __future__ import annotations

from struct import Struct
from typing import Callable, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.values import mac_to_bytes, pack
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import BRIDGE, LINK, LINUX, PORT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields, Value

Resolve = Callable[[str], int]

_RTATTR = Struct("=HH")
_U16 = Struct("=H")
_U32 = Struct("=I")
_IFINFOMSG = Struct("=BxHiII")
_NDMSG = Struct("=BxHiHBB")
_BOOLOPT = Struct("=II")
_VLAN_INFO = Struct("=HH")
_PADDING = (b"", b"\0\0\0", b"\0\0", b"\0")


class Message(NamedTuple):
    """A request without its header: the client adds length, sequence number and port."""

    type: int
    flags: int
    body: bytes


def attribute(number: int, payload: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    size = 4 + len(payload)
    return _RTATTR.pack(size, number) + payload + _PADDING[size & 3]


def nested(number: int, *parts: bytes) -> bytes:
    """An attribute of attributes. NLA_F_NESTED matters: without it the kernel takes IFLA_PROTINFO
    for the old form, whose first byte is an STP state (br_setlink, net/bridge/br_netlink.c)."""
    return attribute(number | c.NLA_F_NESTED, b"".join(parts))


def ifinfomsg(index: int = 0, family: int = 0, flags: int = 0, change: int = 0) -> bytes:
    """struct ifinfomsg."""
    return _IFINFOMSG.pack(family, 0, index, flags, change)


def get_links(family: int, filter_mask: int, master: int = 0) -> bytes:
    """The body of a link dump; C(master) asks the kernel for the ports of one bridge."""
    body = ifinfomsg(family=family) + attribute(c.IFLA_EXT_MASK, _U32.pack(filter_mask))
    return body + attribute(c.IFLA_MASTER, _U32.pack(master)) if master else body


def get_link(name: str) -> bytes:
    """The body of a request for one link by name."""
    name_attr = attribute(c.IFLA_IFNAME, name.encode() + b"\0")
    return ifinfomsg() + attribute(c.IFLA_EXT_MASK, _U32.pack(c.RTEXT_FILTER_SKIP_STATS)) + name_attr


def get_fdb(bridge: int) -> bytes:
    """The body of an FDB dump of one bridge."""
    return _NDMSG.pack(c.AF_BRIDGE, 0, 0, 0, 0, 0) + attribute(c.NDA_MASTER, _U32.pack(bridge))


def _flag_bits(fields: Fields) -> tuple[int, int]:
    flags = change = 0
    for name, bit in (("up", c.IFF_UP), ("promiscuous", c.IFF_PROMISC)):
        if name in fields:
            change |= bit
            flags |= bit if fields[name] else 0
    return flags, change


def _device_attributes(fields: Fields) -> bytes:
    parts = b""
    if "mtu" in fields:
        parts += attribute(c.IFLA_MTU, _U32.pack(int(fields["mtu"] or 0)))
    if "address" in fields:
        parts += attribute(c.IFLA_ADDRESS, mac_to_bytes(fields["address"]))
    return parts


def _bridge_data(fields: Fields) -> bytes:
    parts: list[bytes] = []
    value_bits = mask_bits = 0
    for name, value in fields.items():
        native = BRIDGE.fields[name].natives[LINUX]
        if native.bit is not None:
            mask_bits |= 1 << native.bit
            value_bits |= (1 << native.bit) if value else 0
        elif native.key.startswith("IFLA_BR_"):
            parts.append(attribute(native.number, pack(BRIDGE.fields[name], value)))
    if mask_bits:
        parts.append(attribute(c.IFLA_BR_MULTI_BOOLOPT, _BOOLOPT.pack(value_bits, mask_bits)))
    return b"".join(parts)


def set_bridge(fields: Fields, index: int) -> Message:
    """Change a bridge. RTM_NEWLINK, as RTM_SETLINK does not look at IFLA_LINKINFO."""
    return Message(c.RTM_NEWLINK, 0, _bridge_body(fields, index, b""))


def new_bridge(name: str, fields: Fields) -> Message:
    """Make a bridge with all its options, or fail if the name is taken."""
    return Message(c.RTM_NEWLINK, c.NLM_F_CREATE | c.NLM_F_EXCL, _bridge_body(fields, 0, attribute(c.IFLA_IFNAME, name.encode() + b"\0")))


def _bridge_body(fields: Fields, index: int, name: bytes) -> bytes:
    flags, change = _flag_bits(fields)
    data = _bridge_data(fields)
    info = b""
    if data or name:
        info = nested(c.IFLA_LINKINFO, attribute(c.IFLA_INFO_KIND, b"bridge\0"), nested(c.IFLA_INFO_DATA, data))
    return ifinfomsg(index, 0, flags, change) + name + _device_attributes(fields) + info


def new_vlan(name: str, lower: int, fields: Fields) -> Message:
    """Make a VLAN interface on a device, or fail if the name is taken."""
    given = {option: fields[option] for option in ("vlan_id", "vlan_protocol") if option in fields}
    data = b"".join(attribute(LINK.fields[option].natives[LINUX].number, pack(LINK.fields[option], value)) for option, value in given.items())
    info = nested(c.IFLA_LINKINFO, attribute(c.IFLA_INFO_KIND, b"vlan\0"), nested(c.IFLA_INFO_DATA, data))
    parts = attribute(c.IFLA_IFNAME, name.encode() + b"\0") + attribute(c.IFLA_LINK, _U32.pack(lower)) + info
    return Message(c.RTM_NEWLINK, c.NLM_F_CREATE | c.NLM_F_EXCL, ifinfomsg() + parts)


def set_link(fields: Fields, index: int) -> Message:
    """Change the device itself: mtu, address, up."""
    flags, change = _flag_bits(fields)
    return Message(c.RTM_SETLINK, 0, ifinfomsg(index, 0, flags, change) + _device_attributes(fields))


def set_master(index: int, master: int) -> Message:
    """Join a bridge, or leave any with 0."""
    return Message(c.RTM_SETLINK, 0, ifinfomsg(index) + attribute(c.IFLA_MASTER, _U32.pack(master)))


def del_link(index: int) -> Message:
    """Delete a device."""
    return Message(c.RTM_DELLINK, 0, ifinfomsg(index))


def port_options(fields: Fields, resolve: Resolve) -> bytes:
    """IFLA_PROTINFO with the given options; the same bytes serve all ports that get the same options."""
    return nested(c.IFLA_PROTINFO, *(attribute(*_port_option(name, value, resolve)) for name, value in fields.items()))


def _port_option(name: str, value: Value, resolve: Resolve) -> tuple[int, bytes]:
    field = PORT.fields[name]
    if field.type == "device":
        value = resolve(str(value)) if value else 0
    return field.natives[LINUX].number, pack(field, value)


def set_port(index: int, options: bytes) -> Message:
    """Change a port's options. Not RTM_NEWLINK with kind bridge_slave: that may ask for a kernel module each time."""
    return Message(c.RTM_SETLINK, 0, ifinfomsg(index, c.AF_BRIDGE) + options)


def flush_port(index: int) -> Message:
    """Delete the entries that a port learned; those that somebody wrote stay (br_fdb_delete_by_port)."""
    return set_port(index, nested(c.IFLA_PROTINFO, attribute(c.IFLA_BRPORT_FLUSH, b"")))


def vlan_flags(fields: Fields) -> int:
    """The flags of struct bridge_vlan_info."""
    pvid = c.BRIDGE_VLAN_INFO_PVID if fields.get("pvid") else 0
    return pvid | (c.BRIDGE_VLAN_INFO_UNTAGGED if fields.get("untagged") else 0)


def change_vlans(index: int, is_bridge: bool, ranges: Sequence[tuple[int, int, int]], delete: bool) -> Message:
    """Add or delete ranges of VLANs (first, last, flags) of a port or of the bridge itself."""
    infos = []
    for first, last, flags in ranges:
        if first == last:
            infos.append((flags, first))
        else:
            infos.append((flags | c.BRIDGE_VLAN_INFO_RANGE_BEGIN, first))
            infos.append((flags | c.BRIDGE_VLAN_INFO_RANGE_END, last))
    parts = [attribute(c.IFLA_BRIDGE_VLAN_INFO, _VLAN_INFO.pack(*info)) for info in infos]
    if is_bridge:
        parts.insert(0, attribute(c.IFLA_BRIDGE_FLAGS, _U16.pack(c.BRIDGE_FLAGS_SELF)))
    body = ifinfomsg(index, c.AF_BRIDGE) + nested(c.IFLA_AF_SPEC, *parts)
    return Message(c.RTM_DELLINK if delete else c.RTM_SETLINK, 0, body)


_FDB_STATES: Mapping[str, int] = {"static": c.NUD_NOARP, "local": c.NUD_PERMANENT, "extern_learn": c.NUD_NOARP, "dynamic": c.NUD_REACHABLE}


def new_fdb(index: int, on_bridge: bool, address: str, vlan: int, fields: Fields) -> Message:
    """Add an entry, or change the one that has the same address and VLAN.

    static is NUD_NOARP: iproute2's default, NUD_PERMANENT, would deliver the frames to the host itself.
    """
    kind = str(fields["kind"])
    flags = c.NTF_SELF if on_bridge else c.NTF_MASTER
    flags |= c.NTF_STICKY if fields.get("sticky") else 0
    flags |= c.NTF_EXT_LEARNED if kind == "extern_learn" else 0
    body = _fdb_body(index, _FDB_STATES[kind], flags, address, vlan)
    return Message(c.RTM_NEWNEIGH, c.NLM_F_CREATE | c.NLM_F_REPLACE, body)


def del_fdb(index: int, on_bridge: bool, address: str, vlan: int) -> Message:
    """Delete an entry."""
    return Message(c.RTM_DELNEIGH, 0, _fdb_body(index, 0, c.NTF_SELF if on_bridge else c.NTF_MASTER, address, vlan))


def _fdb_body(index: int, state: int, flags: int, address: str, vlan: int) -> bytes:
    body = _NDMSG.pack(c.AF_BRIDGE, 0, index, state, flags, 0) + attribute(c.NDA_LLADDR, mac_to_bytes(address))
    return body + attribute(c.NDA_VLAN, _U16.pack(vlan)) if vlan else body
