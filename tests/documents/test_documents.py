# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every block and every command of README, CONTRIBUTING, docs and the roles' READMEs is run as it stands. What is new in a document and nobody has
said how to run makes these tests fail: tables.py and fragments.py take the author's word."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from . import fragments, scenes, tables
from .desk import PASSING_JSON, Desk, Typed
from .reading import ROOT, Block, Command, Item, documents, items, undecided

ITEMS = [item for path in documents() for item in items(path)]
# What Ansible says of hosts, groups and files that are not there, and goes on.
_LOST = re.compile(r"Could not match supplied host pattern|provided hosts list is empty|Unable to parse")
# Consoles of a document that ran already.
_typed: dict[Command, Typed] = {}


def _id(item: Item) -> str:
    return f"{item.path}:{item.line}"


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_is_undecided(path: Path) -> None:
    """Words in the form of a command that nobody called one, and options without their command."""
    assert undecided(path) == {}


def test_the_tables_name_nothing_else() -> None:
    """A line about something that is in no document any more is a lie about what is tested."""
    known = {(item.path, item.key) for item in ITEMS}
    tabled = [*tables.SCENES, *tables.FAILS, *tables.NOT_HERE, *fragments.OTHERS]
    assert [key for key in tabled if key not in known] == []
    assert len(known) == len(ITEMS), "two blocks of a document begin alike; give them other names"


@pytest.mark.parametrize("item", ITEMS, ids=_id)
def test_as_it_stands(desk: Desk, item: Item) -> None:
    """Playbooks, commands in the order of their document, all else as its table says. A file that a command takes is run by that command."""
    reason = tables.not_here(item)
    if reason is not None:
        pytest.skip(f"SKIPPED: {reason}")
    if isinstance(item, Command):
        _command(desk, item)
        return
    other = fragments.OTHERS.get((item.path, item.key))
    if other is not None:
        other(desk, item)
        return
    if _typed_below(item):
        return
    scene_of = tables.scene_of(item)
    assert scene_of is not None and item.language == "yaml" and isinstance(item.data, list), (
        f"{_id(item)}: nobody has said how to run '{item.key}': add it to SCENES or NOT_HERE in tables.py, or to OTHERS in fragments.py"
    )
    _playbook(desk, item, scene_of(desk))


def _playbook(desk: Desk, item: Block, scene: scenes.Scene) -> None:
    name = item.file or "block.yml"
    plays: Any = item.data
    if "hosts" not in plays[0]:
        plays = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": plays}]
    desk.write(name, item.text if plays is item.data else plays)
    words = f"ansible-playbook {name} {scene.options}"
    done = desk.once((item.text, scene.options), lambda: desk.type(words, {**scene.environ, **PASSING_JSON}, scene.before))
    assert done.code == 0 and not _LOST.search(done.output), done.output[-4000:]
    assert done.answer["stats"], "no host was in the play"


def _typed_below(item: Block) -> bool:
    """Whether a command of the document takes the file that the block is."""
    commands = [each for each in ITEMS if isinstance(each, Command) and each.path == item.path and tables.not_here(each) is None]
    return bool(item.file) and any(item.file in each.words for each in commands)


def _command(desk: Desk, item: Command) -> None:
    """With what was typed before it in the consoles of its document."""
    if item.inline:
        _type(desk, item)
        return
    consoles = [each for each in items(ROOT / item.path) if isinstance(each, Command) and not each.inline and tables.not_here(each) is None]
    for each in consoles[: consoles.index(item) + 1]:
        if each not in _typed:
            if each is consoles[0]:
                desk.exported = {}
            _typed[each] = _type(desk, each)
            desk.keep_exports()
    _compare(item, _typed[item])


def _type(desk: Desk, item: Command) -> Typed:
    scene_of = tables.scene_of(item)
    assert scene_of is not None
    scenes.write_files(desk, item.path)
    scene = scene_of(desk)
    endless, failure = tables.ENDLESS.get(item.words[0]), tables.FAILS.get((item.path, item.key))
    words = item.text if endless is None else f"timeout 5 {item.text}"
    done = desk.once((words, scene_of), lambda: desk.type(words, scene.environ, scene.before, console=not item.inline))
    if endless is not None:
        assert done.code == 124 and done.output and endless in done.output, done.output
        return done
    assert (done.code == 0) is (failure is None) and not _LOST.search(done.output), done.output[-4000:]
    assert item.words[0] != "ansible-playbook" or re.search(r"^\S+ +: ok=", done.output, re.MULTILINE), "no host was in any play"
    if failure is not None:
        assert failure in " ".join((ROOT / item.path).read_text().split()) and failure in done.output, done.output[-4000:]
    return done


def _compare(item: Command, done: Typed) -> None:
    """What the console shows, but for the numbers of this day."""
    shown, real = (re.sub(r"\d+", "N", text).strip() for text in (item.output, done.output))
    assert not shown or shown == real, (item.output, done.output)


def _neighbour(desk: Desk) -> tuple[Any, bool, bool]:
    """The port of a guest that README's first playbook does not name: its flags and entries, and whether it reaches the network and a neighbour."""
    flags = desk.on_host("kvm1", "bridge -d link show dev vnet2", "nft list ruleset | grep -c vnet2 || true")
    return re.sub(r"\(.*?\)", "", flags), desk.lab.reaches("guest3", "192.0.2.1"), desk.lab.reaches("guest3", "192.0.2.11")


def test_the_first_playbook_leaves_other_guests_as_they_are(desk: Desk) -> None:
    """Also once all has aged out that the bridge had learned before; and the guests that it names can forge no more, and are reached."""
    scene = scenes.kvm(desk)
    # In hundredths of a second.
    desk.on_host("kvm1", "ip link set br0 type bridge ageing_time 100")
    before = _neighbour(desk)
    assert before[1:] == (True, True)
    assert scenes.run_playbook(desk, scene, "first.yml") == 0
    desk.on_host("kvm1", "sleep 3")
    assert _neighbour(desk) == before
    entries = desk.on_host("kvm1", "bridge fdb show br br0")
    named: set[str] = {line.split()[2] for line in entries.splitlines() if "sticky" in line}
    assert named == {"vnet0", "vnet1"} and desk.lab.reaches("guest1", "192.0.2.1")
    desk.lab.call("exec", "guest1", "--", "ip", "link", "set", "eth0", "address", "52:54:00:01:00:77")
    assert not desk.lab.reaches("guest1", "192.0.2.1")
    desk.lab.call("exec", "guest1", "--", "ip", "link", "set", "eth0", "address", "52:54:00:01:00:01")


def plays_for_hosts() -> list[tuple[str, dict[str, Any]]]:
    """Of documents, playbooks and examples: those whose hosts are Linux hosts."""
    found = [(_id(item), item.data) for item in ITEMS if isinstance(item, Block) and item.language == "yaml" and isinstance(item.data, list)]
    found += [(str(path.relative_to(ROOT)), yaml.safe_load(path.read_text())) for path in sorted((ROOT / "playbooks").glob("*.yml"))]
    plays = [(where, play) for where, data in found for play in data if "hosts" in play]
    return [(where, play) for where, play in plays if re.search(r"kvm|guest", str(play["hosts"]))]


def test_plays_for_linux_hosts_become_root() -> None:
    """An SSH user is not root."""
    plays = plays_for_hosts()
    assert len(plays) >= 8 and [where for where, play in plays if play.get("become") is not True] == []
