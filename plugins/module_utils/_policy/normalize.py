# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""From what users write to the one canonical form in which values are compared. Pure."""

from __future__ import annotations

import re
from typing import Any, Iterable, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import INHERIT, Field, Kind, Value

# IFNAMSIZ is 16 with the terminating zero (include/uapi/linux/if.h).
_NAME_BYTES = 15
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_GLOB = re.compile(r"[*?\[]")
VLAN_MIN, VLAN_MAX = 1, 4094
_ITEM_WORDS = frozenset(("address", "shared"))
# The text of booleans, as templates leave it.
_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def is_glob(name: str) -> bool:
    """Whether a name is a pattern."""
    return bool(_GLOB.search(name))


def device_name(name: str, option: str) -> str:
    """A name that the kernel would take (dev_valid_name, net/core/dev.c)."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError as error:
        raise InputError(f"{option}: {name!r} is no interface name that can be written in UTF-8.") from error
    if not 1 <= size <= _NAME_BYTES:
        raise InputError(f"{option}: {name!r} has {size} bytes; an interface name has 1 to {_NAME_BYTES}.")
    if name in (".", "..") or re.search(r"[\s/:\x00]", name):
        raise InputError(f"{option}: {name!r} is no interface name; it must not be '.' or '..' nor contain '/', ':' or white space.")
    return name


def mac(text: str, option: str) -> str:
    """A unicast MAC address in lower case with colons."""
    canonical = text.strip().lower().replace("-", ":")
    if canonical.isdigit():
        raise InputError(f"{option}: {text} is a number; put the MAC address in quotes, as YAML takes 52:54:00:12:34:56 for one to base 60.")
    if not _MAC.fullmatch(canonical):
        raise InputError(f"{option}: {text!r} is no MAC address; write six pairs of hexadecimal digits, as in 52:54:00:12:34:56.")
    if int(canonical[:2], 16) & 1:
        raise InputError(f"{option}: {text} is a multicast address; the first byte of a unicast address is even.")
    if canonical == "00:00:00:00:00:00":
        raise InputError(f"{option}: {text} is no address of an interface.")
    return canonical


def address_item(item: Any, where: str) -> tuple[str, bool]:
    """An address of a guest's, which is text, or a dictionary of it and whether it is shared; the address itself is not looked at."""
    if not isinstance(item, Mapping):
        if item is None or isinstance(item, (bool, list)):
            raise InputError(f"{where}: {item!r} is no address; write text in quotes, or a dictionary with address and shared.")
        return str(item), False
    strange = sorted(str(word) for word in item if word not in _ITEM_WORDS)
    if strange:
        raise InputError(f"{where}: an address has no {strange[0]!r}; it has address and shared.")
    address, shared = item.get("address"), item.get("shared")
    if address is None or isinstance(address, (bool, list, Mapping)):
        raise InputError(f"{where}: {dict(item)!r} has no address; write it as text in quotes.")
    value = shared if isinstance(shared, bool) else _BOOLEANS.get(str(shared).strip().lower()) if shared is not None else False
    if value is None:
        raise InputError(f"{where}: shared of {address} is {shared!r}, which is neither true nor false.")
    return str(address), value


def group_mac(text: str, option: str) -> str:
    """The bridge's own group address: link-local, and none that 802.1 gave another use (br_set_group_addr)."""
    canonical = text.strip().lower().replace("-", ":")
    last = canonical[-1:]
    if not re.fullmatch(r"01:80:c2:00:00:0[0-9a-f]", canonical) or last in "123":
        raise InputError(f"{option}: {text!r} must be 01:80:c2:00:00:0X with X one of 0 and 4 to f.")
    return canonical


def seconds(value: float, field: Field) -> float:
    """A time of whole hundredths of a second, the kernel's unit."""
    hundredths = value * 100
    if abs(hundredths - round(hundredths)) > 1e-6 * max(1.0, abs(hundredths)):
        raise InputError(f"{field.name}: {value} s can't be stored, as the kernel counts hundredths of a second; round it.")
    return round(hundredths) / 100


def vid_range(text: str, option: str) -> tuple[int, int]:
    """C(10) or C(10-20) as first and last VLAN."""
    match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", str(text))
    if not match:
        raise InputError(f"{option}: {text!r} is no VLAN; write a number or a range such as 10-20.")
    first, last = int(match.group(1)), int(match.group(2) or match.group(1))
    for vid in (first, last):
        if not VLAN_MIN <= vid <= VLAN_MAX:
            raise InputError(f"{option}: VLAN {vid} in {text!r} is outside {VLAN_MIN} to {VLAN_MAX}.")
    if first > last:
        raise InputError(f"{option}: the range {text!r} is reversed; write {last}-{first}.")
    return first, last


def field_value(field: Field, value: Any, option: str | None = None) -> Value:
    """One option's value, checked against the table."""
    name = option or field.name
    if field.inherits:
        return INHERIT if value == INHERIT else value == "true"
    if field.type == "mac":
        return group_mac(value, name) if field.name == "group_address" else mac(value, name)
    if field.type == "device":
        return device_name(value, name) if value else ""
    if field.type == "seconds":
        value = seconds(float(value), field)
    if field.low is not None and value < field.low or field.high is not None and value > field.high:
        unit = " s" if field.type == "seconds" else ""
        if field.low is None or field.high is None:
            bound = f"below {field.low:.12g}" if field.high is None else f"above {field.high:.12g}"
            raise InputError(f"{name}: {value:.12g}{unit} is {bound}{unit}.")
        raise InputError(f"{name}: {value:.12g}{unit} is outside {field.low:.12g} to {field.high:.12g}{unit}.")
    if field.choices and value not in field.choices:
        raise InputError(f"{name}: {value!r} is none of {', '.join(map(str, field.choices))}.")
    checked: Value = value
    return checked


def fields_from(params: Mapping[str, Any], kind: Kind, names: Iterable[str] | None = None) -> dict[str, Value]:
    """The fields that the user gave, in canonical form. What is None was not asked for."""
    wanted: list[str] = list(kind.fields if names is None else names)
    return {name: field_value(kind.fields[name], params[name]) for name in wanted if params.get(name) is not None}
