# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""A guest's addresses as users write them, to the canonical text that is compared. Pure."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Sequence, Union

from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

Network = Union[IPv4Network, IPv6Network]


def macs_of(items: Sequence[Any] | None, label: str) -> tuple[str, ...] | None:
    """MAC addresses, the guest's first one first. None where nothing was said."""
    if items is None:
        return None
    found = [normalize.mac(normalize.address_item(item, f"{label}: macs")[0], f"{label}: macs") for item in items]
    for place, address in enumerate(found):
        if address in found[:place]:
            raise InputError(f"{label}: macs names {address} twice; leave one out.")
    return tuple(found)


def shared_of(macs: Sequence[Any] | None, addresses: Sequence[Any] | None, label: str) -> frozenset[str]:
    """Those of both lists that may move between ports, in the form in which they are compared."""
    mine = [normalize.address_item(item, f"{label}: macs") for item in macs or ()]
    theirs = [normalize.address_item(item, f"{label}: addresses") for item in addresses or ()]
    found = {normalize.mac(text, f"{label}: macs") for text, shared in mine if shared}
    return frozenset(found | {joined([_network(text, label)]) for text, shared in theirs if shared})


def addresses_of(items: Sequence[Any] | None, label: str) -> list[Network] | None:
    """IP addresses and prefixes; what a wider one holds is left out. None where nothing was said."""
    if items is None:
        return None
    networks = {_network(normalize.address_item(item, f"{label}: addresses")[0], label) for item in items}
    # Overlapping intervals of one port are refused by the kernel.
    return [each for each in networks if not any(each != other and _holds(other, each) for other in networks)]


def _holds(wider: Network, network: Network) -> bool:
    return wider.version == network.version and wider.supernet_of(network)  # type: ignore[arg-type]


def _network(text: str, label: str) -> Network:
    if "%" in text:
        raise InputError(f"{label}: addresses: {text!r} names an interface behind the %, which is the host's own; leave that away.")
    try:
        network = ip_network(text.strip(), strict=True)
    except ValueError as error:
        raise InputError(f"{label}: addresses: {error}; write an address such as 192.0.2.7, or a prefix such as 2001:db8:1::/64.") from error
    first = network.network_address
    if network.prefixlen == network.max_prefixlen and (first.is_multicast or first.is_unspecified or first.is_loopback or _broadcast(first)):
        raise InputError(f"{label}: addresses: {text} is no address from which a guest sends; name its own.")
    if first.is_multicast:
        raise InputError(f"{label}: addresses: {text} is a multicast prefix; name the guest's own.")
    return network


def _broadcast(address: Any) -> bool:
    return str(address) == "255.255.255.255"


def joined(networks: Sequence[Network]) -> str:
    """As the backend reads it back: single addresses without a prefix length, IPv4 first, in order."""
    ordered = sorted(networks, key=lambda network: (network.version, int(network.network_address), network.prefixlen))
    return ",".join(str(each.network_address) if each.prefixlen == each.max_prefixlen else str(each) for each in ordered)
