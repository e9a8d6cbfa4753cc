# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/migration.md: what it says of our options is true, and no option of the modules that it is about is left out."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import foreign
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import PROFILES

from .test_foreign import SPECS, names, places

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs" / "migration.md"
COLLECTIONS = ROOT / ".cache" / "collections" / "ansible_collections"
VMWARE = COLLECTIONS / "community" / "vmware" / "plugins" / "modules"
# Of the adapters, which SPECS does not have; docs say that they are the same.
CONNECTION = {"hostname", "username", "password", "validate_certs", "port", "proxy_host", "proxy_port", "timeout", "parallel", "allow_management"}


def sections() -> Iterator[tuple[str, list[list[str]]]]:
    """Headings with a table, and its rows as cells."""
    for part in re.split(r"^##+ ", PAGE.read_text(), flags=re.MULTILINE)[1:]:
        lines = [line for line in part.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
        if rows:
            yield part.splitlines()[0], rows[1:]


def words(cell: str) -> list[str]:
    """What is in backticks."""
    return re.findall(r"`([^`]+)`", cell)


def paths(spec: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """Options with those in them, by their whole path and by each end of it."""
    for name, option in spec.items():
        path = f"{prefix}{name}"
        yield path
        if option.get("options"):
            yield from paths(option["options"], f"{path}.")


def known(modules: list[str]) -> set[str]:
    """Every path, also without the levels above: in a policy document an option stands on several."""
    found = {path for module in modules for path in paths(SPECS[module])}
    return {".".join(path.split(".")[start:]) for path in found for start in range(path.count(".") + 1)}


@pytest.mark.parametrize("title, rows", list(sections()), ids=lambda value: value if isinstance(value, str) else "")
def test_our_options_are_there(title: str, rows: list[list[str]]) -> None:
    """In the modules that the heading names, which are all that a task needs."""
    ours = [word for word in words(title) if word in SPECS]
    assert ours, title
    options = known(ours)
    for cells in rows:
        assert len(cells) == 3, cells
        wrong = [word for word in words(cells[1]) if word not in options]
        assert not wrong, (title, cells)
        assert words(cells[1]) or cells[2], f"{cells[0]} becomes nothing, and nobody says why"


def test_what_the_text_speaks_of_is_there() -> None:
    """Words of ours in the other columns and between the tables, as far as they look like options: with an underscore or a dot."""
    every = known(list(SPECS)) | CONNECTION
    theirs = {word for _title, rows in sections() for cells in rows for word in words(cells[0])}
    text = re.sub(r"^\| .*? \| ", "", PAGE.read_text(), flags=re.MULTILINE)
    spoken = {word.split(":")[0] for word in words(text) if re.fullmatch(r"[a-z]+([_.][a-z_]+)+(: .*)?", word)}
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    unknown = spoken - every - theirs - modules - {"vmware_vswitch", "vmware_portgroup", "vmware_dvs_portgroup", "vmware_dvswitch"}
    assert {word for word in unknown if not word.startswith("virtnet.")} == set()
    assert "guest" in PROFILES


def documented(module: str) -> set[str]:
    """All option names of a module of community.vmware, aliases and those in others too."""
    for node in ast.parse((VMWARE / f"{module}.py").read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            return set(_names(yaml.safe_load(ast.literal_eval(node.value))["options"]))
    raise AssertionError(module)


def _names(options: dict[str, Any]) -> Iterator[str]:
    for name, option in options.items():
        yield from (name, *option.get("aliases", ()))
        yield from _names(option.get("suboptions") or {})


@pytest.mark.parametrize("module", ["vmware_vswitch", "vmware_portgroup", "vmware_dvs_portgroup"])
def test_no_option_of_theirs_is_left_out(module: str) -> None:
    """As their own documentation has them."""
    if not VMWARE.exists():
        pytest.skip("SKIPPED: community.vmware is not in .cache/collections; make setup puts it there")
    rows = next(rows for title, rows in sections() if f"`{module}`" in title)
    told = {part for cells in rows for word in words(cells[0]) for part in word.split(".")}
    assert documented(module) - told == set()


OPTIONS = [(title, cells) for title, rows in sections() if not title.startswith("libvirt") for cells in rows]


@pytest.mark.parametrize("title, cells", OPTIONS, ids=lambda value: value[0] if isinstance(value, list) else "")
def test_each_word_of_the_page_gets_its_hint(title: str, cells: list[str]) -> None:
    """From one of the modules that it leads to, unless it is their own word; and the hint leads to what the page says. A word in another one goes with that."""
    where = [place for word in words(title) if word in SPECS for place in places(SPECS[word])]
    ours = {part for word in words(cells[1]) for part in word.split(".")}
    for word in words(cells[0].split(" and in ")[0]):
        given, value = re.fullmatch(r"(?:.*\.)?([^.:]+)(: .*)?", word).groups()  # type: ignore[union-attr]
        hints = [hint for place in where if given not in names(place) for hint in foreign.hints({given: "x"}, place)]
        named = {hint.split("here it is ")[1].rstrip(".").split(",")[0] for hint in hints if "here it is " in hint}
        if any(given in names(place) for place in where):
            continue
        assert hints, given
        # A page's word with a value leads to what that value is here.
        assert named & ours or value or not named, (given, hints)


def test_every_word_that_gets_a_hint_stands_there() -> None:
    """A hint leads to the page."""
    text = PAGE.read_text()
    plain = {word for word, found in foreign.WORDS.items() if found.tool in (foreign.VMWARE, foreign.NMCLI, foreign.IFUPDOWN)}
    spelled = plain - {"dvswitch", "dvswitch_name", "portgroups", "vswitch_name", "host"}
    spoken = {word for given in words(text) for word in _forms(given.split(":")[0])}
    assert spelled - spoken == set()


def _forms(word: str) -> set[str]:
    """As the table of hints has it: without the words before it, and without what ifupdown2 puts before all of a kind."""
    bare = word.split(".")[-1].replace("-", "_")
    return {bare, re.sub("^(bridge|mstpctl)_", "", bare)}
