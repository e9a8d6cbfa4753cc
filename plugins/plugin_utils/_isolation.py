# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# This code is PRIVATE to the collection.
"""Which frames a check of isolation sends, and what it means who heard them. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.frame import ADDRESSED, CLAIMS
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.request import MAX_FRAMES, MAX_REPEAT, MAX_SECONDS, bounded, host_name

# What a listener can hear of a sender, and the claim of the frames by which it is told.
FLOWS = {
    "broadcast": "broadcast",
    "own_unicast": "unicast",
    "unicast_to_others": "unicast",
    "unknown_unicast": "unknown_unicast",
    "forged_source": "forged_source",
}
DEFAULTS = {"broadcast": "accept", "own_unicast": "accept", "unicast_to_others": "reject", "unknown_unicast": "reject", "forged_source": "reject"}
WISHES = ("accept", "reject", "skip")
# The sentences name the variables of the role isolation_check, by which a policy gets here.
_CONTROL = "to the play's hosts and to isolation_check_controls"
# Flows that need an interface that hears what is not meant for it.
_OVERHEARD = ("unicast_to_others", "unknown_unicast")

Mapping = t.Mapping[str, t.Any]
Probe = dict[str, str]


class Policy:
    """What is expected of each flow from each sender to each listener."""

    def __init__(self, given: Mapping) -> None:
        unknown = set(given) - {"expect", "overrides", "isolated", "controls", "repeat"}
        if unknown:
            raise InputError(f"policy: {', '.join(sorted(unknown))} is none of expect, overrides, isolated, controls and repeat.")
        self.expect = {**DEFAULTS, **_wishes(given.get("expect") or {}, "expect")}
        self.controls = frozenset(given.get("controls") or ())
        self.isolated = [frozenset(group) for group in given.get("isolated") or ()]
        self.repeat = bounded(int(given.get("repeat") or 3), "isolation_check_repeat", MAX_REPEAT)
        self.overrides = [_override(each, f"overrides[{number}]") for number, each in enumerate(given.get("overrides") or ())]

    def named(self) -> dict[str, set[str]]:
        """The hosts that each part of the policy speaks of."""
        ends = [names for senders, listeners, _wish in self.overrides for names in (senders, listeners) if names is not None]
        return {"isolated": set().union(*self.isolated), "controls": set(self.controls), "overrides": set().union(*ends)}

    def wish(self, flow: str, sender: str, listener: str) -> str:
        """C(accept), C(reject) or C(skip)."""
        wish = self.expect[flow]
        # A control host stands where frames may be flooded to, as the uplink's side, and what it forges says nothing about the guests.
        if (listener in self.controls and flow in _OVERHEARD) or (sender in self.controls and flow in ("unknown_unicast", "forged_source")):
            wish = "skip"
        if any(sender in group and listener in group for group in self.isolated) and wish != "skip":
            wish = "reject"
        for senders, listeners, wishes in self.overrides:
            if (senders is None or sender in senders) and (listeners is None or listener in listeners):
                wish = wishes.get(flow, wish)
        return wish

    def judged(self, hosts: t.Sequence[str], sender: str, listener: str) -> dict[str, str]:
        """The flows from one host to another that are judged. Overhearing takes a third host."""
        found = {flow: self.wish(flow, sender, listener) for flow in FLOWS if flow != "unicast_to_others" or len(hosts) > 2}
        return {flow: wish for flow, wish in found.items() if wish != "skip"}


def _wishes(given: Mapping, where: str) -> dict[str, str]:
    for flow, wish in given.items():
        if flow not in FLOWS:
            raise InputError(f"{where}: {flow} is none of {', '.join(FLOWS)}.")
        if wish not in WISHES:
            raise InputError(f"{where}: {flow} is {wish!r}, which is none of {', '.join(WISHES)}.")
    return dict(given)


def _override(given: Mapping, where: str) -> tuple[frozenset[str] | None, frozenset[str] | None, dict[str, str]]:
    unknown = set(given) - {"from", "to", "expect"}
    if unknown or not given.get("expect"):
        raise InputError(f"{where}: write expect, and from and to where it is not for all; {', '.join(sorted(unknown)) or 'expect'} is wrong or missing.")
    ends = [None if given.get(end) is None else frozenset(given[end]) for end in ("from", "to")]
    return ends[0], ends[1], _wishes(given["expect"], f"{where}.expect")


def probes_of(sender: str, hosts: t.Mapping[str, str], policy: Policy) -> list[Probe]:
    """What one host sends, its broadcast first. C(hosts) are addresses by name. Frames that nobody judges are not sent."""
    names = list(hosts)
    judged = {other: policy.judged(names, sender, other) for other in names if other != sender}
    wanted: list[tuple[str, str]] = []
    for claim in CLAIMS:
        if claim not in ADDRESSED:
            wanted += [(claim, "")] if any(claim in flows for flows in judged.values()) else []
            continue
        for other, flows in judged.items():
            overheard = claim == "unicast" and any("unicast_to_others" in judged[third] for third in judged if third != other)
            if overheard or ("own_unicast" if claim == "unicast" else claim) in flows:
                wanted.append((claim, other))
    return [{"claim": claim, **({"to": to, "address": hosts[to]} if to else {})} for claim, to in wanted]


def plan(participants: t.Sequence[str], inspected: t.Mapping[str, Mapping], policy: Policy) -> dict[str, t.Any]:
    """The rounds of probes of each host, and why the check can't be made. With problems nothing may be sent."""
    hosts = {name: inspected[name]["interface"]["mac"] for name in participants if inspected.get(name, {}).get("interface")}
    problems = [
        f"{name} gave no answer about its interface: it failed, can't be reached, or is in another batch of serial."
        for name in participants
        if name not in hosts
    ]
    problems += [*_problems(hosts, inspected, policy)]
    probes = {name: probes_of(name, hosts, policy) for name in hosts}
    for name, own in probes.items():
        frames = len(own) * policy.repeat
        if frames > MAX_FRAMES:
            problems.append(
                f"{name} would send {frames} frames; at most {MAX_FRAMES} are allowed: check fewer hosts at once, or set isolation_check_repeat lower."
            )
    if not problems and not any(probes.values()):
        problems.append("Nothing is expected of any host, so nothing would be sent; let isolation_check_expect accept at least one flow and reject one.")
    if not problems:
        problems += [*_unproven(list(hosts), policy)]
    # All broadcasts come before the rest, so that a switch that learns knows where each host is and floods only what is unknown.
    rounds = {name: [[each for each in own if (each["claim"] == "broadcast") is first] for first in (True, False)] for name, own in probes.items()}
    return {"problems": problems, "rounds": rounds, "frames": sum(map(len, probes.values())) * policy.repeat}


def _problems(hosts: t.Mapping[str, str], inspected: t.Mapping[str, Mapping], policy: Policy) -> t.Iterator[str]:
    if len(hosts) < 2:
        yield (
            f"The check needs at least two hosts, one that sends and one that listens; there are {len(hosts)}. "
            "Name more in the play's hosts, which are virtnet_hosts in the playbook check_isolation."
        )
    for option, names in policy.named().items():
        for name in sorted(names - set(inspected)):
            yield f"isolation_check_{option} names {name}, which is none of the hosts of this check; add it to the play's hosts, or take it out."
    for name in hosts:
        try:
            host_name(name, "host name")
        except InputError as error:
            yield error.message
        if inspected[name].get("listeners"):
            device = inspected[name]["interface"]["name"]
            yield f"Another probe listens on {device} of {name}; wait until it ends, which is within {MAX_SECONDS} seconds."
    for address in sorted(set(hosts.values())):
        same = [name for name, mac in hosts.items() if mac == address]
        if len(same) > 1:
            yield f"{' and '.join(same)} have the same address {address}; give each its own, as a switch can't keep them apart."


def _unproven(hosts: t.Sequence[str], policy: Policy) -> t.Iterator[str]:
    """Silence proves something only of hosts that were heard, and of listeners that heard something."""
    for name in hosts:
        others = [other for other in hosts if other != name]
        heard = [wish for other in others for wish in policy.judged(hosts, other, name).values()]
        sent = [wish for other in others for wish in policy.judged(hosts, name, other).values()]
        if "reject" in heard and "accept" not in heard:
            yield f"{name} is to hear nothing from any host, so its silence would prove nothing; add a host that it may hear {_CONTROL}."
        if "reject" in sent and "accept" not in sent:
            yield f"No host is to hear {name}, so nothing would prove that its frames left it; add a host that may hear it {_CONTROL}."


def verdict(participants: t.Sequence[str], parts: t.Mapping[str, Mapping], policy: Policy, run: str) -> dict[str, t.Any]:
    """What passed from whom to whom, against what is expected. C(parts) are the results of each host, of which those of other runs don't count."""
    results = {name: _Part(name, parts.get(name) or {}, run) for name in participants}
    hosts = {name: part.mac for name, part in results.items()}
    violations = [text for name in participants for text in results[name].failures(_planned(name, hosts, policy))]
    flows: list[dict[str, t.Any]] = []
    for listener in participants:
        heard = [
            _flow(flow, results[sender], results[listener], policy, participants)
            for sender in participants
            if sender != listener
            for flow in FLOWS
            if flow != "unicast_to_others" or len(participants) > 2
        ]
        flows += heard
        if results[listener].listened is not None:
            violations += _of_listener(results[listener], heard)
    if all(each["expect"] == "skip" for each in flows):
        violations.append("Nothing was judged, so nothing is proven.")
    order = {name: place for place, name in enumerate(participants)}
    flows.sort(key=lambda each: (order[each["from"]], order[each["to"]]))
    return {"run": run, "flows": flows, "violations": violations, "lines": _lines(flows, len(participants))}


def _planned(name: str, hosts: t.Mapping[str, str], policy: Policy) -> int:
    return len(probes_of(name, hosts, policy)) * policy.repeat


class _Part:
    """One host's results of this run."""

    def __init__(self, name: str, given: Mapping, run: str) -> None:
        self.name = name
        listened = given.get("listened") or {}
        self.listened: Mapping | None = listened if listened.get("run") == run and "heard" in listened else None
        self.promiscuous = bool(listened.get("promiscuous"))
        self.rounds = [each for each in given.get("sent") or () if each.get("run") == run]
        answers = [each for each in (listened, *self.rounds) if each.get("interface")]
        self.mac: str = answers[0]["interface"]["mac"] if answers else ""
        self.device: str = answers[0]["interface"]["name"] if answers else ""

    def failures(self, planned: int) -> t.Iterator[str]:
        """Why what this host heard or sent proves nothing."""
        if self.listened is None:
            yield f"{self.name} could not listen: it returned nothing of this run."
        elif self.listened["dropped"]:
            yield f"{self.name} could not listen to all: its kernel dropped {self.listened['dropped']} frames before they were read; run the check again."
        sent = sum(each["frames"] for each in self.all_sent())
        if sent < planned:
            yield f"{self.name} sent {sent} of {planned} frames, so what it did not send is not tested."

    def all_sent(self) -> list[Mapping]:
        """Frames of all rounds, grouped as the module does."""
        return [each for result in self.rounds for each in result.get("sent") or ()]

    def all_heard(self, sender: str) -> list[Mapping]:
        """Frames that this host heard of one sender."""
        return [each for each in (self.listened or {"heard": ()})["heard"] if each["from"] == sender]


def _belongs(flow: str, each: Mapping, listener: str) -> bool:
    """Whether a group of frames counts for a flow to a listener."""
    if each["claim"] != FLOWS[flow]:
        return False
    return each["claim"] != "unicast" or (each["to"] == listener) is (flow == "own_unicast")


def _flow(flow: str, sender: _Part, listener: _Part, policy: Policy, hosts: t.Sequence[str]) -> dict[str, t.Any]:
    wish = policy.judged(hosts, sender.name, listener.name).get(flow, "skip")
    sent = sum(each["frames"] for each in sender.all_sent() if _belongs(flow, each, listener.name))
    heard = sum(each["frames"] for each in listener.all_heard(sender.name) if _belongs(flow, each, listener.name))
    # Of what was not sent, or could not be heard, nothing is known.
    known = bool(sent) and listener.listened is not None and wish != "skip"
    passed = (heard > 0) is (wish == "accept") if known else None
    return {"from": sender.name, "to": listener.name, "flow": flow, "expect": wish, "sent": sent, "heard": heard, "passed": passed}


def _of_listener(listener: _Part, flows: t.Sequence[Mapping]) -> t.Iterator[str]:
    """A sentence for each violation; one alone where the listener was deaf."""
    must = [each for each in flows if each["expect"] == "accept" and each["passed"] is not None]
    if must and not any(each["heard"] for each in flows):
        frames = sum(each["sent"] for each in must)
        yield f"{listener.name} could not listen: none of the {frames} frames that it must hear arrived, so its silence proves nothing."
        return
    if not listener.promiscuous and any(each["expect"] == "reject" and each["flow"] in _OVERHEARD for each in flows):
        yield f"{listener.name} could not listen to frames for others: {listener.device} refused promiscuous mode, so that it heard none proves nothing."
    for each in flows:
        if each["passed"] is False:
            yield (_HEARD if each["heard"] else _MISSED)[each["flow"]].format(**{**each, "sender": each["from"], "listener": each["to"]})


_HEARD = {
    "broadcast": "{listener} heard {heard} of {sent} broadcasts of {sender}, which must not reach it.",
    "own_unicast": "{listener} received {heard} of {sent} frames that {sender} sent to it, which must not reach it.",
    "unicast_to_others": "{listener} heard {heard} of {sent} frames that {sender} sent to other hosts: it can sniff their traffic.",
    "unknown_unicast": "{listener} heard {heard} of {sent} frames that {sender} sent to an address that nobody has: unknown unicast is flooded to it.",
    "forged_source": "{listener} heard {heard} of {sent} frames that {sender} sent from a forged address: {sender} can forge its source.",
}
_MISSED = {
    "broadcast": "{listener} heard none of {sent} broadcasts of {sender}, which must reach it.",
    "own_unicast": "{listener} received none of {sent} frames that {sender} sent to it, which must reach it.",
    "unicast_to_others": "{listener} heard none of {sent} frames that {sender} sent to other hosts, which it must hear.",
    "unknown_unicast": "{listener} heard none of {sent} frames that {sender} sent to an address that nobody has, which it must hear.",
    "forged_source": "{listener} heard none of {sent} frames that {sender} sent from another address, which it must hear.",
}


def _lines(flows: t.Sequence[Mapping], hosts: int) -> list[str]:
    """A table for people: a row for each sender and listener, frames heard of frames sent."""
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for each in flows:
        text = f"{each['heard']}/{each['sent']}" if each["sent"] else "-"
        cells.setdefault((each["from"], each["to"]), {})[each["flow"]] = text + _sign(each)
    wide = max([len("from"), *(len(name) for pair in cells for name in pair)])
    lines = ["  ".join([f"{'from':{wide}}", f"{'to':{wide}}", *FLOWS])]
    for (sender, listener), row in cells.items():
        lines.append("  ".join([f"{sender:{wide}}", f"{listener:{wide}}", *(f"{row.get(flow, '-'):{len(flow)}}" for flow in FLOWS)]).rstrip())
    lines.append("Frames heard of frames sent; ! is not as expected, ? was not tested, ~ is not judged.")
    if hosts < 3:
        lines.append("unicast_to_others was not tested: with two hosts there is no third one to overhear.")
    return lines


def _sign(flow: Mapping) -> str:
    if flow["expect"] == "skip":
        return " ~" if flow["sent"] else ""
    return {True: "", False: " !", None: " ?"}[flow["passed"]]
