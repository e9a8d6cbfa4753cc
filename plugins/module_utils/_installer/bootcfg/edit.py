# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Changes to a boot.cfg. What is not asked for keeps every byte, and what is already so is no change. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Callable, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.parse import (
    BOOTSTATE_LIMIT,
    MAX_LINE,
    BootCfg,
    Line,
    bootstate,
    modules,
    parse,
    read_line,
    render,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

_NAME = re.compile(r"[A-Za-z0-9_.:/+-]+")
_BAD = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# A word of the kernel's options; quotes keep blanks together, and one that is never closed is a letter.
_WORD = re.compile(rb'(?:[^\s"]|"[^"]*"|")+')
# After which line a key is put that is not there yet; otherwise at the end.
_ANCHORS = {
    "kernelopt": ("kernel",),
    "modules": ("kernelopt", "kernel"),
    "title": ("bootstate",),
    "timeout": ("title", "bootstate"),
    "prefix": ("timeout", "title", "bootstate"),
}


@dataclass(frozen=True)
class Edit:
    """What is asked for. None and empty leave as it is. An option of the kernel whose value is None is a word of its own."""

    kernel_options: Mapping[str, str | None] = field(default_factory=dict)
    kernel_options_absent: Sequence[str] = ()
    modules_present: Sequence[str] = ()
    modules_absent: Sequence[str] = ()
    relative_paths: bool = False
    prefix: str | None = None
    title: str | None = None
    timeout: int | None = None


def apply(data: bytes, edit: Edit) -> bytes:
    """The file with the changes; the same bytes if nothing is to change. InputError for what can't stand in a boot.cfg."""
    check(edit)
    config = parse(data)
    if config.rest or any(len(line.raw) > MAX_LINE for line in config.lines):
        raise InputError(f"The file has {len(data)} bytes and lines that no boot.cfg has; give a boot.cfg.")
    if "kernel" not in config.where:
        raise InputError("The file sets no kernel, so it is no boot.cfg that a boot loader could use; give one, or correct it first.")
    before = _bootstate_end(config)
    for change in _changes(config, edit):
        config = change(config)
    if before <= BOOTSTATE_LIMIT < _bootstate_end(config):
        raise InputError(f"bootstate would leave the first {BOOTSTATE_LIMIT} bytes, outside of which ESXi can't write it; shorten title or prefix.")
    return render(config)


def check(edit: Edit) -> None:
    """Refuse what the boot loader would read otherwise."""
    for name, value in edit.kernel_options.items():
        _name("kernel_options", name)
        if value is not None and (not value or _BAD.search(value) or re.search(r"[\s\"]", value)):
            raise InputError(f"kernel_options: the value of {name} is empty, or has a blank, a quote or a control character; give it without.")
    for name in edit.kernel_options_absent:
        _name("kernel_options_absent", name)
        if name in edit.kernel_options:
            raise InputError(f"kernel_options_absent: {name} is in kernel_options too; name it in one of them.")
    _check_modules(edit)
    for key, text in (("title", edit.title), ("prefix", edit.prefix)):
        if text is not None and _BAD.search(text):
            raise InputError(f"{key}: {text!r} has a control character, which no line of a boot.cfg can carry; remove it.")
    if edit.prefix and re.search(r"\s", edit.prefix.strip()):
        raise InputError(f"prefix: {edit.prefix!r} has a blank, which the boot loader removes from the path that it asks for; give one without.")
    if edit.prefix and not edit.prefix.strip().rstrip("/"):
        raise InputError("prefix: / puts a slash before every path only; leave prefix empty and write the paths with a slash.")
    if edit.timeout is not None and not 0 <= edit.timeout <= 0x7FFFFFFF:
        raise InputError(f"timeout: {edit.timeout} s is not in 0 to 2147483647.")


def _check_modules(edit: Edit) -> None:
    for path in (*edit.modules_present, *edit.modules_absent):
        if not path.strip() or _BAD.search(path) or "---" in path:
            raise InputError(f"modules: {path!r} is empty or has a control character or ---, which separates modules; rename the file.")
    # /a and a are one where relative_paths takes the slash away.
    present, absent = ({_path(path.split()[0].encode(), edit).decode() for path in paths} for paths in (edit.modules_present, edit.modules_absent))
    if present & absent:
        raise InputError(f"modules_absent: {min(present & absent)} is in modules_present too; name it in one of them.")


def _name(option: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InputError(f"{option}: {name!r} is no name of an option; give letters, digits and _.:/+- only.")


def _changes(config: BootCfg, edit: Edit) -> list[Callable[[BootCfg], BootCfg]]:
    changes: list[Callable[[BootCfg], BootCfg]] = []

    def let(key: str, value: Callable[[BootCfg], bytes]) -> None:
        changes.append(lambda current: put(current, key, value(current)))

    if edit.title is not None:
        title = edit.title
        let("title", lambda _now: title.encode())
    if edit.timeout is not None:
        seconds = edit.timeout
        let("timeout", lambda _now: str(seconds).encode())
    if edit.prefix is not None:
        prefix = edit.prefix.strip().rstrip("/")
        let("prefix", lambda _now: prefix.encode())
    if edit.relative_paths:
        let("kernel", lambda now: now.value("kernel").lstrip(b"/\\ "))
    if edit.kernel_options or edit.kernel_options_absent:
        let("kernelopt", lambda now: _options(now.value("kernelopt"), edit))
    if edit.modules_present or edit.modules_absent or edit.relative_paths:
        let("modules", lambda now: _modules(now.value("modules"), edit))
    return changes


def words(value: bytes) -> list[bytes]:
    """The options of the kernel."""
    return [found.group() for found in _WORD.finditer(value)]


def _options(value: bytes, edit: Edit) -> bytes:
    now = words(value)
    for name in edit.kernel_options_absent:
        now = [word for word in now if word.partition(b"=")[0] != name.encode()]
    for name, wanted in edit.kernel_options.items():
        new = name.encode() if wanted is None else f"{name}={wanted}".encode()
        at = [index for index, word in enumerate(now) if word.partition(b"=")[0] == name.encode()]
        if at:
            now = [new if index == at[0] else word for index, word in enumerate(now) if index not in at[1:]]
        else:
            now.append(new)
    return value if now == words(value) else b" ".join(now)


def _modules(value: bytes, edit: Edit) -> bytes:
    now = modules(value)
    if edit.relative_paths:
        now = [item.lstrip(b"/\\ ") for item in now]
    gone = {_path(path.encode(), edit) for path in edit.modules_absent}
    now = [item for item in now if _path(item, edit) not in gone]
    for text in edit.modules_present:
        new = b" ".join(text.encode().split())
        new = new.lstrip(b"/\\ ") if edit.relative_paths else new
        at = [index for index, item in enumerate(now) if _path(item, edit) == _path(new, edit)]
        if at:
            now = [new if index == at[0] else item for index, item in enumerate(now) if index not in at[1:]]
        else:
            now.append(new)
    if modules(value) and not now:
        raise InputError("modules_absent: no module would be left, and ESXi needs some; name fewer.")
    return value if now == modules(value) else b" --- ".join(now)


def _path(item: bytes, edit: Edit) -> bytes:
    path = (item.split() or [b""])[0]
    return path.lstrip(b"/\\ ") if edit.relative_paths else path


def put(config: BootCfg, key: str, value: bytes) -> BootCfg:
    """Set a key: in the line that counts, or in a new one. Lines of the key that do not count go with a change. The one place that writes a value."""
    value = b" ".join(value.split())
    others = sum(line.keys[:1] == (key,) for line in config.lines) > 1
    # An empty value after another one is not read as empty, see lint: then there must be one line.
    if config.value(key) == value and not (others and not value):
        return config
    lines = list(config.lines)
    if key not in config.where:
        _insert(lines, config, key, value)
        return parse(b"".join(line.raw for line in lines))
    at = config.where[key]
    old = lines[at]
    lines[at] = read_line(old.raw[: old.start].rstrip(b"\r\n") + value + _ending(old.raw))
    kept = [line for index, line in enumerate(lines) if index == at or line.keys[:1] != (key,)]
    return parse(b"".join(line.raw for line in kept))


def _insert(lines: list[Line], config: BootCfg, key: str, value: bytes) -> None:
    anchors = [config.where[name] for name in _ANCHORS.get(key, ()) if name in config.where]
    at = anchors[0] if anchors else len(lines) - 1
    ending = _ending(lines[at].raw) or _ending(lines[0].raw) or b"\n"
    if not _ending(lines[at].raw):
        lines[at] = Line(lines[at].raw + ending)
    lines.insert(at + 1, Line(key.encode() + b"=" + value + ending))


def _ending(raw: bytes) -> bytes:
    return b"\r\n" if raw.endswith(b"\r\n") else b"\n" if raw.endswith(b"\n") else b""


def _bootstate_end(config: BootCfg) -> int:
    state = bootstate(config)
    return state.offset + 1 if state else 0
