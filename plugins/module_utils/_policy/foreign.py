# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What other tools call an option, and what it is called here: one table, and the hints from it. Pure.

The words are those of their documentation: community.vmware 5.10, community.general's nmcli, ip-link(8) and bridge(8), ifupdown2, libvirt, vSphere's API.
"""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, POLICY_VALUES, REJECT

VMWARE, API, NMCLI, IPROUTE, IFUPDOWN, LIBVIRT, OTHERS = (
    "community.vmware", "vSphere's API", "nmcli", "iproute2", "ifupdown2", "libvirt", "another tool",
)


class Word(NamedTuple):
    """A word of another tool's."""

    tool: str
    # The first of these that there is at the place where the word stands.
    ours: Tuple[str, ...] = ()
    # What else is to be known: appended to the sentence, or in place of a name.
    note: str = ""


_VALUES = f"with {ACCEPT} for true and {REJECT} for false"
_LEFT = "these modules leave it as it is"
_SWITCH = ("vds", "vswitch", "switches", "name", "bridge")

WORDS: Dict[str, Word] = {
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
    "portgroup_description": Word(VMWARE, (), _LEFT),
    "vlan": Word(VMWARE, ("vlan_id",)),
    "vlan_id": Word(VMWARE, ("vlan",), "as in vlan: {id: 101}"),
    "vlan_trunk": Word(VMWARE, ("vlan",), "as in vlan: {trunk: [1-20, 30]}"),
    "vlan_private": Word(VMWARE, ("vlan",), "as in vlan: {pvlan: 100}"),
    "port_binding": Word(VMWARE, ("binding",)),
    "port_allocation": Word(VMWARE, ("auto_expand",), "with true for elastic and false for fixed"),
    "mac_learning": Word(VMWARE, (), "it stands beside security, in vds_portgroup and vds_port"),
    "teaming": Word(VMWARE, (), _LEFT),
    "teaming_policy": Word(VMWARE, (), _LEFT),
    "traffic_shaping": Word(VMWARE, (), _LEFT),
    "in_traffic_shaping": Word(VMWARE, (), _LEFT),
    "out_traffic_shaping": Word(VMWARE, (), _LEFT),
    "net_flow": Word(VMWARE, (), _LEFT),
    "allowpromiscuous": Word(API, ("promiscuous", "security"), _VALUES),
    "allow_promiscuous": Word(API, ("promiscuous", "security"), _VALUES),
    "macchanges": Word(API, ("mac_changes", "security"), _VALUES),
    "forgedtransmits": Word(API, ("forged_transmits", "security"), _VALUES),
    "numports": Word(API, ("num_ports", "ports")),
    "vlanid": Word(API, ("vlan_id", "vlan")),
    "conn_name": Word(NMCLI, ("name",)),
    "ifname": Word(NMCLI, ("name", "ports")),
    "master": Word(NMCLI, ("bridge",)),
    "mac": Word(NMCLI, ("address", "macs")),
    "ageingtime": Word(NMCLI, ("ageing_time",)),
    "forwarddelay": Word(NMCLI, ("forward_delay",)),
    "hellotime": Word(NMCLI, ("hello_time",)),
    "maxage": Word(NMCLI, ("max_age",)),
    "slavepriority": Word(NMCLI, ("priority",)),
    "path_cost": Word(NMCLI, ("cost",)),
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
    "vlan_aware": Word(IFUPDOWN, ("vlan_filtering",)),
    "fd": Word(IFUPDOWN, ("forward_delay",), "which is 2 to 30 seconds with STP; 0 needs stp: false"),
    "arp_nd_suppress": Word(IFUPDOWN, ("neigh_suppress",)),
    "bridgeprio": Word(IFUPDOWN, ("priority",)),
    "pathcosts": Word(IFUPDOWN, ("cost",)),
    "portprios": Word(IFUPDOWN, ("priority",)),
    "mcsnoop": Word(IFUPDOWN, ("mcast_snooping",)),
    "mcquerier": Word(IFUPDOWN, ("mcast_querier",)),
    "mcrouter": Word(IFUPDOWN, ("mcast_router",)),
    "vids": Word(IFUPDOWN, ("vlans", "vid")),
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
FORMS: Dict[str, str] = {
    "vlan": "vlan is written vlan: {id: 101}, {trunk: [1-20, 30]} or {pvlan: 100} here",
    "security": "security names each policy here, as in security: {promiscuous: reject}",
    "guards": "guards names each guard here, as in guards: {bpdu: reject}",
}
_BOOLEANS = ("true", "false", "yes", "no", "on", "off", "1", "0")
# Prefixes of ifupdown2 and of sysfs that say what the place says already.
_PREFIXES = ("bridge_", "brport_")


def hints(params: Mapping[str, Any], spec: Mapping[str, Any]) -> List[str]:
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
    for prefix in _PREFIXES:
        bare = word[len(prefix):] if word.startswith(prefix) else ""
        if bare in spec:
            yield f"{given} is {IFUPDOWN}'s word; here it is {bare}."
            return
        word = bare if bare in WORDS else word
    found = WORDS.get(word)
    if found is None:
        return
    ours = next((name for name in found.ours if name in spec), "")
    whose = f"{found.tool}'{'' if found.tool.endswith('s') else 's'}"
    if ours:
        yield f"{given} is {whose} word; here it is {ours}{', ' + found.note if found.note else ''}."
    elif found.note and not found.ours:
        yield f"{given} is {whose} word; {found.note}."


def _of_value(given: str, value: Any, option: Mapping[str, Any], where: str) -> Iterator[str]:
    choices: Sequence[Any] = option.get("choices") or ()
    if choices and set(choices) <= set(POLICY_VALUES):
        if str(value).lower() in _BOOLEANS:
            yield f"{where}: true is written {ACCEPT} here, and false {REJECT}."
        return
    inner = option.get("options")
    if not inner:
        return
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, Mapping):
            yield from _hints(each, inner, f"{where}.")
        else:
            yield f"{FORMS.get(given) or f'{where} holds other options here: ' + ', '.join(sorted(inner))}."
