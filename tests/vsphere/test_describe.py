# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter policy_document on a vSphere: whatever is set there, its documents change nothing, and the tightened ones what they say."""

from __future__ import annotations

import random
from typing import Any, Callable

import pytest

from tests.control_node import policy_document
from tests.oracle import distributed

from .conftest import FIELDS, World
from .test_policy import HOSTS, PATH, override

VALUES = (True, False, None)
INFO = "esxi_switch_policy_info"


def describe(world: World, **params: Any) -> dict[str, Any]:
    """Of all hosts."""
    return policy_document(world.ok(INFO, all_hosts=True), "vcenter", "policy.yml", **params)


def apply(world: World, described: dict[str, Any], check: bool = False) -> list[dict[str, Any]]:
    """As the playbook harden_esxi does: each document with its own hosts."""
    return [world.ok("esxi_switch_policy", check, **document) for document in described["data"]["virtnet_policy_documents"]]


def state(world: World) -> Any:
    """Hosts, their options and distributed switches."""
    return world.networks(), [world.vsphere.collect(PATH.format(host), "config.option") for host in HOSTS], distributed.everything(world.vsphere)


def shuffle(world: World, dice: random.Random) -> None:
    """Any combination of own and inherited values on every level, and the option of one host."""
    for host in HOSTS:
        for group in ("pg01", "pg02", "VM Network"):
            override(world, host, group, **{field: value for field in FIELDS if (value := dice.choice(VALUES)) is not None})
        word = {field: dice.choice(("accept", "reject")) for field in ("promiscuous", "mac_changes", "forged_transmits")}
        world.ok("esxi_vswitch", esxi_hostname=host, name="vSwitch0", security=word)
    world.vsphere.govc("host.option.set", "-host", PATH.format(HOSTS[0]), "Net.BlockGuestBPDU", str(dice.choice((0, 1))))


def own(dice: random.Random) -> dict[str, Any]:
    """A macManagementPolicy, of which all or nothing is inherited."""
    return dice.choice([{"inherited": True}, {"inherited": False, **{field: dice.choice((True, False)) for field in FIELDS}}])


@pytest.mark.own_code
def test_applying_it_changes_nothing(world: World) -> None:
    """And what is tightened is what the comments say: then nothing is open any more, and nothing is left to tighten."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for _round in range(3):
        shuffle(world, dice)
        distributed.reconfigure_switch(world.vsphere, macManagementPolicy={"inherited": False, **{field: dice.choice((True, False)) for field in FIELDS}})
        for group in ("dvpg01", "dvpg02"):
            distributed.reconfigure(world.vsphere, f"/dc1/network/{group}", defaultPortConfig={"macManagementPolicy": own(dice)})
        before = state(world)
        described = describe(world)
        for check in (True, False):
            assert not any(each["changed"] or each.get("warnings") for each in apply(world, described, check))
        assert state(world) == before
        assert describe(world)["text"] == described["text"], "the same state is the same text"
    tightened = describe(world, profile="guest")
    said = tightened["text"].count("# accept -> reject")
    assert any(each["changed"] for each in apply(world, tightened, True)) is bool(said) is bool(tightened["changes"])
    apply(world, tightened)
    after = describe(world, profile="guest")
    assert after["changes"] == [] and "accept" not in "".join(line for line in after["text"].splitlines() if "#" not in line)


def test_a_switch_where_each_policy_inherits_by_itself(lab: Callable[..., Any]) -> None:
    """Before version 6.6.0: securityPolicy, field by field."""
    world = lab("--hosts", "1", "--dvs-version", "6.5.0")
    policy = {"inherited": False, "allowPromiscuous": {"inherited": False, "value": True}}
    distributed.reconfigure(world.vsphere, defaultPortConfig={"securityPolicy": policy})
    before = world.networks()
    described = policy_document(world.ok(INFO, all_hosts=True), "vcenter", "policy.yml")
    group = described["data"]["virtnet_policy_documents"][1]["switches"][0]["port_groups"][0]
    assert group["security"] == {"promiscuous": "accept", "mac_changes": "inherit", "forged_transmits": "inherit"}
    assert not any(each["changed"] for each in apply(world, described)) and world.networks() == before


def test_a_standalone_host(lab: Callable[..., Any]) -> None:
    """Has no distributed switch that it could tell of."""
    world = lab("--kind", "esxi")
    described = policy_document(world.ok(INFO, all_hosts=True), "esxi01", "policy.yml")
    assert len(described["data"]["virtnet_policy_documents"]) == 1
    assert not any(each["changed"] for each in apply(world, described))


def test_what_would_change_is_off(world: World) -> None:
    """With the reason that a check run gives: somebody was faster."""
    info = world.ok(INFO, all_hosts=True)
    described = policy_document(info, "vcenter", "policy.yml")
    world.ok("esxi_vswitch", esxi_hostname=HOSTS[0], name="vSwitch0", security={"promiscuous": "accept"})
    foreseen = apply(world, described, True)
    again = policy_document(info, "vcenter", "policy.yml", foreseen=foreseen)
    assert [each["switches"][0]["kind"] for each in again["data"]["virtnet_policy_documents"]] == ["vds"]
    assert "# OFF, as applying it would change something: esxi01.lab.example: set vswitch vSwitch0: promiscuous accept -> reject" in again["text"]
    failed = [{"changed": False, "failed": False, "error_code": "invalid", "msg": "switch vSwitch0: no."}, {}]
    text = policy_document(info, "vcenter", "policy.yml", foreseen=failed)["text"]
    assert "# OFF, as applying it would change something: switch vSwitch0: no." in text
    unsure = policy_document({**info, "remarks": ["esxi01.lab.example: which machines are on its port groups is not known."]}, "vcenter", "policy.yml")["text"]
    assert "# esxi01.lab.example: which machines" in unsure and "No machines." not in unsure and "# No machines that are known of." in unsure
