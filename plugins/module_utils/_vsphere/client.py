# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""One session with a vCenter or a standalone ESXi host. Together with dep.py the only part that knows pyVmomi's transport."""

from __future__ import annotations

import gc
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http.client import HTTPException, HTTPSConnection
from typing import Any, Callable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Tuple, TypeVar

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.fault import (
    PERMISSION, SESSION, NotSent, VsphereError, gap, is_open, pending, translate,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.known import Found, gaps_of
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.task import wait

T = TypeVar("T")

# The oldest API that is spoken until the server has told its own (ESXi 6.5, whose support ended in 2022).
_FIRST_VERSION = "vim.version.version11"
_PAGE = 100
_GC_THRESHOLD = 200_000


class Login(NamedTuple):
    """How to connect; the module options of the same names."""

    hostname: str
    username: str
    password: str
    port: int = 443
    validate_certs: bool = True
    proxy_host: Optional[str] = None
    proxy_port: Optional[int] = None
    timeout: int = 60

    @staticmethod
    def of(params: Mapping[str, Any]) -> "Login":
        """From the module's parameters; InputError for what is missing or out of range."""
        for name in ("hostname", "username", "password"):
            if not params.get(name):
                variable = {"hostname": "VMWARE_HOST", "username": "VMWARE_USER", "password": "VMWARE_PASSWORD"}[name]
                raise InputError(f"{name}: it is not given; set the option or the environment variable {variable}.")
        if params.get("proxy_host") and not params.get("proxy_port"):
            raise InputError("proxy_port: it is not given; proxy_host needs it.")
        for name in ("port", "proxy_port"):
            value = params.get(name)
            if value is not None and not 1 <= value <= 65535:
                raise InputError(f"{name}: {value} is outside 1 to 65535.")
        if params["timeout"] < 1:
            raise InputError(f"timeout: {params['timeout']} s leaves no time to answer; give at least 1.")
        return Login(**{name: params[name] for name in Login._fields})

    def __repr__(self) -> str:
        """Never the password."""
        return f"Login({self.username}@{self.hostname}:{self.port})"


class Hop(NamedTuple):
    """From an object of a type go on along a property, and from what is found there along the hops whose paths are in C(then).

    C(kind) is pyVmomi's class. Only hops that lead on are named in C(then): a way in circles has no end on some servers.
    """

    kind: Any
    path: str
    then: Tuple[str, ...] = ()


class Client:
    """A session. Threads may share it: each call under way has a connection of its own.

    Every method raises VsphereError with a sentence and a code, and nothing else. After an error C(session_expired) the
    next call logs in again, so that a caller can find out and undo what it did. Once that fails no call is tried any more, as
    many wrong logins lock a user out.
    """

    def __init__(self, login: Login, parallel: int = 8) -> None:
        """Connect and log in. At most C(parallel) idle connections are kept."""
        dep.require()
        # An answer becomes a hundred thousand small objects without a cycle; to look through them again and again takes a tenth of the time.
        gc.set_threshold(_GC_THRESHOLD)
        self.login = login
        self.server = f"{login.hostname}:{login.port}"
        self.parallel = parallel
        self._lock = threading.Lock()
        self._dead = False
        self._lost: Optional[VsphereError] = None
        self._stub = self._make_stub()
        # The content of the ServiceInstance: rootFolder, propertyCollector, dvSwitchManager, about and so on.
        self.content: Any = self._guarded(self._greet, "connecting")
        self._log_in()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def is_vcenter(self) -> bool:
        """False for a standalone ESXi host."""
        return str(self.content.about.apiType) == "VirtualCenter"

    def call(self, method: Callable[..., T], *args: Any, what: str, **kwargs: Any) -> T:
        """Call a bound method of a managed object that changes nothing; C(what) says what it does, for the error's sentence."""
        self._be_logged_in()
        return self._invoke(method, args, kwargs, what)

    def change(self, method: Callable[..., T], *args: Any, what: str, **kwargs: Any) -> T:
        """The same for a method that writes. PendingError where the server may have got the request, and what became of it is not known."""
        self._be_logged_in()
        try:
            return self._invoke(method, args, kwargs, what)
        except VsphereError as error:
            if error.__cause__ is not None and is_open(error.__cause__):
                raise pending(error) from error
            raise

    def task(self, method: Callable[..., Any], *args: Any, what: str, seconds: Optional[float] = None, **kwargs: Any) -> Any:
        """Call a method that returns a Task and wait for its end, by default for as long as C(timeout) says. Returns the task's result.

        PendingError where the task goes on, or may do so.
        """
        return self.ended(self.change(method, *args, what=what, **kwargs), what, seconds)

    def ended(self, task: Any, what: str, seconds: Optional[float] = None) -> Any:
        """Wait for the end of a task that has been started."""

        def read() -> Any:
            try:
                return self.call(lambda: task.info, what=what)
            except VsphereError as error:
                # Whatever keeps us from reading it: the task is the server's.
                raise pending(error) from error

        return wait(read, what, self.login.timeout if seconds is None else seconds)

    def retrieve(
        self, roots: Sequence[Any], paths: Mapping[Any, Sequence[str]], hops: Sequence[Hop] = (), what: str = "reading", page: int = _PAGE
    ) -> Iterator[Found]:
        """One RetrievePropertiesEx, and a ContinueRetrievePropertiesEx for each further C(page) objects.

        C(roots) are references, from which every hop starts; each object that they are or that C(hops) lead to, and whose class is a key of
        C(paths), is returned once with the properties named there. Objects arrive page by page: a caller that keeps only
        what it needs never holds all of them. Where a hop's own property can't be read, what it leads to is not there: ask for it too.
        """
        query, collector = dep.vmodl.query.PropertyCollector, self.content.propertyCollector
        walks = [
            query.TraversalSpec(
                name=hop.path, type=hop.kind, path=hop.path, skip=False,
                selectSet=[query.SelectionSpec(name=each.path) for each in hops if each.path in hop.then],
            )
            for hop in hops
        ]
        spec = query.FilterSpec(
            objectSet=[query.ObjectSpec(obj=root, skip=False, selectSet=walks) for root in roots],
            propSet=[query.PropertySpec(type=kind, pathSet=list(names), all=False) for kind, names in paths.items()],
            reportMissingObjectsInResults=True,
        )
        answer = self.call(collector.RetrievePropertiesEx, [spec], query.RetrieveOptions(maxObjects=page), what=what)
        while answer is not None:
            token = answer.token
            for each in answer.objects:
                yield _found(each, paths)
            answer = self._further(token, what) if token else None

    def _further(self, token: str, what: str) -> Any:
        """vCenter 7.0.3.2 up to 8.0.2 ask for more where an answer has a second page (govmomi issue 3455)."""
        try:
            return self.call(self.content.propertyCollector.ContinueRetrievePropertiesEx, token, what=what)
        except VsphereError as error:
            if error.code != PERMISSION:
                raise
            text = f"{error.message.rstrip('.')}; for long answers some versions of vCenter want System.Read on the root folder: give the user a role there, "
            raise VsphereError(error.code, f"{text}without propagation.", **error.details) from error

    def each(self, job: Callable[[T], Any], items: Sequence[T]) -> List[Any]:
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

    def _make_stub(self) -> Any:
        login = self.login
        context = ssl.create_default_context()
        if not login.validate_certs:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        stub = dep.SoapStubAdapter(
            login.hostname, login.port, version=_FIRST_VERSION, sslContext=context, poolSize=self.parallel, httpConnectionTimeout=login.timeout
        )
        # Not pyVmomi's own proxy, which can't connect in 8.0.3 (HTTPProxyConnection wants a port that nobody gives it).
        stub.scheme = partial(_through_proxy, login) if login.proxy_host else Connection
        return stub

    def _greet(self) -> Any:
        content = dep.vim.ServiceInstance("ServiceInstance", self._stub).RetrieveContent()
        self._stub.ComputeVersionInfo(_best_version(content.about.apiVersion))
        return content

    def _log_in(self) -> None:
        login = self.login
        self._guarded(lambda: self.content.sessionManager.Login(login.username, login.password, None), f"logging in as {login.username}")

    def _invoke(self, method: Callable[..., T], args: Sequence[Any], kwargs: Mapping[str, Any], what: str) -> T:
        try:
            return method(*args, **kwargs)
        except Exception as error:  # pylint: disable=broad-except
            failure = translate(error, what, self.server)
            if failure.code == SESSION:
                self._dead = True
            raise failure from error

    def _be_logged_in(self) -> None:
        if not self._dead:
            return
        with self._lock:
            if self._lost is not None:
                raise self._lost
            if not self._dead:
                return
            self._stub.cookie = ""
            try:
                self._log_in()
            except VsphereError as error:
                self._lost = error
                raise
            self._dead = False

    def _guarded(self, work: Callable[[], T], what: str) -> T:
        try:
            return work()
        except Exception as error:  # pylint: disable=broad-except
            raise translate(error, f"{what} at {self.server}", self.server) from error


def _found(content: Any, paths: Mapping[Any, Sequence[str]]) -> Found:
    asked = [path for kind, names in paths.items() if isinstance(content.obj, kind) for path in names]
    known = {item.name: item.val for item in content.propSet if item.val is not None}
    return Found(content.obj, known, gaps_of(asked, known, {item.path: gap(item.fault) for item in content.missingSet}))


class Connection(HTTPSConnection):
    """pyVmomi calls it in place of HTTPSConnection. A request that found no connection is told apart from one that got no answer."""

    def connect(self) -> None:
        """NotSent, with the reason as its cause."""
        try:
            super().connect()
        except (OSError, HTTPException) as error:
            raise NotSent() from error


def _through_proxy(login: Login, host: str, port: Optional[int] = None, **more: Any) -> HTTPSConnection:
    """A connection that asks the proxy for a tunnel."""
    connection = Connection(str(login.proxy_host), login.proxy_port, **more)
    connection.set_tunnel(login.hostname, login.port)
    return connection


def _best_version(server: str) -> str:
    """The newest version of the API that both sides speak."""
    known: List[Tuple[Tuple[int, ...], str]] = []
    for version in dep.GetServiceVersions("vim25"):
        numbers = _numbers(dep.versionIdMap.get(version, ""))
        if numbers:
            known.append((numbers, version))
    spoken = [pair for pair in known if pair[0] <= _numbers(server)]
    return max(spoken)[1] if spoken else _FIRST_VERSION


def _numbers(version: str) -> Tuple[int, ...]:
    parts = version.split(".")
    if not all(part.isdigit() for part in parts):
        return ()
    numbers = [int(part) for part in parts]
    # 6.7 and 6.7.0.0 are one version.
    return tuple(numbers + [0] * (4 - len(numbers)))
