# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""THE table: every field that the collection manages, its type, range and native name.

Option names are iproute2's. Attribute numbers and formats: include/uapi/linux/if_link.h and the
policies br_policy (net/bridge/br_netlink.c) and br_port_policy of the kernel.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.virtnet.hardening.plugins.module_utils._policy import kinds
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Field, Kind, Native

LINUX = "linux"
VSPHERE = "vsphere"

U16_MAX = 0xFFFF
U32_MAX = 0xFFFFFFFF
# IFLA_BR_AGEING_TIME is a u32 of hundredths of a second.
U32_SECONDS = U32_MAX / 100
# The 64-bit interval attributes; a double still holds every hundredth of these.
U64_SECONDS = float(1 << 40)


def _linux(kind: str, name: str, number: int, wire: str, **more: Any) -> dict[str, Native]:
    return {LINUX: Native(f"IFLA_{kind}_{name}", number, wire, **more)}


def _br(option: str, kind: str, attr: str, number: int, wire: str = "u8", **more: Any) -> Field:
    scale = {"scale": 100} if kind == "seconds" else {}
    if "witness" in more:
        scale["witness"] = more.pop("witness")
    return Field(option, kind, _linux("BR", attr, number, wire, **scale), **more)


def _boolopt(option: str, bit: int, since: str, witness: int = 0) -> Field:
    return Field(option, "bool", _linux("BR", "MULTI_BOOLOPT", 46, "boolopt", bit=bit, witness=witness), since=since)


def _port(option: str, attr: str, number: int, kind: str = "bool", wire: str = "u8", **more: Any) -> Field:
    return Field(option, kind, _linux("BRPORT", attr, number, wire), **{"group": "flags", **more})


_MTU = Field("mtu", "int", {LINUX: Native("IFLA_MTU", 4, "u32")}, low=68, high=65535, group="device", cuts=True)
_ADDRESS = Field("address", "mac", {LINUX: Native("IFLA_ADDRESS", 1, "mac")}, group="device", cuts=True)
_UP = Field("up", "bool", {LINUX: Native("IFF_UP", 0x1, "flag")}, group="up/down", cuts=True)

BRIDGE = Kind.of(
    "bridge",
    _MTU,
    _ADDRESS,
    _UP,
    Field("promiscuous", "bool", {LINUX: Native("IFF_PROMISC", 0x100, "flag")}, group="device"),
    _br("forward_delay", "seconds", "FORWARD_DELAY", 1, "u32", low=0, high=U32_SECONDS, since="2.6"),
    # BR_MIN_HELLO_TIME .. BR_MAX_MAX_AGE, net/bridge/br_private_stp.h: the kernel answers ERANGE outside.
    _br("hello_time", "seconds", "HELLO_TIME", 2, "u32", low=1, high=10, since="2.6"),
    _br("max_age", "seconds", "MAX_AGE", 3, "u32", low=6, high=40, since="2.6"),
    _br("ageing_time", "seconds", "AGEING_TIME", 4, "u32", low=0, high=U32_SECONDS, since="2.6"),
    # STP goes off before the timers change and on after them: a running STP bounds forward_delay.
    _br("stp", "bool", "STP_STATE", 5, "u32", group="options/stp_off", cuts=True, since="2.6"),
    _br("priority", "int", "PRIORITY", 6, "u16", low=0, high=U16_MAX, since="2.6"),
    # Attribute 7 is there without CONFIG_BRIDGE_VLAN_FILTERING too; the protocol (8) is not.
    _br("vlan_filtering", "bool", "VLAN_FILTERING", 7, witness=8, cuts=True, since="3.9"),
    _br("vlan_protocol", "enum", "VLAN_PROTOCOL", 8, "vlan_protocol", choices=("802.1Q", "802.1ad"), cuts=True, since="3.16"),
    _br("group_fwd_mask", "int", "GROUP_FWD_MASK", 9, "u16", low=0, high=U16_MAX, since="3.2"),
    _br("group_address", "mac", "GROUP_ADDR", 20, "mac", since="2.6"),
    _br("vlan_default_pvid", "int", "VLAN_DEFAULT_PVID", 39, "u16", low=0, high=4094, cuts=True, since="3.18"),
    _br("vlan_stats_enabled", "bool", "VLAN_STATS_ENABLED", 41, since="4.7"),
    _br("vlan_stats_per_port", "bool", "VLAN_STATS_PER_PORT", 45, since="4.20"),
    _br("mcast_router", "int", "MCAST_ROUTER", 22, choices=(0, 1, 2), since="2.6.35"),
    _br("mcast_snooping", "bool", "MCAST_SNOOPING", 23, since="2.6.35"),
    _br("mcast_query_use_ifaddr", "bool", "MCAST_QUERY_USE_IFADDR", 24, since="3.11"),
    _br("mcast_querier", "bool", "MCAST_QUERIER", 25, since="3.11"),
    _br("mcast_hash_max", "int", "MCAST_HASH_MAX", 27, "u32", low=1, high=U32_MAX, since="2.6.35"),
    _br("mcast_last_member_count", "int", "MCAST_LAST_MEMBER_CNT", 28, "u32", low=0, high=U32_MAX, since="2.6.35"),
    _br("mcast_startup_query_count", "int", "MCAST_STARTUP_QUERY_CNT", 29, "u32", low=0, high=U32_MAX, since="2.6.35"),
    _br("mcast_last_member_interval", "seconds", "MCAST_LAST_MEMBER_INTVL", 30, "u64", low=0, high=U64_SECONDS, since="2.6.35"),
    _br("mcast_membership_interval", "seconds", "MCAST_MEMBERSHIP_INTVL", 31, "u64", low=0, high=U64_SECONDS, since="2.6.35"),
    _br("mcast_querier_interval", "seconds", "MCAST_QUERIER_INTVL", 32, "u64", low=0, high=U64_SECONDS, since="2.6.35"),
    # Kernels since 5.16 move these two into 1..86400 s without an error (br_multicast_set_query_intvl).
    _br("mcast_query_interval", "seconds", "MCAST_QUERY_INTVL", 33, "u64", low=1, high=86400, since="2.6.35"),
    _br("mcast_query_response_interval", "seconds", "MCAST_QUERY_RESPONSE_INTVL", 34, "u64", low=0, high=U64_SECONDS, since="2.6.35"),
    _br("mcast_startup_query_interval", "seconds", "MCAST_STARTUP_QUERY_INTVL", 35, "u64", low=1, high=86400, since="2.6.35"),
    _br("nf_call_iptables", "bool", "NF_CALL_IPTABLES", 36, since="2.6.37"),
    _br("nf_call_ip6tables", "bool", "NF_CALL_IP6TABLES", 37, since="2.6.37"),
    _br("nf_call_arptables", "bool", "NF_CALL_ARPTABLES", 38, since="2.6.37"),
    _br("mcast_stats_enabled", "bool", "MCAST_STATS_ENABLED", 42, since="4.8"),
    _br("mcast_igmp_version", "int", "MCAST_IGMP_VERSION", 43, choices=(2, 3), since="4.10"),
    _br("mcast_mld_version", "int", "MCAST_MLD_VERSION", 44, choices=(1, 2), since="4.10"),
    _boolopt("no_linklocal_learn", 0, "5.0"),
    # Every kernel of that age lists the two; without VLAN filtering it answers EOPNOTSUPP.
    _boolopt("mcast_vlan_snooping", 1, "5.15", witness=8),
    _boolopt("mst_enabled", 2, "5.18", witness=8),
    _boolopt("fdb_local_vlan_0", 4, "6.18"),
    _br("fdb_max_learned", "int", "FDB_MAX_LEARNED", 49, "u32", low=0, high=U32_MAX, since="6.7"),
    _br("stp_mode", "enum", "STP_MODE", 50, "enum32", choices=("auto", "user", "kernel"), since="7.1"),
    stands_alone=True,
)

# That the address of a bridge or a VLAN stays what it is: one that it has by chance is the lowest of its ports', or its lower device's.
OWN_ADDRESS = Kind.of("own_address", Field("address", "mac"))

PORT = Kind.of(
    "port",
    Field("bridge", "device", {LINUX: Native("IFLA_MASTER", 10, "u32")}, group="membership", cuts=True, replaces=True),
    _port("isolated", "ISOLATED", 33, since="4.18"),
    _port("locked", "LOCKED", 39, since="5.18"),
    _port("mab", "MAB", 40, since="6.2"),
    _port("learning", "LEARNING", 8, since="3.11"),
    _port("unicast_flood", "UNICAST_FLOOD", 9, since="3.11"),
    _port("multicast_flood", "MCAST_FLOOD", 27, since="4.9"),
    _port("broadcast_flood", "BCAST_FLOOD", 30, since="4.12"),
    _port("hairpin", "MODE", 4, since="3.8"),
    _port("guard", "GUARD", 5, since="3.8"),
    _port("root_block", "PROTECT", 6, since="3.8"),
    _port("fast_leave", "FAST_LEAVE", 7, since="3.9"),
    _port("mcast_router", "MULTICAST_ROUTER", 25, "int", choices=(0, 1, 2, 3), since="4.4"),
    _port("mcast_to_unicast", "MCAST_TO_UCAST", 28, since="4.11"),
    _port("mcast_max_groups", "MCAST_MAX_GROUPS", 42, "int", "u32", low=0, high=U32_MAX, since="6.3"),
    _port("mcast_eht_hosts_limit", "MCAST_EHT_HOSTS_LIMIT", 37, "int", "u32", low=1, high=U32_MAX, since="5.12"),
    _port("neigh_suppress", "NEIGH_SUPPRESS", 32, since="4.15"),
    _port("neigh_vlan_suppress", "NEIGH_VLAN_SUPPRESS", 43, since="6.4"),
    _port("proxy_arp", "PROXYARP", 10, since="3.19"),
    _port("proxy_arp_wifi", "PROXYARP_WIFI", 12, since="4.1"),
    _port("vlan_tunnel", "VLAN_TUNNEL", 29, since="4.11"),
    # Not reported while unset: "" and 0 stand for none.
    _port("backup_port", "BACKUP_PORT", 34, "device", "u32", since="4.19"),
    _port("backup_nhid", "BACKUP_NHID", 44, "int", "u32", low=0, high=U32_MAX, since="6.6"),
    _port("group_fwd_mask", "GROUP_FWD_MASK", 31, "int", "u16", low=0, high=U16_MAX, since="4.15"),
    # BR_PORT_BITS (10) leaves six bits for the priority.
    _port("priority", "PRIORITY", 2, "int", "u16", low=0, high=63, since="3.8"),
    _port("cost", "COST", 3, "int", "u32", low=1, high=U16_MAX, volatile=True, since="3.8"),
    # Settable only while the device is up, so after everything else.
    _port(
        "port_state",
        "STATE",
        1,
        "enum",
        choices=("disabled", "listening", "learning", "forwarding", "blocking"),
        group="port_state",
        volatile=True,
        since="2.6",
    ),
)

VLAN = Kind.of("vlan", Field("pvid", "bool"), Field("untagged", "bool"), whole=True)

FDB_KINDS = ("static", "local", "extern_learn")
FDB = Kind.of(
    "fdb",
    Field("port", "device", group="entry"),
    # Who owns an entry can't be changed: br_fdb_external_learn_add leaves a user's entry a user's.
    Field("kind", "enum", choices=FDB_KINDS + ("dynamic",), group="entry", replaces=("extern_learn",)),
    Field("sticky", "bool", group="entry"),
    whole=True,
)

MACVTAP_MODES = ("private", "vepa", "bridge", "passthru", "source")
LINK_KINDS = ("veth", "tap", "macvtap", "vlan")
LINK = Kind.of(
    "link",
    Field("kind", "str", group="identity"),
    Field("peer", "str", group="identity"),
    Field("peer_netns", "str", group="identity"),
    Field("lower", "device", group="identity"),
    Field("mode", "enum", choices=MACVTAP_MODES, group="identity"),
    # Of a tap: who may open it without CAP_NET_ADMIN, as numbers, -1 for nobody in particular, so that anybody may.
    Field("owner", "int", low=-1, high=U32_MAX - 1, group="owner"),
    Field("group", "int", low=-1, high=U32_MAX - 1, group="owner"),
    Field("multi_queue", "bool", group="identity"),
    # Of a VLAN interface.
    Field("vlan_id", "int", {LINUX: Native("IFLA_VLAN_ID", 1, "u16")}, low=1, high=4094, group="identity"),
    Field("vlan_protocol", "enum", {LINUX: Native("IFLA_VLAN_PROTOCOL", 5, "vlan_protocol")}, choices=("802.1Q", "802.1ad"), group="identity"),
    _MTU,
    _ADDRESS,
    _UP,
    stands_alone=True,
)

# A program at the ingress of a port, which sees what nftables can't (see _bpf/partial_checksum.py): by its name, which tells its version.
INGRESS = Kind.of("ingress", Field("program", "str", group="programs"))

# There while a port learns or has entries that it learned: a locked port lets their addresses in until they age.
LEARNED = Kind.of("learned")
# The same of a port that goes on learning where an address is that it shares: there while anything else may be learned on it, or was.
STRAYS = Kind.of("strays")


def _vim(option: str, kind: str, path: str, wire: str = "", **more: Any) -> Field:
    """A property of HostVirtualSwitchSpec or HostPortGroupSpec, by its path (vSphere Web Services API)."""
    return Field(option, kind, {VSPHERE: Native(path, wire=wire or kind)}, **more)


# HostNetworkSecurityPolicy: all three are optional, and on a port group one that is not set is inherited.
_SECURITY = tuple(
    _vim(option, "policy", f"policy.security.{name}", group="override/inherit")
    for option, name in (("promiscuous", "allowPromiscuous"), ("mac_changes", "macChanges"), ("forged_transmits", "forgedTransmits"))
)
# Ranges: configuration maximums of vSphere 8 (4088 ports that can be created on a switch), and the MTU that hosts take.
VSWITCH = Kind.of(
    kinds.VSWITCH,
    *_SECURITY,
    _vim("mtu", "int", "mtu", low=1280, high=9000, cuts=True),
    _vim("num_ports", "int", "numPorts", low=1, high=4088),
    # Comma-separated and in canonical order.
    _vim("uplinks", "str", "bridge", "bridge", cuts=True),
    stands_alone=True,
)
PORTGROUP = Kind.of(
    kinds.PORTGROUP,
    _vim("vswitch", "str", "vswitchName", group="membership", replaces=True),
    _vim("vlan_id", "int", "vlanId", low=0, high=4095, cuts=True),
    *_SECURITY,
    stands_alone=True,
)
VSPHERE_KINDS = {kind.name: kind for kind in (VSWITCH, PORTGROUP)}
# An advanced option of a host (OptionManager), by its name.
HOST_OPTION = Kind.of("option", _vim("value", "int", "value"))

KINDS = {kind.name: kind for kind in (BRIDGE, OWN_ADDRESS, PORT, LEARNED, STRAYS, VLAN, FDB, LINK, INGRESS)}
