# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a machine needs to reach package registries: taken from this one, whatever it is, for the bare one."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
from pathlib import Path
from typing import Iterator, Mapping

# Where packages come from and whom to trust; not where they go (PIP_TARGET, GOPATH).
_NAMES = re.compile(
    r"(?i:(https?|ftp|all|no)_proxy)|SSL_CERT_(FILE|DIR)|(REQUESTS|CURL)_CA_BUNDLE|GIT_SSL_\w+"
    r"|PIP_(?!(CACHE_DIR|TARGET|PREFIX|ROOT|SRC|USER|PYTHON|LOG|CONFIG_FILE|REQUIRE_VIRTUALENV)$)\w+"
    r"|GO(PROXY|FLAGS|SUMDB|NOSUMDB|NOPROXY|PRIVATE|INSECURE|AUTH|TOOLCHAIN)"
)
# How apt fetches, whatever it does with it.
_APT = re.compile(r"Acquire::(https?|ftp|tor|Retries|ForceIPv[46]|Check-|Allow|Max-ValidTime|Min-ValidTime)", re.IGNORECASE)


def environment(given: Mapping[str, str]) -> dict[str, str]:
    """Those of the variables that say how to reach registries."""
    return {name: value for name, value in given.items() if value and _NAMES.fullmatch(name)}


def config_files(home: Path, config: Path) -> Iterator[tuple[Path, str]]:
    """The files with the same purpose, each with its place in a root whose only user is root."""
    for source, target in (
        (Path("/etc/hosts"), "/etc/hosts"),
        (Path("/etc/resolv.conf"), "/etc/resolv.conf"),
        (Path("/etc/pip.conf"), "/etc/pip.conf"),
        (home / ".pip" / "pip.conf", "/root/.pip/pip.conf"),
        (config / "pip" / "pip.conf", "/root/.config/pip/pip.conf"),
        (config / "go" / "env", "/root/.config/go/env"),
    ):
        if source.is_file():
            yield source, target


def named_paths(variables: Mapping[str, str], files: Iterator[tuple[Path, str]]) -> list[Path]:
    """Files and folders of this machine that the variables and pip's files name: certificates, folders of wheels."""
    words = [word for value in variables.values() for word in value.split()]
    for source, _target in files:
        if source.name == "pip.conf":
            parser = configparser.RawConfigParser()
            parser.read(source)
            words += [word for section in parser.sections() for _name, value in parser.items(section) for word in value.split()]
    return sorted({Path(word) for word in words if os.path.isabs(word) and os.path.exists(word)})


def apt_options(dump: str) -> list[str]:
    """Of the lines of apt-config dump those that say how to fetch."""
    return [line for line in dump.splitlines() if _APT.match(line) and not line.endswith(' "";')]


def apt_sources(targets: str, suite: str) -> list[str]:
    """Of the lines of apt-get indextargets (URI RELEASE COMPONENT) those of the suite and its updates, as lines of sources.list."""
    releases = {suite, f"{suite}-updates", f"{suite}-security"}
    rows = [line.split() for line in targets.splitlines()]
    return sorted({f"deb {uri} {release} {component}" for uri, release, component in rows if release in releases})


def ask_apt(suite: str) -> tuple[list[str], list[str]]:
    """Options and sources of this machine; no sources if it is not of that suite."""
    dump = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True).stdout
    form = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--format", form, "Created-By: Packages", "Origin: Debian"]
    targets = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return apt_options(dump), apt_sources(targets, suite)
