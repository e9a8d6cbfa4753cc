# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""How severe a finding is. Pure."""

from __future__ import annotations

# The worst first.
SEVERITIES = ("high", "medium", "low")
