# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that keep the core pure, held by reading the source."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
UTILS = ROOT / "plugins" / "module_utils"
PREFIX = "ansible_collections.virtnet.hardening.plugins.module_utils."
STDLIB = sys.stdlib_module_names

# What the folders of the installer have in common.
INSTALLER = {"_policy.errors", "_installer.findings", "_installer.secret", "_installer.task", "_installer.version"}
# A room is a folder with its files; the folders in it are rooms of their own.
ALLOWED = {
    "_policy": {"_policy"},
    "_engine": {"_policy", "_engine"},
    "_linux": {
        "_policy",
        "_engine",
        "_linux",
        "_bpf.partial_checksum",
        "_netlink.observe",
        "_netlink.constants",
        "_netlink.evidence",
        "_nftables.ruleset",
        "_nftables.elements",
        "_nftables.quoting",
    },
    # The programs at ports: what makes them is pure, and what loads them needs no library.
    "_bpf": {"_engine", "_netlink.decode", "_bpf"},
    "_nftables": {"_policy", "_engine", "_netlink", "_nftables", "_bpf"},
    "_netlink": {"_policy", "_engine", "_netlink", "_bpf.call", "_bpf.genuine"},
    "_vsphere/session": {"_engine", "_vsphere.session"},
    "_vsphere/host": {"_policy", "_engine", "_vsphere.session", "_vsphere.host"},
    "_vsphere/distributed": {
        "_policy",
        "_engine",
        "_vsphere.session",
        "_vsphere.host.effects",
        "_vsphere.host.machines",
        "_vsphere.host.select",
        "_vsphere.distributed",
    },
    "_vsphere/policy": {"_policy", "_engine", "_vsphere"},
    "_probe": {"_policy", "_engine.errors", "_engine.rights", "_probe"},
    "_installer": INSTALLER,
    "_installer/kickstart": {*INSTALLER, "_installer.kickstart"},
    "_installer/bootcfg": {*INSTALLER, "_installer.bootcfg"},
    "_installer/bundle": {*INSTALLER, "_installer.bundle"},
    "_installer/media": {*INSTALLER, "_installer.kickstart", "_installer.bootcfg", "_installer.media"},
    "_installer/profile": {"_policy", "_vsphere.policy.words", "_installer"},
    "_media": {"_policy.errors", "_installer.media.types", "_installer.task", "_media"},
    "_esxi": {"_policy.errors", "_engine.errors", "_engine.target", "_vsphere.session", "_vsphere.host", "_installer.bundle", "_installer.version", "_esxi"},
}
# It knows AnsibleModule, and stands above all rooms.
ADAPTERS = "_ansible"
SOURCES = sorted((ROOT / "plugins").rglob("*.py"))


def room(path: Path) -> str:
    """The folder of a file."""
    return path.parent.relative_to(UTILS).as_posix()


def of_utils() -> Iterator[tuple[str, str]]:
    """Each file of module_utils by its path in there, with each module that it imports."""
    for path in UTILS.rglob("*.py"):
        for name in imports(path):
            yield path.relative_to(UTILS).as_posix(), name


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, absolute."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            folder = UTILS / base[len(PREFIX) :].replace(".", "/") if base.startswith(PREFIX) else UTILS / "of another package"
            yield from (f"{base}.{alias.name}" for alias in node.names) if folder.is_dir() else [base]


def test_every_file_is_in_a_room() -> None:
    """Whose rule is below."""
    assert {room(path) for path in UTILS.rglob("*.py")} == {*ALLOWED, ADAPTERS}


@pytest.mark.parametrize("name", sorted(ALLOWED))
def test_rooms_import_only_what_they_may(name: str) -> None:
    """The arrow points one way."""
    for path in (UTILS / name).glob("*.py"):
        for module in imports(path):
            if module.startswith(PREFIX):
                inner = module[len(PREFIX) :]
                assert any(inner == allowed or inner.startswith(allowed + ".") for allowed in ALLOWED[name]), f"{path.name}: {module}"
            elif path.name != "dep.py":
                assert module.split(".")[0] in STDLIB, f"{path.name}: {module}"


def test_no_rule_allows_what_nobody_needs() -> None:
    """An arrow that is gone must not come back unnoticed."""
    needed: dict[str, set[str]] = {name: set() for name in ALLOWED}
    for path, module in of_utils():
        if module.startswith(PREFIX) and Path(path).parent.as_posix() in needed:
            needed[Path(path).parent.as_posix()].add(module[len(PREFIX) :] + ".")
    for name, allowed in ALLOWED.items():
        own = INSTALLER if name.startswith("_installer") else set()
        assert not {each for each in allowed - own if not any(one.startswith(each + ".") for one in needed[name])}, name


@pytest.mark.parametrize(("packages", "file"), [({"pyroute2"}, "_netlink/dep.py"), ({"pyVmomi", "pyVim"}, "_vsphere/session/dep.py")])
def test_only_dep_imports_a_library(packages: set[str], file: str) -> None:
    """In the whole of the plugins."""
    found = {path for path in SOURCES for name in imports(path) if name.split(".")[0] in packages}
    assert found == {UTILS / file}


def test_only_two_files_of_the_probe_touch_the_system() -> None:
    """The rest of it is pure, and so is what judges on the control node."""
    impure = {"socket", "os", "time", "fcntl", "subprocess"}
    sources = [*(UTILS / "_probe").glob("*.py"), ROOT / "plugins" / "plugin_utils" / "_isolation.py"]
    assert {path.name for path in sources if impure & set(imports(path))} == {"links.py", "wire.py"}
    assert not [name for name in imports(sources[-1]) if name.startswith("ansible.")]


def test_the_installer_is_pure() -> None:
    """It asks what it is given for files; _media reads and writes them."""
    impure = {"os", "subprocess", "tempfile", "shutil", "fcntl", "time", "signal"}
    assert not {path for path, name in of_utils() if path.startswith("_installer/") and name in impure}


def test_intents_of_linux_are_pure() -> None:
    """What waits, locks and survives the process stands beside them, in files of its own."""
    impure = {"os", "subprocess", "tempfile", "shutil", "fcntl", "time", "signal"}
    assert {path for path, name in of_utils() if path.startswith("_linux/") and name in impure} == {
        f"_linux/{name}.py" for name in ("outlive", "safety", "store", "turn")
    }


def test_only_the_adapters_know_ansible() -> None:
    """Nothing below them does: a program that ships the engine has no Ansible."""
    assert {Path(path).parent.as_posix() for path, name in of_utils() if name.split(".")[0] == "ansible"} == {ADAPTERS}


def test_what_is_below_the_adapters_runs_without_ansible() -> None:
    """Imported all of it, in a process in which there is none."""
    names = [PREFIX + path.relative_to(UTILS).with_suffix("").as_posix().replace("/", ".") for path in UTILS.rglob("*.py") if room(path) != ADAPTERS]
    code = "import sys, importlib\nsys.modules['ansible'] = None\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(names) > 150


def test_check_mode_is_read_in_few_places() -> None:
    """The two drivers and the adapters."""
    found = {path.relative_to(UTILS).as_posix() for path in UTILS.rglob("*.py") if "check_mode" in path.read_text()}
    adapters = ("read", "linux", "session", "fleet", "jobs", "many", "file", "media")
    assert found == {"_engine/run.py", "_engine/fleet.py", *(f"{ADAPTERS}/{name}.py" for name in adapters)}


def test_nothing_is_imported_by_string() -> None:
    """AnsiballZ would not ship it."""
    assert not [path for path in UTILS.rglob("*.py") if "importlib" in path.read_text()]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_functions_are_short(path: Path) -> None:
    """And every file says whose it is."""
    text = path.read_text()
    # REUSE-IgnoreStart
    assert "SPDX-License-Identifier: GPL-3.0-or-later" in text
    # REUSE-IgnoreEnd
    code = text if path.parent.name != "modules" else text[text.rindex('"""') :]
    assert len(code.splitlines()) <= 400
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert (node.end_lineno or 0) - node.lineno < 36, f"{node.name} is too long"


def test_modules_are_thin() -> None:
    """Documentation and a few lines."""
    for path in (ROOT / "plugins" / "modules").glob("*.py"):
        text = path.read_text()
        assert len(text[text.rindex('"""', 0, text.index("def main")) :].splitlines()) <= 30, path.name


def test_the_oracle_is_independent() -> None:
    """It must not be judged by itself."""
    for path in (ROOT / "tests" / "oracle").glob("*.py"):
        roots = {(name.split(".")[0]) for name in imports_of_oracle(path)}
        assert roots <= STDLIB | {"rawlink", "vsphere", ""}, path.name


def imports_of_oracle(path: Path) -> Iterator[str]:
    """As imports, with the relative one of its sibling allowed."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
