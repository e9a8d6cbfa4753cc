# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module esxi_portgroup wants of each host. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import argspec, kinds, normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import PORTGROUP
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Key, Observed, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host import select
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.intent import SECURITY_SPEC, HostIntent, security, why_in_use
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host


def spec() -> dict[str, Any]:
    """The module's own argument specification."""
    return {
        **select.spec(),
        "name": {"type": "str", "required": True, "aliases": ["portgroup", "portgroup_name"]},
        "state": argspec.STATE,
        "vswitch": {"type": "str", "aliases": ["switch", "switch_name", "vswitch_name"]},
        **argspec.options(PORTGROUP, ("vlan_id",)),
        "security": SECURITY_SPEC,
    }


class PortgroupIntent(HostIntent):
    """One standard port group on each host, present with options or absent."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.absent = params["state"] == "absent"
        super().__init__(params, (kinds.PORTGROUP,), cuts=self.absent or params["vlan_id"] is not None)
        self.name: str = params["name"]
        if not self.name:
            raise InputError("name: it is empty; name the port group.")
        self.vswitch: str | None = params["vswitch"]
        self.fields: dict[str, Value] = {**normalize.fields_from(params, PORTGROUP, ("vlan_id",)), **security(params, may_inherit=True)}

    def resolve(self, name: str, observed: Observed) -> Resolved:
        """Check against what the host has."""
        self.seen(name, observed.state)
        host: Host = observed.facts["host"]
        key: Key = (kinds.PORTGROUP, self.name)
        have = host.state.get(key)
        if self.absent:
            return Resolved(Desired({}, self._absent(host, key)))
        if have is None:
            return Resolved(Desired({key: {"vswitch": self._switch(host), "vlan_id": 0, **self.fields}}))
        if self.vswitch is not None and have.get("vswitch") != self.vswitch:
            raise InputError(
                f"port group {self.name}: it is on {have.get('vswitch')}, not on {self.vswitch}, and a port group can't move; "
                "leave vswitch out, or delete the group first."
            )
        return Resolved(Desired({key: self.fields}))

    def told(self) -> dict[str, Any]:
        """A name that no host has."""
        return {"warnings": self.nowhere(kinds.PORTGROUP, self.name, "standard port group") if self.absent else []}

    def _switch(self, host: Host) -> str:
        """Of a group that has to be made."""
        if self.vswitch is None:
            groups = [str(key[1]) for key in host.state if key[0] == kinds.PORTGROUP]
            raise InputError(f"port group {self.name}: the host has none of that name{select.close(self.name, groups)}. Set vswitch to create it.")
        switches = [str(key[1]) for key in host.state if key[0] == kinds.VSWITCH]
        if self.vswitch not in switches:
            raise InputError(f"vswitch: the host has no standard switch {self.vswitch}{select.close(self.vswitch, switches)}.")
        return self.vswitch

    def _absent(self, host: Host, key: Key) -> tuple[Key, ...]:
        why = why_in_use(host, self.name) if key in host.state else None
        if why:
            raise InputError(f"port group {self.name}: it is used by {why}; move those elsewhere first.")
        return (key,)
