# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""esxi_software on the simulator: what is installed afterwards is what govc's esxcli and object.collect say."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Login
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import VsphereError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.files import put

from tests.oracle.bundles import VibSpec, make_bundle, make_vib

from .conftest import World

FIRST, SECOND = "esxi01.lab.example", "esxi02.lab.example"
HOST = f"/dc1/host/cluster1/{FIRST}"
COMPONENT = "VMware-igc-community"
LIVE = VibSpec(live=True, maintenance=False)
VERSION = "1.2.7.0-1vmw.700.1.0.15843807"
ANY = ("8.*", "7.*", "6.7*")


class Site:
    """A vSphere with bundles on its datastore."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder

    def put(self, file: Path, name: str | None = None) -> dict[str, str]:
        """Upload a file with govc; returns the options that name it."""
        self.world.vsphere.govc("datastore.upload", "-ds", "datastore1", str(file), f"drivers/{name or file.name}")
        return {"bundle": str(file), "location": f"/vmfs/volumes/datastore1/drivers/{name or file.name}"}

    def bundle(self, *specs: VibSpec, **options: Any) -> dict[str, str]:
        """A bundle for any release."""
        return self.put(make_bundle(self.folder, specs or (LIVE,), **{"platforms": ANY, **options}))

    def vibs(self, host: str = HOST) -> dict[str, str]:
        """Installed now, by name."""
        rows = self.world.vsphere.govc("host.esxcli", "-host", host, "software", "vib", "list").splitlines()[2:]
        return {row.split()[0]: row.split()[1] for row in rows}

    def coming(self, host: str = HOST) -> dict[str, str]:
        """Installed after a restart that is due."""
        rows = self.world.vsphere.govc("host.esxcli", "-host", host, "software", "vib", "list", "-rebooting-image=true").splitlines()[2:]
        return {row.split()[0]: row.split()[1] for row in rows}

    def components(self, host: str = HOST) -> list[str]:
        """By name."""
        lines = self.world.vsphere.govc("host.esxcli", "-host", host, "software", "component", "list").splitlines()
        return sorted(line.split()[1] for line in lines if line.startswith("Name:"))

    def maintenance(self, host: str = HOST) -> bool:
        """Whether it is in maintenance mode."""
        return bool(self.world.vsphere.collect(host, "runtime.inMaintenanceMode"))

    def level(self, host: str = HOST) -> str:
        """The acceptance level, by a hand-made message."""
        reference = self.world.vsphere.collect(host, "configManager.imageConfigManager")
        answer = self.world.vsphere.soap("HostImageConfigGetAcceptance", (reference["type"], reference["value"]))
        return str(next(iter(answer)).text)

    def changes(self) -> list[str]:
        """The calls and commands that change something, since the counters were reset."""
        reading = {"ExecuteSoap", "HostImageConfigGetAcceptance", "fetchSoftwarePackages"}
        log = self.world.control("GET", "calls?log=1").get("log", [])
        commands = [call["command"] for call in log if not call.get("command", ".list").endswith((".list", ".get"))]
        return commands + [name for name in self.world.writes() if name not in reading]

    def refused(self, *words: str, **params: Any) -> dict[str, Any]:
        """A run that must fail, in check mode with the same words, and change nothing."""
        self.world.control("POST", "calls/reset")
        checked, real = (self.world.run("esxi_software", check, **params) for check in (True, False))
        assert self.changes() == []
        assert real["msg"] == checked["msg"] and real["error_code"] == checked["error_code"] == "invalid" and real["msg"].endswith("."), real
        for word in words:
            assert word in real["msg"], (word, real["msg"])
        return dict(real)


@pytest.fixture(name="site")
def _site(world: World, tmp_path: Path) -> Site:
    return Site(world, tmp_path)


@pytest.fixture(name="site_of")
def _site_of(world_of: Callable[..., World], tmp_path: Path) -> Callable[..., Site]:
    return lambda *options: Site(world_of(*options), tmp_path)


def test_a_component_is_applied_live(site: Site) -> None:
    """Check, run, again, check again; and absent the same way. The other host stays as it is."""
    given = site.bundle()
    before = site.vibs()
    real = site.world.cycle("esxi_software", esxi_hostname=FIRST, **given)
    assert site.vibs() == {**before, "igc-community": VERSION} and COMPONENT in site.components()
    assert site.vibs(HOST.replace(FIRST, SECOND)) == before
    host = real["hosts"][FIRST]
    assert host["actions"] == [f"apply component {COMPONENT} {VERSION} (VMW_bootbank_igc-community_{VERSION})"]
    assert host["before"] == {"vibs": {"igc-community": None}} and host["after"] == {"vibs": {"igc-community": VERSION}}
    assert (host["reboot_required"], host["maintenance_mode"], host["esxi_version"]) == (False, False, "8.0 U2")
    site.world.cycle("esxi_software", esxi_hostname=FIRST, state="absent", bundle=given["bundle"])
    assert site.vibs() == before and COMPONENT not in site.components()


def files_of(site: Site) -> str:
    """All that is on the datastore, as govc lists it."""
    return site.world.vsphere.govc("datastore.ls", "-R", "-ds", "datastore1")


def test_a_bundle_is_uploaded(site: Site) -> None:
    """To each host's datastore, and deleted again; nothing is uploaded to foretell, or where nothing is to be done."""
    bundle = str(make_bundle(site.folder, [LIVE], platforms=ANY))
    before = files_of(site)
    site.world.cycle("esxi_software", all_hosts=True, bundle=bundle, datastore="data*")
    assert files_of(site) == before and all("igc-community" in site.vibs(host) for host in site.world.hosts())
    site.refused("close to it: datastore1", esxi_hostname=FIRST, bundle=bundle, datastore="datastore")
    site.refused("either location", esxi_hostname=FIRST, bundle=bundle, datastore="datastore1", location="/vmfs/volumes/datastore1/x.zip")
    site.world.control("POST", "datastore", {"name": "datastore1", "accessible": False})
    site.refused("not accessible now", esxi_hostname=FIRST, bundle=bundle, datastore="datastore1")


def test_an_upload_that_is_refused(site: Site) -> None:
    """By the server: no such datastore, a wrong password, a certificate that is not trusted; each in a sentence."""
    login = Login(site.world.connection["hostname"], site.world.data["user"], site.world.data["password"], site.world.connection["port"])
    for changed, place, code in (
        (login, "nowhere", "not_found"),
        (login._replace(password="wrong"), "datastore1", "login"),
        (login._replace(hostname="127.0.0.2"), "datastore1", "unreachable"),
    ):
        with pytest.raises(VsphereError) as caught:
            put(changed, "dc1", place, "x.zip", io.BytesIO(b"x"), 1, "uploading")
        assert caught.value.code == code and caught.value.message.startswith("uploading: ") and caught.value.message.endswith(".")
    put(login, "dc1", "datastore1", "a b.zip", io.BytesIO(b"content"), 7, "uploading")
    assert site.world.vsphere.govc("datastore.download", "-ds", "datastore1", "a b.zip", "-") == "content"


def test_an_upload_is_deleted_after_a_failure_too(site: Site) -> None:
    """And one that can't be deleted is said."""
    bundle = str(make_bundle(site.folder, [LIVE], platforms=ANY))
    before = files_of(site)
    site.world.control("POST", "faults", {"method": "ExecuteSoap", "host": FIRST, "call": 3, "fault": "HostConfigFault"})
    result = site.world.run("esxi_software", esxi_hostname=FIRST, bundle=bundle, datastore="datastore1")
    assert result["hosts"][FIRST]["cause"] == "host_config" and result["hosts"][FIRST]["not_undone"] == [] and files_of(site) == before
    site.world.control("POST", "faults", {"method": "DeleteDatastoreFile_Task", "fault": "CannotDeleteFile"})
    result = site.world.ok("esxi_software", esxi_hostname=FIRST, bundle=bundle, datastore="datastore1")
    assert "uploaded file is still there" in str(result["warnings"]) and "virtnet-" in files_of(site)


@pytest.mark.own_code
def test_all_hosts_in_one_task(site: Site) -> None:
    """Each is its own outcome; one that has it already stays."""
    given = site.bundle()
    site.world.ok("esxi_software", esxi_hostname=SECOND, **given)
    result = site.world.ok("esxi_software", all_hosts=True, **given)
    assert {name: host["changed"] for name, host in result["hosts"].items()} == {FIRST: True, SECOND: False}
    assert result["msg"] == "1 of 2 hosts changed and read back."


def test_the_report(site: Site) -> None:
    """Without a wish: all that is installed, and nothing is written."""
    site.world.control("POST", "calls/reset")
    result = site.world.ok("esxi_software", all_hosts=True)
    assert site.changes() == []
    host = result["hosts"][FIRST]
    assert {each["name"]: each["version"] for each in host["vibs"]} == site.vibs()
    assert sorted(each["name"] for each in host["components"]) == site.components()
    assert (host["acceptance_level"], host["pending_vibs"], host["reboot_required"], result["changed"]) == ("partner", None, False, False)
    levels = {each["name"]: each["acceptance_level"] for each in host["vibs"]}
    assert levels["partner-tool"] == "partner" and levels["esx-base"] == "vmware_certified"


@pytest.mark.own_code
def test_vibs_on_an_old_host(site: Site) -> None:
    """6.7 knows no components: the same bundle goes by vib install."""
    site.world.control("POST", "version", {"host": FIRST, "version": "6.7.0"})
    given = site.bundle(VibSpec(live=True, maintenance=False, version="1.2.7.0-1vmw.670.0.0.8169922", depends=["vmkapi_2_5_0_0"]), component=None)
    real = site.world.cycle("esxi_software", esxi_hostname=FIRST, **given)
    assert real["hosts"][FIRST]["actions"][0].startswith("install VMW_bootbank_igc-community") and "igc-community" in site.vibs()
    assert real["hosts"][FIRST]["esxi_version"] == "6.7"
    site.world.cycle("esxi_software", esxi_hostname=FIRST, state="absent", names=["igc-community", "never-there"])
    assert "igc-community" not in site.vibs()


def test_a_single_vib(site: Site) -> None:
    """By its path."""
    given = site.put(make_vib(site.folder, LIVE))
    site.world.cycle("esxi_software", esxi_hostname=FIRST, **given)
    assert site.vibs()["igc-community"] == VERSION


@pytest.mark.own_code
def test_names_of_components_and_vibs(site: Site) -> None:
    """What is a component is removed as one."""
    site.world.ok("esxi_software", esxi_hostname=FIRST, **site.bundle())
    result = site.world.cycle("esxi_software", esxi_hostname=FIRST, state="absent", names=[COMPONENT, "partner-tool", "nothing"])
    assert result["hosts"][FIRST]["actions"] == [f"remove component {COMPONENT}", "remove partner-tool"]
    assert set(site.vibs()) == {"esx-base", "esx-update", "esx-ui"} and not site.maintenance()


@pytest.mark.own_code
def test_an_upgrade_and_a_newer_one(site: Site) -> None:
    """Versions are compared; what is newer stays, with a warning."""
    newer = VibSpec(live=True, maintenance=False, version="1.2.10.0-1vmw.700.1.0.15843807")
    old, new = site.bundle(), site.bundle(newer, version=newer.version, name="newer.zip")
    site.world.ok("esxi_software", esxi_hostname=FIRST, **old)
    upgraded = site.world.cycle("esxi_software", esxi_hostname=FIRST, **new)
    assert upgraded["hosts"][FIRST]["before"]["vibs"] == {"igc-community": VERSION} and site.vibs()["igc-community"] == newer.version
    kept = site.world.ok("esxi_software", esxi_hostname=FIRST, **old)
    assert not kept["changed"] and "is newer than that of" in str(kept["warnings"])
    assert site.vibs()["igc-community"] == newer.version


def test_maintenance_mode_only_if_asked(site: Site) -> None:
    """Refused with a sentence; with the option entered, used and left."""
    given = site.bundle(VibSpec(live=True, maintenance=True))
    site.refused(FIRST, "maintenance_mode: true", esxi_hostname=FIRST, **given)
    real = site.world.cycle("esxi_software", esxi_hostname=FIRST, maintenance_mode=True, **given)
    assert real["hosts"][FIRST]["actions"][0] == "enter maintenance mode" and real["hosts"][FIRST]["actions"][-1] == "leave maintenance mode"
    assert not site.maintenance() and "igc-community" in site.vibs()


@pytest.mark.own_code
def test_a_host_that_is_in_maintenance_stays_there(site: Site) -> None:
    """As it was found."""
    site.world.vsphere.govc("host.maintenance.enter", HOST)
    real = site.world.cycle("esxi_software", esxi_hostname=FIRST, maintenance_mode=True, **site.bundle(VibSpec(live=True)))
    assert len(real["hosts"][FIRST]["actions"]) == 1 and site.maintenance()


def test_a_restart_only_if_asked(site: Site) -> None:
    """Without, the driver waits for one, and a second run knows that; with, the host restarts and is taken out of maintenance mode."""
    given = site.bundle(VibSpec())
    waiting = site.world.cycle("esxi_software", esxi_hostname=FIRST, **given)
    assert waiting["hosts"][FIRST]["reboot_required"] and "restart is due" in str(waiting["warnings"])
    assert "igc-community" not in site.vibs() and site.coming()["igc-community"] == VERSION
    booted = site.world.vsphere.collect(HOST, "runtime.bootTime")
    site.world.control("POST", "latency", {"restart_ms": 700})
    site.refused("a restart needs it", esxi_hostname=FIRST, reboot=True, **given)
    real = site.world.cycle("esxi_software", esxi_hostname=FIRST, reboot=True, maintenance_mode=True, **given)
    assert real["hosts"][FIRST]["actions"] == ["enter maintenance mode", "restart", "leave maintenance mode"]
    assert site.vibs()["igc-community"] == VERSION and site.coming() == {} and not site.maintenance()
    assert site.world.vsphere.collect(HOST, "runtime.bootTime") != booted
    removed = site.world.ok("esxi_software", esxi_hostname=FIRST, state="absent", names=[COMPONENT], reboot=True, maintenance_mode=True)
    assert removed["hosts"][FIRST]["reboot_required"] is False and "igc-community" not in site.vibs()


def test_a_restart_without_a_vcenter(site_of: Callable[..., Site]) -> None:
    """The host takes its own API away, and all sessions with it."""
    site = site_of("--kind", "esxi")
    path = site.world.hosts()[0]
    name = path.rsplit("/", 1)[1]
    site.world.control("POST", "latency", {"restart_ms": 900})
    bundle = str(make_bundle(site.folder, [VibSpec()], platforms=ANY))
    before = files_of(site)
    real = site.world.ok("esxi_software", all_hosts=True, reboot=True, maintenance_mode=True, bundle=bundle, datastore="datastore1")
    assert files_of(site) == before
    assert real["hosts"][name]["verified"] and site.vibs(path)["igc-community"] == VERSION and not site.maintenance(path)


@pytest.mark.own_code
def test_a_host_that_does_not_come_back(site: Site) -> None:
    """The deadline, and the truth about what is done."""
    given = site.bundle(VibSpec())
    site.world.control("POST", "latency", {"restart_ms": 60_000})
    result = site.world.run("esxi_software", esxi_hostname=FIRST, reboot=True, maintenance_mode=True, reboot_timeout=1, **given)
    host = result["hosts"][FIRST]
    assert result["error_code"] == "change_failed" and host["cause"] == "deadline" and "not back after 1 s" in result["msg"]
    assert host["failed_step"] == "restart" and host["changed"]
    assert host["not_undone"][0].startswith("apply component") and host["not_undone"][1].startswith("leave maintenance mode (")


def test_the_acceptance_level_is_never_lowered_in_passing(site: Site) -> None:
    """A bundle of a lower level is refused; with the option the host is lowered, and said so."""
    given = site.bundle(VibSpec(live=True, maintenance=False, level="community", signature=b""))
    refused = site.refused("acceptance level community", "acceptance_level: community", esxi_hostname=FIRST, **given)
    assert "weakens the host" in refused["msg"] and site.level() == "partner"
    real = site.world.cycle("esxi_software", esxi_hostname=FIRST, acceptance_level="community", **given)
    assert real["hosts"][FIRST]["actions"][0] == "set the acceptance level to community" and site.level() == "community"
    assert real["hosts"][FIRST]["acceptance_level"] == "community" and "igc-community" in site.vibs()


@pytest.mark.own_code
def test_the_acceptance_level_alone(site: Site) -> None:
    """Raised after what is below it is gone; refused before."""
    site.refused("partner-tool 1.0.0", esxi_hostname=FIRST, acceptance_level="vmware_certified")
    raised: dict[str, Any] = {"acceptance_level": "vmware_certified", "maintenance_mode": True}
    real = site.world.cycle("esxi_software", esxi_hostname=FIRST, state="absent", names=["Partner-tool"], **raised)
    assert real["hosts"][FIRST]["actions"][-1] == "set the acceptance level to vmware_certified"
    assert site.level() == "vmware_certified" and "partner-tool" not in site.vibs()


COMMUNITY = {"maintenance_mode": True, "acceptance_level": "community"}


def test_a_failure_takes_back_what_was_done(site: Site) -> None:
    """Maintenance mode is left and the level is as it was."""
    given = site.bundle(VibSpec(live=True, level="community", signature=b""))
    before = site.vibs()
    site.world.control("POST", "faults", {"host": FIRST, "method": "ExecuteSoap", "call": 3, "fault": "HostConfigFault"})
    result = site.world.run("esxi_software", esxi_hostname=FIRST, **COMMUNITY, **given)
    host = result["hosts"][FIRST]
    assert (result["error_code"], host["cause"], host["not_undone"], host["changed"]) == ("change_failed", "host_config", [], False), host
    assert host["undone"] == ["leave maintenance mode", "set the acceptance level back"] and host["msg"].startswith(FIRST)
    assert not site.maintenance() and site.level() == "partner" and site.vibs() == before


def test_an_installation_without_an_answer(site: Site) -> None:
    """The host may still be at it, so nothing is taken from under it, and that is said."""
    given = site.bundle(VibSpec(live=True, level="community", signature=b""))
    site.world.control("POST", "faults", {"host": FIRST, "method": "ExecuteSoap", "call": 3, "action": "close"})
    result = site.world.run("esxi_software", esxi_hostname=FIRST, install_timeout=2, **COMMUNITY, **given)
    host = result["hosts"][FIRST]
    assert result["failed"] and host["cause"] == "unreachable" and host["changed"] and host["undone"] == [], host
    assert "leave maintenance mode (the host may still be at it)" in host["not_undone"] and "it may still take effect" in host["not_undone"][-1]
    assert "The host is as it was" not in host["msg"] and site.maintenance() and site.level() == "community"


@pytest.mark.parametrize(
    ("method", "call"), [("ExecuteSoap", 3), ("EnterMaintenanceMode_Task", 1), ("ExitMaintenanceMode_Task", 1), ("UpdateHostImageAcceptanceLevel", 1)]
)
def test_an_answer_that_is_lost(site: Site, method: str, call: int) -> None:
    """What is done all the same counts, and is not done twice."""
    given = site.bundle(VibSpec(live=True, maintenance=True, level="community", signature=b""))
    site.world.control("POST", "faults", {"host": FIRST, "method": method, "call": call, "action": "lose"})
    result = site.world.ok("esxi_software", esxi_hostname=FIRST, install_timeout=20, **COMMUNITY, **given)
    assert result["hosts"][FIRST]["verified"] and "igc-community" in site.vibs() and not site.maintenance() and site.level() == "community"


@pytest.mark.parametrize(
    ("method", "words"), [("EnterMaintenanceMode_Task", "enter maintenance mode"), ("UpdateHostImageAcceptanceLevel", "set the acceptance level to community")]
)
def test_a_step_that_may_still_come_true(site: Site, monkeypatch: pytest.MonkeyPatch, method: str, words: str) -> None:
    """Is named, whatever was taken back."""
    monkeypatch.setattr("ansible_collections.virtnet.hardening.plugins.module_utils._esxi.software._SHOWS", 0.5)
    given = site.bundle(VibSpec(live=True, maintenance=True, level="community", signature=b""))
    site.world.control("POST", "faults", {"host": FIRST, "method": method, "action": "close"})
    result = site.world.run("esxi_software", esxi_hostname=FIRST, **COMMUNITY, **given)
    host = result["hosts"][FIRST]
    assert result["failed"] and host["changed"] and [each.split(":")[0] for each in host["not_undone"]] == [words], host
    assert "igc-community" not in site.vibs()


@pytest.mark.parametrize("method", ["EnterMaintenanceMode_Task", "ExitMaintenanceMode_Task"])
def test_maintenance_mode_at_its_deadline(site: Site, method: str) -> None:
    """The server has given up by itself, and says so: nothing comes of it any more."""
    given = site.bundle(VibSpec(live=True))
    enters = method.startswith("Enter")
    site.world.control("POST", "faults", {"method": method, "fault": "Timedout", "in": "task"})
    result = site.world.run("esxi_software", esxi_hostname=FIRST, maintenance_mode=True, maintenance_timeout=5, **given)
    host = result["hosts"][FIRST]
    assert result["failed"] and host["cause"] == "deadline" and "may still take effect" not in str(host), host
    assert ("machines still run on it" in host["msg"] and "The host is as it was." in host["msg"]) is enters
    assert site.maintenance() is not enters and ("igc-community" in site.vibs()) is not enters


@pytest.mark.own_code
@pytest.mark.parametrize(("tasks", "cancel", "outcome"), [(60_000, 0, "as it was"), (1500, -1, "entered"), (60_000, -1, "pending")])
def test_maintenance_mode_that_is_cancelled(site: Site, monkeypatch: pytest.MonkeyPatch, tasks: int, cancel: int, outcome: str) -> None:
    """A server that took the cancel has not ended its task yet: it may notice, succeed all the same, or go on."""
    module = "ansible_collections.virtnet.hardening.plugins.module_utils._esxi."
    monkeypatch.setattr(f"{module}power._GRACE", 0.0)
    monkeypatch.setattr(f"{module}power._CANCELLED", 0.3 if outcome == "pending" else 20.0)
    monkeypatch.setattr(f"{module}software._SHOWS", 0.3 if outcome == "pending" else 20.0)
    given = site.bundle(VibSpec(live=True))
    site.world.control("POST", "latency", {"tasks_ms": tasks, "cancel_ms": cancel})
    site.world.control("POST", "calls/reset")
    result = site.world.run("esxi_software", esxi_hostname=FIRST, maintenance_mode=True, maintenance_timeout=1, **given)
    host = result["hosts"][FIRST]
    assert site.world.control("GET", "calls")["methods"]["CancelTask"] == 1
    if outcome == "entered":
        assert not result.get("failed") and host["verified"] and "igc-community" in site.vibs() and not site.maintenance(), host
        return
    assert result["failed"] and host["cause"] == "deadline" and "igc-community" not in site.vibs() and not site.maintenance(), host
    assert ("The host is as it was." in host["msg"]) is (outcome == "as it was") and host["changed"] is (outcome == "pending"), host
    assert [each.partition(":")[0] for each in host["not_undone"]] == (["enter maintenance mode"] if outcome == "pending" else [])


@pytest.mark.own_code
def test_what_the_host_says_is_passed_on(site: Site) -> None:
    """A file that is not where it was said to be."""
    given = {**site.bundle(), "location": "/vmfs/volumes/datastore1/drivers/other.zip"}
    result = site.world.run("esxi_software", esxi_hostname=FIRST, **given)
    assert result["hosts"][FIRST]["cause"] == "esxcli" and "[MetadataDownloadError]" in result["msg"] and "other.zip" in result["msg"]


def test_a_host_that_fails_does_not_stop_the_others(site: Site) -> None:
    """And one that can't be reached is left out if that was allowed."""
    given = site.bundle()
    site.world.control("POST", "host", {"host": SECOND, "state": "disconnected"})
    result = site.world.run("esxi_software", all_hosts=True, **given)
    assert (result["failed_hosts"], result["unreachable_hosts"], result["hosts"][FIRST]["changed"]) == ([SECOND], [SECOND], True)
    again = site.world.ok("esxi_software", all_hosts=True, ignore_unreachable_hosts=True, **given)
    assert not again["changed"] and SECOND in str(again["warnings"])


@pytest.mark.own_code
def test_a_host_that_goes_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two reads it is one that can't be reached, and may be left out; while it is changed it is one that failed."""
    monkeypatch.setattr("ansible_collections.virtnet.hardening.plugins.module_utils._esxi.software._SHOWS", 0.5)
    given = {"esxi_hostname": FIRST, "ignore_unreachable_hosts": True, **site.bundle()}
    for method, call, failed in (("fetchSoftwarePackages", 1, []), ("ExecuteSoap", 3, [FIRST])):
        site.world.control("POST", "faults", {"method": method, "host": FIRST, "call": call, "action": "host", "state": "notResponding"})
        result = site.world.run("esxi_software", **given, install_timeout=1)
        assert bool(result.get("failed")) is bool(failed) and result["failed_hosts"] == failed, result
        assert result["unreachable_hosts"] == ([] if failed else [FIRST])
        site.world.control("POST", "host", {"host": FIRST, "state": "connected"})


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"state": "absent"}, "needs either names or bundle"),
    ({"names": ["x"]}, "for state: absent"),
    ({"location": "/vmfs/volumes/d/x.zip"}, "either location"),
    ({"maintenance_timeout": 0}, "at least 1"),
    ({"state": "absent", "names": ["esx-base"]}, "ESXi itself"),
    ({"state": "absent", "names": ["ESXi"]}, "ESXi itself"),
    ({"esxi_hostname": "esxi1.lab.example"}, "close to it"),
]


@pytest.mark.own_code
def test_refused_before_any_write(site: Site) -> None:
    """In check mode too, with the same words."""
    for params, word in REFUSED:
        site.refused(word, **{"esxi_hostname": FIRST, **params})


@pytest.mark.own_code
def test_bundles_are_looked_into_first(site: Site) -> None:
    """One for another release, one with a wrong digest, and a wrong place."""
    other = site.bundle(platforms=("7.*",))
    site.refused("it is for ESXi 7.*", "8.0 U2", esxi_hostname=FIRST, **other)
    site.refused("checksums says", esxi_hostname=FIRST, checksum="0" * 64, **other)
    site.refused("neither a path", esxi_hostname=FIRST, bundle=other["bundle"], location="drivers/x.zip")
    site.refused("user or password", esxi_hostname=FIRST, bundle=other["bundle"], location="http://u:pa55word@192.0.2.1/x.zip")
    site.refused("does not end", esxi_hostname=FIRST, bundle=other["bundle"], location="/vmfs/volumes/d/x.vib")


def test_passwords_are_nowhere(site: Site) -> None:
    """Nor in a failure."""
    site.world.control("POST", "faults", {"method": "fetchSoftwarePackages", "fault": "NoPermission"})
    result = site.world.run("esxi_software", esxi_hostname=FIRST)
    assert result["error_code"] == "permission" and site.world.data["password"] not in str(result)


def test_a_change_after_one_that_waits(site: Site) -> None:
    """For a restart waits too; a restart that is not reached leaves the host as it was."""
    live, waiting = site.bundle(), site.bundle(VibSpec(name="other"), component="Other", name="other.zip")
    rule = {"method": "EnterMaintenanceMode_Task", "host": FIRST, "fault": "InvalidState", "in": "task"}
    site.world.ok("esxi_software", esxi_hostname=FIRST, **waiting)
    result = site.world.ok("esxi_software", esxi_hostname=FIRST, **live)
    assert result["hosts"][FIRST]["reboot_required"] and site.coming()["igc-community"] == VERSION
    site.world.control("POST", "faults", rule)
    busy = site.world.run("esxi_software", esxi_hostname=FIRST, reboot=True, maintenance_mode=True, **live)
    assert busy["hosts"][FIRST]["cause"] == "state" and busy["hosts"][FIRST]["not_undone"] == []
    done = site.world.ok("esxi_software", esxi_hostname=FIRST, reboot=True, maintenance_mode=True, **live)
    assert not done["hosts"][FIRST]["reboot_required"] and {"igc-community", "other"} <= set(site.vibs())
