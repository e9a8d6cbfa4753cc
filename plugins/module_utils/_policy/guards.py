# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""THE table of guards: a row has all that is said of one but its rules, which are chains in _nftables/ruleset.py or a program in _bpf. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Container, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, REJECT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.quality import APPROXIMATE, NOT_LOOKED_AT, UNSUPPORTED, Word

# What checks a guard on Linux.
NFTABLES, PROGRAM = "nftables", "program"
# An advanced option of an ESXi host.
BPDU_OPTION = "Net.BlockGuestBPDU"


def _unseen(why: str) -> dict[str, Word]:
    """Of what no virtual switch of ESXi looks at."""
    return {REJECT: Word(UNSUPPORTED, why), ACCEPT: NOT_LOOKED_AT}


@dataclass(frozen=True)
class Guard:
    """One guard. Its sentences are without a full stop, but those of C(documentation)."""

    name: str
    # What a guest can do where the guard does not reject.
    danger: str
    # The value that each profile gives it.
    profiles: Mapping[str, str]
    # How it is enforced on a Linux bridge.
    linux: str
    # What its two values become on ESXi.
    esxi: Mapping[str, Word]
    # What the modules that take guards say of V(reject): paragraphs in Ansible's markup. Other options are named without a path.
    documentation: tuple[str, ...]
    checked_by: str = NFTABLES
    # Whether it looks into the payload of frames, so that the port sends none that can't be looked into.
    looks_inside: bool = False
    # Whether it compares with the guest's MAC and IP addresses, which must be known then.
    compares: bool = False
    # Options of the port that it needs beside its rules, where the kernel has them.
    port_options: Mapping[str, int] = field(default_factory=dict)
    # Added to the remedy that the audit names.
    unless: str = ""


ROWS: tuple[Guard, ...] = (
    Guard(
        "arp",
        danger="The guest can claim the IPv4 addresses of others by ARP and draw their traffic to itself",
        profiles={"guest": REJECT, "router": REJECT, "nested_hypervisor": ACCEPT},
        looks_inside=True,
        compares=True,
        linux="sender addresses of ARP must be the guest's, of probes the target; RARP only for its own address",
        esxi=_unseen("virtual switches don't look into ARP; NSX does (SpoofGuard)"),
        documentation=(
            "V(reject) drops ARP from other sender addresses than C(macs) and C(addresses) of the port, probes for addresses of others, and RARP other"
            " than the announcement of the guest's own address.",
        ),
    ),
    Guard(
        "neighbor",
        danger="The guest can claim the IPv6 addresses of others by neighbour discovery, or keep them from being used",
        profiles={"guest": REJECT, "router": REJECT, "nested_hypervisor": ACCEPT},
        looks_inside=True,
        compares=True,
        linux="targets of advertisements and detections, sources and link-layer options must be the guest's; only the known forms of these messages pass",
        esxi=_unseen("virtual switches don't look into IPv6 neighbour discovery; NSX does (SpoofGuard)"),
        documentation=(
            "V(reject) drops IPv6 neighbour discovery with a target, a source or a link-layer address that is not the guest's, and every form of these"
            " messages that honest hosts do not send: with extension headers, in fragments, with further options.",
        ),
    ),
    Guard(
        "ip_source",
        danger="The guest can send from the IP addresses of others",
        # A router forwards frames from foreign addresses.
        profiles={"guest": REJECT, "router": ACCEPT, "nested_hypervisor": ACCEPT},
        looks_inside=True,
        compares=True,
        linux="IPv4 and IPv6 sources must be the guest's, save for what gets a guest its first address; its link-local addresses are made from macs",
        esxi=_unseen("virtual switches don't compare IP addresses; NSX does (SpoofGuard)"),
        documentation=(
            "V(reject) drops IPv4 and IPv6 from other addresses than C(addresses) of the port and the link-local ones that are made from its C(macs), which"
            " it needs too. What a guest sends to get its first address passes.",
        ),
    ),
    Guard(
        "router_advertisement",
        danger="The guest can make itself the router of the others, and have all multicast sent to itself",
        # A router tells hosts about itself.
        profiles={"guest": REJECT, "router": ACCEPT, "nested_hypervisor": REJECT},
        looks_inside=True,
        port_options={"mcast_router": 0},
        linux="router advertisements, redirects, IGMP and MLD queries, PIM, DVMRP, RGMP, router discovery, and VRRP and CARP of who shares no address are "
        "dropped, the bridge never takes the port for that of a multicast router, and the port reports 64 groups at once and 15 more a minute (by "
        "reports of several groups, or with sources, 2,000 bytes of IGMP and 5,200 of MLD, and 400 and 1,200 more a minute), as a bridge that has heard "
        "of too many ends snooping, and then all hear all",
        esxi=_unseen("virtual switches don't look into router advertisements; NSX does (segment security profiles)"),
        documentation=(
            "V(reject) drops router advertisements, redirects and router discovery of both IP versions, and what makes a switch take the port for that of a"
            " multicast router: queries (IGMP, MLD), PIM, DVMRP, RGMP and multicast router discovery; and VRRP and CARP of who shares no address. The port"
            " option C(mcast_router) becomes V(0).",
        ),
    ),
    Guard(
        "dhcp_server",
        danger="The guest can give the others addresses, routers and name servers by DHCP and PPPoE",
        # A router may serve or relay DHCP.
        profiles={"guest": REJECT, "router": ACCEPT, "nested_hypervisor": REJECT},
        looks_inside=True,
        linux="UDP from port 67 or 547, to port 68 or 546, and to port 67 or 547 other than a client's requests is dropped, as are requests of a relay, of "
        "other hardware than Ethernet and in fragments; with ip_source a request must bear the guest's hardware address and its address or none; and so "
        "is what an access concentrator of PPPoE says to those who look for one",
        esxi=_unseen("virtual switches don't look into DHCP; NSX does (segment security profiles)"),
        documentation=(
            "V(reject) drops what DHCP and DHCPv6 servers and relays send: UDP from port 67 or 547, to port 68 or 546, and to port 67 or 547 whatever is not"
            " the request of a client. With C(ip_source) V(reject) too, a DHCP request must bear a hardware address of the guest. Of PPPoE it drops what an"
            " access concentrator says to those who look for one (PADO, PADS).",
        ),
    ),
    Guard(
        "bpdu",
        danger="The guest can become the root of a spanning tree, or have the physical switch shut the port of the host",
        profiles={"guest": REJECT, "router": REJECT, "nested_hypervisor": REJECT},
        linux="STP, RSTP, MSTP, provider STP, PVST+ and what is tunnelled as such are dropped, and what decides over rings and "
        "paths as they do: G.8032 and fault management, MRP, DLR, TRILL, FabricPath, the supervision of PRP and HSR; and under any address what is "
        "between the ends of a cable: MAC control, LACP, LLDP, EAPOL, edge control, stream reservation, congestion notification, Realtek's remote "
        "control, configuration tests",
        esxi={
            REJECT: Word(
                APPROXIMATE, "of all guests of the host, whichever group asks for it; told in a warning where the switches don't all ask", f"`{BPDU_OPTION}: 1`"
            ),
            ACCEPT: Word(APPROXIMATE, "of all guests of the host; refused where another switch or group of the document rejects", f"`{BPDU_OPTION}: 0`"),
        },
        documentation=(
            "V(reject) drops STP, RSTP, MSTP, provider STP, PVST+ and tunnelled ones. Without nftables, and only on a bridge that runs STP, the port option"
            " C(guard) is used instead, which shuts the port at the first BPDU.",
        ),
    ),
    Guard(
        "vlan_tags",
        danger="The guest can choose by tags to which VLAN its frames belong, where the uplink carries several",
        profiles={"guest": REJECT, "router": REJECT, "nested_hypervisor": ACCEPT},
        linux="every tagged frame is dropped, those of VLAN 0, 802.1CB, HSR, TrustSec and congestion notification among them, and the registration of VLANs, "
        "groups and services (GVRP, MVRP, MMRP, MIRP)",
        esxi=_unseen("no setting of a virtual switch drops tagged frames; the audit reports groups that hand VLANs to their guests"),
        documentation=("V(reject) drops every tagged frame, those of VLAN 0 and stacked tags among them, and the registration of VLANs (GVRP, MVRP).",),
    ),
    Guard(
        "partial_checksum",
        danger="The guest can have two bytes of its choice written into its frames behind all rules, and so speak as others to whoever hears it without "
        "checksum offload, and hide DHCP of others in packets that the host cuts",
        profiles={"guest": REJECT, "router": REJECT, "nested_hypervisor": REJECT},
        checked_by=PROGRAM,
        linux="a program at the port's ingress (eBPF) drops a frame whose checksum the guest leaves to the host, unless it starts at the frame's own TCP or "
        "UDP header and is written into it, or lies in what no guard looks into (tunnels, SCTP): nftables can't see where it will be written, and "
        "who transmits without checksum offload writes it there behind all rules; and DHCP and fragments that the host is to cut into several "
        "packets (USO, UFO), of which nftables sees but one",
        esxi=_unseen("no setting of a virtual switch bounds where a host writes the checksum that a guest leaves to it"),
        documentation=(
            "V(reject) drops frames whose checksum the guest leaves to the host (C(VIRTIO_NET_HDR_F_NEEDS_CSUM)) to be written elsewhere than into their own"
            " TCP or UDP header, by a program (eBPF) at the port's ingress: nftables can't see that, and where the receiver's port has no checksum offload"
            " two bytes of the guest's choice are written there behind all rules. What tunnels and SCTP need passes.",
            "It needs a kernel that describes its types (C(/sys/kernel/btf/vmlinux)) and takes such programs. Where it does not, a profile goes on without"
            " this guard and the task says so, in RV(ports.enforcement) and a warning; V(reject) written out is refused.",
        ),
        unless="; of a kernel that can't the task says so, and docs/policy.md says which receivers are safe all the same",
    ),
)

# In the order of the documentation.
GUARDS: tuple[str, ...] = tuple(row.name for row in ROWS)
# The one that no rule of nftables can check. A second one needs a program of its own, and whoever asks for "the" program must then say which.
(BY_PROGRAM,) = (row.name for row in ROWS if row.checked_by == PROGRAM)
# What nftables checks for a port: beside guards the addresses of frames, which policies have it compare.
FILTER_GUARDS: tuple[str, ...] = ("source_mac", *(row.name for row in ROWS if row.checked_by == NFTABLES), "destination_mac")
INSPECTING: tuple[str, ...] = tuple(row.name for row in ROWS if row.looks_inside)
COMPARING: tuple[str, ...] = tuple(row.name for row in ROWS if row.compares)


def of_profile(profile: str) -> dict[str, str]:
    """What a profile gives each guard. One of which a row says nothing is left out, which a test refuses."""
    return {row.name: row.profiles[profile] for row in ROWS if profile in row.profiles}


def port_options(rejecting: Container[str]) -> dict[str, int]:
    """What the rows of these guards ask of a port."""
    return {option: value for row in ROWS if row.name in rejecting for option, value in row.port_options.items()}
