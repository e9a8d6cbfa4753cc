# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The VLANs of a distributed group or port as one canonical text: C(inherit), C(10), C(trunk 1-20,30) or C(pvlan 100). Pure."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import INHERIT

Range = Tuple[int, int]
TRUNK, PVLAN = "trunk", "pvlan"
# VmwareDistributedVirtualSwitchVlanIdSpec.vlanId: "a value of 0 specifies that you do not want the port associated with a VLAN".
VLAN_MAX = 4094

SPEC: dict[str, Any] = {
    "type": "dict",
    "options": {"id": {"type": "int"}, "trunk": {"type": "list", "elements": "str"}, "pvlan": {"type": "int"}, "inherit": {"type": "bool"}},
    "mutually_exclusive": [["id", "trunk", "pvlan", "inherit"]],
    "required_one_of": [["id", "trunk", "pvlan", "inherit"]],
}


def from_option(option: Mapping[str, Any] | None) -> str | None:
    """What the user wrote, checked; None where nothing is asked for."""
    if option is None:
        return None
    if option.get("inherit") is not None:
        if not option["inherit"]:
            raise InputError("vlan.inherit: false says nothing about the VLAN; give id, trunk or pvlan instead.")
        return INHERIT
    if option.get("trunk") is not None:
        if not option["trunk"]:
            raise InputError("vlan.trunk: the list is empty; name at least one VLAN or range, such as 0-4094 for all.")
        return trunk_text(_range(item) for item in option["trunk"])
    name, low = ("id", 0) if option.get("id") is not None else ("pvlan", 1)
    number = int(option[name])
    if not low <= number <= VLAN_MAX:
        raise InputError(f"vlan.{name}: {number} is outside {low} to {VLAN_MAX}.")
    return str(number) if name == "id" else f"{PVLAN} {number}"


def trunk_text(ranges: Iterable[Range]) -> str:
    """Sorted, overlapping and adjacent ranges joined: what a server keeps in another order compares equal."""
    joined: list[Range] = []
    for first, last in sorted(ranges):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return f"{TRUNK} " + ",".join(str(first) if first == last else f"{first}-{last}" for first, last in joined)


def ranges_of(text: str) -> list[Range]:
    """The ranges of a trunk's text."""
    return [_range(item) for item in text[len(TRUNK) + 1 :].split(",") if item]


def pvlan_of(text: str) -> int | None:
    """The private VLAN of a text, if that is what it says."""
    return int(text[len(PVLAN) + 1 :]) if text.startswith(PVLAN) else None


def _range(item: str) -> Range:
    match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", str(item))
    if not match:
        raise InputError(f"vlan.trunk: {item!r} is no VLAN; write a number or a range such as 10-20.")
    first, last = int(match.group(1)), int(match.group(2) or match.group(1))
    if last > VLAN_MAX or first > VLAN_MAX:
        raise InputError(f"vlan.trunk: {item!r} is outside 0 to {VLAN_MAX}.")
    if first > last:
        raise InputError(f"vlan.trunk: the range {item!r} is reversed; write {last}-{first}.")
    return first, last
