# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""A command line with its options and argument, read as the installer reads it. Pure."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Callable, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import Finding, message
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lex import BLANKS, Word
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import Item
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.rules import RULES
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.types import (
    DEPRECATED,
    DISKS,
    NO_EFFECT,
    REFUSED,
    Argument,
    Command,
    Option,
)

_IDLE = {DEPRECATED: "deprecated-option", NO_EFFECT: "no-effect"}
# As the vendor's guides name disks: what the storage says of itself (NVMe by its UUID where it has neither EUI64 nor NGUID), the path to a local one,
# and the name of the VMkernel; or as a file below /vmfs/devices/disks.
_DISK = re.compile(
    r"(?:/(?:vmfs/devices|dev)/disks/)?"
    r"(?:(?:naa|eui|uuid|vml)\.[0-9A-Fa-f]{1,128}|t10\.[!-~]{1,255}|mpx\.vmhba[0-9]{1,4}:C[0-9]{1,4}:T[0-9]{1,5}:L[0-9]{1,5})"
)
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def finding(rule: str, line: int, text: str) -> Finding:
    """A finding of a rule of the table."""
    row = RULES[rule]
    return Finding(line, row.severity, rule, message(text), row.remedy, row.installer)


@dataclass(frozen=True)
class Call:
    """A command as it counts. C(options) has the value, or None, by the canonical name of each option that counts."""

    item: Item
    command: Command
    options: Mapping[str, str | None]
    argument: Word | None
    problems: tuple[Finding, ...]

    @property
    def line(self) -> int:
        """Counts from 1."""
        return self.item.line

    def value(self, name: str) -> str:
        """Of an option, empty where it is not given."""
        return self.options.get(name) or ""


def _ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _netmask(text: str) -> bool:
    if not _ipv4(text):
        return False
    hosts = ~int(ipaddress.IPv4Address(text)) & 0xFFFFFFFF
    return hosts & (hosts + 1) == 0 and hosts != 0xFFFFFFFF


def _hostname(text: str) -> bool:
    return len(text) <= 253 and all(_LABEL.fullmatch(label) for label in text.split("."))


_CHECKS: dict[str, Callable[[str], bool]] = {
    "ipv4": lambda text: _ipv4(text.strip(BLANKS)),
    "ipv4_list": lambda text: all(_ipv4(each.strip(BLANKS)) for each in text.split(",")),
    "netmask": lambda text: _netmask(text.strip(BLANKS)),
    "hostname": lambda text: _hostname(text.strip(BLANKS)),
    "vlan": lambda text: re.fullmatch(r"[0-9]{1,4}", text.strip(BLANKS)) is not None and int(text.strip(BLANKS)) <= 4095,
    "license": lambda text: re.fullmatch(r"\w{5}(-\w{5}){4}", text, re.ASCII) is not None,
    "int": lambda text: re.fullmatch(r"[0-9]+", text) is not None,
    "zero_one": lambda text: text.lower() in ("0", "1", "true", "false"),
    "true_false": lambda text: text.lower() in ("true", "false"),
    "device": lambda text: re.fullmatch(r"[a-z]+[0-9]+|[0-9a-f]{2}(:[0-9a-f]{2}){5}", text.strip(BLANKS).lower()) is not None,
    "disk": lambda text: _DISK.fullmatch(text.strip(BLANKS)) is not None,
    "disks": lambda text: all(_DISK.fullmatch(each.strip(BLANKS)) for each in text.split(",")),
}


def fits(option: Option, value: str) -> bool:
    """Whether the installer takes the value."""
    if option.type == "choice":
        return value in option.choices
    return _CHECKS.get(option.type, bool)(value)


class Reader:
    """Reads one line."""

    def __init__(self, item: Item, command: Command) -> None:
        self.item, self.command = item, command
        self.options: dict[str, str | None] = {}
        self.problems: list[Finding] = []
        # Values that may be secret are never part of a message.
        self.show = not command.secret

    def call(self) -> Call:
        """The whole line."""
        words = self.item.words[1:]
        extra: list[tuple[int, Word]] = []
        for at, word in enumerate(words):
            name, equals, value = word.text.partition("=")
            if name in self.command.by_name:
                self._option(name, value if equals else None)
            else:
                extra.append((at, word))
        argument = self._argument(self.command.argument, extra, len(words)) if self.command.argument else None
        for at, word in extra:
            self._extra(word, words[at - 1] if at else None)
        return Call(self.item, self.command, self.options, argument, tuple(self.problems))

    def say(self, rule: str, text: str) -> None:
        """Add a finding."""
        self.problems.append(finding(rule, self.item.line, f"{self.command.name}: {text}"))

    def _argument(self, argument: Argument, extra: list[tuple[int, Word]], count: int) -> Word | None:
        if not extra or not extra[-1 if argument.last else 0][1].text:
            self.say("missing-argument", f"the {argument.name} is missing")
            return None
        at, word = extra.pop(-1 if argument.last else 0)
        if at != (count - 1 if argument.last else 0):
            self.say("argument-order", f"the {argument.name} is expected as the {'last' if argument.last else 'first'} word")
        return word

    def _extra(self, word: Word, before: Word | None) -> None:
        shown = repr(word.text) if self.show else "a word"
        if word.text == "\n":
            self.say("continuation", "a backslash at the end of the line does not continue it; the next line is read as a command")
        elif before is not None and before.text.endswith(",") and not word.text.startswith("-"):
            self.say("comma-blank", f"the list ends at the blank before {shown}")
        elif word.text.startswith("-"):
            self.say("unknown-option", f"the option {shown.partition('=')[0]} is not known" if self.show else "an option is not known")
        else:
            self.say("extra-argument", f"{shown} belongs to no option")

    def _option(self, name: str, value: str | None) -> None:
        option = self.command.option(name) or self.command.by_name[name]
        if option.status == REFUSED:
            self.say("refused-option", f"{name} stops the installer")
            return
        if option.status in _IDLE:
            self.say(_IDLE[option.status], f"{name} does nothing")
            return
        value = (option.default or None) if value is None else value
        if not self._takes(option, name, value):
            return
        if option.name in self.options:
            self.say("duplicate-disk" if option.stops and option.type in ("str", "filters", *DISKS) else "duplicate-option", f"{name} stands twice")
            return
        self.options[option.name] = value

    def _takes(self, option: Option, name: str, value: str | None) -> bool:
        if option.takes_value and not value:
            self.say("missing-value", f"{name} has no value")
        elif value and not option.takes_value:
            self.say("unwanted-value", f"{name} takes no value, so it is left out")
        elif value and not fits(option, value):
            shown, stops = f"{name}={value!r}" if self.show else name, option.stops or option.type in DISKS
            self.say("bad-value" if stops else "ignored-value", f"{shown} is no {_NAMES.get(option.type) or ' or '.join(option.choices)}")
            return stops
        else:
            return True
        return False


_NAMES = {
    "ipv4": "IPv4 address",
    "ipv4_list": "list of IPv4 addresses",
    "netmask": "netmask",
    "hostname": "host name",
    "vlan": "VLAN from 0 to 4095",
    "license": "licence key of five groups of five characters",
    "int": "number",
    "zero_one": "0 or 1",
    "true_false": "true or false",
    "device": "vmnicN or MAC address",
    "disk": "name of a disk, which begins with naa., eui., t10., uuid., mpx. or vml., and no path of one",
    "disks": "list of names of disks, which begin with naa., eui., t10., uuid., mpx. or vml., or of paths of them",
}
