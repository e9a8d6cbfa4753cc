# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""A ks.cfg for people to see: without passwords, hashes and licence keys. Pure."""

from __future__ import annotations

import re
from typing import Iterator

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import COMMAND, Document, Item
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.table import COMMANDS
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import HIDDEN, blot, secret_spans

# A backslash alone at the end of a line is no secret.
_WORD = re.compile(r"(?!\\\s*$)\S+")
_SECRET = tuple(name for name, command in COMMANDS.items() if command.secret)


def shown(document: Document, mark: str = HIDDEN) -> str:
    """The text of a file with every secret replaced."""
    parts: list[str] = []
    for item, text, spans in _marked(document):
        body = _text(item.body)
        parts += [blot(text, spans, mark), blot(body, secret_spans(body), mark)]
    return "".join(parts)


def secrets(document: Document) -> list[str]:
    """Every secret of a file, for the list of what Ansible hides everywhere.

    A plain word in a comment or script is none: "# rootpw password" would black out each "password" of a result.
    """
    found: set[str] = set()
    for item, text, spans in _marked(document):
        body = _text(item.body)
        loose = [body[start:end] for start, end in secret_spans(body)]
        (found.update if item.kind == COMMAND else loose.extend)(text[start:end] for start, end in spans)
        found.update(each for each in loose if not each.isalpha())
        if item.name in _SECRET:
            found.update(word.text.partition("--esx=")[2] or word.text for word in item.words[1:])
    return sorted({each.strip("'\"") for each in found} - {"", "--iscrypted"})


def _marked(document: Document) -> Iterator[tuple[Item, str, list[tuple[int, int]]]]:
    goes_on = False
    for item in document.items:
        text = _text(item.raw)
        yield item, text, _spans(item, text, goes_on)
        # The installer does not continue lines, but whoever wrote this meant it: the next line has the password.
        goes_on = item.kind == COMMAND and (goes_on or item.name in _SECRET or "rootpw" in text) and item.raw.rstrip(b"\r\n").endswith(b"\\")


def _spans(item: Item, text: str, goes_on: bool) -> list[tuple[int, int]]:
    if item.kind == COMMAND and (goes_on or "rootpw" in text or item.name in _SECRET):
        at = 0 if goes_on else text.index("rootpw") + 6 if "rootpw" in text else len(item.name)
        words = [found.span() for found in _WORD.finditer(text, at) if found.group() != "--iscrypted"]
        return [*secret_spans(text[:at]), *words]
    return secret_spans(text)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
