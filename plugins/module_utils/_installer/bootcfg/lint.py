# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Checks of a boot.cfg: what the boot loader reads otherwise than it was meant. Pure."""

from __future__ import annotations

import re
from typing import Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg import lint_files as of_files
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg import lint_options as of_options
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.parse import (
    BOOTSTATE_LIMIT,
    KEYS,
    MAX_LINE,
    MBOOT,
    SAFEBOOT,
    SINCE,
    BootCfg,
    Line,
    bootstate,
    match,
    modules,
    number,
    valid_number,
    whole_number,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.rules import say, show
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import Finding, capped
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion

_NUMBERS = {name for name, is_number in (*MBOOT, *SAFEBOOT) if is_number}
_TEXTS = {name for name, is_number in MBOOT if not is_number}


def lint(config: BootCfg, release: EsxiVersion | None = None) -> list[Finding]:
    """Every finding, by line. Never raises, whatever the bytes are. C(release) counts where C(build=) does not tell it."""
    release = EsxiVersion.of_build(config.text("build")) or release
    found = [*_file(config), *_emptied(config), *of_files.check(config, release)]
    for index, line in enumerate(config.lines):
        found += _line(config, index, line)
    for key in SINCE:
        if key in config.where and release is not None and release < SINCE[key]:
            found.append(say("key-since", config.where[key] + 1, f"the boot loader of {release} leaves {key} out; it is since {SINCE[key]}"))
    if "kernelopt" in config.where:
        found += of_options.check(config, config.where["kernelopt"] + 1)
    return capped(found)


def _emptied(config: BootCfg) -> Iterator[Finding]:
    set_before = set()
    for index, line in enumerate(config.lines):
        for key in _TEXTS & set(line.keys):
            if line.value:
                set_before.add(key)
            elif key in set_before and config.where[key] == index:
                yield say("empty-after-set", index + 1, f"{key} is set before and emptied here, of which the boot loader makes an address without meaning")


def _file(config: BootCfg) -> Iterator[Finding]:
    first = config.lines[0].raw if config.lines else b""
    if first.startswith((b"\xff\xfe", b"\xfe\xff")) or first[1:2] == b"\x00":
        yield say("utf-16", 1, "the file looks like UTF-16, of which the boot loader reads nothing")
    elif first.startswith(b"\xef\xbb\xbf"):
        yield say("byte-order-mark", 1, "the first line begins with a byte order mark, so its key is not recognised")
    if config.rest:
        yield say("file-length", len(config.lines) + 1, "the rest of the file is not looked at")
    if not config.value("kernel"):
        yield say("no-kernel", 0, "kernel is not set")
    yield from _bootstate(config)


def _bootstate(config: BootCfg) -> Iterator[Finding]:
    state = bootstate(config)
    if state is None:
        return
    if state.offset >= BOOTSTATE_LIMIT:
        yield say("bootstate-place", state.at + 1, f"bootstate is not within the first {BOOTSTATE_LIMIT} bytes, outside of which ESXi can't write it")
    if state.value not in (b"0", b"1", b"2", b"3"):
        yield say("bootstate-value", state.at + 1, f"bootstate is {show(state.value)}, which is no state of a boot bank")


def _line(config: BootCfg, index: int, line: Line) -> Iterator[Finding]:
    at = index + 1
    if len(line.raw) > MAX_LINE:
        yield say("file-length", at, f"the line has {len(line.raw)} bytes and is not looked at")
        return
    text, nul, _rest = line.raw.partition(b"\x00")
    if nul:
        yield say("nul", at, "a NUL byte ends the line for the boot loader")
    merged = b" ".join(text.split())
    if not merged or merged.startswith(b"#"):
        return
    name = merged.partition(b"=")[0]
    if not line.keys:
        yield from _no_key(at, merged, name)
        return
    if not name:
        yield say("empty-key", at, "a line that begins with = sets kernel")
    for key in line.keys:
        yield from _key(config, index, line, key)
        if name and name.lower() != key.encode():
            yield say("short-key", at, f"{show(name)} is the beginning of {key} and sets it")


def _key(config: BootCfg, index: int, line: Line, key: str) -> Iterator[Finding]:
    if config.where[key] != index:
        yield say("duplicate-key", index + 1, f"{key} is set again in line {config.where[key] + 1}, which counts")
    if key in _NUMBERS and not valid_number(line.value):
        yield say("not-a-number", index + 1, f"the value of {key} is no number, which makes the whole file invalid")
    elif key in _NUMBERS and whole_number(line.value) != number(line.value):
        yield say("number-range", index + 1, f"the value of {key} is beyond 32 bits, and the boot loader takes {number(line.value)}")
    if key in ("modules", "acpitables"):
        yield from _list(index + 1, key, line.value)


def _no_key(at: int, merged: bytes, name: bytes) -> Iterator[Finding]:
    if b"=" not in merged:
        yield say("no-equals", at, "a line without = is left out")
    elif name.strip() == b"bootstate":
        return
    elif name.endswith(b" ") and (match(name.strip(), MBOOT) or match(name.strip(), SAFEBOOT)):
        yield say("blank-before-equals", at, f"with a blank before = {show(name.strip())} is not recognised")
    else:
        yield say("unknown-key", at, f"{show(name)} is none of {', '.join(KEYS)}")


def _list(at: int, key: str, value: bytes) -> Iterator[Finding]:
    parts = value.split(b"---")
    if any(not part.strip() for part in parts) and value:
        yield say("empty-module", at, f"{key} has nothing between two ---, or before or after one")
    if any(b"--" in part.split() for part in parts):
        yield say("two-dashes", at, f"{key} has a --, which separates nothing")
    if re.search(rb"\S---|---\S", value):
        yield say("split-module", at, f"{key} is split at a --- without blanks around it into {len(modules(value))} files")
