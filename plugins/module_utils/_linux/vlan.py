# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the module linux_bridge_vlan wants. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.run import BaseIntent, Resolved
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.roles import ports_of_others
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.select import Selection, nothing_reached, require_bridge, select
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Scope
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import argspec, normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired, Key, Observed, Value


def spec() -> dict[str, Any]:
    """The module's argument specification."""
    vlan = {"vid": {"type": "str", "required": True}, "pvid": {"type": "bool"}, "untagged": {"type": "bool"}}
    return {
        "bridge": {"type": "str", "required": True},
        "ports": {"type": "list", "elements": "str", "required": True},
        "vlans": {"type": "list", "elements": "dict", "options": vlan, "required": True},
        "state": argspec.STATE,
        "purge": {"type": "bool", "default": False},
        **argspec.GUARD,
    }


class VlanIntent(BaseIntent):
    """VLANs of ports, or of the bridge itself where its own name is given."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.bridge = normalize.device_name(params["bridge"], "bridge")
        self.absent = params["state"] == "absent"
        self.purge: bool = params["purge"]
        self.selection = Selection(params["ports"], "ports")
        self.vlans = _expand(params["vlans"])
        self.pvid = self._only_pvid()
        if not self.vlans and not self.purge:
            raise InputError("vlans: the list is empty; name a VLAN, or set purge: true to remove all.")
        if self.absent and self.purge:
            raise InputError("purge: it goes with state: present, where vlans names what stays; leave it out.")
        self.scope = Scope(
            bridge=self.bridge,
            links=frozenset(self.selection.names),
            ports=True,
            port_fields=frozenset(),
            vlans=True,
            # What hangs on the ports that patterns select.
            all_links=bool(self.selection.globs),
        )

    def _only_pvid(self) -> int | None:
        vids = [vid for vid, flags in self.vlans.items() if flags.get("pvid")]
        if len(vids) > 1:
            raise InputError(f"vlans: {len(vids)} VLANs have pvid: true, {vids[0]} and {vids[1]} among them; a port has one PVID.")
        return vids[0] if vids else None

    def resolve(self, observed: Observed) -> Resolved:
        """Find the ports."""
        require_bridge(self.bridge, observed)
        selected = select(self.selection, self.bridge, observed)
        for name in selected.names:
            if name != self.bridge and observed.state.get(("port", name), {}).get("bridge") != self.bridge:
                raise InputError(f"ports: {name} is neither a port of {self.bridge} nor the bridge itself; let it join first.")
        present: dict[Key, dict[str, Value]] = {}
        absent: list[Key] = []
        for name in selected.names:
            self._of_device(name, observed, present, absent)
        warnings = nothing_reached("ports", selected.unmatched, self.bridge, observed)
        warnings += ports_of_others("ports", self.selection.globs, [name for name in selected.names if name not in self.selection.names], observed)
        return Resolved(Desired(present, tuple(absent)), {"unmatched": selected.unmatched}, warnings)

    def _of_device(self, name: str, observed: Observed, present: dict[Key, dict[str, Value]], absent: list[Key]) -> None:
        if self.absent:
            absent.extend(("vlan", self.bridge, name, vid) for vid in self.vlans)
            return
        for vid, flags in self.vlans.items():
            key: Key = ("vlan", self.bridge, name, vid)
            # A new VLAN starts tagged and without being the PVID, as iproute2's does.
            present[key] = dict(flags) if key in observed.state else {"pvid": False, "untagged": False, **flags}
        others = [key for key in observed.state if key[0] == "vlan" and key[2] == name and key[3] not in self.vlans]
        if self.purge:
            absent.extend(others)
        elif self.pvid is not None:
            # The kernel takes the PVID from its holder: say so.
            present.update({key: {"pvid": False} for key in others if observed.state[key]["pvid"]})


def _expand(items: list[Mapping[str, Any]]) -> dict[int, dict[str, Value]]:
    table: dict[int, dict[str, Value]] = {}
    for item in items:
        first, last = normalize.vid_range(item["vid"], "vlans")
        _check_range(item, first, last)
        flags = {name: item[name] for name in ("pvid", "untagged") if item.get(name) is not None}
        for vid in range(first, last + 1):
            if vid in table:
                raise InputError(f"vlans: VLAN {vid} is named twice; name it once.")
            table[vid] = dict(flags)
    return table


def _check_range(item: Mapping[str, Any], first: int, last: int) -> None:
    if item.get("pvid") and first != last:
        raise InputError(f"vlans: pvid: true for the range {item['vid']}; a port has one PVID, name one VLAN.")


def ranges(table: Mapping[int, Mapping[str, Value]]) -> list[tuple[str, Mapping[str, Value]]]:
    """The shortest list of C(vid) ranges with equal flags, in the module's own words."""
    found: list[tuple[int, int, Mapping[str, Value]]] = []
    for vid in sorted(table):
        if found and found[-1][1] == vid - 1 and found[-1][2] == table[vid] and not table[vid].get("pvid"):
            found[-1] = (found[-1][0], vid, table[vid])
        else:
            found.append((vid, vid, table[vid]))
    return [(str(first) if first == last else f"{first}-{last}", flags) for first, last, flags in found]
