# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles that ar and zipfile made, read by the collection; what is wrong with one is refused by its name."""

from __future__ import annotations

import gzip
import io
import shutil
import stat
import subprocess
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle import dep
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle import vib as bundle_vib
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.errors import BundleError
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.task import work
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.bundle.version import Constraint, Needs, compare
from ansible_collections.virtnet.hardening.plugins.module_utils._installer.version import EsxiVersion
from ansible_collections.virtnet.hardening.plugins.module_utils._policy.errors import InputError

from tests.oracle.bundles import VibSpec, archive, make_bundle, make_vib, parts

LSPCI = "01:00.0 0108: 144d:a808 (rev 01)\n02:00.0 0200: 8086:15f3 (rev 03)\n03:00.0 0200: 10ec:8168 (rev 15)\n"


def ask(*paths: Path, **params: Any) -> dict[str, Any]:
    """As the module does."""
    return work({"paths": [str(path) for path in paths], **params}, lambda path: open(path, "rb"))


def refused(path: Path, **params: Any) -> BundleError:
    """The error, which must name the file and be one sentence."""
    with pytest.raises(BundleError) as caught:
        ask(path, **params)
    assert str(path) in caught.value.message and caught.value.message.endswith(".") and "\n" not in caught.value.message
    return caught.value


def test_a_bundle_is_read(tmp_path: Path) -> None:
    """Names, levels, components, identifiers and digests, as they were put in."""
    bundle = make_bundle(tmp_path, [VibSpec(), VibSpec(name="e1000-community", level="partner", files={"readme": "no driver"})])
    result = ask(bundle, pci_ids=LSPCI, esxi_version="7.0 U3")
    (found,) = result["bundles"]
    digest = subprocess.run(["sha256sum", str(bundle)], capture_output=True, text=True, check=True).stdout.split()[0]
    assert (found["kind"], found["sha256"], found["size"], found["catalogue"]) == ("offline_bundle", digest, bundle.stat().st_size, None)
    assert found["vendors"] == [{"name": "VMware, Inc.", "code": "VMW"}] and found["acceptance_level"] == "partner"
    assert found["components"] == [{"name": "VMware-igc-community", "version": "1.2.7.0-1vmw.700.1.0.15843807"}]
    assert found["pci_ids"] == ["15b3:101d 15b3:0016", "8086:15f3", "class 010802"] and found["findings"] == []
    e1000, igc = found["vibs"]
    assert (igc["name"], igc["acceptance_level"], igc["esxi_least"], igc["esxi_sdk"]) == ("igc-community", "vmware_certified", "7.0", "7.0")
    assert (e1000["drivers"], e1000["payloads"][0]["encoding"]) == ([], "gzip")
    assert sorted(igc["payloads"][0]["verified"]) == ["sha1 after gunzip", "sha256", "sha256 after gunzip"]
    assert [(each["pci_id"], each["sure"], each["driver"]) for each in found["serves"]] == [
        ("144d:a808", False, "nvme_pcie"),
        ("8086:15f3", True, "igc-community"),
    ]
    assert result["unserved"] == [{"slot": "03:00.0", "pci_id": "10ec:8168"}]
    assert (found["fits"], found["because"]) == ("yes", "it is for ESXi 7.* and it needs vmkapi_2_6_0_0")


def test_bulletins_for_several_releases(tmp_path: Path) -> None:
    """One that fits is enough."""
    bundle = make_bundle(tmp_path, [VibSpec(depends=())], platforms=("6.7*", "7.*"))
    assert [ask(bundle, esxi_version=release)["bundles"][0]["fits"] for release in ("6.7", "7.0 U3", "8.0")] == ["yes", "yes", "no"]


def test_a_vib_alone(tmp_path: Path) -> None:
    """The same without the zip."""
    (found,) = ask(make_vib(tmp_path, VibSpec()), esxi_version="6.7")["bundles"]
    assert (found["kind"], found["bulletins"], found["fits"], found["because"]) == ("vib", [], "no", "it needs vmkapi_2_6_0_0")


@pytest.mark.parametrize(
    ("release", "depends", "platforms", "fits"),
    [
        ("7.0", ["vmkapi_2_6_0_0"], ["7.*"], "yes"),
        ("7.0 U3", ["vmkapi_2_6_0_0"], ["7.0.0"], "yes"),
        ("8.0", ["vmkapi_2_6_0_0"], ["7.*"], "no"),
        ("6.7", ["vmkapi_2_6_0_0"], [], "no"),
        ("8.0 U3", ["vmkapi_2_6_0_0"], [], "yes"),
        ("8.0", ["vmkapi_2_9_0_0"], [], "unknown"),
        ("8.0", ["vmkapi_incompat_2_5_0_0"], [], "no"),
        ("7.0", ["esx-version >= 7.0.1"], [], "no"),
        ("7.0 U1", ["esx-version >= 7.0.1"], [], "yes"),
        ("8.0", ["esx-version >= 7.0.0", "esx-version << 7.1.0"], [], "yes"),
        ("8.0", ["libfoo"], [], "unknown"),
    ],
)
def test_which_releases_a_vib_is_for(release: str, depends: list[str], platforms: list[str], fits: str) -> None:
    """By its constraints and platforms."""
    constraints = [Constraint(*(text.split(" ") if " " in text else [text])) for text in depends]
    assert Needs(constraints, platforms).answer(EsxiVersion.parse(release))[0] == fits


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("1.0.1.0-1vmw.670.0.0.8169922", "1.0.1.0-3vmw.700.1.0.15843807"),
        ("1.2.9.0-1", "1.2.10.0-1"),
        ("1.2-9", "1.2.1-1"),
        ("1.0.beta-1", "1.0.1-1"),
        ("2.11.0-21482143", "2.12.0-21482143"),
        ("8.0.1-0.8.21495797", "8.0.1-0.10.21813344"),
    ],
)
def test_versions_are_ordered(older: str, newer: str) -> None:
    """Both ways, and a version is itself."""
    assert compare(older, newer) == -1 and compare(newer, older) == 1 and compare(newer, newer) == 0


CASES: dict[str, VibSpec] = {
    "digest": VibSpec(payload_digest="0" * 64),
    "compressed": VibSpec(payload_data=b"\x1f\x8b\x08" + b"\xff" * 200),
    "acceptance-level": VibSpec(level="best"),
    "descriptor": VibSpec(name="", version="1-1"),
}


@pytest.mark.parametrize("reason", sorted(CASES))
def test_a_vib_is_refused(tmp_path: Path, reason: str) -> None:
    """For what its descriptor or payload is."""
    spec = CASES[reason]
    if not spec.name:
        made = make_vib(tmp_path, VibSpec(version="1-1"))
        made.write_bytes(made.read_bytes().replace(b"<name>igc-community</name>", b"<naem>igc-community</naem>"))
    else:
        made = make_vib(tmp_path, spec)
    assert refused(made).reason == reason


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        (["sig.pkcs7", "descriptor.xml", "igccommu"], "descriptor"),
        (["descriptor.xml", "sig.pkcs7"], "truncated"),
        (["descriptor.xml", "sig.pkcs7", "igccommu", "more"], "undeclared"),
    ],
)
def test_a_vib_has_the_files_of_its_descriptor(tmp_path: Path, order: list[str], reason: str) -> None:
    """In order, all of them and no others."""
    work_folder = tmp_path / f"vib-{VibSpec().identifier}"
    work_folder.mkdir()
    (work_folder / "more").write_bytes(b"more")
    assert refused(make_vib(tmp_path, VibSpec(), order)).reason == reason


def test_every_cut_of_a_vib_is_refused(tmp_path: Path) -> None:
    """At each length: there is no prefix that passes for the whole."""
    whole = make_vib(tmp_path, VibSpec()).read_bytes()
    cut = tmp_path / "cut.vib"
    for length in range(8, len(whole) - 1):
        cut.write_bytes(whole[:length])
        with pytest.raises(BundleError):
            ask(cut)


def test_every_cut_of_a_bundle_is_refused(tmp_path: Path) -> None:
    """A zip's directory is at its end."""
    whole = make_bundle(tmp_path, [VibSpec()]).read_bytes()
    cut = tmp_path / "cut.zip"
    for length in range(2, len(whole) - 1, 7):
        cut.write_bytes(whole[:length])
        assert refused(cut).reason in ("not-zip", "truncated", "unknown")


def test_every_flipped_byte_of_a_vib_is_seen_or_harmless(tmp_path: Path) -> None:
    """A flip is refused, or it is where nothing is read from: times and owners of ar, the signature, free text."""
    made = make_vib(tmp_path, VibSpec())
    whole, flipped = made.read_bytes(), tmp_path / "flipped.vib"
    packed, _plain = parts(VibSpec())
    start = whole.index(packed)
    for at in range(start, start + len(packed)):
        flipped.write_bytes(whole[:at] + bytes([whole[at] ^ 0x20]) + whole[at + 1 :])
        assert refused(flipped).reason in ("digest", "compressed", "zip-bomb", "truncated")


def test_names_of_ar(tmp_path: Path) -> None:
    """Long ones in GNU's table, and one that would leave the folder."""
    spec = VibSpec(name="averyveryverylongname")
    made = make_vib(tmp_path, spec)
    assert ask(made)["bundles"][0]["vibs"][0]["name"] == spec.name
    made.write_bytes(made.read_bytes().replace(b"sig.pkcs7/      ", b"../../etc/x     "))
    assert refused(made).reason == "path-traversal"


def rezip(path: Path, change: Callable[[zipfile.ZipFile, dict[str, bytes]], None]) -> Path:
    """The bundle anew, with a change of its files."""
    with zipfile.ZipFile(path) as old:
        files = {name: old.read(name) for name in old.namelist()}
    target = path.with_name("changed.zip")
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        change(new, files)
        for name, data in files.items():
            new.writestr(name, data)
    return target


def link(new: zipfile.ZipFile, _files: dict[str, bytes]) -> None:
    """A symbolic link."""
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    new.writestr(info, "/etc/passwd")


def bomb(_new: zipfile.ZipFile, files: dict[str, bytes]) -> None:
    """64 MiB of nothing in 64 KiB."""
    files["vib20/zeros"] = bytes(64 << 20)


def entities(_new: zipfile.ZipFile, files: dict[str, bytes]) -> None:
    """A billion laughs."""
    lines = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    files["index.xml"] = f'<!DOCTYPE x [<!ENTITY l0 "lol">{lines}]><vendorList>&l9;</vendorList>'.encode()


ZIPS: dict[str, Callable[[zipfile.ZipFile, dict[str, bytes]], Any]] = {
    "path-traversal": lambda new, _files: new.writestr("../../etc/cron.d/x", "x"),
    "path-traversal ": lambda new, _files: new.writestr("C:/x", "x"),
    "path-traversal  ": link,
    "zip-bomb": bomb,
    "xml-entities": entities,
    "xml": lambda _new, files: files.update({"index.xml": b"<vendorList>"}),
    "xml ": lambda _new, files: files.update({"index.xml": b'<?xml version="1.0" encoding="no-such"?><vendorList/>'}),
    "xml-depth": lambda _new, files: files.update({"index.xml": b"<a>" * 200 + b"</a>" * 200}),
    "no-index": lambda _new, files: files.pop("index.xml"),
    "incomplete": lambda _new, files: files.pop("metadata.zip"),
    "incomplete ": lambda _new, files: files.pop("vendor-index.xml"),
    "not-zip": lambda _new, files: files.update({"metadata.zip": b"PK"}),
    "no-vibs": lambda _new, files: files.update({"vendor-index.xml": b"<metaList/>"}),
}


@pytest.mark.parametrize("reason", sorted(ZIPS))
def test_a_bundle_is_refused(tmp_path: Path, reason: str) -> None:
    """For what its zip is."""
    assert refused(rezip(make_bundle(tmp_path, [VibSpec()]), ZIPS[reason])).reason == reason.strip()


def test_a_name_twice_is_refused(tmp_path: Path) -> None:
    """Two readers could take different ones."""
    bundle = make_bundle(tmp_path, [VibSpec()])
    with pytest.warns(UserWarning), zipfile.ZipFile(bundle, "a") as zipped:
        zipped.writestr("index.xml", "<vendorList/>")
    assert refused(bundle).reason == "duplicate"


@pytest.mark.parametrize("kind", ["digest", "mismatch", "size"])
def test_metadata_must_agree_with_the_vib(tmp_path: Path, kind: str) -> None:
    """In digest, identity and size."""
    if kind == "digest":
        assert refused(make_bundle(tmp_path, [VibSpec()], wrong_digest=True)).reason == "digest"
        return

    def change(_new: zipfile.ZipFile, files: dict[str, bytes]) -> None:
        name = next(name for name in files if name.endswith(".vib"))
        other = VibSpec(version="1.2.8.0-1vmw.700.1.0.15843807")
        files[name] = make_vib(tmp_path / "other", other).read_bytes() if kind == "mismatch" else files[name] + b"\n"

    (tmp_path / "other").mkdir()
    assert refused(rezip(make_bundle(tmp_path, [VibSpec()]), change)).reason in ("digest", kind)


def test_overlapping_entries_are_refused(tmp_path: Path) -> None:
    """Entries that share compressed bytes are how 42 KB become 5 GB."""
    bundle = make_bundle(tmp_path, [VibSpec()])
    with zipfile.ZipFile(bundle) as zipped:
        first, second = zipped.infolist()[:2]
    data = bytearray(bundle.read_bytes())
    central = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    assert data[central + 42 : central + 46] == second.header_offset.to_bytes(4, "little")
    data[central + 42 : central + 46] = (first.header_offset + 1).to_bytes(4, "little")
    bundle.write_bytes(bytes(data))
    assert refused(bundle).reason == "zip-bomb"


def test_a_bomb_within_a_payload_is_refused(tmp_path: Path) -> None:
    """64 MiB of nothing, which is never held in memory."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as out:
        for _round in range(64):
            out.write(bytes(1 << 20))
    assert refused(make_vib(tmp_path, VibSpec(payload_data=packed.getvalue()))).reason == "zip-bomb"


def test_what_a_download_page_wraps_is_named(tmp_path: Path) -> None:
    """Vendors put the bundle in another zip."""
    inner = make_bundle(tmp_path, [VibSpec()], name="inner-offline_bundle.zip")
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as zipped:
        zipped.write(inner, inner.name)
    assert "inner-offline_bundle.zip" in refused(outer).message


def test_an_unsigned_vib_is_a_finding(tmp_path: Path) -> None:
    """It claims what ESXi will not believe."""
    (found,) = ask(make_vib(tmp_path, VibSpec(signature=b"")))["bundles"]
    assert [each["rule"] for each in found["findings"]] == ["unsigned"] and not found["vibs"][0]["signature"]
    (found,) = ask(make_vib(tmp_path, VibSpec(signature=b"", level="community", name="own")))["bundles"]
    assert found["findings"] == []


@pytest.mark.skipif(shutil.which("zstd") is None, reason="zstd, an independent packer, is missing (apt-get install zstd)")
def test_zstd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a library it is read; without, the finding says what was not, and the digest of the packed bytes is checked all the same."""
    plain = archive(VibSpec().files)
    packed = subprocess.run(["zstd", "-q", "-c"], input=plain, capture_output=True, check=True).stdout
    made = make_vib(tmp_path, VibSpec(payload_data=packed, payload_kind="vzstd"))
    if dep.ZSTD is not None:
        (found,) = ask(made)["bundles"]
        assert found["findings"] == [] and "8086:15f3" in found["pci_ids"]
    monkeypatch.setattr(dep, "ZSTD", None)
    (found,) = ask(made)["bundles"]
    assert [each["rule"] for each in found["findings"]] == ["unreadable"] and "zstandard" in found["findings"][0]["message"]
    assert found["vibs"][0]["payloads"][0]["unverified"] == ["sha256 after gunzip", "sha1 after gunzip"] and found["pci_ids"] == []
    assert found["vibs"][0]["payloads"][0]["verified"] == ["sha256"]
    made.write_bytes(made.read_bytes().replace(packed, packed[:-1] + bytes([packed[-1] ^ 1])))
    assert refused(made).reason == "digest"


def test_a_line_across_chunks_is_found() -> None:
    """The content is read in pieces, which may part a line anywhere."""
    plain = archive(VibSpec().files)
    for size in (1, 7, 64, 511):
        chunks = (plain[at : at + size] for at in range(0, len(plain), size))
        found = {driver.driver for driver in bundle_vib._map_lines(chunks)}  # pylint: disable=protected-access
        assert {"igc-community", "nvme_pcie", "nmlx5_core"} <= found


def test_a_tag_names_identifiers(tmp_path: Path) -> None:
    """As software tags can."""
    (found,) = ask(make_vib(tmp_path, VibSpec(tags=("driver", "pci:1d6a:07b1"), files={"x": "x"})), pci_ids="1d6a:07b1")["bundles"]
    assert found["pci_ids"] == ["1d6a:07b1"] and found["serves"][0]["sure"]


@pytest.mark.parametrize("checksum", ["sha256:", "", "md5:"])
def test_checksums(tmp_path: Path, checksum: str) -> None:
    """Of any kind, by the name of the file or its path; a wrong one is refused."""
    made = make_vib(tmp_path, VibSpec())
    tool = "md5sum" if checksum == "md5:" else "sha256sum"
    digest = subprocess.run([tool, str(made)], capture_output=True, text=True, check=True).stdout.split()[0]
    assert ask(made, checksums={made.name: checksum + digest.upper()})["bundles"]
    wrong = digest[:-1] + ("0" if digest[-1] != "0" else "1")
    assert refused(made, checksums={str(made): checksum + wrong}).reason == "digest"


def test_options_are_checked(tmp_path: Path) -> None:
    """Before any file is read."""
    made = make_vib(tmp_path, VibSpec())
    for params, word in (
        ({"checksums": {"other.vib": "0" * 64}}, "other.vib"),
        ({"checksums": {made.name: "12"}}, "'12'"),
        ({"pci_ids": "8086"}, "'8086'"),
        ({"pci_ids": [8086]}, "8086"),
        ({"esxi_version": "7"}, "'7'"),
        ({"catalogue": [{"name": "x"}]}, "lacks"),
    ):
        with pytest.raises(InputError) as caught:
            ask(made, **params)
        assert word in caught.value.message


def test_a_file_of_the_catalogue_must_have_its_digest(tmp_path: Path) -> None:
    """A name that is known with another content is refused; an entry of one's own says what is right."""
    made = make_vib(tmp_path, VibSpec())
    name = "VMware-Re-Driver_1.101.01-5vmw.800.1.0.20613240.zip"
    fake = tmp_path / name
    fake.write_bytes(made.read_bytes())
    assert "realtek-8.0" in refused(fake).message
    digest = subprocess.run(["sha256sum", str(fake)], capture_output=True, text=True, check=True).stdout.split()[0]
    entry = {"name": "realtek-8.0", "file": name, "kind": "network", "since": "8.0", "install": "component", "sha256": digest}
    assert ask(fake, catalogue=[entry])["bundles"][0]["catalogue"] == "realtek-8.0"
    assert ask(made, catalogue=[entry])["bundles"][0]["catalogue"] == "realtek-8.0"


def test_a_reader_holds_no_whole_file(tmp_path: Path) -> None:
    """20 MiB of payload in chunks."""
    files = {"a": "x" * (20 << 20)}
    made = make_vib(tmp_path, VibSpec(files=files, payload_data=archive(files), payload_kind="boot"))
    tracemalloc.start()
    ask(made)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20
