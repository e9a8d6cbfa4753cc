#!/usr/bin/python
# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

DOCUMENTATION = r"""
---
module: isolation_probe
short_description: Send and hear marked frames, to see what a virtual switch lets pass
version_added: 0.1.0
author:
  - virtnet.hardening contributors (@virtnet)
description:
  - Runs in guests, or on any other Linux host that Ansible reaches. One guest sends marked frames, the others listen and count what they hear.
  - >-
    This is the part that works in one guest. The role P(virtnet.hardening.isolation_check#role) puts several of them together and judges what they
    heard; use that unless you need something of your own.
  - >-
    It can do no harm on a network in use. All frames have the EtherType 0x88B5, which IEEE Std 802 reserves for local experiments, and a payload that
    says in plain text what they are. There is no option for any other EtherType, source address or content. Forged sources and unknown destinations are
    locally administered test addresses of the range C(02:88:b5:xx:xx:xx), other ones in each run and for each sender. At most 100 frames are sent
    in a run, one in 10 ms, within 10 seconds, and a listener ends after at most 300 seconds.
  - >-
    It leaves nothing behind on the host: promiscuous mode belongs to the listener's socket and ends with it, however that ends, and no
    file is written. A listener is given frames of this EtherType only, so it can't read anybody's traffic.
extends_documentation_fragment:
  - virtnet.hardening._attributes
attributes:
  check_mode:
    details:
      - Refuses what a real run would refuse and says what it would do. Nothing is sent and nothing is heard.
  diff_mode:
    support: N/A
    details:
      - The module changes nothing on its host.
  idempotent:
    support: N/A
    details:
      - The module changes nothing on its host. It observes, and what is heard depends on the network.
  async:
    description: Can be run in the background with C(async).
    support: full
    details:
      - A listener ends by itself after O(duration), also when nobody asks for its result.
options:
  action:
    description:
      - V(inspect) tells which interface would be used, with its address, and how many listeners are at work there. It sends and hears nothing.
      - V(listen) puts the interface into promiscuous mode, counts the marked frames of O(run) for O(duration) seconds, and leaves the mode.
      - V(send) sends each of O(probes) O(repeat) times.
      - >-
        V(stop) tells the listener of O(run) on the interface to end a second later, when all has been sent that it is to hear. It then returns
        what it heard as if its time were over.
    type: str
    required: true
    choices: [inspect, listen, send, stop]
  interface:
    description:
      - The Ethernet interface to use. It must be up, with a carrier, and no member of a bridge or bond.
      - >-
        Not given, it is the one that carries the host's default route, IPv4 or IPv6, of the main table. A host without one, or whose default routes lead
        through several interfaces, is refused with the names to choose from.
    type: str
  run:
    description:
      - What tells this run from others, 8 to 32 of the characters C(0-9) and C(a-z). The same for senders and listeners, and a new one for each run.
      - Test addresses are derived from it.
      - Required for V(listen), V(send) and V(stop), not used by V(inspect).
    type: str
  name:
    description:
      - The sender's name, which stands in its frames. 1 to 128 letters, digits and C(._:@%+-).
      - Required for V(send), not used otherwise.
    type: str
  duration:
    description: Seconds for which V(listen) listens unless V(stop) ends it earlier, 1 to 300.
    type: int
    default: 30
  probes:
    description:
      - What V(send) sends, in this order. Required for it, and not used otherwise.
      - The number of probes times O(repeat) is at most 100.
    type: list
    elements: dict
    suboptions:
      claim:
        description:
          - V(broadcast) is sent to C(ff:ff:ff:ff:ff:ff) from the interface's own address.
          - V(unicast) is sent to O(probes[].address) from the interface's own address.
          - V(unknown_unicast) is sent to a test address that nobody has, from the interface's own address. A switch floods it unless told not to.
          - V(forged_source) is sent to O(probes[].address) from a test address that nobody has.
        type: str
        required: true
        choices: [broadcast, unicast, unknown_unicast, forged_source]
      to:
        description:
          - The name of the host that the frame is meant for, of the same form as O(name).
          - Required for V(unicast) and V(forged_source), refused otherwise.
        type: str
      address:
        description:
          - The MAC address of that host, in quotes. A multicast address, the host's own and one of the test range are refused.
          - Required for V(unicast) and V(forged_source), refused otherwise.
        type: str
  repeat:
    description: How often each probe is sent, 1 to 10. Frames get lost on busy networks, and one that arrives is enough.
    type: int
    default: 3
requirements:
  - Python 3.8 or later on the target, with nothing but its standard library
notes:
  - Needs the capability C(CAP_NET_RAW) in the target's network namespace; usually this means C(become) with root.
  - >-
    A switch that lets a forged frame pass and learns addresses has then learned a test address on the sender's port. That moves nobody's traffic, as
    no host has such an address, and it ages out (300 seconds on a Linux bridge unless told otherwise).
  - >-
    A physical switch that limits the addresses of a port counts the test address too. Where such a limit shuts the port down, don't send
    V(forged_source) to hosts beyond that switch.
  - The kernel of the listening guest logs that the interface entered and left promiscuous mode, and intrusion detection may report it.
  - Frames are not signed. A hostile host on the same network can make up frames of the run that it hears.
seealso:
  - module: virtnet.hardening.linux_bridge_port
  - module: virtnet.hardening.linux_bridge_fdb
  - module: virtnet.hardening.linux_bridge_info
  - plugin: virtnet.hardening.isolation_plan
    plugin_type: filter
  - plugin: virtnet.hardening.isolation_verdict
    plugin_type: filter
  - name: IEEE Std 802, local experimental EtherTypes
    description: The registration authority's tutorial on EtherTypes, section on local experimental ones.
    link: https://standards.ieee.org/wp-content/uploads/import/documents/tutorials/ethertype.pdf
"""

EXAMPLES = r"""
---
- name: See which interface a probe would use
  virtnet.hardening.isolation_probe:
    action: inspect
  register: seen

- name: Listen in the background for 10 seconds
  virtnet.hardening.isolation_probe:
    action: listen
    interface: eth0
    run: "4f1c09ab77de"
    duration: 10
  async: 40
  poll: 0
  register: listener

- name: Send a broadcast, and a frame from a forged address to a neighbour
  virtnet.hardening.isolation_probe:
    action: send
    interface: eth0
    run: "4f1c09ab77de"
    name: "{{ inventory_hostname }}"
    probes:
      - claim: broadcast
      - claim: forged_source
        to: guest2
        address: "52:54:00:01:00:02"

- name: End the listener now that all is sent
  virtnet.hardening.isolation_probe:
    action: stop
    interface: eth0
    run: "4f1c09ab77de"

- name: Collect what was heard
  ansible.builtin.async_status:
    jid: "{{ listener.ansible_job_id }}"
  register: heard
  until: heard.finished
  retries: 40
  delay: 1

- name: Leave no record of the background task
  ansible.builtin.async_status:
    jid: "{{ listener.ansible_job_id }}"
    mode: cleanup
"""

RETURN = r"""
---
interface:
  description: The interface that was used, or would be.
  returned: success
  type: dict
  contains:
    name:
      description: Its name.
      returned: always
      type: str
      sample: eth0
    mac:
      description: Its address, from which all frames but V(forged_source) are sent.
      returned: always
      type: str
      sample: "52:54:00:01:00:01"
    mtu:
      description: Its MTU in bytes.
      returned: always
      type: int
      sample: 1500
    chosen_by:
      description: Why this one, V(option) or V(default_route).
      returned: always
      type: str
      sample: option
  sample: {"name": "eth0", "mac": "52:54:00:01:00:01", "mtu": 1500, "chosen_by": "option"}
run:
  description: The run's name, as it was given.
  returned: O(action=listen), O(action=send) and O(action=stop)
  type: str
  sample: 4f1c09ab77de
listeners:
  description: How many packet sockets of the EtherType 0x88B5 are bound to the interface now.
  returned: O(action=inspect)
  type: int
  sample: 0
promiscuous:
  description: Whether the interface could be put into promiscuous mode. If not, frames for others were not heard whatever the switch did.
  returned: O(action=listen), not in check mode
  type: bool
  sample: true
heard:
  description: The frames of the run that arrived, with addresses as they arrived. Frames with addresses that don't fit their claim are left out.
  returned: O(action=listen), not in check mode
  type: list
  elements: dict
  contains:
    from:
      description: The sender's name.
      returned: always
      type: str
      sample: guest1
    claim: &claim
      description: The probe's claim.
      returned: always
      type: str
      sample: forged_source
    to: &to
      description: The name of the host that it was meant for. Empty for V(broadcast) and V(unknown_unicast).
      returned: always
      type: str
      sample: guest2
    source: &source
      description: The source address.
      returned: always
      type: str
      sample: "02:88:b5:7f:c7:92"
    destination: &destination
      description: The destination address.
      returned: always
      type: str
      sample: "52:54:00:01:00:02"
    frames:
      description: How many different frames, at most the sender's O(repeat).
      returned: always
      type: int
      sample: 3
    duplicates:
      description: How many arrived once more. More than 0 means a loop or a mirror in the network.
      returned: always
      type: int
      sample: 0
ignored:
  description: Frames of the EtherType 0x88B5 that are none of this run.
  returned: O(action=listen), not in check mode
  type: int
  sample: 0
dropped:
  description: Frames of the EtherType 0x88B5 that the kernel dropped as they came too fast for the listener.
  returned: O(action=listen), not in check mode
  type: int
  sample: 0
stopped:
  description: Whether there was a listener of the run. One that has ended by itself is no failure.
  returned: O(action=stop), not in check mode
  type: bool
  sample: true
sent:
  description: The frames that were sent.
  returned: O(action=send), not in check mode
  type: list
  elements: dict
  contains:
    claim: *claim
    to: *to
    source: *source
    destination: *destination
    frames:
      description: How many.
      returned: always
      type: int
      sample: 3
msg:  # generated from docs/words/results.yml
  description: What was done, or why the task failed, in a sentence.
  returned: always
  type: str
  sample: "Sent 6 frames on eth0 in 0.06 s."
error_code:
  description: >-
    V(invalid) for options that can't be right or an interface that can't be used, V(rights) without C(CAP_NET_RAW), V(backend) when the kernel
    could not be read or the interface failed.
  returned: failure
  type: str
  sample: unsupported
"""

from ansible_collections.virtnet.hardening.plugins.module_utils._ansible.read import act
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.job import ProbeJob
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.request import REQUIRED_IF, spec


def main() -> None:
    """Run the module."""
    act(spec(), ProbeJob, required_if=REQUIRED_IF)


if __name__ == "__main__":
    main()
