# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs all attacks and honest flows, and shows what came of them."""

from __future__ import annotations

from typing import Dict, Mapping, Optional

from . import honest, link, rewrite, rogue, share, spoof, stream
from .arena import NotTakenError
from .ring import Case, Ring

ATTACKS: list[Case] = [*link.CASES, *spoof.CASES, *rogue.CASES, *stream.CASES, *rewrite.CASES, *share.CASES]
HONEST: list[Case] = [*honest.CASES, *rewrite.HONEST, *share.HONEST]

# None for what the kernel of the host takes from nobody.
Outcome = Dict[str, Optional[bool]]


def run(ring: Ring, cases: list[Case]) -> Outcome:
    """Every case by its name. Everybody speaks before each, so that none lives on what another left behind."""
    outcome: Outcome = {}
    for case in cases:
        ring.settle()
        try:
            outcome[case.name] = case.run(ring)
        except NotTakenError:
            outcome[case.name] = None
    return outcome


def run_all(ring: Ring) -> dict[str, Outcome]:
    """Attacks and honest flows."""
    return {"attacks": run(ring, ATTACKS), "honest": run(ring, HONEST)}


def show(before: Mapping[str, Outcome], after: Mapping[str, Outcome]) -> list[str]:
    """The matrix as lines."""
    lines = [f"{'attack':60} {'before':12} after", "-" * 88]
    words = {True: "GOT THROUGH", False: "stopped", None: "can't be"}
    for name in before["attacks"]:
        lines.append(f"{name:60} {words[before['attacks'][name]]:12} {words[after['attacks'][name]]}")
    lines += ["", f"{'honest flow':60} {'before':12} after", "-" * 88]
    words = {True: "works", False: "LOST", None: "can't be"}
    for name in before["honest"]:
        lines.append(f"{name:60} {words[before['honest'][name]]:12} {words[after['honest'][name]]}")
    lines += ["", *summary(before, after)]
    return lines


def summary(before: Mapping[str, Outcome], after: Mapping[str, Outcome]) -> list[str]:
    """Two lines that say all, and one of what the kernel of the host takes from no guest."""
    got = [sum(value is True for value in part["attacks"].values()) for part in (before, after)]
    lost = [sum(value is False for value in part["honest"].values()) for part in (before, after)]
    total, flows = len(before["attacks"]), len(before["honest"])
    nobody = sum(value is None for part in before.values() for value in part.values())
    return [
        f"attacks that got through: {got[0]} of {total} before, {got[1]} after",
        f"honest flows lost: {lost[0]} of {flows} before, {lost[1]} after",
        *([f"frames that this kernel takes from no guest: {nobody}"] if nobody else []),
    ]
