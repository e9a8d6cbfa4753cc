# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge: what iproute2 says, in the collection's words.

It MUST NOT use any code of the collection, pyroute2 or pyVmomi, directly or indirectly. What iproute2 6.1 does
not print is read by rawlink, which holds to the same rule.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Dict, Sequence

from . import rawlink

Answer = Dict[str, Any]

# Word of "ip -d -j link" for a bridge to the option, and what to make of it.
_BRIDGE_BOOLS = {
    "vlan_filtering": "vlan_filtering",
    "mcast_snooping": "mcast_snooping",
    "mcast_query_use_ifaddr": "mcast_query_use_ifaddr",
    "mcast_querier": "mcast_querier",
    "mcast_stats_enabled": "mcast_stats_enabled",
    "nf_call_iptables": "nf_call_iptables",
    "nf_call_ip6tables": "nf_call_ip6tables",
    "nf_call_arptables": "nf_call_arptables",
    "vlan_stats_enabled": "vlan_stats_enabled",
    "vlan_stats_per_port": "vlan_stats_per_port",
    "no_linklocal_learn": "no_linklocal_learn",
    "mcast_vlan_snooping": "mcast_vlan_snooping",
}
_BRIDGE_HUNDREDTHS = {
    "forward_delay": "forward_delay",
    "hello_time": "hello_time",
    "max_age": "max_age",
    "ageing_time": "ageing_time",
    "mcast_last_member_intvl": "mcast_last_member_interval",
    "mcast_membership_intvl": "mcast_membership_interval",
    "mcast_querier_intvl": "mcast_querier_interval",
    "mcast_query_intvl": "mcast_query_interval",
    "mcast_query_response_intvl": "mcast_query_response_interval",
    "mcast_startup_query_intvl": "mcast_startup_query_interval",
}
_BRIDGE_PLAIN = {
    "priority": "priority",
    "vlan_protocol": "vlan_protocol",
    "vlan_default_pvid": "vlan_default_pvid",
    "group_addr": "group_address",
    "mcast_router": "mcast_router",
    "mcast_hash_max": "mcast_hash_max",
    "mcast_last_member_cnt": "mcast_last_member_count",
    "mcast_startup_query_cnt": "mcast_startup_query_count",
    "mcast_igmp_version": "mcast_igmp_version",
    "mcast_mld_version": "mcast_mld_version",
}
# Attribute numbers of include/uapi/linux/if_link.h.
_BRIDGE_RAW_U32 = {"49": "fdb_max_learned"}
_BRIDGE_RAW_BITS = {"mst_enabled": 2, "fdb_local_vlan_0": 4}
_STP_MODES = ("auto", "user", "kernel")

_PORT_WORDS = {
    "isolated": "isolated",
    "locked": "locked",
    "learning": "learning",
    "flood": "unicast_flood",
    "mcast_flood": "multicast_flood",
    "bcast_flood": "broadcast_flood",
    "hairpin": "hairpin",
    "guard": "guard",
    "root_block": "root_block",
    "fastleave": "fast_leave",
    "multicast_router": "mcast_router",
    "mcast_to_unicast": "mcast_to_unicast",
    "neigh_suppress": "neigh_suppress",
    "proxy_arp": "proxy_arp",
    "proxy_arp_wifi": "proxy_arp_wifi",
    "vlan_tunnel": "vlan_tunnel",
    "cost": "cost",
    "priority": "priority",
    "state": "port_state",
}
# How iproute2 says that a device is not there. Any other failure is one of the oracle and must not read as "none".
_ABSENT = ("does not exist", "Cannot find")
_PORT_RAW_BOOLS = {"40": "mab", "43": "neigh_vlan_suppress"}
_PORT_RAW_NUMBERS = {"42": "mcast_max_groups", "37": "mcast_eht_hosts_limit", "44": "backup_nhid"}


def _json(prefix: Sequence[str], *command: str) -> list[Answer]:
    done = subprocess.run([*prefix, *command], capture_output=True, text=True, check=False)
    if done.returncode and not any(words in done.stderr for words in _ABSENT):
        raise RuntimeError(f"{' '.join([*prefix, *command])}: exit code {done.returncode}: {done.stderr.strip()}")
    answer: list[Answer] = json.loads(done.stdout or "[]")
    return [each for each in answer if each]


def _number(raw: str) -> int:
    return int.from_bytes(bytes.fromhex(raw), sys.byteorder)


def _ip_link(name: str, prefix: Sequence[str]) -> Answer | None:
    found = _json(prefix, "ip", "-d", "-j", "link", "show", "dev", name)
    return found[0] if found else None


def link(name: str, prefix: Sequence[str] = ()) -> Answer | None:
    """A device as virtual_link speaks of it; None if there is none."""
    found = _ip_link(name, prefix)
    if found is None:
        return None
    info = found.get("linkinfo", {})
    kind, data = info.get("info_kind", ""), info.get("info_data", {})
    answer = {
        "kind": data.get("type", kind) if kind == "tun" else kind,
        "mtu": found["mtu"],
        "address": found.get("address", ""),
        "up": "UP" in found["flags"],
        "master": found.get("master", ""),
    }
    if kind == "veth":
        answer["peer"] = found.get("link", "")
    elif kind == "macvtap":
        answer.update(lower=found.get("link", ""), mode=data["mode"])
    return answer


def bridge(name: str, prefix: Sequence[str] = ()) -> Answer:
    """A bridge as linux_bridge speaks of it."""
    found = _ip_link(name, prefix)
    if found is None or found["linkinfo"]["info_kind"] != "bridge":
        raise LookupError(f"{name} is no bridge")
    data = found["linkinfo"]["info_data"]
    answer: Answer = {"mtu": found["mtu"], "address": found["address"], "up": "UP" in found["flags"], "promiscuous": "PROMISC" in found["flags"]}
    answer["stp"] = data["stp_state"] != 0
    answer["group_fwd_mask"] = int(data["group_fwd_mask"], 16)
    answer.update({option: bool(data[word]) for word, option in _BRIDGE_BOOLS.items() if word in data})
    answer.update({option: data[word] / 100 for word, option in _BRIDGE_HUNDREDTHS.items() if word in data})
    answer.update({option: data[word] for word, option in _BRIDGE_PLAIN.items() if word in data})
    answer.update(_raw_bridge(name, list(prefix)))
    return answer


def _raw_bridge(name: str, prefix: list[str]) -> Answer:
    raw = rawlink.read_in(name, prefix)["bridge"]
    answer: Answer = {option: _number(raw[number]) for number, option in _BRIDGE_RAW_U32.items() if number in raw}
    if "46" in raw:
        switches = bytes.fromhex(raw["46"])
        value, mask = int.from_bytes(switches[:4], sys.byteorder), int.from_bytes(switches[4:8], sys.byteorder)
        answer.update({option: bool(value >> bit & 1) for option, bit in _BRIDGE_RAW_BITS.items() if mask >> bit & 1})
    if "50" in raw:
        answer["stp_mode"] = _STP_MODES[_number(raw["50"])]
    return answer


def port(name: str, prefix: Sequence[str] = ()) -> Answer | None:
    """A bridge port as linux_bridge_port speaks of it; None if the device is none."""
    found = _ip_link(name, prefix)
    if found is None or found.get("linkinfo", {}).get("info_slave_kind") != "bridge":
        return None
    data = found["linkinfo"]["info_slave_data"]
    answer: Answer = {"bridge": found["master"]}
    answer.update({option: data[word] for word, option in _PORT_WORDS.items() if word in data})
    answer["group_fwd_mask"] = int(data["group_fwd_mask"], 16)
    raw = rawlink.read_in(name, list(prefix))["port"]
    answer.update({option: bool(_number(raw[number])) for number, option in _PORT_RAW_BOOLS.items() if number in raw})
    answer.update({option: _number(raw[number]) for number, option in _PORT_RAW_NUMBERS.items() if number in raw})
    answer.setdefault("backup_nhid", 0)
    listed = _json(prefix, "bridge", "-d", "-j", "link", "show", "dev", name)
    answer["backup_port"] = listed[0].get("backup_port", "") if listed else ""
    return answer


def fdb(name: str, prefix: Sequence[str] = ()) -> list[Answer]:
    """The entries of a bridge, less the filter lists of its devices."""
    entries = []
    for each in _json(prefix, "bridge", "-d", "-j", "fdb", "show", "br", name):
        if each.get("master") != name:
            continue
        kinds = {"permanent": "local", "static": "static"}
        kind = "extern_learn" if "extern_learn" in each["flags"] else kinds.get(each.get("state", ""), "dynamic")
        entries.append({"address": each["mac"], "port": each["ifname"], "vlan": each.get("vlan", 0), "kind": kind, "sticky": "sticky" in each["flags"]})
    return entries


def vlans(device: str, prefix: Sequence[str] = ()) -> dict[int, Answer]:
    """The VLANs of a port or of the bridge itself."""
    table: dict[int, Answer] = {}
    for each in _json(prefix, "bridge", "-j", "vlan", "show", "dev", device):
        for item in each.get("vlans", []):
            flags = item.get("flags", [])
            for vid in range(item["vlan"], item.get("vlanEnd", item["vlan"]) + 1):
                table[vid] = {"pvid": "PVID" in flags, "untagged": "Egress Untagged" in flags}
    return table


def promiscuity(prefix: Sequence[str] = ()) -> dict[str, int]:
    """The kernel's counter of each device."""
    return {each["ifname"]: each["promiscuity"] for each in _json(prefix, "ip", "-d", "-j", "link", "show")}
