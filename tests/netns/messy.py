# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host as it is found: Docker, libvirt, Proxmox, VXLAN, STP, os-vif, altnames, bridges that somebody hardened, wholly, half or by hand."""

from __future__ import annotations

import os
import subprocess
from typing import Any, Callable

from .conftest import bridge, ip

GUESTS = "virtnet-messy"
HARDENED = {"profile": "guest", "macs": ["52:54:00:0a:00:01"], "addresses": ["192.0.2.1", "2001:db8::/64"]}


def veth(name: str, master: str, peer: str = "") -> list[str]:
    """Commands for a port and its far end."""
    far = peer or f"p{name}"[:15]
    return [f"link add {name} type veth peer name {far}", f"link set {name} master {master} up", f"link set {far} up"]


def _away(name: str) -> None:
    """Gives a far end to a guest: only then a veth device is one's."""
    if not try_ip(f"link set {name} netns {GUESTS}", f"-n {GUESTS} link set {name} up"):
        raise AssertionError(f"{name} can't leave")


def tap(name: str, master: str, address: str = "") -> list[str]:
    """As QEMU's owner makes it."""
    named = [f"link set {name} address {address}"] if address else []
    return [f"tuntap add {name} mode tap", *named, f"link set {name} master {master} up"]


def try_ip(*commands: str) -> bool:
    """What this kernel may lack."""
    return all(subprocess.run(["ip", *command.split()], capture_output=True, check=False).returncode == 0 for command in commands)


def make(run: Callable[..., Any] | None = None) -> list[str]:
    """Everything in the namespace of the test; returns what this kernel does not have. C(run) is a module that hardens some of it."""
    lacking: list[str] = []
    subprocess.run(["ip", "netns", "add", GUESTS], check=True)
    _docker_and_libvirt(lacking)
    _proxmox_and_others()
    if not try_ip("link add vx0 type vxlan id 7 dstport 4789 local 127.0.0.1", "link set vx0 master overlay up"):
        lacking.append("vxlan")
    if not try_ip("link property add dev vnet0 altname a-guest-with-a-very-long-alternative-name"):
        lacking.append("altnames")
    for name in ("nf_call_iptables", "nf_call_arptables"):
        path = f"/sys/class/net/virbr0/bridge/{name}"
        if os.path.exists(path):
            ip(f"link set virbr0 type bridge {name} 1")
    by_hand()
    for name in ("c1", "c2", "lxc100", "ps1", "qvo1", "ph0", "ph1"):
        _away(name)
    if run is not None:
        hardened(run)
    return lacking


def clear() -> None:
    """The guests' namespace has a name, which outlives the test's own."""
    subprocess.run(["ip", "netns", "del", GUESTS], check=False)


def _docker_and_libvirt(lacking: list[str]) -> None:
    ip(
        "link add docker0 type bridge",
        "link set docker0 up",
        "address add 172.17.0.1/16 dev docker0",
        *veth("veth1a2b3c4", "docker0", "c1"),
        "link set veth1a2b3c4 type bridge_slave hairpin on",
        *veth("veth5d6e7f8", "docker0", "c2"),
        "link add virbr0 type bridge stp_state 1 forward_delay 200",
        "link set virbr0 up",
        *tap("vnet0", "virbr0", "fe:54:00:12:34:56"),
        *tap("vnet1", "virbr0", "fe:54:00:12:34:57"),
    )
    if not try_ip("link add virbr0-nic type dummy", "link set virbr0-nic master virbr0"):
        lacking.append("dummy")
        ip(*veth("virbr0-nic", "virbr0"))


def _proxmox_and_others() -> None:
    ip(
        "link add vmbr0 type bridge",
        "link set vmbr0 up",
        *tap("tap100i0", "vmbr0"),
        *veth("veth100i0", "vmbr0", "lxc100"),
        "link add fwbr101i0 type bridge",
        "link set fwbr101i0 up",
        *tap("tap101i0", "fwbr101i0"),
        *veth("fwln101i0", "fwbr101i0", "fwpr101p0"),
        "link set fwpr101p0 master vmbr0",
        "link add brstp type bridge stp_state 1",
        "link set brstp up",
        *veth("s0", "brstp"),
        *veth("s1", "brstp"),
        "link add qbr1 type bridge ageing_time 0 stp_state 0",
        "link set qbr1 up",
        *tap("tapq1", "qbr1"),
        *veth("qvb1", "qbr1", "qvo1"),
        "link add hub0 type bridge ageing_time 0",
        "link set hub0 up",
        *veth("u0", "hub0"),
        *veth("u1", "hub0"),
        *veth("u2", "hub0"),
        "link add empty0 type bridge",
        "link add overlay type bridge",
        "link set overlay up",
        *tap("tapo1", "overlay"),
        # Names that YAML, nft and our own patterns take for something else.
        "link add yes type bridge",
        "link set yes up",
        *veth("null", "yes"),
        *veth("1e3", "yes"),
        *veth("777", "yes"),
    )
    # ip -batch takes some of these for comments.
    for number, name in enumerate(("x#[}", "{{7}}", "a'b\"c", "caf\u00e9")):
        if not try_ip(f"link add {name} type veth peer name odd{number}", f"link set {name} master yes up"):
            raise AssertionError(f"ip takes no {name}")


def by_hand() -> None:
    """One port locked as a page on the web says, without a table; one half; a static entry that is not sticky."""
    ip("link add hand0 type bridge no_linklocal_learn 1", "link set hand0 up", *veth("h0", "hand0"), *veth("h1", "hand0"), *veth("h2", "hand0"))
    bridge(
        "link set dev h0 locked on learning off flood off isolated on",
        "fdb add 52:54:00:0b:00:01 dev h0 master static sticky",
        "link set dev h1 learning off",
        "fdb add 52:54:00:0b:00:02 dev h1 master static",
    )


def hardened(run: Callable[..., Any]) -> None:
    """By the collection, before: a document with inheritance, guards of a router, quarantine, a guest without IP."""
    ip("link add br0 type bridge", "link set br0 up", *(line for number in range(6) for line in veth(f"g{number}", "br0")), *veth("up0", "br0"))
    ip("link set g4 type bridge_slave isolated on")
    for number in range(6):
        _away(f"pg{number}")
    run(
        "linux_switch_policy",
        switches=[
            {
                "name": "br0",
                "security": {"promiscuous": "reject"},
                "port_groups": [
                    {
                        "name": "guests",
                        "match": ["g*"],
                        "quarantine": True,
                        "profile": "guest",
                        "security": {"promiscuous": "inherit"},
                        "ports": [
                            {"name": "g0", **{name: HARDENED[name] for name in ("macs", "addresses")}},
                            {"name": "g1", "macs": ["52:54:00:0a:00:02"], "addresses": [], "security": {"mac_changes": "inherit"}},
                        ],
                    },
                    {
                        "name": "routers",
                        "profile": "router",
                        "ports": [{"name": "g2", "macs": ["52:54:00:0a:00:03"], "addresses": ["192.0.2.3"], "isolated": True}],
                    },
                    {"name": "nested", "profile": "nested_hypervisor", "ports": [{"name": "g3"}]},
                    {"name": "plain", "security": {"promiscuous": "accept"}, "ports": [{"name": "g4", "security": {"promiscuous": "inherit"}}]},
                ],
            }
        ],
    )
