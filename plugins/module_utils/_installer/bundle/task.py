# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What offline_bundle_info does. Pure but for the files that it is given."""

from __future__ import annotations

import hashlib
import re
from typing import IO, Any, Callable, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle import depot as bundle_depot
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.archive import AR_MAGIC, ZIP_MAGIC
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.catalogue import CatalogueEntry, by_file, catalogue
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.depot import Depot
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.errors import CHUNK, BundleError
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.pci import MAYBE, NO, YES, Device, Driver, devices, match
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.version import NO as UNFIT
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.version import UNKNOWN, names
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.vib import LEVELS, Vib
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

Opener = Callable[[str], IO[bytes]]
_GIVEN = re.compile(r"(?:(sha512|sha256|sha1|md5):)?([0-9a-f]{32,128})", re.IGNORECASE)
_LENGTHS = {128: "sha512", 64: "sha256", 40: "sha1", 32: "md5"}


def spec() -> dict[str, Any]:
    """The options."""
    return {
        "paths": {"type": "list", "elements": "path", "required": True, "aliases": ["path"]},
        "pci_ids": {"type": "raw"},
        "esxi_version": {"type": "str"},
        "checksums": {"type": "dict", "default": {}},
        "catalogue": {"type": "list", "elements": "dict", "default": []},
    }


def work(params: Mapping[str, Any], opener: Opener) -> dict[str, Any]:
    """The whole task."""
    release = EsxiVersion.parse(params["esxi_version"]) if params.get("esxi_version") else None
    given = params.get("pci_ids")
    wanted = devices(given) if given else []
    entries = catalogue(params.get("catalogue"))
    checksums = {str(path): _checksum(str(path), value) for path, value in (params.get("checksums") or {}).items()}
    paths = params["paths"]
    unknown = [path for path in checksums if path not in paths and path not in [_base(each) for each in paths]]
    if unknown:
        raise InputError(f"checksums: {unknown[0]!r} is none of paths; name a file of it, with or without its folder.")
    bundles = []
    for path in paths:
        with opener(path) as file:
            checksum = checksums.get(path) or checksums.get(_base(path))
            bundles.append(_one(file, path, checksum, entries, wanted, release))
    served = {each["slot"] or each["pci_id"] for bundle in bundles for each in bundle["serves"] if bundle["fits"] != UNFIT}
    left = [each for each in wanted if (each.slot or each.name) not in served]
    return {"bundles": bundles, "unserved": [{"slot": each.slot or None, "pci_id": each.name} for each in left], "msg": _sentence(bundles, wanted, left)}


def open_bundle(path: str, opener: Opener, checksum: str | None, entries: Sequence[CatalogueEntry]) -> tuple[Depot, str]:
    """One file, checked; and whether it is an C(offline_bundle) or a C(vib)."""
    with opener(path) as file:
        digests, size = _digests(file, path, _checksum(path, checksum) if checksum else None)
        _catalogued(path, digests, entries)
        return _read(file, path, size)


def _base(path: str) -> str:
    return path.rpartition("/")[2]


def _checksum(path: str, value: Any) -> tuple[str, str]:
    found = _GIVEN.fullmatch(str(value).strip())
    algorithm = (found.group(1) or _LENGTHS.get(len(found.group(2)), "")).lower() if found else ""
    if found is None or _LENGTHS.get(len(found.group(2))) != algorithm:
        raise InputError(f"checksums: {value!r} for {path} is no digest; write it as in sha256:623a44... with all its digits.")
    return algorithm, found.group(2).lower()


def _one(
    file: IO[bytes], path: str, checksum: tuple[str, str] | None, entries: Sequence[CatalogueEntry], wanted: Sequence[Device], release: EsxiVersion | None
) -> dict[str, Any]:
    digests, size = _digests(file, path, checksum)
    entry = _catalogued(path, digests, entries)
    depot, kind = _read(file, path, size)
    answers = [needs.answer(release) for needs in depot.needs()] if release else []
    fits, because = _worst(answers)
    return {
        "path": path,
        "kind": kind,
        "size": size,
        "sha256": digests["sha256"],
        "md5": digests.get("md5"),
        "catalogue": entry.name if entry else None,
        "vendors": depot.vendors,
        "acceptance_level": _weakest(depot.vibs),
        "vibs": [_vib(vib) for vib in depot.vibs],
        "bulletins": [bulletin.as_dict() for bulletin in depot.bulletins],
        "components": [{"name": each.component, "version": each.version} for each in depot.bulletins if each.component],
        "profiles": depot.profiles,
        "pci_ids": _identifiers(depot.vibs),
        "fits": fits if release else None,
        "because": because if release else None,
        "serves": _serves(depot.vibs, wanted),
        "findings": [{"vib": vib or None, "rule": rule, "message": message} for vib, rule, message in bundle_depot.all_findings(depot)],
    }


def _digests(file: IO[bytes], path: str, checksum: tuple[str, str] | None) -> tuple[dict[str, str], int]:
    running = {}
    for name in {"sha256", "md5", *([checksum[0]] if checksum else [])}:
        try:
            running[name] = hashlib.new(name)
        except ValueError as error:
            # MD5 on a host in FIPS mode; the result says null then.
            if checksum and name == checksum[0]:
                raise InputError(f"checksums: this host has no {name} for {path}; give a sha256.") from error
    size = 0
    for chunk in iter(lambda: file.read(CHUNK), b""):
        size += len(chunk)
        for each in running.values():
            each.update(chunk)
    digests = {name: each.hexdigest() for name, each in running.items()}
    if checksum and digests[checksum[0]] != checksum[1]:
        raise BundleError(path, "digest", f"its {checksum[0]} is {digests[checksum[0]]}, checksums says {checksum[1]}")
    file.seek(0)
    return digests, size


def _catalogued(path: str, digests: Mapping[str, str], entries: Sequence[CatalogueEntry]) -> CatalogueEntry | None:
    entry = by_file(entries, _base(path), digests["sha256"])
    if entry is not None and entry.sha256 != digests["sha256"]:
        raise BundleError(
            path,
            "digest",
            f"its sha256 is {digests['sha256']}, the catalogue says {entry.sha256} for {entry.file}",
            f"get the file again, or, if you know why it differs, give an entry {entry.name} with its sha256 in catalogue",
        )
    return entry


def _read(file: IO[bytes], path: str, size: int) -> tuple[Depot, str]:
    head = file.read(len(AR_MAGIC))
    file.seek(0)
    if head == AR_MAGIC:
        return bundle_depot.one_vib(file, size, path), "vib"
    if head.startswith(ZIP_MAGIC):
        return bundle_depot.read(file, path), "offline_bundle"
    raise BundleError(path, "unknown", "it is neither a VIB nor a zip file", "give a file that ends with .vib or .zip, as it was downloaded")


def _vib(vib: Vib) -> dict[str, Any]:
    return {
        "id": vib.identifier,
        "name": vib.name,
        "version": vib.version,
        "vendor": vib.vendor,
        "type": vib.kind,
        "acceptance_level": vib.acceptance_level,
        "signature": bool(vib.signature_size),
        "summary": vib.summary,
        "release_date": vib.release_date,
        "depends": names(vib.depends),
        "conflicts": names(vib.conflicts),
        "replaces": names(vib.replaces),
        "provides": names(vib.provides),
        "platforms": [each for each in vib.needs.platforms if each],
        "esxi_least": vib.needs.least(),
        "esxi_sdk": vib.needs.sdk(),
        "tags": vib.tags,
        "maintenance_mode": vib.maintenance_mode,
        "live_install": vib.live_install,
        "live_remove": vib.live_remove,
        "payloads": [payload.as_dict() for payload in vib.payloads],
        "drivers": [driver.as_dict() for driver in vib.drivers],
    }


def _weakest(vibs: Sequence[Vib]) -> str:
    order = list(LEVELS.values())
    return min((vib.acceptance_level for vib in vibs), key=order.index)


def _identifiers(vibs: Sequence[Vib]) -> list[str]:
    return sorted({str(driver.as_dict()["id"]) for vib in vibs for driver in vib.drivers if driver.bus == "pci"})


def _serves(vibs: Sequence[Vib], wanted: Sequence[Device]) -> list[dict[str, Any]]:
    found = []
    for device in wanted:
        for vib in vibs:
            best = _best(vib.drivers, device)
            if best is not None:
                driver, verdict = best
                found.append(
                    {
                        "slot": device.slot or None,
                        "pci_id": device.name,
                        "sure": verdict == YES,
                        "by": driver.as_dict()["id"],
                        "driver": driver.driver or None,
                        "vib": vib.identifier,
                    }
                )
    return found


def _best(drivers: Sequence[Driver], device: Device) -> tuple[Driver, str] | None:
    """The driver that takes a device: one that does for sure before one that may, the one that names more of it first."""
    verdicts = [(driver, match(driver.digits, device.digits)) for driver in drivers if driver.digits]
    taken = [each for each in verdicts if each[1] != NO]
    return max(taken, key=lambda each: (each[1] != MAYBE, 22 - each[0].digits.count(".")), default=None)


def _worst(answers: Sequence[tuple[str, str]]) -> tuple[str | None, str | None]:
    for verdict in (UNFIT, UNKNOWN):
        for found, because in answers:
            if found == verdict:
                return found, because
    return (answers[0][0], " and ".join(dict.fromkeys(because for _found, because in answers))) if answers else (None, None)


def _sentence(bundles: Sequence[Mapping[str, Any]], wanted: Sequence[Device], left: Sequence[Device]) -> str:
    vibs = sum(len(bundle["vibs"]) for bundle in bundles)
    text = f"{len(bundles)} file{'s' if len(bundles) != 1 else ''} with {vibs} VIB{'s' if vibs != 1 else ''} read, all digests right."
    return text + (f" {len(wanted) - len(left)} of {len(wanted)} devices are served." if wanted else "")
