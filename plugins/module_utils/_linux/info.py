# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What linux_bridge_info tells: the state in the words of the modules that would write it. Pure."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._bpf import partial_checksum
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import gaps
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.dependents import is_written, own_addresses
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.protection import PortFacts, policy, protection
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.quarantine import shuts
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.roles import GUEST_NAMES, JUDGED, Roles
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.select import is_hub
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.vlan import ranges
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import SWITCHES, Switches
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.ruleset import RULESET, STALE
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import LINK_KINDS, PORT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields, Observed, Value

# Of a guest's port: one that forges could fill the answer.
_LEARNED = 32
_VOLATILE = frozenset(name for name, field in PORT.fields.items() if field.volatile)


def spec() -> dict[str, Any]:
    """The module's argument specification."""
    return {
        "names": {"type": "list", "elements": "str"},
        "guest_patterns": {"type": "list", "elements": "str", "default": list(GUEST_NAMES)},
        "uplink_patterns": {"type": "list", "elements": "str", "default": []},
    }


class InfoRequest:
    """All bridges, or those that are named."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        names = params["names"]
        self.names: list[str] | None = None if names is None else [normalize.device_name(name, "names") for name in names]
        self.guests: list[str] = params["guest_patterns"]
        self.uplinks: list[str] = params["uplink_patterns"]
        self.scope = Scope(bridge=None, links=frozenset(self.names or ()), all_links=True, ports=True, vlans=True, fdb=True, filters=True, programs=True)

    def answer(self, observed: Observed) -> dict[str, Any]:
        """The result, bridges in the order of their names or as they were asked for."""
        found = sorted(str(key[1]) for key in observed.state if key[0] == "bridge")
        missing = [name for name in self.names or [] if name not in found]
        if missing:
            raise InputError(f"names: there is no bridge {missing[0]}; the bridges are {', '.join(found) or 'none'}.")
        survey = observed.facts["survey"]
        grouped = _Grouped(observed, Roles(observed.facts["links"], self.guests, self.uplinks))
        looked = found if self.names is None else self.names
        bridges = [grouped.bridge(name) for name in looked]
        roles = {port: role["role"] for each in bridges for port, role in each["status"]["roles"].items()}
        shut = sorted(port for each in bridges for port, what in each["status"]["protection"].items() if what["quarantined"])
        return {
            "bridges": bridges,
            "table": {"state": survey.table, "differences": list(survey.differences), "stale": grouped.stale()},
            "quarantine": {"patterns": sorted(grouped.quarantine), "shut": shut, "intact": bool(observed.state.get(RULESET, {}).get("quarantine", True))},
            "counters": {guard: dict(count) for guard, count in sorted(survey.counters.items())},
            "forward": [chain._asdict() for chain in survey.chains],
            "not_looked_at": gaps.of_host(observed, survey, [name for name in found if name not in looked], self.guests, self.uplinks),
            "looked_at": {
                "bridges": len(bridges),
                "ports": len(roles),
                "guests": sum(role in JUDGED and port not in shut for port, role in roles.items()),
                "other_namespaces": survey.namespaces,
            },
        }


class _Grouped:
    """The state by bridge and by port: one pass, whatever the number of ports."""

    def __init__(self, observed: Observed, roles: Roles) -> None:
        self.state = observed.state
        self.links = observed.facts["links"]
        self.strangers = observed.facts.get("strangers", frozenset())
        self.bridge_addresses = observed.facts["pinned"]
        self.roles = roles
        self.survey = observed.facts["survey"]
        self.quarantine = [str(key[1]) for key in self.state if key[0] == "quarantine"]
        self.own = own_addresses(observed)
        self.ports: dict[str, list[str]] = {}
        self.vlans: dict[str, dict[int, dict[str, Value]]] = {}
        self.fdb: dict[str, list[dict[str, Any]]] = {}
        self.dynamic: dict[str, int] = {}
        self.learned: dict[str, set[str]] = {}
        self.pinned: dict[str, list[str]] = {}
        for key, fields in self.state.items():
            if key[0] == "port":
                self.ports.setdefault(str(fields["bridge"]), []).append(str(key[1]))
            elif key[0] == "vlan":
                self.vlans.setdefault(str(key[2]), {})[int(key[3])] = fields
            elif key[0] == "fdb":
                self._add_entry(str(key[1]), str(key[2]), int(key[3]), fields)

    def _add_entry(self, bridge: str, address: str, vlan: int, fields: Mapping[str, Value]) -> None:
        if fields["kind"] == "dynamic":
            self.dynamic[bridge] = self.dynamic.get(bridge, 0) + 1
            self.learned.setdefault(str(fields["port"]), set()).add(address)
        elif is_written(("fdb", bridge, address, vlan), str(fields["kind"]), self.own):
            entry = {"address": address, **fields, **({"vlan": vlan} if vlan else {})}
            self.fdb.setdefault(bridge, []).append(entry)
            if fields["kind"] == "static" and fields["sticky"] and address not in self.pinned.setdefault(str(fields["port"]), []):
                self.pinned[str(fields["port"])].append(address)

    def bridge(self, name: str) -> dict[str, Any]:
        """One bridge: a part for each module, each part valid input of it, and what can't be set."""
        fields = dict(self.state[("bridge", name)])
        ports = sorted(self.ports.get(name, []))
        floods = fields.get("ageing_time") == 0
        told = {option: value for option, value in fields.items() if not self.survey.switches.overrule(option, value)}
        if self.bridge_addresses.get(name) is False:
            # Nobody chose it, and as input it would be pinned.
            told.pop("address", None)
        programs = {port: self._program(port) for port in ports}
        entries = {port: self.state[("filter", port)] for port in ports if ("filter", port) in self.state}
        return {
            "name": name,
            "bridge": {"name": name, **told, **({"allow_hub": True} if floods else {})},
            "ports": [self._port(name, port) for port in ports],
            "vlans": self._vlans(name, ports),
            "fdb": {"bridge": name, "entries": sorted(self.fdb.get(name, []), key=lambda entry: str(entry["address"]))},
            "links": [self._link(port) for port in ports if self.links[port].kind in LINK_KINDS],
            "policy": policy(name, self.state.get(("switch", name), {}).get("record"), entries, programs),
            "status": self._status(name, fields, ports),
        }

    def _status(self, name: str, fields: Fields, ports: Sequence[str]) -> dict[str, Any]:
        return {
            "address": fields.get("address"),
            "address_pinned": self.bridge_addresses.get(name),
            "hub": is_hub(fields.get("ageing_time"), len(ports)),
            "running": self.links[name].running,
            "ports": len(ports),
            "dynamic_entries": self.dynamic.get(name, 0),
            "learned": {port: sorted(self.learned[port])[:_LEARNED] for port in ports if port in self.learned and self.roles.of(port).role in JUDGED},
            "port_states": {port: self._volatile(port) for port in ports},
            "roles": {port: self.roles.of(port)._asdict() for port in ports},
            "protection": {port: self._protection(port, fields) for port in ports},
            "netfilter": {option: _switch(fields.get(option), option, self.survey.switches) for option in SWITCHES},
        }

    def _protection(self, name: str, bridge: Fields) -> dict[str, Any]:
        known = self.survey.table in ("intact", "missing")
        # The elements of a gone device that had its number set it free.
        shut = any(shuts(pattern, name) for pattern in self.quarantine) and name not in self.strangers
        entry = self.state.get(("filter", name))
        return protection(PortFacts(name, self.state[("port", name)], bridge, entry, known, self.pinned.get(name, ()), shut, self._program(name)))

    def _program(self, name: str) -> bool | None:
        # Behind a program of others it may see nothing.
        return None if self.survey.programs_unread else partial_checksum.is_ours(str(self.state.get(("ingress", name), {}).get("program", "")))

    def stale(self) -> list[str]:
        """Entries of the table that belong to no port any more: their devices are gone, or have left their bridge."""
        names = {str(key[1]) for key in self.state if key[0] in ("filter", "kept", "door")}
        return sorted(name for name in names if name.startswith(STALE) or ("port", name) not in self.state)

    def _port(self, bridge: str, name: str) -> dict[str, Any]:
        fields = self.state[("port", name)]
        options = {option: value for option, value in fields.items() if option not in _VOLATILE and option != "bridge"}
        return {"bridge": bridge, "ports": [name], **options}

    def _volatile(self, name: str) -> dict[str, Value]:
        fields = self.state[("port", name)]
        return {option: fields.get(option) for option in sorted(_VOLATILE)}

    def _vlans(self, bridge: str, ports: Sequence[str]) -> list[dict[str, Any]]:
        found = []
        for name in [bridge, *ports]:
            if name in self.vlans:
                items = [{"vid": vid, **flags} for vid, flags in ranges(self.vlans[name])]
                found.append({"bridge": bridge, "ports": [name], "vlans": items})
        return found

    def _link(self, name: str) -> dict[str, Any]:
        """A peer in a namespace without a name here can't be given as input, so it is left out."""
        fields = {option: value for option, value in self.state[("link", name)].items() if value not in ("", None, -1)}
        if str(fields.get("peer_netns", "")).startswith("nsid "):
            del fields["peer_netns"]
        return {"name": name, **fields}


def _switch(own: Value, option: str, switches: Switches) -> dict[str, Any]:
    """Without br_netfilter nothing is in effect."""
    host_wide = switches.values[option]
    effective: bool | None = None
    if switches.loaded is False:
        effective = False
    elif own or host_wide is not None:
        effective = bool(own or host_wide) if switches.loaded else None
    return {"own": own, "host_wide": host_wide, "effective": effective}
