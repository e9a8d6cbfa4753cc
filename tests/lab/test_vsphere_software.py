# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated hosts' software, maintenance mode, restarts and datastores, as govc and hand-made messages see them."""

from __future__ import annotations

import ssl
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.oracle.bundles import VibSpec, make_bundle
from tests.oracle.vsphere import Client, Fault, parts

FIRST = "esxi01.lab.example"
HOST = f"/dc1/host/cluster1/{FIRST}"


def esxcli(vsphere: Client, *words: str) -> str:
    """What it prints."""
    return vsphere.govc("host.esxcli", "-host", HOST, *words)


def image_config(vsphere: Client) -> Any:
    """The HostImageConfigManager."""
    found: dict[str, str] = vsphere.collect(HOST, "configManager.imageConfigManager")
    return found["type"], found["value"]


def upload(vsphere: Client, file: Path, path: str) -> str:
    """A file on the datastore; returns where a host finds it."""
    vsphere.govc("datastore.upload", "-ds", "datastore1", str(file), path)
    return f"/vmfs/volumes/datastore1/{path}"


def test_a_component_comes_and_goes(vsphere: Client, tmp_path: Path) -> None:
    """By esxcli; the typed API sees the same, and the other host does not."""
    place = upload(vsphere, make_bundle(tmp_path, [VibSpec(live=True, maintenance=False)]), "x.zip")
    assert "Operation finished successfully" in esxcli(vsphere, "software", "component", "apply", "-d", place)
    listed = esxcli(vsphere, "software", "vib", "list")
    packages = parts(vsphere.soap("fetchSoftwarePackages", image_config(vsphere)))["returnval"]
    assert sorted(line.split()[0] for line in listed.splitlines()[2:]) == sorted(each["name"] for each in packages)
    assert "igc-community" in listed and "VMware-igc-community" in esxcli(vsphere, "software", "component", "list")
    assert "igc-community" not in vsphere.govc("host.esxcli", "-host", HOST.replace("01", "02"), "software", "vib", "list")
    assert "Skipped" in esxcli(vsphere, "software", "component", "apply", "-d", place)
    assert "Operation finished" in esxcli(vsphere, "software", "component", "remove", "-n", "VMware-igc-community")
    assert "igc-community" not in esxcli(vsphere, "software", "vib", "list")


def test_what_needs_a_restart_waits_for_it(vsphere: Client, tmp_path: Path) -> None:
    """The running image stays; a restart needs maintenance mode, takes the host away and changes the time of its start."""
    place = upload(vsphere, make_bundle(tmp_path, [VibSpec()]), "x.zip")
    assert "needs to be rebooted" in esxcli(vsphere, "software", "vib", "install", "-d", place)
    assert "igc-community" not in esxcli(vsphere, "software", "vib", "list")
    assert "igc-community" in esxcli(vsphere, "software", "vib", "list", "-rebooting-image=true")
    reference = vsphere.collect(HOST, "summary.host")
    host, booted = (reference["type"], reference["value"]), vsphere.collect(HOST, "runtime.bootTime")
    with pytest.raises(Fault) as refused:
        vsphere.task("RebootHost_Task", host, force=False)
    assert refused.value.name == "InvalidState"
    vsphere.govc("host.maintenance.enter", HOST)
    vsphere.refused("host.maintenance.enter", HOST)
    vsphere.control("POST", "latency", {"restart_ms": 400})
    vsphere.task("RebootHost_Task", host, force=False)
    seen = set()
    while vsphere.collect(HOST, "runtime.bootTime") == booted:
        seen.add(vsphere.collect(HOST, "runtime.connectionState"))
    assert "notResponding" in seen and vsphere.collect(HOST, "runtime.inMaintenanceMode") is True
    vsphere.govc("host.maintenance.exit", HOST)
    assert "igc-community" in esxcli(vsphere, "software", "vib", "list")


def test_the_acceptance_level(vsphere: Client, tmp_path: Path) -> None:
    """Of the host, and what it keeps out."""
    manager = image_config(vsphere)
    assert parts(vsphere.soap("HostImageConfigGetAcceptance", manager))["returnval"] == "partner"
    place = upload(vsphere, make_bundle(tmp_path, [VibSpec(level="community", signature=b"")]), "x.zip")
    assert "acceptance level is community" in vsphere.refused("host.esxcli", "-host", HOST, "software", "component", "apply", "-d", place)
    with pytest.raises(Fault) as refused:
        vsphere.soap("UpdateHostImageAcceptanceLevel", manager, newAcceptanceLevel="vmware_certified")
    assert refused.value.name == "HostConfigFault"
    vsphere.soap("UpdateHostImageAcceptanceLevel", manager, newAcceptanceLevel="community")
    assert "needs to be rebooted" in esxcli(vsphere, "software", "component", "apply", "-d", place)


def test_an_old_host_has_no_components(vsphere: Client) -> None:
    """Its version is shown everywhere, and that of the other host stays."""
    vsphere.control("POST", "version", {"host": FIRST, "version": "6.7.0"})
    assert vsphere.collect(HOST, "config.product.version", "summary.config.product.version") == ["6.7.0", "6.7.0"]
    assert vsphere.collect(HOST.replace("01", "02"), "config.product.version") == "8.0.2"
    assert "could not be found" in vsphere.refused("host.esxcli", "-host", HOST, "software", "component", "list")
    assert "esx-base" in esxcli(vsphere, "software", "vib", "list")


def test_files_need_a_session(vsphere: Client, tmp_path: Path) -> None:
    """Without one nothing is taken or given."""
    file = tmp_path / "x.txt"
    file.write_text("x")
    vsphere.govc("datastore.upload", "-ds", "datastore1", str(file), "x.txt")
    assert "x.txt" in vsphere.govc("datastore.ls", "-ds", "datastore1")
    url = vsphere.data["url"].replace("/sdk", "/folder/x.txt?dcPath=dc1&dsName=datastore1")
    with pytest.raises(OSError, match="401"):
        urllib.request.urlopen(url, context=ssl.create_default_context(cafile=vsphere.data["ca"]), timeout=30)


def test_machines_are_registered_by_their_files(vsphere: Client, tmp_path: Path) -> None:
    """With the name in the file; a taken name, a missing file and one that is registered are refused, a datastore that is away too."""
    file = tmp_path / "m.vmx"
    file.write_text('displayName = "web server"\n')
    upload(vsphere, file, "web/web.vmx")
    upload(vsphere, file, "copy/copy.vmx")
    register = ("vm.register", "-ds", "datastore1", "-pool", "/dc1/host/cluster1/Resources", "-host", HOST)
    vsphere.govc(*register, "web/web.vmx")
    assert vsphere.collect("/dc1/vm/web server", "config.files.vmPathName") == "[datastore1] web/web.vmx"
    assert (tmp_path / "m.vmx").read_text() == vsphere.govc("datastore.download", "-ds", "datastore1", "web/web.vmx", "-")
    for path in ("web/web.vmx", "copy/copy.vmx", "none/none.vmx"):
        vsphere.refused(*register, path)
    vsphere.control("POST", "datastore", {"name": "datastore1", "accessible": False})
    assert "datastore" in vsphere.refused("datastore.ls", "-R", "-ds", "datastore1")
    assert vsphere.collect("/dc1/datastore/datastore1", "summary.accessible") is False
