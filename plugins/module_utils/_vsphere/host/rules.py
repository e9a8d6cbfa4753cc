# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""In which order steps run on a host. Pure."""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE, UPDATE, Order, OrderRule
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import kinds

_ALL = ("override", "inherit", "options")
_BEFORE = (OrderRule(CREATE, kinds.VSWITCH, _ALL, "a switch before its groups"),)
_AFTER = (
    OrderRule(DELETE, kinds.PORTGROUP, (), "groups before their switch"),
    OrderRule(CREATE, kinds.PORTGROUP, ("membership", *_ALL), "a group is made with all that it has: none is open for a moment"),
    OrderRule(DELETE, kinds.VSWITCH, (), "the switch goes last"),
)

# One call for each object.
ORDER = Order(
    *_BEFORE, OrderRule(UPDATE, kinds.PORTGROUP, _ALL, "a group's own change"), OrderRule(UPDATE, kinds.VSWITCH, _ALL, "a switch's own change"), *_AFTER
)

# For documents that change a switch and its groups together. A group that is to inherit from a switch which is closed
# in the same run would be open for a moment if it came first; a group that is to keep its own value would follow the
# switch for a moment if it came last.
NO_WINDOW = Order(
    *_BEFORE,
    OrderRule(UPDATE, kinds.PORTGROUP, ("override", "options"), "a group's own values hold before the switch changes"),
    OrderRule(UPDATE, kinds.VSWITCH, _ALL, "then the values that the others inherit"),
    OrderRule(UPDATE, kinds.PORTGROUP, ("inherit",), "a group inherits what is in effect already"),
    *_AFTER,
)
