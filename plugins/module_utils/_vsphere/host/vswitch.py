# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module esxi_vswitch wants of each host. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import argspec, kinds, normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Key, Observed, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host import flatten, select
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.intent import SECURITY_SPEC, HostIntent, security, why_in_use
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host

# AddVirtualSwitch raises InvalidArgument "if vswitchName exceeds the maximum allowed length" and doesn't say which; no host takes more than 32.
_NAME_LENGTH = 32


def spec() -> dict[str, Any]:
    """The module's own argument specification."""
    return {
        **select.spec(),
        "name": {"type": "str", "required": True, "aliases": ["switch", "vswitch", "vswitch_name"]},
        "state": argspec.STATE,
        "security": SECURITY_SPEC,
        **argspec.options(VSWITCH, ("mtu", "num_ports")),
        "uplinks": {"type": "list", "elements": "str"},
        "remove_port_groups": {"type": "bool", "default": False},
    }


class VswitchIntent(HostIntent):
    """One standard switch on each host, present with options or absent."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.absent = params["state"] == "absent"
        self.uplinks: list[str] | None = params["uplinks"]
        writes = (kinds.VSWITCH, kinds.PORTGROUP) if self.absent else (kinds.VSWITCH,)
        super().__init__(params, writes, cuts=self.absent or params["mtu"] is not None, uplinks=self.uplinks is not None)
        self.name: str = params["name"]
        if not 1 <= len(self.name) <= _NAME_LENGTH:
            raise InputError(f"name: {self.name!r} has {len(self.name)} characters; the name of a standard switch has 1 to {_NAME_LENGTH}.")
        self.remove_port_groups: bool = params["remove_port_groups"]
        self.fields: dict[str, Value] = {**security(params, may_inherit=False), **normalize.fields_from(params, VSWITCH, ("mtu", "num_ports"))}
        if self.uplinks is not None:
            if any(not name or "," in name for name in self.uplinks):
                raise InputError(f"uplinks: {self.uplinks} holds what is no name of an adapter; write them as in [vmnic0, vmnic1].")
            self.fields["uplinks"] = flatten.join(self.uplinks)

    def resolve(self, name: str, observed: Observed) -> Resolved:
        """Check against what the host has."""
        self.seen(name, observed.state)
        host: Host = observed.facts["host"]
        key: Key = (kinds.VSWITCH, self.name)
        if self.absent:
            return Resolved(Desired({}, self._absent(host, key)))
        if key not in host.state and self.uplinks is None:
            # A mistyped name would else be an empty switch on each host, and the one that was meant stay open.
            switches = [str(each[1]) for each in host.state if each[0] == kinds.VSWITCH]
            raise InputError(
                f"vswitch {self.name}: the host has none of that name{select.close(self.name, switches)}. "
                "To create it, say with uplinks which adapters it is to have, [] for none."
            )
        _free_uplinks(host, self.name, self.uplinks or ())
        return Resolved(Desired({key: self.fields}))

    def told(self) -> dict[str, Any]:
        """A name that no host has."""
        return {"warnings": self.nowhere(kinds.VSWITCH, self.name, "standard switch") if self.absent else []}

    def _absent(self, host: Host, key: Key) -> tuple[Key, ...]:
        groups = sorted(str(each[1]) for each, fields in host.state.items() if each[0] == kinds.PORTGROUP and fields.get("vswitch") == self.name)
        for group in groups:
            why = why_in_use(host, group)
            if why:
                raise InputError(f"vswitch {self.name}: its port group {group} is used by {why}; move those elsewhere first.")
        if groups and not self.remove_port_groups:
            shown = few(groups, 5)
            raise InputError(f"vswitch {self.name}: it still has {len(groups)} port group(s), {shown}; delete them first or set remove_port_groups: true.")
        return (*((kinds.PORTGROUP, group) for group in groups), key)


def _free_uplinks(host: Host, switch: str, wanted: Sequence[str]) -> None:
    """Each must be there, and on no other switch: the host would take it from there, or refuse in words of its own."""
    pnics = {pnic.device: pnic.key for pnic in host.extra.get("config.network.pnic", ())}
    owners = {name: str(key[1]) for key, fields in host.state.items() if key[0] == kinds.VSWITCH for name in flatten.split(fields.get("uplinks"))}
    for proxy in host.extra.get("config.network.proxySwitch", ()):
        owners.update({device: proxy.dvsName for device, key in pnics.items() if key in (proxy.pnic or ())})
    for name in wanted:
        if name not in pnics:
            raise InputError(f"uplinks: the host has no physical adapter {name}{select.close(name, pnics)}.")
        if owners.get(name, switch) != switch:
            raise InputError(f"uplinks: {name} is an uplink of {owners[name]}; take it from there first.")
