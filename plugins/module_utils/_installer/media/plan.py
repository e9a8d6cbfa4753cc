# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What esxi_install_media does: from the files of an installer and the wishes for hosts to the files of a medium. Pure."""

from __future__ import annotations

from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media import boot as media_boot
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media import spec as media_spec
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.spec import HostWish
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.tree import tree
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import ISO, UEFI, Installer, Medium, MediumFile
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import hide
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.task import Files
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import of_medium
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# Upper case, as ISO 9660 has it: the installer finds no other name on a plain one.
KS_ON_ISO = "/KS.CFG"
DRIVERS_ON_ISO = "/DRIVERS/{number:02d}.ZIP"


def plan(params: Mapping[str, Any], installer: Installer, files: Files) -> Medium:
    """The files of the medium. InputError for what can't be right, before anything is written."""
    medium = Medium(params["format"])
    paths = media_boot.copies(installer)
    own, given = media_boot.release(installer, paths), params.get("esxi_version") or ""
    version = of_medium(given, own, installer.where)
    if given and own is None:
        medium.warnings.append(f"{installer.where} does not tell its release, so esxi_version ({given}) is not compared with it.")
    medium.result.update(format=params["format"], dest=params["dest"], esxi_version=str(version) if version else None, findings=[], hosts=[], drivers=[])
    wishes = media_spec.hosts(params)
    if medium.format == ISO:
        _iso(params, wishes[0], installer, files, medium)
    else:
        tree(params, wishes, installer, files, medium)
    medium.warnings = [*dict.fromkeys(medium.warnings), *_said_once(medium.result["findings"])]
    return medium


def _said_once(findings: list[dict[str, Any]]) -> list[str]:
    """One warning for what is found in the files of many hosts."""
    places: dict[str, list[str]] = {}
    for each in findings:
        if each["severity"] == "warning":
            places.setdefault(f"{each['message']} ({each['rule']}). {each['remedy']}", []).append(each["path"])
    return [f"{where[0]}{f' and {len(where) - 1} more' if len(where) > 1 else ''}: {text}" for text, where in places.items()]


def _iso(params: Mapping[str, Any], wish: HostWish, installer: Installer, files: Files, medium: Medium) -> None:
    script = media_boot.script(params, wish, files, medium)
    ks = _ks_on_iso(wish, installer)
    medium.volume_id = params.get("volume_id") or ""
    said: dict[str, Any] = {}
    for path in media_boot.copies(installer):
        media_boot.references(installer, path)
        new, said = media_boot.boot_cfg(params, wish, path, installer.read(path), ks, None, medium)
        medium.entries.append(MediumFile(path, data=new.data, shown=new.shown_after, private=new.private))
    if script is not None:
        medium.entries.append(MediumFile(installer.find(KS_ON_ISO) or KS_ON_ISO, data=script.data, shown=script.shown, private=script.private))
    copies = media_boot.copies(installer)
    medium.result["hosts"] = [{"name": wish.name or None, "boot_cfg": copies, "ks": hide(ks) or None, **said}]
    if UEFI not in installer.starts():
        medium.warnings.append(
            f"{installer.where} has no boot record for UEFI, so the ISO starts hosts by the BIOS only; give the vendor's whole medium, or set the hosts to"
            f" start by the BIOS. {media_boot.BIOS_ENDS}"
        )
    medium.result["private"] = any(entry.private for entry in medium.entries)
    for number, path in enumerate(params["drivers"], 1):
        place = DRIVERS_ON_ISO.format(number=number)
        medium.entries.append(MediumFile(place, file=path))
        medium.result["drivers"].append({"src": path, "path": place, "url": None})


def _ks_on_iso(wish: HostWish, installer: Installer) -> str:
    url = wish.params.get("ks_url") or ""
    has_script = bool(wish.params.get("kickstart") or wish.params.get("kickstart_content"))
    if has_script and url:
        raise InputError("ks_url: the script is put on the ISO and read from there; give either it or ks_url.")
    if url.lower().startswith("cdrom:") and url[len("cdrom:") :] not in installer.sizes:
        raise InputError(f"ks_url: {installer.where} has no file {url[len('cdrom:') :]} under exactly that name; give kickstart, or the name of a file on it.")
    return f"cdrom:{KS_ON_ISO}" if has_script else url
