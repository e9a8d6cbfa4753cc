# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two versions of nft on one host, as of a container with the network of its host, or before and after an upgrade: either reads what the other has written."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Callable

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables import client as nft_client

from .conftest import Result, ip, snapshot
from .test_security import GUEST
from .test_security import pytestmark as needs_nft

_FOLDER = Path(__file__).resolve().parent.parent.parent / ".cache" / "nft"
OTHERS = sorted(path for path in _FOLDER.glob("*/nft") if path.is_file())
OWN = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin") or "nft"
pytestmark = [
    needs_nft,
    pytest.mark.own_code,
    pytest.mark.skipif(not OTHERS, reason="SKIPPED: there is no other nft in .cache/nft; scripts/setup contract brings it"),
]
PAIRS = [pair for other in OTHERS for pair in ((OWN, str(other)), (str(other), OWN))]
POLICY = {
    "switches": [
        {
            "name": "br0",
            "port_groups": [
                {
                    "name": "guests",
                    "match": ["v*"],
                    "quarantine": True,
                    "ports": [
                        {"name": "v0", **GUEST},
                        {"name": "v1", "profile": "guest", "macs": ["52:54:00:00:00:02"], "addresses": ["192.0.2.2", "2001:db8:1::/64"]},
                    ],
                }
            ],
        }
    ]
}


@pytest.fixture(autouse=True)
def _host(namespace: None) -> None:
    ip(
        "link add br0 address 52:54:00:00:ff:00 type bridge",
        "link set br0 up",
        *(f"link add v{number} type veth peer name p{number}" for number in range(3)),
        *(f"link set v{number} master br0 up" for number in range(3)),
    )


@pytest.fixture(name="by")
def _by(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Which nft the modules find from now on."""

    def choose(path: str) -> None:
        monkeypatch.setattr(nft_client.Nft, "_program", lambda self: path)

    return choose


def _listed(path: str, *arguments: str) -> str:
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (path, done.returncode, done.stderr)
    return done.stdout


def _words() -> list[str]:
    """Of the table; elements have no order."""
    return sorted(re.findall(r"[^\s,]+", snapshot()[3]))


def test_they_are_two() -> None:
    """Or nothing would be shown."""
    versions: list[str] = [_listed(path, "--version") for path in (OWN, *map(str, OTHERS))]
    assert len(set(versions)) > 1, versions


@pytest.mark.parametrize(("writer", "reader"), PAIRS)
def test_one_reads_what_the_other_wrote(by: Callable[[str], None], run: Callable[..., Result], writer: str, reader: str) -> None:
    """Nothing is to be changed, everything is known, and the table can be changed and taken away."""
    by(writer)
    assert run("linux_switch_policy", **POLICY)["changed"]
    written = _words()
    by(reader)
    for check in (True, False):
        assert not run("linux_switch_policy", check, **POLICY)["changed"]
    info = run("linux_bridge_info")
    assert info["table"]["state"] == "intact" and not [gap for gap in info["not_looked_at"] if "nft" in str(gap)], info["table"]
    assert json.loads(_listed(reader, "--json", "list", "ruleset"))["nftables"]
    changed = json.loads(json.dumps(POLICY))
    changed["switches"][0]["port_groups"][0]["ports"][0]["addresses"] = ["192.0.2.9"]
    assert run("linux_switch_policy", **changed)["changed"]
    by(writer)
    assert not run("linux_switch_policy", True, **changed)["changed"]
    assert run("linux_switch_policy", **POLICY)["changed"] and _words() == written
    by(reader)
    assert run("linux_port_security", bridge="br0", ports=[{"match": "v*"}], state="absent")["changed"]
    _listed(reader, "delete", "table", "bridge", "virtnet_hardening")
