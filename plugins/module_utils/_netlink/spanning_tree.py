# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a bridge is set to while the kernel's spanning tree shows something else in its place.

Under another root br_fill_info (net/bridge/br_netlink.c) tells the root's timers, also once STP was switched off, and while the topology changes an
ageing time of twice the forward delay (__br_set_topology_change, net/bridge/br_stp.c). sysfs tells the same. The own timers are told by an old call
of brctl(8) alone.
"""

from __future__ import annotations

import ctypes
import fcntl
import socket
from struct import Struct
from typing import Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.decode import Link
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.quirks import to_hundredths
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Value

TIMERS = ("forward_delay", "hello_time", "max_age")
# Twice a time that was rounded is not the double of what is shown.
_ROUNDING = 0.02
_SIOCDEVPRIVATE = 0x89F0
_BRCTL_GET_BRIDGE_INFO = 6
_ARGUMENTS = Struct("@4L")
_IFREQ = Struct("@16sP16x")
# struct __bridge_info (include/uapi/linux/if_bridge.h) as far as the own timers.
_BRIDGE_INFO = Struct("@QQ4I3I")
_ROOM = 256


def shadowed(link: Link, fields: Mapping[str, Value]) -> dict[str, Value]:
    """What the link message shows of the bridge's fields that is not what they are set to."""
    info = link.info()[1]

    def raw(number: int) -> bytes:
        span = info.get(number)
        return bytes(link.data[span.start : span.end]) if span else b""

    found = {name: fields[name] for name in TIMERS if name in fields} if raw(c.IFLA_BR_ROOT_ID) != raw(c.IFLA_BR_BRIDGE_ID) else {}
    ageing, delay = fields.get("ageing_time"), fields.get("forward_delay")
    changes = fields.get("stp") and any(raw(c.IFLA_BR_TOPOLOGY_CHANGE))
    if changes and isinstance(ageing, float) and isinstance(delay, float) and abs(ageing - 2 * delay) <= _ROUNDING:
        found["ageing_time"] = ageing
    return found


def own_timers(name: str, hz: int | None) -> dict[str, Value]:
    """What the bridge's timers are set to; nothing where the kernel does not tell, as it does not tell a process of 32 bits on 64."""
    answer = ctypes.create_string_buffer(_ROOM)
    arguments = ctypes.create_string_buffer(_ARGUMENTS.pack(_BRCTL_GET_BRIDGE_INFO, ctypes.addressof(answer), 0, 0))
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, _SIOCDEVPRIVATE, _IFREQ.pack(name.encode(), ctypes.addressof(arguments)))
    except OSError:
        return {}
    max_age, hello_time, forward_delay = _BRIDGE_INFO.unpack_from(answer.raw)[6:]
    # Two of them come in jiffies and one does not (old_dev_ioctl, net/bridge/br_ioctl.c).
    found = {"forward_delay": forward_delay / 100}
    if hz is not None:
        found.update(max_age=to_hundredths(max_age, hz) / 100, hello_time=to_hundredths(hello_time, hz) / 100)
    return {**found}
