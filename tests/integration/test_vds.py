# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the modules for distributed switches, in a playbook on the simulated vSphere, judged by govc."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, List
from urllib.parse import urlsplit

import yaml

from tests.lab.conftest import Start, _built, _start
from tests.oracle.distributed import GROUP, ports, setting
from tests.oracle.vsphere import Client

from .conftest import ROOT

__all__ = ("_built", "_start")


def examples(module: str) -> List[Any]:
    """As they stand."""
    source = (ROOT / "plugins" / "modules" / f"{module}.py").read_text()
    tasks: List[Any] = yaml.safe_load(source.split('EXAMPLES = r"""')[1].split('"""')[0])
    return tasks


def play(vsphere: Client, path: Path, tasks: List[Any], *options: str) -> str:
    """Run tasks here, with the session in the environment as AWX has it."""
    url = urlsplit(vsphere.data["url"])
    session = {"VMWARE_HOST": str(url.hostname), "VMWARE_PORT": str(url.port), "VMWARE_USER": vsphere.data["user"]}
    environ = {
        **os.environ, **session, "VMWARE_PASSWORD": vsphere.data["password"], "SSL_CERT_FILE": vsphere.data["ca"],
        "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "ANSIBLE_LOCALHOST_WARNING": "false",
    }
    settings = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    path.write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "vars": settings, "tasks": tasks}]))
    done = subprocess.run(["ansible-playbook", "-i", "localhost,", *options, str(path)], env=environ, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    assert vsphere.data["password"] not in done.stdout + done.stderr
    return done.stdout


def test_examples_run_as_they_stand(start: Start, tmp_path: Path) -> None:
    """Those of groups, then those of ports; with -vvv, in which no password may be."""
    vsphere = start("--hosts", "2")
    text = play(vsphere, tmp_path / "play.yml", [*examples("vds_portgroup"), *examples("vds_port")], "-vvv", "--diff")
    answer = json.loads(text[text.index("\n{"):])
    found = [each["hosts"]["localhost"] for each in answer["plays"][0]["tasks"]]
    assert [each["changed"] for each in found] == [True, True, True, False, True, True, True, True, True], [each["msg"] for each in found]
    assert [each["verified"] for each in found] == [each["changed"] for each in found]
    assert setting(vsphere)["macManagementPolicy"]["inherited"] is True
    assert {port["config"]["setting"]["macManagementPolicy"]["inherited"] for port in ports(vsphere)} == {"true"}
    assert vsphere.collect(GROUP, "config.policy")["macManagementOverrideAllowed"] is True
    assert "nested" not in vsphere.govc("find", "/", "-type", "g")
