# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts hosts and wires them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Sequence

from .state import State, start_time
from .topology import LAN, Topology, Wire

_NAMESPACES = ["--net", "--mount", "--uts", "--pid", "--ipc"]
_INIT = Path(__file__).resolve().parent / "init.py"
_START_SECONDS = 20.0


class LabError(Exception):
    """Something that the user can mend, in one sentence."""


def prefix(state: State) -> list[str]:
    """What goes before a command so that it may enter hosts: nothing for root."""
    supervisor = state.data["supervisor"]
    return ["nsenter", "--target", str(supervisor[0]), "--user", "--preserve-credentials"] if supervisor else []


def start_supervisor(state: State) -> None:
    """Without root, one process holds the user namespace in which all hosts live."""
    if os.geteuid() == 0:
        return
    process = subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "sh", "-c", "echo r; exec sleep infinity"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None and process.stderr is not None
    if process.stdout.read(1) != b"r":
        reason = process.stderr.read().decode(errors="replace").strip()
        raise LabError(f"this kernel does not let an ordinary user make a user namespace ({reason}); run as root.")
    state.data["supervisor"] = [process.pid, start_time(process.pid)]
    state.save()


def start(state: State, name: str) -> None:
    """Start one host and wait until it is ready."""
    log = (state.folder / f"{name}.log").open("wb")
    process = subprocess.Popen(
        [
            *prefix(state),
            "unshare",
            *_NAMESPACES,
            "--fork",
            "--kill-child",
            "--mount-proc",
            "--propagation",
            "private",
            sys.executable,
            str(_INIT),
            name,
            str(state.folder),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )
    assert process.stdout is not None
    if process.stdout.read(1) != b"r":
        reason = (state.folder / f"{name}.log").read_text(errors="replace").strip()
        raise LabError(f"host {name} did not start: {reason or 'no reason given'}.")
    state.add(name, process.pid, _child(process.pid))


def _child(outer: int) -> int:
    """Process 1 of the host, below the unshare that waits for it. nsenter(1) replaces itself, so it is a direct child."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        children = Path(f"/proc/{outer}/task/{outer}/children").read_text(encoding="ascii").split()
        if children:
            return int(children[0])
        time.sleep(0.01)
    raise LabError(f"process {outer} has no child; see its log.")


def enter(state: State, name: str, namespaces: Sequence[str] = ("--all",)) -> list[str]:
    """What goes before a command so that it runs in a host."""
    pid = state.pid(name)
    if pid is None:
        known = ", ".join(state.data["hosts"]) or "none"
        raise LabError(f"host {name} does not run (known: {known}); start the lab with 'up'.")
    if namespaces == ("--all",):
        namespaces = ("--net", "--mount", "--uts", "--pid", "--ipc")
    return [*prefix(state), "nsenter", "--target", str(pid), *namespaces]


def wire(state: State, topology: Topology) -> None:
    """Make all veth pairs. Each is born inside a lab namespace, so the machine never sees it."""
    # Without snooping: a guest's MLD query that got out before hardening would go on starving the network outside of multicast.
    _ip(state, LAN, ["link add lan0 type bridge mcast_snooping 0", "link set lan0 up"])
    for each in topology.wires:
        address = f"address {each.near_mac} " if each.near_mac else ""
        commands = [f"link add {each.near} {address}type veth peer name {each.far} netns {state.pid(each.far_host)}"]
        if each.near_joins:
            commands.append(f"link set {each.near} master {each.near_joins}")
        # As libvirt leaves the taps of running guests.
        _ip(state, each.near_host, [*commands, f"link set {each.near} up"])
        _ip(state, each.far_host, _far_commands(each))


def _far_commands(each: Wire) -> list[str]:
    # The alias is the mark without which lab/attacks sends nothing there.
    commands = [f"link set {each.far} address {each.far_mac} alias virtnet-lab", f"link set {each.far} up"]
    # Duplicate address detection would delay the first frames of a guest by a second.
    commands += [f"address add {address} dev {each.far}" + (" nodad" if ":" in address else "") for address in each.far_addresses]
    return commands


def _ip(state: State, host: str, commands: list[str]) -> None:
    done = subprocess.run([*enter(state, host, ("--net",)), "ip", "-batch", "-"], input="\n".join(commands) + "\n", capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabError(f"'ip' failed in {host}: {done.stderr.strip()}.")
