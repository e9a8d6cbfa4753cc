# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs, by process id and start time: a process id alone may belong to somebody else by now."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any


def start_time(pid: int) -> str:
    """Field 22 of /proc/PID/stat; empty if there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""


class State:
    """The lab's folder: lab.json, inventory and the files that hosts mount."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.file = self.folder / "lab.json"
        self.data: dict[str, Any] = {"hosts": {}, "supervisor": None, "size": None}
        if self.file.exists():
            self.data = json.loads(self.file.read_text(encoding="utf-8"))

    def save(self) -> None:
        """Write lab.json whole or not at all."""
        temporary = self.folder / ".lab.json"
        temporary.write_text(json.dumps(self.data, indent=2), encoding="utf-8")
        temporary.replace(self.file)

    def add(self, name: str, outer: int, pid: int) -> None:
        """Note a host: process 1 inside, and the process that holds it outside."""
        self.data["hosts"][name] = {"outer": [outer, start_time(outer)], "init": [pid, start_time(pid)]}
        self.save()

    def pid(self, name: str) -> int | None:
        """The host's process 1 as this machine numbers it; None if it does not run."""
        known = self.data["hosts"].get(name)
        return known["init"][0] if known and alive(known["init"]) else None

    def kill_all(self) -> None:
        """End every process that was noted and is still the same one."""
        for known in self.data["hosts"].values():
            for process in (known["init"], known["outer"]):
                _kill(process)
        if self.data["supervisor"]:
            _kill(self.data["supervisor"])


def alive(process: Any) -> bool:
    """Whether the process that was noted still runs."""
    return bool(process[1]) and start_time(process[0]) == process[1]


def _kill(process: Any) -> None:
    if not alive(process):
        return
    try:
        os.kill(process[0], signal.SIGKILL)
        os.waitpid(process[0], 0)
    except (ProcessLookupError, ChildProcessError):
        return
