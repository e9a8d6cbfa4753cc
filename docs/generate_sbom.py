# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bill of materials that goes with the artifact: what the collection is, and what it needs beside itself where it runs. CycloneDX 1.6.

Nothing but the collection's own files is in the artifact; FILES.json beside it has their checksums. There is neither a serial number nor a time in it:
two builds of one commit have the same.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

_PREFIX = "virtnet.hardening"


class Need(NamedTuple):
    """What an artifact does not hold and its user has: C(versions) as its own ecosystem writes them."""

    name: str
    kind: str
    purl: str
    license: str
    versions: str
    purpose: str


# By the names in meta/ee-requirements.txt: the licence as the package tells it, and what needs it.
_PYTHON = {
    "pyroute2": ("Apache-2.0 OR GPL-2.0-or-later", "modules and probes for Linux, where they run"),
    "pyvmomi": ("Apache-2.0", "modules for vSphere, on the control node"),
}
# The oldest that the tests ran with.
_PROGRAMS = (
    Need("nftables", "application", "pkg:deb/debian/nftables", "GPL-2.0-only", ">=1.0.6", "guards of linux_port_security and linux_switch_policy"),
    Need("xorriso", "application", "pkg:deb/debian/xorriso", "GPL-3.0-or-later", ">=1.5.4", "ISOs of esxi_install_media"),
)


def _field(text: str, name: str) -> str:
    found = re.search(rf'^{name}: "?([^"\n]+)"?$', text, re.MULTILINE)
    if found is None:
        raise SystemExit(f"there is no '{name}' where the bill of materials takes it from")
    return found.group(1)


def needs(root: Path) -> list[Need]:
    """From the files that say so to others: meta/runtime.yml and meta/ee-requirements.txt. A new requirement needs a row here."""
    core = _field((root / "meta" / "runtime.yml").read_text(encoding="utf-8"), "requires_ansible")
    found = [Need("ansible-core", "framework", "pkg:pypi/ansible-core", "GPL-3.0-or-later", core, "runs the collection")]
    for line in (root / "meta" / "ee-requirements.txt").read_text(encoding="utf-8").splitlines():
        parts = re.fullmatch(r"([a-z0-9-]+)(.*)", line)
        if parts is not None:
            license_, purpose = _PYTHON[parts.group(1)]
            found.append(Need(parts.group(1), "library", f"pkg:pypi/{parts.group(1)}", license_, parts.group(2), purpose))
    return [*found, *_PROGRAMS]


def _component(need: Need) -> dict[str, Any]:
    return {
        "type": need.kind,
        "bom-ref": need.purl,
        "name": need.name,
        "description": need.purpose,
        # Not in the artifact: which of the versions is there is what the host has.
        "scope": "required" if need.kind == "framework" else "optional",
        "licenses": [{"expression": need.license}],
        "purl": need.purl,
        "properties": [{"name": f"{_PREFIX}:versions", "value": need.versions}],
    }


def bill(root: Path) -> str:
    """sbom.cdx.json."""
    galaxy = (root / "galaxy.yml").read_text(encoding="utf-8")
    version, around = _field(galaxy, "version"), needs(root)
    own = f"pkg:generic/virtnet-hardening@{version}"
    component = {
        "type": "library",
        "bom-ref": own,
        "group": _field(galaxy, "namespace"),
        "name": _field(galaxy, "name"),
        "version": version,
        "description": _field(galaxy, "description"),
        "licenses": [{"license": {"id": "GPL-3.0-or-later"}}],
        "purl": own,
        "externalReferences": [{"type": "vcs", "url": _field(galaxy, "repository")}, {"type": "issue-tracker", "url": _field(galaxy, "issues")}],
    }
    whole = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"lifecycles": [{"phase": "build"}], "component": component},
        "components": [_component(need) for need in around],
        "dependencies": [{"ref": own, "dependsOn": [need.purl for need in around]}, *({"ref": need.purl} for need in around)],
        "compositions": [{"aggregate": "complete", "assemblies": [own]}, {"aggregate": "incomplete", "dependencies": [need.purl for need in around]}],
    }
    return json.dumps(whole, indent=2) + "\n"
