# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What the ledgers and the rules that copy frames mean, how severe it is and what to do. Pure."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._linux.promiscuity import Books, Entry, Ledger, holder_words
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.select import is_hub
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.constants import ETH_P_ALL
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import PACKET_SOCKETS, Device, Evidence, Mirror
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.findings import Finding, Rule, table, worst_first

# What a rule is about: a bridge, any interface.
BRIDGE, INTERFACE = "bridge", "interface"
ABOUT: dict[str, str] = {BRIDGE: "a bridge", INTERFACE: "an interface"}

# The first severity is that at a switch, its port or what lies below.
RULES: Mapping[str, Rule] = table(
    Rule(
        "bridge_promiscuous",
        BRIDGE,
        "high",
        "All frames on the bridge reach the host, or the other switch that has bridged it. The bridge does not learn the addresses behind that switch,"
        " so frames to its guests are flooded to all ports and every guest can read them",
        "give the other switch a port of its own on the bridge (a veth pair) in place of the bridge device; until then set unicast_flood: false on guests'"
        " ports",
    ),
    Rule(
        "sniffer",
        INTERFACE,
        "high",
        "The process receives every frame that reaches the interface, those to others included",
        "stop the process, or declare its executable under expected if it is meant to sniff",
        elsewhere="medium",
    ),
    Rule(
        "listener",
        INTERFACE,
        "medium",
        "The process hears all frames of the interface without making it promiscuous, so the counter does not show it; on a port that means all frames"
        " of the guest",
        "stop the process, bind it to another interface, or declare its executable under expected (DHCP clients and LLDP daemons listen like this)",
        elsewhere="",
    ),
    Rule(
        "hub",
        BRIDGE,
        "high",
        "ageing_time is 0, so the bridge forgets every address at once and floods every frame to every guest",
        "set ageing_time: 300 with linux_bridge",
    ),
    Rule(
        "hub_of_two",
        BRIDGE,
        "low",
        "ageing_time is 0, so the bridge forgets every address at once; with two ports at most there is nobody else to receive, and a third one would"
        " receive every frame of both",
        "set ageing_time: 300 with linux_bridge unless somebody counts on it, as OpenStack's hybrid plug (qbr bridges) does",
    ),
    Rule(
        "administrator",
        INTERFACE,
        "medium",
        "Somebody set the interface promiscuous by hand or a program did (ip link set promisc on; Proxmox does so for each tap): it receives frames that"
        " are not for it",
        "run ip link set dev NAME promisc off, or declare it under expected with the reason",
    ),
    Rule(
        "macvlan",
        INTERFACE,
        "high",
        "The device above receives every frame of the interface, those to others included, and hands them to its guest or switch",
        "use a macvtap in bridge mode or a port of a bridge, or declare the device under expected if it is meant",
        elsewhere="medium",
    ),
    Rule(
        "unexplained",
        INTERFACE,
        "high",
        "Something makes the interface promiscuous that no socket, bridge, flag or device of this network namespace accounts for: a kernel module"
        " (VMware Workstation's vmnet bridge does this), a macvlan device that was moved into another namespace, or a VLAN device that was deleted while it was"
        " promiscuous, whose count some kernels do not take back",
        "find it (lsmod, ip -all netns exec ip -d link); if it is meant, declare it under expected with the reason",
    ),
    Rule(
        "miscounted",
        INTERFACE,
        "medium",
        "The counter is lower than the holders that were found, so one of them is not what it seems on this kernel",
        "run it again; if it stays, report it with the output of ip -d link and uname -r",
    ),
    Rule(
        "tc_mirror",
        INTERFACE,
        "high",
        "A tc rule copies the frames, and the counter does not show it",
        "delete the filter by tc filter del unless it is meant",
        elsewhere="medium",
    ),
    Rule(
        "tc_redirect",
        INTERFACE,
        "medium",
        "A tc rule sends the frames elsewhere (shaping by an ifb device does so too), and the counter does not show it",
        "delete the filter by tc filter del unless it is meant",
        elsewhere="low",
    ),
    Rule(
        "nft_mirror",
        INTERFACE,
        "high",
        "A rule of nftables copies the frames, and the counter does not show it",
        "delete the rule unless it is meant",
        elsewhere="medium",
    ),
    Rule(
        "nft_redirect",
        INTERFACE,
        "medium",
        "A rule of nftables sends the frames elsewhere, and the counter does not show it",
        "delete the rule unless it is meant",
        elsewhere="low",
    ),
    Rule(
        "xdp",
        INTERFACE,
        "medium",
        "The program sees every frame before all else and can copy, change, redirect or drop it unseen by any firewall",
        "look at it by bpftool prog show id NUMBER; detach it by ip link set dev NAME xdp off unless it is meant",
        elsewhere="low",
    ),
    Rule(
        "tc_bpf",
        INTERFACE,
        "medium",
        "The program sees every frame and can copy, change, redirect or drop it (container networks such as Cilium work like this)",
        "look at it by bpftool net show and bpftool prog show; detach it unless it is meant",
        elsewhere="low",
    ),
)


class Judge:
    """Findings of chosen interfaces."""

    def __init__(self, evidence: Evidence, books: Books) -> None:
        self._evidence = evidence
        self._books = books

    def findings(self, ledgers: Mapping[str, Ledger]) -> list[dict[str, Any]]:
        """Of the interfaces whose ledgers are given, and those tied to no interface; the worst first."""
        found: list[Finding] = []
        for name, ledger in ledgers.items():
            found.extend(self._of_device(self._evidence.devices[name], ledger))
        found.extend(self._of_mirrors(ledgers))
        found.extend(self._of_unbound_listeners(ledgers))
        return worst_first(found, "interface", "rule")

    def _make(self, rule: str, device: Device, text: str) -> Iterator[Finding]:
        yield from _finding(rule, device.name, text, self._books.shared(device))

    def _of_device(self, device: Device, ledger: Ledger) -> Iterator[Finding]:
        if device.hub:
            ports = sum(each.master == device.name for each in self._evidence.devices.values())
            if is_hub(0, ports):
                yield from self._make("hub", device, "the bridge is a hub")
            else:
                yield from self._make("hub_of_two", device, f"the bridge floods every frame, to {ports} port{'' if ports == 1 else 's'}")
        if device.kind == "bridge":
            yield from self._of_bridge(device, ledger)
        for entry in ledger.entries:
            if not entry.reason:
                yield from self._of_entry(device, entry)
        if ledger.unexplained > 0:
            unread = [gap.what for gap in self._evidence.gaps if gap.what == PACKET_SOCKETS]
            words = f"; {unread[0]} could not be read, so it may be a sniffer" if unread else ""
            yield from self._make("unexplained", device, f"{ledger.unexplained} of the counter's {device.counter} is held by nobody that can be found{words}")
        elif ledger.unexplained < 0:
            yield from self._make("miscounted", device, f"the counter is {device.counter}, but {device.counter - ledger.unexplained} holders were found")
        yield from self._of_listeners(device)
        yield from self._of_programs(device)

    def _of_programs(self, device: Device) -> Iterator[Finding]:
        for program in device.xdp:
            yield from self._make("xdp", device, f"XDP program {program.id} is attached ({program.place[4:] or 'mode not told'})")
        for program in self._evidence.programs.get(device.name, ()):
            if program.guard:
                # The guard partial_checksum, which lets a frame by or drops it.
                continue
            title = " ".join(str(part) for part in (program.id or "", program.name) if part)
            yield from self._make("tc_bpf", device, f"BPF program{' ' if title else ''}{title} is attached ({program.place})")

    def _of_bridge(self, device: Device, ledger: Ledger) -> Iterator[Finding]:
        """By whom: packet sockets have their own findings, and what was declared is none."""
        holders = [entry for entry in ledger.entries if entry.source != "packet_socket" and not entry.reason]
        if not holders:
            return
        names = {entry.device for entry in holders}
        ways = [(switch, way) for switch, way in dict.fromkeys(self._books.bridged_by(device)) if switch in names or way in names]
        switches = [f"switch {switch} has bridged it by {way}" for switch, way in ways if switch]
        rest = [entry.detail for entry in holders if not any(switch and way == entry.device for switch, way in ways)]
        yield from self._make("bridge_promiscuous", device, f"the bridge device is promiscuous: {'; '.join([*switches, *rest])}")

    def _of_entry(self, device: Device, entry: Entry) -> Iterator[Finding]:
        if entry.source == "packet_socket":
            yield from self._make("sniffer", device, f"a sniffer: {entry.detail}")
        elif device.kind == "bridge":
            return
        elif entry.source == "administrator":
            yield from self._make("administrator", device, "promiscuous mode is switched on")
        elif entry.source == "macvlan":
            upper = self._evidence.devices[entry.device]
            mode = f"{upper.kind} {upper.mode}" if upper.mode else upper.kind
            switch = self._books.switch_of(upper)
            yield from self._make("macvlan", device, f"{entry.device} ({mode}) takes all frames" + (f" for switch {switch.name}" if switch else ""))

    def _of_listeners(self, device: Device) -> Iterator[Finding]:
        for socket in self._evidence.sockets:
            listens = socket.running and socket.protocol == ETH_P_ALL and socket.bound == device.name and not socket.promiscuous.get(device.name)
            if listens and not self._books.declared(socket, device.name):
                yield from self._make("listener", device, f"listens to all frames: {holder_words(socket)}")

    def _of_unbound_listeners(self, ledgers: Mapping[str, Ledger]) -> Iterator[Finding]:
        """One finding a socket, however many interfaces it hears; none if every shared one is declared."""
        names = [name for name in ledgers if self._books.shared(self._evidence.devices[name])]
        for socket in self._evidence.sockets:
            if not (socket.running and socket.protocol == ETH_P_ALL and not socket.bound):
                continue
            heard = [name for name in names if not socket.promiscuous.get(name) and not self._books.declared(socket, name)]
            if heard:
                few = ", ".join(heard[:5]) + (f" and {len(heard) - 5} more" if len(heard) > 5 else "")
                yield from _finding("listener", "", f"listens to all frames of all interfaces, {few} among them: {holder_words(socket)}", shared=True)

    def _of_mirrors(self, ledgers: Mapping[str, Ledger]) -> Iterator[Finding]:
        for mirror in self._evidence.mirrors:
            rule = f"{mirror.by}_{'redirect' if mirror.verb == 'redirect' else 'mirror'}"
            if not mirror.interface:
                yield from _finding(rule, "", _mirror_words(mirror), shared=False)
            elif mirror.interface in ledgers:
                yield from self._make(rule, self._evidence.devices[mirror.interface], _mirror_words(mirror))


def _mirror_words(mirror: Mirror) -> str:
    verb = {"mirror": "copied", "redirect": "redirected", "sample": "sampled"}[mirror.verb]
    return f"frames are {verb} to {mirror.target} ({mirror.by}, {mirror.place})"


def _finding(name: str, interface: str, text: str, shared: bool) -> Iterator[Finding]:
    rule = RULES[name]
    severity = rule.severity if shared or rule.elsewhere is None else rule.elsewhere
    if severity:
        yield Finding(rule, {"interface": interface}, text, severity, rule.remedy.replace("NAME", interface))
