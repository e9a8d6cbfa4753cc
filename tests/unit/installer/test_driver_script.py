# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drivers at the first start: where they come from, how they are installed, and that another digest is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile.driver_script import drivers, render
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

from .firsthost import SHELLS, FirstHost, calls_of

V8 = EsxiVersion(8, 0)
DATA = b"made up"
DIGEST = hashlib.sha256(DATA).hexdigest()
BASE = ["http://192.0.2.1/esxi/pxe", "http://192.0.2.1/esxi/http/"]
FIREWALL = ["network", "firewall", "ruleset", "set", "--ruleset-id=httpClient"]
MAINTENANCE = ["system", "maintenanceMode", "set"]


def answer(path: str = "/srv/a driver.zip", **more: Any) -> dict[str, Any]:
    """As offline_bundle_info has it."""
    vib = {"maintenance_mode": True, "live_install": False}
    return {"path": path, "sha256": DIGEST, "kind": "offline_bundle", "components": [{"name": "c"}], "vibs": [vib], "acceptance_level": "partner", **more}


def put(folder: Path, name: str, data: bytes = DATA) -> None:
    """A file somewhere below a folder."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def installs(calls: list[list[str]]) -> list[str]:
    """What esxcli software was called with, but for the folder."""
    return [" ".join(words).replace(words[-1], words[-1].rpartition("/")[2]) for words in calls_of(calls, "esxcli") if words[0] == "software"]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_from_a_cd(tmp_path: Path, shell: list[str]) -> None:
    """Under the name that it has on an ISO; nothing is asked of the network."""
    host = FirstHost(tmp_path)
    put(host.volumes, "ESXI/DRIVERS/01.ZIP")
    put(host.volumes, "ESXI/DRIVERS/02.ZIP")
    vib = answer("/srv/b.vib", kind="vib", components=[], vibs=[{"maintenance_mode": False, "live_install": True}])
    calls = host.run(render(drivers([answer(), vib], V8), []), shell)
    assert calls_of(calls, "esxcli") == [
        [*MAINTENANCE, "--enable=true"],
        ["software", "component", "apply", f"--depot={host.tmp}/virtnet-driver-01.zip"],
        ["software", "vib", "install", f"--viburl={host.tmp}/virtnet-driver-02.vib"],
        [*MAINTENANCE, "--enable=false"],
    ]
    assert calls_of(calls, "vsish")[0] == ["-e", "set", "/vmkModules/iso9660/mount", "mpx.vmhba1:C0:T0:L0"] and not calls_of(calls, "wget")
    assert calls_of(calls, "reboot") == [[]] and calls_of(calls, "logger")[-1][-1] == "the drivers are installed" and not list(host.tmp.iterdir())


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_from_the_network(tmp_path: Path, shell: list[str]) -> None:
    """From the first tree that has it. The firewall is opened for it and closed again."""
    host = FirstHost(tmp_path)
    script = render(drivers([answer(vibs=[{"maintenance_mode": False, "live_install": True}], components=[])], V8), BASE)
    # The name is quoted for a URL; the server unquotes it.
    asked = [unquote(words[-1]) for words in calls_of(host.run(script, shell), "wget")]
    assert asked == [f"{base.rstrip('/')}/drivers/a driver.zip" for base in BASE]
    put(host.served, "192.0.2.1/esxi/http/drivers/a%20driver.zip")
    calls = host.run(script, shell)
    assert installs(calls) == ["software vib install virtnet-driver-01.zip"] and calls_of(calls, "reboot") == []
    assert calls_of(calls, "esxcli")[0] == [*FIREWALL, "--enabled=true"] and calls_of(calls, "esxcli")[-1] == [*FIREWALL, "--enabled=false"]


@pytest.mark.parametrize("where", ["cd", "network"])
def test_another_digest_is_refused(tmp_path: Path, where: str) -> None:
    """It is not installed, the host does not restart, and the log says why."""
    host = FirstHost(tmp_path)
    put(host.volumes if where == "cd" else host.served, "ESXI/DRIVERS/01.ZIP" if where == "cd" else "192.0.2.1/esxi/pxe/drivers/a%20driver.zip", b"forged")
    calls = host.run(render(drivers([answer()], V8), BASE))
    assert installs(calls) == [] and calls_of(calls, "reboot") == []
    told = calls_of(calls, "logger")
    assert len(told) == 1 and "has another digest than" in told[0][-1]
    # A right one elsewhere is taken then.
    put(host.served, "192.0.2.1/esxi/http/drivers/a%20driver.zip")
    assert len(installs(host.run(render(drivers([answer()], V8), BASE)))) == 1


def test_a_failed_installation_is_told(tmp_path: Path) -> None:
    """And the host does not restart in the middle of what somebody has to look at."""
    host = FirstHost(tmp_path, failing=["apply"])
    put(host.volumes, "ESXI/DRIVERS/01.ZIP")
    calls = host.run(render(drivers([answer()], V8), []))
    assert calls_of(calls, "reboot") == [] and "failed: esxcli software component apply" in calls_of(calls, "logger")[0][-1]


@pytest.mark.parametrize(
    ("more", "words"), [({"fits": "no", "because": "it is for ESXi 7.*"}, "it is for ESXi 7"), ({"acceptance_level": "community"}, "community")]
)
def test_what_a_host_would_refuse(more: dict[str, Any], words: str) -> None:
    """Here already."""
    with pytest.raises(InputError, match=words):
        drivers([answer(**more)], V8)


def test_a_release_without_components() -> None:
    """6.7 knows VIBs only."""
    assert drivers([answer()], EsxiVersion(6, 7))[0].command == ("software", "vib", "install", "--depot={file}")
    assert drivers([answer()], EsxiVersion(7, 0))[0].command == ("software", "component", "apply", "--depot={file}")


def test_no_drivers_no_script() -> None:
    """Nor a restart."""
    assert render([], BASE) == ""
