# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module in playbooks: its examples as they stand, and what all of Ansible's output must not show."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from ..integration.conftest import changed
from ..integration.test_installer import PASSWORD, Runner
from . import world
from .conftest import Media


def test_examples_run_as_they_stand(media: Media, kickstart: Path, root_hash: str, tmp_path: Path) -> None:
    """But for the folder. A second time nothing changes; with -vvv the hash is shown nowhere."""
    shutil.copyfile(media.plain, tmp_path / "esxi.iso")
    shutil.copyfile(kickstart, tmp_path / "ks.cfg")
    source = (world.ROOT / "plugins" / "modules" / "esxi_install_media.py").read_text()
    tasks = yaml.safe_load(source.split('EXAMPLES = r"""')[1].split('"""')[0].replace("/var/tmp/", f"{tmp_path}/"))
    runner, outputs = Runner(tmp_path), []
    assert changed(runner.play(tasks, "--check", "--diff", "-vvv")) == len(tasks)
    outputs.append(runner.raw)
    assert changed(runner.play(tasks, "--diff", "-vvv")) == len(tasks)
    outputs.append(runner.raw)
    assert changed(runner.play(tasks)) == 0
    more = [{"name": "Content", "virtnet.hardening.esxi_install_media": {**tasks[0]["virtnet.hardening.esxi_install_media"], "kickstart": None}}]
    given = more[0]["virtnet.hardening.esxi_install_media"]
    del given["kickstart"]
    for content in (kickstart.read_text() + "# another\n", kickstart.read_text() + "eula\n"):
        given["kickstart_content"] = content
        runner.play(more, "--diff", "-vvv", ok="eula\n" not in content)
        outputs.append(runner.raw)
    assert len(outputs) == 4 and all("esxi_install_media" in output for output in outputs)
    for output in outputs:
        assert root_hash not in output and root_hash[-20:] not in output and PASSWORD not in output
    left = world.tool("grep", "-r", "-l", "-a", "-F", root_hash, str(tmp_path)).split()
    # play.yml is the playbook itself.
    expected = {"esx1.iso", "ks.cfg", "play.yml", "http/ks/esx1.cfg", "http/ks/esx2.cfg", "http/ks/esx3.cfg"}
    assert {str(Path(path).relative_to(tmp_path)) for path in left} == expected
