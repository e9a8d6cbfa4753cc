# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever others call things: nft(8) gets it as one string, or it is refused before anything is run."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import quarantine
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.quoting import quoted, refusal
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.table import Transaction
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError, VirtnetError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = [
    pytest.mark.own_code,
    pytest.mark.skipif(shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin") is None, reason="SKIPPED: there is no nft(8); install nftables"),
]
NASTY = [
    'x" } ; add table ip pwned ; #',
    '"',
    "x\\",
    "x\\*",
    "a;b",
    "a\n",
    "$(id)",
    "{ v0 }",
    "@ports",
    "x # y",
    "x' y",
    "\u2028",
    "é*",
    "a*",
    "\x1b[2J",
    "1",
    "lo",
]
SOME = settings(max_examples=80, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
TEXTS = st.one_of(st.sampled_from(NASTY), st.text('"\\*;{}@#$ \n\tab', max_size=16), st.text(max_size=12))


def nft(text: str) -> list[Any]:
    """The whole ruleset afterwards, in JSON."""
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)
    found: list[Any] = json.loads(subprocess.check_output(["nft", "-j", "list", "ruleset"]))["nftables"][1:]
    return found


@SOME
@given(TEXTS)
def test_a_string_is_one_string(text: str) -> None:
    """As a comment, which may be longer than a name."""
    if refusal(text):
        with pytest.raises(VirtnetError):
            quoted(text)
        return
    comment = text or "x"
    table, found = nft(f"add table bridge t\nadd set bridge t s {{ type iface_index; }}\nadd element bridge t s {{ 1 comment {quoted(comment)} }}\n")
    assert table["table"]["name"] == "t" and found["set"]["elem"][0]["elem"]["comment"] == comment


@SOME
@given(TEXTS)
def test_a_pattern_is_one_name(text: str) -> None:
    """The whole way from a document to the table, or a refusal that names it."""
    try:
        quarantine.check(text, "guests")
    except InputError as error:
        assert repr(text) in error.message or repr(text[:-1]) in error.message
        return
    transaction = Transaction()
    transaction.make_table()
    transaction.quarantine([text])
    found = nft(transaction.text())
    assert {each["table"]["name"] for each in found if "table" in each} == {"virtnet_hardening"}
    (elements,) = [each["set"].get("elem") for each in found if each.get("set", {}).get("name") == "quarantine"]
    assert elements == [text]
