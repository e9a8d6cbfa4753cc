# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks for ESXi as users run them, against the simulated vSphere, with the demo's document; and the role's options."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Callable, Dict
from urllib.parse import urlsplit

import pytest
import yaml
from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.fleet import CONNECTION, FLEET
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BY_PROGRAM, GUARDS
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy import intent as policy

from ..lab.conftest import Start, _built, _start
from ..oracle.vsphere import Client
from .conftest import ROOT, changed, results
from .test_role_options import public

__all__ = ("_built", "_start")

ROLE = ROOT / "roles" / "esxi_network_policy"
PREFIX = "esxi_network_policy_"
NAME = "vcenter.lab.example"
Playbook = Callable[..., Dict[str, Any]]


@pytest.fixture(name="vsphere")
def _vsphere(start: Start) -> Client:
    """A vCenter with two hosts."""
    return start("--hosts", "2")


@pytest.fixture(name="play")
def _play(vsphere: Client) -> Playbook:
    """Runs one of the collection's playbooks with the settings that AWX's credential makes; the password is shown nowhere."""
    url = urlsplit(vsphere.data["url"])
    settings = {
        "VMWARE_HOST": str(url.hostname),
        "VMWARE_PORT": str(url.port),
        "VMWARE_USER": vsphere.data["user"],
        "VMWARE_PASSWORD": vsphere.data["password"],
        "SSL_CERT_FILE": vsphere.data["ca"],
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_DEPRECATION_WARNINGS": "false",
    }

    def play(name: str, *options: str, ok: bool = True) -> dict[str, Any]:
        command = ["ansible-playbook", "-i", str(ROOT / "lab" / "demo" / "vsphere.yml"), str(ROOT / "playbooks" / f"{name}.yml"), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **settings}, timeout=600)
        assert (done.returncode == 0) is ok, done.stdout[-3000:] + done.stderr[-2000:]
        assert vsphere.data["password"] not in done.stdout + done.stderr
        return json.loads(done.stdout[done.stdout.index("{") :])

    return play


def test_harden_and_audit(vsphere: Client, play: Playbook, tmp_path: Path) -> None:
    """Check, run with an audit behind it, run again; the report before and after, as data and as a page."""
    document = ("-e", f"@{ROOT / 'lab' / 'demo' / 'policy.yml'}")
    vsphere.govc("host.portgroup.change", "-host", "esxi02.lab.example", "-allow-promiscuous=true", "pg01")
    vsphere.govc("host.option.set", "-host", "esxi02.lab.example", "Net.BlockGuestBPDU", "0")
    before = vsphere.collect("/dc1/host/cluster1/esxi02.lab.example", "config.network")
    play("audit", "-e", f"virtnet_report_dir={tmp_path}")
    report = json.loads((tmp_path / f"{NAME}.json").read_text())
    assert {"promiscuous", "mac_changes", "forged_transmits", "bpdu"} == {each["rule"] for each in report["findings"]}
    assert "| vSwitch0 | pg01 | **accept** | **accept** (inherited) | **accept** (inherited) | 101 | vm02-1 |" in (tmp_path / f"{NAME}.md").read_text()
    checked = play("harden_esxi", *document, "-e", f"{PREFIX}audit=stig", "--check", "-vvv")
    assert changed(checked) == 1 and vsphere.collect("/dc1/host/cluster1/esxi02.lab.example", "config.network") == before
    first = play("harden_esxi", *document, "-e", f"{PREFIX}audit=stig", "-vvv")
    assert changed(first) == 1 and results(first, "Enforce the policy", NAME)["other_switches"] == ["br0"]
    assert results(first, "Say who must reconnect", NAME)["msg"].endswith("connected anew: vm02-1.")
    assert changed(play("harden_esxi", *document)) == 0
    for host in ("esxi01.lab.example", "esxi02.lab.example"):
        network = vsphere.collect(f"/dc1/host/cluster1/{host}", "config.network")
        assert not any(value for each in network["portgroup"] for value in each["computedPolicy"]["security"].values())
        assert all(each["spec"]["policy"].get("security", {}) == {} for each in network["portgroup"])
    play("audit", "-e", f"virtnet_report_dir={tmp_path}", "-e", "virtnet_vsphere_audit=stig")
    report = json.loads((tmp_path / f"{NAME}.json").read_text())
    page = (tmp_path / f"{NAME}.md").read_text()
    assert report["findings"] == report["not_looked_at"] == [] and report["summary"] in page
    assert report["summary"].startswith("Looked at: 2 hosts and 1 distributed switch, ") and report["summary"].endswith(": nothing is found (audit stig).")


def test_what_fails_says_why(vsphere: Client, play: Playbook) -> None:
    """A document that ESXi can't enforce, and an audit that finds something."""

    def of(answer: dict[str, Any], task: str) -> str:
        return str(results(answer, task, NAME)["msg"])

    guest = json.dumps({f"{PREFIX}switches": [{"name": "vSwitch0", "kind": "vswitch", "profile": "guest"}], f"{PREFIX}audit": "effective"})
    assert "allow_unenforced: [arp, neighbor," in of(play("harden_esxi", "-e", guest, ok=False), "Enforce the policy")
    little = json.dumps({f"{PREFIX}switches": [{"name": "vSwitch0", "security": {"promiscuous": "reject"}}], f"{PREFIX}audit": "effective"})
    assert "vSwitch vSwitch0 on esxi01.lab.example: mac_changes is accept" in of(play("harden_esxi", "-e", little, ok=False), "and all was looked at")
    vsphere.control("POST", "host", {"host": "esxi01.lab.example", "state": "disconnected"})
    without = [name for name in GUARDS if name not in ("bpdu", BY_PROGRAM)]
    rest = json.dumps({f"{PREFIX}switches": [{"name": "vSwitch0", "profile": "guest"}], f"{PREFIX}allow_unenforced": without})
    assert "esxi01.lab.example: it is disconnected" in of(play("harden_esxi", "-e", rest, ok=False), "Enforce the policy")
    ignoring = play("harden_esxi", "-e", rest, "-e", f"{PREFIX}ignore_unreachable_hosts=true", "-e", f"{PREFIX}audit=effective")
    assert results(ignoring, "Enforce the policy", NAME)["unreachable_hosts"] == ["esxi01.lab.example"]
    # Of nothing that could be looked at nothing is proven.
    vsphere.control("POST", "host", {"host": "esxi02.lab.example", "state": "disconnected"})
    none = play("harden_esxi", "-e", rest, "-e", f"{PREFIX}ignore_unreachable_hosts=true", "-e", f"{PREFIX}audit=effective", ok=False)
    assert "Not all was looked at" in of(none, "and all was looked at")


def test_an_audit_that_can_not_look(vsphere: Client, play: Playbook, tmp_path: Path) -> None:
    """Hardened hosts, of which one then tells nothing of its network: the report says so first, on the page and as data, and the role does not pass."""
    groups = [{"name": name, "security": dict.fromkeys(("promiscuous", "mac_changes", "forged_transmits"), "inherit")} for name in ("pg01", "pg02")]
    security = dict.fromkeys(("promiscuous", "mac_changes", "forged_transmits"), "reject")
    document = {f"{PREFIX}switches": [{"name": "vSwitch0", "security": security, "guards": {"bpdu": "reject"}, "port_groups": groups}]}
    proof = ("-e", json.dumps({**document, f"{PREFIX}audit": "effective", f"{PREFIX}ignore_unreachable_hosts": True}))
    play("harden_esxi", *proof)
    for rule in ({"path": "config", "as": "unset"}, {"path": "config.network"}):
        vsphere.control("DELETE", "properties")
        vsphere.control("POST", "properties", {"type": "HostSystem", "object": "esxi01.lab.example", **rule})
        play("audit", "-e", f"virtnet_report_dir={tmp_path}")
        page, report = (tmp_path / f"{NAME}.md").read_text(), json.loads((tmp_path / f"{NAME}.json").read_text())
        first = next(line for line in page.splitlines()[1:] if line)
        assert first == report["summary"] and first.startswith("Not all was looked at, and nothing is known of this: esxi01.lab.example. Of the rest, 1 host")
        assert [each["what"] for each in report["not_looked_at"]] == ["esxi01.lab.example"] and "- **not looked at** esxi01.lab.example: its config" in page
        assert "esxi01.lab.example" not in report["hosts"] and not report["not_looked_at"][0]["unreachable"]
    # What it would change can't be known, and what is proven neither.
    failed = play("harden_esxi", *proof, ok=False)
    why = "its config.network.vswitch, config.network.portgroup and config.network.proxySwitch can't be read"
    assert why in results(failed, "Enforce the policy", NAME)["msg"]
    audited = play("harden_esxi", *proof, "--tags", "audit", ok=False)
    assert "Not all was looked at" in str(results(audited, "and all was looked at", NAME)["msg"])


def test_the_role_passes_on_every_option() -> None:
    """None is forgotten, none is left over; the document's options are the module's."""
    tasks: list[dict[str, Any]] = yaml.safe_load((ROLE / "tasks" / "main.yml").read_text())
    passed = next(task for task in tasks if "virtnet.hardening.esxi_switch_policy" in task)["virtnet.hardening.esxi_switch_policy"]
    # A document changes no uplinks, VLANs or MTU, so nothing that could cut a host off.
    assert set(passed) == {*CONNECTION, *FLEET, *policy.spec()} - {"allow_management"}
    defaults = yaml.safe_load((ROLE / "defaults" / "main.yml").read_text())
    options = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text())["argument_specs"]["main.yml"]["options"]
    assert {PREFIX + name for name in passed} == set(options) - {f"{PREFIX}audit"}
    for name, value in passed.items():
        # A secret is no fact, and so it comes from its variable.
        found = {"password": f"{PREFIX}password | default(omit, true)"}.get(name, f"{PREFIX}given.{name}")
        assert value == ("{{ " + found + ("" if PREFIX + name in defaults or name == "password" else " | default(omit)") + " }}")
    # What the role has no value for, it leaves to the module, whose default the documentation tells.
    own = {PREFIX + name: each["default"] for name, each in CONNECTION.items() if each.get("default") is not None}
    assert {name: option["default"] for name, option in options.items() if "default" in option} == {**own, **defaults}
    assert public(options[f"{PREFIX}switches"]["options"]) == public(policy.spec()["switches"]["options"])
    readme = (ROLE / "README.md").read_text()
    assert [name for name in options if f"| `{name}` |" not in readme] == []
    block = next(task["block"] for task in tasks if "block" in task)
    info = next(task for task in block if "virtnet.hardening.esxi_switch_policy_info" in task)["virtnet.hardening.esxi_switch_policy_info"]
    shared = {name: value for name, value in passed.items() if name in info}
    assert {name: value for name, value in info.items() if name != "audit"} == shared and set(CONNECTION) <= set(shared)
    audit = next(play for play in yaml.safe_load((ROOT / "playbooks" / "audit.yml").read_text()) if play["name"].endswith("ESXi hosts"))
    assert set(audit["tasks"][0]["virtnet.hardening.esxi_switch_policy_info"]) == set(info)
