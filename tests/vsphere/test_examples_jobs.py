# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the modules for jobs on hosts, run as they stand by ansible-playbook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

from tests.oracle.bundles import VibSpec, make_bundle

from .conftest import World
from .test_examples import examples, play


def test_examples_in_a_playbook(world_of: Callable[..., World], tmp_path: Path) -> None:
    """With a driver's bundle where they say, and a machine that nobody knows."""
    world = world_of("--hosts", "2")
    bundle = make_bundle(tmp_path, [VibSpec()], platforms=["8.*"], name="driver.zip")
    (tmp_path / "test-1.vmx").write_text('displayName = "test-1"\n')
    world.vsphere.govc("datastore.upload", "-ds", "datastore1", str(bundle), "drivers/driver.zip")
    world.vsphere.govc("datastore.upload", "-ds", "datastore1", str(tmp_path / "test-1.vmx"), "test-1/test-1.vmx")
    tasks: list[Any] = [*examples("esxi_software"), *examples("esxi_vm_registration")]
    changes = [result["changed"] for result in play(world, tmp_path, json.loads(json.dumps(tasks).replace("/var/tmp/bundles", str(tmp_path))))]
    assert changes == [False, False, True, False, True, True, True, False, True, True]
    assert "test-1" not in world.vsphere.govc("find", "/", "-type", "m")
