# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module linux_bridge wants. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import BaseIntent, Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.dependents import of_ports
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import SWITCHES, Switches
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import argspec, normalize, validate
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import BRIDGE
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Fields, Key, Observed


def spec() -> dict[str, Any]:
    """The module's argument specification."""
    return {
        "name": {"type": "str", "required": True},
        "state": argspec.STATE,
        **argspec.options(BRIDGE),
        "allow_hub": {"type": "bool", "default": False},
        "detach_ports": {"type": "bool", "default": False},
        **argspec.GUARD,
    }


class BridgeIntent(BaseIntent):
    """One bridge, present with options or absent."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.name = normalize.device_name(params["name"], "name")
        self.absent = params["state"] == "absent"
        self.detach_ports: bool = params["detach_ports"]
        self.allow_hub: bool = params["allow_hub"]
        self.fields = normalize.fields_from(params, BRIDGE)
        self._opens_locked_ports = self.fields.get("no_linklocal_learn") is False
        self.scope = Scope(
            bridge=self.name,
            links=frozenset({self.name}),
            ports=self.absent or self._opens_locked_ports,
            fdb=self.absent,
            vlans=self.absent,
            switches=not self.absent and not self.fields.keys().isdisjoint(SWITCHES),
        )

    def resolve(self, observed: Observed) -> Resolved:
        """Check against what the name stands for now."""
        facts = observed.facts["links"].get(self.name)
        if facts is not None and facts.kind != "bridge":
            kind = facts.kind or "physical device"
            raise InputError(f"bridge {self.name}: the name is taken by a {kind}; choose another name or remove that device.")
        if self.absent:
            return Resolved(Desired({}, self._absent(observed)))
        key: Key = ("bridge", self.name)
        validate.bridge(self.name, self.fields, observed.state.get(key, {}), self.allow_hub)
        self._check_hidden(observed.facts["shadowed"].get(self.name, {}))
        if self._opens_locked_ports and observed.state.get(key, {}).get("no_linklocal_learn"):
            validate.locked_ports(self.name, {str(each[1]): fields for each, fields in observed.state.items() if each[0] == "port"})
        present: dict[Key, Fields] = {key: self.fields}
        address = self.fields.get("address")
        if address is not None and observed.facts["pinned"].get(self.name) is False and observed.state[key]["address"] == address:
            # It is so by chance, until a port with a lower one joins or the one that has it leaves.
            present[("own_address", self.name)] = {"address": address}
        return Resolved(Desired(present), warnings=self._check_switches(observed.facts["switches"]))

    def _check_hidden(self, shown: Mapping[str, Any]) -> None:
        """What could not be read back. C(shown) is what the spanning tree shows in place of what is set."""
        timer = next((option for option in shown if option in self.fields and option != "ageing_time"), "")
        if timer:
            raise UnsupportedError(
                f"bridge {self.name}: {timer} can't be read while another bridge is the root of the spanning tree, as this kernel shows the root's "
                f"({shown[timer]:g} s); leave it out, or run again when {self.name} is the root.",
                option=timer,
            )
        if self.fields.get("ageing_time", -1) == shown.get("ageing_time"):
            raise UnsupportedError(
                f"bridge {self.name}: whether ageing_time is {shown['ageing_time']:g} s can't be read while the topology of the spanning tree changes, as "
                "the kernel shows twice the forward_delay in its place; run again in a minute.",
                option="ageing_time",
            )

    def _check_switches(self, switches: Switches | None) -> tuple[str, ...]:
        """What a bridge says of br_netfilter counts for nothing where the host says the opposite, or nobody listens."""
        if switches is None:
            return ()
        asked = {option: self.fields[option] for option in SWITCHES if option in self.fields}
        for option, value in asked.items():
            if switches.overrule(option, value):
                raise UnsupportedError(
                    f"bridge {self.name}: {option} can't be false while the sysctl net.bridge.{SWITCHES[option]} is 1, which hands the frames of all "
                    "bridges over whatever they say themselves; set it to 0 (container networks may need it), or leave the option out.",
                    option=option,
                )
        idle = [option for option, value in asked.items() if value]
        if idle and switches.loaded is False:
            return (f"bridge {self.name}: {', '.join(idle)} has no effect until the kernel module br_netfilter is loaded.",)
        unread = [option for option, value in asked.items() if not value and switches.loaded is not False and switches.values[option] is None]
        if unread:
            return (f"bridge {self.name}: whether {', '.join(unread)} is in effect is not known: {switches.reason}.",)
        return ()

    def _absent(self, observed: Observed) -> tuple[Key, ...]:
        if ("bridge", self.name) not in observed.state:
            return (("bridge", self.name),)
        ports: list[str] = sorted(str(key[1]) for key, fields in observed.state.items() if key[0] == "port" and fields.get("bridge") == self.name)
        if ports and not self.detach_ports:
            raise InputError(
                f"bridge {self.name}: it still has {len(ports)} port(s), {', '.join(ports[:5])}{', ...' if len(ports) > 5 else ''}; "
                "detach them first or set detach_ports: true."
            )
        own: tuple[Key, ...] = tuple(("port", port) for port in ports)
        return of_ports(observed, self.name, frozenset(ports) | {self.name}) + own + (("bridge", self.name),)
