# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles of rubbish: a sentence or a result, never a traceback. VIRTNET_EXAMPLES makes a long run."""

from __future__ import annotations

import io
import os
import random
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.catalogue import catalogue
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.pci import devices, driver_of_line, drivers_of_tag
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.task import work
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.version import compare
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.oracle.bundles import VibSpec, make_bundle, make_vib

EXAMPLES = int(os.environ.get("VIRTNET_EXAMPLES", "10000"))
SEED = int(os.environ.get("VIRTNET_SEED", "0")) or random.randrange(1, 1 << 32)
LONG = settings(max_examples=EXAMPLES // 20, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
WORDS = [
    b"!<arch>\n",
    b"descriptor.xml/ ",
    b"0           0     0     100644  12        `\n",
    b"`\n",
    b"//",
    b"#1/20",
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"<vib>",
    b"\x1f\x8b\x08",
]


def holds(data: bytes) -> None:
    """Whatever it is."""
    try:
        work({"paths": ["rubbish"], "pci_ids": "8086:15f3", "esxi_version": "7.0"}, lambda _path: io.BytesIO(data))
    except InputError as error:
        assert error.message.startswith("rubbish") and error.message.endswith("."), error.message


@LONG
@given(st.lists(st.one_of(st.sampled_from(WORDS), st.binary(max_size=12)), max_size=30).map(b"".join), st.sampled_from([b"", b"!<arch>\n", b"PK"]))
def test_any_bytes(data: bytes, head: bytes) -> None:
    """See holds."""
    holds(head + data)


@pytest.fixture(name="originals", scope="module")
def _originals(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder: Path = tmp_path_factory.mktemp("bundles")
    return [make_vib(folder, VibSpec()).read_bytes(), make_bundle(folder, [VibSpec()]).read_bytes()]


def test_real_ones_that_are_spoilt(originals: list[bytes]) -> None:
    """By chance: bytes changed, parts cut out, doubled and moved."""
    print(f"VIRTNET_SEED={SEED}")
    chance = random.Random(SEED)
    for _round in range(EXAMPLES // 10):
        data = bytearray(chance.choice(originals))
        for _change in range(chance.randint(1, 4)):
            at, length = chance.randrange(len(data)), chance.choice((1, 1, 1, 4, 60))
            kind = chance.randrange(4)
            if kind == 0:
                data[at : at + length] = bytes(chance.randrange(256) for _byte in range(length))
            elif kind == 1:
                del data[at : at + length]
            elif kind == 2:
                data[at:at] = data[at : at + length]
            else:
                data[at : at + 1] = chance.choice(WORDS)
        holds(bytes(data))


WRITTEN = ["8086:15f3", "01:00.0", "class", "0108:", "\n", "\t", " ", "Subsystem:", "[8086:2074]", "Vendor ID: 0x8086", "x", "0", ":"]
TEXTS = st.lists(st.sampled_from(WRITTEN), max_size=20)
VALUES = st.one_of(
    st.text(max_size=8), st.none(), st.integers(), st.sampled_from(["network", "7.0", "vib", "a" * 64]), st.lists(st.text(max_size=4), max_size=2)
)
FIELDS = st.sampled_from(["name", "file", "kind", "since", "install", "sha256", "pci_ids", "before", "x"])


@LONG
@given(st.one_of(TEXTS.map("".join), st.text(max_size=60)))
def test_any_text(text: str) -> None:
    """Identifiers, lines of maps, tags, versions."""
    try:
        assert all(len(device.digits) == 22 for device in devices(text))
    except InputError as error:
        assert error.message.startswith("pci_ids: ")
    driver_of_line("regtype=native,bus=pci,id=" + text)
    drivers_of_tag("pci:" + text)
    assert compare(text, text) == 0


@LONG
@given(st.lists(st.dictionaries(FIELDS, VALUES, max_size=9), max_size=2))
def test_any_entry(entries: list[Any]) -> None:
    """Of a user's catalogue."""
    try:
        catalogue(entries)
    except InputError as error:
        pairs: tuple[str, str] = ("catalogue: ", "esxi_version: ")
        assert error.message.startswith(pairs)
