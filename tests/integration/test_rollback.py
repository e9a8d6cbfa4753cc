# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The management path, really cut: Ansible comes by SSH over the uplink of the bridge that it changes."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from ..oracle import iproute2
from .conftest import Lab, results

ADDRESS = "192.0.2.201"


@pytest.fixture(name="inventory")
def _inventory(lab: Lab, tmp_path: Path) -> str:
    """kvm1 has its address on br0, whose port is the uplink, and an SSH server."""
    commands = ["link add br0 type bridge", "link set uplink master br0", "link set vnet0 master br0", "link set br0 up", f"address add {ADDRESS}/24 dev br0"]
    lab.call("exec", "kvm1", "--", "sh", "-c", " && ".join(f"ip {command}" for command in commands))
    options = lab.call("sshd", "kvm1").strip()
    known = json.loads((lab.state / "inventory.yml").read_text())["all"]["children"]["lab"]["vars"]
    key = shlex.split(options)[1]
    host = {
        "ansible_connection": "ssh",
        "ansible_host": ADDRESS,
        "ansible_user": "root",
        "ansible_ssh_private_key_file": key,
        "ansible_ssh_common_args": "-o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o ConnectTimeout=2",
        "ansible_python_interpreter": known["ansible_python_interpreter"],
        "ansible_remote_tmp": "/run/ansible",
    }
    path = tmp_path / "ssh.yml"
    path.write_text(json.dumps({"all": {"hosts": {"kvm1": host}}}))
    return str(path)


def play(tmp_path: Path, **options: Any) -> Path:
    """One task from the controller."""
    task = {"name": "Change", "virtnet.hardening.linux_bridge_port": {"bridge": "br0", **options}}
    path = tmp_path / "play.yml"
    path.write_text(json.dumps([{"name": "Play", "hosts": "kvm1", "gather_facts": False, "tasks": [task]}]))
    return path


def run(lab: Lab, tmp_path: Path, inventory: str, ok: bool = True, **options: Any) -> dict[str, Any]:
    """It, and what it ends with."""
    return results(lab.playbook(play(tmp_path, **options), inside="controller", inventory=inventory, ok=ok), "Change", "kvm1")


def holders(lab: Lab) -> list[str]:
    """The processes in kvm1 that hold the note of a change open: the watchdog, and the run that has started it until that ends."""
    found = lab.call("exec", "kvm1", "--", "find", "/proc", "-mindepth", "3", "-maxdepth", "3", "-path", "*/fd/*", "-lname", "*.pending", ok=False)
    return sorted({line.split("/")[2] for line in found.split()})


def test_refused_unless_allowed(lab: Lab, tmp_path: Path, inventory: str) -> None:
    """The session's own way is known without any default route; a guest's port is free to change."""
    for options in ({"state": "absent"}, {"isolated": True}):
        result = run(lab, tmp_path, inventory, ok=False, ports=["uplink"], **options)
        assert result["error_code"] == "management" and "uplink carries the SSH session from 192.0.2.1" in result["msg"]
    assert run(lab, tmp_path, inventory, ports=["vnet0"], isolated=True)["changed"]


def test_a_cut_connection_comes_back_by_itself(lab: Lab, tmp_path: Path, inventory: str) -> None:
    """The uplink leaves, nobody can confirm, the host puts it back with its options."""
    run(lab, tmp_path, inventory, ports=["uplink"], cost=77, allow_management=True)
    result = run(lab, tmp_path, inventory, ok=False, ports=["uplink"], state="absent", allow_management=True, rollback_timeout=5)
    assert result["failed"] and result["error_code"] == "rolled_back", result
    assert any("create port uplink" in step for step in result["undone"]) and result["not_undone"] == []
    port = iproute2.port("uplink", lab.inside("kvm1"))
    assert port and port["bridge"] == "br0"
    assert lab.reaches("controller", ADDRESS)


def test_a_change_that_holds_is_confirmed(lab: Lab, tmp_path: Path, inventory: str) -> None:
    """And stays after the time is over."""
    # Not hairpin: an uplink that sends the controller's broadcasts back makes the switch outside look for the controller behind it.
    result = run(lab, tmp_path, inventory, ports=["uplink"], priority=9, allow_management=True, rollback_timeout=20)
    assert result["rollback"]["confirmed"] is True
    lab.call("exec", "kvm1", "--", "sleep", "21")
    assert iproute2.port("uplink", lab.inside("kvm1"))["priority"] == 9
    assert lab.call("exec", "kvm1", "--", "ls", "/run/virtnet-hardening").strip() == ""


def test_a_watchdog_that_was_killed_is_told(lab: Lab, tmp_path: Path, inventory: str) -> None:
    """The host is cut off by a change that nobody confirms, and nobody takes back: whoever mends it by hand is told by each run, until he has looked."""
    # Kept over a restart of the host, which shares that folder with the machine of the test.
    lab.call("exec", "kvm1", "--", "mount", "-t", "tmpfs", "tmpfs", "/var/lib")
    path = play(tmp_path, ports=["uplink"], state="absent", allow_management=True)
    # All processes of the controller are killed below, which must be none of the machine's.
    assert lab.call("exec", "controller", "--", "readlink", "/proc/self/ns/pid").strip() != os.readlink("/proc/self/ns/pid")
    control = subprocess.Popen(**lab.playing(path, inside="controller", inventory=inventory), stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        # In this order: the watchdog is there before the change.
        while not (iproute2.port("uplink", lab.inside("kvm1")) is None and len(found := holders(lab)) == 1):
            assert time.monotonic() < deadline, "there is no watchdog"
            time.sleep(0.1)
        lab.call("exec", "kvm1", "--", "kill", "-KILL", *found)
    finally:
        # With its workers, which have sessions of their own and would confirm.
        lab.call("exec", "controller", "--", "sh", "-c", "kill -KILL -1", ok=False)
        control.wait()
    assert holders(lab) == [] and iproute2.port("uplink", lab.inside("kvm1")) is None
    lab.call("exec", "kvm1", "--", "ip", "link", "set", "uplink", "master", "br0")
    for options in ({"isolated": True}, {"isolated": False}):
        text = str(run(lab, tmp_path, inventory, ports=["vnet0"], **options)["warnings"])
        assert "linux_bridge_port" in text and "port uplink" in text and "was neither confirmed nor undone, as its watchdog is gone" in text, text
    lab.call("exec", "kvm1", "--", "sh", "-c", "rm /run/virtnet-hardening/*.pending")
    assert not run(lab, tmp_path, inventory, ports=["vnet0"], isolated=True).get("warnings")
    assert lab.call("exec", "kvm1", "--", "find", "/run/virtnet-hardening", "/var/lib", "-name", "*.pending").strip() == ""
