# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The options of esxi_install_media, and the hosts that they describe. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Dict, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.media_size import SIZES
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.menu import URL
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import FORMATS, IPXE, ISO, PXE
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import secret_spans
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

Spec = Dict[str, Any]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_MAC = re.compile(r"([0-9a-f]{2})" + r"[:-]?([0-9a-f]{2})" * 5)
_VOLUME = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_KS_URL = re.compile(r"(?:(?:https?|ftp|nfs)://|(?:cdrom|usb|file):)[!#-~]*|usb")
_TFTP = re.compile(r"[A-Za-z0-9._/-]*")
# What a host may say otherwise than all of them.
_OWN: Spec = {
    "kickstart": {"type": "path"},
    "kickstart_content": {"type": "str", "no_log": True},
    "ks_url": {"type": "str"},
    "kernel_options": {"type": "dict", "aliases": ["kernelopt"]},
    "kernel_options_absent": {"type": "list", "elements": "str"},
    "system_media_size": {"type": "str", "choices": list(SIZES)},
    "memory": {"type": "bytes"},
    "disk_size": {"type": "bytes"},
    "title": {"type": "str"},
    "timeout": {"type": "int"},
}
_ONE_SCRIPT: list[tuple[str, ...]] = [("kickstart", "kickstart_content")]
_SCRIPTS = ("kickstart", "kickstart_content", "ks_url")
EXCLUSIVE = _ONE_SCRIPT


def spec() -> Spec:
    """The options."""
    host = {"name": {"type": "str", "required": True}, "mac": {"type": "str"}, **_OWN}
    return {
        "src": {"type": "path", "required": True},
        "dest": {"type": "path", "required": True},
        "format": {"type": "str", "choices": list(FORMATS), "default": ISO},
        "hosts": {"type": "list", "elements": "dict", "options": host, "mutually_exclusive": _ONE_SCRIPT},
        **_OWN,
        "base_url": {"type": "str"},
        "tftp_path": {"type": "str"},
        "pxelinux": {"type": "path"},
        "drivers": {"type": "list", "elements": "path", "default": []},
        "volume_id": {"type": "str"},
        "esxi_version": {"type": "str"},
        "secure_boot": {"type": "bool"},
        "fail_on": {"type": "str", "choices": ["error", "warning", "never"], "default": "error"},
        "log_path": {"type": "path"},
    }


@dataclass(frozen=True)
class HostWish:
    """A host, or with an empty name whatever starts from the medium. C(params) has the keys of _OWN."""

    name: str
    folder: str
    params: Mapping[str, Any]


def hosts(params: Mapping[str, Any]) -> list[HostWish]:
    """One for each host, and for media of the network one at the end for hosts that nobody named."""
    common = {key: params.get(key) for key in _OWN}
    named = [_host(common, given) for given in params.get("hosts") or []]
    _unique("name", [wish.name for wish in named])
    _unique("mac", [wish.folder for wish in named if wish.folder])
    if params["format"] == ISO:
        return named or [HostWish("", "", common)]
    missing = [wish.name for wish in named if not wish.folder]
    if missing:
        raise InputError(f"hosts: {missing[0]} has no mac, by which a host that starts from the network finds its files; give it.")
    # A machine that nobody named must not be wiped because it was plugged into the same network.
    others = {key: value for key, value in common.items() if not (named and key in _SCRIPTS)}
    return [*named, HostWish("", "", others)]


def check(params: Mapping[str, Any]) -> None:
    """Refuse what can't be right whatever the installer is."""
    kind = params["format"]
    if kind == ISO and len(params.get("hosts") or []) > 1:
        raise InputError("hosts: an ISO can't tell hosts apart; give one host for each ISO, or format pxe, ipxe or http.")
    only = {"volume_id": (ISO,), "tftp_path": (PXE,), "pxelinux": (PXE, IPXE), "base_url": tuple(each for each in FORMATS if each != ISO)}
    for option, kinds in only.items():
        if params.get(option) and kind not in kinds:
            raise InputError(f"{option}: it has no meaning with format {kind}; leave it out, or give format {' or '.join(kinds)}.")
    if kind not in (ISO, PXE) and not params.get("base_url"):
        raise InputError(f"base_url: it is needed with format {kind}; give the URL under which dest is served.")
    _form("volume_id", params, _VOLUME, "1 to 32 letters, digits and _ . -")
    _form("base_url", params, URL, "an http or https URL in ASCII without blanks, quotes, braces, backslashes, ? and #")
    if secret_spans(params.get("base_url") or ""):
        raise InputError("base_url: it carries a password, which would stand in every boot.cfg; leave user and password out.")
    _form("tftp_path", params, _TFTP, "a path of letters, digits and . _ / -")
    if ".." in (params.get("tftp_path") or "").split("/"):
        raise InputError("tftp_path: it has .., which servers refuse; give the path of dest below the server's folder.")
    for each in (params, *(params.get("hosts") or [])):
        _form("ks_url", each, _KS_URL, "a URL that the installer reads: http, https, ftp, nfs, cdrom:, usb: or file:, in ASCII without blanks and quotes")


def _form(option: str, params: Mapping[str, Any], pattern: re.Pattern[str], words: str) -> None:
    value = params.get(option)
    if value and not pattern.fullmatch(value):
        # A URL may carry a password.
        shown = value.partition("//")[0] if option.endswith("url") else repr(value)
        raise InputError(f"{option}: {shown} is not of the right form; give {words}.")


def _host(common: Mapping[str, Any], given: Mapping[str, Any]) -> HostWish:
    name = given["name"]
    if not _NAME.fullmatch(name):
        raise InputError(f"hosts: the name {name!r} can't be the name of a file; give up to 128 letters, digits and . _ -")
    own = {key: given.get(key) for key in _OWN if given.get(key) is not None}
    merged = {**common, **own}
    if any(own.get(key) for key in _SCRIPTS):
        merged.update({key: own.get(key) for key in _SCRIPTS})
    merged["kernel_options"] = {**(common.get("kernel_options") or {}), **(own.get("kernel_options") or {})}
    given_away = set(own.get("kernel_options") or {})
    absent = [each for each in common.get("kernel_options_absent") or [] if each not in given_away]
    merged["kernel_options_absent"] = list(dict.fromkeys([*absent, *(own.get("kernel_options_absent") or [])]))
    for each in own.get("kernel_options_absent") or []:
        if each not in given_away:
            merged["kernel_options"].pop(each, None)
    return HostWish(name, mac_folder(given["mac"], name) if given.get("mac") else "", merged)


def mac_folder(mac: str, name: str) -> str:
    """The folder in which the boot loader looks for the files of a host: 01- (Ethernet) and its MAC address."""
    found = _MAC.fullmatch(mac.strip().lower().replace(".", ""))
    if found is None:
        raise InputError(f"hosts: the mac {mac!r} of {name} is no MAC address; write it as in 52:54:00:12:34:56.")
    if int(found.group(1), 16) & 1 or not any(int(part, 16) for part in found.groups()):
        raise InputError(f"hosts: the mac {mac!r} of {name} is no address of a single NIC; give the one from which the host starts.")
    return "01-" + "-".join(found.groups())


def _unique(what: str, values: list[str]) -> None:
    # Names become files, and on some file systems case does not count.
    lowered = [value.lower() for value in values]
    twice = next((value for index, value in enumerate(values) if value.lower() in lowered[:index]), None)
    if twice is not None:
        raise InputError(f"hosts: the {what} {twice} is given twice; give each host once.")


def pxe_root(params: Mapping[str, Any]) -> str | None:
    """What goes before the paths of a tree that TFTP serves: nothing, or a path that begins and ends with a slash."""
    path = (params.get("tftp_path") or "").strip("/")
    return f"/{path}/" if path else ""
