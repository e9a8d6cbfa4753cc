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

MODULE = "ansible_collections.virtnet.hardening.plugins.modules.linux_bridge"


def run(folder: Path, package: str) -> Any:
    """The module's answer where importing pyroute2 does what C(package) does."""
    (folder / "pyroute2").mkdir()
    (folder / "pyroute2" / "__init__.py").write_text(package)
    environ = dict(os.environ, PYTHONPATH=f"{folder}:{os.environ.get('PYTHONPATH', '')}")
    args = json.dumps({"ANSIBLE_MODULE_ARGS": {"name": "br0", "_ansible_check_mode": True}})
    done = subprocess.run([sys.executable, "-m", MODULE, args], capture_output=True, text=True, check=False, env=environ)
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_missing(tmp_path: Path) -> None:
    """Names the library and where to find it."""
    answer = run(tmp_path, "raise ModuleNotFoundError(\"No module named 'pyroute2'\", name='pyroute2')")
    assert answer["failed"] and answer["error_code"] == "dependency"
    assert "pyroute2 >= 0.7.2" in answer["msg"] and "docs.pyroute2.org" in answer["msg"]


def test_unusable(tmp_path: Path) -> None:
    """pyroute2 0.9 on Python 3.8 raises TypeError, not ImportError."""
    answer = run(tmp_path, "raise TypeError(\"'type' object is not subscriptable\")")
    assert answer["failed"] and "found but is unusable" in answer["msg"] and "not subscriptable" in answer["msg"]


def test_broken_inside(tmp_path: Path) -> None:
    """A module that pyroute2 itself misses is not a missing pyroute2."""
    answer = run(tmp_path, "import nosuchmodule")
    assert "found but is unusable" in answer["msg"] and "nosuchmodule" in answer["msg"]
