# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Properties of many objects by few calls of the PropertyCollector, also where the session ends between two of them."""

from __future__ import annotations

from typing import Any, Callable, Iterator, List, Mapping, NamedTuple, Protocol, Sequence, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import PERMISSION, SESSION, VsphereError, gap, translate
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import Found, gaps_of

PAGE = 100

# The objects that an answer tells of, and the token of what it has not told yet; empty if that is all.
_Page = Tuple[List[Any], str]


class Hop(NamedTuple):
    """From an object of a type go on along a property, and from what is found there along the hops whose paths are in C(then).

    C(kind) is pyVmomi's class. Only hops that lead on are named in C(then): a way in circles has no end on some servers.
    """

    kind: Any
    path: str
    then: tuple[str, ...] = ()


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
    seen: set[Any] = set()
    for last in (False, True):
        try:
            for each in _Reading(caller, asked, last).objects():
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

    def objects(self) -> Iterator[Found]:
        """What is known by its reference in pieces; what the server has to find by itself in its own pages, or level by level where it has but one."""
        asked = self._asked
        if not asked.hops:
            yield from (_found(each, asked.paths) for each in self._pieces(asked.roots, asked.paths))
            return
        told, token = self._ask(asked.roots, asked.paths, asked.hops)
        yield from (_found(each, asked.paths) for each in told)
        while token:
            page = self._further(token)
            if page is None:
                yield from self._levels()
                return
            told, token = page
            yield from (_found(each, asked.paths) for each in told)

    def _ask(self, refs: Sequence[Any], paths: Mapping[Any, Sequence[str]], hops: Sequence[Hop] = ()) -> _Page:
        query = dep.vmodl.query.PropertyCollector
        walks = [
            query.TraversalSpec(
                name=hop.path,
                type=hop.kind,
                path=hop.path,
                skip=False,
                selectSet=[query.SelectionSpec(name=each.path) for each in hops if each.path in hop.then],
            )
            for hop in hops
        ]
        spec = query.FilterSpec(
            objectSet=[query.ObjectSpec(obj=ref, skip=False, selectSet=walks) for ref in refs],
            propSet=[query.PropertySpec(type=kind, pathSet=list(names), all=False) for kind, names in paths.items()],
            reportMissingObjectsInResults=True,
        )
        session, method = self._caller.session, self._caller.content.propertyCollector.RetrievePropertiesEx
        return self._told(self._caller.call(method, [spec], query.RetrieveOptions(maxObjects=self._asked.page), what=self._asked.what), session)

    def _told(self, answer: Any, session: int) -> _Page:
        """The objects of an answer. C(_Ended) where the server does not say by a fault that the session has ended, but of each property."""
        if answer is None:
            return [], ""
        faults = [item.fault for each in answer.objects for item in each.missingSet]
        ended = next((fault for fault in faults if gap(fault).code == SESSION), None)
        if ended is not None and not self._last:
            self._caller.expired(session)
            raise _Ended(translate(ended, self._asked.what))
        return list(answer.objects), str(answer.token or "")

    def _further(self, token: str) -> _Page | None:
        """The next page; None if the user may have none: vCenter 7.0.3.2 up to 8.0.2 want System.Read on the root folder for it (govmomi issue 3455)."""
        session = self._caller.session
        try:
            answer = self._caller.once(self._caller.content.propertyCollector.ContinueRetrievePropertiesEx, token, what=self._asked.what)
        except VsphereError as error:
            if error.code == SESSION:
                raise _Ended(error) from error
            if error.code != PERMISSION:
                raise
            return None
        return None if answer is None else self._told(answer, session)

    def _pieces(self, refs: Sequence[Any], paths: Mapping[Any, Sequence[str]]) -> Iterator[Any]:
        """Of known objects, so many at a time that there is no further page. "PropertyCollector policy may still limit the count to something less than
        maxObjects" (RetrieveOptions): what is left then is asked for anew."""
        waiting = list(refs)
        while waiting:
            piece, waiting = waiting[: self._asked.page], waiting[self._asked.page :]
            told, token = self._ask(piece, paths)
            yield from told
            if token:
                there = {each.obj for each in told}
                left = [ref for ref in piece if ref not in there]
                if len(left) == len(piece):
                    raise VsphereError("backend", f"{self._asked.what}: the server tells nothing of {len(piece)} objects but that there is more to tell.")
                waiting = left + waiting

    def _levels(self) -> Iterator[Found]:
        """From the roots down, along the hops, by the references that each level tells of the next."""
        asked = self._asked
        paths = {kind: list(names) for kind, names in asked.paths.items()}
        for hop in asked.hops:
            paths.setdefault(hop.kind, []).append(hop.path)
        level = {root: {hop.path for hop in asked.hops} for root in asked.roots}
        been: dict[Any, set[str]] = {}
        while level:
            for ref, ways in level.items():
                been.setdefault(ref, set()).update(ways)
            below: dict[Any, set[str]] = {}
            for each in self._pieces(list(level), {kind: list(dict.fromkeys(names)) for kind, names in paths.items()}):
                found = _found(each, asked.paths)
                # What has gone since the level above was read is not there, as where the server goes from one to the other.
                if isinstance(each.obj, tuple(asked.paths)) and (each.obj in asked.roots or not found.gone):
                    yield found
                for ref, then in _next(each, [hop for hop in asked.hops if hop.path in level[each.obj]]):
                    below.setdefault(ref, set()).update(then)
            level = {ref: ways for ref, ways in below.items() if ref not in been or ways - been[ref]}


def _next(content: Any, hops: Sequence[Hop]) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Where the hops lead from an object, and along which one goes on from there."""
    values = {item.name: item.val for item in content.propSet}
    for hop in hops:
        value = values.get(hop.path) if isinstance(content.obj, hop.kind) else None
        for ref in value if isinstance(value, list) else [value]:
            if ref is not None:
                yield ref, hop.then


def _found(content: Any, paths: Mapping[Any, Sequence[str]]) -> Found:
    """Without what was asked for to find the way only."""
    asked = [path for kind, names in paths.items() if isinstance(content.obj, kind) for path in names]
    known = {item.name: item.val for item in content.propSet if item.val is not None and item.name in asked}
    return Found(content.obj, known, gaps_of(asked, known, {item.path: gap(item.fault) for item in content.missingSet if _concerns(item.path, asked)}))


def _concerns(path: str, asked: Sequence[str]) -> bool:
    """Whether a path is one that was asked for, or above or below one."""
    return any(each == path or each.startswith(f"{path}.") or path.startswith(f"{each}.") for each in asked)
