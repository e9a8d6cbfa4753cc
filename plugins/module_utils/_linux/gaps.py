# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What linux_bridge_info did not look at or can't judge, in words. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Dict, Iterator, List, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.roles import GUEST_NAMES
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import Gap
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Observed

# Options without which a rule of the audit can't be judged as it is meant, by kind of object.
_NEEDED = {
    "bridge": ("no_linklocal_learn", "promiscuous", "mcast_snooping", "mcast_querier"),
    "port": ("locked", "learning", "unicast_flood", "isolated", "multicast_flood", "group_fwd_mask"),
}


def of_host(observed: Observed, survey: Any, roles: Mapping[str, str], guests: Sequence[str], uplinks: Sequence[str]) -> List[Dict[str, str]]:
    """In the form of the result."""
    found: List[Gap] = [*survey.gaps, *_of_table(survey), *_of_options(observed), *_of_patterns(roles, guests, uplinks), *_of_devices(observed)]
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


def _of_patterns(roles: Mapping[str, str], guests: Sequence[str], uplinks: Sequence[str]) -> Iterator[Gap]:
    """What the user wrote, and not the defaults, which are meant for hosts of all kinds."""
    written = [("guest_patterns", pattern) for pattern in guests if pattern not in GUEST_NAMES] + [("uplink_patterns", pattern) for pattern in uplinks]
    for option, pattern in written:
        if not any(fnmatchcase(name, pattern) for name in roles):
            yield Gap(f"ports named {pattern} ({option})", f"no port has such a name; the ports are {few(sorted(roles)) or 'none'}")


def _of_devices(observed: Observed) -> Iterator[Gap]:
    """Guests that hang on something else than a bridge."""
    links = observed.facts["links"]
    free = sorted(name for name, facts in links.items() if facts.kind in ("tap", "macvtap") and not facts.master)
    if free:
        yield Gap(f"guests on {few(free)}", "these tap and macvtap devices are ports of no bridge")
    others = sorted(name for name, facts in links.items() if facts.kind == "openvswitch")
    if others:
        yield Gap(f"switches of Open vSwitch ({few(others)})", "only bridges of the kernel are read")
