# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ks.cfg: what the installer lets pass is found by line, what is written is read back, and no secret is shown."""

from __future__ import annotations

import re
import shlex
import time
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import MOST_FINDINGS
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lint import Installation, lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.mask import secrets, shown
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.model import extract, normal, render
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import GAP, LOST, parse
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.parse import render as render_document
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.rules import RULES
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.table import COMMANDS, TABLE
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.secret import hide
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# openssl passwd -6 -salt vt.example not-a-password
HASH = "$6$vt.example$zLoioh89ARg1mToSVx8PcOhFK2pZRhGyTemUFLma.ukv9B23eKR79ceVFDHR7dDZtpbU/XyzyR6k3/.C5GsOK1"
GOOD = (
    "vmaccepteula\nrootpw --iscrypted " + HASH + "\ninstall --firstdisk=local --overwritevmfs\n"
    "network --bootproto=static --device=vmnic0 --ip=192.0.2.11 --netmask=255.255.255.0 --gateway=192.0.2.1 --nameserver=192.0.2.53 --hostname=esx1\nreboot\n"
)
KEEP = "install --disk=naa.1 --preservevmfs"
STATIC = "network --bootproto=static --device=vmnic0 --ip=192.0.2.11 --netmask=255.255.255.0 --gateway=192.0.2.1 --nameserver=192.0.2.53 --hostname=esx1"


def findings(text: str, version: str = "8.0", secure_boot: bool | None = False) -> list[Any]:
    """Line, rule and severity of each finding."""
    found = lint(parse(text.encode()), Installation(EsxiVersion.parse(version), secure_boot))
    return [(finding.line, finding.rule, finding.severity) for finding in found]


def with_line(line: str) -> str:
    """The good file with another line of a command, or with one more."""
    name = line.split()[0]
    lines = [line if each.split()[0] == name else each for each in GOOD.splitlines()]
    return "\n".join(lines if line in lines else [*lines, line]) + "\n"


def test_a_good_file_has_no_findings() -> None:
    """Nor with CRLF."""
    assert findings(GOOD) == [] and findings(GOOD.replace("\n", "\r\n")) == []


# A line that takes the place of its command in the good file, and the rule that it breaks.
LINES: dict[str, str] = {
    "eula": "unknown-command",
    "VMAcceptEula": "unknown-command",
    "autopart --firstdisk": "deprecated-command",
    "vnc --enabled": "deprecated-command",
    "rootpw foo#bar": "unquoted-hash",
    "rootpw secret": "plain-password",
    f"rootpw {HASH}": "hash-as-password",
    f"rootpw --iscrypted=yes {HASH}": "unwanted-value",
    "rootpw --iscrypted $6$rounds=656000$abc$" + "x" * 86: "bad-hash",
    "rootpw --iscrypted $6$abcdefgh$short": "bad-hash",
    "rootpw --iscrypted $1$abcdefgh$" + "x" * 22: "weak-hash",
    "rootpw --iscrypted abcdefghijklm": "weak-hash",
    "rootpw --iscrypted $5$abc$" + "x" * 43: "bad-hash",
    f"rootpw {HASH} --iscrypted": "argument-order",
    "rootpw": "missing-argument",
    "rootpw 'open": "quote",
    "install --firstdisk=local --overwritevmfs --preservevmfs": "preserve-and-overwrite",
    "install --firstdisk=local --preservevmfs --novmfsondisk": "preserve-and-overwrite",
    "install --disk=naa.1 --firstdisk=local": "option-conflict",
    "install --overwritevmfs": "missing-option",
    "install --disk=naa.1 --ignoressd": "option-conflict",
    "install --disk=a --disk=b": "duplicate-disk",
    "install --disk=a --drive=b": "duplicate-disk",
    "install --disk=": "missing-value",
    "install --firstdisk=local --overwriteVMFS": "unknown-option",
    "install --firstdisk=local, usb": "comma-blank",
    "install --firstdisk=local usb": "extra-argument",
    "install --firstdisk=locla": "disk-filter",
    "install --firstdisk=Local": "disk-filter",
    "install --firstdisk=ST*": "disk-filter",
    "install --firstdisk=a,,b": "disk-filter",
    "install --firstdisk=local,vmw_ahci": "filter-order",
    "install --firstdisk --overwritevmfs": "any-first-disk",
    "install --firstdisk=remote --overwritevmfs": "any-first-disk",
    "install --firstdisk=local --repartitionsystemdisk": "option-needs",
    "install --firstdisk=local --server=x": "deprecated-option",
    "installorupgrade --firstdisk=local --ignoressd": "refused-option",
    "installorupgrade --firstdisk=local": "several-methods",
    "clearpart --overwritevmfs": "missing-option",
    "clearpart --alldrives --overwritevmfs": "all-drives",
    "clearpart --drives=a --alldrives": "option-conflict",
    "clearpart --alldrives --ignoredrives=a": "option-conflict",
    "clearpart --firstdisk --all": "no-effect",
    "part datastore2": "missing-option",
    "part --ondisk=naa.2": "missing-argument",
    "part ds --ondisk=a --onfirstdisk=b": "option-conflict",
    "network --bootproto=static": "static-without-ip",
    "network --bootproto=static --ip=192.0.2.1": "static-guess",
    "network --ip=192.0.2.1": "dhcp-with-address",
    "network --bootproto=dhcp --gateway=192.0.2.1": "dhcp-with-address",
    "network --bootproto=dhcp --hostname=x": "dhcp-ignores",
    "network --bootproto=DHCP": "ignored-value",
    "network --bootproto=dhcp --vlanid=4096": "bad-value",
    "network --bootproto=dhcp --device=eth/0": "bad-value",
    STATIC.replace("=192.0.2.11", "=192.0.2.256"): "bad-value",
    STATIC.replace("255.255.255.0", "255.0.255.0"): "bad-value",
    STATIC.replace("255.255.255.0", "0.0.0.0"): "bad-value",
    STATIC.replace("gateway=192.0.2.1", "gateway=198.51.100.1"): "gateway-network",
    STATIC.replace("esx1", "-esx"): "bad-value",
    STATIC.replace("192.0.2.53", "192.0.2.53,192.0.2.54,192.0.2.55"): "third-nameserver",
    STATIC.replace("192.0.2.53", "192.0.2.53, 192.0.2.54"): "comma-blank",
    "network --bootproto=dhcp --addvmportgroup=maybe": "ignored-value",
    "network --bootproto=dhcp --bootproto=static": "duplicate-option",
    "network --bootproto=dhcp \\": "continuation",
    "keyboard US Default": "extra-argument",
    "keyboard Klingon": "keyboard",
    "reboot --eject": "unknown-option",
    "serialnum --esx=12345": "bad-value",
    "dryrun": "dryrun",
    "partitionembed x": "extra-argument",
    "%include https://h/ks": "include-unverified",
    STATIC.replace("=192.0.2.11", "=192.0.2.255"): "host-address",
    STATIC.replace("=192.0.2.11", "=192.0.2.0"): "host-address",
    STATIC.replace("=192.0.2.11", "=192.0.2.1"): "host-address",
    STATIC.replace("=192.0.2.11", "=127.0.0.1"): "host-address",
    STATIC.replace("gateway=192.0.2.1", "gateway=192.0.2.0"): "host-address",
    STATIC.replace("192.0.2.53", "224.0.0.1"): "host-address",
    STATIC.replace("=192.0.2.11", "=255.255.255.255"): "host-address",
    STATIC.replace("192.0.2.53", "0.0.0.0"): "host-address",
    STATIC.replace("esx1", "localhost.localdomain"): "host-name",
    STATIC.replace("esx1", "192.0.2.11"): "host-name",
    "install --firstdisk=DELL\\BOSS --overwritevmfs": "backslash",
    "install --firstdisk=local": "vmfs-undecided",
    "keyboard 'US\x1fDefault'": "control-character",
    "installorupgrade --firstdisk=local --forcemigrate": "vmfs-without-esxi",
    "clearpart --drives=naa.5": "clearpart-vmfs",
    "%include part.cfg": "include-path",
    "include": "missing-argument",
    "network --bootproto=dhcp --hostname=caf\u00e9": "non-ascii",
}


@pytest.mark.parametrize(("line", "rule"), LINES.items())
def test_mistakes_of_a_line(line: str, rule: str) -> None:
    """Found, in its line, as bad as the table says, and without the value of a password."""
    text = with_line(line)
    at = text.splitlines().index(line) + 1
    found = findings(text)
    hits = [each for each in found if each[1] == rule]
    assert hits and all(each == (at, rule, RULES[rule].severity) for each in hits), found
    if line.startswith("rootpw"):
        told = repr(lint(parse(text.encode())))
        assert not any(word in told for word in line.split()[1:] if not word.startswith("--"))


FILES: list[Any] = [
    ("install --firstdisk=local --preservevmfs\nreboot\n", [(0, "missing-eula"), (0, "missing-rootpw"), (0, "missing-network")]),
    (GOOD.replace("install --firstdisk=local --overwritevmfs\n", ""), [(0, "missing-method")]),
    (GOOD.replace("reboot\n", ""), [(0, "missing-reboot")]),
    (GOOD + "install --disk=naa.1 --overwritevmfs\n", [(6, "duplicate-method")]),
    (GOOD + "keyboard German\nkeyboard French\n", [(7, "duplicate-command")]),
    (GOOD.replace("install ", "installorupgrade ") + "clearpart --firstdisk=local\n", [(6, "needs-install"), (6, "clearpart-vmfs")]),
    # The licence is accepted for an upgrade, too; the password is not set by one.
    ("vmaccepteula\nupgrade --firstdisk=local\nreboot\n", []),
    ("upgrade --firstdisk=local\nreboot\n", [(0, "missing-eula")]),
    ("accepteula\nupgrade --diskBootedFrom\nreboot\nrootpw --iscrypted " + HASH + "\n", [(4, "void-with-upgrade")]),
    (GOOD.replace("--overwritevmfs", "--preservevmfs") + "clearpart --firstdisk=local --overwritevmfs\n", [(6, "cleared-and-preserved")]),
    (GOOD.replace("--firstdisk=local", "--disk=naa.1") + "part ds --ondisk=/vmfs/devices/disks/naa.1\n", [(6, "part-disk")]),
    (GOOD + "part a --ondisk=naa.2\npart b --ondisk=naa.2\npart b --ondisk=naa.3\n", [(7, "part-disk"), (8, "part-name")]),
    (GOOD.replace(" --overwritevmfs", "") + "clearpart --firstdisk=local --overwritevmfs\n", []),
    (GOOD.replace("255.255.255.0", "255.255.255.254").replace("192.0.2.11", "192.0.2.0"), []),
    (GOOD + "paranoid\nkeyboard x\n", [(0, "paranoid"), (7, "keyboard")]),
    (GOOD + "%include /x\n" * 252, [(257, "command-count")]),
    ("\ufeff" + GOOD, [(0, "missing-eula"), (1, "byte-order-mark"), (1, "unknown-command")]),
    (GOOD + "%post\n", [(6, "empty-script")]),
    (GOOD + "%post\necho a\n%end\n", [(8, "section-end")]),
    (GOOD + "%post\necho a\nincludes=3\necho b\n", [(8, "script-cut"), (8, "unknown-command"), (9, "unknown-command")]),
    (GOOD + "%post\necho a\n%firstboot", [(8, "lost-line")]),
    (GOOD + "%post\necho a\n%include /x\n", [(8, "lost-line")]),
    (GOOD + "%post\necho a\n%include /x\n\n", []),
    (GOOD + "%post\necho a\nkeyboard German\n", [(8, "command-in-script")]),
    (GOOD + "%post\nimport os\n", [(7, "interpreter")]),
    (GOOD + "%post --interpreter=python\nimport os\n", []),
    (GOOD + "%post --interpreter=perl\nx\n", [(6, "bad-value")]),
    (GOOD + "%post --timeout=5m\nx\n", [(6, "ignored-value")]),
    (GOOD + "%post\nesxcli system account set -i root -p 'S3cret!x' -c 'S3cret!x'\n", [(7, "script-secret")]),
    (GOOD + "%post\necho root:x | chpasswd\necho S3cret | passwd root --stdin\n", [(7, "script-secret"), (8, "script-secret")]),
    (GOOD + '%pre\nESXI_PASSWORD="S3cret"\necho rootpw ${ESXI_PASSWORD} > /tmp/rootpw\n', [(7, "script-secret")]),
    (GOOD + "%post\nwget http://u:S3cret@h/x\n", [(7, "script-secret")]),
    (GOOD + "# caf\u00e9\n", []),
]


@pytest.mark.parametrize(("text", "expected"), FILES)
def test_mistakes_of_a_file(text: str, expected: list[Any]) -> None:
    """All of them, and no other."""
    assert [(line, rule) for line, rule, _severity in findings(text)] == expected
    assert "S3cret" not in repr(lint(parse(text.encode())))


@pytest.mark.parametrize(("answer", "rule"), [(True, "firstboot-secure-boot"), (None, "firstboot-maybe"), (False, None)])
def test_firstboot_and_secure_boot(answer: bool | None, rule: str | None) -> None:
    """An error, a warning, nothing."""
    assert [each[1] for each in findings(GOOD + "%firstboot\nx\n", "8.0", answer)] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("line", "version", "rule"),
    [
        (f"{KEEP} --dpupcislots=0000:01:00.0", "7.0 U3", "not-in-version"),
        (f"{KEEP} --dpupcislots=0000:01:00.0", "8.0", None),
        (f"{KEEP} --systemdisk=naa.2", "6.7", "not-in-version"),
        (f"{KEEP} --forceunsupportedinstall", "7.0", None),
        ("serialnum --esx=AAAAA-BBBBB-CCCCC-DDDDD-EEEEE", "8.0 U3", None),
        ("serialnum --esx=AAAAA-BBBBB-CCCCC-DDDDD-EEEEE", "9.0", "no-longer"),
    ],
)
def test_releases(line: str, version: str, rule: str | None) -> None:
    """An option of another release."""
    assert [each[1] for each in findings(with_line(line), version)] == ([rule] if rule else [])


NO_DISKS = ("ssd", "sda", "local", "naa.", "naa.xyz", "naa.1:1", "vmhba1:C0:T0:L0", "mpx.vmhba1", "/dev/sda", "../naa.1", "t10.", "naa.\u0661", "naa.1\x1f")
DISKS = (
    "naa.5000c500a1b2c3d4",
    "eui.0025385b71b00d6a",
    "t10.ATA_____Samsung_SSD_860_PRO_512GB_______________S42YNF0K900000",
    "mpx.vmhba32:C0:T0:L0",
    "uuid.2b6522e97f86428c91e193efa93c864f",
    "vml.0100000000",
    "/vmfs/devices/disks/naa.5000C500A1B2C3D4",
    "/dev/disks/mpx.vmhba0:C0:T1:L0",
)
DISK_LINES = (
    "install --disk={} --overwritevmfs",
    "install --drive={} --overwritevmfs",
    "install --disk=naa.1 --overwritevmfs --systemdisk={}",
    "installorupgrade --disk={} --overwritevmfs",
    "upgrade --disk={}",
    "clearpart --drives=naa.1,{} --overwritevmfs",
    "clearpart --ignoredrives={} --overwritevmfs",
    "part ds --ondisk={}",
)


@pytest.mark.parametrize("line", DISK_LINES)
def test_names_of_disks(line: str) -> None:
    """As the vendor's guides have them; what is none is an error, however bare the installer's answer would be."""
    for name in NO_DISKS:
        quoted = line.format(f"'{name}'")
        told = [each for each in lint(parse(quoted.encode() + b"\n")) if each.rule == "bad-value"]
        assert len(told) == 1 and "naa., eui., t10., uuid., mpx. or vml." in told[0].message and told[0].severity == "error", quoted
    for name in DISKS:
        assert not [each for each in lint(parse(line.format(name).encode())) if each.rule in ("bad-value", "ignored-value")], name


CLEARED = "clearpart {} --overwritevmfs\n"


@pytest.mark.parametrize(
    ("install", "clear", "decided"),
    [
        ("install --disk=naa.1", "--drives=naa.1", True),
        ("install --disk=naa.1", "--drives=naa.2", False),
        ("install --disk=naa.1", "--alldrives", True),
        ("install --disk=naa.1", "--drives=naa.2,/vmfs/devices/disks/naa.1", True),
        ("install --disk=naa.1", "--ignoredrives=naa.2", True),
        ("install --disk=naa.1", "--ignoredrives=naa.1", False),
        ("install --firstdisk=local", "--firstdisk=local", True),
        ("install --firstdisk=local", "--firstdisk=remote", False),
        ("install --firstdisk=local", "--drives=naa.2", False),
        ("install --firstdisk=local --ignoressd", "--firstdisk=local", False),
        ("install --firstdisk=usb", "--alldrives", True),
        ("install --disk=naa.1", "--firstdisk=local", False),
    ],
)
def test_what_clearpart_decides_about_a_datastore(install: str, clear: str, decided: bool) -> None:
    """Only of the disks that it is said to clear, and not without --overwritevmfs."""
    for order in (f"{install}\n{CLEARED.format(clear)}", f"{CLEARED.format(clear)}{install}\n"):
        assert ("vmfs-undecided" in [rule for _line, rule, _severity in findings(order)]) != decided
    without = findings(f"{install}\nclearpart {clear}\n")
    assert [(line, rule) for line, rule, _severity in without if "vmfs" in rule] == [(1, "vmfs-undecided"), (2, "clearpart-vmfs")]


NUMBERS = (
    "network --bootproto=dhcp --vlanid=\x1f10",
    "network --bootproto=dhcp --vlanid=\u0661\u0660",
    "network --bootproto=dhcp --vlanid=\u00a010",
    "network --bootproto=dhcp --vlanid=\x8510",
    "network --bootproto=dhcp --vlanid=\x1c10\x1d",
    "network --bootproto=dhcp --device=vmnic\u0661",
    "network --bootproto=dhcp --device=\x1fvmnic1",
    "network --bootproto=static --ip=\x1f192.0.2.11",
    "network --bootproto=static --netmask=255.255.255.0\u2003",
    "network --bootproto=static --nameserver=192.0.2.1,\x1d192.0.2.2",
    "network --bootproto=static --hostname=\x1eesx",
    "network --vlanid=\u00b2",
)


@pytest.mark.parametrize("line", NUMBERS)
def test_digits_and_blanks_of_other_scripts(line: str) -> None:
    """Python's int() and strip() know more of them than the installer is told: each is a finding, and none a traceback."""
    document = parse(f"{line}\n".encode())
    assert "bad-value" in [each.rule for each in lint(document)]
    extract(document)


def test_findings_are_not_without_end() -> None:
    """The worst ones, and how many there are. In a time that grows with the file: 1 MiB took more than a minute."""
    cases = ((b"rootpw ", b"%post\n", 1 << 20), (b"rootpw x\n", b"%post\n", 1 << 18), (b"rootpw\n", b"", 1 << 17), (b"PW='", b"%post\n", 1 << 18))
    for unit, head, size in cases:
        started = time.process_time()
        found = lint(parse(GOOD.encode() + head + unit * (size // len(unit))))
        assert time.process_time() - started < 15 and len(found) <= MOST_FINDINGS + 1, unit
    many = lint(parse(b"keyboard Klingon\n" * 500 + b"install --disk=ssd\n"))
    assert len(many) == MOST_FINDINGS + 1 and any(each.rule == "bad-value" and each.line == 501 for each in many)
    more = [each.message for each in many if each.rule == "more-findings"]
    assert len(more) == 1 and re.match(r"\d{3} more findings are not listed", more[0])


def test_not_utf8_is_told_by_line() -> None:
    """In commands, comments and scripts; the installer stops at each."""
    for data, line in ((b"vmaccepteula\n\xff\n", 2), (b"\n# a\n# \xff\n", 3), (b"%post\na\nb \xff\n", 3), ("reboot\n".encode("utf-16"), 1)):
        assert line in [finding.line for finding in lint(parse(data)) if finding.rule == "encoding"], data


def test_every_rule_is_tested() -> None:
    """By one of the tables above."""
    text = "".join([repr(LINES), repr(FILES)])
    elsewhere = {"firstboot-secure-boot", "firstboot-maybe", "not-in-version", "no-longer", "encoding", "line-length", "file-length", "more-findings"}
    assert {name for name in RULES if f"'{name}'" not in text} == elsewhere


def test_table() -> None:
    """Every relation names an option of its command; every row of the issue's list of commands is there."""
    for command in TABLE:
        for option in command.options:
            for other in (*option.conflicts, *option.unchecked, *option.requires, *filter(None, [option.alias])):
                assert other in command.by_name, f"{command.name} {option.name}: {other}"
    wanted = (
        "vmaccepteula accepteula clearpart dryrun install installorupgrade upgrade keyboard network paranoid part partition reboot rootpw serialnum"
        " vmserialnum %include include %pre %post %firstboot autopart bootloader autostep timezone vnc firewall firstboot zerombr %packages vmlicense"
        " esxlocation virtualdisk partitionembed"
    )
    assert set(wanted.split()) <= set(COMMANDS)


FULL: dict[str, Any] = {
    "accepteula": True,
    "root_password_hash": HASH,
    "keyboard": "US Default",
    "reboot": True,
    "noeject": True,
    "install": {"firstdisk": ["DELLBOSS VD", "vmw_ahci", "local"], "overwritevmfs": True, "dpupcislots": ["0000:01:00.0"]},
    "clearpart": [{"drives": ["naa.1", "naa.2"], "overwritevmfs": True}],
    "part": [{"name": "data store", "ondisk": "naa.2"}],
    "network": {"bootproto": "static", "ip": "192.0.2.1", "vlanid": 0, "addvmportgroup": False, "nameserver": ["192.0.2.2", "192.0.2.3"]},
    "include": ["/part.cfg"],
    "pre": [{"script": "true"}],
    "post": [{"script": "a\n\n b\n", "timeout": 5, "ignorefailure": False, "interpreter": "python"}],
    "firstboot": [{"script": "one\n"}, {"script": "two\n"}],
    "paranoid": True,
    "dryrun": True,
    "serialnum": "AAAAA-BBBBB-CCCCC-DDDDD-EEEEE",
}


def test_a_secret_in_an_odd_place_is_not_told() -> None:
    """Nor a line that nobody reads."""
    told = lint(parse(f"install --x{HASH}y\nkeyboard {'k' * 5000}\ninclude https://u:S3cret@h/\nnetwork --ip={HASH}".encode()))
    assert HASH not in repr(told) and "S3cret" not in repr(told) and max(len(each.message) for each in told) < 400


def test_render_as_shlex_reads_it() -> None:
    """The installer splits with shlex, and so do we here: an oracle that is not ours."""
    lines = render(FULL).decode().splitlines()
    assert shlex.split(lines[1], comments=True) == ["rootpw", "--iscrypted", HASH]
    assert shlex.split(lines[2], comments=True) == ["install", "--firstdisk=DELLBOSS VD,vmw_ahci,local", "--overwritevmfs", "--dpupcislots=0000:01:00.0"]
    assert shlex.split(lines[4], comments=True) == ["part", "data store", "--ondisk=naa.2"]
    assert "--vlanid=0 --addvmportgroup=0" in lines[5] and shlex.split(lines[6]) == ["keyboard", "US Default"]
    assert lines[-4:] == ["%firstboot", "one", "%firstboot", "two"] and "%post --interpreter=python --timeout=5 --ignorefailure=false" in lines


def test_render_is_read_back() -> None:
    """parse(render(x)) == x."""
    model, dropped = extract(parse(render(FULL)))
    assert model == normal(FULL) and dropped == []


def test_bare_firstdisk_leaves_the_filters_to_the_installer() -> None:
    """An empty list is no absent one."""
    assert b"install --firstdisk\n" in render({"install": {"firstdisk": []}})
    assert extract(parse(b"install --firstdisk\n"))[0] == {"install": {"firstdisk": []}}


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"root_password_hash": "secret"}, "does not begin with"),
        ({"root_password_hash": "$6$rounds=656000$a$" + "x" * 86}, "rounds=5000"),
        ({"keyboard": "a\nreboot"}, "control character"),
        ({"keyboard": ""}, "empty"),
        ({"keyboard": "-x"}, "dash"),
        ({"keyboard": "a\x00"}, "control"),
        ({"install": {"firstdisk": ["a,b"]}}, "part of a list"),
        ({"install": {"firstdisk": [" a"]}}, "part of a list"),
        ({"install": {"disk": ""}}, "empty"),
        ({"pre": [{"script": " \n"}]}, "script is empty"),
        ({"pre": [{"script": "a\n%post\n"}]}, "line 2 of the script begins with %post"),
        ({"post": [{"script": "include = 1\n"}]}, "line 1 of the script begins with include"),
        ({"post": [{"script": "a\x00"}]}, "no text"),
    ],
)
def test_what_can_not_be_written(model: dict[str, Any], words: str) -> None:
    """Refused by its option, and no hash or password in the message."""
    with pytest.raises(InputError, match=re.escape(words)) as error:
        render(model)
    assert "secret" not in error.value.message


def test_existing_file_becomes_options() -> None:
    """What counts is taken, the rest is told by line."""
    model, dropped = extract(parse(b"# x\nautopart\nkeyboard A\nkeyboard 'Swiss German'\nrootpw plain\nfoo\nreboot\n%post --timeout=3\necho\n\n%include x"))
    assert model == {"keyboard": "Swiss German", "reboot": True, "post": [{"timeout": 3, "script": "echo\n"}]}
    assert dropped == [2, 3, 5, 6, 11]


def test_scripts_that_say_nothing_or_are_no_text_are_told() -> None:
    """They don't become other scripts, and don't keep the rest from being written."""
    model, dropped = extract(parse(b"reboot\n%pre\n\n%post\necho \xe9\n%firstboot\na\x00b\n%post\ngood\n"))
    assert model == {"reboot": True, "post": [{"script": "good\n"}]} and dropped == [2, 4, 6]
    assert extract(parse(render(model)))[0] == model


def test_messages_of_void_commands() -> None:
    """They name the command that is there, and hide no word of their own."""
    told = [each.message for each in lint(parse((GOOD + "upgrade --firstdisk=local\n").encode())) if each.rule == "void-with-upgrade"]
    assert told == ["rootpw: it is void with upgrade", "network: it is void with upgrade"]


def test_lines_and_sections() -> None:
    """Numbers of lines after gaps and scripts."""
    document = parse(b"\n# a\nreboot\n\n%post\n# b\n x\n%pre\ny\n%post")
    assert [(item.kind, item.line, item.name) for item in document.items] == [
        (GAP, 1, ""),
        ("command", 3, "reboot"),
        (GAP, 4, ""),
        ("script", 5, "%post"),
        ("script", 8, "%pre"),
        (LOST, 10, ""),
    ]
    assert document.items[3].body == b"# b\n x\n" and render_document(document) == b"\n# a\nreboot\n\n%post\n# b\n x\n%pre\ny\n%post"


SECRET = [
    f"rootpw --iscrypted {HASH}",
    "rootpw S3cret-word",
    "rootpw 'S3cret word'",
    "rootpw S3cret#word",
    "  rootpw --iscrypted 'S3cret",
    "rootpw \\\nS3cret",
    "#rootpw S3cret",
    "serialnum --esx=S3cre-S3cre-S3cre-S3cre-S3cre",
    "vmserialnum --esx S3cre-S3cre",
    "%post\nesxcli system account set -p S3cret -i root",
    "%post\nesxcli system account add -i x -d x --password=S3cret",
    "%post\necho -n S3cret | passwd --stdin root",
    f"%post\nsed -i 's|x|{HASH}|' /etc/shadow",
    "%include https://u:S3cret@h/x",
    "vnc --password=S3cret",
    "%post\n# rootpw S3cret",
    "'rootpw' S3cret",
    "rootpwS3cret",
]


@pytest.mark.parametrize("text", SECRET)
def test_secrets_are_not_shown(text: str) -> None:
    """In a diff, and what they are is known so that Ansible can hide them elsewhere."""
    document = parse(text.encode())
    assert "S3cre" not in shown(document) and HASH not in shown(document)
    assert any("S3cre" in each or HASH in each for each in secrets(document))
    assert shown(document).count("\n") == text.count("\n")


def test_words_are_no_secrets() -> None:
    """Ansible hides a secret wherever a result has it."""
    assert secrets(parse(b"# rootpw command\n%post\npassword=command\n")) == []
    assert secrets(parse(b"rootpw command\n")) == ["command"]


@pytest.mark.parametrize(
    "text",
    [
        "keyboard German",
        '%pre\necho "rootpw ${PW}" > /tmp/x\necho "password = \\"${PW}\\""',
        "%post\nesxcli system account list\necho done | tee log\npasswd=$1\n",
        "%include http://h/a:b",
        "# account set of NICs",
    ],
)
def test_the_rest_is_shown(text: str) -> None:
    """A diff has to be of use."""
    assert shown(parse(text.encode())) == text and hide(text) == text
