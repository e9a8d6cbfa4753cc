# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""THE table of fields against the kernel's header and the modules' contract."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import bridge, fdb, link, port, vlan
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import BRIDGE, KINDS, LINUX, PORT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Field, Kind

# enum of include/uapi/linux/if_link.h, in order, typed a second time on purpose.
BR = (
    "UNSPEC FORWARD_DELAY HELLO_TIME MAX_AGE AGEING_TIME STP_STATE PRIORITY VLAN_FILTERING VLAN_PROTOCOL GROUP_FWD_MASK ROOT_ID BRIDGE_ID"
    " ROOT_PORT ROOT_PATH_COST TOPOLOGY_CHANGE TOPOLOGY_CHANGE_DETECTED HELLO_TIMER TCN_TIMER TOPOLOGY_CHANGE_TIMER GC_TIMER GROUP_ADDR"
    " FDB_FLUSH MCAST_ROUTER MCAST_SNOOPING MCAST_QUERY_USE_IFADDR MCAST_QUERIER MCAST_HASH_ELASTICITY MCAST_HASH_MAX MCAST_LAST_MEMBER_CNT"
    " MCAST_STARTUP_QUERY_CNT MCAST_LAST_MEMBER_INTVL MCAST_MEMBERSHIP_INTVL MCAST_QUERIER_INTVL MCAST_QUERY_INTVL"
    " MCAST_QUERY_RESPONSE_INTVL MCAST_STARTUP_QUERY_INTVL NF_CALL_IPTABLES NF_CALL_IP6TABLES NF_CALL_ARPTABLES VLAN_DEFAULT_PVID PAD"
    " VLAN_STATS_ENABLED MCAST_STATS_ENABLED MCAST_IGMP_VERSION MCAST_MLD_VERSION VLAN_STATS_PER_PORT MULTI_BOOLOPT MCAST_QUERIER_STATE"
    " FDB_N_LEARNED FDB_MAX_LEARNED STP_MODE"
).split()
BRPORT = (
    "UNSPEC STATE PRIORITY COST MODE GUARD PROTECT FAST_LEAVE LEARNING UNICAST_FLOOD PROXYARP LEARNING_SYNC PROXYARP_WIFI ROOT_ID BRIDGE_ID"
    " DESIGNATED_PORT DESIGNATED_COST ID NO TOPOLOGY_CHANGE_ACK CONFIG_PENDING MESSAGE_AGE_TIMER FORWARD_DELAY_TIMER HOLD_TIMER FLUSH"
    " MULTICAST_ROUTER PAD MCAST_FLOOD MCAST_TO_UCAST VLAN_TUNNEL BCAST_FLOOD GROUP_FWD_MASK NEIGH_SUPPRESS ISOLATED BACKUP_PORT"
    " MRP_RING_OPEN MRP_IN_OPEN MCAST_EHT_HOSTS_LIMIT MCAST_EHT_HOSTS_CNT LOCKED MAB MCAST_N_GROUPS MCAST_MAX_GROUPS NEIGH_VLAN_SUPPRESS"
    " BACKUP_NHID"
).split()

# What each module promises to its users, typed a second time on purpose: an option that comes or goes has to do so here too.
CONTRACT: dict[str, str] = {
    "bridge": (
        "name state mtu address up ageing_time stp forward_delay hello_time max_age priority group_fwd_mask group_address vlan_filtering"
        " vlan_protocol vlan_default_pvid vlan_stats_enabled vlan_stats_per_port mcast_snooping mcast_querier mcast_router mcast_igmp_version"
        " mcast_mld_version nf_call_iptables nf_call_ip6tables nf_call_arptables no_linklocal_learn mcast_vlan_snooping mst_enabled"
        " fdb_local_vlan_0 fdb_max_learned stp_mode promiscuous allow_hub allow_management rollback_timeout detach_ports mcast_hash_max"
        " mcast_last_member_count mcast_last_member_interval mcast_membership_interval mcast_querier_interval mcast_query_interval"
        " mcast_query_response_interval mcast_query_use_ifaddr mcast_startup_query_count mcast_startup_query_interval mcast_stats_enabled"
    ),
    "port": (
        "bridge ports state isolated locked mab learning unicast_flood multicast_flood broadcast_flood hairpin guard root_block fast_leave"
        " mcast_router mcast_to_unicast mcast_max_groups mcast_eht_hosts_limit neigh_suppress neigh_vlan_suppress proxy_arp proxy_arp_wifi"
        " vlan_tunnel backup_port backup_nhid group_fwd_mask cost priority port_state move allow_management rollback_timeout pinned_later"
    ),
    "vlan": "bridge ports vlans state purge allow_management rollback_timeout",
    "fdb": "bridge entries state purge allow_management rollback_timeout",
    "link": ("name kind state peer peer_netns lower mode mtu address up allow_management rollback_timeout group multi_queue owner vlan_id vlan_protocol"),
}
SPECS: dict[str, Any] = {"bridge": bridge, "port": port, "vlan": vlan, "fdb": fdb, "link": link}


@pytest.mark.parametrize("module", sorted(CONTRACT))
def test_options_of_the_contract(module: str) -> None:
    """None is missing or more, and no option has a default that would write something unasked."""
    spec = SPECS[module].spec()
    assert {name for name in spec if not name.startswith("_")} == set(CONTRACT[module].split())
    for name in KINDS[module].fields:
        if name in spec and name not in ("bridge",):
            assert "default" not in spec[name], name


@pytest.mark.parametrize(("kind", "prefix", "names"), [(BRIDGE, "IFLA_BR_", BR), (PORT, "IFLA_BRPORT_", BRPORT)])
def test_attribute_numbers(kind: Kind, prefix: str, names: Any) -> None:
    """As the kernel's header counts them."""
    checked = 0
    for field in kind.fields.values():
        native = field.natives[LINUX]
        if native.key.startswith(prefix):
            assert names[native.number] == native.key[len(prefix) :], field.name
            checked += 1
    assert checked > 20


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"type": "text"}, "none of"),
        ({"type": "enum"}, "needs choices"),
        ({"type": "int", "choices": (1,), "low": 1}, "exclude"),
        ({"type": "bool", "low": 0}, "no range"),
        ({"type": "int", "low": 2, "high": 1}, "reversed"),
        ({"type": "int", "group": "a/b"}, "only a bool"),
    ],
)
def test_contradictions_are_refused(arguments: Any, words: str) -> None:
    """When the table is made, not when it is used."""
    with pytest.raises(ValueError, match=words):
        Field("x", **arguments)
    with pytest.raises(ValueError, match="twice"):
        Kind.of("k", Field("x", "bool"), Field("x", "int"))
