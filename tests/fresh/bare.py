# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian with nothing but what README asks for: made once, and copied for each run, so that nothing is there of an earlier one."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, NamedTuple, Sequence

import pytest

from . import carry, readme
from .readme import ROOT

CACHE = ROOT / ".cache" / "fresh"
# scripts/stage mounts memory there, if there is plenty.
RUN = CACHE / "run"
ENTER = Path(__file__).resolve().parent / "enter"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# The authorities that this machine's administrator added; update-ca-certificates reads them.
_AUTHORITIES = Path("/usr/local/share/ca-certificates")
_ORDINARY = "1000"
# Downloads are kept between the runs; what is installed from them never is.
_APT, _PIP, _GO = CACHE / "apt", CACHE / "pip", CACHE / "go"
# All that ends takes its processes and mounts along, be it by kill -9.
ALONE = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--ipc", "--fork", "--kill-child", "--propagation", "private"]


class Done(NamedTuple):
    """What a command left."""

    status: int
    output: str

    def expect(self, good: bool) -> None:
        """Show the end of what it printed unless it went well, or badly, as expected."""
        if good != (self.status == 0):
            pytest.fail(f"exit code {self.status}, after\n" + "\n".join(self.output.splitlines()[-60:]), pytrace=False)


class Bare:
    """One copy of the root, with the commit under test in it: one clone for root, one for an ordinary user."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.clone = root / "root" / "virtnet.hardening"
        self.users_clone = root / "home" / "user" / "virtnet.hardening"
        for place in (self.clone, self.users_clone):
            place.parent.mkdir(parents=True, exist_ok=True)
            run(["git", "clone", "--quiet", "--depth", "1", f"file://{ROOT}", str(place)])
        run(["chown", "-R", f"{_ORDINARY}:{_ORDINARY}", str(root / "home" / "user")])

    def run(self, command: str, ordinary: bool = False, seconds: float = 900) -> Done:
        """Run a line of README in the clone; the machine stays as the line leaves it."""
        with tempfile.TemporaryFile() as output:
            process = self.process(command, ordinary)
            done = subprocess.run(**process, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, timeout=seconds, check=False)
            output.seek(0)
            return Done(done.returncode, output.read().decode(errors="replace"))

    def process(self, command: str, ordinary: bool = False) -> dict[str, Any]:
        """What subprocess has to start for it."""
        place = self.users_clone if ordinary else self.clone
        before = ["setpriv", "--reuid", _ORDINARY, "--regid", _ORDINARY, "--clear-groups"] if ordinary else []
        inside = Path("/") / place.relative_to(self.root)
        variables = {
            **carry.environment(os.environ),
            "PATH": PATH,
            "HOME": str(inside.parent),
            "LANG": "C.UTF-8",
            "TERM": "dumb",
            "PIP_CACHE_DIR": "/var/cache/fresh/pip",
            "GOMODCACHE": "/var/cache/fresh/go/modules",
            "GOCACHE": "/var/cache/fresh/go/build",
        }
        words = [*ALONE, str(ENTER), str(self.root), *self._binds(), "--", *before, "bash", "-c", f"cd {inside} && {command}"]
        return {"args": words, "env": variables}

    def has(self, sign: str) -> bool:
        """Whether a command, or a file by its absolute path, is there."""
        places = [sign] if sign.startswith("/") else [f"{folder}/{sign}" for folder in PATH.split(":")]
        return any(os.path.lexists(self.root / place.lstrip("/")) for place in places)

    def _binds(self) -> Iterator[str]:
        for folder, place in ((_APT, "/var/cache/apt/archives"), (_PIP, "/var/cache/fresh/pip"), (_GO, "/var/cache/fresh/go")):
            folder.mkdir(parents=True, exist_ok=True)
            yield from ("--rw", str(folder), place)
        files = list(_config_files())
        for source, target in files:
            yield from ("--ro", str(source), target)
        for path in carry.named_paths(carry.environment(os.environ), iter(files)):
            if not (self.root / path.relative_to("/")).exists():
                yield from ("--ro", str(path), str(path))


def _config_files() -> Iterator[tuple[Path, str]]:
    home = Path.home()
    return carry.config_files(home, Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config"))


@contextmanager
def bare() -> Iterator[Bare]:
    """A machine of one's own, which is gone afterwards. One at a time, so that what is left of a killed run is known."""
    RUN.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in [*RUN.iterdir(), *CACHE.glob("new.root.*")]:
            remove(left)
        source = _root()
        _seed_go()
        work = Path(tempfile.mkdtemp(dir=RUN))
        try:
            run(["cp", "-a", "--reflink=auto", str(source), str(work / "root")])
            yield Bare(work / "root")
        finally:
            remove(work)


def remove(folder: Path) -> None:
    """Never beyond this file system: a mount that should not be there costs nothing but a message."""
    run(["rm", "-rf", "--one-file-system", str(folder)])


def _root() -> Path:
    return made("root", *readme.needs((ROOT / "README.md").read_text(encoding="utf-8")), sorted(_AUTHORITIES.glob("*.crt")))


def made(kind: str, suite: str, packages: Sequence[str], authorities: Sequence[Path] = ()) -> Path:
    """A tree with these packages, made anew when something of its recipe is another. It trusts the authorities, if it is to fetch something itself."""
    options, sources = carry.ask_apt(suite)
    recipe = [suite, *packages, *options, *sources, *(path.read_text(encoding="utf-8") for path in authorities), Path(__file__).read_text(encoding="utf-8")]
    root = CACHE / f"{kind}-{hashlib.sha256(chr(10).join(recipe).encode()).hexdigest()[:16]}"
    if root.is_dir():
        return root
    for old in CACHE.glob(f"{kind}-*"):
        remove(old)
    print(f"making a bare Debian {suite} in {root}", file=sys.stderr)
    new = Path(tempfile.mkdtemp(prefix=f"new.{kind}.", dir=CACHE))
    (new / "options").write_text("".join(f"{line}\n" for line in options), encoding="utf-8")
    hooks = ["--customize-hook", f"copy-in {' '.join(map(str, authorities))} {_AUTHORITIES}"] if authorities else []
    hooks += ["--customize-hook", 'chroot "$1" update-ca-certificates'] if authorities else []
    run(
        [
            *ALONE,
            "mmdebstrap",
            "--quiet",
            "--mode=root",
            "--variant=minbase",
            f"--include={','.join(packages)}",
            f"--aptopt={new / 'options'}",
            # Nobody wants what is in it after a power failure.
            "--dpkgopt=force-unsafe-io",
            *hooks,
            suite,
            str(new / "root"),
            *sources,
        ]
    )
    (new / "root").rename(root)
    remove(new)
    return root


def _seed_go() -> None:
    """What Go has compiled here need not be compiled again; its caches are safe against a reader while one writes."""
    for name in ("modules", "build"):
        (_GO / name).mkdir(parents=True, exist_ok=True)
        source = ROOT / ".cache" / "vsphere" / name
        if source.is_dir():
            # A file that Go removes meanwhile is one that has to be compiled.
            subprocess.run(["cp", "-a", "--update", "--reflink=auto", f"{source}/.", str(_GO / name)], stderr=subprocess.DEVNULL, check=False)


def run(command: Sequence[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr.strip()}"
