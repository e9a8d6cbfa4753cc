# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The frames of isolation_probe, its bounds and refusals, and the choice of the interface: the pure parts."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from ansible_collections.virtnet.hardening.plugins.module_utils._probe import frame, request
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.links import Link, choose
from ansible_collections.virtnet.hardening.plugins.module_utils._probe.request import ProbeRequest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

names = st.from_regex(frame.NAME, fullmatch=True)
runs = st.from_regex(frame.RUN, fullmatch=True)
macs = st.binary(min_size=6, max_size=6).map(lambda raw: bytes([raw[0] & 0xFE]) + raw[1:]).filter(any).map(lambda raw: raw.hex(":"))
marks = st.builds(frame.Mark, run=runs, sequence=st.integers(1, 10), claim=st.sampled_from(frame.CLAIMS), sender=names, to=names).map(
    lambda mark: mark if mark.claim in frame.ADDRESSED else mark._replace(to="")
)


@settings(print_blob=True, deadline=None)
@given(marks, macs, macs)
def test_every_frame_is_read_as_it_was_written(mark: frame.Mark, own: str, target: str) -> None:
    """And is of the one EtherType, short, from a station, and says what it is."""
    assume(not frame.is_test_mac(own) and not frame.is_test_mac(target))
    destination, source = frame.addresses(mark, own, target)
    raw = frame.encode(mark, destination, source)
    assert frame.decode(raw) == frame.Heard(mark, source, destination)
    assert struct.unpack_from("!H", raw, 12)[0] == 0x88B5 and 60 <= len(raw) <= 512 and not raw[6] & 1
    assert raw[14:].startswith(b"virtnet.hardening isolation_probe 1 run=")
    assert source == own or (source.startswith("02:88:b5:") and mark.claim == "forged_source")
    assert frame.decode(raw + b"\0" * 30) is not None and frame.decode(raw[:-1].rstrip(b"\0\n")) is None


@settings(print_blob=True, deadline=None)
@given(st.binary(max_size=1600))
def test_noise_is_no_frame(noise: bytes) -> None:
    """And never an error."""
    assert frame.decode(noise) is None
    assert frame.decode(b"\xff" * 6 + b"\2" + b"\0" * 5 + b"\x88\xb5" + noise) is None


@settings(print_blob=True, deadline=None)
@given(runs, names, names)
def test_test_addresses(run: str, one: str, other: str) -> None:
    """Locally administered unicast; what is sent from is never what is sent to."""
    forged, unknown = frame.test_mac(run, "forged_source", one), frame.test_mac(run, "unknown_unicast", other)
    for address in (forged, unknown):
        first = int(address[:2], 16)
        assert first & 2 and not first & 1 and frame.is_test_mac(address)
    assert int(forged[-2:], 16) % 2 == 0 and int(unknown[-2:], 16) % 2 == 1, "so that no sender's source is another's unknown destination"
    assert forged == frame.test_mac(run, "forged_source", one)


@pytest.mark.parametrize("source", ["ff:ff:ff:ff:ff:ff", "01:80:c2:00:00:00", "33:33:00:00:00:01", "03:88:b5:00:00:00", "00:00:00:00:00:00"])
def test_no_group_is_ever_a_source(source: str) -> None:
    """Whatever a bug above would ask for."""
    with pytest.raises(InputError, match="never a multicast, the broadcast or the zero address"):
        frame.encode(frame.Mark("12345678", 1, "broadcast", "g1"), frame.BROADCAST, source)


def params(**given: Any) -> dict[str, Any]:
    """Options as the module has them."""
    base = {"action": "send", "interface": None, "run": "12345678", "name": "g1", "duration": 30, "repeat": 3, "probes": [probe("broadcast")]}
    return {**base, **given}


def probe(claim: str, to: Any = None, address: Any = None) -> dict[str, Any]:
    """One probe."""
    return {"claim": claim, "to": to, "address": address}


G2 = "52:54:00:00:00:02"
REFUSED: dict[str, Any] = {
    "run: 'ABCDEFGH' must be 8 to 32": {"run": "ABCDEFGH"},
    "run: '1234567' must be": {"run": "1234567"},
    "name: 'a b' can't stand in a frame": {"name": "a b"},
    "name: '{{ x }}' can't": {"name": "{{ x }}"},
    "duration: 301 s is outside 1 to 300 s": {"action": "listen", "duration": 301},
    "duration: 0 s is outside": {"action": "listen", "duration": 0},
    "repeat: 11 is outside 1 to 10": {"repeat": 11},
    "probes: there is nothing to send": {"probes": []},
    "34 probes with repeat 3 are 102 frames; a run sends at most 100": {"probes": [probe("broadcast")] * 34},
    "probes[0]: broadcast is meant for no host in particular": {"probes": [probe("broadcast", "g2")]},
    "probes[1]: unknown_unicast is meant for no host": {"probes": [probe("broadcast"), probe("unknown_unicast", None, G2)]},
    "probes[0]: unicast needs to and address": {"probes": [probe("unicast", "g2")]},
    "probes[0]: forged_source needs to and address": {"probes": [probe("forged_source", None, G2)]},
    "probes[0].address: 33:33:00:00:00:01 is a multicast address": {"probes": [probe("unicast", "g2", "33:33:00:00:00:01")]},
    "probes[0].address: ff:ff:ff:ff:ff:ff is a multicast address": {"probes": [probe("unicast", "g2", "ff:ff:ff:ff:ff:ff")]},
    "probes[0].address: 02:88:b5:00:00:01 is a test address": {"probes": [probe("unicast", "g2", "02:88:B5:00:00:01")]},
    "probes[0].to: 'g 2' can't stand": {"probes": [probe("unicast", "g 2", G2)]},
    "interface: 'much-too-long-name' has 18 bytes": {"interface": "much-too-long-name"},
}


@pytest.mark.parametrize("words", REFUSED)
def test_refusals(words: str) -> None:
    """One sentence that names the option and the value."""
    with pytest.raises(InputError) as caught:
        ProbeRequest(params(**REFUSED[words]))
    assert words in caught.value.message


def test_no_frame_to_oneself() -> None:
    """It would never leave."""
    wanted = ProbeRequest(params(probes=[probe("unicast", "g1", G2)]))
    with pytest.raises(InputError, match="this host's own address"):
        wanted.frames(G2)


def test_no_option_for_anything_else_in_a_frame() -> None:
    """The EtherType, the source and the payload are nobody's choice, and the caps are what the documentation says."""
    spec = request.spec()
    assert set(spec) == {"action", "interface", "run", "name", "duration", "probes", "repeat"}
    assert set(spec["probes"]["options"]) == {"claim", "to", "address"}
    assert (request.MAX_FRAMES, request.MAX_REPEAT, request.MAX_SECONDS, request.PAUSE, request.SEND_SECONDS) == (100, 10, 300, 0.01, 10.0)


def test_repetitions_are_spread() -> None:
    """A burst of loss must not take all repetitions of one frame."""
    frames = ProbeRequest(params(probes=[probe("broadcast"), probe("unicast", "g2", G2)], repeat=2)).frames("52:54:00:00:00:01")
    assert [(each.mark.claim, each.mark.sequence) for each in frames] == [("broadcast", 1), ("unicast", 1), ("broadcast", 2), ("unicast", 2)]


def link(index: int, name: str, **given: Any) -> Link:
    """A good interface."""
    base = {"mac": f"52:54:00:00:00:{index:02x}", "mtu": 1500, "usable": True, "ethernet": True, "master": 0, "master_kind": ""}
    return Link(index, name, **{**base, **given})


def test_members_of_a_vrf_will_do() -> None:
    """Of other masters not, also of one in another namespace."""
    members: list[Link] = [link(2, "eth0", master=9, master_kind="vrf"), link(3, "eth1", master=9, master_kind="bond"), link(9, "m0", ethernet=False)]
    links = {each.ifindex: each for each in members}
    assert choose(links, [], "eth0").link.name == "eth0"
    with pytest.raises(InputError, match="eth1 belongs to m0"):
        choose(links, [], "eth1")
    with pytest.raises(InputError, match="eth1 belongs to a device of another namespace"):
        choose({3: links[3]}, [3], None)
