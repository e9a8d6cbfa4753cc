# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""offline_bundle_info and the catalogue of drivers in playbooks; sha256sum and unzip are the judges."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from tests.oracle.bundles import VibSpec, make_bundle

from .conftest import ROOT, changed, results
from .test_installer import Runner, refusals, tool

DEVICES = "01:00.0 0108: 144d:a808 (prog-if 02)\n02:00.0 0200: 8086:15f3 (rev 03)\n03:00.0 0200: 10ec:8168 (rev 15)\n"


@pytest.fixture(name="runner")
def _runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_a_bundle_is_told(runner: Runner, tmp_path: Path) -> None:
    """With the target's own Python; check mode says the same."""
    bundle = make_bundle(tmp_path, [VibSpec()])
    options = {"paths": [str(bundle)], "pci_ids": DEVICES, "esxi_version": "7.0 U3", "checksums": {"bundle.zip": tool("sha256sum", str(bundle)).split()[0]}}
    real = runner.task("offline_bundle_info", **options)
    (found,) = real["bundles"]
    assert found["sha256"] == tool("sha256sum", str(bundle)).split()[0] and str(found["size"]) == tool("stat", "-c", "%s", str(bundle))
    assert [each["pci_id"] for each in found["serves"]] == ["144d:a808", "8086:15f3"] and real["unserved"] == [{"slot": "03:00.0", "pci_id": "10ec:8168"}]
    checked = runner.task("offline_bundle_info", "--check", **options)
    assert checked["bundles"] == real["bundles"] and not real["changed"]


def test_what_is_wrong_is_refused(runner: Runner, tmp_path: Path) -> None:
    """In one sentence that names the file."""
    bundle = make_bundle(tmp_path, [VibSpec()])
    (tmp_path / "cut.zip").write_bytes(bundle.read_bytes()[:-30])
    (tmp_path / "none.zip").write_text("no bundle")
    refusals(
        runner,
        "offline_bundle_info",
        {"paths": [str(bundle)]},
        [
            ({"paths": [str(tmp_path / "cut.zip")]}, "cut.zip"),
            ({"paths": [str(tmp_path / "none.zip")]}, "neither a VIB nor a zip file"),
            ({"paths": ["/nonexistent.zip"]}, "can't be read"),
            ({"paths": [str(tmp_path)]}, "directory"),
            ({"paths": ["/dev/null"]}, "no regular file"),
            ({"checksums": {"bundle.zip": "0" * 64}}, "checksums says"),
            ({"pci_ids": "8086"}, "no PCI identifier"),
        ],
    )


def test_examples_run_as_they_stand(runner: Runner, tmp_path: Path) -> None:
    """But for the folder; those of the lookup too."""
    (tmp_path / "bundles").mkdir()
    make_bundle(tmp_path / "bundles", [VibSpec()])
    tasks = []
    for path in ("modules/offline_bundle_info.py", "lookup/driver_bundle.py"):
        text = (ROOT / "plugins" / path).read_text().split('EXAMPLES = r"""')[1].split('"""')[0]
        tasks += yaml.safe_load(text.replace("/var/tmp/", f"{tmp_path}/"))
    answer = runner.play(tasks)
    assert changed(answer) == 1
    shown = results(answer, "List the files for all devices of a host", "localhost")["msg"]
    assert shown == [
        "nvme-community-driver_1.0.1.0-3vmw.700.1.0.15843807-component-18902434.zip",
        "Net-Community-Driver_1.2.7.0-1vmw.700.1.0.15843807_19480755.zip",
    ]
    assert "VMware-igc-community" in runner.raw


@pytest.mark.skipif(not os.environ.get("VIRTNET_BUNDLES"), reason="VIRTNET_BUNDLES names no folder with real bundles of drivers, which can't be shipped")
def test_real_bundles(runner: Runner) -> None:
    """What the catalogue says of the bundles that somebody has: digests, identifiers, acceptance level."""
    files = sorted(str(path) for path in Path(os.environ["VIRTNET_BUNDLES"]).glob("*.zip"))
    found = runner.task("offline_bundle_info", paths=files)["bundles"]
    for each, path in zip(found, files):
        assert each["sha256"] == tool("sha256sum", path).split()[0]
        assert each["catalogue"] is None or each["acceptance_level"] == "vmware_certified"
