# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Checks of a boot.cfg: what the boot loader reads otherwise than it was meant. Pure."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg_edit import words
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg_parse import (
    BOOTSTATE_LIMIT, KEYS, MAX_LINE, MBOOT, SAFEBOOT, BootCfg, Line, match, modules, valid_number,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import SILENT, STOPS, Finding, message, secret_spans
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media_size import SIZES

# severity, what the boot loader does, remedy
_RULES: Dict[str, Tuple[str, str, str]] = {
    "file-length": ("error", SILENT, "Give a boot.cfg."),
    "no-kernel": ("error", STOPS, "Add kernel=."),
    "utf-16": ("error", STOPS, "Save the file as ASCII."),
    "byte-order-mark": ("error", SILENT, "Save the file as ASCII without a byte order mark."),
    "nul": ("error", SILENT, "Remove the NUL byte."),
    "blank-before-equals": ("error", SILENT, "Remove the blank before =."),
    "no-equals": ("warning", SILENT, "Remove the line, or write key=value."),
    "not-a-number": ("error", STOPS, "Give digits only."),
    "short-key": ("warning", SILENT, "Write the key out."),
    "empty-key": ("error", SILENT, "Remove the line, or write the key before =."),
    "unknown-key": ("info", SILENT, "Remove the line if nothing else reads it."),
    "duplicate-key": ("warning", SILENT, "Keep one line."),
    "empty-module": ("error", SILENT, "Remove one ---."),
    "split-module": ("error", SILENT, "Put blanks around ---, and rename a file whose name has it."),
    "prefix-slash": ("warning", SILENT, "Leave the / at the end of prefix out."),
    "bootstate-place": ("error", STOPS, "Put bootstate first."),
    "ks-https": ("warning", SILENT, "Use it in a network that you trust, or put the script on the medium: certificates are not checked."),
    "ks-unprotected": ("warning", SILENT, "Use it in a network that you trust, or put the script on the medium."),
    "ks-secret": ("error", SILENT, "Leave user and password out of the URL."),
    "ks-case": ("warning", STOPS, "Write the path in upper case, as ISO 9660 has it."),
    "ks-and-cdrom": ("warning", SILENT, "Remove cdromBoot."),
    "media-size": ("error", SILENT, "Give min, small, default or max."),
    "media-size-twice": ("warning", SILENT, "Remove autoPartitionOSDataSize, which the vendor does not support."),
    "option-case": ("error", SILENT, "Write the option as the installer does; case counts."),
}
_OPTIONS = (
    "runweasel", "cdromBoot", "ks", "systemMediaSize", "autoPartitionOSDataSize", "allowLegacyCPU", "autoPartition", "netdevice", "ksdevice", "ip", "netmask",
    "gateway", "nameserver", "vlanid", "preferVmklinux", "autoPartitionCreateUSBCoreDumpPartition",
)
_NUMBERS = {name for name, number in (*MBOOT, *SAFEBOOT) if number}


def lint(config: BootCfg) -> List[Finding]:
    """Every finding, by line. Never raises, whatever the bytes are."""
    found = list(_file(config))
    for index, line in enumerate(config.lines):
        found += _line(config, index, line)
    if "kernelopt" in config.where:
        found += _kernel_options(config, config.where["kernelopt"] + 1)
    return sorted(set(found))


def _say(rule: str, line: int, text: str) -> Finding:
    severity, does, remedy = _RULES[rule]
    return Finding(line, severity, rule, message(text), remedy, does)


def _file(config: BootCfg) -> Iterator[Finding]:
    first = config.lines[0].raw if config.lines else b""
    if first.startswith((b"\xff\xfe", b"\xfe\xff")) or first[1:2] == b"\x00":
        yield _say("utf-16", 1, "the file looks like UTF-16, of which the boot loader reads nothing")
    elif first.startswith(b"\xef\xbb\xbf"):
        yield _say("byte-order-mark", 1, "the first line begins with a byte order mark, so its key is not recognised")
    if config.rest:
        yield _say("file-length", len(config.lines) + 1, "the rest of the file is not looked at")
    if not config.value("kernel"):
        yield _say("no-kernel", 0, "kernel is not set")
    if config.text("prefix").endswith("/"):
        yield _say("prefix-slash", config.where["prefix"] + 1, "prefix ends with /, and older boot loaders ask for a path with //")
    if "bootstate" in config.where:
        at = config.where["bootstate"]
        if sum(len(line.raw) for line in config.lines[:at]) + config.lines[at].start >= BOOTSTATE_LIMIT:
            yield _say("bootstate-place", at + 1, f"bootstate is not within the first {BOOTSTATE_LIMIT} bytes, outside of which ESXi can't write it")


def _line(config: BootCfg, index: int, line: Line) -> Iterator[Finding]:
    at = index + 1
    if len(line.raw) > MAX_LINE:
        yield _say("file-length", at, f"the line has {len(line.raw)} bytes and is not looked at")
        return
    text, nul, _rest = line.raw.partition(b"\x00")
    if nul:
        yield _say("nul", at, "a NUL byte ends the line for the boot loader")
    merged = b" ".join(text.split())
    if not merged or merged.startswith(b"#"):
        return
    name = merged.partition(b"=")[0]
    if not line.keys:
        yield from _no_key(at, merged, name)
        return
    if not name:
        yield _say("empty-key", at, "a line that begins with = sets kernel")
    for key in line.keys:
        yield from _key(config, index, line, key)
        if name and name.lower() != key.encode():
            yield _say("short-key", at, f"{_show(name)} is the beginning of {key} and sets it")


def _key(config: BootCfg, index: int, line: Line, key: str) -> Iterator[Finding]:
    if config.where[key] != index:
        yield _say("duplicate-key", index + 1, f"{key} is set again in line {config.where[key] + 1}, which counts")
    if key in _NUMBERS and not valid_number(line.value):
        yield _say("not-a-number", index + 1, f"the value of {key} is no number, which makes the whole file invalid")
    if key in ("modules", "acpitables"):
        yield from _list(index + 1, key, line.value)


def _no_key(at: int, merged: bytes, name: bytes) -> Iterator[Finding]:
    if b"=" not in merged:
        yield _say("no-equals", at, "a line without = is left out")
    elif name.endswith(b" ") and (match(name.strip(), MBOOT) or match(name.strip(), SAFEBOOT)):
        yield _say("blank-before-equals", at, f"with a blank before = {_show(name.strip())} is not recognised")
    else:
        yield _say("unknown-key", at, f"{_show(name)} is none of {', '.join(KEYS)}")


def _list(at: int, key: str, value: bytes) -> Iterator[Finding]:
    parts = value.split(b"---")
    if any(not part.strip() for part in parts) and value:
        yield _say("empty-module", at, f"{key} has nothing between two ---, or before or after one")
    if re.search(rb"\S---|---\S", value):
        yield _say("split-module", at, f"{key} is split at a --- without blanks around it into {len(modules(value))} files")


def _show(name: bytes) -> str:
    text = name[:40].decode("ascii", "backslashreplace")
    return repr(text)


def _kernel_options(config: BootCfg, at: int) -> Iterator[Finding]:
    options = [word.decode("utf-8", "backslashreplace").partition("=") for word in words(config.value("kernelopt"))[:1000]]
    names = {name for name, _equals, _value in options}
    proper = {name.lower(): name for name in _OPTIONS}
    for name, _equals, value in options:
        if name not in _OPTIONS and name.lower() in proper:
            yield _say("option-case", at, f"the option {name} is not {proper[name.lower()]}")
        if name == "ks":
            yield from _kickstart(at, value, "cdromBoot" in names)
        if name == "systemMediaSize" and value not in SIZES:
            yield _say("media-size", at, f"systemMediaSize={value[:40]!r} is none of {', '.join(SIZES)}")
    if {"systemMediaSize", "autoPartitionOSDataSize"} <= names:
        yield _say("media-size-twice", at, "systemMediaSize and autoPartitionOSDataSize bound the same partition")


def _kickstart(at: int, value: str, cdrom: bool) -> Iterator[Finding]:
    scheme = value.partition("://")[0].lower() if "://" in value else ""
    if scheme == "https":
        yield _say("ks-https", at, "ks= is read over https, but the installer does not check the certificate: anybody on the way can replace the script")
    elif scheme in ("http", "ftp", "nfs"):
        yield _say("ks-unprotected", at, f"ks= is read over {scheme}: anybody on the way can read and replace the script and the hash in it")
    if secret_spans(value):
        yield _say("ks-secret", at, "the URL of ks= carries a password")
    if scheme in ("http", "https", "ftp", "nfs") and cdrom:
        yield _say("ks-and-cdrom", at, "cdromBoot makes the installer look for a CD, while ks= is in the network")
    path = value[len("cdrom:"):]
    if value.lower().startswith("cdrom:") and path != path.upper():
        yield _say("ks-case", at, "on a plain ISO 9660 medium names are in upper case, and the path of ks= is not")
