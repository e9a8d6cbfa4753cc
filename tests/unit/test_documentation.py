# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What modules and roles say of options and results: all of it, once, and as the programs have it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.argument_specs import declared

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "docs"))
import generate_docstrings  # noqa: E402
import generate_words  # noqa: E402
import generate_yaml  # noqa: E402

MODULES = sorted((ROOT / "plugins" / "modules").glob("*.py"))
WORDS = sorted((ROOT / "docs" / "words").glob("*.yml"))
FACTS = ("type", "elements", "required", "default", "choices", "aliases")
# Shorter sentences are said twice by chance; of a result also beside its entry in docs/words.
LONG, LONG_RESULT = 80, 40


def facts(option: dict[str, Any]) -> dict[str, Any]:
    """What program and documentation both say."""
    found = {word: option[word] for word in FACTS if option.get(word) not in (None, False, [])}
    return {"type": "str", **found, "choices": list(found.get("choices", ())), "aliases": sorted(found.get("aliases", ()))}


def compared(spec: dict[str, Any], said: dict[str, Any], where: str) -> Iterator[str]:
    """A sentence for each option that only one of both has, that has no words, or of which they say different things."""
    for name in sorted({*spec, *said}):
        here = f"{where}{name}"
        if name not in said:
            yield f"{here} has no documentation"
        elif name not in spec:
            yield f"{here} is documented, and the module has no such option"
        elif not said[name].get("description"):
            yield f"{here} has no description"
        elif facts(spec[name]) != facts(said[name]):
            yield f"{here} is {facts(spec[name])}, and documented as {facts(said[name])}"
        else:
            yield from compared(spec[name].get("options") or {}, said[name].get("suboptions", {}), f"{here}.")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_each_option_is_documented(path: Path) -> None:
    """With its type, choices and default, as the program has them."""
    said = generate_docstrings.options(ROOT, path.read_text())
    assert list(compared(declared(path.stem), said, f"{path.stem}: ")) == []


def by_hand(path: Path) -> tuple[Any, Any]:
    """DOCUMENTATION and RETURN without what is generated."""
    lines = path.read_text().splitlines()
    for mark in reversed(list(generate_words.marks(lines))):
        del lines[mark.line + 1 : mark.end]
    texts = generate_docstrings.texts("\n".join(lines) + "\n")
    return yaml.safe_load(texts["DOCUMENTATION"]), yaml.safe_load(texts["RETURN"])


def sentences(table: Any, where: str, seen: set[int]) -> Iterator[tuple[str, str]]:
    """Each paragraph of the descriptions in a table of options or results, with its place; what is an anchor's alias only once."""
    for name, entry in table.items():
        if not isinstance(entry, dict) or id(entry) in seen:
            continue
        seen.add(id(entry))
        said = entry.get("description", [])
        yield from ((paragraph, f"{where}{name}") for paragraph in ([said] if isinstance(said, str) else said))
        for below in ("suboptions", "contains"):
            yield from sentences(entry.get(below, {}), f"{where}{name}.", seen)


def test_nothing_is_written_twice() -> None:
    """What two options or results have in common stands in docs/words, a note of two modules in a fragment, what one module says twice is an anchor."""
    places: dict[str, list[str]] = {}
    for path in WORDS:
        for sentence, where in sentences(generate_words.entries(path), f"{path.name}: ", set()):
            places.setdefault(sentence, [where])
    for path in MODULES:
        said, returned = by_hand(path)
        found = [*sentences(said["options"], f"{path.stem} option ", set()), *sentences(returned, f"{path.stem} result ", set())]
        for sentence, where in [*found, *((note, f"{path.stem} note") for note in said.get("notes", ()))]:
            places.setdefault(sentence, []).append(where)
    assert {sentence: where for sentence, where in places.items() if len(where) > 1 and len(sentence) >= _long(where)} == {}


def _long(where: list[str]) -> int:
    return LONG_RESULT if all(".yml: " in each or " result " in each for each in where) else LONG


def test_all_words_are_used() -> None:
    """An entry that no module asks for is forgotten there, or not needed any more."""
    used = {(mark.source, mark.name or mark.key) for path in MODULES for mark in generate_words.marks(path.read_text().splitlines())}
    unused = [f"{path.name}: {name}" for path in WORDS for name in generate_words.entries(path) if (str(path.relative_to(ROOT)), name) not in used]
    assert unused == []


def test_as_the_tables_say() -> None:
    """What generate.py --check finds, with the file's name; here so that a change of an option is seen without the stage for documents."""
    stale = [str(path.relative_to(ROOT)) for path, text in generate_words.files(ROOT).items() if path.read_text() != text]
    assert stale == [], "run: python3 docs/generate.py"


@pytest.fixture(name="tree")
def fixture_tree(tmp_path: Path) -> Path:
    """A copy of all that is read and written."""
    for name in ("docs/words", "plugins/modules", "plugins/doc_fragments", "roles"):
        shutil.copytree(ROOT / name, tmp_path / name)
    generate_words.entries.cache_clear()
    return tmp_path


def edit(path: Path, old: str, new: str) -> None:
    """Once."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def changed(tree: Path) -> dict[str, list[str]]:
    """The lines that become others, by file."""
    found: dict[str, list[str]] = {}
    for path, text in generate_words.files(tree).items():
        before = path.read_text().splitlines()
        lines = [line.strip() for line in text.splitlines() if line not in before]
        if lines:
            found[str(path.relative_to(tree))] = lines
    return found


def test_a_word_goes_everywhere(tree: Path) -> None:
    """From its source to each module, and through a module to its role; a sample that a module has of its own stays."""
    edit(tree / "docs" / "words" / "kernel_results.yml", "Objects that disappeared", "Things that disappeared")
    edit(tree / "docs" / "words" / "port_policy.yml", "Whether frames between this port", "Whether what goes between this port")
    edit(tree / "plugins" / "modules" / "linux_bridge.py", "Allow O(ageing_time=0).", "Let O(ageing_time=0) be.")
    found = changed(tree)
    things = {name for name, lines in found.items() if any("Things that" in line for line in lines)}
    assert len(things) == 7 and "plugins/modules/linux_bridge_fdb.py" in things
    assert {name for name, lines in found.items() if any("Whether what goes" in line for line in lines)} == {
        "plugins/modules/linux_port_security.py",
        "plugins/modules/linux_switch_policy.py",
        "roles/kvm_bridge_host/meta/argument_specs.yml",
    }
    assert found["roles/kvm_bridge_host/meta/argument_specs.yml"][0] == (
        'allow_hub: {type: bool, default: false, description: "Let O(kvm_bridge_host_bridges[].ageing_time=0) be."}'
    )
    assert all("sample" not in line for lines in found.values() for line in lines)


def test_a_new_option_comes_to_the_role(tree: Path) -> None:
    """Of a module whose options are those of a variable's items, and of one whose option is a variable."""
    modules = tree / "plugins" / "modules"
    edit(modules / "linux_bridge.py", "  allow_hub:\n", "  no_rain: {description: Whether it is dry., type: bool}\n  allow_hub:\n")
    edit(modules / "linux_switch_policy.py", "          match:\n", "          wet: {description: Whether it rains., type: bool}\n          match:\n")
    assert changed(tree)["roles/kvm_bridge_host/meta/argument_specs.yml"] == [
        "no_rain: {type: bool, description: Whether it is dry.}",
        "wet: {type: bool, description: Whether it rains.}",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("plugins/modules/linux_bridge.py", "kernel_results.yml\n", "results_of.yml\n", r"modules/linux_bridge.py:\d+: there is no docs/words/results_of.yml"),
        ("docs/words/kernel_results.yml", "vanished:", "gone:", r"plugins/modules/linux_bridge.py:\d+: docs/words/kernel_results.yml has no vanished"),
        (
            "roles/esxi_network_policy/meta/argument_specs.yml",
            "esxi_switch_policy.py#purge",
            "esxi_switch_policy.py#clean",
            r"roles/esxi_network_policy/meta/argument_specs.yml:\d+: plugins/modules/esxi_switch_policy.py has no option clean",
        ),
        ("roles/kvm_bridge_host/README.md", generate_words.TABLE, "", "kvm_bridge_host/README.md has no line"),
        ("plugins/modules/linux_bridge.py", "vanished:  # gen", "vanished: # gen", "'vanished: # generated from docs/words/kernel_results.yml' is no such key"),
    ],
)
def test_what_is_missing_is_named(tree: Path, file: str, old: str, new: str, said: str) -> None:
    """With the place that asks for it."""
    edit(tree / file, old, new)
    with pytest.raises(SystemExit, match=said):
        generate_words.files(tree)


PLAIN = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1, max_size=12)
SENTENCE = st.lists(PLAIN, min_size=1, max_size=60).map(" ".join)
LEAF = st.fixed_dictionaries(
    {"type": PLAIN, "description": SENTENCE | st.lists(SENTENCE, min_size=2, max_size=3)},
    optional={"default": st.none() | st.booleans() | st.integers() | PLAIN, "choices": st.lists(PLAIN | st.integers(), max_size=40)},
)
EXAMPLE = st.recursive(PLAIN | st.booleans(), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PLAIN, inner, max_size=3), max_leaves=8)
TABLE = st.dictionaries(st.from_regex(r"\A[a-z]{2,8}\Z"), LEAF, min_size=1, max_size=3)


@given(TABLE, TABLE, EXAMPLE)
@settings(deadline=None)
def test_yaml_reads_what_is_written(table: dict[str, Any], below: dict[str, Any], example: Any) -> None:
    """Whatever the texts are, in lines that are not too long; and what stands twice is one thing."""
    first = next(iter(table))
    table[first]["options"] = below
    lines = generate_yaml.Writer().lines({**table, "and again": table[first]}, 2)
    read = yaml.safe_load("\n".join(lines))
    assert read == {**table, "and again": table[first]}
    assert read["and again"] is read[first]
    assert [line for line in lines if len(line) > generate_yaml.WIDTH] == []
    sample = {"result": {"description": "What came.", "sample": example, "type": "raw"}}
    assert yaml.safe_load("\n".join(generate_yaml.Writer().lines(sample, 0))) == sample
