# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What promiscuity_info asks and answers. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Iterator, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._linux.promiscuity import Books, Entry, Ledger, extra
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.promiscuity_findings import Judge
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import Device, Evidence, Gap
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError


def spec() -> dict[str, Any]:
    """The module's argument specification."""
    item = {
        "match": {"type": "str", "required": True},
        "count": {"type": "int", "default": 1},
        "reason": {"type": "str", "required": True},
        "executable": {"type": "path"},
        "device": {"type": "str"},
    }
    return {"interfaces": {"type": "list", "elements": "str"}, "expected": {"type": "list", "elements": "dict", "default": [], "options": item}}


class PromiscuityRequest:
    """All interfaces or chosen ones, and what is expected."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        asked = params["interfaces"]
        self._asked: list[str] | None = None
        if asked is not None:
            self._asked = [each if normalize.is_glob(each) else normalize.device_name(each, "interfaces") for each in asked]
        self._extras = [extra(item) for item in params["expected"]]

    def answer(self, evidence: Evidence) -> dict[str, Any]:
        """The result, interfaces sorted by name."""
        books = Books(evidence, self._extras)
        ledgers = {name: books.ledger(evidence.devices[name]) for name in self._chosen(evidence)}
        return {
            "interfaces": [_interface(evidence.devices[name], ledger) for name, ledger in ledgers.items()],
            "findings": Judge(evidence, books).findings(ledgers),
            "not_looked_at": [{"what": gap.what, "reason": gap.reason} for gap in (*evidence.gaps, *self._unmatched(evidence))],
        }

    def _unmatched(self, evidence: Evidence) -> Iterator[Gap]:
        """A pattern without an interface found nothing as it looked at nothing."""
        for pattern in self._asked or ():
            if normalize.is_glob(pattern) and not any(fnmatchcase(name, pattern) for name in evidence.devices):
                yield Gap(f"interfaces named {pattern}", f"no interface has such a name; there are {', '.join(sorted(evidence.devices))}")

    def _chosen(self, evidence: Evidence) -> list[str]:
        found = sorted(evidence.devices)
        if self._asked is None:
            return found
        for name in self._asked:
            if not normalize.is_glob(name) and name not in evidence.devices:
                raise InputError(f"interfaces: there is no interface {name}; there are {', '.join(found)}.")
        return [name for name in found if any(name == each or fnmatchcase(name, each) for each in self._asked)]


def _interface(device: Device, ledger: Ledger) -> dict[str, Any]:
    words = (("up", device.up), ("running", device.running), ("promisc", device.administrator))
    return {
        "name": device.name,
        "kind": device.kind,
        "master": device.master,
        "flags": [word for word, given in words if given],
        "counter": device.counter,
        "ledger": [_entry(entry) for entry in ledger.entries],
        "unexplained": ledger.unexplained,
    }


def _entry(entry: Entry) -> dict[str, Any]:
    holders = entry.socket.holders if entry.socket else ()
    return {
        "source": entry.source,
        "count": entry.holds,
        "detail": entry.detail,
        "device": entry.device,
        "reason": entry.reason,
        "holders": [each._asdict() for each in holders],
    }
