# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back of a change that cuts the host off, on a host with systemd: where logind ends what a session leaves, and where the host is restarted.

Judged by iproute2 on the host, and by whether it can be reached.
"""

from __future__ import annotations

import json
import re
from typing import Iterator

import pytest

from .booted import Booted, booted, result, within

NOTES = "/run/virtnet-hardening /var/lib/virtnet-hardening"


@pytest.fixture(scope="module", name="machine")
def _machine() -> Iterator[Booted]:
    with booted() as host:
        yield host


@pytest.fixture(name="host")
def _host(machine: Booted) -> Booted:
    """Whatever an earlier test left."""
    machine.console("ip", "link", "set", "host0", "master", "br0")
    return machine


def master(host: Booted) -> str:
    """Of the uplink."""
    return str(json.loads(host.console("ip", "-j", "link", "show", "host0"))[0].get("master", ""))


def notes(host: Booted) -> list[str]:
    """Files that are left, and units."""
    files = host.console("find", *NOTES.split(), "-type", "f", ok=False).split()
    return files + host.console("systemctl", "list-units", "--all", "--plain", "--no-legend", "virtnet*").split()


@pytest.mark.parametrize("user", ["admin", "root"])
def test_the_way_back_outlives_its_session(host: Booted, user: str) -> None:
    """The uplink leaves, the server ends the session that nobody answers in, and logind kills what is left of it before the time is over."""
    playing = host.play(user, ports=["host0"], state="absent", allow_management=True, rollback_timeout=8)
    assert within(30, lambda: master(host) == "")
    assert within(6, lambda: not host.console("loginctl", "--no-legend").strip()), "the session lives"
    assert master(host) == "", "it went back before its time"
    assert within(15, lambda: master(host) == "br0"), "the host is lost"
    outcome = result(playing)
    assert outcome["error_code"] == "rolled_back" and outcome["not_undone"] == [], outcome
    assert any("create port host0" in step for step in outcome["undone"])
    assert within(5, lambda: notes(host) == []), notes(host)


def test_a_change_that_holds_is_confirmed(host: Booted) -> None:
    """Over a new session, though the one of the change has ended; nothing of it is left."""
    outcome = result(host.play("admin", ports=["host0"], priority=9, allow_management=True, rollback_timeout=4))
    assert outcome["rollback"]["confirmed"] is True and not outcome.get("warnings"), outcome
    assert within(5, lambda: notes(host) == []), notes(host)
    assert json.loads(host.console("ip", "-j", "-d", "link", "show", "host0"))[0]["linkinfo"]["info_slave_data"]["priority"] == 9


def test_without_a_bus_it_says_what_may_end_it(host: Booted) -> None:
    """The change is made all the same, as the host can be reached."""
    host.console("systemctl", "stop", "dbus.socket", "dbus.service")
    try:
        outcome = result(host.play("admin", ports=["host0"], priority=8, allow_management=True, rollback_timeout=4))
    finally:
        host.console("systemctl", "start", "dbus.socket")
    assert outcome["rollback"]["confirmed"] is True
    (text,) = [str(each) for each in outcome["warnings"]]
    assert "may end with the session or the service in which the task runs, as it got no scope of systemd" in text


def test_a_restart_is_no_confirmation(host: Booted) -> None:
    """It ends the change and the watchdog. The control node says that it does not know, and each run after it what was pending."""
    playing = host.play("admin", ports=["host0"], state="absent", allow_management=True, rollback_timeout=20)
    assert within(30, lambda: master(host) == "")
    before = host.console("cat", "/proc/sys/kernel/random/boot_id")
    host.console("systemctl", "reboot", "--force")
    host.wait_until_up()
    assert host.console("cat", "/proc/sys/kernel/random/boot_id") != before
    outcome = result(playing)
    assert outcome["error_code"] == "rolled_back" and "no journal was found on the host" in outcome["not_undone"][0], outcome
    for user in ("admin", "root"):
        told = result(host.play(user, ports=["host0"], priority=7, allow_management=True))
        (text,) = [str(each) for each in told["warnings"]]
        assert "linux_bridge_port" in text and "port host0" in text and "neither confirmed nor undone when the host was restarted" in text
        assert told["rollback"]["confirmed"] is True if user == "admin" else not told["changed"]
    (note,) = re.findall(r"then remove (/var/lib/virtnet-hardening/\w+\.pending)\.", text)
    host.console("rm", note)
    assert not result(host.play("root", ports=["host0"], priority=7, allow_management=True)).get("warnings")
