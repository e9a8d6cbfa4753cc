# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""esxi_vm_registration on the simulator: files are put there and machines are counted by govc."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable

import pytest

from .conftest import World

FIRST, SECOND = "esxi01.lab.example", "esxi02.lab.example"
HOST = f"/dc1/host/cluster1/{FIRST}"


class Site:
    """A vSphere with a datastore that was preserved: files of machines that nobody knows."""

    def __init__(self, world: World, folder: Path, host: str = HOST, center: str = "") -> None:
        self.world, self.folder = world, folder
        self._center = ("-dc", center) if center else ()
        (folder / "preserved").mkdir()
        world.vsphere.govc("datastore.create", *self._center, "-type", "local", "-name", "preserved", "-path", str(folder / "preserved"), host)

    def put(self, path: str, name: str = "", datastore: str = "preserved") -> str:
        """A configuration file, uploaded by govc."""
        source = self.folder / "machine.vmx"
        source.write_text('.encoding = "UTF-8"\nconfig.version = "8"\n' + (f'displayName = "{name}"\n' if name else ""), encoding="utf-8")
        self.world.vsphere.govc("datastore.upload", *self._center, "-ds", datastore, str(source), path)
        return f"[{datastore}] {path}"

    def machines(self, below: str = "/") -> set[str]:
        """The names of all machines that are registered."""
        return {path.rsplit("/", 1)[1] for path in self.world.vsphere.govc("find", below, "-type", "m").split("\n") if path}

    def name_of(self, machine: str, reference: str) -> Any:
        """The name of what a machine refers to."""
        found = self.world.vsphere.collect(machine, reference)
        return self.world.vsphere.collect(f"{found['type']}:{found['value']}", "name")

    def place_of(self, machine: str) -> tuple[Any, Any]:
        """Where the machine's configuration is, and on which host it is."""
        return self.world.vsphere.collect(machine, "config.files.vmPathName"), self.name_of(machine, "runtime.host")


@pytest.fixture(name="site")
def _site(world: World, tmp_path: Path) -> Site:
    return Site(world, tmp_path)


def reasons(result: dict[str, Any], host: str = FIRST) -> dict[str, str]:
    """Why what was skipped, by path."""
    return {each["path"]: each["reason"] for each in result["hosts"][host]["skipped"]}


def test_machines_are_registered(site: Site) -> None:
    """Check, run, again, check again; with the name in the file, or the file's; and taken out again."""
    web, db = site.put("web/web.vmx", "web server"), site.put("db/db.vmx")
    before = site.machines()
    real = site.world.cycle("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"])
    assert site.machines() == before | {"web server", "db"}
    assert site.place_of("/dc1/vm/web server") == (web, FIRST)
    result = real["hosts"][FIRST]
    assert result["found"] == sorted([web, db]) and result["actions"] == [f"register {db}", f"register {web}"] and result["skipped"] == []
    again = site.world.ok("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"])
    assert reasons(again) == {web: "registered", db: "registered"}
    site.world.cycle("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"], state="absent", names=["*"])
    assert site.machines() == before
    assert {each for each in ("web/web.vmx", "db/db.vmx") if (site.folder / "preserved" / each).exists()} == {"web/web.vmx", "db/db.vmx"}


@pytest.mark.own_code
def test_names_and_datastores_are_patterns(site: Site) -> None:
    """Of files that match, on datastores that match."""
    site.put("web1/web1.vmx")
    site.put("web2/web2.vmx")
    site.put("db/db.vmx")
    before = site.machines()
    site.world.cycle("esxi_vm_registration", esxi_hostname=FIRST, datastores=["pre*"], names=["web*"])
    assert site.machines() == before | {"web1", "web2"}
    site.world.cycle("esxi_vm_registration", changed=False, esxi_hostname=FIRST, datastores=["none*"])


@pytest.mark.own_code
def test_a_name_that_looks_like_a_pattern(site: Site, tmp_path: Path) -> None:
    """Is that name, though it would mean others: of machines to register and to unregister, on the host that has it and on others, and of datastores."""
    govc, world = site.world.vsphere.govc, site.world
    for name, host in (("other", SECOND), ("pre[s]erved", FIRST)):
        (tmp_path / name).mkdir()
        govc("datastore.create", "-type", "local", "-name", name, "-path", str(tmp_path / name), f"/dc1/host/cluster1/{host}")
    site.put("[12]web/[12]web.vmx")
    for number, store in (("1", "preserved"), ("2", "other")):
        site.put(f"{number}web/{number}web.vmx", datastore=store)
    before = site.machines()
    named = {"all_hosts": True, "names": ["[12]web"]}
    real = world.cycle("esxi_vm_registration", datastores=["preserved", "other"], **named)
    assert site.machines() == before | {"[12]web"} and real["hosts"][SECOND]["actions"] == []
    govc("vm.register", "-host", HOST, "-ds", "preserved", "1web/1web.vmx")
    world.cycle("esxi_vm_registration", state="absent", **named)
    assert site.machines() == before | {"1web"}
    # The empty datastore of that name, and not the one that the pattern would mean.
    world.cycle("esxi_vm_registration", changed=False, datastores=["pre[s]erved"], **named)


@pytest.mark.own_code
def test_what_is_left_alone(site: Site) -> None:
    """Copies in snapshots, two files in one folder, templates; each with its reason, and nothing in silence."""
    site.put("ok/ok.vmx")
    kept = {
        site.put(".snapshot/hourly/old.vmx"): "hidden",
        site.put("two/a.vmx"): "duplicate",
        site.put("two/b.vmx"): "duplicate",
        site.put("tpl/tpl.vmtx"): "template",
    }
    before = site.machines()
    real = site.world.cycle("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"])
    assert reasons(real) == kept and site.machines() == before | {"ok"}
    assert "which of them is the machine is not known" in str(real["warnings"])
    site.world.cycle("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"], names=["a"])
    assert site.machines() == before | {"ok", "a"}


@pytest.mark.own_code
def test_a_datastore_of_two_hosts_is_searched_once(site: Site) -> None:
    """By the first; machines that run on the lab's own datastore are known."""
    shared = site.put("shared/shared.vmx", datastore="datastore1")
    real = site.world.cycle("esxi_vm_registration", all_hosts=True)
    assert real["hosts"][FIRST]["actions"] == [f"register {shared}"] and real["hosts"][SECOND]["actions"] == []
    assert "registered" in reasons(real).values()


def test_an_inaccessible_datastore(site: Site) -> None:
    """Is reported, and the others are searched all the same; a search that fails is the same."""
    site.put("web/web.vmx")
    site.put("other/other.vmx", datastore="datastore1")
    site.world.control("POST", "datastore", {"name": "preserved", "accessible": False})
    result = site.world.ok("esxi_vm_registration", esxi_hostname=FIRST)
    assert reasons(result)["[preserved]"] == "inaccessible" and "not accessible" in str(result["warnings"])
    assert "other" in site.machines() and "web" not in site.machines()
    site.world.control("POST", "datastore", {"name": "preserved", "accessible": True})
    site.world.control("POST", "faults", {"method": "SearchDatastoreSubFolders_Task", "fault": "FileFault", "in": "task", "times": -1})
    result = site.world.ok("esxi_vm_registration", esxi_hostname=FIRST)
    assert reasons(result)["[preserved]"] == reasons(result)["[datastore1]"] == "inaccessible"


def test_folder_and_pool(site: Site) -> None:
    """By their names."""
    site.put("web/web.vmx")
    site.world.vsphere.govc("folder.create", "/dc1/vm/restored")
    site.world.vsphere.govc("folder.create", "/dc1/vm/restored/lab")
    site.world.vsphere.govc("pool.create", "/dc1/host/cluster1/Resources/small")
    for params, word in (
        ({"folder": "restore"}, "close to it: restored"),
        ({"resource_pool": "smal"}, "close to it: small"),
        ({"datastores": ["preservd"]}, "close to it: preserved"),
    ):
        site.world.refused("esxi_vm_registration", "invalid", word, **{"esxi_hostname": FIRST, "datastores": ["preserved"], **params})
    site.world.cycle("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"], folder="restored/lab", resource_pool="small")
    assert site.machines("/dc1/vm/restored/lab") == {"web"}
    assert site.name_of("/dc1/vm/restored/lab/web", "resourcePool") == "small"


def test_running_machines_are_never_unregistered(site: Site) -> None:
    """And all that match must be named."""
    before = site.machines()
    site.world.refused("esxi_vm_registration", "invalid", "needs names", esxi_hostname=FIRST, state="absent")
    result = site.world.ok("esxi_vm_registration", esxi_hostname=FIRST, state="absent", names=["vm*"])
    assert set(reasons(result).values()) == {"running"} and site.machines() == before and not result["changed"]


@pytest.mark.own_code
def test_one_that_fails_does_not_stop_the_others(site: Site) -> None:
    """The truth about each: what was registered stays, and is said."""
    first, second, third = (site.put(f"{name}/{name}.vmx") for name in ("a", "b", "c"))
    before = site.machines()
    site.world.control("POST", "faults", {"method": "RegisterVM_Task", "call": 2, "fault": "InvalidState"})
    result = site.world.run("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"])
    host = result["hosts"][FIRST]
    assert result["error_code"] == "change_failed" and (host["failed_step"], host["cause"]) == (f"register {second}", "state")
    assert host["not_undone"] == [f"register {first}", f"register {third}"] and site.machines() == before | {"a", "c"} and host["changed"]
    again = site.world.ok("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"])
    assert again["hosts"][FIRST]["actions"] == [f"register {second}"]


@pytest.mark.own_code
def test_a_name_that_is_taken(site: Site) -> None:
    """The server refuses it, in its words."""
    site.put("copy/copy.vmx", "vm01-1")
    result = site.world.run("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"])
    assert result["hosts"][FIRST]["cause"] == "exists" and "Nothing was changed." in result["msg"]


def test_answers_that_are_lost(site: Site) -> None:
    """What is done all the same counts, in both directions."""
    path = site.put("web/web.vmx")
    site.world.control("POST", "faults", {"method": "RegisterVM_Task", "action": "lose"})
    given = {"esxi_hostname": FIRST, "datastores": ["preserved"]}
    assert site.world.ok("esxi_vm_registration", **given)["hosts"][FIRST]["verified"] and "web" in site.machines()
    site.world.control("POST", "faults", {"method": "UnregisterVM", "action": "lose", "status": 502})
    result = site.world.ok("esxi_vm_registration", **given, names=["*"], state="absent")
    assert result["hosts"][FIRST]["actions"] == [f"unregister {path}"] and "web" not in site.machines()


@pytest.mark.own_code
def test_machines_of_hosts_that_share_a_datastore(site: Site) -> None:
    """Each host's own are unregistered, whoever else has the datastore."""
    for name in ("vm01-1", "vm02-1"):
        site.world.vsphere.govc("vm.power", "-off", name)
    result = site.world.cycle("esxi_vm_registration", all_hosts=True, names=["vm0*"], state="absent")
    assert {name: host["actions"] for name, host in result["hosts"].items()} == {
        FIRST: ["unregister [datastore1] vm01-1/vm01-1.vmx"],
        SECOND: ["unregister [datastore1] vm02-1/vm02-1.vmx"],
    }
    assert not site.machines() & {"vm01-1", "vm02-1"}


@pytest.fixture(name="two")
def _two(world_of: Callable[..., World], tmp_path: Path) -> tuple[Site, Site]:
    """Two datacenters with a datastore of the same name, on which machines have the same paths."""
    world = world_of("--hosts", "2", "--datacenters", "2", "--same-names")
    sites = []
    for center, host in (("dc1", FIRST), ("dc2", SECOND)):
        (tmp_path / center).mkdir()
        sites.append(Site(world, tmp_path / center, f"/{center}/host/cluster1/{host}", center))
    return sites[0], sites[1]


@pytest.mark.own_code
def test_datacenters_with_datastores_of_one_name(two: tuple[Site, Site]) -> None:
    """A machine of the one is not taken for that of the other, to register and to unregister."""
    first, second = two
    both, one = (first.put(f"{name}/{name}.vmx") for name in ("both", "one"))
    assert [second.put(f"{name}/{name}.vmx") for name in ("both", "one")] == [both, one]
    given = {"all_hosts": True, "datastores": ["preserved"]}
    first.world.cycle("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"])
    real = first.world.cycle("esxi_vm_registration", **given)
    assert {name: host["actions"] for name, host in real["hosts"].items()} == {FIRST: [], SECOND: [f"register {both}", f"register {one}"]}
    assert {"both", "one"} <= first.machines("/dc1/vm") & second.machines("/dc2/vm")
    gone = first.world.cycle("esxi_vm_registration", **given, state="absent", names=["both"])
    assert [host["actions"] for host in gone["hosts"].values()] == [[f"unregister {both}"]] * 2
    first.world.cycle("esxi_vm_registration", esxi_hostname=SECOND, datastores=["preserved"], state="absent", names=["one"])
    assert [site.machines(f"/{center}/vm") & {"both", "one"} for site, center in ((first, "dc1"), (second, "dc2"))] == [{"one"}, set()]


@pytest.mark.own_code
def test_what_is_not_known_of_another_datacenter(two: tuple[Site, Site]) -> None:
    """Is said of the host there, and of no other."""
    first, second = two
    for site in two:
        site.put("web/web.vmx")
    first.world.ok("esxi_vm_registration", all_hosts=True, datastores=["preserved"])
    machine = second.world.vsphere.govc("find", "-i", "/dc2/vm/web", "-maxdepth", "0").strip().partition(":")[2]
    first.world.control("POST", "properties", {"object": machine, "path": "summary.config.vmPathName"})
    result = first.world.ok("esxi_vm_registration", True, all_hosts=True, datastores=["preserved"])
    assert reasons(result, FIRST) == {"[preserved] web/web.vmx": "registered"} and reasons(result, SECOND) == {"web": "unreadable"}
    assert [SECOND in each and FIRST not in each for each in map(str, result["warnings"]) if "can't be read" in each] == [True]


DOUBTS = [
    {"type": "Datastore", "path": "vm"},
    {"type": "VirtualMachine", "path": "summary.config.vmPathName", "as": "unset"},
    {"object": "web", "as": "hidden", "keep_references": True},
]


@pytest.mark.own_code
@pytest.mark.parametrize("rule", DOUBTS)
def test_gone_is_what_was_seen_to_be_gone(site: Site, rule: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer came, and what is there can't be read any more: that is no sign that it is done."""
    monkeypatch.setattr("ansible_collections.virtnet.hardening.plugins.module_utils._esxi.registration._PATIENCE", 0.0)
    site.put("web/web.vmx")
    given = {"esxi_hostname": FIRST, "datastores": ["preserved"], "names": ["web"]}
    site.world.ok("esxi_vm_registration", **given)
    site.world.control("POST", "properties", {**rule, "after": "UnregisterVM"})
    site.world.control("POST", "faults", {"method": "UnregisterVM", "action": "close"})
    result = site.world.run("esxi_vm_registration", **given, state="absent")
    site.world.control("DELETE", "properties")
    host = result["hosts"][FIRST]
    assert result["failed"] and len(host["not_undone"]) == 1 and "may still take effect" in host["not_undone"][0] and "web" in site.machines(), host


@pytest.mark.own_code
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_read_back_that_fails(site: Site, state: str) -> None:
    """What was done is said, and that nobody saw it."""
    path = site.put("web/web.vmx")
    given = {"esxi_hostname": FIRST, "datastores": ["preserved"], "names": ["web"]}
    method, verb = ("RegisterVM_Task", "register") if state == "present" else ("UnregisterVM", "unregister")
    if state == "absent":
        site.world.ok("esxi_vm_registration", **given)
    site.world.control("POST", "faults", {"method": "RetrievePropertiesEx", "fault": "NoPermission", "times": -1, "after": method})
    result = site.world.run("esxi_vm_registration", **given, state=state)
    site.world.control("DELETE", "faults")
    host = result["hosts"][FIRST]
    assert result["failed"] and result["error_code"] == "not_in_effect" and host["cause"] == "permission" and host["changed"], host
    assert host["not_undone"] == [f"{verb} {path}"] and ("web" in site.machines()) is (state == "present")


@pytest.mark.own_code
@pytest.mark.parametrize("state", ["present", "absent"])
def test_a_read_back_that_does_not_tell(site: Site, state: str) -> None:
    """Neither that it is so, nor that it is not."""
    path = site.put("web/web.vmx")
    given = {"esxi_hostname": FIRST, "datastores": ["preserved"], "names": ["web"]}
    method, verb = ("RegisterVM_Task", "register") if state == "present" else ("UnregisterVM", "unregister")
    if state == "absent":
        site.world.ok("esxi_vm_registration", **given)
    site.world.control("POST", "properties", {"type": "Datastore", "path": "vm", "after": method})
    result = site.world.run("esxi_vm_registration", **given, state=state)
    host = result["hosts"][FIRST]
    assert result["failed"] and result["error_code"] == "not_in_effect" and "is not known: datastore" in host["msg"], host
    assert host["not_undone"] == [f"{verb} {path}"] and ("web" in site.machines()) is (state == "present")


@pytest.mark.own_code
def test_a_registration_that_may_still_come(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows what became of it; one that outlasts the timeout comes true."""
    monkeypatch.setattr("ansible_collections.virtnet.hardening.plugins.module_utils._esxi.registration._PATIENCE", 0.0)
    path = site.put("web/web.vmx")
    site.world.control("POST", "faults", {"method": "RegisterVM_Task", "action": "close"})
    result = site.world.run("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"])
    host = result["hosts"][FIRST]
    assert result["failed"] and host["changed"] and "Nothing was changed." not in host["msg"], host
    assert host["not_undone"] == [f"register {path}: the server has not said what became of it, and it may still take effect"]
    site.world.ok("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"])
    site.world.control("POST", "latency", {"methods": {"UnregisterVM": 6000}})
    late = site.world.run("esxi_vm_registration", esxi_hostname=FIRST, datastores=["preserved"], names=["*"], state="absent", timeout=1)
    assert late["hosts"][FIRST]["not_undone"] and "web" in site.machines()
    deadline = time.monotonic() + 20
    while "web" in site.machines():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_a_standalone_host(world_of: Callable[..., World], tmp_path: Path) -> None:
    """Without a vCenter."""
    world = world_of("--kind", "esxi")
    path = world.hosts()[0]
    site = Site(world, tmp_path, path)
    site.put("web/web.vmx")
    before = site.machines()
    world.cycle("esxi_vm_registration", all_hosts=True)
    assert site.machines() == before | {"web"}


REFUSED: list[dict[str, Any]] = [{"names": []}, {"datastores": []}, {"state": "absent", "names": ["x"], "folder": "y"}, {"search_timeout": 0}]


@pytest.mark.own_code
def test_refused(site: Site) -> None:
    """Before there is a session."""
    for params in REFUSED:
        site.world.refused("esxi_vm_registration", "invalid", esxi_hostname=FIRST, **params)
