# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents tell a reader to write or to type: fenced blocks, and commands in console blocks and in running text."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Union

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`]+)`")
# A first line that names the file for which the block is meant.
FILE = re.compile(r"^# (\S+\.\w+)$", re.MULTILINE)
_SETTING = re.compile(r"^[A-Z_]+=\S+ ")
# What begins a command, with words behind it. A word alone is a name.
PROGRAMS = frozenset(
    "ansible ansible-config ansible-doc ansible-galaxy ansible-inventory ansible-playbook ansible-pull ansible-vault apt apt-get bridge cat cp curl dnf esxcli "
    "eval export git govc grep ip make nft nmcli openssl pip pip3 python python3 ssh sudo systemctl tail tc tcpdump virsh vmkload_mod vsish wget".split()
)
# Words in the form of a command that are none.
NAMES = {
    "bridge virtnet_hardening": "the table of nftables, by family and name",
    "govc datastore.upload": "a subcommand",
    "govc object.collect": "a subcommand",
    "ruff check --fix .": "a maintainer's, of the environment for building",
    "ruff format plugins docs lab benchmarks scripts tests": "a maintainer's, of the environment for building",
    "scripts/setup TARGET": "any target of the Makefile",
    "virsh domiflist": "a subcommand",
}


class Block(NamedTuple):
    """A fenced block that is no console."""

    path: str
    line: int
    language: str
    text: str

    @property
    def key(self) -> str:
        """By what the tables name it: the first name in it, or its first line. Line numbers change with every edit."""
        found = re.search(r"^ *-? *name: (.+)$", self.text, re.MULTILINE) if self.language == "yaml" and isinstance(self.data, list) else None
        return found.group(1).strip() if found else self.text.lstrip().splitlines()[0]

    @property
    def data(self) -> Any:
        """The content of YAML."""
        return yaml.safe_load(self.text)

    @property
    def file(self) -> str:
        """The file that its first line names, else none."""
        found = FILE.match(self.text)
        return found.group(1) if found else ""


class Command(NamedTuple):
    """A command, with what a console shows as its output."""

    path: str
    line: int
    text: str
    output: str = ""
    inline: bool = False

    @property
    def key(self) -> str:
        """By what the tables name it."""
        return self.text

    @property
    def words(self) -> list[str]:
        """Without settings of the environment before it."""
        return _SETTING.sub("", self.text).split()


Item = Union[Block, Command]


def documents() -> list[Path]:
    """What users and contributors read."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "roles").glob("*/README.md"))]


def items(path: Path) -> list[Item]:
    """Everything in a document, in its order. A command in the text that stands in a console too is that one."""
    text = path.read_text()
    name = str(path.relative_to(ROOT))
    found: list[Item] = [each for match in FENCE.finditer(text) for each in _fenced(name, text, match)]
    typed = {each.text for each in found if isinstance(each, Command)}
    for each in _inline(name, text):
        if each.text not in typed:
            typed.add(each.text)
            found.append(each)
    return sorted(found, key=lambda each: each.line)


def _fenced(path: str, text: str, match: re.Match[str]) -> Iterator[Item]:
    line = text.count("\n", 0, match.start()) + 1
    body = re.sub(f"^{match.group(1)}", "", match.group(3), flags=re.MULTILINE)
    if match.group(2) != "console":
        yield Block(path, line, match.group(2), body)
        return
    lines = body.splitlines()
    starts = [place for place, each in enumerate(lines) if each.startswith("$ ")]
    assert starts and starts[0] == 0, f"{path}:{line}: a console begins with a command, as in '$ make help'"
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        # What stands behind two blanks and a # is said to the reader, not to the shell.
        yield Command(path, line + 1 + start, re.sub(r"  +# .*$", "", lines[start][2:]).strip(), "\n".join(lines[start + 1 : end]))


def _inline(path: str, text: str) -> Iterator[Command]:
    plain = FENCE.sub(lambda match: "\n" * match.group(0).count("\n"), text)
    for match in INLINE.finditer(plain):
        words = " ".join(match.group(1).split())
        if is_command(words):
            yield Command(path, plain.count("\n", 0, match.start()) + 1, words, inline=True)


def is_command(text: str) -> bool:
    """A program of the list, or a script of ours, with words behind it. Options alone and other programs are a fault of the author."""
    first, *rest = _SETTING.sub("", text).split()
    if text in NAMES or not rest:
        return False
    return first in PROGRAMS or first.startswith(("scripts/", "./"))


def undecided(path: Path) -> dict[str, str]:
    """Words in a document's text of which nobody said whether they are a command, with what to do."""
    found: dict[str, str] = {}
    plain = FENCE.sub("", path.read_text())
    for match in INLINE.finditer(plain):
        text = " ".join(match.group(1).split())
        first, *rest = text.split()
        if rest and re.match(r"--?(e|i|l|limit|tags|extra-vars|inventory)$", first):
            found[text] = "options alone can't be run: write the whole command"
        elif rest and text not in NAMES and first not in PROGRAMS and re.match(r"[a-z][\w.-]*$", first) and shutil.which(first):
            found[text] = f"{first} is a program: add it to PROGRAMS, or the words to NAMES, in {Path(__file__).name}"
    return found
