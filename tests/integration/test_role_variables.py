# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Null and an empty text are not given, for every variable of every role, by what the roles document; and documents may be text.

VIRTNET_PLAYBOOK names another ansible-playbook than that of the environment, for another ansible-core.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ROOT

SPECS = {path.parent.parent.name: yaml.safe_load(path.read_text())["argument_specs"] for path in sorted((ROOT / "roles").glob("*/meta/argument_specs.yml"))}
OPTIONS: dict[str, dict[str, Any]] = {
    role: {name: option for entry in entries.values() for name, option in entry["options"].items()} for role, entries in SPECS.items()
}
DEFAULTS = {role: yaml.safe_load((ROOT / "roles" / role / "defaults" / "main.yml").read_text()) for role in SPECS}
# How AWX writes what nobody answered, and how people do.
EMPTY = {"null": "null", "empty": "''", "unsafe": "!unsafe ''"}


def _lookup(role: str) -> str:
    return f"lookup('virtnet.hardening.role_variables', '{role}')"


def _play(tasks: list[Any]) -> list[Any]:
    return [{"hosts": "localhost", "gather_facts": False, "connection": "local", "vars": {"ansible_python_interpreter": sys.executable}, "tasks": tasks}]


def _run(folder: Path, tasks: list[Any], extra: str = "", *options: str) -> dict[str, Any]:
    """The results of the tasks by name, with C(extra) as a file of extra variables."""
    (folder / "play.yml").write_text(yaml.safe_dump(_play(tasks), sort_keys=False))
    (folder / "extra.yml").write_text(extra or "{}\n")
    command = [os.environ.get("VIRTNET_PLAYBOOK", "ansible-playbook"), "-i", "localhost,", str(folder / "play.yml"), "-e", f"@{folder / 'extra.yml'}", *options]
    environ = dict(os.environ, ANSIBLE_STDOUT_CALLBACK="ansible.posix.json", ANSIBLE_DEPRECATION_WARNINGS="false", ANSIBLE_LOCALHOST_WARNING="false")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, timeout=300)
    assert "{" in done.stdout, done.stdout + done.stderr
    answer = json.loads(done.stdout[done.stdout.index("{") :])
    return {each["task"]["name"]: each["hosts"]["localhost"] for play in answer["plays"] for each in play["tasks"]}


def _asked() -> list[Any]:
    return [{"name": role, "ansible.builtin.debug": {"msg": "{{ " + _lookup(role) + " }}"}} for role in OPTIONS]


@pytest.mark.parametrize("how", EMPTY)
def test_no_answer_is_the_default(tmp_path: Path, how: str) -> None:
    """Of each variable that an argument spec of any role has. What has no default is not there."""
    extra = "".join(f"{name}: {EMPTY[how]}\n" for options in OPTIONS.values() for name in options)
    told = _run(tmp_path, _asked(), extra)
    for role, options in OPTIONS.items():
        given = told[role]["msg"]["given"]
        for name, option in options.items():
            short = name[len(role) + 1 :]
            if name not in DEFAULTS[role] or option.get("no_log"):
                assert short not in given, name
            elif "{{" in str(DEFAULTS[role][name]):
                assert int(given[short]) == 25 and name == "isolation_check_duration"
            else:
                assert given[short] == DEFAULTS[role][name], name
        needed = sorted(name for name, option in options.items() if option.get("required"))
        assert told[role]["msg"]["problems"] == ([f"missing required arguments: {', '.join(needed)}"] if needed else [])


def test_what_says_something_is_given(tmp_path: Path) -> None:
    """No, zero and an empty list are answers; what a spec does not take is refused by name."""
    wrong = {"bool": "maybe", "int": "many", "dict": 5, "list": 5}
    values = {"bool": False, "int": 0, "list": [], "dict": {}}
    first = {name: values[option["type"]] for options in OPTIONS.values() for name, option in options.items() if option["type"] in values}
    told = _run(tmp_path, _asked(), yaml.safe_dump(first))
    for role, options in OPTIONS.items():
        assert {name: told[role]["msg"]["given"][name[len(role) + 1 :]] for name in options if name in first} == {
            name: value for name, value in first.items() if name in options
        }
    second = {name: wrong[option["type"]] for options in OPTIONS.values() for name, option in options.items() if option["type"] in wrong}
    # A number is a list of one text, where a list is one of texts.
    second = {name: value for name, value in second.items() if value != 5 or "options" in _of(name) or _of(name)["type"] == "dict"}
    told = _run(tmp_path, _asked(), yaml.safe_dump(second))
    said = "\n".join(line for role in OPTIONS for line in told[role]["msg"]["problems"])
    assert [name for name in second if name not in said] == []


def _of(name: str) -> dict[str, Any]:
    return next(options[name] for options in OPTIONS.values() if name in options)


def test_roles_run_with_nothing(tmp_path: Path) -> None:
    """Each one for real, as a check run: none stumbles over null, and what one refuses is what it needs."""
    extra = "".join(f"{name}: null\n" for options in OPTIONS.values() for name, option in options.items() if not option.get("required"))
    extra += f"esxi_install_profile_src: {tmp_path}/missing.iso\nesxi_install_profile_dest: {tmp_path}/made\n"
    blocks: list[Any] = [
        {
            "block": [{"ansible.builtin.include_role": {"name": f"virtnet.hardening.{role}"}}],
            "rescue": [{"name": f"refused {role}", "ansible.builtin.debug": {"msg": "{{ ansible_failed_task.name }}: {{ ansible_failed_result.msg }}"}}],
        }
        for role in OPTIONS
    ]
    blocks.append({"name": "the end", "ansible.builtin.debug": {"msg": "reached"}})
    told = _run(tmp_path, blocks, extra, "--check")
    refused = {name.split()[1]: str(result["msg"]) for name, result in told.items() if name.startswith("refused ") and "msg" in result}
    assert told["the end"]["msg"] == "reached" and set(refused) == {"esxi_install_profile", "isolation_check"}
    assert "esxi_install_profile_accepteula" in refused["esxi_install_profile"] and "argument" not in refused["esxi_install_profile"]
    assert "NoneType" not in str(refused) and refused["isolation_check"].startswith(("Refuse a check", "virtnet.hardening.isolation_check : "))


DOCUMENT = [{"name": "br0", "kind": "bridge", "security": {"promiscuous": "reject"}, "ports": [{"name": "v0", "macs": ["52:54:00:12:34:56"]}]}]
FORMS = {
    "YAML": yaml.safe_dump(DOCUMENT),
    "JSON": json.dumps(DOCUMENT, indent="\t"),
    "below its key": yaml.safe_dump({"switches": DOCUMENT}),
    # A number of base 60, for YAML 1.1.
    "unquoted": yaml.safe_dump(DOCUMENT).replace("'52:54:00:12:34:56'", "52:54:00:12:34:56"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_policy_as_text(tmp_path: Path, form: str) -> None:
    """Each form of it is the list, in each role that takes one, and templates in it are none."""
    names = ["kvm_bridge_host_policy", "esxi_network_policy_switches", "esxi_install_profile_policy"]
    told = _run(tmp_path, _asked(), json.dumps({name: FORMS[form] for name in names} | {"esxi_install_profile_network": "device: vmnic1\n"}))
    for name, role in zip(names, ("kvm_bridge_host", "esxi_network_policy", "esxi_install_profile")):
        assert told[role]["msg"]["given"][name[len(role) + 1 :]] == DOCUMENT
    assert told["esxi_install_profile"]["msg"]["given"]["network"] == {"device": "vmnic1"}


def test_a_text_that_is_none(tmp_path: Path) -> None:
    """Said with its line, by the role and by the playbook that asks before it, which must not take it for nothing."""
    wrong = {
        "kvm_bridge_host_policy": "- name: br0\n  security: {promiscuous: reject\n- name: br1\n",
        "esxi_network_policy_switches": "br0",
        "kvm_bridge_host_links": "- name: a\n  name: b\n",
        "esxi_install_profile_network": "- 1\n",
        "kvm_bridge_host_ports": "- {bridge: br0}\n- br1\n",
    }
    told = _run(tmp_path, _asked(), json.dumps(wrong))
    said = "\n".join(line for role in OPTIONS for line in told[role]["msg"]["problems"])
    for words in (
        "kvm_bridge_host_policy: line 3, ",
        "esxi_network_policy_switches: the text is plain text, not a list of mappings",
        "name is there twice",
        "esxi_install_profile_network: the text is a list, not a mapping",
        "kvm_bridge_host_ports: item 2 of the text is plain text, not a mapping",
    ):
        assert words in said
    for name in ("harden_kvm_host", "harden_esxi"):
        command = [os.environ.get("VIRTNET_PLAYBOOK", "ansible-playbook"), "-i", "localhost,", "-c", "local", f"virtnet.hardening.{name}"]
        command += ["-e", "virtnet_hosts=localhost", "-e", f"@{tmp_path / 'extra.yml'}", "-e", "ansible_become=false"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode != 0 and "Validation of arguments failed" in done.stdout + done.stderr
