# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What is reported and judged of virtual switches: plain values, of one host or of one vCenter. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import PORTGROUP, VDS, VDS_PORT, VDS_PORTGROUP, VSWITCH

Policies = Mapping[str, str]


@dataclass(frozen=True)
class Subject:
    """A switch, a port group or a distributed port. Policies that an object lacks are in neither mapping."""

    kind: str
    switch: str
    # The host of a standard switch; of a distributed one the datacenter.
    place: str = ""
    group: str = ""
    port: str = ""
    # accept, reject or inherit, as it is set on the object itself.
    configured: Policies = field(default_factory=dict)
    # accept or reject, as it is in effect.
    effective: Policies = field(default_factory=dict)
    # A single VLAN, a range or a list of both, or pvlan:NUMBER.
    vlan: str | None = None
    trunk: bool = False
    # None: the switch has no MAC learning, or it is not told.
    mac_learning: bool | None = None
    # What the server does not tell of it, so that it can't be judged.
    untold: tuple[str, ...] = ()
    # Flags of a distributed group that let ports differ from it.
    allowed: tuple[str, ...] = ()
    # Why the object is left alone: uplinks, or NSX.
    exempt: str = ""
    vms: tuple[str, ...] = ()

    @property
    def standard(self) -> bool:
        """Whether it is of a host's own switch."""
        return self.kind in (VSWITCH, PORTGROUP)

    @property
    def is_switch(self) -> bool:
        """Whether it is the switch itself."""
        return self.kind in (VSWITCH, VDS)

    @property
    def name(self) -> str:
        """Its own name, or a port's key."""
        return self.port or self.group or self.switch

    @property
    def label(self) -> str:
        """In words."""
        words = {VSWITCH: "vSwitch", PORTGROUP: "port group", VDS: "distributed switch", VDS_PORTGROUP: "distributed port group", VDS_PORT: "port"}
        of = f" of {self.group}" if self.port else f" of {self.switch}" if self.group else ""
        on = f" on {self.place}" if self.standard else ""
        return f"{words[self.kind]} {self.name}{of}{on}"

    def source(self, policy: str, levels: Mapping[str, Subject]) -> Subject:
        """From which object the value in effect comes: the first one up from here that does not inherit."""
        here = self
        while here.configured.get(policy) == "inherit" and here.parent in levels and not here.is_switch:
            here = levels[here.parent]
        return here

    @property
    def key(self) -> str:
        """Unique in one answer."""
        return "/".join((self.place, self.switch, self.group, self.port))

    @property
    def parent(self) -> str:
        """The key of the object from which it inherits; its own for a switch, which has none."""
        return "/".join((self.place, self.switch, self.group if self.port else "", ""))


@dataclass(frozen=True)
class HostOptions:
    """The advanced options of one host that concern guests' frames; None: the host has no such option. One that could not be read is not there."""

    host: str
    values: Mapping[str, int | None]


def by_key(subjects: tuple[Subject, ...]) -> dict[str, Subject]:
    """For Subject.source."""
    return {subject.key: subject for subject in subjects}
