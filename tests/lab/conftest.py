# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated vSphere, started by the lab's own command line, in this process: two starts of Python for each test would take a third of the time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator

import pytest

from tests.oracle.vsphere import ROOT, Client

sys.path.insert(0, str(ROOT / "lab"))

from lab import commands, parser  # noqa: E402

Start = Callable[..., Client]


@pytest.fixture(name="built", scope="session")
def _built() -> None:
    """Nothing happens when it is built already."""
    subprocess.run([str(ROOT / "scripts" / "vsphere-build")], check=True)


@pytest.fixture(name="start")
def _start(built: None, tmp_path: Path) -> Iterator[Start]:
    """Starts servers with other options of the command line; all are stopped in the end."""
    folders = []

    def start(*options: str) -> Client:
        folder = tmp_path / f"vsphere{len(folders)}"
        folders.append(folder)
        _lab(folder, "up", "--parent", str(os.getpid()), *options)
        return Client(folder)

    yield start
    for folder in folders:
        _lab(folder, "down")


@pytest.fixture(name="vsphere")
def _vsphere(start: Start) -> Client:
    """A vCenter with two hosts."""
    return start("--hosts", "2", "--nsx")


def _lab(folder: Path, *words: str) -> None:
    assert commands.run(parser().parse_args(["--state", str(folder), "vsphere", *words])) == 0
