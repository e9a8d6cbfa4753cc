# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules of the installer's files show, to people and to the log of the system, and where they write. Run in this process."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils import basic

from ..media import world

MODULES = "ansible_collections.virtnet.hardening.plugins.modules."
KICKSTART, BOOT_CFG, MEDIA = (MODULES + name for name in ("esxi_kickstart", "esxi_boot_cfg", "esxi_install_media"))
# openssl passwd -6 -salt vt.example not-a-password
HASH = "$6$vt.example$zLoioh89ARg1mToSVx8PcOhFK2pZRhGyTemUFLma.ukv9B23eKR79ceVFDHR7dDZtpbU/XyzyR6k3/.C5GsOK1"
# Of a form that nobody knows: only as part of a script it is known to be one.
UNKNOWN, SECRET = "vendortool --activate Qx7-unheard-of", "Ch4p-S3cret"
SCRIPT = f"echo one\n{UNKNOWN}\nesxcli iscsi adapter auth chap set -A vmhba64 -S {SECRET}\necho two\n"
NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: files of other users")


@pytest.fixture(name="logged")
def _logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What goes to the log of the system."""
    lines: list[str] = []
    monkeypatch.setattr(basic, "has_journal", False, raising=False)
    monkeypatch.setattr(basic.syslog, "syslog", lambda _level, text: lines.append(text))
    return lines


def kickstart(path: Path, **more: Any) -> dict[str, Any]:
    """A right one, with scripts."""
    given = {"path": str(path), "accepteula": True, "root_password_hash": HASH, "install": {"firstdisk": ["local"], "overwritevmfs": True}, "reboot": True}
    return {
        **given,
        "network": {"bootproto": "dhcp"},
        "secure_boot": False,
        "post": [{"script": SCRIPT}],
        "firstboot": [{"script": "echo done\n"}],
        "fail_on": "never",
        **more,
    }


def test_scripts_are_not_shown_among_the_options(tmp_path: Path, logged: list[str]) -> None:
    """In no end of the module, nor in the log; in the diff, what is known to be secret is not."""
    path = tmp_path / "ks.cfg"
    ends = [
        world.module(kickstart(path), name=KICKSTART),
        world.module(kickstart(path, fail_on="error"), name=KICKSTART),
        # Refused by Ansible, before a line of the module runs.
        world.module(kickstart(path, fail_onn="error"), name=KICKSTART),
        world.module(kickstart(path, fail_on="sometimes"), name=KICKSTART),
        world.module(kickstart(path, post=[{"script": SCRIPT, "interpreter": "perl"}]), name=KICKSTART),
    ]
    assert [bool(each.get("failed")) for each in ends] == [False, True, True, True, True]
    for each in ends:
        assert SECRET not in str(each) and UNKNOWN not in str(each["invocation"]) and HASH not in str(each)
        assert "NO_LOG" in str(each["invocation"]["module_args"]["post"][0]["script"])
    assert logged and not [line for line in logged if SECRET in line or UNKNOWN in line or HASH in line]
    after = ends[0]["diff"][0]["after"]
    # People see what else a script does.
    assert f"%post\necho one\n{UNKNOWN}\nesxcli iscsi adapter auth chap set -A vmhba64 -S ********\necho two\n%firstboot\necho done\n" in after
    assert SECRET in path.read_text() and ends[0]["options"]["firstboot"] == [{"script": "echo done\n"}]


def test_scripts_of_media_are_not_logged(tmp_path: Path, logged: list[str]) -> None:
    """no_log of a suboption does not hide a text of several lines from the log of the system."""
    content = f"vmaccepteula\nrootpw --iscrypted {HASH}\n%post\n{SCRIPT}"
    given = {"src": str(tmp_path / "no.iso"), "dest": str(tmp_path / "x.iso"), "hosts": [{"name": "a", "kickstart_content": content}]}
    for more in ({}, {"form": "iso"}, {"ks_url": f"http://u:{SECRET}@h/ks"}):
        result = world.module({**given, **more}, name=MEDIA)
        assert result["failed"] and HASH not in str(result) and SECRET not in str(result) and UNKNOWN not in str(result)
    assert logged and not [line for line in logged if SECRET in line or UNKNOWN in line or HASH in line]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        (KICKSTART, {"rootpw": SECRET}),
        (KICKSTART, {"install": {"firstdisk": ["local"], "passphrase1": SECRET}}),
        (KICKSTART, {"scriptt": {"a": [SECRET]}}),
        (MEDIA, {"hosts": [{"name": "a", "kickstart_contnt": SECRET}]}),
        (BOOT_CFG, {"kernel_options": {"esx_password": SECRET}, "timeout": "soon"}),
    ],
)
def test_options_that_there_are_not(tmp_path: Path, logged: list[str], name: str, given: dict[str, Any]) -> None:
    """Somebody meant root_password_hash: what is refused is shown by its name only, and so is a secret by the name of a free option."""
    place = {"src": str(tmp_path / "no"), "dest": str(tmp_path / "x")} if name == MEDIA else {"path": str(tmp_path / "x")}
    result = world.module({**place, **given}, name=name)
    assert result["failed"] and SECRET not in str(result) and str(tmp_path / "x") in str(result["invocation"]), result
    assert not [line for line in logged if SECRET in line]


def test_urls_with_a_password_are_hidden_when_ansible_refuses(tmp_path: Path, logged: list[str]) -> None:
    """Also where the module itself never runs."""
    given = {"path": str(tmp_path / "boot.cfg"), "kernel_options": {"ks": f"http://u:{SECRET}@h/ks"}, "prefix": f"http://u:{SECRET}@h/"}
    for more in ({}, {"prefixx": "y"}, {"timeout": "soon"}):
        result = world.module({**given, **more}, name=BOOT_CFG)
        assert result["failed"] and SECRET not in str(result), result
    assert logged and not [line for line in logged if SECRET in line]


def boot_cfg(path: Path) -> Path:
    """As on the vendor's medium."""
    path.write_text(world.BOOT_CFG)
    return path


@needs_root
@pytest.mark.parametrize("check", [True, False])
def test_links_of_other_users(tmp_path: Path, check: bool) -> None:
    """Are refused by name, and what they lead to is neither shown nor changed: the file, its folder, one copy in a tree."""
    victim = tmp_path / "victim"
    victim.write_text("root:S3cr3tline:0:0\n")
    (tmp_path / "tree").mkdir()
    for path in (tmp_path / "ks.cfg", tmp_path / "tree" / "boot.cfg"):
        path.symlink_to(victim)
        os.lchown(path, NOBODY, NOBODY)
    (tmp_path / "folder").symlink_to(tmp_path / "tree")
    os.lchown(tmp_path / "folder", NOBODY, NOBODY)
    results = [
        world.module(kickstart(tmp_path / "ks.cfg"), check, name=KICKSTART),
        world.module(kickstart(tmp_path / "folder" / "new.cfg"), check, name=KICKSTART),
        world.module({"path": str(tmp_path / "tree"), "timeout": 3, "fail_on": "never"}, check, name=BOOT_CFG),
        world.module({"path": str(tmp_path / "tree" / "boot.cfg"), "timeout": 3}, check, name=BOOT_CFG),
    ]
    for each in results:
        assert each["failed"] and "is a symbolic link that user nobody made" in each["msg"] and "S3cr3tline" not in str(each), each
    assert victim.read_text() == "root:S3cr3tline:0:0\n" and sorted(each.name for each in (tmp_path / "tree").iterdir()) == ["boot.cfg"]


@needs_root
def test_files_of_other_users(tmp_path: Path) -> None:
    """In a folder for everybody they are refused, unless that user is to have it; elsewhere they keep their owner."""
    path, folder = tmp_path / "ks.cfg", tmp_path / "mine"
    tmp_path.chmod(0o1777)
    folder.mkdir()
    for each in (path, folder / "ks.cfg"):
        each.write_text("x")
        os.chown(each, NOBODY, NOBODY)
    for check in (True, False):
        result = world.module(kickstart(path), check, name=KICKSTART)
        assert result["failed"] and "belongs to user nobody, who may have put it there" in result["msg"]
    assert path.read_text() == "x"
    for changes in (True, False):
        assert world.module(kickstart(path, owner="nobody"), name=KICKSTART)["changed"] == changes
    assert world.module(kickstart(folder / "ks.cfg"), name=KICKSTART)["changed"]
    for each in (path, folder / "ks.cfg"):
        assert (os.stat(each).st_uid, os.stat(each).st_mode & 0o777) == (NOBODY, 0o600)
    boot_cfg(tmp_path / "boot.cfg")
    os.chown(tmp_path / "boot.cfg", NOBODY, NOBODY)
    assert "belongs to user nobody" in world.module({"path": str(tmp_path / "boot.cfg"), "timeout": 3}, name=BOOT_CFG)["msg"]


def test_backups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Never readable by others for a moment, and not written to what is there under that name."""
    path = tmp_path / "ks.cfg"
    path.write_text("rootpw secret\n")
    path.chmod(0o644)
    result = world.module(kickstart(path, backup=True), name=KICKSTART)
    assert Path(result["backup_file"]).read_text() == "rootpw secret\n" and os.stat(result["backup_file"]).st_mode & 0o777 == 0o600
    monkeypatch.setattr("time.strftime", lambda *_given: "now~")
    planted = tmp_path / f"ks.cfg.{os.getpid()}.now~"
    planted.symlink_to(tmp_path / "elsewhere")
    result = world.module(kickstart(path, backup=True, keyboard="German"), name=KICKSTART)
    assert result["failed"] and "backup" in result["msg"] and not (tmp_path / "elsewhere").exists() and "German" not in path.read_text()
