# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applies a policy document to a bridge with one guest's port, in the network namespace in which it was started. Reads the document as JSON from
standard input; prints the module's results and what iproute2 and nft say.

It is a program of its own, as the simulated vSphere is to be reached in the namespace of the tests.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from tests.netns.conftest import run_module  # noqa: E402

COMMANDS = (
    "link set lo up",
    "link add br0 type bridge",
    "link set br0 up",
    "link add vnet0 type veth peer name guest0",
    "link set vnet0 master br0",
    "link set vnet0 up",
    "link set guest0 up",
)


def show(*command: str) -> object:
    """What a tool prints as JSON."""
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout or "null")


def main() -> None:
    """Twice, to see that the second run changes nothing."""
    switches = json.load(sys.stdin)
    subprocess.run(["ip", "-batch", "-"], input="\n".join(COMMANDS) + "\n", text=True, check=True)
    results = [run_module("linux_switch_policy", False, switches=switches) for _run in range(2)]
    port, rules = show("bridge", "-d", "-j", "link", "show", "dev", "vnet0"), show("nft", "-j", "list", "ruleset")
    json.dump({"results": results, "port": port, "rules": rules}, sys.stdout)


if __name__ == "__main__":
    main()
