# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a server tells of the properties of an object: a value, that there is none, or nothing, and then why. Pure.

C(missingSet) has "properties for which values could not be retrieved and the associated fault" (ObjectContent). An array without elements
that is asked for by its path comes as an empty array. So what is in neither set is not known either: what is above it is not
set, as C(config) of a host that has not been synchronized. It must never be taken for none.
"""

from __future__ import annotations

from typing import Any, Iterable, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreadableError
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few

# Properties of which the API says that they need not be set. All others are required, or arrays.
OPTIONAL = frozenset(("config.backingType", "config.uplink", "runtime.bootTime"))
_UNSET = "the server tells no value, though there always is one; see that its host is connected, and run the task again"
# The end of a sentence about an object that is in no answer.
HIDDEN = "the user can't see it; give the role of the user System.View and System.Read on it"
_NAMED = 3


class Gap(NamedTuple):
    """Why a property is not known: C(code) as of a VsphereError or C(unset), C(text) as the end of a sentence."""

    code: str
    text: str


Gaps = Mapping[str, Gap]
UNSET = Gap("unset", _UNSET)
GONE = Gap("not_found", "the object is not there any more; run the task again")


class Found(NamedTuple):
    """One object that was read: its reference, the values of its properties by path, and the reasons for those that are not known.

    An optional property that is not set is in neither.
    """

    ref: Any
    props: Mapping[str, Any]
    gaps: Gaps

    @property
    def gone(self) -> bool:
        """Whether it is not there any more."""
        return bool(self.gaps) and not self.props and all(gap.code == GONE.code for gap in self.gaps.values())

    @property
    def name(self) -> str:
        """As users write it; the reference of an object whose name is not known."""
        return plain_name(str(self.props["name"])) if "name" in self.props else moid(self.ref)

    def value(self, path: str) -> Any:
        """The value, None for an optional property that is not set. UnreadableError where it is not known."""
        if path in self.gaps:
            raise UnreadableError(f"{self.name}: {why(self.gaps, [path])}.")
        return self.props.get(path)

    def either(self, path: str, otherwise: Any) -> Any:
        """The value, or C(otherwise) where it is not known. Whoever asks so must tell C(why) too."""
        return self.props.get(path, otherwise)

    def why(self, *paths: str) -> str:
        """The end of a sentence about those of the paths that are not known; of all paths if none is given. Empty if all are known."""
        return why(self.gaps, paths or list(self.gaps))


def gaps_of(asked: Iterable[str], known: Mapping[str, Any], missing: Mapping[str, Gap]) -> dict[str, Gap]:
    """What is not known of all that was asked for."""
    unset = {path: UNSET for path in asked if path not in known and path not in missing and path not in OPTIONAL}
    return {**missing, **unset}


def why(gaps: Gaps, paths: Sequence[str]) -> str:
    """C(its name and parent can't be read: the user lacks ...): paths with the same reason once."""
    by_reason: dict[str, list[str]] = {}
    for path in paths:
        if path in gaps:
            by_reason.setdefault(gaps[path].text, []).append(path)
    return "; and ".join(f"its {_some(names)} can't be read: {text}" for text, names in by_reason.items())


def _some(names: Sequence[str]) -> str:
    if len(names) > _NAMED:
        return f"{few(names, _NAMED)} properties"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def unseen(listed: Iterable[Any], seen: Iterable[Any]) -> list[str]:
    """The references of objects that a list has and the answer does not: the user may not see them."""
    there = set(seen)
    return sorted(moid(ref) for ref in listed if ref not in there)


def cant_see(refs: Sequence[str]) -> str:
    """The end of a sentence about objects that a list names, and of which the user sees nothing; empty if there are none."""
    return f"the user can't see {few(refs, _NAMED)}" if refs else ""


def moid(ref: Any) -> str:
    """The server's own name of an object: C(host-12)."""
    return str(ref._GetMoId())  # pylint: disable=protected-access


def plain_name(name: str) -> str:
    """The inventory escapes three characters in the names of its entities (ManagedEntity.name); users write them plainly."""
    for code, character in (("%2f", "/"), ("%2F", "/"), ("%5c", "\\"), ("%5C", "\\"), ("%25", "%")):
        name = name.replace(code, character)
    return name
