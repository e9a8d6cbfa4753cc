# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role esxi_install_profile as users run it, judged by xorriso, grep, sha256sum, cmp and stat."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.oracle import bundles

from .conftest import ROOT, changed, results

README = ROOT / "roles" / "esxi_install_profile" / "README.md"
HASH = "$6$vt.example$zLoioh89ARg1mToSVx8PcOhFK2pZRhGyTemUFLma.ukv9B23eKR79ceVFDHR7dDZtpbU/XyzyR6k3/.C5GsOK1"
MACS = [f"01-52-54-00-00-00-0{number}" for number in (1, 2, 3)]


def tool(*words: str) -> str:
    """Run something that is not ours; its output."""
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def blocks(language: str) -> list[str]:
    """The examples of the README, in order."""
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(), re.DOTALL)


class Site:
    """A made-up medium, an inventory and a folder for what is made."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.dest, self.tree = folder, folder / "www" / "esxi", folder / "vendor"
        self.dest.parent.mkdir()
        tool(sys.executable, str(ROOT / "lab" / "demo" / "installer_tree.py"), str(self.tree))
        text = blocks("yaml")[0].replace("/srv/vendor/esxi-8.0u3", str(self.tree)).replace("/srv/www/esxi", str(self.dest))
        self.inventory: dict[str, Any] = yaml.safe_load(text)
        if os.geteuid() != 0:
            # Only root can give files away.
            self.variables.pop("esxi_install_profile_owner")
        self.raw = ""

    @property
    def variables(self) -> dict[str, Any]:
        """Of all hosts."""
        found: dict[str, Any] = self.inventory["esxi_install"]["vars"]
        return found

    def play(self, *options: str, ok: bool = True, playbook: str = "virtnet.hardening.esxi_install_profile") -> dict[str, Any]:
        """The results; all output is in C(raw)."""
        (self.folder / "inventory.yml").write_text(json.dumps(self.inventory))
        environ = dict(
            os.environ,
            ANSIBLE_STDOUT_CALLBACK="ansible.posix.json",
            ANSIBLE_LOCALHOST_WARNING="false",
            ANSIBLE_RETRY_FILES_ENABLED="false",
            ANSIBLE_DEPRECATION_WARNINGS="false",
        )
        command = ["ansible-playbook", "-i", str(self.folder / "inventory.yml"), playbook, *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, timeout=600, cwd=self.folder)
        self.raw = done.stdout + done.stderr
        assert (done.returncode == 0) == ok, self.raw[-3000:]
        return json.loads(done.stdout[done.stdout.index("{\n") :])

    def state(self) -> str:
        """All that is made, by its digest and mode."""
        files = sorted(str(path) for path in self.dest.rglob("*") if path.is_file())
        return tool("sha256sum", *files) + tool("stat", "-c", "%a %n", *files) if files else ""

    def from_iso(self, host: str, name: str) -> str:
        """A file of an ISO, as xorriso reads it."""
        out = self.folder / "extracted"
        out.unlink(missing_ok=True)
        tool("xorriso", "-osirrox", "on", "-indev", str(self.dest / "iso" / f"{host}.iso"), "-extract", name, str(out))
        return out.read_text(encoding="latin-1")


@pytest.fixture(name="site")
def _site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_the_example_of_the_readme(site: Site) -> None:
    """Checked, made, made again and checked again: three ISOs and two trees, each with what its host is to get. Nobody sees the hash."""
    first = site.play("--check", "-vvv")
    assert not site.dest.exists() and HASH not in site.raw and "All rules hold" in site.raw and changed(first) == 1
    made = site.play("--diff", "-vvv")
    assert HASH not in site.raw and HASH[-30:] not in site.raw and changed(made) == 8
    state = site.state()
    for options in ((), ("--check", "--diff")):
        assert changed(site.play(*options)) == 0 and site.state() == state
    said = results(made, "Say what the host will be", "esx1")["msg"]
    assert said[0] == blocks("text")[0].strip()
    for number in (1, 2, 3):
        the_host_has_its_own(site, number)
    assert tool("grep", "-rlF", HASH, str(site.dest)).count("\n") == 3 * 4 - 1
    for pattern in ("*/ks/*.cfg", "*.iso"):
        assert tool("find", str(site.dest), "-perm", "/077", "-path", pattern) == ""
    a_change_of_one_host(site)


def the_host_has_its_own(site: Site, number: int) -> None:
    """In its ISO, and in both trees."""
    host, mac = f"esx{number}", MACS[number - 1]
    script = site.from_iso(host, "/KS.CFG")
    (site.folder / "ks.cfg").write_text(script)
    for place in (site.dest / "ks", site.dest / "pxe" / "ks", site.dest / "http" / "ks"):
        tool("cmp", str(site.folder / "ks.cfg"), str(place / f"{host}.cfg"))
    assert f"--ip=192.0.2.1{number} " in script and f"--hostname={host} " in script and "--vlanid=10" in script and f"rootpw --iscrypted {HASH}\n" in script
    # With Secure Boot nothing runs at the first start.
    assert ("esxcli network vswitch standard policy security set --vswitch-name=vSwitch0 --allow-promiscuous=false" in script) == (number != 3)
    for name in ("/BOOT.CFG", "/EFI/BOOT/BOOT.CFG"):
        assert "kernelopt=runweasel ks=cdrom:/KS.CFG systemMediaSize=min\n" in site.from_iso(host, name)
    records = subprocess.run(
        ["xorriso", "-indev", str(site.dest / "iso" / f"{host}.iso"), "-report_el_torito", "plain"], capture_output=True, text=True, check=True
    ).stdout
    assert re.search(r"El Torito boot img :\s+1\s+BIOS", records) and re.search(r"El Torito boot img :\s+2\s+UEFI", records)
    for kind in ("pxe", "http"):
        kernelopt = tool("grep", "^kernelopt=", str(site.dest / kind / mac / "boot.cfg"))
        assert kernelopt == f"kernelopt=runweasel ks=http://192.0.2.1/esxi/{kind}/ks/{host}.cfg systemMediaSize=min"
    # A machine that nobody named is not installed.
    assert tool("grep", "^kernelopt=", str(site.dest / "http" / "boot.cfg")) == "kernelopt=runweasel"
    assert tool("grep", "^prefix=", str(site.dest / "http" / mac / "boot.cfg")) == "prefix=http://192.0.2.1/esxi/http/esxi"


def a_change_of_one_host(site: Site) -> None:
    """Is foreseen, and leaves the ISOs of the others as they are."""
    before = tool("sha256sum", *(str(site.dest / "iso" / f"esx{number}.iso") for number in (1, 3)))
    changes = {"system_media_size": "small", "kickstart": {"keyboard": "Swiss German"}}
    site.inventory["esxi_install"]["hosts"]["esx2"]["esxi_install_profile_overrides"] = changes
    state = site.state()
    foreseen = site.play("--check")
    assert site.state() == state and HASH not in site.raw
    real = site.play()
    for host in ("esx1", "esx2", "esx3"):
        # But for the tasks that rehearse.
        assert {**foreseen["stats"][host], "ok": 0, "skipped": 0} == {**real["stats"][host], "ok": 0, "skipped": 0}
    assert real["stats"]["esx2"]["changed"] == 2 and real["stats"]["esx3"]["changed"] == 0
    assert tool("sha256sum", *(str(site.dest / "iso" / f"esx{number}.iso") for number in (1, 3))) == before
    assert "systemMediaSize=small" in site.from_iso("esx2", "/BOOT.CFG") and 'keyboard "Swiss German"' in site.from_iso("esx2", "/KS.CFG")


def test_what_is_refused(site: Site) -> None:
    """A host with 1 TB and min, with its rule, and with it all hosts: nothing is written."""
    hosts = site.inventory["esxi_install"]["hosts"]
    hosts["esx2"]["esxi_install_profile_memory"] = "1TB"
    hosts["esx3"]["esxi_install_profile_network"] = {"bootproto": "static", "ip": "192.0.2.300"}
    # Somebody took the variable for one of a password.
    hosts["esx1"]["esxi_install_profile_root_password_hash"] = "Pla1n-S3cret"
    answer = site.play("-vvv", "--diff", ok=False)
    assert "Pla1n-S3cret" not in site.raw and HASH not in site.raw
    first, _newline, text = results(answer, "Refuse what can't be installed so", "esx1")["msg"].partition("\n")
    assert first == "esx1: esxi_install_profile_root_password_hash: it does not begin with $6$."
    lines = text.splitlines()
    assert lines[0] == "esx2: systemMediaSize=min: a host with 1024 GiB of memory, 1 TB or more, must use at least small (69 GB)."
    assert lines[1].startswith("esx3: esxi_install_profile_network: ")
    assert "esx1" in results(answer, "Refuse what can't be installed so", "esx3")["msg"] and not site.dest.exists()
    # As the README has it.
    rule = re.search(r"`(systemMediaSize=min: a host.*?)`", " ".join(README.read_text().split()))
    assert rule is not None and rule.group(1) in text


def tree_of(site: Site, build: str) -> str:
    """Another medium."""
    folder = site.folder / f"vendor-{build}"
    tool(sys.executable, str(ROOT / "lab" / "demo" / "installer_tree.py"), str(folder), build)
    return str(folder)


# What is known from the profile alone, and what only the medium and the folders tell.
BEFORE_ANYTHING: dict[str, Any] = {
    "an option in another case": ({"esxi_install_profile_kernel_options": {"systemmediasize": "min"}}, "option-case", "Refuse what can't be installed so"),
    "a password in a URL": (
        {"esxi_install_profile_base_url": "http://u:pa55word@192.0.2.1/esxi"},
        "base_url: it carries a password",
        "Refuse what can't be installed so",
    ),
    "no medium": ({"esxi_install_profile_src": "/nonexistent/esxi.iso"}, "is not on this host", "Make the ISO, without writing yet"),
    "a medium of another release": ({"build": "6.7.0-0.0.8169922"}, "is of 6.7; give", "Make the ISO, without writing yet"),
    "nobody's files": ({"esxi_install_profile_owner": "no-such-user"}, "owner: no-such-user", "Make the trees of all hosts, without writing yet"),
}


@pytest.mark.parametrize("case", BEFORE_ANYTHING)
def test_nothing_is_written_for_any_host(site: Site, case: str) -> None:
    """Not even a folder, in a check run and in a real one: no script with a hash lies on the disk of what can't be made."""
    variables, words, task = BEFORE_ANYTHING[case]
    site.inventory["esxi_install"]["hosts"].pop("esx3")
    site.variables["esxi_install_profile_formats"] = ["http"] if "trees" in task else ["iso", "http"]
    site.variables.update({"esxi_install_profile_src": tree_of(site, variables["build"])} if "build" in variables else variables)
    for options in (("--check",), ())[task.startswith("Make") :]:
        answer = site.play(*options, ok=False)
        result = results(answer, task, "esx1")
        assert words in str(result), result
        assert not site.dest.exists() and "pa55word" not in site.raw and not list(site.dest.parent.iterdir())


def test_a_file_of_somebody_else_in_a_tree(site: Site) -> None:
    """Keeps the scripts and images of all hosts from being written anew, too."""
    site.inventory["esxi_install"]["hosts"].pop("esx3")
    site.variables["esxi_install_profile_formats"] = ["http"]
    (site.dest / "http").mkdir(parents=True)
    (site.dest / "http" / "boot.cfg").write_text("mine")
    answer = site.play(ok=False)
    assert "boot.cfg is not of this module" in str(results(answer, "Make the trees of all hosts, without writing yet", "esx1"))
    assert [path.name for path in site.dest.rglob("*")] == ["http", "boot.cfg"]


def test_drivers(site: Site, tmp_path: Path) -> None:
    """Put onto each medium under the name that the script looks for; another digest, and nothing is made."""
    bundle = bundles.make_bundle(tmp_path, [bundles.VibSpec()])
    digest = tool("sha256sum", str(bundle)).split()[0]
    site.variables.update(
        esxi_install_profile_driver_dir=str(tmp_path),
        esxi_install_profile_drivers=[bundle.name],
        esxi_install_profile_esxi_version="7.0 U3",
        esxi_install_profile_driver_checksums={bundle.name: "sha256:" + "0" * 64},
        esxi_install_profile_src=tree_of(site, "7.0.3-0.0.18644231"),
    )
    site.inventory["esxi_install"]["hosts"].pop("esx3")
    answer = site.play(ok=False)
    assert "sha256" in results(answer, "Read the drivers, and compare their digests", "esx1")["msg"] and not site.dest.exists()
    site.variables["esxi_install_profile_driver_checksums"] = {bundle.name: f"sha256:{digest}"}
    site.play()
    tool("xorriso", "-osirrox", "on", "-indev", str(site.dest / "iso" / "esx1.iso"), "-extract", "/DRIVERS/01.ZIP", str(tmp_path / "01.zip"))
    tool("cmp", str(tmp_path / "01.zip"), str(bundle))
    tool("cmp", str(site.dest / "http" / "drivers" / bundle.name), str(bundle))
    script = site.from_iso("esx1", "/KS.CFG")
    assert f"get 01.ZIP /tmp/virtnet-driver-01.zip {digest} http://192.0.2.1/esxi/pxe/drivers/{bundle.name} http" in script


def test_profiles_of_ones_own(site: Site) -> None:
    """The README's other examples, in the play of one's own."""
    site.variables.update(yaml.safe_load(blocks("yaml")[2]))
    for name in ("esxi_version", "vmfs", "memory", "policy"):
        site.variables.pop(f"esxi_install_profile_{name}")
    site.variables.update(esxi_install_profile_name="rack_7", esxi_install_profile_formats=["iso"])
    (site.folder / "play.yml").write_text(blocks("yaml")[1])
    site.play("--limit", "esx1,esx2", playbook=str(site.folder / "play.yml"))
    script = site.from_iso("esx1", "/KS.CFG")
    assert 'install "--firstdisk=DELLBOSS VD" --overwritevmfs\npart datastore2 --ondisk=naa.5000c500a1b2c3d4\n' in script
    assert "systemMediaSize=small" in site.from_iso("esx1", "/BOOT.CFG") and not (site.dest / "iso" / "esx3.iso").exists()


def test_examples_of_the_filters(site: Site) -> None:
    """They run as they stand and show what they say."""
    tasks: list[Any] = []
    for name in ("esxcli_policy", "install_profile", "install_conflicts"):
        source = (ROOT / "plugins" / "filter" / f"{name}.py").read_text()
        tasks += yaml.safe_load(source.split('EXAMPLES = r"""')[1].split('"""')[0])
    play = {"name": "Play", "hosts": "esx1", "gather_facts": False, "tasks": tasks}
    (site.folder / "play.yml").write_text(yaml.safe_dump([play]))
    answer = site.play(playbook=str(site.folder / "play.yml"))
    assert results(answer, "Show the commands", "esx1")["msg"][0][-1] == "--allow-forged-transmits=false"
    assert "must use at least small (69 GB)" in results(answer, "Show why a host with 1 TB of memory can't have the least system", "esx1")["msg"][0]
    assert results(answer, "Show what is wrong", "esx1")["msg"][0] == "esx2: ip 192.0.2.11 is that of esx1 too; give each host its own."
