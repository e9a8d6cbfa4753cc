# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules and findings of all audits are of one form."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import audit_rules, promiscuity_findings
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.findings import SEVERITIES, Finding, Rule, table, worst_first
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy import audit_rules as esxi_rules

AUDITS: dict[str, Any] = {"linux": audit_rules, "promiscuity": promiscuity_findings, "esxi": esxi_rules}
BAD = Rule("bad", "thing", "high", "It is bad", "mend NAME")
ODD = Rule("odd", "thing", "low", "It is odd", "look at it", elsewhere="")


@pytest.mark.parametrize(("audit", "name"), [(audit, name) for audit, module in AUDITS.items() for name in module.RULES])
def test_a_rule_has_all(audit: str, name: str) -> None:
    """As one row of the page that lists them (docs/findings.md)."""
    rule = AUDITS[audit].RULES[name]
    assert isinstance(rule, Rule) and rule.id == name
    assert rule.severity in SEVERITIES and rule.elsewhere in (None, "", *SEVERITIES)
    assert rule.about in AUDITS[audit].ABOUT, f"{name} is about {rule.about}, which ABOUT does not say in words"
    assert rule.meaning and rule.remedy and rule.remedy[0].islower(), name
    assert not rule.meaning.endswith(".") and not rule.remedy.endswith("."), name


@pytest.mark.parametrize("audit", AUDITS)
def test_no_word_of_a_table_is_left_over(audit: str) -> None:
    """What nothing is about needs no words."""
    assert {rule.about for rule in AUDITS[audit].RULES.values()} == set(AUDITS[audit].ABOUT)


def test_two_rules_of_one_name_are_refused() -> None:
    """The second would hide the first."""
    assert list(table(BAD, ODD)) == ["bad", "odd"]
    with pytest.raises(ValueError, match="one identifier"):
        table(BAD, ODD, BAD)


def test_a_finding_says_it_of_its_object() -> None:
    """What it does not say itself is its rule's."""
    assert Finding(BAD, {"port": "p1"}, "p1 is bad").told() == {
        "rule": "bad",
        "severity": "high",
        "port": "p1",
        "finding": "p1 is bad",
        "meaning": "It is bad",
        "remedy": "mend NAME",
    }
    told = Finding(BAD, {"port": "p1"}, "p1 is bad", "medium", "mend p1").told()
    assert (told["severity"], told["remedy"]) == ("medium", "mend p1")


def test_the_worst_stands_first() -> None:
    """Then by the words that the audit names, and else as they came."""
    found = [Finding(ODD, {"port": "a"}, "1"), Finding(BAD, {"port": "b"}, "2"), Finding(BAD, {"port": "a"}, "3"), Finding(BAD, {"port": "a"}, "4")]
    assert [each["finding"] for each in worst_first(found)] == ["2", "3", "4", "1"]
    assert [each["finding"] for each in worst_first(found, "port")] == ["3", "4", "2", "1"]
