# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names in a page: judged by a reader of Markdown that others wrote (markdown-it-py, after the specification of CommonMark)."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.plugin_utils._markdown import inline
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests import control_node

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
NASTY = [
    "web1 | reject",
    "<script>alert(1)</script>",
    "<b>",
    "**reject**",
    "_x_",
    "a_b",
    "`x`",
    "[x](http://y)",
    "![x](y)",
    "http://x.example",
    "www.x.example",
    "&lt;",
    "# x",
    "x #",
    "- x",
    "+ x",
    "1. x",
    "2) x",
    "> x",
    "---",
    "===",
    "~~x~~",
    "$x$",
    "@me",
    "x@y.example",
    "#12",
    "\\",
    "\\|",
    "a\nb",
    "a\r\n\r\n# b",
    "\u2028",
    "\x1b[31m",
    " a",
    "  1",
    "a   ",
    "a ",
    "a  b",
    "| --- |",
    "<!-- x -->",
    "\u202ereject",
    "*",
    "a*b",
    "__init__",
    "x\\*",
    "`",
    "``|``",
    "[x]: http://y",
    "![",
    "\x85",
    "&#124;",
    "\t",
]
TEXTS = st.one_of(st.sampled_from(NASTY), st.text("\\`*_[]<>&|~$#@ -+.=1a\n\t:/", max_size=12), st.text(max_size=12))
SOME = settings(max_examples=300, deadline=None, print_blob=True)


def shown(text: str) -> str:
    """What a reader of the page is to see."""
    whole = "".join(
        each if each == " " or each.isprintable() else ascii(each)[1:-1].replace("\\n", "\\x0a").replace("\\t", "\\x09").replace("\\r", "\\x0d")
        for each in text
    )
    return whole


def words(tokens: list[Any]) -> str:
    """The text of an inline token. Nothing but text may be in it."""
    assert all(token.type == "text" for token in tokens), tokens
    return "".join(token.content for token in tokens)


def seen(text: str) -> str:
    """Blanks that a reader would lose, at an end and behind another one, are shown too."""
    found = shown(text)
    lost = {place for place, each in enumerate(found) if each == " " and (place in (0, len(found) - 1) or found[place - 1] == " ")}
    return "".join("\\x20" if place in lost else each for place, each in enumerate(found))


@SOME
@given(TEXTS)
def test_a_name_is_a_cell(text: str) -> None:
    """In a table of two, with the other one as it is."""
    tokens = READER.parse(f"| name | policy |\n| --- | --- |\n| {inline(text)} | accept |\n")
    assert [token.type for token in tokens].count("td_open") == 2 and [token.type for token in tokens].count("tr_open") == 2
    cells = [words(token.children or []) for token in tokens if token.type == "inline"]
    assert cells == ["name", "policy", seen(text), "accept"]


@SOME
@given(TEXTS, st.sampled_from(["# ", "- ", "## x: ", "- **high** "]))
def test_a_name_is_text_of_its_line(text: str, before: str) -> None:
    """Of a heading, and of an item."""
    tokens = READER.parse(f"{before}{inline(text)}\n\nNext.\n")
    lines = [token for token in tokens if token.type == "inline"]
    assert len(lines) == (2 if inline(text) or before.strip("#- ") else len(lines)), tokens
    if inline(text) and before in ("# ", "- "):
        assert words(lines[0].children or []) == seen(text) and words(lines[-1].children or []) == "Next."


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("vnet0", "vnet0"),
        ("forged_transmits", "forged_transmits"),
        ("the bridge br0 (STP)", "the bridge br0 (STP)"),
        ("a | b", "a \\| b"),
        (7, "7"),
        (None, "None"),
    ],
)
def test_ordinary_words_stay_readable(text: Any, wanted: str) -> None:
    """Pages are read without a reader too."""
    assert inline(text) == wanted


@pytest.mark.parametrize("nasty", ["x | **reject** | <b>", "a\n\n# b", "[y](http://z)"])
def test_names_in_the_page_of_a_vcenter(nasty: str) -> None:
    """Of switches, groups, machines, hosts and datacenters, and in findings, remarks and reasons."""
    policies = dict.fromkeys(("promiscuous", "mac_changes", "forged_transmits"), "accept")
    each = {"switch": nasty, "port_group": nasty, "port": nasty, "host": nasty, "effective": policies, "configured": policies, "vlan": nasty, "vms": [nasty]}
    finding = {"severity": "high", "finding": nasty, "ids": [nasty], "meaning": nasty, "remedy": nasty}
    page = control_node.vsphere_page(
        {
            "summary": nasty,
            "not_looked_at": [{"what": nasty, "reason": nasty}],
            "objects": [each],
            "hosts": {nasty: {"options": {nasty: nasty}}},
            "findings": [finding],
            "remarks": [nasty],
        }
    )
    tokens = READER.parse(page)
    assert [token.type for token in tokens].count("td_open") == 7
    headings = [tokens[index + 1].content for index, token in enumerate(tokens) if token.type == "heading_open"]
    assert headings == ["vc1: virtual switches of ESXi hosts", "Not looked at", inline(nasty), "Findings", "Not known for certain"]
    signs = {child.type for token in tokens for child in token.children or ()}
    assert signs <= {"text", "strong_open", "strong_close", "softbreak"}, signs
    assert "&lt;b&gt;" in READER.render(page) or "<b>" not in nasty
