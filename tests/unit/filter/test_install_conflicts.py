# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps hosts from being installed, in the words of the role whose variables say it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.virtnet.hardening.plugins.filter.install_conflicts import install_conflicts
from ansible_collections.virtnet.hardening.plugins.filter.install_profile import install_profile

ROLE = Path(__file__).resolve().parent.parent.parent.parent / "roles" / "esxi_install_profile"
VARIABLES = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())
PROFILES = VARIABLES["esxi_install_profile_builtin"]
WORDS = [*VARIABLES["esxi_install_profile_wish"]["variables"], *VARIABLES["esxi_install_profile_outputs"], "name", "root_password_hash"]
HASH = "$6$vt.example$zLoioh89ARg1mToSVx8PcOhFK2pZRhGyTemUFLma.ukv9B23eKR79ceVFDHR7dDZtpbU/XyzyR6k3/.C5GsOK1"
GOOD: dict[str, Any] = {"accepteula": True, "esxi_version": "8.0 U3", "vmfs": "overwrite"}
OUTPUTS: dict[str, Any] = {"src": "/srv/vendor", "dest": "/srv/www", "formats": ["iso"]}


def told(profile: str = "standard", secret: str = HASH, outputs: dict[str, Any] | None = None, **changed: Any) -> list[str]:
    """The sentences of one host, as the role gets them."""
    variables = {name: value for name, value in {**GOOD, **changed}.items() if value is not None}
    plan = install_profile({"host": "esx1", "profile": profile, "variables": variables}, PROFILES, secret)
    return install_conflicts([plan], ["esx1"], ["esx1"], OUTPUTS if outputs is None else outputs, "esxi_install_profile_", WORDS)


@pytest.mark.parametrize(
    ("given", "variable"),
    [
        ({"accepteula": None}, "accepteula: true"),
        ({"vmfs": None}, "vmfs: overwrite or preserve"),
        ({"esxi_version": None}, "esxi_version: it is missing"),
        ({"secret": ""}, "root_password_hash: it is missing"),
        ({"secret": "secret"}, "root_password_hash: "),
        ({"profile": "foo"}, "name: 'foo' is none of"),
        ({"outputs": {**OUTPUTS, "src": ""}}, "src: it is empty"),
        ({"outputs": {**OUTPUTS, "formats": []}}, "formats: the list is empty"),
        ({"outputs": {**OUTPUTS, "formats": ["http"]}}, "base_url: it is needed"),
        ({"kernel_options": {"systemMediaSize": "min"}}, "kernel_options: "),
        ({"memory": "much"}, "memory"),
    ],
)
def test_the_variable_is_named(given: dict[str, Any], variable: str) -> None:
    """By its whole name."""
    assert any(f"esxi_install_profile_{variable}" in each for each in told(**given)), told(**given)


def test_nothing_is_told_of_what_is_right() -> None:
    """And without a prefix the keys stay what they are."""
    assert told() == []
    plain = install_conflicts([{"host": "esx1", "problems": ["esx1: vmfs: it is wrong."]}], ["esx1"], ["esx1"], OUTPUTS)
    assert plain == ["esx1: vmfs: it is wrong."]
