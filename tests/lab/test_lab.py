# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab comes up, says what it is, leaves nothing behind and touches nothing else."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def lab(state: Path, *words: str, ok: bool = True) -> str:
    """Run the lab's command; returns what it prints."""
    done = subprocess.run([sys.executable, str(ROOT / "lab" / "lab.py"), "--state", str(state), *words], capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def machine() -> list[str]:
    """The machine's own interfaces and named namespaces."""
    links = json.loads(subprocess.run(["ip", "-j", "link"], capture_output=True, text=True, check=True).stdout)
    folder = Path("/run/netns")
    namespaces = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return sorted(link["ifname"] for link in links) + sorted(namespaces)


@pytest.fixture(name="state")
def _state(tmp_path: Path) -> Iterator[Path]:
    """A state folder whose lab is stopped whatever happens."""
    yield tmp_path / "lab"
    lab(tmp_path / "lab", "down")


def test_up_and_down(state: Path) -> None:
    """All hosts, wired, and nothing of it on the machine itself."""
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: run as root; without it see test_without_root")
    before = machine()
    assert "2 KVM hosts, 6 guests" in lab(state, "up")
    assert machine() == before
    assert "runs already" in lab(state, "up")
    assert "vnet2" in lab(state, "status")
    assert lab(state, "exec", "guest4", "--", "hostname").strip() == "guest4"
    assert "192.0.2.21/24" in lab(state, "exec", "guest4", "ip", "-br", "address")
    lab(state, "exec", "kvm1", "false", ok=False)
    inventory = json.loads((state / "inventory.yml").read_text())
    assert sorted(inventory["all"]["children"]["lab"]["children"]["guests"]["hosts"]) == [f"guest{number}" for number in range(1, 7)]
    lab(state, "down")
    assert not state.exists() and machine() == before
    assert "no lab" in lab(state, "down")


def test_a_host_that_died_is_reported_and_replaced(state: Path) -> None:
    """Status fails, up starts anew."""
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: run as root")
    lab(state, "up", "--hosts", "1", "--guests", "1")
    pid = json.loads((state / "lab.json").read_text())["hosts"]["guest1"]["init"][0]
    os.kill(pid, signal.SIGKILL)
    assert "gone" in lab(state, "status", ok=False)
    assert "does not run" in lab(state, "exec", "guest1", "true", ok=False)
    lab(state, "up", "--hosts", "1", "--guests", "1")
    lab(state, "status")


def test_two_labs_at_once(state: Path, tmp_path: Path) -> None:
    """Neither knows of the other."""
    if os.geteuid() != 0:
        pytest.skip("SKIPPED: run as root")
    other = tmp_path / "other"
    try:
        lab(state, "up", "--hosts", "1", "--guests", "1")
        lab(other, "up", "--hosts", "1", "--guests", "1")
        lab(state, "down")
        lab(other, "status")
    finally:
        lab(other, "down")


def test_wrong_sizes_are_refused(state: Path) -> None:
    """With a sentence."""
    assert "9 hosts" in lab(state, "up", "--hosts", "9", ok=False)


def test_without_root(tmp_path: Path) -> None:
    """The same, by a user namespace."""
    before: list[str] = []
    folder = tmp_path
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        # A folder and a Python that nobody can reach: the machine's own.
        folder = Path("/var/tmp") / f"virtnet-lab-{os.getpid()}"
        shutil.copytree(ROOT / "lab", folder / "lab", ignore=shutil.ignore_patterns("__pycache__"))
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
        before = ["setpriv", "--reuid", "nobody", "--regid", str(nobody.pw_gid), "--clear-groups", "/usr/bin/python3"]
    if subprocess.run([*before[:-1], "unshare", "--user", "--map-root-user", "--net", "true"], capture_output=True, check=False).returncode:
        pytest.skip("SKIPPED: this kernel does not let an ordinary user make a user namespace")
    command = before or [sys.executable]
    script = [*command, str((folder / "lab" if before else ROOT / "lab") / "lab.py"), "--state", str(folder / "state")]

    def call(*words: str) -> str:
        done = subprocess.run([*script, *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    try:
        call("up", "--hosts", "1", "--guests", "2")
        assert call("exec", "guest1", "hostname").strip() == "guest1"
        call("exec", "kvm1", "ip", "link", "add", "br0", "type", "bridge")
        assert "br0" in call("status")
        assert call("run", "--", "id", "-u").strip() == "0"
    finally:
        subprocess.run([*script, "down"], check=False, capture_output=True)
        if before:
            shutil.rmtree(folder)
