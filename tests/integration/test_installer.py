# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""esxi_kickstart and esxi_boot_cfg in playbooks, judged by sha256sum, stat, grep, diff and openssl."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from .conftest import ROOT, changed, results

PASSWORD = "not-a-password"
TASK = "Task"
BOOT_CFG = (
    "bootstate=0\ntitle=Loading ESXi installer\ntimeout=5\nprefix=\nkernel=/b.b00\nkernelopt=runweasel cdromBoot\n"
    "modules=/jumpstrt.gz --- /useropts.gz --- /k.b00\nbuild={build}\nupdated=0\n"
)


def tool(*words: str) -> str:
    """Run something that is not ours; its output."""
    return subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()


def new_hash(salt: str) -> str:
    """By openssl, as the documentation says."""
    return tool("openssl", "passwd", "-6", "-salt", salt, PASSWORD)


class Runner:
    """Runs tasks on this host."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.raw = ""

    def play(self, tasks: list[dict[str, Any]], *options: str, ok: bool = True, hosts: str = "localhost,") -> dict[str, Any]:
        """All results; all output is kept in C(raw)."""
        path = self.folder / "play.yml"
        path.write_text(json.dumps([{"name": "Play", "hosts": "all", "connection": "local", "gather_facts": False, "tasks": tasks}]))
        environ = dict(
            os.environ,
            ANSIBLE_STDOUT_CALLBACK="ansible.posix.json",
            ANSIBLE_LOCALHOST_WARNING="false",
            ANSIBLE_RETRY_FILES_ENABLED="false",
            ANSIBLE_DEPRECATION_WARNINGS="false",
            ANSIBLE_LOG_PATH=str(self.folder / "ansible.log"),
        )
        command = ["ansible-playbook", "-i", hosts, "-e", "ansible_python_interpreter=/usr/bin/python3", str(path), *options]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environ, timeout=600, cwd=self.folder)
        self.raw = done.stdout + done.stderr + (self.folder / "ansible.log").read_text()
        assert not ok or done.returncode == 0, self.raw[-3000:]
        return json.loads(done.stdout[done.stdout.index("{\n") :])

    def task(self, module: str, *options: str, ok: bool = True, **params: Any) -> dict[str, Any]:
        """The result of one task."""
        answer = self.play([{"name": TASK, f"virtnet.hardening.{module}": params}], *options, ok=ok)
        return results(answer, TASK, "localhost")

    def four_times(self, module: str, **params: Any) -> dict[str, Any]:
        """Check, run, run again, check again. The check run changes nothing and says the same as the real one, which is returned."""
        before = digests(self.folder)
        predicted = self.task(module, "--check", "--diff", **params)
        assert digests(self.folder) == before and predicted["changed"]
        real = self.task(module, "--diff", **params)
        for name in ("changed", "diff", "files", "findings", "options", "sha256", "system_media"):
            assert real.get(name) == predicted.get(name) or name == "diff" and texts(real) == texts(predicted), name
        after = digests(self.folder)
        assert after != before
        for options in ((), ("--check", "--diff")):
            assert not self.task(module, *options, **params)["changed"]
        assert digests(self.folder) == after
        return real


def texts(result: dict[str, Any]) -> list[Any]:
    """Of a diff, without modes: a check run can't see the mode of a file that is not there."""
    return [(each.get("before"), each.get("after")) for each in result["diff"] if not each["before_header"].endswith(" (attributes)")]


def digests(folder: Path) -> str:
    """By sha256sum, of all files that a task may write."""
    files = sorted(str(path) for path in folder.rglob("*") if path.is_file() and path.name not in ("play.yml", "hosts.json", "ansible.log"))
    return tool("sha256sum", *files) if files else ""


@pytest.fixture(name="runner")
def _runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def profile(path: Path, root_hash: str) -> dict[str, Any]:
    """What a user gives."""
    return {
        "path": str(path),
        "esxi_version": "8.0 U3",
        "accepteula": True,
        "root_password_hash": root_hash,
        "keyboard": "US Default",
        "reboot": True,
        "install": {"firstdisk": ["DELLBOSS VD", "local"], "overwritevmfs": True},
        "network": {
            "bootproto": "static",
            "device": "vmnic0",
            "ip": "192.0.2.11",
            "netmask": "255.255.255.0",
            "gateway": "192.0.2.1",
            "nameserver": ["192.0.2.53"],
            "hostname": "esx1.example.org",
            "addvmportgroup": False,
        },
        "post": [{"script": "echo done\n", "timeout": 60}],
    }


def test_kickstart(runner: Runner, tmp_path: Path) -> None:
    """The file is what the options say, readable by its owner only, and the hash is nowhere else."""
    path, root_hash = tmp_path / "ks.cfg", new_hash("firstsalt")
    real = runner.four_times("esxi_kickstart", **profile(path, root_hash))
    assert path.read_text() == (
        f'vmaccepteula\nrootpw --iscrypted {root_hash}\ninstall "--firstdisk=DELLBOSS VD,local" --overwritevmfs\n'
        "network --bootproto=static --device=vmnic0 --ip=192.0.2.11 --netmask=255.255.255.0 --gateway=192.0.2.1 --nameserver=192.0.2.53"
        ' --hostname=esx1.example.org --addvmportgroup=0\nkeyboard "US Default"\nreboot\n%post --timeout=60\necho done\n'
    )
    assert tool("stat", "-c", "%a", str(path)) == "600" and tool("sha256sum", str(path)).split()[0] == real["sha256"]
    assert real["findings"] == [] and real["diff"][0]["before"] == "" and "rootpw --iscrypted ********\n" in real["diff"][0]["after"]
    # Another salt: a change whose diff does not show it.
    other = new_hash("secondsalt")
    result = runner.task("esxi_kickstart", "--diff", "-vvv", **profile(path, other))
    assert result["changed"] and "another one" in result["diff"][0]["after"]
    assert tool("grep", "-c", "-F", other, str(path)) == "1"
    for secret in (root_hash, other, other[-30:], PASSWORD):
        assert secret not in runner.raw
    assert tool("stat", "-c", "%a", str(path)) == "600"


def test_hash_in_no_output(runner: Runner, tmp_path: Path) -> None:
    """With -vvv: when it works, is checked, fails, and when it comes from a file that already had it."""
    root_hash, path = new_hash("thirdsalt"), tmp_path / "ks.cfg"
    params = profile(path, root_hash)
    outputs = []
    for options, more in ((("-vvv", "--diff"), {}), (("-vvv", "--check"), {}), (("-vvv",), {"keyboard": "Klingon", "fail_on": "warning"})):
        runner.task("esxi_kickstart", *options, ok=not more, **{**params, **more})
        outputs.append(runner.raw)
    for more in ({"path": str(tmp_path / "two.cfg")}, {"fail_on": "never"}):
        runner.task("esxi_kickstart", "-vvv", "--diff", src=str(path), **more)
        outputs.append(runner.raw)
    # Too short for the list of what Ansible hides everywhere.
    short = "esxcli system account set -i root -p Zq9\n"
    (tmp_path / "plain.cfg").write_text(f"rootpw S3cret-{PASSWORD}\nkeyboard Klingon\n%post\necho Pa55-{PASSWORD} | passwd --stdin root\n{short}")
    for more in ({"fail_on": "never"}, {}, {"path": str(tmp_path / "three.cfg"), "fail_on": "never"}):
        runner.task("esxi_kickstart", "-vvv", "--diff", ok=bool(more), src=str(tmp_path / "plain.cfg"), **more)
        outputs.append(runner.raw)
    assert len(outputs) == 8 and all("esxi_kickstart" in output for output in outputs)
    for output in outputs:
        assert root_hash not in output and root_hash[-20:] not in output and PASSWORD not in output and "Zq9" not in output
    assert tool("grep", "-c", "-F", root_hash, str(tmp_path / "two.cfg")) == "1" and tool("stat", "-c", "%a", str(tmp_path / "two.cfg")) == "600"


def refusals(runner: Runner, module: str, base: dict[str, Any], cases: list[Any]) -> None:
    """One host for each case, in one play: every one is refused with its words, in check mode too, and nothing is written."""
    inventory = {"all": {"hosts": {f"case{at}": {"params": {**base, **more}} for at, (more, _words) in enumerate(cases)}}}
    (runner.folder / "hosts.json").write_text(json.dumps(inventory))
    before = digests(runner.folder)
    for options in (("-vvv",), ("--check",)):
        answer = runner.play([{"name": TASK, f"virtnet.hardening.{module}": "{{ params }}"}], *options, ok=False, hosts="hosts.json")
        for at, (more, words) in enumerate(cases):
            result = results(answer, TASK, f"case{at}")
            assert result["failed"] and words in result["msg"], f"{more}: {result['msg']}"
    assert digests(runner.folder) == before


def test_kickstart_refuses(runner: Runner, tmp_path: Path) -> None:
    """Before it writes, in check mode too."""
    local = {"firstdisk": ["local"]}
    refusals(
        runner,
        "esxi_kickstart",
        profile(tmp_path / "ks.cfg", new_hash("s")),
        [
            ({"root_password_hash": PASSWORD}, "does not begin with $6$"),
            ({"install": {**local, "overwritevmfs": True, "preservevmfs": True}}, "exclude"),
            ({"mode": "0644"}, "lets others read"),
            ({"mode": "u=rw,g=r"}, "not octal"),
            ({"esxi_version": "5.5"}, "5.5"),
            ({"network": {"bootproto": "static"}}, "without --ip"),
            ({"firstboot": [{"script": "x"}], "secure_boot": True}, "Secure Boot"),
            ({"accepteula": False}, "vmaccepteula"),
            ({"path": "/nonexistent/ks.cfg"}, "is missing"),
            ({"installorupgrade": local}, "mutually exclusive"),
            ({"install": {"firstdsk": ["local"]}}, "firstdsk"),
            ({"post": [{"script": "a\n%post\n"}]}, "line 2 of the script"),
            ({"install": {"disk": "naa.1", "dpupcislots": ["0000:01:00.0"]}, "esxi_version": "7.0 U3"}, "not known to ESXi 7.0 U3"),
        ],
    )
    assert PASSWORD not in runner.raw


def test_lint_names_each_mistake_with_its_line(runner: Runner, tmp_path: Path) -> None:
    """The mistakes that the installer lets pass."""
    path = tmp_path / "KS.CFG"
    lines = [
        "eula",
        "rootpw foo#bar",
        "install --firstdisk=locla --overwritevmfs --preservevmfs",
        "network --bootproto=static --nameserver=192.0.2.1, 192.0.2.2",
        "clearpart --alldrives --overwritevmfs",
        "keyboard US Default",
        "%include https://h/x",
        "%firstboot",
        "reboot",
        "%post",
    ]
    path.write_text("\n".join(lines) + "\n")
    result = runner.task("esxi_kickstart", src=str(path), secure_boot=True, fail_on="never")
    found = {(finding["line"], finding["rule"]) for finding in result["findings"]}
    assert {
        (1, "unknown-command"),
        (2, "unquoted-hash"),
        (2, "plain-password"),
        (3, "preserve-and-overwrite"),
        (3, "disk-filter"),
        (4, "static-without-ip"),
        (4, "comma-blank"),
        (5, "cleared-and-preserved"),
        (6, "extra-argument"),
        (7, "include-unverified"),
        (8, "firstboot-secure-boot"),
        (10, "lost-line"),
    } <= found
    assert not result["changed"] and all(finding["remedy"] for finding in result["findings"])
    failed = runner.task("esxi_kickstart", ok=False, src=str(path))
    assert failed["error_code"] == "invalid" and len(failed["findings"]) >= 12 and "see findings" in failed["msg"]


def test_convert_an_old_file(runner: Runner, tmp_path: Path) -> None:
    """What it says is kept, what is given replaces it, what nobody knows is told."""
    old, new = tmp_path / "old.cfg", tmp_path / "new.cfg"
    old.write_text("accepteula\nautopart\nrootpw plain\ninstall --disk=naa.1 --overwritevmfs\nnetwork --bootproto=dhcp\nreboot\n%post\necho a\n")
    network = {"bootproto": "dhcp", "vlanid": 7}
    result = runner.four_times("esxi_kickstart", src=str(old), path=str(new), root_password_hash=new_hash("s"), network=network)
    assert result["dropped"] == [2, 3] and "plain" not in new.read_text()
    expected = "^(vmaccepteula|install --disk=naa.1 --overwritevmfs|network --bootproto=dhcp --vlanid=7|reboot|%post|echo a)$"
    assert tool("grep", "-c", "-E", expected, str(new)) == "6"


def test_backup_and_owner_only(runner: Runner, tmp_path: Path) -> None:
    """A file that others could read becomes private, and so is its copy."""
    path = tmp_path / "ks.cfg"
    path.write_text("rootpw secret\n")
    path.chmod(0o644)
    result = runner.task("esxi_kickstart", **profile(path, new_hash("s")), backup=True)
    assert Path(result["backup_file"]).read_text() == "rootpw secret\n"
    assert tool("stat", "-c", "%a", str(path), result["backup_file"]).split() == ["600", "600"]
    path.chmod(0o644)
    assert runner.task("esxi_kickstart", **profile(path, new_hash("s")))["changed"] and tool("stat", "-c", "%a", str(path)) == "600"


def test_every_secret_makes_a_file_private(runner: Runner, tmp_path: Path) -> None:
    """A password in a script and a licence key, not only the hash of root."""
    path, base = tmp_path / "up.cfg", {"accepteula": True, "upgrade": {"firstdisk": ["esx"]}, "reboot": True, "fail_on": "never"}
    password, key = "Sup3r-S3cret", "AB1CD-EF2GH-IJ3KL-MN4OP-QR5ST"
    for more in ({"post": [{"script": f"esxcli system account set -i root -p {password}"}]}, {"serialnum": key}):
        runner.task("esxi_kickstart", path=str(path), **base, **more)
        assert tool("stat", "-c", "%a", str(path)) == "600" and (password if "post" in more else key) in path.read_text()
        path.unlink()


def test_no_password_of_a_url_when_options_are_refused(runner: Runner, tmp_path: Path) -> None:
    """Ansible shows the options of a task that fails."""
    path = boot_cfg(tmp_path / "boot.cfg")
    values = {"kernel_options": {"ks": "{{ url }}", "foo": "a b"}}
    task = {"name": TASK, "virtnet.hardening.esxi_boot_cfg": {"path": path, **values}, "vars": {"url": "http://u:{{ 'pw55' ~ 'word' }}@h/ks"}}
    result = results(runner.play([task], "-vvv", ok=False), TASK, "localhost")
    assert "foo" in result["msg"] and "pw55word" not in runner.raw


def test_links_and_pipes(runner: Runner, tmp_path: Path) -> None:
    """What a link leads to is written and made private, and the link stays; a pipe is refused and not waited for."""
    real, link, pipe = tmp_path / "real.cfg", tmp_path / "ks.cfg", tmp_path / "pipe.cfg"
    real.write_text("rootpw secret\n")
    real.chmod(0o644)
    link.symlink_to(real)
    os.mkfifo(pipe)
    task = {"virtnet.hardening.esxi_kickstart": profile(link, new_hash("s"))}
    piped = {"virtnet.hardening.esxi_kickstart": {"src": str(pipe)}, "ignore_errors": True, "timeout": 60}
    answer = runner.play(
        [
            {"name": "First", **task},
            {"name": "Open", "ansible.builtin.file": {"path": str(real), "mode": "0644"}},
            {"name": "Second", **task},
            {"name": "Third", **task},
            {"name": "Piped", **piped},
        ]
    )
    assert [results(answer, name, "localhost")["changed"] for name in ("First", "Second", "Third")] == [True, True, False]
    assert link.is_symlink() and tool("stat", "-c", "%a", str(real)) == "600" and "vmaccepteula" in real.read_text()
    assert "no regular file" in results(answer, "Piped", "localhost")["msg"]


def test_mode_of_a_file_without_a_secret(runner: Runner, tmp_path: Path) -> None:
    """Written and given its mode in one task; the diff has both."""
    params = {"path": str(tmp_path / "up.cfg"), "accepteula": True, "upgrade": {"firstdisk": ["esx"]}, "reboot": True}
    first = runner.task("esxi_kickstart", "--diff", **params, mode="0640")
    assert tool("stat", "-c", "%a", params["path"]) == "640" and first["diff"][0]["after"].startswith("vmaccepteula")
    second = runner.task("esxi_kickstart", "--diff", **params, mode="0600")
    assert second["changed"] and second["diff"][1]["before"] == {"mode": "0640"} and second["diff"][1]["after"] == {"mode": "0600"}


def boot_cfg(path: Path, build: str = "8.0.3-0.0.24022510") -> str:
    """A file as on the vendor's media."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(BOOT_CFG.format(build=build))
    return str(path)


def test_boot_cfg(runner: Runner, tmp_path: Path) -> None:
    """Only the lines that are to change do, as diff sees it."""
    path = tmp_path / "boot.cfg"
    boot_cfg(tmp_path / "old.cfg")
    real = runner.four_times(
        "esxi_boot_cfg",
        path=boot_cfg(path),
        kernel_options={"ks": "cdrom:/KS.CFG", "allowLegacyCPU": True},
        kernel_options_absent=["cdromBoot"],
        modules_present=["/driver.tgz"],
        modules_absent=["/useropts.gz"],
        timeout=3,
        title="ESXi for rack 7",
        system_media_size="min",
        disk_size="80GB",
    )
    difference = subprocess.run(["diff", str(tmp_path / "old.cfg"), str(path)], capture_output=True, text=True, check=False).stdout
    assert [line for line in difference.splitlines() if line[0] == ">"] == [
        "> title=ESXi for rack 7",
        "> timeout=3",
        "> kernelopt=runweasel ks=cdrom:/KS.CFG allowLegacyCPU systemMediaSize=min",
        "> modules=/jumpstrt.gz --- /k.b00 --- /driver.tgz",
    ]
    assert real["system_media"] == {"size": "min", "system_bytes": 34628173824, "datastore_bytes": 51271172096}
    assert real["files"][0]["esxi_version"] == "8.0 U3" and real["files"][0]["modules"] == ["/jumpstrt.gz", "/k.b00", "/driver.tgz"]
    assert tool("stat", "-c", "%a", str(path)) == tool("stat", "-c", "%a", str(tmp_path / "old.cfg"))


def test_both_copies_of_a_tree(runner: Runner, tmp_path: Path) -> None:
    """In the case of the medium. The copy with CRLF keeps it."""
    tree = tmp_path / "tree"
    first, second = Path(boot_cfg(tree / "BOOT.CFG")), Path(boot_cfg(tree / "EFI" / "BOOT" / "BOOT.CFG"))
    second.write_bytes(second.read_bytes().replace(b"\n", b"\r\n"))
    real = runner.four_times("esxi_boot_cfg", path=str(tree), kernel_options={"ks": "cdrom:/KS.CFG"})
    assert [each["path"] for each in real["files"]] == [str(first), str(second)] and all(each["changed"] for each in real["files"])
    assert tool("grep", "-c", "^kernelopt=runweasel cdromBoot ks=cdrom:/KS.CFG", str(first)) == "1"
    assert second.read_bytes() == first.read_bytes().replace(b"\n", b"\r\n")


def test_boot_cfg_refuses(runner: Runner, tmp_path: Path) -> None:
    """Before it writes, in check mode too."""
    for name, build in (("u1b", "7.0.1-0.10.17168206"), ("old", "6.7.0-0.0.8169922"), ("new", "8.0.3-0.0.24022510"), ("odd", "odd")):
        boot_cfg(tmp_path / name / "boot.cfg", build)
    least: dict[str, Any] = {"system_media_size": "min"}
    refusals(
        runner,
        "esxi_boot_cfg",
        {"path": str(tmp_path / "odd")},
        [
            ({"path": str(tmp_path / "u1b"), **least}, "autoPartitionOSDataSize"),
            ({"path": str(tmp_path / "old"), **least}, "7.0 U1c"),
            ({"path": str(tmp_path / "new"), **least, "memory": "1024GB"}, "at least small"),
            (least, "esxi_version"),
            ({"timeout": -1}, "timeout"),
            ({"kernel_options": {"a": "b c"}}, "blank"),
            ({"kernel_options": {"ks": "http://u:pa55word@h/"}}, "ks-secret"),
            ({"path": "/nonexistent/boot.cfg"}, "no file"),
            ({"path": "/proc/self"}, "efi/boot/boot.cfg"),
            ({"path": "/dev/null"}, "no regular file"),
        ],
    )


@pytest.mark.parametrize("module", ["esxi_kickstart", "esxi_boot_cfg"])
def test_examples_run_as_they_stand(runner: Runner, tmp_path: Path, module: str) -> None:
    """But for the folder. A second time nothing changes."""
    source = (ROOT / "plugins" / "modules" / f"{module}.py").read_text()
    text = source.split('EXAMPLES = r"""')[1].split('"""')[0]
    tasks = yaml.safe_load(text.replace("/var/tmp/", f"{tmp_path}/"))
    assert changed(runner.play(tasks)) >= 2
    assert changed(runner.play(tasks)) == 0 and changed(runner.play(tasks, "--check")) == 0
