# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Maintenance mode and restarts of one host, with deadlines."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any, Callable

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host, Inventory
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client, Login
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import CERTIFICATE, DEADLINE, PendingError, VsphereError, translate
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import GONE, Found

_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
# The server ends its own task first; this much later nobody waits for it any more.
_GRACE = 30.0
# How long a task that is cancelled may take to end.
_CANCELLED = 30.0


class ManagedHost:
    """A host and the session it is reached by. A host without a vCenter ends the session when it restarts, so there may be others after it."""

    def __init__(self, host: Host, client: Client, login: Login) -> None:
        self.name = host.name
        self.ref = host.ref
        self.client = client
        self._login = login
        self._own: list[Client] = []

    def patient(self, seconds: int) -> ManagedHost:
        """The same host by a session of its own whose calls may take so long."""
        client = Client(self._login._replace(timeout=max(seconds, self._login.timeout)), 1)
        patient = ManagedHost(self._found(client), client, self._login)
        patient._own.append(client)
        return patient

    def close(self) -> None:
        """End the sessions that were made here."""
        for client in self._own:
            client.close()
        self._own.clear()

    def read(self, *paths: str) -> list[Any]:
        """Properties. UnreadableError for one that is not known."""
        found = self.found(*paths)
        return [found.value(path) for path in paths]

    def found(self, *paths: str) -> Found:
        """Properties, and why some of them are not known."""
        found = list(self.client.retrieve([self.ref], {type(self.ref): list(paths)}, what=f"{self.name}: reading its state"))
        given = found[0] if found else Found(self.ref, {}, {path: GONE for path in paths})
        return given if "name" in given.props else given._replace(props={**given.props, "name": self.name})

    def enter_maintenance(self, seconds: int, evacuate: bool) -> None:
        """VsphereError at the deadline; the attempt is taken back then. PendingError where it may still succeed."""
        what = f"{self.name}: entering maintenance mode"
        task = self.client.change(self.ref.EnterMaintenanceMode_Task, seconds, evacuate, what=what)
        try:
            self._ended(task, what, seconds + _GRACE)
        except VsphereError as error:
            if isinstance(error, PendingError) and not self._cancelled(task, what):
                return
            text = f"{what}: it did not succeed within {seconds} s, most likely because machines still run on it; move them, or give maintenance_timeout."
            raise VsphereError(error.code, text if error.code == DEADLINE else error.message, **error.details) from error

    def _cancelled(self, task: Any, what: str) -> bool:
        """Ask for the end of a task and wait for it: false if it has succeeded meanwhile. PendingError if it goes on.

        "CancelTask: if a task is cancelable" (Task): that the server takes the request does not mean that the task has ended.
        """
        with suppress(VsphereError):
            # One that has ended can't be cancelled; how it ended counts.
            self.client.change(task.CancelTask, what=what)
        try:
            self._ended(task, what, _CANCELLED)
        except PendingError:
            raise
        except VsphereError:
            return True
        return False

    def leave_maintenance(self, seconds: int) -> None:
        """Take it out."""
        what = f"{self.name}: leaving maintenance mode"
        self._ended(self.client.change(self.ref.ExitMaintenanceMode_Task, seconds, what=what), what, seconds + _GRACE)

    def _ended(self, task: Any, what: str, seconds: float) -> None:
        """Wait for the end of a task with a deadline of its own: "Timedout: if the operation timed out" (HostSystem) is an end there."""
        try:
            self.client.ended(task, what, seconds)
        except PendingError as error:
            if error.details.get("fault") == "Timedout":
                raise VsphereError(error.code, error.message, **error.details) from error
            raise

    def restart(self, seconds: int) -> None:
        """Restart it and wait until it is back."""
        what = f"{self.name}: restarting it"
        booted = self.read("runtime.bootTime")[0]
        task = self.client.change(self.ref.RebootHost_Task, False, what=what)
        self._patiently(lambda: self._is_back(task, booted, what), seconds, what)

    def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Whether something becomes true in time; a host that has just come back does not answer everything at once."""
        with suppress(BackendError):
            self._patiently(holds, seconds, "")
            return True
        return False

    def _is_back(self, task: Any, booted: Any, what: str) -> bool:
        now, connection = self.read("runtime.bootTime", "runtime.connectionState")
        if now is None or now == booted:
            # A restart that was refused never comes.
            info = self.client.call(lambda: task.info, what=what)
            if str(info.state) == "error":
                raise _Refused(translate(info.error, what))
            return False
        return str(connection) == "connected"

    def _patiently(self, holds: Callable[[], bool], seconds: float, what: str) -> None:
        deadline, pause = time.monotonic() + seconds, _FIRST_PAUSE
        last: BackendError | None = None
        while True:
            try:
                if isinstance(last, VsphereError):
                    self._connect_again()
                last = None
                if holds():
                    return
            except _Refused as refused:
                raise refused.error from refused
            except BackendError as error:
                if error.code == CERTIFICATE:
                    raise
                last = error
            if time.monotonic() >= deadline:
                why = f": {last.message.rstrip('.')}" if last else ""
                raise PendingError(DEADLINE, f"{what}: it was not back after {seconds:g} s{why}.")
            time.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def _connect_again(self) -> None:
        with suppress(BackendError):
            # A vCenter's session outlives the restart of one of its hosts.
            if self.client.is_vcenter:
                self.read("name")
                return
        client = Client(self._login, 1)
        self._own.append(client)
        self.ref, self.client = self._found(client).ref, client

    def _found(self, client: Client) -> Host:
        hosts = Inventory(client).everywhere()
        same = [host for host in hosts if host.ref._GetMoId() == self.ref._GetMoId()]  # pylint: disable=protected-access
        if not same:
            raise VsphereError("not_found", f"{self.name}: it is not in the inventory any more.")
        return same[0]


class _Refused(Exception):
    def __init__(self, error: VsphereError) -> None:
        super().__init__(error.message)
        self.error = error
