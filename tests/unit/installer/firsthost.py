# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a script of the first start in real shells, with stand-ins for the commands of ESXi that write down how they were called."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Sequence

# ESXi's shell is the ash of busybox. dash is its sibling, which Debian has as sh.
SHELLS = [words for words in (["sh"], ["busybox", "sh"]) if shutil.which(words[0])]
_NOTE = """#!{python}
import json, os, sys
with open({log!r}, "a") as log:
    log.write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
"""
_FAIL = "if any(word in {words!r} for word in sys.argv):\n    sys.exit(1)\n"
_WGET = """import shutil
name = os.path.join({served!r}, sys.argv[-1].partition("://")[2])
shutil.copy(name, sys.argv[3]) if os.path.exists(name) else sys.exit(1)
"""


class FirstHost:
    """A host that starts for the first time. C(volumes) stands for /vmfs/volumes, C(served) for the web, by host and path."""

    def __init__(self, folder: Path, failing: Sequence[str] = ()) -> None:
        self.folder = folder
        self.log = folder / "calls.log"
        self.volumes, self.served, self.tmp, self.bin = (folder / name for name in ("volumes", "served", "tmp", "bin"))
        for each in (self.volumes, self.served, self.tmp, self.bin):
            each.mkdir(parents=True)
        fail = _FAIL.format(words=list(failing))
        bodies: dict[str, str] = {name: fail for name in ("esxcli", "logger", "sleep", "reboot", "vmkload_mod", "vsish")}
        bodies["wget"] = _WGET.format(served=str(self.served))
        bodies["esxcfg-mpath"] = 'print("naa.1 : Local Disk (naa.1)\\nmpx.vmhba1:C0:T0:L0 : Local CD-ROM (mpx.vmhba1:C0:T0:L0)")\n'
        for name, body in bodies.items():
            path = self.bin / name
            path.write_text(_NOTE.format(python=sys.executable, log=str(self.log)) + body)
            path.chmod(0o755)

    def run(self, script: str, shell: Sequence[str] = ("sh",)) -> list[list[str]]:
        """Every call of a command of ESXi, in order. The paths of ESXi are those of this folder."""
        self.log.unlink(missing_ok=True)
        here = script.replace("/vmfs/volumes", str(self.volumes)).replace("/tmp/virtnet", f"{self.tmp}/virtnet")
        path = self.folder / "script"
        path.write_text(here)
        environ = dict(os.environ, PATH=f"{self.bin}:/usr/bin:/bin")
        done = subprocess.run([*shell, str(path)], capture_output=True, text=True, check=False, env=environ, timeout=60)
        assert not done.stderr, done.stderr
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []


def calls_of(calls: Sequence[Sequence[str]], name: str) -> list[list[str]]:
    """The arguments of the calls of one command."""
    return [list(call[1:]) for call in calls if call[0] == name]
