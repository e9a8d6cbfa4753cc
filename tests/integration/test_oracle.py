# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The oracle tells "there is none" from "I could not look"."""

from __future__ import annotations

import pytest

from ..oracle import iproute2


def test_what_is_not_there() -> None:
    """No device, no port, no entries."""
    assert iproute2.link("nosuchdevice") is None and iproute2.port("nosuchdevice") is None
    assert iproute2.fdb("nosuchdevice") == [] and iproute2.vlans("nosuchdevice") == {}


def test_a_look_that_fails() -> None:
    """Never an answer."""
    for look in (iproute2.link, iproute2.port, iproute2.bridge, iproute2.fdb, iproute2.vlans):
        with pytest.raises(RuntimeError, match="exit code 1"):
            look("br0", ["false"])
