# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What links of some kinds are made as, from their messages. Pure."""

from __future__ import annotations

from struct import Struct

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.decode import Link, readers
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import LINK
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Value

_U32 = Struct("=I").unpack_from
_VLAN_READERS = readers(LINK, "IFLA_VLAN_")


def vlan_fields(each: Link) -> dict[str, Value]:
    """Which VLAN an interface of kind vlan is."""
    found = each.info()[1]
    return {name: read(each.data, found[number].start) for number, (name, read) in _VLAN_READERS.items() if number in found}


def tap_fields(each: Link) -> dict[str, Value]:
    """Who may open a tap, C(-1) where nobody is named, and whether many may at once."""
    info = each.info()[1]
    numbers = {"owner": c.IFLA_TUN_OWNER, "group": c.IFLA_TUN_GROUP}
    found: dict[str, Value] = {option: _U32(each.data, info[number].start)[0] if number in info else -1 for option, number in numbers.items()}
    return {**found, "multi_queue": each.switch(c.IFLA_TUN_MULTI_QUEUE)}
