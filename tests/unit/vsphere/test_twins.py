# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""flatten and expand: what the one reads the other writes, and nothing else is touched. With pyVmomi's own classes, without a server."""

from __future__ import annotations

import copy
from itertools import product
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import PORTGROUP, VSPHERE, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Value
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.host import effects, expand, flatten
from hypothesis import given
from hypothesis import strategies as st
from pyVmomi import SoapAdapter, vim

NICS = [f"vmnic{number}" for number in (0, 1, 2, 10)]
POLICY = vim.host.NetworkPolicy

bools = st.sampled_from([None, True, False])
security = st.builds(POLICY.SecurityPolicy, allowPromiscuous=bools, macChanges=bools, forgedTransmits=bools)
order = st.builds(
    lambda nics, cut: POLICY.NicOrderPolicy(activeNic=nics[:cut], standbyNic=nics[cut:]), st.lists(st.sampled_from(NICS), unique=True), st.integers(0, 4)
)
teaming = st.builds(
    POLICY.NicTeamingPolicy,
    policy=st.sampled_from([None, "loadbalance_ip", "failover_explicit"]),
    rollingOrder=bools,
    notifySwitches=bools,
    nicOrder=st.none() | order,
)
shaping = st.builds(POLICY.TrafficShapingPolicy, enabled=bools, averageBandwidth=st.none() | st.integers(0, 2**40))
policy = st.builds(POLICY, security=st.none() | security, nicTeaming=st.none() | teaming, shapingPolicy=st.none() | shaping)
bond = st.builds(
    lambda nics, seconds: vim.host.VirtualSwitch.BondBridge(nicDevice=nics, beacon=vim.host.VirtualSwitch.BeaconConfig(interval=seconds)),
    st.lists(st.sampled_from(NICS), unique=True, min_size=1),
    st.integers(1, 99),
)
simple = st.builds(vim.host.VirtualSwitch.SimpleBridge, nicDevice=st.sampled_from(NICS))
switch_specs = st.builds(
    vim.host.VirtualSwitch.Specification,
    numPorts=st.integers(1, 4088),
    mtu=st.none() | st.integers(1280, 9000),
    bridge=st.none() | bond | simple,
    policy=policy,
)
group_specs = st.builds(
    vim.host.PortGroup.Specification, name=st.just("pg"), vlanId=st.integers(0, 4095), vswitchName=st.sampled_from(["vSwitch0", "vSwitch1"]), policy=policy
)
switch_wishes = st.fixed_dictionaries(
    {},
    optional={
        **{name: st.sampled_from(["accept", "reject"]) for name in SECURITY},
        "mtu": st.integers(1280, 9000),
        "num_ports": st.integers(1, 4088),
        "uplinks": st.lists(st.sampled_from(NICS), unique=True).map(flatten.join),
    },
)
group_wishes = st.fixed_dictionaries(
    {}, optional={**{name: st.sampled_from(["accept", "reject", "inherit"]) for name in SECURITY}, "vlan_id": st.integers(0, 4095)}
)


def plain(value: Any) -> str:
    """As it goes over the wire."""
    return SoapAdapter.SerializeToStr(value)


def read_switch(spec: Any) -> dict[str, Value]:
    """The fields of a switch with that specification."""
    return flatten.vswitch(vim.host.VirtualSwitch(name="vSwitch0", spec=spec, mtu=1500))


def read_group(spec: Any) -> dict[str, Value]:
    """The same for a group."""
    return flatten.portgroup(vim.host.PortGroup(spec=spec))


@given(switch_specs, switch_wishes)
def test_a_switch_becomes_what_is_asked_for(spec: Any, wish: dict[str, Value]) -> None:
    """flatten(expand(x)) == x, over any observed switch; what was observed stays as it was."""
    before, seen = plain(spec), read_switch(spec)
    new = expand.vswitch(vim, spec, wish, mtu=1500)
    assert read_switch(new) == {**seen, **wish}
    assert plain(spec) == before


@given(group_specs, group_wishes)
def test_a_group_becomes_what_is_asked_for(spec: Any, wish: dict[str, Value]) -> None:
    """The same for groups."""
    before, seen = plain(spec), read_group(spec)
    if spec.policy.security is None and set(wish) & set(SECURITY):
        seen.update(dict.fromkeys(SECURITY, "inherit"))
    new = expand.portgroup(vim, spec, "pg", wish)
    assert read_group(new) == {**seen, **wish}
    assert plain(spec) == before


@given(switch_specs, st.integers(1280, 9000))
def test_nothing_asked_for_sends_what_was_observed(spec: Any, mtu: int) -> None:
    """To the byte, but for an MTU that the specification left to the host and that is not the default."""
    assert plain(expand.vswitch(vim, spec, {}, mtu=1500)) == plain(spec)
    expected = copy.copy(spec)
    expected.mtu = spec.mtu or (None if mtu == 1500 else mtu)
    assert plain(expand.vswitch(vim, spec, {}, mtu=mtu)) == plain(expected)


@given(group_specs)
def test_nothing_asked_of_a_group_sends_what_was_observed(spec: Any) -> None:
    """To the byte."""
    assert plain(expand.portgroup(vim, spec, "pg", {})) == plain(spec)


@given(switch_specs, st.fixed_dictionaries({}, optional={name: st.sampled_from(["accept", "reject"]) for name in SECURITY}))
def test_security_alone_leaves_every_other_byte(spec: Any, wish: dict[str, Value]) -> None:
    """Uplinks, beacon, ports, teaming, shaping."""
    new = expand.vswitch(vim, spec, wish, mtu=1500)
    rest = copy.deepcopy(new)
    rest.policy.security = spec.policy.security
    assert plain(rest) == plain(spec)


@given(switch_specs, st.lists(st.sampled_from(NICS), unique=True))
def test_uplinks_in_the_failover_order(spec: Any, wanted: Any) -> None:
    """Who leaves is in no order, who joins is active, nobody is in it twice, the others keep their place."""
    have = flatten.split(flatten.uplinks(spec.bridge))
    new = expand.vswitch(vim, spec, {"uplinks": flatten.join(wanted)})
    before = getattr(spec.policy.nicTeaming, "nicOrder", None)
    if before is None:
        assert getattr(new.policy.nicTeaming, "nicOrder", None) is None
        return
    after = new.policy.nicTeaming.nicOrder
    named = [*after.activeNic, *after.standbyNic]
    assert set(named) <= set(wanted) and len(named) == len(set(named))
    assert set(after.activeNic) >= set(wanted) - set(have)
    stayed = [nic for nic in before.activeNic if nic in wanted and nic in have]
    assert [nic for nic in after.activeNic if nic in stayed] == stayed


@pytest.mark.parametrize("asked", list(product((None, "inherit", "accept", "reject"), repeat=3)), ids=str)
def test_every_combination(asked: Any) -> None:
    """4^3 wishes over 3^3 groups on 2^3 switches: configured and effective."""
    wish = {name: value for name, value in zip(SECURITY, asked) if value is not None}
    for own in product((None, True, False), repeat=3):
        spec = vim.host.PortGroup.Specification(
            name="pg",
            vlanId=7,
            vswitchName="vSwitch0",
            policy=POLICY(security=POLICY.SecurityPolicy(allowPromiscuous=own[0], macChanges=own[1], forgedTransmits=own[2])),
        )
        new = expand.portgroup(vim, spec, "pg", wish)
        for name, before, value in zip(SECURITY, own, asked):
            key = PORTGROUP.fields[name].natives[VSPHERE].key.rsplit(".", 1)[1]
            expected: bool | None = before if value is None else {"inherit": None, "accept": True, "reject": False}[value]
            assert getattr(new.policy.security, key) is expected
        for parent in product(("reject", "accept"), repeat=3):
            state = {("vswitch", "vSwitch0"): dict(zip(SECURITY, parent)), ("portgroup", "pg"): read_group(new)}
            for name, above in zip(SECURITY, parent):
                mine = read_group(new)[name]
                assert effects.effective_policies(state, "pg")[name] == (above if mine == "inherit" else mine)


def test_a_host_without_the_feature() -> None:
    """ "Group unset on both means that the host lacks the feature": that is no value, and not inherit."""
    assert read_group(vim.host.PortGroup.Specification(name="pg", vlanId=0, vswitchName="v", policy=POLICY()))["promiscuous"] is None
    assert read_switch(vim.host.VirtualSwitch.Specification(numPorts=8, policy=POLICY()))["promiscuous"] is None


def test_new_objects() -> None:
    """With the defaults that the API requires, and nothing else."""
    spec = expand.vswitch(vim, None, {"uplinks": "vmnic3", "mtu": 9000})
    assert (spec.numPorts, spec.mtu, spec.bridge.nicDevice, spec.policy) == (128, 9000, ["vmnic3"], None)
    group = expand.portgroup(vim, None, "new", {"vswitch": "vSwitch0", "promiscuous": "inherit"})
    assert (group.name, group.vlanId, group.vswitchName, group.policy.security.allowPromiscuous) == ("new", 0, "vSwitch0", None)


def test_the_order_of_names() -> None:
    """As people count."""
    assert flatten.join(["vmnic10", "vmnic2", "vmnic2"]) == "vmnic2,vmnic10"
    assert flatten.split("") == [] and flatten.split("a,b") == ["a", "b"]


def test_every_field_has_a_name_in_the_api() -> None:
    """The paths of the table are properties of pyVmomi's classes."""
    for kind, spec in ((VSWITCH, vim.host.VirtualSwitch.Specification()), (PORTGROUP, vim.host.PortGroup.Specification())):
        for field in kind.fields.values():
            value: Any = spec
            for step in field.natives[VSPHERE].key.split("."):
                assert step in {each.name for each in value._GetPropertyList()}, field.name
                value = {"policy": POLICY(), "security": POLICY.SecurityPolicy()}.get(step)
