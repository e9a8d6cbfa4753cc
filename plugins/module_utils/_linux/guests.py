# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Which port of a bridge is whose: the guests of a policy document and the devices that they have at the moment. Pure.

libvirt gives a tap the adapter's MAC address with FE as its first octet and refuses adapters whose own begins so (virNetDevTapCreateInBridgePort,
src/util/virnetdevtap.c), and never gives a name like vnet0 again. Proxmox VE names taps after the guest (tap100i0, veth100i0), and where its firewall is on,
another device of that name's is in the bridge (fwpr100p0), see PVE::Network and pve-bridge.
"""

from __future__ import annotations

import re
from typing import Any, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.addresses import macs_of, shared_of
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.select import ports_of
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.document import Group, GuestItem, Switch
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Observed

PENDING, FAIL = "pending", "fail"
_RESERVED = "fe"
_PROXMOX = re.compile(r"(?:tap|veth)(\d+)i(\d+)")
_LIBVIRT = re.compile(r"vnet\d+")


class Found(NamedTuple):
    """Of one switch: the port of each guest that is there, and why each other one has none, as a clause."""

    ports: Mapping[str, str]
    pending: Mapping[str, str]


def check(guest: GuestItem) -> None:
    """Refuse, with InputError, what can't be right on any host."""
    label = f"guest {guest.name}"
    macs_of(guest.macs, label)
    if guest.port is not None:
        if normalize.is_glob(guest.port):
            raise InputError(f"{label}: port {guest.port} is a pattern, and a guest has one device; name that, or leave port out.")
        normalize.device_name(guest.port, f"{label}: port")
    elif not _taps(guest):
        raise InputError(
            f"{label}: no address of its own tells its tap: one that is shared is another's too, and libvirt gives no guest one that begins with fe; add it to "
            "macs, or add port."
        )


def find(switch: Switch, observed: Observed) -> Found:
    """Raises InputError where two ports are for one guest, or two guests for one port."""
    items = [guest for group in switch.groups for guest in group.guests]
    _check_macs(items)
    named = {port.name for group in switch.groups for port in group.ports}
    by_address: dict[str, list[str]] = {}
    for name in ports_of(switch.name, observed) if items else ():
        by_address.setdefault(observed.facts["links"][name].address, []).append(name)
    ports: dict[str, str] = {}
    pending: dict[str, str] = {}
    for guest in items:
        candidates = _by_name(guest, switch.name, observed) if guest.port else _by_address(guest, by_address)
        if not candidates:
            pending[guest.name] = _why_none(guest, switch.name, observed)
            continue
        _check_port(guest, candidates, ports, named)
        _check_tap(guest, candidates[0], observed.facts["links"])
        ports[guest.name] = candidates[0]
    return Found(ports, pending)


def _check_macs(items: Sequence[GuestItem]) -> None:
    """Whatever is on at the moment: the second of two such guests would be refused when it comes."""
    owners: dict[str, str] = {}
    for guest in items:
        for item in guest.macs or ():
            text, shared = normalize.address_item(item, f"guest {guest.name}: macs")
            other = owners.setdefault(normalize.mac(text, f"guest {guest.name}: macs"), guest.name)
            if other != guest.name and not shared:
                raise InputError(f"guest {guest.name}: {text} is named for {other} too; an address is one guest's, unless it stands at each with shared: true.")


def _check_port(guest: GuestItem, candidates: Sequence[str], ports: Mapping[str, str], named: Any) -> None:
    if len(candidates) > 1:
        raise InputError(
            f"guest {guest.name}: {few(candidates)} have its address, and one port is a guest's; write an item for each of its adapters, or remove the device "
            "that is not its own."
        )
    port = candidates[0]
    if port in named:
        raise InputError(f"guest {guest.name}: its port {port} stands in ports too; leave it out there, as it is another guest's when this one is off.")
    other = next((name for name, taken in ports.items() if taken == port), None)
    if other is not None:
        raise InputError(f"guest {guest.name}: {port} is the port of {other} too; check macs and port of both.")


def _check_tap(guest: GuestItem, port: str, links: Mapping[str, Any]) -> None:
    """A name that libvirt gave to somebody else since."""
    if guest.port and _is_libvirts(port, links) and _taps(guest) and links[port].address not in _taps(guest):
        raise InputError(
            f"guest {guest.name}: its port {port} has the address {links[port].address}, which libvirt makes of another guest's; leave port out, as macs tell "
            "its own."
        )


def _devices(guest: GuestItem) -> tuple[str, ...]:
    """By which a guest that is named by its device may be in the bridge."""
    device = str(guest.port)
    proxmox = _PROXMOX.fullmatch(device)
    return (device, f"fwpr{proxmox.group(1)}p{proxmox.group(2)}") if proxmox else (device,)


def _taps(guest: GuestItem) -> tuple[str, ...]:
    shared = shared_of(guest.macs, None, f"guest {guest.name}")
    own = [address for address in macs_of(guest.macs, f"guest {guest.name}") or () if address not in shared]
    return tuple(_RESERVED + address[2:] for address in own if not address.startswith(_RESERVED))


def _by_name(guest: GuestItem, bridge: str, observed: Observed) -> list[str]:
    return [name for name in _devices(guest) if observed.state.get(("port", name), {}).get("bridge") == bridge]


def _by_address(guest: GuestItem, by_address: Mapping[str, Sequence[str]]) -> list[str]:
    return sorted({name for address in _taps(guest) for name in by_address.get(address, ())})


def _why_none(guest: GuestItem, bridge: str, observed: Observed) -> str:
    links: Mapping[str, Any] = observed.facts["links"]
    if guest.port:
        there = [name for name in _devices(guest) if name in links]
        wanted = f"there is no device {' or '.join(_devices(guest))}"
    else:
        taps = _taps(guest)
        # A bridge may have taken the address of its first port.
        there = sorted(name for name, facts in links.items() if facts.address in taps and facts.kind != "bridge")
        wanted = f"no port of {bridge} has the address {' or '.join(taps)}"
    return f"{few(there)} is no port of {bridge}, but {_places(there, links)}" if there else wanted


def _places(names: Sequence[str], links: Mapping[str, Any]) -> str:
    masters = sorted({links[name].master for name in names if links[name].master})
    return f"belongs to {few(masters)}" if masters else "belongs to no bridge"


def settle(found: Mapping[str, Found], missing: str) -> None:
    """Raises InputError where guests that are off are not to be waited for."""
    absent = [f"{name} ({why})" for each in found.values() for name, why in each.pending.items()]
    if absent and missing == FAIL:
        raise InputError(f"guests that are not there: {few(absent)}; start them, or set missing: {PENDING} to harden the others.")


def warnings(switches: Sequence[Switch], found: Mapping[str, Found], observed: Observed) -> list[str]:
    """For guests that nothing holds when they come, and for names that libvirt gives once."""
    told = []
    for switch in switches:
        absent = sorted(found[switch.name].pending)
        if absent and not any(group.quarantine for group in switch.groups):
            told.append(
                f"switch {switch.name}: {few(absent)} pending, and nothing holds what comes until the next run; give a port group the names of guests' ports "
                "in match, with quarantine: true."
            )
        told += [_named_by_libvirt(name, group) for group in switch.groups for name in _given_once(group, observed)]
    return told


def _given_once(group: Group, observed: Observed) -> list[str]:
    links: Mapping[str, Any] = observed.facts["links"]
    names = [*(port.name for port in group.ports), *(guest.port for guest in group.guests if guest.port)]
    return [name for name in names if name in links and _is_libvirts(name, links)]


def _is_libvirts(name: str, links: Mapping[str, Any]) -> bool:
    """Another starter's tap may have an address that begins so by chance."""
    return _LIBVIRT.fullmatch(name) is not None and links[name].kind == "tap" and bool(links[name].address.startswith(_RESERVED))


def _named_by_libvirt(name: str, group: Group) -> str:
    where = f"port group {group.name}: " if group.name else ""
    return f"{where}port {name}: libvirt gives this name to no guest again, and this one another when it restarts; name the guest by its MAC address in guests."


def notes(found: Mapping[str, Found]) -> dict[str, Any]:
    """What the result tells of guests."""
    return {
        "guests": [{"switch": switch, "guest": name, "port": port} for switch, each in found.items() for name, port in each.ports.items()],
        "pending": [{"switch": switch, "guest": name, "reason": why} for switch, each in found.items() for name, why in each.pending.items()],
    }
