# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where files are written: not to where another user's link leads, and not into what another user may have put there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._media import place, record
from ansible_collections.virtnet.hardening.plugins.module_utils._media.progress import Progress
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: files of other users")


def link(path: Path, target: str, uid: int = NOBODY) -> Path:
    """A link that somebody made."""
    path.symlink_to(target)
    os.lchown(path, uid, uid)
    return path


@needs_root
def test_links_of_others_are_not_followed(tmp_path: Path) -> None:
    """The file itself, a folder on the way to it, one behind a link of one's own, and one that leads nowhere yet."""
    (tmp_path / "victim").mkdir()
    link(tmp_path / "file", str(tmp_path / "victim" / "file"))
    link(tmp_path / "folder", "victim")
    link(tmp_path / "mine", "folder", 0)
    for path in ("file", "folder/x", "mine/x", "victim/../folder/x", "mine"):
        with pytest.raises(InputError, match="is a symbolic link that user nobody made, and leads to"):
            place.resolve("path", str(tmp_path / path))


def test_ones_own_links_are_followed(tmp_path: Path) -> None:
    """As the kernel does it, also where the end is not there yet, and relative to the folder of the process."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "x").symlink_to("a/b")
    (tmp_path / "a" / "b" / "up").symlink_to("../../a/./b/file")
    (tmp_path / "root").symlink_to(str(tmp_path / "x"))
    for path, real in (("x/file", "a/b/file"), ("x/up", "a/b/file"), ("root/up", "a/b/file"), ("x/../c", "a/c"), ("x/no/thing", "a/b/no/thing"), ("x", "a/b")):
        assert place.resolve("path", str(tmp_path / path)) == str(tmp_path / real) == os.path.realpath(tmp_path / path)
    assert place.resolve("path", "x") == os.path.join(os.getcwd(), "x") and place.resolve("path", "/") == "/"
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="more links than"):
        place.resolve("path", str(tmp_path / "loop"))


@needs_root
@pytest.mark.parametrize(
    ("mode", "owner", "refused"),
    [
        (0o1777, None, True),
        (0o777, None, True),
        (0o755, None, False),
        (0o2775, None, False),
        (0o1777, "nobody", False),
        (0o1777, "65534", False),
        (0o1777, "root", True),
    ],
)
def test_what_another_user_may_have_put_there(tmp_path: Path, mode: int, owner: str | None, refused: bool) -> None:
    """In a folder where everybody may write, unless that user is to have it."""
    folder, path = tmp_path / "folder", tmp_path / "folder" / "ks.cfg"
    folder.mkdir()
    folder.chmod(mode)
    place.check_owner("path", str(path))
    path.write_text("x")
    place.check_owner("path", str(path))
    os.chown(path, NOBODY, NOBODY)
    if refused:
        with pytest.raises(InputError, match="belongs to user nobody, who may have put it there"):
            place.check_owner("path", str(path), owner)
    else:
        place.check_owner("path", str(path), owner)


@needs_root
def test_a_folder_that_another_user_may_have_put_there(tmp_path: Path) -> None:
    """However deep the file is in it, and behind a link of one's own: its owner could put another script in the place of what is written."""
    folder = tmp_path / "shared" / "planted"
    (folder / "own").mkdir(parents=True)
    (tmp_path / "shared").chmod(0o1777)
    os.chown(folder, NOBODY, NOBODY)
    (tmp_path / "link").symlink_to(folder)
    for path in (folder / "ks.cfg", folder / "own" / "ks.cfg", folder / "no" / "ks.cfg", tmp_path / "link" / "ks.cfg"):
        with pytest.raises(InputError, match="shared/planted belongs to user nobody, who may have put it there"):
            place.check_owner("path", str(path))
        place.check_owner("path", str(path), "nobody")
    (tmp_path / "shared").chmod(0o755)
    place.check_owner("path", str(folder / "ks.cfg"))


def facts(path: Path) -> dict[str, Any]:
    """Of a file."""
    found = os.lstat(path)
    return {"mode": found.st_mode & 0o7777, "uid": found.st_uid, "text": path.read_text()}


@needs_root
def test_written_at_once_like_the_old_one(tmp_path: Path) -> None:
    """Owner and mode stay, but for what others could read; a link that came in between is replaced, and its target is as it was."""
    path, victim, seen = tmp_path / "file", tmp_path / "victim", []
    old = os.umask(0o027)
    try:
        place.write(str(path), b"new", False, seen.append)
        assert facts(path) == {"mode": 0o640, "uid": 0, "text": "new"} and [Path(each).parent for each in seen] == [tmp_path]
        path.chmod(0o664)
        os.chown(path, NOBODY, NOBODY)
        place.write(str(path), b"other", False, seen.append)
        assert facts(path) == {"mode": 0o664, "uid": NOBODY, "text": "other"}
        place.write(str(path), b"secret", True, lambda temporary: seen.append(facts(Path(temporary))["mode"]))
        assert facts(path) == {"mode": 0o600, "uid": NOBODY, "text": "secret"} and seen[-1] == 0o600
        victim.write_text("v")
        path.unlink()
        link(path, str(victim))
        place.write(str(path), b"secret", True, lambda _temporary: None)
        assert facts(path) == {"mode": 0o600, "uid": 0, "text": "secret"} and facts(victim)["text"] == "v" and not path.is_symlink()
    finally:
        os.umask(old)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "victim"]


@needs_root
def test_a_file_that_is_planted_a_moment_before_gets_no_secret(tmp_path: Path) -> None:
    """Its owner would own the new one, too."""
    tmp_path.chmod(0o1777)
    path = tmp_path / "ks.cfg"
    path.write_text("planted")
    os.chown(path, NOBODY, NOBODY)
    place.write(str(path), b"secret", True, lambda _temporary: None)
    assert facts(path) == {"mode": 0o600, "uid": 0, "text": "secret"}


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    """Neither a part of a file, nor an exception other than the one that it was."""

    def fail(_temporary: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.write(str(tmp_path / "file"), b"x", True, fail)
    (tmp_path / "folder").mkdir()
    with pytest.raises(IsADirectoryError):
        place.write(str(tmp_path / "folder"), b"x", True, lambda _temporary: None)
    assert [each.name for each in tmp_path.iterdir()] == ["folder"]


@needs_root
def test_records_and_logs_of_others(tmp_path: Path) -> None:
    """A record that somebody else wrote says nothing about what is so; no line is written behind another user's link."""
    tmp_path.chmod(0o1777)
    path = tmp_path / ".out.iso.virtnet.json"
    path.write_text('{"inputs": "x"}')
    assert record.load(str(path)) == {"inputs": "x"}
    os.chown(path, NOBODY, NOBODY)
    assert record.load(str(path)) == {}
    victim = tmp_path / "victim"
    victim.write_text("")
    log = link(tmp_path / "log", str(victim))
    with pytest.raises(InputError, match="log_path: .* symbolic link that user nobody made"):
        Progress("x", str(log))
    log.unlink()
    log.write_text("")
    os.chown(log, NOBODY, NOBODY)
    with pytest.raises(InputError, match="log_path: .* belongs to user nobody"):
        Progress("x", str(log))
    log.unlink()
    os.mkfifo(log)
    with pytest.raises(InputError, match="log_path: .* can't be written"):
        Progress("x", str(log))
    assert victim.read_text() == ""


def test_users_who_are_not_known() -> None:
    """Are told before a file is written."""
    place.check_users("root", "root")
    place.check_users("12345", None)
    for owner, group, words in (("no-such-user", None, "owner: no-such-user"), (None, "no-such-group", "group: no-such-group")):
        with pytest.raises(InputError, match=words):
            place.check_users(owner, group)
