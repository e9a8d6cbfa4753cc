# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What isolation_probe is asked for, and its bounds. Pure."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._policy import normalize
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.frame import (
    ADDRESSED,
    CLAIMS,
    NAME,
    RUN,
    TEST_PREFIX,
    Mark,
    addresses,
    encode,
    is_test_mac,
)

ACTIONS = ("inspect", "listen", "send", "stop")
# The caps are part of the promise that the probe can do no harm. They are constants, not options.
MAX_FRAMES = 100
MAX_REPEAT = 10
MAX_SECONDS = 300
# Between two frames of a sender: 100 frames take a second.
PAUSE = 0.01
# For the whole of a send, whatever the interface does.
SEND_SECONDS = 10.0


class Planned(NamedTuple):
    """One frame that is to be sent."""

    mark: Mark
    destination: str
    source: str

    def raw(self) -> bytes:
        """Its bytes."""
        return encode(self.mark, self.destination, self.source)


def spec() -> dict[str, Any]:
    """The module's argument specification."""
    probe = {"claim": {"type": "str", "required": True, "choices": list(CLAIMS)}, "to": {"type": "str"}, "address": {"type": "str"}}
    return {
        "action": {"type": "str", "required": True, "choices": list(ACTIONS)},
        "interface": {"type": "str"},
        "run": {"type": "str"},
        "name": {"type": "str"},
        "duration": {"type": "int", "default": 30},
        "probes": {"type": "list", "elements": "dict", "options": probe},
        "repeat": {"type": "int", "default": 3},
    }


REQUIRED_IF = [("action", "listen", ["run"]), ("action", "stop", ["run"]), ("action", "send", ["run", "name", "probes"])]


class ProbeRequest:
    """The options, checked."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.action: str = params["action"]
        self.interface = None if params["interface"] is None else normalize.device_name(params["interface"], "interface")
        self.run: str = params["run"] or ""
        if params["run"] is not None and not RUN.fullmatch(self.run):
            raise InputError(f"run: {self.run!r} must be 8 to 32 of the characters 0-9 and a-z.")
        self.name = "" if params["name"] is None else host_name(params["name"], "name")
        self.duration = bounded(params["duration"], "duration", MAX_SECONDS, " s")
        self.repeat = bounded(params["repeat"], "repeat", MAX_REPEAT)
        probes = params["probes"] or []
        self.probes: list[tuple[str, str, str]] = [_probe(each, number) for number, each in enumerate(probes)]
        self._check_amount()

    def _check_amount(self) -> None:
        if self.action == "send" and not self.probes:
            raise InputError("probes: there is nothing to send; give at least one probe.")
        frames = len(self.probes) * self.repeat
        if frames > MAX_FRAMES:
            raise InputError(f"probes: {len(self.probes)} probes with repeat {self.repeat} are {frames} frames; a run sends at most {MAX_FRAMES}.")

    def frames(self, own: str) -> list[Planned]:
        """The frames in the order in which they are sent: all probes once, then all once more."""
        planned = []
        for sequence in range(1, self.repeat + 1):
            for claim, to, address in self.probes:
                if address == own:
                    raise InputError(f"probes: {address} of {to} is this host's own address; a frame to it never leaves the host.")
                mark = Mark(self.run, sequence, claim, self.name, to)
                planned.append(Planned(mark, *addresses(mark, own, address)))
        return planned


def host_name(text: str, option: str) -> str:
    """A name as it stands in frames."""
    if not NAME.fullmatch(text):
        raise InputError(f"{option}: {text!r} can't stand in a frame; a name has 1 to 128 letters, digits and . _ : @ % + - characters.")
    return text


def bounded(value: int, option: str, high: int, unit: str = "") -> int:
    """A number from 1 to its cap."""
    if not 1 <= value <= high:
        raise InputError(f"{option}: {value}{unit} is outside 1 to {high}{unit}.")
    return value


def _probe(given: Mapping[str, Any], number: int) -> tuple[str, str, str]:
    claim, option = given["claim"], f"probes[{number}]"
    if claim not in ADDRESSED:
        if given["to"] is not None or given["address"] is not None:
            raise InputError(f"{option}: {claim} is meant for no host in particular; leave out to and address.")
        return claim, "", ""
    if given["to"] is None or given["address"] is None:
        raise InputError(f"{option}: {claim} needs to and address, the name and the MAC address of the host that it is sent to.")
    address = normalize.mac(given["address"], f"{option}.address")
    if is_test_mac(address):
        raise InputError(f"{option}.address: {address} is a test address ({TEST_PREFIX}:xx:xx:xx), which no host has; give the address of a host.")
    return claim, host_name(given["to"], f"{option}.to"), address
