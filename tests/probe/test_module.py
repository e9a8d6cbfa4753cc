# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""isolation_probe: what it sends, what it leaves, what it hears and what it refuses."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ..netns.conftest import ip
from ..oracle.sniffer import Sniffer, flood, inject
from .lan import PROBE, RUN, Lan, probes

ROOT = Path(__file__).resolve().parent.parent.parent
G2 = "52:54:00:00:00:02"
EACH: list[dict[str, str]] = [
    {"claim": "broadcast"},
    {"claim": "unknown_unicast"},
    {"claim": "unicast", "to": "g2", "address": G2},
    {"claim": "forged_source", "to": "g2", "address": G2},
]
LISTEN = {"action": "listen", "interface": "eth0", "run": RUN}
SEND = {"action": "send", "interface": "eth0", "run": RUN, "name": "g1"}


def hand_made(destination: str, source: str, text: str, ethertype: int = PROBE) -> bytes:
    """A frame as anybody could send it; what it looks like is typed here a second time on purpose."""
    addresses = bytes.fromhex((destination + source).replace(":", ""))
    return (addresses + ethertype.to_bytes(2, "big") + text.encode()).ljust(60, b"\0")


def marked(run: str, claim: str, sender: str, to: str = "", sequence: int = 1) -> str:
    """The payload."""
    return f"virtnet.hardening isolation_probe 1 run={run} sequence={sequence} claim={claim} from={sender} to={to}\n"


def test_what_leaves_is_bounded_and_marked(lan: Lan) -> None:
    """The most that can be asked for: nothing but the one EtherType, 100 frames, slowly, from its own or a test address."""
    with Sniffer("v1") as sniffer:
        start = time.monotonic()
        result = lan.module("g1", **SEND, probes=EACH * 5, repeat=5)
        took = time.monotonic() - start
    frames = sniffer.arrived()
    assert {frame["ethertype"] for frame in frames} == {PROBE} and len(frames) == 100
    assert all(60 <= frame["size"] <= 512 and frame["payload"].startswith("virtnet.hardening isolation_probe 1 run=") for frame in frames)
    assert 1 <= took <= 10
    sources = {frame["source"] for frame in frames}
    forged = sources - {lan.macs["g1"]}
    assert len(sources) == 2 and all(source.startswith("02:88:b5:") for source in forged)
    assert {frame["destination"] for frame in frames if not frame["destination"].startswith("02:88:b5:")} == {"ff:ff:ff:ff:ff:ff", G2}
    told = {(each["source"], each["destination"]): each["frames"] for each in result["sent"]}
    assert {pair: 25 for pair in told} == probes(frames)


def test_test_addresses_differ_per_run_and_sender(lan: Lan) -> None:
    """So that no switch knows them, and two senders never draw each other's."""
    found = set()
    for guest, run in (("g1", RUN), ("g1", RUN[::-1]), ("g3", RUN)):
        sent = lan.module(guest, **{**SEND, "run": run, "name": guest}, probes=EACH, repeat=1)["sent"]
        found |= {address for each in sent for address in (each["source"], each["destination"]) if address.startswith("02:88:b5:")}
    assert len(found) == 6


def test_a_listener_sends_nothing_and_leaves_nothing(lan: Lan) -> None:
    """Promiscuous while it listens, and not a moment longer, however it ends; its clock ends it."""
    for end in ("by itself", "killed"):
        with Sniffer("v2") as sniffer:
            assert (lan.promiscuity("g2"), lan.sockets("g2")) == (0, 0)
            start = time.monotonic()
            listener = lan.start("g2", **LISTEN, duration=3)
            lan.wait_for_listeners(["g2"])
            assert (lan.promiscuity("g2"), lan.sockets("g2")) == (1, 1)
            assert lan.module("g2", action="inspect", interface="eth0")["listeners"] == 1
            if end == "killed":
                listener.kill()
            else:
                result = listener.result()
                assert result["promiscuous"] and not result["heard"] and 3 <= time.monotonic() - start < 10
            assert (lan.promiscuity("g2"), lan.sockets("g2")) == (0, 0)
            assert lan.call("g2", "cat", "/proc/net/packet").count("\n") == 1
        assert sniffer.arrived() == []


def test_a_listener_ends_when_it_is_told(lan: Lan) -> None:
    """That of the run and interface, with all that it heard; nothing is sent for it, and nobody to tell is no failure."""
    told = {"action": "stop", "interface": "eth0", "run": RUN}
    with Sniffer("v2") as sniffer:
        listener = lan.start("g2", **LISTEN, duration=300)
        lan.wait_for_listeners(["g2"])
        assert not lan.module("g2", **{**told, "run": "another0run"})["stopped"] and not lan.module("g3", **told)["stopped"]
        assert "It goes on." in lan.module("g2", True, **told)["msg"] and lan.sockets("g2") == 1
        assert lan.module("g2", **told)["stopped"]
        inject("eth0", [hand_made("ff:ff:ff:ff:ff:ff", lan.macs["g1"], marked(RUN, "broadcast", "g1"))], lan.inside("g1"))
        result = listener.result()
        assert len(result["heard"]) == 1 and not lan.module("g2", **told)["stopped"]
    assert sniffer.arrived() == [] and (lan.promiscuity("g2"), lan.sockets("g2")) == (0, 0)


def test_check_mode_touches_nothing(lan: Lan) -> None:
    """No frame, no promiscuity, no waiting; the same interface is named."""
    with Sniffer("v1") as sniffer:
        start = time.monotonic()
        send = lan.module("g1", True, **SEND, probes=EACH)
        listen = lan.module("g1", True, **LISTEN, duration=300)
        assert time.monotonic() - start < 30
    assert sniffer.frames == []
    assert send["msg"] == "Would send 12 frames on eth0. None was sent." and "sent" not in send and not send["changed"]
    assert "Would listen on eth0 for 300 s." in listen["msg"] and "heard" not in listen
    assert send["interface"] == listen["interface"] == lan.module("g1", **SEND, probes=EACH[:1])["interface"]


def test_only_its_own_frames_count(lan: Lan) -> None:
    """Of the right run, with addresses that fit; the same frame twice is one frame. Other protocols do not even reach it."""
    own, mac = marked(RUN, "broadcast", "g1"), lan.macs["g1"]
    everyone = "ff:ff:ff:ff:ff:ff"
    frames = [
        hand_made(everyone, mac, own),
        hand_made(everyone, mac, own),
        hand_made(everyone, mac, marked(RUN, "broadcast", "g1", sequence=2)),
        hand_made(everyone, mac, marked("another0run", "broadcast", "g1")),
        hand_made(everyone, mac, "nothing of ours"),
        hand_made(everyone, mac, marked(RUN, "unicast", "g1", "g2") + "\0more"),
        hand_made(everyone, mac, marked(RUN, "unicast", "g1", "g2")),
        hand_made(G2, mac, marked(RUN, "forged_source", "g1", "g2")),
        hand_made(everyone, mac, marked(RUN, "unknown_unicast", "g1")),
        hand_made(G2, mac, marked(RUN, "broadcast", "g1")),
        hand_made(everyone, mac, own, 0x88B6),
        hand_made(everyone, mac, own, 0x0800),
    ]
    listener = lan.start("g2", **LISTEN, duration=60)
    lan.wait_for_listeners(["g2"])
    inject("eth0", frames, lan.inside("g1"))
    lan.module("g2", action="stop", interface="eth0", run=RUN)
    result = listener.result()
    assert result["heard"] == [{"from": "g1", "claim": "broadcast", "to": "", "source": mac, "destination": everyone, "frames": 2, "duplicates": 1}]
    assert result["ignored"] == 7 and result["dropped"] == 0


def test_a_flood_does_not_hold_it_up(lan: Lan) -> None:
    """Its clock ends it also while frames come faster than it reads, and what was lost is told."""
    listener = lan.start("g2", **LISTEN, duration=3)
    lan.wait_for_listeners(["g2"])
    start = time.monotonic()
    with flood("eth0", hand_made(G2, lan.macs["g1"], marked(RUN, "unicast", "g1", "g2")), lan.inside("g1")):
        result = listener.result()
    assert time.monotonic() - start < 20
    assert len(result["heard"]) == 1 and result["heard"][0]["duplicates"] > 100


def test_a_rewritten_source_is_no_forgery(lan: Lan) -> None:
    """As a Wi-Fi bridge or MAC NAT does: the forged frame arrives, and the forged address does not."""
    listener = lan.start("g2", **LISTEN, duration=60)
    lan.wait_for_listeners(["g2"])
    inject("eth0", [hand_made(G2, lan.macs["g1"], marked(RUN, "forged_source", "g1", "g2"))], lan.inside("g1"))
    lan.module("g2", action="stop", interface="eth0", run=RUN)
    result = listener.result()
    assert result["heard"] == [] and result["ignored"] == 1


ROUTES: dict[str, tuple[list[str], str]] = {
    "IPv4": (["route add default via 192.0.2.254 dev eth0"], ""),
    "IPv6": (["-6 route add default via fd00::1 dev eth0"], ""),
    "both": (["route add default via 192.0.2.254 dev eth0", "-6 route add default via fd00::1 dev eth0"], ""),
    "none": (
        ["route add 198.51.100.0/24 via 192.0.2.254"],
        "no default route to choose the interface by; name one of eth0, eth1, far1 by the option "
        "interface, which is isolation_check_interface in the role isolation_check.",
    ),
    "another table": (["route add default via 192.0.2.254 table 7"], "no default route"),
    "unreachable": (["route add unreachable default"], "no default route"),
    "unreachable, IPv6": (["-6 route add unreachable default"], "no default route"),
    "two": (["route add default via 192.0.2.254 dev eth0", "route add default dev eth1 metric 9"], "eth1; name the one that is meant by the option interface"),
    "two families": (["route add default dev eth1", "-6 route add default via fd00::1 dev eth0"], "default routes lead through eth0, eth1;"),
    "multipath": (["route add default nexthop via 192.0.2.254 dev eth0 nexthop dev eth1"], "default routes lead through eth0, eth1;"),
}


@pytest.mark.parametrize("name", ROUTES)
def test_which_interface(lan: Lan, name: str) -> None:
    """That of the default route, and what is ambiguous is refused."""
    commands, refusal = ROUTES[name]
    lan.call("g1", "sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6")
    setup = [
        "address add 192.0.2.1/24 dev eth0",
        "address add fd00::2/64 dev eth0 nodad",
        "link add eth1 type veth peer name far1",
        "link set far1 up",
        "link set eth1 up",
        *commands,
    ]
    for command in setup:
        lan.call("g1", "ip", *command.split())
    result = lan.module("g1", action="inspect")
    if refusal:
        assert result["error_code"] == "invalid" and refusal in result["msg"]
        assert lan.module("g1", action="inspect", interface="eth0")["interface"]["chosen_by"] == "option"
    else:
        assert result["interface"] == {"name": "eth0", "mac": lan.macs["g1"], "mtu": 1500, "chosen_by": "default_route"}


@pytest.mark.parametrize(
    ("commands", "interface", "words"),
    [
        ([], "eth7", "there is no eth7; the Ethernet interfaces are eth0."),
        ([], "lo", "lo is no Ethernet interface"),
        (["link set eth0 down"], "eth0", "eth0 is down or has no carrier"),
        (["link add br9 type bridge", "link set eth0 master br9"], "eth0", "eth0 belongs to br9, which takes its frames; name that."),
        (["link set eth0 address 02:88:b5:00:00:01"], "eth0", "has the address 02:88:b5:00:00:01 of the range 02:88:b5:xx:xx:xx"),
    ],
)
def test_interfaces_that_will_not_do(lan: Lan, commands: list[str], interface: str, words: str) -> None:
    """Refused by every action, in check mode too."""
    for command in commands:
        lan.call("g1", "ip", *command.split())
    for check in (False, True):
        for params in ({"action": "inspect"}, {**LISTEN, "duration": 1}, {**SEND, "probes": EACH}):
            result = lan.module("g1", check, **{**params, "interface": interface})
            assert result["failed"] and result["error_code"] == "invalid" and words in result["msg"]


def test_without_the_capability(lan: Lan) -> None:
    """A sentence that names it, whatever is asked for."""
    script = "import json; from tests.netns.conftest import run_module; print(json.dumps(run_module('isolation_probe', action='inspect', interface='eth0')))"
    command = [*lan.inside("g1"), "setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert '"rights"' in done.stdout and "CAP_NET_RAW" in done.stdout and "container" in done.stdout


def test_an_interface_that_goes_away(lan: Lan) -> None:
    """A sentence, not a stack trace and not a result."""
    listener = lan.start("g3", **LISTEN, duration=5)
    lan.wait_for_listeners(["g3"])
    ip("link delete v3")
    result = listener.result()
    assert result["failed"] and result["error_code"] == "backend" and "eth0 failed while the probe ran" in result["msg"]
