# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Checks of a ks.cfg: whether a host can have the address and the name of network. Pure."""

from __future__ import annotations

import ipaddress
from typing import Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import Finding
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.call import Call, finding
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lex import BLANKS

# From here on (RFC 3021 and single addresses) a network has no address of its own and none for broadcasts.
_POINT_TO_POINT = 31


def check_static(call: Call) -> Iterator[Finding]:
    """Of network with a static address. What is no address at all is said as bad-value."""
    ip, gateway = (_address(call.value(name)) for name in ("--ip", "--gateway"))
    network = _network(call)
    for name, address in (("--ip", ip), ("--gateway", gateway)):
        why = _unusable(address, network) if address is not None else None
        if why is not None:
            yield finding("host-address", call.line, f"network: {name}={address} is {why}")
    for server in filter(None, (_address(part) for part in call.value("--nameserver").split(","))):
        why = _unusable(server, None)
        if why is not None and not server.is_loopback:
            yield finding("host-address", call.line, f"network: {server} of --nameserver is {why}")
    if ip is not None and network is not None:
        yield from _gateway(call, ip, gateway, network)
    yield from _name(call)


def _gateway(call: Call, ip: ipaddress.IPv4Address, gateway: ipaddress.IPv4Address | None, network: ipaddress.IPv4Network) -> Iterator[Finding]:
    if gateway is None:
        return
    if gateway == ip:
        yield finding("host-address", call.line, f"network: --gateway={gateway} is the address of the host itself")
    if gateway not in network:
        yield finding("gateway-network", call.line, f"network: --gateway={gateway} is not in {network}")


def _name(call: Call) -> Iterator[Finding]:
    name = call.value("--hostname").strip(BLANKS).lower()
    if name.partition(".")[0] == "localhost":
        yield finding("host-name", call.line, f"network: --hostname={name} is the name that every host has")
    elif _address(name) is not None:
        yield finding("host-name", call.line, f"network: --hostname={name} is an address")


def _address(text: str) -> ipaddress.IPv4Address | None:
    try:
        return ipaddress.IPv4Address(text.strip(BLANKS))
    except ValueError:
        return None


def _network(call: Call) -> ipaddress.IPv4Network | None:
    try:
        return ipaddress.IPv4Interface(f"{call.value('--ip').strip(BLANKS)}/{call.value('--netmask').strip(BLANKS)}").network
    except ValueError:
        return None


def _unusable(address: ipaddress.IPv4Address, network: ipaddress.IPv4Network | None) -> str | None:
    if address.is_unspecified or address in ipaddress.IPv4Network("0.0.0.0/8"):
        return "no address of a host"
    if address.is_multicast:
        return "a multicast address"
    if address.is_loopback:
        return "a loopback address"
    if address in ipaddress.IPv4Network("240.0.0.0/4"):
        return "reserved or for broadcasts"
    if network is not None and network.prefixlen < _POINT_TO_POINT and address in (network.network_address, network.broadcast_address):
        return f"the {'network' if address == network.network_address else 'broadcast'} address of {network}"
    return None
