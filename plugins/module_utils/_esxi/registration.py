# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What esxi_vm_registration does on one host: search its datastores, register or unregister, read back."""

from __future__ import annotations

import time
from typing import Any, Mapping, NoReturn, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError, ChangeError, UnreadableError, VerifyError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.target import Outlook
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi import registration_plan as planning
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.jobs import HostJob, chosen
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.registration_plan import MachineChoice, Meant, Skipped, taken
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.site import Datastore, RegisteredMachine, Site
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import close
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Hop, Login
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import PERMISSION, PendingError, VsphereError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import Found

_ALL = ["*"]
# How long a change may take to show of which no answer came, in seconds.
_PATIENCE, _PAUSE = 5.0, 0.2


def spec() -> dict[str, Any]:
    """The module's own options."""
    return {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "datastores": {"type": "list", "elements": "str"},
        "names": {"type": "list", "elements": "str"},
        "folder": {"type": "str"},
        "resource_pool": {"type": "str"},
        "search_timeout": {"type": "int", "default": 600},
    }


def request(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """InputError for what can't be right."""
    for name in ("datastores", "names"):
        if params.get(name) is not None and not params[name]:
            raise InputError(f"{name}: the list is empty; give at least one name or pattern.")
    if params["state"] == "absent" and params.get("names") is None:
        raise InputError('state: absent needs names, so that no machine is unregistered by mistake; give ["*"] to mean all.')
    if params["state"] == "absent" and (params.get("folder") or params.get("resource_pool")):
        raise InputError("folder and resource_pool say where machines are registered, which state: absent does not do; leave them out.")
    if params["search_timeout"] < 1:
        raise InputError(f"search_timeout: {params['search_timeout']} s leaves no time; give at least 1.")
    return params


def jobs(params: Mapping[str, Any], client: Client, _login: Login) -> Sequence[HostJob]:
    """One for each host. A datastore that several of them have is searched by the first; to unregister, each looks at its machines."""
    hosts = [host for host, _props in chosen(client, params, ("name",), "reading the hosts")]
    site = Site(client, [host for host in hosts if not host.why_unreachable])
    patterns = params.get("datastores") or _ALL
    known = {store.name for stores in site.stores.values() for store in stores}
    unmatched = [pattern for pattern in patterns if pattern != "*" and site.stores and not taken(known, [pattern])]
    for pattern in unmatched:
        if not set(pattern) & set("*?[") and not site.blind:
            raise InputError(f"datastores: no chosen host has a datastore {pattern}{close(pattern, known)}.")
    warnings = [f"datastores: no chosen host has one that matches {pattern}{close(pattern, known)}." for pattern in unmatched]
    meant = taken(known, patterns)
    searched: set[Any] = set()
    made: list[HostJob] = []
    for host in hosts:
        stores = [store for store in site.stores.get(host.ref, ()) if store.name in meant]
        mine = [store for store in stores if store.ref not in searched] if params["state"] == "present" else stores
        searched.update(store.ref for store in mine if store.accessible)
        made.append(HostJob(client, host) if host.why_unreachable else RegistrationJob(params, client, host, mine, site, warnings))
    _tell_names([job for job in made if isinstance(job, RegistrationJob)], client)
    return made


def _tell_names(own: Sequence[RegistrationJob], client: Client) -> None:
    """What is the name of a machine that one host has is no pattern for the others. So all look for machines before any of them chooses."""
    client.each(lambda job: job.search(), own)
    names = {planning.name_of(path) for job in own for path in job.paths}
    for job in own:
        job.others = names


class RegistrationJob(HostJob):
    """The job of one host that can be reached."""

    def __init__(self, params: Mapping[str, Any], client: Client, host: Host, stores: Sequence[Datastore], site: Site, warnings: Sequence[str]) -> None:
        super().__init__(client, host)
        self._params = params
        self._stores, self._site = stores, site
        self._warnings = list(warnings)
        self._choice = MachineChoice()
        # The machines that lie on its datastores, the names of those that the other hosts have, and why it is not known what there is.
        self.paths: list[str] = []
        self.others: set[str] = set()
        self._unsearched: VirtnetError | None = None
        self._lost: list[Skipped] = []
        # The host's own machines by path, for those that are unregistered.
        self._mine: dict[str, RegisteredMachine] = {}
        self._pool: Any = None
        self._folder: Any = None

    @property
    def _present(self) -> bool:
        return bool(self._params["state"] == "present")

    def search(self) -> None:
        """Look for the machines. What keeps it from that is told by C(look)."""
        try:
            if self.host.ref in self._site.blind:
                raise UnreadableError(f"{self.name}: not all of its datastores are known: {self._site.blind[self.host.ref]}.")
            if self._present:
                self._place()
                self.paths, self._lost = self._search()
            else:
                self.paths = [machine.path for machine in self._near if machine.path]
                if any("[" in pattern for pattern in self._params["names"]):
                    # It is a name also when its machine is registered no more, else the next run would take others by it.
                    self.paths += self._search()[0]
        except VirtnetError as error:
            self._unsearched = error

    def look(self) -> Outlook:
        """See Job."""
        if self._unsearched is not None:
            raise self._unsearched
        meant = Meant(self.others, self._params.get("names") or _ALL)
        self._choice = self._choose(meant)
        verb, now, then = ("register", "unregistered", "registered") if self._present else ("unregister", "registered", "unregistered")
        done = self._choice.chosen
        report = {"found": self._choice.found, "skipped": [each.as_dict() for each in self._choice.skipped], "datastores": [each.name for each in self._stores]}
        warnings = [f"{each.path}: {each.detail}." for each in self._choice.skipped if each.reason not in (planning.REGISTERED, planning.HIDDEN)]
        told = {each.path for each in self._choice.skipped}
        warnings += [f"{each.name}: {each.unknown}." for each in self._near if each.unknown and not {each.path, each.name} & told]
        before, after = ({"machines": dict.fromkeys(done, word)} if done else {} for word in (now, then))
        missed = meant.missed(self._choice.there) if self._params.get("names") else []
        there = [planning.name_of(path) for path in self._choice.there]
        return Outlook(
            before, after, [f"{verb} {path}" for path in done], report, [*self._warnings, *warnings], len(self._choice.found), "machine", missed, there
        )

    @property
    def _near(self) -> list[RegisteredMachine]:
        """The machines that its datastores list, its own and those of others."""
        return [machine for machine in self._site.machines if machine.lies_on(self._stores)]

    def _choose(self, meant: Meant) -> MachineChoice:
        if self._present:
            choice = planning.to_register(self.paths, self._site.registered(self._stores), meant)
            choice.skipped += self._lost + [self._unknown(machine) for machine in self._near if not machine.path]
            return choice
        mine = [machine for machine in self._near if machine.host == self.host.ref]
        self._mine = {machine.path: machine for machine in mine}
        choice = planning.to_unregister([machine._asdict() for machine in mine], {store.name for store in self._stores}, meant)
        # One without a path may lie anywhere, one without a host may be here.
        choice.skipped += [self._unknown(machine) for machine in self._near if not machine.placed or not machine.path and machine in mine]
        return choice

    @staticmethod
    def _unknown(machine: RegisteredMachine) -> Skipped:
        return Skipped(machine.path or machine.name, planning.UNREADABLE, f"whether it is meant is not known: {machine.unknown}")

    def _search(self) -> tuple[list[str], list[Skipped]]:
        """All configuration files on the host's datastores; and the datastores that could not be searched."""
        found: list[str] = []
        lost: list[Skipped] = []
        for store in self._stores:
            if not store.accessible:
                lost.append(Skipped(f"[{store.name}]", planning.INACCESSIBLE, "the datastore is not accessible"))
                continue
            try:
                found += self._search_one(store)
            except VsphereError as error:
                # What is away comes back; a privilege does not.
                if error.code == PERMISSION:
                    raise
                lost.append(Skipped(f"[{store.name}]", planning.INACCESSIBLE, error.message.rstrip(".")))
        return found, lost

    def _search_one(self, store: Datastore) -> list[str]:
        browser = dep.vim.host.DatastoreBrowser
        flags = browser.FileInfo.Details(fileType=True, fileSize=False, modification=False, fileOwner=False)
        spec_ = browser.SearchSpec(matchPattern=[f"*{planning.MACHINE}", f"*{planning.TEMPLATE}"], details=flags, searchCaseInsensitive=False)
        what = f"{self.name}: searching datastore {store.name}"
        task = self.client.call(store.browser.SearchDatastoreSubFolders_Task, f"[{store.name}]", spec_, what=what)
        answer = self.client.ended(task, what, self._params["search_timeout"])
        if answer is None:
            # Nothing that was found is an array without elements.
            raise VsphereError(UnreadableError.code, f"{what}: the server does not tell what it has found; run the task again.")
        return [planning.joined(each.folderPath, file.path) for each in answer for file in each.file or ()]

    def _place(self) -> None:
        """The resource pool and the folder that machines are registered in, by name or the host's own."""
        vim, what = dep.vim, f"{self.name}: reading where machines go"
        paths = {vim.ComputeResource: ["resourcePool"]}
        found = list(self.client.retrieve([self.host.ref], paths, [Hop(vim.HostSystem, "parent")], what=what))
        if not found:
            raise UnreadableError(f"{self.name}: its cluster, which has the resource pool, can't be seen; give the role of the user System.Read on it.")
        self._pool = found[0].value("resourcePool")
        if self._params.get("resource_pool"):
            self._pool = self._find_pool(self._params["resource_pool"], what)
        self._folder = self._find_folder(what)

    def _find_pool(self, wanted: str, what: str) -> Any:
        """Level by level: a pool of the name that is nearest to the top."""
        names: list[str] = []
        level = [self._pool]
        blind: list[Found] = []
        while level:
            read = list(self.client.retrieve(level, {dep.vim.ResourcePool: ["name", "resourcePool"]}, what=what))
            for each in read:
                names.append(each.name)
                if names[-1] == wanted:
                    return each.ref
            blind += [each for each in read if each.gaps]
            level = [ref for each in read for ref in each.either("resourcePool", ())]
        self._refuse(f"resource_pool: its cluster or host has no pool {wanted}{close(wanted, names)}", blind)

    def _find_folder(self, what: str) -> Any:
        vim, wanted = dep.vim, (self._params.get("folder") or "").strip("/")
        paths: dict[Any, list[str]] = {vim.Datacenter: ["vmFolder"], **({vim.Folder: ["name", "childEntity"]} if wanted else {})}
        hops = [Hop(vim.Folder, "childEntity", ("childEntity",)), Hop(vim.Datacenter, "vmFolder", ("childEntity",))] if wanted else []
        if self.host.center is None:
            raise UnreadableError(f"{self.name}: {'; '.join(self.host.remarks)}.")
        found = {each.ref: each for each in self.client.retrieve([self.host.center], paths, hops, what=what, page=1000)}
        if self.host.center not in found:
            raise UnreadableError(f"{self.name}: its datacenter, which has the folder for machines, can't be read.")
        top = found[self.host.center].value("vmFolder")
        if not wanted:
            return top
        places = _paths(top, found)
        if wanted not in places:
            refused = f"folder: datacenter {self.host.datacenter} has no folder {wanted}{close(wanted, [name for name in places if name])}"
            self._refuse(refused, [each for each in found.values() if each.gaps])
        return places[wanted]

    def _refuse(self, sentence: str, blind: Sequence[Found]) -> NoReturn:
        """A name that is not found is no mistake of the user's where not all names can be read."""
        if blind:
            raise UnreadableError(f"{self.name}: {sentence}, among what can be read: {blind[0].name}: {blind[0].why()}.")
        raise InputError(f"{self.name}: {sentence}.")

    def act(self, outlook: Outlook) -> None:
        """See Job. Each machine for itself; those that succeeded stay."""
        done: list[str] = []
        failed: dict[str, VsphereError] = {}
        for path in self._choice.chosen:
            try:
                (self._register if self._present else self._unregister)(path)
                done.append(path)
            except VsphereError as error:
                failed[path] = error
        verb = "register" if self._present else "unregister"
        came = self._came_true([path for path, error in failed.items() if isinstance(error, PendingError)])
        done += came
        failed = {path: error for path, error in failed.items() if path not in came}
        if failed:
            raise self._failure(verb, done, failed)
        self._verify(verb)

    def _now(self) -> tuple[set[str], str]:
        """Which of the chosen machines are seen to be registered, and why others may be so too; empty if they are not."""
        site = Site(self.client, [self.host])
        if self._present:
            known = [machine.ref for machine in self._site.machines]
            return set(site.registered(self._stores)), site.doubt(self.host.ref, self._stores, known)
        refs = [machine.ref for machine in site.machines]
        return {path for path, machine in self._mine.items() if machine.ref in refs}, site.blind.get(self.host.ref, "")

    def _came_true(self, paths: Sequence[str]) -> list[str]:
        """Those of which no answer came that are seen to be done all the same, looked for as long as a host is given to show it."""
        deadline = time.monotonic() + _PATIENCE
        came: list[str] = []
        while len(came) < len(paths):
            try:
                there, doubt = self._now()
            except BackendError:
                break
            came = [path for path in paths if (path in there if self._present else path not in there and not doubt)]
            if time.monotonic() >= deadline:
                break
            time.sleep(_PAUSE)
        return came

    def _failure(self, verb: str, done: Sequence[str], failed: Mapping[str, VsphereError]) -> ChangeError:
        path, reason = next(iter(failed.items()))
        more = f" {len(failed) - 1} more failed: {', '.join(list(failed)[1:])}." if len(failed) > 1 else ""
        pending = [
            f"{verb} {each}: the server has not said what became of it, and it may still take effect"
            for each, error in failed.items()
            if isinstance(error, PendingError)
        ]
        stay = f" Done and not taken back: {', '.join(done)}." if done else "" if pending else " Nothing was changed."
        stay += f" Not known: {'; '.join(pending)}." if pending else ""
        words = [f"{verb} {each}" for each in done] + pending
        return ChangeError(f"{reason.message.rstrip('.')}.{more}{stay}", f"{verb} {path}", [], words, reason.code)

    def _register(self, path: str) -> None:
        what = f"{self.name}: registering {path}"
        # A standalone ESXi knows itself; a cluster is told which host has the datastore.
        arguments = {"path": path, "asTemplate": False, "pool": self._pool, "host": self.host.ref if self.client.is_vcenter else None}
        self.client.task(self._folder.RegisterVM_Task, what=what, **arguments)

    def _unregister(self, path: str) -> None:
        self.client.change(self._mine[path].ref.UnregisterVM, what=f"{self.name}: unregistering {path}")

    def _verify(self, verb: str) -> None:
        try:
            there, doubt = self._now()
        except BackendError as error:
            raise self._not_seen(verb, self._choice.chosen[0], error.message.rstrip("."), error.code) from error
        unsure = [path for path in self._choice.chosen if doubt and path not in there]
        wrong = [path for path in self._choice.chosen if path not in unsure and (path in there) is not self._present]
        if wrong:
            stay = [f"{verb} {path}" for path in self._choice.chosen if path not in wrong]
            raise VerifyError(f"{self.name}: all calls succeeded, but {wrong[0]} is {'not ' if self._present else ''}registered.", "read back", [], stay)
        if unsure:
            raise self._not_seen(verb, unsure[0], doubt)

    def _not_seen(self, verb: str, path: str, why: str, cause: str = "") -> VerifyError:
        """All calls succeeded, and nobody knows whether that holds."""
        text = f"{self.name}: all calls succeeded, but whether {path} is registered now is not known: {why}."
        return VerifyError(text, "read back", [], [f"{verb} {each}" for each in self._choice.chosen], cause)


def _paths(top: Any, found: Mapping[Any, Found]) -> dict[str, Any]:
    """The folders by their paths below the datacenter's folder for machines, which is the empty one."""
    places: dict[str, Any] = {}
    level = [("", top)]
    while level:
        path, ref = level.pop()
        places[path] = ref
        children = [found[child] for child in (found[ref].either("childEntity", ()) if ref in found else ()) if child in found]
        level += [(f"{path}/{each.name}".lstrip("/"), each.ref) for each in children if isinstance(each.ref, dep.vim.Folder) and "name" not in each.gaps]
    return places
