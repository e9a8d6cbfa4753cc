# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents with comments: whatever names there are, a reader gets the data back, and nothing of a comment is data."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.commented import Commented, Map, Node, Seq, data, document, printable, scalar, tree
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NASTY = [
    "x: [}",
    "a\nb: c",
    "# no comment",
    "a # b",
    "yes",
    "No",
    "on",
    "null",
    "~",
    "1e3",
    "0x1f",
    "0o17",
    "1_000",
    "12:30:45",
    "2026-11-28",
    "",
    " ",
    "-",
    "- a",
    "?",
    "*x",
    "&x",
    "!x",
    "%x",
    "@x",
    "`x",
    "'",
    '"',
    "\\",
    "a\\nb",
    "{{ 7 * 7 }}",
    "{% raw %}",
    "{# x #}",
    "...",
    "---",
    "a: b",
    ":a",
    "[",
    "{",
    ">",
    "|",
    "\u2028",
    "\u2029",
    "\x85",
    "\u202eevil",
    "\ufeff",
    "é",
    "日本",
    "😀",
    "\x00",
    "\x1b[31m",
    "\t",
    "a\r\nb",
    "NaN",
    ".inf",
    "<<",
    "=",
    "y",
    "N",
    "1.5",
    "007",
]


class Loader(yaml.SafeLoader):
    """Knows Ansible's tag for what is no template."""


Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
STRINGS = st.one_of(st.sampled_from(NASTY), st.text(st.characters(exclude_categories=["Cs"]), max_size=12))
SCALARS = st.one_of(STRINGS, st.booleans(), st.integers(), st.none())
NOTES = st.lists(STRINGS, max_size=2).map(tuple)
FULL = settings(max_examples=100, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))


def _maps(children: Any) -> Any:
    entries = st.dictionaries(STRINGS, st.builds(Commented, children, NOTES, st.booleans()), max_size=4)
    return st.builds(Map, entries, NOTES)


def _seqs(children: Any) -> Any:
    items = st.one_of(SCALARS, _maps(children).filter(lambda node: any(not each.off for each in node.entries.values())))
    return st.builds(Seq, st.lists(st.builds(Commented, items, NOTES, st.booleans()), max_size=4).map(tuple), NOTES)


NODES = st.recursive(SCALARS, lambda children: st.one_of(_maps(children), _seqs(children)), max_leaves=20)
DOCUMENTS = _maps(NODES).filter(lambda node: any(not each.off for each in node.entries.values()))


def load(text: str) -> Any:
    return yaml.load(text, Loader)


@FULL
@given(DOCUMENTS, NOTES)
def test_a_reader_gets_the_data_back(node: Map, header: Any) -> None:
    """And nothing else: not a word of a comment, and not what is off."""
    text = document(node, header)
    assert load(text) == data(node)
    lines = text.splitlines()
    assert [line for line in lines if not line.lstrip().startswith("#")], text
    bare = "\n".join(line for line in text.split("\n") if not line.lstrip().startswith("#"))
    assert load(bare) == data(node), "without its comments it is the same document"


@FULL
@given(st.one_of(STRINGS, st.text(max_size=12)))
def test_a_comment_is_one_line(text: str) -> None:
    """For every reader: Python's lines are more than YAML's."""
    assert len(f"# {printable(text)}".splitlines()) == 1


@pytest.mark.parametrize("value", NASTY)
def test_a_name_stays_a_string(value: str) -> None:
    """In the readers that Ansible has, and as a key."""
    for reader in (Loader, yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") and "{" not in value else Loader):
        assert yaml.load(f"a: {scalar(value)}", reader) == {"a": value}
    assert load(document(Map({value: Commented(value, (value,))}), [value])) == {value: value}


def test_a_template_is_not_run() -> None:
    """Ansible's own reader makes no template of it."""
    assert scalar("{{ lookup('pipe', 'id') }}").startswith("!unsafe ")
    assert scalar("a {b}") == '"a {b}"'


def test_what_is_off_is_ready_to_be_switched_on() -> None:
    """Its lines, less the marks of the comment, are the item."""
    item = tree({"name": "vnet0", "macs": ["52:54:00:00:00:01"]})
    node = Map({"ports": Commented(Seq((Commented(item, ("what is missing",), off=True), Commented(tree({"name": "vnet1"})))))})
    assert (
        document(node, ["head", "", "- a list"])
        == """# head
#
# - a list
---
ports:
  # what is missing
  # - name: vnet0
  #   macs: ["52:54:00:00:00:01"]
  - name: vnet1
"""
    )
    alone = Map({"ports": Commented(Seq((Commented(item, off=True),)))})
    assert load(document(alone, [])) == {"ports": []}
    named = Map({"ports": Commented(Map({"vnet0": Commented(item, off=True)}))})
    for node, nothing, wanted in ((alone, "[]", [data(item)]), (named, "{}", {"vnet0": data(item)})):
        told, first, *rest = document(node, []).splitlines()[1:]
        assert told == f"# Whoever takes the marks off an entry below takes the {nothing} off here." and first == f"ports: {nothing}"
        assert load("\n".join([first.replace(f" {nothing}", ""), *(line.replace("# ", "", 1) for line in rest)])) == {"ports": wanted}
    assert "Whoever" not in document(Map({"ports": Commented(Seq(()))}), [])
    node_type: Node = alone
    assert data(node_type) == {"ports": []}
