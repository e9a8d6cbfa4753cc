# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The ledger of promiscuity: each count of the kernel's counter to who holds it. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import Device, Evidence, PacketSocket, Process
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

SWITCHES = frozenset(("bridge", "openvswitch"))
MACVLANS = frozenset(("macvlan", "macvtap"))


class Entry(NamedTuple):
    """One line of a ledger."""

    source: str
    holds: int
    detail: str
    # The other device, if one takes part: the bridge, the macvlan device, ...
    device: str = ""
    socket: PacketSocket | None = None
    # Why it is expected; "" if nobody declared it.
    reason: str = ""


class Ledger(NamedTuple):
    """The entries of one device and what they leave of its counter."""

    entries: tuple[Entry, ...]
    unexplained: int


class Extra(NamedTuple):
    """What the user declares."""

    match: str
    limit: int
    reason: str
    # What it is bound to; with neither it covers the administrator and what nobody explains.
    executable: str
    device: str

    def covers(self, entry: Entry) -> bool:
        """Whether it can cover the entry."""
        if entry.socket:
            return _is_of(entry.socket, self)
        if self.device:
            return bool(entry.device) and fnmatchcase(entry.device, self.device)
        return entry.source == "administrator" and not self.executable


def extra(item: Mapping[str, Any]) -> Extra:
    """An item of the option C(expected), checked."""
    for name in ("match", "reason"):
        if not item[name].strip():
            raise InputError(f"expected: {name} is empty; {'name an interface or pattern' if name == 'match' else 'say why it is expected'}.")
    if not normalize.is_glob(item["match"]):
        normalize.device_name(item["match"], "expected: match")
    if item["count"] < 1:
        raise InputError(f"expected: count {item['count']} of {item['match']} is less than 1; leave the item out.")
    for name in ("executable", "device"):
        if item.get(name) == "":
            raise InputError(f"expected: {name} of {item['match']} is empty; give a name or pattern, or leave it out.")
    if item.get("executable") and item.get("device"):
        raise InputError(f"expected: the item for {item['match']} has an executable and a device; make it two items.")
    return Extra(item["match"], item["count"], item["reason"], item.get("executable") or "", item.get("device") or "")


class _Budget:
    """How much of a declared extra is left for one device."""

    def __init__(self, item: Extra) -> None:
        self.item = item
        self.left = item.limit

    def take(self, wanted: int) -> int:
        """As much of it as there is."""
        taken = max(0, min(wanted, self.left))
        self.left -= taken
        return taken


class Books:
    """The ledgers of all devices."""

    def __init__(self, evidence: Evidence, extras: Sequence[Extra]) -> None:
        self.devices = evidence.devices
        self._sockets = evidence.sockets
        self._extras = extras
        self._uppers: dict[str, list[Device]] = {}
        # How many ports of a bridge are "auto ports".
        self._autos: dict[str, int] = {}
        for device in sorted(evidence.devices.values(), key=lambda each: each.name):
            if device.lower:
                self._uppers.setdefault(device.lower, []).append(device)
            if device.master:
                self._autos[device.master] = self._autos.get(device.master, 0) + device.auto

    def ledger(self, device: Device) -> Ledger:
        """First what is certain; then what driver or kernel decide, as far as the counter has room; then what was declared."""
        budgets = [_Budget(each) for each in self._extras if fnmatchcase(device.name, each.match)]
        entries = [_declare(entry, budgets) for entry in self._certain(device)]
        left = device.counter - sum(entry.holds for entry in entries)
        for entry in self._as_it_may_be(device):
            if left > 0:
                entries.append(_declare(entry, budgets))
                left -= entry.holds
        for budget in budgets:
            taken = 0 if budget.item.executable or budget.item.device else budget.take(left)
            if taken:
                entries.append(Entry("expected", taken, budget.item.reason, reason=budget.item.reason))
                left -= taken
        return Ledger(tuple(entries), left)

    def _certain(self, device: Device) -> Iterator[Entry]:
        if device.master and self._bridge_count(device) == "always":
            yield Entry("bridge", 1, f"bridge {device.master} receives all frames of its port", device.master)
        if device.administrator:
            yield Entry("administrator", 1, "set by ip link set promisc on, or by a program that does the same")
        for socket in self._sockets:
            if socket.promiscuous.get(device.name):
                yield Entry("packet_socket", socket.promiscuous[device.name], holder_words(socket), socket=socket)
        for upper in self._uppers.get(device.name, ()):
            if upper.up:
                yield from _of_upper(upper)
        yield from self._of_master(device)

    def _bridge_count(self, device: Device) -> str:
        """br_manage_promisc, net/bridge/br_if.c: C(always), C(driver) where it depends on IFF_UNICAST_FLT of the driver, or C(never)."""
        bridge = self.devices.get(device.master)
        if bridge is None or bridge.kind != "bridge":
            return "never"
        if bridge.counter or not bridge.vlan_filtering:
            return "always"
        autos = self._autos[bridge.name]
        if autos > 1 or (autos == 1 and not device.auto):
            return "always"
        # The bridge then writes its static addresses, the port's own among them, into the filter of the device.
        return "never" if device.synced else "driver"

    def _of_master(self, device: Device) -> Iterator[Entry]:
        master = self.devices.get(device.master)
        if master is None:
            return
        if master.kind == "openvswitch":
            yield Entry("openvswitch", 1, f"Open vSwitch receives all frames of its port ({master.name})", master.name)
        elif master.kind in ("bond", "team") and master.counter and (master.all_members or device.name in master.active):
            yield Entry(master.kind, 1, f"{master.kind} {master.name}, of which it is a member, is promiscuous", master.name)

    def _as_it_may_be(self, device: Device) -> Iterator[Entry]:
        """A device whose driver can't filter unicast addresses (no IFF_UNICAST_FLT) becomes promiscuous in place of it; no interface of the kernel
        tells which drivers can. A device that is down keeps that count until it comes up (__dev_set_rx_mode, net/core/dev.c)."""
        if self._bridge_count(device) == "driver":
            yield Entry("bridge", 1, f"bridge {device.master} receives all frames of its port, as the driver can't filter addresses", device.master)
        names = [each.name for each in self._uppers.get(device.name, ()) if each.kind in MACVLANS and each.up and each.mode != "passthru"]
        if device.filter_list or names:
            users = f" for {', '.join(names)}" if names else ""
            yield Entry("address_filter", 1, f"it has further unicast addresses{users}, and its driver can't filter them", names[0] if names else "")
        for upper in self._uppers.get(device.name, ()):
            # Since 6.15 and in stable kernels a VLAN device passes on the flag while it is down as well ("vlan: don't propagate flags on open").
            if upper.kind == "vlan" and upper.counter and not upper.up:
                yield _propagated(upper)
        if not device.filter_list and not names and not device.up:
            yield Entry("address_filter", 1, "it had further unicast addresses when it went down; the count goes when it comes up")

    def shared(self, device: Device) -> bool:
        """Whether frames of guests pass: a switch, its port, or a device below one."""
        return self.switch_of(device, frozenset()) is not None

    def switch_of(self, device: Device, seen: frozenset[str] = frozenset()) -> Device | None:
        """The switch that the device is or hangs on, if need be through bonds, VLANs and macvlan devices."""
        if device.kind in SWITCHES:
            return device
        around = [self.devices.get(device.master), *self._uppers.get(device.name, ())]
        for each in around:
            if each is not None and each.name not in seen:
                found = self.switch_of(each, seen | {device.name})
                if found is not None:
                    return found
        return None

    def bridged_by(self, device: Device) -> list[tuple[str, str]]:
        """Of a bridge: other switches and the devices by which they have bridged it. An upper device that is no port stands for itself."""
        found = []
        for upper in self._uppers.get(device.name, ()):
            switch = self.switch_of(upper)
            found.append((switch.name if switch else "", upper.name))
        master = self.devices.get(device.master)
        if master is not None:
            switch = self.switch_of(master)
            found.append((switch.name if switch else master.name, device.name))
        return found

    def declared(self, socket: PacketSocket, name: str) -> str:
        """Why a socket is expected at an interface; only executables count, as a process gives itself its name."""
        return next((each.reason for each in self._extras if fnmatchcase(name, each.match) and _is_of(socket, each)), "")


def _of_upper(upper: Device) -> Iterator[Entry]:
    """macvlan_open and macvlan_change_rx_flags, drivers/net/macvlan.c; vlan_dev_change_rx_flags, net/8021q/vlan_dev.c; macsec likewise."""
    if upper.kind in MACVLANS and upper.mode == "passthru":
        if not upper.nopromisc:
            yield Entry("macvlan", 1, f"{upper.kind} {upper.name} passes all its frames through", upper.name)
    elif upper.counter:
        yield _propagated(upper)


def _propagated(upper: Device) -> Entry:
    source = "macvlan" if upper.kind in MACVLANS else upper.kind
    return Entry(source, 1, f"{upper.kind} device {upper.name} above it is promiscuous", upper.name)


def _declare(entry: Entry, budgets: list[_Budget]) -> Entry:
    for budget in budgets:
        if budget.left >= entry.holds and budget.item.covers(entry):
            budget.take(entry.holds)
            return entry._replace(reason=budget.item.reason)
    return entry


def _is_of(socket: PacketSocket | None, item: Extra) -> bool:
    """Whether every process that holds the socket runs the declared executable; one that can't be seen does not."""
    if socket is None or not item.executable or not socket.holders:
        return False
    return all(each.executable and fnmatchcase(each.executable, item.executable) for each in socket.holders)


def holder_words(socket: PacketSocket) -> str:
    """The holders for people."""
    if not socket.holders:
        owner = f" of {socket.user}" if socket.user else ""
        return f"packet socket {socket.inode}{owner}, holder not visible (another PID namespace, a process that this user can't look into, or the kernel)"
    return ", ".join(process_words(each) for each in socket.holders)


def process_words(process: Process) -> str:
    """C(tcpdump (pid 4711) of root)."""
    return f"{process.command or 'a process'} (pid {process.pid})" + (f" of {process.user}" if process.user else "")
