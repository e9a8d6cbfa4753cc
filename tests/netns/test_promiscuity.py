# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""promiscuity_info on the real kernel, with real sniffers; judged by the counter of ip -d link and the process ids that the tests started."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from typing import Any, Callable, Dict, Iterator

import pytest

from ..oracle import iproute2
from .conftest import bridge, ip, run_module
from .needs import has_vlan_filtering, in_user_namespace, needs_users, needs_vlan_filtering
from .sniffers import ATTACH_TCX_INGRESS, ATTACH_XDP, SCHED_CLS, XDP, attach, hears, member, sniff, started

Result = Dict[str, Any]


@pytest.fixture(autouse=True)
def host(namespace: None) -> None:
    """A bridge with two ports, and a pair beside it."""
    ip(
        "link add br0 type bridge",
        "link set br0 up",
        *(f"link add v{number} type veth peer name p{number}" for number in range(3)),
        *(f"link set {side}{number} up" for number in range(3) for side in "vp"),
        "link set v0 master br0",
        "link set v1 master br0",
    )


# bpf(2) asks for rights that no user namespace gives.
UNREADABLE = ("programs attached by tcx",) if in_user_namespace() else ()


def _steady(params: Result) -> tuple[Result, dict[str, int]]:
    """Answer and counters of one state of the host: a bond changes its active member by itself."""
    for attempt in range(10):
        before = iproute2.promiscuity()
        result = run_module("promiscuity_info", **params)
        assert not result.get("failed"), result["msg"]
        if iproute2.promiscuity() == before:
            return result, before
    raise AssertionError("the counters never stood still")


def look(**params: Any) -> Result:
    """The module's answer, after it was held against the kernel's counters: all is explained, and everything could be read."""
    result, counters = _steady(params)
    for each in result["interfaces"]:
        assert each["counter"] == counters[each["name"]] == sum(entry["count"] for entry in each["ledger"]) + each["unexplained"], each
        assert each["unexplained"] == 0, each
    assert [each for each in result["not_looked_at"] if each["what"] not in UNREADABLE] == [] and result["changed"] is False
    return result


def sources(result: Result, name: str) -> list[str]:
    """Who holds an interface."""
    return [entry["source"] for each in result["interfaces"] if each["name"] == name for entry in each["ledger"]]


def found(result: Result) -> set[tuple[str, str, str]]:
    """Findings in short."""
    return {(each["severity"], each["rule"], each["interface"]) for each in result["findings"]}


def text_of(result: Result, rule: str) -> str:
    """The findings of a rule."""
    return "; ".join(each["finding"] for each in result["findings"] if each["rule"] == rule)


def pids(result: Result, name: str) -> list[int]:
    """The processes that sniff on an interface."""
    return [holder["pid"] for each in result["interfaces"] if each["name"] == name for entry in each["ledger"] for holder in entry["holders"]]


def test_a_plain_bridge() -> None:
    """Its ports are promiscuous as they must be: no finding."""
    result = look()
    assert sources(result, "v0") == sources(result, "v1") == ["bridge"] and sources(result, "v2") == [] and result["findings"] == []
    assert [each["name"] for each in look(interfaces=["v[01]", "br0"])["interfaces"]] == ["br0", "v0", "v1"]
    assert "there is no interface nosuch" in run_module("promiscuity_info", interfaces=["nosuch"])["msg"]


@needs_users
def test_tcpdump() -> None:
    """With its process id; without promiscuity it is a listener."""
    if shutil.which("tcpdump") is None:
        pytest.skip("SKIPPED: there is no tcpdump; install it")
    with started(["tcpdump", "-i", "v0", "-w", "/dev/null", "-Z", "root"], "listening on") as pid:
        result = look()
        assert sources(result, "v0") == ["bridge", "packet_socket"] and pids(result, "v0") == [pid]
        assert found(result) == {("high", "sniffer", "v0")} and f"tcpdump (pid {pid}) of root" in text_of(result, "sniffer")
        expected = [{"match": "v*", "executable": os.path.realpath(shutil.which("tcpdump") or ""), "reason": "a test"}]
        assert look(expected=expected)["findings"] == []
    with started(["tcpdump", "-p", "-i", "v0", "-w", "/dev/null", "-Z", "root"], "listening on") as pid:
        result = look()
        assert sources(result, "v0") == ["bridge"] and found(result) == {("medium", "listener", "v0")} and f"(pid {pid})" in text_of(result, "listener")
    assert look()["findings"] == []


def test_listeners() -> None:
    """Bound to none it hears the ports too; one for a single protocol hears nothing of a port, and beside the switch it is nobody's business."""
    with sniff("", how="") as pid:
        result = look()
        assert found(result) == {("medium", "listener", "")} and f"(pid {pid})" in text_of(result, "listener") and "br0, v0, v1" in text_of(result, "listener")
    with sniff("v0", how="", kind=0x0806), sniff("v2", how=""):
        assert look()["findings"] == []


def test_several_sniffers_and_one_that_hides() -> None:
    """Each with its own count; a descriptor that only a thread has is found too."""
    with sniff("v0") as first, sniff("v0") as second, sniff("br0", how="thread") as third, sniff("v2") as fourth:
        result = look()
        assert sorted(pids(result, "v0")) == sorted((first, second)) and pids(result, "br0") == [third] and pids(result, "v2") == [fourth]
        assert found(result) == {("high", "sniffer", "v0"), ("high", "sniffer", "br0"), ("medium", "sniffer", "v2")}


def _elsewhere(prepare: str, *prefix: str) -> Result:
    """The answer as a process sees it that C(prepare) put in another place."""
    script = (
        "import json, os\n"
        "from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.witness import Witness\n"
        "from ansible_collections.virtnet.hardening.plugins.module_utils._linux.promiscuity_info import PromiscuityRequest\n"
        f"{prepare}\n"
        "print(json.dumps(PromiscuityRequest({'interfaces': None, 'expected': []}).answer(Witness.open().read())))\n"
    )
    done = subprocess.run([*prefix, sys.executable, "-c", script], capture_output=True, text=True, check=True)
    answer: Result = json.loads(done.stdout)
    return answer


def test_a_holder_that_is_not_visible() -> None:
    """In another PID namespace /proc does not show it: the count stays accounted for, and that it is not visible is said."""
    with sniff("v0"):
        result = _elsewhere("", "unshare", "--pid", "--fork", "--mount-proc")
        entry = next(entry for each in result["interfaces"] if each["name"] == "v0" for entry in each["ledger"] if entry["source"] == "packet_socket")
        assert entry["holders"] == [] and "holder not visible" in entry["detail"] and "of root" in entry["detail"]
        assert ("high", "sniffer", "v0") in found(result)


@needs_users
def test_without_rights() -> None:
    """What an ordinary user can't read is said, item by item; the counters still add up."""
    with sniff("v0"):
        result = _elsewhere("Witness.open().close(); os.setresgid(65534, 65534, 65534); os.setresuid(65534, 65534, 65534)")
        gaps = {each["what"] for each in result["not_looked_at"]}
        assert "some of the processes that hold packet sockets" in gaps and "rules of nftables" in gaps
        assert sources(result, "v0") == ["bridge", "packet_socket"] and "holder not visible" in text_of(result, "sniffer")


def test_no_packet_diag(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that can't list packet sockets: said, and what they hold is unexplained."""
    from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants

    # A family that nobody has a handler for, as AF_PACKET is where packet_diag is missing.
    monkeypatch.setattr(constants, "AF_PACKET", 43)
    with sniff("v2"):
        result = run_module("promiscuity_info")
    gaps = [each for each in result["not_looked_at"] if each["what"] not in UNREADABLE]
    assert [each["what"] for each in gaps] == ["packet sockets"] and "CONFIG_PACKET_DIAG" in gaps[0]["reason"]
    assert ("high", "unexplained", "v2") in found(result) and "may be a sniffer" in text_of(result, "unexplained")


def test_the_administrator() -> None:
    """On a port, and on the bridge itself; declared, as Proxmox does it, it is none."""
    ip("link set v0 promisc on")
    result = look()
    assert sources(result, "v0") == ["bridge", "administrator"] and found(result) == {("medium", "administrator", "v0")}
    assert look(expected=[{"match": "v*", "reason": "as Proxmox does"}])["findings"] == []
    ip("link set v0 promisc off", "link set br0 promisc on")
    assert found(look()) == {("high", "bridge_promiscuous", "br0")}


@pytest.mark.parametrize("kind", ["macvtap", "macvlan"])
def test_devices_above(kind: str) -> None:
    """Passthru holds a count while it is up, nopromisc none; a second address holds one of a device that can't filter."""
    ip(f"link add link v2 name u0 type {kind} mode passthru", "link set u0 up")
    result = look()
    assert sources(result, "v2") == ["macvlan"] and found(result) == {("medium", "macvlan", "v2")} and "passthru" in text_of(result, "macvlan")
    ip("link set u0 promisc on")
    assert sources(look(), "v2") == ["macvlan"]
    ip("link set u0 down")
    assert sources(look(), "v2") == []
    ip("link del u0", f"link add link v2 name u0 type {kind} mode passthru nopromisc", "link set u0 up", "link set u0 promisc on")
    assert sources(look(), "v2") == []
    ip("link del u0", f"link add link v2 name u0 type {kind} mode bridge", "link set u0 up")
    assert sources(look(), "v2") == ["address_filter"]
    ip("link set u0 promisc on")
    assert sources(look(), "v2") == ["macvlan", "address_filter"]
    ip("link set v2 down", "link del u0")
    assert sources(look(), "v2") == ["address_filter"]


def test_devices_above_in_another_namespace() -> None:
    """As a container has them: an address on the list of the device below is seen, a passthru device is not, so its count is unexplained."""
    with started(["unshare", "--net", "sh", "-c", "echo ready; exec sleep 60"], "ready") as pid:
        ip(f"link add link v2 name u0 netns {pid} type macvlan mode bridge")
        subprocess.run(["nsenter", "--net", f"--target={pid}", "ip", "link", "set", "u0", "up"], check=True)
        assert sources(look(), "v2") == ["address_filter"]
    with started(["unshare", "--net", "sh", "-c", "echo ready; exec sleep 60"], "ready") as pid:
        # The first namespace is taken down in its own time.
        ip("link add d0 type veth peer name d1", "link set d0 up", f"link add link d0 name u0 netns {pid} type macvlan mode passthru")
        subprocess.run(["nsenter", "--net", f"--target={pid}", "ip", "link", "set", "u0", "up"], check=True)
        result = run_module("promiscuity_info", interfaces=["d0"])
        assert result["interfaces"][0]["unexplained"] == iproute2.promiscuity()["d0"] == 1 and found(result) == {("high", "unexplained", "d0")}
        declared = [{"match": "d0", "reason": "the container's"}]
        result = look(interfaces=["d0"], expected=declared)
        assert sources(result, "d0") == ["expected"] and result["findings"] == []


def _need(kind: str, *commands: str) -> None:
    """Lines of ip -batch, with a device of a kind that not every kernel has."""
    done = subprocess.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n", capture_output=True, text=True, check=False)
    if done.returncode and ("Unknown device type" in done.stderr or "not supported" in done.stderr):
        pytest.skip(f"SKIPPED: this kernel has no {kind} devices; run it where it has (make vm)")
    assert done.returncode == 0, done.stderr


def test_vlans_and_macsec() -> None:
    """A promiscuous device above makes the one below so while it is up; as a port of the bridge a VLAN is."""
    _need("vlan", "link add link v2 name u0 type vlan id 7", "link set u0 master br0")
    assert sources(look(), "v2") in ([], ["vlan"]), "by the kernel's age"
    ip("link set u0 up")
    assert sources(look(), "v2") == ["vlan"] and sources(look(), "u0") == ["bridge"]
    with sniff("v2"):
        assert ("high", "sniffer", "v2") in found(look())
    ip("link del u0")
    _need("macsec", "link add link v2 name u0 type macsec", "link set u0 promisc on")
    assert sources(look(), "v2") == []
    ip("link set u0 up")
    # It puts its address on the list of the device below, even if it has none of its own.
    assert sources(look(), "v2") == ["macsec", "address_filter"]


@pytest.mark.parametrize("mode, followed", [("balance-rr", 2), ("active-backup", 1), ("802.3ad", 2)])
def test_bonds(mode: str, followed: int) -> None:
    """As the uplink of a bridge: its members are promiscuous with it, in active-backup only the active one."""
    _need(
        "bond",
        f"link add bond0 type bond mode {mode} miimon 10",
        *(f"link set {name} nomaster" for name in ("v1", "v2")),
        *(f"link set {name} down" for name in ("v1", "v2")),
        *(f"link set {name} master bond0" for name in ("v1", "v2")),
        "link set bond0 up",
        "link set bond0 master br0",
    )
    time.sleep(0.1)
    result = look()
    assert sources(result, "bond0") == ["bridge"] and [sources(result, name) for name in ("v1", "v2")].count(["bond"]) == followed
    with sniff("v1"):
        assert ("high", "sniffer", "v1") in found(look())


def test_teams() -> None:
    """All members follow."""
    _need("team", "link add team0 type team", "link set v2 down", "link set v2 master team0", "link set team0 up", "link set team0 master br0")
    assert sources(look(), "v2") == ["team"]


def test_open_vswitch() -> None:
    """It makes each port promiscuous, and its mirrors are in a database that is not looked at."""
    if shutil.which("ovs-dpctl") is None:
        pytest.skip("SKIPPED: there is no ovs-dpctl; install openvswitch-switch, or run make vm")
    done = subprocess.run(["sh", "-c", "ovs-dpctl add-dp dp0 && ovs-dpctl add-if dp0 v2"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"SKIPPED: this kernel has no Open vSwitch: {done.stderr.strip()[:200]}; run make vm")
    result = run_module("promiscuity_info")
    assert sources(result, "v2") == ["openvswitch"] and all(each["unexplained"] == 0 for each in result["interfaces"])
    assert [each["what"] for each in result["not_looked_at"]] == ["mirrors of Open vSwitch"]
    # A bridge whose device another switch has taken as its port.
    subprocess.run(["ovs-dpctl", "add-if", "dp0", "br0"], check=True)
    assert "has bridged it by br0" in text_of(run_module("promiscuity_info"), "bridge_promiscuous")


def test_further_addresses() -> None:
    """Written by bridge fdb add ... self."""
    bridge("fdb add 52:54:00:00:00:77 dev v2 self")
    result = look()
    assert sources(result, "v2") == ["address_filter"] and result["findings"] == []


def _second_switch(*way: str) -> None:
    """br1 with a port v2, and a way to br0."""
    ip("link add br1 type bridge", "link set br1 up", "link set v2 master br1", *way)


def _frame(target: str, source: str) -> bytes:
    raw = bytes.fromhex((target + source).replace(":", "") + "88b5")
    return raw + b"virtnet.hardening test".ljust(46, b"\0")


def test_a_bridge_that_another_switch_has_bridged() -> None:
    """Which one and by what is said, and what the finding says it means is so: frames to a guest of the other switch reach every port."""
    far, near = "52:54:00:00:00:03", "52:54:00:00:00:01"
    _second_switch("link add link br0 name up0 type macvlan mode passthru", "link set up0 up", "link set up0 master br1")
    result = look()
    assert sources(result, "br0") == ["macvlan"] and found(result) == {("high", "bridge_promiscuous", "br0")}
    assert "switch br1 has bridged it by up0" in text_of(result, "bridge_promiscuous")
    assert hears("p0", "p2", _frame(near, far)) and hears("p2", "p0", _frame(far, near))
    assert hears("p1", "p0", _frame(far, near)), "flooded to the guest that it is not for"
    # The remedy: a port of its own, whose addresses are learned.
    ip("link del up0", "link add c0 type veth peer name c1", *(f"link set c{end} master br{end}" for end in (0, 1)), "link set c0 up", "link set c1 up")
    assert look()["findings"] == []
    assert hears("p0", "p2", _frame(near, far)) and hears("p2", "p0", _frame(far, near)) and not hears("p1", "p0", _frame(far, near))


def test_the_other_remedy_for_a_bridged_bridge() -> None:
    """unicast_flood off on the guests' ports keeps the frames of the other switch's guests from them."""
    _second_switch("link add link br0 name up0 type macvlan mode passthru", "link set up0 up", "link set up0 master br1")
    bridge("link set dev v1 flood off")
    assert not hears("p1", "p0", _frame("52:54:00:00:00:03", "52:54:00:00:00:01"))


def test_a_hub() -> None:
    """By its ageing time, and by who else is there to receive."""
    ip("link set br0 type bridge ageing_time 0")
    assert found(look()) == {("low", "hub_of_two", "br0")}
    ip("link add v9 type veth peer name p9", "link set v9 master br0")
    assert found(look()) == {("high", "hub", "br0")}


def test_a_pattern_that_no_interface_has() -> None:
    """Nothing was looked at, which is said."""
    answer = run_module("promiscuity_info", interfaces=["web*"])
    assert answer["interfaces"] == [] and [each["what"] for each in answer["not_looked_at"]] == ["interfaces named web*"]


def _tc(*commands: str) -> None:
    done = subprocess.run(["tc", "-batch", "-"], input="\n".join(commands) + "\n", capture_output=True, text=True, check=False)
    if done.returncode and ("not found" in done.stderr or "unknown" in done.stderr):
        pytest.skip(f"SKIPPED: this kernel lacks a part of tc: {done.stderr.strip()}; run it where it has CLS_U32, CLS_BPF and ACT_MIRRED")
    assert done.returncode == 0, done.stderr


def test_mirrors_of_tc() -> None:
    """In both directions, by shared blocks, and beside the switch with less weight."""
    everything = "protocol all u32 match u32 0 0 action mirred"
    _tc("qdisc add dev v0 clsact", f"filter add dev v0 ingress {everything} egress mirror dev v2")
    result = look()
    assert found(result) == {("high", "tc_mirror", "v0")} and text_of(result, "tc_mirror") == "frames are copied to v2 (tc, ingress)"
    _tc(f"filter add dev v0 egress {everything} ingress redirect dev v2")
    assert ("medium", "tc_redirect", "v0") in found(look())
    _tc("qdisc del dev v0 clsact", "qdisc add dev v2 ingress_block 7 ingress", f"filter add block 7 {everything} egress mirror dev p2")
    assert found(look()) == {("medium", "tc_mirror", "v2")}


def test_mirrors_in_a_queueing_discipline() -> None:
    """At its root, and at a class."""
    everything = "protocol all u32 match u32 0 0 action mirred egress mirror dev v2"
    _tc("qdisc add dev v0 root handle 1: htb", "class add dev v0 parent 1: classid 1:7 htb rate 1gbit", f"filter add dev v0 parent 1: {everything}")
    assert text_of(look(), "tc_mirror") == "frames are copied to v2 (tc, egress, htb 1:)"
    _tc(f"filter add dev v0 parent 1:7 {everything}")
    assert "class 1:7" in text_of(look(), "tc_mirror")


@pytest.mark.parametrize(
    "how",
    [
        "matchall action mirred egress mirror dev v2",
        "protocol ip flower action mirred egress mirror dev v2",
        "protocol ip basic action mirred egress mirror dev v2",
    ],
)
def test_other_filters_of_tc(how: str) -> None:
    """Each keeps its actions elsewhere."""
    _tc("qdisc add dev v0 clsact", f"filter add dev v0 ingress {how}")
    assert found(look()) == {("high", "tc_mirror", "v0")}


def test_samples_of_tc() -> None:
    """Copies to user space."""
    _tc("qdisc add dev v0 clsact", "filter add dev v0 ingress matchall action sample rate 10 group 3")
    assert text_of(look(), "tc_mirror") == "frames are sampled to user space (tc, ingress)"


def test_rules_of_nftables() -> None:
    """dup and fwd of the netdev family, in a chain that is jumped to as well; read without nft, whose JSON of 1.0.6 does not tell the device."""
    if shutil.which("nft") is None:
        pytest.skip("SKIPPED: there is no nft; install nftables")
    rules = (
        "table netdev t { chain c { fwd to v2; }; chain b { type filter hook ingress device v0 priority 0; ip saddr 192.0.2.1 dup to v2; };"
        " chain a { type filter hook ingress device v2 priority 0; ip saddr 192.0.2.1 jump c; }; }"
    )
    done = subprocess.run(["nft", "-f", "-"], input=rules, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"SKIPPED: this kernel has no dup or fwd: {done.stderr.strip()[:200]}; run it where it has NFT_DUP_NETDEV and NFT_FWD_NETDEV")
    result = look()
    assert found(result) == {("high", "nft_mirror", "v0"), ("medium", "nft_redirect", "v0"), ("low", "nft_redirect", "v2")}
    assert text_of(result, "nft_mirror") == "frames are copied to v2 (nft, chain b of table netdev t)"


def test_bpf_programs() -> None:
    """Of a tc filter, of XDP and of tcx, each with its number as iproute2 or bpf(2) told it."""
    _tc("qdisc add dev v0 clsact", "filter add dev v0 ingress bpf da bytecode '1,6 0 0 0,'")
    assert found(look()) == {("medium", "tc_bpf", "v0")}
    _tc("qdisc del dev v0 clsact")
    descriptors = attach(XDP, ATTACH_XDP, "v1")
    number = next(each["xdp"]["prog"]["id"] for each in json.loads(subprocess.check_output(["ip", "-d", "-j", "link", "show", "dev", "v1"])))
    result = look()
    assert found(result) == {("medium", "xdp", "v1")} and text_of(result, "xdp") == f"XDP program {number} is attached (generic)"
    for descriptor in descriptors:
        os.close(descriptor)
    descriptors = attach(SCHED_CLS, ATTACH_TCX_INGRESS, "v1")
    with open(f"/proc/self/fdinfo/{descriptors[0]}", encoding="ascii") as info:
        number = int(next(line.split()[1] for line in info if line.startswith("prog_id")))
    assert text_of(look(), "tc_bpf") == f"BPF program {number} virtnet is attached (tcx ingress)"
    for descriptor in descriptors:
        os.close(descriptor)
    assert look()["findings"] == []


@needs_vlan_filtering
@pytest.mark.parametrize("kind", ["veth", "macvlan"])
def test_a_bridge_that_manages_promiscuity(kind: str) -> None:
    """With VLAN filtering: a macvlan device stands for a card that filters addresses, which a veth does not."""
    ip("link set br0 type bridge vlan_filtering 1", "link set v1 nomaster")
    port = "v0"
    if kind == "macvlan":
        port = "u0"
        ip("link set v0 nomaster", "link add link v2 name u0 type macvlan mode bridge", "link set u0 master br0", "link set u0 up")
    for learning, flood in (("on", "on"), ("off", "on"), ("off", "off")):
        bridge(f"link set dev {port} learning {learning} flood {flood}")
        assert sources(look(), port) == (["bridge"] if kind == "veth" else []), (learning, flood)
    ip("link set v1 master br0")
    bridge(f"link set dev {port} learning off flood off")
    assert sources(look(), port) == ["bridge"] and sources(look(), "v1") == ["bridge"]
    bridge(f"link set dev {port} learning on flood on")
    assert sources(look(), port) == ["bridge"]


def _kinds() -> list[str]:
    """Kinds of device that this kernel has, of those that take part only where it has them."""
    wanted = {"bond": "link add x0 type bond", "vlan": "link add x0 type dummy && ip link add link x0 name x1 type vlan id 7"}
    have = []
    for kind, script in wanted.items():
        if subprocess.run(["unshare", "--net", "sh", "-c", f"ip {script}"], capture_output=True, check=False).returncode == 0:
            have.append(kind)
    return have


class Chaos:
    """Random changes to a host; what a change can't do in the present state it leaves."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.sockets: list[socket.socket] = []
        self.lines: list[str] = []
        self.devices = [f"v{number}" for number in range(3)] + ["br0", "br1"]
        self.verbs: list[Callable[[], str]] = [
            self.promisc,
            self.up_down,
            self.join,
            self.join,
            self.leave,
            self.upper,
            self.upper,
            self.no_upper,
            self.address,
            self.port,
        ]
        ip("link add br1 type bridge", "link set br1 up")
        kinds = _kinds()
        if "vlan" in kinds:
            self.verbs += [self.vlan]
        if "bond" in kinds:
            ip("link add bond0 type bond mode balance-rr", "link add bond1 type bond mode active-backup miimon 100")
            self.devices += ["bond0", "bond1"]
        if has_vlan_filtering():
            self.verbs += [self.filtering]

    def device(self) -> str:
        """Any."""
        return self.random.choice(self.devices)

    def promisc(self) -> str:
        """As the administrator."""
        return f"link set {self.device()} promisc {self.random.choice(('on', 'off'))}"

    def up_down(self) -> str:
        """Up more often."""
        return f"link set {self.device()} {self.random.choice(('up', 'up', 'down'))}"

    def join(self) -> str:
        """A switch or bond; a loop of them is refused by the kernel."""
        return f"link set {self.device()} master {self.random.choice([each for each in self.devices if each[:2] in ('br', 'bo')])}"

    def leave(self) -> str:
        """Any switch."""
        return f"link set {self.device()} nomaster"

    def upper(self) -> str:
        """A macvlan or macvtap device."""
        name, kind = f"u{self.random.randrange(4)}", self.random.choice(("macvlan", "macvtap"))
        if name not in self.devices:
            self.devices.append(name)
        mode = self.random.choice(("bridge", "private", "vepa", "passthru", "passthru nopromisc" if kind == "macvlan" else "passthru"))
        return f"link add link {self.random.choice(self.devices[:5])} name {name} type {kind} mode {mode}"

    def vlan(self) -> str:
        """A VLAN device."""
        if "w0" not in self.devices:
            self.devices.append("w0")
        return f"link add link {self.random.choice(self.devices[:5])} name w0 address 52:54:00:00:07:07 type vlan id 7"

    def no_upper(self) -> str:
        """Take one away."""
        return f"link del u{self.random.randrange(4)}"

    def filtering(self) -> str:
        """VLAN filtering."""
        return f"link set br0 type bridge vlan_filtering {self.random.randrange(2)}"

    def port(self) -> str:
        """A port's flags."""
        return f"link set {self.device()} type bridge_slave learning {self.random.choice(('on', 'off'))} flood {self.random.choice(('on', 'off'))}"

    def address(self) -> str:
        """A further address of a device, through bridge(8)."""
        verb = self.random.choice(("add", "del"))
        subprocess.run(["bridge", "fdb", verb, "52:54:00:00:00:7f", "dev", self.device(), "self"], capture_output=True, check=False)
        return ""

    def step(self) -> None:
        """One change, or a sniffer that comes or goes."""
        if self.random.random() < 0.2:
            with contextlib.suppress(OSError):
                self.sockets.append(member(self.device()))
        elif self.sockets and self.random.random() < 0.15:
            self.sockets.pop(self.random.randrange(len(self.sockets))).close()
        else:
            line = self.random.choice(self.verbs)()
            if line:
                self.lines.append(line)
                subprocess.run(["ip", *line.split()], capture_output=True, check=False)

    def close(self) -> None:
        """All sockets."""
        for each in self.sockets:
            each.close()


@pytest.fixture(name="chaos")
def _chaos() -> Iterator[Chaos]:
    """With a seed that is printed."""
    seed = int(os.environ.get("VIRTNET_SEED", time.time_ns() % 1_000_000))
    print(f"VIRTNET_SEED={seed}")
    chaos = Chaos(seed)
    yield chaos
    chaos.close()


@pytest.mark.own_code
def test_whatever_happens_the_ledger_adds_up(chaos: Chaos) -> None:
    """Random hosts: the sum of each ledger is the kernel's counter, and nothing is unexplained."""
    explained: set[str] = set()
    for each in range(60):
        for step in range(4):
            chaos.step()
        try:
            result = look()
        except AssertionError as error:
            raise AssertionError(f"{error}; the host came about by: {'; '.join(chaos.lines)}") from error
        explained |= {entry["source"] for one in result["interfaces"] for entry in one["ledger"]}
    assert {"bridge", "administrator", "packet_socket"} <= explained
