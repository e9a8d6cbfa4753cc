# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""One field's value to and from the bytes of its attribute: twins, driven by the table of fields."""

from __future__ import annotations

from struct import Struct
from typing import Any, Callable

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.fields import LINUX
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Field, Value

_INTS = {"u8": Struct("=B"), "u16": Struct("=H"), "u32": Struct("=I"), "u64": Struct("=Q"), "enum32": Struct("=I")}
_BE16 = Struct(">H")
_ETHERTYPES = {"802.1Q": 0x8100, "802.1ad": 0x88A8}
_PROTOCOLS = {number: name for name, number in _ETHERTYPES.items()}

Unpack = Callable[[Any, int], Value]


def mac_to_bytes(text: Value) -> bytes:
    """C(52:54:00:00:00:01) to six bytes."""
    return bytes.fromhex(str(text).replace(":", ""))


def mac_from_bytes(raw: bytes) -> str:
    """Six bytes to lower-case hexadecimal with colons."""
    return ":".join(f"{byte:02x}" for byte in raw)


def pack(field: Field, value: Value) -> bytes:
    """The payload of the field's attribute. Devices come as interface indexes."""
    native = field.natives[LINUX]
    if native.wire == "mac":
        return mac_to_bytes(value)
    if native.wire == "vlan_protocol":
        return _BE16.pack(_ETHERTYPES[str(value)])
    return _INTS[native.wire].pack(_number(field, native.scale, value))


def _number(field: Field, scale: int, value: Any) -> int:
    if field.type == "enum":
        return int(field.choices.index(value))
    if scale != 1:
        return int(round(value * scale))
    return int(value)


def unpacker(field: Field) -> Unpack:
    """A function of buffer and offset that reads the field's attribute."""
    native = field.natives[LINUX]
    if native.wire == "mac":
        return lambda data, at: mac_from_bytes(data[at : at + 6])
    if native.wire == "vlan_protocol":
        return lambda data, at: _PROTOCOLS.get(_BE16.unpack_from(data, at)[0])
    if native.wire == "u8" and field.type == "bool":
        return lambda data, at: data[at] != 0
    read = _INTS[native.wire].unpack_from
    if field.type == "bool":
        return lambda data, at: read(data, at)[0] != 0
    if field.type == "enum":
        return _enum_unpacker(field, read)
    if native.scale != 1:
        return lambda data, at: read(data, at)[0] / native.scale
    return lambda data, at: read(data, at)[0]


def _enum_unpacker(field: Field, read: Callable[..., Any]) -> Unpack:
    names: dict[int, str] = dict(enumerate(field.choices))
    return lambda data, at: names.get(read(data, at)[0])
