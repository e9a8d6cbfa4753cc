# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selection, faults, tasks, names: the small pure parts."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
from http.client import BadStatusLine, HTTPException, RemoteDisconnected
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import UnreadableError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host import select
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.inventory import _SYSTEM, Host, _with_network
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host.select import HostPlace, HostSelection
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session import fault, task
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.client import Login, _best_version
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import GONE, UNSET, Found, Gap, gaps_of, plain_name, why
from pyVmomi import vim, vmodl

PLACES = [
    HostPlace("esxi01", "dc1", "cluster1"),
    HostPlace("esxi02", "dc1", "cluster1"),
    HostPlace("esxi03", "dc1", None),
    HostPlace("esxi04", "dc2", "cluster1"),
    HostPlace("esxi05", "dc2", "cluster2"),
]
GIVEN: dict[str, Any] = {"esxi_hostname": None, "esxi_hostnames": None, "cluster_name": None, "datacenter": None, "all_hosts": False}
MODULE = "ansible_collections.virtnet.hardening.plugins.modules.esxi_vswitch"


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({"esxi_hostname": "esxi02"}, [1]),
        ({"esxi_hostnames": ["esxi05", "esxi01", "esxi05"]}, [4, 0]),
        ({"cluster_name": "cluster2"}, [4]),
        ({"cluster_name": "cluster1", "datacenter": "dc1"}, [0, 1]),
        ({"datacenter": "dc2"}, [3, 4]),
        ({"all_hosts": True}, [0, 1, 2, 3, 4]),
        ({"all_hosts": True, "datacenter": "dc1"}, [0, 1, 2]),
    ],
)
def test_selection(given: dict[str, Any], chosen: list[int]) -> None:
    """In the order in which they were named."""
    assert HostSelection({**GIVEN, **given}).choose(PLACES) == chosen


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cluster_name": "cluster1"}, "there is a cluster cluster1 in dc1 and in dc2; set datacenter too."),
        ({"esxi_hostname": "esxi04", "datacenter": "dc1"}, "there is no host esxi04; close to it: esxi0"),
        ({"cluster_name": "other"}, "there is no cluster with hosts other; there are cluster1, cluster2."),
        ({"esxi_hostname": "a", "all_hosts": True}, "esxi_hostname and all_hosts exclude each other"),
        ({}, "No hosts are chosen"),
        ({"esxi_hostnames": []}, "the list is empty"),
        ({"esxi_hostname": ""}, "esxi_hostname: a name in it is empty"),
        ({"esxi_hostnames": ["esxi01", ""]}, "esxi_hostnames: a name in it is empty"),
        ({"cluster_name": ""}, "cluster_name: a name in it is empty"),
        ({"all_hosts": True, "datacenter": ""}, "datacenter: a name in it is empty"),
    ],
)
def test_selection_refuses(given: dict[str, Any], words: str) -> None:
    """With a sentence."""
    with pytest.raises(InputError) as refused:
        HostSelection({**GIVEN, **given}).choose(PLACES)
    assert words in refused.value.message


def test_no_host_at_all() -> None:
    """An empty inventory is an error, as nothing would be hardened."""
    with pytest.raises(InputError):
        HostSelection({**GIVEN, "all_hosts": True}).choose([])
    with pytest.raises(InputError) as refused:
        HostSelection({**GIVEN, "datacenter": "dc1"}).choose([])
    assert "there is none at all" in refused.value.message


def test_two_hosts_of_one_name() -> None:
    """Which a vCenter does not allow; should there be, nobody guesses."""
    with pytest.raises(InputError) as refused:
        HostSelection({**GIVEN, "esxi_hostname": "esxi01"}).choose([*PLACES, HostPlace("esxi01", "dc2", None)])
    assert "in dc1 and in dc2" in refused.value.message


def test_close_names() -> None:
    """Case is no reason not to find it; what is there is listed where nothing is close."""
    assert select.close("VM NETWORK", ["VM Network", "Management Network"]) == "; close to it: VM Network, Management Network"
    assert select.close("x", ["alpha"]) == "; there is alpha"
    assert select.close("x", [f"group{number}" for number in range(9)]).endswith(", ...")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (vim.fault.InvalidLogin(msg="Cannot complete login."), "login", "InvalidLogin: Cannot complete login"),
        (vmodl.fault.ManagedObjectNotFound(), "not_found", "ManagedObjectNotFound"),
        (vim.fault.NoPermission(privilegeId="Host.Config.Network"), "permission", "privilegeId Host.Config.Network"),
        (vmodl.fault.InvalidArgument(invalidProperty="spec.mtu"), "invalid_argument", "invalidProperty spec.mtu"),
        (vim.fault.HostConfigFault(faultMessage=[vmodl.LocalizableMessage(key="k", message="Sysinfo set failed.")]), "host_config", "Sysinfo set failed)"),
        # Faults that are not in the table count as their parents do: this is a HostConfigFault.
        (vim.fault.NasConfigFault(name="x"), "host_config", "NasConfigFault"),
        (vim.fault.ConcurrentAccess(), "concurrent_access", "somebody else"),
        (vim.fault.DvsFault(), "fault", "the server refused it (DvsFault)"),
        (ssl.SSLCertVerificationError(1, "self-signed certificate"), "certificate", "vc1 is not trusted"),
        (ssl.SSLError(1, "WRONG_VERSION_NUMBER"), "unreachable", "does not speak TLS"),
        (socket.gaierror(-2, "Name or service not known"), "unreachable", "has no address (Name or service not known)"),
        (TimeoutError(), "deadline", "did not answer in time"),
        (ConnectionRefusedError(111, "Connection refused"), "unreachable", "(Connection refused)"),
        (BadStatusLine("220 smtp"), "unreachable", "ended the connection"),
        (ValueError("what"), "backend", "can't be read (ValueError: what)"),
    ],
)
def test_faults(error: Exception, code: str, words: str) -> None:
    """One sentence and a code, whatever is raised."""
    told = fault.translate(error, "esxi01", "vc1")
    assert told.code == code and words in told.message and told.message.startswith("esxi01: ") and told.message.endswith(".")
    assert fault.translate(told, "again") is told


def test_a_task_that_ends() -> None:
    """Its result, or its fault as an error."""
    states = iter(["queued", "running", "success"])
    pauses: list[float] = []
    done = task.wait(lambda: SimpleNamespace(state=next(states), result=7, key="task-1"), "doing it", 60, pause=pauses.append)
    assert done == 7 and pauses == [0.02, 0.04]
    with pytest.raises(fault.VsphereError) as failed:
        task.wait(lambda: SimpleNamespace(state="error", error=vim.fault.ConcurrentAccess()), "doing it", 60)
    assert failed.value.code == "concurrent_access" and not isinstance(failed.value, fault.PendingError)
    # As for a call without a task: the server says that it does not know what became of it.
    for error in (vmodl.fault.HostCommunication(), vim.fault.Timedout()):
        with pytest.raises(fault.PendingError) as lost:
            task.wait(lambda error=error: SimpleNamespace(state="error", error=error), "doing it", 60)  # type: ignore[misc]
        assert fault.is_open(error) and lost.value.details["fault"] == fault.name_of(error)


def test_a_task_that_does_not_end() -> None:
    """Is named, and said to go on."""
    now = [0.0]

    def pause(seconds: float) -> None:
        now[0] += seconds

    with pytest.raises(fault.PendingError) as late:
        task.wait(lambda: SimpleNamespace(state="running", key="task-9"), "doing it", 5, clock=lambda: now[0], pause=pause)
    assert late.value.code == "deadline" and "task-9 has not ended after 5 s" in late.value.message and now[0] < 7


def test_the_version_that_both_speak() -> None:
    """Never a newer one than the server's, whatever pyVmomi knows."""
    assert _best_version("6.7.3") == "vim.version.version15"
    assert _best_version("7.0.0.0") == "vim.version.v7_0"
    assert _best_version("99.0") == max(_best_version("8.0.3.0"), _best_version("99.0"))
    assert _best_version("nonsense") == "vim.version.version11"


def test_names_of_the_inventory() -> None:
    """Three characters are escaped there."""
    assert plain_name("a%2fb%5cc%25d e") == "a/b\\c%d e"
    assert plain_name("100%252f") == "100%2f"


def test_a_login_never_shows_its_password() -> None:
    """In whatever it is printed."""
    login = Login("vc", "user", "s3cret")
    assert "s3cret" not in repr(login) and "s3cret" not in str([login])


def run(folder: Path, package: str) -> Any:
    """The module's answer where importing pyVmomi does what C(package) does."""
    (folder / "pyVmomi").mkdir()
    (folder / "pyVmomi" / "__init__.py").write_text(package)
    environ = dict(os.environ, PYTHONPATH=f"{folder}:{os.environ.get('PYTHONPATH', '')}")
    args = json.dumps({"ANSIBLE_MODULE_ARGS": {"hostname": "vc", "username": "u", "password": "s3cret", "all_hosts": True, "name": "vSwitch0"}})
    done = subprocess.run([sys.executable, "-m", MODULE, args], capture_output=True, text=True, check=False, env=environ)
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_pyvmomi_is_missing(tmp_path: Path) -> None:
    """Names the library, how it is had, and that the task runs where it runs."""
    answer = run(tmp_path, "raise ModuleNotFoundError(\"No module named 'pyVmomi'\", name='pyVmomi')")
    assert answer["failed"] and answer["error_code"] == "dependency"
    for words in (
        "pyVmomi 8.0.0.1 or later is missing on",
        os.uname().nodename,
        "where this task runs",
        f'{sys.executable} -m pip install "pyvmomi>=8.0.0.1"',
        "connection: local",
        "delegate_to: localhost",
        "ansible_python_interpreter",
    ):
        assert words in answer["msg"], answer["msg"]


def test_pyvmomi_is_unusable(tmp_path: Path) -> None:
    """Old ones miss modules that Python has dropped, or raise what they like."""
    answer = run(tmp_path, "import nosuchmodule")
    assert "found but is unusable" in answer["msg"] and "nosuchmodule" in answer["msg"]


def test_a_host_without_standard_switches() -> None:
    """One whose adapters are all on distributed switches shows two empty arrays, and can be read and written all the same."""
    place = Host("ref", "esxi01", "dc1", None)
    props = {"name": "esxi01", "runtime.connectionState": "connected", _SYSTEM: "system", "config.network.vswitch": [], "config.network.portgroup": []}
    host = _with_network(place, Found("ref", props, {}), ())
    assert not host.why_unreachable and not host.why_unreadable() and host.state == {}
    missing = {path: Gap("permission", "the user lacks it") for path in ("config.network.vswitch", "config.network.portgroup")}
    denied = _with_network(place, Found("ref", {"runtime.connectionState": "connected"}, missing), ())
    assert denied.why_unreadable() == "its config.network.vswitch and config.network.portgroup can't be read: the user lacks it"
    assert not denied.why_unreachable and "not in the inventory" in place.why_unreadable()


@pytest.mark.parametrize(("state", "words"), [("disconnected", "is disconnected"), ("notResponding", "does not respond"), ("connected", ""), ("", "")])
def test_only_two_states_are_unreachable(state: str, words: str) -> None:
    """What is not known of a host is no reason to forgive it."""
    host = Host("ref", "esxi01", "dc1", None, state, gaps={"runtime.connectionState": UNSET} if not state else {})
    assert words in host.why_unreachable and bool(host.why_unreachable) is bool(words)
    assert host.why_unreadable() or words


def test_known_none_and_unknown() -> None:
    """In neither set is unknown, but for what the API lets be unset; an empty array is known."""
    missing = {"config.network.vnic": Gap("permission", "no")}
    gaps = gaps_of(["name", "config", "config.uplink", "config.network.vnic", "vm"], {"name": "a", "vm": []}, missing)
    assert gaps == {"config": UNSET, **missing}
    found = Found(SimpleNamespace(_GetMoId=lambda: "host-1"), {"name": "a%2fb", "vm": []}, gaps)
    assert found.name == "a/b" and found.value("vm") == [] and found.value("config.uplink") is None and found.either("config", 3) == 3
    assert not found.why("name", "vm")
    assert found.why() == f"its config.network.vnic can't be read: no; and its config can't be read: {UNSET.text}"
    with pytest.raises(UnreadableError) as unknown:
        found.value("config.network.vnic")
    assert unknown.value.message == "a/b: its config.network.vnic can't be read: no." and unknown.value.code == "unreadable"
    assert found._replace(props={}).name == "host-1" and not found.gone
    assert Found(found.ref, {}, {"name": GONE}).gone and not Found(found.ref, {}, {"name": GONE, "vm": UNSET}).gone
    many = {f"p{number}": UNSET for number in range(5)}
    assert why(many, list(many)).startswith("its p0, p1, p2 and 2 more properties can't be read: ")


def test_faults_of_missing_properties() -> None:
    """Their texts are empty; the type and the privilege say it."""
    denied = fault.gap(vim.fault.NoPermission(privilegeId="System.Read", msg=""))
    assert denied.code == "permission" and denied.text.endswith("on the object (NoPermission: privilegeId System.Read)")
    assert fault.gap(vim.fault.NotAuthenticated(privilegeId="System.View", msg="")).code == "session_expired"
    assert fault.gap(vmodl.fault.ManagedObjectNotFound()).code == GONE.code


@pytest.mark.parametrize(
    ("error", "is_open"),
    [
        (TimeoutError(), True),
        (ConnectionResetError(104, "reset"), True),
        (BadStatusLine("x"), True),
        (RemoteDisconnected("closed"), True),
        (HTTPException("504 Gateway Time-out"), True),
        (ssl.SSLEOFError(8, "EOF"), True),
        (ValueError("no XML"), True),
        (vmodl.fault.HostCommunication(), True),
        (vmodl.fault.HostNotReachable(), True),
        (vim.fault.Timedout(), True),
        (vmodl.fault.HostNotConnected(), False),
        (vim.fault.HostConfigFault(), False),
        (vim.fault.NoPermission(), False),
        (vim.fault.NotAuthenticated(), False),
        (vmodl.fault.InvalidArgument(), False),
        (fault.NotSent(), False),
    ],
)
def test_what_may_still_come_true(error: Exception, is_open: bool) -> None:
    """Whatever got lost when the request had been sent; what the server or host says no to has not been done."""
    assert fault.is_open(error) is is_open


def test_what_was_never_sent() -> None:
    """Is told as what it is."""
    error = fault.NotSent()
    error.__cause__ = ConnectionRefusedError(111, "Connection refused")
    told = fault.translate(error, "esxi01", "vc1")
    assert told.code == "unreachable" and "(Connection refused)" in told.message
