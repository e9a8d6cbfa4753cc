# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What a check run of linux_switch_policy with the document foretells: what would change is off in it, so that applying it changes nothing. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.virtnet.hardening.plugins.plugin_utils._describe.words import Facts

_OF_PORTS = ("port", "filter", "learned")
# Entries of devices that are gone, as the result names them.
_GONE = "ifindex "


class Foreseen:
    """The objects that differ before and after, by kind."""

    def __init__(self, result: Facts | None) -> None:
        result = result or {}
        # A playbook goes on with what failed, and then it is not said to have.
        self.refused = str(result.get("msg") or "it failed") if result.get("error_code") else ""
        before, after = result.get("before") or {}, result.get("after") or {}
        self.ports: dict[str, str] = {}
        self.bridges: dict[str, str] = {}
        self.host: list[str] = []
        self.gone: list[str] = []
        for kind in sorted({*before, *after}):
            was, will = before.get(kind) or {}, after.get(kind) or {}
            for name in sorted({*was, *will}):
                if was.get(name) != will.get(name):
                    self._sort(kind, name, was.get(name) or {}, will.get(name) or {})

    def _sort(self, kind: str, name: str, was: Facts, will: Facts) -> None:
        differing = [field for field in sorted({*was, *will}) if was.get(field) != will.get(field)]
        words = ", ".join(f"{field} {_word(was.get(field))} -> {_word(will.get(field))}" for field in differing)
        if kind == "filter" and not was:
            words = "it would get an entry in the table virtnet_hardening"
        if name.startswith(_GONE):
            self.gone.append(name)
        elif kind in _OF_PORTS:
            self.ports.setdefault(name, words or kind)
        elif kind == "fdb":
            self.ports.setdefault(str(will.get("port") or was.get("port")), f"entry {name}")
        elif kind in ("bridge", "switch"):
            self.bridges.setdefault(name, words or kind)
        else:
            self.host.append(kind)

    def of_port(self, name: str) -> str:
        """What would change at the port, in words; empty: nothing."""
        return self.ports.get(name, "")

    def of_bridge(self, name: str) -> str:
        """What would change at the bridge itself or for the whole host."""
        if self.refused:
            return self.refused.rstrip(".")
        return self.bridges.get(name, "") or (f"the {' and '.join(self.host)} of nftables" if self.host else "")

    def notes(self) -> t.Iterator[str]:
        """For the header."""
        if self.refused:
            yield f"linux_switch_policy refuses to apply it: {self.refused}"
        if self.gone:
            yield f"But for this: applying it removes what the table virtnet_hardening has of devices that are gone ({', '.join(self.gone)})."


def _word(value: t.Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "nothing" if value in (None, "") else str(value)
