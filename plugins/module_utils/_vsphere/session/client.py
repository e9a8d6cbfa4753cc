# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""One session with a vCenter or a standalone ESXi host. Together with dep.py the only part that knows pyVmomi's transport."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Callable, Iterator, Mapping, Sequence, TypeVar

from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.collector import PAGE, Hop, Question, retrieve
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import SESSION, VsphereError, is_open, pending, translate
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import Found, moid
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.login import Login
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.task import wait
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.transport import Connection, context, scheme

__all__ = ("Client", "Connection", "Hop", "Login")

T = TypeVar("T")

# The oldest API that is spoken until the server has told its own (ESXi 6.5, whose support ended in 2022).
_FIRST_VERSION = "vim.version.version11"
_GC_THRESHOLD = 200_000


class Client:
    """A session. Threads may share it: each call under way has a connection of its own.

    Every method raises VsphereError with a sentence and a code, and nothing else. Where the server says that the session has ended, nothing of that call
    was done (NotAuthenticated is what denies an operation before it begins): there is one new login for
    all threads, and the call is made once more. Once a login fails no call is tried any more, as many wrong ones lock a user out.
    """

    def __init__(self, login: Login, parallel: int = 8) -> None:
        """Connect and log in. At most C(parallel) idle connections are kept."""
        dep.require()
        # An answer becomes a hundred thousand small objects without a cycle; to look through them again and again takes a tenth of the time.
        gc.set_threshold(_GC_THRESHOLD)
        self.login = login
        self.server = login.server
        self.parallel = parallel
        self._lock = threading.Lock()
        self._sessions, self._dead = 0, False
        self._lost: VsphereError | None = None
        # The cookie of the session goes with each call in place of the one that pyVmomi keeps: an answer to a call of a session that has ended may set
        # another one, of a session that may do nothing.
        self._headers: dict[str, str] = {}
        self._stub = self._make_stub(self._headers)
        # The content of the ServiceInstance: rootFolder, propertyCollector, dvSwitchManager, about and so on.
        self.content: Any = self._guarded(self._greet, "connecting")
        self._log_in()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def is_vcenter(self) -> bool:
        """False for a standalone ESXi host."""
        return str(self.content.about.apiType) == "VirtualCenter"

    @property
    def session(self) -> int:
        """How many logins there were."""
        return self._sessions

    def call(self, method: Callable[..., T], *args: Any, what: str, **kwargs: Any) -> T:
        """Call a bound method of a managed object that changes nothing; C(what) says what it does, for the error's sentence."""
        return self._invoke(method, args, kwargs, what)

    def once(self, method: Callable[..., T], *args: Any, what: str, **kwargs: Any) -> T:
        """The same for a call that means nothing in another session: it fails with the code C(session_expired) where this one has ended."""
        return self._invoke(method, args, kwargs, what, tries=1)

    def change(self, method: Callable[..., T], *args: Any, what: str, **kwargs: Any) -> T:
        """The same for a method that writes. PendingError where the server may have got the request, and what became of it is not known."""
        return self._invoke(method, args, kwargs, what, writes=True)

    def task(self, method: Callable[..., Any], *args: Any, what: str, seconds: float | None = None, **kwargs: Any) -> Any:
        """Call a method that returns a Task and wait for its end, by default for as long as C(timeout) says. Returns the task's result.

        PendingError where the task goes on, or may do so.
        """
        return self.ended(self.change(method, *args, what=what, **kwargs), what, seconds)

    def ended(self, task: Any, what: str, seconds: float | None = None) -> Any:
        """Wait for the end of a task that has been started."""

        def read() -> Any:
            try:
                return self.call(lambda: task.info, what=what)
            except VsphereError as error:
                # Whatever keeps us from reading it: the task is the server's.
                raise pending(error) from error

        return wait(read, what, self.login.timeout if seconds is None else seconds)

    def retrieve(
        self, roots: Sequence[Any], paths: Mapping[Any, Sequence[str]], hops: Sequence[Hop] = (), what: str = "reading", page: int = PAGE
    ) -> Iterator[Found]:
        """One RetrievePropertiesEx for each C(page) objects, or with C(hops) a ContinueRetrievePropertiesEx for each further page if the user may have one.

        C(roots) are references, from which every hop starts; each object that they are or that C(hops) lead to, and whose class is a key of
        C(paths), is returned once with the properties named there. Objects arrive page by page: a caller that keeps only
        what it needs never holds all of them. Where a hop's own property can't be read, what it leads to is not there: ask for it too.
        """
        return retrieve(self, Question(roots, paths, hops, what, page))

    def each(self, job: Callable[[T], Any], items: Sequence[T]) -> list[Any]:
        """Do a job for all items, C(parallel) at a time. The answers are in the order of the items; a job must not raise."""
        if len(items) < 2:
            return [job(item) for item in items]
        with ThreadPoolExecutor(max_workers=min(self.parallel, len(items))) as pool:
            return list(pool.map(job, items))

    def close(self) -> None:
        """Log out, so that the server keeps no idle session, and close the connections. Never raises."""
        with suppress(Exception):
            if not self._dead:
                self.content.sessionManager.Logout()
        with suppress(Exception):
            self._stub.DropConnections()

    def _make_stub(self, headers: dict[str, str]) -> Any:
        login = self.login
        stub = dep.SoapStubAdapter(
            login.hostname,
            login.port,
            version=_FIRST_VERSION,
            sslContext=context(login),
            poolSize=self.parallel,
            httpConnectionTimeout=login.timeout,
            customHeaders=headers,
        )
        stub.scheme = scheme(login)
        return stub

    def _greet(self) -> Any:
        content = dep.vim.ServiceInstance("ServiceInstance", self._stub).RetrieveContent()
        self._stub.ComputeVersionInfo(_best_version(content.about.apiVersion))
        return content

    def _log_in(self) -> None:
        """Another login than the first is by connections of its own, as threads use the others meanwhile."""
        login, stub = self.login, self._make_stub({}) if self._sessions else self._stub
        manager = dep.vim.SessionManager(moid(self.content.sessionManager), stub)
        self._guarded(lambda: manager.Login(login.username, login.password, None), f"logging in as {login.username}")
        self._headers["Cookie"] = stub.cookie
        self._sessions += 1
        if stub is not self._stub:
            stub.DropConnections()

    def _invoke(self, method: Callable[..., T], args: Sequence[Any], kwargs: Mapping[str, Any], what: str, writes: bool = False, tries: int = 2) -> T:
        session = self._be_logged_in()
        try:
            return method(*args, **kwargs)
        except Exception as error:  # pylint: disable=broad-except
            failure = translate(error, what, self.login.way)
            if failure.code == SESSION:
                self.expired(session)
            if failure.code != SESSION or tries == 1:
                raise (pending(failure) if writes and is_open(error) else failure) from error
        return self._invoke(method, args, kwargs, what, writes, tries - 1)

    def expired(self, session: int) -> None:
        """The server says that this session has ended. Others than the one of now are known to have."""
        with self._lock:
            self._dead = self._dead or session == self._sessions

    def _be_logged_in(self) -> int:
        """The number of the session, which is a new one where the last has ended."""
        with self._lock:
            if self._lost is not None:
                raise self._lost
            if self._dead:
                try:
                    self._log_in()
                except VsphereError as error:
                    self._lost = error
                    raise
                self._dead = False
            return self._sessions

    def _guarded(self, work: Callable[[], T], what: str) -> T:
        try:
            return work()
        except Exception as error:  # pylint: disable=broad-except
            raise translate(error, f"{what} at {self.server}", self.login.way) from error


def _best_version(server: str) -> str:
    """The newest version of the API that both sides speak."""
    known: list[tuple[tuple[int, ...], str]] = []
    for version in dep.GetServiceVersions("vim25"):
        numbers = _numbers(dep.versionIdMap.get(version, ""))
        if numbers:
            known.append((numbers, version))
    spoken = [pair for pair in known if pair[0] <= _numbers(server)]
    return max(spoken)[1] if spoken else _FIRST_VERSION


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    if not all(part.isdigit() for part in parts):
        return ()
    numbers = [int(part) for part in parts]
    # 6.7 and 6.7.0.0 are one version.
    return tuple(numbers + [0] * (4 - len(numbers)))
