# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The trees from which hosts start over the network. Pure.

::

    mboot.efi, bootx64.efi, crypto64.efi    UEFI; the boot loader takes 01-<mac>/boot.cfg beside it, otherwise boot.cfg
    pxelinux.0, mboot.c32, pxelinux.cfg/    BIOS, with pxe and ipxe
    boot.ipxe                               with ipxe
    boot.cfg                                for hosts that nobody named
    01-<mac>/boot.cfg                       for each host
    esxi/                                   what every boot.cfg loads, once for all hosts
    ks/<name>.cfg                           the scripts
    drivers/                                the bundles under their own names
"""

from __future__ import annotations

import posixpath
import re
from typing import Any, Mapping, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media import boot as media_boot
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media import menu as media_menu
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media import spec as media_spec
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.spec import HostWish
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import HTTP, IPXE, PXE, Installer, Medium, MediumFile
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import hide
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.task import Files
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

IMAGE = "esxi"
_EFI = re.compile(r"/efi/boot/([a-z0-9_.-]+\.efi)")
# The vendor's boot loader under its name on the medium; its documentation calls it mboot.efi once it is on a server.
_LOADERS = ("bootx64.efi", "bootaa64.efi")
_PXELINUX = re.compile(rb"PXELINUX (\d{1,2})\.(\d{1,2})")
# From here on legacy BIOS is nothing that a host is to start by, so files for it are only made for those who ask for them.
_WITHOUT_BIOS = EsxiVersion(9, 0)


def tree(params: Mapping[str, Any], wishes: Sequence[HostWish], installer: Installer, files: Files, medium: Medium) -> None:
    """All files of a tree, boot.cfg last: with it a host starts to use the rest."""
    source = media_boot.copies(installer)[-1]
    _same_in_both(installer, medium)
    base = (params.get("base_url") or "").rstrip("/")
    root = media_spec.pxe_root(params) if medium.format == PXE else ""
    loaded = media_boot.references(installer, source)
    medium.entries += [MediumFile(f"{IMAGE}/{name}", member=member) for name, member in sorted(loaded.items())]
    uefi = _uefi(installer, medium)
    bios = _bios(params, wishes, installer, files, medium, root or "") if medium.format != HTTP else None
    _firmware(bool(uefi), bool(bios), installer, medium)
    if medium.format == IPXE:
        text = media_menu.ipxe(base, bool(bios))
        medium.entries.append(MediumFile("boot.ipxe", data=text.encode(), shown=text))
    _drivers(params, base, medium)
    prefix = f"{root}{IMAGE}" if medium.format == PXE else f"{base}/{IMAGE}"
    for wish in wishes:
        _host(params, wish, installer.read(source), media_boot.Network(prefix), base, files, medium)
    medium.entries.sort(key=lambda entry: entry.path.endswith("boot.cfg"))
    medium.result.update(bios=bios, uefi=uefi, ipxe="boot.ipxe" if medium.format == IPXE else None, private=any(entry.private for entry in medium.entries))


def _firmware(uefi: bool, bios: bool, installer: Installer, medium: Medium) -> None:
    """Say by what hosts start; InputError if by nothing."""
    if uefi:
        return
    missing = f"{installer.where} has no boot loader for UEFI (efi/boot/bootx64.efi)"
    if bios:
        medium.warnings.append(f"{missing}, so hosts start by the BIOS only; give the vendor's whole medium for UEFI. {media_boot.BIOS_ENDS}")
    elif installer.find("/mboot.c32") is None:
        raise InputError(f"src: {missing}, and none for the BIOS (mboot.c32); give the vendor's medium.")
    elif medium.format == HTTP:
        raise InputError(f"src: {missing}, which alone has HTTP boot; give the vendor's whole medium, or format pxe or ipxe with pxelinux for the BIOS.")
    else:
        raise InputError(f"src: {missing}; give the vendor's whole medium, or the pxelinux.0 of SYSLINUX 3.86 as pxelinux to start hosts by the BIOS.")


def _same_in_both(installer: Installer, medium: Medium) -> None:
    loaded = [media_boot.references(installer, path) for path in media_boot.copies(installer)]
    if loaded[0] != loaded[-1]:
        medium.warnings.append(f"{installer.where}: the two copies of boot.cfg load different files; that of UEFI is taken, for the BIOS too.")


def _uefi(installer: Installer, medium: Medium) -> Any:
    found: dict[str, str] = {}
    for path in installer.sizes:
        match = _EFI.fullmatch(path.lower())
        if match:
            found[match.group(1)] = path
    medium.entries += [MediumFile(name, member=path) for name, path in sorted(found.items()) if name != "mboot.efi"]
    loader = next((name for name in _LOADERS if name in found), None)
    if loader is None:
        return None
    medium.entries.append(MediumFile("mboot.efi", link=loader))
    return "mboot.efi"


def _bios(params: Mapping[str, Any], wishes: Sequence[HostWish], installer: Installer, files: Files, medium: Medium, root: str) -> Any:
    mboot = installer.find("/mboot.c32")
    if mboot is None:
        if params.get("pxelinux"):
            raise InputError(f"pxelinux: {installer.where} has no mboot.c32, without which pxelinux can't load ESXi; leave pxelinux out.")
        return None
    if _ends(medium):
        if not params.get("pxelinux"):
            return None
        said = f"pxelinux: it starts hosts by the BIOS, and ESX {medium.result['esxi_version']} is for UEFI; leave it out."
        medium.warnings.append(f"{said} {media_boot.BIOS_ENDS}")
    medium.entries.append(MediumFile("mboot.c32", member=mboot))
    for wish in wishes:
        folder = f"{wish.folder}/" if wish.folder else ""
        text = media_menu.pxelinux(root, folder)
        medium.entries.append(MediumFile(f"pxelinux.cfg/{wish.folder or 'default'}", data=text.encode(), shown=text))
    if not params.get("pxelinux"):
        return None
    _check_pxelinux(params["pxelinux"], files, medium)
    medium.entries.append(MediumFile("pxelinux.0", file=params["pxelinux"]))
    return "pxelinux.0"


def _ends(medium: Medium) -> bool:
    version = medium.result["esxi_version"]
    return bool(version) and EsxiVersion.parse(version) >= _WITHOUT_BIOS


def _check_pxelinux(path: str, files: Files, medium: Medium) -> None:
    data = files.read(path)
    found = _PXELINUX.search(data) if data is not None else None
    if found is None:
        raise InputError(f"pxelinux: {path} is no pxelinux.0; give the one of SYSLINUX 3.86.")
    version = (int(found.group(1)), int(found.group(2)))
    if version >= (5, 0):
        # From 5.00 on its modules are ELF files, and the vendor's mboot.c32 is none.
        raise InputError(f"pxelinux: {path} is of SYSLINUX {version[0]}.{version[1]:02d}, which can't load the vendor's mboot.c32; give the one of 3.86.")
    if version != (3, 86):
        medium.warnings.append(f"{path} is of SYSLINUX {version[0]}.{version[1]:02d}; the vendor supports 3.86 only.")


def _drivers(params: Mapping[str, Any], base: str, medium: Medium) -> None:
    seen: list[str] = []
    for path in params["drivers"]:
        name = posixpath.basename(path)
        if name.lower() in seen:
            raise InputError(f"drivers: two of them are named {name}; rename one.")
        seen.append(name.lower())
        medium.entries.append(MediumFile(f"drivers/{name}", file=path))
        medium.result["drivers"].append({"src": path, "path": f"drivers/{name}", "url": f"{base}/drivers/{media_menu.in_url(name)}" if base else None})
    if seen and not base:
        medium.warnings.append("drivers: ESXi can't read them by TFTP, and without base_url nothing says where else they are served.")


def _host(params: Mapping[str, Any], wish: HostWish, source: bytes, network: media_boot.Network, base: str, files: Files, medium: Medium) -> None:
    script = media_boot.script(params, wish, files, medium)
    ks_path = f"ks/{wish.name or 'ks'}.cfg"
    ks = wish.params.get("ks_url") or ""
    if script is not None:
        medium.entries.append(MediumFile(ks_path, data=script.data, shown=script.shown, private=script.private))
        ks = ks or _served(base, ks_path, wish)
    path = f"{wish.folder}/boot.cfg" if wish.folder else "boot.cfg"
    new, said = media_boot.boot_cfg(params, wish, path, source, ks, network, medium)
    medium.entries.append(MediumFile(path, data=new.data, shown=new.shown_after, private=new.private))
    medium.result["hosts"].append({"name": wish.name or None, "boot_cfg": [path], "ks": hide(ks) or None, **said})


def _served(base: str, path: str, wish: HostWish) -> str:
    if not base:
        who = f" of {wish.name}" if wish.name else ""
        raise InputError(f"base_url: the installer can't read the script{who} by TFTP; give the http URL under which dest is served too, or ks_url.")
    return f"{base}/{path}"
