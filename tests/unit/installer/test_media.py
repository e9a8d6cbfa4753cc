# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes onto a medium, without one: hosts, scripts, names and paths."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media import spec as media_spec
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.plan import plan
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.media.types import Installer, Medium, Memory
from ansible_collections.virtnet.hardening.plugins.module_utils._media.errors import NoSpaceError
from ansible_collections.virtnet.hardening.plugins.module_utils._media.iso_job import check_space
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

BOOT_CFG = b"bootstate=0\ntitle=T\nprefix=\nkernel=/b.b00\nkernelopt=runweasel cdromBoot\nmodules=/Sub/a.v00 -x --- /k.b00\nbuild=8.0.3-0.0.24022510\n"
SCRIPT = "vmaccepteula\nrootpw --iscrypted $6$a$" + "x" * 86 + "\ninstall --firstdisk=local\nnetwork --bootproto=dhcp\nreboot\n"
FILES = {
    "/BOOT.CFG": BOOT_CFG,
    "/EFI/BOOT/BOOT.CFG": BOOT_CFG,
    "/B.B00": b"b",
    "/SUB/A.V00": b"a",
    "/K.B00": b"k",
    "/MBOOT.C32": b"m",
    "/EFI/BOOT/BOOTX64.EFI": b"e",
    "/EFI/BOOT/CRYPTO64.EFI": b"c",
}
U1B = BOOT_CFG.replace(b"8.0.3-0.0.24022510", b"7.0.1-0.10.17168206")
FILES_OF_7_0_U1B = {**FILES, "/BOOT.CFG": U1B, "/EFI/BOOT/BOOT.CFG": U1B}
HOST = {"name": "one", "mac": "52:54:00:00:00:01"}


class Fake(Installer):
    """A medium in memory."""

    def __init__(self, files: dict[str, bytes]) -> None:
        super().__init__("fake.iso", {path: len(data) for path, data in files.items()})
        self.files = files

    def read(self, path: str) -> bytes:
        """The content."""
        return self.files[path]


def make(files: dict[str, bytes] | None = None, on_host: dict[str, bytes] | None = None, **given: Any) -> Medium:
    """A plan."""
    params: dict[str, Any] = {name: option.get("default") for name, option in media_spec.spec().items()}
    params.update(src="fake.iso", dest="/d", **given)
    for host in params.get("hosts") or []:
        for name, option in media_spec.spec()["hosts"]["options"].items():
            host.setdefault(name, option.get("default"))
    media_spec.check(params)
    return plan(params, Fake(FILES if files is None else files), Memory(on_host or {}))


def text(medium: Medium, path: str) -> str:
    """The content of a file of it."""
    data = next(entry.data for entry in medium.entries if entry.path == path)
    assert data is not None
    return data.decode()


def options(medium: Medium, path: str) -> list[str]:
    """Of the kernel."""
    return next(line for line in text(medium, path).splitlines() if line.startswith("kernelopt=")).partition("=")[2].split()


def test_hosts_say_otherwise() -> None:
    """A host's options are laid over the common ones; what one side removes and the other gives is as the host says."""
    common = {"kernel_options": {"a": "1", "b": "2"}, "kernel_options_absent": ["c", "runweasel"], "title": "all", "kickstart_content": SCRIPT}
    own = {**HOST, "kernel_options": {"b": "3", "c": "4"}, "kernel_options_absent": ["a"], "title": "one", "ks_url": "nfs://h/ks"}
    medium = make(format="http", base_url="http://h/x/", hosts=[own, {"name": "two", "mac": "525400000002"}], **common)
    assert options(medium, "01-52-54-00-00-00-01/boot.cfg") == ["b=3", "c=4", "ks=nfs://h/ks"]
    assert options(medium, "01-52-54-00-00-00-02/boot.cfg") == ["a=1", "b=2", "ks=http://h/x/ks/two.cfg"]
    assert options(medium, "boot.cfg") == ["a=1", "b=2"]
    assert "title=one\n" in text(medium, "01-52-54-00-00-00-01/boot.cfg") and "title=all\n" in text(medium, "boot.cfg")
    paths = [entry.path for entry in medium.entries]
    # boot.cfg comes last, and the script of a host that has a URL of its own is not made.
    assert "ks/two.cfg" in paths and "ks/one.cfg" not in paths and all(path.endswith("boot.cfg") for path in paths[-3:])
    assert [entry.private for entry in medium.entries if entry.path == "ks/two.cfg"] == [True]
    assert {entry.path: entry.member for entry in medium.entries if entry.path.startswith("esxi/")} == {
        "esxi/b.b00": "/B.B00",
        "esxi/Sub/a.v00": "/SUB/A.V00",
        "esxi/k.b00": "/K.B00",
    }
    assert "modules=Sub/a.v00 -x --- k.b00\n" in text(medium, "boot.cfg") and "prefix=http://h/x/esxi\n" in text(medium, "boot.cfg")


def test_without_hosts_the_script_is_for_all() -> None:
    """With hosts, it is not for those that nobody named."""
    medium = make(format="http", base_url="http://h", kickstart_content=SCRIPT)
    assert options(medium, "boot.cfg") == ["runweasel", "ks=http://h/ks/ks.cfg"]


def test_iso_without_a_script_asks_questions() -> None:
    """cdromBoot stays then."""
    medium = make(system_media_size="min", kernel_options_absent=["x"])
    assert options(medium, "/BOOT.CFG") == ["runweasel", "cdromBoot", "systemMediaSize=min"] and medium.result["hosts"][0]["ks"] is None
    assert options(make(ks_url="usb:/KS.CFG"), "/BOOT.CFG") == ["runweasel", "ks=usb:/KS.CFG"]


def test_https_is_warned_about() -> None:
    """Once for all hosts: certificates are not checked."""
    hosts = [{"name": f"h{number}", "mac": f"52:54:00:00:00:0{number}"} for number in range(1, 4)]
    medium = make(format="http", base_url="https://h", kickstart_content=SCRIPT, hosts=hosts)
    said = [each for each in medium.warnings if "certificate" in each]
    assert len(said) == 1 and "and 2 more" in said[0]


def test_arm() -> None:
    """Its loader has another name."""
    files = {path.replace("X64", "AA64"): data for path, data in FILES.items() if path != "/MBOOT.C32"}
    medium = make(files, format="http", base_url="http://h", kickstart_content=SCRIPT)
    links = {entry.path: entry.link for entry in medium.entries if entry.link}
    assert links == {"mboot.efi": "bootaa64.efi"} and medium.result["bios"] is None


@pytest.mark.parametrize(
    ("data", "version"), [(b"..PXELINUX 3.86 2010-04-01..", ""), (b"PXELINUX 4.07 x", "supports 3.86 only"), (b"PXELINUX 5.00", "!"), (b"PXELINUX 6.03", "!")]
)
def test_pxelinux(data: bytes, version: str) -> None:
    """From 5.00 on it can't load the vendor's mboot.c32."""
    given: dict[str, Any] = {"format": "pxe", "pxelinux": "/p", "ks_url": "http://h/ks"}
    if version == "!":
        with pytest.raises(InputError, match=r"3\.86"):
            make(on_host={"/p": data}, **given)
        return
    medium = make(on_host={"/p": data}, **given)
    assert medium.result["bios"] == "pxelinux.0" and any("3.86 only" in each for each in medium.warnings) == bool(version)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "neither boot.cfg nor"),
        ({**FILES, "/boot.cfg": BOOT_CFG}, "differ in case only"),
        ({"/BOOT.CFG": BOOT_CFG}, "loads /b.b00"),
        ({**FILES, "/EFI/BOOT/BOOT.CFG": BOOT_CFG.replace(b"/k.b00", b"/../k.b00"), "/../k.b00": b""}, "no plain path"),
        ({"/BOOT.CFG": b"\xff\xfe\x00rubbish"}, "kernel"),
        ({"/BOOT.CFG": b""}, "kernel"),
    ],
)
def test_media_that_are_none(files: dict[str, bytes], words: str) -> None:
    """With their reason."""
    for given in ({"format": "iso"}, {"format": "http", "base_url": "http://h"}):
        with pytest.raises(InputError, match=words):
            make(files, **given)


@pytest.mark.parametrize(
    ("mac", "folder"),
    [
        ("52:54:00:AB:cd:01", "01-52-54-00-ab-cd-01"),
        ("52-54-00-ab-cd-01", "01-52-54-00-ab-cd-01"),
        ("5254.00ab.cd01", "01-52-54-00-ab-cd-01"),
        ("525400abcd01", "01-52-54-00-ab-cd-01"),
        ("", None),
        ("52:54:00:ab:cd", None),
        ("01:00:5e:00:00:01", None),
        ("00:00:00:00:00:00", None),
        ("52:54:00:ab:cd:0g", None),
        ("52:54:00:ab:cd:01:02", None),
    ],
)
def test_mac_folders(mac: str, folder: str | None) -> None:
    """As the boot loader writes them."""
    if folder is None:
        with pytest.raises(InputError, match="mac"):
            media_spec.mac_folder(mac, "h")
    else:
        assert media_spec.mac_folder(mac, "h") == folder


WITHOUT_UEFI = {path: data for path, data in FILES.items() if not path.endswith(".EFI")}
PXELINUX = {"/p": b"PXELINUX 3.86"}
NINE = {path: data.replace(b"8.0.3-0.0.24022510", b"9.1.0-0.25370933") for path, data in {**FILES, "/ISOLINUX.BIN": b"i", "/EFIBOOT.IMG": b"f"}.items()}


def said(medium: Medium, words: str) -> bool:
    """In a warning."""
    return any(words in each for each in medium.warnings)


def test_a_medium_for_the_bios_alone() -> None:
    """Told, with the way out, or refused where no host could start."""
    for kind in ("pxe", "ipxe"):
        given: dict[str, Any] = {"format": kind, "base_url": "http://h", "kickstart_content": SCRIPT}
        medium = make(WITHOUT_UEFI, PXELINUX, pxelinux="/p", **given)
        assert said(medium, "so hosts start by the BIOS only; give the vendor's whole medium") and medium.result["uefi"] is None
        with pytest.raises(InputError, match="give the vendor's whole medium, or the pxelinux.0 of SYSLINUX 3.86"):
            make(WITHOUT_UEFI, **given)
        with pytest.raises(InputError, match="and none for the BIOS"):
            make({path: data for path, data in WITHOUT_UEFI.items() if path != "/MBOOT.C32"}, **given)
    with pytest.raises(InputError, match="which alone has HTTP boot; give the vendor's whole medium, or format pxe or ipxe"):
        make(WITHOUT_UEFI, format="http", base_url="http://h", kickstart_content=SCRIPT)
    assert said(make({**FILES, "/ISOLINUX.BIN": b"i"}, kickstart_content=SCRIPT), "starts hosts by the BIOS only; give the vendor's whole medium")
    assert not said(make(NINE, kickstart_content=SCRIPT), "BIOS")


def test_files_for_the_bios_of_esx_9() -> None:
    """Only for those who ask, and told then."""
    given: dict[str, Any] = {"format": "pxe", "base_url": "http://h", "kickstart_content": SCRIPT, "hosts": [dict(HOST)]}
    without = make(NINE, **given)
    assert not [entry.path for entry in without.entries if "mboot.c32" in entry.path or "pxelinux" in entry.path] and not said(without, "BIOS")
    asked = make(NINE, PXELINUX, pxelinux="/p", **given)
    assert {"mboot.c32", "pxelinux.0", "pxelinux.cfg/default"} <= {entry.path for entry in asked.entries}
    assert said(asked, "ESX 9.1 is for UEFI; leave it out") and asked.result["bios"] == "pxelinux.0"
    eight = make(**given)
    assert "mboot.c32" in [entry.path for entry in eight.entries] and not said(eight, "is for UEFI")


def test_the_release_of_the_medium() -> None:
    """6.7 is none that has systemMediaSize, whatever is said of it; nor is half of one release and half of another a medium."""
    old = {path: data.replace(b"8.0.3-0.0.24022510", b"6.7.0-0.0.8169922") for path, data in FILES.items()}
    for kind in ({}, {"format": "http", "base_url": "http://h"}):
        with pytest.raises(InputError, match="8.0 U3 is given, and fake.iso is of 6.7; give the medium of that release"):
            make(old, esxi_version="8.0 U3", system_media_size="min", **kind)
        with pytest.raises(InputError, match="of two releases: /BOOT.CFG is of 6.7 and /EFI/BOOT/BOOT.CFG is of 8.0 U3"):
            make({**FILES, "/BOOT.CFG": old["/BOOT.CFG"]}, **kind)
    assert make(esxi_version="8.0", system_media_size="min").result["esxi_version"] == "8.0 U3"
    custom = {path: data.replace(b"build=8", b"build=x8") for path, data in FILES.items()}
    assert said(make(custom, esxi_version="8.0 U3"), "fake.iso does not tell its release")
    assert make(NINE, esxi_version="9.1", system_media_size="max").result["esxi_version"] == "9.1"


def test_the_release_of_a_medium_whose_build_is_empty() -> None:
    """As on the vendor's media up to 6.7: what is there for an upgrade tells it, in whatever case."""
    old = {path: data.replace(b"build=8.0.3-0.0.24022510", b"build=") for path, data in FILES.items()}
    old["/UPGRADE/METADATA.XML"] = b"<vum><product><esxVersion>6.7.0</esxVersion><build>13006603</build></product></vum>"
    for kind in ({}, {"format": "http", "base_url": "http://h"}):
        with pytest.raises(InputError, match="8.0 U3 is given, and fake.iso is of 6.7; give the medium of that release"):
            make(old, esxi_version="8.0 U3", system_media_size="min", **kind)
        medium = make(old, esxi_version="6.7 U2", **kind)
        assert medium.result["esxi_version"] == "6.7 U2" and not said(medium, "is not compared")
        assert make(old, **kind).result["esxi_version"] == "6.7"
    assert make({**FILES, "/UPGRADE/METADATA.XML": b"<esxVersion>6.7.0</esxVersion>"}).result["esxi_version"] == "8.0 U3"
    # The limits of the boot loader came with 7.0.2.
    long = {"format": "http", "base_url": "http://h/" + "x" * 250}
    assert make(old, **long).result["esxi_version"] == "6.7"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"base_url": "http://u:pa55word@h/x"}, "base_url: it carries a password"),
        ({"base_url": "http://h/\u00e9"}, "base_url"),
        ({"base_url": "http://h/a b"}, "base_url"),
        ({"base_url": "http://h/" + "x" * 250}, "module-length"),
        ({"base_url": "http://h", "memory": 1024}, "memory: 1024 bytes"),
        ({"base_url": "http://h", "kernel_options": {"systemmediasize": "min"}}, "option-case"),
        ({"base_url": "http://h", "drivers": ["/d/\ud800.zip"]}, "rename it"),
    ],
)
def test_what_is_refused_for_a_tree(given: dict[str, Any], words: str) -> None:
    """With its reason, without the password."""
    with pytest.raises(InputError, match=words) as error:
        make(format="http", kickstart_content=SCRIPT, **given)
    assert "pa55word" not in error.value.message


def test_blanks_in_the_paths_of_a_medium() -> None:
    """The boot loader removes them, so it asks for another file than the one that is there."""
    odd = {**FILES, "/BOOT.CFG": BOOT_CFG.replace(b"kernel=/b.b00", b"kernel=/b.b00 runweasel")}
    with pytest.raises(InputError, match="which the medium has not"):
        make(odd)
    slashes = {path: data.replace(b"/Sub/a.v00", b"\\Sub//a.v00") for path, data in FILES.items()}
    medium = make(slashes, format="http", base_url="http://h", kickstart_content=SCRIPT)
    assert {entry.path: entry.member for entry in medium.entries}["esxi/Sub/a.v00"] == "/SUB/A.V00"


def test_every_kernel_option_rule_holds_however_it_is_written() -> None:
    """systemMediaSize by its own option or among the others."""
    for given in ({"system_media_size": "min"}, {"kernel_options": {"systemMediaSize": "min"}}):
        with pytest.raises(InputError, match="at least small"):
            make(memory=1 << 40, **given)
        with pytest.raises(InputError, match="autoPartitionOSDataSize"):
            make(FILES_OF_7_0_U1B, esxi_version="7.0 U1b", **given)
        assert make(disk_size=80 << 30, **given).result["hosts"][0]["system_media"]["datastore_bytes"] == 51271172096


def test_space_that_is_missing_is_rounded_up(tmp_path: Path) -> None:
    """A folder with 0 MiB free is not told that 0 MiB are needed."""
    with pytest.raises(NoSpaceError, match=f"needs {(1 << 42) + 1} MiB"):
        check_space(str(tmp_path), (1 << 62) + 1, "/d")
