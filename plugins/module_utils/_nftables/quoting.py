# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The one place where text that others chose becomes a string of nft(8)'s language, or is refused. Pure.

The language has no escape for a quotation mark: a string ends at the next one (src/scanner.l, quotedstring), and what follows are commands, run as root.
All else stands for itself, line feeds too, but a backslash before an asterisk at the end, which makes that a plain one (datatype.c, ifname).
"""

from __future__ import annotations

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError


def refusal(text: str) -> str:
    """Why the text can't be written as it is; empty if it can."""
    if '"' in text:
        return "nft can't write a quotation mark"
    if "\0" in text or not _is_utf8(text):
        return "it is no text"
    if "\\" in text and "*" in text:
        return "nft reads a backslash before an asterisk as none"
    return ""


def quoted(text: str) -> str:
    """In quotation marks. Raises BackendError for what would not come out as it went in: whoever takes input refuses that before."""
    why = refusal(text)
    if why:
        raise BackendError(f"{text!r} can't be given to nft: {why}; nothing was changed in its table.")
    return f'"{text}"'


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
