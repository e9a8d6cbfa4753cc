# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker of Ansible loads before it needs it: for one filter of a collection it reads all, in each task anew."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

FILTERS = Path(__file__).resolve().parents[3] / "plugins" / "filter"
_SCRIPT = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(f"ansible_collections.virtnet.hardening.plugins.filter.{name}")
print(json.dumps(sorted(sys.modules)))
"""
# Engines and adapters, which a filter imports when it runs.
HEAVY = ("_linux", "_netlink", "_nftables", "_engine", "_vsphere", "_esxi", "_installer", "_media", "_install_profile", "_isolation")


def test_filters_load_nothing_but_themselves() -> None:
    """Together they took 0.4 s of each task, with pyroute2 and pyVmomi, which nobody asked for."""
    names = sorted(path.stem for path in FILTERS.glob("*.py"))
    done = subprocess.run([sys.executable, "-c", _SCRIPT, json.dumps(names)], capture_output=True, text=True, check=True)
    loaded = json.loads(done.stdout)
    assert f"ansible_collections.virtnet.hardening.plugins.filter.{names[0]}" in loaded
    ours = {part for name in loaded if ".virtnet.hardening." in name for part in name.split(".")}
    assert not ours.intersection(HEAVY) and not {"pyroute2", "pyVmomi"}.intersection(loaded), ours


def test_options_need_no_library() -> None:
    """Who only asks what options there are, as the role's checks do, waits for neither library."""
    script = (
        "import sys\nfrom ansible_collections.virtnet.hardening.plugins.filter.foreign_words import _MODULES, foreign_words\n"
        "[foreign_words([{'name': 'br0'}], module) for module in _MODULES]\nprint('pyroute2' in sys.modules, 'pyVmomi' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
