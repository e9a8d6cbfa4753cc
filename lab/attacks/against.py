# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""By guard: one attack that nothing but the guard stops, and one honest flow that is nearest to what it stops."""

from __future__ import annotations

from typing import NamedTuple


class Pair(NamedTuple):
    """Names of cases of the matrix."""

    attack: str
    honest: str


GUARDS: dict[str, Pair] = {
    "arp": Pair("ARP: reply for a neighbour's address", "ARP: reply"),
    "neighbor": Pair("NA: for a neighbour", "ND: unsolicited advertisement"),
    "ip_source": Pair("IP source: a neighbour's IPv4 address", "IPv4: echo"),
    "router_advertisement": Pair("RA: to one host", "SLAAC: router solicitation"),
    "dhcp_server": Pair("DHCP offer", "DHCP: discover"),
    # A control protocol of the wire, to a guest's address.
    "bpdu": Pair("BPDU", "PTP"),
    # Its header is a tag, and names no VLAN.
    "vlan_tags": Pair("VLAN tag", "MACsec"),
    "partial_checksum": Pair("rewritten: the source of an IPv4 packet", "checksum left to the host: UDP over IPv4"),
}
