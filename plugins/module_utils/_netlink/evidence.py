# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What was seen of a host beside the state that can be set: who hangs on its ports, who hears frames, what copies or stops them. Plain data."""

from __future__ import annotations

from typing import Mapping, NamedTuple

# What Gap.what says of them.
PACKET_SOCKETS = "packet sockets"

# The option of a bridge to the switch of the network namespace; either is enough (br_nf_pre_routing, net/bridge/br_netfilter_hooks.c).
SWITCHES = {"nf_call_iptables": "bridge-nf-call-iptables", "nf_call_ip6tables": "bridge-nf-call-ip6tables", "nf_call_arptables": "bridge-nf-call-arptables"}


class Program(NamedTuple):
    """A BPF program at an interface: where it hangs (C(xdp driver), C(tc ingress), C(tcx egress)), its number and its name if known."""

    place: str
    id: int
    name: str
    # Whether it is the guard partial_checksum, by its instructions and not by its name.
    guard: bool = False


class Device(NamedTuple):
    """A network device, as far as its promiscuity goes."""

    ifindex: int
    name: str
    # As ip link names it; "" for a physical device, and tap and tun apart.
    kind: str
    up: bool
    running: bool
    address: str
    # IFLA_PROMISCUITY.
    counter: int
    # IFF_PROMISC of ifi_flags, which is what "ip link set promisc on" asked for and nothing else (dev_get_flags, net/core/dev.c).
    administrator: bool
    # The bridge, bond, team or Open vSwitch that it is a member of, and the device below a macvlan, macvtap, VLAN or MACsec device, if that is in
    # this namespace.
    master: str = ""
    lower: str = ""
    # Of a macvlan or macvtap.
    mode: str = ""
    nopromisc: bool = False
    # Of a bridge.
    hub: bool = False
    vlan_filtering: bool = False
    # Of a bridge port: learns or gets floods, "auto port" in net/bridge/br_if.c.
    auto: bool = False
    # Of a bond: which members it makes promiscuous with itself; None for all.
    active: frozenset[str] = frozenset()
    all_members: bool = True
    # Its list of further unicast addresses is not empty; its own address is on it, which only a bridge does that filters in the device.
    filter_list: bool = False
    synced: bool = False
    xdp: tuple[Program, ...] = ()


class Process(NamedTuple):
    """Who holds a socket."""

    pid: int
    command: str
    executable: str
    user: str


class LinkFacts(NamedTuple):
    """What the wishes must know of a device that is not managed as a link."""

    kind: str
    up: bool
    running: bool
    master: str
    # What tells who hangs on a port. The device that IFLA_LINK names, if that is in this network namespace: the other end of a veth, what lies below a
    # VLAN or macvlan device. C(elsewhere): it is in another one.
    lower: str = ""
    elsewhere: bool = False
    # The bus of the hardware: pci, virtio, ...; and what a network card calls the port of one of its functions.
    bus: str = ""
    port_name: str = ""
    address: str = ""
    # IFLA_PROMISCUITY.
    counter: int = 0
    # Virtual functions that a network card has been told to have, as guests are given them.
    functions: int = 0
    # A program of XDP gets its frames before the bridge does.
    xdp: bool = False


class PacketSocket(NamedTuple):
    """An AF_PACKET socket of this network namespace."""

    inode: int
    # The EtherType in host order, 3 (ETH_P_ALL) for all frames; whether it is hooked up at all.
    protocol: int
    running: bool
    # The interface that it is bound to; "" for none, which is all.
    bound: str
    user: str
    # How often it made an interface promiscuous.
    promiscuous: Mapping[str, int]
    holders: tuple[Process, ...] = ()


class Mirror(NamedTuple):
    """A rule that copies or redirects frames."""

    # tc or nft
    by: str
    # mirror, redirect or sample
    verb: str
    # Where the frames are taken; "" where the rule is tied to no interface.
    interface: str
    # ingress or egress, the chain, ...
    place: str
    # Where they go: an interface, or words.
    target: str


class Gap(NamedTuple):
    """Something that could not be read, and why."""

    what: str
    reason: str


class Evidence(NamedTuple):
    """All of it."""

    devices: Mapping[str, Device]
    sockets: tuple[PacketSocket, ...] = ()
    mirrors: tuple[Mirror, ...] = ()
    # By interface: programs other than XDP's.
    programs: Mapping[str, list[Program]] = {}
    gaps: tuple[Gap, ...] = ()


class FilterChain(NamedTuple):
    """A chain of another table that frames of a bridge go through."""

    # nftables or iptables (its own kernel tables, "legacy")
    by: str
    family: str
    table: str
    chain: str
    hook: str
    policy: str
    # Whether a rule of it, or of a chain that it leads to, drops or refuses.
    drops: bool


class Switches(NamedTuple):
    """The host-wide switches of br_netfilter. C(loaded) is None where that is not known, and so is a value; without br_netfilter there are none."""

    loaded: bool | None
    values: Mapping[str, bool | None]
    reason: str = ""

    def overrule(self, option: str, value: object) -> bool:
        """Whether an option is off at a bridge and on all the same."""
        return option in SWITCHES and value is False and self.values[option] is True
