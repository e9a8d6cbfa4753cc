# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the engine asks of a backend. The Linux and the vSphere side each implement it."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Protocol, Sequence, runtime_checkable

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step, Traits
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Observed

# The object is gone: a VM was stopped, a host left. Reported by name; the rest is done.
VANISHED = "vanished"
REFUSED = "refused"
# Somebody else changed the object since it was read; nothing was written.
STALE = "stale"
# The server did not answer in time and goes on: nobody knows whether the step takes effect.
PENDING = "pending"


class Fault(NamedTuple):
    """Why one step failed."""

    kind: str
    message: str
    # The backend's own code for it, if it has one: C(host_unreachable).
    code: str = ""


class Backend(Traits, Protocol):
    """Reads state and executes steps; everything between is the engine's."""

    # How long a written value may take to show when it is read back, in seconds.
    patience: float
    # Whether it sends the steps of a rule as one message. If not, a failed step is the last one that is tried.
    batches: bool

    def observe(self, scope: Any) -> Observed:
        """Read the state of what C(scope), the backend's own term, speaks of."""

    def cover(self, scope: Any, wish: Desired) -> Any:
        """The scope, widened to read every object that the wish speaks of."""

    def execute(self, steps: Sequence[Step]) -> list[Fault | None]:
        """Run steps of one rule as one batch; one answer a step, None for success."""

    def protected(self) -> Mapping[str, str]:
        """The devices that carry the management connection, each with the reason in words."""

    def cuts(self, step: Step) -> str | None:
        """The device whose connection the step can cut."""

    def gone(self, step: Step) -> bool:
        """Whether the device that the step is about does not exist any more."""


@runtime_checkable
class Divided(Protocol):
    """A backend over two systems: if one fails, what was done in the other can still be brought back."""

    def parts(self, scope: Any) -> Sequence[tuple[frozenset[str], Any]]:
        """The kinds of objects of each system, and the scope that reads them without the other."""


@runtime_checkable
class Unversioned(Protocol):
    """A backend whose objects have no version by which its server would refuse to overwrite what somebody else wrote since they were read."""

    def overtaken(self, steps: Sequence[Step]) -> str | None:
        """Read once more what the steps are about, and say what is another one than when the plan was made: C(portgroup pg01 was changed). Empty if all is
        as it was, and then the new read counts for C(protected) and C(cuts); None where none of the steps is about such an object."""


class LocalBackend(Backend, Protocol):
    """A backend of the host on which the task runs: reading takes fewer rights there than writing."""

    def authorize(self) -> None:
        """Raise RightsError unless the user of the task may change what the backend changes. Asks the system, without a change."""
