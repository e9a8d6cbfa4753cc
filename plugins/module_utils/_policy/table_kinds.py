# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What is kept in the table of nftables, as kinds of fields. Apart from the other kinds, as modules that know no guards need not be sent their rows. Pure."""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import FILTER_GUARDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, REJECT, Field, Kind

# What the bridge itself can't check is checked by nftables, for each port.
FILTER = Kind.of(
    "filter",
    # Lists as text, comma-separated and in canonical order: a field is one value.
    Field("macs", "str", group="elements"),
    Field("addresses", "str", group="elements"),
    # Those of both that move between ports.
    Field("shared", "str", group="elements"),
    *(Field(name, "enum", choices=(ACCEPT, REJECT), group="elements") for name in FILTER_GUARDS),
    # What was asked for, kept as the comment of an element.
    Field("record", "str", group="elements"),
    # False where somebody else changed elements that belong together.
    Field("intact", "bool", group="elements"),
    whole=True,
)
# The MAC addresses that a port whose sources nobody compares is kept from, as others share them.
KEPT = Kind.of("kept", Field("macs", "str", group="elements"), whole=True)
SWITCH = Kind.of("switch", Field("record", "str", group="elements"), whole=True)
# What a port in quarantine had itself, where that is not what a new port has: its options only tell how it is shut.
DOOR = Kind.of("door", Field("record", "str", group="elements"), whole=True)
QUARANTINE = Kind.of("quarantine")
# Quarantine is false where somebody else changed its names.
RULESET = Kind.of("ruleset", Field("version", "str", group="rules"), Field("quarantine", "bool", group="rules"), stands_alone=True)

TABLE_KINDS: dict[str, Kind] = {kind.name: kind for kind in (FILTER, KEPT, SWITCH, DOOR, QUARANTINE, RULESET)}
