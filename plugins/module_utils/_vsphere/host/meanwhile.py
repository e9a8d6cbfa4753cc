# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What somebody else did to a host's standard switches between two reads. Pure.

Distributed switches have a configVersion, by which the server refuses to overwrite what another one wrote. Standard switches have none, and a write sends
the whole specification, also what the task says nothing of.
"""

from __future__ import annotations

from typing import Iterator, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import DELETE
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step, label
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import kinds
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import VSPHERE_KINDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import INHERIT, Key
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.flatten import split
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host


def concerned(steps: Sequence[Step]) -> bool:
    """Whether a step is about a standard switch or group."""
    return any(step.key[0] in VSPHERE_KINDS for step in steps)


def told(then: Host, now: Host, steps: Sequence[Step]) -> str:
    """What of that which the steps are about is not as it was: C(portgroup pg01 was changed). Empty if all is."""
    return next((text for step in steps if step.key[0] in VSPHERE_KINDS for text in _of_step(then, now, step)), "")


def _of_step(then: Host, now: Host, step: Step) -> Iterator[str]:
    for key in sorted(_keys(then, now, step), key=lambda each: each != step.key):
        # pyVmomi's objects are equal to themselves only, and print all that they have.
        if repr(then.specs.get(key)) != repr(now.specs.get(key)):
            yield f"{label(key)} was {'created' if key not in then.specs else 'deleted' if key not in now.specs else 'changed'}"
    for name in split(step.after.get("uplinks")):
        owner = _owner(now, name)
        if owner not in (_owner(then, name), step.key):
            yield f"{name} was made an uplink of {label(owner)}"


def _keys(then: Host, now: Host, step: Step) -> set[Key]:
    """The object itself, the groups that go with their switch, and the switch from which a group is to inherit."""
    keys = {step.key}
    if step.key[0] == kinds.VSWITCH and step.verb == DELETE:
        keys |= {key for host in (then, now) for key, fields in host.state.items() if key[0] == kinds.PORTGROUP and fields.get("vswitch") == step.key[1]}
    if step.key[0] == kinds.PORTGROUP and INHERIT in step.after.values():
        keys.add((kinds.VSWITCH, str(step.after.get("vswitch") or then.state.get(step.key, {}).get("vswitch"))))
    return keys


def _owner(host: Host, uplink: str) -> Key:
    """The standard switch that has an adapter; none is a key without a name."""
    return next((key for key, fields in host.state.items() if key[0] == kinds.VSWITCH and uplink in split(fields.get("uplinks"))), ())
