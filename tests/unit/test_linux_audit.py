# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit of Linux bridges: each rule alone, present when weak and absent when not; and what a port is taken for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Mapping

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import gaps
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.audit import Names, judge
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.audit_rules import ABOUT, RULES
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.protection import PortFacts, policy, protection
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.roles import Roles
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import LinkFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables import ruleset
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.findings import SEVERITIES
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import FILTER_GUARDS, GUARDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Observed

SECURITY = ("promiscuous", "mac_changes", "forged_transmits")
BRIDGE = {"ageing_time": 300.0, "stp": False, "no_linklocal_learn": True, "mcast_snooping": False, "mcast_querier": False, "promiscuous": False}
CLOSED = {
    "isolated": True,
    "locked": True,
    "learning": False,
    "unicast_flood": False,
    "multicast_flood": True,
    "guard": False,
    "group_fwd_mask": 0,
    "mcast_router": 0,
}
OPEN = {**CLOSED, "isolated": False, "locked": False, "learning": True, "unicast_flood": True, "mcast_router": 1}
PINNED = {"address": "52:54:00:01:00:01", "port": "vnet0", "kind": "static", "sticky": True}
INTACT = {"state": "intact", "differences": [], "stale": []}


def guarded(**changes: Any) -> dict[str, Any]:
    """What linux_bridge_info tells of a hardened port, with exceptions."""
    whole: dict[str, Any] = {
        "security": {name: {"configured": "reject", "effective": "reject"} for name in SECURITY},
        "drift": [],
        "guards": dict.fromkeys(GUARDS, "reject"),
        "macs": [PINNED["address"]],
        "addresses": ["192.0.2.1"],
        "pinned": [PINNED["address"]],
        "entry": "intact",
        "quarantined": False,
    }
    for name, value in changes.items():
        whole[name] = {**whole[name], **value} if isinstance(value, dict) else value
    return whole


def answer(
    ports: Mapping[str, Mapping[str, Any]],
    bridge: dict[str, Any] | None = None,
    entries: tuple[dict[str, Any], ...] = (),
    roles: Any = None,
    shields: Any = None,
    **more: Any,
) -> dict[str, Any]:
    """A host with one bridge, in the form that linux_bridge_info returns. An open port has the protection of one."""
    shields = shields or {}
    naked = guarded(
        guards=dict.fromkeys(GUARDS, "accept"), entry="none", pinned=[], security={name: {"configured": None, "effective": "accept"} for name in SECURITY}
    )
    fields = {**BRIDGE, **(bridge or {})}
    status = more.pop("status", {})
    return {
        "bridges": [
            {
                "name": "br0",
                "bridge": {"name": "br0", **fields},
                "ports": [{"bridge": "br0", "ports": [name], **options} for name, options in ports.items()],
                "fdb": {"bridge": "br0", "entries": list(entries)},
                "status": {
                    "hub": fields["ageing_time"] == 0 and len(ports) > 2,
                    "netfilter": {},
                    "roles": {name: {"role": (roles or {}).get(name, "guest"), "reason": "so"} for name in ports},
                    "protection": {name: shields.get(name, guarded() if options["locked"] else naked) for name, options in ports.items()},
                    **status,
                },
            }
        ],
        "table": INTACT,
        "quarantine": {"patterns": [], "shut": []},
        "counters": {},
        "forward": [],
        "not_looked_at": [],
        "looked_at": {},
        **more,
    }


def found(told: dict[str, Any]) -> list[str]:
    """The rules of all findings."""
    return [each["rule"] for each in judge(told)]


def test_a_hardened_host_has_none() -> None:
    """An uplink may learn and flood, a closed guest gives no cause."""
    assert found(answer({"uplink": OPEN, "vnet0": CLOSED}, entries=(PINNED,), roles={"uplink": "uplink"})) == []


SEEN = {"own": False, "host_wide": True, "effective": True}
FORWARD = {"by": "nftables", "family": "ip", "table": "filter", "chain": "FORWARD", "hook": "forward", "policy": "accept", "drops": True}
THREE = dict.fromkeys(("vnet0", "vnet1", "vnet2"), CLOSED)
# By rule: the one thing that is wrong, and words of the finding.
CASES: dict[str, tuple[dict[str, Any], str]] = {
    "table_altered": (
        answer({"vnet0": CLOSED}, table={**INTACT, "state": "altered", "differences": ["the chain arp_frame is missing"]}),
        "arp_frame is missing",
    ),
    "quarantine_open": (
        answer({"vnet0": CLOSED}, table={**INTACT, "state": "altered", "differences": ["x"]}, quarantine={"patterns": ["vnet*"], "shut": []}),
        "of vnet*",
    ),
    "table_stale": (answer({"vnet0": CLOSED}, table={**INTACT, "stale": ["ifindex 7"]}), "ifindex 7"),
    "dropped": (
        answer({"vnet0": CLOSED}, counters={"arp": {"frames": 50, "bytes": 2300}, "bpdu": {"frames": 0, "bytes": 0}, "quarantine": {"frames": 9, "bytes": 9}}),
        "frames were dropped: 50 by arp",
    ),
    "hub": (answer(THREE, {"ageing_time": 0.0}), "a hub"),
    "hub_of_two": (answer({"vnet0": CLOSED}, {"ageing_time": 0.0}), "two ports"),
    "bridge_promiscuous": (answer({"vnet0": CLOSED}, {"promiscuous": True}), "promiscuous"),
    "no_querier": (answer({"vnet0": CLOSED}, {"mcast_snooping": True}), "without a querier"),
    "netfilter": (
        answer({"vnet0": CLOSED}, status={"netfilter": {"nf_call_iptables": SEEN}}, forward=[FORWARD]),
        "rules of FORWARD (nftables, ip filter) can drop",
    ),
    "netfilter_drops": (
        answer({"vnet0": CLOSED}, status={"netfilter": {"nf_call_iptables": {**SEEN, "host_wide": False}}}, forward=[{**FORWARD, "policy": "drop"}]),
        "through iptables (by the bridge's own option), and the policy of FORWARD (nftables, ip filter) is drop",
    ),
    "flushed": (answer({"vnet0": CLOSED}, shields={"vnet0": guarded(entry="none")}), "they were flushed"),
    "unguarded": (
        answer({"vnet0": {**CLOSED, "mcast_router": 1}}, shields={"vnet0": guarded(entry="none", guards={"arp": "accept"})}),
        "nftables has no rules for it",
    ),
    "entry_altered": (answer({"vnet0": CLOSED}, shields={"vnet0": guarded(entry="altered")}), "changed the elements"),
    "drift": (answer({"vnet0": CLOSED}, shields={"vnet0": guarded(drift=["mac_changes"])}), "mac_changes: reject was asked for"),
    "learns_linklocal": (answer({"vnet0": {**CLOSED, "learning": True}}, {"no_linklocal_learn": False}), "from link-local frames"),
    "cannot_lock": (
        answer({"vnet0": {**CLOSED, "locked": None}}, shields={"vnet0": guarded(security={"forged_transmits": {"configured": None, "effective": "accept"}})}),
        "can't lock",
    ),
    "not_locked": (
        answer({"vnet0": {**CLOSED, "locked": False}}, shields={"vnet0": guarded(security={"forged_transmits": {"configured": None, "effective": "unknown"}})}),
        "is not known",
    ),
    "learns": (answer({"vnet0": {**CLOSED, "locked": False, "learning": True}}, shields={"vnet0": guarded()}), "the port learns"),
    "shares": (
        answer({"vnet0": {**CLOSED, "locked": False, "learning": True}}, {"no_linklocal_learn": True}, shields={"vnet0": guarded(shared=[PINNED["address"]])}),
        "shares 52:54:00:01:00:01",
    ),
    "floods": (answer({"vnet0": {**CLOSED, "unicast_flood": True}}), "flooded to the guest"),
    "not_isolated": (answer({"vnet0": {**CLOSED, "isolated": False}}), "not isolated"),
    "no_neighbor_discovery": (answer({"vnet0": {**CLOSED, "multicast_flood": False}}, {"mcast_snooping": True}), "no querier"),
    **{f"guard_{name}": (answer({"vnet0": CLOSED}, shields={"vnet0": guarded(guards={name: "accept"})}), f"the guard {name}") for name in GUARDS},
    "guard_without_stp": (answer({"vnet0": {**CLOSED, "guard": True}}), "no effect"),
    "forwards_linklocal": (answer({"vnet0": {**CLOSED, "group_fwd_mask": 0x4008}}), "0x4008"),
    "entry_not_sticky": (answer({"vnet0": CLOSED}, entries=({**PINNED, "sticky": False},)), "not sticky"),
    "entry_local": (answer({"vnet0": CLOSED}, entries=({**PINNED, "kind": "local", "sticky": False},)), "is local"),
}
# What comes with it by nature.
ALSO = {"quarantine_open": {"table_altered"}, "unguarded": {"guard_arp"}, "no_neighbor_discovery": {"no_querier"}}
del CASES["cannot_lock"][0]["bridges"][0]["ports"][0]["locked"]


@pytest.mark.parametrize("name", RULES)
def test_each_rule_alone(name: str) -> None:
    """Every rule of the table has a case, in which it is the only finding, as the table describes it."""
    told, words = CASES[name]
    findings = judge(told)
    assert {each["rule"] for each in findings} - ALSO.get(name, set()) == {name}
    mine = [each for each in findings if each["rule"] == name]
    rule = RULES[name]
    assert len(mine) == 1 and words in mine[0]["finding"]
    assert (mine[0]["severity"], mine[0]["meaning"], mine[0]["remedy"]) == (rule.severity, rule.meaning, rule.remedy)
    assert mine[0]["bridge"] == ("" if rule.about == "table" else "br0") and mine[0]["port"] == ("vnet0" if rule.about in ("guest", "port", "entry") else "")
    assert rule.severity in SEVERITIES and rule.about in ABOUT and not rule.meaning.endswith(".") and not rule.remedy.endswith(".")


def test_every_guard_has_a_rule() -> None:
    """A new guard is judged without another list."""
    assert {f"guard_{name}" for name in GUARDS} == {name for name in RULES if name.startswith("guard_")} - {"guard_without_stp"}


def test_what_makes_up_for_it() -> None:
    """The same option is no finding where another one takes its danger away, and what is shut is not judged."""
    assert "learns_linklocal" not in found(answer({"vnet0": {**CLOSED, "learning": True}}))
    assert "no_querier" not in found(answer({"vnet0": CLOSED}, {"mcast_snooping": True, "mcast_querier": True}))
    assert "guard_without_stp" not in found(answer({"vnet0": {**CLOSED, "guard": True}}, {"stp": True}))
    assert found(answer({"vnet0": OPEN}, shields={"vnet0": guarded(quarantined=True, entry="none")})) == []
    # nftables compares the addresses of a port that this kernel can't lock.
    assert found(answer({"vnet0": {**CLOSED, "locked": False}}, shields={"vnet0": guarded()})) == []


def test_frames_that_no_chain_sees() -> None:
    """Another family's chain is none that iptables' frames go through, and what is off hands nothing over."""
    other = {**FORWARD, "family": "ip6", "policy": "drop"}
    assert found(answer({"vnet0": CLOSED}, status={"netfilter": {"nf_call_iptables": SEEN}}, forward=[other])) == ["netfilter"]
    assert found(answer({"vnet0": CLOSED}, status={"netfilter": {"nf_call_iptables": {**SEEN, "effective": False}}}, forward=[other])) == []
    assert found(answer({"vnet0": CLOSED}, status={"netfilter": {"nf_call_iptables": {**SEEN, "effective": None}}})) == []


def test_the_worst_first() -> None:
    """Whatever the order of bridges and ports."""
    severities = [each["severity"] for each in judge(answer({"uplink": OPEN, "vnet0": OPEN}, {"mcast_snooping": True, "ageing_time": 0.0}))]
    assert severities == sorted(severities, key=SEVERITIES.index) and set(severities) == set(SEVERITIES)


def test_names_only_add() -> None:
    """An uplink by what the kernel says is one until the user says otherwise."""
    told = answer({"eth0": OPEN}, roles={"eth0": "uplink"})
    assert judge(told) == [] and judge(told, Names(["eth*"])) and not judge(told, Names(["eth*"], ["eth0"]))


# -- roles ------------------------------------------------------------------------------------------------------------------------


def facts(kind: str = "", master: str = "br0", up: bool = True, running: bool = True, **more: Any) -> LinkFacts:
    """A device as the dump of links tells of it."""
    return LinkFacts(kind, up, running, master, **more)


HOST = {
    "br0": facts("bridge", "", address="52:54:00:00:00:fe"),
    "vmbr0": facts("bridge", ""),
    "fwbr100i0": facts("bridge", ""),
    "ovs-system": facts("openvswitch", ""),
    # Guests.
    "vnet0": facts("tap", address="fe:54:00:00:00:01"),
    "mt0": facts("macvtap", lower="eth0"),
    "tun0": facts("tun"),
    "veth100i0": facts("veth", elsewhere=True),
    "veth1a2b3c": facts("veth", elsewhere=True),
    "nk0": facts("netkit", elsewhere=True),
    "vif1.0": facts(bus="xen-backend"),
    "eth1_3": facts(bus="pci", port_name="pf0vf3"),
    "sf": facts(bus="pci", port_name="c1pf0sf88"),
    # Proxmox's and os-vif's couplings.
    "fwpr100p0": facts("veth", "vmbr0", lower="fwln100i0"),
    "fwln100i0": facts("veth", "fwbr100i0", lower="fwpr100p0"),
    "qvbabc": facts("veth", lower="qvoabc"),
    "qvoabc": facts("veth", "ovs-system", lower="qvbabc"),
    "vlower": facts("veth", lower="vfar"),
    "vfar": facts("veth", "", lower="vlower"),
    "mt9": facts("macvtap", "", lower="vfar"),
    "vmv": facts("veth", lower="vmvfar"),
    "vmvfar": facts("veth", "", lower="vmv"),
    "mv9": facts("macvlan", "", lower="vmvfar"),
    "vcpl": facts("veth", lower="vvmnet"),
    "vvmnet": facts("veth", "", lower="vcpl", counter=1),
    "br9.5": facts("vlan", lower="vmbr0"),
    "ovsint": facts("openvswitch"),
    # The host's own.
    "vhost": facts("veth", lower="vh"),
    "vh": facts("veth", "", lower="vhost"),
    "dummy0": facts("dummy"),
    "virbr0": facts("bridge", "", address="52:54:00:00:00:fe"),
    "virbr0-nic": facts("tap", "virbr0", up=False, running=False, address="52:54:00:00:00:fe"),
    # Uplinks.
    "eth0": facts(bus="virtio"),
    "enp1s0": facts(bus="pci", port_name="p0"),
    "vxlan100": facts("vxlan"),
    "gre0": facts("gretap"),
    "gnv": facts("geneve"),
    "eth0.100": facts("vlan", lower="eth0"),
    "bond0": facts("bond"),
    "eth7": facts(bus="pci", master="bond0"),
    "eth8": facts(bus="pci", master="bond0"),
    "bond0.7": facts("vlan", lower="bond0"),
    "mv0": facts("macvlan", lower="eth0"),
    "team9": facts("team"),
    # Not as they look.
    "tap.5": facts("vlan", lower="vnet0"),
    "bond1": facts("bond"),
    "tapx": facts("tap", master="bond1"),
    "eth6": facts(bus="pci", master="bond1"),
    # Nothing is known of them.
    "vmnet1": facts(),
    "ifb0": facts("ifb"),
    "vodd": facts("veth", lower="gone"),
    "far.5": facts("vlan", elsewhere=True),
    "ghost": facts("macsec", lower="gone"),
    "loop0": facts("vlan", lower="loop1"),
    "loop1": facts("vlan", lower="loop0"),
}
ROLES = {
    "guest": "vnet0 mt0 tun0 veth100i0 veth1a2b3c nk0 vif1.0 eth1_3 sf tap.5 bond1 vlower",
    "coupling": "fwpr100p0 fwln100i0 qvbabc qvoabc br9.5 ovsint vmv",
    "host": "vhost dummy0 virbr0-nic",
    "uplink": "eth0 enp1s0 vxlan100 gre0 gnv eth0.100 bond0 bond0.7 mv0 team9",
    "unknown": "vcpl vmnet1 ifb0 vodd far.5 ghost loop0 missing",
}


@pytest.mark.parametrize(("role", "name"), [(role, name) for role, names in ROLES.items() for name in names.split()])
def test_what_hangs_on_a_port(role: str, name: str) -> None:
    """By what the kernel says of the device; no name is looked at here."""
    told = Roles(HOST, guests=()).of(name)
    assert told.role == role, told
    assert told.reason and "uplink_patterns" not in told.reason


def test_names_make_guests_and_uplinks_are_declared() -> None:
    """A name never excuses a port; the user can."""
    assert Roles(HOST).of("fwpr100p0").role == "guest" and "named fwpr*" in Roles(HOST).of("fwpr100p0").reason
    assert Roles(HOST, guests=["eth*"]).of("eth0").role == "guest"
    told = Roles(HOST, guests=["*"], uplinks=["veth100*"]).of("veth100i0")
    assert told.role == "uplink" and "declared by veth100* in uplink_patterns" in told.reason and "another network namespace" in told.reason
    for name in ("uplink", "eth9", "bond7", "enp3s0"):
        assert Roles({name: facts("tap")}).of(name).role == "guest"


def test_a_tap_that_is_up_is_no_bearer_of_an_address() -> None:
    """A bridge without an address of its own has that of one of its guests' taps."""
    idle = {"up": False, "running": False, "address": "52:54:00:00:00:fe"}
    for change in ({"up": True}, {"running": True}, {"address": "52:54:00:00:00:01"}):
        nic = facts("tap", "virbr0", **{**idle, **change})  # type: ignore[arg-type]
        assert Roles({**HOST, "virbr0-nic": nic}).of("virbr0-nic").role == "guest"
    assert Roles({**HOST, "vm1": facts("tap", "virbr0", **idle)}).of("vm1").role == "guest"  # type: ignore[arg-type]


def test_guests_that_hang_on_no_bridge() -> None:
    """Each kind is named as not looked at; a device of another name or with a master is none of VMware's."""
    links = {
        "lo": facts(master=""),
        "vmnet1": facts(master=""),
        "vmnet8": facts(master=""),
        "vmnet2": facts(),
        "vmnetx": facts(master=""),
        "eth0": facts(master="", bus="pci", functions=4),
        "eth1": facts(master="", bus="pci"),
        "it0": facts("ipvtap", "", lower="eth1"),
        "tap7": facts("tap", ""),
    }
    told = gaps.of_host(Observed({}, {"links": links}), SimpleNamespace(gaps=[], table="intact"), [], (), ())
    assert [each["what"] for each in told] == ["guests on it0, tap7", "guests on virtual functions of eth0", "VMware's guests on vmnet1, vmnet8"]


@pytest.mark.parametrize(
    ("changes", "bridge", "rule"),
    [
        ({}, True, "shares"),
        ({"entry": "altered"}, True, "learns"),
        ({"security": {"forged_transmits": {"configured": "reject", "effective": "unknown"}}}, True, "learns"),
        ({}, False, "learns"),
        ({"shared": ["192.0.2.1"]}, True, "learns"),
    ],
)
def test_a_port_that_learns_where_a_shared_address_is(changes: dict[str, Any], bridge: bool, rule: str) -> None:
    """It learns whatever it likes where its sources are not compared, or from link-local frames."""
    shield = guarded(**{"shared": [PINNED["address"]], **changes})
    told = answer({"vnet0": {**CLOSED, "locked": False, "learning": True}}, {"no_linklocal_learn": bridge}, shields={"vnet0": shield})
    found = {each["rule"] for each in judge(told)}
    assert found & {"shares", "learns"} == {rule}


# -- protection -------------------------------------------------------------------------------------------------------------------

ENTRY = {
    **dict.fromkeys(FILTER_GUARDS, "reject"),
    "macs": PINNED["address"],
    "addresses": "192.0.2.1",
    "intact": True,
    "record": "promiscuous=inherit:reject mac_changes=reject forged_transmits=reject",
}


def shield(port: dict[str, Any] | None = None, entry: Any = "intact", known: bool = True, **more: Any) -> dict[str, Any]:
    """Of a hardened port, with exceptions."""
    bridge, pinned = {**BRIDGE, **more.pop("bridge", {})}, [str(PINNED["address"])]
    entry = ENTRY if entry == "intact" else entry
    return protection(PortFacts("vnet0", {**CLOSED, **(port or {})}, bridge, entry, known, pinned, more.pop("shut", False), more.pop("program", True)))


def effective(told: dict[str, Any]) -> dict[str, str]:
    """By policy."""
    return {name: each["effective"] for name, each in told["security"].items()}


def test_protection_of_a_hardened_port() -> None:
    """Configured is what was said, inherit among it; effective what holds."""
    told = shield()
    assert told["security"]["promiscuous"] == {"configured": "inherit", "effective": "reject"}
    assert set(effective(told).values()) == set(told["guards"].values()) == {"reject"} and told["drift"] == [] and told["entry"] == "intact"


def test_a_port_that_shares_is_protected_without_a_lock() -> None:
    """By the rules, as long as they hold, and only if the bridge learns nothing beside them."""
    learning = {"locked": False, "learning": True}
    shared = {**ENTRY, "macs": f"{PINNED['address']},00:00:5e:00:01:07", "shared": "00:00:5e:00:01:07"}
    quiet = {"no_linklocal_learn": True}
    assert set(effective(shield(learning, shared, bridge=quiet)).values()) == {"reject"}
    for told in (
        shield(learning, shared, bridge={"no_linklocal_learn": False}),
        shield(learning, {**shared, "source_mac": "accept"}, bridge=quiet),
        shield(learning, {**shared, "shared": "192.0.2.1"}, bridge=quiet),
        shield(learning, None, bridge=quiet),
    ):
        assert effective(told)["forged_transmits"] == effective(told)["mac_changes"] == "accept"
    assert effective(shield(learning, {**shared, "intact": False}, bridge=quiet))["forged_transmits"] == "unknown"


def test_effective_is_what_holds_now() -> None:
    """Whoever switched it off, it is told, as drift where somebody had asked for it."""
    told = shield({"locked": False, "learning": True, "unicast_flood": True})
    assert set(effective(told).values()) == {"accept"} and told["drift"] == list(SECURITY)
    by_hand = shield(entry=None)
    assert set(effective(by_hand).values()) == {"reject"} and by_hand["drift"] == [] and by_hand["entry"] == "none"
    assert by_hand["guards"] == {**dict.fromkeys(GUARDS, "accept"), "partial_checksum": "reject"}
    assert by_hand["security"]["promiscuous"]["configured"] is None
    # The rules compare the addresses of a port that is not locked.
    assert effective(shield({"locked": False}))["forged_transmits"] == "reject"
    assert effective(shield({"locked": False}, entry=None))["forged_transmits"] == "accept"


def test_what_could_not_be_read_is_not_known() -> None:
    """Neither reject nor accept: but what options alone enforce is."""
    told = shield(known=False)
    assert told["guards"] == {**dict.fromkeys(GUARDS, "unknown"), "partial_checksum": "reject"}
    assert set(effective(told).values()) == {"reject"} and told["entry"] == "unknown"
    assert effective(shield({"locked": False}, known=False))["forged_transmits"] == "unknown"
    altered = shield(entry={**ENTRY, "intact": False})
    assert altered["entry"] == "altered" and altered["guards"] == told["guards"]
    assert [shield(program=program)["guards"]["partial_checksum"] for program in (True, False, None)] == ["reject", "accept", "unknown"]


def test_other_ways_to_enforce_a_guard() -> None:
    """The port option guard with STP. VLAN filtering is none: tags of the own VLAN, of 802.1ad and double ones pass it."""
    assert shield({"guard": True}, entry=None, bridge={"stp": True})["guards"]["bpdu"] == "reject"
    assert shield({"guard": True}, entry=None)["guards"]["bpdu"] == "accept"
    assert shield(bridge={"vlan_filtering": True}, entry=None)["guards"]["vlan_tags"] == "accept"
    assert shield(bridge={"vlan_filtering": True})["guards"]["vlan_tags"] == "reject"


def test_a_quarantined_name_is_shut_until_the_table_knows_its_device() -> None:
    """And nothing is said of it where the table could not be read."""
    assert shield(entry=None, shut=True)["quarantined"] and not shield(shut=True)["quarantined"]
    assert not shield(entry=None, shut=True, known=False)["quarantined"]


def test_the_policy_as_a_document() -> None:
    """What is not known is left out, and a guest without an IP address is another thing than one of which nobody said anything."""
    accepts = {**ENTRY, **dict.fromkeys(FILTER_GUARDS, "accept"), "macs": "", "addresses": "", "record": ""}
    entries: dict[str, Any] = {"vnet0": {**ENTRY, "addresses": ""}, "vnet1": accepts}
    document = policy("br0", "promiscuous=reject", entries, {"vnet0": True, "vnet1": False})
    assert document["security"] == {"promiscuous": "reject"} and document["kind"] == "bridge"
    assert document["ports"][0] == {
        "name": "vnet0",
        "macs": [PINNED["address"]],
        "addresses": [],
        "guards": dict.fromkeys(GUARDS, "reject"),
        "security": {"promiscuous": "inherit", "mac_changes": "reject", "forged_transmits": "reject"},
    }
    assert document["ports"][1] == {"name": "vnet1", "guards": dict.fromkeys(GUARDS, "accept")}
    assert policy("br0", None, {}, {}) == {"name": "br0", "kind": "bridge", "ports": []}


# -- counters ---------------------------------------------------------------------------------------------------------------------


def test_every_drop_is_counted_for_a_guard_and_nothing_else_is() -> None:
    """What passes costs nothing."""
    known = {*FILTER_GUARDS, ruleset.INSPECTION, ruleset.QUARANTINE}
    guards = set()
    for chain in ruleset.CHAINS.values():
        for rule in chain.rules:
            assert bool(rule.guard) is rule.text.endswith("drop") is ("counter" in rule.body()), rule
            assert not rule.guard or rule.body().endswith("counter drop")
            assert ": drop" not in rule.text, "a verdict in a map has no counter"
            guards.add(rule.guard)
    assert guards - {""} == known


@pytest.mark.parametrize(
    ("mask", "shield", "found"),
    [
        (0x4001, guarded(), False),
        (0x4001, guarded(guards={"bpdu": "accept"}), True),
        (0x4000, guarded(guards={"bpdu": "accept"}), False),
        (0x4001, guarded(entry="none"), True),
        (0x4001, guarded(entry="unknown", guards=dict.fromkeys(GUARDS, "unknown")), False),
    ],
)
def test_link_local_frames_that_the_table_drops(mask: int, shield: Any, found: bool) -> None:
    """They are forwarded to it so that the host does not get them; without it they reach the other ports."""
    told = answer({"vnet0": {**CLOSED, "group_fwd_mask": mask}}, shields={"vnet0": shield})
    assert ("forwards_linklocal" in {each["rule"] for each in judge(told)}) is found
