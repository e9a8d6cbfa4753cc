# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy document and its way to flags, entries and guards, without a kernel."""

from __future__ import annotations

import itertools
import re
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import InputError, UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._linux import recipes
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.addresses import addresses_of, joined, macs_of, shared_of
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.record import PortRecord, SwitchRecord
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables import elements, ruleset, shape
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.table import Table, Transaction
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import document
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BY_PROGRAM, FILTER_GUARDS, GUARDS
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import PROFILES, SECURITY, Level, Resolution, record, resolve
from hypothesis import given
from hypothesis import strategies as st

MAC = "52:54:00:00:00:01"
VALUES = (None, "accept", "reject", "inherit")


def can(*missing: str) -> recipes.Can:
    """A host that lacks something."""
    return lambda kind, name="", value=True: f"there is no {name or kind}" if (name or kind) in missing else None


def level(label: str, value: str | None) -> Level:
    """One policy on one level."""
    return Level.of(label, {"security": {"promiscuous": value}})


@pytest.mark.parametrize("values", list(itertools.product(VALUES, repeat=3)))
def test_inheritance(values: Any) -> None:
    """Every combination of port, group and switch, against the rule written out another way."""
    levels = tuple(level(label, value) for label, value in zip(("port", "group", "switch"), values))
    said = [value for value in values if value]
    decided = [value for value in said if value != "inherit"]
    if said and not decided:
        with pytest.raises(InputError, match="inherit"):
            resolve(levels)
        return
    result = resolve(levels)
    assert result.configured.get("promiscuous") == (said[0] if said else None)
    assert result.effective.get("promiscuous") == (decided[0] if decided else None)


def test_what_is_written_out_goes_before_the_profile_and_the_port_before_the_group() -> None:
    """And a guard that nobody names is nobody's."""
    port = Level.of("port", {"profile": "guest", "guards": {"arp": "accept"}})
    group = Level.of("group", {"profile": "router", "security": {"mac_changes": "accept"}, "isolated": True})
    result = resolve((port, group))
    assert result.guards["arp"] == "accept" and result.guards["ip_source"] == "reject" and result.isolated is True
    assert result.effective == dict.fromkeys(SECURITY, "reject")
    assert resolve((group,)).effective["mac_changes"] == "accept" and resolve((group,)).guards["ip_source"] == "accept"
    assert resolve((Level.of("port", {}),)) == Resolution()


def test_profiles_say_everything() -> None:
    """A profile with a hole would leave one open."""
    for name, profile in PROFILES.items():
        assert tuple(profile.security) == SECURITY and tuple(profile.guards) == GUARDS, name
        assert set(profile.security.values()) | set(profile.guards.values()) <= {"accept", "reject"}, name


COMBINATIONS = list(itertools.product((None, "accept", "reject"), repeat=3))


@pytest.mark.parametrize("values", COMBINATIONS)
@pytest.mark.parametrize("missing", [(), ("locked",), ("filter",)])
def test_flags_of_every_combination(values: Any, missing: Any) -> None:
    """A port that does not learn has its addresses pinned; a lock never stands beside learning; what was not named is not touched."""
    effective = {name: value for name, value in zip(SECURITY, values) if value}
    compiled = recipes.compile_port(recipes.Port("p", (MAC,), ""), Resolution(effective=effective), can(*missing))
    promiscuous, changes, forged = values
    assert compiled.pins is (compiled.flags.get("learning") is False)
    assert compiled.flags.get("unicast_flood") == {None: None, "accept": True, "reject": False}[promiscuous]
    if forged == "reject":
        assert compiled.flags["learning"] is False
        assert compiled.flags.get("locked") is (None if "locked" in missing else True)
        assert compiled.guards.get("source_mac") == (None if "filter" in missing else "reject")
    if changes == "reject":
        assert compiled.flags["learning"] is False
    if not effective:
        assert compiled.flags == {} and compiled.guards == {} and not compiled.pins
    assert set(compiled.enforcement) == set(effective)
    if set(effective.values()) == {"reject"} and len(effective) == 3:
        assert set(compiled.enforcement.values()) == {"exact"}


@pytest.mark.parametrize("values", COMBINATIONS)
def test_flags_of_a_port_that_shares(values: Any) -> None:
    """It learns, is never locked, and its sources are compared wherever a policy depends on that; what can't be had so is refused."""
    effective = {name: value for name, value in zip(SECURITY, values) if value}
    port, wanted = recipes.Port("p", (MAC, "00:00:5e:00:01:07"), "", shared=frozenset({"00:00:5e:00:01:07"})), Resolution(effective=effective)
    promiscuous, changes, forged = values
    if changes == "reject" and forged != "reject":
        with pytest.raises(InputError, match="forged_transmits: reject too"):
            recipes.compile_port(port, wanted, can())
        return
    compiled = recipes.compile_port(port, wanted, can())
    assert compiled.flags["learning"] is True and compiled.flags.get("locked") in (None, False)
    assert compiled.pins is (forged == "reject") and (compiled.guards.get("source_mac") == "reject") is compiled.pins
    assert compiled.flags.get("unicast_flood") == {None: None, "accept": True, "reject": False}[promiscuous]
    assert (compiled.guards.get("destination_mac") == "reject") is (promiscuous == "reject" and compiled.pins)
    if forged != "reject":
        return
    assert compiled.bridge == {"no_linklocal_learn": True} and compiled.enforcement["forged_transmits"] == "exact"
    assert recipes.compile_port(port, wanted, can("locked")).flags == compiled.flags
    for missing in ("filter", "no_linklocal_learn"):
        with pytest.raises(UnsupportedError, match="shared MAC address"):
            recipes.compile_port(port, wanted, can(missing))
    with pytest.raises(InputError, match="own MAC address too"):
        recipes.compile_port(port._replace(macs=("00:00:5e:00:01:07",)), wanted, can())


def test_what_an_item_of_a_list_of_addresses_may_be() -> None:
    """Text, or a dictionary; the values of templates are text."""
    macs, addresses = (
        [MAC, {"address": "00-00-5E-00-01-07", "shared": "True"}, {"address": "02:00:00:00:00:01"}],
        ["192.0.2.1", {"address": "2001:DB8::/64", "shared": True}, {"address": "192.0.2.9/32", "shared": False}],
    )
    assert macs_of(macs, "port p") == (MAC, "00:00:5e:00:01:07", "02:00:00:00:00:01")
    assert joined(addresses_of(addresses, "port p") or []) == "192.0.2.1,192.0.2.9,2001:db8::/64"
    assert shared_of(macs, addresses, "port p") == {"00:00:5e:00:01:07", "2001:db8::/64"}
    assert shared_of(None, None, "port p") == frozenset()


@pytest.mark.parametrize("name", ["mac_changes", "forged_transmits"])
def test_a_guest_without_known_addresses_is_not_cut_off(name: str) -> None:
    """It is refused."""
    with pytest.raises(InputError, match="macs"):
        recipes.compile_port(recipes.Port("p", None, None), Resolution(effective={name: "reject"}), can())


@pytest.mark.parametrize("name", ["arp", "neighbor", "ip_source"])
def test_guards_that_compare_need_macs(name: str) -> None:
    """Without them the guest's own link-local address would be a forged source."""
    with pytest.raises(InputError, match="macs"):
        recipes.compile_port(recipes.Port("p", None, "192.0.2.1"), Resolution(guards={name: "reject"}), can())


def test_a_second_lock_only_where_the_kernel_has_it() -> None:
    """A kernel without multicast snooping has no ports of multicast routers either."""
    wanted = Resolution(guards={"router_advertisement": "reject"})
    assert recipes.compile_port(recipes.Port("p", None, None), wanted, can()).flags == {"mcast_router": 0, "group_fwd_mask": 0x4000}
    compiled = recipes.compile_port(recipes.Port("p", None, None), wanted, can("mcast_router", "group_fwd_mask"))
    assert compiled.flags == {} and compiled.guards == {"router_advertisement": "reject"}


@pytest.mark.parametrize(
    ("guards", "missing", "mask"),
    [
        ({"bpdu": "reject"}, (), 0x4001),
        ({"arp": "accept", "bpdu": "accept"}, (), None),
        ({"dhcp_server": "reject", "bpdu": "accept"}, (), 0x4000),
        ({"bpdu": "reject"}, ("group_fwd_mask",), None),
    ],
)
def test_what_the_host_is_not_to_hear(guards: Any, missing: Any, mask: Any) -> None:
    """As far as a guard asks for it, and never where no table drops it: there it would reach the neighbours instead."""
    compiled = recipes.compile_port(recipes.Port("p", None, None), Resolution(guards=guards), can(*missing))
    assert compiled.flags.get("group_fwd_mask") == mask
    running = recipes.compile_port(recipes.Port("p", None, None, True), Resolution(guards=guards), can(*missing))
    exact = "group_fwd_mask" not in missing
    assert guards.get("bpdu") != "reject" or (running.enforcement["bpdu"] == "exact") is exact, "nothing is exact that the bridge does before"
    effective = dict.fromkeys(SECURITY, "reject")
    assert "group_fwd_mask" not in recipes.compile_port(recipes.Port("p", (MAC,), ""), Resolution(effective=effective), can("filter")).flags


@pytest.mark.parametrize("name", ["arp", "neighbor", "ip_source"])
def test_guards_that_compare_need_addresses(name: str) -> None:
    """None is not the same as none."""
    with pytest.raises(InputError, match="addresses"):
        recipes.compile_port(recipes.Port("p", (MAC,), None), Resolution(guards={name: "reject"}), can())
    compiled = recipes.compile_port(recipes.Port("p", (MAC,), ""), Resolution(guards={name: "reject"}), can())
    assert compiled.guards == {name: "reject"}


@pytest.mark.parametrize("name", [name for name in GUARDS if name != BY_PROGRAM])
def test_every_guard_without_nftables_is_refused_by_name(name: str) -> None:
    """But for BPDUs on a bridge that runs STP, which is only approximate."""
    port = recipes.Port("vnet0", (MAC,), "")
    with pytest.raises(UnsupportedError, match=f"vnet0.*{name}.*there is no filter"):
        recipes.compile_port(port, Resolution(guards={name: "reject"}), can("filter"))
    if name == "bpdu":
        compiled = recipes.compile_port(port._replace(stp=True), Resolution(guards={name: "reject"}), can("filter"))
        assert compiled.flags == {"guard": True} and compiled.enforcement[name].startswith("approximate")
    assert recipes.compile_port(port, Resolution(guards={name: "accept"}), can("filter")).flags == {}


def test_a_program_that_can_not_be_had() -> None:
    """By name it is refused; of a profile the rest is taken, and told who is safe all the same."""
    port = recipes.Port("vnet0", (MAC,), "")
    with pytest.raises(UnsupportedError, match="vnet0.*partial_checksum can't be reject: there is no ingress; set guards.partial_checksum: accept"):
        recipes.compile_port(port, resolve((Level.of("port", {"guards": {BY_PROGRAM: "reject"}, "profile": "guest"}),)), can("ingress"))
    compiled = recipes.compile_port(port, resolve((Level.of("port", {"profile": "guest"}),)), can("ingress"))
    assert compiled.program is None and re.match("unsupported: there is no ingress; .*offload", compiled.enforcement[BY_PROGRAM])
    assert {value for name, value in compiled.enforcement.items() if name != BY_PROGRAM} == {"exact"}
    for level, wanted in (({"profile": "router"}, True), ({"profile": "nested_hypervisor", "guards": {BY_PROGRAM: "accept"}}, False), ({}, None)):
        assert recipes.compile_port(port, resolve((Level.of("port", level),)), can()).program is wanted


def test_who_asks_by_name_goes_before_a_profile_further_up() -> None:
    """And a profile of the port before what its group asks by name."""
    named, profile = Level.of("a", {"guards": {BY_PROGRAM: "reject"}}), Level.of("b", {"profile": "guest"})
    assert resolve((named, profile)).by_profile == set(GUARDS) - {BY_PROGRAM} and resolve((profile, named)).by_profile == set(GUARDS)


macs = st.binary(min_size=6, max_size=6).map(lambda raw: bytes([raw[0] & 0xFE | 2]) + raw[1:]).map(lambda raw: raw.hex(":"))
single = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(ip_network)
prefixes = st.one_of(st.tuples(st.ip_addresses(v=4), st.integers(8, 31)), st.tuples(st.ip_addresses(v=6), st.integers(16, 127))).map(
    lambda item: ip_network(f"{item[0]}/{item[1]}", strict=False)
)
ports = st.fixed_dictionaries(
    {
        "macs": st.sets(macs, max_size=4).map(lambda items: ",".join(sorted(items))),
        "addresses": st.sets(st.one_of(single, prefixes), max_size=6).map(lambda items: joined(list(items))),
        "record": st.just("promiscuous=reject"),
        "shared": st.integers(0, 1023),
        **{guard: st.sampled_from(("accept", "reject")) for guard in FILTER_GUARDS},
    }
).map(lambda fields: {**fields, "shared": _some(fields, int(str(fields["shared"])))})


def _some(fields: dict[str, Any], mask: int) -> str:
    """Some of the addresses, in the order in which they stand."""
    both = [*elements.split(fields["macs"]), *elements.split(fields["addresses"])]
    return ",".join(each for place, each in enumerate(both) if mask >> place & 1)


def as_json(index: int, found: dict[str, Any]) -> Any:
    """The elements as nft 1.0.6 lists them."""
    objects = []
    for name in ruleset.SETS:
        items: Any = [{"concat": [f"v{index}", _as_nft(name, text)]} if text else f"v{index}" for text in sorted(found.get(name, ()))]
        if name in ("ports", "shared") and items:
            comment = next(iter(found[name])) if name == "shared" else "promiscuous=reject"
            items = [{"elem": {"val": f"v{index}", "comment": comment}}]
        objects.append({"set": {"name": name, **({"elem": items} if items else {})}})
    return objects


def _as_nft(name: str, text: str) -> Any:
    if name == "link_layer":
        return int(text, 16)
    if name.startswith(("target", "client")):
        first, dash, last = text.partition("-")
        return {"range": [first, last]} if dash else text
    if "/" in text:
        address, length = text.split("/")
        return {"prefix": {"addr": address, "len": int(length)}}
    return text


@given(ports)
def test_a_port_s_elements_say_what_the_port_was_given(fields: dict[str, Any]) -> None:
    """decode(encode(x)) == x, through what nft prints."""
    derived = {str(elements.link_local(mac)) for mac in elements.split(fields["macs"])}
    fields["addresses"] = ",".join(part for part in elements.split(fields["addresses"]) if part not in derived)
    fields["shared"] = ",".join(part for part in elements.split(fields["shared"]) if part not in derived)
    found = elements.elements_of(fields)
    table = Table(as_json(7, found), {"v7": 7})
    assert elements.fields_of(table.ports[7], table.records["ports"][7]) == {**fields, "intact": True}


@given(ports, st.data())
def test_an_element_that_somebody_took_away_is_noticed(fields: dict[str, Any], data: Any) -> None:
    """Either in what the port seems to be allowed, or as not intact."""
    found = elements.elements_of(fields)
    name = data.draw(st.sampled_from(sorted(found)))
    gone = data.draw(st.sampled_from(sorted(found[name])))
    left = {each: values - ({gone} if each == name else set()) for each, values in found.items()}
    left = {each: values for each, values in left.items() if values}
    assert elements.fields_of(left, "") != {**elements.fields_of(found, ""), "intact": True}


@given(ports, st.data())
def test_a_set_that_somebody_flushed_breaks_the_seal(fields: dict[str, Any], data: Any) -> None:
    """Also where what is left would be the whole of another wish; of entries that no version sealed nothing is said."""
    found = elements.elements_of(fields)
    sealed = elements.seal(found)
    assert elements.fields_of(found, "", sealed)["intact"] is elements.fields_of(found, "")["intact"]
    gone = data.draw(st.sampled_from(sorted(found)))
    left = {name: values for name, values in found.items() if name != gone}
    assert elements.fields_of(left, "", sealed)["intact"] is False


def test_link_local_address() -> None:
    """The example of RFC 4291, appendix A."""
    assert elements.link_local("34:56:78:9a:bc:de") == ip_address("fe80::3656:78ff:fe9a:bcde")


@given(
    st.fixed_dictionaries({}, optional={name: st.sampled_from(("accept", "reject", "inherit")) for name in SECURITY}),
    st.fixed_dictionaries({name: st.sampled_from(("accept", "reject")) for name in SECURITY}),
    st.fixed_dictionaries(
        {},
        optional={
            **{name: st.booleans() for name in ("learning", "locked", "isolated", "mab", "guard", "unicast_flood", "multicast_flood")},
            "mcast_router": st.integers(0, 3),
            "group_fwd_mask": st.integers(0, 0xFFFF),
        },
    ),
)
def test_records_come_back_and_fit(configured: dict[str, str], values: dict[str, str], before: dict[str, Any]) -> None:
    """nft takes 128 bytes."""
    effective = {name: configured[name] if configured[name] != "inherit" else values[name] for name in configured}
    text = PortRecord(configured, effective, before).text()
    assert len(f"{text} sum=01234567:{'x' * 15}") <= 128
    assert PortRecord.read(text) == PortRecord(configured, effective, before)
    switch = SwitchRecord(configured, ["no_linklocal_learn"])
    assert SwitchRecord.read(switch.text()) == switch
    assert record({}, {}) == ""


def test_the_longest_record_fits() -> None:
    """And one of an earlier version, which wrote values out, is read."""
    names = ("learning", "locked", "isolated", "mab", "guard", "unicast_flood", "multicast_flood")
    before: dict[str, Any] = {**dict.fromkeys(names, True), "mcast_router": 2, "group_fwd_mask": 0xFFFD}
    longest = PortRecord(dict.fromkeys(SECURITY, "inherit"), dict.fromkeys(SECURITY, "accept"), before)
    assert len(f"{longest.text()} sum=01234567:{'x' * 15}") <= 128 and PortRecord.read(longest.text()) == longest
    assert PortRecord.read("promiscuous=inherit:reject").effective == {"promiscuous": "reject"}


@pytest.mark.parametrize(
    "text", ["", "rubbish", "promiscuous", "promiscuous=maybe:reject =x was= set=other", "was=??", "was=l1rR", "promiscuous=inherit:inherit"]
)
def test_foreign_records_are_read_as_empty(text: str) -> None:
    """Anybody can write a comment."""
    assert PortRecord.read(text).effective == {} and PortRecord.read(text).before == {} and SwitchRecord.read(text).owned == []


@pytest.mark.parametrize(
    ("given_addresses", "wanted"),
    [
        (["192.0.2.1", "192.0.2.1"], "192.0.2.1"),
        (["192.0.2.0/24", "192.0.2.7"], "192.0.2.0/24"),
        ([], ""),
        (["2001:DB8::0001", "10.0.0.4", "10.0.0.5"], "10.0.0.4,10.0.0.5,2001:db8::1"),
        (["0.0.0.0/0", "::/0"], "0.0.0.0/0,::/0"),
    ],
)
def test_addresses(given_addresses: Any, wanted: str) -> None:
    """Canonical, each once, none inside another."""
    assert joined(addresses_of(given_addresses, "port p") or []) == wanted


@pytest.mark.parametrize("text", ["192.0.2.1/24", "224.0.0.1", "ff02::/16", "0.0.0.0", "::", "127.0.0.1", "255.255.255.255", "host", "", "1"])
def test_what_is_no_address_of_a_guest(text: str) -> None:
    """Refused with the value in the sentence."""
    with pytest.raises(InputError, match="port p: addresses"):
        addresses_of([text], "port p")


def test_macs_twice() -> None:
    """However they are written."""
    with pytest.raises(InputError, match="twice"):
        macs_of(["52:54:00:00:00:AB", "52-54-00-00-00-ab"], "port p")


def test_rules_end_closed() -> None:
    """Every chain of guards that accepts something ends by dropping or handing on the rest; no two != stand side by side."""
    for name, chain in ruleset.CHAINS.items():
        for rule in chain.rules:
            # nft joins no field that has a mask, and none of different layers.
            plain = re.sub(r"[io]if != @|& \S+ !=|meta \w+ !=", "", rule.text)
            assert plain.count("!=") <= 1, rule.text
            if any(word in rule.text for word in ("arp saddr", "arp daddr", "arp operation", "icmpv6 type", "frag ")) and "ip frag" not in rule.text:
                assert rule.text.startswith(("meta protocol", "iif @neighbor")) or "meta protocol" in rule.text, rule.text
            assert len(ruleset.mark(name, chain.rules.index(rule))) <= 128
        if not chain.hook and any(rule.text.endswith("accept") and not rule.text.startswith("iif !=") for rule in chain.rules):
            assert chain.rules[-1].text == "drop", name


def test_no_nft_is_ended_by_what_a_newer_one_wrote() -> None:
    """nft 1.0.6 is, by a set that 1.1 makes from "type", and by a map whose values are verdicts; see tests/netns/test_two_nfts.py."""
    assert all(body.startswith("typeof ") for body in {**ruleset.SETS, **ruleset.MEMORIES}.values())
    assert "vmap" not in ruleset.text() and " : " not in ruleset.text()


def test_the_table_notices_what_was_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule less, a rule of another version, a chain without its hook, a set more. What rules do is compared in tests/netns/test_audit.py."""
    monkeypatch.setattr(shape, "same", lambda text, expressions: True)

    def objects(newer: bool = False) -> Any:
        found: Any = []
        for name, body in {**ruleset.SETS, **ruleset.MEMORIES}.items():
            key = body.partition(";")[0].split()[-1]
            kind: Any = {"iif": "iface_index", "iifname": "ifname"}.get(key, "of several fields")
            if newer:
                # From 1.1 on.
                kind = {"typeof": {"meta": {"key": key}}}
            found.append({"set": {"name": name, "type": kind, "flags": ["interval"] if "flags interval" in body else []}})
        for name, chain in ruleset.CHAINS.items():
            base = {"type": "filter", "hook": chain.hook, "prio": ruleset.PRIORITY, "policy": "accept"} if chain.hook else {}
            found.append({"chain": {"name": name, **base}})
            found += [{"rule": {"chain": name, "comment": ruleset.mark(name, number)}} for number in range(len(chain.rules))]
        return found

    assert Table(objects(), {}).version() == Table(objects(newer=True), {}).version() == ruleset.digest()
    for change in (
        lambda found: found.pop(),
        lambda found: found[-1]["rule"].update(comment="x"),
        lambda found: found.append({"set": {"name": "x"}}),
        lambda found: found[0]["set"].update(type="ifname"),
        lambda found: found[0]["set"].update(type={"typeof": {"meta": {"key": "iifname"}}}),
        lambda found: found[0]["set"].update(flags=["interval"]),
        lambda found: next(item for item in found if item.get("chain", {}).get("hook"))["chain"].update(policy="drop"),
    ):
        found = objects()
        change(found)
        assert Table(found, {}).version() == "altered"
    assert Table(None, {}).version() == "altered" and not Table(None, {}).present


DROP = [{"counter": {"packets": 7, "bytes": 420}}, {"drop": None}]
GUARD = {"match": {"op": "==", "left": {"meta": {"key": "iif"}}, "right": "@inspected"}}


def _equal(left: Any, right: Any, operator: str = "==") -> Any:
    return {"match": {"op": operator, "left": left, "right": right}}


@pytest.mark.parametrize(
    "text, expressions",
    [
        ("counter drop", DROP),
        ("iif @inspected counter drop", [GUARD, *DROP]),
        ("iif @inspected @ll,116,12 0 counter drop", [GUARD, _equal({"&": [{"payload": {"base": "ll", "offset": 112, "len": 16}}, 4095]}, 0), *DROP]),
        ("iif @inspected @ll,116,12 0 counter drop", [GUARD, _equal({"payload": {"protocol": "vlan", "field": "id"}}, 0), *DROP]),
        ("meta protocol arp arp htype != 1 counter drop", [_equal({"payload": {"protocol": "arp", "field": "htype"}}, 1, "!="), *DROP]),
        (
            "meta protocol arp arp htype != 1 counter drop",
            [_equal({"meta": {"key": "protocol"}}, "arp"), _equal({"payload": {"protocol": "arp", "field": "htype"}}, 1, "!="), *DROP],
        ),
        ("ip protocol 103 counter drop", [_equal({"payload": {"protocol": "ip", "field": "protocol"}}, "pim"), *DROP]),
        ("ip protocol 103 counter drop", [_equal({"payload": {"protocol": "ip", "field": "protocol"}}, 103), *DROP]),
        ("ip protocol igmp counter drop", [_equal({"payload": {"protocol": "ip", "field": "protocol"}}, 2), *DROP]),
        ("meta l4proto != udp counter drop", [_equal({"meta": {"key": "l4proto"}}, 17, "!="), *DROP]),
        (
            "ip protocol icmp icmp type { 5, 9 } counter drop",
            [
                _equal({"payload": {"protocol": "ip", "field": "protocol"}}, 1),
                _equal({"payload": {"protocol": "icmp", "field": "type"}}, {"set": [5, 9]}),
                *DROP,
            ],
        ),
        ("udp dport 547 counter drop", [_equal({"meta": {"key": "l4proto"}}, 17), _equal({"payload": {"protocol": "udp", "field": "dport"}}, 547), *DROP]),
        # Nothing after it says that it is TCP.
        ("meta l4proto tcp iif @inspected counter drop", [_equal({"meta": {"key": "l4proto"}}, "tcp"), GUARD, *DROP]),
        # A port of that number is no protocol.
        ("udp dport 17 counter drop", [_equal({"payload": {"protocol": "udp", "field": "dport"}}, 17), *DROP]),
    ],
)
def test_a_rule_is_the_same_however_a_version_of_nft_prints_it(text: str, expressions: Any) -> None:
    """And no longer so with another verdict, without its counter, negated, or with a comparison more or less."""
    assert shape.same(text, expressions)
    others = [[*expressions[:-1], {"accept": None}], expressions[:-2] + expressions[-1:], [GUARD, *expressions], [*expressions[:-1], {"limit": {"rate": 1}}]]
    if len(expressions) > 2:
        match = expressions[-3]["match"]
        others += [[*expressions[:-3], {"match": {**match, "op": {"==": "!=", "!=": "=="}[match["op"]]}}, *DROP], expressions[:-3] + DROP]
        others += [[*expressions[:-3], {"match": {**match, "op": op}}, *DROP] for op in ("<", ">=")]
    assert not any(shape.same(text, other) for other in [*others, None, [], ["x"]])


JOINS = "@th,0,8 34 @th,48,16 > 1 update @reporting { iif limit rate over 4/minute burst 16 packets } counter drop"


def _joins(limit: Any = (4, "minute", 16, True), op: str = ">", verb: str = "update", name: str = "@reporting") -> Any:
    stated = [{"limit": {"rate": limit[0], "per": limit[1], "burst": limit[2], "inv": limit[3]}}] if limit else []
    raw = [_equal({"payload": {"base": "th", "offset": at, "len": size}}, value, op_) for at, size, value, op_ in ((0, 8, 34, "=="), (48, 16, 1, op))]
    return [*raw, {"set": {"op": verb, "elem": {"meta": {"key": "iif"}}, "set": name, **({"stmt": stated} if stated else {})}}, *DROP]


def test_a_bound_is_the_same_with_its_numbers_only() -> None:
    """And the set that it is kept in."""
    assert shape.same(JOINS, _joins())
    wrong = [{"limit": limit} for limit in ((5, "minute", 16, True), (4, "second", 16, True), (4, "minute", 17, True), (4, "minute", 16, False), None)]
    assert not any(shape.same(JOINS, _joins(**each)) for each in [*wrong, {"op": "!="}, {"op": "<"}, {"verb": "add"}, {"name": "@joining"}])
    assert not shape.same(JOINS.replace(" limit rate over 4/minute burst 16 packets", ""), _joins())
    assert not shape.same(JOINS.replace("update", "add"), _joins()) and shape.same(JOINS.replace("update", "add"), _joins(verb="add"))


def test_a_bound_by_length_is_none_by_number() -> None:
    """nft tells the units of bytes only."""
    text = JOINS.replace("4/minute burst 16 packets", "400 bytes/minute burst 1600 bytes")
    printed = _joins((400, "minute", 1600, True))
    limit = next(each["set"]["stmt"][0]["limit"] for each in printed if "set" in each)
    assert not shape.same(text, printed)
    limit.update(rate_unit="bytes", burst_unit="bytes")
    assert shape.same(text, printed)
    for unit in ("rate_unit", "burst_unit"):
        kept, limit[unit] = limit[unit], "kbytes"
        assert not shape.same(text, printed)
        limit[unit] = kept


def test_another_protocol_is_another_rule_with_names_and_without() -> None:
    """Where nft prints a number, it must be that of the name that was written."""
    for other in (6, "tcp", 58, "ipv6-icmp", "igmp"):
        assert not shape.same("meta l4proto != udp counter drop", [_equal({"meta": {"key": "l4proto"}}, other, "!="), *DROP])


def test_transactions_delete_before_they_add() -> None:
    """An element with a new comment is the old one deleted and the new one added."""
    transaction = Transaction()
    transaction.add(3, {"ports": {""}, "macs": {MAC}}, "x")
    transaction.delete(3, {"ports": {""}})
    lines = transaction.text().splitlines()
    assert lines[0].startswith("delete element") and lines[1] == 'add element bridge virtnet_hardening ports { 3 comment "x sum=65772558" }'
    assert lines[2] == f"add element bridge virtnet_hardening macs {{ 3 . {MAC} }}"


def test_bindings() -> None:
    """Each address from each MAC address, by the version of IP; no prefixes, no addresses that guests make themselves, and none where they would be many."""

    def bindings(macs: int, addresses: str) -> Any:
        named = ",".join(f"52:54:00:00:00:{number:02x}" for number in range(1, macs + 1))
        found = elements.elements_of({"macs": named, "addresses": addresses})
        assert elements.fields_of(found, "")["intact"] and not elements.fields_of({**found, "bindings4": {f"{MAC} . 192.0.2.99"}}, "")["intact"]
        return {name: values for name, values in found.items() if name.startswith("bindings")}

    one, two = "52:54:00:00:00:01", "52:54:00:00:00:02"
    assert bindings(2, "192.0.2.1,198.51.100.0/24,2001:db8::1,2001:db8:1::/64") == {
        "bindings4": {f"{one} . 192.0.2.1", f"{two} . 192.0.2.1"},
        "bindings6": {f"{one} . 2001:db8::1", f"{two} . 2001:db8::1"},
    }
    assert bindings(1, "") == bindings(0, "192.0.2.1") == bindings(1, "198.51.100.0/24") == {}
    most = elements.join_addresses(f"192.0.2.{number}" for number in range(1, 17))
    assert len(bindings(1, most)["bindings4"]) == 16 and bindings(1, f"{most},192.0.2.17,2001:db8::1").keys() == {"bindings6"}


def test_streams_pass_by_what_no_guard_asks_about() -> None:
    """Each rule before the guards compares whose frame it is, that it is unicast, its type outside of a tag; the types are all those of guards."""
    early = [rule.text for rule in ruleset.CHAINS["ingress"].rules if rule.text.endswith("accept")]
    assert len(early) == 5
    for text in early:
        assert "meta pkttype != broadcast meta pkttype != multicast " in text and "iif . ether saddr" in text, text
        assert text.endswith((" ether type ip accept", " ether type ip6 accept")) or " ether type & 0xf657 != 0x8000 " in text, text
    asked = set(re.findall(r"0x[0-9a-f]{4}\b", early[-1].split("{")[1].split("}")[0]))
    guards = " ".join(rule.text for name, chain in ruleset.CHAINS.items() if name != "ingress" for rule in chain.rules)
    named = re.findall(r"(?:meta protocol|ether type) ({[^}]*}|0x\w+)", guards)
    assert asked == {kind for each in named for kind in re.findall(r"0x[0-9a-f]{4}\b", each)}
    assert all(int(kind, 16) & 0xF657 == 0x8000 for kind in ("0x8100", "0x88a8"))


def test_document() -> None:
    """Other backends' switches are told, names are there once."""
    items = [{"name": "br0", "ports": [{"name": "vnet0"}], "port_groups": [{"name": "g", "match": ["v*"]}]}, {"name": "vSwitch0", "kind": "vswitch"}]
    switches, skipped = document.read(items, ("bridge",))
    assert [switch.name for switch in switches] == ["br0"] and skipped == ["vSwitch0"] and [group.name for group in switches[0].groups] == ["g", ""]
    for wrong in (
        [],
        [{"name": "br0"}, {"name": "br0"}],
        [{"name": "br0", "port_groups": [{"name": "g"}, {"name": "g"}]}],
        [{"name": "br0", "ports": [{"name": "p"}], "port_groups": [{"name": "g", "ports": [{"name": "p"}]}]}],
    ):
        with pytest.raises(InputError):
            document.read(wrong, ("bridge",))
