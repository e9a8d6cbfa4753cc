# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the modules' documentation, run as they stand by ansible-playbook, twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable

import yaml

from ..oracle.distributed import GROUP, ports, setting
from .conftest import World, vswitch

ROOT = Path(__file__).resolve().parent.parent.parent


def examples(module: str) -> list[dict[str, Any]]:
    """The tasks."""
    text = (ROOT / "plugins" / "modules" / f"{module}.py").read_text()
    found: list[dict[str, Any]] = yaml.safe_load(text.split('EXAMPLES = r"""')[1].split('"""')[0])
    return found


def play(world: World, folder: Path, tasks: list[dict[str, Any]], *options: str) -> Any:
    """What came of each task: its result."""
    (folder / "play.yml").write_text(
        json.dumps(
            [{"hosts": "localhost", "gather_facts": False, "connection": "local", "vars": {"ansible_python_interpreter": sys.executable}, "tasks": tasks}]
        )
    )
    settings = {
        "VMWARE_HOST": world.connection["hostname"],
        "VMWARE_PORT": str(world.connection["port"]),
        "VMWARE_USER": world.data["user"],
        "VMWARE_PASSWORD": world.data["password"],
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        "ANSIBLE_LOCAL_TEMP": str(folder / "tmp"),
    }
    command = [str(ROOT / "scripts" / "in-env"), "ansible-playbook", "-i", "localhost,", "play.yml", *options]
    done = subprocess.run(command, env={**os.environ, **settings}, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert world.data["password"] not in done.stdout + done.stderr
    # With -vvv other lines come first.
    answer = json.loads(done.stdout[("\n" + done.stdout).index("\n{") :])
    return [task["hosts"]["localhost"] for task in answer["plays"][0]["tasks"]]


def test_examples(world_of: Callable[..., World], tmp_path: Path) -> None:
    """Each module's twice: the second time nothing changes. The last example deletes what the others made."""
    world = world_of("--hosts", "3")
    before = world.networks()
    tasks: list[dict[str, Any]] = []
    expected: list[Any] = []
    for module in ("esxi_vswitch", "esxi_portgroup"):
        *making, deleting = examples(module)
        tasks += [*making, *making, deleting, deleting]
        expected += [None] * len(making) + [False] * len(making) + [True, False]
    changed = [result["changed"] for result in play(world, tmp_path, tasks)]
    assert [each for each, known in zip(changed, expected) if known is not None] == [known for known in expected if known is not None]
    assert world.networks() != before, "the examples did nothing"


def test_examples_for_distributed_switches(lab: Callable[..., World], tmp_path: Path) -> None:
    """Those of groups, then those of ports, with -vvv."""
    world = lab("--hosts", "2")
    vsphere = world.vsphere
    found = play(world, tmp_path, [*examples("vds_portgroup"), *examples("vds_port")], "-vvv", "--diff")
    # The groups of the lab allow no overrides from the start.
    assert [each["changed"] for each in found] == [True, True, True, False, True, True, True, True, True], [each["msg"] for each in found]
    assert [each["verified"] for each in found] == [each["changed"] for each in found]
    assert setting(vsphere)["macManagementPolicy"]["inherited"] is True
    assert {port["config"]["setting"]["macManagementPolicy"]["inherited"] for port in ports(vsphere)} == {"true"}
    assert vsphere.collect(GROUP, "config.policy")["macManagementOverrideAllowed"] is True
    assert "nested" not in vsphere.govc("find", "/", "-type", "g")


def test_examples_for_documents(world_of: Callable[..., World], tmp_path: Path) -> None:
    """A document, its audit, and what one host has written to another, twice."""
    world = world_of("--hosts", "2")
    tasks = [*examples("esxi_switch_policy"), *examples("esxi_switch_policy_info")]
    found = play(world, tmp_path, [*tasks, *tasks])
    assert [each["changed"] for each in found] == [True, True, False, False, False] + [False] * 5
    assert found[0]["other_switches"] == ["br0"] and found[1]["unenforced"] and found[2]["not_looked_at"] == []
    assert all(not any(vswitch(network)["spec"]["policy"]["security"].values()) for network in world.networks().values())
