# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What br_netfilter does to guests, and what is told of it: judged by pings between guests, /proc and ip(8)."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.audit import judge
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import netfilter

from ..oracle import iproute2
from .conftest import Result, bridge_netfilter, ip, run_module, warnings_of
from .guests import Guests

pytestmark = pytest.mark.skipif(
    not os.path.isdir("/proc/sys/net/bridge"), reason="SKIPPED: this kernel has no br_netfilter, or it is not loaded; load it by modprobe br_netfilter"
)


@pytest.fixture(name="guests", autouse=True)
def _guests(namespace: None) -> Iterator[Guests]:
    """Two guests of one bridge."""
    ip("link add br0 type bridge mcast_snooping 0", "link set br0 up")
    with Guests() as guests:
        guests.plug("vnet0", "br0", "192.0.2.1/24")
        guests.plug("vnet1", "br0", "192.0.2.2/24")
        yield guests


def nft(text: str) -> None:
    """Run commands of nft."""
    subprocess.run(["nft", "-f", "-"], input=text, text=True, check=True)


def told() -> dict[str, Any]:
    """The bridge as linux_bridge_info tells of it, and what is about the host."""
    result: dict[str, Any] = run_module("linux_bridge_info")
    assert not result.get("failed"), result
    return result


def state(answer: dict[str, Any], option: str = "nf_call_iptables") -> Any:
    """Own, host-wide and effective."""
    found = answer["bridges"][0]["status"]["netfilter"][option]
    return found["own"], found["host_wide"], found["effective"]


def rules(answer: dict[str, Any]) -> Any:
    """Findings about netfilter."""
    return {each["rule"]: each["finding"] for each in judge(answer) if each["rule"].startswith("netfilter")}


DROPS = "add table ip filter\nadd chain ip filter FORWARD { type filter hook forward priority 0; policy drop; }\n"


def test_a_ping_that_dies(guests: Guests, refused: Callable[..., Result], run: Callable[..., Result], cycle: Callable[..., Result]) -> None:
    """A forward chain with the policy drop stops guests of one bridge while the host-wide switch is on, whatever the bridge says."""
    assert guests.reaches("vnet0", "192.0.2.2")
    nft(DROPS)
    assert guests.reaches("vnet0", "192.0.2.2") and state(told()) == (False, False, False) and rules(told()) == {}
    bridge_netfilter(True, "iptables")
    assert not guests.reaches("vnet0", "192.0.2.2")
    answer = told()
    assert state(answer) == (False, True, True) and state(answer, "nf_call_ip6tables") == (False, False, False)
    assert rules(answer) == {
        "netfilter_drops": "frames on the bridge go through iptables (by the host-wide switch), and the policy of FORWARD (nftables, ip filter) is drop"
    }
    # What is not in effect is no input that changes nothing.
    assert "nf_call_iptables" not in answer["bridges"][0]["bridge"] and answer["bridges"][0]["bridge"]["nf_call_ip6tables"] is False
    assert not run("linux_bridge", **answer["bridges"][0]["bridge"])["changed"]
    result = refused("linux_bridge", name="br0", nf_call_iptables=False)
    assert result["error_code"] == "unsupported" and "net.bridge.bridge-nf-call-iptables is 1" in result["msg"]
    assert refused("linux_bridge", name="br9", nf_call_iptables=False)["error_code"] == "unsupported"
    assert not run("linux_bridge", name="br0", nf_call_ip6tables=False)["changed"]
    bridge_netfilter(False)
    assert guests.reaches("vnet0", "192.0.2.2") and not run("linux_bridge", name="br0", nf_call_iptables=False)["changed"]
    cycle("linux_bridge", name="br0", nf_call_iptables=True)
    assert iproute2.bridge("br0")["nf_call_iptables"] and state(told()) == (True, False, True)
    assert not guests.reaches("vnet0", "192.0.2.2") and "by the bridge's own option" in rules(told())["netfilter_drops"]
    cycle("linux_bridge", name="br0", nf_call_iptables=False)
    assert guests.reaches("vnet0", "192.0.2.2")


@pytest.mark.parametrize("table", ["iptables", "ip6tables", "arptables"])
def test_each_switch(table: str, refused: Callable[..., Result]) -> None:
    """Each of the three has its own."""
    option = f"nf_call_{table}"
    bridge_netfilter(True, table)
    answer = told()
    assert {name: state(answer, name)[2] for name in netfilter.SWITCHES} == {name: name == option for name in netfilter.SWITCHES}
    assert f"net.bridge.bridge-nf-call-{table} is 1" in refused("linux_bridge", name="br0", **{option: False})["msg"]
    assert f"go through {table} (" in rules(answer)["netfilter"]


def test_without_br_netfilter(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bridge's own option is stored and does nothing, which both modules say."""
    monkeypatch.setattr(netfilter, "FOLDER", "/nonexistent")
    monkeypatch.setattr(netfilter, "MODULE", "/nonexistent")
    result = run_module("linux_bridge", True, name="br0", nf_call_iptables=True)
    assert result["changed"] and warnings_of(result) == ["bridge br0: nf_call_iptables has no effect until the kernel module br_netfilter is loaded."]
    ip("link set br0 type bridge nf_call_iptables 1")
    answer = told()
    assert state(answer) == (True, None, False) and answer["bridges"][0]["bridge"]["nf_call_iptables"] is True and rules(answer) == {}
    assert answer["not_looked_at"] == []


def test_switches_that_can_t_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Loaded, as the folder is there, and nobody knows what is in effect: no "already so", and no finding of which to be sure."""
    monkeypatch.setattr(netfilter, "FOLDER", str(tmp_path))
    answer = told()
    assert state(answer) == (False, None, None)
    assert [each["what"] for each in answer["not_looked_at"]] == ["the switches of br_netfilter"] and str(tmp_path) in answer["not_looked_at"][0]["reason"]
    result = run_module("linux_bridge", True, name="br0", nf_call_iptables=False)
    assert len(warnings_of(result)) == 1 and "whether nf_call_iptables is in effect is not known" in warnings_of(result)[0]
    monkeypatch.setattr(netfilter, "FOLDER", "/nonexistent")
    monkeypatch.setattr(netfilter, "MODULE", str(tmp_path))
    assert state(told()) == (False, None, None) and told()["not_looked_at"][0]["what"] == "the switches of br_netfilter"


FORWARD = "add table {0} t\nadd chain {0} t f {{ type filter hook forward priority 0; }}\nadd chain {0} t u\nadd chain {0} t v\n"
# Family, further commands, and whether it is told, with which policy, and whether something of it drops.
CHAINS: dict[str, Any] = {
    "nothing": ("ip", "", ("accept", False)),
    "policy": ("inet", "add chain inet t f {{ policy drop; }}\n", ("drop", False)),
    "a rule": ("ip6", "add rule ip6 t f ip6 saddr fe80::1 drop\n", ("accept", True)),
    "reject": ("ip", "add rule ip t f reject\n", ("accept", True)),
    "jumps": ("ip", "add rule ip t f jump u\nadd rule ip t u goto v\nadd rule ip t v drop\n", ("accept", True)),
    "a circle of no effect": ("ip", "add rule ip t u drop\n", ("accept", False)),
    "a map": ("ip", "add rule ip t f ip saddr vmap {{ 192.0.2.7 : accept, 192.0.2.8 : goto u }}\nadd rule ip t u counter drop\n", ("accept", True)),
    "a map that drops": ("ip", "add rule ip t f ip saddr vmap {{ 192.0.2.8 : drop }}\n", ("accept", True)),
    "a map that accepts": ("ip", "add rule ip t f ip saddr vmap {{ 192.0.2.8 : accept }}\n", ("accept", False)),
}


@pytest.mark.own_code
@pytest.mark.parametrize("case", CHAINS)
def test_chains_that_see_bridged_frames(case: str) -> None:
    """Through jumps and maps."""
    family, more, (policy, drops) = CHAINS[case]
    nft(FORWARD.format(family) + more.format())
    chain = {"by": "nftables", "family": family, "table": "t", "chain": "f", "hook": "forward", "policy": policy, "drops": drops}
    assert told()["forward"] == [chain]


@pytest.mark.own_code
def test_chains_around_forward_and_those_that_are_asleep() -> None:
    """Of the hooks before and after only what can drop; of a dormant table nothing; and those of bridges are named as rules of others."""
    nft(
        "add table ip a\nadd chain ip a p { type filter hook prerouting priority 0; }\nadd rule ip a p ip saddr 192.0.2.7 drop\n"
        "add chain ip a q { type filter hook postrouting priority 0; }\nadd table ip b { flags dormant; }\n"
        "add chain ip b f { type filter hook forward priority 0; policy drop; }\n"
        "add table bridge c\nadd chain bridge c f { type filter hook forward priority 0; }\n"
    )
    answer = told()
    assert [(each["chain"], each["hook"]) for each in answer["forward"]] == [("p", "prerouting")] and answer["not_looked_at"] == []
    nft("add rule bridge c f drop\n")
    assert [each["what"] for each in told()["not_looked_at"]] == ["rules of others that drop frames of ports (table bridge c)"]


OTHERS = {
    "the ingress of a port in the family inet": ('add chain inet o f {{ type filter hook ingress device "{0}" priority 0; policy drop; }}', "inet"),
    "a rule at that ingress": ('add chain inet o f {{ type filter hook ingress device "{0}" priority 0; }}\nadd rule inet o f drop', "inet"),
    "a queue": ("add chain bridge o f {{ type filter hook forward priority 0; }}\nadd rule bridge o f queue num 3", "bridge"),
}


@pytest.mark.own_code
@pytest.mark.parametrize("case", OTHERS)
def test_rules_of_others_that_take_frames_of_ports(case: str, guests: Guests) -> None:
    """Told as what is not judged."""
    lines, family = OTHERS[case]
    guests.plug("vo0", "br0")
    try:
        nft(f"add table {family} o\n" + lines.format("vo0") + "\n")
    except subprocess.CalledProcessError as error:
        pytest.skip(f"SKIPPED: this kernel can't do {case} ({error})")
    assert [each["what"] for each in told()["not_looked_at"]] == [f"rules of others that drop frames of ports (table {family} o)"]


@pytest.mark.own_code
@pytest.mark.parametrize("family", ["netdev", "inet"])
def test_ingress_of_other_devices_is_none_of_ports(family: str) -> None:
    """It drops no frame of a port."""
    ip("link add other0 type veth peer name other1")
    try:
        nft(f'add table {family} o\nadd chain {family} o f {{ type filter hook ingress device "other0" priority 0; policy drop; }}\n')
    except subprocess.CalledProcessError as error:
        pytest.skip(f"SKIPPED: this kernel has no ingress in the family {family} ({error})")
    assert told()["not_looked_at"] == []


LEGACY = {"by": "iptables", "table": "filter", "chain": "FORWARD", "hook": "forward", "policy": "accept", "drops": False}
PROGRAMS = {"ip": "iptables-legacy", "ip6": "ip6tables-legacy", "arp": "arptables-legacy"}


def legacy(family: str, *rules: str) -> None:
    """Run the program of a family once for each rule."""
    for rule in rules:
        done = subprocess.run([PROGRAMS[family], *rule.split()], capture_output=True, text=True, check=False)
        # 3 is what they end with if the kernel lacks the table.
        if done.returncode == 3 or "Table does not exist" in done.stderr or "can't initialize" in done.stderr:
            pytest.skip(f"SKIPPED: this kernel has no legacy {family}tables ({done.stderr.strip()})")
        assert done.returncode == 0, (rule, done.stderr)


@pytest.mark.parametrize("family", ["ip", "ip6", "arp"])
def test_legacy_iptables(family: str, guests: Guests) -> None:
    """The tables that are no part of nftables: told only where they are in use, with their policy."""
    assert told()["forward"] == []
    chain = {**LEGACY, "family": family}
    legacy(family, "-P FORWARD ACCEPT")
    assert told()["forward"] == [chain]
    legacy(family, "-P FORWARD DROP")
    assert told()["forward"] == [{**chain, "policy": "drop"}]
    if family == "ip":
        bridge_netfilter(True, "iptables")
        assert not guests.reaches("vnet0", "192.0.2.2")
        assert "the policy of FORWARD (iptables, ip filter) is drop" in rules(told())["netfilter_drops"]


@pytest.mark.parametrize(
    "lines, drops",
    [
        (["-A FORWARD -j ACCEPT"], False),
        (["-A FORWARD -j DROP"], True),
        (["-A FORWARD -j REJECT"], True),
        (["-A FORWARD -j NFQUEUE --queue-num 0"], True),
        (["-A INPUT -j DROP", "-A OUTPUT -j DROP"], False),
        (["-N one", "-A one -j DROP"], False),
        (["-N one", "-A one -j DROP", "-A INPUT -j one"], False),
        (["-N one", "-N two", "-A two -j DROP", "-A one -j two", "-A FORWARD -j one"], True),
        (["-N one", "-A one -j DROP", "-A FORWARD -g one"], True),
        (["-N one", "-N two", "-A one -j RETURN", "-A two -j DROP", "-A FORWARD -j one"], False),
    ],
)
def test_rules_of_legacy_iptables(lines: Any, drops: bool) -> None:
    """Those that frames of a bridge come to, through the chains of users too; and no others."""
    legacy("ip", "-P FORWARD ACCEPT", *lines)
    assert told()["forward"] == [{**LEGACY, "family": "ip", "drops": drops}]


@pytest.mark.parametrize(
    "family, table, name",
    [
        ("ip", "raw", "PREROUTING"),
        ("ip6", "raw", "PREROUTING"),
        ("ip", "mangle", "PREROUTING"),
        ("ip", "mangle", "FORWARD"),
        ("ip6", "mangle", "POSTROUTING"),
        ("ip", "security", "FORWARD"),
    ],
)
def test_other_tables_of_legacy_iptables(family: str, table: str, name: str, guests: Guests) -> None:
    """Frames of a bridge go through them before and behind FORWARD; a table that drops nothing is not told."""
    legacy(family, f"-t {table} -A {name} -j ACCEPT")
    assert told()["forward"] == []
    legacy(family, f"-t {table} -A {name} -j DROP", f"-t {table} -D {name} -j ACCEPT")
    assert told()["forward"] == [{**LEGACY, "family": family, "table": table, "chain": name, "hook": name.lower(), "drops": True}]
    if family == "ip":
        assert guests.reaches("vnet0", "192.0.2.2")
        bridge_netfilter(True, "iptables")
        assert not guests.reaches("vnet0", "192.0.2.2")
        assert f"rules of {name} (iptables, ip {table}) can drop them" in rules(told())["netfilter"]
