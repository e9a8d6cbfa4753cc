# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Properties of many objects by few calls of the PropertyCollector, also where the session ends between two of them."""

from __future__ import annotations

from typing import Any, Callable, Iterator, List, Mapping, NamedTuple, Optional, Protocol, Sequence, Set, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.fault import PERMISSION, SESSION, VsphereError, gap, translate
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.known import Found, gaps_of

PAGE = 100


class Hop(NamedTuple):
    """From an object of a type go on along a property, and from what is found there along the hops whose paths are in C(then).

    C(kind) is pyVmomi's class. Only hops that lead on are named in C(then): a way in circles has no end on some servers.
    """

    kind: Any
    path: str
    then: Tuple[str, ...] = ()


class Question(NamedTuple):
    """What is to be read, see Client.retrieve."""

    roots: Sequence[Any]
    paths: Mapping[Any, Sequence[str]]
    hops: Sequence[Hop]
    what: str
    page: int


class Caller(Protocol):
    """The session that makes the calls."""

    content: Any

    @property
    def session(self) -> int:
        """The number of the session, which is another one after each login."""

    def call(self, method: Callable[..., Any], *args: Any, what: str) -> Any:
        """A call that is repeated in a new session where the old one has ended."""

    def once(self, method: Callable[..., Any], *args: Any, what: str) -> Any:
        """A call that means nothing in another session."""

    def expired(self, session: int) -> None:
        """The server says that this session has ended."""


def retrieve(caller: Caller, asked: Question) -> Iterator[Found]:
    """Each object once. What a session that has ended would have told next nobody can ask for: it is read again from the start, once."""
    seen: Set[Any] = set()
    for last in (False, True):
        try:
            for each in _Reading(caller, asked, last).pages():
                if each.ref not in seen:
                    seen.add(each.ref)
                    yield each
            return
        except _Ended as error:
            if last:
                raise error.told from error


class _Ended(Exception):
    """The session has ended, and what was to come is lost with it."""

    def __init__(self, told: VsphereError) -> None:
        super().__init__(told.message)
        self.told = told


class _Reading:
    """One try."""

    def __init__(self, caller: Caller, asked: Question, last: bool) -> None:
        self._caller, self._asked, self._last = caller, asked, last

    def pages(self) -> Iterator[Found]:
        """By one RetrievePropertiesEx, and a ContinueRetrievePropertiesEx for each further page."""
        query, asked = dep.vmodl.query.PropertyCollector, self._asked
        walks = [
            query.TraversalSpec(
                name=hop.path, type=hop.kind, path=hop.path, skip=False,
                selectSet=[query.SelectionSpec(name=each.path) for each in asked.hops if each.path in hop.then],
            )
            for hop in asked.hops
        ]
        spec = query.FilterSpec(
            objectSet=[query.ObjectSpec(obj=root, skip=False, selectSet=walks) for root in asked.roots],
            propSet=[query.PropertySpec(type=kind, pathSet=list(names), all=False) for kind, names in asked.paths.items()],
            reportMissingObjectsInResults=True,
        )
        session = self._caller.session
        method = self._caller.content.propertyCollector.RetrievePropertiesEx
        answer = self._caller.call(method, [spec], query.RetrieveOptions(maxObjects=asked.page), what=asked.what)
        while answer is not None:
            for each in self._told(answer, session):
                yield _found(each, asked.paths)
            answer = self._further(answer.token) if answer.token else None

    def _told(self, answer: Any, session: int) -> List[Any]:
        """The objects of an answer. C(_Ended) where the server does not say by a fault that the session has ended, but of each property."""
        faults = [item.fault for each in answer.objects for item in each.missingSet]
        ended = next((fault for fault in faults if gap(fault).code == SESSION), None)
        if ended is not None and not self._last:
            self._caller.expired(session)
            raise _Ended(translate(ended, self._asked.what))
        return list(answer.objects)

    def _further(self, token: str) -> Optional[Any]:
        """vCenter 7.0.3.2 up to 8.0.2 ask for more where an answer has a second page (govmomi issue 3455)."""
        try:
            return self._caller.once(self._caller.content.propertyCollector.ContinueRetrievePropertiesEx, token, what=self._asked.what)
        except VsphereError as error:
            if error.code == SESSION:
                raise _Ended(error) from error
            if error.code != PERMISSION:
                raise
            text = f"{error.message.rstrip('.')}; for long answers some versions of vCenter want System.Read on the root folder: give the user a role there, "
            raise VsphereError(error.code, f"{text}without propagation.", **error.details) from error


def _found(content: Any, paths: Mapping[Any, Sequence[str]]) -> Found:
    asked = [path for kind, names in paths.items() if isinstance(content.obj, kind) for path in names]
    known = {item.name: item.val for item in content.propSet if item.val is not None}
    return Found(content.obj, known, gaps_of(asked, known, {item.path: gap(item.fault) for item in content.missingSet}))
