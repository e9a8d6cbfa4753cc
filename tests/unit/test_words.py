# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sentences that modules have in common."""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import words

SIX = [f"esxi0{number}" for number in range(1, 7)]


def test_some_of_many() -> None:
    """All of a few, and how many more there are."""
    assert words.few([]) == "" and words.few(SIX[:1], 1) == "esxi01" and words.few(SIX[:3], 3) == "esxi01, esxi02, esxi03"
    assert words.few(SIX, 1) == "esxi01 and 5 more" and words.left_out(SIX).endswith(": esxi01, esxi02, esxi03, esxi04, esxi05 and 1 more.")


def test_what_several_have_in_common() -> None:
    """Once, with their names, in the order in which it was said."""
    told = [("esxi01", "It is slow."), ("esxi02", "It is old."), ("esxi03", "It is slow.")]
    assert words.in_common(told) == ["esxi01, esxi03: It is slow.", "esxi02: It is old."]


def test_failures() -> None:
    """Each with its name, once; of one target that is all, without a count."""
    failed = [("esxi01", "esxi01: it is off."), ("esxi02", "The license is old.")]
    assert words.failures(failed, 3, "hosts", "failed_hosts") == "2 of 3 hosts failed. esxi01: it is off. esxi02: The license is old."
    assert words.failures(failed[:1], 1, "hosts", "failed_hosts") == "esxi01: it is off."
    assert words.failures([(name, "off.") for name in SIX], 6, "hosts", "failed_hosts").endswith("esxi05: off. And 1 more, see failed_hosts.")
