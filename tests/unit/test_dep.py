# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A missing pyroute2 and one that breaks: what the user reads, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = "ansible_collections.virtnet.hardening.plugins.modules."
# What each module that talks to the kernel needs to be told.
PARAMS: dict[str, Any] = {
    "linux_bridge": {"name": "br0"},
    "linux_bridge_fdb": {"bridge": "br0"},
    "linux_bridge_info": {},
    "linux_bridge_port": {"bridge": "br0", "ports": ["v0"]},
    "linux_bridge_vlan": {"bridge": "br0", "ports": ["v0"], "vlans": [{"vid": "10"}]},
    "linux_port_security": {"bridge": "br0", "ports": [{"name": "v0"}]},
    "linux_switch_policy": {"switches": [{"name": "br0"}]},
    "promiscuity_info": {},
    "virtual_link": {"name": "tap7", "kind": "tap"},
}


def run(folder: Path, package: str, module: str = "linux_bridge") -> Any:
    """The module's answer where importing pyroute2 does what C(package) does."""
    (folder / "pyroute2").mkdir()
    (folder / "pyroute2" / "__init__.py").write_text(package)
    environ = dict(os.environ, PYTHONPATH=f"{folder}:{os.environ.get('PYTHONPATH', '')}")
    args = json.dumps({"ANSIBLE_MODULE_ARGS": {**PARAMS[module], "_ansible_check_mode": True}})
    done = subprocess.run([sys.executable, "-m", MODULES + module, args], capture_output=True, text=True, check=False, env=environ)
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_every_module_of_the_kernel_is_tried() -> None:
    """All but the probe, which needs the standard library only."""
    names = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if "_pyroute2" in path.read_text()}
    assert names == set(PARAMS)


@pytest.mark.parametrize("module", PARAMS)
def test_missing(tmp_path: Path, module: str) -> None:
    """The package by its name, what pip would do, the role that installs it, and for which Python of which host."""
    answer = run(tmp_path, "raise ModuleNotFoundError(\"No module named 'pyroute2'\", name='pyroute2')", module)
    assert answer["failed"] and answer["error_code"] == "dependency"
    for words in (
        "pyroute2 0.7.2 or later is missing on",
        os.uname().nodename,
        sys.executable,
        "package python3-pyroute2",
        "Debian, Ubuntu",
        f'{sys.executable} -m pip install "pyroute2>=0.7.2"',
        "role virtnet.hardening.kvm_bridge_host",
        "tasks_from: packages",
        "ansible_python_interpreter",
    ):
        assert words in answer["msg"], answer["msg"]
    assert (ROOT / "roles" / "kvm_bridge_host" / "tasks" / "packages.yml").exists()


def test_unusable(tmp_path: Path) -> None:
    """pyroute2 0.9 on Python 3.8 raises TypeError, not ImportError."""
    answer = run(tmp_path, "raise TypeError(\"'type' object is not subscriptable\")")
    assert answer["failed"] and "found but is unusable" in answer["msg"] and "not subscriptable" in answer["msg"]


def test_broken_inside(tmp_path: Path) -> None:
    """A module that pyroute2 itself misses is not a missing pyroute2."""
    answer = run(tmp_path, "import nosuchmodule")
    assert "found but is unusable" in answer["msg"] and "nosuchmodule" in answer["msg"]
