# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Whether a rule that the kernel has does what its text says: what it compares with what, and what comes of it. Pure.

nft prints a rule otherwise than it was written, and its versions differ: they leave out a comparison that another one implies, know a
raw field by its name, and numbers by theirs. Only that is forgiven.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

_FIELD = r"(?:@\w+,\d+,\d+|arp [sd]addr (?:ether|ip)|[io]if(?:name)?\b|(?:meta|ether|arp|ip6?|udp|icmp(?:v6)?|frag) [\w-]+)"
_FIELDS = rf"(?P<left>{_FIELD}(?: \. {_FIELD})*)"
_MATCH = re.compile(rf"{_FIELDS} (?:& (?P<mask>\S+) )?(?:(?P<op>==|!=|>) )?(?P<right>{{[^}}]*}}|\S+) ?")
_LIMIT = r"limit rate over (?P<rate>\d+(?: bytes)?/\w+) burst (?P<burst>\d+ (?:packets|bytes))"
_UPDATE = re.compile(rf"(?P<op>add|update) (?P<set>@\w+) {{ {_FIELDS}(?: {_LIMIT})? }} ?")
_VERDICT = re.compile(r"(?P<counter>counter )?(?P<verdict>accept|drop|return|(?:jump|goto) \w+)$")
# A comparison that nft makes itself where a later one needs it, and leaves out when it prints.
_IMPLIED = ("meta protocol", "meta l4proto", "ip protocol")
# nft has these names from /etc/protocols, which a minimal Debian lacks (package netbase): there it prints the numbers (IANA's).
_PROTOCOL_FIELDS = ("meta l4proto", "ip protocol", "ip6 nexthdr", "frag nexthdr")
_PROTOCOLS = {"icmp": "1", "igmp": "2", "tcp": "6", "udp": "17", "icmpv6": "58", "ipv6-icmp": "58", "vrrp": "112", "carp": "112"}


class Match(NamedTuple):
    """One comparison. A field of raw bytes is as C(@nh,0,8)."""

    left: tuple[str, ...]
    mask: str
    # As nft has it: C(==), C(!=), C(>); C(add) to and C(update) of a set, with the bound that a rate has.
    op: str
    right: tuple[str, ...]


class Shape(NamedTuple):
    """What a rule does."""

    matches: tuple[Match, ...]
    verdicts: tuple[str, ...]
    counted: bool


def same(text: str, expressions: Any) -> bool:
    """Whether the expressions, as nft(8) prints them in JSON, are those of the text."""
    wanted = written(text)
    try:
        found = printed(expressions)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return False
    if (found.counted, found.verdicts) != (wanted.counted, wanted.verdicts):
        return False
    mine, theirs = _needed(wanted.matches, text), _needed(found.matches, text)
    return len(mine) == len(theirs) and all(map(_alike, mine, theirs))


def written(text: str) -> Shape:
    """Of a rule's text."""
    matches: list[Match] = []
    position = 0
    while True:
        update = _UPDATE.match(text, position)
        if update is not None:
            position = update.end()
            bound = (f"over {update['rate']} burst {update['burst']}",) if update["rate"] else ()
            matches.append(Match(tuple(update["left"].split(" . ")), "", update["op"], (update["set"], *bound)))
            continue
        part = _MATCH.match(text, position)
        if part is None:
            break
        position = part.end()
        items = [item.strip() for item in part["right"].strip("{}").split(",")]
        matches.append(_compared(tuple(part["left"].split(" . ")), part["mask"] or "", part["op"] or "==", tuple(map(_number, items))))
    end = _VERDICT.match(text, position)
    return Shape(tuple(matches), (end["verdict"],) if end else (), bool(end and end["counter"]))


def printed(expressions: Any) -> Shape:
    """Of what nft prints. Raises for what no rule of ours has."""
    matches: list[Match] = []
    verdicts: list[str] = []
    counted = False
    for expression in expressions:
        ((kind, body),) = expression.items()
        if kind == "match":
            matches.append(_match(body["left"], body["op"], body["right"]))
        elif kind == "set":
            matches.append(_updated(body))
        elif kind == "counter":
            counted = True
        else:
            verdicts.append(_verdict((kind, body)))
    return Shape(tuple(matches), tuple(verdicts), counted)


def _verdict(item: tuple[str, Any]) -> str:
    kind, body = item
    return f"{kind} {body['target']}" if body else kind


def _updated(body: Any) -> Match:
    """What is done to an element of a set, and the bound beside it."""
    bounds = []
    for each in body.get("stmt", ()):
        ((kind, limit),) = each.items()
        if kind != "limit" or limit["inv"] is not True:
            raise ValueError(f"{each} is not of this collection")
        # Units are told of bytes only.
        unit = f" {limit['rate_unit']}" if "rate_unit" in limit else ""
        bounds.append(f"over {limit['rate']}{unit}/{limit['per']} burst {limit['burst']} {limit.get('burst_unit', 'packets')}")
    elements = body["elem"]
    return Match(tuple(map(_field, elements.get("concat", [elements]))), "", str(body["op"]), (str(body["set"]), *bounds))


def _match(left: Any, op: str, right: Any) -> Match:
    mask = ""
    if "&" in left:
        left, mask = left["&"]
    fields = tuple(map(_field, left.get("concat", [left])))
    values = right["set"] if isinstance(right, dict) and "set" in right else [right]
    return _compared(fields, str(mask), op, tuple(map(_value, values)))


def _compared(left: tuple[str, ...], mask: str, op: str, right: tuple[str, ...]) -> Match:
    """With one form for what has a name on some hosts only."""
    names = len(left) == 1 and left[0] in _PROTOCOL_FIELDS
    return Match(left, mask, "==" if op == "in" else op, tuple(_PROTOCOLS.get(value, value) for value in right) if names else right)


def _field(field: Any) -> str:
    ((kind, body),) = field.items()
    if kind == "meta":
        key = str(body["key"])
        return key if key in ("iif", "oif", "iifname", "oifname") else f"meta {key}"
    if kind == "payload" and "base" in body:
        return f"@{body['base']},{body['offset']},{body['len']}"
    return f"{body['protocol' if kind == 'payload' else 'name']} {body['field']}"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{value['prefix']['addr']}/{value['prefix']['len']}"
    return _number(str(value))


def _number(value: str) -> str:
    """One form for all numbers; an address or a name is as it is."""
    try:
        return str(int(value, 16 if value.startswith("0x") else 10))
    except ValueError:
        return value


def _needed(matches: tuple[Match, ...], text: str) -> list[Match]:
    """Without those that a later one implies: of a protocol that the text names, where it is the upper one in the name of a field, and not the last."""
    words = {word for word in text.split() if not word.isdigit()}
    upper = {_PROTOCOLS[field.split()[0]] for match in written(text).matches for field in match.left if field.split()[0] in _PROTOCOLS}

    def implied(number: int, each: Match) -> bool:
        plain = each.op == "==" and not each.mask and len(each.right) == 1 and len(each.left) == 1
        return plain and number < len(matches) - 1 and each.left[0] in _IMPLIED and each.right[0] in (words if each.left[0] == _IMPLIED[0] else upper)

    return [each for number, each in enumerate(matches) if not implied(number, each)]


def _alike(mine: Match, theirs: Match) -> bool:
    """nft prints raw bytes that it knows by their name, and bits as the bytes around them with a mask."""

    def field(one: str, other: str) -> bool:
        return one == other or (one.startswith("@") and (not other.startswith("@") or bool(theirs.mask)))

    fields = len(mine.left) == len(theirs.left) and all(map(field, mine.left, theirs.left))
    masks = not mine.mask or _number(mine.mask) == _number(theirs.mask)
    return fields and masks and mine.op == theirs.op and _values(mine.right, theirs.right)


def _values(mine: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """A number may be printed by its name, which depends on the version of nft and, for protocols, on the host; a name may not be another one."""
    left, rest = list(mine), []
    for value in theirs:
        if value in left:
            left.remove(value)
        else:
            rest.append(value)
    named = sum(not value.isdigit() and not value.startswith("@") and ":" not in value for value in rest)
    return len(left) == len(rest) == named and all(value.isdigit() for value in left)
