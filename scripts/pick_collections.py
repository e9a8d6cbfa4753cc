# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpacks the collections that lab, tests and benchmarks use from the PyPI package that bundles them."""

from __future__ import annotations

import argparse
import sys
import zipfile
from importlib import metadata
from pathlib import Path

WANTED = ("ansible.posix", "community.docker", "community.library_inventory_filtering_v1", "community.vmware", "vmware.vmware")
# The release of the bundle that goes with an ansible-core: ansible 10 is 2.17, 14 is 2.21.
_FIRST_CORE, _FIRST_BUNDLE = 17, 10


def bundle() -> str:
    """The requirement to download, for the ansible-core that is installed."""
    major, minor = metadata.version("ansible-core").split(".")[:2]
    if major != "2" or int(minor) < _FIRST_CORE:
        raise SystemExit(f"no bundle is known for ansible-core {major}.{minor}; install 2.{_FIRST_CORE} or later")
    return f"ansible=={int(minor) - _FIRST_CORE + _FIRST_BUNDLE}.*"


def unpack(source: Path, target: Path) -> None:
    """Unpack the wanted collections of the one wheel in a folder."""
    wheels = list(source.glob("ansible-*.whl"))
    if len(wheels) != 1:
        raise SystemExit(f"{source}: expected one wheel, found {len(wheels)}")
    folders = tuple(f"ansible_collections/{name.replace('.', '/')}/" for name in WANTED)
    with zipfile.ZipFile(wheels[0]) as archive:
        members = [name for name in archive.namelist() if name.startswith(folders)]
        archive.extractall(target, members)
    for folder in folders:
        if not (target / folder).is_dir():
            raise SystemExit(f"{wheels[0].name} has no {folder}")


def main() -> None:
    """See --help."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", action="store_true", help="print what to download")
    parser.add_argument("--unpack", nargs=2, type=Path, metavar=("FROM", "TO"))
    arguments = parser.parse_args()
    if arguments.bundle:
        print(bundle())
    elif arguments.unpack:
        unpack(*arguments.unpack)
    else:
        parser.print_usage(sys.stderr)
        raise SystemExit(2)


if __name__ == "__main__":
    main()
