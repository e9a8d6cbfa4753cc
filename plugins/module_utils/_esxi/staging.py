# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""A bundle's way to a host: put on one of its datastores, and taken away again."""

from __future__ import annotations

import os
from typing import IO, Any, Callable, Dict, List, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.registration_plan import matches
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere import dep, files
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.client import Client, Hop, Login
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.fault import VsphereError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.inventory import Host, plain_name
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.select import close


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
        paths = {vim.Datastore: ["name", "summary.accessible"], vim.Datacenter: ["name", "parent"], vim.Folder: ["name", "parent"]}
        hops = [Hop(vim.HostSystem, "datastore"), Hop(vim.ManagedEntity, "parent", ("parent",))]
        found = list(self._client.retrieve([self._host.ref], paths, hops, what=f"{self._host.name}: reading its datastores"))
        self._locate({each.ref: each.props for each in found if not isinstance(each.ref, vim.Datastore)})
        stores = [(plain_name(each.props["name"]), bool(each.props.get("summary.accessible"))) for each in found if isinstance(each.ref, vim.Datastore)]
        return _first(self._host.name, sorted(stores), pattern)

    def _locate(self, above: Dict[Any, Any]) -> None:
        """The datacenter and its path in the inventory."""
        names: List[str] = []
        ref: Any = next((ref for ref in above if isinstance(ref, dep.vim.Datacenter)), None)
        if ref is None:
            raise VsphereError("not_found", f"{self._host.name}: its datacenter can't be read; give the user the right to see it.")
        self._datacenter = ref
        while ref in above and above[ref].get("parent") is not None:
            names.insert(0, plain_name(above[ref]["name"]))
            ref = above[ref]["parent"]
        self._inventory_path = "/".join(names)


def _first(host: str, stores: List[Tuple[str, bool]], pattern: str) -> str:
    fitting = [(name, accessible) for name, accessible in stores if matches(name, [pattern])]
    if not fitting:
        raise InputError(f"{host}: datastore: it has no datastore {pattern}{close(pattern, [name for name, _accessible in stores])}.")
    usable = [name for name, accessible in fitting if accessible]
    if not usable:
        raise InputError(f"{host}: datastore: {fitting[0][0]} is not accessible now; choose another one.")
    return usable[0]
