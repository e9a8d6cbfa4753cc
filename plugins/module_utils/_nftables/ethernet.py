# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the rules tell frames by, as nft reads it: EtherTypes, addresses and messages of whole families, and the forms of which no guard asks anything. Pure."""

from __future__ import annotations

# 802.1Q, 802.1ad and the older numbers of stacked tags; the tags of 802.1ah, 802.1BR, VN-Tag and TrustSec (Cisco meta data), which say to a switch
# where a frame belongs; those of 802.1CB, HSR (IEC 62439-3) and congestion notification (802.1Q clause 33), which a receiver takes off.
TAG_TYPES = "0x8100, 0x88a8, 0x9100, 0x9200, 0x9300, 0x88e7, 0x893f, 0x8926, 0x8909, 0xf1c1, 0x892f, 0x22e9"
TAGS = f"{{ {TAG_TYPES} }}"
# MVRP, MMRP and MIRP, whatever address they go to: receivers go by the type.
REGISTRATION_TYPES = "0x88f5, 0x88f6, 0x8929"
# LLC behind a length, by the kernel's number, and behind an EtherType (802.1AC-2016/Cor 1), which bridges make the former of.
LLC_TYPES = "0x0004, 0x8870"
# STP, STP of provider bridges, PVST+, and the address under which Cisco switches tunnel them (l2protocol-tunnel) and take them out again.
BPDU_ADDRESSES = "{ 01:80:c2:00:00:00, 01:80:c2:00:00:08, 01:00:0c:cc:cc:cd, 01:00:0c:cd:cd:d0 }"
# What decides over rings and paths as STP does: connectivity fault management and G.8032, MRP (IEC 62439-2), supervision of PRP and HSR (IEC 62439-3),
# DLR (ODVA), TRILL's data, hellos and channel (RFC 6325, RFC 7178), FabricPath (Cisco), remote control and loop detection of Realtek's switches. And what is
# between the ends of a cable, but bridged under another address than its own: MAC control, slow protocols (LACP), LLDP, EAPOL, edge control (802.1Q
# clause 43), stream reservation, congestion notification (clause 33), which throttles who gets it; the configuration test of Ethernet 2.0, whose receiver
# forwards what it bears.
CONTROL_TYPES = "{ 0x8902, 0x88e3, 0x88fb, 0x80e1, 0x22f3, 0x22f4, 0x8946, 0x8903, 0x8899, 0x8808, 0x8809, 0x88cc, 0x888e, 0x8940, 0x22ea, 0x22e7, 0x9000 }"
# Where a guard looks inside: by chain, the types, the most frequent first.
LOOKED_INTO: dict[str, str] = {
    "ipv4": "0x0800",
    "ipv6": "0x86dd",
    "arp_frame": "0x0806",
    "rarp_frame": "0x8035",
    "llc": f"{{ {LLC_TYPES} }}",
    "raw_8023": "0x0001",
    "shim": "{ 0x6558, 0x8847, 0x8848, 0x894f }",
    "pppoe": "0x8863",
}
# Of whichever a guard asks, and so never let through by the address alone.
ASKED_ABOUT = f"{{ {', '.join(kinds.strip('{ }') for kinds in LOOKED_INTO.values())}, {TAG_TYPES}, {REGISTRATION_TYPES}, {CONTROL_TYPES[2:-2]} }}"
# What the kernel found when the frame came in (eth_type_trans, net/ethernet/eth.c), for a fifth of what it costs to look at the address itself. Unicast is
# "other", or "host" where it is for the port or the bridge (br_handle_frame, net/bridge/br_input.c). Nothing is so marked on the way out of the host.
UNICAST = "meta pkttype != broadcast meta pkttype != multicast"
# Without a tag: the kernel takes off the tags of 802.1Q (0x8100) and 802.1ad (0x88a8), keeps them beside the frame, and shows the type behind them as the
# protocol, but them as the type. The mask takes both for one, and few others, which the guards look at.
UNTAGGED = "ether type & 0xf657 != 0x8000"
# The honest frame of a stream: of which the guards ask nothing but where it comes from, and that is what one look-up says. Whichever guards the port has,
# they would let it pass, so that its elements are only the addresses that it may have. A type that stands last is printed; before "ip saddr" nft leaves it
# out, and who loads what it printed has a rule that takes a tagged packet for an untagged one.
STREAM4 = "iif . ether saddr . ip saddr @bindings4 ether type ip accept"
STREAM6 = "iif . ether saddr . ip6 saddr @bindings6 ether type ip6 accept"
# What no bridge forwards (IEEE 802.1Q table 8-1), and the applications of GARP and MRP (table 10-1): MMRP, and MVRP and GVRP, at which a switch adds
# its port to VLANs. MVRP of provider bridges is among the first.
LINK_LOCAL = "ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00"
REGISTRATION = "ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:20"
PROVIDER_REGISTRATION = "ether daddr 01:80:c2:00:00:0d"
# The first words of discovery and router messages: type and code 0.
DISCOVERY_WORDS = "{ 0x8500, 0x8600, 0x8700, 0x8800, 0x8900 }"
# What DHCPv6 clients send (IANA's list of message types): RELAY-REPL (13) to a relay would be passed on to a client.
DHCP6_REQUESTS = "{ 1, 3, 4, 5, 6, 8, 9, 11, 20, 36 }"
# What may follow a fragment header: an extension header there hides the upper one (RFC 7113, RFC 7112).
EXTENSIONS = "{ 0, 43, 44, 60, 140, 253, 254 }"
# Where ipv6_find_hdr of the kernel stops without having found an upper header.
UNREAD = "{ 0, 43, 44, 51, 60, 135, 139, 140, 253, 254 }"
