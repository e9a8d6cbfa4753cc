# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each guard by itself: without it its attack gets through all others, with it the attack is stopped, and what looks like it passes."""

from __future__ import annotations

import pytest
from attacks import against

from ..netns.needs import in_user_namespace
from .world import World, matrix

CASES: dict[str, matrix.Case] = {case.name: case for case in (*matrix.ATTACKS, *matrix.HONEST)}


@pytest.mark.parametrize("guard", against.GUARDS)
def test_only_the_guard_stops_its_attack(world: World, guard: str) -> None:
    """All else of the profile is in place both times."""
    if guard == "partial_checksum" and in_user_namespace():
        pytest.skip("SKIPPED: the kernel takes no program of a user namespace; run it as root")
    pair = against.GUARDS[guard]
    for value, through in (("accept", True), ("reject", False)):
        world.module("linux_port_security", bridge="br0", ports=[{**port, "guards": {guard: value}} for port in world.policy()])
        with world.ring() as ring:
            outcome = matrix.run(ring, [CASES[pair.attack], CASES[pair.honest]])
        assert outcome == {pair.attack: through, pair.honest: True}, f"{guard}: {value}"
