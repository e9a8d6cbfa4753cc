# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules may not return: words to which Ansible gives a meaning of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
# A result with a true "skipped" is shown and counted as a skipped task, with "unreachable" or "failed" as one on a host that is gone or failed.
TAKEN = {
    "skipped",
    "skip_reason",
    "unreachable",
    "failed",
    "results",
    "rc",
    "stdout",
    "stderr",
    "exception",
    "ansible_facts",
    "invocation",
    "add_host",
    "add_group",
}


@pytest.mark.parametrize("path", sorted((ROOT / "plugins" / "modules").glob("*.py")), ids=lambda path: path.stem)
def test_returned_words_are_our_own(path: Path) -> None:
    """At the top of a result, as the module documents it."""
    text = path.read_text().split('RETURN = r"""', 1)[1].split('"""', 1)[0]
    assert not TAKEN & set(yaml.safe_load(text))
