# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The vocabulary that every backend shares: fields, kinds of object, states and wishes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Mapping, Tuple, Union

Value = Union[bool, int, float, str, None]
Fields = Mapping[str, Value]
# ("port", "vnet0"), ("fdb", "br0", "52:54:00:00:00:01", 0): the kind comes first.
Key = Tuple[Union[str, int], ...]
State = Dict[Key, Dict[str, Value]]

ACCEPT = "accept"
REJECT = "reject"
INHERIT = "inherit"
POLICY_VALUES = (ACCEPT, REJECT, INHERIT)

TYPES = ("bool", "int", "seconds", "enum", "mac", "device", "str", "policy")


def effective(configured: str | None, parent: str | None) -> str | None:
    """The policy in effect: the own value, or the parent's where the own one is C(inherit).

    Absent (None) is not C(inherit): nobody said what this object has, so the answer is None as well.
    """
    if configured is not None and configured not in POLICY_VALUES:
        raise ValueError(f"policy value {configured!r} is none of {', '.join(POLICY_VALUES)}")
    return parent if configured == INHERIT else configured


@dataclass(frozen=True)
class Native:
    """What one backend calls a field and how it stores it."""

    key: str
    number: int = 0
    wire: str = ""
    # The native unit is 1/scale of the field's: the kernel counts hundredths of a second.
    scale: int = 1
    # For one bit of a shared word: IFLA_BR_MULTI_BOOLOPT.
    bit: int | None = None
    # The attribute whose presence proves support, where it is not the field's own.
    witness: int = 0


@dataclass(frozen=True)
class Field:
    """One row of the table of fields."""

    name: str
    type: str
    natives: Mapping[str, Native] = field(default_factory=dict)
    low: float | None = None
    high: float | None = None
    # enum: the native value is the position; int: the values allowed.
    choices: tuple[Any, ...] = ()
    # Fields of a group are written together; "a/b" means group a for true and b for false,
    # and of a policy a for a value of its own and b for inherit.
    group: str = "options"
    # Follows carrier, speed or protocol state: compared only when asked for, never restored.
    volatile: bool = False
    # A change can cut the connection that runs over the device.
    cuts: bool = False
    # A change from or to one of these values, or with True any change, can't be made in place:
    # the object is deleted and created anew.
    replaces: bool | tuple[Any, ...] = False
    since: str = ""
    # A bool whose option takes C(inherit) too.
    inherits: bool = False
    # The flag of a distributed group without which no port of it has a value of its own.
    override: str = ""

    def __post_init__(self) -> None:
        problem = self._contradiction()
        if problem:
            raise ValueError(f"field {self.name}: {problem}")

    def _contradiction(self) -> str:
        if self.type not in TYPES:
            return f"type {self.type!r} is none of {', '.join(TYPES)}"
        if self.type == "enum" and not self.choices:
            return "an enum needs choices"
        if self.choices and (self.low is not None or self.high is not None):
            return "choices and a range exclude each other"
        if (self.low is not None or self.high is not None) and self.type not in ("int", "seconds"):
            return f"a {self.type} has no range"
        if self.inherits and self.type != "bool":
            return "only a bool is told that it can inherit"
        if self.low is not None and self.high is not None and self.low > self.high:
            return "the range is reversed"
        if "/" in self.group and self.type not in ("bool", "policy"):
            return "only a bool or a policy can have a group per value"
        return ""

    def group_for(self, value: Value) -> str:
        """The group that writes this value."""
        if "/" not in self.group:
            return self.group
        on, off = self.group.split("/")
        return off if value == INHERIT or not value else on

    def needs_new_object(self, before: Value, after: Value) -> bool:
        """Whether the change can't be made in place."""
        if isinstance(self.replaces, bool):
            return self.replaces
        return before in self.replaces or after in self.replaces


@dataclass(frozen=True)
class Kind:
    """A kind of object and its fields, by name."""

    name: str
    fields: Mapping[str, Field]
    # An update carries every field, as the backend writes the object only as a whole.
    whole: bool = False
    # It hangs on nothing else: one that a run has just made can't have been taken away by a guest's end.
    stands_alone: bool = False

    @staticmethod
    def of(name: str, *rows: Field, whole: bool = False, stands_alone: bool = False) -> Kind:
        """Build a kind, refusing two rows of one name."""
        fields = {row.name: row for row in rows}
        if len(fields) != len(rows):
            raise ValueError(f"kind {name}: a field stands in the table twice")
        return Kind(name, fields, whole, stands_alone)


@dataclass(frozen=True)
class Hold:
    """A field kept at another value while the steps on certain objects run, then given back.

    A port is held down while it joins a bridge, so that no frame passes before its flags are set.
    """

    key: Key
    field: str
    during: Value
    because: tuple[Key, ...]


@dataclass(frozen=True)
class Desired:
    """What is asked for. A field that is not in the mapping is left exactly as it is."""

    present: Mapping[Key, Fields]
    absent: tuple[Key, ...] = ()
    holds: tuple[Hold, ...] = ()
    # Further objects that were looked at and of which nothing is wanted: a port that is to leave a bridge, and is in none.
    seen: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Observed:
    """What is: the state of objects, and what else the backend saw that the wishes may ask about."""

    state: State
    facts: Mapping[str, Any] = field(default_factory=dict)
