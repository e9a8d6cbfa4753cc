# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One desk for all documents."""

from __future__ import annotations

import subprocess
from typing import Iterator

import pytest

from .desk import Desk
from .reading import ROOT


@pytest.fixture(name="desk", scope="session")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Nothing of it is left."""
    subprocess.run([str(ROOT / "scripts" / "vsphere-build")], check=True)
    desk = Desk(tmp_path_factory.mktemp("desk"))
    yield desk
    desk.close()
