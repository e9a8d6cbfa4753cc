# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What is kept in the kernel beside the guards: what was asked for, and what was there before. Pure.

The comment of a set's element holds up to 128 bytes (NFTNL_UDATA, nft(8)), is written in the transaction of the guards and goes
with them, so it can't be out of step with what is enforced as a file could.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Iterable, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY, Level, Resolution, read_record, record

# One letter an option, as space is short; capital where it was on, and with digits where it is a number.
_LETTERS = {
    "learning": "l",
    "unicast_flood": "u",
    "multicast_flood": "m",
    "locked": "k",
    "isolated": "i",
    "guard": "g",
    "mab": "b",
    "mcast_router": "r",
    "group_fwd_mask": "f",
}
_NUMBERS = ("mcast_router", "group_fwd_mask")
_BRIDGE_OPTIONS = ("no_linklocal_learn",)
_STANDING = "standing"


@dataclass
class PortRecord:
    """Of one port."""

    configured: dict[str, str] = field(default_factory=dict)
    effective: dict[str, str] = field(default_factory=dict)
    # Options as they were before the first policy, where a policy changed them.
    before: dict[str, Value] = field(default_factory=dict)

    @staticmethod
    def read(text: Value) -> PortRecord:
        """Of a port without a record, an empty one."""
        words = str(text or "")
        configured, effective = read_record(words)
        letters = next((word[4:] for word in words.split() if word.startswith("was=")), "")
        return PortRecord(configured, effective, _read_options(letters))

    def renewed(self, resolution: Resolution, port: Fields, flags: Mapping[str, Value]) -> PortRecord:
        """With the new policy. What an earlier one changed was not so before it."""
        before = dict(self.before)
        for name, value in flags.items():
            if name in _LETTERS and name not in before:
                was = port.get(name, JOINED[name])
                if was != value:
                    before[name] = was
        return PortRecord(dict(resolution.configured), dict(resolution.effective), before)

    def level(self, label: str) -> Level:
        """As a level of the document: what is not said again stays."""
        return Level(label, {name: self.configured.get(name) for name in SECURITY}, {})

    def text(self) -> str:
        """For the comment."""
        letters = "".join(_letter(name, was) for name, was in sorted(self.before.items()))
        return " ".join(part for part in (record(self.configured, self.effective), f"was={letters}" if letters else "") if part)


# The options of a port that has just joined (new_nbp, net/bridge/br_if.c, and br_multicast_add_port, net/bridge/br_multicast.c).
JOINED: Mapping[str, Value] = {
    "learning": True,
    "unicast_flood": True,
    "multicast_flood": True,
    "locked": False,
    "isolated": False,
    "guard": False,
    "mab": False,
    "mcast_router": 1,
    "group_fwd_mask": 0,
}


def _letter(name: str, was: Value) -> str:
    letter = _LETTERS[name]
    if name in _NUMBERS:
        return f"{letter}{was}"
    return letter.upper() if was else letter


def _read_options(letters: str) -> dict[str, Value]:
    names = {letter: name for name, letter in _LETTERS.items()}
    found: dict[str, Value] = {}
    for letter, digits in re.findall(r"([A-Za-z])(\d*)", letters):
        name = names.get(letter.lower())
        if name is not None and bool(digits) is (name in _NUMBERS):
            found[name] = int(digits) if digits else letter.isupper()
    return found


@dataclass
class SwitchRecord:
    """Of one bridge: its default policy, and the options that a policy switched on."""

    configured: dict[str, str] = field(default_factory=dict)
    owned: list[str] = field(default_factory=list)
    # Whether a document asks for these options, whatever guests are there.
    standing: bool = False

    @staticmethod
    def read(text: Value) -> SwitchRecord:
        """Of a bridge without a record, an empty one."""
        words = str(text or "")
        owned = next((word[4:].split(",") for word in words.split() if word.startswith("set=")), [])
        return SwitchRecord(read_record(words)[0], [name for name in owned if name in _BRIDGE_OPTIONS], _STANDING in words.split())

    def update(self, defaults: Level) -> None:
        """What the document says of the switch; what it does not say stays."""
        self.configured.update({name: value for name, value in defaults.security.items() if value})

    def own(self, options: Iterable[str]) -> None:
        """These were off before."""
        self.owned = sorted({*self.owned, *options})

    def level(self, label: str) -> Level:
        """As the topmost level."""
        values: dict[str, str | None] = {name: self.configured.get(name) for name in SECURITY}
        return Level(label, values, {})

    def text(self) -> str:
        """For the comment."""
        parts = (record(self.configured, {}), f"set={','.join(self.owned)}" if self.owned else "", _STANDING if self.standing else "")
        return " ".join(part for part in parts if part)
