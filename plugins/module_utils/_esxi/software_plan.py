# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What it takes to have a bundle on a host, or not: refusals, the commands and what they need. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.depot import Depot
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.version import NO, UNKNOWN, compare
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.vib import LEVELS, Vib
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

RANKS = tuple(LEVELS.values())
COMPONENTS_FROM = EsxiVersion(7, 0)
# ESXi itself, which is neither installed nor removed here.
_BASE = frozenset(("esx-base", "esx-update", "loadesx", "esxio-base", "esxio", "native-misc-drivers", "ESXi", "ESXio"))


@dataclass(frozen=True)
class Package:
    """A VIB on a host. What is only to come after a restart is known by its version alone, and taken to need the most."""

    name: str
    version: str
    vendor: str = ""
    acceptance_level: str = RANKS[-1]
    maintenance_mode: bool = True
    live_remove: bool = False

    def as_dict(self) -> dict[str, Any]:
        """As results carry it."""
        return {"name": self.name, "version": self.version, "vendor": self.vendor, "acceptance_level": self.acceptance_level}


@dataclass(frozen=True)
class ObservedSoftware:
    """A host as it is. C(pending) is what it will have after a restart that is due, None if none is; C(components) is None where there are none;
    C(contents) has the VIBs of those whose removal is asked for, where the host tells."""

    release: EsxiVersion
    acceptance_level: str
    vibs: Mapping[str, Package]
    pending: Mapping[str, Package] | None = None
    components: Mapping[str, str] | None = None
    contents: Mapping[str, Sequence[str]] = field(default_factory=dict)
    maintenance: bool = False

    @property
    def to_come(self) -> Mapping[str, Package]:
        """The VIBs after the next restart."""
        return self.vibs if self.pending is None else self.pending


@dataclass(frozen=True)
class DesiredSoftware:
    """What is asked for. C(location) is where hosts find the bundle."""

    state: str = "present"
    depot: Depot | None = None
    path: str = ""
    kind: str = ""
    location: str = ""
    names: tuple[str, ...] = ()
    acceptance_level: str | None = None
    maintenance_mode: bool = False
    reboot: bool = False


@dataclass(frozen=True)
class EsxcliCall:
    """A command of esxcli, and what it does in words."""

    command: str
    arguments: dict[str, Any]
    words: str


@dataclass
class SoftwarePlan:
    """In the order in which it is done: lower, enter, calls, restart, leave, raise."""

    calls: list[EsxcliCall] = field(default_factory=list)
    level: str | None = None
    lowers: bool = False
    enter: bool = False
    restart: bool = False
    restart_due: bool = False
    # Versions by name; None is absent.
    before: dict[str, str | None] = field(default_factory=dict)
    after: dict[str, str | None] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def actions(self) -> list[str]:
        """In words."""
        level = [f"set the acceptance level to {self.level}"] if self.level else []
        middle = [call.words for call in self.calls] + ["restart"] * self.restart
        if self.enter:
            middle = ["enter maintenance mode", *middle, "leave maintenance mode"]
        return [*(level if self.lowers else []), *middle, *([] if self.lowers else level)]


def make_plan(desired: DesiredSoftware, observed: ObservedSoftware) -> SoftwarePlan:
    """InputError where the host can't have it, or only in a way that was not allowed."""
    plan = SoftwarePlan()
    target = desired.acceptance_level or observed.acceptance_level
    changing = _present(desired, observed, target, plan) if desired.state == "present" else _absent(desired, observed, plan)
    _level(desired, observed, plan)
    _way(desired, observed, plan, changing)
    return plan


@dataclass(frozen=True)
class _Change:
    """Of one VIB."""

    identifier: str
    live: bool
    maintenance: bool


def _present(desired: DesiredSoftware, observed: ObservedSoftware, target: str, plan: SoftwarePlan) -> list[_Change]:
    if desired.depot is None:
        return []
    own = [vib for vib in desired.depot.vibs if vib.name in _BASE]
    if own:
        raise InputError(
            f"{desired.path}: it has {own[0].identifier}, so it is ESXi itself and no driver; update hosts by an image of vSphere Lifecycle Manager, or by "
            "esxcli software profile update."
        )
    _fits(desired, desired.depot, observed, plan)
    there = observed.to_come
    missing = [vib for vib in desired.depot.vibs if vib.name not in there or compare(there[vib.name].version, vib.version) < 0]
    newer = [vib for vib in desired.depot.vibs if vib.name in there and compare(there[vib.name].version, vib.version) > 0]
    if newer and missing:
        raise InputError(
            f"{desired.path}: the host has {_named(newer[0], there)}, which is newer, but lacks {missing[0].identifier}, and both are installed or none; "
            "give a newer bundle."
        )
    if newer:
        plan.warnings.append(f"{_named(newer[0], there)} is newer than that of {desired.path}, and stays.")
    if not missing:
        return []
    weakest = min(missing, key=lambda vib: RANKS.index(vib.acceptance_level))
    if RANKS.index(weakest.acceptance_level) < RANKS.index(target):
        raise InputError(
            f"{desired.path}: {weakest.identifier} has the acceptance level {weakest.acceptance_level}, the host takes {target} and above; get a bundle of "
            f"that level, or set acceptance_level: {weakest.acceptance_level}, which weakens the host."
        )
    plan.calls.append(_install(desired, desired.depot, observed, missing, plan))
    plan.before.update({vib.name: there[vib.name].version if vib.name in there else None for vib in missing})
    plan.after.update({vib.name: vib.version for vib in missing})
    replaced = [there[vib.name] for vib in missing if vib.name in there]
    return [_Change(vib.identifier, vib.live_install, vib.maintenance_mode) for vib in missing] + [
        _Change(each.name, each.live_remove, each.maintenance_mode) for each in replaced
    ]


def _named(vib: Vib, there: Mapping[str, Package]) -> str:
    return f"{vib.name} {there[vib.name].version}"


def _fits(desired: DesiredSoftware, depot: Depot, observed: ObservedSoftware, plan: SoftwarePlan) -> None:
    for needs in depot.needs():
        answer, because = needs.answer(observed.release)
        if answer == NO:
            raise InputError(f"{desired.path}: {because}, and the host has ESXi {observed.release}; give the bundle for that release.")
        if answer == UNKNOWN:
            plan.warnings.append(f"Whether {desired.path} is for ESXi {observed.release} is not known: {because}. The host decides.")


def _install(desired: DesiredSoftware, depot: Depot, observed: ObservedSoftware, missing: Sequence[Vib], plan: SoftwarePlan) -> EsxcliCall:
    names = ", ".join(vib.identifier for vib in missing)
    components = [bulletin for bulletin in depot.bulletins if bulletin.component]
    if desired.kind == "vib":
        return EsxcliCall("software vib install", {"viburl": [desired.location]}, f"install {names}")
    if observed.release >= COMPONENTS_FROM and components:
        wanted = ", ".join(f"{each.component} {each.version}" for each in components)
        return EsxcliCall("software component apply", {"depot": [desired.location]}, f"apply component {wanted} ({names})")
    if observed.release >= COMPONENTS_FROM:
        plan.warnings.append(f"{desired.path} has no component, as bundles from before 7.0; it is installed as VIBs, which images of a cluster don't know.")
    return EsxcliCall("software vib install", {"depot": [desired.location]}, f"install {names}")


def _absent(desired: DesiredSoftware, observed: ObservedSoftware, plan: SoftwarePlan) -> list[_Change]:
    components, vibs = _targets(desired, observed)
    own = [name for name in (*components, *vibs) if name in _BASE]
    if own:
        raise InputError(f"names: {own[0]} is ESXi itself and is not removed; name a driver or tool.")
    for name in components:
        plan.calls.append(EsxcliCall("software component remove", {"component": name}, f"remove component {name}"))
        plan.before[name], plan.after[name] = (observed.components or {})[name], None
    if vibs:
        plan.calls.append(EsxcliCall("software vib remove", {"vibname": list(vibs)}, f"remove {', '.join(vibs)}"))
    named = {vib for name in components for vib in observed.contents.get(name, ())}
    going = [observed.to_come[name] for name in sorted({*vibs, *(named & set(observed.to_come))})]
    plan.before.update({each.name: each.version for each in going})
    plan.after.update({each.name: None for each in going})
    # What is not known is taken to need the most.
    unknown = [_Change(name, False, True) for name in components if name not in observed.contents]
    return [_Change(each.name, each.live_remove, each.maintenance_mode) for each in going] + unknown


def _targets(desired: DesiredSoftware, observed: ObservedSoftware) -> tuple[list[str], list[str]]:
    """The components and VIBs that are there and are to go."""
    installed = observed.components or {}
    if desired.depot is None:
        components = [name for name in desired.names if name in installed]
        return components, [name for name in desired.names if name not in installed and name in observed.to_come]
    if desired.kind == "offline_bundle" and observed.release >= COMPONENTS_FROM:
        components = [str(each.component) for each in desired.depot.bulletins if each.component in installed]
        if components:
            return components, []
    return [], [vib.name for vib in desired.depot.vibs if vib.name in observed.to_come]


def _level(desired: DesiredSoftware, observed: ObservedSoftware, plan: SoftwarePlan) -> None:
    wanted = desired.acceptance_level
    if wanted is None or wanted == observed.acceptance_level:
        return
    going = {name for name, version in plan.after.items() if version is None}
    below = [each for each in observed.to_come.values() if RANKS.index(each.acceptance_level) < RANKS.index(wanted) and each.name not in going]
    # Where it is not known which VIBs go with a component, the host refuses a level that is too high.
    if below and not any(call.command == "software component remove" and call.arguments["component"] not in observed.contents for call in plan.calls):
        raise InputError(
            f"acceptance_level: {wanted} is not possible while {below[0].name} {below[0].version} is installed, which has {below[0].acceptance_level}; "
            "remove it first, or give a lower level."
        )
    plan.level, plan.lowers = wanted, RANKS.index(wanted) < RANKS.index(observed.acceptance_level)


def _way(desired: DesiredSoftware, observed: ObservedSoftware, plan: SoftwarePlan, changing: Sequence[_Change]) -> None:
    """Maintenance mode and restart: what is needed, and whether it was allowed."""
    live = observed.pending is None and all(each.live for each in changing)
    plan.restart_due = observed.pending is not None or bool(changing) and not live
    plan.restart = plan.restart_due and desired.reboot
    # ESXi itself asks for maintenance mode only where it changes the running system; for a restart the API does.
    needed = plan.restart or live and any(each.maintenance for each in changing)
    sensible = bool(changing) and any(each.maintenance for each in changing)
    if needed and not observed.maintenance and not desired.maintenance_mode:
        why = "a restart needs it" if plan.restart else f"{next(each.identifier for each in changing if each.maintenance)} needs it"
        raise InputError(f"maintenance_mode: the host is not in maintenance mode, and {why}; set maintenance_mode: true, or put it there before.")
    plan.enter = not observed.maintenance and desired.maintenance_mode and (needed or sensible)
    if plan.restart_due and not plan.restart:
        plan.warnings.append("A restart is due before all that is asked for is in effect; set reboot: true, or restart the host.")
