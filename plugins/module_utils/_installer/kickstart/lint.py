# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Checks of a ks.cfg: the lines themselves, and which commands stand together. Pure."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import WARNS, Finding, capped
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart import lint_options as of_options
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart import lint_scripts as of_scripts
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.call import Call, Reader, finding
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import COMMAND, GAP, LOST, REST, SCRIPT, Document, Item
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.table import COMMANDS, INSTALLS, MAX_COMMANDS
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.types import DEPRECATED, LAST, ONCE
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion

_BOM = "\ufeff"
_PIECE = 1 << 20
# But for blanks.
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_COMMAND_LIKE = re.compile(r"[%-]{0,2}[a-z][a-z_]{0,23}")


@dataclass(frozen=True)
class Installation:
    """What the file is for. None where it is not known."""

    version: EsxiVersion | None = None
    secure_boot: bool | None = None


def lint(document: Document, target: Installation = Installation()) -> list[Finding]:  # noqa: B008  immutable
    """Every finding, by line. Never raises, whatever the bytes are."""
    found = list(_lines(document))
    calls = read(document)
    for call in calls:
        found += [*call.problems, *of_options.check(call), *_release(call, target.version)]
    found += [*_together(calls), *of_options.together(calls), *of_scripts.check(document, target.secure_boot)]
    if any(call.command.name == "paranoid" for call in calls):
        warned = sum(each.installer == WARNS for each in found)
        if warned:
            found.append(finding("paranoid", 0, f"paranoid makes the installer stop because of {warned} warning{'s' if warned > 1 else ''}"))
    return capped(found)


def read(document: Document) -> list[Call]:
    """The commands that the installer knows, deprecated ones left out."""
    calls = []
    for item in document.commands():
        command = COMMANDS.get(item.name)
        if command is not None and command.status != DEPRECATED and item.error is None:
            calls.append(Reader(item, command).call())
    return calls


def effective(calls: list[Call]) -> dict[str, Call]:
    """The last call of each command."""
    return {call.command.name: call for call in calls}


def _lines(document: Document) -> Iterator[Finding]:
    for item in document.items:
        if item.kind == REST:
            yield finding("file-length", item.line, "the rest of the file is not looked at")
        elif item.kind == LOST:
            yield finding("lost-line", item.line, "the installer skips this line")
        elif item.kind in (COMMAND, SCRIPT):
            yield from _line(item)
        if item.kind in (GAP, SCRIPT):
            yield from _encoding(item)


def _line(item: Item) -> Iterator[Finding]:
    if item.error is not None:
        yield _unreadable(item)
        return
    if item.line == 1 and item.name.startswith(_BOM):
        yield finding("byte-order-mark", 1, "the file begins with a byte order mark")
    elif not item.raw.isascii():
        yield finding("non-ascii", item.line, "the line has a character that is not ASCII")
    if _CONTROL.search(item.raw.rstrip(b"\r\n")):
        yield finding("control-character", item.line, "the line has a control character, which no value of a command has")
    if any(word.cut for word in item.words):
        yield finding("unquoted-hash", item.line, "an unquoted # cuts a word off, and all that follows is a comment")
    if any(word.eaten for word in item.words):
        yield finding("backslash", item.line, "a backslash outside of quotes vanishes")
    known = COMMANDS.get(item.name)
    if known is None:
        hint = "; the spellings are vmaccepteula and accepteula" if item.name == "eula" else ""
        yield finding("unknown-command", item.line, f"{_short(item.name)} is not known and left out{hint}")
    elif known.status == DEPRECATED:
        yield finding("deprecated-command", item.line, f"{item.name} does nothing")


def _unreadable(item: Item) -> Finding:
    error = item.error or ""
    if "UTF-8" in error:
        hint = "; it looks like UTF-16" if b"\x00" in item.raw else ""
        return finding("encoding", item.line, error + hint)
    return finding("line-length" if "bytes" in error else "quote", item.line, error)


def _encoding(item: Item) -> Iterator[Finding]:
    """The installer decodes every line, comments too. Read in pieces: a script may carry a large file."""
    data, first = (item.raw, item.line) if item.kind == GAP else (item.body, item.line + 1)
    decoder = codecs.getincrementaldecoder("utf-8")()
    for at in range(0, len(data), _PIECE):
        try:
            decoder.decode(data[at : at + _PIECE], at + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            yield finding("encoding", first + data.count(b"\n", 0, at + error.start), "the line is not UTF-8")
            return


def _short(name: str) -> str:
    """Shown only if it looks like a command: anything else may be a password on a line of its own."""
    return repr(name) if _COMMAND_LIKE.fullmatch(name) else "a command"


def _release(call: Call, version: EsxiVersion | None) -> Iterator[Finding]:
    if version is None:
        return
    command = call.command
    rows = [(command.name, command.since, command.until)]
    rows += [(f"{command.name} {each.name}", each.since, each.until) for each in (command.by_name[name] for name in call.options)]
    for what, since, until in rows:
        if since and version < EsxiVersion.parse(since):
            yield finding("not-in-version", call.line, f"{what} is not known to ESXi {version}; it is since {since}")
        if until and version >= EsxiVersion.parse(until):
            yield finding("no-longer", call.line, f"{what} has no effect since {until}")


def _together(calls: list[Call]) -> Iterator[Finding]:
    last = effective(calls)
    methods = [name for name in INSTALLS if name in last]
    yield from _duplicates(calls)
    if len(calls) > MAX_COMMANDS:
        yield finding("command-count", calls[MAX_COMMANDS].line, f"this is command {MAX_COMMANDS + 1}")
    if len(methods) > 1:
        yield finding("several-methods", max(last[name].line for name in methods), f"{' and '.join(methods)} exclude each other")
    if not methods and "%include" not in last:
        yield finding("missing-method", 0, "there is no install, installorupgrade or upgrade")
    for call in calls:
        if call.command.requires and call.command.requires not in last:
            yield finding("needs-install", call.line, f"{call.command.name} works only together with {call.command.requires}")
        if set(call.command.void_with) & set(methods):
            yield finding("void-with-upgrade", call.line, f"{call.command.name}: it is void with {' and '.join(set(call.command.void_with) & set(methods))}")
    if "%include" not in last:
        yield from _missing(last, methods)
    if "dryrun" in last:
        yield finding("dryrun", last["dryrun"].line, "dryrun: nothing is installed")


def _duplicates(calls: list[Call]) -> Iterator[Finding]:
    seen: dict[str, Call] = {}
    for call in calls:
        name = call.command.name
        if name in seen and call.command.repeat in (LAST, ONCE):
            rule = "duplicate-method" if call.command.repeat == ONCE else "duplicate-command"
            yield finding(rule, call.line, f"{name} stands in line {seen[name].line} already")
        seen[name] = call


# With whether an upgrade needs it, too.
_NEEDED: tuple[tuple[str, str, str, bool], ...] = (
    ("vmaccepteula", "missing-eula", "there is no vmaccepteula", True),
    ("rootpw", "missing-rootpw", "there is no rootpw", False),
    ("network", "missing-network", "there is no network", False),
    ("reboot", "missing-reboot", "there is no reboot", True),
)


def _missing(last: dict[str, Call], methods: list[str]) -> Iterator[Finding]:
    for name, rule, message, always in _NEEDED:
        if name not in last and (always or methods != ["upgrade"]):
            yield finding(rule, 0, message)
