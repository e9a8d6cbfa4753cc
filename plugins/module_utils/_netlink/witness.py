# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Reads who makes interfaces promiscuous and what copies or hears frames. What can't be read becomes a gap, never nothing."""

from __future__ import annotations

from struct import pack
from typing import Any, Callable, FrozenSet, Mapping, Tuple, TypeVar

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, RightsError
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import decode, encode, mirrors
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import decode_evidence as read
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import PACKET_SOCKETS, Device, Evidence, Gap, PacketSocket, Program
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.processes import Holders, find_holders, user_name
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.programs import TcxReader, judged

_READS = 5
_T = TypeVar("_T")
Devices = Mapping[int, Device]
Lists = Mapping[int, FrozenSet[str]]
Members = Tuple[read.Membership, ...]


class Witness:
    """What promiscuity_info asks, over sockets of three netlink protocols, bpf(2) and /proc."""

    def __init__(self, client: Any, open_client: Callable[[str], Any] = Client) -> None:
        self._client = client
        self._open = open_client
        self._gaps: list[Gap] = []

    @classmethod
    def open(cls) -> Witness:
        """A witness for the network namespace of the process."""
        return cls(Client())

    def close(self) -> None:
        """Close the socket."""
        self._client.close()

    def read(self) -> Evidence:
        """Everything that belongs to one moment first, as processes come and go."""
        self._gaps = []
        devices, members, lists = self._moment()
        names = {each.ifindex: each.name for each in devices.values()}
        sockets = self._sockets(members, names)
        known = {each.name: _with_list(each, lists.get(each.ifindex, frozenset())) for each in devices.values()}
        traffic = self._try("tc filters", lambda: mirrors.traffic_control(self._client, names)) or mirrors.Traffic([], {}, [])
        for name, kind in traffic.unknown:
            self._gaps.append(Gap(f"actions of a tc filter on {name}", f"filters of the kind {kind} can't be read"))
        rules = self._try("rules of nftables", lambda: self._over("NFTSocket", lambda client: mirrors.nftables(client, names))) or []
        programs = self._programs(names, traffic.programs)
        if any(each.kind == "openvswitch" for each in known.values()):
            self._gaps.append(Gap("mirrors of Open vSwitch", "they are in its own database; list them by 'ovs-vsctl list mirror'"))
        return Evidence(known, sockets, (*traffic.mirrors, *rules), programs, tuple(self._gaps))

    def _try(self, what: str, reader: Callable[[], _T]) -> _T | None:
        try:
            return reader()
        except (BackendError, OSError) as error:
            self._gaps.append(Gap(what, str(error).rstrip(".")))
            return None

    def _over(self, protocol: str, reader: Callable[[Any], _T]) -> _T:
        client = self._open(protocol)
        try:
            return reader(client)
        finally:
            client.close()

    def _moment(self) -> tuple[Devices, Members, Lists]:
        """Devices, sockets and filter lists, read until no counter moved meanwhile."""
        devices = self._devices()
        for attempt in range(_READS):
            self._gaps, before = [], devices
            members: Members = self._try(PACKET_SOCKETS, lambda: self._over("DiagSocket", _members)) or ()
            lists: Lists = self._try("the address filters of interfaces", self._filter_lists) or {}
            devices = self._devices()
            if devices == before:
                return devices, members, lists
        self._gaps.append(Gap("one state of all interfaces", f"they changed during each of {_READS} reads; run it again when the host is quieter"))
        return devices, members, lists

    def _devices(self) -> Devices:
        parts = self._client.dump(c.RTM_GETLINK, encode.get_links(0, c.RTEXT_FILTER_SKIP_STATS))
        links = [decode.link(part.data, part.start, part.end) for part in parts]
        names = {link.ifindex: link.name for link in links}
        return {link.ifindex: read.device(link, names) for link in links}

    def _filter_lists(self) -> Lists:
        found: dict[int, frozenset[str]] = {}
        for part in self._client.dump(c.RTM_GETNEIGH, encode.get_fdb(0)):
            entry = read.filter_entry(part.data, part.start, part.end)
            if entry is not None:
                found[entry[0]] = found.get(entry[0], frozenset()) | {entry[1]}
        return found

    def _sockets(self, members: Members, names: Mapping[int, str]) -> tuple[PacketSocket, ...]:
        inodes = frozenset(each.inode for each in members)
        holders = self._try("the processes that hold packet sockets", lambda: find_holders(inodes)) or Holders({}, 0)
        if holders.denied and inodes - holders.by_inode.keys():
            reason = f"{holders.denied} processes of other users can't be looked into; {rights.remedy()}"
            self._gaps.append(Gap("some of the processes that hold packet sockets", reason))
        return tuple(_socket(each, names, holders) for each in members)

    def _programs(self, names: Mapping[int, str], found: Mapping[str, list[Program]]) -> Mapping[str, list[Program]]:
        merged = {name: [judged(program) for program in programs] for name, programs in found.items()}

        def ask() -> None:
            reader = TcxReader()
            for index, name in sorted(names.items()):
                for program in reader.read(index):
                    merged.setdefault(name, []).append(program)

        self._try("programs attached by tcx", ask)
        return merged


def _members(client: Any) -> Members:
    """struct packet_diag_req: family, protocol, inode, what to show, cookie."""
    body = pack("=BBHIIII", c.AF_PACKET, 0, 0, 0, c.PACKET_SHOW_INFO | c.PACKET_SHOW_MCLIST, 0, 0)
    try:
        parts = client.dump(c.SOCK_DIAG_BY_FAMILY, body)
    except RightsError:
        raise
    except BackendError as error:
        raise BackendError(f"{error} The kernel may lack packet_diag (CONFIG_PACKET_DIAG).") from error
    return tuple(read.packet_socket(part.data, part.start, part.end) for part in parts)


def _with_list(device: Device, addresses: frozenset[str]) -> Device:
    """vxlan lists its forwarding database in place of its filter list."""
    if device.kind == "vxlan":
        return device
    return device._replace(filter_list=bool(addresses), synced=device.address in addresses)


def _socket(each: read.Membership, names: Mapping[int, str], holders: Holders) -> PacketSocket:
    promiscuous = {names.get(index, f"interface {index}"): count for index, count in each.promiscuous.items()}
    bound = names.get(each.bound, f"interface {each.bound}") if each.bound else ""
    user = "" if each.uid is None else user_name(each.uid)
    return PacketSocket(each.inode, each.protocol, each.running, bound, user, promiscuous, holders.by_inode.get(each.inode, ()))
