# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filter bridge_findings says of bridges, each rule alone: present when weak, absent when not."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.filter import bridge_findings as under_test

BRIDGE = {"ageing_time": 300.0, "stp": False, "no_linklocal_learn": True, "mcast_snooping": False, "mcast_querier": False, "promiscuous": False}
CLOSED = {"isolated": True, "locked": True, "learning": False, "unicast_flood": False, "multicast_flood": True, "guard": False, "group_fwd_mask": 0}
OPEN = {"isolated": False, "locked": False, "learning": True, "unicast_flood": True, "multicast_flood": True, "guard": False, "group_fwd_mask": 0}
PINNED = {"address": "52:54:00:01:00:01", "port": "vnet0", "kind": "static", "sticky": True}


def host(bridge: Dict[str, Any], ports: Dict[str, Dict[str, Any]], entries: Tuple[Dict[str, Any], ...] = (PINNED,)) -> List[Dict[str, Any]]:
    """One bridge, in the form that linux_bridge_info returns."""
    return [
        {
            "name": "br0",
            "bridge": {"name": "br0", **bridge},
            "ports": [{"bridge": "br0", "ports": [name], **options} for name, options in ports.items()],
            "fdb": {"bridge": "br0", "entries": list(entries)},
            "status": {"hub": bridge["ageing_time"] == 0},
        }
    ]


def test_a_hardened_host_has_none() -> None:
    """An uplink may learn and flood, a closed guest gives no cause."""
    assert under_test.bridge_findings(host(BRIDGE, {"uplink": OPEN, "vnet0": CLOSED})) == []
    assert under_test.bridge_findings([]) == []


# What is changed on the bridge, on the guest's port and on its entry; then the severity, words of the finding, words of the remedy.
RULES: Dict[str, Tuple[Dict[str, Any], Dict[str, Any], Dict[str, Any], str, str, str]] = {
    "hub": ({"ageing_time": 0.0}, {}, {}, "high", "hub", "ageing_time: 300"),
    "promiscuous": ({"promiscuous": True}, {}, {}, "high", "promiscuous", "promiscuous: false"),
    "no querier": ({"mcast_snooping": True}, {}, {}, "low", "without a querier", "mcast_querier: true"),
    "no neighbour discovery": ({"mcast_snooping": True}, {"multicast_flood": False}, {}, "medium", "neighbour discovery", "multicast_flood: true"),
    "opened by LLDP": ({"no_linklocal_learn": False}, {"learning": True}, {}, "high", "LLDP", "no_linklocal_learn: true"),
    "not locked": ({}, {"locked": False}, {}, "high", "not locked", "locked: true"),
    "learns": ({}, {"locked": False, "learning": True}, {}, "medium", "the port learns", "learning: false"),
    "floods": ({}, {"unicast_flood": True}, {}, "medium", "unknown addresses are flooded", "unicast_flood: false"),
    "not isolated": ({}, {"isolated": False}, {}, "low", "not isolated", "isolated: true"),
    "guard without STP": ({}, {"guard": True}, {}, "low", "guard has no effect", "stp: true"),
    "forwards link-local": ({}, {"group_fwd_mask": 16384}, {}, "medium", "link-local frames are forwarded", "group_fwd_mask: 0"),
    "not sticky": ({}, {}, {"sticky": False}, "medium", "52:54:00:01:00:01 is not sticky", "sticky: true"),
    "local": ({}, {}, {"kind": "local", "sticky": False}, "low", "52:54:00:01:00:01 is local", "kind: static"),
}


@pytest.mark.parametrize("name", RULES)
def test_each_rule(name: str) -> None:
    """One weakness more is its own finding, with where it is and what to do."""
    bridge, port, entry, severity, finding, remedy = RULES[name]
    found = under_test.bridge_findings(host({**BRIDGE, **bridge}, {"uplink": OPEN, "vnet0": {**CLOSED, **port}}, ({**PINNED, **entry},)))
    mine = [each for each in found if finding in each["finding"]]
    assert len(mine) == 1, found
    assert mine[0]["severity"] == severity and remedy in mine[0]["remedy"]
    assert mine[0]["bridge"] == "br0" and mine[0]["port"] == ("vnet0" if port or entry else "")


@pytest.mark.parametrize(
    ("bridge", "port", "words"),
    [
        ({"mcast_snooping": True, "mcast_querier": True}, {"multicast_flood": False}, "querier"),
        ({"no_linklocal_learn": True}, {"learning": True}, "LLDP"),
        ({"no_linklocal_learn": False}, {"learning": False}, "LLDP"),
        ({"stp": True}, {"guard": True}, "guard"),
    ],
)
def test_what_makes_up_for_it(bridge: Dict[str, Any], port: Dict[str, Any], words: str) -> None:
    """The same option is no finding where another one takes its danger away."""
    found = under_test.bridge_findings(host({**BRIDGE, **bridge}, {"vnet0": {**CLOSED, **port}}))
    assert not [each for each in found if words in each["finding"]]


def test_an_old_kernel_is_told_what_it_can_do() -> None:
    """A remedy that linux_bridge_port would refuse helps nobody."""
    port = {name: value for name, value in CLOSED.items() if name != "locked"}
    bridge = {name: value for name, value in BRIDGE.items() if name != "no_linklocal_learn"}
    found = under_test.bridge_findings(host(bridge, {"vnet0": port}))
    assert [each["severity"] for each in found] == ["high"]
    assert "can't lock" in found[0]["finding"] and "locked: true" not in found[0]["remedy"]


def test_the_worst_first() -> None:
    """Whatever the order of bridges and ports."""
    found = under_test.bridge_findings(host({**BRIDGE, "mcast_snooping": True, "ageing_time": 0.0}, {"uplink": OPEN, "vnet0": OPEN}))
    severities = [each["severity"] for each in found]
    assert severities == sorted(severities, key=["high", "medium", "low"].index) and set(severities) == {"high", "medium", "low"}


def test_which_ports_are_guests() -> None:
    """Names of one's own instead of the usual ones."""
    open_guest = host(BRIDGE, {"web1": OPEN})
    assert under_test.bridge_findings(open_guest) == []
    assert {each["port"] for each in under_test.bridge_findings(open_guest, ["web*"])} == {"web1"}
    assert under_test.bridge_findings(host(BRIDGE, {"vnet0": OPEN}, ()), guest_patterns=["web*"]) == []


def judged_as_guest(name: str, patterns: Any) -> bool:
    """Whether an open port of that name is a finding."""
    return bool(under_test.bridge_findings(host(BRIDGE, {name: OPEN}, ()), patterns))


def test_the_documented_default_is_the_real_one() -> None:
    """ansible-doc must not lie about which ports are judged."""
    documented = yaml.safe_load(under_test.DOCUMENTATION)["options"]["guest_patterns"]["default"]
    names = {"vnet0", "tap1", "macvtap2", "fwpr3p0", "uplink", "eth0", "web1"}
    assert {name for name in names if judged_as_guest(name, documented)} == {name for name in names if judged_as_guest(name, None)}
    assert not judged_as_guest("uplink", None) and judged_as_guest("vnet0", None)


@pytest.mark.parametrize("wrong", [{"bridges": []}, "br0", None, ["br0"], [{"name": "br0"}]])
def test_other_input_is_refused(wrong: Any) -> None:
    """Not taken for a host without findings."""
    with pytest.raises(AnsibleFilterError, match="linux_bridge_info"):
        under_test.bridge_findings(wrong)
