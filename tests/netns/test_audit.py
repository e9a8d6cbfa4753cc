# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit of a world in which each thing in turn can't be read, is unknown or is flushed: it never says that nothing was found.

What playbooks/audit.yml runs, by its modules, its filter and its template. What is damaged is judged by nft(8), bridge(8) and ip(8).
"""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.audit import judge
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import decode, mirrors, netfilter, witness
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables import client as nft_client
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.ruleset import SETS
from ansible_collections.virtnet.hardening.plugins.module_utils._nftables.table import Table
from ansible_collections.virtnet.hardening.plugins.plugin_utils._markdown import inline
from markdown_it import MarkdownIt

from tests import control_node

from .conftest import bridge, bridge_netfilter, ip, run_module, snapshot
from .guests import Guests
from .sniffers import ATTACH_XDP, XDP, attach

pytestmark = pytest.mark.own_code
REJECT_ALL = {"promiscuous": "reject", "mac_changes": "reject", "forged_transmits": "reject"}
# Of this namespace, or of all where there is no other.
NOTHING = "Nothing was found, and all of "
NOBODY = "Nobody hears frames who is not meant to."
Patch = pytest.MonkeyPatch


PORTS = [{"name": f"vnet{number}", "macs": [f"52:54:00:00:00:{number:02x}"], "addresses": [f"192.0.2.{number + 1}"]} for number in range(2)]
GROUP = {"name": "guests", "match": ["vnet*"], "quarantine": True, "profile": "guest", "isolated": True, "ports": PORTS}
HARDENED: Any = {"switches": [{"name": "br0", "security": REJECT_ALL, "port_groups": [GROUP]}]}


class Report(NamedTuple):
    """What the playbook shows and writes."""

    page: str
    findings: list[dict[str, str]]
    not_looked_at: list[dict[str, str]]
    promiscuity: dict[str, Any]
    info: dict[str, Any]

    @property
    def rules(self) -> list[str]:
        """Of all findings."""
        return [each["rule"] for each in self.findings]


def audit() -> Report:
    """As the first play of playbooks/audit.yml."""
    info, heard = run_module("linux_bridge_info", uplink_patterns=["uplink"]), run_module("promiscuity_info")
    assert not info.get("failed") and not heard.get("failed"), (info, heard)
    answer = control_node.audit(info, heard)
    return Report(answer["page"], answer["findings"], info["not_looked_at"] + heard["not_looked_at"], heard, info)


@pytest.fixture(name="guests", autouse=True)
def _guests(namespace: None) -> Iterator[Guests]:
    """A hardened bridge with two guests, names in quarantine, and an uplink."""
    ip("link add br0 address 52:54:00:00:ff:00 type bridge mcast_snooping 0", "link set br0 up")
    with Guests() as guests:
        for number, port in enumerate(("vnet0", "vnet1", "uplink")):
            guests.plug(port, "br0", mac=f"52:54:00:00:00:{number:02x}")
        result = run_module("linux_switch_policy", **HARDENED)
        assert not result.get("failed"), result
        yield guests


def nft(*commands: str) -> None:
    """Each of them must work."""
    for command in commands:
        subprocess.run(["nft", command], check=True)


def table() -> Any:
    """As nft prints it."""
    done = subprocess.run(["nft", "-j", "list", "table", "bridge", "virtnet_hardening"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout)["nftables"] if done.returncode == 0 else None


def is_green(report: Report) -> bool:
    """Whether any sentence of the page says of the whole that nothing is wrong, or the list for programs does."""
    heading = re.search(r"^# .* 0 finding\(s\)$", report.page, re.MULTILINE)
    calm = [sentence for sentence in (NOTHING, NOBODY) if sentence in report.page]
    return bool(heading or len(calm) == 2 or not (report.findings or report.not_looked_at or report.promiscuity["findings"]))


def test_a_hardened_host_is_green() -> None:
    """Or the rest proves nothing: all was looked at, and nothing is wrong."""
    report = audit()
    assert report.findings == [] and report.not_looked_at == [] and is_green(report), (report.findings, report.not_looked_at)
    assert report.info["table"] == {"state": "intact", "differences": [], "stale": []}
    assert report.info["quarantine"] == {"patterns": ["vnet*"], "shut": [], "intact": True}
    assert report.info["looked_at"].items() >= {"bridges": 1, "ports": 3, "guests": 2}.items()
    assert report.page.startswith("# kvm1: 1 bridge(s), 3 port(s), 0 finding(s)\n") and "Not everything" not in report.page
    assert "| vnet0 | guest | true | true | false | false | all | 52:54:00:00:00:00 |" in report.page
    assert "- uplink is not judged like a guest: uplink, declared by uplink in uplink_patterns" in report.page


def test_guests_that_share_an_address() -> None:
    """That only nftables compares their sources is told of each, and nothing else; nor after the rules were made anew."""
    virtual = {"address": "00:00:5e:00:01:07", "shared": True}
    ports = [{"name": f"vnet{number}", "macs": [f"52:54:00:00:00:0{number}", virtual]} for number in (0, 1)]
    accepts = dict.fromkeys(REJECT_ALL, "accept")
    for _time in range(2):
        # The uplink's other end is in another namespace, as a container's is.
        result = run_module("linux_port_security", bridge="br0", ports=[*ports, {"name": "uplink", "macs": [virtual], "security": accepts}])
        assert not result.get("failed"), result
        report = audit()
        assert report.rules == ["shares", "shares"] and report.not_looked_at == [], report.findings
        assert {each["port"] for each in report.findings} == {"vnet0", "vnet1"} and report.info["table"]["state"] == "intact"
        nft("flush chain bridge virtnet_hardening port")


# -- what is flushed, changed or unknown ------------------------------------------------------------------------------------------

DAMAGED: dict[str, tuple[Callable[[Guests], Any], str]] = {
    "flushed ruleset": (lambda guests: nft("flush ruleset"), "flushed"),
    "deleted table": (lambda guests: nft("delete table bridge virtnet_hardening"), "flushed"),
    "a dormant table": (lambda guests: nft("add table bridge virtnet_hardening { flags dormant; }"), "table_altered"),
    "an element of a guard": (lambda guests: nft("delete element bridge virtnet_hardening arp_guard { vnet0 }"), "entry_altered"),
    "an element of an address": (lambda guests: nft("delete element bridge virtnet_hardening macs { vnet0 . 52:54:00:00:00:00 }"), "entry_altered"),
    "the element of a port": (lambda guests: nft("delete element bridge virtnet_hardening ports { vnet0 }"), "entry_altered"),
    "a foreign rule before ours": (lambda guests: nft("insert rule bridge virtnet_hardening port accept"), "table_altered"),
    "a flushed chain": (lambda guests: nft("flush chain bridge virtnet_hardening ingress"), "quarantine_open"),
    "a lock": (lambda guests: bridge("link set dev vnet0 locked off learning on"), "drift"),
    "all flags of a port": (lambda guests: ip("link set vnet0 nomaster", "link set vnet0 master br0"), "not_locked"),
    "flood": (lambda guests: bridge("link set dev vnet0 flood on"), "drift"),
    "an unknown name": (lambda guests: guests.plug("veth100i0", "br0"), "not_locked"),
    "an uplink's name that nobody declared": (lambda guests: guests.plug("eno1", "br0"), "not_locked"),
    "a device of which nothing is known": (lambda guests: ip("link add ifb77 type ifb", "link set ifb77 master br0"), "not_locked"),
    "a hub": (lambda guests: ip("link set br0 type bridge ageing_time 0"), "hub"),
    "br_netfilter": (lambda guests: bridge_netfilter(True), "netfilter"),
    "a table left of a device that is gone": (lambda guests: ip("link del vnet0"), "table_stale"),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_what_was_changed_is_found(case: str, guests: Guests) -> None:
    """Each change is a finding of its own."""
    damage, rule = DAMAGED[case]
    if case == "br_netfilter" and not os.path.isdir(netfilter.FOLDER):
        pytest.skip("SKIPPED: this kernel has no br_netfilter")
    before = snapshot(), table()
    damage(guests)
    report = audit()
    assert rule in report.rules and not is_green(report) and NOTHING not in report.page, (report.rules, report.page)
    assert rule != "hub" or NOBODY not in report.page and "Beside what is found above of hubs" in report.page
    assert case == "br_netfilter" or (snapshot(), table()) != before


def test_any_rule_that_is_removed_is_noticed() -> None:
    """The last one of each chain in turn: the set of guards that are left is never told as whole."""
    rules: dict[str, int] = {each["rule"]["chain"]: each["rule"]["handle"] for each in table() if "rule" in each}
    assert len(rules) > 20
    for chain, handle in rules.items():
        nft(f"delete rule bridge virtnet_hardening {chain} handle {handle}")
        info = run_module("linux_bridge_info", uplink_patterns=["uplink"])
        assert info["table"]["state"] == "altered" and any(f"the chain {chain} has" in each for each in info["table"]["differences"]), chain
        assert "what the guards let through" in [each["what"] for each in info["not_looked_at"]]
        assert [each["rule"] for each in judge(info)] == ["table_altered", "quarantine_open"]


def test_no_set_is_flushed_unseen() -> None:
    """Each in turn that has elements: never "nothing was found", and the policy makes them anew, once."""
    full = {each["set"]["name"] for each in table() if each.get("set", {}).get("elem")}
    assert full >= {"source_mac_guard", "ip4_addresses", "ip6_addresses", "macs", "ports", "inspected", "targets", "switches", "quarantine"}
    for name in [each for each in SETS if each in full]:
        nft(f"flush set bridge virtnet_hardening {name}")
        report = audit()
        assert report.rules and NOTHING not in report.page and not is_green(report), name
        assert run_module("linux_switch_policy", **HARDENED)["changed"], name
        assert not run_module("linux_switch_policy", **HARDENED)["changed"] and is_green(audit()), name


def test_names_of_the_quarantine_that_somebody_changed() -> None:
    """Told until a document says what is meant; a policy of ports does not, and takes nothing for right."""
    nft("flush set bridge virtnet_hardening quarantine", 'add element bridge virtnet_hardening quarantine { "web*" }')
    assert not run_module("linux_port_security", bridge="br0", ports=[PORTS[0]]).get("failed")
    report = audit()
    assert report.rules == ["quarantine_open"] and report.info["quarantine"] == {"patterns": ["web*"], "shut": [], "intact": False}
    less = {"switches": [{**HARDENED["switches"][0], "port_groups": [{**GROUP, "quarantine": False}]}], "purge": ["quarantine"]}
    nft("flush set bridge virtnet_hardening quarantine")
    assert audit().rules == ["quarantine_open"]
    assert run_module("linux_switch_policy", True, **less)["changed"] and run_module("linux_switch_policy", **less)["changed"]
    assert not run_module("linux_switch_policy", **less)["changed"] and is_green(audit())
    assert run_module("linux_switch_policy", **HARDENED)["changed"] and audit().info["quarantine"] == {"patterns": ["vnet*"], "shut": [], "intact": True}


def test_entries_of_an_older_version_are_sealed_once() -> None:
    """They are not told as altered, and the next run seals them."""
    for port in ("vnet0", "vnet1"):
        comment = next(each["elem"]["comment"] for each in elements_of("ports") if each["elem"]["val"] == port)
        assert " sum=" in comment
        nft(
            f"delete element bridge virtnet_hardening ports {{ {port} }}",
            f'add element bridge virtnet_hardening ports {{ {port} comment "{comment.rpartition(" sum=")[0]}" }}',
        )
    assert is_green(audit())
    assert run_module("linux_switch_policy", **HARDENED)["changed"] and not run_module("linux_switch_policy", **HARDENED)["changed"]
    assert all(" sum=" in each["elem"]["comment"] for each in elements_of("ports")) and is_green(audit())


def elements_of(name: str) -> list[Any]:
    """As nft prints them."""
    return next(each["set"]["elem"] for each in table() if each.get("set", {}).get("name") == name)


POLICY: Any = {"switches": [{"name": "br0", "security": REJECT_ALL}]}


def implied(match: Any) -> bool:
    """Whether nft makes the comparison itself for one with a field of that protocol, and so no rule without it can be made."""
    left, right = match["left"], match["right"]
    upper = left == {"payload": {"protocol": "ip", "field": "protocol"}} or left == {"meta": {"key": "l4proto"}}
    return left == {"meta": {"key": "protocol"}} or (upper and match["op"] == "==" and right in ("icmp", "udp", "ipv6-icmp", "icmpv6"))


def other_forms(expressions: list[Any]) -> Iterator[list[Any]]:
    """What somebody could make of a rule: one that lets everything pass, and one that compares less, with the opposite or with another set."""
    yield [{"accept": None}]
    yield [{"counter": None}, {"accept": None}]
    for number, each in enumerate(expressions):
        one = each.get("set")
        if one:
            yield [*expressions[:number], {"set": {**one, "set": {"@joined4": "@joined6"}.get(one["set"], "@joined4")}}, *expressions[number + 1 :]]
            yield [*expressions[:number], {"set": {**one, "op": {"add": "update", "update": "add"}[one["op"]]}}, *expressions[number + 1 :]]
        for changed in ({"rate": 9999}, {"burst": 9999}, {"per": "second"}, {"inv": False}, {"rate_unit": "mbytes"}) if one and one.get("stmt") else ():
            other = {**one, "stmt": [{"limit": {**one["stmt"][0]["limit"], **changed}}]}
            yield [*expressions[:number], {"set": other}, *expressions[number + 1 :]]
        if each.get("match", {}).get("op") == ">":
            yield [*expressions[:number], {"match": {**each["match"], "right": each["match"]["right"] + 1}}, *expressions[number + 1 :]]
    for number, each in enumerate(expressions):
        if "match" in each and not implied(each["match"]):
            yield [*expressions[:number], *expressions[number + 1 :]]
    for number, each in enumerate(expressions):
        match = each.get("match")
        if match and isinstance(match["right"], str) and match["right"].startswith("@"):
            swapped = {"@arp_guard": "@bpdu_guard", "@inspected": "@ports"}.get(match["right"], "@arp_guard")
            changed = [{**match, "op": {"==": "!=", "!=": "=="}[match["op"]]}]
            changed += [{**match, "right": swapped}] if match["left"] == {"meta": {"key": "iif"}} else []
            for one in changed:
                yield [*expressions[:number], {"match": one}, *expressions[number + 1 :]]
            return


def test_any_rule_that_does_something_else_is_noticed() -> None:
    """Each in turn, under the comment that it had: the table is not told as intact, and a run of the policy makes it anew."""
    rules = [each["rule"] for each in table() if "rule" in each]
    rest = [each for each in table() if "rule" not in each]
    assert len(rules) > 100
    told = []
    for rule in rules:
        for form in other_forms(rule["expr"]):
            changed = [{"rule": {**each, "expr": form} if each is rule else each} for each in rules]
            state = Table([*rest, *changed], {name: index for index, name in socket.if_nameindex()})
            assert any(repr(rule["comment"].rsplit(" [", 1)[0]) in each for each in state.differences()), (rule, form)
            told.append(form)
    assert len(told) > 200
    for chain in ("port", "arp_frame", "ingress"):
        rule = next(each["rule"] for each in table() if each.get("rule", {}).get("chain") == chain)
        nft(f'replace rule bridge virtnet_hardening {chain} handle {rule["handle"]} counter accept comment "{rule["comment"]}"')
        report = audit()
        assert report.info["table"]["state"] == "altered" and "table_altered" in report.rules and not is_green(report), chain
        assert run_module("linux_switch_policy", **POLICY)["changed"] and not run_module("linux_switch_policy", **POLICY)["changed"]
        assert audit().info["table"]["state"] == "intact"


# -- what can't be read ------------------------------------------------------------------------------------------------------------


@contextmanager
def program(patch: Patch, folder: Path, script: str) -> Iterator[None]:
    """Another nft, or with an empty script none."""
    patch.setattr(nft_client, "_FOLDERS", ())
    if script:
        (folder / "nft").write_text(f"#!/bin/sh\n{script}\n")
        (folder / "nft").chmod(0o755)
    with pytest.MonkeyPatch.context() as own:
        own.setenv("PATH", str(folder))
        yield


@contextmanager
def unprivileged(patch: Patch, folder: Path) -> Iterator[None]:
    """As an ordinary user, which drops the capabilities of the effective user."""
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def failing(*words: Any, **more: Any) -> Any:
    """In place of a reader."""
    raise BackendError("it can't be read here.")


def replaced(where: Any, name: str) -> Callable[[Patch, Path], AbstractContextManager[None]]:
    """With a reader that fails."""

    def enter(patch: Patch, folder: Path) -> AbstractContextManager[None]:
        patch.setattr(where, name, failing)
        return nullcontext()

    return enter


def without_option(name: str) -> Callable[[Patch, Path], AbstractContextManager[None]]:
    """A kernel that does not list an option of ports."""

    def enter(patch: Patch, folder: Path) -> AbstractContextManager[None]:
        whole = decode.PortReader.options
        patch.setattr(decode.PortReader, "options", lambda *words: {key: value for key, value in whole(*words).items() if key != name})
        return nullcontext()

    return enter


def hidden_switches(patch: Patch, folder: Path) -> AbstractContextManager[None]:
    """A folder without the files."""
    patch.setattr(netfilter, "FOLDER", str(folder))
    return nullcontext()


def macvtap(patch: Patch, folder: Path) -> AbstractContextManager[None]:
    """A guest that hangs on no bridge."""
    ip("link add low0 type veth peer name far0", "link add link low0 name mt0 type macvtap mode bridge")
    return nullcontext()


def ipvtap(patch: Patch, folder: Path) -> AbstractContextManager[None]:
    """Of another kind."""
    ip("link add low0 type veth peer name far0")
    done = subprocess.run("ip link add link low0 name it0 type ipvtap".split(), capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"SKIPPED: this kernel makes no ipvtap device ({done.stderr.strip()})")
    return nullcontext()


@contextmanager
def xdp(patch: Patch, folder: Path) -> Iterator[None]:
    """A program that lets all pass."""
    descriptors = attach(XDP, ATTACH_XDP, "vnet0")
    try:
        yield
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def foreign_rules(patch: Patch, folder: Path) -> AbstractContextManager[None]:
    """Somebody else's guards."""
    nft("add table bridge nat", "add chain bridge nat p { type filter hook prerouting priority 0; }", "add rule bridge nat p drop")
    return nullcontext()


def foreign_table(patch: Patch, folder: Path) -> AbstractContextManager[None]:
    """A table of our name whose sets hold other things."""
    nft(
        "delete table bridge virtnet_hardening",
        "add table bridge virtnet_hardening",
        "add set bridge virtnet_hardening arp_guard { type ether_addr; elements = { 52:54:00:00:00:01 }; }",
    )
    return nullcontext()


GUARDS = "guards and quarantine (table bridge virtnet_hardening of nftables)"
UNREADABLE: dict[str, tuple[Callable[[Patch, Path], AbstractContextManager[None]], str, str]] = {
    "nft not on PATH": (lambda patch, folder: program(patch, folder, ""), GUARDS, "nft(8) is not on this host"),
    "nft failing": (lambda patch, folder: program(patch, folder, "echo internal error >&2; exit 1"), GUARDS, "internal error"),
    "nft printing rubbish": (lambda patch, folder: program(patch, folder, "echo '{\"nftables\": ['"), GUARDS, "can't be read by nft"),
    "nft printing nothing": (lambda patch, folder: program(patch, folder, "exit 0"), GUARDS, "can't be read by nft"),
    "a table of somebody else's": (foreign_table, GUARDS, "what is not of this collection"),
    "an ordinary user": (unprivileged, GUARDS, "needs root"),
    "an ordinary user and iptables": (unprivileged, "the chains of legacy iptables, ip6tables and arptables", "Permission denied"),
    "chains of nftables": (replaced(netfilter.Chains, "__init__"), "the chains of nftables that see frames of bridges", "can't be read here"),
    "switches of br_netfilter": (hidden_switches, "the switches of br_netfilter", "No such file"),
    "a guest on ipvtap": (ipvtap, "guests on it0", "ports of no bridge"),
    "a guest on macvtap": (macvtap, "guests on mt0", "ports of no bridge"),
    "a program of XDP": (xdp, "what an XDP program does with frames of vnet0", "before the bridge and its rules"),
    "rules of others": (foreign_rules, "rules of others that drop frames of ports (table bridge nat)", "not judged"),
    "a kernel without isolated": (without_option("isolated"), "the port option isolated", "this kernel does not have it"),
    "a kernel without locked": (without_option("locked"), "the port option locked", "this kernel does not have it"),
    "packet sockets": (replaced(witness, "_members"), "packet sockets", "can't be read here"),
    "filter lists": (replaced(witness.Witness, "_filter_lists"), "the address filters of interfaces", "can't be read here"),
    "tc filters": (replaced(mirrors, "traffic_control"), "tc filters", "can't be read here"),
    "rules that copy": (replaced(mirrors, "nftables"), "rules of nftables", "can't be read here"),
    "programs": (replaced(witness, "TcxReader"), "programs attached by tcx", "can't be read here"),
    "processes": (replaced(witness, "find_holders"), "the processes that hold packet sockets", "can't be read here"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_can_t_be_read_is_said(case: str, monkeypatch: Patch, tmp_path: Path) -> None:
    """At the top of the page, with the reason, in the list for programs; and no sentence says that nothing was found."""
    enter, what, reason = UNREADABLE[case]
    with enter(monkeypatch, tmp_path):
        report = audit()
    gaps = {each["what"]: each["reason"] for each in report.not_looked_at}
    assert what in gaps and reason in gaps[what], gaps
    assert not is_green(report) and NOTHING not in report.page, report.page
    head = report.page[: report.page.index("Looked at:")]
    assert "**Not everything was looked at.**" in head and f"- **not looked at** {inline(what)}: {inline(gaps[what])}." in head
    assert "finding(s) in what could be looked at\n" in head
    if what in [each["what"] for each in report.promiscuity["not_looked_at"]]:
        assert NOBODY not in report.page and "in what could be looked at; see above what could not" in report.page


def test_a_name_that_the_user_gives_and_that_is_not_there() -> None:
    """Names of guests and of uplinks."""
    info = run_module("linux_bridge_info", guest_patterns=["vnet*", "web*"], uplink_patterns=["uplink", "ext*"])
    assert [each["what"] for each in info["not_looked_at"]] == ["ports named web* (guest_patterns)", "ports named ext* (uplink_patterns)"]
    assert all(each["reason"].endswith("the ports are uplink, vnet0, vnet1") for each in info["not_looked_at"])


def test_where_nothing_was_judged() -> None:
    """Bridges that were left out, no bridge, and no guest."""
    ip("link add br9 type bridge mcast_snooping 0")
    for names in (["br9"], []):
        answer = run_module("linux_bridge_info", names=names, uplink_patterns=["uplink"], guest_patterns=["vnet0"])
        assert [each["what"] for each in answer["not_looked_at"]] == ["the bridge br0" if names else "the bridges br0, br9"]
    nft("flush ruleset")
    ip("link set vnet0 nomaster", "link set vnet1 nomaster")
    report = audit()
    assert NOTHING not in report.page and "no port was taken for a guest." in report.page and report.info["looked_at"]["guests"] == 0
    ip("link del br0", "link del br9")
    report = audit()
    assert NOTHING not in report.page and "There is no bridge that was looked at, so nothing was judged." in report.page


def test_names_in_the_page_are_no_signs() -> None:
    """Who makes a device chooses its name, which must not add a cell to the auditor's row, nor HTML."""
    ip("link set vnet1 down", "link set vnet1 name a|true|<b>*_x")
    tokens = MarkdownIt("commonmark").enable("table").parse(audit().page)
    rows = [index for index, token in enumerate(tokens) if token.type == "tr_open"]
    cells = [[token.content for token in tokens[index : index + 24] if token.type == "inline"][:8] for index in rows]
    row = next(each for each in cells if each[0].replace("\\", "") == "a|true|<b>*_x")
    assert row[1] == "guest" and row[2] in ("true", "false"), cells
    assert not [child for token in tokens for child in token.children or () if child.type == "html_inline"]


def test_a_shut_port_is_no_judged_one(guests: Guests) -> None:
    """What is in the quarantine sends and hears nothing."""
    guests.plug("vnet7", "br0")
    report = audit()
    assert report.info["looked_at"]["guests"] == 2 and report.info["quarantine"]["shut"] == ["vnet7"]


def test_guards_that_were_not_read_are_unknown(monkeypatch: Patch, tmp_path: Path) -> None:
    """And not told as missing, nor as enforced; what options alone enforce is."""
    with program(monkeypatch, tmp_path, "exit 1"):
        report = audit()
    shield = report.info["bridges"][0]["status"]["protection"]["vnet0"]
    assert report.info["table"]["state"] == "unreadable" and shield["entry"] == "unknown"
    # The program is no part of the table.
    assert {name: value for name, value in shield["guards"].items() if value != "unknown"} == {"partial_checksum": "reject"}
    assert shield["security"]["forged_transmits"]["effective"] == "reject" and report.findings == []
    assert "The table could not be read." in report.page and "| false | false | not known |" in report.page


def test_without_a_table_nft_is_not_needed(monkeypatch: Patch, tmp_path: Path) -> None:
    """The kernel itself says that there is none: its guards are missing, and that is known."""
    nft("flush ruleset")
    with program(monkeypatch, tmp_path, ""):
        report = audit()
    assert report.info["table"]["state"] == "missing" and "flushed" in report.rules and "guard_arp" in report.rules and report.not_looked_at == []
