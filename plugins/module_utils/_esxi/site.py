# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The datastores of hosts and the machines on them, as esxi_vm_registration sees them.

Paths name datastores, whose names are unique in a datacenter only. So what lies where goes by the references of the datastores.
"""

from __future__ import annotations

from typing import Any, Collection, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.registration_plan import normal, store_of
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Hop
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import GONE, Found, cant_see, unseen

_VMX, _HOST, _POWER = "summary.config.vmPathName", "runtime.host", "runtime.powerState"


class Datastore(NamedTuple):
    """A datastore."""

    ref: Any
    name: str
    accessible: bool
    browser: Any


class RegisteredMachine(NamedTuple):
    """A virtual machine that is registered."""

    ref: Any
    name: str
    path: str
    host: Any
    # None if that is not known.
    running: bool | None
    # What of it is not known, as the end of a sentence.
    unknown: str
    # Whether its host is known, so that it can be told apart from what is meant.
    placed: bool
    # The datastores that list it, and the one where its configuration is; None if that is none of them.
    stores: tuple[Any, ...]
    store: Any

    def lies_on(self, stores: Sequence[Datastore]) -> bool:
        """Whether one of these lists it."""
        return any(store.ref in self.stores for store in stores)


class Site:
    """What was read for all hosts at once: their datastores and the machines that are registered on these. C(blind) has the hosts whose datastores are
    not all known, with the reason.
    """

    def __init__(self, client: Client, hosts: Sequence[Host]) -> None:
        self._client = client
        self.stores: dict[Any, list[Datastore]] = {}
        self.machines: list[RegisteredMachine] = []
        self.blind: dict[Any, str] = {}
        if hosts:
            self._read([host.ref for host in hosts])

    def _read(self, hosts: Sequence[Any]) -> None:
        vim = dep.vim
        paths = {
            vim.HostSystem: ["datastore"],
            vim.Datastore: ["name", "summary.accessible", "browser", "vm"],
            vim.VirtualMachine: ["name", _VMX, _HOST, _POWER],
        }
        hops = [Hop(vim.HostSystem, "datastore", ("vm",)), Hop(vim.Datastore, "vm")]
        what = "reading the datastores and their machines"
        found = {each.ref: each for each in self._client.retrieve(list(hosts), paths, hops, what=what)}
        for ref in hosts:
            self._host(found.get(ref, Found(ref, {}, {"datastore": GONE})), found)
        lists: dict[Any, list[Found]] = {}
        for store in found.values():
            for machine in store.either("vm", ()) if isinstance(store.ref, vim.Datastore) else ():
                lists.setdefault(machine, []).append(store)
        self.machines = [_machine(each, lists.get(each.ref, ())) for each in found.values() if isinstance(each.ref, vim.VirtualMachine)]

    def _host(self, host: Found, found: Mapping[Any, Found]) -> None:
        listed = host.either("datastore", ())
        stores = [found[ref] for ref in listed if ref in found]
        machines = [ref for store in stores for ref in store.either("vm", ())]
        hidden = unseen([*listed, *machines], found)
        reasons = [host.why(), *(f"datastore {store.name}: {store.why()}" for store in stores if store.gaps)]
        reasons += [f"{cant_see(hidden)}; give the role of the user System.Read there"] if hidden else []
        if any(reasons):
            self.blind[host.ref] = next(filter(None, reasons))
        known = [_store(store) for store in stores if not store.gaps]
        self.stores[host.ref] = sorted(known, key=lambda store: store.name)

    def registered(self, stores: Sequence[Datastore]) -> dict[str, str]:
        """Names by path of the machines whose configurations lie on these datastores of one datacenter."""
        refs = {store.ref for store in stores}
        return {machine.path: machine.name for machine in self.machines if machine.store in refs}

    def doubt(self, host: Any, stores: Sequence[Datastore], known: Collection[Any]) -> str:
        """Why it is not known which machines are registered on these datastores of a host; empty if it is. Machines that are C(known) are none of those
        in question."""
        unknown = [machine for machine in self.machines if not machine.path and machine.ref not in known and machine.lies_on(stores)]
        return self.blind.get(host, "") or next((f"{machine.name}: {machine.unknown}" for machine in unknown), "")


def _store(found: Found) -> Datastore:
    return Datastore(found.ref, found.name, bool(found.value("summary.accessible")), found.value("browser"))


def _machine(found: Found, lists: Sequence[Found]) -> RegisteredMachine:
    path, power = normal(str(found.either(_VMX, ""))), found.either(_POWER, None)
    unknown = found.why() or ("" if path else "the server does not tell where its configuration is")
    store = next((each.ref for each in lists if path and "name" not in each.gaps and each.name == store_of(path)), None)
    running = None if power is None else str(power) != "poweredOff"
    return RegisteredMachine(
        found.ref, found.name, path, found.either(_HOST, None), running, unknown, _HOST not in found.gaps, tuple(each.ref for each in lists), store
    )
