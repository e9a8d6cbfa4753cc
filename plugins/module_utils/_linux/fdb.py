# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module linux_bridge_fdb wants. Pure."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import BaseIntent, Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import pinned
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.dependents import is_written, own_addresses
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.select import Selected, Selection, nothing_reached, require_bridge, select
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import argspec, normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import FDB_KINDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Fields, Key, Observed, Value


def spec() -> dict[str, Any]:
    """The module's argument specification."""
    entry = {
        "address": {"type": "str", "required": True},
        "port": {"type": "str"},
        "vlan": {"type": "int"},
        "kind": {"type": "str", "choices": list(FDB_KINDS)},
        "sticky": {"type": "bool"},
    }
    purge = {
        "ports": {"type": "list", "elements": "str", "required": True},
        "kinds": {"type": "list", "elements": "str", "choices": list(FDB_KINDS), "default": ["static"]},
    }
    return {
        "bridge": {"type": "str", "required": True},
        "entries": {"type": "list", "elements": "dict", "options": entry, "default": []},
        "state": argspec.STATE,
        "purge": {"type": "dict", "options": purge},
        **argspec.GUARD,
    }


class FdbIntent(BaseIntent):
    """Entries of one bridge's forwarding database."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.bridge = normalize.device_name(params["bridge"], "bridge")
        self.absent = params["state"] == "absent"
        self.entries = self._entries(params["entries"])
        purge = params["purge"]
        if purge is not None and self.absent:
            raise InputError("purge: it goes with state: present, where entries names what stays; leave it out.")
        self.purge = Selection(purge["ports"], "purge.ports") if purge else None
        self.purge_kinds = frozenset(purge["kinds"]) if purge else frozenset()
        ports = {str(fields["port"]) for fields in self.entries.values() if "port" in fields}
        ports.update(self.purge.names if self.purge else ())
        vlans = any(key[3] for key in self.entries)
        self.scope = Scope(
            bridge=self.bridge,
            links=frozenset(ports),
            ports=True,
            port_fields=pinned.FIELDS,
            fdb=True,
            vlans=vlans,
            # A device may have the name that is given as a pattern.
            all_links=bool(self.purge and self.purge.globs),
        )

    def _entries(self, items: list[Mapping[str, Any]]) -> dict[Key, dict[str, Value]]:
        table: dict[Key, dict[str, Value]] = {}
        for item in items:
            address = normalize.mac(item["address"], "entries.address")
            vlan = item["vlan"] or 0
            if item["vlan"] is not None and not normalize.VLAN_MIN <= vlan <= normalize.VLAN_MAX:
                raise InputError(f"entries: VLAN {vlan} of {address} is outside {normalize.VLAN_MIN} to {normalize.VLAN_MAX}.")
            key: Key = ("fdb", self.bridge, address, vlan)
            if key in table:
                raise InputError(f"entries: {address} is named twice{f' in VLAN {vlan}' if vlan else ''}; an address is behind one port.")
            table[key] = {name: item[name] for name in ("port", "kind", "sticky") if item.get(name) is not None}
            _check_entry(address, table[key], self.bridge)
        return table

    def resolve(self, observed: Observed) -> Resolved:
        """Check the ports, and find what is to be purged."""
        bridge = require_bridge(self.bridge, observed)
        if self.absent:
            desired = Desired({}, tuple(self._matching(observed)), seen=tuple(self.entries))
            return self._resolved(desired, [], bridge, observed, tuple(self._others(observed)))
        present = {key: self._complete(key, fields, observed.state.get(key)) for key, fields in self.entries.items()}
        for key, fields in present.items():
            self._check_place(key, fields, bridge, observed)
        absent, selected = self._purged(observed)
        missing = [name for name in selected.names if observed.state.get(("port", name), {}).get("bridge") != self.bridge and name != self.bridge]
        warnings = nothing_reached("purge.ports", [*missing, *selected.unmatched], self.bridge, observed)
        return self._resolved(Desired(present, absent), selected.unmatched, bridge, observed, warnings)

    def _resolved(self, desired: Desired, unmatched: list[str], bridge: Fields, observed: Observed, warnings: tuple[str, ...]) -> Resolved:
        bare = pinned.left_without(observed, self.bridge, desired.present, desired.absent)
        return Resolved(desired, {"unmatched": unmatched, "unpinned": bare.names()}, (*warnings, *bare.warnings(self.bridge, bridge)))

    def _others(self, observed: Observed) -> Iterator[str]:
        """What bears the address and is not what was described is not taken away."""
        for key, fields in self.entries.items():
            have = observed.state.get(key, {})
            other = [f"{name} {have[name]}" for name, value in fields.items() if have and have.get(name) != value]
            if other and have["kind"] != "dynamic":
                yield f"entries: {key[2]} is there with {', '.join(other)}, which is not what is described, so it stays."

    def _matching(self, observed: Observed) -> list[Key]:
        """state: absent takes an entry away only if it is the one described."""
        found = []
        for key, fields in self.entries.items():
            have = observed.state.get(key, {})
            if all(have.get(name) == value for name, value in fields.items()):
                found.append(key)
        return found

    def _complete(self, key: Key, fields: Fields, have: Any) -> dict[str, Value]:
        """A new entry is static, and sticky where that is possible: without it another port can take the address."""
        if have is not None and have["kind"] != "dynamic":
            replaced = "extern_learn" in (have["kind"], fields.get("kind")) and have["kind"] != fields.get("kind", have["kind"])
            # The kernel refuses a sticky local entry; a local one never moves anyway.
            settled = {"sticky": False} if fields.get("kind") == "local" else {}
            return {**have, **fields, **settled} if replaced else {**fields, **settled}
        if "port" not in fields:
            raise InputError(f"entries: {key[2]} has no port; name the port behind which it is.")
        kind = fields.get("kind", "local" if fields["port"] == self.bridge else "static")
        return {"port": fields["port"], "kind": kind, "sticky": fields.get("sticky", kind == "static")}

    def _check_place(self, key: Key, fields: Fields, bridge: Fields, observed: Observed) -> None:
        port = str(fields.get("port", observed.state.get(key, {}).get("port")))
        if port != self.bridge and observed.state.get(("port", port), {}).get("bridge") != self.bridge:
            raise InputError(f"entries: {port}, named for {key[2]}, is no port of {self.bridge}; let it join first.")
        if key[3] and key not in observed.state and ("vlan", self.bridge, port, key[3]) not in observed.state:
            raise InputError(f"entries: {port} has no VLAN {key[3]}, which is named for {key[2]}; add it with linux_bridge_vlan first, or name another.")
        self._check_local(key, fields, port, observed)
        if bridge.get("vlan_filtering") and key[3] == 0 and key not in observed.state:
            raise InputError(
                f"entries: {key[2]} has no vlan, but {self.bridge} filters VLANs and the kernel would write it to every VLAN of {port}; name the VLAN."
            )

    def _check_local(self, key: Key, fields: Fields, port: str, observed: Observed) -> None:
        """A local entry of a guest's own address sends its frames to the host, and a locked port drops what comes from it."""
        have = observed.state.get(key, {})
        if fields.get("kind", have.get("kind")) != "local" or have.get("kind") == "local" or port == self.bridge:
            return
        twin = "fe" + str(key[2])[2:]
        member = observed.state.get(("port", port), {})
        evidence = [
            (f"the bridge learned it behind {have.get('port')}", have.get("kind") == "dynamic" and have.get("port") != self.bridge),
            (
                f"it is pinned to {have.get('port')}, which is locked or does not learn",
                have.get("port") == port and (bool(member.get("locked")) or member.get("learning") is False),
            ),
            (f"the port {port} bears {twin}, as libvirt names the tap of a guest", observed.facts["addresses"].get(port) == twin != key[2]),
        ]
        why = next((words for words, holds in evidence if holds), "")
        if why:
            raise InputError(
                f"entries: {key[2]} is the address of a guest ({why}), and a local (permanent) entry would send its frames to the host; use kind: static."
            )

    def _purged(self, observed: Observed) -> tuple[tuple[Key, ...], Selected]:
        if self.purge is None:
            return (), Selected([], [])
        selected = select(self.purge, self.bridge, observed)
        ports, own = set(selected.names), own_addresses(observed)
        gone = tuple(
            key
            for key, fields in observed.state.items()
            if key[0] == "fdb"
            and key not in self.entries
            and fields["port"] in ports
            and fields["kind"] in self.purge_kinds
            and is_written(key, str(fields["kind"]), own)
        )
        return gone, selected


def _check_entry(address: str, fields: Fields, bridge: str) -> None:
    kind = fields.get("kind")
    if fields.get("sticky") and kind == "local":
        raise InputError(f"entries: {address} is sticky and local, which the kernel refuses; a local entry never moves anyway.")
    if fields.get("port") == bridge and kind not in (None, "local"):
        raise InputError(f"entries: {address} is {kind} on the bridge {bridge} itself; only kind: local can be there.")
