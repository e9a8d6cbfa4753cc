# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What other tools call an option, and what it is called here: one table, and the hints from it. Pure.

The words are those of their documentation: community.vmware 5.10, community.general's nmcli, ip-link(8) and bridge(8), ifupdown2, libvirt, vSphere's API.
"""

from __future__ import annotations

import json
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, POLICY_VALUES, REJECT

VMWARE, API, NMCLI, IPROUTE, IFUPDOWN, LIBVIRT, OTHERS = ("community.vmware", "vSphere's API", "nmcli", "iproute2", "ifupdown2", "libvirt", "another tool")


class Word(NamedTuple):
    """A word of another tool's."""

    tool: str
    # The first of these that there is at the place where the word stands.
    ours: tuple[str, ...] = ()
    # What else is to be known: appended to the sentence, or in place of a name.
    note: str = ""
    # What is said where none of C(ours) is there.
    otherwise: str = ""
    # Without this option at the place, C(ours) is another thing's: a bridge has a priority too.
    beside: str = ""


_VALUES = f"with {ACCEPT} for true and {REJECT} for false"
_LEFT = "these modules leave it as it is"
_SWITCH = ("vds", "vswitch", "switches", "name", "bridge")
_OF_PORTS = "it is a port's, which linux_bridge_port writes"
_OF_BRIDGES = "it is the bridge's, which linux_bridge writes"
_OF_VLANS = "VLANs of a bridge and its ports are linux_bridge_vlan's"


def _port(tool: str, *ours: str, note: str = "") -> Word:
    return Word(tool, ours, note, _OF_PORTS, beside="cost" if ours == ("priority",) else "")


def _bridge(tool: str, *ours: str, note: str = "") -> Word:
    return Word(tool, ours, note, _OF_BRIDGES, beside="forward_delay" if ours == ("priority",) else "")


def _none(tool: str, why: str, *words: str) -> dict[str, Word]:
    """There is nothing like it here."""
    return dict.fromkeys(words, Word(tool, (), why))


WORDS: dict[str, Word] = {
    "network_policy": Word(VMWARE, ("security",)),
    "security_policy": Word(VMWARE, ("security",)),
    "promiscuous_mode": Word(VMWARE, ("promiscuous", "security"), _VALUES),
    "inherited": Word(VMWARE, (), "write inherit as the value of each policy that is to follow the switch"),
    "hosts": Word(VMWARE, ("esxi_hostnames",)),
    "host": Word(VMWARE, ("esxi_hostname",)),
    "cluster": Word(VMWARE, ("cluster_name",)),
    "nics": Word(VMWARE, ("uplinks",)),
    "nic_name": Word(VMWARE, ("uplinks",)),
    "number_of_ports": Word(VMWARE, ("num_ports", "ports")),
    "num_ports": Word(VMWARE, ("ports",)),
    "switch": Word(VMWARE, _SWITCH),
    "switch_name": Word(VMWARE, _SWITCH),
    "vswitch": Word(VMWARE, _SWITCH),
    "vswitch_name": Word(VMWARE, _SWITCH),
    "dvswitch": Word(VMWARE, _SWITCH),
    "dvswitch_name": Word(VMWARE, _SWITCH),
    "portgroup": Word(VMWARE, ("port_group", "port_groups", "name")),
    "portgroup_name": Word(VMWARE, ("port_group", "name")),
    "portgroups": Word(VMWARE, ("port_groups", "names")),
    "vlan": Word(VMWARE, ("vlan_id",)),
    "vlan_id": Word(VMWARE, ("vlan",), "as in vlan: {id: 101}"),
    "vlan_trunk": Word(VMWARE, ("vlan",), "as in vlan: {trunk: [1-20, 30]}"),
    "vlan_private": Word(VMWARE, ("vlan",), "as in vlan: {pvlan: 100}"),
    "port_binding": Word(VMWARE, ("binding",)),
    "port_allocation": Word(VMWARE, ("auto_expand",), "with true for elastic and false for fixed"),
    "mac_learning": Word(VMWARE, (), "it stands beside security, in vds_portgroup and vds_port"),
    **_none(VMWARE, _LEFT, "portgroup_description", "description", "teaming", "teaming_policy", "traffic_shaping", "in_traffic_shaping", "out_traffic_shaping"),
    "net_flow": Word(VMWARE, ("netflow",)),
    "allowpromiscuous": Word(API, ("promiscuous", "security"), _VALUES),
    "allow_promiscuous": Word(API, ("promiscuous", "security"), _VALUES),
    "macchanges": Word(API, ("mac_changes", "security"), _VALUES),
    "forgedtransmits": Word(API, ("forged_transmits", "security"), _VALUES),
    "numports": Word(API, ("num_ports", "ports")),
    "vlanid": Word(API, ("vlan_id", "vlan"), "", "VLANs are those of port groups, and on Linux linux_bridge_vlan's"),
    "conn_name": Word(NMCLI, ("name",)),
    "ifname": Word(NMCLI, ("name", "ports")),
    "master": Word(NMCLI, ("bridge",)),
    "mac": Word(NMCLI, ("address", "macs")),
    "type": Word(NMCLI, ("kind",), "", "bridges are linux_bridge's, their ports linux_bridge_port's, and other devices virtual_link's"),
    "slave_type": Word(NMCLI, (), "a task of linux_bridge_port says in bridge and ports what is whose port"),
    "ageingtime": _bridge(NMCLI, "ageing_time"),
    "forwarddelay": _bridge(NMCLI, "forward_delay"),
    "hellotime": _bridge(NMCLI, "hello_time"),
    "maxage": _bridge(NMCLI, "max_age"),
    "slavepriority": _port(NMCLI, "priority"),
    "path_cost": _port(NMCLI, "cost"),
    **_none(NMCLI, "there are no connections to bring up", "autoconnect", "autoconnect_priority", "autoconnect_retries", "conn_reload"),
    "vlandev": Word(NMCLI, ("lower",), "", "VLAN devices are virtual_link's; " + _OF_VLANS),
    **_none(NMCLI, "priorities and flags of VLAN devices are left as the kernel makes them", "flags", "ingress", "egress"),
    **_none(NMCLI, "addresses of the host are left alone", "ip4", "gw4", "ip6", "gw6", "dns4", "dns6", "routes4", "routes6", "method4", "method6"),
    "stp_state": Word(IPROUTE, ("stp",), "with true for 1 and false for 0"),
    "ageing": Word(IPROUTE, ("ageing_time",)),
    "flood": Word(IPROUTE, ("unicast_flood",)),
    "mcast_flood": Word(IPROUTE, ("multicast_flood",)),
    "bcast_flood": Word(IPROUTE, ("broadcast_flood",)),
    "fastleave": Word(IPROUTE, ("fast_leave",)),
    "mcast_fast_leave": Word(IPROUTE, ("fast_leave",)),
    "bpdu_guard": Word(IPROUTE, ("guard", "guards"), "which holds with STP only; the guard bpdu of a policy holds without"),
    "dev": Word(IPROUTE, ("port", "ports", "name")),
    "lladdr": Word(IPROUTE, ("address", "macs")),
    "vlan_aware": _bridge(IFUPDOWN, "vlan_filtering"),
    "fd": _bridge(IFUPDOWN, "forward_delay", note="which is 2 to 30 seconds with STP; 0 needs stp: false"),
    "fdelay": _bridge(IFUPDOWN, "forward_delay"),
    "hello": _bridge(IFUPDOWN, "hello_time"),
    "bridgeprio": _bridge(IFUPDOWN, "priority"),
    "treeprio": _bridge(IFUPDOWN, "priority", note="for the kernel's STP"),
    "hashmax": _bridge(IFUPDOWN, "mcast_hash_max"),
    "mcsnoop": _bridge(IFUPDOWN, "mcast_snooping"),
    "mcquerier": _bridge(IFUPDOWN, "mcast_querier"),
    "mcrouter": _bridge(IFUPDOWN, "mcast_router"),
    "mcqifaddr": _bridge(IFUPDOWN, "mcast_query_use_ifaddr"),
    "mcstats": _bridge(IFUPDOWN, "mcast_stats_enabled"),
    "mclmc": _bridge(IFUPDOWN, "mcast_last_member_count"),
    "mcsqc": _bridge(IFUPDOWN, "mcast_startup_query_count"),
    "mclmi": _bridge(IFUPDOWN, "mcast_last_member_interval", note="in seconds"),
    "mcmi": _bridge(IFUPDOWN, "mcast_membership_interval", note="in seconds"),
    "mcqpi": _bridge(IFUPDOWN, "mcast_querier_interval", note="in seconds"),
    "mcqi": _bridge(IFUPDOWN, "mcast_query_interval", note="in seconds"),
    "mcqri": _bridge(IFUPDOWN, "mcast_query_response_interval", note="in seconds"),
    "mcsqi": _bridge(IFUPDOWN, "mcast_startup_query_interval", note="in seconds"),
    "igmp_version": _bridge(IFUPDOWN, "mcast_igmp_version"),
    "mld_version": _bridge(IFUPDOWN, "mcast_mld_version"),
    "vlan_stats": _bridge(IFUPDOWN, "vlan_stats_enabled"),
    "l2protocol_tunnel": _bridge(IFUPDOWN, "group_fwd_mask", note="a mask of link-local addresses; keep it 0 for guests"),
    "arp_nd_suppress": _port(IFUPDOWN, "neigh_suppress"),
    "pathcosts": _port(IFUPDOWN, "cost"),
    "portpathcost": _port(IFUPDOWN, "cost"),
    "treeportcost": _port(IFUPDOWN, "cost"),
    "portprios": _port(IFUPDOWN, "priority"),
    "treeportprio": _port(IFUPDOWN, "priority"),
    "portmcrouter": _port(IFUPDOWN, "mcast_router", note="0 for guests: with 1 a guest poses as a router"),
    "portmcfl": _port(IFUPDOWN, "fast_leave"),
    "portrestrrole": _port(IFUPDOWN, "root_block", note="which holds with STP only"),
    "vlan_vni_map": _port(IFUPDOWN, "vlan_tunnel", note="the flag of the port only"),
    "mstpctl_ports": Word(IFUPDOWN, ("stp_mode",), "whose user leaves STP to mstpd", _OF_BRIDGES),
    "mstpctl_stp": Word(IFUPDOWN, ("stp_mode",), "whose user leaves STP to mstpd", _OF_BRIDGES),
    **dict.fromkeys(("vids", "trunk", "port_vids"), Word(IFUPDOWN, ("vlans", "vid"), "", _OF_VLANS)),
    **dict.fromkeys(("port_pvids", "allow_untagged"), Word(IFUPDOWN, ("pvid",), "of the VLAN that takes untagged frames", _OF_VLANS)),
    "access": Word(IFUPDOWN, ("pvid",), "true for the one VLAN, as is untagged", _OF_VLANS),
    **dict.fromkeys(
        ("bpduguard", "portbpdufilter"),
        Word(
            IFUPDOWN,
            ("bpdu", "guards"),
            "as in guards: {bpdu: reject}, which holds with STP and without",
            "the guard bpdu of a policy holds with STP and without",
        ),
    ),
    **_none(IFUPDOWN, "the kernel has no such setting", "gcint", "hashel", "mcqv4src", "igmp_querier_src"),
    **_none(IFUPDOWN, "a task fails where a device is missing; run it once that is there", "waitport", "maxwait"),
    **_none(IFUPDOWN, "ports that a task does not name are never removed", "ports_condone_regex"),
    **_none(IFUPDOWN, "virtual_link makes a device that holds a bridge up", "always_up"),
    **_none(
        IFUPDOWN,
        "it is mstpd's own: the kernel's STP has no such thing",
        "maxhops",
        "txholdcount",
        "forcevers",
        "portp2p",
        "portrestrtcn",
        "portnetwork",
        "portadminedge",
        "portautoedge",
    ),
    "mactablemanager": Word(LIBVIRT, (), "say learning: false and unicast_flood: false of the ports, and pin the addresses"),
    "trustguestrxfilters": Word(LIBVIRT, (), "a guest's own word is never taken: name its addresses in macs"),
    "filterref": Word(LIBVIRT, (), "the guards of a policy are what nwfilter does"),
    "interfaces": Word(OTHERS, ("ports",)),
    "members": Word(OTHERS, ("ports",)),
    "slaves": Word(OTHERS, ("ports",)),
    "mac_address": Word(OTHERS, ("macs", "address")),
    "mac_addresses": Word(OTHERS, ("macs",)),
    "allowed_macs": Word(OTHERS, ("macs",)),
    "ip": Word(OTHERS, ("addresses",)),
    "ips": Word(OTHERS, ("addresses",)),
    "ip_addresses": Word(OTHERS, ("addresses",)),
}
# Options that hold other options, where another tool has a plain value.
FORMS: dict[str, str] = {
    "vlan": "vlan is written vlan: {id: 101}, {trunk: [1-20, 30]} or {pvlan: 100} here",
    "security": "security names each policy here, as in security: {promiscuous: reject}",
    "guards": "guards names each guard here, as in guards: {bpdu: reject}",
}
_BOOLEANS = ("true", "false", "yes", "no", "on", "off", "1", "0")
# Prefixes of ifupdown2 and of sysfs that say what the place says already.
_PREFIXES = ("bridge_", "brport_", "mstpctl_")


def hints(params: Mapping[str, Any], spec: Mapping[str, Any]) -> list[str]:
    """A sentence for each word that C(spec) lacks and another tool has, and for values in another tool's form; each once."""
    return list(dict.fromkeys(_hints(params, spec, "")))


def _hints(params: Mapping[str, Any], spec: Mapping[str, Any], where: str) -> Iterator[str]:
    names = {alias: name for name, option in spec.items() for alias in (name, *(option.get("aliases") or ()))}
    for given, value in params.items():
        option = spec.get(names.get(given, ""))
        if option is None:
            yield from _unknown(str(given), spec)
        elif value is not None:
            yield from _of_value(given, value, option, f"{where}{given}")


def _unknown(given: str, spec: Mapping[str, Any]) -> Iterator[str]:
    word = given.lower().replace("-", "_")
    prefix = next((prefix for prefix in _PREFIXES if word.startswith(prefix) and word not in WORDS), "")
    word = word[len(prefix) :]
    if prefix and word in spec:
        yield f"{given} is {IFUPDOWN}'s word; here it is {word}."
        return
    found = WORDS.get(word)
    if found is None:
        return
    ours = next((name for name in found.ours if name in spec and (not found.beside or found.beside in spec)), "")
    tool = IFUPDOWN if prefix else found.tool
    whose = f"{tool}'{'' if tool.endswith('s') else 's'}"
    if ours:
        yield f"{given} is {whose} word; here it is {ours}{', ' + found.note if found.note else ''}."
    elif found.otherwise or not found.ours:
        yield f"{given} is {whose} word; {found.otherwise or found.note}."


def _of_value(given: str, value: Any, option: Mapping[str, Any], where: str) -> Iterator[str]:
    choices: Sequence[Any] = option.get("choices") or ()
    if choices and set(choices) <= set(POLICY_VALUES):
        if str(value).lower() in _BOOLEANS:
            yield f"{where}: true is written {ACCEPT} here, and false {REJECT}."
        return
    inner = option.get("options")
    if not inner:
        return
    for each in value if isinstance(value, list) else [_as_ansible_takes_it(value)]:
        if isinstance(each, Mapping):
            yield from _hints(each, inner, f"{where}.")
        else:
            yield f"{FORMS.get(given) or f'{where} holds other options here: ' + ', '.join(sorted(inner))}."


def _as_ansible_takes_it(value: Any) -> Any:
    """A mapping may be given as text, in JSON or as C(name=value) (validation.check_type_dict of ansible-core)."""
    if isinstance(value, str) and value.strip().startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    if isinstance(value, str) and "=" in value:
        return dict(part.strip().split("=", 1) for part in value.split(",") if "=" in part)
    return value
