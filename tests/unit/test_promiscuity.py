# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ledger and the findings, case by case. What a kernel can be brought to do is in tests/netns."""

from __future__ import annotations

from typing import Any, Dict, Sequence

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.promiscuity import Books, extra
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.promiscuity_findings import ABOUT, RULES
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.promiscuity_info import PromiscuityRequest
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import Device, Evidence, Gap, Mirror, PacketSocket, Process, Program
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.findings import SEVERITIES

TCPDUMP = Process(4711, "tcpdump", "/usr/bin/tcpdump", "tcpdump")
LLDPD = Process(812, "lldpd", "/usr/sbin/lldpd", "_lldpd")
Expected = Sequence[Dict[str, Any]]


def device(name: str, counter: int = 0, **values: Any) -> Device:
    """A veth that is up, unless told otherwise."""
    base: dict[str, Any] = {"ifindex": 1, "kind": "veth", "up": True, "running": True, "address": "52:54:00:00:00:01", "administrator": False}
    return Device(name=name, counter=counter, **{**base, **values})


def sniffer(*holders: Process, on: str = "v0", **values: Any) -> PacketSocket:
    """A socket as tcpdump opens it."""
    base: dict[str, Any] = {"inode": 99, "protocol": 3, "running": True, "bound": on, "user": "root", "promiscuous": {on: 1}}
    return PacketSocket(holders=holders, **{**base, **values})


def evidence(*devices: Device, **values: Any) -> Evidence:
    """Devices by name."""
    return Evidence({each.name: each for each in devices}, **values)


def answer(seen: Evidence, expected: Expected = (), interfaces: list[str] | None = None) -> dict[str, Any]:
    """The module's answer."""
    items = [{"count": 1, "executable": None, "device": None, "reason": "so", **item} for item in expected]
    return PromiscuityRequest({"interfaces": interfaces, "expected": items}).answer(seen)


def ledger(seen: Evidence, name: str, expected: Expected = ()) -> tuple[list[tuple[str, int]], int]:
    """Sources with counts, and what is unexplained."""
    found = next(each for each in answer(seen, expected)["interfaces"] if each["name"] == name)
    return [(entry["source"], entry["count"]) for entry in found["ledger"]], found["unexplained"]


def rules(seen: Evidence, expected: Expected = ()) -> list[tuple[str, str, str]]:
    """Findings in short."""
    return [(each["severity"], each["rule"], each["interface"]) for each in answer(seen, expected)["findings"]]


def bridge(counter: int = 0, **values: Any) -> Device:
    """A bridge."""
    return device("br0", counter, **{"kind": "bridge", **values})


# vlan_filtering, the bridge's own counter, whether each port is an auto port, whether the first is synced, its counter, what the bridge holds of it
MANAGED = [
    (False, 0, (True, True), False, 1, 1),
    (False, 0, (False,), False, 1, 1),
    (True, 1, (False,), False, 1, 1),
    (True, 0, (True, True), False, 1, 1),
    (True, 0, (True,), True, 0, 0),
    (True, 0, (False, False), True, 0, 0),
    (True, 0, (True, False), True, 0, 0),
    (True, 0, (False, True), False, 1, 1),
    # A tap or veth can't filter, so the bridge keeps it promiscuous.
    (True, 0, (True,), False, 1, 1),
    (True, 0, (False, False), False, 1, 1),
    # Neither synced nor counted: no frame came yet that would tell, and nothing is missing.
    (True, 0, (False, False), False, 0, 0),
    # The device filters, so the count is another's.
    (True, 0, (False, False), True, 1, 0),
    # Certain, so a counter without it is a contradiction that must show.
    (True, 0, (True, True), True, 0, 1),
    (True, 1, (False,), True, 0, 1),
    (False, 0, (False,), True, 0, 1),
]


@pytest.mark.parametrize("filtering, own, autos, synced, counter, held", MANAGED)
def test_what_a_bridge_holds(filtering: bool, own: int, autos: tuple[bool, ...], synced: bool, counter: int, held: int) -> None:
    """The rules of br_manage_promisc."""
    ports = [device(f"v{number}", counter, master="br0", auto=auto, synced=synced, filter_list=False) for number, auto in enumerate(autos)]
    seen = evidence(bridge(own, vlan_filtering=filtering, administrator=bool(own)), *ports)
    entries, unexplained = ledger(seen, "v0")
    assert (entries, unexplained) == ([("bridge", 1)] if held else [], counter - held)


def upper(kind: str, counter: int = 0, **values: Any) -> Device:
    """A device above v0."""
    return device("u0", counter, **{"kind": kind, "lower": "v0", **values})


CASES: list[tuple[str, Evidence, list[tuple[str, int]], int]] = [
    ("quiet", evidence(device("v0")), [], 0),
    ("administrator", evidence(device("v0", 1, administrator=True)), [("administrator", 1)], 0),
    ("a sniffer", evidence(device("v0", 1), sockets=(sniffer(TCPDUMP),)), [("packet_socket", 1)], 0),
    ("two memberships of one socket", evidence(device("v0", 2), sockets=(sniffer(TCPDUMP, promiscuous={"v0": 2}),)), [("packet_socket", 2)], 0),
    ("a sniffer elsewhere", evidence(device("v0"), device("v1", 1), sockets=(sniffer(TCPDUMP, on="v1"),)), [], 0),
    ("passthru", evidence(device("v0", 1), upper("macvtap", mode="passthru")), [("macvlan", 1)], 0),
    ("passthru, promiscuous itself", evidence(device("v0", 1), upper("macvlan", 1, mode="passthru", administrator=True)), [("macvlan", 1)], 0),
    ("passthru, down", evidence(device("v0"), upper("macvtap", mode="passthru", up=False)), [], 0),
    ("passthru nopromisc", evidence(device("v0"), upper("macvlan", 1, mode="passthru", nopromisc=True, administrator=True)), [], 0),
    ("passthru nopromisc explains nothing", evidence(device("v0", 1), upper("macvlan", mode="passthru", nopromisc=True)), [], 1),
    ("macvlan bridge, whose list is not told", evidence(device("v0", 1, kind="vxlan"), upper("macvlan", mode="bridge")), [("address_filter", 1)], 0),
    ("macvlan bridge, down", evidence(device("v0", 1), upper("macvlan", mode="bridge", up=False)), [], 1),
    ("macvlan bridge", evidence(device("v0", 1, filter_list=True), upper("macvlan", mode="bridge")), [("address_filter", 1)], 0),
    ("macvlan bridge on a card that filters", evidence(device("v0", kind="", filter_list=True), upper("macvlan", mode="bridge")), [], 0),
    (
        "macvlan bridge, promiscuous",
        evidence(device("v0", 2, filter_list=True), upper("macvlan", 1, mode="bridge", administrator=True)),
        [("macvlan", 1), ("address_filter", 1)],
        0,
    ),
    ("an address of its own", evidence(device("v0", 1, filter_list=True)), [("address_filter", 1)], 0),
    ("went down with addresses", evidence(device("v0", 1, up=False)), [("address_filter", 1)], 0),
    ("VLAN in a bridge", evidence(device("v0", 1), upper("vlan", 1, master="br0", auto=True), bridge()), [("vlan", 1)], 0),
    ("VLAN, quiet", evidence(device("v0"), upper("vlan")), [], 0),
    ("VLAN, down", evidence(device("v0"), upper("vlan", 1, up=False, administrator=True)), [], 0),
    ("VLAN, down, on a kernel that counts it", evidence(device("v0", 1), upper("vlan", 1, up=False, administrator=True)), [("vlan", 1)], 0),
    ("MACsec, down", evidence(device("v0", 1), upper("macsec", 1, up=False, administrator=True)), [], 1),
    ("MACsec", evidence(device("v0", 1), upper("macsec", 1, administrator=True)), [("macsec", 1)], 0),
    ("bond", evidence(device("v0", 1, master="bond0"), device("bond0", 1, kind="bond", administrator=True)), [("bond", 1)], 0),
    (
        "bond, the backup",
        evidence(device("v0", 0, master="bond0"), device("bond0", 1, kind="bond", administrator=True, all_members=False, active=frozenset(("v1",)))),
        [],
        0,
    ),
    (
        "bond, the active one",
        evidence(device("v0", 1, master="bond0"), device("bond0", 1, kind="bond", administrator=True, all_members=False, active=frozenset(("v0",)))),
        [("bond", 1)],
        0,
    ),
    ("team", evidence(device("v0", 1, master="team0"), device("team0", 1, kind="team", administrator=True)), [("team", 1)], 0),
    ("Open vSwitch", evidence(device("v0", 1, master="ovs-system"), device("ovs-system", kind="openvswitch")), [("openvswitch", 1)], 0),
    ("vmnet", evidence(device("v0", 2, administrator=True)), [("administrator", 1)], 1),
    ("fewer than found", evidence(device("v0"), sockets=(sniffer(TCPDUMP),)), [("packet_socket", 1)], -1),
    (
        "all at once",
        evidence(bridge(), device("v0", 4, master="br0", auto=True, administrator=True), sockets=(sniffer(TCPDUMP), sniffer(LLDPD, inode=98))),
        [("bridge", 1), ("administrator", 1), ("packet_socket", 1), ("packet_socket", 1)],
        0,
    ),
]


@pytest.mark.parametrize("seen, entries, unexplained", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_ledger(seen: Evidence, entries: list[tuple[str, int]], unexplained: int) -> None:
    """The ledger of v0; with what it leaves it is the counter."""
    assert ledger(seen, "v0") == (entries, unexplained)
    assert sum(count for source, count in entries) + unexplained == seen.devices["v0"].counter


def test_extras_cover_the_administrator_and_then_the_rest() -> None:
    """Never a packet socket, never more than the count."""
    seen = evidence(device("tap0", 4, administrator=True), sockets=(sniffer(TCPDUMP, on="tap0"),))
    proxmox = {"match": "tap*"}
    assert ledger(seen, "tap0", [proxmox]) == ([("administrator", 1), ("packet_socket", 1)], 2)
    assert rules(seen, [proxmox]) == [("high", "unexplained", "tap0"), ("medium", "sniffer", "tap0")]
    twice = {"match": "tap*", "count": 2}
    assert ledger(seen, "tap0", [twice]) == ([("administrator", 1), ("packet_socket", 1), ("expected", 1)], 1)
    assert ledger(seen, "tap0", [twice, {"match": "tap0"}])[1] == 0
    assert ledger(seen, "tap0", [{"match": "vnet*", "count": 9}])[1] == 2
    assert rules(seen, [{"match": "tap*", "count": 9}]) == [("medium", "sniffer", "tap0")]


def test_an_expected_program_goes_by_its_path() -> None:
    """Not by its name, and not if another process holds the socket too, or if none can be seen."""
    seen = [
        evidence(device("v0", 1), sockets=(sniffer(*holders),))
        for holders in ((LLDPD,), (TCPDUMP._replace(command="lldpd"),), (LLDPD, TCPDUMP), (), (LLDPD._replace(executable=""),))
    ]
    item = {"match": "v*", "executable": "/usr/sbin/lldpd"}
    assert [len(rules(each, [item])) for each in seen] == [0, 1, 1, 1, 1]
    both = evidence(device("v0", 2), sockets=(sniffer(LLDPD), sniffer(LLDPD, inode=98)))
    assert rules(both, [item]) == [("medium", "sniffer", "v0")] and rules(both, [{**item, "count": 2}]) == []
    listener = evidence(bridge(), sockets=(sniffer(LLDPD, bound="", promiscuous={}),))
    assert rules(listener) == [("medium", "listener", "")] and rules(listener, [{**item, "match": "*"}]) == []


def test_an_expected_device() -> None:
    """A passthrough that is meant; neither the administrator nor the rest nor another device passes with it."""
    seen = evidence(device("v0", 3, administrator=True), upper("macvtap", mode="passthru"))
    item = {"match": "v*", "device": "u*", "count": 2}
    assert rules(seen, [item]) == [("high", "unexplained", "v0"), ("medium", "administrator", "v0")]
    assert rules(seen, [{**item, "device": "w*"}])[1:] == [("medium", "administrator", "v0"), ("medium", "macvlan", "v0")]
    switched = evidence(
        bridge(2, administrator=True), device("br1", kind="bridge"), device("u0", 1, kind="macvlan", mode="passthru", lower="br0", master="br1", auto=True)
    )
    found = answer(switched, [{"match": "br0", "device": "u0"}])["findings"]
    assert [each["rule"] for each in found] == ["bridge_promiscuous"] and "br1" not in found[0]["finding"]
    assert answer(switched, [{"match": "br0", "device": "u0"}, {"match": "br0"}])["findings"] == []


@pytest.mark.parametrize(
    "item, words",
    [
        ({"match": ""}, "match is empty"),
        ({"match": "v0", "reason": " "}, "reason is empty"),
        ({"match": "v0", "count": 0}, "less than 1"),
        ({"match": "v0", "executable": ""}, "executable of v0 is empty"),
        ({"match": "v0", "device": ""}, "device of v0 is empty"),
        ({"match": "v0", "device": "u0", "executable": "/bin/x"}, "make it two items"),
        ({"match": "v/0"}, "no interface name"),
    ],
)
def test_bad_extras_are_refused(item: dict[str, Any], words: str) -> None:
    """By name and with what to do."""
    with pytest.raises(InputError, match=words):
        extra({"count": 1, "reason": "so", "executable": None, "device": None, **item})


def test_who_bridged_a_bridge() -> None:
    """Through a macvlan device, a VLAN, a bond below another switch, or by itself; the administrator's flag is no switch."""
    way = device("mv0", 1, kind="macvlan", mode="passthru", lower="br0", master="br1", auto=True)
    seen = evidence(bridge(1), device("br1", kind="bridge"), way)
    found = answer(seen)["findings"]
    assert [each["rule"] for each in found] == ["bridge_promiscuous"] and "switch br1 has bridged it by mv0" in found[0]["finding"]
    ovs = evidence(bridge(1, master="ovs-system"), device("ovs-system", kind="openvswitch"))
    assert "switch ovs-system has bridged it by br0" in answer(ovs)["findings"][0]["finding"]
    tagged = evidence(bridge(1), device("br0.7", 1, kind="vlan", lower="br0", master="br1", auto=True), device("br1", kind="bridge"))
    assert "switch br1 has bridged it by br0.7" in answer(tagged)["findings"][0]["finding"]
    by_hand = answer(evidence(bridge(1, administrator=True)))["findings"]
    assert [each["rule"] for each in by_hand] == ["bridge_promiscuous"] and "switch" not in by_hand[0]["finding"].split(":")[1]
    assert [each["rule"] for each in answer(evidence(bridge(1)))["findings"]] == ["unexplained"]


def test_a_loop_of_devices_ends() -> None:
    """Nothing forbids a VLAN above a port of the bridge that it hangs on."""
    books = Books(evidence(device("a", master="b", kind="bond"), device("b", lower="a", kind="vlan")), ())
    assert books.switch_of(books.devices["a"]) is None


def test_what_the_counter_does_not_show() -> None:
    """Listeners, mirrors, programs and a hub; the worst first, at a switch more severe than elsewhere."""
    seen = evidence(
        bridge(hub=True),
        device("v0", 1, master="br0", auto=True, xdp=(Program("xdp driver", 7, ""),)),
        device("eth0", kind=""),
        *(device(name, 1, master="br0", auto=True) for name in ("v1", "v2")),
        sockets=(
            sniffer(TCPDUMP, promiscuous={}),
            sniffer(TCPDUMP, on="eth0", promiscuous={}),
            sniffer(LLDPD, protocol=0x88CC, promiscuous={}),
            sniffer(LLDPD, running=False, promiscuous={}),
        ),
        mirrors=(
            Mirror("tc", "mirror", "v0", "ingress", "mon"),
            Mirror("tc", "redirect", "eth0", "ingress", "ifb0"),
            Mirror("nft", "mirror", "", "chain c of table ip t", "mon"),
            Mirror("tc", "sample", "v0", "ingress", "user space"),
        ),
        programs={"v0": [Program("tcx ingress", 8, "")]},
        gaps=(Gap("packet sockets", "no packet_diag"),),
    )
    assert rules(seen) == [
        ("high", "hub", "br0"),
        ("high", "tc_mirror", "v0"),
        ("high", "tc_mirror", "v0"),
        ("medium", "nft_mirror", ""),
        ("medium", "listener", "v0"),
        ("medium", "tc_bpf", "v0"),
        ("medium", "xdp", "v0"),
        ("low", "tc_redirect", "eth0"),
    ]
    assert answer(seen)["not_looked_at"] == [{"what": "packet sockets", "reason": "no packet_diag"}]
    chosen = answer(seen, interfaces=["e*"])
    assert [each["name"] for each in chosen["interfaces"]] == ["eth0"]
    assert [each["rule"] for each in chosen["findings"]] == ["nft_mirror", "tc_redirect"]


def test_a_pattern_that_no_interface_has_is_said() -> None:
    """Nothing was found, as nothing was looked at."""
    found = answer(evidence(device("eth0", kind="")), interfaces=["web*", "e*"])
    assert found["not_looked_at"] == [{"what": "interfaces named web*", "reason": "no interface has such a name; there are eth0"}]


def test_a_hub_of_two_ports_sends_nobody_anything() -> None:
    """As os-vif's qbr bridges are; a third port makes it one."""
    ports = [device(name, 1, master="br0", auto=True) for name in ("v0", "v1", "v2")]
    assert rules(evidence(bridge(hub=True), *ports[:2])) == [("low", "hub_of_two", "br0")]
    assert rules(evidence(bridge(hub=True), *ports)) == [("high", "hub", "br0")]


def test_below_a_port_counts_as_a_port() -> None:
    """A member of the bond that is the bridge's uplink carries the guests' frames."""
    seen = evidence(
        bridge(), device("bond0", 1, kind="bond", master="br0", auto=True), device("eth0", 2, kind="", master="bond0"), sockets=(sniffer(TCPDUMP, on="eth0"),)
    )
    assert rules(seen) == [("high", "sniffer", "eth0")]


def test_an_unseen_holder_is_said() -> None:
    """Not dropped."""
    found = answer(evidence(device("v0", 1), sockets=(sniffer(),)))
    assert "holder not visible" in found["findings"][0]["finding"] and found["interfaces"][0]["ledger"][0]["holders"] == []


def test_names_of_interfaces() -> None:
    """A wrong one is an error, a pattern without a match is not."""
    with pytest.raises(InputError, match="there is no interface nosuch; there are v0"):
        answer(evidence(device("v0")), interfaces=["nosuch"])
    with pytest.raises(InputError, match="has 16 bytes"):
        answer(evidence(device("v0")), interfaces=["x" * 16])
    assert answer(evidence(device("v0")), interfaces=["x*"])["interfaces"] == []


def test_the_table_of_rules() -> None:
    """Each says what it means and what to do."""
    for name, rule in RULES.items():
        assert rule.severity in SEVERITIES and rule.elsewhere in (*SEVERITIES, "", None) and rule.meaning and rule.remedy and rule.about in ABOUT, name
        assert not rule.meaning.endswith(".") and not rule.remedy.endswith("."), name


def test_the_collections_own_program_is_no_finding() -> None:
    """What only has its name is."""
    programs = {"v0": [Program("tcx ingress", 8, "virtnet_0123abc", True), Program("tcx ingress", 7, "virtnet_0123abc")]}
    assert [each["finding"] for each in answer(evidence(bridge(), device("v0", 1, master="br0", auto=True), programs=programs))["findings"]] == [
        "BPF program 7 virtnet_0123abc is attached (tcx ingress)"
    ]
