# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Playbooks as users run them, against hosts of the lab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "lab"))

from virtlab import hosts  # noqa: E402
from virtlab.state import State  # noqa: E402


class Lab:
    """One lab and its command line."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.command = [sys.executable, str(ROOT / "lab" / "lab.py"), "--state", str(state)]

    def call(self, *words: str, ok: bool = True) -> str:
        """Run a verb of the lab; returns its output."""
        command = [*self.inside(words[1]), *words[3:]] if words[0] == "exec" else [*self.command, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert not ok or done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def inside(self, host: str) -> list[str]:
        """What goes before a command to run it in a host: what lab.py exec does, without a start of Python for each."""
        return hosts.enter(State(self.state), host)

    def reaches(self, guest: str, address: str) -> bool:
        """Whether a ping is answered within three seconds: an address that could not be resolved a moment ago is asked for once a second."""
        done = subprocess.run([*self.inside(guest), "ping", "-c", "1", "-w", "3", address], capture_output=True, check=False)
        return done.returncode == 0

    def playbook(self, path: Path, *options: str, inside: str = "", inventory: str = "", ok: bool = True) -> dict[str, Any]:
        """Run ansible-playbook with results as JSON."""
        done = subprocess.run(**self.playing(path, *options, inside=inside, inventory=inventory), capture_output=True, text=True, check=False, timeout=600)
        assert not ok or done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
        return json.loads(done.stdout[done.stdout.index("{") :])

    def playing(self, path: Path, *options: str, inside: str = "", inventory: str = "") -> dict[str, Any]:
        """What subprocess has to start for it."""
        environ = dict(
            os.environ,
            ANSIBLE_STDOUT_CALLBACK="ansible.posix.json",
            ANSIBLE_HOST_KEY_CHECKING="false",
            ANSIBLE_LOCALHOST_WARNING="false",
            ANSIBLE_RETRY_FILES_ENABLED="false",
            ANSIBLE_DEPRECATION_WARNINGS="false",
        )
        command = ["ansible-playbook", "-i", inventory or str(self.state / "inventory.yml"), str(path), *options]
        before = self.inside(inside) if inside else [*self.command, "run", "--"]
        return {"args": [*before, *command], "env": environ}


def results(answer: dict[str, Any], task: str, host: str) -> dict[str, Any]:
    """The result of a task on a host, the last one of that name."""
    found = [each["hosts"][host] for play in answer["plays"] for each in play["tasks"] if each["task"]["name"].endswith(task) and host in each["hosts"]]
    assert found, f"no task {task!r} on {host}"
    last: dict[str, Any] = found[-1]
    return last


def changed(answer: dict[str, Any]) -> int:
    """Changes of all hosts."""
    return sum(stats["changed"] for stats in answer["stats"].values())


def running(folder: Path) -> Iterator[Lab]:
    """A small lab while a fixture lives."""
    lab = Lab(folder)
    lab.call("up", "--hosts", "2", "--guests", "2")
    yield lab
    lab.call("down")


@pytest.fixture(name="lab")
def _lab(tmp_path: Path) -> Iterator[Lab]:
    """For one test."""
    yield from running(tmp_path / "lab")
