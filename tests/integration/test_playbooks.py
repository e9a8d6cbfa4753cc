# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's playbooks and the README's."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from ..oracle import iproute2
from .conftest import ROOT, Lab, changed, results

HARDEN = ROOT / "playbooks" / "harden_kvm_host.yml"
VARIABLES = ("-e", f"@{ROOT / 'lab' / 'demo' / 'kvm_hosts.yml'}")


def test_harden_and_audit(lab: Lab, tmp_path: Path) -> None:
    """Check, run, run again, check again; then what it promises, by frames."""
    assert changed(lab.playbook(HARDEN, *VARIABLES, "--check")) == 2
    assert "br0" not in lab.call("status")
    first = lab.playbook(HARDEN, *VARIABLES, "--diff")
    assert changed(first) == 6
    diff = results(first, "Manage bridges", "kvm1")["results"][0]["diff"]
    assert diff["before"] == {} and diff["after"]["bridge"]["br0"]["no_linklocal_learn"] is True
    assert changed(lab.playbook(HARDEN, *VARIABLES)) == 0
    assert changed(lab.playbook(HARDEN, *VARIABLES, "--check")) == 0
    port = iproute2.port("vnet1", lab.inside("kvm2"))
    assert port and port["isolated"] and port["locked"] and not port["learning"] and not port["unicast_flood"]
    entries = [each for each in iproute2.fdb("br0", lab.inside("kvm2")) if each["kind"] == "static"]
    assert {(each["address"], each["port"], each["sticky"]) for each in entries} == {
        ("52:54:00:02:00:01", "vnet0", True), ("52:54:00:02:00:02", "vnet1", True),
    }
    assert lab.reaches("guest1", "192.0.2.1") and lab.reaches("guest1", "192.0.2.21") and not lab.reaches("guest1", "192.0.2.12")
    lab.playbook(ROOT / "playbooks" / "audit.yml", "-e", f"virtnet_report_dir={tmp_path}")
    report = json.loads((tmp_path / "kvm1.json").read_text())
    assert report["findings"] == [] and "| vnet0 | true | true | false | false | 52:54:00:01:00:01 |" in (tmp_path / "kvm1.md").read_text()


def test_audit_of_a_host_that_nobody_hardened(lab: Lab, tmp_path: Path) -> None:
    """A hub with open ports is told as such, the worst first."""
    commands = ["link add br0 type bridge ageing_time 0", "link set vnet0 master br0", "link set br0 up"]
    lab.call("exec", "kvm1", "--", "sh", "-c", " && ".join(f"ip {command}" for command in commands))
    lab.playbook(ROOT / "playbooks" / "audit.yml", "-e", f"virtnet_report_dir={tmp_path}")
    findings = json.loads((tmp_path / "kvm1.json").read_text())["findings"]
    assert findings[0]["severity"] == "high" and any("hub" in each["finding"] for each in findings)
    assert any(each["port"] == "vnet0" and "not locked" in each["finding"] for each in findings)
    assert "(HUB)" in (tmp_path / "kvm1.md").read_text()


def test_a_host_without_variables_is_left_alone(lab: Lab) -> None:
    """And says so."""
    answer = lab.playbook(HARDEN, "-e", "kvm_bridge_host_install=false")
    assert changed(answer) == 0 and "nothing is done there" in results(answer, "Say that nothing is described", "kvm1")["msg"]


def test_first_playbook_of_the_readme(lab: Lab, tmp_path: Path) -> None:
    """Pasted as it stands."""
    text = (ROOT / "README.md").read_text()
    section = text[text.index("## A first playbook"):]
    block = re.search(r"```yaml\n(.*?)```", section, re.DOTALL)
    assert block is not None
    path = tmp_path / "first.yml"
    path.write_text(block.group(1))
    assert len(yaml.safe_load(block.group(1))[0]["tasks"]) == 4
    assert changed(lab.playbook(path)) > 0
    assert changed(lab.playbook(path)) == 0
    port = iproute2.port("vnet0", lab.inside("kvm1"))
    assert port and port["locked"] and port["isolated"]


def test_an_unknown_option_is_refused_by_the_role(lab: Lab) -> None:
    """A typing mistake must not count as done."""
    variables = json.dumps({"kvm_bridge_host_install": False, "kvm_bridge_host_bridges": [{"name": "br0", "stpp": False}]})
    answer = lab.playbook(HARDEN, "-e", variables, ok=False)
    assert "stpp" in json.dumps(answer) and "br0" not in lab.call("status")
