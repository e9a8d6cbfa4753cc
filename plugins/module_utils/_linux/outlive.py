# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""A process that outlives the run that starts it, its connection, and the session or unit in which it ran.

systemd ends what is left of a unit's processes with the unit, wherever they hang: with KillUserProcesses=yes logind does so to a session's scope
(logind.conf(5)), and a timer's ansible-pull is a service (KillMode=control-group, systemd.kill(5)).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from typing import Callable

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError

# sd_booted(3).
_BOOTED = "/run/systemd/system"
_MANAGER = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")
_SECONDS = 10.0
_POLL = 0.02
_DONE = "moved"


def detach(work: Callable[[], None], kept: int, unit: str) -> str:
    """Run C(work) in a process of its own, which keeps one descriptor, in the scope C(unit) where systemd runs the host.

    Returns why it stayed in the unit of this process, or nothing. Raises BackendError if there is no such process.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        _start(work, kept, unit, writer)
    os.close(writer)
    os.waitpid(child, 0)
    with open(reader, encoding="utf-8", errors="replace") as pipe:
        word, _blank, reason = pipe.read().partition(" ")
    if word != _DONE:
        raise BackendError("The process that would take the change back could not be started; nothing was changed.")
    return reason


def _start(work: Callable[[], None], kept: int, unit: str, writer: int) -> None:
    status = 1
    try:
        os.setsid()
        if os.fork() == 0:
            os.write(writer, f"{_DONE} {leave(unit)}".encode())
            _close_descriptors(kept)
            work()
        status = 0
    finally:
        # Neither the module's cleanup nor its output may run twice.
        os._exit(status)


def _close_descriptors(kept: int) -> None:
    """The connection ends only when nobody holds the ends of its pipes any more."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.closerange(3, kept)
    os.closerange(kept + 1, 1024)
    os.chdir("/")


def leave(unit: str) -> str:
    """Move this process into a scope of its own, which ends with it. Returns why that can't be, or nothing; nothing too where no systemd looks after it."""
    if not _is_looked_after():
        return ""
    busctl = shutil.which("busctl", path=os.environ.get("PATH", "") + ":/usr/bin:/bin")
    if busctl is None:
        return "busctl(1) is not on this host"
    pid = str(os.getpid())
    # As QEMU's starters do; systemd-run(1) could only start a program.
    scope = (
        "StartTransientUnit",
        "ssa(sv)a(sa(sv))",
        unit,
        "fail",
        "2",
        "Description",
        "s",
        "Way back of a change of the management path",
        "PIDs",
        "au",
        "1",
        pid,
        "0",
    )
    code, output = _run([busctl, "--system", "--quiet", f"--timeout={_SECONDS:g}", "call", *_MANAGER, *scope])
    if code:
        return output or f"busctl(1) ends with {code}"
    deadline = time.monotonic() + _SECONDS
    while not _is_in(unit):
        if time.monotonic() > deadline:
            return f"systemd did not start {unit} within {_SECONDS:g} s"
        time.sleep(_POLL)
    return ""


def _is_looked_after() -> bool:
    """Whether process 1 here is systemd: a container can have another one, though it sees the host's files and its bus."""
    try:
        with open("/proc/1/comm", encoding="ascii") as handle:
            return handle.read().strip() == "systemd" and os.path.isdir(_BOOTED)
    except OSError:
        return False


def _is_in(unit: str) -> bool:
    with open("/proc/self/cgroup", encoding="utf-8", errors="replace") as handle:
        return any(unit in line.strip().split("/") for line in handle)


def _run(command: list[str]) -> tuple[int, str]:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=2 * _SECONDS,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, str(error)
    return done.returncode, " ".join(done.stdout.decode(errors="replace").split())
