# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Process 1 of a lab host: gives it its own name and mounts, then reaps. Without a reaper, ended daemons stay as zombies."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path


def mount(*arguments: str) -> None:
    """mount(8); a failure ends the host's start."""
    subprocess.run(["mount", *arguments], check=True)


def prepare(name: str, folder: Path) -> None:
    """Everything that must not be shared with the machine."""
    socket.sethostname(name)
    mount("-t", "sysfs", "sysfs", "/sys")
    mount("--bind", str(folder / "hosts"), "/etc/hosts")
    mount("--bind", str(folder / "resolv.conf"), "/etc/resolv.conf")
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", "/run")
    for each in ("sshd", "netns", "ansible"):
        os.makedirs(f"/run/{each}", mode=0o755)
    # The lab has no router, and what claims to be one is an attack: a host that believes it has a default route through a guest.
    setting = Path("/proc/sys/net/ipv6/conf/default/accept_ra")
    if setting.exists():
        setting.write_text("0", encoding="ascii")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)


def reap() -> None:
    """For ever: the host ends by being killed."""
    while True:
        signal.sigwait({signal.SIGCHLD})
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            continue


def main() -> None:
    """init.py NAME FOLDER; a byte on standard output says that the host is ready."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    prepare(sys.argv[1], Path(sys.argv[2]))
    os.write(1, b"r")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1):
        os.dup2(null, descriptor)
    reap()


if __name__ == "__main__":
    main()
