# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Checks of a ks.cfg: options, disks, network and the password of root. Pure."""

from __future__ import annotations

import difflib
import re
from typing import Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import Finding
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.call import Call, finding
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lex import BLANKS
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lint_hosts import check_static
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.table import DISK_KEYWORDS, KEYBOARDS

# What the installer takes as a hash. No rounds=, which Ansible's password_hash adds unless it is told rounds=5000.
_SHA512 = re.compile(r"\$6\$[a-zA-Z0-9./]{0,16}\$[a-zA-Z0-9./]{86}")
_MD5 = re.compile(r"\$1\$[a-zA-Z0-9./$]{22,31}")
_HASH = re.compile(r"\$(?:1|2[abxy]?|5|6|7|y|gy)\$")


def good_hash(text: str) -> str | None:
    """Why the text is no SHA-512 crypt hash that the installer takes, or None. The answer does not contain it."""
    if _SHA512.fullmatch(text):
        return None
    if not text.startswith("$6$"):
        return "it does not begin with $6$"
    if "rounds=" in text:
        return "the installer refuses rounds=; with the filter password_hash('sha512', rounds=5000) it is left out"
    return "it is not $6$, a salt of at most 16 letters, digits, dots or slashes, $, and 86 of these"


def check(call: Call) -> Iterator[Finding]:
    """The findings of one command."""
    yield from _relations(call)
    name = call.command.name
    for option in ("--firstdisk", "--onfirstdisk"):
        if option in call.options:
            yield from _filters(call, option)
    if name in ("install", "clearpart", "installorupgrade"):
        yield from _destroys(call)
    elif name == "network":
        yield from _network(call)
    elif name == "rootpw":
        yield from _password(call)
    elif name == "keyboard" and call.argument is not None and call.argument.text not in KEYBOARDS:
        if not call.argument.text.endswith(".map.gz"):
            yield finding("keyboard", call.line, f"keyboard: {call.argument.text!r} is not known")
    elif name == "%include" and call.argument is not None:
        yield from _include(call, call.argument.text)


def together(calls: list[Call]) -> Iterator[Finding]:
    """What one command takes from another."""
    keeps = [call for call in calls if call.command.name == "install" and "--preservevmfs" in call.options]
    clears = [call for call in calls if call.command.name == "clearpart" and "--overwritevmfs" in call.options]
    for clear in clears if keeps else []:
        yield finding("cleared-and-preserved", clear.line, f"clearpart --overwritevmfs and install --preservevmfs in line {keeps[-1].line}")
    yield from _datastores(calls)
    cleared = _Cleared(clears)
    for call in calls:
        if not {"--overwritevmfs", "--preservevmfs"} & set(call.options):
            yield from _undecided(call, cleared)


class _Cleared:
    """What all clearpart --overwritevmfs of a script clear, as far as it tells."""

    def __init__(self, clears: list[Call]) -> None:
        self.some = bool(clears)
        self.every = any("--alldrives" in call.options for call in clears)
        self.disks = {disk for call in clears for disk in _disks(call, "--drives")}
        spared = [_disks(call, "--ignoredrives") for call in clears if "--ignoredrives" in call.options]
        self.spared = set.intersection(*spared) if spared else None
        self.filters = {call.value("--firstdisk") for call in clears if "--firstdisk" in call.options}

    def has(self, install: Call) -> bool:
        """Whether the disk of install is one of them."""
        disk = _disk(install.value("--disk"))
        if disk:
            return self.every or disk in self.disks or (self.spared is not None and disk not in self.spared)
        return self.every or (install.value("--firstdisk") in self.filters and "--ignoressd" not in install.options)


def _undecided(call: Call, cleared: _Cleared) -> Iterator[Finding]:
    name, stops = call.command.name, "a datastore on the disk stops the installer"
    if name == "install" and not cleared.has(call):
        but = "; clearpart --overwritevmfs is not said to clear this disk" if cleared.some else ""
        yield finding("vmfs-undecided", call.line, f"install: without --overwritevmfs or --preservevmfs, {stops}{but}")
    elif name == "installorupgrade":
        yield finding("vmfs-without-esxi", call.line, f"installorupgrade: without --overwritevmfs, {stops} where no ESXi is on it")
    elif name == "clearpart":
        yield finding("clearpart-vmfs", call.line, f"clearpart: without --overwritevmfs, {stops}")


def _datastores(calls: list[Call]) -> Iterator[Finding]:
    disks = {_disk(call.value("--disk")): call for call in calls if call.command.name == "install" and "--disk" in call.options}
    names: dict[str, Call] = {}
    for call in calls:
        if call.command.name != "part":
            continue
        disk, name = _disk(call.value("--ondisk")), call.argument.text if call.argument is not None else ""
        if disk in disks:
            first = disks[disk]
            yield finding("part-disk", call.line, f"part: --ondisk={call.value('--ondisk')} is the disk of {first.command.name} in line {first.line}")
        if name in names:
            yield finding("part-name", call.line, f"part: {name!r} is the name of the datastore in line {names[name].line} too")
        disks.update({disk: call} if disk else {})
        names.update({name: call} if name else {})


def _disk(text: str) -> str:
    """A disk by its name, also where its path is given."""
    return text.strip(BLANKS).rpartition("/")[2]


def _disks(call: Call, option: str) -> set[str]:
    return {_disk(each) for each in call.value(option).split(",")} - {""}


def _relations(call: Call) -> Iterator[Finding]:
    command = call.command
    if command.needs_one_of and not set(command.needs_one_of) & set(call.options):
        yield finding("missing-option", call.line, f"{command.name} needs one of {', '.join(command.needs_one_of)}")
    for name in call.options:
        option = command.by_name[name]
        for other in option.conflicts:
            # Most rows name each other; one finding is enough.
            if other in call.options and (name < other or name not in command.by_name[other].conflicts):
                yield finding("option-conflict", call.line, f"{command.name}: {name} and {other} exclude each other")
        for other in option.unchecked:
            if other in call.options:
                rule = "preserve-and-overwrite" if other == "--preservevmfs" else "option-conflict"
                yield finding(rule, call.line, f"{command.name}: {name} and {other} exclude each other")
        for other in option.requires:
            if other not in call.options and other not in command.needs_one_of:
                yield finding("option-needs", call.line, f"{command.name}: {name} needs {other}")


def _filters(call: Call, option: str) -> Iterator[Finding]:
    broad = ""
    for name in (part.strip() for part in call.value(option).split(",")):
        what = f"{call.command.name} {option}: the filter {name!r}"
        if not name:
            yield finding("disk-filter", call.line, f"{call.command.name} {option}: a filter is empty")
        elif name in DISK_KEYWORDS:
            broad = broad or (name if name in ("local", "remote") else "")
            continue
        elif any(sign in name for sign in "*?["):
            yield finding("disk-filter", call.line, f"{what} is compared as it stands; there are no patterns")
        elif name.lower() in DISK_KEYWORDS or difflib.get_close_matches(name[:40].lower(), DISK_KEYWORDS, 1, 0.8):
            yield finding("disk-filter", call.line, f"{what} is none of {', '.join(DISK_KEYWORDS)}")
        if broad and name:
            yield finding("filter-order", call.line, f"{what} counts only where no disk is {broad}")


def _destroys(call: Call) -> Iterator[Finding]:
    if "--overwritevmfs" not in call.options:
        return
    filters = [part.strip() for part in call.value("--firstdisk").split(",")] if "--firstdisk" in call.options else []
    if "--alldrives" in call.options or "--ignoredrives" in call.options:
        yield finding("all-drives", call.line, f"{call.command.name} clears all drives that the host sees, those of the network too")
    elif "remote" in filters:
        yield finding("any-first-disk", call.line, f"{call.command.name} --overwritevmfs takes the first disk of {', '.join(filters)}, whatever is on it")


def _network(call: Call) -> Iterator[Finding]:
    if call.value("--bootproto") != "static":
        for name in ("--ip", "--netmask", "--gateway"):
            if name in call.options:
                yield finding("dhcp-with-address", call.line, f"network: {name} with DHCP")
        for name in ("--hostname", "--nameserver"):
            if name in call.options:
                yield finding("dhcp-ignores", call.line, f"network: {name} is ignored with DHCP")
        return
    if "--ip" not in call.options:
        yield finding("static-without-ip", call.line, "network: --bootproto=static without --ip")
    missing = [name for name in ("--netmask", "--gateway", "--hostname", "--nameserver") if name not in call.options]
    if missing:
        yield finding("static-guess", call.line, f"network: --bootproto=static without {', '.join(missing)}")
    if call.value("--nameserver").count(",") > 1:
        yield finding("third-nameserver", call.line, "network: only the first two of --nameserver are taken")
    yield from check_static(call)


def _password(call: Call) -> Iterator[Finding]:
    text = call.argument.text if call.argument is not None else ""
    if not text:
        return
    if "--iscrypted" not in call.options:
        rule, message = ("hash-as-password", "a hash without --iscrypted") if _HASH.match(text) else ("plain-password", "the password is not encrypted")
        yield finding(rule, call.line, f"rootpw: {message}")
        return
    why = good_hash(text)
    if why is None:
        return
    if _MD5.fullmatch(text) or (len(text) == 13 and not text.startswith(("$1$", "$6$"))):
        yield finding("weak-hash", call.line, f"rootpw: the hash is {'MD5' if text.startswith('$1$') else 'DES'}")
    else:
        yield finding("bad-hash", call.line, f"rootpw: {why}")


def _include(call: Call, name: str) -> Iterator[Finding]:
    if re.match(r"(https?|ftp|nfs)://", name, re.IGNORECASE):
        yield finding("include-unverified", call.line, f"%include: {name.partition('://')[0]} is not authenticated; certificates are not checked")
    elif "://" not in name and name[:1] not in ("/", "."):
        yield finding("include-path", call.line, "%include: the path does not begin with /")
