# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plans of jobs on ESXi hosts: what is refused, what it takes, and that a plan that was carried out leaves nothing to do."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any, Mapping, Sequence

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.registration_plan import Meant, joined, name_of, normal, taken, to_register, to_unregister
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.software_plan import (
    RANKS,
    DesiredSoftware,
    ObservedSoftware,
    Package,
    SoftwarePlan,
    make_plan,
)
from ansible_collections.virtnet.hardening.plugins.module_utils._esxi.staging import _first
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.task import open_bundle
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.esxcli import objects
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import VsphereError
from hypothesis import given
from hypothesis import strategies as st

from tests.oracle.bundles import VibSpec, make_bundle, make_vib

VERSION = "1.2.7.0-1vmw.700.1.0.15843807"
BASE = {"esx-base": Package("esx-base", "8.0.2-1", "VMware"), "tool": Package("tool", "1.0-1", "PTN", "partner", False, True)}
HOST = ObservedSoftware(EsxiVersion(8, 0, 2), "partner", BASE, components={"ESXi": "8.0.2-1", "Tool": "1.0-1"}, contents={"Tool": ["tool"]})
ANY = ("8.*", "7.*", "6.7*")


def desired(folder: Path, spec: VibSpec, component: str | None = "Driver", single: bool = False, **options: Any) -> DesiredSoftware:
    """For a bundle that is made for it."""
    made = make_vib(folder, spec) if single else make_bundle(folder, [spec], component, spec.version, ANY)
    depot, kind = open_bundle(str(made), lambda path: io.BytesIO(Path(path).read_bytes()), None, [])
    return DesiredSoftware(depot=depot, path=str(made), kind=kind, location=f"/vmfs/volumes/d/{made.name}", **options)


def meant(paths: Sequence[str], *patterns: str) -> Meant:
    """Among the names of these machines."""
    return Meant([name_of(path) for path in paths], patterns)


def after(observed: ObservedSoftware, plan: SoftwarePlan) -> ObservedSoftware:
    """The host when the plan was carried out."""
    vibs: dict[str, Package] = {name: each for name, each in observed.to_come.items() if plan.after.get(name, "") is not None}
    vibs.update({name: Package(name, version) for name, version in plan.after.items() if version is not None})
    waiting = plan.restart_due and not plan.restart
    components = {name: version for name, version in (observed.components or {}).items() if plan.after.get(name, "") is not None}
    level = plan.level or observed.acceptance_level
    return replace(observed, vibs=observed.vibs if waiting else vibs, pending=vibs if waiting else None, components=components, acceptance_level=level)


@pytest.mark.parametrize(
    ("live", "maintenance", "options", "actions"),
    [
        (True, False, {}, ["apply"]),
        (True, True, {"maintenance_mode": True}, ["enter", "apply", "leave"]),
        (False, True, {}, ["apply"]),
        (False, True, {"maintenance_mode": True}, ["enter", "apply", "leave"]),
        (False, False, {"maintenance_mode": True}, ["apply"]),
        (False, True, {"maintenance_mode": True, "reboot": True}, ["enter", "apply", "restart", "leave"]),
        (True, False, {"maintenance_mode": True, "reboot": True}, ["apply"]),
        (True, False, {"acceptance_level": "community"}, ["set", "apply"]),
    ],
)
def test_what_it_takes(tmp_path: Path, live: bool, maintenance: bool, options: dict[str, Any], actions: tuple[str, ...]) -> None:
    """Not more than is needed, and then nothing."""
    given_ = desired(tmp_path, VibSpec(live=live, maintenance=maintenance), **options)
    plan = make_plan(given_, HOST)
    assert [each.split()[0] for each in plan.actions()] == actions
    assert (plan.restart_due, bool([each for each in plan.warnings if "restart is due" in each])) == (not live, not live and not plan.restart)
    again = make_plan(given_, after(HOST, plan))
    assert again.actions() == [] and not again.before


@pytest.mark.parametrize(
    ("spec", "options", "observed", "word"),
    [
        (VibSpec(live=True), {}, HOST, "set maintenance_mode: true"),
        (VibSpec(), {"reboot": True}, HOST, "a restart needs it"),
        (VibSpec(level="community"), {}, HOST, "set acceptance_level: community, which weakens the host"),
        (VibSpec(level="partner"), {"acceptance_level": "vmware_accepted"}, HOST, "has the acceptance level partner"),
        (VibSpec(live=True, maintenance=False), {"acceptance_level": "vmware_certified"}, HOST, "while tool 1.0-1 is installed"),
        (VibSpec(name="esx-base"), {}, HOST, "it is ESXi itself and no driver"),
        (VibSpec(depends=["vmkapi_2_11_0_0"]), {}, replace(HOST, release=EsxiVersion(7, 0)), "it needs vmkapi_2_11_0_0"),
    ],
)
def test_refusals(tmp_path: Path, spec: VibSpec, options: dict[str, Any], observed: ObservedSoftware, word: str) -> None:
    """Each with what to do."""
    with pytest.raises(InputError) as caught:
        make_plan(desired(tmp_path, spec, **options), observed)
    assert word in caught.value.message and caught.value.message.endswith(".")


@pytest.mark.parametrize(
    ("release", "component", "single", "command", "argument"),
    [
        (EsxiVersion(6, 7), "Driver", False, "software vib install", "depot"),
        (EsxiVersion(7, 0), "Driver", False, "software component apply", "depot"),
        (EsxiVersion(7, 0), None, False, "software vib install", "depot"),
        (EsxiVersion(8, 0), None, True, "software vib install", "viburl"),
    ],
)
def test_the_right_call(tmp_path: Path, release: EsxiVersion, component: str | None, single: bool, command: str, argument: str) -> None:
    """By the release and what the bundle is."""
    observed = replace(HOST, release=release, components=None if release < EsxiVersion(7, 0) else {})
    (call,) = make_plan(desired(tmp_path, VibSpec(depends=()), component, single), observed).calls
    assert call.command == command and list(call.arguments) == [argument]


@pytest.mark.parametrize(
    ("names", "commands"),
    [
        (("Tool",), ["software component remove"]),
        (("tool",), ["software vib remove"]),
        (("nothing",), []),
        (("Tool", "nothing"), ["software component remove"]),
    ],
)
def test_absent(names: tuple[str, ...], commands: tuple[str, ...]) -> None:
    """By what each name is on the host."""
    plan = make_plan(DesiredSoftware("absent", names=names), HOST)
    assert [call.command for call in plan.calls] == commands
    assert make_plan(DesiredSoftware("absent", names=names), after(HOST, plan)).actions() == []


def test_a_restart_that_is_due(tmp_path: Path) -> None:
    """From before: it is told, and done if that was asked for."""
    waiting = replace(HOST, pending={**BASE, "igc-community": Package("igc-community", VERSION)})
    given_ = desired(tmp_path, VibSpec())
    assert make_plan(given_, waiting).restart_due and make_plan(given_, waiting).actions() == []
    plan = make_plan(replace(given_, reboot=True, maintenance_mode=True), waiting)
    assert plan.actions() == ["enter maintenance mode", "restart", "leave maintenance mode"]
    assert make_plan(replace(given_, reboot=True), replace(waiting, maintenance=True)).actions() == ["restart"]


def test_levels_are_lowered_before_and_raised_after(tmp_path: Path) -> None:
    """So that the packages fit at any time."""
    low = make_plan(desired(tmp_path, VibSpec(level="community", live=True, maintenance=False), acceptance_level="community"), HOST)
    assert [each.split()[0] for each in low.actions()] == ["set", "apply"] and low.lowers
    high = make_plan(DesiredSoftware("absent", names=("Tool",), acceptance_level="vmware_certified"), HOST)
    assert [each.split()[0] for each in high.actions()] == ["remove", "set"]
    assert RANKS == ("community", "partner", "vmware_accepted", "vmware_certified")


@pytest.mark.parametrize(
    ("folder", "name", "path"),
    [
        ("[ds1] web/", "web.vmx", "[ds1] web/web.vmx"),
        ("[ds1] web", "web.vmx", "[ds1] web/web.vmx"),
        ("[ds1]", "x.vmx", "[ds1] x.vmx"),
        ("[ds1] ", "x.vmx", "[ds1] x.vmx"),
        ("[ds 1 (1)] a b/c", "d e.vmx", "[ds 1 (1)] a b/c/d e.vmx"),
        ("[[d] s]", "[x] y.vmx", "[[d] s] [x] y.vmx"),
    ],
)
def test_paths(folder: str, name: str, path: str) -> None:
    """As servers write them, with and without slashes."""
    assert joined(folder, name) == path == normal(path)


@given(st.text(max_size=20), st.text(max_size=10))
def test_any_path(folder: str, name: str) -> None:
    """Never a traceback, and a normal path stays."""
    made = normal(f"[{folder}] {name}")
    assert normal(made) == made
    to_register([made], {}, meant([made], "*"))


def test_what_is_registered() -> None:
    """Nothing twice, nothing hidden; running machines stay."""
    paths = ["[d] a/a.vmx", "[d] b/b.vmx", "[d] b/b2.vmx", "[d] .snapshot/a/a.vmx", "[d] t/t.vmtx", "[d] c.vmx"]
    choice = to_register(paths, {"[d] a/a.vmx": "A"}, meant(paths, "*"))
    assert choice.chosen == ["[d] c.vmx"] and choice.found == sorted(paths)
    assert {each.path: each.reason for each in choice.skipped} == {
        "[d] a/a.vmx": "registered",
        "[d] b/b.vmx": "duplicate",
        "[d] b/b2.vmx": "duplicate",
        "[d] .snapshot/a/a.vmx": "hidden",
        "[d] t/t.vmtx": "template",
    }
    assert to_register(paths, {}, meant(paths, "b2", "c")).chosen == ["[d] b/b2.vmx", "[d] c.vmx"]
    machines: tuple[Mapping[str, Any], ...] = (
        {"path": "[d] a/a.vmx", "name": "A", "running": True},
        {"path": "[d] b/b.vmx", "name": "B", "running": False},
        {"path": "[e] b/b.vmx", "name": "B", "running": False},
    )
    gone = to_unregister(machines, {"d"}, meant(paths, "*"))
    assert gone.chosen == ["[d] b/b.vmx"] and [each.reason for each in gone.skipped] == ["running"]


def test_what_equals_a_name_is_that_name() -> None:
    """As a pattern it would mean another one, which nobody named; so too where the name is on another host."""
    paths = ["[d] [12]web/[12]web.vmx", "[d] 1web/1web.vmx", "[[s]an] 2web/2web.vmx"]
    assert to_register(paths, {}, meant(paths, "[12]web")).chosen == paths[:1]
    here = paths[1:]
    assert to_register(here, {}, meant(paths, "[12]web")).chosen == [] and meant(paths, "[12]web").missed(here) == ["[12]web"]
    assert to_register(here, {}, meant(here, "[12]web")).chosen == sorted(here)
    machines = [{"path": path, "name": path, "running": False} for path in paths]
    assert to_unregister(machines, {"d", "[s]an"}, meant(paths, "[12]web")).chosen == paths[:1]
    assert to_unregister(machines, {"d", "[s]an"}, meant(here, "[12]web")).chosen == sorted(here)
    assert taken({"[l]un", "lun"}, ["[l]un"]) == {"[l]un"} and taken({"*", "lun"}, ["*"]) == {"*", "lun"}
    stores = [("[l]un", True), ("lun", True)]
    assert _first("esxi01", stores, "[l]un", []) == "[l]un" and _first("esxi01", stores[1:], "[l]un", []) == "lun"


@given(st.text(max_size=60))
def test_answers_of_esxcli(text: str) -> None:
    """Whatever a host answers is fields or a sentence."""
    try:
        assert isinstance(objects(text, "asking"), list)
    except VsphereError as error:
        assert error.message.startswith("asking: ") and error.message.endswith(".")
