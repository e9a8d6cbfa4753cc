# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples in the documentation of modules and filters for Linux, as they stand, on a host of the lab. Those of the others are run elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest
import yaml

from ..integration.conftest import results
from ..netns.needs import has_vlan_devices, has_vlan_filtering
from . import scenes
from .desk import PASSING_JSON, Desk
from .reading import ROOT

# By plugin, what its examples take for granted on a host without a bridge, as lines of ip -batch.
_BRIDGE = ["link add br0 type bridge", "link set br0 up"]
_GUESTS = [*_BRIDGE, *(f"link set vnet{number} master br0" for number in range(3))]
HERE: dict[str, list[str]] = {
    "modules/linux_bridge": ["link add br-old type bridge", "link set vnet2 master br-old"],
    "modules/linux_bridge_port": [*_BRIDGE, "link add br1 type bridge", "link add eth1 type veth peer name eth1far", "link set eth1 up"],
    "modules/linux_bridge_fdb": _GUESTS,
    "modules/linux_bridge_vlan": [
        "link add br0 type bridge vlan_filtering 1",
        "link set vnet0 master br0",
        "link add eth1 type veth peer name eth1far",
        "link set eth1 master br0",
    ],
    "modules/linux_bridge_info": _GUESTS,
    "modules/linux_port_security": _GUESTS,
    # As libvirt does for the guests of the example.
    "modules/linux_switch_policy": [*_GUESTS, *(f"link set vnet{number} address fe:54:00:12:34:5{number + 6}" for number in range(2))],
    "modules/promiscuity_info": _GUESTS,
    "modules/virtual_link": ["link add eth2 type veth peer name eth2far", "link add bond0 type veth peer name bond0far"],
    "filter/bridge_findings": _GUESTS,
    "filter/foreign_words": [],
    "filter/mappings_of_text": [],
    "lookup/role_variables": [],
    "filter/markdown_text": [],
    "filter/isolation_plan": [],
    "filter/isolation_verdict": [],
    "filter/policy_document": _GUESTS,
}
# By plugin, whose examples take a hardened host for granted: the plugin and the name of the example that hardens it.
HARDENED = {"modules/linux_bridge_info": ("modules/linux_port_security", "Guests that can neither sniff, forge nor steal")}
ELSEWHERE = {
    "modules/isolation_probe": "integration/test_isolation.py",
    "modules/offline_bundle_info": "integration/test_bundles.py",
    "lookup/driver_bundle": "integration/test_bundles.py",
    **{f"modules/{name}": "integration/test_installer.py" for name in ("esxi_kickstart", "esxi_boot_cfg")},
    "modules/esxi_install_media": "media/test_playbook.py",
    **{f"filter/{name}": "integration/test_install_profile.py" for name in ("esxcli_policy", "install_profile", "install_conflicts")},
    **{
        f"modules/{name}": "vsphere/test_examples.py"
        for name in ("esxi_vswitch", "esxi_portgroup", "vds_portgroup", "vds_port", "esxi_switch_policy", "esxi_switch_policy_info")
    },
    **{f"modules/{name}": "vsphere/test_examples_jobs.py" for name in ("esxi_software", "esxi_vm_registration")},
}
# What a kernel may lack: how to know, by the name of the example that needs it.
_NEEDS: dict[str, Callable[[], bool]] = {
    "Keep VLANs apart, and let a new port pass nothing until it gets one": has_vlan_filtering,
    "Make the interface of VLAN 20 on a bond, to be a port of a bridge": has_vlan_devices,
}


def examples(plugin: str) -> list[Any]:
    """The tasks."""
    text = (ROOT / "plugins" / f"{plugin}.py").read_text()
    found: list[Any] = yaml.safe_load(text.split('EXAMPLES = r"""')[1].split('"""')[0])
    return found


def test_every_example_is_run_somewhere() -> None:
    """By this file or by the one that is named, which names the plugin."""
    plugins = [path for kind in ("modules", "filter", "lookup") for path in sorted((ROOT / "plugins" / kind).glob("*.py"))]
    known = {f"{path.parent.name}/{path.stem}" for path in plugins if "EXAMPLES = " in path.read_text()}
    assert known == set(HERE) | set(ELSEWHERE) and not set(HERE) & set(ELSEWHERE)
    for plugin, file in ELSEWHERE.items():
        assert Path(plugin).name in (ROOT / "tests" / file).read_text(), plugin


def _play(plugin: str) -> dict[str, Any]:
    tasks = [each for each in examples(plugin) if each["name"] not in _NEEDS or _NEEDS[each["name"]]()]
    clean = "nft flush ruleset; for each in /sys/class/net/*; do each=${each##*/}; case $each in lo|uplink|vnet?) ip link set $each nomaster;; "
    clean += "*) ip link del $each;; esac; done"
    lines = [f"{clean} 2> /dev/null", "set -e", *(f"ip {line}" for line in HERE[plugin])]
    before = {"ansible.builtin.shell": {"cmd": "\n".join(lines)}}
    hardened = [each for each in examples(HARDENED[plugin][0]) if each["name"] == HARDENED[plugin][1]] if plugin in HARDENED else []
    return {"name": plugin, "hosts": "kvm_hosts", "become": True, "gather_facts": False, "pre_tasks": [before, *hardened], "tasks": tasks}


# What a play must leave behind or have said: its tasks by name, each with a judgement of its result.
TOLD: dict[str, Callable[[Any], Any]] = {
    "Remove a bridge and let its ports go": lambda result: result["changed"],
    "Attach two guests, closed from their first frame": lambda result: result["changed"] and result["unpinned"] == [],
    "Let the two send with their own address only": lambda result: result["changed"] and result["unpinned"] == [] and "warnings" not in result,
    "Move a port that carries the host's default route, and take it back unless the host can be reached afterwards": lambda result: result["changed"],
    "Make sure that no other address is pinned to a guest's port": lambda result: not result["changed"],
    "Say which ports would let a guest send with a forged address": lambda result: result["msg"] == ["vnet2"],
    "Guests that can neither sniff, forge nor steal": lambda result: set(result["ports"]) == {"vnet0", "vnet1"},
    "Two routers that are one virtual router (VRRP), whichever of them is the master": lambda result: set(result["ports"]) == {"vnet0", "vnet1"},
    "Take the policy of one port away": lambda result: result["changed"],
    "The policy of this host": lambda result: (
        result["quarantined"] == ["vnet2"] and result["changed"] and [each["port"] for each in result["guests"]] == ["vnet0", "vnet1"]
    ),
    "The same host with one guest, and nothing left of others": lambda result: result["changed"] and set(result["ports"]) == {"vnet0"},
    "Make a macvtap on a device without a bridge": lambda result: result["changed"],
    "Explain all interfaces": lambda result: result["interfaces"] and not result["not_looked_at"],
    "Refuse a host on which a guest's guards are not those that were asked for": lambda result: not result.get("failed"),
    "Show what is weak": lambda result: any("not locked" in each["finding"] for each in result["msg"]),
    "Ask before the role does": lambda result: "ageingtime is nmcli's word" in str(result["msg"]),
    "Show the names of the switches of a document that is text": lambda result: result["msg"] == ["br0"],
    "Show for how long changes of the management path wait for a confirmation": lambda result: result["msg"] == 60,
    "Show them as a policy document": lambda result: "- name: br0" in [each.strip() for each in result["msg"]],
    "Show what guest1 would send": lambda result: result["msg"][0] == [{"claim": "broadcast"}],
    "Judge two hosts of which one heard nothing": lambda result: any("guest2 could not listen" in each for each in result["msg"]),
}


@pytest.fixture(name="answer", scope="module")
def _answer(desk: Desk) -> Any:
    """All in one run; a play that fails ends it."""
    scene = scenes.kvm(desk)
    # A KVM host has the group by udev or QEMU's package; where the tests run, neither needs to be.
    desk.on_host("kvm1", 'grep -q "^kvm:" /etc/group || { own=$(mktemp); (cat /etc/group; echo "kvm:x:64000:") > "$own"; mount --bind "$own" /etc/group; }')
    plugins = [plugin for plugin in HERE if has_vlan_filtering() or plugin != "modules/linux_bridge_vlan"]
    desk.write("examples.yml", [_play(plugin) for plugin in plugins])
    done = desk.type("ansible-playbook examples.yml", {**scene.environ, **PASSING_JSON}, scene.before)
    assert done.code == 0, done.output[-5000:]
    return done.answer


@pytest.mark.parametrize("task", TOLD)
def test_they_do_what_they_say(answer: Any, task: str) -> None:
    """By the result of the task that has the example's name."""
    result = results(answer, task, "kvm1")
    assert TOLD[task](result), result


def test_the_examples_of_vlan_devices(answer: Any) -> None:
    """They ran, where the kernel has 8021q."""
    if not has_vlan_devices():
        pytest.skip("SKIPPED: this kernel has no VLAN devices, so the example of virtual_link that makes one was left out")
    assert results(answer, "Make the interface of VLAN 20 on a bond, to be a port of a bridge", "kvm1")["changed"]


def test_the_examples_of_vlans(answer: Any) -> None:
    """They ran, where the kernel has VLANs on bridges."""
    if not has_vlan_filtering():
        pytest.skip("SKIPPED: this kernel has no VLANs on bridges, so the examples of linux_bridge_vlan and one of linux_bridge were left out")
    assert results(answer, "Put guests in VLAN 10 and in no other", "kvm1")["changed"]
