# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible sends for a module: all that it imports, from folders in folders too, and nothing of what other kinds of targets need."""

from __future__ import annotations

import ast
import base64
import io
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Iterator

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PLUGINS = ROOT / "plugins"
PACKAGE = "ansible_collections.virtnet.hardening.plugins."
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
# The oldest that is supported, which scripts/setup has put there, and the one that runs the tests.
CORES = {"2.17": ROOT / ".cache" / "ansible-core" / "2.17.14", "installed": None}
# Rooms that only one kind of targets needs, by how the names of its modules begin.
KERNEL, VSPHERE, INSTALLER = ("_linux", "_netlink", "_nftables", "_bpf"), ("_vsphere", "_esxi"), ("_installer", "_media")
STRANGERS = {
    "linux_": {*VSPHERE, *INSTALLER, "_probe"},
    "virtual_link": {*VSPHERE, *INSTALLER, "_probe"},
    "promiscuity": {*VSPHERE, *INSTALLER, "_probe"},
    "isolation": {*KERNEL, *VSPHERE, *INSTALLER},
    "vds_": {*KERNEL, *INSTALLER, "_esxi", "_probe"},
    "esxi_switch": {*KERNEL, *INSTALLER, "_esxi", "_probe"},
    "esxi_vswitch": {*KERNEL, *INSTALLER, "_esxi", "_probe"},
    "esxi_portgroup": {*KERNEL, *INSTALLER, "_esxi", "_probe"},
    "esxi_software": {*KERNEL, "_probe"},
    "esxi_vm": {*KERNEL, *INSTALLER, "_probe"},
    "esxi_kickstart": {*KERNEL, *VSPHERE, "_probe", "_engine"},
    "esxi_boot": {*KERNEL, *VSPHERE, "_probe", "_engine"},
    "esxi_install": {*KERNEL, *VSPHERE, "_probe", "_engine"},
    "offline_bundle": {*KERNEL, *VSPHERE, "_probe", "_engine"},
}


@pytest.fixture(scope="module", params=CORES)
def sent(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of what this Ansible sends."""
    folder, core = tmp_path_factory.mktemp("sent"), CORES[request.param]
    environ = dict(os.environ, ANSIBLE_LOCAL_TEMP=str(folder / "tmp"))
    if core is not None:
        environ["PYTHONPATH"] = f"{core}:{environ['PYTHONPATH']}"
    command = [sys.executable, str(ROOT / "tests" / "payloads.py"), str(folder), *MODULES]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert done.returncode == 0, done.stderr
    return folder


def content(path: Path) -> dict[str, bytes]:
    """The collection's files in it, by their place in plugins/module_utils; Ansible's own __init__.py left out."""
    archive = max(re.findall(rb"[A-Za-z0-9+/=]{500,}", path.read_bytes()), key=len)
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(archive))) as opened:
        start = PACKAGE.replace(".", "/") + "module_utils/"
        return {name[len(start) :]: opened.read(name) for name in opened.namelist() if name.startswith(start) and not name.endswith("__init__.py")}


def needed(module: str) -> set[str]:
    """What it imports, and what that imports, by reading the source."""
    found: set[str] = set()
    waiting = [PLUGINS / "modules" / f"{module}.py"]
    while waiting:
        for path in imported(waiting.pop()):
            if str(path) not in found:
                found.add(str(path))
                waiting.append(PLUGINS / "module_utils" / path)
    return found


def imported(path: Path) -> Iterator[Path]:
    """Of the files of module_utils."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}module_utils"):
            base = Path(*(node.module or "")[len(PACKAGE) :].split(".")[1:])
            whole = (PLUGINS / "module_utils" / base).is_dir()
            yield from (base / f"{alias.name}.py" for alias in node.names) if whole else [base.with_suffix(".py")]


@pytest.mark.parametrize("module", MODULES)
def test_what_is_sent_is_what_is_imported(sent: Path, module: str) -> None:
    """All of it, letter for letter, and no more."""
    files = content(sent / f"{module}.py")
    assert set(files) == needed(module)
    assert all(data == (PLUGINS / "module_utils" / name).read_bytes() for name, data in files.items())


def test_folders_in_folders_are_sent(sent: Path) -> None:
    """Which is what the comparison above is for."""
    folders = {Path(name).parent.as_posix() for module in MODULES for name in content(sent / f"{module}.py")}
    assert folders >= {"_vsphere/session", "_vsphere/host", "_vsphere/distributed", "_vsphere/policy", "_installer/kickstart", "_installer/bundle"}


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_sent_for_other_targets(module: str) -> None:
    """A task on vSphere has no way back of a Linux host with it, and so on."""
    strangers = next(rooms for start, rooms in STRANGERS.items() if module.startswith(start))
    assert not {path for path in needed(module) if path.split("/")[0] in strangers}


def oldest() -> str:
    """The Python of the oldest targets that both Ansibles take, where this machine has it."""
    folders = subprocess.run([str(ROOT / "scripts" / "real-pythons")], capture_output=True, text=True, check=True).stdout.strip().split(":")
    return next((f"{folder}/python3.8" for folder in folders if Path(folder, "python3.8").exists()), sys.executable)


# Playbooks of this stage run what the other Ansible sends.
@pytest.mark.parametrize("sent", ["2.17"], indirect=True)
@pytest.mark.parametrize("module", MODULES)
def test_what_is_sent_runs(sent: Path, tmp_path: Path, module: str) -> None:
    """With nothing else there (-S: no library either): it comes to judge its options, or to say what is missing."""
    command = [oldest(), "-S", str(sent / f"{module}.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env={"PATH": os.environ["PATH"]})
    answer = json.loads(done.stdout)
    assert answer["failed"] and answer["error_code"] in ("invalid", "dependency"), answer
