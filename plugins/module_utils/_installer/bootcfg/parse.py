# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""A boot.cfg as the boot loader reads it, without losing a byte of it. Pure, and on bytes: the boot loader knows no encoding.

The rules are those that mboot was observed to follow: lines end with a newline, blanks at their ends and repeated ones do not count, a NUL
ends a line. What stands before the first = is the beginning of a key, in any case: m=x sets modules and =x sets kernel. Keys are tried in
the order of KEYS. A blank before = makes the key unknown. The last line of a key counts. A value of a number that is none makes the whole file
invalid. Paths are cleaned after the prefix was put before them, see clean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion

# In the order in which mboot tries them, with whether the value is a number; then the keys of safeboot, which reads the file on its own.
MBOOT: tuple[tuple[str, bool], ...] = (
    ("kernel", False),
    ("kernelopt", False),
    ("modules", False),
    ("title", False),
    ("prefix", False),
    ("nobootif", True),
    ("timeout", True),
    ("noquirks", True),
    ("norts", True),
    ("crypto", False),
    ("runtimewd", True),
    ("tftpblksize", True),
    ("acpitables", False),
    ("runtimewdtimeout", True),
    ("skip", True),
    ("errtimeout", True),
)
SAFEBOOT: tuple[tuple[str, bool], ...] = (("build", False), ("updated", True), ("bootstate", True), ("quickboot", True))
# Boot loaders of earlier releases leave these out.
SINCE: dict[str, EsxiVersion] = {"errtimeout": EsxiVersion(8, 0, 1), "skip": EsxiVersion(9, 0), "acpitables": EsxiVersion(9, 0)}
KEYS: tuple[str, ...] = tuple(name for name, _number in (*MBOOT, *SAFEBOOT))
# safeboot writes the state of the bank into the first sector of the file only.
BOOTSTATE_LIMIT = 512
MAX_LINES = 10_000
MAX_LINE = 1 << 20
_SEPARATOR = b"---"
_NUMBER = re.compile(rb"-?[0-9]*")
# More digits than a number of 64 bits has, at which the boot loader stops to count.
_DIGITS = 20
_LONG, _INT = 1 << 63, 1 << 31


class Line(NamedTuple):
    """A line. C(keys) are the keys that it sets, one of mboot and one of safeboot at most; C(value) from C(start) of C(raw) on."""

    raw: bytes
    keys: tuple[str, ...] = ()
    start: int = 0
    value: bytes = b""


@dataclass
class BootCfg:
    """A file, and by key the index of the line that counts. C(rest) is what comes after MAX_LINES and is not read."""

    lines: list[Line]
    rest: bytes = b""
    where: dict[str, int] = field(default_factory=dict)

    def value(self, key: str) -> bytes:
        """The value of a key as the boot loader takes it, empty where it is not set."""
        return self.lines[self.where[key]].value if key in self.where else b""

    def text(self, key: str) -> str:
        """The same for people."""
        return self.value(key).decode("utf-8", "backslashreplace")


def parse(data: bytes) -> BootCfg:
    """Any bytes at all: there is nothing that can't be parsed."""
    lines: list[Line] = []
    at = 0
    while at < len(data) and len(lines) < MAX_LINES:
        end = data.find(b"\n", at) + 1 or len(data)
        lines.append(read_line(data[at:end]))
        at = end
    where = {key: index for index, line in enumerate(lines) for key in line.keys}
    return BootCfg(lines, data[at:], where)


def render(config: BootCfg) -> bytes:
    """The bytes of the file."""
    return b"".join([line.raw for line in config.lines] + [config.rest])


def read_line(raw: bytes) -> Line:
    """One line with its end."""
    if len(raw) > MAX_LINE:
        return Line(raw)
    text = raw.partition(b"\x00")[0]
    merged = b" ".join(text.split())
    name, equals, value = merged.partition(b"=")
    if merged.startswith(b"#") or not equals:
        return Line(raw)
    keys = tuple(key for key in (match(name, MBOOT), match(name, SAFEBOOT)) if key)
    if not keys:
        return Line(raw)
    start = text.index(b"=") + 1
    start += len(text[start:]) - len(text[start:].lstrip())
    return Line(raw, keys, start, value.strip(b" "))


def match(name: bytes, table: tuple[tuple[str, bool], ...]) -> str | None:
    """The first key that begins with the name, in any case; all of them begin with nothing."""
    lowered = name.lower()
    for key, _number in table:
        if key.encode().startswith(lowered):
            return key
    return None


def valid_number(value: bytes) -> bool:
    """As the boot loader checks it: an optional minus and digits, or nothing at all."""
    return _NUMBER.fullmatch(value) is not None


def number(value: bytes) -> int | None:
    """Its value, which the boot loader keeps in 32 bits: 0 for nothing; None where it makes the file invalid."""
    if not valid_number(value):
        return None
    long = min(max(whole_number(value), -_LONG), _LONG - 1)
    return (long + _INT) % (2 * _INT) - _INT


def whole_number(value: bytes) -> int:
    """The number that somebody wrote; of one with very many digits, one that is too large as well."""
    sign, digits = value[:1] == b"-", value.lstrip(b"-")
    size = int(digits.lstrip(b"0")[: _DIGITS + 1] or b"0")
    return -size if sign else size


def modules(value: bytes) -> list[bytes]:
    """The modules of a value, each with its options: whatever is between two ---, also within a name.

    Where two --- have nothing between them, mboot steps over the byte after the second one.
    """
    items: list[bytes] = []
    at = 0
    while at < len(value):
        if value[at : at + 1].isspace():
            at += 1
            continue
        stop = value.find(_SEPARATOR, at)
        if stop == at:
            at += len(_SEPARATOR) + 1
            continue
        stop = len(value) if stop < 0 else stop
        items.append(value[at:stop].strip())
        at = stop + len(_SEPARATOR)
    return items


def absolute(path: bytes) -> bool:
    """Whether the prefix is not put before it."""
    return path.startswith((b"/", b"\\")) or b"://" in path


def resolve(prefix: bytes, path: bytes, folder: bytes = b"") -> bytes:
    """What the boot loader asks for. Without a prefix, the folder of the boot.cfg is taken."""
    root = b"" if absolute(path) else prefix or folder
    return clean(root + b"/" + path if root else path)


def clean(path: bytes) -> bytes:
    """A path as it is asked for: blanks are gone, backslashes are slashes, and repeated slashes are one but for those of the first ://."""
    scheme, mark, rest = path.partition(b"://")
    if not mark:
        scheme, rest = b"", path
    return _slashes(scheme) + mark + re.sub(rb"/+", b"/", _slashes(rest)).lstrip(b"/" if mark else b"")


def _slashes(path: bytes) -> bytes:
    return re.sub(rb"\s", b"", path).replace(b"\\", b"/")


class State(NamedTuple):
    """Where ESXi keeps the state of a boot bank: the index of its line, the offset of the value in the file, and the value."""

    at: int
    offset: int
    value: bytes


def bootstate(config: BootCfg) -> State | None:
    """The first line that begins with bootstate; unlike in others, a blank before = is allowed."""
    at = 0
    for index, line in enumerate(config.lines):
        name, equals, value = line.raw.partition(b"=")
        if equals and name.strip() == b"bootstate":
            return State(index, at + len(line.raw) - len(value.lstrip()), value.strip())
        at += len(line.raw)
    return None
