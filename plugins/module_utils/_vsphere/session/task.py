# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Waits for tasks of vSphere, with a deadline."""

from __future__ import annotations

import time
from typing import Any, Callable

from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.fault import DEADLINE, PendingError, is_open, pending, translate

_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0


def wait(read: Callable[[], Any], what: str, seconds: float, clock: Callable[[], float] = time.monotonic, pause: Callable[[float], None] = time.sleep) -> Any:
    """Return the result of a task, polled by C(read), which returns its TaskInfo.

    Raises PendingError with the code C(deadline) if the task has not ended after C(seconds), in which case it goes on running on the server, or
    if it ended with a fault that says that nobody knows what became of it; else VsphereError with the fault with which it ended.
    """
    deadline = clock() + seconds
    gap = _FIRST_PAUSE
    while True:
        info = read()
        state = str(info.state)
        if state == "success":
            return info.result
        if state == "error":
            failure = translate(info.error, what)
            raise pending(failure) if is_open(info.error) else failure
        if clock() >= deadline:
            text = f"{what}: the task {info.key} has not ended after {seconds:g} s and goes on running on the server."
            raise PendingError(DEADLINE, text, task=str(info.key))
        pause(gap)
        gap = min(gap * 2, _LONGEST_PAUSE)
