# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading the evidence: what the kernel may answer that a test machine can't make it, and that nothing unread is passed over."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from struct import pack
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._bpf import call
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import decode, decode_evidence, processes, programs
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import Client, Part
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.encode import attribute, ifinfomsg, nested
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import Program
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.witness import Witness


def u32(value: int) -> bytes:
    """As the kernel writes it."""
    return pack("=I", value)


def link(index: int, name: str, *attributes: bytes) -> bytes:
    """The body of RTM_NEWLINK."""
    return ifinfomsg(index, flags=c.IFF_UP) + attribute(c.IFLA_IFNAME, name.encode() + b"\0") + b"".join(attributes)


def device(*attributes: bytes) -> Any:
    """A device read from such a body."""
    body = link(7, "x0", *attributes)
    return decode_evidence.device(decode.link(body, 0, len(body)), {3: "eth0", 4: "eth1"})


def info(kind: bytes, *data: bytes) -> bytes:
    """IFLA_LINKINFO."""
    return nested(c.IFLA_LINKINFO, attribute(c.IFLA_INFO_KIND, kind + b"\0"), nested(c.IFLA_INFO_DATA, *data))


@pytest.mark.parametrize("mode, everyone", [(0, True), (1, False), (4, True), (5, False), (6, False)])
def test_bonds(mode: int, everyone: bool) -> None:
    """Only some modes make one member promiscuous instead of all."""
    found = device(info(b"bond", attribute(c.IFLA_BOND_MODE, bytes((mode,))), attribute(c.IFLA_BOND_ACTIVE_SLAVE, u32(4))))
    assert found.all_members is everyone and (everyone or found.active == frozenset(("eth1",)))


def test_a_lower_device_elsewhere() -> None:
    """The number of a device in another namespace must not be taken for one of ours, nor the peer of a veth for a lower device."""
    lower = attribute(c.IFLA_LINK, u32(3))
    assert device(lower, info(b"macvlan")).lower == "eth0"
    assert device(lower, attribute(c.IFLA_LINK_NETNSID, u32(0)), info(b"macvlan")).lower == device(lower, info(b"veth")).lower == ""


def test_xdp_of_old_and_new_kernels() -> None:
    """One program with its mode, or several."""
    old = nested(c.IFLA_XDP, attribute(c.IFLA_XDP_ATTACHED, b"\2"), attribute(c.IFLA_XDP_PROG_ID, u32(9)))
    assert device(old).xdp == (Program("xdp generic", 9, ""),)
    new = nested(c.IFLA_XDP, attribute(c.IFLA_XDP_ATTACHED, b"\4"), attribute(c.IFLA_XDP_DRV_PROG_ID, u32(5)), attribute(c.IFLA_XDP_SKB_PROG_ID, u32(6)))
    assert device(new).xdp == (Program("xdp driver", 5, ""), Program("xdp generic", 6, ""))
    assert device(nested(c.IFLA_XDP, attribute(c.IFLA_XDP_ATTACHED, b"\0"))).xdp == ()


@pytest.mark.parametrize(
    "flags, address, master, counts",
    [
        (c.NTF_SELF, "525400000001", 0, True),
        (c.NTF_SELF, "333300000001", 0, False),
        (c.NTF_SELF, "525400000001", 4, False),
        (c.NTF_MASTER, "525400000001", 0, False),
        (c.NTF_SELF, "5254", 0, False),
    ],
)
def test_filter_lists(flags: int, address: str, master: int, counts: bool) -> None:
    """Unicast addresses that a device itself filters for; the bridge's entries are none."""
    body = pack("=BxHiHBB", c.AF_BRIDGE, 0, 3, c.NUD_PERMANENT, flags, 0) + attribute(c.NDA_LLADDR, bytes.fromhex(address))
    body += attribute(c.NDA_MASTER, u32(master)) if master else b""
    assert decode_evidence.filter_entry(body, 0, len(body)) == ((3, "52:54:00:00:00:01") if counts else None)


def test_memberships_of_a_packet_socket() -> None:
    """Each promiscuous one is one count, however often it was asked for; others are none."""
    members = b"".join(pack("=IIHH32x", index, count, kind, 6) for index, count, kind in ((3, 5, 1), (3, 1, 1), (4, 1, 1), (4, 1, 0), (4, 1, 2)))
    body = pack("=BBHIII", 17, 3, 3, 99, 0, 0) + attribute(c.PACKET_DIAG_MCLIST, members) + attribute(c.PACKET_DIAG_UID, u32(0))
    found = decode_evidence.packet_socket(body, 0, len(body))
    assert (found.inode, found.protocol, found.running, found.uid, found.promiscuous) == (99, 3, False, 0, {3: 2, 4: 1})


def tc_filter(kind: bytes, *options: bytes) -> Any:
    """A filter read from the body of RTM_NEWTFILTER."""
    body = bytes(20) + attribute(c.TCA_KIND, kind + b"\0") + nested(c.TCA_OPTIONS, *options)
    return decode_evidence.tc_filter(body, 0, len(body))


def action(kind: bytes, *options: bytes) -> bytes:
    """One action in its list."""
    return nested(1, attribute(c.TCA_ACT_KIND, kind + b"\0"), nested(c.TCA_ACT_OPTIONS, *options))


@pytest.mark.parametrize("kind, number", [(b"u32", 7), (b"matchall", 2), (b"flower", 3), (b"basic", 3), (b"fw", 4), (b"route", 6)])
def test_actions_of_filters(kind: bytes, number: int) -> None:
    """Each kind keeps its actions under another number."""
    mirred = action(b"mirred", attribute(c.TCA_MIRRED_PARMS, bytes(20) + pack("=iI", 2, 4)))
    found = tc_filter(kind, nested(number, mirred))
    assert found.mirrors == (("mirror", 4),) and not found.unknown
    assert tc_filter(kind, nested(number, action(b"sample"))).mirrors == (("sample", 0),)
    assert tc_filter(kind, nested(number, action(b"bpf"))).programs == ((0, "an action"),)
    assert tc_filter(kind, nested(number, action(b"gact"))).mirrors == ()


def test_a_filter_of_an_unknown_kind() -> None:
    """Is said to be unknown; its head, which has no options, says nothing."""
    assert tc_filter(b"new").unknown
    body = bytes(20) + attribute(c.TCA_KIND, b"new\0")
    assert not decode_evidence.tc_filter(body, 0, len(body)).unknown


def test_tee_of_iptables() -> None:
    """As iptables-nft stores it."""
    target = nested(1, attribute(c.NFTA_EXPR_NAME, b"target\0"), nested(c.NFTA_EXPR_DATA, attribute(c.NFTA_TARGET_NAME, b"TEE\0")))
    body = b"\2\0\0\0" + attribute(c.NFTA_RULE_TABLE, b"mangle\0") + attribute(c.NFTA_RULE_CHAIN, b"FORWARD\0") + nested(c.NFTA_RULE_EXPRESSIONS, target)
    assert list(decode_evidence.nft_rules(body, 0, len(body))) == [decode_evidence.NftRule((2, "mangle", "FORWARD"), "mirror", 0)]


class FakeClient:
    """Answers dumps from a table of bodies; a function is called each time, an error raised."""

    def __init__(self, answers: dict[int, Any]) -> None:
        self.answers = answers

    def dump(self, request: int, body: bytes) -> list[Part]:
        """As Client does."""
        found = self.answers.get(request, [])
        if isinstance(found, Exception):
            raise found
        return [Part(request, each, 0, len(each)) for each in (found() if callable(found) else found)]

    def close(self) -> None:
        """Nothing to close."""


def witness(answers: dict[int, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The evidence from such answers."""
    monkeypatch.setattr("ansible_collections.virtnet.hardening.plugins.module_utils._netlink.witness.TcxReader", FakeTcx)
    client = FakeClient(answers)
    return Witness(client, lambda protocol: client).read()


class FakeTcx:
    """No programs."""

    def read(self, ifindex: int) -> list[Program]:
        """None."""
        return []


LINKS: list[bytes] = [link(3, "eth0")]


@pytest.mark.parametrize(
    "request_type, what",
    [
        (c.SOCK_DIAG_BY_FAMILY, "packet sockets"),
        (c.RTM_GETNEIGH, "the address filters of interfaces"),
        (c.RTM_GETQDISC, "tc filters"),
        (c.NFT_MSG_GETCHAIN, "rules of nftables"),
        (c.NFT_MSG_GETRULE, "rules of nftables"),
    ],
)
def test_what_fails_is_said(request_type: int, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the rest is told all the same."""
    seen = witness({c.RTM_GETLINK: LINKS, request_type: BackendError("The kernel refused a dump: EPERM.")}, monkeypatch)
    assert [gap.what for gap in seen.gaps] == [what] and "EPERM" in seen.gaps[0].reason and "eth0" in seen.devices


def test_a_host_that_never_stands_still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counters of different moments don't add up, so that is said."""
    counter = iter(range(99))

    def moving() -> list[bytes]:
        return [link(3, "eth0", attribute(c.IFLA_PROMISCUITY, u32(next(counter))))]

    assert [gap.what for gap in witness({c.RTM_GETLINK: moving}, monkeypatch).gaps] == ["one state of all interfaces"]
    once = iter([0, 1] + [2] * 9)

    def settles() -> list[bytes]:
        return [link(3, "eth0", attribute(c.IFLA_PROMISCUITY, u32(next(once))))]

    seen = witness({c.RTM_GETLINK: settles}, monkeypatch)
    assert seen.gaps == () and seen.devices["eth0"].counter == 2


def test_open_vswitch_keeps_its_mirrors_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that is said."""
    assert "ovs-vsctl" in witness({c.RTM_GETLINK: [link(3, "ovs-system", info(b"openvswitch"))]}, monkeypatch).gaps[0].reason


def test_an_unknown_filter_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its kind and interface."""
    queue = pack("=BxHiIII", 0, 0, 3, 0xFFFF0000, 0xFFFFFFF1, 0) + attribute(c.TCA_KIND, b"clsact\0")
    head = bytes(20) + attribute(c.TCA_KIND, b"new\0") + nested(c.TCA_OPTIONS)
    seen = witness({c.RTM_GETLINK: LINKS, c.RTM_GETQDISC: [queue], c.RTM_GETTFILTER: [head]}, monkeypatch)
    assert [(gap.what, gap.reason) for gap in seen.gaps] == [("actions of a tc filter on eth0", "filters of the kind new can't be read")]


def test_a_dump_that_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its error stands in the last message and must not pass for an end."""
    client: Any = Client.__new__(Client)
    client._sequence = 5
    for code, fails in ((0, False), (-errno.ENOMEM, True)):
        monkeypatch.setattr(client, "_read", lambda code=code: pack("=IHHIIi", 20, c.NLMSG_DONE, 2, 5, 0, code), raising=False)
        if fails:
            with pytest.raises(BackendError, match="ENOMEM"):
                client._read_dump()
        else:
            assert client._read_dump() == ([], False)


def fake_proc(root: Path, pid: int, *sockets: int, thread: int = 0) -> None:
    """A process with descriptors; with C(thread) they are a thread's own."""
    folder = root / str(pid) / "fd"
    folder.mkdir(parents=True)
    (root / str(pid) / "comm").write_text(f"name{pid}\n")
    (root / str(pid) / "exe").symlink_to(f"/usr/bin/name{pid}")
    if thread:
        folder = root / str(pid) / "task" / str(thread) / "fd"
        folder.mkdir(parents=True)
    for number, inode in enumerate(sockets):
        (folder / str(number)).symlink_to(f"socket:[{inode}]")


def test_holders(tmp_path: Path) -> None:
    """All that share a socket, a thread with descriptors of its own, and none for a socket that nobody shows."""
    fake_proc(tmp_path, 10, 100, 101)
    fake_proc(tmp_path, 11, 100)
    fake_proc(tmp_path, 12, 102, thread=13)
    (tmp_path / "uptime").write_text("")
    found = processes.find_holders(frozenset((100, 102, 999)), str(tmp_path))
    assert {inode: [each.pid for each in holders] for inode, holders in found.by_inode.items()} == {100: [10, 11], 102: [12]}
    assert found.by_inode[100][0].command == "name10" and found.by_inode[100][0].executable == "/usr/bin/name10" and found.denied == 0


def test_a_name_meant_to_deceive(tmp_path: Path) -> None:
    """A process names itself; control characters must not reach a terminal or a report."""
    fake_proc(tmp_path, 10, 100)
    (tmp_path / "10" / "comm").write_text("a\n- **low**\x1b[2J\n")
    assert processes.find_holders(frozenset((100,)), str(tmp_path)).by_inode[100][0].command == "a?- **low**?[2J"


def test_holders_that_can_not_be_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Are counted."""
    fake_proc(tmp_path, 10, 100)
    real = os.listdir

    def listdir(path: str) -> list[str]:
        if path.endswith("/fd"):
            raise PermissionError(errno.EACCES, "no")
        return real(path)

    monkeypatch.setattr(processes.os, "listdir", listdir)
    assert processes.find_holders(frozenset((100,)), str(tmp_path)) == processes.Holders({}, 1)


def test_a_machine_whose_system_calls_are_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong number would call something else."""
    monkeypatch.setattr(call.os, "uname", lambda: os.uname_result(("Linux", "h", "6", "v", "vax")))
    with pytest.raises(BackendError, match="vax"):
        programs.TcxReader()


@pytest.mark.parametrize("code, fails", [(errno.EINVAL, False), (errno.ENODEV, False), (errno.EPERM, True)])
def test_answers_of_bpf(code: int, fails: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel without tcx has no such programs; one that does not let us ask may have."""
    reader = programs.TcxReader()
    monkeypatch.setattr(call, "_system", lambda: (lambda *arguments: -1, 0))
    monkeypatch.setattr(call.ctypes, "get_errno", lambda: code)
    if fails:
        with pytest.raises(BackendError, match="EPERM"):
            reader.read(1)
    else:
        assert reader.read(1) == []
