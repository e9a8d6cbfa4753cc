# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Checks of a boot.cfg: the options of the kernel, which the installer reads. Pure."""

from __future__ import annotations

import difflib
import re
from typing import Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.edit import words
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.media_size import SIZES
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.parse import BootCfg
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.rules import say
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import Finding, message
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import secret_spans

_OPTIONS = (
    "runweasel",
    "cdromBoot",
    "ks",
    "systemMediaSize",
    "autoPartitionOSDataSize",
    "allowLegacyCPU",
    "autoPartition",
    "netdevice",
    "ksdevice",
    "ip",
    "netmask",
    "gateway",
    "nameserver",
    "vlanid",
    "preferVmklinux",
    "autoPartitionCreateUSBCoreDumpPartition",
)
_PROPER = {name.lower(): name for name in _OPTIONS}
# Shorter names are too near to each other to tell a mistake from another option.
_SPELLABLE = [name for name in _PROPER if len(name) > 5]
_NEAR = 0.85
# Where the installer reads a script from (installation guides of 6.7 to 9.0). It knows no TFTP.
_KS = re.compile(r"(?:https?|ftp|nfs)://[^/]|cdrom:/|usb(?::|$)|file:/", re.IGNORECASE)
_OPPOSITE = re.compile(r"^no|[_-]")
_MOST_OPTIONS = 1000


def check(config: BootCfg, at: int) -> Iterator[Finding]:
    """The findings of the kernel's options, which stand in a line."""
    all_words = words(config.value("kernelopt"))[:_MOST_OPTIONS]
    options = [word.decode("utf-8", "backslashreplace").partition("=") for word in all_words]
    names = {name for name, _equals, _value in options}
    for name, equals, value in options:
        yield from _name(at, name, bool(equals), value)
        if name == "ks" and (value or not equals):
            yield from _kickstart(at, value, "cdromBoot" in names)
        elif secret_spans(name + equals + value):
            yield say("option-secret", at, f"the option {message(name)[:40]!r} carries what looks like a password, a hash or a key")
        if name == "systemMediaSize" and value not in SIZES:
            yield say("media-size", at, f"systemMediaSize={value[:40]!r} is none of {', '.join(SIZES)}")
    yield from _twice(at, [name for name, _equals, _value in options])
    if {"systemMediaSize", "autoPartitionOSDataSize"} <= names:
        yield say("media-size-twice", at, "systemMediaSize and autoPartitionOSDataSize bound the same partition")


def _twice(at: int, names: list[str]) -> Iterator[Finding]:
    for name in _OPTIONS:
        if names.count(name) > 1:
            yield say("option-twice", at, f"the option {name} stands {names.count(name)} times")


def _name(at: int, name: str, has_value: bool, value: str) -> Iterator[Finding]:
    if not name or (has_value and not value and name.lower() in _PROPER):
        shown = message(name or value or "an option")[:40]
        yield say("option-blank", at, f"blanks stand around the = of {shown!r}, which makes words of their own of its parts")
    elif name not in _OPTIONS and name.lower() in _PROPER:
        yield say("option-case", at, f"the option {name} is not {_PROPER[name.lower()]}")
    elif name not in _OPTIONS:
        near = _meant(name)
        if near is not None:
            yield say("option-spelling", at, f"the option {name[:40]!r} is not {near}")


def _meant(name: str) -> str | None:
    """The option that is written almost so."""
    # A much longer or shorter name is none of them; no-auto-partition, which hosts have, is the opposite of one.
    if not 4 <= len(name) <= 45 or _OPPOSITE.sub("", name.lower()) in _PROPER:
        return None
    found = difflib.get_close_matches(name.lower(), _SPELLABLE, 1, _NEAR)
    return _PROPER[found[0]] if found else None


def _kickstart(at: int, value: str, cdrom: bool) -> Iterator[Finding]:
    scheme = value.partition("://")[0].lower() if "://" in value else ""
    if not _KS.match(value):
        yield say("ks-scheme", at, f"ks={message(value)[:60]!r} names no place from which the installer reads a script")
    elif scheme == "https":
        yield say("ks-https", at, "ks= is read over https, but the installer does not check the certificate: anybody on the way can replace the script")
    elif scheme in ("http", "ftp", "nfs"):
        yield say("ks-unprotected", at, f"ks= is read over {scheme}: anybody on the way can read and replace the script and the hash in it")
    if secret_spans(value):
        yield say("ks-secret", at, "the URL of ks= carries a password")
    if scheme in ("http", "https", "ftp", "nfs") and cdrom:
        yield say("ks-and-cdrom", at, "cdromBoot makes the installer look for a CD, while ks= is in the network")
    path = value[len("cdrom:") :]
    if value.lower().startswith("cdrom:") and path != path.upper():
        yield say("ks-case", at, "on a plain ISO 9660 medium names are in upper case, and the path of ks= is not")
