# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Confirms a change to the management path over a new connection."""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.plugin_utils._confirm import ConfirmingAction


class ActionModule(ConfirmingAction):
    """Runs the module of the same name."""
