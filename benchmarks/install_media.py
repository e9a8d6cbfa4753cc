# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an ISO costs, as ratios of one run.

An ISO of the vendor's size gets a script: written anew, and unchanged. Beside it, the same file is copied to the disk and the copy is read once. All
of them start without the file in the memory of the kernel and end when the result is on the disk. Usage: python benchmarks/install_media.py
[--size 600] [--rounds 7] [--folder /var/tmp]; needs xorriso, and what scripts/setup media installs.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Callable

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.media import world  # noqa: E402

SCRIPT = "vmaccepteula\ninstall --firstdisk=local --overwritevmfs\nnetwork --bootproto=dhcp\nreboot\nrootpw --iscrypted $6$a$" + "x" * 86 + "\n"
BLOCK = 1 << 20


def forget(path: Path) -> None:
    """Out of the memory of the kernel, so that each round reads it from the disk."""
    with open(path, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def copy_and_read(source: Path, dest: Path) -> None:
    """cp, sync and cat."""
    subprocess.run(["cp", "--reflink=never", str(source), str(dest)], check=True)
    subprocess.run(["sync", str(dest)], check=True)
    with open(dest, "rb", buffering=0) as file:
        while file.read(BLOCK):
            pass


def task(source: Path, dest: Path) -> bool:
    """The module's own work, from parameters to a result; whether it changed something."""
    from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.file import Disk
    from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media import spec as media_spec
    from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.plan import plan
    from ansible_collections.virtnet.hardening.plugins.module_utils._media import iso_job
    from ansible_collections.virtnet.hardening.plugins.module_utils._media.progress import Progress
    from ansible_collections.virtnet.hardening.plugins.module_utils._media.source import open_source

    params: dict[str, Any] = {name: option.get("default") for name, option in media_spec.spec().items()}
    params.update(src=str(source), dest=str(dest), kickstart_content=SCRIPT)
    media_spec.check(params)
    record, digests = iso_job.open_record(str(dest))
    installer = open_source(str(source), digests)
    job = iso_job.IsoJob(plan(params, installer, Disk()), installer, str(dest), record)
    if job.changed:
        job.write(Progress(str(dest), "/dev/null"))
    return job.changed


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Prints one block."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=600, help="MiB of the ISO")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--folder", default="/var/tmp")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="virtnet-bench-", dir=arguments.folder))
    best: dict[str, float] = {}

    def note(name: str, seconds: float) -> None:
        best[name] = min(best.get(name, float("inf")), seconds)

    def remaster(expected: bool) -> None:
        assert task(source, dest) is expected

    try:
        source, dest, copy = folder / "src.iso", folder / "new.iso", folder / "copy.iso"
        world.iso(world.tree(folder / "tree", arguments.size << 20), source, world.PLAIN)
        shutil.rmtree(folder / "tree")
        for _round in range(arguments.rounds):
            for path in (copy, dest, folder / ".new.iso.virtnet.json"):
                path.unlink(missing_ok=True)
            forget(source)
            note("cp and read once", timed(lambda: copy_and_read(source, copy)))
            copy.unlink()
            forget(source)
            note("ISO written", timed(lambda: remaster(True)))
            note("ISO unchanged", timed(lambda: remaster(False)))
    finally:
        shutil.rmtree(folder)
    print(f"\nan ISO of {arguments.size} MiB gets a script (best of {arguments.rounds})")
    for name, seconds in best.items():
        print(f"  {name:20} {seconds * 1e3:10.0f} ms   {seconds / best['cp and read once']:6.2f} x cp and read once")
    own, child = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"  peak memory          {own:10.1f} MiB Python, {child:.1f} MiB the largest of the programs that it ran")


if __name__ == "__main__":
    main()
