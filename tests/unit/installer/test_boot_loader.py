# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""boot.cfg as the boot loader's source has it: what it asks for, has room for, and takes otherwise than it was meant."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg import task as bootcfg_task
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.edit import Edit, apply
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.lint import lint
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bootcfg.parse import parse
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.findings import MOST_FINDINGS
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import Memory
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

MEDIUM = (
    b"bootstate=0\ntitle=Loading ESXi installer\ntimeout=5\nprefix=\nkernel=/b.b00\nkernelopt=runweasel cdromBoot\n"
    b"modules=/jumpstrt.gz --- /useropts.gz --- /k.b00\nbuild=8.0.3-0.0.24022510\nupdated=0\n"
)


def found(data: bytes) -> list[Any]:
    """Rule, line and severity."""
    return [(each.rule, each.line, each.severity) for each in lint(parse(data))]


def options(text: str) -> list[str]:
    """The rules that the kernel's options break."""
    return [rule for rule, _line, _severity in found(f"kernel=/k\nkernelopt={text}\n".encode())]


# The boot loader takes less than 4096 bytes: path, blank, options, and " BOOTIF=01-..." of 28 bytes. A module less than 256.
LONG = 4096 - len("/k ") - 28
FILES: list[Any] = [
    (b"kernel=/b.b00 runweasel\n", [("path-blank", 1, "error")]),
    (b"kernel=/k\ncrypto=/a b\n", [("path-blank", 2, "error")]),
    (b"kernel=k\nprefix=http://h/ESXi 8\n", [("path-blank", 2, "error")]),
    (b"kernel=k\nmodules=/a opt=1 --- /b\n", []),
    (b"kernel=k\nprefix=p/\n", []),
    (b"kernel=/k\nkernelopt=" + b"x" * (LONG - 1) + b"\n", []),
    (b"kernel=/k\nkernelopt=" + b"x" * LONG + b"\n", [("kernel-length", 2, "error")]),
    (b"kernel=/k\nnobootif=1\nkernelopt=" + b"x" * (LONG + 27) + b"\n", []),
    (b"kernel=/k\nnobootif=1\nkernelopt=" + b"x" * (LONG + 28) + b"\n", [("kernel-length", 3, "error")]),
    (b"kernel=/k\nbuild=6.7.0-0.0.8169922\nkernelopt=" + b"x" * 5000 + b"\n", []),
    (b"kernel=/k\nmodules=/a --- /" + b"m" * 254 + b"\n", []),
    (b"kernel=/k\nmodules=/a --- /" + b"m" * 255 + b"\n", [("module-length", 2, "error")]),
    (b"kernel=/k\nmodules=/m " + b"o" * 253 + b"\n", [("module-length", 2, "error")]),
    (b"kernel=k\nprefix=" + b"p" * 250 + b"\nmodules=abcd\n", []),
    (b"kernel=k\nprefix=" + b"p" * 250 + b"\nmodules=abcde\n", [("module-length", 3, "error")]),
    (b"kernel=/k\ntimeout=2147483648\n", [("number-range", 2, "error")]),
    (b"kernel=/k\ntimeout=2147483647\n", []),
    (b"kernel=/k\ntimeout=99999999999\n", [("number-range", 2, "error")]),
    (b"kernel=/k\nerrtimeout=-2147483649\n", [("number-range", 2, "error")]),
    (b"prefix=/x\nkernel=k\nprefix=\n", [("duplicate-key", 1, "warning"), ("empty-after-set", 3, "error")]),
    (b"prefix=\nkernel=k\nprefix=/x\n", [("duplicate-key", 1, "warning")]),
    (b"prefix=\nkernel=k\nprefix=\n", [("duplicate-key", 1, "warning")]),
    (b"kernel=/k\ntimeout=5\ntimeout=\n", [("duplicate-key", 2, "warning")]),
    (b"kernel=/k\nprefix=http://h/x\nmodules=/a --- /b\n", [("prefix-unused", 2, "error")]),
    (b"kernel=k\nprefix=http://h/x\nmodules=/a --- b\n", [("prefix-partly", 2, "warning")]),
    (b"kernel=k\nprefix=http://h/x\nmodules=a --- http://h/b\n", [("prefix-partly", 2, "warning")]),
    (b"kernel=k\nprefix=/x\nmodules=a\n", []),
    (b"kernel=/k\nbuild=8.0.0-1.0.20513097\nerrtimeout=5\n", [("key-since", 3, "warning")]),
    (b"kernel=/k\nbuild=8.0.1-0.0.21495797\nerrtimeout=5\n", []),
    (b"kernel=/k\nbuild=8.0.3-0.0.24022510\nskip=1\n", [("key-since", 3, "warning")]),
    (b"kernel=/k\nbuild=9.0.0-0.24755229\nskip=1\nacpitables=/a\n", []),
    (b"kernel=/k\nbootstate =1\n", []),
    (b"kernel=/k\nbootstate=7\n", [("bootstate-value", 2, "warning")]),
    (b"bootstate=0\nkernel=/k\ntitle=" + b"x" * 600 + b"\nbootstate=1\n", [("duplicate-key", 1, "warning")]),
    (b"kernel=k\nprefix=http://u:pw55@h/x\n", [("path-secret", 2, "error")]),
    (b"kernel=/k\nmodules=http://u:pw55@h/x\n", [("path-secret", 2, "error")]),
]


@pytest.mark.parametrize(("data", "expected"), FILES)
def test_files(data: bytes, expected: list[Any]) -> None:
    """All findings, and no other."""
    assert found(data) == expected and "pw55" not in repr(lint(parse(data)))


OPTIONS: dict[str, list[str]] = {
    "ks=tftp://h/ks.cfg": ["ks-scheme"],
    "ks=ftp://h/ks": ["ks-unprotected"],
    "ks=/ks.cfg": ["ks-scheme"],
    "ks=http:///ks": ["ks-scheme"],
    "ks": ["ks-scheme"],
    "ks=gopher://x": ["ks-scheme"],
    "ks=usb": [],
    "ks=usb:/KS.CFG": [],
    "ks=file:///ks.cfg": [],
    "ks=cdrom:/KS.CFG": [],
    "ks=cdrom:KS.CFG": ["ks-scheme"],
    "ks = http://h/ks": ["ks-scheme", "option-blank"],
    "ks= http://h/ks": ["option-blank"],
    "ks =http://h/ks": ["ks-scheme", "option-blank"],
    "systemMediaSize = min": ["media-size", "option-blank"],
    "systemMediaSize= min": ["media-size", "option-blank"],
    "systemMediaSze=min": ["option-spelling"],
    "sytemMediaSize=min": ["option-spelling"],
    "runwesel": ["option-spelling"],
    "allowLegacyCPUs=true": ["option-spelling"],
    "autoPartitionOSDataSiz=8192": ["option-spelling"],
    "namserver=192.0.2.1": ["option-spelling"],
    "systemmediasize=min": ["option-case"],
    # Options of the VMkernel that are near to none of them.
    "execInstalledOnly=TRUE logPort=com1 gdbPort=none iovDisableIR=TRUE cpuUniformityHardCheckPanic=FALSE ignoreHeadless=TRUE tty2Port=com2 vga=0": [],
    "installerDiskDumpSlotSize=2560 no-auto-partition devListStabilityCount=10": [],
    "noautopartition": [],
    "licensePassword=pw55": ["option-secret"],
    "x.token=pw55 runweasel": ["option-secret"],
    "ks=usb ks=usb": ["option-twice"],
    "systemMediaSize=min systemMediaSize=max": ["option-twice"],
    "vga=0 vga=1": [],
    "debugLogToSerial=1 noIOMMU noACPI maxPCPUS=8 autoPartitionDiskGuid=x installerDiskDumpSlotSize=2560 com1_baud=115200 allowLegacyCPU=true": [],
}


@pytest.mark.parametrize("text", OPTIONS)
def test_options_of_the_kernel(text: str) -> None:
    """All findings, and no other."""
    assert sorted(options(text)) == OPTIONS[text]


def test_what_the_boot_loader_takes_is_said() -> None:
    """The path and the number, as it takes them."""
    said = " ".join(each.message for each in lint(parse(b"kernel=/b.b00 runweasel\ntimeout=99999999999\n")))
    assert "/b.b00runweasel" in said and "1215752191" in said


def test_findings_are_not_without_end() -> None:
    """Whatever has ten thousand of them."""
    assert len(lint(parse(b"kernel\n" * 9999))) == MOST_FINDINGS + 1


@pytest.mark.parametrize(
    ("edit", "words"), [(Edit(prefix="http://h/ESXi 8"), "has a blank, which the boot loader removes"), (Edit(prefix="a\tb"), "control character")]
)
def test_what_is_refused(edit: Edit, words: str) -> None:
    """Before anything is written."""
    with pytest.raises(InputError, match=words):
        apply(MEDIUM, edit)


def test_an_empty_prefix_after_another_one_is_mended() -> None:
    """One line is left, of which the boot loader makes no address without meaning."""
    data = b"prefix=/x\nkernel=/k\nprefix=\n"
    assert apply(data, Edit(prefix="")) == b"kernel=/k\nprefix=\n" and apply(data, Edit(title="t")) != data


def work(data: bytes = MEDIUM, **params: Any) -> dict[str, Any]:
    """The module's answer about one file."""
    given = {name: option.get("default") for name, option in bootcfg_task.spec().items()}
    outcome = bootcfg_task.work({**given, "path": "/boot.cfg", **params}, Memory({"/boot.cfg": data}))
    return {**outcome.result, "warnings": outcome.warnings, "new": outcome.files[0].data}


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"prefix": "http://h/x"}, "prefix-unused"),
        ({"kernel_options": {"ks": "tftp://h/ks"}}, "ks-scheme"),
        ({"kernel_options": {"sytemMediaSize": "min"}}, "option-spelling"),
        ({"prefix": "http://h/" + "x" * 250, "relative_paths": True}, "module-length"),
        ({"prefix": "http://u:pw55@h/x", "relative_paths": True}, "path-secret"),
        ({"kernel_options": {"a": "x" * 4096}}, "kernel-length"),
        ({"system_media_size": "min", "memory": 1024}, "give it with its unit"),
        ({"memory": 64}, "with its unit"),
        ({"system_media_size": "min", "disk_size": 80}, "give it with its unit"),
        ({"esxi_version": "8.0 U2"}, "/boot.cfg is of 8.0 U3"),
        ({"esxi_version": "6.7"}, "/boot.cfg is of 8.0 U3"),
        ({"esxi_version": "9.0.1.0", "system_media_size": "max"}, "/boot.cfg is of 8.0 U3"),
    ],
)
def test_the_module_refuses(params: dict[str, Any], words: str) -> None:
    """What the host would fail at."""
    with pytest.raises(InputError, match=words) as error:
        work(**params)
    assert "pw55" not in error.value.message


def test_the_release_counts_as_far_as_it_is_said() -> None:
    """8.0 is any of its updates, of which the medium is one. Where build= tells nothing, that is said."""
    for text in ("8.0", "8.0 U3", "8.0 U3e", "8.0.3"):
        assert work(esxi_version=text, system_media_size="min")["warnings"] == []
    other = work(MEDIUM.replace(b"build=8", b"build=x8"), esxi_version="8.0")
    assert other["files"][0]["esxi_version"] is None and "is not compared with it" in other["warnings"][0]
    assert "systemMediaSize=min" in work(MEDIUM.replace(b"8.0.3-0.0.24022510", b"9.1.0-0.25370933"), system_media_size="min")["new"].decode()


class Tree(Memory):
    """A folder on a disk."""

    def names(self, path: str) -> list[str] | None:
        """What is right below."""
        below = [name[len(path) + 1 :].partition("/")[0] for name in self.files if name.startswith(f"{path}/")]
        return sorted(set(below)) or None


def test_a_tree_whose_build_is_empty() -> None:
    """As on the media of 6.7: systemMediaSize is refused by the release that stands beside it."""
    old = MEDIUM.replace(b"8.0.3-0.0.24022510", b"")
    metadata = b"<vum><product><build>13006603</build><esxVersion>6.7.0</esxVersion></product></vum>"
    files = {"/t/BOOT.CFG": old, "/t/EFI/BOOT/BOOT.CFG": old, "/t/UPGRADE/METADATA.XML": metadata}
    given = {name: option.get("default") for name, option in bootcfg_task.spec().items()}
    given.update(path="/t", system_media_size="min")
    with pytest.raises(InputError, match="ESXi 6.7 has no ESX-OSData partition"):
        bootcfg_task.work(given, Tree(files))
    for path in ("/t", "/t/BOOT.CFG", "/t/EFI/BOOT/BOOT.CFG"):
        with pytest.raises(InputError, match="8.0 U3 is given, and /t/.*BOOT.CFG is of 6.7; give"):
            bootcfg_task.work({**given, "esxi_version": "8.0 U3", "path": path}, Tree(files))
    outcome = bootcfg_task.work({**given, "esxi_version": "8.0 U3"}, Tree({**files, "/t/UPGRADE/METADATA.XML": b"?"}))
    assert any("it does not tell the release" in each for each in outcome.warnings)
