# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Releases as ESX 9 names them, and the release of a medium against the one that is given."""

from __future__ import annotations

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.version import compare
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion, of_medium
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("9.0", "9.0"),
        ("9.0.0", "9.0"),
        ("9.0.0.0", "9.0"),
        ("9.0.1", "9.0.1.0"),
        ("9.0.1.0", "9.0.1.0"),
        ("9.0.0.0100", "9.0.0.0100"),
        ("ESX 9.2.1.0101", "9.2.1.0101"),
        ("9.0 U1", "9.0.1.0"),
        ("8.0.3", "8.0 U3"),
    ],
)
def test_names_of_9(text: str, same: str) -> None:
    """KB 395110: major, minor, maintenance, and an express or hot patch of four digits. What is written is read back."""
    assert str(EsxiVersion.parse(text)) == same and EsxiVersion.parse(same) == EsxiVersion.parse(text)


@pytest.mark.parametrize("text", ["9.0b", "9.0 U1c", "8.0.3.0", "9.0.1.1", "9.0.1.01", "9.0.1.0.1", "9.0.1.00000", "9.0.1.\u0660"])
def test_no_names(text: str) -> None:
    """Neither the letters of earlier releases nor four numbers of them."""
    with pytest.raises(InputError, match="esxi_version"):
        EsxiVersion.parse(text)


@pytest.mark.parametrize(
    ("build", "version"),
    [
        ("9.1.0-0.25370933", "9.1"),
        ("9.0.0-0.24755229", "9.0"),
        ("9.0.1-0101.12345678", "9.0.1.0101"),
        ("9.0.1.0101.12345678", "9.0.1.0101"),
        ("9.0.1-1.123", None),
        ("8.0.3-0.24022510", None),
        ("8.0.3-0.70.24674464", "8.0 U3"),
        ("9.1.1.0-25714478", "9.1.1.0"),
        ("9.1.1-0.25714478", "9.1.1.0"),
        # Up to 6.7 the update is behind the dash, as in the names of packages; later on it is not.
        ("6.7.0-3.73.14320388", "6.7 U3"),
        ("6.5.0-1.26.5969303", "6.5 U1"),
        ("6.7.0-0.0.8169922", "6.7"),
        ("7.0.0-1.0.15843807", "7.0"),
    ],
)
def test_builds_of_9(build: str, version: str | None) -> None:
    """As boot.cfg of 9 and the KB article have them."""
    found = EsxiVersion.of_build(build)
    assert (str(found) if found else None) == version


@pytest.mark.parametrize(
    ("given", "build", "release"),
    [
        ("", "8.0.3-0.0.24022510", "8.0 U3"),
        ("8.0", "8.0.3-0.0.24022510", "8.0 U3"),
        ("8.0 U3", "8.0.3-0.0.24022510", "8.0 U3"),
        ("8.0 U3e", "8.0.3-0.0.24022510", "8.0 U3e"),
        ("8.0b", "8.0.0-1.0.20513097", "8.0b"),
        ("7.0 U1c", "7.0.1-0.20.17325020", "7.0 U1c"),
        ("7.0 U1", "7.0.1-0.20.17325020", "7.0 U1c"),
        ("7.0 U1e", "7.0.1-0.30.18000000", "7.0 U1e"),
        ("9.1", "9.1.0-0.25370933", "9.1"),
        ("6.7 U3", "6.7.0-3.73.14320388", "6.7 U3"),
        ("6.7", "6.7.0-3.73.14320388", "6.7 U3"),
        ("6.7 U2", "6.7.0-3.73.14320388", "!"),
        ("9.0.1.0", "9.0.1-0.25000000", "9.0.1.0"),
        ("9.0", "9.0.1-0101.12345678", "9.0.1.0101"),
        ("8.0", "custom", "8.0"),
        ("", "", None),
        # A medium of another release, whatever the words have in common.
        ("8.0 U3", "6.7.0-0.0.8169922", "!"),
        ("8.0 U2", "8.0.3-0.0.24022510", "!"),
        ("8.0.0", "8.0.3-0.0.24022510", "!"),
        ("7.0 U1c", "7.0.1-0.10.17168206", "!"),
        ("7.0 U1b", "7.0.1-0.20.17325020", "!"),
        ("9.0", "9.1.0-0.25370933", "!"),
        ("9.0.1.0100", "9.0.1-0.25000000", "!"),
        ("8.0", "9.1.0-0.25370933", "!"),
    ],
)
def test_of_a_medium(given: str, build: str, release: str | None) -> None:
    """What the medium says counts, and what is given must be the same as far as it goes."""
    medium = EsxiVersion.of_build(build)
    if release == "!":
        with pytest.raises(InputError, match=f"{given} is given, and the medium is of {medium}; give"):
            of_medium(given, medium, "the medium")
        return
    found = of_medium(given, medium, "the medium")
    assert (str(found) if found else None) == release


@pytest.mark.parametrize(
    ("version", "number", "release"),
    [
        ("6.7.0", "13006603", "6.7"),
        ("7.0.3", "21930508", "7.0 U3"),
        ("7.0.1", "17325551", "7.0 U1c"),
        ("8.0.3", "", "8.0 U3"),
        ("9.0.1", "24957456", "9.0.1.0"),
        ("9.0.1.0", "24957456", "9.0.1.0"),
        ("9.0.0.0100", "24813472", "9.0.0.0100"),
        ("six", "1", None),
        ("", "1", None),
    ],
)
def test_metadata_of_a_medium(version: str, number: str, release: str | None) -> None:
    """What there is for an upgrade, of any release."""
    found = EsxiVersion.of_metadata(f"<vum>\n <product>\n<esxVersion>{version}</esxVersion> <build> {number}</build></product></vum>".encode())
    assert (str(found) if found else None) == release


def test_versions_of_packages_with_many_digits() -> None:
    """Python refuses to read numbers of more than 4300 digits; a bundle of somebody may have one."""
    long = "9" * 5000
    assert compare(long, "8") == 1 and compare(f"1.{long}", f"1.{long}0") == -1 and compare("1.010", "1.10") == 0 and compare("1.0.1", "1.0.beta") == 1
