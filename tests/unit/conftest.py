# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""No example fails for its time: on a busy machine any of them may take longer than hypothesis allows by itself."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("whatever it takes", deadline=None)
settings.load_profile("whatever it takes")
