# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every module in a playbook, as a user runs it: check, run, run again, check again; judged by iproute2."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Iterator

import pytest

from ..oracle import iproute2
from .conftest import ROOT, Lab, changed, results, running

BR0 = ["link add br0 type bridge", "link set br0 up", "link set vnet0 master br0", "link set vnet1 master br0"]
_MOVING = ("cost", "port_state")
_LAB = ("lo", "uplink", "vnet0", "vnet1")
NO_VLANS = "SKIPPED: this kernel has no bridge VLAN filtering (CONFIG_BRIDGE_VLAN_FILTERING); run it where it has"


def has_vlan_filtering() -> bool:
    """Asked of iproute2 in a namespace of its own."""
    rights = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = "ip link add brv type bridge vlan_filtering 1".split()
    return subprocess.run(["unshare", *rights, "--net", *command], capture_output=True, check=False).returncode == 0


class Host:
    """kvm1, with one task to run on it."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.inside, self.path = lab, lab.inside("kvm1"), folder / "play.yml"

    def ip(self, *commands: str) -> None:
        """Commands of ip, each of which must succeed."""
        self.lab.call("exec", "kvm1", "--", "sh", "-ec", "\n".join(f"ip {command}" for command in commands))

    def run(self, module: str, *options: str, ok: bool = True, **params: Any) -> dict[str, Any]:
        """The result of the one task."""
        return self.play(module, params, [{}], *options, ok=ok)[0]

    def play(self, module: str, params: dict[str, Any], modes: list[dict[str, bool]], *options: str, ok: bool = True) -> list[dict[str, Any]]:
        """The results of the same task in several modes, one after the other."""
        tasks = [{"name": f"Task {number}.", f"virtnet.hardening.{module}": params, **mode} for number, mode in enumerate(modes)]
        self.path.write_text(json.dumps([{"name": "Play", "hosts": "kvm1", "gather_facts": False, "tasks": tasks}]))
        answer = self.lab.playbook(self.path, *options, ok=ok)
        return [results(answer, str(task["name"]), "kvm1") for task in tasks]

    def settings(self) -> dict[str, Any]:
        """All that the oracle knows of the devices, less what moves by itself."""
        listed: list[dict[str, Any]] = json.loads(self.lab.call("exec", "kvm1", "--", "ip", "-d", "-j", "link", "show"))
        found: dict[str, Any] = {}
        for each in listed:
            name, info = each["ifname"], each.get("linkinfo", {})
            found[name] = [iproute2.link(name, self.inside), iproute2.vlans(name, self.inside)]
            if info.get("info_slave_kind") == "bridge":
                found[name].append({option: value for option, value in (iproute2.port(name, self.inside) or {}).items() if option not in _MOVING})
            if info.get("info_kind") == "bridge":
                found[name].append(iproute2.bridge(name, self.inside))
                found[name].append([entry for entry in iproute2.fdb(name, self.inside) if entry["kind"] != "dynamic"])
        return found

    def cycle(self, module: str, **params: Any) -> dict[str, Any]:
        """The four runs; returns the real one's result."""
        before = self.settings()
        foretold = self.run(module, "--check", "--diff", **params)
        assert foretold["changed"] and self.settings() == before, "the check run changed something"
        real, *later = self.play(module, params, [{"diff": True}, {}, {"check_mode": True, "diff": True}])
        assert real["changed"] and real["verified"]
        for word in ("diff", "before", "after", "actions"):
            assert foretold[word] == real[word], word
        assert real["diff"]["before"] == real["before"] and real["diff"]["after"] == real["after"] and real["before"] != real["after"]
        for again in later:
            assert not again["changed"] and again["actions"] == [], again
        return real

    def clear(self) -> None:
        """As the lab made it: no bridge, no device of a test, the guests' ports and the uplink down to up with the kernel's options."""
        made = [each["ifname"] for each in json.loads(self.lab.call("exec", "kvm1", "--", "ip", "-j", "link", "show")) if each["ifname"] not in _LAB]
        for name in made:
            # The other end of a pair is gone already.
            self.lab.call("exec", "kvm1", "--", "ip", "link", "delete", name, ok=False)
        self.ip(*(f"link set {name} nomaster up" for name in _LAB[1:]))


@pytest.fixture(name="shared", scope="module")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    yield from running(tmp_path_factory.mktemp("modules") / "lab")


@pytest.fixture(name="host")
def _host(shared: Lab, tmp_path: Path) -> Iterator[Host]:
    """kvm1 of a lab that the tests share; each leaves it as it was made."""
    host = Host(shared, tmp_path)
    before = host.settings()
    yield host
    host.clear()
    assert host.settings() == before


def test_linux_bridge(host: Host) -> None:
    """Made with options, changed, removed."""
    host.cycle("linux_bridge", name="br0", up=True, stp=False, no_linklocal_learn=True, ageing_time=120.5, mtu=1400, address="52:54:00:00:00:fe")
    assert (
        iproute2.bridge("br0", host.inside).items()
        >= {"up": True, "stp": False, "no_linklocal_learn": True, "ageing_time": 120.5, "mtu": 1400, "address": "52:54:00:00:00:fe"}.items()
    )
    real = host.run("linux_bridge", "--diff", name="br0", ageing_time=60)
    assert real["diff"]["before"] == {"bridge": {"br0": {"ageing_time": 120.5}}} and real["diff"]["after"] == {"bridge": {"br0": {"ageing_time": 60.0}}}
    assert iproute2.bridge("br0", host.inside).items() >= {"ageing_time": 60.0, "mtu": 1400}.items()
    host.cycle("linux_bridge", name="br0", state="absent")
    assert iproute2.link("br0", host.inside) is None


def test_linux_bridge_port(host: Host) -> None:
    """Only the named port; it comes up again, and leaves again."""
    host.ip("link add br0 type bridge", "link set br0 up", "link set vnet0 master br0", "link set vnet1 up")
    host.cycle("linux_bridge_port", bridge="br0", ports=["vnet1"], isolated=True, locked=True, learning=False, unicast_flood=False, priority=7)
    port = iproute2.port("vnet1", host.inside)
    assert (
        port
        and port.items()
        >= {"bridge": "br0", "isolated": True, "locked": True, "learning": False, "unicast_flood": False, "multicast_flood": True, "priority": 7}.items()
    )
    link = iproute2.link("vnet1", host.inside)
    assert link and link["up"]
    other = iproute2.port("vnet0", host.inside)
    assert other and not other["isolated"] and other["learning"]
    host.run("linux_bridge_port", bridge="br0", ports=["vnet1"], state="absent")
    assert iproute2.port("vnet1", host.inside) is None and iproute2.port("vnet0", host.inside) is not None


def test_linux_bridge_fdb(host: Host) -> None:
    """Pinned as static and sticky; purged where that is asked for."""
    host.ip(*BR0)
    host.lab.call("exec", "kvm1", "--", "bridge", "fdb", "replace", "52:54:00:01:00:02", "dev", "vnet1", "master", "static")
    host.cycle("linux_bridge_fdb", bridge="br0", entries=[{"address": "52:54:00:01:00:01", "port": "vnet0"}], purge={"ports": ["vnet*"]})
    assert [each for each in iproute2.fdb("br0", host.inside) if each["kind"] == "static"] == [
        {"address": "52:54:00:01:00:01", "port": "vnet0", "vlan": 0, "kind": "static", "sticky": True}
    ]


def test_virtual_link(host: Host) -> None:
    """A tap and a pair, and the tap gone again."""
    host.run("virtual_link", name="tap7", kind="tap", up=True, mtu=1400)
    host.cycle("virtual_link", name="v0", kind="veth", peer="v0p", address="52:54:00:00:00:07", up=True)
    tap, veth = iproute2.link("tap7", host.inside), iproute2.link("v0", host.inside)
    assert tap and tap["kind"] == "tap" and tap["up"] and tap["mtu"] == 1400
    assert veth and veth["kind"] == "veth" and veth["peer"] == "v0p" and veth["address"] == "52:54:00:00:00:07"
    host.run("virtual_link", name="tap7", kind="tap", state="absent")
    assert iproute2.link("tap7", host.inside) is None


def test_linux_bridge_vlan(host: Host) -> None:
    """A range and a PVID."""
    if not has_vlan_filtering():
        pytest.skip(NO_VLANS)
    host.ip(*BR0, "link set br0 type bridge vlan_filtering 1")
    host.cycle("linux_bridge_vlan", bridge="br0", ports=["vnet0"], vlans=[{"vid": "10", "pvid": True, "untagged": True}, {"vid": "20-22"}], purge=True)
    plain = {"pvid": False, "untagged": False}
    assert iproute2.vlans("vnet0", host.inside) == {10: {"pvid": True, "untagged": True}, 20: plain, 21: plain, 22: plain}
    host.cycle("linux_bridge_vlan", bridge="br0", ports=["vnet0"], vlans=[{"vid": "20-21"}], state="absent")
    assert set(iproute2.vlans("vnet0", host.inside)) == {10, 22}


def test_linux_bridge_vlan_where_the_kernel_has_none(host: Host) -> None:
    """Refused in check mode too, with the reason; nothing happened."""
    if has_vlan_filtering():
        pytest.skip("this kernel has bridge VLAN filtering")
    host.ip(*BR0)
    before = host.settings()
    for options in (("--check",), ()):
        result = host.run("linux_bridge_vlan", *options, ok=False, bridge="br0", ports=["vnet0"], vlans=[{"vid": "10"}])
        assert result["failed"] and result["error_code"] == "unsupported" and "CONFIG_BRIDGE_VLAN_FILTERING" in result["msg"]
    assert host.settings() == before


def test_linux_bridge_info(host: Host) -> None:
    """What it tells is what iproute2 tells, and is input of the role that changes nothing."""
    host.ip(*BR0, "link set vnet0 type bridge_slave isolated on learning off")
    host.lab.call("exec", "kvm1", "--", "bridge", "fdb", "add", "52:54:00:01:00:01", "dev", "vnet0", "master", "static", "sticky")
    (told,) = host.run("linux_bridge_info")["bridges"]
    judged = iproute2.bridge("br0", host.inside)
    assert {name: judged[name] for name in told["bridge"] if name in judged} == {name: value for name, value in told["bridge"].items() if name in judged}
    for port in told["ports"]:
        judged = iproute2.port(port["ports"][0], host.inside) or {}
        shared = judged.keys() & port.keys()
        assert len(shared) > 15 and {name: judged[name] for name in shared} == {name: port[name] for name in shared}
    assert told["fdb"]["entries"] == [{"address": "52:54:00:01:00:01", "port": "vnet0", "kind": "static", "sticky": True}]
    variables = {
        "kvm_bridge_host_install": False,
        "kvm_bridge_host_bridges": [told["bridge"]],
        "kvm_bridge_host_ports": told["ports"],
        "kvm_bridge_host_vlans": told["vlans"],
        "kvm_bridge_host_fdb": [told["fdb"]],
        "kvm_bridge_host_links": told["links"],
    }
    for options in ((), ("--check",)):
        answer = host.lab.playbook(ROOT / "playbooks" / "harden_kvm_host.yml", "--limit", "kvm1", "-e", json.dumps(variables), *options)
        assert changed(answer) == 0
        assert results(answer, "Manage ports", "kvm1")["results"][0]["actions"] == []
