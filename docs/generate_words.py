# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generated parts of modules' documentation, roles' argument specs and roles' READMEs, for docs/generate.py. Needs PyYAML.

A key with the comment C(# generated from SOURCE) has below it what SOURCE says of it, but for what is its own: C(sample) and C(no_log). SOURCE is
- docs/words/NAME.yml, for what several modules, or one module several times, say of an option or a result,
- plugins/modules/NAME.py, in an argument spec, for an option of that module, or for all of them below C(options).
C(#NAME) behind it names the entry where it is not the one of the same name.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple

import generate_docstrings
import generate_guards
import generate_yaml
import yaml

MARK = re.compile(r"^(?P<indent> *)(?P<key>\w+):(?P<anchor> &\w+)?  # generated from (?P<source>[\w./]+)(?:#(?P<name>\w+))?$")
TABLE = "<!-- generated from meta/argument_specs.yml -->"
# What a place says for itself below a generated key, where its source does not.
OWN = ("sample", "no_log")
# Options of items for which a role has a variable of its own, which tells the rest: it is their default.
OF_ALL_ITEMS = ("allow_management", "rollback_timeout")
# What a role passes on by itself.
OF_THE_ROLE = ("pinned_later",)
# More than one sentence goes into a table only below this length.
_CELL = 160
_MARKUP = re.compile(r"\b(O|RV)\(([^()#]+)\)")


class Mark(NamedTuple):
    """A generated key: in which line it stands, what it is called, where its words come from, and which lines below it are its own now."""

    line: int
    indent: int
    key: str
    source: str
    name: str
    end: int


def files(root: Path) -> dict[Path, str]:
    """Each file with generated parts, as it has to be."""
    found: dict[Path, str] = {}
    # Roles say what the modules are about to say.
    for path in [*sorted((root / "plugins" / "modules").glob("*.py")), *sorted((root / "roles").glob("*/meta/argument_specs.yml"))]:
        found[path] = filled(root, path, found)
    for path in [path for path in found if path.suffix == ".yml"]:
        readme = path.parent.parent / "README.md"
        found[readme] = with_table(readme, found[path])
    return found


def filled(root: Path, path: Path, modules: Mapping[Path, str]) -> str:
    """A file with its generated parts written anew, from C(modules) as they will be."""
    lines: list[str] = path.read_text(encoding="utf-8").splitlines()
    done: list[str] = []
    at = 0
    found = list(marks(lines))
    targets = _targets(lines, found)
    for mark in found:
        body = lines[mark.line + 1 : mark.end]
        where = f"{path.relative_to(root)}:{mark.line + 1}"
        if mark.source.endswith(".py"):
            source = modules.get(root / mark.source, "")
            words = variable(path.parent.parent, mark, _module(root, source, where, mark), targets[Path(mark.source).stem], where)
        else:
            words = _entry(root, mark, where)
        done += lines[at : mark.line + 1]
        done += generate_yaml.Writer().lines(words, mark.indent + 2)
        done += _own(body, mark.indent + 2, words)
        at = mark.end
    return "\n".join([*done, *lines[at:]]) + "\n"


def marks(lines: list[str]) -> Iterator[Mark]:
    """The generated keys of a file."""
    for number, line in enumerate(lines):
        found = MARK.match(line)
        if found is None and "# generated from " in line:
            raise SystemExit(f"'{line.strip()}' is no such key; write 'KEY:  # generated from FILE#NAME'")
        if found is not None:
            indent = len(found["indent"])
            end = next((below for below in range(number + 1, len(lines)) if not _is_below(lines[below], indent)), len(lines))
            yield Mark(number, indent, found["key"], found["source"], found["name"] or "", end)


def _is_below(line: str, indent: int) -> bool:
    return line.startswith(" " * (indent + 1))


def _own(body: list[str], indent: int, words: Mapping[str, Any]) -> list[str]:
    """The lines of a body that are kept: what is the place's own, unless its source says it."""
    kept: list[str] = []
    keeps = False
    for line in body:
        if not _is_below(line, indent):
            word = line.strip().split(":")[0]
            keeps = word in OWN and word not in words
        if keeps:
            kept.append(line)
    return kept


def _module(root: Path, source: str, where: str, mark: Mark) -> dict[str, dict[str, Any]]:
    if not source:
        raise SystemExit(f"{where}: there is no {mark.source}")
    found: dict[str, dict[str, Any]] = generate_docstrings.options(root, source)
    return found


def _entry(root: Path, mark: Mark, where: str) -> dict[str, Any]:
    source, name = root / mark.source, mark.name or mark.key
    if not source.is_file():
        raise SystemExit(f"{where}: there is no {mark.source}")
    if name not in entries(source):
        raise SystemExit(f"{where}: {mark.source} has no {name}")
    return entries(source)[name]


@lru_cache(maxsize=None)
def entries(source: Path) -> dict[str, dict[str, Any]]:
    """The words of a file, by name; of guards, which are rows of a table, those of the table. The caller has made the collection importable."""
    found: dict[str, dict[str, Any]] = generate_guards.complete(yaml.safe_load(source.read_text(encoding="utf-8")))
    return found


def _parent(lines: list[str], mark: Mark) -> str:
    """The key around a generated one."""
    return next(line.strip().split(":")[0] for line in reversed(lines[: mark.line]) if line.strip() and len(line) - len(line.lstrip()) < mark.indent)


def _targets(lines: list[str], found: list[Mark]) -> dict[str, dict[str, str]]:
    """For each module of which an argument spec has options: by option, or for all of them under an empty name, how the role's user writes them."""
    targets: dict[str, dict[str, str]] = {}
    for mark in found:
        if mark.source.endswith(".py"):
            module = targets.setdefault(Path(mark.source).stem, {})
            if mark.key == "options":
                module[mark.name] = _parent(lines, mark) + ("" if mark.name else "[].")
            else:
                module[mark.name] = mark.key
    return targets


def variable(role: Path, mark: Mark, options: Mapping[str, Any], targets: Mapping[str, str], where: str) -> dict[str, Any]:
    """A variable of a role that is an option of a module, or the options of its items."""
    known = {name: option for name, option in options.items() if not name.startswith("_") and name not in OF_THE_ROLE}
    reader = _Reader(role.name, Path(mark.source).stem, targets, known)
    if mark.key == "options" and not mark.name:
        return reader.options(known, of_items=True)
    if mark.name not in options:
        raise SystemExit(f"{where}: {mark.source} has no option {mark.name or 'without a name'}; write #NAME")
    if mark.key == "options":
        return reader.options(options[mark.name]["suboptions"])
    words = reader.option(options[mark.name])
    defaults = role_defaults(role)
    if mark.key in defaults:
        words["default"] = defaults[mark.key]
        words.pop("required", None)
    order = ("type", "elements", "required", "choices", "default", "description", "options")
    return {word: words[word] for word in order if word in words}


@lru_cache(maxsize=None)
def role_defaults(role: Path) -> dict[str, Any]:
    """The values of defaults/main.yml."""
    return dict(yaml.safe_load((role / "defaults" / "main.yml").read_text(encoding="utf-8")))


class _Reader:
    """Turns a module's documentation into that of a role. What stands at several places stays one thing."""

    def __init__(self, role: str, module: str, targets: Mapping[str, str], options: Mapping[str, Any]) -> None:
        self._role, self._module, self._targets, self._options = role, module, targets, options
        self._done: dict[int, dict[str, Any]] = {}
        self._below: dict[int, dict[str, Any]] = {}

    def options(self, options: Mapping[str, Any], of_items: bool = False) -> dict[str, Any]:
        """Those of a mapping."""
        return {name: self._of_item(name, option) if of_items and name in OF_ALL_ITEMS else self.option(option) for name, option in options.items()}

    def _of_item(self, name: str, option: Mapping[str, Any]) -> dict[str, Any]:
        first = self._said(_paragraphs(option)[0])
        return {"type": option["type"], "description": [first, f"If not given, it is O({self._role}_{name})."]}

    def option(self, option: Mapping[str, Any]) -> dict[str, Any]:
        """One of them."""
        if id(option) not in self._done:
            words: dict[str, Any] = {word: option[word] for word in ("type", "elements", "required", "choices", "default") if word in option}
            words["description"] = self._described(option["description"])
            self._done[id(option)] = words
            if "suboptions" in option:
                below = option["suboptions"]
                if id(below) not in self._below:
                    self._below[id(below)] = self.options(below)
                words["options"] = self._below[id(below)]
        return self._done[id(option)]

    def _described(self, description: Any) -> Any:
        if isinstance(description, list):
            return self._said(description[0]) if len(description) == 1 else [self._said(each) for each in description]
        return self._said(description)

    def _said(self, sentence: str) -> str:
        return _MARKUP.sub(self._reference, sentence)

    def _reference(self, found: re.Match[str]) -> str:
        word, path = found.groups()
        first = re.split(r"[.\[=]", path)[0]
        if word == "O" and first in self._targets:
            return f"O({self._targets[first]}{path[len(first) :]})"
        if word == "O" and "" in self._targets and first in self._options:
            return f"O({self._targets['']}{path})"
        return f"{word}(virtnet.hardening.{self._module}#module:{path})"


def with_table(readme: Path, spec: str) -> str:
    """A role's README with the table of its variables."""
    lines = readme.read_text(encoding="utf-8").splitlines()
    if TABLE not in lines:
        raise SystemExit(f"{readme.parent.name}/README.md has no line '{TABLE}'; put it where the table of variables is to be")
    begin = lines.index(TABLE) + 2
    end = next((number for number in range(begin, len(lines)) if not lines[number].startswith("|")), len(lines))
    rows = [f"| `{name}` | {_default(name, option, readme.parent)} | {cell(option)} |" for name, option in _variables(spec)]
    return "\n".join([*lines[:begin], "| variable | default | what it is |", "| --- | --- | --- |", *rows, *lines[end:]]) + "\n"


def _variables(spec: str) -> list[tuple[str, dict[str, Any]]]:
    return list(yaml.safe_load(spec)["argument_specs"]["main.yml"]["options"].items())


def _default(name: str, option: Mapping[str, Any], role: Path) -> str:
    """As it is written, and the variable of the environment that goes before it."""
    if option.get("required"):
        return "needed"
    found = [f"`{each}`" for each in re.findall(r"environment variable E\((\w+)\) is used", " ".join(_paragraphs(option)))]
    default = role_defaults(role).get(name, option.get("default"))
    if default not in (None, "") and "{{" not in str(default):
        found.append(f"`{yaml.safe_dump(default, default_flow_style=True, sort_keys=False, width=1000).splitlines()[0]}`")
    return ", ".join(found)


def _paragraphs(option: Mapping[str, Any]) -> list[str]:
    description = option["description"]
    return [description] if isinstance(description, str) else list(description)


def cell(option: Mapping[str, Any]) -> str:
    """The first sentences and the choices, as Markdown."""
    sentences = re.split(r"(?<=\.) (?=[A-Z])", _paragraphs(option)[0])
    count = max([1, *(count for count in range(len(sentences) + 1) if len(" ".join(sentences[:count])) <= _CELL)])
    text = re.sub(r"\b(?:O|RV)\((?:[\w.]+#\w+:)?([^()]*)\)", r"`\1`", " ".join(sentences[:count]))
    text = re.sub(r"\b(?:M|P)\(([\w.]+)(?:#\w+)?\)", r"`\1`", text)
    text = re.sub(r"\b[CVE]\(([^()]*)\)", r"`\1`", text).replace("|", "\\|")
    choices = [f"`{choice}`" for choice in option.get("choices", ()) if choice != ""]
    return text if all(choice in text for choice in choices) else f"{text} Choices: {', '.join(choices)}."
