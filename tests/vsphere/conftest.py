# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules for vSphere against the simulator, run in this process as Ansible would, and judged by govc."""

from __future__ import annotations

from typing import Any, Callable
from urllib.parse import urlsplit

import pytest

from tests.oracle.vsphere import Client

from ..lab.conftest import Start, _built, _start
from ..netns.conftest import Result, run_module

__all__ = ("_built", "_start")

FIELDS = ("allowPromiscuous", "macChanges", "forgedTransmits")
# What only a real run can tell of a host.
REAL_ONLY = dict.fromkeys(("verified", "msg", "window"))
POLICIES = ("promiscuous", "mac_changes", "forged_transmits")


def pytest_configure(config: pytest.Config) -> None:
    """Marks of tests that need not be repeated with other versions of pyVmomi."""
    config.addinivalue_line("markers", "own_code: judges what is decided above pyVmomi")


class World:
    """A simulated vSphere, our modules and the judge."""

    def __init__(self, vsphere: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.vsphere = vsphere
        self.data = vsphere.data
        self._paths: list[str] = []
        url = urlsplit(self.data["url"])
        self.connection: dict[str, Any] = {"hostname": url.hostname, "port": url.port, "username": self.data["user"], "password": self.data["password"]}
        for name in ("HOST", "USER", "PASSWORD", "PORT", "VALIDATE_CERTS", "PROXY_HOST", "PROXY_PORT"):
            monkeypatch.delenv(f"VMWARE_{name}", raising=False)
        monkeypatch.setenv("SSL_CERT_FILE", self.data["ca"])

    def run(self, module: str, check: bool = False, /, **params: Any) -> Result:
        """Whatever comes of it."""
        # Most tests judge hosts that were right before, too.
        whole = {"details": "all"} if module in ("esxi_vswitch", "esxi_portgroup", "esxi_switch_policy") else {}
        return run_module(module, check, **{**self.connection, **whole, **params})

    def ok(self, module: str, check: bool = False, /, **params: Any) -> Result:
        """A run that must succeed."""
        result = self.run(module, check, **params)
        assert not result.get("failed"), result
        return result

    def cycle(self, module: str, /, changed: bool = True, **params: Any) -> Result:
        """Check, run, run again, check again; returns the real run's result."""
        before = self.networks()
        checked = self.ok(module, True, **params)
        assert self.networks() == before, "the check run changed something"
        real = self.ok(module, False, **params)
        assert checked["changed"] is real["changed"] is changed, (checked, real)
        assert _comparable(checked) == _comparable(real)
        assert all(host["verified"] is host["changed"] for host in real["hosts"].values())
        for mode in (False, True):
            again = self.ok(module, mode, **params)
            assert not again["changed"], again
            for host in again["hosts"].values():
                assert not host["actions"] and host["before"] == host["after"], host
        return real

    def refused(self, module: str, code: str, /, *words: str, **params: Any) -> Result:
        """A run that must fail, in check mode with the same words, and change nothing. Returns the real run's result."""
        before = self.networks()
        self.control("POST", "calls/reset")
        checked, real = (self.run(module, check, **params) for check in (True, False))
        assert real.get("failed") and checked.get("failed"), real
        assert real["msg"] == checked["msg"] and real["error_code"] == checked["error_code"] == code, real
        for word in words:
            assert word in real["msg"], (word, real["msg"])
        assert real["msg"].endswith("."), real["msg"]
        assert not self.writes(), "something was written"
        assert self.networks() == before
        return real

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """The simulator's own channel."""
        return self.vsphere.control(method, path, body)

    def writes(self) -> list[str]:
        """The calls that change something, since the counters were reset."""
        # What our client and govc do to read.
        reading = ("Retrieve", "Continue", "Login", "Logout", "CreateC", "CreateP", "CreateF", "Destroy", "WaitFor", "CancelWait", "Query", "Fetch", "Find")
        return [name for name in self.control("GET", "calls")["methods"] if not name.startswith(reading)]

    def hosts(self) -> list[str]:
        """Inventory paths of all hosts."""
        return sorted(self.vsphere.govc("find", "/", "-type", "h").split("\n")[:-1])

    def networks(self) -> dict[str, Any]:
        """The whole network configuration of every host, by name."""
        # Nobody adds hosts while a test runs.
        self._paths = self._paths or self.hosts()
        return {path.rsplit("/", 1)[1]: self.network(path) for path in self._paths}

    def network(self, path: str) -> dict[str, Any]:
        """That of one."""
        return self.vsphere.collect(path, "config.network")

    def take_bpdus(self) -> None:
        """On all hosts, which block those of guests unless somebody has changed that."""
        for path in self.hosts():
            self.vsphere.govc("host.option.set", "-host", path, "Net.BlockGuestBPDU", "0")

    def system(self, path: str) -> tuple[str, str]:
        """The HostNetworkSystem of a host."""
        reference = self.vsphere.collect(path, "configManager.networkSystem")
        return reference["type"], reference["value"]


def _comparable(result: Result) -> Result:
    hosts = {name: {**host, **REAL_ONLY} for name, host in result["hosts"].items()}
    return {**result, "hosts": hosts, "msg": None}


@pytest.fixture(name="world_of")
def _world_of(start: Start, monkeypatch: pytest.MonkeyPatch) -> Callable[..., World]:
    """Starts a server with options of the command line."""
    return lambda *options: World(start(*options), monkeypatch)


@pytest.fixture(name="world")
def _world(world_of: Callable[..., World]) -> World:
    """A vCenter with two hosts."""
    return world_of("--hosts", "2")


def vswitch(config: dict[str, Any], name: str = "vSwitch0") -> dict[str, Any]:
    """A switch of a host's network, as govc shows it."""
    return next(each for each in config["vswitch"] if each["name"] == name)


def group(config: dict[str, Any], name: str) -> dict[str, Any]:
    """A port group."""
    return next(each for each in config["portgroup"] if each["spec"]["name"] == name)


@pytest.fixture(name="lab")
def _lab(start: Start, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Starts a server with options of the command line, for what is done to distributed switches."""
    from .distributed import Switches

    return lambda *options: Switches(start(*options), monkeypatch)


@pytest.fixture(name="vcenter")
def _vcenter(lab: Callable[..., Any]) -> Any:
    """A vCenter with two hosts and a group that NSX backs."""
    return lab("--hosts", "2", "--nsx")
