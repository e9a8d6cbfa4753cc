# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What survives the process: notes after a crash, and the watchdog."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import outlive as _outlive
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import safety as _safety
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.safety import Orphans, Unconfirmed, Watchdog
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.store import Store, boot
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.turn import Turn, namespace
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired

from ..fakes.backend import FakeBackend

LINK = ("link", "v0")
WISH = Desired({("switch", "s0"): {"mtu": 1500}})


class Reporting(FakeBackend):
    """Writes what was executed to a file, as it happens in another process."""

    log: Path

    def execute(self, steps: Any) -> Any:
        self.log.write_text(repr([(step.key, dict(step.after)) for step in steps]))
        return super().execute(steps)


def opener(log: Path) -> Any:
    """Opens a backend whose switch has the changed MTU."""

    def open_backend() -> Reporting:
        backend = Reporting({("switch", "s0"): {"mtu": 9000}})
        backend.log = log
        return backend

    return open_backend


def watchdog(folder: Path, identity: str | None, timeout: int) -> Watchdog:
    """One whose files lie below a folder of the test."""
    return Watchdog(opener(folder / "log"), None, identity, timeout, Store(str(folder / "run")), lasting=Store(str(folder / "lib")))


def wait_for(path: Path, seconds: float = 5.0) -> bool:
    """Whether the file appears in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.exists():
            return True
        time.sleep(0.02)
    return False


def test_reverts_unless_confirmed(tmp_path: Path) -> None:
    """After the timeout, and says what it did."""
    store = Store(str(tmp_path / "run"))
    watchdog(tmp_path, "a1", 0).arm(WISH, True, ())
    assert wait_for(tmp_path / "run" / "a1.reverted")
    assert "1500" in (tmp_path / "log").read_text()
    assert json.loads((tmp_path / "run" / "a1.reverted").read_text()) == {"undone": ["set switch s0: mtu 9000 -> 1500"], "not_undone": []}
    assert not store.rename("a1.pending", "a1.confirmed"), "a confirmation that comes too late must fail"


def test_reverts_without_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That it can't be had must not keep the host cut off."""

    def refuse(turn: Turn) -> None:
        raise BackendError("The lock can't be taken.")

    monkeypatch.setattr(Turn, "take", refuse)
    watchdog(tmp_path, "a1", 0).arm(WISH, True, ())
    assert wait_for(tmp_path / "run" / "a1.reverted") and "1500" in (tmp_path / "log").read_text()


def test_a_confirmation_stops_it(tmp_path: Path) -> None:
    """By a rename, which has one winner."""
    store = Store(str(tmp_path / "run"))
    watchdog(tmp_path, "a2", 1).arm(WISH, True, ())
    assert store.rename("a2.pending", "a2.confirmed") and not store.rename("a2.pending", "a2.reverting")
    time.sleep(1.4)
    assert not (tmp_path / "log").exists() and os.listdir(tmp_path / "run") == [] and not (tmp_path / "lib").exists()


def test_a_restart_is_told_until_somebody_has_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the watchdog and what lies below /run, and nothing of it counts as confirmed."""
    store, lasting = Store(str(tmp_path / "run")), Store(str(tmp_path / "lib"))
    watchdog(tmp_path, "a5", 30).arm(WISH, True, ())
    assert list(Unconfirmed(store, lasting).warnings()) == [] and Unconfirmed(store, lasting).awaited()
    note = (tmp_path / "lib" / "a5.pending").read_bytes()
    assert b"switch s0" in note and (tmp_path / "lib" / "a5.pending").stat().st_mode & 0o777 == 0o600
    # What a restart leaves; the confirmation only ends the process.
    store.rename("a5.pending", "a5.confirmed")
    time.sleep(0.5)
    assert os.listdir(tmp_path / "run") == [] and not (tmp_path / "lib").exists()
    lasting.write("a5.pending", {})
    (tmp_path / "lib" / "a5.pending").write_bytes(note)
    monkeypatch.setattr(_safety, "boot", lambda: "another")
    for _run in range(2):
        Unconfirmed(store, lasting).sweep()
        (told,) = Unconfirmed(store, lasting).warnings()
        assert "neither confirmed nor undone when the host was restarted" in told and "switch s0" in told and told.endswith("lib/a5.pending.")
    (tmp_path / "lib" / "a5.pending").write_text("")
    assert list(Unconfirmed(store, lasting).warnings()) == [], "cut off while it was written"


def test_what_is_settled_is_not_told_after_a_restart(tmp_path: Path) -> None:
    """The watchdog was killed, and somebody has confirmed the change, or has looked and removed the note."""
    store, lasting = Store(str(tmp_path / "run")), Store(str(tmp_path / "lib"))
    note = {"pid": 1, "who": "x", "what": [], "boot": boot(), "namespace": namespace()}
    lasting.write("a6.pending", note)
    store.write("a6.pending", note)
    Unconfirmed(store, lasting).sweep()
    assert lasting.names("") == ["a6.pending"]
    store.rename("a6.pending", "a6.confirmed")
    lasting.write("a7.pending", {**note, "namespace": 1})
    Unconfirmed(store, lasting).sweep()
    assert store.names("") == [] and lasting.names("") == ["a7.pending"], "another namespace's is not ours to judge"


def test_a_change_without_its_watchdog_is_not_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And leaves no note that would be told."""

    def break_down(_unit: str) -> str:
        raise OSError("no more processes")

    monkeypatch.setattr(_outlive, "leave", break_down)
    with pytest.raises(BackendError, match="could not be started; nothing was changed"):
        watchdog(tmp_path, "a8", 1).arm(WISH, True, ())
    assert os.listdir(tmp_path / "run") == [] and not (tmp_path / "lib").exists()


def test_what_the_watchdog_lacks_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No scope, and no place for what is to be known after a restart; it works all the same."""
    monkeypatch.setattr(_outlive, "leave", lambda unit: f"{unit} was refused")
    (tmp_path / "lib").write_text("no folder")
    net = watchdog(tmp_path, "a9", 0)
    net.arm(WISH, True, ())
    restart, scope = net.remarks
    assert "no run will tell of it" in restart and scope.endswith("no scope of systemd: virtnet-hardening-a9.scope was refused.")
    assert wait_for(tmp_path / "run" / "a9.reverted")


def test_nothing_is_armed_without_an_id_or_a_reason(tmp_path: Path) -> None:
    """No file, no process."""
    for identity, management in ((None, True), ("a3", False)):
        net = watchdog(tmp_path, identity, 0)
        net.arm(WISH, management, ())
        assert not net.armed
    assert not (tmp_path / "run").exists()


def test_cancelled_after_a_failure_that_was_undone(tmp_path: Path) -> None:
    """The clock stops."""
    net = watchdog(tmp_path, "a4", 1)
    net.arm(WISH, True, ())
    net.cancel()
    time.sleep(1.3)
    assert not net.armed and not (tmp_path / "log").exists()


def test_orphans(tmp_path: Path) -> None:
    """Only notes of dead runs in this namespace, and only until they are settled."""
    store = Store(str(tmp_path))
    Watchdog(opener(tmp_path / "log"), None, None, 0, store).arm(WISH, False, (LINK,))
    assert not Orphans(store).held, "the run lives"
    note = next(tmp_path.glob("*.held"))
    content = json.loads(note.read_text())
    note.write_text(json.dumps({**content, "started": "1"}))
    assert Orphans(store).held == {LINK}
    Orphans(store).settle(frozenset())
    assert note.exists()
    note.write_text(json.dumps({**content, "started": "1", "namespace": 1}))
    assert not Orphans(store).held, "another namespace's"
    note.write_text(json.dumps({**content, "started": "1"}))
    Orphans(store).settle(frozenset({LINK}))
    assert not note.exists()


def test_files_are_roots_own(tmp_path: Path) -> None:
    """The journal says how the host is wired."""
    store = Store(str(tmp_path / "run"))
    store.write("x.held", {"a": 1})
    assert (tmp_path / "run").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "run" / "x.held").stat().st_mode & 0o777 == 0o600
