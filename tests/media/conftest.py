# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Media that are made once for all tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from . import world

NEEDED = ("xorriso", "bsdtar", "mformat", "mcopy", "grub-mkimage", "qemu-system-x86_64", "openssl", "nginx", "dnsmasq", "curl")
PASSWORD = "not-a-password"
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: servers and mounts in namespaces of their own, files of other users")


class Media(NamedTuple):
    """The files of an installer, and two images of them."""

    tree: Path
    plain: Path
    hybrid: Path
    hybrid_tree: Path


@pytest.fixture(scope="session", autouse=True)
def _tools() -> None:
    missing = [name for name in NEEDED if shutil.which(name) is None]
    missing += [str(path) for path in (world.SYSLINUX, world.ISOLINUX, world.OVMF) if not path.is_dir()]
    if missing:
        pytest.exit(f"these tests need {', '.join(missing)}; run scripts/setup media as root", returncode=3)


@pytest.fixture(scope="session", name="media")
def _media(tmp_path_factory: pytest.TempPathFactory) -> Media:
    folder = tmp_path_factory.mktemp("media")
    tree = world.tree(folder / "tree")
    other = world.lower_case(tree, folder / "hybrid")
    return Media(tree, world.iso(tree, folder / "plain.iso", world.PLAIN), world.iso(other, folder / "hybrid.iso", world.HYBRID), other)


@pytest.fixture(scope="session", name="root_hash")
def _root_hash() -> str:
    return subprocess.run(["openssl", "passwd", "-6", "-salt", "mediasalt", PASSWORD], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="session", name="kickstart")
def _kickstart(tmp_path_factory: pytest.TempPathFactory, root_hash: str) -> Path:
    path = tmp_path_factory.mktemp("ks") / "ks.cfg"
    path.write_text(f"vmaccepteula\nrootpw --iscrypted {root_hash}\ninstall --firstdisk=local --overwritevmfs\nnetwork --bootproto=dhcp\nreboot\n")
    path.chmod(0o600)
    return path
