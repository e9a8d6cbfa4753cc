# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What jobs on ESXi hosts have in common: which hosts are meant, and what is to be said of one before anything is done. The engine drives them."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.target import Outlook
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.backend import why_away
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host, Inventory
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import HostSelection
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import VsphereError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import GONE, Found, why

Params = Mapping[str, Any]


class HostJob:
    """The job of one host; by itself that of a host that can't be reached, which is nothing."""

    def __init__(self, client: Client, host: Host) -> None:
        self.name = host.name
        self.client, self.host = client, host

    @property
    def unreachable(self) -> str:
        """See Seen."""
        return self.host.why_unreachable

    @property
    def unreadable(self) -> str:
        """Not even name and state are known."""
        return why(self.host.gaps, list(self.host.gaps)) if self.host.gaps else ""

    @property
    def remarks(self) -> Sequence[str]:
        """As sentences."""
        return [f"{remark[0].upper()}{remark[1:]}." for remark in self.host.remarks]

    def look(self) -> Outlook:
        """See Job."""
        return Outlook()

    def act(self, outlook: Outlook) -> None:
        """See Job."""

    def went_away(self, error: VirtnetError) -> bool:
        """Only what vCenter says of the host's state now makes it one that can't be reached."""
        return isinstance(error, VsphereError) and bool(why_away(self.client, self.host, error))


def chosen(client: Client, params: Params, paths: Sequence[str], what: str) -> list[tuple[Host, Found]]:
    """The hosts that are meant, each with the properties that were asked for: two reads in all."""
    from_inventory = Inventory(client).select(HostSelection(params))
    read: dict[Any, Found] = {}
    if from_inventory:
        kind = type(from_inventory[0].ref)
        read = {each.ref: each for each in client.retrieve([host.ref for host in from_inventory], {kind: list(paths)}, what=what)}
    return [(host, read.get(host.ref, Found(host.ref, {"name": host.name}, {path: GONE for path in paths}))) for host in from_inventory]
