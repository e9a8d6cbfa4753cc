# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verbs of the simulated vSphere: one server process a state folder."""

from __future__ import annotations

import argparse
import base64
import json
import os
import secrets
import select
import shlex
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Callable
from urllib.parse import urlsplit

from .hosts import LabError
from .state import State, alive, start_time

ROOT = Path(__file__).resolve().parent.parent.parent
BINARY = ROOT / ".cache" / "vsphere" / "vsphere-lab"
_START_SECONDS = 120.0
_STOP_SECONDS = 5.0
# Options of the command line that the server takes as they are.
_NUMBERS = {
    "hosts": "hosts in all, up to 500",
    "datacenters": "datacenters",
    "clusters": "clusters of each datacenter",
    "groups": "standard port groups of each host, beside the two of a fresh ESXi",
    "vms": "virtual machines of each host",
    "dv-groups": "groups of each distributed switch; 0: no distributed switch",
    "port": "TCP port on 127.0.0.1; a free one by default",
}
_WORDS = {"kind": "vcenter or esxi", "dvs-version": "version of the distributed switches", "user": "user", "lifetime": "end after this time, such as 30m"}
_FLAGS = {"nsx": "with a group that NSX backs", "same-names": "clusters, distributed switches and groups have the same names in all datacenters"}


def add_parser(verbs: Any) -> None:
    """The command line below 'vsphere'."""
    main = verbs.add_parser("vsphere", help="the simulated vSphere: up, status, down, env, control")
    below = main.add_subparsers(dest="vsphere_verb", required=True)
    start = below.add_parser("up", help="start it")
    for name, text in _NUMBERS.items():
        start.add_argument(f"--{name}", type=int, help=text)
    for name, text in _WORDS.items():
        start.add_argument(f"--{name}", help=text)
    for name, text in _FLAGS.items():
        start.add_argument(f"--{name}", action="store_true", help=text)
    start.add_argument("--parent", type=int, default=-1, help="end with this process; by default only with 'down' or the lifetime")
    below.add_parser("status", help="show where it is; exit code 1 unless it runs")
    below.add_parser("down", help="stop it")
    below.add_parser("env", help="print settings for Ansible's VMware modules and for govc, for a shell to evaluate")
    control = below.add_parser("control", help="ask for faults, delays and counters, for instance: control POST latency '{\"ms\": 20}'")
    control.add_argument("method", choices=["GET", "POST", "DELETE"])
    control.add_argument("path", help="below /lab/, see docs/vsphere-simulator.md")
    control.add_argument("body", nargs="?", default="{}")


def run(state: State, arguments: argparse.Namespace) -> int:
    """Dispatch; returns the exit code."""
    verbs: dict[str, Callable[[Server, argparse.Namespace], int]] = {"up": up, "status": status, "down": down, "env": environment, "control": control}
    return verbs[arguments.vsphere_verb](Server(state.folder / "vsphere"), arguments)


class Server:
    """The server's folder: server.json (readable by its owner only: it has the password), ca.pem, server.log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "server.json"
        self.data: dict[str, Any] = {}
        if self.file.exists():
            self.data = json.loads(self.file.read_text(encoding="utf-8"))

    @property
    def runs(self) -> bool:
        """Whether the very process that was started still runs; one that waits to be reaped does not."""
        return bool(self.data) and alive(self.data["process"]) and not _zombie(self.data["process"][0])

    def save(self, data: dict[str, Any]) -> None:
        """Write server.json whole or not at all."""
        self.data = data
        temporary = self.folder / ".server.json"
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(data, indent=2), encoding="utf-8")
        temporary.replace(self.file)

    def stop(self) -> None:
        """End the process, by its id and start time, and remove the folder."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            deadline = time.monotonic() + _STOP_SECONDS
            if self.runs:
                os.kill(self.data["process"][0], number)
            while self.runs and time.monotonic() < deadline:
                _reap(self.data["process"][0])
                time.sleep(0.02)
        if self.folder.exists():
            shutil.rmtree(self.folder)
            if not any(self.folder.parent.iterdir()):
                self.folder.parent.rmdir()
        self.data = {}

    def ask(self, method: str, path: str, body: Any | None = None) -> Any:
        """Use the control channel."""
        url = urlsplit(self.data["url"])._replace(path="/lab/" + path.lstrip("/")).geturl()
        request = urllib.request.Request(url, method=method, data=json.dumps(body or {}).encode() if method == "POST" else None)
        request.add_header("Authorization", "Basic " + base64.b64encode(f"{self.data['user']}:{self.data['password']}".encode()).decode())
        try:
            with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=self.data["ca"]), timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise LabError(f"{method} {path} was refused: {error.read().decode(errors='replace').strip()}.") from None


def _zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()[0] == "Z"
    except (OSError, IndexError):
        return False


def _reap(pid: int) -> None:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return


def up(server: Server, arguments: argparse.Namespace) -> int:
    """Start the server, or say that it runs already."""
    options = _options(arguments)
    if server.runs and server.data["options"] == options:
        print(f"The vSphere lab runs already: {server.data['url']}.")
        return 0
    server.stop()
    if not BINARY.exists():
        raise LabError(f"{BINARY} is missing; run make vsphere-lab.")
    server.folder.mkdir(parents=True)
    password = secrets.token_urlsafe(12)
    with (server.folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [str(BINARY), "--folder", str(server.folder), "--parent", str(arguments.parent), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
            env={**os.environ, "VSPHERE_LAB_PASSWORD": password},
        )
    server.save({"process": [process.pid, start_time(process.pid)], "options": options, "password": password})
    ready = _first_line(process)
    if ready is None:
        reason = (server.folder / "server.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        server.stop()
        raise LabError(f"the vSphere lab did not start: {reason[0] if reason else 'no reason given'}.")
    server.save({**server.data, **ready})
    inventory = ready["inventory"]
    print(f"The vSphere lab is up: {inventory['kind']} with {inventory['hosts']} host(s) at {ready['url']}, in {ready['seconds']:.1f} s.")
    return 0


def _options(arguments: argparse.Namespace) -> list[str]:
    given: list[str] = []
    for name in [*_NUMBERS, *_WORDS]:
        value = getattr(arguments, name.replace("-", "_"))
        if value is not None:
            given += [f"--{name}", str(value)]
    return given + [f"--{name}" for name in _FLAGS if getattr(arguments, name.replace("-", "_"))]


def _first_line(process: subprocess.Popen[bytes]) -> dict[str, Any] | None:
    assert process.stdout is not None
    readable = select.select([process.stdout], [], [], _START_SECONDS)[0]
    line = process.stdout.readline() if readable else b""
    return json.loads(line) if line else None


def _running(server: Server) -> Server:
    if not server.runs:
        raise LabError("the vSphere lab is down; start it with 'vsphere up'.")
    return server


def status(server: Server, arguments: argparse.Namespace) -> int:
    """Where it is."""
    if not server.runs:
        print("The vSphere lab is down.")
        return 1
    print(f"{server.data['url']}  process {server.data['process'][0]}  user {server.data['user']}  CA {server.data['ca']}")
    print(json.dumps(server.data["inventory"]))
    return 0


def down(server: Server, arguments: argparse.Namespace) -> int:
    """Stop it; nothing running is fine too."""
    ran = server.runs
    server.stop()
    print("The vSphere lab is down." if ran else "There was no vSphere lab to stop.")
    return 0


def environment(server: Server, arguments: argparse.Namespace) -> int:
    """Lines for a shell."""
    data = _running(server).data
    url = urlsplit(data["url"])
    settings = {
        "VMWARE_HOST": str(url.hostname),
        "VMWARE_PORT": str(url.port),
        "VMWARE_USER": data["user"],
        "VMWARE_PASSWORD": data["password"],
        "VMWARE_VALIDATE_CERTS": "true",
        "SSL_CERT_FILE": data["ca"],
        "GOVC_URL": data["url"],
        "GOVC_USERNAME": data["user"],
        "GOVC_PASSWORD": data["password"],
        "GOVC_TLS_CA_CERTS": data["ca"],
        "GOVC_PERSIST_SESSION": "false",
    }
    for name, value in settings.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def control(server: Server, arguments: argparse.Namespace) -> int:
    """Print the answer of the control channel."""
    try:
        body = json.loads(arguments.body)
    except ValueError as error:
        raise LabError(f"the body is no JSON: {error}.") from None
    json.dump(_running(server).ask(arguments.method, arguments.path, body), sys.stdout, indent=2)
    print()
    return 0
