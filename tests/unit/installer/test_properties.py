# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Properties of the parsers for any bytes: by hypothesis, and faster by chance alone with a seed that is printed.

VIRTNET_EXAMPLES=1000000 makes a long run of the latter; hypothesis takes a tenth of that.
"""

from __future__ import annotations

import os
import random
import shlex
from typing import Any

from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg import lint as bootcfg_lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg import parse as bootcfg_parse
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.edit import Edit, apply
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart import lint as kickstart_lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart import parse as kickstart_parse
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.lex import quote, split
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.mask import shown
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.model import extract, fields, normal, render
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.table import COMMANDS, WRITTEN
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.kickstart.types import Command, Option
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("VIRTNET_EXAMPLES", "10000"))
SEED = int(os.environ.get("VIRTNET_SEED", "0")) or random.randrange(1, 1 << 32)
LONG = settings(max_examples=EXAMPLES // 10, deadline=None, print_blob=True, suppress_health_check=list(HealthCheck))
HASH = "$6$vt.example$zLoioh89ARg1mToSVx8PcOhFK2pZRhGyTemUFLma.ukv9B23eKR79ceVFDHR7dDZtpbU/XyzyR6k3/.C5GsOK1"


def soup(words: list[str]) -> Any:
    """Bytes made of what matters to a parser, of rubbish, and of both in UTF-16."""
    pieces = st.one_of(st.sampled_from([word.encode() for word in words]), st.binary(max_size=6), st.text(max_size=3).map(lambda text: text.encode()))
    plain = st.lists(pieces, max_size=40).map(b"".join)
    return st.one_of(plain, plain.map(lambda data: data.decode("latin-1").encode("utf-16")), st.binary(max_size=200))


KICKSTART_WORDS = [
    *COMMANDS,
    *(option.name for command in COMMANDS.values() for option in command.options),
    "\n",
    "\n",
    "\n",
    "\r\n",
    " ",
    " ",
    "\t",
    "=",
    ",",
    "#",
    "'",
    '"',
    "\\",
    "\x00",
    "\ufeff",
    "local",
    "static",
    "192.0.2.1",
    "255.255.255.0",
    HASH,
    "$1$abc",
    "%end",
    "-p secret",
    "https://u:p@h/",
    "account set",
    "| passwd",
]
BOOTCFG_WORDS = [
    *bootcfg_parse.KEYS,
    "\n",
    "\n",
    "\n",
    "\r\n",
    " ",
    " ",
    "\t",
    "=",
    "=",
    "=",
    "#",
    "---",
    " --- ",
    "-",
    "\x00",
    "kernel=k\n",
    "KERNEL=",
    "5",
    "5s",
    "ks=https://u:p@h/x",
    "cdromBoot",
    "systemMediaSize=min",
    "/",
    "\\",
    "://",
    '"',
    "\x0b",
    "\x0c",
]
KICKSTARTS, BOOTCFGS = soup(KICKSTART_WORDS), soup(BOOTCFG_WORDS)


@LONG
@given(KICKSTARTS)
def test_any_kickstart(data: bytes) -> None:
    """See holds_for_a_kickstart."""
    holds_for_a_kickstart(data)


def holds_for_a_kickstart(data: bytes) -> None:
    """No byte is lost, nothing raises, the hash is never shown, and what can be written of it is read back."""
    document = kickstart_parse.parse(data)
    assert kickstart_parse.render(document) == data
    assert [item.line for item in document.items] == lines_of(document.items)
    found = kickstart_lint.lint(document, kickstart_lint.Installation(EsxiVersion(7, 0), None))
    assert all(0 <= finding.line <= data.count(b"\n") + 1 and HASH not in repr(finding) for finding in found)
    assert HASH not in shown(document)
    model, _dropped = extract(document)
    try:
        again = render(model)
    except InputError:
        return
    assert extract(kickstart_parse.parse(again))[0] == model


def lines_of(items: Any) -> list[int]:
    """The line of each part, counted again from its bytes."""
    lines, at = [], 1
    for item in items:
        lines.append(at)
        at += (item.raw + item.body).count(b"\n")
    return lines


@LONG
@given(BOOTCFGS)
def test_any_boot_cfg(data: bytes) -> None:
    """No byte is lost, nothing raises, and lists and numbers of any value can be read."""
    config = bootcfg_parse.parse(data)
    assert bootcfg_parse.render(config) == data
    assert all(0 <= finding.line <= data.count(b"\n") + 1 for finding in bootcfg_lint.lint(config))
    for key in config.where:
        assert all(item.strip() == item and b"---" not in item and item for item in bootcfg_parse.modules(config.value(key)))
        bootcfg_parse.number(config.value(key))


NAMES = st.sampled_from(["ks", "runweasel", "cdromBoot", "systemMediaSize", "k"])
PATHS = st.sampled_from(["a", "/a", "b.b00", "k x=1", "-", "c-", "/d e"])
EDITS = st.builds(
    Edit,
    st.dictionaries(NAMES, st.none() | st.sampled_from(["min", "cdrom:/KS.CFG", "a=b"]), max_size=3),
    st.lists(NAMES, max_size=2),
    st.lists(PATHS, max_size=3),
    st.lists(PATHS, max_size=2),
    st.booleans(),
    st.none() | st.sampled_from(["", "p", "http://h/p/", " p "]),
    st.none() | st.text(max_size=8),
    st.none() | st.integers(0, 99),
)


@LONG
@given(BOOTCFGS, EDITS)
def test_any_change_of_a_boot_cfg(data: bytes, edit: Edit) -> None:
    """See holds_for_a_change."""
    holds_for_a_change(data, edit)


def test_files_by_chance() -> None:
    """The same by chance, which makes many more files in the same time."""
    print(f"VIRTNET_SEED={SEED}")
    chance = random.Random(SEED)
    edits = [Edit({"ks": "x"}, ["cdromBoot"]), Edit(modules_present=["/a", "b"], relative_paths=True, prefix="p"), Edit(title="t", timeout=3)]
    for _count in range(EXAMPLES // 2):
        holds_for_a_kickstart(by_chance(chance, KICKSTART_WORDS))
        data = by_chance(chance, BOOTCFG_WORDS)
        config = bootcfg_parse.parse(data)
        assert bootcfg_parse.render(config) == data
        bootcfg_lint.lint(config)
        holds_for_a_change(b"kernel=k\n" + data, chance.choice(edits))


def by_chance(chance: random.Random, words: list[str]) -> bytes:
    """A file of up to 40 pieces; one in twenty is rubbish, one in ten in UTF-16."""
    if chance.random() < 0.05:
        return bytes(chance.randrange(256) for _byte in range(chance.randrange(200)))
    data = b"".join(chance.choice(words).encode() if chance.random() < 0.9 else bytes([chance.randrange(256)]) for _piece in range(chance.randrange(40)))
    return data.decode("latin-1").encode("utf-16") if chance.random() < 0.1 else data


def holds_for_a_change(data: bytes, edit: Edit) -> None:
    """A second time nothing changes, what was asked for is so, and lines of other keys keep their bytes."""
    try:
        changed = apply(data, edit)
    except InputError:
        return
    assert apply(changed, edit) == changed
    before, after = bootcfg_parse.parse(data), bootcfg_parse.parse(changed)
    options = after.value("kernelopt").split()
    for name, value in edit.kernel_options.items():
        assert (name if value is None else f"{name}={value}").encode() in options
    assert all(bootcfg_parse.number(after.value("timeout")) == edit.timeout for _once in [0] if edit.timeout is not None)
    touched = {"kernel", "kernelopt", "modules", "title", "timeout", "prefix"}
    kept = [line.raw.rstrip(b"\r\n") for line in before.lines if not touched & set(line.keys)]
    assert kept == [line.raw.rstrip(b"\r\n") for line in after.lines if not touched & set(line.keys)]


@LONG
@given(st.text(st.sampled_from("ab= \t\r#'\"\\$\u00e9\u00a0\x00\x0b%"), max_size=30), st.sampled_from(["", "\n"]))
def test_words_as_shlex_splits_them(line: str, end: str) -> None:
    """The installer uses shlex, which is the oracle here; and what is quoted is one word to it."""
    try:
        expected: list[str] | None = shlex.split(line + end, comments=True)
    except ValueError:
        expected = None
    words, error = split(line + end)
    assert (None if error else [word.text for word in words]) == expected
    assert shlex.split(quote(line), comments=True) == [line]


LETTERS = st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f")
WORDS = st.text(LETTERS, min_size=1, max_size=12).filter(lambda text: not text.startswith("-"))
ELEMENTS = WORDS.map(lambda text: text.replace(",", "").strip()).filter(bool)
VALUES: dict[str, Any] = {
    "flag": st.just(True),
    "list": st.lists(ELEMENTS, min_size=1, max_size=3),
    "filters": st.lists(ELEMENTS, max_size=3),
    "int": st.integers(0, 10**6),
    "zero_one": st.booleans(),
    "true_false": st.booleans(),
    "ipv4": st.ip_addresses(v=4).map(str),
    "vlan": st.integers(0, 4095),
    "hostname": st.just("esx-1.example.org"),
    "ipv4_list": st.lists(st.ip_addresses(v=4).map(str), min_size=1, max_size=2),
    "netmask": st.sampled_from(["255.255.255.0", "255.255.254.0"]),
    "license": st.just("AAAAA-BBBBB-CCCCC-DDDDD-EEEEE"),
    "device": st.sampled_from(["vmnic0", "52:54:00:12:34:56"]),
    "str": WORDS,
    "disk": st.sampled_from(["naa.5000c500a1b2c3d4", "mpx.vmhba1:C0:T0:L0", "/vmfs/devices/disks/t10.ATA____X"]),
    "disks": st.lists(st.sampled_from(["eui.0123456789abcdef", "vml.00025261"]), min_size=1, max_size=2),
}


def value(option: Option) -> Any:
    """Values of an option."""
    return st.sampled_from(option.choices) if option.choices else VALUES[option.type]


LINES = st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=0x24F), max_size=8).map(lambda text: " " + text), min_size=1, max_size=4)
SCRIPT = LINES.map("\n".join).filter(lambda text: bool(text.strip()))


def command(row: Command) -> Any:
    """Options of a command, its argument and its script."""
    more = {"script": SCRIPT} if row.script else {}
    needed = {row.argument.name: WORDS} if row.argument is not None else {}
    return st.fixed_dictionaries({**needed, **more}, optional={option.field: value(option) for option in fields(row)})


def word(row: Command) -> Any:
    """Values of a command that is one word."""
    if row.argument is None:
        return value(row.options[0])
    return st.just(HASH) if row.argument.hash else WORDS


def of_key(row: Command) -> Any:
    """What a model may have of a command."""
    one = st.booleans() if row.shape == "switch" else word(row) if row.shape == "word" else command(row)
    return st.lists(one, max_size=2) if row.many else one


MODELS = st.fixed_dictionaries(
    {}, optional={**{row.key: of_key(row) for row in WRITTEN}, **{option.key: st.booleans() for row in WRITTEN for option in row.options if option.key}}
)


@LONG
@given(MODELS)
def test_what_is_written_is_read_back(model: dict[str, Any]) -> None:
    """extract(parse(render(x))) == x, and a second render makes the same bytes."""
    data = render(model)
    read, dropped = extract(kickstart_parse.parse(data))
    assert read == normal(model) and dropped == []
    assert render(read) == data and HASH not in shown(kickstart_parse.parse(data))
