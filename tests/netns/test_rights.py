# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules in the hands of a user without rights: one sentence that names root and become, the same in check mode, and never "already so"
of what that user may not read. Really run by another user, and by a root whose capabilities were taken away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Iterator

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import dep

from ..oracle import iproute2
from .conftest import _MODULES, Result, bridge, ip, run_module, snapshot
from .needs import needs_users

ROOT = Path(__file__).resolve().parent.parent.parent
NOBODY = 65534
GUEST = {"name": "v0", "profile": "guest", "macs": ["52:54:00:00:00:01"], "addresses": ["192.0.2.11"]}
# What each module that writes is asked for: a change.
WRITERS: list[tuple[str, Result]] = [
    ("linux_bridge", {"name": "br1"}),
    ("linux_bridge", {"name": "br0", "ageing_time": 100}),
    ("linux_bridge", {"name": "br0", "state": "absent", "detach_ports": True}),
    ("linux_bridge_port", {"bridge": "br0", "ports": ["v0"], "isolated": True}),
    # Which the kernel lists only where it is set, so that only a bridge in a namespace of its own could tell whether it is known.
    ("linux_bridge_port", {"bridge": "br0", "ports": ["v0"], "backup_port": "v1"}),
    ("linux_bridge_port", {"bridge": "br0", "ports": ["v2"], "isolated": True}),
    ("linux_bridge_port", {"bridge": "br0", "ports": ["v0"], "state": "absent"}),
    ("linux_bridge_fdb", {"bridge": "br0", "entries": [{"address": "52:54:00:00:00:01", "port": "v0"}]}),
    ("linux_bridge_vlan", {"bridge": "br0", "ports": ["v0"], "vlans": [{"vid": "10"}]}),
    ("virtual_link", {"name": "tap7", "kind": "tap"}),
    ("virtual_link", {"name": "a0", "kind": "veth", "peer": "a1"}),
    ("virtual_link", {"name": "a0", "kind": "veth", "peer": "a1", "peer_netns": "/proc/1/ns/net"}),
    ("linux_port_security", {"bridge": "br0", "ports": [GUEST]}),
    ("linux_switch_policy", {"switches": [{"name": "br0", "ports": [GUEST]}]}),
]
# What a user without rights must not be told to be so already: it can't be read.
UNREADABLE: list[tuple[str, Result]] = [
    ("linux_port_security", {"bridge": "br0", "ports": [{"name": "v0"}], "state": "absent"}),
    ("linux_port_security", {"bridge": "br0", "ports": [{"name": "v1", "security": {"forged_transmits": "accept"}}]}),
    ("linux_switch_policy", {"switches": [{"name": "br0"}]}),
    ("linux_switch_policy", {"switches": [{"name": "br0"}], "purge": ["ports", "quarantine", "defaults"]}),
    ("isolation_probe", {"action": "inspect", "interface": "p0"}),
]
READERS = ("linux_bridge_info", "promiscuity_info")


def _names(cases: list[tuple[str, Result]]) -> list[str]:
    return [f"{module}-{number}" for number, (module, params) in enumerate(cases)]


@pytest.fixture(autouse=True)
def host(namespace: None) -> Iterator[None]:
    """br0 with v0, which has a pinned address, and v1; v2 is nowhere; p0 to p2 are the other ends."""
    ip(
        "link add br0 type bridge",
        "link set br0 up",
        *(f"link add v{number} type veth peer name p{number}" for number in range(3)),
        *(f"link set {side}{number} up" for number in range(3) for side in "vp"),
        "link set v0 master br0",
        "link set v1 master br0",
    )
    bridge("fdb add 52:54:00:00:00:99 dev v0 master static sticky")
    yield


def as_nobody(module: str, check: bool = False, /, **params: Any) -> Result:
    """Run a module in a process of another user. What it imports is imported before, as the other user can't read everybody's files."""
    import_module(_MODULES + module)
    dep.require()
    output, child_end = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            os.write(child_end, json.dumps(run_module(module, check, **params)).encode())
            status = 0
        finally:
            os._exit(status)
    os.close(child_end)
    with os.fdopen(output, "rb") as handle:
        text = handle.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, text
    result: Result = json.loads(text)
    return result


def test_every_module_is_tried() -> None:
    """Those that talk to the kernel."""
    tried = {module for module, params in (*WRITERS, *UNREADABLE)} | set(READERS)
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py") if not path.stem.startswith(("esxi_", "vds_", "offline_"))}
    assert tried == modules


@needs_users
@pytest.mark.parametrize("module, params", [*WRITERS, *UNREADABLE], ids=_names([*WRITERS, *UNREADABLE]))
def test_another_user_is_told_what_is_missing(module: str, params: Result) -> None:
    """In check mode with the same words, and nothing is changed or said to be restored."""
    before = snapshot()
    checked, real = as_nobody(module, True, **params), as_nobody(module, False, **params)
    if module == "linux_bridge_vlan" and real["error_code"] == "unsupported":
        pytest.skip("SKIPPED: this kernel has no VLANs on bridges; run make vm")
    assert real.get("failed") and real["error_code"] == "rights", real
    for words in ("needs root", "become: true", "nobody (UID 65534)", "CAP_"):
        assert words in real["msg"], real["msg"]
    assert checked["msg"] == real["msg"] and "restored" not in real["msg"] and "not_undone" not in real
    assert snapshot() == before


@needs_users
def test_what_can_be_read_needs_no_rights() -> None:
    """The same answer as root's but for the rules of nftables, and "nothing to do" of what was really looked at."""
    told = as_nobody("linux_bridge_info")
    theirs, roots = (answer["bridges"][0] for answer in (told, run_module("linux_bridge_info")))
    for part in ("name", "bridge", "ports", "vlans", "fdb", "links"):
        assert theirs[part] == roots[part], part
    assert {name for name, value in theirs["status"].items() if value != roots["status"][name]} == {"protection"}
    assert set(theirs["status"]["protection"]["v0"]["guards"].values()) == {"unknown"} and told["table"]["state"] == "unreadable"
    assert any("become: true" in each["reason"] for each in told["not_looked_at"]), told["not_looked_at"]
    done = as_nobody("linux_bridge", name="br0", up=True)
    assert not done["changed"] and done["msg"] == "Nothing to do: all that is asked for is already so; 1 object was looked at."


@needs_users
def test_what_can_not_be_read_is_said() -> None:
    """promiscuity_info goes on with what it may see, and names the rest with the remedy."""
    told, whole = as_nobody("promiscuity_info"), run_module("promiscuity_info")
    gaps = {each["what"]: each["reason"] for each in told["not_looked_at"]}
    assert {"rules of nftables", "programs attached by tcx"} <= set(gaps)
    assert all("become: true" in reason for reason in gaps.values()), gaps
    assert [each["name"] for each in told["interfaces"]] == [each["name"] for each in whole["interfaces"]]


@pytest.mark.parametrize("module, params", [WRITERS[0], WRITERS[3], UNREADABLE[0], UNREADABLE[2], UNREADABLE[4]])
def test_a_root_without_rights_is_not_told_to_become_root(module: str, params: Result) -> None:
    """As in an unprivileged container that shares the host's network."""
    done = subprocess.run(
        [
            "setpriv",
            "--bounding-set=-all",
            "--inh-caps=-all",
            sys.executable,
            "-c",
            f"import json; from tests.netns.conftest import run_module; print(json.dumps(run_module({module!r}, **json.loads({json.dumps(params)!r}))))",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert result["error_code"] == "rights" and "container" in result["msg"] and "become" not in result["msg"], result
    assert iproute2.link("br1") is None and iproute2.port("v0")["isolated"] is False
