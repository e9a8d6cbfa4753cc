# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is installed for development is what is asked for, in one version of each, by its hashes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent.parent


def asked(kind: str) -> list[Requirement]:
    """Of a file, and of those that it names."""
    found: list[Requirement] = []
    for line in (ROOT / f"requirements-{kind}.txt").read_text().splitlines():
        if line.startswith("-r "):
            found += asked(line.split("requirements-")[1].split(".")[0])
        elif line and not line.startswith("#"):
            found.append(Requirement(line))
    return found


def locked(kind: str) -> dict[str, list[str]]:
    """The versions of each package."""
    text = (ROOT / f"requirements-{kind}.lock").read_text()
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    found: dict[str, list[str]] = {}
    for entry in entries:
        name, version = re.match(r"(\S+?)==(\S+)", entry).groups()  # type: ignore[union-attr]
        assert "--hash=sha256:" in entry, name
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


@pytest.mark.parametrize("kind", ["demo", "dev"])
def test_the_lock_has_what_is_asked_for(kind: str) -> None:
    """In a version that is allowed."""
    versions = locked(kind)
    for requirement in asked(kind):
        found = versions.get(canonicalize_name(requirement.name))
        assert found and all(requirement.specifier.contains(version) for version in found), requirement


def test_both_have_the_same_versions() -> None:
    """The tests run with what the demo runs with."""
    demo, dev = locked("demo"), locked("dev")
    assert {name: versions for name, versions in demo.items() if dev.get(name) != versions} == {}


@pytest.mark.parametrize("kind", ["demo", "dev"])
def test_no_registry_is_named(kind: str) -> None:
    """Each machine has its own."""
    assert "://" not in (ROOT / f"requirements-{kind}.lock").read_text()
