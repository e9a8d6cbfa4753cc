# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the suite does not show: taps that are made again, quarantine, isolation, hosts that lack something, profiles, real stacks."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import time
from ipaddress import ip_address
from typing import Any, Callable

import pytest
from attacks import frames as f
from attacks import link, share
from attacks.arena import namespace_of, within
from attacks.ring import ATTACKER, OUTSIDE, Ring

from .world import BRIDGE_MAC, World, matrix

REJECT_ALL = {"promiscuous": "reject", "mac_changes": "reject", "forged_transmits": "reject"}
NO_LOCKED = """
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.probe import Probe
from ansible_collections.virtnet.hardening.plugins.modules.linux_port_security import main
_real = Probe.unsupported
Probe.unsupported = lambda self, kind, name, value: "this kernel has no locked ports" if name == "locked" else _real(self, kind, name, value)
"""


def guests(world: World, **more: Any) -> dict[str, Any]:
    """The document for all three guests."""
    group = {"name": "guests", "match": ["vnet*"], "profile": "guest", "ports": [], **more}
    for item in world.policy():
        del item["profile"]
        group["ports"].append(item)
    return {"name": "br0", "port_groups": [group]}


def run_alone(ring: Ring) -> dict[str, matrix.Outcome]:
    """All attacks and flows but those of guests that share an address, which these guests don't."""
    cases = {"attacks": [case for case in matrix.ATTACKS if case not in share.CASES], "honest": [case for case in matrix.HONEST if case not in share.HONEST]}
    return {kind: matrix.run(ring, some) for kind, some in cases.items()}


def attacks_that_get_through(world: World) -> list[str]:
    """Their names; no honest flow may be lost meanwhile."""
    with world.ring() as ring:
        outcome = run_alone(ring)
    assert [name for name, works in outcome["honest"].items() if not works] == []
    return [name for name, through in outcome["attacks"].items() if through]


def framed(ring: Ring, to: str, packet: f.Packet, *tags: tuple[int, int]) -> Callable[[bytes], bytes]:
    """Builds the frame around a packet of the attacker."""
    return lambda token: f.tagged(f.ether(ring.a.mac, to, packet, token), *tags)


def elements(world: World) -> str:
    """What the table holds, by its own tool."""
    return world.output("nft", "list", "table", "bridge", "virtnet_hardening")


@pytest.mark.parametrize("to_host", [False, True], ids=["to a guest", "to the host"])
def test_streams_are_known_by_one_look_up(world: World, to_host: bool) -> None:
    """Without what the guards compare with, TCP and UDP between own addresses pass still, and nothing else of the guest does."""
    world.module("linux_port_security", bridge="br0", ports=world.policy())
    to = BRIDGE_MAC if to_host else world.stations["victim"].mac
    heard = within(namespace_of(world.pid("host")), lambda: _at_bridge("br0")) if to_host else None

    def passes(ring: Ring, packet: f.Packet) -> bool:
        build = framed(ring, to, packet)
        if heard is None:
            return ring.strike(build)
        frame = build(ring.arena.token())
        ring.arena.send(ATTACKER, frame)
        return _hears(heard, frame)

    for name in ("ip4_addresses", "ip6_addresses"):
        world.output("nft", "flush", "set", "bridge", "virtnet_hardening", name)
    with world.ring() as ring:
        for head in (f.IP(src=ring.a.ip4, dst=ring.v.ip4), f.IPv6(src=ring.a.ip6, dst=ring.v.ip6)):
            assert passes(ring, head / f.TCP(sport=40000, dport=443)) and passes(ring, head / f.UDP(sport=40000, dport=443) / f.Raw(b"x" * 20))
            assert not passes(ring, head / f.UDP(sport=40000, dport=67 if head.version == 4 else 547) / f.Raw(b"x" * 20))
        assert not passes(ring, f.IP(src=ring.a.ip4, dst=ring.v.ip4) / f.ICMP())
        assert not passes(ring, f.IPv6(src=ring.a.ip6, dst=ring.v.ip6) / f.IPv6ExtHdrDestOpt(options=[f.PadN(optdata=b"\0" * 4)]) / f.TCP())
    if heard is not None:
        heard.close()


def _at_bridge(name: str) -> socket.socket:
    channel = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    channel.bind((name, 3))
    channel.settimeout(0.3)
    return channel


def _hears(channel: socket.socket, frame: bytes) -> bool:
    """The host cuts what is behind an IP packet."""
    try:
        while not frame.startswith(channel.recv(65_536)):
            pass
    except socket.timeout:
        return False
    return True


def test_a_tap_that_is_made_again_inherits_nothing(world: World) -> None:
    """Neither entries nor guards nor flags, and the next run leaves nothing of the old device."""
    world.module("linux_port_security", bridge="br0", ports=world.policy())
    old = world.stations["attacker"].mac
    world.plug("attacker", "vnet0", 1)
    port = json.loads(world.output("bridge", "-d", "-j", "link", "show", "dev", "vnet0"))[0]
    assert not port["locked"] and port["learning"] and port["flood"]
    fdb = json.loads(world.output("bridge", "-j", "fdb", "show", "br", "br0"))
    assert not [entry for entry in fdb if entry["mac"] == old and entry.get("state") == "static"]
    with world.ring() as ring:
        # Another guest on the old name: what the old one was allowed, and what it was not, is nothing to it.
        assert ring.carry("attacker", "victim", lambda token: f.plain("52:54:00:00:00:77", ring.v.mac, token))
        assert ring.carry("attacker", "victim", lambda token: f.ether(ring.a.mac, ring.v.mac, f.IP(src="192.0.2.77", dst=ring.v.ip4) / f.ICMP(), token))
    result = world.module("linux_port_security", bridge="br0", ports=world.policy())
    assert any(action.startswith("delete filter ifindex ") for action in result["actions"])
    assert len(re.findall(r'"vnet0" \. 52:54:00:00:00:01(?! \.)', elements(world))) == 1
    assert attacks_that_get_through(world) == []
    assert not world.module("linux_port_security", bridge="br0", ports=world.policy())["changed"]


def test_quarantine_shuts_names_until_they_are_known(world: World) -> None:
    """A tap that is made again, and a guest that nobody wrote down, neither send nor hear."""
    document = guests(world, quarantine=True)
    known = document["port_groups"][0]["ports"]
    document["port_groups"][0]["ports"] = known[:2]
    result = world.module("linux_switch_policy", switches=[document])
    assert result["quarantined"] == ["vnet2"]
    world.plug("attacker", "vnet0", 1)
    with world.ring() as ring:
        for shut in ("attacker", "third"):
            station = ring.arena[shut]
            assert not ring.carry(shut, "outside", lambda token, station=station: f.plain(station.mac, ring.o.mac, token))  # type: ignore[misc]
            assert not ring.carry(shut, "outside", lambda token, station=station: f.raw(f.bpdu(station.mac), token))  # type: ignore[misc]
            assert not ring.carry("outside", shut, lambda token: f.plain(ring.o.mac, f.BROADCAST, token))
        assert ring.carry("victim", "outside", lambda token: f.plain(ring.v.mac, ring.o.mac, token))
    document["port_groups"][0]["ports"] = known
    world.module("linux_switch_policy", switches=[document])
    assert attacks_that_get_through(world) == []
    document["port_groups"][0]["quarantine"] = False
    assert "delete quarantine vnet*" in world.module("linux_switch_policy", switches=[document])["actions"]
    assert not world.module("linux_switch_policy", switches=[document])["changed"]


def test_isolated_guests_don_t_reach_each_other(world: World) -> None:
    """They did before, and they still reach the outside."""
    with world.ring() as ring:
        assert ring.strike(lambda token: f.plain(ring.a.mac, ring.v.mac, token))
    world.module("linux_port_security", bridge="br0", ports=world.policy(isolated=True))
    with world.ring() as ring:
        assert not ring.strike(lambda token: f.plain(ring.a.mac, ring.v.mac, token))
        assert not ring.strike(lambda token: f.plain(ring.a.mac, f.BROADCAST, token))
        assert ring.carry("attacker", "outside", lambda token: f.plain(ring.a.mac, ring.o.mac, token))


def test_a_kernel_without_locked_ports(world: World) -> None:
    """nftables compares the addresses instead, as documented; nothing gets through either."""
    world.script(NO_LOCKED, bridge="br0", ports=world.policy())
    port = json.loads(world.output("bridge", "-d", "-j", "link", "show", "dev", "vnet0"))[0]
    assert not port["locked"] and not port["learning"]
    assert attacks_that_get_through(world) == []


@pytest.mark.parametrize("stand_in", ["no program", "no kernel"])
def test_a_host_without_nftables(world: World, stand_in: str, tmp_path: Any) -> None:
    """Guards are refused by name, before anything is written. What the bridge can do alone is done."""
    fake = tmp_path / "nft"
    fake.write_text("#!/bin/sh\necho 'Error: Could not process rule: Operation not supported' >&2\nexit 1\n" if stand_in == "no kernel" else "")
    fake.chmod(0o755 if stand_in == "no kernel" else 0o644)
    path = subprocess.run(["sh", "-c", "PATH=$PATH:/usr/sbin:/sbin command -v nft"], capture_output=True, text=True, check=True).stdout.strip()
    subprocess.run(world.enter("host", "mount", "--bind", str(fake), path), check=True)
    before = world.output("bridge", "-d", "link")
    refusal = world.module("linux_port_security", False, bridge="br0", ports=world.policy())
    assert refusal["error_code"] == "unsupported" and refusal["option"] == "arp" and "vnet0" in refusal["msg"]
    assert world.output("bridge", "-d", "link") == before
    refusal = world.script(NO_LOCKED, False, bridge="br0", ports=[{"name": "vnet0", "macs": ["52:54:00:00:00:01"], "security": {"forged_transmits": "reject"}}])
    assert refusal["error_code"] == "unsupported" and "no locked ports" in refusal["msg"] and "nft" in refusal["msg"]
    ports = [{"name": item["name"], "macs": item["macs"], "security": REJECT_ALL} for item in world.policy()]
    assert world.module("linux_port_security", bridge="br0", ports=ports)["changed"]
    through = attacks_that_get_through(world)
    # Which port is that of a multicast router is decided by the guard router_advertisement, not by the three policies.
    assert not [name for name in through if name.startswith(("sniff", "forge", "steal", "receive on a changed MAC")) and "a group" not in name]
    refusal = world.module("linux_port_security", False, bridge="br0", ports=[{"name": "vnet0", "guards": {"bpdu": "reject"}}])
    assert "runs no STP" in refusal["msg"]
    world.module("linux_port_security", bridge="br0", ports=ports, state="absent")
    assert world.output("bridge", "-d", "link") == before


def test_profile_router(world: World) -> None:
    """It forwards, advertises itself and serves DHCP; what it must not forge it still can't."""
    ports = world.policy()
    ports[0]["profile"] = "router"
    world.module("linux_port_security", bridge="br0", ports=ports)
    with world.ring() as ring:
        outcome = run_alone(ring)
    assert all(outcome["honest"].values())
    through = {name for name, passed in outcome["attacks"].items() if passed}
    # That is what a router is for.
    routing = {f"sniff: a group after {name}" for name in link.HELLOS}
    assert {"RA", "ICMPv6 redirect", "DHCP offer", "DHCPv6 advertise", "IP source: a neighbour's IPv4 address", *routing} <= through
    assert not {name for name in through - routing if name.split(":")[0] in ("sniff", "forge", "steal", "ARP", "NA", "NS", "RARP", "BPDU", "VLAN tag")}


def test_profile_nested_hypervisor(world: World) -> None:
    """Guests behind it with any address, and still no routers, DHCP servers or spanning tree."""
    ports = world.policy()
    ports[0] = {"name": "vnet0", "profile": "nested_hypervisor"}
    world.module("linux_port_security", bridge="br0", ports=ports)
    with world.ring() as ring:
        outcome = run_alone(ring)
    assert all(outcome["honest"].values())
    through = {name for name, passed in outcome["attacks"].items() if passed}
    # Its guests ask for addresses with their own MAC addresses.
    clients = {"DHCP discover for a neighbour's MAC", "DHCP release of a neighbour's lease", "DHCP release of a neighbour's address"}
    assert {"forge: random MAC", "receive on a changed MAC", "VLAN tag", *clients} <= through
    assert not {name for name in through - clients if name.startswith(("RA:", "DHCP", "BPDU", "PIM", "IGMP", "MLD", "sniff: a group"))} | through & {"RA"}
    # It can't take what is pinned to another port.
    assert not {"steal: a neighbour's MAC"} & through


def test_an_entry_that_somebody_wrote_authorises_nobody(world: World) -> None:
    """A lock lets in every address that is written to its port, also one that is not the guest's: on its own it would let this one forge."""
    foreign = "52:54:00:00:00:99"
    world.module("linux_port_security", bridge="br0", ports=[{"name": item["name"], "macs": item["macs"], "security": REJECT_ALL} for item in world.policy()])
    world.bridge(f"fdb add {foreign} dev vnet0 master static")
    with world.ring() as ring:
        assert not ring.strike(lambda token: f.plain(foreign, ring.v.mac, token)) and ring.strike(lambda token: f.plain(ring.a.mac, ring.v.mac, token))
        world.bridge(f"fdb replace {foreign} dev vnet0 master static sticky")
        assert not ring.strike(lambda token: f.plain(foreign, ring.v.mac, token))
    assert f"delete fdb br0 {foreign}" in world.module("linux_port_security", bridge="br0", ports=[{"name": "vnet0"}])["actions"]
    assert not world.module("linux_port_security", bridge="br0", ports=[{"name": "vnet0"}])["changed"]


@pytest.mark.parametrize("hello", link.HELLOS)
def test_only_a_multicast_router_s_port_hears_a_group(world: World, hello: str) -> None:
    """The hello makes the difference on an open bridge; a hardened port gives up what it got before, and gets it no more by either lock."""
    with world.ring() as ring:
        link.snoop(ring)
        assert not link.hears_group(ring, "attacker") and link.hears_group(ring, "victim")
        link.claim_router(ring, link.HELLOS[hello](ring))
        assert link.hears_group(ring, "attacker")
        world.module("linux_port_security", bridge="br0", ports=world.policy())
        link.snoop(ring)
        assert not link.hears_group(ring, "attacker") and link.hears_group(ring, "victim")
        for lock in ("set dev vnet0 mcast_router 1", "set dev vnet0 mcast_router 0"):
            world.bridge(f"link {lock}")
            link.snoop(ring)
            link.claim_router(ring, link.HELLOS[hello](ring))
            assert not link.hears_group(ring, "attacker"), lock
            subprocess.run(world.enter("host", "nft", "flush", "chain", "bridge", "virtnet_hardening", "ipv4_router"), check=True)


def test_stacks_get_their_addresses(world: World) -> None:
    """The kernel's own IPv6 in guest and router: detection, SLAAC out of the named prefix, and traffic over it."""
    guest, router = world.stations["attacker"], world.stations["outside"]
    ports = world.policy(["attacker"])
    ports[0]["addresses"] = [guest.ip4, "2001:db8:7::/64"]
    world.module("linux_port_security", bridge="br0", ports=ports)
    for name in ("attacker", "outside"):
        subprocess.run(world.enter(name, "sh", "-c", "for each in all default eth0; do echo 0 > /proc/sys/net/ipv6/conf/$each/disable_ipv6; done"), check=True)
    world.ip("outside", "addr add 2001:db8:7::1/64 dev eth0 nodad", f"addr add {router.ip4}/24 dev eth0")
    world.ip("attacker", f"addr add {guest.ip4}/24 dev eth0")
    with world.ring() as ring:
        prefix = f.router(f.link_local(router.mac), router.mac)
        prefix.lastlayer().prefix = "2001:db8:7::"
        frame = f.ether(router.mac, f.ALL_NODES, f.over6(f.link_local(router.mac), "ff02::1", prefix), b"")
        wanted = str(ip_address("2001:db8:7:0:" + f.link_local(guest.mac).split("::")[1]))
        deadline = time.monotonic() + 15
        while not _usable(world, wanted):
            assert time.monotonic() < deadline, "no address by SLAAC"
            ring.arena.send("outside", frame)
            time.sleep(0.5)
    for address in (router.ip4, "2001:db8:7::1"):
        subprocess.run(world.enter("attacker", "ping", "-c1", "-W3", address), check=True, capture_output=True)
    # An address outside its prefix: detection runs into the void, and nothing from it arrives.
    world.ip("attacker", "addr add 2001:db8:8::5/64 dev eth0", "route add 2001:db8:8::1 dev eth0")
    world.ip("outside", "addr add 2001:db8:8::1/64 dev eth0 nodad")
    time.sleep(2)
    assert subprocess.run(world.enter("attacker", "ping", "-c1", "-W1", "-I", "2001:db8:8::5", "2001:db8:8::1"), capture_output=True, check=False).returncode


def _usable(world: World, address: str) -> bool:
    done = subprocess.run(world.enter("attacker", "ip", "-j", "-6", "addr", "show", "dev", "eth0"), capture_output=True, text=True, check=True)
    found = [info for link in json.loads(done.stdout) for info in link.get("addr_info", [])]
    assert not [info for info in found if info.get("dadfailed")], found
    return any(info.get("local") == address and not info.get("tentative") for info in found)


def test_prefixes_hold_for_every_guard(world: World) -> None:
    """Addresses out of a prefix pass, those beside it don't: ARP, IPv4, IPv6, advertisements, detections."""
    ports = world.policy(["attacker"])
    ports[0]["addresses"] = ["192.0.2.64/28", "2001:db8:7::/64"]
    world.module("linux_port_security", bridge="br0", ports=ports)
    inside = {"4": "192.0.2.79", "6": "2001:db8:7::ffff"}
    beside = {"4": "192.0.2.80", "6": "2001:db8:8::"}
    with world.ring() as ring:
        for addresses, passes in ((inside, True), (beside, False)):
            four, six = addresses["4"], addresses["6"]
            packets = [
                f.arp(2, ring.a.mac, four, ring.o.mac, ring.o.ip4),
                f.arp(1, ring.a.mac, "0.0.0.0", "00:00:00:00:00:00", four),
                f.IP(src=four, dst=ring.o.ip4) / f.ICMP(),
                f.IPv6(src=six, dst=ring.o.ip6) / f.ICMPv6EchoRequest(),
                f.advertisement(six, six, ring.a.mac),
                f.advertisement(f.link_local(ring.a.mac), six, ring.a.mac),
                f.solicitation("::", six, None),
                f.solicitation(six, ring.o.ip6, ring.a.mac),
            ]
            for packet in packets:
                assert ring.carry("attacker", "outside", framed(ring, ring.o.mac, packet)) is passes, packet


def test_tags_that_are_accepted_are_looked_into(world: World) -> None:
    """A trunk's VLANs pass; a forged ARP or advertisement in one does not."""
    ports = world.policy(["attacker"])
    ports[0]["guards"] = {"vlan_tags": "accept"}
    world.module("linux_port_security", bridge="br0", ports=ports)
    with world.ring() as ring:
        honest = f.arp(1, ring.a.mac, ring.a.ip4, "00:00:00:00:00:00", ring.o.ip4)
        forged = f.arp(2, ring.a.mac, ring.t.ip4, ring.o.mac, ring.o.ip4)
        router = f.over6(f.link_local(ring.a.mac), "ff02::1", f.router(f.link_local(ring.a.mac), ring.a.mac))
        spoofed = f.advertisement(ring.a.ip6, ring.t.ip6, ring.a.mac)
        own = f.advertisement(ring.a.ip6, ring.a.ip6, ring.a.mac)
        offer = f.offer(ring.a.ip4, ring.v.mac, "10.66.66.66")
        source = f.IP(src=ring.t.ip4, dst=ring.v.ip4) / f.ICMP()
        redirect = f.IP(src=ring.a.ip4, dst=ring.v.ip4) / f.ICMP(type=5)
        relayed = f.request4(ring.t.mac, "ack", ring.a.ip4, ring.v.ip4, op=2)
        relayed6 = f.relay_reply6(f.link_local(ring.a.mac), f.link_local(ring.v.mac), f.link_local(ring.t.mac), 546)
        query = f.igmp(ring.a.ip4, 0x11, "0.0.0.0", "224.0.0.1")
        dropped = (forged, router, spoofed, offer, source, redirect, relayed, relayed6, query, f.pim_hello(ring.a.ip4))
        cases = [(honest, True), (own, True), (f.request4(ring.a.mac), True), *((packet, False) for packet in dropped)]
        for kind in (0x8100, 0x88A8):
            for packet, passes in cases:
                assert ring.carry("attacker", "outside", framed(ring, f.BROADCAST, packet, (kind, 10))) is passes, (hex(kind), packet)
            hidden = f.over6(f.link_local(ring.a.mac), "ff02::1", f.IPv6ExtHdrDestOpt(options=[f.PadN(optdata=bytes(4))]), router.payload)
            for part in f.in_fragments(hidden, 8):
                assert not ring.carry("attacker", "outside", framed(ring, f.ALL_NODES, part, (kind, 10)))
        assert not ring.carry("attacker", "outside", framed(ring, f.BROADCAST, honest, (0x88A8, 10), (0x8100, 10)))


def test_no_frame_passes_while_a_port_joins(world: World) -> None:
    """A guest that shouts forged frames all the time is never heard from the moment its port joins, hardened in the same task."""
    world.ip("host", "link set vnet0 nomaster", "link set vnet0 up")
    with world.ring() as ring:
        script = (
            "import socket,time\ns=socket.socket(socket.AF_PACKET,socket.SOCK_RAW)\ns.bind(('eth0',0))\n"
            f"f=bytes.fromhex('{f.plain('02:00:5e:66:66:66', f.BROADCAST, b'shouting').hex()}')\nend=time.monotonic()+4\nprint(flush=True)\n"
            "while time.monotonic()<end:\n  s.send(f)\n  time.sleep(0.0005)\n"
        )
        shouting = subprocess.Popen(world.enter("attacker", "python3", "-c", script), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            assert shouting.stdout is not None
            shouting.stdout.readline()
            ring.arena.drain()
            result = world.module("linux_port_security", bridge="br0", ports=world.policy(["attacker"]))
            assert "create port vnet0 (bridge br0)" in result["actions"]
            assert ring.arena.count("victim", b"shouting", 0.5) == 0
        finally:
            shouting.kill()
            shouting.wait()
            shouting.stdout.close()
        assert ring.strike(lambda token: f.plain(ring.a.mac, ring.v.mac, token))


def counted(world: World) -> dict[str, int]:
    """Frames dropped by guard as linux_bridge_info tells them; the sum of all must be what nft prints."""
    told = {guard: each["frames"] for guard, each in world.module("linux_bridge_info", uplink_patterns=["uplink"])["counters"].items()}
    printed = json.loads(world.output("nft", "-j", "list", "table", "bridge", "virtnet_hardening"))["nftables"]
    rules = [item["rule"] for item in printed if "rule" in item]
    assert sum(told.values()) == sum(part["counter"]["packets"] for rule in rules for part in rule["expr"] if "counter" in part)
    return told


def test_what_was_stopped_is_counted(world: World) -> None:
    """By the guard that stopped it, and nothing of what passes; numbers are no difference to what was asked for."""
    document = guests(world, quarantine=True)
    del document["port_groups"][0]["ports"][2]
    world.module("linux_switch_policy", switches=[document])
    # What goes to all, from the host's own stack too, would have reached the third one, which is shut.
    assert {guard for guard, frames in counted(world).items() if frames} <= {"quarantine"}
    with world.ring() as ring:
        a, v = ring.a, ring.v
        assert ring.strike(lambda token: f.plain(a.mac, v.mac, token))
        before = counted(world)
        assert {guard for guard, frames in before.items() if frames} <= {"quarantine"}
        stopped: dict[str, Callable[[bytes], bytes]] = {
            "arp": lambda token: f.ether(a.mac, v.mac, f.arp(2, a.mac, "192.0.2.77", v.mac, v.ip4), token),
            "neighbor": lambda token: f.ether(a.mac, v.mac, f.advertisement("2001:db8::77", "2001:db8::77", a.mac), token),
            "ip_source": lambda token: f.ether(a.mac, v.mac, f.IP(src="192.0.2.77", dst=v.ip4) / f.ICMP(), token),
            "router_advertisement": lambda token: f.ether(
                a.mac, f.ALL_NODES, f.over6(f.link_local(a.mac), "ff02::1", f.router(f.link_local(a.mac), a.mac)), token
            ),
            "dhcp_server": lambda token: f.ether(a.mac, v.mac, f.offer(a.ip4, v.mac, "192.0.2.99"), token),
            "bpdu": lambda token: f.raw(f.bpdu(a.mac, "01:00:0c:cc:cc:cd"), token),
            "vlan_tags": lambda token: f.tagged(f.plain(a.mac, v.mac, token), (0x8100, 7)),
            "inspection": lambda token: f.snapped(f.ether(a.mac, v.mac, f.IP(src=a.ip4, dst=v.ip4) / f.ICMP(), token)),
        }
        for guard, frame in stopped.items():
            assert not ring.strike(frame), guard
            before, after = counted(world), before
            assert {name for name in after if after[name] != before[name]} - {"quarantine"} == {guard}
        third = world.stations["third"]
        assert not ring.carry("third", "outside", lambda token: f.plain(third.mac, ring.o.mac, token))
        assert counted(world)["quarantine"] > before["quarantine"]
    assert not world.module("linux_switch_policy", switches=[document])["changed"]
    # Only the rules see the source address of a port that somebody unlocked.
    world.bridge("link set dev vnet0 locked off")
    with world.ring() as ring:
        assert not ring.strike(lambda token: f.plain("52:54:00:00:00:77", ring.v.mac, token))
    assert counted(world)["source_mac"] > 0


def test_a_port_that_left_and_came_back_hears_nothing_foreign(world: World) -> None:
    """Its flags and entries are gone, and no run has been there yet."""
    world.module("linux_port_security", bridge="br0", ports=world.policy())
    world.ip("host", "link set vnet0 nomaster", "link set vnet0 master br0")
    with world.ring() as ring:
        ring.settle()
        assert not ring.carry(OUTSIDE, ATTACKER, lambda token: f.plain(ring.o.mac, "02:00:5e:00:99:99", token))
        assert ring.carry(OUTSIDE, ATTACKER, lambda token: f.plain(ring.o.mac, ring.a.mac, token))
        assert ring.carry(OUTSIDE, ATTACKER, lambda token: f.plain(ring.o.mac, f.BROADCAST, token))
    world.module("linux_port_security", bridge="br0", ports=world.policy())
    assert not world.module("linux_port_security", bridge="br0", ports=world.policy())["changed"]


def test_dhcp_with_prefixes(world: World) -> None:
    """A guest that has a whole prefix renews any address of it, and none beside it."""
    guests = [{**port, "addresses": ["192.0.2.0/28"]} if port["name"] == "vnet0" else port for port in world.policy()]
    world.module("linux_port_security", bridge="br0", ports=guests)
    with world.ring() as ring:

        def renews(address: str) -> bool:
            packet = f.request4(ring.a.mac, "request", ring.a.ip4, ring.o.ip4, ciaddr=address)
            return ring.carry(ATTACKER, OUTSIDE, lambda token: f.ether(ring.a.mac, ring.o.mac, packet, token))

        assert renews("192.0.2.9") and not renews("192.0.2.17")


# A bridge's own bound is 4,096 (mcast_hash_max); with a smaller one the same takes fewer frames.
_BOUND, _GROUPS = 512, 700


def _groups4(start: int, number: int) -> list[bytes]:
    return [bytes([239, 10, each >> 8, each & 255]) for each in range(start, start + number)]


def _reports4(ring: Ring, version: int, many: int) -> list[bytes]:
    """Of C(_GROUPS) groups, C(many) in each report of version 3."""
    frames = []
    for start in range(0, _GROUPS, many):
        groups = _groups4(start, many)
        if version == 2:
            text = ".".join(map(str, groups[0]))
            packet = f.igmp(ring.a.ip4, 0x16, text)
        else:
            body = b"\x22\0\0\0\0\0" + len(groups).to_bytes(2, "big") + b"".join(b"\x04\0\0\0" + group for group in groups)
            total = sum(int.from_bytes(body[place : place + 2], "big") for place in range(0, len(body), 2))
            check = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
            packet = f.IP(src=ring.a.ip4, dst="224.0.0.22", proto=2, ttl=1, options=[b"\x94\x04\0\0"]) / f.Raw(body[:2] + check.to_bytes(2, "big") + body[4:])
        frames.append(f.ether(ring.a.mac, f.group_mac(str(packet.dst)), packet, b""))
    return frames


def _reports6(ring: Ring, version: int, many: int) -> list[bytes]:
    frames = []
    for start in range(0, _GROUPS, many):
        groups = [ip_address(0xFF12 << 112 | 0x7000_0000 + each) for each in range(start, start + many)]
        if version == 1:
            message, to = f.ICMPv6MLReport(mladdr=str(groups[0])), str(groups[0])
        else:
            records = b"".join(b"\x04\0\0\0" + group.packed for group in groups)
            message, to = f.ICMPv6MLReport2(records_number=len(groups)) / f.Raw(records), "ff02::16"
        packet = f.IPv6(src=f.link_local(ring.a.mac), dst=to, hlim=1) / f.IPv6ExtHdrHopByHop(options=[f.RouterAlert(), f.PadN(optdata=b"")]) / message
        frames.append(f.ether(ring.a.mac, "33:33:00:00:00:16", packet, b""))
    return frames


REPORTS: dict[str, Callable[[Ring], list[bytes]]] = {
    "IGMP 2": lambda ring: _reports4(ring, 2, 1),
    "IGMP 3 of one group": lambda ring: _reports4(ring, 3, 1),
    "IGMP 3 of ten groups": lambda ring: _reports4(ring, 3, 10),
    "IGMP 3 of a hundred groups": lambda ring: _reports4(ring, 3, 100),
    "MLD 1": lambda ring: _reports6(ring, 1, 1),
    "MLD 2 of one group": lambda ring: _reports6(ring, 2, 1),
    "MLD 2 of ten groups": lambda ring: _reports6(ring, 2, 10),
    "MLD 2 of fifty groups": lambda ring: _reports6(ring, 2, 50),
}


def _snoops(world: World) -> bool:
    link = json.loads(world.output("ip", "-d", "-j", "link", "show", "br0"))[0]
    return bool(link["linkinfo"]["info_data"]["mcast_snooping"])


def _forget_groups(world: World) -> None:
    world.ip("host", "link set br0 type bridge mcast_snooping 1")
    deadline = time.monotonic() + 10
    while json.loads(world.output("bridge", "-j", "mdb", "show", "dev", "br0"))[0]["mdb"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("hardened", [False, True])
def test_no_guest_turns_snooping_off(world: World, hardened: bool) -> None:
    """By joining more groups than the bridge has room for: then all groups reach everybody."""
    world.ip("host", f"link set br0 type bridge mcast_hash_max {_BOUND} mcast_membership_interval {26_000 if hardened else 50}")
    if hardened:
        world.module("linux_port_security", bridge="br0", ports=world.policy())
    for kind, reports in REPORTS.items():
        with world.ring() as ring:
            ring.arena.send(ATTACKER, *reports(ring))
            assert _snoops(world) is hardened, kind if hardened else f"{kind}: it does not work on an open port, so it proves nothing"
        if not hardened:
            _forget_groups(world)
    if hardened:
        assert world.module("linux_bridge_info", uplink_patterns=["uplink"])["table"]["state"] == "intact"


def test_a_guest_reports_its_groups_again_and_again(world: World) -> None:
    """As after each query, and the groups that it has are not those that are counted."""
    world.module("linux_port_security", bridge="br0", ports=world.policy())
    with world.ring() as ring:
        for number in range(4 * 40):
            group = f"239.10.0.{number % 40}"
            assert ring.carry(
                ATTACKER,
                OUTSIDE,
                lambda token, group=group: f.ether(  # type: ignore[misc]
                    ring.a.mac, f.group_mac(group), f.igmp(ring.a.ip4, 0x16, group), token
                ),
            ), number


def _entries_of_groups(world: World) -> int:
    return len(json.loads(world.output("bridge", "-j", "mdb", "show", "dev", "br0"))[0]["mdb"])


def _with_sources4(ring: Ring, number: int, sources: int) -> bytes:
    """A report of version 3 that takes C(sources) senders of one group (RFC 3376), each an entry of its own (br_multicast_fwd_src_add)."""
    record = b"\x01\0" + sources.to_bytes(2, "big") + bytes([239, 50, number >> 8, number & 255]) + b"".join(bytes([10, 9, 1, each]) for each in range(sources))
    body = b"\x22\0\0\0\0\0\0\1" + record
    total = sum(int.from_bytes(body[place : place + 2], "big") for place in range(0, len(body), 2))
    total = (total & 0xFFFF) + (total >> 16)
    check = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
    packet = f.IP(src=ring.a.ip4, dst="224.0.0.22", proto=2, ttl=1, options=[b"\x94\x04\0\0"]) / f.Raw(body[:2] + check.to_bytes(2, "big") + body[4:])
    return f.ether(ring.a.mac, f.group_mac("224.0.0.22"), packet, b"")


@pytest.mark.parametrize("hardened", [False, True])
def test_nor_by_sources(world: World, hardened: bool) -> None:
    """Where the bridge speaks version 3, a report of one group makes as many entries as it names sources."""
    world.ip("host", "link set br0 type bridge mcast_igmp_version 3")
    if hardened:
        world.module("linux_port_security", bridge="br0", ports=world.policy())
    with world.ring() as ring:
        ring.arena.send(ATTACKER, *(_with_sources4(ring, number, 32) for number in range(60)))
        ring.settle()
    # Open, 60 times 32 and the groups themselves; else what a budget of 2,000 bytes has room for.
    assert (_entries_of_groups(world) < 500) is hardened


def test_no_report_prolongs_what_is_remembered(world: World) -> None:
    """Or a guest that repeats its reports would join 15 more a minute for good."""
    world.module("linux_port_security", bridge="br0", ports=world.policy())

    def left() -> list[int]:
        found = []
        for name in ("joined4", "joined6"):
            printed = json.loads(world.output("nft", "-j", "list", "set", "bridge", "virtnet_hardening", name))["nftables"]
            found += [each["elem"]["expires"] for item in printed for each in item.get("set", {}).get("elem", ())]
        return found

    with world.ring() as ring:
        reports = [_reports4(ring, 2, 1)[0], _reports4(ring, 3, 1)[1], _reports6(ring, 1, 1)[0], _reports6(ring, 2, 1)[1]]
        ring.arena.send(ATTACKER, *reports)
        ring.settle()
        time.sleep(2.5)
        ring.arena.send(ATTACKER, *reports)
        ring.settle()
        time.sleep(0.3)
    assert len(left()) == 4 and max(left()) <= 298
