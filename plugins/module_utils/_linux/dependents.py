# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What goes when a port leaves its bridge: named as steps, so that it is shown and can come back. Pure."""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Key, Observed


def of_ports(observed: Observed, bridge: str, ports: frozenset[str]) -> tuple[Key, ...]:
    """FDB entries and VLANs that somebody wrote on these ports; not what the kernel learned or made itself."""
    own = own_addresses(observed)
    found: list[Key] = []
    for key, fields in observed.state.items():
        if key[0] == "fdb" and key[1] == bridge and fields["port"] in ports and is_written(key, str(fields["kind"]), own):
            found.append(key)
        elif key[0] == "vlan" and key[1] == bridge and key[2] in ports:
            found.append(key)
    return tuple(found)


def own_addresses(observed: Observed) -> frozenset[str]:
    """The addresses of the bridges and ports themselves, for which the kernel makes local entries."""
    devices = {str(fields["address"]) for key, fields in observed.state.items() if key[0] in ("bridge", "link")}
    return frozenset(devices | set(observed.facts["addresses"].values()))


def is_written(key: Key, kind: str, own: frozenset[str]) -> bool:
    """Whether a user or program wrote the entry."""
    return kind in ("static", "extern_learn") or (kind == "local" and key[2] not in own)
