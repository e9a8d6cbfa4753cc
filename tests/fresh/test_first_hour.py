# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""README's two commands, by somebody who has nothing but what it asks for. In the order in which he meets them."""

from __future__ import annotations

import re

import pytest

from . import readme
from .bare import Bare, Done
from .readme import ROOT
from .tools import MADE, TOOLS, listed

README = (ROOT / "README.md").read_text(encoding="utf-8")
DEMO, TEST = readme.commands(README)
_INSTALL = re.compile(r"run as root: apt-get update && apt-get install -y --no-install-recommends( [a-z0-9.+-]+)+$", re.MULTILINE)


def stages_of(recipe: list[str]) -> list[str]:
    """The stages that the second command would run."""
    return recipe[-1].split()[1:]


@pytest.fixture(scope="module", name="recipe")
def _recipe(machine: Bare) -> list[str]:
    """The lines that README's second command would run."""
    done = machine.run(TEST.replace("make ", "make --dry-run ", 1))
    done.expect(good=True)
    lines = done.output.splitlines()
    assert len(lines) > 1 and lines[-1].startswith("scripts/test "), lines
    return lines


@pytest.fixture(scope="module", name="not_for_the_demo")
def _not_for_the_demo(machine: Bare, recipe: list[str]) -> set[str]:
    """What only the tests need, and the bare machine does not have."""
    tests = set(listed(*stages_of(recipe)).values())
    return {sign for sign in tests - set(listed("demo").values()) if not machine.has(sign)}


@pytest.fixture(scope="module", name="demo")
def _demo(machine: Bare, not_for_the_demo: set[str]) -> Done:
    return machine.run(DEMO)


@pytest.fixture(scope="module", name="setup")
def _setup(machine: Bare, demo: Done, recipe: list[str]) -> Done:
    """What the second command does before the tests."""
    done = machine.run(" && ".join(recipe[:-1]))
    machine.run("apt-get autoclean")
    return done


@pytest.mark.parametrize("command", [DEMO, TEST], ids=["first", "second"])
def test_who_is_not_root_is_told_what_to_do_before_anything_is_done(machine: Bare, command: str) -> None:
    done = machine.run(command, ordinary=True, seconds=60)
    done.expect(good=False)
    assert _INSTALL.search(done.output), done.output
    assert not (machine.users_clone / ".venv").exists()


def test_the_first_command_ends_as_it_says(demo: Done) -> None:
    demo.expect(good=True)
    assert "The demo ended as expected.\n" in demo.output


def test_the_first_command_installs_no_more_than_it_needs(machine: Bare, demo: Done, not_for_the_demo: set[str]) -> None:
    demo.expect(good=True)
    assert not_for_the_demo
    assert [sign for sign in sorted(not_for_the_demo) if machine.has(sign)] == []
    for name in ("pytest", "mypy", "molecule", "ansiblelint"):
        assert not list(machine.clone.glob(f".venv/lib/python3*/site-packages/{name}")), name


def test_the_second_command_gets_past_its_setup(setup: Done) -> None:
    setup.expect(good=True)


def test_the_second_command_finds_all_that_its_stages_use(machine: Bare, setup: Done, recipe: list[str]) -> None:
    missing: dict[str, list[str]] = {}
    for stage in stages_of(recipe):
        # What came along with another package today need not come tomorrow.
        not_asked_for = set(TOOLS[stage]) - set(listed(stage))
        tools = [tool for tools in TOOLS[stage].values() for tool in tools.split() if not machine.has(tool)]
        made = [path for path in MADE[stage] if not list(machine.clone.glob(path))]
        if not_asked_for or tools or made:
            missing[stage] = sorted([*not_asked_for, *tools, *made])
    assert missing == {}
