# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy document as esxcli: what a shell makes of the script, and what is refused."""

from __future__ import annotations

import itertools
import re
import string
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.filter.esxcli_policy import esxcli_policy
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile.policy_script import MADE_BY_INSTALLER, render
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BY_PROGRAM, GUARDS
from hypothesis import given, settings
from hypothesis import strategies as st

from .firsthost import SHELLS, FirstHost, calls_of

REJECT = {"promiscuous": "reject", "mac_changes": "reject", "forged_transmits": "reject"}
INHERIT = dict.fromkeys(REJECT, "inherit")
SET = ["network", "vswitch", "standard", "policy", "security", "set"]
GROUP = ["network", "vswitch", "standard", "portgroup", "policy", "security", "set"]


def group(security: dict[str, str], name: str = "VM Network", **more: Any) -> list[dict[str, Any]]:
    """A document with one port group of vSwitch0."""
    return [{"name": "vSwitch0", "port_groups": [{"name": name, "security": security, **more}]}]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_what_a_shell_calls(tmp_path: Path, shell: list[str]) -> None:
    """Each word as esxcli is to get it, in order, and a line in the log."""
    document = [
        {
            "name": "vSwitch0",
            "security": REJECT,
            "guards": {"bpdu": "reject"},
            "port_groups": [
                {"name": "VM Network", "security": {**INHERIT, "forged_transmits": "accept"}},
                {"name": "Management Network", "security": {"promiscuous": "reject"}},
            ],
        },
        {"name": "br0", "kind": "bridge", "security": REJECT},
        {"name": "dvs", "kind": "vds", "security": REJECT},
    ]
    first = render(document, MADE_BY_INSTALLER)
    calls = FirstHost(tmp_path).run(first.script, shell)
    assert calls_of(calls, "esxcli") == [
        ["network", "vswitch", "standard", "list"],
        [*SET, "--vswitch-name=vSwitch0", "--allow-promiscuous=false", "--allow-mac-change=false", "--allow-forged-transmits=false"],
        [*GROUP, "--portgroup-name=VM Network", "--use-vswitch"],
        [*GROUP, "--portgroup-name=VM Network", "--allow-forged-transmits=true"],
        [*GROUP, "--portgroup-name=Management Network", "--allow-promiscuous=false"],
        ["system", "settings", "advanced", "set", "--option=/Net/BlockGuestBPDU", "--int-value=1"],
    ]
    assert calls_of(calls, "logger") == [["-t", "virtnet.hardening", "the network policy is set"]]
    assert set(first.left_out) == {"br0", "dvs"} and "esxi_switch_policy" in first.left_out["dvs"]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_what_fails_is_in_the_log(tmp_path: Path, shell: list[str]) -> None:
    """And the rest is still set."""
    script = render([*group(REJECT), {"name": "vSwitch1", "security": REJECT}], {**MADE_BY_INSTALLER, "vSwitch1": []}).script
    calls = FirstHost(tmp_path, failing=["--portgroup-name=VM Network"]).run(script, shell)
    assert any("--vswitch-name=vSwitch1" in call for call in calls_of(calls, "esxcli"))
    told = calls_of(calls, "logger")
    assert len(told) == 1 and told[0][2].startswith("failed: esxcli network vswitch standard portgroup policy security set --portgroup-name=VM Network")


def test_waits_for_esxcli_but_not_forever(tmp_path: Path) -> None:
    """Five minutes at most."""
    calls = FirstHost(tmp_path, failing=["list"]).run(render(group(REJECT), MADE_BY_INSTALLER).script)
    assert calls_of(calls, "sleep") == [["5"]] * 60 and len(calls_of(calls, "esxcli")) == 62


NAMES = st.text(st.sampled_from(string.ascii_letters + string.digits + " '\"$`\\|&;<>(){}*?!#~=-%/\u00e9"), min_size=1, max_size=20)


@settings(max_examples=25, deadline=None)
@given(NAMES)
def test_no_name_escapes(name: str) -> None:
    """Whatever it has: a shell hands it over as it is, as one word."""
    with tempfile.TemporaryDirectory() as folder:
        script = render(group({"promiscuous": "reject"}, name), {"vSwitch0": [name]}).script
        calls = calls_of(FirstHost(Path(folder) / "host").run(script), "esxcli")
        assert calls[1:] == [[*GROUP, f"--portgroup-name={name}", "--allow-promiscuous=false"]]


def test_all_combinations_of_a_group() -> None:
    """4^3 of a group: what is inherited is unset first, what is said is set, and what would lose its value is refused."""
    values = ("accept", "reject", "inherit", None)
    for combination in itertools.product(values, repeat=3):
        security = {name: value for name, value in zip(REJECT, combination) if value}
        document = group(security)
        if "inherit" in combination and None in combination:
            with pytest.raises(VirtnetError, match="esxcli can only let all three policies inherit"):
                render(document, MADE_BY_INSTALLER)
            continue
        commands = [" ".join(words) for words in render(document, MADE_BY_INSTALLER).commands]
        explicit = [value for value in combination if value in ("accept", "reject")]
        assert len(commands) == ("inherit" in combination) + bool(explicit)
        assert ["--use-vswitch" in command for command in commands] == [True, False][: len(commands)] if "inherit" in combination else True
        assert sum(command.count("--allow-") for command in commands) == len(explicit)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([{"name": "vSwitch1", "security": REJECT}], "switch vSwitch1: it is not there at the first start"),
        (group(REJECT, "Guests"), "port group Guests of vSwitch0: it is not there"),
        ([{"name": "vSwitch0", "security": {"promiscuous": "inherit"}}], "has nothing to inherit from"),
        ([{"name": "vSwitch0", "guards": {"arp": "reject"}}], "can't enforce arp"),
        ([{"name": "vSwitch0", "isolated": True}], "can't enforce isolated"),
        ([{"name": "vSwitch0", "profile": "guest"}], "can't enforce arp"),
        (group(REJECT, ports=[{"name": "p", "security": REJECT}]), "can't enforce ports"),
        ([{"name": "vSwitch0", "guards": {"bpdu": "accept"}, "port_groups": [{"name": "VM Network", "guards": {"bpdu": "reject"}}]}], "give both the same"),
        ([{"name": "vSwitch0", "security": REJECT}, {"name": "vSwitch0", "security": REJECT}], "stands there twice"),
        ([*group(REJECT), {"name": "vSwitch1", "port_groups": [{"name": "VM Network", "security": REJECT}]}], "one group of a name"),
        ([{"name": "vSwitch0\nreboot", "security": REJECT}], "control character"),
        ([], "the list is empty"),
    ],
)
def test_what_esxcli_can_not_say(document: list[dict[str, Any]], words: str) -> None:
    """Refused by name."""
    with pytest.raises(VirtnetError, match=re.escape(words)):
        render(document, MADE_BY_INSTALLER)


def test_what_is_not_said_is_not_set() -> None:
    """An empty script where there is nothing to do; words without a meaning on a vSwitch are let pass."""
    assert render([{"name": "vSwitch9"}, {"name": "br0", "kind": "bridge"}], MADE_BY_INSTALLER).script == ""
    assert render([{"name": "vSwitch0", "security": {"promiscuous": None}, "port_groups": [{"name": "g", "match": ["vnet*"]}]}], MADE_BY_INSTALLER).script == ""


def test_what_one_does_without_is_told() -> None:
    """In a warning."""
    first = render([{"name": "vSwitch0", "profile": "guest"}], MADE_BY_INSTALLER, frozenset(GUARDS) - {"bpdu", BY_PROGRAM})
    assert sum("is not enforced" in text for text in first.warnings) == len(GUARDS) - 1 and first.commands[-1][-1] == "--int-value=1"


def test_the_filter() -> None:
    """Checks the document as a module does, and takes switches that scripts have made."""
    assert esxcli_policy(group(REJECT, "Guests"), {"vSwitch0": ["Guests"]})["commands"][0][-4] == "--portgroup-name=Guests"
    for switches, words in (
        ([{"name": "s", "secrity": {}}], "does not know switches.secrity"),
        ([{"security": {}}], "name"),
        ("x", "switches"),
        ([{"name": "s", "security": {"promiscuous": "no"}}], "must be one of"),
        ([{"name": "s", "security": REJECT}], "not there"),
    ):
        with pytest.raises(AnsibleFilterError, match=re.escape(words)):
            esxcli_policy(switches)
