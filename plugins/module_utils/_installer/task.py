# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a task on files is given and what it answers, without knowing who reads and writes them. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import SEVERITIES, Finding, worst
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# Files of the installer are a few KiB. A script may embed a driver; what is longer than this is something else.
MAX_BYTES = 16 << 20
NEVER = "never"


class Files:
    """Reads files. The adapter's one reads the disk, a test's one a dict."""

    def read(self, path: str) -> bytes | None:
        """The content, or None if there is no such file."""
        raise NotImplementedError

    def names(self, path: str) -> list[str] | None:
        """What is in a folder, or None if it is none."""
        raise NotImplementedError


@dataclass(frozen=True)
class NewFile:
    """A file as it is to be, with both texts as people may see them. C(private): it holds a secret."""

    path: str
    data: bytes
    shown_before: str
    shown_after: str
    private: bool = False


@dataclass
class TaskResult:
    """All that a task answers."""

    files: list[NewFile] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)


def judge(findings: list[Finding], params: Mapping[str, Any], where: str, **details: Any) -> None:
    """InputError if a finding is as bad as C(fail_on) says."""
    limit = params.get("fail_on") or "error"
    if limit == NEVER or worst(findings) < SEVERITIES.index(limit):
        return
    bad = [finding for finding in findings if SEVERITIES.index(finding.severity) >= SEVERITIES.index(limit)]
    first = bad[0]
    line = f"line {first.line}: " if first.line else ""
    more = f" and {len(bad) - 1} more, see findings" if len(bad) > 1 else ""
    raise InputError(f"{where}: {line}{first.message} ({first.rule}){more}. {first.remedy}", findings=[each.as_dict() for each in findings], **details)
