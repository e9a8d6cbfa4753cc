# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian that systemd has started, in systemd-nspawn: a KVM host that is reached by SSH over the uplink of its bridge, and that can be restarted.

Made once, and copied for each run, so that nothing is there of an earlier one.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, Sequence

import pytest

from .bare import ALONE, CACHE, made, remove, run
from .readme import ROOT

PACKAGES = ("systemd-sysv", "dbus", "libpam-systemd", "openssh-server", "sudo", "python3", "python3-pyroute2", "iproute2")
ADDRESS = "192.0.2.2"
_SECONDS = 60.0
# The network namespace is the machine's outside: a switch with the control node on it. 133 is how nspawn says that the system wants to be restarted.
_MACHINE = """
ip link set lo up && ip link add lan type bridge && ip address add 192.0.2.1/24 dev lan && ip link set lan up || exit
status=133
while [ $status = 133 ]; do
  systemd-nspawn --quiet --directory "$1" --hostname kvm1 --register=no --keep-unit --network-bridge=lan --console=pipe --boot < /dev/null
  status=$?
done
exit $status
"""
# What the host sets up when it starts; the card of the machine is called host0.
_NETWORK = """[Unit]
Before=ssh.service
[Service]
Type=oneshot
ExecStart=ip link add br0 address 52:54:00:00:ff:00 type bridge
ExecStart=ip link set host0 master br0 up
ExecStart=ip link set br0 up
ExecStart=ip address add 192.0.2.2/24 dev br0
"""
_FILES = {
    "etc/systemd/system/bridge.service": _NETWORK,
    # As Arch has it, and as hardened hosts have it, here for root as well; and a server that soon sees that nobody is there any more.
    "etc/systemd/logind.conf.d/kill.conf": "[Login]\nKillUserProcesses=yes\nKillExcludeUsers=\n",
    "etc/ssh/sshd_config.d/alive.conf": "ClientAliveInterval 1\nClientAliveCountMax 1\n",
    "etc/sudoers.d/admin": "admin ALL=(ALL) NOPASSWD: ALL\n",
}


class Booted:
    """The running machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root"
        with (folder / "console").open("wb") as console:
            self.process = subprocess.Popen(
                [*ALONE, "--net", "--uts", "--mount-proc", "sh", "-c", _MACHINE, "sh", str(self.root)], stdin=subprocess.DEVNULL, stdout=console, stderr=console
            )
        self.wait_until_up()

    def outside(self, *command: str) -> list[str]:
        """A command on the control node."""
        return ["nsenter", "--target", str(self._child()), "--net", "--", *command]

    def console(self, *command: str, ok: bool = True) -> str:
        """What somebody does who sits at the machine; returns what it prints."""
        done = subprocess.run(["nsenter", "--target", str(self._init()), "--all", "--", *command], capture_output=True, text=True, check=False)
        assert not ok or done.returncode == 0, done.stderr
        return done.stdout

    def is_up(self) -> bool:
        """Whether SSH answers over the uplink."""
        done = subprocess.run(self.outside("ssh-keyscan", "-T", "1", ADDRESS), capture_output=True, text=True, check=False) if self._child() else None
        return done is not None and ADDRESS in done.stdout

    def wait_until_up(self) -> None:
        """The end of its console is shown if it does not come up."""
        if not within(_SECONDS, lambda: self.process.poll() is not None or self.is_up()) or self.process.poll() is not None:
            pytest.fail("the machine does not start:\n" + (self.folder / "console").read_text(errors="replace")[-3000:], pytrace=False)

    def play(self, user: str, **options: Any) -> subprocess.Popen[str]:
        """One task on the machine, from the control node, in the background."""
        ssh = f"-i {self.folder / 'key'} -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -o ConnectTimeout=2 -o ControlPath=none"
        host = {
            "ansible_connection": "ssh",
            "ansible_host": ADDRESS,
            "ansible_user": user,
            "ansible_ssh_common_args": ssh,
            "ansible_python_interpreter": "/usr/bin/python3",
        }
        task = {"name": "Change", "virtnet.hardening.linux_bridge_port": {"bridge": "br0", **options}}
        play = {"name": "Play", "hosts": "kvm1", "gather_facts": False, "become": user != "root", "tasks": [task]}
        for name, content in (("hosts.json", {"all": {"hosts": {"kvm1": host}}}), ("play.json", [play])):
            (self.folder / name).write_text(json.dumps(content))
        command = ["ansible-playbook", "--inventory", str(self.folder / "hosts.json"), str(self.folder / "play.json")]
        environ = {
            **os.environ,
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_RETRY_FILES_ENABLED": "false",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
        }
        return subprocess.Popen(self.outside(*command), env=environ, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def _child(self) -> int:
        """The first process inside of unshare(1)."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text(encoding="ascii").split()
        return int(children[0]) if children else 0

    def _init(self) -> int:
        """The machine's process 1: the only one called systemd whose root it is and that is the first of its namespace."""
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                text = status.read_text(encoding="ascii", errors="replace")
                if text.startswith("Name:\tsystemd\n") and "\t1\n" in text and os.path.samefile(status.parent / "root", self.root):
                    return int(status.parent.name)
            except OSError:
                continue
        raise AssertionError("the machine is not on")


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def result(playing: subprocess.Popen[str]) -> dict[str, Any]:
    """What the task ended with."""
    output, _errors = playing.communicate(timeout=180)
    answer: dict[str, Any] = json.loads(output[output.index("{") :])
    found: dict[str, Any] = answer["plays"][0]["tasks"][-1]["hosts"]["kvm1"]
    return found


@contextmanager
def booted() -> Iterator[Booted]:
    """A machine of one's own, which is gone afterwards. One at a time, so that what is left of a killed run is known."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "booted.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = CACHE / "booted"
        for left in [folder, *CACHE.glob("new.services.*")]:
            remove(left)
        source = made("services", "bookworm", PACKAGES)
        folder.mkdir(mode=0o700)
        try:
            run(["cp", "-a", "--reflink=auto", str(source), str(folder / "root")])
            _furnish(folder)
            _try(folder / "root")
            machine = Booted(folder)
            try:
                yield machine
            finally:
                machine.process.kill()
                machine.process.wait()
        finally:
            remove(folder)


def _furnish(folder: Path) -> None:
    root = folder / "root"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")])
    run(["chroot", str(root), "useradd", "--create-home", "--shell", "/bin/sh", "admin"])
    for name, content in _FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content, encoding="ascii")
    (root / "etc/systemd/system/multi-user.target.wants/bridge.service").symlink_to("../bridge.service")
    for home, owner in (("root", "root"), ("home/admin", "admin")):
        (root / home / ".ssh").mkdir(mode=0o700, exist_ok=True)
        (root / home / ".ssh" / "authorized_keys").write_bytes((folder / "key.pub").read_bytes())
        run(["chroot", str(root), "chown", "-R", f"{owner}:", f"/{home}/.ssh"])


def _try(root: Path) -> None:
    """nspawn needs more of its surroundings than a chroot does; most containers don't give it."""
    command: Sequence[str] = (*ALONE, "--net", "--mount-proc", "systemd-nspawn", "--quiet", "--directory", str(root), "--register=no", "--keep-unit", "true")
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no machine can be started here, so restarts and logind were NOT tested: systemd-nspawn: {done.stderr.strip() or done.returncode}")
