# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PCI identifiers as tools print them, and the catalogue that is asked with them."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.catalogue import CATALOGUE, answers, catalogue
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.pci import Device, devices, driver_of_line, match, pattern, short
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

# One and the same machine, by four tools.
LSPCI_N = "00:1f.6 0200: 8086:15bc (rev 10)\n01:00.0 0108: 144d:a808 (prog-if 02)\n"
LSPCI_NN = """\
00:1f.6 Ethernet controller [0200]: Intel Corporation Ethernet Connection (7) I219-V, of [brackets] [8086:15bc] (rev 10)
\tDeviceSubsystem: ASUSTeK Computer Inc. [1043:8672]
\tKernel driver in use: e1000e
01:00.0 Non-Volatile memory controller [0108]: Samsung Electronics Co Ltd NVMe SSD Controller SM981/PM981/PM983 [144d:a808] (prog-if 02 [NVM Express])
"""
ESXI_LSPCI = "0000:00:1f.6 Class 0200: 8086:15bc [vmnic0]\n0000:01:00.0 Class 0108: 144d:a808\n"
ESXCLI = """\
0000:00:1f.6
   Address: 0000:00:1f.6
   Segment: 0x0000
   VMkernel Name: vmnic0
   Vendor Name: Intel Corporation
   Device Class Name: Ethernet controller
   Vendor ID: 0x8086
   Device ID: 0x15bc
   SubVendor ID: 0x1043
   SubDevice ID: 0x8672
   Device Class: 0x0200
   Programming Interface: 0x00
   Module Name: ne1000

0000:01:00.0
   Address: 0000:01:00.0
   Vendor ID: 0x144d
   Device ID: 0xa808
   SubVendor ID: 0x144d
   SubDevice ID: 0xa801
   Device Class: 0x0108
   Programming Interface: 0x02
"""
ANY = "." * 22


@pytest.mark.parametrize("text", [LSPCI_N, LSPCI_NN, ESXI_LSPCI, ESXCLI])
def test_tools_agree(text: str) -> None:
    """On vendor, device and class, whatever else they say."""
    network, disk = devices(text)
    assert (network.name, network.digits[16:20], network.slot[-7:]) == ("8086:15bc", "0200", "00:1f.6")
    assert (disk.name, disk.digits[16:20], disk.slot[-7:]) == ("144d:a808", "0108", "01:00.0")


def test_what_a_tool_adds_is_used() -> None:
    """Subsystem and programming interface."""
    assert [each.digits for each in devices(LSPCI_NN)] == ["808615bc104386720200..", "144da808........010802"]
    assert [each.digits for each in devices(ESXCLI)] == ["808615bc10438672020000", "144da808144da801010802"]


@pytest.mark.parametrize(
    ("given", "digits"),
    [
        ("8086:15f3", "808615f3.............."),
        ("0x8086 0x15F3", "808615f3.............."),
        ("808615f3", "808615f3.............."),
        ("15b3:101d 15b3:0016", "15b3101d15b30016......"),
        ("144d:a808 class 0108", "144da808........0108.."),
        ("class 010802", "................010802"),
        (" 8086:15f3 ", "808615f3.............."),
    ],
)
def test_identifiers(given: str, digits: str) -> None:
    """As people write them."""
    assert devices([given]) == [Device("", digits)]


@pytest.mark.parametrize(
    "given", ["8086", "8086:15f", "hello", "8086:15f3 and more", "01:00.0", "class 01", "8086:15f3 8086:2074 1234:5678", "8086-8087:15f3", "::"]
)
def test_what_is_no_identifier_is_named(given: str) -> None:
    """And never left out in silence."""
    with pytest.raises(InputError) as caught:
        devices(given)
    assert given[:6] in caught.value.message


@pytest.mark.parametrize(
    ("wanted", "device", "verdict"),
    [
        ("808615f3", "808615f3" + "." * 14, "yes"),
        ("808615f4", "808615f3" + "." * 14, "no"),
        ("................010802", "144da808........0108..", "maybe"),
        ("................010802", "144da808........010802", "yes"),
        ("................010802", "144da808........0200..", "no"),
        ("................010802", "144da808..............", "no"),
        ("144da808", "................010802", "no"),
        ("15b3101d15b30016", "15b3101d" + "." * 14, "maybe"),
        ("15b3101d15b30016", "15b3101d15b30017......", "no"),
    ],
)
def test_matches(wanted: str, device: str, verdict: str) -> None:
    """A digit that is not known is a maybe."""
    made = pattern(wanted)
    assert made is not None and match(made, device) == verdict


def test_lines_of_driver_maps() -> None:
    """As they were seen on hosts; other buses keep what is written."""
    driver = driver_of_line("regtype=native,bus=pci,id=15b3101f15b30016......,driver=nmlx5_core")
    assert driver is not None and driver.as_dict() == {"bus": "pci", "id": "15b3:101f 15b3:0016", "driver": "nmlx5_core"}
    usb = driver_of_line("regtype=native,bus=usb,id=0bda8153,driver=uether")
    assert usb is not None and usb.as_dict() == {"bus": "usb", "id": "0bda8153", "driver": "uether"}
    assert driver_of_line("regtype=native,bus=pci,id=short,driver=x") is None and driver_of_line("# regtype") is None
    assert short(ANY) == "any" and short("................0108..") == "class 0108"


def lookup(*terms: str, **options: Any) -> list[dict[str, Any]]:
    """As the plugin does."""
    return answers(terms, **options)


@pytest.mark.parametrize(
    ("term", "release", "answer", "names"),
    [
        ("8086:15f3", "7.0", "bundle", ["net-community-7.0"]),
        ("8086:15f3", "8.0", "inbox", []),
        ("8086:15f3", "6.7", "other_release", []),
        ("8086:15bd", "7.0 U3", "bundle", ["net-community-7.0"]),
        ("8086:0d50", "7.0", "unknown", []),
        ("1d6a:07b1", "7.0", "unknown", []),
        ("10ec:8125", "8.0", "bundle", ["realtek-8.0"]),
        ("10ec:8125", "9.0", "bundle", ["realtek-8.0"]),
        ("10ec:8125", "7.0", "other_release", []),
        ("126f:2262", "7.0", "bundle", ["nvme-community-7.0"]),
        ("126f:2262", "6.7", "other_release", []),
        ("01:00.0 0108: 144d:a808", "6.7", "bundle", ["nvme-community-6.7"]),
        ("144d:a808 class 010802", "7.0", "bundle", ["nvme-community-7.0"]),
        ("class 010802", "7.0", "bundle", ["nvme-community-7.0"]),
        ("usb_network", "8.0 U3", "bundle", ["usb-nic-8.0u3"]),
        ("usb_network", "8.0 U2", "other_release", []),
        ("usb_network", "9.0", "bundle", ["usb-nic-9.0"]),
    ],
)
def test_the_question(term: str, release: str, answer: str, names: list[str]) -> None:
    """Which bundle makes this device work on this release?"""
    (found,) = lookup(term, esxi_version=release)
    assert [each["name"] for each in found["bundles"]] == names
    assert found["answer"] == answer
    assert found["msg"].endswith(".") and release.split()[0] in found["msg"]


def test_entries_of_users() -> None:
    """They are added, or take the place of a known one."""
    own = {"name": "own", "file": "own.zip", "kind": "network", "pci_ids": ["1d6a:07b0-07b2"], "since": "6.7", "install": "vib", "sha256": "a" * 64}
    (found,) = lookup("1d6a:07b1", esxi_version="9.0", extra=[own])
    assert found["bundles"][0]["file"] == "own.zip"
    (found,) = lookup("8086:15f3", esxi_version="7.0", extra=[{**own, "name": "net-community-7.0"}])
    assert found["answer"] == "unknown"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"kind": "sound"}, "sound"),
        ({"sha256": "abc"}, "abc"),
        ({"pci_ids": ["8086"]}, "8086"),
        ({"pci_ids": "8086:0002-0001"}, "ends before"),
        ({"colour": "red"}, "colour"),
        ({"since": "7"}, "'7'"),
        ({"install": "rpm"}, "rpm"),
        ({"reboot": "maybe"}, "maybe"),
        ({"file": ""}, "file"),
    ],
)
def test_entries_are_checked(change: dict[str, Any], word: str) -> None:
    """Each mistake by its name."""
    base = {"name": "own", "file": "own.zip", "kind": "network", "pci_ids": [], "since": "6.7", "install": "vib", "sha256": "a" * 64}
    with pytest.raises(InputError) as caught:
        catalogue([{**base, **change}])
    assert word in caught.value.message


def test_the_catalogue_is_sound() -> None:
    """Every entry passes the check of users' entries, digests are all different, and none needs a lower acceptance level."""
    assert [
        entry.name
        for entry in catalogue([entry.as_dict() | {"before": entry.before, "inbox_from": entry.inbox_from, "pci_ids": entry.pci_ids} for entry in CATALOGUE])
    ] == [entry.name for entry in CATALOGUE]
    assert len({entry.sha256 for entry in CATALOGUE}) == len({entry.md5 for entry in CATALOGUE}) == len({entry.file for entry in CATALOGUE}) == 6
    assert {entry.acceptance_level for entry in CATALOGUE} == {"vmware_certified"}
    for entry in CATALOGUE:
        assert entry.fits(EsxiVersion.parse(entry.since)) and entry.install == ("vib" if entry.since < "7" else "component")


def test_the_plugin() -> None:
    """As Ansible runs it: a user's entry from a variable, and what is wrong in a sentence."""

    def run(expression: str) -> str:
        entry = {"name": "own", "file": "own.zip", "kind": "network", "pci_ids": ["1d6a:07b0-07b2"], "since": "6.7", "install": "vib", "sha256": "a" * 64}
        extra = json.dumps({"virtnet_driver_catalogue": [entry]})
        words = ["ansible", "localhost", "-m", "ansible.builtin.debug", "-a", "msg={{ " + expression + " }}", "-e", extra]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout + done.stderr

    assert "own.zip" in run("lookup('virtnet.hardening.driver_bundle', '1d6a:07b1', esxi_version='9.0').msg")
    assert "'seven' is no release" in run("lookup('virtnet.hardening.driver_bundle', '1d6a:07b1', esxi_version='seven')")
