# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of isolation as users run it: before hardening by the collection's own playbook, and after."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.virtnet.hardening.plugins.modules import isolation_probe

from ..oracle.sniffer import Sniffer
from .conftest import ROOT, Lab, changed, results

HARDEN = ROOT / "playbooks" / "harden_kvm_host.yml"
CHECK = ROOT / "playbooks" / "check_isolation.yml"
GUESTS = ("guest1", "guest3", "guest4")
# Guests of the second host are isolated, as the demo's document has it, and hear those of the other.
POLICY = {"isolation_check_interface": "eth0", "isolation_check_isolated": [["guest3", "guest4"]]}


def options(**given: Any) -> list[str]:
    """As extra variables."""
    return ["-e", json.dumps({"virtnet_hosts": ":".join(GUESTS), **POLICY, **given})]


def left_behind(lab: Lab, guest: str) -> dict[str, Any]:
    """Sockets and promiscuity, as the kernel and iproute2 tell."""
    sockets = lab.call("exec", guest, "--", "cat", "/proc/net/packet").splitlines()[1:]
    link = json.loads(lab.call("exec", guest, "--", "ip", "-d", "-j", "link", "show", "eth0"))[0]
    return {"sockets": sockets, "promiscuity": link["promiscuity"]}


def test_before_and_after_hardening(lab: Lab) -> None:
    """The check fails on bridges as libvirt leaves them, and passes once the hosts are hardened."""
    for host in ("kvm1", "kvm2"):
        commands = ["link add br0 type bridge mcast_snooping 0", "link set br0 up", *(f"link set {port} master br0" for port in ("uplink", "vnet0", "vnet1"))]
        lab.call("exec", host, "--", "sh", "-c", " && ".join(f"ip {command}" for command in commands))
    with Sniffer("eth0", lab.inside("guest1")) as sniffer:
        checked = lab.playbook(CHECK, *options(), "--check")
    assert "so nothing is known of their isolation" in results(checked, "Say what a check run does not do", "guest1")["msg"]
    assert not [frame for frame in sniffer.frames if frame["ethertype"] == 0x88B5]
    found = results(lab.playbook(CHECK, *options(), ok=False), "Refuse what is not as expected", "guest1")["msg"].splitlines()
    assert "guest4 received 3 of 3 frames that guest3 sent to it, which must not reach it." in found
    assert "guest3 heard 3 of 6 frames that guest1 sent from a forged address: guest1 can forge its source." in found
    assert "guest4 heard 3 of 3 frames that guest1 sent to an address that nobody has: unknown unicast is flooded to it." in found
    lab.playbook(HARDEN, "-e", f"@{ROOT / 'lab' / 'demo' / 'kvm_hosts.yml'}", "-e", f"@{ROOT / 'lab' / 'demo' / 'policy.yml'}")
    passed = lab.playbook(CHECK, *options())
    assert changed(passed) == 0
    lines = results(passed, "Show who heard what of whom", "guest1")["msg"]
    assert len(lines) == 8 and not [line for line in lines[:-1] if "!" in line or "?" in line]
    assert all(left_behind(lab, guest) == {"sockets": [], "promiscuity": 0} for guest in GUESTS)


def test_checks_that_prove_nothing_fail(lab: Lab) -> None:
    """A host that can't take part, and listeners that end before all is sent."""
    with Sniffer("eth0", lab.inside("guest1")) as sniffer:
        refused = lab.playbook(CHECK, *options(isolation_check_interface="eth7"), ok=False)
    assert "there is no eth7" in results(refused, "Look at the interface of each host", "guest1")["msg"]
    assert not [frame for frame in sniffer.frames if frame["ethertype"] == 0x88B5]
    lab.call("exec", "guest3", "--", "ip", "link", "set", "eth0", "down")
    refused = lab.playbook(CHECK, *options(), ok=False)
    assert "guest3 gave no answer about its interface" in json.dumps(results(refused, "Refuse a check that can't be made or would prove nothing", "guest1"))
    lab.call("exec", "guest3", "--", "ip", "link", "set", "eth0", "up")
    short = lab.playbook(CHECK, *options(isolation_check_duration=1), ok=False)
    # On a busy machine a second is over before anybody looks.
    assert re.search("guest1 stopped listening before the (first|last) frame was sent, as 1 s were too short", json.dumps(short))


def test_examples_of_the_module(lab: Lab, tmp_path: Path) -> None:
    """Pasted as they stand."""
    lab.call("exec", "guest1", "--", "ip", "route", "add", "default", "dev", "eth0")
    path = tmp_path / "examples.yml"
    path.write_text(yaml.safe_dump([{"hosts": "guest1", "gather_facts": False, "tasks": yaml.safe_load(isolation_probe.EXAMPLES)}]))
    answer = lab.playbook(path)
    assert results(answer, "Send a broadcast, and a frame from a forged address to a neighbour", "guest1")["msg"].startswith("Sent 6 frames on eth0")
    assert results(answer, "Collect what was heard", "guest1")["heard"] == []
