# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The boot.cfg and the ks.cfg of each host of a medium. Pure.

Sources: the chapters on installation scripts, on ISO images with them and on network booting of the 6.7 to 8.0 installation guides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg import task as bootcfg_task
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.parse import BootCfg, clean, modules, parse, resolve
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart import task as kickstart_task
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.mask import secrets, shown
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import parse as parse_kickstart
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.spec import HostWish
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import Installer, Medium, Memory
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.task import Files, NewFile
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import METADATA, EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# The copy for the BIOS and the one for UEFI.
COPIES = ("/boot.cfg", "/efi/boot/boot.cfg")
BIOS_ENDS = "The vendor ends the support of legacy BIOS (KB 313152): 8.0 has none for new servers, and hosts of 9 are to start by UEFI."
_PASSED_ON = ("system_media_size", "memory", "disk_size", "title", "timeout")


@dataclass(frozen=True)
class Script:
    """A ks.cfg. C(private): it holds a secret."""

    data: bytes
    shown: str
    private: bool


def script(params: Mapping[str, Any], wish: HostWish, files: Files, medium: Medium) -> Script | None:
    """The checked ks.cfg of a host; None without one. Findings, warnings and secrets go to the medium."""
    content, path = wish.params.get("kickstart_content") or "", wish.params.get("kickstart") or ""
    if not content and not path:
        return None
    where = path or "kickstart_content"
    data = files.read(path) if path else content.encode()
    if data is None:
        raise InputError(f"kickstart: {path} is no file on this host; give the path of a ks.cfg.")
    document = parse_kickstart(data)
    medium.secrets += secrets(document)
    target = {key: params.get(key) for key in ("secure_boot", "fail_on")}
    outcome = kickstart_task.work({"src": where, "esxi_version": medium.result.get("esxi_version"), **target}, Memory({where: data}))
    for each in outcome.result["findings"]:
        known = {"path": where, **each}
        if known not in medium.result["findings"]:
            medium.result["findings"].append(known)
    return Script(data, shown(document), bool(secrets(document)))


def copies(installer: Installer) -> list[str]:
    """The copies of boot.cfg that the installer's medium has."""
    found = [path for path in map(installer.find, COPIES) if path is not None]
    if not found:
        raise InputError(f"src: {installer.where} has neither boot.cfg nor efi/boot/boot.cfg; give an installer's ISO or its unpacked tree.")
    return found


def release(installer: Installer, paths: list[str]) -> EsxiVersion | None:
    """What C(build=) of the copies of boot.cfg tells, or where it is empty what the medium has for an upgrade; InputError if they are of two releases."""
    found = {path: EsxiVersion.of_build(parse(installer.read(path)).text("build")) for path in paths}
    told = {path: version for path, version in found.items() if version is not None}
    if len(set(told.values())) > 1:
        which = " and ".join(f"{path} is of {version}" for path, version in told.items())
        raise InputError(f"src: {installer.where} is of two releases: {which}; give a whole medium of one release.")
    metadata = installer.find("/".join(METADATA)) if not told else None
    return EsxiVersion.of_metadata(installer.read(metadata)) if metadata else next(iter(told.values()), None)


@dataclass(frozen=True)
class Network:
    """How paths are changed for a medium that is read over the network."""

    prefix: str


def boot_cfg(
    params: Mapping[str, Any], wish: HostWish, path: str, data: bytes, ks: str, network: Network | None, medium: Medium
) -> tuple[NewFile, dict[str, Any]]:
    """The boot.cfg of a host, and what it says. C(path) is where it is going to be."""
    options, absent = dict(wish.params.get("kernel_options") or {}), list(wish.params.get("kernel_options_absent") or [])
    check_options(options, network is not None)
    if ks:
        options["ks"] = ks
    if (ks or network) and "cdromBoot" not in absent:
        absent.append("cdromBoot")
    if ks and "ks" in absent:
        raise InputError("kernel_options_absent: ks is what names the script that is given; leave one of them out.")
    edit: dict[str, Any] = {"path": path, "kernel_options": options, "kernel_options_absent": absent, **{key: wish.params.get(key) for key in _PASSED_ON}}
    edit.update(esxi_version=medium.result.get("esxi_version"), fail_on=params.get("fail_on"))
    if network:
        edit.update(relative_paths=True, prefix=network.prefix)
    outcome = bootcfg_task.work(edit, Memory({path: data}))
    medium.warnings += [each for each in outcome.warnings if not each.startswith(f"{path}: ")]
    medium.secrets += outcome.secrets
    medium.result["findings"] += outcome.result["findings"]
    answer = outcome.result["files"][0]
    return outcome.files[0], {"kernel_options": answer["kernel_options"], "system_media": outcome.result["system_media"]}


def check_options(options: Mapping[str, Any], network: bool) -> None:
    """Refuse what is made of other options."""
    if "ks" in options:
        raise InputError("kernel_options: ks is made of kickstart or ks_url; give one of them.")
    if network and "cdromBoot" in options:
        raise InputError("kernel_options: cdromBoot makes the installer look for a CD, which a host that starts from the network has not; leave it out.")


def references(installer: Installer, path: str) -> dict[str, str]:
    """What a boot.cfg of the installer's medium loads: by the name it asks for, without a slash before it, the file of the medium."""
    config = parse(installer.read(path))
    if not config.value("kernel"):
        raise InputError(f"src: {path} of {installer.where} sets no kernel, so no boot loader can use it; give the vendor's medium.")
    found: dict[str, str] = {}
    for asked in _asked(config):
        name = clean(asked.encode()).decode("utf-8", "backslashreplace").lstrip("/")
        member = installer.find(name) or installer.find(resolve(config.value("prefix"), asked.encode()).decode("utf-8", "backslashreplace"))
        if member is None:
            raise InputError(f"src: {path} of {installer.where} loads {asked}, which the medium has not, so that the boot loader stops; give a whole medium.")
        if ".." in name.split("/") or "://" in name:
            raise InputError(f"src: {path} of {installer.where} loads {asked}, which is no plain path; give the vendor's medium.")
        found[name] = member
    return found


def _asked(config: BootCfg) -> list[str]:
    paths = [config.value("kernel"), config.value("crypto")]
    paths += [(item.split() or [b""])[0] for key in ("modules", "acpitables") for item in modules(config.value(key))]
    return [path.decode("utf-8", "backslashreplace") for path in paths if path]
