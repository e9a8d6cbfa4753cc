# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Reads the rules that copy, redirect or run programs over frames: tc filters and nftables rules.

nftables is read by netlink and not by nft(8): the JSON of nft 1.0.6 (Debian 12) does not tell the device of a chain of the netdev family.
"""

from __future__ import annotations

from struct import pack
from typing import Any, Iterator, Mapping, NamedTuple

from ansible_collections.virtnet.hardening.plugins.module_utils._engine.errors import BackendError
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import constants as c
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink import decode_evidence as read
from ansible_collections.virtnet.hardening.plugins.module_utils._netlink.evidence import Mirror, Program

_SIDES = ((c.TC_H_MIN_INGRESS, "ingress"), (c.TC_H_MIN_EGRESS, "egress"))
_FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
Names = Mapping[int, str]


class Traffic(NamedTuple):
    """What tc filters do: rules that copy or redirect, programs by interface, and interfaces with filters that can't be read, with their kind."""

    mirrors: list[Mirror]
    programs: dict[str, list[Program]]
    unknown: list[tuple[str, str]]


def traffic_control(client: Any, names: Names) -> Traffic:
    """All filters of all queueing disciplines and classes. One dump for each place where filters can hang."""
    found = Traffic([], {}, [])
    queues = [read.queue(part.data, part.start, part.end) for part in client.dump(c.RTM_GETQDISC, _tcmsg(0, 0))]
    for index, parent, place in _places(client, queues):
        name = names.get(index)
        if name is None:
            continue
        for part in client.dump(c.RTM_GETTFILTER, _tcmsg(index, parent)):
            _add(found, name, place, read.tc_filter(part.data, part.start, part.end), names)
    return found


def _tcmsg(index: int, parent: int) -> bytes:
    """struct tcmsg."""
    return pack("=BxHiIII", 0, 0, index, 0, parent, 0)


def _places(client: Any, queues: list[read.Queue]) -> Iterator[tuple[int, int, str]]:
    """Interface, parent and words of each place. Parent 0 is the discipline at the root, also where the kernel chose it and gave it no handle."""
    classful: set[int] = set()
    seen: set[tuple[int, int]] = set()
    for each in queues:
        if each.kind == "clsact":
            yield from ((each.ifindex, c.TC_H_CLSACT | side, place) for side, place in _SIDES)
        elif (each.ifindex, each.handle) not in seen:
            seen.add((each.ifindex, each.handle))
            yield each.ifindex, each.handle, "ingress" if each.kind == "ingress" else f"egress, {each.kind} {each.handle >> 16:x}:"
            if each.handle and each.kind != "ingress":
                classful.add(each.ifindex)
    for index in sorted(classful):
        for part in client.dump(c.RTM_GETTCLASS, _tcmsg(index, 0)):
            handle = read.queue(part.data, part.start, part.end).handle
            yield index, handle, f"egress, class {handle >> 16:x}:{handle & 0xFFFF:x}"


def _add(found: Traffic, name: str, place: str, item: read.Filter, names: Names) -> None:
    for verb, target in item.mirrors:
        words = names.get(target, f"interface {target}") if target else "user space" if verb == "sample" else "several interfaces"
        mirror = Mirror("tc", verb, name, place, words)
        if mirror not in found.mirrors:
            found.mirrors.append(mirror)
    for number, title in item.programs:
        program = Program(f"tc {place}", number, title)
        # The kernel lists a filter twice: as a head without options and as itself.
        if program not in found.programs.setdefault(name, []):
            found.programs[name].append(program)
    if item.unknown and (name, item.kind) not in found.unknown:
        found.unknown.append((name, item.kind))


def nftables(client: Any, names: Names) -> list[Mirror]:
    """Rules with dup or fwd. A rule in a chain that others jump to counts for every device that the table is hooked to."""
    chains = {}
    tables: dict[tuple[int, str], dict[str, None]] = {}
    for part in client.dump(c.NFT_MSG_GETCHAIN, bytes(4)):
        chain = read.nft_chain(part.data, part.start, part.end)
        chains[chain.key] = chain
        tables.setdefault(chain.key[:2], {}).update(dict.fromkeys(chain.devices))
    found: list[Mirror] = []
    for part in client.dump(c.NFT_MSG_GETRULE, bytes(4)):
        for rule in read.nft_rules(part.data, part.start, part.end):
            family, table, name = rule.chain
            if rule.chain not in chains:
                raise BackendError("The rules of nftables changed while they were read; try again.")
            chain = chains[rule.chain]
            devices = chain.devices if chain.base else tuple(tables[(family, table)])
            place = f"chain {name} of table {_FAMILIES.get(family, family)} {table}"
            target = names.get(rule.target, f"interface {rule.target}") if rule.target else "what the rule computes"
            found += [Mirror("nft", rule.verb, device, place, target) for device in devices or ("",)]
    return list(dict.fromkeys(found))
