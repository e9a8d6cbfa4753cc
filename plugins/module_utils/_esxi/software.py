# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What esxi_software does on one host: look, plan, carry out, take back, read back.

The typed API tells what is installed (HostImageConfigManager.fetchSoftwarePackages) and the acceptance level, and sets that. It has no call that
installs an offline bundle: of HostPatchManager.InstallHostPatchV2_Task, C(bundleUrls) "is not supported in 5.0 or later", it takes single VIBs
or a depot that is unpacked on a web server, knows no components, and removes by bulletins only. So bundles go by esxcli.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from typing import IO, Any, Callable, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import ChangeError, UnreadableError, VerifyError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.target import Outlook
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.jobs import HostJob, chosen
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.packages import components_of, package_of, pending_of
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.power import ManagedHost
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.software_plan import (
    COMPONENTS_FROM,
    RANKS,
    DesiredSoftware,
    ObservedSoftware,
    SoftwarePlan,
    make_plan,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.staging import Staging
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.catalogue import catalogue
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.task import open_bundle
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Login
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.esxcli import EsxCli, first
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import DEADLINE, NOT_FOUND, PendingError, VsphereError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import Found

_VERSION, _MANAGER, _MAINTENANCE = "config.product.version", "configManager.imageConfigManager", "runtime.inMaintenanceMode"
_PATHS = (_VERSION, _MANAGER, _MAINTENANCE)
_LOCATION = re.compile(r"(?:https?://[^\s/]+)?/[^\s/].*")
# In seconds: for what comes by itself after a restart or a step, and for a step to show of which no answer came.
_PATIENCE, _SHOWS = 60.0, 5.0


class Deadlines(NamedTuple):
    """In seconds."""

    maintenance: int
    install: int
    restart: int


class Request(NamedTuple):
    """All of the module's options, checked."""

    desired: DesiredSoftware
    deadlines: Deadlines
    evacuate: bool
    params: Mapping[str, Any]
    opener: Callable[[str], IO[bytes]]


def spec() -> dict[str, Any]:
    """The module's own options."""
    return {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "bundle": {"type": "path"},
        "location": {"type": "str"},
        "datastore": {"type": "str"},
        "checksum": {"type": "str"},
        "catalogue": {"type": "list", "elements": "dict", "default": []},
        "names": {"type": "list", "elements": "str", "default": []},
        "acceptance_level": {"type": "str", "choices": list(RANKS)},
        "maintenance_mode": {"type": "bool", "default": False},
        "evacuate_powered_off_vms": {"type": "bool", "default": False},
        "reboot": {"type": "bool", "default": False},
        "maintenance_timeout": {"type": "int", "default": 1800},
        "install_timeout": {"type": "int", "default": 900},
        "reboot_timeout": {"type": "int", "default": 1800},
    }


def request(params: Mapping[str, Any], opener: Callable[[str], IO[bytes]]) -> Request:
    """InputError for what can't be right, before there is a session. The bundle is read and checked here."""
    state, path, location = params["state"], params.get("bundle"), params.get("location") or ""
    names = tuple(dict.fromkeys(params.get("names") or ()))
    if state == "present" and names:
        raise InputError("names: they are for state: absent; to install, give bundle and location.")
    if state == "absent" and bool(path) == bool(names):
        raise InputError("state: absent needs either names or bundle, to say what is to go.")
    places = [name for name in ("location", "datastore") if params.get(name)]
    if len(places) != 1 if path and state == "present" else places:
        raise InputError("bundle, to be installed, needs either location, where hosts find the same file, or datastore, to put it there; else leave them out.")
    if location and not _LOCATION.fullmatch(location):
        raise InputError(f"location: {location!r} is neither a path on the host, as in /vmfs/volumes/datastore1/driver.zip, nor an http or https URL.")
    if "@" in location.partition("//")[2].partition("/")[0]:
        raise InputError("location: the URL has a user or password, which hosts write to their logs; put the file where it can be read without.")
    for name in ("maintenance_timeout", "install_timeout", "reboot_timeout"):
        if params[name] < 1:
            raise InputError(f"{name}: {params[name]} s leaves no time; give at least 1.")
    depot, kind = None, ""
    if path:
        depot, kind = open_bundle(path, opener, params.get("checksum"), catalogue(params.get("catalogue")))
        if location and not location.endswith(".vib" if kind == "vib" else (".zip", ".xml")):
            raise InputError(f"location: {location!r} does not end as {path} must, which is {'a VIB (.vib)' if kind == 'vib' else 'an offline bundle (.zip)'}.")
    desired = DesiredSoftware(state, depot, path or "", kind, location, names, params.get("acceptance_level"), params["maintenance_mode"], params["reboot"])
    deadlines = Deadlines(params["maintenance_timeout"], params["install_timeout"], params["reboot_timeout"])
    return Request(desired, deadlines, params["evacuate_powered_off_vms"], params, opener)


def jobs(given: Request, client: Client, login: Login) -> Sequence[HostJob]:
    """One for each host that is meant."""
    hosts = chosen(client, given.params, _PATHS, "reading the software of the hosts")
    return [HostJob(client, host) if host.why_unreachable else SoftwareJob(given, host, found, client, login) for host, found in hosts]


class SoftwareJob(HostJob):
    """The job of one host that can be reached."""

    def __init__(self, given: Request, host: Host, found: Found, client: Client, login: Login) -> None:
        super().__init__(client, host)
        self._given, self._found = given, found._replace(props={**found.props, "name": host.name})
        self._managed = ManagedHost(host, client, login)
        self._login = login
        self._desired = given.desired
        self._staging: Staging | None = None
        self._plan = SoftwarePlan()
        self._observed: ObservedSoftware | None = None
        self._done: list[str] = []
        self._told_to_restart = False
        # What is to be taken back on failure, in words and as calls.
        self._backwards: list[tuple[str, Callable[[], None]]] = []

    def look(self) -> Outlook:
        """See Job."""
        warnings: list[str] = []
        self._observed = self._read(warnings)
        if self._given.params.get("datastore"):
            pattern = self._given.params["datastore"]
            self._staging = Staging(self._managed.client, self._login, self.host, self._given.opener, self._desired.path, pattern)
            self._desired = replace(self._desired, location=self._staging.location)
        try:
            plan = self._plan = make_plan(self._desired, self._observed)
        except InputError as error:
            raise InputError(f"{self.name}: {error.message}", **error.details) from error
        before: dict[str, Any] = {"vibs": plan.before} if plan.before else {}
        after: dict[str, Any] = {"vibs": plan.after} if plan.after else {}
        if plan.level:
            before["acceptance_level"], after["acceptance_level"] = self._observed.acceptance_level, plan.level
        if plan.restart and self._observed.pending is not None:
            before["restart_due"], after["restart_due"] = True, False
        report = self._report(self._observed, plan)
        return Outlook(before, after, plan.actions(), report, [*warnings, *plan.warnings], *self._reached(self._observed))

    def _reached(self, observed: ObservedSoftware) -> tuple[int, str, list[str], list[str]]:
        """What of the host the wish was compared with: how much, the word for it, the names that it has nothing for, and those that it has."""
        desired = self._given.desired
        installed = [*(observed.components or {}), *observed.to_come]
        if desired.names:
            return len(desired.names), "package", [name for name in desired.names if name not in installed], installed
        if desired.depot is not None:
            return len(desired.depot.vibs), "package", [], []
        return (1, "acceptance level", [], []) if desired.acceptance_level else (len(installed), "package", [], [])

    def _report(self, observed: ObservedSoftware, plan: SoftwarePlan) -> dict[str, Any]:
        desired = self._given.desired
        report: dict[str, Any] = {
            "esxi_version": str(observed.release),
            "acceptance_level": plan.level or observed.acceptance_level,
            "maintenance_mode": observed.maintenance,
            "reboot_required": plan.restart_due and not plan.restart,
        }
        if desired.depot is None and not desired.names:
            report["vibs"] = [each.as_dict() for each in observed.vibs.values()]
            report["pending_vibs"] = None if observed.pending is None else [each.as_dict() for each in observed.pending.values()]
            components = None if observed.components is None else list(observed.components.items())
            report["components"] = None if components is None else [{"name": name, "version": version} for name, version in components]
        return report

    def _read(self, warnings: list[str]) -> ObservedSoftware:
        client, found = self._managed.client, self._found
        manager, maintenance = found.value(_MANAGER), bool(found.value(_MAINTENANCE))
        release = EsxiVersion.parse(str(found.value(_VERSION)))
        what = f"{self.name}: reading its software"
        packages = client.call(manager.fetchSoftwarePackages, what=what)
        level = client.call(manager.HostImageConfigGetAcceptance, what=what)
        if not packages or not level:
            # ESXi itself is made of packages.
            raise UnreadableError(f"{what}: the host does not tell its {'packages' if not packages else 'acceptance level'}; run the task again.")
        cli = EsxCli(client, self._managed.ref, self.name)
        vibs = {each.name: package_of(each) for each in packages}
        pending = self._try(lambda: pending_of(cli, vibs), "whether a restart is due", warnings)
        components = None
        if release >= COMPONENTS_FROM:
            components = self._try(lambda: components_of(cli), "its components", warnings)
        contents = self._contents(cli, components or {})
        return ObservedSoftware(release, str(level), vibs, pending or None, components, contents, maintenance)

    def _contents(self, cli: EsxCli, components: Mapping[str, str]) -> dict[str, Sequence[str]]:
        """The VIBs of the components that are to go. A host that does not tell is taken to need the most."""
        desired = self._given.desired
        bundled = [str(each.component) for each in desired.depot.bulletins if each.component] if desired.depot is not None else []
        found: dict[str, Sequence[str]] = {}
        for name in [name for name in (*desired.names, *bundled) if name in components and desired.state == "absent"]:
            with suppress(VsphereError):
                vibs = [first(each, "Name") for each in cli.run("software component vib list", f"reading the VIBs of component {name}", component=name)]
                found.update({name: vibs} if vibs and all(vibs) else {})
        return found

    def _try(self, read: Callable[[], Any], what: str, warnings: list[str]) -> Any:
        """What only esxcli tells: needed for a change, and else only for the report."""
        try:
            return read()
        except VsphereError as error:
            if self._given.desired.depot is not None or self._given.desired.names:
                raise
            warnings.append(f"Not known is {what}: {error.message}")
            return None

    def act(self, outlook: Outlook) -> None:
        """See Job."""
        try:
            try:
                self._stage()
                self._carry_out()
            finally:
                self._unstage(outlook)
            self._verify(outlook)
        finally:
            self._managed.close()

    def _stage(self) -> None:
        if self._staging is not None and self._plan.calls:
            self._step("upload the bundle", self._staging.put)
            # It does not stay.
            self._done.clear()

    def _unstage(self, outlook: Outlook) -> None:
        if self._staging is None or not self._plan.calls:
            return
        try:
            self._staging.remove(self._managed.client)
        except VsphereError as error:
            if error.code != NOT_FOUND:
                outlook.warnings.append(f"The uploaded file is still there: {error.message}")

    def _carry_out(self) -> None:
        plan, machine, deadlines = self._plan, self._managed, self._given.deadlines
        level = f"set the acceptance level to {plan.level}"
        if plan.level and plan.lowers:
            back = ("set the acceptance level back", lambda: self._set_level(self._old.acceptance_level))
            self._step(level, lambda: self._set_level(str(plan.level)), back, self._has_level)
        if plan.enter:
            leave = ("leave maintenance mode", lambda: machine.leave_maintenance(deadlines.maintenance))
            enter = "enter maintenance mode"
            self._step(
                enter, lambda: machine.enter_maintenance(deadlines.maintenance, self._given.evacuate), leave, lambda: bool(machine.read(_MAINTENANCE)[0])
            )
        for call in plan.calls:
            self._step(
                call.words,
                lambda call=call: self._run(call.command, call.words, call.arguments),  # type: ignore[misc]
                shows=self._has_packages if len(plan.calls) == 1 else None,
                seconds=deadlines.install,
            )
        # The host may need a restart that its packages say they don't.
        plan.restart = plan.restart or self._desired.reboot and self._told_to_restart and (plan.enter or self._old.maintenance)
        if plan.restart:
            self._step("restart", lambda: machine.restart(deadlines.restart))
        if plan.enter:
            self._backwards = [each for each in self._backwards if each[0] != "leave maintenance mode"]
            self._step("leave maintenance mode", lambda: self._leave(deadlines.maintenance), shows=lambda: not machine.read(_MAINTENANCE)[0])
        if plan.level and not plan.lowers:
            self._step(level, lambda: self._set_level(str(plan.level)), shows=self._has_level)

    @property
    def _old(self) -> ObservedSoftware:
        if self._observed is None:
            raise AssertionError("look comes before act")
        return self._observed

    def _step(
        self,
        words: str,
        do: Callable[[], None],
        back: tuple[str, Callable[[], None]] | None = None,
        shows: Callable[[], bool] | None = None,
        seconds: float = 0.0,
    ) -> None:
        """One step, with how to take it back if it can be, and how it shows that it has come true where no answer came; a connection that is lost leaves
        it so many seconds for that.
        """
        try:
            do()
        except PendingError as error:
            if shows is None or not self._managed.until(shows, _SHOWS if error.code == DEADLINE else max(_SHOWS, seconds)):
                raise self._failed(words, error, back) from error
        except VirtnetError as error:
            raise self._failed(words, error) from error
        if back is not None:
            self._backwards.append(back)
        else:
            self._done.append(words)

    def _failed(self, words: str, error: VirtnetError, pending: tuple[str, Callable[[], None]] | None = None) -> ChangeError:
        """C(pending) is the way back from a step that may still come true."""
        at_it = isinstance(error, PendingError) and any(words == call.words for call in self._plan.calls)
        undone, not_undone = ([], [*self._done, *(f"{each} (the host may still be at it)" for each, _back in self._backwards)]) if at_it else self._take_back()
        if isinstance(error, PendingError):
            how = f"; if so, {pending[0]}" if pending else ""
            not_undone.append(f"{words}: the server has not said what became of it, and it may still take effect{how}")
        text = f"{error.message.rstrip('.')}. "
        text += f"Taken back: {', '.join(undone)}. " if undone else ""
        text += f"Not taken back: {', '.join(not_undone)}." if not_undone else "The host is as it was."
        return ChangeError(text, words, undone, not_undone, error.code)

    def _has_packages(self) -> bool:
        return not self._package_difference(self._read([]))

    def _has_level(self) -> bool:
        manager = self._managed.read(_MANAGER)[0]
        what = f"{self.name}: reading its acceptance level"
        return str(self._managed.client.call(manager.HostImageConfigGetAcceptance, what=what)) == self._plan.level

    def _take_back(self) -> tuple[list[str], list[str]]:
        undone, not_undone = [], [words for words in self._done if words != "leave maintenance mode"]
        for words, back in reversed(self._backwards):
            # An acceptance level that a package needs, which stays, must stay too.
            if words.startswith("set the acceptance level") and self._done:
                not_undone.append(f"set the acceptance level to {self._plan.level}")
                continue
            try:
                back()
                undone.append(words)
            except VirtnetError as error:
                not_undone.append(f"{words} ({error.message.rstrip('.')})")
        self._backwards.clear()
        return undone, not_undone

    def _leave(self, seconds: int) -> None:
        """A host that has just come back may have left it by itself, or need a moment."""
        if self._plan.restart:
            self._managed.until(lambda: self._managed.read(_MAINTENANCE)[0] is not None, _PATIENCE)
        if self._managed.read(_MAINTENANCE)[0]:
            self._managed.leave_maintenance(seconds)

    def _set_level(self, level: str) -> None:
        manager = self._managed.read(_MANAGER)[0]
        self._managed.client.change(manager.UpdateHostImageAcceptanceLevel, level, what=f"{self.name}: setting the acceptance level to {level}")

    def _run(self, command: str, words: str, arguments: Mapping[str, Any]) -> None:
        """With a session that waits as long as an installation may take; a call of esxcli ends when that has."""
        patient = self._managed.patient(self._given.deadlines.install)
        try:
            answer = EsxCli(patient.client, patient.ref, self.name).change(command, words, **arguments)
            self._told_to_restart = self._told_to_restart or any(first(each, "RebootRequired").lower() == "true" for each in answer)
        finally:
            patient.close()

    def _verify(self, outlook: Outlook) -> None:
        found: list[ObservedSoftware] = []

        def holds() -> bool:
            self._found = self._managed.found(*_PATHS)
            found[:] = [self._read([])]
            return not self._differs(found[0])

        if not self._managed.until(holds, _PATIENCE if self._plan.restart else 0.0):
            why = self._differs(found[0]) if found else "it can't be read"
            # A level that was lowered could be taken back, and stays.
            stays = [f"set the acceptance level to {self._plan.level}"] if self._backwards else []
            raise VerifyError(f"{self.name}: all steps succeeded, but {why} afterwards; look at the host.", "read back", [], stays + self._done)
        if found[0].pending is not None and not self._plan.restart_due:
            outlook.warnings.append("The host says that a restart is due, which its packages did not; set reboot: true, or restart the host.")
        outlook.report.update(maintenance_mode=found[0].maintenance, acceptance_level=found[0].acceptance_level, reboot_required=found[0].pending is not None)

    def _package_difference(self, observed: ObservedSoftware) -> str:
        plan = self._plan
        there = {**{name: each.version for name, each in observed.to_come.items()}, **(observed.components or {})}
        for name, version in plan.after.items():
            # A component that is to go after a restart is listed until then.
            if there.get(name) != version and not (version is None and observed.pending is not None and name in (observed.components or {})):
                return f"{name} is {there.get(name) or 'absent'} and not {version or 'absent'}"
        return ""

    def _differs(self, observed: ObservedSoftware) -> str:
        plan, packages = self._plan, self._package_difference(observed)
        if packages:
            return packages
        if plan.level and observed.acceptance_level != plan.level:
            return f"the acceptance level is {observed.acceptance_level} and not {plan.level}"
        if observed.maintenance != self._old.maintenance:
            return f"the host is {'' if observed.maintenance else 'not '}in maintenance mode"
        if plan.restart and observed.pending is not None:
            return "a restart is still due"
        return ""
