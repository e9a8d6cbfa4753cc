# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A value that a device has by chance is not so: what is asked for stays, whatever becomes of the device that it comes from."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.link import LinkIntent, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import LinkFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Observed

ADDRESS = "52:54:00:00:00:09"
LOWER = LinkFacts("", True, True, "", "", False, "pci", "", ADDRESS, 0, 0, False)
VLAN = {"kind": "vlan", "lower": "eth0", "vlan_id": 20, "vlan_protocol": "802.1Q", "mtu": 1500, "address": ADDRESS, "up": False}


@pytest.mark.parametrize(
    ("pinned", "address", "pins"),
    [(False, ADDRESS, True), (True, ADDRESS, False), (None, ADDRESS, False), (False, None, False), (False, "52:54:00:00:00:0a", False)],
)
def test_the_address_of_a_vlan(pinned: bool | None, address: str | None, pins: bool) -> None:
    """Told apart by addr_assign_type; where sysfs is another namespace's, nothing is known and nothing done."""
    params: dict[str, Any] = {name: None for name in spec()}
    params.update({"name": "eth0.20", "kind": "vlan", "state": "present", "lower": "eth0", "vlan_id": 20, "address": address})
    observed = Observed({("link", "eth0.20"): dict(VLAN)}, {"links": {"eth0": LOWER, "eth0.20": LOWER}, "pinned": {"eth0.20": pinned}})
    assert (("own_address", "eth0.20") in LinkIntent(params).resolve(observed).desired.present) is pins
