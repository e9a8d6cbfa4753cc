# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""What isolation_probe does: all that can be refused is refused when the job is made, before the first frame."""

from __future__ import annotations

from typing import Any, Dict, Mapping

from ansible_collections.virtnet.hardening.plugins.module_utils._probe import links, wire
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.frame import Heard
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.request import Planned, ProbeRequest

Result = Dict[str, Any]


class ProbeJob:
    """One run of the module on one host."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.request = ProbeRequest(params)
        wire.require_rights()
        self.chosen = links.choose(*links.read(), self.request.interface)
        self.planned = self.request.frames(self.chosen.link.mac)

    def foretell(self) -> Result:
        """What run() would do, without doing it."""
        request, name = self.request, self.chosen.link.name
        if request.action == "inspect":
            return self.run()
        if request.action == "listen":
            return {**self._base(), "msg": f"Would listen on {name} for {request.duration} s. Nothing was heard."}
        if request.action == "stop":
            return {**self._base(), "msg": f"Would tell the listener on {name} to end. It goes on."}
        return {**self._base(), "msg": f"Would send {len(self.planned)} frames on {name}. None was sent."}

    def run(self) -> Result:
        """Do it."""
        actions = {"inspect": self._inspect, "listen": self._listen, "send": self._send, "stop": self._stop}
        return {**self._base(), **actions[self.request.action]()}

    def _base(self) -> Result:
        link = self.chosen.link
        used = {"name": link.name, "mac": link.mac, "mtu": link.mtu, "chosen_by": self.chosen.chosen_by}
        return {"interface": used, **({} if self.request.action == "inspect" else {"run": self.request.run})}

    def _inspect(self) -> Result:
        link = self.chosen.link
        return {"listeners": wire.listeners(link), "msg": f"The probe would use {link.name} ({link.mac})."}

    def _listen(self) -> Result:
        link = self.chosen.link
        recorded = wire.listen(link, self.request.run, self.request.duration)
        heard = _summary(recorded.frames)
        return {
            "promiscuous": recorded.promiscuous,
            "heard": heard,
            "ignored": recorded.ignored,
            "dropped": recorded.dropped,
            "msg": f"Heard {sum(each['frames'] for each in heard)} frames of the run on {link.name} in {recorded.seconds:.0f} s.",
        }

    def _stop(self) -> Result:
        link, stopped = self.chosen.link, wire.stop(self.chosen.link, self.request.run)
        told = "was told to end" if stopped else "is not there"
        return {"stopped": stopped, "msg": f"The listener of the run on {link.name} {told}."}

    def _send(self) -> Result:
        link = self.chosen.link
        took = wire.send(link, [each.raw() for each in self.planned])
        return {"sent": _sent(self.planned), "msg": f"Sent {len(self.planned)} frames on {link.name} in {took:.2f} s."}


def _summary(frames: Mapping[Heard, int]) -> list[Result]:
    """Grouped by all but the sequence number. Repetitions of one frame count once, and are told apart."""
    groups: dict[Any, Result] = {}
    for heard, count in frames.items():
        mark = heard.mark
        key = (mark.sender, mark.claim, mark.to, heard.source, heard.destination)
        names = ("from", "claim", "to", "source", "destination")
        group = groups.setdefault(key, {**dict(zip(names, key)), "frames": 0, "duplicates": 0})
        group["frames"] += 1
        group["duplicates"] += count - 1
    return [groups[key] for key in sorted(groups)]


def _sent(planned: list[Planned]) -> list[Result]:
    groups: dict[Any, Result] = {}
    for each in planned:
        group = {"claim": each.mark.claim, "to": each.mark.to, "source": each.source, "destination": each.destination}
        groups.setdefault(tuple(group.values()), {**group, "frames": 0})["frames"] += 1
    return list(groups.values())
