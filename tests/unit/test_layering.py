# SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules that keep the core pure, held by reading the source."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Iterator, Set

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
UTILS = ROOT / "plugins" / "module_utils"
PREFIX = "ansible_collections.virtnet.hardening.plugins.module_utils."
STDLIB = sys.stdlib_module_names

ALLOWED = {
    "_policy": {"_policy"},
    "_engine": {"_policy", "_engine"},
    "_linux": {
        "_policy", "_engine", "_linux", "_bpf.partial_checksum", "_netlink.observe", "_netlink.constants", "_netlink.evidence", "_nftables.ruleset",
        "_nftables.elements", "_nftables.quoting",
    },
    # The programs at ports: what makes them is pure, and what loads them needs no library.
    "_bpf": {"_engine", "_netlink.decode", "_bpf"},
    "_nftables": {"_policy", "_engine", "_netlink", "_nftables", "_bpf"},
    "_netlink": {"_policy", "_engine", "_netlink", "_bpf.call", "_bpf.genuine"},
    "_vsphere": {"_policy", "_engine", "_vsphere"},
    "_probe": {"_policy", "_engine.errors", "_engine.rights", "_probe"},
    "_installer": {"_policy", "_vsphere.words", "_installer"},
    "_media": {"_policy.errors", "_installer.media_types", "_installer.task", "_media"},
    "_esxi": {"_policy.errors", "_engine.errors", "_engine.words", "_vsphere", "_installer", "_esxi"},
}
SOURCES = sorted((ROOT / "plugins").rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, absolute."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            whole = base.endswith(("module_utils._netlink", "module_utils._nftables", "module_utils._vsphere", "module_utils._bpf"))
            yield from (f"{base}.{alias.name}" for alias in node.names) if whole else [base]


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_packages_import_only_what_they_may(package: str) -> None:
    """The arrow points one way."""
    for path in (UTILS / package).glob("*.py"):
        for name in imports(path):
            if name.startswith(PREFIX):
                inner = name[len(PREFIX):]
                assert any(inner == allowed or inner.startswith(allowed + ".") for allowed in ALLOWED[package]), f"{path.name}: {name}"
            elif path.name != "dep.py":
                assert name.split(".")[0] in STDLIB, f"{path.name}: {name}"


def test_only_dep_imports_pyroute2() -> None:
    """In the whole of the plugins."""
    found: Set[str] = {path.name for path in SOURCES for name in imports(path) if name.split(".")[0] == "pyroute2"}
    assert found == {"dep.py"}


def test_only_dep_imports_pyvmomi() -> None:
    """In the whole of the plugins."""
    found = {str(path.relative_to(UTILS)) for path in SOURCES for name in imports(path) if name.split(".")[0] in ("pyVmomi", "pyVim")}
    assert found == {"_vsphere/dep.py"}


def test_only_two_files_of_the_probe_touch_the_system() -> None:
    """The rest of it is pure, and so is what judges on the control node."""
    impure = {"socket", "os", "time", "fcntl", "subprocess"}
    sources = [*(UTILS / "_probe").glob("*.py"), ROOT / "plugins" / "plugin_utils" / "_isolation.py"]
    assert {path.name for path in sources if impure & set(imports(path))} == {"links.py", "wire.py"}
    assert not [name for name in imports(sources[-1]) if name.startswith("ansible.")]


def test_the_installer_is_pure() -> None:
    """It asks what it is given for files; _media reads and writes them."""
    impure = {"os", "subprocess", "tempfile", "shutil", "fcntl", "time", "signal"}
    assert not [path.name for path in (UTILS / "_installer").glob("*.py") if impure & set(imports(path))]


def test_only_the_adapters_know_ansible() -> None:
    """Of module_utils: one for tasks on the kernel, two for tasks on vSphere, one for files, which that for media takes over."""
    found = {path.name for path in UTILS.rglob("*.py") for name in imports(path) if name.split(".")[0] == "ansible"}
    assert found == {"_ansible.py", "_ansible_vsphere.py", "_ansible_jobs.py", "_ansible_file.py", "_ansible_module.py"}


def test_check_mode_is_read_in_few_places() -> None:
    """The two drivers and the adapters."""
    found = {path.name for path in UTILS.rglob("*.py") if "check_mode" in path.read_text()}
    assert found == {"run.py", "fleet.py", "_ansible.py", "_ansible_vsphere.py", "_ansible_jobs.py", "_ansible_file.py", "_ansible_media.py"}


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
    code = text if path.parent.name != "modules" else text[text.rindex('"""'):]
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
