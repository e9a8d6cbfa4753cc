# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What linux_bridge_info did not look at or can't judge, in words. Pure."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Any, Iterator, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.roles import GUEST_NAMES, TAPS
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import Gap
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Observed

# Options without which a rule of the audit can't be judged as it is meant, by kind of object.
_NEEDED = {
    "bridge": ("no_linklocal_learn", "promiscuous", "mcast_snooping", "mcast_querier"),
    "port": ("locked", "learning", "unicast_flood", "isolated", "multicast_flood", "group_fwd_mask"),
}


# VMware Workstation's adapters of the host (vmnet-only/netif.c): of no kind, and of no hardware.
_VMNET = re.compile(r"^vmnet\d+$")


def of_host(observed: Observed, survey: Any, left_out: Sequence[str], guests: Sequence[str], uplinks: Sequence[str]) -> list[dict[str, str]]:
    """In the form of the result. C(left_out): bridges that C(names) does not list."""
    found: list[Gap] = [*survey.gaps, *_of_table(survey), *_of_options(observed), *_of_spanning_tree(observed)]
    found += [*_of_patterns(observed, guests, uplinks), *_of_devices(observed)]
    if left_out:
        found.append(Gap(f"the bridges {few(left_out)}" if len(left_out) > 1 else f"the bridge {left_out[0]}", "names does not list them"))
    return [{"what": gap.what, "reason": gap.reason} for gap in found]


def _of_table(survey: Any) -> Iterator[Gap]:
    if survey.table == "altered":
        yield Gap("what the guards let through", f"their rules are not those of this version: {few(survey.differences)}")


def _of_options(observed: Observed) -> Iterator[Gap]:
    """A kernel lists the same options for every object of a kind."""
    for kind, names in _NEEDED.items():
        fields = next((fields for key, fields in observed.state.items() if key[0] == kind), None)
        lacking = [name for name in names if fields is not None and name not in fields]
        if lacking:
            yield Gap(f"the {kind} option{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}", "this kernel does not have it")


def _of_spanning_tree(observed: Observed) -> Iterator[Gap]:
    """What STP shows in place of what a bridge is set to."""
    for name, shown in sorted(observed.facts.get("shadowed", {}).items()):
        if "ageing_time" in shown:
            yield Gap(f"the ageing_time of {name}", "the topology of its spanning tree changes, and meanwhile the kernel shows another one")
        timers = [option for option in shown if option != "ageing_time"]
        if timers:
            yield Gap(f"{', '.join(timers)} of {name}", "another bridge is the root of its spanning tree, and the kernel shows the root's")


def _of_patterns(observed: Observed, guests: Sequence[str], uplinks: Sequence[str]) -> Iterator[Gap]:
    """What the user wrote, and not the defaults, which are meant for hosts of all kinds."""
    ports = sorted(str(key[1]) for key in observed.state if key[0] == "port")
    written = [("guest_patterns", pattern) for pattern in guests if pattern not in GUEST_NAMES] + [("uplink_patterns", pattern) for pattern in uplinks]
    for option, pattern in written:
        if not any(fnmatchcase(name, pattern) for name in ports):
            yield Gap(f"ports named {pattern} ({option})", f"no port has such a name; the ports are {few(ports) or 'none'}")


def _of_devices(observed: Observed) -> Iterator[Gap]:
    """Guests that hang on something else than a bridge."""
    links = observed.facts["links"]
    free = sorted(name for name, facts in links.items() if facts.kind in ("tap", *TAPS) and not facts.master)
    if free:
        yield Gap(f"guests on {few(free)}", "these tap, macvtap and ipvtap devices are ports of no bridge")
    given = sorted(name for name, facts in links.items() if facts.functions)
    if given:
        yield Gap(f"guests on virtual functions of {few(given)}", "what they send goes through the network card and no bridge (SR-IOV)")
    vmware = sorted(name for name, facts in links.items() if _VMNET.match(name) and not facts.kind and not facts.master)
    if vmware:
        yield Gap(f"VMware's guests on {few(vmware)}", "VMware's switches are not the kernel's; who may open /dev/vmnet* may be promiscuous there")
    early = sorted(name for name, facts in links.items() if facts.xdp and ("port", name) in observed.state)
    if early:
        yield Gap(f"what an XDP program does with frames of {few(early)}", "it sees them before the bridge and its rules, and may drop or change them")
    others = sorted(name for name, facts in links.items() if facts.kind == "openvswitch")
    if others:
        yield Gap(f"switches of Open vSwitch ({few(others)})", "only bridges of the kernel are read")
