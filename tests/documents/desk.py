# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a reader types: a clone of the tree after 'make setup', a lab, a simulated vCenter, and a folder for what the documents call /srv."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Mapping, NamedTuple, Sequence

from ..integration.conftest import Lab
from .reading import ROOT

# The lab is run without: what a reader's shell does not have must not be there.
FOREIGN = ("ANSIBLE_", "VIRTNET_", "VMWARE_", "GOVC_", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE")
VCENTER = "vcenter.lab.example"
STANDALONE = "esxi01.lab.example"
# Its links, which stay when a host is put back to its beginning.
_KEPT = ("lo", "uplink", "vnet0", "vnet1", "vnet2")
_SECONDS = 600
PASSING_JSON = {
    "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
    "ANSIBLE_LOCALHOST_WARNING": "false",
    "ANSIBLE_DEPRECATION_WARNINGS": "false",
    "ANSIBLE_RETRY_FILES_ENABLED": "false",
}


class Typed(NamedTuple):
    """What came of a command."""

    code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Both."""
        return self.stdout + self.stderr

    @property
    def answer(self) -> Any:
        """Of a playbook that was run with results as JSON."""
        return json.loads(self.stdout[("\n" + self.stdout).index("\n{") :])


class Desk:
    """One for all documents. The lab and the server are started when something first asks for them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "clone"
        self._work = folder
        self._lab: Lab | None = None
        self._servers: dict[str, dict[str, str]] = {}
        self._copy()
        home = folder / "home"
        home.mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        path = f"{self.folder / '.venv' / 'bin'}:{kept.get('PATH', os.defpath)}:/usr/sbin:/sbin"
        self.environ = {**kept, "PATH": path, "HOME": str(home), "ANSIBLE_COLLECTIONS_PATH": str(self.folder / ".cache" / "collections")}
        self.exported: dict[str, str] = {}
        self._done: dict[Any, Typed] = {}

    def _copy(self) -> None:
        """What git would clone, and what 'make setup' has made; the collection in it is the clone itself."""
        listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True)
        for name in filter(None, listed.stdout.decode().split("\0")):
            if (ROOT / name).exists():
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.folder / name)
        cache, own = ROOT / ".cache", self.folder / ".cache"
        own.mkdir()
        (self.folder / ".venv").symlink_to((ROOT / ".venv").resolve())
        for each in cache.iterdir():
            if each.name not in ("collections", "dist") and each.is_dir():
                (own / each.name).symlink_to(each.resolve())
        shutil.copytree(cache / "collections", own / "collections", symlinks=True)

    def close(self) -> None:
        """Stop everything."""
        for state in self._servers:
            self.type(f"python3 lab/lab.py --state {state} vsphere down")
        # Whatever a document has started and not stopped.
        self.type("python3 lab/lab.py vsphere down; python3 lab/lab.py down")
        if self._lab is not None:
            self._lab.call("down")

    def type(self, command: str, environ: Mapping[str, str] | None = None, before: Sequence[str] = (), console: bool = False) -> Typed:
        """Run a command as it stands, in the clone. C(console): with what the commands before it in the console have exported."""
        state = self._work / "exported"
        script = f"{command}\nstatus=$?\nenv -0 > {state}\nexit $status"
        done = subprocess.run(
            [*before, "bash", "-c", script],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
            env={**self.environ, **(self.exported if console else {}), **(environ or {})},
            stdin=subprocess.DEVNULL,
        )
        return Typed(done.returncode, done.stdout, done.stderr)

    def once(self, key: Any, run: Callable[[], Typed]) -> Typed:
        """What several places of the documents show the same of."""
        if key not in self._done:
            self._done[key] = run()
        return self._done[key]

    def keep_exports(self) -> None:
        """Of the command that ran last, for the next ones of the same console."""
        pairs = (each.partition("=") for each in (self._work / "exported").read_text().split("\0") if each)
        self.exported = {name: value for name, _is, value in pairs if self.environ.get(name) != value and name not in ("_", "SHLVL", "PWD", "OLDPWD")}

    def write(self, name: str, content: Any) -> str:
        """A file of the reader's; returns its name."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return name

    @property
    def lab(self) -> Lab:
        """Two hosts with three guests each, as the README's. Its folder is not the clone's, where the README starts one of its own."""
        if self._lab is None:
            self._lab = Lab(self._work / "lab")
            self._lab.call("up")
            for folder in ("/srv", "/var/log"):
                self._lab.call("exec", "controller", "--", "mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
            for name in (VCENTER, STANDALONE):
                with (self._work / "lab" / "hosts").open("a") as file:
                    file.write(f"127.0.0.1 {name}\n")
        return self._lab

    @property
    def outside(self) -> list[str]:
        """What goes before a command that enters hosts of the lab."""
        return [sys.executable, str(self.folder / "lab" / "lab.py"), "--state", str(self.lab.state), "run", "--"]

    @property
    def controller(self) -> list[str]:
        """What goes before a command on the control node: with a /srv and /var/log of its own, and the lab's names. Processes are numbered as here."""
        inside = self.lab.inside("controller")
        return [*inside[: inside.index("--net")], "--net", "--mount", f"--wd={self.folder}"]

    def fresh_host(self) -> None:
        """The first KVM host as the lab started it, and its guests."""
        gone = [link["ifname"] for link in json.loads(self.on_host("kvm1", "ip -j link")) if link["ifname"] not in _KEPT]
        lines = [*(f"ip link del {name} 2> /dev/null || true" for name in gone), *(f"ip link set {name} nomaster" for name in _KEPT[1:])]
        self.on_host("kvm1", "nft flush ruleset", *lines)
        for guest in ("guest1", "guest2", "guest3"):
            self.on_host(guest, "ip route del default 2> /dev/null || true")

    def on_host(self, host: str, *lines: str) -> str:
        """Commands in a host of the lab."""
        return self.lab.call("exec", host, "--", "sh", "-ec", "\n".join(lines))

    def inventory(self, **groups: Mapping[str, str]) -> str:
        """Hosts of the lab under names of the reader's, by group. Returns the path."""
        found = json.loads((self.lab.state / "inventory.yml").read_text())
        lab = found["all"]["children"]["lab"]
        known = {host: values for group in lab["children"].values() for host, values in group["hosts"].items()}
        lab["children"] = {group: {"hosts": {host: known[real] for host, real in members.items()}} for group, members in groups.items()}
        return str(self.folder / self.write("hosts.json", found))

    @property
    def _beside(self) -> list[str]:
        """Its network alone, for a server that is told from others by its process."""
        return [*self.controller[: self.controller.index("--mount")], f"--wd={self.folder}"]

    def server(self, kind: str = "vcenter", user: str = "administrator@vsphere.local", *options: str) -> dict[str, str]:
        """A simulated vCenter or host on the control node, reached by its name. Returns the environment for its clients, as AWX would set it."""
        state = str(self._work / f"server-{kind}")
        if state not in self._servers:
            # A port below 1024 needs no right in a namespace of one's own.
            words = ["vsphere", "up", "--kind", kind, "--user", user, "--port", "443", "--parent", str(os.getpid()), *options]
            for other in list(self._servers):
                stopped = self.type(f"python3 lab/lab.py --state {other} vsphere down", before=self._beside)
                assert stopped.code == 0 and "is down" in stopped.stdout, stopped.output
                del self._servers[other]
            started = self.type(f"python3 lab/lab.py --state {state} {' '.join(words)}", before=self._beside)
            assert started.code == 0, started.output
            data = json.loads((Path(state) / "vsphere" / "server.json").read_text())
            self._servers[state] = {
                "VMWARE_HOST": VCENTER if kind == "vcenter" else STANDALONE,
                "VMWARE_USER": user,
                "VMWARE_PASSWORD": data["password"],
                "SSL_CERT_FILE": data["ca"],
            }
        return self._servers[state]
