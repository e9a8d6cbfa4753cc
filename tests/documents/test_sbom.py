# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bill of materials, judged by CycloneDX' own schema, and held against what is imported."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from .reading import ROOT


def _bill() -> Any:
    return json.loads((ROOT / "sbom.cdx.json").read_text())


def test_it_is_what_others_read() -> None:
    """By the schema, with nothing beside it; and the schema does see a fault."""
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    text = (ROOT / "sbom.cdx.json").read_text()
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"GPL-3.0-or-later"', '"GPLv3"')) is not None


def test_it_names_this_release() -> None:
    """As galaxy.yml does."""
    galaxy = yaml.safe_load((ROOT / "galaxy.yml").read_text())
    about = _bill()["metadata"]["component"]
    assert (about["group"], about["name"], about["version"]) == (galaxy["namespace"], galaxy["name"], galaxy["version"])


def test_it_names_what_is_needed() -> None:
    """Each requirement with the versions that the collection asks for."""
    listed = {each["name"]: each["properties"][0]["value"] for each in _bill()["components"]}
    lines = re.findall(r"^([a-z0-9]+)(>=.+)$", (ROOT / "meta" / "ee-requirements.txt").read_text(), re.MULTILINE)
    assert lines and dict(lines).items() <= listed.items()
    assert listed["ansible-core"] == yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())["requires_ansible"]
