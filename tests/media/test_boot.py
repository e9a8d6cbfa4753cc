# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Media start by BIOS and by UEFI before and after, as machines see it: what they print is read from their serial line."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Tuple

import pytest

from . import world
from .conftest import Media

STARTS = (
    ("plain", "bios", False),
    ("plain", "uefi", False),
    # An image with an MBR is also written to USB sticks.
    ("hybrid", "bios", True),
    ("hybrid", "uefi", True),
)
COPY = {"bios": "/BOOT.CFG", "uefi": "/EFI/BOOT/BOOT.CFG"}
Started = Dict[Tuple[str, str], Tuple[Dict[str, str], Dict[str, str]]]


@pytest.fixture(scope="module", name="started")
def _started(media: Media, kickstart: Path, tmp_path_factory: pytest.TempPathFactory) -> Started:
    """All at once, so that the test takes as long as the slowest two."""
    folder = tmp_path_factory.mktemp("boot")
    new: dict[str, Path] = {}
    for kind in ("plain", "hybrid"):
        new[kind] = folder / f"{kind}.iso"
        result = world.module({"src": str(getattr(media, kind)), "dest": str(new[kind]), "kickstart": str(kickstart), "system_media_size": "min"})
        assert result["changed"], result
    machines = {(kind, firmware): [world.Machine(path, firmware, disk) for path in (getattr(media, kind), new[kind])] for kind, firmware, disk in STARTS}
    return {key: (before.files(), after.files()) for key, (before, after) in machines.items()}


@pytest.mark.parametrize(("kind", "firmware"), [(kind, firmware) for kind, firmware, _disk in STARTS])
def test_starts_before_and_after(started: Started, kickstart: Path, kind: str, firmware: str) -> None:
    """The vendor's medium asks questions; the new one finds its script under exactly the name that its boot.cfg has."""
    before, after = started[(kind, firmware)]
    assert f"started by {firmware.upper()}" in before[""] and f"started by {firmware.upper()}" in after[""]
    assert before[COPY[firmware]] == world.BOOT_CFG.strip()
    # GRUB, unlike Lua, looks for it whether boot.cfg names it or not.
    assert ("not found" in before["/KS.CFG"]) if firmware == "uefi" else ("/KS.CFG" not in before)
    assert after[COPY[firmware]] == world.BOOT_CFG.strip().replace("cdromBoot", "ks=cdrom:/KS.CFG systemMediaSize=min")
    # GRUB breaks long lines.
    assert after["/KS.CFG"].replace("\n", "") == kickstart.read_text().replace("\n", "")
