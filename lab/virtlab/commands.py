# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs of the command line."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Mapping

from . import hosts, topology, vsphere
from .hosts import LabError
from .state import State

ROOT = Path(__file__).resolve().parent.parent.parent
_SSHD = """HostKey {folder}/ssh_host_key
AuthorizedKeysFile {folder}/ssh_client_key.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
PidFile none
Subsystem sftp internal-sftp
"""


def run(arguments: argparse.Namespace) -> int:
    """Dispatch; returns the exit code."""
    verbs: dict[str, Callable[[State, argparse.Namespace], int]] = {
        "up": up,
        "down": down,
        "status": status,
        "inventory": inventory,
        "exec": execute,
        "run": run_command,
        "sshd": sshd,
        "vsphere": vsphere.run,
    }
    return verbs[arguments.verb](State(arguments.state), arguments)


def up(state: State, arguments: argparse.Namespace) -> int:
    """Start everything, or say that it runs; what is left of a broken start is removed first."""
    if not 1 <= arguments.hosts <= 5 or not 1 <= arguments.guests <= 9:
        raise LabError(f"{arguments.hosts} hosts with {arguments.guests} guests are not possible; 1 to 5 hosts, 1 to 9 guests each.")
    size = [arguments.hosts, arguments.guests]
    plan = topology.make(*size)
    if state.data["hosts"]:
        if state.data["size"] == size and all(state.pid(name) for name in plan.hosts):
            print(f"The lab runs already: {len(plan.hosts)} hosts, inventory {state.folder / 'inventory.yml'}.")
            return 0
        _stop(state)
        state = State(state.folder)
    _prepare_folder(state, plan)
    try:
        hosts.start_supervisor(state)
        for name in plan.hosts:
            hosts.start(state, name)
        hosts.wire(state, plan)
    except BaseException:
        _stop(state)
        raise
    state.data["size"] = size
    state.save()
    _write_inventory(state, plan)
    print(f"The lab is up: {arguments.hosts} KVM hosts, {arguments.hosts * arguments.guests} guests, inventory {state.folder / 'inventory.yml'}.")
    return 0


def _prepare_folder(state: State, plan: topology.Topology) -> None:
    state.folder.mkdir(parents=True, exist_ok=True)
    addresses = {wire.far_host: wire.far_addresses[0].split("/")[0] for wire in plan.wires if wire.far_addresses}
    lines = ["127.0.0.1 localhost"] + [f"127.0.1.1 {name}" for name in plan.hosts if name not in addresses]
    lines += [f"{address} {name}" for name, address in addresses.items()]
    (state.folder / "hosts").write_text("\n".join(lines) + "\n", encoding="ascii")
    (state.folder / "resolv.conf").write_text("", encoding="ascii")
    state.save()


def _write_inventory(state: State, plan: topology.Topology) -> None:
    """YAML that is JSON too, so that no library is needed to write it."""
    python = os.environ.get("VIRTNET_PYTHON", str(ROOT / ".venv" / "bin" / "python"))
    children: dict[str, Any] = {}
    for group, members in plan.groups.items():
        children[group] = {"hosts": {name: {"ansible_nsenter_pid": state.pid(name), **values} for name, values in members.items()}}
    common = {
        "ansible_connection": "community.docker.nsenter",
        "ansible_python_interpreter": python,
        # So that become has nothing to do: a lab host needs no sudo.
        "ansible_user": "root",
        # Not in a home, which is another one for root there than for who runs the lab.
        "ansible_remote_tmp": "/run/ansible",
        "ansible_async_dir": "/run/ansible/async",
        # All hosts of the lab share one machine. Listeners end when all is sent.
        "isolation_check_duration": 150,
    }
    # Not of "all": the control node, on which reports are written, is no lab host.
    content = {"all": {"children": {"lab": {"vars": common, "children": children}}}}
    (state.folder / "inventory.yml").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def down(state: State, arguments: argparse.Namespace) -> int:
    """Stop everything; nothing running is fine too."""
    running = bool(state.data["hosts"])
    _stop(state)
    print("The lab is down." if running else "There was no lab to stop.")
    return 0


def _stop(state: State) -> None:
    state.kill_all()
    if not state.file.exists() and not (state.folder / "hosts").exists():
        return
    for path in state.folder.iterdir():
        # The simulated vSphere has a life of its own.
        if path.name != "vsphere":
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    if not any(state.folder.iterdir()):
        state.folder.rmdir()


def status(state: State, arguments: argparse.Namespace) -> int:
    """A line a host."""
    if not state.data["hosts"]:
        print("The lab is down.")
        return 1
    broken = 0
    for name in state.data["hosts"]:
        pid = state.pid(name)
        broken += pid is None
        print(f"{name:12} {'gone' if pid is None else pid:>8}  {'' if pid is None else ' '.join(_interfaces(state, name))}")
    if broken:
        print(f"{broken} host(s) are gone; 'up' starts the lab anew.")
    return 1 if broken else 0


def _interfaces(state: State, name: str) -> list[str]:
    done = subprocess.run([*hosts.enter(state, name, ("--net",)), "ip", "-j", "link"], capture_output=True, text=True, check=True)
    links = [link for link in json.loads(done.stdout) if link["ifname"] != "lo"]
    return [link["ifname"] + ("" if "UP" in link["flags"] else "(down)") + (f"@{link['master']}" if "master" in link else "") for link in links]


def inventory(state: State, arguments: argparse.Namespace) -> int:
    """Its path, if the lab runs."""
    path = state.folder / "inventory.yml"
    if not path.exists():
        raise LabError(f"there is no inventory at {path}; start the lab with 'up'.")
    print(path)
    return 0


def _command(arguments: argparse.Namespace) -> list[str]:
    command: list[str] = [word for place, word in enumerate(arguments.command) if place or word != "--"]
    if not command:
        raise LabError("there is no command to run; name one.")
    return command


def execute(state: State, arguments: argparse.Namespace) -> int:
    """Replace this process by the command in the host."""
    command = [*hosts.enter(state, arguments.host), *_command(arguments)]
    os.execvp(command[0], command)


def run_command(state: State, arguments: argparse.Namespace) -> int:
    """Replace this process by the command where hosts can be entered."""
    if not state.data["hosts"]:
        raise LabError("the lab is down; start it with 'up'.")
    os.environ.update(_environment(state, os.environ))
    command = [*hosts.prefix(state), *_command(arguments)]
    os.execvp(command[0], command)


def _environment(state: State, given: Mapping[str, str]) -> dict[str, str]:
    """The Ansible that 'make setup' installed finds this collection and the lab's hosts; what is set already stays."""
    found = {"ANSIBLE_INVENTORY": str(state.folder / "inventory.yml"), "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".cache" / "collections")}
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), given.get("PATH", os.defpath), "/usr/sbin", "/sbin"])
    return {**{name: value for name, value in found.items() if name not in given}, "PATH": path}


def sshd(state: State, arguments: argparse.Namespace) -> int:
    """Start sshd in a host: it ends with the host."""
    server = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if server is None:
        raise LabError("there is no sshd; install openssh-server.")
    for key in ("ssh_host_key", "ssh_client_key"):
        if not (state.folder / key).exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(state.folder / key)], check=True)
    config = state.folder / "sshd_config"
    config.write_text(_SSHD.format(folder=state.folder), encoding="utf-8")
    done = subprocess.run([*hosts.enter(state, arguments.host), server, "-f", str(config)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"sshd did not start in {arguments.host}: {done.stderr.strip()}.")
    print(f"-i {state.folder / 'ssh_client_key'} -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no", file=sys.stdout)
    return 0
