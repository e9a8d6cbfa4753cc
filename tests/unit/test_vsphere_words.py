# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the words of the policy document become on ESXi, and that none is left out in silence."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import document
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BY_PROGRAM, GUARDS, ROWS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import VDS, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.quality import APPROXIMATE, EXACT, UNSUPPORTED
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.words import (
    BACKENDS,
    WITHOUT,
    Compiled,
    bpdu_of,
    compile_switch,
    describe,
    refuse,
)

ALL = frozenset(WITHOUT)
GUEST = {"profile": "guest"}


def compiled(item: dict[str, Any], backend: str = VSWITCH, without: frozenset[str] = frozenset()) -> Compiled:
    """Of one switch."""
    [switch], _skipped = document.read([{"name": "vSwitch0", **item}], BACKENDS)
    found = compile_switch(switch, backend)
    refuse(found.unenforced, without)
    return found


def refused(item: dict[str, Any], backend: str = VSWITCH, without: frozenset[str] = frozenset()) -> UnsupportedError:
    """What it says."""
    with pytest.raises(UnsupportedError) as caught:
        compiled(item, backend, without)
    return caught.value


def test_security_is_taken_as_it_is_said() -> None:
    """Inherit is a value, absent is none, and what is written out goes before the profile."""
    group = {"name": "pg", "profile": "guest", "security": {"promiscuous": "inherit"}}
    found = compiled({"security": {"promiscuous": "reject"}, "port_groups": [group, {"name": "bare"}]}, without=ALL)
    assert found.security == {"promiscuous": "reject"}
    assert found.groups == {"pg": {"promiscuous": "inherit", "mac_changes": "reject", "forged_transmits": "reject"}, "bare": {}}
    assert found.enforcement["port group pg of vSwitch0"]["promiscuous"] == EXACT


def test_every_word_that_is_unsupported_is_refused_or_told() -> None:
    """One at a time: first the refusal with the way out, then the same with the user's word that he does without."""
    cases: list[dict[str, Any]] = [{"guards": {name: "reject"}} for name in GUARDS if name != "bpdu"]
    cases += [{"isolated": True}, {"multicast_flood": False}, {"ports": [{"name": "p", "security": {"promiscuous": "reject"}}]}]
    for case in cases:
        word = next(iter(case.get("guards", case)))
        for level, where in ((case, "switch vSwitch0"), ({"port_groups": [{"name": "pg", **case}]}, "port group pg of vSwitch0")):
            error = refused(level)
            assert error.code == "unsupported" and f"allow_unenforced: [{word}]" in error.message, error.message
            [told] = compiled(level, without=frozenset([word])).unenforced
            assert told.word == word and (told.where == where or word == "ports") and told.told()["reason"]


def test_doing_without_one_is_not_doing_without_another() -> None:
    """The list is explicit: the message names what is still missing, and all of it."""
    error = refused(GUEST, without=frozenset(["arp", "neighbor"]))
    rest = [name for name in GUARDS if name not in ("arp", "neighbor", "bpdu", BY_PROGRAM)]
    assert f"allow_unenforced: [{', '.join(rest)}]" in error.message and {each["word"] for each in error.details["unenforced"]} == set(rest)
    assert "arp" not in error.message.split("take")[0]


def test_what_a_profile_adds_since_refuses_no_document() -> None:
    """It is told; who asks for it by name is refused, unless he says that he does without."""
    assert [each.word for each in compiled({"profile": "guest"}, without=ALL - {"partial_checksum"}).unenforced][-1] == "partial_checksum"
    error = refused({"profile": "guest", "guards": {"partial_checksum": "reject"}}, without=ALL - {"partial_checksum"})
    assert "allow_unenforced: [partial_checksum]" in error.message


def test_profiles() -> None:
    """The same values as on Linux; a nested hypervisor's guards need less."""
    found = compiled({"port_groups": [{"name": "pg", **GUEST}]}, without=ALL)
    assert set(found.groups["pg"].values()) == {"reject"} and found.bpdu == {"port group pg of vSwitch0": "reject"}
    assert {each.word for each in found.unenforced} == set(GUARDS) - {"bpdu"}
    rejected = frozenset(row.name for row in ROWS if row.profiles["nested_hypervisor"] == "reject") - {"bpdu", BY_PROGRAM}
    nested = compiled({"port_groups": [{"name": "pg", "profile": "nested_hypervisor"}]}, without=rejected)
    assert rejected < frozenset(GUARDS)
    assert set(nested.groups["pg"].values()) == {"accept"}


def test_what_only_selects_or_describes_needs_nothing() -> None:
    """The words of Linux that say who is in a group and what its addresses are."""
    port = {"name": "vnet0", "macs": ["52:54:00:00:00:01"], "addresses": ["192.0.2.1"]}
    found = compiled({"port_groups": [{"name": "pg", "match": ["vnet*"], "ports": [port]}], "ports": [{**port, "name": "vnet1"}]})
    assert found.unenforced == () and found.enforcement == {}
    two = compiled({"port_groups": [{"name": "pg", "quarantine": True, "ports": [{**port, "macs": ["52:54:00:00:00:01", "52:54:00:00:00:02"]}]}]})
    assert two.enforcement["port vnet0 of pg"]["macs"].startswith(APPROXIMATE)
    assert two.enforcement["port group pg of vSwitch0"]["quarantine"].startswith(APPROXIMATE)
    moving = [{"address": "00:00:5e:00:01:07", "shared": True}]
    shared = compiled({"ports": [{**port, "macs": [*port["macs"], *moving], "addresses": [{"address": "192.0.2.254", "shared": True}]}]})
    assert shared.unenforced == () and shared.enforcement["port vnet0 of vSwitch0"]["macs"].startswith(APPROXIMATE)
    with pytest.raises(InputError, match="port vnet0: macs: .* has no address"):
        compiled({"ports": [{**port, "macs": [{"shared": True}]}]})


def test_bpdu_is_one_for_the_host() -> None:
    """Whoever asks; two who contradict are refused by name."""
    first, second = compiled({"guards": {"bpdu": "reject"}}), compiled({"port_groups": [{"name": "pg", "guards": {"bpdu": "accept"}}]})
    assert bpdu_of([first]) == ("reject", ["switch vSwitch0"]) and bpdu_of([]) == (None, [])
    assert bpdu_of([second])[0] == "accept"
    with pytest.raises(UnsupportedError) as caught:
        bpdu_of([first, second])
    assert caught.value.message == (
        "port group pg of vSwitch0 accepts bpdu and switch vSwitch0 rejects it, but on ESXi it is one setting of the host (Net.BlockGuestBPDU); "
        "give both the same value."
    )


def test_the_table_has_every_word_of_the_document() -> None:
    """For both kinds of switch, so that a new word can't be forgotten here."""
    rows = {(word, value) for word, value, _words in describe()}
    assert {(name, value) for name in (*SECURITY, *GUARDS) for value in ("accept", "reject")} <= rows
    level = {"security", "guards", "isolated", "multicast_flood", "profile"}
    group = document.spec()["options"]["port_groups"]["options"]
    told = {word for word, _value in rows} | {"name", "kind", "profile", "guards", "port_groups"}
    assert set(group) | set(group["ports"]["options"]) | set(document.spec()["options"]) | level <= told
    for word, _value, words in describe():
        assert set(words) == {VSWITCH, VDS} and all(entry.note and entry.quality in (EXACT, APPROXIMATE, UNSUPPORTED) for entry in words.values())
        assert word in WITHOUT or all(entry.quality != UNSUPPORTED for entry in words.values()), word
