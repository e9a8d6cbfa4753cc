# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One document, applied to a Linux bridge and to ESXi: judged by iproute2 and nft there, by govc here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BY_PROGRAM, GUARDS

from .conftest import FIELDS, World, group, vswitch

# The guards for which a profile is refused.
WITHOUT = [name for name in GUARDS if name not in ("bpdu", BY_PROGRAM)]
DOCUMENT = """
- name: br0
  kind: bridge
  security: &closed {promiscuous: reject, mac_changes: reject, forged_transmits: reject}
  port_groups:
    - &guests
      name: pg01
      match: ["vnet*"]
      profile: guest
      security: {promiscuous: inherit}
      ports:
        - name: vnet0
          macs: ["52:54:00:00:00:01"]
          addresses: ["192.0.2.1"]
- name: vSwitch0
  kind: vswitch
  security: *closed
  port_groups:
    - *guests
"""


def on_linux(switches: list[dict[str, Any]]) -> dict[str, Any]:
    """In a namespace of its own, with a journal of its own."""
    inner = f"mount -t tmpfs tmpfs /run && exec {sys.executable} {Path(__file__).with_name('linux_side.py')}"
    unshare = ["unshare", "--net", "--mount", *(["--user", "--map-root-user"] if os.geteuid() else [])]
    done = subprocess.run([*unshare, "sh", "-c", inner], input=json.dumps(switches), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_same_group_on_both_sides(world: World) -> None:
    """The very group, word for word, of a bridge and of a vSwitch: each side takes its own, says the same values, and does what it can."""
    document = yaml.safe_load(DOCUMENT)
    linux = on_linux(document)
    first, second = linux["results"]
    assert first["changed"] and not second["changed"] and first["other_switches"] == ["vSwitch0"], first
    esxi = world.ok("esxi_switch_policy", all_hosts=True, switches=document, allow_unenforced=WITHOUT)
    assert esxi["changed"] and esxi["other_switches"] == ["br0"]
    assert not world.ok("esxi_switch_policy", all_hosts=True, switches=document, allow_unenforced=WITHOUT)["changed"]

    # The values.
    port, told = first["ports"]["vnet0"], esxi["hosts"]["esxi01.lab.example"]["groups"]["pg01"]
    assert port["configured"] == told["configured"] == {"promiscuous": "inherit", "mac_changes": "reject", "forged_transmits": "reject"}
    assert port["effective"] == told["effective"] == dict.fromkeys(port["effective"], "reject")
    assert port["source"]["promiscuous"] == "switch br0" and told["source"]["promiscuous"] == "switch vSwitch0"
    assert set(port["guards"]) - {each["word"] for each in esxi["unenforced"]} == {"bpdu"}

    # The oracles.
    [seen] = linux["port"]
    assert seen["locked"] and not seen["learning"] and not seen["flood"]
    assert "virtnet_hardening" in json.dumps(linux["rules"])
    for network in world.networks().values():
        assert vswitch(network)["spec"]["policy"]["security"] == dict.fromkeys(FIELDS, False)
        own = group(network, "pg01")
        assert own["spec"]["policy"]["security"] == {"macChanges": False, "forgedTransmits": False}
        assert {field: own["computedPolicy"]["security"][field] for field in FIELDS} == dict.fromkeys(FIELDS, False)
