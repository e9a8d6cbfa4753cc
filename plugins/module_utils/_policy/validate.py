# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Rules between fields of one object: what the kernel refuses, clamps in silence, or what opens a hole. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields, Value

# BR_MIN_FORWARD_DELAY and BR_MAX_FORWARD_DELAY, net/bridge/br_private_stp.h.
STP_FORWARD_DELAY = (2.0, 30.0)
# BR_GROUPFWD_RESTRICTED (bits 0 to 2: STP, MAC pause, LACP), net/bridge/br_private.h.
BRIDGE_GROUP_FWD_RESTRICTED = 0x7
# BR_GROUPFWD_MACPAUSE: the only bit that br_setport refuses.
PORT_GROUP_FWD_RESTRICTED = 0x2


def bridge(name: str, asked: Fields, have: Fields, allow_hub: bool) -> None:
    """Refuse, with InputError, what a bridge can't have or must not have unasked."""
    _ageing(name, asked, allow_hub)
    _spanning_tree(name, asked, have)
    mask = asked.get("group_fwd_mask")
    if isinstance(mask, int) and mask & BRIDGE_GROUP_FWD_RESTRICTED:
        raise InputError(f"bridge {name}: group_fwd_mask {mask:#x} has a bit of 0x7; STP, MAC pause and LACP frames are never forwarded, clear it.")


def _ageing(name: str, asked: Fields, allow_hub: bool) -> None:
    if asked.get("ageing_time") == 0 and not allow_hub:
        raise InputError(
            f"bridge {name}: ageing_time 0 makes the bridge a hub, on which every guest receives every frame once there are more than two ports; "
            "set allow_hub: true if that is what you want."
        )


def _spanning_tree(name: str, asked: Fields, have: Fields) -> None:
    merged: dict[str, Value] = {**have, **asked}
    if not merged.get("stp"):
        return
    delay = merged.get("forward_delay")
    low, high = STP_FORWARD_DELAY
    if isinstance(delay, (int, float)) and not low <= delay <= high and ("stp" in asked or "forward_delay" in asked):
        raise InputError(f"bridge {name}: forward_delay {delay:g} s is outside {low:g} to {high:g} s, which STP needs; set forward_delay or stp: false.")
    if have.get("stp") and "stp_mode" in asked and asked["stp_mode"] != have.get("stp_mode"):
        raise InputError(f"bridge {name}: stp_mode can't be changed to {asked['stp_mode']} while STP runs; set stp: false first.")


def port(name: str, asked: Fields, have: Fields, no_linklocal_learn: bool) -> None:
    """Refuse, with InputError, combinations of port options."""
    merged: dict[str, Value] = {**have, **asked}
    touches = any(option in asked for option in ("mab", "locked", "learning"))
    if touches and merged.get("mab") and not (merged.get("locked") and merged.get("learning")):
        missing = " and ".join(option for option in ("locked", "learning") if not merged.get(option))
        raise InputError(f"port {name}: mab needs locked and learning, and {missing} is off; set {missing}: true too or mab: false.")
    _authorises_itself(name, asked, have, merged, no_linklocal_learn)
    mask = asked.get("group_fwd_mask")
    if isinstance(mask, int) and mask & PORT_GROUP_FWD_RESTRICTED:
        raise InputError(f"port {name}: group_fwd_mask {mask:#x} has bit 0x2; MAC pause frames are never forwarded, clear it.")


def _authorises_itself(name: str, asked: Fields, have: Fields, merged: Fields, no_linklocal_learn: bool) -> None:
    """Locked is checked behind the branch of link-local frames, which learns (br_handle_frame, net/bridge/br_input.c)."""
    changes = any(option in asked and asked[option] != have.get(option) for option in ("locked", "learning"))
    if changes and merged.get("locked") and merged.get("learning") and not no_linklocal_learn:
        raise InputError(
            f"port {name}: locked with learning is open, as one LLDP or EAPOL frame of the guest authorises any address; "
            "set learning: false, or no_linklocal_learn: true on the bridge first."
        )


def locked_ports(bridge_name: str, ports: Mapping[str, Fields]) -> None:
    """Refuse, with InputError, to let locked ports of the bridge learn from link-local frames."""
    opened = sorted(name for name, fields in ports.items() if fields.get("locked") and fields.get("learning"))
    if opened:
        raise InputError(
            f"bridge {bridge_name}: no_linklocal_learn: false would let {', '.join(opened[:5])}, locked and learning, authorise any address "
            "by one LLDP frame; set learning: false there first."
        )


def port_state(name: str, wanted: Value, facts: Mapping[str, Any]) -> None:
    """Refuse, with InputError, a port state that the kernel would not take or not keep (br_set_port_state)."""
    if facts.get("stp"):
        raise InputError(f"port {name}: port_state {wanted} can't be set while STP runs on {facts['bridge']}; STP decides it.")
    if not facts.get("up"):
        raise InputError(f"port {name}: port_state {wanted} needs the device up, and it is down; bring it up first.")
    if wanted not in ("disabled", "forwarding"):
        raise InputError(
            f"port {name}: port_state {wanted} does not last with STP off, as the kernel makes the port forward at once; use disabled or forwarding."
        )
