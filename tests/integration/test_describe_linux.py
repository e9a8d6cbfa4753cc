# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook describe on hosts of the lab: its files are applied by the command in their header, and change nothing."""

from __future__ import annotations

import json
import re
import shlex
import stat
from pathlib import Path

import yaml

from ..oracle.nft import lasting
from .conftest import ROOT, Lab, changed, results

DESCRIBE, HARDEN = ROOT / "playbooks" / "describe.yml", ROOT / "playbooks" / "harden_kvm_host.yml"
# A lab host has one user, so become has nothing to do.
ROOT_USER = ("-e", "ansible_user=root")
STATE = ("ip -d -j link show | tr -d ' ' | sed 's/_timer\":[0-9.]*//g'", "bridge -d -j fdb show", "nft -j list ruleset")


def state(lab: Lab, host: str) -> list[str]:
    """What iproute2 and nft say there."""
    *told, ruleset = (lab.call("exec", host, "--", "sh", "-c", command) for command in STATE)
    return [*told, json.dumps(lasting(json.loads(ruleset)["nftables"]))]


def test_hosts_of_the_lab(lab: Lab, tmp_path: Path) -> None:
    """Without a bridge; with one that nobody hardened, in whose way nothing is put; and one that the demo's document hardened."""
    lab.playbook(DESCRIBE, *ROOT_USER, "--limit", "kvm1", "-e", f"virtnet_describe_dir={tmp_path / 'a' / 'b'}")
    assert yaml.safe_load((tmp_path / "a" / "b" / "kvm1.yml").read_text()) == {"kvm_bridge_host_policy": [], "kvm_bridge_host_policy_purge": []}
    lab.call("exec", "kvm1", "--", "sh", "-ec", "ip link add br0 type bridge\nip link set br0 up\nip link set vnet0 master br0\nip link set uplink master br0")
    policy = ("-e", f"@{ROOT / 'lab' / 'demo' / 'kvm_hosts.yml'}", "-e", f"@{ROOT / 'lab' / 'demo' / 'policy.yml'}")
    lab.playbook(HARDEN, *ROOT_USER, *policy, "--limit", "kvm2")
    before = {host: state(lab, host) for host in ("kvm1", "kvm2")}
    answer = lab.playbook(DESCRIBE, *ROOT_USER, "-e", f"virtnet_describe_dir={tmp_path}", "--check")
    assert {host: state(lab, host) for host in before} == before
    for host in before:
        text = (tmp_path / f"{host}.yml").read_text()
        assert stat.S_IMODE((tmp_path / f"{host}.yml").stat().st_mode) == 0o600 and "NOT LOOKED AT" not in text
        command = re.search(r"#   ansible-playbook virtnet\.hardening\.harden_kvm_host (.*) --check --diff\n", text)
        assert command is not None
        applied = lab.playbook(HARDEN, *ROOT_USER, "-e", "kvm_bridge_host_install=false", *shlex.split(command.group(1)))
        assert set(applied["stats"]) == {host} and changed(applied) == 0 and results(applied, "Manage policy", host)["changed"] is False
    assert {host: state(lab, host) for host in before} == before
    assert any("vnet0 of br0: macs and addresses missing" in each for each in results(answer, "Say what would be tightened", "kvm1")["msg"])
    assert yaml.safe_load((tmp_path / "kvm2.yml").read_text())["kvm_bridge_host_policy"][0]["security"] == {
        "promiscuous": "reject",
        "mac_changes": "reject",
        "forged_transmits": "reject",
    }
    assert changed(lab.playbook(DESCRIBE, *ROOT_USER, "-e", f"virtnet_describe_dir={tmp_path}")) == 0, "the same state is the same file"


def test_words_of_other_tools(lab: Lab) -> None:
    """The playbook says what they are called here, before the role says that they are unknown."""
    variables = {"kvm_bridge_host_bridges": [{"name": "br0", "ageingtime": 300}], "kvm_bridge_host_policy": [{"name": "br0", "network_policy": {}}]}
    answer = lab.playbook(HARDEN, *ROOT_USER, "--limit", "kvm1", "-e", json.dumps(variables), ok=False)
    assert results(answer, "Refuse words of other tools", "kvm1")["msg"] == (
        "ageingtime is nmcli's word; here it is ageing_time. network_policy is community.vmware's word; here it is security."
    )
