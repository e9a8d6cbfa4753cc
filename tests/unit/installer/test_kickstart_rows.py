# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each row of the table of kickstart commands that is an option: that it is written and read back, documented, a variable of the role, and kept secret."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart import task
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lint import Installation, lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.mask import secrets, shown
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.model import KEYS, extract, fields, render
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import parse
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.table import COMMANDS, TABLE, WRITTEN
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.types import OPTIONS, SECTION, SWITCH, WORD, Command, Option
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.profile import spec as profile
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion

ROOT = Path(__file__).resolve().parents[3]
MODULE = ROOT / "plugins" / "modules" / "esxi_kickstart.py"
ROLE = ROOT / "roles" / "esxi_install_profile" / "tasks" / "media.yml"
HASH = "$6$vt.example$zLoioh89ARg1mToSVx8PcOhFK2pZRhGyTemUFLma.ukv9B23eKR79ceVFDHR7dDZtpbU/XyzyR6k3/.C5GsOK1"
KEY = "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"
DISK = "naa.5000c500a1b2c3d4"

# A value of each option, and the lines of the file that it is; typed here, as what the table says of itself proves nothing.
EXAMPLES: dict[str, tuple[Any, str]] = {
    "accepteula": (True, "vmaccepteula"),
    "root_password_hash": (HASH, f"rootpw --iscrypted {HASH}"),
    "install": ({"disk": DISK}, f"install --disk={DISK}"),
    "installorupgrade": ({"firstdisk": ["local"]}, "installorupgrade --firstdisk=local"),
    "upgrade": ({"disk": DISK}, f"upgrade --disk={DISK}"),
    "clearpart": ([{"drives": [DISK]}, {"alldrives": True}], f"clearpart --drives={DISK}\nclearpart --alldrives"),
    "part": ([{"name": "ds2", "ondisk": DISK}], f"part ds2 --ondisk={DISK}"),
    "network": ({"bootproto": "dhcp"}, "network --bootproto=dhcp"),
    "keyboard": ("Swiss German", 'keyboard "Swiss German"'),
    "serialnum": (KEY, f"vmserialnum --esx={KEY}"),
    "paranoid": (True, "paranoid"),
    "dryrun": (True, "dryrun"),
    "reboot": (True, "reboot"),
    "noeject": (True, "reboot --noeject"),
    "include": (["/a", "/b"], "%include /a\n%include /b"),
    "pre": ([{"script": "a\n"}], "%pre\na"),
    "post": ([{"script": "a\n", "timeout": 9}], "%post --timeout=9\na"),
    "firstboot": ([{"script": "a\n"}, {"script": "b\n"}], "%firstboot\na\n%firstboot\nb"),
}
# What needs another option beside it.
BESIDE = {"noeject": {"reboot": True}}
# A line of a script that somebody meant for the installer; None where a shell may have such a line.
IN_SCRIPTS: dict[str, str | None] = {
    "accepteula": "accepteula",
    "root_password_hash": "rootpw x",
    "install": "install --firstdisk",
    "installorupgrade": "installorupgrade",
    "upgrade": None,
    "clearpart": "clearpart --alldrives",
    "part": None,
    "network": "network --bootproto=dhcp",
    "keyboard": "keyboard German",
    "serialnum": "serialnum --esx=x",
    "paranoid": "paranoid",
    "dryrun": "dryrun",
    "reboot": None,
    "include": None,
    "pre": None,
    "post": None,
    "firstboot": None,
}
SECRET = ("root_password_hash", "serialnum")


def documented() -> dict[str, Any]:
    """The options of the module."""
    for node in ast.walk(ast.parse(MODULE.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "DOCUMENTATION":
            found: dict[str, Any] = yaml.safe_load(ast.literal_eval(node.value))["options"]
            return found
    raise AssertionError("the module has no documentation")


def of_role() -> dict[str, str]:
    """What the role gives to the module."""
    tasks = yaml.safe_load(ROLE.read_text(encoding="utf-8"))
    found: dict[str, str] = next(each["virtnet.hardening.esxi_kickstart"] for each in tasks if "virtnet.hardening.esxi_kickstart" in each)
    return found


def none_of(sentence: str, names: set[str]) -> None:
    """Fails with the names."""
    assert not names, f"{sentence} {', '.join(sorted(names))}"


def test_each_row_has_its_example() -> None:
    """Without one nothing below tries it."""
    none_of("EXAMPLES of this file has no", set(KEYS) - set(EXAMPLES))
    none_of("IN_SCRIPTS of this file does not say whether a shell may have", {row.key for row in WRITTEN} - set(IN_SCRIPTS))
    none_of("the table has no row of", (set(EXAMPLES) | set(IN_SCRIPTS)) - set(KEYS))
    assert len(set(KEYS)) == len(KEYS)
    for command in TABLE:
        assert command.text, f"{command.name} has no text for docs/kickstart.md"
        for option in command.options:
            assert option.text or option.type == "choice" or option.status not in ("optional", "required"), f"{command.name} {option.name} has no text"


@pytest.mark.parametrize("key", sorted(EXAMPLES))
def test_what_is_written_is_read_back(key: str) -> None:
    """As the line that it is, by another hand; and it is the option again."""
    value, text = EXAMPLES[key]
    model = {key: value, **BESIDE.get(key, {})}
    assert render(model).decode() == text + "\n"
    assert extract(parse(text.encode() + b"\n")) == (model, [])


@pytest.mark.parametrize("key", sorted(KEYS))
def test_each_row_is_documented(key: str) -> None:
    """With its suboptions and choices, and no more; and it is an option of profiles or named where it stands instead."""
    told, spec = documented(), task.spec()
    assert key in told, f"{MODULE.name} does not document {key}"
    assert told[key]["type"] == spec[key]["type"] and told[key].get("elements") == spec[key].get("elements")
    mine, theirs = spec[key].get("options", {}), told[key].get("suboptions", {})
    none_of(f"{MODULE.name} does not document of {key}", set(mine) - set(theirs))
    none_of(f"the table has no option of {key} that {MODULE.name} documents:", set(theirs) - set(mine))
    for name, option in mine.items():
        assert theirs[name]["type"] == option["type"] and theirs[name].get("choices", []) == option.get("choices", []), f"{key}.{name}"
    assert key in SECRET or key == "network" or key in profile.spec()["kickstart"]["options"]


@pytest.mark.parametrize("key", sorted(KEYS))
def test_each_row_is_given_by_the_role(key: str) -> None:
    """The list in the tasks of esxi_install_profile is typed; it must not miss one."""
    given = of_role()
    assert key in given, f"{ROLE.relative_to(ROOT)} does not give {key} to esxi_kickstart"
    assert key in SECRET or re.fullmatch(rf"\{{\{{ kickstart\.{key} \| default\(omit\) \}}\}}", given[key]), given[key]


def test_secrets_are_marked() -> None:
    """By hand, as a row that should be secret and is not shows everywhere."""
    assert {row.key for row in WRITTEN if row.secret} == set(SECRET)
    spec = task.spec()
    for key in KEYS:
        assert bool(spec[key].get("no_log")) is (key in SECRET), key
        assert "script" not in spec[key].get("options", {}) or spec[key]["options"]["script"]["no_log"], key
    for key in SECRET:
        document = parse(EXAMPLES[key][1].encode() + b"\n")
        assert EXAMPLES[key][0] in secrets(document) and EXAMPLES[key][0] not in shown(document)
        assert EXAMPLES[key][0] not in repr(lint(parse(EXAMPLES[key][1].encode() + b" --more extra\n")))


@pytest.mark.parametrize("key", sorted(IN_SCRIPTS))
def test_a_command_in_a_script(key: str) -> None:
    """Told where no shell has it, by each of its names; left alone where one may."""
    row = next(row for row in WRITTEN if row.key == key)
    line = IN_SCRIPTS[key]
    assert (line is None) is (row.in_script is None), f"the row of {row.name} and IN_SCRIPTS of this file differ"
    lines = [name + line[len(line.split()[0]) :] for name in (row.name, *row.aliases)] if line else [f"{row.name} x"] if row.name[0] != "%" else []
    for each in lines:
        rules = {found.rule for found in lint(parse(f"%post\n{each}\n".encode()))}
        assert ("command-in-script" in rules) is (line is not None), each


def test_options_of_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands and options alike, from one release on and until another one."""
    rows = {
        "new": Command("new", since="8.0", options=(Option("--x", since="9.0"),)),
        "gone": Command("gone", options=(Option("--y", until="8.0"),), until="9.0"),
    }
    monkeypatch.setattr("ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lint.COMMANDS", {**COMMANDS, **rows})

    def told(text: str, version: str) -> set[str]:
        found = lint(parse(text.encode()), Installation(EsxiVersion.parse(version), False))
        return {each.message for each in found if each.rule in ("not-in-version", "no-longer")}

    assert told("new --x", "7.0") == {"new is not known to ESXi 7.0; it is since 8.0", "new --x is not known to ESXi 7.0; it is since 9.0"}
    assert told("new --x", "8.0") == {"new --x is not known to ESXi 8.0; it is since 9.0"} and not told("new --x", "9.0")
    assert not told("gone --y", "7.0") and told("gone --y", "8.0") == {"gone --y has no effect since 8.0"}
    assert told("gone", "9.0") == {"gone has no effect since 9.0"}


def test_shapes_fit_their_rows() -> None:
    """A key has a shape; a word is an argument or the one option; of scripts each counts, and of switches one."""
    for row in COMMANDS.values():
        assert bool(row.key) is bool(row.shape) and row.shape in ("", SWITCH, WORD, OPTIONS, SECTION), row.name
        assert row.shape != WORD or row.argument is not None or len(row.options) == 1, f"{row.name} has no one word"
        assert row.many or row.shape != SECTION, row.name
        assert not row.many or row.shape != SWITCH, row.name


def test_each_option_of_a_command_is_one_of_the_module() -> None:
    """By its field, but for what the installer does not act on, and what has an option by itself."""
    for row in WRITTEN:
        if row.shape in (OPTIONS, SECTION):
            names = {option.field for option in row.options if option.status == "optional" and not option.alias}
            assert names == {option.field for option in fields(row)}, row.name
