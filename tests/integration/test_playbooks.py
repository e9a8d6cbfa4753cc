# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's playbooks. Those of the documents are run by tests/documents."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import GUARDS

from ..oracle import iproute2
from .conftest import ROOT, Lab, changed, results

HARDEN = ROOT / "playbooks" / "harden_kvm_host.yml"
# Stands in for a package manager, as the lab's hosts share the files of this machine.
NO_PACKAGES = """
from ansible.module_utils.basic import AnsibleModule
AnsibleModule(argument_spec={"name": {"type": "list"}, "state": {}}, supports_check_mode=True).exit_json(changed=True)
"""
VARIABLES = ("-e", f"@{Path(__file__).parent / 'ports_by_hand.yml'}")
ONE = ("--limit", "kvm1")
POLICY = ("-e", f"@{ROOT / 'lab' / 'demo' / 'kvm_hosts.yml'}", "-e", f"@{ROOT / 'lab' / 'demo' / 'policy.yml'}")


def not_looked_at(report: dict[str, Any]) -> list[str]:
    """Less what a lab without root, in a user namespace, can't read."""
    return [each["what"] for each in report["not_looked_at"] if os.geteuid() == 0 or each["what"] != "programs attached by tcx"]


def test_harden_and_audit(lab: Lab, tmp_path: Path) -> None:
    """Check, run, run again, check again; then what it promises, by frames. Runs that must change nothing are made on one host."""
    assert changed(lab.playbook(HARDEN, *VARIABLES, *ONE, "--check")) == 1
    assert "br0" not in lab.call("status")
    first = lab.playbook(HARDEN, *VARIABLES, "--diff")
    assert changed(first) == 6
    # It is the role that pins the addresses of the ports that it locks.
    assert all(item["unpinned"] == [] and "warnings" not in item for item in results(first, "Manage ports", "kvm1")["results"])
    diff = results(first, "Manage bridges", "kvm1")["results"][0]["diff"]
    assert diff["before"] == {} and diff["after"]["bridge"]["br0"]["no_linklocal_learn"] is True
    assert changed(lab.playbook(HARDEN, *VARIABLES, *ONE)) == 0
    assert changed(lab.playbook(HARDEN, *VARIABLES, *ONE, "--check")) == 0
    bridge = iproute2.bridge("br0", lab.inside("kvm2"))
    assert bridge.items() >= {"up": True, "stp": False, "no_linklocal_learn": True, "ageing_time": 300.0, "address": "52:54:00:fd:00:ca"}.items()
    port = iproute2.port("vnet1", lab.inside("kvm2"))
    assert port and port["isolated"] and port["locked"] and not port["learning"] and not port["unicast_flood"]
    entries = [each for each in iproute2.fdb("br0", lab.inside("kvm2")) if each["kind"] == "static"]
    assert {(each["address"], each["port"], each["sticky"]) for each in entries} == {("52:54:00:02:00:01", "vnet0", True), ("52:54:00:02:00:02", "vnet1", True)}
    assert lab.reaches("guest1", "192.0.2.1") and lab.reaches("guest1", "192.0.2.21") and not lab.reaches("guest1", "192.0.2.12")
    lab.playbook(ROOT / "playbooks" / "audit.yml", "-e", f"virtnet_report_dir={tmp_path}")
    report = json.loads((tmp_path / "kvm1.json").read_text())
    assert report["promiscuity"]["findings"] == not_looked_at(report) == []
    # Closed by hand, without any guard: no more and no less is said.
    assert {each["rule"] for each in report["findings"]} == {"netfilter", "unguarded", *(f"guard_{name}" for name in GUARDS)}
    page = (tmp_path / "kvm1.md").read_text()
    assert "| vnet0 | guest | true | true | false | false | none | 52:54:00:01:00:01 |" in page
    assert "- uplink is not judged like a guest: uplink, declared by uplink in uplink_patterns; veth device whose other end is in another" in page
    assert "The table is not there." in page and ("Not everything" in page) is bool(report["not_looked_at"])


def test_a_policy_in_a_playbook(lab: Lab) -> None:
    """The demo's document: check, run, run again, check again, and a document that says less takes away only what it is told to."""
    checked = lab.playbook(HARDEN, *POLICY, *ONE, "--check")
    assert results(checked, "Say what a check run can't foresee", "kvm1")["msg"].endswith("builds on br0, uplink.")
    real = lab.playbook(HARDEN, *POLICY)
    policy = results(real, "Manage policy", "kvm1")
    assert policy["changed"] and policy["verified"] and policy["unmatched"] == ["vnet*"] and set(policy["ports"]) == {"uplink", "vnet0", "vnet1"}
    assert policy["ports"]["vnet0"]["configured"]["promiscuous"] == "inherit" and policy["ports"]["vnet0"]["effective"]["promiscuous"] == "reject"
    for options in ((), ("--check",)):
        assert changed(lab.playbook(HARDEN, *POLICY, *ONE, *options)) == 0
    assert lab.reaches("guest1", "192.0.2.1") and lab.reaches("guest1", "192.0.2.12") and not lab.reaches("guest3", "192.0.2.22")
    # In this order: with its primary address a device loses the secondary ones too.
    lab.call("exec", "guest1", "--", "ip", "addr", "del", "192.0.2.11/24", "dev", "eth0")
    lab.call("exec", "guest1", "--", "ip", "addr", "add", "192.0.2.99/24", "dev", "eth0")
    assert not lab.reaches("guest1", "192.0.2.1")
    less = json.dumps({"kvm_bridge_host_policy": [{"name": "br0"}], "kvm_bridge_host_policy_purge": ["ports", "quarantine", "defaults"]})
    lab.playbook(HARDEN, *ONE, "-e", less, "-e", "kvm_bridge_host_install=false")
    assert lab.reaches("guest1", "192.0.2.1")
    table = lab.call("exec", "kvm1", "--", "nft", "list", "ruleset")
    assert table.strip() == ""
    port = iproute2.port("vnet1", lab.inside("kvm1"))
    assert port and port["learning"] and port["unicast_flood"] and not port["locked"]
    # A policy that names addresses and pins none.
    named = {"name": "vnet0", "macs": ["52:54:00:01:00:01"], "addresses": ["192.0.2.11"], "guards": {"arp": "reject"}}
    cut = {"kvm_bridge_host_ports": [{"bridge": "br0", "ports": ["vnet*"], "locked": True, "learning": False}], "kvm_bridge_host_install": False}
    answer = lab.playbook(HARDEN, *ONE, "-e", json.dumps({**cut, "kvm_bridge_host_policy": [{"name": "br0", "ports": [named]}]}))
    told = results(answer, "Warn of ports that need a pinned address and have none", "kvm1")["results"][0]
    assert told["unpinned"] == ["vnet0", "vnet1"]
    assert results(answer, "Manage ports", "kvm1")["results"][0]["unpinned"] == ["vnet1"]


def test_audit_of_a_host_that_nobody_hardened(lab: Lab, tmp_path: Path) -> None:
    """A hub with open ports is told as such, the worst first, whatever the ports are called."""
    commands = ["link add br0 type bridge ageing_time 0", *(f"link set {port} master br0" for port in ("uplink", "vnet0", "vnet1")), "link set br0 up"]
    commands.append("link set vnet1 down name veth100i0")
    lab.call("exec", "kvm1", "--", "sh", "-c", " && ".join(f"ip {command}" for command in commands))
    folder = tmp_path / "reports" / "today"
    lab.playbook(ROOT / "playbooks" / "audit.yml", "-e", f"virtnet_report_dir={folder}", "--check")
    findings = json.loads((folder / "kvm1.json").read_text())["findings"]
    assert findings[0]["severity"] == "high" and any("hub" in each["finding"] for each in findings)
    assert {each["port"] for each in findings if each["rule"] == "not_locked"} == {"vnet0", "veth100i0"}
    assert "(HUB)" in (folder / "kvm1.md").read_text()
    answer = lab.playbook(ROOT / "playbooks" / "audit.yml", "-e", json.dumps({"virtnet_guest_patterns": ["web*"], "virtnet_uplink_patterns": ["v*"]}))
    text = "\n".join(results(answer, "Show the report", "kvm1")["msg"])
    assert "(HUB)" in text and "**high** br0 uplink: not locked" in text
    assert "- **not looked at** ports named web\\* (guest_patterns): no port has such a name; the ports are uplink, veth100i0, vnet0." in text


def test_audit_explains_every_promiscuous_interface(lab: Lab, tmp_path: Path) -> None:
    """Ports, a tcpdump by its process id, promisc on, macvtap passthrough, and a bridge that another switch has bridged."""
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: tcpdump changes its user, which a lab without root has only one of; run it as root")
    commands = [
        "link add br0 type bridge",
        "link set br0 up",
        "link set uplink master br0",
        "link set vnet0 master br0",
        "link set vnet0 promisc on",
        "link add link vnet1 name mt0 type macvtap mode passthru",
        "link set mt0 up",
        "link add br1 type bridge",
        "link set br1 up",
        "link add link br0 name up0 type macvlan mode passthru",
        "link set up0 up",
        "link set up0 master br1",
    ]
    lab.call("exec", "kvm1", "--", "sh", "-c", " && ".join(f"ip {command}" for command in commands))
    sniffer = subprocess.Popen([*lab.inside("kvm1"), "sh", "-c", "echo $$; exec tcpdump -i vnet0 -w /dev/null -Z root 2>&1"], stdout=subprocess.PIPE, text=True)
    assert sniffer.stdout is not None
    pid = int(sniffer.stdout.readline())
    try:
        assert any("listening on vnet0" in line for line in iter(sniffer.stdout.readline, ""))
        counters = iproute2.promiscuity(lab.inside("kvm1"))
        lab.playbook(ROOT / "playbooks" / "audit.yml", "-e", f"virtnet_report_dir={tmp_path}")
    finally:
        # Not the process that is ours: it only waits for the one in the host.
        lab.call("exec", "kvm1", "--", "sh", "-c", f"kill {pid}")
        sniffer.wait(10)
    report = json.loads((tmp_path / "kvm1.json").read_text())
    told = report["promiscuity"]
    assert {each["name"]: each["counter"] for each in told["interfaces"]} == counters
    assert not_looked_at(report) == ["guests on mt0"]
    assert all(sum(entry["count"] for entry in each["ledger"]) == each["counter"] and each["unexplained"] == 0 for each in told["interfaces"])
    held = {each["name"]: [entry["source"] for entry in each["ledger"]] for each in told["interfaces"] if each["counter"]}
    assert held == {"br0": ["macvlan"], "uplink": ["bridge"], "vnet0": ["bridge", "administrator", "packet_socket"], "vnet1": ["macvlan"], "up0": ["bridge"]}
    found = {(each["rule"], each["interface"]): each["finding"] for each in told["findings"]}
    assert set(found) == {("bridge_promiscuous", "br0"), ("sniffer", "vnet0"), ("administrator", "vnet0"), ("macvlan", "vnet1")}
    assert f"tcpdump (pid {pid}) of root" in found[("sniffer", "vnet0")] and "switch br1 has bridged it by up0" in found[("bridge_promiscuous", "br0")]
    page = (tmp_path / "kvm1.md").read_text()
    assert f"- **high** vnet0: a sniffer: tcpdump (pid {pid}) of root." in page and "| vnet1 | 1 | macvtap mt0 passes all its frames through | 0 |" in page


def test_a_host_without_variables_is_left_alone(lab: Lab) -> None:
    """And says so."""
    answer = lab.playbook(HARDEN)
    assert changed(answer) == 0 and "nothing is done there" in results(answer, "Say that nothing is described", "kvm1")["msg"]
    assert results(answer, "Look whether the target's Python has pyroute2", "kvm1")["skipped"]


def test_a_check_run_on_a_host_that_is_half_done(lab: Lab) -> None:
    """What a real run would do must not fail in a check run: it leaves out what builds on what is not there, and says so."""
    commands = ["link add br0 type bridge", "link set br0 up", "link set uplink master br0", "link set vnet0 master br0"]
    lab.call("exec", "kvm1", "--", "sh", "-ec", "\n".join(f"ip {command}" for command in commands))
    before = iproute2.bridge("br0", lab.inside("kvm1")), iproute2.port("vnet0", lab.inside("kvm1"))
    checked = lab.playbook(HARDEN, *VARIABLES, "--check", "--diff")
    assert (iproute2.bridge("br0", lab.inside("kvm1")), iproute2.port("vnet0", lab.inside("kvm1"))) == before
    assert iproute2.link("br0", lab.inside("kvm2")) is None
    assert results(checked, "Say what a check run can't foresee", "kvm1")["msg"].endswith("builds on vnet1.")
    diff = results(checked, "Manage ports", "kvm1")["results"][1]["diff"]
    assert diff["before"]["port"]["vnet0"]["locked"] is False and diff["after"]["port"]["vnet0"]["locked"] is True
    assert "vnet1" not in diff["before"]["port"] and diff["after"]["port"]["vnet1"]["isolated"] is True
    real = lab.playbook(HARDEN, *VARIABLES, *ONE, "--diff")
    assert results(real, "Manage ports", "kvm1")["results"][1]["diff"] == diff
    assert changed(lab.playbook(HARDEN, *VARIABLES, *ONE)) == 0


def test_a_check_run_with_devices_to_be_made(lab: Lab) -> None:
    """Taps, far ends of pairs and the bridge's own guard come into being first."""
    lab.call("exec", "kvm1", "--", "sh", "-ec", "ip link add br0 type bridge\nip link set vnet0 master br0")
    variables = json.dumps(
        {
            "kvm_bridge_host_install": False,
            "kvm_bridge_host_links": [{"name": "tap7", "kind": "tap", "up": True}, {"name": "v0", "kind": "veth", "peer": "v0p"}],
            "kvm_bridge_host_bridges": [{"name": "br0", "up": True, "no_linklocal_learn": True}],
            "kvm_bridge_host_ports": [
                {"bridge": "br0", "ports": ["tap7"]},
                {"bridge": "br0", "ports": ["v0p"]},
                {"bridge": "br0", "ports": ["vnet0"], "locked": True},
                {"bridge": "br0", "ports": ["vnet1"], "isolated": True},
            ],
            "kvm_bridge_host_fdb": [{"bridge": "br0", "entries": [{"address": "52:54:00:01:00:01", "port": port}]} for port in ("v0p",)],
        }
    )
    checked = lab.playbook(HARDEN, *ONE, "-e", variables, "--check")
    assert changed(checked) == 3 and iproute2.link("tap7", lab.inside("kvm1")) is None
    assert results(checked, "Say what a check run can't foresee", "kvm1")["msg"].endswith("builds on vnet1, tap7, v0p, vnet0.")
    lab.playbook(HARDEN, *ONE, "-e", variables)
    for name in ("tap7", "v0p", "vnet0", "vnet1"):
        assert iproute2.port(name, lab.inside("kvm1")), name
    assert changed(lab.playbook(HARDEN, *ONE, "-e", variables)) == 0


def without_pyroute2(folder: Path) -> list[str]:
    """Options of a run on one host whose Python has nothing beside its standard library, and which gets no packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "bare")], check=True)
    library = folder / "library"
    library.mkdir()
    (library / "no_packages.py").write_text(NO_PACKAGES)
    variables = {
        "ansible_python_interpreter": str(folder / "bare" / "bin" / "python"),
        "ansible_package_use": "ansible.legacy.no_packages",
        "kvm_bridge_host_install": True,
    }
    return [*ONE, "--module-path", str(library), "-e", json.dumps(variables)]


def test_a_target_without_pyroute2(lab: Lab, tmp_path: Path) -> None:
    """A check run says what would be installed and stops there; a run that can't get it fails with the reason."""
    options = (*without_pyroute2(tmp_path), "-e", json.dumps({"kvm_bridge_host_bridges": [{"name": "br0"}]}))
    checked = lab.playbook(HARDEN, *options, "--check")
    assert changed(checked) == 1 and "would be installed" in results(checked, "can't go on without pyroute2", "kvm1")["msg"]
    assert results(checked, "Manage bridges", "kvm1")["skipped"]
    real = lab.playbook(HARDEN, *options, ok=False)
    failed = results(real, "Manage bridges", "kvm1")["results"][0]
    assert failed["error_code"] == "dependency" and "bare/bin/python" in failed["msg"] and "package python3-pyroute2" in failed["msg"]


def test_packages_alone(lab: Lab, tmp_path: Path) -> None:
    """For playbooks that use the modules without the role: pyroute2 and nft are looked for, and nothing else is done."""
    path = tmp_path / "packages.yml"
    role = {"name": "virtnet.hardening.kvm_bridge_host", "tasks_from": "packages"}
    path.write_text(yaml.safe_dump([{"hosts": "kvm_hosts", "become": True, "gather_facts": False, "tasks": [{"ansible.builtin.import_role": role}]}]))
    assert changed(lab.playbook(path)) == 0
    answer = lab.playbook(path, *without_pyroute2(tmp_path))
    assert results(answer, "Install pyroute2", "kvm1")["changed"] and results(answer, "Look for nft", "kvm1")["matched"] > 0
    assert changed(answer) == 1 and "br0" not in lab.call("status")


def test_an_unknown_option_is_refused_by_the_role(lab: Lab) -> None:
    """A typing mistake must not count as done."""
    variables = json.dumps({"kvm_bridge_host_install": False, "kvm_bridge_host_bridges": [{"name": "br0", "stpp": False}]})
    answer = lab.playbook(HARDEN, "-e", variables, ok=False)
    assert "stpp" in json.dumps(answer) and "br0" not in lab.call("status")


def test_empty_answers_are_no_answers(lab: Lab, tmp_path: Path) -> None:
    """As AWX sends them for the playbooks' own variables (!unsafe '', which ansible-core reads as null): all is as without them."""
    empty = tmp_path / "empty.yml"
    names = ("hosts", "guest_patterns", "uplink_patterns", "expected", "report_dir")
    empty.write_text("".join(f"virtnet_{name}: !unsafe ''\n" for name in names))
    assert changed(lab.playbook(HARDEN, "-e", f"@{empty}", *POLICY, *ONE)) > 0
    audit = lab.playbook(ROOT / "playbooks" / "audit.yml", "-e", f"@{empty}", *ONE)
    assert results(audit, "Show the report", "kvm1")["msg"][0].startswith("# kvm1: 1 bridge(s)")
