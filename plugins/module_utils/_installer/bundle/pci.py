# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""PCI devices and the patterns by which drivers name them. Pure.

Both are strings of 22 characters: vendor, device, subvendor and subdevice of 4 hexadecimal digits each, class, subclass and
programming interface of 2 each, as in ESXi's driver maps (C(regtype=native,bus=pci,id=15b3101d15b30016......,driver=nmlx5_core)). A dot in a
pattern is any digit; in a device it is one that is not known.
"""

from __future__ import annotations

import re
from typing import Any, Iterator, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

LENGTH = 22
ANY = "." * LENGTH
YES, MAYBE, NO = "yes", "maybe", "no"

_OPEN = frozenset([*range(8, 16), 20, 21])
_ID = re.compile(r"(?:0x)?([0-9a-f]{4})[:\s.-]?(?:0x)?([0-9a-f]{4})", re.IGNORECASE)
_SLOT = r"(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]"
# lspci -n, here and on ESXi (which says Class before it): 01:00.0 0108: 144d:a808 (rev 01) (prog-if 02)
_NUMBERS = re.compile(rf"({_SLOT})\s+(?:Class\s+)?([0-9a-f]{{4}}):\s+([0-9a-f]{{4}}):([0-9a-f]{{4}})(.*)", re.IGNORECASE)
# lspci -nn: 01:00.0 Non-Volatile memory controller [0108]: Samsung ... [144d:a808] (prog-if 02 [NVM Express])
_NAMES = re.compile(rf"({_SLOT})\s+.*?\[([0-9a-f]{{4}})\]:.*\[([0-9a-f]{{4}}):([0-9a-f]{{4}})\](.*)", re.IGNORECASE)
_INTERFACE = re.compile(r"prog-if ([0-9a-f]{2})", re.IGNORECASE)
# lspci -nk and -nnk: Subsystem: 8086:2074, or a name with [8086:2074]
_SUBSYSTEM = re.compile(r"\s+(?:Device)?Subsystem:.*?\[?([0-9a-f]{4}):([0-9a-f]{4})\]?\s*", re.IGNORECASE)
_ESXCLI = re.compile(r"\s+(Vendor ID|Device ID|SubVendor ID|SubDevice ID|Device Class|Programming Interface):\s*0x([0-9a-f]{2,4})\s*", re.IGNORECASE)
_PLACES = {"vendor id": (0, 4), "device id": (4, 4), "subvendor id": (8, 4), "subdevice id": (12, 4), "device class": (16, 4), "programming interface": (20, 2)}
_REGTYPE = re.compile(r"regtype=([a-z]+),bus=([a-z]+),id=([^,\s]+)(?:,(?:[^,\s=]+=[^,\s]*))*", re.IGNORECASE)
_DRIVER = re.compile(r"driver=([^,\s]+)")
_TAG = re.compile(r"pci(?:[-_ ]?ids?)?[:=]\s*(.+)", re.IGNORECASE)


class Device(NamedTuple):
    """A device: where it is, empty for one that was only named, and what it is."""

    slot: str
    digits: str

    @property
    def name(self) -> str:
        """As people write it."""
        return f"{self.digits[:4]}:{self.digits[4:8]}"


class Driver(NamedTuple):
    """What a line of a driver map says. C(digits) is empty for another bus than PCI, whose identifier has no known form."""

    bus: str
    written: str
    driver: str
    digits: str

    def as_dict(self) -> dict[str, Any]:
        """As results carry it."""
        return {"bus": self.bus, "id": short(self.digits) if self.digits else self.written, "driver": self.driver}


def pattern(text: str) -> str | None:
    """A pattern of any length as one of 22 characters, None if it is none."""
    digits = re.sub(r"[\s:]|0x", "", text.strip().lower())
    if not 8 <= len(digits) <= LENGTH or not re.fullmatch(r"[0-9a-f.x*?]+", digits):
        return None
    return re.sub(r"[x*?]", ".", digits).ljust(LENGTH, ".")


def short(digits: str) -> str:
    """A pattern without what it leaves open: 8086:15f3, 15b3:101d 15b3:0016, class 010802."""
    parts = [] if digits[:8] == ANY[:8] else [f"{digits[:4]}:{digits[4:8]}"]
    if digits[8:16] != ANY[:8]:
        parts.append(f"{digits[8:12]}:{digits[12:16]}")
    if digits[16:] != ANY[:6]:
        parts.append(f"class {digits[16:].rstrip('.') or '.'}")
    return " ".join(parts) or "any"


def match(wanted: str, device: str) -> str:
    """Whether a pattern takes a device: yes, no, or maybe where that hangs on a subsystem or programming interface that is not known."""
    unsure = False
    for place, (have, found) in enumerate(zip(wanted, device)):
        if have == "." or have == found:
            continue
        # Without its vendor or class a device could be anything, and a disk's pattern would take every network adapter.
        if found != "." or place not in _OPEN:
            return NO
        unsure = True
    return MAYBE if unsure else YES


def devices(given: Any) -> list[Device]:
    """Of an identifier, of the output of C(lspci -n), C(lspci -nn) or C(esxcli hardware pci list), or of a list of these; each once."""
    found: list[Device] = []
    for each in given if isinstance(given, (list, tuple)) else [given]:
        if not isinstance(each, str):
            raise InputError(f"pci_ids: {each!r} is no text; give identifiers as in '8086:15f3' (in quotes), or the output of lspci -n.")
        found += _of_text(each)
    return list(dict.fromkeys(found))


def _of_text(text: str) -> Iterator[Device]:
    current: tuple[str, str] | None = None
    for line in text.splitlines():
        if not line.strip():
            continue
        start = _start(line)
        if start is not None:
            if current is not None:
                yield _whole(*current)
            current = start
        elif current is not None and line[0].isspace():
            current = (current[0], _detail(current[1], line))
        else:
            raise InputError(f"pci_ids: {line.strip()[:100]!r} is no PCI identifier and no line of lspci -n, lspci -nn or esxcli hardware pci list.")
    if current is not None:
        yield _whole(*current)


def _start(line: str) -> tuple[str, str] | None:
    stripped = line.strip().lower()
    found = _NUMBERS.fullmatch(stripped) or _NAMES.fullmatch(stripped)
    if found is not None:
        slot, kind, vendor, device, rest = found.groups()
        interface = _INTERFACE.search(rest)
        return slot, f"{vendor}{device}{ANY[:8]}{kind}{interface.group(1) if interface else '..'}"
    if re.fullmatch(_SLOT, stripped):
        return stripped, ANY
    given = None if line[0].isspace() and ":" not in stripped else _identifier(stripped)
    return None if given is None else ("", given)


def _identifier(text: str) -> str | None:
    """8086:15f3, 808615f3, 0x8086 0x15f3, 8086:15f3:8086:2074, each with a class as in 8086:15f3 class 0200."""
    body, _word, kind = text.partition("class")
    kind = kind.strip().replace("0x", "")
    if kind and not re.fullmatch(r"[0-9a-f]{4}(?:[0-9a-f]{2})?", kind):
        return None
    pairs = body.strip()
    halves: list[str] = []
    while pairs:
        found = _ID.match(pairs)
        if found is None or len(halves) == 2:
            return None
        halves.append(found.group(1) + found.group(2))
        pairs = pairs[found.end() :].lstrip(": ")
    if not halves and not kind:
        return None
    return "".join(halves).ljust(16, ".") + kind.ljust(6, ".")


def _detail(digits: str, line: str) -> str:
    found = _SUBSYSTEM.fullmatch(line)
    if found is not None:
        return f"{digits[:8]}{found.group(1)}{found.group(2)}{digits[16:]}".lower()
    found = _ESXCLI.fullmatch(line)
    if found is None:
        return digits
    at, size = _PLACES[found.group(1).lower()]
    return digits[:at] + found.group(2).lower()[-size:].rjust(size, "0") + digits[at + size :]


def _whole(slot: str, digits: str) -> Device:
    if digits == ANY:
        raise InputError(f"pci_ids: {slot} has no identifiers below it; give the whole output of esxcli hardware pci list.")
    return Device(slot, digits)


def driver_of_line(line: str) -> Driver | None:
    """A line of a driver map, None if it is none."""
    found = _REGTYPE.match(line.strip())
    if found is None:
        return None
    driver = _DRIVER.search(line)
    bus = found.group(2).lower()
    digits = pattern(found.group(3)) if bus == "pci" else None
    if bus == "pci" and digits is None:
        return None
    return Driver(bus, found.group(3), driver.group(1) if driver else "", digits or "")


def drivers_of_tag(tag: str) -> list[Driver]:
    """A software tag that names PCI identifiers, as in C(pci:8086:15f3)."""
    found = _TAG.fullmatch(tag.strip())
    names = re.split(r"[,;]", found.group(1)) if found else []
    return [Driver("pci", name.strip(), "", digits) for name in names for digits in [pattern(name)] if digits is not None]
