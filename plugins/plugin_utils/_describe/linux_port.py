# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""One port of a bridge: what the document says of it, what stands beside in words, and what profile guest would tighten. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import GUARDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import REJECT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY
from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.commented import Commented, Map, tree
from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.words import Facts, named, policies

# Judged as guests.
_GUESTS = ("guest", "unknown")
_TODO = "TODO"
_ORDER = ("name", "profile", "macs", "addresses", "security", "guards", "isolated", "multicast_flood")
# libvirt gives a tap the guest's address with FE as first octet (virNetDevTapCreateInBridgePort).
_LIBVIRT, _LIBVIRT_DEFAULT = "fe:", "52:"
# What is told of a port where it is not as in one that has just joined.
_TOLD = (
    ("locked", True, "locked"),
    ("learning", False, "learns no addresses"),
    ("unicast_flood", False, "gets no unknown unicast"),
    ("multicast_flood", False, "gets no unknown multicast"),
    ("broadcast_flood", False, "gets no broadcast"),
    ("isolated", True, "isolated"),
    ("hairpin", True, "hairpin"),
    ("guard", True, "guard"),
    ("root_block", True, "root_block"),
    ("mab", True, "mab"),
)


class PortWriter:
    """What is known of the port, and what it becomes."""

    def __init__(self, bridge: Facts, name: str, options: Facts, recorded: Facts) -> None:
        self.bridge = bridge
        self.name = name
        self.options = options
        self.recorded = recorded
        status = bridge["status"]
        self.role: Facts = status["roles"].get(name) or {"role": "unknown", "reason": "not told"}
        self.protection: Facts = status["protection"].get(name) or {}
        security = self.protection.get("security") or {}
        self.effective = {policy: (security.get(policy) or {}).get("effective") for policy in SECURITY}
        self.guards: Facts = self.protection.get("guards") or {}
        self.learned: t.Sequence[str] = (status.get("learned") or {}).get(name) or []
        self.changes: list[str] = []
        self.missing: list[str] = []

    def entry(self, tighten: bool, unwritable: str, would_change: str) -> Commented:
        """The item, with its comments; off where naming the port would change something."""
        fields: dict[str, Commented] = {"name": Commented(self.name)}
        off = self._why_off(unwritable, would_change)
        if tighten and not unwritable and self.role["role"] in _GUESTS:
            self._tighten(fields)
        if "profile" not in fields or fields["profile"].off:
            fields = {**self._as_it_is(), **fields}
        fields.update(self._flags())
        if off:
            self.changes.clear()
            self.missing.clear()
        notes = (*self._notes(), *([f"OFF: {off}."] if off else []))
        return Commented(Map({word: fields[word] for word in _ORDER if word in fields}), notes, off=bool(off))

    def _why_off(self, unwritable: str, would_change: str) -> str:
        if unwritable:
            return f"{unwritable}, so no document can name the port"
        if self.protection.get("quarantined"):
            return "no policy knows this port, so its name in quarantine shuts it, and naming it would open it"
        if self.bridge["policy"].get("security") and self.protection.get("entry") == "none":
            return "no document has named it yet, so the switch's security does not hold for it, and naming it would make it hold"
        return f"applying it would change the port: {would_change}" if would_change else ""

    def _as_it_is(self) -> dict[str, Commented]:
        """Only what is so already: a policy that nobody told us of would be recorded, and that is a change."""
        found = {name: Commented(tree(self.recorded[name])) for name in ("macs", "addresses") if name in self.recorded}
        for name, order in (("security", SECURITY), ("guards", GUARDS)):
            values = self.recorded.get(name) or {}
            if values:
                found[name] = Commented(tree({word: values[word] for word in order if word in values}))
        return found

    def _flags(self) -> dict[str, Commented]:
        """What is no policy."""
        found = {"isolated": Commented(True)} if self.options.get("isolated") else {}
        querier = self.bridge["bridge"].get("mcast_querier") and self.bridge["bridge"].get("mcast_snooping")
        if self.options.get("multicast_flood") is False and querier:
            found["multicast_flood"] = Commented(False)
        return found

    def _tighten(self, fields: dict[str, Commented]) -> None:
        """With the profile where the guest's addresses are known; else ready to be switched on, with what is missing."""
        differs = [f"{word} {now or 'unknown'} -> {REJECT}" for word, now in [*self.effective.items(), *self._guards()] if now != REJECT]
        if not differs:
            return
        macs = self.recorded.get("macs") or self.protection.get("pinned") or []
        addresses = self.recorded.get("addresses")
        missing = [word for word, known in (("macs", bool(macs)), ("addresses", addresses is not None)) if not known]
        label = f"port {self.name} of {self.bridge['name']}"
        if missing:
            self.missing.append(f"{label}: {' and '.join(missing)}")
        else:
            self.changes += [f"{label}: {each}" for each in differs]
        notes = [", ".join(differs)]
        if missing:
            rest = " and take out its security and guards" if self.recorded.get("security") or self.recorded.get("guards") else ""
            notes = [f"{_TODO}: name the guest's {' and '.join(missing)}{rest}, then take the marks off the lines below.", f"It would be: {notes[0]}."]
        fields["profile"] = Commented("guest", tuple(notes), off=bool(missing))
        fields["macs"] = Commented(tree(macs or [_TODO]), tuple(self._hint(macs)), off="macs" not in self.recorded and bool(missing))
        known = addresses is not None
        note = () if known else ("IPv4 and IPv6 addresses or prefixes; [] for a guest without IP.",)
        fields["addresses"] = Commented(tree(addresses if known else [_TODO]), note, off=not known)

    def _guards(self) -> list[tuple[str, t.Any]]:
        return [(guard, self.guards.get(guard)) for guard in GUARDS]

    def _hint(self, macs: t.Sequence[str]) -> t.Iterator[str]:
        if not macs and self._tap().startswith(_LIBVIRT):
            yield f"{_LIBVIRT_DEFAULT}{self._tap()[3:]}, if the machine has libvirt's usual first octet: compare virsh domiflist."

    def _tap(self) -> str:
        """The address of the tap itself, which the host gave it."""
        found = [each for each in self.bridge.get("links") or [] if each.get("name") == self.name and each.get("kind") == "tap"]
        return str(found[0].get("address") or "") if found else ""

    def _notes(self) -> t.Iterator[str]:
        yield f"{self.name}: {self.role['role']} ({self.role['reason']})."
        yield f"In effect: {policies(self.effective)}; guards: {self._enforced()}."
        told = [words for option, value, words in _TOLD if self.options.get(option) is value]
        if told:
            yield f"Set: {', '.join(told)}."
        if self.protection.get("entry") == "altered":
            yield "Its entry in the table virtnet_hardening was changed by somebody."
        pinned = self.protection.get("pinned") or []
        if pinned:
            yield f"Pinned: {', '.join(pinned)}."
        loose = [each for each in self.bridge["fdb"]["entries"] if each["port"] == self.name and each["kind"] == "static" and not each["sticky"]]
        if loose:
            yield f"Static, but not sticky, so a port that learns can take it over: {', '.join(sorted(str(each['address']) for each in loose))}."
        if self.learned:
            yield f"Seen: {named(self.learned)}, learned from frames that came in here, so no proof of whose they are."
        if self._tap().startswith(_LIBVIRT) and self.role["role"] in _GUESTS:
            yield f"Its tap is {self._tap()}: libvirt gives it the guest's address with FE in front, so the guest's ends in {self._tap()[3:]}."

    def _enforced(self) -> str:
        values = dict(self._guards())
        rejected = [guard for guard, value in values.items() if value == REJECT]
        unknown = [guard for guard, value in values.items() if value not in (REJECT, "accept")]
        return (", ".join(rejected) or "none") + (f" (not known: {', '.join(unknown)})" if unknown else "")


def tightened(entry: Commented) -> bool:
    """Whether the item has the profile, which leaves nothing to inherit."""
    profile = t.cast(Map, entry.value).entries.get("profile")
    return profile is not None and not profile.off
