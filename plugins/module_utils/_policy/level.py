# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The argument specification of one level of a policy document. Pure."""

from __future__ import annotations

from typing import Any

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import GUARDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, POLICY_VALUES, REJECT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import PROFILES, SECURITY

# What one level of a policy document says: a switch, a port group or a port.
LEVEL: dict[str, Any] = {
    "profile": {"type": "str", "choices": list(PROFILES)},
    "security": {"type": "dict", "options": {name: {"type": "str", "choices": list(POLICY_VALUES)} for name in SECURITY}},
    "guards": {"type": "dict", "options": {name: {"type": "str", "choices": [ACCEPT, REJECT]} for name in GUARDS}},
    "isolated": {"type": "bool"},
    "multicast_flood": {"type": "bool"},
}
