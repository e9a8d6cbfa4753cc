# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The files that tell PXELINUX and iPXE what to load: the one place that writes them, and refuses what they would read as something else. Pure."""

from __future__ import annotations

import re
from typing import Iterable
from urllib.parse import quote

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# What a path or a URL has (RFC 3986), but for # that begins a comment, ? and quotes; {} would be a setting of iPXE, a backslash and blanks end a word.
WORD = re.compile(r"[A-Za-z0-9._~:/@!$&()*+,;=%\[\]-]+")
URL = re.compile(rf"https?://{WORD.pattern}")


def in_url(name: str) -> str:
    """The name of a file as a client asks for it; of one that is no UTF-8, its bytes."""
    try:
        return quote(name.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        raise InputError(f"{name!r} is no name of a file that a URL could have; rename it.") from None


def _word(text: str) -> str:
    # && and || are operators of iPXE, and a dash begins an option.
    if not WORD.fullmatch(text) or text in ("&&", "||") or text.startswith("-"):
        raise InputError(f"{text!r} can't stand in a menu of PXELINUX or iPXE; give a path or URL of letters, digits and . _ ~ : / - only.")
    return text


def _lines(lines: Iterable[Iterable[str]]) -> str:
    return "".join(" ".join(words) + "\n" for words in lines)


def pxelinux(root: str, folder: str) -> str:
    """A menu with one entry. C(root) and C(folder) are empty or end with a slash."""
    return _lines(
        (
            ("DEFAULT", "esxi"),
            ("NOHALT", "1"),
            ("LABEL", "esxi"),
            ("  KERNEL", _word(f"{root}mboot.c32")),
            ("  APPEND", "-c", _word(f"{root}{folder}boot.cfg")),
            ("  IPAPPEND", "2"),
        )
    )


def ipxe(base: str, bios: bool) -> str:
    """A script that starts the boot loader of the firmware. C(base) is the URL of the tree."""
    lines: list[list[str]] = [
        ["#!ipxe"],
        ["iseq", "${platform}", "efi", "&&", "goto", "efi", "||", "goto", "bios"],
        [":efi"],
        ["chain", _word(f"{base}/mboot.efi")],
        ["exit"],
        [":bios"],
    ]
    if bios:
        lines += [["set", "210:string", _word(f"{base}/")], ["chain", _word(f"{base}/pxelinux.0")]]
    else:
        lines += [["echo", "This tree has no boot loader for the BIOS; start the host by UEFI."], ["exit", "1"]]
    return _lines(lines)
