# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""ISOs, judged by libarchive, diff, sha256sum, stat and xorriso's own reports."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import zipfile
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

from . import world
from .conftest import PASSWORD, Media, needs_root

CHANGED = ["BOOT.CFG", "EFI/BOOT/BOOT.CFG"]


def bundle(path: Path) -> Path:
    """A zip archive that passes for an offline bundle."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("index.xml", "<vendorList/>")
        archive.writestr("metadata.zip", os.urandom(5000))
    return path


def params(src: Path, dest: Path, kickstart: Path, **more: Any) -> dict[str, Any]:
    """What a user gives."""
    return {"src": str(src), "dest": str(dest), "kickstart": str(kickstart), "kernelopt": {"allowLegacyCPU": "true"}, **more}


@pytest.mark.parametrize("kind", ["plain", "hybrid"])
def test_only_what_should_differs(media: Media, kickstart: Path, tmp_path: Path, kind: str) -> None:
    """Files, boot records, system area and name of the volume; in four runs."""
    source, dest = getattr(media, kind), tmp_path / "out.iso"
    drivers = [bundle(tmp_path / "Net-Community-Driver_1.2.7.0-1vmw.700.1.0.15843807_19480755.zip"), bundle(tmp_path / "second.zip")]
    real = world.four_times(params(source, dest, kickstart, drivers=[str(path) for path in drivers], system_media_size="small"), tmp_path)
    assert real["hosts"][0]["kernel_options"] == ["runweasel", "allowLegacyCPU=true", "ks=cdrom:/KS.CFG", "systemMediaSize=small"]
    old, new = world.unpack(source, tmp_path / "old"), world.unpack(dest, tmp_path / "new")
    # isolinux.bin holds its own address, which moved.
    assert [path for path in world.differences(old, new) if path not in ("ISOLINUX.BIN", "BOOT.CAT")] == ["+DRIVERS", "+KS.CFG", *CHANGED]
    for number, path in enumerate(drivers, 1):
        name = f"{number:02d}.ZIP"
        assert (new / "DRIVERS" / name).read_bytes() == path.read_bytes() and real["drivers"][number - 1]["path"] == f"/DRIVERS/{name}"
        assert real["drivers"][number - 1]["sha256"] == world.tool("sha256sum", str(path)).split()[0]
    assert (new / "KS.CFG").read_bytes() == kickstart.read_bytes()
    for path in CHANGED:
        assert (new / path).read_text() == world.BOOT_CFG.replace("cdromBoot", "allowLegacyCPU=true ks=cdrom:/KS.CFG systemMediaSize=small")
    assert world.equipment(dest) == world.equipment(source) and len(world.equipment(dest)) >= 8
    assert world.tool("stat", "-c", "%a", str(dest)).strip() == "600"
    assert world.label(dest) == world.label(source) == "ESXI-8.0U3-24022510-STD"
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == [".out.iso.virtnet.json"]


@pytest.mark.parametrize("kind", ["plain", "hybrid"])
def test_the_same_input_gives_the_same_bytes(media: Media, kickstart: Path, tmp_path: Path, kind: str) -> None:
    """At another time, of copies with other times, in another place."""
    digests = []
    for number in (1, 2):
        folder = tmp_path / str(number)
        folder.mkdir()
        source, script = Path(shutil.copyfile(getattr(media, kind), folder / "a.iso")), Path(shutil.copyfile(kickstart, folder / "b.cfg"))
        for path in (source, script):
            os.utime(path, (1_000_000_000 + number * 10_000_000,) * 2)
        assert world.module(params(source, folder / "o.iso", script))["changed"]
        digests.append(world.tool("sha256sum", str(folder / "o.iso")).split()[0])
    assert digests[0] == digests[1]


@pytest.mark.parametrize("kind", ["plain", "hybrid"])
def test_every_input_counts(media: Media, kickstart: Path, tmp_path: Path, kind: str) -> None:
    """What goes in is what the record is keyed on; what only was touched is no change."""
    source, dest = Path(shutil.copyfile(getattr(media, kind), tmp_path / "src.iso")), tmp_path / "out.iso"
    driver = bundle(tmp_path / "driver.zip")
    now = params(source, dest, kickstart, drivers=[str(driver)])
    assert world.module(now)["changed"] and not world.module(now)["changed"]
    for path in (source, driver, dest):
        os.utime(path)
    assert not world.module(now)["changed"]
    seen = [world.tool("sha256sum", str(dest))]
    changes: list[Callable[[], Any]] = [
        lambda: now.update(kernelopt={"allowLegacyCPU": "true", "vlanid": 7}),
        lambda: bundle(driver),
        lambda: now.update(volume_id="OTHER"),
        lambda: now.update(kickstart_content=kickstart.read_text() + "# more\n", kickstart=None),
        lambda: now.update(title="Rack 7"),
        lambda: patch(source),
        lambda: now.update(drivers=[]),
    ]
    for change in changes:
        change()
        assert world.module(now, check=True).get("changed"), world.module(now, check=True)
        assert world.module(now)["changed"] and not world.module(now)["changed"]
        seen.append(world.tool("sha256sum", str(dest)))
    assert len(set(seen)) == len(changes) + 1
    patch(dest)
    assert world.module(now)["changed"] and world.tool("sha256sum", str(dest)) == seen[-1]
    (tmp_path / ".out.iso.virtnet.json").write_text("rubbish")
    assert world.module(now)["changed"] and world.tool("sha256sum", str(dest)) == seen[-1]


def patch(path: Path) -> None:
    """One byte of a file in the image, by somebody else."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_of_an_unpacked_tree(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """In upper case, and as mount shows it in lower case: names on the ISO are in upper case, and both boot records are there."""
    lower = tmp_path / "lower"
    for path in sorted(media.tree.rglob("*")):
        place = lower / str(path.relative_to(media.tree)).lower()
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.is_file():
            shutil.copyfile(path, place)
    for number, folder in enumerate((media.tree, lower)):
        dest = tmp_path / f"{number}.iso"
        world.four_times(params(folder, dest, kickstart, volume_id="ESXI-8.0"), dest.parent)
        new = world.unpack(dest, tmp_path / f"new{number}")
        assert [path for path in world.differences(media.tree, new) if path not in ("ISOLINUX.BIN", "+BOOT.CAT", "-UPGRADE")] == ["+KS.CFG", *CHANGED]
        expected = [line for line in world.equipment(media.plain) if line.startswith("El Torito")]
        assert [line.lower() for line in world.equipment(dest) if line.startswith("El Torito")] == [line.lower() for line in expected]


class Wrapped:
    """A program named xorriso that does something before or instead of the real one, where it is to write.

    An image with a system area is written to a descriptor, another one is a copy to which xorriso adds.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir()

    def does(self, script: str) -> str:
        """The folder for PATH. In the script, $real is the program, $out the descriptor that it writes to if it does."""
        path = self.folder / "xorriso"
        path.write_text(
            '#!/bin/bash\nout=/dev/null writes=\nfor word in "$@"; do\n'
            "  case $word in stdio:/dev/fd/*) out=${word#stdio:} writes=1 ;; -dev) writes=1 ;; esac\ndone\n"
            f'real={shutil.which("xorriso")}\n[ -n "$writes" ] || exec $real "$@"\n{script}\n'
        )
        path.chmod(0o755)
        return str(self.folder)


@pytest.fixture(name="wrapped")
def _wrapped(tmp_path: Path) -> Iterator[Wrapped]:
    yield Wrapped(tmp_path / "bin")


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("plain", signal.SIGTERM),
        ("hybrid", signal.SIGTERM),
        ("plain", signal.SIGINT),
        ("hybrid", signal.SIGHUP),
        ("plain", signal.SIGKILL),
        ("hybrid", signal.SIGKILL),
    ],
)
def test_interrupted(media: Media, kickstart: Path, tmp_path: Path, wrapped: Wrapped, kind: str, number: int) -> None:
    """In the middle of writing, while xorriso waits for the disk: the old file stays, no half one has its name, and the next run works."""
    work = tmp_path / "work"
    work.mkdir()
    dest, log, fifo = work / "out.iso", tmp_path / "log", tmp_path / "fifo"
    os.mkfifo(fifo)
    dest.write_text("the old one")
    slow = wrapped.does(f"head -c 3000000 /dev/zero > $out; echo $$ > {fifo}; exec sleep 100")
    source = getattr(media, kind)
    process = world.start(params(source, dest, kickstart, log_path=str(log)), path=slow)
    # Opens when the other side does: data was written then.
    writer = int(fifo.read_text())
    assert (work / ".out.iso.part").exists()
    process.send_signal(number)
    output = process.communicate(timeout=60)
    assert dest.read_text() == "the old one"
    if number != signal.SIGKILL:
        result = world.answer(output)
        assert result["failed"] and result["error_code"] == "interrupted" and signal.Signals(number).name in result["msg"]
        assert [path.name for path in work.iterdir()] == ["out.iso"]
        assert "failed: " in log.read_text()
    else:
        assert process.returncode == -signal.SIGKILL
        if kind == "plain":
            # The program that still writes holds the lock. Of a hybrid, this side of the pipe wrote.
            assert world.module(params(source, dest, kickstart)).get("error_code") == "busy"
        os.kill(writer, signal.SIGKILL)
    assert world.module(params(source, dest, kickstart))["changed"]
    assert sorted(path.name for path in work.iterdir()) == [".out.iso.virtnet.json", "out.iso"]
    assert world.equipment(dest) == world.equipment(source)


@pytest.mark.parametrize(
    ("kind", "script", "words"),
    [
        ("plain", 'exec $real "${@/keep/discard}"', "does not start as the vendor"),
        ("hybrid", 'exec $real "${@/replay/discard}"', "does not start as the vendor"),
        ("hybrid", 'exec $real "${@/gpt_disk_guid=*/gpt_disk_guid=random}"', "GPT disk GUID"),
        ("plain", 'exec $real "$@" -rm /K.B00 --', "/K.B00"),
        ("hybrid", '$real "$@" -map /etc/hostname /EXTRA.TXT', "/EXTRA.TXT"),
        ("plain", 'echo "xorriso : FAILURE : The moon is full" >&2; exit 5', "The moon is full"),
        ("plain", "exit 0", "files otherwise"),
        ("hybrid", "exit 0", "files otherwise"),
        ("hybrid", "head -c 9000000 /dev/zero > $out", "files otherwise"),
        ("plain", 'exec $real "${@/ESXI/OTHER}"', "is named"),
    ],
)
def test_refuses_what_went_wrong(media: Media, kickstart: Path, tmp_path: Path, wrapped: Wrapped, kind: str, script: str, words: str) -> None:
    """The image is looked at before it takes its place."""
    dest = tmp_path / "out.iso"
    dest.write_text("the old one")
    result = world.module(params(getattr(media, kind), dest, kickstart, volume_id="ESXI-X"), path=wrapped.does(script))
    assert result["failed"] and words in result["msg"] and "Traceback" not in str(result), result
    assert dest.read_text() == "the old one" and not (tmp_path / ".out.iso.part").exists()


def test_one_at_a_time(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """A second run for the same file is told so."""
    with open(tmp_path / ".out.iso.part", "w", encoding="ascii") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        result = world.module(params(media.plain, tmp_path / "out.iso", kickstart))
    assert result["failed"] and result["error_code"] == "busy"
    assert world.module(params(media.plain, tmp_path / "out.iso", kickstart))["changed"]


@needs_root
@pytest.mark.parametrize("kind", ["link", "hard link", "foreign", "pipe"])
def test_the_temporary_file_is_nobody_elses(media: Media, kickstart: Path, tmp_path: Path, kind: str) -> None:
    """In a folder like /var/tmp somebody may have put one there, to read the hash from it or to have another file overwritten."""
    place, victim = tmp_path / ".out.iso.part", tmp_path / "victim"
    victim.write_text("v")
    if kind == "foreign":
        place.touch()
        os.chown(place, 65534, 65534)
    else:
        {"link": lambda: place.symlink_to(victim), "hard link": lambda: os.link(victim, place), "pipe": lambda: os.mkfifo(place)}[kind]()
    result = world.module(params(media.plain, tmp_path / "out.iso", kickstart))
    assert result["failed"] and result["error_code"] == "failed" and "out.iso" in result["msg"], result
    assert victim.read_text() == "v" and not (tmp_path / "out.iso").exists() and os.path.lexists(place)


def test_the_record_follows_no_link(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """Neither that of its temporary file, nor is a pipe in its place waited for."""
    victim, record = tmp_path / "victim", tmp_path / ".out.iso.virtnet.json"
    victim.write_text("v")
    (tmp_path / f"{record.name}.part").symlink_to(victim)
    os.mkfifo(record)
    assert world.module(params(media.plain, tmp_path / "out.iso", kickstart))["changed"]
    assert victim.read_text() == "v" and record.is_file() and not world.module(params(media.plain, tmp_path / "out.iso", kickstart))["changed"]


def test_a_link_as_dest(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """Its mode protects nothing, and it is not known where it leads tomorrow."""
    (tmp_path / "out.iso").symlink_to(tmp_path / "other.iso")
    result = world.module(params(media.plain, tmp_path / "out.iso", kickstart))
    assert result["failed"] and "symbolic link" in result["msg"] and str(tmp_path / "other.iso") in result["msg"]


@needs_root
def test_what_other_users_may_have_put_there(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """An image, whose owner would own the hash; a link on the way to it; a record, which would make the planted image pass for the right one."""
    tmp_path.chmod(0o1777)
    dest = tmp_path / "out.iso"
    given = params(media.plain, dest, kickstart)
    world.module(given)
    made, record = dest.read_bytes(), tmp_path / ".out.iso.virtnet.json"
    os.chown(record, 65534, 65534)
    assert world.module(given, check=True)["changed"]
    os.chown(dest, 65534, 65534)
    result = world.module(given)
    assert result["failed"] and "out.iso belongs to user nobody, who may have put it there" in result["msg"] and dest.read_bytes() == made
    assert not world.module({**given, "owner": "nobody"}).get("failed") and os.stat(dest).st_uid == 65534
    (tmp_path / "link").symlink_to("/var/tmp")
    os.lchown(tmp_path / "link", 65534, 65534)
    result = world.module({**given, "dest": str(tmp_path / "link" / "x.iso")})
    assert result["failed"] and "is a symbolic link that user nobody made" in result["msg"]


def test_a_medium_that_starts_by_the_bios_alone(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """Judged by its boot records, not by its files."""
    image = tmp_path / "bios.iso"
    bios = ["-b", "ISOLINUX.BIN", "-c", "BOOT.CAT", "-no-emul-boot", "-boot-load-size", "4", "-boot-info-table"]
    world.tool("xorriso", "-no_rc", "-as", "mkisofs", "-quiet", "-V", "X", "-iso-level", "3", *world.PLAIN, *bios, "-o", str(image), str(media.tree))
    result = world.module(params(image, tmp_path / "out.iso", kickstart), check=True)
    assert any("no boot record for UEFI, so the ISO starts hosts by the BIOS only" in str(each) for each in result["warnings"])
    for whole in (media.plain, media.hybrid, media.tree):
        result = world.module(params(whole, tmp_path / "out.iso", kickstart), check=True)
        assert not [each for each in result.get("warnings", []) if "BIOS only" in str(each)], whole


@needs_root
def test_free_space_first(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """On a file system that is too small nothing is begun."""
    small = tmp_path / "small"
    small.mkdir()
    inside = ("unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o size=4m none {small} && "$@" && ls -A {small}', "sh")
    process = world.start(params(media.plain, small / "out.iso", kickstart), inside=inside)
    output, errors = process.communicate()
    assert '"error_code": "no_space"' in output, output + errors
    assert list(small.iterdir()) == []


REFUSED: dict[str, Any] = {
    "no such source": ({"src": "/nonexistent.iso"}, "not on this host"),
    "no ISO": ({"src": "/etc/passwd"}, "no ISO 9660"),
    "source is dest": ({"dest": "{src}"}, "is src itself"),
    "no folder": ({"dest": "/nonexistent/o.iso"}, "is missing"),
    "a folder": ({"dest": "/tmp"}, "is a folder"),
    "two scripts": ({"kickstart_content": "vmaccepteula"}, "mutually exclusive"),
    "script and URL": ({"ks_url": "http://h/ks"}, "either it or ks_url"),
    "no such name": ({"kickstart": None, "ks_url": "cdrom:/boot.cfg"}, "exactly that name"),
    "bad URL": ({"kickstart": None, "ks_url": "gopher://x"}, "ks_url"),
    "ks by hand": ({"kernelopt": {"ks": "http://h/ks"}}, "kickstart or ks_url"),
    "1 TB": ({"kernelopt": {"systemMediaSize": "min"}, "memory": "1TB"}, "at least small"),
    "1 TB by option": ({"system_media_size": "min", "memory": "1TB"}, "at least small"),
    "another release": ({"system_media_size": "min", "esxi_version": "6.7"}, "is of 8.0 U3; give"),
    "owner": ({"owner": "no-such-user"}, "owner: no-such"),
    "memory without a unit": ({"memory": "1024"}, "with its unit"),
    "two hosts": ({"hosts": [{"name": "a"}, {"name": "b"}]}, "can't tell hosts apart"),
    "volume": ({"volume_id": "a b"}, "volume_id"),
    "base_url": ({"base_url": "http://h/"}, "no meaning"),
    "driver": ({"drivers": ["/etc/passwd"]}, "neither a zip archive nor a VIB"),
    "no driver": ({"drivers": ["/nonexistent.zip"]}, "can't be read"),
    "bad script": ({"kickstart": None, "kickstart_content": "eula\nvmaccepteula\n"}, "missing-method"),
    "no script": ({"kickstart": "/nonexistent.cfg"}, "no file on this host"),
    "open mode": ({"mode": "0644"}, "lets others read"),
    "log": ({"log_path": "/nonexistent/log"}, "log_path"),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_refused(media: Media, kickstart: Path, tmp_path: Path, case: str) -> None:
    """With a sentence, before anything is written, in check mode too (but for the log, which is not opened then)."""
    more, words = REFUSED[case]
    given = {**params(media.plain, tmp_path / "out.iso", kickstart), **more}
    given["dest"] = given["dest"].format(src=media.plain)
    for check in (True, False)[case == "log" :]:
        result = world.module(given, check=check)
        assert result["failed"] and words in result["msg"] and result.get("error_code", "invalid") == "invalid", result
    assert list(tmp_path.iterdir()) == []


def test_cut_off_sources(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """Wherever it ends."""
    data = media.plain.read_bytes()
    for length in (0, 100, 33_000, 40_000, 200_000, len(data) - 400_000):
        path = tmp_path / "cut.iso"
        path.write_bytes(data[:length])
        result = world.module(params(path, tmp_path / "out.iso", kickstart))
        assert result.get("failed") and result["error_code"] in ("invalid", "failed"), (length, result)
        assert sorted(each.name for each in tmp_path.iterdir()) == ["cut.iso"], length


def test_secrets(media: Media, kickstart: Path, tmp_path: Path, root_hash: str) -> None:
    """The hash is in the ISO and nowhere else; another salt is a change that the diff does not show."""
    dest, log = tmp_path / "out.iso", tmp_path / "log"
    result = world.module(params(media.plain, dest, kickstart, log_path=str(log)))
    other = subprocess.run(["openssl", "passwd", "-6", "-salt", "other", PASSWORD], capture_output=True, text=True, check=True).stdout.strip()
    script = tmp_path / "new.cfg"
    script.write_text(kickstart.read_text().replace(root_hash, other))
    again = world.module(params(media.plain, dest, script))
    assert again["changed"] and [each["after_header"] for each in again["diff"]] == [f"{dest}/KS.CFG"] and "another one" in again["diff"][0]["after"]
    kept = (tmp_path / ".out.iso.virtnet.json").read_text() + log.read_text()
    for secret in (root_hash, other, other[-30:], PASSWORD):
        assert secret not in f"{result}{again}{kept}"
    assert world.tool("grep", "-c", "-a", "-F", other, str(dest)).strip() == "1"
    assert world.tool("stat", "-c", "%a", str(tmp_path / ".out.iso.virtnet.json"), str(dest)).split() == ["600", "600"]
    # Without a secret others may read it.
    plain = "".join(line for line in kickstart.read_text().splitlines(True) if "rootpw" not in line)
    world.module({"src": str(media.plain), "dest": str(tmp_path / "open.iso"), "kickstart_content": plain, "fail_on": "never", "mode": "0640"})
    assert world.tool("stat", "-c", "%a", str(tmp_path / "open.iso")).strip() == "640"
