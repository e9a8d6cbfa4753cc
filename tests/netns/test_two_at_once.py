# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs at the same time, as of two jobs or of cron and a person: whoever reports success has what was asked for, in the end too.

Judged by iproute2 and nft(8).
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, NamedTuple

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import turn as _turn

from ..oracle import iproute2
from .conftest import Result, ip, run_module, warnings_of

pytestmark = pytest.mark.own_code
SEED = random.randrange(2**32)
# Of each pair. With 10, which are 210 pairs of runs, all was seen to hold; that takes minutes.
TRIALS = int(os.environ.get("VIRTNET_TRIALS", "2"))
REJECT_ALL = {"promiscuous": "reject", "mac_changes": "reject", "forged_transmits": "reject"}


class Run(NamedTuple):
    """A module with its options, and whether what it asks for is so."""

    module: str
    params: dict[str, Any]
    holds: Callable[[], bool]


@pytest.fixture(autouse=True)
def _host(namespace: None) -> None:
    for folder in (HELD, LASTING):
        shutil.rmtree(folder, ignore_errors=True)
    ip(
        "link add br0 address 52:54:00:00:ff:00 type bridge",
        "link set br0 up",
        *(f"link add v{number} type veth peer name p{number}" for number in range(4)),
        *(f"link set v{number} master br0 up" for number in range(4)),
    )


def guard(name: str, port: str) -> bool:
    done = subprocess.run(["nft", "-j", "list", "set", "bridge", "virtnet_hardening", f"{name}_guard"], capture_output=True, text=True, check=False)
    return done.returncode == 0 and port in [port for item in json.loads(done.stdout)["nftables"] for port in item.get("set", {}).get("elem", [])]


def hardened(port: str, address: str) -> bool:
    flags = iproute2.port(port)
    pinned = [each for each in iproute2.fdb("br0") if (each["address"], each["port"], each["kind"]) == (address, port, "static")]
    return bool(flags.get("locked", True) and not flags["learning"] and not flags["unicast_flood"] and pinned and guard("arp", port))


def guest(number: int) -> dict[str, Any]:
    return {"name": f"v{number}", "profile": "guest", "macs": [f"52:54:00:00:00:0{number}"], "addresses": [f"192.0.2.{number}"]}


# One of each module that writes here, in ways that don't exclude each other.
RUNS = [
    Run("linux_bridge", {"name": "br0", "ageing_time": 100, "priority": 4096}, lambda: iproute2.bridge("br0")["ageing_time"] == 100),
    Run(
        "linux_bridge_port",
        {"bridge": "br0", "ports": ["v*"], "cost": 7, "isolated": True},
        lambda: all(iproute2.port(f"v{number}")["cost"] == 7 for number in range(4)),
    ),
    Run(
        "linux_bridge_fdb",
        {"bridge": "br0", "entries": [{"address": "52:54:00:00:00:09", "port": "v3"}]},
        lambda: any(each["address"] == "52:54:00:00:00:09" and each["kind"] == "static" for each in iproute2.fdb("br0")),
    ),
    Run("virtual_link", {"name": "tap7", "kind": "tap"}, lambda: os.path.exists("/proc/sys/net/ipv4/conf/tap7")),
    Run("linux_port_security", {"bridge": "br0", "ports": [guest(1)]}, lambda: hardened("v1", "52:54:00:00:00:01")),
    Run("linux_switch_policy", {"switches": [{"name": "br0", "security": REJECT_ALL, "ports": [guest(2)]}]}, lambda: hardened("v2", "52:54:00:00:00:02")),
]
PAIRS = list(itertools.combinations_with_replacement(range(len(RUNS)), 2))


def at_once(*runs: Run) -> list[Result]:
    """Each in a process of its own, all off at the same moment, give or take what a scheduler does."""
    start, go = os.pipe()
    readers = [_forked(run, start, go) for run in runs]
    os.close(start)
    os.close(go)
    return [_result(pid, reader) for pid, reader in readers]


def _forked(run: Run, start: int, go: int) -> tuple[int, int]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    try:
        os.close(go)
        os.read(start, 1)
        os.write(writer, json.dumps(run_module(run.module, **run.params)).encode())
    finally:
        os._exit(0)


def _result(pid: int, reader: int) -> Result:
    with open(reader, encoding="utf-8") as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    found: Result = json.loads(text)
    return found


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: "+".join(RUNS[number].module.replace("linux_", "") for number in pair))
def test_every_two_modules(pair: tuple[int, int]) -> None:
    """The second one of the same module finds all done, or waits and then does. Nobody's way back takes what is another's."""
    dice = random.Random(f"{SEED} {pair}")
    for trial in range(TRIALS):
        runs = [RUNS[number] for number in pair]
        dice.shuffle(runs)
        results = at_once(*runs)
        for run, result in zip(runs, results):
            told = not result.get("failed")
            assert told and run.holds(), (SEED, trial, run.module, result)
        _reset()


def _reset() -> None:
    subprocess.run(["nft", "flush", "ruleset"], check=True)
    subprocess.run(["ip", "link", "del", "tap7"], stderr=subprocess.DEVNULL, check=False)
    ip("link del br0", "link add br0 address 52:54:00:00:ff:00 type bridge", "link set br0 up", *(f"link set v{number} master br0 up" for number in range(4)))


HELD, LASTING = Path("/run/virtnet-hardening"), Path("/var/lib/virtnet-hardening")
COST = {"bridge": "br0", "ports": ["v0"], "cost": 9}


@pytest.fixture(name="impatient")
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_turn.Turn.__init__, "__defaults__", (0.3, str))


def lock() -> Path:
    return HELD / f"namespace-{os.stat('/proc/self/ns/net').st_ino}.lock"


def holder() -> int:
    """A process that takes the lock as another run would, with flock(1), and stays."""
    HELD.mkdir(mode=0o700, exist_ok=True)
    process = subprocess.Popen(["flock", str(lock()), "sh", "-c", f'echo \'{{"pid": 4711, "who": "linux_bridge"}}\' > {lock()}; exec sleep 60'])
    deadline = time.monotonic() + 5
    while not (lock().exists() and lock().read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process.pid


def test_who_has_it_is_named(impatient: None) -> None:
    """After a bounded time, before anything is read or written; a check run asks for nothing."""
    other = holder()
    try:
        result = run_module("linux_bridge_port", **COST)
        assert result["failed"] and result["error_code"] == "busy", result
        assert result["msg"].startswith("linux_bridge (process 4711) works on the bridges of this network namespace, and did not end within 0.3 s")
        assert iproute2.port("v0")["cost"] != 9
        assert run_module("linux_bridge_port", True, **COST)["changed"]
    finally:
        subprocess.run(["pkill", "-KILL", "-P", str(other)], check=True)
        os.waitpid(other, 0)


def test_a_killed_run_leaves_no_lock(impatient: None) -> None:
    """Its file stays, and means nothing."""
    other = holder()
    subprocess.run(["pkill", "-KILL", "-P", str(other)], check=True)
    os.waitpid(other, 0)
    assert lock().exists()
    assert run_module("linux_bridge_port", **COST)["changed"] and not lock().exists()


def test_where_the_lock_can_t_be_had_nothing_is_written() -> None:
    """What is so already is still told."""
    assert run_module("linux_bridge_port", **COST)["changed"]
    ip("link set dev lo down")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", str(HELD)], check=True)
    try:
        assert not run_module("linux_bridge_port", **COST).get("failed")
        result = run_module("linux_bridge_port", **{**COST, "cost": 8})
        assert result["failed"] and "The lock " in result["msg"] and "Read-only file system; nothing was changed" in result["msg"], result
        assert iproute2.port("v0")["cost"] == 9
    finally:
        subprocess.run(["umount", str(HELD)], check=True)


# -- changes of the management path ------------------------------------------------------------------------------------------------


def managed(cost: int, identity: str = "", **more: Any) -> Result:
    """A change of the port over which the default route goes; C(identity) is what the action plugin gives."""
    private = {"allow_management": True, "_rollback_id": identity, "rollback_timeout": 2} if identity else {}
    return run_module("linux_bridge_port", **{**COST, "cost": cost, **private, **more})


@pytest.fixture(name="uplink")
def _uplink() -> None:
    ip("address add 192.0.2.9/24 dev br0", "route add default via 192.0.2.1")
    assert managed(5)["error_code"] == "management"


def cost_becomes(value: int, seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while iproute2.port("v0")["cost"] != value:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def watchdogs() -> list[int]:
    """Processes that hold a note of ours open."""
    found = []
    for folder in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if ".pending" in os.readlink(folder):
                found.append(int(folder.parts[2]))
        except OSError:
            continue
    return found


def test_a_later_change_waits_for_the_earlier_one(uplink: None) -> None:
    """A that nobody confirms goes back first; then B is made, confirmed, and stays."""
    before = iproute2.port("v0")["cost"]
    assert managed(5, "a")["changed"]
    begun = time.monotonic()
    later = managed(7, "b")
    assert later["changed"] and later["before"]["port"]["v0"]["cost"] == before and time.monotonic() - begun > 1, later
    (HELD / "b.pending").rename(HELD / "b.confirmed")
    time.sleep(2.5)
    assert iproute2.port("v0")["cost"] == 7


def test_busy_while_a_confirmation_is_awaited(uplink: None, impatient: None) -> None:
    """With the name of what is awaited."""
    assert managed(5, "a", rollback_timeout=4)["changed"]
    result = run_module("virtual_link", name="tap7", kind="tap", owner="0")
    assert result["error_code"] == "busy" and result["msg"].startswith("A change of the management path (linux_bridge_port, process "), result
    assert "awaits its confirmation or its way back, and did not end within 0.3 s" in result["msg"]


@pytest.mark.parametrize("damage", ["rm -rf /run/virtnet-hardening", "rm -f /run/virtnet-hardening/a.pending"])
def test_what_is_gone_is_no_confirmation(uplink: None, damage: str) -> None:
    """The host goes back."""
    before = iproute2.port("v0")["cost"]
    assert managed(5, "a", rollback_timeout=30)["changed"] and iproute2.port("v0")["cost"] == 5
    subprocess.run(damage.split(), check=True)
    assert cost_becomes(before) and json.loads((HELD / "a.reverted").read_text())["not_undone"] == []


def test_a_watchdog_that_is_killed_is_told_by_the_next_run(uplink: None) -> None:
    """Until somebody has looked; in check mode too."""
    assert managed(5, "a", rollback_timeout=30)["changed"]
    (pid,) = watchdogs()
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.1)
    for check in (True, False):
        result = run_module("virtual_link", check, name="tap7", kind="tap", owner="0")
        assert result["changed"] and any("was neither confirmed nor undone, as its watchdog is gone" in text for text in warnings_of(result)), result
    (HELD / "a.pending").unlink()
    assert LASTING.exists()
    assert warnings_of(run_module("virtual_link", name="tap8", kind="tap", owner="0")) == [] and not LASTING.exists()


def test_a_word_that_nobody_hears_is_swept(uplink: None) -> None:
    """Confirmed after its watchdog was killed: it holds, and no file stays."""
    assert managed(5, "a", rollback_timeout=30)["changed"]
    (pid,) = watchdogs()
    os.kill(pid, signal.SIGKILL)
    (HELD / "a.pending").rename(HELD / "a.confirmed")
    time.sleep(0.1)
    result = run_module("virtual_link", name="tap7", kind="tap", owner="0")
    assert result["changed"] and warnings_of(result) == []
    assert iproute2.port("v0")["cost"] == 5 and not list(HELD.iterdir()) and not LASTING.exists()
