# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every attack, from every setting: shown to get through before hardening, and stopped after it; and every honest flow."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from attacks import stream

from ..netns.needs import in_user_namespace
from .conftest import SETTINGS, run_suite
from .world import World, matrix

# Attacks that a setting does not let through, and why: they are shown to get through in another one (Case.shown_in).
_ONE_PORT = "a bridge that knows an address sends to its port only"
_NO_BOUND = "the database has no bound, so nobody is kept out of it"
_LOCKED = "the port is locked, and the address not known to it"
CANNOT = {
    "default": {"sniff: known unicast from outside": _ONE_PORT, "sniff: known unicast between guests": _ONE_PORT, "sniff: after flooding the FDB": _NO_BOUND},
    "limited": {"sniff: known unicast from outside": _ONE_PORT, "sniff: known unicast between guests": _ONE_PORT},
    "locked": {
        "sniff: known unicast from outside": _ONE_PORT,
        "sniff: known unicast between guests": _ONE_PORT,
        "sniff: after flooding the FDB": _NO_BOUND,
        "forge: random MAC": _LOCKED,
        "forge: random MAC to the outside": _LOCKED,
        "forge: a neighbour's MAC": _LOCKED,
        "forge: the bridge's MAC": _LOCKED,
        "steal: a neighbour's MAC": _LOCKED,
        "steal: the router's MAC": _LOCKED,
        **{case.name: _LOCKED for case in stream.FORGED},
        **dict.fromkeys(("shared address: forged", "shared address: an advertisement of a master"), _LOCKED),
    },
}
# Honest flows that a setting loses: the usual recipe has nothing for an address that moves.
_PINNED = "the port is locked, and no entry for a shared address could be on two ports"
LOSES = {
    "locked": dict.fromkeys(
        (
            "VRRP: advertisement",
            "VRRP: advertisement to the standby",
            "VRRP: announcement of a new master",
            "VRRP: from the virtual address",
            "VRRP: fail-over",
        ),
        _PINNED,
    )
}
_NO_MEMBER = "the port is in no other VLAN"
CANNOT["vlans"] = {**CANNOT["default"], **dict.fromkeys(("VLAN tag", "stream: TCP in a VLAN tag", "stream: TCP over IPv6 in a VLAN tag"), _NO_MEMBER)}
CANNOT["promiscuous"] = CANNOT["sharing"] = CANNOT["default"]
_HEARS_ALL = "its port is declared a multicast router's already"
_FORWARDED = "the bridge forwards it instead, by the mask that was left"
CANNOT["leftovers"] = {
    **CANNOT["default"],
    **{f"sniff: a group after {why}": _HEARS_ALL for why in ("PIM hello", "multicast router advertisement", "IGMP query")},
    **{f"into the host's stack: 01:80:c2:00:00:{last}": _FORWARDED for last in ("03", "0d", "0e", "0f")},
}
ALL = [(setting, case) for setting in SETTINGS for case in matrix.ATTACKS]
FLOWS = [(setting, case) for setting in SETTINGS for case in matrix.HONEST]


def _ids(items: list[object]) -> list[str]:
    return [f"{setting}-{case.name}" for setting, case in items]  # type: ignore[misc, attr-defined]


def _skip_what_nobody_can_send(before: bool | None, after: bool | None) -> None:
    if before is None and after is None:
        pytest.skip(f"SKIPPED: the kernel {os.uname().release} takes no such frame from a guest; run it on another one (make vm)")


@pytest.mark.parametrize(("setting", "case"), ALL, ids=_ids(ALL))
def test_attack(setting: str, case: matrix.Case) -> None:
    """Gets through before, unless the setting says why not, and never after."""
    suite = run_suite(setting)
    reason = CANNOT.get(setting, {}).get(case.name)
    _skip_what_nobody_can_send(suite.before["attacks"][case.name], suite.after["attacks"][case.name])
    assert suite.before["attacks"][case.name] is (reason is None), reason or "it does not get through where it should, so it proves nothing"
    if case.name.startswith("rewritten: ") and in_user_namespace():
        pytest.skip("SKIPPED: the kernel takes no program of a user namespace, without which this can't be held; run it as root")
    assert not suite.after["attacks"][case.name], "it gets through the hardened port"


@pytest.mark.parametrize(("setting", "case"), FLOWS, ids=_ids(FLOWS))
def test_honest_flow(setting: str, case: matrix.Case) -> None:
    """Works before, unless the setting says why not, and after."""
    suite = run_suite(setting)
    reason = LOSES.get(setting, {}).get(case.name)
    _skip_what_nobody_can_send(suite.before["honest"][case.name], suite.after["honest"][case.name])
    assert suite.before["honest"][case.name] is (reason is None), reason or "it does not work on an open bridge, so it proves nothing"
    assert suite.after["honest"][case.name], "the hardened port loses it"


def test_what_the_kernel_takes_from_nobody_is_told_as_that() -> None:
    """Neither as stopped nor as lost: kernels before 6.2 take no packet of UDP to be cut."""
    from attacks.arena import NotTakenError

    def refuse(ring: object) -> bool:
        raise NotTakenError("no")

    class Nobody:
        def settle(self) -> None:
            """Nobody speaks."""

    outcome = matrix.run(Nobody(), [matrix.Case("cut", refuse), matrix.Case("seen", lambda ring: True)])  # type: ignore[arg-type]
    assert outcome == {"cut": None, "seen": True}
    both = {"attacks": outcome, "honest": outcome}
    shown = matrix.show(both, both)
    assert [line.split() for line in shown if line.startswith("cut")] == [["cut", "can't", "be", "can't", "be"]] * 2
    assert shown[-3:] == [
        "attacks that got through: 1 of 2 before, 1 after",
        "honest flows lost: 0 of 2 before, 0 after",
        "frames that this kernel takes from no guest: 2",
    ]


def test_every_attack_is_shown_to_get_through_somewhere() -> None:
    """In the setting that it names."""
    for case in matrix.ATTACKS:
        assert case.name not in CANNOT.get(case.shown_in, {}), case.name


def test_nothing_is_sent_outside_the_lab(world: World) -> None:
    """An interface without the mark, and the namespace of the tests themselves, are refused."""
    from attacks.arena import Arena, ArenaError, Station

    own = Station("own", "/proc/self/ns/net", "lo", "", "", "")
    with pytest.raises(ArenaError, match="did not make"):
        Arena({"own": own})
    station = world.stations["victim"]
    subprocess.run(world.enter("victim", "ip", "link", "set", "eth0", "alias", "eth0"), check=True)
    with pytest.raises(ArenaError, match="mark"):
        Arena({"victim": station})


def test_readme_counts_them() -> None:
    """As many as there are."""
    readme = " ".join((Path(__file__).resolve().parent.parent.parent / "README.md").read_text(encoding="utf-8").split())
    assert f"shows {len(matrix.ATTACKS)} attacks before and after, and {len(matrix.HONEST)} honest flows" in readme
