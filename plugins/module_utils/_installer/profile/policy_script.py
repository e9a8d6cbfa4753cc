# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""The policy document as a script of esxcli for %firstboot. Pure.

esxcli of 6.5 to 9: C(network vswitch standard policy security set) takes C(--vswitch-name), C(... portgroup policy security set) C(--portgroup-name)
and no switch, and both C(--allow-promiscuous), C(--allow-mac-change) and C(--allow-forged-transmits). Long options only: the short one of the first is
C(-p) for a switch and C(-o) for a port group. C(--use-vswitch) unsets all three values of a group; esxcli has no way to unset one of them.
"""

from __future__ import annotations

import re
import shlex
from typing import Any, Iterator, Mapping, NamedTuple, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.document import Switch, read
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.guards import BPDU_OPTION
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.kinds import VDS, VSWITCH
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import ACCEPT, INHERIT, REJECT
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.security import SECURITY
from ansible_collections.virtnet.hardening.plugins.module_utils._vsphere.policy.words import Compiled, bpdu_of, compile_switch, refuse

# What the installer makes: vSwitch0 with the management network, and unless network has --addvmportgroup=0 the group for virtual machines.
MADE_BY_INSTALLER: Mapping[str, Sequence[str]] = {"vSwitch0": ("Management Network", "VM Network")}
_OPTIONS = {"promiscuous": "--allow-promiscuous", "mac_changes": "--allow-mac-change", "forged_transmits": "--allow-forged-transmits"}
_SWITCH = ("esxcli", "network", "vswitch", "standard", "policy", "security", "set")
_GROUP = ("esxcli", "network", "vswitch", "standard", "portgroup", "policy", "security", "set")
_BPDU = ("esxcli", "system", "settings", "advanced", "set", "--option=/Net/BlockGuestBPDU")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
# The first start is when nobody looks, so what went wrong is in the log, and what esxcli can't do yet is waited for.
_HEAD = """# Network policy, by esxcli at the first start. The log of the system has what failed: grep virtnet.hardening /var/log/syslog.log
failed=no
run() {
  "$@" || { failed=yes; logger -t virtnet.hardening "failed: $*"; }
}
waited=0
until esxcli network vswitch standard list > /dev/null 2>&1 || [ "$waited" -ge 300 ]; do
  sleep 5
  waited=$((waited + 5))
done
"""
_TAIL = """[ "$failed" = yes ] || logger -t virtnet.hardening "the network policy is set"
"""


class FirstBoot(NamedTuple):
    """The script, empty where there is nothing to set; switches that it leaves out, with the reason; and what it can't keep."""

    script: str
    commands: tuple[tuple[str, ...], ...]
    left_out: Mapping[str, str]
    warnings: tuple[str, ...]


def render(items: Sequence[Mapping[str, Any]], made: Mapping[str, Sequence[str]], without: frozenset[str] = frozenset()) -> FirstBoot:
    """C(items) are the document's switches, C(made) the switches and port groups that are there by then; errors for what esxcli can't set."""
    switches, _others = read(items, (VSWITCH,))
    left_out = {str(item["name"]): _REASONS[str(item["kind"])] for item in items if item.get("kind") not in (None, VSWITCH)}
    compiled = [compile_switch(switch, VSWITCH) for switch in switches]
    refuse([said for each in compiled for said in each.unenforced], without)
    _check_groups(switches)
    commands: list[tuple[str, ...]] = []
    for switch, each in zip(switches, compiled):
        commands += _commands(switch, each, made)
    value, _asked = bpdu_of(compiled)
    if value is not None:
        commands.append((*_BPDU, f"--int-value={int(value == REJECT)}"))
    return FirstBoot(_script(commands), tuple(commands), left_out, tuple(_warnings(compiled)))


_REASONS = {"bridge": "it is a Linux bridge", VDS: "esxcli can't change a distributed switch, which the host joins only later; esxi_switch_policy does"}


def _script(commands: Sequence[Sequence[str]]) -> str:
    if not commands:
        return ""
    return _HEAD + "".join("run " + " ".join(shlex.quote(word) for word in command) + "\n" for command in commands) + _TAIL


def _check_groups(switches: Sequence[Switch]) -> None:
    seen: dict[str, str] = {}
    for switch in switches:
        if not switch.name:
            raise InputError("switch: its name is empty; give the name that it has on the host.")
        for name in [switch.name, *(group.name for group in switch.groups)]:
            if _FORBIDDEN.search(name):
                raise InputError(f"switch {switch.name!r}: the name {name!r} has a control character; correct it.")
        for group in switch.groups:
            if group.name and seen.setdefault(group.name, switch.name) != switch.name:
                raise InputError(
                    f"port group {group.name}: it is on {seen[group.name]} and on {switch.name}, but a host has one group of a name; rename one of them."
                )


def _commands(switch: Switch, compiled: Compiled, made: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    if not compiled.security and not any(compiled.groups.values()):
        return
    if switch.name not in made:
        there = ", ".join(made) or "none"
        raise InputError(
            f"switch {switch.name}: it is not there at the first start ({there}); leave its policy to esxi_switch_policy after the installation, or say"
            " that a script of your own makes it."
        )
    inherited = [name for name, value in compiled.security.items() if value == INHERIT]
    if inherited:
        raise InputError(f"switch {switch.name}: {inherited[0]} is inherit, and a switch has nothing to inherit from; give accept or reject.")
    if compiled.security:
        yield (*_SWITCH, f"--vswitch-name={switch.name}", *_flags(compiled.security))
    for name, security in compiled.groups.items():
        if security:
            yield from _of_group(switch.name, name, security, made)


def _of_group(switch: str, name: str, security: Mapping[str, str], made: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    if name not in made[switch]:
        there = ", ".join(made[switch]) or "none"
        raise InputError(
            f"port group {name} of {switch}: it is not there at the first start ({there}); leave its policy to esxi_switch_policy after the installation,"
            " or say that a script of your own makes it."
        )
    own = {field: value for field, value in security.items() if value != INHERIT}
    if len(own) < len(security):
        absent = [field for field in SECURITY if field not in security]
        if absent:
            raise InputError(
                f"port group {name} of {switch}: esxcli can only let all three policies inherit, and {' and '.join(absent)} would lose its value with them;"
                f" say what {absent[0]} is to be (accept, reject or inherit), or leave the group to esxi_switch_policy."
            )
        yield (*_GROUP, f"--portgroup-name={name}", "--use-vswitch")
    if own:
        yield (*_GROUP, f"--portgroup-name={name}", *_flags(own))


def _flags(security: Mapping[str, str]) -> list[str]:
    return [f"{_OPTIONS[name]}={str(security[name] == ACCEPT).lower()}" for name in SECURITY if name in security]


def _warnings(compiled: Sequence[Compiled]) -> Iterator[str]:
    for each in compiled:
        for said in each.unenforced:
            yield f"{said.where}: {said.word} {said.value} is not enforced: {said.entry.note}."
        for where, words in each.enforcement.items():
            for word, text in words.items():
                if text.startswith("approximate") and word != "bpdu":
                    yield f"{where}: {word} is {text}."
    if any(each.bpdu for each in compiled):
        yield f"bpdu is one setting of the host ({BPDU_OPTION}), for all its guests."
