# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bare machine for all tests of this folder."""

from __future__ import annotations

import signal
from typing import Iterator

import pytest

from .bare import Bare, bare


@pytest.fixture(scope="session", name="machine")
def _machine() -> Iterator[Bare]:
    """Removed again whatever ends the tests; SIGTERM is what a stop of all stages sends."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with bare() as machine:
            yield machine
    finally:
        signal.signal(signal.SIGTERM, before)
