# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Rules between the fields of a distributed group or port: what one flag of inheritance for several fields allows. Pure."""

from __future__ import annotations

from typing import Any, Collection, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreadableError, UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import INHERIT, Field, Fields, Value
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import SwitchFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.fields import MAC_LEARNING
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.flatten import LEARNING_NAMES, SECURITY_NAMES
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.vlan import pvlan_of

PREFIX = "mac_learning_"
_ENABLED = f"{PREFIX}enabled"
# Of vSphere API 6.7, which is version 6.6.0 of a switch.
SINCE = "6.6.0"


def learning_wish(option: Mapping[str, Any] | None) -> dict[str, Value]:
    """The option C(mac_learning), checked. C(false) is a value, only None is absent."""
    if option is None:
        return {}
    given = {name: option[name] for name in option if option[name] is not None}
    inherit = given.pop("inherit", None)
    if inherit and given:
        raise InputError(f"mac_learning: inherit: true takes all of it from the level above, and {', '.join(sorted(given))} is given too; leave out one.")
    if inherit:
        return dict.fromkeys(LEARNING_NAMES, INHERIT)
    if not given and inherit is None:
        raise InputError("mac_learning: nothing is asked for; give enabled, allow_unicast_flooding, limit, limit_policy or inherit.")
    fields = {field.name: field for field in MAC_LEARNING}
    checked: dict[str, Value] = {}
    for name, value in given.items():
        value = value.lower() if isinstance(value, str) else value
        checked[PREFIX + name] = normalize.field_value(fields[PREFIX + name], value, f"mac_learning.{name}")
    # inherit: false alone keeps what is in effect, as the object's own.
    return checked or {_ENABLED: None}


def complete(label: str, asked: Fields, have: Fields, effective: Fields, switch: SwitchFacts) -> dict[str, Value]:
    """The wish with what has to be written together; refuses what the switch can't have.

    C(have) is what the object has configured, C(effective) what is in effect there.
    """
    _told(label, asked, have, effective, switch)
    wish = dict(asked)
    _learning(label, wish, have, effective, switch)
    _private_vlan(label, wish, switch)
    if "mac_management_override" in wish and not switch.mac_management:
        raise UnsupportedError(
            f"{label}: {switch.name} has version {switch.version}, and mac_management_override needs {SINCE}; use security_override there.",
            option="mac_management_override",
        )
    if switch.mac_management:
        _one_flag(label, wish, have, effective)
        _learning_under_inherited(label, wish, have, effective)
    return wish


def override(field: Field, switch: SwitchFacts) -> str:
    """The flag of a group without which no port of it has a value of its own."""
    return field.override if switch.mac_management or field.override != "mac_management_override" else "security_override"


def must_be_told(label: str, names: Collection[str], have: Fields) -> None:
    """UnreadableError for fields that the object has and the server does not tell: nobody can say whether they are as asked for."""
    unknown = [name for name in names if name in have and have[name] is None]
    if unknown:
        raise UnreadableError(
            f"{label}: the server does not tell its {_and(unknown)}, so whether that is as asked for is not known; run the task again, or look at "
            "it in vCenter."
        )


def _told(label: str, asked: Fields, have: Fields, effective: Fields, switch: SwitchFacts) -> None:
    """A group that is to be made has nothing yet, and takes from its switch what is not given."""
    learns = [name for name in LEARNING_NAMES if name in asked]
    names = [name for name in asked if name not in LEARNING_NAMES]
    if switch.mac_management and not {*SECURITY_NAMES}.isdisjoint(names):
        names = list(dict.fromkeys((*names, *SECURITY_NAMES)))
    if learns and switch.mac_management:
        names.append(_ENABLED)
    must_be_told(label, names, have)
    kept = switch.mac_management and learns and asked.get(_ENABLED) is None and INHERIT not in asked.values()
    if kept and have.get(_ENABLED, INHERIT) == INHERIT:
        must_be_told(f"{label}, in effect", [_ENABLED], {_ENABLED: effective.get(_ENABLED)})
    if not have and switch.mac_management:
        must_be_told(f"switch {switch.name}", [name for name in names if name in SECURITY_NAMES], switch.effective)


def _learning(label: str, wish: dict[str, Value], have: Fields, effective: Fields, switch: SwitchFacts) -> None:
    asked = {name: wish.pop(name) for name in LEARNING_NAMES if name in wish}
    if not asked:
        return
    if not switch.mac_management:
        raise UnsupportedError(
            f"{label}: {switch.name} has version {switch.version}, and MAC learning needs {SINCE}; upgrade the switch or leave out mac_learning.",
            option="mac_learning",
        )
    given = {name: value for name, value in asked.items() if value is not None}
    if INHERIT in given.values():
        # One flag: what is not told, as vCenter tells nothing more of learning that is off, follows the rest.
        wish.update({name: value for name, value in given.items() if have.get(name, INHERIT) is not None})
        return
    # Its flag of inheritance is one: what is not given stays what is in effect.
    own = {name: effective.get(name) if have.get(name, INHERIT) == INHERIT else have[name] for name in LEARNING_NAMES}
    merged = {name: value for name, value in {**own, **given}.items() if value is not None}
    if merged.get(_ENABLED) is not False:
        wish.update(merged)
        return
    lost = [f"mac_learning.{name[len(PREFIX) :]}" for name in given if name != _ENABLED]
    if lost:
        raise InputError(
            f"{label}: {_and(lost)} can't be held where MAC learning is off, as vCenter keeps none of it there; set mac_learning.enabled: true too, "
            f"or leave {'it' if len(lost) == 1 else 'them'} out."
        )
    wish[_ENABLED] = False


def _private_vlan(label: str, wish: Fields, switch: SwitchFacts) -> None:
    number = pvlan_of(str(wish.get("vlan", "")))
    if number is not None and number not in switch.pvlans:
        known = ", ".join(map(str, switch.pvlans)) or "none"
        raise InputError(f"{label}: {switch.name} has no private VLAN {number} (it has: {known}); add it to the switch first or name another.")


def _one_flag(label: str, wish: Fields, have: Fields, effective: Fields) -> None:
    if not any(name in wish for name in SECURITY_NAMES):
        return
    own = {name: wish.get(name, have.get(name, INHERIT)) for name in SECURITY_NAMES}
    inherited = [name for name in SECURITY_NAMES if own[name] == INHERIT]
    if inherited and len(inherited) < len(SECURITY_NAMES):
        others = [name for name in SECURITY_NAMES if name not in inherited]
        raise InputError(
            f"{label}: {_and(inherited)} would be inherited and {_and(others)} not, but the switch has one flag of inheritance for all three "
            f"(macManagementPolicy); give accept or reject for each, or inherit for all. In effect now: {_listed(effective)}."
        )


def _learning_under_inherited(label: str, wish: Fields, have: Fields, effective: Fields) -> None:
    """InheritablePolicy: where inherited is true, "any set property in the subclass will be ignored"; MAC learning is such a property."""
    merged = {**have, **wish}
    explicit = any(merged.get(name, INHERIT) not in (INHERIT, None) for name in LEARNING_NAMES)
    if merged.get(SECURITY_NAMES[0], INHERIT) != INHERIT or not explicit:
        return
    if any(name in wish for name in LEARNING_NAMES):
        raise InputError(
            f"{label}: mac_learning can't be set where security is inherited, as vSphere ignores it there; give all three values of security too. "
            f"In effect now: {_listed(effective)}."
        )
    if any(name in wish for name in SECURITY_NAMES):
        raise InputError(
            f"{label}: security can't be inherit while MAC learning is set, as vSphere would drop that setting; set mac_learning.inherit: true too."
        )


def _listed(effective: Fields) -> str:
    return ", ".join(f"{name} {effective.get(name)}" for name in SECURITY_NAMES)


def _and(names: Any) -> str:
    return " and ".join(names)
