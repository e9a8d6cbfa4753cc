# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is weak about bridges, from what linux_bridge_info tells."""

from __future__ import annotations

import typing as t
from fnmatch import fnmatchcase

from ansible.errors import AnsibleFilterError

DOCUMENTATION = r"""
name: bridge_findings
short_description: Lists what is weak about Linux bridges
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Takes the bridges that M(virtnet.hardening.linux_bridge_info) returns and lists what lets a guest sniff, forge or steal.
  - Ports whose name matches none of the guest patterns are taken for uplinks, on which learning and flooding are needed.
options:
  _input:
    description: The RV(virtnet.hardening.linux_bridge_info#module:bridges) of one host.
    type: list
    elements: dict
    required: true
  guest_patterns:
    description: Shell patterns of the names of ports on which guests hang.
    type: list
    elements: str
    default: ["vnet*", "tap*", "macvtap*", "fwpr*"]
"""

EXAMPLES = r"""
- name: Read the bridges
  virtnet.hardening.linux_bridge_info:
  register: result

- name: Show what is weak
  ansible.builtin.debug:
    msg: "{{ result.bridges | virtnet.hardening.bridge_findings }}"
"""

RETURN = r"""
_value:
  description:
    - A dictionary for each finding, the most severe first, with C(severity) (C(high), C(medium) or C(low)), C(bridge),
      C(port) (empty for the bridge itself), C(finding) and C(remedy).
  type: list
  elements: dict
"""

_GUESTS = ("vnet*", "tap*", "macvtap*", "fwpr*")
_SEVERITIES = ("high", "medium", "low")

Finding = dict[str, str]
Rule = tuple[str, str, str]


def _bridge_rules(bridge: dict[str, t.Any], status: dict[str, t.Any]) -> t.Iterator[Rule]:
    if status["hub"]:
        yield "high", "ageing_time is 0, so the bridge is a hub: every guest receives every frame", "set ageing_time: 300"
    if bridge.get("promiscuous"):
        yield (
            "high",
            "the bridge device is promiscuous: the host, or a switch that has bridged it, receives all frames",
            "set promiscuous: false, or find who set it",
        )
    if bridge.get("mcast_snooping") and not bridge.get("mcast_querier"):
        yield (
            "low",
            "multicast snooping without a querier of its own: groups are lost unless the network has one",
            "set mcast_querier: true or mcast_snooping: false",
        )


def _guest_rules(port: dict[str, t.Any], bridge: dict[str, t.Any]) -> t.Iterator[Rule]:
    locked, learning = port.get("locked", False), port.get("learning", True)
    if locked and learning and not bridge.get("no_linklocal_learn"):
        yield (
            "high",
            "locked, but the port learns from link-local frames: one LLDP or EAPOL frame authorises any address",
            "set learning: false on the port or no_linklocal_learn: true on the bridge",
        )
    if "locked" not in port:
        yield "high", "this kernel can't lock ports: the guest can send from any address", "use kernel 5.18 or later, or filter source addresses by nftables"
    elif not locked:
        yield "high", "not locked: the guest can send from any address", "pin the guest's address by linux_bridge_fdb and set locked: true, learning: false"
    if learning and not locked:
        yield "medium", "the port learns: the guest can draw another's frames to itself and fill the table", "set learning: false"
    if port.get("unicast_flood", True):
        yield "medium", "frames to unknown addresses are flooded to the guest", "pin the guest's address by linux_bridge_fdb and set unicast_flood: false"
    if not port.get("isolated", False):
        yield "low", "not isolated: the guest reaches the other guests of the bridge directly", "set isolated: true if guests need not talk to one another"
    if not port.get("multicast_flood", True) and bridge.get("mcast_snooping") and not bridge.get("mcast_querier"):
        yield "medium", "no multicast flood and no querier: IPv6 neighbour discovery fails", "set multicast_flood: true, or mcast_querier: true on the bridge"


def _port_rules(port: dict[str, t.Any], bridge: dict[str, t.Any]) -> t.Iterator[Rule]:
    if port.get("guard") and not bridge.get("stp"):
        yield "low", "guard has no effect while STP is off", "filter BPDUs by other means, or set stp: true"
    if port.get("group_fwd_mask"):
        yield "medium", "link-local frames are forwarded (group_fwd_mask)", "set group_fwd_mask: 0"


def _entry_rules(entry: dict[str, t.Any]) -> t.Iterator[Rule]:
    if entry["kind"] == "static" and not entry.get("sticky"):
        yield "medium", f"the static entry {entry['address']} is not sticky: a port that learns can take it", "set sticky: true"
    if entry["kind"] == "local":
        yield "low", f"the entry {entry['address']} is local: its frames go to the host and not to the guest", "set kind: static unless that is meant"


def _is_guest(name: str, patterns: t.Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def _of_bridge(each: dict[str, t.Any], patterns: t.Sequence[str]) -> t.Iterator[Finding]:
    bridge = each["bridge"]

    def finding(port: str, rule: Rule) -> Finding:
        return {"severity": rule[0], "bridge": each["name"], "port": port, "finding": rule[1], "remedy": rule[2]}

    for rule in _bridge_rules(bridge, each["status"]):
        yield finding("", rule)
    for port in each["ports"]:
        name = port["ports"][0]
        rules = [*(_guest_rules(port, bridge) if _is_guest(name, patterns) else ()), *_port_rules(port, bridge)]
        for rule in rules:
            yield finding(name, rule)
    for entry in each["fdb"]["entries"]:
        if entry["port"] != each["name"] and _is_guest(entry["port"], patterns):
            for rule in _entry_rules(entry):
                yield finding(entry["port"], rule)


def bridge_findings(bridges: t.Any, guest_patterns: t.Optional[t.Sequence[str]] = None) -> list[Finding]:
    """See DOCUMENTATION."""
    if not isinstance(bridges, list):
        raise AnsibleFilterError(f"bridge_findings takes the list 'bridges' of linux_bridge_info, not {type(bridges).__name__}.")
    try:
        found = [finding for each in bridges for finding in _of_bridge(each, _GUESTS if guest_patterns is None else guest_patterns)]
    except (KeyError, TypeError) as error:
        raise AnsibleFilterError(f"bridge_findings takes what linux_bridge_info returned; this lacks {error}.") from error
    return sorted(found, key=lambda each: _SEVERITIES.index(each["severity"]))


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Filters by name."""
        return {"bridge_findings": bridge_findings}
