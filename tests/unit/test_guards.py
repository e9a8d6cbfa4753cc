# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guard is a row, and nothing that belongs to it is missing: each test says of which guard what is."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import audit_rules, recipes
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables import ruleset, sharing
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import guards
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.level import LEVEL
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import PROFILES
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.table_kinds import FILTER
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy import words

from .test_linux_audit import CASES as AUDIT_CASES

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = ROOT / "plugins" / "modules"
LINUX, ESXI = ("linux_port_security", "linux_switch_policy"), "esxi_switch_policy"
# What the table drops for beside guards: see ruleset.
OF_NO_GUARD = {ruleset.INSPECTION, ruleset.QUARANTINE, "source_mac", "destination_mac"}
every_guard = pytest.mark.parametrize("row", guards.ROWS, ids=guards.GUARDS)


@pytest.fixture(name="lab", scope="module")
def _lab() -> Iterator[tuple[dict[str, Any], set[str], set[str]]]:
    """Which attack and flow are against which guard, and the names of all attacks and flows."""
    sys.path.insert(0, str(ROOT / "lab"))
    try:
        from attacks import against, matrix
    finally:
        sys.path.remove(str(ROOT / "lab"))
    yield dict(against.GUARDS), {case.name for case in matrix.ATTACKS}, {case.name for case in matrix.HONEST}


def documentation(path: Path, name: str = "DOCUMENTATION") -> dict[str, Any]:
    """What a plugin says of itself."""
    found = re.search(rf'^{name} = r?"""\n(.*?)^"""', path.read_text(), re.MULTILINE | re.DOTALL)
    assert found is not None, path.name
    return dict(yaml.safe_load(found[1])["options"])


def options_named(name: str, options: dict[str, Any]) -> list[dict[str, Any]]:
    """Every option of the name, at whatever level."""
    found = [options[name]] if name in options else []
    for option in options.values():
        found += options_named(name, option.get("suboptions") or option.get("options") or {})
    return found


def of_role(role: str) -> dict[str, Any]:
    """The variables of a role."""
    specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    return {name: option for spec in specs.values() for name, option in spec["options"].items()}


@every_guard
def test_its_row_is_whole(row: guards.Guard) -> None:
    """Every profile decides, every kind of switch is spoken of."""
    assert set(row.profiles) == set(PROFILES), f"_policy/guards.py: the row {row.name} gives no value for a profile, or for one that does not exist"
    assert set(row.profiles.values()) <= {"accept", "reject"}
    assert set(row.esxi) == {"accept", "reject"} and all(each.note for each in row.esxi.values()), f"_policy/guards.py: {row.name} says nothing of ESXi"
    for text in (row.danger, row.linux, row.unless, *(each.note for each in row.esxi.values())):
        assert text == text.strip() and not text.endswith("."), f"{row.name}: {text}"
    assert row.danger and row.linux and row.documentation
    assert row.documentation[0].startswith("V(reject) ") and all(each.endswith(".") for each in row.documentation), row.name


@every_guard
def test_something_checks_it(row: guards.Guard) -> None:
    """A rule of the table that asks whether the port has the guard, and one that drops for it; or a program."""
    if row.checked_by == guards.PROGRAM:
        assert (ROOT / "plugins" / "module_utils" / "_bpf" / f"{row.name}.py").is_file(), f"_bpf has no program {row.name}"
        return
    rules = [rule for chain in ruleset.CHAINS.values() for rule in chain.rules]
    assert any(rule.guard == row.name for rule in rules), f"_nftables/ruleset.py: no rule drops for the guard {row.name}"
    assert any(f"@{row.name}_guard" in rule.text for rule in rules), f"_nftables/ruleset.py: no rule asks whether the port has the guard {row.name}"


def test_no_rule_drops_for_what_is_no_guard() -> None:
    """Its frames would be counted for something that nobody can switch off."""
    rules = [rule for chain in (*ruleset.CHAINS.values(), sharing.CHAIN) for rule in chain.rules if rule.guard]
    assert {rule.guard for rule in rules} - OF_NO_GUARD == {row.name for row in guards.ROWS if row.checked_by == guards.NFTABLES}


@every_guard
def test_an_attack_and_an_honest_flow_are_about_it(row: guards.Guard, lab: tuple[dict[str, Any], set[str], set[str]]) -> None:
    """The frames stage shows that only the guard stops the one, and that it lets the other pass (tests/frames/test_each_guard.py)."""
    against, attacks, honest = lab
    assert row.name in against, f"lab/attacks/against.py: the guard {row.name} has no attack and no honest flow"
    assert against[row.name].attack in attacks, f"lab/attacks: there is no attack '{against[row.name].attack}' for the guard {row.name}"
    assert against[row.name].honest in honest, f"lab/attacks: there is no honest flow '{against[row.name].honest}' for the guard {row.name}"


def test_nothing_is_against_what_is_no_guard(lab: tuple[dict[str, Any], set[str], set[str]]) -> None:
    """A guard that was renamed leaves nothing behind."""
    assert tuple(lab[0]) == guards.GUARDS


@every_guard
def test_the_audit_finds_that_it_is_missing(row: guards.Guard) -> None:
    """That it is found where the guard is missing, and only there, is a case of tests/unit/test_linux_audit.py for each row."""
    name = audit_rules.guard_rule(row.name)
    assert name in audit_rules.RULES and row.danger == audit_rules.RULES[name].meaning and name in AUDIT_CASES


@every_guard
def test_it_is_an_option_with_words_on_both_sides(row: guards.Guard) -> None:
    """What follows from the row, followed."""
    assert row.name in LEVEL["guards"]["options"]
    assert (row.name in FILTER.fields) is (row.checked_by == guards.NFTABLES)
    for value in ("accept", "reject"):
        assert (row.name, value) in recipes.RECIPES
        assert row.esxi[value] in {name: found for name, given, found in words.describe() if given == value}[row.name].values()


@every_guard
@pytest.mark.parametrize("module", LINUX)
def test_linux_modules_document_it(row: guards.Guard, module: str) -> None:
    """At each level, in the words of its row."""
    for option in options_named("guards", documentation(MODULES / f"{module}.py")):
        assert row.name in option["suboptions"], f"{module}: no guard {row.name}; run docs/generate.py"
        said = option["suboptions"][row.name]["description"]
        said = [said] if isinstance(said, str) else said
        assert tuple(said) == row.documentation, f"{module}: {row.name} is not described as its row in _policy/guards.py says; run docs/generate.py"


@every_guard
def test_the_module_for_esxi_says_what_it_can_not_enforce(row: guards.Guard) -> None:
    """A guard for which ESXi has a setting needs words of its own."""
    for option in options_named("guards", documentation(MODULES / f"{ESXI}.py")):
        refused = "can't be enforced" in option["suboptions"][row.name]["description"]
        assert refused is (row.name in words.WITHOUT), f"docs/words/port_policy.yml: esxi_guards says of {row.name} what its row does not"


def _roles_with_guards() -> list[str]:
    return sorted(path.parent.parent.name for path in ROOT.glob("roles/*/meta/argument_specs.yml") if options_named("guards", of_role(path.parent.parent.name)))


@pytest.mark.parametrize("place", [*LINUX, ESXI, *_roles_with_guards()])
def test_every_place_that_takes_guards_takes_all(place: str) -> None:
    """In one order: modules, and roles that hand a document to them."""
    options = documentation(MODULES / f"{place}.py") if (MODULES / f"{place}.py").exists() else of_role(place)
    found = options_named("guards", options)
    assert found
    for option in found:
        below = option.get("suboptions") or option["options"]
        assert tuple(below) == guards.GUARDS, f"{place}: the guards that it documents are not those of _policy/guards.py"
        assert all(each["choices"] == ["accept", "reject"] for each in below.values())


PLACES_WITHOUT: dict[str, Any] = {
    "plugins/modules/esxi_switch_policy.py": lambda: documentation(MODULES / f"{ESXI}.py")["allow_unenforced"]["choices"],
    "roles/esxi_network_policy": lambda: of_role("esxi_network_policy")["esxi_network_policy_allow_unenforced"]["choices"],
    "roles/esxi_install_profile": lambda: of_role("esxi_install_profile")["esxi_install_profile_allow_unenforced"]["choices"],
    "plugins/filter/esxcli_policy.py": lambda: re.findall(
        r"V\((\w+)\)", str(documentation(ROOT / "plugins" / "filter" / "esxcli_policy.py")["without"]["description"])
    ),
}


@pytest.mark.parametrize("place", PLACES_WITHOUT)
def test_what_esxi_can_not_enforce_can_be_done_without(place: str) -> None:
    """Wherever a user may say so."""
    missing = [name for name in words.WITHOUT if name not in PLACES_WITHOUT[place]()]
    assert not missing, f"{place}: what can be done without lacks {', '.join(missing)}"


def _profile_sentences() -> Iterator[tuple[str, str, str]]:
    for module in (*LINUX, ESXI):
        for option in options_named("profile", documentation(MODULES / f"{module}.py")):
            for name in ("router", "nested_hypervisor"):
                (sentence,) = [each for each in option["description"] if each.startswith(f"V({name})")]
                yield module, name, sentence


@pytest.mark.parametrize(("module", "profile", "sentence"), sorted(set(_profile_sentences())))
def test_profiles_are_described_as_they_are(module: str, profile: str, sentence: str) -> None:
    """V(router) by what it accepts, V(nested_hypervisor) by what it rejects."""
    value = {"router": "accept", "nested_hypervisor": "reject"}[profile]
    named = {name for name in re.findall(r"C\((\w+)\)", sentence) if name in guards.GUARDS}
    assert named == {row.name for row in guards.ROWS if row.profiles[profile] == value}, f"{module}: the sentence of {profile} names other guards"
