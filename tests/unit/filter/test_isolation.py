# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is planned, and what it means who heard it: a simulated switch with faults against the verdict."""

from __future__ import annotations

from typing import Any, Callable, Dict, Sequence

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.virtnet.hardening.plugins.filter.isolation_plan import isolation_plan
from ansible_collections.virtnet.hardening.plugins.filter.isolation_verdict import isolation_verdict
from hypothesis import given, settings
from hypothesis import strategies as st

RUN = "12345678"
HOSTS = ("g1", "g2", "g3")
Passes = Callable[[str, str, Dict[str, Any]], bool]
Result = Dict[str, Any]


def mac(name: str) -> str:
    """Of a host."""
    return f"52:54:00:00:00:{int(name[1:]):02x}"


def seen(hosts: Sequence[str] = HOSTS, **changed: Any) -> dict[str, Any]:
    """What inspect told of each."""
    answers: dict[str, Any] = {name: {"interface": {"name": "eth0", "mac": mac(name)}, "listeners": 0} for name in hosts}
    return {**answers, **changed}


def guarded(sender: str, listener: str, each: dict[str, Any]) -> bool:
    """A hardened switch."""
    return each["claim"] == "broadcast" or (each["claim"] == "unicast" and each["to"] == listener)


def parts(passes: Passes, policy: Result | None = None, hosts: Sequence[str] = HOSTS, run: str = RUN) -> dict[str, Any]:
    """What each host returned, from planned probes and a switch that lets pass what it is told."""
    plan = isolation_plan(seen(hosts), hosts, policy)
    assert plan["problems"] == []
    repeat = (policy or {}).get("repeat", 3)
    found: dict[str, Any] = {}
    for name in hosts:
        base = {"interface": {"name": "eth0", "mac": mac(name)}, "run": run}
        rounds = [[{"to": "", **probe, "frames": repeat} for probe in probes] for probes in plan["rounds"][name]]
        found[name] = {"sent": [{**base, "sent": probes} for probes in rounds], "listened": {**base, "promiscuous": True, "dropped": 0, "heard": []}}
    for sender in hosts:
        for result in found[sender]["sent"]:
            for each in result["sent"]:
                for listener in hosts:
                    if listener != sender and passes(sender, listener, each):
                        found[listener]["listened"]["heard"].append({"from": sender, **each, "duplicates": 0})
    return found


def judge(found: dict[str, Any], policy: Result | None = None, hosts: Sequence[str] = HOSTS) -> Result:
    """The verdict."""
    return isolation_verdict(found, hosts, RUN, policy)


def test_a_hardened_switch() -> None:
    """No violation, every flow judged, a table with a row for each pair."""
    result = judge(parts(guarded))
    assert result["violations"] == [] and len(result["flows"]) == 30 and all(each["passed"] is True for each in result["flows"])
    assert result["lines"][1].split() == ["g1", "g2", "3/3", "3/3", "0/3", "0/3", "0/6"] and len(result["lines"]) == 8


@settings(print_blob=True, deadline=None)
@given(st.sets(st.tuples(st.permutations(HOSTS).map(lambda order: tuple(order[:2])), st.sampled_from(["own_unicast", "broadcast", "unicast_to_others"]))))
def test_each_fault_is_found_and_no_other(faults: Any) -> None:
    """Random sets of flows that go wrong: exactly these are not as expected."""
    broken = {(pair[0], pair[1], flow) for pair, flow in faults}

    def passes(sender: str, listener: str, each: dict[str, Any]) -> bool:
        flow = each["claim"] if each["claim"] != "unicast" else ("own_unicast" if each["to"] == listener else "unicast_to_others")
        return guarded(sender, listener, each) is not ((sender, listener, flow) in broken)

    result = judge(parts(passes))
    assert {(each["from"], each["to"], each["flow"]) for each in result["flows"] if each["passed"] is False} == broken
    assert bool(result["violations"]) is bool(broken)


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ("unknown_unicast", "g2 heard 3 of 3 frames that g1 sent to an address that nobody has"),
        ("forged_source", "g2 heard 6 of 6 frames that g1 sent from a forged address: g1 can forge its source."),
        ("unicast", "g2 heard 3 of 3 frames that g1 sent to other hosts: it can sniff their traffic."),
    ],
)
def test_one_sentence_a_violation(claim: str, words: str) -> None:
    """With who, of whom, and how many."""
    result = judge(parts(lambda sender, listener, each: guarded(sender, listener, each) or (sender, listener, each["claim"]) == ("g1", "g2", claim)))
    assert len(result["violations"]) == 1 and result["violations"][0].startswith(words)


def test_lost_frames_are_no_violation_as_long_as_one_arrives() -> None:
    """That is what repetitions are for."""
    found = parts(guarded)
    for each in found["g2"]["listened"]["heard"]:
        each["frames"] = 1
    assert judge(found)["violations"] == []


DEAF: dict[str, Any] = {
    "g2 could not listen: none of the 12 frames that it must hear arrived": {"heard": []},
    "g2 could not listen to frames for others: eth0 refused promiscuous mode": {"promiscuous": False},
    "g2 could not listen to all: its kernel dropped 4 frames": {"dropped": 4},
    "g2 could not listen: it returned nothing of this run.": {"run": "87654321"},
}


@pytest.mark.parametrize("words", DEAF)
def test_silence_that_proves_nothing(words: str) -> None:
    """Is a violation, also where all that was to be rejected was not heard."""
    found = parts(guarded)
    found["g2"]["listened"].update(DEAF[words])
    assert [text for text in judge(found)["violations"] if text.startswith(words)]


def test_hosts_that_failed() -> None:
    """Whatever is missing is a violation and never a pass."""
    for broken in ({}, {"sent": []}, {"listened": {"msg": "interface: ...", "failed": True}, "sent": [{"skipped": True}]}):
        result = judge({**parts(guarded), "g2": broken})
        assert "g2 could not listen: it returned nothing of this run." in result["violations"]
        assert any(text.startswith("g2 sent 0 of 18 frames") for text in result["violations"])
        assert all(each["passed"] is None for each in result["flows"] if "g2" in (each["from"], each["to"]))
    found = parts(guarded)
    found["g1"]["sent"].pop()
    assert judge(found)["violations"] == ["g1 sent 3 of 18 frames, so what it did not send is not tested."]
    assert "?" in judge(found)["lines"][1]
    found = parts(guarded)
    found["g1"]["sent"][1]["run"] = "87654321"
    assert judge(found)["violations"] == ["g1 sent 3 of 18 frames, so what it did not send is not tested."]
    assert len(judge({})["violations"]) == 6


def test_nothing_is_judged() -> None:
    """Is no success either."""
    policy = {"expect": {flow: "skip" for flow in ("broadcast", "own_unicast", "unicast_to_others", "unknown_unicast", "forged_source")}}
    assert "Nothing is expected of any host" in isolation_plan(seen(), HOSTS, policy)["problems"][0]
    assert judge({}, policy)["violations"][-1] == "Nothing was judged, so nothing is proven."


def test_two_hosts_say_what_is_not_tested() -> None:
    """There is nobody to overhear."""
    hosts = HOSTS[:2]
    result = judge(parts(guarded, hosts=hosts), hosts=hosts)
    assert result["violations"] == [] and "unicast_to_others was not tested" in result["lines"][-1]
    assert {each["flow"] for each in result["flows"]} == {"broadcast", "own_unicast", "unknown_unicast", "forged_source"}


ISOLATED = {"isolated": [["g1", "g2"]], "controls": ["g3"]}


def apart(sender: str, listener: str, each: dict[str, Any]) -> bool:
    """g1 and g2 are isolated; what is unknown goes to g3."""
    return {sender, listener} != {"g1", "g2"} and (guarded(sender, listener, each) or each["claim"] == "unknown_unicast")


def test_isolated_hosts_and_a_control() -> None:
    """The control may get what is flooded and forges nothing; between the isolated nothing may pass."""
    result = judge(parts(apart, ISOLATED), ISOLATED)
    assert result["violations"] == []
    assert judge(parts(guarded, ISOLATED), ISOLATED)["violations"][0] == "g1 heard 3 of 3 broadcasts of g2, which must not reach it."
    sent = {each["claim"] for probes in isolation_plan(seen(), HOSTS, ISOLATED)["rounds"]["g3"] for each in probes}
    assert sent == {"broadcast", "unicast"}


def test_overrides() -> None:
    """A sniffer that is meant to be one: it must hear, and the later word wins."""
    policy = {"overrides": [{"to": ["g3"], "expect": {"unicast_to_others": "skip"}}, {"from": ["g1"], "to": ["g3"], "expect": {"unicast_to_others": "accept"}}]}
    result = judge(parts(guarded, policy), policy)
    assert result["violations"] == ["g3 heard none of 3 frames that g1 sent to other hosts, which it must hear."]
    mirrored = parts(lambda sender, listener, each: guarded(sender, listener, each) or (listener == "g3" and each["claim"] == "unicast"), policy)
    assert judge(mirrored, policy)["violations"] == []


def test_what_nobody_judges_is_not_sent() -> None:
    """Fewer frames on the user's network."""
    plan = isolation_plan(seen(), HOSTS, {"expect": {"forged_source": "skip", "unicast_to_others": "skip"}, "repeat": 1})
    assert plan["frames"] == 3 * (1 + 2 + 1)
    assert plan["rounds"]["g1"][0] == [{"claim": "broadcast"}]
    unicast = [{"claim": "unicast", "to": name, "address": mac(name)} for name in ("g2", "g3")]
    assert plan["rounds"]["g1"][1] == [*unicast, {"claim": "unknown_unicast"}]
    plan = isolation_plan(seen(), HOSTS, {**ISOLATED, "expect": {"forged_source": "skip"}})
    assert "forged_source" not in str(plan["rounds"]), "not between isolated hosts either"


def problems(policy: Result | None = None, hosts: Sequence[str] = HOSTS, **changed: Any) -> str:
    """Why a check can't be made, all in one."""
    return "\n".join(isolation_plan(seen(hosts, **changed), hosts, policy)["problems"])


def test_checks_that_can_not_be_made() -> None:
    """Told before a frame is sent."""
    assert "at least two hosts" in problems(hosts=["g1"]) and "virtnet_hosts" in problems(hosts=["g1"])
    assert "g2 gave no answer about its interface" in problems(g2={"failed": True})
    assert "g1 and g2 have the same address" in problems(g2=seen()["g1"])
    assert "Another probe listens on eth0 of g1" in problems(g1={**seen()["g1"], "listeners": 1})
    many = [f"g{number}" for number in range(1, 18)]
    assert problems(hosts=many[:16]) == "" and "g17 would send 102 frames; at most 100 are allowed" in problems(hosts=many)
    assert "isolation_check_repeat" in problems(hosts=many)
    for option, named in {"isolated": [["g1", "g7"]], "controls": ["g7"], "overrides": [{"to": ["g7"], "expect": {"broadcast": "skip"}}]}.items():
        assert f"isolation_check_{option} names g7, which is none of the hosts of this check; add it to the play's hosts" in problems({option: named})
    alone = problems({"isolated": [HOSTS]})
    assert "g1 is to hear nothing from any host" in alone and "No host is to hear g3" in alone and alone.count("isolation_check_controls") == 6
    nothing = {"broadcast": "skip", "own_unicast": "skip", "unicast_to_others": "skip", "unknown_unicast": "skip", "forged_source": "skip"}
    assert "let isolation_check_expect accept at least one flow" in problems({"expect": nothing})
    assert "can't stand in a frame" in "\n".join(isolation_plan({"a b": seen()["g1"], "g2": seen()["g2"]}, ["a b", "g2"])["problems"])


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"expect": {"broadcasts": "accept"}}, "expect: broadcasts is none of broadcast, own_unicast"),
        ({"expect": {"broadcast": "allow"}}, "expect: broadcast is 'allow', which is none of accept, reject, skip"),
        ({"overrides": [{"form": ["g1"], "expect": {"broadcast": "skip"}}]}, "overrides[0]: write expect"),
        ({"overrides": [{"from": ["g1"]}]}, "overrides[0]: write expect"),
        ({"repeat": 11}, "isolation_check_repeat: 11 is outside 1 to 10"),
        ({"isolate": []}, "policy: isolate is none of"),
    ],
)
def test_a_policy_that_is_wrong(policy: Result, words: str) -> None:
    """Refused by both filters."""
    with pytest.raises(AnsibleFilterError) as caught:
        isolation_plan(seen(), HOSTS, policy)
    assert words in str(caught.value)
    with pytest.raises(AnsibleFilterError, match="isolation_verdict: "):
        judge({}, policy)


@pytest.mark.parametrize("wrong", [None, [], "g1"])
def test_other_input_is_refused(wrong: Any) -> None:
    """Not taken for a check without findings."""
    with pytest.raises(AnsibleFilterError, match="results of isolation_probe by host"):
        isolation_plan(wrong, HOSTS)
    with pytest.raises(AnsibleFilterError, match="results of isolation_probe by host"):
        isolation_verdict(wrong, HOSTS, RUN)
