# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What README promises, read from it: nothing here is typed again."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_HEADING = "## Try it: two commands"
_SUITES = {"12": "bookworm", "13": "trixie"}
# How Debian calls what README calls otherwise.
_PACKAGES = {"Python": "python3", "venv": "python3-venv"}


def section(text: str) -> str:
    """The part below the heading."""
    return text.partition(f"\n{_HEADING}\n")[2].partition("\n## ")[0]


def commands(text: str) -> list[str]:
    """The lines of its console blocks, as a shell takes them."""
    blocks = re.findall(r"^```console\n(.*?)^```", section(text), re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def needs(text: str) -> tuple[str, list[str]]:
    """The suite of Debian that it asks for, and the packages that a user must have before."""
    found = re.search(r"^On Debian (\d+) with (.*?):$", section(text), re.MULTILINE | re.DOTALL)
    assert found, f"README does not say below '{_HEADING}' what it needs"
    words = re.findall(r"`([^`]+)`|(Python)", found[2])
    return _SUITES[found[1]], [_PACKAGES.get(word, word) for pair in words for word in pair if word]
