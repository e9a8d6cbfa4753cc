# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""How far a run is, for people who look while it runs, and whether it is to end."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from ansible_collections.virtnet.hardening.plugins.module_utils._media import place
from ansible_collections.virtnet.hardening.plugins.module_utils._media.errors import InterruptedRunError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# Seconds between two lines.
_INTERVAL = 1.0
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _no_link(path: str, flags: int) -> int:
    """Neither one that was put there a moment ago, nor a pipe that nobody reads."""
    return os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)


class Progress:
    """Appends lines to a file, if there is one. C(step) is called between two blocks of data, and raises when a signal came."""

    def __init__(self, name: str, log_path: str | None = None) -> None:
        self.name = name
        self._log: Any = None
        if log_path:
            path = place.resolve("log_path", log_path)
            place.check_owner("log_path", path)
            try:
                self._log = open(path, "a", encoding="utf-8", opener=_no_link)  # noqa: SIM115 - closed by close()
            except OSError as error:
                raise InputError(f"log_path: {log_path} can't be written: {error.strerror}; give another file.") from error
        self._next = 0.0
        self._caught: list[int] = []
        self._before: list[tuple[int, Any]] = []

    def watch(self) -> None:
        """From now on a signal ends the run at the next step, so that it can clean up."""
        for number in _SIGNALS:
            self._before.append((number, signal.signal(number, lambda caught, _frame: self._caught.append(caught))))

    def step(self, done: int, total: int) -> None:
        """C(done) of C(total) bytes are through."""
        if self._caught:
            name = signal.Signals(self._caught[0]).name
            raise InterruptedRunError(f"{self.name}: the run was ended by {name}; nothing was changed. Run it again.")
        if self._log is not None and time.monotonic() >= self._next:
            self._next = time.monotonic() + _INTERVAL
            self.say(f"{100 * done // max(total, 1)} % ({done >> 20} of {total >> 20} MiB)")

    def say(self, text: str) -> None:
        """A line."""
        if self._log is not None:
            self._log.write(f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} [{os.getpid()}] {self.name}: {text}\n")
            self._log.flush()

    def close(self) -> None:
        """No more lines, and signals do what they did before."""
        for number, handler in self._before:
            signal.signal(number, handler)
        if self._log is not None:
            self._log.close()
            self._log = None
