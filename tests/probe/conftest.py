# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The namespaces of tests/netns, and guests in more of them."""

from __future__ import annotations

from typing import Iterator

import pytest

from ..netns.conftest import _mounts, namespace
from .lan import Lan

__all__ = ("_mounts", "namespace")


@pytest.fixture(name="lan")
def _lan(namespace: None) -> Iterator[Lan]:
    """Three guests on a bridge as the kernel makes it."""
    lan = Lan(3)
    yield lan
    lan.close()
