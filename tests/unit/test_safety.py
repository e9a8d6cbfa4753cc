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
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Desired
from ansible_collections.virtnet.hardening.plugins.module_utils._safety import Orphans, Store, Watchdog
from ansible_collections.virtnet.hardening.plugins.module_utils._turn import Turn

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
    Watchdog(opener(tmp_path / "log"), None, "a1", 0, store).arm(WISH, True, ())
    assert wait_for(tmp_path / "run" / "a1.reverted")
    assert "1500" in (tmp_path / "log").read_text()
    assert json.loads((tmp_path / "run" / "a1.reverted").read_text()) == {"undone": ["set switch s0: mtu 9000 -> 1500"], "not_undone": []}
    assert not store.rename("a1.pending", "a1.confirmed"), "a confirmation that comes too late must fail"


def test_reverts_without_a_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That it can't be had must not keep the host cut off."""
    def refuse(turn: Turn) -> None:
        raise BackendError("The lock can't be taken.")

    monkeypatch.setattr(Turn, "take", refuse)
    Watchdog(opener(tmp_path / "log"), None, "a1", 0, Store(str(tmp_path / "run"))).arm(WISH, True, ())
    assert wait_for(tmp_path / "run" / "a1.reverted") and "1500" in (tmp_path / "log").read_text()


def test_a_confirmation_stops_it(tmp_path: Path) -> None:
    """By a rename, which has one winner."""
    store = Store(str(tmp_path / "run"))
    Watchdog(opener(tmp_path / "log"), None, "a2", 1, store).arm(WISH, True, ())
    assert store.rename("a2.pending", "a2.confirmed") and not store.rename("a2.pending", "a2.reverting")
    time.sleep(1.4)
    assert not (tmp_path / "log").exists() and os.listdir(tmp_path / "run") == []


def test_nothing_is_armed_without_an_id_or_a_reason(tmp_path: Path) -> None:
    """No file, no process."""
    store = Store(str(tmp_path / "run"))
    for identity, management in ((None, True), ("a3", False)):
        watchdog = Watchdog(opener(tmp_path / "log"), None, identity, 0, store)
        watchdog.arm(WISH, management, ())
        assert not watchdog.armed
    assert not (tmp_path / "run").exists()


def test_cancelled_after_a_failure_that_was_undone(tmp_path: Path) -> None:
    """The clock stops."""
    store = Store(str(tmp_path / "run"))
    watchdog = Watchdog(opener(tmp_path / "log"), None, "a4", 1, store)
    watchdog.arm(WISH, True, ())
    watchdog.cancel()
    time.sleep(1.3)
    assert not watchdog.armed and not (tmp_path / "log").exists()


def test_orphans(tmp_path: Path) -> None:
    """Only notes of dead runs in this namespace, and only until they are settled."""
    store = Store(str(tmp_path))
    watchdog = Watchdog(opener(tmp_path / "log"), None, None, 0, store)
    watchdog.arm(WISH, False, (LINK,))
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
