# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Reads the state of a network namespace: one dump of each kind, and single links by name."""

from __future__ import annotations

import errno
import os
import socket
from dataclasses import dataclass
from struct import pack
from typing import Any, Iterable

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import belongings, decode, decode_link, encode, netfilter, spanning_tree
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import LinkFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.probe import Probe
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.quirks import address_pinned, hardware_bus, kernel_hz, virtual_functions
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Observed, State, Value

# Asking for this many links one by one costs about as much as a dump of a thousand.
_SINGLE_LOOKUPS = 64
# Their lower device has no room for a bridge (netdev_rx_handler_register, net/core/dev.c).
_TAKES_FRAMES = frozenset(("macvlan", "macvtap", "ipvlan", "ipvtap", "hsr"))
NETNS_DIR = "/run/netns"
# What if_indextoname(3) answers for a number that no device has.
_NO_DEVICE = (errno.ENXIO, errno.ENODEV)


@dataclass(frozen=True)
class Scope:
    """What to read."""

    # None reads every bridge.
    bridge: str | None = None
    # Devices to look at even if they are no ports; True for all there are.
    links: frozenset[str] = frozenset()
    all_links: bool = False
    ports: bool = False
    # None reads every option; of ports of other bridges only the membership is read.
    port_fields: frozenset[str] | None = None
    vlans: bool = False
    fdb: bool = False
    # Devices whose own state is read even if they are ports of the bridge.
    link_state: frozenset[str] = frozenset()
    # Where the peer of a veth is asked to be, as the user wrote it.
    peer_netns: str = ""
    # What nftables checks for ports; read by the backend that has it.
    filters: bool = False
    # The same for the program at their ingress.
    programs: bool = False
    # What stands in the way of devices that may become ports, and what they lose by it.
    joining: bool = False
    # The host-wide switches of br_netfilter.
    switches: bool = False


class Observer:
    """Keeps the indexes that it saw, so that steps find their devices."""

    def __init__(self, client: Any, probe: Probe) -> None:
        self._client = client
        self._probe = probe
        self._index: dict[str, int] = {}
        self._first_index: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._bridge_index = 0
        self._bridges: frozenset[str] = frozenset()
        self._shadowed: dict[str, dict[str, Value]] = {}
        self._pinned: dict[str, bool | None] = {}

    def observe(self, scope: Scope) -> Observed:
        """Read what the scope speaks of."""
        self._index, self._names, self._bridge_index, self._bridges, self._shadowed, self._pinned = {}, {}, 0, frozenset(), {}, {}
        state: State = {}
        facts: dict[str, LinkFacts] = {}
        addresses: dict[str, str] = {}
        if scope.peer_netns:
            os.close(open_namespace(scope.peer_netns))
        if scope.bridge is None or scope.all_links:
            self._read_all_links(scope, state, facts)
        else:
            self._read_bridge(scope.bridge, state, facts)
        if scope.ports:
            self._read_ports(scope, state, facts, addresses)
        self._read_missing(scope, state, facts)
        self._refuse_other_names(scope)
        unfit, bears = self._read_joining(scope, state, facts)
        self._name_backup_ports(state)
        bridges = self._bridges_of(state)
        if scope.vlans:
            self._read_vlans(state, bridges)
        if scope.fdb:
            self._read_fdb(state, bridges)
        for name, index in self._index.items():
            self._first_index.setdefault(name, index)
        switches = netfilter.switches() if scope.switches else None
        found = {"shadowed": self._shadowed, "pinned": self._pinned, "unfit": unfit, "bears": bears}
        return Observed(state, {"links": facts, "addresses": addresses, "switches": switches, **found})

    def index_of(self, name: str) -> int | None:
        """The interface index; asks the kernel for a device made since the last read."""
        if name not in self._index:
            link = self._get(name)
            if link is None:
                return None
            self._index[name] = link.ifindex
        return self._index[name]

    def forget(self, name: str) -> None:
        """The device was made or deleted: its index is another one."""
        self._index.pop(name, None)
        self._first_index.pop(name, None)

    def is_gone(self, name: str) -> bool:
        """Whether the device that was first seen under this name is not there any more."""
        link = self._get(name)
        return link is None or self._first_index.get(name, link.ifindex) != link.ifindex

    def master_of(self, name: str) -> int:
        """The index of the bridge or bond that has the device now; 0 for none."""
        link = self._get(name)
        return link.u32(c.IFLA_MASTER) if link else 0

    def tap_shape(self, name: str) -> dict[str, Value]:
        """How frames of a tap look to whoever has it open."""
        link = self._get(name)
        return (
            {}
            if link is None
            else {"multi_queue": link.switch(c.IFLA_TUN_MULTI_QUEUE), "pi": link.switch(c.IFLA_TUN_PI), "vnet_hdr": link.switch(c.IFLA_TUN_VNET_HDR)}
        )

    def is_bridge(self, name: str) -> bool:
        """Whether the last read saw a bridge of this name."""
        return name in self._bridges

    def _get(self, name: str) -> decode.Link | None:
        part, answer = self._client.get(c.RTM_GETLINK, encode.get_link(name))
        return decode.link(part.data, part.start, part.end) if part else None

    def _name(self, index: int) -> str:
        if index not in self._names:
            try:
                self._names[index] = socket.if_indextoname(index) if index else ""
            except OSError as error:
                # Any other refusal says nothing of the device. Without room for a further file glibc answers ENOENT.
                if error.errno not in _NO_DEVICE:
                    raise BackendError(f"The name of the interface {index} can't be asked for: {error.strerror}, or too many open files.") from error
                self._names[index] = ""
        return self._names[index]

    def _saw(self, link: decode.Link, facts: dict[str, LinkFacts]) -> str:
        kind = decode.link_kind(link)
        self._index[link.name] = link.ifindex
        self._names[link.ifindex] = link.name
        master = self._name(link.u32(c.IFLA_MASTER))
        elsewhere = c.IFLA_LINK_NETNSID in link.attributes
        lower = "" if elsewhere else self._name(link.u32(c.IFLA_LINK))
        bus = link.text(c.IFLA_PARENT_DEV_BUS_NAME) or ("" if kind else hardware_bus(link.name, link.ifindex))
        facts[link.name] = LinkFacts(
            kind,
            bool(link.flags & c.IFF_UP),
            bool(link.flags & c.IFF_RUNNING),
            master,
            lower,
            elsewhere,
            bus,
            link.text(c.IFLA_PHYS_PORT_NAME),
            link.address(),
            link.u32(c.IFLA_PROMISCUITY),
            virtual_functions(link.name, link.ifindex) if bus == "pci" else 0,
            link.has_xdp(),
        )
        return kind

    def _saw_bridge(self, link: decode.Link, state: State) -> None:
        fields, attributes, boolopts = decode.bridge_fields(link)
        hidden = spanning_tree.shadowed(link, fields)
        if hidden:
            own = spanning_tree.own_timers(link.name, kernel_hz()) if hidden.keys() & set(spanning_tree.TIMERS) else {}
            fields = {**{name: value for name, value in fields.items() if name not in hidden}, **{name: own[name] for name in own if name in hidden}}
            self._shadowed[link.name] = {name: value for name, value in hidden.items() if name not in fields}
        state[("bridge", link.name)] = fields
        self._saw_address(link, state)
        self._bridges |= {link.name}
        self._probe.saw_bridge(attributes, boolopts)

    def _saw_address(self, link: decode.Link, state: State) -> None:
        pinned = self._pinned[link.name] = address_pinned(link.name, link.ifindex)
        if pinned:
            state[("own_address", link.name)] = {"address": link.address()}

    def _saw_device(self, link: decode.Link, kind: str, scope: Scope, state: State) -> None:
        state[("link", link.name)] = self._link_fields(link, kind, scope)
        if kind == "vlan":
            self._saw_address(link, state)

    def _read_bridge(self, name: str, state: State, facts: dict[str, LinkFacts]) -> None:
        link = self._get(name)
        if link is not None and self._saw(link, facts) == "bridge":
            self._saw_bridge(link, state)
            self._bridge_index = link.ifindex

    def _read_all_links(self, scope: Scope, state: State, facts: dict[str, LinkFacts]) -> None:
        links = self._dump_links()
        for link in links:
            self._names[link.ifindex] = link.name
        for link in links:
            kind = self._saw(link, facts)
            if kind == "bridge":
                self._saw_bridge(link, state)
            if scope.all_links or link.name in scope.links:
                self._saw_device(link, kind, scope, state)
        if scope.bridge is not None:
            self._bridge_index = self._index.get(scope.bridge, 0)

    def _dump_links(self) -> list[decode.Link]:
        parts = self._client.dump(c.RTM_GETLINK, encode.get_links(0, c.RTEXT_FILTER_SKIP_STATS))
        return [decode.link(part.data, part.start, part.end) for part in parts]

    def _read_ports(self, scope: Scope, state: State, facts: dict[str, LinkFacts], addresses: dict[str, str]) -> None:
        reader = decode.PortReader(self._bridge_index if scope.bridge is not None else None, scope.port_fields, scope.fdb)
        for part in self._client.dump(c.RTM_GETLINK, encode.get_links(c.AF_BRIDGE, 0)):
            port = reader.port(part.data, part.start, part.end)
            if port is None:
                continue
            self._index[port.name] = port.ifindex
            if scope.fdb:
                addresses[port.name] = port.address
            bridge = self._name(port.master)
            state[("port", port.name)] = {"bridge": bridge, **port.fields}
            if port.name not in facts:
                facts[port.name] = LinkFacts("", bool(port.flags & c.IFF_UP), bool(port.flags & c.IFF_RUNNING), bridge)
        if reader.seen:
            self._probe.saw_port(frozenset(reader.seen))

    def _name_backup_ports(self, state: State) -> None:
        for key, fields in state.items():
            if key[0] == "port" and isinstance(fields.get("backup_port"), int):
                fields["backup_port"] = self._name(int(fields["backup_port"] or 0))

    def _read_missing(self, scope: Scope, state: State, facts: dict[str, LinkFacts]) -> None:
        """Devices that no dump told of yet, and the own state of those that may have to go down."""
        bridge = scope.bridge
        wanted = [
            name
            for name in sorted(scope.links | scope.link_state)
            if ("link", name) not in state and (name in scope.link_state or not self._is_port_of(state, name, bridge))
        ]
        if len(wanted) > _SINGLE_LOOKUPS:
            names = frozenset(wanted)
            found: Iterable[decode.Link | None] = (link for link in self._dump_links() if link.name in names)
        else:
            found = (self._get(name) for name in wanted)
        for link in found:
            if link is not None:
                kind = self._saw(link, facts)
                self._saw_device(link, kind, scope, state)
                if scope.ports:
                    self._read_foreign_port(link, state)

    def _read_joining(self, scope: Scope, state: State, facts: dict[str, LinkFacts]) -> tuple[dict[str, str], dict[str, list[str]]]:
        """Of devices that may become ports: why the kernel would not take them, and the IP addresses that they bear."""
        names = {self._index[name]: name for name in scope.links if name in facts and ("port", name) not in state} if scope.joining else {}
        if not names:
            return {}, {}
        unfit: dict[str, str] = {}
        for link in self._dump_links():
            kind, lower = decode.link_kind(link), link.u32(c.IFLA_LINK)
            if link.ifindex in names and link.hardware != c.ARPHRD_ETHER:
                unfit[link.name] = "it is no Ethernet device"
            elif kind in _TAKES_FRAMES and lower in names and c.IFLA_LINK_NETNSID not in link.attributes:
                unfit[names[lower]] = f"the {kind} device {link.name} hangs on it and takes its frames"
        return unfit, {names[index]: found for index, found in belongings.addresses_by_index(self._client).items() if index in names}

    def _refuse_other_names(self, scope: Scope) -> None:
        """The kernel finds a device by an alternative name too (ip link property), and tells of it by its own one only, by which all is compared."""
        asked = scope.links | scope.link_state | ({scope.bridge} if scope.bridge else set())
        for name in sorted(asked - self._index.keys()):
            link = self._get(name)
            if link is not None and link.name != name:
                raise InputError(f"{name}: it is an alternative name of {link.name}; write {link.name}.")

    def _read_foreign_port(self, link: decode.Link, state: State) -> None:
        """A port of another bridge, with all its options: if it is to move, they must come back should that fail."""
        options = link.port_options()
        if options is not None:
            fields = decode.PortReader(None, None).options(link.data, options.start, options.end)
            state[("port", link.name)] = {"bridge": self._name(link.u32(c.IFLA_MASTER)), **fields}

    @staticmethod
    def _is_port_of(state: State, name: str, bridge: str | None) -> bool:
        return bridge is not None and state.get(("port", name), {}).get("bridge") == bridge

    def _link_fields(self, link: decode.Link, kind: str, scope: Scope) -> dict[str, Value]:
        fields: dict[str, Value] = {"kind": kind, **decode.device_fields(link)}
        if kind == "veth":
            fields.update(self._peer(link, scope.peer_netns))
        elif kind == "tap":
            fields.update(decode_link.tap_fields(link))
        elif kind == "vlan":
            fields.update(lower=self._name(link.u32(c.IFLA_LINK)), **decode_link.vlan_fields(link))
        elif kind == "macvtap":
            fields.update(lower=self._name(link.u32(c.IFLA_LINK)), mode=decode.macvtap_mode(link))
        return fields

    def _peer(self, link: decode.Link, asked: str) -> dict[str, Value]:
        """Name and namespace of a veth's other end; C(nsid N) for a namespace that the user didn't name."""
        index = link.u32(c.IFLA_LINK)
        if c.IFLA_LINK_NETNSID not in link.attributes:
            return {"peer": self._name(index), "peer_netns": asked if asked and _is_own_namespace(asked) else ""}
        raw = link.attributes[c.IFLA_LINK_NETNSID]
        nsid = int.from_bytes(link.data[raw.start : raw.end], "little" if pack("=H", 1)[0] else "big", signed=True)
        body = encode.ifinfomsg(index) + encode.attribute(c.IFLA_TARGET_NETNSID, pack("=i", nsid))
        part, answer = self._client.get(c.RTM_GETLINK, body)
        peer = decode.link(part.data, part.start, part.end).name if part else ""
        return {"peer": peer, "peer_netns": asked if asked and self.namespace_id(asked) == nsid else f"nsid {nsid}"}

    def namespace_id(self, name: str) -> int | None:
        """The number under which this namespace knows the one called C(name)."""
        descriptor = open_namespace(name)
        try:
            body = b"\0\0\0\0" + encode.attribute(c.NETNSA_FD, pack("=i", descriptor))
            part, answer = self._client.get(c.RTM_GETNSID, body)
        finally:
            os.close(descriptor)
        if part is None:
            return None
        span = decode.index_attributes(part.data, part.start + 4, part.end).get(c.NETNSA_NSID)
        return int.from_bytes(part.data[span.start : span.end], "little" if pack("=H", 1)[0] else "big", signed=True) if span else None

    def _bridges_of(self, state: State) -> frozenset[int]:
        """Indexes of the bridges that were asked for, and of those whose ports were."""
        names = {str(fields["bridge"]) for key, fields in state.items() if key[0] == "port"} | self._bridges
        return frozenset(index for index in map(self.index_of, names) if index is not None)

    def _read_vlans(self, state: State, bridges: frozenset[int]) -> None:
        for part in self._client.dump(c.RTM_GETLINK, encode.get_links(c.AF_BRIDGE, c.RTEXT_FILTER_BRVLAN_COMPRESSED)):
            index, master, table = decode.vlans(part.data, part.start, part.end)
            if master not in bridges:
                continue
            bridge, name = self._name(master), self._name(index)
            for vid, flags in table.items():
                state[("vlan", bridge, name, vid)] = flags

    def _read_fdb(self, state: State, bridges: frozenset[int]) -> None:
        for bridge in sorted(bridges):
            for part in self._client.dump(c.RTM_GETNEIGH, encode.get_fdb(bridge)):
                entry = decode.fdb_entry(part.data, part.start, part.end)
                if entry is not None and entry.master == bridge:
                    key = ("fdb", self._name(bridge), entry.address, entry.vlan)
                    state[key] = {"port": self._name(entry.ifindex), "kind": entry.kind, "sticky": entry.sticky}
        _drop_copies(state)


def _drop_copies(state: State) -> None:
    """On a bridge that does not filter VLANs, the kernel writes and deletes an entry without a VLAN for each VLAN of
    its port as well (br_fdb_add, net/bridge/br_fdb.c). These copies follow their original and count for nothing."""
    for key in [key for key in state if key[0] == "fdb" and key[3] != 0]:
        bridge = state.get(("bridge", key[1]), {})
        original = state.get((*key[:3], 0))
        if original is not None and not bridge.get("vlan_filtering") and original["port"] == state[key]["port"]:
            del state[key]


def _is_own_namespace(name: str) -> bool:
    descriptor = open_namespace(name)
    try:
        theirs, ours = os.fstat(descriptor), os.stat("/proc/self/ns/net")
    finally:
        os.close(descriptor)
    return (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino)


def open_namespace(name: str) -> int:
    """A descriptor of a named namespace, or of one given by path."""
    path = name if name.startswith("/") else os.path.join(NETNS_DIR, name)
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in rights.DENIED:
            raise rights.lacking(f"peer_netns {name!r}: opening {path}", "CAP_SYS_PTRACE") from error
        raise InputError(f"peer_netns {name!r} can't be opened at {path}: {error.strerror}; make the namespace first.") from error
