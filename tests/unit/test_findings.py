# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter bridge_findings: each weakness is told, and a hardened bridge has none."""

from __future__ import annotations

import copy
from typing import Any, Dict

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.filter.bridge_findings import bridge_findings

HARDENED: Dict[str, Any] = {
    "name": "br0",
    "bridge": {"ageing_time": 300.0, "stp": False, "no_linklocal_learn": True, "mcast_snooping": False, "promiscuous": False},
    "ports": [
        {"ports": ["eth1"], "learning": True, "unicast_flood": True},
        {"ports": ["vnet0"], "isolated": True, "locked": True, "learning": False, "unicast_flood": False, "multicast_flood": True},
    ],
    "fdb": {"entries": [{"address": "52:54:00:00:00:01", "port": "vnet0", "kind": "static", "sticky": True}]},
    "status": {"hub": False},
}


def changed(path: str, value: Any) -> Any:
    """The hardened bridge with one thing changed, given as part.key or as index of a list."""
    bridge = copy.deepcopy(HARDENED)
    part: Any = bridge
    *parents, last = path.split(".")
    for name in parents:
        part = part[int(name) if name.isdigit() else name]
    part[last] = value
    return [bridge]


def test_hardened() -> None:
    """Nothing to say; an uplink may learn and flood."""
    assert bridge_findings([HARDENED]) == []


@pytest.mark.parametrize(
    ("path", "value", "severity", "words"),
    [
        ("status.hub", True, "high", "hub"),
        ("bridge.promiscuous", True, "high", "promiscuous"),
        ("bridge.mcast_snooping", True, "low", "querier"),
        ("ports.1.locked", False, "high", "not locked"),
        ("ports.1.unicast_flood", True, "medium", "flooded"),
        ("ports.1.isolated", False, "low", "not isolated"),
        ("ports.1.guard", True, "low", "no effect"),
        ("ports.0.group_fwd_mask", 8, "medium", "link-local"),
        ("fdb.entries.0.sticky", False, "medium", "not sticky"),
        ("fdb.entries.0.kind", "local", "low", "local"),
    ],
)
def test_each_weakness(path: str, value: Any, severity: str, words: str) -> None:
    """With severity and remedy."""
    found = bridge_findings(changed(path, value))
    assert [each["severity"] for each in found] == [severity], found
    assert words in found[0]["finding"] and found[0]["remedy"] and found[0]["bridge"] == "br0"


def test_locked_that_authorises_itself() -> None:
    """Only without no_linklocal_learn."""
    bridges = changed("ports.1.learning", True)
    assert bridge_findings(bridges) == []
    bridges[0]["bridge"]["no_linklocal_learn"] = False
    assert "LLDP" in bridge_findings(bridges)[0]["finding"]


def test_the_worst_comes_first_and_patterns_count() -> None:
    """What is a guest's port is told by its name."""
    bridges = changed("ports.0.ports", ["tap9"])
    severities = [each["severity"] for each in bridge_findings(bridges)]
    assert severities == sorted(severities, key=("high", "medium", "low").index) and "high" in severities
    assert bridge_findings(bridges, ["vnet*"]) == []


def test_other_input_is_refused() -> None:
    """With a sentence."""
    for wrong in ("text", [{"name": "br0"}]):
        with pytest.raises(AnsibleFilterError, match="linux_bridge_info"):
            bridge_findings(wrong)
