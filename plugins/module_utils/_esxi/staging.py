# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""A bundle's way to a host: put on one of its datastores, and taken away again."""

from __future__ import annotations

import os
from typing import IO, Any, Callable, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreadableError
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.registration_plan import taken
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import close
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep, files
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Hop, Login
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import GONE, Found, cant_see, plain_name, unseen


class Staging:
    """The file of one host. Its name tells hosts apart that share a datastore."""

    def __init__(self, client: Client, login: Login, host: Host, opener: Callable[[str], IO[bytes]], bundle: str, pattern: str) -> None:
        self._client, self._login, self._host = client, login, host
        self._opener, self._bundle = opener, bundle
        self._datacenter: Any = None
        self._inventory_path = ""
        self._file = f"virtnet-{host.ref._GetMoId()}-{os.path.basename(bundle)}"  # pylint: disable=protected-access
        self._datastore = self._choose(pattern)

    @property
    def location(self) -> str:
        """Where the host finds it."""
        return f"/vmfs/volumes/{self._datastore}/{self._file}"

    def put(self) -> None:
        """Upload it."""
        what = f"{self._host.name}: uploading {self._bundle} to datastore {self._datastore}"
        with self._opener(self._bundle) as content:
            size = os.fstat(content.fileno()).st_size
            files.put(self._login, self._inventory_path, self._datastore, self._file, content, size, what)

    def remove(self, client: Client) -> None:
        """Delete it, by whatever session there is now."""
        what = f"{self._host.name}: deleting {self._file} on datastore {self._datastore}"
        datacenter = self._datacenter if client.is_vcenter else None
        client.task(client.content.fileManager.DeleteDatastoreFile_Task, f"[{self._datastore}] {self._file}", datacenter, what=what)

    def _choose(self, pattern: str) -> str:
        vim = dep.vim
        paths = {vim.HostSystem: ["datastore"], vim.Datastore: ["name", "summary.accessible"]}
        what = f"{self._host.name}: reading its datastores"
        found = {each.ref: each for each in self._client.retrieve([self._host.ref], paths, [Hop(vim.HostSystem, "datastore")], what=what)}
        self._locate()
        own = found.get(self._host.ref, Found(self._host.ref, {"name": self._host.name}, {"datastore": GONE}))
        listed = own.value("datastore")
        stores = [found[ref] for ref in listed if ref in found]
        blind = [f"{store.name}: {store.why()}" for store in stores if store.gaps]
        blind += [text for text in [cant_see(unseen(listed, found))] if text]
        return _first(self._host.name, sorted((store.name, bool(store.either("summary.accessible", False))) for store in stores), pattern, blind)

    def _locate(self) -> None:
        """The datacenter and its path in the inventory: of folders that have datacenters there are few."""
        names: list[str] = []
        ref = self._datacenter = self._host.center
        if ref is None:
            raise UnreadableError(f"{self._host.name}: {'; '.join(self._host.remarks)}.")
        while ref != self._client.content.rootFolder:
            paths = {dep.vim.Datacenter: ["name", "parent"], dep.vim.Folder: ["name", "parent"]}
            read = list(self._client.retrieve([ref], paths, what=f"{self._host.name}: reading where its datacenter is"))
            each = read[0] if read else Found(ref, {}, {"name": GONE, "parent": GONE})
            ref = each.value("parent")
            names.insert(0, plain_name(str(each.value("name"))))
        self._inventory_path = "/".join(names)


def _first(host: str, stores: Sequence[tuple[str, bool]], pattern: str, blind: Sequence[str]) -> str:
    """The first that fits and is accessible; C(blind) says of which stores not all is known."""
    known = [name for name, _accessible in stores]
    meant = taken(known, [pattern])
    fitting = [(name, accessible) for name, accessible in stores if name in meant]
    usable = [name for name, accessible in fitting if accessible]
    if usable:
        return usable[0]
    refused = f"{fitting[0][0]} is not accessible now; choose another one" if fitting else f"it has no datastore {pattern}{close(pattern, known)}"
    if blind:
        raise UnreadableError(f"{host}: datastore: which fits {pattern} is not known: {blind[0]}.")
    raise InputError(f"{host}: datastore: {refused}.")
