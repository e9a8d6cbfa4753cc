# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributed switches: fields from and to the API's objects, and what one flag of inheritance allows."""

from __future__ import annotations

import threading
from copy import deepcopy
from types import SimpleNamespace
from typing import Any, Mapping

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import InputError, UnreadableError, UnsupportedError
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import expand as dv_expand
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import flatten as dv_flatten
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import inventory as dv_inventory
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import rules as dv_rules
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed import vlan as dv_vlan
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.facts import SwitchFacts
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.fields import PORT_POLICY, VDS_PORT, VDS_PORTGROUP
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.distributed.flatten import LEARNING_NAMES, SECURITY_NAMES
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.session.known import Found, plain_name
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pyVmomi", reason="pyVmomi is not installed")
from pyVmomi import SoapAdapter, VmomiSupport, vim  # noqa: E402

TYPES = vim.dvs.VmwareDistributedVirtualSwitch
WORDS = st.sampled_from(["accept", "reject"])
NEW = SwitchFacts("vds1", "dc1", "8.0.3", True, {}, (100, 200))
OLD = SwitchFacts("vds1", "dc1", "6.5.0", False, {})


def bool_policy(inherited: bool, value: bool) -> Any:
    """One field of the deprecated policy."""
    return vim.BoolPolicy(inherited=inherited, value=value)


bools = st.booleans()
learning = st.builds(
    TYPES.MacLearningPolicy,
    inherited=bools,
    enabled=bools,
    allowUnicastFlooding=st.none() | bools,
    limit=st.none() | st.integers(0, 4096),
    limitPolicy=st.none() | st.sampled_from(["ALLOW", "allow", "DROP", "drop"]),
)
mac = st.builds(TYPES.MacManagementPolicy, inherited=bools, allowPromiscuous=bools, macChanges=bools, forgedTransmits=bools, macLearningPolicy=learning)
legacy = st.builds(
    TYPES.SecurityPolicy,
    inherited=bools,
    allowPromiscuous=st.builds(bool_policy, bools, bools),
    macChanges=st.builds(bool_policy, bools, bools),
    forgedTransmits=st.builds(bool_policy, bools, bools),
)
vlan_ids = st.integers(0, 4094)
ranges = st.builds(lambda a, b: vim.NumericRange(start=min(a, b), end=max(a, b)), vlan_ids, vlan_ids)
vlans = st.one_of(
    st.builds(TYPES.VlanIdSpec, inherited=bools, vlanId=vlan_ids),
    st.builds(TYPES.PvlanSpec, inherited=bools, pvlanId=st.integers(1, 4094)),
    st.builds(TYPES.TrunkVlanSpec, inherited=bools, vlanId=st.lists(ranges, min_size=1, max_size=4)),
)


def a_setting(modern: bool) -> Any:
    """A port setting as a server shows it."""
    more = {"macManagementPolicy": mac} if modern else {}
    return st.builds(
        TYPES.VmwarePortConfigPolicy,
        vlan=vlans,
        securityPolicy=legacy,
        blocked=st.builds(bool_policy, bools, bools),
        qosTag=st.builds(vim.IntPolicy, inherited=bools, value=st.just(3)),
        **more,
    )


explicit_learning = st.fixed_dictionaries(
    {
        "mac_learning_enabled": bools,
        "mac_learning_allow_unicast_flooding": bools,
        "mac_learning_limit": st.integers(0, 4096),
        "mac_learning_limit_policy": st.sampled_from(["allow", "drop"]),
    }
)
explicit_security = st.fixed_dictionaries({name: WORDS for name in SECURITY_NAMES})
inherit_all: Mapping[str, Any] = dict.fromkeys(SECURITY_NAMES + LEARNING_NAMES, "inherit")
vlan_texts = st.one_of(
    st.just("inherit"),
    vlan_ids.map(str),
    st.integers(1, 4094).map(lambda number: f"pvlan {number}"),
    st.lists(st.tuples(vlan_ids, vlan_ids).map(sorted).map(tuple), min_size=1, max_size=4).map(dv_vlan.trunk_text),  # type: ignore[arg-type]
)


def sent(spec: Any) -> str:
    """What goes over the wire."""
    text = SoapAdapter.SerializeToStr(spec, version=VmomiSupport.newestVersions.GetName("vim"))
    return text.decode() if isinstance(text, bytes) else str(text)


@given(a_setting(True), st.one_of(explicit_security, st.just(inherit_all)), st.one_of(st.just({}), explicit_learning))
def test_mac_management_is_sent_whole(current: Any, security: dict[str, Any], learned: dict[str, Any]) -> None:
    """Nothing half-filled: what the specification says is the current configuration with the changes."""
    changes = {**learned, **security} if security is not inherit_all else dict(security)
    before = deepcopy(current)
    spec = dv_expand.setting(vim, current, changes)
    assert sent(current) == sent(before), "what was observed is not changed"
    assert spec.securityPolicy is None and spec.vlan is None and spec.blocked is None and spec.qosTag is None
    assert dv_flatten.security(spec) == {**dv_flatten.security(current), **security} or security is inherit_all
    assert spec.macManagementPolicy.inherited is (security is inherit_all)
    if security is inherit_all:
        assert spec.macManagementPolicy.macLearningPolicy.inherited is True
    elif not current.macManagementPolicy.inherited or learned:
        for name, value in dv_flatten.learning(current).items():
            assert dv_flatten.learning(spec)[name] == learned.get(name, value)
    else:
        # Learning did not count while all was inherited; it must not begin to.
        assert spec.macManagementPolicy.macLearningPolicy.inherited is True


@given(a_setting(True), explicit_learning)
def test_learning_alone_leaves_security(current: Any, changes: dict[str, Any]) -> None:
    """The inheritance and the values of the three policies go back as they came."""
    current.macManagementPolicy.inherited = False
    spec = dv_expand.setting(vim, current, changes)
    assert dv_flatten.security(spec) == dv_flatten.security(current)
    assert dv_flatten.learning(spec) == changes
    for name in ("enabled", "allowUnicastFlooding"):
        assert f"<{name}>false" in sent(spec) or getattr(spec.macManagementPolicy.macLearningPolicy, name)


@given(a_setting(False), st.dictionaries(st.sampled_from(SECURITY_NAMES), st.sampled_from(["accept", "reject", "inherit"]), min_size=1))
def test_the_deprecated_policy_inherits_each_field(current: Any, changes: dict[str, Any]) -> None:
    """A field that is not asked for keeps its flag and its value."""
    spec = dv_expand.setting(vim, current, changes)
    assert spec.macManagementPolicy is None and spec.vlan is None
    assert dv_flatten.security(spec) == {**dv_flatten.security(current), **changes}
    assert dv_flatten.learning(spec) == {}
    for name in (name for name in SECURITY_NAMES if name not in changes):
        assert dv_flatten.effective_security(spec)[name] == dv_flatten.effective_security(current)[name]


@given(a_setting(True), vlan_texts)
def test_vlans_come_back(current: Any, text: str) -> None:
    """Every text has one form, and security is not in the specification."""
    spec = dv_expand.setting(vim, current, {"vlan": text})
    assert dv_flatten.setting_fields(spec)["vlan"] == text and spec.macManagementPolicy is None and spec.securityPolicy is None


HOST, MACHINE = vim.HostSystem("host-1"), vim.VirtualMachine("vm-1")
SEEN = {HOST: Found(HOST, {"name": "esxi01"}, {}), MACHINE: Found(MACHINE, {"name": "vm1", "runtime.powerState": "poweredOn"}, {})}


@pytest.mark.parametrize(
    ("entity", "kind", "name", "host", "doubt"),
    [
        (HOST, "hostVmkVnic", "esxi01", True, ""),
        (MACHINE, "vmVnic", "vm1", False, ""),
        (MACHINE, None, "vm1", False, ""),
        (HOST, None, "esxi01", True, ""),
        # The kind tells what the reference would.
        (None, "hostVmkVnic", "", True, "does not tell"),
        (None, "hostConsoleVnic", "", True, "does not tell"),
        (None, "vmVnic", "", False, "does not tell"),
        (None, None, "", None, "does not tell"),
        (vim.HostSystem("host-2"), None, "", True, "host-2: the user can't see it"),
        (vim.VirtualMachine("vm-2"), "vmVnic", "", False, "vm-2: the user can't see it"),
    ],
)
def test_what_is_connected(entity: Any, kind: str | None, name: str, host: bool | None, doubt: str) -> None:
    """A connectee without an entity is no empty port, and what is not known may run."""
    who = dv_inventory._who(vim.dvs.PortConnectee(connectedEntity=entity, type=kind), SEEN)
    assert (who.name, who.host, doubt in who.doubt, bool(who.doubt)) == (name, host, True, bool(doubt))
    assert who.running is (name != "esxi01") and who.entity == str(entity or "")
    assert dv_inventory._who(None, SEEN) == dv_inventory.Who("", "", False, False, "")


UNKNOWN = dict.fromkeys((*SECURITY_NAMES, *LEARNING_NAMES, *(field.name for field in dv_flatten.policies(VDS_PORTGROUP))))
OF_ALL = dict.fromkeys((*UNKNOWN, *(field.name for field in dv_flatten.policies())))


def test_what_is_not_told_is_not_known() -> None:
    """None, which is neither inherited nor off; on a switch without macManagementPolicy there is no MAC learning that could be told."""
    empty = TYPES.VmwarePortConfigPolicy()
    assert dv_flatten.setting_fields(empty, True) == UNKNOWN
    old = {name: None for name in UNKNOWN if name not in LEARNING_NAMES}
    assert dv_flatten.setting_fields(empty) == old and dv_flatten.effective_fields(empty) == {name: None for name in OF_ALL if name not in LEARNING_NAMES}
    port = SimpleNamespace(setting=empty)
    of_ports = {name: None for name in OF_ALL if name in VDS_PORT.fields}
    assert dv_flatten.port(port, True) == of_ports and dv_flatten.effective_fields(empty, True) == OF_ALL
    # Where there is macManagementPolicy the deprecated one says nothing.
    legacy_only = TYPES.VmwarePortConfigPolicy(securityPolicy=TYPES.SecurityPolicy(inherited=True, allowPromiscuous=bool_policy(True, True)))
    assert dv_flatten.security(legacy_only, True) == dict.fromkeys(SECURITY_NAMES)
    assert dv_flatten.security(legacy_only) == dict.fromkeys(SECURITY_NAMES, "inherit")
    trunk = TYPES.VmwarePortConfigPolicy(vlan=TYPES.TrunkVlanSpec(inherited=False))
    assert dv_flatten.setting_fields(trunk)["vlan"] is None and dv_flatten.effective_fields(trunk)["vlan"] is None


def test_what_is_told_in_part() -> None:
    """A flag of inheritance is known without the values, and learning that is off without the rest, as vCenter 8.0.1 tells it."""
    whole = TYPES.MacManagementPolicy(inherited=True)
    assert set(dv_flatten.security(TYPES.VmwarePortConfigPolicy(macManagementPolicy=whole), True).values()) == {"inherit"}
    assert set(dv_flatten.learning(TYPES.VmwarePortConfigPolicy(macManagementPolicy=whole), True).values()) == {"inherit"}
    own = TYPES.MacManagementPolicy(inherited=False, allowPromiscuous=False, macLearningPolicy=TYPES.MacLearningPolicy(inherited=False, enabled=False))
    found = dv_flatten.setting_fields(TYPES.VmwarePortConfigPolicy(macManagementPolicy=own), True)
    assert (found["promiscuous"], found["mac_changes"], found["forged_transmits"]) == ("reject", None, None)
    assert [found[name] for name in LEARNING_NAMES] == [False, None, None, None]
    own.macLearningPolicy = None
    assert dv_flatten.learning(TYPES.VmwarePortConfigPolicy(macManagementPolicy=own), True) == dict.fromkeys(LEARNING_NAMES)
    # A flag of 6.7 U1 that an older group does not have is off; without its policy none of them is known.
    config = SimpleNamespace(
        defaultPortConfig=TYPES.VmwarePortConfigPolicy(), policy=TYPES.VMwarePortgroupPolicy(), numPorts=None, type="earlyBinding", autoExpand=None
    )
    assert {dv_flatten.group(config)[field.name] for field in PORT_POLICY} == {False}
    config.policy = None
    assert {dv_flatten.group(config)[field.name] for field in PORT_POLICY} == {None} and dv_flatten.group(config)["ports"] is None


TOLD: dict[str, Any] = {**dict.fromkeys(SECURITY_NAMES, "reject"), "mac_learning_enabled": False, "vlan": "7", "vlan_override": False}
WISHES: dict[str, Any] = {"promiscuous": "reject", "mac_learning_limit": 4, "vlan": "7", "vlan_override": False}


@pytest.mark.parametrize(
    ("wish", "untold", "refused"),
    [
        ("vlan", "vlan", True),
        ("vlan", "promiscuous", False),
        ("vlan_override", "vlan_override", True),
        ("promiscuous", "promiscuous", True),
        # One flag of inheritance is for all three.
        ("promiscuous", "mac_changes", True),
        ("promiscuous", "vlan", False),
        ("mac_learning_limit", "mac_learning_enabled", True),
    ],
)
def test_a_wish_for_what_is_not_known(wish: str, untold: str, refused: bool) -> None:
    """It is refused, as nobody can say that it is so already, or what it would change; what is not asked for does not matter."""
    have = {**TOLD, untold: None}
    if not refused:
        assert dv_rules.complete("group g", {wish: WISHES[wish]}, have, have, NEW)[wish] == WISHES[wish]
        return
    with pytest.raises(UnreadableError, match=f"group g: the server does not tell its {untold}"):
        dv_rules.complete("group g", {wish: WISHES[wish]}, have, have, NEW)


def test_a_wish_that_keeps_what_is_not_known() -> None:
    """MAC learning becomes the group's own with what is in effect, which must be known; so must be what a new group takes from its switch."""
    inherits = {**TOLD, **dict.fromkeys(LEARNING_NAMES, "inherit")}
    with pytest.raises(UnreadableError, match="in effect: the server does not tell its mac_learning_enabled"):
        dv_rules.complete("group g", {"mac_learning_enabled": None}, inherits, {**TOLD, "mac_learning_enabled": None}, NEW)
    blank = SwitchFacts("vds1", "dc1", "8.0.3", True, {**TOLD, "promiscuous": None}, (100, 200))
    with pytest.raises(UnreadableError, match="switch vds1: the server does not tell its promiscuous"):
        dv_rules.complete("group g", {**dict.fromkeys(SECURITY_NAMES, "reject"), "vlan": "7"}, {}, blank.effective, blank)


@given(st.lists(st.tuples(vlan_ids, vlan_ids).map(lambda pair: (min(pair), max(pair))), min_size=1, max_size=6))
def test_trunks_are_canonical(given_ranges: Any) -> None:
    """The text means the same VLANs, and a text of it is itself."""
    text = dv_vlan.trunk_text(given_ranges)
    meant = {number for first, last in given_ranges for number in range(first, last + 1)}
    assert {number for first, last in dv_vlan.ranges_of(text) for number in range(first, last + 1)} == meant
    assert dv_vlan.trunk_text(dv_vlan.ranges_of(text)) == text


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"id": 4095}, "outside 0 to 4094"),
        ({"id": -1}, "outside"),
        ({"pvlan": 0}, "outside 1 to 4094"),
        ({"trunk": []}, "empty"),
        ({"trunk": ["9-5"]}, "write 5-9"),
        ({"trunk": ["x"]}, "no VLAN"),
        ({"trunk": ["1-4095"]}, "outside"),
        ({"inherit": False}, "says nothing"),
    ],
)
def test_wrong_vlans(option: dict[str, Any], words: str) -> None:
    """Refused with the option's name and the value."""
    with pytest.raises(InputError, match=words):
        dv_vlan.from_option(option)


def test_right_vlans() -> None:
    """0 is a VLAN identifier that means none; None is that nothing was asked for."""
    assert dv_vlan.from_option(None) is None
    assert dv_vlan.from_option({"id": 0}) == "0"
    assert dv_vlan.from_option({"trunk": ["20", "1-9", "5-12"]}) == "trunk 1-12,20"
    assert dv_vlan.from_option({"pvlan": 7}) == "pvlan 7"
    assert dv_vlan.from_option({"inherit": True}) == "inherit"


def test_flags_of_a_group() -> None:
    """All flags of VMwareDVSPortgroupPolicy are in the table, and one of them changes alone."""
    known = {each.name for each in TYPES.VMwarePortgroupPolicy._GetPropertyList()} - {"dynamicType", "dynamicProperty"}
    assert {dv_flatten.native(field) for field in PORT_POLICY} == known
    policy = TYPES.VMwarePortgroupPolicy(**dict.fromkeys(known, True))
    config = vim.dvs.DistributedVirtualPortgroup.ConfigInfo(configVersion="7", policy=policy)
    spec = dv_expand.group_spec(vim, config, {"vlan_override": False})
    assert spec.configVersion == "7" and spec.defaultPortConfig is None and spec.name is None and spec.type is None
    assert {name for name in known if not getattr(spec.policy, name)} == {"vlanOverrideAllowed"} and policy.vlanOverrideAllowed
    assert dv_expand.group_spec(vim, config, {"ports": 4}).policy is None


@given(st.text(alphabet="a%/\\25fc ", max_size=12))
def test_names_are_escaped_and_read_back(name: str) -> None:
    """Any name is itself again."""
    assert plain_name(dv_expand.escaped(name)) == name


def test_a_group_is_made_again_with_references() -> None:
    """Those of its scope, which hold a session that can't be copied."""
    entity = vim.Folder("group-n1", stub=SimpleNamespace(lock=threading.Lock()))
    config = vim.dvs.DistributedVirtualPortgroup.ConfigInfo(name="a%2fb", numPorts=3, type="earlyBinding", scope=[entity])
    spec = dv_expand.former_group(vim, config)
    assert (spec.name, spec.numPorts, list(spec.scope), spec.configVersion) == ("a%2fb", 3, [entity], None)


def have_of(security: str, learned: Any = "inherit") -> dict[str, Any]:
    """What an object has configured."""
    return {**dict.fromkeys(SECURITY_NAMES, security), **dict.fromkeys(LEARNING_NAMES, learned)}


EFFECT = {
    **dict.fromkeys(SECURITY_NAMES, "reject"),
    "mac_learning_enabled": False,
    "mac_learning_allow_unicast_flooding": True,
    "mac_learning_limit": 4096,
    "mac_learning_limit_policy": "drop",
}
OWN = {"mac_learning_enabled": True, "mac_learning_allow_unicast_flooding": False, "mac_learning_limit": 9, "mac_learning_limit_policy": "allow"}


def complete(asked: dict[str, Any], have: dict[str, Any], switch: SwitchFacts = NEW, effective: dict[str, Any] | None = None) -> dict[str, Any]:
    """The wish."""
    own = {name: value for name, value in have.items() if value != "inherit"}
    return dv_rules.complete("port group a", asked, have, effective or {**EFFECT, **own}, switch)


@pytest.mark.parametrize(
    ("asked", "have", "words"),
    [
        ({"promiscuous": "reject"}, have_of("inherit"), "mac_changes and forged_transmits would be inherited and promiscuous not"),
        ({"promiscuous": "inherit"}, have_of("accept"), "one flag of inheritance for all three"),
        ({"promiscuous": "inherit", "mac_changes": "reject"}, have_of("reject"), "In effect now: promiscuous reject"),
        ({"mac_learning_enabled": True}, have_of("inherit"), "can't be set where security is inherited"),
        (dict.fromkeys(SECURITY_NAMES, "inherit"), {**have_of("reject"), **OWN}, "mac_learning.inherit: true too"),
        ({"mac_learning_limit": 5}, have_of("reject"), "mac_learning.limit can't be held where MAC learning is off"),
        ({"mac_learning_enabled": False, "mac_learning_limit": 9}, {**have_of("reject"), **OWN}, "mac_learning.enabled: true too, or leave it out"),
        ({"vlan": "pvlan 300"}, have_of("reject"), r"no private VLAN 300 \(it has: 100, 200\)"),
    ],
)
def test_what_one_flag_does_not_allow(asked: dict[str, Any], have: dict[str, Any], words: str) -> None:
    """With what is in effect now, so that the sentence says what to write."""
    with pytest.raises(InputError, match=words):
        complete(asked, have)


def test_what_it_allows() -> None:
    """What is not asked for is not in the wish, but for MAC learning, whose fields are one policy."""
    assert complete({"promiscuous": "accept"}, have_of("reject")) == {"promiscuous": "accept"}
    assert complete({"vlan": "5"}, have_of("inherit")) == {"vlan": "5"}
    every = dict.fromkeys(SECURITY_NAMES, "inherit")
    assert complete(every, have_of("accept")) == every
    assert complete({**every, **dict.fromkeys(LEARNING_NAMES, "inherit")}, {**have_of("reject"), **OWN})["mac_learning_limit"] == "inherit"
    assert complete({"mac_learning_enabled": False}, {**have_of("reject"), **OWN}) == {"mac_learning_enabled": False}
    assert complete({"mac_learning_limit": 5}, {**have_of("reject"), **OWN}) == {**OWN, "mac_learning_limit": 5}


SPARSE = {**dict.fromkeys(LEARNING_NAMES), "mac_learning_enabled": False}


@pytest.mark.parametrize("inherited", [True, False])
@pytest.mark.parametrize(
    "wish",
    [
        {"mac_learning_enabled": True},
        {"mac_learning_enabled": True, "mac_learning_limit": 7},
        {"mac_learning_enabled": False},
        dict.fromkeys(LEARNING_NAMES, "inherit"),
    ],
)
def test_learning_that_is_off_is_told_without_the_rest(inherited: bool, wish: dict[str, Any]) -> None:
    """As vCenter 8.0.1 tells it: {inherited, enabled: false}, all else unset; what is sent, and sent on the way back, has one flag of inheritance."""
    learned = TYPES.MacLearningPolicy(inherited=inherited, enabled=False)
    policy = TYPES.MacManagementPolicy(inherited=False, allowPromiscuous=False, macChanges=False, forgedTransmits=False, macLearningPolicy=learned)
    current = TYPES.VmwarePortConfigPolicy(vlan=TYPES.VlanIdSpec(inherited=False, vlanId=0), macManagementPolicy=policy)
    have = dv_flatten.setting_fields(current, True)
    asked = complete(wish, have, effective=dv_flatten.effective_fields(current, True))
    after = dv_expand.setting(vim, current, {name: value for name, value in asked.items() if have[name] != value}) or current
    learned = after.macManagementPolicy.macLearningPolicy
    assert learned.inherited is ("inherit" in wish.values()) and learned.enabled is (wish["mac_learning_enabled"] is True)
    assert learned.limit == wish.get("mac_learning_limit") or "inherit" in wish.values()
    written = dv_flatten.learning(after)
    assert {name: written[name] for name in asked} == asked
    back = dv_expand.setting(vim, after, {name: have[name] for name in asked if have[name] not in (asked[name], None)}) or after
    returned = back.macManagementPolicy.macLearningPolicy
    # What is inherited is not looked at beside the flag.
    assert returned.inherited is inherited and (inherited or not returned.enabled)
    if not inherited and "inherit" in wish.values():
        assert asked == {"mac_learning_enabled": "inherit"}, "what is not told can't be brought back, and need not"


def test_old_switches() -> None:
    """Each field by itself; and no MAC learning."""
    assert complete({"promiscuous": "inherit", "mac_changes": "accept"}, have_of("reject"), OLD) == {"promiscuous": "inherit", "mac_changes": "accept"}
    with pytest.raises(UnsupportedError, match="version 6.5.0, and MAC learning needs 6.6.0"):
        complete({"mac_learning_enabled": False}, have_of("reject"), OLD)


def test_the_option_mac_learning() -> None:
    """False is never taken for absent."""
    empty: dict[str, Any] = dict.fromkeys(("enabled", "allow_unicast_flooding", "limit", "limit_policy", "inherit"))
    wish = dv_rules.learning_wish
    assert wish(None) == {}
    assert wish({**empty, "enabled": False}) == {"mac_learning_enabled": False}
    assert wish({**empty, "limit": 0, "limit_policy": "DROP"}) == {"mac_learning_limit": 0, "mac_learning_limit_policy": "drop"}
    assert wish({**empty, "inherit": True}) == dict.fromkeys(LEARNING_NAMES, "inherit")
    assert complete(wish({**empty, "inherit": False}), have_of("reject")) == {"mac_learning_enabled": False}
    for wrong, words in (
        ({**empty, "limit": 4097}, "mac_learning.limit: 4097 is outside 0 to 4096"),
        (empty, "nothing is asked for"),
        ({**empty, "inherit": True, "enabled": False}, "leave out one"),
        ({**empty, "limit_policy": "deny"}, "none of allow, drop"),
    ):
        with pytest.raises(InputError, match=words):
            wish(wrong)


@pytest.mark.parametrize("modern", [True, False])
def test_a_policy_that_is_not_told_is_neither(modern: bool) -> None:
    """Unset is no reject: it is not known, differs from every wish, and goes back as it came."""
    if modern:
        setting = TYPES.VmwarePortConfigPolicy(macManagementPolicy=TYPES.MacManagementPolicy(inherited=False, macChanges=False, forgedTransmits=True))
    else:
        policy = TYPES.SecurityPolicy(inherited=False, macChanges=bool_policy(False, False), forgedTransmits=bool_policy(False, True))
        setting = TYPES.VmwarePortConfigPolicy(securityPolicy=policy)
        policy.allowPromiscuous = vim.BoolPolicy(inherited=False)
    told = {"promiscuous": None, "mac_changes": "reject", "forged_transmits": "accept"}
    assert dv_flatten.security(setting) == dv_flatten.effective_security(setting) == told
    sent = dv_expand.setting(vim, setting, {"forged_transmits": "reject"})
    assert dv_flatten.security(sent) == {**told, "forged_transmits": "reject"}
