# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Runs nft(8): the table as JSON, and transactions as text. The only place that starts a process for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import Any

from ansible_collections.virtnet.hardening.plugins.module_utils._engine import rights
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.ruleset import FAMILY, TABLE, text

# Where distributions put it; a login over SSH may lack the sbin folders.
_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin")
_SECONDS = 120
# EPERM and EACCES in the words of the C locale, in which nft runs.
_DENIED = ("Operation not permitted", "Permission denied")


class Nft:
    """One program, found once."""

    def __init__(self, path: str | None = None) -> None:
        self._path = path
        self._looked = path is not None
        self._refusal: str | None = None
        self._probed = False

    def unusable(self) -> str | None:
        """Why the table can't be made here, in words; None if it can. Asks program and kernel, without a change."""
        if not self._probed:
            self._probed = True
            self._refusal = self._probe()
        return self._refusal

    def _probe(self) -> str | None:
        if self._program() is None:
            return "nft(8) is not on this host; install the package nftables, or let the role virtnet.hardening.kvm_bridge_host do it (tasks_from: packages)"
        # As a run would write it: what is there of that name goes first, and is no reason to refuse.
        code, output = self._run(["--check", "--file", "-"], f"add table {FAMILY} {TABLE}\ndelete table {FAMILY} {TABLE}\n{text()}")
        if code == 0:
            return None
        return f"nft --check refuses the table {FAMILY} {TABLE}, as this kernel or this nft lacks what it needs: {_first(output)}"

    def read(self) -> list[dict[str, Any]] | None:
        """The objects of the table, which the kernel has; None where it is gone meanwhile."""
        if self._program() is None:
            raise BackendError(f"The table {FAMILY} {TABLE} is there, and can't be read, as nft(8) is not on this host; install nftables.")
        code, output = self._run(["--json", "list", "table", FAMILY, TABLE], "")
        if code != 0:
            if "No such file" in output or "does not exist" in output:
                return None
            raise unreadable(_first(output))
        try:
            objects: list[dict[str, Any]] = json.loads(output)["nftables"]
        except (ValueError, KeyError) as error:
            raise unreadable(_first(output)) from error
        return objects

    def write(self, commands: str) -> str | None:
        """Run the commands as one transaction: all or none. Returns why it was refused."""
        code, output = self._run(["--file", "-"], commands)
        return _first(output) if code else None

    def _program(self) -> str | None:
        if not self._looked:
            self._looked = True
            self._path = shutil.which("nft", path=os.pathsep.join([os.environ.get("PATH", ""), *_FOLDERS]))
        return self._path

    def _run(self, arguments: list[str], given: str) -> tuple[int, str]:
        command = [str(self._program()), *arguments]
        try:
            done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, timeout=_SECONDS, env={**os.environ, "LC_ALL": "C"})
        except (OSError, subprocess.TimeoutExpired) as error:
            raise BackendError(f"{' '.join(command)} did not run: {error}; nothing is known about the table.") from error
        if done.returncode < 0:
            raise BackendError(
                f"{' '.join(command)} was ended by signal {-done.returncode}, so nothing is known about the table {FAMILY} {TABLE}; an older nft does so "
                "where a newer one, such as a container's, has written any table: install the package nftables of that version, or delete what the other wrote "
                "by the other, and run again."
            )
        if done.returncode == 0:
            return 0, done.stdout
        output = done.stderr or done.stdout
        if any(words in output for words in _DENIED):
            # Not to be taken for a table that is not there, nor for a kernel without nftables.
            raise rights.lacking(f"Reading and writing the nftables table {FAMILY} {TABLE}")
        return done.returncode, output


def unreadable(why: str) -> BackendError:
    """For a table that is there."""
    return BackendError(
        f"The table {FAMILY} {TABLE} can't be read by nft: {why}; look at it with 'nft list table {FAMILY} {TABLE}', and delete it if somebody changed it "
        "by hand."
    )


def _first(output: str) -> str:
    """The first complaint of nft, without its drawing of the place."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return next((line for line in lines if "rror" in line), lines[0] if lines else "no reason given")[:300]
