# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What linux_bridge_info tells: the state in the words of the modules that would write it. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._linux.dependents import is_written, own_addresses
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.vlan import ranges
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import LINK_KINDS, PORT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Observed, Value

_VOLATILE = frozenset(name for name, field in PORT.fields.items() if field.volatile)


def spec() -> Dict[str, Any]:
    """The module's argument specification."""
    return {"names": {"type": "list", "elements": "str"}}


class InfoRequest:
    """All bridges, or those that are named."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        names = params["names"]
        self.names: Optional[List[str]] = None if names is None else [normalize.device_name(name, "names") for name in names]
        self.scope = Scope(bridge=None, all_links=True, ports=True, vlans=True, fdb=True)

    def answer(self, observed: Observed) -> Dict[str, Any]:
        """The result, bridges in the order of their names or as they were asked for."""
        found = sorted(str(key[1]) for key in observed.state if key[0] == "bridge")
        missing = [name for name in self.names or [] if name not in found]
        if missing:
            raise InputError(f"names: there is no bridge {missing[0]}; the bridges are {', '.join(found) or 'none'}.")
        grouped = _Grouped(observed)
        return {"bridges": [grouped.bridge(name) for name in (found if self.names is None else self.names)]}


class _Grouped:
    """The state by bridge and by port: one pass, whatever the number of ports."""

    def __init__(self, observed: Observed) -> None:
        self.state = observed.state
        self.links = observed.facts["links"]
        self.own = own_addresses(observed)
        self.ports: Dict[str, List[str]] = {}
        self.vlans: Dict[str, Dict[int, Dict[str, Value]]] = {}
        self.fdb: Dict[str, List[Dict[str, Any]]] = {}
        self.dynamic: Dict[str, int] = {}
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
        elif is_written(("fdb", bridge, address, vlan), str(fields["kind"]), self.own):
            entry = {"address": address, **fields, **({"vlan": vlan} if vlan else {})}
            self.fdb.setdefault(bridge, []).append(entry)

    def bridge(self, name: str) -> Dict[str, Any]:
        """One bridge: a part for each module, each part valid input of it, and what can't be set."""
        fields = dict(self.state[("bridge", name)])
        ports = sorted(self.ports.get(name, []))
        hub = fields.get("ageing_time") == 0
        return {
            "name": name,
            "bridge": {"name": name, **fields, **({"allow_hub": True} if hub else {})},
            "ports": [self._port(name, port) for port in ports],
            "vlans": self._vlans(name, ports),
            "fdb": {"bridge": name, "entries": sorted(self.fdb.get(name, []), key=lambda entry: str(entry["address"]))},
            "links": [self._link(port) for port in ports if self.links[port].kind in LINK_KINDS],
            "status": {
                "hub": hub,
                "running": self.links[name].running,
                "ports": len(ports),
                "dynamic_entries": self.dynamic.get(name, 0),
                "port_states": {port: self._volatile(port) for port in ports},
            },
        }

    def _port(self, bridge: str, name: str) -> Dict[str, Any]:
        fields = self.state[("port", name)]
        options = {option: value for option, value in fields.items() if option not in _VOLATILE and option != "bridge"}
        return {"bridge": bridge, "ports": [name], **options}

    def _volatile(self, name: str) -> Dict[str, Value]:
        fields = self.state[("port", name)]
        return {option: fields.get(option) for option in sorted(_VOLATILE)}

    def _vlans(self, bridge: str, ports: Sequence[str]) -> List[Dict[str, Any]]:
        found = []
        for name in [bridge, *ports]:
            if name in self.vlans:
                items = [{"vid": vid, **flags} for vid, flags in ranges(self.vlans[name])]
                found.append({"bridge": bridge, "ports": [name], "vlans": items})
        return found

    def _link(self, name: str) -> Dict[str, Any]:
        """A peer in a namespace without a name here can't be given as input, so it is left out."""
        fields = {option: value for option, value in self.state[("link", name)].items() if value not in ("", None)}
        if str(fields.get("peer_netns", "")).startswith("nsid "):
            del fields["peer_netns"]
        return {"name": name, **fields}
