# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees for the network: every path that a boot.cfg names is fetched from nginx and dnsmasq, and found."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Iterator

import pytest

from . import world
from .conftest import Media, needs_root

ADDRESS = "192.0.2.1"
BASE = f"http://{ADDRESS}/esxi-8.0u3"
HOSTS: list[dict[str, Any]] = [
    {"name": "esx1", "mac": "52:54:00:00:00:01"},
    {"name": "esx2", "mac": "52-54-00-00-00-0A", "kernelopt": {"vlanid": 7}},
    {"name": "esx3", "mac": "5254.0000.0003", "system_media_size": "small", "title": "Third"},
]
FOLDERS = {"esx1": "01-52-54-00-00-00-01", "esx2": "01-52-54-00-00-00-0a", "esx3": "01-52-54-00-00-00-03"}
NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/nginx.err; user www-data;
events {{ worker_connections 64; }}
http {{ access_log {folder}/nginx.log; client_body_temp_path {folder}; server {{ listen {address}:80; root {root}; }} }}
"""


class Servers:
    """nginx and dnsmasq in a network namespace that they alone use."""

    def __init__(self, stack: contextlib.ExitStack, folder: Path, web: Path, tftp: Path) -> None:
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, root=web, address=ADDRESS))
        holder = stack.enter_context(subprocess.Popen(["unshare", "--net", "sh", "-c", "echo ready; exec sleep infinity"], stdout=subprocess.PIPE, text=True))
        stack.callback(holder.kill)
        assert holder.stdout is not None and holder.stdout.readline() == "ready\n"
        self.inside = ["nsenter", "--net", "--target", str(holder.pid)]
        world.tool(*self.inside, "ip", "link", "set", "lo", "up")
        world.tool(*self.inside, "ip", "address", "add", f"{ADDRESS}/32", "dev", "lo")
        dnsmasq = ["dnsmasq", "--conf-file=/dev/null", "--keep-in-foreground", "--port=0", "--user=root", "--log-facility=-"]
        dnsmasq += ["--enable-tftp", f"--tftp-root={tftp}", f"--pid-file={folder}/dnsmasq.pid"]
        for command in (["nginx", "-c", str(config), "-e", str(folder / "nginx.err")], dnsmasq):
            process = stack.enter_context(subprocess.Popen([*self.inside, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            stack.callback(process.terminate)
        (tftp / "probe").write_text("up")
        (web / "probe").write_text("up")
        for scheme in ("http", "tftp"):
            # curl itself waits for the server to come up.
            world.tool(
                *self.inside,
                "curl",
                "-sSf",
                "--retry",
                "50",
                "--retry-delay",
                "0",
                "--retry-all-errors",
                "--retry-max-time",
                "30",
                "-m",
                "1",
                f"{scheme}://{ADDRESS}/probe",
            )
        (tftp / "probe").unlink()
        (web / "probe").unlink()

    def get(self, url: str) -> bytes:
        """What the server answers; AssertionError if it has no such file."""
        done = subprocess.run([*self.inside, "curl", "-sSf", "--path-as-is", "-m", "20", url], capture_output=True, check=False)
        assert done.returncode == 0, f"{url}: {done.stderr.decode()}"
        return done.stdout


@pytest.fixture(scope="module", name="place")
def _place() -> Iterator[Path]:
    # nginx' workers are nobody that may look into pytest's folders.
    with tempfile.TemporaryDirectory(prefix="virtnet-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "web").mkdir()
        (folder / "tftp").mkdir()
        yield folder


@pytest.fixture(scope="module", name="servers")
def _servers(place: Path) -> Iterator[Servers]:
    with contextlib.ExitStack() as stack:
        yield Servers(stack, place, place / "web", place / "tftp")


def params(media: Media, dest: Path, kickstart: Path, kind: str, **more: Any) -> dict[str, Any]:
    """What a user gives."""
    given = {"src": str(media.plain), "dest": str(dest), "format": kind, "kickstart": str(kickstart), "base_url": BASE, "hosts": HOSTS, "owner": "www-data"}
    return {**given, **more}


def values(text: str) -> dict[str, str]:
    """A boot.cfg, as anybody would read it."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def loads(text: str) -> list[str]:
    """The paths that its boot loader asks for: the prefix, a slash and what has none at its beginning."""
    config = values(text)
    paths = [config["kernel"], *(part.split()[0] for part in config["modules"].split("---"))]
    assert not [path for path in paths if path.startswith("/")]
    return [f"{config['prefix']}/{path}" for path in paths]


@needs_root
@pytest.mark.parametrize(("kind", "folder"), [("http", "web"), ("ipxe", "web"), ("pxe", "tftp")])
def test_every_path_is_served(media: Media, kickstart: Path, place: Path, servers: Servers, kind: str, folder: str) -> None:
    """By the real servers, under exactly the names that boot.cfg has. Four runs; then the tree is taken down to one host."""
    dest = place / folder / ("esxi-8.0u3" if folder == "web" else "")
    given = params(media, dest, kickstart, kind)
    if kind == "ipxe":
        given["dest"] = str(place / "web" / "esxi-8.0u3")
    real = world.four_times(given, dest.parent if kind == "http" else dest)
    assert [each["name"] for each in real["hosts"]] == ["esx1", "esx2", "esx3", None] and real["uefi"] == "mboot.efi"
    tftp = f"tftp://{ADDRESS}/"
    top = BASE + "/" if kind != "pxe" else tftp
    for name, path in {**{name: f"{mac}/boot.cfg" for name, mac in FOLDERS.items()}, "": "boot.cfg"}.items():
        text = servers.get(top + path).decode()
        asked = loads(text)
        assert len(asked) == 4
        for each in asked:
            served = servers.get(each if "://" in each else tftp + each)
            assert served == (media.tree / each.rpartition("/")[2].upper()).read_bytes()
        options = values(text)["kernelopt"].split()
        assert "cdromBoot" not in options and ("vlanid=7" in options) == (name == "esx2") and ("systemMediaSize=small" in options) == (name == "esx3")
        scripts = [option[3:] for option in options if option.startswith("ks=")]
        # A host that nobody named is not installed by mistake.
        assert len(scripts) == (1 if name else 0)
        if name and kind != "pxe":
            assert servers.get(scripts[0]) == kickstart.read_bytes()
    for loader, member in {"mboot.efi": "EFI/BOOT/BOOTX64.EFI", "bootx64.efi": "EFI/BOOT/BOOTX64.EFI", "crypto64.efi": "EFI/BOOT/CRYPTO64.EFI"}.items():
        assert servers.get(top + loader) == (media.tree / member).read_bytes()
    if kind == "pxe":
        menu = servers.get(f"{tftp}pxelinux.cfg/{FOLDERS['esx2']}").decode().split()
        assert servers.get(tftp + menu[menu.index("KERNEL") + 1]) == b"m" and servers.get(tftp + menu[menu.index("-c") + 1]).decode().count("vlanid=7") == 1
    if kind == "ipxe":
        script = servers.get(f"{BASE}/boot.ipxe").decode()
        assert script.startswith("#!ipxe\n") and f"chain {BASE}/mboot.efi" in script
    check_files(dest, kind)
    fewer(given, dest, kickstart)


def check_files(dest: Path, kind: str) -> None:
    """Modes, owners, and that nothing is there twice but as a link."""
    lines = world.tool("find", str(dest), "-type", "f", "-printf", "%P %m %u %n\n").splitlines()
    found = {line.split()[0]: line.split()[1:] for line in lines}
    for path, (mode, owner, links) in found.items():
        assert mode == ("600" if path.startswith(("ks/", ".virtnet")) else "644"), path
        assert owner == ("root" if path.startswith(".virtnet") else "www-data"), path
        assert (links == "2") == (path in ("mboot.efi", "bootx64.efi")), path
    assert sum(path.endswith("b.b00") for path in found) == 1 and ("pxelinux.cfg/default" in found) == (kind != "http")


def fewer(given: dict[str, Any], dest: Path, kickstart: Path) -> None:
    """What a former host needed goes; what somebody put there stays, and so does what somebody changed."""
    (dest / "mine.txt").write_text("mine")
    (dest / FOLDERS["esx2"] / "mine.txt").write_text("mine")
    (dest / "ks" / "esx3.cfg").write_text("changed by hand\n")
    result = world.module({**given, "hosts": HOSTS[:1]})
    assert result["changed"] and f"{FOLDERS['esx2']}/boot.cfg" in result["removed"] and "ks/esx2.cfg" in result["removed"] and result["written"] == []
    assert "esx3.cfg is no longer needed, but was changed" in str(result["warnings"])
    left = {path.relative_to(dest).as_posix() for path in dest.rglob("*")}
    assert {"mine.txt", f"{FOLDERS['esx2']}/mine.txt", "ks/esx3.cfg", "ks/esx1.cfg"} <= left
    assert not left & {"ks/esx2.cfg", FOLDERS["esx3"], f"{FOLDERS['esx2']}/boot.cfg", f"pxelinux.cfg/{FOLDERS['esx2']}"}
    again = world.module({**given, "hosts": HOSTS[:1]})
    assert not again["changed"]
    for path in ("ks/esx3.cfg", "mine.txt", f"{FOLDERS['esx2']}/mine.txt"):
        (dest / path).unlink()
    assert kickstart.read_bytes() == (dest / "ks" / "esx1.cfg").read_bytes()


@needs_root
def test_below_the_root_of_tftp(media: Media, kickstart: Path, place: Path, servers: Servers) -> None:
    """With tftp_path, absolute paths: pxelinux and UEFI take relative ones from different folders."""
    dest = place / "tftp" / "images" / "u3"
    dest.parent.mkdir()
    world.module(params(media, dest, kickstart, "pxe", tftp_path="images/u3"))
    config = values((dest / "boot.cfg").read_text())
    assert config["prefix"] == "/images/u3/esxi"
    assert servers.get(f"tftp://{ADDRESS}/{config['prefix']}/{config['kernel']}") == (media.tree / "B.B00").read_bytes()
    menu = (dest / "pxelinux.cfg" / FOLDERS["esx1"]).read_text().split()
    for word in ("KERNEL", "-c"):
        path = menu[menu.index(word) + 1]
        assert path.startswith("/images/u3/") and servers.get(f"tftp://{ADDRESS}/{path}")


def test_what_changed_is_mended(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """Content, a mode that lets others read the hash, a missing file, a lost manifest, a run that was killed."""
    dest = tmp_path / "tree"
    given = params(media, dest, kickstart, "http", owner=None)
    world.module(given)
    before = world.tool("find", str(dest), "-type", "f", "!", "-name", ".*", "-exec", "sha256sum", "{}", "+")
    (dest / "esxi" / "b.b00").write_bytes(b"changed")
    (dest / "ks" / "esx1.cfg").chmod(0o644)
    (dest / FOLDERS["esx1"] / "boot.cfg").unlink()
    (dest / "esxi" / "k.b00.virtnet-part").write_bytes(b"of a run that was killed")
    result = world.module(given)
    assert result["written"] == [f"{FOLDERS['esx1']}/boot.cfg", "esxi/b.b00", "ks/esx1.cfg"] and not world.module(given)["changed"]
    assert world.tool("stat", "-c", "%a", str(dest / "ks" / "esx1.cfg")).strip() == "600"
    (dest / "esxi" / "k.b00.virtnet-part").unlink()
    assert sorted(world.tool("find", str(dest), "-type", "f", "!", "-name", ".*", "-exec", "sha256sum", "{}", "+").split("\n")) == sorted(before.split("\n"))
    (dest / ".virtnet-media.json").unlink()
    # The files are as they would be written, so they are taken over.
    result = world.module(given)
    assert result["changed"] and result["written"] == [] and not world.module(given)["changed"]


def test_files_of_others_are_not_touched(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """They are in the way, and the task says so before it writes anything."""
    dest = tmp_path / "tree"
    (dest / "ks").mkdir(parents=True)
    for path in ("boot.cfg", "ks/esx1.cfg"):
        (dest / path).write_text("of somebody else")
        before = world.listing(tmp_path)
        for check in (True, False):
            result = world.module(params(media, dest, kickstart, "http", owner=None), check=check)
            assert result["failed"] and result["error_code"] == "invalid" and f"{dest}/{path}" in result["msg"] and world.listing(tmp_path) == before
        (dest / path).unlink()
    (dest / "boot.cfg").symlink_to("/etc/hostname")
    assert "no regular file" in world.module(params(media, dest, kickstart, "http", owner=None))["msg"]
    # A manifest that somebody else wrote leads nowhere outside.
    (dest / "boot.cfg").unlink()
    victim = tmp_path / "victim"
    victim.write_text("v")
    digest = world.tool("sha256sum", str(victim)).split()[0]
    (dest / ".virtnet-media.json").write_text(f'{{"files": {{"../victim": {{"sha256": "{digest}"}}, "{victim}": {{"sha256": "{digest}"}}}}}}')
    assert world.module(params(media, dest, kickstart, "http", owner=None))["changed"] and victim.exists()


def test_url_of_a_driver(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """As a client is to ask for it, whatever the file is named."""
    driver = tmp_path / "d %20 #é.zip"
    with zipfile.ZipFile(driver, "w") as archive:
        archive.writestr("index.xml", "<vendorList/>")
    result = world.module(params(media, tmp_path / "tree", kickstart, "http", owner=None, base_url="http://h/a", drivers=[str(driver)]))
    assert result["drivers"][0]["url"] == "http://h/a/drivers/d%20%2520%20%23%C3%A9.zip" and (tmp_path / "tree" / "drivers" / driver.name).is_file()


def test_links_lead_nowhere_outside(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """A folder of the tree that is a link: nothing is written behind it, and nothing removed."""
    dest, outside = tmp_path / "tree", tmp_path / "outside"
    dest.mkdir()
    outside.mkdir()
    (dest / "ks").symlink_to(outside)
    result = world.module(params(media, dest, kickstart, "http", owner=None))
    assert result["failed"] and result["error_code"] == "invalid" and f"{dest}/ks is a symbolic link" in result["msg"]
    assert list(outside.iterdir()) == []
    (dest / "ks").rename(dest / "old")
    (outside / "victim").write_text("v")
    digest = world.tool("sha256sum", str(outside / "victim")).split()[0]
    (dest / ".virtnet-media.json").write_text(f'{{"files": {{"old/victim": {{"sha256": "{digest}"}}}}}}')
    assert world.module(params(media, dest, kickstart, "http", owner=None))["changed"] and (outside / "victim").exists()


@needs_root
def test_a_folder_that_became_read_only(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """The record can't be written: one sentence, no traceback."""
    dest = tmp_path / "tree"
    given = params(media, dest, kickstart, "http", owner=None)
    assert world.module(given)["changed"]
    os.utime(dest / "boot.cfg")
    inside = ("unshare", "--mount", "sh", "-c", f'mount --bind {dest} {dest} && mount -o remount,ro,bind {dest} && exec "$@"', "sh")
    output, errors = world.start(given, inside=inside).communicate()
    assert '"error_code": "failed"' in output and "Read-only file system" in output and "Traceback" not in output + errors, output + errors


@needs_root
def test_free_space_first(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """On a file system that is too small nothing is begun."""
    small = tmp_path / "small"
    small.mkdir()
    fill = f'mount -t tmpfs -o size=2m none {small} && mkdir {small}/tree && "$@"; find {small} -type f'
    process = world.start(params(media, small / "tree", kickstart, "http", owner=None), inside=("unshare", "--mount", "sh", "-c", fill, "sh"))
    output, errors = process.communicate()
    assert '"error_code": "no_space"' in output and str(small / "tree" / "esxi") not in output.splitlines(), output + errors


REFUSED: dict[str, Any] = {
    "variable of iPXE": ({"format": "ipxe", "base_url": "http://h/${net0/mac}"}, "not of the right form"),
    "no base_url": ({"base_url": None}, "base_url"),
    "script by TFTP": ({"format": "pxe", "base_url": None}, "can't read the script of esx1 by TFTP"),
    "no mac": ({"hosts": [{"name": "a"}]}, "no mac"),
    "bad mac": ({"hosts": [{"name": "a", "mac": "52:54"}]}, "no MAC address"),
    "group mac": ({"hosts": [{"name": "a", "mac": "01:00:5e:00:00:01"}]}, "single NIC"),
    "same mac": ({"hosts": [HOSTS[0], {**HOSTS[0], "name": "b"}]}, "given twice"),
    "same name": ({"hosts": [HOSTS[0], {**HOSTS[1], "name": "ESX1"}]}, "given twice"),
    "path as name": ({"hosts": [{**HOSTS[0], "name": "../x"}]}, "name of a file"),
    "cdromBoot": ({"kernelopt": {"cdromBoot": None}}, "cdromBoot"),
    "volume": ({"volume_id": "X"}, "no meaning"),
    "tftp_path": ({"tftp_path": "x"}, "no meaning"),
    "dots": ({"format": "pxe", "tftp_path": "../x"}, ".."),
    "no pxelinux": ({"format": "pxe", "pxelinux": "/etc/passwd"}, "no pxelinux.0"),
    "new pxelinux": ({"format": "pxe", "pxelinux": "/usr/lib/PXELINUX/pxelinux.0"}, "6.04"),
    "a file": ({"dest": "/etc/passwd"}, "no folder"),
    "within": ({"src": "{tree}", "dest": "{tree}/new"}, "within each other"),
    "password in URL": ({"base_url": "http://u:pa55word@h/x"}, "base_url: it carries a password"),
    "1 TB": ({"hosts": [{**HOSTS[0], "kernelopt": {"systemMediaSize": "min"}, "memory": "1TB"}]}, "at least small"),
}


@pytest.mark.parametrize("case", sorted(REFUSED))
def test_refused(media: Media, kickstart: Path, tmp_path: Path, case: str) -> None:
    """With a sentence, before anything is written, in check mode too."""
    more, words = REFUSED[case]
    given = {**params(media, tmp_path / "tree", kickstart, "http", owner=None), **more}
    for key in ("src", "dest"):
        given[key] = given[key].format(tree=media.tree)
    for check in (True, False):
        result = world.module(given, check=check)
        assert result["failed"] and words in result["msg"] and result["error_code"] == "invalid", result
        assert "pa55word" not in str({**result, "invocation": None})
    assert list(tmp_path.iterdir()) == []


def test_a_medium_that_lacks_a_file(kickstart: Path, tmp_path: Path) -> None:
    """The boot loader would stop there, in front of an empty rack."""
    folder = tmp_path / "tree"
    (folder / "EFI" / "BOOT").mkdir(parents=True)
    for name in ("BOOT.CFG", "EFI/BOOT/BOOT.CFG"):
        (folder / name).write_text(world.BOOT_CFG)
    for name in ("B.B00", "JUMPSTRT.GZ", "K.B00"):
        (folder / name).write_text(name)
    for kind in ("iso", "http"):
        base = None if kind == "iso" else BASE
        result = world.module({"src": str(folder), "dest": str(tmp_path / "new"), "format": kind, "kickstart": str(kickstart), "base_url": base})
        assert result["failed"] and "/useropts.gz, which the medium has not" in result["msg"]
    assert os.listdir(tmp_path) == ["tree"]


@needs_root
def test_what_other_users_may_have_put_there(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """A link on the way, the folder itself, a file in it: refused by name, and nothing is written behind them."""
    outside, open_folder = tmp_path / "outside", tmp_path / "open"
    outside.mkdir()
    open_folder.mkdir()
    open_folder.chmod(0o1777)
    planted = open_folder / "tree"
    planted.symlink_to(outside)
    os.lchown(planted, 65534, 65534)
    for dest in (planted, planted / "below"):
        result = world.module(params(media, dest, kickstart, "http", owner=None))
        assert result["failed"] and "is a symbolic link that user nobody made" in result["msg"], result
    planted.unlink()
    planted.mkdir()
    os.chown(planted, 65534, 65534)
    assert "belongs to user nobody, who may have put it there" in world.module(params(media, planted, kickstart, "http", owner=None))["msg"]
    os.chown(planted, 0, 0)
    planted.chmod(0o1777)
    (planted / "crypto64.efi").write_text("crypto")
    os.chown(planted / "crypto64.efi", 65534, 65534)
    result = world.module(params(media, planted, kickstart, "http", owner=None))
    assert result["failed"] and "crypto64.efi belongs to user nobody" in result["msg"]
    assert list(outside.iterdir()) == []


@needs_root
def test_scripts_that_no_web_server_can_read(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """Said in each run until somebody says who the server is, and proved by a user who is not root."""
    dest, given = tmp_path / "tree", params(media, tmp_path / "tree", kickstart, "http", owner=None)
    for _run in range(2):
        result = world.module(given)
        assert any("ks/esx1.cfg and 2 more of the tree can be read by user root only" in str(each) for each in result["warnings"]), result
    for place in (tmp_path, *tmp_path.parents):
        place.chmod(place.stat().st_mode | 0o011)
    read = ["setpriv", "--reuid=www-data", "--regid=www-data", "--clear-groups", "cat", str(dest / "ks" / "esx1.cfg")]
    assert subprocess.run(read, capture_output=True, check=False).returncode != 0
    result = world.module({**given, "owner": "www-data"})
    assert result["changed"] and not [each for each in result.get("warnings", []) if "can be read by" in str(each)]
    assert world.tool(*read) == kickstart.read_text()
    # The scripts of the next run are the server's again.
    again = world.module({**given, "owner": "www-data", "hosts": HOSTS[:1]})
    assert not [each for each in again.get("warnings", []) if "can be read by" in str(each)]
    result = world.module({**given, "owner": "no-such-user"})
    assert result["failed"] and result["msg"].startswith("owner: no-such-user is not known")


@needs_root
def test_no_room_is_foreseen(media: Media, kickstart: Path, tmp_path: Path) -> None:
    """In a check run, too."""
    small = tmp_path / "small"
    small.mkdir()
    world.tool("mount", "-t", "tmpfs", "-o", "size=1m", "none", str(small))
    try:
        for dest in (small, small / "tree"):
            result = world.module(params(media, dest, kickstart, "http", owner=None), check=True)
            assert result["failed"] and result["error_code"] == "no_space", result
        iso = {"src": str(media.plain), "dest": str(small / "x.iso"), "kickstart": str(kickstart)}
        assert world.module(iso, check=True)["error_code"] == "no_space" and list(small.iterdir()) == []
    finally:
        world.tool("umount", str(small))
