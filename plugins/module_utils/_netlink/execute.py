# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Turns steps into messages, sends them as one batch and gives each step its answer."""

from __future__ import annotations

import errno
import os
from typing import Any, Callable, Sequence

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.backend import REFUSED, VANISHED, Fault
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.order import CREATE, DELETE, UPDATE
from ansible_collections.virtnet.hardening.plugins.module_utils._engine.plan import Step
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import belongings, encode, tap
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.client import Answer
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.observe import Observer, open_namespace
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.model import Fields

_GONE = (errno.ENODEV, errno.ENXIO)
# What is to be deleted went by itself.
_NOT_THERE = (errno.ENOENT, errno.ENODEV)
# One IFLA_AF_SPEC holds this many ranges well below the 64 KiB of an attribute.
_RANGES = 1024

Encoder = Callable[[Step], encode.Message]


class _Vanished(Exception):
    """The device of a step does not exist."""


class Executor:
    """One method for each verb and kind."""

    def __init__(self, client: Any, observer: Observer) -> None:
        self._client = client
        self._observer = observer
        self._options: dict[tuple[Any, ...], bytes] = {}
        # By index: what devices had before this run took them down; and by name those to which it could not be given back.
        self._kept: dict[int, list[belongings.Belonging]] = {}
        self.bereft: set[str] = set()
        self._encoders: dict[tuple[str, str], Encoder] = {
            (UPDATE, "bridge"): lambda step: encode.set_bridge(step.after, self._index(step.key[1])),
            (DELETE, "bridge"): lambda step: encode.del_link(self._index(step.key[1])),
            (CREATE, "port"): lambda step: encode.set_master(self._index(step.key[1]), self._index(step.after["bridge"])),
            (CREATE, "own_address"): lambda step: encode.set_link(step.after, self._index(step.key[1])),
            (UPDATE, "port"): self._set_port,
            (DELETE, "port"): lambda step: encode.set_master(self._index(step.key[1]), 0),
            **{(DELETE, kind): lambda step: encode.flush_port(self._index(step.key[1])) for kind in ("learned", "strays")},
            (CREATE, "fdb"): self._set_fdb,
            (UPDATE, "fdb"): self._set_fdb,
            (DELETE, "fdb"): self._del_fdb,
            (UPDATE, "link"): lambda step: encode.set_link(step.after, self._index(step.key[1])),
            (DELETE, "link"): lambda step: encode.del_link(self._index(step.key[1])),
        }

    def execute(self, steps: Sequence[Step]) -> list[Fault | None]:
        """One answer a step, in order. The steps are of one rule, so of one verb and kind."""
        if not steps:
            return []
        verb, kind = steps[0].verb, steps[0].key[0]
        if kind == "vlan":
            return self._vlans(steps)
        if (verb, kind) == (CREATE, "link"):
            return [self._make_link(step) for step in steps]
        if (verb, kind) == (CREATE, "bridge"):
            return [self._make_bridge(step) for step in steps]
        if (verb, kind) == (DELETE, "own_address"):
            return [Fault(REFUSED, "only a new device takes the address of another")] * len(steps)
        if (verb, kind) == (UPDATE, "link"):
            return self._update_links(steps)
        return self._batch(steps, self._encoders[verb, str(kind)])

    def _update_links(self, steps: Sequence[Step]) -> list[Fault | None]:
        """What a device loses when it goes down comes back with it, unless it became a port."""
        if {"owner", "group"} & steps[0].after.keys():
            return [self._made(step, tap.own(str(step.key[1]), step.after, self._observer.tap_shape(str(step.key[1])))) for step in steps]
        for step in steps:
            index = self._observer.index_of(str(step.key[1]))
            if step.after.get("up") is False and step.before.get("up") and index is not None and index not in self._kept:
                self._kept[index] = belongings.of_device(self._client, index)
        faults = self._batch(steps, self._encoders[UPDATE, "link"])
        for place, step in enumerate(steps):
            if step.after.get("up") and faults[place] is None:
                faults[place] = self._give_back(str(step.key[1]))
        return faults

    def _give_back(self, name: str) -> Fault | None:
        kept = self._kept.get(self._observer.index_of(name) or 0)
        if not kept or self._observer.master_of(name):
            return None
        lost = belongings.give_back(self._client, kept)
        if not lost:
            return None
        self.bereft.add(name)
        return Fault(REFUSED, f"{name} is up again without {', '.join(lost)}")

    def device_of(self, step: Step) -> str:
        """The device that the step hangs on."""
        if step.key[0] == "fdb":
            return str((step.after or step.before).get("port") or step.before.get("port") or step.key[1])
        return str(step.key[2] if step.key[0] == "vlan" else step.key[1])

    def _batch(self, steps: Sequence[Step], encoder: Encoder) -> list[Fault | None]:
        faults: list[Fault | None] = [None] * len(steps)
        sent: list[int] = []
        messages: list[encode.Message] = []
        for place, step in enumerate(steps):
            try:
                messages.append(encoder(step))
            except _Vanished:
                faults[place] = self._vanished(step)
            else:
                sent.append(place)
        for place, answer in zip(sent, self._client.batch(messages)):
            if answer.errno:
                faults[place] = self._fault(steps[place], answer)
            if steps[place].verb != UPDATE and steps[place].key[0] in ("bridge", "link"):
                self._observer.forget(str(steps[place].key[1]))
        return faults

    def _fault(self, step: Step, answer: Answer) -> Fault | None:
        if step.verb == DELETE and answer.errno in _NOT_THERE:
            return None
        return self._vanished(step) if answer.errno in _GONE else Fault(REFUSED, answer.words())

    def _vanished(self, step: Step) -> Fault:
        return Fault(VANISHED, f"{self.device_of(step)} does not exist any more")

    def _index(self, name: Any) -> int:
        index = self._observer.index_of(str(name))
        if index is None:
            raise _Vanished(name)
        return index

    def _set_port(self, step: Step) -> encode.Message:
        memo = tuple(step.after.items())
        options = self._options.get(memo)
        if options is None:
            options = self._options[memo] = encode.port_options(step.after, self._index)
        return encode.set_port(self._index(step.key[1]), options)

    def _set_fdb(self, step: Step) -> encode.Message:
        fields: Fields = {**step.before, **step.after}
        port = str(fields["port"])
        return encode.new_fdb(self._index(port), port == step.key[1], str(step.key[2]), int(step.key[3]), fields)

    def _del_fdb(self, step: Step) -> encode.Message:
        port = str(step.before["port"])
        return encode.del_fdb(self._index(port), port == step.key[1], str(step.key[2]), int(step.key[3]))

    def _make_bridge(self, step: Step) -> Fault | None:
        """An MTU that a bridge is made with goes with the ports', as only a change of it counts as set by somebody (br_change_mtu, net/bridge/br_device.c)."""
        name, mtu = str(step.key[1]), step.after.get("mtu")
        self._observer.forget(name)
        fields = step.after if mtu is None else {**step.after, "mtu": _neighbour(int(mtu))}
        (answer,) = self._client.batch([encode.new_bridge(name, fields)])
        if answer.errno or mtu is None:
            return self._made(step, answer)
        (answer,) = self._client.batch([encode.set_link({"mtu": mtu}, self._index(name))])
        return self._made(step, answer)

    def _make_link(self, step: Step) -> Fault | None:
        name, fields = str(step.key[1]), step.after
        self._observer.forget(name)
        if fields["kind"] == "tap":
            return self._made(step, tap.make(name, fields))
        if fields["kind"] in ("macvtap", "vlan"):
            lower = self._observer.index_of(str(fields["lower"]))
            if lower is None:
                return Fault(REFUSED, f"the lower device {fields['lower']} does not exist any more")
            if fields["kind"] == "vlan":
                return self._made(step, self._client.batch([encode.new_vlan(name, lower, fields)])[0])
            mode = fields.get("mode") or "vepa"
            return self._made(step, self._client.make_link(ifname=name, kind="macvtap", link=lower, macvtap_mode=mode))
        return self._make_veth(step, name, fields)

    def _make_veth(self, step: Step, name: str, fields: Fields) -> Fault | None:
        peer: dict[str, Any] = {"ifname": str(fields["peer"])}
        netns = str(fields.get("peer_netns") or "")
        if not netns:
            return self._made(step, self._client.make_link(ifname=name, kind="veth", peer=peer))
        descriptor = open_namespace(netns)
        try:
            peer["net_ns_fd"] = descriptor
            return self._made(step, self._client.make_link(ifname=name, kind="veth", peer=peer))
        finally:
            os.close(descriptor)

    @staticmethod
    def _made(step: Step, answer: Answer) -> Fault | None:
        return Fault(REFUSED, answer.words()) if answer.errno else None

    def _vlans(self, steps: Sequence[Step]) -> list[Fault | None]:
        """VLANs of one device with equal flags go as ranges: 4,094 of them fit one message."""
        by_device: dict[str, list[tuple[int, Step]]] = {}
        for place, step in enumerate(steps):
            by_device.setdefault(str(step.key[2]), []).append((place, step))
        faults: list[Fault | None] = [None] * len(steps)
        sent, messages = [], []
        for device, items in by_device.items():
            index = self._observer.index_of(device)
            if index is None:
                for place, step in items:
                    faults[place] = self._vanished(step)
                continue
            for group in _ranges(items):
                sent.append(group)
                ranges = [(first[1].key[3], last[1].key[3], _flags(first[1])) for first, last in group.ends]
                messages.append(
                    encode.change_vlans(index, self._observer.is_bridge(device), ranges, steps[0].verb == DELETE)  # type: ignore[arg-type]
                )
        for group, answer in zip(sent, self._client.batch(messages)):
            if answer.errno:
                for place, step in group.items:
                    faults[place] = self._fault(step, answer)
        return faults


def _neighbour(mtu: int) -> int:
    return mtu - 1 if mtu > 1500 else mtu + 1


class _Ranges:
    """Steps of one device that go in one message, and the ends of its ranges."""

    def __init__(self) -> None:
        self.items: list[tuple[int, Step]] = []
        self.ends: list[tuple[tuple[int, Step], tuple[int, Step]]] = []


def _flags(step: Step) -> int:
    return 0 if step.verb == DELETE else encode.vlan_flags({**step.before, **step.after})


def _ranges(items: list[tuple[int, Step]]) -> list[_Ranges]:
    groups = [_Ranges()]
    for item in sorted(items, key=lambda each: int(each[1].key[3])):
        group = groups[-1]
        if group.ends:
            first, last = group.ends[-1]
            # The kernel refuses a range with PVID: only one VLAN can be it.
            follows = int(item[1].key[3]) == int(last[1].key[3]) + 1
            if follows and _flags(item[1]) == _flags(first[1]) and not _flags(item[1]) & 2:
                group.ends[-1] = (first, item)
                group.items.append(item)
                continue
            if len(group.ends) >= _RANGES:
                group = _Ranges()
                groups.append(group)
        group.ends.append((item, item))
        group.items.append(item)
    return groups
