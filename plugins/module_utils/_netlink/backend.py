# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The Linux backend: bridges, ports, VLANs, FDB entries and links of one network namespace."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import Fault
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import quirks
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.execute import Executor
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.management import ADDRESS, protected_devices
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Observer, Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.probe import Probe
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.rules import ORDER
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import KINDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Fields, Observed, Value


class NetlinkBackend:
    """Implements the engine's Backend over one netlink socket."""

    kinds = KINDS
    order = ORDER
    # rtnetlink answers after the change took effect.
    patience = 0.0
    batches = True

    def __init__(self, client: Any, hz: int | None = None, environ: dict[str, str] | None = None) -> None:
        self._client = client
        self._hz = hz
        self._environ = environ
        self._probe = Probe()
        self._observer = Observer(client, self._probe)
        self._executor = Executor(client, self._observer)

    @classmethod
    def open(cls) -> NetlinkBackend:
        """A backend for the namespace of the process."""
        return cls(Client(), quirks.kernel_hz())

    def close(self) -> None:
        """Close the socket."""
        self._client.close()

    def observe(self, scope: Scope) -> Observed:
        """Read the dumps that the scope needs, each once."""
        observed = self._observer.observe(scope)
        for name in self._executor.bereft:
            if ("link", name) in observed.state:
                # It is up, and not as it was before.
                observed.state[("link", name)]["up"] = False
        return observed

    def cover(self, scope: Scope, wish: Desired) -> Scope:
        """Links that a wish names are read even once they are ports."""
        names = {str(key[1]) for key in (*wish.present, *wish.absent) if key[0] == "link"}
        return replace(scope, link_state=scope.link_state | names)

    def execute(self, steps: Sequence[Step]) -> list[Fault | None]:
        """Send the steps as one batch."""
        return self._executor.execute(steps)

    def settle(self, kind: str, fields: Fields) -> Fields:
        """Round times as the kernel's clock will."""
        table = self.kinds[kind].fields
        return {name: self._round(value) if table[name].type == "seconds" else value for name, value in fields.items()}

    def _round(self, value: Value) -> Value:
        if self._hz is None or not isinstance(value, (int, float)):
            return value
        return quirks.through_jiffies(round(value * 100), self._hz) / 100

    def authorize(self) -> None:
        """Raise RightsError without the right to change devices."""
        if not self._client.may_write():
            raise rights.lacking("Changing links, bridges and their ports")

    def unsupported(self, kind: str, name: str, value: Value) -> str | None:
        """Why the kernel can't store the value."""
        return self._probe.unsupported(kind, name, value)

    def protected(self) -> Mapping[str, str]:
        """The devices that carry the default routes and the SSH session."""
        return protected_devices(self._client, self._environ)

    def cuts(self, step: Step) -> str | None:
        """Any change to a port, its link or its VLANs can cut it; of a bridge's options some can."""
        kind, device = str(step.key[0]), str(step.key[1])
        if kind == "vlan":
            return str(step.key[2])
        if kind == "fdb":
            moves = step.verb != DELETE and step.after.get("port", step.before.get("port")) != step.before.get("port")
            return ADDRESS + str(step.key[2]) if moves else None
        if kind in ("port", "link"):
            return device
        if kind != "bridge" or step.verb == CREATE:
            return None
        table = KINDS[kind].fields
        return device if step.verb == DELETE or any(table[name].cuts for name in step.after) else None

    def gone(self, step: Step) -> bool:
        """Whether the device of the step is not there any more, or another one took its name."""
        return self._observer.is_gone(self._executor.device_of(step))
