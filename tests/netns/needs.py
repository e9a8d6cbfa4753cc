# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel under test can do, asked with iproute2 and raw netlink in a namespace of its own."""

from __future__ import annotations

import functools
import os
import subprocess

import pytest

from ..oracle import rawlink

# Attribute numbers of include/uapi/linux/if_link.h, typed here a second time on purpose.
_BRIDGE_ATTRIBUTES = {"vlan_protocol": 8, "vlan_default_pvid": 39, "vlan_stats_enabled": 41, "vlan_stats_per_port": 45, "fdb_max_learned": 49, "stp_mode": 50}
_BOOLOPTS = {"no_linklocal_learn": 0, "mcast_vlan_snooping": 1, "mst_enabled": 2, "fdb_local_vlan_0": 4}


@functools.lru_cache(maxsize=None)
def has_vlan_filtering() -> bool:
    """Whether the kernel takes vlan_filtering 1."""
    script = "ip link add brv type bridge vlan_filtering 1"
    return subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, check=False).returncode == 0


@functools.lru_cache(maxsize=None)
def has_vlan_devices() -> bool:
    """Whether the kernel has 8021q."""
    script = "ip link add v0 type veth peer name p0; ip link add link v0 name v0.5 type vlan id 5"
    return subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, check=False).returncode == 0


@functools.lru_cache(maxsize=None)
def known_bridge_options() -> frozenset[str]:
    """Options of linux_bridge that the kernel has. Called with a bridge in the namespace or without."""
    seen, mask = rawlink.bridge_capabilities()
    from .test_bridge import VALUES

    lacking = {name for name, number in _BRIDGE_ATTRIBUTES.items() if number not in seen}
    lacking |= {name for name, bit in _BOOLOPTS.items() if not mask >> bit & 1}
    if not has_vlan_filtering():
        lacking |= {"mst_enabled", "mcast_vlan_snooping"}
    return frozenset(VALUES) - lacking


def lacks_bridge_option(option: str) -> bool:
    """Whether the kernel does not have the option of linux_bridge, one of those with a number above."""
    return _BRIDGE_ATTRIBUTES[option] not in rawlink.bridge_capabilities()[0]


_PORT_ATTRIBUTES = {"isolated": 33, "mcast_eht_hosts_limit": 37, "locked": 39, "mab": 40, "mcast_max_groups": 42, "neigh_vlan_suppress": 43}


def lacks_port_option(option: str) -> bool:
    """Whether the kernel does not have the option of linux_bridge_port."""
    if option == "backup_nhid":
        # Listed only once it is set, so by the release: good enough for a test on an upstream kernel.
        return tuple(int(part) for part in os.uname().release.split(".")[:2]) < (6, 6)
    return option in _PORT_ATTRIBUTES and _PORT_ATTRIBUTES[option] not in rawlink.port_capabilities()


def in_user_namespace() -> bool:
    """Whether this process's users are not the machine's."""
    with open("/proc/self/uid_map", encoding="ascii") as file:
        return file.read().split() != ["0", "0", "4294967295"]


needs_users = pytest.mark.skipif(in_user_namespace(), reason="SKIPPED: this user namespace has one user, so nothing can change to another; run it as root")
needs_vlan_filtering = pytest.mark.skipif(
    not has_vlan_filtering(), reason="SKIPPED: this kernel has no bridge VLAN filtering (CONFIG_BRIDGE_VLAN_FILTERING); run it where it has"
)
