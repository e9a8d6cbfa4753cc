# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The policy document's words: three policies, guards, profiles, and how a port inherits them. Pure, and the same for every backend."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Optional

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import GUARDS, of_profile
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, REJECT

# As a VMware port group has them, in its order.
SECURITY = ("promiscuous", "mac_changes", "forged_transmits")

Values = Mapping[str, Optional[str]]


@dataclass(frozen=True)
class Profile:
    """Values for whoever does not want to choose each."""

    security: Values
    guards: Values
    purpose: str


def _profile(name: str, security: str, purpose: str) -> Profile:
    """What it gives each guard is in the rows of guards."""
    return Profile(dict.fromkeys(SECURITY, security), of_profile(name), purpose)


PROFILES: dict[str, Profile] = {
    "guest": _profile("guest", REJECT, "a guest with addresses of its own and nothing behind it"),
    "router": _profile("router", REJECT, "a guest that routes: its frames bear its own MAC address and foreign IP addresses"),
    # Guests behind it have MAC addresses, IP addresses and VLANs that nobody here knows.
    "nested_hypervisor": _profile("nested_hypervisor", ACCEPT, "a guest with guests of its own behind it, whose addresses are not known here"),
}


@dataclass(frozen=True)
class Level:
    """What one level of the document says: a switch, a port group or a port. None is absent."""

    label: str
    security: Values
    guards: Values
    isolated: bool | None = None
    multicast_flood: bool | None = None
    # Guards of the profile that nobody wrote out.
    by_profile: frozenset[str] = frozenset()

    @staticmethod
    def of(label: str, item: Mapping[str, Any]) -> Level:
        """From what the user wrote. What is written out goes before the profile."""
        profile = PROFILES.get(str(item.get("profile")))
        given_security, given_guards = item.get("security") or {}, item.get("guards") or {}
        security, guards = (profile.security, profile.guards) if profile else ({}, {})
        return Level(
            label,
            {name: given_security.get(name) or security.get(name) for name in SECURITY},
            {name: given_guards.get(name) or guards.get(name) for name in GUARDS},
            item.get("isolated"),
            item.get("multicast_flood"),
            frozenset(name for name in guards if not given_guards.get(name)),
        )


@dataclass(frozen=True)
class Resolution:
    """What a port gets. C(configured) is its own or its group's value; a policy that nobody names is in neither."""

    configured: dict[str, str] = field(default_factory=dict)
    effective: dict[str, str] = field(default_factory=dict)
    # The label of the level from which the value in effect comes.
    source: dict[str, str] = field(default_factory=dict)
    guards: dict[str, str] = field(default_factory=dict)
    isolated: bool | None = None
    multicast_flood: bool | None = None
    # Guards that a profile gave, and that nobody asked for by name.
    by_profile: set[str] = field(default_factory=set)


def resolve(levels: tuple[Level, ...]) -> Resolution:
    """From the port up to its switch, C(levels) in that order. Raises InputError for a value that inherits from nobody."""
    result = Resolution(isolated=_first(levels, "isolated"), multicast_flood=_first(levels, "multicast_flood"))
    for name in SECURITY:
        _resolve_policy(name, levels, result)
    for name in GUARDS:
        level = next((level for level in levels if level.guards.get(name)), None)
        if level is not None:
            result.guards[name] = str(level.guards[name])
            result.by_profile.update({name} & level.by_profile)
    return result


def _resolve_policy(name: str, levels: tuple[Level, ...], result: Resolution) -> None:
    """The nearest level that says something decides; C(inherit) hands the question to the next one that does."""
    said = [(level, level.security[name]) for level in levels if level.security.get(name)]
    if not said:
        return
    # A port is a member of its group as a VM's is on a vSwitch: the group's value is the port's own.
    result.configured[name] = str(said[0][1])
    for level, value in said:
        if value != INHERIT:
            result.effective[name], result.source[name] = str(value), level.label
            return
    raise InputError(
        f"{said[0][0].label}: {name} is inherit, and there is nothing to inherit; give {said[-1][0].label} or the switch above it accept or reject."
    )


def _first(levels: tuple[Level, ...], name: str) -> bool | None:
    return next((getattr(level, name) for level in levels if getattr(level, name) is not None), None)


# A record shares the 128 bytes of an element's comment with others: of what came of a value its first letter is enough.
_EFFECTIVE = {"a": ACCEPT, "r": REJECT, ACCEPT: ACCEPT, REJECT: REJECT}


def record(configured: Mapping[str, str], effective: Mapping[str, str]) -> str:
    """One line that is kept beside the guards, so that what was asked for can be reported later."""
    parts = []
    for name in SECURITY:
        if name in configured:
            own, now = configured[name], effective.get(name)
            parts.append(f"{name}={own}" + (f":{now[0]}" if now and now != own else ""))
    return " ".join(parts)


def read_record(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """The configured and the effective values of a record; what is not understood is left out."""
    configured: dict[str, str] = {}
    effective: dict[str, str] = {}
    for part in text.split():
        name, separator, values = part.partition("=")
        own, _colon, now = values.partition(":")
        if name in SECURITY and separator and own in (ACCEPT, REJECT, INHERIT):
            configured[name] = own
            if (now or own) in _EFFECTIVE:
                effective[name] = _EFFECTIVE[now or own]
    return configured, effective
