# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated vSphere as a server: who gets in, what it counts, how it fails on request, and that it ends."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.oracle.vsphere import ROOT, Client, Fault, parts

FIRST = "esxi01.lab.example"
HOSTS = "/dc1/host/cluster1/"
LAB = [sys.executable, str(ROOT / "lab" / "lab.py")]


def add_group(vsphere: Client, name: str, host: str = FIRST) -> subprocess.CompletedProcess[str]:
    """A write."""
    return vsphere.run("host.portgroup.add", "-host", HOSTS + host, "-vswitch", "vSwitch0", name)


def test_the_certificate_is_verified(vsphere: Client, tmp_path: Path) -> None:
    """With the lab's authority, by address and by name; without it, or with another one, nobody gets in."""
    assert "vCenter" in vsphere.govc("about")
    url = vsphere.data["url"]
    assert vsphere.run("about", GOVC_URL=url.replace("127.0.0.1", "localhost")).returncode == 0
    for settings in ({"GOVC_TLS_CA_CERTS": ""}, {"GOVC_URL": url.replace("127.0.0.1", "127.0.0.2")}):
        done = vsphere.run("about", **settings)
        assert done.returncode != 0 and ("x509" in done.stderr or "refused" in done.stderr), done.stderr
    done = vsphere.run("about", GOVC_TLS_CA_CERTS="", GOVC_INSECURE="true")
    assert done.returncode == 0, done.stderr


def test_only_on_the_loopback_interface(vsphere: Client) -> None:
    """Read from the kernel: no other address listens."""
    listening = subprocess.run(["ss", "-Hltnp"], capture_output=True, text=True, check=True).stdout
    mine = [line.split()[3] for line in listening.splitlines() if f"pid={vsphere.data['process'][0]}," in line]
    assert mine == [f"127.0.0.1:{urlsplit(vsphere.data['url']).port}"]


def test_user_and_password_are_checked(vsphere: Client) -> None:
    """InvalidLogin; and what needs a session is refused without one, reading too."""
    assert "Login failure" in vsphere.refused_with("about", GOVC_PASSWORD="wrong")
    assert "Login failure" in vsphere.refused_with("about", GOVC_USERNAME="root")
    with pytest.raises(Fault) as refused:
        vsphere.login("wrong")
    assert refused.value.name == "InvalidLogin"
    vsphere.cookie = "vmware_soap_session=nobody"
    spec = {"propSet": {"type": "Folder", "pathSet": "name"}, "objectSet": {"obj": ("Folder", "group-d1")}}
    with pytest.raises(Fault) as refused:
        vsphere.soap("RetrievePropertiesEx", ("PropertyCollector", "propertyCollector"), specSet=spec, options={})
    assert refused.value.name == "NotAuthenticated"


def test_calls_are_counted(vsphere: Client) -> None:
    """Per method, in order, with host and duration; resetting starts anew. govc's own trace says how many calls it made."""
    vsphere.govc("about")
    vsphere.control("POST", "calls/reset")
    done = vsphere.run("host.portgroup.add", "-host", HOSTS + FIRST, "-vswitch", "vSwitch0", "-trace", "counted")
    assert done.returncode == 0
    traced = done.stderr.count("POST /sdk HTTP/1.1")
    counted = vsphere.control("GET", "calls?log=1")
    assert counted["total"] == traced == len(counted["log"]) == sum(counted["methods"].values()) > 3
    assert counted["methods"]["AddPortGroup"] == 1 and counted["faults"] == 0
    write = next(call for call in counted["log"] if call["method"] == "AddPortGroup")
    assert write["host"] == FIRST and write["object"].startswith("hostnetworksystem-") and write["status"] == 200
    starts = [call["start_ms"] for call in counted["log"]]
    assert starts == sorted(starts)
    vsphere.control("POST", "calls/reset")
    assert vsphere.control("GET", "calls")["total"] == 0


def test_delays(vsphere: Client) -> None:
    """Each call, one method, and tasks; calls that come together are delayed together."""
    vsphere.govc("about")
    vsphere.control("POST", "latency", {"ms": 30, "methods": {"RetrieveServiceContent": 200}})
    vsphere.control("POST", "calls/reset")
    vsphere.govc("about")
    log = vsphere.control("GET", "calls?log=1")["log"]
    assert all(call["time_ms"] >= (230 if call["method"] == "RetrieveServiceContent" else 30) for call in log) and len(log) >= 3
    vsphere.control("POST", "latency", {"methods": {"AddPortGroup": 1500}})
    vsphere.control("POST", "calls/reset")
    with ThreadPoolExecutor(4) as pool:
        assert all(done.returncode == 0 for done in pool.map(lambda number: add_group(vsphere, f"together{number}"), range(4)))
    counted = vsphere.control("GET", "calls?log=1")
    writes = sorted(call["start_ms"] for call in counted["log"] if call["method"] == "AddPortGroup")
    assert counted["peak_methods"]["AddPortGroup"] >= 2 and writes[-1] - writes[0] < 1500
    vsphere.control("POST", "latency", {"tasks_ms": 500})
    key, seen = vsphere.collect("/dc1/network/dvpg01", "key", "config.configVersion")
    began = time.monotonic()
    vsphere.task("ReconfigureDVPortgroup_Task", ("DistributedVirtualPortgroup", key), spec={"configVersion": seen, "description": "slow"})
    assert time.monotonic() - began >= 0.5


def test_call_n_of_a_method_on_a_host_fails(vsphere: Client) -> None:
    """The second AddPortGroup on the first host, and only that; nothing of it is done."""
    vsphere.control("POST", "faults", {"method": "AddPortGroup", "host": FIRST, "call": 2, "fault": "HostConfigFault", "message": "no memory"})
    assert add_group(vsphere, "one").returncode == 0
    assert add_group(vsphere, "one", FIRST.replace("01", "02")).returncode == 0
    refused = add_group(vsphere, "refused-group")
    assert refused.returncode != 0 and "An error occurred during host configuration" in refused.stderr
    assert "refused-group" not in vsphere.govc("host.portgroup.info", "-host", HOSTS + FIRST)
    assert add_group(vsphere, "three").returncode == 0
    rule = vsphere.control("GET", "faults")[0]
    assert (rule["seen"], rule["hits"]) == (3, 1)
    vsphere.control("DELETE", "faults")
    assert vsphere.control("GET", "faults") == []
    vsphere.control("POST", "faults", {"method": "AddPortGroup", "times": -1, "fault": "NoPermission"})
    assert "Permission" in add_group(vsphere, "four").stderr and "Permission" in add_group(vsphere, "four").stderr


def test_a_task_fails(vsphere: Client) -> None:
    """The call is accepted, its task is not."""
    vsphere.control("POST", "faults", {"method": "ReconfigureDVPortgroup_Task", "object": "dvpg01", "in": "task", "fault": "DvsOperationBulkFault"})
    key, seen = vsphere.collect("/dc1/network/dvpg01", "key", "config.configVersion")
    with pytest.raises(Fault) as refused:
        vsphere.task("ReconfigureDVPortgroup_Task", ("DistributedVirtualPortgroup", key), spec={"configVersion": seen, "description": "x"})
    assert refused.value.name == "DvsOperationBulkFault"
    assert vsphere.collect("/dc1/network/dvpg01", "config.configVersion") == seen


def test_the_connection_breaks(vsphere: Client) -> None:
    """No answer at all; what was asked for is not done."""
    vsphere.control("POST", "faults", {"method": "AddPortGroup", "action": "close"})
    done = add_group(vsphere, "broken")
    assert done.returncode != 0 and "EOF" in done.stderr
    assert 0 in [call["status"] for call in vsphere.control("GET", "calls?log=1")["log"] if call["method"] == "AddPortGroup"]
    assert add_group(vsphere, "broken").returncode == 0


def test_sessions_end(vsphere: Client) -> None:
    """At once, or in the middle of a client's work."""
    folder = ("Folder", "group-d1")
    spec = {"propSet": {"type": "Folder", "pathSet": "name"}, "objectSet": {"obj": folder}}
    collector = ("PropertyCollector", "propertyCollector")
    vsphere.soap("RetrievePropertiesEx", collector, specSet=spec, options={})
    assert vsphere.control("POST", "sessions/drop")["dropped"] >= 1
    with pytest.raises(Fault) as refused:
        vsphere.soap("RetrievePropertiesEx", collector, specSet=spec, options={})
    assert refused.value.name == "NotAuthenticated"
    vsphere.control("POST", "faults", {"method": "AddPortGroup", "action": "drop_sessions"})
    done = add_group(vsphere, "late")
    assert done.returncode != 0 and "not authenticated" in done.stderr.lower()
    assert add_group(vsphere, "late").returncode == 0


@pytest.mark.parametrize(("state", "connection"), [("disconnected", "disconnected"), ("notResponding", "notResponding"), ("maintenance", "connected")])
def test_hosts_in_other_states(vsphere: Client, state: str, connection: str) -> None:
    """A host that vCenter can't reach keeps its last known configuration and takes no change; one in maintenance does."""
    vsphere.control("POST", "host", {"host": FIRST, "state": state})
    assert vsphere.collect(HOSTS + FIRST, "runtime.connectionState", "runtime.inMaintenanceMode") == [connection, state == "maintenance"]
    assert vsphere.collect(HOSTS + FIRST, "config.network.vswitch")[0]["name"] == "vSwitch0"
    done = add_group(vsphere, "unreached")
    assert (done.returncode == 0) is (state == "maintenance"), done.stderr
    assert state == "maintenance" or "Unable to communicate with the remote host" in done.stderr
    assert add_group(vsphere, "unreached", FIRST.replace("01", "02")).returncode == 0
    vsphere.control("POST", "host", {"host": FIRST, "state": "connected"})
    assert add_group(vsphere, "again").returncode == 0


def test_a_host_goes_in_the_middle(vsphere: Client) -> None:
    """From its second change on."""
    vsphere.control("POST", "faults", {"method": "AddPortGroup", "host": FIRST, "call": 2, "action": "host", "state": "notResponding"})
    assert [add_group(vsphere, name).returncode == 0 for name in ("one", "two", "three")] == [True, False, False]


def test_the_control_channel_refuses_nonsense(vsphere: Client) -> None:
    """With a sentence, so that a test can't ask for something that never happens."""
    for path, body in (
        ("faults", {"method": "AddPortGroup", "fault": "NoSuchFault"}),
        ("faults", {"method": "AddPortGroup", "fault": "HostSystem"}),
        ("faults", {"fualt": "NotFound"}),
        ("faults", {"host": "nohost", "fault": "NotFound"}),
        ("faults", {"method": "AddPortGroup", "in": "task", "fault": "NotFound"}),
        ("faults", {"fault": "NotFound", "call": -1}),
        ("host", {"host": FIRST, "state": "broken"}),
        ("bump", {}),
        ("latency", {"ms": -1}),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            vsphere.control("POST", path, body)
        assert refused.value.code == 400 and json.load(refused.value)["error"], path
    vsphere.data["password"] = "wrong"
    with pytest.raises(urllib.error.HTTPError) as refused:
        vsphere.control("GET", "calls")
    assert refused.value.code == 401


def test_fifty_hosts_start_in_seconds(start: Any) -> None:
    """With ten groups each; and all of them are read in one page or in several."""
    began = time.monotonic()
    vsphere = start("--hosts", "50", "--groups", "10")
    seconds = time.monotonic() - began
    assert seconds < 20, f"{seconds:.1f} s"
    assert len(vsphere.govc("find", "/", "-type", "h").split()) == 50
    assert len(vsphere.collect(HOSTS + "esxi50.lab.example", "config.network.portgroup")) == 12
    view = ("PropertyCollector", "propertyCollector")
    hosts = [("HostSystem", each["value"]) for each in vsphere.collect("/dc1/host/cluster1", "host")]
    spec = {"propSet": {"type": "HostSystem", "pathSet": ["name", "config.network.vswitch"]}, "objectSet": [{"obj": each} for each in hosts]}
    page = vsphere.soap("RetrievePropertiesEx", view, specSet=spec, options={"maxObjects": 20})
    token = page.findtext(".//{urn:vim25}token")
    assert token and len(page.findall(".//{urn:vim25}objects")) == 20
    assert len(vsphere.soap("ContinueRetrievePropertiesEx", view, token=token).findall(".//{urn:vim25}objects")) == 20


def process_ends(pid: int) -> bool:
    """Within five seconds; a zombie has ended."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.05)
    return False


def server(folder: Path, *options: str) -> dict[str, Any]:
    """Start the server itself."""
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [str(ROOT / ".cache" / "vsphere" / "vsphere-lab"), "--folder", str(folder), *options],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "VSPHERE_LAB_PASSWORD": "x"},
    )
    assert process.stdout is not None
    with process.stdout:
        return {"process": process, **json.loads(process.stdout.readline())}


def left(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_it_ends_by_itself(built: None, tmp_path: Path) -> None:
    """With SIGTERM, after its lifetime, and with its parent; nothing stays behind."""
    ready = server(tmp_path / "a")
    assert ready["pid"] == ready["process"].pid and set(ready) >= {"url", "ca", "user", "inventory", "seconds"}
    os.kill(ready["pid"], signal.SIGTERM)
    assert ready["process"].wait(5) == 0 and left(tmp_path / "a") == []
    ready = server(tmp_path / "b", "--lifetime", "1s")
    assert ready["process"].wait(5) == 0 and left(tmp_path / "b") == []
    parent = subprocess.Popen(["sleep", "60"])
    ready = server(tmp_path / "c", "--parent", str(parent.pid))
    assert ready["process"].poll() is None
    parent.kill()
    parent.wait()
    assert ready["process"].wait(5) == 0 and left(tmp_path / "c") == []


def test_a_killed_starter_takes_it_along(built: None, tmp_path: Path) -> None:
    """The default of the server itself: the parent is the one that started it."""
    script = (
        "import subprocess, sys, os, time\n"
        "p = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, env={**os.environ, 'VSPHERE_LAB_PASSWORD': 'x'})\n"
        "p.stdout.readline(); print(p.pid, flush=True); time.sleep(60)\n"
    )
    words = [str(ROOT / ".cache" / "vsphere" / "vsphere-lab"), "--folder", str(tmp_path)]
    starter = subprocess.Popen([sys.executable, "-c", script, *words], stdout=subprocess.PIPE, text=True)
    assert starter.stdout is not None
    with starter.stdout:
        pid = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    assert process_ends(pid)


def test_the_verbs_of_the_lab(built: None, tmp_path: Path) -> None:
    """up, up again, status, env, control, down; the KVM lab in the same folder is another thing."""

    def lab(*words: str, code: int = 0) -> str:
        done = subprocess.run([*LAB, "--state", str(tmp_path / "state"), *words], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    assert "is down" in lab("vsphere", "status", code=1)
    assert "is down; start it" in lab("vsphere", "env", code=1)
    assert "500" in lab("vsphere", "up", "--hosts", "501", code=1)
    try:
        assert "vcenter with 3 host(s)" in lab("vsphere", "up", "--hosts", "3")
        assert "runs already" in lab("vsphere", "up", "--hosts", "3")
        assert "127.0.0.1" in lab("vsphere", "status")
        file = tmp_path / "state" / "vsphere" / "server.json"
        assert file.stat().st_mode & 0o077 == 0
        assert json.loads(lab("vsphere", "control", "GET", "calls"))["total"] == 0
        assert "refused" in lab("vsphere", "control", "POST", "host", '{"host": "nobody", "state": "connected"}', code=1)
        lines = lab("vsphere", "env").splitlines()
        script = "\n".join([*lines, '"$0" find / -type h'])
        found = subprocess.run(["sh", "-c", script, str(ROOT / ".cache" / "vsphere" / "govc")], capture_output=True, text=True, check=True).stdout
        assert len(found.split()) == 3
        # What verifies certificates in Python takes the authority from the environment as well.
        names = {line.split()[1].partition("=")[0] for line in lines}
        assert {"VMWARE_HOST", "VMWARE_USER", "VMWARE_PASSWORD", "VMWARE_PORT", "VMWARE_VALIDATE_CERTS", "SSL_CERT_FILE"} <= names
        lab("down")
        assert "127.0.0.1" in lab("vsphere", "status")
    finally:
        assert "down" in lab("vsphere", "down")
    assert not (tmp_path / "state" / "vsphere").exists()


def test_the_second_build_does_nothing(built: None) -> None:
    """Sources of the same content are not built twice."""
    binary = ROOT / ".cache" / "vsphere" / "vsphere-lab"
    before, began = binary.stat().st_mtime_ns, time.monotonic()
    subprocess.run([str(ROOT / "scripts" / "vsphere-build")], check=True)
    assert binary.stat().st_mtime_ns == before and time.monotonic() - began < 5


def test_the_authority_signs_nothing_else(vsphere: Client) -> None:
    """Python's verification agrees with govc's."""
    address = vsphere.data["url"].replace("/sdk", "/sdk/vimServiceVersions.xml")
    with urllib.request.urlopen(address, context=ssl.create_default_context(cafile=vsphere.data["ca"]), timeout=10) as answer:
        assert b"8.0.3" in answer.read()
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        urllib.request.urlopen(address, context=ssl.create_default_context(), timeout=10)


def properties(vsphere: Client, *paths: str) -> dict[str, Any]:
    """What RetrievePropertiesEx tells of the first host, as plain data."""
    reference = vsphere.govc("find", "-i", "/", "-type", "h", "-name", FIRST).split()[0].split(":")[1]
    spec = {"propSet": {"type": "HostSystem", "pathSet": list(paths)}, "objectSet": {"obj": ("HostSystem", reference)}}
    answer = parts(vsphere.soap("RetrievePropertiesEx", ("PropertyCollector", "propertyCollector"), specSet=spec, options={}))["returnval"]["objects"]
    missing = answer.get("missingSet", [])
    return {"set": answer.get("propSet", []), "missing": missing if isinstance(missing, list) else [missing]}


def test_properties_that_are_not_told(vsphere: Client) -> None:
    """On the wire as in a vCenter: the fault's type, its object and privilege, and an empty text; or in neither set. govc sees all: it waits for updates."""
    whole = properties(vsphere, "name", "config.network.vnic")
    assert not whole["missing"] and [each["name"] for each in whole["set"]] == ["name", "config.network.vnic"]
    rule = {"type": "HostSystem", "object": FIRST, "path": "config.network", "fault": "NotAuthenticated", "privilege": "System.View"}
    vsphere.control("POST", "properties", rule)
    denied = properties(vsphere, "name", "config.network.vnic")
    assert denied["set"]["name"] == "name" and denied["missing"][0]["path"] == "config.network.vnic"
    fault = denied["missing"][0]["fault"]
    assert fault["fault"]["privilegeId"] == "System.View" and fault["fault"]["object"].startswith("host-") and fault["localizedMessage"] is None
    assert [each["device"] for each in vsphere.collect(HOSTS + FIRST, "config.network.vnic")] == ["vmk0"]
    vsphere.control("DELETE", "properties")
    vsphere.control("POST", "properties", {"path": "config.network.vnic", "as": "unset"})
    unset = properties(vsphere, "name", "config.network.vnic")
    assert unset["set"]["name"] == "name" and not unset["missing"]
    rule = vsphere.control("GET", "properties")[0]
    assert (rule["as"], rule["hits"]) == ("unset", 1)
    with pytest.raises(urllib.error.HTTPError):
        vsphere.control("POST", "properties", {"path": "name", "as": "wrong"})


def test_a_call_goes_on_without_its_client(vsphere: Client) -> None:
    """The client hangs up and logs out while its call is delayed: it is done all the same."""
    host = vsphere.collect(HOSTS + FIRST, "configManager.networkSystem")
    vsphere.control("POST", "latency", {"methods": {"AddPortGroup": 2500}})
    with pytest.raises((TimeoutError, urllib.error.URLError)):
        vsphere.soap("AddPortGroup", (host["type"], host["value"]), seconds=0.5, portgrp={"name": "late", "vlanId": 1, "vswitchName": "vSwitch0", "policy": {}})
    vsphere.soap("Logout", ("SessionManager", "SessionManager"))
    names = [each["spec"]["name"] for each in vsphere.collect(HOSTS + FIRST, "config.network.portgroup")]
    assert "late" not in names
    deadline = time.monotonic() + 20
    while "late" not in vsphere.govc("host.portgroup.info", "-host", HOSTS + FIRST):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_answers_that_are_lost(vsphere: Client) -> None:
    """The call is done; its client gets nothing, or the answer of a proxy."""
    for name, more in (("closed", {}), ("proxy", {"status": 504})):
        vsphere.control("POST", "faults", {"method": "AddPortGroup", "action": "lose", **more})
        done = add_group(vsphere, name)
        assert done.returncode != 0 and ("504" in done.stderr) is bool(more)
        assert name in vsphere.govc("host.portgroup.info", "-host", HOSTS + FIRST)
    with pytest.raises(urllib.error.HTTPError):
        vsphere.control("POST", "faults", {"method": "AddPortGroup", "action": "close", "status": 504})


def test_what_changes_between_two_reads(vsphere: Client) -> None:
    """Rules that wait for a call: before it all is told, and works, as it is."""
    vsphere.control("POST", "properties", {"path": "config.network.vnic", "as": "unset", "after": "AddPortGroup"})
    vsphere.control("POST", "faults", {"method": "RemovePortGroup", "fault": "NoPermission", "after": "AddPortGroup"})
    assert properties(vsphere, "config.network.vnic")["set"]
    vsphere.govc("host.portgroup.remove", "-host", HOSTS + FIRST, "pg02")
    assert add_group(vsphere, "new").returncode == 0
    assert not properties(vsphere, "config.network.vnic")["set"]
    assert "Permission" in vsphere.refused("host.portgroup.remove", "-host", HOSTS + FIRST, "new")


def test_answers_with_nothing_in_them(vsphere: Client) -> None:
    """The call is done, and nothing is told."""
    manager = vsphere.collect(HOSTS + FIRST, "configManager.advancedOption")
    ask = {"method": "QueryOptions", "this": (manager["type"], manager["value"]), "name": "Net.BlockGuestBPDU"}
    assert parts(vsphere.soap(**ask))["returnval"]["key"] == "Net.BlockGuestBPDU"
    vsphere.control("POST", "faults", {"method": "QueryOptions", "action": "empty"})
    assert not parts(vsphere.soap(**ask)) and parts(vsphere.soap(**ask))["returnval"]
    vsphere.control("POST", "faults", {"method": "QueryOptions", "action": "cut", "element": "returnval/value"})
    assert parts(vsphere.soap(**ask))["returnval"] == {"key": "Net.BlockGuestBPDU"}
    with pytest.raises(urllib.error.HTTPError):
        vsphere.control("POST", "faults", {"method": "QueryOptions", "action": "cut"})


@pytest.mark.parametrize(("delay", "state", "within"), [(0, "error", True), (300, "error", True), (-1, "success", False)])
def test_a_task_that_is_cancelled(vsphere: Client, delay: int, state: str, within: bool) -> None:
    """That is noted; it ends when it notices, or comes to its own end."""
    vsphere.control("POST", "latency", {"tasks_ms": 1500, "cancel_ms": delay})
    host = vsphere.govc("find", "-i", HOSTS + FIRST, "-maxdepth", "0").strip().partition(":")[2]
    task = next(iter(vsphere.soap("EnterMaintenanceMode_Task", ("HostSystem", host), timeout=1))).text or ""
    began = time.monotonic()
    vsphere.soap("CancelTask", ("Task", task))
    while vsphere.collect(f"Task:{task}", "info.state") == "running":
        assert vsphere.collect(f"Task:{task}", "info.cancelled") is True
    assert (time.monotonic() - began < 1.4) is within and vsphere.collect(f"Task:{task}", "info.state") == state
    assert vsphere.collect(HOSTS + FIRST, "runtime.inMaintenanceMode") is (state == "success")
    with pytest.raises(Fault):
        vsphere.soap("CancelTask", ("Task", task))


def test_a_task_does_not_keep_others_from_reading(vsphere: Client) -> None:
    """While it is delayed, what it is about can be read as it is."""
    vsphere.control("POST", "latency", {"tasks_ms": 3000})
    key, seen = vsphere.collect("/dc1/network/dvpg01", "key", "config.configVersion")
    vsphere.soap("ReconfigureDVPortgroup_Task", ("DistributedVirtualPortgroup", key), spec={"configVersion": seen, "description": "slow"})
    began = time.monotonic()
    assert vsphere.collect("/dc1/network/vds1", "config.name") == "vds1" and vsphere.collect("/dc1/network/dvpg01", "config.description") != "slow"
    assert time.monotonic() - began < 2.9
