# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""An offline bundle: a zip of index.xml, vendor-index.xml, metadata.zip (bulletins, vibs, profiles) and VIBs. Pure but for the file given."""

from __future__ import annotations

import hashlib
import io
import posixpath
from dataclasses import dataclass, field
from typing import IO, Any, Iterator
from xml.etree.ElementTree import Element

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle import vib as bundle_vib
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.archive import Stream, Zip, check_name
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.errors import MAX_METADATA, MAX_XML, BundleError
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.version import Needs
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.vib import Vib
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.xml import children, parse, text, texts

INDEX = "index.xml"
_WHOLE = "give the offline bundle itself"


@dataclass(frozen=True)
class Bulletin:
    """A bulletin; since 7.0 one with a name of its own is a component, the unit that C(esxcli software component) installs."""

    identifier: str
    component: str | None
    version: str
    display_name: str
    vendor: str
    summary: str
    vibs: tuple[str, ...]
    platforms: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """As results carry it."""
        return {
            "id": self.identifier,
            "component": self.component,
            "version": self.version,
            "display_name": self.display_name,
            "vendor": self.vendor,
            "summary": self.summary,
            "vibs": list(self.vibs),
            "platforms": list(self.platforms),
        }


@dataclass
class Depot:
    """All that a bundle has."""

    vendors: list[dict[str, str]] = field(default_factory=list)
    bulletins: list[Bulletin] = field(default_factory=list)
    profiles: list[dict[str, Any]] = field(default_factory=list)
    vibs: list[Vib] = field(default_factory=list)
    findings: list[tuple[str, str]] = field(default_factory=list)

    def needs(self) -> list[Needs]:
        """What the VIBs need, and what the bulletins are for: one of them is enough, as a bundle may have bulletins for several releases."""
        platforms = tuple(dict.fromkeys(each for bulletin in self.bulletins for each in bulletin.platforms))
        anywhere = any(not bulletin.platforms for bulletin in self.bulletins)
        needs = [*([Needs((), platforms)] if platforms and not anywhere else []), *(vib.needs for vib in self.vibs)]
        return [each for each in needs if each.says] or needs


def read(file: IO[bytes], where: str) -> Depot:
    """The whole bundle, every VIB of it against its digests."""
    archive = Zip(file, where)
    if INDEX not in archive.infos:
        inner = [name for name in archive.infos if name.lower().endswith((".zip", ".vib"))]
        remedy = f"unpack it and give {inner[0]!r}, which it has" if inner else _WHOLE
        raise BundleError(where, "no-index", f"it has no {INDEX} at its top, which every offline bundle has", remedy)
    depot = Depot()
    for vendor in parse(archive.read(INDEX, MAX_XML), f"{where}: {INDEX}").iter("vendor"):
        depot.vendors.append({"name": text(vendor, "name"), "code": text(vendor, "code")})
        folder = text(vendor, "relativePath").strip("/")
        _vendor(archive, posixpath.join(folder, text(vendor, "indexfile", "vendor-index.xml")), depot)
    if not depot.vibs:
        raise BundleError(where, "no-vibs", "its metadata names no VIB", _WHOLE)
    _match_bulletins(depot)
    return depot


def _vendor(archive: Zip, index: str, depot: Depot) -> None:
    root = parse(archive.read(_present(archive, index), MAX_XML), f"{archive.where}: {index}")
    folder, seen = posixpath.dirname(index), set()
    for metadata in root.iter("metadata"):
        name = posixpath.join(folder, text(metadata, "url"))
        # The same file is named once for each version that it is for.
        if name not in seen:
            seen.add(name)
            _metadata(archive, _present(archive, name), folder, depot)


def _present(archive: Zip, name: str) -> str:
    check_name(name, archive.where)
    if name not in archive.infos:
        raise BundleError(archive.where, "incomplete", f"it names {name!r} and does not have it")
    return name


def _metadata(archive: Zip, name: str, folder: str, depot: Depot) -> None:
    inner = Zip(io.BytesIO(archive.read(name, MAX_METADATA)), f"{archive.where}: {name}")
    roots = {each: parse(inner.read(each, MAX_XML), f"{inner.where}: {each}") for each in sorted(inner.infos) if each.lower().endswith(".xml")}
    bulletins: dict[str, Bulletin] = {}
    for path, root in roots.items():
        if path.startswith("vibs/") and root.tag == "vib":
            depot.vibs.append(_vib(archive, root, folder, f"{inner.where}: {path}"))
        elif path.startswith("profiles/"):
            depot.profiles.append({"name": text(root, "name"), "vendor": text(root, "creator"), "acceptance_level": text(root, "acceptancelevel")})
        for each in [root] if root.tag == "bulletin" else root.iter("bulletin"):
            bulletin = _bulletin(each)
            bulletins[bulletin.identifier] = bulletin
    depot.bulletins += bulletins.values()


def _bulletin(element: Element) -> Bulletin:
    name, version = element.find("componentNameSpec"), element.find("componentVersionSpec")
    component = name.get("name") if name is not None else None
    vibs = [*texts(element, "vibList/vibID"), *texts(element, "vibList/vib/vibID"), *texts(element, "vibList/vib/id")]
    platforms = dict.fromkeys(each.get("version", "") for each in children(element, "platforms/softwarePlatform"))
    return Bulletin(
        text(element, "id"),
        component,
        version.get("version", "") if version is not None else "",
        (name.get("uiString", "") if name is not None else "") or text(element, "summary"),
        text(element, "vendor"),
        text(element, "summary"),
        tuple(dict.fromkeys(vibs)),
        tuple(each for each in platforms if each),
    )


def _vib(archive: Zip, root: Element, folder: str, where: str) -> Vib:
    """The VIB that an entry of the metadata is about, against its size and digest there and its own descriptor."""
    declared = bundle_vib.describe(root, where)
    name = _present(archive, posixpath.join(folder, text(root, "relative-path")))
    stream = archive.stream(name)
    size = text(root, "packed-size")
    inner = f"{archive.where}: {name}"
    if size and size != str(stream.left):
        raise BundleError(inner, "size", f"it has {stream.left} bytes, the metadata says {size[:40]}")
    digests = [(each, _hash(each.get("checksum-type", ""))) for each in children(root, "checksum")]

    def reading(count: int) -> bytes:
        data = stream.read(count)
        for _each, running in digests:
            if running is not None:
                running.update(data)
        return data

    vib = bundle_vib.read(Stream(reading, stream.left, inner), inner)
    for each, running in digests:
        wanted = (each.text or "").strip().lower()
        if running is not None and running.hexdigest() != wanted:
            raise BundleError(inner, "digest", f"its {each.get('checksum-type')} is {running.hexdigest()}, the metadata says {wanted[:128]}")
    if vib.identifier != declared.identifier or vib.acceptance_level != declared.acceptance_level:
        raise BundleError(inner, "mismatch", f"its descriptor says {vib.identifier} ({vib.acceptance_level}), the metadata {declared.identifier}")
    if not any(running for _each, running in digests):
        vib.findings.append(("no-digest", "The metadata has no digest for it that can be checked."))
    return vib


def _hash(kind: str) -> Any:
    try:
        return hashlib.new(kind.replace("-", "").lower())
    except ValueError:
        return None


def _match_bulletins(depot: Depot) -> None:
    known = {vib.identifier for vib in depot.vibs}
    for bulletin in depot.bulletins:
        lacking = [each for each in bulletin.vibs if each not in known]
        if lacking:
            depot.findings.append(("incomplete", f"Bulletin {bulletin.identifier} names {', '.join(lacking)}, which the bundle does not have."))


def one_vib(file: IO[bytes], size: int, where: str) -> Depot:
    """A VIB that is a file of its own."""
    return Depot(vibs=[bundle_vib.read(Stream(_reader(file, where), size, where), where)])


def _reader(file: IO[bytes], where: str) -> Any:
    def reading(count: int) -> bytes:
        try:
            return file.read(count)
        except OSError as error:
            raise BundleError(where, "unreadable", f"it can't be read ({error.strerror})") from error

    return reading


def all_findings(depot: Depot) -> Iterator[tuple[str, str, str]]:
    """Each with the VIB that it is about, if it is about one."""
    for rule, message in depot.findings:
        yield "", rule, message
    for vib in depot.vibs:
        for rule, message in vib.findings:
            yield vib.identifier, rule, message
