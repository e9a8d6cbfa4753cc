# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The catalogue of community drivers, as data, and the question that it answers: which bundle makes this device work? Pure.

The bundles were inspected; digests are those of copies that are passed around, as the vendor's own site does not offer the files any more. They
agree with what the bundles say of themselves, and were not compared with sums of the vendor.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Iterator, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.pci import NO, Device, devices, match, pattern, short
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

KINDS = ("nvme", "network", "usb_network")
INSTALLS = ("component", "vib")
# NVM Express by its class, and Apple's controller, which has another class.
_NVME = "class:010802 106b:2005"
_I219 = "8086:0d4c-0d4f 8086:0d53 8086:0d55 8086:15bb-15be 8086:15f4 8086:15f5 8086:15f9-15fc 8086:1a1c-1a1f"
_I225 = "8086:0d9f 8086:125b-125f 8086:15f2 8086:15f3 8086:15f7 8086:15f8 8086:15fd 8086:3100-3102 8086:5502 8086:5503"
_REALTEK = "10ec:8125 10ec:8126 10ec:8127 10ec:8136 10ec:8161 10ec:8162 10ec:8167 10ec:8168 10ec:8169"
_LEVEL = "vmware_certified"


@dataclass(frozen=True)
class CatalogueEntry:
    """A bundle. C(before) is the first release that it is not for, C(inbox_from) the first that has the driver itself."""

    name: str
    file: str
    kind: str
    version: str
    pci_ids: str
    since: str
    before: str
    install: str
    sha256: str
    md5: str = ""
    names: str = ""
    maintenance_mode: bool = True
    reboot: bool = True
    inbox_from: str = ""
    acceptance_level: str = _LEVEL
    note: str = ""

    def patterns(self) -> list[str]:
        """Its identifiers, ranges written out."""
        return list(_patterns(self.pci_ids, self.name))

    def fits(self, release: EsxiVersion) -> bool:
        """Whether it is for a release."""
        return EsxiVersion.parse(self.since) <= release and (not self.before or release < EsxiVersion.parse(self.before))

    def inbox(self, release: EsxiVersion) -> bool:
        """Whether a release has the driver itself."""
        return bool(self.inbox_from) and release >= EsxiVersion.parse(self.inbox_from)

    def as_dict(self) -> dict[str, Any]:
        """As results carry it."""
        return {
            "name": self.name,
            "file": self.file,
            "kind": self.kind,
            "version": self.version,
            "names": self.names.split(),
            "pci_ids": [short(each) for each in self.patterns()],
            "since": self.since,
            "before": self.before or None,
            "inbox_from": self.inbox_from or None,
            "install": self.install,
            "acceptance_level": self.acceptance_level,
            "maintenance_mode": self.maintenance_mode,
            "reboot": self.reboot,
            "sha256": self.sha256,
            "md5": self.md5 or None,
            "note": self.note,
        }


CATALOGUE: tuple[CatalogueEntry, ...] = (
    CatalogueEntry(
        "nvme-community-6.7",
        "nvme-community-driver_1.0.1.0-1vmw.670.0.0.8169922-offline_bundle-17658145.zip",
        "nvme",
        "1.0.1.0-1vmw.670.0.0.8169922",
        _NVME,
        "6.7",
        "7.0",
        "vib",
        "5f56fbb18356b4808dbf8b949fc8c58b020969447284238e340eda4dc1dc215d",
        "826ed693a09d5745c496a7f42f793bd0",
        note="NVMe disks that the inbox driver refuses. Needs vmkapi_2_5_0_0.",
    ),
    CatalogueEntry(
        "nvme-community-7.0",
        "nvme-community-driver_1.0.1.0-3vmw.700.1.0.15843807-component-18902434.zip",
        "nvme",
        "1.0.1.0-3vmw.700.1.0.15843807",
        f"{_NVME} 126f:2262 1cc1:8201 c0a9:2263",
        "7.0",
        "8.0",
        "component",
        "623a442967825c21d44eb491743f13f662ce04cae0d202b50407e89ee141f6a9",
        "693f692d10811c52e9261c18db4337a5",
        names="VMware-nvme-community",
        note="NVMe disks that the inbox driver refuses. Needs vmkapi_2_6_0_0. For 8.0 it is deprecated: most of its disks work without.",
    ),
    CatalogueEntry(
        "net-community-7.0",
        "Net-Community-Driver_1.2.7.0-1vmw.700.1.0.15843807_19480755.zip",
        "network",
        "1.2.7.0-1vmw.700.1.0.15843807",
        f"{_I219} {_I225}",
        "7.0",
        "8.0",
        "component",
        "58cdd0283cc04bdc12f23567b1b4eaaa48f6e0e8c1357e5343ba7ce01a87d981",
        "cd505cfc2e435510b2e23e87870e4822",
        maintenance_mode=False,
        reboot=False,
        inbox_from="8.0",
        note="Intel I219 (e1000-community) and I225/I226 (igc-community). No Aquantia.",
    ),
    CatalogueEntry(
        "realtek-8.0",
        "VMware-Re-Driver_1.101.01-5vmw.800.1.0.20613240.zip",
        "network",
        "1.101.01-5vmw.800.1.0.20613240",
        _REALTEK,
        "8.0",
        "",
        "component",
        "365b5b2ee604111ea651dd123d8d7167bd1513a20ec217520d26923395cfba9d",
        "6865630d956c7886a26fd2fcdb412657",
        note="Realtek RTL8111, RTL8125, RTL8126 and RTL8127 and older ones. For 8.0 and 9.",
    ),
    CatalogueEntry(
        "usb-nic-8.0u3",
        "ESXi803-VMKUSB-NIC-FLING-76444229-component-24179899.zip",
        "usb_network",
        "76444229",
        "",
        "8.0 U3",
        "9.0",
        "component",
        "5b1c48a2c5ce1391cb2dea7eb7194579e126ff7354e2252288ab3a938a99a6e8",
        "0cf319bb711660e45b66a7b3a9118f29",
        note="Network adapters on USB, which have no PCI identifier. The bundle is for this one release.",
    ),
    CatalogueEntry(
        "usb-nic-9.0",
        "ESXi90-VMKUSB-NIC-FLING-84947163_24739691-component.zip",
        "usb_network",
        "84947163",
        "",
        "9.0",
        "9.1",
        "component",
        "1f91c5ac41b7f6641e2613e34763430e7b60e9b2230316a95e220a63e88b312d",
        "670b8e5829ec8d741a6732e93c6b6308",
        note="Network adapters on USB, which have no PCI identifier. The payload is compressed by zstd.",
    ),
)
_FIELDS = tuple(CatalogueEntry.__dataclass_fields__)  # pylint: disable=no-member
_RANGE = re.compile(r"([0-9a-f]{4}):([0-9a-f]{4})-([0-9a-f]{4})", re.IGNORECASE)
_CLASS = re.compile(r"class:([0-9a-f]{2,6})", re.IGNORECASE)
_DIGEST = re.compile(r"[0-9a-f]+")


def _patterns(text: str, where: str) -> Iterator[str]:
    for word in text.split():
        ranged, kind = _RANGE.fullmatch(word), _CLASS.fullmatch(word)
        if ranged is not None:
            first, last = int(ranged.group(2), 16), int(ranged.group(3), 16)
            if first > last:
                raise InputError(f"catalogue: {where}: {word!r} ends before it begins.")
            yield from (f"{ranged.group(1).lower()}{number:04x}".ljust(22, ".") for number in range(first, last + 1))
        elif kind is not None:
            yield "." * 16 + kind.group(1).lower().ljust(6, ".")
        else:
            found = pattern(word)
            if found is None:
                raise InputError(f"catalogue: {where}: {word!r} is none of 8086:15f3, 8086:15f2-15f8 and class:010802.")
            yield found


def catalogue(extra: Sequence[Mapping[str, Any]] | None = None) -> list[CatalogueEntry]:
    """The catalogue with entries of the user, of which one with a known name takes the place of that one."""
    entries = {entry.name: entry for entry in CATALOGUE}
    for given in extra or ():
        made = _entry(given)
        entries[made.name] = made
    return list(entries.values())


def _entry(given: Mapping[str, Any]) -> CatalogueEntry:
    if not isinstance(given, Mapping):
        raise InputError(f"catalogue: {given!r} is no entry; give a dictionary as docs/drivers.md shows.")
    name = str(given.get("name") or "")
    lacking = [field for field in ("name", "file", "kind", "since", "install", "sha256") if not given.get(field)]
    unknown = sorted(set(given) - set(_FIELDS))
    if lacking or unknown:
        text = f"lacks {', '.join(lacking)}" if lacking else f"has {', '.join(map(str, unknown))}, which no entry has"
        raise InputError(f"catalogue: entry {name or dict(given)!r} {text}; its fields are {', '.join(_FIELDS)}.")
    values = {key: " ".join(map(str, value)) if isinstance(value, (list, tuple)) else value for key, value in given.items()}
    fields: dict[str, Any] = {"version": "", "pci_ids": "", "before": ""}
    fields.update({key: value if isinstance(value, bool) else str(value if value is not None else "") for key, value in values.items()})
    made = CatalogueEntry(**fields)
    _check(made)
    return made


def _check(entry: CatalogueEntry) -> None:
    for value, choices, field in ((entry.kind, KINDS, "kind"), (entry.install, INSTALLS, "install")):
        if value not in choices:
            raise InputError(f"catalogue: {entry.name}: {field} {value!r} is none of {', '.join(choices)}.")
    for field, digest, length in (("sha256", entry.sha256, 64), ("md5", entry.md5, 32)):
        if digest and (len(digest) != length or not _DIGEST.fullmatch(digest)):
            raise InputError(f"catalogue: {entry.name}: {field} {digest!r} is not {length} lower-case hexadecimal digits.")
    for flag in (entry.maintenance_mode, entry.reboot):
        if not isinstance(flag, bool):
            raise InputError(f"catalogue: {entry.name}: {flag!r} is neither true nor false.")
    for release in (entry.since, entry.before, entry.inbox_from):
        if release:
            EsxiVersion.parse(release)
    entry.patterns()


def answers(terms: Sequence[Any], esxi_version: str, extra: Sequence[Mapping[str, Any]] | None = None) -> list[dict[str, Any]]:
    """Which bundle makes each device, or all of a kind, work on a release."""
    release, entries = EsxiVersion.parse(esxi_version), catalogue(extra)
    found = []
    for term in terms:
        found += [answer_kind(entries, term, release)] if term in KINDS else [answer(entries, device, release) for device in devices(term)]
    return found


def answer(entries: Sequence[CatalogueEntry], wanted: Device, release: EsxiVersion) -> dict[str, Any]:
    """Which bundle makes a device work on a release."""
    found = [entry for entry in entries if any(match(each, wanted.digits) != NO for each in entry.patterns())]
    name = wanted.name if wanted.digits[:4] != "...." else short(wanted.digits)
    return {"pci_id": name, "slot": wanted.slot or None, **_verdict(found, f"{name}", release)}


def answer_kind(entries: Sequence[CatalogueEntry], kind: str, release: EsxiVersion) -> dict[str, Any]:
    """The same for all devices of a kind, as those on USB have no PCI identifier."""
    return {"pci_id": None, "slot": None, **_verdict([entry for entry in entries if entry.kind == kind], f"Devices of the kind {kind}", release)}


def _verdict(found: list[CatalogueEntry], name: str, release: EsxiVersion) -> dict[str, Any]:
    fitting = [entry for entry in found if entry.fits(release)]
    inbox = [entry for entry in found if entry.inbox(release)]
    if fitting:
        answer_, text = "bundle", f"{name}: {' or '.join(entry.file for entry in fitting)} has a driver for ESXi {release}."
    elif inbox:
        answer_, text = "inbox", f"{name}: ESXi {release} has the driver itself, which {inbox[0].name} brings to older releases."
    elif found:
        others = ", ".join(f"{entry.name} (from {entry.since}{f', before {entry.before}' if entry.before else ''})" for entry in found)
        answer_, text = "other_release", f"{name}: no bundle of the catalogue is for ESXi {release}; for other releases there are {others}."
    else:
        answer_, text = "unknown", f"{name}: no bundle of the catalogue names it; whether ESXi {release} has a driver itself is not known here."
    return {"esxi_version": str(release), "answer": answer_, "msg": text, "bundles": [entry.as_dict() for entry in fitting]}


def by_file(entries: Sequence[CatalogueEntry], file: str, sha256: str) -> CatalogueEntry | None:
    """The entry of a file, by its content or its name."""
    same = [entry for entry in entries if entry.sha256 == sha256]
    return next(iter([*same, *(entry for entry in entries if entry.file == file)]), None)
