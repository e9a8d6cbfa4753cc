# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""decode(encode(x)) == x, never a traceback on rubbish, and the kernel's rounding."""

from __future__ import annotations

import struct
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._linux.vlan import ranges
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import decode, decode_link, encode, quirks
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.execute import _ranges
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import BRIDGE, PORT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Field, Kind
from hypothesis import given, settings
from hypothesis import strategies as st

MACS = st.integers(0, (1 << 48) - 1).map(lambda number: ":".join(f"{number:012x}"[at : at + 2] for at in range(0, 12, 2)))


def values(field: Field) -> Any:
    """All values of a field."""
    if field.type == "bool":
        return st.booleans()
    if field.choices:
        return st.sampled_from(field.choices)
    if field.type == "mac":
        return MACS
    if field.type == "device":
        return st.sampled_from(["", "v0", "v1"])
    if field.type == "seconds":
        return st.integers(round((field.low or 0) * 100), min(round((field.high or 0) * 100), 1 << 50)).map(lambda number: number / 100)
    return st.integers(int(field.low or 0), int(field.high or 0))


def some(kind: Kind, leave: Any = ()) -> Any:
    """Any of a kind's fields with any value."""
    return st.fixed_dictionaries({}, optional={name: values(field) for name, field in kind.fields.items() if name not in leave})


@settings(max_examples=300, deadline=None, print_blob=True)
@given(some(BRIDGE))
def test_bridge(fields: dict[str, Any]) -> None:
    """What is sent to make a bridge is what a dump of it would carry."""
    body = encode.new_bridge("br0", fields).body
    link = decode.link(body, 0, len(body))
    found, attributes, mask = decode.bridge_fields(link)
    assert link.name == "br0" and {name: found[name] for name in fields} == fields
    assert all(name in fields or name in ("mtu", "address", "up", "promiscuous") for name in found)


@settings(max_examples=300, deadline=None, print_blob=True)
@given(some(PORT, ("bridge",)))
def test_port(fields: dict[str, Any]) -> None:
    """Options in the nest of AF_BRIDGE messages, read twice: first by walking, then by the layout."""
    index = {"v0": 7, "v1": 8}
    nest = encode.port_options(fields, index.__getitem__)
    head = encode.ifinfomsg(7, c.AF_BRIDGE) + encode.attribute(c.IFLA_IFNAME, b"v0\0") + encode.attribute(c.IFLA_MASTER, struct.pack("=I", 3))
    reader = decode.PortReader(3, None)
    for attempt in range(2):
        port = reader.port(head + nest, 0, len(head + nest))
        assert port is not None and port.name == "v0" and port.master == 3
        expected = {**decode.UNSET, **fields}
        if "backup_port" in fields:
            expected["backup_port"] = index.get(fields["backup_port"], 0)
        assert port.fields == expected
    assert decode.PortReader(4, None).port(head + nest, 0, len(head + nest)) is None


def test_a_layout_that_changes_is_noticed() -> None:
    """Two nests of one length with other attributes."""
    reader = decode.NestReader(decode.readers(PORT, "IFLA_BRPORT_"))
    first = encode.attribute(33, b"\1") + encode.attribute(8, b"\0")
    second = encode.attribute(39, b"\1") + encode.attribute(8, b"\1")
    assert reader.read(first, 0, len(first)) == {"isolated": True, "learning": False}
    assert reader.read(second, 0, len(second)) == {"locked": True, "learning": True}
    assert reader.read(first, 0, len(first)) == {"isolated": True, "learning": False}


FLAGS = st.fixed_dictionaries({"pvid": st.booleans(), "untagged": st.booleans()})


@settings(max_examples=200, deadline=None, print_blob=True)
@given(st.dictionaries(st.integers(1, 4094), FLAGS, max_size=60))
def test_vlans(table: dict[int, dict[str, bool]]) -> None:
    """Through ranges and back, as messages and as the module's own words."""
    steps = [SimpleNamespace(verb="create", key=("vlan", "br0", "v0", vid), before={}, after=flags) for vid, flags in table.items()]
    items = list(enumerate(steps))
    seen: dict[int, Any] = {}
    for group in _ranges(items):  # type: ignore[arg-type]
        spans = [(first[1].key[3], last[1].key[3], encode.vlan_flags(first[1].after)) for first, last in group.ends]
        if spans:
            body = encode.change_vlans(7, False, spans, False).body  # type: ignore[arg-type]
            seen.update(decode.vlans(body, 0, len(body))[2])
    assert seen == table
    told = {vid: dict(flags) for text, flags in ranges(table) for vid in _expand(text)}
    assert told == table


def _expand(text: str) -> Any:
    first, _dash, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


@settings(max_examples=200, deadline=None, print_blob=True)
@given(MACS, st.integers(0, 4094), st.sampled_from(["static", "local", "extern_learn", "dynamic"]), st.booleans())
def test_fdb(address: str, vlan: int, kind: str, sticky: bool) -> None:
    """An entry as written is an entry as read, but for the bridge's index, which only the kernel adds."""
    body = encode.new_fdb(7, False, address, vlan, {"kind": kind, "sticky": sticky}).body + encode.attribute(c.NDA_MASTER, struct.pack("=I", 3))
    assert decode.fdb_entry(body, 0, len(body)) == (7, 3, address, vlan, kind, sticky)


@settings(max_examples=500, deadline=None, print_blob=True)
@given(st.binary(min_size=16, max_size=200))
def test_rubbish_is_walked_without_a_traceback(data: bytes) -> None:
    """Attributes that are cut short or lie about their size end the walk."""
    for number, start, end in decode.walk(data, 0, len(data)):
        assert 0 <= start <= end <= len(data) and number >= 0


@pytest.mark.parametrize("hz", [24, 100, 250, 300, 1000, 1024])
def test_rounding_like_the_kernel(hz: int) -> None:
    """A written value that is read back and written again stays; HZ=250 is as measured."""
    for hundredths in (*range(0, 3000, 7), 30000, 999999):
        once = quirks.through_jiffies(hundredths, hz)
        assert once <= hundredths and hundredths - once <= 100 // min(hz, 100) + 1
    if hz in (100, 250, 1000):
        assert all(quirks.through_jiffies(quirks.through_jiffies(n, hz), hz) == quirks.through_jiffies(n, hz) for n in range(5000))
    assert quirks.through_jiffies(207, 250) == 206 and quirks.through_jiffies(207, 1000) == 207


def test_a_vlan_interface_as_the_kernel_reads_and_tells_it() -> None:
    """By the numbers of include/uapi/linux/if_link.h: IFLA_IFNAME 3, IFLA_LINK 5, IFLA_LINKINFO 18, IFLA_VLAN_ID 1, IFLA_VLAN_PROTOCOL 5 in network order."""
    message = encode.new_vlan("v0.20", 7, {"kind": "vlan", "lower": "v0", "vlan_id": 20, "vlan_protocol": "802.1ad"})
    assert message.type == 16 and message.body[16:] == (
        struct.pack("=HH6s2xHHI", 10, 3, b"v0.20\0", 8, 5, 7)
        + struct.pack("=HHHH5s3x", 36, 0x8000 | 18, 9, 1, b"vlan\0")
        + struct.pack("=HHHHH2xHH", 20, 0x8000 | 2, 6, 1, 20, 6, 5)
        + b"\x88\xa8\0\0"
    )
    link = decode.link(message.body, 0, len(message.body))
    assert decode.link_kind(link) == "vlan" and decode_link.vlan_fields(link) == {"vlan_id": 20, "vlan_protocol": "802.1ad"}
