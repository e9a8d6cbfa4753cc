# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What esxi_vm_registration does on one host: search its datastores, register or unregister, read back."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import ChangeError, VerifyError
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi import registration_plan as planning
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.jobs import Job, Outlook, chosen, unreachable
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.registration_plan import Choice, Skipped, matches, normal
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.client import Client, Hop, Login
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.fault import VsphereError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.inventory import Host, plain_name
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.select import close
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.task import wait

_ALL = ["*"]


class Store(NamedTuple):
    """A datastore."""

    ref: Any
    name: str
    accessible: bool
    browser: Any


class Machine(NamedTuple):
    """A virtual machine that is registered."""

    ref: Any
    name: str
    path: str
    host: Any
    running: bool


def spec() -> Dict[str, Any]:
    """The module's own options."""
    return {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "datastores": {"type": "list", "elements": "str"},
        "names": {"type": "list", "elements": "str"},
        "folder": {"type": "str"},
        "resource_pool": {"type": "str"},
        "search_timeout": {"type": "int", "default": 600},
    }


def asked(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """InputError for what can't be right."""
    for name in ("datastores", "names"):
        if params.get(name) is not None and not params[name]:
            raise InputError(f"{name}: the list is empty; give at least one name or pattern.")
    if params["state"] == "absent" and params.get("names") is None:
        raise InputError("state: absent needs names, so that no machine is unregistered by mistake; give [\"*\"] to mean all.")
    if params["state"] == "absent" and (params.get("folder") or params.get("resource_pool")):
        raise InputError("folder and resource_pool say where machines are registered, which state: absent does not do; leave them out.")
    if params["search_timeout"] < 1:
        raise InputError(f"search_timeout: {params['search_timeout']} s leaves no time; give at least 1.")
    return params


def jobs(params: Mapping[str, Any], client: Client, _login: Login) -> Sequence[Tuple[Host, Optional[Job]]]:
    """One for each host that can be reached. A datastore that several of them have is searched by the first."""
    hosts = [host for host, _props in chosen(client, params, ("name",), "reading the hosts")]
    site = Site(client, [host for host in hosts if not unreachable(host)])
    patterns = params.get("datastores") or _ALL
    for pattern in patterns:
        known = {store.name for stores in site.stores.values() for store in stores}
        if not any(matches(name, [pattern]) for name in known) and site.stores and not set(pattern) & set("*?["):
            raise InputError(f"datastores: no chosen host has a datastore {pattern}{close(pattern, known)}.")
    taken: Set[Any] = set()
    made: List[Tuple[Host, Optional[Job]]] = []
    for host in hosts:
        stores = [store for store in site.stores.get(host.ref, ()) if matches(store.name, patterns)]
        mine = [store for store in stores if store.ref not in taken]
        taken.update(store.ref for store in mine if store.accessible)
        made.append((host, None if unreachable(host) else RegistrationJob(params, client, host, mine, site)))
    return made


class Site:
    """What was read for all hosts at once: their datastores and the machines that are registered on these."""

    def __init__(self, client: Client, hosts: Sequence[Host]) -> None:
        self._client = client
        self.stores: Dict[Any, List[Store]] = {}
        self.machines: List[Machine] = []
        if hosts:
            self._read([host.ref for host in hosts])

    def _read(self, hosts: Sequence[Any]) -> None:
        vim = dep.vim
        paths = {
            vim.HostSystem: ["datastore"], vim.Datastore: ["name", "summary.accessible", "browser"],
            vim.VirtualMachine: ["name", "summary.config.vmPathName", "runtime.host", "runtime.powerState"],
        }
        hops = [Hop(vim.HostSystem, "datastore", ("vm",)), Hop(vim.Datastore, "vm")]
        found = list(self._client.retrieve(list(hosts), paths, hops, what="reading the datastores and their machines"))
        stores = {each.ref: _store(each.ref, each.props) for each in found if isinstance(each.ref, vim.Datastore)}
        for each in found:
            if isinstance(each.ref, vim.HostSystem):
                mine = [stores[ref] for ref in each.props.get("datastore", ()) if ref in stores]
                self.stores[each.ref] = sorted(mine, key=lambda store: store.name)
        self.machines = [_machine(each.ref, each.props) for each in found if isinstance(each.ref, vim.VirtualMachine)]

    def registered(self, stores: Sequence[Store]) -> Dict[str, str]:
        """Names by path of the machines that lie on these datastores; paths name datastores, whose names are unique in a datacenter."""
        names = {store.name for store in stores}
        return {machine.path: machine.name for machine in self.machines if machine.path.partition("]")[0][1:] in names}


def _store(ref: Any, props: Mapping[str, Any]) -> Store:
    return Store(ref, plain_name(str(props.get("name", ""))), bool(props.get("summary.accessible")), props.get("browser"))


def _machine(ref: Any, props: Mapping[str, Any]) -> Machine:
    path = normal(str(props.get("summary.config.vmPathName") or ""))
    return Machine(ref, plain_name(str(props.get("name", ""))), path, props.get("runtime.host"), str(props.get("runtime.powerState")) != "poweredOff")


class RegistrationJob:
    """The job of one host."""

    def __init__(self, params: Mapping[str, Any], client: Client, host: Host, stores: Sequence[Store], site: Site) -> None:
        self.name = host.name
        self._params, self._client, self._host = params, client, host
        self._stores, self._site = stores, site
        self._choice = Choice()
        self._pool: Any = None
        self._folder: Any = None

    @property
    def _present(self) -> bool:
        return bool(self._params["state"] == "present")

    def look(self) -> Outlook:
        """See Job."""
        patterns = self._params.get("names") or _ALL
        if self._present:
            self._place()
            paths, lost = self._search()
            self._choice = planning.to_register(paths, self._site.registered(self._stores), patterns)
            self._choice.skipped += lost
        else:
            mine = [machine._asdict() for machine in self._site.machines if machine.host == self._host.ref]
            self._choice = planning.to_unregister(mine, {store.name for store in self._stores}, patterns)
        verb, now, then = ("register", "unregistered", "registered") if self._present else ("unregister", "registered", "unregistered")
        done = self._choice.chosen
        report = {"found": self._choice.found, "skipped": [each.as_dict() for each in self._choice.skipped], "datastores": [each.name for each in self._stores]}
        warnings = [f"{each.path}: {each.detail}." for each in self._choice.skipped if each.reason not in (planning.REGISTERED, planning.HIDDEN)]
        before, after = ({"machines": dict.fromkeys(done, word)} if done else {} for word in (now, then))
        return Outlook(before, after, [f"{verb} {path}" for path in done], report, warnings)

    def _search(self) -> Tuple[List[str], List[Skipped]]:
        """All configuration files on the host's datastores; and the datastores that could not be searched."""
        found: List[str] = []
        lost: List[Skipped] = []
        for store in self._stores:
            if not store.accessible:
                lost.append(Skipped(f"[{store.name}]", planning.INACCESSIBLE, "the datastore is not accessible"))
                continue
            try:
                found += self._search_one(store)
            except VsphereError as error:
                lost.append(Skipped(f"[{store.name}]", planning.INACCESSIBLE, error.message.rstrip(".")))
        return found, lost

    def _search_one(self, store: Store) -> List[str]:
        browser = dep.vim.host.DatastoreBrowser
        flags = browser.FileInfo.Details(fileType=True, fileSize=False, modification=False, fileOwner=False)
        spec_ = browser.SearchSpec(matchPattern=[f"*{planning.MACHINE}", f"*{planning.TEMPLATE}"], details=flags, searchCaseInsensitive=False)
        what = f"{self.name}: searching datastore {store.name}"
        task = self._client.call(store.browser.SearchDatastoreSubFolders_Task, f"[{store.name}]", spec_, what=what)
        answer = wait(lambda: self._client.call(lambda: task.info, what=what), what, self._params["search_timeout"])
        return [planning.joined(each.folderPath, file.path) for each in answer or () for file in each.file or ()]

    def _place(self) -> None:
        """The resource pool and the folder that machines are registered in, by name or the host's own."""
        vim, what = dep.vim, f"{self.name}: reading where machines go"
        paths = {vim.ComputeResource: ["resourcePool"]}
        found = list(self._client.retrieve([self._host.ref], paths, [Hop(vim.HostSystem, "parent")], what=what))
        if not found or found[0].props.get("resourcePool") is None:
            raise VsphereError("not_found", f"{self.name}: its cluster or host has no resource pool, or the user may not see it.")
        self._pool = found[0].props["resourcePool"]
        if self._params.get("resource_pool"):
            self._pool = self._find_pool(self._params["resource_pool"], what)
        self._folder = self._find_folder(what)

    def _find_pool(self, wanted: str, what: str) -> Any:
        """Level by level: a pool of the name that is nearest to the top."""
        names: List[str] = []
        level = [self._pool]
        while level:
            read = list(self._client.retrieve(level, {dep.vim.ResourcePool: ["name", "resourcePool"]}, what=what))
            for each in read:
                names.append(plain_name(str(each.props.get("name"))))
                if names[-1] == wanted:
                    return each.ref
            level = [ref for each in read for ref in each.props.get("resourcePool", ())]
        raise InputError(f"{self.name}: resource_pool: its cluster or host has no pool {wanted}{close(wanted, names)}.")

    def _find_folder(self, what: str) -> Any:
        vim = dep.vim
        paths = {vim.Folder: ["name", "parent"], vim.Datacenter: ["name", "vmFolder"]}
        below = ("childEntity", "vmFolder")
        hops = [Hop(vim.Folder, "childEntity", below), Hop(vim.Datacenter, "vmFolder", ("childEntity",))]
        found = {each.ref: each.props for each in self._client.retrieve([self._client.content.rootFolder], paths, hops, what=what, page=1000)}
        centers = [props for ref, props in found.items() if isinstance(ref, vim.Datacenter) and plain_name(str(props.get("name"))) == self._host.datacenter]
        if not centers:
            raise VsphereError("not_found", f"{self.name}: its datacenter has no folder for machines, or the user may not see it.")
        top, wanted = centers[0]["vmFolder"], (self._params.get("folder") or "").strip("/")
        if not wanted:
            return top
        places = {_path(ref, top, found): ref for ref in found if isinstance(ref, vim.Folder)}
        if wanted not in places:
            known = [name for name in places if name]
            raise InputError(f"{self.name}: folder: datacenter {self._host.datacenter} has no folder {wanted}{close(wanted, known)}.")
        return places[wanted]

    def act(self, outlook: Outlook) -> None:
        """See Job. Each machine for itself; those that succeeded stay."""
        done: List[str] = []
        failed: Dict[str, VsphereError] = {}
        for path in self._choice.chosen:
            try:
                (self._register if self._present else self._unregister)(path)
                done.append(path)
            except VsphereError as error:
                failed[path] = error
        verb = "register" if self._present else "unregister"
        if failed:
            path, reason = next(iter(failed.items()))
            more = f" {len(failed) - 1} more failed: {', '.join(list(failed)[1:])}." if len(failed) > 1 else ""
            stay = f" Done and not taken back: {', '.join(done)}." if done else " Nothing was changed."
            words = [f"{verb} {each}" for each in done]
            raise ChangeError(f"{reason.message.rstrip('.')}.{more}{stay}", f"{verb} {path}", [], words, reason.code)
        self._verify(verb)

    def _register(self, path: str) -> None:
        what = f"{self.name}: registering {path}"
        # A standalone ESXi knows itself; a cluster is told which host has the datastore.
        arguments = {"path": path, "asTemplate": False, "pool": self._pool, "host": self._host.ref if self._client.is_vcenter else None}
        self._client.task(self._folder.RegisterVM_Task, what=what, **arguments)

    def _unregister(self, path: str) -> None:
        machine = next(each for each in self._site.machines if each.path == path)
        self._client.call(machine.ref.UnregisterVM, what=f"{self.name}: unregistering {path}")

    def _verify(self, verb: str) -> None:
        now = Site(self._client, [self._host]).registered(self._stores)
        wrong = [path for path in self._choice.chosen if (path in now) is not self._present]
        if wrong:
            words = [f"{verb} {path}" for path in self._choice.chosen]
            raise VerifyError(f"{self.name}: all calls succeeded, but {wrong[0]} is {'not ' if self._present else ''}registered.", "read back", [], words)


def _path(ref: Any, top: Any, found: Mapping[Any, Mapping[str, Any]]) -> str:
    """A folder's path below the datacenter's folder for machines; empty for that and for others."""
    parts: List[str] = []
    while ref in found and ref != top:
        parts.insert(0, plain_name(str(found[ref].get("name"))))
        ref = found[ref].get("parent")
    return "/".join(parts) if ref == top else ""
