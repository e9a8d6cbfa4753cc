# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module vds_port wants. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreadableError, UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Plan
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import kinds
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import INHERIT, Desired, Fields, Key, Observed, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import rules
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.choice import unknown
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import DvScope, PortFacts, SwitchFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.fields import PORT_POLICY, VDS_PORT
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.flatten import LEARNING_NAMES, SECURITY_NAMES, in_effect, native, policies
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.groups import setting_options, setting_wish
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.effects import uncertain
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import HIDDEN

_SINGLE = [field.name for field in policies(VDS_PORT)]
# What is reset together: the API has one flag of inheritance for security and MAC learning.
_SETTINGS = {"security": SECURITY_NAMES + LEARNING_NAMES, **{name: (name,) for name in _SINGLE}}
_FLAGS = {field.name: native(field) for field in PORT_POLICY}


def spec() -> dict[str, Any]:
    """The module's own options; those of the connection are added by the adapter."""
    return {
        "vds": {"type": "str", "required": True},
        "datacenter": {"type": "str", "aliases": ["datacenter_name"]},
        "port_group": {"type": "str"},
        "keys": {"type": "list", "elements": "str", "no_log": False},
        "vm": {"type": "str"},
        "state": {"type": "str", "choices": ["present", "inherited"], "default": "present"},
        "reset": {"type": "list", "elements": "str", "choices": list(_SETTINGS)},
        **setting_options(VDS_PORT),
    }


class PortsIntent:
    """Ports of one switch, with overrides or as their groups."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.reset = params["state"] == "inherited"
        self.group: str | None = params.get("port_group")
        self.keys: tuple[str, ...] | None = None if params.get("keys") is None else tuple(dict.fromkeys(params["keys"]))
        self.vm: str | None = params.get("vm")
        self.wish = setting_wish(params, VDS_PORT)
        self._check(params)
        for setting in (params.get("reset") or ["security"]) if self.reset else ():
            self.wish.update(dict.fromkeys(_SETTINGS[setting], INHERIT))
        self._facts: SwitchFacts | None = None
        self.scope = DvScope(
            params["vds"],
            params.get("datacenter"),
            adapters=any(VDS_PORT.fields[each].cuts for each in self.wish),
            port_group=self.group,
            port_keys=self.keys,
            connected=self.vm is not None,
        )

    def _check(self, params: Mapping[str, Any]) -> None:
        if self.keys is not None and self.vm is not None:
            raise InputError("keys and vm exclude each other; choose the ports in one way.")
        if self.keys is not None and not self.keys:
            raise InputError("keys: the list is empty; name at least one port.")
        if self.vm == "":
            # What is connected and can't be read has no name either.
            raise InputError("vm: it is empty; name a machine.")
        if self.keys is None and self.vm is None and self.group is None:
            raise InputError("No ports are chosen; give keys, vm or, with state: inherited, port_group.")
        if self.reset and self.wish:
            raise InputError(f"state: inherited takes all from the group, and {sorted(self.wish)[0]} is given too; leave it out, or use reset.")
        if self.reset:
            return
        if params.get("reset"):
            raise InputError("reset: it goes with state: inherited; leave it out.")
        if self.keys is None and self.vm is None:
            raise InputError(
                f"port_group: an override of all ports of {self.group} is what the group itself is for; change it with vds_portgroup, or choose keys or vm."
            )
        if not self.wish:
            names = ", ".join(["security", "mac_learning", *_SINGLE[:-1]])
            raise InputError(f"Nothing is asked for; give {names} or {_SINGLE[-1]}, or state: inherited.")

    def resolve(self, name: str, observed: Observed) -> Resolved:
        """Find the ports and check each against what it is now and what its group allows."""
        switch: SwitchFacts = observed.facts["switch"]
        self._facts = switch
        chosen = self._chosen(switch)
        if not chosen and self.keys is None and observed.state[switch.group_key(str(self.group))]["ports"]:
            raise UnreadableError(f"port group {self.group} of {switch.name}: the server tells none of its ports, though it has some; run the task again.")
        wishes = {port.key: self._wish(port, observed, switch) for port in chosen}
        if self.reset and self.keys is None and self.vm is None:
            # Of a group with thousands of ports, those count that differ.
            wishes = {key: wish for key, wish in wishes.items() if self._delta(key, wish, observed, switch)}
        present: dict[Key, Fields] = {switch.port_key(key): wish for key, wish in wishes.items()}
        shown = {port.key: self._shown(port, wishes.get(port.key, {}), observed, switch) for port in chosen if port.key in wishes or port.other_overrides}
        notes = {"vds": switch.name, "datacenter": switch.datacenter}
        return Resolved(Desired(present), notes, self._warnings(chosen, switch), {"ports": shown}, len(chosen) - len(wishes))

    def _warnings(self, chosen: Sequence[PortFacts], switch: SwitchFacts) -> tuple[str, ...]:
        if not chosen:
            return (f"port_group: {self.group} of {switch.name} has no ports, so nothing was looked at.",)
        doubts = dict.fromkeys(port.doubt for port in chosen if port.doubt)
        return tuple(f"What is connected is not known for certain: {doubt}." for doubt in doubts)

    def _chosen(self, switch: SwitchFacts) -> list[PortFacts]:
        self._named(switch)
        found = list(switch.ports.values()) if self.vm is None else self._of_machine(switch)
        for port in found:
            if not port.group:
                why = switch.first_unread or HIDDEN
                raise UnreadableError(f"{_label(port, switch)}: its group is not among those that can be read: {why}.")
        for group in sorted({port.group for port in found}):
            switch.must_be_read(group)
            _must_be_ordinary(group, switch)
        return found

    def _named(self, switch: SwitchFacts) -> None:
        """Refuses what is named and is not there, or can't be read."""
        if self.group is not None:
            switch.must_be_read(self.group)
            if self.group not in switch.groups:
                raise InputError(f"{unknown(self.group, switch)}.")
            # It may have no ports now.
            _must_be_ordinary(self.group, switch)
        for key in switch.unread_ports if self.keys is None else self.keys:
            if key in switch.unread_ports:
                raise UnreadableError(f"port {key} of {switch.name}: {switch.unread_ports[key]}.")
            if key not in switch.ports:
                where = switch.name if self.group is None else f"port group {self.group} of {switch.name}"
                raise InputError(f"keys: {where} has no port {key}; the key of a port is shown beside it in the list of ports of the switch.")

    def _of_machine(self, switch: SwitchFacts) -> list[PortFacts]:
        for port in switch.ports.values():
            if port.doubt and not port.connected and not port.host:
                raise UnreadableError(f"vm: whether {self.vm} is what is connected to port {port.key} of {switch.name} is not known: {port.doubt}.")
        # A host is no machine, whatever its name: its uplinks and its own adapters are on ports too.
        found = [port for port in switch.ports.values() if port.connected == self.vm and not port.host]
        if not found:
            raise InputError(f"vm: no adapter of a machine {self.vm} is connected to {self.group or switch.name}; connect it first or check the name.")
        if len({port.entity for port in found}) > 1:
            keys = ", ".join(port.key for port in found)
            raise InputError(f"vm: several machines of the name {self.vm} are connected to {switch.name}, at the ports {keys}; choose ports with keys.")
        return found

    def _wish(self, port: PortFacts, observed: Observed, switch: SwitchFacts) -> dict[str, Value]:
        asked = self.wish if switch.mac_management or not self.reset else {name: value for name, value in self.wish.items() if name not in LEARNING_NAMES}
        have = observed.state[switch.port_key(port.key)]
        wish = rules.complete(_label(port, switch), asked, have, port.effective, switch)
        self._allowed(port, wish, observed, switch)
        return wish

    def _allowed(self, port: PortFacts, wish: Fields, observed: Observed, switch: SwitchFacts) -> None:
        """An override needs its flag; to go back to the group's value is always allowed."""
        flags = observed.state[switch.group_key(port.group)]
        for name, value in self._delta(port.key, wish, observed, switch).items():
            flag = rules.override(VDS_PORT.fields[name], switch)
            if value != INHERIT:
                rules.must_be_told(f"port group {port.group} of {switch.name}", [flag], flags)
            if value != INHERIT and not flags[flag]:
                raise UnsupportedError(
                    f"{_label(port, switch)}: {name} can't be {value}, as {_FLAGS[flag]} of the group {port.group} is false; set port_policy.{flag}: true "
                    "there with vds_portgroup, or change the group.",
                    option=name,
                    flag=_FLAGS[flag],
                )

    def _delta(self, key: str, wish: Fields, observed: Observed, switch: SwitchFacts) -> dict[str, Value]:
        have = observed.state[switch.port_key(key)]
        return {name: value for name, value in wish.items() if have.get(name) != value}

    def _shown(self, port: PortFacts, wish: Fields, observed: Observed, switch: SwitchFacts) -> dict[str, Any]:
        after = {**observed.state[switch.port_key(port.key)], **wish}
        effective = in_effect(after, switch.groups[port.group].effective)
        return {"port_group": port.group, "connected": port.connected, "effective": effective, "other_overrides": list(port.other_overrides)}

    def questions(self, plans: Mapping[str, Plan]) -> Mapping[str, Any]:
        """Who is connected was read with the ports."""
        return {}

    def notes(self, name: str, plan: Plan, answer: Any) -> Mapping[str, Any]:
        """Machines that run notice another promiscuous mode only when their adapter connects anew."""
        switch = self._facts
        found: dict[str, list[str]] = {}
        doubts: list[str] = []
        for step in plan.steps if switch is not None else ():
            port = switch.ports[str(step.key[2])] if switch is not None and step.key[0] == kinds.VDS_PORT else None
            if switch is None or port is None or not port.running or "promiscuous" not in step.after:
                continue
            after = in_effect({"promiscuous": step.after["promiscuous"]}, switch.groups[port.group].effective)
            if after["promiscuous"] != port.effective["promiscuous"]:
                found.update({port.key: [port.connected]} if port.connected else {})
                doubts += [port.doubt] if port.doubt else []
        return {"reconnect_needed": found, "warnings": uncertain("; ".join(dict.fromkeys(doubts)))}


def _must_be_ordinary(group: str, switch: SwitchFacts) -> None:
    """Refuses groups whose ports are not changed here."""
    reason = switch.special(group) if group in switch.groups else "it is not there any more"
    if reason:
        raise InputError(f"port group {group} of {switch.name}: {reason}; its ports can't be changed, so choose others with port_group or keys.")


def _label(port: PortFacts, switch: SwitchFacts) -> str:
    return f"port {port.key} of {switch.name}"
