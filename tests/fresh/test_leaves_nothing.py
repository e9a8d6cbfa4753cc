# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever ends a run: the machine under it keeps no process and no mount of it, so that what is removed is only the copy."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable

from .bare import Bare

# In the place of pytest: starts a run, and waits for it until it is killed.
_STARTER = "import json, subprocess, sys; subprocess.run(stdin=subprocess.DEVNULL, **json.loads(sys.argv[1]))"


def inside(machine: Bare) -> list[int]:
    """The processes whose root is the bare machine's."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            same = os.path.samefile(folder / "root", machine.root)
        except OSError:
            continue
        found += [int(folder.name)] if same else []
    return found


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.05)
    return condition()


def test_a_kill_leaves_neither_process_nor_mount(machine: Bare) -> None:
    # The second of them has left its parent and its session, as the hosts of a lab do.
    run = json.dumps(machine.process("setsid sleep 600 & exec sleep 600"))
    with subprocess.Popen([sys.executable, "-c", _STARTER, run]) as starter:
        began = within(30, lambda: len(inside(machine)) >= 3)
        starter.kill()
    assert began
    assert within(10, lambda: not inside(machine)), inside(machine)
    assert str(machine.root) not in Path("/proc/self/mountinfo").read_text(encoding="utf-8")
