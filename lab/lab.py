# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab on one machine: KVM hosts, their guests and the network between them, as Linux namespaces; and a simulated vSphere.

Nothing outside the lab's own namespaces is touched. Works as root and, where the kernel allows user namespaces, without.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from virtlab import commands, vsphere  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent


def parser() -> argparse.ArgumentParser:
    """The command line."""
    main = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    main.add_argument("--state", type=Path, default=Path(os.environ.get("VIRTNET_LAB_STATE", ROOT / ".lab")), help="folder of the lab's state")
    verbs = main.add_subparsers(dest="verb", required=True)
    start = verbs.add_parser("up", help="start the lab")
    start.add_argument("--hosts", type=int, default=2, help="KVM hosts")
    start.add_argument("--guests", type=int, default=3, help="guests of each host")
    verbs.add_parser("down", help="stop the lab and remove its state")
    verbs.add_parser("status", help="show what runs; exit code 1 unless all of it does")
    verbs.add_parser("inventory", help="print the path of the Ansible inventory")
    shell = verbs.add_parser("exec", help="run a command in a host or guest")
    shell.add_argument("host")
    shell.add_argument("command", nargs=argparse.REMAINDER)
    runner = verbs.add_parser("run", help="run a command, ansible-playbook for one, with access to the lab")
    runner.add_argument("command", nargs=argparse.REMAINDER)
    server = verbs.add_parser("sshd", help="start an SSH server in a host; prints the options a client needs")
    server.add_argument("host")
    vsphere.add_parser(verbs)
    return main


def main() -> int:
    """Returns the exit code."""
    arguments = parser().parse_args()
    try:
        return commands.run(arguments)
    except commands.LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
