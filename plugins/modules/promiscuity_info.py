#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: promiscuity_info
short_description: Explain who makes interfaces promiscuous and who hears frames
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - >-
    The kernel counts for each interface how often it was made promiscuous, but not by whom. This module sets against that counter all who can hold
    it: the bridge, the administrator, packet sockets with their processes, and the devices above and around. What remains is unexplained, and a finding.
  - >-
    It also looks for what hears or copies frames without the counter: packet sockets for all frames, rules of tc and nftables that copy or redirect, and
    BPF programs (XDP, tc, tcx).
  - >-
    The kernel log and audit records tell only of the first count of an interface. A port of a bridge has it already, so a sniffer that comes later is not in
    them, nor in the flags that C(ip link) prints.
  - Looked at are the interfaces and sockets of the task's network namespace, and the processes that its C(/proc) shows.
  - >-
    Not seen are sniffers inside guests, rules of legacy iptables (C(-j TEE)), mirrors in the hardware of a network card or switch, and sockets of other
    network namespaces, which can't hear the interfaces of this one.
extends_documentation_fragment:
  - virtnet.hardening._attributes
  - virtnet.hardening._pyroute2
attributes:
  check_mode:
    details:
      - The module changes nothing.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing.
  idempotent:
    details:
      - The module changes nothing.
options:
  interfaces:
    description:
      - The names or shell patterns of the interfaces to tell of. A name that does not exist is an error, a pattern that matches none is not.
      - Not given, all interfaces are told of. An empty list tells of none.
      - Findings that are tied to no interface, such as a socket that listens to all, are always told.
    type: list
    elements: str
  expected:
    description:
      - What is meant to be. It is still in the ledger, with the reason, and no finding any more.
      - The items are taken in their order.
    type: list
    elements: dict
    default: []
    suboptions:
      match:
        description: The name or shell pattern of the interfaces for which it is expected.
        type: str
        required: true
      count:
        description:
          - How many counts of each such interface are expected, at least 1.
          - >-
            Without O(expected[].executable) and O(expected[].device) they cover what the administrator set (as Proxmox sets each tap promiscuous), and
            then what would be unexplained. They never cover a packet socket.
        type: int
        default: 1
      reason:
        description: Why, for the report.
        type: str
        required: true
      executable:
        description:
          - >-
            The path, or a shell pattern of paths, of a program that is meant to hold packet sockets, such as V(/usr/sbin/lldpd). The item then covers
            sockets all of whose holders run it, promiscuous ones up to O(expected[].count), and those that only listen.
          - >-
            The path and not the name counts, as a process can give itself any name. It is the path as the process sees it, so a process in a container
            can still pretend.
        type: path
      device:
        description: >-
          The name, or a shell pattern of names, of a macvlan, macvtap, VLAN or other device that is meant to receive all frames of the interface. The
          item then covers the counts that this device holds. Not together with O(expected[].executable).
        type: str
notes:
  - >-
    To look into the processes of other users and at BPF programs, root is needed. What could not be read is told in RV(not_looked_at); an empty list
    there means that everything was.
  - >-
    Of processes only pid, name, executable and user are told: a command line may hold a password.
seealso:
  - module: virtnet.hardening.linux_bridge_info
  - plugin: virtnet.hardening.bridge_findings
    plugin_type: filter
  - name: packet(7)
    description: PACKET_MR_PROMISC, and sockets for all frames.
    link: https://man7.org/linux/man-pages/man7/packet.7.html
"""

EXAMPLES = r"""
---
- name: Explain all interfaces
  virtnet.hardening.promiscuity_info:
  register: promiscuity

- name: Refuse sniffers, and an answer that is not complete
  ansible.builtin.assert:
    that:
      - promiscuity.findings | selectattr('rule', 'equalto', 'sniffer') | length == 0
      - promiscuity.not_looked_at | length == 0
    fail_msg: "{{ (promiscuity.findings | map(attribute='finding')) + (promiscuity.not_looked_at | map(attribute='what')) }}"

- name: Look at the guests' ports of a Proxmox VE host, where each tap is set promiscuous
  virtnet.hardening.promiscuity_info:
    interfaces: ["tap*", "fwpr*", "vmbr*"]
    expected:
      - match: "tap*"
        reason: Proxmox VE runs "ip link set promisc on" for each tap
      - match: "*"
        executable: /usr/sbin/lldpd
        reason: LLDP towards the switches

- name: Show each promiscuous interface and who made it so
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.ledger | map(attribute='detail') | join('; ') }}"
  loop: "{{ promiscuity.interfaces | selectattr('counter') }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
---
interfaces:
  description: The interfaces asked for, sorted by name.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The interface's name.
      returned: always
      type: str
      sample: vnet0
    kind:
      description: The kind as C(ip link) names it, with V(tap) and V(tun) apart; empty for a physical device.
      returned: always
      type: str
      sample: tap
    master:
      description: The bridge, bond or other device that it is a member of; empty for none.
      returned: always
      type: str
      sample: br0
    flags:
      description:
        - Which of V(up), V(running) and V(promisc) are set.
        - >-
          As everywhere in C(ip link), V(promisc) only says that the administrator set it; RV(interfaces[].counter) says whether the interface is promiscuous.
      returned: always
      type: list
      elements: str
      sample: [up, running]
    counter:
      description: The kernel's counter (C(promiscuity) of C(ip -d link)). The interface is promiscuous unless it is 0.
      returned: always
      type: int
      sample: 2
    ledger:
      description: Who holds the counts. Together with RV(interfaces[].unexplained) they make up the counter.
      returned: always
      type: list
      elements: dict
      contains:
        source:
          description: >-
            V(bridge), V(administrator), V(packet_socket), V(macvlan) (macvtap too), V(vlan), V(macsec), V(bond), V(team), V(openvswitch),
            V(address_filter) (further unicast addresses that the driver can't filter), or V(expected) (declared in O(expected)).
          returned: always
          type: str
        count:
          description: How many counts it holds.
          returned: always
          type: int
        detail:
          description: The same for people.
          returned: always
          type: str
        device:
          description: The bridge, macvlan or other device that takes part; empty for none.
          returned: always
          type: str
        reason:
          description: The reason from O(expected); empty if nobody declared it.
          returned: always
          type: str
        holders:
          description: >-
            The processes that hold the packet socket, each with C(pid), C(command), C(executable) and C(user). Empty for any other source, and for a
            socket whose holder is not visible: a process of another PID namespace, one that the user of the task can't look into, or the kernel itself.
          returned: always
          type: list
          elements: dict
      sample:
        - {"source": "bridge", "count": 1, "detail": "bridge br0 receives all frames of its port", "device": "br0", "reason": "", "holders": []}
        - source: packet_socket
          count: 1
          detail: tcpdump (pid 28339) of tcpdump
          device: ""
          reason: ""
          holders: [{"pid": 28339, "command": "tcpdump", "executable": "/usr/bin/tcpdump", "user": "tcpdump"}]
    unexplained:
      description:
        - What the ledger leaves of the counter; V(0) when all is accounted for. More than 0 is a finding of the rule V(unexplained).
        - Less than 0 when more holders were found than the counter knows, a finding of the rule V(miscounted).
      returned: always
      type: int
      sample: 0
findings:
  description: What lets somebody hear frames that are not theirs, the worst first.
  returned: success
  type: list
  elements: dict
  contains:
    interface:
      description: The interface; empty for what is tied to none.
      returned: always
      type: str
    severity:
      description: V(high), V(medium) or V(low). At a bridge, its ports and what lies below them it is higher than elsewhere.
      returned: always
      type: str
    finding:
      description: What was found, with names and numbers.
      returned: always
      type: str
    meaning:
      description: What it means.
      returned: always
      type: str
    remedy:
      description: What to do.
      returned: always
      type: str
    rule:
      description: >-
        V(bridge_promiscuous), V(sniffer), V(listener), V(hub), V(hub_of_two), V(administrator), V(macvlan), V(unexplained), V(miscounted), V(tc_mirror),
        V(tc_redirect), V(nft_mirror), V(nft_redirect), V(xdp) or V(tc_bpf).
      returned: always
      type: str
  sample:
    - interface: vnet0
      severity: high
      finding: "a sniffer: tcpdump (pid 28339) of tcpdump"
      meaning: The process receives every frame that reaches the interface, those to others included
      remedy: stop the process, or declare its executable under expected if it is meant to sniff
      rule: sniffer
not_looked_at:
  description: What could not be read, so that nothing can be said of it, and patterns of O(interfaces) that no interface has. Empty if everything was read.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: What.
      returned: always
      type: str
    reason:
      description: Why, and what to do about it.
      returned: always
      type: str
  sample:
    - {"what": "mirrors of Open vSwitch", "reason": "they are in its own database; list them by 'ovs-vsctl list mirror'"}
msg:
  description: Why the task failed, in a sentence.
  returned: failure
  type: str
  sample: "interfaces: there is no interface br7; there are br0, lo, vnet0."
error_code:
  description: >-
    V(invalid) for an interface that does not exist or an item that can't be right, V(dependency) when pyroute2 is missing or unusable, V(rights) when
    the user of the task may not read it and needs C(become), V(backend) when the kernel could not be read.
  returned: failure
  type: str
  sample: invalid
"""

from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.read import answer
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.promiscuity_info import PromiscuityRequest, spec
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.witness import Witness


def ask(params: Mapping[str, Any], witness: Witness) -> dict[str, Any]:
    """Read all once and set it against the counters."""
    return PromiscuityRequest(params).answer(witness.read())


def main() -> None:
    """Run the module."""
    answer(spec(), ask, Witness.open)


if __name__ == "__main__":
    main()
