# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From what a port is allowed to the elements of the table's sets, and back. Pure."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256
from ipaddress import IPv6Address, ip_network
from typing import Any, Dict, Iterable, Mapping, Set

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import FILTER_GUARDS, INSPECTING
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, REJECT, Fields, Value

# Elements of one port: what follows the interface index, by set; "" where nothing does.
Elements = Dict[str, Set[str]]

# So many pairs of a MAC and an IP address of one port are found by one look-up, for each version of IP; a guest with more is looked at by the guards. The
# sets hold 65,535.
_MOST_BINDINGS = 16
# MAC addresses of virtual routers over IPv4 and IPv6 (RFC 5798 section 7.3), whose last byte is their number; CARP has the first, too.
_VIRTUAL = ("00:00:5e:00:01:", "00:00:5e:00:02:")
_ADDRESS_SETS = ("ip4_addresses", "ip4_ranges", "ip6_addresses", "ip6_ranges")
# Each address is met when the table is read, when it is compared and when it is written: texts that are remembered, more than one host has.
_remembered = lru_cache(maxsize=1 << 16)


@_remembered
def link_local(mac: str) -> IPv6Address:
    """The address that an interface makes of its MAC address (modified EUI-64, RFC 4291 appendix A)."""
    raw = bytes.fromhex(mac.replace(":", ""))
    identifier = bytes([raw[0] ^ 2]) + raw[1:3] + b"\xff\xfe" + raw[3:]
    return IPv6Address(b"\xfe\x80" + b"\0" * 6 + identifier)


def split(text: Value) -> list[str]:
    """The parts of a list that is kept as text."""
    return [part for part in str(text or "").split(",") if part]


def elements_of(fields: Fields) -> Elements:
    """Every element of one port."""
    found: Elements = {"ports": {""}}
    for guard in FILTER_GUARDS:
        if fields.get(guard) == REJECT:
            found[f"{guard}_guard"] = {""}
    if any(fields.get(guard) == REJECT for guard in INSPECTING):
        found["inspected"] = {""}
    macs = split(fields.get("macs"))
    if fields.get("shared"):
        found["shared"] = {positions(fields)}
        routers = {f"0x{mac[-2:]}" for mac in shared_macs(fields) if mac.startswith(_VIRTUAL)}
        found["virtual_routers" if routers else "nameless_routers"] = routers or {""}
    if macs:
        found["macs"] = set(macs)
        found["link_layer"] = {"0x" + mac.replace(":", "") for mac in macs}
    derived = set(map(own_address, macs))
    for text in [*split(fields.get("addresses")), *derived]:
        for name, element in _of_address(text):
            found.setdefault(name, set()).add(element)
    _add_bindings(found, derived)
    return found


def _add_bindings(found: Elements, derived: set[str]) -> None:
    """Which address comes from which. Streams are seldom between addresses that hosts make themselves, which would double the elements."""
    for name, addresses in (("bindings4", "ip4_addresses"), ("bindings6", "ip6_addresses")):
        pairs = {f"{mac} . {text}" for mac in found.get("macs", ()) for text in found.get(addresses, set()) - derived}
        if 0 < len(pairs) <= _MOST_BINDINGS:
            found[name] = pairs


@_remembered
def own_address(mac: str) -> str:
    """The text of C(link_local)."""
    return str(link_local(mac))


@_remembered
def _of_address(text: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """The sets of an address or prefix with the element in each: as a source, and as raw bytes inside a message."""
    network = ip_network(text)
    single = network.prefixlen == network.max_prefixlen
    name = f"ip{network.version}_{'addresses' if single else 'ranges'}"
    digits, one, many = (8, "clients", "client_ranges") if network.version == 4 else (32, "targets", "target_ranges")
    first, last = (f"0x{int(address):0{digits}x}" for address in (network.network_address, network.broadcast_address))
    source = str(network.network_address) if single else str(network)
    return (name, source), (one if single else many, first if single else f"{first}-{last}")


def positions(fields: Fields) -> str:
    """Which addresses are shared, by their places in the two lists: as numbers to base 16 whose lowest bit is the first."""
    shared = split(fields.get("shared"))
    masks = (sum(1 << place for place, text in enumerate(split(fields.get(name))) if text in shared) for name in ("macs", "addresses"))
    return ".".join(f"{mask:x}" for mask in masks)


def _at(text: str, fields: Fields) -> str:
    """The other way. What is no such text, as only somebody else can have written it, says nothing."""
    try:
        masks = [int(part, 16) for part in text.split(".")]
    except ValueError:
        return ""
    lists = (split(fields.get(name)) for name in ("macs", "addresses"))
    return ",".join(each for mask, found in zip(masks, lists) for place, each in enumerate(found) if mask >> place & 1)


def shared_macs(fields: Fields) -> list[str]:
    """The MAC addresses that move between ports."""
    shared = split(fields.get("shared"))
    return [mac for mac in split(fields.get("macs")) if mac in shared]


def seal(elements: Mapping[str, Iterable[str]]) -> str:
    """A digest of all elements of one port, which is kept beside its record: a guard that is taken away whole leaves no other trace."""
    return sha256(repr(sorted((name, sorted(values)) for name, values in elements.items())).encode()).hexdigest()[:8]


def fields_of(elements: Mapping[str, set[str]], record: str, sealed: str = "") -> dict[str, Value]:
    """What the elements of one port say. C(intact) is false where they don't belong together, or are not those that were C(sealed).

    Older versions sealed nothing, of which no more is known.
    """
    macs = sorted(elements.get("macs", ()))
    derived = set(map(own_address, macs))
    addresses = {text for name in _ADDRESS_SETS for text in elements.get(name, ())} - derived
    fields: dict[str, Value] = {"macs": ",".join(macs), "addresses": join_addresses(addresses), "record": record}
    fields["shared"] = _at(next(iter(elements.get("shared", ())), ""), fields)
    fields.update({guard: REJECT if f"{guard}_guard" in elements else ACCEPT for guard in FILTER_GUARDS})
    expected = elements_of(fields)
    fields["intact"] = expected.keys() == elements.keys() and all(expected[name] == elements[name] for name in expected)
    fields["intact"] = bool(fields["intact"]) and sealed in ("", seal(elements))
    return fields


def join_addresses(texts: Iterable[str]) -> str:
    """The canonical list: IPv4 before IPv6, each in order. What is no address, as only somebody else can have written it, comes last."""
    return ",".join(sorted(texts, key=_address_order))


@_remembered
def _address_order(text: str) -> tuple[int, int, int, str]:
    try:
        network = ip_network(text)
    except ValueError:
        return 9, 0, 0, text
    return network.version, int(network.network_address), network.prefixlen, text


def parse(name: str, value: Any) -> str:
    """The text of an element behind its index, as C(elements_of) writes it."""
    if isinstance(value, dict) and "prefix" in value:
        return f"{value['prefix']['addr']}/{value['prefix']['len']}"
    if isinstance(value, dict) and "range" in value:
        return "-".join(parse(name, end) for end in value["range"])
    digits = {"link_layer": 12, "targets": 32, "target_ranges": 32, "clients": 8, "client_ranges": 8, "virtual_routers": 2}.get(name)
    if digits is not None:
        return f"0x{int(str(value), 0):0{digits}x}"
    return str(value)
