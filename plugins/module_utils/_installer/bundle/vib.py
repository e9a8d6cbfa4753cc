# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""A VIB: an ar archive of descriptor.xml, sig.pkcs7 and payloads, each payload against the digests of the descriptor. Pure but for the stream."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any, Callable, Iterator
from xml.etree.ElementTree import Element

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.archive import Decompressor, Gunzip, Stream, Unzstd, ar_members, expanded
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.errors import MAX_XML, MIB, BundleError
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.pci import Driver, driver_of_line, drivers_of_tag
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.version import Constraint, Needs
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.xml import children, parse, text, texts

DESCRIPTOR, SIGNATURE = "descriptor.xml", "sig.pkcs7"
# The words of descriptors, as the API calls them, from the weakest on.
LEVELS: dict[str, str] = {"community": "community", "partner": "partner", "accepted": "vmware_accepted", "certified": "vmware_certified"}
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_HASHES = {"sha-1": "sha1", "sha-256": "sha256", "sha-384": "sha384", "sha-512": "sha512", "md5": "md5"}
_SIGNATURE_MOST = MIB
_MAP_LINE = re.compile(rb"regtype=[^\r\n\x00]{1,300}")
_OVERLAP = 400
_MAX_DRIVERS = 20_000


@dataclass(frozen=True)
class Checksum:
    """A digest that a payload must have, of its bytes or (C(process)) of what they expand to."""

    algorithm: str
    process: str
    value: str


@dataclass
class Payload:
    """A file in a VIB, as declared, and what was found."""

    name: str
    kind: str
    size: int | None
    checksums: list[Checksum]
    encoding: str = ""
    verified: list[str] = field(default_factory=list)
    unverified: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As results carry it."""
        return {"name": self.name, "type": self.kind, "size": self.size, "encoding": self.encoding, "verified": self.verified, "unverified": self.unverified}


@dataclass
class Vib:
    """What a descriptor says and, for a whole VIB, what its payloads have."""

    where: str
    name: str
    version: str
    vendor: str
    kind: str
    acceptance_level: str
    summary: str
    description: str
    release_date: str
    needs: Needs
    depends: list[Constraint]
    conflicts: list[Constraint]
    replaces: list[Constraint]
    provides: list[Constraint]
    tags: list[str]
    maintenance_mode: bool
    live_install: bool
    live_remove: bool
    payloads: list[Payload]
    drivers: list[Driver] = field(default_factory=list)
    signature_size: int = 0
    findings: list[tuple[str, str]] = field(default_factory=list)

    @property
    def identifier(self) -> str:
        """As bulletins and esxcli name it."""
        return f"{self.vendor}_{self.kind}_{self.name}_{self.version}"


def describe(root: Element, where: str) -> Vib:
    """A Vib of a descriptor or of an entry of the metadata."""
    if root.tag != "vib":
        raise BundleError(where, "descriptor", f"its descriptor is of {root.tag[:40]!r} and not of a VIB")
    level = text(root, "acceptance-level").lower()
    if level not in LEVELS:
        raise BundleError(where, "acceptance-level", f"{level!r} is no acceptance level; {', '.join(LEVELS)} are")
    for needed in ("name", "version", "vendor"):
        if not text(root, needed):
            raise BundleError(where, "descriptor", f"its descriptor has no {needed}")
    depends = _constraints(root, "depends")
    platforms = [each.get("version", "") for each in children(root, "system-requires/softwarePlatform")]
    tags = texts(root, "software-tags/tag")
    vib = Vib(
        where,
        text(root, "name"),
        text(root, "version"),
        text(root, "vendor"),
        text(root, "type", "bootbank"),
        LEVELS[level],
        text(root, "summary"),
        text(root, "description"),
        text(root, "release-date"),
        Needs(depends, platforms, text(root, "version")),
        depends,
        _constraints(root, "conflicts"),
        _constraints(root, "replaces"),
        _constraints(root, "provides"),
        tags,
        _flag(root, "system-requires/maintenance-mode"),
        _flag(root, "live-install-allowed"),
        _flag(root, "live-remove-allowed"),
        [_payload(each, where) for each in children(root, "payloads/payload")],
    )
    vib.drivers = [driver for tag in tags for driver in drivers_of_tag(tag)]
    return vib


def _constraints(root: Element, kind: str) -> list[Constraint]:
    found = children(root, f"relationships/{kind}/constraint")
    return [Constraint(each.get("name", ""), each.get("relation", ""), each.get("version", "")) for each in found if each.get("name")]


def _flag(root: Element, path: str) -> bool:
    return text(root, path).lower() == "true"


def _payload(element: Element, where: str) -> Payload:
    size = element.get("size", "")
    if size and re.fullmatch(r"[0-9]{1,18}", size) is None:
        raise BundleError(where, "descriptor", f"{size[:40]!r} is no size of a payload")
    checksums = []
    for each in children(element, "checksum"):
        algorithm = each.get("checksum-type", "").lower()
        checksums.append(Checksum(_HASHES.get(algorithm, algorithm), each.get("verify-process", ""), (each.text or "").strip().lower()))
    return Payload(element.get("name", ""), element.get("type", ""), int(size) if size else None, checksums)


def read(whole: Stream, where: str) -> Vib:
    """A whole VIB; BundleError where a payload is not what the descriptor says."""
    vib: Vib | None = None
    waiting: dict[str, Payload] = {}
    for member in ar_members(whole, where):
        if vib is None:
            if member.name != DESCRIPTOR:
                raise BundleError(where, "descriptor", f"its first file is {member.name[:40]!r} and not {DESCRIPTOR}")
            if member.stream.left > MAX_XML:
                raise BundleError(where, "too-large", f"its descriptor has {member.stream.left} bytes, which no descriptor has")
            vib = describe(parse(member.stream.exactly(member.stream.left), f"{where}: {DESCRIPTOR}"), where)
            waiting = {payload.name: payload for payload in vib.payloads}
        elif member.name == SIGNATURE:
            vib.signature_size = len(member.stream.exactly(min(member.stream.left, _SIGNATURE_MOST)))
        elif member.name in waiting:
            _verify(vib, waiting.pop(member.name), member.stream)
        else:
            raise BundleError(where, "undeclared", f"it has a file {member.name[:40]!r} that its descriptor does not declare")
    if vib is None:
        raise BundleError(where, "descriptor", "it is empty")
    if waiting:
        raise BundleError(where, "truncated", f"its payload {next(iter(waiting))!r} is missing")
    if not vib.signature_size and vib.acceptance_level != LEVELS["community"]:
        vib.findings.append(("unsigned", f"It claims to be {vib.acceptance_level} and has no signature, so ESXi refuses it."))
    return vib


def _verify(vib: Vib, payload: Payload, stream: Stream) -> None:
    where = f"{vib.where}: {payload.name}"
    if payload.size is not None and payload.size != stream.left:
        raise BundleError(where, "size", f"it has {stream.left} bytes, its descriptor says {payload.size}")
    packed = _Digests(payload, where, [each for each in payload.checksums if not each.process])
    head = stream.read(4)
    while len(head) < 4 and stream.left:
        head += stream.read(4 - len(head))
    chunks = packed.pass_on(_again(head, stream))
    payload.encoding, decompressor = _decompressor(head)
    processed = [each for each in payload.checksums if each.process]
    if decompressor is None and payload.encoding:
        # The whole must be read for the digests of its bytes.
        for _unused in chunks:
            pass
        payload.unverified += [f"{each.algorithm} after {each.process}" for each in processed]
        vib.findings.append(
            (
                "unreadable",
                f"Payload {payload.name} is compressed by zstd, so its driver map and the digests of its content were not read; "
                "install the Python library zstandard on the host that runs this.",
            )
        )
    else:
        content = expanded(chunks, decompressor, where) if decompressor else chunks
        plain = _Digests(payload, where, processed)
        vib.drivers += [each for each in _map_lines(plain.pass_on(content)) if each not in vib.drivers]
        plain.judge()
    packed.judge()
    if not payload.checksums:
        vib.findings.append(("no-digest", f"Payload {payload.name} has no digest in the descriptor, so nothing says that it is whole."))


def _again(head: bytes, stream: Stream) -> Iterator[bytes]:
    yield head
    yield from stream.chunks()


def _decompressor(head: bytes) -> tuple[str, Callable[[], Decompressor] | None]:
    if head.startswith(GZIP):
        return "gzip", Gunzip
    if head == ZSTD:
        make = dep.ZSTD
        return "zstd", None if make is None else (lambda: Unzstd(make()))
    return "", None


class _Digests:
    """The digests of what passes through."""

    def __init__(self, payload: Payload, where: str, checksums: list[Checksum]) -> None:
        self._payload, self._where = payload, where
        self._running = []
        for each in checksums:
            try:
                self._running.append((each, hashlib.new(each.algorithm)))
            except ValueError:
                # Unknown, or forbidden on this host as MD5 in FIPS mode.
                payload.unverified.append(_called(each))

    def pass_on(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            for _each, running in self._running:
                running.update(chunk)
            yield chunk

    def judge(self) -> None:
        for each, running in self._running:
            if running.hexdigest() != each.value:
                raise BundleError(self._where, "digest", f"its {_called(each)} is {running.hexdigest()}, its descriptor says {each.value[:128]}")
            self._payload.verified.append(_called(each))


def _called(each: Checksum) -> str:
    return f"{each.algorithm} after {each.process}" if each.process else each.algorithm


def _map_lines(content: Iterator[bytes]) -> Iterator[Driver]:
    """The lines of driver maps, wherever they are: archives of ESXi hold small files as they are."""
    tail, count = b"", 0
    seen = set()
    for chunk in content:
        data = tail + chunk
        for found in _MAP_LINE.finditer(data):
            # A line at the very end may go on; the next round has the whole.
            if found.end() == len(data):
                break
            driver = driver_of_line(found.group().decode("ascii", "replace"))
            if driver is not None and driver not in seen and count < _MAX_DRIVERS:
                seen.add(driver)
                count += 1
                yield driver
        tail = data[-_OVERLAP:]
    driver = None
    for found in _MAP_LINE.finditer(tail):
        driver = driver_of_line(found.group().decode("ascii", "replace"))
        if driver is not None and driver not in seen:
            yield driver
