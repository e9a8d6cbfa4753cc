# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter bridge_findings: what it takes, and what it refuses. The rules themselves are in tests/unit/test_linux_audit.py."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.filter import bridge_findings as under_test

from ..test_linux_audit import OPEN, answer

ROLES = {"eth0": "uplink", "web1": "guest", "odd": "unknown"}


def ports(found: list[dict[str, str]]) -> list[str]:
    """Those on which anything was found."""
    return sorted({each["port"] for each in found if each["port"]})


def test_the_result_of_the_module_or_its_bridges() -> None:
    """The list alone was all that it took once; what is about the host is then left out."""
    whole = answer({"web1": OPEN}, table={"state": "altered", "differences": ["x"], "stale": []})
    filters = under_test.FilterModule().filters()
    found = filters["bridge_findings"](whole)
    alone = filters["bridge_findings"](whole["bridges"])
    assert {each["rule"] for each in found} - {each["rule"] for each in alone} == {"table_altered"}
    assert all(set(each) == {"rule", "severity", "bridge", "port", "finding", "meaning", "remedy"} for each in found)
    assert under_test.bridge_findings([]) == []


def test_which_ports_are_judged() -> None:
    """By their roles; names add guests, and a declared uplink is one whatever else is said."""
    whole = answer(dict.fromkeys(ROLES, OPEN), roles=ROLES)
    assert ports(under_test.bridge_findings(whole)) == ["odd", "web1"]
    assert ports(under_test.bridge_findings(whole, ["eth*"])) == ["eth0", "odd", "web1"]
    assert ports(under_test.bridge_findings(whole, uplink_patterns=["o*"])) == ["web1"]
    assert ports(under_test.bridge_findings(whole, ["*"], ["*"])) == []


def test_an_answer_without_roles_is_judged_in_full() -> None:
    """What an older version saved took every unknown name for an uplink."""
    whole = answer({"veth100i0": OPEN})
    for each in whole["bridges"]:
        del each["status"]["roles"], each["status"]["protection"]
    assert ports(under_test.bridge_findings(whole["bridges"])) == ["veth100i0"]


@pytest.mark.parametrize("wrong", [{"bridges": []}, "br0", None, ["br0"], [{"name": "br0"}], {"bridges": "br0", "table": {}}])
def test_other_input_is_refused(wrong: Any) -> None:
    """Not taken for a host without findings."""
    with pytest.raises(AnsibleFilterError, match="linux_bridge_info"):
        under_test.bridge_findings(wrong)
