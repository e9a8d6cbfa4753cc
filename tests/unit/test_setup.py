# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the targets need is what was seen that they use, and the bare machine has what this one has to reach registries."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.fresh import carry, readme
from tests.fresh.tools import MADE, TOOLS, listed

ROOT = Path(__file__).resolve().parent.parent.parent
SETUP = str(ROOT / "scripts" / "setup")
README = (ROOT / "README.md").read_text(encoding="utf-8")
STAGES = re.findall(r"^STAGES := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0].split()


@pytest.mark.parametrize("target", ["demo", *STAGES])
def test_a_target_needs_what_it_was_seen_to_use_and_no_more(target: str) -> None:
    assert sorted(listed(target)) == sorted(TOOLS[target])
    assert MADE[target]


def test_together_they_need_what_each_of_them_needs() -> None:
    assert listed(*STAGES) == {package: sign for stage in STAGES for package, sign in listed(stage).items()}


@pytest.mark.parametrize("target", ["lab-up", "vsphere-lab", "bench", "vm"])
def test_what_is_not_a_stage_has_needs_too(target: str) -> None:
    assert f"scripts/setup {target}" in (ROOT / "Makefile").read_text() + (ROOT / "scripts" / "vm-test").read_text()
    listed(target)


def test_an_unknown_target_is_refused() -> None:
    done = subprocess.run([SETUP, "units"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.split(" is none of ")[0]) == (2, "setup: 'units'")


def test_every_stage_can_be_run() -> None:
    stage = (ROOT / "scripts" / "stage").read_text(encoding="utf-8")
    known = re.findall(r"is none of ([a-z ]+)\"", stage)[0].split()
    assert sorted(known) == sorted(STAGES)


def test_readme_names_two_commands_and_what_they_need() -> None:
    assert [command.split("#")[0].split() for command in readme.commands(README)] == [["make", "demo"], ["make", "test"]]
    assert readme.needs(README) == ("bookworm", ["make", "git", "python3", "python3-venv"])


@pytest.mark.parametrize("name", ["https_proxy", "NO_PROXY", "PIP_INDEX_URL", "PIP_CERT", "SSL_CERT_FILE", "GOPROXY", "GOFLAGS"])
def test_what_reaches_registries_is_carried(name: str) -> None:
    assert carry.environment({name: "x", "HOME": "/root"}) == {name: "x"}
    assert carry.environment({name: ""}) == {}


@pytest.mark.parametrize("name", ["PIP_TARGET", "PIP_CACHE_DIR", "GOPATH", "GOVC_PASSWORD", "PYTHONPATH", "ANSIBLE_COLLECTIONS_PATH"])
def test_nothing_else_is_carried(name: str) -> None:
    assert carry.environment({name: "x"}) == {}


def test_files_that_are_named_are_carried(tmp_path: Path) -> None:
    wheels, authority, config = tmp_path / "wheels", tmp_path / "ca.pem", tmp_path / "pip.conf"
    wheels.mkdir()
    authority.touch()
    config.write_text(f"[global]\ncert = {authority}\nindex-url = https://pypi.example/simple\n")
    variables = {"PIP_FIND_LINKS": f"{wheels} https://wheels.example", "SSL_CERT_FILE": str(tmp_path / "absent.pem")}
    assert carry.named_paths(variables, iter([(config, "/etc/pip.conf")])) == [authority, wheels]


def test_apt_is_told_how_to_fetch_and_from_where() -> None:
    dump = [
        'Acquire "";',
        'Acquire::http::Proxy "http://proxy.example:3142";',
        'Acquire::Retries "3";',
        'Acquire::https::Proxy "";',
        'Acquire::Languages:: "none";',
        'DPkg::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb";',
    ]
    assert carry.apt_options("\n".join(dump)) == [dump[1], dump[2]]
    mirror, security = "http://mirror.example/debian/", "http://mirror.example/debian-security/"
    rows = f"""{mirror} bookworm main
{mirror} bookworm main
{mirror} bookworm-backports main
{security} bookworm-security main
{mirror} trixie main
"""
    assert carry.apt_sources(rows, "bookworm") == [f"deb {security} bookworm-security main", f"deb {mirror} bookworm main"]
    assert carry.apt_sources("", "bookworm") == []
