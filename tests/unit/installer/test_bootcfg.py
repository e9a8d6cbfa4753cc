# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""boot.cfg: what the boot loader reads, and changes that keep every other byte."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.edit import Edit, apply
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.lint import lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.parse import modules, number, parse, render, resolve
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# The form of the vendor's media, with made-up modules.
MEDIUM = (
    b"bootstate=0\ntitle=Loading ESXi installer\ntimeout=5\nprefix=\nkernel=/b.b00\nkernelopt=runweasel cdromBoot\n"
    b"modules=/jumpstrt.gz --- /useropts.gz --- /k.b00\nbuild=8.0.3-0.0.24022510\nupdated=0\n"
)

# Facts: the boot loader's own parser was run on such lines.
READS: list[Any] = [
    (b"kernel=b.b00\r\ntitle=x\r\n", {"kernel": b"b.b00", "title": b"x"}),
    (b"title=a   b\t c \nkernel=k\n", {"title": b"a b c"}),
    (b"  kernel=k  \n", {"kernel": b"k"}),
    (b"kernel = k\n", {"kernel": b""}),
    (b"kernel =k\n", {"kernel": b""}),
    (b"kernel=  k\n", {"kernel": b"k"}),
    (b"KERNEL=k\n", {"kernel": b"k"}),
    (b"m=x --- y\n", {"modules": b"x --- y"}),
    (b"k=x\n", {"kernel": b"x", "kernelopt": b""}),
    (b"kernelo=x\n", {"kernelopt": b"x", "kernel": b""}),
    (b"kernel=a\n=x\n", {"kernel": b"x"}),
    (b"kernel=a\nkernel=b\n", {"kernel": b"b"}),
    (b"kernels=a\n", {"kernel": b""}),
    (b"#kernel=a\n # kernel=b\n", {"kernel": b""}),
    (b"kernel=a=b\n", {"kernel": b"a=b"}),
    (b"kernel=a\x00b\n", {"kernel": b"a"}),
    (b"kernel=a", {"kernel": b"a"}),
    (b"t=9\n", {"title": b"9", "timeout": b""}),
    (b"ti=9\n", {"title": b"9", "timeout": b""}),
    (b"tim=9\n", {"timeout": b"9"}),
    (b"b=x\n", {"build": b"x", "bootstate": b""}),
    (b"boots=2\n", {"bootstate": b"2"}),
    (b"unknown=x\nkernel=k\n", {"kernel": b"k"}),
    ("kernel=x\n".encode("utf-16"), {"kernel": b""}),
    ("\u212aernel=x\n".encode(), {"kernel": b""}),
    (b"", {"kernel": b""}),
]


@pytest.mark.parametrize(("data", "values"), READS)
def test_reads_like_the_boot_loader(data: bytes, values: dict[str, bytes]) -> None:
    """Each rule of it."""
    config = parse(data)
    assert {key: config.value(key) for key in values} == values
    assert render(config) == data


@pytest.mark.parametrize(
    ("value", "items"),
    [
        (b"a --- b", [b"a", b"b"]),
        (b"a---b", [b"a", b"b"]),
        (b"my---mod.tgz", [b"my", b"mod.tgz"]),
        (b"a opt=1 --- b", [b"a opt=1", b"b"]),
        (b"", []),
        (b"a ---", [b"a"]),
        (b"--- a", [b"a"]),
        (b"a --- --- b", [b"a", b"b"]),
        (b"a----b", [b"a", b"-b"]),
        # Nothing between two: mboot steps over one byte more.
        (b"a------b", [b"a"]),
        (b"---ab", [b"b"]),
    ],
)
def test_modules(value: bytes, items: list[bytes]) -> None:
    """Split at every ---."""
    assert modules(value) == items


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (b"5", 5),
        (b"-1", -1),
        (b"", 0),
        (b"-", 0),
        (b"5s", None),
        (b"0x5", None),
        (b"+5", None),
        (b"\xd9\xa5", None),
        (b"2147483647", 2147483647),
        (b"2147483648", -2147483648),
        (b"99999999999", 1215752191),
        (b"-99999999999", -1215752191),
        (b"9" * 5000, -1),
        (b"0" * 30 + b"7", 7),
    ],
)
def test_numbers(value: bytes, result: Any) -> None:
    """None makes the file invalid."""
    assert number(value) == result


@pytest.mark.parametrize(
    ("prefix", "path", "asked"),
    [
        (b"", b"/b.b00", b"/b.b00"),
        (b"p", b"/b.b00", b"/b.b00"),
        (b"p", b"b.b00", b"p/b.b00"),
        (b"http://h/p", b"b.b00", b"http://h/p/b.b00"),
        (b"p/", b"b.b00", b"p/b.b00"),
        (b"p", b"\\b.b00", b"/b.b00"),
        (b"p", b"http://h/b", b"http://h/b"),
        (b"", b"b.b00", b"dir/b.b00"),
        # Cleaned afterwards: blanks go, slashes become one but for those of the first ://.
        (b"", b"/b.b00 runweasel", b"/b.b00runweasel"),
        (b"http://h/ESXi 8", b"b.b00", b"http://h/ESXi8/b.b00"),
        (b"a//b", b"c\\\\d", b"a/b/c/d"),
        (b"http://h//x/", b"/a", b"/a"),
        (b"http://h//x/", b"a", b"http://h/x/a"),
        (b"p", b"http:///h//a://b", b"http://h/a:/b"),
        (b"p", b"a\tb", b"p/ab"),
    ],
)
def test_paths(prefix: bytes, path: bytes, asked: bytes) -> None:
    """A leading slash or a URL leaves the prefix out; without one it is the folder of the boot.cfg. As the boot loader's source has it."""
    assert resolve(prefix, path, b"dir") == asked


EDITS: list[Any] = [
    (Edit({"ks": "cdrom:/KS.CFG"}, ["cdromBoot"]), b"runweasel cdromBoot", b"runweasel ks=cdrom:/KS.CFG"),
    (Edit({"runweasel": None}), b"kernelopt=runweasel", b"kernelopt=runweasel"),
    (Edit({"systemMediaSize": "min"}), b"runweasel cdromBoot", b"runweasel cdromBoot systemMediaSize=min"),
    (Edit({"cdromBoot": "x"}), b"runweasel cdromBoot", b"runweasel cdromBoot=x"),
    (Edit({}, ["runweasel", "cdromBoot"]), b"kernelopt=runweasel cdromBoot\n", b"kernelopt=\n"),
    (Edit(modules_present=["/driver.tgz"]), b"/k.b00\n", b"/k.b00 --- /driver.tgz\n"),
    (Edit(modules_present=["/k.b00"]), b"/k.b00\n", b"/k.b00\n"),
    (Edit(modules_present=["/k.b00 opt=1"]), b"/k.b00\n", b"/k.b00 opt=1\n"),
    (Edit(modules_absent=["/useropts.gz"]), b"/jumpstrt.gz --- /useropts.gz --- /k.b00", b"/jumpstrt.gz --- /k.b00"),
    (Edit(title="ESXi for rack 7"), b"title=Loading ESXi installer", b"title=ESXi for rack 7"),
    (Edit(timeout=0), b"timeout=5", b"timeout=0"),
    (Edit(prefix="http://h/esx/"), b"prefix=\n", b"prefix=http://h/esx\n"),
    (Edit(prefix=""), b"prefix=\n", b"prefix=\n"),
]


@pytest.mark.parametrize(("edit", "before", "after"), EDITS)
def test_changes_keep_the_rest(edit: Edit, before: bytes, after: bytes) -> None:
    """Exactly one place changes, with LF and with CRLF, and a second time nothing does."""
    for data, old, new in ((MEDIUM, before, after), *([(crlf(MEDIUM), crlf(before), crlf(after))])):
        assert data.count(old) == 1
        changed = apply(data, edit)
        assert changed == data.replace(old, new)
        assert apply(changed, edit) == changed


def crlf(data: bytes) -> bytes:
    """With the line ends of DOS."""
    return data.replace(b"\n", b"\r\n")


def test_network_boot() -> None:
    """What the vendor's guide asks for: prefix, no slashes, no cdromBoot, ks=."""
    edit = Edit({"ks": "http://h/ks.cfg"}, ["cdromBoot"], ["/extra.tgz"], ["/useropts.gz"], True, "http://h/esx", None, 3)
    config = parse(apply(MEDIUM, edit))
    assert config.value("kernel") == b"b.b00" and config.value("modules") == b"jumpstrt.gz --- k.b00 --- extra.tgz"
    assert config.value("kernelopt") == b"runweasel ks=http://h/ks.cfg" and config.value("prefix") == b"http://h/esx"
    asked = [resolve(config.value("prefix"), path) for path in [config.value("kernel"), *modules(config.value("modules"))]]
    assert asked == [b"http://h/esx/b.b00", b"http://h/esx/jumpstrt.gz", b"http://h/esx/k.b00", b"http://h/esx/extra.tgz"]


@pytest.mark.parametrize(
    ("data", "edit", "result"),
    [
        (b"kernel=k\n", Edit({"a": None}), b"kernel=k\nkernelopt=a\n"),
        (b"kernel=k", Edit({"a": None}), b"kernel=k\nkernelopt=a\n"),
        (b"kernel=k\r\n", Edit(title="x"), b"kernel=k\r\ntitle=x\r\n"),
        (b"kernel=a\nkernelopt=x\n=k\nkernelopt=y\n", Edit({"z": "1"}), b"kernel=a\n=k\nkernelopt=y z=1\n"),
        (b"k=k\nm=a\n", Edit(modules_present=["b"]), b"k=k\nm=a --- b\n"),
        (b"kernel=k\nkernelopt=a a=1 b a\n", Edit({"a": "2"}), b"kernel=k\nkernelopt=a=2 b\n"),
        (b"kernel=k\nkernelopt=A\n", Edit({"a": None}), b"kernel=k\nkernelopt=A a\n"),
        (b'kernel=k\nkernelopt=x="a b"  y\n', Edit({}, ["y"]), b'kernel=k\nkernelopt=x="a b"\n'),
        (b"kernel=\\ /k\nprefix=p\n", Edit(relative_paths=True), b"kernel=k\nprefix=p\n"),
        (b'kernel=k\nkernelopt=x" y\n', Edit({"a": None}), b'kernel=k\nkernelopt=x" y a\n'),
        (b"kernel=k\nkernelopt=  a   b \n", Edit({"a": None}), b"kernel=k\nkernelopt=  a   b \n"),
    ],
)
def test_lines_that_are_missing_or_odd(data: bytes, edit: Edit, result: bytes) -> None:
    """A new line goes next to its kind, and the line that counts is the one that changes."""
    assert apply(data, edit) == result and apply(result, edit) == result


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (Edit({"ks": "a b"}), "the value of ks"),
        (Edit({"ks": "a\nb"}), "the value of ks"),
        (Edit({"a b": None}), "no name of an option"),
        (Edit({"a": None}, ["a"]), "is in kernel_options too"),
        (Edit(modules_present=["my---mod.tgz"]), "---"),
        (Edit(modules_present=[" "]), "is empty"),
        (Edit(modules_present=["a x"], modules_absent=["a"]), "a is in modules_present too"),
        (Edit(modules_present=["a"], modules_absent=["/a"], relative_paths=True), "a is in modules_present too"),
        (Edit(title="a\nkernel=evil"), "control character"),
        (Edit(prefix="/"), "leave prefix empty"),
        (Edit(timeout=-1), "timeout: -1"),
        (Edit(timeout=1 << 31), "2147483648"),
        (Edit(modules_absent=["/jumpstrt.gz", "/useropts.gz", "/k.b00"]), "no module would be left"),
    ],
)
def test_refused(edit: Edit, words: str) -> None:
    """With the value and what to do."""
    with pytest.raises(InputError, match=words.replace("+", r"\+")):
        apply(MEDIUM, edit)


def test_bootstate_stays_in_the_first_sector() -> None:
    """ESXi writes it there, and nowhere else."""
    data = b"title=x\nbootstate=0\nkernel=k\n"
    with pytest.raises(InputError, match="first 512 bytes"):
        apply(data, Edit(title="y" * 600))
    assert apply(data, Edit(title="y" * 400)).startswith(b"title=" + b"y" * 400 + b"\nbootstate=0\n")


def test_no_boot_cfg() -> None:
    """Some other file is left alone."""
    for data in (b"", b"\x7fELF\x00\x01", b"vmaccepteula\n", "kernel=k\n".encode("utf-16")):
        with pytest.raises(InputError, match="no kernel"):
            apply(data, Edit(title="x"))


FINDINGS: list[Any] = [
    (b"title=x\n", "no-kernel", 0, "error"),
    (b"kernel=k\nmodules = a\n", "blank-before-equals", 2, "error"),
    (b"kernel=k\ntimeout=5s\n", "not-a-number", 2, "error"),
    (b"kernel=k\nm=a\n", "short-key", 2, "warning"),
    (b"kernel=k\n=evil\n", "empty-key", 2, "error"),
    (b"kernel=k\nfoo=a\n", "unknown-key", 2, "info"),
    (b"kernel=k\ntitle\n", "no-equals", 2, "warning"),
    (b"kernel=k\nkernel=l\n", "duplicate-key", 1, "warning"),
    (b"kernel=k\nmodules=my---mod.tgz\n", "split-module", 2, "error"),
    (b"kernel=k\nmodules=a --- --- b\n", "empty-module", 2, "error"),
    (b"kernel=k\nmodules=a --- b ---\n", "empty-module", 2, "error"),
    (b"kernel=k\x00\n", "nul", 1, "error"),
    (b"title=" + b"x" * 600 + b"\nbootstate=0\nkernel=k\n", "bootstate-place", 2, "error"),
    (b"kernel=k\nkernelopt=ks=https://h/ks.cfg\n", "ks-https", 2, "warning"),
    (b"kernel=k\nkernelopt=ks=nfs://h/ks.cfg\n", "ks-unprotected", 2, "warning"),
    (b"kernel=k\nkernelopt=ks=http://u:pw@h/ks.cfg\n", "ks-secret", 2, "error"),
    (b"kernel=k\nkernelopt=rootpw=pw\n", "option-secret", 2, "error"),
    (b"kernel=k\nkernelopt=a ks=usb ks=http://h/ks.cfg\n", "option-twice", 2, "warning"),
    (b"kernel=k\nmodules=a -- b\n", "two-dashes", 2, "error"),
    (b"kernel=k\nmodules=a --- b -- c\n", "two-dashes", 2, "error"),
    (b"kernel=k\nkernelopt=ks=cdrom:/ks.cfg\n", "ks-case", 2, "warning"),
    (b"kernel=k\nkernelopt=cdromBoot ks=http://h/ks.cfg\n", "ks-and-cdrom", 2, "warning"),
    (b"kernel=k\nkernelopt=systemMediaSize=tiny\n", "media-size", 2, "error"),
    (b"kernel=k\nkernelopt=systemMediaSize=min autoPartitionOSDataSize=8192\n", "media-size-twice", 2, "warning"),
    (b"kernel=k\nkernelopt=autopartitionosdatasize=8192\n", "option-case", 2, "error"),
    (b"\xef\xbb\xbfkernel=k\n", "byte-order-mark", 1, "error"),
    ("kernel=k\n".encode("utf-16"), "utf-16", 1, "error"),
    (b"x" * ((1 << 20) + 1), "file-length", 1, "error"),
    (b"\n" * 10_001, "file-length", 10_001, "error"),
]


@pytest.mark.parametrize(("data", "rule", "line", "severity"), FINDINGS)
def test_findings(data: bytes, rule: str, line: int, severity: str) -> None:
    """By line, with a remedy, and without a secret."""
    found = [finding for finding in lint(parse(data)) if finding.rule == rule]
    assert [(finding.line, finding.severity) for finding in found] == [(line, severity)]
    assert found[0].remedy.endswith(".") and "pw@" not in repr(found)


def test_a_good_file_has_no_findings() -> None:
    """Neither have CRLF and blanks."""
    assert lint(parse(MEDIUM)) == [] and lint(parse(crlf(MEDIUM))) == []
