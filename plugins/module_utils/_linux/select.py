# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Names and patterns of ports to the ports that they mean. Pure."""

from __future__ import annotations

from fnmatch import translate
from re import compile as compile_pattern
from typing import Any, Iterable, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.words import few
from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields, Observed, Value

# A bridge of two ports has nobody to whom it could send what is not for them.
HUB_PORTS = 3


def is_hub(ageing_time: Value, ports: int) -> bool:
    """Whether everybody receives everything: no address is remembered, and there is somebody else to receive."""
    return ageing_time == 0 and ports >= HUB_PORTS


class Selection:
    """The list as the user wrote it, names and patterns apart."""

    def __init__(self, items: Sequence[str], option: str) -> None:
        if not items:
            raise InputError(f"{option}: the list is empty; name at least one port or pattern.")
        self.globs = [item for item in items if normalize.is_glob(item)]
        self.names = [normalize.device_name(item, option) for item in items if not normalize.is_glob(item)]


class Selected(NamedTuple):
    """The ports meant, each once, and the patterns that no port of the bridge matches."""

    names: list[str]
    unmatched: list[str]


def select(selection: Selection, bridge: str, observed: Observed) -> Selected:
    """Names as they stand; patterns choose among the ports that the bridge has.

    A pattern never attaches: the tap of another bridge's guest may match it too.
    """
    chosen: dict[str, None] = dict.fromkeys(selection.names)
    unmatched = []
    if selection.globs:
        ports = ports_of(bridge, observed)
        for glob in selection.globs:
            matches = compile_pattern(translate(glob)).match
            # What equals a name is that name, though it would mean others as a pattern; also of a device that is no port, or no longer.
            named = glob in ports or glob in observed.facts["links"]
            found = [name for name in ports if (name == glob if named else matches(name))]
            chosen.update(dict.fromkeys(found))
            if not found:
                unmatched.append(glob)
    return Selected(list(chosen), unmatched)


def covers(pattern: str, name: str) -> bool:
    """Whether a pattern of nftables, which knows one C(*) at the end of a name, stands for a name or a narrower pattern."""
    return pattern == name or (pattern.endswith("*") and name.startswith(pattern[:-1]))


def ports_of(bridge: str, observed: Observed) -> list[str]:
    """The names of a bridge's ports, sorted."""
    return sorted(str(key[1]) for key, fields in observed.state.items() if key[0] == "port" and fields.get("bridge") == bridge)


def nothing_reached(what: str, names: Sequence[str], bridge: str, observed: Observed) -> tuple[str, ...]:
    """The warning for names or patterns that are no port of the bridge's; none if there are no such names. C(what) is the option that has them."""
    if not names:
        return ()
    verb = "reaches" if len(names) == 1 else "reach"
    return (f"{what}: {', '.join(names)} {verb} no port of {bridge}; its ports are {few(ports_of(bridge, observed)) or 'none'}.",)


def check_joining(name: str, observed: Observed) -> None:
    """Refuse, with InputError, what the kernel would not take, before the device goes down for it."""
    why = observed.facts["unfit"].get(name)
    if why:
        raise InputError(f"port {name}: {why}, so the kernel would not take it into a bridge; remove that first, or name another device.")


def dead_addresses(names: Iterable[str], bridge: str, observed: Observed) -> tuple[str, ...]:
    """The warning for devices that bear IP addresses and become ports."""
    return tuple(
        f"port {name}: it bears {few(observed.facts['bears'][name])}, by which nobody reaches the host once it is a port; "
        f"give {bridge} the addresses and the routes, and take them from {name}."
        for name in names
        if observed.facts["bears"].get(name)
    )


def require_bridge(name: str, observed: Observed) -> Fields:
    """The bridge's fields, or InputError."""
    found = observed.state.get(("bridge", name))
    if found is not None:
        return found
    facts: Any = observed.facts["links"].get(name)
    if facts is None:
        raise InputError(f"bridge {name}: there is no such interface; create it with linux_bridge first.")
    raise InputError(f"bridge {name}: it is no bridge but a {facts.kind or 'physical device'}; name the bridge.")
