# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This doc fragment is PRIVATE to the collection.
"""The management guard, which every module has that can cut a host off."""

from __future__ import annotations


class ModuleDocFragment:
    """Options and notes of the management guard."""

    DOCUMENTATION = r"""
options:
  allow_management:
    description:
      - Allow a change that can cut the connection by which the host is managed.
      - >-
        Protected are the devices that carry a default route of the host or the SSH session of the task, and what lies below them: a VLAN's
        lower device, a bond's members, and of a bridge the port behind which the next hop is. Where the neighbour table and the forwarding database do
        not tell that port, it is every port that is no veth, tap, tun or macvtap. Protected too is the next hop's MAC address against an entry of
        the forwarding database that moves it to another port.
      - >-
        Without this option a change to a protected device is refused before anything is written, in check mode too, and RV(error_code) is V(management).
      - >-
        With it, the target starts a process that takes the change back by itself unless the control node, over a new connection,
        confirms within O(rollback_timeout). Then the task fails, and RV(error_code) is V(rolled_back). Until one or the other, every other change in
        that network namespace waits, as it would be built on what may go.
      - >-
        Only a confirmation keeps the change. If the process is killed, nothing takes the change back; if the host is restarted, all of it is gone. Each run
        that follows warns of either, in check mode too, until the file that it names is removed.
      - >-
        Where systemd runs the host, that process gets a scope of its own (C(virtnet-hardening-ID.scope)), as logind may end what a session leaves
        (C(KillUserProcesses=yes)) and systemd what a service does. Where the system bus can't be had for it, the result warns.
      - >-
        Over SSH the control node asks the host three times within O(rollback_timeout) whether it is there (C(ServerAliveInterval)), unless the
        options of the connection say how often, as a task whose host is restarted would wait for its end for ever.
      - A task that changes no protected device runs as it would without the option.
    type: bool
    default: false
  rollback_timeout:
    description:
      - Seconds, at least 1, after which the target takes back a change to the management path that was not confirmed.
      - >-
        Choose it longer than the network needs to carry frames again: with STP on, a port that joins forwards only after twice the
        bridge's O(virtnet.hardening.linux_bridge#module:forward_delay).
      - Used only with O(allow_management=true).
    type: int
    default: 60
  _rollback_id:
    description: For the module's own action plugin. Leave it out; it is refused in a task.
    type: str
notes:
  - >-
    The journal of a change to the management path lies below C(/run/virtnet-hardening) on the target, readable by root only. A restart of the
    host removes it, as it does the change. What it was about is kept below C(/var/lib/virtnet-hardening) until the change is confirmed or undone.
"""
