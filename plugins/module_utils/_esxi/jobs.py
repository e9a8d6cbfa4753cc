# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The driver for jobs on many hosts that are no settings, such as to install a driver: each host is looked at, told what it would take, and
changed only then; each is its own outcome.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, Protocol, Sequence, Tuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreachableError, UnreadableError, VirtnetError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import nothing_to_do
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.backend import why_away
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import Host, Inventory
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import Selection
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Client
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import VsphereError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import GONE, Found, why

Params = Mapping[str, Any]


@dataclass
class Outlook:
    """What a job would do: the steps in words, and what would change. C(report) is what the result says beside that, C(looked_at) counts the
    things that the wish is about, which C(noun) is the word for."""

    before: Dict[str, Any] = field(default_factory=dict)
    after: Dict[str, Any] = field(default_factory=dict)
    actions: List[str] = field(default_factory=list)
    report: Dict[str, Any] = field(default_factory=dict)
    warnings: List[str] = field(default_factory=list)
    looked_at: int = 0
    noun: str = "object"
    # Names and patterns of the wish for which the host has nothing, and the names that it has.
    missed: List[str] = field(default_factory=list)
    there: List[str] = field(default_factory=list)


class Job(Protocol):
    """What is to be done on one host. VirtnetError is that host's failure."""

    name: str

    def look(self) -> Outlook:
        """Read, refuse what can't be, and foretell. Changes nothing."""

    def act(self, outlook: Outlook) -> None:
        """Do it and read it back; on failure undo what can be undone. May change the report."""


@dataclass
class Target:
    """What became of one host."""

    name: str
    outlook: Outlook = field(default_factory=Outlook)
    error: Optional[VirtnetError] = None
    unreachable: bool = False
    verified: bool = False

    @property
    def changed(self) -> bool:
        """Whether it is, or would be, another one than before."""
        if self.error is not None:
            return bool(self.error.details.get("not_undone"))
        return bool(self.outlook.actions)

    def result(self) -> Dict[str, Any]:
        """In the form in which modules return it."""
        shown: Dict[str, Any] = {
            **self.outlook.report, "changed": self.changed, "failed": self.error is not None, "unreachable": self.unreachable, "verified": self.verified,
            "before": self.outlook.before, "actions": self.outlook.actions,
        }
        if self.error is not None:
            return {**shown, **self.error.details, "msg": self.error.message, "error_code": self.error.code}
        steps = len(self.outlook.actions)
        done = "done and read back" if self.verified else "to do"
        return {**shown, "after": self.outlook.after, "msg": f"{steps} step{'s' if steps > 1 else ''} {done}." if steps else self.nothing}

    @property
    def nothing(self) -> str:
        """The sentence for a host where nothing is to be done."""
        return nothing_to_do(self.outlook.looked_at, noun=self.outlook.noun)


def chosen(client: Client, params: Params, paths: Sequence[str], what: str) -> List[Tuple[Host, Found]]:
    """The hosts that are meant, each with the properties that were asked for: two reads in all."""
    from_inventory = Inventory(client).select(Selection(params))
    read: Dict[Any, Found] = {}
    if from_inventory:
        kind = type(from_inventory[0].ref)
        read = {each.ref: each for each in client.retrieve([host.ref for host in from_inventory], {kind: list(paths)}, what=what)}
    return [(host, read.get(host.ref, Found(host.ref, {"name": host.name}, {path: GONE for path in paths}))) for host in from_inventory]


def readable(host: Host) -> None:
    """UnreadableError for a host of which not even name and state are known."""
    if host.gaps:
        raise UnreadableError(f"{host.name}: {why(host.gaps, list(host.gaps))}.")


def run_jobs(jobs: Sequence[Tuple[Host, Optional[Job]]], client: Client, act: bool) -> List[Target]:
    """Look at all hosts; then, if C(act), change those where there is something to do. A host without a job can't be reached."""
    targets = [Target(host.name) for host, _job in jobs]

    def look(number: int) -> None:
        host, job = jobs[number]
        target = targets[number]
        if job is None:
            target.unreachable = True
            target.error = UnreachableError(f"{host.name}: {host.why_unreachable}.")
            return
        try:
            readable(host)
            target.outlook = job.look()
            target.outlook.warnings += [f"{remark[0].upper()}{remark[1:]}." for remark in host.remarks]
        except VirtnetError as error:
            # Only what vCenter says of the host's state now makes it one that can't be reached.
            target.unreachable, target.error = isinstance(error, VsphereError) and bool(why_away(client, host, error)), error

    def do(number: int) -> None:
        job, target = jobs[number][1], targets[number]
        try:
            if job is not None:
                job.act(target.outlook)
            target.verified = True
        except VirtnetError as error:
            target.error = error

    _each(look, list(range(len(jobs))), client.parallel)
    if act:
        _each(do, [number for number, target in enumerate(targets) if target.error is None and target.outlook.actions], client.parallel)
    return targets


def _each(job: Callable[[int], None], numbers: Sequence[int], parallel: int) -> None:
    """So many at a time. What a job raises beside the errors it handles is a mistake, and is raised when all have ended."""
    if not numbers:
        return
    with ThreadPoolExecutor(max_workers=min(parallel, len(numbers))) as pool:
        for done in [pool.submit(job, number) for number in numbers]:
            done.result()
