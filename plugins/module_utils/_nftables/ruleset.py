# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The nftables table that checks what a bridge can't: its sets, chains and rules as text. Pure.

The rules are the same for every host and port; what differs between ports is elements of sets, so that a thousand ports cost a frame as many look-ups as one.
Ports are known by their interface index: a tap that is made again under the old name has another one and inherits nothing.

"meta protocol" stands before every arp, icmpv6 and frag match: left to itself nft compares the type in the link header, which is that of the tag
where a frame has one, so that such a rule would never look into a tagged frame.
Two "!=" on neighbouring fields never stand in one rule: nft (1.0.6 for one) makes one comparison of both of them, which is true where only one differs.

Only drops are counted, by a counter in the rule; the sum for a guard is that of its rules.

What most frames are is known by one look-up at the top of C(ingress), before any guard: see ethernet.py. What is not so known is not dropped, but looked at.

Every guard ends in a drop after the forms that are known to be honest, as a rule whose field lies beyond the end of a short frame
does not match: the frame must not pass because it could not be read.
"""

from __future__ import annotations

from hashlib import sha256

from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.ethernet import (
    ASKED_ABOUT,
    BPDU_ADDRESSES,
    CONTROL_TYPES,
    DHCP6_REQUESTS,
    DISCOVERY_WORDS,
    EXTENSIONS,
    LINK_LOCAL,
    LLC_TYPES,
    LOOKED_INTO,
    PROVIDER_REGISTRATION,
    REGISTRATION,
    REGISTRATION_TYPES,
    STREAM4,
    STREAM6,
    TAG_TYPES,
    TAGS,
    UNICAST,
    UNREAD,
    UNTAGGED,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.rule import Chain, Rule, mark_of
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import FILTER_GUARDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Key

FAMILY = "bridge"
TABLE = "virtnet_hardening"
# The table as an object of the engine.
RULESET: Key = ("ruleset", TABLE)
# Before the number of a device that is gone, whose name nobody knows any more: the name of what is left of it.
STALE = "ifindex "
# Bridge: dstnat (-300), before the filter tables of others.
PRIORITY = -300

INDEX_SETS: tuple[str, ...] = ("ports", "inspected", *(f"{name}_guard" for name in FILTER_GUARDS), "nameless_routers")

# A set of a known size whose keys are no ranges is a plain hash table in the kernel, which answers faster than one that grows, most of all by an index alone
# (nft_hash_fast_ops, net/netfilter/nft_set_hash.c). It costs 1 MiB each, and holds no more elements than that: only where every frame asks.
_ASKED_OFTEN = " size 65535;"
# Not "type", and no verdict maps: beside these nft 1.1 writes what ends nft 1.0.6 by a segmentation fault, whatever that one is asked about the host.
# nft 1.0.6 knows no "icmpv6 taddr" nor link-layer options, so some sets are of raw bytes: offsets and lengths are in bits.
SETS: dict[str, str] = {
    "switches": "typeof meta iif;",
    "doors": "typeof meta iif;",
    **{name: "typeof meta iif;" + (_ASKED_OFTEN if name == "ports" else "") for name in INDEX_SETS},
    "quarantine": "typeof meta iifname; flags interval;",
    "macs": f"typeof meta iif . ether saddr;{_ASKED_OFTEN}",
    "bindings4": f"typeof meta iif . ether saddr . ip saddr;{_ASKED_OFTEN}",
    "bindings6": f"typeof meta iif . ether saddr . ip6 saddr;{_ASKED_OFTEN}",
    # No rule reads the first: which addresses of a port are shared is its comment. The rule about the second is in sharing.py.
    "shared": "typeof meta iif;",
    "kept_from": "typeof meta iif . ether saddr;",
    "virtual_routers": "typeof meta iif . @th,8,8;",
    "link_layer": "typeof meta iif . @th,208,48;",
    "ip4_addresses": "typeof meta iif . ip saddr;",
    "ip4_ranges": "typeof meta iif . ip saddr; flags interval;",
    "clients": "typeof meta iif . @th,160,32;",
    "client_ranges": "typeof meta iif . @th,160,32; flags interval;",
    "ip6_addresses": "typeof meta iif . ip6 saddr;",
    "ip6_ranges": "typeof meta iif . ip6 saddr; flags interval;",
    "targets": "typeof meta iif . @th,64,128;",
    "target_ranges": "typeof meta iif . @th,64,128; flags interval;",
}

# What the kernel keeps there itself: the groups that a port has joined, for as long as a bridge remembers them (mcast_membership_interval, 260 s) and
# some more, and how many it may still join. No report prolongs what is remembered, or a port could join more and more.
MEMORIES: dict[str, str] = {
    "joined4": "typeof meta iif . @th,32,32; size 65535; flags dynamic,timeout; timeout 5m;",
    "joined6": "typeof meta iif . @th,64,128; size 65535; flags dynamic,timeout; timeout 5m;",
    "joining": "typeof meta iif; size 65535; flags dynamic,timeout; timeout 10m;",
    "reporting4": "typeof meta iif; size 65535; flags dynamic,timeout; timeout 10m;",
    "reporting6": "typeof meta iif; size 65535; flags dynamic,timeout; timeout 10m;",
}
# A bridge that has heard of more than mcast_hash_max groups (4096) ends snooping for good, and then all hear all (br_multicast_new_group,
# net/bridge/br_multicast.c). So a port may join 64 at once and 15 a minute. A report of more than one, or with sources, each of which is an entry of its
# own where the bridge speaks IGMP version 3 or MLD version 2, is bound by its length: 8 and 20 bytes a group, 4 and 16 a source.
_MOST_JOINS = "update @joining { iif limit rate over 15/minute burst 64 packets } drop"
_MOST_REPORTS4 = "update @reporting4 { iif limit rate over 400 bytes/minute burst 1600 bytes } drop"
_MOST_REPORTS6 = "update @reporting6 { iif limit rate over 1200 bytes/minute burst 4000 bytes } drop"

# Beside the names of guards, for what a rule drops: a frame that no guard can look into, and one of a port that is shut.
INSPECTION = "inspection"
QUARANTINE = "quarantine"

# fmt: off
CHAINS: dict[str, Chain] = {
    "local_in": Chain("input", (
        Rule("802.1 frames that reach the host on a way of their own", f"{LINK_LOCAL} iif @ports goto port"),
        Rule("a port that no run has hardened yet", "iif != @ports iifname @quarantine drop", QUARANTINE),
    )),
    # TCP and UDP bear no message of a router or about addresses; UDP may be DHCP (ports 67 and 68, by a mask 64 to 71; 546 and 547). A later fragment may look
    # like any of these, and the guards would let it pass by its addresses, too. IPv6 without extension headers only. IP that is no valid packet has no
    # "meta l4proto".
    "ingress": Chain("prerouting", (
        Rule("one look-up for all ports", "iif != @ports goto strange"),
        Rule("TCP of an own address", f"meta l4proto tcp meta protocol ip {UNICAST} {STREAM4}"),
        Rule("UDP of an own address", f"meta l4proto udp meta protocol ip {UNICAST} udp sport != 67 udp dport & 0xfff8 != 64 {STREAM4}"),
        Rule("TCP of an own IPv6 address", f"meta l4proto tcp {UNICAST} ip6 nexthdr tcp {STREAM6}"),
        Rule("UDP of an own IPv6 address", f"meta l4proto udp {UNICAST} ip6 nexthdr udp udp sport != 547 udp dport & 0xfffe != 546 {STREAM6}"),
        Rule("no guard asks of this protocol", f"{UNICAST} meta protocol != {ASKED_ABOUT} {UNTAGGED} iif . ether saddr @macs accept"),
        Rule("what guards look at", "goto port"),
    )),
    "strange": Chain("", (Rule("a port that no run has hardened yet sends nothing", "iifname @quarantine drop", QUARANTINE),)),
    # Flags of a port go when it leaves the bridge, and are not back at once when it returns: its address is compared here, too.
    "egress": Chain("postrouting", (
        Rule("for the guest behind the port", "oif . ether daddr @macs accept"),
        Rule("for others", "oif @ports goto for_others"),
        Rule("a port that no run has hardened yet hears nothing", "oifname @quarantine drop", QUARANTINE),
    )),
    "for_others": Chain("", (
        # Not by the kernel's word: what the host sends itself has none.
        Rule("unicast for somebody else", "ether daddr & 01:00:00:00:00:00 == 00:00:00:00:00:00 oif @destination_mac_guard drop", "destination_mac"),
    )),
    "port": Chain("", (
        Rule("link-local addresses", f"{LINK_LOCAL} jump link_local"),
        Rule("tags", f"ether type {{ {TAG_TYPES}, {REGISTRATION_TYPES} }} jump tagged"),
        Rule("registration of VLANs and groups", f"{REGISTRATION} iif @vlan_tags_guard drop", "vlan_tags"),
        Rule("source address of the frame", "iif @source_mac_guard iif . ether saddr != @macs drop", "source_mac"),
        Rule("spanning tree", "iif @bpdu_guard jump spanning_tree"),
        Rule("no guard looks inside", "iif != @inspected accept"),
        *(Rule("by protocol", f"meta protocol {kinds} goto {chain}") for chain, kinds in LOOKED_INTO.items()),
    )),
    # The bridge leaves them to the stack of the host behind the port. 01:80:c2:00:00:0e, and ..:00 where STP runs, come here only as the port's
    # group_fwd_mask has them forwarded (br_handle_frame, net/bridge/br_input.c); dropped here, they are neither.
    "link_local": Chain("", (
        Rule("registration of VLANs in provider bridges", f"{PROVIDER_REGISTRATION} iif @vlan_tags_guard drop", "vlan_tags"),
        Rule("spanning tree has a guard of its own", "ether daddr 01:80:c2:00:00:00 return"),
        Rule("no business of a guest that is looked at", "iif @inspected drop", INSPECTION),
        Rule("nor of one whose address is compared", "iif @source_mac_guard drop", "source_mac"),
        Rule("nor of one that is no switch", "iif @bpdu_guard drop", "bpdu"),
        Rule("nor of one that is in no VLAN but its own", "iif @vlan_tags_guard drop", "vlan_tags"),
    )),
    # Transparent Ethernet, MPLS and NSH: whoever takes the header off finds what no guard has seen.
    "shim": Chain("", (Rule("a packet behind a header of its own", "drop", INSPECTION),)),
    "tagged": Chain("", (
        Rule("neither tags nor registration", "iif @vlan_tags_guard drop", "vlan_tags"),
        Rule("registration of VLANs and groups", f"ether type {{ {REGISTRATION_TYPES} }} return"),
        Rule("VLAN 0 is untagged to the receiver (CVE-2021-27853)", "iif @inspected @ll,116,12 0 drop", INSPECTION),
        Rule("what is below two tags can't be inspected", f"iif @inspected meta protocol {TAGS} drop", INSPECTION),
    )),
    "spanning_tree": Chain("", (
        Rule("by address", f"ether daddr {BPDU_ADDRESSES} drop", "bpdu"),
        Rule("by LLC", f"meta protocol {{ {LLC_TYPES} }} @nh,0,8 0x42 drop", "bpdu"),
        Rule("rings, paths and cables", f"meta protocol {CONTROL_TYPES} drop", "bpdu"),
    )),
    "raw_8023": Chain("", (Rule("IEEE 802.3 without LLC", "drop", INSPECTION),)),
    # Receivers take ARP and IP out of LLC/SNAP too (CVE-2021-27854, CVE-2021-27861): only STP and OSI routing are no carrier.
    "llc": Chain("", (
        Rule("STP and OSI", "@nh,0,16 { 0x4242, 0xfefe } accept"),
        Rule("SNAP and the rest", "drop", INSPECTION),
    )),
    # Who answers gives an address, a router and name servers as a DHCP server does. Of a client: PADI, PADR; of both: PADG, PADC, PADQ (RFC 5578), PADT.
    "pppoe": Chain("", (
        Rule("not guarded", "iif != @dhcp_server_guard accept"),
        Rule("of a client, or of both sides (RFC 2516)", "@nh,8,8 { 0x09, 0x19, 0x0a, 0x0b, 0x0c, 0xa7 } accept"),
        Rule("of an access concentrator, or too short to tell", "drop", "dhcp_server"),
    )),
    "arp_frame": Chain("", (
        Rule("not guarded", "iif != @arp_guard accept"),
        Rule("Ethernet and IPv4 only", "meta protocol arp arp htype != 1 drop", "arp"),
        Rule("IPv4 only", "meta protocol arp arp ptype != 0x0800 drop", "arp"),
        Rule("address lengths", "@nh,32,16 != 0x0604 drop", "arp"),
        Rule("request and reply only", "meta protocol arp arp operation != { request, reply } drop", "arp"),
        Rule("sender's hardware address", "meta protocol arp iif . arp saddr ether != @macs drop", "arp"),
        Rule("sender", "meta protocol arp iif . arp saddr ip @ip4_addresses accept"),
        Rule("sender by prefix", "meta protocol arp iif . arp saddr ip @ip4_ranges accept"),
        Rule("a probe (RFC 5227) for an own address", "meta protocol arp arp operation request arp saddr ip 0.0.0.0 iif . arp daddr ip @ip4_addresses accept"),
        Rule("a probe by prefix", "meta protocol arp arp operation request arp saddr ip 0.0.0.0 iif . arp daddr ip @ip4_ranges accept"),
        Rule("any other ARP", "drop", "arp"),
    )),
    # QEMU announces a guest that has moved by a reverse request for the guest's own address.
    "rarp_frame": Chain("", (
        Rule("not guarded", "iif != @arp_guard accept"),
        Rule("a request for the own address", "@nh,0,64 0x0001080006040003 iif . @nh,64,48 @link_layer iif . @nh,144,48 @link_layer accept"),
        Rule("any other RARP", "drop", "arp"),
    )),
    "ipv4": Chain("", (
        Rule("routers", "iif @router_advertisement_guard jump ipv4_router"),
        Rule("DHCP servers", "iif @dhcp_server_guard jump dhcp4"),
        Rule("not guarded", "iif != @ip_source_guard accept"),
        Rule("source", "iif . ip saddr @ip4_addresses accept"),
        Rule("source by prefix", "iif . ip saddr @ip4_ranges accept"),
        Rule("DHCP client without an address", "ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 accept"),
        Rule("IGMP before there is an address (RFC 3376)", "ip saddr 0.0.0.0 ip daddr 224.0.0.0/4 ip protocol igmp accept"),
        Rule("any other source", "drop", "ip_source"),
    )),
    "ipv4_router": Chain("", (
        Rule("ICMP redirect and router advertisement (RFC 1256)", "ip protocol icmp ip frag-off & 0x1fff == 0 icmp type { 5, 9 } drop",
             "router_advertisement"),
        Rule("IGMP query, DVMRP, PIM version 1, multicast router discovery (RFC 4286), RGMP (RFC 3488)",
             "ip protocol igmp @th,0,8 { 0x11, 0x13, 0x14, 0x30, 0x32, 0xfc, 0xfd, 0xfe, 0xff } drop", "router_advertisement"),
        # The hello of a PIM router makes a bridge send all multicast to its port (br_multicast_pim, net/bridge/br_multicast.c).
        Rule("PIM", "ip protocol 103 drop", "router_advertisement"),
        Rule("VRRP and CARP", "ip protocol 112 jump redundancy"),
        Rule("reports of groups", "ip protocol igmp jump igmp_reports"),
    )),
    # Masters believe whoever sends them a higher priority, from whatever address it comes (RFC 5798 section 6.4.3), and nothing proves it. The second byte is
    # the number of the virtual router, as the last of its MAC address is, in both protocols. A later fragment is read as none.
    "redundancy": Chain("", (
        Rule("of a virtual router that the port shares", "iif . @th,8,8 @virtual_routers return"),
        Rule("of who shares other addresses, by which none is known", "iif @nameless_routers return"),
        Rule("of anybody else", "drop", "router_advertisement"),
    )),
    # Versions 1 and 2 name one group, version 3 (RFC 3376) one or more. What is left can't be read by the bridge either.
    "igmp_reports": Chain("", (
        # nft reads a later fragment as if it began with a header, or not at all, by the kernel's version; a bridge reads it like a whole packet.
        Rule("IGMP in pieces", "ip frag-off & 0x3fff != 0 drop", "router_advertisement"),
        Rule("too many groups", f"@th,0,8 {{ 0x12, 0x16 }} iif . @th,32,32 != @joined4 {_MOST_JOINS}", "router_advertisement"),
        Rule("remember the group", "@th,0,8 { 0x12, 0x16 } add @joined4 { iif . @th,32,32 } return"),
        Rule("too many groups by version 3", f"@th,0,8 0x22 @th,48,16 1 @th,80,16 0 iif . @th,96,32 != @joined4 {_MOST_JOINS}", "router_advertisement"),
        Rule("remember the group of version 3", "@th,0,8 0x22 @th,48,16 1 @th,80,16 0 add @joined4 { iif . @th,96,32 } return"),
        Rule("too many groups or sources", f"@th,0,8 0x22 @th,48,16 > 0 {_MOST_REPORTS4}", "router_advertisement"),
    )),
    # The ports lie in the first eight bytes, and a fragment but the last is a multiple of eight: only first ones matter.
    "dhcp4": Chain("", (
        Rule("not UDP", "meta l4proto != udp return"),
        Rule("not a first fragment", "ip frag-off & 0x1fff != 0 return"),
        Rule("from a server", "udp sport 67 drop", "dhcp_server"),
        Rule("to a server or a relay", "udp dport 67 goto dhcp4_request"),
        Rule("not to a client", "udp dport != 68 return"),
        Rule("to a client, or too short to tell", "drop", "dhcp_server"),
    )),
    # A relay passes a reply on whatever port it comes from; a server takes the relay's address for the subnet that is asked for, and releases the lease
    # of whose hardware address it reads. No client cuts its message, whose pieces could overlap. Words: op, htype, hlen, hops; giaddr; ciaddr; chaddr.
    "dhcp4_request": Chain("", (
        Rule("of a client", "ip frag-off & 0x2000 == 0 @th,64,32 0x01010600 @th,256,32 0 goto dhcp4_client"),
        Rule("a reply, of a relay, or in pieces", "drop", "dhcp_server"),
    )),
    "dhcp4_client": Chain("", (
        Rule("addresses are not compared", "iif != @ip_source_guard return"),
        Rule("without an address yet", "@th,160,32 0 iif . @th,288,48 @link_layer return"),
        Rule("of this client", "iif . @th,160,32 @clients iif . @th,288,48 @link_layer return"),
        Rule("of this client, by prefix", "iif . @th,160,32 @client_ranges iif . @th,288,48 @link_layer return"),
        Rule("for another one", "drop", "dhcp_server"),
    )),
    "ipv6": Chain("", (
        Rule("a fragment header hides an extension header (RFC 7113)", f"meta protocol ip6 frag nexthdr {EXTENSIONS} drop", INSPECTION),
        Rule("discovery under another protocol's name (RFC 8200)", "meta protocol ip6 frag nexthdr != 58 frag frag-off 0 frag more-fragments 1 "
             f"ip6 hoplimit 255 @th,0,16 {DISCOVERY_WORDS} drop", INSPECTION),
        Rule("a later fragment of what is authenticated", "meta protocol ip6 frag nexthdr 51 frag frag-off != 0 goto ipv6_source"),
        Rule("authenticated", "meta l4proto 51 goto ipv6_authenticated"),
        # By their standards nothing follows these two (RFC 6275, RFC 7401).
        Rule("mobility and host identity", "meta l4proto { 135, 139 } @th,0,8 59 goto ipv6_source"),
        Rule("upper header found", f"meta l4proto != {UNREAD} goto ipv6_read"),
        Rule("header chain that can't be read (RFC 7112)", "drop", INSPECTION),
    )),
    "ipv6_read": Chain("", (
        Rule("routers", "iif @router_advertisement_guard jump ipv6_router"),
        Rule("neighbour discovery", "meta protocol ip6 iif @neighbor_guard icmpv6 type { 133, 134, 135, 136, 137, 141, 142 } goto discovery"),
        Rule("DHCPv6 servers", "iif @dhcp_server_guard jump dhcp6"),
        Rule("of whoever it is", "goto ipv6_source"),
    )),
    # nft stops at this header, as OSPFv3 (RFC 4552) and IPsec have it (RFC 4302). Its first byte tells what follows, and that is all that is looked at: who
    # shares no key with the sender drops it.
    "ipv6_authenticated": Chain("", (
        Rule("routers", "iif @router_advertisement_guard @th,0,8 { 58, 103, 112 } drop", "router_advertisement"),
        Rule("neighbour discovery", "iif @neighbor_guard @th,0,8 58 drop", "neighbor"),
        Rule("DHCPv6 servers", "iif @dhcp_server_guard @th,0,8 17 drop", "dhcp_server"),
        Rule("upper header found", f"@th,0,8 != {UNREAD} goto ipv6_source"),
        Rule("header chain that can't be read (RFC 7112)", "drop", INSPECTION),
    )),
    "ipv6_source": Chain("", (
        Rule("not guarded", "iif != @ip_source_guard accept"),
        Rule("source", "iif . ip6 saddr @ip6_addresses accept"),
        Rule("source by prefix", "iif . ip6 saddr @ip6_ranges accept"),
        Rule("without an address: MLD (RFC 3590), router and neighbour solicitation",
             "meta protocol ip6 ip6 saddr :: icmpv6 type { 131, 132, 133, 135, 143 } accept"),
        Rule("any other source", "drop", "ip_source"),
    )),
    "ipv6_router": Chain("", (
        Rule("RA, redirect, MLD query, multicast router discovery", "meta protocol ip6 icmpv6 type { 134, 137, 130, 151, 153 } drop",
             "router_advertisement"),
        Rule("PIM", "meta l4proto 103 drop", "router_advertisement"),
        Rule("VRRP and CARP", "meta l4proto 112 jump redundancy"),
        Rule("reports of groups", "meta protocol ip6 icmpv6 type { 131, 143 } jump mld_reports"),
    )),
    # Version 1 (RFC 2710) and version 2 (RFC 3810).
    "mld_reports": Chain("", (
        Rule("too many groups", f"@th,0,8 131 iif . @th,64,128 != @joined6 {_MOST_JOINS}", "router_advertisement"),
        Rule("remember the group", "@th,0,8 131 add @joined6 { iif . @th,64,128 } return"),
        Rule("too many groups by version 2", f"@th,0,8 143 @th,48,16 1 @th,80,16 0 iif . @th,96,128 != @joined6 {_MOST_JOINS}", "router_advertisement"),
        Rule("remember the group of version 2", "@th,0,8 143 @th,48,16 1 @th,80,16 0 add @joined6 { iif . @th,96,128 } return"),
        Rule("too many groups or sources", f"@th,0,8 143 @th,48,16 > 0 {_MOST_REPORTS6}", "router_advertisement"),
    )),
    "dhcp6": Chain("", (
        Rule("not UDP", "meta l4proto != udp return"),
        Rule("not a first fragment", "meta protocol ip6 frag frag-off != 0 return"),
        Rule("from a server", "udp sport 547 drop", "dhcp_server"),
        Rule("a request in pieces", "udp dport 547 meta protocol ip6 frag more-fragments 1 drop", "dhcp_server"),
        Rule("of a client", f"udp dport 547 @th,64,8 {DHCP6_REQUESTS} return"),
        Rule("a reply to a relay", "udp dport 547 drop", "dhcp_server"),
        Rule("not to a client", "udp dport != 546 return"),
        Rule("to a client, or too short to tell", "drop", "dhcp_server"),
    )),
    # No honest node sends these with extension headers or in fragments (RFC 6980); options are checked by their full form, as a
    # second one could say the opposite of the first. 14 is the nonce of RFC 7527.
    "discovery": Chain("", (
        Rule("behind an extension header", "ip6 nexthdr != 58 drop", "neighbor"),
        Rule("from another link", "ip6 hoplimit != 255 drop", "neighbor"),
        Rule("solicitation", "meta protocol ip6 icmpv6 type 135 goto solicit"),
        Rule("advertisement", "meta protocol ip6 icmpv6 type 136 goto advertise"),
        Rule("router solicitation", "meta protocol ip6 icmpv6 type 133 goto solicit_router"),
        Rule("router advertisement and redirect", "meta protocol ip6 icmpv6 type { 134, 137 } goto own_source"),
        Rule("inverse discovery", "drop", "neighbor"),
    )),
    "solicit_router": Chain("", (
        Rule("without an address", "ip6 saddr :: ip6 length 8 accept"),
        Rule("without options", "ip6 length 8 goto own_source"),
        Rule("with its link-layer address", "ip6 length 16 @th,64,16 0x0101 iif . @th,80,48 @link_layer goto own_source"),
        Rule("any other form", "drop", "neighbor"),
    )),
    "solicit": Chain("", (
        Rule("duplicate address detection", "ip6 saddr :: goto detect"),
        Rule("without options", "ip6 length 24 goto own_source"),
        Rule("with its link-layer address", "ip6 length 32 @th,192,16 0x0101 iif . @th,208,48 @link_layer goto own_source"),
        Rule("with a nonce", "ip6 length 32 @th,192,16 0x0e01 goto own_source"),
        Rule("with both", "ip6 length 40 @th,192,16 0x0101 iif . @th,208,48 @link_layer @th,256,16 0x0e01 goto own_source"),
        Rule("any other form", "drop", "neighbor"),
    )),
    # A detection for the address of another one would keep that one from using it.
    "detect": Chain("", (
        Rule("without options", "ip6 length 24 goto own_target"),
        Rule("with a nonce", "ip6 length 32 @th,192,16 0x0e01 goto own_target"),
        Rule("any other form", "drop", "neighbor"),
    )),
    "advertise": Chain("", (
        Rule("for an own address", "iif . @th,64,128 @targets goto advertise_own"),
        Rule("for an own prefix", "iif . @th,64,128 @target_ranges goto advertise_own"),
        Rule("for any other address", "drop", "neighbor"),
    )),
    "advertise_own": Chain("", (
        Rule("without options", "ip6 length 24 goto own_source"),
        Rule("with its link-layer address", "ip6 length 32 @th,192,16 0x0201 iif . @th,208,48 @link_layer goto own_source"),
        Rule("any other form", "drop", "neighbor"),
    )),
    "own_source": Chain("", (
        Rule("address", "iif . ip6 saddr @ip6_addresses accept"),
        Rule("prefix", "iif . ip6 saddr @ip6_ranges accept"),
        Rule("any other", "drop", "neighbor"),
    )),
    "own_target": Chain("", (
        Rule("address", "iif . @th,64,128 @targets accept"),
        Rule("prefix", "iif . @th,64,128 @target_ranges accept"),
        Rule("any other", "drop", "neighbor"),
    )),
}
# fmt: on


def text() -> str:
    """The table without elements, as nft(8) reads it. The rule that a jump names comes after the chain, so chains stand first."""
    lines = [f"add table {FAMILY} {TABLE}"]
    lines += [f"add set {FAMILY} {TABLE} {name} {{ {body} }}" for name, body in {**SETS, **MEMORIES}.items()]
    for name, chain in CHAINS.items():
        hook = f" {{ type filter hook {chain.hook} priority {PRIORITY}; policy accept; }}" if chain.hook else ""
        lines.append(f"add chain {FAMILY} {TABLE} {name}{hook}")
    for name, chain in CHAINS.items():
        for number, rule in enumerate(chain.rules):
            lines.append(f'add rule {FAMILY} {TABLE} {name} {rule.body()} comment "{mark(name, number)}"')
    return "\n".join(lines) + "\n"


def mark(chain: str, number: int) -> str:
    """The comment of a rule: what it is for, and a digest of its text, by which a rule of another version is told."""
    return mark_of(CHAINS[chain].rules[number])


def guards_by_mark() -> dict[tuple[str, str], str]:
    """By chain and comment, for which guard a rule counts what it drops."""
    return {(name, mark(name, number)): rule.guard for name, chain in CHAINS.items() for number, rule in enumerate(chain.rules) if rule.guard}


def digest() -> str:
    """Tells one version of the table from another."""
    return sha256(text().encode()).hexdigest()[:16]
