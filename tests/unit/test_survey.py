# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read of a host beside netlink: the bus of hardware by sysfs, other network namespaces by /proc."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import decode_filter, encode, netfilter
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import RefusedDump
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.processes import other_namespaces
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.quirks import hardware_bus, virtual_functions
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.xtables import ebtables


def test_the_bus_of_hardware(tmp_path: Path) -> None:
    """Only if the folder is of the same device: another namespace's sysfs may have one of the same name."""
    card, virtual = tmp_path / "eth0", tmp_path / "vmnet1"
    (card / "device").mkdir(parents=True)
    virtual.mkdir()
    (card / "device" / "subsystem").symlink_to("../../bus/pci")
    for folder, index in ((card, 2), (virtual, 3)):
        (folder / "ifindex").write_text(f"{index}\n")
    assert hardware_bus("eth0", 2, str(tmp_path)) == "pci" and virtual_functions("eth0", 2, str(tmp_path)) == 0
    (card / "device" / "sriov_numvfs").write_text("4\n")
    assert [virtual_functions(name, index, str(tmp_path)) for name, index in (("eth0", 2), ("eth0", 7), ("vmnet1", 3))] == [4, 0, 0]
    assert hardware_bus("eth0", 7, str(tmp_path)) == hardware_bus("vmnet1", 3, str(tmp_path)) == hardware_bus("nosuch", 1, str(tmp_path)) == ""


def test_other_namespaces(tmp_path: Path) -> None:
    """Each counts once, however many processes and names hold it; the own one does not, and a process that ended is none."""
    proc, named = tmp_path / "proc", tmp_path / "netns"
    named.mkdir()
    for name in ("self", "1", "2", "3"):
        (proc / name / "ns").mkdir(parents=True)
    (proc / "4").mkdir()
    (proc / "self" / "ns" / "net").touch()
    (proc / "2" / "ns" / "net").touch()
    os.link(proc / "self" / "ns" / "net", proc / "1" / "ns" / "net")
    os.link(proc / "2" / "ns" / "net", proc / "3" / "ns" / "net")
    assert other_namespaces(str(proc), str(named)) == 1
    os.link(proc / "2" / "ns" / "net", named / "a")
    (named / "b").touch()
    assert other_namespaces(str(proc), str(named)) == 2
    assert other_namespaces(str(proc / "nosuch"), str(named)) is None


class Refusing:
    """A kernel that answers every dump with this error."""

    def __init__(self, number: int) -> None:
        self._number = number

    def dump(self, _kind: int, _body: bytes) -> list[Any]:
        """Never answered."""
        raise RefusedDump("refused", self._number)


@pytest.mark.parametrize("number", netfilter.LACKING)
def test_a_kernel_without_nf_tables_has_no_chains(number: int) -> None:
    """That is known, and no gap."""
    assert netfilter.tables(Refusing(number)) is None
    chains = netfilter.Chains(Refusing(number))
    assert chains.of_bridged_frames() == [] and chains.of_others((7, "x"), ["vnet0"]) == []


def test_legacy_ebtables(tmp_path: Path) -> None:
    """Known by their modules alone."""
    assert ebtables(str(tmp_path)) == []
    for name in ("ebtable_nat", "ebtables", "ebtable_filter", "ip_tables"):
        (tmp_path / name).mkdir()
    assert ebtables(str(tmp_path)) == ["filter", "nat"]


def test_any_other_refusal_is_told() -> None:
    """Such as that one may not ask."""
    with pytest.raises(RefusedDump):
        netfilter.Chains(Refusing(errno.EPERM))


def _rule(name: str, data: bytes = b"") -> bytes:
    """NFT_MSG_NEWRULE of the table t, chain c, with one expression."""
    one = encode.attribute(c.NFTA_EXPR_NAME, name.encode() + b"\0") + encode.attribute(c.NFTA_EXPR_DATA, data)
    body = encode.attribute(c.NFTA_RULE_TABLE, b"t\0") + encode.attribute(c.NFTA_RULE_CHAIN, b"c\0")
    return bytes([c.NFPROTO_BRIDGE, 0, 0, 0]) + body + encode.attribute(c.NFTA_RULE_EXPRESSIONS, encode.attribute(1, one))


def _target(name: str) -> bytes:
    return encode.attribute(c.NFTA_TARGET_NAME, name.encode() + b"\0")


def test_what_takes_a_frame_away() -> None:
    """A program that gets it by a queue may keep it."""
    for message in (_rule("queue"), _rule("reject"), *(_rule("target", _target(name)) for name in ("NFQUEUE", "REJECT", "DROP"))):
        assert decode_filter.rule(message, 0, len(message)) == ((c.NFPROTO_BRIDGE, "t", "c"), True, (), ())
    for message in (_rule("counter"), _rule("target", _target("LOG"))):
        assert not decode_filter.rule(message, 0, len(message)).drops
