# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is in the lab and how they are wired, as plain data. Addresses are of TEST-NET-1 (RFC 5737)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LAN = "lan"
CONTROLLER = "controller"
PREFIX = "192.0.2."
# Of the virtual router that the second and the third guest of a host are: attacks/ring.py has the same.
SHARED_MAC, SHARED_IP4 = ({"address": address, "shared": True} for address in ("00:00:5e:00:01:07", "203.0.113.7"))


@dataclass(frozen=True)
class Wire:
    """A veth pair: the near end in one host, the far end in another."""

    near_host: str
    near: str
    far_host: str
    far: str
    far_mac: str = ""
    far_addresses: list[str] = field(default_factory=list)
    near_joins: str = ""
    near_mac: str = ""


@dataclass(frozen=True)
class Topology:
    """Hosts in the order in which they start, wires, and what the inventory says of each host."""

    hosts: list[str]
    wires: list[Wire]
    groups: dict[str, dict[str, dict[str, Any]]]


def guest_mac(host: int, guest: int) -> str:
    """Locally administered, as QEMU's are."""
    return f"52:54:00:{host:02x}:00:{guest:02x}"


def tap_mac(mac: str) -> str:
    """As libvirt makes the tap's address of the guest's."""
    return f"fe{mac[2:]}"


def _guest(number: int, port: dict[str, Any]) -> dict[str, Any]:
    """As the document names it. The second and the third are one virtual router: see attacks.share."""
    shared = number in (1, 2)
    macs, addresses = [port["mac"], *([SHARED_MAC] if shared else [])], [*port["addresses"], *([SHARED_IP4] if shared else [])]
    return {"name": port["name"], "macs": macs, "addresses": addresses}


def make(hosts: int, guests: int) -> Topology:
    """The lab of so many KVM hosts with so many guests each."""
    names = [LAN, CONTROLLER]
    wires = [Wire(LAN, "ctl", CONTROLLER, "eth0", "52:54:00:ff:00:01", [f"{PREFIX}1/24", "fd00:5a::1/64"], "lan0")]
    groups: dict[str, dict[str, dict[str, Any]]] = {"controllers": {CONTROLLER: {}}, "kvm_hosts": {}, "guests": {}}
    for host in range(1, hosts + 1):
        name = f"kvm{host}"
        names.append(name)
        wires.append(Wire(LAN, name, name, "uplink", f"52:54:00:fe:00:{host:02x}", [], "lan0"))
        ports = []
        for guest in range(1, guests + 1):
            guest_name = f"guest{(host - 1) * guests + guest}"
            port, mac = f"vnet{guest - 1}", guest_mac(host, guest)
            addresses = [f"{PREFIX}{10 * host + guest}", f"fd00:5a::{host}:{guest}"]
            names.append(guest_name)
            wires.append(Wire(name, port, guest_name, "eth0", mac, [f"{addresses[0]}/24", f"{addresses[1]}/64"], near_mac=tap_mac(mac)))
            ports.append({"name": port, "mac": mac, "guest": guest_name, "addresses": addresses})
            groups["guests"][guest_name] = {"guest_host": name, "guest_port": port, "guest_mac": mac, "guest_addresses": addresses}
        groups["kvm_hosts"][name] = {
            "lab_uplink": "uplink",
            # Of playbooks/audit.yml: its other end is in another network namespace, as a container's is.
            "virtnet_uplink_patterns": ["uplink"],
            "lab_ports": ports,
            # In the form of linux_bridge_fdb's option.
            "lab_entries": [{"address": port["mac"], "port": port["name"]} for port in ports],
            # In the form of linux_switch_policy's ports.
            "lab_guests": [_guest(number, port) for number, port in enumerate(ports)],
            # A master may be beyond it too. Nobody can tell it for an uplink, as its other end is in a namespace; without policies nothing is held there.
            "lab_uplinks": [{"name": "uplink", "macs": [SHARED_MAC], "security": dict.fromkeys(("promiscuous", "mac_changes", "forged_transmits"), "accept")}],
            "lab_address": f"{PREFIX}{200 + host}/24",
        }
    return Topology(names, wires, groups)
