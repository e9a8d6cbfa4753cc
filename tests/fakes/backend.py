# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second backend for the engine: strict, in memory, with faults on request. It knows nothing of netlink."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import REFUSED, VANISHED, Fault
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, RightsError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE, UPDATE, Order, OrderRule
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Field, Fields, Key, Kind, Observed, State, Value

SWITCH = Kind.of(
    "switch",
    Field("promiscuous", "policy", group="security"),
    Field("forged_transmits", "policy", group="security"),
    Field("mtu", "int", low=68, high=9000, group="options"),
    Field("up", "bool", group="up/down"),
    stands_alone=True,
)
GROUP = Kind.of(
    "group",
    Field("switch", "device", group="membership", replaces=True),
    Field("promiscuous", "policy", group="security"),
    Field("vlan", "int", low=0, high=4095, group="options"),
)
RECORD = Kind.of("record", Field("where", "str"), Field("pinned", "bool"), whole=True)

ORDER = Order(
    OrderRule(UPDATE, "switch", ("down",), "down first"),
    OrderRule(CREATE, "switch", ("security", "options", "down"), "a switch before its groups"),
    OrderRule(UPDATE, "switch", ("security", "options"), "the parent's policy first"),
    OrderRule(DELETE, "record", (), "records before groups"),
    OrderRule(DELETE, "group", (), "a group leaves before it joins the next"),
    OrderRule(CREATE, "group", ("membership",), "membership first"),
    OrderRule(CREATE, "record", ("options",), "records before policies"),
    OrderRule(UPDATE, "record", ("options",), "as for new ones"),
    OrderRule(UPDATE, "group", ("security", "options"), "policies hold before the switch comes up"),
    OrderRule(UPDATE, "switch", ("up",), "up last"),
    OrderRule(DELETE, "switch", (), "the switch goes last"),
)


class FakeBackend:
    """Implements the engine's Backend over a dictionary."""

    kinds = {kind.name: kind for kind in (SWITCH, GROUP, RECORD)}
    order = ORDER
    patience = 0.0
    batches = True

    def __init__(self, state: State, guarded: Mapping[str, str] | None = None) -> None:
        self.state = {key: dict(fields) for key, fields in state.items()}
        self.guarded = dict(guarded or {})
        self.fail_at = self.ignore_at = self.raise_at = self.stop_at = self.vanish_at = 0
        self.lacking: set[str] = set()
        self.count = self.reads = 0
        self.closed = self.rightless = False

    def close(self) -> None:
        self.closed = True

    def observe(self, scope: Any) -> Observed:
        self.reads += 1
        return Observed({key: dict(fields) for key, fields in self.state.items()})

    def cover(self, scope: Any, wish: Desired) -> Any:
        return scope

    def settle(self, kind: str, fields: Fields) -> Fields:
        # This backend keeps even MTUs only.
        return {name: int(value) // 2 * 2 if name == "mtu" and value is not None else value for name, value in fields.items()}

    def authorize(self) -> None:
        if self.rightless:
            raise RightsError("this user may read only")

    def unsupported(self, kind: str, name: str, value: Value) -> str | None:
        return "this backend has no such thing" if name in self.lacking else None

    def protected(self) -> Mapping[str, str]:
        return self.guarded

    def cuts(self, step: Step) -> str | None:
        return str(step.key[1])

    def gone(self, step: Step) -> bool:
        return step.key[0] == "group" and step.key not in self.state and ("gone", step.key[1]) in self.state

    def execute(self, steps: Sequence[Step]) -> list[Fault | None]:
        return [self._one(step) for step in steps]

    def _one(self, step: Step) -> Fault | None:
        self.count += 1
        if self.count == self.stop_at:
            raise KeyboardInterrupt
        if self.count == self.raise_at:
            raise BackendError("the wire broke")
        if self.count == self.fail_at:
            return Fault(REFUSED, "injected")
        if self.count == self.vanish_at:
            self.state.pop(step.key, None)
            self.state[("gone", step.key[1])] = {}
            return Fault(VANISHED, "gone")
        if self.count == self.ignore_at:
            return None
        return self._write(step)

    def _write(self, step: Step) -> Fault | None:
        allowed = self.kinds[str(step.key[0])].fields
        unknown = set(step.after) - set(allowed)
        if unknown:
            return Fault(REFUSED, f"unknown {unknown}")
        if step.verb == CREATE:
            if step.key in self.state:
                return Fault(REFUSED, "is there already")
            self.state[step.key] = {**_defaults(step.key), **step.after}
        elif step.verb == DELETE:
            if self.state.pop(step.key, None) is None:
                return Fault(REFUSED, "is not there")
        elif step.key not in self.state:
            return Fault(REFUSED, "is not there")
        else:
            self.state[step.key].update(step.after)
        return None


def _defaults(key: Key) -> dict[str, Value]:
    return {
        "switch": {"promiscuous": "reject", "forged_transmits": "accept", "mtu": 1500, "up": False},
        "group": {"promiscuous": "inherit", "vlan": 0},
        "record": {"pinned": False},
    }[str(key[0])].copy()  # type: ignore[attr-defined]
